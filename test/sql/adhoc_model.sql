-- kmeans_model(): a model as a value from an aggregate, whatever the order of the rows and the plan.
--
-- Sizes and sum of squares of iris are scikit-learn 1.9.1's, KMeans(3, init=X[[0, 50, 100]], n_init=1, tol=0);
-- centres, radius, reach and variance are worked out in plain SQL from the rows of each segment.
\set ECHO none
\i test/data/iris.sql
\i test/data/raises.sql
\set ECHO all
CREATE TABLE flowers AS SELECT flower, species, ARRAY[sepal_length, sepal_width, petal_length, petal_width] AS f FROM iris;
SELECT jsonb_build_object('init', 'given', 'tolerance', 0, 'start', jsonb_agg(f ORDER BY flower),
	'features', '["sepal_length", "sepal_width", "petal_length", "petal_width"]'::jsonb) AS options FROM flowers WHERE flower IN (1, 51, 101) \gset
CREATE TABLE made AS SELECT clusterseg.kmeans_model(f, 3, :'options') AS m FROM flowers;

-- 62, 50 and 38 flowers, 78.851441
SELECT m::text::jsonb #> '{segments,ids}' AS ids, m::text::jsonb #> '{segments,sizes}' AS sizes, m::text::jsonb #> '{segments,labels}' AS labels,
	m::text::jsonb #> '{training}' AS training, round((m::text::jsonb #>> '{fit,objective}')::numeric, 6) AS objective FROM made;

-- every scoring function takes it, arrays and rows by the names of the features
SELECT species, clusterseg.segment(m, f) AS id, clusterseg.segment_label(m, f) AS label, count(*), min(clusterseg.segment(m, i)) AS by_row,
	min(clusterseg.segment(m, f::real[])) AS by_real FROM made, flowers JOIN iris i USING (flower, species) GROUP BY 1, 2, 3 ORDER BY 1, 2;
WITH s AS (SELECT clusterseg.segment(m, f) AS id, f FROM made, flowers),
	c AS (SELECT id, e, avg(f[e]) AS mean FROM s, generate_series(1, 4) e GROUP BY 1, 2),
	d AS (SELECT id, sqrt(sum((f[e] - mean) ^ 2)) AS distance FROM (SELECT row_number() OVER () AS n, * FROM s) s JOIN c USING (id) GROUP BY id, n)
SELECT id, max(abs(c.mean - k.value)) < 1e-6 AS centre, max(abs(t.radius - r.radius)) < 1e-6 AS radius, max(abs(t.reach - r.reach)) < 1e-5 AS reach
	FROM c JOIN (SELECT * FROM made, clusterseg._model_centroids(m)) k ON k.segment_id = id AND k.feature = (ARRAY['sepal_length', 'sepal_width', 'petal_length', 'petal_width'])[e]
	JOIN (SELECT id, sqrt(avg(distance ^ 2)) AS radius, percentile_disc(0.999) WITHIN GROUP (ORDER BY distance) AS reach FROM d GROUP BY id) r USING (id)
	JOIN (SELECT * FROM made, clusterseg._model_segments(m)) t ON t.segment_id = id GROUP BY id ORDER BY id;
