-- The order of a list: diversity, caps per category, promoted items, exploring.
--
-- What must hold is checked against plain SQL over the full lists of recommend(): MMR is written again in PL/pgSQL.
SET timezone = 'UTC';
\set ECHO none
SET client_min_messages = warning;
\i docs/shop.sql
SET search_path = shop, public;
RESET client_min_messages;
\set ECHO all
SELECT algorithm, items FROM clusterseg.train_recommender('for_you', 'orders', 'customer_id', 'item_id', 'quantity', 'ordered_at', algorithm => 'itemknn',
	item_source => 'items', item_key => 'item_id', options => '{"neighbours": 20}', output_schema => 'public');
-- without any of these, nothing changes, and chance has no part in it
SELECT bool_and(propensity = 1) AS for_sure, min(rank), max(rank) FROM clusterseg.recommend('for_you', 40, 1000);

-- ---- diversity ----

-- an item is the vector of its weights to others, and itself with the largest of them; likeness is the cosine
CREATE TABLE vectors AS
	WITH w AS (SELECT i.item_id AS of, s.item_id AS at, s.score AS weight FROM items i, clusterseg.similar_items('for_you', i.item_id, 1000) s)
	SELECT * FROM w UNION ALL SELECT of, of, max(weight) FROM w GROUP BY of;
CREATE TABLE likeness AS
	WITH l AS (SELECT of, sqrt(sum(weight * weight)) AS length FROM vectors GROUP BY of)
	SELECT a.of AS x, b.of AS y, sum(a.weight * b.weight) / (la.length * lb.length) AS cosine
	FROM vectors a JOIN vectors b USING (at) JOIN l la ON la.of = a.of JOIN l lb ON lb.of = b.of
	GROUP BY a.of, b.of, la.length, lb.length;
ALTER TABLE likeness ADD PRIMARY KEY (x, y);
CREATE TABLE full_list AS SELECT c AS customer, r.rank, r.item_id, r.score FROM unnest('{40,500,900,1460}'::int[]) c, clusterseg.recommend('for_you', c, 1000) r;
-- MMR (Carbonell and Goldstein, 1998) among the best 100 that are left; cap: at most so many of a category
CREATE FUNCTION mmr(c int, diversity float8, n int, cap int, by_category boolean) RETURNS TABLE (rank int, item_id text) LANGUAGE plpgsql AS $$
DECLARE
	best float8 := (SELECT max(score) FROM full_list f WHERE f.customer = c);
	placed text[] := '{}';
BEGIN
	FOR p IN 1 .. n LOOP
		rank := p;
		SELECT w.item_id INTO item_id FROM (
			SELECT f.item_id, f.score, f.rank, i.category FROM full_list f JOIN items i USING (item_id)
			WHERE f.customer = c AND f.item_id <> ALL (placed)
				AND (cap IS NULL OR (SELECT count(*) FROM items x WHERE x.category = i.category AND x.item_id = ANY (placed)) < cap)
			ORDER BY f.rank LIMIT 100) w
		ORDER BY round(((1 - diversity) * w.score / best - diversity * COALESCE((SELECT max(CASE WHEN by_category THEN (j.category = w.category)::int
				ELSE COALESCE((SELECT least(l.cosine, 1) FROM likeness l WHERE l.x = w.item_id AND l.y = j.item_id), 0) END)
			FROM items j WHERE j.item_id = ANY (placed)), 0))::numeric, 9) DESC, w.rank LIMIT 1;
		EXIT WHEN item_id IS NULL;
		placed := placed || item_id;
		RETURN NEXT;
	END LOOP;
END
$$;
SELECT d, count(*) AS rows, count(*) FILTER (WHERE m.item_id = r.item_id) AS agree, count(*) FILTER (WHERE r.item_id = f.item_id) < count(*) AS another_order
FROM unnest('{0.3,1}'::float8[]) d, unnest('{40,1460}'::int[]) c, mmr(c, d, 9, NULL, false) m
	JOIN LATERAL clusterseg.recommend('for_you', c, 9, diversity => d) r ON r.rank = m.rank
	JOIN LATERAL (SELECT f.item_id FROM full_list f WHERE (f.customer, f.rank) = (c, r.rank)) f ON true GROUP BY d ORDER BY d;
-- by category
SELECT count(*) AS rows, count(*) FILTER (WHERE m.item_id = r.item_id) AS agree
FROM unnest('{500,1460}'::int[]) c, mmr(c, 0.4, 9, NULL, true) m
	JOIN LATERAL clusterseg.recommend('for_you', c, 9, diversity => 0.4, options => '{"similarity": "category"}') r ON r.rank = m.rank;
-- the row itself, score, source and reason, is what it was: explanations add up
SELECT count(*) AS rows, count(f.score) AS same_score, count(*) FILTER (WHERE abs(e.total / r.score - 1) < 1e-9) AS add_up
FROM clusterseg.recommend('for_you', 500, 30, diversity => 0.6) r LEFT JOIN full_list f ON (f.customer, f.item_id, f.score) = (500, r.item_id, r.score),
	LATERAL (SELECT sum(contribution) AS total FROM clusterseg.explain_recommendation('for_you', 500, r.item_id)) e;
