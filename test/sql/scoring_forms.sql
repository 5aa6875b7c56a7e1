-- Scoring in all its forms: by name and by value, rows bound by name, arrays; what is missing, wrong or unseen.
--
-- What the functions should say is worked out in SQL from the rows and from clusterseg.centroids.
SET extra_float_digits = 0;
\set ECHO none
\i test/data/raises.sql
\set ECHO all

CREATE TABLE customers (id int PRIMARY KEY, spend float8, visits int, channel text);
INSERT INTO customers
	SELECT i, CASE i % 3 WHEN 0 THEN 20 WHEN 1 THEN 200 ELSE 3000 END * (1 + (i % 7) / 10.0), CASE i % 3 WHEN 0 THEN 3 WHEN 1 THEN 30 ELSE 12 END + i % 5,
		CASE WHEN i % 3 = 1 OR i % 11 = 0 THEN 'web' WHEN i % 13 = 0 THEN 'app' ELSE 'store' END
	FROM generate_series(1, 300) i;
SELECT k, rows FROM clusterseg.train('m', 'customers', 'id', '{spend,visits,channel}', k => 3, transforms => '{"spend": {"log": "log1p"}}');
SELECT clusterseg.model_value('m') AS value \gset

-- ---- the points, by hand: z-scores with divisor n; a level counts 1 or 0, scaled as the centres' shares are ----
CREATE TABLE points AS
	SELECT c.id, f.feature, f.z
	FROM customers c, (SELECT avg(ln(1 + spend)) AS m1, stddev_pop(ln(1 + spend)) AS s1, avg(visits) AS m2, stddev_pop(visits) AS s2 FROM customers) s,
	LATERAL (VALUES ('spend', (ln(1 + spend) - m1) / s1), ('visits', (visits - m2) / s2)) f (feature, z)
	UNION ALL
	SELECT c.id, l.feature, CASE WHEN l.feature = 'channel=' || c.channel THEN l.unit ELSE 0 END
	FROM customers c, (SELECT feature, max(scaled / value) AS unit FROM clusterseg.centroids WHERE feature LIKE 'channel=%' AND value > 0.01 GROUP BY 1) l;
CREATE TABLE distances AS
	SELECT p.id, c.segment_id, sum((p.z - c.scaled) ^ 2) AS d2 FROM points p JOIN clusterseg.centroids c USING (feature) GROUP BY 1, 2;
CREATE TABLE ranked AS
	SELECT id, (array_agg(segment_id ORDER BY d2))[1] AS segment_id, min(d2) AS d1, (array_agg(segment_id ORDER BY d2))[2] AS runner_up_id,
		(array_agg(d2 ORDER BY d2))[2] AS d2 FROM distances GROUP BY id;
-- the centres are the means of the points of their members
SELECT max(abs(c.scaled - p.mean)) < 1e-5 AS means FROM clusterseg.centroids c
	JOIN (SELECT segment_id, feature, avg(z) AS mean FROM points JOIN m_members USING (id) GROUP BY 1, 2) p USING (segment_id, feature);
SELECT feature, count(*), bool_and(abs(value - CASE feature WHEN 'visits' THEN mean_visits WHEN 'spend' THEN mean_spend ELSE share END) < 1e-4) AS in_units
	FROM clusterseg.centroids c, LATERAL (SELECT avg(visits) AS mean_visits, exp(avg(ln(1 + spend))) - 1 AS mean_spend,
		avg(('channel=' || channel = c.feature)::int) AS share FROM customers JOIN m_members m USING (id) WHERE m.segment_id = c.segment_id) s
	GROUP BY 1 ORDER BY 1;

-- ---- all functions, by name and by value, for all rows ----
SELECT count(*) AS rows,
	count(*) FILTER (WHERE clusterseg.segment('m', c) = r.segment_id) AS segment,
	count(*) FILTER (WHERE clusterseg.segment_label('m', c) = s.segment) AS label,
	count(*) FILTER (WHERE abs(clusterseg.segment_distance('m', c) - sqrt(r.d1)) < 1e-4) AS distance,
	count(*) FILTER (WHERE clusterseg.segment(:'value'::clusterseg.model, c) = r.segment_id) AS segment_v,
	count(*) FILTER (WHERE clusterseg.segment_label(:'value'::clusterseg.model, c) = s.segment) AS label_v,
	count(*) FILTER (WHERE abs(clusterseg.segment_distance(:'value'::clusterseg.model, c) - sqrt(r.d1)) < 1e-4) AS distance_v
	FROM customers c JOIN ranked r USING (id) JOIN clusterseg.segments s USING (segment_id);
