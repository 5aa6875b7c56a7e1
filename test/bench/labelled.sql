-- What parts_labelled.sh runs in the server: a set as a table, one training, and how far it agrees.
CREATE TABLE labelled_line (id bigserial, line text);
CREATE TABLE labelled_row (id bigint, x float8[], label int);
CREATE TABLE labelled_theirs (id bigint, label int, core int);

-- noise is one more segment; core: among rows that are core on both sides, NaN when these differ
CREATE FUNCTION labelled_fit(p_algorithm text, p_k int, p_scale text, p_options jsonb,
		OUT ours float8, OUT theirs float8, OUT agreement float8, OUT core float8)
	LANGUAGE plpgsql AS $$
BEGIN
	PERFORM clusterseg.train('labelled', 'SELECT id, x FROM labelled_row', 'id', '{x}', algorithm => p_algorithm, k => p_k, scale => p_scale,
		seed => 1, options => p_options);
	SELECT clusterseg.adjusted_rand_index(COALESCE(m.segment_id, 0), r.label), clusterseg.adjusted_rand_index(t.label, r.label),
			clusterseg.adjusted_rand_index(COALESCE(m.segment_id, 0), t.label),
			CASE WHEN count(*) FILTER (WHERE (m.point_type = 'core') <> (t.core = 1)) > 0 THEN 'NaN'
				ELSE clusterseg.adjusted_rand_index(m.segment_id, t.label) FILTER (WHERE m.point_type = 'core') END
		INTO ours, theirs, agreement, core
		FROM labelled_row r JOIN labelled_members m USING (id) LEFT JOIN labelled_theirs t USING (id);
	PERFORM clusterseg.drop_model('labelled');
EXCEPTION WHEN data_exception OR program_limit_exceeded THEN
	-- all rows are noise
	SELECT 0, clusterseg.adjusted_rand_index(t.label, r.label), NULL, NULL INTO ours, theirs, agreement, core
		FROM labelled_row r LEFT JOIN labelled_theirs t USING (id);
END
$$;
