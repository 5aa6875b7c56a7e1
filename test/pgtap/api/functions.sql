-- The functions that users and jobs call: arguments, results, volatility, strictness, parallel label. And of all functions:
-- a comment, a fixed search path, no rights of somebody else.
BEGIN;
SELECT * FROM no_plan();

-- name, arguments in order with their defaults left out, result, volatility, strict, parallel
CREATE TEMP TABLE promised (name text, arguments text, result text, volatility text, strict boolean, parallel text);
INSERT INTO promised VALUES
	('create_rfm_view', 'name text, source text, customer text, at text, amount text, order_id text, as_of timestamp with time zone, history interval', 'regclass', 'volatile', false, 'unsafe'),
	('train', 'name text, source text, key text, features text[], algorithm text, k integer, k_range int4range, transforms jsonb, scale text, weight text, group_by text[], seed bigint, publish boolean, output_schema name, options jsonb',
		'TABLE(model text, version integer, algorithm text, k integer, rows bigint, skipped bigint, iterations integer, converged boolean, objective double precision, silhouette double precision, seconds double precision, published boolean)', 'volatile', false, 'unsafe'),
	('refresh', 'name text, max_moved double precision, source text',
		'TABLE(model text, version integer, algorithm text, k integer, rows bigint, skipped bigint, iterations integer, converged boolean, objective double precision, silhouette double precision, seconds double precision, published boolean)', 'volatile', false, 'unsafe'),
	('preview', 'name text', 'TABLE(segment_id integer, segment text, state text, size_before bigint, size_after bigint, stay bigint, moved_in bigint, moved_out bigint)', 'stable', false, 'unsafe'),
	('publish', 'name text, version integer', 'integer', 'volatile', false, 'unsafe'),
	('rollback', 'name text', 'integer', 'volatile', false, 'unsafe'),
	('reassign', 'name text', 'bigint', 'volatile', false, 'unsafe'),
	('drop_model', 'name text', 'void', 'volatile', false, 'unsafe'),
	('rename_segment', 'name text, segment_id integer, label text, description text', 'void', 'volatile', false, 'unsafe'),
	('export_model', 'name text, version integer', 'jsonb', 'stable', false, 'unsafe'),
	('import_model', 'name text, exported jsonb, output_schema name', 'integer', 'volatile', false, 'unsafe'),
	('model_value', 'name text, version integer', 'clusterseg.model', 'stable', false, 'safe'),
	('grant_model', 'name text, grantee name', 'void', 'volatile', false, 'unsafe'),
	('revoke_model', 'name text, grantee name', 'void', 'volatile', false, 'unsafe'),
	('model_features', 'value clusterseg.model', 'TABLE("position" integer, feature text, kind text, coordinates integer, transforms text, n bigint, missing bigint, mean double precision, sd double precision, min double precision, max double precision, median double precision)', 'immutable', true, 'safe'),
	('train_recommender', 'name text, source text, customer text, item text, weight text, at text, algorithm text, segmentation text, item_source text, item_key text, event_type text, seed bigint, publish boolean, options jsonb, output_schema name',
		'TABLE(model text, version integer, algorithm text, events bigint, customers bigint, items bigint, skipped bigint, seconds double precision, published boolean)', 'volatile', false, 'unsafe'),
	('recommend', 'model text, customer "any", n integer, exclude_seen boolean, candidates text, diversity double precision, max_per_category integer, explore double precision, options jsonb',
		'TABLE(rank integer, item_id text, score double precision, source text, reason text, propensity double precision)', 'stable', false, 'restricted'),
	('recommend_for_basket', 'model text, items text[], n integer, exclude_seen boolean, candidates text, diversity double precision, max_per_category integer, explore double precision, options jsonb, segment_id integer',
		'TABLE(rank integer, item_id text, score double precision, source text, reason text, propensity double precision)', 'stable', false, 'restricted'),
	('recommend_for_segment', 'model text, segment_id integer, n integer, candidates text, diversity double precision, max_per_category integer, explore double precision, options jsonb',
		'TABLE(rank integer, item_id text, score double precision, source text, reason text, propensity double precision)', 'stable', false, 'restricted'),
	('recommend_all', 'model text, n integer, exclude_seen boolean, candidates text, diversity double precision, max_per_category integer, explore double precision, options jsonb',
		'TABLE(customer_id text, rank integer, item_id text, score double precision, source text, propensity double precision)', 'stable', false, 'restricted'),
	('customer_vectors', 'model text, unit_length boolean', 'TABLE(customer_id text, vector double precision[])', 'stable', false, 'restricted'),
	('similar_items', 'model text, item "any", n integer', 'TABLE(rank integer, item_id text, score double precision)', 'stable', false, 'restricted'),
	('rank_items', 'model text, customer "any", items text[]', 'TABLE(rank integer, item_id text, score double precision)', 'stable', false, 'restricted'),
	('customers_for_item', 'model text, item "any", n integer, exclude_seen boolean', 'TABLE(rank integer, customer_id text, score double precision, source text)', 'stable', false, 'restricted'),
	('segment_uplift', 'model text, segment_id integer, n integer, parent integer[]', 'TABLE(rank integer, item_id text, rate double precision, parent_rate double precision, uplift double precision)', 'stable', false, 'restricted'),
	('customers_for_segment_uplift', 'model text, segment_id integer, n integer, outside boolean, parent integer[]', 'TABLE(rank integer, customer_id text, score double precision)', 'stable', false, 'restricted'),
	('explain_recommendation', 'model text, customer "any", item "any"', 'TABLE(term text, contribution double precision)', 'stable', false, 'restricted'),
	('forget_customer', 'model text, customer "any"', 'TABLE(version integer, algorithm text, state text)', 'volatile', false, 'unsafe'),
	('evaluate_recommender', 'model text, test text, k integer, exclude_seen boolean, seed bigint, by text[]', 'TABLE(metric text, value double precision, low double precision, high double precision, customers integer, customers_group text)', 'stable', false, 'restricted'),
	('tuning_grid', 'algorithm text', 'TABLE(option text, "values" jsonb)', 'stable', false, 'safe'),
	('refresh_recommendations', 'model text, n integer, exclude_seen boolean, candidates text, diversity double precision, max_per_category integer, options jsonb', 'bigint', 'volatile', false, 'unsafe');

