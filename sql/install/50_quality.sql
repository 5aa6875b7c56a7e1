-- ---------------------------------------------------------------------------
-- Quality of labelled points: aggregates
-- ---------------------------------------------------------------------------

CREATE FUNCTION clusterseg._labelled_add(state internal, features float8[], label int) RETURNS internal
	AS 'MODULE_PATHNAME', 'clusterseg_labelled_add' LANGUAGE C IMMUTABLE PARALLEL SAFE;
COMMENT ON FUNCTION clusterseg._labelled_add(internal, float8[], int) IS 'gathers labelled points for the aggregates below';

CREATE FUNCTION clusterseg._silhouette(state internal) RETURNS float8
	AS 'MODULE_PATHNAME', 'clusterseg_silhouette' LANGUAGE C IMMUTABLE PARALLEL SAFE;
COMMENT ON FUNCTION clusterseg._silhouette(internal) IS 'final function of silhouette()';

CREATE FUNCTION clusterseg._simplified_silhouette(state internal) RETURNS float8
	AS 'MODULE_PATHNAME', 'clusterseg_simplified_silhouette' LANGUAGE C IMMUTABLE PARALLEL SAFE;
COMMENT ON FUNCTION clusterseg._simplified_silhouette(internal) IS 'final function of simplified_silhouette()';

CREATE FUNCTION clusterseg._davies_bouldin(state internal) RETURNS float8
	AS 'MODULE_PATHNAME', 'clusterseg_davies_bouldin' LANGUAGE C IMMUTABLE PARALLEL SAFE;
COMMENT ON FUNCTION clusterseg._davies_bouldin(internal) IS 'final function of davies_bouldin()';

CREATE FUNCTION clusterseg._calinski_harabasz(state internal) RETURNS float8
	AS 'MODULE_PATHNAME', 'clusterseg_calinski_harabasz' LANGUAGE C IMMUTABLE PARALLEL SAFE;
COMMENT ON FUNCTION clusterseg._calinski_harabasz(internal) IS 'final function of calinski_harabasz()';

CREATE AGGREGATE clusterseg.silhouette(float8[], int) (
	SFUNC = clusterseg._labelled_add, STYPE = internal, SSPACE = 1000000,
	FINALFUNC = clusterseg._silhouette, PARALLEL = SAFE);
COMMENT ON AGGREGATE clusterseg.silhouette(float8[], int) IS
	'exact mean silhouette of points by their label, -1 to 1, large is good; NULL features or label: not counted; NULL for fewer than two clusters';

CREATE AGGREGATE clusterseg.simplified_silhouette(float8[], int) (
	SFUNC = clusterseg._labelled_add, STYPE = internal, SSPACE = 1000000,
	FINALFUNC = clusterseg._simplified_silhouette, PARALLEL = SAFE);
COMMENT ON AGGREGATE clusterseg.simplified_silhouette(float8[], int) IS
	'mean silhouette by distances to the means of the clusters: linear in the rows; -1 to 1, large is good';

CREATE AGGREGATE clusterseg.davies_bouldin(float8[], int) (
	SFUNC = clusterseg._labelled_add, STYPE = internal, SSPACE = 1000000,
	FINALFUNC = clusterseg._davies_bouldin, PARALLEL = SAFE);
COMMENT ON AGGREGATE clusterseg.davies_bouldin(float8[], int) IS
	'Davies-Bouldin index of points by their label: widths of clusters over their distances, 0 or more, small is good';

CREATE AGGREGATE clusterseg.calinski_harabasz(float8[], int) (
	SFUNC = clusterseg._labelled_add, STYPE = internal, SSPACE = 1000000,
	FINALFUNC = clusterseg._calinski_harabasz, PARALLEL = SAFE);
COMMENT ON AGGREGATE clusterseg.calinski_harabasz(float8[], int) IS
	'Calinski-Harabasz index (variance ratio) of points by their label: variance between over within clusters, large is good';

-- ---------------------------------------------------------------------------
-- Agreement of two labellings: aggregates
-- ---------------------------------------------------------------------------

CREATE FUNCTION clusterseg._agreement_add(state internal, a int, b int) RETURNS internal
	AS 'MODULE_PATHNAME', 'clusterseg_agreement_add' LANGUAGE C IMMUTABLE PARALLEL SAFE;
COMMENT ON FUNCTION clusterseg._agreement_add(internal, int, int) IS 'counts pairs of labels for the aggregates below';

