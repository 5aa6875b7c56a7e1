-- ---------------------------------------------------------------------------
-- The life of a model after training
-- ---------------------------------------------------------------------------

-- Assign the source's rows by a version, merge them into the members.
CREATE FUNCTION clusterseg._place_members(m clusterseg.models, p_version int, reason text) RETURNS bigint
	LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
	SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
	v clusterseg.versions;
	members text := clusterseg._relation(m, '_members');
	labels text[] := clusterseg._labels(m.model, p_version);
	at timestamptz := clusterseg._moment(m);
	moved bigint := 0;
	placed record;
BEGIN
	SELECT * INTO STRICT v FROM clusterseg.versions x WHERE x.model = m.model AND x.version = p_version;
	IF m.source IS NULL OR m.key IS NULL THEN
		PERFORM clusterseg._fail('55000', format('model "%s" has no source', m.model), 'It was imported, so there are no rows to assign.',
			'Scoring by name works without members; train() gives the model a source.');
	END IF;
	IF clusterseg._kept(m, '_members') IS NULL THEN
		PERFORM clusterseg._require_absent(m, '_members'), clusterseg._require_absent(m, '_past'), clusterseg._require_absent(m, '_history');
		PERFORM clusterseg._create_members(m, members, false);
		placed := clusterseg._assign_write(m.model, v.value, m.source, m.source_path, m.key, members, labels, p_version, at, reason, m.owner);
		PERFORM clusterseg._finish_members(m);
	ELSE
		PERFORM clusterseg._create_members(m, 'pg_temp._clusterseg_staged', true);
		placed := clusterseg._assign_write(m.model, v.value, m.source, m.source_path, m.key, 'pg_temp._clusterseg_staged', labels, p_version, at, reason, m.owner);
		moved := clusterseg._merge_members(m, 'pg_temp._clusterseg_staged', p_version, at, reason, false);
	END IF;
	IF placed.skipped > 0 THEN
		RAISE NOTICE '% of % rows are not assignable and have no segment', placed.skipped, placed.rows + placed.skipped;
	END IF;
	RETURN moved;
END
$$;
COMMENT ON FUNCTION clusterseg._place_members(clusterseg.models, int, text) IS 'assigns the rows of the source by a version; returns customers moved';

CREATE FUNCTION clusterseg.publish(name text, version int DEFAULT NULL) RETURNS int
	LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
	SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
	m clusterseg.models := clusterseg._model(name, NULL, true);
	v clusterseg.versions;
BEGIN
	SELECT * INTO v FROM clusterseg.versions x
		WHERE x.model = name AND (x.version = publish.version OR publish.version IS NULL)
		ORDER BY x.version DESC LIMIT 1;
	IF v.version IS NULL THEN
		PERFORM clusterseg._fail('42704', format('model "%s" has no version %s', name, publish.version),
			(SELECT 'It has: ' || string_agg(x.version::text, ', ' ORDER BY x.version) || '.' FROM clusterseg.versions x WHERE x.model = name));
	END IF;
	IF m.kind = 'segmentation' THEN
		m := clusterseg._with_source(m, v);
	END IF;
	IF m.kind = 'segmentation' AND (m.source IS NOT NULL OR m.published_id IS NULL) AND m.key IS NOT NULL THEN
		PERFORM clusterseg._place_members(m, v.version, CASE WHEN v.version < m.published_version THEN 'rollback' ELSE 'publish' END);
	END IF;
	PERFORM clusterseg._set_published(name, v.version);
	RETURN v.version;
END
$$;
COMMENT ON FUNCTION clusterseg.publish(text, int) IS
	'makes a version (default: the newest) the one that scoring by name uses, and assigns all customers by it; one transaction, undone by ROLLBACK';

CREATE FUNCTION clusterseg.rollback(name text) RETURNS int
	LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
	SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
	m clusterseg.models := clusterseg._model(name, NULL, true);
	previous int;
