-- Too little memory for all rows: a sample is learned from, all rows are assigned, and it is said.
--
-- The groups are known by how they are made; counts and sums of squares are held against plain SQL over all rows.
\set ECHO none
\i test/data/raises.sql
\set ECHO all
CREATE TABLE c AS SELECT i AS id, 100 * (i % 5) + (i * 7919 % 1009) / 100.0 AS x, 50 * (i % 5 * (i % 5) % 5) + (i * 7907 % 997) / 100.0 AS y,
	CASE WHEN i % 1000 = 0 THEN NULL ELSE i % 13 END AS z, i % 5 AS truth FROM generate_series(1, 40000) i;

SET client_min_messages = warning;
-- duplicates of a key are noticed, also among rows that the sample leaves out
SELECT raises($$SELECT clusterseg.train('twice', 'SELECT id % 39999 AS id, x, y FROM c', 'id', '{x,y}', k => 5, options => '{"memory": 1}')$$) LIKE '23505 key "id" is not unique in the source%' AS noticed;
SELECT raises($$SELECT clusterseg.train('null', 'SELECT nullif(id, 39999) AS id, x, y FROM c', 'id', '{x,y}', k => 5, options => '{"memory": 1}')$$) LIKE '22004 key "id" is NULL%' AS noticed;
RESET client_min_messages;

-- enough, by the setting: all rows
SET maintenance_work_mem = '64MB';
SELECT rows, skipped, k FROM clusterseg.train('all_rows', 'c', 'id', '{x,y}', k => 5);
-- not enough, by the setting or the option; the option has the last word
SET maintenance_work_mem = '1MB';
SELECT rows, skipped, k FROM clusterseg.train('by_setting', 'c', 'id', '{x,y}', k => 5);
SELECT rows, skipped, k FROM clusterseg.train('roomy', 'c', 'id', '{x,y}', k => 5, options => '{"memory": 64}', publish => false);
SET maintenance_work_mem = '64MB';
SET client_min_messages = warning;
SELECT rows, skipped, k FROM clusterseg.train('by_option', 'c', 'id', '{x,y}', k => 5, options => '{"memory": 1}');
-- the version says it: the share, a power of two, and how many rows that were.  A sample is by hash of the key
SELECT model, metrics->>'rows_read' AS read, metrics->>'sample_share' AS share, abs((metrics->>'sample_rows')::float8 / 40000 / (metrics->>'sample_share')::float8 - 1) < 0.05 AS as_expected
	FROM clusterseg.versions ORDER BY model;
-- it fits: a point takes 8 bytes, its key 8, and at most 30 more while it is learned from
SELECT bool_and((metrics->>'sample_rows')::float8 * 46 <= 1048576) AS fits FROM clusterseg.versions WHERE model IN ('by_setting', 'by_option');

-- every row is a member, and in the group that it was made for
SELECT count(*) AS members FROM by_option_members;
SELECT count(*) AS pairs FROM (SELECT DISTINCT truth, segment_id FROM c JOIN by_option_members USING (id)) p;
-- sizes, shares, objective and radius are those of all rows
SELECT bool_and(s.size = m.n) AS sizes, bool_and(abs(s.share - m.n / 40000.0) < 1e-12) AS shares, max(abs(s.radius - m.radius)) < 1e-4 AS radii, sum(s.size) AS total
	FROM clusterseg.segments s JOIN (SELECT segment_id, count(*) AS n, sqrt(avg(distance ^ 2)) AS radius FROM by_option_members GROUP BY 1) m USING (segment_id) WHERE model = 'by_option';
SELECT abs(v.objective / m.objective - 1) < 1e-5 AS objective FROM clusterseg.versions v, (SELECT sum(distance ^ 2) AS objective FROM by_option_members) m WHERE model = 'by_option';
-- and near to those of the model that saw all rows
SELECT max(abs(a.value - b.value)) < 0.5 AS near FROM clusterseg.centroids a JOIN LATERAL (SELECT value FROM clusterseg.centroids b WHERE b.model = 'by_option' AND b.feature = a.feature ORDER BY abs(b.value - a.value) LIMIT 1) b ON true
	WHERE a.model = 'all_rows';
-- scoring later does not know of a sample
SELECT count(*) AS moved FROM (SELECT id, x, y FROM c WHERE id % 10 = 0) c JOIN by_option_members m USING (id) WHERE clusterseg.segment('by_option', c) <> m.segment_id;

-- rows without a value are counted over all rows
SELECT rows, skipped FROM clusterseg.train('gaps', 'c', 'id', '{x,y,z}', k => 5, options => '{"memory": 1}');
SELECT count(*) AS members FROM gaps_members;
-- weights, categories, texts as keys, the other algorithms; k is chosen on the sample
SELECT rows, k FROM clusterseg.train('weighted', 'SELECT *, 1 + id % 3 AS w FROM c', 'id', '{x,y}', k => 5, weight => 'w', options => '{"memory": 1}');
SELECT abs(v.objective / m.objective - 1) < 1e-5 AS objective FROM clusterseg.versions v, (SELECT sum(distance ^ 2 * (1 + id % 3)) AS objective FROM weighted_members) m WHERE model = 'weighted';
SELECT rows, k FROM clusterseg.train('categories', 'SELECT ''customer number '' || id AS id, x, ''kind '' || truth AS kind FROM c', 'id', '{x,kind}', k => 5, options => '{"memory": 1}');
SELECT count(*) AS pairs FROM (SELECT DISTINCT c.truth, m.segment_id FROM c JOIN categories_members m ON m.id = 'customer number ' || c.id) p;
SELECT a.algorithm, t.rows, t.k FROM unnest('{minibatch_kmeans,bisecting_kmeans,spherical_kmeans}'::text[]) AS a (algorithm),
	clusterseg.train('by_' || a.algorithm, 'c', 'id', '{x,y}', a.algorithm, 5, options => '{"memory": 1}', publish => false) t;
SELECT rows, k FROM clusterseg.train('rfm', 'c', 'id', '{x,truth,y}', 'rfm', options => '{"memory": 1}');
SELECT (SELECT count(*) FROM rfm_members) AS members, sum(size) AS sizes FROM clusterseg.segments WHERE model = 'rfm';
SELECT rows, k FROM clusterseg.train('chosen', 'c', 'id', '{x,y}', options => '{"memory": 1}', k_range => '[3,6]');
SELECT bool_and((metrics->>'sample_share')::float8 < 1) AS sampled FROM clusterseg.versions WHERE model LIKE 'by\_%' OR model IN ('gaps', 'weighted', 'categories', 'chosen', 'rfm');

-- retrained on a sample: ids stay, nobody moves who need not
SELECT rows FROM clusterseg.train('by_option', 'c', 'id', '{x,y}', k => 5, options => '{"memory": 1}');
SELECT count(*) FILTER (WHERE valid_to IS NOT NULL) AS ended, count(*) AS stays FROM by_option_history;
-- a draft of a sample, published later
SELECT published FROM clusterseg.train('draft', 'c', 'id', '{x,y}', k => 5, options => '{"memory": 1}', publish => false);
SELECT clusterseg.publish('draft', 1);
SELECT count(*) FROM draft_members;
