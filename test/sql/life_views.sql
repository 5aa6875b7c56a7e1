-- The relations and views of the catalog: their columns, types, keys and comments, and what stands in them.
--
-- BI tools and jobs are written against these names: a changed line below breaks them.
SET timezone = 'UTC';

-- ---- names, types, keys ----
SELECT c.relname AS relation, c.relkind AS kind, string_agg(a.attname || ' ' || format_type(a.atttypid, a.atttypmod), ', ' ORDER BY a.attnum) AS columns
	FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
	WHERE c.relnamespace = 'clusterseg'::regnamespace AND c.relkind IN ('r', 'v') AND c.relname !~ '^_' GROUP BY 1, 2 ORDER BY 1;
SELECT conrelid::regclass::text AS relation, pg_get_constraintdef(oid) AS key FROM pg_constraint
	WHERE connamespace = 'clusterseg'::regnamespace AND contype = 'p' AND conrelid::regclass::text !~ '\._' ORDER BY 1;
-- nothing that a BI tool reads is an array or a row
SELECT c.relname, a.attname FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 JOIN pg_type t ON t.oid = a.atttypid
	WHERE c.relnamespace = 'clusterseg'::regnamespace AND c.relkind IN ('r', 'v') AND c.relname !~ '^_' AND (t.typelem <> 0 AND t.typlen = -1 OR t.typtype = 'c');
-- a comment on each of them and on each column
SELECT c.relname, a.attname FROM pg_class c LEFT JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0
	WHERE c.relnamespace = 'clusterseg'::regnamespace AND c.relkind IN ('r', 'v') AND c.relname !~ '^_'
	AND (obj_description(c.oid, 'pg_class') IS NULL OR col_description(c.oid, a.attnum) IS NULL);
-- views look with the eyes of who looks, tables have row security
SELECT relname FROM pg_class WHERE relnamespace = 'clusterseg'::regnamespace AND relkind = 'v' AND NOT COALESCE('security_invoker=true' = ANY (reloptions), false) ORDER BY 1;
SELECT relname FROM pg_class WHERE relnamespace = 'clusterseg'::regnamespace AND relkind = 'r' AND NOT relrowsecurity ORDER BY 1;

-- ---- what stands in them ----
CREATE TABLE customers AS
	SELECT 100 * g + i AS id, 100.0 * g + i % 5 AS spend, CASE WHEN i % 4 = 0 THEN NULL ELSE g * 2 + i % 3 END AS visits,
		CASE WHEN g = 1 THEN 'web' WHEN i % 2 = 0 THEN 'store' ELSE 'app' END AS channel
	FROM generate_series(1, 3) g, generate_series(0, 99) i;
INSERT INTO customers VALUES (9999, NULL, 1, 'web');
SELECT k, rows, skipped FROM clusterseg.train('m', 'customers', 'id', '{spend,visits,channel}', k => 3,
	transforms => '{"visits": {"impute": "median"}}', options => '{"restarts": 2}');

SELECT model, kind, algorithm, owner = current_user AS mine, published_version, source, source_path, key, key_type, rows, output_schema, stale_after,
	trained_at = now() AS now, last_run_at <= now() AS ran FROM clusterseg.models;
SELECT model, version, state, algorithm, k, rows, skipped, converged, objective > 0 AS objective, silhouette > 0.5 AS silhouette, seconds >= 0 AS seconds,
	trained_by = current_user AS mine, source, key FROM clusterseg.versions;
SELECT o.key, o.value FROM clusterseg.versions, jsonb_each(options) o WHERE o.key <> 'effective' ORDER BY 1;
SELECT o.key, o.value FROM clusterseg.versions, jsonb_each(options->'effective') o ORDER BY 1;
SELECT jsonb_object_keys(metrics) AS metric FROM clusterseg.versions ORDER BY 1;
-- sizes and shares are those of the members
SELECT count(*) AS segments, count(*) FILTER (WHERE s.size = m.n AND abs(s.share - m.n / 300.0) < 1e-9 AND abs(s.radius - m.radius) < 1e-6 AND s.reach > m.p99 - 1e-6) AS same
	FROM clusterseg.segments s JOIN (SELECT segment_id, count(*) AS n, sqrt(avg(distance ^ 2)) AS radius, percentile_disc(0.99) WITHIN GROUP (ORDER BY distance) AS p99
		FROM m_members GROUP BY 1) m USING (segment_id);
SELECT segment_id, state, since_version, named, segment IS NOT NULL AS label, description IS NOT NULL AS described FROM clusterseg.segments ORDER BY 1;
-- profiles by plain SQL: numbers after imputing, categories as shares of their levels
CREATE VIEW seen AS SELECT m.segment_id, c.spend, COALESCE(c.visits, (SELECT percentile_cont(0.5) WITHIN GROUP (ORDER BY visits) FROM customers WHERE spend IS NOT NULL)) AS visits, c.channel
	FROM customers c JOIN m_members m USING (id);
