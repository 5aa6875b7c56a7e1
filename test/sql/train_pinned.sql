-- Segments by rules, before any clustering.  What a condition means is asked of the server: the members of a pinned
-- segment must be the rows for which it says that the same text is true.
\set ECHO none
\i test/data/raises.sql
SET client_min_messages = warning;
\set ECHO all
CREATE TABLE c AS
SELECT i AS id, CASE WHEN i % 13 > 0 THEN (hashint4(i) & 1023) / 16.0 END AS x, (i % 7)::numeric(10, 2) / 3 AS y, CASE WHEN i % 11 > 0 THEN (ARRAY['web', 'store', 'it''s', ''])[1 + i % 4] END AS channel,
	CASE WHEN i % 5 > 0 THEN i % 2 = 0 END AS vip, ('k' || i % 3)::char(6) AS padded, (i % 10)::smallint AS "Visits per year", CASE i % 9 WHEN 0 THEN 'NaN' WHEN 1 THEN 'Infinity' ELSE (i % 9)::text END::float8 AS odd,
	'north' || i % 2 AS region FROM generate_series(1, 1200) i;

-- ---- what a condition means ----
CREATE FUNCTION as_the_server(condition text) RETURNS TABLE (same boolean, rows bigint) LANGUAGE plpgsql AS $$
BEGIN
	PERFORM clusterseg.train('m', 'c', 'id', '{x, y}', k => 2, options => jsonb_build_object('pinned', jsonb_build_array(jsonb_build_object('name', 'R', 'where', condition))));
	RETURN QUERY EXECUTE format('SELECT bool_and(((%s) IS TRUE) = (p.segment_id IS NOT NULL AND s.segment_id IS NOT DISTINCT FROM p.segment_id)
			AND s.segment_id IS NOT DISTINCT FROM m.segment_id AND clusterseg.segment(v.v, c) IS NOT DISTINCT FROM s.segment_id), count(*) FILTER (WHERE s.segment_id = p.segment_id)
		FROM c LEFT JOIN m_members m USING (id), clusterseg.pinned_segments p, (SELECT clusterseg.model_value(''m'') AS v OFFSET 0) v, LATERAL clusterseg.assign(''m'', c) s
		WHERE p.model = ''m'' AND p.version = (SELECT published_version FROM clusterseg.models WHERE model = ''m'')', condition);
	PERFORM clusterseg.drop_model('m');
END
$$;
SELECT t.condition, a.* FROM (VALUES ('x > 60'), ('x IS NULL'), ('NOT x > 5'), ('x <= 10 OR y >= 1.66'), ('x BETWEEN 10 AND 20 AND NOT vip'), ('x NOT BETWEEN 5 AND 60'), ('y IN (0, 1)'), ('y NOT IN (0, 1, 2) AND x < 30'),
	('y = 0.66666666666666666667'), ('channel = ''it''''s'''), ('channel <> ''web'' AND x < 20'), ('channel IN ('''', ''store'') AND vip'), ('channel IS NULL OR channel = ''no such'''), ('vip'), ('NOT vip'), ('vip = FALSE AND x > 1'), ('vip IS NULL'),
	('padded = ''k1'''), ('"Visits per year" >= 9'), ('"Visits per year" <> 9 AND "Visits per year" > 7.5'), ('odd > 7'), ('odd < 2'), ('odd = 3 OR odd <= -1e300'),
	('x > 1 AND (channel = ''web'' OR vip IS NOT NULL AND (y < 1 OR y > 1.5))'), ('X > 60 and not (Vip or Channel in (''web''))')) t (condition), LATERAL as_the_server(t.condition) a;

-- ---- the first rule that holds, rows without features, arrays ----
\set rules '{"pinned": [{"name": "Unknown", "where": "x IS NULL"}, {"name": "VIP", "where": "vip AND x > 20"}, {"name": "Far", "where": "x > 55"}]}'
SELECT k, rows, skipped FROM clusterseg.train('p', 'c', 'id', '{x, y}', k => 2, options => :'rules');
SELECT segment_id, name, condition, rows FROM clusterseg.pinned_segments WHERE model = 'p';
SELECT segment_id, segment, description, size FROM clusterseg.segments WHERE model = 'p' AND segment_id > 2 ORDER BY 1;
SELECT round(sum(share)::numeric, 6) AS share, sum(size) AS size FROM clusterseg.segments WHERE model = 'p';
SELECT m.segment, count(*), min(CASE WHEN x IS NULL THEN 'Unknown' WHEN vip AND x > 20 THEN 'VIP' WHEN x > 55 THEN 'Far' ELSE 'clustered' END) AS rule,
	max(CASE WHEN x IS NULL THEN 'Unknown' WHEN vip AND x > 20 THEN 'VIP' WHEN x > 55 THEN 'Far' ELSE 'clustered' END) AS rule2, count(distance) AS distances FROM p_members m JOIN c USING (id) GROUP BY 1 ORDER BY 1;
