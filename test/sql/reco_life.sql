-- The life of a recommender: versions, publish, rollback, refresh, drop, export and import, rights.
SET timezone = 'UTC';
\set ECHO none
\i test/data/raises.sql
\set ECHO all

CREATE TABLE events (customer int, item text);
INSERT INTO events SELECT c, 'i' || i FROM generate_series(1, 40) c, generate_series(1, 9) i WHERE (c * i) % 5 < 2;
CREATE TABLE people AS SELECT c AS customer, (c % 2) * 10 + c / 100.0 AS x FROM generate_series(1, 45) c;
SET client_min_messages = warning;
SELECT k FROM clusterseg.train('halves', 'people', 'customer', '{x}', k => 2);
RESET client_min_messages;
CREATE FUNCTION lists(model text) RETURNS text LANGUAGE sql AS $$
	SELECT md5(string_agg(concat_ws('|', c, r.*), ',' ORDER BY c, r.rank)) FROM unnest('{1,7,43,99}'::int[]) c, clusterseg.recommend(model, c, 20) r $$;

-- ---- versions ----

SELECT version, published FROM clusterseg.train_recommender('r', 'events', 'customer', 'item', algorithm => 'itemknn', segmentation => 'halves');
SELECT version, published FROM clusterseg.train_recommender('r', 'events', 'customer', 'item', algorithm => 'popular', publish => false);
SELECT model, version, state, algorithm, rows, skipped, options->>'algorithm' AS asked FROM clusterseg.versions WHERE model = 'r' ORDER BY version;
SELECT model, kind, algorithm, published_version, source, key, rows FROM clusterseg.models WHERE model = 'r';
SELECT lists('r') AS first \gset
-- a draft is not used; published it is; rollback brings back exactly what was
SELECT DISTINCT source FROM clusterseg.recommend('r', 1);
SELECT clusterseg.publish('r', 2);
SELECT DISTINCT source FROM clusterseg.recommend('r', 1);
SELECT version, state FROM clusterseg.versions WHERE model = 'r' ORDER BY version;
SELECT clusterseg.rollback('r');
SELECT lists('r') = :'first' AS as_before;
SELECT raises($$SELECT clusterseg.rollback('r')$$);
SELECT raises($$SELECT clusterseg.publish('r', 9)$$);

-- all of it is transactional
BEGIN;
SELECT version FROM clusterseg.train_recommender('r', 'SELECT * FROM events WHERE customer < 20', 'customer', 'item', algorithm => 'itemknn');
SELECT lists('r') = :'first' AS as_before;
ROLLBACK;
SELECT lists('r') = :'first' AS as_before, (SELECT max(version) FROM clusterseg.versions WHERE model = 'r');
BEGIN;
SAVEPOINT s;
SELECT clusterseg.drop_model('r');
SELECT raises($$SELECT clusterseg.recommend('r', 1)$$);
ROLLBACK TO s;
SELECT lists('r') = :'first' AS as_before;
COMMIT;

-- refresh: the arguments of the published version on today's rows
INSERT INTO events SELECT 41, 'i' || i FROM generate_series(1, 4) i;
INSERT INTO events VALUES (42, 'brand new'), (42, 'i1');
SELECT version, algorithm, rows, published FROM clusterseg.refresh('r');
SELECT options - 'effective' FROM clusterseg.versions WHERE model = 'r' AND version = 3;
SELECT item_id FROM clusterseg.similar_items('r', 'brand new');
SELECT raises($$SELECT clusterseg.refresh('r', max_moved => 0.5)$$);

-- a version never changes: what a published one serves depends on its rows and today's events alone
SELECT clusterseg.publish('r', 1);
SELECT lists('r') = :'first' AS as_before;
SELECT clusterseg.publish('r', 3);

-- ---- segments that go ----

