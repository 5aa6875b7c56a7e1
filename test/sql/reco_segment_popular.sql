-- segment_popular: p(i|s) = (c_si + kappa p_i) / (n_s + kappa), the rate in a segment drawn towards the overall rate.
-- Expected numbers: this formula by hand, and in plain SQL for the shop.
SET timezone = 'UTC';
\set ECHO none
\i test/data/raises.sql
\set ECHO all

-- two kinds of customers, ten of each, and who buys what: 1 to 10 fish, 11 to 20 rope; some both
CREATE TABLE shoppers AS SELECT c AS customer, CASE WHEN c <= 10 THEN 1.0 ELSE 9.0 END + c / 100.0 AS x FROM generate_series(1, 20) c;
CREATE TABLE events AS
	SELECT c AS customer, 'fish' AS item FROM generate_series(1, 8) c
	UNION ALL SELECT c, 'rope' FROM generate_series(13, 20) c
	UNION ALL SELECT c, 'soap' FROM unnest('{1,2,3,14,15,16}'::int[]) c
	UNION ALL SELECT c, 'rope' FROM unnest('{1,2}'::int[]) c;
SELECT k, rows FROM clusterseg.train('kinds', 'shoppers', 'customer', '{x}', k => 2);
SELECT customer, segment_id FROM kinds_members WHERE customer IN (1, 20) ORDER BY 1;

SELECT algorithm, events, customers, items FROM clusterseg.train_recommender('ours', 'events', 'customer', 'item',
	algorithm => 'segment_popular', segmentation => 'kinds', options => '{"kappa": 4}');
-- 16 customers have events, 8 in each segment.  Overall rates: fish 8/16, rope 10/16, soap 6/16.
-- segment of 1: fish (8 + 4*8/16)/12 = .833333, rope (2 + 4*10/16)/12 = .375, soap (3 + 4*6/16)/12 = .375
-- segment of 20: fish (0 + 2)/12 = .166667, rope (8 + 2.5)/12 = .875, soap (3 + 1.5)/12 = .375
SELECT m.customer, r.rank, r.item_id, round(r.score::numeric, 6) AS score, r.source
FROM kinds_members m, clusterseg.recommend_for_segment('ours', m.segment_id) r WHERE m.customer IN (1, 20) ORDER BY 1, 2;
-- customers get the same list less what they have; 9 has a segment and no events, 10 and 11 too; 99 nobody knows
SELECT c.customer, r.item_id, round(r.score::numeric, 6) AS score, r.source
FROM unnest('{1, 9, 11, 99}'::int[]) c (customer), clusterseg.recommend('ours', c.customer) r ORDER BY c.customer, r.rank;
-- each row says which segment
SELECT c.customer, r.reason = format('popular in segment "%s"', m.segment) AS names_it
FROM unnest('{9, 11}'::int[]) c (customer) JOIN kinds_members m USING (customer), clusterseg.recommend('ours', c.customer, 1) r;
-- a label of one's own is used at once
SELECT clusterseg.rename_segment('kinds', segment_id, 'The "fishers"') FROM kinds_members WHERE customer = 1;
SELECT reason FROM clusterseg.recommend('ours', 9, 1);
-- and so it is when the candidates are the lists of other recommenders, asked for within the same call
SELECT version FROM clusterseg.train_recommender('others', 'events', 'customer', 'item', algorithm => 'popular');
SELECT item_id, reason FROM clusterseg.recommend('ours', 9, 1, candidates => 'SELECT o.item_id FROM clusterseg.recommend(''others'', 99) o');

-- kappa tells how much a segment is believed: with a million, everybody gets what is popular overall
SELECT version FROM clusterseg.train_recommender('ours', 'events', 'customer', 'item', algorithm => 'segment_popular', segmentation => 'kinds',
	options => '{"kappa": 1000000}');
SELECT item_id, round(score::numeric, 4) AS score FROM clusterseg.recommend('ours', 9);
-- left to the data: moment estimate of the beta-binomial (Kleinman 1973).  The two sums over items of the head of
-- core/reco/common.c, by hand: spread 64/8 - 64/16 + (4 + 64)/8 - 100/16 + (9 + 9)/8 - 36/16 = 6.25,
-- binomial .5*.5 + .625*.375 + .375*.625 = .71875; rho = (6.25/.71875 - 1) / (16 - 8 - 1) = 1.09938: above 1, so the least kappa, 1
SELECT version FROM clusterseg.train_recommender('ours', 'events', 'customer', 'item', algorithm => 'segment_popular', segmentation => 'kinds',
	options => '{"kappa": 0}');