BEGIN
	SELECT max(v.version) INTO previous FROM clusterseg.versions v
		WHERE v.model = name AND v.state = 'retired' AND v.version < m.published_version;
	IF previous IS NULL THEN
		PERFORM clusterseg._fail('55000', format('model "%s" has no earlier published version', name), NULL,
			format('publish(%L, version) publishes any version.', name));
	END IF;
	RETURN clusterseg.publish(name, previous);
END
$$;
COMMENT ON FUNCTION clusterseg.rollback(text) IS 'publishes the version that was published before the present one';

CREATE FUNCTION clusterseg.reassign(name text) RETURNS bigint
	LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
	SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
	m clusterseg.models := clusterseg._model(name, 'segmentation', true);
	moved bigint;
BEGIN
	IF m.published_version IS NULL THEN
		PERFORM clusterseg._fail('55000', format('model "%s" has no published version', name), NULL, format('Call clusterseg.publish(%L).', name));
	END IF;
	moved := clusterseg._place_members(m, m.published_version, 'behaviour');
	UPDATE clusterseg.models x SET last_run_at = clusterseg._moment(x) WHERE x.model = name;
	RETURN moved;
END
$$;
COMMENT ON FUNCTION clusterseg.reassign(text) IS
	'assigns all rows of the source anew by the published version, without training; returns how many customers changed their segment';

CREATE FUNCTION clusterseg._refresh(p_name text, p_max_moved float8, p_source text, p_path text,
		OUT model text, OUT version int, OUT algorithm text, OUT k int, OUT rows bigint, OUT skipped bigint, OUT iterations int,
		OUT converged boolean, OUT objective float8, OUT silhouette float8, OUT seconds float8, OUT published boolean)
	LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
	SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
	m clusterseg.models := clusterseg._model(p_name, NULL, true);
	o jsonb;
	trained int;
	groups text[];
BEGIN
	IF p_max_moved < 0 OR p_max_moved > 1 THEN
		PERFORM clusterseg._fail('22023', 'max_moved is a share of the customers from 0 to 1');
	END IF;
	IF COALESCE(p_source, m.source) IS NULL THEN
		PERFORM clusterseg._fail('55000', format('model "%s" has no source', p_name), 'It was imported.', 'Call train() with a source.');
	END IF;
	-- the arguments of the published version; k stays what it was, unless it was left to the data
	SELECT v.options, v.k - (SELECT count(*) FROM clusterseg._model_pinned(v.value)) INTO o, trained FROM clusterseg.versions v
		WHERE v.model = p_name ORDER BY v.version = m.published_version DESC NULLS LAST, v.version DESC LIMIT 1;
	SELECT array_agg(x.value ORDER BY x.ordinality) INTO groups FROM jsonb_array_elements_text(CASE jsonb_typeof(o->'group_by')
		WHEN 'array' THEN o->'group_by' ELSE '[]' END) WITH ORDINALITY x;
	IF m.kind = 'recommender' THEN
		IF p_max_moved IS NOT NULL THEN
			PERFORM clusterseg._fail('22023', 'max_moved is for segmentations', 'A recommender has no members that could move.');
		END IF;
		SELECT t.model, t.version, t.algorithm, t.events, t.skipped, t.seconds, t.published
			INTO model, version, algorithm, rows, skipped, seconds, published
		FROM clusterseg._train_recommender(p_name, COALESCE(p_source, m.source), o->>'customer', o->>'item', o->>'weight', o->>'at',
			o->>'algorithm', o->>'segmentation', o->>'item_source', o->>'item_key', o->>'event_type', (o->>'seed')::bigint, true,
			o->'options', CASE WHEN p_source IS NULL THEN m.source_path ELSE p_path END, m.output_schema,
			CASE WHEN p_source IS NULL THEN m.owner END) t;
		RETURN;
	END IF;
	SELECT t.* INTO model, version, algorithm, k, rows, skipped, iterations, converged, objective, silhouette, seconds, published
	FROM clusterseg._train(p_name, COALESCE(p_source, m.source), m.key,
		(SELECT array_agg(x.value ORDER BY x.ordinality) FROM jsonb_array_elements_text(CASE jsonb_typeof(o->'features')
			WHEN 'array' THEN o->'features' ELSE '[]' END) WITH ORDINALITY x),
		o->>'algorithm', COALESCE((o->>'k')::int, CASE WHEN groups IS NULL AND clusterseg._chooses_k(o->>'algorithm', o->'options') THEN trained END),
		(o->>'k_range')::int4range, o->'transforms', o->>'scale', o->>'weight', groups, (o->>'seed')::bigint, true, m.output_schema::text COLLATE "default", o->'options',
		CASE WHEN p_source IS NULL THEN m.source_path ELSE p_path END, p_max_moved,
		CASE WHEN p_source IS NULL THEN m.owner END, groups IS NOT NULL AND o->>'k' IS NULL) t;
