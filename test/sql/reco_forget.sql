-- forget_customer(): a version is what it would be had it never seen the customer, to the bit.
SET timezone = 'UTC';
\set ECHO none
\i test/data/raises.sql
\set ECHO all

-- returns, repeated events, more items than max_history keeps, an item that only customer 7 has, and the latest event of all is customer 7's
CREATE TABLE events (customer int, item text, pieces int, at timestamptz);
INSERT INTO events SELECT c, 'i' || lpad(i::text, 2, '0'), CASE WHEN (c + i) % 13 = 0 THEN -2 ELSE 1 + (c * i) % 3 END, timestamptz '2025-01-01' + (c * 31 + i * 17) % 700 * interval '1 hour'
	FROM generate_series(1, 60) c, generate_series(1, 30) i, generate_series(0, 1) again WHERE (c * 7 + i * i * 3 + (c * i) % 11) % 9 < 3 AND (again = 0 OR c % 5 = 0);
INSERT INTO events VALUES (7, 'i00 of 7 alone', 2, '2025-01-20'), (7, 'i09', 1, '2025-03-01'), (61, 'i03', -1, '2025-01-02');
INSERT INTO events SELECT 62, 'j' || i, 1, timestamptz '2025-01-01' + i * interval '1 minute' FROM generate_series(1, 40) i;
CREATE TABLE groups AS SELECT c AS customer, c % 3 AS a, c % 5 AS b FROM generate_series(1, 62) c;
SELECT k FROM clusterseg.train('halves', 'groups', 'customer', '{a,b}', k => 3);

-- all that is kept of a published version: its export, and customers, but ids, times and how many rows were read
CREATE FUNCTION checksum(name text) RETURNS text LANGUAGE sql AS $$
	SELECT md5(concat_ws(' ', clusterseg.export_model(name) - '{trained_at,metrics,options,rows,skipped}'::text[],
		(SELECT jsonb_agg(to_jsonb(c) - 'version_id' ORDER BY chunk) FROM clusterseg._reco_customers c JOIN clusterseg.models m ON m.published_id = c.version_id WHERE m.model = name)))
$$;
CREATE FUNCTION try_forgetting(algorithm text, options jsonb, who int, weight text, at text, segmentation text) RETURNS TABLE (state text, changed bool, exact bool) LANGUAGE plpgsql AS $$
DECLARE
	before text;
BEGIN
	PERFORM FROM clusterseg.train_recommender('whole', 'events', 'customer', 'item', weight, at, algorithm, segmentation, options => options);
	PERFORM FROM clusterseg.train_recommender('without', format('SELECT * FROM events WHERE customer <> %s', who), 'customer', 'item', weight, at, algorithm, segmentation, options => options);
	before := checksum('whole');
	-- a session that has read the version must not answer from memory afterwards
	PERFORM FROM clusterseg.recommend('whole', 3);
	SELECT f.state INTO state FROM clusterseg.forget_customer('whole', who) f;
	changed := before <> checksum('whole');
	exact := checksum('whole') = checksum('without') AND NOT EXISTS (
		SELECT c, r.rank, r.item_id, r.score, r.source FROM generate_series(1, 62) c, clusterseg.recommend('whole', c, 50) r WHERE c <> who
		EXCEPT SELECT c, r.rank, r.item_id, r.score, r.source FROM generate_series(1, 62) c, clusterseg.recommend('without', c, 50) r WHERE c <> who);
	PERFORM clusterseg.drop_model('whole'), clusterseg.drop_model('without');
	RETURN NEXT;
END
$$;
SELECT a.algorithm, options, who, t.*
FROM (VALUES ('popular', '{}', 7, NULL, NULL, NULL), ('popular', '{"window": 10, "half_life": 5, "min_events": 19}', 7, 'pieces', 'at', 'halves'), ('trending', '{}', 7, NULL, 'at', NULL),
		('segment_popular', '{"kappa": 5}', 7, NULL, NULL, 'halves'), ('segment_popular', '{"half_life": 3}', 30, 'pieces', 'at', 'halves'),
		('itemknn', '{}', 7, NULL, NULL, NULL), ('itemknn', '{"similarity": "bm25", "half_life": 9, "max_history": 5}', 7, 'pieces', 'at', 'halves'),
		('itemknn', '{"similarity": "llr", "neighbours": 4}', 62, 'pieces', NULL, NULL), ('itemknn', '{"similarity": "cosine"}', 61, 'pieces', NULL, NULL),
		('rp3beta', '{"neighbours": 6}', 7, 'pieces', 'at', NULL),
		('userknn', '{}', 7, NULL, NULL, NULL), ('userknn', '{"similarity": "tfidf", "neighbourhood": "others", "neighbours": 5, "max_history": 4}', 7, 'pieces', 'at', 'halves'))
	a (algorithm, options, who, weight, at, segmentation), LATERAL try_forgetting(a.algorithm, options::jsonb, who, weight, at, segmentation) t;