SELECT metrics->'kappa' AS kappa, metrics->'segments' AS segments FROM clusterseg.versions WHERE model = 'ours' ORDER BY version DESC LIMIT 1;
-- fish (8 + .5)/9, rope (2 + .625)/9, soap (3 + .375)/9
SELECT item_id, round(score::numeric, 6) AS score FROM clusterseg.recommend('ours', 9);

-- the shop, with quantities and a half-life, against the formula in SQL
\set ECHO none
SET client_min_messages = warning;
\i docs/shop.sql
SELECT clusterseg.create_rfm_view('rfm', 'shop.orders', 'customer_id', 'ordered_at', 'amount', 'order_id', as_of => '2025-07-01') \g /dev/null
SELECT * FROM clusterseg.train('shoppers', 'rfm', 'customer_id', '{recency_days, orders, average_order_value, tenure_days}', k => 5,
	transforms => '{"orders": "log1p", "average_order_value": "log1p"}') \g /dev/null
RESET client_min_messages;
\set ECHO all
SELECT customers, items FROM clusterseg.train_recommender('shop', 'SELECT * FROM shop.orders', 'customer_id', 'item_id', 'quantity', 'ordered_at',
	'segment_popular', 'shoppers', options => '{"half_life": 90, "max_history": 0}');
CREATE TABLE rates AS
WITH kept AS (
	SELECT customer_id, item_id, sum(quantity)::real * exp2 AS value FROM (
		SELECT customer_id, item_id, sum(quantity) AS quantity,
			power(2, -extract(epoch FROM (SELECT max(ordered_at) FROM shop.orders) - max(ordered_at))::float8 / 86400 / 90) AS exp2
		FROM shop.orders GROUP BY 1, 2 HAVING sum(quantity) > 0) o GROUP BY customer_id, item_id, exp2
), overall AS (
	SELECT item_id, sum(value) / (SELECT count(DISTINCT customer_id) FROM kept) AS p FROM kept GROUP BY 1
), sized AS (
	SELECT segment_id, count(DISTINCT customer_id) AS n FROM kept JOIN shoppers_members USING (customer_id) GROUP BY 1
)
SELECT s.segment_id, o.item_id, (COALESCE(sum(k.value), 0) + 20 * o.p) / (s.n + 20) AS rate
FROM sized s CROSS JOIN overall o
	LEFT JOIN (kept k JOIN shoppers_members m USING (customer_id)) ON m.segment_id = s.segment_id AND k.item_id = o.item_id
GROUP BY s.segment_id, s.n, o.item_id, o.p;
SELECT count(*), count(*) FILTER (WHERE abs(r.score / t.rate - 1) < 1e-6) AS agree,
	bool_and(r.rank = t.rank OR abs(r.score / t.rate - 1) < 1e-6) AS in_order
FROM (SELECT *, row_number() OVER (PARTITION BY segment_id ORDER BY rate DESC, item_id) AS rank FROM rates) t
LEFT JOIN LATERAL (SELECT * FROM clusterseg.recommend_for_segment('shop', t.segment_id, 1000) r WHERE r.item_id = t.item_id) r ON true;

-- no segment leaves an item out: what nobody there has yet has its share of the overall rate
SELECT count(DISTINCT item_id) AS items, count(*) AS rows, min(n) AS shortest
FROM (SELECT r.item_id, count(*) OVER (PARTITION BY s.segment_id) AS n
	FROM clusterseg.segments s, clusterseg.recommend_for_segment('shop', s.segment_id, 1000) r WHERE s.model = 'shoppers') x;

\set ECHO none
SET client_min_messages = warning;
DROP SCHEMA shop CASCADE;
RESET client_min_messages;
\set ECHO all
\pset format unaligned
\pset tuples_only on
SELECT raises($$SELECT clusterseg.train_recommender('ours', 'events', 'customer', 'item', algorithm => 'segment_popular')$$);
SELECT raises($$SELECT clusterseg.train_recommender('ours', 'events', 'customer', 'item', algorithm => 'segment_popular', segmentation => 'nothing')$$);
SELECT raises($$SELECT clusterseg.train_recommender('ours', 'events', 'customer', 'item', algorithm => 'segment_popular', segmentation => 'ours')$$);
SELECT raises($$SELECT clusterseg.recommend_for_segment('ours', 77)$$);
SELECT raises($$SELECT clusterseg.recommend_for_segment('ours', NULL)$$);
