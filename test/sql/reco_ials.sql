-- ials: factors by alternating least squares, customers folded in from their histories.
SET timezone = 'UTC';
\set ECHO none
\i test/data/raises.sql
\set ECHO all

CREATE TABLE events (customer text, item text, pieces int);
INSERT INTO events VALUES
	('ann', 'A', 1), ('ann', 'B', 2), ('ann', 'C', 1), ('bob', 'A', 3), ('bob', 'B', 1), ('cid', 'B', 1), ('cid', 'D', 4), ('dan', 'A', 1),
	('dan', 'C', 2), ('dan', 'D', 1), ('dan', 'E', 1), ('eve', 'C', 1), ('eve', 'E', 2), ('fay', 'A', 1), ('fay', 'B', 1), ('gus', 'F', 1), ('gus', 'A', 1);

SELECT version FROM clusterseg.train_recommender('als', 'events', 'customer', 'item', 'pieces', algorithm => 'ials',
	options => '{"factors": 1, "alpha": 0.5, "l2": 0.2, "nu": 1}');
-- With one factor the normal equations are one: u = sum x v / (alpha sum v^2 + sum x v^2 + l2 (sum x + alpha items)); the score of i is u v_i.
-- Factors have a sign of their own, products have not.
CREATE TABLE v AS SELECT item_id, f::float8 AS v FROM clusterseg._reco_factors JOIN clusterseg._reco_items USING (version_id),
	LATERAL (SELECT factors[item_no + 1]) f (f);
SELECT count(*) AS scores, count(*) FILTER (WHERE abs(r.score - u.u * v.v) < 1e-9) AS agree, bool_and(r.source = 'ials') AS all_ials
FROM (SELECT e.customer, sum(e.pieces * v.v) / (0.5 * (SELECT sum(v * v) FROM v) + sum(e.pieces * v.v * v.v) + 0.2 * (sum(e.pieces) + 0.5 * 6)) AS u
		FROM events e JOIN v ON v.item_id = e.item GROUP BY 1) u,
	LATERAL clusterseg.recommend('als', u.customer, 6, exclude_seen => false) r JOIN v USING (item_id);
-- what each thing of a history adds: x_j v_j v_i / (the same denominator)
SELECT e.term, abs(e.contribution / (SELECT sum(contribution) FROM clusterseg.explain_recommendation('als', 'dan'::text, 'B'))
	- x.pieces * v.v / (SELECT sum(pieces * v) FROM events JOIN v ON item_id = item WHERE customer = 'dan')) < 1e-9 AS as_expected
FROM clusterseg.explain_recommendation('als', 'dan'::text, 'B') e JOIN v ON v.item_id = e.term JOIN events x ON (x.customer, x.item) = ('dan', e.term) ORDER BY 1;

-- two groups of customers with tastes of their own: what is listed first is of one's own group
CREATE TABLE tastes AS SELECT c, i FROM generate_series(1, 200) c, generate_series(1, 30) i WHERE (hashint4extended(c * 100 + i, 1) & 7) < CASE WHEN c % 2 = i % 2 THEN 4 ELSE 0 END;
SELECT customers, items FROM clusterseg.train_recommender('tastes', 'tastes', 'c', 'i', algorithm => 'ials', options => '{"factors": 4}');
SELECT count(*) AS first_five, count(*) FILTER (WHERE item_id::int % 2 = c % 2) AS of_the_own_group FROM generate_series(1, 200) c, clusterseg.recommend('tastes', c, 5);

-- another seed, other factors, the same lists but for what is close
SELECT version FROM clusterseg.train_recommender('seeded', 'tastes', 'c', 'i', algorithm => 'ials', seed => 7, options => '{"factors": 4, "iterations": 100}')
UNION ALL SELECT version FROM clusterseg.train_recommender('tastes', 'tastes', 'c', 'i', algorithm => 'ials', seed => 7, options => '{"factors": 4, "iterations": 100}');
SELECT bool_and(a.score = b.score) AS same_seed_same_scores FROM clusterseg.recommend('seeded', 5) a JOIN clusterseg.recommend('tastes', 5) b USING (rank, item_id);

\pset format unaligned
\pset tuples_only on
SELECT raises($$SELECT clusterseg.train_recommender('als', 'events', 'customer', 'item', algorithm => 'ials', options => '{"factors": 0}')$$);
SELECT raises($$SELECT clusterseg.train_recommender('als', 'events', 'customer', 'item', algorithm => 'ials', options => '{"alpha": 0}')$$);
-- an import without its factors, with too few, or with one that is no number
SELECT raises(format('SELECT clusterseg.import_model(''bad'', %L)', jsonb_set(clusterseg.export_model('als')::jsonb, '{factors}', '[]')));
SELECT raises(format('SELECT clusterseg.import_model(''bad'', %L)', jsonb_set(clusterseg.export_model('als')::jsonb, '{factors,0,factors}', '[1, 2, 3]')));
SELECT raises(format('SELECT clusterseg.import_model(''bad'', %L)', jsonb_set(clusterseg.export_model('als')::jsonb, '{factors,0,factors,0}', '"NaN"')));
SELECT raises(format('SELECT clusterseg.import_model(''bad'', %L)', jsonb_set(clusterseg.export_model('als')::jsonb, '{recommender,factors}', '0')));
-- tables that were changed behind our back
BEGIN;
SELECT version FROM clusterseg.train_recommender('als', 'events', 'customer', 'item', algorithm => 'ials');
UPDATE clusterseg._reco_factors SET factors = '{1,2}';
SELECT clusterseg.recommend_for_basket('als', '{A}');
ROLLBACK;
\pset format aligned
\pset tuples_only off

\set ECHO none
SET client_min_messages = warning;
\i docs/shop.sql
\i test/data/recommender_works.sql
\set ECHO all
SELECT * FROM recommender_works('ials', '{"half_life": 180, "factors": 16, "iterations": 5}');
