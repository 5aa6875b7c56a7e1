-- Transforms: fitted at training, kept in the model, replayed at assignment.
--
-- How a point is seen: with as many segments as there are different rows, every centre is one row, and
-- clusterseg.centroids.scaled holds its coordinates.  They are held against the formulas in plain SQL.
\set ECHO none
\i test/data/raises.sql
SET client_min_messages = warning;
\set ECHO all

CREATE TABLE f AS SELECT i AS id, (ARRAY[3, 1, 4, 1, 5, 9, 2, 6, 5, 3])[i]::float8 AS x FROM generate_series(1, 10) i;

-- Coordinates of all rows of a source that has so many different points.
CREATE FUNCTION points(source text, features text[], different int, transforms jsonb, scale text DEFAULT 'none')
	RETURNS TABLE (id int, coordinate text, scaled float8) LANGUAGE plpgsql AS $$
BEGIN
	PERFORM clusterseg.drop_model(model) FROM clusterseg.models WHERE model = 'm';
	PERFORM clusterseg.train('m', source, 'id', features, k => different, transforms => transforms, scale => scale);
	RETURN QUERY EXECUTE 'SELECT m.id, c.feature, c.scaled FROM m_members m JOIN clusterseg.centroids c USING (segment_id) WHERE c.model = ''m''';
END
$$;

-- Are the coordinates those of an expression?  Without a scale they are moved to mean 0, which distances do not notice.
CREATE FUNCTION agrees(transforms jsonb, scale text, expression text, different int DEFAULT 7, source text DEFAULT 'SELECT * FROM f')
	RETURNS TABLE (rows bigint, agrees boolean) LANGUAGE plpgsql AS $$
BEGIN
	RETURN QUERY EXECUTE format('SELECT count(*), bool_and(abs(p.scaled - e.e) < 1e-5)
		FROM points(%L, ''{x}'', %s, %L, %L) p JOIN (SELECT id, %s AS e FROM (SELECT id, %s AS t FROM (%s) s) t) e USING (id)',
		source, different, transforms, scale, CASE WHEN scale = 'none' THEN 't - avg(t) OVER ()' ELSE 't' END, expression, source);
END
$$;

-- ---- scales ----
SELECT * FROM agrees('{}', 'zscore', '(x - avg(x) OVER ()) / stddev_pop(x) OVER ()');
SELECT * FROM agrees('{}', 'minmax', '(x - 1) / (9 - 1)');
-- median 3.5, quartiles 2.25 and 5
SELECT * FROM agrees('{}', 'robust', '(x - 3.5) / ((5 - 2.25) / 1.349)');
SELECT * FROM agrees('{}', 'none', 'x');
-- a feature's own scale before that of the argument; as an object, a word, or for all that have no entry
SELECT * FROM agrees('{"x": {"scale": "minmax"}}', 'zscore', '(x - 1) / 8');
SELECT * FROM agrees('{"x": "minmax"}', 'zscore', '(x - 1) / 8');
SELECT * FROM agrees('{"*": ["minmax"]}', 'zscore', '(x - 1) / 8');
SELECT * FROM agrees('{"x": {"scale": "default"}, "*": "robust"}', 'minmax', '(x - 1) / 8');
-- the part in squared distances: a weight of 4 doubles the coordinate
SELECT * FROM agrees('{"x": {"weight": 4}}', 'minmax', '2 * (x - 1) / 8');
-- far from zero: digits are kept
SELECT * FROM agrees('{}', 'none', 'x', source => 'SELECT id, x + 1e9 AS x FROM f');

-- ---- winsor, log, quantile: in this order, whatever the order in JSON ----
-- quantiles 0.1 and 0.9 are 1 and 6.3
SELECT * FROM agrees('{"x": {"winsor": [0.1, 0.9]}}', 'none', 'least(greatest(x, 1), 6.3)');
SELECT * FROM agrees('{"x": "log1p"}', 'none', 'ln(1 + x)');
SELECT * FROM agrees('{"x": "signed"}', 'none', 'sign(x) * ln(1 + abs(x))', source => 'SELECT id, x - 4 AS x FROM f');
SELECT * FROM agrees('{"x": {"log": "log1p", "winsor": [0.1, 0.9]}}', 'zscore',
	'(ln(1 + least(x, 6.3)) - avg(ln(1 + least(x, 6.3))) OVER ()) / stddev_pop(ln(1 + least(x, 6.3))) OVER ()');
