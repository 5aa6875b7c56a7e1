-- kprototypes: numbers and categories together, through train(), scored by name and by value
\set ECHO none
\i test/data/raises.sql
\i test/data/iris.sql
\set ECHO all
SET client_min_messages = warning;
CREATE VIEW flowers AS SELECT flower, sepal_length, sepal_width, petal_length, petal_width, species, ((flower - 1) * 7 % 5)::text AS other FROM iris;
\set f '''{sepal_length,sepal_width,petal_length,petal_width,species,other}'''

-- kmodes 0.12.2 for Python, KPrototypes(4) in single precision from flowers 1, 41, 61, 121: cost, sizes
-- gamma None (0.472351): 130.483575, 30 20 55 45; gamma 2: 301.887947, 27 23 53 47
\set start '[[5.1,3.5,1.4,0.2,0,0],[5.0,3.5,1.3,0.3,0,0],[5.0,2.0,3.5,1.0,1,0],[6.9,3.2,5.7,2.3,2,0]]'
SELECT count(*) FROM unnest('{0,2}'::int[]) g, clusterseg.train('flowers_' || g, 'flowers', 'flower', :f, algorithm => 'kprototypes', k => 4,
	scale => 'none', options => jsonb_build_object('gamma', g, 'init', 'given', 'start', :'start'::jsonb)) t;
SELECT v.model, converged, round(objective::numeric, 4) AS cost, round((metrics->>'gamma')::numeric, 6) AS gamma,
	(SELECT string_agg(size::text, ' ' ORDER BY s.segment_id) FROM clusterseg.segments s WHERE s.model = v.model) AS sizes
	FROM clusterseg.versions v ORDER BY v.model;

-- prototypes: means, and the most frequent level of each category (0.47 and 2 are what a difference costs)
SELECT segment_id, feature, round(value::numeric, 4) AS value FROM clusterseg.centroids WHERE model = 'flowers_2' AND (value <> 0 OR feature NOT LIKE '%=%') ORDER BY 1, 2;
SELECT count(*) FROM flowers JOIN flowers_2_members m USING (flower) WHERE clusterseg.segment(clusterseg.model_value('flowers_2'), flowers) <> m.segment_id
	OR abs(clusterseg.segment_distance('flowers_2', flowers) - m.distance) > 1e-7;

-- an explanation adds up, and says levels without shares; a level that training has not seen differs from all
SELECT count(*) FROM flowers, LATERAL (SELECT sum(contribution) AS parts FROM clusterseg.explain('flowers_2', flowers)) e, clusterseg.assign('flowers_2', flowers) a
	WHERE abs(parts - a.margin) > 1e-5;
SELECT feature, round(contribution::numeric, 4) AS contribution, typical, runner_up_typical, reason FROM flowers, clusterseg.explain('flowers_2', flowers) WHERE flower = 1;
SELECT round((clusterseg.segment_distance('flowers_2', ROW(1, 5.1, 3.5, 1.4, 0.2, 'setosa', 'new')::flowers, segment_id) ^ 2
	- clusterseg.segment_distance('flowers_2', ROW(1, 5.1, 3.5, 1.4, 0.2, 'setosa', '1')::flowers, segment_id) ^ 2)::numeric, 5) AS more
	FROM flowers_2_members WHERE flower = 4;

-- a row moved over the border that a counterfactual tells is in the other segment
SELECT count(*) > 0 AS some, bool_and(clusterseg.segment('flowers_2', ROW(flower, sepal_length, sepal_width, to_value + 0.01 * sign(change), petal_width, species, other)::flowers) = 2) AS there
	FROM flowers, clusterseg.counterfactual('flowers_2', flowers, 2) c WHERE c.feature = 'petal_length' AND c.sufficient;

-- k-modes: categories alone; by hand, two customers differ from their prototype in one of two
CREATE TABLE modes (id int, a text, b text);
INSERT INTO modes VALUES (1, 'x', 'p'), (2, 'x', 'p'), (3, 'x', 'p'), (4, 'y', 'q'), (5, 'y', 'q'), (6, 'z', 'q'), (7, 'x', 'r');
SELECT k, objective FROM clusterseg.train('modes', 'modes', 'id', '{a,b}', algorithm => 'kprototypes', k => 2, options => '{"restarts": 20}');
SELECT id, segment_id, distance FROM modes_members ORDER BY id;

-- weights of features and of rows: a row of weight 2 is two rows
CREATE TABLE weighted AS SELECT flower, sepal_length, petal_length, species, 1 + flower % 3 AS w FROM iris;
CREATE VIEW repeated AS SELECT flower * 10 + i AS flower, sepal_length, petal_length, species FROM weighted, generate_series(1, w) i;
SELECT (SELECT round(objective::numeric, 3) FROM clusterseg.train('w1', 'weighted', 'flower', '{sepal_length,petal_length,species}', algorithm => 'kprototypes', k => 3,
	weight => 'w', scale => 'none', options => '{"gamma": 1, "restarts": 10}', transforms => '{"species": {"weight": 0.5}}'))
	= (SELECT round(objective::numeric, 3) FROM clusterseg.train('w2', 'repeated', 'flower', '{sepal_length,petal_length,species}', algorithm => 'kprototypes', k => 3,
	scale => 'none', options => '{"gamma": 1, "restarts": 10}', transforms => '{"species": {"weight": 0.5}}')) AS same;

-- workers and order of rows change nothing
CREATE TABLE many AS SELECT i AS id, (i * 7919::bigint % 1000) / 100.0 + i % 5 * 20 AS a, 'c' || i % 5 AS b, 'd' || i * 31::bigint % 7 AS c FROM generate_series(1, 34000) i;
CREATE TABLE shuffled AS SELECT * FROM many ORDER BY md5(id::text);
SELECT count(*) FROM (VALUES ('many', 0), ('many', 2), ('shuffled', 1)) v (source, workers), clusterseg.train('same_' || source || workers,
	source, 'id', '{a,b,c}', algorithm => 'kprototypes', k => 5, options => jsonb_build_object('workers', workers)) t;
SELECT count(DISTINCT clusterseg.model_value(model)::text) FROM clusterseg.models WHERE model LIKE 'same\_%';
SELECT k FROM clusterseg.train('chosen', 'SELECT * FROM many WHERE id <= 2000', 'id', '{a,b}', algorithm => 'kprototypes', k_range => '[2,8]');

-- export and import
SELECT clusterseg.import_model('copy', clusterseg.export_model('flowers_2'));
SELECT count(*) FROM flowers WHERE clusterseg.segment_distance('copy', flowers) <> clusterseg.segment_distance('flowers_2', flowers);

-- what cannot be
\pset format unaligned
\pset tuples_only on
SELECT raises($$SELECT clusterseg.train('x', 'iris', 'flower', '{petal_width}', algorithm => 'kprototypes', k => 2, options => '{"gamma": -1}')$$);
SELECT raises($$SELECT clusterseg.train('x', 'iris', 'flower', '{species}', algorithm => 'kprototypes', k => 4)$$);
SELECT raises($$SELECT (regexp_replace(clusterseg.model_value('flowers_2')::text, '("prices": *\[)', '\1-'))::clusterseg.model$$);
SELECT raises($$SELECT (regexp_replace(clusterseg.model_value('flowers_2')::text, '("categories": *\[)-1', '\1 1'))::clusterseg.model$$);