-- all that there is, each once
SELECT count(*) AS rows, count(DISTINCT r.item_id) AS items, (SELECT count(*) FROM full_list WHERE customer = 900) AS all_of_them
FROM clusterseg.recommend('for_you', 900, 100000, diversity => 0.5) r;

-- ---- caps ----

SELECT count(*) AS rows, count(*) FILTER (WHERE m.item_id = r.item_id) AS agree
FROM unnest('{40,1460}'::int[]) c, mmr(c, 0, 14, 2, false) m JOIN LATERAL clusterseg.recommend('for_you', c, 14, max_per_category => 2) r ON r.rank = m.rank;
SELECT count(*) AS rows, count(*) FILTER (WHERE m.item_id = r.item_id) AS agree
FROM unnest('{40,900}'::int[]) c, mmr(c, 0.3, 8, 2, false) m
	JOIN LATERAL clusterseg.recommend('for_you', c, 8, diversity => 0.3, max_per_category => 2) r ON r.rank = m.rank;
-- eight categories, 3 of each: 24 rows there are, and not more
SELECT count(*) AS rows, max(of_one) AS of_one FROM (SELECT count(*) AS of_one FROM clusterseg.recommend('for_you', 40, 1000, max_per_category => 3) r
	JOIN items USING (item_id) GROUP BY category) x, LATERAL generate_series(1, of_one);
-- another column; one that is not there
SELECT count(*) AS rows FROM clusterseg.recommend('for_you', 40, 1000, max_per_category => 1, options => '{"category": "price"}');
SELECT count(DISTINCT price) - count(DISTINCT price) FILTER (WHERE all_touched) AS prices
FROM (SELECT price, bool_and(EXISTS (SELECT FROM orders o WHERE o.customer_id = 40 AND o.item_id = i.item_id)) OVER (PARTITION BY price) AS all_touched FROM items i) x;

-- ---- promoted items ----

-- a share of 0.3: places 4, 7, 10, 14, 17, 20 take the best promoted ones, the others what they had
CREATE TABLE promoted_now AS SELECT item_id FROM items WHERE item_id IN ('tea-21', 'gifts-02', 'garden-11', 'outdoor-13', 'baking-05', 'coffee-09', 'living-20');
SELECT rank, item_id IN (TABLE promoted_now) AS promoted, reason LIKE 'promoted; %' AS says_so
FROM clusterseg.recommend('for_you', 900, 20, options => '{"promoted_from": "promoted_now", "promoted_share": 0.3}') r WHERE reason LIKE 'promoted; %' ORDER BY rank;
SELECT array_agg(item_id ORDER BY r.rank) = (SELECT array_agg(item_id ORDER BY f.rank) FROM full_list f WHERE f.customer = 900 AND item_id IN (TABLE promoted_now)
	AND f.rank > 0 AND item_id IN (SELECT x.item_id FROM clusterseg.recommend('for_you', 900, 20, options => '{"promoted_from": "promoted_now", "promoted_share": 0.3}') x
		WHERE reason LIKE 'promoted; %')) AS in_their_order
FROM clusterseg.recommend('for_you', 900, 20, options => '{"promoted_from": "promoted_now", "promoted_share": 0.3}') r WHERE reason LIKE 'promoted; %';
SELECT bool_and(r.score = f.score) AS same_score FROM clusterseg.recommend('for_you', 900, 20, options => '{"promoted": ["tea-21", "baking-05", "no such thing"], "promoted_share": 0.5}') r
	JOIN full_list f ON (f.customer, f.item_id) = (900, r.item_id);
SELECT string_agg(rank || ' ' || item_id, ', ' ORDER BY rank) FROM clusterseg.recommend('for_you', 900, 9, options => '{"promoted": ["tea-21", "baking-05"], "promoted_share": 0.5}') WHERE reason LIKE 'promoted; %';
-- promoted, but seen, not among the candidates, or over the cap: no
SELECT count(*) FROM clusterseg.recommend('for_you', 40, 20, candidates => 'SELECT item_id FROM items WHERE category <> ''tea''', options => '{"promoted": ["tea-21"]}')
WHERE item_id = 'tea-21';

-- ---- exploring ----

-- Ten customers have a, eight b, seven c, of twenty: rates are Beta(10.5, 10.5), Beta(8.5, 12.5), Beta(7.5, 13.5).  The
-- probabilities that each is the largest are 0.6603, 0.2243 and 0.1154 (SciPy, integrals of densities times distribution functions).
CREATE TABLE clicks AS SELECT c AS customer, i AS item FROM generate_series(1, 20) c, unnest('{a,b,c}'::text[]) i
	WHERE c <= CASE i WHEN 'a' THEN 10 WHEN 'b' THEN 8 ELSE 7 END UNION ALL SELECT c, 'd' FROM generate_series(1, 20) c;