-- five knots at 1, 2.25, 3.5, 5, 9, linear between them
SELECT * FROM agrees('{"x": {"quantile": 5}}', 'none',
	'CASE WHEN x <= 2.25 THEN (x - 1) / 1.25 WHEN x <= 3.5 THEN 1 + (x - 2.25) / 1.25 WHEN x <= 5 THEN 2 + (x - 3.5) / 1.5 ELSE 3 + (x - 5) / 4 END / 4');
-- equal knots: their middle, but 0 for the least and 1 for the greatest value, as scikit-learn's QuantileTransformer has it.
-- Knots 1 2 2 2 3, then 0 0 0 1.75 4
SELECT * FROM agrees('{"x": {"quantile": 5}}', 'none', '(x - 1) / 2.0', 3, 'SELECT i AS id, CASE i WHEN 1 THEN 1 WHEN 10 THEN 3 ELSE 2 END AS x FROM generate_series(1, 10) i');
SELECT * FROM agrees('{"x": {"quantile": 5}}', 'none', 'CASE WHEN x = 0 THEN 0 WHEN x <= 1.75 THEN 2 + x / 1.75 ELSE 3 + (x - 1.75) / 2.25 END / 4',
	5, 'SELECT i AS id, greatest(i - 6, 0) AS x FROM generate_series(1, 10) i');

-- ---- rows without a value ----
CREATE TABLE g AS SELECT id, CASE id WHEN 3 THEN NULL WHEN 6 THEN 'NaN' WHEN 8 THEN '-Infinity' ELSE x END AS x FROM f;
-- left out, and counted; NaN and infinity are no values
SELECT rows, skipped FROM clusterseg.train('left_out', 'g', 'id', '{x}', k => 2);
SELECT count(*), count(*) FILTER (WHERE id IN (3, 6, 8)) AS left_out FROM left_out_members;
SELECT metrics->>'skipped' FROM clusterseg.versions WHERE model = 'left_out';
-- what is there: 3 1 1 5 2 5 3, mean 20/7, median 3
SELECT * FROM agrees('{"x": {"impute": "mean"}}', 'none', 'CASE WHEN id IN (3, 6, 8) THEN 20 / 7.0 ELSE x END', 5, 'SELECT * FROM g');
SELECT * FROM agrees('{"x": "median"}', 'none', 'CASE WHEN id IN (3, 6, 8) THEN 3 ELSE x END', 4, 'SELECT * FROM g');
SELECT * FROM agrees('{"x": {"impute": "constant", "value": -2}}', 'none', 'CASE WHEN id IN (3, 6, 8) THEN -2 ELSE x END', 5, 'SELECT * FROM g');
SELECT * FROM agrees('{"x": {"impute": "constant"}}', 'minmax', 'CASE WHEN id IN (3, 6, 8) THEN 0 ELSE x END / 5', 5, 'SELECT * FROM g');
-- imputed rows are part of the mean and deviation that a scale is made of
SELECT * FROM agrees('{"x": {"impute": "median"}}', 'zscore', '(v - avg(v) OVER ()) / stddev_pop(v) OVER ()', 4,
	'SELECT id, x, CASE WHEN id IN (3, 6, 8) THEN 3 ELSE x END AS v FROM g');
-- an indicator: the median, and a coordinate that is sqrt(weight) where nothing was known
SELECT id, coordinate, round(scaled::numeric, 4) AS scaled FROM points('SELECT * FROM g WHERE id IN (1, 3, 4, 5)', '{x}', 4, '{"x": {"impute": "indicator", "weight": 4}}')
	ORDER BY id, coordinate;
-- a policy for each feature: a is imputed, b is not
SELECT rows, skipped FROM clusterseg.train('each', 'SELECT id, x AS a, CASE WHEN id <> 1 THEN id END AS b FROM g', 'id', '{a,b}', k => 2, transforms => '{"a": "mean"}');
SELECT feature, transforms, n, missing FROM clusterseg.model_features(clusterseg.model_value('each'));

