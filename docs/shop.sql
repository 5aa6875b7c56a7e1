-- shop.sql - a made-up shop, for the tutorial, the demo and the tests.
--
--   psql -f docs/shop.sql          makes the schema shop anew, in a few seconds
--
-- The same rows come out on every machine and every version of PostgreSQL: all dice are md5 sums of
-- what they are for.  The time is 1 January 2024 to 30 June 2025.  What is built in, and what an analysis
-- should therefore find:
--
-- Five groups of customers (shop.customers.true_group); about 3 in 100 behave like another group
--   regulars       600   order about every four weeks until the end; small baskets; like coffee and tea
--   big spenders   300   a handful of orders, each large and dear; like kitchen and living
--   lapsed         700   were regulars once, silent since autumn or winter 2024; like baking and garden
--   one-timers     850   one small order, rarely a second soon after; many of them in December; like gifts and living
--   newcomers      500   joined since April 2025, one to four small orders; like outdoor and tea
--   (null)          50   joined and never ordered
--
-- Tastes        two in five baskets are about the customer's own favourite category, a quarter about what the group likes
-- Pairs         who buys the first thing of a category often takes the third with it (coffee machine -> coffee capsules,
--               in 60 of 100), and the fourth with the second (coffee grinder -> coffee beans, in 50)
-- Seasons       December brings more orders, and gifts; April to August bring garden and outdoor
-- A trend       Matcha (tea-21) was rare, then goes into ever more baskets from 20 May 2025 on
-- Returns       about 1 line in 70 comes back within three weeks: a line with a negative quantity

BEGIN;
SET LOCAL client_min_messages = warning;
DROP SCHEMA IF EXISTS shop CASCADE;
CREATE SCHEMA shop;

CREATE TABLE shop.customers (
  customer_id int PRIMARY KEY,
  name text NOT NULL,
  country text NOT NULL,
  channel text NOT NULL CHECK (channel IN ('web', 'store', 'app')),
  joined date NOT NULL,
  true_group text
);
COMMENT ON COLUMN shop.customers.true_group IS 'how the customer was made to behave: for judging segmentations, not for making them';

CREATE TABLE shop.items (
  item_id text PRIMARY KEY,
  title text NOT NULL,
  category text NOT NULL,
  price numeric(8,2) NOT NULL
);

CREATE TABLE shop.orders (
  order_id int,
  customer_id int NOT NULL REFERENCES shop.customers,
  ordered_at timestamptz NOT NULL,
  item_id text REFERENCES shop.items,
  quantity int NOT NULL,
  amount numeric(10,2) NOT NULL,
  PRIMARY KEY (order_id, item_id)
);
COMMENT ON TABLE shop.orders IS 'one row per item of an order; returns have negative quantities';

-- A whole number from 0 to sides - 1, always the same for the same words.
CREATE FUNCTION shop.dice(what text, sides int) RETURNS int
  LANGUAGE sql IMMUTABLE PARALLEL SAFE
  RETURN ('x' || left(md5(what), 7))::bit(28)::int % sides;

-- ---- 200 items: 8 categories of 5 things in 5 varieties ----