SELECT items, customers FROM clusterseg.train_recommender('small', 'clicks', 'customer', 'item', algorithm => 'popular', output_schema => 'public');
CREATE TABLE drawn AS SELECT s AS seed, r.* FROM generate_series(1, 1500) s, clusterseg.recommend('small', 99, 3, explore => 1,
	candidates => 'VALUES (''a''), (''b''), (''c'')', options => jsonb_build_object('seed', s)) r;
SELECT item_id, abs(count(*) / 1500.0 - p) <= 0.036 AS as_often_as_it_should, abs(avg(propensity) - p) <= 0.012 AS as_told
FROM drawn JOIN (VALUES ('a', 0.6603), ('b', 0.2243), ('c', 0.1154)) e (item_id, p) USING (item_id) WHERE rank = 1 GROUP BY item_id, p ORDER BY 1;
SELECT count(DISTINCT propensity) AS of_the_last, min(propensity) FROM drawn WHERE rank = 3;
-- the mean of 1 / propensity over what was drawn is the number of items: 3, with a standard error of some 0.06
SELECT abs(avg(1 / propensity) - 3) < 0.2 AS three FROM drawn WHERE rank = 1;
-- with a share of 0.2: what merit would take comes with at least 0.8
SELECT min(propensity) FILTER (WHERE item_id = 'a') >= 0.8 AS first_by_merit, max(propensity) FILTER (WHERE item_id <> 'a') < 0.2 AS by_chance,
	bool_and(reason LIKE 'explored; %' = (item_id <> 'a')) AS says_so, count(*) FILTER (WHERE item_id <> 'a') BETWEEN 45 AND 95 AS some
FROM generate_series(1, 1000) s, clusterseg.recommend('small', 99, 1, explore => 0.2, candidates => 'VALUES (''a''), (''b''), (''c'')', options => jsonb_build_object('seed', s)) r;
-- the same seed, the same list; without one a customer has the same list each time, and another customer has another
SELECT count(DISTINCT list) AS lists FROM (SELECT string_agg(item_id, ',' ORDER BY rank) AS list FROM generate_series(1, 5) i, clusterseg.recommend('for_you', 500, 10, explore => 0.8) r GROUP BY i) x;
SELECT count(DISTINCT list) > 3 AS several FROM (SELECT string_agg(item_id, ',' ORDER BY rank) AS list FROM generate_series(100001, 100006) c, clusterseg.recommend('for_you', c, 10, explore => 0.8) r GROUP BY c) x;

-- ---- for all of them together ----

-- 5 is the prefix of 10
SELECT n, count(*) AS rows, count(*) FILTER (WHERE (r.item_id, r.score, r.reason, r.propensity) IS DISTINCT FROM (s.item_id, s.score, s.reason, s.propensity)) AS differ
FROM unnest('{1,5,10}'::int[]) n, unnest('{40,500,1460}'::int[]) c,
	LATERAL clusterseg.recommend('for_you', c, n, true, NULL, 0.3, 4, 0.5, '{"promoted_from": "promoted_now", "seed": 3}') r
	LEFT JOIN LATERAL clusterseg.recommend('for_you', c, 40, true, NULL, 0.3, 4, 0.5, '{"promoted_from": "promoted_now", "seed": 3}') s ON s.rank = r.rank
GROUP BY n ORDER BY n;
-- recommend_all gives the same lists
SELECT items FROM clusterseg.train_recommender('some', 'SELECT * FROM orders WHERE customer_id % 60 = 0', 'customer_id', 'item_id', algorithm => 'itemknn', item_source => 'items', output_schema => 'public');
SELECT count(*) AS rows, count(s.item_id) AS agree
FROM clusterseg.recommend_all('some', 6, true, NULL, 0.3, 4, 0.5, '{"promoted_from": "promoted_now", "seed": 3}') a
	LEFT JOIN LATERAL clusterseg.recommend('some', a.customer_id::int, 6, true, NULL, 0.3, 4, 0.5, '{"promoted_from": "promoted_now", "seed": 3}') s
	ON (s.rank, s.item_id, s.source, s.propensity) = (a.rank, a.item_id, a.source, a.propensity) AND abs(s.score / a.score - 1) < 1e-9;
-- baskets
SELECT count(*) AS rows, max(of_one) AS of_one FROM (SELECT count(*) AS of_one FROM clusterseg.recommend_for_basket('for_you', '{tea-01}', 1000, max_per_category => 2, diversity => 0.2) r
	JOIN items USING (item_id) GROUP BY category) x, LATERAL generate_series(1, of_one);
-- factors
SELECT algorithm FROM clusterseg.train_recommender('by_factors', 'orders', 'customer_id', 'item_id', algorithm => 'puresvd', options => '{"factors": 8}', output_schema => 'public');
-- what is least like the first: no other of the best 100 has a lower cosine to it
SELECT bool_and(r.item_id IN (SELECT f.item_id FROM clusterseg.recommend('by_factors', 500, 100) f LEFT JOIN clusterseg.similar_items('by_factors', (
		SELECT item_id FROM clusterseg.recommend('by_factors', 500, 1)), 1000) s USING (item_id) WHERE f.rank > 1 AND s.score IS NULL)) AS unlike
FROM clusterseg.recommend('by_factors', 500, 2, diversity => 1) r WHERE rank = 2;