WITH long AS (
	SELECT segment_id, feature, value FROM seen, LATERAL (VALUES ('spend', spend::float8), ('visits', visits)) f (feature, value)
), expected AS (
	SELECT feature, segment_id, avg(value) AS mean, percentile_cont(0.5) WITHIN GROUP (ORDER BY value) AS median, percentile_cont(0.05) WITHIN GROUP (ORDER BY value) AS p5,
		percentile_cont(0.95) WITHIN GROUP (ORDER BY value) AS p95, count(*) AS n FROM long GROUP BY 1, 2
), overall AS (SELECT feature, avg(value) AS mean, stddev_pop(value) AS sd, count(*) AS n FROM long GROUP BY 1)
SELECT feature, count(*), count(*) FILTER (WHERE p.category IS NULL AND p.n = e.n AND abs(p.mean - e.mean) < 1e-4 AND abs(p.median - e.median) + abs(p.p5 - e.p5) + abs(p.p95 - e.p95) < 1e-9
		AND abs(p.overall_mean - o.mean) < 1e-4 AND abs(p.overall_sd - o.sd) < 1e-4 AND abs(p.effect - (e.mean - o.mean) / o.sd) < 1e-4
		AND abs(p.lift - e.mean / o.mean) < 1e-4 AND abs(p.v_test - (e.mean - o.mean) / sqrt(o.sd ^ 2 / e.n * (o.n - e.n) / (o.n - 1.0))) < 1e-3) AS same
	FROM clusterseg.segment_profiles p JOIN expected e USING (feature, segment_id) JOIN overall o USING (feature) GROUP BY 1 ORDER BY 1;
SELECT p.category, count(*), count(*) FILTER (WHERE p.n = e.n AND abs(p.mean - e.n / e.all::float8) < 1e-6 AND abs(p.overall_mean - e.of_all) < 1e-6
		AND (abs(p.lift - e.n / e.all / e.of_all) < 1e-6)) AS same
	FROM clusterseg.segment_profiles p JOIN (SELECT segment_id, l.level, count(*) FILTER (WHERE channel = l.level) AS n, count(*)::float8 AS all,
		(SELECT avg((channel = l.level)::int) FROM seen)::float8 AS of_all FROM seen, (VALUES ('app'), ('store'), ('web')) l (level) GROUP BY 1, 2) e
	ON p.segment_id = e.segment_id AND p.category = e.level WHERE feature = 'channel' GROUP BY 1 ORDER BY 1;
SELECT count(*) FROM clusterseg.segment_profiles p JOIN clusterseg.segments s USING (model, segment_id) WHERE p.segment <> s.segment;

-- ---- freshness ----
SELECT model, kind, pending, status, drift, needs_refresh, published_version, draft_version, lag < '1 minute' AS young, last_run_at IS NOT NULL AS ran FROM clusterseg.freshness;
UPDATE clusterseg.models SET last_run_at = now() - interval '8 days';
SELECT status, needs_refresh, date_trunc('day', lag) AS lag FROM clusterseg.freshness;
UPDATE clusterseg.models SET stale_after = '10 days';
SELECT status, needs_refresh FROM clusterseg.freshness;
SELECT clusterseg.reassign('m');
SELECT status, lag < '1 minute' AS young FROM clusterseg.freshness;
SELECT version FROM clusterseg.train('m', 'customers', 'id', '{spend}', k => 2, publish => false);
SELECT version FROM clusterseg.train('draft', 'customers', 'id', '{spend}', k => 2, publish => false);
SELECT model, status, needs_refresh, published_version, draft_version FROM clusterseg.freshness ORDER BY 1;

-- ---- figures for people: what is 0 and 2 is told as 0 and 2, by single precision or not; as plain SQL has it ----
CREATE TABLE plain AS SELECT i AS id, i % 3 * 10 + i * 7 % 11 / 10.0 AS x, i % 2 * 50 + i % 5 AS y FROM generate_series(1, 300) i;
SELECT k FROM clusterseg.train('plain', 'plain', 'id', '{x,y}', k => 3);
SELECT feature, segment_id, c.value, p.mean, p.median, p.p5, p.p95, p.overall_mean, c.value = round(s.mean, 8 - ceil(log(s.mean))::int)
	AND p.median = s.q[1] AND p.p5 = s.q[2] AND p.p95 = s.q[3] AS as_is
FROM clusterseg.centroids c JOIN clusterseg.segment_profiles p USING (model, segment_id, feature),
	LATERAL (SELECT avg(v)::numeric AS mean, percentile_cont('{0.5,0.05,0.95}'::float8[]) WITHIN GROUP (ORDER BY v)::numeric(9, 4)[] AS q
		FROM (SELECT CASE feature WHEN 'x' THEN x ELSE y END AS v FROM plain JOIN plain_members m USING (id) WHERE m.segment_id = c.segment_id) f) s
WHERE model = 'plain' ORDER BY 1, 2;

-- shares of what is missing have their own digits
SELECT k FROM clusterseg.train('missing', 'SELECT id, NULLIF(y, 2) * 1e6 AS y FROM plain', 'id', '{y}', k => 2, transforms => '{"y": {"impute": "indicator"}}');
SELECT round(c.value::numeric, 8) = round((SELECT avg((y = 2)::int) FROM plain JOIN missing_members m USING (id) WHERE m.segment_id = c.segment_id), 8) AS as_is, c.value > 0 AS some
	FROM clusterseg.centroids c WHERE model = 'missing' AND feature = 'y is missing' ORDER BY 2;

-- ---- lists of what there is ----
SELECT kind, count(DISTINCT algorithm) >= 4 AS algorithms, bool_and(meaning <> '' AND type <> '' AND summary <> '') AS all_described
	FROM clusterseg.algorithms GROUP BY kind ORDER BY kind;
SELECT option, type, "default", range, choices FROM clusterseg.algorithms WHERE algorithm = 'kmeans' AND option NOT IN ('memory', 'workers') ORDER BY option;
SELECT transform, type, "default", range, choices, meaning FROM clusterseg.transforms ORDER BY transform;
-- nobody is at work
SELECT count(*) FROM clusterseg.progress;
-- on request, a NOTICE tells of each phase
SET clusterseg.notices = on;
SELECT version FROM clusterseg.train('m', 'customers', 'id', '{spend}', k => 2);
