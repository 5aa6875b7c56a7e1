-- ---------------------------------------------------------------------------
-- Groups: a model per group within one model value
-- ---------------------------------------------------------------------------

CREATE FUNCTION clusterseg._model_groups(value clusterseg.model)
	RETURNS TABLE (group_number int, group_name text, group_key jsonb, rows bigint, skipped bigint, k int, first_cluster int, status text,
		reason text, note text, objective float8, silhouette float8)
	AS 'MODULE_PATHNAME', 'clusterseg_model_groups' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION clusterseg._model_groups(clusterseg.model) IS 'groups of a model value and what became of them; none for a model without groups';

CREATE FUNCTION clusterseg.group_model(model clusterseg.model, group_key jsonb) RETURNS clusterseg.model
	AS 'MODULE_PATHNAME', 'clusterseg_group_model' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION clusterseg.group_model(clusterseg.model, jsonb) IS
	'the model of one group as a model value of its own: that of the group, else the parent; group_key => {"column": "value"}, by a model value';

-- Labels for new segments of a version with groups: as _name_segments() makes them, with the name of the group in front,
-- for all segments at once.
CREATE FUNCTION clusterseg._name_group_segments(p_model text, p_version int, value clusterseg.model, labels text[], own_names boolean) RETURNS void
	LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
	SET search_path = pg_catalog, pg_temp
	SET enable_seqscan = off	-- the planner knows nothing of rows of this transaction: by key, as there may be many
AS $$
BEGIN
	CREATE TEMPORARY TABLE _clusterseg_names ON COMMIT DROP AS
		SELECT v.segment_id, v.size, COALESCE(g.group_name || ': ', '') AS prefix,
			CASE WHEN own_names THEN labels[v.cluster] END AS own,
			CASE WHEN NOT own_names THEN clusterseg._terms(p_model, p_version, v.segment_id) END AS terms
		FROM clusterseg._version_segments v
			LEFT JOIN (SELECT x.group_name, c.cluster FROM clusterseg._model_groups(value) x,
				generate_series(x.first_cluster, x.first_cluster + x.k - 1) c (cluster)) g USING (cluster)
		WHERE v.model = p_model AND v.version = p_version
			AND NOT EXISTS (SELECT FROM clusterseg._segments x WHERE x.model = p_model AND x.segment_id = v.segment_id);
	-- large segments first: they get the short labels
	FOR n IN 2 .. 5 LOOP
		INSERT INTO clusterseg._segments (model, segment_id, label, description, since_version)
		SELECT p_model, p.segment_id, p.label, clusterseg._description(p_model, p_version, p.segment_id), p_version
		FROM (
			SELECT q.segment_id, q.label, row_number() OVER (PARTITION BY lower(q.label) ORDER BY q.size DESC, q.segment_id) AS place
			FROM (
				SELECT t.segment_id, t.size, t.prefix || upper(left(b.body, 1)) || substr(b.body, 2)
						|| CASE WHEN n >= 4 THEN format(', segment %s', t.segment_id) ELSE '' END AS label
				FROM pg_temp._clusterseg_names t,
					LATERAL (SELECT COALESCE(t.own, CASE WHEN cardinality(t.terms) = 0 THEN 'average'
						ELSE array_to_string(t.terms[1:CASE WHEN n = 3 THEN 3 ELSE 2 END], ', ') END)) b (body)) q
		) p
		WHERE p.place = 1 AND NOT EXISTS (SELECT FROM clusterseg._segments x WHERE x.model = p_model AND x.segment_id = p.segment_id)
			AND (n = 5 OR lower(p.label) NOT IN (SELECT lower(x.label) FROM clusterseg._segments x WHERE x.model = p_model));
		DELETE FROM pg_temp._clusterseg_names t USING clusterseg._segments x WHERE x.model = p_model AND x.segment_id = t.segment_id;
	END LOOP;
	DROP TABLE pg_temp._clusterseg_names;
END
$$;
COMMENT ON FUNCTION clusterseg._name_group_segments(text, int, clusterseg.model, text[], boolean) IS 'proposes labels and descriptions, group by group';

CREATE VIEW clusterseg.model_groups WITH (security_invoker = true) AS
	SELECT v.model, v.version, g.group_name, g.group_key, g.rows, g.skipped, g.k, g.status, g.reason, g.note, g.objective, g.silhouette,
		g.group_number
	FROM clusterseg.versions v, LATERAL clusterseg._model_groups(v.value) g;
