-- compare_recommenders(): the same figures as by hand, one split after the other, and nothing left behind.
SET timezone = 'UTC';
\set ECHO none
\i test/data/raises.sql
SET client_min_messages = warning;
\i docs/shop.sql
SET search_path = shop, public;
CREATE VIEW public.past AS SELECT * FROM orders WHERE ordered_at < '2025-05-01';
CREATE VIEW public.future AS SELECT customer_id, item_id FROM orders WHERE ordered_at >= '2025-05-01' AND quantity > 0;
SELECT clusterseg.create_rfm_view('public.rfm', 'past', 'customer_id', 'ordered_at', 'amount', 'order_id', as_of => '2025-05-01') \g /dev/null
SELECT * FROM clusterseg.train('groups', 'rfm', 'customer_id', '{recency_days, orders, average_order_value}', k => 4, output_schema => 'public') \g /dev/null
RESET client_min_messages;
\set ECHO all

SELECT everything() AS before \gset
SELECT count(DISTINCT algorithm) AS algorithms FROM clusterseg.compare_recommenders('orders', 'customer_id', 'item_id', at => 'ordered_at', algorithms => '{}', segmentation => 'groups');
SELECT everything() = :'before' AS nothing_left, count(*) FILTER (WHERE kind = 'recommender') AS recommenders FROM clusterseg.models;
CREATE TEMP TABLE compared AS SELECT * FROM clusterseg.compare_recommenders('orders', 'customer_id', 'item_id', 'quantity', 'ordered_at',
	'{itemknn, ease, few}', cut => '2025-05-01', segmentation => 'groups', "by" => '{warmth, history, segment, items}',
	options => '{"few": {"algorithm": "itemknn", "neighbours": 20}, "min_events": 2}');
SELECT algorithm, round(value::numeric, 4) AS ndcg, round(low::numeric, 4) AS low, round(high::numeric, 4) AS high, customers, baseline,
	round(difference::numeric, 4) AS difference, best, to_best_high < 0 AS below_best, note
FROM compared WHERE metric = 'ndcg' AND customers_group = 'all';

-- a model trained by hand on the past gives the same values and intervals, whole and by groups
SELECT events FROM clusterseg.train_recommender('knn', 'past', 'customer_id', 'item_id', 'quantity', 'ordered_at', algorithm => 'itemknn',
	segmentation => 'groups', options => '{"min_events": 2}');
SELECT events FROM clusterseg.train_recommender('best', 'past', 'customer_id', 'item_id', 'quantity', 'ordered_at', algorithm => 'popular',
	segmentation => 'groups', options => '{"min_events": 2}');
CREATE VIEW tests AS SELECT customer_id, item_id FROM orders WHERE ordered_at >= '2025-05-01' GROUP BY 1, 2 HAVING sum(quantity) > 0;
CREATE TEMP TABLE found AS SELECT * FROM clusterseg.evaluate_recommender('knn', 'tests', "by" => '{warmth, history, segment, items}');
SELECT count(*) AS figures, count(*) FILTER (WHERE c.metric IS NULL OR f.metric IS NULL OR (c.value, c.low, c.high, c.customers) IS DISTINCT FROM (f.value, f.low, f.high, f.customers)) AS differ
FROM (SELECT * FROM compared WHERE algorithm = 'itemknn' AND (metric, customers_group) <> ('calibration', 'all')) c FULL JOIN found f USING (metric, customers_group);
SELECT metric, customers_group, customers FROM found WHERE metric = 'precision';
-- groups are what evaluate_recommender() says of these customers alone
WITH queries (customers_group, query) AS (VALUES
		('cold', 'SELECT t.* FROM tests t WHERE customer_id NOT IN (SELECT customer_id FROM past)'),
		('history 11-20', 'SELECT t.* FROM tests t JOIN (SELECT customer_id FROM past GROUP BY 1 HAVING count(DISTINCT item_id) BETWEEN 11 AND 20) h USING (customer_id)'),
		('no segment', 'SELECT t.* FROM tests t LEFT JOIN groups_members m USING (customer_id) WHERE m.segment_id IS NULL'),
		((SELECT 'segment ' || segment FROM clusterseg.segments WHERE model = 'groups' AND segment_id = 2), 'SELECT t.* FROM tests t JOIN groups_members USING (customer_id) WHERE segment_id = 2'))
