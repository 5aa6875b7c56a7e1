-- Every recommending algorithm that there is, on events that are hardly events, with keys of any kind: an error that says why, or lists
-- that keep what is promised of every list (list_fault.sql).
--
-- Each line: what comes of a case, and of which algorithms.  The algorithms come from clusterseg.algorithms: a new one is in it.
\set ECHO none
\i test/data/raises.sql
\i test/data/list_fault.sql
SET timezone = 'UTC';
SET client_min_messages = error;

-- trains, looks at the lists, comes back from an export the same, forgets
CREATE FUNCTION outcome(algorithm text, source text, segmentation text, item_source text) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
	t record;
	state text;
	message text;
	found text;
BEGIN
	BEGIN
		SELECT * INTO t FROM clusterseg.train_recommender('robust', source, 'customer', 'item', 'weight', 'at', algorithm, segmentation, item_source => item_source);
	EXCEPTION WHEN OTHERS THEN
		GET STACKED DIAGNOSTICS state = RETURNED_SQLSTATE, message = MESSAGE_TEXT;
		RETURN state || ' ' || message;
	END;
	found := list_fault('robust', source);
	PERFORM clusterseg.import_model('again', clusterseg.export_model('robust'));
	IF clusterseg.export_model('again') - '{trained_at}'::text[] <> clusterseg.export_model('robust') - '{trained_at}'::text[] THEN
		found := concat_ws(', ', found, 'imported it is another one');
	END IF;
	PERFORM clusterseg.drop_model(m) FROM unnest('{robust,again}'::text[]) m;
	RETURN concat_ws(', ', t.events || ' events', t.customers || ' customers', NULLIF(t.skipped, 0) || ' skipped', 'WRONG: ' || found);
END
$$;
CREATE FUNCTION outcomes(source text, segmentation text DEFAULT 'groups', item_source text DEFAULT 'catalogue', OUT outcome text, OUT algorithms text) RETURNS SETOF record LANGUAGE sql AS $$
	SELECT o, string_agg(a, ' ' ORDER BY a) FROM (SELECT DISTINCT algorithm FROM clusterseg.algorithms WHERE kind = 'recommender') x (a), outcome(a, source, segmentation, item_source) o
	GROUP BY 1 ORDER BY 1
$$;
CREATE TABLE catalogue (item text, title text, category text);
INSERT INTO catalogue SELECT i, 'thing ' || ascii(i) % 3 || ' of ' || ascii(i) % 5, CASE ascii(i) % 3 WHEN 0 THEN 'x' WHEN 1 THEN 'y' END
	FROM unnest('{a,b,c,d,only}'::text[]) i UNION ALL SELECT 'i' || i, 'thing ' || i % 7 || ' of ' || i % 4, 'c' || i % 3 FROM generate_series(1, 12) i;
CREATE TABLE people AS SELECT c AS id, c % 3 * 10.0 + c % 2 AS x FROM generate_series(1, 30) c;
SELECT k FROM clusterseg.train('groups', 'people', 'id', '{x}', k => 3, scale => 'none') \g /dev/null
\set ECHO all
\pset format unaligned
\pset tuples_only on

-- no event, one; one customer, one item; nothing that counts; nothing with a time
SELECT * FROM outcomes($$SELECT 1 AS customer, 'a' AS item, 1 AS weight, date '2025-01-01' AS at WHERE false$$);
SELECT * FROM outcomes($$SELECT 1 AS customer, 'a' AS item, 1 AS weight, date '2025-01-01' AS at$$);
SELECT * FROM outcomes($$SELECT 1 AS customer, i AS item, 1 AS weight, date '2025-01-01' + ascii(i) AS at FROM unnest('{a,b,c}'::text[]) i$$);
SELECT * FROM outcomes($$SELECT c AS customer, 'only' AS item, 1 AS weight, date '2025-01-01' AS at FROM generate_series(1, 3) c$$);
SELECT * FROM outcomes($$SELECT c AS customer, 'a' AS item, -1 - c AS weight, date '2025-01-01' AS at FROM generate_series(1, 3) c$$);
SELECT * FROM outcomes($$SELECT c AS customer, 'a' AS item, 1 AS weight, '-infinity'::timestamptz AS at FROM generate_series(1, 3) c$$);

