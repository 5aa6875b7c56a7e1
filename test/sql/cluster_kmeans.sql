-- kmeans through train(): values, options, choice of k, weights.
--
-- Reference values on iris: scikit-learn 1.x, KMeans(n_init=50, tol=0) and silhouette_score on the same measures, unscaled
-- unless said otherwise; the centres for k = 3 and the inertia 78.8514 are also in the literature.
\set ECHO none
\i test/data/raises.sql
\i test/data/iris.sql
SET client_min_messages = warning;
\set ECHO all
\set measures '{sepal_length,sepal_width,petal_length,petal_width}'

-- sizes of the segments, largest first
CREATE FUNCTION sizes(name text) RETURNS text LANGUAGE sql AS $$
	SELECT string_agg(size::text, ' ' ORDER BY size DESC) FROM clusterseg.segments WHERE model = name AND state = 'active'
$$;

-- inertia 152.3480, 78.8514, 57.2285, 46.4462; silhouette 0.6810, 0.5528, 0.4981, 0.4887
SELECT t.k, t.rows, t.skipped, t.converged, round(t.objective::numeric, 4) AS objective, round(t.silhouette::numeric, 4) AS silhouette
	FROM generate_series(2, 5) AS g (k), clusterseg.train('flowers_' || g.k, 'iris', 'flower', :'measures', k => g.k, scale => 'none', options => '{"restarts": 50, "tolerance": 0}') t;
-- 97 53, 62 50 38, 50 40 32 28, 50 39 25 24 12
SELECT sizes('flowers_2'), sizes('flowers_3'), sizes('flowers_4'), sizes('flowers_5');
-- z-scores: 222.3617, 139.8205, 114.0925; 0.5818, 0.4599, 0.3869
SELECT t.k, round(t.objective::numeric, 4) AS objective, round(t.silhouette::numeric, 4) AS silhouette
	FROM generate_series(2, 4) AS g (k), clusterseg.train('scaled_' || g.k, 'iris', 'flower', :'measures', k => g.k, options => '{"restarts": 50, "tolerance": 0}') t;

-- centres in the units of the measures: 5.006 3.428 1.462 0.246, 5.9016 2.7484 4.3935 1.4339, 6.85 3.0737 5.7421 2.0711
SELECT segment_id, string_agg(round(value::numeric, 4)::text, ' ' ORDER BY array_position(:'measures', feature)) AS centre
	FROM clusterseg.centroids WHERE model = 'flowers_3' GROUP BY segment_id ORDER BY min(value) FILTER (WHERE feature = 'petal_length');
-- a centre is the mean of its members, a distance that to the centre; no other is nearer: all by plain SQL
WITH d AS (
	SELECT i.flower, c.segment_id, sqrt(sum((c.value - CASE c.feature WHEN 'sepal_length' THEN sepal_length WHEN 'sepal_width' THEN sepal_width
		WHEN 'petal_length' THEN petal_length ELSE petal_width END) ^ 2)) AS distance
	FROM iris i, clusterseg.centroids c WHERE c.model = 'flowers_3' GROUP BY 1, 2
), n AS (SELECT DISTINCT ON (flower) * FROM d ORDER BY flower, distance)
SELECT count(*), bool_and(m.segment_id = n.segment_id) AS nearest, max(abs(m.distance - n.distance)) < 1e-5 AS distances, round(sum(n.distance ^ 2)::numeric, 4) AS inertia
	FROM n JOIN flowers_3_members m USING (flower);

-- ---- init, start, max_iterations, tolerance ----
-- from flowers 1, 51, 101: KMeans(init=...) ends at 78.8514 after 4 passes; from 1, 2, 3 in the lesser 78.8557 with 61 50 39
SELECT converged, round(objective::numeric, 4) AS objective FROM clusterseg.train('given', 'iris', 'flower', :'measures', k => 3, scale => 'none',
	options => '{"init": "given", "start": [[5.1, 3.5, 1.4, 0.2], [7.0, 3.2, 4.7, 1.4], [6.3, 3.3, 6.0, 2.5]], "tolerance": 0}');
SELECT converged, round(objective::numeric, 4) AS objective FROM clusterseg.train('lesser', 'iris', 'flower', :'measures', k => 3, scale => 'none',
	options => '{"init": "given", "start": [[5.1, 3.5, 1.4, 0.2], [4.9, 3.0, 1.4, 0.2], [4.7, 3.2, 1.3, 0.2]], "tolerance": 0}');
SELECT sizes('lesser');
-- a start is in the units of the features, whatever the scale: from here z-scores end at 140.0328
SELECT round(objective::numeric, 4) AS objective FROM clusterseg.train('given_z', 'iris', 'flower', :'measures', k => 3,
	options => '{"init": "given", "start": [[5.006, 3.428, 1.462, 0.246], [5.9, 2.7, 4.4, 1.4], [6.85, 3.1, 5.7, 2.1]], "tolerance": 0}');
