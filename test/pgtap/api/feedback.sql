-- The contract of feedback: names, arguments, results, labels.
BEGIN;
SELECT * FROM no_plan();
CREATE TEMP TABLE promised (name text, arguments text, result text, labels text);
INSERT INTO promised VALUES
	('log_impressions', 'model text, customer anycompatible, items text[], propensities double precision[], experiment text, bucket text, shown_at timestamp with time zone, version integer',
		'bigint', 'v u'),
	('log_outcome', 'call_id bigint, item text, outcome text, value double precision, at timestamp with time zone', 'boolean', 'v u'),
	('attribute_outcome', 'model text, customer anycompatible, item text, outcome text, value double precision, at timestamp with time zone, within interval', 'bigint', 'v u'),
	('forget_feedback', 'model text, customer anycompatible', 'bigint', 'v u'),
	('experiment_bucket', 'customer text, experiment text, salt text, buckets integer', 'integer', 'i s'),
	('experiment_arm', 'customer text, experiment text, arms text[], shares double precision[], salt text', 'text', 'i s'),
	('in_holdout', 'customer text, share double precision, salt text', 'boolean', 'i s'),
	('wilson_interval', 'successes bigint, trials bigint, OUT low double precision, OUT high double precision', 'record', 'i s'),
	('feedback_rates', 'model text, by text[], outcome text, unit text, since timestamp with time zone, until timestamp with time zone',
		'TABLE(version integer, segment_id integer, experiment text, bucket text, units bigint, successes bigint, rate double precision, low double precision, high double precision, value double precision)', 's u'),
	('feedback_lift', 'model text, experiment text, control text, outcome text, unit text, by_segment boolean, since timestamp with time zone, until timestamp with time zone',
		'TABLE(segment_id integer, bucket text, units bigint, successes bigint, rate double precision, low double precision, high double precision, difference double precision, difference_low double precision, difference_high double precision, lift double precision, lift_low double precision, lift_high double precision)', 's u'),
	('sample_ratio', 'model text, experiment text, buckets text[], shares double precision[]',
		'TABLE(bucket text, customers bigint, expected double precision, chi_square double precision, p_value double precision, mismatch boolean)', 's u'),
	('policy_value', 'model text, policy text, outcome text, by_value boolean, since timestamp with time zone, until timestamp with time zone',
		'TABLE(estimator text, value double precision, standard_error double precision, low double precision, high double precision, impressions bigint, effective double precision)', 's u');
SELECT is((SELECT concat_ws(' | ', regexp_replace(pg_get_function_arguments(p.oid), ' DEFAULT (''[^'']*''(::[a-z0-9_ ]+)?|[^,]+)', '', 'g'), pg_get_function_result(p.oid), concat(provolatile, ' ', proparallel))
		FROM pg_proc p WHERE pronamespace = 'clusterseg'::regnamespace AND proname = r.name), concat_ws(' | ', arguments, result, labels), name)
	FROM promised r;

-- tables: keys, row security, dumped
SELECT has_pk('clusterseg'::name, t::name, t || ' has a key') FROM unnest('{feedback_calls,impressions,outcomes,_reco_item_sources}'::text[]) t;
SELECT ok((SELECT relrowsecurity FROM pg_class WHERE oid = ('clusterseg.' || t)::regclass), t || ' has row security')
	FROM unnest('{feedback_calls,impressions,outcomes,_reco_item_sources}'::text[]) t;
SELECT ok((SELECT ('clusterseg.' || t)::regclass = ANY (extconfig) FROM pg_extension WHERE extname = 'clusterseg'), t || ' is dumped')
	FROM unnest('{feedback_calls,impressions,outcomes,_reco_item_sources}'::text[]) t;
SELECT ok('clusterseg.call_id_seq'::regclass = ANY (extconfig), 'the sequence is dumped') FROM pg_extension WHERE extname = 'clusterseg';
SELECT is((SELECT count(*) FROM pg_attribute WHERE attrelid = ('clusterseg.' || t)::regclass AND attnum > 0 AND NOT attisdropped AND col_description(attrelid, attnum) IS NULL), 0::bigint,
	t || ' has comments') FROM unnest('{feedback_calls,impressions,outcomes,serving_options}'::text[]) t;
SELECT * FROM finish();
ROLLBACK;
