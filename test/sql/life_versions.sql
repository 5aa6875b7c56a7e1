-- Versions: train again, drafts, preview, publish, rollback, refresh, drop; and what a segment is over retraining.
--
-- Groups of customers stand far apart on a line, so that the segments and every number below are known beforehand:
-- a segment is called by the place where it stands.
\set ECHO none
\i test/data/raises.sql
\set ECHO all

CREATE TABLE customers (id int PRIMARY KEY, x float8 NOT NULL);
-- people(from, n, place): n customers about a place
CREATE FUNCTION people(first int, n int, place float8) RETURNS SETOF customers LANGUAGE sql AS
	$$ SELECT first + i, place + 0.1 * (i % 5 - 2) FROM generate_series(0, n - 1) i $$;
INSERT INTO customers SELECT p.* FROM (VALUES (0, 0), (100, 10), (200, 20), (300, 30)) g (first, place), people(first, 60, place) p;

-- what is where: the place of each segment, by the published version
CREATE VIEW now AS
	SELECT s.model, s.segment_id AS id, s.segment, round(c.value) AS place, s.size, s.since_version AS since, s.state
	FROM clusterseg.segments s JOIN clusterseg.models m USING (model)
	LEFT JOIN clusterseg.centroids c ON (c.model, c.version, c.segment_id) = (s.model, m.published_version, s.segment_id);
CREATE FUNCTION train(k int, model text DEFAULT 'm', options jsonb DEFAULT '{}', publish boolean DEFAULT true) RETURNS text
	LANGUAGE sql AS $$ SELECT format('version %s, k %s, %s rows, published: %s', version, t.k, rows, published)
		FROM clusterseg.train(model, 'customers', 'id', '{x}', k => train.k, scale => 'none', publish => publish, options => options) t $$;

SELECT train(4);
SELECT count(DISTINCT id) AS ids, min(id), max(id), array_agg(size) AS sizes, array_agg(place::int ORDER BY place) AS places FROM now;
-- ids as they come depend on nothing but the rows: from here on they are known by their places
SELECT id AS id0 FROM now WHERE place = 0 \gset
SELECT id AS id10 FROM now WHERE place = 10 \gset
SELECT id AS id20 FROM now WHERE place = 20 \gset
SELECT id AS id30 FROM now WHERE place = 30 \gset
SELECT clusterseg.rename_segment('m', :id0, 'Zero'), clusterseg.rename_segment('m', :id10, 'Ten', 'those at ten'),
	clusterseg.rename_segment('m', :id20, 'Twenty'), clusterseg.rename_segment('m', :id30, 'Thirty');

-- ---- the same again: the same ids, no history, not one row written ----
CREATE TEMP TABLE written AS SELECT id, ctid AS place, xmin AS by FROM m_members;
SELECT train(4);
SELECT segment, place, size, since, state FROM now ORDER BY place;
SELECT count(*) AS history FROM m_history WHERE valid_to IS NOT NULL;
SELECT count(*) AS rewritten FROM m_members m FULL JOIN written w USING (id) WHERE (m.ctid, m.xmin) IS DISTINCT FROM (w.place, w.by);

-- ---- clusters in another order: the same ids ----
SELECT train(4, options => '{"init": "given", "start": [[30], [0], [20], [10]]}');
SELECT segment, place, size FROM now ORDER BY place;
SELECT count(*) AS history FROM m_history WHERE valid_to IS NOT NULL;

-- ---- split, 35 : 25 (35 of 60 is over one half): the larger part goes on, the other is new ----
UPDATE customers SET x = x + 4 WHERE id BETWEEN 35 AND 59;
SELECT train(5);
SELECT id, segment <> '' AS named, place, size, since FROM now WHERE place = 4;
SELECT segment, place, size, since FROM now WHERE place <> 4 ORDER BY place;
SELECT from_segment_id = :id0 AS zero, to_segment_id = :id0 AS stayed, customers, from_size, to_size
	FROM clusterseg._transitions WHERE version = 4 AND from_segment_id = :id0 ORDER BY customers;

-- ---- merge: ten and twenty meet at fifteen; the id of one of them goes on, the other is retired and stays known ----
UPDATE customers SET x = x + 5 WHERE id BETWEEN 100 AND 159;
UPDATE customers SET x = x - 5 WHERE id BETWEEN 200 AND 259;
SELECT train(4);
SELECT place, size, segment IN ('Ten', 'Twenty') AS goes_on FROM now WHERE place = 15;
SELECT segment IN ('Ten', 'Twenty') AS one_of_them, place, size, state FROM now WHERE state = 'retired';