-- scoring: by name STABLE, by value IMMUTABLE, each of a row, of float8[] and of real[]
INSERT INTO promised
	SELECT f.name, 'model ' || m.type || ', ' || x.argument || f.more, f.result, m.volatility, true, 'safe'
	FROM (VALUES ('text', 'stable'), ('clusterseg.model', 'immutable')) m (type, volatility),
		(VALUES ('"row" record', true), ('features double precision[]', false), ('features real[]', false)) x (argument, is_row),
		(VALUES ('segment', '', 'integer', false), ('segment_label', '', 'text', false), ('segment_distance', '', 'double precision', false),
			('segment_distance', ', segment_id integer', 'double precision', false), ('segment_probability', ', segment_id integer', 'double precision', false),
			('segment_at', ', k integer', 'integer', false),
			('assign', ', OUT segment_id integer, OUT segment text, OUT distance double precision, OUT margin double precision, OUT runner_up_id integer, OUT confidence double precision, OUT reason text', 'record', false),
			('explain', '', 'TABLE(feature text, value text, contribution double precision, typical text, runner_up_typical text, reason text)', true),
			('counterfactual', ', segment_id integer', 'TABLE(feature text, from_value double precision, to_value double precision, change double precision, sufficient boolean, joint_value double precision)', true)
		) f (name, more, result, rows_only)
	WHERE x.is_row OR NOT f.rows_only;

CREATE TEMP VIEW present AS
	SELECT p.proname::text AS name, regexp_replace(pg_get_function_arguments(p.oid), ' DEFAULT (''[^'']*''(::[a-z0-9_ ]+)?|[^,]+)', '', 'g') AS arguments, pg_get_function_result(p.oid) AS result,
		CASE provolatile WHEN 'i' THEN 'immutable' WHEN 's' THEN 'stable' ELSE 'volatile' END AS volatility, proisstrict AS strict,
		CASE proparallel WHEN 's' THEN 'safe' WHEN 'r' THEN 'restricted' ELSE 'unsafe' END AS parallel
	FROM pg_proc p WHERE pronamespace = 'clusterseg'::regnamespace;