CREATE FUNCTION clusterseg._agreement_combine(a internal, b internal) RETURNS internal
	AS 'MODULE_PATHNAME', 'clusterseg_agreement_combine' LANGUAGE C IMMUTABLE PARALLEL SAFE;
COMMENT ON FUNCTION clusterseg._agreement_combine(internal, internal) IS 'adds the counts of two workers';

CREATE FUNCTION clusterseg._agreement_serialize(state internal) RETURNS bytea
	AS 'MODULE_PATHNAME', 'clusterseg_agreement_serialize' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION clusterseg._agreement_serialize(internal) IS 'counts of a worker as bytes';

CREATE FUNCTION clusterseg._agreement_deserialize(bytes bytea, state internal) RETURNS internal
	AS 'MODULE_PATHNAME', 'clusterseg_agreement_deserialize' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION clusterseg._agreement_deserialize(bytea, internal) IS 'and back';

CREATE FUNCTION clusterseg._adjusted_rand_index(state internal) RETURNS float8
	AS 'MODULE_PATHNAME', 'clusterseg_adjusted_rand_index' LANGUAGE C IMMUTABLE PARALLEL SAFE;
COMMENT ON FUNCTION clusterseg._adjusted_rand_index(internal) IS 'final function of adjusted_rand_index()';

CREATE FUNCTION clusterseg._normalized_mutual_information(state internal) RETURNS float8
	AS 'MODULE_PATHNAME', 'clusterseg_normalized_mutual_information' LANGUAGE C IMMUTABLE PARALLEL SAFE;
COMMENT ON FUNCTION clusterseg._normalized_mutual_information(internal) IS 'final function of normalized_mutual_information()';

CREATE FUNCTION clusterseg._purity(state internal) RETURNS float8
	AS 'MODULE_PATHNAME', 'clusterseg_purity' LANGUAGE C IMMUTABLE PARALLEL SAFE;
COMMENT ON FUNCTION clusterseg._purity(internal) IS 'final function of purity()';

CREATE FUNCTION clusterseg._homogeneity(state internal) RETURNS float8
	AS 'MODULE_PATHNAME', 'clusterseg_homogeneity' LANGUAGE C IMMUTABLE PARALLEL SAFE;
COMMENT ON FUNCTION clusterseg._homogeneity(internal) IS 'final function of homogeneity()';

CREATE FUNCTION clusterseg._completeness(state internal) RETURNS float8
	AS 'MODULE_PATHNAME', 'clusterseg_completeness' LANGUAGE C IMMUTABLE PARALLEL SAFE;
COMMENT ON FUNCTION clusterseg._completeness(internal) IS 'final function of completeness()';

CREATE FUNCTION clusterseg._fowlkes_mallows(state internal) RETURNS float8
	AS 'MODULE_PATHNAME', 'clusterseg_fowlkes_mallows' LANGUAGE C IMMUTABLE PARALLEL SAFE;
COMMENT ON FUNCTION clusterseg._fowlkes_mallows(internal) IS 'final function of fowlkes_mallows()';

CREATE AGGREGATE clusterseg.adjusted_rand_index(int, int) (
	SFUNC = clusterseg._agreement_add, STYPE = internal, SSPACE = 4096, FINALFUNC = clusterseg._adjusted_rand_index,
	COMBINEFUNC = clusterseg._agreement_combine, SERIALFUNC = clusterseg._agreement_serialize,
	DESERIALFUNC = clusterseg._agreement_deserialize, PARALLEL = SAFE);
COMMENT ON AGGREGATE clusterseg.adjusted_rand_index(int, int) IS
	'share of pairs of rows that two labellings treat alike, less chance: 1 is the same clusters, 0 is chance; rows with a NULL label are not counted';

CREATE AGGREGATE clusterseg.normalized_mutual_information(int, int) (
	SFUNC = clusterseg._agreement_add, STYPE = internal, SSPACE = 4096, FINALFUNC = clusterseg._normalized_mutual_information,
	COMBINEFUNC = clusterseg._agreement_combine, SERIALFUNC = clusterseg._agreement_serialize,
	DESERIALFUNC = clusterseg._agreement_deserialize, PARALLEL = SAFE);
COMMENT ON AGGREGATE clusterseg.normalized_mutual_information(int, int) IS
	'mutual information of two labellings over the mean of their entropies (the V-measure), 0 to 1';

CREATE AGGREGATE clusterseg.purity(int, int) (
	SFUNC = clusterseg._agreement_add, STYPE = internal, SSPACE = 4096, FINALFUNC = clusterseg._purity,
	COMBINEFUNC = clusterseg._agreement_combine, SERIALFUNC = clusterseg._agreement_serialize,
	DESERIALFUNC = clusterseg._agreement_deserialize, PARALLEL = SAFE);
