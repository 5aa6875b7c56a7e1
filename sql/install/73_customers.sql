-- ---------------------------------------------------------------------------
-- The other way round: customers for an item, and for what sets a segment apart
-- ---------------------------------------------------------------------------

CREATE FUNCTION clusterseg.customers_for_item(model text, item "any", n int DEFAULT 100, exclude_seen boolean DEFAULT true)
	RETURNS TABLE (rank int, customer_id text, score float8, source text)
	AS 'MODULE_PATHNAME', 'clusterseg_customers_for_item' LANGUAGE C STABLE PARALLEL RESTRICTED ROWS 100 COST 1000000;
COMMENT ON FUNCTION clusterseg.customers_for_item(text, "any", int, boolean) IS
	'the n customers who want an item most, those who have it left out: first those whose own history leads to it, then by their segments';

CREATE FUNCTION clusterseg.segment_uplift(model text, segment_id int, n int DEFAULT 10, parent int[] DEFAULT NULL)
	RETURNS TABLE (rank int, item_id text, rate float8, parent_rate float8, uplift float8)
	AS 'MODULE_PATHNAME', 'clusterseg_segment_uplift' LANGUAGE C STABLE PARALLEL RESTRICTED ROWS 10 COST 1000;
COMMENT ON FUNCTION clusterseg.segment_uplift(text, int, int, int[]) IS
	'the items that set a segment most apart from its parent (segments, or NULL for all customers), by rate * ln(rate / parent_rate)';

CREATE FUNCTION clusterseg.customers_for_segment_uplift(model text, segment_id int, n int DEFAULT 100, outside boolean DEFAULT true,
		parent int[] DEFAULT NULL)
	RETURNS TABLE (rank int, customer_id text, score float8)
	AS 'MODULE_PATHNAME', 'clusterseg_customers_for_segment_uplift' LANGUAGE C STABLE PARALLEL RESTRICTED ROWS 100 COST 1000000;
COMMENT ON FUNCTION clusterseg.customers_for_segment_uplift(text, int, int, boolean, int[]) IS
	'the n customers whose items speak most for a segment rather than for its parent; outside: of those who are not in it';
