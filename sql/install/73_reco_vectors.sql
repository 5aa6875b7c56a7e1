-- ---------------------------------------------------------------------------
-- Customers as vectors: what a recommender knows of them, for segments
-- ---------------------------------------------------------------------------

CREATE FUNCTION clusterseg.customer_vectors(model text, unit_length boolean DEFAULT true)
	RETURNS TABLE (customer_id text, vector float8[])
	AS 'MODULE_PATHNAME', 'clusterseg_customer_vectors' LANGUAGE C STABLE PARALLEL RESTRICTED ROWS 100000 COST 1000000;
COMMENT ON FUNCTION clusterseg.customer_vectors(text, boolean) IS
	'the customers of a recommender with factors (puresvd, ials) or kinds of customers (segment_mixture) as vectors, made of the history that the snapshot shows: to train segments on; those without a history are left out';
