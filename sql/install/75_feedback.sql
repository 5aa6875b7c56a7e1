-- ---------------------------------------------------------------------------
-- Feedback: what was shown to whom, and what came of it.
--
-- Who may use a model may log for it and sees what it has logged itself; the owner
-- of the model sees all and deletes.  Nothing is ever changed.
-- ---------------------------------------------------------------------------

CREATE SEQUENCE clusterseg.call_id_seq;

CREATE TABLE clusterseg.feedback_calls (
	call_id bigint PRIMARY KEY DEFAULT nextval('clusterseg.call_id_seq'),
	model text NOT NULL,
	version int NOT NULL,
	customer_id text COLLATE "C" NOT NULL,
	segment_id int,
	experiment text,
	bucket text,
	shown_at timestamptz NOT NULL,
	logged_by name NOT NULL DEFAULT current_user,
	CHECK ((experiment IS NULL) = (bucket IS NULL))
);
ALTER SEQUENCE clusterseg.call_id_seq OWNED BY clusterseg.feedback_calls.call_id;
CREATE INDEX feedback_calls_customer ON clusterseg.feedback_calls (model, customer_id, shown_at);
COMMENT ON TABLE clusterseg.feedback_calls IS 'one row per list that was shown, or held back, to a customer';
COMMENT ON COLUMN clusterseg.feedback_calls.call_id IS 'number of the list';
COMMENT ON COLUMN clusterseg.feedback_calls.model IS 'recommender';
COMMENT ON COLUMN clusterseg.feedback_calls.version IS 'its version';
COMMENT ON COLUMN clusterseg.feedback_calls.customer_id IS 'key of the customer as text, as recommend_all() shows it';
COMMENT ON COLUMN clusterseg.feedback_calls.segment_id IS 'segment of the customer at that time; NULL: unknown';
COMMENT ON COLUMN clusterseg.feedback_calls.experiment IS 'experiment that the list was part of; NULL: none';
COMMENT ON COLUMN clusterseg.feedback_calls.bucket IS 'bucket of the experiment';
COMMENT ON COLUMN clusterseg.feedback_calls.shown_at IS 'when';
COMMENT ON COLUMN clusterseg.feedback_calls.logged_by IS 'role that logged it';

CREATE TABLE clusterseg.impressions (
	call_id bigint NOT NULL,
	rank int NOT NULL CHECK (rank > 0),
	item_id text COLLATE "C" NOT NULL,
	propensity float8 NOT NULL CHECK (propensity > 0 AND propensity <= 1),
	PRIMARY KEY (call_id, rank),
	UNIQUE (call_id, item_id)
);
COMMENT ON TABLE clusterseg.impressions IS 'the items of the lists';
COMMENT ON COLUMN clusterseg.impressions.call_id IS 'list';
COMMENT ON COLUMN clusterseg.impressions.rank IS 'place, from 1';
COMMENT ON COLUMN clusterseg.impressions.item_id IS 'item';
COMMENT ON COLUMN clusterseg.impressions.propensity IS 'probability with which the item came to its place';

CREATE TABLE clusterseg.outcomes (
	call_id bigint NOT NULL,
	item_id text COLLATE "C",
	outcome text NOT NULL CHECK (outcome <> ''),
	value float8 NOT NULL CHECK (abs(value) <= 1e30),
	at timestamptz NOT NULL,
	subject text COLLATE "C" GENERATED ALWAYS AS (COALESCE('item ' || item_id, 'list')) STORED,
	PRIMARY KEY (call_id, subject, outcome)
);
COMMENT ON TABLE clusterseg.outcomes IS 'what came of the lists: one row per item and kind of outcome';
COMMENT ON COLUMN clusterseg.outcomes.call_id IS 'list';
COMMENT ON COLUMN clusterseg.outcomes.item_id IS 'item; NULL: of the list as a whole, such as a purchase of something else';
COMMENT ON COLUMN clusterseg.outcomes.outcome IS 'what happened, such as click or purchase';
COMMENT ON COLUMN clusterseg.outcomes.value IS 'what it was worth';
COMMENT ON COLUMN clusterseg.outcomes.at IS 'when';
COMMENT ON COLUMN clusterseg.outcomes.subject IS 'item or list, as part of the key';

