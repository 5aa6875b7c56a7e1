-- What holds for every recommending algorithm that there is: the same model and the same lists on every run, whatever the order of the
-- rows and the number of workers; 5 are the beginning of 10; all customers at once are the customers one by one; and this however the
-- lists are shaped (list_fault.sql).  The algorithms come from clusterseg.algorithms: a new one is in it.
\set ECHO none
\i test/data/list_fault.sql
SET timezone = 'UTC';
SET client_min_messages = error;
CREATE TABLE events AS SELECT c AS customer, 'i' || i AS item, 1 + c % 2 AS weight, timestamptz '2025-01-01' + (c * i) % 90 * interval '1 day' AS at
	FROM generate_series(1, 30) c, generate_series(1, 24) i WHERE (c * 7 + i * i * 3 + (c * i) % 11) % 19 < 6;
CREATE TABLE shuffled AS SELECT * FROM events ORDER BY md5(customer || item);
-- one item of the events is gone, and some have no category
CREATE TABLE catalogue AS SELECT 'i' || i AS item, 'thing ' || i % 7 || ' of ' || i % 4 AS title, CASE WHEN i % 5 > 0 THEN 'c' || i % 3 END AS category FROM generate_series(1, 23) i;
CREATE TABLE people AS SELECT c AS id, c % 3 * 10.0 + c % 2 AS x FROM generate_series(1, 33) c;
SELECT k FROM clusterseg.train('groups', 'people', 'id', '{x}', k => 3, scale => 'none') \g /dev/null
CREATE TABLE algorithms AS SELECT DISTINCT algorithm FROM clusterseg.algorithms WHERE kind = 'recommender';
CREATE FUNCTION learn(model text, algorithm text, source text, workers int) RETURNS text LANGUAGE plpgsql AS $$
BEGIN
	PERFORM set_config('max_parallel_workers_per_gather', workers::text, true), set_config('max_parallel_maintenance_workers', workers::text, true),
		set_config('min_parallel_table_scan_size', '0', true), set_config('parallel_setup_cost', '0', true), set_config('parallel_tuple_cost', '0', true);
	PERFORM FROM clusterseg.train_recommender(model, source, 'customer', 'item', 'weight', 'at', algorithm, 'groups', item_source => 'catalogue');
	RETURN clusterseg.export_model(model) - '{metrics,trained_at,options}'::text[];
END
$$;
CREATE TABLE ways AS SELECT * FROM (VALUES
	(1, 'as they are', true, NULL, 0::float8, NULL::int, 0::float8, '{}'::jsonb),
	(2, 'with what was seen', false, NULL, 0, NULL, 0, '{}'),
	(3, 'candidates', true, 'SELECT item FROM catalogue WHERE category <> ''c1'' UNION ALL VALUES (''nothing''), (NULL)', 0, NULL, 0, '{}'),
	(4, 'diverse', true, NULL, 0.4, NULL, 0, '{"similarity": "category"}'),
	(5, 'capped', true, NULL, 0, 2, 0, '{}'),
	(6, 'exploring', true, NULL, 0, NULL, 0.5, '{"seed": 3}'),
	(7, 'all of it', true, 'SELECT item FROM catalogue', 0.2, 3, 0.3, '{"promoted": ["i3", "i4", "i22"], "promoted_share": 0.3, "min_confidence": 0.01, "similarity": "category"}'))
	w (nth, way, exclude_seen, candidates, diversity, cap, explore, options);
\set ECHO all
SELECT count(DISTINCT algorithm) > 13 AS all_of_them FROM algorithms;
-- models: rows in another order, with and without workers, again
SELECT algorithm FROM algorithms WHERE (SELECT count(DISTINCT learn('m', algorithm, source, workers))
	FROM (VALUES ('events', 0), ('shuffled', 2), ('events', 0)) v (source, workers)) <> 1 ORDER BY 1;
-- lists: what is wrong with them
SELECT count(learn('of_' || algorithm, algorithm, 'events', 0)) = (SELECT count(*) FROM algorithms) AS trained FROM algorithms;
SELECT way, algorithm, fault FROM ways w, algorithms, list_fault('of_' || algorithm, 'TABLE events', exclude_seen, candidates, diversity, cap, explore, options) fault
WHERE fault IS NOT NULL ORDER BY nth, algorithm;
-- and in another session, under other settings, they are the same
CREATE FUNCTION served(algorithm text, w ways) RETURNS text LANGUAGE sql AS $$
	SELECT md5(string_agg(a::text, ' ' ORDER BY a.customer_id, a.rank)) FROM clusterseg.recommend_all('of_' || algorithm, 8, (w).exclude_seen, (w).candidates, (w).diversity, (w).cap, (w).explore, (w).options) a $$;
CREATE TABLE before AS SELECT algorithm, nth, served(algorithm, w) AS lists FROM algorithms, ways w;
\c -
SET timezone = 'Asia/Tokyo';
SET datestyle = 'SQL, DMY';
SELECT count(*) AS lists, count(DISTINCT b.lists) > 30 AS various, count(*) FILTER (WHERE b.lists <> served(b.algorithm, w)) AS different FROM before b JOIN ways w USING (nth);

-- so many customers that workers make the lists: shaped, too
CREATE TABLE many AS SELECT c AS customer, 'i' || (c * c % 60 + i * i * (ARRAY[3, 7, 11, 13, 17])[1 + c % 5]) % 100 AS item FROM generate_series(1, 10500) c, generate_series(1, 3) i;
SELECT items FROM clusterseg.train_recommender('many', 'SELECT * FROM many', 'customer', 'item', algorithm => 'itemknn', item_source => $$SELECT 'i' || i AS item, 'c' || i % 9 AS category FROM generate_series(0, 99) i$$);
CREATE FUNCTION shaped(workers int) RETURNS text LANGUAGE plpgsql AS $$
BEGIN
	PERFORM set_config('max_parallel_workers_per_gather', workers::text, true);
	RETURN (SELECT md5(string_agg(a::text, ' ')) FROM clusterseg.recommend_all('many', 4, diversity => 0.3, max_per_category => 2, explore => 0.3, options => '{"promoted": ["i5"]}') a);
END
$$;
SELECT shaped(0) = shaped(2) AS same;
