-- demo.sql - the main job on the shop of docs/shop.sql, whose truth is known: five groups of
-- customers, favourite categories, things that go together, a trend.
\pset footer off
\pset border 1
SET search_path = shop, public;
SET client_min_messages = warning;

\echo '== 1. Order lines become customers ========================================================='
\echo
SELECT count(*) AS order_lines, count(DISTINCT order_id) AS orders, count(DISTINCT customer_id) AS customers,
	min(ordered_at)::date AS from_date, max(ordered_at)::date AS to_date
FROM orders;
SELECT clusterseg.create_rfm_view('rfm', 'orders', 'customer_id', 'ordered_at', 'amount', 'order_id', as_of => '2025-07-01') AS view;
SELECT customer_id, round(recency_days::numeric, 1) AS recency_days, orders, monetary,
	round(average_order_value::numeric, 2) AS average_order_value, round(tenure_days::numeric) AS tenure_days
FROM rfm ORDER BY customer_id LIMIT 5;

\echo '== 2. Customers become segments ============================================================'
\echo
SELECT model, version, k, rows, iterations, converged, round(silhouette::numeric, 3) AS silhouette, round(seconds::numeric, 2) AS seconds
FROM clusterseg.train('customers', 'rfm', 'customer_id', '{recency_days, orders, average_order_value, tenure_days}', k => 5,
	transforms => '{"orders": "log1p", "average_order_value": "log1p"}');
SELECT segment_id, segment, size, description FROM clusterseg.segments WHERE model = 'customers' ORDER BY segment_id;

\echo '-- How well was the truth found?  Segments against the groups that the shop was made with:'
SELECT m.segment, count(*) FILTER (WHERE c.true_group = 'regulars') AS regulars,
	count(*) FILTER (WHERE c.true_group = 'big spenders') AS big_spenders,
	count(*) FILTER (WHERE c.true_group = 'lapsed') AS lapsed,
	count(*) FILTER (WHERE c.true_group = 'one-timers') AS one_timers,
	count(*) FILTER (WHERE c.true_group = 'newcomers') AS newcomers
FROM customers_members m JOIN customers c USING (customer_id)
GROUP BY m.segment_id, m.segment ORDER BY m.segment_id;
SELECT round(clusterseg.adjusted_rand_index(m.segment_id, g.n)::numeric, 3) AS adjusted_rand_index,
	round(clusterseg.purity(m.segment_id, g.n)::numeric, 3) AS purity
FROM customers_members m JOIN customers c USING (customer_id)
	JOIN (SELECT true_group, row_number() OVER (ORDER BY true_group)::int AS n FROM customers GROUP BY 1) g USING (true_group);

\echo '== 3. Why is a customer where she is, and what would move her? ============================='
\echo
SELECT e.feature, e.value, round(e.contribution::numeric, 2) AS contribution, e.typical, e.runner_up_typical, e.reason
FROM rfm r, clusterseg.explain('customers', r) e WHERE r.customer_id = 7;
\echo '-- A new row is assigned as it arrives, without touching any table:'
SELECT a.segment, round(a.distance::numeric, 2) AS distance, round(a.confidence::numeric, 2) AS confidence
FROM (SELECT 2.5 AS recency_days, 14 AS orders, 95.0 AS average_order_value, 410 AS tenure_days) AS r, clusterseg.assign('customers', r) a;

\echo '== 4. Time goes by: segments keep their identity, history is kept =========================='
\echo
\echo '-- In May somebody trains on the orders until then, and names a segment:'
SELECT clusterseg.create_rfm_view('rfm_may', $$SELECT * FROM shop.orders WHERE ordered_at < '2025-05-01'$$, 'customer_id', 'ordered_at',
	'amount', 'order_id', as_of => '2025-05-01') AS view;
SELECT version, k, rows FROM clusterseg.train('over_time', 'rfm_may', 'customer_id', '{recency_days, orders, average_order_value, tenure_days}', k => 5,
	transforms => '{"orders": "log1p", "average_order_value": "log1p"}');
SELECT clusterseg.rename_segment('over_time', segment_id, 'Loyal regulars') FROM clusterseg.segments
WHERE model = 'over_time' AND segment LIKE '%requent, recent' \g /dev/null
SELECT segment_id, segment, size FROM clusterseg.segments WHERE model = 'over_time' ORDER BY segment_id;
\echo '-- In July the same model learns from what happened since: ids and names stay with their segments:'
SELECT version, k, rows, published FROM clusterseg.refresh('over_time', source => 'rfm');
SELECT segment_id, segment, size, since_version FROM clusterseg.segments WHERE model = 'over_time' AND state = 'active' ORDER BY segment_id;
\echo '-- Who moved where (new: not yet a customer in May):'
SELECT COALESCE(b.segment, '(new)') AS in_may, a.segment AS in_july, count(*) AS customers
FROM over_time_members a LEFT JOIN over_time_history h ON h.customer_id = a.customer_id AND h.valid_to IS NOT NULL
	LEFT JOIN clusterseg.segments b ON b.model = 'over_time' AND b.segment_id = h.segment_id
WHERE h.customer_id IS NOT NULL OR a.since = (SELECT max(since) FROM over_time_members)
GROUP BY 1, 2 ORDER BY 3 DESC LIMIT 8;

\echo '== 5. Segments become recommendations ======================================================'
\echo
\echo '-- Learn from everything before May 2025, and judge by what was bought after (the segments must not know the future either):'
SELECT model, k, rows FROM clusterseg.train('customers_before', 'rfm_may', 'customer_id',
	'{recency_days, orders, average_order_value, tenure_days}', k => 5, transforms => '{"orders": "log1p", "average_order_value": "log1p"}');
