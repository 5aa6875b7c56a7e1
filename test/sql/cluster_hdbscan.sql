-- hdbscan: train(), scoring, degenerate input
\set ECHO none
\i test/data/raises.sql
\i test/data/iris.sql
\set ECHO all
SET client_min_messages = warning;

-- groups of different density, which no eps fits: 0.1, 1 and 10 apart, and two rows far from all
CREATE TABLE v AS
	SELECT i AS id, i % 3 AS g, (ARRAY[0, 40, 500])[i % 3 + 1] + 10.0 ^ (i % 3 - 1) * cos(i * i) * (i % 7) AS x,
		10.0 ^ (i % 3 - 1) * sin(i * i) * (i % 7) AS y FROM generate_series(1, 300) i
	UNION ALL SELECT 301, -1, 250, 250 UNION ALL SELECT 302, -1, -900, 0;
SELECT k, rows, converged FROM clusterseg.train('groups', 'v', 'id', '{x,y}', algorithm => 'hdbscan', scale => 'none',
	options => '{"min_cluster_size": 40, "min_points": 5}');
SELECT g, segment_id, point_type, count(*), min(outlier_score) >= 0 AND max(outlier_score) < 1 AS in_range FROM v JOIN groups_members USING (id)
	GROUP BY 1, 2, 3 ORDER BY 1, 2, 3;
SELECT metrics->'min_points' AS min_points, metrics->'regions' AS regions, metrics->'noise_rows' AS noise,
	(metrics->>'least_persistence')::float8 BETWEEN 0.001 AND 1 AS persistent FROM clusterseg.versions WHERE model = 'groups';

-- five rows by hand, two to be dense: core distances are those to the nearest other, 1, 1, 1, 2, 2; {0,1} and {2} hang together
-- by 1, {10,12} by 2, all by 8.  So the regions are born at lambda 1/8, lose all rows at 1 and 1/2; GLOSH is 0 for all
SELECT k FROM clusterseg.train('hand', 'SELECT x AS id, x FROM unnest(ARRAY[0, 1, 2, 10, 12]) x', 'id', '{x}', algorithm => 'hdbscan',
	scale => 'none', options => '{"min_cluster_size": 2}');
SELECT id, segment_id, distance, outlier_score FROM hand_members ORDER BY id;
-- persistence is the stability of a region, rows times lambdas from its birth, over its rows times the largest lambda, 1:
-- 3 (1 - 1/8) / 3 and 2 (1/2 - 1/8) / 2; kept by refresh() and import
SELECT segment_id, size, persistence FROM clusterseg.segments WHERE model = 'hand' ORDER BY 1;
SELECT version, k FROM clusterseg.refresh('hand');
SELECT metrics->'persistence' AS persistence FROM clusterseg.versions WHERE model = 'hand' AND state = 'published';
SELECT clusterseg.import_model('hand_copy', clusterseg.export_model('hand'));
SELECT segment_id, size, persistence FROM clusterseg.segments WHERE model = 'hand_copy' ORDER BY 1;
-- a new row goes by reachability: 4 is 2 from 2, its two nearest are within 3, so it meets 2 at lambda 1/3 > 1/8; 30 is beyond
SELECT x, clusterseg.segment('hand', ARRAY[x]) AS segment, round(clusterseg.segment_probability('hand', ARRAY[x], 1)::numeric, 4) AS p1,
	round(clusterseg.segment_probability('hand', ARRAY[x], 2)::numeric, 4) AS p2 FROM unnest(ARRAY[0, 4, 11, 30]) x;
SELECT segment_id, distance, reason FROM clusterseg.assign('hand', ARRAY[4]);
SELECT segment_id, distance, reason FROM clusterseg.assign('hand', ARRAY[30]);

-- the model puts the rows of its training where they are; by value and as text too
SELECT count(*) FILTER (WHERE clusterseg.segment('groups', v) IS DISTINCT FROM segment_id) AS elsewhere FROM v JOIN groups_members USING (id);
SELECT clusterseg.segment(clusterseg.model_value('groups'), ARRAY[0, 0]) = clusterseg.segment('groups', ARRAY[0, 0]) AS by_value,
	clusterseg.segment(clusterseg.model_value('groups')::text::clusterseg.model, ARRAY[0, 0]) = clusterseg.segment('groups', ARRAY[0, 0]) AS by_text;

