-- Reviews of clothing as features (Women's E-Commerce Clothing Reviews, CC0) and sentences with a sentiment (UCI, doi:10.24432/C57604).
--
-- Reference: scikit-learn 1.9.1 on the counts of to_tsvector('english', ...), three rows of four to learn from, the 5000 most frequent terms
-- of two rows or more: TfidfTransformer(sublinear_tf=True), TruncatedSVD(10, algorithm='arpack'), Ridge(alpha=1).
\set ECHO none
\getenv shared CLUSTERSEG_SHARED
SET client_min_messages = warning;
CREATE TABLE reviews (id int PRIMARY KEY, clothing_id int, age int, title text, review text, stars int, recommended int, positive_feedback_count int,
	division text, department text, class text);
\set load '\\copy reviews FROM PROGRAM ''gzip -dc ' :shared '/data/womens-clothing/reviews.csv.gz'' WITH (FORMAT csv, HEADER)'
:load
CREATE TABLE sentences (id int GENERATED ALWAYS AS IDENTITY, source text, sentence text, positive int);
\set load '\\copy sentences (source, sentence, positive) FROM PROGRAM ''gzip -dc ' :shared '/data/sentiment-sentences/sentences.csv.gz'' WITH (FORMAT csv, HEADER)'
:load
ANALYZE;
\set ECHO all

SELECT count(*) AS reviews, count(review) AS with_text FROM reviews;
SELECT k, rows, skipped FROM clusterseg.train('reviews', 'SELECT id, review, stars FROM reviews WHERE id % 4 <> 0', 'id', '{review}', k => 5,
	transforms => '{"review": {"text": "english", "rating": "stars"}}');

-- the text model against scikit-learn's, on the rows that were learnt from and on the others
CREATE TABLE text_model AS SELECT clusterseg.model_value('reviews')::text::jsonb #> '{prep,texts,0}' AS t;
CREATE TABLE term AS SELECT term, idf::float8, slope::float8, o AS n FROM text_model,
	ROWS FROM (jsonb_array_elements_text(t -> 'terms'), jsonb_array_elements_text(t -> 'idf'), jsonb_array_elements_text(t -> 'slope'))
	WITH ORDINALITY e (term, idf, slope, o);
CREATE TABLE v AS SELECT (o + 9) / 10 AS n, (o + 9) % 10 + 1 AS j, v::float8 FROM text_model, jsonb_array_elements_text(t -> 'projection') WITH ORDINALITY e (v, o);
SELECT count(*) AS terms, round((SELECT (t ->> 'explained')::numeric FROM text_model), 6) AS explained FROM term;
CREATE TABLE weight AS SELECT id, n, slope, w / sqrt(sum(w * w) OVER (PARTITION BY id)) AS w FROM
	(SELECT id, n, slope, (1 + ln(cardinality(positions)::float8)) * idf AS w FROM reviews, unnest(to_tsvector('english', review)) JOIN term ON term = lexeme) x;
ANALYZE;
WITH z AS (SELECT id, j, sum(w * v) AS z FROM weight JOIN v USING (n) GROUP BY 1, 2),
	sums AS (SELECT j, sum(abs(z)) FILTER (WHERE id % 4 <> 0) AS learnt, sum(abs(z)) FILTER (WHERE id % 4 = 0) AS others FROM z GROUP BY 1)
SELECT j, round(learnt::numeric, 2) AS learnt, abs(learnt / reference - 1) < 1e-6 AND abs(others / reference_of_others - 1) < 1e-6 AS agree
FROM sums JOIN (VALUES (1, 3440.8608091488145, 1143.9543160382545), (2, 1109.3959827545355, 368.0057098869131), (3, 1061.5405022932403, 350.2325803038602),
	(4, 1012.8220362612049, 332.07981572368664), (5, 901.3927441546717, 298.80085648269716), (6, 881.8104144765098, 286.39092402571464),
	(7, 849.4049063754486, 274.96007137424044), (8, 841.8677215925792, 279.67245066969735), (9, 820.2035942357612, 275.12323328655043),
	(10, 773.7858773824149, 255.98830728146893)) r (j, reference, reference_of_others) USING (j) ORDER BY j;

-- ratings of reviews that were not learnt from: correlation .698445, root mean square error .797448, of the mean alone 1.1127
WITH p AS (SELECT stars, (SELECT (t ->> 'base')::float8 FROM text_model) + coalesce(sum(w * slope), 0) AS p
	FROM reviews r LEFT JOIN weight USING (id) WHERE id % 4 = 0 AND review IS NOT NULL GROUP BY id)
SELECT round(corr(p, stars)::numeric, 6) AS correlation, round(sqrt(avg((p - stars) ^ 2))::numeric, 6) AS error FROM p;

-- the segments: how they differ in the rating that was given, and of what they speak
SELECT s.segment, s.size, round(avg(stars), 1) AS stars, (SELECT string_agg(category, ' ' ORDER BY lift DESC) FROM clusterseg.segment_profiles p
	WHERE p.model = 'reviews' AND p.segment_id = s.segment_id AND p.feature = 'review' AND p.category <> '') AS terms
FROM clusterseg.segments s JOIN reviews_members m USING (segment_id) JOIN reviews USING (id) WHERE s.model = 'reviews' GROUP BY s.segment, s.size, s.segment_id ORDER BY s.size DESC;
SELECT count(*) AS rows, count(*) FILTER (WHERE clusterseg.segment('reviews', r) = segment_id) AS assigned_alike FROM reviews r JOIN reviews_members USING (id);

-- sentiment of sentences, learnt from half of them
SELECT k, rows FROM clusterseg.train('sentences', 'SELECT * FROM sentences WHERE id % 2 = 0', 'id', '{sentence}', k => 3,
	transforms => '{"sentence": {"text": "english", "rating": "positive"}}');
SELECT count(*) AS sentences, round(avg(((e.value::float8 > 0.5) = (positive = 1))::int), 2) AS right_of_all
FROM sentences s, LATERAL clusterseg.explain('sentences', s) e WHERE id % 2 = 1 AND feature = 'sentence[rating]';
