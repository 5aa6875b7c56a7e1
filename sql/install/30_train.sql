-- ---------------------------------------------------------------------------
-- Training: the C steps of it
-- ---------------------------------------------------------------------------

CREATE FUNCTION clusterseg._fit(name text, source text, path text, key text, features text[], algorithm text,
		k int, k_min int, k_max int, transforms jsonb, scale text, weight text, seed bigint, options jsonb,
		former clusterseg.model, former_members text, next_id int, leave_out text[], run_as text, owner text DEFAULT NULL,
		group_by text[] DEFAULT NULL, keep_k boolean DEFAULT false, OUT value clusterseg.model, OUT key_type text, OUT segments int, OUT rows bigint, OUT skipped bigint,
		OUT iterations int, OUT converged boolean, OUT objective float8, OUT silhouette float8,
		OUT ids int[], OUT labels text[], OUT metrics jsonb, OUT effective jsonb)
	AS 'MODULE_PATHNAME', 'clusterseg_fit' LANGUAGE C VOLATILE PARALLEL UNSAFE;
COMMENT ON FUNCTION clusterseg._fit(text, text, text, text, text[], text, int, int, int, jsonb, text, text, bigint, jsonb, clusterseg.model, text, int, text[], text, text, text[], boolean) IS
	'reads, fits and names segments; the training stays open in this transaction for the functions below';

CREATE FUNCTION clusterseg._fit_overlap()
	RETURNS TABLE (former_segment_id int, segment_id int, customers bigint, former_size bigint, size bigint)
	AS 'MODULE_PATHNAME', 'clusterseg_fit_overlap' LANGUAGE C VOLATILE PARALLEL UNSAFE;
COMMENT ON FUNCTION clusterseg._fit_overlap() IS 'customers in common between former and new segments of the open training';

CREATE FUNCTION clusterseg._fit_profile()
	RETURNS TABLE (segment_id int, feature text, category text, n bigint, mean float8, median float8, p5 float8, p95 float8,
		overall_mean float8, overall_sd float8, effect float8, lift float8, v_test float8)
	AS 'MODULE_PATHNAME', 'clusterseg_fit_profile' LANGUAGE C VOLATILE PARALLEL UNSAFE;
COMMENT ON FUNCTION clusterseg._fit_profile() IS 'profile of the segments of the open training';

CREATE FUNCTION clusterseg._fit_write(relation regclass, labels text[], version int, at timestamptz, reason text) RETURNS bigint
	AS 'MODULE_PATHNAME', 'clusterseg_fit_write' LANGUAGE C VOLATILE STRICT PARALLEL UNSAFE;
COMMENT ON FUNCTION clusterseg._fit_write(regclass, text[], int, timestamptz, text) IS 'writes the rows of the open training into a table of the shape of members';

CREATE FUNCTION clusterseg._fit_end() RETURNS void
	AS 'MODULE_PATHNAME', 'clusterseg_fit_end' LANGUAGE C VOLATILE PARALLEL UNSAFE;
COMMENT ON FUNCTION clusterseg._fit_end() IS 'closes the open training';

CREATE FUNCTION clusterseg._assign_write(name text, value clusterseg.model, source text, path text, key text,
		relation regclass, labels text[], version int, at timestamptz, reason text, owner text,
		OUT rows bigint, OUT skipped bigint)
	AS 'MODULE_PATHNAME', 'clusterseg_assign_write' LANGUAGE C VOLATILE STRICT PARALLEL UNSAFE;
COMMENT ON FUNCTION clusterseg._assign_write(text, clusterseg.model, text, text, text, regclass, text[], int, timestamptz, text, text) IS
	'assigns all rows of a source by a model value, into a table of the shape of members';

-- ---------------------------------------------------------------------------
-- Members and history
-- ---------------------------------------------------------------------------

-- An empty table of the shape that the C writers fill.
CREATE FUNCTION clusterseg._create_members(m clusterseg.models, name text, temporary boolean) RETURNS void
	LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
	SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
	columns text[] := ARRAY['segment_id', 'segment', 'distance', 'margin', 'borderline', 'since', 'previous_segment_id',
		'version', 'assigned_at', 'reason', 'point_type', 'outlier_score', 'valid_from', 'valid_to', 'ended_by'];
	command text;
BEGIN
	IF m.key = ANY (columns) THEN
		PERFORM clusterseg._fail('42701', format('the key cannot be called "%s"', m.key),
			'The members table has a column of that name.', 'Rename it in a query: SELECT ... AS customer_id.');
	END IF;
	-- the type is text that its owner can write: nothing but the name of a type may be in it
	IF to_regtype(m.key_type) IS NULL THEN
		PERFORM clusterseg._fail('42704', format('type "%s" of the key does not exist', m.key_type));
	END IF;
	command := format('CREATE %s TABLE %s (%I %s NOT NULL, segment_id int, segment text, distance float8,
		margin float8, borderline boolean NOT NULL, since timestamptz NOT NULL, previous_segment_id int, version int NOT NULL,
		assigned_at timestamptz NOT NULL, reason text NOT NULL, point_type text, outlier_score float8) %s',
		CASE WHEN temporary THEN 'TEMPORARY' END, name, m.key, m.key_type, CASE WHEN temporary THEN 'ON COMMIT DROP' END);
	IF temporary THEN
		EXECUTE command;
		EXECUTE format('GRANT SELECT ON %s TO %I', name, m.owner);
	ELSE
		PERFORM clusterseg._as_owner(m.owner, command);
	END IF;
