-- Model values: text that reads back, values in tables, indexes and generated columns, and values that are none.
\set ECHO none
\i test/data/raises.sql
\i test/data/iris.sql
\set ECHO all

SELECT k FROM clusterseg.train('iris', 'iris', 'flower', '{petal_length,petal_width}', k => 3);
SELECT clusterseg.model_value('iris') AS value \gset

-- ---- a value is a value ----
SELECT provolatile, proparallel, count(*) > 0 AS some FROM pg_proc WHERE pronamespace = 'clusterseg'::regnamespace
	AND proargtypes[0] = 'clusterseg.model'::regtype AND proname IN ('segment', 'segment_label', 'segment_distance', 'segment_probability',
		'segment_at', 'assign', 'explain', 'counterfactual') GROUP BY 1, 2;
SELECT (:'value'::clusterseg.model)::text = :'value' AS text_and_back;
SELECT jsonb_typeof(:'value'::jsonb), :'value'::jsonb->'fit'->>'algorithm' AS algorithm, :'value'::jsonb->'fit'->>'k' AS k;
SELECT feature, kind, n, missing, round(mean::numeric, 4) AS mean, median FROM clusterseg.model_features(:'value');
-- its means are those of the table
SELECT round(avg(petal_length)::numeric, 4), round(avg(petal_width)::numeric, 4), percentile_disc(0.5) WITHIN GROUP (ORDER BY petal_length) FROM iris;
-- it stays what it was when the model goes on
CREATE TABLE kept AS SELECT clusterseg.model_value('iris') AS v;
CREATE TABLE was AS SELECT flower, clusterseg.segment('iris', i) AS s FROM iris i;
SELECT version FROM clusterseg.train('iris', 'SELECT * FROM iris WHERE flower > 50', 'flower', '{sepal_length}', k => 2);
SELECT count(*) FILTER (WHERE clusterseg.segment(v, i) = s) AS same FROM kept, iris i JOIN was USING (flower);
SELECT count(*) FILTER (WHERE clusterseg.segment(clusterseg.model_value('iris', 1), i) = s) AS same FROM iris i JOIN was USING (flower);
SELECT raises('SELECT clusterseg.model_value(''iris'', 9)'), raises('SELECT clusterseg.model_value(''nobody'')');

-- ---- an index on the segment, and a column that is computed from it: no table of ours is read ----
CREATE FUNCTION run(command text, value text) RETURNS void LANGUAGE plpgsql AS $$ BEGIN EXECUTE format(command, value); END $$;
SELECT run('CREATE INDEX by_segment ON iris (clusterseg.segment(%L::clusterseg.model, ARRAY[petal_length, petal_width]))', :'value');
ANALYZE iris;
SET enable_seqscan = off;
CREATE FUNCTION uses_index(query text) RETURNS boolean LANGUAGE plpgsql AS
	$$ DECLARE plan json; BEGIN EXECUTE 'EXPLAIN (FORMAT json) ' || query INTO plan; RETURN plan::text LIKE '%by_segment%'; END $$;
SELECT uses_index(format('SELECT * FROM iris WHERE clusterseg.segment(%L::clusterseg.model, ARRAY[petal_length, petal_width]) = 1', :'value'));
RESET enable_seqscan;
SELECT run('ALTER TABLE iris ADD COLUMN segment int GENERATED ALWAYS AS (clusterseg.segment(%L::clusterseg.model, ARRAY[petal_length, petal_width])) STORED', :'value');
SELECT count(*) FILTER (WHERE segment = s) AS same FROM iris JOIN was USING (flower);
INSERT INTO iris (petal_length, petal_width) VALUES (1.4, 0.2), (NULL, 1) RETURNING segment = (SELECT s FROM was WHERE flower = 1) AS like_the_first;
-- without the extension's tables at hand
BEGIN;
REVOKE SELECT ON ALL TABLES IN SCHEMA clusterseg FROM public;
CREATE ROLE regress_nothing;
GRANT SELECT ON iris TO regress_nothing;
SET ROLE regress_nothing;
SELECT count(*) FILTER (WHERE clusterseg.segment(:'value'::clusterseg.model, i) = segment) AS same FROM iris i;
ROLLBACK;
-- a value per row: another model each time
CREATE TABLE models (name text PRIMARY KEY, v clusterseg.model);
INSERT INTO models SELECT 'two', clusterseg.model_value('iris', 2) UNION ALL SELECT 'one', v FROM kept;
SELECT name, count(DISTINCT clusterseg.segment(v, i)) AS segments FROM models, iris i WHERE flower <= 150 GROUP BY 1 ORDER BY 1;