SELECT count(*) AS distances,
	count(*) FILTER (WHERE abs(clusterseg.segment_distance('m', c, d.segment_id) - sqrt(d2)) < 1e-4) AS by_name,
	count(*) FILTER (WHERE abs(clusterseg.segment_distance(:'value'::clusterseg.model, c, d.segment_id) - sqrt(d2)) < 1e-4) AS by_value
	FROM customers c JOIN distances d USING (id);
SELECT count(*) AS rows, count(*) FILTER (WHERE a.segment_id = r.segment_id AND a.segment = s.segment AND a.runner_up_id = r.runner_up_id
		AND abs(a.distance - sqrt(r.d1)) < 1e-4 AND abs(a.margin - (r.d2 - r.d1)) < 1e-4 AND abs(a.confidence - (1 - sqrt(r.d1 / r.d2))) < 1e-4
		AND a.reason IS NULL) AS assigned
	FROM customers c JOIN ranked r USING (id) JOIN clusterseg.segments s USING (segment_id), clusterseg.assign('m', c) a;
SELECT count(*) FILTER (WHERE clusterseg.assign('m', c) IS DISTINCT FROM clusterseg.assign(:'value'::clusterseg.model, c)) AS differ FROM customers c;
SELECT count(*) FILTER (WHERE (a.segment_id, a.distance, a.margin) IS DISTINCT FROM (m.segment_id, m.distance, m.margin)) AS not_the_members
	FROM customers c JOIN m_members m USING (id), clusterseg.assign('m', c) a;

-- probability: Gaussians around the centres, weighted by the sizes, of the variance that the members have per coordinate
SELECT count(*) AS probabilities,
	count(*) FILTER (WHERE abs(clusterseg.segment_probability('m', c, e.segment_id) - e.p) < 1e-4) AS by_name,
	count(*) FILTER (WHERE abs(clusterseg.segment_probability(:'value'::clusterseg.model, c, e.segment_id) - e.p) < 1e-4) AS by_value
	FROM customers c JOIN (
		SELECT id, segment_id, share * exp(-d2 / (2 * v)) / sum(share * exp(-d2 / (2 * v))) OVER (PARTITION BY id) AS p
		FROM distances JOIN clusterseg.segments USING (segment_id), (SELECT sum(d1) / count(*) / (SELECT count(DISTINCT feature) FROM points) AS v FROM ranked) v) e USING (id);
SELECT count(*) FROM customers c WHERE abs((SELECT sum(clusterseg.segment_probability('m', c, segment_id)) FROM clusterseg.segments) - 1) > 1e-9;

-- ---- explain: what the features contribute adds up to the margin, and is what SQL says ----
SELECT count(*) AS rows, count(*) FILTER (WHERE abs(e.total - a.margin) < 1e-9 * greatest(1, a.margin)) AS add_up
	FROM customers c, clusterseg.assign('m', c) a, LATERAL (SELECT sum(contribution) AS total FROM clusterseg.explain('m', c)) e;
SELECT count(*) AS parts, count(*) FILTER (WHERE abs(e.contribution - h.part) < 1e-4) AS same
	FROM customers c JOIN ranked r USING (id), clusterseg.explain('m', c) e, LATERAL (
		SELECT sum((z - o.scaled) ^ 2 - (z - n.scaled) ^ 2) AS part FROM points p
		JOIN clusterseg.centroids n ON n.feature = p.feature AND n.segment_id = r.segment_id
		JOIN clusterseg.centroids o ON o.feature = p.feature AND o.segment_id = r.runner_up_id
		WHERE p.id = c.id AND split_part(p.feature, '=', 1) = e.feature) h;
SELECT count(*) FROM customers c WHERE (SELECT array_agg(e) FROM clusterseg.explain('m', c) e) IS DISTINCT FROM
	(SELECT array_agg(e) FROM clusterseg.explain(:'value'::clusterseg.model, c) e);
SELECT clusterseg.rename_segment('m', segment_id, (ARRAY['small', 'middle', 'big'])[rank() OVER (ORDER BY value)])
	FROM clusterseg.centroids WHERE feature = 'spend';
SELECT feature, value, round(contribution::numeric, 3) AS contribution, typical, runner_up_typical, reason
	FROM clusterseg.explain('m', (SELECT r FROM (VALUES (2400.0, 12, 'store')) r (spend, visits, channel)));

-- ---- counterfactual: the row really moves ----
-- each feature alone, where that suffices: a hair before the border the row is where it was, a hair beyond it is there
CREATE VIEW changes AS
	SELECT c, s.segment_id AS target, f.* FROM customers c CROSS JOIN clusterseg.segments s, clusterseg.counterfactual('m', c, s.segment_id) f
	WHERE s.segment_id <> clusterseg.segment('m', c);
