-- Parameters whose type nobody has said, as drivers send them: recommend('m', $1).  The answers are those of typed ones.
\set ECHO none
\i test/data/raises.sql
\set ECHO all
SET client_min_messages = warning;

CREATE TYPE colour AS ENUM ('red', 'green', 'blue');
CREATE DOMAIN code AS varchar(9) CHECK (value <> '');
CREATE TABLE events AS SELECT c, c::text || ' ' AS t, (chr(96 + c % 26) || c)::char(6) AS b, ((c % 3 || '-x')::code) AS d, md5(c::text)::uuid AS u,
	(enum_range(NULL::colour))[1 + c % 3] AS e, i, 'item ' || i AS ti
	FROM generate_series(1, 40) c, generate_series(1, 12) i WHERE (c * 7 + i * i) % 3 <> 0;

SELECT m.model, m.customers, m.items FROM (VALUES ('int', 'c', 'i'), ('text', 't', 'ti'), ('char', 'b', 'i'), ('domain', 'd', 'ti'), ('uuid', 'u', 'i'), ('enum', 'e', 'ti')) v (name, c, i),
	clusterseg.train_recommender(name, 'events', v.c, v.i, algorithm => 'itemknn') m ORDER BY 1;

PREPARE list AS SELECT rank, item_id, score FROM clusterseg.recommend($1, $2, $3, exclude_seen => $4);
PREPARE like_it AS SELECT * FROM clusterseg.similar_items($1, $2, $3);
PREPARE ranked AS SELECT * FROM clusterseg.rank_items($1, $2, $3);
PREPARE wanted AS SELECT * FROM clusterseg.customers_for_item($1, $2, $3);
PREPARE because AS SELECT * FROM clusterseg.explain_recommendation($1, $2, $3);
PREPARE forget AS SELECT state FROM clusterseg.forget_customer($1, $2);

CREATE TEMP TABLE untyped (what text, row text);
CREATE FUNCTION pg_temp.run(what text, statement text) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
	r record;
BEGIN
	FOR r IN EXECUTE statement LOOP
		INSERT INTO untyped VALUES (what, r::text);
	END LOOP;
END $$;
SELECT item_id AS best FROM clusterseg.recommend('int', 5, 1) \gset
SELECT pg_temp.run('list', $$EXECUTE list('int', '5', '4', 'false')$$), pg_temp.run('like', $$EXECUTE like_it('int', '5', '4')$$),
	pg_temp.run('ranked', $$EXECUTE ranked('int', '5', '{3,1,2}')$$), pg_temp.run('wanted', $$EXECUTE wanted('int', '5', '4')$$),
	pg_temp.run('because', format($$EXECUTE because('int', '5', '%s')$$, :best));
SELECT COALESCE(u.what, t.what) AS what, count(u.row) AS untyped, count(t.row) AS typed, count(*) FILTER (WHERE u.row = t.row) AS same FROM untyped u FULL JOIN (
	SELECT 'list' AS what, (rank, item_id, score)::text AS row FROM clusterseg.recommend('int', 5, 4, exclude_seen => false)
	UNION ALL SELECT 'like', s::text FROM clusterseg.similar_items('int', 5::bigint, 4) s
	UNION ALL SELECT 'ranked', r::text FROM clusterseg.rank_items('int', 5::numeric, '{3,1,2}') r
	UNION ALL SELECT 'wanted', w::text FROM clusterseg.customers_for_item('int', 5, 4) w
	UNION ALL SELECT 'because', e::text FROM clusterseg.explain_recommendation('int', 5, :best) e) t
	ON t.what = u.what AND t.row = u.row GROUP BY 1 ORDER BY 1;

-- keys of any type: by the column, by its text, by a text of which nobody said that it is one; one of them unsaid and one said
CREATE FUNCTION lists(model text, by_column text[], by_text text[]) RETURNS boolean LANGUAGE sql AS $$ SELECT by_column = by_text AND cardinality(by_column) = 3 $$;
SELECT 'text' AS key, bool_and(ARRAY(SELECT item_id FROM clusterseg.recommend('text', t, 3, false)) = ARRAY(SELECT item_id FROM clusterseg.recommend('text', t::varchar, 3, false))) AS same FROM events
UNION ALL SELECT 'char', bool_and(lists('char', ARRAY(SELECT item_id FROM clusterseg.recommend('char', b, 3, false)), ARRAY(SELECT item_id FROM clusterseg.recommend('char', b::text, 3, false)))
	AND (SELECT bool_and(source = 'itemknn') FROM clusterseg.recommend('char', b, 3, false))) FROM events
UNION ALL SELECT 'domain', bool_and(lists('domain', ARRAY(SELECT item_id FROM clusterseg.recommend('domain', d, 3, false)), ARRAY(SELECT item_id FROM clusterseg.recommend('domain', d::text, 3, false)))) FROM events
UNION ALL SELECT 'uuid', bool_and(lists('uuid', ARRAY(SELECT item_id FROM clusterseg.recommend('uuid', u, 3, false)), ARRAY(SELECT item_id FROM clusterseg.recommend('uuid', u::text, 3, false)))) FROM events
UNION ALL SELECT 'enum', bool_and(lists('enum', ARRAY(SELECT item_id FROM clusterseg.recommend('enum', e, 3, false)), ARRAY(SELECT item_id FROM clusterseg.recommend('enum', e::text, 3, false)))) FROM events;
SELECT count(*) > 1 AS mixed FROM clusterseg.explain_recommendation('domain', '1-x'::code, 'item 2') a, clusterseg.explain_recommendation('int', '5', 2) b, clusterseg.explain_recommendation('int', 5, '2') c;

EXECUTE forget('int', '5');
SELECT count(*) FROM clusterseg.recommend('int', NULL::text, 3) UNION ALL SELECT count(*) FROM clusterseg.recommend('int', NULL, 3);
SELECT raises($$SELECT clusterseg.recommend('int', 'five', 3)$$);
