-- Online Retail, a global time cut: all recommenders in one table, customers without a history apart (UCI, doi:10.24432/C5BW33).
\set ECHO none
\getenv shared CLUSTERSEG_SHARED
SET timezone = 'UTC';
CREATE TABLE online_retail (invoice_no text, stock_code text, description text, quantity int, invoice_date timestamp, unit_price numeric,
	customer_id int, country text);
\set load '\\copy online_retail FROM PROGRAM ''gzip -dc ' :shared '/data/online-retail/online_retail.csv.gz'' WITH (FORMAT csv, HEADER)'
:load
CREATE VIEW bought AS SELECT customer_id, stock_code, invoice_date, quantity FROM online_retail WHERE customer_id IS NOT NULL AND quantity > 0;
\set ECHO all

-- customers as groups of what they did before the cut
CREATE VIEW before AS SELECT * FROM bought WHERE invoice_date < '2011-10-15';
SELECT clusterseg.create_rfm_view('rfm', 'before', 'customer_id', 'invoice_date', 'quantity', as_of => '2011-10-15');
SELECT k, rows FROM clusterseg.train('customers', 'rfm', 'customer_id', '{recency_days, orders, monetary}', k => 5);
CREATE TEMP TABLE compared AS SELECT * FROM clusterseg.compare_recommenders('bought', 'customer_id', 'stock_code', at => 'invoice_date',
	algorithms => '{trending, itemknn, userknn, rp3beta, ease, ials, puresvd, segment_mixture}', cut => '2011-10-15', segmentation => 'customers', options => '{"memory": 1000, "min_events": 5}');
SELECT algorithm, customers_group, customers, round(value::numeric, 3) AS ndcg, round(low::numeric, 2) AS low, round(high::numeric, 2) AS high
FROM compared WHERE metric = 'ndcg' ORDER BY customers_group, value DESC, algorithm;
-- who is in the groups, counted in SQL; the unit is a customer with something new in the test
WITH asked AS (SELECT DISTINCT customer_id, stock_code FROM bought WHERE invoice_date >= '2011-10-15' EXCEPT SELECT customer_id, stock_code FROM before),
	had AS (SELECT customer_id, count(DISTINCT stock_code) AS n FROM before GROUP BY 1)
SELECT c.customers_group, c.customers, count(DISTINCT a.customer_id) AS expected
FROM (SELECT DISTINCT customers_group, customers FROM compared WHERE metric = 'ndcg') c, asked a LEFT JOIN had USING (customer_id)
WHERE CASE c.customers_group WHEN 'all' THEN true WHEN 'cold' THEN had.n IS NULL WHEN 'warming' THEN had.n < 5 ELSE had.n >= 5 END GROUP BY 1, 2 ORDER BY 1;
-- what sells now beats what has sold in a year; a history helps who has one, beyond the intervals
SELECT algorithm, customers_group, difference_low > 0 AS above_popular FROM compared
WHERE metric = 'ndcg' AND (algorithm IN ('recent_popular', 'trending') OR algorithm IN ('itemknn', 'rp3beta', 'ease', 'ials', 'puresvd') AND customers_group = 'warm') AND customers_group IN ('all', 'warm') ORDER BY 1, 2;
-- without a history personal algorithms have their segment or the popular items, so there they are alike
SELECT count(DISTINCT round(value::numeric, 9)) AS values FROM compared WHERE metric = 'ndcg' AND customers_group = 'cold' AND algorithm IN ('itemknn', 'userknn', 'rp3beta', 'ease', 'ials', 'puresvd');
SELECT count(*) AS models FROM clusterseg.models WHERE kind = 'recommender';
