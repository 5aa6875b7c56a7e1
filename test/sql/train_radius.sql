-- Segments of bounded radius: rows that are too far from every centre belong to none.
\set ECHO none
\i test/data/raises.sql
SET client_min_messages = warning;
\set ECHO all
-- two clouds, a few rows between and far away
CREATE TABLE c AS SELECT i AS id, CASE WHEN i % 50 = 0 THEN 40 + i / 10 ELSE i % 2 * 20 END + (hashint4(i) & 255) / 64.0 AS x,
	CASE WHEN i % 20 = 1 THEN 9 ELSE 0 END + (hashint4(i + 5000) & 255) / 64.0 AS y, CASE WHEN i % 3 = 0 THEN 'a' ELSE 'b' END AS parity, i % 7 AS z,
	CASE WHEN i % 50 = 0 THEN 'far' ELSE 'near' END AS kind FROM generate_series(1, 1000) i;

-- Trained twice, with the radius and without: it changes who belongs, nothing else.  The radius is the
-- distance of a row (the 700th), which still belongs.
CREATE FUNCTION check_radius(a text, more jsonb DEFAULT '{}', features text[] DEFAULT '{x, y}') RETURNS TABLE (algorithm text, outliers bigint, segments bigint, labels boolean, types boolean, distances boolean,
	by_name boolean, by_array boolean, by_value boolean, assigned boolean, sizes boolean, noise boolean)
LANGUAGE plpgsql AS $$
DECLARE
	r float8;
	v clusterseg.model;
BEGIN
	PERFORM clusterseg.train('free', 'c', 'id', features, a, 3, options => more);
	SELECT distance INTO r FROM free_members ORDER BY distance OFFSET 699 LIMIT 1;
	PERFORM clusterseg.train('m', 'c', 'id', features, a, 3, options => more || jsonb_build_object('max_radius', r));
	v := clusterseg.model_value('m');
	RETURN QUERY SELECT a, count(*) FILTER (WHERE m.segment_id IS NULL), count(DISTINCT m.segment_id),
		-- the same segments, though not always by the same ids: these go by size
		bool_and((m.segment_id IS NULL) = (f.distance > r) AND (m.segment IS NULL) = (m.segment_id IS NULL))
			AND count(DISTINCT (m.segment_id, f.segment_id)) FILTER (WHERE m.segment_id IS NOT NULL) = count(DISTINCT m.segment_id)
			AND count(DISTINCT f.segment_id) FILTER (WHERE m.segment_id IS NOT NULL) = count(DISTINCT m.segment_id),
		bool_and(m.point_type IS NOT DISTINCT FROM CASE WHEN f.distance > r THEN 'outlier' END),
		bool_and(m.distance = f.distance AND m.distance = clusterseg.segment_distance('m', c) AND m.distance = clusterseg.segment_distance(v, c)),
		bool_and(m.segment_id IS NOT DISTINCT FROM clusterseg.segment('m', c)),
		bool_and(m.segment_id IS NOT DISTINCT FROM clusterseg.segment('m', numbers) AND m.segment_id IS NOT DISTINCT FROM clusterseg.segment(v, numbers)),
		bool_and(m.segment_id IS NOT DISTINCT FROM clusterseg.segment(v, c) AND (clusterseg.segment_label('m', c) IS NULL) = (m.segment_id IS NULL)),
		(SELECT bool_and(m2.segment_id IS NOT DISTINCT FROM s.segment_id AND s.distance = m2.distance AND (s.reason IS NULL) = (s.segment_id IS NOT NULL) AND (s.margin IS NULL) = (s.segment_id IS NULL))
			FROM m_members m2 JOIN c c2 USING (id) CROSS JOIN LATERAL clusterseg.assign('m', c2) s),
		(SELECT sum(s.size) = (SELECT count(*) FROM m_members WHERE segment_id IS NOT NULL)
			AND bool_and(s.size = (SELECT count(*) FROM m_members WHERE segment_id = s.segment_id)) FROM clusterseg.segments s WHERE s.model = 'm' AND s.state = 'active'),
		(SELECT (metrics->>'noise_rows')::int = (SELECT count(*) FROM m_members WHERE segment_id IS NULL) FROM clusterseg.versions WHERE model = 'm' ORDER BY version DESC LIMIT 1)
	FROM m_members m JOIN free_members f USING (id) JOIN c USING (id), LATERAL (SELECT (ARRAY[c.x, c.y, c.z])[:cardinality(features)] AS numbers) p;
	PERFORM clusterseg.drop_model('m');
	PERFORM clusterseg.drop_model('free');
