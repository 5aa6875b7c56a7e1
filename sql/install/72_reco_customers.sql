-- ---------------------------------------------------------------------------
-- Customers that a recommender keeps with their events: for userknn, which looks
-- for those alike, and to fit the model again without one of them
-- ---------------------------------------------------------------------------

CREATE TABLE clusterseg._reco_customers (
	version_id bigint NOT NULL,
	chunk int NOT NULL,
	served boolean NOT NULL,
	customers bigint[] NOT NULL,
	lengths int[] NOT NULL,
	items int[] NOT NULL,
	weights real[],
	times float8[],
	segments int[],
	bars real[],
	bar_customers int[],
	PRIMARY KEY (version_id, chunk)
);
ALTER TABLE clusterseg._reco_customers ALTER COLUMN customers SET STORAGE EXTERNAL, ALTER COLUMN items SET STORAGE EXTERNAL,
	ALTER COLUMN weights SET STORAGE EXTERNAL, ALTER COLUMN times SET STORAGE EXTERNAL;
COMMENT ON TABLE clusterseg._reco_customers IS
	'events of customers, 256 customers a row, whose numbers are made of their keys; read by whom the model is granted to only where serving needs them';

SELECT clusterseg._secure_version_table('_reco_customers', 'served');

CREATE FUNCTION clusterseg._reco_fit_customers() RETURNS TABLE (chunk int, customers bigint[], lengths int[], items int[], weights real[],
		times float8[], segments int[], bars real[], bar_customers int[], served boolean)
	AS 'MODULE_PATHNAME', 'clusterseg_reco_fit_customers' LANGUAGE C VOLATILE PARALLEL UNSAFE;
COMMENT ON FUNCTION clusterseg._reco_fit_customers() IS 'customers of the open training, where the version keeps them';

CREATE FUNCTION clusterseg._keep_customers(id bigint) RETURNS void
	LANGUAGE sql VOLATILE PARALLEL UNSAFE
	BEGIN ATOMIC
		INSERT INTO clusterseg._reco_customers (version_id, chunk, served, customers, lengths, items, weights, times, segments, bars, bar_customers)
		SELECT _keep_customers.id, c.chunk, c.served, c.customers, c.lengths, c.items, c.weights, c.times, c.segments, c.bars, c.bar_customers
		FROM clusterseg._reco_fit_customers() c;
	END;
COMMENT ON FUNCTION clusterseg._keep_customers(bigint) IS 'writes the customers of the open training';

-- ---- export and import ----

CREATE FUNCTION clusterseg._export_customers(id bigint) RETURNS jsonb
	LANGUAGE sql STABLE PARALLEL UNSAFE
	BEGIN ATOMIC
		SELECT CASE WHEN pg_catalog.count(*) > 0 THEN pg_catalog.jsonb_build_object('customers',
			pg_catalog.jsonb_agg(pg_catalog.to_jsonb(c) - '{version_id,served}'::text[] ORDER BY c.chunk)) ELSE '{}' END
		FROM clusterseg._reco_customers c WHERE c.version_id = _export_customers.id AND c.served;
	END;
COMMENT ON FUNCTION clusterseg._export_customers(bigint) IS 'customers that serving needs, as a field of an exported recommender';

CREATE FUNCTION clusterseg._import_customers(id bigint, exported jsonb) RETURNS text
	LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
	SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
	r clusterseg._recommenders;
