-- One model per group.  The reference is training on the rows of the group alone (WHERE region = ...): a group's model
-- must be that one, figure by figure, whatever the algorithm.
\set ECHO none
\i test/data/raises.sql
SET client_min_messages = warning;
\set ECHO all
CREATE TABLE c AS
SELECT i AS id, CASE WHEN i % 60 = 0 THEN 'tiny' WHEN i % 11 = 0 THEN NULL ELSE (ARRAY['north', 'south'])[1 + i % 2] END AS region,
	i % 4 AS size, (hashint4(i) & 1023) / 16.0 + (i % 3) * 200 AS x, (hashint4(i + 9999) & 1023) / 16.0 + (i % 2) * 50 AS y,
	'web' || i % 3 AS channel, 1 + i % 3 AS w
FROM generate_series(1, 2400) i;

-- ---- what becomes of each group ----
SELECT k, rows, skipped, converged, published FROM clusterseg.train('m', 'c', 'id', '{x, y}', k => 3, group_by => '{region}');
SELECT version, group_name, group_key, rows, skipped, k, status, reason, note, silhouette IS NOT NULL AS judged FROM clusterseg.model_groups WHERE model = 'm';
SELECT g.group_name, g.rows = (SELECT count(*) FROM c WHERE c.region IS NOT DISTINCT FROM g.group_key->>'region') AS all_rows FROM clusterseg.model_groups g;
SELECT segment_id, segment, size FROM clusterseg.segments WHERE model = 'm' ORDER BY 1;
SELECT sum(size) AS size, round(sum(share)::numeric, 6) AS share, count(DISTINCT segment_id) AS ids, count(DISTINCT segment) AS labels FROM clusterseg.segments;
SELECT region, array_agg(DISTINCT segment_id ORDER BY segment_id) AS segments, count(*) FROM m_members JOIN c USING (id) GROUP BY 1 ORDER BY 1;
SELECT m.metrics->'groups' AS groups, m.metrics->'groups_with_model' AS own, m.options->'group_by' AS group_by FROM clusterseg.versions m;

-- ---- the reference: the rows of the group alone, for every algorithm ----
CREATE VIEW north AS SELECT * FROM c WHERE region = 'north';
CREATE FUNCTION same_as_alone(algorithm text, features text[], k int, options jsonb DEFAULT '{}', weight text DEFAULT NULL)
RETURNS TABLE (ari float8, objective boolean, silhouette boolean, centroids boolean, profile boolean, by_name bigint, by_value bigint, rows bigint) LANGUAGE plpgsql AS $$
BEGIN
	PERFORM clusterseg.train('g', 'c', 'id', features, algorithm, k, group_by => '{region}', options => options, weight => weight);
	PERFORM clusterseg.train('a', 'north', 'id', features, algorithm, k, options => options, weight => weight);
	RETURN QUERY SELECT
		(SELECT clusterseg.adjusted_rand_index(COALESCE(g.segment_id, -1), COALESCE(a.segment_id, -1)) FROM g_members g JOIN a_members a USING (id)),
		(SELECT g.objective IS NOT DISTINCT FROM v.objective OR v.objective IS NULL FROM clusterseg.model_groups g, clusterseg.versions v
			WHERE g.model = 'g' AND g.group_name = 'north' AND v.model = 'a'),
		(SELECT g.silhouette IS NOT DISTINCT FROM v.silhouette FROM clusterseg.model_groups g, clusterseg.versions v
			WHERE g.model = 'g' AND g.group_name = 'north' AND v.model = 'a'),
		NOT EXISTS ((SELECT feature, value, scaled FROM clusterseg.centroids WHERE model = 'a') EXCEPT ALL (SELECT feature, value, scaled FROM clusterseg.centroids WHERE model = 'g')),
		NOT EXISTS ((SELECT feature, category, n, mean, median, p5, p95, overall_mean, effect, lift, v_test FROM clusterseg.segment_profiles WHERE model = 'a')
			EXCEPT ALL (SELECT feature, category, n, mean, median, p5, p95, overall_mean, effect, lift, v_test FROM clusterseg.segment_profiles WHERE model = 'g')),
		(SELECT count(*) FROM g_members g JOIN c USING (id) WHERE g.segment_id IS NOT DISTINCT FROM clusterseg.segment('g', c)),
		(SELECT count(*) FROM g_members g JOIN c USING (id), (SELECT clusterseg.model_value('g') AS v OFFSET 0) v WHERE g.segment_id IS NOT DISTINCT FROM clusterseg.segment(v.v, c)),
		(SELECT count(*) FROM g_members);
	PERFORM clusterseg.drop_model('g'), clusterseg.drop_model('a');