-- ---- who sees and changes what ----

CREATE FUNCTION clusterseg._sees_call(call_id bigint, to_delete boolean) RETURNS boolean
	LANGUAGE sql STABLE PARALLEL SAFE
	BEGIN ATOMIC
		SELECT EXISTS (SELECT FROM clusterseg.feedback_calls c JOIN clusterseg.models m ON m.model = c.model
			WHERE c.call_id = _sees_call.call_id AND (NOT _sees_call.to_delete OR clusterseg._is_role(m.owner)));
	END;
COMMENT ON FUNCTION clusterseg._sees_call(bigint, boolean) IS 'may the current role see (or delete) what is logged of this list?';

ALTER TABLE clusterseg.feedback_calls ENABLE ROW LEVEL SECURITY;
CREATE POLICY seen ON clusterseg.feedback_calls FOR SELECT USING (EXISTS (SELECT FROM clusterseg.models m
	WHERE m.model = feedback_calls.model AND (clusterseg._is_role(m.owner) OR clusterseg._is_role(feedback_calls.logged_by))));
CREATE POLICY logged ON clusterseg.feedback_calls FOR INSERT WITH CHECK (logged_by = current_user
	AND EXISTS (SELECT FROM clusterseg.models m WHERE m.model = feedback_calls.model AND m.kind = 'recommender'));
CREATE POLICY owned ON clusterseg.feedback_calls FOR DELETE USING (EXISTS (SELECT FROM clusterseg.models m
	WHERE m.model = feedback_calls.model AND clusterseg._is_role(m.owner)));
ALTER TABLE clusterseg.impressions ENABLE ROW LEVEL SECURITY;
CREATE POLICY seen ON clusterseg.impressions FOR SELECT USING (clusterseg._sees_call(call_id, false));
CREATE POLICY logged ON clusterseg.impressions FOR INSERT WITH CHECK (clusterseg._sees_call(call_id, false));
CREATE POLICY owned ON clusterseg.impressions FOR DELETE USING (clusterseg._sees_call(call_id, true));
ALTER TABLE clusterseg.outcomes ENABLE ROW LEVEL SECURITY;
CREATE POLICY seen ON clusterseg.outcomes FOR SELECT USING (clusterseg._sees_call(call_id, false));
CREATE POLICY logged ON clusterseg.outcomes FOR INSERT WITH CHECK (clusterseg._sees_call(call_id, false));
CREATE POLICY owned ON clusterseg.outcomes FOR DELETE USING (clusterseg._sees_call(call_id, true));
GRANT INSERT, DELETE ON clusterseg.feedback_calls, clusterseg.impressions, clusterseg.outcomes TO PUBLIC;
GRANT USAGE, SELECT ON SEQUENCE clusterseg.call_id_seq TO PUBLIC;
SELECT pg_catalog.pg_extension_config_dump('clusterseg.feedback_calls', '');
SELECT pg_catalog.pg_extension_config_dump('clusterseg.impressions', '');
SELECT pg_catalog.pg_extension_config_dump('clusterseg.outcomes', '');
SELECT pg_catalog.pg_extension_config_dump('clusterseg.call_id_seq', '');

-- Who logs and who removes wait for each other: a row that is just being added would stay for good.
CREATE FUNCTION clusterseg._share_log(model text, call_id bigint) RETURNS void
	AS 'MODULE_PATHNAME', 'clusterseg_share_log' LANGUAGE C VOLATILE PARALLEL UNSAFE;
COMMENT ON FUNCTION clusterseg._share_log(text, bigint) IS
	'keeps the log of a model from being removed until the transaction ends: for who adds a list (call_id NULL) or an outcome of one';

