-- silhouette(), simplified_silhouette(), davies_bouldin(), calinski_harabasz() of labelled points.
--
-- Values of iris: scikit-learn 1.9.1 (silhouette_score, davies_bouldin_score, calinski_harabasz_score), the
-- simplified silhouette by its formula in NumPy 2.4.6.  Small cases are worked out by hand where they stand.
\set ECHO none
\i test/data/raises.sql
\i test/data/iris.sql
\set ECHO all
SET search_path = public, clusterseg;

CREATE VIEW flowers AS SELECT flower, ARRAY[sepal_length, sepal_width, petal_length, petal_width] AS x,
	dense_rank() OVER (ORDER BY species)::int AS label
	FROM iris;
SELECT abs(silhouette(x, label) - 0.503477440693296) < 1e-12 AS silhouette,
	abs(simplified_silhouette(x, label) - 0.6136993833046466) < 1e-12 AS simplified_silhouette,
	abs(davies_bouldin(x, label) - 0.7513707094756737) < 1e-12 AS davies_bouldin,
	abs(calinski_harabasz(x, label) - 487.33087637489984) < 1e-9 AS calinski_harabasz
	FROM flowers;

-- By hand: clusters 0, 1 and 4, 5.  Silhouettes: (4.5 - 1) / 4.5 twice, (3.5 - 1) / 3.5 twice; simplified:
-- (4.5 - 0.5) / 4.5 and (3.5 - 0.5) / 3.5; widths 0.5, means 4 apart: 1 / 4; between 2 * 4 + 2 * 4, within
-- 4 * 0.25: 16 / (1 / 2).
CREATE FUNCTION all_four(points text) RETURNS TABLE (silhouette numeric, simplified numeric, db numeric, ch numeric) LANGUAGE plpgsql AS $$
BEGIN
	RETURN QUERY EXECUTE 'SELECT round(silhouette(x, l)::numeric, 9), round(simplified_silhouette(x, l)::numeric, 9),
		round(davies_bouldin(x, l)::numeric, 9), round(calinski_harabasz(x, l)::numeric, 9) FROM (' || points || ') p (x, l)';
END
$$;
SELECT * FROM all_four($$VALUES ('{0}'::float8[], 1), ('{1}', 1), ('{4}', 2), ('{5}', 2)$$);
SELECT round((3.5 / 4.5 + 2.5 / 3.5) / 2, 9) AS silhouette, round((4 / 4.5 + 3 / 3.5) / 2, 9) AS simplified;
-- labels are names: any integers
SELECT * FROM all_four($$VALUES ('{0}'::float8[], 2147483647), ('{1}', 2147483647), ('{4}', -2147483648), ('{5}', -2147483648)$$);
-- a row without label or without features is not counted
SELECT * FROM all_four($$VALUES ('{0}'::float8[], 1), ('{1}', 1), ('{4}', 2), ('{5}', 2), ('{2}', NULL), (NULL, 1), (NULL, NULL)$$);
-- FILTER and DISTINCT work as for any aggregate
SELECT round(silhouette(x, l) FILTER (WHERE l < 3)::numeric, 9) AS filtered, round(silhouette(DISTINCT x, l) FILTER (WHERE l < 3)::numeric, 9) AS distinct
	FROM (VALUES ('{0}'::float8[], 1), ('{1}', 1), ('{4}', 2), ('{5}', 2), ('{5}', 2), ('{5}', 3)) p (x, l);
-- real[], int[] and numeric[] become float8[]
SELECT round(silhouette(x, l)::numeric, 9) AS of_real FROM (VALUES ('{0}'::real[], 1), ('{1}', 1), ('{4}', 2), ('{5}', 2)) p (x, l);
SELECT round(silhouette(ARRAY[x], l)::numeric, 9) AS of_int FROM (VALUES (0, 1), (1, 1), (4, 2), (5, 2)) p (x, l);
SELECT round(silhouette(ARRAY[x], l)::numeric, 9) AS of_numeric FROM (VALUES (0.0, 1), (1.0, 1), (4.0, 2), (5.0, 2)) p (x, l);

