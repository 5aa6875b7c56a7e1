-- blend: scores of the history and of customers of the same kind, added up by how much is known of the customer.
SET timezone = 'UTC';
\set ECHO none
\i test/data/raises.sql
\set ECHO all

-- three kinds of customers with ten things each of their own, of which they have about half, and things of others now and then
CREATE TABLE events AS SELECT c, chr(65 + k) || i AS i FROM generate_series(1, 120) c, generate_series(0, 2) k, generate_series(0, 9) i
	WHERE hashint4extended(c * 1000 + k * 10 + i, 3) & 15 < CASE WHEN c % 3 = k THEN 3 + i ELSE 1 END;
SELECT algorithm, customers, items FROM clusterseg.train_recommender('blend', 'events', 'c', 'i', algorithm => 'blend',
	options => '{"members": ["itemknn", "segment_mixture"], "blend_kappa": 4}');
SELECT metrics->>'member' AS member, metrics->'blend_kappa' AS kappa, metrics->'tried' IS NULL AS nothing_to_choose FROM clusterseg.versions WHERE model = 'blend';
-- the members by themselves, learned from the same rows
SELECT algorithm FROM clusterseg.train_recommender('knn', 'events', 'c', 'i', algorithm => 'itemknn')
UNION ALL SELECT algorithm FROM clusterseg.train_recommender('mix', 'events', 'c', 'i', algorithm => 'segment_mixture');

-- (1 - w) own / sd(own) + w prior / sd(prior) with w = 4 / (4 + n), deviations over the items that are not in the history: in SQL, from the members' scores
CREATE FUNCTION expected(history text[]) RETURNS TABLE (item text, score float8, w float8) LANGUAGE sql AS $$
	WITH n AS (SELECT 4 / (4 + count(DISTINCT h)::float8) AS w FROM unnest(history) h WHERE h IN (SELECT i FROM events)),
		both_scores AS (SELECT p.item_id, COALESCE(o.score, 0) AS own, p.score AS prior, p.item_id = ANY (history) AS had
			FROM clusterseg.recommend_for_basket('mix', history, 30, exclude_seen => false) p
				LEFT JOIN clusterseg.recommend_for_basket('knn', history, 30, exclude_seen => false) o ON o.item_id = p.item_id AND o.source = 'itemknn'),
		sd AS (SELECT stddev_pop(own) AS own, stddev_pop(prior) AS prior FROM both_scores WHERE NOT had)
	SELECT b.item_id, (1 - w) * b.own / sd.own + w * b.prior / sd.prior, w FROM both_scores b, sd, n $$;
SELECT h AS basket, count(*) AS scores, count(*) FILTER (WHERE abs(r.score / e.score - 1) < 1e-6) AS agree, bool_and(r.source = 'blend') AS blended, min(e.w) AS w
FROM (VALUES ('{A1}'::text[]), ('{A1,A1,B2}'), ('{A1,A2,A4,B1,nonsense}'), ('{C0,C1,C2,C3,C4,C5,C6,C7,C8,C9,A3,A8}')) b (h),
	LATERAL clusterseg.recommend_for_basket('blend', h, 30) r JOIN LATERAL (SELECT * FROM expected(h)) e ON e.item = r.item_id
GROUP BY 1 ORDER BY 1;
-- each row tells the weight of both: 4 / (4 + 1) and 4 / (4 + 12)
SELECT regexp_replace(r.reason, 'kind \d+', 'kind N') AS reason FROM clusterseg.recommend_for_basket('blend', '{A1}', 1) r
UNION ALL SELECT regexp_replace(r.reason, 'kind \d+', 'kind N') FROM clusterseg.recommend_for_basket('blend', '{C0,C1,C2,C3,C4,C5,C6,C7,C8,A9,A3,A8}', 1) r;
-- the terms of a score: kinds and things of the history; together they are the score
SELECT count(*) FILTER (WHERE e.term LIKE 'customers of %') AS of_kinds, count(*) FILTER (WHERE e.term NOT LIKE 'customers of %') AS of_the_history, abs(sum(e.contribution) / r.score - 1) < 1e-12 AS all_of_it
FROM clusterseg.recommend('blend', 1, 1) r, clusterseg.explain_recommendation('blend', 1, r.item_id) e GROUP BY r.score;
-- nothing known: what is popular
SELECT item_id, source FROM clusterseg.recommend('blend', 1000, 2);
-- similar items are those of the member
SELECT bool_and(b.score = k.score) AS the_same FROM clusterseg.similar_items('blend', 'A1') b FULL JOIN clusterseg.similar_items('knn', 'A1') k USING (rank, item_id);

-- kappa 0: the member alone; a large kappa: the kinds alone
SELECT version FROM clusterseg.train_recommender('blend', 'events', 'c', 'i', algorithm => 'blend', options => '{"members": ["segment_mixture", "itemknn"], "blend_kappa": 0}');
SELECT u, bool_and(a.item_id = k.item_id) AS same_order FROM generate_series(1, 9) u, clusterseg.recommend('blend', u, 8) a JOIN LATERAL clusterseg.recommend('knn', u, 8) k USING (rank) GROUP BY 1 ORDER BY 1;
SELECT version FROM clusterseg.train_recommender('blend', 'events', 'c', 'i', algorithm => 'blend', options => '{"members": ["segment_mixture", "itemknn"], "blend_kappa": 1000000}');
SELECT u, bool_and(a.item_id = k.item_id) AS same_order FROM generate_series(1, 9) u, clusterseg.recommend('blend', u, 8) a JOIN LATERAL clusterseg.recommend('mix', u, 8) k USING (rank) GROUP BY 1 ORDER BY 1;

