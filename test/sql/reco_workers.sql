-- Recommenders that are fitted by parallel workers are those that are fitted without, to the last byte.
SET max_parallel_maintenance_workers = 0;
SET client_min_messages = warning;
-- 117,000 events of 2,600 customers in 400 items, of five tastes
CREATE TABLE events AS SELECT c, (c + i * (ARRAY[3, 7, 11, 13, 17])[1 + c % 5]) % 400 AS item, timestamptz '2025-01-01' + (c * i) % 200 * interval '1 day' AS at
	FROM generate_series(1, 2600) c, generate_series(1, 45) i;
CREATE TABLE things AS SELECT item, 'thing of ' || item % 40 AS title FROM generate_series(0, 399) item;
CREATE TABLE people AS SELECT c, (c % 8)::float8 AS taste FROM generate_series(1, 2600) c;
SELECT k FROM clusterseg.train('tastes', 'people', 'c', '{taste}', k => 4);
CREATE FUNCTION train_all(prefix text) RETURNS SETOF text LANGUAGE sql AS $$
	SELECT t.algorithm FROM (VALUES ('itemknn', '{}'), ('rp3beta', '{}'), ('ease', '{}'), ('ials', '{"iterations": 2, "factors": 16}'), ('puresvd', '{"factors": 8}'),
			('segment_mixture', '{"clusters": 4, "factors": 8}'), ('content', '{}'), ('blend', '{"members": ["itemknn", "segment_mixture"], "clusters": 4}'),
			('auto', '{"effort": 0.05}')) v (a, o),
		clusterseg.train_recommender(prefix || v.a, 'SELECT * FROM events', 'c', 'item', at => 'at', algorithm => v.a, segmentation => 'tastes', item_source => 'things', options => v.o::jsonb || '{"half_life": 100, "max_history": 0}') t
$$;
SELECT count(*) FROM train_all('alone_');
SET max_parallel_maintenance_workers = 1;
SELECT count(*) FROM train_all('one_');
SET max_parallel_maintenance_workers = 2;
SELECT count(*) FROM train_all('two_');
SELECT substring(a.model FROM 'alone_(.*)') AS model, (a.metrics->'entries')::int > 100000 AS many, (a.metrics->'processes')::int AS alone,
	clusterseg.export_model(a.model) - '{metrics,trained_at}'::text[] = clusterseg.export_model(o.model) - '{metrics,trained_at}'::text[] AS same_by_one,
	clusterseg.export_model(a.model) - '{metrics,trained_at}'::text[] = clusterseg.export_model(t.model) - '{metrics,trained_at}'::text[] AS same_by_two
FROM clusterseg.versions a JOIN clusterseg.versions o ON o.model = replace(a.model, 'alone_', 'one_') JOIN clusterseg.versions t ON t.model = replace(a.model, 'alone_', 'two_')
WHERE a.model LIKE 'alone%' ORDER BY 1;
-- where there are processors for it, workers took part
SELECT (SELECT (metrics->'processes')::int FROM clusterseg.versions WHERE model LIKE 'one_rp3beta%') AS processes \gset
SELECT bool_and((v.metrics->'processes')::int = :processes) AS all_alike FROM clusterseg.versions v WHERE v.model LIKE 'one\_%';
-- a cancelled or failing training leaves no worker behind
SELECT count(*) FROM pg_stat_activity WHERE backend_type = 'parallel worker';