SELECT q.customers_group, count(*) AS metrics, count(*) FILTER (WHERE (e.value, e.low, e.high) IS DISTINCT FROM (f.value, f.low, f.high)) AS differ
FROM queries q CROSS JOIN clusterseg.evaluate_recommender('knn', q.query) e LEFT JOIN found f ON (f.customers_group, f.metric) = (q.customers_group, e.metric)
WHERE e.metric NOT IN ('coverage', 'gini', 'personalisation') GROUP BY q.customers_group ORDER BY 1;

-- paired differences in plain SQL: hit rates customer by customer; narrower than of two lots of customers
CREATE TEMP TABLE hits AS
	SELECT m.model, c.customer_id, bool_or(t.item_id IS NOT NULL)::int AS hit
	FROM (VALUES ('knn'), ('best')) m (model) CROSS JOIN (SELECT DISTINCT customer_id FROM (SELECT * FROM tests EXCEPT SELECT customer_id, item_id FROM past) t) c
		CROSS JOIN clusterseg.recommend(m.model, c.customer_id) r LEFT JOIN tests t ON (t.customer_id, t.item_id) = (c.customer_id, r.item_id) GROUP BY 1, 2;
WITH paired AS (SELECT avg(k.hit - b.hit) AS difference, 1.96 * stddev(k.hit - b.hit) / sqrt(count(*)) AS half
	FROM hits k JOIN hits b USING (customer_id) WHERE k.model = 'knn' AND b.model = 'best')
SELECT round(p.difference, 4) AS difference, abs(c.difference - p.difference) < 1e-9 AS agrees,
	abs((c.difference_high - c.difference_low) / (2 * p.half) - 1) < 0.1 AS as_wide_as_normal, power(c.difference_high - c.difference_low, 2) < power(c.high - c.low, 2) + power(b.high - b.low, 2) AS narrower
FROM paired p, compared c JOIN compared b USING (metric, customers_group) WHERE b.algorithm = 'popular' AND (c.algorithm, c.metric, c.customers_group) = ('itemknn', 'hit_rate', 'all');
-- the best of a group is 0 off itself, and no other is above it in ndcg
SELECT bool_and(CASE WHEN algorithm = best THEN to_best = 0 ELSE to_best <= 0 END) AS best_is_best, bool_and(CASE WHEN algorithm = baseline THEN difference = 0 ELSE true END) AS baseline_is_0,
	count(DISTINCT best) > 1 AS differs_by_group FROM compared WHERE metric = 'ndcg';
-- coverage and its kin are of all customers only
SELECT metric, count(DISTINCT customers_group) AS groups FROM compared WHERE metric IN ('coverage', 'gini', 'personalisation', 'calibration') GROUP BY 1 ORDER BY 1;
-- again: the same to the last digit
SELECT count(*) AS differ FROM (
	SELECT algorithm, metric, value, low, high, customers_group, difference_low, to_best_high FROM clusterseg.compare_recommenders('SELECT * FROM orders ORDER BY md5(order_id::text)', 'customer_id', 'item_id', 'quantity', 'ordered_at',
		'{ease}', cut => '2025-05-01', segmentation => 'groups', options => '{"min_events": 2}')
	EXCEPT SELECT algorithm, metric, value, low, high, customers_group, difference_low, to_best_high FROM compared) d WHERE d.algorithm <> 'recent_popular' AND d.metric = 'map';

-- splits; what is in them is counted here in SQL
CREATE TABLE public.few_orders AS SELECT * FROM orders WHERE customer_id % 10 = 0;
CREATE FUNCTION pg_temp.asked(VARIADIC args text[]) RETURNS bigint LANGUAGE plpgsql AS $$
DECLARE n bigint;
BEGIN
	EXECUTE format('SELECT customers FROM clusterseg.compare_recommenders(''few_orders'', ''customer_id'', ''item_id'', algorithms => ''{}'', "by" => NULL, exclude_seen => false, %s) WHERE metric = ''precision'' AND algorithm = ''popular''',
		array_to_string(args, ', ')) INTO n;
	RETURN n;
END $$;
SELECT pg_temp.asked('at => ''ordered_at''') AS by_time,
	(SELECT count(DISTINCT customer_id) FROM few_orders WHERE ordered_at > (SELECT percentile_disc(0.8) WITHIN GROUP (ORDER BY ordered_at) FROM few_orders)) AS expected;
