-- content: items like those of the history, against the formula in SQL; items that nobody has yet.
SET timezone = 'UTC';
SET default_text_search_config = 'pg_catalog.english';
\set ECHO none
\i test/data/raises.sql
\set ECHO all

CREATE TABLE items (item text PRIMARY KEY, title text, about varchar(200), color text, size int, price numeric);
INSERT INTO items VALUES ('tea-1', 'Green tea', 'Leaves of green tea from Japan, leaves', 'green', 1, 9.50), ('tea-2', 'Black tea', 'Strong leaves of tea', 'black', 1, 7),
	('tea-3', 'Mint tea', 'Fresh mint', 'green', 2, 6), ('cup-1', 'Tea cup', 'A cup for tea', 'white', 2, 12), ('cup-2', 'Coffee cup', 'A big cup', 'white', 3, 14),
	('cof-1', 'Coffee', 'Strong and black', 'black', 1, 15), ('new-1', 'White tea', 'Rare leaves of tea', 'white', 1, 30), ('odd-1', NULL, NULL, NULL, NULL, NULL);
CREATE TABLE events (customer int, item text, pieces int);
INSERT INTO events VALUES (1, 'tea-1', 2), (1, 'cof-1', 1), (2, 'cup-2', 1), (3, 'tea-2', 1), (3, 'gone', 1), (4, 'gone', 1), (5, 'tea-3', 1), (5, 'cup-1', 3);

-- words by to_tsvector(), (1 + ln count) idf, length 1; categories and numbers' quantiles the same; weight between them
CREATE FUNCTION likeness(texts bool, others bool, weight float8) RETURNS TABLE (a text, b text, s float8) LANGUAGE sql AS $$
	WITH word AS (SELECT item, 'w' AS kind, lexeme AS term, sum(cardinality(positions))::float8 AS c FROM items,
			LATERAL (SELECT * FROM unnest(to_tsvector('english', title)) UNION ALL SELECT * FROM unnest(to_tsvector('english', about))) l WHERE texts GROUP BY 1, 2, 3),
		place AS (SELECT item, (rank() OVER w + count(*) OVER (PARTITION BY price) / 2.0 - 0.5 - 1) / (count(*) OVER () - 1) * 10 AS p FROM items WHERE price IS NOT NULL
			WINDOW w AS (ORDER BY price)),
		other AS (SELECT item, 'o', 'color ' || color, 1::float8 FROM items WHERE color IS NOT NULL AND others
			UNION ALL SELECT item, 'o', 'size ' || size, 1 FROM items WHERE size IS NOT NULL AND others
			UNION ALL SELECT item, 'o', 'q' || least(floor(p), 9)::int, least(floor(p), 9) + 1 - p FROM place WHERE others AND p < 10
			UNION ALL SELECT item, 'o', 'q' || least(floor(p), 9)::int + 1, p - least(floor(p), 9) FROM place WHERE others AND p > least(floor(p), 9)),
		term AS (SELECT * FROM word UNION ALL SELECT * FROM other),
		n AS (SELECT count(DISTINCT item)::float8 AS n FROM term),
		w AS (SELECT item, kind, term, CASE WHEN c >= 1 THEN 1 + ln(c) ELSE c END * (ln((1 + n) / (1 + count(*) OVER (PARTITION BY kind, term))) + 1) AS w FROM term, n),
		l AS (SELECT *, sum(w * w) OVER (PARTITION BY item, kind) AS l FROM w),
		k AS (SELECT item, bool_or(kind = 'w')::int + weight * bool_or(kind = 'o')::int AS k FROM l GROUP BY 1),
		v AS (SELECT item, kind, term, w / sqrt(l) * sqrt(CASE kind WHEN 'w' THEN 1 ELSE weight END / k) AS v FROM l JOIN k USING (item))
	SELECT a.item, b.item, sum(a.v * b.v) FROM v a JOIN v b USING (kind, term) WHERE a.item <> b.item GROUP BY 1, 2
$$;
CREATE FUNCTION learned(options jsonb) RETURNS TABLE (a text, b text, s float8) LANGUAGE plpgsql AS $$
BEGIN
	PERFORM FROM clusterseg.train_recommender('like', 'events', 'customer', 'item', algorithm => 'content', item_source => 'items', item_key => 'item', options => options);
	RETURN QUERY SELECT i.item, r.item_id, r.score FROM items i, clusterseg.similar_items('like', i.item, 100) r;
END
$$;
SELECT o.*, count(*) AS pairs, count(*) FILTER (WHERE abs(e.s - l.s) < 1e-5) AS agree
FROM (VALUES ('{"text": ["title", "about"]}', true, false, 1::float8), ('{"text": ["title", "about"], "categories": ["color", "size"], "numbers": ["price"]}', true, true, 1),
		('{"text": ["title", "about"], "categories": ["color", "size"], "numbers": ["price"], "weight": 0.3}', true, true, 0.3),
		('{"categories": ["color", "size"], "numbers": ["price"]}', false, true, 1)) o (options, texts, others, weight),
	LATERAL likeness(o.texts, o.others, o.weight) e FULL JOIN LATERAL learned(o.options::jsonb) l USING (a, b) GROUP BY 1, 2, 3, 4 ORDER BY 1;

-- none named: all columns of texts but the key
SELECT count(*) AS differ FROM (SELECT * FROM learned('{}') EXCEPT SELECT * FROM learned('{"text": ["title", "about", "color"]}')) d;

