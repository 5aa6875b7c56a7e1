-- evaluate_recommender(): every metric by hand on seven customers, and in plain SQL on the shop.
SET timezone = 'UTC';
\set ECHO none
\i test/data/raises.sql
\set ECHO all

CREATE TABLE train (customer int, item text);
INSERT INTO train VALUES (1, 'a'), (2, 'a'), (3, 'a'), (4, 'a'), (5, 'a'), (1, 'b'), (2, 'b'), (3, 'b'), (6, 'b'), (1, 'c'), (2, 'c'), (4, 'c'),
	(1, 'd'), (5, 'd'), (6, 'e'), (7, 'f');
CREATE TABLE test (customer int, item text);
INSERT INTO test VALUES (3, 'c'), (3, 'd'), (3, 'd'), (4, 'd'), (4, 'a'), (6, 'not in the catalogue'), (9, 'a'), (9, 'b'), (9, 'c'), (9, 'd'), (2, 'a');
SELECT events, customers, items FROM clusterseg.train_recommender('best', 'train', 'customer', 'item', algorithm => 'popular');

-- Lists of 3, best sellers first (a 5, b 4, c 3, d 2, e 1, f 1 customers) less what one has.  Of the test, too, only what is new
-- counts: 4 has a already, and 2 has nothing new to find, so is not asked.  9 is unknown and gets a list all the same.
--      list    test       P    R     F1       nDCG              AP    AP full  RR   hit
--   3  c d e   c d        2/3  1     .8       1                 1     1        1    1
--   4  b d e   d          1/3  1     .5       1/log2 3          .5    .5       .5   1
--   6  a c d   (unknown)  0    0     0        0                 0     0        0    0
--   9  a b c   a b c d    1    .75   .857143  1                 1     .75      1    1
-- means:                  .5   .6875 .539286  .657732           .625  .5625    .625 .75
-- coverage: a to e of 6.  gini: counted 0 2 2 2 3 3, sum (2 i - 7) x / (6 * 12) = 18/72.
-- personalisation: the six pairs share 2 2 1 1 1 2 of 3 items, 1 - 9/18.
-- novelty: log2(16/5), log2(16/4), log2(16/3), log2(16/2), log2(16/1): means of lists 3.138346, 3, 2.364370, 2.031036
-- diversity: 1 - mean cosine of cd .408248 ce 0 de 0 | bd .353553 be .5 de 0 | ac .774597 ad .632456 cd .408248 | ab .670820 ac bc .577350
SELECT metric, round(value::numeric, 6) AS value, customers FROM clusterseg.evaluate_recommender('best', 'test', 3);
-- seen items included in lists and tests: all lists are a b c; tests 2: a, 3: c d, 4: a d, 6: none known, 9: a b c d
-- precision (1 + 1 + 1 + 0 + 3)/15, recall (1 + .5 + .5 + 0 + .75)/5, hit rate 4/5, mrr (1 + 1/3 + 1 + 0 + 1)/5
SELECT metric, round(value::numeric, 6) AS value, customers FROM clusterseg.evaluate_recommender('best', 'test', 3, exclude_seen => false)
WHERE metric IN ('precision', 'recall', 'hit_rate', 'mrr', 'coverage', 'personalisation');
-- k longer than the catalogue: precision is still per k; every item is in some list
SELECT metric, round(value::numeric, 6) AS value FROM clusterseg.evaluate_recommender('best', 'test', 100) WHERE metric IN ('precision', 'recall', 'coverage');

-- one customer: a value and no interval; none: nothing to say
SELECT metric, round(value::numeric, 6) AS value, low, high, customers FROM clusterseg.evaluate_recommender('best', 'SELECT * FROM test WHERE customer = 4', 3);
SELECT metric, value, low, high, customers FROM clusterseg.evaluate_recommender('best', 'SELECT * FROM test WHERE false') ORDER BY metric LIMIT 3;
-- the usual mistake: the model's source has what it is to be judged by
SELECT metric, value, customers FROM clusterseg.evaluate_recommender('best', 'train') LIMIT 1;
-- rows without customer or item are counted and left out
SELECT metric, round(value::numeric, 6) AS value, customers
FROM clusterseg.evaluate_recommender('best', 'SELECT * FROM test UNION ALL VALUES (NULL, ''a''), (3, NULL) UNION ALL SELECT NULL, NULL', 3) LIMIT 1;