-- the smallest regions are at least as many
SELECT k >= 3 AS more FROM clusterseg.train('leaves', 'v', 'id', '{x,y}', algorithm => 'hdbscan', scale => 'none',
	options => '{"min_cluster_size": 10, "min_points": 3, "selection": "leaf"}');

-- workers and the order of the rows change nothing
CREATE TABLE shuffled AS SELECT * FROM v ORDER BY md5(id::text);
SELECT count(*) FROM (VALUES ('v', 0), ('v', 2), ('shuffled', 1)) s (source, workers), clusterseg.train('same_' || source || workers,
	source, 'id', '{x,y}', algorithm => 'hdbscan', options => jsonb_build_object('workers', workers)) t;
SELECT count(DISTINCT clusterseg.model_value(model)::text) FROM clusterseg.models WHERE model LIKE 'same\_%';

-- equal rows are as dense as it gets
CREATE TABLE equal AS SELECT i, i % 3 AS x FROM generate_series(1, 30000) i;
SELECT k FROM clusterseg.train('equal', 'equal', 'i', '{x}', algorithm => 'hdbscan', scale => 'none');
SELECT count(DISTINCT (x, segment_id)) AS pairs, max(outlier_score) FROM equal JOIN equal_members USING (i);

-- what cannot be
\pset format unaligned
\pset tuples_only on
SELECT raises($$SELECT clusterseg.train('x', 'SELECT i, 7 AS x FROM generate_series(1, 10000) i', 'i', '{x}', algorithm => 'hdbscan', scale => 'none')$$);
SELECT raises($$SELECT clusterseg.train('x', 'SELECT 1 AS i, 7 AS x', 'i', '{x}', algorithm => 'hdbscan', scale => 'none', options => '{"min_points": 1}')$$);
SELECT raises($$SELECT clusterseg.train('x', 'iris', 'flower', '{petal_width}', algorithm => 'hdbscan', options => '{"min_cluster_size": 1}')$$);
SELECT raises($$SELECT clusterseg.train('x', 'iris', 'flower', '{petal_width}', algorithm => 'hdbscan', options => '{"min_cluster_size": 151}')$$);
SELECT raises($$SELECT clusterseg.train('x', 'iris', 'flower', '{petal_width}', algorithm => 'hdbscan', options => '{"min_points": 151}')$$);
SELECT raises($$SELECT clusterseg.train('x', 'iris', 'flower', '{petal_width}', algorithm => 'hdbscan', options => '{"selection": "most"}')$$);

-- a number of segments that would be ignored
SELECT raises($$SELECT clusterseg.train('x', 'iris', 'flower', '{petal_width}', algorithm => 'hdbscan', k => 3)$$);
SELECT raises($$SELECT clusterseg.train('x', 'iris', 'flower', '{petal_width}', algorithm => 'hdbscan', k_range => '[2,5]')$$);
SELECT raises($$SELECT clusterseg.train('x', 'iris', 'flower', '{petal_width}', algorithm => 'hdbscan', k_range => 'empty')$$);
SELECT raises($$SELECT clusterseg.train('x', 'iris', 'flower', '{petal_width}', algorithm => 'dbscan', k => 3, options => '{"eps": 1}')$$);
SELECT raises($$SELECT clusterseg.train('x', 'SELECT 1 AS customer, 1 AS recency_days, 2 AS orders, 3 AS monetary', 'customer', algorithm => 'rfm', k => 3)$$);
SELECT raises($$SELECT clusterseg.train('x', 'iris', 'flower', '{petal_width}', algorithm => 'hierarchical', k => 3, options => '{"height": 2}')$$);
SELECT raises($$SELECT clusterseg.estimate('iris', 'flower', '{petal_width}', algorithm => 'hdbscan', k => 3)$$);
SELECT raises($$SELECT * FROM clusterseg.select_k('iris', 'flower', '{petal_width}', algorithm => 'hdbscan')$$);
-- a range that is not given, and NULL, ask for nothing
SELECT k FROM clusterseg.train('y', 'iris', 'flower', '{petal_width}', algorithm => 'hdbscan', k => NULL, k_range => NULL);
SELECT k FROM clusterseg.train('height', 'iris', 'flower', '{petal_width}', algorithm => 'hierarchical', options => '{"height": 10}');
SELECT k FROM clusterseg.refresh('height');
-- in comparisons k is for those that take one
SELECT algorithm, asked, segments FROM clusterseg.compare_algorithms('iris', 'flower', '{petal_width}', '{kmeans,hdbscan,hierarchical}', k => 3,
	options => '{"hierarchical": {"height": 10}}');
