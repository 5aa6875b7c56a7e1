-- export_model() and import_model(): the round trip is exact, also into another model, schema and database; what
-- somebody wrote by hand is refused or is a model.
\set ECHO none
\i test/data/raises.sql
\i test/data/iris.sql
\set ECHO all

CREATE VIEW flowers AS SELECT flower, sepal_length, petal_length, petal_width, species, ARRAY[sepal_width, -0.0] AS more FROM iris;
SELECT k, rows FROM clusterseg.train('iris', 'flowers', 'flower', '{sepal_length,petal_length,petal_width,species,more}', k => 3, transforms =>
	'{"sepal_length": {"winsor": [0.05, 0.95], "log": "log1p"}, "petal_length": {"quantile": 20}, "petal_width": {"impute": "indicator", "weight": 2}}');
SELECT clusterseg.rename_segment('iris', 1, 'Ünïcode "1" \ / ' || E'\t', 'described');

-- the same bytes as model, and the same again when exported
SELECT clusterseg.import_model('copy', clusterseg.export_model('iris'));
SELECT clusterseg.export_model('copy')::text = clusterseg.export_model('iris')::text AS exported,
	clusterseg.model_value('copy')::text = clusterseg.model_value('iris')::text AS value_text,
	md5(textsend(clusterseg.model_value('copy')::text)) = md5(textsend(clusterseg.model_value('iris')::text)) AS value_bytes;
-- the binary form, through COPY
CREATE TABLE kept (v clusterseg.model);
INSERT INTO kept SELECT value FROM clusterseg.versions;
SELECT count(DISTINCT clusterseg.model_send(v)) AS forms FROM kept;
SELECT bool_and(clusterseg.model_send(v::text::clusterseg.model) = clusterseg.model_send(v)) AS text_and_back FROM kept;

-- catalog rows are the same but for the name
SELECT count(*) AS profiles FROM (SELECT segment_id, feature, category, mean, median, p5, p95, effect, lift, n, v_test, segment FROM clusterseg.segment_profiles WHERE model = 'iris'
	EXCEPT SELECT segment_id, feature, category, mean, median, p5, p95, effect, lift, n, v_test, segment FROM clusterseg.segment_profiles WHERE model = 'copy') d;
SELECT count(*) AS segments FROM (SELECT segment_id, segment, description, size, share, radius, reach, named, state FROM clusterseg.segments WHERE model = 'iris'
	EXCEPT SELECT segment_id, segment, description, size, share, radius, reach, named, state FROM clusterseg.segments WHERE model = 'copy') d;
SELECT count(*) AS centroids FROM (SELECT segment_id, feature, value, scaled FROM clusterseg.centroids WHERE model = 'iris'
	EXCEPT SELECT segment_id, feature, value, scaled FROM clusterseg.centroids WHERE model = 'copy') d;
SELECT count(*) AS scored, count(*) FILTER (WHERE clusterseg.assign('iris', f) IS DISTINCT FROM clusterseg.assign('copy', f)) AS otherwise FROM flowers f;
SELECT model, published_version, source, key, key_type, output_schema, rows FROM clusterseg.models ORDER BY 1;

-- no row of the source and no text of the query goes along
SELECT position('flowers' IN clusterseg.export_model('iris')::text) AS source;

-- into another database and schema, by a name that needs quotes; then train goes on from there
SELECT current_database() AS here \gset
SELECT clusterseg.export_model('iris')::text AS exported \gset
SELECT clusterseg.model_value('iris')::text AS value \gset
CREATE DATABASE "Other Database";
\c "Other Database"
CREATE EXTENSION clusterseg;
CREATE SCHEMA "Some where";
SET search_path = "Some where";
SELECT clusterseg.import_model('Süd "7"', :'exported');
SELECT clusterseg.export_model('Süd "7"')::text = :'exported' AS exported, clusterseg.model_value('Süd "7"')::text = :'value' AS value;
SELECT model, published_version, output_schema FROM clusterseg.models;
SELECT clusterseg.segment_label('Süd "7"', r) FROM (SELECT 5.1 AS sepal_length, 1.4 AS petal_length, 0.2 AS petal_width, 'setosa' AS species, '{3.5,0}'::float8[] AS more) r;
\set ECHO none
\i test/data/raises.sql
\set ECHO all
-- there are no rows to assign or to learn from
SELECT raises($$SELECT clusterseg.reassign('Süd "7"')$$);
SELECT raises($$SELECT clusterseg.refresh('Süd "7"')$$);
CREATE TABLE plants AS SELECT i AS flower, 5 + (i % 3) AS sepal_length, 1.5 + (i % 3) * 2 AS petal_length, 0.2 + (i % 3) AS petal_width, 'setosa' AS species,
	'{3.5,0}'::float8[] AS more FROM generate_series(1, 150) i;