END
$$;
COMMENT ON FUNCTION clusterseg._refresh(text, float8, text, text) IS 'refresh() under a given search path';

CREATE FUNCTION clusterseg.refresh(name text, max_moved float8 DEFAULT NULL, source text DEFAULT NULL)
	RETURNS TABLE (model text, version int, algorithm text, k int, rows bigint, skipped bigint, iterations int, converged boolean,
		objective float8, silhouette float8, seconds float8, published boolean)
	LANGUAGE sql VOLATILE PARALLEL UNSAFE ROWS 1
	BEGIN ATOMIC
		SELECT * FROM clusterseg._refresh(refresh.name, refresh.max_moved, refresh.source, pg_catalog.current_setting('search_path'));
	END;
COMMENT ON FUNCTION clusterseg.refresh(text, float8, text) IS
	'trains the next version of a segmentation or recommender with the arguments of the published one on today''s rows and publishes it; with max_moved, only when no larger share of the customers changes segment, else it stays a draft';

CREATE FUNCTION clusterseg.preview(name text)
	RETURNS TABLE (segment_id int, segment text, state text, size_before bigint, size_after bigint, stay bigint, moved_in bigint, moved_out bigint)
	LANGUAGE plpgsql STABLE PARALLEL UNSAFE
	SET search_path = pg_catalog, pg_temp
AS $$
#variable_conflict use_column
DECLARE
	m clusterseg.models := clusterseg._model(name, 'segmentation');
	draft int;
BEGIN
	SELECT max(v.version) INTO draft FROM clusterseg.versions v WHERE v.model = name;
	RETURN QUERY
	WITH before AS (
		SELECT s.segment_id, s.size FROM clusterseg._version_segments s WHERE s.model = name AND s.version = m.published_version
	), after AS (
		SELECT s.segment_id, s.size FROM clusterseg._version_segments s WHERE s.model = name AND s.version = draft
	), t AS (
		SELECT * FROM clusterseg._transitions t WHERE t.model = name AND t.version = draft AND draft <> m.published_version
	), moves AS (
		SELECT i.id,
			COALESCE(sum(t.customers) FILTER (WHERE t.from_segment_id = i.id AND t.to_segment_id = i.id), 0)::bigint AS stay,
			COALESCE(sum(t.customers) FILTER (WHERE t.from_segment_id <> i.id AND t.to_segment_id = i.id), 0)::bigint AS moved_in,
			COALESCE(sum(t.customers) FILTER (WHERE t.from_segment_id = i.id AND t.to_segment_id <> i.id), 0)::bigint AS moved_out
		FROM (SELECT b.segment_id AS id FROM before b UNION SELECT a.segment_id FROM after a) i LEFT JOIN t
			ON i.id IN (t.from_segment_id, t.to_segment_id)
		GROUP BY i.id
	)
	SELECT s.segment_id, s.label,
		CASE WHEN b.size IS NULL THEN 'emerges' WHEN a.size IS NULL THEN 'disappears' ELSE 'stays' END,
		b.size, a.size, CASE WHEN draft = m.published_version THEN a.size ELSE x.stay END, x.moved_in, x.moved_out
	FROM moves x JOIN clusterseg._segments s ON s.model = name AND s.segment_id = x.id
		LEFT JOIN before b ON b.segment_id = x.id LEFT JOIN after a ON a.segment_id = x.id
	ORDER BY s.segment_id;