-- clusters learn from the others alone
CREATE VIEW others AS SELECT * FROM c WHERE NOT COALESCE(x IS NULL OR vip AND x > 20 OR x > 55, false);
SELECT p.objective = o.objective AND p.silhouette = o.silhouette AS same FROM clusterseg.versions p, clusterseg.train('o', 'others', 'id', '{x, y}', k => 2) o WHERE p.model = 'p';
SELECT a.metric, a.value IS NOT DISTINCT FROM b.value AS same, b.value FROM clusterseg.evaluate('o') a FULL JOIN clusterseg.evaluate('p') b USING (metric) WHERE metric IN ('rows', 'skipped', 'pinned', 'silhouette', 'objective') ORDER BY 1;
SELECT count(*) AS leaves, bool_and(a.sql = b.sql AND a.customers = b.customers) AS same FROM clusterseg.segment_rules('o') a JOIN clusterseg.segment_rules('p') b USING (leaf);
SELECT (clusterseg.assign('p', c)).* FROM c WHERE id = 13;
SELECT * FROM clusterseg.explain('p', (SELECT c FROM c WHERE id = 13));
SELECT clusterseg.segment_distance('p', c), clusterseg.segment_distance('p', c, 1), clusterseg.segment_probability('p', c, 3), clusterseg.segment_probability('p', c, 4), clusterseg.segment_probability('p', c, 1) FROM c WHERE id = 13;
SELECT clusterseg.segment_distance('p', c, 3), clusterseg.segment_probability('p', c, 3) FROM c WHERE id = 1;
SELECT count(*) FROM clusterseg.counterfactual('p', (SELECT c FROM c WHERE id = 13), 1);
SELECT raises($$SELECT clusterseg.counterfactual('p', (SELECT c FROM c WHERE id = 1), 3)$$);
SELECT raises($$SELECT clusterseg.segment('p', r) FROM (SELECT 1.0 AS x, 1.0 AS y) r$$);
SELECT raises($$SELECT clusterseg.segment('p', r) FROM (SELECT 1.0 AS x, 1.0 AS y, 'yes' AS vip) r$$);
SELECT raises($$SELECT clusterseg.segment('p', ARRAY[1, 1])$$);
SELECT k FROM clusterseg.train('q', 'c', 'id', '{x, y}', k => 2, options => '{"pinned": [{"name": "Unknown", "where": "x IS NULL"}, {"name": "Far", "where": "x > 55"}]}');
SELECT count(*) AS rows, count(*) FILTER (WHERE clusterseg.segment('q', ARRAY[x, y]) = m.segment_id) AS same FROM q_members m JOIN c USING (id);

-- ---- identity by name: conditions change, rules go and come back, somebody gives another name ----
SELECT clusterseg.rename_segment('p', 4, 'Very important');
SELECT version, k FROM clusterseg.refresh('p');
SELECT count(*) FILTER (WHERE reason <> 'train') AS moved FROM p_members;
SELECT k FROM clusterseg.train('p', 'c', 'id', '{x, y}', k => 2, options => '{"pinned": [{"name": "Far", "where": "x > 40"}, {"name": "VIP", "where": "vip AND x > 20"}, {"name": "Web", "where": "channel = ''web''"}], "restarts": 2}');
SELECT s.segment_id, s.segment, s.description, s.size, s.state FROM clusterseg.segments s WHERE model = 'p' AND segment_id > 2 ORDER BY 1;
SELECT count(*) AS same FROM p_members m JOIN c USING (id) WHERE m.segment_id = clusterseg.segment('p', c) AND m.segment = clusterseg.segment_label('p', c);
SELECT clusterseg.rollback('p');
SELECT count(*) AS same FROM p_members m JOIN c USING (id) WHERE m.segment_id = clusterseg.segment('p', c) AND m.segment = clusterseg.segment_label('p', c);
UPDATE c SET x = 60 WHERE id = 13;
SELECT clusterseg.reassign('p');
SELECT segment, previous_segment_id, reason FROM p_members WHERE id = 13;
-- k that the data chose does not count them
SELECT k FROM clusterseg.train('k', 'c', 'id', '{x, y}', k_range => '[2,3]', options => :'rules');
SELECT (SELECT k FROM clusterseg.refresh('k')) = k AS same FROM clusterseg.versions WHERE model = 'k' AND version = 1;