END
$$;
SELECT * FROM same_as_alone('kmeans', '{x, y}', 3);
SELECT * FROM same_as_alone('kmeans', '{x, y, channel}', NULL);
SELECT * FROM same_as_alone('kmeans', '{x, y}', 3, '{}', 'w');
SELECT * FROM same_as_alone('kmeans', '{x, y, size, channel}', 3, '{"pca": 2}');
SELECT * FROM same_as_alone('minibatch_kmeans', '{x, y}', 3);
SELECT * FROM same_as_alone('bisecting_kmeans', '{x, y}', 3);
SELECT * FROM same_as_alone('spherical_kmeans', '{x, y}', 3);
SELECT * FROM same_as_alone('kmedoids', '{x, y}', 3);
SELECT * FROM same_as_alone('kprototypes', '{x, y, channel}', 3);
SELECT * FROM same_as_alone('gmm', '{x, y}', 3);
SELECT * FROM same_as_alone('rfm', '{x, y, size}', NULL, '{"bins": 2}');
-- a tree that was cut and dense regions label their own rows: members are from the fit, scoring is the nearest centre or core point
SELECT ari, objective, silhouette, centroids, profile, by_name = by_value AS agree, by_name > 0.9 * rows AS nearly FROM same_as_alone('hierarchical', '{x, y}', 3);
SELECT ari, objective, silhouette, centroids, profile, by_name = by_value AS agree, by_name > 0.9 * rows AS nearly FROM same_as_alone('dbscan', '{x, y}', NULL, '{"eps": 0.2}');
SELECT ari, objective, silhouette, centroids, profile, by_name = by_value AS agree, by_name > 0.9 * rows AS nearly FROM same_as_alone('hdbscan', '{x, y}', NULL, '{"min_cluster_size": 30}');

-- ---- scoring: the row tells the group; an unseen group belongs to the parent, NULL is a group like others ----
SELECT s.segment_id <= 3 AS parent, s.segment FROM (SELECT (clusterseg.assign('m', r)).* FROM (SELECT 'nowhere' AS region, 210.0 AS x, 40.0 AS y) r) s;
SELECT r.region, clusterseg.segment_label('m', r), clusterseg.segment('m', r) IN (SELECT segment_id FROM m_members JOIN c USING (id) WHERE c.region IS NOT DISTINCT FROM r.region) AS own
FROM (VALUES ('north', 210.0, 40.0), ('south', 210.0, 40.0), (NULL, 210.0, 40.0), ('tiny', 210.0, 40.0)) r (region, x, y);
SELECT raises($$SELECT clusterseg.segment('m', r) FROM (SELECT 210.0 AS x, 40.0 AS y) r$$);
SELECT raises($$SELECT clusterseg.segment('m', r) FROM (SELECT 1.5 AS region, 210.0 AS x, 40.0 AS y) r$$);
SELECT raises($$SELECT clusterseg.segment('m', ARRAY[210, 40]::float8[])$$);
SELECT raises($$SELECT clusterseg.segment_distance('m', c, 1) FROM c WHERE id = 1$$);
SELECT clusterseg.segment(clusterseg.group_model('m', '{"region": "south"}'), ARRAY[210, 40]::float8[]) =
	clusterseg.segment('m', r) AS same FROM (SELECT 'south' AS region, 210.0 AS x, 40.0 AS y) r;
