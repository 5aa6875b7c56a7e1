-- ---------------------------------------------------------------------------
-- Would these rows make good segments?
-- ---------------------------------------------------------------------------

CREATE FUNCTION clusterseg._check_source(source text, path text, key text, features text[], k int, transforms jsonb, scale text, weight text)
	RETURNS TABLE (severity text, subject text, feature text, value float8, threshold float8, message text, hint text)
	AS 'MODULE_PATHNAME', 'clusterseg_check_source' LANGUAGE C VOLATILE PARALLEL UNSAFE;
COMMENT ON FUNCTION clusterseg._check_source(text, text, text, text[], int, jsonb, text, text) IS 'check_source() under a given search path';

CREATE FUNCTION clusterseg.check_source(source text, key text, features text[] DEFAULT NULL, k int DEFAULT NULL,
		transforms jsonb DEFAULT '{}', scale text DEFAULT 'zscore', weight text DEFAULT NULL)
	RETURNS TABLE (severity text, subject text, feature text, value float8, threshold float8, message text, hint text)
	LANGUAGE sql VOLATILE PARALLEL UNSAFE ROWS 10
	BEGIN ATOMIC
		SELECT * FROM clusterseg._check_source(check_source.source, pg_catalog.current_setting('search_path'), check_source.key, check_source.features, check_source.k,
			check_source.transforms, check_source.scale, check_source.weight);
	END;
COMMENT ON FUNCTION clusterseg.check_source(text, text, text[], int, jsonb, text, text) IS
	'looks at a source before training, in one pass, with the arguments that train() would get: one row per finding, errors (train would fail) before warnings (the segments would mislead) before infos, each with the argument to write; value is what was measured, threshold what it was held against';
