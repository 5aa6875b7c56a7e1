-- online_retail.sql - the main job on order lines of the shape of UCI's Online Retail (table
-- online_retail: invoice_no, stock_code, description, quantity, invoice_date, unit_price, customer_id, country).
\pset footer off
\pset border 1
SET client_min_messages = warning;

SELECT max(invoice_date)::date + 1 AS day_after FROM online_retail WHERE customer_id IS NOT NULL \gset
-- somebody of whom there is something to tell: the customer whom the literature likes, or a regular one
SELECT customer_id AS somebody FROM online_retail WHERE customer_id IS NOT NULL GROUP BY 1
	ORDER BY customer_id <> 17850, count(DISTINCT invoice_no) < 5, customer_id LIMIT 1 \gset
-- three quarters of the time to learn from, one to judge by
SELECT (min(invoice_date) + 0.75 * (max(invoice_date) - min(invoice_date)))::date AS cut FROM online_retail \gset

\echo '== 1. Order lines become customers ========================================================='
\echo
SELECT count(*) AS lines, count(DISTINCT invoice_no) AS invoices, count(DISTINCT customer_id) AS customers,
	count(*) FILTER (WHERE customer_id IS NULL) AS lines_without_customer, min(invoice_date)::date AS from_date, max(invoice_date)::date AS to_date
FROM online_retail;
\echo '-- Cancelled invoices and lines without a customer are left out:'
CREATE VIEW sales AS
	SELECT customer_id, invoice_no, invoice_date, stock_code, quantity, quantity * unit_price AS amount
	FROM online_retail WHERE customer_id IS NOT NULL AND invoice_no NOT LIKE 'C%' AND quantity > 0 AND unit_price > 0;
SELECT clusterseg.create_rfm_view('rfm', 'sales', 'customer_id', 'invoice_date', 'amount', 'invoice_no', as_of => :'day_after') AS view;
SELECT customer_id, round(recency_days::numeric) AS recency_days, orders, round(monetary) AS monetary,
	round(average_order_value::numeric, 2) AS average_order_value FROM rfm ORDER BY monetary DESC LIMIT 5;

\echo '== 2. Customers become segments ============================================================'
\echo
SELECT model, version, k, rows, iterations, round(silhouette::numeric, 3) AS silhouette, round(seconds::numeric, 2) AS seconds
FROM clusterseg.train('customers', 'rfm', 'customer_id', '{recency_days, orders, monetary}', k => 5, transforms => '{"*": "log1p"}');
SELECT segment_id, segment, size, description FROM clusterseg.segments WHERE model = 'customers' ORDER BY segment_id;
SELECT m.segment, count(*) AS customers, round(sum(r.monetary)) AS revenue,
	round((100 * sum(r.monetary) / sum(sum(r.monetary)) OVER ())::numeric, 1) AS percent_of_revenue
FROM customers_members m JOIN rfm r USING (customer_id) GROUP BY m.segment_id, m.segment ORDER BY revenue DESC;
\echo '-- The same customers in the classic RFM boxes:'
SELECT model, k, rows, round(seconds::numeric, 2) AS seconds
FROM clusterseg.train('rfm_boxes', 'rfm', 'customer_id', '{recency_days, orders, monetary}', algorithm => 'rfm');
SELECT segment, size, round((100 * share)::numeric, 1) AS percent FROM clusterseg.segments WHERE model = 'rfm_boxes' AND size > 0 ORDER BY size DESC;

\echo '== 3. Why? ================================================================================='
\echo
SELECT r.customer_id, e.feature, e.value, round(e.contribution::numeric, 2) AS contribution, e.typical, e.runner_up_typical, e.reason
FROM rfm r, clusterseg.explain('customers', r) e WHERE r.customer_id = :somebody;

\echo '== 4. Recommendations ======================================================================'
\echo
CREATE TABLE purchases AS
	SELECT customer_id, stock_code, max(invoice_date) AS at, count(DISTINCT invoice_no) AS times FROM sales GROUP BY 1, 2;
CREATE INDEX ON purchases (customer_id);
CREATE VIEW purchases_before AS SELECT DISTINCT customer_id, stock_code FROM sales WHERE invoice_date < :'cut';
CREATE VIEW purchases_after AS SELECT DISTINCT customer_id, stock_code FROM sales WHERE invoice_date >= :'cut';
-- the segments, too, must not know the future
CREATE VIEW sales_before AS SELECT * FROM sales WHERE invoice_date < :'cut';
SELECT clusterseg.create_rfm_view('rfm_before', 'sales_before', 'customer_id', 'invoice_date', 'amount', 'invoice_no', as_of => :'cut') AS view;
SELECT model, k, rows FROM clusterseg.train('customers_before', 'rfm_before', 'customer_id', '{recency_days, orders, monetary}', k => 5,
	transforms => '{"*": "log1p"}');
\echo '-- Learn from what was bought before' :cut', judge by what was bought from then on:'
SELECT t.model, t.algorithm, t.events, t.customers, t.items, round(t.seconds::numeric, 2) AS seconds
FROM (VALUES ('popular'), ('segment_popular'), ('itemknn')) a (algorithm),
	clusterseg.train_recommender('test_' || a.algorithm, 'purchases_before', 'customer_id', 'stock_code', algorithm => a.algorithm,
		segmentation => 'customers_before') t;
SELECT a.algorithm, e.metric, round(e.value::numeric, 4) AS value, round(e.low::numeric, 4) AS low, round(e.high::numeric, 4) AS high, e.customers
FROM (VALUES ('popular'), ('segment_popular'), ('itemknn')) a (algorithm),
	clusterseg.evaluate_recommender('test_' || a.algorithm, 'SELECT customer_id, stock_code FROM purchases_after') e
WHERE e.metric IN ('precision', 'recall', 'ndcg', 'coverage') ORDER BY e.metric, e.value DESC;
\echo '-- All purchases in:'
SELECT model, algorithm, events, round(seconds::numeric, 2) AS seconds
FROM clusterseg.train_recommender('for_you', 'purchases', 'customer_id', 'stock_code', algorithm => 'itemknn', at => 'at', segmentation => 'customers');
SELECT r.rank, r.item_id, d.description, round(r.score::numeric, 3) AS score, r.source, r.reason
FROM clusterseg.recommend('for_you', :somebody, 5) r,
	LATERAL (SELECT mode() WITHIN GROUP (ORDER BY description) AS description FROM online_retail o WHERE o.stock_code = r.item_id) d ORDER BY r.rank;
\echo '-- A visitor nobody knows:'
SELECT r.rank, r.item_id, d.description, r.source FROM clusterseg.recommend('for_you', -1, 3) r,
	LATERAL (SELECT mode() WITHIN GROUP (ORDER BY description) AS description FROM online_retail o WHERE o.stock_code = r.item_id) d ORDER BY r.rank;
SELECT clusterseg.refresh_recommendations('for_you', 10) AS rows_written;
