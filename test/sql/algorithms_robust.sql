-- Every algorithm on rows that are hardly rows: an error that says why, or the right answer.
--
-- Each line: a case, what comes of it, and of which algorithms.  rfm has features of its own (cluster_rfm).
\set ECHO none
\i test/data/raises.sql
SET client_min_messages = error;
CREATE TABLE algorithm (name text, k int, options jsonb);
INSERT INTO algorithm VALUES ('kmeans', 3, '{}'), ('minibatch_kmeans', 3, '{}'), ('bisecting_kmeans', 3, '{}'), ('spherical_kmeans', 3, '{}'),
	('kmedoids', 3, '{}'), ('kprototypes', 3, '{}'), ('gmm', 3, '{}'), ('hierarchical', 3, '{}'), ('dbscan', NULL, '{"eps": 0.5}'),
	('hdbscan', NULL, '{}');

-- trains, sees that members are as told and by the model as well, and forgets
CREATE FUNCTION outcome(a algorithm, source text, features text[], scale text) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
	t record;
	found record;
	state text;
	message text;
BEGIN
	BEGIN
		SELECT * INTO t FROM clusterseg.train('robust', source, 'id', features, algorithm => a.name, k => a.k, scale => scale, options => a.options);
	EXCEPTION WHEN OTHERS THEN
		GET STACKED DIAGNOSTICS state = RETURNED_SQLSTATE, message = MESSAGE_TEXT;
		RETURN state || ' ' || message;
	END;
	SELECT count(*) AS n, count(DISTINCT segment_id) AS k, count(*) FILTER (WHERE segment_id IS NULL) AS noise,
			count(*) FILTER (WHERE NOT distance < 'infinity' AND segment_id IS NOT NULL) AS nowhere INTO found FROM robust_members;
	IF t.rows <> found.n OR t.k < found.k OR (t.k > found.k AND a.name <> 'gmm') OR found.nowhere > 0 THEN
		RETURN format('WRONG: %s %s', t, found);
	END IF;
	IF clusterseg.model_value('robust')::text::clusterseg.model::text <> clusterseg.model_value('robust')::text THEN
		RETURN 'WRONG: the model is not what it is as text';
	END IF;
	PERFORM clusterseg.drop_model('robust');
	RETURN concat_ws(', ', 'k ' || t.k || CASE WHEN t.k > found.k THEN ' of which ' || found.k || ' have rows' ELSE '' END, t.rows || ' rows', NULLIF(t.skipped, 0) || ' skipped', NULLIF(found.noise, 0) || ' noise');
END
$$;
CREATE FUNCTION outcomes(source text, features text[] DEFAULT '{x,y}', scale text DEFAULT 'zscore', OUT outcome text, OUT algorithms text)
	RETURNS SETOF record LANGUAGE sql AS $$
	SELECT o, string_agg(a.name, ' ' ORDER BY a.ctid) FROM algorithm a, outcome(a, source, features, scale) o GROUP BY 1 ORDER BY 1
$$;
\set ECHO all
\pset format unaligned
\pset tuples_only on

-- one row, no row, no row that can be used
SELECT * FROM outcomes('SELECT 1 AS id, 1 AS x, 2 AS y');
SELECT * FROM outcomes('SELECT 1 AS id, 1 AS x, 2 AS y WHERE false');
SELECT * FROM outcomes('SELECT i AS id, NULL::int AS x, i AS y FROM generate_series(1, 50) i');

-- one distinct point; two; three with k = 3
SELECT * FROM outcomes('SELECT i AS id, 1 AS x, 2 AS y FROM generate_series(1, 50) i');
SELECT * FROM outcomes('SELECT i AS id, i % 2 AS x, 2 AS y FROM generate_series(1, 50) i');
SELECT * FROM outcomes('SELECT i AS id, i % 3 AS x, (i % 3) * (i % 3) AS y FROM generate_series(1, 60) i');

-- more segments than rows
SELECT * FROM outcomes('SELECT i AS id, i AS x, i * i AS y FROM generate_series(1, 2) i');

-- a constant column, the same column twice, a column that follows from another: covariances are singular
SELECT * FROM outcomes('SELECT i AS id, 7 AS x, i % 3 * 100 + i % 5 AS y FROM generate_series(1, 90) i');
SELECT * FROM outcomes('SELECT i AS id, i % 3 * 100 + i % 5 AS x, i % 3 * 100 + i % 5 AS y FROM generate_series(1, 90) i');
SELECT * FROM outcomes('SELECT i AS id, i % 3 * 100 + i % 5 AS x, 1000 - 3 * (i % 3 * 100 + i % 5) AS y FROM generate_series(1, 90) i', scale => 'none');

