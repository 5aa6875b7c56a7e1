-- evaluate(), select_k(), stability(): quality of versions on the rows of a source.
--
-- The points of the models are the standardised columns of iris, which SQL computes here as well; the aggregates
-- that judge them are checked against scikit-learn in quality_aggregates.
\set ECHO none
\i test/data/raises.sql
\i test/data/iris.sql
\set ECHO all
SET search_path = public, clusterseg;

CREATE VIEW measures AS SELECT flower, sepal_length, sepal_width, petal_length, petal_width FROM iris;
SELECT k, rows FROM train('flowers', 'measures', 'flower', k => 3, options => '{"restarts": 20}');
CREATE VIEW standardised AS SELECT i.flower, ARRAY[(sepal_length - a1) / s1, (sepal_width - a2) / s2, (petal_length - a3) / s3, (petal_width - a4) / s4] AS z,
	m.segment_id, m.borderline
	FROM iris i JOIN flowers_members m USING (flower), (SELECT avg(sepal_length) a1, stddev_pop(sepal_length) s1, avg(sepal_width) a2, stddev_pop(sepal_width) s2,
		avg(petal_length) a3, stddev_pop(petal_length) s3, avg(petal_width) a4, stddev_pop(petal_width) s4 FROM iris) p;

-- ---- evaluate ----

-- scikit-learn 1.9.1, KMeans(3, n_init=50) of the same points: inertia 139.82049635974982, sizes 53, 50, 47
SELECT metric, round(value::numeric, 5) AS value, note FROM evaluate('flowers');
SELECT abs(value - 139.82049635974982) < 1e-4 AS inertia FROM evaluate('flowers') WHERE metric = 'objective';
-- by SQL over the members
WITH expected (metric, value) AS (
	SELECT 'silhouette', silhouette(z, segment_id) FROM standardised
	UNION ALL SELECT 'simplified_silhouette', simplified_silhouette(z, segment_id) FROM standardised
	UNION ALL SELECT 'davies_bouldin', davies_bouldin(z, segment_id) FROM standardised
	UNION ALL SELECT 'calinski_harabasz', calinski_harabasz(z, segment_id) FROM standardised
	UNION ALL SELECT 'borderline_share', avg(borderline::int) FROM standardised
	UNION ALL SELECT 'balance', -sum(n / 150 * ln(n / 150)) / ln(3) FROM (SELECT count(*)::float8 AS n FROM standardised GROUP BY segment_id) s
	-- standardised columns: total variance 4 per row
	UNION ALL SELECT 'explained_share', 1 - 139.82049635974982 / (4 * 150)
)
SELECT metric, abs(m.value - e.value) <= 1e-6 * greatest(1, e.value) AS same FROM expected e JOIN evaluate('flowers') m USING (metric) ORDER BY metric;

-- on other rows: half of them, of which one has no point
SELECT metric, round(value::numeric, 4) AS value, note FROM evaluate('flowers', source =>
	'SELECT flower, sepal_length, NULLIF(sepal_width, 4.4) AS sepal_width, petal_length, petal_width FROM iris WHERE flower % 2 = 0')
	WHERE metric IN ('rows', 'skipped', 'silhouette', 'stability');
-- only one segment has rows
SELECT metric, value IS NULL AS unknown, note FROM evaluate('flowers', source => 'SELECT * FROM measures WHERE flower <= 20')
	WHERE metric IN ('silhouette', 'simplified_silhouette', 'davies_bouldin', 'calinski_harabasz') ORDER BY metric;
-- the exact silhouette has a limit, and says so
SELECT metric, value > 0.3 AS plausible, note FROM evaluate('flowers', silhouette_rows => 60) WHERE metric IN ('silhouette', 'silhouette_rows');
-- the order of the rows does not show
CREATE TABLE backwards AS SELECT * FROM measures ORDER BY flower DESC;
SELECT count(*) AS metrics, bool_and(a.value IS NOT DISTINCT FROM b.value) AS same
	FROM evaluate('flowers', silhouette_rows => 60) a JOIN evaluate('flowers', source => 'backwards', silhouette_rows => 60) b USING (metric);