-- a cluster of one: its row scores 0 (scikit-learn: 0.516666667, 0.111111111, 27); in the simplified one 1
SELECT * FROM all_four($$VALUES ('{0}'::float8[], 1), ('{1}', 1), ('{5}', 2)$$);
SELECT round(((5 - 1) / 5.0 + (4 - 1) / 4.0 + 0) / 3, 9) AS silhouette, round(((5 - 0.5) / 5 + (4 - 0.5) / 4 + 1) / 3, 9) AS simplified;
-- all rows in one place: 0, 0, 1 as scikit-learn has it
SELECT * FROM all_four($$SELECT '{1,1}'::float8[], i % 2 FROM generate_series(1, 6) i$$);
-- no meaning: one cluster, every row its own cluster, no rows, none that counts
SELECT * FROM all_four($$VALUES ('{0}'::float8[], 1), ('{1}', 1)$$);
SELECT * FROM all_four($$VALUES ('{0}'::float8[], 1), ('{1}', 2)$$);
SELECT * FROM all_four($$SELECT '{1}'::float8[], 1 WHERE false$$);
SELECT * FROM all_four($$VALUES (NULL::float8[], 1), ('{1}', NULL)$$);

-- where the points lie and in which unit does not matter: far from zero, huge, tiny (all within 1e-6; adding
-- 1e9 rounds the measures of iris to 1e-7 themselves)
SELECT abs(silhouette(ARRAY[x[1] + 1e9, x[2] - 1e9, x[3], x[4]], label) - 0.503477440693296) < 1e-6 AS far,
	abs(silhouette(ARRAY[x[1] * 1e200, x[2] * 1e200, x[3] * 1e200, x[4] * 1e200], label) - 0.503477440693296) < 1e-12 AS huge,
	abs(calinski_harabasz(ARRAY[x[1] * 1e200, x[2] * 1e200, x[3] * 1e200, x[4] * 1e200], label) - 487.33087637489984) < 1e-9 AS huge_ch,
	abs(silhouette(ARRAY[x[1] * 1e-200, x[2] * 1e-200, x[3] * 1e-200, x[4] * 1e-200], label) - 0.503477440693296) < 1e-12 AS tiny
	FROM flowers;

-- More rows than are measured in double precision from the start, one of them so far out that single precision
-- would not tell the others apart.  The expected value is that of the definition, in SQL over the distinct points.
CREATE TABLE line AS SELECT i, i * 7919 % 40 / 40.0::float8 + 3 * (i % 3) + CASE WHEN i = 77 THEN 1e12 ELSE 0 END AS x, i % 3 AS l
	FROM generate_series(1, 1200) i;
CREATE FUNCTION definition(without int) RETURNS float8 LANGUAGE sql AS $$
	WITH place AS (
		SELECT x, l, count(*) AS n FROM line WHERE i <> without GROUP BY x, l
	), mean AS (
		SELECT a.x, a.l, a.n, b.l AS other, sum(b.n * abs(a.x - b.x)) / CASE WHEN a.l = b.l THEN sum(b.n) - 1 ELSE sum(b.n) END AS d
		FROM place a, place b GROUP BY a.x, a.l, a.n, b.l
	), score AS (
		SELECT x, l, n, max(d) FILTER (WHERE l = other) AS own, min(d) FILTER (WHERE l <> other) AS next FROM mean GROUP BY x, l, n
	)
	SELECT sum(n * (next - own) / greatest(own, next)) / sum(n) FROM score $$;
SELECT abs(definition(0) - silhouette(ARRAY[x], l)) < 1e-9 AS with_the_far_row, abs(definition(77) - silhouette(ARRAY[x], l) FILTER (WHERE i <> 77)) < 1e-6 AS without,
	definition(77) - definition(0) > 0.1 AS it_matters FROM line;

-- The order of the rows does not show, to the last bit; neither does a parallel scan.
CREATE TABLE cloud AS SELECT i, ARRAY[sin(i), cos(i * 1.7), sin(i * 0.31)] AS x, i % 5 AS l FROM generate_series(1, 3000) i;
CREATE FUNCTION bits(query text) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
	r text;
BEGIN
	EXECUTE 'SELECT (silhouette(x, l), simplified_silhouette(x, l), davies_bouldin(x, l), calinski_harabasz(x, l))::text FROM ' || query INTO r;
	RETURN r;
