-- The quality aggregates on every labelled set beside the checkout, against scikit-learn.
--
-- Expected values: scikit-learn 1.9.1 with NumPy 2.4.6 (silhouette_score, davies_bouldin_score,
-- calinski_harabasz_score, adjusted_rand_score, normalized_mutual_info_score, homogeneity_score,
-- completeness_score, fowlkes_mallows_score); the simplified silhouette and purity, which it does not
-- have, by their formulas in NumPy.  Columns as they are, nothing scaled.  The second labelling is label1
-- of the gauss sets, elsewhere four equal intervals of the middle column: float arithmetic that is the
-- same in both.
\set ECHO none
\getenv shared CLUSTERSEG_SHARED
SET search_path = clusterseg, public;

CREATE TABLE expected (set text PRIMARY KEY, n int, d int, silhouette float8, simplified_silhouette float8, davies_bouldin float8,
	calinski_harabasz float8, adjusted_rand_index float8, normalized_mutual_information float8, purity float8, homogeneity float8,
	completeness float8, fowlkes_mallows float8);
INSERT INTO expected VALUES
	('fcps/atom.csv', 800, 3, 0.311492975086, 0.0518219191039, 20.197976342, 1.15983062916, 0.0799295086638, 0.174793367698, 0.70125, 0.238649718249, 0.13789603666, 0.459975278913),
	('fcps/chainlink.csv', 1000, 3, 0.166650678173, 0.0862593020984, 1.99031036696, 250.867499596, 0.195810902947, 0.297239460649, 0.776, 0.445080239939, 0.22312484492, 0.494296082474),
	('fcps/engytime.csv.gz', 4096, 2, 0.405456307137, 0.542730182549, 0.999286822846, 2921.69995958, 0.322049208334, 0.34412004839, 0.83251953125, 0.424681220894, 0.289249920818, 0.634776069514),
	('fcps/golfball.csv.gz', 4002, 3, NULL, NULL, NULL, NULL, 0, 0, 1, 1, 0, 0.499783459258),
	('fcps/hepta.csv', 212, 3, 0.701923198995, 0.787197504291, 0.355038585465, 519.937197216, 0.285784265765, 0.519862233527, 0.495283018868, 0.43118540216, 0.654456633632, 0.458251364871),
	('fcps/lsun.csv', 400, 2, 0.477456412023, 0.596117060209, 0.708998390384, 384.438730673, 0.766063964104, 0.689117864434, 0.85, 0.750267973579, 0.637184547293, 0.850338970718),
	('fcps/lsun3d.csv', 404, 3, 0.536883535791, 0.64216329279, 0.609868773039, 336.585053344, 0.764675159356, 0.685391900711, 0.841584158416, 0.732693538443, 0.643827336747, 0.847944230879),
	('fcps/target.csv', 770, 2, 0.295208280138, 0.0240305906043, 11.2287787632, 27.8687577539, 0.0678357451766, 0.167303551225, 0.650649350649, 0.204243987479, 0.141678902363, 0.463661939055),
	('fcps/tetra.csv', 400, 3, 0.505788928979, 0.621110828042, 0.662644567562, 418.39120909, 0.25738462352, 0.449953823213, 0.5375, 0.436862156147, 0.463854379765, 0.458393437632),
	('fcps/twodiamonds.csv', 800, 2, 0.6305972114, 0.721336111113, 0.541801330191, 2386.42595432, 0.000188737503604, 0.00194162894787, 0.5275, 0.00277868555817, 0.00149213524233, 0.38741173378),
	('fcps/wingnut.csv', 1016, 2, 0.448230219293, 0.570915816074, 0.889018413143, 1061.01649377, 0.0817426944608, 0.0831722101781, 0.680118110236, 0.128625163525, 0.0614553932861, 0.405702329507),
	('gauss/g2mg_128_30.csv.gz', 2048, 128, 0.0399004426304, 0.0760892069546, 4.79862294716, 88.5136656719, 0.951744347629, 0.904921149668, 0.98779296875, 0.904920838407, 0.90492146093, 0.975860398405),
	('gauss/g2mg_128_60.csv.gz', 2048, 128, 0.0101733850511, 0.0209235915439, 9.54858237008, 22.3545490176, 0.539081527805, 0.435143332725, 0.8671875, 0.435105014568, 0.435181657631, 0.769456328284),
	('gauss/g2mg_32_30.csv.gz', 2048, 32, 0.133076736923, 0.224572774124, 2.41197102737, 346.296431447, 0.942236338301, 0.889813953598, 0.9853515625, 0.889812729337, 0.889815177862, 0.971104114921),
	('gauss/g2mg_32_60.csv.gz', 2048, 32, 0.037326346895, 0.0711784523363, 4.88908583259, 84.2821858934, 0.531930195715, 0.428350282793, 0.86474609375, 0.428346599338, 0.428353966312, 0.765853558475),
	('gauss/g2mg_8_30.csv.gz', 2048, 8, 0.351158887038, 0.485170658814, 1.15867410739, 1435.94383711, 0.968978986477, 0.934438481126, 0.9921875, 0.934433338483, 0.934443623827, 0.984482034471),
	('gauss/g2mg_8_60.csv.gz', 2048, 8, 0.130593305904, 0.219293321003, 2.32657347636, 356.142806837, 0.578522799651, 0.47184082093, 0.88037109375, 0.471821182631, 0.471860460864, 0.789170615451),
	('uci-labelled/ecoli.csv', 336, 7, 0.23824072585, 0.358740678185, 1.57533193553, 81.1758675865, 0.00437338223547, 0.0210207285203, 0.428571428571, 0.0106508923737, 0.796600450366, 0.521244104346),
	('uci-labelled/iris.csv', 150, 4, 0.503477440693, 0.613699383305, 0.751370709476, 487.330876375, 0.602851042556, 0.704398558155, 0.853333333333, 0.757988825521, 0.657885645988, 0.729868628023),
	('uci-labelled/optdigits_train.csv.gz', 3823, 64, 0.174097013891, 0.26619457391, 2.03588480276, 322.085637578, -1.5746177461e-06, 0.00259732103188, 0.103060423751, 0.00130429535205, 0.300600912435, 0.315467319734),
	('uci-labelled/wine.csv', 178, 13, 0.200082978828, 0.291954476588, 1.51548625216, 206.678116448, 0.423723101483, 0.469481381626, 0.76404494382, 0.48315867266, 0.456557129035, 0.615156272745),
	('wut/circles.csv', 4000, 2, 0.515430989035, 0.602834743657, 0.669849383788, 5976.40303231, 0.337830614698, 0.501892518595, 0.50625, 0.500222194216, 0.503574035324, 0.505064076792),
	('wut/graph.csv', 2500, 2, 0.224131787151, 0.315075660567, 243.634887974, 1227.43171015, 0.207767497262, 0.382966470232, 0.258, 0.29378593471, 0.549888531125, 0.387586851857),
	('wut/labirynth.csv', 3546, 2, 0.0507181674134, 0.189689353126, 1.05306464653, 859.750343017, 0.362992180629, 0.51113763906, 0.688663282572, 0.489673948924, 0.534569205745, 0.53324905271),
	('wut/mk1.csv', 300, 2, 0.661836347982, 0.753579773835, 0.475845086504, 975.625663462, 0.330737436034, 0.476538939195, 0.68, 0.53080933839, 0.432336488143, 0.533658344099),
	('wut/mk3.csv', 600, 3, 0.46314029176, 0.585095118083, 0.820806298213, 1345.93274082, 0.415027881264, 0.52192389614, 0.788333333333, 0.576165578132, 0.477016370816, 0.595383740976),
	('wut/mk4.csv', 1500, 3, 0.117539529131, 0.162295857501, 5.04749891692, 31.815259157, 0.052921670379, 0.113280621513, 0.496, 0.121536187602, 0.106075266544, 0.358319743917),
	('wut/windows.csv', 2977, 2, -0.125202452069, -0.0400754411631, 2.54506280232, 82.0064014284, 0.148006517307, 0.328332830192, 0.652670473631, 0.366464389384, 0.297388766631, 0.442396004659);

