-- Several trainings in one transaction, or in one that began before another ended: a stay that has no length
-- leaves no trace, and stays neither overlap nor have gaps.
CREATE TABLE points AS SELECT id, (id % 10) * 10 + id % 3 AS x FROM generate_series(1, 300) AS id;

BEGIN;
SELECT version, k FROM clusterseg.train('t', 'points', 'id', '{x}', k => 10);
SELECT version, k FROM clusterseg.train('t', 'points', 'id', '{x}', k => 2);
SELECT version, k FROM clusterseg.train('t', 'points', 'id', '{x}', k => 10);
SELECT version, k FROM clusterseg.train('t', 'points', 'id', '{x}', k => 3);
COMMIT;
-- one stay each, none before it
SELECT count(*), count(*) FILTER (WHERE valid_to IS NULL) AS present FROM t_history;
SELECT count(*) FROM t_members WHERE previous_segment_id IS NOT NULL;

-- customers who leave in the transaction that they came in have not been here
BEGIN;
SELECT rows FROM clusterseg.train('t', 'SELECT * FROM points UNION ALL SELECT 301, 5', 'id', '{x}', k => 3);
SELECT rows FROM clusterseg.train('t', 'points', 'id', '{x}', k => 3);
COMMIT;
SELECT count(*) FROM t_history WHERE id = 301;

-- as if a transaction that began later had placed these customers already
UPDATE t_members SET since = now() + interval '1 hour' WHERE id <= 150;
SELECT version, k FROM clusterseg.train('t', 'points', 'id', '{x}', k => 10);
SELECT count(*) > 0 AS moved, count(*) FILTER (WHERE id <= 150) AS of_these FROM t_past;
SELECT count(*) AS gaps_and_overlaps
FROM (SELECT valid_to, lead(valid_from) OVER (PARTITION BY id ORDER BY valid_from) AS next FROM t_history) AS h
WHERE valid_to IS DISTINCT FROM next;
