-- customers_for_item(), segment_uplift(), customers_for_segment_uplift(): against recommend() for each customer and plain SQL.
SET timezone = 'UTC';
\set ECHO none
\i test/data/raises.sql
\set ECHO all
-- 600 customers, 30 items; three kinds of customers, whose kind is their segment; 40 customers have no events
CREATE TABLE people AS SELECT c AS customer, c % 3 AS kind FROM generate_series(1, 640) c;
CREATE TABLE events AS SELECT DISTINCT customer, format('i%s', lpad(i::text, 2, '0')) AS item, 1 + (customer * i) % 3 AS pieces
	FROM people, generate_series(1, 30) i WHERE customer <= 600
		AND ('x' || left(md5(customer || ' ' || i), 6))::bit(24)::int % 100 < CASE WHEN i % 3 = kind THEN 22 ELSE 6 END;
SELECT k, rows FROM clusterseg.train('kinds', 'SELECT customer, kind = 0 AS a, kind = 1 AS b FROM people', 'customer', '{a,b}', k => 3);
SELECT t.algorithm, t.customers, t.items FROM unnest('{itemknn,ials,puresvd,segment_popular,popular,userknn,segment_mixture,blend}'::text[]) a,
	clusterseg.train_recommender('by_' || a, 'events', 'customer', 'item', CASE WHEN a = 'itemknn' THEN 'pieces' END, algorithm => a, segmentation => 'kinds',
		options => CASE WHEN a IN ('ials', 'puresvd') THEN '{"factors": 5}' ELSE '{}' END::jsonb) t;

-- ---- customers for an item ----

-- for each of some items: every customer with the score, and of those who have it not, best first, ties by customer
CREATE FUNCTION expected(model text, i text) RETURNS TABLE (rank bigint, customer int, score float8, source text) LANGUAGE sql AS $$
	WITH s AS (
		SELECT c.customer, r.score, r.source,
			CASE WHEN r.source = 'segment_popular' THEN (SELECT x.score FROM clusterseg.recommend_for_segment(model, m.segment_id, 100) x WHERE x.item_id = i) END AS rate
		FROM people c JOIN kinds_members m USING (customer), LATERAL clusterseg.recommend(model, c.customer, 1, candidates => format('VALUES (%L)', i)) r)
	SELECT row_number() OVER (ORDER BY source IN ('segment_popular', 'popular'), source = 'popular', COALESCE(rate, CASE WHEN source <> 'popular' THEN score END) DESC, customer), customer, s.score, source FROM s $$;
CREATE TABLE forth AS SELECT m AS model, i AS item, e.* FROM unnest('{by_itemknn,by_ials,by_puresvd,by_segment_popular,by_userknn,by_segment_mixture,by_blend}'::text[]) m, unnest('{i03,i17}'::text[]) i, expected(m, i) e;
CREATE TABLE back AS SELECT m AS model, i AS item, c.* FROM unnest('{by_itemknn,by_ials,by_puresvd,by_segment_popular,by_userknn,by_segment_mixture,by_blend}'::text[]) m, unnest('{i03,i17}'::text[]) i,
	clusterseg.customers_for_item(m, i, 1000) c;
SELECT model, item, count(*) AS customers, count(*) FILTER (WHERE customer_id = customer::text AND b.source = f.source) AS agree,
	count(*) FILTER (WHERE b.source = substr(model, 4)) AS of_the_algorithm,
	bool_and(abs(b.score / f.score - 1) < 1e-12) FILTER (WHERE b.source = substr(model, 4)) AS same_score
FROM forth f FULL JOIN back b USING (model, item, rank) GROUP BY 1, 2 ORDER BY 1, 2;
SELECT bool_and(score <= before AND score > 0) AS falling FROM (SELECT score, lag(score, 1, 'Infinity') OVER (PARTITION BY model, item ORDER BY rank) AS before FROM back) x;
-- who has it: left out, unless asked for
SELECT count(*) FILTER (WHERE e.customer IS NOT NULL) AS have_it FROM clusterseg.customers_for_item('by_itemknn', 'i03', 1000) c
	LEFT JOIN events e ON e.customer::text = c.customer_id AND e.item = 'i03';
SELECT count(*) = (SELECT count(*) FROM people) AS everybody FROM clusterseg.customers_for_item('by_itemknn', 'i03', 1000, exclude_seen => false);
-- without a history's word: everybody alike, in the order of the keys
SELECT string_agg(customer_id, ' ' ORDER BY rank), count(DISTINCT score) AS scores, min(source) FROM clusterseg.customers_for_item('by_popular', 'i03', 8);
-- the first 5 of 10; an event of now
SELECT count(*) AS differ FROM (SELECT * FROM clusterseg.customers_for_item('by_ials', 'i05', 5) EXCEPT SELECT * FROM clusterseg.customers_for_item('by_ials', 'i05', 10)) x;
BEGIN;
SELECT customer_id AS first FROM clusterseg.customers_for_item('by_itemknn', 'i05', 1) \gset
INSERT INTO events VALUES (:first, 'i05', 1);
SELECT count(*) AS still_there FROM clusterseg.customers_for_item('by_itemknn', 'i05', 1000) WHERE customer_id = :'first';
ROLLBACK;
-- an item that nobody knows; none asked for
SELECT (SELECT count(*) FROM clusterseg.customers_for_item('by_itemknn', 'no such thing')) AS unknown, (SELECT count(*) FROM clusterseg.customers_for_item('by_itemknn', 'i05', 0)) AS none;

