-- Clusterings of labelled sets beside the checkout against SciPy and R.  Columns as they are, nothing scaled; the number
-- of segments is that of the labels.
--
-- scipy: SciPy 1.17.1, linkage and fcluster by maxclust on rows rounded to single precision, in which they are held here:
-- adjusted Rand index against the labels, and the sum of all heights.  Indexes of 1 are the published answers of FCPS.
-- r: R packages cluster 2.1.4, cost of pam(pamonce = 6); dbscan 1.1.11, dbscan with minPts 5 and hdbscan with minPts 10, the
-- sizes of its clusters; core rows of fpc 2.2.10, dbscan(method = "raw"), which has the same clusters and noise.
-- mclust 6.0.0: mean log likelihood of Mclust(modelNames = "VVV").
\set ECHO none
\getenv shared CLUSTERSEG_SHARED
SELECT set_config('test.shared', :'shared', false) \gset
SET search_path = clusterseg, public;
SET client_min_messages = warning;

CREATE TABLE scipy (set text PRIMARY KEY, k int, ward float8, ward_heights float8, average float8, average_heights float8, complete float8,
	complete_heights float8, single float8, single_heights float8);
INSERT INTO scipy VALUES
	('fcps/atom.csv', 2, 0.098626218, 11492.474893466, 0.098626218, 4653.879230108, 0.083531193, 6571.231106471, 1.000000000, 2686.275203650),
	('fcps/chainlink.csv', 2, 0.357064426, 294.845019464, 0.274013943, 86.008428764, 0.349921594, 121.861630672, 1.000000000, 46.905041250),
	('fcps/hepta.csv', 7, 1.000000000, 276.635727840, 1.000000000, 115.461702047, 1.000000000, 153.024849638, 1.000000000, 77.562062825),
	('fcps/lsun.csv', 3, 0.368821684, 248.097384794, 0.361088531, 85.534419220, 0.404612961, 125.301175561, 1.000000000, 45.067511654),
	('fcps/lsun3d.csv', 4, 0.733908989, 327.745891761, 0.714704929, 140.820243524, 0.532499229, 191.671947161, 0.537877438, 87.816316263),
	('fcps/target.csv', 6, 0.638779120, 311.806061057, 0.145592188, 103.192546997, 0.206684300, 155.291784427, 1.000000000, 53.561552880),
	('fcps/tetra.csv', 4, 0.967267633, 325.015210821, 0.993316527, 154.582444709, 0.986700900, 208.859937738, -0.000025063, 100.121239988),
	('fcps/twodiamonds.csv', 2, 1.000000000, 243.700257900, 0.994999992, 77.267627101, 0.985037525, 115.495833061, 0.000000000, 40.465463057),
	('fcps/wingnut.csv', 2, 0.343513073, 444.609459333, 1.000000000, 145.974159318, 0.667056180, 219.283239274, 1.000000000, 78.225652960),
	('wut/mk1.csv', 3, 0.989983167, 402.425159482, 0.989983167, 155.011984129, 0.969952566, 228.524432247, 0.564899054, 84.047839819),
	('wut/mk3.csv', 3, 0.864452546, 926.309925005, 0.557807520, 437.059312937, 0.843143395, 591.668336512, -0.000005556, 268.050377824),
	('uci-labelled/iris.csv', 3, 0.731198557, 138.162240962, 0.759198707, 65.216647307, 0.642251252, 87.535995224, 0.563751021, 43.523779893);
CREATE TABLE r (set text PRIMARY KEY, pam float8, eps float8, dbscan_k int, dbscan_noise int, dbscan_core int, hdbscan_k int, hdbscan_noise int,
	hdbscan_ari float8, hdbscan_sizes text);
