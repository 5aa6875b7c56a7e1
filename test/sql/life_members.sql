-- Members and their history: who was where, when and why; what does not change is not written; keys of any type.
--
-- Three groups of 60 stand far apart, so that every move is known beforehand.
\set ECHO none
\i test/data/raises.sql
\set ECHO all

CREATE TABLE customers (id int PRIMARY KEY, x float8);
INSERT INTO customers SELECT 100 * g + i, 50 * g + 0.1 * (i % 5) FROM generate_series(0, 2) g, generate_series(0, 59) i;
SELECT k, rows FROM clusterseg.train('m', 'customers', 'id', '{x}', k => 3, scale => 'none');
SELECT segment_id AS a FROM m_members WHERE id = 0 \gset
SELECT segment_id AS b FROM m_members WHERE id = 100 \gset
SELECT segment_id AS c FROM m_members WHERE id = 200 \gset
CREATE FUNCTION name(segment int) RETURNS text LANGUAGE sql AS
	$$ SELECT chr(64 + (array_position((SELECT array_agg(segment_id ORDER BY value) FROM clusterseg.centroids WHERE version = 1 AND model = 'm'), segment))) $$;

-- the shape: names, types, key, comments
SELECT attname, format_type(atttypid, atttypmod) AS type, attnotnull AS not_null, col_description(attrelid, attnum) AS comment
	FROM pg_attribute WHERE attrelid = 'm_members'::regclass AND attnum > 0 ORDER BY attnum;
SELECT attname, format_type(atttypid, atttypmod) AS type, col_description(attrelid, attnum) AS comment
	FROM pg_attribute WHERE attrelid = 'm_history'::regclass AND attnum > 0 ORDER BY attnum;
SELECT relname, relkind, obj_description(oid, 'pg_class') FROM pg_class WHERE relname ~ '^m_(members|past|history)$' ORDER BY 1;
SELECT conrelid::regclass, pg_get_constraintdef(oid) FROM pg_constraint WHERE conrelid IN ('m_members'::regclass, 'm_past'::regclass)
  AND contype <> 'n' -- since version 18 NOT NULL is a constraint with a name
ORDER BY 1, 2;
SELECT count(*) FROM pg_attribute WHERE attrelid = 'm_past'::regclass AND attnum > 0 AND col_description(attrelid, attnum) IS NULL;

-- distance, margin and borderline by plain arithmetic over the centres
CREATE VIEW by_hand AS
	SELECT id, (array_agg(segment_id ORDER BY d))[1] AS segment_id, min(d) AS d1, (array_agg(d ORDER BY d))[2] AS d2
	FROM (SELECT id, segment_id, (x - value) ^ 2 AS d FROM customers CROSS JOIN clusterseg.centroids WHERE model = 'm' AND version = 1) v
	GROUP BY id;
SELECT count(*) AS same FROM m_members m JOIN by_hand h USING (id, segment_id)
	WHERE abs(distance - sqrt(d1)) < 1e-4 AND abs(margin - (d2 - d1)) < 1e-2 AND borderline = (1 - sqrt(d1 / d2) < 0.05);
SELECT count(*) FROM m_members WHERE since = assigned_at AND assigned_at = (SELECT last_run_at FROM clusterseg.models)
	AND reason = 'train' AND version = 1 AND previous_segment_id IS NULL;
-- half-way between two centres a customer is as good as undecided
UPDATE customers SET x = (SELECT avg(value) + 0.01 FROM clusterseg.centroids WHERE segment_id IN (:a, :b)) WHERE id = 101;
SELECT clusterseg.reassign('m');
SELECT name(segment_id), borderline, margin < 10 AS close FROM m_members WHERE id = 101;

-- ---- one customer's life ----
CREATE VIEW life AS SELECT name(segment_id), valid_to IS NULL AS present, version, reason, ended_by,
		valid_from = lag(valid_to) OVER (ORDER BY valid_from) AS no_gap
	FROM m_history WHERE id = 0 ORDER BY valid_from;