END
$$;
COMMENT ON FUNCTION clusterseg._create_members(clusterseg.models, text, boolean) IS 'an empty table of members';

-- Make the key of a table unique.
CREATE FUNCTION clusterseg._make_unique(m clusterseg.models, command text, staged boolean) RETURNS void
	LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
	SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
	detail text;
BEGIN
	IF staged THEN
		EXECUTE command;
	ELSE
		PERFORM clusterseg._as_owner(m.owner, command);
	END IF;
EXCEPTION
	WHEN unique_violation THEN
		GET STACKED DIAGNOSTICS detail = PG_EXCEPTION_DETAIL;
		PERFORM clusterseg._fail('23505', format('key "%s" is not unique in the source', m.key), detail,
			format('The source needs one row per %s.', m.key));
END
$$;
COMMENT ON FUNCTION clusterseg._make_unique(clusterseg.models, text, boolean) IS 'runs the command that makes a key unique';

-- Keys, indexes, comments; the table of past memberships and the view over both.
CREATE FUNCTION clusterseg._finish_members(m clusterseg.models) RETURNS void
	LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
	SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
	members text := clusterseg._relation(m, '_members');
	past text := clusterseg._relation(m, '_past');
	history text := clusterseg._relation(m, '_history');
	comments text;
	c record;
