-- Who sees and changes what: owners, grants, members of roles, row security; and that nobody's query, trigger or name
-- runs with somebody else's rights.
\set ECHO none
\i test/data/raises.sql
\set ECHO all

CREATE ROLE regress_ann;
CREATE ROLE regress_bob;
CREATE ROLE regress_cat;
CREATE ROLE regress_team;
GRANT regress_team TO regress_cat;
CREATE SCHEMA ann AUTHORIZATION regress_ann;
CREATE SCHEMA bob AUTHORIZATION regress_bob;
CREATE SCHEMA team AUTHORIZATION regress_team;
-- an error as another role: message only
CREATE FUNCTION told(statement text) RETURNS text LANGUAGE plpgsql AS $$ BEGIN EXECUTE statement; RETURN 'no error'; EXCEPTION WHEN OTHERS THEN RETURN SQLSTATE || ' ' || SQLERRM; END $$;
-- everybody may train, in a schema of one's own; it needs no right but to read the source
SET ROLE regress_ann;
SET search_path = ann, public;
CREATE TABLE customers AS SELECT 100 * g + i AS id, 50.0 * g + i % 5 AS x FROM generate_series(0, 1) g, generate_series(0, 59) i;
SELECT version FROM clusterseg.train('anns', 'customers', 'id', '{x}', k => 2, scale => 'none');
SELECT version FROM clusterseg.train('anns', 'customers', 'id', '{x}', k => 2, scale => 'none');
CREATE TABLE events AS SELECT c AS customer, 'i' || (c * j) % 9 AS item FROM generate_series(1, 60) c, generate_series(1, 4) j;
SELECT items FROM clusterseg.train_recommender('anns_r', 'events', 'customer', 'item', algorithm => 'itemknn');
SELECT relname, relowner::regrole FROM pg_class WHERE relname ~ '^anns_' AND relkind IN ('r', 'v') ORDER BY 1;
SELECT model, owner FROM clusterseg.models ORDER BY 1;

-- ---- without rights there is no such model ----
SET ROLE regress_bob;
SET search_path = bob, public;
SELECT count(*) FROM clusterseg.models;
SELECT (SELECT count(*) FROM clusterseg.versions) + (SELECT count(*) FROM clusterseg.segments) + (SELECT count(*) FROM clusterseg.centroids)
	+ (SELECT count(*) FROM clusterseg.segment_profiles) + (SELECT count(*) FROM clusterseg.freshness) + (SELECT count(*) FROM clusterseg._segments)
	+ (SELECT count(*) FROM clusterseg._version_segments) + (SELECT count(*) FROM clusterseg._profiles) + (SELECT count(*) FROM clusterseg._transitions)
	+ (SELECT count(*) FROM clusterseg._recommenders) + (SELECT count(*) FROM clusterseg._reco_items) + (SELECT count(*) FROM clusterseg._reco_neighbours)
	+ (SELECT count(*) FROM clusterseg._reco_lists) + (SELECT count(*) FROM clusterseg.model_grants) AS rows;
SELECT f, told(format('SELECT clusterseg.%s', f)) FROM (VALUES ('segment(''anns'', ''{1}''::float8[])'), ('model_value(''anns'')'), ('export_model(''anns'')'), ('preview(''anns'')'),
	('publish(''anns'', 1)'), ('rollback(''anns'')'), ('reassign(''anns'')'), ('refresh(''anns'')'), ('drop_model(''anns'')'), ('rename_segment(''anns'', 1, ''x'')'),
	('grant_model(''anns'', ''regress_bob'')'), ('revoke_model(''anns'', ''regress_bob'')'), ('recommend(''anns_r'', 1)'), ('similar_items(''anns_r'', ''i1'')'),
	('refresh_recommendations(''anns_r'')'), ('drop_model(''anns_r'')')) v (f);
