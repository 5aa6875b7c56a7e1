-- explain(), counterfactual(), v-tests: the reasons of a segment.
--
-- Reference values on iris, k-means of three, unscaled, recomputed in NumPy from the definitions: flower 53 lies near the
-- border between two species.
\set ECHO none
\i test/data/raises.sql
\i test/data/iris.sql
SET client_min_messages = warning;
\set ECHO all
SET search_path = public, clusterseg;
\set measures '{sepal_length,sepal_width,petal_length,petal_width}'
SELECT k FROM train('flowers', 'iris', 'flower', :'measures', k => 3, scale => 'none', options => '{"restarts": 50, "tolerance": 0}');

-- v-tests -8.7572 7.3648 -11.2638 -10.8314, 0.7235 -7.2867 3.7011 3.1632, 8.6726 0.2676 8.0182 8.1586
SELECT s.size, string_agg(round(p.v_test::numeric, 4)::text, ' ' ORDER BY array_position(:'measures', p.feature)) AS v_tests
	FROM segment_profiles p JOIN segments s USING (model, segment_id) WHERE p.model = 'flowers' GROUP BY s.segment_id, s.size ORDER BY min(p.mean) FILTER (WHERE p.feature = 'petal_length');

-- margin of flower 53: 0.994277 0.122939 -0.452648 -0.321728, together 0.342840
SELECT feature, value, round(contribution::numeric, 5) AS contribution, typical, runner_up_typical FROM iris, explain('flowers', iris) WHERE flower = 53;
SELECT round(sum(contribution)::numeric, 5) AS parts, round(max(m.margin)::numeric, 5) AS margin FROM iris JOIN flowers_members m USING (flower), explain('flowers', iris) WHERE flower = 53;

-- single changes -0.180749 -0.526964 -0.127114 -0.269028; the nearest point of the border is 0.095383 away
CREATE VIEW other AS SELECT m.flower, a.runner_up_id AS id FROM iris m, assign('flowers', m) a;
SELECT c.feature, from_value, round(to_value::numeric, 5) AS to_value, round(change::numeric, 5) AS change, sufficient, round(joint_value::numeric, 5) AS joint_value
	FROM iris JOIN other USING (flower), counterfactual('flowers', iris, other.id) c WHERE flower = 53;
SELECT round(sqrt(sum((joint_value - from_value) ^ 2))::numeric, 5) AS least_move FROM iris JOIN other USING (flower), counterfactual('flowers', iris, other.id) WHERE flower = 53;
-- never beyond what training has seen, and that far does not suffice
SELECT feature, to_value, sufficient FROM iris JOIN segments s ON s.model = 'flowers', counterfactual('flowers', iris, s.segment_id) c
	WHERE flower = 14 AND s.size = 38 AND to_value IN (7.9, 2, 6.9, 2.5, 4.4, 0.1);

-- ---- models that know no plane ----
CREATE VIEW measures AS SELECT flower, sepal_length, sepal_width, petal_length, petal_width FROM iris;
SELECT a, (train('by_' || a, 'measures', 'flower', algorithm => a, k => 3)).k FROM unnest('{gmm,spherical_kmeans,hierarchical}'::text[]) a;
SELECT k > 1 AS dense FROM train('by_dbscan', 'measures', 'flower', algorithm => 'dbscan', options => '{"eps": 0.6, "min_points": 5}');
SELECT k > 2 AS boxes FROM train('by_rfm', 'SELECT flower, petal_length AS recency, sepal_length AS frequency, sepal_width AS monetary FROM iris', 'flower',
	'{recency,frequency,monetary}', algorithm => 'rfm');
