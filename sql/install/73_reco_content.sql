-- ---------------------------------------------------------------------------
-- What items are like, for the reasons of recommenders that go by it
-- ---------------------------------------------------------------------------

CREATE TABLE clusterseg._reco_terms (
	version_id bigint NOT NULL,
	item_no int NOT NULL,
	terms text[] NOT NULL,
	PRIMARY KEY (version_id, item_no)
);
COMMENT ON TABLE clusterseg._reco_terms IS 'words and attributes that say most of an item, the first most';

SELECT clusterseg._secure_version_table('_reco_terms');

CREATE FUNCTION clusterseg._reco_fit_terms() RETURNS TABLE (item_no int, terms text[])
	AS 'MODULE_PATHNAME', 'clusterseg_reco_fit_terms' LANGUAGE C VOLATILE PARALLEL UNSAFE;
COMMENT ON FUNCTION clusterseg._reco_fit_terms() IS 'words and attributes of the items of the open training';

CREATE FUNCTION clusterseg._keep_terms(id bigint) RETURNS void
	LANGUAGE sql VOLATILE PARALLEL UNSAFE
	BEGIN ATOMIC
		INSERT INTO clusterseg._reco_terms (version_id, item_no, terms) SELECT _keep_terms.id, t.item_no, t.terms FROM clusterseg._reco_fit_terms() t;
	END;
COMMENT ON FUNCTION clusterseg._keep_terms(bigint) IS 'writes the words and attributes of items of the open training';

CREATE FUNCTION clusterseg._export_terms(id bigint) RETURNS jsonb
	LANGUAGE sql STABLE PARALLEL UNSAFE
	BEGIN ATOMIC
		SELECT CASE WHEN pg_catalog.count(*) > 0 THEN pg_catalog.jsonb_build_object('terms',
			pg_catalog.jsonb_agg(pg_catalog.to_jsonb(t) - 'version_id' ORDER BY t.item_no)) ELSE '{}' END
		FROM clusterseg._reco_terms t WHERE t.version_id = _export_terms.id;
	END;
COMMENT ON FUNCTION clusterseg._export_terms(bigint) IS 'words and attributes of items, as a field of an exported recommender';

CREATE FUNCTION clusterseg._import_terms(id bigint, exported jsonb) RETURNS text
	LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
	SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
	INSERT INTO clusterseg._reco_terms (version_id, item_no, terms)
	SELECT id, t.item_no, t.terms FROM jsonb_populate_recordset(NULL::clusterseg._reco_terms, COALESCE(NULLIF(exported, 'null'), '[]')) t;
	IF EXISTS (SELECT FROM clusterseg._reco_terms t WHERE t.version_id = id AND (array_position(t.terms, NULL) IS NOT NULL
		OR NOT EXISTS (SELECT FROM clusterseg._reco_items i WHERE i.version_id = id AND i.item_no = t.item_no)))
	THEN
		RETURN 'words of items are missing, or of items that are not there';
	END IF;
	RETURN NULL;
END
$$;
COMMENT ON FUNCTION clusterseg._import_terms(bigint, jsonb) IS 'writes the words and attributes of an exported recommender; what is wrong with them, or NULL';
