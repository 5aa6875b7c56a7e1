-- rfm through train(): score boxes.
--
-- Scores are held against percentile_disc() in plain SQL, groups against the boxes of R and FM = (F + M) / 2 that Shopify documents.
\set ECHO none
\i test/data/raises.sql
SET client_min_messages = warning;
\set ECHO all

-- ---- equal values get equal scores ----
-- frequency 1 x 60, 2 x 20, 3 x 10, 4 x 6, 10 x 4: cuts 1 1 1 2, so 1 scores 1, 2 scores 4, 3 and more 5; three scores in use.
-- ntile(5) would give 1 the scores 1, 2 and 3
CREATE TABLE ties AS SELECT i AS id, i AS recency, CASE WHEN i <= 60 THEN 1 WHEN i <= 80 THEN 2 WHEN i <= 90 THEN 3 WHEN i <= 96 THEN 4 ELSE 10 END AS frequency,
	i * 10 AS monetary FROM generate_series(1, 100) i;
SELECT algorithm, k, rows, skipped, iterations, converged, objective, silhouette FROM clusterseg.train('ties', 'ties', 'id', '{recency,frequency,monetary}', algorithm => 'rfm');
SELECT f->'frequency_cuts' AS frequency_cuts, f->'recency_cuts' AS recency_cuts, f->'monetary_cuts' AS monetary_cuts, f->'effective_bins' AS effective_bins
	FROM (SELECT clusterseg.model_value('ties')::text::jsonb->'fit' AS f) m;
SELECT DISTINCT frequency, e.reason FROM ties t, clusterseg.explain('ties', t) e WHERE e.feature = 'frequency' ORDER BY frequency;
SELECT count(DISTINCT n) AS ntiles_of_1 FROM (SELECT frequency, ntile(5) OVER (ORDER BY frequency) AS n FROM ties) x WHERE frequency = 1;

-- ---- quantile mode by plain SQL ----
CREATE TABLE shop AS SELECT i AS id, (i * 7919) % 365 AS recency, 1 + (i * 31) % 7 * ((i * 17) % 5) AS orders, ((i * 104729) % 1000) / 10.0 AS spent FROM generate_series(1, 600) i;
-- scores as the reasons of explain() have them
CREATE FUNCTION scores(model text) RETURNS TABLE (id int, r int, f int, m int) LANGUAGE sql AS $$
	SELECT s.id, max(substring(reason FROM '\d+')::int) FILTER (WHERE feature = 'recency'), max(substring(reason FROM '\d+')::int) FILTER (WHERE feature = 'orders'),
		max(substring(reason FROM '\d+')::int) FILTER (WHERE feature = 'spent') FROM shop s, clusterseg.explain(model, s) e GROUP BY s.id
$$;
-- 1 + cuts below the value; recency backwards
CREATE FUNCTION score(v float8, cuts float8[]) RETURNS int LANGUAGE sql RETURN (SELECT 1 + count(*) FILTER (WHERE c < v) FROM unnest(cuts) c)::int;
CREATE FUNCTION shares(bins int) RETURNS float8[] LANGUAGE sql RETURN (SELECT array_agg(j / bins::float8) FROM generate_series(1, bins - 1) j);
SELECT g.bins, t.rows FROM unnest(ARRAY[2, 3, 5, 10]) AS g (bins), clusterseg.train('bins_' || g.bins, 'shop', 'id', '{recency,orders,spent}', algorithm => 'rfm', options => jsonb_build_object('bins', g.bins)) t;
SELECT bins, count(*), bool_and(s.r = score(-recency, cr) AND s.f = score(orders, cf) AND s.m = score(spent, cm)) AS agrees
	FROM unnest(ARRAY[2, 3, 5, 10]) AS b (bins), LATERAL (SELECT percentile_disc(shares(bins)) WITHIN GROUP (ORDER BY -recency::float8) AS cr,
			percentile_disc(shares(bins)) WITHIN GROUP (ORDER BY orders::float8) AS cf, percentile_disc(shares(bins)) WITHIN GROUP (ORDER BY spent::float8) AS cm FROM shop) c,
		scores('bins_' || bins) s JOIN shop USING (id) GROUP BY bins ORDER BY bins;
-- nested: frequency within each recency score, monetary within each pair
SELECT rows FROM clusterseg.train('nested', 'shop', 'id', '{recency,orders,spent}', algorithm => 'rfm', options => '{"mode": "nested", "bins": 3}');
WITH r AS (SELECT id, orders, spent, score(-recency, (SELECT percentile_disc(shares(3)) WITHIN GROUP (ORDER BY -recency::float8) FROM shop)) AS r FROM shop),
f AS (SELECT r.*, score(orders, (SELECT percentile_disc(shares(3)) WITHIN GROUP (ORDER BY o.orders::float8) FROM r o WHERE o.r = r.r)) AS f FROM r),
m AS (SELECT f.*, score(spent, (SELECT percentile_disc(shares(3)) WITHIN GROUP (ORDER BY o.spent::float8) FROM f o WHERE o.r = f.r AND o.f = f.f)) AS m FROM f)
SELECT count(*), bool_and((s.r, s.f, s.m) = (m.r, m.f, m.m)) AS agrees FROM m JOIN scores('nested') s USING (id);

-- ---- groups ----
-- fixed thresholds: a value at its threshold has the better score.  All 125 scores, and a prospect
CREATE TABLE grid AS SELECT row_number() OVER () AS id, 60 - 10 * r AS recency, f AS orders, 10 * m AS spent, r, f, m
	FROM generate_series(1, 5) r, generate_series(1, 5) f, generate_series(1, 5) m;