INSERT INTO r VALUES
	('fcps/atom.csv', 19009.28415, 12, 8, 21, 720, 2, 0, 1, '400 400'),
	('fcps/chainlink.csv', 823.0566507, 0.09412, 11, 9, 900, 2, 0, 1, '500 500'),
	('fcps/hepta.csv', 138.4680128, 0.7449, 8, 2, 190, 7, 0, 1, '32 30 30 30 30 30 30'),
	('fcps/lsun.csv', 346.6664186, 0.2953, 7, 11, 359, 3, 4, 0.98944836, '200 99 97'),
	('fcps/lsun3d.csv', 295.7530638, 0.4707, 3, 13, 363, 3, 19, 0.94580195, '198 100 87'),
	('fcps/target.csv', 364.8190417, 0.1843, 7, 24, 693, 2, 12, 0.99963488, '395 363'),
	('fcps/tetra.csv', 296.8324264, 0.4583, 3, 8, 360, 4, 148, 0.43343395, '83 63 53 53'),
	('fcps/twodiamonds.csv', 450.6648826, 0.1231, 1, 4, 721, 2, 14, 0.96528007, '394 392'),
	('fcps/wingnut.csv', 888.8252616, 0.2037, 8, 20, 914, 4, 196, 0.61387593, '398 398 12 12'),
	('wut/mk1.csv', 373.6144677, 0.7787, 3, 13, 270, 3, 22, 0.87883948, '97 93 88'),
	('wut/mk3.csv', 933.0948346, 1.057, 2, 21, 540, 2, 83, 0.44916752, '349 168'),
	('uci-labelled/iris.csv', 98.13115488, 0.6164, 2, 9, 133, 2, 0, 0.56811594, '100 50');
CREATE TABLE mclust (set text PRIMARY KEY, likelihood float8);
INSERT INTO mclust VALUES ('fcps/engytime.csv.gz', -3.53241506), ('fcps/lsun3d.csv', -2.85307036), ('uci-labelled/iris.csv', -1.20123892),
	('fcps/hepta.csv', -2.64485476);

CREATE TABLE line (id bigserial, line text);
CREATE TABLE point (id bigint, x float8[], label int);
CREATE FUNCTION load(folder text, set text) RETURNS bigint LANGUAGE plpgsql AS $$
BEGIN
	TRUNCATE line RESTART IDENTITY;
	TRUNCATE point;
	EXECUTE format('COPY line (line) FROM PROGRAM %L', format('gzip -cdf "%s/data/%s" | tail -n +2', folder, set));
	INSERT INTO point SELECT id, v[: cardinality(v) - 1], v[cardinality(v)]::int FROM (SELECT id, string_to_array(line, ',')::float8[] FROM line) l (id, v);
	RETURN (SELECT count(DISTINCT label) FROM point);
END
$$;
CREATE FUNCTION fit(p_algorithm text, p_k int, p_options jsonb, OUT ari float8, OUT k int, OUT objective float8, OUT noise int, OUT core int, OUT outliers float8, OUT sizes text)
	LANGUAGE plpgsql AS $$
BEGIN
	SELECT t.k, t.objective INTO k, objective FROM train('m', 'SELECT id, x FROM point', 'id', '{x}', algorithm => p_algorithm, k => p_k, scale => 'none', options => p_options) t;
	SELECT adjusted_rand_index(COALESCE(segment_id, 0), label), count(*) FILTER (WHERE segment_id IS NULL), count(*) FILTER (WHERE point_type = 'core'), sum(outlier_score)
		INTO ari, noise, core, outliers FROM m_members JOIN point USING (id);
	SELECT string_agg(size::text, ' ' ORDER BY size DESC) INTO sizes FROM segments WHERE model = 'm';
	PERFORM drop_model('m');
END
$$;
CREATE TABLE found (set text, method text, ari float8, k int, objective float8, noise int, core int, outliers float8, sizes text, heights float8);
DO $$
DECLARE
	s record;
	method text;
