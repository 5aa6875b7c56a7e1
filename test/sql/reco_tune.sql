-- tune_recommender(): what is tried, what is chosen, and that it is what the same settings give elsewhere.
SET timezone = 'UTC';
\set ECHO none
\i test/data/raises.sql
SET client_min_messages = warning;
\i docs/shop.sql
CREATE TABLE public.orders AS SELECT customer_id, item_id, ordered_at, quantity FROM shop.orders WHERE customer_id % 5 = 0;
DROP SCHEMA shop CASCADE;
RESET client_min_messages;
\set ECHO all

-- every option of the grid is one of the algorithm's, in its range; the defaults are among the values, of those that have one
SELECT a.algorithm, string_agg(g.option, ', ' ORDER BY g.option) AS tuned
FROM (SELECT DISTINCT algorithm FROM clusterseg.algorithms WHERE kind = 'recommender') a, clusterseg.tuning_grid(a.algorithm) g
WHERE a.algorithm IN ('popular', 'trending', 'segment_popular', 'itemknn', 'rp3beta', 'ease', 'ials', 'puresvd') GROUP BY 1 ORDER BY 1;
SELECT a.algorithm, g.option FROM clusterseg.algorithms a, clusterseg.tuning_grid(a.algorithm) g
WHERE a.kind = 'recommender' AND g.option = a.option AND a."default" <> '0' AND NOT EXISTS (SELECT FROM jsonb_array_elements_text(g."values") v WHERE v = a."default") AND a.option <> 'window';

SELECT everything() AS before \gset
SELECT count(*) AS settings FROM clusterseg.tune_recommender('orders', 'customer_id', 'item_id', 'quantity', 'ordered_at', grid => '{"neighbours": [5]}');
SELECT everything() = :'before' AS nothing_left;
CREATE TEMP TABLE tuned AS SELECT * FROM clusterseg.tune_recommender('orders', 'customer_id', 'item_id', 'quantity', 'ordered_at', 'itemknn',
	'{"neighbours": [200, 5, 20], "similarity": ["tfidf", "cosine"]}');
-- six settings; a value that is the default's is not named
SELECT setting, options, round(value::numeric, 4) AS ndcg, customers, round(difference::numeric, 4) AS difference, chosen, note FROM tuned ORDER BY setting;
SELECT count(*) FILTER (WHERE chosen) AS chosen, bool_and(value <= (SELECT value FROM tuned WHERE chosen)) AS chosen_is_best,
	bool_and(abs(to_best - (value - (SELECT value FROM tuned WHERE chosen))) < 1e-12) AS to_best, bool_and(abs(difference - (value - (SELECT value FROM tuned WHERE setting = 1))) < 1e-12) AS difference FROM tuned;
-- compare_recommenders() measures the same of these settings on the same split
SELECT count(*) AS settings, count(*) FILTER (WHERE (t.value, t.low, t.high, t.customers) IS DISTINCT FROM (c.value, c.low, c.high, c.customers)) AS differ
FROM tuned t LEFT JOIN clusterseg.compare_recommenders('orders', 'customer_id', 'item_id', 'quantity', 'ordered_at', '{s1, s2, s3, s4, s5, s6}', "by" => NULL,
	options => (SELECT jsonb_object_agg('s' || setting, options || '{"algorithm": "itemknn"}') FROM tuned)) c ON c.algorithm = 's' || t.setting AND c.metric = 'ndcg';
-- the same again, by another order of the rows; another seed tries the same settings in another order
SELECT count(*) AS differ FROM (SELECT setting, options, value, low, high, chosen FROM clusterseg.tune_recommender('SELECT * FROM orders ORDER BY md5(item_id)', 'customer_id', 'item_id',
	'quantity', 'ordered_at', 'itemknn', '{"neighbours": [200, 5, 20], "similarity": ["tfidf", "cosine"]}') EXCEPT SELECT setting, options, value, low, high, chosen FROM tuned) d;
SELECT count(*) AS settings, bool_and(t.value = o.value) AS same_values, bool_or(t.setting <> o.setting) AS other_order
FROM tuned t JOIN clusterseg.tune_recommender('orders', 'customer_id', 'item_id', 'quantity', 'ordered_at', 'itemknn',
	'{"neighbours": [200, 5, 20], "similarity": ["tfidf", "cosine"]}', seed => 7) o USING (options);
-- fewer, and by another metric: the first ones of the same order
SELECT setting, options = (SELECT options FROM tuned t WHERE t.setting = f.setting) AS same, metric, round(value::numeric, 4) AS value, chosen
FROM clusterseg.tune_recommender('orders', 'customer_id', 'item_id', 'quantity', 'ordered_at', 'itemknn',
	'{"neighbours": [200, 5, 20], "similarity": ["tfidf", "cosine"]}', metric => 'recall', max_settings => 3) f ORDER BY setting;
-- out of time after the first
SELECT setting, options, chosen FROM clusterseg.tune_recommender('orders', 'customer_id', 'item_id', algorithm => 'puresvd', split => 'random', max_seconds => 1e-9);
-- what is given is for all settings and not tuned; without times half-lives are not either
SELECT count(*) AS settings FROM clusterseg.tune_recommender('orders', 'customer_id', 'item_id', algorithm => 'popular', split => 'random');
SELECT count(*) AS settings, count(DISTINCT options->>'l2') AS l2, bool_and(options->>'neighbours' = '50') AS all_given FROM clusterseg.tune_recommender('orders', 'customer_id', 'item_id',
	algorithm => 'ease', split => 'random', options => '{"neighbours": 50}');
-- settings that do not fit into memory are passed over
SELECT setting, value, chosen, note IS NOT NULL AS noted FROM clusterseg.tune_recommender('SELECT i % 20 AS c, i AS item FROM generate_series(1, 3000) i', 'c', 'item', algorithm => 'ease',
	grid => '{"l2": [10]}', split => 'random', options => '{"memory": 1}');

\pset format unaligned
\pset tuples_only on
SELECT raises($$SELECT clusterseg.tune_recommender('orders', 'customer_id', 'item_id')$$);
SELECT raises($$SELECT clusterseg.tune_recommender('orders', 'customer_id', 'item_id', split => 'random', algorithm => NULL)$$);
SELECT raises($$SELECT clusterseg.tune_recommender('orders', 'customer_id', 'item_id', split => 'random', algorithm => 'kmeans')$$);
SELECT raises($$SELECT clusterseg.tune_recommender('orders', 'customer_id', 'item_id', split => 'random', metric => 'coverage')$$);
SELECT raises($$SELECT clusterseg.tune_recommender('orders', 'customer_id', 'item_id', split => 'random', grid => '{"neighbours": 3}')$$);
SELECT raises($$SELECT clusterseg.tune_recommender('orders', 'customer_id', 'item_id', split => 'random', grid => '[]')$$);
SELECT split_part(raises($$SELECT clusterseg.tune_recommender('orders', 'customer_id', 'item_id', split => 'random', grid => '{"l2": [1]}')$$), E'\n', 1);
SELECT raises($$SELECT clusterseg.tune_recommender('orders', 'customer_id', 'item_id', split => 'random', grid => '{"neighbours": ["many"]}')$$);
SELECT raises($$SELECT clusterseg.tune_recommender('orders', 'customer_id', 'item_id', split => 'random', max_settings => 0)$$);
SELECT raises($$SELECT clusterseg.tune_recommender('orders', 'customer_id', 'item_id', split => 'random', max_seconds => 0)$$);
SELECT raises($$SELECT clusterseg.tune_recommender('orders', 'customer_id', 'item_id', split => 'random', options => '[1]')$$);
