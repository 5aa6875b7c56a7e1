-- itemknn: how similar items are by the customers that they share, for each similarity.
--
-- Reference values of the small events: NumPy, dense and straight from the formulas,
--   cosine  c_ij / (|x_i| |x_j| + shrink)
--   tfidf   the same of sqrt(x_ui) idf_u, idf_u = max(ln(items / (1 + items of u)), ln(1 + 1 / items))
--   bm25    the same of x_ui 2.2 / (1.2 (.25 + .75 len_i / mean len) + x_ui) idf_u
--   jaccard c_ij / (n_i + n_j - c_ij + shrink)     dice  2 c_ij / (n_i + n_j + shrink)
--   llr     sqrt(2 (H(rows) + H(columns) - H(table))) where both are more than chance (Dunning 1993)
-- For the shop the same formulas stand below in plain SQL.
SET timezone = 'UTC';
\set ECHO none
\i test/data/raises.sql
\set ECHO all

CREATE TABLE events (customer text, item text, pieces int);
INSERT INTO events VALUES
	('ann', 'A', 1), ('ann', 'B', 2), ('ann', 'C', 1), ('bob', 'A', 3), ('bob', 'B', 1), ('cid', 'B', 1), ('cid', 'D', 4), ('dan', 'A', 1),
	('dan', 'C', 2), ('dan', 'D', 1), ('dan', 'E', 1), ('eve', 'C', 1), ('eve', 'E', 2), ('fay', 'A', 1), ('fay', 'B', 1), ('gus', 'F', 1), ('gus', 'A', 1);

-- plain: a customer counts 1 for an item; weighted: the pieces
CREATE TABLE expected (weights text, shrink int, similarity text, pairs text);
INSERT INTO expected VALUES
	('plain', 0, 'cosine', 'AB 0.670820 AC 0.516398 AD 0.316228 AE 0.316228 AF 0.447214 BC 0.288675 BD 0.353553 CD 0.408248 CE 0.816497 DE 0.500000'),
	('plain', 0, 'tfidf', 'AB 0.693651 AC 0.187476 AD 0.036227 AE 0.036227 AF 0.541422 BC 0.157551 BD 0.529003 CD 0.056322 CE 0.870376 DE 0.064710'),
	('plain', 0, 'bm25', 'AB 0.693651 AC 0.187476 AD 0.036227 AE 0.036227 AF 0.541422 BC 0.157551 BD 0.529003 CD 0.056322 CE 0.870376 DE 0.064710'),
	('plain', 0, 'jaccard', 'AB 0.500000 AC 0.333333 AD 0.166667 AE 0.166667 AF 0.200000 BC 0.166667 BD 0.200000 CD 0.250000 CE 0.666667 DE 0.333333'),
	('plain', 0, 'dice', 'AB 0.666667 AC 0.500000 AD 0.285714 AE 0.285714 AF 0.333333 BC 0.285714 BD 0.333333 CD 0.400000 CE 0.800000 DE 0.500000'),
	('plain', 0, 'llr', 'AB 0.240849 AF 0.858839 CD 0.240849 CE 2.134640 DE 0.774055'),
	('plain', 2, 'cosine', 'AB 0.463525 AC 0.340542 AD 0.193713 AE 0.193713 AF 0.236068 BC 0.183013 BD 0.207107 CD 0.224745 CE 0.449490 DE 0.250000'),
	('plain', 2, 'tfidf', 'AB 0.310661 AC 0.064711 AD 0.011393 AE 0.011393 AF 0.166397 BC 0.054018 BD 0.165205 CD 0.012833 CE 0.198322 DE 0.013224'),
	('plain', 2, 'bm25', 'AB 0.239925 AC 0.052802 AD 0.010300 AE 0.010300 AF 0.170493 BC 0.047838 BD 0.162099 CD 0.013897 CE 0.214765 DE 0.016126'),
	('plain', 2, 'jaccard', 'AB 0.375000 AC 0.250000 AD 0.125000 AE 0.125000 AF 0.142857 BC 0.125000 BD 0.142857 CD 0.166667 CE 0.400000 DE 0.200000'),
	('plain', 2, 'dice', 'AB 0.545455 AC 0.400000 AD 0.222222 AE 0.222222 AF 0.250000 BC 0.222222 BD 0.250000 CD 0.285714 CE 0.571429 DE 0.333333'),
	('weighted', 0, 'cosine', 'AB 0.628971 AC 0.339683 AD 0.067267 AE 0.124035 AF 0.277350 BC 0.308607 BD 0.366679 CD 0.198030 CE 0.730297 DE 0.108465'),
	('weighted', 0, 'tfidf', 'AB 0.720240 AC 0.155458 AD 0.014744 AE 0.020676 AF 0.429879 BC 0.207194 BD 0.516529 CD 0.039863 CE 0.863886 DE 0.023844'),
	('weighted', 0, 'bm25', 'AB 0.720198 AC 0.153753 AD 0.016514 AE 0.021924 AF 0.426992 BC 0.207111 BD 0.515716 CD 0.043609 CE 0.866365 DE 0.028701'),
	('weighted', 2, 'cosine', 'AB 0.519958 AC 0.276963 AD 0.059291 AE 0.099381 AF 0.178395 BC 0.235828 BD 0.309868 CD 0.165296 CE 0.534958 DE 0.089130'),
	('weighted', 2, 'tfidf', 'AB 0.372742 AC 0.062922 AD 0.007813 AE 0.009214 AF 0.154108 BC 0.074468 BD 0.248919 CD 0.014786 CE 0.255716 DE 0.009794'),
	('weighted', 2, 'bm25', 'AB 0.315675 AC 0.054097 AD 0.006956 AE 0.008795 AF 0.166433 BC 0.071324 BD 0.213119 CD 0.014340 CE 0.269229 DE 0.010814');