-- left to choose: each member and the blend with its figure; the blend is not below the best of them
SELECT version FROM clusterseg.train_recommender('blend', 'events', 'c', 'i', algorithm => 'blend');
SELECT t.key AS tried, t.value->'customers' AS customers, (t.value->>'low')::float8 < (t.value->>'ndcg')::float8 AS with_interval FROM clusterseg.versions, jsonb_each(metrics->'tried') t WHERE model = 'blend' AND version = 4 ORDER BY 1;
SELECT max(t.value->>'ndcg') FILTER (WHERE t.key = 'blend') >= max(t.value->>'ndcg') FILTER (WHERE t.key NOT IN ('blend', 'segment_mixture')) AS not_below
FROM clusterseg.versions, jsonb_each(metrics->'tried') t WHERE model = 'blend' AND version = 4;
-- kappa is the blend's; named twice, blend_kappa is, and kappa that of segments
SELECT version FROM clusterseg.train_recommender('kappas', 'events', 'c', 'i', algorithm => 'blend', options => '{"members": ["itemknn", "segment_mixture"], "kappa": 3}');
SELECT version FROM clusterseg.train_recommender('kappas', 'events', 'c', 'i', algorithm => 'blend', options => '{"members": ["itemknn", "segment_mixture"], "kappa": 5, "blend_kappa": 3}');
SELECT v.version, v.metrics->'blend_kappa' AS blend_kappa, v.metrics->'kappa' AS of_segments, v.options->'effective'->'members' AS members FROM clusterseg.versions v WHERE model = 'kappas' ORDER BY 1;
-- a member with factors
SELECT version FROM clusterseg.train_recommender('blend', 'events', 'c', 'i', algorithm => 'blend', options => '{"members": ["ials", "segment_mixture"]}');
SELECT metrics->>'member' AS member, (SELECT count(*) FROM jsonb_object_keys(metrics->'tried')) AS tried FROM clusterseg.versions WHERE model = 'blend' AND version = 5;
SELECT count(*) AS items, bool_and(abs(r.score - e.sum) < 1e-9) AS terms_add_up FROM generate_series(1, 5) u, LATERAL clusterseg.recommend('blend', u, 8) r,
	LATERAL (SELECT sum(contribution) FROM clusterseg.explain_recommendation('blend', u, r.item_id)) e;

\pset format unaligned
\pset tuples_only on
SELECT raises($$SELECT clusterseg.train_recommender('bad', 'events', 'c', 'i', algorithm => 'blend', options => '{"members": ["itemknn"]}')$$);
SELECT raises($$SELECT clusterseg.train_recommender('bad', 'events', 'c', 'i', algorithm => 'blend', options => '{"members": []}')$$);
SELECT raises($$SELECT clusterseg.train_recommender('bad', 'events', 'c', 'i', algorithm => 'blend', options => '{"members": ["popular", "segment_mixture"]}')$$);
SELECT raises($$SELECT clusterseg.train_recommender('bad', 'events', 'c', 'i', algorithm => 'blend', options => '{"members": ["itemknn", "blend"]}')$$);
SELECT raises($$SELECT clusterseg.train_recommender('bad', 'events', 'c', 'i', algorithm => 'blend', options => '{"members": ["itemknn", "no such thing"]}')$$);
SELECT raises($$SELECT clusterseg.train_recommender('bad', 'events', 'c', 'i', algorithm => 'blend', options => '{"members": ["next_item", "segment_mixture"]}')$$);
SELECT raises($$SELECT clusterseg.train_recommender('bad', 'events', 'c', 'i', algorithm => 'blend', options => '{"members": "itemknn"}')$$);
SELECT raises($$SELECT clusterseg.train_recommender('bad', 'events', 'c', 'i', algorithm => 'blend', options => '{"blend_kappa": -2}')$$);
-- imports that do not fit together
SELECT raises(format('SELECT clusterseg.import_model(''bad'', %L)', jsonb_set(clusterseg.export_model('blend')::jsonb, '{recommender,member}', 'null')));
SELECT raises(format('SELECT clusterseg.import_model(''bad'', %L)', jsonb_set(clusterseg.export_model('blend')::jsonb, '{recommender,member}', '"magic"')));
SELECT raises(format('SELECT clusterseg.import_model(''bad'', %L)', jsonb_set(clusterseg.export_model('blend')::jsonb, '{recommender,blend_kappa}', '-1')));
SELECT raises(format('SELECT clusterseg.import_model(''bad'', %L)', jsonb_set(clusterseg.export_model('knn')::jsonb, '{recommender,member}', '"itemknn"')));
\pset format aligned
\pset tuples_only off

\set ECHO none
SET client_min_messages = warning;
\i docs/shop.sql
\i test/data/recommender_works.sql
\set ECHO all
SELECT * FROM recommender_works('blend', '{"half_life": 180, "members": ["ease", "segment_mixture"], "blend_kappa": 3}');
