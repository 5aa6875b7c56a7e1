-- ---------------------------------------------------------------------------
-- What would a training take?
-- ---------------------------------------------------------------------------

CREATE FUNCTION clusterseg._estimate(name text, source text, path text, key text, features text[], algorithm text,
		k int, k_min int, k_max int, transforms jsonb, scale text, weight text, seed bigint, options jsonb,
		former clusterseg.model, former_members text, next_id int, leave_out text[], run_as text, rows bigint,
		OUT features_used int, OUT coordinates int, OUT points_bytes bigint, OUT keys_bytes bigint, OUT work_bytes bigint,
		OUT total_bytes bigint, OUT budget_bytes bigint, OUT method text, OUT training_rows bigint, OUT processes int, OUT seconds float8)
	AS 'MODULE_PATHNAME', 'clusterseg_estimate' LANGUAGE C VOLATILE PARALLEL UNSAFE;
COMMENT ON FUNCTION clusterseg._estimate(text, text, text, text, text[], text, int, int, int, jsonb, text, text, bigint, jsonb, clusterseg.model, text, int, text[], text, bigint) IS
	'estimate() for a given number of rows, with the arguments of _fit()';

CREATE FUNCTION clusterseg._source_count(source text, path text) RETURNS bigint
	AS 'MODULE_PATHNAME', 'clusterseg_source_count' LANGUAGE C VOLATILE STRICT PARALLEL UNSAFE;
COMMENT ON FUNCTION clusterseg._source_count(text, text) IS 'rows of a source, counted';

-- Rows of a source: as the planner expects, or counted.
CREATE FUNCTION clusterseg._source_rows(source text, path text, counted boolean) RETURNS bigint
	LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
	SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
	q text := clusterseg._source_from(source, path);
	plan json;
BEGIN
	IF source IS NULL THEN
		PERFORM clusterseg._fail('22004', 'argument "source" must not be NULL');
	ELSIF counted THEN
		RETURN clusterseg._source_count(source, path);
	END IF;
	PERFORM set_config('search_path', path, true);
	EXECUTE format('EXPLAIN (FORMAT JSON) SELECT * FROM %s', q) INTO plan;
	RETURN (plan->0->'Plan'->>'Plan Rows')::numeric;
END
$$;
COMMENT ON FUNCTION clusterseg._source_rows(text, text, boolean) IS 'number of rows of a source, estimated or counted';

CREATE FUNCTION clusterseg.estimate(source text, key text, features text[] DEFAULT NULL, algorithm text DEFAULT 'kmeans', k int DEFAULT NULL,
		k_range int4range DEFAULT '[2,10]', transforms jsonb DEFAULT '{}', scale text DEFAULT 'zscore', weight text DEFAULT NULL,
		options jsonb DEFAULT '{}', counted boolean DEFAULT false)
	RETURNS TABLE (rows bigint, features int, coordinates int, points_bytes bigint, keys_bytes bigint, work_bytes bigint,
		total_bytes bigint, budget_bytes bigint, method text, training_rows bigint, processes int, seconds float8)
	LANGUAGE sql VOLATILE PARALLEL UNSAFE ROWS 1
	BEGIN ATOMIC
		SELECT n.n, e.features_used, e.coordinates, e.points_bytes, e.keys_bytes, e.work_bytes, e.total_bytes, e.budget_bytes, e.method,
			e.training_rows, e.processes, e.seconds
		FROM clusterseg._source_rows(estimate.source, pg_catalog.current_setting('search_path'), estimate.counted) AS n (n),
			clusterseg._estimate(NULL, estimate.source, pg_catalog.current_setting('search_path'), estimate.key, estimate.features,
				estimate.algorithm, estimate.k, CASE WHEN pg_catalog.isempty(estimate.k_range) THEN 0 ELSE COALESCE(pg_catalog.lower(estimate.k_range), 2) END,
				COALESCE(pg_catalog.upper(estimate.k_range) - 1, 10),
				estimate.transforms, estimate.scale, estimate.weight, 0, estimate.options, NULL, NULL, 1, NULL, NULL, n.n) AS e;
	END;
COMMENT ON FUNCTION clusterseg.estimate(text, text, text[], text, int, int4range, jsonb, text, text, jsonb, boolean) IS
	'what train() with these arguments would take, without training: memory for all rows by part, the budget (option memory, else maintenance_work_mem), whether all rows fit or a sample is trained on, and an order of magnitude of the seconds; rows are the planner''s estimate, or counted';