-- more rows than memory has room for: sizes and objective are of all, the rest of a sample
CREATE TABLE crowd AS SELECT i AS flower, sepal_length, sepal_width, petal_length, petal_width FROM iris f, generate_series(1, 60000) i WHERE f.flower = i % 150 + 1;
SET maintenance_work_mem = '1MB';
SELECT metric, round(value::numeric, 3) AS value, regexp_replace(note, '\d+', 'N') AS note FROM evaluate('flowers', source => 'crowd', silhouette_rows => 2000)
	WHERE metric IN ('rows', 'objective_per_row');
SELECT e.metric, abs(e.value - f.value) < 0.03 AS near, regexp_replace(e.note, '\d+', 'N') AS note
	FROM evaluate('flowers', source => 'crowd', silhouette_rows => 2000) e JOIN evaluate('flowers') f USING (metric)
	WHERE metric IN ('silhouette', 'simplified_silhouette', 'davies_bouldin', 'explained_share', 'objective_per_row');
RESET maintenance_work_mem;
DROP TABLE crowd;

-- a draft, a chosen k, weights, other algorithms
SELECT version FROM train('flowers', 'measures', 'flower', publish => false);
SELECT metric, round(value::numeric, 6) AS value, note FROM evaluate('flowers', 2) WHERE metric IN ('segments', 'silhouette', 'stability');
SELECT round((c->>'silhouette')::numeric, 6) AS silhouette, c->'stability' AS stability
	FROM versions, jsonb_array_elements(metrics->'candidates') c WHERE model = 'flowers' AND version = 2 AND (c->>'chosen')::boolean;
SELECT rows FROM train('weighted', 'SELECT *, flower % 3 AS heavy FROM measures', 'flower', ARRAY['sepal_length', 'petal_length'], k => 2, weight => 'heavy', scale => 'none');
SELECT abs(e.value - v.objective) < 1e-9 * v.objective AS same, e.note FROM evaluate('weighted') e, versions v WHERE e.metric = 'objective' AND v.model = 'weighted';
SELECT k FROM train('directions', 'measures', 'flower', k => 2, algorithm => 'spherical_kmeans', scale => 'none');
SELECT abs(e.value - v.objective) < 1e-9 * v.objective AS same, e.note FROM evaluate('directions') e, versions v WHERE e.metric = 'objective' AND v.model = 'directions';
CREATE TABLE buyers AS SELECT i AS customer, i % 50 AS recency_days, i % 7 + 1 AS orders, (i * 37 % 1000)::float8 AS monetary FROM generate_series(1, 200) i;
SELECT algorithm FROM train('boxes', 'buyers', 'customer', ARRAY['recency_days', 'orders', 'monetary'], algorithm => 'rfm');
SELECT string_agg(metric, ', ') AS of_boxes FROM evaluate('boxes') WHERE value IS NOT NULL;

-- ---- stability ----

-- Hennig's bootstrap written down with scikit-learn 1.9.1 (400 samples, KMeans(3, n_init=10), same points): mean
-- coefficients 0.892, 0.994, 0.892 of the segments of 53, 50 and 47 rows, recovered in 0.92, 1 and 0.94 of the
-- samples.  Standard deviations of 0.1 at most make standard errors of 0.005 on either side.
SELECT size, abs(jaccard - CASE size WHEN 50 THEN 0.994 ELSE 0.892 END) < 0.02 AS near, verdict, rounds,
		abs(recovered / 400.0 - CASE size WHEN 53 THEN 0.92 WHEN 50 THEN 1 ELSE 0.94 END) < 0.05 AS recovered, dissolved < 10 AS dissolved
	FROM stability('flowers', rounds => 400) s JOIN segments g ON g.model = 'flowers' AND g.segment_id = s.segment_id ORDER BY size;
-- the same seed gives the same, in whatever order the rows come; another seed does not
SELECT bool_and(a.jaccard = b.jaccard) AS same, bool_or(a.jaccard <> c.jaccard) AS other
	FROM stability('flowers', rounds => 20) a JOIN stability('flowers', rounds => 20, source => 'backwards') b USING (segment_id)
		JOIN stability('flowers', rounds => 20, seed => 7) c USING (segment_id);
