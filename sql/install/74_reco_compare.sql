-- ---------------------------------------------------------------------------
-- How good recommenders are: one by itself, and several on the same customers
-- ---------------------------------------------------------------------------

CREATE FUNCTION clusterseg.evaluate_recommender(model text, test text, k int DEFAULT 10, exclude_seen boolean DEFAULT true,
		seed bigint DEFAULT 42, "by" text[] DEFAULT '{}')
	RETURNS TABLE (metric text, value float8, low float8, high float8, customers int, customers_group text)
	AS 'MODULE_PATHNAME', 'clusterseg_evaluate_recommender' LANGUAGE C STABLE PARALLEL RESTRICTED ROWS 13 COST 1000000;
COMMENT ON FUNCTION clusterseg.evaluate_recommender(text, text, int, boolean, bigint, text[]) IS
	'compares what is recommended to the customers of a query (customer, item) with the items that it says they took: metrics over the full ranking with 95 % intervals over customers; by warmth, history, segment or items gives groups apart';

CREATE FUNCTION clusterseg._compare_begin(k int, "by" text[]) RETURNS void
	AS 'MODULE_PATHNAME', 'clusterseg_compare_begin' LANGUAGE C VOLATILE PARALLEL UNSAFE;
COMMENT ON FUNCTION clusterseg._compare_begin(int, text[]) IS 'opens a comparison of recommenders in this transaction';

CREATE FUNCTION clusterseg._compare_add(model text, test text, k int, exclude_seen boolean, seed bigint) RETURNS int
	AS 'MODULE_PATHNAME', 'clusterseg_compare_add' LANGUAGE C VOLATILE STRICT PARALLEL UNSAFE;
COMMENT ON FUNCTION clusterseg._compare_add(text, text, int, boolean, bigint) IS
	'measures a recommender as the next one of the open comparison; returns the customers that it was measured on';

CREATE FUNCTION clusterseg._compare_end("by" text[], baseline int, seed bigint, best_by text)
	RETURNS TABLE (method int, metric text, value float8, low float8, high float8, customers_group text, customers int,
		difference float8, difference_low float8, difference_high float8, best int, to_best float8, to_best_low float8, to_best_high float8)
	AS 'MODULE_PATHNAME', 'clusterseg_compare_end' LANGUAGE C VOLATILE PARALLEL UNSAFE ROWS 500;
COMMENT ON FUNCTION clusterseg._compare_end(text[], int, bigint, text) IS 'the figures of the open comparison, which it closes';

-- ---------------------------------------------------------------------------
-- Splits
-- ---------------------------------------------------------------------------

-- Where a share of 0 to 1 begins, as an expression over the keys: the same events of
-- a customer and item fall on the same side.
CREATE FUNCTION clusterseg._drawn(seed bigint, VARIADIC columns text[]) RETURNS text
	LANGUAGE sql IMMUTABLE PARALLEL SAFE
	BEGIN ATOMIC
		SELECT pg_catalog.format('((pg_catalog.hashtextextended(pg_catalog.concat_ws(E''\x01'', %s) COLLATE "C", %s) & 9007199254740991) / 9007199254740992.0)',
			(SELECT pg_catalog.string_agg(pg_catalog.format('q.%I', c), ', ' ORDER BY o) FROM pg_catalog.unnest(columns) WITH ORDINALITY u (c, o)), seed);
	END;
COMMENT ON FUNCTION clusterseg._drawn(bigint, text[]) IS 'expression over a source: a number from 0 to 1 that keys and seed decide';

-- Events with a column that says whether they are of the test, as a temporary table.
CREATE FUNCTION clusterseg._split_events(p_source text, p_path text, p_customer text, p_item text, p_weight text, p_at text,
		p_event_type text, p_split text, p_test text, p_test_share float8, p_cut timestamptz, p_last_events int, p_seed bigint, p_into text)
	RETURNS void LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
	SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
	missing text := CASE WHEN p_source IS NULL THEN 'source' WHEN p_customer IS NULL THEN 'customer' WHEN p_item IS NULL THEN 'item'
		WHEN p_split IS NULL THEN 'split' WHEN p_seed IS NULL THEN 'seed' WHEN p_split IN ('time', 'random') AND p_test_share IS NULL THEN 'test_share'
		WHEN p_split = 'last' AND p_last_events IS NULL THEN 'last_events' END;
	q text;
	columns text[];
	is_test text := 'false';
	inner_q text;
	late timestamptz;
