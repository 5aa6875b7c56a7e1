-- What the extension puts into a database: keys, comments, rights, what a dump takes along.
BEGIN;
SELECT * FROM no_plan();

SELECT has_schema('clusterseg');
SELECT is((SELECT extrelocatable FROM pg_extension WHERE extname = 'clusterseg'), false, 'the schema is fixed');
SELECT ok((SELECT trusted FROM pg_available_extension_versions WHERE name = 'clusterseg' AND installed), 'it is trusted');
SELECT has_type('clusterseg', 'model', 'model values have a type');

SELECT has_table('clusterseg'::name, t, t) FROM unnest('{models,versions,centroids,model_grants,label_words}'::name[]) t;
SELECT has_view('clusterseg'::name, v, v) FROM unnest('{segments,segment_profiles,freshness,progress,algorithms,transforms}'::name[]) v;
SELECT col_is_pk('clusterseg', 'models', ARRAY['model'], 'key of models');
SELECT col_is_pk('clusterseg', 'versions', ARRAY['model', 'version'], 'key of versions');
SELECT col_is_pk('clusterseg', 'centroids', ARRAY['model', 'version', 'segment_id', 'feature'], 'key of centroids');
SELECT col_is_unique('clusterseg', 'versions', ARRAY['id'], 'ids of versions');
-- pg_restore --jobs fills the tables of an extension in any order
SELECT is_empty($$ SELECT conname FROM pg_constraint WHERE connamespace = 'clusterseg'::regnamespace AND contype = 'f' $$, 'no foreign keys');

-- the columns of the contract, first and in their order
SELECT is((SELECT array_agg(attname::text ORDER BY attnum) FROM pg_attribute WHERE attrelid = ('clusterseg.' || relation)::regclass AND attnum BETWEEN 1 AND cardinality(columns)), columns, relation)
	FROM (VALUES
		('models', '{model,kind,algorithm,owner,published_version,source,key,rows,trained_at}'::text[]),
		('versions', '{model,version,state,options,metrics,trained_at,seconds}'),
		('segments', '{model,segment_id,segment,description,size,share,radius,since_version,state}'),
		('centroids', '{model,version,segment_id,feature,value,scaled}'),
		('segment_profiles', '{model,segment_id,feature,category,mean,median,p5,p95,overall_mean,effect,lift}'),
		('freshness', '{model,last_run_at,lag,pending,status,drift,needs_refresh}')) v (relation, columns);

SELECT is_empty($$ SELECT c.oid::regclass FROM pg_class c WHERE relnamespace = 'clusterseg'::regnamespace AND relkind IN ('r', 'v') AND obj_description(c.oid, 'pg_class') IS NULL $$,
	'every table and view has a comment');
SELECT is_empty($$ SELECT c.oid::regclass, a.attname FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
	WHERE relnamespace = 'clusterseg'::regnamespace AND relkind IN ('r', 'v') AND relname !~ '^_' AND col_description(c.oid, a.attnum) IS NULL $$, 'so has every column that users read');
SELECT isnt(obj_description('clusterseg.model'::regtype, 'pg_type'), NULL, 'so has the type');
SELECT is_empty($$ SELECT c.oid::regclass FROM pg_class c WHERE relnamespace = 'clusterseg'::regnamespace AND relkind = 'r'
	AND NOT EXISTS (SELECT FROM pg_constraint k WHERE k.conrelid = c.oid AND k.contype = 'p') $$, 'every table has a primary key');

-- rights: rows are guarded by policies where anybody may write, and nobody may write elsewhere
SELECT is_empty($$ SELECT c.oid::regclass, a.privilege_type FROM pg_class c, aclexplode(c.relacl) a
	WHERE relnamespace = 'clusterseg'::regnamespace AND relkind = 'r' AND a.grantee = 0 AND a.privilege_type <> 'SELECT' AND NOT c.relrowsecurity $$, 'what all may write has row security');
SELECT is_empty($$ SELECT c.oid::regclass, a.privilege_type FROM pg_class c, aclexplode(c.relacl) a
	WHERE relnamespace = 'clusterseg'::regnamespace AND relkind = 'v' AND a.grantee = 0 AND a.privilege_type <> 'SELECT' $$, 'views are to be read');
SELECT is_empty($$ SELECT c.oid::regclass, a.privilege_type FROM pg_class c, aclexplode(c.relacl) a
	WHERE relnamespace = 'clusterseg'::regnamespace AND a.grantee = 0 AND a.privilege_type IN ('TRUNCATE', 'REFERENCES', 'TRIGGER', 'MAINTAIN') $$, 'nobody may empty tables or hang something on them');
SELECT is_empty($$ SELECT c.oid::regclass FROM pg_class c WHERE relnamespace = 'clusterseg'::regnamespace AND relkind = 'r' AND relrowsecurity
	AND NOT EXISTS (SELECT FROM pg_policy p WHERE p.polrelid = c.oid AND p.polcmd = 'r') $$, 'what has row security says who reads');
SELECT is_empty($$ SELECT c.oid::regclass FROM pg_class c WHERE relnamespace = 'clusterseg'::regnamespace AND relkind = 'v'
	AND pg_get_viewdef(c.oid) ~ '(models|versions|segments|profiles|progress)' AND NOT COALESCE('security_invoker=true' = ANY (reloptions), false) $$,
	'views of models show what the reader may see');
SELECT is_empty($$ SELECT FROM pg_namespace n, aclexplode(n.nspacl) a WHERE nspname = 'clusterseg' AND a.grantee = 0 AND a.privilege_type <> 'USAGE' $$, 'nobody creates in the schema');

-- a dump takes all tables along, and the sequence
SELECT is_empty($$ SELECT c.oid::regclass FROM pg_class c WHERE relnamespace = 'clusterseg'::regnamespace AND relkind IN ('r', 'S')
	AND NOT EXISTS (SELECT FROM pg_extension e WHERE e.extname = 'clusterseg' AND c.oid = ANY (e.extconfig)) $$, 'all tables and sequences are dumped');

-- what is in the schema belongs to the extension
SELECT is_empty($$ SELECT p.oid::regprocedure FROM pg_proc p WHERE pronamespace = 'clusterseg'::regnamespace
	AND NOT EXISTS (SELECT FROM pg_depend d WHERE d.classid = 'pg_proc'::regclass AND d.objid = p.oid AND d.deptype = 'e') $$, 'all functions belong to the extension');

SELECT * FROM finish();
ROLLBACK;