-- ---- categories ----
CREATE TABLE h AS SELECT i AS id, (ARRAY['b', 'a', 'c', 'b', 'd', NULL, 'b', 'a'])[i] AS c FROM generate_series(1, 8) i;
SELECT rows, skipped FROM clusterseg.train('letters', 'h', 'id', '{c}', k => 2);
-- one coordinate per level, most frequent first; a row without a value is left out
SELECT string_agg(format('%s %s', coordinate, scaled), ', ' ORDER BY coordinate) FILTER (WHERE scaled <> 0) AS point, count(*), id FROM points('h', '{c}', 4, '{}') GROUP BY id ORDER BY id;
-- two levels of their own, one for the others, one for those without
SELECT string_agg(format('%s %s', coordinate, round(scaled::numeric, 4)), ', ' ORDER BY coordinate) FILTER (WHERE scaled <> 0) AS point, id
	FROM points('h', '{c}', 4, '{"c": {"max_levels": 2, "impute": "indicator", "weight": 9}}') GROUP BY id ORDER BY id;
-- ties between levels go by name, so that the order of rows does not matter
SELECT DISTINCT coordinate FROM points('SELECT id, c FROM h WHERE c IN (''a'', ''c'', ''d'') ORDER BY c DESC', '{c}', 3, '{"c": {"max_levels": 2}}') ORDER BY 1;
-- levels are what they are: blanks, case, quotes, an empty text, other letters
SELECT DISTINCT coordinate FROM points('SELECT i AS id, (ARRAY[''A'', ''a'', '' a'', '''', ''it''''s "so"'', ''größe'', ''=''])[i % 7 + 1] AS c FROM generate_series(1, 14) i', '{c}', 7, '{}') ORDER BY 1;
-- char(n), enums and domains are categories too
CREATE TYPE mood AS ENUM ('sad', 'ok', 'happy');
CREATE DOMAIN code AS varchar(5);
SELECT DISTINCT coordinate FROM points('SELECT i AS id, (ARRAY[''sad'', ''happy''])[i % 2 + 1]::mood AS e, (''k'' || i % 2)::char(4) AS p, ''z''::code AS d FROM generate_series(1, 4) i',
	'{e,p,d}', 2, '{}') ORDER BY 1;

-- ---- what else is a number ----
-- days since 2000 for times, days for intervals (a month has 30.4375), 0 and 1 for booleans; arrays element by element
SELECT coordinate, min(scaled) AS low, max(scaled) AS high FROM points($$SELECT i AS id, DATE '2024-01-01' + i AS d, TIMESTAMP '2024-01-01 00:00' + i * interval '12 hours' AS t,
	i * interval '1 month 2 days 6 hours' AS iv, i = 1 AS b, i::numeric(5,1) / 2 AS n, i::int2 AS s, (7 * i)::int8 AS l, i::real AS r,
	ARRAY[i, 10 * i]::float8[] AS arr, ARRAY[2 * i] AS ints FROM generate_series(0, 1) i$$, '{d,t,iv,b,n,s,l,r,arr,ints}', 2, '{}') GROUP BY coordinate ORDER BY 1;

-- ---- replayed at assignment ----
-- bounds, logs, knots and fills of training, not of the rows at hand
SELECT count(*) FROM points('f', '{x}', 7, '{"x": {"winsor": [0.1, 0.9], "log": "log1p", "impute": "median"}}');
CREATE TABLE later (who text, x float8);
INSERT INTO later VALUES ('as row 1', 3), ('beyond: as row 6', 1000), ('below: as row 2', -50), ('unknown: median 3.5', NULL), ('no number: median 3.5', 'NaN');
SELECT who, segment_id = (SELECT segment_id FROM m_members WHERE id = CASE who WHEN 'as row 1' THEN 1 WHEN 'beyond: as row 6' THEN 6 WHEN 'below: as row 2' THEN 2 ELSE 3 END) AS segment,
	round(distance::numeric, 4) AS distance FROM later, clusterseg.assign('m', later) ORDER BY 1;
