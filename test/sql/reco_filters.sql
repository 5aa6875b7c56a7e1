-- What a list leaves out: items gone from the item source, too young or too old, of events of some types or times, of
-- too low a score.  Everything is left out before the first n are taken: n rows come unless fewer exist.
SET timezone = 'UTC';
\set ECHO none
\i test/data/raises.sql
\set ECHO all

-- 40 items, item i bought by 40 - i customers and looked at by some; two types of events
CREATE TABLE items (sku varchar(10) PRIMARY KEY, kind text, added date);
INSERT INTO items SELECT 'i' || lpad(i::text, 2, '0'), CASE WHEN i % 5 > 0 THEN 'kind ' || i % 4 END, DATE '2025-06-30' - i FROM generate_series(1, 40) i;
CREATE TABLE events (customer int, item text, what text, at timestamptz);
INSERT INTO events SELECT c, 'i' || lpad(i::text, 2, '0'), 'buy', timestamptz '2025-06-30' - (c % 90) * interval '1 day'
	FROM generate_series(1, 40) i, generate_series(1, 40 - i) c;
INSERT INTO events SELECT 100, 'i' || lpad(i::text, 2, '0'), CASE i % 3 WHEN 0 THEN 'buy' WHEN 1 THEN 'view' ELSE 'hide' END,
	timestamptz '2025-06-30' - i * interval '10 days' FROM generate_series(1, 9) i;
SELECT events, items FROM clusterseg.train_recommender('r', 'events', 'customer', 'item', at => 'at', algorithm => 'popular', event_type => 'what',
	item_source => 'items', item_key => 'sku', options => '{"event_weights": {"buy": 1, "view": 0.1, "hide": 0}, "category": "kind", "item_time": "added"}');
CREATE FUNCTION listed(customer int, n int DEFAULT 5, options jsonb DEFAULT '{}', exclude_seen boolean DEFAULT true) RETURNS text LANGUAGE sql
	AS $$SELECT concat_ws(': ', count(*), string_agg(substr(item_id, 2), ' ' ORDER BY rank)) FROM clusterseg.recommend('r', customer, n, exclude_seen, options => options)$$;

-- ---- which items there are ----

SELECT listed(-1);
BEGIN;
DELETE FROM items WHERE sku IN ('i01', 'i03');
-- gone is gone, in this transaction already
SELECT listed(-1) AS recommend, (SELECT string_agg(item_id, ' ' ORDER BY rank) FROM clusterseg.recommend_for_basket('r', '{i02}', 3)) AS basket,
	(SELECT string_agg(item_id, ' ' ORDER BY rank) FROM clusterseg.recommend_all('r', 3, false) WHERE customer_id = '39') AS recommend_all;
-- n rows unless fewer exist
SELECT listed(-1, 100);
ROLLBACK;
SELECT listed(-1, 3);
-- the item source is read as it is called for: candidates and it must both have an item
SELECT string_agg(item_id, ' ' ORDER BY rank) FROM clusterseg.recommend('r', -1, candidates => 'VALUES (''i07''), (''i01''), (''zz'')');
BEGIN;
DELETE FROM items;
SELECT listed(-1), (SELECT count(*) FROM clusterseg.recommend_all('r', 3));
ROLLBACK;
-- a row without a key is none; an item with several rows is there, with the first category and the latest time
BEGIN;
ALTER TABLE items DROP CONSTRAINT items_pkey;
ALTER TABLE items ALTER COLUMN sku DROP NOT NULL;
INSERT INTO items VALUES (NULL, 'x', NULL), ('i02', 'a kind', '2020-01-01');
SELECT listed(-1, 3), listed(-1, 100, '{"max_age": "5 days", "as_of": "2025-07-01"}');
ROLLBACK;

-- ---- ages: item i was added i days before 30 June ----

SELECT listed(-1, 100, '{"max_age": "5 days", "as_of": "2025-07-01"}') AS young, listed(-1, 3, '{"min_age": "11 days", "as_of": "2025-07-01"}') AS old,
	listed(-1, 100, '{"min_age": "11 days", "max_age": "13 days", "as_of": "2025-07-01 00:00+00"}') AS both_ends, listed(-1, 3, '{"max_age": "1 day"}') AS now;