-- what is said to suffice does, by the model's own label; a little less does not; and values stay in what was seen
CREATE FUNCTION verify(model text) RETURNS TABLE (rows bigint, sufficient boolean, not_before boolean, seen boolean, joint boolean, some_do boolean) LANGUAGE sql AS $$
	WITH c AS MATERIALIZED (
		SELECT i.*, s.segment_id AS target, c.* FROM measures i, segments s, counterfactual(verify.model, i, s.segment_id) c
		WHERE s.model = verify.model AND flower % 7 = 3 AND s.state = 'active')
	SELECT count(*),
		bool_and(segment(verify.model, (SELECT m FROM (SELECT CASE feature WHEN 'sepal_length' THEN to_value ELSE sepal_length END AS sepal_length, CASE feature WHEN 'sepal_width' THEN to_value ELSE sepal_width END AS sepal_width,
			CASE feature WHEN 'petal_length' THEN to_value ELSE petal_length END AS petal_length, CASE feature WHEN 'petal_width' THEN to_value ELSE petal_width END AS petal_width) m)) = target)
			FILTER (WHERE c.sufficient),
		bool_and(segment(verify.model, (SELECT m FROM (SELECT CASE feature WHEN 'sepal_length' THEN to_value - change / 1000 ELSE sepal_length END AS sepal_length, CASE feature WHEN 'sepal_width' THEN to_value - change / 1000 ELSE sepal_width END AS sepal_width,
			CASE feature WHEN 'petal_length' THEN to_value - change / 1000 ELSE petal_length END AS petal_length, CASE feature WHEN 'petal_width' THEN to_value - change / 1000 ELSE petal_width END AS petal_width) m)) IS DISTINCT FROM target)
			FILTER (WHERE c.sufficient),
		bool_and(CASE feature WHEN 'sepal_length' THEN to_value BETWEEN 4.3 AND 7.9 WHEN 'sepal_width' THEN to_value BETWEEN 2 AND 4.4
			WHEN 'petal_length' THEN to_value BETWEEN 1 AND 6.9 ELSE to_value BETWEEN 0.1 AND 2.5 END),
		bool_and(joint_value IS NOT NULL), bool_or(c.sufficient) AND bool_or(NOT c.sufficient AND to_value IS NULL) FROM c
$$;
SELECT m.model, v.* FROM models m, verify(m.model) v WHERE m.model IN ('by_gmm', 'by_spherical_kmeans', 'by_dbscan') ORDER BY 1;
-- all together: the joint values are there, and just
SELECT count(*) AS rows, bool_and(segment('by_gmm', (SELECT m FROM (SELECT j.*) m)) = target) AS there
	FROM (SELECT flower, s.segment_id AS target, max(joint_value) FILTER (WHERE feature = 'sepal_length') AS sepal_length, max(joint_value) FILTER (WHERE feature = 'sepal_width') AS sepal_width,
		max(joint_value) FILTER (WHERE feature = 'petal_length') AS petal_length, max(joint_value) FILTER (WHERE feature = 'petal_width') AS petal_width
		FROM measures i, segments s, counterfactual('by_gmm', i, s.segment_id) WHERE s.model = 'by_gmm' AND flower % 5 = 0 GROUP BY 1, 2) j;
SELECT count(*) > 5 AS changes, bool_and(sufficient = (to_value IS NOT NULL)) AS told, bool_and(joint_value IS NULL) AS no_typical
	FROM (SELECT flower, petal_length AS recency, sepal_length AS frequency, sepal_width AS monetary FROM iris) i, segments s, counterfactual('by_rfm', i, s.segment_id) c
	WHERE s.model = 'by_rfm' AND flower < 5;
-- the same from a value; nothing for a row that is there already; no such segment
SELECT count(*) AS different FROM measures i, segments s,
	(SELECT model_value('by_gmm') AS v) v, LATERAL ((SELECT * FROM counterfactual('by_gmm', i, s.segment_id)) EXCEPT ALL (SELECT * FROM counterfactual(v.v, i, s.segment_id))) e
	WHERE s.model = 'by_gmm' AND flower % 25 = 0;
SELECT count(*) AS nothing FROM measures i, counterfactual('by_gmm', i, segment('by_gmm', i));
SELECT raises($$SELECT counterfactual('by_gmm', measures, 99) FROM measures$$);
