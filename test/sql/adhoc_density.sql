-- dbscan() and hdbscan() as window functions
\set ECHO none
\i test/data/raises.sql
\i test/data/iris.sql
\set ECHO all

-- by hand: 1, 2, 3 hang together, 10 and 11 too, 20 is alone; with three to be dense, 10 and 11 are noise as well
SELECT v, clusterseg.dbscan(ARRAY[v], 1, 2) OVER () AS two, clusterseg.dbscan(ARRAY[v]::float8[], 1, 3) OVER () AS three,
	clusterseg.dbscan(ARRAY[v]::real[], 0.5) OVER () AS none, clusterseg.hdbscan(ARRAY[v], 2) OVER () AS h
	FROM unnest(ARRAY[1, 2, 3, 10, NULL, 11, 20]) v ORDER BY v;

-- at the rim: neighbours are within eps, eps itself included
SELECT v, clusterseg.dbscan(ARRAY[v], 0.5, 2) OVER () AS half, clusterseg.dbscan(ARRAY[v], 0.49999999999999994, 2) OVER () AS less
	FROM unnest(ARRAY[0, 0.5, 1.5, 2]) v;

-- as train() finds; 17 flowers are noise for scikit-learn 1.9.1, too
SET client_min_messages = warning;
SELECT k FROM clusterseg.train('iris', 'iris', 'flower', '{sepal_length,sepal_width,petal_length,petal_width}', algorithm => 'dbscan',
	scale => 'none', options => '{"eps": 0.5}');
SELECT k FROM clusterseg.train('hiris', 'iris', 'flower', '{sepal_length,sepal_width,petal_length,petal_width}', algorithm => 'hdbscan',
	scale => 'none', options => '{"min_cluster_size": 10, "min_points": 4}');
SELECT count(*), count(*) FILTER (WHERE d IS NULL) AS noise, count(*) FILTER (WHERE d IS DISTINCT FROM m.segment_id) AS differ,
	count(*) FILTER (WHERE h IS DISTINCT FROM n.segment_id) AS h_differ
FROM (SELECT flower, clusterseg.dbscan(ARRAY[sepal_length, sepal_width, petal_length, petal_width], 0.5) OVER () AS d,
		clusterseg.hdbscan(ARRAY[sepal_length, sepal_width, petal_length, petal_width], 10, 4) OVER () AS h FROM iris) i
	JOIN iris_members m USING (flower) JOIN hiris_members n USING (flower);

-- equal rows count: three of them are dense; partitions are on their own, small and noisy ones are no error
SELECT g, v, clusterseg.dbscan(ARRAY[v], 1, 3) OVER (PARTITION BY g) AS d, clusterseg.hdbscan(ARRAY[v], 3) OVER (PARTITION BY g) AS h
	FROM (VALUES (1, 5), (1, 5), (1, 5), (1, 9), (2, 5), (3, 1), (3, 1), (3, 1), (3, 8), (3, 8), (3, 8), (4, NULL)) r (g, v) ORDER BY g, v;
SELECT clusterseg.dbscan(ARRAY[1.0], 1, 1) OVER () WHERE false;

-- what cannot be
\pset format unaligned
\pset tuples_only on
SELECT raises($$SELECT clusterseg.dbscan(ARRAY[1.0], 0, 1) OVER ()$$);
SELECT raises($$SELECT clusterseg.dbscan(ARRAY[1.0], -1, 1) OVER ()$$);
SELECT raises($$SELECT clusterseg.dbscan(ARRAY[1.0], 'NaN', 1) OVER ()$$);
SELECT raises($$SELECT clusterseg.dbscan(ARRAY[1.0], 'Infinity', 1) OVER ()$$);
SELECT raises($$SELECT clusterseg.dbscan(ARRAY[1.0], NULL, 1) OVER ()$$);
SELECT raises($$SELECT clusterseg.dbscan(ARRAY[1.0], 1, 0) OVER ()$$);
SELECT raises($$SELECT clusterseg.dbscan(ARRAY[1.0], i, 1) OVER () FROM generate_series(1, 2) i$$);
SELECT raises($$SELECT clusterseg.hdbscan(ARRAY[1.0], 1) OVER ()$$);
SELECT raises($$SELECT clusterseg.hdbscan(ARRAY[1.0], NULL) OVER ()$$);
SELECT raises($$SELECT clusterseg.hdbscan(ARRAY[1.0], 5, -1) OVER ()$$);
