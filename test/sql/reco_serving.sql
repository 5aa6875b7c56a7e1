-- recommend() and its sisters on the shop: who gets what, in which order, from what.
--
-- What must hold is checked for all customers against plain SQL over the tables of the shop; the rows that are printed
-- are those of a few customers.
SET timezone = 'UTC';
\set ECHO none
\i test/data/raises.sql
SET client_min_messages = warning;
\i docs/shop.sql
SET search_path = shop, public;
SELECT clusterseg.create_rfm_view('public.rfm', 'orders', 'customer_id', 'ordered_at', 'amount', 'order_id', as_of => '2025-07-01') \g /dev/null
-- customers without orders have a segment, too
CREATE VIEW public.everybody AS
	SELECT customer_id, COALESCE(recency_days, 365) AS recency_days, COALESCE(orders, 0) AS orders FROM customers LEFT JOIN rfm USING (customer_id);
RESET client_min_messages;
\set ECHO all
SELECT k, rows FROM clusterseg.train('groups', 'everybody', 'customer_id', '{recency_days, orders}', k => 3, output_schema => 'public');
SELECT algorithm, events, customers, items, skipped FROM clusterseg.train_recommender('for_you', 'orders', 'customer_id', 'item_id', 'quantity', 'ordered_at', algorithm => 'itemknn',
	segmentation => 'groups', options => '{"half_life": 180, "neighbours": 20}', output_schema => 'public');

SELECT min(customer_id) AS without_orders FROM customers WHERE true_group IS NULL \gset
-- a customer with a history, one without orders, one whom nobody knows, and nobody: the row says what it rests on
SELECT c.id, r.rank, r.item_id, round(r.score::numeric, 3) AS score, r.source, r.reason
FROM (VALUES (7), (:without_orders), (99999), (NULL)) c (id),
	clusterseg.recommend('for_you', c.id, 3) r ORDER BY c.id NULLS LAST, r.rank;
-- without history: exactly the segment's items
SELECT count(*) AS customers, bool_and(same) AS as_the_segment FROM (
	SELECT NOT EXISTS (SELECT rank, item_id, score, source, reason FROM clusterseg.recommend('for_you', m.customer_id)
		EXCEPT SELECT rank, item_id, score, source, reason FROM clusterseg.recommend_for_segment('for_you', m.segment_id)) AS same
	FROM groups_members m WHERE NOT EXISTS (SELECT FROM orders o WHERE o.customer_id = m.customer_id)) x;
-- unknown: exactly the most popular, by pieces weighted with their age
SELECT count(*) FILTER (WHERE r.rank = p.rank AND abs(r.score / p.popularity - 1) < 1e-6) AS agree, bool_and(r.source = 'popular') AS say_so
FROM clusterseg.recommend('for_you', -1, 200) r JOIN (
	SELECT item_id, sum(value) AS popularity, row_number() OVER (ORDER BY sum(value) DESC, item_id) AS rank FROM (
		SELECT item_id, sum(quantity)::real * power(2, -extract(epoch FROM (SELECT max(ordered_at) FROM orders) - max(ordered_at))::float8 / 86400 / 180) AS value
		FROM orders GROUP BY customer_id, item_id HAVING sum(quantity) > 0) k GROUP BY 1) p USING (item_id);

-- for every twentieth customer: the score is the sum over the history of value times weight, and nothing touched is listed
CREATE TABLE history AS
	SELECT customer_id, item_id, sum(quantity)::real * power(2, -extract(epoch FROM (SELECT max(ordered_at) FROM orders) - max(ordered_at))::float8 / 86400 / 180) AS value,
		sum(quantity) > 0 AS kept
	FROM orders WHERE customer_id % 20 = 0 GROUP BY 1, 2;