-- ---- vanish and emerge: thirty goes away, forty appears; no id comes twice ----
DELETE FROM customers WHERE id BETWEEN 300 AND 399;
INSERT INTO customers SELECT * FROM people(400, 70, 40);
SELECT max(id) AS last_id FROM now \gset
SELECT train(4);
SELECT id = :last_id + 1 AS next_id, size, since FROM now WHERE place = 40;
SELECT segment, place, state, size FROM now WHERE id = :id30;
SELECT reason, ended_by, count(*) FROM m_history WHERE segment_id = :id30 GROUP BY 1, 2;

-- ---- it comes back: somebody new, because nobody of before is there ----
INSERT INTO customers SELECT * FROM people(500, 60, 30);
SELECT train(5);
SELECT id = :last_id + 2 AS next_id, since FROM now WHERE place = 30;
SELECT id, count(*) FROM now GROUP BY id HAVING count(*) > 1;

-- ---- even split in three: 20 of 60 is no majority, nobody is the former segment ----
SELECT clusterseg.drop_model('m');
TRUNCATE customers;
INSERT INTO customers SELECT * FROM people(0, 60, 0) UNION ALL SELECT * FROM people(100, 60, 50);
SELECT train(2);
UPDATE customers SET x = x + 5 * ((id / 20) % 3) WHERE id < 60;
SELECT train(4);
SELECT place, size, since, id FROM now WHERE place < 50 ORDER BY place;
SELECT place, size, since, state FROM now WHERE since = 1 ORDER BY place;

-- ---- the overlaps [[90, 80], [80, 10]]: together 160 is the most, one by one would give 100 ----
-- A (170) gives 90 to X and 80 to Y, B (90) gives 80 to X and 10 to Y. B goes on in X: 80 of its 90 are there. Y is
-- nobody: A gave it 80 of its 170 only, and no segment may go on twice.
SELECT clusterseg.drop_model('m');
TRUNCATE customers;
INSERT INTO customers SELECT * FROM people(0, 170, 0) UNION ALL SELECT * FROM people(1000, 90, 100);
SELECT train(2);
SELECT id AS b FROM now WHERE place = 100 \gset
UPDATE customers SET x = CASE WHEN id < 90 OR id BETWEEN 1000 AND 1079 THEN 500 ELSE 600 END + x / 1000;
SELECT train(2);
SELECT place, size, CASE id WHEN :b THEN 'B' WHEN 3 THEN 'new' ELSE 'A' END AS is FROM now WHERE state = 'active' ORDER BY place;

-- ---- half of the customers leave and three times as many come: of those who stayed, all stayed together ----
SELECT clusterseg.drop_model('m');
TRUNCATE customers;
INSERT INTO customers SELECT * FROM people(0, 60, 0) UNION ALL SELECT * FROM people(100, 60, 50);
SELECT train(2);
SELECT id AS id0 FROM now WHERE place = 0 \gset
DELETE FROM customers WHERE id % 100 >= 20;
INSERT INTO customers SELECT * FROM people(1000, 180, 0) UNION ALL SELECT * FROM people(2000, 180, 50);
SELECT train(2);
SELECT place, id = :id0 AS zero, size, since FROM now ORDER BY place;

-- ---- nobody of before is left: the former model says which segment would be whose ----
TRUNCATE customers;
INSERT INTO customers SELECT * FROM people(3000, 60, 0) UNION ALL SELECT * FROM people(4000, 60, 50) UNION ALL SELECT * FROM people(5000, 60, 99);
SELECT train(3);
SELECT place, id = :id0 AS zero, id = 3 AS new, size, since FROM now ORDER BY place;

