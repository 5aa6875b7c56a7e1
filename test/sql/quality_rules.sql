-- segment_rules(), segment_case(): trees of rules.
--
-- Reference values on iris, k-means of three, unscaled: NumPy from the definitions of IMM and of its costs; the tree is
-- petal length <= 1.9, then <= 5.1, with 0 and 4 mistakes, and costs 81.731428 where k-means costs 78.851441.
\set ECHO none
\i test/data/raises.sql
\i test/data/iris.sql
SET client_min_messages = warning;
\set ECHO all
SET search_path = public, clusterseg;
\set measures '{sepal_length,sepal_width,petal_length,petal_width}'
SELECT k FROM train('flowers', 'iris', 'flower', :'measures', k => 3, scale => 'none', options => '{"restarts": 50, "tolerance": 0}');
SELECT leaf, segment_id, segment, rule, sql, customers, round(agreement::numeric, 4) AS agreement, round(share::numeric, 4) AS share,
	round(fidelity * 150) AS same, round(price::numeric, 6) AS price, method FROM segment_rules('flowers');
SELECT segment_case('flowers');
SELECT segment_case('flowers', labels => true);

-- what CASE gives in plain SQL is what was told: customers, agreement, price
CREATE FUNCTION by_case(name text, source text, leaves int DEFAULT NULL, method text DEFAULT 'auto')
	RETURNS TABLE (key text, segment_id int) LANGUAGE plpgsql AS $$
BEGIN
	RETURN QUERY EXECUTE format('SELECT %I::text, %s FROM (%s) q', (SELECT m.key FROM models m WHERE m.model = by_case.name),
		segment_case(name, leaves, method), source);
END
$$;
CREATE FUNCTION agrees(name text, source text, leaves int DEFAULT NULL, method text DEFAULT 'auto')
	RETURNS TABLE (grown bigint, same_fidelity boolean, same_sizes boolean) LANGUAGE plpgsql AS $$
BEGIN
	RETURN QUERY EXECUTE format('
		WITH told AS MATERIALIZED (SELECT * FROM segment_rules(%1$L, %3$L, %4$L)),
		found AS MATERIALIZED (SELECT c.segment_id, c.segment_id IS NOT DISTINCT FROM segment(%1$L, q) AS same
			FROM by_case(%1$L, %2$L, %3$L, %4$L) c JOIN (%2$s) q ON (q.%5$I)::text = c.key WHERE segment(%1$L, q) IS NOT NULL)
		SELECT (SELECT count(*) FROM told), (SELECT abs(avg(same::int) - (SELECT max(fidelity) FROM told)) < 1e-9 FROM found),
			(SELECT every(t.n = f.n) FROM (SELECT segment_id, sum(customers) n FROM told GROUP BY 1) t LEFT JOIN (SELECT segment_id, count(*) n FROM found GROUP BY 1) f
				ON t.segment_id IS NOT DISTINCT FROM f.segment_id)',
		name, source, leaves, method, (SELECT m.key FROM models m WHERE m.model = agrees.name));
END
$$;
-- by the means of the leaves: 81.731428
WITH m AS (SELECT c.segment_id, sepal_length a, sepal_width b, petal_length c, petal_width d FROM iris i JOIN by_case('flowers', 'SELECT * FROM iris') c ON c.key = i.flower::text)
SELECT count(*) AS segments, round(sum(v)::numeric, 6) AS cost FROM (SELECT segment_id, count(*) * (var_pop(a) + var_pop(b) + var_pop(c) + var_pop(d)) AS v FROM m GROUP BY 1) s;
SELECT x.l AS asked, a.*, round(fidelity * 150) AS same, round(price::numeric, 4) AS price FROM (VALUES (3), (4), (5), (6), (8)) x(l),
	agrees('flowers', 'SELECT * FROM iris', x.l) a, LATERAL (SELECT DISTINCT fidelity, price FROM segment_rules('flowers', x.l)) p;
SELECT a.*, round(fidelity * 150) AS same FROM agrees('flowers', 'SELECT * FROM iris', 4, 'tree') a, LATERAL (SELECT DISTINCT fidelity FROM segment_rules('flowers', 4, 'tree')) p;