CREATE TABLE weights AS SELECT i.item_id AS from_item, s.item_id, s.score AS weight FROM items i, clusterseg.similar_items('for_you', i.item_id, 1000) s;
CREATE TABLE wanted AS
	SELECT h.customer_id, w.item_id, sum(h.value * w.weight) AS score
	FROM history h JOIN weights w ON w.from_item = h.item_id
	WHERE h.kept AND NOT EXISTS (SELECT FROM history x WHERE (x.customer_id, x.item_id) = (h.customer_id, w.item_id)) GROUP BY 1, 2;
CREATE TABLE served AS SELECT c.customer_id, r.* FROM (SELECT DISTINCT customer_id FROM history) c, clusterseg.recommend('for_you', c.customer_id, 1000) r;
SELECT count(*) AS rows, count(w.score) FILTER (WHERE abs(s.score / w.score - 1) < 1e-6 AND s.source = 'itemknn') AS agree
FROM wanted w FULL JOIN (SELECT * FROM served WHERE source = 'itemknn') s USING (customer_id, item_id);
SELECT count(*) AS touched_and_listed FROM served JOIN history USING (customer_id, item_id);
-- everything else follows: history first, then the segment's, then what is popular; each item once; scores fall and stay above 0
SELECT bool_and(n = 200 - touched) AS complete, bool_and(falling) AS falling, bool_and(in_layers) AS in_layers, bool_and(lowest > 0) AS positive
FROM (
	SELECT customer_id, count(DISTINCT item_id) AS n, min(score) AS lowest, bool_and(score <= before OR rank = 1) AS falling,
		bool_and(array_position('{itemknn,segment_popular,popular}', source) >= layer_before OR rank = 1) AS in_layers
	FROM (SELECT *, lag(score) OVER w AS before, lag(array_position('{itemknn,segment_popular,popular}', source)) OVER w AS layer_before
		FROM served WINDOW w AS (PARTITION BY customer_id ORDER BY rank)) s GROUP BY 1) a
	JOIN (SELECT customer_id, count(*) AS touched FROM history GROUP BY 1) h USING (customer_id);
-- equal scores by item
SELECT count(*) AS out_of_order FROM served a JOIN served b USING (customer_id) WHERE b.rank = a.rank + 1 AND a.score = b.score AND a.item_id > b.item_id;

-- the first 5 of 10 are the 5 that one gets who asks for 5
SELECT n, count(*) AS rows, count(*) FILTER (WHERE (r.item_id, r.score, r.source) IS DISTINCT FROM (s.item_id, s.score, s.source)) AS differ
FROM unnest('{1,5,10,40,150}'::int[]) n CROSS JOIN generate_series(20, 400, 20) c CROSS JOIN LATERAL clusterseg.recommend('for_you', c, n) r
	LEFT JOIN served s ON s.customer_id = c AND s.rank = r.rank GROUP BY n ORDER BY n;

-- exclude_seen => false: what was bought may be listed again
SELECT count(*) AS rows, count(*) FILTER (WHERE h.kept) > 0 AS some_known
FROM generate_series(20, 400, 20) c CROSS JOIN LATERAL clusterseg.recommend('for_you', c, 200, exclude_seen => false) r
	LEFT JOIN history h ON (h.customer_id, h.item_id) = (c, r.item_id);

-- candidates: only these, in the same order
SELECT count(*) AS rows, bool_and(i.category = 'coffee') AS only_coffee, bool_and(r.rank = s.rank) AS same_order
FROM generate_series(20, 400, 20) c, LATERAL clusterseg.recommend('for_you', c, 100, candidates => $$SELECT item_id FROM shop.items WHERE category = 'coffee'$$) r
	JOIN items i USING (item_id) JOIN LATERAL (
		SELECT s.item_id, row_number() OVER (ORDER BY s.rank) AS rank FROM served s JOIN items USING (item_id) WHERE s.customer_id = c AND category = 'coffee') s
	ON s.item_id = r.item_id;