SELECT version, k FROM clusterseg.refresh('Süd "7"', source => 'plants');
SELECT published_version, source FROM clusterseg.models;
SELECT count(*) FROM "Süd ""7""_members";
-- version 1 has no source of its own: its rows are those of the present
SELECT clusterseg.rollback('Süd "7"');
SELECT reason, count(*) > 0 FROM "Süd ""7""_members" GROUP BY 1 ORDER BY 1;
RESET search_path;
\c :here
DROP DATABASE "Other Database";

-- ---- a second version by import; an older one by number ----
SELECT version FROM clusterseg.train('iris', 'flowers', 'flower', '{petal_length}', k => 2);
SELECT clusterseg.import_model('copy', clusterseg.export_model('iris', 2));
SELECT published_version FROM clusterseg.models WHERE model = 'copy';
SELECT clusterseg.publish('copy');
SELECT clusterseg.export_model('copy')::text = clusterseg.export_model('iris')::text AS same;
SELECT clusterseg.rollback('copy');
SELECT clusterseg.export_model('copy')::text = clusterseg.export_model('iris', 1)::text AS same;
SELECT raises('SELECT clusterseg.export_model(''iris'', 9)');
SELECT raises('SELECT clusterseg.export_model(''nobody'')');

-- ---- recommenders ----
CREATE TABLE events AS SELECT c AS customer, 'i' || (c * j) % 9 AS item, TIMESTAMPTZ '2024-01-01' + j * interval '1 day' AS at
	FROM generate_series(1, 60) c, generate_series(1, 4) j;
SELECT items FROM clusterseg.train_recommender('r', 'events', 'customer', 'item', algorithm => 'itemknn', at => 'at');
SELECT clusterseg.import_model('r2', clusterseg.export_model('r'));
SELECT clusterseg.export_model('r2')::text = clusterseg.export_model('r')::text AS same;
SELECT rank, item_id, round(score::numeric, 6) AS score FROM clusterseg.recommend_for_basket('r2', '{i1}', 3)
	EXCEPT SELECT rank, item_id, round(score::numeric, 6) FROM clusterseg.recommend_for_basket('r', '{i1}', 3);

-- ---- what is no exported model ----
CREATE TABLE e AS SELECT clusterseg.export_model('iris', 1) AS good;
CREATE FUNCTION import(bad jsonb) RETURNS text LANGUAGE sql AS $$ SELECT raises(format('SELECT clusterseg.import_model(''bad'', %L::jsonb)', bad)) $$;
SELECT import(NULL);
SELECT import('[]'), import('{}'), import('{"clusterseg": 2}');
SELECT import('{"clusterseg": 1}');
SELECT import('{"clusterseg": 1, "kind": "segmentation"}');
SELECT import('{"clusterseg": 1, "kind": "segmentation", "model": {"kind": "segmentation"}}');
SELECT import(good - 'model') FROM e;
SELECT import(jsonb_set(good, '{model}', '"text"')) FROM e;
SELECT import(jsonb_set(good, '{rows}', '"many"')) FROM e;
SELECT import(jsonb_set(good, '{rows}', '1e40')) FROM e;
SELECT import(jsonb_set(good, '{trained_at}', '"yesterday, perhaps"')) FROM e;
SELECT import(jsonb_set(good, '{segments}', '7')) FROM e;
SELECT import(jsonb_set(good, '{segments}', '[{"segment_id": "x"}]')) FROM e;
SELECT import(jsonb_set(good, '{profiles}', '[{"segment_id": 1}]')) FROM e;
SELECT import(jsonb_set(good, '{profiles}', '[{"segment_id": 1, "feature": "f", "category": "", "n": 1}, {"segment_id": 1, "feature": "f", "category": "", "n": 1}]')) FROM e;
SELECT import(jsonb_set(good, '{options}', 'null')) FROM e;
SELECT import(jsonb_set(good, '{model,segments,ids}', '[1, 1, 2]')) FROM e;
SELECT import(jsonb_set(good, '{model,segments,ids}', '[1, 2]')) FROM e;
SELECT import(jsonb_set(good, '{model,fit,centers}', '[1, 2, 3]')) FROM e;
SELECT import(jsonb_set(good, '{model,fit,k}', '1000000000')) FROM e;
SELECT import('{"clusterseg": 1, "kind": "recommender"}');
SELECT import(jsonb_set(clusterseg.export_model('r'), '{items}', '[{"item_no": 1}]'));
SELECT import(jsonb_set(clusterseg.export_model('r'), '{recommender}', '{"algorithm": "itemknn"}'));
-- what only describes may be missing: labels and profiles
SELECT clusterseg.import_model('bare', good - '{segments,profiles,options,metrics,rows,skipped,key,key_type,trained_at}'::text[]) FROM e;
SELECT segment_id, segment, description FROM clusterseg.segments WHERE model = 'bare' AND segment_id = 1;
SELECT clusterseg.segment('bare', f) = clusterseg.segment(clusterseg.model_value('iris', 1), f) AS same, count(*) FROM flowers f GROUP BY 1;
-- a name of another kind of model
SELECT raises('SELECT clusterseg.import_model(''r'', (SELECT good FROM e))');
SELECT raises('SELECT clusterseg.import_model(''iris'', clusterseg.export_model(''r''))');
