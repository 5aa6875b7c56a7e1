-- ---------------------------------------------------------------------------
-- Which algorithm?
-- ---------------------------------------------------------------------------

CREATE FUNCTION clusterseg._compare(name text, source text, path text, key text, features text[], algorithm text,
		k int, k_min int, k_max int, transforms jsonb, scale text, weight text, seed bigint, options jsonb,
		former clusterseg.model, former_members text, next_id int, leave_out text[], run_as text,
		OUT segments int, OUT noise_share float8, OUT silhouette float8, OUT davies_bouldin float8, OUT calinski_harabasz float8,
		OUT stability float8, OUT seconds float8, OUT memory_mb float8, OUT rows bigint, OUT labels bytea, OUT note text)
	AS 'MODULE_PATHNAME', 'clusterseg_compare' LANGUAGE C VOLATILE PARALLEL UNSAFE COST 1000000;
COMMENT ON FUNCTION clusterseg._compare(text, text, text, text, text[], text, int, int, int, jsonb, text, text, bigint, jsonb, clusterseg.model, text, int, text[], text) IS
	'fits and measures one algorithm; takes the arguments of _fit(), keeps no model';

CREATE FUNCTION clusterseg._labels_agreement(a bytea, b bytea) RETURNS float8
	AS 'MODULE_PATHNAME', 'clusterseg_labels_agreement' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 100000;
COMMENT ON FUNCTION clusterseg._labels_agreement(bytea, bytea) IS 'adjusted Rand index of two labellings that _compare() returned';

CREATE FUNCTION clusterseg._compare_algorithms(p_source text, p_path text, p_key text, p_features text[], p_algorithms text[], p_k int,
		p_k_range int4range, p_transforms jsonb, p_scale text, p_weight text, p_seed bigint, p_options jsonb)
	RETURNS TABLE (algorithm text, asked int, segments int, noise_share float8, silhouette float8, davies_bouldin float8, calinski_harabasz float8,
		stability float8, agreement float8, mean_agreement float8, seconds float8, memory_mb float8, rows bigint, note text)
	LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE ROWS 10
	SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
	names text[] := p_algorithms;
	all_labels bytea[] := '{}';
	results jsonb[] := '{}';
	x record;
	failed text;
	state text;
	detail text;
	hint text;
	chooses boolean;
	other float8[];
