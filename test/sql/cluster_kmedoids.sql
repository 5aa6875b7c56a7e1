-- kmedoids: rows as centres, in four metrics, through train(), scored by name and by value
\set ECHO none
\i test/data/raises.sql
\i test/data/iris.sql
\set ECHO all
\set f '''{sepal_length,sepal_width,petal_length,petal_width}'''
SET client_min_messages = warning;

-- kmedoids 0.5.5 for Python, fasterpam on iris in single precision from flowers 1, 61 and 121 (euclidean, manhattan, gower),
-- cosine on rows of length 1; loss, sizes of the clusters:
-- 98.131155 50 62 38, 162.500004 50 60 40, 0.172207 50 45 55, 12.110228 50 57 43
\set start '[[5.1,3.5,1.4,0.2],[5.0,2.0,3.5,1.0],[6.9,3.2,5.7,2.3]]'
SELECT count(*) FROM unnest('{euclidean,manhattan,cosine,gower}'::text[]) m, clusterseg.train('iris_' || m, 'iris', 'flower', :f, algorithm => 'kmedoids', k => 3,
	scale => 'none', options => jsonb_build_object('metric', m, 'init', 'given', 'start', :'start'::jsonb)) t;
SELECT v.model, iterations, converged, round(objective::numeric, 5) AS loss,
	(SELECT string_agg(size::text, ' ' ORDER BY s.segment_id) FROM clusterseg.segments s WHERE s.model = v.model) AS sizes
	FROM clusterseg.versions v ORDER BY v.model;

-- medoids are members at distance 0: flowers 8, 79, 113; 8, 56, 113; 39, 87, 113; 8, 56, 113 (and their equals)
SELECT 'euclidean' AS metric, array_agg(flower ORDER BY flower) FROM iris_euclidean_members WHERE distance = 0
	UNION ALL SELECT 'manhattan', array_agg(flower ORDER BY flower) FROM iris_manhattan_members WHERE distance = 0
	UNION ALL SELECT 'cosine', array_agg(flower ORDER BY flower) FROM iris_cosine_members WHERE distance < 1e-9
	UNION ALL SELECT 'gower', array_agg(flower ORDER BY flower) FROM iris_gower_members WHERE distance = 0;

-- distances are those of the metric, in plain SQL; members, names and values agree
CREATE VIEW medoid AS SELECT segment_id, max(value) FILTER (WHERE feature = 'sepal_length') AS a, max(value) FILTER (WHERE feature = 'sepal_width') AS b,
	max(value) FILTER (WHERE feature = 'petal_length') AS c, max(value) FILTER (WHERE feature = 'petal_width') AS d, model
	FROM clusterseg.centroids GROUP BY model, segment_id;
SELECT count(*) FROM iris JOIN iris_manhattan_members m USING (flower) JOIN medoid ON model = 'iris_manhattan' AND medoid.segment_id = m.segment_id
	WHERE abs(abs(sepal_length - a) + abs(sepal_width - b) + abs(petal_length - c) + abs(petal_width - d) - m.distance) > 1e-5;
SELECT count(*) FROM iris JOIN iris_gower_members m USING (flower) JOIN medoid ON model = 'iris_gower' AND medoid.segment_id = m.segment_id
	WHERE abs((abs(sepal_length - a) / 3.6 + abs(sepal_width - b) / 2.4 + abs(petal_length - c) / 5.9 + abs(petal_width - d) / 2.4) / 4 - m.distance) > 1e-6;
SELECT count(*) FROM iris JOIN iris_cosine_members m USING (flower) JOIN iris e ON e.flower = (ARRAY[39, 87, 113])[array_position(ARRAY(
	SELECT segment_id FROM iris_cosine_members x WHERE x.flower IN (39, 87, 113) ORDER BY x.flower), m.segment_id)]
	WHERE abs(1 - (iris.sepal_length * e.sepal_length + iris.sepal_width * e.sepal_width + iris.petal_length * e.petal_length + iris.petal_width * e.petal_width)
	/ sqrt((iris.sepal_length ^ 2 + iris.sepal_width ^ 2 + iris.petal_length ^ 2 + iris.petal_width ^ 2)
	* (e.sepal_length ^ 2 + e.sepal_width ^ 2 + e.petal_length ^ 2 + e.petal_width ^ 2)) - m.distance) > 1e-6;
SELECT count(*) FROM iris JOIN iris_gower_members m USING (flower) WHERE clusterseg.segment(clusterseg.model_value('iris_gower'), iris) <> m.segment_id
	OR abs(clusterseg.segment_distance('iris_gower', iris) - m.distance) > 1e-7;

-- the parts of an explanation add up to the difference of the distances, of their squares where they are Euclidean
SELECT count(*) FROM iris, LATERAL (SELECT sum(contribution) AS parts FROM clusterseg.explain('iris_gower', iris)) e, clusterseg.assign('iris_gower', iris) a
	WHERE abs(parts - (clusterseg.segment_distance('iris_gower', iris, a.runner_up_id) - a.distance)) > 1e-6;
SELECT count(*) FROM iris, LATERAL (SELECT sum(contribution) AS parts FROM clusterseg.explain('iris_euclidean', iris)) e, clusterseg.assign('iris_euclidean', iris) a
	WHERE abs(parts - a.margin) > 1e-5;

