-- What train() is given and cannot use: each a clear error, nothing left behind, and the next training works.
\set ECHO none
\i test/data/raises.sql
SET client_min_messages = warning;
\set ECHO all
CREATE TABLE c AS SELECT i AS id, i % 10 AS a, (i * 7) % 13 AS b, 'k' || i % 3 AS channel, NULL::int AS nothing, 5 AS same,
	CASE WHEN i % 2 = 0 THEN 'Infinity' ELSE '-Infinity' END::float8 AS infinite, 'name ' || i AS name, i AS again, point(i, i) AS place, now() AS at
	FROM generate_series(1, 1500) i;
CREATE FUNCTION fails(source text DEFAULT 'c', key text DEFAULT 'id', features text DEFAULT '{a,b}', more text DEFAULT 'k => 2') RETURNS text LANGUAGE sql AS $$
	SELECT regexp_replace(raises(format('SELECT clusterseg.train(''m'', %L, %L, %L, %s)', source, key, features, more)), 'Algorithms are: .*', 'Algorithms are: ...')
$$;
\pset format unaligned
\pset tuples_only on

-- ---- the source ----
SELECT fails('nowhere');
SELECT fails('no_schema.c');
SELECT fails('c d');
SELECT fails('');
SELECT fails('SELECT * FROM nowhere');
SELECT fails('SELECT * FORM c');
SELECT fails('SELECT id, a, b FROM c WHERE false');
SELECT fails('SELECT');
SELECT fails('SELECT id, a, b, a FROM c');
SELECT fails('SELECT id, a, b FROM c; SELECT 1');
SELECT fails('SELECT id, a, b FROM c) q; DROP TABLE c; SELECT * FROM (SELECT 1');
SELECT fails('DELETE FROM c RETURNING id, a, b');
SELECT fails('INSERT INTO c (id) VALUES (1) RETURNING id, a, b');
SELECT fails('WITH d AS (DELETE FROM c RETURNING *) SELECT id, a, b FROM d');
SELECT fails('SELECT id, a, b FROM c FOR UPDATE');
SELECT fails('SELECT id, a, b INTO d FROM c');
SELECT fails('EXPLAIN SELECT * FROM c');
SELECT fails('COPY c TO STDOUT');
SELECT fails('DROP TABLE c');
CREATE FUNCTION writes() RETURNS int LANGUAGE plpgsql AS $$ BEGIN DELETE FROM c; RETURN 1; END $$;
SELECT fails('SELECT id, a, b, writes() FROM c');
SELECT fails('SELECT id, a / 0 AS a, b FROM c');
CREATE SEQUENCE s;
SELECT fails('s');
SELECT count(*) FROM c;

-- ---- the key ----
SELECT fails(key => 'no');
SELECT fails(key => 'ID');
SELECT fails(key => NULL);
SELECT fails('SELECT nullif(id, 77) AS id, a, b FROM c');
SELECT fails('SELECT id / 2 AS id, a, b FROM c');
SELECT fails('SELECT ''c'' || id % 1499 AS id, a, b FROM c');
SELECT fails(key => 'place');
SELECT fails(features => '{id,a}');
SELECT fails('SELECT id AS segment_id, a, b FROM c', 'segment_id');

-- ---- features ----
SELECT fails(features => '{a,nope}');
SELECT fails(features => '{a,A}');
SELECT fails(features => '{a,a}');
SELECT fails(features => '{a,NULL}');
SELECT fails(features => '{}');
SELECT fails('SELECT id, at FROM c', features => NULL);
SELECT fails(features => '{a,place}');
SELECT fails(features => '{nothing}');
SELECT fails(features => '{a,nothing}');
SELECT fails(features => '{infinite}');
SELECT fails(features => '{nothing}', more => $$k => 2, transforms => '{"nothing": "median"}'$$);
SELECT fails(features => '{same}');
SELECT fails('SELECT id, (ARRAY[a, b])[1:id % 2 + 1] AS v FROM c', features => '{v}');
SELECT fails('SELECT id, ARRAY[[a, b], [b, a]] AS v FROM c', features => '{v}');
SELECT fails('SELECT id, ''{}''::int[] AS v FROM c', features => '{v}');
SELECT fails('SELECT id, i * 1e25::float8 AS x FROM (SELECT id, id AS i FROM c) d', features => '{x}', more => $$k => 2, scale => 'none'$$);
-- a text with a value for each row, asked for by name; unasked it is left out
SELECT fails(features => '{a,name}');
SELECT fails(features => '{a,name}', more => $$k => 2, transforms => '{"name": {"max_levels": 20000}}'$$);
SELECT rows FROM clusterseg.train('as_hinted', 'c', 'id', '{a,name}', k => 2, transforms => '{"name": {"max_levels": 20}}');
SELECT clusterseg.drop_model('as_hinted');
SELECT fails('SELECT i AS id, ''level '' || i AS name FROM generate_series(1, 110000) i', features => '{name}', more => $$k => 2, transforms => '{"name": {"max_levels": 10}}'$$);