END
$$;
\x on
SELECT * FROM check_radius('kmeans');
SELECT * FROM check_radius('minibatch_kmeans');
SELECT * FROM check_radius('bisecting_kmeans');
SELECT * FROM check_radius('spherical_kmeans');
SELECT * FROM check_radius('kmedoids');
SELECT * FROM check_radius('kmedoids', '{"metric": "manhattan"}');
SELECT * FROM check_radius('kprototypes', features => '{x, y, z}');
SELECT * FROM check_radius('kmeans', '{"pca": 1}');
\x off

-- ---- life: reassign, publish, refresh, preview, evaluate, rules, export ----
SELECT k, rows, skipped FROM clusterseg.train('l', 'c', 'id', '{x, y}', k => 2, scale => 'none', options => '{"max_radius": 12}');
CREATE FUNCTION agrees(model text) RETURNS TABLE (rows bigint, outliers bigint, agree boolean, sizes boolean) LANGUAGE plpgsql AS $$
BEGIN
	RETURN QUERY EXECUTE format('SELECT count(*), count(*) FILTER (WHERE m.segment_id IS NULL), bool_and(m.segment_id IS NOT DISTINCT FROM clusterseg.segment(%1$L, c) AND (m.segment_id IS NULL) = (m.distance > 12)
			AND m.distance = clusterseg.segment_distance(%1$L, c) AND m.point_type IS NOT DISTINCT FROM CASE WHEN m.segment_id IS NULL THEN ''outlier'' END),
		(SELECT bool_and(size = (SELECT count(*) FROM %1$I_members WHERE segment_id = s.segment_id) AND abs(share - size / 1000.0) < 1e-9) FROM clusterseg.segments s WHERE model = %1$L AND state = ''active'')
		FROM %1$I_members m JOIN c USING (id)', model);
END
$$;
SELECT * FROM agrees('l');
-- profiles are those of members
SELECT bool_and(abs(p.mean - m.mean) < 1e-4) AS means FROM clusterseg.segment_profiles p
	JOIN (SELECT m.segment_id, avg(x) AS mean FROM l_members m JOIN c USING (id) GROUP BY 1) m USING (segment_id) WHERE p.model = 'l' AND p.feature = 'x';
-- the centres and the objective are those of all rows
SELECT k FROM clusterseg.train('free', 'c', 'id', '{x, y}', k => 2, scale => 'none');
SELECT abs(l.objective / f.objective - 1) < 1e-12 AS objective FROM clusterseg.versions l, clusterseg.versions f WHERE l.model = 'l' AND f.model = 'free';
SELECT count(*) AS same FROM clusterseg.centroids l JOIN clusterseg.centroids f USING (feature, value) WHERE l.model = 'l' AND f.model = 'free';
-- a customer goes away and comes back
SELECT x AS was FROM c WHERE id = 7 \gset
UPDATE c SET x = 500 WHERE id = 7;
SELECT clusterseg.reassign('l');
SELECT segment_id, segment, distance > 400 AS far, margin, borderline, point_type, reason FROM l_members WHERE id = 7;
UPDATE c SET x = :was WHERE id = 7;
SELECT clusterseg.reassign('l');
SELECT segment_id IS NOT NULL AS back, point_type, previous_segment_id FROM l_members WHERE id = 7;
SELECT segment_id IS NULL AS outlier, valid_to IS NULL AS now FROM l_history WHERE id = 7 ORDER BY valid_from;
SELECT segment_id, reason FROM clusterseg.assign('l', (SELECT c FROM c WHERE id = 50));
SELECT feature, reason FROM clusterseg.explain('l', (SELECT c FROM c WHERE id = 50));
SELECT round(clusterseg.segment_probability('l', c, 1) + clusterseg.segment_probability('l', c, 2)) AS probability FROM c WHERE id = 50;
SELECT bool_and(sufficient = (clusterseg.segment('l', ARRAY[CASE feature WHEN 'x' THEN to_value + change * 1e-4 ELSE x END, CASE feature WHEN 'y' THEN to_value + change * 1e-4 ELSE y END]) IS NOT DISTINCT FROM 1)) AS told
	FROM c, clusterseg.counterfactual('l', c, 1) WHERE id IN (50, 100) AND to_value IS NOT NULL;