END
$$;
COMMENT ON FUNCTION clusterseg.preview(text) IS
	'what publishing the newest version would do to each segment, as its training found it: customers that stay, come and go, segments that emerge and disappear';

CREATE FUNCTION clusterseg.drop_model(name text) RETURNS void
	LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
	SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
	m clusterseg.models := clusterseg._model(name, NULL, true);
	suffix text;
BEGIN
	FOREACH suffix IN ARRAY ARRAY['_history', '_past', '_members', '_recommendations'] LOOP
		PERFORM clusterseg._as_owner(m.owner, format('DROP %s ', CASE suffix WHEN '_history' THEN 'VIEW' ELSE 'TABLE' END)
			|| clusterseg._kept(m, suffix));
	END LOOP;
	DELETE FROM clusterseg.models x WHERE x.model = name;
END
$$;
COMMENT ON FUNCTION clusterseg.drop_model(text) IS
	'drops a model with all its versions, members, history and recommendations; fails when other objects depend on these';

CREATE FUNCTION clusterseg.rename_segment(name text, segment_id int, label text, description text DEFAULT NULL) RETURNS void
	LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
	SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
	m clusterseg.models := clusterseg._model(name, 'segmentation', true);
BEGIN
	IF label IS NULL OR btrim(label) = '' THEN
		PERFORM clusterseg._fail('22023', 'a segment needs a label');
	END IF;
	IF NOT EXISTS (SELECT FROM clusterseg._segments s WHERE s.model = name AND s.segment_id IS NOT DISTINCT FROM rename_segment.segment_id) THEN
		PERFORM clusterseg._fail('42704', format('model "%s" has no segment %s', name, segment_id),
			(SELECT 'It has: ' || string_agg(s.segment_id::text, ', ' ORDER BY s.segment_id) || '.' FROM clusterseg._segments s WHERE s.model = name));
	END IF;
	IF EXISTS (SELECT FROM clusterseg._segments s
			WHERE s.model = name AND lower(s.label) = lower(rename_segment.label) AND s.segment_id <> rename_segment.segment_id) THEN
		PERFORM clusterseg._fail('23505', format('model "%s" has another segment with the label "%s"', name, label));
	END IF;
	UPDATE clusterseg._segments s SET label = rename_segment.label, named = true,
			description = COALESCE(rename_segment.description, s.description), described = s.described OR rename_segment.description IS NOT NULL
		WHERE s.model = name AND s.segment_id = rename_segment.segment_id;
	PERFORM clusterseg._as_owner(m.owner, format('UPDATE %s m SET segment = %L WHERE m.segment_id = %s', kept, label, segment_id))
		FROM clusterseg._kept(m, '_members') kept WHERE kept IS NOT NULL;
END
$$;
COMMENT ON FUNCTION clusterseg.rename_segment(text, int, text, text) IS
	'gives a segment a label (and description) of your own; it stays over retraining, with the segment''s id';

-- ---------------------------------------------------------------------------
-- Values, export and import
-- ---------------------------------------------------------------------------

CREATE FUNCTION clusterseg.model_value(name text, version int DEFAULT NULL) RETURNS clusterseg.model
	LANGUAGE plpgsql STABLE PARALLEL SAFE
	SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
	result clusterseg.model;
	found_version int;
BEGIN
	SELECT v.value, v.version INTO result, found_version
		FROM clusterseg.models m JOIN clusterseg.versions v ON v.model = m.model
		WHERE m.model = name AND v.version = COALESCE(model_value.version, m.published_version);
	IF found_version IS NULL THEN
		PERFORM clusterseg._model(name, 'segmentation');
		PERFORM clusterseg._fail('42704', format('model "%s" has no %s', name, COALESCE('version ' || version, 'published version')));
	ELSIF result IS NULL THEN
		PERFORM clusterseg._model(name, 'segmentation');
	END IF;
	RETURN clusterseg._model_relabel(result, clusterseg._labels(name, found_version));
