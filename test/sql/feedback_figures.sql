-- Buckets, rates, lift, sample ratio and estimates for another policy, against figures of Python (hashlib, SciPy, NumPy).
SET timezone = 'UTC';
\set ECHO none
\i test/data/raises.sql
\set ECHO all

-- ---- buckets ----

-- printf '\037banner\03742' | sha256sum: c59028cc3758f..., and Python: int(hashlib.sha256('\x1f'.join(['', 'banner', '42']).encode()).hexdigest()[:13], 16) / 2**52
-- is 0.7717309473585805; with the salt 2025 0.7293848514779311, of Zoë 0.5212895411035465
SELECT clusterseg.experiment_bucket('42', 'banner') AS of_100, clusterseg.experiment_bucket('42', 'banner', buckets => 7) AS of_7, clusterseg.experiment_bucket('42', 'banner', '2025') AS salted,
	clusterseg.experiment_bucket('Zoë', 'banner') AS zoe, clusterseg._experiment_point('42', 'banner', '') AS point;
SELECT clusterseg.experiment_arm('42', 'banner', '{control,new}') AS half, clusterseg.experiment_arm('42', 'banner', '{control,new}', '{78,22}') AS share_78,
	clusterseg.experiment_arm('42', 'banner', '{control,new}', '{77,23}') AS share_77, clusterseg.experiment_arm('42', 'banner', '{a,b,c}', '{0,0,1}') AS only_c,
	clusterseg.experiment_arm(NULL, 'banner', '{a,b}') AS nobody, clusterseg.experiment_bucket(NULL, 'banner') AS none;
-- evenly: each of 10 buckets has a tenth of 20000, within 4 standard errors of 42; another experiment, another spread
SELECT min(n) > 1830 AND max(n) < 2170 AS even, count(*) FROM (SELECT count(*) AS n FROM generate_series(1, 20000) c GROUP BY clusterseg.experiment_bucket(c::text, 'banner', buckets => 10)) x;
SELECT abs(corr(clusterseg.experiment_bucket(c::text, 'banner'), clusterseg.experiment_bucket(c::text, 'prices'))) < 0.03 AS independent,
	abs(corr(clusterseg.experiment_bucket(c::text, 'banner'), clusterseg.experiment_bucket(c::text, 'banner', 'again'))) < 0.03 AS salted FROM generate_series(1, 20000) c;
SELECT abs(count(*) FILTER (WHERE clusterseg.in_holdout(c::text, 0.1)) / 20000.0 - 0.1) < 0.01 AS a_tenth, count(*) FILTER (WHERE clusterseg.in_holdout(c::text, 0.05) AND NOT clusterseg.in_holdout(c::text, 0.1)) AS left_out,
	count(*) FILTER (WHERE clusterseg.in_holdout(c::text, 0)) AS none, count(*) FILTER (WHERE clusterseg.in_holdout(c::text, 1)) AS all_of_them FROM generate_series(1, 20000) c;

-- ---- intervals ----

-- scipy.stats.binomtest(k, n).proportion_ci(method='wilson')
SELECT k, n, round(w.low::numeric, 6) AS low, round(w.high::numeric, 6) AS high, round(w.low::numeric, 6) = l AND round(w.high::numeric, 6) = h AS as_scipy
FROM (VALUES (0, 10, 0, 0.277533), (10, 10, 0.722467, 1), (3, 20, 0.052369, 0.360419), (45, 150, 0.232408, 0.377580), (1, 1, 0.206549, 1)) v (k, n, l, h), clusterseg.wilson_interval(k, n) w;
SELECT * FROM clusterseg.wilson_interval(0, 0);
-- Newcombe (1998), table II, 56/70 against 48/80: method 10 gives 0.0524 to 0.3339; the others by NumPy from the same formulas
SELECT n1, round(d.difference::numeric, 6) AS difference, round(d.difference_low::numeric, 6) AS low, round(d.difference_high::numeric, 6) AS high,
	round(d.lift::numeric, 6) AS lift, round(d.lift_low::numeric, 6) AS low, round(d.lift_high::numeric, 6) AS high
FROM (VALUES (56, 70, 48, 80), (9, 10, 3, 10), (30, 100, 20, 100), (5, 10, 0, 10), (0, 10, 5, 10), (10, 10, 9, 9)) v (x1, n1, x0, n0), clusterseg._compare_rates(x1, n1, x0, n0) d;

-- ---- rates and lift ----

