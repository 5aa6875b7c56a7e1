-- popular: what most customers have.  Expected numbers are counted by hand from the events below, and once by plain SQL.
SET timezone = 'UTC';
\set ECHO none
\i test/data/raises.sql
\set ECHO all

CREATE TABLE events (customer int, item text, pieces float8, at timestamptz);
INSERT INTO events VALUES
	(1, 'apple', 1, '2024-01-01'), (1, 'bread', 2, '2024-01-11'), (1, 'apple', 3, '2024-01-21'),
	(2, 'apple', 1, '2024-01-21'), (2, 'cheese', 5, '2024-01-31'),
	(3, 'bread', 1, '2024-01-31'), (3, 'cheese', 1, '2024-01-11'), (3, 'dates', 9, '2024-01-31'),
	(4, 'apple', 2, '2024-01-01'), (4, 'eggs', 1, '2024-01-21');

-- without weights a customer counts once for an item, however often it was bought: apple 1, 2, 4; bread and cheese two each
SELECT model, version, algorithm, events, customers, items, skipped, seconds >= 0 AS took, published
FROM clusterseg.train_recommender('best', 'events', 'customer', 'item', algorithm => 'popular');
SELECT rank, item_id, score, source, reason FROM clusterseg.recommend('best', NULL::int);
SELECT rank, item_id, score FROM clusterseg.recommend('best', 3);
SELECT rank, item_id, score FROM clusterseg.recommend('best', 3, exclude_seen => false);

-- with weights pieces add up: apple 1 + 3 + 1 + 2 = 7, bread 3, cheese 6, dates 9, eggs 1
SELECT version, algorithm FROM clusterseg.train_recommender('best', 'events', 'customer', 'item', 'pieces', algorithm => 'popular');
SELECT item_id, score FROM clusterseg.recommend('best', NULL::int);

-- half-life 10 days, by the customer's last event with the item; the latest event of all is of 31 January.
-- apple 2^-1 + 2^-1 + 2^-3 = 1.125, bread 2^-2 + 1 = 1.25, cheese 1 + 2^-2 = 1.25, dates 1, eggs 2^-1
SELECT version FROM clusterseg.train_recommender('best', 'events', 'customer', 'item', at => 'at', algorithm => 'popular',
	options => '{"half_life": 10}');
SELECT item_id, score FROM clusterseg.recommend('best', NULL::int);

-- the same with weights: apple 4/2 + 1/2 + 2/8 = 2.75, bread 2/4 + 1 = 1.5, cheese 5 + 1/4 = 5.25, dates 9, eggs 1/2
SELECT version FROM clusterseg.train_recommender('best', 'events', 'customer', 'item', 'pieces', 'at', 'popular', options => '{"half_life": 10}');
SELECT item_id, score FROM clusterseg.recommend('best', NULL::int);

-- a window of 15 days: of who touched it after 16 January; the rest follows in the order of all times, below what is listed.
-- apple 1 and 2 (4 did on the 1st), bread 3, cheese 2, dates 3, eggs 4; nothing is left for the rest
SELECT version FROM clusterseg.train_recommender('best', 'events', 'customer', 'item', at => 'at', algorithm => 'popular', options => '{"window": 15}');
SELECT item_id, score, source, reason FROM clusterseg.recommend('best', NULL::int);
-- 5 days: bread, cheese, dates; then apple (3 customers) at half of the last score, and eggs (1) a third of that
SELECT version FROM clusterseg.train_recommender('best', 'events', 'customer', 'item', at => 'at', algorithm => 'popular', options => '{"window": 5}');
SELECT item_id, round(score::numeric, 6) AS score, source, reason FROM clusterseg.recommend('best', NULL::int);

-- min_events: items that fewer customers have are not recommended
SELECT version, items FROM clusterseg.train_recommender('best', 'events', 'customer', 'item', algorithm => 'popular', options => '{"min_events": 2}');
SELECT item_id, score FROM clusterseg.recommend('best', NULL::int);
-- nobody has so many: nothing to recommend, and no error
SELECT version, items FROM clusterseg.train_recommender('best', 'events', 'customer', 'item', algorithm => 'popular', options => '{"min_events": 9}');
SELECT count(*) FROM clusterseg.recommend('best', NULL::int);