CREATE VIEW expected_pairs AS
	SELECT weights, shrink, similarity, p[1] AS i, p[2] AS j, p[3]::float8 AS value
	FROM expected, regexp_matches(pairs, '(.)(.) ([0-9.]+)', 'g') p
	UNION ALL SELECT weights, shrink, similarity, p[2], p[1], p[3]::float8
	FROM expected, regexp_matches(pairs, '(.)(.) ([0-9.]+)', 'g') p;

CREATE FUNCTION learned(weights text, shrink int, similarity text) RETURNS TABLE (i text, j text, value float8) LANGUAGE plpgsql AS $$
BEGIN
	PERFORM FROM clusterseg.train_recommender('knn', 'events', 'customer', 'item', CASE weights WHEN 'weighted' THEN 'pieces' END, algorithm => 'itemknn',
		options => jsonb_build_object('similarity', similarity, 'shrink', shrink));
	RETURN QUERY SELECT a.item, s.item_id, s.score FROM (SELECT DISTINCT e.item FROM events e) a, clusterseg.similar_items('knn', a.item, 100) s;
END
$$;
SELECT e.weights, e.shrink, e.similarity, count(*) AS pairs, count(*) FILTER (WHERE abs(l.value - p.value) < 2e-6) AS agree
FROM expected e, LATERAL (SELECT * FROM expected_pairs x WHERE (x.weights, x.shrink, x.similarity) = (e.weights, e.shrink, e.similarity)) p
	FULL JOIN LATERAL learned(e.weights, e.shrink, e.similarity) l USING (i, j)
GROUP BY 1, 2, 3 ORDER BY 1, 2, 3;

-- neighbours: so many are kept per item that is recommended, not per item of the history.  By the table above (jaccard): A is best
-- recommended by B, B by A, C by E, D by E, E by C, F by A; so A leads to B and F, and D and F to nothing
SELECT version FROM clusterseg.train_recommender('knn', 'events', 'customer', 'item', algorithm => 'itemknn',
	options => '{"similarity": "jaccard", "shrink": 0, "neighbours": 1}');
SELECT i, s.rank, s.item_id, round(s.score::numeric, 6) AS score FROM unnest('{A,B,C,D,E,F}'::text[]) i, clusterseg.similar_items('knn', i) s ORDER BY 1, 2;
-- of equals the first by key stays: D and E are equally close to A, who keeps four
SELECT version FROM clusterseg.train_recommender('knn', 'events', 'customer', 'item', algorithm => 'itemknn',
	options => '{"similarity": "cosine", "shrink": 0, "neighbours": 4}');
