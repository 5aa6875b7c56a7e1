-- bisecting_kmeans through train(): a tree of segments that answers for every k up to its own.
--
-- Reference values on iris, unscaled: scikit-learn 1.x, BisectingKMeans(n_init=50, tol=0).  Its inertia_ is that of the leaves;
-- rows are scored by the nearest centre here, so the values are those of its cluster_centers_ with each row at the nearest one:
-- 80.0078 with 62 50 38 flowers for k = 3, 59.2186 with 50 39 33 28 for k = 4.  Refined together, k-means's 78.8514 and 57.2285.
\set ECHO none
\i test/data/raises.sql
\i test/data/iris.sql
SET client_min_messages = warning;
\set ECHO all
\set measures '{sepal_length,sepal_width,petal_length,petal_width}'
CREATE FUNCTION sizes(name text) RETURNS text LANGUAGE sql AS $$
	SELECT string_agg(size::text, ' ' ORDER BY size DESC) FROM clusterseg.segments WHERE model = name AND state = 'active'
$$;

-- the tree alone
SELECT t.k, t.converged, round(t.objective::numeric, 4) AS objective FROM generate_series(2, 4) AS g (k),
	clusterseg.train('tree_' || g.k, 'iris', 'flower', :'measures', algorithm => 'bisecting_kmeans', k => g.k, scale => 'none',
		options => '{"refine": false, "restarts": 20, "tolerance": 0}') t;
SELECT sizes('tree_2'), sizes('tree_3'), sizes('tree_4');
-- refined: all centres move together at the end
SELECT t.k, t.converged, round(t.objective::numeric, 4) AS objective FROM generate_series(2, 4) AS g (k),
	clusterseg.train('fine_' || g.k, 'iris', 'flower', :'measures', algorithm => 'bisecting_kmeans', k => g.k, scale => 'none',
		options => '{"restarts": 20, "tolerance": 0}') t;
SELECT sizes('fine_2'), sizes('fine_3'), sizes('fine_4');

-- ---- one model, every k ----
-- segment_at(): undoing splits one by one.  At 4 the segments, at 1 one for all
SELECT count(DISTINCT clusterseg.segment_at('tree_4', i, 4)) AS four, count(DISTINCT clusterseg.segment_at('tree_4', i, 3)) AS three,
	count(DISTINCT clusterseg.segment_at('tree_4', i, 2)) AS two, count(DISTINCT clusterseg.segment_at('tree_4', i, 1)) AS one,
	bool_and(clusterseg.segment_at('tree_4', i, 4) = clusterseg.segment('tree_4', i)) AS same FROM iris i;
-- nested: a segment at k lies in one segment at k - 1
SELECT k, count(*) AS segments, bool_and(parents = 1) AS nested FROM (
	SELECT k, clusterseg.segment_at('tree_4', i, k) AS s, count(DISTINCT clusterseg.segment_at('tree_4', i, k - 1)) AS parents
	FROM iris i, generate_series(2, 4) k GROUP BY 1, 2) n GROUP BY k ORDER BY k;
-- the upper levels are the smaller trees: but for flowers at a border, which the tree of 4 gives to the nearest of 4
SELECT k, sum(n) - sum(n) FILTER (WHERE first) <= 5 AS nearly_all FROM (
	SELECT k, count(*) AS n, row_number() OVER (PARTITION BY k, clusterseg.segment_at('tree_4', i, k) ORDER BY count(*) DESC) = 1 AS first
	FROM iris i, generate_series(2, 3) k GROUP BY k, clusterseg.segment_at('tree_4', i, k), clusterseg.segment('tree_' || k, i)) p GROUP BY k ORDER BY k;
-- by value, and by arrays in the order of training
SELECT bool_and(clusterseg.segment_at(clusterseg.model_value('tree_4'), i, 2) = clusterseg.segment_at('tree_4', i, 2)) AS by_value,
	bool_and(clusterseg.segment_at('tree_4', ARRAY[sepal_length, sepal_width, petal_length, petal_width], 2) = clusterseg.segment_at('tree_4', i, 2)) AS by_array FROM iris i;