INSERT INTO shop.items
SELECT category || '-' || lpad(((thing - 1) * 5 + variety)::text, 2, '0'),
       title || ', ' || (ARRAY['classic', 'small', 'large', 'coloured', 'deluxe'])[variety],
       category,
       round(price * (ARRAY[1, 0.8, 1.3, 1.1, 1.5])[variety], 1)
  FROM (VALUES
    ('coffee',  1, 'Coffee machine', 120), ('coffee',  2, 'Coffee grinder', 60), ('coffee',  3, 'Coffee capsules', 8),
    ('coffee',  4, 'Coffee beans', 12),    ('coffee',  5, 'Coffee mug', 10),
    ('tea',     1, 'Kettle', 50),          ('tea',     2, 'Teapot', 30),         ('tea',     3, 'Black tea', 6),
    ('tea',     4, 'Green tea', 7),        ('tea',     5, 'Matcha', 15),
    ('kitchen', 1, 'Kitchen knife', 70),   ('kitchen', 2, 'Frying pan', 40),     ('kitchen', 3, 'Knife sharpener', 15),
    ('kitchen', 4, 'Spatula', 6),          ('kitchen', 5, 'Storage jar', 8),
    ('baking',  1, 'Mixer', 150),          ('baking',  2, 'Cake tin', 20),       ('baking',  3, 'Flour', 4),
    ('baking',  4, 'Vanilla sugar', 3),    ('baking',  5, 'Cookie cutter', 5),
    ('garden',  1, 'Planter', 45),         ('garden',  2, 'Watering can', 20),   ('garden',  3, 'Flower bulbs', 8),
    ('garden',  4, 'Garden gloves', 10),   ('garden',  5, 'Seeds', 3),
    ('outdoor', 1, 'Barbecue', 180),       ('outdoor', 2, 'Picnic basket', 50),  ('outdoor', 3, 'Charcoal', 10),
    ('outdoor', 4, 'Picnic blanket', 20),  ('outdoor', 5, 'Sun hat', 18),
    ('living',  1, 'Floor lamp', 90),      ('living',  2, 'Vase', 30),           ('living',  3, 'Light bulb', 6),
    ('living',  4, 'Dried flowers', 12),   ('living',  5, 'Candle', 8),
    ('gifts',   1, 'Gift basket', 60),     ('gifts',   2, 'Fairy lights', 25),   ('gifts',   3, 'Ribbon', 4),
    ('gifts',   4, 'Advent calendar', 15), ('gifts',   5, 'Greeting card', 3)
  ) AS thing (category, thing, title, price)
 CROSS JOIN generate_series(1, 5) AS variety;

-- ---- 3,000 customers ----

-- How a group behaves: days are counted from 1 January 2024, the last is 546.
CREATE TEMP TABLE behaviour (
  behaviour text PRIMARY KEY,
  members int,                                  -- rank of its last member
  first_from int, first_range int,              -- day of the first order
  last_from int, last_range int,                -- day of the last one
  orders_from int, orders_range int,
  lines_from int, lines_range int,              -- of one order
  pieces int,                                   -- most pieces of a line
  likes text[]
);
INSERT INTO behaviour VALUES
  ('regulars',      600,   0, 150, 516,  31, 12, 13, 1, 3, 2, '{coffee,tea}'),
  ('big spenders',  900,   0, 200, 430, 110,  4,  6, 4, 6, 4, '{kitchen,living}'),
  ('lapsed',       1600,   0, 120, 230, 160,  6,  9, 1, 4, 2, '{baking,garden}'),
  ('one-timers',   2450,   0, 540,   0,   1,  1,  1, 1, 2, 1, '{gifts,living}'),
  ('newcomers',    2950, 460,  70, 500,  47,  1,  4, 1, 3, 2, '{outdoor,tea}');

CREATE TEMP TABLE person AS
WITH ranked AS (
  SELECT id, row_number() OVER (ORDER BY md5('group ' || id) COLLATE "C") AS place FROM generate_series(1, 3000) AS id
), grouped AS (
  SELECT id, (SELECT behaviour FROM behaviour WHERE place <= members ORDER BY members LIMIT 1) AS true_group FROM ranked
), behaving AS (
  SELECT id, true_group, b.*,
         -- a December one-timer came for presents
         CASE WHEN b.behaviour = 'one-timers' AND shop.dice('december ' || id, 100) < 30 THEN 335 + shop.dice('first ' || id, 24)
              ELSE first_from + shop.dice('first ' || id, first_range) END AS first_day
    FROM grouped
    LEFT JOIN behaviour b ON b.behaviour = CASE
         WHEN true_group IS NOT NULL AND shop.dice('unlike ' || id, 100) < 4
         THEN (ARRAY['regulars', 'big spenders', 'lapsed', 'one-timers', 'newcomers'])[1 + shop.dice('like ' || id, 5)]
         ELSE true_group END
)
SELECT id, true_group, behaviour, first_day,
       -- a second order of a one-timer follows soon
       CASE behaviour WHEN 'one-timers' THEN least(546, first_day + 5 + shop.dice('last ' || id, 25))
                      ELSE greatest(first_day + 10, last_from + shop.dice('last ' || id, last_range)) END AS last_day,
       CASE behaviour WHEN 'one-timers' THEN CASE WHEN shop.dice('orders ' || id, 100) < 12 THEN 2 ELSE 1 END
                      ELSE orders_from + shop.dice('orders ' || id, orders_range) END AS orders,
       lines_from, lines_range, pieces, likes,
       CASE WHEN shop.dice('own taste ' || id, 2) = 0 THEN likes[1 + shop.dice('favourite ' || id, 2)]
            ELSE (ARRAY['coffee', 'tea', 'kitchen', 'baking', 'garden', 'outdoor', 'living', 'gifts'])[1 + shop.dice('favourite ' || id, 8)]
       END AS favourite
  FROM behaving;

