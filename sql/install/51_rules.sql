-- ---------------------------------------------------------------------------
-- A segmentation as plain rules
-- ---------------------------------------------------------------------------

CREATE FUNCTION clusterseg._rules(name text, value clusterseg.model, source text, path text, owner text, key text, leaves int, method text)
	RETURNS TABLE (leaf int, segment_id int, rule text, sql text, customers bigint, share float8, agreement float8, fidelity float8,
		price float8, method text, rows bigint)
	AS 'MODULE_PATHNAME', 'clusterseg_rules' LANGUAGE C STABLE PARALLEL UNSAFE ROWS 10 COST 1000000;
COMMENT ON FUNCTION clusterseg._rules(text, clusterseg.model, text, text, text, text, int, text) IS
	'a tree of rules for a model value, grown on the rows of a source';

CREATE FUNCTION clusterseg._rules_version(p_name text, p_leaves int, p_method text, p_version int, p_source text, p_path text,
		p_group_key jsonb)
	RETURNS TABLE (segment_id int, segment text, rule text, sql text, customers bigint, agreement float8, share float8, fidelity float8,
		price float8, method text, leaf int)
	LANGUAGE plpgsql STABLE PARALLEL UNSAFE ROWS 10
	SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
	v record;
BEGIN
	IF p_leaves NOT BETWEEN 1 AND 1000 THEN
		PERFORM clusterseg._fail('22023', format('invalid number of leaves: %s', p_leaves), 'It is from 1 to 1000.',
			'Without it, a tree has one leaf per segment (method imm), or up to two (method tree).');
	ELSIF p_method IS NULL OR p_method NOT IN ('auto', 'imm', 'tree') THEN
		PERFORM clusterseg._fail('22023', format('unknown method "%s"', COALESCE(p_method, 'NULL')), 'It takes one of: auto, imm, tree.');
	END IF;
	v := clusterseg._measured(p_name, p_version, p_source, p_path, p_group_key);
	RETURN QUERY
		SELECT r.segment_id, x.label, r.rule, r.sql, r.customers, r.agreement, r.share, r.fidelity, r.price, r.method, r.leaf
		FROM clusterseg._rules(p_name, v.value, v.source, v.path, v.owner, v.key, p_leaves, p_method) r
			LEFT JOIN clusterseg._segments x ON x.model = p_name AND x.segment_id = r.segment_id
		ORDER BY r.leaf;
END
$$;
COMMENT ON FUNCTION clusterseg._rules_version(text, int, text, int, text, text, jsonb) IS 'segment_rules() under a given search path';

CREATE FUNCTION clusterseg.segment_rules(name text, leaves int DEFAULT NULL, method text DEFAULT 'auto', version int DEFAULT NULL,
		source text DEFAULT NULL, group_key jsonb DEFAULT NULL)
	RETURNS TABLE (segment_id int, segment text, rule text, sql text, customers bigint, agreement float8, share float8, fidelity float8,
		price float8, method text, leaf int)
	LANGUAGE sql STABLE PARALLEL UNSAFE ROWS 10
	BEGIN ATOMIC
		SELECT * FROM clusterseg._rules_version(segment_rules.name, segment_rules.leaves, segment_rules.method, segment_rules.version,
			segment_rules.source, pg_catalog.current_setting('search_path'), segment_rules.group_key);
	END;
COMMENT ON FUNCTION clusterseg.segment_rules(text, int, text, int, text, jsonb) IS
	'a segmentation as a tree of rules, one row per leaf: in words and as an SQL condition, with the customers that it takes and how far they are those of the segment (IMM and ExKMC, or a classification tree)';

CREATE FUNCTION clusterseg.segment_case(name text, leaves int DEFAULT NULL, method text DEFAULT 'auto', version int DEFAULT NULL,
		source text DEFAULT NULL, labels boolean DEFAULT false,
		group_key jsonb DEFAULT NULL)
	RETURNS text LANGUAGE sql STABLE PARALLEL UNSAFE
	BEGIN ATOMIC
		SELECT pg_catalog.format(E'/* as the model for %s %% of %s customers%s */\nCASE\n%s\nEND',
			pg_catalog.round((100 * pg_catalog.max(r.fidelity))::numeric, 2), pg_catalog.sum(r.customers),
			CASE WHEN pg_catalog.max(r.price) IS NOT NULL THEN
				pg_catalog.format(', at %s times its sum of squares', pg_catalog.round(pg_catalog.max(r.price)::numeric, 4)) END,
			pg_catalog.string_agg(pg_catalog.format('    WHEN %s THEN %s', r.sql,
				CASE WHEN r.segment_id IS NULL THEN 'NULL' WHEN segment_case.labels THEN pg_catalog.quote_literal(r.segment) ELSE r.segment_id::text END),
				E'\n' ORDER BY r.leaf))
		FROM clusterseg._rules_version(segment_case.name, segment_case.leaves, segment_case.method, segment_case.version,
			segment_case.source, pg_catalog.current_setting('search_path'), segment_case.group_key) r;
	END;
COMMENT ON FUNCTION clusterseg.segment_case(text, int, text, int, text, boolean, jsonb) IS
	'the rules of segment_rules() as one CASE expression over the columns of the source, which tells the segment of a row without the extension';
