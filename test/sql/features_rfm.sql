-- create_rfm_view(): recency, frequency and monetary value per customer.
--
-- The expected rows are worked out by hand from the orders below; no value comes from the extension.
SET timezone = 'UTC';
SET datestyle = 'ISO';
\set ECHO none
\i test/data/raises.sql
\set ECHO all

CREATE TABLE orders (customer text, order_no text, at timestamptz, amount numeric);
INSERT INTO orders VALUES
	-- three orders; the first in two lines; the last one is a return
	('ann', 'A1', '2024-01-01 10:00', 10), ('ann', 'A1', '2024-01-01 10:05', 5),
	('ann', 'A2', '2024-01-11 12:00', 30), ('ann', 'A3', '2024-01-21 10:00', -4),
	-- one order, one minute before the day of the evaluation begins
	('bob', 'B1', '2024-01-30 23:59', 7.5),
	-- an order without a value is an order
	('cid', 'C1', '2024-01-05 00:00', NULL), ('cid', 'C2', '2024-01-06 00:00', 20),
	-- after the evaluation: not a customer yet
	('dee', 'D1', '2024-02-15 00:00', 99),
	-- nobody's order
	(NULL, 'X1', '2024-01-02 00:00', 1),
	-- without an order number, lines of one day are one order; E1 is an order of its own
	('eve', NULL, '2024-01-03 08:00', 2), ('eve', NULL, '2024-01-03 20:00', 3), ('eve', 'E1', '2024-01-03 21:00', 4),
	-- a line without a time does not count; one at the very moment of the evaluation does
	('fay', 'F1', NULL, 50), ('fay', 'F2', '2024-01-31 00:00', 60),
	-- no value known at all
	('gus', 'G1', '2024-01-20 06:00', NULL);

SELECT clusterseg.create_rfm_view('rfm', 'orders', 'customer', 'at', 'amount', 'order_no', as_of => '2024-01-31 00:00+00');

-- ann: 9.58 days ago -> 9; 15 + 30 - 4 = 41 in 3 orders, 41 / 3; first 29.58 days ago; 20 days between first and last / 2
-- bob: 1 minute ago; cid: 25 days ago, 20 / 2; eve: 27.1 days ago, 9 / 2, 13 hours apart
CREATE TABLE expected (customer text, recency_days int, orders int, monetary float8, average_order_value float8,
	first_order_at timestamptz, last_order_at timestamptz, tenure_days int, mean_days_between_orders float8);
INSERT INTO expected VALUES
	('ann', 9, 3, 41, 41 / 3.0, '2024-01-01 10:00', '2024-01-21 10:00', 29, 10),
	('bob', 0, 1, 7.5, 7.5, '2024-01-30 23:59', '2024-01-30 23:59', 0, NULL),
	('cid', 25, 2, 20, 10, '2024-01-05 00:00', '2024-01-06 00:00', 26, 1),
	('eve', 27, 2, 9, 4.5, '2024-01-03 08:00', '2024-01-03 21:00', 27, 13 / 24.0),
	('fay', 0, 1, 60, 60, '2024-01-31 00:00', '2024-01-31 00:00', 0, NULL),
	('gus', 10, 1, NULL, NULL, '2024-01-20 06:00', '2024-01-20 06:00', 10, NULL);
-- (both ways round: 0 rows each)
TABLE expected EXCEPT TABLE rfm;
TABLE rfm EXCEPT TABLE expected;

-- without an order number, a day is an order
SELECT clusterseg.create_rfm_view('by_day', 'orders', 'customer', 'at', 'amount', as_of => '2024-01-31 00:00+00');
SELECT customer, orders, monetary, mean_days_between_orders FROM by_day ORDER BY customer;