-- a relation will do; what is not in the catalogue is left out, NULL and repetitions, too; none at all gives none
CREATE TABLE on_stock (item_id text);
INSERT INTO on_stock VALUES ('tea-01'), ('tea-02'), ('tea-02'), (NULL), ('nonsense'), ('tea-03');
SELECT rank, item_id, source FROM clusterseg.recommend('for_you', -1, candidates => 'on_stock');
SELECT count(*) FROM clusterseg.recommend('for_you', 7, candidates => 'SELECT item_id FROM on_stock WHERE false');
SELECT count(*) FROM clusterseg.recommend('for_you', 7, candidates => 'VALUES (17)');

-- a purchase made a moment ago counts, in the same transaction, and is gone with it
BEGIN;
INSERT INTO customers VALUES (99999, 'Somebody New', 'Germany', 'web', '2025-07-01', NULL);
INSERT INTO orders SELECT 999999, 99999, now(), item_id, 1, price FROM items WHERE title = 'Coffee grinder, classic';
SELECT i.title, r.source, r.reason FROM clusterseg.recommend('for_you', 99999, 2) r JOIN items i USING (item_id) ORDER BY r.rank;
INSERT INTO orders SELECT 999999, 99999, now(), item_id, 1, price FROM items WHERE title = 'Coffee beans, classic';
SELECT i.title, r.source, r.reason FROM clusterseg.recommend('for_you', 99999, 2) r JOIN items i USING (item_id) ORDER BY r.rank;
ROLLBACK;
SELECT r.item_id, r.source FROM clusterseg.recommend('for_you', 99999, 1) r;
-- so does a segment of just now
BEGIN;
SAVEPOINT s;
DELETE FROM groups_members WHERE customer_id = :without_orders;
SELECT DISTINCT source FROM clusterseg.recommend('for_you', :without_orders);
ROLLBACK TO s;
UPDATE groups_members SET segment_id = 1 WHERE customer_id = :without_orders;
SELECT DISTINCT source, reason = format('popular in segment "%s"', (SELECT segment FROM clusterseg.segments WHERE model = 'groups' AND segment_id = 1)) AS of_the_new
FROM clusterseg.recommend('for_you', :without_orders);
ROLLBACK;

-- baskets: the sum of the weights of what is in it, and what is unknown adds nothing
SELECT count(*) AS rows, count(*) FILTER (WHERE abs(b.score / w.weight - 1) < 1e-6) AS agree
FROM (SELECT item_id, sum(weight) AS weight FROM weights WHERE from_item IN ('coffee-01', 'tea-07') AND item_id NOT IN ('coffee-01', 'tea-07') GROUP BY 1) w
	FULL JOIN (SELECT * FROM clusterseg.recommend_for_basket('for_you', '{coffee-01,tea-07,no such thing,NULL}', 1000) WHERE source = 'itemknn') b USING (item_id);
SELECT count(*) AS in_basket FROM clusterseg.recommend_for_basket('for_you', '{coffee-01,tea-07}', 1000) WHERE item_id IN ('coffee-01', 'tea-07');
SELECT count(*) AS in_basket FROM clusterseg.recommend_for_basket('for_you', '{coffee-01,tea-07}', 1000, exclude_seen => false) WHERE item_id IN ('coffee-01', 'tea-07');
-- an empty basket: what is popular, or in a segment when one is named
SELECT rank, item_id, source FROM clusterseg.recommend_for_basket('for_you', '{}', 2);
SELECT bool_and(source = 'segment_popular') FROM clusterseg.recommend_for_basket('for_you', NULL, 10, segment_id => 2);
SELECT count(*) AS rows FROM (SELECT * FROM clusterseg.recommend_for_basket('for_you', '{}', 7, segment_id => 2)
	INTERSECT SELECT * FROM clusterseg.recommend_for_segment('for_you', 2, 7)) x;
SELECT rank, item_id FROM clusterseg.recommend_for_segment('for_you', 2, 5, candidates => 'on_stock');

