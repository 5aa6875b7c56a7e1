-- The same rows, seed and options give the same model to the byte, whatever the order of rows, the number of workers,
-- the vector instructions or a way through text.
--
-- Each check compares whole model values (centres, transforms, sizes, statistics) as bytes.
\set ECHO none
\i test/data/raises.sql
SET client_min_messages = warning;
\set ECHO all
SET max_parallel_workers = 8;

CREATE TABLE c AS SELECT 'customer ' || i AS id, i AS n, exp(sin(i * 12.9898) * 2)::float8 AS spend, (i * 7919) % 1009 AS days, CASE WHEN i % 9 > 0 THEN (i * 31) % 17 END AS visits,
	'channel ' || (i * i) % 7 AS channel, 1 + i % 3 AS w FROM generate_series(1, 5000) i;
CREATE TABLE shuffled AS SELECT * FROM c ORDER BY md5(n::text);
CREATE TABLE backwards AS SELECT * FROM c ORDER BY n DESC;
-- pages with holes, rows that have moved
CREATE TABLE worn AS SELECT * FROM c;
DELETE FROM worn WHERE n % 3 = 0;
UPDATE worn SET days = days WHERE n % 5 = 0;
INSERT INTO worn SELECT * FROM c WHERE n % 3 = 0;
CREATE TABLE parts (LIKE c) PARTITION BY HASH (id);
SELECT format('CREATE TABLE parts_%s PARTITION OF parts FOR VALUES WITH (MODULUS 3, REMAINDER %1$s)', r) AS part FROM generate_series(0, 2) r \gexec
INSERT INTO parts SELECT * FROM shuffled;

CREATE TABLE many AS SELECT i AS n, exp(sin(i * 12.9898) * 2)::float8 AS spend, 1e7 + (i * 7919) % 1009 AS days, CASE WHEN i % 9 > 0 THEN (i * 31) % 17 END AS visits,
	'channel ' || (i * i) % 7 || CASE WHEN i % 3000 = 0 THEN ' ' || i ELSE '' END AS channel, 1 + i % 3 AS w FROM generate_series(1, 25000) i;

-- the value of one training, as a fingerprint of its bytes
CREATE FUNCTION fingerprint(source text, key text, algorithm text, options jsonb DEFAULT '{}', k int DEFAULT 4, seed bigint DEFAULT 42, weight text DEFAULT NULL,
		features text[] DEFAULT '{spend,days,visits,channel}', transforms jsonb DEFAULT '{"spend": "log1p", "visits": {"impute": "indicator"}, "channel": {"max_levels": 4}}') RETURNS text LANGUAGE plpgsql AS $$
DECLARE
	print text;
BEGIN
	PERFORM clusterseg.train('m', source, key, features, algorithm, k, transforms => transforms, weight => weight, seed => seed, options => options);
	EXECUTE format('SELECT md5(string_agg(concat(%1$I, segment_id, float8send(distance), float8send(margin)), '' '' ORDER BY %1$I)) FROM m_members', key) INTO print;
	print := print || md5(clusterseg.model_send(clusterseg.model_value('m')));
	PERFORM clusterseg.drop_model('m');
	RETURN print;
END
$$;

-- ---- the order of rows, for each algorithm; keys that are numbers and keys that are texts ----
SELECT a AS algorithm, count(DISTINCT fingerprint(s, 'id', a)) AS models, count(*) FROM unnest('{kmeans,minibatch_kmeans,bisecting_kmeans,spherical_kmeans}'::text[]) a,
	unnest('{c,shuffled,parts}'::text[]) s GROUP BY a ORDER BY a;
SELECT count(DISTINCT fingerprint(s, 'n', 'kmeans')) AS models, count(*) FROM unnest('{c,shuffled,backwards,worn}'::text[]) s;
SELECT count(DISTINCT fingerprint(s, 'id', 'rfm', k => NULL, features => '{days,visits,spend}', transforms => '{"visits": "median"}')) AS models, count(*) FROM unnest('{c,shuffled,worn}'::text[]) s;
-- choosing k and row weights as well
SELECT count(DISTINCT fingerprint(s, 'id', 'kmeans', k => NULL, weight => 'w')) AS models, count(*) FROM unnest('{c,shuffled}'::text[]) s;

-- ---- workers: none, one, two; a worker wants 16384 rows ----
CREATE TABLE large AS SELECT i AS n, exp(sin(i * 12.9898) * 2)::float8 AS spend, (i * 7919) % 1009 AS days FROM generate_series(1, 33000) i;
CREATE FUNCTION draft(algorithm text, options jsonb, k int) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
	name text := format('%s %s %s', draft.algorithm, draft.k, draft.options->>'workers');
