-- trending: score 2 (sqrt(r + 3/8) - sqrt(b + 3/8)) of customers within the window and before it (Anscombe 1948).
-- Expected scores are worked out from this formula by hand (small events) and in plain SQL (shop).
SET timezone = 'UTC';
\set ECHO none
\i test/data/raises.sql
\set ECHO all

-- 31 days; the window is the last 7, that is after 25 January
CREATE TABLE events AS
	SELECT c AS customer, item, day AS at FROM (VALUES
		('rising', 1, 4, DATE '2024-01-30'), ('rising', 5, 6, DATE '2024-01-10'),
		('steady', 1, 3, DATE '2024-01-27'), ('steady', 4, 12, DATE '2024-01-08'),
		('fading', 1, 8, DATE '2024-01-05'), ('fading', 9, 9, DATE '2024-02-01'),
		('new', 7, 8, DATE '2024-02-01'),
		('old', 10, 10, DATE '2024-01-01')) v (item, from_customer, to_customer, day), generate_series(from_customer, to_customer) c;
-- who buys again counts by the last time only: customer 1 had it before, too
INSERT INTO events VALUES (1, 'rising', '2024-01-02');

SELECT algorithm, events, customers, items FROM clusterseg.train_recommender('up', 'events', 'customer', 'item', at => 'at', algorithm => 'trending');
-- before is 1 January to 25 January, 24 days: b counts 7/24 of it
-- rising  r = 4, b = 2 * 7/24:      2 (sqrt 4.375 - sqrt 0.958333) = 2.225410
-- steady  r = 3, b = 9 * 7/24 = 2.625:  2 (sqrt 3.375 - sqrt 3) = 0.210133
-- new     r = 2, b = 0:             2 (sqrt 2.375 - sqrt 0.375) = 1.857462
-- fading  r = 1, b = 8 * 7/24 < 0;  old: r = 0.  These two do not rise and follow as popular: 9 and 1 customers
SELECT item_id, round(score::numeric, 6) AS score, source, reason FROM clusterseg.recommend('up', NULL::int);

-- a window of 3 days, after 29 January: rising r = 4, b = 2 * 3/28; new as above; fading r = 1, b = 8 * 3/28 = 0.857
SELECT version FROM clusterseg.train_recommender('up', 'events', 'customer', 'item', at => 'at', algorithm => 'trending', options => '{"window": 3}');
SELECT item_id, round(score::numeric, 6) AS score, source FROM clusterseg.recommend('up', NULL::int);
SELECT i, round((2 * (sqrt(r + 0.375) - sqrt(b * 3 / 28.0 + 0.375)))::numeric, 6) AS by_hand
FROM (VALUES ('rising', 4, 2), ('new', 2, 0), ('fading', 1, 8)) v (i, r, b) ORDER BY 2 DESC;

-- a window longer than all there is: nothing was before; order of counts
SELECT version FROM clusterseg.train_recommender('up', 'events', 'customer', 'item', at => 'at', algorithm => 'trending', options => '{"window": 365}');
SELECT item_id, round(score::numeric, 6) AS score, round((2 * (sqrt(n + 0.375) - sqrt(0.375)))::numeric, 6) AS by_hand
FROM clusterseg.recommend('up', NULL::int) JOIN (SELECT item, count(DISTINCT customer) AS n FROM events GROUP BY 1) c ON item = item_id ORDER BY rank;

-- the same for everybody, less what they have
SELECT item_id, round(score::numeric, 6) AS score FROM clusterseg.recommend('up', 7);

-- the shop, where Matcha (tea-21) was made to rise: against the formula in SQL, window of 30 days
\set ECHO none
SET client_min_messages = warning;
\i docs/shop.sql
RESET client_min_messages;
\set ECHO all
SELECT version FROM clusterseg.train_recommender('shop', 'SELECT * FROM shop.orders', 'customer_id', 'item_id', 'quantity', 'ordered_at', 'trending',
	options => '{"window": 30}');
WITH kept AS (
	SELECT customer_id, item_id, max(ordered_at) AS at FROM shop.orders GROUP BY 1, 2 HAVING sum(quantity) > 0
), span AS (
	SELECT max(ordered_at) - interval '30 days' AS since, (SELECT min(at) FROM kept) AS first FROM shop.orders
), scored AS (
	SELECT item_id, 2 * (sqrt(count(*) FILTER (WHERE at > since) + 0.375)
		- sqrt(count(*) FILTER (WHERE at <= since) * 30 * 86400 / extract(epoch FROM since - first)::float8 + 0.375)) AS score
	FROM kept, span GROUP BY item_id, since, first
)
SELECT count(*) FILTER (WHERE s.score > 0) AS rising, count(*) FILTER (WHERE s.score > 0 AND abs(s.score - r.score) < 1e-9 AND r.source = 'trending') AS agree,
	count(*) FILTER (WHERE s.score <= 0 AND r.source = 'popular') AS follow
FROM scored s LEFT JOIN clusterseg.recommend('shop', NULL::int, 1000) r USING (item_id);
SELECT title FROM clusterseg.recommend('shop', NULL::int, 1) JOIN shop.items USING (item_id);

\set ECHO none
SET client_min_messages = warning;
DROP SCHEMA shop CASCADE;
RESET client_min_messages;
\set ECHO all
\pset format unaligned
\pset tuples_only on
SELECT raises($$SELECT clusterseg.train_recommender('up', 'events', 'customer', 'item', algorithm => 'trending')$$);
SELECT raises($$SELECT clusterseg.train_recommender('up', 'events', 'customer', 'item', at => 'item', algorithm => 'trending')$$);