-- everybody has everything; one has, four times over; everybody something of their own
SELECT * FROM outcomes($$SELECT c AS customer, i AS item, 1 AS weight, date '2025-01-01' + ascii(i) + c AS at FROM generate_series(1, 3) c, unnest('{a,b,c}'::text[]) i$$);
SELECT * FROM outcomes($$SELECT c AS customer, i AS item, 1 AS weight, date '2025-01-01' + ascii(i) AS at FROM generate_series(1, 3) c, unnest('{a,b,c}'::text[]) i, generate_series(1, 4) WHERE c = 1 OR i = 'a'$$);
SELECT * FROM outcomes($$SELECT c AS customer, 'i' || c AS item, 1 AS weight, date '2025-01-01' AS at FROM generate_series(1, 12) c$$);

-- NULL, NaN, infinite; nothing and less; as large and as small as it can be, and beyond; the ends of time
SELECT * FROM outcomes($$SELECT * FROM (VALUES (1, 'a', 1::float8, timestamptz '2025-01-01'), (1, 'b', 1, '2025-01-02'), (NULL, 'a', 1, '2025-01-01'), (2, NULL, 1, '2025-01-01'), (2, 'a', NULL, '2025-01-01'), (2, 'a', 1, NULL),
	(2, 'b', 'NaN', '2025-01-01'), (2, 'b', 'Infinity', '2025-01-01'), (2, 'b', 1, 'infinity'), (3, 'a', 1, '2025-01-05')) v (customer, item, weight, at)$$);
SELECT * FROM outcomes($$SELECT * FROM (VALUES (1, 'a', 2, date '2025-01-01'), (1, 'b', 1, '2025-01-02'), (2, 'a', 0, '2025-01-01'), (3, 'a', 1, '2025-01-01'), (3, 'b', 2, '2025-01-02'), (3, 'b', -5, '2025-01-03'), (4, 'a', 1, '2025-01-01')) v (customer, item, weight, at)$$);
SELECT * FROM outcomes($$SELECT * FROM (VALUES (1, 'a', 1e30::float8, date '2025-01-01'), (1, 'b', 1e-30, '2025-01-02'), (2, 'a', 1e-30, '2025-01-01'), (2, 'c', 1e30, '2025-01-03'), (3, 'a', 1, '0001-01-01')) v (customer, item, weight, at)$$);
SELECT * FROM outcomes($$SELECT * FROM (VALUES (1, 'a', 1e38::float8, date '2025-01-01'), (1, 'b', 1e300, '2025-01-02'), (2, 'a', 1e-300, '2025-01-01'), (2, 'c', 3e38, '2025-01-03'), (3, 'a', 1, '0001-01-01')) v (customer, item, weight, at)$$);
SELECT * FROM outcomes($$SELECT c AS customer, 'i' || i AS item, 1 AS weight, CASE WHEN c = 2 THEN '4713-01-01 BC'::timestamptz ELSE '294276-01-01' END AS at FROM generate_series(1, 9) c, generate_series(1, 12) i WHERE (c + i) % 3 = 0$$);

-- items that are in no catalogue; and an ordinary shop
SELECT * FROM outcomes($$SELECT c AS customer, 'gone' || i AS item, 1 AS weight, date '2025-01-01' AS at FROM generate_series(1, 9) c, generate_series(1, 4) i WHERE (c + i) % 3 = 0$$);
SELECT * FROM outcomes($$SELECT c AS customer, 'i' || i AS item, 1 + c % 2 AS weight, date '2025-01-01' + (c * i) % 90 AS at FROM generate_series(1, 24) c, generate_series(1, 12) i WHERE (c * 7 + i * i * 3 + (c * i) % 11) % 19 < 7$$);

-- keys of other types: uuid; a composite with quotes, line ends and letters of all kinds; bytes; an array
CREATE TYPE label AS (word text, no int);
CREATE TABLE keys AS SELECT c, ('00000000-0000-0000-0000-00000000000' || c)::uuid AS k_uuid, ROW (E'O''Neill "St",\n\\ \t(ä€😀)' || repeat('x', c), c)::label AS k_row,
	decode('00ff0' || c, 'hex') AS k_bytea, ARRAY['"', NULL, c::text, ''] AS k_array FROM generate_series(1, 5) c;
CREATE TABLE sold AS SELECT a.c AS who, b.c AS what, 1 AS weight, date '2025-01-01' + a.c * b.c AS at FROM keys a, keys b WHERE b.c IN (a.c, a.c % 5 + 1, 1);
SELECT k AS keys, o.* FROM unnest('{k_uuid,k_row,k_bytea,k_array}'::text[]) k, outcomes(format('SELECT a.%1$I AS customer, b.%1$I AS item, weight, at FROM sold JOIN keys a ON a.c = who JOIN keys b ON b.c = what', k),
	NULL, format('SELECT %I AS item, ''thing '' || c %% 2 AS title, ''c'' || c %% 2 AS category FROM keys', k)) o;
