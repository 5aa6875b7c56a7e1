-- features_pca: the option pca, principal components as a transform of any segmentation
\set ECHO none
\i test/data/raises.sql
\i test/data/iris.sql
\set ECHO all
\set f '''{sepal_length,sepal_width,petal_length,petal_width}'''
SET client_min_messages = warning;

-- scikit-learn 1.9.1, PCA of the z-scores: shares 0.7296245, 0.2285076, 0.0366892; KMeans(3) of the first n components:
-- inertia 23.355938, 115.020757, 136.815513, sizes 51 50 49, 50 47 53, 50 53 47
SELECT count(*) FROM generate_series(1, 3) n, clusterseg.train('pca_' || n, 'iris', 'flower', :f, k => 3,
	options => jsonb_build_object('pca', n, 'restarts', 20)) t;
SELECT v.model, round(objective::numeric, 4) AS inertia, metrics->'pca'->'components' AS n, metrics->'pca'->'coordinates' AS of,
	round((metrics->'pca'->>'explained_variance')::numeric, 6) AS explained,
	(SELECT string_agg(round(r::numeric, 6)::text, ' ' ORDER BY o) FROM jsonb_array_elements_text(metrics->'pca'->'explained_variance_ratio')
		WITH ORDINALITY e (r, o)) AS shares,
	(SELECT string_agg(size::text, ' ' ORDER BY size) FROM clusterseg.segments s WHERE s.model = v.model) AS sizes
	FROM clusterseg.versions v ORDER BY model;

-- a share: the least number of components that holds so much, 0.958132 in two
SELECT count(*) FROM (VALUES (0.5), (0.958), (0.959), (0.9999)) s (share),
	clusterseg.train('share_' || share, 'iris', 'flower', :f, k => 3, options => jsonb_build_object('pca', share)) t;
SELECT model, metrics->'pca'->'components' AS components FROM clusterseg.versions WHERE model LIKE 'share%' ORDER BY 1;

-- with all components distances are those without
SELECT count(*) FROM (VALUES ('all', '{"pca": 4, "restarts": 5}'::jsonb), ('none', '{"pca": 0, "restarts": 5}')) v (name, options),
	clusterseg.train(name, 'iris', 'flower', :f, k => 3, options => v.options) t;
SELECT count(*), max(abs(a.distance - n.distance)) < 1e-5 AS same, sum((a.segment_id <> n.segment_id)::int) AS moved
	FROM all_members a JOIN none_members n USING (flower);
SELECT max(abs(a.value - n.value)) < 1e-4 AS same FROM clusterseg.centroids a JOIN clusterseg.centroids n USING (segment_id, feature)
	WHERE a.model = 'all' AND n.model = 'none';

-- centres and profiles are those of the members, in units of the features, by plain SQL
SELECT count(*), max(abs(c.value - m.mean)) < 1e-6 AS centres, max(abs(p.mean - m.mean)) < 1e-6 AS profile, max(abs(p.median - m.median)) < 1e-6 AS median
	FROM (SELECT segment_id, feature, avg(v) AS mean, percentile_cont(0.5) WITHIN GROUP (ORDER BY v) AS median FROM pca_2_members JOIN iris USING (flower),
		(VALUES ('sepal_length'), ('sepal_width'), ('petal_length'), ('petal_width')) f (feature),
		LATERAL (SELECT (to_jsonb(iris)->>feature)::float8) x (v) GROUP BY 1, 2) m
	JOIN clusterseg.centroids c USING (segment_id, feature) JOIN clusterseg.segment_profiles p USING (model, segment_id, feature) WHERE c.model = 'pca_2';

-- a row gets the segment it has; by value, after a trip through text, and by array
SELECT count(*) FROM iris JOIN pca_2_members m USING (flower) WHERE clusterseg.segment('pca_2', iris) <> m.segment_id
	OR clusterseg.segment((clusterseg.model_value('pca_2')::text)::clusterseg.model, iris) <> m.segment_id
	OR clusterseg.segment('pca_2', ARRAY[sepal_length, sepal_width, petal_length, petal_width]) <> m.segment_id
	OR abs(clusterseg.segment_distance('pca_2', iris) - m.distance) > 1e-6;

