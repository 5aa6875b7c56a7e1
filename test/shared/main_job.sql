-- The main job on real rows: Online Retail as published (UCI, doi:10.24432/C5BW33), 541,909 order lines.
--
-- Customers become features, features segments, segments and histories recommendations.  Counts and sums are checked
-- against plain SQL over the lines; the totals of the file against its README.  What is printed as a number was the same
-- in both; the values of the clustering and of the ranking metrics are rounded, their size is judged by conditions.
\set ECHO none
\getenv shared CLUSTERSEG_SHARED
SET timezone = 'UTC';
CREATE TABLE online_retail (invoice_no text, stock_code text, description text, quantity int, invoice_date timestamp, unit_price numeric,
	customer_id int, country text);
\set load '\\copy online_retail FROM PROGRAM ''gzip -dc ' :shared '/data/online-retail/online_retail.csv.gz'' WITH (FORMAT csv, HEADER)'
:load
ANALYZE online_retail;
\set ECHO all

-- the file's check values
SELECT count(*) AS lines, count(DISTINCT invoice_no) AS invoices, count(DISTINCT customer_id) AS customers, count(DISTINCT stock_code) AS stock_codes,
	sum(quantity) AS pieces, sum(quantity * unit_price) AS amount, count(*) FILTER (WHERE customer_id IS NULL) AS without_customer FROM online_retail;

-- ---- customers become features ----

-- all lines as they are: returns count against the amount, lines without a customer are nobody's
CREATE VIEW lines AS SELECT customer_id, invoice_no, invoice_date, stock_code, quantity, quantity * unit_price AS amount FROM online_retail;
SELECT clusterseg.create_rfm_view('rfm', 'lines', 'customer_id', 'invoice_date', 'amount', 'invoice_no', as_of => '2011-12-10');
SELECT count(*) AS customers, count(*) FILTER (WHERE r.orders = p.orders AND r.monetary = p.amount AND r.recency_days = p.days) AS agree
FROM rfm r FULL JOIN (
	SELECT customer_id, count(DISTINCT invoice_no) AS orders, sum(amount) AS amount,
		floor(extract(epoch FROM timestamp '2011-12-10' - max(invoice_date)) / 86400)::int AS days
	FROM lines WHERE customer_id IS NOT NULL GROUP BY 1) p USING (customer_id);
SELECT customer_id, recency_days, orders, monetary, round(average_order_value::numeric, 2) AS average_order_value, tenure_days
FROM rfm WHERE customer_id IN (12346, 17850, 14646) ORDER BY 1;

-- ---- features become segments ----

-- who has sent back as much as was bought has no amount to take the logarithm of: signed logarithms take it
SELECT model, version, k, rows, skipped, converged, round(silhouette::numeric, 2) AS silhouette, published
FROM clusterseg.train('customers', 'rfm', 'customer_id', '{recency_days, orders, monetary}', k => 4,
	transforms => '{"recency_days": "log1p", "orders": "log1p", "monetary": "signed"}');
-- labels a person understands
SELECT segment_id, segment, size, round((100 * share)::numeric, 1) AS percent FROM clusterseg.segments WHERE model = 'customers' ORDER BY segment_id;
-- members are the customers, each once, in a segment that exists, by the segment's number in the registry
SELECT count(*) AS members, count(DISTINCT m.customer_id) AS customers, count(s.segment_id) AS in_known_segments, bool_and(m.segment = s.segment) AS labels_agree,
	count(r.customer_id) AS have_features, bool_and(clusterseg.segment('customers', r) = m.segment_id) AS scored_alike
FROM customers_members m LEFT JOIN clusterseg.segments s ON s.model = 'customers' AND s.segment_id = m.segment_id LEFT JOIN rfm r USING (customer_id);
SELECT bool_and(s.size = m.n) AS sizes_agree FROM clusterseg.segments s JOIN (SELECT segment_id, count(*) AS n FROM customers_members GROUP BY 1) m USING (segment_id)
WHERE s.model = 'customers';
-- profiles: plain averages
SELECT count(*) AS profiles, count(*) FILTER (WHERE abs(p.mean - x.mean) < 1e-6 * greatest(1, abs(x.mean)) AND p.n = x.n) AS agree
FROM clusterseg.segment_profiles p JOIN (
	SELECT segment_id, f.feature, avg(f.v)::float8 AS mean, count(*) AS n FROM customers_members JOIN rfm USING (customer_id),
		LATERAL (VALUES ('recency_days', recency_days::float8), ('orders', orders), ('monetary', monetary)) f (feature, v) GROUP BY 1, 2) x
	USING (segment_id, feature) WHERE p.model = 'customers';
-- the best segment brings most of the turnover
SELECT round(max(share)::numeric, 2) AS of_the_turnover FROM (
	SELECT sum(monetary) / sum(sum(monetary)) OVER () AS share FROM customers_members JOIN rfm USING (customer_id) GROUP BY segment_id) x;
-- why a customer is where he is
SELECT count(*) AS features, bool_and(reason <> '') AS explained FROM rfm r, clusterseg.explain('customers', r) WHERE r.customer_id = 17850;

-- ---- segments and histories become recommendations ----

-- learned before 1 September 2011, judged by what came after; the segments, too, know only the past
CREATE VIEW before AS SELECT * FROM lines WHERE invoice_date < '2011-09-01';
CREATE VIEW bought_after AS SELECT customer_id, stock_code FROM lines WHERE invoice_date >= '2011-09-01' AND customer_id IS NOT NULL AND quantity > 0;
SELECT clusterseg.create_rfm_view('rfm_before', 'before', 'customer_id', 'invoice_date', 'amount', 'invoice_no', as_of => '2011-09-01');
SELECT k, rows, skipped FROM clusterseg.train('customers_before', 'rfm_before', 'customer_id', '{recency_days, orders, monetary}', k => 4,
	transforms => '{"recency_days": "log1p", "orders": "log1p", "monetary": "signed"}');
