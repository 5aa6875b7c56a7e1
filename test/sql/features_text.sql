-- Texts as features: terms by the server's text search, weights and directions checked in SQL from to_tsvector().
\set ECHO none
\i test/data/raises.sql
SET client_min_messages = warning;
\set ECHO all

-- three kinds of reviews, made of phrases; some without a word that counts, some without a text
CREATE TABLE review (id int PRIMARY KEY, body text, stars int);
INSERT INTO review
SELECT i, CASE WHEN i % 50 = 0 THEN NULL WHEN i % 50 = 1 THEN '' WHEN i % 50 = 2 THEN 'It is what it was.'
	ELSE (ARRAY['Lovely dress', 'The sweater runs', 'Shipping was'])[1 + i % 3] || ' ' ||
		(ARRAY['fits perfectly', 'large and itchy', 'slow, slow, slow'])[1 + i % 3] || '. ' ||
		(ARRAY['The fabric feels soft.', 'Sleeves are too long!', 'The parcel arrived late', 'Returned it.', 'Would order again'])[1 + (i * 7) % 5] || ' ' ||
		(ARRAY['Blue is my colour', 'bought two dresses', 'customer service was rude', 'wool is itchy'])[1 + (i * 11) % 4] END,
	(ARRAY[5, 3, 1])[1 + i % 3]
FROM generate_series(1, 300) i;

SELECT model, k, rows, skipped FROM clusterseg.train('r', 'review', 'id', '{body}', k => 3, scale => 'none',
	transforms => '{"body": {"text": "english", "dimensions": 4, "min_rows": 3}}');
SELECT feature, kind, coordinates, transforms, n FROM clusterseg.model_features(clusterseg.model_value('r')) ORDER BY position;

-- ---- against plain SQL ----