SELECT pg_temp.asked('at => ''ordered_at''', 'split => ''last''', 'last_events => 2') AS last_two,
	(SELECT count(*) FROM (SELECT customer_id FROM few_orders GROUP BY 1 HAVING count(DISTINCT ordered_at) > 2) c) AS expected;
SELECT pg_temp.asked('split => ''random''', 'test_share => 0.01') BETWEEN 20 AND 80 AS at_random_some,
	(SELECT count(*) FROM (SELECT DISTINCT customer_id, item_id FROM few_orders) p) / 100 AS pairs;
SELECT pg_temp.asked('split => ''given''', 'test => ''SELECT customer_id, item_id FROM few_orders WHERE order_id % 50 = 0''') AS by_query,
	(SELECT count(DISTINCT customer_id) FROM few_orders WHERE order_id % 50 = 0) AS expected;
SELECT customers FROM clusterseg.compare_recommenders('SELECT *, order_id % 50 = 0 AS hidden FROM few_orders', 'customer_id', 'item_id', split => 'given', test => 'hidden',
	algorithms => '{}', exclude_seen => false) WHERE (algorithm, metric, customers_group) = ('popular', 'precision', 'all');
-- a sample of the customers is said to be one
SELECT pg_temp.asked('at => ''ordered_at''', 'max_customers => 50') AS asked;
-- seen items may come again: apart from new ones
SELECT customers_group, algorithm, round(value::numeric, 3) AS hit_rate, customers FROM clusterseg.compare_recommenders('few_orders', 'customer_id', 'item_id', at => 'ordered_at',
	algorithms => '{}', "by" => '{items}', exclude_seen => false) WHERE metric = 'hit_rate' AND algorithm IN ('popular', 'itemknn') AND customers_group <> 'all';

-- tuned inside the training part: the same as with these options given; what has nothing to try is as it was
CREATE TABLE tuned AS SELECT * FROM clusterseg.compare_recommenders('few_orders', 'customer_id', 'item_id', algorithms => '{rp3beta}', split => 'random', "by" => NULL, tune => true);
SELECT algorithm, note IS NULL AS untuned, regexp_replace(note, '^tuned: ', '')::jsonb - '{neighbours,alpha,beta,shrink,similarity}'::text[] AS other_options FROM tuned WHERE metric = 'ndcg' ORDER BY 1;
SELECT count(*) AS metrics, count(*) FILTER (WHERE t.value IS NOT DISTINCT FROM g.value) AS same
FROM tuned t JOIN clusterseg.compare_recommenders('few_orders', 'customer_id', 'item_id', algorithms => '{rp3beta}', split => 'random', "by" => NULL,
	options => (SELECT jsonb_object_agg(algorithm, replace(note, 'tuned: ', '')::jsonb) FROM tuned WHERE metric = 'ndcg' AND note IS NOT NULL)) g USING (algorithm, metric, customers_group);
-- the test plays no part in it: without its events the same options are found
SELECT t.options = (SELECT regexp_replace(note, '^tuned: ', '')::jsonb FROM tuned WHERE metric = 'ndcg' AND algorithm = 'rp3beta') AS same_without_the_test
FROM clusterseg.tune_recommender(format('SELECT q.* FROM few_orders q WHERE %s >= 0.2', clusterseg._drawn(42, 'customer_id', 'item_id')), 'customer_id', 'item_id',
	algorithm => 'rp3beta', split => 'random', max_settings => 10, seed => 43) t WHERE t.chosen;
DROP TABLE tuned;

-- what was asked for must be possible; of all, what cannot be is noted
SELECT algorithm, note IS NOT NULL AS left_out FROM clusterseg.compare_recommenders('few_orders', 'customer_id', 'item_id', split => 'random', "by" => NULL)
WHERE algorithm IN ('popular', 'trending', 'segment_popular', 'ease', 'ials') AND (metric = 'ndcg' OR metric IS NULL) ORDER BY 1;
SELECT algorithm, note FROM clusterseg.compare_recommenders('SELECT i % 20 AS c, i AS item FROM generate_series(1, 3000) i', 'c', 'item', algorithms => '{ease}',
	split => 'random', "by" => NULL, options => '{"ease": {"memory": 1}}') WHERE metric IS NULL;

