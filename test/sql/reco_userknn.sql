-- userknn: what customers with a like history have, against the formula in SQL.
SET timezone = 'UTC';
\set ECHO none
\i test/data/raises.sql
\set ECHO all

CREATE TABLE events (customer int, item text, pieces int);
INSERT INTO events SELECT c, 'i' || lpad(i::text, 2, '0'), 1 + (c * i) % 3 FROM generate_series(1, 40) c, generate_series(1, 25) i
	WHERE (c * 7 + i * i * 3 + (c * i) % 11) % 9 < 3;

CREATE FUNCTION xlogx(x float8) RETURNS float8 LANGUAGE sql IMMUTABLE AS $$ SELECT CASE WHEN x > 0 THEN x * ln(x) ELSE 0 END $$;
-- the nearest by similarity, of equal ones the later customer, who have anything more; their items with similarity times pieces
CREATE FUNCTION alike(similarity text, k int, shrink float8, weighted bool) RETURNS TABLE (u int, v int, s float8) LANGUAGE sql AS $$
	WITH n AS (SELECT item, count(*)::float8 AS n FROM events GROUP BY 1),
		x AS (SELECT customer AS u, item AS i, CASE WHEN weighted THEN pieces ELSE 1 END::float8 AS x FROM events),
		all_customers AS (SELECT count(DISTINCT customer)::float8 AS customers, count(DISTINCT item)::float8 AS items, (SELECT sum(x) FROM x) / count(DISTINCT customer) AS mean FROM events),
		len AS (SELECT u, sum(x) AS len FROM x GROUP BY 1),
		y AS (SELECT u, i, CASE similarity WHEN 'cosine' THEN x WHEN 'tfidf' THEN sqrt(x) * greatest(ln(customers / (1 + n)), ln(1 + 1 / customers))
				WHEN 'bm25' THEN x * 2.2 / (1.2 * (0.25 + 0.75 * len / mean) + x) * greatest(ln(customers / (1 + n)), ln(1 + 1 / customers)) ELSE 1 END AS y
			FROM x JOIN n ON n.item = x.i JOIN len USING (u), all_customers),
		norm AS (SELECT u, sqrt(sum(y * y)) AS l, count(*)::float8 AS n FROM y GROUP BY 1),
		pairs AS (SELECT a.u, b.u AS v, sum(a.y * b.y) AS c FROM y a JOIN y b USING (i) WHERE a.u <> b.u GROUP BY 1, 2),
		h AS (SELECT p.*, a.l AS al, b.l AS bl, a.n AS an, b.n AS bn, items FROM pairs p JOIN norm a USING (u) JOIN norm b ON b.u = p.v, all_customers),
		s AS (SELECT u, v, (CASE similarity WHEN 'jaccard' THEN c / (an + bn - c + shrink) WHEN 'dice' THEN 2 * c / (an + bn + shrink)
				WHEN 'llr' THEN CASE WHEN c * items > an * bn THEN sqrt(2 * greatest(0, xlogx(c) + xlogx(an - c) + xlogx(bn - c) + xlogx(items - an - bn + c) + xlogx(items)
					- xlogx(an) - xlogx(items - an) - xlogx(bn) - xlogx(items - bn))) END
				ELSE c / (al * bl + shrink) END)::float4 AS s FROM h),
		more AS (SELECT DISTINCT s.u, s.v FROM s JOIN x b ON b.u = s.v WHERE NOT EXISTS (SELECT FROM x a WHERE a.u = s.u AND a.i = b.i))
	SELECT u, v, s FROM (SELECT *, row_number() OVER (PARTITION BY u ORDER BY s DESC, v DESC) AS nth FROM s JOIN more USING (u, v) WHERE s > 0) r WHERE nth <= k
$$;
CREATE FUNCTION learned(options jsonb, weighted bool) RETURNS TABLE (u int, item text, score float8) LANGUAGE plpgsql AS $$
BEGIN
	PERFORM FROM clusterseg.train_recommender('alike', 'events', 'customer', 'item', CASE WHEN weighted THEN 'pieces' END, algorithm => 'userknn', options => options);
	RETURN QUERY SELECT c, r.item_id, r.score FROM generate_series(1, 40) c, clusterseg.recommend('alike', c, 100) r WHERE r.source = 'userknn';