BEGIN
	FOR s IN SELECT * FROM scipy JOIN r USING (set) LOOP
		PERFORM load(current_setting('test.shared'), s.set);
		FOREACH method IN ARRAY '{ward,average,complete,single}'::text[] LOOP
			INSERT INTO found SELECT s.set, method, f.*, (SELECT sum(height) FROM linkage('SELECT id, x FROM point', 'id', '{x}', method, scale => 'none'))
				FROM fit('hierarchical', s.k, jsonb_build_object('linkage', method)) f;
		END LOOP;
		INSERT INTO found SELECT s.set, 'pam', * FROM fit('kmedoids', s.k, '{"init": "build"}');
		INSERT INTO found SELECT s.set, 'dbscan', * FROM fit('dbscan', NULL, jsonb_build_object('eps', s.eps, 'min_points', 5));
		INSERT INTO found SELECT s.set, 'hdbscan', * FROM fit('hdbscan', NULL, '{"min_cluster_size": 10, "min_points": 10}');
	END LOOP;
	FOR s IN SELECT * FROM mclust LOOP
		INSERT INTO found SELECT s.set, 'gmm', f.* FROM load(current_setting('test.shared'), s.set) k, fit('gmm', k::int, '{"restarts": 10, "tolerance": 1e-6, "max_iterations": 1000}') f;
	END LOOP;
END
$$;
\set ECHO all

-- trees: the same segments, the same heights; but for wingnut and twodiamonds, where distances are equal: SciPy's own heights
-- there change with the order of the rows (wingnut, complete: 218.1 to 220.3 in five orders)
SELECT method, count(*) AS sets, count(*) FILTER (WHERE abs(f.ari - CASE method WHEN 'ward' THEN ward WHEN 'average' THEN average WHEN 'complete' THEN complete ELSE single END) < 1e-8) AS same,
	count(*) FILTER (WHERE abs(heights / CASE method WHEN 'ward' THEN ward_heights WHEN 'average' THEN average_heights WHEN 'complete' THEN complete_heights ELSE single_heights END - 1) < 1e-6) AS same_heights
	FROM found f JOIN scipy USING (set) WHERE method IN ('ward', 'average', 'complete', 'single') GROUP BY 1 ORDER BY 1;
SELECT set, method FROM found f JOIN scipy USING (set) WHERE abs(heights / CASE method WHEN 'ward' THEN ward_heights WHEN 'average' THEN average_heights WHEN 'complete' THEN complete_heights
	ELSE single_heights END - 1) >= 1e-6 ORDER BY 1, 2;
SELECT set, string_agg(method, ' ' ORDER BY method) AS found_all FROM found WHERE ari = 1 GROUP BY 1 ORDER BY 1;

-- k-medoids from BUILD: as good as pam or better
SELECT count(*) AS sets, count(*) FILTER (WHERE objective <= pam * (1 + 1e-6)) AS as_good FROM found JOIN r USING (set) WHERE method = 'pam';

-- dbscan: clusters, noise and core rows
SELECT count(*) AS sets, count(*) FILTER (WHERE (k, noise, core) = (dbscan_k, dbscan_noise, dbscan_core)) AS same FROM found JOIN r USING (set) WHERE method = 'dbscan';

-- hdbscan: as many clusters, as noisy but for rows that leave where their cluster splits: R takes edges of the same length
-- one by one, so that one such row stays on either side, by the order of the rows
SELECT count(*) AS sets, count(*) FILTER (WHERE k = hdbscan_k) AS same_k, count(*) FILTER (WHERE sizes = hdbscan_sizes) AS same_sizes,
	count(*) FILTER (WHERE abs(ari - hdbscan_ari) < 1e-7) AS same_ari, max(abs(ari - hdbscan_ari)) < 0.05 AS near FROM found JOIN r USING (set) WHERE method = 'hdbscan';
SELECT set, k, noise, hdbscan_noise, sizes, hdbscan_sizes FROM found JOIN r USING (set) WHERE method = 'hdbscan' AND sizes <> hdbscan_sizes ORDER BY 1;
-- the sum of GLOSH by the package hdbscan 0.8.44 for Python, where it does not depend on the order of the rows, min_samples = 9
-- as it does not count a row itself: hepta 23.6096, tetra 79.8594, iris 30.0791
SELECT set, round(outliers::numeric, 4) FROM found WHERE method = 'hdbscan' AND set ~ 'hepta|tetra|iris' ORDER BY 1;

-- mixtures: as likely as those of mclust or more
SELECT count(*) AS sets, count(*) FILTER (WHERE -objective >= likelihood - 1e-4) AS as_likely FROM found JOIN mclust USING (set) WHERE method = 'gmm';