-- ---- uplift ----

-- rates are those of recommend_for_segment(), the overall rate is the share of all customers with events
CREATE TABLE rates AS
	SELECT s.segment_id, r.item_id, r.score AS rate, (SELECT count(*) FROM events e WHERE e.item = r.item_id) / (SELECT count(DISTINCT customer) FROM events)::float8 AS overall
	FROM clusterseg.segments s, clusterseg.recommend_for_segment('by_segment_popular', s.segment_id, 100) r WHERE s.model = 'kinds';
SELECT segment_id, count(*) AS rows, count(*) FILTER (WHERE u.item_id = e.item_id AND abs(u.rate - e.rate) < 1e-12 AND abs(u.uplift - e.rate / e.overall) < 1e-9) AS agree
FROM (SELECT *, row_number() OVER (PARTITION BY segment_id ORDER BY rate * ln(rate / overall) DESC, item_id) AS rank FROM rates WHERE rate > overall) e
	LEFT JOIN LATERAL clusterseg.segment_uplift('by_segment_popular', e.segment_id, 100) u USING (rank) GROUP BY 1 ORDER BY 1;
-- ten items are what a kind likes: these come first
SELECT m.segment_id, count(*) FILTER (WHERE substr(u.item_id, 2)::int % 3 = m.kind) AS of_its_kind, min(round(u.uplift::numeric, 1)) >= 1.2 AS above
FROM (SELECT DISTINCT segment_id, kind FROM kinds_members JOIN people USING (customer)) m, clusterseg.segment_uplift('by_segment_popular', m.segment_id, 10) u GROUP BY 1 ORDER BY 1;
-- over two segments together: (c1 + c2 + kappa p) / (n1 + n2 + kappa)
SELECT count(*) AS rows, bool_and(abs(u.parent_rate - (c.n + k.kappa * c.overall) / (t.n + k.kappa)) < 1e-9) AS agree
FROM clusterseg.segment_uplift('by_segment_popular', 1, 100, parent => '{1,2}') u, (SELECT kappa FROM clusterseg._recommenders JOIN clusterseg.models ON published_id = version_id
		WHERE model = 'by_segment_popular') k,
	LATERAL (SELECT count(*) FILTER (WHERE m.segment_id IN (1, 2)) AS n, count(*) / (SELECT count(DISTINCT customer) FROM events)::float8 AS overall FROM events e JOIN kinds_members m USING (customer) WHERE e.item = u.item_id) c,
	(SELECT count(DISTINCT customer) AS n FROM events JOIN kinds_members m USING (customer) WHERE m.segment_id IN (1, 2)) t;

-- ---- customers like a segment ----

-- the sum over what a customer has of ln(rate / overall)
SELECT segment_id, count(*) AS rows, count(*) FILTER (WHERE u.customer_id = e.customer::text AND abs(u.score / e.score - 1) < 1e-9) AS agree
FROM (SELECT s.segment_id, v.customer, sum(ln(s.rate / s.overall)) AS score, row_number() OVER (PARTITION BY s.segment_id ORDER BY sum(ln(s.rate / s.overall)) DESC, v.customer) AS rank
		FROM rates s JOIN events v ON v.item = s.item_id JOIN kinds_members m USING (customer) WHERE m.segment_id <> s.segment_id GROUP BY 1, 2 HAVING sum(ln(s.rate / s.overall)) > 0) e
	LEFT JOIN LATERAL clusterseg.customers_for_segment_uplift('by_segment_popular', e.segment_id, 1000) u USING (rank) GROUP BY 1 ORDER BY 1;
-- with those who are in it: most of the first hundred are
SELECT count(*) FILTER (WHERE m.segment_id = 1) > 90 AS most FROM clusterseg.customers_for_segment_uplift('by_segment_popular', 1, 100, outside => false) u JOIN kinds_members m ON m.customer::text = u.customer_id;

\pset format unaligned
\pset tuples_only on
SELECT raises($$SELECT clusterseg.customers_for_item('by_itemknn', 'i03', -1)$$);
SELECT raises($$SELECT clusterseg.customers_for_item('by_itemknn', NULL::text)$$);
SELECT raises($$SELECT clusterseg.customers_for_item('nothing', 'i03')$$);
SELECT raises($$SELECT clusterseg.customers_for_item('kinds', 'i03')$$);
SELECT raises($$SELECT clusterseg.segment_uplift('by_segment_popular', 9)$$);
SELECT raises($$SELECT clusterseg.segment_uplift('by_segment_popular', 1, parent => '{1,9}')$$);
SELECT raises($$SELECT clusterseg.segment_uplift('by_segment_popular', 1, parent => '{}')$$);
SELECT raises($$SELECT clusterseg.segment_uplift('by_segment_popular', 1, parent => '{1,NULL}')$$);
SELECT raises($$SELECT clusterseg.segment_uplift('by_segment_popular', NULL)$$);
SELECT raises($$SELECT clusterseg.customers_for_segment_uplift('by_segment_popular', 9)$$);
SELECT clusterseg.import_model('imported', clusterseg.export_model('by_itemknn'));
SELECT raises($$SELECT clusterseg.customers_for_item('imported', 'i03')$$);