-- ---- labels: a name given by a person stays, with its description; proposed descriptions follow the numbers ----
SELECT clusterseg.rename_segment('m', :id0, 'The zeros');
SELECT description FROM clusterseg.segments WHERE segment_id = :id0;
INSERT INTO customers SELECT * FROM people(6000, 40, 0);
SELECT train(3);
SELECT segment, description, named FROM clusterseg.segments WHERE segment_id = :id0;
SELECT clusterseg.rename_segment('m', :id0, 'The zeros', 'nothing at all');
SELECT train(3);
SELECT segment, description FROM clusterseg.segments WHERE segment_id = :id0;
SELECT DISTINCT segment FROM m_members WHERE segment_id = :id0;
SELECT clusterseg.segment_label('m', '{0}'::float8[]), clusterseg.segment_label(clusterseg.model_value('m'), '{0}'::float8[]);
SELECT raises(format('SELECT clusterseg.rename_segment(''m'', %s, ''THE ZEROS'')', id)) FROM now WHERE place = 50;
SELECT raises('SELECT clusterseg.rename_segment(''m'', 77, ''x'')'), raises('SELECT clusterseg.rename_segment(''m'', 77, ''The zeros'')');
SELECT raises('SELECT clusterseg.rename_segment(''m'', 1, '' '')'), raises('SELECT clusterseg.rename_segment(''m'', 1, NULL)');
SELECT raises('SELECT clusterseg.rename_segment(''nobody'', 1, ''x'')');

-- ---- drafts ----
SELECT clusterseg.drop_model('m');
TRUNCATE customers;
INSERT INTO customers SELECT * FROM people(0, 60, 0) UNION ALL SELECT * FROM people(100, 60, 50);
SELECT train(2, publish => false);
SELECT to_regclass('m_members') AS members, (SELECT count(*) FROM clusterseg.segments) AS segments;
SELECT raises('SELECT clusterseg.segment(''m'', ''{1}''::float8[])');
SELECT raises('SELECT clusterseg.reassign(''m'')');
SELECT raises('SELECT clusterseg.rollback(''m'')');
SELECT raises('SELECT clusterseg.model_value(''m'')');
SELECT * FROM clusterseg.preview('m');
SELECT clusterseg.publish('m');
SELECT reason, previous_segment_id, version, count(*) FROM m_members GROUP BY 1, 2, 3;

-- a draft on other rows, with a segment more: 10 of zero go to fifty, 20 of fifty go to a place of their own
UPDATE customers SET x = 50 WHERE id < 10;
UPDATE customers SET x = 99 WHERE id BETWEEN 100 AND 119;
SELECT id AS id0 FROM now WHERE place = 0 \gset
SELECT version, published FROM clusterseg.train('m', 'SELECT id, x FROM customers WHERE id <> 59', 'id', '{x}', k => 3, scale => 'none', publish => false);
SELECT version, state FROM clusterseg.versions ORDER BY 1;
SELECT published_version, algorithm, source FROM clusterseg.models;
SELECT draft_version, status FROM clusterseg.freshness;
SELECT CASE segment_id WHEN :id0 THEN 'zero' WHEN 3 THEN 'new' ELSE 'fifty' END AS is, state, size_before, size_after, stay, moved_in, moved_out
	FROM clusterseg.preview('m') ORDER BY segment_id = 3, segment_id <> :id0;
-- the published version goes on with its own source: nobody leaves, 10 move, and the 20 are still nearer to fifty
SELECT clusterseg.reassign('m');
SELECT count(*) FROM m_members;
SELECT clusterseg.publish('m', 2);
SELECT count(*), count(*) FILTER (WHERE segment_id = 3) AS new, count(*) FILTER (WHERE reason = 'publish') AS moved FROM m_members;
SELECT published_version, source FROM clusterseg.models;
SELECT clusterseg.rollback('m');
SELECT published_version, source FROM clusterseg.models;
SELECT version, state FROM clusterseg.versions ORDER BY 1;
SELECT segment_id = :id0 AS zero, reason, count(*) FROM m_members GROUP BY 1, 2 ORDER BY 1, 2;
SELECT raises('SELECT clusterseg.rollback(''m'')');
SELECT raises('SELECT clusterseg.publish(''m'', 7)');
SELECT raises('SELECT clusterseg.publish(''nobody'')');
-- after a rollback the newest version is still the one that publish() would take
SELECT state, size_before, size_after FROM clusterseg.preview('m') ORDER BY 1, 2, 3;
SELECT clusterseg.publish('m');

-- ROLLBACK undoes all of it
BEGIN;
SELECT train(3);
SELECT clusterseg.rename_segment('m', :id0, 'Other');
SELECT clusterseg.rollback('m');
ROLLBACK;
SELECT published_version, (SELECT count(*) FROM clusterseg.versions) AS versions FROM clusterseg.models;

