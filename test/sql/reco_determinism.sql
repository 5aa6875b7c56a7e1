-- The same events give the same model and the same lists: whatever their order in the table, how they are cut into
-- partitions, how many workers read them, and who asks in which session.
SET timezone = 'UTC';
\set ECHO none
SET client_min_messages = warning;
\i docs/shop.sql
CREATE TABLE orders AS SELECT *, quantity * 0.1 AS tenth FROM shop.orders WHERE customer_id % 2 = 0;
CREATE TABLE people AS SELECT customer_id, count(*) AS n, max(extract(epoch FROM ordered_at)) AS last FROM orders GROUP BY 1;
SELECT k FROM clusterseg.train('groups', 'people', 'customer_id', '{n,last}', k => 4) \g /dev/null
-- the same rows: shuffled, in partitions, with what was deleted and updated between them
CREATE TABLE shuffled AS SELECT * FROM orders ORDER BY md5(order_id::text || item_id || customer_id);
CREATE TABLE parts (LIKE orders) PARTITION BY HASH (item_id);
CREATE TABLE parts0 PARTITION OF parts FOR VALUES WITH (MODULUS 3, REMAINDER 0);
CREATE TABLE parts1 PARTITION OF parts FOR VALUES WITH (MODULUS 3, REMAINDER 1);
CREATE TABLE parts2 PARTITION OF parts FOR VALUES WITH (MODULUS 3, REMAINDER 2);
INSERT INTO parts TABLE orders;
CREATE TABLE worn AS TABLE orders;
UPDATE worn SET amount = amount WHERE customer_id % 3 = 0;
INSERT INTO worn SELECT * FROM orders WHERE customer_id % 7 = 0;
DELETE FROM worn WHERE ctid NOT IN (SELECT max(ctid) FROM worn GROUP BY order_id, item_id, customer_id, ordered_at, quantity);
RESET client_min_messages;

-- everything that a version keeps
CREATE FUNCTION digest(p_model text) RETURNS text LANGUAGE sql AS $$
	SELECT md5(concat_ws(' ',
		(SELECT string_agg(i::text, ' ' ORDER BY i.item_no) FROM (SELECT item_no, item_id, customers, popularity FROM clusterseg._reco_items x WHERE x.version_id = p.id) i),
		(SELECT string_agg(n::text, ' ' ORDER BY n.item_no) FROM (SELECT item_no, targets, weights FROM clusterseg._reco_neighbours x WHERE x.version_id = p.id) n),
		(SELECT string_agg(f::text, ' ' ORDER BY f.chunk) FROM (SELECT chunk, factors FROM clusterseg._reco_factors x WHERE x.version_id = p.id) f),
		(SELECT string_agg(l::text, ' ' ORDER BY l.list, l.chunk) FROM (SELECT list, chunk, items, scores FROM clusterseg._reco_lists x WHERE x.version_id = p.id) l),
		(SELECT string_agg(s::text, ' ' ORDER BY s.segment_id) FROM (SELECT segment_id, customers FROM clusterseg._reco_segments x WHERE x.version_id = p.id) s)))
	FROM (SELECT published_id AS id FROM clusterseg.models WHERE model = p_model) p $$;
CREATE FUNCTION learn(source text, algorithm text, options jsonb, workers int) RETURNS text LANGUAGE plpgsql AS $$
BEGIN
	-- workers 0: none; else as many, for any table
	PERFORM set_config('max_parallel_workers_per_gather', workers::text, true), set_config('min_parallel_table_scan_size', '0', true),
		set_config('parallel_setup_cost', CASE WHEN workers > 0 THEN '0' ELSE '1000' END, true),
		set_config('parallel_tuple_cost', CASE WHEN workers > 0 THEN '0' ELSE '0.1' END, true);
	PERFORM FROM clusterseg.train_recommender('m', source, 'customer_id', 'item_id', 'tenth', 'ordered_at', algorithm, 'groups', options => options);
	RETURN digest('m');
END
$$;
\set ECHO all

-- sources: as they were written, and the same rows otherwise; with and without workers
SELECT algorithm, options, count(*) AS trained, count(DISTINCT learn(source, algorithm, options, workers)) AS models
FROM (VALUES ('popular', '{"half_life": 33}'::jsonb), ('trending', '{"window": 40}'), ('segment_popular', '{"half_life": 33, "kappa": 0}'),
		('segment_mixture', '{"half_life": 33}'), ('blend', '{"half_life": 33, "members": ["itemknn", "segment_mixture"]}'), ('itemknn', '{"half_life": 33, "neighbours": 11}'), ('itemknn', '{"similarity": "bm25", "neighbours": 11, "max_history": 5}')) a (algorithm, options),
	unnest('{orders,shuffled,parts,worn}'::text[]) source, unnest('{0,2}'::int[]) workers
GROUP BY 1, 2 ORDER BY 1, 2;
-- one session learns, another one serves and evaluates: the same
SELECT learn('shuffled', 'itemknn', '{"half_life": 33, "neighbours": 11}', 2) \g /dev/null
CREATE FUNCTION served() RETURNS text LANGUAGE sql AS $$
	SELECT md5(string_agg(a::text, ' ' ORDER BY a.customer_id, a.rank)) FROM clusterseg.recommend_all('m', 20) a $$;
CREATE TABLE seen AS SELECT digest('m') AS model, served() AS lists, (SELECT md5(string_agg(e::text, ' ' ORDER BY e.metric))
	FROM clusterseg.evaluate_recommender('m', 'SELECT customer_id, item_id FROM orders WHERE customer_id % 9 = 0', exclude_seen => false) e) AS metrics;
\c -
SET timezone = 'Asia/Tokyo';
SET datestyle = 'SQL, DMY';
SET max_parallel_workers_per_gather = 0;
SELECT digest('m') = model AS same_model, served() = lists AS same_lists, (SELECT md5(string_agg(e::text, ' ' ORDER BY e.metric)) FROM clusterseg.evaluate_recommender('m',
	'SELECT customer_id, item_id FROM orders WHERE customer_id % 9 = 0 ORDER BY md5(item_id)', exclude_seen => false) e) = metrics AS same_metrics FROM seen;
-- lists of equal score: by item, byte by byte
SELECT version FROM clusterseg.train_recommender('ties', $$SELECT c, i FROM generate_series(1, 5) c, unnest('{b,B,ä,a,Z,_,10,9}'::text[]) i$$, 'c', 'i', algorithm => 'popular');
SELECT string_agg(item_id, ' ' ORDER BY rank) FROM clusterseg.recommend('ties', 0);
