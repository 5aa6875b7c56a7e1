-- Options of recommenders as they are by default against those that tuning inside the training part finds,
-- on the same test. shared: the folder with msweb and online-retail.
SET client_min_messages = warning;
SELECT format($$CREATE TEMP TABLE sales (invoice_no text, stock_code text, description text, quantity int, invoice_date timestamptz, unit_price float8, customer_id int, country text);
	CREATE TEMP TABLE visits (user_id int, area_id int);
	COPY sales FROM PROGRAM 'gzip -dc %1$s/data/online-retail/online_retail.csv.gz' WITH (FORMAT csv, HEADER);
	COPY visits FROM PROGRAM 'gzip -dc %1$s/data/msweb/visits_train.csv.gz' WITH (FORMAT csv, HEADER);$$, :'shared') AS statements \gset
:statements
CREATE TABLE retail AS SELECT customer_id AS c, stock_code AS i, invoice_date AS at FROM sales WHERE customer_id IS NOT NULL AND quantity > 0;
CREATE TABLE msweb AS SELECT user_id AS c, area_id AS i FROM visits;
CREATE TABLE compared AS
	SELECT 'msweb, random split' AS data, t AS tuned, c.* FROM (VALUES (false), (true)) v (t), LATERAL clusterseg.compare_recommenders('msweb', 'c', 'i',
			algorithms => '{rp3beta, ease, ials, segment_mixture}', split => 'random', max_customers => 5000, "by" => NULL, tune => t) c
	UNION ALL SELECT 'Online Retail, time split', t, c.* FROM (VALUES (false), (true)) v (t), LATERAL clusterseg.compare_recommenders('retail', 'c', 'i', at => 'at',
			algorithms => '{rp3beta, ease, ials, segment_mixture}', max_customers => 5000, "by" => NULL, tune => t) c;
SELECT format('%s, %s: nDCG@10 %s, tuned %s, half an interval %s; %s', data, algorithm, round(max(value) FILTER (WHERE NOT tuned)::numeric, 4), round(max(value) FILTER (WHERE tuned)::numeric, 4),
	round((max(high - low) / 2)::numeric, 4), COALESCE(max(note) FILTER (WHERE tuned), 'nothing to tune')) FROM compared WHERE metric = 'ndcg' GROUP BY data, algorithm ORDER BY data, min(value), 1;
DROP TABLE retail, msweb, compared;
