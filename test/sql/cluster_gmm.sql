-- gmm: mixtures of Gaussians through train(), scored by name and by value
\set ECHO none
\i test/data/raises.sql
\i test/data/iris.sql
\set ECHO all
\set f '''{sepal_length,sepal_width,petal_length,petal_width}'''
SET client_min_messages = warning;

-- scikit-learn 1.9.1, GaussianMixture(3, covariance_type, max_iter=20, tol=0), from the moments of the rows nearest to the flowers
-- 1, 61 and 121: mean log likelihood -1.2012366, -1.7090269, -2.0459805, -2.6015903; sizes by predict
-- 50 45 55, 50 49 51, 50 44 56, 50 37 63
\set start '[[5.1,3.5,1.4,0.2],[5.0,2.0,3.5,1.0],[6.9,3.2,5.7,2.3]]'
SELECT count(*) FROM unnest('{full,tied,diagonal,spherical}'::text[]) c, clusterseg.train('iris_' || c, 'iris', 'flower', :f, algorithm => 'gmm', k => 3,
	scale => 'none', options => jsonb_build_object('covariance', c, 'init', 'given', 'start', :'start'::jsonb, 'max_iterations', 20, 'tolerance', 0)) t;
SELECT v.model, iterations, converged, round(-objective::numeric, 7) AS likelihood, round((metrics->>'bic')::numeric, 2) AS bic,
	(SELECT string_agg(size::text, ' ' ORDER BY s.segment_id) FROM clusterseg.segments s WHERE s.model = v.model) AS sizes
	FROM clusterseg.versions v ORDER BY v.model;

-- probabilities of predict_proba for flowers 71 and 134 (full: 0.052591 0.947409, 0.215233 0.784767; tied: 0.133033 0.866967, 0.745228 0.254772);
-- all of a row add up to 1, and the segment is the most probable one
CREATE TABLE p AS SELECT m.model, flower, s.segment_id, clusterseg.segment_probability(m.model, iris, s.segment_id) AS p,
	clusterseg.segment(m.model, iris) AS own FROM clusterseg.models m JOIN clusterseg.segments s USING (model), iris;
SELECT model, flower, string_agg(round(p::numeric, 5)::text, ' ' ORDER BY p) FROM p WHERE flower IN (71, 134) AND model IN ('iris_full', 'iris_tied')
	GROUP BY 1, 2 ORDER BY 1, 2;
SELECT count(*) FROM (SELECT model, flower, sum(p) AS s, max(p) = max(p) FILTER (WHERE segment_id = own) AS ok FROM p GROUP BY 1, 2) x
	WHERE abs(s - 1) > 1e-12 OR NOT ok;

-- margin is twice the logarithm of the odds against the runner-up; distance is Mahalanobis'
SELECT count(*) FROM iris, clusterseg.assign('iris_tied', iris) a WHERE abs(a.margin - 2 * ln(clusterseg.segment_probability('iris_tied', iris, a.segment_id)
	/ clusterseg.segment_probability('iris_tied', iris, a.runner_up_id))) > 1e-6 AND a.margin < 1000;
SELECT count(*) FROM iris JOIN iris_tied_members m USING (flower) WHERE clusterseg.segment(clusterseg.model_value('iris_tied'), iris) <> m.segment_id
	OR abs(clusterseg.segment_distance('iris_tied', iris) - m.distance) > 1e-6;

-- BIC chooses two components for iris as in R's mclust and scikit-learn (574.02 for 2, 580.84 for 3 with covariances of any form)
SELECT k FROM clusterseg.train('chosen', 'iris', 'flower', :f, algorithm => 'gmm', k_range => '[1,5]', scale => 'none', options => '{"tolerance": 1e-6, "max_iterations": 500}');
SELECT c->>'k' AS k, round((c->>'criterion')::numeric, 1) AS bic FROM clusterseg.versions, jsonb_array_elements(metrics->'candidates') c
	WHERE model = 'chosen' AND (c->>'k')::int <= 3;

-- k-means as start, workers and order of rows change nothing
CREATE TABLE shuffled AS SELECT * FROM iris ORDER BY md5(flower::text);
SELECT count(*) FROM (VALUES ('iris', 0), ('iris', 2), ('shuffled', 1)) v (source, workers), clusterseg.train('same_' || source || workers,
	source, 'flower', :f, algorithm => 'gmm', k => 4, options => jsonb_build_object('workers', workers, 'restarts', 2)) t;
SELECT count(DISTINCT clusterseg.model_value(model)::text) FROM clusterseg.models WHERE model LIKE 'same\_%';

-- ad hoc: the components of the model, from the same start
SELECT count(DISTINCT (s, segment_id)), count(DISTINCT s) FROM (SELECT flower, clusterseg.gmm(ARRAY[sepal_length, sepal_width, petal_length, petal_width], 3,
	jsonb_build_object('init', 'given', 'start', :'start'::jsonb, 'max_iterations', 20, 'tolerance', 0)) OVER () AS s FROM iris) x JOIN iris_full_members USING (flower);
SELECT count(*), count(s), count(DISTINCT s) FROM (SELECT clusterseg.gmm(ARRAY[x], 2, '{"covariance": "spherical"}') OVER () AS s
	FROM unnest('{1,2,3,11,12,13,NULL,NaN}'::float8[]) x) y;

-- export and import
SELECT clusterseg.import_model('copy', clusterseg.export_model('iris_full'));
SELECT count(*) FROM iris WHERE clusterseg.segment('copy', iris) <> clusterseg.segment('iris_full', iris);

-- what cannot be
\pset format unaligned
\pset tuples_only on
SELECT raises($$SELECT clusterseg.train('x', 'iris', 'flower', '{petal_width}', algorithm => 'gmm', k => 2, options => '{"covariance": "any"}')$$);
SELECT raises($$SELECT clusterseg.train('x', 'iris', 'flower', '{petal_width}', algorithm => 'gmm', k => 2, options => '{"regularisation": -1}')$$);
SELECT raises($$SELECT clusterseg.train('x', 'SELECT flower, petal_width, petal_width * 2 AS twice FROM iris', 'flower', '{petal_width,twice}', algorithm => 'gmm', k => 2, options => '{"regularisation": 0}')$$);
SELECT raises($$SELECT clusterseg.train('x', 'iris', 'flower', '{petal_width}', algorithm => 'gmm', k => 2, options => '{"init": "given"}')$$);
SELECT raises($$SELECT (regexp_replace(clusterseg.model_value('iris_tied')::text, '"covariance": *1', '"covariance": 3'))::clusterseg.model$$);
SELECT raises($$SELECT (regexp_replace(clusterseg.model_value('iris_tied')::text, '("factors": *\[)', '\1-'))::clusterseg.model$$);