-- NULL, NaN and infinite values among rows: left out
SELECT * FROM outcomes($$SELECT i AS id, CASE i % 10 WHEN 0 THEN NULL WHEN 1 THEN 'NaN' WHEN 2 THEN 'Infinity' ELSE (i % 3 * 100 + i % 7)::float8 END AS x, i % 3 * 50 + i % 11 AS y FROM generate_series(1, 120) i$$);

-- all rows far from each other: noise
SELECT * FROM outcomes('SELECT i AS id, 2.0 ^ i AS x, 3.0 ^ i AS y FROM generate_series(1, 30) i', scale => 'none');

-- values as large and as small as single precision can square, and beyond
SELECT * FROM outcomes('SELECT i AS id, (i % 3) * 1e15 + i AS x, -1e14 * (i % 3) AS y FROM generate_series(1, 60) i', scale => 'none');
SELECT * FROM outcomes('SELECT i AS id, (i % 3) * 1e-15 AS x, i % 3 * 1e-16 AS y FROM generate_series(1, 60) i', scale => 'none');
SELECT * FROM outcomes('SELECT i AS id, (i % 3) * 1e30 AS x, i % 3 AS y FROM generate_series(1, 60) i', scale => 'none');
SELECT * FROM outcomes('SELECT i AS id, (i % 3) * 1e300 AS x, i % 3 AS y FROM generate_series(1, 60) i');

-- as many columns as a table can have, and as many numbers in an array
\set ECHO none
SELECT format('CREATE TABLE wide (id int, %s)', string_agg(format('c%s float4', c), ', ' ORDER BY c)) FROM generate_series(1, 1599) c \gexec
SELECT format('INSERT INTO wide SELECT i, %s FROM generate_series(1, 30) i', string_agg(format('i %% 3 + sin(i * %s) / 9', c), ', ' ORDER BY c)) FROM generate_series(1, 1599) c \gexec
CREATE TABLE long AS SELECT i AS id, (SELECT array_agg(i % 3 + sin(i * c) / 9 ORDER BY c) FROM generate_series(1, 1600) c)::real[] AS v FROM generate_series(1, 30) i;
\set ECHO all
SELECT name, outcome(a, 'wide', NULL, 'none') FROM algorithm a WHERE name IN ('kmeans', 'dbscan');
SELECT name, outcome(a, 'long', '{v}', 'none') FROM algorithm a WHERE name IN ('kmedoids', 'hierarchical', 'hdbscan');

-- eps and min_points
CREATE FUNCTION density(options jsonb, name text DEFAULT 'dbscan') RETURNS text LANGUAGE sql AS $$
	SELECT outcome((name, NULL, options)::algorithm, 'SELECT i AS id, i % 5 AS x FROM generate_series(1, 50) i', '{x}', 'none')
$$;
SELECT left(o::text, 40), density(o) FROM unnest('{"{\"eps\": 0}","{\"eps\": -1}","{\"eps\": \"NaN\"}","{\"eps\": \"Infinity\"}","{\"eps\": 1e400}","{\"eps\": 1e300}","{\"eps\": 1e-300}","{\"eps\": null}",
	"{\"eps\": 1, \"min_points\": 50}","{\"eps\": 0.5, \"min_points\": 11}","{\"eps\": 1, \"min_points\": 51}","{\"eps\": 1, \"min_points\": 0}","{\"eps\": 1, \"min_points\": 1e9}"}'::jsonb[]) o;
SELECT left(o::text, 40), density(o, 'hdbscan') FROM unnest('{"{\"min_cluster_size\": 51}","{\"min_cluster_size\": 50}","{\"min_points\": 51}","{\"min_points\": 50}","{\"min_points\": -1}","{\"min_cluster_size\": 10, \"min_points\": 1}"}'::jsonb[]) o;
SELECT raises(format($$SELECT clusterseg.dbscan(ARRAY[x], %L, 3) OVER () FROM generate_series(1, 5) x$$, e)) FROM unnest('{0,-1,NaN,Infinity,NULL}'::float8[]) e;
SELECT raises(format($$SELECT clusterseg.dbscan(ARRAY[x], 1, %s) OVER () FROM generate_series(1, 5) x$$, p)) FROM unnest('{0,-1}'::int[]) p;
SELECT clusterseg.dbscan(ARRAY[x], 1, 6) OVER () IS NULL, clusterseg.hdbscan(ARRAY[x], 6) OVER () IS NULL FROM generate_series(1, 2) x;