-- one pass is a result, not an error: 259.6721 after one (NumPy on tenths of a cm, where flower 12 is exactly as near to two
-- of the starts and goes to the first), 86.7228 after two (KMeans(max_iter=2))
CREATE TEMP TABLE passes AS SELECT g.n, t.iterations, t.converged, t.objective FROM generate_series(1, 2) AS g (n),
	clusterseg.train('pass_' || g.n, 'iris', 'flower', :'measures', k => 3, scale => 'none', options => jsonb_build_object('init', 'given',
		'start', '[[5.1, 3.5, 1.4, 0.2], [4.9, 3.0, 1.4, 0.2], [4.7, 3.2, 1.3, 0.2]]'::jsonb, 'max_iterations', g.n)) t;
SELECT n, iterations, converged, round(objective::numeric, 4) AS objective FROM passes ORDER BY n;
-- a generous tolerance stops sooner
SELECT a.iterations < b.iterations AS sooner, a.converged AND b.converged AS both
	FROM clusterseg.train('rough', 'iris', 'flower', :'measures', k => 3, options => '{"tolerance": 0.5, "init": "random"}') a,
		clusterseg.train('fine', 'iris', 'flower', :'measures', k => 3, options => '{"tolerance": 0, "init": "random"}') b;
-- random starts need restarts; the best of many is the optimum; one candidate per step is plain k-means++
SELECT round(t.objective::numeric, 4) AS objective FROM clusterseg.train('random', 'iris', 'flower', :'measures', k => 3, scale => 'none', options => '{"init": "random", "restarts": 50, "tolerance": 0}') t;
SELECT round(t.objective::numeric, 4) AS objective FROM clusterseg.train('one', 'iris', 'flower', :'measures', k => 3, scale => 'none', options => '{"candidates": 1, "restarts": 20, "tolerance": 0}') t;
-- more restarts are never worse
SELECT bool_and(b.objective <= a.objective) AS never_worse FROM generate_series(1, 5) AS s (seed),
	clusterseg.train('few', 'iris', 'flower', :'measures', k => 8, seed => s.seed, publish => false) a,
	clusterseg.train('more', 'iris', 'flower', :'measures', k => 8, seed => s.seed, publish => false, options => '{"restarts": 5}') b;

-- ---- k ----
-- k = 1: the mean, and the sum of squares about it
SELECT k, round(objective::numeric, 4) AS objective, silhouette FROM clusterseg.train('whole', 'iris', 'flower', :'measures', k => 1, scale => 'none');
SELECT round(((var_pop(sepal_length) + var_pop(sepal_width) + var_pop(petal_length) + var_pop(petal_width)) * 150)::numeric, 4) AS objective FROM iris;
-- as many as there are different flowers (149: two are alike): no distance is left
SELECT k, round(objective::numeric, 6) AS objective FROM clusterseg.train('each', 'iris', 'flower', :'measures', k => 149, scale => 'none');
-- chosen: two kinds that anyone sees; the candidates are kept with their measures, silhouettes as above
SET client_min_messages = notice;
SELECT k, round(silhouette::numeric, 4) AS silhouette FROM clusterseg.train('chosen', 'iris', 'flower', :'measures', k_range => '[2,5]', scale => 'none', options => '{"restarts": 20}');
SELECT c->>'k' AS k, round((c->>'silhouette')::numeric, 3) AS silhouette, c->>'stable' AS stable, c->>'near_tie' AS near_tie, c->>'chosen' AS chosen
	FROM clusterseg.versions v, jsonb_array_elements(v.metrics->'candidates') c WHERE model = 'chosen';
-- a near tie is told.  Two pairs of groups: silhouettes 0.8597, 0.8478 and 0.8558 for k = 2, 3 and 4; three groups are an accident
CREATE TABLE pairs AS SELECT i AS id, (ARRAY[0, 2.4, 10, 12.4])[i % 4 + 1] + i / 4 * 0.02 AS x FROM generate_series(0, 199) i;
SELECT k FROM clusterseg.train('pairs', 'pairs', 'id', k_range => '[2,4]', scale => 'none', options => '{"restarts": 5}');
SELECT c->>'k' AS k, round((c->>'silhouette')::numeric, 4) AS silhouette, c->>'stable' AS stable, c->>'near_tie' AS near_tie, c->>'chosen' AS chosen
	FROM clusterseg.versions v, jsonb_array_elements(v.metrics->'candidates') c WHERE model = 'pairs';
SET client_min_messages = warning;
-- a range beyond what there is: as many as possible
SELECT k FROM clusterseg.train('three', 'SELECT i AS id, i % 3 * 100 AS x FROM generate_series(1, 300) i', 'id', k_range => '[2,10]');