-- history: only the 20 days before, the limit included (ann's first order is too old, cid and eve are gone)
SELECT clusterseg.create_rfm_view('recent', 'orders', 'customer', 'at', 'amount', 'order_no', '2024-01-31 12:00+00', '20 days');
SELECT customer, recency_days, orders, monetary, tenure_days FROM recent ORDER BY customer;

-- as_of not given: the moment of reading; what lies in the future does not count
CREATE TABLE lately AS SELECT * FROM (VALUES ('x', now() - interval '3 days 1 hour', 5), ('x', now() + interval '1 day', 7)) v (who, at, paid);
SELECT clusterseg.create_rfm_view('now_view', 'lately', 'who', 'at', 'paid');
SELECT who, recency_days, orders, monetary FROM now_view;
INSERT INTO lately VALUES ('x', now() - interval '1 day 1 hour', 11), ('y', now(), 1);
SELECT who, recency_days, orders, monetary FROM now_view ORDER BY who;

-- the same events as date, timestamp and timestamptz; keys keep their type; amounts of any number type
SELECT clusterseg.create_rfm_view('by_' || t,
	format('SELECT customer::%s AS c, at::%s AS t, amount::%s AS v FROM (SELECT *, at AS a FROM orders) o WHERE customer IN (''ann'', ''bob'')', k, t, n),
	'c', 't', 'v', as_of => '2024-01-31 00:00+00')
	FROM (VALUES ('date', 'varchar(10)', 'real'), ('timestamp', 'name', 'numeric(9,2)'), ('timestamptz', 'text', 'float8')) v (t, k, n);
SELECT c, recency_days, orders, monetary FROM by_date UNION ALL SELECT c, recency_days, orders, monetary FROM by_timestamp
	UNION ALL SELECT c, recency_days, orders, monetary FROM by_timestamptz ORDER BY 1, 2;
SELECT attrelid::regclass, format_type(atttypid, atttypmod) FROM pg_attribute
	WHERE attnum = 1 AND attrelid IN ('by_date'::regclass, 'by_timestamp'::regclass, 'by_timestamptz'::regclass) ORDER BY attrelid::regclass::text;
SELECT clusterseg.create_rfm_view('by_int', 'SELECT 7 AS id, DATE ''2024-01-01'' AS d, 3 AS v', 'id', 'd', 'v', as_of => '2024-01-03');
SELECT id, pg_typeof(id), recency_days, monetary, pg_typeof(monetary) FROM by_int;

-- days belong to the zone in which the view was made: a session in another one reads the same numbers
SET timezone = 'Asia/Tokyo';
SELECT c, recency_days, orders FROM by_date UNION ALL SELECT c, recency_days, orders FROM by_timestamp
	UNION ALL SELECT customer, recency_days, orders FROM by_day WHERE customer = 'eve' ORDER BY 1, 2;
SET timezone = 'America/New_York';
SELECT c, recency_days, orders FROM by_date UNION ALL SELECT c, recency_days, orders FROM by_timestamp
	UNION ALL SELECT customer, recency_days, orders FROM by_day WHERE customer = 'eve' ORDER BY 1, 2;
SET timezone = 'UTC';

-- names that need quoting, a view of that name in a schema of that name, a source that is a query with a comment at its end
CREATE SCHEMA "Shop ""A"".b";
CREATE TABLE "Shop ""A"".b"."Order's" ("Who;--" text, "When ""exactly""" date, "select" numeric, "Nr." int);
INSERT INTO "Shop ""A"".b"."Order's" VALUES ('a', '2024-01-01', 5, 1), ('a', '2024-01-01', 6, 2);
SELECT clusterseg.create_rfm_view('"Shop ""A"".b"."R''F.M"', '"Shop ""A"".b"."Order''s"', 'Who;--', 'When "exactly"', 'select', 'Nr.', '2024-01-02');
SELECT clusterseg.create_rfm_view('"R''F.M"', 'SELECT * FROM "Shop ""A"".b"."Order''s"; -- all of them', 'Who;--', 'When "exactly"', 'select', 'Nr.', '2024-01-02');
SELECT * FROM "Shop ""A"".b"."R'F.M" EXCEPT SELECT * FROM "R'F.M";
SELECT * FROM "R'F.M";

-- the source was found by the search path of the call; the view finds it under any other
SET search_path = "Shop ""A"".b";
SELECT clusterseg.create_rfm_view('elsewhere', '"Order''s"', 'Who;--', 'When "exactly"', 'select', as_of => '2024-01-02');
RESET search_path;
SELECT orders, monetary FROM "Shop ""A"".b".elsewhere;

-- every column has a comment, and the view itself
SELECT attname, col_description(attrelid, attnum) FROM pg_attribute WHERE attrelid = 'rfm'::regclass AND attnum > 0 ORDER BY attnum;
SELECT obj_description('rfm'::regclass), obj_description('now_view'::regclass);

-- its rows can be segmented as they are; gus, whose value is not known, is counted and not assigned
SET client_min_messages = warning;
SELECT rows, skipped FROM clusterseg.train('shoppers', 'rfm', 'customer', '{recency_days,orders,monetary}', k => 2);
RESET client_min_messages;
SELECT customer FROM rfm WHERE clusterseg.segment('shoppers', rfm) IS NULL;

-- operators and functions that somebody puts on the path are not used: this one would make all numbers 666
CREATE SCHEMA evil;
CREATE FUNCTION evil.ratio(float8, int8) RETURNS float8 LANGUAGE sql RETURN 666;
CREATE FUNCTION evil.ratio(float8, int4) RETURNS float8 LANGUAGE sql RETURN 666;
CREATE FUNCTION evil.ratio(numeric, int8) RETURNS float8 LANGUAGE sql RETURN 666;
CREATE FUNCTION evil.ratio(numeric, int4) RETURNS float8 LANGUAGE sql RETURN 666;
CREATE FUNCTION evil.join(text, date) RETURNS text LANGUAGE sql RETURN '666';
CREATE FUNCTION evil.sum(numeric) RETURNS float8 LANGUAGE sql RETURN 666;
CREATE OPERATOR evil./ (LEFTARG = float8, RIGHTARG = int8, FUNCTION = evil.ratio);
CREATE OPERATOR evil./ (LEFTARG = float8, RIGHTARG = int4, FUNCTION = evil.ratio);
CREATE OPERATOR evil./ (LEFTARG = numeric, RIGHTARG = int8, FUNCTION = evil.ratio);
CREATE OPERATOR evil./ (LEFTARG = numeric, RIGHTARG = int4, FUNCTION = evil.ratio);
CREATE OPERATOR evil.|| (LEFTARG = text, RIGHTARG = date, FUNCTION = evil.join);
SET search_path = evil, public;
SELECT clusterseg.create_rfm_view('public.safe', 'orders', 'customer', 'at', 'amount', 'order_no', as_of => '2024-01-31 00:00+00');
TABLE public.safe EXCEPT TABLE public.rfm;
RESET search_path;

-- what cannot be
\pset format unaligned
\pset tuples_only on
SELECT raises($$SELECT clusterseg.create_rfm_view('rfm', 'orders', 'customer', 'at', 'amount')$$);
SELECT raises($$SELECT clusterseg.create_rfm_view('nowhere.v', 'orders', 'customer', 'at', 'amount')$$);
SELECT raises($$SELECT clusterseg.create_rfm_view('v', 'no_orders', 'customer', 'at', 'amount')$$);
SELECT raises($$SELECT clusterseg.create_rfm_view('v', 'orders', 'Customer', 'at', 'amount')$$);
SELECT raises($$SELECT clusterseg.create_rfm_view('v', 'orders', 'customer', 'at', 'amount', 'order')$$);
SELECT raises($$SELECT clusterseg.create_rfm_view('v', 'orders', 'customer', 'order_no', 'amount')$$);
-- what is no number cannot be an amount, and a name with a space wants quotes
SELECT raises($$SELECT clusterseg.create_rfm_view('v', 'orders', 'customer', 'at', 'order_no')$$);
SELECT raises($$SELECT clusterseg.create_rfm_view('v', 'SELECT customer, at, amount::money FROM orders', 'customer', 'at', 'amount')$$);
SELECT raises($$SELECT clusterseg.create_lifetime_view('v', 'orders', 'customer', 'at', 'order_no')$$);
SELECT raises($$SELECT clusterseg.create_rfm_view('My view', 'orders', 'customer', 'at', 'amount')$$);
SELECT raises($$SELECT clusterseg.create_rfm_view('v', 'SELECT customer AS orders, at, amount FROM orders', 'orders', 'at', 'amount')$$);
SELECT raises($$SELECT clusterseg.create_rfm_view('v', 'orders', 'customer', 'at', 'amount', history => '0 days')$$);
SELECT raises($$SELECT clusterseg.create_rfm_view('v', 'DELETE FROM orders RETURNING *', 'customer', 'at', 'amount')$$);
SELECT raises($$SELECT clusterseg.create_rfm_view('v', 'SELECT * FROM orders) q; DROP TABLE orders; SELECT * FROM (SELECT 1', 'customer', 'at', 'amount')$$);
SELECT raises($$SELECT clusterseg.create_rfm_view('v', 'orders', NULL, 'at', 'amount')$$);
SELECT raises($$SELECT clusterseg.create_rfm_view(NULL, 'orders', 'customer', 'at', 'amount')$$);
