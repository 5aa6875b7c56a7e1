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

CREATE FUNCTION clusterseg.dbscan(features float8[], eps float8, min_points int = 5) RETURNS int
	AS 'MODULE_PATHNAME', 'clusterseg_dbscan_over' LANGUAGE C STABLE WINDOW PARALLEL SAFE;
COMMENT ON FUNCTION clusterseg.dbscan(float8[], float8, int) IS
	'connected dense regions of any shape, as a window function: segment of each row, 1 is the largest; NULL for noise and when a feature is NULL or not finite';
CREATE FUNCTION clusterseg.dbscan(features real[], eps float8, min_points int = 5) RETURNS int
	AS 'MODULE_PATHNAME', 'clusterseg_dbscan_over' LANGUAGE C STABLE WINDOW PARALLEL SAFE;
COMMENT ON FUNCTION clusterseg.dbscan(real[], float8, int) IS
	'connected dense regions of any shape, as a window function: segment of each row, 1 is the largest; NULL for noise and when a feature is NULL or not finite';
CREATE FUNCTION clusterseg.dbscan(features numeric[], eps float8, min_points int = 5) RETURNS int
	AS 'MODULE_PATHNAME', 'clusterseg_dbscan_over' LANGUAGE C STABLE WINDOW PARALLEL SAFE;
COMMENT ON FUNCTION clusterseg.dbscan(numeric[], float8, int) IS
	'connected dense regions of any shape, as a window function: segment of each row, 1 is the largest; NULL for noise and when a feature is NULL or not finite';
CREATE FUNCTION clusterseg.dbscan(features bigint[], eps float8, min_points int = 5) RETURNS int
	AS 'MODULE_PATHNAME', 'clusterseg_dbscan_over' LANGUAGE C STABLE WINDOW PARALLEL SAFE;
COMMENT ON FUNCTION clusterseg.dbscan(bigint[], float8, int) IS
	'connected dense regions of any shape, as a window function: segment of each row, 1 is the largest; NULL for noise and when a feature is NULL or not finite';
CREATE FUNCTION clusterseg.dbscan(features int[], eps float8, min_points int = 5) RETURNS int
	AS 'MODULE_PATHNAME', 'clusterseg_dbscan_over' LANGUAGE C STABLE WINDOW PARALLEL SAFE;
COMMENT ON FUNCTION clusterseg.dbscan(int[], float8, int) IS
	'connected dense regions of any shape, as a window function: segment of each row, 1 is the largest; NULL for noise and when a feature is NULL or not finite';

CREATE FUNCTION clusterseg.hdbscan(features float8[], min_cluster_size int, min_points int = NULL) RETURNS int
	AS 'MODULE_PATHNAME', 'clusterseg_hdbscan_over' LANGUAGE C STABLE WINDOW PARALLEL SAFE;
COMMENT ON FUNCTION clusterseg.hdbscan(float8[], int, int) IS
	'dense regions that persist, as a window function: segment of each row, 1 is the largest; NULL for noise and when a feature is NULL or not finite';
CREATE FUNCTION clusterseg.hdbscan(features real[], min_cluster_size int, min_points int = NULL) RETURNS int
	AS 'MODULE_PATHNAME', 'clusterseg_hdbscan_over' LANGUAGE C STABLE WINDOW PARALLEL SAFE;
COMMENT ON FUNCTION clusterseg.hdbscan(real[], int, int) IS
	'dense regions that persist, as a window function: segment of each row, 1 is the largest; NULL for noise and when a feature is NULL or not finite';
CREATE FUNCTION clusterseg.hdbscan(features numeric[], min_cluster_size int, min_points int = NULL) RETURNS int
	AS 'MODULE_PATHNAME', 'clusterseg_hdbscan_over' LANGUAGE C STABLE WINDOW PARALLEL SAFE;
COMMENT ON FUNCTION clusterseg.hdbscan(numeric[], int, int) IS
	'dense regions that persist, as a window function: segment of each row, 1 is the largest; NULL for noise and when a feature is NULL or not finite';
CREATE FUNCTION clusterseg.hdbscan(features bigint[], min_cluster_size int, min_points int = NULL) RETURNS int
	AS 'MODULE_PATHNAME', 'clusterseg_hdbscan_over' LANGUAGE C STABLE WINDOW PARALLEL SAFE;
COMMENT ON FUNCTION clusterseg.hdbscan(bigint[], int, int) IS
	'dense regions that persist, as a window function: segment of each row, 1 is the largest; NULL for noise and when a feature is NULL or not finite';
CREATE FUNCTION clusterseg.hdbscan(features int[], min_cluster_size int, min_points int = NULL) RETURNS int
	AS 'MODULE_PATHNAME', 'clusterseg_hdbscan_over' LANGUAGE C STABLE WINDOW PARALLEL SAFE;
COMMENT ON FUNCTION clusterseg.hdbscan(int[], int, int) IS
	'dense regions that persist, as a window function: segment of each row, 1 is the largest; NULL for noise and when a feature is NULL or not finite';
