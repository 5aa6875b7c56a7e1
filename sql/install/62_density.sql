-- ---------------------------------------------------------------------------
-- Density
-- ---------------------------------------------------------------------------

CREATE FUNCTION clusterseg._suggest_eps(source text, path text, key text, features text[], min_points int, scale text, transforms jsonb)
	RETURNS TABLE (share float8, distance float8, suggested boolean)
	AS 'MODULE_PATHNAME', 'clusterseg_suggest_eps' LANGUAGE C VOLATILE PARALLEL UNSAFE;
COMMENT ON FUNCTION clusterseg._suggest_eps(text, text, text, text[], int, text, jsonb) IS 'suggest_eps() under a given search path';

CREATE FUNCTION clusterseg.suggest_eps(source text, key text DEFAULT NULL, features text[] DEFAULT NULL, min_points int DEFAULT 5,
		scale text DEFAULT 'zscore', transforms jsonb DEFAULT '{}')
	RETURNS TABLE (share float8, distance float8, suggested boolean)
	LANGUAGE sql VOLATILE PARALLEL UNSAFE ROWS 21
	BEGIN ATOMIC
		SELECT * FROM clusterseg._suggest_eps(suggest_eps.source, pg_catalog.current_setting('search_path'), suggest_eps.key,
			suggest_eps.features, suggest_eps.min_points, suggest_eps.scale, suggest_eps.transforms);
	END;
COMMENT ON FUNCTION clusterseg.suggest_eps(text, text, text[], int, text, jsonb) IS
	'how far rows have to look for neighbours, to choose eps of dbscan: that share of the rows has min_points rows, itself counted, within that distance; the row that is suggested is where the curve bends most';
