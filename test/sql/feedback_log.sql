-- What was shown and what came of it: what is kept, who may, what goes.
SET timezone = 'UTC';
\set ECHO none
\i test/data/raises.sql
\set ECHO all
CREATE TABLE people AS SELECT c AS customer, c % 2 AS kind FROM generate_series(1, 40) c;
CREATE TABLE events AS SELECT c AS customer, i AS item FROM generate_series(1, 40) c, unnest('{a,b,c,d}'::text[]) i WHERE (c * ascii(i)) % 3 > 0;
SELECT k FROM clusterseg.train('kinds', 'SELECT customer, kind, kind * 2 AS k2 FROM people', 'customer', '{kind,k2}', k => 2);
SELECT items FROM clusterseg.train_recommender('r', 'events', 'customer', 'item', algorithm => 'popular', segmentation => 'kinds');

-- a list with all that is known of it
SELECT clusterseg.log_impressions('r', 7, '{b,a}', '{0.5,1}', 'banner', 'new', '2025-06-30 12:00') AS call \gset
SELECT clusterseg.log_impressions('r', 8, '{a,c,d}', shown_at => '2025-06-30 13:00') AS second \gset
SELECT :second - :call AS next;
SELECT model, c.version, customer_id, c.segment_id = m.segment_id AS segment, experiment, bucket, shown_at, logged_by = current_user AS by_me
FROM clusterseg.feedback_calls c JOIN kinds_members m ON m.customer::text = customer_id ORDER BY call_id;
SELECT i.call_id - :call AS call, rank, item_id, propensity FROM clusterseg.impressions i ORDER BY 1, 2;
-- the list that recommend() gives, in one statement; nothing shown to the holdout is a list, too; keys of any type are the same key
SELECT clusterseg.log_impressions('r', 9, array_agg(item_id ORDER BY rank), array_agg(propensity ORDER BY rank)) IS NOT NULL AS logged FROM clusterseg.recommend('r', 9, 3, explore => 0.5);
SELECT clusterseg.log_impressions('r', '10', '{}', NULL, 'banner', 'holdout') IS NOT NULL AS logged, clusterseg.log_impressions('r', 10::bigint, '{a}') IS NOT NULL AS again,
	clusterseg.log_impressions('r', 10.0, '{a}') IS NOT NULL AS and_again, clusterseg.log_impressions('r', 99999, '{a}') IS NOT NULL AS of_a_stranger;
SELECT customer_id, count(*), count(segment_id) AS with_segment FROM clusterseg.feedback_calls GROUP BY 1 ORDER BY 1;

-- outcomes: the first of a kind stands
SELECT clusterseg.log_outcome(:call, 'b') AS new, clusterseg.log_outcome(:call, 'b', value => 5) AS known, clusterseg.log_outcome(:call, 'b', 'purchase', 19.5) AS another,
	clusterseg.log_outcome(:call, NULL, 'purchase', 7) AS of_the_list, clusterseg.log_outcome(:call, NULL, 'purchase', 7) AS known_too;
SELECT item_id, outcome, value FROM clusterseg.outcomes WHERE call_id = :call ORDER BY 1, 2;
-- by customer: the latest list within an interval that has the item
SELECT clusterseg.attribute_outcome('r', 8, 'c', at => '2025-07-02') = :second AS found, clusterseg.attribute_outcome('r', 8, 'c', at => '2025-08-02') AS too_late,
	clusterseg.attribute_outcome('r', 8, 'b', at => '2025-07-02') AS not_shown, clusterseg.attribute_outcome('r', 8, NULL, 'visit', at => '2025-07-02') = :second AS of_the_list,
	clusterseg.attribute_outcome('r', 77, 'c') AS unknown;
SELECT item_id, outcome, value, at FROM clusterseg.outcomes WHERE call_id = :second ORDER BY 1;

\pset format unaligned
\pset tuples_only on
SELECT raises($$SELECT clusterseg.log_impressions('r', 7, '{a,a}')$$);
SELECT raises($$SELECT clusterseg.log_impressions('r', 7, '{a,NULL}')$$);
SELECT raises($$SELECT clusterseg.log_impressions('r', 7, NULL)$$);
SELECT raises($$SELECT clusterseg.log_impressions('r', 7, '{a,b}', '{1}')$$);
SELECT raises($$SELECT clusterseg.log_impressions('r', 7, '{a,b}', '{1,0}')$$);
SELECT raises($$SELECT clusterseg.log_impressions('r', 7, '{a,b}', '{1,NaN}')$$);
SELECT raises($$SELECT clusterseg.log_impressions('r', 7, '{a}', NULL, 'banner')$$);
SELECT raises($$SELECT clusterseg.log_impressions('r', 7, '{a}', shown_at => 'infinity')$$);
SELECT raises($$SELECT clusterseg.log_impressions('r', NULL::int, '{a}')$$);
SELECT raises($$SELECT clusterseg.log_impressions('nothing', 7, '{a}')$$);
SELECT raises($$SELECT clusterseg.log_impressions('kinds', 7, '{a}')$$);
SELECT raises($$SELECT clusterseg.log_impressions('r', 7, '{a}', version => 5)$$);
SELECT raises($$SELECT clusterseg.log_outcome(0, 'a')$$);
SELECT raises($$SELECT clusterseg.log_outcome(NULL, 'a')$$);
SELECT raises(format('SELECT clusterseg.log_outcome(%s, %L)', :call, 'c'));
SELECT raises(format('SELECT clusterseg.log_outcome(%s, %L, %L)', :call, 'a', ''));
SELECT raises(format('SELECT clusterseg.log_outcome(%s, %L, value => %L)', :call, 'a', 'Infinity'));
SELECT raises(format('UPDATE clusterseg.impressions SET propensity = 2 WHERE call_id = %s', :call));
\pset format aligned
\pset tuples_only off

