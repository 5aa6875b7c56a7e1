-- Every function that takes a recommender, called with a model that there is not, that is another kind, that is not published, that was
-- dropped, that is somebody else's; with n of -1, NULL and a million; with NULL and unknown keys. Each line: what comes of it, of which.
\set ECHO none
\i test/data/raises.sql
SET timezone = 'UTC';
SET client_min_messages = error;
CREATE TABLE events AS SELECT c AS customer, 'i' || i AS item, timestamptz '2025-01-01' + (c * i) % 50 * interval '1 day' AS at FROM generate_series(1, 20) c, generate_series(1, 9) i WHERE (c * i) % 7 < 3;
CREATE TABLE people AS SELECT c AS id, c % 2 * 10.0 AS x FROM generate_series(1, 20) c;
SELECT k FROM clusterseg.train('groups', 'people', 'id', '{x}', k => 2, scale => 'none') \g /dev/null
SELECT clusterseg.train_recommender('r', 'events', 'customer', 'item', algorithm => 'itemknn', segmentation => 'groups'),
	clusterseg.train_recommender('draft', 'events', 'customer', 'item', algorithm => 'itemknn', segmentation => 'groups', publish => false),
	clusterseg.train_recommender('vectors', 'events', 'customer', 'item', algorithm => 'puresvd', options => '{"factors": 2}') \g /dev/null
SELECT clusterseg.import_model('imported', clusterseg.export_model('r')) \g /dev/null
-- calls: model %1$L, n %2$s, customer %3$s, item %4$s
CREATE TABLE calls (nth int GENERATED ALWAYS AS IDENTITY, name text, call text);
INSERT INTO calls (name, call) VALUES
	('recommend', 'clusterseg.recommend(%1$L, %3$s, %2$s)'), ('recommend_all', 'clusterseg.recommend_all(%1$L, %2$s)'),
	('recommend_for_basket', 'clusterseg.recommend_for_basket(%1$L, ARRAY[%4$s], %2$s)'), ('recommend_for_segment', 'clusterseg.recommend_for_segment(%1$L, 1, %2$s)'),
	('refresh_recommendations', 'clusterseg.refresh_recommendations(%1$L, %2$s)'), ('similar_items', 'clusterseg.similar_items(%1$L, %4$s, %2$s)'),
	('rank_items', 'clusterseg.rank_items(%1$L, %3$s, ARRAY[%4$s])'), ('customers_for_item', 'clusterseg.customers_for_item(%1$L, %4$s, %2$s)'),
	('segment_uplift', 'clusterseg.segment_uplift(%1$L, 1, %2$s)'), ('customers_for_segment_uplift', 'clusterseg.customers_for_segment_uplift(%1$L, 1, %2$s)'),
	('explain_recommendation', 'clusterseg.explain_recommendation(%1$L, %3$s, %4$s)'), ('customer_vectors', 'clusterseg.customer_vectors(%1$L)'),
	('evaluate_recommender', 'clusterseg.evaluate_recommender(%1$L, ''events'', %2$s)'), ('forget_customer', 'clusterseg.forget_customer(%1$L, %3$s)'),
	('log_impressions', 'clusterseg.log_impressions(%1$L, %3$s, ARRAY[%4$s])'), ('attribute_outcome', 'clusterseg.attribute_outcome(%1$L, %3$s, %4$s)'),
	('forget_feedback', 'clusterseg.forget_feedback(%1$L, %3$s)'), ('feedback_rates', 'clusterseg.feedback_rates(%1$L)'), ('feedback_lift', 'clusterseg.feedback_lift(%1$L, ''banner'')'),
	('sample_ratio', 'clusterseg.sample_ratio(%1$L, ''banner'', ''{control,new}'')'),
	('policy_value', 'clusterseg.policy_value(%1$L, ''SELECT call_id, item_id, 1 AS probability FROM clusterseg.impressions'')');
-- what a call reports, with DETAIL and HINT, or its number of rows; nothing is left of it
CREATE FUNCTION try_call(call text) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
	n bigint;
	error text;
BEGIN
	BEGIN
		EXECUTE 'SELECT count(*) FROM ' || call INTO n;
		RAISE EXCEPTION 'undo' USING ERRCODE = 'P9999';
	EXCEPTION
		WHEN SQLSTATE 'P9999' THEN
			RETURN n || ' rows';
		WHEN OTHERS THEN
			RETURN raises('SELECT count(*) FROM ' || call);
	END;
END
$$;
CREATE FUNCTION try_calls(model text, n text DEFAULT '3', customer text DEFAULT '3', item text DEFAULT '''i2''', which text DEFAULT '', OUT outcome text, OUT functions text) RETURNS SETOF record LANGUAGE sql AS $$
	SELECT CASE WHEN o ~ '^[1-9][0-9]* rows$' THEN 'rows' ELSE o END, string_agg(c.name, ' ' ORDER BY c.nth) FROM calls c, try_call(format(c.call, model, n, customer, item)) o WHERE c.call ~ which GROUP BY 1 ORDER BY 1