CREATE FUNCTION clusterseg._own_log(model text, customer_id text) RETURNS void
	AS 'MODULE_PATHNAME', 'clusterseg_own_log' LANGUAGE C VOLATILE PARALLEL UNSAFE;
COMMENT ON FUNCTION clusterseg._own_log(text, text) IS
	'waits for who adds to the log of a model, and holds them up until the transaction ends: for who removes from it what is of a customer (NULL: all)';

CREATE FUNCTION clusterseg._forget_calls() RETURNS trigger
	LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
	SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
	PERFORM clusterseg._own_log(OLD.model, NULL);
	DELETE FROM clusterseg.feedback_calls x WHERE x.model = OLD.model;
	RETURN OLD;
END
$$;
COMMENT ON FUNCTION clusterseg._forget_calls() IS 'removes what was logged for a model';
CREATE TRIGGER forget_calls BEFORE DELETE ON clusterseg.models FOR EACH ROW EXECUTE FUNCTION clusterseg._forget_calls();

CREATE FUNCTION clusterseg._forget_call() RETURNS trigger
	LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
	SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
	DELETE FROM clusterseg.impressions x WHERE x.call_id = OLD.call_id;
	DELETE FROM clusterseg.outcomes x WHERE x.call_id = OLD.call_id;
	RETURN OLD;
END
$$;
COMMENT ON FUNCTION clusterseg._forget_call() IS 'removes the items and outcomes of a list';
CREATE TRIGGER forget_call BEFORE DELETE ON clusterseg.feedback_calls FOR EACH ROW EXECUTE FUNCTION clusterseg._forget_call();

-- ---- logging ----

CREATE FUNCTION clusterseg._key_text(key "any") RETURNS text
	AS 'MODULE_PATHNAME', 'clusterseg_key_text' LANGUAGE C STABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION clusterseg._key_text("any") IS 'a key as text, as recommenders show it';

CREATE FUNCTION clusterseg._segment_of(model text, customer "any") RETURNS int
	AS 'MODULE_PATHNAME', 'clusterseg_segment_of' LANGUAGE C STABLE STRICT PARALLEL RESTRICTED;
COMMENT ON FUNCTION clusterseg._segment_of(text, "any") IS 'segment of a customer by the recommender''s segmentation; NULL: unknown';

CREATE FUNCTION clusterseg._model_to_log(name text) RETURNS clusterseg.models
	LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
	SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
	PERFORM clusterseg._share_log(name, NULL) WHERE name IS NOT NULL;
	RETURN clusterseg._model(name, 'recommender');
END
$$;
COMMENT ON FUNCTION clusterseg._model_to_log(text) IS 'row of a recommender that is there until the transaction ends';

CREATE FUNCTION clusterseg._check_impressions(items text[], propensities float8[], experiment text, bucket text, shown_at timestamptz) RETURNS void
	LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE
	SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
	IF items IS NULL OR array_position(items, NULL) IS NOT NULL OR array_ndims(items) > 1 THEN
		PERFORM clusterseg._fail('22023', 'items are no list of keys', 'It is an array of one dimension without NULL; an empty one says that nothing was shown.');
	ELSIF (SELECT count(DISTINCT i) FROM unnest(items) i) < cardinality(items) THEN
		PERFORM clusterseg._fail('22023', 'an item stands in the list twice');
	ELSIF propensities IS NOT NULL AND (cardinality(propensities) <> cardinality(items)
			OR EXISTS (SELECT FROM unnest(propensities) p WHERE NOT COALESCE(p > 0 AND p <= 1, false))) THEN
		PERFORM clusterseg._fail('22023', 'propensities do not fit the items', 'There is one for each item, above 0 and at most 1.',
			'recommend() gives them in its last column.');
	ELSIF (experiment IS NULL) <> (bucket IS NULL) THEN
		PERFORM clusterseg._fail('22023', 'an experiment and its bucket go together', 'One of the two is NULL.');
	ELSIF NOT COALESCE(isfinite(shown_at), false) THEN
		PERFORM clusterseg._fail('22023', 'a list was shown at some time', 'The argument "shown_at" is NULL or infinite.');
	END IF;