SELECT told('SELECT * FROM ann.anns_members');
-- the name is taken, which is all one learns
CREATE TABLE mine AS SELECT i AS id, i % 7 AS x FROM generate_series(1, 140) i;
SELECT told('SELECT clusterseg.train(''anns'', ''mine'', ''id'', ''{x}'', k => 2)');
SELECT version FROM clusterseg.train('exported', 'mine', 'id', '{x}', k => 2);
SELECT told('SELECT clusterseg.import_model(''anns'', clusterseg.export_model(''exported''))');
SELECT clusterseg.drop_model('exported');
-- nor by writing into the catalog
SELECT told('INSERT INTO clusterseg.models (model, kind, algorithm, owner) VALUES (''x'', ''segmentation'', ''kmeans'', ''regress_ann'')');
SELECT told('INSERT INTO clusterseg.versions (model, version, state, options, metrics, algorithm) VALUES (''anns'', 9, ''draft'', ''{}'', ''{}'', ''kmeans'')');
SELECT told('INSERT INTO clusterseg.model_grants (model, grantee, owner) VALUES (''anns'', ''regress_bob'', ''regress_bob'')');
SELECT told('INSERT INTO clusterseg.model_grants (model, grantee, owner) VALUES (''anns'', ''regress_bob'', ''regress_ann'')');
SELECT told('INSERT INTO clusterseg.label_words ("position", pattern, high, low) VALUES (1, ''.'', ''a'', ''b'')');
WITH u AS (UPDATE clusterseg.models SET owner = 'regress_bob' RETURNING 1) SELECT count(*) FROM u;
WITH u AS (DELETE FROM clusterseg.versions RETURNING 1) SELECT count(*) FROM u;
SELECT told('SELECT setval(''clusterseg.version_id_seq'', 1)'), told('TRUNCATE clusterseg.models CASCADE'), told('CREATE TABLE clusterseg.t ()');
-- a source that one may not read
SELECT told('SELECT clusterseg.train(''bobs'', ''ann.customers'', ''id'', ''{x}'', k => 2)');
SELECT told('SELECT clusterseg.train(''bobs'', ''mine'', ''id'', ''{x}'', k => 2, output_schema => ''ann'')');
SELECT count(*) FROM clusterseg.models;

-- ---- granted: use by name, and no more ----
SET ROLE regress_ann;
SELECT told('SELECT clusterseg.grant_model(''anns'', ''regress_nobody'')');
SELECT clusterseg.grant_model('anns', 'regress_bob'), clusterseg.grant_model('anns', 'regress_bob');
SET ROLE regress_bob;
SELECT model, owner FROM clusterseg.models;
SELECT clusterseg.segment('anns', '{1}'::float8[]) IS NOT NULL AS scored, (clusterseg.assign('anns', '{1}'::float8[])).segment IS NOT NULL AS assigned,
	(SELECT count(*) FROM clusterseg.segments) AS segments, (SELECT count(*) FROM clusterseg.versions) AS versions;
SELECT f, told(format('SELECT clusterseg.%s', f)) FROM (VALUES ('publish(''anns'', 1)'), ('rollback(''anns'')'), ('reassign(''anns'')'), ('refresh(''anns'')'), ('drop_model(''anns'')'),
	('rename_segment(''anns'', 1, ''x'')'), ('grant_model(''anns'', ''public'')'), ('train(''anns'', ''mine'', ''id'', ''{x}'', k => 2)')) v (f);
WITH u AS (UPDATE clusterseg.models SET owner = 'regress_bob' RETURNING 1) SELECT count(*) FROM u;
WITH u AS (DELETE FROM clusterseg.model_grants RETURNING 1) SELECT count(*) FROM u;
SELECT told('SELECT * FROM ann.anns_members');
SET ROLE regress_cat;
SELECT count(*) FROM clusterseg.models;
-- to a role: its members too; to all
SET ROLE regress_ann;
SELECT clusterseg.revoke_model('anns', 'regress_bob'), clusterseg.grant_model('anns', 'regress_team');
SET ROLE regress_bob;
SELECT told('SELECT clusterseg.segment(''anns'', ''{1}''::float8[])');
SET ROLE regress_cat;
SELECT clusterseg.segment('anns', '{1}'::float8[]) IS NOT NULL AS scored;
SET ROLE regress_ann;
SELECT clusterseg.grant_model('anns', 'public');
SET ROLE regress_bob;
SELECT clusterseg.segment('anns', '{1}'::float8[]) IS NOT NULL AS scored;
SET ROLE regress_ann;
SELECT clusterseg.revoke_model('anns', 'public');
-- in one session, from role to role: what was seen is not seen from a cache
SET ROLE regress_bob;
SELECT told('SELECT clusterseg.segment(''anns'', ''{1}''::float8[])');
-- members are a table like others
SET ROLE regress_ann;
GRANT USAGE ON SCHEMA ann TO regress_bob;
GRANT SELECT ON ann.anns_members TO regress_bob;
ALTER TABLE ann.anns_members ENABLE ROW LEVEL SECURITY;
CREATE POLICY few ON ann.anns_members FOR SELECT TO regress_bob USING (id < 10);
SET ROLE regress_bob;
SELECT count(*) FROM ann.anns_members;
SELECT told('SELECT * FROM ann.anns_history');
-- row security on the source: one trains on what one sees
RESET ROLE;
CREATE TABLE public.all_customers AS SELECT i AS id, i % 10 AS x, CASE WHEN i % 2 = 0 THEN 'regress_bob' ELSE 'regress_ann' END AS whose FROM generate_series(1, 300) i;
ALTER TABLE public.all_customers ENABLE ROW LEVEL SECURITY;
CREATE POLICY own ON public.all_customers USING (whose = current_user);
GRANT SELECT ON public.all_customers TO regress_bob;
SET ROLE regress_bob;
SELECT rows FROM clusterseg.train('bobs', 'all_customers', 'id', '{x}', k => 2);

