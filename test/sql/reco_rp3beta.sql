-- rp3beta: random walks of three steps, against the formula in SQL.
SET timezone = 'UTC';
\set ECHO none
\i test/data/raises.sql
\set ECHO all

CREATE TABLE events (customer text, item text, pieces int);
INSERT INTO events VALUES
	('ann', 'A', 1), ('ann', 'B', 2), ('ann', 'C', 1), ('bob', 'A', 3), ('bob', 'B', 1), ('cid', 'B', 1), ('cid', 'D', 4), ('dan', 'A', 1),
	('dan', 'C', 2), ('dan', 'D', 1), ('dan', 'E', 1), ('eve', 'C', 1), ('eve', 'E', 2), ('fay', 'A', 1), ('fay', 'B', 1), ('gus', 'F', 1), ('gus', 'A', 1);

-- sum_u (1 / n_j)^alpha (x_ui / sum x_u)^alpha / n_i^beta, brought to a sum of 1 per j, with pieces as x
CREATE FUNCTION walks(alpha float8, beta float8, to_one bool) RETURNS TABLE (j text, i text, w float8) LANGUAGE sql AS $$
	WITH x AS (SELECT customer AS u, item AS i, pieces AS x, sum(pieces) OVER (PARTITION BY customer)::float8 AS len, count(*) OVER (PARTITION BY item)::float8 AS n
			FROM events),
		w AS (SELECT a.i AS j, b.i AS i, sum(power(a.n, -alpha) * power(b.x / b.len, alpha) * power(b.n, -beta)) AS w FROM x a JOIN x b USING (u)
			WHERE a.i <> b.i GROUP BY 1, 2)
	SELECT j, i, CASE WHEN to_one THEN w / sum(w) OVER (PARTITION BY j) ELSE w END FROM w
$$;
CREATE FUNCTION learned(options jsonb) RETURNS TABLE (j text, i text, w float8) LANGUAGE plpgsql AS $$
BEGIN
	PERFORM FROM clusterseg.train_recommender('walks', 'events', 'customer', 'item', 'pieces', algorithm => 'rp3beta', options => options);
	RETURN QUERY SELECT a.item, s.item_id, s.score FROM (SELECT DISTINCT e.item FROM events e) a, clusterseg.similar_items('walks', a.item, 100) s;
END
$$;
SELECT o.alpha, o.beta, o.normalize, count(*) AS pairs, count(*) FILTER (WHERE abs(w.w - l.w) < 1e-6) AS agree
FROM (VALUES (1::float8, 0::float8, false), (1, 0, true), (0.8, 0.4, true), (0.5, 1, false)) o (alpha, beta, normalize),
	LATERAL walks(o.alpha, o.beta, o.normalize) w
	FULL JOIN LATERAL learned(jsonb_build_object('alpha', o.alpha, 'beta', o.beta, 'normalize', o.normalize)) l USING (j, i)
GROUP BY 1, 2, 3 ORDER BY 1, 2, 3;

-- by hand, alpha 1, beta 0: of B's customers ann, bob, cid and fay the walk comes to D with 4/5 from cid: 1/4 * 4/5
SELECT round(w::numeric, 6) AS b_to_d FROM learned('{"alpha": 1, "beta": 0, "normalize": false}') WHERE (j, i) = ('B', 'D');

SELECT version FROM clusterseg.train_recommender('walks', 'events', 'customer', 'item', algorithm => 'rp3beta', options => '{"neighbours": 1, "normalize": false}');
-- one target per source (of the same weights the first by key), and of these one source per target
SELECT i, s.item_id FROM unnest('{A,B,C,D,E,F}'::text[]) i, clusterseg.similar_items('walks', i) s ORDER BY 1;
\pset format unaligned
\pset tuples_only on
SELECT raises($$SELECT clusterseg.train_recommender('walks', 'events', 'customer', 'item', algorithm => 'rp3beta', options => '{"alpha": -1}')$$);
SELECT raises($$SELECT clusterseg.train_recommender('walks', 'events', 'customer', 'item', algorithm => 'rp3beta', options => '{"shrink": 1}')$$);
\pset format aligned
\pset tuples_only off

\set ECHO none
SET client_min_messages = warning;
\i docs/shop.sql
\i test/data/recommender_works.sql
\set ECHO all
SELECT * FROM recommender_works('rp3beta', '{"half_life": 180}');
