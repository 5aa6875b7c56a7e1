-- Labels that segments propose for themselves, and the words they are made of.
\set ECHO none
\i test/data/raises.sql
\set ECHO all

-- a shop whose groups are plain to see: columns are called as people call them, values are far apart
CREATE TABLE customers AS
	SELECT 100 * g + i AS id, (ARRAY[5, 200, 20, 90])[g] + i % 5 AS recency_days, (ARRAY[40, 2, 5, 20])[g] + i % 3 AS orders,
		(ARRAY[400, 50, 5000, 900])[g] + i AS monetary, (ARRAY['web', 'web', 'store', 'app'])[g] AS channel
	FROM generate_series(1, 4) g, generate_series(0, 99) i;
SELECT k FROM clusterseg.train('shop', 'customers', 'id', '{recency_days,orders,monetary}', k => 4);
SELECT segment, description FROM clusterseg.segments ORDER BY segment COLLATE "C";
-- the words are those of the features that stand out most: by the profile, strongest first
SELECT segment, string_agg(feature || ' ' || round(effect::numeric, 1), ', ' ORDER BY abs(effect) DESC) AS effects
	FROM clusterseg.segment_profiles WHERE abs(effect) >= 0.25 GROUP BY segment ORDER BY segment COLLATE "C";
-- and effects are (mean - mean of all) / standard deviation of all
SELECT count(*) AS rows, count(*) FILTER (WHERE abs(p.effect - (e.mean - a.mean) / a.sd) < 1e-4) AS same
	FROM clusterseg.segment_profiles p JOIN (SELECT segment_id, avg(recency_days) AS mean FROM customers JOIN shop_members USING (id) GROUP BY 1) e USING (segment_id),
	(SELECT avg(recency_days) AS mean, stddev_pop(recency_days) AS sd FROM customers) a WHERE p.feature = 'recency_days';

-- levels of categories speak for themselves; nobody has the name of another
SELECT k FROM clusterseg.train('channels', 'customers', 'id', '{recency_days,channel}', k => 4);
SELECT segment, description FROM clusterseg.segments WHERE model = 'channels' ORDER BY segment COLLATE "C";
SELECT model, count(*), count(DISTINCT lower(segment)) AS labels FROM clusterseg.segments GROUP BY 1 ORDER BY 1;

-- every shipped word, high and low; unknown names are said as they are, without underscores
SELECT f.feature, clusterseg._word(f.feature, '', 1.0) AS high, clusterseg._word(f.feature, '', -1.0) AS low, clusterseg._word(f.feature, '', 2.0) AS very_high,
		clusterseg._word(f.feature, '', -2.0) AS very_low
	FROM (VALUES ('recency_days'), ('days_since_last_visit'), ('mean_days_between_orders'), ('average_order_value'), ('AOV'), ('orders'), ('n_orders'),
		('frequency'), ('visits_per_month'), ('monetary'), ('Total_Spend'), ('revenue'), ('tenure_days'), ('discount_share'), ('returns'), ('age'), ('customer_age'),
		('average_rating'), ('household_income'), ('page_views'), ('ordering'), ('x')) f (feature);
SELECT clusterseg._word('channel', 'web', 0.9) AS more, clusterseg._word('channel', 'web', -0.9) AS less;

-- a word of one's own comes before the shipped ones, when it stands before them; only who owns the table may add
INSERT INTO clusterseg.label_words ("position", pattern, high, low, very_high, very_low) VALUES
	(1, '^monetary$', 'umsatzstark', 'umsatzschwach', 'sehr umsatzstark', 'sehr umsatzschwach'), (2, '^orders$', 'treu', 'selten', 'sehr treu', 'sehr selten'),
	(3, 'recency', 'lange weg', 'gerade da', 'sehr lange weg', 'eben da');
SELECT k FROM clusterseg.train('laden', 'customers', 'id', '{recency_days,orders,monetary}', k => 4);
SELECT segment FROM clusterseg.segments WHERE model = 'laden' ORDER BY segment COLLATE "C";
SELECT count(*) FILTER (WHERE builtin) AS shipped, count(*) FILTER (WHERE NOT builtin) AS own FROM clusterseg.label_words;
-- a pattern that is none is an error in time, with the pattern in it
SELECT raises('INSERT INTO clusterseg.label_words ("position", pattern, high, low) VALUES (4, ''(oops'', ''a'', ''b'')');
SELECT raises('INSERT INTO clusterseg.label_words ("position", pattern, high, low) VALUES (1, ''x'', ''a'', ''b'')');

-- segments that differ in nothing have no words, and still a name each
CREATE TABLE same AS SELECT i AS id, (i % 4)::float8 AS x, 7 AS y FROM generate_series(1, 400) i;
SELECT k FROM clusterseg.train('one', 'same', 'id', '{x}', k => 1);
SELECT segment, description FROM clusterseg.segments WHERE model = 'one';
SELECT k FROM clusterseg.train('many', 'SELECT i AS id, i % 9 AS x FROM generate_series(1, 900) i', 'id', '{x}', k => 9);
SELECT count(DISTINCT lower(segment)) FROM clusterseg.segments WHERE model = 'many';
SELECT segment FROM clusterseg.segments WHERE model = 'many' AND segment !~ 'group' ORDER BY segment COLLATE "C";

-- the boxes of rfm have the names that marketing gives them
SELECT algorithm, k > 1 AS several FROM clusterseg.train('boxes', 'customers', 'id', '{recency_days,orders,monetary}', 'rfm');
SELECT segment FROM clusterseg.segments WHERE model = 'boxes' AND size > 0 ORDER BY segment COLLATE "C";
-- a box that was renamed keeps its own name over retraining, and the others theirs
SELECT clusterseg.rename_segment('boxes', min(segment_id), 'My people') FROM clusterseg.segments WHERE model = 'boxes' AND size > 0;
SELECT version FROM clusterseg.refresh('boxes');
SELECT count(*) FILTER (WHERE segment = 'My people') AS mine, count(DISTINCT segment) = count(*) AS distinct FROM clusterseg.segments WHERE model = 'boxes';