SELECT is((SELECT count(*)::int FROM promised), 31 + 2 * (7 * 3 + 2), 'the list is whole');
SELECT is((SELECT format('%s, %s, %s, %s', result, volatility, CASE WHEN strict THEN 'strict' ELSE 'not strict' END, parallel) FROM present p
		WHERE (p.name, p.arguments) = (r.name, r.arguments)),
	format('%s, %s, %s, %s', result, volatility, CASE WHEN strict THEN 'strict' ELSE 'not strict' END, parallel),
	format('%s(%s)', name, arguments)) FROM promised r;

-- defaults that the contract names
SELECT is((SELECT array_agg(d ORDER BY n) FROM regexp_matches(pg_get_function_arguments('clusterseg.train'::regproc), 'DEFAULT ((?:''[^'']*'')?[^,]*)', 'g') WITH ORDINALITY m (d, n)),
	ARRAY[['NULL::text[]'], ['''kmeans''::text'], ['NULL::integer'], ['''[2,11)''::int4range'], ['''{}''::jsonb'], ['''zscore''::text'], ['NULL::text'], ['NULL::text[]'], ['42'], ['true'],
		['"current_schema"()'], ['''{}''::jsonb']], 'defaults of train()');
SELECT is((SELECT count(*)::int FROM pg_proc WHERE pronamespace = 'clusterseg'::regnamespace AND proname = 'train'), 1, 'one train()');

-- of every function, also those that come later
SELECT is_empty($$ SELECT p.oid::regprocedure FROM pg_proc p WHERE pronamespace = 'clusterseg'::regnamespace AND obj_description(p.oid, 'pg_proc') IS NULL $$, 'all have a comment');
SELECT is_empty($$ SELECT p.oid::regprocedure FROM pg_proc p JOIN pg_language l ON l.oid = prolang WHERE pronamespace = 'clusterseg'::regnamespace
	AND lanname IN ('sql', 'plpgsql') AND prosqlbody IS NULL AND NOT EXISTS (SELECT FROM unnest(proconfig) c WHERE c LIKE 'search\_path=%') $$, 'all have a fixed search path or are bound to their names');
SELECT is_empty($$ SELECT p.oid::regprocedure, c FROM pg_proc p, unnest(proconfig) c WHERE pronamespace = 'clusterseg'::regnamespace AND c LIKE 'search\_path=%'
	AND c <> 'search_path=pg_catalog, pg_temp' $$, 'which is that of the system, temporary objects last');
SELECT is_empty($$ SELECT p.oid::regprocedure FROM pg_proc p WHERE pronamespace = 'clusterseg'::regnamespace AND prosecdef $$, 'none is SECURITY DEFINER');
SELECT is_empty($$ SELECT p.oid::regprocedure FROM pg_proc p JOIN pg_language l ON l.oid = prolang WHERE pronamespace = 'clusterseg'::regnamespace AND prokind <> 'a'
	AND lanname NOT IN ('c', 'sql', 'plpgsql') $$,
	'they are written in C, SQL and PL/pgSQL');
SELECT is_empty($$ SELECT p.oid::regprocedure FROM pg_proc p WHERE pronamespace = 'clusterseg'::regnamespace AND proparallel = 's' AND provolatile = 'v'
	AND proname NOT IN ('_fail') $$, 'what has effects does not run in parallel');
-- a NULL or a value out of range reaches no assertion in C: internal functions are strict or say so
SELECT is_empty($$ SELECT p.oid::regprocedure FROM pg_proc p JOIN pg_depend d ON d.objid = p.oid AND d.deptype = 'e' JOIN pg_extension e ON e.oid = d.refobjid
	WHERE e.extname = 'clusterseg' AND p.pronamespace <> 'clusterseg'::regnamespace $$, 'all stand in the one schema');

SELECT * FROM finish();
ROLLBACK;