-- the parts of explain() add up to the margin d2(runner-up) - d2(own), as with centres in the features
CREATE VIEW parts AS SELECT flower, sum(contribution) AS margin FROM iris, clusterseg.explain('pca_2', iris) GROUP BY 1;
SELECT count(*), max(abs(p.margin - (d.other ^ 2 - d.own ^ 2))) < 1e-4 AS same FROM parts p JOIN
	(SELECT flower, clusterseg.segment_distance('pca_2', iris, a.segment_id) AS own, clusterseg.segment_distance('pca_2', iris, a.runner_up_id) AS other
	FROM iris, clusterseg.assign('pca_2', iris) a) d USING (flower);
SELECT feature, value, round(contribution::numeric, 3) AS part, typical, runner_up_typical, reason FROM iris, clusterseg.explain('pca_2', iris) WHERE flower = 51;

-- the value that takes a row to the border does: one feature alone where that suffices
SELECT count(*) > 20 AS some, max(abs(d1 - d2)) < 1e-3 AS border FROM clusterseg.segments s, iris, clusterseg.counterfactual('pca_2', iris, s.segment_id) c,
	LATERAL (SELECT jsonb_populate_record(iris, jsonb_build_object(c.feature, c.to_value)) AS row) m,
	LATERAL (SELECT clusterseg.segment_distance('pca_2', m.row, clusterseg.segment('pca_2', iris)) AS d1,
		clusterseg.segment_distance('pca_2', m.row, s.segment_id) AS d2) d WHERE s.model = 'pca_2' AND c.sufficient;

-- categories, directions, other algorithms, weights, workers, row order
CREATE TABLE mixed AS SELECT flower, sepal_length, petal_width, species AS kind, 1 + flower % 3 AS w FROM iris;
SELECT count(*) FROM (VALUES ('spherical_kmeans'), ('gmm'), ('hierarchical'), ('bisecting_kmeans'), ('minibatch_kmeans')) a (name),
	clusterseg.train('mixed_' || a.name, 'mixed', 'flower', '{sepal_length,petal_width,kind}', algorithm => a.name, k => 3, weight => CASE a.name WHEN 'hierarchical' THEN NULL ELSE 'w' END,
	options => '{"pca": 2}') t;
SELECT model, metrics->'pca'->'coordinates' AS coordinates FROM clusterseg.versions WHERE model LIKE 'mixed%' ORDER BY 1;
SELECT a.name, count(*) FILTER (WHERE clusterseg.segment('mixed_' || a.name, mixed) <> segment_id) AS wrong, count(DISTINCT segment_id) AS segments
	FROM (SELECT 'gmm' AS name, * FROM mixed_gmm_members UNION ALL SELECT 'spherical_kmeans', * FROM mixed_spherical_kmeans_members) a JOIN mixed USING (flower) GROUP BY 1 ORDER BY 1;
SELECT feature, round(value::numeric, 2) AS value FROM clusterseg.centroids WHERE model = 'mixed_spherical_kmeans' AND segment_id = 1 ORDER BY 1;
SELECT count(*) FROM mixed, LATERAL (SELECT sum(contribution) AS m FROM clusterseg.explain('mixed_spherical_kmeans', mixed)) e,
	clusterseg.assign('mixed_spherical_kmeans', mixed) a WHERE abs(e.m - a.margin) > 1e-5;
CREATE TABLE shuffled AS SELECT * FROM iris ORDER BY md5(flower::text);
SELECT count(*) FROM (VALUES ('iris', 0), ('iris', 2), ('shuffled', 1)) v (source, workers), clusterseg.train('same_' || source || workers,
	source, 'flower', :f, k => 4, options => jsonb_build_object('workers', workers, 'pca', 2)) t;
SELECT count(DISTINCT clusterseg.model_value(model)::text) FROM clusterseg.models WHERE model LIKE 'same\_%';

-- given centres go the same way: the moment the features are scaled they are projected
SELECT k, rows FROM clusterseg.train('given', 'iris', 'flower', :f, k => 3, options => '{"pca": 2, "init": "given", "start": [[5.1,3.5,1.4,0.2],[5.0,2.0,3.5,1.0],[6.9,3.2,5.7,2.3]]}');

