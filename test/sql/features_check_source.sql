-- check_source(): what is wrong with a source, before training, and what to write about it.
--
-- The expected findings follow from how each column below is made; measured values are held against plain SQL.
\set ECHO none
\i test/data/raises.sql
SET client_min_messages = warning;
\set ECHO all

-- one finding: what it is about and what was measured
CREATE FUNCTION found(source text, key text, features text[] DEFAULT NULL, k int DEFAULT NULL, transforms jsonb DEFAULT '{}',
		scale text DEFAULT 'zscore', weight text DEFAULT NULL)
	RETURNS TABLE (what text, value numeric, message text, hint text) LANGUAGE sql AS $$
	SELECT concat_ws(' ', severity, subject, feature), round(value::numeric, 4), message, hint
	FROM clusterseg.check_source(source, key, features, k, transforms, scale, weight) WHERE subject <> 'source'
$$;

CREATE TABLE c AS SELECT i AS id, 100 + i * 3 AS ticket, i % 7 AS store_id, 5.0 AS flat, (i * 37) % 101 AS a, 3 - 2 * ((i * 37) % 101) AS b,
		(i * 37) % 101 + ((i * 53) % 17) AS near_a, (i * 53) % 97 AS other,
		CASE WHEN i % 10 = 0 THEN NULL ELSE (i * 29) % 31 END AS gap,
		CASE WHEN i = 7 THEN 'Infinity'::float8 WHEN i = 8 THEN 'NaN' WHEN i = 9 THEN 1e300 ELSE (i * 41) % 43 END AS odd,
		CASE WHEN i % 50 = 0 THEN 1000 * i ELSE (i * 59) % 61 END AS spend, -- a few large ones
		i % 250 = 0 AS rare, NULL::numeric AS nothing,
		'name ' || i AS full_name, 'level ' || (i * 7) % 40 AS level, 'c' || (i * 11) % 3 AS channel, 'd' || (i * 11) % 3 AS way,
		DATE '2024-01-01' + (i * 67) % 300 AS signup, 1700000000 + (i * 71) % 1000 * 977 AS seen, ARRAY[i % 13, i % 11, i % 3]::real[] AS taste
	FROM generate_series(1, 1000) i;

-- nothing to complain of: one row that says what was looked at
SELECT * FROM clusterseg.check_source('c', 'id', '{a,other,channel}', k => 5);

-- each trap by itself, with the argument that ends it
\pset expanded on
\pset tuples_only on
SELECT * FROM found('c', 'id', '{a,ticket}');
SELECT * FROM found('c', 'id', '{a,store_id}');
SELECT * FROM found('c', 'id', '{a,flat}');
SELECT * FROM found('c', 'id', '{a,b}');
SELECT * FROM found('c', 'id', '{a,near_a,other}');
SELECT * FROM found('c', 'id', '{a,gap}');
SELECT * FROM found('c', 'id', '{a,odd}');
SELECT * FROM found('c', 'id', '{a,spend}');
SELECT * FROM found('c', 'id', '{a,rare}');
SELECT * FROM found('c', 'id', '{a,nothing}');
SELECT * FROM found('c', 'id', '{a,full_name}');
SELECT * FROM found('c', 'id', '{a,level}');
SELECT * FROM found('c', 'id', '{other,channel,way}');
SELECT * FROM found('c', 'id', '{a,signup}');
SELECT * FROM found('c', 'id', '{a,seen}');
SELECT * FROM found('c', 'id', '{a,other}', scale => 'none');
SELECT * FROM found('c', 'id', '{other,spend}', scale => 'none');
SELECT * FROM found('c', 'id', '{a,other}', k => 25);
SELECT * FROM found('c', 'id', '{channel}', k => 5);
SELECT * FROM found('SELECT * FROM c LIMIT 30', 'id', '{a,other}');
SELECT * FROM found('SELECT * FROM c LIMIT 3', 'id', '{a,other}', k => 5);
SELECT * FROM found('SELECT * FROM c LIMIT 15', 'id', '{a,level,channel}');
SELECT * FROM found('SELECT * FROM c WHERE false', 'id', '{a,other}');
SELECT * FROM found('SELECT nullif(id, 3) AS id, a FROM c', 'id');
SELECT * FROM found('SELECT id / 3 AS customer, a FROM c', 'customer');
SELECT * FROM found('SELECT 3 * i AS id, log FROM (SELECT i, (i * 37) % 101 - 5 AS log FROM generate_series(1, 500) i) q', 'id', transforms => '{"log": "log1p"}');
SELECT * FROM found('SELECT id, a, CASE id WHEN 5 THEN NULL WHEN 6 THEN -1 WHEN 7 THEN ''NaN''::float8 ELSE 1 END AS w FROM c', 'id', '{a}', weight => 'w');
SELECT * FROM found('SELECT id, CASE WHEN id = 6 THEN ARRAY[1::real] ELSE taste END AS taste FROM c ORDER BY id', 'id', '{taste}');
\pset expanded off
\pset tuples_only off