-- ---- a model that belongs to a group: every member is its owner ----
SET ROLE regress_team;
SET search_path = team, public;
CREATE TABLE customers AS SELECT i AS id, i % 10 AS x FROM generate_series(1, 120) i;
SELECT version FROM clusterseg.train('teams', 'customers', 'id', '{x}', k => 2);
SET ROLE regress_cat;
SELECT version FROM clusterseg.refresh('teams');
SELECT clusterseg.rename_segment('teams', 1, 'Ours');
SELECT relname, relowner::regrole FROM pg_class WHERE relname ~ '^teams_' AND relkind IN ('r', 'v') ORDER BY 1;
SELECT trained_by FROM clusterseg.versions WHERE model = 'teams' ORDER BY version;

-- ---- a superuser works on anybody's model, and runs nothing of theirs with a superuser's rights ----
RESET ROLE;
CREATE TABLE public.seen (what text, who text DEFAULT current_user);
GRANT INSERT ON public.seen TO PUBLIC;
SET ROLE regress_bob;
SET search_path = bob, public;
CREATE TABLE trap AS SELECT 100 * g + i AS id, 50.0 * g + i % 5 AS x FROM generate_series(0, 1) g, generate_series(0, 59) i;
CREATE FUNCTION spring(what text) RETURNS boolean LANGUAGE plpgsql VOLATILE AS $$
BEGIN
	IF current_user <> 'regress_bob' THEN RAISE EXCEPTION 'caught %', current_user; END IF;
	RETURN true;
END $$;
CREATE FUNCTION caught() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
	INSERT INTO public.seen VALUES (TG_OP);
	RETURN NEW;