SELECT DISTINCT source FROM clusterseg.recommend('r', 45);
BEGIN;
SELECT clusterseg.drop_model('halves');
-- the model goes on without; its lists of segments stay, under their numbers
SELECT DISTINCT source FROM clusterseg.recommend('r', 45);
SELECT DISTINCT source, reason FROM clusterseg.recommend_for_segment('r', 1);
SELECT count(DISTINCT customer_id) AS customers FROM clusterseg.recommend_all('r', 1);
SELECT raises($$SELECT clusterseg.refresh('r')$$);
ROLLBACK;

-- ---- export and import ----

CREATE TABLE kept AS SELECT clusterseg.export_model('r') AS e, clusterseg.export_model('r', 2) AS popular;
SELECT jsonb_object_keys(e) AS key FROM kept ORDER BY 1;
SELECT clusterseg.import_model('copy', e) FROM kept;
SELECT model, version, state, algorithm, rows FROM clusterseg.versions WHERE model = 'copy';
-- the same baskets, segments and similar items
SELECT count(*) AS differ FROM (SELECT 1, * FROM clusterseg.recommend_for_basket('r', '{i2,i5}', 20) EXCEPT SELECT 1, * FROM clusterseg.recommend_for_basket('copy', '{i2,i5}', 20)) d;
SELECT count(*) AS differ FROM (SELECT rank, item_id, score, source FROM clusterseg.recommend_for_segment('r', 2, 20)
	EXCEPT SELECT rank, item_id, score, source FROM clusterseg.recommend_for_segment('copy', 2, 20)) d;
SELECT count(*) AS differ FROM (SELECT 1, * FROM clusterseg.similar_items('r', 'i3', 20) EXCEPT SELECT 1, * FROM clusterseg.similar_items('copy', 'i3', 20)) d;
SELECT key AS differs FROM kept, jsonb_each(e) a JOIN jsonb_each(clusterseg.export_model('copy')) b USING (key) WHERE a.value <> b.value AND key NOT IN ('options', 'trained_at');
-- histories it does not know
SELECT raises($$SELECT clusterseg.recommend('copy', 1)$$);
SELECT raises($$SELECT clusterseg.recommend_all('copy')$$);
SELECT raises($$SELECT clusterseg.refresh('copy')$$);
-- a next version from elsewhere is a draft; training gives it a source
SELECT clusterseg.import_model('copy', popular) FROM kept;
SELECT version, state, algorithm FROM clusterseg.versions WHERE model = 'copy' ORDER BY version;
SELECT version, published FROM clusterseg.train_recommender('copy', 'events', 'customer', 'item', algorithm => 'itemknn', segmentation => 'halves');
SELECT lists('copy') = lists('r') AS same;

-- made by hand, cut, altered: an error, and nothing is there
\pset format unaligned
\pset tuples_only on
CREATE FUNCTION refused(change text) RETURNS text LANGUAGE plpgsql AS $$
BEGIN
	RETURN concat_ws(E'\t', raises(format('SELECT clusterseg.import_model(''bad'', %s) FROM kept', change)) <> 'no error', change);