BEGIN
	PERFORM clusterseg.train(name, 'large', 'n', '{spend,days}', draft.algorithm, draft.k, '[2,3]', publish => false, options => draft.options);
	RETURN md5(clusterseg.model_send(clusterseg.model_value(name, 1)));
END
$$;
SELECT a AS algorithm, count(DISTINCT draft(a, jsonb_build_object('workers', w), 4)) AS models, count(*)
	FROM unnest('{kmeans,minibatch_kmeans,bisecting_kmeans,spherical_kmeans}'::text[]) a, unnest('{0,1,2}'::int[]) w GROUP BY a ORDER BY a;
SELECT count(DISTINCT draft('kmeans', jsonb_build_object('workers', w, 'restarts', 2, 'init', 'random'), NULL)) AS models, count(*) FROM unnest('{0,2}'::int[]) w;
-- they were there: the session's own process and as many workers
SELECT options->'options'->>'workers' AS workers, metrics->>'processes' AS processes, count(*) FROM clusterseg.versions GROUP BY 1, 2 ORDER BY 1, 2;
-- a parallel plan reads the source in any order
SET parallel_setup_cost = 0;
SET parallel_tuple_cost = 0;
SET min_parallel_table_scan_size = 0;
SELECT count(DISTINCT fingerprint('c', 'id', 'kmeans')) AS models FROM generate_series(1, 2);
RESET parallel_setup_cost;
RESET parallel_tuple_cost;
RESET min_parallel_table_scan_size;

-- ---- memory: a sample depends on the keys alone ----
SELECT count(DISTINCT fingerprint(s, key, 'kmeans', '{"memory": 1}', weight => 'w')) AS models, count(*), key FROM unnest(ARRAY['SELECT *, ''k'' || n AS id FROM many ORDER BY md5(n::text)', 'SELECT *, ''k'' || n AS id FROM many ORDER BY n DESC']) s, unnest('{n,id}'::text[]) key GROUP BY key ORDER BY key;

-- ---- time and settings of the session ----
SELECT fingerprint('c', 'id', 'kmeans') AS before \gset
SET extra_float_digits = -5;
SET timezone = 'Asia/Tokyo';
SET work_mem = '64kB';
SELECT fingerprint('c', 'id', 'kmeans') = :'before' AS same;
RESET extra_float_digits;
RESET timezone;
RESET work_mem;

-- ---- reloaded: keys, values and types as text and back, in another physical order ----
CREATE TABLE reloaded (LIKE c);
\copy (SELECT * FROM c) TO 'determinism.data' (FORMAT csv)
\copy reloaded FROM 'determinism.data' (FORMAT csv)
\! rm -f determinism.data
SELECT fingerprint('reloaded', 'id', 'kmeans') = :'before' AS same;
-- ---- what does matter: the seed, one value of one row, one row more ----
SELECT count(DISTINCT p) AS models FROM (VALUES (:'before'), (fingerprint('c', 'id', 'minibatch_kmeans')), (fingerprint('c', 'id', 'minibatch_kmeans', seed => 7)),
	(fingerprint('SELECT id, n, spend, CASE WHEN n = 17 THEN days + 1 ELSE days END AS days, visits, channel FROM c', 'id', 'kmeans')),
	(fingerprint('SELECT * FROM c WHERE n < 5000', 'id', 'kmeans'))) v (p);
-- the same name trained again on the same rows: no segment changes its id, nobody moves
SELECT count(*) FROM clusterseg.train('twice', 'c', 'id', '{spend,days}', k => 5);
CREATE TABLE first AS SELECT id, segment_id FROM twice_members;
SELECT count(*) FROM clusterseg.train('twice', 'shuffled', 'id', '{spend,days}', k => 5);
SELECT count(*) AS moved FROM first JOIN twice_members m USING (id) WHERE first.segment_id <> m.segment_id;
SELECT count(*) AS history FROM twice_history WHERE valid_to IS NOT NULL;
-- a model goes through text, JSON and binary unchanged
SELECT clusterseg.model_send(v::text::clusterseg.model) = clusterseg.model_send(v) AS text,
	v::text::jsonb::text::clusterseg.model::text::jsonb = v::text::jsonb AS jsonb FROM clusterseg.model_value('twice') v;
SELECT clusterseg.import_model('copy', clusterseg.export_model('twice')) AS version;
SELECT clusterseg.model_value('twice')::text::jsonb = clusterseg.model_value('copy')::text::jsonb AS imported;
