-- All recommenders on the web site's visitors, by the protocols of msweb.sql: of each test user 2, 5 or all but one of the visits are shown.
--
-- Breese's score in percent.  Reference: NumPy, dense, on the same draw, a popular list behind what an algorithm has scored:
--              popular   rp3beta   ease    ials    puresvd
--   given 2    46.35     55.98     54.17   42.72   16.57
--   given 5    44.11     58.82     57.23   47.60   19.81
--   all but 1  46.33     62.14     62.60   53.21   16.10
-- (ials from other starting factors.)  For userknn, segment_mixture and blend there is none: they are held against the others.
\set ECHO none
\getenv shared CLUSTERSEG_SHARED
CREATE TABLE train (user_id int, area_id int);
CREATE TABLE test (user_id int, area_id int);
\set load '\\copy train FROM PROGRAM ''gzip -dc ' :shared '/data/msweb/visits_train.csv.gz'' WITH (FORMAT csv, HEADER)'
:load
\set load '\\copy test FROM PROGRAM ''gzip -dc ' :shared '/data/msweb/visits_test.csv.gz'' WITH (FORMAT csv, HEADER)'
:load
UPDATE test SET user_id = user_id + 1000000;
\set ECHO all

-- models learn from the training users; after that the view shows what is known of the test users, and only that
CREATE TABLE shown (user_id int, area_id int);
CREATE TABLE hidden (user_id int, area_id int);
CREATE VIEW visits AS TABLE train;
SELECT t.algorithm, t.events, t.customers, t.items FROM unnest('{popular, itemknn, userknn, rp3beta, ease, ials, puresvd, segment_mixture, blend}'::text[]) a,
	clusterseg.train_recommender(a, 'visits', 'user_id', 'area_id', algorithm => a) t;
CREATE OR REPLACE VIEW visits AS TABLE shown;

-- visits shown; 0: all but one
CREATE FUNCTION protocol(visits int) RETURNS TABLE (model text, users bigint, score numeric) LANGUAGE plpgsql AS $$
#variable_conflict use_column
DECLARE
	m text;
BEGIN
	TRUNCATE shown, hidden;
	CREATE TEMP TABLE drawn ON COMMIT DROP AS SELECT user_id, area_id, count(*) OVER (PARTITION BY user_id) AS n,
		row_number() OVER (PARTITION BY user_id ORDER BY md5(user_id || ' ' || area_id)) AS nth FROM test;
	INSERT INTO shown SELECT user_id, area_id FROM drawn WHERE n > greatest(protocol.visits, 1) AND nth <= CASE protocol.visits WHEN 0 THEN n - 1 ELSE protocol.visits END;
	INSERT INTO hidden SELECT user_id, area_id FROM drawn WHERE n > greatest(protocol.visits, 1) AND nth > CASE protocol.visits WHEN 0 THEN n - 1 ELSE protocol.visits END;
	DROP TABLE drawn;
	FOR m IN SELECT x.model FROM clusterseg.models x ORDER BY x.model LOOP
		RETURN QUERY SELECT m, count(*), round((100 * sum(u.got) / sum(u.best))::numeric, 1) FROM (
			SELECT COALESCE(sum(0.5::float8 ^ ((r.rank - 1) / 4.0)), 0) AS got, (1 - 0.5::float8 ^ (count(*) / 4.0)) / (1 - 0.5::float8 ^ 0.25) AS best
			FROM hidden h LEFT JOIN clusterseg.recommend_all(m, 285) r ON r.customer_id = h.user_id::text AND r.item_id = h.area_id::text GROUP BY h.user_id) u;
	END LOOP;
END
$$;
CREATE TEMP TABLE scores AS SELECT 'given 2' AS protocol, p.* FROM protocol(2) p;
INSERT INTO scores SELECT 'given 5', p.* FROM protocol(5) p;
INSERT INTO scores SELECT 'all but 1', p.* FROM protocol(0) p;
SELECT model, max(score) FILTER (WHERE protocol = 'given 2') AS given_2, max(score) FILTER (WHERE protocol = 'given 5') AS given_5,
	max(score) FILTER (WHERE protocol = 'all but 1') AS all_but_1 FROM scores GROUP BY 1 ORDER BY 1;
-- taste tells more than what is popular, by points
SELECT a.model, bool_and(a.score > p.score + 5) AS far_above_popular FROM scores a JOIN scores p ON p.model = 'popular' AND p.protocol = a.protocol
WHERE a.model IN ('itemknn', 'userknn', 'rp3beta', 'ease', 'segment_mixture') GROUP BY 1 ORDER BY 1;
-- a blend is not below any single one by more than half a point, which is what its interval leaves open
SELECT b.protocol, bool_and(b.score >= s.score - 0.5) AS not_below FROM scores b JOIN scores s USING (protocol) WHERE b.model = 'blend' AND s.model <> 'blend' GROUP BY 1 ORDER BY 1;
