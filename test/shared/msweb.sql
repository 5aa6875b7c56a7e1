-- Visits to areas of a web site, training and test users as published (UCI Anonymous Microsoft Web Data, doi:10.24432/C5VS3Q), by the
-- protocols of Breese, Heckerman and Kadie (1998): of each test user 2, 5 or all but one of the visits are shown, the others are to be found.
--
-- Breese's score is sum 2^(-(rank - 1) / 4) of the hidden visits over the best there could be, over all users, in percent.
-- Which visits are shown is drawn by md5 here.  Reference: NumPy, dense, on the same draw (cosine c_ij / (|i| |j| + 10), 200 neighbours
-- per target, then what is popular; ties by area), score and nDCG@10:
--              popular          itemknn
--   given 2    46.35  .4286     53.92  .5186
--   given 5    44.11  .3955     56.57  .5378
--   all but 1  46.33  .4049     58.17  .5159
-- A draw alone moves these by a third of a point (given 2) to two thirds (given 5).
\set ECHO none
\getenv shared CLUSTERSEG_SHARED
CREATE TABLE train (user_id int, area_id int);
CREATE TABLE test (user_id int, area_id int);
\set load '\\copy train FROM PROGRAM ''gzip -dc ' :shared '/data/msweb/visits_train.csv.gz'' WITH (FORMAT csv, HEADER)'
:load
\set load '\\copy test FROM PROGRAM ''gzip -dc ' :shared '/data/msweb/visits_test.csv.gz'' WITH (FORMAT csv, HEADER)'
:load
CREATE INDEX ON train (user_id);
\set ECHO all

SELECT count(*) AS visits, count(DISTINCT user_id) AS users, count(DISTINCT area_id) AS areas FROM train;
SELECT count(*) AS visits, count(DISTINCT user_id) AS users, count(DISTINCT area_id) AS areas FROM test;
-- both files number their users from 10001, and they are other users
UPDATE test SET user_id = user_id + 1000000;

-- models learn from the training users; what is shown of a test user comes later, as a history
CREATE TABLE shown (user_id int, area_id int, PRIMARY KEY (user_id, area_id));
CREATE TABLE hidden (user_id int, area_id int);
CREATE VIEW visits AS TABLE train UNION ALL TABLE shown;
SELECT algorithm, events, customers, items, skipped FROM clusterseg.train_recommender('popular', 'visits', 'user_id', 'area_id', algorithm => 'popular')
UNION ALL SELECT algorithm, events, customers, items, skipped FROM clusterseg.train_recommender('itemknn', 'visits', 'user_id', 'area_id', algorithm => 'itemknn',
	options => '{"similarity": "cosine", "shrink": 10}');

-- visits shown; 0: all but one
CREATE FUNCTION protocol(visits int) RETURNS TABLE (model text, users bigint, score numeric, ndcg numeric) LANGUAGE plpgsql AS $$
#variable_conflict use_column
BEGIN
	TRUNCATE shown, hidden;
	CREATE TEMP TABLE drawn ON COMMIT DROP AS SELECT user_id, area_id, count(*) OVER (PARTITION BY user_id) AS n,
		row_number() OVER (PARTITION BY user_id ORDER BY md5(user_id || ' ' || area_id)) AS nth FROM test;
	INSERT INTO shown SELECT user_id, area_id FROM drawn WHERE n > greatest(protocol.visits, 1) AND nth <= CASE protocol.visits WHEN 0 THEN n - 1 ELSE protocol.visits END;
	INSERT INTO hidden SELECT user_id, area_id FROM drawn WHERE n > greatest(protocol.visits, 1) AND nth > CASE protocol.visits WHEN 0 THEN n - 1 ELSE protocol.visits END;
	DROP TABLE drawn;
	ANALYZE shown;
	RETURN QUERY SELECT m.model, count(*), round((100 * sum(u.got) / sum(u.best))::numeric, 2),
			(SELECT round(e.value::numeric, 4) FROM clusterseg.evaluate_recommender(m.model, 'hidden') e WHERE e.metric = 'ndcg')
		FROM (VALUES ('popular'), ('itemknn')) m (model), LATERAL (
			SELECT COALESCE(sum(r.value), 0) AS got, min(h.best) AS best
			FROM (SELECT user_id, array_agg(area_id::text) AS areas, (1 - 0.5::float8 ^ (count(*) / 4.0)) / (1 - 0.5::float8 ^ 0.25) AS best
				FROM hidden GROUP BY 1) h
				LEFT JOIN LATERAL (SELECT 0.5::float8 ^ ((rank - 1) / 4.0) AS value FROM clusterseg.recommend(m.model, h.user_id, 285) WHERE item_id = ANY (h.areas)) r ON true
			GROUP BY h.user_id) u
		GROUP BY m.model ORDER BY m.model DESC;
END
$$;
SELECT 'given 2' AS protocol, p.* FROM protocol(2) p;
SELECT 'given 5' AS protocol, p.* FROM protocol(5) p;
SELECT 'all but 1' AS protocol, p.* FROM protocol(0) p;
-- the users' own visits make the difference, beyond the intervals
SELECT k.metric, k.low > p.high AS itemknn_above_popular FROM clusterseg.evaluate_recommender('itemknn', 'hidden') k
	JOIN clusterseg.evaluate_recommender('popular', 'hidden') p USING (metric) WHERE metric IN ('precision', 'recall', 'ndcg', 'mrr');