SELECT listed(-1, 3, '{"max_age": "100 years"}') AS with_time FROM (SELECT) x;
BEGIN;
UPDATE items SET added = NULL WHERE sku = 'i02';
SELECT listed(-1, 3, '{"max_age": "100 years"}') AS not_without_time;
UPDATE items SET added = 'infinity' WHERE sku = 'i02';
SELECT listed(-1, 3, '{"max_age": "100 years"}') AS in_the_future, listed(-1, 3, '{"min_age": "0"}') AS no_longer;
ROLLBACK;
SELECT string_agg(item_id, ' ' ORDER BY rank) FROM clusterseg.recommend_all('r', 3, false, options => '{"max_age": "5 days", "as_of": "2025-07-01"}') WHERE customer_id = '3';

-- ---- caps: item 5, 10, ... are of no kind, and each other is of kind i mod 4 ----

SELECT string_agg(item_id, ' ' ORDER BY rank) FROM clusterseg.recommend('r', -1, 100, max_per_category => 1);
SELECT string_agg(item_id, ' ' ORDER BY rank) FROM clusterseg.recommend('r', -1, 6, max_per_category => 1, diversity => 0.5);
-- likeness by category: 3/39 of the score is less than 0.5 of likeness, so all kinds come before any comes twice
SELECT string_agg(item_id, ' ' ORDER BY rank) FROM clusterseg.recommend('r', -1, 9, diversity => 0.5);

-- ---- events ----

-- customer 100 bought 3, 6, 9, viewed 1, 4, 7, hid 2, 5, 8, item i 10 i days before 30 June
SELECT listed(100) AS all_seen, listed(100, exclude_seen => false) AS anything, listed(100, options => '{"exclude_types": ["buy"]}') AS bought,
	listed(100, options => '{"exclude_types": ["view", "hide"]}') AS not_bought;
SELECT listed(100, options => '{"exclude_within": "35 days", "as_of": "2025-06-30"}') AS lately,
	listed(100, options => '{"exclude_types": ["hide"], "exclude_within": "35 days", "as_of": "2025-06-30"}') AS hidden_lately,
	listed(100, options => '{"exclude_types": []}') AS nothing, listed(100, options => '{"exclude_types": ["it''s"]}', exclude_seen => true) AS no_such_type;
SELECT options, count(*) AS rows, count(s.item_id) AS agree
FROM unnest('{"{\"exclude_types\": [\"hide\"]}", "{\"exclude_within\": \"35 days\", \"as_of\": \"2025-06-30\"}", "{\"exclude_types\": [\"buy\"], \"exclude_within\": \"10 days\", \"as_of\": \"2025-06-30\"}"}'::jsonb[]) options,
	LATERAL (SELECT * FROM clusterseg.recommend_all('r', 7, options => options)) a
	LEFT JOIN LATERAL clusterseg.recommend('r', a.customer_id::int, 7, options => options) s ON (s.rank, s.item_id, s.score) = (a.rank, a.item_id, a.score)
GROUP BY options ORDER BY options::text;
-- an event of now is seen now
BEGIN;
INSERT INTO events VALUES (100, 'i10', 'hide', now()), (100, NULL, 'hide', now()), (100, 'nothing known', 'hide', now());
SELECT listed(100, 7, options => '{"exclude_types": ["hide"]}');
ROLLBACK;

-- ---- confidence: a share of the best score ----

SELECT round(min(score / 39)::numeric, 3) AS least, count(*) FROM clusterseg.recommend('r', -1, 100);
SELECT count(*) AS rows, min(score) >= 0.7 * max(score) AS above FROM clusterseg.recommend('r', -1, 100, options => '{"min_confidence": 0.7}');
SELECT count(*) FILTER (WHERE score >= 0.7 * best) AS rows FROM (SELECT score, max(score) OVER () AS best FROM clusterseg.recommend('r', -1, 100)) x;
-- the best is that of what may be listed
SELECT listed(-1, 3, '{"min_confidence": 1, "min_age": "20 days", "as_of": "2025-06-30"}');

