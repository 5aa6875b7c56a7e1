-- ---------------------------------------------------------------------------
-- Helpers of later parts
-- ---------------------------------------------------------------------------

CREATE FUNCTION clusterseg._fail(sqlstate text, message text, detail text DEFAULT NULL, hint text DEFAULT NULL)
	RETURNS void LANGUAGE plpgsql VOLATILE PARALLEL SAFE
	SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
	IF detail IS NULL AND hint IS NULL THEN
		RAISE EXCEPTION USING ERRCODE = sqlstate, MESSAGE = message;
	ELSIF hint IS NULL THEN
		RAISE EXCEPTION USING ERRCODE = sqlstate, MESSAGE = message, DETAIL = detail;
	ELSIF detail IS NULL THEN
		RAISE EXCEPTION USING ERRCODE = sqlstate, MESSAGE = message, HINT = hint;
	END IF;
	RAISE EXCEPTION USING ERRCODE = sqlstate, MESSAGE = message, DETAIL = detail, HINT = hint;
END
$$;
COMMENT ON FUNCTION clusterseg._fail(text, text, text, text) IS 'raises an error with SQLSTATE, DETAIL and HINT';

CREATE FUNCTION clusterseg._check_name(name text) RETURNS void
	LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE
	SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
	IF name IS NULL OR name = '' THEN
		PERFORM clusterseg._fail('22023', 'a model needs a name');
	ELSIF octet_length(name) > 47 THEN
		PERFORM clusterseg._fail('42622', format('model name "%s" is too long', name),
			format('It has %s bytes; names of its tables, such as <name>_recommendations, must fit into 63.', octet_length(name)),
			'Choose a name of at most 47 bytes.');
	END IF;
END
$$;
COMMENT ON FUNCTION clusterseg._check_name(text) IS 'is this a possible name of a model?';

-- The model of that name, with a lock when it is to be changed.
CREATE FUNCTION clusterseg._model(name text, kind text DEFAULT NULL, to_change boolean DEFAULT false)
	RETURNS clusterseg.models LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
	SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
	m clusterseg.models;
BEGIN
	IF name IS NULL THEN
		PERFORM clusterseg._fail('22004', 'the name of the model must not be NULL');
	ELSIF to_change THEN
		-- row security lets only the owner lock a row
		SELECT * INTO m FROM clusterseg.models x WHERE x.model = name FOR UPDATE;
		IF m.model IS NULL THEN
			SELECT * INTO m FROM clusterseg.models x WHERE x.model = name;
			IF m.model IS NOT NULL THEN
				PERFORM clusterseg._fail('42501', format('must be owner of model "%s"', name),
					format('It belongs to role "%s".', m.owner));
			END IF;
		END IF;
	ELSE
		SELECT * INTO m FROM clusterseg.models x WHERE x.model = name;
	END IF;
	IF m.model IS NULL THEN
		PERFORM clusterseg._fail('42704', format('model "%s" does not exist', name),
			'There is no such model, or it belongs to a role that has not granted its use.',
			'SELECT model, kind, owner FROM clusterseg.models lists the models that you can use.');
	END IF;
	IF m.kind <> _model.kind THEN
		PERFORM clusterseg._fail('42809', format('model "%s" is a %s, not a %s', name, m.kind, _model.kind));
	END IF;
	RETURN m;
END
$$;
COMMENT ON FUNCTION clusterseg._model(text, text, boolean) IS 'row of a model, or the error why it cannot be had';

CREATE FUNCTION clusterseg._relation(m clusterseg.models, suffix text) RETURNS text
	LANGUAGE sql IMMUTABLE PARALLEL SAFE
	BEGIN ATOMIC
		SELECT pg_catalog.format('%I.%I', (m).output_schema, (m).model || suffix);
	END;
COMMENT ON FUNCTION clusterseg._relation(clusterseg.models, text) IS 'qualified and quoted name of a relation that belongs to a model';

-- Results of a model are its owner's: whoever works on them works as the owner,
-- because the owner may have put triggers on them, or others in their place.
CREATE FUNCTION clusterseg._as_owner(owner text, command text) RETURNS bigint
	AS 'MODULE_PATHNAME', 'clusterseg_as_owner' LANGUAGE C VOLATILE STRICT PARALLEL UNSAFE;
COMMENT ON FUNCTION clusterseg._as_owner(text, text) IS
	'runs a command with the rights of a role whose rights the caller has anyway; returns its rows';

-- A table or view is known by its columns: a user's table of the same name is none of ours.
CREATE FUNCTION clusterseg._kept(m clusterseg.models, suffix text) RETURNS text
	LANGUAGE plpgsql STABLE PARALLEL UNSAFE
	SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
	relation text := clusterseg._relation(m, suffix);
	columns text[] := CASE suffix
		WHEN '_members' THEN ARRAY['segment_id', 'segment', 'distance', 'margin', 'borderline', 'since', 'previous_segment_id',
			'version', 'assigned_at', 'reason']
		WHEN '_recommendations' THEN ARRAY['customer_id', 'rank', 'item_id', 'score', 'source', 'version', 'refreshed_at']
		ELSE ARRAY['segment_id', 'valid_from', 'valid_to', 'version', 'reason', 'ended_by'] END;
BEGIN
	IF EXISTS (SELECT FROM pg_class c WHERE c.oid = to_regclass(relation)
			AND c.relkind = ANY (CASE suffix WHEN '_history' THEN '{v}'::"char"[] ELSE '{r,p}' END))
		AND columns <@ (SELECT array_agg(a.attname::text) FROM pg_attribute a
			WHERE a.attrelid = to_regclass(relation) AND a.attnum > 0 AND NOT a.attisdropped)
	THEN
		RETURN relation;
	END IF;
	RETURN NULL;
END
$$;
COMMENT ON FUNCTION clusterseg._kept(clusterseg.models, text) IS 'qualified and quoted name of a relation that a model made; NULL when it has none';

-- Moments of a model only go forward, also when a transaction that began earlier comes later.
CREATE FUNCTION clusterseg._moment(m clusterseg.models) RETURNS timestamptz
	LANGUAGE sql STABLE PARALLEL SAFE
	BEGIN ATOMIC
		SELECT CASE WHEN pg_catalog.now() < (m).last_run_at THEN (m).last_run_at + '1 microsecond'::interval ELSE pg_catalog.now() END;
	END;
COMMENT ON FUNCTION clusterseg._moment(clusterseg.models) IS 'now, as the history of a model counts it';

CREATE FUNCTION clusterseg._require_absent(m clusterseg.models, suffix text) RETURNS void
	LANGUAGE plpgsql STABLE PARALLEL UNSAFE
	SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
	IF to_regclass(clusterseg._relation(m, suffix)) IS NOT NULL THEN
		PERFORM clusterseg._fail('42P07', format('relation %s already exists', clusterseg._relation(m, suffix)),
			format('Model "%s" keeps its results in a relation of that name.', m.model),
			'Choose another name for the model, another output_schema, or rename the relation.');
	END IF;
END
$$;
COMMENT ON FUNCTION clusterseg._require_absent(clusterseg.models, text) IS 'error when a relation that a model is about to create exists';