BEGIN
	IF missing IS NOT NULL THEN
		PERFORM clusterseg._fail('22004', format('argument "%s" must not be NULL', missing));
	ELSIF p_split NOT IN ('time', 'last', 'random', 'given') THEN
		PERFORM clusterseg._fail('22023', format('unknown split "%s"', p_split),
			'A split is by time (what came after a moment), last (what each customer did last), random, or given.');
	ELSIF p_split = 'given' AND p_test IS NULL THEN
		PERFORM clusterseg._fail('22023', 'split "given" needs a test', NULL,
			'Name a boolean column of the source with the argument "test", or give a query of customer and item.');
	ELSIF p_split <> 'given' AND p_test IS NOT NULL THEN
		PERFORM clusterseg._fail('22023', format('split "%s" makes the test by itself', p_split), NULL, 'Use split => ''given'' with the argument "test".');
	ELSIF p_split IN ('time', 'last') AND p_at IS NULL THEN
		PERFORM clusterseg._fail('22023', format('split "%s" needs the time of the events', p_split), NULL,
			'Name its column with the argument "at", or use split => ''random'', which lets the future be known.');
	ELSIF p_split IN ('time', 'random') AND NOT (p_test_share > 0 AND p_test_share < 1) THEN
		PERFORM clusterseg._fail('22023', format('invalid share of the test: %s', p_test_share), 'It lies between 0 and 1.');
	ELSIF p_split = 'last' AND p_last_events < 1 THEN
		PERFORM clusterseg._fail('22023', format('invalid number of last events: %s', p_last_events), 'It is 1 or more.');
	END IF;
	q := clusterseg._source_from(p_source, p_path);
	columns := clusterseg._source_columns(p_source, p_path);
	PERFORM clusterseg._check_column(p_source, columns, p_customer, p_item, p_weight, p_at, p_event_type);
	columns := ARRAY(SELECT DISTINCT c FROM unnest(ARRAY[p_customer, p_item, p_weight, p_at, p_event_type]) c WHERE c IS NOT NULL ORDER BY c);
	inner_q := (SELECT string_agg(format('q.%I', c), ', ' ORDER BY c) FROM unnest(columns) c);
	PERFORM set_config('search_path', p_path, true);
	IF p_split = 'time' THEN
		late := p_cut;
		IF late IS NULL THEN
			EXECUTE format('SELECT pg_catalog.percentile_disc(%s) WITHIN GROUP (ORDER BY q.%I::pg_catalog.timestamptz) FROM %s', 1 - p_test_share, p_at, q) INTO late;
			is_test := format('q.%I::pg_catalog.timestamptz > %L::pg_catalog.timestamptz', p_at, late);
		ELSE
			is_test := format('q.%I::pg_catalog.timestamptz >= %L::pg_catalog.timestamptz', p_at, late);
		END IF;
	ELSIF p_split = 'last' THEN
		q := format('(SELECT %1$s, pg_catalog.dense_rank() OVER (PARTITION BY q.%2$I ORDER BY q.%3$I DESC NULLS LAST) AS _clusterseg_back,
			pg_catalog.dense_rank() OVER (PARTITION BY q.%2$I ORDER BY q.%3$I NULLS LAST) AS _clusterseg_nth FROM %4$s) q', inner_q, p_customer, p_at, q);
		is_test := format('q._clusterseg_back <= %1$s AND q._clusterseg_back + q._clusterseg_nth - 1 > %1$s', p_last_events);
	ELSIF p_split = 'random' THEN
		is_test := format('%s < %s', clusterseg._drawn(p_seed, p_customer, p_item), p_test_share);
	ELSIF p_test = ANY (clusterseg._source_columns(p_source, p_path)) THEN
		is_test := format('q.%I', p_test);
	END IF;
	EXECUTE format('CREATE TEMPORARY TABLE %I ON COMMIT DROP AS SELECT %s, COALESCE((%s)::pg_catalog.bool, false) AS _clusterseg_test FROM %s',
		p_into, inner_q, is_test, q);
	PERFORM pg_catalog.set_config('search_path', 'pg_catalog, pg_temp', true);
