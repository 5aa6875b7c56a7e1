-- ---------------------------------------------------------------------------
-- Options of a recommender by trying them inside the training data
-- ---------------------------------------------------------------------------

-- What is tried of each algorithm unless the caller says otherwise: values that did
-- well on one public data set or another.  Options that an algorithm has not are
-- left out, and half-lives without times.
CREATE FUNCTION clusterseg.tuning_grid(algorithm text) RETURNS TABLE (option text, "values" jsonb)
	LANGUAGE sql STABLE PARALLEL SAFE ROWS 3
	BEGIN ATOMIC
		SELECT g.option, g.tried::jsonb FROM (VALUES
			('popular', 'half_life', '[0, 7, 30, 90, 365]'),
			('trending', 'window', '[1, 3, 7, 14, 30, 60]'),
			('segment_popular', 'kappa', '[0, 5, 20, 100]'),
			('segment_popular', 'half_life', '[0, 30, 365]'),
			('segment_mixture', 'clusters', '[10, 20, 40]'),
			('segment_mixture', 'half_life', '[0, 30, 365]'),
			('itemknn', 'similarity', '["tfidf", "cosine", "jaccard", "bm25"]'),
			('itemknn', 'neighbours', '[200, 50]'),
			('itemknn', 'shrink', '[10, 0, 100]'),
			('userknn', 'similarity', '["jaccard", "cosine"]'),
			('userknn', 'neighbours', '[100, 50, 200, 400]'),
			('rp3beta', 'alpha', '[0.8, 0.6, 1]'),
			('rp3beta', 'beta', '[0.4, 0.2, 0.6]'),
			('rp3beta', 'neighbours', '[200, 100]'),
			('ease', 'l2', '[500, 30, 100, 250, 1000, 3000, 10000, 30000]'),
			('ials', 'alpha', '[0.3, 0.1, 0.6]'),
			('ials', 'l2', '[0.01, 0.003, 0.03, 0.1]'),
			('ials', 'factors', '[32, 64]'),
			('puresvd', 'factors', '[32, 8, 16, 64, 128]'),
			('content', 'weight', '[0.5, 0.2, 1]'),
			('next_item', 'decay', '[0.8, 0.5, 1]'),
			('blend', 'half_life', '[0, 30, 365]')) g (algorithm, option, tried)
		WHERE g.algorithm = tuning_grid.algorithm
			AND EXISTS (SELECT FROM clusterseg._algorithms() a WHERE a.kind = 'recommender' AND a.algorithm = g.algorithm AND a.option = g.option);
	END;
COMMENT ON FUNCTION clusterseg.tuning_grid(text) IS 'options of a recommending algorithm, and the values that tune_recommender() tries';

-- All combinations, the defaults first, then in an order that the seed decides.
-- Values that are the default's are left out of a setting.
CREATE FUNCTION clusterseg._settings(p_grid jsonb, p_defaults jsonb, p_seed bigint, p_most int) RETURNS TABLE (place int, setting jsonb)
	LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE
	SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
	o record;
	settings jsonb[] := ARRAY['{}'::jsonb];
