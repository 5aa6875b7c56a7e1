-- userknn, next_item and content on rows that are odd or hostile: the right answer, and the same on every run.
SET timezone = 'UTC';
SET default_text_search_config = 'pg_catalog.english';
CREATE TABLE catalogue AS SELECT * FROM (VALUES ('a', 'red lamp'), ('b', 'blue lamp'), ('c', 'red cup'), ('only', 'thing'), ('it''s "odd" \', 'red "thing"'), ('"', 'red thing')) i (item, title);
CREATE FUNCTION tried(p_algorithm text, p_options jsonb, p_source text, OUT customers bigint, OUT items bigint, OUT skipped bigint, OUT lists text) LANGUAGE plpgsql AS $$
BEGIN
	SELECT t.customers, t.items, t.skipped INTO customers, items, skipped FROM clusterseg.train_recommender('odd', p_source, 'customer', 'item', 'weight', 'at', p_algorithm,
		item_source => CASE p_algorithm WHEN 'content' THEN 'catalogue' END, options => p_options) t;
	EXECUTE format('SELECT string_agg(l, ''; '' ORDER BY c) FROM (SELECT c, c || '' '' || COALESCE(string_agg(r.item_id || CASE r.source WHEN ''popular'' THEN '' (popular)'' ELSE '''' END, '','' ORDER BY r.rank), ''nothing'') AS l
		FROM (SELECT DISTINCT customer AS c FROM (%s) s WHERE customer IS NOT NULL) c LEFT JOIN LATERAL clusterseg.recommend(''odd'', c, 3) r ON true GROUP BY c) l', p_source) INTO lists;
	PERFORM count(*) FROM clusterseg.recommend_all('odd', 3);
	PERFORM clusterseg.drop_model('odd');
END
$$;
CREATE TABLE algorithms AS SELECT * FROM (VALUES (1, 'userknn', '{}'::jsonb), (2, 'userknn', '{"neighbourhood": "others", "neighbours": 3}'), (3, 'next_item', '{}'), (4, 'content', '{}')) a (n, algorithm, options);
CREATE TABLE shops AS SELECT * FROM (VALUES
	('one customer', 'SELECT 1 AS customer, i AS item, 1 AS weight, date ''2025-01-01'' + ascii(i) AS at FROM unnest(''{a,b,c}''::text[]) i'),
	('one item', 'SELECT c AS customer, ''only'' AS item, 1 AS weight, date ''2025-01-01'' AS at FROM generate_series(1, 3) c'),
	('one event', 'SELECT 1 AS customer, ''a'' AS item, 1 AS weight, date ''2025-01-01'' AS at'),
	('everybody has everything', 'SELECT c AS customer, i AS item, 1 AS weight, date ''2025-01-01'' + ascii(i) + c AS at FROM generate_series(1, 3) c, unnest(''{a,b,c}''::text[]) i'),
	('one has everything', 'SELECT c AS customer, i AS item, 1 AS weight, date ''2025-01-01'' + ascii(i) AS at FROM generate_series(1, 3) c, unnest(''{a,b,c}''::text[]) i WHERE c = 1 OR i = ''a'''),
	('duplicates', 'SELECT c AS customer, i AS item, 1 AS weight, date ''2025-01-01'' + ascii(i) AS at FROM generate_series(1, 3) c, unnest(''{a,b,c}''::text[]) i, generate_series(1, 4) WHERE c = 1 OR i = ''a'''),
	('nulls', 'SELECT * FROM (VALUES (1, ''a'', 1::float8, timestamptz ''2025-01-01''), (1, ''b'', 1, ''2025-01-02''), (NULL, ''a'', 1, ''2025-01-01''), (2, NULL, 1, ''2025-01-01''), (2, ''a'', NULL, ''2025-01-01''), (2, ''a'', 1, NULL),
		(2, ''b'', ''NaN'', ''2025-01-01''), (2, ''b'', ''Infinity'', ''2025-01-01''), (2, ''b'', 1, ''infinity''), (3, ''a'', 1, ''2025-01-05'')) v (customer, item, weight, at)'),
	('nothing and less', 'SELECT * FROM (VALUES (1, ''a'', 2, date ''2025-01-01''), (1, ''b'', 1, ''2025-01-02''), (2, ''a'', 0, ''2025-01-01''), (3, ''a'', 1, ''2025-01-01''), (3, ''b'', 2, ''2025-01-02''), (3, ''b'', -5, ''2025-01-03''), (4, ''a'', 1, ''2025-01-01'')) v (customer, item, weight, at)'),
	('hostile keys', 'SELECT * FROM (VALUES (1, ''it''''s "odd" \'', 1, date ''2025-01-01''), (1, ''"'', 1, ''2025-01-02''), (2, ''it''''s "odd" \'', 1, ''2025-01-01'')) v (customer, item, weight, at)'),
	('sizes', 'SELECT * FROM (VALUES (1, ''a'', 1e30::float8, date ''2025-01-01''), (1, ''b'', 1e-30, ''2025-01-02''), (2, ''a'', 1e-30, ''2025-01-01''), (2, ''c'', 1e30, ''2025-01-03''), (3, ''a'', 1, ''0001-01-01'')) v (customer, item, weight, at)'))
	s (shop, source);