UPDATE customers SET x = 50 WHERE id = 0;
SELECT clusterseg.reassign('m');
SELECT name(segment_id), name(previous_segment_id) AS before, reason, version FROM m_members WHERE id = 0;
-- the others were not touched: one row of 180 has a new version
SELECT count(*) FROM m_members WHERE xmin = (SELECT xmin FROM m_members WHERE id = 0);
SELECT clusterseg.reassign('m') AS nobody;
UPDATE customers SET x = 100 WHERE id = 0;
SELECT version FROM clusterseg.train('m', 'customers', 'id', '{x}', k => 3, scale => 'none');
TABLE life;
-- gone, and back elsewhere
DELETE FROM customers WHERE id = 0;
SELECT clusterseg.reassign('m') AS nobody_moved;
SELECT count(*) FROM m_members WHERE id = 0;
TABLE life;
INSERT INTO customers VALUES (0, 0);
SELECT clusterseg.reassign('m');
SELECT name, present, reason, ended_by FROM life;
SELECT name(segment_id), name(previous_segment_id) AS before, reason FROM m_members WHERE id = 0;
-- at any moment every customer is in one segment at most
SELECT count(*) FROM m_history a JOIN m_history b ON a.id = b.id AND (a.valid_from, a.segment_id) < (b.valid_from, b.segment_id)
	AND COALESCE(a.valid_to, 'infinity') > b.valid_from;
-- a feature without a value: no segment, so no member; the NOTICE counts
UPDATE customers SET x = NULL WHERE id = 1;
SELECT clusterseg.reassign('m');
SELECT ended_by FROM m_history WHERE id = 1;
UPDATE customers SET x = 0 WHERE id = 1;

-- ---- why: the customer's doing or the model's? ----
-- C falls apart, and the model learns that A and B are one: those moves are its own. 200 goes from C to A by itself.
INSERT INTO customers SELECT 400 + i, 0 FROM generate_series(0, 29) i;
UPDATE customers SET x = 0.6 * x WHERE id BETWEEN 100 AND 159;
UPDATE customers SET x = x + 80 WHERE id BETWEEN 231 AND 259;
SELECT clusterseg.reassign('m');
UPDATE customers SET x = 0 WHERE id = 200;
SELECT version FROM clusterseg.train('m', 'customers', 'id', '{x}', k => 3, scale => 'none');
SELECT name(segment_id) AS was, ended_by, min(id), max(id), count(*) FROM m_history
	WHERE valid_to = (SELECT last_run_at FROM clusterseg.models WHERE model = 'm') GROUP BY 1, 2 ORDER BY 1, 2;
SELECT name(segment_id) AS is, name(previous_segment_id) AS was, reason, count(*) FROM m_members WHERE version = 3 AND previous_segment_id IS NOT NULL
	AND since = (SELECT last_run_at FROM clusterseg.models WHERE model = 'm') GROUP BY 1, 2, 3 ORDER BY 1, 2, 3;

-- ---- ROLLBACK undoes members and history ----
CREATE TEMP TABLE before AS TABLE m_history;
BEGIN;
UPDATE customers SET x = 200 - x;
SELECT clusterseg.reassign('m') > 100 AS many;
SELECT count(*) > 0 AS differ FROM (TABLE m_history EXCEPT TABLE before) d;
ROLLBACK;
TABLE m_history EXCEPT TABLE before;
TABLE before EXCEPT TABLE m_history;