-- kept lists are shaped as well
SELECT clusterseg.refresh_recommendations('r', 4, false, max_per_category => 1, options => '{"max_age": "20 days", "as_of": "2025-06-30"}') > 0 AS written;
SELECT count(*) FROM (SELECT customer_id::text, rank, item_id, score, source FROM r_recommendations EXCEPT
	SELECT customer_id, rank, item_id, score, source FROM clusterseg.recommend_all('r', 4, false, max_per_category => 1, options => '{"max_age": "20 days", "as_of": "2025-06-30"}')) x;
SELECT string_agg(item_id, ' ' ORDER BY rank) FROM r_recommendations WHERE customer_id = 3;

-- ---- what is no such thing ----
\pset format unaligned
\pset tuples_only on
SELECT raises($$SELECT listed(1, options => '{"max_age": "soon"}')$$);
SELECT raises($$SELECT listed(1, options => '{"max_age": 5}')$$);
SELECT raises($$SELECT listed(1, options => '{"as_of": "yesterday-ish"}')$$);
SELECT raises($$SELECT listed(1, options => '{"min_age": "5 days", "max_age": "4 days"}')$$);
SELECT raises($$SELECT listed(1, options => '{"exclude_types": "buy"}')$$);
SELECT raises($$SELECT listed(1, options => '{"exclude_within": "a while"}')$$);
SELECT raises($$SELECT listed(1, options => '{"min_confidence": 2}')$$);
SELECT raises($$SELECT listed(1, options => '{"item_time": "kind"}')$$);
SELECT raises($$SELECT clusterseg.recommend_for_basket('r', '{i01}', options => '{"exclude_types": ["buy"]}')$$);
SELECT events FROM clusterseg.train_recommender('bare', 'events', 'customer', 'item', algorithm => 'popular');
SELECT raises($$SELECT clusterseg.recommend('bare', 1, options => '{"max_age": "5 days"}')$$);
SELECT raises($$SELECT clusterseg.recommend('bare', 1, options => '{"exclude_types": ["buy"]}')$$);
SELECT raises($$SELECT clusterseg.recommend('bare', 1, options => '{"exclude_within": "5 days"}')$$);
SELECT raises($$SELECT clusterseg.recommend_all('bare', 1, options => '{"exclude_within": "5 days"}')$$);
SELECT raises($$SELECT clusterseg.recommend('r', 40, diversity => 1.5)$$);
SELECT raises($$SELECT clusterseg.recommend('r', 40, diversity => 'NaN')$$);
SELECT raises($$SELECT clusterseg.recommend('r', 40, max_per_category => 0)$$);
SELECT raises($$SELECT clusterseg.recommend('r', 40, explore => -0.1)$$);
SELECT raises($$SELECT clusterseg.recommend('r', 40, options => '{"colour": "blue"}')$$);
SELECT raises($$SELECT clusterseg.recommend('r', 40, options => '[1]')$$);
SELECT raises($$SELECT clusterseg.recommend('r', 40, options => '{"seed": 1.5}')$$);
SELECT raises($$SELECT clusterseg.recommend('r', 40, options => '{"similarity": "colour"}')$$);
SELECT raises($$SELECT clusterseg.recommend('r', 40, max_per_category => 1, options => '{"category": "colour"}')$$);
SELECT raises($$SELECT clusterseg.recommend('r', 40, options => '{"promoted": ["a"], "promoted_from": "items"}')$$);
SELECT raises($$SELECT clusterseg.recommend('r', 40, options => '{"promoted_share": 0.5}')$$);
SELECT raises($$SELECT clusterseg.recommend('r', 40, options => '{"promoted": "tea-01"}')$$);
SELECT raises($$SELECT clusterseg.recommend('r', 40, options => '{"promoted_from": "no_table"}')$$);
SELECT raises($$SELECT clusterseg.recommend('bare', 40, max_per_category => 1)$$);
SELECT raises($$SELECT clusterseg.recommend('bare', 40, diversity => 0.5)$$);
SELECT raises($$SELECT clusterseg.recommend('bare', 40, options => '{"category": "added"}')$$);
SELECT raises($$SELECT clusterseg.recommend_all('bare', 5, diversity => 0.5)$$);
SELECT raises($$SELECT clusterseg.recommend_for_segment('r', 1, diversity => 2)$$);
SELECT raises($$SELECT clusterseg.train_recommender('t', 'events', 'customer', 'item', algorithm => 'itemknn', item_key => 'sku')$$);
SELECT raises($$SELECT clusterseg.train_recommender('t', 'events', 'customer', 'item', algorithm => 'itemknn', item_source => 'no_table')$$);
SELECT raises($$SELECT clusterseg.train_recommender('t', 'events', 'customer', 'item', algorithm => 'itemknn', item_source => 'items', item_key => 'item')$$);
SELECT raises($$SELECT clusterseg.train_recommender('t', 'events', 'customer', 'item', algorithm => 'itemknn', item_source => 'items', item_key => 'added')$$);
SELECT raises($$SELECT clusterseg.train_recommender('t', 'events', 'customer', 'item', algorithm => 'itemknn', item_source => 'items', item_key => 'sku', options => '{"category": "colour"}')$$);
SELECT raises($$SELECT clusterseg.train_recommender('t', 'events', 'customer', 'item', algorithm => 'itemknn', item_source => 'items', item_key => 'sku', options => '{"category": 5}')$$);
SELECT raises($$SELECT clusterseg.train_recommender('t', 'events', 'customer', 'item', algorithm => 'itemknn', item_source => 'items', item_key => 'sku', options => '{"item_time": "kind"}')$$);
SELECT raises($$SELECT clusterseg.train_recommender('t', 'events', 'customer', 'item', algorithm => 'itemknn', options => '{"category": "kind"}')$$);
SELECT raises($$SELECT clusterseg.train_recommender('t', 'events', 'customer', 'item', algorithm => 'itemknn', item_source => 'DELETE FROM items RETURNING *')$$);
SELECT count(*) FROM clusterseg.models WHERE model = 't';
-- a source that is gone
BEGIN;
ALTER TABLE items RENAME TO former_items;
SELECT raises($$SELECT clusterseg.recommend('r', -1)$$);
ROLLBACK;
BEGIN;
ALTER TABLE items DROP COLUMN kind;
SELECT listed(-1, 2);
SELECT raises($$SELECT clusterseg.recommend('r', -1, max_per_category => 2)$$);
ROLLBACK;