-- the next version keeps segments and their ids; quality functions and refresh work
SELECT version, k FROM clusterseg.train('pca_2', 'iris', 'flower', :f, k => 3, options => '{"pca": 3, "restarts": 20}');
SELECT count(*) FILTER (WHERE segment_id <> previous_segment_id) AS moved, count(*) FROM pca_2_members;
SELECT count(*) FROM clusterseg.evaluate('pca_2') WHERE value IS NOT NULL AND metric = 'silhouette';
SELECT count(*), bool_and(jaccard > 0.5) AS stable FROM clusterseg.stability('pca_2');
SELECT clusterseg.import_model('copy', clusterseg.export_model('pca_2'));
SELECT count(*) FROM iris WHERE clusterseg.segment('copy', iris) <> clusterseg.segment('pca_2', iris);

-- medoids and density in the space of the components; rules speak of the features and give back the segments
SELECT a.name, t.k FROM (VALUES ('kmedoids', '{"pca": 2}'::jsonb), ('dbscan', '{"pca": 2, "eps": 0.6}'), ('hdbscan', '{"pca": 2}')) a (name, o),
	clusterseg.train('of_' || a.name, 'iris', 'flower', :f, algorithm => a.name, k => CASE a.name WHEN 'kmedoids' THEN 3 END, options => a.o) t ORDER BY 1;
SELECT count(*) FILTER (WHERE clusterseg.segment('of_kmedoids', iris) = segment_id) AS kmedoids FROM iris JOIN of_kmedoids_members USING (flower);
SELECT count(*) AS parts, bool_and(typical IS NOT NULL) AS typical FROM iris, clusterseg.explain('of_kmedoids', iris) WHERE flower = 51;
SELECT count(*) > 20 AS some, bool_and(clusterseg.segment('of_kmedoids', m.row) = s.segment_id) AS there FROM clusterseg.segments s, iris,
	LATERAL clusterseg.counterfactual('of_kmedoids', iris, s.segment_id) c,
	LATERAL (SELECT jsonb_populate_record(iris, jsonb_build_object(c.feature, c.to_value)) AS row) m WHERE s.model = 'of_kmedoids' AND c.sufficient;
SELECT count(*) AS leaves, sum(customers) AS rows, min(fidelity) > 0.9 AS faithful, min(price) BETWEEN 1 AND 1.2 AS near FROM clusterseg.segment_rules('pca_2', leaves => 6);
DO $$ BEGIN EXECUTE 'CREATE TABLE ruled AS SELECT flower, ' || clusterseg.segment_case('pca_2', leaves => 6) || ' AS segment_id FROM iris'; END $$;
SELECT count(*) > 140 AS by_rules FROM ruled r JOIN pca_2_members m USING (flower) WHERE r.segment_id::int = m.segment_id;

-- what cannot be
\pset format unaligned
\pset tuples_only on
SELECT raises($$SELECT clusterseg.train('x', 'iris', 'flower', '{petal_width,petal_length}', k => 2, options => '{"pca": 3}')$$);
SELECT raises($$SELECT clusterseg.train('x', 'iris', 'flower', '{petal_width,petal_length}', k => 2, options => '{"pca": 1.5}')$$);
SELECT raises($$SELECT clusterseg.train('x', 'iris', 'flower', '{petal_width,petal_length}', k => 2, options => '{"pca": -1}')$$);
SELECT raises($$SELECT clusterseg.train('x', 'iris', 'flower', '{petal_width,petal_length}', k => 2, options => '{"pca": "many"}')$$);
SELECT raises($$SELECT clusterseg.train('x', 'iris', 'flower', '{petal_width,species}', algorithm => 'kprototypes', k => 2, options => '{"pca": 2}')$$);
SELECT raises($$SELECT clusterseg.train('x', 'SELECT i, array_fill(i::real, ARRAY[600]) AS a FROM generate_series(1, 100) i', 'i', '{a}', k => 2, options => '{"pca": 2, "memory": 4}')$$);
SELECT raises($$SELECT (regexp_replace(clusterseg.model_value('pca_1')::text, '"axis": *\[\[[^,]*', '"axis": [[9'))::clusterseg.model$$);
SELECT raises($$SELECT (regexp_replace(clusterseg.model_value('pca_1')::text, '"axis": *\[\[.*?\]\]', '"axis": []'))::clusterseg.model$$);
