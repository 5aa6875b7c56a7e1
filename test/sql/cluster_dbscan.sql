-- dbscan: train(), scoring, suggest_eps()
\set ECHO none
\i test/data/raises.sql
\i test/data/iris.sql
\set ECHO all
\set f '''{sepal_length,sepal_width,petal_length,petal_width}'''
-- that a feature dominates is not what is tested here
SET client_min_messages = warning;

-- sklearn.cluster.DBSCAN (scikit-learn 1.9.1) on the same flowers in single precision: eps 0.5, min_samples 5: 2 clusters,
-- 117 core rows of which 45 and 72, 17 noise; eps 0.4, 4: 4 clusters, 104 core rows, 26 noise
SELECT k, rows, converged FROM clusterseg.train('iris', 'iris', 'flower', :f, algorithm => 'dbscan', scale => 'none', options => '{"eps": 0.5}');
SELECT segment_id, point_type, count(*), round(max(distance)::numeric, 3) AS farthest, round(max(outlier_score)::numeric, 3) AS outlier
	FROM iris_members GROUP BY 1, 2 ORDER BY 1, 2;
SELECT metrics->'eps' AS eps, metrics->'min_points' AS min_points, metrics->'core_rows' AS core, metrics->'border_rows' AS border,
	metrics->'noise_rows' AS noise FROM clusterseg.versions WHERE model = 'iris';
SELECT k FROM clusterseg.train('four', 'iris', 'flower', :f, algorithm => 'dbscan', scale => 'none', options => '{"eps": 0.4, "min_points": 4}');
SELECT count(*) FILTER (WHERE point_type = 'core') AS core, count(*) FILTER (WHERE segment_id IS NULL) AS noise FROM four_members;

-- the definition in SQL: core rows by counting, border rows by the nearest core row, noise farther than eps from all
CREATE VIEW pairs AS SELECT a.flower AS a, b.flower AS b, (a.sepal_length::float8::real::float8 - b.sepal_length::float8::real::float8) ^ 2
	+ (a.sepal_width::float8::real::float8 - b.sepal_width::float8::real::float8) ^ 2 + (a.petal_length::float8::real::float8 - b.petal_length::float8::real::float8) ^ 2
	+ (a.petal_width::float8::real::float8 - b.petal_width::float8::real::float8) ^ 2 AS square FROM iris a, iris b;
WITH core AS (SELECT a FROM pairs WHERE square <= 0.25 GROUP BY a HAVING count(*) >= 5)
SELECT count(*), bool_and((m.point_type = 'core') = (m.flower IN (SELECT a FROM core))) AS cores,
	bool_and((m.point_type = 'noise') = (n.square > 0.25)) AS noise, bool_and(m.point_type = 'noise' OR m.segment_id = n.segment_id) AS nearest,
	bool_and(m.point_type <> 'noise' OR abs(m.outlier_score - (1 - 0.5 / sqrt(n.square))) < 1e-6) AS outlier
FROM iris_members m, LATERAL (SELECT p.square, c.segment_id FROM pairs p JOIN iris_members c ON c.flower = p.b
	WHERE p.a = m.flower AND p.b IN (SELECT a FROM core) ORDER BY 1 LIMIT 1) n;

-- the model puts rows where they are; new rows in thin places have no segment; a value scores like the name
SELECT count(*) FROM iris JOIN iris_members USING (flower) WHERE clusterseg.segment('iris', iris) IS DISTINCT FROM segment_id;
SELECT clusterseg.segment('iris', ARRAY[5, 3.4, 1.5, 0.2]) AS inside, clusterseg.segment('iris', ARRAY[50, 3.4, 1.5, 0.2]) AS outside,
	clusterseg.segment(clusterseg.model_value('iris'), ARRAY[5, 3.4, 1.5, 0.2]) AS by_value,
	clusterseg.segment(clusterseg.model_value('iris')::text::clusterseg.model, ARRAY[5, 3.4, 1.5, 0.2]) AS by_text;