-- ln 4.5 lies between ln 4 (row 1) and ln 5 (row 3): nearer to the latter
SELECT round(least(ln(4.5) - ln(4.0), ln(5) - ln(4.5))::numeric, 4) AS distance;
-- outside the domain of a logarithm, and without a value where none is imputed: not assignable
SELECT count(*) FROM points('f', '{x}', 7, '{"x": "log1p"}');
SELECT x, clusterseg.segment('m', v) IS NULL AS not_assignable, (clusterseg.assign('m', v)).reason
	FROM (VALUES (-1::float8), (-0.5), (NULL), ('Infinity'), (1e300)) v (x);
-- categories never seen in training: nothing where all levels were listed, the others where there are others
SELECT count(*) FROM points('SELECT * FROM h WHERE c IS NOT NULL', '{c}', 4, '{}');
SELECT c, round(distance::numeric, 4) AS distance FROM (VALUES ('a'), ('never seen'), ('A'), (NULL)) v (c), clusterseg.assign('m', v) ORDER BY 1;
SELECT count(*) FROM points('h', '{c}', 4, '{"c": {"max_levels": 2, "impute": "indicator"}}');
SELECT c, round(distance::numeric, 4) AS distance, segment_id = (SELECT segment_id FROM m_members WHERE id = CASE c WHEN 'a' THEN 2 WHEN 'never seen' THEN 3 ELSE 6 END) AS segment
	FROM (VALUES ('a'), ('never seen'), (NULL)) v (c), clusterseg.assign('m', v) ORDER BY 1;
-- by value, after a way through text: the same
SELECT bool_and(clusterseg.segment('m', h) = clusterseg.segment(clusterseg.model_value('m')::text::clusterseg.model, h)) AS same FROM h;
-- every training row goes where its member is
SELECT count(*) AS moved FROM h JOIN m_members USING (id) WHERE clusterseg.segment('m', h) <> segment_id;

-- ---- results are in original units ----
-- the segments 1 3 5 and 9 of logs: their values are the values, their means those of the rows
SELECT count(*) FROM points('SELECT * FROM f WHERE x IN (1, 3, 5, 9)', '{x}', 4, '{"x": "log1p"}', 'zscore');
SELECT round(value::numeric, 4) AS value FROM clusterseg.centroids WHERE model = 'm' ORDER BY 1;
SELECT round(mean::numeric, 4) AS mean FROM clusterseg.segment_profiles WHERE model = 'm' ORDER BY 1;

-- ---- what cannot be ----
\pset format unaligned
\pset tuples_only on
CREATE FUNCTION fails(transforms jsonb, features text[] DEFAULT '{x}', source text DEFAULT 'f') RETURNS text LANGUAGE sql AS $$
	SELECT raises(format('SELECT clusterseg.train(''bad'', %L, ''id'', %L, k => 2, transforms => %L)', source, features, transforms))
$$;
SELECT fails('{"y": "log1p"}');
SELECT fails('{"x": {"logg": "log1p"}}');
SELECT fails('{"x": {"log": "log2"}}');
SELECT fails('{"x": {"log": 1}}');
SELECT fails('{"x": "log2"}');
SELECT fails('{"x": "none"}');
SELECT fails('{"x": 7}');
SELECT fails('{"x": ["log1p", 7]}');
SELECT fails('[1]');
SELECT fails('{"x": {"winsor": [0.9, 0.1]}}');
SELECT fails('{"x": {"winsor": [-1, 2]}}');
SELECT fails('{"x": {"winsor": 0.1}}');
SELECT fails('{"x": {"quantile": 300}}');
SELECT fails('{"x": {"quantile": 2.5}}');
SELECT fails('{"x": {"weight": -1}}');
SELECT fails('{"x": {"value": 1}}');
SELECT fails('{"x": {"max_levels": 5}}');
SELECT fails('{"*": {"max_levels": 5}}');
SELECT fails('{"c": "log1p"}', '{c}', 'h');
SELECT fails('{"c": {"max_levels": 0}}', '{c}', 'h');
SELECT fails('{"c": "median"}', '{c}', 'h');
SELECT fails('{"x": "log1p"}', source => 'SELECT id, x - 3 AS x FROM f');
SELECT fails('{"x": "median"}', source => 'SELECT id, NULL::float8 AS x FROM f');
SELECT fails('{}', source => 'SELECT id, NULL::float8 AS x FROM f');