CREATE TABLE people AS SELECT c AS customer, c % 2 AS kind FROM generate_series(1, 150) c;
SELECT k FROM clusterseg.train('kinds', 'SELECT customer, kind, kind * 2 AS k2 FROM people', 'customer', '{kind,k2}', k => 2);
SELECT items FROM clusterseg.train_recommender('r', 'SELECT customer, i AS item FROM people, unnest(''{a,b,c}''::text[]) i', 'customer', 'item', algorithm => 'popular', segmentation => 'kinds');
-- customers 1 to 70 are in the bucket new and 56 of them buy, 80 are in control and 48 buy; everybody was shown two items twice
CREATE TABLE logged AS SELECT customer, time, clusterseg.log_impressions('r', customer, '{a,b}', NULL, 'banner', CASE WHEN customer <= 70 THEN 'new' ELSE 'control' END,
	timestamptz '2025-06-01' + time * interval '1 day') AS call FROM people, generate_series(1, 2) time;
SELECT count(*) FILTER (WHERE clusterseg.log_outcome(call, 'a', 'purchase', customer)) AS purchases, count(*) FILTER (WHERE clusterseg.log_outcome(call, 'b')) AS clicks
FROM logged WHERE time = 2 AND (customer <= 56 OR customer BETWEEN 71 AND 118);
SELECT * FROM clusterseg.feedback_rates('r', outcome => 'purchase');
SELECT bucket, units, successes, round(rate::numeric, 4) AS rate, round(low::numeric, 4) AS low, round(high::numeric, 4) AS high, value FROM clusterseg.feedback_rates('r', '{bucket}', 'purchase');
SELECT unit, units, successes, value FROM unnest('{customer,call,impression}'::text[]) unit, clusterseg.feedback_rates('r', '{}', NULL, unit);
SELECT version, segment_id, bucket, units, successes FROM clusterseg.feedback_rates('r', '{version,segment,bucket}', 'click');
SELECT units, successes FROM clusterseg.feedback_rates('r', since => '2025-06-02', until => '2025-06-03') UNION ALL SELECT units, successes FROM clusterseg.feedback_rates('r', since => '2026-01-01');
SELECT bucket, units, successes, round(difference::numeric, 6) AS difference, round(difference_low::numeric, 6) AS low, round(difference_high::numeric, 6) AS high,
	round(lift::numeric, 6) AS lift, round(lift_low::numeric, 6) AS low, round(lift_high::numeric, 6) AS high FROM clusterseg.feedback_lift('r', 'banner', outcome => 'purchase');
SELECT segment_id, bucket, units, successes, round(lift::numeric, 3) AS lift FROM clusterseg.feedback_lift('r', 'banner', outcome => 'purchase', by_segment => true);

-- ---- sample ratio: scipy.stats.chisquare ----

SELECT bucket, customers, expected, round(chi_square::numeric, 6) AS chi_square, round(p_value::numeric, 6) AS p_value, mismatch FROM clusterseg.sample_ratio('r', 'banner', '{new,control}');
-- 70 and 80 where 30 and 120 should be: chi-square 66.667, p = 3.2e-16
SELECT bucket, expected, round(chi_square::numeric, 3) AS chi_square, p_value < 1e-15 AND p_value > 1e-16 AS p, mismatch FROM clusterseg.sample_ratio('r', 'banner', '{new,control}', '{20,80}');
-- 30, 50, 20 against 25, 50, 25: 2.0, p = 0.367879; 5300 and 4700 against halves: 36, p = 1.9732e-09; 520 and 480: 1.6, p = 0.205903
SELECT round(clusterseg._chi_square_tail(2, 2)::numeric, 6) AS three, clusterseg._chi_square_tail(36, 1)::numeric(14, 13) AS unequal, round(clusterseg._chi_square_tail(1.6, 1)::numeric, 6) AS equal;
SELECT clusterseg.log_impressions('r', 1, '{a}', NULL, 'banner', 'control') IS NOT NULL AS in_both;
SELECT bucket, customers FROM clusterseg.sample_ratio('r', 'banner', '{new,control,empty}');

-- ---- another policy: NumPy by hand ----

-- customer, propensity, click, value of the purchase, probability of the other policy
CREATE TABLE tried (customer int, item text, propensity float8, clicked boolean, value float8, probability float8, call bigint);
INSERT INTO tried VALUES (1, 'a', .5, true, 10, 1), (1, 'b', .25, false, 0, 0), (2, 'a', .5, false, 0, 1), (3, 'c', .8, true, 3, .2), (3, 'b', .4, true, 7, .9), (4, 'a', .1, true, 2, .5),
	(5, 'c', 1, false, 0, 1), (6, 'a', .6, false, 0, 0);
