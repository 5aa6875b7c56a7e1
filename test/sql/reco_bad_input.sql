-- Recommenders on rows and arguments that are wrong, odd or hostile: a clear error that leaves nothing behind, or the right answer.
SET timezone = 'UTC';
\set ECHO none
\i test/data/raises.sql
\set ECHO all
\pset null '(null)'

-- ---- rows ----

-- NULL customers, items, weights and times, and what is not finite: skipped and counted.  Of 12 rows 5 remain
CREATE TABLE dirty (customer int, item text, weight float8, at timestamptz);
INSERT INTO dirty VALUES (1, 'a', 1, '2024-01-01'), (2, 'a', 2, '2024-01-02'), (2, 'b', 1, '2024-01-03'), (3, 'b', 1, '2024-01-03'), (3, '', 1, '2024-01-03'),
	(NULL, 'a', 1, '2024-01-01'), (1, NULL, 1, '2024-01-01'), (1, 'c', NULL, '2024-01-01'), (1, 'd', 'NaN', '2024-01-01'), (1, 'e', 'Infinity', '2024-01-01'),
	(1, 'f', 1, NULL), (1, 'g', 1, 'infinity');
SELECT events, customers, items, skipped FROM clusterseg.train_recommender('r', 'dirty', 'customer', 'item', 'weight', 'at', 'popular');
SELECT item_id, score FROM clusterseg.recommend('r', NULL::int);
SELECT events, customers, items, skipped FROM clusterseg.train_recommender('r', 'dirty', 'customer', 'item', 'weight', algorithm => 'popular');
SELECT events, customers, items, skipped FROM clusterseg.train_recommender('r', 'dirty', 'customer', 'item', algorithm => 'popular');
-- the same rows are left out when the history is read: of customer 1 only a counts as seen
SELECT version FROM clusterseg.train_recommender('r', 'dirty', 'customer', 'item', 'weight', 'at', 'itemknn');
SELECT item_id, source FROM clusterseg.recommend('r', 1);

-- weights of 0 and below: what adds up to nothing is no event, and no neighbour
CREATE TABLE zero (customer int, item text, weight numeric);
INSERT INTO zero VALUES (1, 'a', 0), (1, 'b', 1), (2, 'a', 1), (2, 'b', 1), (3, 'a', -3), (3, 'a', 3), (3, 'b', 2), (3, 'b', -5), (4, 'c', 1e29), (5, 'd', 1e-30);
SELECT events, customers, items, skipped FROM clusterseg.train_recommender('r', 'zero', 'customer', 'item', 'weight', algorithm => 'itemknn');
SELECT item_id, popularity, customers FROM clusterseg._reco_items WHERE version_id = (SELECT published_id FROM clusterseg.models WHERE model = 'r') ORDER BY item_no;
SELECT item_id FROM clusterseg.similar_items('r', 'a');
-- touched is touched: 3 sent a and b back and is not offered them again
SELECT item_id, score < 1e30 AND score > 0 AS finite FROM clusterseg.recommend('r', 3);

-- duplicates: a customer who has an item has it once
CREATE TABLE twice AS SELECT c AS customer, i AS item FROM generate_series(1, 3) c, unnest('{x,y}'::text[]) i, generate_series(1, 5);
SELECT events, customers, items FROM clusterseg.train_recommender('r', 'twice', 'customer', 'item', algorithm => 'itemknn', options => '{"similarity": "cosine", "shrink": 0}');
SELECT item_id, score FROM clusterseg.similar_items('r', 'x');
-- who has everything: nothing is left, or everything again
SELECT count(*) FROM clusterseg.recommend('r', 1);
SELECT item_id FROM clusterseg.recommend('r', 1, exclude_seen => false);
SELECT count(*) FROM clusterseg.recommend_all('r');

-- one customer; one item; one event
SELECT t.algorithm, t.events, t.customers, t.items FROM unnest('{popular,itemknn}'::text[]) a,
	clusterseg.train_recommender('r', 'SELECT 1 AS c, i AS i FROM generate_series(1, 3) i', 'c', 'i', algorithm => a) t;
