-- recommend_all() by parallel workers makes the lists that it makes alone, in the same order, by every algorithm.
SET client_min_messages = warning;
SET max_parallel_maintenance_workers = 0;
-- 42,000 events of 10,500 customers, whose keys are texts and numbers, in 300 items of five tastes
CREATE TABLE events AS SELECT c AS n, format('(%s,"it''s")', c) AS c, 'item ' || (c * c % 60 + i * i * (ARRAY[3, 7, 11, 13, 17])[1 + c % 5]) % 300 AS item,
		timestamptz '2025-01-01' + (c * i) % 200 * interval '1 day' AS at
	FROM generate_series(1, 10500) c, generate_series(1, 4) i;
CREATE TABLE people AS SELECT n, c, (n % 8)::float8 AS taste FROM events GROUP BY n, c;
SELECT k FROM clusterseg.train('tastes', 'people', 'c', '{taste}', k => 4);
SELECT rows FROM clusterseg.refresh('tastes');
SELECT count(*) AS models FROM (SELECT DISTINCT algorithm FROM clusterseg.algorithms WHERE kind = 'recommender' AND algorithm NOT IN ('auto', 'content')) a,
	clusterseg.train_recommender('of_' || a.algorithm, 'events', 'c', 'item', at => 'at', algorithm => a.algorithm,
		segmentation => 'tastes', options => CASE a.algorithm WHEN 'blend' THEN '{"members": ["ials", "segment_mixture"], "blend_kappa": 2}'
			WHEN 'ials' THEN '{"factors": 16, "iterations": 2}' WHEN 'userknn' THEN '{"visits": 100, "neighbourhood": "own"}' ELSE '{}' END::jsonb) t;
SELECT algorithm FROM clusterseg.train_recommender('numbers', 'events', 'n', 'item', at => 'at', algorithm => 'itemknn') t;

-- what shapes lists: items that are there, their categories and times
CREATE TABLE catalogue AS SELECT item, 'category ' || right(item, 1) AS category, timestamptz '2025-01-01' + length(item) * interval '1 day' AS since
	FROM (SELECT DISTINCT item FROM events) e WHERE item NOT LIKE '%3';
SELECT algorithm FROM clusterseg.train_recommender('shaped', 'events', 'n', 'item', at => 'at', algorithm => 'itemknn', item_source => 'catalogue', item_key => 'item',
	options => '{"category": "category", "item_time": "since"}') t;

CREATE FUNCTION lists(model text, workers int, n int, others text DEFAULT '') RETURNS text LANGUAGE plpgsql AS $$
DECLARE
	answer text;
BEGIN
	PERFORM set_config('max_parallel_workers_per_gather', workers::text, true);
	EXECUTE format('SELECT md5(string_agg(r::text, %L ORDER BY o)) || %L || count(*) FROM clusterseg.recommend_all($1, $2%s) WITH ORDINALITY
		r (c, rank, item, score, source, propensity, o)', ';', ' ', others) INTO answer USING model, n;
	RETURN answer;
END $$;

SELECT model, split_part(a, ' ', 2) AS rows, a = lists(model, 1, 4) AS same_by_one, a = lists(model, 2, 4) AS same_by_two
	FROM (SELECT model, lists(model, 0, 4) AS a FROM clusterseg.models WHERE kind = 'recommender' OFFSET 0) m ORDER BY 1;
-- of some items only (by a temporary table, which workers do not see), with a rule for what is left out, and lists so long that other sources fill them
CREATE TEMP TABLE sevens AS SELECT DISTINCT item FROM events WHERE item LIKE '%7';
SELECT what, model, split_part(a, ' ', 2) AS rows, a = lists(model, 2, n, others) AS same
	FROM (VALUES (1, 'candidates', 'of_ials', 3, $$, candidates => 'TABLE sevens'$$), (2, 'within', 'of_itemknn', 3, $$, options => '{"exclude_within": "30 days"}'$$),
			(3, 'long', 'of_ease', 40, ''), (4, 'there', 'shaped', 3, ''), (5, 'diverse', 'shaped', 3, ', diversity => 0.5, max_per_category => 1'),
			(6, 'diverse', 'of_ials', 3, ', diversity => 0.5'), (7, 'exploring', 'shaped', 2, $$, explore => 0.2, options => '{"seed": 1}'$$),
			(8, 'promoted', 'shaped', 3, $$, options => '{"promoted_from": "TABLE sevens", "promoted_share": 0.4, "max_age": "9 days", "as_of": "2025-01-16"}'$$)) v (o, what, model, n, others),
		LATERAL lists(model, 0, n, others) a ORDER BY o;
-- what recommend() gives: the best of all, though few are looked at
SET max_parallel_workers_per_gather = 2;
CREATE TEMP TABLE kept AS SELECT m.model, a.* FROM (VALUES ('of_ials'), ('of_puresvd'), ('of_segment_mixture'), ('of_itemknn'), ('of_blend')) m (model), clusterseg.recommend_all(m.model, 5) a;
SELECT m.model, count(*) AS rows, count(*) FILTER (WHERE (k.item_id, k.score, k.source) IS DISTINCT FROM (r.item_id, r.score, r.source)) AS different
	FROM (SELECT DISTINCT model FROM kept) m CROSS JOIN generate_series(1, 10500, 500) n CROSS JOIN format('(%s,"it''s")', n) c CROSS JOIN LATERAL clusterseg.recommend(m.model, c, 5) r
		LEFT JOIN kept k ON k.model = m.model AND k.customer_id = c AND k.rank = r.rank
	GROUP BY 1 ORDER BY 1;
-- a cancelled call leaves no worker behind
\set VERBOSITY terse
SET statement_timeout = '400ms';
SELECT count(*) FROM generate_series(1, 1000) g CROSS JOIN LATERAL clusterseg.recommend_all('of_popular', 40 + g % 2);
RESET statement_timeout;
\set VERBOSITY default
SELECT count(*) FROM pg_stat_activity WHERE backend_type = 'parallel worker' AND datname = current_database();
-- nor does one within a transaction that has yet to be committed, whose model workers read
BEGIN;
SELECT events FROM clusterseg.train_recommender('new', 'events', 'c', 'item', algorithm => 'itemknn');
SELECT lists('new', 0, 2) = lists('new', 2, 2) AS same;
ROLLBACK;