COMMENT ON AGGREGATE clusterseg.purity(int, int) IS
	'share of rows in the most frequent class (second argument) of their cluster (first argument)';

CREATE AGGREGATE clusterseg.homogeneity(int, int) (
	SFUNC = clusterseg._agreement_add, STYPE = internal, SSPACE = 4096, FINALFUNC = clusterseg._homogeneity,
	COMBINEFUNC = clusterseg._agreement_combine, SERIALFUNC = clusterseg._agreement_serialize,
	DESERIALFUNC = clusterseg._agreement_deserialize, PARALLEL = SAFE);
COMMENT ON AGGREGATE clusterseg.homogeneity(int, int) IS
	'does each cluster (first argument) hold one class (second argument) only? 0 to 1';

CREATE AGGREGATE clusterseg.completeness(int, int) (
	SFUNC = clusterseg._agreement_add, STYPE = internal, SSPACE = 4096, FINALFUNC = clusterseg._completeness,
	COMBINEFUNC = clusterseg._agreement_combine, SERIALFUNC = clusterseg._agreement_serialize,
	DESERIALFUNC = clusterseg._agreement_deserialize, PARALLEL = SAFE);
COMMENT ON AGGREGATE clusterseg.completeness(int, int) IS
	'is each class (second argument) in one cluster (first argument) only? 0 to 1';

CREATE AGGREGATE clusterseg.fowlkes_mallows(int, int) (
	SFUNC = clusterseg._agreement_add, STYPE = internal, SSPACE = 4096, FINALFUNC = clusterseg._fowlkes_mallows,
	COMBINEFUNC = clusterseg._agreement_combine, SERIALFUNC = clusterseg._agreement_serialize,
	DESERIALFUNC = clusterseg._agreement_deserialize, PARALLEL = SAFE);
COMMENT ON AGGREGATE clusterseg.fowlkes_mallows(int, int) IS
	'geometric mean of the shares of pairs together in one labelling that are together in the other, 0 to 1';

-- ---------------------------------------------------------------------------
-- Quality of a version on the rows of its source, or of another one
-- ---------------------------------------------------------------------------

CREATE FUNCTION clusterseg._evaluate(name text, value clusterseg.model, source text, path text, owner text, key text, weight text,
		silhouette_rows int)
	RETURNS TABLE (metric text, value float8, note text)
	AS 'MODULE_PATHNAME', 'clusterseg_evaluate' LANGUAGE C STABLE PARALLEL UNSAFE ROWS 17 COST 1000000;
COMMENT ON FUNCTION clusterseg._evaluate(text, clusterseg.model, text, text, text, text, text, int) IS
	'measures of a model value on the rows of a source';

CREATE FUNCTION clusterseg._stability(name text, value clusterseg.model, source text, path text, owner text, key text, weight text,
		options jsonb, rounds int, sample int, seed bigint)
	RETURNS TABLE (segment_id int, jaccard float8, verdict text, rounds int, recovered int, dissolved int)
	AS 'MODULE_PATHNAME', 'clusterseg_stability' LANGUAGE C STABLE PARALLEL UNSAFE COST 1000000;
COMMENT ON FUNCTION clusterseg._stability(text, clusterseg.model, text, text, text, text, text, jsonb, int, int, bigint) IS
	'bootstrap stability of the segments of a model value on the rows of a source';

-- The version to be measured, with the source to read: that of the model, or the caller's own.
CREATE FUNCTION clusterseg._measured(p_name text, p_version int, p_source text, p_path text, p_group_key jsonb,
		OUT version int, OUT value clusterseg.model, OUT options jsonb, OUT metrics jsonb, OUT source text, OUT path text,
		OUT owner text, OUT key text)
	LANGUAGE plpgsql STABLE PARALLEL UNSAFE
	SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
	m clusterseg.models := clusterseg._model(p_name, 'segmentation');