SELECT rank, item_id, source FROM clusterseg.recommend('r', 2);
SELECT t.algorithm, t.events, t.customers, t.items FROM unnest('{popular,itemknn}'::text[]) a,
	clusterseg.train_recommender('r', 'SELECT c, ''only'' AS i FROM generate_series(1, 3) c', 'c', 'i', algorithm => a) t;
SELECT rank, item_id, source FROM clusterseg.recommend('r', 9) UNION ALL SELECT rank, item_id, source FROM clusterseg.recommend('r', 1);
SELECT count(*) FROM clusterseg.similar_items('r', 'only');
SELECT events, customers, items FROM clusterseg.train_recommender('r', 'SELECT 1 AS c, NULL::text AS i UNION ALL SELECT 2, ''x''', 'c', 'i', algorithm => 'itemknn');

-- a time in the future, by mistake: it counts as now and does not make all others old
CREATE TABLE future (customer int, item text, at timestamptz);
INSERT INTO future SELECT c, 'now', now() - interval '1 hour' FROM generate_series(1, 5) c UNION ALL SELECT 6, 'typo', now() + interval '1000 years';
\set VERBOSITY terse
SELECT events, skipped FROM clusterseg.train_recommender('r', 'future', 'customer', 'item', at => 'at', algorithm => 'popular', options => '{"half_life": 1}');
\set VERBOSITY default
SELECT item_id, round(score::numeric, 1) AS score FROM clusterseg.recommend('r', NULL::int);

-- ---- keys of any type ----

CREATE TYPE place AS (street text, no int);
CREATE TYPE size AS ENUM ('small', 'large');
CREATE DOMAIN code AS varchar(20) CHECK (value <> '');
CREATE TABLE kinds AS SELECT c,
	c::smallint AS k_int2, c::bigint * 10000000000 AS k_int8, (c || '.50')::numeric AS k_numeric, 'n' || c AS k_text, ('n''"\ ' || c)::varchar(12) AS k_varchar,
	('x' || c)::char(5) AS k_char, ('d' || c)::code AS k_domain, ('00000000-0000-0000-0000-00000000000' || c)::uuid AS k_uuid, DATE '2024-01-01' + c AS k_date,
	timestamptz '2024-01-01 12:00+00' + c * interval '1 hour' AS k_timestamptz, CASE c % 2 WHEN 1 THEN 'small' ELSE 'large' END::size AS k_enum,
	(c % 2 = 1) AS k_bool, ROW ('O''Neill "St", \1', c)::place AS k_row, decode('00ff0' || c, 'hex') AS k_bytea, ARRAY[c, NULL, 7] AS k_array, c / 3.0::float8 AS k_float8
	FROM generate_series(1, 4) c;