SELECT version FROM clusterseg.refresh('l');
SELECT * FROM agrees('l');
SELECT state FROM clusterseg.versions WHERE model = 'l' ORDER BY version;
SELECT clusterseg.publish('l', 1);
SELECT * FROM agrees('l');
SELECT metric, round(value::numeric, 3) AS value FROM clusterseg.evaluate('l') WHERE metric IN ('rows', 'noise_share', 'empty_segments') ORDER BY 1;
SELECT method, bool_and(price IS NULL) AS no_price, sum(customers) AS rows, min(fidelity) > 0.9 AS good, count(*) FILTER (WHERE segment_id IS NULL) > 0 AS outliers FROM (SELECT * FROM clusterseg.segment_rules('l') UNION ALL
	SELECT * FROM clusterseg.segment_rules('l', method => 'imm')) r GROUP BY 1 ORDER BY 1;
SELECT clusterseg.import_model('copy', clusterseg.export_model('l'));
SELECT count(*) AS rows, bool_and(clusterseg.segment('l', c) IS NOT DISTINCT FROM clusterseg.segment('copy', c)) AS same FROM c;
SELECT v::text::clusterseg.model::text = v::text AS text_form, (v::text::jsonb->'fit'->>'max_radius')::float8 AS radius FROM clusterseg.model_value('copy') v;

-- a segment that is left without members: nobody is near the mean of the two on the right
CREATE TABLE e AS SELECT id, x, y FROM c WHERE kind = 'near' UNION ALL VALUES (2001, 200, 0), (2002, 300, 0);
SELECT k, rows FROM clusterseg.train('e', 'e', 'id', '{x, y}', k => 3, scale => 'none', options => '{"max_radius": 12}');
SELECT segment_id, size FROM clusterseg.segments WHERE model = 'e' ORDER BY 1;
SELECT id, segment_id, distance FROM e_members WHERE segment_id IS NULL;
SELECT p.segment_id, count(*), count(mean) FROM clusterseg.segment_profiles p WHERE model = 'e' GROUP BY 1 ORDER BY 1;
SELECT clusterseg.segment('e', ARRAY[255, 5]) AS empty, clusterseg.segment('e', ARRAY[265, 5]) AS outside;
SELECT round(sum(clusterseg.segment_probability('e', ARRAY[255, 5], s))::numeric, 6) AS sum FROM generate_series(1, 3) s;
SELECT metric, value FROM clusterseg.evaluate('e') WHERE metric = 'empty_segments';
SELECT segments, k FROM (SELECT k, (SELECT count(*) FROM clusterseg.segments WHERE model = 'e' AND state = 'active') AS segments FROM clusterseg.refresh('e')) t;

-- the same model whatever the order of the rows and the number of workers
CREATE TABLE shuffled AS SELECT * FROM c ORDER BY md5(id::text);
SELECT version FROM clusterseg.train('one', 'c', 'id', '{x, y}', k => 3, options => '{"max_radius": 0.5, "workers": 0}');
SELECT version FROM clusterseg.train('two', 'shuffled', 'id', '{x, y}', k => 3, options => '{"max_radius": 0.5, "workers": 2}');
SELECT clusterseg.model_value('one')::text = clusterseg.model_value('two')::text AS same;

