-- minibatch_kmeans through train(): near k-means at less work, the same every time.
--
-- Reference: the best inertia of iris for k = 3 is 78.8514 (scikit-learn, KMeans); groups that are far apart are known by
-- how they are made.
\set ECHO none
\i test/data/raises.sql
\i test/data/iris.sql
SET client_min_messages = warning;
\set ECHO all
\set measures '{sepal_length,sepal_width,petal_length,petal_width}'

-- never below the optimum, at most a tenth above it
SELECT t.k, t.rows, t.converged, t.objective >= 78.8514 AS above, t.objective < 1.1 * 78.8514 AS near
	FROM clusterseg.train('flowers', 'iris', 'flower', :'measures', algorithm => 'minibatch_kmeans', k => 3, scale => 'none') t;
-- the objective is that of all rows, not of the last batch: distances to the nearest centre, by plain SQL
SELECT abs(sum(m.distance ^ 2) - v.objective) < 1e-4 AS of_all_rows FROM flowers_members m, clusterseg.versions v WHERE v.model = 'flowers' GROUP BY v.objective;
-- a seed is a result; another one another result, near the same optimum
SELECT a.objective = b.objective AS same_seed, a.objective <> c.objective AS other_seed FROM
	clusterseg.train('a', 'iris', 'flower', :'measures', algorithm => 'minibatch_kmeans', k => 3) a,
	clusterseg.train('b', 'iris', 'flower', :'measures', algorithm => 'minibatch_kmeans', k => 3) b,
	clusterseg.train('c', 'iris', 'flower', :'measures', algorithm => 'minibatch_kmeans', k => 3, seed => 7) c;

-- nine groups of 1000, far apart, whatever the batch
CREATE TABLE groups AS SELECT i AS id, 100 * (i % 3) + (i * 7919 % 101) / 50.0 AS x, 100 * (i / 3 % 3) + (i * 7907 % 103) / 50.0 AS y FROM generate_series(0, 8999) i;
SELECT g.batch, t.converged FROM unnest(ARRAY[20, 256, 4096]) AS g (batch),
	clusterseg.train('groups_' || g.batch, 'groups', 'id', algorithm => 'minibatch_kmeans', k => 9, options => jsonb_build_object('batch', g.batch)) t;
SELECT model, count(*), min(size), max(size) FROM clusterseg.segments WHERE model LIKE 'groups%' GROUP BY model ORDER BY model;

-- options: a batch is limited, and so are batches; running out of them is a result, not an error
SELECT iterations, converged FROM clusterseg.train('short', 'groups', 'id', algorithm => 'minibatch_kmeans', k => 9, options => '{"max_iterations": 3, "batch": 10}');
SELECT a.iterations < b.iterations AS sooner FROM
	clusterseg.train('rough', 'groups', 'id', algorithm => 'minibatch_kmeans', k => 9, options => '{"tolerance": 0.5}') a,
	clusterseg.train('fine', 'groups', 'id', algorithm => 'minibatch_kmeans', k => 9, options => '{"tolerance": 0}') b;
-- one segment: about the mean; a row of weight 3 pulls as three
SELECT k FROM clusterseg.train('mean', 'SELECT i AS id, i % 2 AS x, 1 + 2 * (i % 2) AS w FROM generate_series(1, 1000) i', 'id', '{x}', algorithm => 'minibatch_kmeans', k => 1, weight => 'w', scale => 'none');
SELECT abs(value - 0.75) < 0.02 AS mean FROM clusterseg.centroids WHERE model = 'mean';
-- k is chosen as for k-means
SELECT k FROM clusterseg.train('chosen', 'groups', 'id', algorithm => 'minibatch_kmeans', k_range => '[7,11]');
-- few rows are fewer than a batch
SELECT k, rows FROM clusterseg.train('few', 'SELECT i AS id, i AS x FROM generate_series(1, 5) i', 'id', algorithm => 'minibatch_kmeans', k => 5);

DO $$ BEGIN PERFORM clusterseg.drop_model(model) FROM clusterseg.models; END $$;
\pset format unaligned
\pset tuples_only on
CREATE FUNCTION fails(options jsonb, k int DEFAULT 3) RETURNS text LANGUAGE sql AS $$
	SELECT raises(format('SELECT clusterseg.train(''bad'', ''iris'', ''flower'', ''{petal_length}'', algorithm => ''minibatch_kmeans'', k => %L, options => %L)', k, options))
$$;
SELECT fails('{"restarts": 3}');
SELECT fails('{"batch": 0}');
SELECT fails('{"max_iterations": 0}');
SELECT fails('{"tolerance": 2}');
SELECT fails('{}', 44);