-- what reading a text says; it can leave nothing behind, so that is not looked for as raises() does
CREATE FUNCTION reads(value text) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
	detail text;
	hint text;
BEGIN
	PERFORM value::clusterseg.model;
	RETURN 'read';
EXCEPTION WHEN OTHERS THEN
	GET STACKED DIAGNOSTICS detail = PG_EXCEPTION_DETAIL, hint = PG_EXCEPTION_HINT;
	RETURN concat_ws(E'\n  ', SQLSTATE || ' ' || SQLERRM, 'DETAIL ' || NULLIF(detail, ''), 'HINT ' || NULLIF(hint, ''));
END $$;

-- ---- a value that was cut: every length but the full one is refused ----
SELECT count(*) AS lengths, count(*) FILTER (WHERE raises LIKE '22P02%' OR raises LIKE '22000%') AS refused, count(*) FILTER (WHERE raises NOT LIKE '%DETAIL%') AS unexplained
	FROM (SELECT n, tell AS raises FROM generate_series(0, length(:'value') - 1, 37) n,
		LATERAL (SELECT reads(left(:'value', n)) AS tell) t) x;
-- other bytes: of the binary form every bit counts
CREATE FUNCTION receives(bytes bytea) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
	file text := current_setting('data_directory') || '/clusterseg_model_value';
	l oid;
BEGIN
	-- one row, one column, as COPY has it
	l := lo_from_bytea(0, '\x5047434f50590aff0d0a000000000000000000'::bytea || '\x0001'::bytea || int4send(length(bytes)) || bytes || '\xffff'::bytea);
	PERFORM lo_export(l, file), lo_unlink(l);
	CREATE TEMP TABLE received (v clusterseg.model) ON COMMIT DROP;
	EXECUTE format('COPY received FROM %L WITH (FORMAT binary)', file);
	DROP TABLE received;
	RETURN 'read';
EXCEPTION WHEN OTHERS THEN
	RETURN SQLSTATE || ' ' || SQLERRM;
END $$;
CREATE FUNCTION flipped(bytes bytea, n int) RETURNS bytea LANGUAGE sql AS $$ SELECT set_bit(bytes, n, 1 - get_bit(bytes, n)) $$;
SELECT receives(clusterseg.model_send(v)) FROM kept;
SELECT receives(flipped(clusterseg.model_send(v), 8 * (i * 31 % length(clusterseg.model_send(v))) + i % 8)) AS told, count(*) FROM kept, generate_series(0, 59) i GROUP BY 1 ORDER BY 1;
SELECT receives(substr(clusterseg.model_send(v), 1, n)) AS told, count(*) FROM kept, generate_series(0, length(clusterseg.model_send(v)) - 1, 211) n GROUP BY 1 ORDER BY 1;
SELECT receives(clusterseg.model_send(v) || '\x00') AS told FROM kept;