CREATE FUNCTION changed(c customers, feature text, v float8) RETURNS int LANGUAGE sql STABLE AS
	$$ SELECT clusterseg.segment('m', r) FROM (SELECT CASE feature WHEN 'spend' THEN v ELSE c.spend END AS spend,
		CASE feature WHEN 'visits' THEN v ELSE c.visits END AS visits, c.channel) r $$;
SELECT feature, sufficient, count(*) > 0 AS some, count(*) FILTER (WHERE sufficient IS DISTINCT FROM (changed(c, feature, from_value + change * 1.00002) = target)) AS untrue,
	count(*) FILTER (WHERE changed(c, feature, from_value + change * 0.999) = target) AS too_far,
	count(*) FILTER (WHERE abs(to_value - from_value - change) > 1e-6 * abs(change)) AS inexact
	FROM changes GROUP BY 1, 2 ORDER BY 1, 2;
-- all together: at the joint values both centres are equally far (a category stays what it is, so only where it says nothing)
SELECT count(*) FROM changes WHERE joint_value IS NULL;
SELECT k FROM clusterseg.train('two', 'customers', 'id', '{spend,visits}', k => 3);
SELECT count(*) AS pairs, count(*) FILTER (WHERE abs(clusterseg.segment_distance('two', j.row, s.segment_id) - clusterseg.segment_distance('two', j.row, clusterseg.segment('two', c)))
		> 1e-3) AS not_at_the_border
	FROM customers c CROSS JOIN clusterseg.segments s, LATERAL (SELECT r AS row FROM (
		SELECT max(joint_value) FILTER (WHERE feature = 'spend') AS spend, max(joint_value) FILTER (WHERE feature = 'visits') AS visits
		FROM clusterseg.counterfactual('two', c, s.segment_id)) r) j
	WHERE s.model = 'two' AND s.segment_id <> clusterseg.segment('two', c);
-- where values are clipped, no value moves the row beyond the clip
SELECT k FROM clusterseg.train('clipped', 'customers', 'id', '{spend,visits}', k => 3, transforms => '{"*": {"winsor": [0.1, 0.9]}}');
SELECT sufficient, count(*) > 0 AS some, count(*) FILTER (WHERE sufficient <> (clusterseg.segment('clipped', m.row) = s.segment_id)) AS untrue
	FROM customers c CROSS JOIN clusterseg.segments s, clusterseg.counterfactual('clipped', c, s.segment_id) f,
	LATERAL (SELECT r AS row FROM (SELECT CASE feature WHEN 'spend' THEN from_value + change * 1.00002 ELSE spend END AS spend,
		CASE feature WHEN 'visits' THEN from_value + change * 1.00002 ELSE visits END AS visits) r) m
	WHERE s.model = 'clipped' GROUP BY 1;
SELECT count(*) FROM clusterseg.segments s, customers c, clusterseg.counterfactual('m', c, clusterseg.segment('m', c)) f;
SELECT raises('SELECT clusterseg.counterfactual(''m'', c, 99) FROM customers c');

-- ---- rows are bound by name: any order, further columns, other types of number and of text ----
SELECT clusterseg.segment_label('m', r) FROM (SELECT 'x' AS id, 'web' AS channel, NULL::point AS place, 30::numeric AS visits, 250::real AS spend) r;
SELECT clusterseg.segment_label('m', r) FROM (SELECT 'web'::varchar(9) AS channel, 30::smallint AS visits, 250::bigint AS spend) r;
SELECT clusterseg.segment_label('m', r) FROM (SELECT 'web'::char(9) AS channel, true AS vip, '30'::numeric(6,2) AS visits, 250 AS spend) r;
CREATE TYPE way AS ENUM ('store', 'web');
SELECT clusterseg.segment_label('m', r) FROM (SELECT 'web'::way AS channel, 30 AS visits, 250 AS spend) r;
-- a view, a table with dropped columns, a subquery with changing rows, a composite variable, rows of two types in one query
CREATE VIEW v AS SELECT channel, visits, spend FROM customers;
ALTER TABLE customers ADD COLUMN gone int, ADD COLUMN more int;
ALTER TABLE customers DROP COLUMN gone;
SELECT count(*) FROM customers c WHERE clusterseg.segment('m', c) <> (SELECT segment_id FROM m_members m WHERE m.id = c.id);
SELECT clusterseg.segment_label('m', v), count(*) FROM v GROUP BY 1 ORDER BY 1;
SELECT clusterseg.segment_label('m', r) FROM (SELECT r FROM (SELECT 250 AS spend, 30 AS visits, 'web' AS channel) r
	UNION ALL SELECT r FROM (SELECT 'web' AS channel, 5.0 AS visits, 10.0 AS spend) r) q (r);