END
$$;
COMMENT ON FUNCTION clusterseg._split_events(text, text, text, text, text, text, text, text, text, float8, timestamptz, int, bigint, text) IS
	'events as a temporary table, with a column that says which are of the test';

-- What the customers took, from a table of split events or a query.
CREATE FUNCTION clusterseg._split_test(p_events text, p_query text, p_path text, p_customer text, p_item text, p_weight text,
		p_max_customers int, p_seed bigint, p_into text) RETURNS void
	LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
	SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
	n bigint;
	q text;
	names text[] := ARRAY[p_customer, p_item];
BEGIN
	IF p_max_customers IS NULL OR p_max_customers < 1 THEN
		PERFORM clusterseg._fail('22023', format('invalid number of customers max_customers: %s', COALESCE(p_max_customers::text, 'NULL')), 'It is 1 or more.');
	END IF;
	IF p_query IS NULL THEN
		q := format('pg_temp.%I q WHERE q._clusterseg_test', p_events);
	ELSE
		q := clusterseg._source_from(p_query, p_path);
		names := clusterseg._source_columns(p_query, p_path);
		IF cardinality(names) < 2 THEN
			PERFORM clusterseg._fail('22023', 'the test has one column', 'Its first column is the customer, its second the item.');
		END IF;
		p_weight := NULL;
		PERFORM set_config('search_path', p_path, true);
	END IF;
	-- what is sent back in the test is not taken
	EXECUTE format('CREATE TEMPORARY TABLE %5$I ON COMMIT DROP AS SELECT q.%1$I AS customer, q.%2$I AS item FROM %3$s GROUP BY 1, 2 %4$s',
		names[1], names[2], q, 'HAVING pg_catalog.sum((' || p_weight || ')::pg_catalog.float8) > 0', p_into);
	PERFORM pg_catalog.set_config('search_path', 'pg_catalog, pg_temp', true);
	EXECUTE format('SELECT count(DISTINCT t.customer::text) FROM pg_temp.%I t', p_into) INTO n;
	IF n = 0 THEN
		PERFORM clusterseg._fail('22000', 'no customer is left to test recommenders with',
			'The test has no events in which customers take something.', 'Change the split, or the share of the test.');
	ELSIF n > p_max_customers THEN
		EXECUTE format('DELETE FROM pg_temp.%1$I t WHERE t.customer::text NOT IN (
			SELECT c FROM (SELECT DISTINCT q.customer::text AS c, %2$s AS drawn FROM pg_temp.%1$I q) d ORDER BY drawn, c COLLATE "C" LIMIT %3$s)',
			p_into, clusterseg._drawn(p_seed, 'customer'), p_max_customers);
		RAISE NOTICE 'of % customers of the test % are asked', n, p_max_customers
			USING DETAIL = 'They are drawn by the hash of their key.', HINT = 'Increase max_customers to ask more.';
	END IF;
END
$$;
COMMENT ON FUNCTION clusterseg._split_test(text, text, text, text, text, text, int, bigint, text) IS 'customers and items of the test as a temporary table';

-- ---------------------------------------------------------------------------
-- Comparisons
-- ---------------------------------------------------------------------------

-- Train a recommender, measure it as the next one of the open comparison, and undo
-- the training.  fault: why it could not be trained.
CREATE FUNCTION clusterseg._try_recommender(p_source text, p_customer text, p_item text, p_weight text, p_at text, p_algorithm text,
		p_segmentation text, p_item_source text, p_item_key text, p_event_type text, p_seed bigint, p_options jsonb, p_path text,
		p_test text, p_k int, p_exclude_seen boolean,
		OUT seconds float8, OUT seconds_lists float8, OUT customers int, OUT used text, OUT fault_state text, OUT fault text, OUT fault_detail text, OUT fault_hint text)
	LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
	SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
	name text := format('_clusterseg tried by %s', pg_backend_pid());
	trained boolean := false;
	started timestamptz;