-- the shop, learned until May 2025, judged by what came after
\set ECHO none
SET client_min_messages = warning;
\i docs/shop.sql
SET search_path = shop, public;
CREATE VIEW public.past AS SELECT * FROM orders WHERE ordered_at < '2025-05-01';
CREATE VIEW public.future AS SELECT customer_id, item_id FROM orders WHERE ordered_at >= '2025-05-01' AND quantity > 0;
SELECT clusterseg.create_rfm_view('public.rfm', 'past', 'customer_id', 'ordered_at', 'amount', 'order_id', as_of => '2025-05-01') \g /dev/null
SELECT * FROM clusterseg.train('groups', 'rfm', 'customer_id', '{recency_days, orders, average_order_value}', k => 4, output_schema => 'public') \g /dev/null
RESET client_min_messages;
\set ECHO all
SELECT algorithm, events, customers, items FROM clusterseg.train_recommender('knn', 'past', 'customer_id', 'item_id', algorithm => 'itemknn', segmentation => 'groups');
CREATE TABLE seen AS SELECT DISTINCT customer_id, item_id FROM past;
CREATE TABLE tests AS SELECT DISTINCT customer_id, item_id FROM future EXCEPT SELECT * FROM seen;
CREATE TABLE lists AS SELECT c.customer_id, r.rank, r.item_id FROM (SELECT DISTINCT customer_id FROM tests) c, clusterseg.recommend('knn', c.customer_id) r;
CREATE TABLE per_customer AS
	SELECT customer_id, h / 10.0 AS precision, h / t AS recall, CASE WHEN h > 0 THEN 2 * h / 10 * h / t / (h / 10 + h / t) ELSE 0 END AS f1,
		gain / (SELECT sum(1 / log(2, r + 1)) FROM generate_series(1, LEAST(10, t::int)) r) AS ndcg, ap / LEAST(10, t) AS map, ap / t AS map_full,
		COALESCE(1 / first, 0) AS mrr, CASE WHEN h > 0 THEN 1 ELSE 0 END AS hit_rate
	FROM (
		SELECT customer_id, count(*)::float8 AS t, count(rank)::float8 AS h, COALESCE(sum(1 / log(2, rank + 1)), 0)::float8 AS gain,
			COALESCE(sum(nth / rank), 0)::float8 AS ap, min(rank)::float8 AS first
		FROM (SELECT *, row_number() OVER (PARTITION BY customer_id ORDER BY rank)::float8 AS nth
			FROM tests LEFT JOIN lists USING (customer_id, item_id)) x GROUP BY 1) c;
CREATE TABLE had AS SELECT item_id, count(*)::float8 AS n FROM seen GROUP BY 1;
CREATE TABLE expected AS
	SELECT e.key AS metric, avg(e.value::float8) AS value, stddev(e.value::float8) / sqrt(count(*)) AS error
	FROM per_customer p, jsonb_each_text(to_jsonb(p) - 'customer_id') e GROUP BY 1
	UNION ALL SELECT 'novelty', avg(v), stddev(v) / sqrt(count(*)) FROM (
		SELECT avg(log(2::numeric, ((SELECT sum(n) FROM had) / n)::numeric)) AS v FROM lists JOIN had USING (item_id) GROUP BY customer_id) l
	UNION ALL SELECT 'diversity', avg(v), stddev(v) / sqrt(count(*)) FROM (
		SELECT 1 - sum(CASE WHEN a.rank < b.rank THEN COALESCE(c.both, 0) / sqrt(x.n * y.n) END) / 45 AS v
		FROM lists a JOIN lists b USING (customer_id) JOIN had x ON x.item_id = a.item_id JOIN had y ON y.item_id = b.item_id
			LEFT JOIN (SELECT s.item_id AS i, t.item_id AS j, count(*) AS both FROM seen s JOIN seen t USING (customer_id) GROUP BY 1, 2) c
			ON c.i = a.item_id AND c.j = b.item_id GROUP BY customer_id) l
	UNION ALL SELECT 'coverage', count(DISTINCT item_id) / 200.0, NULL FROM lists
	UNION ALL SELECT 'gini', sum((2 * i - 201) * n) / (200 * sum(n)), NULL FROM (
		SELECT count(rank) AS n, row_number() OVER (ORDER BY count(rank)) AS i FROM items LEFT JOIN lists USING (item_id) GROUP BY items.item_id) c
	UNION ALL SELECT 'personalisation', 1 - sum(n * (n - 1) / 2.0) / (SELECT count(*) * (count(*) - 1) / 2.0 FROM per_customer) / 10, NULL FROM (
		SELECT count(*) AS n FROM lists GROUP BY item_id) c;
