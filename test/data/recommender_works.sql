-- recommender_works.sql - recommender_works(algorithm, options): what every recommending algorithm has to do, on a shop with weights and times.
-- A row per claim; each says true.  Needs docs/shop.sql.

CREATE FUNCTION recommender_works(algorithm text, options jsonb) RETURNS TABLE (claim text, holds boolean) LANGUAGE plpgsql AS $$
DECLARE
	chosen int[] := ARRAY(SELECT DISTINCT customer_id FROM shop.orders WHERE customer_id % 97 = 3 ORDER BY 1 LIMIT 20);
	was jsonb;
BEGIN
	PERFORM FROM clusterseg.train_recommender('works', 'shop.orders', 'customer_id', 'item_id', 'quantity', 'ordered_at', algorithm, options => options);
	CREATE TEMP TABLE listed ON COMMIT DROP AS SELECT u, r.* FROM unnest(chosen) u, clusterseg.recommend('works', u, 10) r;
	CREATE TEMP TABLE every ON COMMIT DROP AS SELECT * FROM clusterseg.recommend_all('works', 10);
	RETURN QUERY SELECT 'ten items each, from the history', count(*) = 200 AND bool_and(source = algorithm) AND bool_and(reason LIKE CASE algorithm WHEN 'segment_mixture' THEN 'popular with customers of kind %' WHEN 'next_item' THEN 'follows %' WHEN 'blend' THEN '% with %' ELSE 'goes with %' END) FROM listed;
	RETURN QUERY SELECT 'nothing seen comes back', NOT EXISTS (SELECT FROM listed l JOIN shop.orders o ON o.customer_id = l.u AND o.item_id = l.item_id);
	RETURN QUERY SELECT 'the first three of three are those of ten', NOT EXISTS (SELECT u, r.rank, r.item_id, r.score FROM unnest(chosen) u, clusterseg.recommend('works', u, 3) r
		EXCEPT SELECT u, l.rank, l.item_id, l.score FROM listed l);
	RETURN QUERY SELECT 'recommend_all() says the same', NOT EXISTS (SELECT u::text, l.rank, l.item_id, l.score FROM listed l
		EXCEPT SELECT e.customer_id, e.rank, e.item_id, e.score FROM every e);
	RETURN QUERY SELECT 'terms add up to the score', bool_and(abs(l.score - (SELECT sum(contribution) FROM clusterseg.explain_recommendation('works', l.u, l.item_id))) < 1e-9)
		FROM listed l;
	RETURN QUERY SELECT 'rank_items() has the same order', bool_and(l.rank = r.rank AND l.item_id = r.item_id AND l.score = r.score)
		FROM (SELECT u, array_agg(item_id ORDER BY item_id) AS items FROM listed GROUP BY 1) x, clusterseg.rank_items('works', x.u, x.items) r
			JOIN listed l USING (rank) WHERE l.u = x.u;
	RETURN QUERY SELECT 'similar items are others, best first', count(*) > 0 AND bool_and(s.item_id <> i.item_id AND s.score > 0 AND s.rank = nth)
		FROM (SELECT item_id FROM shop.items ORDER BY 1 LIMIT 20) i, LATERAL (SELECT s.*, row_number() OVER (ORDER BY score DESC) AS nth
			FROM clusterseg.similar_items('works', i.item_id, 5) s) s;
	-- a stranger with something in the basket, and one with nothing that is known
	RETURN QUERY SELECT 'a basket is a history', bool_and(source = algorithm) AND count(*) = 5 FROM clusterseg.recommend_for_basket('works', '{coffee-06,tea-02}', 5);
	RETURN QUERY SELECT 'without history, what is popular', bool_and(source = 'popular') AND count(*) = 5 FROM clusterseg.recommend_for_basket('works', '{nonsense}', 5);
	-- what was bought a moment ago counts
	INSERT INTO shop.orders (order_id, customer_id, item_id, quantity, amount, ordered_at) SELECT o.id, chosen[1], item_id, 1, 1, o.latest
		FROM (SELECT max(order_id) + 1 AS id, max(ordered_at) AS latest FROM shop.orders) o, listed WHERE u = chosen[1] AND rank = 1;
	RETURN QUERY SELECT 'a new purchase changes the list', NOT EXISTS (SELECT FROM clusterseg.recommend('works', chosen[1]) r JOIN listed l USING (item_id) WHERE l.u = chosen[1] AND l.rank = 1)
		AND EXISTS (SELECT r.item_id, r.score FROM clusterseg.recommend('works', chosen[1]) r EXCEPT SELECT item_id, score FROM listed WHERE u = chosen[1]);
	DELETE FROM shop.orders o USING listed l WHERE o.customer_id = chosen[1] AND l.u = chosen[1] AND l.rank = 1 AND o.item_id = l.item_id;
	-- in and out
	PERFORM clusterseg.import_model('copy', clusterseg.export_model('works'));
	RETURN QUERY SELECT 'an import serves the same', bool_and(a = b) FROM clusterseg.recommend_for_basket('works', '{coffee-06,tea-02,tea-02}', 20) a
		FULL JOIN clusterseg.recommend_for_basket('copy', '{coffee-06,tea-02,tea-02}', 20) b USING (rank);
	was := clusterseg.export_model('works')::jsonb - '{trained_at,metrics,options}'::text[];
	PERFORM FROM clusterseg.train_recommender('works', 'SELECT * FROM shop.orders ORDER BY md5(customer_id || item_id || ordered_at)',
		'customer_id', 'item_id', 'quantity', 'ordered_at', algorithm, options => options);
	RETURN QUERY SELECT 'the same rows in another order, the same model', was = clusterseg.export_model('works')::jsonb - '{trained_at,metrics,options}'::text[];
	RETURN QUERY SELECT 'refreshed once, nothing is left to do', clusterseg.refresh_recommendations('works', 3) > 0 AND clusterseg.refresh_recommendations('works', 3) = 0;
	PERFORM clusterseg.drop_model('works'), clusterseg.drop_model('copy');
	RETURN QUERY SELECT 'nothing is left of a dropped model', NOT EXISTS (SELECT version_id FROM clusterseg._reco_factors UNION SELECT version_id FROM clusterseg._reco_neighbours UNION SELECT version_id FROM clusterseg._reco_customers
		EXCEPT SELECT id FROM clusterseg.versions);
	DROP TABLE listed, every;
END
$$;