CREATE TABLE text_model AS SELECT clusterseg.model_value('r')::text::jsonb #> '{prep,texts,0}' AS t;
CREATE TABLE term AS SELECT o AS n, term, (t #>> ARRAY['idf', (o - 1)::text])::float8 AS idf,
	ARRAY(SELECT (t #>> ARRAY['projection', ((o - 1) * 4 + j)::text])::float8 FROM generate_series(0, 3) j) AS direction
	FROM text_model, jsonb_array_elements_text(t -> 'terms') WITH ORDINALITY e (term, o);
SELECT t ->> 'config' AS config, t -> 'dimensions' AS dimensions, (SELECT string_agg(term, ' ' ORDER BY n) FROM term) AS terms FROM text_model;

-- counts as to_tsvector() has them; terms of three rows and more
CREATE TABLE counts AS SELECT id, lexeme, cardinality(positions) AS count FROM review, unnest(to_tsvector('english', body));
SELECT count(*) AS terms, count(*) FILTER (WHERE abs(ln(295.0 / (1 + c.rows)) + 1 - term.idf) < 1e-12) AS agree
FROM (SELECT lexeme, count(*) AS rows FROM counts GROUP BY 1 HAVING count(*) >= 3) c FULL JOIN term ON term = lexeme;
CREATE TABLE weight AS SELECT id, term.n, w / sqrt(sum(w * w) OVER (PARTITION BY id)) AS w FROM
	(SELECT id, term.n, (1 + ln(count::float8)) * idf AS w FROM counts JOIN term ON term = lexeme) x JOIN term USING (n);

-- directions: of length 1, at right angles, and X'X v is a multiple of v
CREATE TABLE v AS SELECT n, j, direction[j] AS v FROM term, generate_series(1, 4) j;
SELECT a.j, b.j, round(sum(a.v * b.v)::numeric, 9) AS product FROM v a JOIN v b USING (n) WHERE a.j <= b.j GROUP BY 1, 2 ORDER BY 1, 2;
WITH xv AS (SELECT id, j, sum(w * v) AS z FROM weight JOIN v USING (n) GROUP BY 1, 2),
	gv AS (SELECT n, j, sum(w * z) AS g FROM weight JOIN xv USING (id) GROUP BY 1, 2),
	l AS (SELECT j, sum(g * v) AS lambda FROM gv JOIN v USING (n, j) GROUP BY 1)
SELECT j, lambda = max(lambda) OVER (ORDER BY j ROWS BETWEEN CURRENT ROW AND UNBOUNDED FOLLOWING) AS descending,
	sqrt((SELECT sum((g - lambda * v) ^ 2) FROM gv JOIN v USING (n, j) WHERE gv.j = l.j)) < 1e-6 * lambda AS eigen
FROM l ORDER BY j;

-- points of the members, from the counts: their distances to the centres of the model
WITH z AS (SELECT r.id, j, coalesce(sum(w * v), 0) AS z FROM review r CROSS JOIN generate_series(1, 4) j
		LEFT JOIN (weight JOIN v USING (n)) USING (id, j) WHERE body IS NOT NULL GROUP BY 1, 2),
	f AS (SELECT o AS j, (f ->> 'center')::float8 AS center, (f ->> 'factor')::float8 AS factor
		FROM jsonb_array_elements(clusterseg.model_value('r')::text::jsonb #> '{prep,features}') WITH ORDINALITY e (f, o)),
	m AS (SELECT segment_id, avg((z - center) * factor) AS c, j FROM z JOIN f USING (j) JOIN r_members USING (id) GROUP BY 1, 3)
SELECT count(*) AS rows, count(*) FILTER (WHERE abs(distance - expected) < 1e-5) AS agree
FROM r_members JOIN (SELECT id, sqrt(sum(((z - center) * factor - c) ^ 2)) AS expected
	FROM z JOIN f USING (j) JOIN r_members USING (id) JOIN m USING (segment_id, j) GROUP BY 1) e USING (id);

-- ---- what segments talk about ----

SELECT segment_id, segment, size FROM clusterseg.segments WHERE model = 'r' ORDER BY size DESC, segment_id;
-- shares of rows with the term, from the counts
SELECT count(*) > 15 AS some, count(*) = count(*) FILTER (WHERE abs(p.mean - x.share) < 1e-7 AND abs(p.overall_mean - y.share) < 1e-7
	AND abs(p.lift - x.share / y.share) < 1e-6) AS agree
FROM clusterseg.segment_profiles p
JOIN LATERAL (SELECT avg((c.id IS NOT NULL)::int)::float8 AS share FROM r_members m LEFT JOIN counts c ON c.id = m.id AND c.lexeme = p.category
	WHERE m.segment_id = p.segment_id) x ON true
JOIN LATERAL (SELECT avg((c.id IS NOT NULL)::int)::float8 AS share FROM r_members m LEFT JOIN counts c ON c.id = m.id AND c.lexeme = p.category) y ON true
WHERE p.model = 'r' AND p.feature = 'body';
SELECT DISTINCT feature FROM clusterseg.segment_profiles WHERE model = 'r';

-- ---- assignment ----

-- by name and by value as in training; the value by way of its text too
SELECT count(*) AS rows, count(*) FILTER (WHERE clusterseg.segment('r', r) = segment_id) AS by_name,
	count(*) FILTER (WHERE clusterseg.segment((SELECT clusterseg.model_value('r')), r) = segment_id) AS by_value,
	count(*) FILTER (WHERE clusterseg.segment((SELECT clusterseg.model_value('r')::text::clusterseg.model), r) = segment_id) AS by_text
FROM review r JOIN r_members USING (id);
SELECT (clusterseg.assign('r', r)).segment_id, (clusterseg.assign('r', r)).reason FROM (SELECT NULL::text AS body) r;
-- nothing that the model knows is the same as no text at all
SELECT (clusterseg.assign('r', a)).distance = (clusterseg.assign('r', b)).distance AS same FROM (SELECT ''::text AS body) a, (SELECT 'zebra crossing'::varchar AS body) b;
SELECT clusterseg.segment('r', a) = clusterseg.segment('r', b) AS same FROM (SELECT 'LOVELY dresses, fitting perfectly'::text AS body) a, (SELECT 'lovely dress fits perfect'::char(40) AS body) b;
SELECT raises($$SELECT clusterseg.segment('r', ARRAY[1, 2, 3, 4])$$);
SELECT raises($$SELECT clusterseg.segment('r', r) FROM (SELECT 1 AS body) r$$);
SELECT raises($$SELECT clusterseg.segment('r', r) FROM (SELECT 'x'::text AS text) r$$);

-- ---- rules for NULL, weight and scale; a rating ----

SELECT k, rows, skipped FROM clusterseg.train('s', 'review', 'id', '{body}', k => 3,
	transforms => '{"body": {"text": "pg_catalog.english", "dimensions": 3, "impute": "indicator", "rating": "stars", "weight": 4}}');
SELECT feature, kind, transforms, n FROM clusterseg.model_features(clusterseg.model_value('s')) ORDER BY position;
-- the coordinates of a text have variance 1 together, times the weight
SELECT round(sum(((f ->> 'factor')::float8 * (f #>> '{training,sd}')::float8) ^ 2)::numeric, 5) AS variance
FROM jsonb_array_elements(clusterseg.model_value('s')::text::jsonb #> '{prep,features}') f WHERE f ->> 'kind' = 'text';
-- complaints are recognised, and praise
SELECT t.body, round(value::numeric) AS rating
FROM (VALUES ('shipping slow, customer service rude'), ('lovely dress, fits perfectly'), (NULL)) t (body),
	LATERAL (SELECT t.body) r, LATERAL clusterseg.explain('s', r) WHERE feature = 'body[rating]';
SELECT segment, size FROM clusterseg.segments WHERE model = 's' ORDER BY size DESC, segment;
SELECT count(DISTINCT segment_id) AS of_null FROM s_members JOIN review USING (id) WHERE body IS NULL;
SELECT feature, value FROM clusterseg.explain('s', (SELECT r FROM (SELECT NULL::text AS body) r)) WHERE feature LIKE '%missing%';

-- beside other features, by any algorithm, the same with any order of rows
SELECT algorithm, k, rows FROM clusterseg.train('t', 'SELECT id, body, stars, length(body) AS length FROM review', 'id', '{body,length,stars}', 'gmm', k => 2,
	transforms => '{"body": {"text": "simple", "dimensions": 2}}');
SELECT algorithm, k, rows FROM clusterseg.train('h', 'review', 'id', '{body}', 'hierarchical', k => 3, transforms => '{"body": {"text": "english"}}');
SELECT k FROM clusterseg.train('t2', 'SELECT id, body, stars, length(body) AS length FROM review ORDER BY md5(id::text)', 'id', '{body,length,stars}', 'gmm', k => 2,
	transforms => '{"body": {"text": "simple", "dimensions": 2}}');
SELECT md5(clusterseg.model_value('t')::text) = md5(clusterseg.model_value('t2')::text) AS same;
-- what else works on models: rules leave texts out, counterfactuals speak of the rating alone
SELECT raises($$SELECT * FROM clusterseg.segment_rules('r')$$);
SELECT k FROM clusterseg.train('u', 'SELECT id, body, stars FROM review', 'id', '{body,stars}', k => 3,
	transforms => '{"body": {"text": "english", "dimensions": 3, "rating": "stars"}}');
SELECT rule, sql, customers, round(fidelity::numeric, 2) AS fidelity FROM clusterseg.segment_rules('u') ORDER BY leaf;
SELECT DISTINCT c.feature FROM generate_series(1, 3) g, LATERAL clusterseg.counterfactual('s', (SELECT r FROM review r WHERE id = 6), g) c ORDER BY 1;
SELECT metric, value BETWEEN 0 AND 1 AS sound FROM clusterseg.evaluate('r') WHERE metric = 'silhouette';
-- trained again: segments keep their ids
SELECT version FROM clusterseg.train('r', 'review', 'id', '{body}', k => 3, scale => 'none',
	transforms => '{"body": {"text": "english", "dimensions": 4, "min_rows": 3}}');
SELECT count(*) AS rows, count(*) FILTER (WHERE previous_segment_id IS NULL) AS stayed FROM r_members;
SELECT severity, subject, feature FROM clusterseg.check_source('review', 'id', '{body,stars}', k => 3, transforms => '{"body": {"text": "english"}}') ORDER BY 1, 2, 3;

-- ---- a configuration of one's own, and one that is gone ----

CREATE SCHEMA "Shop";
CREATE TEXT SEARCH CONFIGURATION "Shop".plain (COPY = pg_catalog.simple);
SET search_path = "Shop", public;
SELECT k FROM clusterseg.train('own', 'public.review', 'id', '{body}', k => 2, output_schema => 'public', transforms => '{"body": {"text": "plain"}}');
RESET search_path;
SELECT clusterseg.model_value('own')::text::jsonb #> '{prep,texts,0,config}' AS config;
SELECT clusterseg.segment('own', r) = segment_id AS same FROM review r JOIN own_members USING (id) WHERE id = 3;
DROP TEXT SEARCH CONFIGURATION "Shop".plain;
SELECT raises($$SELECT clusterseg.segment('own', r) FROM (SELECT 'x'::text AS body) r$$);

-- ---- texts of any size ----

SET client_min_messages = notice;
-- a long one, of characters of several bytes; cut where a character would be cut in two
SELECT length(r.body) AS characters, clusterseg.segment('r', r) = clusterseg.segment('r', s) AS same
FROM (SELECT repeat('lovely dress é ', 100000) AS body) r,
	(SELECT repeat('lovely dress é ', 10) AS body) s;
SET client_min_messages = warning;	-- words beyond 2047 characters do not count, as the server says again and again
SELECT clusterseg.segment('r', r) IS NOT NULL AS scored FROM (SELECT 'x' || repeat('é', 900000) AS body) r;
SET client_min_messages = notice;
SELECT clusterseg.segment('r', r) IS NOT NULL AS scored FROM (SELECT repeat('dress' || chr(10), 300000) AS body) r;
-- training tells of it
SELECT k, rows FROM clusterseg.train('long', 'SELECT id, CASE WHEN id = 5 THEN repeat(body || '' '', 30000) ELSE body END AS body FROM review WHERE body <> ''''', 'id', '{body}', k => 2,
	transforms => '{"body": {"text": "english", "dimensions": 2}}');
-- more terms than count, fewer terms than dimensions, one dimension
SELECT k FROM clusterseg.train('few', 'review', 'id', '{body}', k => 2, transforms => '{"body": {"text": "english", "dimensions": 50, "max_terms": 3, "impute": "indicator"}}');
SELECT clusterseg.model_value('few')::text::jsonb #> '{prep,texts,0,terms}' AS terms;
SELECT k FROM clusterseg.train('one', 'review', 'id', '{body}', k => 2, transforms => '{"body": {"text": "english", "dimensions": 1}}');
SET client_min_messages = warning;

-- ---- what cannot be ----

\pset format unaligned
\pset tuples_only on
CREATE FUNCTION fails(transform text, source text DEFAULT 'review', features text DEFAULT '{body}', algorithm text DEFAULT 'kmeans') RETURNS text LANGUAGE sql AS $$
	SELECT raises(format('SELECT clusterseg.train(''m'', %L, ''id'', %L, %L, k => %L, transforms => %L)', source, features, algorithm, CASE WHEN algorithm <> 'rfm' THEN 2 END, transform))
$$;
SELECT fails('{"body": {"text": "klingon"}}');
SELECT fails('{"body": {"text": "no.such.place.at.all"}}');
SELECT fails('{"body": {"text": ""}}');
SELECT fails('{"body": {"text": 1}}');
SELECT fails('{"body": {"dimensions": 3}}');
SELECT fails('{"stars": {"text": "english"}}', features => '{stars}');
SELECT fails('{"body": {"text": "english", "dimensions": 0}}');
SELECT fails('{"body": {"text": "english", "dimensions": 257}}');
SELECT fails('{"body": {"text": "english", "dimensions": 100, "max_terms": 50000}}');
SELECT fails('{"body": {"text": "english", "min_rows": 1000}}');
SELECT fails('{"body": {"text": "english", "log": "log1p"}}');
SELECT fails('{"body": {"text": "english", "max_levels": 5}}');
SELECT fails('{"body": {"text": "english", "impute": "mean"}}');
SELECT fails('{"body": {"text": "english", "rating": "nope"}}');
SELECT fails('{"body": {"text": "english", "rating": "body"}}');
SELECT fails('{"body": {"text": "english", "rating": "stars"}}', 'SELECT id, body, NULL::int AS stars FROM review');
SELECT fails('{"body": {"text": "english"}}', 'SELECT id, NULL::text AS body FROM review');
SELECT fails('{"body": {"text": "english"}}', 'SELECT id, ''''::text AS body FROM review');
SELECT fails('{"body": {"text": "english"}}', 'SELECT id, ''the and of''::text AS body FROM review');
SELECT fails('{"body": {"text": "english"}}', algorithm => 'rfm');
SELECT count(*) FROM clusterseg.models WHERE model = 'm';

-- ---- values that were altered ----

CREATE FUNCTION altered(path text, value jsonb) RETURNS text LANGUAGE sql AS $$
	SELECT raises(format('SELECT clusterseg.segment(%L::clusterseg.model, r) FROM (SELECT ''dress''::text AS body) r',
		jsonb_set(clusterseg.model_value('one')::text::jsonb, path::text[], value)::text))
$$;
SELECT altered('{prep,texts,0,first}', '1');
SELECT altered('{prep,texts,0,dimensions}', '2');
SELECT altered('{prep,texts,0,terms}', '[]');
SELECT altered('{prep,texts,0,terms,0}', '"zzz"');
SELECT altered('{prep,texts,0,config}', '"nope"');
SELECT altered('{prep,texts,0,idf,0}', '-1');
SELECT altered('{prep,texts}', '[]');
SELECT altered('{prep,features,0,kind}', '"number"');
SELECT altered('{columns,0,width}', '0');
