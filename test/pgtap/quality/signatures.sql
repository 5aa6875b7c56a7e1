-- The contract of the quality functions: names, arguments, result columns, labels.
BEGIN;
SELECT * FROM no_plan();

-- aggregates
SELECT is((SELECT concat_ws(' ', prorettype::regtype, prokind, proparallel, provolatile)
		FROM pg_proc WHERE oid = signature::regprocedure), 'double precision a s i', signature)
	FROM unnest(ARRAY['clusterseg.silhouette(float8[], int)', 'clusterseg.simplified_silhouette(float8[], int)',
		'clusterseg.davies_bouldin(float8[], int)', 'clusterseg.calinski_harabasz(float8[], int)',
		'clusterseg.adjusted_rand_index(int, int)', 'clusterseg.normalized_mutual_information(int, int)', 'clusterseg.purity(int, int)',
		'clusterseg.homogeneity(int, int)', 'clusterseg.completeness(int, int)', 'clusterseg.fowlkes_mallows(int, int)']) signature;
-- one form each, so that arrays of any number type find it
SELECT is((SELECT count(*) FROM pg_proc WHERE pronamespace = 'clusterseg'::regnamespace AND proname = name), 1::bigint, name || ' has one form')
	FROM unnest('{silhouette,simplified_silhouette,davies_bouldin,calinski_harabasz,evaluate,select_k,stability}'::text[]) name;
-- tables of counts add up, points do not
SELECT is((SELECT aggcombinefn <> 0 FROM pg_aggregate WHERE aggfnoid = ('clusterseg.' || name)::regproc), partial, name || ' in parts')
	FROM (VALUES ('silhouette', false), ('davies_bouldin', false), ('adjusted_rand_index', true), ('purity', true)) v (name, partial);

-- set-returning functions: what the contract fixes comes first
SELECT is((SELECT (proargnames)[1 : cardinality(names)] FROM pg_proc WHERE pronamespace = 'clusterseg'::regnamespace AND proname = name), names, name || ' arguments')
	FROM (VALUES ('evaluate', '{name}'::text[]), ('select_k', '{source,key,features,k_range}'), ('stability', '{name}')) v (name, names);
SELECT is((SELECT (array_agg(a.name || ' ' || a.type::regtype ORDER BY a.n))[1 : cardinality(columns)]
		FROM pg_proc p, unnest(p.proargnames, p.proargmodes, p.proallargtypes) WITH ORDINALITY a (name, mode, type, n)
		WHERE p.pronamespace = 'clusterseg'::regnamespace AND p.proname = v.name AND a.mode = 't'), columns, v.name || ' columns')
	FROM (VALUES
		('evaluate', '{metric text,value double precision}'::text[]),
		('select_k', '{k integer,metric text,value double precision,chosen boolean}'),
		('stability', '{segment_id integer,jaccard double precision,verdict text}')) v (name, columns);

-- every metric that is promised, once
CREATE TABLE points AS SELECT i, i % 2 * 10 + i % 5 AS x, i % 7 AS y FROM generate_series(1, 100) i;
SELECT lives_ok($$SELECT clusterseg.train('m', 'points', 'i', k => 2)$$, 'a model');
SELECT results_eq('SELECT metric FROM clusterseg.evaluate(''m'')', ARRAY['rows', 'skipped', 'segments', 'empty_segments', 'noise_share',
	'borderline_share', 'smallest_share', 'largest_share', 'balance', 'objective', 'objective_per_row', 'explained_share', 'silhouette',
	'silhouette_rows', 'simplified_silhouette', 'davies_bouldin', 'calinski_harabasz', 'stability'], 'metrics of evaluate()');
SELECT results_eq('SELECT segment_id FROM clusterseg.stability(''m'', rounds => 2)', ARRAY[1, 2], 'one row per segment');

-- labels without number are nobody's, and no error
SELECT is(clusterseg.silhouette(ARRAY[x], NULL), NULL::float8, 'all noise') FROM points;
SELECT is(clusterseg.adjusted_rand_index(NULL, i), NULL::float8, 'nothing to compare') FROM points;

SELECT * FROM finish();
ROLLBACK;
