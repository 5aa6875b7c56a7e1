-- Segments of bounded sizes, and starting centres that are given.
\set ECHO none
\i test/data/raises.sql
SET client_min_messages = warning;
\set ECHO all
-- 10 % lie around (0, 0), 20 % around (10, 0), 70 % around (0, 30)
CREATE TABLE c AS SELECT i AS id, CASE WHEN i % 10 = 0 THEN 0 WHEN i % 10 < 3 THEN 10 ELSE 0 END + (hashint4(i) & 255) / 255.0 AS x,
	CASE WHEN i % 10 < 3 THEN 0 ELSE 30 END + (hashint4(i + 5000) & 255) / 255.0 AS y, CASE WHEN i % 2 = 0 THEN 'even' ELSE 'odd' END AS parity, 1 + i % 3 AS w FROM generate_series(1, 1000) i;
SELECT converged FROM clusterseg.train('free', 'c', 'id', '{x, y}', k => 3, scale => 'none');
SELECT size FROM clusterseg.segments WHERE model = 'free' ORDER BY size;

-- ---- at least and at most so many ----
CREATE FUNCTION shares(options jsonb, algorithm text DEFAULT 'kmeans', k int DEFAULT 3, weight text DEFAULT NULL) RETURNS TABLE (sizes bigint[], members bigint[], converged boolean, objective boolean, dearer boolean)
LANGUAGE plpgsql AS $$
DECLARE
	v record;
BEGIN
	SELECT * INTO v FROM clusterseg.train('m', 'c', 'id', '{x, y}', algorithm, k, scale => 'none', weight => weight, options => options);
	RETURN QUERY SELECT (SELECT array_agg(s.size ORDER BY s.size) FROM clusterseg.segments s WHERE s.model = 'm' AND s.state = 'active'),
		(SELECT array_agg(n ORDER BY n) FROM (SELECT count(*) AS n FROM m_members GROUP BY segment_id) t), v.converged,
		-- the sum of squared distances of the members to their centres, in single precision of the rows
		abs(v.objective / (SELECT sum(CASE WHEN weight IS NULL THEN 1 ELSE c.w END * ((c.x - cx.value) ^ 2 + (c.y - cy.value) ^ 2)) FROM m_members m JOIN c USING (id)
			JOIN clusterseg.centroids cx ON cx.model = 'm' AND cx.version = v.version AND cx.segment_id = m.segment_id AND cx.feature = 'x'
			JOIN clusterseg.centroids cy ON cy.model = 'm' AND cy.version = v.version AND cy.segment_id = m.segment_id AND cy.feature = 'y') - 1) < 1e-5,
		v.objective > (SELECT f.objective FROM clusterseg.versions f WHERE f.model = 'free');
END
$$;
SELECT * FROM shares('{"min_share": 0.2}');
SELECT * FROM shares('{"min_share": 0.25, "max_share": 0.5}');
SELECT * FROM shares('{"max_share": 0.4}');
SELECT * FROM shares('{"min_share": 0.333, "max_share": 0.334}');
SELECT * FROM shares('{"min_share": 0.2}', k => 5);
SELECT * FROM shares('{"min_share": 0.3, "restarts": 3}', weight => 'w');
SELECT * FROM shares('{"min_share": 0, "max_share": 1}');
SELECT sizes, members FROM shares('{"min_share": 0.3}', 'spherical_kmeans');
-- members are as training assigned them; a row is scored by its nearest centre, and so are all rows when they are assigned anew
SELECT sizes FROM shares('{"min_share": 0.4}', k => 2);
SELECT count(*) AS rows, count(*) FILTER (WHERE m.segment_id = clusterseg.segment('m', c)) BETWEEN 600 AND 999 AS most_by_nearest FROM m_members m JOIN c USING (id);
SELECT clusterseg.reassign('m') > 0 AS moved;
SELECT count(*) AS rows, count(*) FILTER (WHERE m.segment_id = clusterseg.segment('m', c)) AS by_nearest FROM m_members m JOIN c USING (id);

-- the same model whatever the order of the rows and the number of workers, and again
CREATE TABLE shuffled AS SELECT * FROM c ORDER BY md5(id::text);
SELECT version FROM clusterseg.train('one', 'c', 'id', '{x, y}', k => 4, options => '{"min_share": 0.2, "workers": 0}');
SELECT version FROM clusterseg.train('two', 'shuffled', 'id', '{x, y}', k => 4, options => '{"min_share": 0.2, "workers": 2}');
SELECT clusterseg.model_value('one')::text = clusterseg.model_value('two')::text AS same;
SELECT version FROM clusterseg.refresh('one');
SELECT min(size), max(size), count(*) FROM clusterseg.segments WHERE model = 'one';