END
$$;
COMMENT ON FUNCTION clusterseg.model_value(text, int) IS
	'a version (default: the published one) as a value of type clusterseg.model, with the present labels; scoring by it reads no table';

CREATE FUNCTION clusterseg.group_model(model text, group_key jsonb) RETURNS clusterseg.model
	LANGUAGE sql STABLE PARALLEL SAFE
	BEGIN ATOMIC
		SELECT clusterseg.group_model(clusterseg.model_value(group_model.model), group_model.group_key);
	END;
COMMENT ON FUNCTION clusterseg.group_model(text, jsonb) IS
	'the model of one group as a model value of its own: that of the group, else the parent; group_key => {"column": "value"}, by the published version of the named model';

CREATE FUNCTION clusterseg.export_model(name text, version int DEFAULT NULL) RETURNS jsonb
	LANGUAGE plpgsql STABLE PARALLEL UNSAFE
	SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
	m clusterseg.models := clusterseg._model(name);
	v clusterseg.versions;
BEGIN
	SELECT * INTO v FROM clusterseg.versions x WHERE x.model = name AND x.version = COALESCE(export_model.version, m.published_version);
	IF v.version IS NULL THEN
		PERFORM clusterseg._fail('42704', format('model "%s" has no %s', name, COALESCE('version ' || version, 'published version')));
	END IF;
	IF m.kind = 'recommender' THEN
		RETURN clusterseg._export_recommender(m, v) || clusterseg._export_customers(v.id) || clusterseg._export_terms(v.id);
	END IF;
	RETURN jsonb_build_object('clusterseg', 1, 'kind', m.kind, 'algorithm', v.algorithm, 'key', m.key, 'key_type', m.key_type,
		'options', v.options, 'metrics', v.metrics, 'rows', v.rows, 'skipped', v.skipped, 'iterations', v.iterations,
		'converged', v.converged, 'objective', v.objective, 'silhouette', v.silhouette, 'trained_at', v.trained_at,
		'model', clusterseg.model_value(name, v.version)::text::jsonb,
		'segments', (SELECT jsonb_agg(jsonb_build_object('segment_id', s.segment_id, 'label', s.label, 'description',
				CASE WHEN s.described THEN s.description ELSE clusterseg._description(name, v.version, s.segment_id) END,
				'named', s.named, 'described', s.described) ORDER BY s.segment_id)
			FROM clusterseg._segments s JOIN clusterseg._version_segments x ON x.model = s.model AND x.segment_id = s.segment_id
			WHERE s.model = name AND x.version = v.version),
		'profiles', (SELECT jsonb_agg(to_jsonb(p) - 'model' - 'version' ORDER BY p.segment_id, p.feature, p.category) FROM clusterseg._profiles p WHERE p.model = name AND p.version = v.version));
END
$$;
COMMENT ON FUNCTION clusterseg.export_model(text, int) IS
	'a version as JSON: everything that import_model() needs to score elsewhere; no rows of the source';

CREATE FUNCTION clusterseg._import_segmentation(p_name text, p_exported jsonb, p_schema name) RETURNS int
	LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
	SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
	m clusterseg.models;
	imported clusterseg.model := (p_exported->'model')::text::clusterseg.model;
	algorithm text := p_exported->'model'->'fit'->>'algorithm';
	number int;