BEGIN
	BEGIN
		-- what there is to say about the events is said once
		PERFORM set_config('client_min_messages', 'warning', true);
		SELECT t.seconds, t.algorithm INTO seconds, used FROM clusterseg._train_recommender(name, p_source, p_customer, p_item, p_weight, p_at, p_algorithm,
			p_segmentation, p_item_source, p_item_key, p_event_type, p_seed, true, p_options, p_path, 'clusterseg') t;
		trained := true;
		started := clock_timestamp();
		customers := clusterseg._compare_add(name, p_test, p_k, p_exclude_seen, p_seed);
		seconds_lists := extract(epoch FROM clock_timestamp() - started);
		RAISE EXCEPTION USING ERRCODE = 'CSUND', MESSAGE = 'undo';
	EXCEPTION
		WHEN SQLSTATE 'CSUND' THEN
			NULL;
		WHEN data_exception OR program_limit_exceeded OR feature_not_supported THEN
			GET STACKED DIAGNOSTICS fault_state = RETURNED_SQLSTATE, fault = MESSAGE_TEXT, fault_detail = PG_EXCEPTION_DETAIL, fault_hint = PG_EXCEPTION_HINT;
			IF trained THEN
				PERFORM clusterseg._fail(fault_state, fault, NULLIF(fault_detail, ''), NULLIF(fault_hint, ''));
			END IF;
	END;
END
$$;
COMMENT ON FUNCTION clusterseg._try_recommender(text, text, text, text, text, text, text, text, text, text, bigint, jsonb, text, text, int, boolean) IS
	'trains a recommender for the open comparison, measures it and undoes the training';

-- The methods of a comparison: the baselines, then what is asked for.
CREATE FUNCTION clusterseg._compared_methods(p_algorithms text[], p_options jsonb, p_timed boolean, p_segments boolean, p_recent float8)
	RETURNS TABLE (place int, method text, algorithm text, options jsonb, asked boolean)
	LANGUAGE plpgsql STABLE PARALLEL UNSAFE
	SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
	names text[] := '{popular}';
	own text[];
	common jsonb;
	unknown text;
BEGIN
	IF jsonb_typeof(p_options) <> 'object' THEN
		PERFORM clusterseg._fail('22023', 'options are an object', NULL, 'For example {"half_life": 90, "ials": {"factors": 64}}.');
	END IF;
	IF p_timed THEN
		names := names || 'recent_popular'::text;
	END IF;
	IF p_segments THEN
		names := names || 'segment_popular'::text;
	END IF;
	names := names || 'itemknn'::text;
	own := COALESCE(p_algorithms, ARRAY(SELECT a.algorithm
		FROM clusterseg._algorithms() WITH ORDINALITY a(algorithm, summary, option, type, "default", range, choices, meaning, kind, place)
		WHERE a.kind = 'recommender' GROUP BY a.algorithm ORDER BY min(a.place)));
	IF array_position(own, NULL) IS NOT NULL OR cardinality(own) <> (SELECT count(DISTINCT n) FROM unnest(own) n) THEN
		PERFORM clusterseg._fail('22023', 'algorithms is not a list of different names', NULL,
			'NULL takes all; SELECT DISTINCT algorithm, summary FROM clusterseg.algorithms WHERE kind = ''recommender'' tells what there is.');
	END IF;
	own := names || ARRAY(SELECT u.n FROM unnest(own) WITH ORDINALITY u (n, o) WHERE u.n <> ALL (names) ORDER BY u.o);
	SELECT n INTO unknown FROM unnest(own) n WHERE n <> 'recent_popular' AND NOT COALESCE(p_options->n ? 'algorithm', false)
		AND NOT EXISTS (SELECT FROM clusterseg._algorithms() a WHERE a.kind = 'recommender' AND a.algorithm = n) AND n <> 'auto' LIMIT 1;
	IF unknown IS NOT NULL THEN
		PERFORM clusterseg._fail('22023', format('unknown algorithm "%s"', unknown), NULL,
			'An algorithm with options of its own is named and described in options, such as {"wide": {"algorithm": "ials", "factors": 128}}.');
	END IF;
	SELECT o.key INTO unknown FROM jsonb_each(p_options) o WHERE o.key = ANY (own) AND jsonb_typeof(o.value) <> 'object' LIMIT 1;
	IF unknown IS NOT NULL THEN
		PERFORM clusterseg._fail('22023', format('options of "%s" are not an object', unknown));
	END IF;
	SELECT COALESCE(jsonb_object_agg(o.key, o.value), '{}') INTO common FROM jsonb_each(p_options) o WHERE o.key <> ALL (own);
	RETURN QUERY SELECT u.o::int, u.n,
			COALESCE(p_options->u.n->>'algorithm', CASE u.n WHEN 'recent_popular' THEN 'popular' ELSE u.n END),
			CASE u.n WHEN 'recent_popular' THEN jsonb_build_object('half_life', p_recent) ELSE '{}' END || common || (COALESCE(p_options->u.n, '{}') - 'algorithm'),
			u.n = ANY (names) OR p_algorithms IS NOT NULL
		FROM unnest(own) WITH ORDINALITY u (n, o);