END
$$;
SELECT o.similarity, o.k, o.shrink, o.weighted, count(*) AS scores, count(*) FILTER (WHERE abs(e.score - l.score) < 1e-5) AS agree
FROM (VALUES ('cosine', 5, 0::float8, false), ('cosine', 7, 2, true), ('tfidf', 5, 0, false), ('tfidf', 9, 1, true), ('bm25', 5, 0, true), ('jaccard', 5, 3, false),
		('jaccard', 100, 0, true), ('dice', 3, 1, false), ('llr', 8, 0, false)) o (similarity, k, shrink, weighted),
	LATERAL (SELECT a.u, e.item, sum(a.s * CASE WHEN o.weighted THEN e.pieces ELSE 1 END) AS score
		FROM alike(o.similarity, o.k, o.shrink, o.weighted) a JOIN events e ON e.customer = a.v
		WHERE NOT EXISTS (SELECT FROM events x WHERE x.customer = a.u AND x.item = e.item) GROUP BY 1, 2) e
	FULL JOIN LATERAL learned(jsonb_build_object('similarity', o.similarity, 'neighbours', o.k, 'shrink', o.shrink), o.weighted) l USING (u, item)
GROUP BY 1, 2, 3, 4 ORDER BY 1, 2, 3;

-- whom to offer an item: the same scores
SELECT count(*) > 10 AS some, bool_and(r.score = f.score) AS same FROM clusterseg.customers_for_item('alike', 'i05', 100) f
	JOIN LATERAL (SELECT r.score, r.source FROM clusterseg.recommend('alike', f.customer_id::int, 100) r WHERE r.item_id = 'i05') r ON r.source = 'userknn';

-- by hand: ann and bob share A of A, B and A, C: 1 / (2 + 2 - 1); with cid ann shares A and B of A, B, D: 2 / (2 + 3 - 2)
CREATE TABLE few (customer text, item text);
INSERT INTO few VALUES ('ann', 'A'), ('ann', 'B'), ('bob', 'A'), ('bob', 'C'), ('cid', 'A'), ('cid', 'B'), ('cid', 'D'), ('dan', 'E'), ('dan', 'F'), ('eve', 'A'), ('eve', 'B');
SELECT customers, items FROM clusterseg.train_recommender('few', 'few', 'customer', 'item', algorithm => 'userknn', options => '{"shrink": 0}');
SELECT item_id, round(score::numeric, 4) AS score, source, reason FROM clusterseg.recommend('few', 'ann');
SELECT * FROM clusterseg.explain_recommendation('few', 'ann'::text, 'C'::text);
SELECT term, round(contribution::numeric, 4) AS contribution FROM clusterseg.explain_recommendation('few', 'ann'::text, 'D'::text);
-- similar items: cosine of their customers. A has 4, B 3, of whom all have A
SELECT item_id, round(score::numeric, 4) AS cosine FROM clusterseg.similar_items('few', 'B');
-- one neighbour: cid, not eve, who has nothing more; and of two alike the later by key
SELECT version FROM clusterseg.train_recommender('few', 'SELECT * FROM few UNION ALL VALUES (''fay'', ''A''), (''fay'', ''B''), (''fay'', ''G'')', 'customer', 'item', algorithm => 'userknn', options => '{"neighbours": 1}');
SELECT item_id FROM clusterseg.recommend('few', 'ann') WHERE source = 'userknn';
-- dan is near to nobody until he buys A; gus comes after the training
SELECT version FROM clusterseg.train_recommender('few', 'few', 'customer', 'item', algorithm => 'userknn');
SELECT count(*) FILTER (WHERE source = 'userknn') AS alike FROM clusterseg.recommend('few', 'dan');
INSERT INTO few VALUES ('dan', 'A'), ('gus', 'A'), ('gus', 'Z');
SELECT c, count(*) FILTER (WHERE source = 'userknn') AS alike, bool_or(item_id = 'A') AS a_again FROM unnest('{dan,gus}'::text[]) c, clusterseg.recommend('few', c) GROUP BY 1 ORDER BY 1;
-- the rarest items first: with 3 visits C (bob) and E (dan) are looked at, not A; D's cid is found by neither
SELECT version FROM clusterseg.train_recommender('few', 'few', 'customer', 'item', algorithm => 'userknn', options => '{"visits": 3}');
SELECT item_id FROM clusterseg.recommend_for_basket('few', '{A,C,E}') WHERE source = 'userknn' ORDER BY 1;
-- A alone has 6 customers, of whom the first 3 are looked at: ann, bob, cid
SELECT item_id FROM clusterseg.recommend_for_basket('few', '{A}') WHERE source = 'userknn' ORDER BY 1;