-- ---- refresh ----
SELECT version, k, rows, published FROM clusterseg.refresh('m');
-- a share of 20 in 119 (16.8 %) moves: more than 10 %, less than 20 %
UPDATE customers SET x = 0 WHERE id BETWEEN 120 AND 139;
SELECT version, published FROM clusterseg.refresh('m', max_moved => 0.1);
SELECT published_version FROM clusterseg.models;
SELECT version, published FROM clusterseg.refresh('m', max_moved => 0.2);
SELECT published_version FROM clusterseg.models;
-- a source given once is the source from then on
SELECT version, rows FROM clusterseg.refresh('m', source => 'customers');
SELECT source FROM clusterseg.models;
SELECT raises('SELECT clusterseg.refresh(''m'', 1.5)'), raises('SELECT clusterseg.refresh(''m'', ''NaN'')');
SELECT raises('SELECT clusterseg.refresh(''m'', source => ''SELECT id FROM customers'')');
-- k left to the data stays what it was found to be
SELECT k FROM clusterseg.train('auto', 'customers', 'id', '{x}', scale => 'none');
SELECT k FROM clusterseg.refresh('auto');
-- the options of the version go on
SELECT k FROM clusterseg.train('options', 'customers', 'id', '{x}', 'bisecting_kmeans', 3, scale => 'minmax', seed => 7,
	transforms => '{"x": {"winsor": [0, 0.9]}}', options => '{"criterion": "size"}');
SELECT k FROM clusterseg.refresh('options');
SELECT options - 'effective' = lag(options - 'effective') OVER (ORDER BY version) AS same, algorithm
	FROM clusterseg.versions WHERE model = 'options' ORDER BY version;

-- ---- the key is for ever ----
SELECT raises('SELECT clusterseg.train(''m'', ''SELECT id::text AS id, x FROM customers'', ''id'', ''{x}'', k => 2)');
SELECT raises('SELECT clusterseg.train(''m'', ''SELECT id AS other, x FROM customers'', ''other'', ''{x}'', k => 2)');
-- also for drafts that came before the first publishing
SELECT publish FROM (VALUES (false)) v (publish), clusterseg.train('drafts', 'customers', 'id', '{x}', k => 2, publish => publish);
SELECT publish FROM (VALUES (false)) v (publish), clusterseg.train('drafts', 'SELECT id::text AS id, x FROM customers', 'id', '{x}', k => 2, publish => publish);
SELECT clusterseg.publish('drafts', 1);
SELECT format_type(atttypid, NULL) FROM pg_attribute WHERE attrelid = 'drafts_members'::regclass AND attname = 'id';
SELECT raises('SELECT clusterseg.publish(''drafts'', 2)');

-- ---- drop: its own relations, and no others ----
CREATE TABLE mine_members (note text);
INSERT INTO mine_members VALUES ('not yours');
SELECT train(2, 'mine', publish => false);
SELECT raises('SELECT clusterseg.publish(''mine'')');
SELECT raises('SELECT train(2, ''mine'')');
SELECT clusterseg.drop_model('mine');
TABLE mine_members;
CREATE VIEW report AS SELECT segment, count(*) FROM m_members GROUP BY 1;
SELECT raises('SELECT clusterseg.drop_model(''m'')');
DROP VIEW report;
SELECT clusterseg.drop_model('m'), clusterseg.drop_model('auto'), clusterseg.drop_model('options'), clusterseg.drop_model('drafts');
SELECT raises('SELECT clusterseg.drop_model(''m'')');
SELECT relname FROM pg_class WHERE relname ~ '^(m|auto|options|drafts)_';
SELECT count(*) FROM clusterseg.models FULL JOIN clusterseg.versions USING (model) FULL JOIN clusterseg._segments USING (model)
	FULL JOIN clusterseg.centroids USING (model) FULL JOIN clusterseg._profiles USING (model) FULL JOIN clusterseg._transitions USING (model);

-- ---- an extension made anew has version ids of its own: what the session knew of the former is forgotten ----
TRUNCATE customers;
INSERT INTO customers SELECT * FROM people(0, 60, 0) UNION ALL SELECT * FROM people(100, 60, 50);
SELECT train(2);
SELECT clusterseg.segment_distance('m', '{1000}'::float8[]);
DROP EXTENSION clusterseg CASCADE;
DROP VIEW m_history;
DROP TABLE m_members, m_past;
CREATE EXTENSION clusterseg;
UPDATE customers SET x = x + 900;
SELECT train(2);
SELECT round(clusterseg.segment_distance('m', '{1000}'::float8[])) AS fifty;