BEGIN
	IF names IS NULL THEN
		-- score boxes take three features of their own, a network takes minutes
		SELECT array_agg(DISTINCT a.algorithm ORDER BY a.algorithm) INTO names FROM clusterseg.algorithms a
			WHERE a.algorithm IN ('kmeans', 'minibatch_kmeans', 'bisecting_kmeans', 'spherical_kmeans', 'gmm', 'hierarchical', 'dbscan',
				'hdbscan', 'kmedoids', 'kprototypes');
		names := array_prepend('kmeans', array_remove(names, 'kmeans'));
	END IF;
	IF cardinality(names) = 0 OR array_position(names, NULL) IS NOT NULL OR cardinality(names) <> (SELECT count(DISTINCT n) FROM unnest(names) n) THEN
		PERFORM clusterseg._fail('22023', 'algorithms is not a list of different names', NULL,
			'NULL takes all that can be compared; SELECT DISTINCT algorithm, summary FROM clusterseg.algorithms tells what there is.');
	END IF;
	SELECT n INTO failed FROM unnest(names) n WHERE NOT EXISTS (SELECT FROM clusterseg.algorithms a WHERE a.algorithm = n) LIMIT 1;
	IF failed IS NOT NULL THEN
		PERFORM clusterseg._fail('22023', format('unknown algorithm "%s"', failed), NULL,
			'SELECT DISTINCT algorithm, summary FROM clusterseg.algorithms tells what there is.');
	END IF;
	IF jsonb_typeof(COALESCE(p_options, '{}')) <> 'object' OR EXISTS (SELECT FROM jsonb_each(COALESCE(p_options, '{}')) o
			WHERE o.key <> ALL (names) OR jsonb_typeof(o.value) <> 'object') THEN
		PERFORM clusterseg._fail('22023', 'options are not by algorithm', 'Each key is one of the algorithms compared, each value an object with its options.',
			'For example {"gmm": {"covariance": "diagonal"}}.');
	END IF;
	FOR i IN 1 .. cardinality(names) LOOP
		failed := NULL;
		BEGIN
			chooses := clusterseg._chooses_k(names[i], COALESCE(p_options->names[i], '{}'));
			SELECT * INTO x FROM clusterseg._compare(NULL, p_source, p_path, p_key, p_features, names[i], CASE WHEN chooses THEN p_k END,
				COALESCE(CASE WHEN chooses THEN lower(p_k_range) END, 2), COALESCE(CASE WHEN chooses THEN upper(p_k_range) - 1 END, 10),
				p_transforms, p_scale, p_weight, p_seed, COALESCE(p_options->names[i], '{}'), NULL, NULL, 1, NULL, NULL);
			all_labels := all_labels || x.labels;
			results := results || (to_jsonb(x) - 'labels');
		EXCEPTION WHEN data_exception OR program_limit_exceeded OR feature_not_supported THEN
			GET STACKED DIAGNOSTICS state = RETURNED_SQLSTATE, failed = MESSAGE_TEXT, detail = PG_EXCEPTION_DETAIL, hint = PG_EXCEPTION_HINT;
			all_labels := array_append(all_labels, NULL::bytea);
			results := results || jsonb_build_object('note', concat_ws(': ', failed, NULLIF(detail, '')));
		END;
		-- what is wrong with all of them is wrong with the arguments
		IF failed IS NOT NULL AND i = cardinality(names) AND NOT EXISTS (SELECT FROM unnest(results) r WHERE r ? 'segments') THEN
			PERFORM clusterseg._fail(state, failed, NULLIF(detail, ''), NULLIF(hint, ''));
		END IF;
	END LOOP;
	FOR i IN 1 .. cardinality(names) LOOP
		SELECT array_agg(clusterseg._labels_agreement(all_labels[i], all_labels[j]) ORDER BY j) INTO other
			FROM generate_subscripts(names, 1) j WHERE j <> i AND all_labels[j] IS NOT NULL AND all_labels[i] IS NOT NULL;
		RETURN QUERY SELECT names[i], p_k, r.segments, r.noise_share, r.silhouette, r.davies_bouldin, r.calinski_harabasz, r.stability,
			clusterseg._labels_agreement(all_labels[i], (SELECT l FROM unnest(all_labels) WITH ORDINALITY u(l, n) WHERE l IS NOT NULL ORDER BY n LIMIT 1)),
			(SELECT avg(o) FROM unnest(other) o), r.seconds, r.memory_mb, r.rows, r.note
			FROM jsonb_to_record(results[i]) r(segments int, noise_share float8, silhouette float8, davies_bouldin float8, calinski_harabasz float8,
				stability float8, seconds float8, memory_mb float8, rows bigint, note text);
	END LOOP;
END
$$;
COMMENT ON FUNCTION clusterseg._compare_algorithms(text, text, text, text[], text[], int, int4range, jsonb, text, text, bigint, jsonb) IS
	'compare_algorithms() under a given search path';

CREATE FUNCTION clusterseg.compare_algorithms(source text, key text, features text[] DEFAULT NULL, algorithms text[] DEFAULT NULL, k int DEFAULT NULL,
		k_range int4range DEFAULT '[2,10]', transforms jsonb DEFAULT '{}', scale text DEFAULT 'zscore', weight text DEFAULT NULL,
		seed bigint DEFAULT 42, options jsonb DEFAULT '{}')
	RETURNS TABLE (algorithm text, asked int, segments int, noise_share float8, silhouette float8, davies_bouldin float8, calinski_harabasz float8,
		stability float8, agreement float8, mean_agreement float8, seconds float8, memory_mb float8, rows bigint, note text)
	LANGUAGE sql VOLATILE PARALLEL UNSAFE ROWS 10
	BEGIN ATOMIC
		SELECT * FROM clusterseg._compare_algorithms(compare_algorithms.source, pg_catalog.current_setting('search_path'), compare_algorithms.key,
			compare_algorithms.features, compare_algorithms.algorithms, compare_algorithms.k, compare_algorithms.k_range, compare_algorithms.transforms,
			compare_algorithms.scale, compare_algorithms.weight, compare_algorithms.seed, compare_algorithms.options);
	END;
COMMENT ON FUNCTION clusterseg.compare_algorithms(text, text, text[], text[], int, int4range, jsonb, text, text, bigint, jsonb) IS
	'fits several algorithms to the same rows and measures them alike, one row each; keeps no model';