COMMENT ON VIEW clusterseg.model_groups IS 'groups of versions that were trained with group_by: which have a model of their own, and why others have not';
COMMENT ON COLUMN clusterseg.model_groups.model IS 'name of the model';
COMMENT ON COLUMN clusterseg.model_groups.version IS 'version';
COMMENT ON COLUMN clusterseg.model_groups.group_name IS 'values of the group_by columns for people: joined by /, long ones cut, (none) for NULL';
COMMENT ON COLUMN clusterseg.model_groups.group_key IS 'the same as an object by column: texts, null for NULL';
COMMENT ON COLUMN clusterseg.model_groups.rows IS 'customers assigned in training';
COMMENT ON COLUMN clusterseg.model_groups.skipped IS 'rows left out';
COMMENT ON COLUMN clusterseg.model_groups.k IS 'number of segments of its own; NULL: its customers are in those of the parent';
COMMENT ON COLUMN clusterseg.model_groups.status IS 'own (it has a model of its own) or parent (its rows belong to the model of all rows)';
COMMENT ON COLUMN clusterseg.model_groups.reason IS 'why it has no model of its own';
COMMENT ON COLUMN clusterseg.model_groups.note IS 'what the algorithm says of how it was done';
COMMENT ON COLUMN clusterseg.model_groups.objective IS 'what the algorithm minimised, of its own model';
COMMENT ON COLUMN clusterseg.model_groups.silhouette IS 'mean silhouette of its own model';
COMMENT ON COLUMN clusterseg.model_groups.group_number IS 'its place among the groups of the version';

-- ---------------------------------------------------------------------------
-- Pinned segments: rules that come before any clustering
-- ---------------------------------------------------------------------------

CREATE FUNCTION clusterseg._model_pinned(value clusterseg.model) RETURNS TABLE (segment_id int, name text, condition text, rows bigint)
	AS 'MODULE_PATHNAME', 'clusterseg_model_pinned' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION clusterseg._model_pinned(clusterseg.model) IS 'pinned segments of a model value, in the order in which their rules are asked';

-- Pinned segments are called as their rules are, unless somebody gave them another name.
CREATE FUNCTION clusterseg._name_pinned(p_model text, p_version int, value clusterseg.model) RETURNS void
	LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
	SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
	UPDATE clusterseg._segments s SET description = 'pinned: ' || p.condition
		FROM clusterseg._model_pinned(value) p
		WHERE s.model = p_model AND s.segment_id = p.segment_id AND s.description LIKE 'pinned: %';
	INSERT INTO clusterseg._segments (model, segment_id, label, description, since_version, described)
	SELECT p_model, p.segment_id, p.name || CASE WHEN EXISTS (SELECT FROM clusterseg._segments x
			WHERE x.model = p_model AND lower(x.label) = lower(p.name)) THEN format(', segment %s', p.segment_id) ELSE '' END,
		'pinned: ' || p.condition, p_version, true
	FROM clusterseg._model_pinned(value) p
	WHERE NOT EXISTS (SELECT FROM clusterseg._segments x WHERE x.model = p_model AND x.segment_id = p.segment_id);
END
$$;
COMMENT ON FUNCTION clusterseg._name_pinned(text, int, clusterseg.model) IS 'labels and descriptions of pinned segments';

CREATE VIEW clusterseg.pinned_segments WITH (security_invoker = true) AS
	SELECT v.model, v.version, p.segment_id, p.name, p.condition, p.rows
	FROM clusterseg.versions v, LATERAL clusterseg._model_pinned(v.value) p;
COMMENT ON VIEW clusterseg.pinned_segments IS 'segments of versions that rules make, before any clustering';
COMMENT ON COLUMN clusterseg.pinned_segments.model IS 'name of the model';
COMMENT ON COLUMN clusterseg.pinned_segments.version IS 'version';
COMMENT ON COLUMN clusterseg.pinned_segments.segment_id IS 'segment';
COMMENT ON COLUMN clusterseg.pinned_segments.name IS 'name of the rule, which identifies the segment over retraining';
COMMENT ON COLUMN clusterseg.pinned_segments.condition IS 'rows with this condition are in the segment, unless a rule before takes them';
COMMENT ON COLUMN clusterseg.pinned_segments.rows IS 'customers in training';
