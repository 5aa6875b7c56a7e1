-- auto: the algorithm, or blend, that ranks best what is held back of the training data.
SET timezone = 'UTC';
\set ECHO none
\i test/data/raises.sql
\set ECHO all

-- things come in pairs: who has the one has the other
CREATE TABLE events AS SELECT c, i * 2 + side AS i FROM generate_series(1, 200) c, generate_series(0, 11) i, generate_series(0, 1) side
	WHERE hashint4extended(c * 100 + i, 5) & 7 < 2;
-- it is the default; which of several good ones it is, a notice tells, and here not the test
SET client_min_messages = warning;
SELECT version, published FROM clusterseg.train_recommender('paired', 'events', 'c', 'i');
-- the version is one of the algorithm that was taken; what was asked for and what was tried is kept with it
SELECT m.algorithm = v.algorithm AS same, v.options->>'algorithm' AS asked_for, r.algorithm = v.algorithm AS served_by
FROM clusterseg.models m JOIN clusterseg.versions v ON v.id = m.published_id JOIN clusterseg._recommenders r ON r.version_id = v.id WHERE m.model = 'paired';
SELECT t.key AS tried, t.value->'customers' AS customers, t.value->>'left_out' AS left_out, (t.value->>'low')::float8 < (t.value->>'high')::float8 AS with_interval
FROM clusterseg.versions, jsonb_each(metrics->'tried') t WHERE model = 'paired' ORDER BY 1;
-- what was taken has the highest figure
SELECT v.algorithm = (SELECT t.key FROM jsonb_each(v.metrics->'tried') t ORDER BY (t.value->>'ndcg')::float8 DESC NULLS LAST LIMIT 1) AS the_best FROM clusterseg.versions v WHERE model = 'paired';
-- the other one of the pair first
SELECT count(*) AS baskets, bool_and(r.item_id::int = i # 1) AS the_other_one FROM generate_series(0, 23) i, clusterseg.recommend_for_basket('paired', ARRAY[i::text], 1) r;

-- the same as by name, with the options that the version tells
DO $$
DECLARE
	v clusterseg.versions;
BEGIN
	SELECT * INTO v FROM clusterseg.versions WHERE model = 'paired';
	PERFORM FROM clusterseg.train_recommender('by_name', 'events', 'c', 'i', algorithm => v.algorithm,
		options => (v.options->'effective') - CASE WHEN v.algorithm = 'blend' THEN '{}'::text[] ELSE '{members}' END);
END
$$;
SELECT clusterseg.export_model('paired')::jsonb - '{trained_at,metrics,options}'::text[] = clusterseg.export_model('by_name')::jsonb - '{trained_at,metrics,options}'::text[] AS the_same;

-- options of all algorithms go on to the one that is taken
SELECT version FROM clusterseg.train_recommender('paired', 'events', 'c', 'i', options => '{"max_history": 40, "min_events": 2}');
SELECT options->'effective'->'max_history' AS max_history, options->'effective'->'min_events' AS min_events FROM clusterseg.versions WHERE model = 'paired' AND version = 2;
-- with a segmentation, what is popular in segments takes part
CREATE TABLE people AS SELECT c, (c % 2)::float8 AS x FROM generate_series(1, 200) c;
SELECT k FROM clusterseg.train('halves', 'people', 'c', '{x}', k => 2);
SELECT version FROM clusterseg.train_recommender('paired', 'events', 'c', 'i', segmentation => 'halves');
SELECT metrics->'tried'->'segment_popular' ? 'ndcg' AS took_part FROM clusterseg.versions WHERE model = 'paired' AND version = 3;
-- weights that are too far apart for some
SELECT version FROM clusterseg.train_recommender('wide', 'SELECT *, CASE WHEN c = 3 THEN 1e29 WHEN c = 4 THEN 1e-29 ELSE 1 END AS w FROM events', 'c', 'i', 'w');
SELECT t.key AS left_out, t.value->>'left_out' AS why FROM clusterseg.versions, jsonb_each(metrics->'tried') t WHERE model = 'wide' AND t.value ? 'left_out' ORDER BY 1;
RESET client_min_messages;
-- what takes longer than is allowed is left out, and that is told
SELECT version FROM clusterseg.train_recommender('paired', 'events', 'c', 'i', options => '{"effort": 0.00001}');
SELECT t.key AS left_out, regexp_replace(t.value->>'left_out', '\d+', 'N') AS why FROM clusterseg.versions, jsonb_each(metrics->'tried') t WHERE model = 'paired' AND version = 4 AND t.value ? 'left_out' ORDER BY 1;
-- with times and texts of items, what looks at these is tried as well
CREATE TABLE things AS SELECT i, 'thing number ' || i AS title, i % 3 AS size FROM generate_series(0, 23) i;
SET client_min_messages = warning;
SELECT version FROM clusterseg.train_recommender('dated', 'SELECT *, timestamptz ''2025-01-01'' + i * interval ''1 day'' AS at FROM events', 'c', 'i', at => 'at', item_source => 'things');
SELECT t.key AS tried, t.value->>'left_out' AS left_out FROM clusterseg.versions, jsonb_each(metrics->'tried') t WHERE model = 'dated' ORDER BY 1;
-- an item source without texts has nothing to say
SELECT version FROM clusterseg.train_recommender('dated', 'events', 'c', 'i', item_source => 'SELECT i, size FROM things');
SELECT metrics->'tried'->'content'->>'left_out' AS left_out FROM clusterseg.versions WHERE model = 'dated' AND version = 2;
-- everybody has things of one sort, and hardly a thing is had twice: only words tell, and they reach what nobody has
CREATE TABLE sorts AS SELECT i, 'sort' || i % 50 AS title FROM generate_series(0, 1999) i;
CREATE TABLE tastes AS SELECT c, (c % 50 + 50 * (hashint4extended(c * 10 + n, 7) & 31))::int AS i FROM generate_series(1, 250) c, generate_series(1, 4) n;
SELECT algorithm, items FROM clusterseg.train_recommender('by_words', 'tastes', 'c', 'i', item_source => 'sorts');
SELECT options->>'algorithm' AS asked_for, metrics->'tried'->'content' ? 'ndcg' AS tried, metrics->'tried'->'itemknn' ? 'ndcg' AS tried_as_well FROM clusterseg.versions WHERE model = 'by_words';
SELECT count(*) AS lists, bool_and(r.item_id::int % 50 = 7) AS same_sort, count(*) FILTER (WHERE NOT EXISTS (SELECT FROM tastes t WHERE t.i = r.item_id::int)) > 0 AS some_new
FROM clusterseg.recommend_for_basket('by_words', '{7}', 30) r;
-- four customers each have most of the same 60 things: the nearest tell, and their events are kept with the version, forgettable or not
CREATE TABLE clones AS SELECT g * 4 + m AS c, i FROM generate_series(0, 29) g, generate_series(0, 3) m, LATERAL (SELECT DISTINCT hashint4extended(g * 100 + n, 3) & 16383 AS i FROM generate_series(1, 60) n) b
	WHERE hashint8extended((g * 4 + m) * 100000 + i, 9) & 3 > 0;
SELECT algorithm FROM clusterseg.train_recommender('kept', 'clones', 'c', 'i', options => '{"forgettable": false, "effort": 0.0018}');
SELECT count(*) AS lists, count(*) FILTER (WHERE source = 'userknn') AS by_nearest,
	count(*) FILTER (WHERE EXISTS (SELECT FROM clones b WHERE b.c / 4 = c / 4 AND b.i = r.item_id::int)) AS of_the_like
FROM generate_series(0, 119) c, clusterseg.recommend('kept', c, 3) r;
RESET client_min_messages;
-- nobody has two things: there is nothing to judge by
SELECT algorithm, customers FROM clusterseg.train_recommender('single', 'SELECT c, i FROM events WHERE i = 0', 'c', 'i');

\pset format unaligned
\pset tuples_only on
SELECT raises($$SELECT clusterseg.train_recommender('bad', 'events', 'c', 'i', options => '{"neighbours": 5}')$$);
SELECT raises($$SELECT clusterseg.train_recommender('bad', 'events', 'c', 'i', options => '{"effort": -1}')$$);
SELECT raises($$SELECT clusterseg.train_recommender('bad', 'events', 'c', 'i', algorithm => 'auto', options => '{"effort": 1e-9}')$$);