-- in every group, with every k of a range
SELECT k FROM clusterseg.train('g', 'c', 'id', '{x, y}', k => 3, group_by => '{parity}', options => '{"min_share": 0.3}');
SELECT parity, array_agg(n ORDER BY n) FROM (SELECT parity, count(*) AS n FROM g_members JOIN c USING (id) GROUP BY parity, segment_id) t GROUP BY 1 ORDER BY 1;
SELECT k BETWEEN 2 AND 3 AS k FROM clusterseg.train('r', 'c', 'id', '{x, y}', k_range => '[2,3]', options => '{"min_share": 0.3}');
SELECT min(size) >= 300 AS least FROM clusterseg.segments WHERE model = 'r';

-- ---- starting centres that are given: in the units of the features, under transforms ----
SELECT iterations, converged FROM clusterseg.train('s', 'c', 'id', '{x, y}', k => 3, options => '{"init": "given", "start": [[0, 0], [10, 0], [0, 30]]}');
SELECT segment_id, size FROM clusterseg.segments WHERE model = 's' ORDER BY 1;
-- one pass from two centres: each row is with the nearer one, and the centres are their means
SELECT iterations FROM clusterseg.train('t', 'c', 'id', '{x, y}', k => 2, scale => 'none', options => '{"init": "given", "start": [[5, 0], [5, 20]], "max_iterations": 1}');
SELECT bool_and(abs(z.value - m.mean) < 1e-5) AS means FROM (SELECT y < 10 AS low, avg(x) AS x, avg(y) AS y FROM c GROUP BY 1) a, LATERAL (VALUES ('x', a.x), ('y', a.y)) m (feature, mean),
	LATERAL (SELECT value FROM clusterseg.centroids c JOIN LATERAL (SELECT value < 10 AS low FROM clusterseg.centroids d WHERE d.model = 't' AND d.segment_id = c.segment_id AND feature = 'y') l ON l.low = a.low
		WHERE c.model = 't' AND c.feature = m.feature) z;
SELECT iterations, converged FROM clusterseg.train('u', 'c', 'id', '{x, y}', k => 3, transforms => '{"x": {"log": "log1p"}, "y": "signed"}',
	options => '{"init": "given", "start": [[0.5, 0.5], [10.5, 0.5], [0.5, 30.5]]}');
SELECT array_agg(size ORDER BY size) AS sizes FROM clusterseg.segments WHERE model = 'u';

-- ---- bad input ----
\pset format unaligned
\pset tuples_only on
CREATE FUNCTION fails(options text, more text DEFAULT 'k => 3') RETURNS text LANGUAGE sql AS $$
	SELECT raises(format('SELECT clusterseg.train(''bad'', ''c'', ''id'', ''{x, y}'', options => %L, %s)', options, more)) $$;
SELECT fails('{"min_share": 0.34}');
SELECT fails('{"max_share": 0.3}');
SELECT fails('{"min_share": 0.3, "max_share": 0.2}', 'k => 2');
SELECT fails('{"min_share": -0.1}');
SELECT fails('{"min_share": 1.1}');
SELECT fails('{"min_share": "a tenth"}');
SELECT fails('{"min_share": 0.2}', 'k_range => ''[2,8]''');
SELECT fails('{"min_share": 0.2}', 'k => 3, algorithm => ''kmedoids''');
SELECT fails('{"min_share": 0.2}', 'k => 3, algorithm => ''gmm''');
SELECT fails('{"init": "given"}');
SELECT fails('{"start": [[0, 0], [10, 0], [0, 30]]}');
SELECT fails('{"init": "given", "start": [[0, 0], [10, 0]]}');
SELECT fails('{"init": "given", "start": [[0, 0, 1], [10, 0, 1], [0, 30, 1]]}');
SELECT fails('{"init": "given", "start": [[0, 0], [10], [0, 30]]}');
SELECT fails('{"init": "given", "start": [[0, 0], [10, "a"], [0, 30]]}');
SELECT fails('{"init": "given", "start": [[0, 0], [10, 0], [0, 30]]}', 'k => NULL');
SELECT fails('{"init": "given", "start": [[0, 0], [-10, 0], [0, 30]]}', $$k => 3, transforms => '{"x": "log1p"}'$$);
SELECT fails('{"init": "given", "start": [[0, 0], [1e300, 0], [0, 30]]}');
SELECT raises($$SELECT clusterseg.train('bad', 'c', 'id', '{x, parity}', k => 2, options => '{"init": "given", "start": [[0, 0], [1, 2]]}')$$);
SELECT raises($$SELECT clusterseg.train('bad', 'c', 'id', '{x, parity}', k => 2, options => '{"init": "given", "start": [[0, 0.5], [1, 1]]}')$$);
SELECT raises($$SELECT clusterseg.kmeans(ARRAY[x, y], 3, '{"min_share": 0.5}') OVER () FROM c$$);
SELECT raises($$SELECT clusterseg.train('bad', 'SELECT i AS id, i AS x FROM generate_series(1, 20000) i', 'id', '{x}', k => 5, options => '{"min_share": 0.2, "memory": 1, "workers": 0}')$$);
SELECT raises($$SELECT clusterseg.train('bad', 'SELECT i AS id, i AS x FROM generate_series(1, 100000) i', 'id', '{x}', k => 5, options => '{"min_share": 0.1, "memory": 1, "workers": 0}')$$);