END
$$;
SELECT refused(c) FROM unnest(ARRAY[
	$$'{"clusterseg": 1, "kind": "recommender"}'$$,
	$$e - 'items'$$, $$e - 'recommender'$$, $$e - 'segments'$$,
	$$jsonb_set(e, '{algorithm}', '"magic"')$$,
	$$jsonb_set(e, '{algorithm}', '"popular"')$$,
	$$jsonb_set(e, '{recommender,algorithm}', '"popular"')$$,
	$$jsonb_set(e, '{items}', '[]')$$,
	$$jsonb_set(e, '{items}', '7')$$,
	$$jsonb_set(e, '{items,0,item_id}', 'null')$$,
	$$jsonb_set(e, '{items,1,item_no}', '0')$$,
	$$jsonb_set(e, '{items,1,item_no}', '99')$$,
	$$jsonb_set(e, '{items,2,item_id}', '"i1"')$$,
	$$jsonb_set(e, '{items,1,popularity}', '-1')$$,
	$$jsonb_set(e, '{recommender,items}', '3')$$,
	$$jsonb_set(e, '{recommender,items}', '-3')$$,
	$$jsonb_set(e, '{recommender,half_life}', '-3')$$,
	$$jsonb_set(e, '{recommender,customer_type}', '"no type"')$$,
	$$jsonb_set(e, '{segments,0,customers}', '-1')$$,
	$$jsonb_set(e, '{neighbours,0,weights,0}', '"Infinity"')$$,
	$$jsonb_set(e, '{neighbours,0,targets,0}', '77')$$,
	$$jsonb_set(e, '{neighbours,1,targets}', '[1]')$$,
	$$jsonb_set(e, '{neighbours,0,item_no}', '1000')$$,
	$$jsonb_set(jsonb_set(e, '{neighbours,0,targets}', '[2,1]'), '{neighbours,0,weights}', '[1,1]')$$,
	$$jsonb_set(jsonb_set(e, '{neighbours,0,targets}', '[[1,2]]'), '{neighbours,0,weights}', '[[1,1]]')$$,
	$$jsonb_set(e, '{lists,0,items,0}', '77')$$,
	$$jsonb_set(e, '{lists,0,scores}', '["a"]')$$,
	$$jsonb_set(e, '{lists,0,items}', '[]')$$,
	$$jsonb_set(e, '{lists,0,items,0}', e->'lists'->0->'items'->1)$$,
	$$jsonb_set(e, '{lists,0,scores,1}', '1e9')$$,
	$$jsonb_set(e, '{lists,0,chunk}', '1')$$,
	$$jsonb_set(e, '{lists,0,list}', '99')$$,
	$$jsonb_set(e, '{rows}', '"many"')$$]) c;
SELECT count(*) FROM clusterseg.models WHERE model = 'bad';
-- no SQL comes in with a file, nor rows of another version
SELECT clusterseg.import_model('bad', jsonb_set(jsonb_set(e, '{recommender,source_from}', '"pg_authid AS q"'), '{recommender,version_id}', '1')) FROM kept;
SELECT raises($$SELECT clusterseg.recommend('bad', 1)$$);
SELECT clusterseg.drop_model('bad');
\pset tuples_only off
\pset format aligned

-- ---- drop ----

SELECT clusterseg.refresh_recommendations('r', 3) > 0 AS written;
CREATE VIEW uses AS SELECT * FROM r_recommendations;
SELECT raises($$SELECT clusterseg.drop_model('r')$$);
DROP VIEW uses;
SELECT clusterseg.drop_model('r'), clusterseg.drop_model('copy');
SELECT to_regclass('r_recommendations') AS recommendations, (SELECT count(*) FROM clusterseg._recommenders) AS recommenders, (SELECT count(*) FROM clusterseg._reco_items) AS items,
	(SELECT count(*) FROM clusterseg._reco_neighbours) AS neighbours, (SELECT count(*) FROM clusterseg._reco_lists) AS lists,
	(SELECT count(*) FROM clusterseg._reco_segments) AS segments;

-- ---- rights ----

\set ECHO none
SET client_min_messages = warning;
DROP ROLE IF EXISTS regress_reco_ann, regress_reco_bob;
CREATE ROLE regress_reco_ann;
CREATE ROLE regress_reco_bob;
CREATE SCHEMA ann AUTHORIZATION regress_reco_ann;
CREATE SCHEMA bob AUTHORIZATION regress_reco_bob;
RESET client_min_messages;
\set ECHO all
\set VERBOSITY terse
SET ROLE regress_reco_ann;
SET search_path = ann;
CREATE TABLE events AS SELECT c AS customer, 'i' || i AS item FROM generate_series(1, 20) c, generate_series(1, 6) i WHERE (c * i) % 5 < 2;
SELECT items FROM clusterseg.train_recommender('anns', 'events', 'customer', 'item', algorithm => 'itemknn');
SELECT clusterseg.refresh_recommendations('anns', 2);
SELECT relname, relowner::regrole FROM pg_class WHERE relname = 'anns_recommendations';
-- to another role it does not exist, nor what it is made of; the name is taken
SET ROLE regress_reco_bob;
SET search_path = bob;
SELECT * FROM clusterseg.recommend('anns', 1);
SELECT * FROM clusterseg.similar_items('anns', 'i1');
SELECT (SELECT count(*) FROM clusterseg.models) AS models, (SELECT count(*) FROM clusterseg._reco_items) AS items, (SELECT count(*) FROM clusterseg._reco_neighbours) AS neighbours,
	(SELECT count(*) FROM clusterseg._reco_lists) AS lists, (SELECT count(*) FROM clusterseg._recommenders) AS recommenders;