SELECT segment_id, distance > 0.5 AS far, margin, reason FROM clusterseg.assign('iris', ARRAY[50, 3.4, 1.5, 0.2]);
SELECT round(clusterseg.segment_distance('iris', ARRAY[5, 3.4, 1.5, 0.2], s)::numeric, 4) AS distance FROM generate_series(1, 2) s ORDER BY s;
SELECT e.* FROM (VALUES (50.0, 3.4, 1.5, 0.2)) v (sepal_length, sepal_width, petal_length, petal_width), clusterseg.explain('iris', v) e LIMIT 1;

-- circles within circles, which no centre can tell apart
CREATE TABLE rings AS SELECT i, (1 + i % 3) * cos(i) AS x, (1 + i % 3) * sin(i) AS y FROM generate_series(1, 900) i;
SELECT k FROM clusterseg.train('rings', 'rings', 'i', '{x,y}', algorithm => 'dbscan', scale => 'none', options => '{"eps": 0.3}');
SELECT count(DISTINCT (i % 3, segment_id)) AS pairs, count(*) FILTER (WHERE segment_id IS NULL) AS noise FROM rings JOIN rings_members USING (i);

-- eps left out is suggested and told
SET client_min_messages = notice;
SELECT k FROM clusterseg.train('suggested', 'rings', 'i', '{x,y}', algorithm => 'dbscan', scale => 'none');
SET client_min_messages = warning;
SELECT abs((metrics->>'eps')::float8 - distance) < 1e-12 AS same FROM clusterseg.versions, clusterseg.suggest_eps('rings', 'i', '{x,y}', scale => 'none')
	WHERE model = 'suggested' AND suggested;

-- the curve is that of the distances to the 5 nearest, by plain SQL
SELECT share, round(distance::numeric, 4) AS distance, suggested, round(percentile_disc(share) WITHIN GROUP (ORDER BY sqrt(k.square))::numeric, 4) AS plain
	FROM clusterseg.suggest_eps('iris', 'flower', :f, 5, 'none'),
	(SELECT a, (array_agg(square ORDER BY square))[5] AS square FROM pairs GROUP BY a) k GROUP BY 1, 2, 3 ORDER BY 1;

-- other metrics: sklearn.cluster.DBSCAN (scikit-learn 1.9.1) with metric manhattan, eps 0.85, min_samples 5: 2 clusters, 122 core rows
-- of which 47 and 75, 15 noise; with metric cosine, eps 0.0005: 3 clusters, 113 core rows of which 35, 72 and 6, 19 noise
SELECT k FROM clusterseg.train('manhattan', 'iris', 'flower', :f, algorithm => 'dbscan', scale => 'none', options => '{"eps": 0.85, "metric": "manhattan"}');
SELECT k FROM clusterseg.train('cosine', 'iris', 'flower', :f, algorithm => 'dbscan', scale => 'none', options => '{"eps": 0.0005, "metric": "cosine"}');
SELECT 'manhattan' AS metric, segment_id, count(*) FILTER (WHERE point_type = 'core') AS core, count(*) FILTER (WHERE point_type = 'noise') AS noise
	FROM manhattan_members GROUP BY 2 UNION ALL
SELECT 'cosine', segment_id, count(*) FILTER (WHERE point_type = 'core'), count(*) FILTER (WHERE point_type = 'noise')
	FROM cosine_members GROUP BY 2 ORDER BY 1, 2;