-- a line of a file to features and labels
CREATE TABLE line (line text);
CREATE TABLE point (set text, x float8[], label int, other int);
CREATE FUNCTION load(folder text, set text) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
	labels int := CASE WHEN set LIKE 'gauss/%' THEN 2 ELSE 1 END;
BEGIN
	TRUNCATE line;
	EXECUTE format('COPY line FROM PROGRAM %L', format('gzip -cdf "%s/data/%s" | tail -n +2', folder, set));
	INSERT INTO point
		SELECT load.set, v[: cardinality(v) - labels], v[cardinality(v) - labels + 1]::int, v[cardinality(v)]::int
		FROM (SELECT string_to_array(l.line, ',')::float8[] FROM line l) l (v);
END
$$;
SELECT count(load(:'shared', set)) AS sets FROM expected;
UPDATE point p SET other = floor(4 * ((x[cardinality(x) / 2 + 1] - low) / (high - low)))
	FROM (SELECT set, min(x[cardinality(x) / 2 + 1]) AS low, max(x[cardinality(x) / 2 + 1]) AS high FROM point GROUP BY set) r
	WHERE p.set = r.set AND p.set NOT LIKE 'gauss/%';
\set ECHO all

CREATE TABLE measured AS
	SELECT set, count(*) AS n, min(cardinality(x)) AS d, silhouette(x, label), simplified_silhouette(x, label), davies_bouldin(x, label),
		calinski_harabasz(x, label), adjusted_rand_index(other, label), normalized_mutual_information(other, label),
		purity(other, label), homogeneity(other, label), completeness(other, label), fowlkes_mallows(other, label)
	FROM point GROUP BY set;

