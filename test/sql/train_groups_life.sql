-- The life of a model with groups: identity over retraining within each group, moves, drafts, publishing, export.
CREATE FUNCTION shop(shift float8 DEFAULT 0, many int DEFAULT 300) RETURNS TABLE (id int, region text, x float8) LANGUAGE sql AS $$
	SELECT i, CASE WHEN i <= many THEN 'north' WHEN i <= 600 THEN 'south' WHEN i <= 620 THEN 'east' ELSE 'west' END,
		(i % 5) + (i % 3) * 100 + CASE WHEN i <= many THEN shift ELSE 0 END FROM generate_series(1, 900) i $$;
CREATE TABLE shops AS SELECT * FROM shop();
\set source '''shops'', ''id'', ''{x}'''
SELECT k, rows FROM clusterseg.train('m', :source, k => 3, group_by => '{region}');
CREATE VIEW found AS SELECT s.region, (s.x - s.x::int % 100)::int AS place, m.segment_id, min(m.segment) AS label, count(*) FROM m_members m JOIN shops s USING (id) GROUP BY 1, 2, 3 ORDER BY 1, 2, 3;
SELECT * FROM found;

-- the same rows again: the same model, byte by byte, whatever the order of the rows and the number of workers
SELECT version, k FROM clusterseg.refresh('m');
SELECT a.v::text = b.v::text AS same FROM clusterseg.model_value('m', 1) a (v), clusterseg.model_value('m', 2) b (v);
CREATE TABLE shuffled AS SELECT * FROM shops ORDER BY md5(id::text);
SELECT k FROM clusterseg.train('n', 'shuffled', 'id', '{x}', k => 3, group_by => '{region}', options => '{"workers": 2}');
SELECT a.v::text = b.v::text AS same FROM clusterseg.model_value('m') a (v), clusterseg.model_value('n') b (v);
SELECT clusterseg.drop_model('n');
SELECT count(*), count(DISTINCT reason) AS reasons FROM m_history;

-- a name that people gave stays; all of the north moves by 1000: the same customers, other places
SELECT clusterseg.rename_segment('m', segment_id, 'Northern few') FROM found WHERE region = 'north' AND place = 0;
UPDATE shops SET x = x + 1000 WHERE region = 'north';
SELECT version, k FROM clusterseg.refresh('m');
SELECT * FROM found;
SELECT clusterseg.segment_label('m', s) FROM shops s WHERE id = 3;
UPDATE shops SET x = x - 1000 WHERE region = 'north';

-- customers of the north go to the south: to the southern segments of the same place, by their own behaviour
UPDATE shops SET region = 'south' WHERE id <= 30;
SELECT version, k FROM clusterseg.refresh('m');
SELECT * FROM found;
SELECT previous_segment_id, segment_id, reason, count(*) FROM m_members WHERE id <= 30 GROUP BY 1, 2, 3 ORDER BY 1, 2;
SELECT from_segment_id, to_segment_id, customers, from_size, to_size FROM clusterseg._transitions WHERE model = 'm' AND version = 4 AND from_segment_id <> to_segment_id ORDER BY 1, 2;

-- east grows and gets a model of its own, with new ids; west shrinks to nothing, north falls below the least number of rows
INSERT INTO shops SELECT id + 10000, 'east', x FROM shops WHERE region = 'south';
DELETE FROM shops WHERE region = 'west';
DELETE FROM shops WHERE region = 'north' AND id > 100;
SELECT version, k, published FROM clusterseg.refresh('m', max_moved => 0.01);
SELECT group_name, rows, k, status, reason FROM clusterseg.model_groups WHERE model = 'm' AND version = 5;
SELECT segment_id, segment, state, size_before, size_after, stay, moved_in, moved_out FROM clusterseg.preview('m');
SELECT clusterseg.publish('m');
SELECT * FROM found;
SELECT region, reason, count(*) FROM m_members JOIN shops USING (id) GROUP BY 1, 2 ORDER BY 1, 2;
SELECT segment_id, state FROM clusterseg.segments WHERE model = 'm' ORDER BY 1;
SELECT clusterseg.rollback('m');
SELECT count(*) AS same FROM m_members m JOIN shops s USING (id) WHERE m.segment_id = clusterseg.segment('m', s) AND m.segment = clusterseg.segment_label('m', s) AND m.distance = clusterseg.segment_distance('m', s);
SELECT count(*) FROM m_members;
UPDATE shops SET region = 'nowhere' WHERE id BETWEEN 31 AND 33;
SELECT clusterseg.reassign('m') AS moved;
SELECT id, segment_id, segment FROM m_members WHERE id BETWEEN 31 AND 33 ORDER BY 1;