END
$$;
COMMENT ON FUNCTION clusterseg._check_impressions(text[], float8[], text, text, timestamptz) IS 'is this what log_impressions() takes?';

CREATE FUNCTION clusterseg.log_impressions(model text, customer anycompatible, items text[], propensities float8[] DEFAULT NULL,
		experiment text DEFAULT NULL, bucket text DEFAULT NULL, shown_at timestamptz DEFAULT now(), version int DEFAULT NULL)
	RETURNS bigint LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
	SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
	m clusterseg.models := clusterseg._model_to_log(model);
	call bigint;
BEGIN
	IF customer IS NULL THEN
		PERFORM clusterseg._fail('22004', 'argument "customer" must not be NULL');
	ELSIF COALESCE(version, m.published_version) IS NULL THEN
		PERFORM clusterseg._fail('55000', format('model "%s" has no published version', model), NULL, 'Name the version that made the list.');
	ELSIF version IS NOT NULL AND NOT EXISTS (SELECT FROM clusterseg.versions v WHERE (v.model, v.version) = (m.model, log_impressions.version)) THEN
		PERFORM clusterseg._fail('42704', format('model "%s" has no version %s', model, version));
	END IF;
	PERFORM clusterseg._check_impressions(items, propensities, experiment, bucket, shown_at);
	INSERT INTO clusterseg.feedback_calls (model, version, customer_id, segment_id, experiment, bucket, shown_at)
	VALUES (m.model, COALESCE(log_impressions.version, m.published_version), clusterseg._key_text(customer),
		CASE WHEN m.published_id IS NOT NULL THEN clusterseg._segment_of(m.model, customer) END, log_impressions.experiment,
		log_impressions.bucket, log_impressions.shown_at)
	RETURNING call_id INTO call;
	INSERT INTO clusterseg.impressions (call_id, rank, item_id, propensity)
	SELECT call, i.rank, i.item, COALESCE(propensities[i.rank], 1) FROM unnest(items) WITH ORDINALITY i (item, rank);
	RETURN call;
END
$$;
COMMENT ON FUNCTION clusterseg.log_impressions(text, anycompatible, text[], float8[], text, text, timestamptz, int) IS
	'keeps which items a customer was shown, best first, with the model''s version, the customer''s segment and the bucket of an experiment; returns a number for log_outcome()';

CREATE FUNCTION clusterseg._check_outcome(outcome text, value float8, at timestamptz) RETURNS void
	LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE
	SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
	IF COALESCE(outcome, '') = '' OR NOT COALESCE(abs(value) <= 1e30, false) OR NOT COALESCE(isfinite(at), false) THEN
		PERFORM clusterseg._fail('22023', 'an outcome has a name, a value and a time', 'One of these is missing or infinite.');
	END IF;
END
$$;
COMMENT ON FUNCTION clusterseg._check_outcome(text, float8, timestamptz) IS 'is this an outcome?';

CREATE FUNCTION clusterseg.log_outcome(call_id bigint, item text, outcome text DEFAULT 'click', value float8 DEFAULT 1, at timestamptz DEFAULT now())
	RETURNS boolean LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
	SET search_path = pg_catalog, pg_temp