BEGIN
	IF p_version IS NULL AND m.published_version IS NULL THEN
		PERFORM clusterseg._fail('55000', format('model "%s" has no published version', p_name), NULL,
			'Name one with version => ..., or call clusterseg.publish().');
	END IF;
	SELECT v.version, v.value, v.options, v.metrics INTO _measured.version, _measured.value, _measured.options, _measured.metrics
		FROM clusterseg.versions v WHERE v.model = p_name AND v.version = COALESCE(p_version, m.published_version);
	IF value IS NULL THEN
		PERFORM clusterseg._fail('42704', format('model "%s" has no version %s', p_name, p_version),
			(SELECT 'It has: ' || string_agg(x.version::text, ', ' ORDER BY x.version) || '.' FROM clusterseg.versions x WHERE x.model = p_name));
	END IF;
	IF COALESCE(p_source, m.source) IS NULL THEN
		PERFORM clusterseg._fail('55000', format('model "%s" has no source', p_name), 'It was imported.',
			'Name rows to measure it on with source => ....');
	END IF;
	source := COALESCE(p_source, m.source);
	path := CASE WHEN p_source IS NULL THEN m.source_path ELSE p_path END;
	owner := CASE WHEN p_source IS NULL THEN m.owner END;
	key := m.key;
	IF p_group_key IS NOT NULL THEN
		-- the model of one group, on its rows
		value := clusterseg.group_model(value, p_group_key);
		source := format('SELECT q.* FROM %s WHERE %s', clusterseg._source_from(source, path, owner),
			(SELECT string_agg(format('q.%I::pg_catalog.text IS NOT DISTINCT FROM %L', g.key, g.value), ' AND ') FROM jsonb_each_text(p_group_key) g));
		metrics := '{}';
	END IF;
END
$$;
COMMENT ON FUNCTION clusterseg._measured(text, int, text, text, jsonb) IS 'a version, or the model of one of its groups, and the source to measure it on';

CREATE FUNCTION clusterseg._evaluate_version(p_name text, p_version int, p_source text, p_path text, silhouette_rows int, p_group_key jsonb)
	RETURNS TABLE (metric text, value float8, note text) LANGUAGE plpgsql STABLE PARALLEL UNSAFE ROWS 18
	SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
	v record;
	candidate jsonb;
BEGIN
	IF silhouette_rows IS NULL OR silhouette_rows < 2 THEN
		PERFORM clusterseg._fail('22023', 'silhouette_rows is a number of rows from 2 up', NULL,
			'The exact silhouette takes time with the square of it: 50000 rows of 8 features some tenths of a second.');
	END IF;
	v := clusterseg._measured(p_name, p_version, p_source, p_path, p_group_key);
	RETURN QUERY SELECT * FROM clusterseg._evaluate(p_name, v.value, v.source, v.path, v.owner, v.key, v.options->>'weight', silhouette_rows);
	SELECT c.value INTO candidate FROM jsonb_array_elements(COALESCE(v.metrics->'candidates', '[]')) c(value) WHERE (c.value->>'chosen')::boolean;
	RETURN QUERY SELECT 'stability', (candidate->>'stability')::float8, CASE
		WHEN candidate IS NULL THEN 'not measured in training, where k was given: stability() measures it per segment'
		WHEN candidate->>'stability' IS NULL THEN 'too few rows in training'
		ELSE 'agreement of models of half the rows, measured in training' END;
END
$$;
COMMENT ON FUNCTION clusterseg._evaluate_version(text, int, text, text, int, jsonb) IS 'evaluate() under a given search path';

CREATE FUNCTION clusterseg.evaluate(name text, version int DEFAULT NULL, source text DEFAULT NULL, silhouette_rows int DEFAULT 50000,
		group_key jsonb DEFAULT NULL)
	RETURNS TABLE (metric text, value float8, note text) LANGUAGE sql STABLE PARALLEL UNSAFE ROWS 18
	BEGIN ATOMIC
		SELECT * FROM clusterseg._evaluate_version(evaluate.name, evaluate.version, evaluate.source,
			pg_catalog.current_setting('search_path'), evaluate.silhouette_rows, evaluate.group_key);
	END;
COMMENT ON FUNCTION clusterseg.evaluate(text, int, text, int, jsonb) IS
	'how good the published (or the given) version of a segmentation is on the rows of its source, or of another one: sizes, objective, silhouettes, Davies-Bouldin, Calinski-Harabasz, borderline and skipped rows';

CREATE FUNCTION clusterseg._stability_version(p_name text, p_version int, p_source text, p_path text, p_rounds int, p_sample int, p_seed bigint,
		p_group_key jsonb)
	RETURNS TABLE (segment_id int, jaccard float8, verdict text, segment text, rounds int, recovered int, dissolved int)
	LANGUAGE plpgsql STABLE PARALLEL UNSAFE
	SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
	v record;
