-- customer_vectors(): customers as a recommender sees them, for segments.
SET timezone = 'UTC';
\set ECHO none
\i test/data/raises.sql
\set ECHO all

-- two tastes: even customers have even items
CREATE TABLE events AS SELECT c, i FROM generate_series(1, 60) c, generate_series(1, 20) i WHERE c % 2 = i % 2 AND hashint4extended(c * 100 + i, 1) & 3 < 2;
CREATE FUNCTION dot(a float8[], b float8[]) RETURNS float8 LANGUAGE sql AS $$ SELECT sum(x * y) FROM unnest(a, b) u (x, y) $$;
-- factors of an item, of a model with one version
CREATE FUNCTION factors_of(m text) RETURNS TABLE (i int, v float8[]) LANGUAGE sql AS $$
	SELECT t.item_id::int, (f.factors[t.item_no * r.factors + 1 : (t.item_no + 1) * r.factors])::float8[]
	FROM clusterseg.models JOIN clusterseg._recommenders r ON r.version_id = published_id JOIN clusterseg._reco_items t USING (version_id) JOIN clusterseg._reco_factors f USING (version_id)
	WHERE model = m AND f.chunk = 0 $$;

-- puresvd: a history times the directions, so products of vectors are x V V' y
SELECT algorithm FROM clusterseg.train_recommender('svd', 'events', 'c', 'i', algorithm => 'puresvd', options => '{"factors": 5}');
CREATE TABLE projected AS SELECT c, array_agg(x ORDER BY k) AS x FROM (SELECT c, k, sum(v[k]) AS x FROM events JOIN factors_of('svd') USING (i), generate_series(1, 5) k GROUP BY 1, 2) p GROUP BY 1;
SELECT count(*) AS pairs, bool_and(abs(dot(a.vector, b.vector) - dot(p.x, q.x)) < 1e-5) AS agree
FROM clusterseg.customer_vectors('svd', false) a JOIN projected p ON p.c = a.customer_id::int, clusterseg.customer_vectors('svd', false) b JOIN projected q ON q.c = b.customer_id::int;
-- by default of length 1, in the same direction
SELECT count(*) AS customers, bool_and(abs(dot(u.vector, u.vector) - 1) < 1e-12) AS of_length_1, bool_and(abs(dot(u.vector, v.vector) - sqrt(dot(v.vector, v.vector))) < 1e-12) AS same_direction
FROM clusterseg.customer_vectors('svd') u JOIN clusterseg.customer_vectors('svd', false) v USING (customer_id);

-- ials: products of vectors are products of the scores of all items.  With one factor u = sum v / (alpha sum v^2 + sum v^2 of the history + l2 (n + alpha items))
SELECT algorithm FROM clusterseg.train_recommender('als', 'events', 'c', 'i', algorithm => 'ials', options => '{"factors": 1, "alpha": 0.5, "l2": 0.2, "nu": 1}');
SELECT count(*) AS customers, bool_and(abs(x.vector[1] / (u.u * sqrt((SELECT sum(v[1] * v[1]) FROM factors_of('als')))) - 1) < 1e-9) AS agree
FROM clusterseg.customer_vectors('als', false) x JOIN (SELECT c, sum(v[1]) / (0.5 * (SELECT sum(v[1] * v[1]) FROM factors_of('als')) + sum(v[1] * v[1]) + 0.2 * (count(*) + 0.5 * 20)) AS u
	FROM events JOIN factors_of('als') USING (i) GROUP BY 1) u ON u.c = x.customer_id::int;

-- segment_mixture: probabilities of the kinds
SELECT algorithm FROM clusterseg.train_recommender('mix', 'events', 'c', 'i', algorithm => 'segment_mixture', options => '{"clusters": 2, "cluster_kappa": 1}');
SELECT count(*) AS customers, bool_and(abs((SELECT sum(p) FROM unnest(vector) p) - 1) < 1e-12) AS add_up, min((SELECT max(p) FROM unnest(vector) p)) > 0.95 AS certain,
	count(DISTINCT (customer_id::int % 2, vector[1] > 0.5)) AS tastes_and_kinds FROM clusterseg.customer_vectors('mix', false);

-- from a recommender to segments of taste, and from these to what is popular in them
CREATE TABLE tastes AS SELECT customer_id::int AS c, vector FROM clusterseg.customer_vectors('svd');
SELECT k, rows FROM clusterseg.train('tastes', 'tastes', 'c', '{vector}', k => 2, algorithm => 'spherical_kmeans');
SELECT count(DISTINCT (c % 2, segment_id)) AS tastes_and_segments FROM tastes_members;
SELECT algorithm FROM clusterseg.train_recommender('by_taste', 'events', 'c', 'i', algorithm => 'segment_popular', segmentation => 'tastes');
SELECT count(*) AS items, bool_and(r.item_id::int % 2 = c % 2) AS of_the_own_taste FROM tastes_members m, clusterseg.recommend_for_segment('by_taste', m.segment_id, 10) r WHERE c IN (1, 2);
-- without a table between; the function is part of the source
SELECT k, rows FROM clusterseg.train('direct', $$SELECT customer_id, vector FROM clusterseg.customer_vectors('svd')$$, 'customer_id', '{vector}', k => 2);
SELECT count(DISTINCT (customer_id::int % 2, segment_id)) AS tastes_and_segments FROM direct_members;

-- the histories of now: somebody new, and somebody of whom nothing is left
INSERT INTO events VALUES (100, 2), (100, 4), (101, 999);
DELETE FROM events WHERE c = 1;
SELECT customer_id, array_length(vector, 1) AS width FROM clusterseg.customer_vectors('svd') WHERE customer_id IN ('1', '100', '101');
SELECT n.segment_id = m.segment_id AS with_the_even FROM (SELECT clusterseg.segment('tastes', vector) AS segment_id FROM clusterseg.customer_vectors('svd') WHERE customer_id = '100') n, tastes_members m WHERE m.c = 2;

\pset format unaligned
\pset tuples_only on
SELECT algorithm FROM clusterseg.train_recommender('knn', 'events', 'c', 'i', algorithm => 'itemknn');
SELECT raises($$SELECT clusterseg.customer_vectors('knn')$$);
SELECT raises($$SELECT clusterseg.customer_vectors('tastes')$$);
SELECT raises($$SELECT clusterseg.customer_vectors(NULL)$$);
SELECT clusterseg.import_model('copy', clusterseg.export_model('svd'));
SELECT raises($$SELECT clusterseg.customer_vectors('copy')$$);