-- ---- columns of every type, missing values, names that need quotes ----
CREATE TABLE odd AS SELECT flower AS "the key", sepal_length::real AS "Sepal length", (10 * sepal_width)::int AS width,
	CASE WHEN flower % 7 > 0 THEN petal_length::numeric END AS petal, CASE WHEN flower % 5 > 0 THEN CASE WHEN flower % 50 < 2 THEN 'rare' || flower ELSE replace(species, 'a', '''') END END AS kind,
	petal_width > 1.2 AS wide, DATE '2024-02-28' + flower % 50 AS day, TIMESTAMPTZ '2024-02-28 12:34:56.789+00' + flower * interval '1 hour' AS at,
	make_interval(months => flower % 3, days => flower) AS ago, ARRAY[petal_length, sepal_width] AS both, petal_width * 1.23456789 AS note
	FROM iris;
SELECT k FROM train('odd', 'odd', 'the key', '{Sepal length,width,petal,kind,wide,day,at,ago,both}', k => 5, transforms => '{"petal": {"impute": "indicator", "log": "log1p"}, "kind": {"impute": "indicator", "max_levels": 3}}', algorithm => 'kmeans', options => '{"restarts": 5}');
SELECT rule, sql FROM segment_rules('odd', 12);
SELECT rule, sql FROM segment_rules('odd', 12, 'tree');
SELECT x.m, l, a.same_fidelity, a.same_sizes FROM (VALUES ('imm'), ('tree')) x(m), unnest('{5,9,20}'::int[]) l, agrees('odd', 'SELECT * FROM odd', l, x.m) a;
-- days and times of their own
SELECT k FROM train('days', 'odd', 'the key', '{day,at,ago,wide,note}', k => 4);
SELECT rule, sql FROM segment_rules('days', 8);
SELECT a.* FROM unnest('{imm,tree}'::text[]) m, agrees('days', 'SELECT * FROM odd', 8, m) a;

-- ---- every algorithm ----
CREATE VIEW measures AS SELECT flower, sepal_length, sepal_width, petal_length, petal_width FROM iris;
SELECT a.algorithm, (SELECT t.k FROM train('each_' || a.algorithm, 'measures', 'flower', algorithm => a.algorithm, k => CASE WHEN needs THEN 3 END) t) > 0 AS trained
	FROM (SELECT DISTINCT algorithm, algorithm <> 'rfm' AND algorithm NOT LIKE '%dbscan' AS needs FROM algorithms) a
	WHERE algorithm IN ('kmeans', 'minibatch_kmeans', 'bisecting_kmeans', 'spherical_kmeans', 'gmm', 'hierarchical') ORDER BY 1;
SELECT m.model, max(r.method) AS method, count(*) AS leaves, round(max(fidelity) * 150) AS same, max(price) BETWEEN 0.95 AND 1.2 AS price
	FROM models m, segment_rules(m.model) r WHERE m.model LIKE 'each%' GROUP BY 1 ORDER BY 1;
SELECT m.model, a.* FROM models m, agrees(m.model, 'SELECT * FROM measures') a WHERE m.model LIKE 'each%' ORDER BY 1;
SELECT k > 2 AS boxes FROM train('boxes', 'SELECT flower, flower AS recency, flower % 7 AS frequency, flower * 3 % 11 AS monetary FROM iris', 'flower',
	'{recency,frequency,monetary}', algorithm => 'rfm');
SELECT DISTINCT method, price IS NULL AS no_price, fidelity > 0.8 AS good FROM segment_rules('boxes', 40);

-- density: noise is a class of its own
SELECT k FROM train('dense', 'measures', 'flower', algorithm => 'dbscan', options => '{"eps": 0.6, "min_points": 5}');
SELECT bool_or(segment_id IS NULL AND segment IS NULL AND customers > 0) AS noise, max(method) AS method, max(price) IS NULL AS no_price, max(fidelity) > 0.9 AS good FROM segment_rules('dense', 8);
SELECT segment_case('dense', 8) LIKE '%THEN NULL%' AS noise_in_case;
WITH told AS (SELECT sum(customers) FILTER (WHERE segment_id IS NULL) AS noise, max(fidelity) AS fidelity FROM segment_rules('dense', 8)),
	found AS (SELECT count(*) FILTER (WHERE c.segment_id IS NULL) AS noise, avg((c.segment_id IS NOT DISTINCT FROM segment('dense', m))::int) AS fidelity
		FROM measures m JOIN by_case('dense', 'SELECT * FROM measures', 8) c ON c.key = m.flower::text)
SELECT told.noise = found.noise AS noise, abs(told.fidelity - found.fidelity) < 1e-9 AS fidelity FROM told, found;

-- ---- other rows, order of rows, versions, samples ----
CREATE TABLE backwards AS SELECT * FROM iris ORDER BY flower DESC;
SELECT count(*) AS leaves, bool_and(a.sql = b.sql AND a.price = b.price) AS same FROM segment_rules('flowers', 6) a JOIN segment_rules('flowers', 6, source => 'backwards') b USING (leaf);
SELECT rule, customers FROM segment_rules('flowers', source => 'SELECT * FROM iris WHERE petal_length > 3', version => 1);
CREATE TABLE crowd AS SELECT i AS flower, sepal_length, sepal_width, petal_length, petal_width FROM iris f, generate_series(1, 30000) i WHERE f.flower = i % 150 + 1;
SET maintenance_work_mem = '1MB';
SELECT rule, customers, round(fidelity::numeric, 4) AS fidelity, abs(price - 1.036524) < 0.02 AS price FROM segment_rules('flowers', source => 'crowd');
RESET maintenance_work_mem;

-- ---- bad input ----
SELECT raises($$SELECT segment_rules('nobody')$$);
SELECT raises($$SELECT segment_rules('flowers', 0)$$);
SELECT raises($$SELECT segment_rules('flowers', 1001)$$);
SELECT raises($$SELECT segment_rules('flowers', method => 'guess')$$);
SELECT raises($$SELECT segment_rules('flowers', method => NULL)$$);
SELECT raises($$SELECT segment_rules('each_spherical_kmeans', method => 'imm')$$);
SELECT raises($$SELECT segment_rules('boxes', method => 'imm')$$);
SELECT raises($$SELECT segment_rules('flowers', version => 7)$$);
SELECT raises($$SELECT segment_rules('flowers', source => 'SELECT flower, sepal_length FROM iris')$$);
SELECT raises($$SELECT segment_rules('flowers', source => 'SELECT * FROM iris WHERE false')$$);
SELECT raises($$SELECT segment_case('flowers', source => 'DELETE FROM iris')$$);
-- one segment, one row
SELECT k FROM train('one', 'iris', 'flower', :'measures', k => 1);
SELECT rule, sql, customers, fidelity, price FROM segment_rules('one');
SELECT segment_case('one');