-- all columns: what is left out unasked is told as such
SELECT severity, subject, feature, round(value::numeric, 4) AS value, threshold FROM clusterseg.check_source('c', 'id');

-- the measures, by plain SQL: correlation, share of the squared distances, tail of the variance, most frequent value, evenness
SELECT round(corr(a, near_a)::numeric, 4) AS collinear, round((var_pop(spend) / (var_pop(spend) + var_pop(other)))::numeric, 4) AS dominating,
	round((SELECT sum(x) FILTER (WHERE r <= 10) / sum(x) FROM (SELECT x, row_number() OVER (ORDER BY x DESC) AS r
		FROM (SELECT (spend - avg(spend) OVER ()) ^ 2 AS x FROM c) v) w), 4) AS outliers,
	round((SELECT count(*) FROM c WHERE NOT rare) / 1000.0, 4) AS nearly_constant,
	(SELECT round(corr(ticket, r)::numeric, 4) FROM (SELECT ticket, row_number() OVER (ORDER BY ticket) AS r FROM c) w) AS evenness
	FROM c;
SELECT count(*) AS repeated, sum(n - 1) AS repeats FROM (SELECT count(*) AS n FROM c GROUP BY id / 3 HAVING count(*) > 1) g;

-- what a hint says ends the finding
SELECT subject, feature FROM clusterseg.check_source('c', 'id', '{a,spend}', transforms => '{"spend": {"log": "log1p"}}');
SELECT subject, feature FROM clusterseg.check_source('c', 'id', '{a,gap}', transforms => '{"gap": {"impute": "indicator"}}');
SELECT subject, feature FROM clusterseg.check_source('c', 'id', '{a,level}', transforms => '{"level": {"max_levels": 50}}');
SELECT subject, feature FROM clusterseg.check_source('SELECT id, a, store_id::text AS store_id FROM c', 'id', '{a,store_id}');

-- what it calls an error, train() refuses; the rest trains
SELECT raises($$SELECT rows FROM clusterseg.train('m', 'c', 'id', '{a,nothing}', k => 2)$$) !~ 'no error' AS refused;
SELECT raises($$SELECT rows FROM clusterseg.train('m', 'SELECT id / 3 AS customer, a FROM c', 'customer', k => 2)$$) !~ 'no error' AS refused;
SELECT raises($$SELECT rows FROM clusterseg.train('m', 'c', 'id', '{channel}', k => 5)$$) !~ 'no error' AS refused;
SELECT rows, skipped FROM clusterseg.train('m', 'c', 'id', '{a,gap,odd,spend,rare,level,store_id,taste}', k => 2);

-- names that need quoting are quoted as their place asks for
SELECT feature, hint FROM clusterseg.check_source(
	'SELECT i AS "Id", i % 5 AS "it''s, ""so""", 1 AS "Flat", i % 3 AS null FROM generate_series(1, 200) i', 'Id') WHERE feature IS NOT NULL;
SELECT cardinality('{"it''s, \"so\"","null"}'::text[]);

-- neither physical order nor workers change it; a sample above 32768 rows is by hash of the key
CREATE TABLE many AS SELECT i AS id, (i * 7919) % 1009 AS x, (i * 7919) % 1009 + (i % 13) AS y, CASE WHEN i % 1000 = 0 THEN i ELSE i % 7 END AS z
	FROM generate_series(1, 100000) i;
CREATE TEMP TABLE one AS SELECT severity, subject, feature, round(value::numeric, 9) AS value, message, hint FROM clusterseg.check_source('many', 'id', '{x,y,z}');
CREATE TEMP TABLE two AS SELECT severity, subject, feature, round(value::numeric, 9), message, hint FROM clusterseg.check_source('SELECT * FROM many ORDER BY md5(id::text)', 'id', '{x,y,z}');
TABLE one EXCEPT TABLE two;
SELECT severity, subject, feature, round(value, 2) AS value, message FROM one;

-- what cannot be
\pset format unaligned
\pset tuples_only on
SELECT raises($$SELECT * FROM clusterseg.check_source('nowhere', 'id')$$);
SELECT raises($$SELECT * FROM clusterseg.check_source('c', 'no')$$);
SELECT raises($$SELECT * FROM clusterseg.check_source('c', 'id', '{a,zz}')$$);
SELECT raises($$SELECT * FROM clusterseg.check_source('c', NULL)$$);
SELECT raises($$SELECT * FROM clusterseg.check_source(NULL, 'id')$$);
SELECT raises($$SELECT * FROM clusterseg.check_source('c', 'id', '{a}', k => 0)$$);
SELECT raises($$SELECT * FROM clusterseg.check_source('c', 'id', '{a}', scale => 'big')$$);
SELECT raises($$SELECT * FROM clusterseg.check_source('c', 'id', '{a}', transforms => '{"b": "log1p"}')$$);
SELECT raises($$SELECT * FROM clusterseg.check_source('DELETE FROM c RETURNING *', 'id')$$);