END
$$;
COMMENT ON FUNCTION clusterseg._compared_methods(text[], jsonb, boolean, boolean, float8) IS 'methods of a comparison, baselines first, with their options';

-- Options of a method that rank best what is held back of the training part in the
-- same manner; NULL: there is nothing to try, or nothing to try it by.  What is wrong
-- with the method itself shows when it is compared.  Another seed: by the same lot,
-- what is left after one part was taken has no such part.
CREATE FUNCTION clusterseg._tuned_options(p_source text, p_path text, p_customer text, p_item text, p_weight text, p_at text, p_algorithm text,
		p_split text, p_k int, p_segmentation text, p_item_source text, p_item_key text, p_event_type text, p_test_share float8, p_last_events int,
		p_exclude_seen boolean, p_max_customers int, p_seed bigint, p_options jsonb) RETURNS jsonb
	LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
	SET search_path = pg_catalog, pg_temp SET client_min_messages = warning
AS $$
BEGIN
	IF NOT EXISTS (SELECT FROM clusterseg.tuning_grid(p_algorithm) g WHERE NOT p_options ? g.option AND (p_at IS NOT NULL OR g.option <> 'half_life')) THEN
		RETURN NULL;
	END IF;
	RETURN (SELECT t.options FROM clusterseg._tune_recommender(p_source, p_path, p_customer, p_item, p_weight, p_at, p_algorithm, NULL, 'ndcg',
		CASE WHEN p_split <> 'given' THEN p_split WHEN p_at IS NOT NULL THEN 'time' ELSE 'random' END, p_k, p_segmentation, p_item_source, p_item_key,
		p_event_type, NULL, p_test_share, NULL, p_last_events, p_exclude_seen, least(p_max_customers, 20000), 10, 120, p_seed # 1, p_options) t WHERE t.chosen);
EXCEPTION
	WHEN data_exception OR program_limit_exceeded OR feature_not_supported THEN
		RETURN NULL;
END
$$;
COMMENT ON FUNCTION clusterseg._tuned_options(text, text, text, text, text, text, text, text, int, text, text, text, text, float8, int, boolean, int, bigint, jsonb) IS
	'options of a method of a comparison, tuned inside its training part';

CREATE FUNCTION clusterseg._compare_recommenders(p_source text, p_path text, p_customer text, p_item text, p_weight text, p_at text,
		p_algorithms text[], p_split text, p_k int, p_segmentation text, p_item_source text, p_item_key text, p_event_type text, p_test text,
		p_test_share float8, p_cut timestamptz, p_last_events int, p_baseline text, p_by text[], p_exclude_seen boolean, p_max_customers int,
		p_seed bigint, p_options jsonb, p_tune boolean)
	RETURNS TABLE (algorithm text, metric text, value float8, low float8, high float8, customers_group text, customers int,
		baseline text, difference float8, difference_low float8, difference_high float8,
		best text, to_best float8, to_best_low float8, to_best_high float8, seconds float8, seconds_lists float8, note text)
	LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE ROWS 500
	SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
	m record;
	t record;
	results jsonb := '[]';
	labels text[] := '{}';
	recent float8;
	base int;
	weight text;
	tuned jsonb := '{}';
BEGIN
	PERFORM clusterseg._compare_begin(p_k, p_by);
	IF p_tune IS NULL THEN
		PERFORM clusterseg._fail('22004', 'argument "tune" must not be NULL');
	END IF;
	p_options := COALESCE(p_options, '{}');
	p_exclude_seen := COALESCE(p_exclude_seen, true);
	PERFORM clusterseg._compared_methods(p_algorithms, p_options, p_at IS NOT NULL, p_segmentation IS NOT NULL, 30);
	weight := clusterseg._event_weight(p_weight, p_event_type, NULLIF(p_options->'event_weights', 'null'));
	PERFORM clusterseg._split_events(p_source, p_path, p_customer, p_item, p_weight, p_at, p_event_type, p_split, p_test, p_test_share,
		p_cut, p_last_events, p_seed, '_clusterseg_events');
	PERFORM clusterseg._split_test('_clusterseg_events', CASE WHEN p_split = 'given' AND p_test <> ALL (clusterseg._source_columns(p_source, p_path)) THEN p_test END,
		p_path, p_customer, p_item, weight, p_max_customers, p_seed, '_clusterseg_test');
	IF NOT EXISTS (SELECT FROM pg_temp._clusterseg_events q WHERE NOT q._clusterseg_test) THEN
		PERFORM clusterseg._fail('22000', 'no events are left to learn from', 'All are of the test.', 'Change the split, or the share of the test.');
	END IF;
	IF p_at IS NOT NULL THEN
		EXECUTE format('SELECT extract(epoch FROM max(q.%1$I::timestamptz) - min(q.%1$I::timestamptz)) / 864000 FROM pg_temp._clusterseg_events q WHERE NOT q._clusterseg_test',
			p_at) INTO recent;
	END IF;
	IF p_tune THEN
		FOR m IN SELECT * FROM clusterseg._compared_methods(p_algorithms, p_options, p_at IS NOT NULL, p_segmentation IS NOT NULL, greatest(recent, 0.01)) x
			ORDER BY x.place
		LOOP
			tuned := tuned || jsonb_build_object(m.method, clusterseg._tuned_options('SELECT * FROM pg_temp._clusterseg_events WHERE NOT _clusterseg_test', p_path,
				p_customer, p_item, p_weight, p_at, m.algorithm, p_split, p_k, p_segmentation, p_item_source, p_item_key, p_event_type, p_test_share,
				p_last_events, p_exclude_seen, p_max_customers, p_seed, m.options));
		END LOOP;
		PERFORM clusterseg._compare_begin(p_k, p_by);
	END IF;
	FOR m IN SELECT * FROM clusterseg._compared_methods(p_algorithms, p_options, p_at IS NOT NULL, p_segmentation IS NOT NULL, greatest(recent, 0.01)) x
		ORDER BY x.place
	LOOP
		t := clusterseg._try_recommender('SELECT * FROM pg_temp._clusterseg_events WHERE NOT _clusterseg_test', p_customer, p_item, p_weight, p_at,
			m.algorithm, p_segmentation, p_item_source, p_item_key, p_event_type, p_seed,
			COALESCE(NULLIF(tuned->m.method, 'null'), m.options), p_path, 'pg_temp._clusterseg_test', p_k, p_exclude_seen);
		IF t.fault IS NULL THEN
			labels := labels || m.method;
		-- what is wrong with the first is wrong with the events; what was asked for is done, but for want of memory
		ELSIF m.place = 1 OR m.asked AND t.fault_state NOT LIKE '54%' THEN
			PERFORM clusterseg._fail(t.fault_state, t.fault, NULLIF(t.fault_detail, ''), NULLIF(t.fault_hint, ''));
		END IF;
		results := results || jsonb_build_object('method', m.method, 'nth', CASE WHEN t.fault IS NULL THEN cardinality(labels) END,
			'seconds', t.seconds, 'seconds_lists', t.seconds_lists, 'used', NULLIF(t.used, m.algorithm), 'tuned', NULLIF(tuned->m.method, 'null'), 'fault', concat_ws(': ', t.fault, NULLIF(t.fault_detail, '')));
	END LOOP;
	DROP TABLE pg_temp._clusterseg_events, pg_temp._clusterseg_test;
	base := array_position(labels, p_baseline);
	IF base IS NULL THEN
		PERFORM clusterseg._fail('22023', format('baseline "%s" is not in the comparison', p_baseline), format('There are: %s.', array_to_string(labels, ', ')));
	END IF;
	RETURN QUERY
		SELECT r.method, f.metric, f.value, f.low, f.high, f.customers_group, f.customers, p_baseline, f.difference, f.difference_low, f.difference_high,
			labels[f.best], f.to_best, f.to_best_low, f.to_best_high, r.seconds, r.seconds_lists, COALESCE(NULLIF(r.fault, ''), 'is ' || r.used, 'tuned: ' || r.tuned::text)
		FROM jsonb_to_recordset(results) r(method text, nth int, seconds float8, seconds_lists float8, used text, tuned jsonb, fault text)
			LEFT JOIN clusterseg._compare_end(p_by, base, p_seed, 'ndcg') WITH ORDINALITY f(method, metric, value, low, high, customers_group, customers, difference,
				difference_low, difference_high, best, to_best, to_best_low, to_best_high, place) ON f.method = r.nth
		ORDER BY f.place NULLS LAST, r.method;
END
$$;
COMMENT ON FUNCTION clusterseg._compare_recommenders(text, text, text, text, text, text, text[], text, int, text, text, text, text, text, float8, timestamptz,
	int, text, text[], boolean, int, bigint, jsonb, boolean) IS 'compare_recommenders() under a given search path';

CREATE FUNCTION clusterseg.compare_recommenders(source text, customer text, item text, weight text DEFAULT NULL, at text DEFAULT NULL,
		algorithms text[] DEFAULT NULL, split text DEFAULT 'time', k int DEFAULT 10, segmentation text DEFAULT NULL, item_source text DEFAULT NULL,
		item_key text DEFAULT NULL, event_type text DEFAULT NULL, test text DEFAULT NULL, test_share float8 DEFAULT 0.2, cut timestamptz DEFAULT NULL,
		last_events int DEFAULT 1, baseline text DEFAULT 'popular', "by" text[] DEFAULT '{warmth}', exclude_seen boolean DEFAULT true,
		max_customers int DEFAULT 100000, seed bigint DEFAULT 42, options jsonb DEFAULT '{}', tune boolean DEFAULT false)
	RETURNS TABLE (algorithm text, metric text, value float8, low float8, high float8, customers_group text, customers int,
		baseline text, difference float8, difference_low float8, difference_high float8,
		best text, to_best float8, to_best_low float8, to_best_high float8, seconds float8, seconds_lists float8, note text)
	LANGUAGE sql VOLATILE PARALLEL UNSAFE ROWS 500
	BEGIN ATOMIC
		SELECT * FROM clusterseg._compare_recommenders(compare_recommenders.source, pg_catalog.current_setting('search_path'), compare_recommenders.customer,
			compare_recommenders.item, compare_recommenders.weight, compare_recommenders.at, compare_recommenders.algorithms, compare_recommenders.split,
			compare_recommenders.k, compare_recommenders.segmentation, compare_recommenders.item_source, compare_recommenders.item_key,
			compare_recommenders.event_type, compare_recommenders.test, compare_recommenders.test_share, compare_recommenders.cut,
			compare_recommenders.last_events, compare_recommenders.baseline, compare_recommenders."by", compare_recommenders.exclude_seen,
			compare_recommenders.max_customers, compare_recommenders.seed, compare_recommenders.options, compare_recommenders.tune);
	END;
COMMENT ON FUNCTION clusterseg.compare_recommenders(text, text, text, text, text, text[], text, int, text, text, text, text, text, float8, timestamptz,
	int, text, text[], boolean, int, bigint, jsonb, boolean) IS
	'splits events, trains recommenders on the one part and compares what they recommend with the other: metrics with 95 % intervals, paired differences to a baseline and to the best, cold customers apart; tune tries options of each inside the training part; keeps no model';
