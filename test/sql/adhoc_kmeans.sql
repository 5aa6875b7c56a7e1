-- kmeans() and its like as window functions.
--
-- Labels of iris are those of scikit-learn 1.9.1: KMeans(3, init=X[[0, 50, 100]], n_init=1, tol=0) on the raw values and
-- on those of StandardScaler, MinMaxScaler and (x - median) / (iqr / 1.349); the spherical ones by the plain loop in NumPy on rows of length 1.
\set ECHO none
\i test/data/iris.sql
\i test/data/raises.sql
\set ECHO all
CREATE TABLE reference (algorithm text, scale text, labels text);
INSERT INTO reference VALUES
	('kmeans', 'none', '000000000000000000000000000000000000000000000000001121111111111111111111111112111111111111111111111121222212222221122221212122112222212222122212221221'),
	('kmeans', 'zscore', '000000000000000000000000000000000000000000000000002221112111111112111121111222111111122111111111111121222212122121122221212122112222211222122212221221'),
	('kmeans', 'minmax', '000000000000000000000000000000000000000000000000002121111111111111111111111112111111111111111111111121222212222221222221212122112222211222122212221221'),
	('kmeans', 'robust', '000000000000000000000000000000000000000001000000002221112121111112111121111222111111122111121111111121222212122121122221212122122222211222222212221222'),
	('spherical_kmeans', 'none', '000000000000000000000000000000000000000000000000001111111111111111211121211111111112211111111111111122222222222222222222222222222222222222222222222222');
CREATE TABLE given AS SELECT scale, jsonb_build_object('scale', scale, 'init', 'given', 'tolerance', 0, 'max_iterations', 1000, 'start',
	(SELECT jsonb_agg(ARRAY[sepal_length, sepal_width, petal_length, petal_width] ORDER BY flower) FROM iris WHERE flower IN (1, 51, 101))) AS options
	FROM reference WHERE algorithm = 'kmeans';

-- each of our ids is one of their labels: 3 pairs, and the ids are in the order of the sizes
CREATE TABLE ours AS
	SELECT 'kmeans' AS algorithm, scale, flower,
		clusterseg.kmeans(ARRAY[sepal_length, sepal_width, petal_length, petal_width], 3, options) OVER (PARTITION BY scale) AS id FROM iris, given
	UNION ALL
	SELECT 'spherical_kmeans', scale, flower,
		clusterseg.spherical_kmeans(ARRAY[sepal_length, sepal_width, petal_length, petal_width], 3, options) OVER () FROM iris, given WHERE scale = 'none';
SELECT algorithm, scale, id, substr(labels, flower, 1) AS label, count(*) FROM ours JOIN reference USING (algorithm, scale) GROUP BY 1, 2, 3, 4 ORDER BY 1, 2, 3;

-- without a start: some of the ten starts finds the best sum of squares, 78.85144 (scikit-learn, n_init=100)
WITH f AS (SELECT flower, ARRAY[sepal_length, sepal_width, petal_length, petal_width] AS x,
		clusterseg.kmeans(ARRAY[sepal_length, sepal_width, petal_length, petal_width], 3, '{"restarts": 10, "tolerance": 0}') OVER () AS id FROM iris),
	c AS (SELECT id, i, avg(x[i]) AS m FROM f, generate_series(1, 4) i GROUP BY id, i)
	SELECT round(sum((x[i] - m) ^ 2)::numeric, 5) AS inertia FROM f JOIN c USING (id);

-- ---- well separated groups: every algorithm finds them, whatever the order of the rows ----
CREATE TABLE groups AS SELECT n, n % 5 AS truth, ARRAY[(n % 5) * 10 + sin(n), (n % 5) * (n % 5) + cos(n)] AS f FROM generate_series(1, 1000) n WHERE n % 5 > 0 OR n % 2 = 0;
CREATE TABLE shuffled AS SELECT * FROM groups ORDER BY md5(n::text);
SELECT g.truth, g.kmeans, g.minibatch, g.bisecting, count(*) FROM
	(SELECT n, truth, clusterseg.kmeans(f, 5) OVER () AS kmeans, clusterseg.minibatch_kmeans(f, 5) OVER () AS minibatch,
		clusterseg.bisecting_kmeans(f, 5) OVER () AS bisecting FROM groups) g
	GROUP BY 1, 2, 3, 4 ORDER BY 1;
-- (the group of 100 rows is the last; those of 200 are numbered by their centres; not one row differs in another order)
SELECT count(*) FROM
	(SELECT n, clusterseg.kmeans(f, 5) OVER () AS a, clusterseg.minibatch_kmeans(f, 5) OVER () AS b, clusterseg.bisecting_kmeans(f, 5) OVER () AS c,
		clusterseg.spherical_kmeans(f, 5) OVER () AS d FROM groups) g
	JOIN (SELECT n, clusterseg.kmeans(f, 5) OVER (ORDER BY n DESC ROWS 3 PRECEDING) AS a, clusterseg.minibatch_kmeans(f, 5) OVER () AS b, clusterseg.bisecting_kmeans(f, 5) OVER () AS c,
		clusterseg.spherical_kmeans(f, 5) OVER () AS d FROM shuffled) s USING (n)
	WHERE (g.a, g.b, g.c, g.d) IS DISTINCT FROM (s.a, s.b, s.c, s.d);