-- ---- k, and more rows than there are ----
SELECT fails(more => 'k => 0');
SELECT fails(more => 'k => -3');
SELECT fails(more => 'k => 20000');
SELECT fails(more => 'k => 131');
SELECT fails('SELECT id, a, b FROM c LIMIT 4', more => 'k => 5');
SELECT fails(more => $$k_range => 'empty'$$);
SELECT fails(more => $$k_range => '[0,3]'$$);
SELECT fails(more => $$k_range => '[5,4)'$$);

-- ---- other arguments ----
SELECT fails(more => $$k => 2, algorithm => 'k-means'$$);
SELECT fails(more => $$k => 2, algorithm => NULL$$);
SELECT fails(more => $$k => 2, scale => 'z'$$);
SELECT fails(more => $$k => 2, scale => NULL$$);
SELECT fails(more => $$k => 2, options => '{"restart": 5}'$$);
SELECT fails(more => $$k => 2, options => '{"workers": 100}'$$);
SELECT fails(more => $$k => 2, options => '{"memory": -1}'$$);
SELECT fails(more => $$k => 2, options => '"restarts"'$$);
SELECT fails(more => $$k => 2, seed => NULL$$);
SELECT fails(more => $$k => 2, weight => 'nope'$$);
SELECT fails(more => $$k => 2, weight => 'channel'$$);
SELECT fails('SELECT id, a, b, CASE WHEN id = 9 THEN -1 ELSE 1 END AS w FROM c', more => $$k => 2, weight => 'w'$$);
SELECT fails('SELECT id, a, b, nullif(1, id) AS w FROM c', more => $$k => 2, weight => 'w'$$);
SELECT fails('SELECT id, a, b, ''NaN''::float8 AS w FROM c', more => $$k => 2, weight => 'w'$$);
SELECT fails('SELECT id, a, b, 0 AS w FROM c', more => $$k => 2, weight => 'w'$$);
SELECT fails(more => $$k => 2, output_schema => 'nowhere'$$);
SELECT fails(more => $$k => 2, output_schema => 'pg_catalog'$$);
SELECT fails(more => $$k => 2, publish => NULL$$);
SELECT fails(NULL);

-- ---- the name ----
SELECT raises($$SELECT clusterseg.train('', 'c', 'id', '{a,b}', k => 2)$$);
SELECT raises($$SELECT clusterseg.train(NULL, 'c', 'id', '{a,b}', k => 2)$$);
SELECT raises(format($$SELECT clusterseg.train(%L, 'c', 'id', '{a,b}', k => 2)$$, repeat('n', 48)));
SELECT raises(format($$SELECT clusterseg.train(%L, 'c', 'id', '{a,b}', k => 2)$$, repeat('ö', 24)));
CREATE TABLE taken_members (x int);
SELECT raises($$SELECT clusterseg.train('taken', 'c', 'id', '{a,b}', k => 2)$$);
SELECT count(*) FROM clusterseg.models;

-- after all of it a training works; a model that exists is not harmed by one that fails
SELECT rows FROM clusterseg.train('m', 'c', 'id', '{a,b}', k => 2);
SELECT fails(more => 'k => 131');
SELECT fails(key => 'again', more => $$k => 2$$);
SELECT fails('SELECT id::text AS id, a, b FROM c');
SELECT published_version, (SELECT count(*) FROM clusterseg.versions v WHERE v.model = m.model) AS versions, (SELECT count(*) FROM m_members) AS members FROM clusterseg.models m;

-- ---- what looks bad and is not ----
\pset format aligned
\pset tuples_only off
-- names that need quoting everywhere, of 63 bytes where a name may be
CREATE SCHEMA "Sch""ema' x";
CREATE TABLE "Sch""ema' x"."Ta""ble' %s; --" AS SELECT i AS "Ke""y'; %1$s", i % 7 AS "Fea""ture' = x", 'v' || i % 2 AS "select", i % 3 AS "ünïcödé", 1 + i % 2 AS "we ight"
	FROM generate_series(1, 100) i;