END
$$;
SELECT count(DISTINCT b) AS values FROM (VALUES (bits('(SELECT * FROM cloud ORDER BY i) c')), (bits('(SELECT * FROM cloud ORDER BY i DESC) c')),
	(bits('(SELECT * FROM cloud ORDER BY x[2]) c')), (bits('(SELECT * FROM cloud ORDER BY md5(i::text)) c'))) v (b);
SET max_parallel_workers_per_gather = 2;
SET parallel_setup_cost = 0;
SET parallel_tuple_cost = 0;
SET min_parallel_table_scan_size = 0;
CREATE FUNCTION plan(query text) RETURNS SETOF text LANGUAGE plpgsql AS $$
BEGIN
	RETURN QUERY EXECUTE 'EXPLAIN (COSTS OFF) ' || query;
END
$$;
SELECT count(*) > 0 AS parallel FROM plan('SELECT silhouette(x, l) FROM cloud') p WHERE p ~ 'Gather';
SELECT bits('cloud') = bits('(SELECT * FROM cloud ORDER BY i) c') AS same;
RESET max_parallel_workers_per_gather;

-- groups each have their own, and a window grows
SELECT half, s = CASE half WHEN 0 THEN (SELECT silhouette(x, l) FROM cloud WHERE i % 2 = 0)
		ELSE (SELECT silhouette(x, l) FROM cloud WHERE i % 2 = 1) END AS same
	FROM (SELECT i % 2 AS half, silhouette(x, l) AS s FROM cloud GROUP BY i % 2) g ORDER BY half;
SELECT x, l, round(silhouette(x, l) OVER (ORDER BY x)::numeric, 6) AS so_far
	FROM (VALUES ('{0}'::float8[], 1), ('{1}', 1), ('{4}', 2), ('{5}', 2)) p (x, l);

-- bad input
SELECT raises($$SELECT silhouette(x, 1) FROM (VALUES ('{1,2}'::float8[]), ('{1,2,3}')) p (x)$$);
SELECT raises($$SELECT silhouette('{1,NaN}'::float8[], 1)$$);
SELECT raises($$SELECT davies_bouldin('{Infinity,1}'::float8[], 1)$$);
SELECT raises($$SELECT calinski_harabasz('{1,NULL}'::float8[], 1)$$);
SELECT raises($$SELECT simplified_silhouette('{}'::float8[], 1)$$);
SELECT raises($$SELECT silhouette('{{1,2},{3,4}}'::float8[], 1)$$);
SELECT raises($$SELECT silhouette(array_fill(0::float8, ARRAY[16001]), 1)$$);
-- memory is checked, not taken
SET maintenance_work_mem = '1MB';
SELECT raises($$SELECT silhouette(array_fill(i::float8, ARRAY[50]), i % 2) FROM generate_series(1, 20000) i$$);
RESET maintenance_work_mem;

-- each can be interrupted: these would take long
CREATE FUNCTION interrupted(statement text) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
	began timestamptz := clock_timestamp();
BEGIN
	EXECUTE statement;
	RETURN 'it ended';
EXCEPTION WHEN query_canceled THEN
	RETURN CASE WHEN clock_timestamp() - began < '10 s' THEN 'in time' ELSE 'late' END;
END
$$;
CREATE TABLE many AS SELECT ARRAY[sin(i), cos(i), sin(2 * i), cos(2 * i), i % 7] AS x, i % 50 AS l, i FROM generate_series(1, 100000) i;
SET statement_timeout = '400ms';
SELECT interrupted($$SELECT silhouette(x, l) FROM (SELECT x, l FROM many UNION ALL SELECT x, l + 7 FROM many) m$$) AS in_single_precision;
SELECT interrupted($$SELECT silhouette(x || CASE WHEN i < 3 THEN 1e15 ELSE 0 END::float8, l) FROM many$$) AS in_double_precision;
SELECT interrupted($$SELECT davies_bouldin(x, i / 2) FROM many$$) AS davies_bouldin;
SELECT interrupted($$SELECT simplified_silhouette(x, i / 2) FROM many$$) AS simplified;
RESET statement_timeout;
