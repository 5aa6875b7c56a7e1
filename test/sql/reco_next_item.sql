-- next_item: what follows the last items of a history or session, against the formula in SQL.
SET timezone = 'UTC';
\set ECHO none
\i test/data/raises.sql
\set ECHO all

CREATE TABLE events (customer int, item text, pieces int, at date);
INSERT INTO events SELECT c, 'i' || lpad(i::text, 2, '0'), 1 + (c * i) % 3, date '2025-01-01' + (c * 31 + i * 17 + c * i) % 40
	FROM generate_series(1, 50) c, generate_series(1, 25) i, generate_series(0, 1) again WHERE (c * 7 + i * i * 3 + (c * i) % 11) % 9 < 3 AND (again = 0 OR c % 4 = 0);

-- days of a customer are moments; the last day with an item counts
CREATE FUNCTION follows(window_ int, decay float8, max_gap float8, shrink float8) RETURNS TABLE (j text, k text, w float8) LANGUAGE sql AS $$
	WITH x AS (SELECT customer AS u, item AS i, max(at) AS at, sum(pieces)::float8 AS x FROM events GROUP BY 1, 2),
		m AS (SELECT *, dense_rank() OVER (PARTITION BY u ORDER BY at) AS m FROM x),
		w AS (SELECT a.i AS j, b.i AS k, sum(power(decay, b.m - a.m - 1) * b.x) AS w FROM m a JOIN m b USING (u)
			WHERE b.m - a.m BETWEEN 1 AND window_ AND (max_gap = 0 OR b.at - a.at <= max_gap) GROUP BY 1, 2)
	SELECT j, k, w / (sum(w) OVER (PARTITION BY j) + shrink) FROM w
$$;
CREATE FUNCTION learned(options jsonb) RETURNS TABLE (j text, k text, w float8) LANGUAGE plpgsql AS $$
BEGIN
	PERFORM FROM clusterseg.train_recommender('next', 'events', 'customer', 'item', 'pieces', 'at', 'next_item', options => options);
	RETURN QUERY SELECT a.item, s.item_id, s.score FROM (SELECT DISTINCT e.item FROM events e) a, clusterseg.similar_items('next', a.item, 100) s;
END
$$;
SELECT o.*, count(*) AS pairs, count(*) FILTER (WHERE abs(w.w - l.w) < 1e-6) AS agree
FROM (VALUES (1, 0.5::float8, 0::float8, 0::float8), (3, 0.5, 0, 10), (4, 0.9, 5, 1), (2, 1, 2.5, 0)) o (window_, decay, max_gap, shrink),
	LATERAL follows(o.window_, o.decay, o.max_gap, o.shrink) w
	FULL JOIN LATERAL learned(jsonb_build_object('window', o.window_, 'decay', o.decay, 'max_gap', o.max_gap, 'shrink', o.shrink)) l USING (j, k)
GROUP BY 1, 2, 3, 4 ORDER BY 1, 2, 3, 4;

-- a list: the weights of the last window days of the history, by how many days before the last one
SELECT version FROM clusterseg.train_recommender('next', 'events', 'customer', 'item', 'pieces', 'at', 'next_item');
SELECT count(*) AS scores, count(*) FILTER (WHERE abs(e.score - r.score) < 1e-6) AS agree
FROM (SELECT x.customer, f.k AS item_id, sum(power(0.5, x.m - 1) * f.w) AS score
		FROM (SELECT customer, item, dense_rank() OVER (PARTITION BY customer ORDER BY max(at) DESC) AS m FROM events GROUP BY 1, 2) x JOIN follows(3, 0.5, 0, 10) f ON f.j = x.item
		WHERE x.m <= 3 AND NOT EXISTS (SELECT FROM events s WHERE s.customer = x.customer AND s.item = f.k) GROUP BY 1, 2) e
	FULL JOIN (SELECT c AS customer, r.item_id, r.score FROM generate_series(1, 50) c, clusterseg.recommend('next', c, 100) r WHERE r.source = 'next_item') r USING (customer, item_id);

-- who wants an item next: the same scores
SELECT count(*) > 10 AS some, bool_and(r.score = f.score) AS same FROM clusterseg.customers_for_item('next', 'i05', 100) f
	JOIN LATERAL (SELECT r.score, r.source FROM clusterseg.recommend('next', f.customer_id::int, 100) r WHERE r.item_id = 'i05') r ON r.source = 'next_item';