-- a white tea that nobody has bought yet reaches customers, and so do words
SELECT items, customers FROM clusterseg.train_recommender('like', 'events', 'customer', 'item', 'pieces', algorithm => 'content', item_source => 'items', item_key => 'item',
	options => '{"text": ["title", "about"], "categories": ["color"], "numbers": ["price"]}');
SELECT rank, item_id, source, reason FROM clusterseg.recommend('like', 3, 5);
SELECT rank, item_id, reason FROM clusterseg.recommend_for_basket('like', '{cup-1}', 3);
-- terms add up; recommend_all() says the same; what is no more in the item source is not listed
SELECT bool_and(abs(r.score - e.sum) < 1e-9) AS add_up, count(*) FROM generate_series(1, 5) c, clusterseg.recommend('like', c, 10) r,
	LATERAL (SELECT sum(contribution) FROM clusterseg.explain_recommendation('like', c, r.item_id)) e WHERE r.source = 'content';
SELECT count(*) AS differ FROM (SELECT c::text, r.rank, r.item_id, r.score FROM generate_series(1, 5) c, clusterseg.recommend('like', c, 10) r
	EXCEPT SELECT customer_id, rank, item_id, score FROM clusterseg.recommend_all('like', 10)) d;
SELECT count(*) AS gone FROM clusterseg.recommend('like', 1, 100) WHERE item_id = 'gone';
-- a customer whose items the source does not know: nothing to go by
SELECT DISTINCT source FROM clusterseg.recommend('like', 4);
-- 5 is the prefix of 10
SELECT count(*) AS differ FROM generate_series(1, 5) c, LATERAL (SELECT c, * FROM clusterseg.recommend('like', c, 2) EXCEPT SELECT c, * FROM clusterseg.recommend('like', c, 7)) d;
-- the same rows in another order; in and out
CREATE TABLE was AS SELECT clusterseg.export_model('like') - '{trained_at,metrics,options}'::text[] AS e;
SELECT version FROM clusterseg.train_recommender('like', 'SELECT * FROM events ORDER BY md5(item || customer)', 'customer', 'item', 'pieces', algorithm => 'content',
	item_source => 'SELECT * FROM items ORDER BY md5(item)', item_key => 'item', options => '{"text": ["title", "about"], "categories": ["color"], "numbers": ["price"]}');
SELECT e = clusterseg.export_model('like') - '{trained_at,metrics,options}'::text[] AS same FROM was;
SELECT clusterseg.import_model('copy', clusterseg.export_model('like'));
-- without its item source the copy does not know that "gone" is gone
SELECT count(*) AS differ FROM (SELECT * FROM clusterseg.recommend_for_basket('like', '{cup-1,tea-1}', 5) WHERE source = 'content' EXCEPT SELECT * FROM clusterseg.recommend_for_basket('copy', '{cup-1,tea-1}', 5)) d;
-- what more items have than most_items makes none alike: tea is in five
SELECT version FROM clusterseg.train_recommender('like', 'events', 'customer', 'item', algorithm => 'content', item_source => 'items', item_key => 'item', options => '{"text": ["title"], "most_items": 4}');
SELECT string_agg(item_id, ', ' ORDER BY rank) FROM clusterseg.similar_items('like', 'cup-1');
-- keys twice, NULL, and hostile texts
SELECT items FROM clusterseg.train_recommender('odd', 'SELECT 1 AS c, 17 AS i', 'c', 'i', algorithm => 'content',
	item_source => $$VALUES (17, 'red ''wine'''), (17, 'red'), (18, 'red "wine" \'), (NULL, 'wine'), (19, E'\u00e9\u4e2d wine')$$, item_key => 'column1');
SELECT item_id, reason FROM clusterseg.recommend('odd', 1) ORDER BY 1;

\pset format unaligned
\pset tuples_only on
SELECT raises($$SELECT clusterseg.train_recommender('t', 'events', 'customer', 'item', algorithm => 'content')$$);
SELECT raises($$SELECT clusterseg.train_recommender('t', 'events', 'customer', 'item', algorithm => 'content', item_source => 'items', item_key => 'sku')$$);
SELECT raises($$SELECT clusterseg.train_recommender('t', 'events', 'customer', 'item', algorithm => 'content', item_source => 'items', options => '{"text": ["price"]}')$$);
SELECT raises($$SELECT clusterseg.train_recommender('t', 'events', 'customer', 'item', algorithm => 'content', item_source => 'items', options => '{"numbers": ["title"]}')$$);
SELECT raises($$SELECT clusterseg.train_recommender('t', 'events', 'customer', 'item', algorithm => 'content', item_source => 'items', options => '{"categories": ["colour"]}')$$);
SELECT raises($$SELECT clusterseg.train_recommender('t', 'events', 'customer', 'item', algorithm => 'content', item_source => 'items', options => '{"language": "klingon"}')$$);
SELECT raises($$SELECT clusterseg.train_recommender('t', 'events', 'customer', 'item', algorithm => 'content', item_source => 'SELECT item, price FROM items')$$);
SELECT raises($$SELECT clusterseg.train_recommender('t', 'events', 'customer', 'item', algorithm => 'content', item_source => 'DELETE FROM items RETURNING *')$$);
\pset format aligned
\pset tuples_only off
-- whatever else the item source has, forgetting says plainly that it takes a training
SELECT version, state FROM clusterseg.forget_customer('odd', 1);
SELECT clusterseg.drop_model('like'), clusterseg.drop_model('copy'), clusterseg.drop_model('odd');
SELECT count(*) AS terms FROM clusterseg._reco_terms;