-- two groups far apart always come out again; a cloud without groups does not
CREATE TABLE groups AS SELECT i, i % 2 * 1000 + i % 10 AS x FROM generate_series(1, 400) i;
SELECT k FROM train('apart', 'groups', 'i', k => 2);
SELECT jaccard, verdict, rounds, recovered, dissolved FROM stability('apart', rounds => 30);
CREATE TABLE fog AS SELECT i, i * 7919 % 1009 AS x, i * 104729 % 1013 AS y FROM generate_series(1, 1000) i;
SELECT k FROM train('fog', 'fog', 'i', k => 9);
SELECT count(*) AS segments, count(*) FILTER (WHERE verdict IN ('unstable', 'doubtful')) > 5 AS mostly_weak FROM stability('fog', rounds => 50);
-- a tree that is cut: the fit says where rows belong
SELECT k FROM train('tree', 'groups', 'i', k => 2, algorithm => 'hierarchical');
SELECT jaccard, verdict, rounds FROM stability('tree', rounds => 5);
SELECT metric, round(value::numeric, 4) AS value FROM evaluate('tree') WHERE metric IN ('silhouette', 'noise_share', 'balance');
SELECT silhouette(ARRAY[x], i % 2)::numeric(6, 4) AS silhouette FROM groups;
SELECT k, round(value::numeric, 4) AS silhouette, chosen FROM select_k('groups', 'i', k_range => '[2,3]', algorithm => 'hierarchical') WHERE metric = 'silhouette';
-- fewer rows: a sample
SELECT count(*) AS segments, min(rounds) AS rounds FROM stability('flowers', rounds => 10, sample => 50);
-- as many segments as distinct rows: no sample has so many
SELECT k FROM train('crowded', 'SELECT i, i AS x FROM generate_series(1, 12) i', 'i', k => 12);
SELECT DISTINCT jaccard, verdict, rounds FROM stability('crowded', rounds => 3);
-- score boxes: unknown are those without customers
SELECT count(*) AS segments, bool_and((verdict = 'unknown') = (size = 0)) AS known
	FROM stability('boxes', rounds => 5) s JOIN segments g ON g.model = 'boxes' AND g.segment_id = s.segment_id;

-- ---- select_k ----

-- the rule of train(), and its measures
SELECT k, metric, round(value::numeric, 4) AS value, near_tie, stable FROM select_k('measures', 'flower') WHERE chosen ORDER BY metric;
SELECT count(*) AS candidates, count(*) FILTER (WHERE abs(s.value - (c->>'silhouette')::float8) < 1e-9) AS same, bool_and(s.chosen = (c->>'chosen')::boolean) AS chosen
	FROM select_k('measures', 'flower') s, versions v, jsonb_array_elements(v.metrics->'candidates') c
	WHERE s.metric = 'silhouette' AND v.model = 'flowers' AND v.version = 2 AND (c->>'k')::int = s.k;
SELECT DISTINCT metric FROM select_k('measures', 'flower', k_range => '[3,4]') ORDER BY metric;
-- what each metric alone would choose, by plain SQL; the gap: the first k within the error of the next
CREATE TABLE measured AS SELECT * FROM select_k('measures', 'flower', k_range => '[1,5]', algorithm => 'gmm', options => '{"restarts": 2}');
WITH right_one AS (
	SELECT metric, (array_agg(k ORDER BY CASE WHEN metric IN ('davies_bouldin', 'criterion') THEN value ELSE -value END, k) FILTER (WHERE value IS NOT NULL))[1] AS k
		FROM measured WHERE metric NOT IN ('objective', 'gap', 'gap_error') GROUP BY 1
	UNION ALL SELECT 'gap', COALESCE(min(a.k) FILTER (WHERE a.value >= b.value - e.value), (SELECT k FROM measured WHERE metric = 'gap' ORDER BY value DESC LIMIT 1))
		FROM measured a JOIN measured b ON b.k = a.k + 1 AND b.metric = 'gap' JOIN measured e ON e.k = b.k AND e.metric = 'gap_error' WHERE a.metric = 'gap'
)
SELECT m.metric, bool_and(m.best IS NOT DISTINCT FROM (m.k = r.k)) AS best, bool_and(m.votes = (SELECT count(*) FROM right_one x WHERE x.k = m.k)) AS votes
	FROM measured m LEFT JOIN right_one r USING (metric) GROUP BY 1 ORDER BY 1;