BEGIN
	IF imported IS NULL THEN
		PERFORM clusterseg._fail('22023', 'it has no field "model"');
	END IF;
	m := clusterseg._open_model(p_name, 'segmentation', algorithm, NULL, NULL, p_exported->>'key', p_schema);
	SELECT COALESCE(max(v.version), 0) + 1 INTO number FROM clusterseg.versions v WHERE v.model = p_name;
	INSERT INTO clusterseg.versions (model, version, state, options, metrics, trained_at, algorithm, k, rows, skipped, iterations, converged,
		objective, silhouette)
	SELECT p_name, i.number, 'draft', COALESCE(p_exported->'options', '{}'), COALESCE(p_exported->'metrics', '{}'),
		COALESCE((p_exported->>'trained_at')::timestamptz, now()),
		algorithm, (SELECT count(*) FROM clusterseg._model_segments(imported)), (p_exported->>'rows')::bigint,
		(p_exported->>'skipped')::bigint, (p_exported->>'iterations')::int, (p_exported->>'converged')::boolean,
		(p_exported->>'objective')::float8, (p_exported->>'silhouette')::float8
	FROM (SELECT number) i;
	INSERT INTO clusterseg._version_segments (model, version, segment_id, cluster, size, share, radius, reach)
		SELECT p_name, i.number, s.segment_id, s.cluster, s.size, s.share, s.radius, s.reach
		FROM clusterseg._model_segments(imported) s, (SELECT number) i;
	INSERT INTO clusterseg._segments (model, segment_id, label, description, named, since_version, described)
		SELECT p_name, s.segment_id, COALESCE(NULLIF(btrim(e.label), ''), s.segment), e.description, COALESCE(e.named, false), i.number,
			COALESCE(e.described, false)
		FROM clusterseg._model_segments(imported) s CROSS JOIN (SELECT number) i
		LEFT JOIN jsonb_to_recordset(COALESCE(p_exported->'segments', '[]')) e (segment_id int, label text, description text, named boolean,
			described boolean) ON e.segment_id = s.segment_id
		ON CONFLICT DO NOTHING;
	UPDATE clusterseg.versions v SET value = clusterseg._model_relabel(imported, clusterseg._labels(p_name, v.version))
		WHERE v.model = p_name AND v.version = number;
	INSERT INTO clusterseg._profiles
		SELECT p_name, i.number, p.segment_id, p.feature, p.category, p.n, p.mean, p.median, p.p5, p.p95, p.overall_mean, p.overall_sd,
			p.effect, p.lift, p.v_test
		FROM jsonb_to_recordset(COALESCE(p_exported->'profiles', '[]')) p (segment_id int, feature text, category text, n bigint, mean float8,
			median float8, p5 float8, p95 float8, overall_mean float8, overall_sd float8, effect float8, lift float8, v_test float8),
			(SELECT number) i;
	INSERT INTO clusterseg.centroids
		SELECT p_name, i.number, c.segment_id, c.feature, COALESCE(c.value, p.mean), c.scaled
		FROM clusterseg._model_centroids(imported) c CROSS JOIN (SELECT number) i
		LEFT JOIN clusterseg._profiles p ON p.model = p_name AND p.version = i.number AND p.segment_id = c.segment_id
			AND p.feature || CASE WHEN p.category <> '' THEN '=' || p.category ELSE '' END = c.feature;
	UPDATE clusterseg.models x SET trained_at = COALESCE((p_exported->>'trained_at')::timestamptz, now()),
		key_type = COALESCE(x.key_type, p_exported->>'key_type') WHERE x.model = p_name;
	-- where there is nothing to assign, publishing is the pointer alone
	IF m.published_id IS NULL THEN
		PERFORM clusterseg._set_published(p_name, number);
	END IF;
	RETURN number;
END
$$;
COMMENT ON FUNCTION clusterseg._import_segmentation(text, jsonb, name) IS 'adds an exported version to a segmentation';

CREATE FUNCTION clusterseg.import_model(name text, exported jsonb, output_schema name DEFAULT current_schema()) RETURNS int
	LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
	SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
	IF jsonb_typeof(exported) IS DISTINCT FROM 'object' OR exported->>'clusterseg' IS DISTINCT FROM '1' THEN
		PERFORM clusterseg._fail('22023', 'it has no field "clusterseg" with the value 1');
	ELSIF jsonb_typeof(COALESCE(exported->'options', '{}')) <> 'object' OR jsonb_typeof(COALESCE(exported->'metrics', '{}')) <> 'object' THEN
		PERFORM clusterseg._fail('22023', 'its fields "options" and "metrics" are not objects');
	ELSIF exported->>'kind' = 'recommender' THEN
		RETURN clusterseg._import_recommender(name, exported, output_schema);
	ELSIF exported->>'kind' = 'segmentation' THEN
		RETURN clusterseg._import_segmentation(name, exported, output_schema);
	END IF;
	PERFORM clusterseg._fail('22023', 'its field "kind" is neither "segmentation" nor "recommender"');