SELECT k, rows FROM clusterseg.train('grid', 'SELECT id, recency, orders, spent FROM grid UNION ALL SELECT 999, 20, 0, 0', 'id', '{recency,orders,spent}', algorithm => 'rfm',
	options => '{"mode": "fixed", "thresholds": [[10, 20, 30, 40], [2, 3, 4, 5], [20, 30, 40, 50]]}');
SELECT count(*), bool_and(segment = CASE
	WHEN r = 5 AND fm >= 4 THEN 'Champions' WHEN r IN (3, 4) AND fm >= 4 THEN 'Loyal' WHEN r IN (4, 5) AND fm BETWEEN 2.5 AND 3.5 THEN 'Active' WHEN r = 5 THEN 'New'
	WHEN r IN (3, 4) AND fm <= 2 THEN 'Promising' WHEN r = 3 THEN 'Needs attention' WHEN fm >= 4.5 THEN 'Previously loyal' WHEN fm >= 2.5 THEN 'At risk'
	WHEN r = 2 THEN 'Almost lost' ELSE 'Dormant' END) AS agrees FROM grid g CROSS JOIN LATERAL (SELECT (f + m) / 2.0 AS fm) x JOIN grid_members USING (id);
SELECT segment FROM grid_members WHERE id = 999;
SELECT segment, size FROM clusterseg.segments WHERE model = 'grid' ORDER BY segment_id;
-- at and beside the thresholds
SELECT recency, clusterseg.segment_label('grid', v) AS segment FROM (VALUES (-5, 5, 50), (10, 5, 50), (10.001, 5, 50), (30, 5, 50), (31, 5, 50), (99, 1, 10), (99, 0, 10)) v (recency, orders, spent);
-- the ids and labels stay when nobody is in a group, and when the model is trained again
SELECT k FROM clusterseg.train('grid', 'SELECT id, recency, orders, spent FROM grid WHERE r < 5', 'id', '{recency,orders,spent}', algorithm => 'rfm',
	options => '{"mode": "fixed", "thresholds": [[10, 20, 30, 40], [2, 3, 4, 5], [20, 30, 40, 50]]}');
SELECT segment_id, segment, size FROM clusterseg.segments WHERE model = 'grid' AND segment IN ('Champions', 'Loyal') ORDER BY 1;
-- names of one's own, and boxes of one's own within
SELECT rows FROM clusterseg.train('named', 'SELECT id, recency, orders, spent FROM grid', 'id', '{recency,orders,spent}', algorithm => 'rfm',
	options => '{"mode": "fixed", "thresholds": [[10, 20, 30, 40], [2, 3, 4, 5], [20, 30, 40, 50]], "labels": {"Champions": "Our best", "1/1": "Gone for good", "5/5": "The very best"}}');
SELECT DISTINCT m.segment, r, round((f + g.m) / 2.0, 1) AS fm FROM named_members m JOIN grid g USING (id) WHERE segment IN ('Our best', 'Gone for good', 'The very best') ORDER BY 1, 2, 3;

-- a row without a value is left out; later customers are scored with the cuts of training: nobody's score moves because others bought
SELECT rows, skipped FROM clusterseg.train('gaps', 'SELECT id, recency, orders, CASE WHEN id % 10 > 0 THEN spent END AS spent FROM shop', 'id', '{recency,orders,spent}', algorithm => 'rfm');
SELECT segment_id, reason FROM (SELECT 5 AS recency, 3 AS orders, NULL::float8 AS spent) v, clusterseg.assign('gaps', v);
UPDATE shop SET spent = spent * 10 WHERE id > 300;
SELECT count(*) FILTER (WHERE clusterseg.segment('bins_5', s) <> m.segment_id) AS moved FROM shop s JOIN bins_5_members m USING (id) WHERE id <= 300;

DO $$ BEGIN PERFORM clusterseg.drop_model(model) FROM clusterseg.models; END $$;
-- what cannot be
\pset format unaligned
\pset tuples_only on
CREATE FUNCTION fails(options jsonb, features text[] DEFAULT '{recency,orders,spent}') RETURNS text LANGUAGE sql AS $$
	SELECT raises(format('SELECT clusterseg.train(''bad'', ''shop'', ''id'', %L, algorithm => ''rfm'', options => %L)', features, options))
$$;
SELECT fails('{}', '{recency,orders}');
SELECT fails('{}', '{recency,orders,spent,id}');
SELECT fails('{"bins": 1}');
SELECT fails('{"bins": 11}');
SELECT fails('{"mode": "ntile"}');
SELECT fails('{"mode": "fixed"}');
SELECT fails('{"mode": "fixed", "thresholds": [[1, 2], [1, 2], [1, 2]]}');
SELECT fails('{"mode": "fixed", "bins": 3, "thresholds": [[2, 1], [1, 2], [1, 2]]}');
SELECT fails('{"mode": "quantile", "bins": 3, "thresholds": [[1, 2], [1, 2], [1, 2]]}');
SELECT fails('{"labels": {"Champion": "VIP"}}');
SELECT fails('{"labels": {"6/1": "VIP"}}');
SELECT fails('{"labels": {"Champions": 5}}');
SELECT fails('{"labels": {"Champions": "Loyal"}}');
SELECT fails('{"labels": {"Champions": ""}}');
SELECT fails('{"labels": {"5/5": "A", "5/4": "A"}}');
SELECT fails('{"restarts": 5}');
SELECT raises($$SELECT clusterseg.train('bad', 'shop', 'id', '{recency,orders,spent}', algorithm => 'rfm', transforms => '{"spent": "log1p"}')$$);
SELECT raises($$SELECT clusterseg.train('bad', 'shop', 'id', '{recency,orders,spent}', algorithm => 'rfm', transforms => '{"*": {"weight": 2}}')$$);