SELECT version FROM clusterseg.train_recommender('anns', 'SELECT 1 AS customer, 2 AS item', 'customer', 'item', algorithm => 'itemknn');
SELECT clusterseg.drop_model('anns');
SELECT clusterseg.refresh_recommendations('anns');
-- granted: baskets and similar items; histories only for who may read the events
SET ROLE regress_reco_ann;
SELECT clusterseg.grant_model('anns', 'regress_reco_bob');
SET ROLE regress_reco_bob;
SELECT count(*) FROM clusterseg.similar_items('anns', 'i1');
SELECT count(*) FROM clusterseg.recommend_for_basket('anns', '{i1}');
SELECT * FROM clusterseg.recommend('anns', 1);
SELECT * FROM ann.anns_recommendations;
SET ROLE regress_reco_ann;
GRANT USAGE ON SCHEMA ann TO regress_reco_bob;
GRANT SELECT ON ann.events TO regress_reco_bob;
SET ROLE regress_reco_bob;
SELECT count(*) FROM clusterseg.recommend('anns', 1);
-- but change it he may not
SELECT clusterseg.publish('anns', 1);
SELECT clusterseg.refresh('anns');
SELECT clusterseg.drop_model('anns');
SELECT clusterseg.refresh_recommendations('anns');
UPDATE clusterseg._reco_items SET popularity = 1000;
DELETE FROM clusterseg._reco_neighbours;
INSERT INTO clusterseg._reco_lists SELECT version_id, 5, 0, '{1}', '{1}' FROM clusterseg._recommenders;
SET ROLE regress_reco_ann;
SELECT count(*) AS items, bool_and(popularity < 1000) AS untouched, (SELECT count(*) FROM clusterseg._reco_neighbours) AS neighbours FROM clusterseg._reco_items;
-- row security of the events: he sees customer 2 only, and so does what he asks
SET ROLE regress_reco_ann;
ALTER TABLE ann.events ENABLE ROW LEVEL SECURITY;
CREATE POLICY two ON ann.events FOR SELECT TO regress_reco_bob USING (customer = 2);
SELECT count(DISTINCT source) AS sources FROM clusterseg.recommend('anns', 1, 3);
SET ROLE regress_reco_bob;
SELECT DISTINCT source FROM clusterseg.recommend('anns', 1, 3);
SELECT count(DISTINCT customer_id) AS customers FROM clusterseg.recommend_all('anns');
-- taken back
SET ROLE regress_reco_ann;
SELECT clusterseg.revoke_model('anns', 'regress_reco_bob');
SET ROLE regress_reco_bob;
SELECT * FROM clusterseg.similar_items('anns', 'i1');
RESET ROLE;
\set ECHO none
SET client_min_messages = warning;
SET search_path = public;
SET ROLE regress_reco_ann;
SELECT clusterseg.drop_model('anns') \g /dev/null
RESET ROLE;
DROP SCHEMA ann CASCADE;
DROP SCHEMA bob CASCADE;
DROP OWNED BY regress_reco_ann, regress_reco_bob;
DROP ROLE regress_reco_ann, regress_reco_bob;