-- a row moved over the border that a counterfactual tells is in the other segment
SELECT count(*) > 0 AS some, bool_and(clusterseg.segment('iris_gower', ROW(flower, sepal_length, sepal_width, to_value + 0.01 * sign(change), petal_width, species)::iris) = 2) AS there
	FROM iris, clusterseg.counterfactual('iris_gower', iris, 2) c WHERE c.feature = 'petal_length' AND c.sufficient;

-- Gower's distance with a category, by hand: of (0, red) and (10, blue) it is (10/20 + 1) / 2 = 0.75; a level never seen is another one
CREATE TABLE mixed (id int, size float8, colour text);
INSERT INTO mixed SELECT i, CASE WHEN i <= 5 THEN 0 ELSE 10 END, CASE WHEN i <= 5 THEN 'red' ELSE 'blue' END FROM generate_series(1, 10) i;
INSERT INTO mixed VALUES (11, 20, 'blue');
SELECT clusterseg.train('mixed', 'mixed', 'id', '{size,colour}', algorithm => 'kmedoids', k => 2, options => '{"metric": "gower"}') IS NOT NULL;
SELECT s, colour, round(clusterseg.segment_distance('mixed', ROW(1, s, colour)::mixed, (SELECT segment_id FROM mixed_members WHERE id = 1))::numeric, 6) AS to_red,
	round(clusterseg.segment_distance('mixed', ROW(1, s, colour)::mixed, (SELECT segment_id FROM mixed_members WHERE id = 6))::numeric, 6) AS to_blue
	FROM (VALUES (10, 'blue'), (0, 'red'), (5, 'red'), (5, 'green')) v (s, colour);

-- workers and order of rows change nothing; above exact_rows a sample stands for all and training says so
CREATE TABLE many AS SELECT i AS id, (i * 7919::bigint % 1000) / 100.0 + i % 5 * 20 AS a, (i * 104729::bigint % 997) / 100.0 + i % 5 % 2 * 20 AS b FROM generate_series(1, 34000) i;
CREATE TABLE shuffled AS SELECT * FROM many ORDER BY md5(id::text);
SELECT count(*) FROM (VALUES ('many', 0), ('many', 2), ('shuffled', 1)) v (source, workers), clusterseg.train('same_' || source || workers,
	source, 'id', '{a,b}', algorithm => 'kmedoids', k => 5, options => jsonb_build_object('workers', workers, 'restarts', 2, 'metric', 'manhattan', 'exact_rows', 3000)) t;
SELECT count(DISTINCT clusterseg.model_value(model)::text) FROM clusterseg.models WHERE model LIKE 'same\_%';
SELECT segment_id, size FROM clusterseg.segments WHERE model = 'same_many0' ORDER BY 1;
SET client_min_messages = notice;
SELECT k FROM clusterseg.train('told', 'many', 'id', '{a,b}', algorithm => 'kmedoids', k => 5, options => '{"exact_rows": 1000}');
SET client_min_messages = warning;

-- k is chosen
SELECT k FROM clusterseg.train('chosen', 'SELECT * FROM many WHERE id <= 2000', 'id', '{a,b}', algorithm => 'kmedoids', k_range => '[2,8]');

-- ad hoc: the same segments as those of the model, whose medoids BUILD comes to as well
SELECT count(DISTINCT (s, segment_id)), count(DISTINCT s) FROM (SELECT flower, clusterseg.kmedoids(ARRAY[sepal_length, sepal_width, petal_length, petal_width], 3,
	'{"scale": "none", "init": "build"}') OVER () AS s FROM iris) x JOIN iris_euclidean_members USING (flower);

-- export and import
SELECT clusterseg.import_model('copy', clusterseg.export_model('mixed'));
SELECT count(*) FROM mixed WHERE clusterseg.segment_distance('copy', mixed) <> clusterseg.segment_distance('mixed', mixed);

-- what cannot be
\pset format unaligned
\pset tuples_only on
SELECT raises($$SELECT clusterseg.train('x', 'iris', 'flower', '{petal_width}', algorithm => 'kmedoids', k => 2, options => '{"metric": "any"}')$$);
SELECT raises($$SELECT clusterseg.train('x', 'iris', 'flower', '{petal_width}', algorithm => 'kmedoids', k => 2, options => '{"restarts": 0}')$$);
SELECT raises($$SELECT clusterseg.train('x', 'iris', 'flower', '{petal_width}', algorithm => 'kmedoids', k => 30)$$);
SELECT raises($$SELECT clusterseg.train('x', 'iris', 'flower', '{petal_width}', algorithm => 'kmedoids', k => 2, options => '{"init": "given"}')$$);
SELECT raises($$SELECT (regexp_replace(clusterseg.model_value('iris_gower')::text, '"metric": *3', '"metric": 4'))::clusterseg.model$$);
SELECT raises($$SELECT (regexp_replace(clusterseg.model_value('mixed')::text, '"categories": *\[-1', '"categories": [1'))::clusterseg.model$$);
SELECT raises($$SELECT (regexp_replace(clusterseg.model_value('mixed')::text, '("scales": *\[)', '\1-'))::clusterseg.model$$);