-- ---- life ----
\pset format aligned
\pset tuples_only off
-- refresh keeps the item source; an exported model has none, as no SQL goes with a file
SELECT version FROM clusterseg.refresh('r');
SELECT count(*) AS sources FROM clusterseg._reco_item_sources;
DELETE FROM items WHERE sku = 'i01';
SELECT listed(-1, 2);
SELECT clusterseg.import_model('copy', clusterseg.export_model('r'));
SELECT string_agg(item_id, ' ' ORDER BY rank) FROM clusterseg.recommend_for_basket('copy', '{}', 2);
SELECT clusterseg.drop_model('r');
SELECT count(*) AS sources FROM clusterseg._reco_item_sources;
-- keys of other types
CREATE TABLE numbered AS SELECT c AS customer, i AS item FROM generate_series(1, 9) c, generate_series(1, 9) i WHERE c >= i;
CREATE TABLE catalogue AS SELECT i::bigint AS item FROM generate_series(2, 9) i;
SELECT items FROM clusterseg.train_recommender('n', 'numbered', 'customer', 'item', algorithm => 'popular', item_source => 'catalogue');
SELECT string_agg(item_id, ' ' ORDER BY rank) FROM clusterseg.recommend('n', NULL::int, 4);
INSERT INTO catalogue VALUES (9000000000);
SELECT string_agg(item_id, ' ' ORDER BY rank) FROM clusterseg.recommend('n', NULL::int, 3);
DELETE FROM catalogue WHERE item > 9;
CREATE TYPE place AS (street text, no int);
SELECT items FROM clusterseg.train_recommender('p', 'SELECT customer, ROW (''a "b"'', item)::place AS item FROM numbered', 'customer', 'item', algorithm => 'popular',
	item_source => 'SELECT ROW (''a "b"'', item)::place AS item FROM catalogue');
SELECT string_agg(item_id, ' ' ORDER BY rank) FROM clusterseg.recommend('p', NULL::int, 3);