SELECT count(*) FILTER (WHERE metric = 'criterion') AS bic FROM measured;
-- scikit-learn 1.9.1 and NumPy, 60 sets drawn evenly from the box: whose mean for 20 sets has an error of 0.01
SELECT k, abs(value - reference) < 0.03 AS near FROM select_k('measures', 'flower', k_range => '[1,5]', options => '{"restarts": 10}')
	JOIN (VALUES (1, 0.3798), (2, 0.9762), (3, 1.2321), (4, 1.256), (5, 1.3775)) r(k, reference) USING (k) WHERE metric = 'gap';
-- one k only, another algorithm, features, options
SELECT k, chosen, round(value::numeric, 3) AS silhouette FROM select_k('measures', 'flower', ARRAY['petal_length', 'petal_width'], '[3,3]',
	'bisecting_kmeans', scale => 'none', options => '{"restarts": 5}') WHERE metric = 'silhouette';
-- near-ties are named
CREATE TABLE squares AS SELECT i, (i % 4 / 2) * 10 + i * 7919 % 1000 / 1000.0 AS x, (i % 2) * 10 + i * 104729 % 997 / 997.0 AS y FROM generate_series(1, 400) i;
SELECT k, round(value::numeric, 2) AS silhouette, chosen, near_tie FROM select_k('squares', 'i', k_range => '[2,5]') WHERE metric = 'silhouette';
-- two groups of two: silhouettes 1 - (5 / 2 + 1 / 6) / 45 = 0.941 and 1 - (1 / 3) / 5 = 0.933, roughly
CREATE TABLE nested AS SELECT i, (ARRAY[0, 5, 45, 50])[i % 4 + 1] + i * 7919 % 1000 / 1000.0 AS x FROM generate_series(1, 400) i;
SELECT k, round(value::numeric, 2) AS silhouette, chosen, near_tie FROM select_k('nested', 'i', k_range => '[2,6]') WHERE metric = 'silhouette' AND near_tie;
-- the range ends with the distinct rows
SELECT max(k) FROM select_k('SELECT i, i % 4 AS x FROM generate_series(1, 100) i', 'i', k_range => '[2,10]');
-- nothing is kept, and it works where nothing may be written
BEGIN READ ONLY;
SELECT count(*) FROM select_k('measures', 'flower', k_range => '[2,3]');
SELECT count(*) FROM evaluate('flowers');
SELECT count(*) FROM stability('flowers', rounds => 2);
COMMIT;
SELECT count(*) AS models FROM models;

-- ---- bad input ----

SELECT raises($$SELECT * FROM evaluate('nobody')$$);
SELECT raises($$SELECT * FROM evaluate('flowers', 9)$$);
SELECT raises($$SELECT * FROM evaluate('flowers', silhouette_rows => 1)$$);
SELECT raises($$SELECT * FROM evaluate('flowers', source => 'nowhere')$$);
SELECT raises($$SELECT * FROM evaluate('flowers', source => 'SELECT flower, sepal_length FROM iris')$$);
SELECT raises($$SELECT * FROM evaluate('flowers', source => 'SELECT * FROM measures WHERE false')$$);
SELECT raises($$SELECT * FROM evaluate('flowers', source => 'SELECT flower, NULL::float8 AS sepal_length, sepal_width, petal_length, petal_width FROM iris')$$);
SELECT raises($$SELECT * FROM evaluate('flowers', source => 'SELECT NULLIF(flower, 3) AS flower, sepal_length, sepal_width, petal_length, petal_width FROM iris')$$);
SELECT raises($$SELECT * FROM evaluate('weighted', source => 'SELECT *, -1 AS heavy FROM measures')$$);
SELECT raises($$SELECT * FROM evaluate('flowers', source => 'DELETE FROM iris')$$);
SELECT count(*) FROM train('draft', 'measures', 'flower', k => 2, publish => false);
SELECT raises($$SELECT * FROM evaluate('draft')$$);
SELECT count(*) FROM import_model('imported', export_model('flowers'));
SELECT raises($$SELECT * FROM evaluate('imported')$$);
SELECT round(value::numeric, 4) AS of_an_imported_one FROM evaluate('imported', source => 'measures') WHERE metric = 'silhouette';
SELECT raises($$SELECT * FROM stability('flowers', rounds => 0)$$);
SELECT raises($$SELECT * FROM stability('flowers', sample => 5)$$);
SELECT raises($$SELECT * FROM stability('flowers', seed => NULL)$$);
SELECT raises($$SELECT * FROM select_k('measures', 'flower', k_range => 'empty')$$);
SELECT raises($$SELECT * FROM select_k('measures', 'flower', k_range => '[0,3]')$$);
SELECT raises($$SELECT * FROM select_k('measures', 'flower', k_range => '[2,)')$$);
SELECT raises($$SELECT * FROM select_k('SELECT i, i % 2 AS x FROM generate_series(1, 100) i', 'i', k_range => '[5,6]')$$);
SELECT raises($$SELECT * FROM select_k('measures', 'flower', algorithm => 'rfm')$$);
SELECT split_part(raises($$SELECT * FROM select_k('measures', 'flower', algorithm => 'magic')$$), E'\n', 1) AS raises;
SELECT split_part(raises($$SELECT * FROM select_k('measures', 'flower', options => '{"restart": 5}')$$), E'\n', 1) AS raises;
SELECT raises($$SELECT * FROM select_k('measures', 'nowhere')$$);
SELECT raises($$SELECT * FROM select_k('measures', NULL)$$);

