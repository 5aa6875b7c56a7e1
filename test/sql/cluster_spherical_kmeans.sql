-- spherical_kmeans through train(): segments by direction.
--
-- Reference on iris: NumPy, 300 random starts of k-means with cosines on rows of length 1: the objective, the sum of
-- 1 - cos, is 0.2775, 0.1614, 0.1347 for k = 2, 3, 4 with 100 50, 55 50 45, 50 44 37 19 flowers; 15.7296 with 61 50 39
-- for k = 3 on z-scores; scikit-learn's silhouette_score on these rows is 0.5763 for k = 3.
\set ECHO none
\i test/data/raises.sql
\i test/data/iris.sql
SET client_min_messages = warning;
\set ECHO all
\set measures '{sepal_length,sepal_width,petal_length,petal_width}'
CREATE FUNCTION sizes(name text) RETURNS text LANGUAGE sql AS $$
	SELECT string_agg(size::text, ' ' ORDER BY size DESC) FROM clusterseg.segments WHERE model = name AND state = 'active'
$$;

SELECT t.k, t.converged, round(t.objective::numeric, 4) AS objective, round(t.silhouette::numeric, 4) AS silhouette FROM generate_series(2, 4) AS g (k),
	clusterseg.train('flowers_' || g.k, 'iris', 'flower', :'measures', algorithm => 'spherical_kmeans', k => g.k, scale => 'none', options => '{"restarts": 50, "tolerance": 0}') t;
SELECT sizes('flowers_2'), sizes('flowers_3'), sizes('flowers_4');
SELECT round(t.objective::numeric, 4) AS objective FROM clusterseg.train('scaled', 'iris', 'flower', :'measures', algorithm => 'spherical_kmeans', k => 3, options => '{"restarts": 50, "tolerance": 0}') t;
SELECT sizes('scaled');

-- centres: directions of length 1, 0.8020 0.5479 0.2347 0.0392, 0.7536 0.3495 0.5320 0.1641, 0.7058 0.3222 0.5931 0.2152;
-- their values in the units of the measures are the means of the members
SELECT string_agg(round(scaled::numeric, 4)::text, ' ' ORDER BY array_position(:'measures', feature)) AS direction, round(sum(scaled ^ 2)::numeric, 6) AS length
	FROM clusterseg.centroids WHERE model = 'flowers_3' GROUP BY segment_id ORDER BY min(scaled) FILTER (WHERE feature = 'petal_length');
SELECT max(abs(c.value - m.mean)) < 1e-5 AS means FROM clusterseg.centroids c JOIN (SELECT segment_id, avg(petal_length) AS mean FROM iris JOIN flowers_3_members USING (flower) GROUP BY 1) m USING (segment_id)
	WHERE model = 'flowers_3' AND feature = 'petal_length';
-- the distance is 1 - cos, by plain SQL
SELECT max(abs(m.distance - (1 - e.cos))) < 1e-6 AS cosines FROM flowers_3_members m JOIN (
	SELECT i.flower, c.segment_id, sum(c.scaled * CASE c.feature WHEN 'sepal_length' THEN sepal_length WHEN 'sepal_width' THEN sepal_width WHEN 'petal_length' THEN petal_length ELSE petal_width END)
		/ max(sqrt(sepal_length ^ 2 + sepal_width ^ 2 + petal_length ^ 2 + petal_width ^ 2)) AS cos
	FROM iris i, clusterseg.centroids c WHERE c.model = 'flowers_3' GROUP BY 1, 2) e USING (flower, segment_id);

-- how far out a row lies does not matter, only where it points to: ten times a flower is the same flower
SELECT bool_and(clusterseg.segment('flowers_3', i) = clusterseg.segment('flowers_3', ARRAY[10 * sepal_length, 10 * sepal_width, 10 * petal_length, 10 * petal_width])) AS same FROM iris i;
-- three directions in the plane, whatever the lengths
CREATE TABLE rays AS SELECT i AS id, (1 + i % 17) * cos(radians(120 * (i % 3) + i % 5)) AS x, (1 + i % 17) * sin(radians(120 * (i % 3) + i % 5)) AS y FROM generate_series(0, 299) i;
SELECT t.rows, t.skipped FROM clusterseg.train('rays', 'rays', 'id', algorithm => 'spherical_kmeans', k => 3, scale => 'none') t;
SELECT count(*) AS pairs, count(DISTINCT segment_id) AS segments FROM (SELECT DISTINCT id % 3, segment_id FROM rays_members) p;

-- a row at the origin points nowhere: left out, counted, and not assignable
SELECT t.rows, t.skipped FROM clusterseg.train('origin', 'SELECT * FROM rays UNION ALL SELECT 1000, 0, 0', 'id', algorithm => 'spherical_kmeans', k => 3, scale => 'none') t;
SELECT metrics->>'skipped' AS skipped FROM clusterseg.versions WHERE model = 'origin';
SELECT count(*) FROM origin_members WHERE id = 1000;
SELECT segment_id, reason FROM (SELECT 0::float8 AS x, 0::float8 AS y) o, clusterseg.assign('origin', o);
-- weights: 0.3184 with 1, 2 or 3 for each flower in turn
SELECT round(t.objective::numeric, 4) AS objective FROM clusterseg.train('weighted', 'SELECT *, 1 + flower % 3 AS w FROM iris', 'flower', :'measures', algorithm => 'spherical_kmeans', k => 3,
	scale => 'none', weight => 'w', options => '{"restarts": 50, "tolerance": 0}') t;
-- starts can be given, in the units of the features; k is chosen as for k-means
SELECT round(t.objective::numeric, 4) AS objective FROM clusterseg.train('given', 'iris', 'flower', :'measures', algorithm => 'spherical_kmeans', k => 2, scale => 'none',
	options => '{"init": "given", "start": [[5, 3.4, 1.5, 0.2], [6.3, 2.9, 4.9, 1.7]], "tolerance": 0}') t;
SELECT t.k FROM clusterseg.train('chosen', 'rays', 'id', algorithm => 'spherical_kmeans', k_range => '[2,5]', scale => 'none') t;

\pset format unaligned
\pset tuples_only on
SELECT raises($$SELECT clusterseg.train('bad', 'SELECT i AS id, 0 AS x, 0 AS y FROM generate_series(1, 10) i', 'id', algorithm => 'spherical_kmeans', k => 2, scale => 'none')$$);
SELECT raises($$SELECT clusterseg.train('bad', 'SELECT i AS id, i AS x, 2 * i AS y FROM generate_series(1, 10) i', 'id', algorithm => 'spherical_kmeans', k => 2, scale => 'none')$$);