-- every value that was expected, and how far the worst is off (relative above 1, absolute below); golfball has
-- one label only, so that its first four are NULL
CREATE VIEW difference AS
	SELECT e.set, v.key AS measure, (m.value)::float8 AS measured, (v.value)::float8 AS expected,
		abs(m.value::float8 - v.value::float8) / greatest(1, abs(v.value::float8)) AS error
	FROM expected e, jsonb_each_text(to_jsonb(e) - 'set') v, measured a, jsonb_each_text(to_jsonb(a) - 'set') m
	WHERE a.set = e.set AND m.key = v.key;
SELECT measure, count(*) AS sets, count(measured) AS measured, max(error) <= 1e-6 AS within_1e_6, count(*) FILTER (WHERE error IS NULL) AS null
	FROM difference GROUP BY measure ORDER BY measure;
SELECT * FROM difference WHERE error > 1e-6 OR (measured IS NULL) <> (expected IS NULL) ORDER BY set, measure;

-- the same to the last bit in another order of the rows, and by parallel workers
CREATE TABLE shuffled AS SELECT * FROM point ORDER BY md5(ctid::text || 'shuffled');
SET max_parallel_workers_per_gather = 2;
SET parallel_setup_cost = 0;
SET parallel_tuple_cost = 0;
SET min_parallel_table_scan_size = 0;
CREATE TABLE again AS
	SELECT set, count(*) AS n, min(cardinality(x)) AS d, silhouette(x, label), simplified_silhouette(x, label), davies_bouldin(x, label),
		calinski_harabasz(x, label), adjusted_rand_index(other, label), normalized_mutual_information(other, label),
		purity(other, label), homogeneity(other, label), completeness(other, label), fowlkes_mallows(other, label)
	FROM shuffled GROUP BY set;
SELECT count(*) AS same FROM measured NATURAL JOIN (SELECT set FROM again) s WHERE measured IS NOT DISTINCT FROM
	(SELECT a::text::measured FROM again a WHERE a.set = measured.set);