SELECT items FROM clusterseg.train_recommender('tried', 'tried', 'customer', 'item', algorithm => 'popular');
UPDATE tried SET call = clusterseg.log_impressions('tried', customer, ARRAY[item], ARRAY[propensity]);
SELECT count(*) FILTER (WHERE clusterseg.log_outcome(call, item, 'click', value)) AS clicks FROM tried WHERE clicked;
-- NumPy, customers as clusters: logged 0.5 with standard error 0.193649, inverse propensities 1.1875 with 0.595638, self-normalised 0.76 with
-- 0.194354, 3.99361 effective impressions; by value 2.75 with 1.093303, 5.8125 with 1.997484, 3.72 with 1.64593
SELECT estimator, round(value::numeric, 6) AS value, round(standard_error::numeric, 6) AS standard_error, round(low::numeric, 3) AS low, round(high::numeric, 3) AS high, impressions, round(effective::numeric, 6) AS effective
FROM clusterseg.policy_value('tried', 'SELECT call AS call_id, item AS item_id, probability FROM tried WHERE probability > 0');
SELECT estimator, round(value::numeric, 6) AS value, round(standard_error::numeric, 6) AS standard_error FROM clusterseg.policy_value('tried', 'SELECT call AS call_id, item AS item_id, probability FROM tried', by_value => true);
-- the policy that was in force: what was logged; one that shows nothing of it
SELECT estimator, round(value::numeric, 6) AS value FROM clusterseg.policy_value('tried', 'SELECT call AS call_id, item AS item_id, propensity AS probability FROM tried');
SELECT estimator, value, effective FROM clusterseg.policy_value('tried', 'SELECT call AS call_id, item AS item_id, 0 AS probability FROM tried');
-- a relation; rows of lists that are not there, and of none, do not matter; items of any type; all of it without writing anything
CREATE VIEW other_policy AS SELECT call AS call_id, item::varchar AS item_id, probability::numeric FROM tried UNION ALL VALUES (-1, 'a', 0.5), (NULL, NULL, 0.1);
BEGIN READ ONLY;
SELECT estimator, round(value::numeric, 6) AS value FROM clusterseg.policy_value('tried', 'other_policy');
SELECT count(*) AS rates FROM clusterseg.feedback_rates('r', '{bucket}');
SELECT count(*) AS lifts FROM clusterseg.feedback_lift('r', 'banner');
COMMIT;

\pset format unaligned
\pset tuples_only on
SELECT raises($$SELECT clusterseg.experiment_bucket('42', 'banner', buckets => 0)$$);
SELECT raises($$SELECT clusterseg.experiment_arm('42', 'banner', '{a,a}')$$);
SELECT raises($$SELECT clusterseg.experiment_arm('42', 'banner', '{}')$$);
SELECT raises($$SELECT clusterseg.experiment_arm('42', 'banner', '{a,b}', '{1}')$$);
SELECT raises($$SELECT clusterseg.experiment_arm('42', 'banner', '{a,b}', '{0,0}')$$);
SELECT raises($$SELECT clusterseg.in_holdout('42', 2)$$);
SELECT raises($$SELECT * FROM clusterseg.feedback_rates('r', '{colour}')$$);
SELECT raises($$SELECT * FROM clusterseg.feedback_rates('r', unit => 'shoe')$$);
SELECT raises($$SELECT * FROM clusterseg.feedback_rates('kinds')$$);
SELECT raises($$SELECT * FROM clusterseg.feedback_lift('r', 'banner', 'old')$$);
SELECT raises($$SELECT * FROM clusterseg.sample_ratio('r', 'banner', '{new}')$$);
SELECT raises($$SELECT * FROM clusterseg.sample_ratio('r', 'banner', '{new,control}', '{1,0}')$$);
SELECT raises($$SELECT * FROM clusterseg.policy_value('tried', 'SELECT call AS call_id, item AS item_id, 2 AS probability FROM tried')$$);
SELECT raises($$SELECT * FROM clusterseg.policy_value('tried', 'SELECT 1::bigint AS call_id, ''a'' AS item_id, 0.5 AS probability FROM tried')$$);
SELECT raises($$SELECT * FROM clusterseg.policy_value('tried', 'SELECT call AS call_id FROM tried')$$);
SELECT raises($$SELECT * FROM clusterseg.policy_value('tried', NULL)$$);
SELECT raises(format('SELECT * FROM clusterseg.policy_value(''tried'', %L)', format('SELECT call AS call_id, item AS item_id, %L::float8 AS probability FROM tried', p))) FROM unnest('{NaN,Infinity,-0.1,1e308,NULL}'::float8[]) p;
SELECT raises($$SELECT * FROM clusterseg.policy_value('tried', 'no_table')$$);
SELECT raises($$SELECT * FROM clusterseg.policy_value('tried', 'DELETE FROM tried RETURNING call AS call_id, item AS item_id, 1 AS probability')$$);
SELECT raises($$SELECT * FROM clusterseg.policy_value('tried', 'SELECT ''x'' AS call_id, item AS item_id, 1 AS probability FROM tried')$$);
SELECT raises($$SELECT * FROM clusterseg.policy_value('tried', 'other_policy', by_value => NULL)$$);
SELECT raises($$SELECT * FROM clusterseg.policy_value('nothing', 'other_policy')$$);
SELECT raises($$SELECT * FROM clusterseg.policy_value('kinds', 'other_policy')$$);
