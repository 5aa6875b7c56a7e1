-- Event types with weights, and ratings: what an event counts for, the same for every algorithm, in training and in the history.
SET timezone = 'UTC';
\set ECHO none
\i test/data/raises.sql
\set ECHO all

CREATE TABLE events (customer int, item text, kind text, stars int, at timestamptz);
INSERT INTO events SELECT c, 'i' || lpad(i::text, 2, '0'), CASE WHEN (c + i) % 4 = 0 THEN 'purchase' WHEN (c + i) % 4 = 1 THEN 'search' ELSE 'view' END, 1 + (c * i) % 5,
	timestamptz '2025-01-01' + (c * 31 + i * 17) % 700 * interval '1 hour' FROM generate_series(1, 60) c, generate_series(1, 20) i WHERE (c * 7 + i * i * 3 + (c * i) % 11) % 9 < 4;
CREATE TABLE items AS SELECT DISTINCT item, 'thing ' || right(item, 1) AS title FROM events;
CREATE TABLE groups AS SELECT c AS customer, c % 3 AS a, c % 5 AS b FROM generate_series(1, 60) c;
SELECT k FROM clusterseg.train('halves', 'groups', 'customer', '{a,b}', k => 3);

-- the same model as from a column that says it; types without a weight are no events
CREATE FUNCTION same(p_algorithm text) RETURNS TABLE (events bigint, same_model bool, same_lists bool) LANGUAGE plpgsql AS $$
DECLARE
	settings jsonb := CASE WHEN p_algorithm IN ('ials', 'puresvd') THEN '{"factors": 4}' ELSE '{}' END;
	source text := CASE WHEN p_algorithm = 'content' THEN 'items' END;
BEGIN
	SELECT t.events INTO events FROM clusterseg.train_recommender('typed', 'events', 'customer', 'item', at => 'at', algorithm => p_algorithm, segmentation => 'halves', event_type => 'kind',
		item_source => source, options => settings || '{"event_weights": {"purchase": 1, "view": 0.25}}') t;
	PERFORM FROM clusterseg.train_recommender('said', $q$SELECT *, CASE kind WHEN 'purchase' THEN 1 WHEN 'view' THEN 0.25 END AS w FROM events$q$, 'customer', 'item', 'w', 'at', p_algorithm, 'halves',
		item_source => source, options => settings);
	same_model := clusterseg.export_model('typed') - '{trained_at,metrics,options}'::text[] = clusterseg.export_model('said') - '{trained_at,metrics,options}'::text[];
	same_lists := NOT EXISTS (SELECT c, r.rank, r.item_id, r.score FROM generate_series(1, 60) c, clusterseg.recommend('typed', c) r
		EXCEPT SELECT c, r.rank, r.item_id, r.score FROM generate_series(1, 60) c, clusterseg.recommend('said', c) r);
	RETURN NEXT;
END
$$;
SELECT (SELECT count(*) FROM events WHERE kind <> 'search') AS events;
SELECT a.algorithm, s.* FROM unnest('{popular,trending,segment_popular,segment_mixture,itemknn,userknn,rp3beta,next_item,content,ease,ials,puresvd}'::text[]) a (algorithm), same(a.algorithm) s;

-- views help: who has only looked gets a list of his own; not where views count for nothing
INSERT INTO events VALUES (70, 'i03', 'view', NULL, '2025-01-20'), (70, 'i05', 'view', NULL, '2025-01-21'), (71, 'i03', 'search', NULL, '2025-01-20');
CREATE FUNCTION sources(p_algorithm text) RETURNS TABLE (c int, source text) LANGUAGE plpgsql AS $$
BEGIN
	PERFORM FROM clusterseg.train_recommender('typed', 'events', 'customer', 'item', at => 'at', algorithm => p_algorithm, event_type => 'kind', options => '{"event_weights": {"purchase": 1, "view": 0.25}}');
	RETURN QUERY SELECT u, mode() WITHIN GROUP (ORDER BY r.source) FROM unnest('{70,71}'::int[]) u, clusterseg.recommend('typed', u, 5) r GROUP BY 1 ORDER BY 1;