BEGIN
	PERFORM clusterseg._make_unique(m, format('ALTER TABLE %s ADD PRIMARY KEY (%I)', members, m.key), false);
	PERFORM clusterseg._as_owner(m.owner, format('CREATE TABLE %s (%I %s NOT NULL, segment_id int, valid_from timestamptz NOT NULL,
		valid_to timestamptz NOT NULL CHECK (valid_to >= valid_from), version int NOT NULL, reason text NOT NULL, ended_by text NOT NULL,
		PRIMARY KEY (%2$I, valid_from, valid_to))', past, m.key, m.key_type));
	PERFORM clusterseg._as_owner(m.owner, format('CREATE VIEW %1$s WITH (security_invoker = true) AS
		SELECT p.%2$I, p.segment_id, p.valid_from, p.valid_to, p.version, p.reason, p.ended_by FROM %3$s p
		UNION ALL
		SELECT m.%2$I, m.segment_id, m.since, NULL, m.version, m.reason, NULL FROM %4$s m', history, m.key, past, members));
	comments := format('COMMENT ON TABLE %s IS %L;', members, format('segment of each customer by model %s', m.model))
		|| format('COMMENT ON TABLE %s IS %L;', past, format('former segments of customers by model %s; read %s', m.model, history))
		|| format('COMMENT ON VIEW %s IS %L;', history,
			format('segments of each customer over time by model %s: one row per customer and stay, without gaps or overlaps', m.model));
	FOR c IN VALUES
		('_members', m.key, 'customer'),
		('_members', 'segment_id', 'segment: its id stays the same over retraining; NULL: noise or an outlier, in no segment'),
		('_members', 'segment', 'label of the segment'),
		('_members', 'distance', 'distance to the centre of the segment, in scaled units'),
		('_members', 'margin', 'squared distance to the runner-up less squared distance to the own segment: explain() takes it apart'),
		('_members', 'borderline', 'as good as undecided: the distance is within 5 % of that to the runner-up'),
		('_members', 'since', 'in this segment since'),
		('_members', 'previous_segment_id', 'segment before, NULL: none'),
		('_members', 'version', 'version of the model that last placed the customer'),
		('_members', 'assigned_at', 'when it did'),
		('_members', 'reason', 'why the customer came here: train, new, behaviour, retrain, publish, rollback'),
		('_members', 'point_type', 'core, border or noise, from algorithms that go by density; outlier: beyond max_radius'),
		('_members', 'outlier_score', 'from 0 (deep in its segment) to 1 (outlier), from algorithms that tell'),
		('_past', m.key, 'customer'),
		('_past', 'segment_id', 'segment; NULL: noise or an outlier'),
		('_past', 'valid_from', 'start of the stay'),
		('_past', 'valid_to', 'end of the stay'),
		('_past', 'version', 'version of the model that last placed the customer there'),
		('_past', 'reason', 'why the stay began'),
		('_past', 'ended_by', 'why it ended'),
		('_history', m.key, 'customer'),
		('_history', 'segment_id', 'segment; NULL: noise or an outlier'),
		('_history', 'valid_from', 'start of the stay'),
		('_history', 'valid_to', 'end of the stay; NULL: present'),
		('_history', 'version', 'version of the model that last placed the customer there'),
		('_history', 'reason', 'why the stay began: train, new, behaviour (the customer changed), retrain (the model changed), publish, rollback'),
		('_history', 'ended_by', 'why it ended: the reason of the next stay, or left (no longer in the source)')
	LOOP
		comments := comments || format('COMMENT ON COLUMN %s.%I IS %L;', clusterseg._relation(m, c.column1), c.column2, c.column3);
	END LOOP;
	PERFORM clusterseg._as_owner(m.owner, comments);
END
$$;
COMMENT ON FUNCTION clusterseg._finish_members(clusterseg.models) IS 'keys, history and comments of a new members table';

-- Bring members up to the staged assignments; rows that stay the same are not touched.  A stay that began at this
-- very moment, earlier in this transaction, has no length and leaves no trace.
CREATE FUNCTION clusterseg._merge_members(m clusterseg.models, staged text, version int, at timestamptz, reason text, retrained boolean)
	RETURNS bigint LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
	SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
	members text := clusterseg._relation(m, '_members');
	past text := clusterseg._relation(m, '_past');
	-- a move is the customer's when the former model makes it too, else the new model's
	why text := CASE WHEN retrained
		THEN 'CASE WHEN c.previous_segment_id IS NOT DISTINCT FROM c.segment_id THEN ''behaviour'' ELSE ''retrain'' END'
		ELSE quote_literal(reason) END;
	moved bigint;
BEGIN
	PERFORM clusterseg._make_unique(m, format('CREATE UNIQUE INDEX ON %s (%I)', staged, m.key), true);
	EXECUTE format('ANALYZE %s', staged);
	IF m.last_run_at = at THEN
		PERFORM clusterseg._take_back(m, at);
	END IF;
	-- one pass over both finds the few that differ; they are worked on by key
	EXECUTE format('CREATE TEMPORARY TABLE _clusterseg_changes ON COMMIT DROP AS
		SELECT COALESCE(m.%3$I, s.%3$I) AS key, m.%3$I IS NOT NULL AS was, s.%3$I IS NOT NULL AS "is",
			s.segment_id IS DISTINCT FROM m.segment_id AS moved, s.segment_id, s.segment, s.distance, s.margin, s.borderline, s.since,
			s.previous_segment_id, s.version, s.assigned_at, s.point_type, s.outlier_score
		FROM %1$s m FULL JOIN %2$s s ON s.%3$I = m.%3$I
		WHERE m.%3$I IS NULL OR s.%3$I IS NULL OR (s.segment_id, s.segment, s.distance, s.margin, s.point_type, s.outlier_score)
			IS DISTINCT FROM (m.segment_id, m.segment, m.distance, m.margin, m.point_type, m.outlier_score)', members, staged, m.key);
	EXECUTE format('DROP TABLE %s', staged);
	ANALYZE pg_temp._clusterseg_changes;
	EXECUTE format('GRANT SELECT ON pg_temp._clusterseg_changes TO %I', m.owner);
	SELECT count(*) INTO moved FROM pg_temp._clusterseg_changes c WHERE c.was AND c."is" AND c.moved;
	PERFORM clusterseg._as_owner(m.owner, format('INSERT INTO %1$s
		SELECT m.%2$I, m.segment_id, m.since, %3$L, m.version, m.reason, CASE WHEN c."is" THEN %4$s ELSE ''left'' END
		FROM %5$s m JOIN pg_temp._clusterseg_changes c ON c.key = m.%2$I WHERE (c.moved OR NOT c."is") AND m.since < %3$L',
		past, m.key, at, why, members));
	PERFORM clusterseg._as_owner(m.owner, format('DELETE FROM %s m USING pg_temp._clusterseg_changes c WHERE c.key = m.%I AND NOT c."is"',
		members, m.key));
	PERFORM clusterseg._as_owner(m.owner, format('UPDATE %1$s m SET segment_id = c.segment_id, segment = c.segment, distance = c.distance,
			margin = c.margin, borderline = c.borderline, version = c.version, assigned_at = c.assigned_at,
			point_type = c.point_type, outlier_score = c.outlier_score,
			since = CASE WHEN c.moved THEN c.since ELSE m.since END,
			previous_segment_id = CASE WHEN c.moved AND m.since < %4$L THEN m.segment_id ELSE m.previous_segment_id END,
			reason = CASE WHEN c.moved AND m.since < %4$L THEN %3$s ELSE m.reason END
		FROM pg_temp._clusterseg_changes c WHERE c.key = m.%2$I AND c.was AND c."is"', members, m.key, why, at));
	PERFORM clusterseg._as_owner(m.owner, format('INSERT INTO %1$s
		SELECT c.key, c.segment_id, c.segment, c.distance, c.margin, c.borderline, c.since,
			(SELECT p.segment_id FROM %3$s p WHERE p.%2$I = c.key ORDER BY p.valid_to DESC LIMIT 1),
			c.version, c.assigned_at, ''new'', c.point_type, c.outlier_score
		FROM pg_temp._clusterseg_changes c WHERE NOT c.was', members, m.key, past));
	DROP TABLE pg_temp._clusterseg_changes;
	RETURN moved;
END
$$;
COMMENT ON FUNCTION clusterseg._merge_members(clusterseg.models, text, int, timestamptz, text, boolean) IS 'merges staged assignments into members and history; returns customers moved';

-- A second run in one transaction: the stays that the first one began lasted for
-- no time and nobody saw them, so the ones before go on.
CREATE FUNCTION clusterseg._take_back(m clusterseg.models, at timestamptz) RETURNS void
	LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
	SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
	members text := clusterseg._relation(m, '_members');
	past text := clusterseg._relation(m, '_past');
BEGIN
	PERFORM clusterseg._as_owner(m.owner, format('UPDATE %1$s m SET segment_id = p.segment_id, segment = '''', since = p.valid_from,
			version = p.version, reason = p.reason, previous_segment_id = (SELECT q.segment_id FROM %2$s q
				WHERE q.%3$I = p.%3$I AND q.valid_to <= p.valid_from ORDER BY q.valid_to DESC LIMIT 1)
		FROM %2$s p WHERE p.%3$I = m.%3$I AND p.valid_to = %4$L AND m.since = %4$L', members, past, m.key, at));
	PERFORM clusterseg._as_owner(m.owner, format('DELETE FROM %2$s p USING %1$s m
		WHERE p.%3$I = m.%3$I AND p.valid_to = %4$L AND m.since = p.valid_from', members, past, m.key, at));
END
$$;
COMMENT ON FUNCTION clusterseg._take_back(clusterseg.models, timestamptz) IS 'undoes the moves that a model made at that moment';

-- Labels of a version in the order of its clusters.
CREATE FUNCTION clusterseg._labels(model text, version int) RETURNS text[]
	LANGUAGE sql STABLE PARALLEL SAFE
	BEGIN ATOMIC
		SELECT pg_catalog.array_agg(s.label ORDER BY v.cluster)
		FROM clusterseg._version_segments v JOIN clusterseg._segments s ON s.model = v.model AND s.segment_id = v.segment_id
		WHERE v.model = _labels.model AND v.version = _labels.version;
	END;
COMMENT ON FUNCTION clusterseg._labels(text, int) IS 'present labels of a version''s segments in the order of its clusters';

-- ---------------------------------------------------------------------------
-- Labels
-- ---------------------------------------------------------------------------

-- The word for a feature that is high (or low) in a segment.
CREATE FUNCTION clusterseg._word(feature text, category text, effect float8) RETURNS text
	LANGUAGE sql STABLE PARALLEL SAFE
	BEGIN ATOMIC
		SELECT CASE
			WHEN category <> '' THEN CASE WHEN effect > 0 THEN category END
			ELSE COALESCE(
				(SELECT CASE WHEN effect >= 1.5 THEN COALESCE(w.very_high, 'very ' || w.high) WHEN effect > 0 THEN w.high
						WHEN effect > -1.5 THEN w.low ELSE COALESCE(w.very_low, 'very ' || w.low) END
				 FROM clusterseg.label_words w WHERE feature ~* w.pattern ORDER BY w."position" LIMIT 1),
				CASE WHEN pg_catalog.abs(effect) >= 1.5 THEN 'very ' ELSE '' END
					|| CASE WHEN effect > 0 THEN 'high ' ELSE 'low ' END || pg_catalog.replace(feature, '_', ' '))
		END;
	END;
COMMENT ON FUNCTION clusterseg._word(text, text, float8) IS 'words for a feature that stands out in a segment';

-- Up to three of the words that set a segment apart, the strongest first.
CREATE FUNCTION clusterseg._terms(model text, version int, segment_id int) RETURNS text[]
	LANGUAGE sql STABLE PARALLEL SAFE
	BEGIN ATOMIC
		SELECT COALESCE(pg_catalog.array_agg(t.word ORDER BY t.strength DESC, t.word), '{}')
		FROM (SELECT w.word, pg_catalog.max(w.strength) AS strength
			FROM (SELECT clusterseg._word(p.feature, p.category, p.effect) AS word, pg_catalog.abs(p.effect) AS strength
				FROM clusterseg._profiles p
				WHERE p.model = _terms.model AND p.version = _terms.version AND p.segment_id = _terms.segment_id
					AND pg_catalog.abs(p.effect) >= 0.25) w
			WHERE w.word IS NOT NULL
			GROUP BY w.word
			ORDER BY strength DESC, w.word
			LIMIT 3) t;
	END;
COMMENT ON FUNCTION clusterseg._terms(text, int, int) IS 'the words that set a segment apart';

-- A sentence with the numbers behind the label.
CREATE FUNCTION clusterseg._description(model text, version int, segment_id int) RETURNS text
	LANGUAGE sql STABLE PARALLEL SAFE
	BEGIN ATOMIC
		SELECT pg_catalog.format('%s customers (%s %%)', v.size, pg_catalog.round((100 * v.share)::numeric, 1)) || COALESCE(': ' || (
			SELECT pg_catalog.string_agg(CASE WHEN t.category <> ''
				THEN pg_catalog.format('%s %s %s %% (all: %s %%)', t.feature, t.category,
					pg_catalog.round((100 * t.mean)::numeric), pg_catalog.round((100 * t.overall_mean)::numeric))
				ELSE pg_catalog.format('%s %s (all: %s)', t.feature,
					pg_catalog.trim_scale(pg_catalog.round(t.mean::numeric, CASE WHEN pg_catalog.abs(t.mean) >= 100 THEN 0 ELSE 2 END)),
					pg_catalog.trim_scale(pg_catalog.round(t.overall_mean::numeric, CASE WHEN pg_catalog.abs(t.overall_mean) >= 100 THEN 0 ELSE 2 END)))
				END, ', ' ORDER BY pg_catalog.abs(t.effect) DESC, t.feature, t.category)
			FROM (SELECT * FROM clusterseg._profiles p
				WHERE p.model = v.model AND p.version = v.version AND p.segment_id = v.segment_id AND p.effect IS NOT NULL
				ORDER BY pg_catalog.abs(p.effect) DESC, p.feature, p.category LIMIT 4) t), '')
		FROM clusterseg._version_segments v
		WHERE v.model = _description.model AND v.version = _description.version AND v.segment_id = _description.segment_id;
	END;
COMMENT ON FUNCTION clusterseg._description(text, int, int) IS 'size of a segment and the features that set it apart';

-- Labels and descriptions for segments of a version that have none yet.
CREATE FUNCTION clusterseg._name_segments(model text, version int, labels text[], own_names boolean) RETURNS void
	LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
	SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
	s record;
	terms text[];
	proposal text;
BEGIN
	-- large segments first: they get the short labels
	FOR s IN
		SELECT v.segment_id, v.cluster FROM clusterseg._version_segments v
		WHERE v.model = _name_segments.model AND v.version = _name_segments.version
			AND NOT EXISTS (SELECT FROM clusterseg._segments x WHERE x.model = v.model AND x.segment_id = v.segment_id)
		ORDER BY v.size DESC, v.segment_id
	LOOP
		IF own_names THEN
			proposal := labels[s.cluster];
		ELSE
			terms := clusterseg._terms(model, version, s.segment_id);
			FOR n IN 2 .. 4 LOOP
				proposal := CASE
					WHEN cardinality(terms) = 0 AND n < 4 THEN 'average'
					WHEN n < 4 THEN array_to_string(terms[1:n], ', ')
					ELSE array_to_string(terms[1:2] || format('group %s', s.segment_id), ', ') END;
				proposal := upper(left(proposal, 1)) || substr(proposal, 2);
				EXIT WHEN NOT EXISTS (SELECT FROM clusterseg._segments x
					WHERE x.model = _name_segments.model AND lower(x.label) = lower(proposal));
			END LOOP;
		END IF;
		INSERT INTO clusterseg._segments (model, segment_id, label, description, since_version)
		VALUES (_name_segments.model, s.segment_id, proposal, clusterseg._description(model, version, s.segment_id), _name_segments.version);
	END LOOP;
END
$$;
COMMENT ON FUNCTION clusterseg._name_segments(text, int, text[], boolean) IS 'proposes labels and descriptions';

-- ---------------------------------------------------------------------------
-- train()
-- ---------------------------------------------------------------------------

-- The row of the model to train, made when it is new, locked for this transaction.
CREATE FUNCTION clusterseg._open_model(name text, kind text, algorithm text, source text, path text, key text, schema name)
	RETURNS clusterseg.models LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
	SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
	m clusterseg.models;
	usual name;
BEGIN
	PERFORM clusterseg._check_name(name);
	IF to_regnamespace(quote_ident(schema)) IS NULL AND schema IS NOT NULL THEN
		PERFORM clusterseg._fail('3F000', format('schema "%s" does not exist', schema), NULL,
			'Create it, or name another one with output_schema.');
	END IF;
	IF NOT EXISTS (SELECT FROM clusterseg.models x WHERE x.model = name) THEN
		IF schema IS NULL THEN
			PERFORM clusterseg._fail('3F000', 'there is no schema to create the results in', NULL,
				'Set search_path, or name one with output_schema.');
		END IF;
		BEGIN
			INSERT INTO clusterseg.models (model, kind, algorithm, source, source_path, key, output_schema)
			VALUES (name, kind, algorithm, source, path, key, schema);
		EXCEPTION
			WHEN unique_violation THEN
				-- somebody else's, which row security hides, or one made this moment
				IF NOT EXISTS (SELECT FROM clusterseg.models x WHERE x.model = name) THEN
					PERFORM clusterseg._fail('42501', format('the name "%s" is taken by a model of another role', name), NULL,
						'Names of models are unique in the database: choose another one.');
				END IF;
		END;
	END IF;
	m := clusterseg._model(name, kind, true);
	-- the default, which follows the search path, asks for nothing
	PERFORM set_config('search_path', path, true);
	usual := pg_catalog.current_schema();
	PERFORM pg_catalog.set_config('search_path', 'pg_catalog, pg_temp', true);
	IF m.output_schema <> schema AND schema IS DISTINCT FROM usual THEN
		RAISE NOTICE 'results of model "%" stay in schema "%"', name, m.output_schema
			USING HINT = 'To have them elsewhere, drop the model with drop_model() first, or choose another name.';
	END IF;
	RETURN m;
END
$$;
COMMENT ON FUNCTION clusterseg._open_model(text, text, text, text, text, text, name) IS 'finds or makes, and locks, the row of a model';

-- Members have one key.
CREATE FUNCTION clusterseg._check_key(m clusterseg.models, key text, key_type text) RETURNS void
	LANGUAGE plpgsql STABLE PARALLEL UNSAFE
	SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
	IF m.key_type IS NOT NULL AND m.published_id IS NOT NULL AND (m.key_type, m.key) IS DISTINCT FROM (key_type, key) THEN
		PERFORM clusterseg._fail('42804', format('the key of model "%s" cannot change', m.model),
			format('It is column %s of type %s; the source has %s of type %s.', m.key, m.key_type, key, key_type),
			'Drop the model with drop_model() first, or choose another name.');
	END IF;
END
$$;
COMMENT ON FUNCTION clusterseg._check_key(clusterseg.models, text, text) IS 'error when the key is not that of the published version';

-- A model as it will be when that version is published.
CREATE FUNCTION clusterseg._with_source(m clusterseg.models, v clusterseg.versions) RETURNS clusterseg.models
	LANGUAGE plpgsql STABLE PARALLEL UNSAFE
	SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
	IF v.source IS NOT NULL THEN
		PERFORM clusterseg._check_key(m, v.key, v.key_type);
		m.source := v.source;
		m.source_path := v.source_path;
		m.key := v.key;
		m.key_type := v.key_type;
	END IF;
	RETURN m;
END
$$;
COMMENT ON FUNCTION clusterseg._with_source(clusterseg.models, clusterseg.versions) IS 'a model with the source and key of a version';

CREATE FUNCTION clusterseg._train(p_name text, p_source text, p_key text, p_features text[], p_algorithm text, p_k int,
		p_k_range int4range, p_transforms jsonb, p_scale text, p_weight text, p_group_by text[], p_seed bigint,
		p_publish boolean, p_schema text, p_options jsonb, p_path text, p_max_moved float8 DEFAULT NULL, p_run_as text DEFAULT NULL, p_keep_k boolean DEFAULT false,
		OUT model text, OUT version int, OUT algorithm text, OUT k int, OUT rows bigint, OUT skipped bigint, OUT iterations int,
		OUT converged boolean, OUT objective float8, OUT silhouette float8, OUT seconds float8, OUT published boolean)
	LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
	SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
	started timestamptz := clock_timestamp();
	m clusterseg.models;
	f record;
	former clusterseg.model;
	next_id int;
	moved float8;
	missing text := CASE WHEN p_source IS NULL THEN 'source' WHEN p_key IS NULL THEN 'key' WHEN p_algorithm IS NULL THEN 'algorithm'
		WHEN p_publish IS NULL THEN 'publish' END;
BEGIN
	IF missing IS NOT NULL THEN
		PERFORM clusterseg._fail('22004', format('argument "%s" must not be NULL', missing));
	END IF;
	m := clusterseg._open_model(p_name, 'segmentation', p_algorithm, p_source, p_path, p_key, p_schema);
	SELECT v.value INTO former FROM clusterseg.versions v WHERE v.id = m.published_id;
	SELECT COALESCE(max(s.segment_id), 0) + 1 INTO next_id FROM clusterseg._segments s WHERE s.model = p_name;
	SELECT COALESCE(max(v.version), 0) + 1 INTO version FROM clusterseg.versions v WHERE v.model = p_name;
	f := clusterseg._fit(p_name, p_source, p_path, p_key, p_features, p_algorithm, p_k,
		CASE WHEN isempty(p_k_range) THEN 0 ELSE COALESCE(lower(p_k_range), 2) END, COALESCE(upper(p_k_range) - 1, 10), p_transforms, p_scale, p_weight, p_seed, p_options,
		former, CASE WHEN former IS NOT NULL AND m.key = p_key THEN
			format('SELECT %I, segment_id FROM ', m.key) || clusterseg._kept(m, '_members') END,
		next_id, p_group_by, p_run_as, m.owner, p_group_by, p_keep_k);
	PERFORM clusterseg._check_key(m, p_key, f.key_type);

	INSERT INTO clusterseg.versions (model, version, state, options, metrics, algorithm, k, rows, skipped, iterations, converged,
		objective, silhouette, source, source_path, key, key_type)
	VALUES (p_name, version, 'draft',
		jsonb_build_object('features', p_features, 'algorithm', p_algorithm, 'k', p_k, 'k_range', p_k_range,
			'transforms', p_transforms, 'scale', p_scale, 'weight', p_weight, 'group_by', p_group_by, 'seed', p_seed,
			'options', p_options, 'effective', f.effective),
		f.metrics, p_algorithm, f.segments, f.rows, f.skipped, f.iterations, f.converged, f.objective, f.silhouette, p_source, p_path, p_key,
		f.key_type);
	INSERT INTO clusterseg._version_segments (model, version, segment_id, cluster, size, share, radius, reach)
		SELECT p_name, _train.version, s.segment_id, s.cluster, s.size, s.share, s.radius, s.reach FROM clusterseg._model_segments(f.value) s;
	INSERT INTO clusterseg._profiles
		SELECT p_name, _train.version, p.segment_id, p.feature, COALESCE(p.category, ''), p.n, p.mean, p.median, p.p5, p.p95,
			p.overall_mean, p.overall_sd, p.effect, p.lift, p.v_test
		FROM clusterseg._fit_profile() p;
	INSERT INTO clusterseg.centroids
		SELECT p_name, _train.version, c.segment_id, c.feature, COALESCE(c.value, p.mean), c.scaled
		FROM clusterseg._model_centroids(f.value) c
		LEFT JOIN clusterseg._profiles p ON p.model = p_name AND p.version = _train.version AND p.segment_id = c.segment_id
			AND p.feature || CASE WHEN p.category <> '' THEN '=' || p.category ELSE '' END = c.feature;
	INSERT INTO clusterseg._transitions
		SELECT p_name, _train.version, o.former_segment_id, o.segment_id, o.customers, o.former_size, o.size
		FROM clusterseg._fit_overlap() o WHERE o.customers > 0;
	PERFORM clusterseg._name_pinned(p_name, version, f.value);
	IF cardinality(p_group_by) > 0 THEN
		PERFORM clusterseg._name_group_segments(p_name, version, f.value, f.labels, p_algorithm = 'rfm');
	ELSE
		PERFORM clusterseg._name_segments(p_name, version, f.labels, p_algorithm = 'rfm');
	END IF;
	UPDATE clusterseg.versions v SET value = clusterseg._model_relabel(f.value, clusterseg._labels(p_name, _train.version))
		WHERE v.model = p_name AND v.version = _train.version;
	UPDATE clusterseg.models x SET trained_at = now() WHERE x.model = p_name;
	IF m.published_id IS NULL THEN
		UPDATE clusterseg.models x SET source = p_source, source_path = p_path, key = p_key, key_type = f.key_type, algorithm = p_algorithm
			WHERE x.model = p_name;
	END IF;

	published := p_publish;
	IF p_publish AND p_max_moved IS NOT NULL AND m.published_id IS NOT NULL THEN
		SELECT 1 - sum(t.customers) FILTER (WHERE t.from_segment_id = t.to_segment_id) / NULLIF(sum(t.customers), 0)
			INTO moved FROM clusterseg._transitions t WHERE t.model = p_name AND t.version = _train.version;
		IF moved > p_max_moved THEN
			published := false;
			RAISE NOTICE 'version % of model "%" was not published', version, p_name
				USING DETAIL = format('%s %% of the customers would change their segment; max_moved allows %s %%.',
						round((100 * moved)::numeric, 1), round((100 * p_max_moved)::numeric, 1)),
					HINT = format('Look at clusterseg.preview(%L), then call clusterseg.publish(%1$L, %s).', p_name, version);
		END IF;
	END IF;
	IF published THEN
		PERFORM clusterseg._publish_open(p_name, version);
	END IF;
	PERFORM clusterseg._fit_end();
	seconds := extract(epoch FROM clock_timestamp() - started);
	UPDATE clusterseg.versions v SET seconds = _train.seconds WHERE v.model = p_name AND v.version = _train.version;
	model := p_name;
	algorithm := p_algorithm;
	k := f.segments;
	rows := f.rows;
	skipped := f.skipped;
	iterations := f.iterations;
	converged := f.converged;
	objective := f.objective;
	silhouette := f.silhouette;
END
$$;
COMMENT ON FUNCTION clusterseg._train(text, text, text, text[], text, int, int4range, jsonb, text, text, text[], bigint, boolean, text, jsonb, text, float8, text, boolean) IS
	'train() under a given search path; with max_moved, publishes only when no larger share of the customers moves';

-- Publish the version whose training is open: members come from memory.
CREATE FUNCTION clusterseg._publish_open(p_name text, p_version int) RETURNS void
	LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
	SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
	v clusterseg.versions;
	m clusterseg.models;
	at timestamptz;
	labels text[] := clusterseg._labels(p_name, p_version);
	retrained boolean;
	target text;
BEGIN
	SELECT * INTO STRICT v FROM clusterseg.versions x WHERE x.model = p_name AND x.version = p_version;
	m := clusterseg._with_source(clusterseg._model(p_name, 'segmentation', true), v);
	at := clusterseg._moment(m);
	retrained := m.published_id IS NOT NULL AND clusterseg._kept(m, '_members') IS NOT NULL;
	target := CASE WHEN retrained THEN 'pg_temp._clusterseg_staged' ELSE clusterseg._relation(m, '_members') END;
	IF NOT retrained THEN
		PERFORM clusterseg._require_absent(m, '_members'), clusterseg._require_absent(m, '_past'), clusterseg._require_absent(m, '_history');
	END IF;
	PERFORM clusterseg._create_members(m, target, retrained);
	IF (v.metrics->>'sample_share')::float8 < 1 THEN
		-- memory holds a sample: read the source once more
		PERFORM clusterseg._assign_write(p_name, v.value, m.source, m.source_path, m.key, target, labels, p_version, at, 'train', m.owner);
	ELSE
		PERFORM clusterseg._fit_write(target, labels, p_version, at, 'train');
	END IF;
	-- give the rows back before the keys are sorted
	PERFORM clusterseg._fit_end();
	IF retrained THEN
		PERFORM clusterseg._merge_members(m, target, p_version, at, 'retrain', true);
	ELSE
		PERFORM clusterseg._finish_members(m);
	END IF;
	PERFORM clusterseg._set_published(p_name, p_version);
END
$$;
COMMENT ON FUNCTION clusterseg._publish_open(text, int) IS 'publishes the version whose training is open';

-- The pointer swap.
CREATE FUNCTION clusterseg._set_published(p_name text, p_version int) RETURNS void
	LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
	SET search_path = pg_catalog, pg_temp
	SET enable_seqscan = off	-- the planner knows nothing of rows of this transaction: by key, as there may be many
AS $$
BEGIN
	UPDATE clusterseg.versions v SET state = 'retired'
		WHERE v.model = p_name AND v.state = 'published' AND v.version <> p_version;
	UPDATE clusterseg.versions v SET state = 'published' WHERE v.model = p_name AND v.version = p_version;
	UPDATE clusterseg.models x SET published_version = v.version, published_id = v.id, algorithm = v.algorithm, rows = v.rows,
			last_run_at = clusterseg._moment(x), source = COALESCE(v.source, x.source),
			source_path = CASE WHEN v.source IS NULL THEN x.source_path ELSE v.source_path END,
			key = COALESCE(v.key, x.key), key_type = COALESCE(v.key_type, x.key_type)
		FROM clusterseg.versions v
		WHERE x.model = p_name AND v.model = p_name AND v.version = p_version;
	-- descriptions give the numbers of the published version, unless somebody wrote them
	UPDATE clusterseg._segments s SET description = clusterseg._description(p_name, p_version, s.segment_id)
		FROM clusterseg._version_segments v
		WHERE v.model = p_name AND v.version = p_version AND s.model = p_name AND s.segment_id = v.segment_id AND NOT s.described;
END
$$;
COMMENT ON FUNCTION clusterseg._set_published(text, int) IS 'makes a version the published one';

CREATE FUNCTION clusterseg.train(name text, source text, key text, features text[] DEFAULT NULL, algorithm text DEFAULT 'kmeans',
		k int DEFAULT NULL, k_range int4range DEFAULT '[2,10]', transforms jsonb DEFAULT '{}', scale text DEFAULT 'zscore',
		weight text DEFAULT NULL, group_by text[] DEFAULT NULL, seed bigint DEFAULT 42, publish boolean DEFAULT true,
		output_schema name DEFAULT current_schema(), options jsonb DEFAULT '{}')
	RETURNS TABLE (model text, version int, algorithm text, k int, rows bigint, skipped bigint, iterations int, converged boolean,
		objective float8, silhouette float8, seconds float8, published boolean)
	LANGUAGE sql VOLATILE PARALLEL UNSAFE ROWS 1
	BEGIN ATOMIC
		SELECT * FROM clusterseg._train(train.name, train.source, train.key, train.features, train.algorithm, train.k, train.k_range,
			train.transforms, train.scale, train.weight, train.group_by, train.seed, train.publish,
			-- the collation of type name would become that of all texts of the function, and indexes have another one
			train.output_schema::text COLLATE "default", train.options,
			pg_catalog.current_setting('search_path'));
	END;
COMMENT ON FUNCTION clusterseg.train(text, text, text, text[], text, int, int4range, jsonb, text, text, text[], bigint, boolean, name, jsonb) IS
	'finds segments in the rows of a relation or query and keeps them as the next version of the named model; k => NULL chooses k from k_range; publish => false leaves a draft; members are written to <output_schema>.<name>_members';
