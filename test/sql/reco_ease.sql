-- ease: ridge regression of items on items.
SET timezone = 'UTC';
\set ECHO none
\i test/data/raises.sql
\set ECHO all

CREATE TABLE events (customer text, item text, pieces int);
INSERT INTO events VALUES
	('ann', 'A', 1), ('ann', 'B', 2), ('ann', 'C', 1), ('bob', 'A', 3), ('bob', 'B', 1), ('cid', 'B', 1), ('cid', 'D', 4), ('dan', 'A', 1),
	('dan', 'C', 2), ('dan', 'D', 1), ('dan', 'E', 1), ('eve', 'C', 1), ('eve', 'E', 2), ('fay', 'A', 1), ('fay', 'B', 1), ('gus', 'F', 1), ('gus', 'A', 1);

CREATE FUNCTION learned(weight text, options jsonb) RETURNS TABLE (j text, i text, w float8) LANGUAGE plpgsql AS $$
BEGIN
	PERFORM FROM clusterseg.train_recommender('ease', 'events', 'customer', 'item', weight, algorithm => 'ease', options => options);
	RETURN QUERY SELECT s.item_id, t.item_id, x.weight::float8 FROM clusterseg._reco_neighbours n JOIN clusterseg.versions v ON v.id = n.version_id
			JOIN clusterseg._reco_items s USING (version_id, item_no), unnest(n.targets, n.weights) x (target, weight)
			JOIN clusterseg._reco_items t ON t.item_no = x.target
		WHERE t.version_id = n.version_id AND v.version = (SELECT max(version) FROM clusterseg.versions);
END
$$;
-- The weights are those for which each item is best foretold by the others: with B of them, (X'X + l2 I)(I - B) is diagonal, and
-- that of I - B itself is 1.  X'X is set up here.
SELECT o.weight, o.l2, count(*) AS pairs, count(*) FILTER (WHERE abs(r.residual) < 2e-5) AS solved, count(*) FILTER (WHERE r.negative) AS negative
FROM (VALUES (NULL, 1), (NULL, 20), ('pieces', 3)) o (weight, l2), LATERAL (
	WITH x AS (SELECT customer AS u, item AS i, CASE WHEN o.weight IS NULL THEN 1 ELSE pieces END AS x FROM events),
		items AS (SELECT DISTINCT i FROM x),
		gram AS (SELECT a.i AS a, j.i AS j, COALESCE((SELECT sum(p.x * q.x) FROM x p JOIN x q USING (u) WHERE (p.i, q.i) = (a.i, j.i)), 0)
			+ CASE WHEN a.i = j.i THEN o.l2 ELSE 0 END AS g FROM items a, items j),
		b AS MATERIALIZED (SELECT * FROM learned(o.weight, jsonb_build_object('l2', o.l2)))
	SELECT g.a, i.i, sum(g.g * (CASE WHEN g.j = i.i THEN 1 ELSE 0 END - COALESCE(b.w, 0))) AS residual, bool_or(b.w < 0 AND g.a = g.j) AS negative
	FROM gram g CROSS JOIN items i LEFT JOIN b ON (b.j, b.i) = (g.j, i.i) GROUP BY 1, 2) r
WHERE r.a <> r.i GROUP BY 1, 2 ORDER BY 1, 2;

-- two items, by hand: X'X + l2 I of (2, 1; 1, 2) and 1 is (3, 1; 1, 3), whose inverse is (3, -1; -1, 3) / 8: each leads to the other with 1/3
CREATE TABLE two AS VALUES (1, 'a'), (1, 'b'), (2, 'a'), (3, 'b');
SELECT version FROM clusterseg.train_recommender('two', 'two', 'column1', 'column2', algorithm => 'ease', options => '{"l2": 1}');
SELECT item_id, round(score::numeric, 6) AS score, reason FROM clusterseg.recommend('two', 2);

-- all weights, or those largest in size per target
SELECT o.neighbours, (SELECT count(*) FROM learned(NULL, jsonb_build_object('l2', 1, 'neighbours', o.neighbours))) AS weights FROM (VALUES (0), (1), (3)) o (neighbours);

-- negative weights hold back: who has ann's things and D is less likely to have E than one who has D alone
SELECT version FROM clusterseg.train_recommender('ease', 'events', 'customer', 'item', algorithm => 'ease', options => '{"l2": 1}');
SELECT b.basket, (SELECT round(score::numeric, 6) FROM clusterseg.recommend_for_basket('ease', b.basket, 6) WHERE item_id = 'E') AS e
FROM (VALUES ('{D}'::text[]), ('{B,D}')) b (basket);

\pset format unaligned
\pset tuples_only on
CREATE TABLE twins AS SELECT c, i FROM generate_series(1, 3) c, generate_series(1, 2) i;
SELECT raises($$SELECT clusterseg.train_recommender('twins', 'twins', 'c', 'i', algorithm => 'ease', options => '{"l2": 0}')$$);
-- memory is checked before it is taken: 6,000 items take 144 MB and more
CREATE TABLE wide AS SELECT i % 3000 AS c, i AS i FROM generate_series(1, 6000) i UNION ALL SELECT i % 2999, i FROM generate_series(1, 6000) i;
SELECT raises($$SELECT clusterseg.train_recommender('wide', 'wide', 'c', 'i', algorithm => 'ease', options => '{"memory": 100}')$$);
-- and rare items take none
SELECT items FROM clusterseg.train_recommender('wide', 'wide', 'c', 'i', algorithm => 'ease', options => '{"memory": 100, "min_events": 3}');
\pset format aligned
\pset tuples_only off

\set ECHO none
SET client_min_messages = warning;
\i docs/shop.sql
\i test/data/recommender_works.sql
\set ECHO all
SELECT * FROM recommender_works('ease', '{"half_life": 180, "neighbours": 50}');