-- sessions: the order of the basket is the order of events
CREATE TABLE clicks (session int, page text, at timestamptz);
INSERT INTO clicks SELECT s, p.page, timestamptz '2025-01-01' + s * interval '1 hour' + p.nth * interval '1 minute' FROM generate_series(1, 30) s,
	LATERAL unnest(CASE s % 3 WHEN 0 THEN '{home,lamps,bulbs,cart}' WHEN 1 THEN '{home,tea,cups,cart}' ELSE '{tea,lamps,shades}' END::text[]) WITH ORDINALITY p (page, nth);
SELECT events, items FROM clusterseg.train_recommender('clicks', 'clicks', 'session', 'page', at => 'at', algorithm => 'next_item', options => '{"shrink": 0}');
-- by hand: lamps lead to bulbs .4, shades .4, cart .2, home to lamps and tea 2/7, bulbs, cups and cart 1/7; the last page counts 1, the one before .5
SELECT b, string_agg(item_id || ' ' || round(score::numeric, 3), ', ' ORDER BY rank) FROM unnest('{home lamps,lamps home,tea lamps}'::text[]) b,
	clusterseg.recommend_for_basket('clicks', string_to_array(b, ' '), 3) GROUP BY 1 ORDER BY 1;
SELECT item_id, reason FROM clusterseg.recommend_for_basket('clicks', '{home,lamps}', 2);
-- pages that nobody knows are moments as well: with three of them nothing is left of home
SELECT count(*) FILTER (WHERE source = 'next_item') AS one, (SELECT count(*) FILTER (WHERE source = 'next_item') FROM clusterseg.recommend_for_basket('clicks', '{home,x,y,z}')) AS three
FROM clusterseg.recommend_for_basket('clicks', '{home,x}');
-- twice the same page: the last time counts
SELECT string_agg(item_id, ', ' ORDER BY rank) FROM clusterseg.recommend_for_basket('clicks', '{home,lamps,home}', 2);
-- what happened after the training has an order, too
INSERT INTO clicks VALUES (99, 'lamps', now() - interval '2 minutes'), (99, 'home', now() - interval '1 minute');
SELECT string_agg(item_id, ', ' ORDER BY rank) FROM clusterseg.recommend('clicks', 99, 2);
UPDATE clicks SET at = now() WHERE session = 99 AND page = 'lamps';
SELECT string_agg(item_id, ', ' ORDER BY rank) FROM clusterseg.recommend('clicks', 99, 2);

-- equal times, in any order of rows: the same model
CREATE FUNCTION exported() RETURNS jsonb LANGUAGE sql AS $$ SELECT clusterseg.export_model('next') - '{trained_at,metrics,options}'::text[] $$;
CREATE TABLE was AS SELECT exported() AS e;
SELECT version FROM clusterseg.train_recommender('next', 'SELECT * FROM events ORDER BY md5(customer || item || pieces || at)', 'customer', 'item', 'pieces', 'at', 'next_item');
SELECT e = exported() AS same FROM was;
-- and forgetting is exact
SELECT version FROM clusterseg.train_recommender('other', 'SELECT * FROM events WHERE customer <> 8', 'customer', 'item', 'pieces', 'at', 'next_item');
SELECT state FROM clusterseg.forget_customer('next', 8) WHERE version = 3;
SELECT exported() - 'rows' = clusterseg.export_model('other') - '{trained_at,metrics,options,rows}'::text[] AS same;

\pset format unaligned
\pset tuples_only on
SELECT raises($$SELECT clusterseg.train_recommender('t', 'events', 'customer', 'item', algorithm => 'next_item')$$);
SELECT raises($$SELECT clusterseg.train_recommender('t', 'events', 'customer', 'item', at => 'at', algorithm => 'next_item', options => '{"window": 0}')$$);
SELECT raises($$SELECT clusterseg.train_recommender('t', 'events', 'customer', 'item', at => 'at', algorithm => 'next_item', options => '{"decay": 1.5}')$$);
\pset format aligned
\pset tuples_only off

\set ECHO none
SET client_min_messages = warning;
\i docs/shop.sql
\i test/data/recommender_works.sql
\set ECHO all
SELECT * FROM recommender_works('next_item', '{"half_life": 180}');
