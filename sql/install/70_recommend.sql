-- ---------------------------------------------------------------------------
-- Recommenders: what a version keeps, in tables; serving reads the few rows that
-- one customer needs
-- ---------------------------------------------------------------------------

CREATE FUNCTION clusterseg._sees_version(version_id bigint, to_change boolean) RETURNS boolean
	AS 'MODULE_PATHNAME', 'clusterseg_sees_version' LANGUAGE C STABLE STRICT PARALLEL SAFE LEAKPROOF;
COMMENT ON FUNCTION clusterseg._sees_version(bigint, boolean) IS 'may the current role see (or change) the version with this id?';

CREATE TABLE clusterseg._recommenders (
	version_id bigint PRIMARY KEY,
	algorithm text NOT NULL,
	source_from text,
	source_path text,
	customer text,
	item text,
	weight text,
	at text,
	customer_type text NOT NULL,
	item_type text NOT NULL,
	segmentation text,
	half_life float8 NOT NULL,
	max_history int NOT NULL,
	time_window float8 NOT NULL,
	events_until float8 NOT NULL,
	kappa float8 NOT NULL,
	customers float8 NOT NULL,
	items int NOT NULL,
	factors int NOT NULL,
	fold_alpha float8 NOT NULL,
	fold_l2 float8 NOT NULL,
	fold_nu float8 NOT NULL,
	shares float8[] NOT NULL,
	member text,
	blend_kappa float8 NOT NULL
);
COMMENT ON TABLE clusterseg._recommenders IS 'what serving has to know of each version of a recommender';

CREATE TABLE clusterseg._reco_items (
	version_id bigint NOT NULL,
	item_no int NOT NULL,
	item_id text COLLATE "C" NOT NULL,
	customers int NOT NULL,
	popularity float8 NOT NULL,
	PRIMARY KEY (version_id, item_no),
	UNIQUE (version_id, item_id)
);
COMMENT ON TABLE clusterseg._reco_items IS 'items of recommenders: numbered by the order of their keys';

CREATE TABLE clusterseg._reco_neighbours (
	version_id bigint NOT NULL,
	item_no int NOT NULL,
	targets int[] NOT NULL,
	weights real[] NOT NULL,
	PRIMARY KEY (version_id, item_no)
);
ALTER TABLE clusterseg._reco_neighbours ALTER COLUMN targets SET STORAGE EXTERNAL, ALTER COLUMN weights SET STORAGE EXTERNAL;
COMMENT ON TABLE clusterseg._reco_neighbours IS 'weights from item to item: what one unit of an item in a history adds to the score of others';

CREATE TABLE clusterseg._reco_factors (
	version_id bigint NOT NULL,
	chunk int NOT NULL,
	factors real[] NOT NULL,
	PRIMARY KEY (version_id, chunk)
);
ALTER TABLE clusterseg._reco_factors ALTER COLUMN factors SET STORAGE EXTERNAL;
COMMENT ON TABLE clusterseg._reco_factors IS 'factors of items, one item after the other, of 256 items a row';

CREATE TABLE clusterseg._reco_lists (
	version_id bigint NOT NULL,
	list int NOT NULL,
	chunk int NOT NULL,
	items int[] NOT NULL,
	scores float8[] NOT NULL,
	PRIMARY KEY (version_id, list, chunk)
);
ALTER TABLE clusterseg._reco_lists ALTER COLUMN items SET STORAGE EXTERNAL, ALTER COLUMN scores SET STORAGE EXTERNAL;
COMMENT ON TABLE clusterseg._reco_lists IS 'ranked items that do not depend on the customer: list 0 the popular ones, -1 the order of the algorithm itself, else of a segment';

CREATE TABLE clusterseg._reco_segments (
	version_id bigint NOT NULL,
	segment_id int NOT NULL,
	customers float8 NOT NULL,
	PRIMARY KEY (version_id, segment_id)
);
COMMENT ON TABLE clusterseg._reco_segments IS 'segments that a recommender knows, and their customers with events';

-- Every table with a column version_id holds what versions of recommenders keep.
CREATE FUNCTION clusterseg._version_tables() RETURNS SETOF name
	LANGUAGE sql STABLE PARALLEL SAFE ROWS 9
	BEGIN ATOMIC
		SELECT c.relname FROM pg_catalog.pg_class c JOIN pg_catalog.pg_attribute a ON a.attrelid = c.oid
		WHERE c.relnamespace = 'clusterseg'::pg_catalog.regnamespace AND c.relkind = 'r' AND a.attname = 'version_id' AND NOT a.attisdropped;
	END;
COMMENT ON FUNCTION clusterseg._version_tables() IS 'tables of what versions of recommenders keep';

-- Version ids are never used again, so rows go with their version by a trigger:
-- a foreign key would look it up for every row that training writes.
CREATE FUNCTION clusterseg._forget_version() RETURNS trigger
	LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
	SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
	part name;
BEGIN
	DELETE FROM clusterseg._recommenders x WHERE x.version_id = OLD.id;
	IF FOUND THEN
		FOR part IN SELECT clusterseg._version_tables() LOOP
			EXECUTE format('DELETE FROM clusterseg.%I x WHERE x.version_id = $1', part) USING OLD.id;
		END LOOP;
	END IF;
	RETURN OLD;