SELECT round((m::text::jsonb #>> '{segments,variance}')::numeric, 7) = round(78.851441426146 / 600, 7) AS variance FROM made;
SELECT feature, n, missing, round(mean::numeric, 6) AS mean, round(sd::numeric, 6) AS sd, min, max, median FROM made, clusterseg.model_features(m);
SELECT round(avg(f[1])::numeric, 6), round(stddev_pop(f[1])::numeric, 6), min(f[1]), max(f[1]), percentile_disc(0.5) WITHIN GROUP (ORDER BY f[1]) FROM flowers;

-- the window function gives the ids of the model
SELECT count(*) FROM (SELECT f, clusterseg.kmeans(f, 4, '{"scale": "zscore", "seed": 5}') OVER () AS id FROM flowers) w,
	(SELECT clusterseg.kmeans_model(f, 4, '{"scale": "zscore", "seed": 5}') AS m FROM flowers) g WHERE id <> clusterseg.segment(m, f);

-- without names they are f1, f2, ...
SELECT clusterseg.segment(m, r) FROM (SELECT clusterseg.kmeans_model(f, 3) AS m FROM flowers) g, (SELECT 5.1 AS f1, 3.5 AS f2, 1.4 AS f3, 0.2 AS f4) r;

-- ---- the same value in any order, by any plan ----
-- (60000 different rows; 2 MB hold 16384 of them: 8 * 5 + 24 bytes each in half of it)
CREATE TABLE big (n int, f float8[]);
ALTER TABLE big SET (parallel_workers = 3);
INSERT INTO big SELECT n, ARRAY[(n % 4) * 10 + sin(n), (n % 7) + cos(n), n % 10, 1 / n::float8, sin(n * n::float8)] FROM generate_series(1, 60000) n;
INSERT INTO big SELECT n, NULL FROM generate_series(1, 10) n;
ANALYZE big;
CREATE TABLE results (plan text, sample boolean, model text);
SET max_parallel_workers_per_gather = 0;
INSERT INTO results SELECT 'serial', false, clusterseg.kmeans_model(f, 6) FROM big;
INSERT INTO results SELECT 'serial', true, clusterseg.kmeans_model(f, 6, '{"memory": 2}') FROM big;
INSERT INTO results SELECT 'shuffled', true, clusterseg.kmeans_model(f, 6, '{"memory": 2}' ORDER BY md5(n::text)) FROM big;
SET max_parallel_workers_per_gather = 3; SET parallel_setup_cost = 0; SET parallel_tuple_cost = 0; SET min_parallel_table_scan_size = 0;
CREATE FUNCTION plan_of(query text) RETURNS SETOF text LANGUAGE plpgsql AS $$ BEGIN RETURN QUERY EXECUTE 'EXPLAIN (COSTS OFF) ' || query; END $$;
SELECT trim(p) FROM plan_of('SELECT clusterseg.kmeans_model(f, 6) FROM big') p WHERE p ~ 'Aggregate';
CREATE TABLE parallel AS SELECT clusterseg.kmeans_model(f, 6) AS m FROM big;
INSERT INTO results SELECT 'parallel', false, m FROM parallel;
INSERT INTO results SELECT 'parallel', true, m FROM (SELECT clusterseg.kmeans_model(f, 6, '{"memory": 2}') AS m FROM big OFFSET 0) p;
RESET max_parallel_workers_per_gather; RESET parallel_setup_cost; RESET parallel_tuple_cost; RESET min_parallel_table_scan_size;

-- by hand: states of parts as text, merged in two orders, as the nodes of a distributed table do
CREATE AGGREGATE state_of(features float8[], k int, options jsonb) (SFUNC = clusterseg._kmeans_model_step, STYPE = clusterseg.model_state);
CREATE AGGREGATE merged(clusterseg.model_state) (SFUNC = clusterseg._model_state_merge, STYPE = clusterseg.model_state);
CREATE TABLE parts AS SELECT n % 9 AS part, state_of(f, 6, '{"memory": 2}')::text AS state FROM big GROUP BY 1;
SELECT merged(state::clusterseg.model_state ORDER BY part)::text = merged(state::clusterseg.model_state ORDER BY part DESC)::text AS same_state FROM parts;
INSERT INTO results SELECT 'by hand', true, clusterseg._model_state_model(merged(state::clusterseg.model_state ORDER BY md5(part::text))) FROM parts;
SELECT sample, count(*), count(DISTINCT model) FROM results GROUP BY 1 ORDER BY 1;
SELECT sample, model::jsonb -> 'training' AS training, (SELECT sum(s::float8) FROM jsonb_array_elements_text(model::jsonb #> '{segments,sizes}') s) AS sizes
	FROM results WHERE plan = 'serial' ORDER BY 1;

-- a state says nothing but its rows: one row after the other or merged
SELECT clusterseg._kmeans_model_step(clusterseg._kmeans_model_step(NULL, ARRAY[1, 2], 2), ARRAY[0, 5], 2)::text
	= clusterseg._model_state_merge(clusterseg._kmeans_model_step(NULL, ARRAY[0, 5], 2), clusterseg._kmeans_model_step(NULL, ARRAY[1, 2], 2))::text AS same;
SET bytea_output = 'escape';
SELECT clusterseg._kmeans_model_step(NULL, ARRAY[1, 2], 3) AS state;
RESET bytea_output;
SELECT length(clusterseg.model_state_send(state::clusterseg.model_state)) = (length(state) - 2) / 2 AS sent FROM parts LIMIT 1;

DROP TABLE big, results, parallel, parts;

-- ---- as any aggregate: groups, filters, windows, nothing to learn from ----
SELECT flower % 3 AS g, clusterseg.kmeans_model(f, 2)::text = (SELECT clusterseg.kmeans_model(f, 2) FROM flowers o WHERE o.flower % 3 = min(flowers.flower) % 3)::text AS same
	FROM flowers GROUP BY 1 ORDER BY 1;
SELECT clusterseg.kmeans_model(f, 2) FILTER (WHERE flower <= 50)::text = (SELECT clusterseg.kmeans_model(f, 2) FROM flowers WHERE flower <= 50)::text AS same FROM flowers;
SELECT count(DISTINCT m) FROM (SELECT flower, clusterseg.kmeans_model(f, 2) OVER (ORDER BY flower ROWS BETWEEN UNBOUNDED PRECEDING AND 100 FOLLOWING)::text AS m FROM flowers) w WHERE flower >= 50;
SELECT clusterseg.kmeans_model(f, 3) IS NULL AS empty FROM flowers WHERE false;
SELECT clusterseg.kmeans_model(NULL::float8[], 3) IS NULL AS nothing FROM flowers;
SELECT clusterseg.kmeans_model(f, 2)::text::jsonb -> 'training' AS training FROM (VALUES (ARRAY[1, 2]::float8[]), (NULL), (ARRAY[1, NULL]), (ARRAY['NaN', 1]::float8[]), (ARRAY[3, 4]), (ARRAY[3, 4])) v (f);
SELECT clusterseg.kmeans_model(ARRAY[n, n % 3], 3)::text = clusterseg.kmeans_model(ARRAY[n, n % 3]::float8[], 3, NULL)::text AS int,
	clusterseg.kmeans_model(ARRAY[n, n % 3]::real[], 3)::text = clusterseg.kmeans_model(ARRAY[n, n % 3]::numeric[], 3)::text AS "numeric" FROM generate_series(1, 50) n;
WITH wide AS (SELECT n, (SELECT array_agg(sin(n * i)) FROM generate_series(1, 1600) i) AS f FROM generate_series(1, 40) n)
	SELECT count(DISTINCT clusterseg.segment(m, f)) FROM wide, (SELECT clusterseg.kmeans_model(f, 4) AS m FROM wide) g;

-- ---- mistakes ----
SELECT raises('SELECT clusterseg.kmeans_model(f, 0) FROM flowers');
SELECT raises('SELECT clusterseg.kmeans_model(f, NULL) FROM flowers');
SELECT raises('SELECT clusterseg.kmeans_model(f, 151) FROM flowers');
SELECT raises('SELECT clusterseg.kmeans_model(f, 2 + flower % 2) FROM flowers');
SELECT raises($$SELECT clusterseg.kmeans_model(f, 2, jsonb_build_object('seed', flower)) FROM flowers$$);
SELECT raises($$SELECT clusterseg.kmeans_model(f, 2, '{"restart": 1}') FROM flowers$$);
SELECT raises($$SELECT clusterseg.kmeans_model(f, 2, '{"memory": 4096}') FROM flowers$$);
SELECT raises($$SELECT clusterseg.kmeans_model(f, 2, '{"features": ["a", "b"]}') FROM flowers$$);
SELECT raises($$SELECT clusterseg.kmeans_model(f, 2, '{"features": ["a", "b", "a", "c"]}') FROM flowers$$);
SELECT raises($$SELECT clusterseg.kmeans_model(f, 2, '{"features": ["a", 1]}') FROM flowers$$);
SELECT raises('SELECT clusterseg.kmeans_model(f || CASE WHEN flower = 70 THEN ARRAY[1::float8] END, 2) FROM flowers');
SELECT raises('SELECT clusterseg.kmeans_model(ARRAY[flower * 1e20], 2) FROM flowers');
SELECT raises($$SELECT clusterseg._model_state_merge(clusterseg._kmeans_model_step(NULL, ARRAY[1], 2), clusterseg._kmeans_model_step(NULL, ARRAY[1], 3))$$);
SELECT raises($$SELECT clusterseg._model_state_merge(clusterseg._kmeans_model_step(NULL, ARRAY[1], 2), clusterseg._kmeans_model_step(NULL, ARRAY[1, 2], 2))$$);
SELECT raises($$SELECT clusterseg._kmeans_model_step(NULL, ARRAY['a'], 2)$$);

-- ---- a state from an unknown hand: refused, or as good as any other ----
SELECT raises($$SELECT ''::clusterseg.model_state$$);
SELECT raises($$SELECT 'state'::clusterseg.model_state$$);
SELECT raises($$SELECT '\x435353310200000006'::clusterseg.model_state$$);
SELECT raises($$SELECT '\x43535331020000000600000000000000'::clusterseg.model_state$$);
SELECT raises($$SELECT '\x43535331020000000300000000000000726f77'::clusterseg.model_state$$);
SELECT raises(format('SELECT %L::clusterseg.model_state', '\x43535331020000000600000001000000' || encode('kmeans{', 'hex')));
SELECT raises(format('SELECT %L::clusterseg.model_state', '\x43535331020000000600000002000000' || encode('kmeans', 'hex') || 'ff00'));
SELECT raises(format('SELECT %L::clusterseg.model_state', replace(clusterseg._kmeans_model_step(NULL, ARRAY[1, 2], 2)::text, encode('kmeans', 'hex'), encode('kMeans', 'hex'))));
CREATE FUNCTION try(state text) RETURNS text LANGUAGE plpgsql AS $$
BEGIN
	RETURN CASE WHEN clusterseg._model_state_model(clusterseg._model_state_merge(state::clusterseg.model_state, state::clusterseg.model_state)) IS NULL THEN 'nothing' ELSE 'model' END;
EXCEPTION WHEN data_exception OR invalid_parameter_value OR untranslatable_character OR character_not_in_repertoire OR invalid_text_representation OR numeric_value_out_of_range THEN
	RETURN 'refused';
END $$;
CREATE TABLE sound AS SELECT state_of(ARRAY[n % 3, n], 2, '{"seed": 7}')::text AS state FROM generate_series(1, 4) n;
SELECT try(state) FROM sound;
-- (every byte, each set to 16 values; every length)
SELECT count(*) FILTER (WHERE t = 'refused') > count(*) / 2 AS mostly_refused, count(*) FILTER (WHERE t NOT IN ('refused', 'model', 'nothing')) AS else FROM
	(SELECT try(overlay(state placing lpad(to_hex(v * 17), 2, '0') from 3 + 2 * i for 2)) AS t FROM sound, generate_series(0, (length(state) - 2) / 2 - 1) i, generate_series(0, 15) v) s;
SELECT try(left(state, 2 + 2 * i)) AS t, count(*) FROM sound, generate_series(0, (length(state) - 2) / 2 - 1) i GROUP BY 1;
