-- puresvd: histories projected on the main directions of all histories.
SET timezone = 'UTC';
\set ECHO none
\i test/data/raises.sql
\set ECHO all

CREATE TABLE events (customer text, item text, pieces int);
INSERT INTO events VALUES
	('ann', 'A', 1), ('ann', 'B', 2), ('ann', 'C', 1), ('bob', 'A', 3), ('bob', 'B', 1), ('cid', 'B', 1), ('cid', 'D', 4), ('dan', 'A', 1),
	('dan', 'C', 2), ('dan', 'D', 1), ('dan', 'E', 1), ('eve', 'C', 1), ('eve', 'E', 2), ('fay', 'A', 1), ('fay', 'B', 1), ('gus', 'F', 1), ('gus', 'A', 1);

-- one direction: the eigenvector of X'X of the largest eigenvalue, found here by the power method; the scores are x v v'
CREATE TABLE gram AS SELECT a.item AS i, b.item AS j, sum(a.pieces * b.pieces)::float8 AS g FROM events a JOIN events b USING (customer) GROUP BY 1, 2;
CREATE TABLE v AS
	WITH RECURSIVE power (n, items, v) AS (
		SELECT 0, array_agg(i ORDER BY i), array_agg(1.0::float8 ORDER BY i) FROM (SELECT DISTINCT i FROM gram) i
		UNION ALL SELECT n + 1, items, (SELECT array_agg(y / sqrt(sum) ORDER BY i) FROM (SELECT i, y, sum(y * y) OVER () FROM (SELECT i, sum(g * v[array_position(items, j)]) AS y
			FROM gram GROUP BY 1) y) y) FROM power WHERE n < 200)
	SELECT x.i AS item_id, x.v FROM power, unnest(items, power.v) x (i, v) WHERE n = 200;
SELECT version FROM clusterseg.train_recommender('svd', 'events', 'customer', 'item', 'pieces', algorithm => 'puresvd', options => '{"factors": 1}');
SELECT count(*) AS scores, count(*) FILTER (WHERE abs(r.score - u.u * v.v) < 1e-6) AS agree
FROM (SELECT e.customer, sum(e.pieces * v.v) AS u FROM events e JOIN v ON v.item_id = e.item GROUP BY 1) u,
	LATERAL clusterseg.recommend('svd', u.customer, 6, exclude_seen => false) r JOIN v USING (item_id);

-- all directions: a history is what it was, and nothing is recommended but what is popular
SELECT version FROM clusterseg.train_recommender('svd', 'events', 'customer', 'item', algorithm => 'puresvd', options => '{"factors": 500}');
SELECT item_id, round(score::numeric, 5) AS score, source FROM clusterseg.recommend('svd', 'eve'::text, 2, exclude_seen => false) ORDER BY 1;
\pset format unaligned
\pset tuples_only on
SELECT raises($$SELECT clusterseg.train_recommender('svd', 'events', 'customer', 'item', algorithm => 'puresvd', options => '{"factors": 501}')$$);
\pset format aligned
\pset tuples_only off

\set ECHO none
SET client_min_messages = warning;
\i docs/shop.sql
\i test/data/recommender_works.sql
\set ECHO all
SELECT * FROM recommender_works('puresvd', '{"half_life": 180, "factors": 16}');
