-- A recommender of one role in the hands of another: types of keys have functions of their owner, and these never run
-- with the rights of a superuser who asks; nor does SQL that the owner has written where the name of a type belongs.
CREATE ROLE regress_bob;
CREATE SCHEMA bob AUTHORIZATION regress_bob;
CREATE FUNCTION told(statement text) RETURNS text LANGUAGE plpgsql AS $$ BEGIN EXECUTE statement; RETURN 'no error'; EXCEPTION WHEN OTHERS THEN RETURN SQLSTATE || ' ' || SQLERRM; END $$;
SET ROLE regress_bob;
SET search_path = bob, public;
CREATE FUNCTION bob.spring(what text) RETURNS boolean LANGUAGE plpgsql VOLATILE AS $$
BEGIN
	IF current_user <> 'regress_bob' THEN RAISE EXCEPTION 'caught % by %', current_user, what; END IF;
	RETURN true;
END $$;
-- a row type whose first field checks its values
CREATE DOMAIN sprung AS int CHECK (bob.spring('domain'));
CREATE TYPE pair AS (a sprung, b text);
CREATE TABLE keyed AS SELECT ROW(c, 'x')::pair AS customer, ROW((c * j) % 9, 'i')::pair AS item, now() - j * interval '1 day' AS at
	FROM generate_series(1, 40) c, generate_series(1, 4) j;
CREATE TABLE goods AS SELECT DISTINCT item, 'c' AS category, '2024-01-01'::timestamptz AS since FROM keyed;
SELECT customers, items FROM clusterseg.train_recommender('keyed', 'keyed', 'customer', 'item', at => 'at', algorithm => 'userknn',
	item_source => 'goods', options => '{"item_time": "since"}');
CREATE TABLE counted AS SELECT c AS customer, (c * j) % 9 AS item FROM generate_series(1, 40) c, generate_series(1, 4) j;
SELECT customers, items FROM clusterseg.train_recommender('counted', 'counted', 'customer', 'item', algorithm => 'itemknn');
RESET ROLE;
SET search_path = public;
SELECT count(*) FROM clusterseg.recommend('keyed', '(7,x)'::text, 3);
SELECT count(*) FROM clusterseg.recommend('keyed', '(7,x)'::text, 3, options => '{"exclude_within": "2 days"}');
SELECT count(*) FROM clusterseg.recommend('keyed', '(7,x)'::text, 3, options => '{"min_age": "1 day"}');
SELECT count(*) FROM clusterseg.recommend_for_basket('keyed', '{"(3,i)"}', 3, options => '{"min_age": "1 day"}');
SELECT count(*) FROM clusterseg.rank_items('keyed', '(7,x)'::text, '{"(3,i)","(4,i)"}');
SELECT clusterseg.refresh_recommendations('keyed', 3);
SELECT clusterseg.refresh_recommendations('keyed', 2);
SELECT state FROM clusterseg.forget_customer('keyed', '(7,x)'::text);
SELECT count(*) FROM clusterseg.recommend('keyed', '(8,x)'::text, 3);
SELECT count(DISTINCT customer_id), max(rank) FROM bob.keyed_recommendations;
SELECT relowner::regrole FROM pg_class WHERE relname = 'keyed_recommendations';
-- the owner may write into the tables of the version, and a new one is read anew
SET ROLE regress_bob;
UPDATE clusterseg._recommenders SET customer_type = 'bob.sprung', item_type = 'bob.sprung' WHERE customer_type = 'integer';
RESET ROLE;
SELECT count(*) FROM clusterseg.recommend('counted', '7'::text, 3);
SELECT clusterseg.refresh_recommendations('counted', 3);
SET ROLE regress_bob;
UPDATE clusterseg._recommenders SET customer_type = 'int, bob.spring(''type''), r.item_id::text' WHERE customer_type = 'bob.sprung';
RESET ROLE;
SELECT told('SELECT clusterseg.refresh_recommendations(''counted'', 2)') <> 'no error' AS refused;
SET ROLE regress_bob;
UPDATE clusterseg._recommenders SET customer_type = 'nowhere' WHERE customer_type LIKE 'int, %';
RESET ROLE;
SELECT told('SELECT clusterseg.refresh_recommendations(''counted'', 2)') <> 'no error' AS refused;
-- a view in the place of the members that a training reads
SET ROLE regress_bob;
SET search_path = bob, public;
CREATE TABLE shoppers AS SELECT c AS customer, c * 1.0 AS x FROM generate_series(1, 40) c;
SELECT k FROM clusterseg.train('kinds', 'shoppers', 'customer', '{x}', k => 2);
SELECT items FROM clusterseg.train_recommender('segmented', 'counted', 'customer', 'item', algorithm => 'segment_popular', segmentation => 'kinds');
ALTER TABLE kinds_members RENAME TO hidden;
CREATE VIEW kinds_members AS SELECT * FROM hidden WHERE bob.spring('members');
RESET ROLE;
SET search_path = public;
SELECT version FROM clusterseg.refresh('segmented');
SELECT count(*) FROM clusterseg.recommend('segmented', 41, 3);
DROP SCHEMA bob CASCADE;
DROP ROLE regress_bob;