SELECT model, algorithm, events, customers, items, round(seconds::numeric, 2) AS seconds
FROM clusterseg.train_recommender('for_you', $$SELECT * FROM shop.orders WHERE ordered_at < '2025-05-01'$$,
	'customer_id', 'item_id', weight => 'quantity', at => 'ordered_at', algorithm => 'itemknn', segmentation => 'customers_before');
SELECT model, algorithm
FROM clusterseg.train_recommender('by_segment', $$SELECT * FROM shop.orders WHERE ordered_at < '2025-05-01'$$,
	'customer_id', 'item_id', algorithm => 'segment_popular', segmentation => 'customers_before')
UNION ALL SELECT model, algorithm
FROM clusterseg.train_recommender('bestsellers', $$SELECT * FROM shop.orders WHERE ordered_at < '2025-05-01'$$,
	'customer_id', 'item_id', algorithm => 'popular');
SELECT m.name AS model, e.metric, round(e.value::numeric, 4) AS value, round(e.low::numeric, 4) AS low, round(e.high::numeric, 4) AS high,
	e.customers
FROM (VALUES ('for_you'), ('by_segment'), ('bestsellers')) m (name),
	clusterseg.evaluate_recommender(m.name, $$SELECT customer_id, item_id FROM shop.orders WHERE ordered_at >= '2025-05-01'$$) e
WHERE e.metric IN ('precision', 'recall', 'ndcg', 'coverage') ORDER BY e.metric, e.value DESC;

\echo '-- All events in, and one index for the history of a customer:'
CREATE INDEX ON orders (customer_id);
SELECT version, events FROM clusterseg.train_recommender('for_you', 'shop.orders', 'customer_id', 'item_id', weight => 'quantity',
	at => 'ordered_at', algorithm => 'itemknn', segmentation => 'customers');
\echo '-- Known customer:'
SELECT r.rank, i.title, round(r.score::numeric, 3) AS score, r.source, r.reason
FROM clusterseg.recommend('for_you', 7, 5) r JOIN items i USING (item_id) ORDER BY r.rank;
\echo '-- What speaks for the first of them?  The contributions add up to its score:'
SELECT h.title AS because_of, round(e.contribution::numeric, 3) AS contribution
FROM clusterseg.recommend('for_you', 7, 1) r, clusterseg.explain_recommendation('for_you', 7, r.item_id) e JOIN items h ON h.item_id = e.term
ORDER BY e.contribution DESC LIMIT 4;
\echo '-- A visitor nobody knows, with two things in the basket:'
SELECT r.rank, i.title, r.reason
FROM clusterseg.recommend_for_basket('for_you', ARRAY(SELECT item_id FROM items WHERE title IN ('Coffee machine, classic', 'Kettle, classic')), 4) r
	JOIN items i USING (item_id) ORDER BY r.rank;
\echo '-- What goes with a coffee grinder?  (the shop was made so that coffee beans do)'
SELECT s.rank, i.title, round(s.score::numeric, 3) AS score
FROM items x, clusterseg.similar_items('for_you', x.item_id, 3) s JOIN items i USING (item_id)
WHERE x.title = 'Coffee grinder, classic' ORDER BY s.rank;
\echo '-- How well were the baskets found?  In each category two things were made to sell with another of the same kind (80 pairs):'
SELECT count(*) AS pairs, count(*) FILTER (WHERE s.rank = 1) AS found_first, count(*) FILTER (WHERE s.rank <= 5) AS among_five
FROM (SELECT item_id, category || '-' || lpad((right(item_id, 2)::int + 10)::text, 2, '0') AS partner FROM items WHERE right(item_id, 2)::int <= 10) i
	LEFT JOIN LATERAL clusterseg.similar_items('for_you', i.item_id, 5) s ON s.item_id = i.partner;
\echo '-- What is on the rise?  (the shop was made so that Matcha is)'
SELECT algorithm, round(seconds::numeric, 2) AS seconds
FROM clusterseg.train_recommender('rising', 'shop.orders', 'customer_id', 'item_id', at => 'ordered_at', algorithm => 'trending',
	options => '{"window": 30}');
SELECT r.rank, i.title, r.reason FROM clusterseg.recommend('rising', NULL::int, 3) r JOIN items i USING (item_id) ORDER BY r.rank;
\echo '-- A list for every customer, in a table that campaigns and BI tools read:'
SELECT clusterseg.refresh_recommendations('for_you', 5) AS rows_written;
SELECT k.customer_id, m.segment, string_agg(i.title, ' / ' ORDER BY k.rank) AS first_three
FROM for_you_recommendations k JOIN customers_members m USING (customer_id) JOIN items i USING (item_id)
WHERE k.rank <= 3 AND k.customer_id IN (7, 700, 1300, 2100, 2700) GROUP BY 1, 2 ORDER BY 1;

\echo '== 6. What a BI tool sees =================================================================='
\echo
SELECT m.segment, count(*) AS customers, round(sum(r.monetary)) AS revenue,
	round((100 * sum(r.monetary) / sum(sum(r.monetary)) OVER ())::numeric, 1) AS percent_of_revenue
FROM customers_members m JOIN rfm r USING (customer_id) GROUP BY m.segment_id, m.segment ORDER BY revenue DESC;
SELECT model, kind, algorithm, published_version, status FROM clusterseg.models JOIN clusterseg.freshness USING (model, kind, published_version)
ORDER BY model;
