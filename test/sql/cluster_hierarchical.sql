-- hierarchical clustering: linkage(), train(), levels of a tree
\set ECHO none
\i test/data/raises.sql
\i test/data/iris.sql
\set ECHO all
\set f '''{sepal_length,sepal_width,petal_length,petal_width}'''
-- that a feature dominates is not what is tested here
SET client_min_messages = warning;

-- scipy.cluster.hierarchy.linkage (SciPy 1.17.1) on the same flowers in single precision: sums of all heights
-- single 43.523780, complete 87.535995, average 65.216647, ward 138.162241, centroid 60.167846; and the last height:
-- 1.640122, 7.085196, 4.062683, 32.447607, 3.974004
SELECT m, round(sum(height)::numeric, 5) AS heights, round((array_agg(height ORDER BY step DESC))[1]::numeric, 6) AS last,
	count(*), max(size) FROM unnest('{single,complete,average,ward,centroid}'::text[]) m,
	clusterseg.linkage('iris', 'flower', :f, m) GROUP BY m ORDER BY m;

-- each step joins two clusters that are there and not joined yet; sizes add up
WITH l AS (SELECT * FROM clusterseg.linkage('iris', 'flower', :f)), c AS (
	SELECT 150 + step AS id, size FROM l UNION ALL SELECT generate_series(1, 150), 1)
SELECT count(*), count(DISTINCT x) AS parts, bool_and(l.size = a.size + b.size) AS sums, bool_and(cluster1 < cluster2 AND cluster2 < 150 + step) AS made
	FROM l JOIN c a ON a.id = cluster1 JOIN c b ON b.id = cluster2, unnest(ARRAY[cluster1, cluster2]) x;

-- three points by hand: 0, 1 and 5 on a line, numbered by the key.  Ward: 1, then sqrt(2*2*1/3) * 4.5
SELECT step, cluster1, cluster2, round(height::numeric, 6), size
	FROM clusterseg.linkage('SELECT * FROM (VALUES (''c'', 5.0), (''a'', 0.0), (''b'', 1.0)) v (k, x)', 'k', '{x}');
SELECT count(*) FROM clusterseg.linkage('SELECT 1 AS k, 2.0 AS x', 'k', '{x}');

-- scikit-learn 1.7, AgglomerativeClustering(3, linkage='ward'): sizes 64, 50, 36; its adjusted Rand index to the species is 0.7312
SELECT k, rows, converged, iterations, round(objective::numeric, 4) AS objective
	FROM clusterseg.train('ward', 'iris', 'flower', :f, algorithm => 'hierarchical', k => 3, scale => 'none');
SELECT segment_id, size FROM clusterseg.segments WHERE model = 'ward' ORDER BY 1;
SELECT species, segment_id, count(*) FROM iris JOIN ward_members USING (flower) GROUP BY 1, 2 ORDER BY 1, 2;

-- other linkages: sizes of SciPy's fcluster(..., 3, 'maxclust')
SELECT count(*) FROM unnest('{single,complete,average,centroid}'::text[]) l, clusterseg.train('iris_' || l, 'iris', 'flower', :f,
	algorithm => 'hierarchical', k => 3, scale => 'none', options => jsonb_build_object('linkage', l)) t;
SELECT model, string_agg(size::text, ' ' ORDER BY size) FROM clusterseg.segments WHERE model LIKE 'iris\_%' GROUP BY model ORDER BY model;

-- cut by height: between the last heights 6.399, 12.300, 32.448
SELECT k FROM clusterseg.train('cut', 'iris', 'flower', :f, algorithm => 'hierarchical', scale => 'none', options => '{"height": 10}');
SELECT k FROM clusterseg.train('cut', 'iris', 'flower', :f, algorithm => 'hierarchical', scale => 'none', options => '{"height": 20}');

-- k is chosen; the candidates are told
SELECT k FROM clusterseg.train('chosen', 'iris', 'flower', :f, algorithm => 'hierarchical', scale => 'none');
SELECT c->>'k' AS k, round((c->>'silhouette')::numeric, 4) AS silhouette, c ? 'stability' AS told, c->>'chosen' AS chosen
	FROM clusterseg.versions, jsonb_array_elements(metrics->'candidates') c WHERE model = 'chosen' AND (c->>'k')::int < 5;