-- ---- made by hand: each field is asked for, and has to fit the others ----
CREATE FUNCTION reads_json(value jsonb) RETURNS text LANGUAGE sql AS $$ SELECT reads(value::text) $$;
SELECT jsonb_path_query_array(:'value'::jsonb, '$.keyvalue().key') AS fields;
-- without a field
SELECT key AS without, reads_json(:'value'::jsonb - key) FROM jsonb_object_keys(:'value'::jsonb) key ORDER BY 1;
SELECT key AS without, split_part(reads_json(:'value'::jsonb #- ARRAY['fit', key]), E'\n', 1) FROM jsonb_object_keys(:'value'::jsonb->'fit') key ORDER BY 1;
SELECT key AS without, split_part(reads_json(:'value'::jsonb #- ARRAY['segments', key]), E'\n', 1) FROM jsonb_object_keys(:'value'::jsonb->'segments') key ORDER BY 1;
SELECT key AS without, split_part(reads_json(:'value'::jsonb #- ARRAY['prep', 'features', '0', key]), E'\n', 1) FROM jsonb_object_keys(:'value'::jsonb->'prep'->'features'->0) key ORDER BY 1;
-- with another value
SELECT path, value, reads_json(jsonb_set(:'value'::jsonb, path::text[], value::jsonb)) FROM (VALUES
	('{kind}', '"recommender"'), ('{kind}', '7'), ('{seed}', '"many"'), ('{seed}', '42'), ('{columns}', '[]'), ('{columns,0,width}', '2'), ('{columns,0,width}', '-1'),
	('{columns,0,name}', 'null'), ('{fit,k}', '2'), ('{fit,k}', '0'), ('{fit,k}', '2.5'), ('{fit,k}', '1e18'), ('{fit,dimensions}', '3'), ('{fit,algorithm}', '"magic"'),
	('{fit,algorithm}', '"rfm"'), ('{fit,centers}', '[1,2,3,4,5]'), ('{fit,centers}', '[1,2,3,4,5,"6"]'), ('{fit,centers}', '{}'), ('{segments,ids}', '[1,2,0]'), ('{segments,ids}', '[1,2,2]'),
	('{segments,ids}', '[1,2,3000000000]'), ('{segments,labels}', '["a","b"]'), ('{segments,labels}', '["a","b",3]'), ('{segments,sizes}', '[1,2]'), ('{segments,rows}', '-1'),
	('{segments,variance}', '-1'), ('{prep,features}', '[]'), ('{prep,features,0,kind}', '"colour"'), ('{prep,features,0,log}', '9'), ('{prep,features,0,scale}', '"zscore"'),
	('{prep,features,0,knots}', '[3,2,1]'), ('{prep,features,0,factor}', '"x"')) v (path, value);
SELECT reads(''), reads('null');
SELECT reads('[1,2]'), reads('{"kind":');
SELECT reads(repeat('[', 10000));
SELECT reads(repeat('{"a":', 10000));
SELECT reads('{"kind": "segmentation", "seed": "1", "columns": [1, "a"]}');
SELECT reads('{"kind": "segmentation", "a": 1e999}');
-- numbers that are odd but fit are a model, and scoring answers
SELECT clusterseg.segment(jsonb_set(:'value'::jsonb, path::text[], value::jsonb)::text::clusterseg.model, '{1.4, 0.2}'::float8[]) BETWEEN 1 AND 3 AS answered FROM (VALUES
	('{fit,centers,0}', '1e300'), ('{fit,centers,0}', '-1e38'), ('{segments,radius,0}', '-5'), ('{prep,features,0,center}', '1e30')) v (path, value);
SELECT clusterseg.segment_label(jsonb_set(:'value'::jsonb, '{segments,labels}', '["", "b", "c"]')::text::clusterseg.model, '{1.4, 0.2}'::float8[]) IS NOT NULL AS answered;
-- unknown fields do no harm
SELECT clusterseg.segment((:'value'::jsonb || '{"comment": [{"x": null}, [], "y"]}')::text::clusterseg.model, '{1.4, 0.2}'::float8[]) = (SELECT s FROM was WHERE flower = 1) AS same;
