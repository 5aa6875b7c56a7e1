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
	IF to_change THEN
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