SELECT clusterseg.segment(clusterseg.group_model('m', '{"region": "nowhere"}'), ARRAY[210, 40]::float8[]) <= 3 AS parent;
SELECT raises($$SELECT clusterseg.group_model('m', '{"regio": "south"}')$$);
SELECT raises($$SELECT clusterseg.group_model('m', '{"region": ["south"]}')$$);
SELECT raises($$SELECT clusterseg.group_model('m', '[]')$$);
SELECT raises($$SELECT clusterseg.group_model(clusterseg.group_model('m', '{"region": "south"}'), '{"region": "south"}')$$);

-- ---- reasons and measures, of the model of the row's group ----
WITH r AS (SELECT c AS r FROM c WHERE id = 1), g AS (SELECT clusterseg.group_model('m', '{"region": "south"}') AS g)
SELECT count(*) AS features, bool_and(a = b) AS same FROM r, g, LATERAL clusterseg.explain('m', r.r) a, LATERAL clusterseg.explain(g.g, r.r) b WHERE a.feature = b.feature;
SELECT round(sum(e.contribution)::numeric, 6) = round(m.margin::numeric, 6) AS margin FROM c, m_members m, LATERAL clusterseg.explain('m', c) e WHERE c.id = 1 AND m.id = 1 GROUP BY m.margin;
SELECT count(*) > 0 AS found FROM c, clusterseg.counterfactual('m', c, (SELECT max(segment_id) FROM m_members JOIN c USING (id) WHERE region = 'south' AND segment_id <> (SELECT segment_id FROM m_members WHERE id = 1))) WHERE id = 1;
SELECT round(sum(clusterseg.segment_probability('m', c, s.segment_id))::numeric, 6) AS one FROM c, (SELECT DISTINCT segment_id FROM m_members JOIN c USING (id) WHERE region = 'south') s WHERE c.id = 1;
SELECT raises($$SELECT clusterseg.evaluate('m')$$);
SELECT raises($$SELECT clusterseg.stability('m')$$);
SELECT raises($$SELECT clusterseg.segment_rules('m')$$);
SELECT clusterseg.train('a', 'north', 'id', '{x, y}', k => 3) IS NOT NULL AS trained;
SELECT a.metric, a.value IS NOT DISTINCT FROM b.value AS same FROM clusterseg.evaluate('a') a JOIN clusterseg.evaluate('m', group_key => '{"region": "north"}') b USING (metric) WHERE a.metric <> 'stability';
SELECT count(*) AS segments, bool_and(a.jaccard = b.jaccard) AS same FROM clusterseg.stability('a', rounds => 5) a JOIN clusterseg.stability('m', rounds => 5, group_key => '{"region": "north"}') b
	ON a.segment_id + 6 = b.segment_id;
SELECT count(*) AS leaves, bool_and(a.rule = b.rule AND a.sql = b.sql AND a.customers = b.customers) AS same FROM clusterseg.segment_rules('a') a JOIN clusterseg.segment_rules('m', group_key => '{"region": "north"}') b USING (leaf);
SELECT metric, value FROM clusterseg.evaluate('m', group_key => '{"region": null}') WHERE metric IN ('rows', 'segments');
SELECT metric, value FROM clusterseg.evaluate('m', group_key => '{"region": "tiny"}') WHERE metric IN ('rows', 'segments');
SELECT raises($$SELECT clusterseg.evaluate('m', group_key => '{"region": "nowhere"}')$$);
SELECT raises($$SELECT clusterseg.evaluate('a', group_key => '{"region": "north"}')$$);
SELECT k FROM clusterseg.train('b', 'c', 'id', '{x, y}', 'bisecting_kmeans', 3, group_by => '{region}');
SELECT region, count(DISTINCT clusterseg.segment_at('b', c, 2)) AS coarse, count(DISTINCT clusterseg.segment_at('b', c, 3)) AS fine FROM c GROUP BY 1 ORDER BY 1;

-- ---- groups told by several columns, of any of the types ----
CREATE TYPE mood AS ENUM ('good', 'bad');
CREATE TABLE several AS SELECT i AS id, (i % 2 = 0) AS yes, CASE WHEN i % 3 = 0 THEN 'good' ELSE 'bad' END::mood AS mood, (i % 2)::smallint AS small, (i % 2)::bigint AS big,
	('00000000-0000-0000-0000-00000000000' || i % 2)::uuid AS u, ('k' || i % 2)::char(8) AS padded, ('k' || i % 2)::varchar AS v, hashint4(i) & 255 AS x FROM generate_series(1, 600) i;
