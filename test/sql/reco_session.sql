-- A session whose recommenders outgrow its memory of them (64 MB) gives it back with the transaction, and reads them
-- anew in the next one: also when the next statement sees the very same snapshot.
CREATE TABLE events AS SELECT c AS customer, (c * 70 + j) % 35000 AS item FROM generate_series(0, 499) c, generate_series(0, 69) j;
CREATE INDEX ON events (customer);
SELECT items FROM clusterseg.train_recommender('big', 'events', 'customer', 'item', algorithm => 'ials', options => '{"factors": 1, "iterations": 1}');
-- 70 MB of factors, which need no training of that size: all alike, so all items score the same
UPDATE clusterseg._recommenders SET factors = 500;
UPDATE clusterseg._reco_factors SET factors = array_fill(0.01::real, ARRAY[500 * least(35000 - 256 * chunk, 256)]);
SELECT count(*), count(DISTINCT score) FROM clusterseg.recommend('big', 1, 3);
SELECT count(*), count(DISTINCT score) FROM clusterseg.recommend('big', 1, 3);
SELECT count(*), count(DISTINCT score) FROM clusterseg.recommend('big', 2, 3);
SELECT count(*), count(DISTINCT score) FROM clusterseg.similar_items('big', 2, 3);
BEGIN;
SELECT count(*), count(DISTINCT score) FROM clusterseg.recommend('big', 3, 3);
ROLLBACK;
SELECT count(*), count(DISTINCT score) FROM clusterseg.recommend('big', 3, 3);
SELECT count(*), count(DISTINCT score) FROM clusterseg.recommend('big', 3, 3);