BEGIN
	SELECT * INTO r FROM clusterseg._recommenders x WHERE x.version_id = id;
	INSERT INTO clusterseg._reco_customers (version_id, chunk, served, customers, lengths, items, weights, times, segments, bars, bar_customers)
	SELECT id, c.chunk, true, c.customers, c.lengths, c.items, c.weights, c.times, c.segments, c.bars, c.bar_customers
	FROM jsonb_populate_recordset(NULL::clusterseg._reco_customers, COALESCE(NULLIF(exported, 'null'), '[]')) c;
	IF EXISTS (SELECT FROM clusterseg._reco_customers c WHERE c.version_id = id
		AND (c.chunk < 0 OR cardinality(c.lengths) <> cardinality(c.customers) OR cardinality(c.customers) NOT BETWEEN 1 AND 256
			OR cardinality(c.weights) <> cardinality(c.items) OR cardinality(c.times) <> cardinality(c.items)
			OR cardinality(c.segments) <> cardinality(c.customers) OR cardinality(c.bars) <> cardinality(c.customers)
			OR (c.bars IS NULL) <> (c.bar_customers IS NULL) OR cardinality(c.bar_customers) <> cardinality(c.customers)
			OR c.chunk > 0 AND NOT EXISTS (SELECT FROM clusterseg._reco_customers f WHERE f.version_id = id AND f.chunk = c.chunk - 1
				AND (f.times IS NULL) = (c.times IS NULL) AND (f.bars IS NULL) = (c.bars IS NULL))
			OR EXISTS (SELECT FROM unnest(c.lengths) u (n) WHERE u.n IS NULL OR u.n < 0)
			OR (SELECT sum(u.n) FROM unnest(c.lengths) u (n)) <> cardinality(c.items)
			OR EXISTS (SELECT FROM unnest(c.items) u (i) WHERE NOT COALESCE(u.i BETWEEN 0 AND r.items - 1, false))
			OR EXISTS (SELECT FROM unnest(c.weights) u (w) WHERE NOT COALESCE(u.w >= 0 AND u.w < 'Infinity', false))
			OR EXISTS (SELECT FROM unnest(c.times) u (t) WHERE NOT COALESCE(abs(u.t) < 'Infinity', false))
			OR EXISTS (SELECT FROM unnest(c.bars) u (b) WHERE NOT COALESCE(u.b >= 0 AND u.b < 'Infinity', false))))
	THEN
		RETURN 'customers or their events are missing or out of range';
	END IF;
	RETURN NULL;
END
$$;
COMMENT ON FUNCTION clusterseg._import_customers(bigint, jsonb) IS 'writes the customers of an exported recommender; what is wrong with them, or NULL';

-- ---- forgetting ----

CREATE FUNCTION clusterseg._reco_refit(id bigint, without bigint, seed bigint, memory int, segmented boolean,
		OUT customers bigint, OUT items int, OUT entries bigint, OUT pairs bigint, OUT events_until float8, OUT kappa float8)
	AS 'MODULE_PATHNAME', 'clusterseg_reco_refit' LANGUAGE C VOLATILE STRICT PARALLEL UNSAFE;
COMMENT ON FUNCTION clusterseg._reco_refit(bigint, bigint, bigint, int, boolean) IS
	'fits what is kept of a version again without a customer, as the open training; NULL when the customer is not there';

CREATE FUNCTION clusterseg._customer_number(customer text) RETURNS bigint
	AS 'MODULE_PATHNAME', 'clusterseg_customer_number' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION clusterseg._customer_number(text) IS 'number made of the key of a customer';

CREATE FUNCTION clusterseg._key_as(key text, type oid, owner text) RETURNS text
	AS 'MODULE_PATHNAME', 'clusterseg_key_as' LANGUAGE C STABLE STRICT PARALLEL RESTRICTED;
COMMENT ON FUNCTION clusterseg._key_as(text, oid, text) IS
	'a key as text, as recommenders show it, when it is of this type; the type''s functions run as its model''s owner';

-- Versions never change, and sessions keep what they have read of one: what is
-- left is a version with the same number and another id.
CREATE FUNCTION clusterseg._forget_in_version(v clusterseg.versions, number bigint) RETURNS text
	LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
	SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
	f record;
	r clusterseg._recommenders;
	new clusterseg.versions;
	new_id bigint;
	part name;