-- ---- options ----
-- what is split next: by inertia the wide group, by size the large one
CREATE TABLE uneven AS SELECT i AS id, CASE WHEN i <= 20 THEN 1000 + 20 * i ELSE i % 50 * 0.5 END AS x FROM generate_series(1, 1020) i;
SELECT count(*) FROM clusterseg.train('by_inertia', 'uneven', 'id', algorithm => 'bisecting_kmeans', k => 3, scale => 'none', options => '{"criterion": "inertia", "refine": false}');
SELECT count(*) FROM clusterseg.train('by_size', 'uneven', 'id', algorithm => 'bisecting_kmeans', k => 3, scale => 'none', options => '{"criterion": "size", "refine": false}');
SELECT sizes('by_inertia'), sizes('by_size');
SELECT iterations, converged FROM clusterseg.train('short', 'iris', 'flower', :'measures', algorithm => 'bisecting_kmeans', k => 4, options => '{"max_iterations": 1}');
-- weights: a row of weight 2 counts as two; refined as KMeans.fit(sample_weight=...): 148.4026
CREATE TABLE weighted AS SELECT *, 1 + flower % 3 AS w FROM iris;
CREATE TABLE repeated AS SELECT row_number() OVER () AS row, weighted.* FROM weighted, generate_series(1, w);
SELECT round(a.objective::numeric, 3) AS weighted, round(b.objective::numeric, 3) AS repeated FROM
	clusterseg.train('w', 'weighted', 'flower', :'measures', algorithm => 'bisecting_kmeans', k => 3, scale => 'none', weight => 'w', options => '{"restarts": 20, "tolerance": 0}') a,
	clusterseg.train('r', 'repeated', 'row', :'measures', algorithm => 'bisecting_kmeans', k => 3, scale => 'none', options => '{"restarts": 20, "tolerance": 0}') b;
-- k chosen from the range; k = 1; as many as there are different rows
SELECT k FROM clusterseg.train('chosen', 'iris', 'flower', :'measures', algorithm => 'bisecting_kmeans', k_range => '[2,5]', scale => 'none');
SELECT k, round(objective::numeric, 4) AS objective FROM clusterseg.train('one', 'iris', 'flower', :'measures', algorithm => 'bisecting_kmeans', k => 1, scale => 'none');
SELECT k, round(objective::numeric, 6) AS objective FROM clusterseg.train('all', 'SELECT i AS id, i % 7 AS x FROM generate_series(1, 70) i', 'id', algorithm => 'bisecting_kmeans', k => 7);

DO $$ BEGIN PERFORM clusterseg.drop_model(model) FROM clusterseg.models WHERE model <> 'tree_4'; END $$;
\pset format unaligned
\pset tuples_only on
CREATE FUNCTION fails(options jsonb, k int DEFAULT 3) RETURNS text LANGUAGE sql AS $$
	SELECT raises(format('SELECT clusterseg.train(''bad'', ''iris'', ''flower'', ''{petal_length}'', algorithm => ''bisecting_kmeans'', k => %L, options => %L)', k, options))
$$;
SELECT fails('{"criterion": "rows"}');
SELECT fails('{"refine": 1}');
SELECT fails('{"init": "random"}');
SELECT fails('{}', 44);
SELECT raises($$SELECT clusterseg.segment_at('tree_4', i, 5) FROM iris i$$);
SELECT raises($$SELECT clusterseg.segment_at('tree_4', i, 0) FROM iris i$$);
SELECT count(*) FROM clusterseg.train('plain', 'iris', 'flower', '{petal_length}', k => 2);
SELECT raises($$SELECT clusterseg.segment_at('plain', i, 2) FROM iris i$$);