-- pinned segments have no radius; each group uses it; a sample counts as all rows do
SELECT k FROM clusterseg.train('p', 'c', 'id', '{x, y}', k => 2, scale => 'none', options => '{"max_radius": 12, "pinned": [{"name": "Far", "where": "x > 100"}]}');
SELECT count(*) FILTER (WHERE c.x > 100) AS pinned, bool_and((m.segment = 'Far') = (c.x > 100)) FILTER (WHERE m.segment_id IS NOT NULL) AS only, count(*) FILTER (WHERE m.segment_id IS NULL AND c.x > 100) AS lost,
	bool_and(m.segment_id IS NOT DISTINCT FROM clusterseg.segment('p', c)) AS agree, bool_and((m.segment_id IS NULL) = (m.distance > 12)) FILTER (WHERE x <= 100) AS radius FROM p_members m JOIN c USING (id);
SELECT k FROM clusterseg.train('g', 'c', 'id', '{x, y}', k => 2, scale => 'none', group_by => '{parity}', options => '{"max_radius": 12}');
SELECT * FROM agrees('g');
SELECT group_name, count(*) FILTER (WHERE m.segment_id IS NULL) > 0 AS outliers FROM g_members m JOIN c USING (id) JOIN clusterseg.model_groups ON model = 'g' AND group_name = parity GROUP BY 1 ORDER BY 1;
CREATE TABLE big AS SELECT i AS id, (hashint4(i) & 1023)::float8 AS x, i % 7 AS y FROM generate_series(1, 100000) i;
SELECT k, rows FROM clusterseg.train('s', 'big', 'id', '{x, y}', k => 2, scale => 'none', options => '{"memory": 2, "workers": 0, "max_radius": 200}');
SELECT bool_and(size = (SELECT count(*) FROM s_members WHERE segment_id = s.segment_id)) AS sizes, sum(size) < 100000 AS some_are_out FROM clusterseg.segments s WHERE model = 's';
SELECT bool_and((segment_id IS NULL) = (distance > 200)) AS radius FROM s_members;
SELECT clusterseg.drop_model('s');
DROP TABLE big;

-- ---- bad input ----
\pset format unaligned
\pset tuples_only on
CREATE FUNCTION fails(options text, more text DEFAULT 'k => 2') RETURNS text LANGUAGE sql AS $$
	SELECT raises(format('SELECT clusterseg.train(''bad'', ''c'', ''id'', ''{x, y}'', options => %L, %s)', options, more)) $$;
SELECT fails('{"max_radius": 0}');
SELECT fails('{"max_radius": -1}');
SELECT fails('{"max_radius": "NaN"}');
SELECT fails('{"max_radius": "2"}');
SELECT fails('{"max_radius": "Infinity"}');
SELECT fails('{"max_radius": 1e400}');
SELECT fails('{"max_radius": [1]}');
SELECT fails('{"max_radius": 1e-9}');
SELECT fails('{"max_radius": 1e-9}', $$k => 2, group_by => '{parity}'$$);
SELECT fails('{"max_radius": 1, "min_share": 0.1}');
SELECT split_part(fails('{"max_radius": 1}', format('algorithm => %L%s', a, k)), E'\n', 1) FROM (VALUES ('gmm', ', k => 2'), ('hierarchical', ', k => 2'), ('dbscan', ''), ('hdbscan', '')) v(a, k);
SELECT raises($$SELECT clusterseg.kmeans(ARRAY[x, y], 2, '{"max_radius": 1}') OVER () FROM c$$);
CREATE FUNCTION damaged(algorithm text, radius text) RETURNS text LANGUAGE sql AS $$
	SELECT raises(format('SELECT %L::clusterseg.model', jsonb_set(clusterseg.model_value(algorithm)::text::jsonb, '{fit, max_radius}', radius::jsonb))) $$;
SELECT damaged('l', '0');
SELECT damaged('l', '-1');
SELECT damaged('l', '"NaN"');
SELECT damaged('l', '1e300');
SELECT k FROM clusterseg.train('other', 'c', 'id', '{x, y}', 'gmm', 2);
SELECT damaged('other', '1');