-- one model for all levels; the tree says how
SELECT segments, segment_id, joins FROM clusterseg.segment_tree('ward');
SELECT n, count(DISTINCT clusterseg.segment_at('ward', iris, n)) FROM iris, generate_series(1, 3) n GROUP BY n ORDER BY n;
SELECT bool_and((clusterseg.segment_at('ward', iris, 2) = 2) = (species = 'setosa')) FROM iris;

-- new rows find their segment; a value scores like the name
SELECT clusterseg.segment('ward', ARRAY[5, 3.4, 1.5, 0.2]::float8[]) = 2 AS setosa,
	clusterseg.segment(clusterseg.model_value('ward'), ARRAY[5, 3.4, 1.5, 0.2]::real[]) = 2 AS by_value;
SELECT count(*) FILTER (WHERE clusterseg.segment('ward', iris) = segment_id) >= 148 AS nearly_all FROM iris JOIN ward_members USING (flower);
SELECT round(sum(e.contribution)::numeric, 5) = round(m.margin::numeric, 5) AS parts_add_up
	FROM iris JOIN ward_members m USING (flower), clusterseg.explain('ward', iris) e WHERE flower = 53 GROUP BY m.margin;

-- weights count as so many equal rows
CREATE TABLE twice AS SELECT flower, sepal_length, petal_length, 1 + flower % 2 AS w FROM iris;
SELECT (SELECT round(objective::numeric, 4) FROM clusterseg.train('weighted', 'twice', 'flower', '{sepal_length,petal_length}', algorithm => 'hierarchical',
		k => 4, weight => 'w', scale => 'none'))
	= (SELECT round(objective::numeric, 4) FROM clusterseg.train('repeated', 'SELECT flower * 10 + n AS id, sepal_length, petal_length
		FROM twice, generate_series(1, w) n', 'id', '{sepal_length,petal_length}', algorithm => 'hierarchical', k => 4, scale => 'none')) AS same;

-- too many rows for the method: small clusters first, and a NOTICE says so
SET client_min_messages = notice;
CREATE TABLE many AS SELECT i, i % 5 * 100 + (i * 7919 % 1000) / 100.0 AS x FROM generate_series(1, 5000) i;
SELECT k, rows FROM clusterseg.train('staged', 'many', 'i', '{x}', algorithm => 'hierarchical', k => 5, options => '{"exact_rows": 4000}');
SELECT metrics->>'note' AS note FROM clusterseg.versions WHERE model = 'staged';
SELECT size FROM clusterseg.segments WHERE model = 'staged';
SET client_min_messages = warning;

-- workers and the order of the rows change nothing
CREATE TABLE shuffled AS SELECT * FROM iris ORDER BY md5(flower::text);
SELECT count(*) FROM (VALUES ('iris', 0), ('iris', 2), ('shuffled', 1)) v (source, workers), clusterseg.train('same_' || source || workers,
	source, 'flower', :f, algorithm => 'hierarchical', k => 4, options => jsonb_build_object('workers', workers)) t;
SELECT count(DISTINCT clusterseg.model_value(model)::text) FROM clusterseg.models WHERE model LIKE 'same\_%';

-- what cannot be
\pset format unaligned
\pset tuples_only on
SELECT raises($$SELECT clusterseg.linkage('iris', 'flower', '{petal_width}', 'wards')$$);
SELECT raises($$SELECT clusterseg.linkage('iris', 'flower', '{petal_width}', NULL)$$);
SELECT raises($$SELECT clusterseg.linkage('no_iris', 'flower', '{petal_width}')$$);
SELECT raises($$SELECT clusterseg.linkage('iris', 'flower', '{petal}')$$);
SELECT raises($$SELECT clusterseg.linkage('iris', 'flower', '{petal_width}', scale => 'zscores')$$);
SELECT raises($$SELECT clusterseg.train('x', 'iris', 'flower', '{petal_width}', algorithm => 'hierarchical', k => 23)$$);
SELECT raises($$SELECT clusterseg.train('x', 'iris', 'flower', '{petal_width}', algorithm => 'hierarchical', options => '{"linkage": "wards"}')$$);
SELECT raises($$SELECT clusterseg.train('x', 'iris', 'flower', '{petal_width}', algorithm => 'hierarchical', options => '{"height": -1}')$$);
SELECT raises($$SELECT clusterseg.segment_at('ward', ARRAY[5, 3.4, 1.5, 0.2]::float8[], 4)$$);
SET maintenance_work_mem = '1MB';
SELECT raises($$SELECT clusterseg.linkage('SELECT i, i * 1.5 AS x FROM generate_series(1, 3000) i', 'i', '{x}', 'average')$$);