SELECT i, round(s.score::numeric, 6) AS to_a FROM unnest('{B,C,D,E,F}'::text[]) i LEFT JOIN LATERAL clusterseg.similar_items('knn', i) s ON item_id = 'A' ORDER BY 1;
-- min_events: F has one customer and is not recommended, but still leads to A
SELECT version FROM clusterseg.train_recommender('knn', 'events', 'customer', 'item', algorithm => 'itemknn',
	options => '{"similarity": "cosine", "shrink": 0, "min_events": 2}');
SELECT i, item_id, round(score::numeric, 6) AS score FROM unnest('{A,F}'::text[]) i, clusterseg.similar_items('knn', i) ORDER BY 1, 3 DESC, 2;

-- the score of an item is the sum of its similarities to the history: eve has C and E, cosine (above)
-- A .516398 + .316228, D .408248 + .5, B .288675; with pieces E counts twice
SELECT version FROM clusterseg.train_recommender('knn', 'events', 'customer', 'item', algorithm => 'itemknn', options => '{"similarity": "cosine", "shrink": 0}');
SELECT rank, item_id, round(score::numeric, 6) AS score, source, reason FROM clusterseg.recommend('knn', 'eve'::text);
SELECT version FROM clusterseg.train_recommender('knn', 'events', 'customer', 'item', 'pieces', algorithm => 'itemknn',
	options => '{"similarity": "jaccard", "shrink": 0}');
-- D 1 * .25 + 2 * .333333, A .333333 + 2 * .166667, B .166667
SELECT rank, item_id, round(score::numeric, 6) AS score, source, reason FROM clusterseg.recommend('knn', 'eve'::text);

-- defaults: tfidf, shrink 10, 200 neighbours
SELECT version, algorithm FROM clusterseg.train_recommender('knn', 'events', 'customer', 'item', algorithm => 'itemknn');
SELECT options->'effective' AS effective, metrics->'pairs' AS pairs FROM clusterseg.versions WHERE model = 'knn' ORDER BY version DESC LIMIT 1;

-- a fifth of the shop: the formulas in SQL, with pieces and a half-life of 180 days for those that use values, shrink 5, 15 neighbours per target
\set ECHO none
SET client_min_messages = warning;
\i docs/shop.sql
RESET client_min_messages;
\set ECHO all
CREATE VIEW orders AS SELECT * FROM shop.orders WHERE customer_id % 5 = 0;
CREATE TABLE x AS
	SELECT customer_id AS u, item_id AS i, sum(quantity)::real * power(2, -extract(epoch FROM (SELECT max(ordered_at) FROM orders)
		- max(ordered_at))::float8 / 86400 / 180) AS x, ln(GREATEST(200.0 / (1 + count(*) OVER (PARTITION BY customer_id)), 1 + 1 / 200.0))::float8 AS idf
	FROM orders GROUP BY 1, 2 HAVING sum(quantity) > 0;
CREATE TABLE weighted AS
	SELECT u, i, x AS cosine, sqrt(x) * idf AS tfidf, x * 2.2 / (1.2 * (0.25 + 0.75 * len / mean) + x) * idf AS bm25
	FROM x JOIN (SELECT i, sum(x) AS len, avg(sum(x)) OVER () AS mean FROM x GROUP BY 1) l USING (i);
CREATE TABLE sums AS
	SELECT a.i, b.i AS j, count(*)::float8 AS c, sum(a.cosine * b.cosine) AS cosine, sum(a.tfidf * b.tfidf) AS tfidf, sum(a.bm25 * b.bm25) AS bm25
	FROM weighted a JOIN weighted b USING (u) GROUP BY 1, 2;