END $$;
SELECT version FROM clusterseg.train('trapped', 'SELECT * FROM trap WHERE bob.spring(''source'')', 'id', '{x}', k => 2, scale => 'none');
CREATE TRIGGER t AFTER INSERT OR UPDATE OR DELETE ON trapped_members FOR EACH STATEMENT EXECUTE FUNCTION caught();
CREATE TRIGGER t AFTER INSERT OR UPDATE OR DELETE ON trapped_past FOR EACH STATEMENT EXECUTE FUNCTION caught();
ALTER TABLE trapped_members ADD CONSTRAINT c CHECK (bob.spring('check')) NO INHERIT;
UPDATE trap SET x = 50 WHERE id < 5;
DELETE FROM trap WHERE id = 159;
RESET ROLE;
TRUNCATE public.seen;
SELECT version FROM clusterseg.refresh('trapped');
SELECT clusterseg.rollback('trapped'), clusterseg.reassign('trapped');
SELECT clusterseg.rename_segment('trapped', 1, 'Renamed');
SELECT DISTINCT who FROM public.seen;
-- a deferred trigger would run at the end, when the superuser is itself again
SET ROLE regress_bob;
DROP TRIGGER t ON trapped_members;
CREATE CONSTRAINT TRIGGER t AFTER UPDATE ON trapped_members DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION caught();
UPDATE trap SET x = 0 WHERE id > 100;
RESET ROLE;
SELECT told('SELECT clusterseg.reassign(''trapped'')');
SET ROLE regress_bob;
DROP TRIGGER t ON trapped_members;
-- something else in the place of the members
ALTER TABLE trapped_members RENAME TO hidden;
CREATE VIEW trapped_members AS SELECT * FROM hidden WHERE bob.spring('view');
RESET ROLE;
SELECT told('SELECT clusterseg.refresh(''trapped'')');
SET ROLE regress_bob;
DROP VIEW trapped_members;
ALTER TABLE hidden RENAME TO trapped_members;
-- SQL in the catalog, where the owner may write
UPDATE clusterseg.models SET key_type = 'int); CREATE ROLE regress_evil SUPERUSER; --' WHERE model = 'trapped';
RESET ROLE;
SELECT told('SELECT clusterseg.reassign(''trapped'')');
UPDATE clusterseg.models SET key_type = 'integer', key = 'id int); CREATE ROLE regress_evil; --' WHERE model = 'trapped';
SELECT told('SELECT clusterseg.reassign(''trapped'')');
UPDATE clusterseg.models SET key = 'id', output_schema = 'pg_catalog' WHERE model = 'trapped';
SELECT told('SELECT clusterseg.reassign(''trapped'')');
UPDATE clusterseg.models SET output_schema = 'bob' WHERE model = 'trapped';
SELECT clusterseg.reassign('trapped') > 0 AS moved;
SELECT count(*) FROM pg_roles WHERE rolname = 'regress_evil';
-- ---- a model given away goes with its relations and grants ----
SELECT clusterseg.grant_model('trapped', 'regress_cat');
SELECT told('UPDATE clusterseg.models SET owner = ''regress_nobody'' WHERE model = ''trapped''');
UPDATE clusterseg.models SET owner = 'regress_ann' WHERE model = 'trapped';
SELECT relname, relowner::regrole FROM pg_class WHERE relname ~ '^trapped_[mph]' AND relkind IN ('r', 'v') ORDER BY 1;
SELECT owner FROM clusterseg.model_grants WHERE model = 'trapped';
SET ROLE regress_bob;
SELECT told('SELECT clusterseg.reassign(''trapped'')');
SELECT told('UPDATE clusterseg.models SET owner = ''regress_ann''');
RESET ROLE;
UPDATE clusterseg.models SET owner = 'regress_bob' WHERE model = 'trapped';
SELECT clusterseg.revoke_model('trapped', 'regress_cat');
-- an owner that is gone: nothing runs in its place
CREATE ROLE regress_gone;
SET ROLE regress_bob;
SELECT version FROM clusterseg.train('left', 'trap', 'id', '{x}', k => 2, publish => false);
RESET ROLE;
UPDATE clusterseg.models SET owner = 'regress_gone' WHERE model = 'left';
DROP ROLE regress_gone;
SELECT raises('SELECT clusterseg.refresh(''left'')');
UPDATE clusterseg.models SET owner = 'regress_bob' WHERE model = 'left';
-- the same with recommendations
SET ROLE regress_bob;
CREATE TABLE bought AS SELECT c AS customer, 'i' || (c * j) % 9 AS item FROM generate_series(1, 60) c, generate_series(1, 4) j;
SELECT items FROM clusterseg.train_recommender('trapped_r', 'SELECT * FROM bought WHERE bob.spring(''events'')', 'customer', 'item', algorithm => 'itemknn');
RESET ROLE;
TRUNCATE public.seen;
SELECT clusterseg.refresh_recommendations('trapped_r', 3);
SET ROLE regress_bob;
CREATE TRIGGER t AFTER INSERT OR UPDATE OR DELETE ON trapped_r_recommendations FOR EACH STATEMENT EXECUTE FUNCTION caught();
DELETE FROM bought WHERE customer = 2;
RESET ROLE;
SELECT clusterseg.refresh_recommendations('trapped_r', 3) > 0 AS changed;
SELECT DISTINCT who FROM public.seen;
SELECT relowner::regrole FROM pg_class WHERE relname = 'trapped_r_recommendations';
UPDATE clusterseg._recommenders SET item_type = 'text); CREATE ROLE regress_evil; --' WHERE item_type = 'pg_catalog.text' AND customer_type = 'integer';
SELECT told('SELECT clusterseg.refresh_recommendations(''trapped_r'', 3)');
-- a draft that the superuser publishes gives its owner the tables
SET ROLE regress_bob;
SELECT version FROM clusterseg.train('first', 'trap', 'id', '{x}', k => 2, publish => false);
RESET ROLE;
SELECT clusterseg.publish('first');
SELECT relname, relowner::regrole FROM pg_class WHERE relname ~ '^first_' AND relkind IN ('r', 'v') ORDER BY 1;