-- every version, published or not; kept recommendations; nothing else of the customer is left
SELECT version FROM clusterseg.train_recommender('m', 'events', 'customer', 'item', algorithm => 'itemknn');
SELECT version FROM clusterseg.train_recommender('m', 'events', 'customer', 'item', algorithm => 'popular', publish => false);
SELECT version FROM clusterseg.train_recommender('m', 'events', 'customer', 'item', algorithm => 'puresvd', publish => false, options => '{"factors": 4}');
SELECT version FROM clusterseg.train_recommender('m', 'events', 'customer', 'item', algorithm => 'popular', publish => false, options => '{"forgettable": false}');
SELECT clusterseg.refresh_recommendations('m', 3) > 0 AS kept;
SELECT count(*) AS kept_recommendations FROM m_recommendations WHERE customer_id = 7;
SELECT * FROM clusterseg.forget_customer('m', 7);
SELECT count(*) AS kept_recommendations FROM m_recommendations WHERE customer_id = 7;
SELECT v.version, v.state, r.customers, r.items, (SELECT count(*) FROM clusterseg._reco_items i WHERE i.version_id = v.id AND i.item_id LIKE '%alone') AS items_of_7,
	(SELECT count(*) FROM clusterseg._reco_customers c, unnest(c.customers) n WHERE c.version_id = v.id AND n = clusterseg._customer_number('7')) AS kept
FROM clusterseg.versions v JOIN clusterseg._recommenders r ON r.version_id = v.id WHERE v.model = 'm' ORDER BY 1;
SELECT count(*) AS orphans FROM (SELECT version_id FROM clusterseg._reco_customers UNION SELECT version_id FROM clusterseg._reco_items EXCEPT SELECT id FROM clusterseg.versions) o;
-- once more, and somebody who was never there; the key in another type
SELECT version, state FROM clusterseg.forget_customer('m', 7::bigint);
SELECT version, state FROM clusterseg.forget_customer('m', '12') WHERE version < 3;
-- published and rolled back as before
SELECT clusterseg.publish('m', 2);
SELECT clusterseg.rollback('m');
SELECT count(*) FROM clusterseg.recommend('m', 3, 5);

-- keys whose texts depend on settings
CREATE TABLE daily AS SELECT date '2024-01-01' + customer AS customer, item FROM events;
SELECT version FROM clusterseg.train_recommender('daily', 'daily', 'customer', 'item', algorithm => 'itemknn');
SELECT clusterseg.refresh_recommendations('daily', 3) > 0 AS kept, clusterseg.log_impressions('daily', date '2024-01-08', '{a}') > 0 AS logged;
SET DateStyle = 'SQL, DMY';
SELECT state FROM clusterseg.forget_customer('daily', date '2024-01-08');
SELECT (SELECT count(*) FROM daily_recommendations WHERE customer_id = date '2024-01-08') AS kept, (SELECT count(*) FROM clusterseg.feedback_calls) AS logged;
SELECT state FROM clusterseg.forget_customer('daily', '09/01/2024');
RESET DateStyle;
SELECT (SELECT count(*) FROM daily_recommendations WHERE customer_id = date '2024-01-09') AS kept;
SELECT clusterseg.drop_model('daily');

-- undone with the transaction
BEGIN;
SELECT state FROM clusterseg.forget_customer('m', 20) WHERE version = 1;
SELECT count(*) > 0 AS serves FROM clusterseg.recommend('m', 3);
ROLLBACK;
SELECT state FROM clusterseg.forget_customer('m', 20) WHERE version = 1;

\pset format unaligned
\pset tuples_only on
SELECT raises($$SELECT clusterseg.forget_customer('halves', 7)$$);
SELECT raises($$SELECT clusterseg.forget_customer('nothing', 7)$$);
SELECT raises($$SELECT clusterseg.forget_customer('m', NULL::int)$$);
SELECT raises($$SELECT clusterseg.forget_customer('m', 'a name')$$);
-- nobody else is left
SELECT version FROM clusterseg.train_recommender('one', 'SELECT * FROM events WHERE customer = 7', 'customer', 'item', algorithm => 'itemknn');
SELECT raises($$SELECT clusterseg.forget_customer('one', 7)$$);
\pset format aligned
\pset tuples_only off

-- keys with quotes
CREATE TABLE odd (customer text, item text);
INSERT INTO odd VALUES ('O''Neill "\', 'a'), ('O''Neill "\', 'b'), ('other', 'a'), ('other', 'c');
SELECT version FROM clusterseg.train_recommender('odd', 'odd', 'customer', 'item', algorithm => 'itemknn');
SELECT clusterseg.refresh_recommendations('odd');
SELECT state FROM clusterseg.forget_customer('odd', 'O''Neill "\');
SELECT item_id FROM clusterseg.recommend('odd', NULL::text) ORDER BY 1;
SELECT customer_id FROM odd_recommendations GROUP BY 1;

-- what is kept to forget is the owner's alone; of others' models nothing can be forgotten
\set ECHO none
SET client_min_messages = warning;
DROP ROLE IF EXISTS regress_forget_bob;
CREATE ROLE regress_forget_bob;
RESET client_min_messages;
\set ECHO all
\set VERBOSITY terse
SELECT clusterseg.grant_model('m', 'regress_forget_bob');
SET ROLE regress_forget_bob;
SELECT count(*) AS models, (SELECT count(*) FROM clusterseg._reco_customers) AS customers FROM clusterseg.models;
SELECT * FROM clusterseg.forget_customer('m', 3);
RESET ROLE;
SELECT clusterseg.revoke_model('m', 'regress_forget_bob');
DROP ROLE regress_forget_bob;