SELECT rows FROM clusterseg.train('Mo"del''; %s', '"Sch""ema'' x"."Ta""ble'' %s; --"', 'Ke"y''; %1$s', k => 2, weight => 'we ight', output_schema => 'Sch"ema'' x',
	transforms => '{"Fea\"ture'' = x": "log1p", "select": {"max_levels": 5}}');
SELECT count(*), count(DISTINCT "Ke""y'; %1$s") FROM "Sch""ema' x"."Mo""del'; %s_members";
SELECT DISTINCT feature FROM clusterseg.centroids WHERE model = 'Mo"del''; %s' ORDER BY 1;
SELECT clusterseg.segment('Mo"del''; %s', t) = m.segment_id AS same, count(*) FROM "Sch""ema' x"."Ta""ble' %s; --" t JOIN "Sch""ema' x"."Mo""del'; %s_members" m USING ("Ke""y'; %1$s") GROUP BY 1;
SELECT format('CREATE TABLE %1$I AS SELECT i AS %2$I, i %% 5 AS %3$I FROM generate_series(1, 50) i', repeat('t', 63), repeat('k', 63), repeat('f', 63)) AS long \gexec
SELECT rows FROM clusterseg.train(repeat('m', 47), repeat('t', 63), repeat('k', 63), ARRAY[repeat('f', 63)], k => 5);
SELECT count(*) FROM clusterseg.segments WHERE model = repeat('m', 47);
SELECT rows FROM clusterseg.train('table', 'SELECT id AS "order", a AS "user" FROM c', 'order', k => 2);
-- columns of no use are left out, constants have no say; a column with a million names is left out unasked
SELECT rows, skipped FROM clusterseg.train('most', 'SELECT id, a, b, channel, same, name, place, at FROM c', 'id', k => 2);
SELECT string_agg(feature, ' ' ORDER BY position) AS features FROM clusterseg.model_features(clusterseg.model_value('most'));
-- sources: with comments, semicolons, of VALUES, TABLE, WITH, in parentheses, a view, a partitioned table
SELECT rows FROM clusterseg.train('s1', E'-- one\n/* two */ SELECT id, a FROM c; -- three', 'id', k => 2);
SELECT rows FROM clusterseg.train('s2', 'VALUES (1, 2), (2, 3), (3, 9)', 'column1', k => 2);
SELECT rows FROM clusterseg.train('s3', 'WITH d AS (SELECT * FROM c WHERE id < 100) SELECT id, a FROM d', 'id', k => 2);
SELECT rows FROM clusterseg.train('s4', '(SELECT id, a FROM c ORDER BY id LIMIT 100)', 'id', k => 2);
CREATE TABLE parts (id int, x int) PARTITION BY RANGE (id);
CREATE TABLE parts_1 PARTITION OF parts FOR VALUES FROM (0) TO (50);
CREATE TABLE parts_2 PARTITION OF parts FOR VALUES FROM (50) TO (100);
INSERT INTO parts SELECT i, i % 3 FROM generate_series(0, 99) i;
SELECT rows FROM clusterseg.train('s5', 'TABLE parts', 'id', k => 3);
SELECT rows FROM clusterseg.train('s6', 'parts', 'id', k => 3);
-- one row, one segment; keys of other types
SELECT rows, k, objective FROM clusterseg.train('one', 'SELECT 1 AS id, 5 AS x', 'id', k => 1);
SELECT t.rows FROM (VALUES ('uuid', 'md5(id::text)::uuid'), ('text', 'name'), ('numeric', 'id / 3.0'), ('date', '''2000-01-01''::date + id'), ('bytea', 'name::bytea'), ('oid', 'id::oid')) AS v (type, key),
	clusterseg.train('key_' || v.type, format('SELECT %s AS k, a, b FROM c', v.key), 'k', '{a,b}', k => 2) t;
SELECT pg_typeof(u.k) AS uuid, pg_typeof(n.k) AS numeric, pg_typeof(d.k) AS date FROM (SELECT k FROM key_uuid_members LIMIT 1) u, (SELECT k FROM key_numeric_members LIMIT 1) n, (SELECT k FROM key_date_members LIMIT 1) d;