BEGIN
	SELECT * INTO r FROM clusterseg._recommenders x WHERE x.version_id = v.id;
	IF NOT EXISTS (SELECT FROM clusterseg._reco_customers c WHERE c.version_id = v.id) THEN
		RETURN 'train again';
	ELSIF NOT EXISTS (SELECT FROM clusterseg._reco_customers c WHERE c.version_id = v.id AND number = ANY (c.customers)) THEN
		RETURN 'not in it';
	END IF;
	f := clusterseg._reco_refit(v.id, number, COALESCE((v.options->>'seed')::bigint, 42), COALESCE((v.options->'options'->>'memory')::int, 0),
		r.segmentation IS NOT NULL);
	IF f.customers IS NULL THEN
		PERFORM clusterseg._reco_fit_end();
		RETURN 'train again';
	END IF;
	new_id := nextval('clusterseg.version_id_seq');
	new := v;
	new.id := new_id;
	new.version := 1000000000 + v.version;
	new.metrics := v.metrics || jsonb_strip_nulls(jsonb_build_object('customers', f.customers, 'items', f.items, 'entries', f.entries,
		'pairs', f.pairs, 'kappa', f.kappa));
	INSERT INTO clusterseg.versions SELECT new.*;
	r.version_id := new_id;
	r.customers := f.customers;
	r.items := f.items;
	r.events_until := f.events_until;
	r.kappa := f.kappa;
	INSERT INTO clusterseg._recommenders SELECT r.*;
	PERFORM clusterseg._write_fit(new_id);
	-- what does not come from events stays as it is
	FOR part IN SELECT t FROM clusterseg._version_tables() t
		WHERE t <> ALL ('{_recommenders,_reco_items,_reco_neighbours,_reco_factors,_reco_lists,_reco_segments,_reco_customers}'::name[])
	LOOP
		EXECUTE format('INSERT INTO clusterseg.%1$I SELECT (jsonb_populate_record(x, jsonb_build_object(''version_id'', $2))).*
			FROM clusterseg.%1$I x WHERE x.version_id = $1', part) USING v.id, new_id;
	END LOOP;
	UPDATE clusterseg.models x SET published_id = new_id WHERE x.published_id = v.id;
	DELETE FROM clusterseg.versions x WHERE x.id = v.id;
	UPDATE clusterseg.versions x SET version = v.version WHERE x.id = new_id;
	RETURN 'forgotten';
END
$$;
COMMENT ON FUNCTION clusterseg._forget_in_version(clusterseg.versions, bigint) IS 'forgets a customer in one version; says how it went';

CREATE FUNCTION clusterseg._forget_customer(model text, customer text) RETURNS text[]
	LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
	SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
	m clusterseg.models := clusterseg._model(model, 'recommender', true);
	v clusterseg.versions;
	key text;
	found text[] := '{}';
BEGIN
	FOR v IN SELECT * FROM clusterseg.versions x WHERE x.model = m.model ORDER BY x.version LOOP
		key := COALESCE(clusterseg._key_as(customer, to_regtype(v.key_type), m.owner), customer);
		found := found || ARRAY[v.version::text, v.algorithm, clusterseg._forget_in_version(v, clusterseg._customer_number(key))];
	END LOOP;
	key := COALESCE(clusterseg._key_as(customer, to_regtype(m.key_type), m.owner), customer);
	IF clusterseg._has_recommendations(m) THEN
		PERFORM clusterseg._as_owner(m.owner, format('DELETE FROM %s WHERE clusterseg._key_text(customer_id) = %L',
			clusterseg._relation(m, '_recommendations'), key));
	END IF;
	PERFORM clusterseg._forget_feedback(m.model, k) FROM (VALUES (customer), (key)) x (k);
	RETURN found;
END
$$;
COMMENT ON FUNCTION clusterseg._forget_customer(text, text) IS 'forget_customer() of a key as text: version, algorithm and how it went, one after the other';

CREATE FUNCTION clusterseg.forget_customer(model text, customer "any") RETURNS TABLE (version int, algorithm text, state text)
	AS 'MODULE_PATHNAME', 'clusterseg_forget_customer' LANGUAGE C VOLATILE PARALLEL UNSAFE ROWS 5 COST 1000000;
COMMENT ON FUNCTION clusterseg.forget_customer(text, "any") IS
	'makes all versions of a recommender what they would be had they never seen the customer, and removes the kept recommendations and what was logged of the customer; where a version does not keep what that takes, state says that it is to be trained again';