-- max_history: of each customer the items touched last (1: bread and apple of the 11th and 21st)
SELECT version FROM clusterseg.train_recommender('best', 'events', 'customer', 'item', at => 'at', algorithm => 'popular', options => '{"max_history": 1}');
-- 1: apple (21st), 2: cheese, 3: bread before dates (both on the 31st), 4: eggs
SELECT item_id, score FROM clusterseg.recommend('best', NULL::int);
SELECT metrics->'entries' AS entries, metrics->'capped' AS capped, metrics->'cancelled' AS cancelled FROM clusterseg.versions
WHERE model = 'best' ORDER BY version DESC LIMIT 1;

-- what was sent back counts no more: customer 2 returned all 5, customer 3 more than there was
INSERT INTO events VALUES (2, 'cheese', -5, '2024-02-01'), (3, 'bread', -2, '2024-02-01'), (1, 'bread', -1, '2024-02-01');
SELECT version, events, skipped FROM clusterseg.train_recommender('best', 'events', 'customer', 'item', 'pieces', algorithm => 'popular');
SELECT item_id, score FROM clusterseg.recommend('best', NULL::int);
SELECT metrics->'cancelled' AS cancelled FROM clusterseg.versions WHERE model = 'best' ORDER BY version DESC LIMIT 1;

-- event types: a view counts a fifth of a purchase, what is not listed is no event
CREATE TABLE clicks (who text, what text, kind text);
INSERT INTO clicks VALUES ('u', 'x', 'view'), ('u', 'x', 'view'), ('u', 'y', 'purchase'), ('v', 'x', 'view'), ('v', 'z', 'hover'),
	('w', 'y', 'purchase'), ('w', 'y', 'view'), ('w', 'o''x', 'purchase'), ('w', 'o''x', NULL);
SELECT events, customers, items, skipped FROM clusterseg.train_recommender('clicks', 'clicks', 'who', 'what', algorithm => 'popular', event_type => 'kind',
	options => '{"event_weights": {"purchase": 1, "view": 0.2}}');
SELECT item_id, round(score::numeric, 6) AS score FROM clusterseg.recommend('clicks', NULL::text);

-- a shop of 64,000 lines, against plain SQL: pieces per item, of customers and items who kept some
\set ECHO none
SET client_min_messages = warning;
\i docs/shop.sql
RESET client_min_messages;
\set ECHO all
SELECT events, customers, items, skipped FROM clusterseg.train_recommender('shop', 'SELECT * FROM shop.orders', 'customer_id', 'item_id', 'quantity',
	algorithm => 'popular');
WITH kept AS (
	SELECT customer_id, item_id, sum(quantity) AS pieces FROM shop.orders GROUP BY 1, 2 HAVING sum(quantity) > 0
), counted AS (
	SELECT item_id, sum(pieces) AS pieces, row_number() OVER (ORDER BY sum(pieces) DESC, item_id) AS rank FROM kept GROUP BY 1
)
SELECT count(*) AS items, count(*) FILTER (WHERE r.rank = c.rank AND r.score = c.pieces) AS agree
FROM counted c FULL JOIN clusterseg.recommend('shop', NULL::int, 1000000) r USING (item_id);

-- what it needs and what it does not take
\set ECHO none
SET client_min_messages = warning;
DROP SCHEMA shop CASCADE;
RESET client_min_messages;
\set ECHO all
\pset format unaligned
\pset tuples_only on
SELECT raises($$SELECT clusterseg.train_recommender('best', 'events', 'customer', 'item', algorithm => 'popular', options => '{"half_life": 10}')$$);
SELECT raises($$SELECT clusterseg.train_recommender('best', 'events', 'customer', 'item', algorithm => 'popular', options => '{"window": 10}')$$);
SELECT raises($$SELECT clusterseg.train_recommender('best', 'events', 'customer', 'item', at => 'at', algorithm => 'popular', options => '{"half_life": -1}')$$);
SELECT raises($$SELECT clusterseg.train_recommender('best', 'events', 'customer', 'item', algorithm => 'popular', options => '{"neighbours": 10}')$$);
SELECT raises($$SELECT clusterseg.similar_items('best', 'apple')$$);