\set ECHO none
SET client_min_messages = warning;
SELECT clusterseg.drop_model(model) FROM clusterseg.models \g /dev/null
DROP SCHEMA shop CASCADE;
DROP TABLE compared, found, hits;
DELETE FROM few_orders WHERE customer_id % 100 <> 0;
RESET client_min_messages;
\set ECHO all
\pset format unaligned
\pset tuples_only on
SELECT raises($$SELECT clusterseg.compare_recommenders('few_orders', 'customer_id', 'item_id')$$);
SELECT raises($$SELECT clusterseg.compare_recommenders('few_orders', 'customer_id', 'item_id', split => 'weekly')$$);
SELECT raises($$SELECT clusterseg.compare_recommenders('few_orders', 'customer_id', 'item_id', split => 'last')$$);
SELECT raises($$SELECT clusterseg.compare_recommenders('few_orders', 'customer_id', 'item_id', split => 'given')$$);
SELECT raises($$SELECT clusterseg.compare_recommenders('few_orders', 'customer_id', 'item_id', split => 'random', test => 'tests')$$);
SELECT raises($$SELECT clusterseg.compare_recommenders('few_orders', 'customer_id', 'item_id', split => 'random', test_share => 1)$$);
SELECT raises($$SELECT clusterseg.compare_recommenders('few_orders', 'customer_id', 'item_id', at => 'ordered_at', split => 'last', last_events => 0)$$);
SELECT raises($$SELECT clusterseg.compare_recommenders('few_orders', 'customer_id', 'item_id', at => 'ordered_at', cut => '2040-01-01')$$);
SELECT raises($$SELECT clusterseg.compare_recommenders('few_orders', 'customer_id', 'item_id', at => 'ordered_at', cut => '1990-01-01')$$);
SELECT raises($$SELECT clusterseg.compare_recommenders('few_orders', 'customer_id', 'thing', at => 'ordered_at')$$);
SELECT raises($$SELECT clusterseg.compare_recommenders('few_orders', 'customer_id', 'item_id', split => 'random', k => 0)$$);
SELECT raises($$SELECT clusterseg.compare_recommenders('few_orders', 'customer_id', 'item_id', split => 'random', "by" => '{age}')$$);
SELECT raises($$SELECT clusterseg.compare_recommenders('few_orders', 'customer_id', 'item_id', split => 'random', algorithms => '{eaze}')$$);
SELECT raises($$SELECT clusterseg.compare_recommenders('few_orders', 'customer_id', 'item_id', split => 'random', algorithms => '{ease, ease}')$$);
SELECT raises($$SELECT clusterseg.compare_recommenders('few_orders', 'customer_id', 'item_id', split => 'random', algorithms => '{trending}')$$);
SELECT raises($$SELECT clusterseg.compare_recommenders('few_orders', 'customer_id', 'item_id', split => 'random', algorithms => '{}', baseline => 'ease')$$);
SELECT split_part(raises($$SELECT clusterseg.compare_recommenders('few_orders', 'customer_id', 'item_id', split => 'random', algorithms => '{ease}', options => '{"ease": {"l3": 1}}')$$), E'\n', 1);
SELECT raises($$SELECT clusterseg.compare_recommenders('few_orders', 'customer_id', 'item_id', split => 'random', algorithms => '{ease}', options => '{"ease": 3}')$$);
SELECT raises($$SELECT clusterseg.compare_recommenders('few_orders', 'customer_id', 'item_id', split => 'random', max_customers => 0)$$);
SELECT raises($$SELECT clusterseg.compare_recommenders('few_orders', 'customer_id', 'item_id', split => 'random', tune => NULL)$$);
SELECT raises($$SELECT clusterseg.compare_recommenders('few_orders', 'customer_id', 'item_id', split => 'random', segmentation => 'nobody')$$);
SELECT raises($$SELECT clusterseg.compare_recommenders('DELETE FROM orders RETURNING *', 'customer_id', 'item_id', split => 'random')$$);
SELECT raises($$SELECT clusterseg.evaluate_recommender('knn', 'tests', "by" => '{warmth, NULL}')$$);
SELECT raises($$SELECT clusterseg._compare_add('knn', 'tests', 10, true, 1)$$);