CREATE TABLE found AS SELECT * FROM clusterseg.evaluate_recommender('knn', 'future');
SELECT metric, round(f.value::numeric, 4) AS value, abs(f.value - e.value) < 1e-9 AS agrees, f.low < f.value AND f.value < f.high AS within,
	abs((f.high - f.low) / (2 * 1.96 * e.error) - 1) < 0.1 AS as_wide_as_normal, f.customers = (SELECT count(*) FROM per_customer) AS all_customers
FROM found f FULL JOIN expected e USING (metric) ORDER BY metric;
-- the same intervals again, and others from another seed
SELECT count(*) AS differ FROM (SELECT * FROM clusterseg.evaluate_recommender('knn', 'future') EXCEPT TABLE found) d;
SELECT bool_and(o.value = f.value) AS same_value, count(*) FILTER (WHERE o.low <> f.low) AS other_low
FROM clusterseg.evaluate_recommender('knn', 'future', seed => 7) o JOIN found f USING (metric) WHERE metric IN ('precision', 'ndcg', 'novelty');
-- k is the length of the lists: recall rises with it
SELECT bool_and(b.value >= a.value) AS rises FROM clusterseg.evaluate_recommender('knn', 'future', 5) a JOIN found b USING (metric) WHERE metric IN ('recall', 'hit_rate', 'mrr');
-- beyond chance and beyond best sellers: the intervals do not meet
SELECT version FROM clusterseg.train_recommender('best', 'past', 'customer_id', 'item_id', algorithm => 'popular');
SELECT metric, f.low > p.high AS better FROM found f JOIN clusterseg.evaluate_recommender('best', 'future') p USING (metric) WHERE metric IN ('precision', 'recall', 'ndcg', 'map');

\set ECHO none
SET client_min_messages = warning;
SET search_path = public;
DROP SCHEMA shop CASCADE;
SELECT version FROM clusterseg.train_recommender('best', 'train', 'customer', 'item', algorithm => 'popular') \g /dev/null
RESET client_min_messages;
\set ECHO all
\pset format unaligned
\pset tuples_only on
SELECT raises($$SELECT clusterseg.evaluate_recommender('best', 'test', 0)$$);
SELECT raises($$SELECT clusterseg.evaluate_recommender('best', 'test', 10001)$$);
SELECT raises($$SELECT clusterseg.evaluate_recommender('best', 'SELECT customer FROM test')$$);
SELECT raises($$SELECT clusterseg.evaluate_recommender('best', 'SELECT item, customer FROM test')$$);
SELECT raises($$SELECT clusterseg.evaluate_recommender('best', 'no_test')$$);
SELECT raises($$SELECT clusterseg.evaluate_recommender('best', 'DELETE FROM test RETURNING *')$$);
SELECT raises($$SELECT clusterseg.evaluate_recommender('best', NULL)$$);
SELECT raises($$SELECT clusterseg.evaluate_recommender('nobody', 'test')$$);
SELECT raises($$SELECT clusterseg.evaluate_recommender('groups', 'test')$$);