-- ---- several runs in one transaction: what lasted for no time has not been ----
BEGIN;
UPDATE customers SET x = 100 WHERE id = 2;
SELECT clusterseg.reassign('m');
UPDATE customers SET x = 0 WHERE id = 3;
SELECT clusterseg.publish('m', 1), clusterseg.publish('m', 3), clusterseg.publish('m', 1), clusterseg.publish('m', 3);
COMMIT;
SELECT h.id, h.ended_by, count(*) FROM (TABLE m_history EXCEPT TABLE before) h GROUP BY 1, 2 HAVING count(*) > 1;
SELECT id, valid_to IS NULL AS present, reason, ended_by, valid_to > valid_from AS lasted FROM m_history WHERE id IN (2, 4) ORDER BY id, valid_from;
BEGIN;
UPDATE customers SET x = 0 WHERE id = 2;
SELECT clusterseg.reassign('m');
UPDATE customers SET x = 100 WHERE id = 2;
SELECT clusterseg.reassign('m');
DELETE FROM customers WHERE id = 4;
SELECT clusterseg.reassign('m');
INSERT INTO customers VALUES (4, 100);
SELECT clusterseg.reassign('m'), clusterseg.reassign('m');
COMMIT;
SELECT id, valid_to IS NULL AS present, reason, ended_by, valid_to > valid_from AS lasted FROM m_history WHERE id IN (2, 4) ORDER BY id, valid_from;
-- the first training in the same transaction as others
BEGIN;
SELECT k FROM clusterseg.train('twice', 'customers', 'id', '{x}', k => 3, scale => 'none');
SELECT k FROM clusterseg.train('twice', 'customers', 'id', '{x}', k => 2, scale => 'none');
COMMIT;
SELECT count(*) AS all, count(*) FILTER (WHERE valid_to IS NULL) AS present FROM twice_history;
-- a transaction that began before the last run and comes after it: time does not go back
BEGIN;
UPDATE clusterseg.models SET last_run_at = now() + interval '1 hour' WHERE model = 'm';
UPDATE m_members SET since = now() + interval '1 hour' WHERE id = 2;
COMMIT;
UPDATE customers SET x = 0 WHERE id = 2;
SELECT clusterseg.reassign('m');
SELECT valid_to - valid_from FROM m_history WHERE id = 2 AND valid_to > now();
SELECT last_run_at > now() + interval '59 minutes' AS later FROM clusterseg.models WHERE model = 'm';

-- ---- what is on the tables works as on any table ----
ALTER TABLE twice_members ADD COLUMN note text;
CREATE TABLE letters (id int REFERENCES twice_members ON DELETE CASCADE);
INSERT INTO letters VALUES (5), (6);
UPDATE twice_members SET note = 'vip' WHERE id = 5;
DELETE FROM customers WHERE id = 6;
SELECT clusterseg.reassign('twice');
SELECT id, note FROM letters JOIN twice_members USING (id);

-- ---- keys of any type keep it: first, again, with a move, gone and new ----
CREATE DOMAIN email AS text CHECK (VALUE LIKE '%@%');
CREATE PROCEDURE lives(key text, INOUT result text DEFAULT NULL) LANGUAGE plpgsql AS $$
DECLARE
	source text := format('SELECT %s AS "The Key", x FROM customers', key);
	moved bigint;
