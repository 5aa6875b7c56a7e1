-- hierarchical() as a window function; kmeans() and its like are in adhoc_kmeans.
--
-- Labels of iris are those of scikit-learn 1.9.1, AgglomerativeClustering(3, linkage=...), on the raw values.
\set ECHO none
\i test/data/iris.sql
\i test/data/raises.sql
\set ECHO all
CREATE TABLE reference (linkage text, labels text);
INSERT INTO reference VALUES
	('ward', '111111111111111111111111111111111111111111111111110000000000000000000000000002000000000000000000000020222202222220022220202022002222200222022202220220'),
	('average', '111111111111111111111111111111111111111111111111110000000000000000000000000000000000000000000000000020222202222220022220202022002222202222022202220220'),
	('complete', '111111111111111111111111111111111111111111111111110002020202222020220202000000022220200022202222202200000020000000000000000000000000000000000000000000'),
	('single', '111111111111111111111111111111111111111111111111110000000000000000000000000000000000000000000000000000000000000000000200000000000002000000000000000000');

-- each of our ids is one of their labels, and the ids are in the order of the sizes
CREATE TABLE ours AS SELECT linkage, labels, flower,
	clusterseg.hierarchical(ARRAY[sepal_length, sepal_width, petal_length, petal_width], 3, linkage) OVER (PARTITION BY linkage) AS id FROM iris, reference;
SELECT linkage, id, substr(labels, flower, 1) AS label, count(*) FROM ours GROUP BY 1, 2, 3 ORDER BY 1, 2, 3;

-- the default is Ward's; the order of the rows changes nothing; NULL where a value is missing
SELECT count(*) FROM (SELECT flower, clusterseg.hierarchical(ARRAY[sepal_length, sepal_width, petal_length, petal_width], 3) OVER (ORDER BY md5(species || flower)) AS id FROM iris) d
	JOIN ours o USING (flower) WHERE linkage = 'ward' AND o.id <> d.id;
SELECT v, clusterseg.hierarchical(ARRAY[v], 2, 'single') OVER () FROM unnest(ARRAY[1, 2, 3, 10, NULL, 11]) v ORDER BY v;

-- single linkage follows a chain, where means would cut it
SELECT DISTINCT v < 40 AS chain, clusterseg.hierarchical(ARRAY[v], 2, 'single') OVER () AS single, clusterseg.kmeans(ARRAY[v], 2) OVER () AS kmeans
	FROM (SELECT generate_series(1, 39) UNION ALL SELECT 45) n (v) ORDER BY 2, 3;

-- fewer different rows than k
SELECT v, clusterseg.hierarchical(ARRAY[v], 4) OVER () FROM unnest(ARRAY[7, 7, 8]) v ORDER BY v;

SELECT raises($$SELECT clusterseg.hierarchical(ARRAY[1, 2], 2, 'wards') OVER ()$$);
SELECT raises($$SELECT clusterseg.hierarchical(ARRAY[1, 2], 2, linkage) OVER () FROM reference$$);
SELECT raises($$SELECT clusterseg.hierarchical(ARRAY[1, 2], 0) OVER ()$$);