-- ---- rights ----

CREATE FUNCTION denied(statement text) RETURNS text LANGUAGE plpgsql AS $$
BEGIN
	EXECUTE statement;
	RETURN 'no error';
EXCEPTION WHEN OTHERS THEN
	RETURN SQLSTATE || ' ' || SQLERRM;
END
$$;
CREATE ROLE regress_shop_owner;
CREATE ROLE regress_web;
CREATE ROLE regress_stranger;
GRANT CREATE ON SCHEMA public TO regress_shop_owner;
GRANT SELECT ON events TO regress_shop_owner;
SET ROLE regress_shop_owner;
SELECT items FROM clusterseg.train_recommender('theirs', 'events', 'customer', 'item', algorithm => 'popular');
SELECT clusterseg.grant_model('theirs', 'regress_web');
SELECT clusterseg.log_impressions('theirs', 1, '{a}') AS owners \gset
-- who may use a model logs, and sees what it has logged itself
SET ROLE regress_web;
SELECT clusterseg.log_impressions('theirs', 2, '{a,b}', NULL, 'banner', 'new') AS webs \gset
SELECT clusterseg.log_outcome(:webs, 'b') AS logged;
SELECT (SELECT count(*) FROM clusterseg.feedback_calls) AS calls, (SELECT count(*) FROM clusterseg.impressions) AS impressions, (SELECT count(*) FROM clusterseg.outcomes) AS outcomes;
\pset format unaligned
\pset tuples_only on
SELECT denied(format('SELECT clusterseg.log_outcome(%s, %L)', :owners, 'a'));
SELECT denied(format('INSERT INTO clusterseg.impressions VALUES (%s, 5, %L, 1)', :owners, 'z'));
SELECT denied(format('INSERT INTO clusterseg.feedback_calls (model, version, customer_id, shown_at, logged_by) VALUES (%L, 1, 1, now(), %L)', 'theirs', 'regress_shop_owner'));
SELECT denied($$SELECT clusterseg.forget_feedback('theirs', 2)$$);
SELECT denied($$UPDATE clusterseg.outcomes SET value = 1000000$$);
\pset format aligned
\pset tuples_only off
DELETE FROM clusterseg.feedback_calls;
SELECT count(*) AS still_there FROM clusterseg.feedback_calls;
-- others see nothing, and may not
SET ROLE regress_stranger;
SELECT (SELECT count(*) FROM clusterseg.feedback_calls) + (SELECT count(*) FROM clusterseg.impressions) + (SELECT count(*) FROM clusterseg.outcomes) AS seen;
\pset format unaligned
\pset tuples_only on
SELECT denied($$SELECT clusterseg.log_impressions('theirs', 2, '{a}')$$);
SELECT denied($$INSERT INTO clusterseg.feedback_calls (model, version, customer_id, shown_at) VALUES ('theirs', 1, '1', now())$$);
SELECT denied(format('SELECT clusterseg.log_outcome(%s, %L)', :webs, 'a'));
SELECT denied($$SELECT * FROM clusterseg.feedback_rates('theirs')$$);
\pset format aligned
\pset tuples_only off
-- the owner sees all, and removes a customer
SET ROLE regress_shop_owner;
SELECT customer_id, logged_by FROM clusterseg.feedback_calls ORDER BY call_id;
SELECT units, successes FROM clusterseg.feedback_rates('theirs');
SELECT clusterseg.forget_feedback('theirs', 2) AS lists, clusterseg.forget_feedback('theirs', 2) AS none;
SELECT (SELECT count(*) FROM clusterseg.feedback_calls) AS calls, (SELECT count(*) FROM clusterseg.impressions) AS impressions, (SELECT count(*) FROM clusterseg.outcomes) AS outcomes;
RESET ROLE;

-- ---- what goes with a customer, and with the model ----

SELECT state FROM clusterseg.forget_customer('r', 10);
SELECT count(*) AS lists FROM clusterseg.feedback_calls WHERE customer_id = '10';

SELECT (SELECT count(*) FROM clusterseg.feedback_calls WHERE model = 'r') > 0 AS some;
SELECT clusterseg.drop_model('theirs');
SELECT clusterseg.drop_model('r');
SELECT (SELECT count(*) FROM clusterseg.feedback_calls) AS calls, (SELECT count(*) FROM clusterseg.impressions) AS impressions, (SELECT count(*) FROM clusterseg.outcomes) AS outcomes;
REVOKE ALL ON SCHEMA public FROM regress_shop_owner;
REVOKE ALL ON events FROM regress_shop_owner;
DROP ROLE regress_shop_owner, regress_web, regress_stranger;