END
$$;
COMMENT ON FUNCTION clusterseg._forget_version() IS 'removes what the version of a recommender kept';

CREATE TRIGGER forget_version BEFORE DELETE ON clusterseg.versions FOR EACH ROW EXECUTE FUNCTION clusterseg._forget_version();

-- For this script, which drops it at its end.
CREATE FUNCTION clusterseg._secure_version_table(relation name, readable text DEFAULT NULL) RETURNS void
	LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
	SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
	EXECUTE format('ALTER TABLE clusterseg.%I ENABLE ROW LEVEL SECURITY', relation);
	EXECUTE format('CREATE POLICY usable ON clusterseg.%I FOR SELECT USING (%s)', relation,
		concat_ws(' AND ', readable, 'clusterseg._sees_version(version_id, false)'));
	EXECUTE format('CREATE POLICY owned ON clusterseg.%I USING (clusterseg._sees_version(version_id, true))
		WITH CHECK (clusterseg._sees_version(version_id, true))', relation);
	EXECUTE format('GRANT INSERT, UPDATE, DELETE ON clusterseg.%I TO PUBLIC', relation);
	PERFORM pg_extension_config_dump(format('clusterseg.%I', relation), '');
END
$$;
COMMENT ON FUNCTION clusterseg._secure_version_table(name, text) IS
	'rows of a table are seen by whom their version is (and are readable), changed by its owner, and dumped';

SELECT clusterseg._secure_version_table(t) FROM clusterseg._version_tables() t;

-- ---------------------------------------------------------------------------
-- Training
-- ---------------------------------------------------------------------------

CREATE FUNCTION clusterseg._reco_fit(name text, source text, path text, customer text, item text, weight text, at text,
		algorithm text, options jsonb, segments text, seed bigint, run_as text, weight_column text, type_column text,
		item_source text, item_key text, OUT events bigint, OUT customers bigint, OUT items bigint, OUT skipped bigint, OUT customer_type text, OUT item_type text,
		OUT source_from text, OUT events_until float8, OUT kappa float8, OUT metrics jsonb, OUT effective jsonb, OUT factors int,
		OUT fold_alpha float8, OUT fold_l2 float8, OUT fold_nu float8, OUT shares float8[], OUT member text,
		OUT blend_kappa float8, OUT algorithm text)
	AS 'MODULE_PATHNAME', 'clusterseg_reco_fit' LANGUAGE C VOLATILE PARALLEL UNSAFE;
COMMENT ON FUNCTION clusterseg._reco_fit(text, text, text, text, text, text, text, text, jsonb, text, bigint, text, text, text, text, text) IS
	'reads events and fits a recommender; the training stays open in this transaction for the functions below';

CREATE FUNCTION clusterseg._reco_fit_items() RETURNS TABLE (item_no int, item_id text, customers int, popularity float8)
	AS 'MODULE_PATHNAME', 'clusterseg_reco_fit_items' LANGUAGE C VOLATILE PARALLEL UNSAFE;
COMMENT ON FUNCTION clusterseg._reco_fit_items() IS 'items of the open training';

CREATE FUNCTION clusterseg._reco_fit_neighbours() RETURNS TABLE (item_no int, targets int[], weights real[])
	AS 'MODULE_PATHNAME', 'clusterseg_reco_fit_neighbours' LANGUAGE C VOLATILE PARALLEL UNSAFE;
COMMENT ON FUNCTION clusterseg._reco_fit_neighbours() IS 'weights from item to item of the open training';

CREATE FUNCTION clusterseg._reco_fit_factors() RETURNS TABLE (chunk int, factors real[])
	AS 'MODULE_PATHNAME', 'clusterseg_reco_fit_factors' LANGUAGE C VOLATILE PARALLEL UNSAFE;
COMMENT ON FUNCTION clusterseg._reco_fit_factors() IS 'factors of items of the open training';

CREATE FUNCTION clusterseg._reco_fit_lists() RETURNS TABLE (list int, chunk int, items int[], scores float8[])
	AS 'MODULE_PATHNAME', 'clusterseg_reco_fit_lists' LANGUAGE C VOLATILE PARALLEL UNSAFE;
COMMENT ON FUNCTION clusterseg._reco_fit_lists() IS 'ranked lists of the open training';

CREATE FUNCTION clusterseg._reco_fit_segments() RETURNS TABLE (segment_id int, customers float8)
	AS 'MODULE_PATHNAME', 'clusterseg_reco_fit_segments' LANGUAGE C VOLATILE PARALLEL UNSAFE;
COMMENT ON FUNCTION clusterseg._reco_fit_segments() IS 'segments of the open training';

CREATE FUNCTION clusterseg._reco_fit_end() RETURNS void
	AS 'MODULE_PATHNAME', 'clusterseg_reco_fit_end' LANGUAGE C VOLATILE PARALLEL UNSAFE;
COMMENT ON FUNCTION clusterseg._reco_fit_end() IS 'closes the open training';

CREATE FUNCTION clusterseg._write_fit(version_id bigint) RETURNS void
	LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
	SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
	INSERT INTO clusterseg._reco_items SELECT version_id, i.* FROM clusterseg._reco_fit_items() i;
	INSERT INTO clusterseg._reco_neighbours SELECT version_id, n.* FROM clusterseg._reco_fit_neighbours() n;
	INSERT INTO clusterseg._reco_factors SELECT version_id, x.* FROM clusterseg._reco_fit_factors() x;
	INSERT INTO clusterseg._reco_lists SELECT version_id, l.* FROM clusterseg._reco_fit_lists() l;
	INSERT INTO clusterseg._reco_segments SELECT version_id, s.* FROM clusterseg._reco_fit_segments() s;
	PERFORM clusterseg._keep_customers(version_id);
	PERFORM clusterseg._keep_terms(version_id);
	PERFORM clusterseg._reco_fit_end();
END
$$;
COMMENT ON FUNCTION clusterseg._write_fit(bigint) IS 'writes the open training into the tables, and closes it';

-- What an event counts for, as an expression over the source; NULL: each counts 1.
CREATE FUNCTION clusterseg._event_weight(weight text, event_type text, weights jsonb) RETURNS text
	LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE
	SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
	e record;
	expression text := '';
BEGIN
	IF weights IS NULL THEN
		RETURN 'q.' || quote_ident(weight);
	ELSIF event_type IS NULL THEN
		PERFORM clusterseg._fail('22023', 'option "event_weights" needs the column of the events'' types', NULL,
			'Name it with the argument "event_type".');
	ELSIF jsonb_typeof(weights) <> 'object' OR weights = '{}' THEN
		PERFORM clusterseg._fail('22023', 'invalid value for option "event_weights"', NULL,
			'It is an object with a number for each type that counts, such as {"purchase": 1, "view": 0.2}.');
	END IF;
	FOR e IN SELECT * FROM jsonb_each(weights) LOOP
		IF jsonb_typeof(e.value) <> 'number' OR abs(e.value::text::numeric) > 1000000 THEN
			PERFORM clusterseg._fail('22023', format('invalid weight of event type "%s"', e.key),
				'Weights are numbers from -1000000 to 1000000.');
		END IF;
		expression := expression || format(' WHEN %L THEN %s', e.key, e.value);
	END LOOP;
	RETURN format('CASE q.%I::pg_catalog.text%s END', event_type, expression) || COALESCE(' * q.' || quote_ident(weight), '');
END
$$;
COMMENT ON FUNCTION clusterseg._event_weight(text, text, jsonb) IS 'weight of an event; types without a weight are no events';

-- A query of (customer, segment_id) for a published segmentation.
CREATE FUNCTION clusterseg._members_query(segmentation text) RETURNS text
	LANGUAGE plpgsql STABLE PARALLEL UNSAFE
	SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
	m clusterseg.models := clusterseg._model(segmentation, 'segmentation');
BEGIN
	IF to_regclass(clusterseg._relation(m, '_members')) IS NULL THEN
		PERFORM clusterseg._fail('55000', format('segmentation "%s" has no members', segmentation),
			'It has no published version, or was imported.', format('Call clusterseg.publish(%L, version) first.', segmentation));
	END IF;
	RETURN format('SELECT %I, segment_id FROM %s', m.key, clusterseg._relation(m, '_members'));
END
$$;
COMMENT ON FUNCTION clusterseg._members_query(text) IS 'query of the members of a segmentation';

-- Is there a table of recommendations of the model, and are its keys of these types?
CREATE FUNCTION clusterseg._has_recommendations(m clusterseg.models, customer_type text DEFAULT NULL, item_type text DEFAULT NULL) RETURNS boolean
	LANGUAGE sql STABLE PARALLEL UNSAFE
	BEGIN ATOMIC
		SELECT COALESCE(pg_catalog.array_agg(a.attname::pg_catalog.text ORDER BY a.attnum)
				= '{customer_id,rank,item_id,score,source,version,refreshed_at}'::pg_catalog.text[]
			AND pg_catalog.bool_and(a.atttypid = COALESCE(CASE a.attname WHEN 'customer_id' THEN pg_catalog.to_regtype(customer_type)
				WHEN 'item_id' THEN pg_catalog.to_regtype(item_type) END, a.atttypid)), false)
		FROM pg_catalog.pg_attribute a
		WHERE a.attrelid = pg_catalog.to_regclass(clusterseg._relation(m, '_recommendations')) AND a.attnum > 0 AND NOT a.attisdropped;
	END;
COMMENT ON FUNCTION clusterseg._has_recommendations(clusterseg.models, text, text) IS
	'is there a table of recommendations of the model, with keys of these types?';

-- A search for one customer's events reads the whole table unless an index leads to them.
CREATE FUNCTION clusterseg._advise_index(source text, path text, customer text) RETURNS void
	LANGUAGE plpgsql STABLE PARALLEL UNSAFE
	SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
	relation regclass;
BEGIN
	PERFORM set_config('search_path', path, true);
	relation := to_regclass(source);
	PERFORM set_config('search_path', 'pg_catalog, pg_temp', true);
	IF relation IS NOT NULL
		AND (SELECT c.relkind IN ('r', 'p', 'm') AND c.relpages > 100 FROM pg_class c WHERE c.oid = relation)
		AND NOT EXISTS (SELECT FROM pg_index i JOIN pg_attribute a ON a.attrelid = i.indrelid AND a.attnum = i.indkey[0]
			WHERE i.indrelid = relation AND a.attname = customer)
	THEN
		RAISE NOTICE 'no index of % starts with column "%"', relation, customer
			USING DETAIL = 'recommend() reads the history of one customer at a time, which scans the whole table without an index.',
				HINT = format('Make one: CREATE INDEX ON %s (%I).', relation, customer);
	END IF;
EXCEPTION
	WHEN invalid_name OR syntax_error THEN
		NULL; -- a query, not a name
END
$$;
COMMENT ON FUNCTION clusterseg._advise_index(text, text, text) IS 'says so when the histories of customers cannot be found by an index';

CREATE FUNCTION clusterseg._train_recommender(p_name text, p_source text, p_customer text, p_item text, p_weight text, p_at text,
		p_algorithm text, p_segmentation text, p_item_source text, p_item_key text, p_event_type text, p_seed bigint,
		p_publish boolean, p_options jsonb, p_path text, p_schema name, p_run_as text DEFAULT NULL,
		OUT model text, OUT version int, OUT algorithm text, OUT events bigint, OUT customers bigint, OUT items bigint,
		OUT skipped bigint, OUT seconds float8, OUT published boolean)
	LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
	SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
	started timestamptz := clock_timestamp();
	m clusterseg.models;
	f record;
	used text := p_algorithm;
	tried jsonb := '{}';
	weight text := clusterseg._event_weight(p_weight, p_event_type, NULLIF(p_options->'event_weights', 'null'));
	version_id bigint;
BEGIN
	IF p_item_source IS NULL AND p_item_key IS NOT NULL THEN
		PERFORM clusterseg._fail('22023', 'argument "item_key" needs an item source', 'It names the column of it that has the item.',
			'Name the source with the argument "item_source".');
	END IF;
	p_options := COALESCE(p_options, '{}');
	IF jsonb_typeof(p_options) <> 'object' THEN
		PERFORM clusterseg._fail('22023', 'options are an object', NULL, 'For example: options => ''{"neighbours": 100}''.');
	END IF;
	IF p_algorithm IS NULL THEN
		PERFORM clusterseg._fail('22004', 'argument "algorithm" must not be NULL');
	END IF;
	IF p_publish IS NULL THEN
		PERFORM clusterseg._fail('22004', 'argument "publish" must not be NULL');
	END IF;
	m := clusterseg._open_model(p_name, 'recommender', used, p_source, p_path, p_customer, p_schema);
	IF m.published_id IS NULL THEN
		IF to_regnamespace(quote_ident(m.output_schema)) IS NULL THEN
			PERFORM clusterseg._fail('3F000', format('schema "%s" does not exist', m.output_schema), NULL,
				'Create it, or name another one with output_schema.');
		END IF;
		IF NOT clusterseg._has_recommendations(m) THEN
			PERFORM clusterseg._require_absent(m, '_recommendations');
		END IF;
	END IF;
	SELECT COALESCE(max(v.version), 0) + 1 INTO version FROM clusterseg.versions v WHERE v.model = p_name;
	f := clusterseg._reco_fit(p_name, p_source, p_path, p_customer, p_item, weight, p_at, used, p_options - '{event_weights,category,item_time}'::text[],
		CASE WHEN p_segmentation IS NOT NULL THEN clusterseg._members_query(p_segmentation) END, p_seed, p_run_as, p_weight, p_event_type,
		p_item_source, COALESCE(p_item_key, p_item));
	-- what items are like reaches those that nobody has yet as well, which the choice does not look at
	IF f.algorithm = 'content' AND p_algorithm <> 'content' THEN
		tried := jsonb_build_object('tried', f.metrics->'tried');
		f := clusterseg._reco_fit(p_name, p_source, p_path, p_customer, p_item, weight, p_at, 'content',
			(p_options - '{event_weights,category,item_time,effort}'::text[]), CASE WHEN p_segmentation IS NOT NULL THEN clusterseg._members_query(p_segmentation) END,
			p_seed, p_run_as, p_weight, p_event_type, p_item_source, COALESCE(p_item_key, p_item));
	END IF;
	used := f.algorithm;

	INSERT INTO clusterseg.versions (model, version, state, options, metrics, algorithm, rows, skipped, source, source_path, key, key_type)
	VALUES (p_name, version, 'draft',
		jsonb_build_object('customer', p_customer, 'item', p_item, 'weight', p_weight, 'at', p_at, 'algorithm', p_algorithm,
			'segmentation', p_segmentation, 'item_source', p_item_source, 'item_key', p_item_key, 'event_type', p_event_type,
			'seed', p_seed, 'options', p_options, 'effective', f.effective),
		f.metrics || tried || jsonb_build_object('customers', f.customers, 'items', f.items), used, f.events, f.skipped,
		p_source, p_path, p_customer, f.customer_type)
	RETURNING id INTO version_id;
	INSERT INTO clusterseg._recommenders (version_id, algorithm, source_from, source_path, customer, item, weight, at, customer_type,
		item_type, segmentation, half_life, max_history, time_window, events_until, kappa, customers, items, factors, fold_alpha, fold_l2,
		fold_nu, shares, member, blend_kappa)
	VALUES (version_id, used, f.source_from, p_path, p_customer, p_item, weight, p_at, f.customer_type, f.item_type, p_segmentation,
		(f.effective->>'half_life')::float8, (f.effective->>'max_history')::int, COALESCE((f.effective->>'window')::float8, 0), f.events_until, f.kappa,
		f.customers, f.items, f.factors, f.fold_alpha, f.fold_l2, f.fold_nu, f.shares, f.member,
		f.blend_kappa);
	PERFORM clusterseg._keep_item_source(version_id, p_item_source, p_path, COALESCE(p_item_key, p_item), f.item_type, p_options, p_run_as);
	PERFORM clusterseg._write_fit(version_id);
	UPDATE clusterseg.models x SET trained_at = now() WHERE x.model = p_name;
	IF m.published_id IS NULL THEN
		UPDATE clusterseg.models x SET source = p_source, source_path = p_path, key = p_customer, key_type = f.customer_type, algorithm = used
			WHERE x.model = p_name;
	END IF;
	published := p_publish;
	IF p_publish THEN
		PERFORM clusterseg._set_published(p_name, version);
	END IF;
	PERFORM clusterseg._advise_index(p_source, p_path, p_customer);
	seconds := extract(epoch FROM clock_timestamp() - started);
	UPDATE clusterseg.versions v SET seconds = _train_recommender.seconds WHERE v.id = version_id;
	model := p_name;
	algorithm := used;
	events := f.events;
	customers := f.customers;
	items := f.items;
	skipped := f.skipped;
END
$$;
COMMENT ON FUNCTION clusterseg._train_recommender(text, text, text, text, text, text, text, text, text, text, text, bigint, boolean, jsonb, text, name, text) IS
	'train_recommender() under a given search path';

CREATE FUNCTION clusterseg.train_recommender(name text, source text, customer text, item text, weight text DEFAULT NULL, at text DEFAULT NULL,
		algorithm text DEFAULT 'auto', segmentation text DEFAULT NULL, item_source text DEFAULT NULL, item_key text DEFAULT NULL,
		event_type text DEFAULT NULL, seed bigint DEFAULT 42, publish boolean DEFAULT true, options jsonb DEFAULT '{}',
		output_schema name DEFAULT current_schema())
	RETURNS TABLE (model text, version int, algorithm text, events bigint, customers bigint, items bigint, skipped bigint, seconds float8,
		published boolean)
	LANGUAGE sql VOLATILE PARALLEL UNSAFE ROWS 1
	BEGIN ATOMIC
		SELECT * FROM clusterseg._train_recommender(train_recommender.name, train_recommender.source, train_recommender.customer,
			train_recommender.item, train_recommender.weight, train_recommender.at, train_recommender.algorithm,
			train_recommender.segmentation, train_recommender.item_source, train_recommender.item_key, train_recommender.event_type,
			train_recommender.seed, train_recommender.publish, train_recommender.options, pg_catalog.current_setting('search_path'),
			train_recommender.output_schema);
	END;
COMMENT ON FUNCTION clusterseg.train_recommender(text, text, text, text, text, text, text, text, text, text, text, bigint, boolean, jsonb, name) IS
	'learns from events (customer, item, and where given weight and time) what to recommend, and keeps it as the next version of the named model; with a segmentation, customers without history get their segment''s items';

-- ---------------------------------------------------------------------------
-- Recommending
-- ---------------------------------------------------------------------------

CREATE FUNCTION clusterseg.recommend(model text, customer "any", n int DEFAULT 10, exclude_seen boolean DEFAULT true,
		candidates text DEFAULT NULL, diversity float8 DEFAULT 0, max_per_category int DEFAULT NULL, explore float8 DEFAULT 0,
		options jsonb DEFAULT '{}')
	RETURNS TABLE (rank int, item_id text, score float8, source text, reason text, propensity float8)
	AS 'MODULE_PATHNAME', 'clusterseg_recommend' LANGUAGE C STABLE PARALLEL RESTRICTED ROWS 10 COST 1000;
COMMENT ON FUNCTION clusterseg.recommend(text, "any", int, boolean, text, float8, int, float8, jsonb) IS
	'the n best items for a customer, from the history that the snapshot shows; without history those of the customer''s segment, else the popular ones; candidates is a query whose first column gives the items to choose from';

CREATE FUNCTION clusterseg.recommend_for_basket(model text, items text[], n int DEFAULT 10, exclude_seen boolean DEFAULT true,
		candidates text DEFAULT NULL, diversity float8 DEFAULT 0, max_per_category int DEFAULT NULL, explore float8 DEFAULT 0,
		options jsonb DEFAULT '{}', segment_id int DEFAULT NULL)
	RETURNS TABLE (rank int, item_id text, score float8, source text, reason text, propensity float8)
	AS 'MODULE_PATHNAME', 'clusterseg_recommend_for_basket' LANGUAGE C STABLE PARALLEL RESTRICTED ROWS 10 COST 1000;
COMMENT ON FUNCTION clusterseg.recommend_for_basket(text, text[], int, boolean, text, float8, int, float8, jsonb, int) IS
	'the n best items to go with those of a basket or session; segment_id, when known, fills up the list with the segment''s items';

CREATE FUNCTION clusterseg.recommend_for_segment(model text, segment_id int, n int DEFAULT 10, candidates text DEFAULT NULL,
		diversity float8 DEFAULT 0, max_per_category int DEFAULT NULL, explore float8 DEFAULT 0, options jsonb DEFAULT '{}')
	RETURNS TABLE (rank int, item_id text, score float8, source text, reason text, propensity float8)
	AS 'MODULE_PATHNAME', 'clusterseg_recommend_for_segment' LANGUAGE C STABLE PARALLEL RESTRICTED ROWS 10 COST 1000;
COMMENT ON FUNCTION clusterseg.recommend_for_segment(text, int, int, text, float8, int, float8, jsonb) IS 'the n items that the customers of a segment want most';

CREATE FUNCTION clusterseg.similar_items(model text, item "any", n int DEFAULT 10)
	RETURNS TABLE (rank int, item_id text, score float8)
	AS 'MODULE_PATHNAME', 'clusterseg_similar_items' LANGUAGE C STABLE PARALLEL RESTRICTED ROWS 10 COST 1000;
COMMENT ON FUNCTION clusterseg.similar_items(text, "any", int) IS 'the n items that go best with an item';

CREATE FUNCTION clusterseg.rank_items(model text, customer "any", items text[])
	RETURNS TABLE (rank int, item_id text, score float8)
	AS 'MODULE_PATHNAME', 'clusterseg_rank_items' LANGUAGE C STABLE PARALLEL RESTRICTED ROWS 10 COST 1000;
COMMENT ON FUNCTION clusterseg.rank_items(text, "any", text[]) IS
	'the given items in the order in which a customer wants them; items that the model does not know come last, with score 0';

CREATE FUNCTION clusterseg.explain_recommendation(model text, customer "any", item "any")
	RETURNS TABLE (term text, contribution float8)
	AS 'MODULE_PATHNAME', 'clusterseg_explain_recommendation' LANGUAGE C STABLE PARALLEL RESTRICTED ROWS 5 COST 1000;
COMMENT ON FUNCTION clusterseg.explain_recommendation(text, "any", "any") IS
	'what the score of an item for a customer is made of: contributions add up to the score that recommend() shows; none when it would not be recommended';

CREATE FUNCTION clusterseg.recommend_all(model text, n int DEFAULT 10, exclude_seen boolean DEFAULT true, candidates text DEFAULT NULL,
		diversity float8 DEFAULT 0, max_per_category int DEFAULT NULL, explore float8 DEFAULT 0, options jsonb DEFAULT '{}')
	RETURNS TABLE (customer_id text, rank int, item_id text, score float8, source text, propensity float8)
	AS 'MODULE_PATHNAME', 'clusterseg_recommend_all' LANGUAGE C STABLE PARALLEL RESTRICTED ROWS 100000 COST 1000000;
COMMENT ON FUNCTION clusterseg.recommend_all(text, int, boolean, text, float8, int, float8, jsonb) IS
	'recommend() for all customers who have events or a segment, in one go';

CREATE FUNCTION clusterseg._refresh_recommendations(model text, n int, exclude_seen boolean, candidates text, diversity float8,
		max_per_category int, options jsonb, path text)
	RETURNS bigint LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
	SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
	m clusterseg.models := clusterseg._model(model, 'recommender', true);
	r clusterseg._recommenders;
	kept text := clusterseg._relation(m, '_recommendations');
	c record;
	changed bigint;
BEGIN
	IF m.published_id IS NULL THEN
		PERFORM clusterseg._fail('55000', format('model "%s" has no published version', model), NULL,
			format('Call clusterseg.publish(%L, version).', model));
	END IF;
	SELECT * INTO STRICT r FROM clusterseg._recommenders x WHERE x.version_id = m.published_id;
	-- what is the name of a type is no other SQL
	IF to_regtype(r.customer_type) IS NULL OR to_regtype(r.item_type) IS NULL THEN
		PERFORM clusterseg._fail('42704', format('type "%s" or "%s" of the keys does not exist', r.customer_type, r.item_type));
	ELSIF to_regclass(kept) IS NOT NULL AND NOT clusterseg._has_recommendations(m, r.customer_type, r.item_type) THEN
		PERFORM clusterseg._fail('42P07', format('relation %s cannot keep the recommendations', kept),
			format('It is not a table of recommendations with customers of type %s and items of type %s.', r.customer_type, r.item_type),
			'Rename or drop it: refresh_recommendations() then makes it anew.');
	ELSIF to_regclass(kept) IS NULL THEN
		PERFORM clusterseg._as_owner(m.owner, format('CREATE TABLE %s (customer_id %s, rank int, item_id %s NOT NULL, score float8 NOT NULL, source text NOT NULL,
			version int NOT NULL, refreshed_at timestamptz NOT NULL, PRIMARY KEY (customer_id, rank))', kept, r.customer_type, r.item_type));
		PERFORM clusterseg._as_owner(m.owner, format('COMMENT ON TABLE %s IS %L', kept, format('recommended items of each customer by model %s', m.model)));
		FOR c IN VALUES
			('customer_id', 'customer'),
			('rank', 'place, from 1'),
			('item_id', 'item'),
			('score', 'score; comparable within a customer'),
			('source', 'what it rests on: the algorithm, or segment_popular or popular where that had nothing to go by'),
			('version', 'version of the model'),
			('refreshed_at', 'when the row was last written; rows that stay the same are not')
		LOOP
			PERFORM clusterseg._as_owner(m.owner, format('COMMENT ON COLUMN %s.%I IS %L', kept, c.column1, c.column2));
		END LOOP;
	END IF;
	-- candidates are meant as the caller would have them read
	PERFORM set_config('search_path', path, true);
	CREATE TEMPORARY TABLE _clusterseg_lists ON COMMIT DROP AS
		SELECT l.customer_id, l.rank, l.item_id, l.score, l.source
		FROM clusterseg.recommend_all(_refresh_recommendations.model, n, exclude_seen, candidates, diversity, max_per_category, 0, options) l;
	PERFORM pg_catalog.set_config('search_path', 'pg_catalog, pg_temp', true);
	-- texts become keys as the owner, whose types they are
	EXECUTE format('CREATE TEMPORARY TABLE _clusterseg_recommended (customer_id %s, rank int, item_id %s, score float8, source text) ON COMMIT DROP',
		r.customer_type, r.item_type);
	EXECUTE format('GRANT SELECT ON pg_temp._clusterseg_lists TO %1$I; GRANT SELECT, INSERT ON pg_temp._clusterseg_recommended TO %1$I', m.owner);
	PERFORM clusterseg._as_owner(m.owner, format('INSERT INTO pg_temp._clusterseg_recommended SELECT l.customer_id::%s, l.rank, l.item_id::%s, l.score, l.source
		FROM pg_temp._clusterseg_lists l', r.customer_type, r.item_type));
	DROP TABLE pg_temp._clusterseg_lists;
	CREATE UNIQUE INDEX ON pg_temp._clusterseg_recommended (customer_id, rank);
	ANALYZE pg_temp._clusterseg_recommended;
	changed := clusterseg._as_owner(m.owner, format('DELETE FROM %s k WHERE NOT EXISTS (SELECT FROM pg_temp._clusterseg_recommended r
		WHERE r.customer_id = k.customer_id AND r.rank = k.rank)', kept));
	changed := changed + clusterseg._as_owner(m.owner, format('UPDATE %s k SET item_id = r.item_id, score = r.score, source = r.source, version = %s, refreshed_at = now()
		FROM pg_temp._clusterseg_recommended r WHERE r.customer_id = k.customer_id AND r.rank = k.rank
			AND (r.item_id, r.score, r.source) IS DISTINCT FROM (k.item_id, k.score, k.source)', kept, m.published_version));
	changed := changed + clusterseg._as_owner(m.owner, format('INSERT INTO %1$s SELECT r.*, %2$s, now() FROM pg_temp._clusterseg_recommended r
		WHERE NOT EXISTS (SELECT FROM %1$s k WHERE k.customer_id = r.customer_id AND k.rank = r.rank)', kept, m.published_version));
	DROP TABLE pg_temp._clusterseg_recommended;
	UPDATE clusterseg.models x SET last_run_at = clusterseg._moment(x) WHERE x.model = _refresh_recommendations.model;
	RETURN changed;
END
$$;
COMMENT ON FUNCTION clusterseg._refresh_recommendations(text, int, boolean, text, float8, int, jsonb, text) IS 'refresh_recommendations() under a given search path';

CREATE FUNCTION clusterseg.refresh_recommendations(model text, n int DEFAULT 10, exclude_seen boolean DEFAULT true, candidates text DEFAULT NULL,
		diversity float8 DEFAULT 0, max_per_category int DEFAULT NULL, options jsonb DEFAULT '{}')
	RETURNS bigint LANGUAGE sql VOLATILE PARALLEL UNSAFE
	BEGIN ATOMIC
		SELECT clusterseg._refresh_recommendations(refresh_recommendations.model, refresh_recommendations.n,
			refresh_recommendations.exclude_seen, refresh_recommendations.candidates, refresh_recommendations.diversity,
			refresh_recommendations.max_per_category, refresh_recommendations.options, pg_catalog.current_setting('search_path'));
	END;
COMMENT ON FUNCTION clusterseg.refresh_recommendations(text, int, boolean, text, float8, int, jsonb) IS
	'keeps recommend_all() in the table <output_schema>.<model>_recommendations; rows that stay the same are not touched; returns rows written or removed';

-- ---------------------------------------------------------------------------
-- Export and import
-- ---------------------------------------------------------------------------

CREATE FUNCTION clusterseg._export_recommender(m clusterseg.models, v clusterseg.versions) RETURNS jsonb
	LANGUAGE sql STABLE PARALLEL UNSAFE
	BEGIN ATOMIC
		SELECT pg_catalog.jsonb_build_object('clusterseg', 1, 'kind', 'recommender', 'algorithm', (v).algorithm, 'key_type', (m).key_type,
			'options', (v).options, 'metrics', (v).metrics, 'rows', (v).rows, 'skipped', (v).skipped, 'trained_at', (v).trained_at,
			'recommender', (SELECT pg_catalog.to_jsonb(r) - '{version_id,source_from,source_path,customer,item,weight,at,segmentation}'::text[]
				FROM clusterseg._recommenders r WHERE r.version_id = (v).id),
			'items', (SELECT pg_catalog.jsonb_agg(pg_catalog.to_jsonb(i) - 'version_id' ORDER BY i.item_no)
				FROM clusterseg._reco_items i WHERE i.version_id = (v).id),
			'neighbours', (SELECT pg_catalog.jsonb_agg(pg_catalog.to_jsonb(n) - 'version_id' ORDER BY n.item_no)
				FROM clusterseg._reco_neighbours n WHERE n.version_id = (v).id),
			'factors', (SELECT pg_catalog.jsonb_agg(pg_catalog.to_jsonb(x) - 'version_id' ORDER BY x.chunk)
				FROM clusterseg._reco_factors x WHERE x.version_id = (v).id),
			'lists', (SELECT pg_catalog.jsonb_agg(pg_catalog.to_jsonb(l) - 'version_id' ORDER BY l.list, l.chunk)
				FROM clusterseg._reco_lists l WHERE l.version_id = (v).id),
			'segments', (SELECT pg_catalog.jsonb_agg(pg_catalog.to_jsonb(s) - 'version_id' ORDER BY s.segment_id)
				FROM clusterseg._reco_segments s WHERE s.version_id = (v).id));
	END;
COMMENT ON FUNCTION clusterseg._export_recommender(clusterseg.models, clusterseg.versions) IS 'a version of a recommender as JSON';

CREATE FUNCTION clusterseg._import_recommender(p_name text, p_exported jsonb, p_schema name) RETURNS int
	LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
	SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
	m clusterseg.models;
	found_version int;
	new_id bigint;
	fault text;
	r clusterseg._recommenders;
BEGIN
	m := clusterseg._open_model(p_name, 'recommender', p_exported->>'algorithm', NULL, NULL, NULL, p_schema);
	SELECT COALESCE(max(v.version), 0) + 1 INTO found_version FROM clusterseg.versions v WHERE v.model = p_name;
	INSERT INTO clusterseg.versions (model, version, state, options, metrics, trained_at, algorithm, rows, skipped)
	VALUES (p_name, found_version, 'draft', COALESCE(p_exported->'options', '{}'), COALESCE(p_exported->'metrics', '{}'),
		COALESCE((p_exported->>'trained_at')::timestamptz, now()),
		p_exported->>'algorithm', (p_exported->>'rows')::bigint, (p_exported->>'skipped')::bigint)
	RETURNING id INTO new_id;
	r := jsonb_populate_record(NULL::clusterseg._recommenders, p_exported->'recommender');
	r.version_id := new_id;
	-- no SQL comes in with a file
	r.source_from := NULL;
	r.source_path := NULL;
	r.customer := NULL;
	r.item := NULL;
	r.weight := NULL;
	r.at := NULL;
	r.segmentation := NULL;
	r.factors := COALESCE(r.factors, 0);
	r.fold_alpha := COALESCE(r.fold_alpha, 0);
	r.fold_l2 := COALESCE(r.fold_l2, 0);
	r.fold_nu := COALESCE(r.fold_nu, 0);
	r.shares := COALESCE(r.shares, '{}');
	r.blend_kappa := COALESCE(r.blend_kappa, 0);
	INSERT INTO clusterseg._recommenders SELECT r.*;
	INSERT INTO clusterseg._reco_items
		SELECT new_id, i.item_no, i.item_id, i.customers, i.popularity
		FROM jsonb_populate_recordset(NULL::clusterseg._reco_items, p_exported->'items') i;
	INSERT INTO clusterseg._reco_neighbours
		SELECT new_id, n.item_no, n.targets, n.weights
		FROM jsonb_populate_recordset(NULL::clusterseg._reco_neighbours, COALESCE(NULLIF(p_exported->'neighbours', 'null'), '[]')) n;
	INSERT INTO clusterseg._reco_factors
		SELECT new_id, x.chunk, x.factors
		FROM jsonb_populate_recordset(NULL::clusterseg._reco_factors, COALESCE(NULLIF(p_exported->'factors', 'null'), '[]')) x;
	INSERT INTO clusterseg._reco_lists
		SELECT new_id, l.list, l.chunk, l.items, l.scores
		FROM jsonb_populate_recordset(NULL::clusterseg._reco_lists, COALESCE(NULLIF(p_exported->'lists', 'null'), '[]')) l;
	INSERT INTO clusterseg._reco_segments
		SELECT new_id, s.segment_id, s.customers
		FROM jsonb_populate_recordset(NULL::clusterseg._reco_segments, COALESCE(NULLIF(p_exported->'segments', 'null'), '[]')) s;
	fault := COALESCE(clusterseg._recommender_fault(new_id), clusterseg._import_customers(new_id, p_exported->'customers'),
		clusterseg._import_terms(new_id, p_exported->'terms'));
	IF fault IS NOT NULL THEN
		PERFORM clusterseg._fail('22023', 'the exported recommender is not whole: ' || fault, NULL, 'export_model() makes what import_model() takes.');
	END IF;
	UPDATE clusterseg.models x SET trained_at = COALESCE((p_exported->>'trained_at')::timestamptz, now()),
		key_type = COALESCE(x.key_type, p_exported->>'key_type') WHERE x.model = p_name;
	IF m.published_id IS NULL THEN
		PERFORM clusterseg._set_published(p_name, found_version);
	END IF;
	RETURN found_version;
END
$$;
COMMENT ON FUNCTION clusterseg._import_recommender(text, jsonb, name) IS 'adds an exported version to a recommender';
