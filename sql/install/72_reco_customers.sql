-- ---------------------------------------------------------------------------
-- Customers that a recommender keeps with their events: for userknn, which looks
-- for those alike
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

ALTER TABLE clusterseg._reco_customers ENABLE ROW LEVEL SECURITY;
CREATE POLICY usable ON clusterseg._reco_customers FOR SELECT USING (served AND clusterseg._sees_version(version_id, false));
CREATE POLICY owned ON clusterseg._reco_customers USING (clusterseg._sees_version(version_id, true))
	WITH CHECK (clusterseg._sees_version(version_id, true));
SELECT pg_catalog.pg_extension_config_dump('clusterseg._reco_customers', '');

CREATE FUNCTION clusterseg._reco_fit_customers() RETURNS TABLE (chunk int, customers bigint[], lengths int[], items int[], weights real[],
		times float8[], segments int[], bars real[], bar_customers int[])
	AS 'MODULE_PATHNAME', 'clusterseg_reco_fit_customers' LANGUAGE C VOLATILE PARALLEL UNSAFE;
COMMENT ON FUNCTION clusterseg._reco_fit_customers() IS 'customers of the open training, where the algorithm keeps them';

CREATE FUNCTION clusterseg._keep_customers(id bigint) RETURNS void
	LANGUAGE sql VOLATILE PARALLEL UNSAFE
	BEGIN ATOMIC
		INSERT INTO clusterseg._reco_customers (version_id, chunk, served, customers, lengths, items, weights, times, segments, bars, bar_customers)
		SELECT _keep_customers.id, c.chunk, true, c.customers, c.lengths, c.items, c.weights, c.times, c.segments, c.bars, c.bar_customers
		FROM clusterseg._reco_fit_customers() c;
	END;
COMMENT ON FUNCTION clusterseg._keep_customers(bigint) IS 'writes the customers of the open training';

CREATE FUNCTION clusterseg._forget_customers() RETURNS trigger
	LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
	SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
	DELETE FROM clusterseg._reco_customers x WHERE x.version_id = OLD.version_id;
	RETURN OLD;
END
$$;
COMMENT ON FUNCTION clusterseg._forget_customers() IS 'removes the customers that a version kept';
CREATE TRIGGER forget_customers BEFORE DELETE ON clusterseg._recommenders FOR EACH ROW EXECUTE FUNCTION clusterseg._forget_customers();

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
