-- segment_mixture: kinds of customers found in the events, and each customer a mixture of them.
SET timezone = 'UTC';
\set ECHO none
\i test/data/raises.sql
\set ECHO all

-- three kinds of customers with four things each of their own, and one thing that all want: kind c % 3 has three of its four, some one of another kind's
CREATE TABLE events AS
	SELECT c AS customer, chr(65 + c % 3) || i AS item FROM generate_series(1, 90) c, generate_series(1, 4) i WHERE i <> 1 + c / 3 % 4
	UNION ALL SELECT c, chr(65 + (c + 1) % 3) || 1 FROM generate_series(1, 90) c WHERE c % 10 = 0
	UNION ALL SELECT c, 'salt' FROM generate_series(1, 90) c WHERE c % 2 = 0;
SELECT algorithm, events, customers, items FROM clusterseg.train_recommender('kinds', 'events', 'customer', 'item', algorithm => 'segment_mixture',
	options => '{"clusters": 3, "factors": 3, "cluster_kappa": 2}');

-- the formulas in SQL.  Three kinds have one family, all customers, so p(i|kind) = (c + 2 p) / (30 + 2); P(kind|history) and the score are those of naive Bayes
CREATE TABLE rates AS
	SELECT k, i.item, (count(e.customer) + 2 * i.p) / (30 + 2) AS r FROM generate_series(0, 2) k
		CROSS JOIN (SELECT item, count(*) / 90.0::float8 AS p FROM events GROUP BY 1) i
		LEFT JOIN events e ON e.customer % 3 = k AND e.item = i.item
	GROUP BY k, i.item, i.p;
CREATE FUNCTION expected(history text[]) RETURNS TABLE (item text, score float8) LANGUAGE sql AS $$
	WITH likelihood AS (SELECT k, exp(sum(ln(r.r / s.sum))) AS l FROM rates r JOIN (SELECT k, sum(r) AS sum FROM rates GROUP BY 1) s USING (k)
			WHERE r.item = ANY (history) GROUP BY 1),
		posterior AS (SELECT k, l / sum(l) OVER () AS p FROM likelihood)
	SELECT r.item, sum(p.p * r.r) FROM posterior p JOIN rates r USING (k) GROUP BY 1 $$;
SELECT h AS basket, count(*) AS scores, count(*) FILTER (WHERE abs(r.score - e.score) < 1e-7) AS agree, bool_and(r.source = 'segment_mixture') AS by_kinds
FROM (VALUES ('{A1}'::text[]), ('{A1,salt}'), ('{B2,C3}'), ('{salt}'), ('{A1,A2,A4,B1,nonsense}')) b (h),
	LATERAL clusterseg.recommend_for_basket('kinds', h, 20) r LEFT JOIN LATERAL (SELECT * FROM expected(h)) e ON e.item = r.item_id
GROUP BY 1 ORDER BY 1;
-- one thing, and it is known who wants what; two of two kinds, and both are
SELECT h AS basket, string_agg(r.item_id, ' ' ORDER BY r.rank) AS list FROM (VALUES ('{A1}'::text[]), ('{B2,C3}')) b (h), LATERAL clusterseg.recommend_for_basket('kinds', h, 4) r GROUP BY 1 ORDER BY 1;
-- what the score is made of: kinds, by number and by what they stand out with
SELECT regexp_replace(e.term, 'kind \d+', 'kind N') AS term, round(e.contribution::numeric, 6) AS contribution, abs(sum(e.contribution) OVER () - r.score) < 1e-12 AS all_of_it
FROM clusterseg.recommend('kinds', 1, 1) r, clusterseg.explain_recommendation('kinds', 1, r.item_id) e ORDER BY 2 DESC;
SELECT item_id, regexp_replace(reason, 'kind \d+', 'kind N') AS reason FROM clusterseg.recommend('kinds', 1, 2);
-- nothing known: what is popular
SELECT item_id, source FROM clusterseg.recommend('kinds', 1000, 2);
SELECT item_id, source FROM clusterseg.recommend_for_basket('kinds', '{nonsense}', 2);
-- items wanted by the same kinds
SELECT item_id, round(score::numeric, 3) AS score FROM clusterseg.similar_items('kinds', 'B2', 3);

-- a half-life: rates are of decayed counts, and old entries tell less about the kind
CREATE TABLE dated AS SELECT *, '2025-01-01'::timestamptz - (customer / 3 % 3) * interval '30 days' AS at FROM events;
SELECT version FROM clusterseg.train_recommender('dated', 'dated', 'customer', 'item', at => 'at', algorithm => 'segment_mixture',
	options => '{"clusters": 3, "factors": 3, "cluster_kappa": 2, "half_life": 30}');