CREATE FUNCTION xlogx(x float8) RETURNS float8 LANGUAGE sql IMMUTABLE AS $$ SELECT CASE WHEN x > 0 THEN x * ln(x) ELSE 0 END $$;
CREATE TABLE alike AS
	SELECT s.i, s.j, v.similarity, v.value::real AS value,
		row_number() OVER (PARTITION BY s.j, v.similarity ORDER BY v.value::real DESC, s.i) AS place
	FROM sums s JOIN sums a ON (a.i, a.j) = (s.i, s.i) JOIN sums b ON (b.i, b.j) = (s.j, s.j), (SELECT count(DISTINCT u)::float8 AS n FROM x) n,
		LATERAL (VALUES ('cosine', s.cosine / (sqrt(a.cosine * b.cosine) + 5)), ('tfidf', s.tfidf / (sqrt(a.tfidf * b.tfidf) + 5)),
			('bm25', s.bm25 / (sqrt(a.bm25 * b.bm25) + 5)), ('jaccard', s.c / (a.c + b.c - s.c + 5)), ('dice', 2 * s.c / (a.c + b.c + 5)),
			('llr', CASE WHEN s.c * n > a.c * b.c THEN
				sqrt(2 * (xlogx(s.c) + xlogx(a.c - s.c) + xlogx(b.c - s.c) + xlogx(n - a.c - b.c + s.c) + xlogx(n)
					- xlogx(a.c) - xlogx(n - a.c) - xlogx(b.c) - xlogx(n - b.c))) END)) v (similarity, value)
	WHERE s.i <> s.j AND v.value > 0;
DELETE FROM alike WHERE place > 15;

CREATE FUNCTION learned(similarity text) RETURNS TABLE (i text, j text, value float8) LANGUAGE plpgsql AS $$
BEGIN
	PERFORM FROM clusterseg.train_recommender('shop', 'orders', 'customer_id', 'item_id', 'quantity', 'ordered_at', 'itemknn', options =>
		jsonb_build_object('similarity', similarity, 'shrink', 5, 'half_life', 180, 'neighbours', 15, 'max_history', 0));
	RETURN QUERY SELECT a.item_id, s.item_id, s.score FROM shop.items a, clusterseg.similar_items('shop', a.item_id, 1000) s;
END
$$;
-- at the edge of the 15 places, what differs in the last digit may change places
SELECT m.similarity, count(s.i) AS kept, count(l.i) AS learned, count(*) FILTER (WHERE abs(l.value / s.value - 1) < 1e-5) AS agree
FROM unnest('{cosine,tfidf,bm25,jaccard,dice,llr}'::text[]) m (similarity), LATERAL (SELECT * FROM alike x WHERE x.similarity = m.similarity) s
	FULL JOIN LATERAL learned(m.similarity) l USING (i, j)
GROUP BY 1 ORDER BY 1;

-- what goes together was built in: a thing, and the third after it
SELECT title, (SELECT string_agg(b.title, ', ' ORDER BY s.rank) FROM clusterseg.similar_items('shop', a.item_id, 2) s JOIN shop.items b USING (item_id)) AS goes_with
FROM shop.items a WHERE title IN ('Coffee grinder, classic', 'Kettle, classic') ORDER BY 1;

\set ECHO none
SET client_min_messages = warning;
DROP SCHEMA shop CASCADE;
RESET client_min_messages;
\set ECHO all
\pset format unaligned
\pset tuples_only on
SELECT raises($$SELECT clusterseg.train_recommender('knn', 'events', 'customer', 'item', algorithm => 'itemknn', options => '{"similarity": "pearson"}')$$);
SELECT raises($$SELECT clusterseg.train_recommender('knn', 'events', 'customer', 'item', algorithm => 'itemknn', options => '{"neighbours": 0}')$$);
SELECT raises($$SELECT clusterseg.train_recommender('knn', 'events', 'customer', 'item', algorithm => 'itemknn', options => '{"neighbours": 1.5}')$$);
SELECT raises($$SELECT clusterseg.train_recommender('knn', 'events', 'customer', 'item', algorithm => 'itemknn', options => '{"shrink": "much"}')$$);
SELECT raises($$SELECT clusterseg.train_recommender('knn', 'events', 'customer', 'item', algorithm => 'itemknn', options => '[10]')$$);
