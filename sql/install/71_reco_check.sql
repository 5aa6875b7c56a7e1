-- ---------------------------------------------------------------------------
-- Is what came in with a file a recommender?  Serving checks each row that it
-- reads, but a person should hear of it when it is imported.
-- ---------------------------------------------------------------------------

CREATE FUNCTION clusterseg._recommender_fault(id bigint) RETURNS text
	LANGUAGE plpgsql STABLE PARALLEL UNSAFE
	SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
	r clusterseg._recommenders;
BEGIN
	SELECT * INTO r FROM clusterseg._recommenders x WHERE x.version_id = id;
	IF NOT EXISTS (SELECT FROM clusterseg._algorithms() a WHERE a.kind = 'recommender' AND a.algorithm = r.algorithm)
		OR r.algorithm <> (SELECT v.algorithm FROM clusterseg.versions v WHERE v.id = _recommender_fault.id)
	THEN
		RETURN format('there is no algorithm "%s" here, or the file names two', r.algorithm);
	ELSIF to_regtype(r.customer_type) IS NULL OR to_regtype(r.item_type) IS NULL THEN
		RETURN 'the type of the customers or items does not exist here';
	ELSIF NOT COALESCE(r.half_life >= 0 AND r.half_life < 'Infinity' AND r.max_history >= 0 AND r.time_window >= 0 AND r.time_window < 'Infinity'
		AND r.factors BETWEEN cardinality(r.shares) AND 2000 AND COALESCE(array_ndims(r.shares), 1) = 1 AND (SELECT COALESCE(bool_and(COALESCE(u.v BETWEEN 0 AND 1, false)), true) FROM unnest(r.shares) u (v))
		 AND r.fold_alpha >= 0 AND r.fold_alpha < 'Infinity' AND r.fold_l2 >= 0 AND r.fold_l2 < 'Infinity'
		AND r.fold_nu >= 0 AND r.fold_nu <= 2 AND r.kappa >= 0 AND r.kappa < 'Infinity' AND abs(r.events_until) < 'Infinity' AND r.customers >= 0 AND r.customers < 'Infinity', false)
	THEN
		RETURN 'settings are out of range';
	ELSIF (cardinality(r.shares) > 0) <> (r.algorithm IN ('segment_mixture', 'blend')) OR r.algorithm = 'segment_mixture' AND r.factors <> cardinality(r.shares)
		OR (r.algorithm = 'blend') <> (r.member IS NOT NULL) OR NOT COALESCE(r.blend_kappa >= 0 AND r.blend_kappa < 'Infinity', false)
		OR r.algorithm = 'blend' AND NOT EXISTS (SELECT FROM clusterseg._algorithms() a WHERE a.kind = 'recommender' AND a.algorithm = r.member)
	THEN
		RETURN 'kinds of customers and factors do not fit together';
	ELSIF r.items < 1 OR (r.items, 0, r.items - 1) IS DISTINCT FROM
		(SELECT (count(*)::int, min(i.item_no), max(i.item_no)) FROM clusterseg._reco_items i WHERE i.version_id = id)
	THEN
		RETURN 'items are missing, or numbered wrongly';
	ELSIF EXISTS (SELECT FROM (SELECT i.item_id, i.customers, i.popularity, lag(i.item_id) OVER (ORDER BY i.item_no) AS former
			FROM clusterseg._reco_items i WHERE i.version_id = id) i
		WHERE i.item_id <= i.former OR i.customers < 0 OR NOT (i.popularity >= 0 AND i.popularity < 'Infinity'))
	THEN
		RETURN 'items are not in the order of their keys, or their numbers are out of range';
	ELSIF EXISTS (SELECT FROM clusterseg._reco_neighbours n WHERE n.version_id = id
		AND (n.item_no NOT BETWEEN 0 AND r.items - 1 OR cardinality(n.targets) <> cardinality(n.weights)
			OR COALESCE(array_ndims(n.targets), 1) <> 1 OR COALESCE(array_ndims(n.weights), 1) <> 1
			OR EXISTS (SELECT FROM (SELECT u.target, u.weight, lag(u.target, 1, -1) OVER (ORDER BY u.place) AS former
					FROM unnest(n.targets, n.weights) WITH ORDINALITY u (target, weight, place)) u
				WHERE NOT COALESCE(u.target > u.former AND u.target < r.items AND abs(u.weight) < 'Infinity', false))))
	THEN
		RETURN 'weights from item to item are out of range or out of order';
	ELSIF EXISTS (SELECT FROM generate_series(0, CASE WHEN r.factors > 0 THEN (r.items - 1) / 256 ELSE -1 END) c (chunk)
			FULL JOIN (SELECT * FROM clusterseg._reco_factors x WHERE x.version_id = id) x USING (chunk)
		WHERE x.version_id IS NULL OR COALESCE(array_ndims(x.factors), 0) <> 1
			OR cardinality(x.factors) <> r.factors::bigint * least(r.items - x.chunk::bigint * 256, 256)
			OR EXISTS (SELECT FROM unnest(x.factors) WITH ORDINALITY u (v, place) WHERE NOT COALESCE(abs(u.v) < 'Infinity'
				AND (u.v >= 0 OR (u.place - 1) % r.factors < r.factors - cardinality(r.shares)), false)))
	THEN
		RETURN 'factors of items are missing or out of range';
	ELSIF EXISTS (SELECT FROM clusterseg._reco_lists l WHERE l.version_id = id
		AND (cardinality(l.items) <> cardinality(l.scores) OR cardinality(l.items) NOT BETWEEN 1 AND 1000 OR l.chunk < 0
			OR array_ndims(l.items) <> 1 OR array_ndims(l.scores) <> 1
			OR (cardinality(l.items) < 1000 AND EXISTS (SELECT FROM clusterseg._reco_lists x
				WHERE x.version_id = id AND x.list = l.list AND x.chunk > l.chunk))
			OR l.chunk > 0 AND NOT EXISTS (SELECT FROM clusterseg._reco_lists x
				WHERE x.version_id = id AND x.list = l.list AND x.chunk = l.chunk - 1)
			OR l.list > 0 AND NOT EXISTS (SELECT FROM clusterseg._reco_segments s WHERE s.version_id = id AND s.segment_id = l.list)
			OR l.list < -1))
	THEN
		RETURN 'parts of lists are missing, or lists belong to no segment';
	ELSIF EXISTS (SELECT FROM (SELECT u.item, u.score, lag(u.score) OVER w AS former, count(*) OVER (PARTITION BY l.list, u.item) AS times
			FROM clusterseg._reco_lists l, unnest(l.items, l.scores) WITH ORDINALITY u (item, score, place)
			WHERE l.version_id = id WINDOW w AS (PARTITION BY l.list ORDER BY l.chunk, u.place)) u
		WHERE u.times > 1 OR NOT COALESCE(u.item BETWEEN 0 AND r.items - 1 AND u.score > 0 AND u.score < 'Infinity'
			AND u.score <= COALESCE(u.former, u.score), false))
	THEN
		RETURN 'lists have items that are not there, or are out of order';
	ELSIF EXISTS (SELECT FROM clusterseg._reco_segments s WHERE s.version_id = id AND NOT (s.customers >= 0 AND s.customers < 'Infinity')) THEN
		RETURN 'customers of segments are out of range';
	END IF;
	RETURN NULL;
END
$$;
COMMENT ON FUNCTION clusterseg._recommender_fault(bigint) IS 'what is wrong with the tables of a version; NULL: nothing';