DO $$ DECLARE c customers; BEGIN SELECT * INTO c FROM customers WHERE id = 1; RAISE NOTICE '%', clusterseg.segment_label('m', c); END $$;
-- in a function whose model changes from call to call
SELECT n, clusterseg.segment(n, c) IS NOT NULL AS ok FROM (VALUES ('m'), ('two'), ('m'), ('clipped')) v (n), customers c WHERE id = 1;

-- ---- arrays in training order ----
SELECT count(*) FILTER (WHERE clusterseg.segment('two', ARRAY[spend, visits]::float8[]) = clusterseg.segment('two', c)) AS float8s,
	count(*) FILTER (WHERE clusterseg.segment('two', ARRAY[spend, visits]::real[]) = clusterseg.segment('two', c)) AS reals,
	count(*) FILTER (WHERE clusterseg.assign('two', ARRAY[spend, visits]::float8[]) = clusterseg.assign('two', c)) AS assigned,
	count(*) FILTER (WHERE clusterseg.segment_distance('two', ARRAY[spend, visits]::real[], 1) = clusterseg.segment_distance('two', c, 1)) AS distance,
	count(*) FILTER (WHERE clusterseg.segment_label('two', ARRAY[spend, visits]::float8[]) = clusterseg.segment_label('two', c)) AS label,
	count(*) FILTER (WHERE clusterseg.segment_probability('two', ARRAY[spend, visits]::float8[], 2) = clusterseg.segment_probability('two', c, 2)) AS probability
	FROM customers c;
SELECT clusterseg.segment(clusterseg.model_value('two'), '{100, 3}'::real[]) = clusterseg.segment('two', '{100, 3}'::float8[]) AS same;
-- counts are bigint; float8[] and real[] alone would tie
SELECT count(*) FILTER (WHERE clusterseg.segment('two', ARRAY[v::bigint, 3]) = want) AS bigints,
	count(*) FILTER (WHERE clusterseg.segment(m, ARRAY[v::smallint, 3::smallint]) = want) AS smallints,
	count(*) FILTER (WHERE (clusterseg.assign('two', ARRAY[v::bigint, 3])).segment_id = want) AS assigned,
	count(*) FILTER (WHERE clusterseg.segment_label('two', ARRAY[v::bigint, 3]) = clusterseg.segment_label(m, ARRAY[v, 3])) AS label,
	count(*) FILTER (WHERE clusterseg.segment_distance('two', ARRAY[v::bigint, 3], 1) = clusterseg.segment_distance(m, ARRAY[v, 3], 1)) AS distance,
	count(*) FILTER (WHERE clusterseg.segment_probability('two', ARRAY[v::bigint, 3], 1) = clusterseg.segment_probability(m, ARRAY[v, 3], 1)) AS probability
	FROM generate_series(1, 500, 10) v, clusterseg.model_value('two') m, clusterseg.segment('two', ARRAY[v, 3]::float8[]) want;
SELECT raises('SELECT clusterseg.segment(''two'', ''{1}''::float8[])'), raises('SELECT clusterseg.segment(''two'', ''{{1,2}}''::real[])');
SELECT raises('SELECT clusterseg.segment(''two'', ''{1,2,3}''::real[])'), raises('SELECT clusterseg.segment(''two'', ''{}''::float8[])');
SELECT raises('SELECT clusterseg.segment(''m'', ''{1,2,3}''::float8[])');
SELECT (clusterseg.assign('two', '{NULL, 3}'::float8[])).*;
SELECT clusterseg.segment('two', '[5:6]={100, 3}'::float8[]) = clusterseg.segment('two', '{100, 3}'::float8[]) AS lower_bound;

-- ---- rows that are not assignable: NULL, and assign says why; nothing is not a number ----
SELECT v.what, a.* FROM (VALUES ('NULL', NULL::float8), ('NaN', 'NaN'), ('inf', 'Infinity'), ('-inf', '-Infinity'), ('below -1', -2), ('huge', 1e300)) v (what, spend),
	LATERAL (SELECT r AS row FROM (SELECT v.spend, 3 AS visits, 'web' AS channel) r) r, clusterseg.assign('m', r.row) a;
SELECT clusterseg.segment('m', r), clusterseg.segment_label('m', r), clusterseg.segment_distance('m', r), clusterseg.segment_distance('m', r, 1), clusterseg.segment_probability('m', r, 1)
	FROM (SELECT NULL::float8 AS spend, 3 AS visits, 'web' AS channel) r;