-- ---- search_path: names and operators of somebody's schema are not ours ----
SET ROLE regress_bob;
CREATE FUNCTION format(text, VARIADIC text[]) RETURNS text LANGUAGE sql AS $$ SELECT 'evil' $$;
CREATE FUNCTION now() RETURNS timestamptz LANGUAGE sql AS $$ SELECT 'epoch'::timestamptz $$;
CREATE FUNCTION equal(int, int) RETURNS boolean LANGUAGE sql AS $$ SELECT false $$;
CREATE OPERATOR = (LEFTARG = int, RIGHTARG = int, FUNCTION = equal);
CREATE TABLE models (model text);
CREATE TABLE pg_class (oid int);
SET search_path = bob, pg_catalog, public;
SELECT version FROM clusterseg.train('path', 'SELECT id, x FROM bob.trap', 'id', '{x}', k => 2, scale => 'none');
SELECT clusterseg.reassign('path'), clusterseg.rename_segment('path', 1, 'Path');
SELECT version FROM clusterseg.refresh('path');
SELECT clusterseg.segment_label('path', t) = 'evil' AS evil FROM trap t WHERE id OPERATOR(pg_catalog.=) 3;
SELECT pg_catalog.count(*) FROM path_members;
SELECT pg_catalog.date_part('year', since) > 2000 AS now FROM path_members LIMIT 1;
SELECT status FROM clusterseg.freshness WHERE model OPERATOR(pg_catalog.=) 'path';
SELECT clusterseg.drop_model('path');
DROP OPERATOR = (int, int);
-- a temporary table in the place of one of ours
CREATE TEMP TABLE models (model text, published_id int, kind text);
CREATE TEMP TABLE _clusterseg_staged (x int);
SELECT told('SELECT clusterseg.reassign(''trapped'')');
DROP TABLE pg_temp._clusterseg_staged;
SELECT clusterseg.reassign('trapped');
RESET ROLE;
RESET search_path;

-- ---- nothing is there for all that should not be ----
SELECT p.oid::regprocedure FROM pg_proc p WHERE pronamespace = 'clusterseg'::regnamespace AND prosecdef;
SELECT c.relname, a.grantee::regrole, string_agg(a.privilege_type, ' ' ORDER BY a.privilege_type) FROM pg_class c, aclexplode(c.relacl) a
	WHERE c.relnamespace = 'clusterseg'::regnamespace AND a.grantee = 0 AND c.relname IN ('label_words', 'segments', 'models', 'version_id_seq') GROUP BY 1, 2 ORDER BY 1;
SELECT has_schema_privilege('public', 'clusterseg', 'USAGE') AS usage, has_schema_privilege('public', 'clusterseg', 'CREATE') AS create;

-- ---- a trusted extension: who may create in the database may create it, and owns no table of it ----
CREATE ROLE regress_maker;
SELECT current_database() AS here \gset
CREATE DATABASE regress_made OWNER regress_maker;
\c regress_made
SET ROLE regress_maker;
CREATE EXTENSION clusterseg;
SELECT extowner::regrole FROM pg_extension WHERE extname = 'clusterseg';
SELECT count(*) FROM pg_class WHERE relnamespace = 'clusterseg'::regnamespace AND relowner = 'regress_maker'::regrole;
CREATE SCHEMA s;
CREATE TABLE s.t AS SELECT i AS id, i % 9 AS x FROM generate_series(1, 150) i;
SELECT version FROM clusterseg.train('t', 's.t', 'id', '{x}', k => 2, output_schema => 's');
SELECT clusterseg.drop_model('t');
DROP EXTENSION clusterseg;
RESET ROLE;
\c :here
DROP DATABASE regress_made;
DROP OWNED BY regress_ann, regress_bob, regress_cat, regress_team, regress_maker CASCADE;
DROP ROLE regress_ann, regress_bob, regress_cat, regress_team, regress_maker;