-- rank_items: all that were given, each once, in the order of the full list; unknown ones last, with 0
SELECT bool_and(r.rank = s.rank AND r.score > 0) AS agree, count(*) AS rows
FROM clusterseg.rank_items('for_you', 40, (SELECT array_agg(item_id ORDER BY item_id) FROM items WHERE category = 'tea')) r
	JOIN (SELECT item_id, row_number() OVER (ORDER BY rank) AS rank
		FROM clusterseg.recommend('for_you', 40, 1000, exclude_seen => false) JOIN items USING (item_id) WHERE category = 'tea') s USING (item_id);
SELECT rank, item_id, round(score::numeric, 4) AS score FROM clusterseg.rank_items('for_you', 7, ARRAY['zzz', 'tea-01', 'a "b"', 'coffee-03', 'tea-01', NULL]);
SELECT count(*) FROM clusterseg.rank_items('for_you', 7, '{}');

-- recommend_all: the lists of recommend() for everybody with events or a segment
SELECT count(*) AS rows, count(DISTINCT customer_id) AS customers FROM clusterseg.recommend_all('for_you', 5);
SELECT count(*) AS differ FROM (
	(SELECT customer_id::int, rank, item_id, round(score::numeric, 9), source FROM clusterseg.recommend_all('for_you', 7) WHERE customer_id::int % 20 = 0
	 EXCEPT SELECT c, r.rank, r.item_id, round(r.score::numeric, 9), r.source FROM generate_series(20, 3000, 20) c, clusterseg.recommend('for_you', c, 7) r)
	UNION ALL
	(SELECT c, r.rank, r.item_id, round(r.score::numeric, 9), r.source FROM generate_series(20, 3000, 20) c, clusterseg.recommend('for_you', c, 7) r
	 EXCEPT SELECT customer_id::int, rank, item_id, round(score::numeric, 9), source FROM clusterseg.recommend_all('for_you', 7))) d;
SELECT count(*) AS differ FROM (
	SELECT customer_id::int, rank, item_id, round(score::numeric, 9), source FROM clusterseg.recommend_all('for_you', 9, exclude_seen => false, candidates => 'on_stock')
	WHERE customer_id::int % 20 = 0 EXCEPT SELECT c, r.rank, r.item_id, round(r.score::numeric, 9), r.source
	FROM generate_series(20, 3000, 20) c, clusterseg.recommend('for_you', c, 9, false, 'on_stock') r) d;

-- explain: the terms add up to the score, whatever it rests on
SELECT s.source, count(*) AS items, count(*) FILTER (WHERE abs(e.total / s.score - 1) < 1e-9) AS add_up
FROM (SELECT * FROM served WHERE customer_id IN (40, 500, 1000) UNION ALL
	SELECT :without_orders, r.* FROM clusterseg.recommend('for_you',
		:without_orders, 50) r UNION ALL
	SELECT -1, r.* FROM clusterseg.recommend('for_you', -1, 10) r) s,
	LATERAL (SELECT sum(contribution) AS total FROM clusterseg.explain_recommendation('for_you', s.customer_id, s.item_id)) e
GROUP BY 1 ORDER BY 1;
-- of the item's history: each term is value times weight
SELECT count(*) AS terms, count(*) FILTER (WHERE abs(e.contribution / (h.value * w.weight) - 1) < 1e-6) AS agree
FROM served s, LATERAL clusterseg.explain_recommendation('for_you', s.customer_id, s.item_id) e
	JOIN history h ON h.item_id = e.term JOIN weights w ON w.from_item = e.term
WHERE s.customer_id = 40 AND s.rank <= 20 AND h.customer_id = 40 AND w.item_id = s.item_id;
-- of a segment: p = (c + kappa p_i) / (n + kappa) comes from the segment's own customers and from all
SELECT term = 'all customers' AS all_customers, count(*), bool_and(contribution > 0) AS positive
FROM clusterseg.recommend_for_segment('for_you', (SELECT segment_id FROM groups_members WHERE customer_id = :without_orders), 5) r,
	clusterseg.explain_recommendation('for_you', :without_orders, r.item_id) GROUP BY 1 ORDER BY 1;