INSERT INTO shop.customers
SELECT id,
       (ARRAY['Ada', 'Ben', 'Clara', 'David', 'Elena', 'Felix', 'Greta', 'Hugo', 'Ida', 'Jonas', 'Karla', 'Leo', 'Mia', 'Noah', 'Olga',
              'Paul', 'Rosa', 'Simon', 'Tilda', 'Victor'])[1 + shop.dice('first name ' || id, 20)] || ' ' ||
       (ARRAY['Adler', 'Berg', 'Costa', 'Dubois', 'Eriksen', 'Fischer', 'Garcia', 'Hansen', 'Ivanov', 'Jansen', 'Kovac', 'Lindgren',
              'Moreau', 'Novak', 'Olsen', 'Petit', 'Rossi', 'Silva', 'Weber', 'Zeman'])[1 + shop.dice('last name ' || id, 20)],
       (ARRAY['Germany', 'Germany', 'Germany', 'France', 'France', 'Italy', 'Italy', 'Spain', 'Poland', 'Sweden'])
         [1 + shop.dice('country ' || id, 10)],
       -- newcomers come by app, big spenders through the door
       CASE WHEN behaviour = 'newcomers' AND shop.dice('channel ' || id, 10) < 5 THEN 'app'
            WHEN behaviour = 'big spenders' AND shop.dice('channel ' || id, 10) < 5 THEN 'store'
            ELSE (ARRAY['web', 'web', 'web', 'store', 'app'])[1 + shop.dice('any channel ' || id, 5)] END,
       date '2024-01-01' + greatest(0, coalesce(first_day, shop.dice('joined ' || id, 540)) - shop.dice('looked around ' || id, 3)),
       true_group
  FROM person
 ORDER BY id;

-- ---- about 60,000 lines of orders ----

-- When: evenly from first to last, somewhat out of step, and once more before Christmas.
CREATE TEMP TABLE visit AS
WITH regular AS (
  SELECT id, n,
         CASE WHEN n = 1 THEN first_day
              ELSE first_day + (last_day - first_day) * (n - 1) / (orders - 1)
                   + shop.dice(format('step %s %s', id, n), 1 + (last_day - first_day) * 2 / (3 * orders)) - (last_day - first_day) / (3 * orders)
         END AS day
    FROM person CROSS JOIN LATERAL generate_series(1, orders) AS n
), christmas AS (
  SELECT id, 0, 335 + shop.dice('christmas ' || id, 24)
    FROM person
   WHERE first_day < 335 AND last_day > 335 AND behaviour <> 'one-timers' AND shop.dice('presents ' || id, 100) < 60
)
SELECT id, n, least(546, greatest(first_day, day)) AS day, behaviour, lines_from, lines_range, pieces, likes, favourite
  FROM (SELECT * FROM regular UNION ALL SELECT * FROM christmas) AS v (id, n, day) JOIN person USING (id);