-- distances are those of the metric, to the nearest core row; the model puts rows where they are
CREATE TABLE between AS SELECT a.flower AS a, b.flower AS b, abs(a.sepal_length - b.sepal_length) + abs(a.sepal_width - b.sepal_width)
		+ abs(a.petal_length - b.petal_length) + abs(a.petal_width - b.petal_width) AS sums,
	1 - (a.sepal_length * b.sepal_length + a.sepal_width * b.sepal_width + a.petal_length * b.petal_length + a.petal_width * b.petal_width)
		/ sqrt(a.sepal_length ^ 2 + a.sepal_width ^ 2 + a.petal_length ^ 2 + a.petal_width ^ 2)
		/ sqrt(b.sepal_length ^ 2 + b.sepal_width ^ 2 + b.petal_length ^ 2 + b.petal_width ^ 2) AS angle FROM iris a, iris b;
SELECT count(*) AS flowers, max(abs(m.distance - n.sums)) < 1e-6 AS sums, max(abs(c.distance - n.angle)) < 1e-6 AS angles
FROM manhattan_members m JOIN cosine_members c USING (flower) JOIN (SELECT a AS flower, min(sums) FILTER (WHERE m.point_type = 'core') AS sums,
	min(angle) FILTER (WHERE c.point_type = 'core') AS angle FROM between JOIN manhattan_members m ON m.flower = b JOIN cosine_members c ON c.flower = b
	GROUP BY 1) n USING (flower);
SELECT count(*) FILTER (WHERE clusterseg.segment('manhattan', iris) IS NOT DISTINCT FROM m.segment_id) AS manhattan,
	count(*) FILTER (WHERE clusterseg.segment(value, iris) IS NOT DISTINCT FROM c.segment_id) AS cosine
	FROM iris JOIN manhattan_members m USING (flower) JOIN cosine_members c USING (flower), clusterseg.model_value('cosine') value;

-- an eps that is left out is in the unit of the metric
SELECT k FROM clusterseg.train('any', 'iris', 'flower', :f, algorithm => 'dbscan', scale => 'none', options => '{"metric": "cosine"}');
SELECT round((metrics->>'eps')::numeric, 5) AS eps FROM clusterseg.versions WHERE model = 'any';