-- nothing to explain
SELECT count(*) FROM clusterseg.explain_recommendation('for_you', 7, 'no such thing');
-- an item that the customer has: the score is that of the list with such items
SELECT round(sum(e.contribution)::numeric, 9) = round(min(r.score)::numeric, 9) AS same
FROM (SELECT item_id, score FROM clusterseg.recommend('for_you', 40, 200, exclude_seen => false) JOIN history USING (item_id)
	WHERE customer_id = 40 AND kept ORDER BY rank LIMIT 1) r, clusterseg.explain_recommendation('for_you', 40, r.item_id) e;

-- refresh_recommendations: the same rows in a table with keys of the source's types
SELECT clusterseg.refresh_recommendations('for_you', 5) AS written;
SELECT attname, format_type(atttypid, atttypmod), attnotnull, col_description(attrelid, attnum) FROM pg_attribute
WHERE attrelid = 'for_you_recommendations'::regclass AND attnum > 0 ORDER BY attnum;
SELECT count(*) AS differ FROM (SELECT customer_id::text, rank, item_id, score, source FROM for_you_recommendations
	EXCEPT SELECT customer_id, rank, item_id, score, source FROM clusterseg.recommend_all('for_you', 5)) d;
-- what stays is not written again
CREATE TABLE before AS SELECT xmin::text AS written_by, ctid::text AS place, * FROM for_you_recommendations;
SELECT clusterseg.refresh_recommendations('for_you', 5) AS written;
INSERT INTO orders SELECT 999999, 40, '2025-06-30 23:00+00', item_id, 1, price FROM for_you_recommendations JOIN items USING (item_id)
	WHERE customer_id = 40 AND rank = 1;
DELETE FROM orders WHERE customer_id = 20;
DELETE FROM groups_members WHERE customer_id = 20;
-- 5 rows of customer 20 go, up to 5 of customer 40 change
SELECT clusterseg.refresh_recommendations('for_you', 5) BETWEEN 6 AND 10 AS few_written;
SELECT count(*) AS untouched FROM before JOIN for_you_recommendations r USING (customer_id, rank) WHERE r.xmin::text = written_by AND r.ctid::text = place;
SELECT count(*) AS of_20 FROM for_you_recommendations WHERE customer_id = 20;
SELECT count(*) AS differ FROM (SELECT customer_id::text, rank, item_id, score, source FROM for_you_recommendations
	EXCEPT SELECT customer_id, rank, item_id, score, source FROM clusterseg.recommend_all('for_you', 5)) d;
-- shorter, longer, of candidates named as the caller sees them
SELECT clusterseg.refresh_recommendations('for_you', 2) AS removed;
SELECT max(rank), count(*) FROM for_you_recommendations;
BEGIN;
SELECT clusterseg.refresh_recommendations('for_you', 3, false, 'on_stock') > 0 AS written;
SELECT last_run_at = now() AS noted FROM clusterseg.freshness WHERE model = 'for_you';
COMMIT;
SELECT max(rank) AS most, count(DISTINCT item_id) AS items FROM for_you_recommendations;
SELECT clusterseg.refresh_recommendations('for_you', 0) > 0 AS removed;
SELECT count(*) FROM for_you_recommendations;

-- what is not there yet says so
\set ECHO none
SET client_min_messages = warning;
DROP SCHEMA shop CASCADE;
CREATE SCHEMA shop;
CREATE TABLE shop.orders (order_id int, customer_id int, ordered_at timestamptz, item_id text, quantity int, amount numeric);
RESET client_min_messages;
SET search_path = public;
\set ECHO all
\pset format unaligned
\pset tuples_only on
SELECT raises($$SELECT clusterseg.recommend('for_you', 7, max_per_category => 2)$$);
SELECT raises($$SELECT clusterseg.recommend('for_you', 7, options => '{"x": 1}')$$);