BEGIN
	IF jsonb_typeof(p_grid) <> 'object' THEN
		PERFORM clusterseg._fail('22023', 'grid is not an object', NULL, 'For example {"factors": [32, 64], "l2": [0.01, 0.1]}.');
	END IF;
	FOR o IN SELECT * FROM jsonb_each(p_grid) x ORDER BY x.key LOOP
		IF jsonb_typeof(o.value) <> 'array' OR o.value = '[]' THEN
			PERFORM clusterseg._fail('22023', format('values of option "%s" are not a list', o.key), NULL, 'For example {"factors": [32, 64], "l2": [0.01, 0.1]}.');
		ELSIF cardinality(settings) * jsonb_array_length(o.value) > 10000 THEN
			PERFORM clusterseg._fail('22023', 'grid has more than 10000 combinations');
		END IF;
		SELECT array_agg(s || jsonb_build_object(o.key, v) ORDER BY n, i) INTO settings
			FROM unnest(settings) WITH ORDINALITY a (s, n), jsonb_array_elements(o.value) WITH ORDINALITY b (v, i);
	END LOOP;
	RETURN QUERY SELECT 1, '{}'::jsonb
		UNION ALL SELECT (row_number() OVER (ORDER BY hashtextextended(s::text COLLATE "C", p_seed), s::text COLLATE "C"))::int + 1, s
			FROM (SELECT DISTINCT (SELECT COALESCE(jsonb_object_agg(e.key, e.value), '{}') FROM jsonb_each(a.s) e
				WHERE e.value #>> '{}' IS DISTINCT FROM p_defaults->>e.key) AS s FROM unnest(settings) a (s)) d WHERE s <> '{}'
		ORDER BY 1 LIMIT p_most;
END
$$;
COMMENT ON FUNCTION clusterseg._settings(jsonb, jsonb, bigint, int) IS 'combinations of the values of a grid';

CREATE FUNCTION clusterseg._tune_recommender(p_source text, p_path text, p_customer text, p_item text, p_weight text, p_at text, p_algorithm text,
		p_grid jsonb, p_metric text, p_split text, p_k int, p_segmentation text, p_item_source text, p_item_key text, p_event_type text, p_test text,
		p_test_share float8, p_cut timestamptz, p_last_events int, p_exclude_seen boolean, p_max_customers int, p_max_settings int,
		p_max_seconds float8, p_seed bigint, p_options jsonb)
	RETURNS TABLE (setting int, algorithm text, options jsonb, metric text, value float8, low float8, high float8, customers int,
		difference float8, difference_low float8, difference_high float8, to_best float8, to_best_low float8, to_best_high float8,
		seconds float8, chosen boolean, note text)
	LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE ROWS 30
	SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
	started timestamptz := clock_timestamp();
	effective jsonb;
	grid jsonb := p_grid;
	defaults jsonb;
	c record;
	t record;
	nth int := 0;
	tried int := 0;
	settings bigint;
	results jsonb := '[]';
	weight text;
BEGIN
	p_options := COALESCE(p_options, '{}');
	IF p_algorithm IS NULL THEN
		PERFORM clusterseg._fail('22004', 'argument "algorithm" must not be NULL');
	ELSIF NOT EXISTS (SELECT FROM clusterseg._algorithms() a WHERE a.kind = 'recommender' AND a.algorithm = p_algorithm) THEN
		PERFORM clusterseg._fail('22023', format('unknown algorithm "%s"', p_algorithm), NULL,
			'SELECT DISTINCT algorithm, summary FROM clusterseg.algorithms WHERE kind = ''recommender'' tells what there is.');
	ELSIF p_metric IS NULL OR p_metric NOT IN ('precision', 'recall', 'f1', 'ndcg', 'map', 'map_full', 'mrr', 'hit_rate') THEN
		PERFORM clusterseg._fail('22023', format('recommenders are not ranked by metric "%s"', p_metric), 'It is precision, recall, f1, ndcg, map, map_full, mrr or hit_rate.');
	ELSIF p_max_settings IS NULL OR p_max_settings < 1 THEN
		PERFORM clusterseg._fail('22023', format('invalid number of settings max_settings: %s', p_max_settings), 'It is 1 or more.');
	ELSIF p_max_seconds IS NULL OR NOT p_max_seconds > 0 THEN
		PERFORM clusterseg._fail('22023', format('invalid time max_seconds: %s', p_max_seconds), 'It is more than 0.');
	ELSIF jsonb_typeof(p_options) <> 'object' THEN
		PERFORM clusterseg._fail('22023', 'options are an object', NULL, 'For example: options => ''{"half_life": 90}''.');
	END IF;
	IF grid IS NULL THEN
		SELECT COALESCE(jsonb_object_agg(g.option, g."values"), '{}') INTO grid FROM clusterseg.tuning_grid(p_algorithm) g
			WHERE NOT p_options ? g.option AND (p_at IS NOT NULL OR g.option <> 'half_life');
	END IF;
	SELECT jsonb_object_agg(a.option, a."default") || p_options INTO defaults FROM clusterseg._algorithms() a
		WHERE a.kind = 'recommender' AND a.algorithm = p_algorithm;
	SELECT count(*) INTO settings FROM clusterseg._settings(grid, defaults, p_seed, NULL);
	PERFORM clusterseg._compare_begin(p_k, '{}');
	weight := clusterseg._event_weight(p_weight, p_event_type, NULLIF(p_options->'event_weights', 'null'));
	PERFORM clusterseg._split_events(p_source, p_path, p_customer, p_item, p_weight, p_at, p_event_type, p_split, p_test, p_test_share,
		p_cut, p_last_events, p_seed, '_clusterseg_tuned');
	PERFORM clusterseg._split_test('_clusterseg_tuned', CASE WHEN p_split = 'given' AND p_test <> ALL (clusterseg._source_columns(p_source, p_path)) THEN p_test END,
		p_path, p_customer, p_item, weight, p_max_customers, p_seed, '_clusterseg_validation');
	FOR c IN SELECT * FROM clusterseg._settings(grid, defaults, p_seed, p_max_settings) x ORDER BY x.place LOOP
		EXIT WHEN tried > 0 AND extract(epoch FROM clock_timestamp() - started) > p_max_seconds;
		tried := tried + 1;
		effective := p_options || c.setting;
		t := clusterseg._try_recommender('SELECT * FROM pg_temp._clusterseg_tuned WHERE NOT _clusterseg_test', p_customer, p_item, p_weight, p_at,
			p_algorithm, p_segmentation, p_item_source, p_item_key, p_event_type, p_seed, effective, p_path, 'pg_temp._clusterseg_validation',
			p_k, COALESCE(p_exclude_seen, true));
		-- of the settings only their size may stand in the way
		IF t.fault IS NOT NULL AND t.fault_state NOT LIKE '54%' THEN
			PERFORM clusterseg._fail(t.fault_state, t.fault, NULLIF(t.fault_detail, ''), NULLIF(t.fault_hint, ''));
		ELSIF t.fault IS NULL THEN
			nth := nth + 1;
		END IF;
		results := results || jsonb_build_object('setting', c.place, 'options', effective, 'nth', CASE WHEN t.fault IS NULL THEN nth END,
			'seconds', t.seconds + t.seconds_lists, 'fault', NULLIF(concat_ws(': ', t.fault, NULLIF(t.fault_detail, '')), ''));
	END LOOP;
	DROP TABLE pg_temp._clusterseg_tuned, pg_temp._clusterseg_validation;
	IF tried < settings THEN
		RAISE NOTICE 'of % settings % were tried', settings, tried
			USING DETAIL = 'Which, and in what order, the seed decides.', HINT = 'max_settings and max_seconds say how many, and how long.';
	END IF;
	-- the best as it was measured; of the same, the one that was tried first
	RETURN QUERY
		WITH f AS MATERIALIZED (SELECT x.* FROM clusterseg._compare_end('{}', 1, p_seed, p_metric) x WHERE x.metric = p_metric)
		SELECT r.setting, p_algorithm, r.options, p_metric, f.value, f.low, f.high, f.customers, f.difference, f.difference_low, f.difference_high,
			f.to_best, f.to_best_low, f.to_best_high, r.seconds, COALESCE(f.method = f.best, false), r.fault
		FROM jsonb_to_recordset(results) r(setting int, options jsonb, nth int, seconds float8, fault text)
			LEFT JOIN f ON f.method = r.nth
		ORDER BY f.value DESC NULLS LAST, r.setting;
END
$$;
COMMENT ON FUNCTION clusterseg._tune_recommender(text, text, text, text, text, text, text, jsonb, text, text, int, text, text, text, text, text, float8,
	timestamptz, int, boolean, int, int, float8, bigint, jsonb) IS 'tune_recommender() under a given search path';

CREATE FUNCTION clusterseg.tune_recommender(source text, customer text, item text, weight text DEFAULT NULL, at text DEFAULT NULL,
		algorithm text DEFAULT 'itemknn', grid jsonb DEFAULT NULL, metric text DEFAULT 'ndcg', split text DEFAULT 'time', k int DEFAULT 10,
		segmentation text DEFAULT NULL, item_source text DEFAULT NULL, item_key text DEFAULT NULL, event_type text DEFAULT NULL, test text DEFAULT NULL,
		test_share float8 DEFAULT 0.2, cut timestamptz DEFAULT NULL, last_events int DEFAULT 1, exclude_seen boolean DEFAULT true,
		max_customers int DEFAULT 20000, max_settings int DEFAULT 30, max_seconds float8 DEFAULT 600, seed bigint DEFAULT 42, options jsonb DEFAULT '{}')
	RETURNS TABLE (setting int, algorithm text, options jsonb, metric text, value float8, low float8, high float8, customers int,
		difference float8, difference_low float8, difference_high float8, to_best float8, to_best_low float8, to_best_high float8,
		seconds float8, chosen boolean, note text)
	LANGUAGE sql VOLATILE PARALLEL UNSAFE ROWS 30
	BEGIN ATOMIC
		SELECT * FROM clusterseg._tune_recommender(tune_recommender.source, pg_catalog.current_setting('search_path'), tune_recommender.customer,
			tune_recommender.item, tune_recommender.weight, tune_recommender.at, tune_recommender.algorithm, tune_recommender.grid,
			tune_recommender.metric, tune_recommender.split, tune_recommender.k, tune_recommender.segmentation, tune_recommender.item_source,
			tune_recommender.item_key, tune_recommender.event_type, tune_recommender.test, tune_recommender.test_share, tune_recommender.cut,
			tune_recommender.last_events, tune_recommender.exclude_seen, tune_recommender.max_customers, tune_recommender.max_settings,
			tune_recommender.max_seconds, tune_recommender.seed, tune_recommender.options);
	END;
COMMENT ON FUNCTION clusterseg.tune_recommender(text, text, text, text, text, text, jsonb, text, text, int, text, text, text, text, text, float8,
	timestamptz, int, boolean, int, int, float8, bigint, jsonb) IS
	'tries options of a recommending algorithm on events, of which a part is held back to judge them by: one row per setting, and the one that is chosen; keeps no model';