EXCEPTION
	WHEN data_exception OR integrity_constraint_violation OR cardinality_violation OR syntax_error THEN
		DECLARE
			message text;
			detail text;
		BEGIN
			GET STACKED DIAGNOSTICS message = MESSAGE_TEXT, detail = PG_EXCEPTION_DETAIL;
			-- of rows of the catalog the message says enough
			IF SQLSTATE LIKE '23%' THEN
				detail := NULL;
			END IF;
			PERFORM clusterseg._fail('22023', 'this is not an exported model',
				upper(left(message, 1)) || substr(message, 2) || '.' || COALESCE(' ' || NULLIF(detail, ''), ''),
				'export_model() makes what import_model() takes.');
		END;
END
$$;
COMMENT ON FUNCTION clusterseg.import_model(text, jsonb, name) IS
	'adds an exported version to a model, which is made when it is new; the first one is published at once';

-- ---------------------------------------------------------------------------
-- Who may use a model
-- ---------------------------------------------------------------------------

-- UPDATE clusterseg.models SET owner = ... gives a model away; its relations and grants go along.
CREATE FUNCTION clusterseg._give_away() RETURNS trigger
	LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
	SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
	suffix text;
	kept text;
BEGIN
	IF NOT EXISTS (SELECT FROM pg_roles r WHERE r.rolname = NEW.owner) THEN
		PERFORM clusterseg._fail('42704', format('role "%s" does not exist', NEW.owner));
	END IF;
	FOREACH suffix IN ARRAY ARRAY['_members', '_past', '_history', '_recommendations'] LOOP
		kept := clusterseg._kept(NEW, suffix);
		IF kept IS NOT NULL THEN
			EXECUTE format('ALTER %s %s OWNER TO %I', CASE suffix WHEN '_history' THEN 'VIEW' ELSE 'TABLE' END, kept, NEW.owner);
		END IF;
	END LOOP;
	UPDATE clusterseg.model_grants g SET owner = NEW.owner WHERE g.model = NEW.model;
	RETURN NEW;
END
$$;
COMMENT ON FUNCTION clusterseg._give_away() IS 'gives the relations of a model to its new owner';
CREATE TRIGGER give_away AFTER UPDATE OF owner ON clusterseg.models FOR EACH ROW WHEN (OLD.owner <> NEW.owner)
	EXECUTE FUNCTION clusterseg._give_away();

CREATE FUNCTION clusterseg.grant_model(name text, grantee name) RETURNS void
	LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
	SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
	m clusterseg.models := clusterseg._model(name, NULL, true);
BEGIN
	IF grantee IS NULL THEN
		PERFORM clusterseg._fail('22004', 'argument "grantee" must not be NULL');
	ELSIF grantee <> 'public' AND NOT EXISTS (SELECT FROM pg_roles r WHERE r.rolname = grantee) THEN
		PERFORM clusterseg._fail('42704', format('role "%s" does not exist', grantee));
	END IF;
	INSERT INTO clusterseg.model_grants (model, grantee, owner) VALUES (name, grant_model.grantee, m.owner) ON CONFLICT DO NOTHING;
END
$$;
COMMENT ON FUNCTION clusterseg.grant_model(text, name) IS
	'lets a role (public: all) score with a model by name and read its segments; members and recommendations are tables of their own: GRANT SELECT on them';

CREATE FUNCTION clusterseg.revoke_model(name text, grantee name) RETURNS void
	LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
	SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
	PERFORM clusterseg._model(name, NULL, true);
	DELETE FROM clusterseg.model_grants g WHERE g.model = name AND g.grantee = revoke_model.grantee;
END
$$;
COMMENT ON FUNCTION clusterseg.revoke_model(text, name) IS 'takes back grant_model()';
