-- ---------------------------------------------------------------------------
-- Trees of merges
-- ---------------------------------------------------------------------------

CREATE FUNCTION clusterseg._linkage(source text, path text, key text, features text[], method text, scale text)
	RETURNS TABLE (step int, cluster1 int, cluster2 int, height float8, size int)
	AS 'MODULE_PATHNAME', 'clusterseg_linkage' LANGUAGE C VOLATILE PARALLEL UNSAFE;
COMMENT ON FUNCTION clusterseg._linkage(text, text, text, text[], text, text) IS 'linkage() under a given search path';

CREATE FUNCTION clusterseg.linkage(source text, key text, features text[], method text DEFAULT 'ward', scale text DEFAULT 'none')
	RETURNS TABLE (step int, cluster1 int, cluster2 int, height float8, size int)
	LANGUAGE sql VOLATILE PARALLEL UNSAFE ROWS 1000
	BEGIN ATOMIC
		SELECT * FROM clusterseg._linkage(linkage.source, pg_catalog.current_setting('search_path'), linkage.key, linkage.features,
			linkage.method, linkage.scale);
	END;
COMMENT ON FUNCTION clusterseg.linkage(text, text, text[], text, text) IS
	'the tree of merges of all rows by single, complete, average, weighted, ward, centroid or median linkage; rows are numbered from 1 in the order of the key, the cluster made in step i has number rows + i; features are taken as they are unless scale is zscore, minmax or robust';

CREATE FUNCTION clusterseg._model_tree(value clusterseg.model) RETURNS TABLE (segments int, segment_id int, joins int)
	AS 'MODULE_PATHNAME', 'clusterseg_model_tree' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION clusterseg._model_tree(clusterseg.model) IS 'the tree of a model value; no rows when it has none';

CREATE FUNCTION clusterseg.segment_tree(name text)
	RETURNS TABLE (segments int, segment_id int, segment text, joins int, joins_segment text)
	LANGUAGE sql STABLE PARALLEL SAFE ROWS 10
	BEGIN ATOMIC
		SELECT t.segments, t.segment_id, a.label, t.joins, b.label
		FROM clusterseg._model_tree(clusterseg.model_value(segment_tree.name)) t
			JOIN clusterseg._segments a ON a.model = segment_tree.name AND a.segment_id = t.segment_id
			JOIN clusterseg._segments b ON b.model = segment_tree.name AND b.segment_id = t.joins
		ORDER BY t.segments DESC;
	END;
COMMENT ON FUNCTION clusterseg.segment_tree(text) IS
	'how the segments of a tree model (hierarchical, bisecting_kmeans) join when fewer are asked for: with so many segments, joins is part of segment_id; read upwards, it is the way from a segment to its parts';