-- ---- weights ----
-- a row of weight 2 counts as two rows: the same centres, twice the distance squared; KMeans.fit(sample_weight=...): 148.4026
CREATE TABLE weighted AS SELECT *, 1 + flower % 3 AS w FROM iris;
CREATE TABLE repeated AS SELECT row_number() OVER () AS row, weighted.* FROM weighted, generate_series(1, w);
SELECT round(a.objective::numeric, 3) AS weighted, round(b.objective::numeric, 3) AS repeated FROM
	clusterseg.train('w', 'weighted', 'flower', :'measures', k => 3, scale => 'none', weight => 'w', options => '{"restarts": 20, "tolerance": 0}') a,
	clusterseg.train('r', 'repeated', 'row', :'measures', k => 3, scale => 'none', options => '{"restarts": 20, "tolerance": 0}') b;
SELECT count(*), max(d) < 1e-4 AS same_centres FROM (SELECT min(abs(a.value - b.value)) AS d FROM clusterseg.centroids a, clusterseg.centroids b
	WHERE a.model = 'w' AND b.model = 'r' AND a.feature = b.feature GROUP BY a.segment_id, a.feature) c;
-- a row of weight 0 has no say, but it is a member
SELECT rows FROM clusterseg.train('mute', 'SELECT i AS id, CASE WHEN i = 5 THEN 1000 ELSE i END AS x, CASE WHEN i = 5 THEN 0 ELSE 1 END AS w FROM generate_series(1, 5) i',
	'id', '{x}', k => 1, scale => 'none', weight => 'w');
SELECT value AS centre FROM clusterseg.centroids WHERE model = 'mute';
SELECT count(*) FROM mute_members;

-- ---- what is kept ----
-- options in force are kept with the version; the members have distance, margin to the runner-up, borderline
SELECT options->'effective' FROM clusterseg.versions WHERE model = 'flowers_3';
SELECT flower, round(distance::numeric, 4) AS distance, round(margin::numeric, 4) AS margin, borderline FROM flowers_3_members WHERE flower = 53;
-- groups far apart, of very different sizes: none is lost, none is split
SELECT rows FROM clusterseg.train('skewed', 'SELECT i AS id, 1000 * CASE WHEN i <= 5 THEN 0 WHEN i <= 50 THEN 1 ELSE 2 END + i % 5 AS x FROM generate_series(1, 5000) i', 'id', k => 3);
SELECT sizes('skewed');
-- a start with a centre that nobody is near to: the segment is not left empty
SELECT converged FROM clusterseg.train('far', 'iris', 'flower', '{petal_length}', k => 3, scale => 'none',
	options => '{"init": "given", "start": [[1.4], [5.0], [100]]}');
SELECT min(size) > 0 AS none_empty, count(*) FROM clusterseg.segments WHERE model = 'far';
-- features with very large values, unscaled
SELECT round((objective / 1e26)::numeric, 4) AS objective FROM clusterseg.train('large', 'SELECT i AS id, (i % 2) * 1e14 + i * 1e12 AS x FROM generate_series(1, 4) i', 'id', k => 2, scale => 'none');

DO $$ BEGIN PERFORM clusterseg.drop_model(model) FROM clusterseg.models; END $$;
-- what cannot be
\pset format unaligned
\pset tuples_only on
CREATE FUNCTION fails(options jsonb, k int DEFAULT 3, source text DEFAULT 'iris') RETURNS text LANGUAGE sql AS $$
	SELECT raises(format('SELECT clusterseg.train(''bad'', %L, ''flower'', ''{petal_length,petal_width}'', k => %L, options => %L)', source, k, options))
$$;
SELECT fails('{"restart": 3}');
SELECT fails('{"restarts": 0}');
SELECT fails('{"restarts": 2.5}');
SELECT fails('{"restarts": "3"}');
SELECT fails('{"tolerance": -1}');
SELECT fails('{"init": "kmeans++"}');
SELECT fails('{"init": "given"}');
SELECT fails('{"init": "given", "start": [[1, 2], [3, 4]]}');
SELECT fails('{"init": "given", "start": [[1], [2], [3]]}');
SELECT fails('{"init": "given", "start": [[1, 2], [3, 4], [5]]}');
SELECT fails('{"init": "given", "start": [[1, 2], [3, 4], [5, "x"]]}');
SELECT fails('{"init": "given", "start": [[1, 2], [3, 4], [5, 1e300]]}');
SELECT fails('{"init": "given", "start": [[1, 2], [3, 4], [5, 6]]}', NULL);
SELECT fails('{"start": [[1, 2], [3, 4], [5, 6]]}');
SELECT fails('[]');
SELECT fails('{}', 0);
SELECT fails('{}', -1);
SELECT fails('{}', 10001);
SELECT fails('{}', 103);
SELECT fails('{"init": "random"}', 120);
SELECT fails('{"init": "random"}', 151);