-- k that the data chose stays with each group when the model is refreshed
SELECT k FROM clusterseg.train('c', :source, k_range => '[2,4]', group_by => '{region}');
SELECT group_name, k FROM clusterseg.model_groups WHERE model = 'c';
UPDATE shops SET x = x + CASE WHEN id % 2 = 0 THEN 300 ELSE 0 END WHERE region = 'south';
SELECT version, k FROM clusterseg.refresh('c');
SELECT group_name, k FROM clusterseg.model_groups WHERE model = 'c' AND version = 2;

-- from groups to none and back; by another column
SELECT k FROM clusterseg.train('m', :source, k => 3);
SELECT version, count(*) FROM clusterseg.model_groups WHERE model = 'm' GROUP BY 1 ORDER BY 1;
SELECT count(*) AS same FROM m_members m JOIN shops s USING (id) WHERE m.segment_id = clusterseg.segment('m', s);
SELECT k FROM clusterseg.train('m', :source, k => 3, group_by => '{region}');
SELECT count(*) AS same FROM m_members m JOIN shops s USING (id) WHERE m.segment_id = clusterseg.segment('m', s);
SELECT k FROM clusterseg.train('m', 'SELECT id, x, id % 2 = 0 AS even FROM shops', 'id', '{x}', k => 2, group_by => '{even}');
SELECT reason, count(*) FROM m_members GROUP BY 1 ORDER BY 1;
SELECT count(*) AS same FROM m_members m JOIN LATERAL (SELECT x, id % 2 = 0 AS even FROM shops s WHERE s.id = m.id) r ON true WHERE m.segment_id = clusterseg.segment('m', r);

-- export and import: the same segments elsewhere
CREATE TEMPORARY TABLE exported AS SELECT clusterseg.export_model('m') AS e;
SELECT clusterseg.import_model('copy', e) FROM exported;
SELECT clusterseg.export_model('copy') - 'key_type' = e - 'key_type' AS same FROM exported;
SELECT clusterseg.model_value('copy')::text = clusterseg.model_value('m')::text AS same;
SELECT group_name, rows, k, status FROM clusterseg.model_groups WHERE model = 'copy';
SELECT count(*) AS same FROM m_members m JOIN LATERAL (SELECT x, id % 2 = 0 AS even FROM shops s WHERE s.id = m.id) r ON true WHERE m.segment_id = clusterseg.segment('copy', r);
SELECT (SELECT count(*) FROM clusterseg.centroids WHERE model = 'copy') AS centroids, (SELECT count(*) FROM clusterseg.segments WHERE model = 'copy') AS segments,
	(SELECT count(DISTINCT segment_id) FROM clusterseg.segment_profiles WHERE model = 'copy') AS profiles;
DROP VIEW found;
SELECT clusterseg.drop_model('m');
SELECT count(*) FROM clusterseg.model_groups WHERE model = 'm';

-- 10,000 groups of which 20 are large enough
SET client_min_messages = warning;
CREATE TABLE many AS SELECT i AS id, CASE WHEN i <= 2000 THEN i % 20 ELSE i END AS g, hashint4(i) & 255 AS x, hashint4(i + 70000) & 255 AS y FROM generate_series(1, 11980) i;
SELECT k, rows FROM clusterseg.train('many', 'many', 'id', '{x, y}', k => 2, group_by => '{g}');
SELECT status, count(*), sum(rows) AS rows, count(DISTINCT reason) AS reasons FROM clusterseg.model_groups WHERE model = 'many' GROUP BY 1 ORDER BY 1;
SELECT count(*) AS same FROM many_members m JOIN many USING (id) WHERE m.segment_id = clusterseg.segment('many', many);
SELECT version, k FROM clusterseg.refresh('many');
SELECT count(*) FROM many_history;