AS $$
#variable_conflict use_column
BEGIN
	PERFORM clusterseg._share_log(c.model, c.call_id) FROM clusterseg.feedback_calls c WHERE c.call_id = log_outcome.call_id;
	IF NOT EXISTS (SELECT FROM clusterseg.feedback_calls c WHERE c.call_id = log_outcome.call_id) THEN
		PERFORM clusterseg._fail('42704', format('call %s does not exist', COALESCE(log_outcome.call_id::text, 'NULL')),
			'There is no such list, or another role has logged it.', 'log_impressions() gives the number.');
	ELSIF item IS NOT NULL AND NOT EXISTS (SELECT FROM clusterseg.impressions i WHERE (i.call_id, i.item_id) = (log_outcome.call_id, log_outcome.item)) THEN
		PERFORM clusterseg._fail('22023', format('item "%s" was not shown in call %s', item, log_outcome.call_id), NULL,
			'NULL as item stands for the list as a whole.');
	END IF;
	PERFORM clusterseg._check_outcome(log_outcome.outcome, log_outcome.value, log_outcome.at);
	INSERT INTO clusterseg.outcomes (call_id, item_id, outcome, value, at)
	VALUES (log_outcome.call_id, log_outcome.item, log_outcome.outcome, log_outcome.value, log_outcome.at) ON CONFLICT DO NOTHING;
	RETURN FOUND;
END
$$;
COMMENT ON FUNCTION clusterseg.log_outcome(bigint, text, text, float8, timestamptz) IS
	'keeps what came of an item that was shown, or with item NULL of the list; false when that outcome is known already: the first one stands';

CREATE FUNCTION clusterseg.attribute_outcome(model text, customer anycompatible, item text, outcome text DEFAULT 'purchase', value float8 DEFAULT 1,
		at timestamptz DEFAULT now(), within interval DEFAULT '7 days')
	RETURNS bigint LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
	SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
	m clusterseg.models := clusterseg._model_to_log(model);
	call bigint;
BEGIN
	IF customer IS NULL THEN
		PERFORM clusterseg._fail('22004', 'argument "customer" must not be NULL');
	ELSIF within IS NULL OR within < '0' THEN
		PERFORM clusterseg._fail('22023', format('invalid interval: %s', COALESCE(within::text, 'NULL')), 'The argument "within" is 0 or more.');
	END IF;
	PERFORM clusterseg._check_outcome(outcome, value, at);
	SELECT c.call_id INTO call FROM clusterseg.feedback_calls c
	WHERE c.model = m.model AND c.customer_id = clusterseg._key_text(customer) AND c.shown_at BETWEEN attribute_outcome.at - within AND attribute_outcome.at
		AND (item IS NULL OR EXISTS (SELECT FROM clusterseg.impressions i WHERE (i.call_id, i.item_id) = (c.call_id, attribute_outcome.item)))
	ORDER BY c.shown_at DESC, c.call_id DESC LIMIT 1;
	IF call IS NOT NULL THEN
		PERFORM clusterseg.log_outcome(call, item, outcome, value, at);
	END IF;
	RETURN call;
END
$$;
COMMENT ON FUNCTION clusterseg.attribute_outcome(text, anycompatible, text, text, float8, timestamptz, interval) IS
	'log_outcome() for the latest list within an interval in which the customer was shown the item; returns that list, NULL: none';

CREATE FUNCTION clusterseg._forget_feedback(model text, customer_key text) RETURNS bigint
	LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
	SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
	lists bigint;
BEGIN
	PERFORM clusterseg._own_log(model, customer_key);
	DELETE FROM clusterseg.feedback_calls c WHERE c.model = _forget_feedback.model AND c.customer_id = _forget_feedback.customer_key;
	GET DIAGNOSTICS lists = ROW_COUNT;
	RETURN lists;
END
$$;
COMMENT ON FUNCTION clusterseg._forget_feedback(text, text) IS 'forget_feedback() of a key as text';

CREATE FUNCTION clusterseg.forget_feedback(model text, customer anycompatible) RETURNS bigint
	LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
	SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
	m clusterseg.models := clusterseg._model(model, 'recommender', true);
BEGIN
	IF customer IS NULL THEN
		PERFORM clusterseg._fail('22004', 'argument "customer" must not be NULL');
	END IF;
	RETURN clusterseg._forget_feedback(m.model, clusterseg._key_text(customer));
END
$$;
COMMENT ON FUNCTION clusterseg.forget_feedback(text, anycompatible) IS
	'removes all lists that were logged for a customer, with their items and outcomes; returns how many';