-- the seed decides: another one may give another result, the same one the same
SELECT count(*) FILTER (WHERE a <> b) AS same_seed, count(*) FILTER (WHERE a <> c) > 0 AS other_seed FROM
	(SELECT clusterseg.kmeans(f, 40, '{"seed": 7}') OVER () AS a, clusterseg.kmeans(f, 40, '{"seed": 7}') OVER () AS b, clusterseg.kmeans(f, 40, '{"seed": 8}') OVER () AS c FROM groups) g;

-- a row that is there twice counts twice: the middle of 0, 0, 0, 4 | 100 is 1, that of 0, 4 is 2
SELECT DISTINCT v, clusterseg.kmeans(ARRAY[v], 2, '{"tolerance": 0}') OVER () FROM unnest(ARRAY[0, 0, 0, 4, 100, 100]) v ORDER BY v;

-- ---- partitions are by themselves ----
SELECT p.part, count(*), count(*) FILTER (WHERE p.id <> o.id) AS differ FROM
	(SELECT n, n % 3 AS part, clusterseg.kmeans(f, 5) OVER (PARTITION BY n % 3) AS id FROM groups) p
	JOIN (SELECT n, clusterseg.kmeans(f, 5) OVER () AS id FROM groups WHERE n % 3 = 1) o USING (n)
	GROUP BY 1;
SELECT part, count(DISTINCT id) FROM (SELECT n % 3 AS part, clusterseg.kmeans(f, 2 + (n % 3)) OVER (PARTITION BY n % 3) AS id FROM groups) p GROUP BY 1 ORDER BY 1;

-- fewer different rows than k: each is a segment of its own, and that is said once
SELECT g, v, clusterseg.kmeans(ARRAY[v, v], 3) OVER (PARTITION BY g) FROM
	(VALUES ('a', 1), ('a', 1), ('a', 2), ('b', 5), ('c', 1), ('c', 2), ('c', 3), ('c', 3)) v (g, v) ORDER BY g, v;
SELECT v, clusterseg.bisecting_kmeans(ARRAY[v], 9) OVER () AS b, clusterseg.minibatch_kmeans(ARRAY[v], 9) OVER () AS m,
	clusterseg.kmeans(ARRAY[v], 4, '{"init": "given", "start": [[0], [0], [1], [2]]}') OVER () AS g FROM unnest(ARRAY[7, 7, 7, 8, 8]) v ORDER BY v;

-- ---- rows that cannot be clustered have no id, and no influence ----
SELECT n, clusterseg.kmeans(f, 2) OVER () FROM (VALUES (1, ARRAY[1, 1]::float8[]), (2, NULL), (3, ARRAY[1, NULL]), (4, ARRAY['NaN', 1]::float8[]),
	(5, ARRAY['Infinity', 1]::float8[]), (6, ARRAY[1, '-Infinity']::float8[]), (7, ARRAY[9, 9]), (8, ARRAY[9, 8])) v (n, f) ORDER BY n;
SELECT n, clusterseg.spherical_kmeans(f, 2) OVER () FROM (VALUES (1, ARRAY[1, 0]), (2, ARRAY[0, 0]), (3, ARRAY[0, 5]), (4, ARRAY[100, 1])) v (n, f) ORDER BY n;
SELECT clusterseg.kmeans(NULL::float8[], 3) OVER () FROM generate_series(1, 2);
SELECT clusterseg.spherical_kmeans(ARRAY[0, 0], 3) OVER () FROM generate_series(1, 2);
SELECT clusterseg.kmeans(f, 3) OVER () FROM groups WHERE false;
SELECT DISTINCT clusterseg.kmeans(f, 1) OVER () FROM groups;

-- ---- every type of number; a NULL element in each ----
SELECT DISTINCT clusterseg.kmeans(ARRAY[v, NULL]::float8[], 2) OVER () AS none, clusterseg.kmeans(ARRAY[v]::float8[], 2) OVER () AS float8,
	clusterseg.kmeans(ARRAY[v]::real[], 2) OVER () AS "real", clusterseg.kmeans(ARRAY[v]::numeric[], 2) OVER () AS "numeric",
	clusterseg.kmeans(ARRAY[v]::bigint[], 2) OVER () AS "bigint", clusterseg.kmeans(ARRAY[v], 2) OVER () AS int,
	clusterseg.kmeans(ARRAY[v, NULL], 2) OVER () AS null_int, clusterseg.kmeans(ARRAY[v, 'NaN'::numeric], 2) OVER () AS nan_numeric
	FROM unnest(ARRAY[1, 2, 2, 50]) v ORDER BY 2;

