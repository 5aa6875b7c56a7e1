-- estimate(): what a training would take, before it is done.
--
-- Bytes are worked out by hand: a point has 4 bytes per coordinate, a key by value 8, one by reference 8 and its average
-- width in addition; what rows take in work_bytes is the algorithm's.  The budget is the one that train() keeps to.
\set ECHO none
\i test/data/raises.sql
SET client_min_messages = warning;
\set ECHO all
SET max_parallel_maintenance_workers = 0;
SET maintenance_work_mem = '64MB';

CREATE TABLE c AS SELECT i AS id, 'customer ' || i AS name, i % 10 AS a, i % 7 AS b, CASE WHEN i % 20 > 0 THEN i % 3 END AS gap, 'c' || i % 4 AS channel,
	ARRAY[i, i % 5, i % 2]::real[] AS v, i % 3 + 1 AS w FROM generate_series(1, 20000) i;
ANALYZE c;

-- 2 numbers: 8 bytes a point, 8 a key
SELECT rows, features, coordinates, points_bytes, keys_bytes, work_bytes > 0 AS work, total_bytes = points_bytes + keys_bytes + work_bytes AS sums,
	budget_bytes, method, training_rows, processes, seconds BETWEEN 0.1 AND 10 AS seconds
	FROM clusterseg.estimate('c', 'id', '{a,b}', k => 3);
-- a number with an indicator is two coordinates, a category one per level that it may have and one for the rest, an array one
-- per element; a weight has 4 bytes
SELECT coordinates FROM clusterseg.estimate('c', 'id', '{gap}', transforms => '{"gap": {"impute": "indicator"}}');
SELECT coordinates FROM clusterseg.estimate('c', 'id', '{a,channel}', transforms => '{"channel": {"max_levels": 4}}');
SELECT coordinates, points_bytes FROM clusterseg.estimate('c', 'id', '{v}');
SELECT coordinates, points_bytes FROM clusterseg.estimate('c', 'id', '{v}', weight => 'w');
SELECT keys_bytes / rows > 8 AS by_reference FROM clusterseg.estimate('c', 'name', '{a}');

-- the planner's rows, or counted ones
SELECT rows BETWEEN 1500 AND 2500 AS planned FROM clusterseg.estimate('SELECT * FROM c WHERE a = 3', 'id', '{b}');
SELECT rows FROM clusterseg.estimate('SELECT * FROM c WHERE a = 3', 'id', '{b}', counted => true);
SELECT rows FROM clusterseg.estimate('SELECT * FROM c WHERE false', 'id', '{b}', counted => true);

-- a budget that is too small: what it says is what train() does
SELECT budget_bytes, method, training_rows FROM clusterseg.estimate('(SELECT i AS id, i % 10 AS a, i % 7 AS b, i % 3 AS c FROM generate_series(1, 100000) i)',
	'id', k => 2, options => '{"memory": 1}', counted => true);
SELECT rows FROM clusterseg.train('m', 'SELECT i AS id, i % 10 AS a, i % 7 AS b, i % 3 AS c FROM generate_series(1, 100000) i',
	'id', k => 2, options => '{"memory": 1}');
SELECT 1 / (metrics->>'sample_share')::float8 AS one_in FROM clusterseg.versions WHERE model = 'm';

-- memory grows with the rows, seconds with rows and k; nothing is left behind
SELECT b.total_bytes = 2 * a.total_bytes AS twice, b.seconds > a.seconds AS longer, c.seconds > b.seconds AS longer_yet FROM
	clusterseg.estimate('SELECT g AS id, g AS x FROM generate_series(1, 1000000) g', 'id', k => 5) a,
	clusterseg.estimate('SELECT g AS id, g AS x FROM generate_series(1, 2000000) g', 'id', k => 5) b,
	clusterseg.estimate('SELECT g AS id, g AS x FROM generate_series(1, 2000000) g', 'id', k => 500) c;
SELECT count(*) FROM clusterseg.models WHERE model <> 'm';

DO $$ BEGIN PERFORM clusterseg.drop_model(model) FROM clusterseg.models; END $$;
-- what cannot be: as with train()
\pset format unaligned
\pset tuples_only on
SELECT raises($$SELECT * FROM clusterseg.estimate('nowhere', 'id')$$);
SELECT raises($$SELECT * FROM clusterseg.estimate(NULL, 'id')$$);
SELECT raises($$SELECT * FROM clusterseg.estimate('c', NULL)$$);
SELECT raises($$SELECT * FROM clusterseg.estimate('c', 'no')$$);
SELECT raises($$SELECT * FROM clusterseg.estimate('c', 'id', '{no}')$$);
SELECT regexp_replace(raises($$SELECT * FROM clusterseg.estimate('c', 'id', algorithm => 'kmean')$$), 'Algorithms are: [^.]*', 'Algorithms are: ...');
SELECT raises($$SELECT * FROM clusterseg.estimate('c', 'id', k => 0)$$);
SELECT raises($$SELECT * FROM clusterseg.estimate('c', 'id', k_range => 'empty')$$);
SELECT raises($$SELECT * FROM clusterseg.estimate('c', 'id', options => '{"restart": 3}')$$);
SELECT raises($$SELECT * FROM clusterseg.estimate('INSERT INTO c DEFAULT VALUES RETURNING *', 'id', counted => true)$$);
