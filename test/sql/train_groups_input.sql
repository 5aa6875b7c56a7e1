-- Groups that cannot have a model of their own, and what group_by cannot use: the reason is told, or a clear error.
\set ECHO none
\i test/data/raises.sql
SET client_min_messages = warning;
\set ECHO all
CREATE TABLE c AS SELECT i AS id, 'r' || i % 3 AS region, 'n' || i % 2 AS channel, i % 7 + 0.5 AS x, i % 11 AS y FROM generate_series(1, 600) i;

-- ---- a group with one row, rows that are all the same, rows that are all left out; min_group_rows ----
CREATE TABLE odd AS SELECT i AS id, 'many' AS g, (hashint4(i) & 255)::float8 AS x FROM generate_series(1, 100) i
	UNION ALL SELECT 1001, 'one', 7 UNION ALL SELECT 2000 + i, 'same', 5 FROM generate_series(1, 100) i UNION ALL SELECT 3000 + i, 'void', NULL FROM generate_series(1, 10) i;
SELECT k, rows, skipped FROM clusterseg.train('o', 'odd', 'id', '{x}', k => 2, group_by => '{g}', options => '{"min_group_rows": 1}');
SELECT group_name, rows, skipped, k, status, reason FROM clusterseg.model_groups WHERE model = 'o';
SELECT count(*) AS rows, count(*) FILTER (WHERE m.segment_id = clusterseg.segment('o', odd)) AS same FROM o_members m JOIN odd USING (id);
SELECT k, rows, skipped FROM clusterseg.train('o1', 'odd', 'id', '{x}', k => 1, group_by => '{g}', options => '{"min_group_rows": 1}');
SELECT group_name, rows, k, status, reason FROM clusterseg.model_groups WHERE model = 'o1';
SELECT segment_id, size, radius FROM clusterseg.segments WHERE model = 'o1' AND size = 1;
SELECT k, rows FROM clusterseg.train('o2', 'odd', 'id', '{x}', k => 2, group_by => '{g}', options => '{"min_group_rows": 100000}');
SELECT group_name, k, status, reason FROM clusterseg.model_groups WHERE model = 'o2';
SELECT o.objective = p.objective AND o.silhouette = p.silhouette AS as_the_parent FROM clusterseg.versions o, clusterseg.train('p', 'odd', 'id', '{x}', k => 2) p WHERE o.model = 'o2';

-- ---- bad input ----
\pset format unaligned
\pset tuples_only on
CREATE FUNCTION fails(group_by text, more text DEFAULT '') RETURNS text LANGUAGE sql AS $$
	SELECT raises(format('SELECT clusterseg.train(''bad'', ''SELECT *, now() AS at, point(x, y) AS place FROM c'', ''id'', ''{x, y}'', k => 2, group_by => %L %s)', group_by, more)) $$;
SELECT fails('{nowhere}');
SELECT fails('{Region}');
SELECT fails('{region, region}');
SELECT fails('{NULL}');
SELECT fails('{id}');
SELECT fails('{x}');
SELECT fails('{at}');
SELECT fails('{place}');
SELECT fails('{region}', $$, options => '{"min_group_rows": -1}'$$);
SELECT fails('{region}', $$, options => '{"min_group_rows": "many"}'$$);
SELECT raises($$SELECT clusterseg.train('bad', 'SELECT id, region, channel AS note FROM c', 'id', '{note}', group_by => '{region}', transforms => '{"note": {"text": "simple"}}')$$);
SELECT raises($$SELECT clusterseg.train('bad', 'SELECT i AS id, i % 5 AS region, i AS x, i AS y FROM generate_series(1, 100000) i', 'id', '{x, y}', k => 2, group_by => '{region}', options => '{"memory": 1}')$$);
SELECT raises($$SELECT clusterseg.train('bad', 'SELECT i AS id, i AS region, i AS x, i AS y FROM generate_series(1, 100100) i', 'id', '{x, y}', k => 2, group_by => '{region}')$$);
-- an empty list asks for no groups
SELECT fails('{}');

-- ---- values of an unknown hand ----
CREATE FUNCTION damaged(change text) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
	v jsonb := clusterseg.model_value('o')::text::jsonb;
BEGIN
	EXECUTE format('SELECT %s FROM (SELECT $1 AS v) x', change) INTO v USING v;
	RETURN raises(format('SELECT %L::clusterseg.model', v));
END
$$;
SELECT damaged('v');
SELECT damaged($$jsonb_set(v, '{groups}', '7')$$);
SELECT damaged($$jsonb_set(v, '{groups, columns}', '[]')$$);
SELECT damaged($$jsonb_set(v, '{groups, list, 0, key}', '["a", "b"]')$$);
SELECT damaged($$jsonb_set(v, '{groups, list, 0, key}', '["zzz"]')$$);
SELECT damaged($$jsonb_set(v, '{groups, list, 0, model, segments, ids}', '[1, 2]')$$);
SELECT damaged($$jsonb_set(v, '{groups, list, 0, model, segments, ids}', '[3, 3]')$$);
SELECT damaged($$jsonb_set(v, '{groups, list, 0, model, fit, dimensions}', '7')$$);
SELECT damaged($$jsonb_set(v, '{groups, list, 0, model, prep, features}', '[]')$$);
SELECT damaged($$v #- '{groups, list, 0, model}'$$);
SELECT damaged($$v #- '{groups, assigned}'$$);