END
$$;
SELECT a, s.* FROM unnest('{itemknn,userknn,next_item}'::text[]) a, sources(a) s;
-- a purchase counts four times a view: of two histories with one of each, by hand
SELECT version FROM clusterseg.train_recommender('typed', 'events', 'customer', 'item', algorithm => 'itemknn', event_type => 'kind', options => '{"event_weights": {"purchase": 1, "view": 0.25}}');
INSERT INTO events VALUES (72, 'i03', 'purchase', NULL, '2025-01-20'), (72, 'i04', 'view', NULL, '2025-01-21'), (73, 'i03', 'view', NULL, '2025-01-20'), (73, 'i04', 'purchase', NULL, '2025-01-21');
SELECT bool_and(abs(a.score - (w3.score + 0.25 * w4.score)) < 1e-6 AND abs(b.score - (0.25 * w3.score + w4.score)) < 1e-6) AS by_hand, count(*) > 5 AS some
FROM clusterseg.recommend('typed', 72, 30) a JOIN clusterseg.recommend('typed', 73, 30) b USING (item_id)
	JOIN clusterseg.similar_items('typed', 'i03', 30) w3 USING (item_id) JOIN clusterseg.similar_items('typed', 'i04', 30) w4 USING (item_id) WHERE a.source = 'itemknn' AND b.source = 'itemknn';

-- a rating is a weight: cosine of the stars, by hand
SELECT version FROM clusterseg.train_recommender('rated', 'SELECT * FROM events WHERE stars IS NOT NULL', 'customer', 'item', 'stars', algorithm => 'itemknn', options => '{"similarity": "cosine", "shrink": 0}');
WITH x AS (SELECT customer, item, sum(stars)::float8 AS x FROM events WHERE stars IS NOT NULL GROUP BY 1, 2), l AS (SELECT item, sqrt(sum(x * x)) AS l FROM x GROUP BY 1),
	c AS (SELECT b.item AS item_id, sum(a.x * b.x) / min(la.l * lb.l) AS s FROM x a JOIN x b USING (customer) JOIN l la ON la.item = a.item JOIN l lb ON lb.item = b.item WHERE a.item = 'i03' AND b.item <> 'i03' GROUP BY 1)
SELECT count(*) AS items, count(*) FILTER (WHERE abs(c.s - r.score) < 1e-6) AS agree FROM c FULL JOIN clusterseg.similar_items('rated', 'i03', 100) r USING (item_id);

-- types with quotes; a type that does not occur; a negative weight takes back
INSERT INTO events VALUES (80, 'i01', 'it''s "odd"', 1, '2025-01-20'), (80, 'i02', 'it''s "odd"', 1, '2025-01-20'), (80, 'i02', 'refund', 1, '2025-01-22');
SELECT events, customers, items FROM clusterseg.train_recommender('typed', 'SELECT * FROM events WHERE customer = 80', 'customer', 'item', event_type => 'kind',
	options => '{"event_weights": {"it''s \"odd\"": 2, "never": 5, "refund": -2}}', algorithm => 'popular');
SELECT item_id, score FROM clusterseg.recommend('typed', NULL::int);
\pset format unaligned
\pset tuples_only on
SELECT raises($$SELECT clusterseg.train_recommender('t', 'events', 'customer', 'item', algorithm => 'userknn', event_type => 'kind', options => '{"event_weights": {"view": "much"}}')$$);
SELECT raises($$SELECT clusterseg.train_recommender('t', 'events', 'customer', 'item', at => 'at', algorithm => 'next_item', event_type => 'kind', options => '{"event_weights": {"nothing": 1}}')$$);
SELECT raises($$SELECT clusterseg.train_recommender('t', 'events', 'customer', 'item', algorithm => 'userknn', options => '{"event_weights": {"view": 1}}')$$);