SELECT s.shop, a.algorithm, COALESCE(a.options->>'neighbourhood', '') AS option, t.* FROM shops s, algorithms a, tried(a.algorithm, a.options, s.source) t ORDER BY s.shop, a.n;

-- the same with and without parallel workers, at any order of rows
CREATE TABLE many AS SELECT c AS customer, 'i' || i AS item, 1 + (c * i) % 3 AS weight, timestamptz '2025-01-01' + (c * 31 + i * 17) % 70 * interval '1 day' AS at
	FROM generate_series(1, 3000) c, generate_series(1, 40) i WHERE (c * 7 + i * i * 3 + (c * i) % 11) % 19 < 3;
CREATE TABLE things AS SELECT DISTINCT item, 'thing ' || substr(item, 2, 1) || ' of ' || right(item, 1) AS title FROM many;
SET parallel_setup_cost = 0;
SET parallel_tuple_cost = 0;
SET min_parallel_table_scan_size = 0;
CREATE FUNCTION model_with(workers int, p_algorithm text, p_options jsonb) RETURNS text LANGUAGE plpgsql AS $$
BEGIN
	PERFORM set_config('max_parallel_workers_per_gather', workers::text, true);
	PERFORM FROM clusterseg.train_recommender('m', 'many', 'customer', 'item', 'weight', 'at', p_algorithm, item_source => CASE p_algorithm WHEN 'content' THEN 'things' END, options => p_options);
	RETURN md5((clusterseg.export_model('m') - '{trained_at,metrics,options}'::text[])::text);
END
$$;
SELECT algorithm, options, model_with(0, algorithm, options) = model_with(2, algorithm, options) AS same FROM algorithms ORDER BY n;
-- 5 are the first 5 of 10, for one and for all
CREATE FUNCTION prefix(p_algorithm text, p_options jsonb) RETURNS TABLE (one bool, everybody bool) LANGUAGE plpgsql AS $$
BEGIN
	PERFORM model_with(0, p_algorithm, p_options);
	one := NOT EXISTS (SELECT c, r.* FROM generate_series(1, 60) c, clusterseg.recommend('m', c, 5) r EXCEPT SELECT c, r.* FROM generate_series(1, 60) c, clusterseg.recommend('m', c, 10) r);
	everybody := NOT EXISTS (SELECT r.* FROM clusterseg.recommend_all('m', 5) r EXCEPT SELECT r.* FROM clusterseg.recommend_all('m', 10) r)
		AND NOT EXISTS (SELECT c::text, r.rank, r.item_id, r.score FROM generate_series(1, 60) c, clusterseg.recommend('m', c, 5) r EXCEPT SELECT customer_id, rank, item_id, score FROM clusterseg.recommend_all('m', 5));
	RETURN NEXT;
END
$$;
SELECT a.algorithm, a.options, p.* FROM algorithms a, prefix(a.algorithm, a.options) p ORDER BY n;
-- a time in the future, by mistake, counts as now
\set VERBOSITY terse
SELECT t.events, t.customers FROM clusterseg.train_recommender('future', 'SELECT * FROM many WHERE customer < 100 UNION ALL VALUES (1, ''i39'', 1, now() + interval ''1000 years'')', 'customer', 'item',
	at => 'at', algorithm => 'next_item') t;
SELECT count(*) AS listed FROM clusterseg.recommend('future', 1, 5);