-- What: a basket has a theme, most of its lines follow it.
CREATE TEMP TABLE line AS
WITH themed AS (
  SELECT *,
         CASE WHEN roll < 40 THEN favourite
              WHEN roll < 65 THEN likes[1 + shop.dice(format('liked %s %s', id, n), 2)]
              WHEN roll < 85 AND month BETWEEN 4 AND 8 THEN (ARRAY['garden', 'outdoor'])[1 + shop.dice(format('summer %s %s', id, n), 2)]
              WHEN roll < 92 AND month = 12 THEN 'gifts'
              ELSE any_one END AS theme
    FROM (SELECT *, shop.dice(format('theme %s %s', id, n), 100) AS roll,
                 extract(month FROM date '2024-01-01' + day)::int AS month,
                 (ARRAY['coffee', 'tea', 'kitchen', 'baking', 'garden', 'outdoor', 'living'])[1 + shop.dice(format('any %s %s', id, n), 7)] AS any_one
            FROM visit) AS v
), picked AS (
  SELECT id, n, day, behaviour, pieces, l,
         CASE WHEN line_roll < 75 THEN theme WHEN line_roll < 90 THEN favourite ELSE any_one END AS category,
         -- dear things are the first of a category: few buy them but big spenders
         CASE WHEN behaviour = 'big spenders' THEN 1 + thing_roll * thing_roll / 2000
              ELSE 5 - thing_roll * thing_roll / 2000 END AS thing,
         1 + variety_roll * variety_roll / 2000 AS variety
    FROM (SELECT *, shop.dice(format('category %s %s %s', id, n, l), 100) AS line_roll,
                 shop.dice(format('thing %s %s %s', id, n, l), 100) AS thing_roll,
                 shop.dice(format('variety %s %s %s', id, n, l), 100) AS variety_roll
            FROM themed CROSS JOIN LATERAL generate_series(1, lines_from + shop.dice(format('lines %s %s', id, n), lines_range)) AS l) AS t
), paired AS (
  SELECT id, n, day, pieces, l, category, thing, variety FROM picked
  UNION ALL
  SELECT id, n, day, pieces, l + 100, category, thing + 2, variety
    FROM picked
   WHERE (thing = 1 AND shop.dice(format('pair %s %s %s', id, n, l), 100) < 60)
      OR (thing = 2 AND shop.dice(format('pair %s %s %s', id, n, l), 100) < 50)
), named AS (
  SELECT id, n, day, pieces, l,
         -- before its time Matcha, classic, is hardly known: mostly the small one was taken
         category || '-' || lpad(((thing - 1) * 5 + CASE WHEN (category, thing, variety) = ('tea', 5, 1)
           AND shop.dice(format('early %s %s', id, n), 10) > 0 THEN 2 ELSE variety END)::text, 2, '0') AS item_id
    FROM paired
  UNION ALL
  SELECT id, n, day, pieces, 200, 'tea-21' FROM picked
   WHERE l = 1 AND day >= 505 AND shop.dice(format('matcha %s %s', id, n), 100) < (day - 500) / 2
)
SELECT DISTINCT ON (id, n, item_id) id, n, item_id,
       date '2024-01-01' + day + interval '8 hours' + interval '1 minute' * shop.dice(format('time %s %s', id, n), 780) AS at,
       1 + shop.dice(format('pieces %s %s %s', id, n, l), pieces) AS pieces
  FROM named
 ORDER BY id, n, item_id, l;

INSERT INTO shop.orders
WITH bought AS (
  SELECT id, n, at, item_id, pieces FROM line
  UNION ALL
  SELECT id, n + 1000, at + interval '1 day' * (4 + shop.dice(format('back after %s %s', id, n), 17)), item_id, -pieces
    FROM line
   WHERE shop.dice(format('back %s %s %s', id, n, item_id), 70) = 0
)
SELECT dense_rank() OVER (ORDER BY at, id, n), id, at AT TIME ZONE 'UTC', item_id, pieces, pieces * price
  FROM bought JOIN shop.items USING (item_id)
 WHERE at < '2025-07-01'
 ORDER BY 1, item_id;

CREATE INDEX ON shop.orders (customer_id);
CREATE INDEX ON shop.orders (item_id);

DROP TABLE behaviour, person, visit, line;
DROP FUNCTION shop.dice;
ANALYZE shop.customers, shop.items, shop.orders;
COMMIT;