-- any unit: 1e25 or 1e-25 of it
SELECT count(*) FROM (SELECT clusterseg.kmeans(f, 5) OVER () AS a, clusterseg.kmeans(ARRAY[f[1] * 1e25, f[2] * 1e25], 5) OVER () AS b,
	clusterseg.kmeans(ARRAY[f[1] * 1e-25, f[2] * 1e-25], 5) OVER () AS c FROM groups) g WHERE a <> b OR a <> c;

-- far from zero: seconds since 1970, one apart
SELECT v, clusterseg.kmeans(ARRAY[1.7e9 + v], 2) OVER () FROM unnest(ARRAY[0, 1, 1, 9, 9, 10]) v ORDER BY v;

-- 1600 features, which a TOAST table holds
CREATE TABLE wide AS SELECT n, (SELECT array_agg(CASE WHEN i % 4 = n % 4 THEN 10 ELSE 0 END + sin(n * i)) FROM generate_series(1, 1600) i) AS f FROM generate_series(1, 60) n;
SELECT n % 4 AS truth, clusterseg.kmeans(f, 4) OVER () AS id, count(*) OVER () AS rows INTO wide_ids FROM wide;
SELECT count(DISTINCT truth), count(DISTINCT id), count(DISTINCT (truth, id)) FROM wide_ids;

-- ---- more rows than the memory allows: a sample is learned from, every row gets its segment ----
-- (1 MB: half of it for points of 2 * 8 + 24 bytes: 13107 of 40000)
SELECT truth, count(DISTINCT id), min(id) AS id, count(*) FROM
	(SELECT n % 4 AS truth, clusterseg.kmeans(ARRAY[(n % 4) * 100 + sin(n), (n % 2) * 100 + cos(n)], 4, '{"memory": 1}') OVER () AS id FROM generate_series(1, 40000) n) g GROUP BY 1 ORDER BY 1;
-- (few different rows fit, however often they come)
SELECT v, id, count(*) FROM (SELECT v, clusterseg.kmeans(ARRAY[v], 2, '{"memory": 1}') OVER () AS id FROM (SELECT n % 3 AS v FROM generate_series(1, 40000) n) s) g GROUP BY 1, 2 ORDER BY 1;

-- ---- mistakes ----
SELECT raises('SELECT clusterseg.kmeans(f, 0) OVER () FROM groups');
SELECT raises('SELECT clusterseg.kmeans(f, 10001) OVER () FROM groups');
SELECT raises('SELECT clusterseg.kmeans(f, NULL) OVER () FROM groups');
SELECT raises('SELECT clusterseg.kmeans(f, n) OVER () FROM groups');
SELECT raises($$SELECT clusterseg.kmeans(f, 2, jsonb_build_object('seed', n)) OVER () FROM groups$$);
SELECT raises($$SELECT clusterseg.kmeans(f, 2, '{"restart": 2}') OVER () FROM groups$$);
SELECT raises($$SELECT clusterseg.kmeans(f, 2, '{"restarts": 0}') OVER () FROM groups$$);
SELECT raises($$SELECT clusterseg.bisecting_kmeans(f, 2, '{"criterion": "rows"}') OVER () FROM groups$$);
SELECT raises($$SELECT clusterseg.kmeans(f, 2, '{"scale": "big"}') OVER () FROM groups$$);
SELECT raises($$SELECT clusterseg.kmeans(f, 2, '{"seed": 0.5}') OVER () FROM groups$$);
SELECT raises($$SELECT clusterseg.kmeans(f, 2, '{"features": ["a", "b"]}') OVER () FROM groups$$);
SELECT raises($$SELECT clusterseg.kmeans(f, 2, '[1]') OVER () FROM groups$$);
SELECT raises($$SELECT clusterseg.kmeans(f, 2, '{"init": "given", "start": [[1, 2]]}') OVER () FROM groups$$);
SELECT raises($$SELECT clusterseg.kmeans(f, 2, '{"init": "given"}') OVER () FROM groups$$);
SELECT raises('SELECT clusterseg.kmeans(f || CASE WHEN n = 500 THEN ARRAY[1::float8] END, 2) OVER () FROM groups');
SELECT raises('SELECT clusterseg.kmeans(CASE WHEN n = 500 THEN ARRAY[1, NULL, 3]::float8[] ELSE f END, 2) OVER () FROM groups');
SELECT raises($$SELECT clusterseg.kmeans('{}'::float8[], 2) OVER ()$$);
SELECT raises('SELECT clusterseg.kmeans(ARRAY[[1, 2], [3, 4]], 2) OVER ()');
SELECT raises('SELECT clusterseg.kmeans(ARRAY[1e31], 2) OVER ()');
SELECT raises('SELECT clusterseg.kmeans(f, 2) FROM groups');