-- ---- in groups; through export and import; with a sample ----
SELECT k, rows, skipped FROM clusterseg.train('g', 'c', 'id', '{x, y}', k => 2, group_by => '{region}', options => :'rules');
SELECT group_name, rows, k FROM clusterseg.model_groups WHERE model = 'g';
SELECT count(*) AS rows, count(*) FILTER (WHERE m.segment_id = clusterseg.segment('g', c)) AS same, count(DISTINCT m.segment_id) AS segments FROM g_members m JOIN c USING (id);
SELECT clusterseg.segment(clusterseg.group_model('g', '{"region": "north0"}'), c) = clusterseg.segment('g', c) AS same FROM c WHERE id = 26;
SELECT clusterseg.import_model('copy', clusterseg.export_model('g'));
SELECT count(*) AS same FROM g_members m JOIN c USING (id) WHERE m.segment_id = clusterseg.segment('copy', c) AND m.segment = clusterseg.segment_label('copy', c);
SELECT v::text::clusterseg.model::text = v::text AS text_form, v::text = clusterseg.model_value('g')::text AS same FROM clusterseg.model_value('copy') v;
SELECT rows, skipped FROM clusterseg.train('s', 'SELECT i AS id, (hashint4(i) & 1023)::float8 AS x, i % 7 AS y FROM generate_series(1, 100000) i', 'id', '{x, y}', k => 2,
	options => '{"memory": 2, "workers": 0, "pinned": [{"name": "Top", "where": "x >= 1000"}]}');
SELECT size = (SELECT count(*) FROM generate_series(1, 100000) i WHERE (hashint4(i) & 1023) >= 1000) AS all_rows, size = (SELECT count(*) FROM s_members WHERE segment = 'Top') AS members FROM clusterseg.segments WHERE model = 's' AND segment = 'Top';
SELECT sum(size) FROM clusterseg.segments WHERE model = 's';
-- a name that a segment has already
SELECT k FROM clusterseg.train('t', 'c', 'id', '{x, y}', k => 2);
SELECT clusterseg.rename_segment('t', 1, 'VIP');
SELECT k FROM clusterseg.train('t', 'c', 'id', '{x, y}', k => 2, options => '{"pinned": [{"name": "vip", "where": "vip"}, {"name": "O''Brien \"x\" %s", "where": "y > 1.9"}]}');
SELECT segment_id, segment FROM clusterseg.segments WHERE model = 't' ORDER BY 1;

-- ---- bad input ----
\pset format unaligned
\pset tuples_only on
CREATE FUNCTION fails(pinned text) RETURNS text LANGUAGE sql AS $$
	SELECT raises(format('SELECT clusterseg.train(''bad'', ''SELECT *, now() AS at FROM c'', ''id'', ''{x, y}'', k => 2, options => %L)', jsonb_build_object('pinned', pinned::jsonb))) $$;
CREATE FUNCTION rule(condition text) RETURNS text LANGUAGE sql AS $$ SELECT fails(jsonb_build_array(jsonb_build_object('name', 'R', 'where', condition))::text) $$;
SELECT fails('{"name": "R", "where": "x > 1"}');
SELECT fails('["x > 1"]');
SELECT fails('[{"name": "R"}]');
SELECT fails('[{"name": "R", "where": "x > 1", "else": "y"}]');
SELECT fails('[{"name": " ", "where": "x > 1"}]');
SELECT fails('[{"name": "R", "where": "x > 1"}, {"name": "R", "where": "x < 1"}]');
SELECT fails((SELECT jsonb_agg(jsonb_build_object('name', 'r' || i, 'where', 'x > 1')) FROM generate_series(1, 101) i)::text);
SELECT rule('');
SELECT rule('x >');
SELECT rule('x > y');
SELECT rule('x > 1; DROP TABLE c');
SELECT rule('x > (SELECT 1)');
SELECT rule('pg_sleep(10) IS NULL');
SELECT rule('x > ''a''');
SELECT rule('channel > ''a''');
SELECT rule('nothing > 1');
SELECT rule('channel > 1');
SELECT rule('x = ''1''');
SELECT rule('vip > 1');
SELECT rule('x');
SELECT rule('at > 1');
SELECT rule('x > 1 OR NOT x > 1 OR x IS NULL');
SELECT rule(repeat('(', 100) || 'x > 1' || repeat(')', 100));
SELECT fails('[]');

-- ---- values of an unknown hand ----
CREATE FUNCTION damaged(change text) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
	v jsonb := clusterseg.model_value('q')::text::jsonb;
BEGIN
	EXECUTE format('SELECT %s FROM (SELECT $1 AS v) x', change) INTO v USING v;
	RETURN raises(format('SELECT %L::clusterseg.model', v));
END
$$;
SELECT damaged('v');
SELECT damaged($$jsonb_set(v, '{pinned}', '7')$$);
SELECT damaged($$jsonb_set(v, '{pinned}', '[]')$$);
SELECT damaged($$jsonb_set(v, '{pinned, 0, id}', '1')$$);
SELECT damaged($$jsonb_set(v, '{pinned, 0, id}', v->'pinned'->1->'id')$$);
SELECT damaged($$jsonb_set(v, '{pinned, 0, where}', '"x > pg_sleep(1)"')$$);
SELECT damaged($$v #- '{pinned, 0, name}'$$);