SELECT k FROM clusterseg.train('s', 'several', 'id', '{x}', k => 2, group_by => '{yes, mood, small, big, u, padded, v}');
SELECT group_name, group_key, rows, status, reason FROM clusterseg.model_groups WHERE model = 's';
SELECT count(*) AS same FROM s_members m JOIN several s USING (id) WHERE m.segment_id = clusterseg.segment('s', s);
-- by text: the value 1 and the text 1 are the same group
SELECT clusterseg.segment('s', r) = (SELECT segment_id FROM s_members JOIN several USING (id) WHERE mood = 'bad' AND small = 1 AND x = r.x LIMIT 1) AS same
FROM (SELECT false AS yes, 'bad' AS mood, '1' AS small, 1 AS big, '00000000-0000-0000-0000-000000000001' AS u, 'k1' AS padded, 'k1'::char(20) AS v,
	(SELECT min(x) FROM several WHERE mood = 'bad' AND small = 1) AS x) r;

-- ---- hostile values ----
CREATE TABLE hostile AS SELECT v.n * 1000 + i AS id, v.value, v.other, hashint4(i) & 255 AS x FROM (VALUES
	(1, '', ''), (2, NULL, ''), (3, '', NULL), (4, NULL, NULL), (5, 'a'';DROP TABLE c;--', '%s'), (6, E'\x01', E'\x02'), (7, E'\x02\x01', E'\x03'), (8, E'\x01\x02', E'\x03'),
	(9, 'NULL', 'null'), (10, E'line\nbreak\ttab', '{"a": [1]}'), (11, 'größe 木', 'A'), (12, 'größe 木', 'a'), (13, repeat('long', 5000), '"'), (14, repeat('long', 5000) || '!', '"'),
	(15, 'a / b', 'c'), (16, 'a', 'b / c'), (17, ' a', 'a '), (18, E'\\x01', '$1')) v (n, value, other), generate_series(1, 110) i;
SELECT k FROM clusterseg.train('h', 'hostile', 'id', '{x}', k => 2, group_by => '{value, other}');
SELECT left(group_name, 100) AS group_name, rows, k, status FROM clusterseg.model_groups WHERE model = 'h';
SELECT count(*) AS groups, bool_and(EXISTS (SELECT FROM hostile h WHERE h.value IS NOT DISTINCT FROM g.group_key->>'value' AND h.other IS NOT DISTINCT FROM g.group_key->>'other')) AS keys
FROM clusterseg.model_groups g WHERE model = 'h';
SELECT count(*) AS same, count(DISTINCT m.segment_id) AS segments FROM h_members m JOIN hostile h USING (id) WHERE m.segment_id = clusterseg.segment('h', h);
SELECT count(DISTINCT lower(segment)) AS labels, max(length(segment)) < 120 AS short FROM clusterseg.segments WHERE model = 'h';
SELECT v::text::clusterseg.model::text = v::text AS text_form, clusterseg.model_send(v) = clusterseg.model_send(v::text::jsonb::text::clusterseg.model) AS through_jsonb FROM clusterseg.model_value('h') v;
SELECT metric, value FROM clusterseg.evaluate('h', group_key => (SELECT group_key FROM clusterseg.model_groups WHERE model = 'h' AND group_name LIKE '%DROP%')) WHERE metric = 'rows';

-- ---- the group as a feature as well: constant in each group; without names it is none ----
SELECT k FROM clusterseg.train('f', 'c', 'id', '{x, region}', k => 2, group_by => '{region}', transforms => '{"region": {"impute": "indicator"}}');
SELECT count(*) AS same FROM f_members m JOIN c USING (id) WHERE m.segment_id = clusterseg.segment('f', c);
SELECT k FROM clusterseg.train('d', 'SELECT id, region, x, y FROM c', 'id', k => 2, group_by => '{region}');
SELECT feature FROM clusterseg.model_features(clusterseg.model_value('d'));