CREATE TABLE decayed AS
	SELECT k, i.item, (COALESCE(sum(e.x), 0) + 2 * i.p) / (30 + 2) AS r FROM generate_series(0, 2) k
		CROSS JOIN (SELECT item, sum(power(0.5, customer / 3 % 3)) / 90 AS p FROM events GROUP BY 1) i
		LEFT JOIN (SELECT *, power(0.5, customer / 3 % 3)::float8 AS x FROM events) e ON e.customer % 3 = k AND e.item = i.item
	GROUP BY k, i.item, i.p;
-- customers 1 (nothing decayed), 3 (one half-life) and 80 (two)
SELECT u, count(*) AS scores, bool_and(abs(r.score - x.score) < 1e-6) AS agree FROM unnest('{1,3,80}'::int[]) u, LATERAL clusterseg.recommend('dated', u, 20, exclude_seen => false) r
	JOIN LATERAL (WITH likelihood AS (SELECT k, exp(power(0.5, u / 3 % 3) * sum(ln(d.r / s.sum))) AS l FROM decayed d JOIN (SELECT k, sum(r) AS sum FROM decayed GROUP BY 1) s USING (k)
			WHERE d.item IN (SELECT item FROM events WHERE customer = u) GROUP BY 1)
		SELECT d.item, sum(l.l * d.r) / (SELECT sum(l) FROM likelihood) AS score FROM likelihood l JOIN decayed d USING (k) GROUP BY 1) x ON x.item = r.item_id
GROUP BY 1 ORDER BY 1;

-- with a segmentation, customers without history get their segment's items, the others those of their kinds
CREATE TABLE people AS SELECT c AS customer, (c % 2)::float8 AS x FROM generate_series(1, 100) c;
SELECT k FROM clusterseg.train('halves', 'people', 'customer', '{x}', k => 2);
SELECT version FROM clusterseg.train_recommender('kinds', 'events', 'customer', 'item', algorithm => 'segment_mixture', segmentation => 'halves');
SELECT c.customer, r.item_id, r.source FROM unnest('{1,95,96,1000}'::int[]) c (customer), clusterseg.recommend('kinds', c.customer, 1) r ORDER BY 1;
-- left to choose, it takes no fewer kinds than there are
SELECT metrics->'kinds' AS kinds FROM clusterseg.versions WHERE model = 'kinds' ORDER BY version DESC LIMIT 1;

-- the least there can be
SELECT customers, items FROM clusterseg.train_recommender('one', 'SELECT 1 AS c, 2 AS i', 'c', 'i', algorithm => 'segment_mixture');
SELECT item_id, score FROM clusterseg.recommend('one', 7);
SELECT count(*) FROM clusterseg.recommend('one', 1);

\pset format unaligned
\pset tuples_only on
SELECT raises($$SELECT clusterseg.train_recommender('kinds', 'events', 'customer', 'item', algorithm => 'segment_mixture', options => '{"clusters": 1001}')$$);
SELECT raises($$SELECT clusterseg.train_recommender('kinds', 'events', 'customer', 'item', algorithm => 'segment_mixture', options => '{"cluster_kappa": -1}')$$);
-- an import whose kinds and factors do not fit together, or with a share or a rate that is none
SELECT raises(format('SELECT clusterseg.import_model(''bad'', %L)', jsonb_set(clusterseg.export_model('one')::jsonb, '{recommender,shares}', '[1, 0]')));
SELECT raises(format('SELECT clusterseg.import_model(''bad'', %L)', jsonb_set(clusterseg.export_model('one')::jsonb, '{recommender,shares}', '[-0.5]')));
SELECT raises(format('SELECT clusterseg.import_model(''bad'', %L)', jsonb_set(clusterseg.export_model('one')::jsonb, '{recommender,shares}', '[]')));
SELECT raises(format('SELECT clusterseg.import_model(''bad'', %L)', jsonb_set(clusterseg.export_model('one')::jsonb, '{factors,0,factors,0}', '-1')));
-- tables that were changed behind our back
BEGIN;
SELECT version FROM clusterseg.train_recommender('one', 'events', 'customer', 'item', algorithm => 'segment_mixture');
UPDATE clusterseg._reco_factors SET factors[1] = -1;
SELECT clusterseg.recommend_for_basket('one', '{A1}');
ROLLBACK;
\pset format aligned
\pset tuples_only off

\set ECHO none
SET client_min_messages = warning;
\i docs/shop.sql
\i test/data/recommender_works.sql
\set ECHO all
SELECT * FROM recommender_works('segment_mixture', '{"half_life": 180}');