BEGIN
	IF p_rounds IS NULL OR p_rounds < 1 OR p_rounds > 100000 THEN
		PERFORM clusterseg._fail('22023', 'rounds is a number from 1 to 100000', NULL, 'Some 100 are usual.');
	ELSIF p_sample IS NULL OR p_sample < 10 THEN
		PERFORM clusterseg._fail('22023', 'sample is a number of rows from 10 up');
	ELSIF p_seed IS NULL THEN
		PERFORM clusterseg._fail('22004', 'argument "seed" must not be NULL');
	END IF;
	v := clusterseg._measured(p_name, p_version, p_source, p_path, p_group_key);
	RETURN QUERY
		SELECT s.segment_id, s.jaccard, s.verdict, x.label, s.rounds, s.recovered, s.dissolved
		FROM clusterseg._stability(p_name, v.value, v.source, v.path, v.owner, v.key, v.options->>'weight', v.options->'options',
				p_rounds, p_sample, p_seed) s
			LEFT JOIN clusterseg._segments x ON x.model = p_name AND x.segment_id = s.segment_id
		ORDER BY s.segment_id;
END
$$;
COMMENT ON FUNCTION clusterseg._stability_version(text, int, text, text, int, int, bigint, jsonb) IS 'stability() under a given search path';

CREATE FUNCTION clusterseg.stability(name text, version int DEFAULT NULL, rounds int DEFAULT 100, sample int DEFAULT 10000,
		seed bigint DEFAULT 42, source text DEFAULT NULL, group_key jsonb DEFAULT NULL)
	RETURNS TABLE (segment_id int, jaccard float8, verdict text, segment text, rounds int, recovered int, dissolved int)
	LANGUAGE sql STABLE PARALLEL UNSAFE
	BEGIN ATOMIC
		SELECT * FROM clusterseg._stability_version(stability.name, stability.version, stability.source,
			pg_catalog.current_setting('search_path'), stability.rounds, stability.sample, stability.seed, stability.group_key);
	END;
COMMENT ON FUNCTION clusterseg.stability(text, int, int, int, bigint, text, jsonb) IS
	'does each segment come out again when the model is fitted to bootstrap samples? mean Jaccard coefficient with the most similar new segment, and a verdict: unstable, doubtful, stable, highly stable (Hennig 2007)';

-- ---------------------------------------------------------------------------
-- How many segments?
-- ---------------------------------------------------------------------------

CREATE FUNCTION clusterseg._select_k(name text, source text, path text, key text, features text[], algorithm text,
		k int, k_min int, k_max int, transforms jsonb, scale text, weight text, seed bigint, options jsonb,
		former clusterseg.model, former_members text, next_id int, leave_out text[], run_as text)
	RETURNS TABLE (k int, metric text, value float8, chosen boolean, near_tie boolean, stable boolean, best boolean, votes int)
	AS 'MODULE_PATHNAME', 'clusterseg_select_k' LANGUAGE C VOLATILE PARALLEL UNSAFE ROWS 72 COST 1000000;
COMMENT ON FUNCTION clusterseg._select_k(text, text, text, text, text[], text, int, int, int, jsonb, text, text, bigint, jsonb, clusterseg.model, text, int, text[], text) IS
	'measures every number of segments in a range; takes the arguments of _fit()';

CREATE FUNCTION clusterseg.select_k(source text, key text, features text[] DEFAULT NULL, k_range int4range DEFAULT '[2,10]',
		algorithm text DEFAULT 'kmeans', transforms jsonb DEFAULT '{}', scale text DEFAULT 'zscore', weight text DEFAULT NULL,
		seed bigint DEFAULT 42, options jsonb DEFAULT '{}')
	RETURNS TABLE (k int, metric text, value float8, chosen boolean, near_tie boolean, stable boolean, best boolean, votes int)
	LANGUAGE sql VOLATILE PARALLEL UNSAFE ROWS 72
	BEGIN ATOMIC
		SELECT * FROM clusterseg._select_k(NULL, select_k.source, pg_catalog.current_setting('search_path'), select_k.key,
			select_k.features, select_k.algorithm, NULL,
			CASE WHEN select_k.k_range IS NULL THEN 2 ELSE lower(select_k.k_range) END,
			CASE WHEN select_k.k_range IS NULL THEN 10 ELSE upper(select_k.k_range) - 1 END,
			select_k.transforms, select_k.scale, select_k.weight, select_k.seed, select_k.options,
			NULL, NULL, 1, NULL, NULL);
	END;
COMMENT ON FUNCTION clusterseg.select_k(text, text, text[], int4range, text, jsonb, text, text, bigint, jsonb) IS
	'measures every number of segments in a range and says which one train(k => NULL) would take, by stability first, then silhouette; keeps no model';