-- what was not sent back again counts once, however many pieces; what was touched at all is no news to the customer
CREATE VIEW kept_before AS
	SELECT customer_id, stock_code, CASE WHEN sum(quantity) > 0 THEN 1 ELSE 0 END AS kept FROM before GROUP BY 1, 2;
SELECT t.model, t.events, t.customers, t.items, t.skipped FROM unnest('{popular,itemknn,segment_popular}'::text[]) a,
	clusterseg.train_recommender('by_' || a, 'kept_before', 'customer_id', 'stock_code', 'kept', algorithm => a,
		segmentation => CASE a WHEN 'segment_popular' THEN 'customers_before' END, options => '{"max_history": 0}') t;
-- the same counts in plain SQL
SELECT count(*) FILTER (WHERE customer_id IS NOT NULL) AS events, count(DISTINCT customer_id) AS customers,
	count(DISTINCT stock_code) FILTER (WHERE customer_id IS NOT NULL) AS items, count(*) FILTER (WHERE customer_id IS NULL) AS skipped,
	count(*) FILTER (WHERE customer_id IS NOT NULL AND kept > 0) AS kept FROM kept_before;
SELECT metrics->'entries' AS kept, metrics->'capped' AS capped FROM clusterseg.versions WHERE model = 'by_itemknn';

CREATE TABLE judged AS SELECT m.name, e.* FROM (VALUES ('by_popular'), ('by_segment_popular'), ('by_itemknn')) m (name),
	clusterseg.evaluate_recommender(m.name, 'bought_after') e;
-- SciPy, over a sparse matrix of the same lines (TF-IDF weights, shrink 10, 200 neighbours per target, ties by stock code), found
--   popular  precision .05949 recall .02180 ndcg .06390 map .02531      itemknn  .09382 .03933 .10534 .04964      2913 customers
SELECT name, metric, round(value::numeric, 5) AS value, customers FROM judged
WHERE metric IN ('precision', 'recall', 'ndcg', 'map') AND name <> 'by_segment_popular' ORDER BY name, array_position('{precision,recall,ndcg,map}', metric);
SELECT name, metric, round(value::numeric, 4) AS value, round(low::numeric, 3) AS low, round(high::numeric, 3) AS high FROM judged
WHERE metric IN ('precision', 'recall', 'ndcg', 'coverage') ORDER BY metric, judged.value DESC;
-- beyond the interval: itemknn above what is popular; segments know a little more than everybody
SELECT a.metric, a.low > b.high AS itemknn_above_popular, c.value > b.value AS segments_above_popular
FROM judged a JOIN judged b USING (metric) JOIN judged c USING (metric)
WHERE a.name = 'by_itemknn' AND b.name = 'by_popular' AND c.name = 'by_segment_popular' AND metric IN ('precision', 'recall', 'ndcg', 'map', 'hit_rate', 'coverage') ORDER BY 1;

-- all of it in, and customer 17850
CREATE TABLE kept AS
	SELECT customer_id, stock_code, max(invoice_date) AS at, CASE WHEN sum(quantity) > 0 THEN 1 ELSE 0 END AS kept FROM lines WHERE customer_id IS NOT NULL GROUP BY 1, 2;
ALTER TABLE kept ADD PRIMARY KEY (customer_id, stock_code);
SELECT algorithm, events, customers, items, skipped FROM clusterseg.train_recommender('for_you', 'kept', 'customer_id', 'stock_code', 'kept', 'at', algorithm => 'itemknn',
	segmentation => 'customers');
SELECT r.rank, r.item_id, (SELECT mode() WITHIN GROUP (ORDER BY description) FROM online_retail o WHERE o.stock_code = r.item_id) AS description, r.source, r.reason
FROM clusterseg.recommend('for_you', 17850) r ORDER BY r.rank;
SELECT count(*) FILTER (WHERE r.item_id = l.stock_code) AS bought_before FROM clusterseg.recommend('for_you', 17850, 100) r, lines l WHERE l.customer_id = 17850;
SELECT round(sum(e.contribution)::numeric, 6) = round(r.score::numeric, 6) AS reasons_add_up
FROM clusterseg.recommend('for_you', 17850, 1) r, clusterseg.explain_recommendation('for_you', 17850, r.item_id) e GROUP BY r.score;
-- what goes with the regency cake stand
SELECT s.rank, (SELECT mode() WITHIN GROUP (ORDER BY description) FROM online_retail o WHERE o.stock_code = s.item_id) AS description
FROM clusterseg.similar_items('for_you', '22423', 3) s ORDER BY s.rank;
-- somebody who never bought: popular, and the row says so
SELECT rank, item_id, source FROM clusterseg.recommend('for_you', 1, 3);

-- a list for everybody, in a table; nobody is offered what he has
SELECT clusterseg.refresh_recommendations('for_you', 5) AS written;
SELECT count(DISTINCT customer_id) AS customers, count(*) AS rows, (SELECT count(*) FROM for_you_recommendations f
	WHERE EXISTS (SELECT FROM online_retail o WHERE o.customer_id = f.customer_id AND o.stock_code = f.item_id)) AS bought_before FROM for_you_recommendations;
-- and what a BI tool reads: one row per customer with segment and first item
SELECT m.segment, count(*) AS customers, count(DISTINCT f.item_id) > 10 AS many_items FROM customers_members m JOIN for_you_recommendations f USING (customer_id)
WHERE f.rank = 1 GROUP BY 1 ORDER BY 1;
