-- Which segment is which after training again.  Ids of the first training are 1 for the low values and 2 for the
-- high ones (the larger segment comes first); what they have to be afterwards follows from who the customers are.
CREATE TABLE points AS SELECT id, id % 5 + CASE WHEN id > 120 THEN 100 ELSE 0 END AS x FROM generate_series(1, 220) AS id;
SELECT k FROM clusterseg.train('t', 'points', 'id', '{x}', k => 2);
CREATE VIEW found AS
SELECT x >= 100 AS high, segment_id, count(*), min(id), max(id) FROM t_members JOIN points USING (id) GROUP BY 1, 2 ORDER BY 1, 2;
SELECT * FROM found;

-- every value doubles, and 1000 more: the same customers, other places
UPDATE points SET x = 2 * x + 1000;
SELECT version FROM clusterseg.refresh('t');
SELECT x >= 1100 AS high, segment_id, count(*) FROM t_members JOIN points USING (id) GROUP BY 1, 2 ORDER BY 1, 2;
UPDATE points SET x = (x - 1000) / 2;
SELECT version FROM clusterseg.refresh('t');
SELECT * FROM found;

-- all low customers become high ones, others take their place: the same places, other customers
UPDATE points SET x = x + 100 WHERE id <= 120;
INSERT INTO points SELECT id, id % 5 FROM generate_series(301, 400) AS id;
SELECT version FROM clusterseg.refresh('t');
SELECT * FROM found;
SELECT reason, count(*) FROM t_members GROUP BY 1 ORDER BY 1;

-- the low ones leave, others come who are nearest to where they were, but far from it: another segment
DELETE FROM points WHERE x < 100;
INSERT INTO points SELECT id, id % 5 + 30 FROM generate_series(501, 600) AS id;
SELECT version FROM clusterseg.refresh('t');
SELECT * FROM found;
SELECT segment_id, state FROM clusterseg.segments WHERE model = 't' ORDER BY 1;

-- a third of the high ones stays, the others move on to two places where nobody was: no part is the former segment
UPDATE points SET x = x + 20 * (id % 3) WHERE x >= 100;
SELECT version FROM clusterseg.train('t', 'points', 'id', '{x}', k => 4);
SELECT state, count(*) FROM clusterseg.segments WHERE model = 't' GROUP BY 1 ORDER BY 1;
SELECT count(*) AS still_2 FROM t_members WHERE segment_id = 2;