-- somebody else's model
\set SHOW_CONTEXT never
CREATE ROLE regress_stranger;
SET ROLE regress_stranger;
SELECT count(*) FROM clusterseg.models;
SELECT * FROM clusterseg.evaluate('flowers');
SELECT * FROM clusterseg.stability('flowers');
SELECT * FROM clusterseg.select_k('public.measures', 'flower');
RESET ROLE;
-- granted, it is measured with the caller's rights
SELECT grant_model('flowers', 'regress_stranger');
SET ROLE regress_stranger;
SELECT * FROM clusterseg.evaluate('flowers');
RESET ROLE;
GRANT SELECT ON measures TO regress_stranger;
SET ROLE regress_stranger;
SELECT value AS rows FROM clusterseg.evaluate('flowers') WHERE metric = 'rows';
RESET ROLE;
DROP OWNED BY regress_stranger;
SELECT revoke_model('flowers', 'regress_stranger');
DROP ROLE regress_stranger;

-- a source that trains while it is read: an error, not a crash; one that only measures does no harm
CREATE FUNCTION fit_inside() RETURNS int LANGUAGE sql AS $$
	SELECT (clusterseg._fit('x', 'fog', 'public', 'i', NULL, 'kmeans', 2, 2, 2, '{}', 'zscore', NULL, 1, '{}', NULL, NULL, 1, NULL, NULL)).segments $$;
CREATE FUNCTION end_inside() RETURNS int LANGUAGE sql AS $$ SELECT clusterseg._fit_end(); SELECT 1 $$;
CREATE FUNCTION profile_inside() RETURNS bigint LANGUAGE sql AS $$ SELECT count(*) FROM clusterseg._fit_profile() $$;
CREATE FUNCTION measure_inside() RETURNS bigint LANGUAGE sql AS $$ SELECT count(*) FROM clusterseg.select_k('public.fog', 'i', k_range => '[2,3]') $$;
SELECT raises($$SELECT * FROM train('x', 'SELECT *, CASE WHEN i % 300 = 0 THEN fit_inside() ELSE 1 END AS z FROM fog', 'i', k => 2)$$);
SELECT raises($$SELECT * FROM train('x', 'SELECT *, CASE WHEN i % 300 = 0 THEN end_inside() ELSE 1 END AS z FROM fog', 'i', k => 2)$$);
SELECT raises($$SELECT * FROM train('x', 'SELECT *, CASE WHEN i % 300 = 0 THEN profile_inside() ELSE 1 END AS z FROM fog', 'i', k => 2)$$);
SELECT k FROM train('x', 'SELECT *, CASE WHEN i % 300 = 0 THEN measure_inside() ELSE 1 END AS z FROM fog', 'i', k => 2);