CREATE FUNCTION try_key(k text) RETURNS TABLE (type text, items bigint, listed bigint, unseen boolean, similar_to bigint, native boolean) LANGUAGE plpgsql AS $$
BEGIN
	EXECUTE format('SELECT format_type(atttypid, atttypmod) FROM pg_attribute WHERE attrelid = ''kinds''::regclass AND attname = %L', k) INTO type;
	-- the column as customer and as item: each customer has its own number and the next, so 1 is recommended what 2 has: 3, and 4
	SELECT t.items INTO items FROM clusterseg.train_recommender('kind', format('SELECT a.%1$I AS c, b.%1$I AS i FROM kinds a JOIN kinds b ON b.c = a.c OR b.c = a.c + 1', k), 'c', 'i', algorithm => 'itemknn') t;
	EXECUTE format('SELECT count(*), bool_and(NOT EXISTS (SELECT FROM clusterseg.explain_recommendation(''kind'', x.%1$I, r.item_id) e WHERE e.term = r.item_id))
		FROM kinds x, clusterseg.recommend(''kind'', x.%1$I) r WHERE x.c = 1', k) INTO listed, unseen;
	EXECUTE format('SELECT count(*) FROM kinds x, clusterseg.similar_items(''kind'', x.%1$I)', k) INTO similar_to;
	PERFORM clusterseg.refresh_recommendations('kind');
	EXECUTE format('SELECT bool_and(EXISTS (SELECT FROM kinds y WHERE y.%1$I = r.item_id)) FROM kind_recommendations r JOIN kinds x ON x.%1$I = r.customer_id', k) INTO native;
	PERFORM clusterseg.drop_model('kind');
	RETURN NEXT;
END
$$;
SELECT t.* FROM unnest('{k_int2,k_int8,k_numeric,k_text,k_varchar,k_char,k_domain,k_uuid,k_date,k_timestamptz,k_enum,k_bool,k_row,k_bytea,k_array,k_float8}'::text[]) k, try_key(k) t;
-- a key is the same whatever type it comes in: 17, bigint 17, '17', and 1.0 for numeric 1.00
CREATE TABLE sold (customer int, item numeric);
INSERT INTO sold VALUES (17, 1.00), (17, 2.50), (18, 1.0), (18, 3), (19, 2.5);
SELECT items FROM clusterseg.train_recommender('r', 'sold', 'customer', 'item', algorithm => 'itemknn');
SELECT count(*) AS lists FROM (SELECT array_agg(r.item_id) FROM clusterseg.recommend('r', 17) r UNION SELECT array_agg(r.item_id) FROM clusterseg.recommend('r', 17::bigint) r
	UNION SELECT array_agg(r.item_id) FROM clusterseg.recommend('r', 17::smallint) r UNION SELECT array_agg(r.item_id) FROM clusterseg.recommend('r', '17') r
	UNION SELECT array_agg(r.item_id) FROM clusterseg.recommend('r', '17'::text) r UNION SELECT array_agg(r.item_id) FROM clusterseg.recommend('r', 17.0) r) x;
SELECT item_id FROM clusterseg.similar_items('r', 1) UNION ALL SELECT item_id FROM clusterseg.similar_items('r', 1.000) UNION ALL SELECT item_id FROM clusterseg.similar_items('r', '1');
SELECT count(*) AS popular FROM clusterseg.recommend('r', 99999999999) WHERE source = 'popular';

-- names that need quoting
CREATE SCHEMA "Odd ""schema"".x";
CREATE TABLE "Odd ""schema"".x"."T'able" ("Who's;--" int, "select" text, "We ight" int, "when" date);
INSERT INTO "Odd ""schema"".x"."T'able" VALUES (1, 'it''s', 1, '2024-01-01'), (1, '"', 2, '2024-01-02'), (2, 'it''s', 1, '2024-01-03');
SELECT events, items FROM clusterseg.train_recommender('O''dd "model"', '"Odd ""schema"".x"."T''able"', 'Who''s;--', 'select', 'We ight', 'when', algorithm => 'itemknn', output_schema => 'Odd "schema".x');
SELECT item_id, source, reason FROM clusterseg.recommend('O''dd "model"', 2);
SELECT clusterseg.refresh_recommendations('O''dd "model"');
TABLE "Odd ""schema"".x"."O'dd ""model""_recommendations" LIMIT 0;

-- ---- arguments of recommend() ----

CREATE TABLE shop (customer int, item text);
INSERT INTO shop SELECT c, 'item ' || i FROM generate_series(1, 30) c, generate_series(1, 12) i WHERE (c * i) % 7 < 3;
SELECT items FROM clusterseg.train_recommender('shop', 'shop', 'customer', 'item', algorithm => 'itemknn');
SELECT (SELECT count(*) FROM clusterseg.recommend('shop', 3, 0)) AS none, (SELECT count(*) FROM clusterseg.recommend('shop', 3, 1000000)) AS all_there_are,
	(SELECT count(DISTINCT item) FROM shop) - (SELECT count(DISTINCT item) FROM shop WHERE customer = 3) AS not_seen,
	(SELECT count(*) FROM clusterseg.recommend('shop', 3, 2147483647)) AS most, (SELECT count(*) FROM clusterseg.recommend('shop', 3, NULL)) AS ten;
-- items that have gone from the source since: the model still knows them, candidates leave them out
DELETE FROM shop WHERE item IN ('item 7', 'item 12');
SELECT count(*) FILTER (WHERE item_id IN ('item 7', 'item 12')) AS gone_and_listed FROM clusterseg.recommend('shop', 99, 100);
SELECT count(*) FILTER (WHERE item_id IN ('item 7', 'item 12')) AS gone_and_listed, count(*) FROM clusterseg.recommend('shop', 99, 100, candidates => 'SELECT item FROM shop');
-- and what is new since: it is in the history and leads nowhere
INSERT INTO shop VALUES (98, 'new'), (98, 'new'), (98, 'newer');
SELECT count(*), bool_and(source = 'popular') AS popular FROM clusterseg.recommend('shop', 98, 100);

\pset format unaligned
\pset tuples_only on
SELECT raises($$SELECT clusterseg.recommend('shop', 3, -1)$$);
SELECT raises($$SELECT clusterseg.recommend('nothing', 3)$$);
SELECT raises($$SELECT clusterseg.recommend(NULL, 3)$$);
SELECT raises($$SELECT clusterseg.recommend('shop', 'not a number'::text)$$);
SELECT raises($$SELECT clusterseg.recommend('shop', 3, candidates => 'no_table')$$);
SELECT raises($$SELECT clusterseg.recommend('shop', 3, candidates => 'DELETE FROM shop RETURNING item')$$);
SELECT raises($$SELECT clusterseg.recommend('shop', 3, candidates => 'WITH gone AS (DELETE FROM shop RETURNING item) SELECT * FROM gone')$$);
SELECT raises($$SELECT clusterseg.recommend('shop', 3, candidates => 'SELECT 1; DROP TABLE shop')$$);
SELECT raises($$SELECT clusterseg.recommend('shop', 3, candidates => 'SELECT')$$);
SELECT raises($$SELECT clusterseg.recommend('shop', 3, candidates => '')$$);
SELECT raises($$SELECT clusterseg.recommend_for_basket('shop', '{{item 1},{item 2}}', -5)$$);
SELECT raises($$SELECT clusterseg.recommend_for_segment('shop', 1)$$);
SELECT raises($$SELECT clusterseg.similar_items('shop', NULL::text)$$);
SELECT raises($$SELECT clusterseg.rank_items('shop', 3, NULL)$$);
SELECT raises($$SELECT clusterseg.explain_recommendation('shop', 3, NULL::text)$$);
SELECT raises($$SELECT clusterseg.recommend_all('shop', -1)$$);
SELECT raises($$SELECT clusterseg.refresh_recommendations('shop', -1)$$);
SELECT raises($$SELECT clusterseg.refresh_recommendations('nothing')$$);

-- ---- arguments of train_recommender() ----

SELECT raises($$SELECT clusterseg.train_recommender('t', 'no_table', 'customer', 'item', algorithm => 'itemknn')$$);
SELECT raises($$SELECT clusterseg.train_recommender('t', 'shop', 'client', 'item', algorithm => 'itemknn')$$);
SELECT raises($$SELECT clusterseg.train_recommender('t', 'shop', 'customer', 'Item', algorithm => 'itemknn')$$);
SELECT raises($$SELECT clusterseg.train_recommender('t', 'shop', 'customer', 'item', 'pieces', algorithm => 'itemknn')$$);
SELECT raises($$SELECT clusterseg.train_recommender('t', 'shop', 'customer', 'item', 'item', algorithm => 'itemknn')$$);
SELECT raises($$SELECT clusterseg.train_recommender('t', 'shop', 'customer', 'item', algorithm => 'itemknn', at => 'when')$$);
SELECT raises($$SELECT clusterseg.train_recommender('t', 'shop', 'customer', 'item', algorithm => 'itemknn', at => 'customer')$$);
SELECT raises($$SELECT clusterseg.train_recommender('t', 'shop', NULL, 'item', algorithm => 'itemknn')$$);
SELECT raises($$SELECT clusterseg.train_recommender('t', NULL, 'customer', 'item', algorithm => 'itemknn')$$);
SELECT raises($$SELECT clusterseg.train_recommender(NULL, 'shop', 'customer', 'item', algorithm => 'itemknn')$$);
SELECT raises($$SELECT clusterseg.train_recommender('', 'shop', 'customer', 'item', algorithm => 'itemknn')$$);
SELECT raises($$SELECT clusterseg.train_recommender(repeat('x', 48), 'shop', 'customer', 'item', algorithm => 'itemknn')$$);
SELECT raises($$SELECT clusterseg.train_recommender('t', 'shop', 'customer', 'item', algorithm => 'magic')$$);
SELECT raises($$SELECT clusterseg.train_recommender('t', 'shop', 'customer', 'item', algorithm => NULL)$$);
SELECT raises($$SELECT clusterseg.train_recommender('t', 'shop', 'customer', 'item', algorithm => 'itemknn', seed => NULL)$$);
SELECT raises($$SELECT clusterseg.train_recommender('t', 'shop', 'customer', 'item', algorithm => 'itemknn', publish => NULL)$$);
SELECT raises($$SELECT clusterseg.train_recommender('t', 'shop', 'customer', 'item', algorithm => 'itemknn', segmentation => 'nothing')$$);
SELECT raises($$SELECT clusterseg.train_recommender('t', 'shop', 'customer', 'item', algorithm => 'itemknn', output_schema => 'nowhere')$$);
SELECT raises($$SELECT clusterseg.train_recommender('t', 'SELECT * FROM shop WHERE false', 'customer', 'item', algorithm => 'itemknn')$$);
SELECT raises($$SELECT clusterseg.train_recommender('t', 'SELECT customer, NULL::text AS item FROM shop', 'customer', 'item', algorithm => 'itemknn')$$);
SELECT raises($$SELECT clusterseg.train_recommender('t', 'SELECT *, -1 AS w FROM shop', 'customer', 'item', 'w', algorithm => 'itemknn')$$);
SELECT raises($$SELECT clusterseg.train_recommender('t', 'SELECT customer, item, item FROM shop', 'customer', 'item', algorithm => 'itemknn')$$);
SELECT raises($$SELECT clusterseg.train_recommender('t', 'DELETE FROM shop RETURNING *', 'customer', 'item', algorithm => 'itemknn')$$);
SELECT raises($$SELECT clusterseg.train_recommender('t', 'SELECT customer, item, 1 / (customer - 5) AS w FROM shop', 'customer', 'item', 'w', algorithm => 'itemknn')$$);
SELECT raises($$SELECT clusterseg.train_recommender('t', 'shop', 'customer', 'item', algorithm => 'itemknn', options => '{"half_lives": 3}')$$);
SELECT raises($$SELECT clusterseg.train_recommender('t', 'shop', 'customer', 'item', algorithm => 'itemknn', options => '{"min_events": -1}')$$);
SELECT raises($$SELECT clusterseg.train_recommender('t', 'shop', 'customer', 'item', algorithm => 'itemknn', options => '{"event_weights": {"view": 1}}')$$);
SELECT raises($$SELECT clusterseg.train_recommender('t', 'shop', 'customer', 'item', algorithm => 'itemknn', event_type => 'item', options => '{"event_weights": {"item 1": "much"}}')$$);
SELECT raises($$SELECT clusterseg.train_recommender('t', 'shop', 'customer', 'item', algorithm => 'itemknn', event_type => 'kind', options => '{"event_weights": {"view": 1}}')$$);
SELECT raises($$SELECT clusterseg.train_recommender('t', 'shop', 'customer', 'item', algorithm => 'itemknn', event_type => 'item', options => '{"event_weights": {}}')$$);
SELECT raises($$SELECT clusterseg.train_recommender('t', 'SELECT x AS customer, x AS item FROM generate_series(1, 200000) x', 'customer', 'item', algorithm => 'itemknn', options => '{"memory": 1}')$$);
-- a name that a segmentation has, and the other way round
SELECT k FROM clusterseg.train('people', 'SELECT customer, count(*) AS n, sum(length(item)) AS l FROM shop GROUP BY 1', 'customer', '{n,l}', k => 2);
SELECT raises($$SELECT clusterseg.train_recommender('people', 'shop', 'customer', 'item', algorithm => 'itemknn')$$);
SELECT raises($$SELECT clusterseg.train('shop', 'SELECT customer, count(*) AS n FROM shop GROUP BY 1', 'customer', '{n}', k => 2)$$);
-- the table of the recommendations is somebody else's
CREATE TABLE shop_recommendations (mine text);
SELECT raises($$SELECT clusterseg.refresh_recommendations('shop')$$);
SELECT clusterseg.drop_model('shop');
TABLE shop_recommendations;
SELECT raises($$SELECT clusterseg.train_recommender('shop', 'shop', 'customer', 'item', algorithm => 'itemknn')$$);
-- keys of another type than the table has
SELECT items FROM clusterseg.train_recommender('keys', 'shop', 'customer', 'item', algorithm => 'itemknn');
SELECT clusterseg.refresh_recommendations('keys', 1);
SELECT items FROM clusterseg.train_recommender('keys', 'SELECT customer::text, item FROM shop', 'customer', 'item', algorithm => 'itemknn');
SELECT raises($$SELECT clusterseg.refresh_recommendations('keys', 1)$$);
DROP TABLE keys_recommendations;
SELECT clusterseg.refresh_recommendations('keys', 1);
SELECT count(*) FROM clusterseg.models WHERE model = 't';

-- ---- tables that somebody altered ----

SELECT items FROM clusterseg.train_recommender('broken', 'twice', 'customer', 'item', algorithm => 'itemknn');
CREATE FUNCTION broken(change text) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
	result text;
BEGIN
	BEGIN
		PERFORM clusterseg.train_recommender('broken', 'twice', 'customer', 'item', algorithm => 'itemknn');	-- a version of its own, nothing of it read yet
		EXECUTE replace(change, '$id', (SELECT published_id::text FROM clusterseg.models WHERE model = 'broken'));
		result := raises($q$SELECT clusterseg.recommend('broken', 9), clusterseg.recommend('broken', 1, exclude_seen => false)$q$);
		RAISE EXCEPTION 'undo';
	EXCEPTION WHEN raise_exception THEN
		RETURN concat_ws(E'\n', change, result);
	END;
END
$$;
SELECT broken(c) FROM unnest(ARRAY[
	$$UPDATE clusterseg._reco_neighbours SET weights = '{Infinity}' WHERE version_id = $id$$,
	$$UPDATE clusterseg._reco_neighbours SET weights = '{NaN}' WHERE version_id = $id$$,
	$$UPDATE clusterseg._reco_neighbours SET weights = '{Infinity}' WHERE version_id = $id$$,
	$$UPDATE clusterseg._reco_neighbours SET weights = '{1,2}' WHERE version_id = $id$$,
	$$UPDATE clusterseg._reco_neighbours SET weights = '{NULL}' WHERE version_id = $id$$,
	$$UPDATE clusterseg._reco_neighbours SET targets = '{77}' WHERE version_id = $id$$,
	$$UPDATE clusterseg._reco_neighbours SET targets = '{-1}' WHERE version_id = $id$$,
	$$UPDATE clusterseg._reco_neighbours SET targets = '{{0},{1}}', weights = '{1,1}' WHERE version_id = $id$$,
	$$UPDATE clusterseg._reco_neighbours SET targets = '{1,1}', weights = '{1,1}' WHERE version_id = $id$$,
	$$UPDATE clusterseg._reco_lists SET items = '{5}', scores = '{1}' WHERE version_id = $id$$,
	$$UPDATE clusterseg._reco_lists SET scores = '{1}' WHERE version_id = $id$$,
	$$UPDATE clusterseg._reco_lists SET items = '{0,0,0,0,0}', scores = '{5,4,3,2,1}' WHERE version_id = $id$$,
	$$UPDATE clusterseg._reco_lists SET scores = '{NaN,Infinity}' WHERE version_id = $id$$,
	$$UPDATE clusterseg._reco_items SET item_no = item_no + 5 WHERE version_id = $id$$,
	$$DELETE FROM clusterseg._reco_items WHERE version_id = $id$$,
	$$DELETE FROM clusterseg._reco_lists WHERE version_id = $id$$,
	$$DELETE FROM clusterseg._recommenders WHERE version_id = $id$$,
	$$UPDATE clusterseg._recommenders SET items = -1 WHERE version_id = $id$$,
	$$UPDATE clusterseg._recommenders SET items = 1 WHERE version_id = $id$$,
	$$UPDATE clusterseg._recommenders SET items = 2000000000 WHERE version_id = $id$$,
	$$UPDATE clusterseg._recommenders SET half_life = 'NaN' WHERE version_id = $id$$,
	$$UPDATE clusterseg._recommenders SET algorithm = 'magic' WHERE version_id = $id$$,
	$$UPDATE clusterseg._recommenders SET customer_type = 'nothing' WHERE version_id = $id$$,
	$$UPDATE clusterseg._recommenders SET source_from = 'nothing AS q' WHERE version_id = $id$$]) c;
