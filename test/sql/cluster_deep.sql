-- deep: an autoencoder's embedding, clustered and refined, through train()
\set ECHO none
\i test/data/raises.sql
\i test/data/iris.sql
\set ECHO all
\set f '''{sepal_length,sepal_width,petal_length,petal_width}'''
\set o '''{"embedding": 4, "layers": [64, 64]}'''
SET client_min_messages = error;

-- members are what scoring gives, by name, value and array
SELECT k, rows, skipped, objective > 0 AS objective FROM clusterseg.train('flowers', 'iris', 'flower', :f, algorithm => 'deep', k => 2, options => :o);
SELECT count(*) FROM iris JOIN flowers_members m USING (flower) WHERE clusterseg.segment('flowers', iris) <> m.segment_id
	OR clusterseg.segment((clusterseg.model_value('flowers')::text)::clusterseg.model, iris) <> m.segment_id
	OR clusterseg.segment('flowers', ARRAY[sepal_length, sepal_width, petal_length, petal_width]) <> m.segment_id
	OR abs(clusterseg.segment_distance('flowers', iris) - m.distance) > 1e-6;
SELECT count(*) FROM iris, clusterseg.assign('flowers', iris) a WHERE clusterseg.segment_probability('flowers', iris, a.segment_id) < 0.5
	OR abs(clusterseg.segment_probability('flowers', iris, 1) + clusterseg.segment_probability('flowers', iris, 2) - 1) > 1e-12;

-- centres are means of the members, in the units of the features; explain compares with them
SELECT count(*), max(abs(c.value - m.mean)) < 1e-6 AS means FROM (SELECT segment_id, feature, avg(v) AS mean FROM flowers_members JOIN iris USING (flower),
	(VALUES ('sepal_length'), ('sepal_width'), ('petal_length'), ('petal_width')) f (feature),
	LATERAL (SELECT (to_jsonb(iris)->>feature)::float8) x (v) GROUP BY 1, 2) m JOIN clusterseg.centroids c USING (segment_id, feature) WHERE c.model = 'flowers';
SELECT feature, value FROM iris, clusterseg.explain('flowers', iris) WHERE flower = 1 ORDER BY feature;

-- two segments are those of k-means, setosa and the others; with one flower elsewhere the index would be 0.973
SELECT count(*) FROM clusterseg.train('plain', 'iris', 'flower', :f, k => 2, options => '{"restarts": 10}');
SELECT clusterseg.adjusted_rand_index(d.segment_id, k.segment_id) > 0.98 AS as_kmeans, clusterseg.adjusted_rand_index(d.segment_id, (species = 'setosa')::int) > 0.98 AS setosa
	FROM flowers_members d JOIN plain_members k USING (flower) JOIN iris USING (flower);

-- what the version says of itself: both agree that nearest flowers are in the same segment, and the network is not ahead
SELECT (metrics->>'neighbour_agreement')::float8 > 0.97 AS agreement, (metrics->>'neighbour_agreement_kmeans')::float8 > 0.97 AS kmeans,
	(metrics->>'neighbour_agreement_pca_kmeans')::float8 > 0.97 AS pca, metrics->>'better_than_kmeans' AS better, (metrics->>'pretrain_epochs')::int <= 25 AS epochs,
	(metrics->>'reconstruction_error')::float8 < 0.5 AS learnt, metrics->>'started_from_graph' AS graph FROM clusterseg.versions WHERE model = 'flowers';

-- what the measure is, by plain SQL: the share of the ten nearest rows in the same segment, against chance
CREATE TABLE scaled AS SELECT flower, segment_id, ARRAY[(sepal_length - avg(sepal_length) OVER ()) / stddev_pop(sepal_length) OVER (), (sepal_width - avg(sepal_width) OVER ()) / stddev_pop(sepal_width) OVER (),
	(petal_length - avg(petal_length) OVER ()) / stddev_pop(petal_length) OVER (), (petal_width - avg(petal_width) OVER ()) / stddev_pop(petal_width) OVER ()] AS z FROM iris JOIN flowers_members USING (flower);
SELECT abs((same - chance) / (1 - chance) - (SELECT (metrics->>'neighbour_agreement')::float8 FROM clusterseg.versions WHERE model = 'flowers')) < 0.005 AS agreement FROM
	(SELECT avg((a.segment_id = n.segment_id)::int) AS same FROM scaled a, LATERAL (SELECT segment_id FROM scaled b WHERE b.flower <> a.flower
		ORDER BY (SELECT sum((x - y) ^ 2) FROM unnest(a.z, b.z) u (x, y)) LIMIT 10) n) s,
	(SELECT sum(c * c) / 150.0 ^ 2 AS chance FROM (SELECT count(*) AS c FROM flowers_members GROUP BY segment_id) g) c;

-- where k-means does as well, training warns: four groups far apart, in which all neighbours agree whoever finds them
SET client_min_messages = warning;
SELECT left(t.model, 5) AS model FROM clusterseg.train('blobs', 'SELECT i, (i % 4) * 10 + sin(i) AS a, (i % 4) * 10 + cos(i) AS b FROM generate_series(1, 400) i', 'i',
	'{a,b}', algorithm => 'deep', k => 4, options => :o) t;
SET client_min_messages = error;
SELECT count(DISTINCT segment_id) AS segments, count(DISTINCT (i % 4, segment_id)) AS pure FROM blobs_members;

-- workers and the order of rows change nothing; another seed does
CREATE TABLE shuffled AS SELECT * FROM iris ORDER BY md5(flower::text);
SELECT count(*) FROM (VALUES ('iris', 0), ('iris', 2), ('shuffled', 1)) v (source, workers), clusterseg.train('same_' || source || workers,
	source, 'flower', :f, algorithm => 'deep', k => 3, options => :o::jsonb || jsonb_build_object('workers', workers)) t;
