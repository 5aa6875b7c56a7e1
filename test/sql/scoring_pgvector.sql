-- needs extension: vector
-- pgvector's type: as a feature in training and in rows, and in the place of an array of features.
\set ECHO none
\i test/data/iris.sql
\i test/data/raises.sql
\set ECHO all
CREATE EXTENSION vector;

CREATE TABLE flowers AS SELECT flower, ARRAY[sepal_length, sepal_width, petal_length, petal_width]::real[] AS a,
	ARRAY[sepal_length, sepal_width, petal_length, petal_width]::real[]::vector(4) AS v FROM iris;
-- the same numbers give the same model, whichever type they come in
SELECT k FROM clusterseg.train('by_vector', 'flowers', 'flower', '{v}', k => 3);
SELECT k FROM clusterseg.train('by_array', 'SELECT flower, a AS v FROM flowers', 'flower', '{v}', k => 3);
SELECT clusterseg.model_value('by_vector')::text = clusterseg.model_value('by_array')::text AS same;
SELECT count(*) AS rows, count(*) FILTER (WHERE clusterseg.segment('by_vector', f.v) = m.segment_id) AS in_place_of_an_array,
	count(*) FILTER (WHERE clusterseg.segment('by_vector', f) = m.segment_id) AS in_a_row,
	count(*) FILTER (WHERE clusterseg.segment('by_array', r) = m.segment_id) AS array_in_a_row,
	count(*) FILTER (WHERE clusterseg.segment_distance('by_vector', f.v) = m.distance) AS distance,
	count(*) FILTER (WHERE (clusterseg.assign('by_vector', f.v)).segment = m.segment) AS assign,
	count(*) FILTER (WHERE clusterseg.segment_label('by_vector', f.v) = m.segment) AS label
	FROM flowers f JOIN by_vector_members m USING (flower), LATERAL (SELECT f.a AS v) r;
SELECT count(*) FILTER (WHERE clusterseg.segment(clusterseg.model_value('by_array'), v) = segment_id) AS by_value FROM flowers JOIN by_array_members USING (flower);
SELECT raises('SELECT clusterseg.segment(''by_vector'', ''[1,2,3]''::vector)');
SELECT raises('SELECT clusterseg.segment(''by_vector'', r) FROM (SELECT ''[1,2,3]''::vector AS v) r');
SELECT raises('SELECT clusterseg.train(''no'', ''SELECT flower, CASE flower WHEN 3 THEN ''''[1]''''::vector ELSE v::vector END AS v FROM flowers'', ''flower'', ''{v}'', k => 3)');
-- half precision too, where this pgvector has it
SELECT CASE WHEN to_regtype('halfvec') IS NULL THEN 'vector' ELSE 'halfvec' END AS type \gset
SELECT clusterseg.segment('by_vector', r) = clusterseg.segment('by_vector', r.v::vector) AS same FROM (SELECT '[5.1,3.5,1.4,0.2]'::vector:::type AS v) r;