-- others: everybody counts who has the customer among the nearest, all alike included the later one; fewer than a quarter are filled up
CREATE FUNCTION others(k int) RETURNS TABLE (u int, v int, s float8) LANGUAGE sql AS $$
	WITH n AS (SELECT customer, count(*) AS n FROM events GROUP BY 1),
		s AS (SELECT a.customer AS u, b.customer AS v, (count(*)::float8 / (min(na.n) + min(nb.n) - count(*)))::float4 AS s FROM events a JOIN events b USING (item)
			JOIN n na ON na.customer = a.customer JOIN n nb ON nb.customer = b.customer WHERE a.customer <> b.customer GROUP BY 1, 2),
		r AS (SELECT *, row_number() OVER (PARTITION BY v ORDER BY s DESC, u DESC) <= k AS counts FROM s)
	SELECT u, v, s FROM (SELECT *, row_number() OVER (PARTITION BY u ORDER BY counts DESC, s DESC, v DESC) AS nth FROM r) r WHERE counts OR nth <= (k + 3) / 4
$$;
SELECT k, count(*) AS scores, count(*) FILTER (WHERE abs(e.score - l.score) < 1e-5) AS agree
FROM unnest('{3,8,30}'::int[]) k, LATERAL (SELECT a.u, e.item, sum(a.s) AS score FROM others(k) a JOIN events e ON e.customer = a.v
		WHERE NOT EXISTS (SELECT FROM events x WHERE x.customer = a.u AND x.item = e.item) GROUP BY 1, 2) e
	FULL JOIN LATERAL learned(jsonb_build_object('similarity', 'jaccard', 'neighbours', k, 'shrink', 0, 'neighbourhood', 'others'), false) l USING (u, item)
GROUP BY 1 ORDER BY 1;

\pset format unaligned
\pset tuples_only on
SELECT raises($$SELECT clusterseg.train_recommender('few', 'few', 'customer', 'item', algorithm => 'userknn', options => '{"neighbours": 0}')$$);
SELECT raises($$SELECT clusterseg.train_recommender('few', 'few', 'customer', 'item', algorithm => 'userknn', options => '{"neighbourhood": "mine"}')$$);
-- tables that were changed by hand, and exports that do not fit together
SELECT version FROM clusterseg.train_recommender('few', 'few', 'customer', 'item', algorithm => 'userknn');
SELECT raises(format('DO $b$ BEGIN UPDATE clusterseg._reco_customers SET %s; PERFORM clusterseg.recommend_for_basket(''few'', ''{A}''); END $b$', change))
FROM unnest(ARRAY['items[1] = 99', 'lengths[1] = 3', 'lengths[1] = -1', 'customers = ''{1}''', 'weights = ''{1}''', 'chunk = 1', 'items[2] = 0']) change;
CREATE TABLE exported AS SELECT clusterseg.export_model('few') AS e;
SELECT raises(format('SELECT clusterseg.import_model(''bad'', %s) FROM exported', change))
FROM unnest(ARRAY[$$jsonb_set(e, '{customers,0,items,0}', '99')$$, $$jsonb_set(e, '{customers,0,lengths,0}', '5')$$, $$jsonb_set(e, '{customers,0,customers}', '[1]')$$,
	$$jsonb_set(e, '{customers,0,chunk}', '2')$$, $$jsonb_set(e, '{customers,0,bars}', '[1]')$$]) change;
\pset format aligned
\pset tuples_only off

\set ECHO none
SET client_min_messages = warning;
\i docs/shop.sql
\i test/data/recommender_works.sql
\set ECHO all
SELECT * FROM recommender_works('userknn', '{"half_life": 180}');
SELECT * FROM recommender_works('userknn', '{"similarity": "tfidf", "neighbourhood": "others"}');