BEGIN
	PERFORM clusterseg.train('keys', source, 'The Key', '{x}', k => 2, scale => 'none');
	COMMIT;
	UPDATE customers SET x = 125 WHERE id = 7;
	DELETE FROM customers WHERE id = 8;
	INSERT INTO customers VALUES (9999, 0);
	moved := clusterseg.reassign('keys');
	COMMIT;
	PERFORM clusterseg.train('keys', source, 'The Key', '{x}', k => 2, scale => 'none');
	COMMIT;
	EXECUTE format('SELECT string_agg(concat_ws('' to '', h.reason, h.ended_by), '', '' ORDER BY v.id, h.valid_from)
		FROM keys_history h JOIN (SELECT id, %s AS k FROM (VALUES (7), (8), (9999)) v (id)) v ON h."The Key" = v.k', key) INTO result;
	SELECT format('%s: %s members, %s moved: %s', format_type(atttypid, atttypmod), (SELECT count(*) FROM keys_members), moved, result)
		INTO result FROM pg_attribute WHERE attrelid = 'keys_members'::regclass AND attnum = 1;
	PERFORM clusterseg.drop_model('keys');
	UPDATE customers SET x = 0 WHERE id = 7;
	INSERT INTO customers VALUES (8, 0);
	DELETE FROM customers WHERE id = 9999;
END
$$;
\pset tuples_only
SELECT format('CALL lives(%L)', key)
	FROM (VALUES ('id'), ('id::smallint'), ('id::bigint * 10000000000'), ('id::numeric(12,2) / 4'), ('''k'' || id'), ('id::text::varchar(12)'),
	('id::text::char(8)'), ('md5(id::text)::uuid'), ('(''{'' || id || '',"a b",\"}'')'), ('(''('' || id || '',x)'')'), ('DATE ''2020-01-01'' + id'),
	('TIMESTAMPTZ ''2020-01-01'' + id * interval ''1 hour'''), ('(id || ''@example.org'')::email'), ('''10.0.0.0''::inet + id'), ('id::text::bytea'),
	('(''Ж'' || id || E''\n''''"'')'), ('id::text::name'), ('id::oid')) v (key) \gexec
\pset tuples_only
-- keys that cannot be
SELECT raises('SELECT clusterseg.train(''no'', ''SELECT NULL::int AS id, x FROM customers'', ''id'', ''{x}'', k => 2)');
SELECT raises('SELECT clusterseg.train(''no'', ''SELECT id / 2 AS id, x FROM customers'', ''id'', ''{x}'', k => 2)');
SELECT raises('SELECT clusterseg.train(''no'', ''SELECT id AS segment, x FROM customers'', ''segment'', ''{x}'', k => 2)');
SELECT raises('SELECT clusterseg.train(''no'', ''SELECT id AS valid_to, x FROM customers'', ''valid_to'', ''{x}'', k => 2)');
SELECT raises('SELECT clusterseg.train(''no'', ''SELECT point(id, 1) AS id, x FROM customers'', ''id'', ''{x}'', k => 2)');
SELECT raises('SELECT clusterseg.train(''no'', ''SELECT to_json(id) AS id, x FROM customers'', ''id'', ''{x}'', k => 2)');
-- a key that becomes double later
INSERT INTO customers SELECT 300 + i, 0 FROM generate_series(0, 9) i;
ALTER TABLE customers DROP CONSTRAINT customers_pkey;
INSERT INTO customers VALUES (300, 1);
SELECT raises('SELECT clusterseg.reassign(''m'')');
SELECT raises('SELECT clusterseg.refresh(''m'')');
DELETE FROM customers WHERE id = 300;
ALTER TABLE customers ALTER id DROP NOT NULL;
INSERT INTO customers VALUES (NULL, 1);
SELECT raises('SELECT clusterseg.reassign(''m'')');
DELETE FROM customers WHERE id IS NULL;

-- ---- names that need quotes, and long ones ----
CREATE SCHEMA "Out Put";
CREATE SCHEMA other;
SELECT model FROM clusterseg.train('My "Model"; DROP TABLE customers', 'customers', 'id', '{x}', k => 2, scale => 'none', output_schema => 'Out Put');
SELECT relname FROM pg_class WHERE relnamespace = '"Out Put"'::regnamespace AND relkind IN ('r', 'v') ORDER BY 1;
SELECT clusterseg.reassign('My "Model"; DROP TABLE customers'), clusterseg.rename_segment('My "Model"; DROP TABLE customers', 1, $$It's "one"; \ $$);
SELECT DISTINCT segment FROM "Out Put"."My ""Model""; DROP TABLE customers_members" WHERE segment_id = 1;
-- a model that is there says where it stays
SELECT raises($$SELECT clusterseg.train('My "Model"; DROP TABLE customers', 'customers', 'id', '{x}', k => 2, output_schema => 'nowhere')$$);
SET client_min_messages = notice;
SELECT version FROM clusterseg.train('My "Model"; DROP TABLE customers', 'customers', 'id', '{x}', k => 2, scale => 'none', output_schema => 'other');
SELECT version FROM clusterseg.refresh('My "Model"; DROP TABLE customers');
SELECT version FROM clusterseg.train('My "Model"; DROP TABLE customers', 'customers', 'id', '{x}', k => 2, scale => 'none');
RESET client_min_messages;
SELECT clusterseg.drop_model('My "Model"; DROP TABLE customers');
SELECT raises(format('SELECT clusterseg.train(%L, ''customers'', ''id'', ''{x}'', k => 2)', repeat('n', 48)));
SELECT length(model) FROM clusterseg.train(repeat('n', 47), 'customers', 'id', '{x}', k => 2, scale => 'none');
SELECT relname FROM pg_class WHERE relname ~ '^nnn' AND relkind IN ('r', 'v') ORDER BY 1;
SELECT raises('SELECT clusterseg.train('''', ''customers'', ''id'', ''{x}'', k => 2)'), raises('SELECT clusterseg.train(NULL, ''customers'', ''id'', ''{x}'', k => 2)');
SELECT raises('SELECT clusterseg.train(''no'', ''customers'', ''id'', ''{x}'', k => 2, output_schema => ''nowhere'')');
\set SHOW_CONTEXT never
SET search_path = nowhere;
SELECT clusterseg.train('no', 'public.customers', 'id', '{x}', k => 2);
