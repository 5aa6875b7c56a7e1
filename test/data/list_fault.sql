-- list_fault.sql - list_fault(model, source): what is wrong with the lists of a recommender; NULL: nothing.
--
-- What every algorithm promises of every list, asked for each customer of the source (a query of customer, item, weight, at).  The
-- arguments after it are those of recommend(), which shape the lists.

CREATE FUNCTION list_fault(p_model text, p_source text, exclude_seen boolean DEFAULT true, candidates text DEFAULT NULL, diversity float8 DEFAULT 0, cap int DEFAULT NULL,
	explore float8 DEFAULT 0, options jsonb DEFAULT '{}', n int DEFAULT 10) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
	plain boolean := diversity = 0 AND explore = 0 AND options = '{}';
	found text;
BEGIN
	DROP TABLE IF EXISTS seen, asked, listed, every;
	EXECUTE format('CREATE TEMP TABLE seen AS SELECT customer, clusterseg._key_text(customer) AS key, clusterseg._key_text(item) AS item_id
		FROM (%s) s WHERE customer IS NOT NULL AND item IS NOT NULL AND abs(weight::float8) <= 1e30 AND isfinite(at)', p_source);
	CREATE TEMP TABLE asked AS SELECT DISTINCT ON (s.key) s.customer, s.key FROM seen s;
	CREATE TEMP TABLE listed AS SELECT a.customer, a.key, r.* FROM asked a, clusterseg.recommend(p_model, a.customer, n, exclude_seen, candidates, diversity, cap, explore, options) r;
	CREATE TEMP TABLE every AS SELECT e.* FROM clusterseg.recommend_all(p_model, n, exclude_seen, candidates, diversity, cap, explore, options) e;
	SELECT string_agg(c.claim, ', ') INTO found FROM (
		SELECT 'ranks have gaps', NOT EXISTS (SELECT FROM (SELECT l.rank, row_number() OVER (PARTITION BY l.key ORDER BY l.rank) AS nth FROM listed l) l WHERE l.rank <> l.nth)
		UNION ALL SELECT 'items come twice', NOT EXISTS (SELECT FROM listed l GROUP BY l.key, l.item_id HAVING count(*) > 1)
		UNION ALL SELECT 'scores are not finite', NOT EXISTS (SELECT FROM listed l WHERE NOT (l.score > 0 AND l.score < 'Infinity'))
		UNION ALL SELECT 'scores rise', NOT plain OR NOT EXISTS (SELECT FROM (SELECT l.score, lag(l.score) OVER (PARTITION BY l.key ORDER BY l.rank) AS former FROM listed l) l
			WHERE l.score > l.former)
		UNION ALL SELECT 'ties do not go by item', NOT plain OR NOT EXISTS (SELECT FROM (SELECT l.score, l.item_id, lag(l.score) OVER w AS s, lag(l.item_id) OVER w AS i FROM listed l
			WINDOW w AS (PARTITION BY l.key ORDER BY l.rank)) l WHERE l.score = l.s AND l.item_id COLLATE "C" < l.i)
		UNION ALL SELECT 'there is no reason', NOT EXISTS (SELECT FROM listed l WHERE COALESCE(l.reason, '') = '')
		UNION ALL SELECT 'propensities are out of range', NOT EXISTS (SELECT FROM listed l WHERE NOT (l.propensity > 0 AND l.propensity <= 1) OR explore = 0 AND l.propensity < 1)
		UNION ALL SELECT 'what was seen comes again', NOT exclude_seen OR NOT EXISTS (SELECT FROM listed l JOIN seen s USING (key, item_id))
		UNION ALL SELECT 'n / 2 are not the beginning of n', NOT EXISTS (SELECT a.key, r.* FROM asked a,
				clusterseg.recommend(p_model, a.customer, n / 2, exclude_seen, candidates, diversity, cap, explore, options) r
			EXCEPT SELECT l.key, l.rank, l.item_id, l.score, l.source, l.reason, l.propensity FROM listed l)
		UNION ALL SELECT 'n / 2 are fewer', (SELECT count(*) FROM asked a, clusterseg.recommend(p_model, a.customer, n / 2, exclude_seen, candidates, diversity, cap, explore, options))
			= (SELECT count(*) FROM listed l WHERE l.rank <= n / 2)
		UNION ALL SELECT 'n / 2 of all are not the beginning', NOT EXISTS (SELECT FROM
				clusterseg.recommend_all(p_model, n / 2, exclude_seen, candidates, diversity, cap, explore, options) s
			FULL JOIN (SELECT * FROM every e WHERE e.rank <= n / 2) e ON (s.customer_id, s.rank, s.item_id, s.score, s.source, s.propensity) = (e.customer_id, e.rank, e.item_id, e.score, e.source, e.propensity)
			WHERE s.rank IS NULL OR e.rank IS NULL)
		UNION ALL SELECT 'all at once are not one by one', NOT EXISTS (SELECT FROM listed l
			FULL JOIN (SELECT * FROM every e WHERE e.customer_id IN (SELECT a.key FROM asked a)) e
			ON (l.key, l.rank, l.item_id, l.score, l.source, l.propensity) = (e.customer_id, e.rank, e.item_id, e.score, e.source, e.propensity)
			WHERE l.rank IS NULL OR e.rank IS NULL)
		-- what fills a list up is brought below what comes before it: by how much depends on which items may come
		UNION ALL SELECT 'terms do not add up', NOT EXISTS (SELECT FROM listed l WHERE (candidates IS NULL AND exclude_seen OR l.source NOT LIKE '%popular') AND NOT COALESCE(abs(l.score - (SELECT sum(t.contribution)
			FROM clusterseg.explain_recommendation(p_model, l.customer, l.item_id) t)) <= 1e-9 * GREATEST(1, l.score), false))
		UNION ALL SELECT 'rank_items() says otherwise', NOT plain OR NOT EXISTS (SELECT FROM (SELECT l.customer, l.key, array_agg(l.item_id ORDER BY l.item_id) AS items FROM listed l GROUP BY 1, 2) x,
			clusterseg.rank_items(p_model, x.customer, x.items) r JOIN listed l USING (item_id)
			WHERE l.key = x.key AND NOT COALESCE((r.score = l.score OR l.source LIKE '%popular') AND (cap IS NOT NULL OR r.rank = l.rank), false))
		UNION ALL SELECT 'customers of an item are out of order', NOT plain OR NOT EXISTS (SELECT FROM (SELECT DISTINCT l.item_id FROM listed l) i, LATERAL (
			SELECT c.*, row_number() OVER w AS nth, lag(c.score) OVER w AS former FROM clusterseg.customers_for_item(p_model, i.item_id, 1000000) c WINDOW w AS (ORDER BY c.rank)) c
			WHERE c.rank <> c.nth OR NOT (c.score > 0 AND c.score < 'Infinity') OR c.score > c.former OR EXISTS (SELECT FROM seen s WHERE s.key = c.customer_id AND s.item_id = i.item_id))
		-- where lists follow from histories; those of trending are the same for all
		UNION ALL SELECT 'customers of an item have other scores', NOT (plain AND exclude_seen) OR NOT EXISTS (SELECT FROM listed l LEFT JOIN
			((SELECT DISTINCT l.item_id FROM listed l) i CROSS JOIN LATERAL clusterseg.customers_for_item(p_model, i.item_id, 1000000) c) ON c.customer_id = l.key AND i.item_id = l.item_id
			WHERE c.rank IS NULL OR l.source <> 'trending' AND (l.source NOT LIKE '%popular' OR c.source NOT LIKE '%popular') AND (c.source, c.score) IS DISTINCT FROM (l.source, l.score))
		) c (claim, holds) WHERE NOT COALESCE(c.holds, false);
	RETURN found;
END
$$;
