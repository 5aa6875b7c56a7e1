-- compare_algorithms(): several algorithms on the same rows.
--
-- Each row is checked against what train(), select_k() and the aggregates say of the same algorithm.
\set ECHO none
\i test/data/raises.sql
\i test/data/iris.sql
SET client_min_messages = warning;
\set ECHO all
SET search_path = public, clusterseg;
CREATE VIEW measures AS SELECT flower, sepal_length, sepal_width, petal_length, petal_width FROM iris;
CREATE TABLE compared AS SELECT * FROM compare_algorithms('measures', 'flower', algorithms => '{kmeans,hierarchical,gmm,spherical_kmeans,bisecting_kmeans}', k => 3,
	options => '{"kmeans": {"restarts": 20}, "gmm": {"covariance": "full", "restarts": 3}}');
SELECT algorithm, asked, segments, noise_share, rows, seconds > 0 AS seconds, memory_mb > 0 AS memory, note FROM compared;
-- inertia 139.8205 has silhouette 0.4599 (scikit-learn)
SELECT round(silhouette::numeric, 4) AS silhouette FROM compared WHERE algorithm = 'kmeans';

-- as a version of each, measured by other functions
SELECT c.algorithm, t.k FROM compared c, train('m_' || c.algorithm, 'measures', 'flower', algorithm => c.algorithm, k => 3,
	options => COALESCE('{"kmeans": {"restarts": 20}, "gmm": {"covariance": "full", "restarts": 3}}'::jsonb->c.algorithm, '{}')) t;
CREATE VIEW labels AS SELECT 'kmeans' AS algorithm, flower, segment_id FROM m_kmeans_members UNION ALL SELECT 'hierarchical', flower, segment_id FROM m_hierarchical_members
	UNION ALL SELECT 'gmm', flower, segment_id FROM m_gmm_members UNION ALL SELECT 'spherical_kmeans', flower, segment_id FROM m_spherical_kmeans_members
	UNION ALL SELECT 'bisecting_kmeans', flower, segment_id FROM m_bisecting_kmeans_members;
SELECT c.algorithm, abs(c.agreement - a.ari) < 1e-9 AS agreement, abs(c.mean_agreement - a.mean) < 1e-9 AS mean_agreement
	FROM compared c, LATERAL (SELECT max(ari) FILTER (WHERE other = 'kmeans') AS ari, avg(ari) FILTER (WHERE other <> c.algorithm) AS mean FROM (
		SELECT y.algorithm AS other, adjusted_rand_index(x.segment_id, y.segment_id) AS ari FROM labels x JOIN labels y USING (flower) WHERE x.algorithm = c.algorithm GROUP BY 1) p) a;
CREATE VIEW points AS SELECT flower, ARRAY[(sepal_length - a1) / s1, (sepal_width - a2) / s2, (petal_length - a3) / s3, (petal_width - a4) / s4] AS z FROM iris,
	(SELECT avg(sepal_length) a1, stddev_pop(sepal_length) s1, avg(sepal_width) a2, stddev_pop(sepal_width) s2,
		avg(petal_length) a3, stddev_pop(petal_length) s3, avg(petal_width) a4, stddev_pop(petal_width) s4 FROM iris) p;
SELECT c.algorithm, abs(c.silhouette - s) < 1e-5 AS silhouette, abs(c.davies_bouldin - d) < 1e-5 AS davies_bouldin, abs(c.calinski_harabasz - h) < 1e-3 AS calinski_harabasz
	FROM compared c JOIN (SELECT algorithm, silhouette(z, segment_id) s, davies_bouldin(z, segment_id) d, calinski_harabasz(z, segment_id) h FROM labels JOIN points USING (flower) GROUP BY 1) l USING (algorithm)
	WHERE c.algorithm <> 'spherical_kmeans' ORDER BY 1;
SELECT c.algorithm, abs(c.stability - k.value) < 1e-12 AS stability FROM compared c, select_k('measures', 'flower', algorithm => c.algorithm, k_range => '[3,3]',
	options => COALESCE('{"kmeans": {"restarts": 20}, "gmm": {"covariance": "full", "restarts": 3}}'::jsonb->c.algorithm, '{}')) k WHERE k.metric = 'stability';

-- all that there are, in any order of the rows; k chosen by each
CREATE TABLE backwards AS SELECT * FROM measures ORDER BY flower DESC;
CREATE TABLE twice AS SELECT 1 AS n, c.* FROM compare_algorithms('measures', 'flower', k_range => '[2,4]') c UNION ALL SELECT 2, c.* FROM compare_algorithms('backwards', 'flower', k_range => '[2,4]') c;
SELECT count(*) FILTER (WHERE algorithm IN ('kmeans', 'gmm', 'hierarchical', 'minibatch_kmeans', 'bisecting_kmeans', 'spherical_kmeans') AND segments BETWEEN 2 AND 4) AS fitted FROM twice WHERE n = 1;
SELECT count(*) AS different FROM ((SELECT algorithm, segments, noise_share, silhouette, stability, agreement, mean_agreement FROM twice WHERE n = 1)
	EXCEPT (SELECT algorithm, segments, noise_share, silhouette, stability, agreement, mean_agreement FROM twice WHERE n = 2)) d;
SELECT count(*) = 0 AS nothing_kept FROM models WHERE model NOT LIKE 'm\_%';

-- scikit-learn 1.9.1, DBSCAN(eps=0.6, min_samples=5) of the standardised columns: 2 clusters, 26 rows of noise
SELECT algorithm, asked, segments, round(noise_share * 150) AS noise, note FROM compare_algorithms('measures', 'flower', algorithms => '{dbscan,kmeans}', k => 2, options => '{"dbscan": {"eps": 0.6, "min_points": 5}}');

-- what one cannot do is told in its row
CREATE TABLE few AS SELECT i AS id, i % 4 AS a, i % 3 AS b FROM generate_series(1, 24) i;
SELECT algorithm, segments, note FROM compare_algorithms('few', 'id', algorithms => '{kmeans,rfm}', k => 3);
-- and of all of them is an error
SELECT raises($$SELECT compare_algorithms('few', 'id', algorithms => '{kmeans,gmm}', k => 0)$$);
SELECT raises($$SELECT compare_algorithms('few', 'id', algorithms => '{}')$$);
SELECT raises($$SELECT compare_algorithms('few', 'id', algorithms => '{kmeans,kmeans}')$$);
SELECT raises($$SELECT compare_algorithms('few', 'id', algorithms => '{kmeans,NULL}')$$);
SELECT raises($$SELECT compare_algorithms('few', 'id', algorithms => '{magic}')$$);
SELECT raises($$SELECT compare_algorithms('few', 'id', algorithms => '{kmeans}', options => '{"restarts": 3}')$$);
SELECT raises($$SELECT compare_algorithms('few', 'id', algorithms => '{kmeans}', options => '{"gmm": {}}')$$);
SELECT raises($$SELECT compare_algorithms('few', 'id', '{c}', algorithms => '{kmeans}')$$);
SELECT raises($$SELECT compare_algorithms('nowhere', 'id', algorithms => '{kmeans}')$$);