-- weights count as so many equal rows
CREATE TABLE twice AS SELECT flower, sepal_length, petal_length, 1 + flower % 2 AS w FROM iris;
SELECT count(*) FROM (VALUES ('weighted', 'twice', 'w'), ('repeated', 'SELECT flower * 10 + n AS flower, sepal_length, petal_length
		FROM twice, generate_series(1, w) n', NULL)) v (name, source, w), clusterseg.train(name, source, 'flower', '{sepal_length,petal_length}',
	algorithm => 'dbscan', weight => w, scale => 'none', options => '{"eps": 0.2, "min_points": 8}') t;
SELECT sum(n), bool_and(same) AS same, count(DISTINCT a) = count(*) AND count(DISTINCT b) = count(*) AS one_to_one FROM (
	SELECT coalesce(a.segment_id, 0) AS a, coalesce(b.segment_id, 0) AS b, count(*) AS n, bool_and(a.point_type = b.point_type) AS same
	FROM weighted_members a JOIN repeated_members b ON b.flower = a.flower * 10 + 1 GROUP BY 1, 2) p;

-- workers and the order of the rows change nothing
CREATE TABLE shuffled AS SELECT * FROM iris ORDER BY md5(flower::text);
SELECT count(*) FROM (VALUES ('iris', 0), ('iris', 2), ('shuffled', 1)) v (source, workers), clusterseg.train('same_' || source || workers,
	source, 'flower', :f, algorithm => 'dbscan', options => jsonb_build_object('workers', workers, 'min_points', 4)) t;
SELECT count(DISTINCT clusterseg.model_value(model)::text) FROM clusterseg.models WHERE model LIKE 'same\_%';

-- equal rows: one cluster, and the model keeps one of them
CREATE TABLE equal AS SELECT i, 7 AS x, 1.5 AS y FROM generate_series(1, 10000) i;
SELECT k, rows FROM clusterseg.train('equal', 'equal', 'i', '{x,y}', algorithm => 'dbscan', scale => 'none');
SELECT pg_column_size(clusterseg.model_value('equal')) < 10000 AS small, clusterseg.segment('equal', ARRAY[7, 1.5]) AS there;

-- distances between whole numbers are exact, far from 0 and with a fractional mean too: on a grid each has its neighbours at 1,
-- those within have five with themselves, those at the rim four, corners three; two rows are far away
CREATE TABLE grid AS SELECT row_number() OVER () AS id, x, y FROM (SELECT x, y FROM generate_series(0, 12) x, generate_series(0, 6) y
	UNION ALL VALUES (100, 33), (1000, 7)) v;
SELECT o, m.k FROM unnest('{0,1000003,20261124}'::int[]) o, clusterseg.train('grid_' || o, format('SELECT id, x + %s AS x, y - %s AS y FROM grid', o, o), 'id', '{x,y}',
	algorithm => 'dbscan', scale => 'none', options => '{"eps": 1, "min_points": 5}') m;
SELECT 0 AS o, point_type, count(*) FROM grid_0_members GROUP BY 2 UNION ALL SELECT 1, point_type, count(*) FROM grid_1000003_members GROUP BY 2
	UNION ALL SELECT 2, point_type, count(*) FROM grid_20261124_members GROUP BY 2 ORDER BY 1, 2;
SELECT count(*) FILTER (WHERE s IS NOT NULL) FROM (SELECT clusterseg.dbscan(ARRAY[x + 1000003, y], 1, 5) OVER () AS s FROM grid) g;

-- what cannot be
\pset format unaligned
\pset tuples_only on
SELECT raises($$SELECT clusterseg.train('x', 'iris', 'flower', '{petal_width}', algorithm => 'dbscan', options => '{"eps": 0}')$$);
SELECT raises($$SELECT clusterseg.train('x', 'iris', 'flower', '{petal_width}', algorithm => 'dbscan', options => '{"eps": -1}')$$);
SELECT raises($$SELECT clusterseg.train('x', 'iris', 'flower', '{petal_width}', algorithm => 'dbscan', options => '{"eps": "NaN"}')$$);
SELECT raises($$SELECT clusterseg.train('x', 'iris', 'flower', '{petal_width}', algorithm => 'dbscan', options => '{"eps": 1e999}')$$);
SELECT raises($$SELECT clusterseg.train('x', 'iris', 'flower', '{petal_width}', algorithm => 'dbscan', options => '{"min_points": 0}')$$);
SELECT raises($$SELECT clusterseg.train('x', 'iris', 'flower', '{petal_width}', algorithm => 'dbscan', options => '{"metric": "gower"}')$$);
SELECT raises($$SELECT clusterseg.train('x', 'iris', 'flower', '{petal_width}', algorithm => 'dbscan', options => '{"min_points": 151}')$$);
SELECT raises($$SELECT clusterseg.train('x', 'iris', 'flower', '{petal_width,petal_length}', algorithm => 'dbscan', options => '{"eps": 0.001, "min_points": 10}')$$);
SELECT raises($$SELECT clusterseg.train('x', 'SELECT i, i * 1e30 AS x FROM generate_series(1, 100) i', 'i', '{x}', algorithm => 'dbscan', scale => 'none')$$);
SELECT raises($$SELECT * FROM clusterseg.suggest_eps('iris', 'flower', '{petal_width}', 0)$$);
SELECT raises($$SELECT * FROM clusterseg.suggest_eps('iris', 'flower', '{petal_width}', NULL)$$);
SELECT raises($$SELECT * FROM clusterseg.suggest_eps('iris', 'flower', '{petal_width}', 151)$$);
SELECT raises($$SELECT * FROM clusterseg.suggest_eps('iris', 'flower', '{petal}')$$);
SELECT raises($$SELECT * FROM clusterseg.suggest_eps('iris', 'flower', '{petal_width}', scale => 'none', transforms => '{"petal": "log"}')$$);