SELECT count(DISTINCT clusterseg.model_value(model)::text) FROM clusterseg.models WHERE model LIKE 'same\_%';
SELECT count(*) FROM clusterseg.train('other', 'iris', 'flower', :f, algorithm => 'deep', k => 3, options => :o, seed => 1);
SELECT clusterseg.model_value('other')::text <> clusterseg.model_value('same_iris0')::text AS differs;

-- a value that is found to change the segment does
SELECT count(*) > 20 AS some, bool_and(clusterseg.segment('flowers', m.row) = s.segment_id) AS there FROM clusterseg.segments s, iris, clusterseg.counterfactual('flowers', iris, s.segment_id) c,
	LATERAL (SELECT jsonb_populate_record(iris, jsonb_build_object(c.feature, c.to_value)) AS row) m WHERE s.model = 'flowers' AND c.sufficient;
-- a value far out counts as the bound; constant and rare columns do no harm
SELECT k FROM clusterseg.train('rare', 'SELECT flower, petal_length, petal_width, 1 AS same, (flower = 75)::int AS once FROM iris', 'flower', '{petal_length,petal_width,same,once}', algorithm => 'deep', k => 2, options => :o);
SELECT clusterseg.adjusted_rand_index(r.segment_id, (species = 'setosa')::int) > 0.98 AS setosa FROM rare_members r JOIN iris USING (flower);
SELECT clusterseg.segment_distance('rare', ARRAY[1.4, 0.2, 1, 1e30]) = clusterseg.segment_distance('rare', ARRAY[1.4, 0.2, 1, 1e35]) AS bounded;

-- one point many times; one row; no pass of refinement
SELECT k, rows FROM clusterseg.train('same', 'SELECT i, 1 AS a, 2 AS b FROM generate_series(1, 300) i', 'i', '{a,b}', algorithm => 'deep', k => 1, options => :o);
SELECT k, rows FROM clusterseg.train('one', 'SELECT 1 AS i, 1 AS a, 2 AS b', 'i', '{a,b}', algorithm => 'deep', k => 1, options => :o);
SELECT k, converged FROM clusterseg.train('raw', 'iris', 'flower', :f, algorithm => 'deep', k => 3, options => :o::jsonb || '{"epochs": 0}');

-- export and import; weights, principal components and dropout go in
SELECT clusterseg.import_model('copy', clusterseg.export_model('flowers'));
SELECT count(*) FROM iris WHERE clusterseg.segment('copy', iris) <> clusterseg.segment('flowers', iris);
SELECT k FROM clusterseg.train('mixed', 'SELECT *, 1 + flower % 2 AS w FROM iris', 'flower', '{sepal_length,petal_width,species}', algorithm => 'deep', k => 3, weight => 'w',
	options => :o::jsonb || '{"pca": 3, "dropout": 0.1, "neighbours": 0, "gamma": 1}');
SELECT count(*) FROM mixed_members JOIN (SELECT *, 1 + flower % 2 AS w FROM iris) i USING (flower) WHERE clusterseg.segment('mixed', i) <> segment_id;

-- what cannot be
\pset format unaligned
\pset tuples_only on
CREATE FUNCTION fails(options jsonb, k int DEFAULT 2) RETURNS text LANGUAGE sql
	RETURN raises(format('SELECT clusterseg.train(''x'', ''iris'', ''flower'', ''{petal_width,petal_length}'', algorithm => ''deep'', k => %L, options => %L)', k, options));
SELECT fails('{"layers": [0]}');
SELECT fails('{"layers": [2.5]}');
SELECT fails('{"layers": [100000]}');
SELECT fails('{"layers": "many"}');
SELECT fails('{"layers": [[1], [2]]}');
SELECT fails('{"layers": [1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1]}');
SELECT fails('{"embedding": 0}');
SELECT fails('{"dropout": 1}');
SELECT fails('{"learning_rate": 0}');
SELECT fails('{"batch": 0}');
SELECT fails('{"gamma": -1}');
SELECT fails('{"layers": [4000, 4000], "memory": 20}');
SELECT fails('{"batch": 5000}');
SELECT fails('{}', 151);
SELECT raises($$SELECT (regexp_replace(clusterseg.model_value('flowers')::text, '"weights": *\[[^,]*', '"weights": [1e9'))::clusterseg.model$$);
SELECT raises($$SELECT (regexp_replace(clusterseg.model_value('flowers')::text, '"weights": *\[[^,]*,', '"weights": ['))::clusterseg.model$$);
SELECT raises($$SELECT (regexp_replace(clusterseg.model_value('flowers')::text, '"layers": *\[4', '"layers": [5'))::clusterseg.model$$);
SELECT raises($$SELECT (regexp_replace(clusterseg.model_value('flowers')::text, '"layers": *\[[^]]*', '"layers": [4'))::clusterseg.model$$);
SELECT raises($$SELECT (regexp_replace(clusterseg.model_value('flowers')::text, '"scale": *[0-9.]+', '"scale": -1'))::clusterseg.model$$);
SELECT raises($$SELECT (regexp_replace(clusterseg.model_value('flowers')::text, '"bounds": *\[[^,]*', '"bounds": [-1'))::clusterseg.model$$);
SELECT raises($$SELECT (regexp_replace(clusterseg.model_value('flowers')::text, '"bounds": *\[[^,]*,', '"bounds": ['))::clusterseg.model$$);
SELECT raises($$SELECT (regexp_replace(clusterseg.model_value('flowers')::text, '"places": *\[[^,]*', '"places": [1e300'))::clusterseg.model$$);