SELECT count(*) FROM (SELECT NULL::float8 AS spend, 3 AS visits, 'web' AS channel) r, clusterseg.explain('m', r);
SELECT count(*) FROM (SELECT NULL::float8 AS spend, 3 AS visits, 'web' AS channel) r, clusterseg.counterfactual('m', r, 1);
SELECT a.segment_id, a.reason FROM (SELECT 20.0 AS spend, 3 AS visits, NULL::text AS channel) r, clusterseg.assign('m', r) a;
-- a level that training has not seen is none of those seen
SELECT a.segment, e.value, e.feature FROM (SELECT 20.0 AS spend, 3 AS visits, 'carrier pigeon' AS channel) r, clusterseg.assign('m', r) a, clusterseg.explain('m', r) e WHERE e.feature = 'channel';
SELECT clusterseg.segment('m', NULL::customers), clusterseg.segment(NULL::text, c), clusterseg.segment(NULL::clusterseg.model, c) FROM customers c WHERE id = 1;
SELECT clusterseg.segment('two', NULL::float8[]), clusterseg.segment_distance('m', c, NULL) FROM customers c WHERE id = 1;

-- ---- wrong ----
SELECT raises('SELECT clusterseg.segment(''m'', r) FROM (SELECT 1 AS spend, 2 AS visits) r');
SELECT raises('SELECT clusterseg.segment(''m'', r) FROM (SELECT 1 AS spend, 2 AS "Visits", ''web'' AS channel) r');
SELECT raises('SELECT clusterseg.segment(''m'', r) FROM (SELECT ''1'' AS spend, 2 AS visits, ''web'' AS channel) r');
SELECT raises('SELECT clusterseg.segment(''m'', r) FROM (SELECT 1 AS spend, DATE ''2024-01-01'' AS visits, ''web'' AS channel) r');
SELECT raises('SELECT clusterseg.segment(''m'', r) FROM (SELECT 1 AS spend, 2 AS visits, 3.5 AS channel) r');
SELECT raises('SELECT clusterseg.segment(''m'', ROW(1, 2, ''web''))');
SELECT raises('SELECT clusterseg.segment(''nobody'', c) FROM customers c');
SELECT raises('SELECT clusterseg.segment_distance(''m'', c, 99) FROM customers c'), raises('SELECT clusterseg.segment_probability(''m'', c, 0) FROM customers c');
SELECT raises('SELECT clusterseg.segment_at(''m'', c, 2) FROM customers c');

-- ---- one segment, no second ----
SELECT k FROM clusterseg.train('one', 'customers', 'id', '{spend}', k => 1);
SELECT a.segment_id, a.margin, a.runner_up_id, a.confidence, e.contribution, e.reason FROM customers c, clusterseg.assign('one', c) a, clusterseg.explain('one', c) e WHERE id = 1;
SELECT clusterseg.segment_probability('one', c, 1) FROM customers c WHERE id = 1;

-- ---- a model by name follows what is published, within one session and one transaction ----
BEGIN;
SELECT clusterseg.segment('one', c) AS before FROM customers c WHERE id = 2;
SELECT version FROM clusterseg.train('one', 'customers', 'id', '{spend}', k => 3);
SELECT clusterseg.segment('one', c) <> 1 AS after FROM customers c WHERE id = 2;
SAVEPOINT s;
SELECT clusterseg.publish('one', 1);
SELECT clusterseg.segment('one', c) AS back FROM customers c WHERE id = 2;
ROLLBACK TO s;
SELECT clusterseg.segment('one', c) <> 1 AS again FROM customers c WHERE id = 2;
ROLLBACK;
SELECT clusterseg.segment('one', c) AS before FROM customers c WHERE id = 2;
-- a prepared statement, and a parallel plan
PREPARE q AS SELECT count(*) FILTER (WHERE clusterseg.segment('m', c) = m.segment_id) FROM customers c JOIN m_members m USING (id);
EXECUTE q;
SELECT version FROM clusterseg.train('m', 'customers', 'id', '{visits}', k => 2);
EXECUTE q;
SET parallel_setup_cost = 0; SET parallel_tuple_cost = 0; SET min_parallel_table_scan_size = 0; SET max_parallel_workers_per_gather = 2;
SELECT count(*) AS right FROM (SELECT id, clusterseg.segment('m', c) AS s, clusterseg.segment_label('m', c) AS l FROM customers c) c
	JOIN m_members m ON m.id = c.id AND m.segment_id = s AND m.segment = l;