$$;
\set ECHO all
\pset format unaligned
\pset tuples_only on
SELECT * FROM try_calls('r');
SELECT * FROM try_calls(NULL);
SELECT * FROM try_calls('nothing');
SELECT * FROM try_calls('groups');
SELECT * FROM try_calls('draft');
SELECT * FROM try_calls('imported');
SELECT * FROM try_calls('vectors');

SELECT * FROM try_calls('r', n => '-1', which => '%2');
SELECT * FROM try_calls('r', n => '0', which => '%2');
SELECT * FROM try_calls('r', n => 'NULL', which => '%2');
SELECT * FROM try_calls('r', n => '1000000', which => '%2');
SELECT * FROM try_calls('r', n => '2147483647', which => '%2');

SELECT * FROM try_calls('r', customer => 'NULL::int', which => '%3');
SELECT * FROM try_calls('r', customer => 'NULL', which => '%3');
SELECT * FROM try_calls('r', customer => '999999', which => '%3');
SELECT * FROM try_calls('r', customer => '''no number''::text', which => '%3');
SELECT * FROM try_calls('r', item => 'NULL::text', which => '%4');
SELECT * FROM try_calls('r', item => '''no such thing''', which => '%4');
SELECT * FROM try_calls('r', item => 'repeat(''x'', 100000)', which => '%4');
SELECT * FROM try_calls('r', item => 'E''"\\\n''''ä😀''', which => '%4');

-- segments: unknown, NULL, of other models; parents that are none
SELECT try_call(c) FROM unnest(ARRAY['recommend_for_segment(''r'', %s)', 'segment_uplift(''r'', %s)', 'customers_for_segment_uplift(''r'', %s)', 'recommend_for_basket(''r'', ''{i2}'', segment_id => %s)']) f,
	unnest('{"NULL",0,99}'::text[]) s, format('clusterseg.' || f, s) c;
SELECT p, try_call(format('clusterseg.segment_uplift(''r'', 1, parent => %L)', p)), try_call(format('clusterseg.customers_for_segment_uplift(''r'', 1, parent => %L)', p)) FROM unnest('{"{}","{NULL}","{99}","{1}","{1,2,2}","{{1},{2}}"}'::text[]) p;

-- items, events, columns and the table go, in a session that has read the model
SELECT count(*) FROM clusterseg.recommend('r', 3, 3);
DELETE FROM events WHERE item = 'i2';
SELECT * FROM try_calls('r', which => '%4');
TRUNCATE events;
SELECT * FROM try_calls('r');
ALTER TABLE events RENAME COLUMN item TO thing;
SELECT * FROM try_calls('r');
DROP TABLE events CASCADE;
SELECT * FROM try_calls('r');

-- a role without rights on the model, and one with rights on the model and none on the events
CREATE ROLE regress_stranger;
GRANT SELECT ON calls TO regress_stranger;
CREATE TABLE events AS SELECT c AS customer, 'i' || i AS item FROM generate_series(1, 20) c, generate_series(1, 9) i WHERE (c * i) % 7 < 3;
CREATE FUNCTION denied(call text) RETURNS text LANGUAGE plpgsql AS $$
BEGIN
	EXECUTE 'SELECT count(*) FROM ' || call;
	RETURN 'rows';
EXCEPTION WHEN OTHERS THEN
	RETURN SQLSTATE || ' ' || SQLERRM;
END
$$;
SET ROLE regress_stranger;
SELECT o, string_agg(c.name, ' ' ORDER BY c.nth) FROM calls c, LATERAL denied(format(c.call, 'r', 3, 3, '''i2''')) o GROUP BY 1 ORDER BY 1;
RESET ROLE;
SELECT clusterseg.grant_model('r', 'regress_stranger') \g /dev/null
SET ROLE regress_stranger;
SELECT o, string_agg(c.name, ' ' ORDER BY c.nth) FROM calls c, LATERAL denied(format(c.call, 'r', 3, 3, '''i2''')) o GROUP BY 1 ORDER BY 1;
RESET ROLE;
-- dropped, in a session that has it read
SELECT clusterseg.drop_model('r') \g /dev/null
SELECT * FROM try_calls('r');

-- times and intervals of what is attributed
SELECT try_call(format('clusterseg.attribute_outcome(''draft'', 3, ''i2'', %s)', a)) FROM unnest(ARRAY['at => ''infinity''', 'at => NULL', 'value => ''NaN''', 'value => NULL', 'outcome => ''''',
	'outcome => NULL', 'within => NULL', 'within => ''-1 day''']) a;
