-- raises.sql - raises(statement): SQLSTATE, message, DETAIL and HINT of a statement that must fail.
--
-- The statement runs in a subtransaction, so that what an error leaves behind in the session shows: after it, all
-- rows of all tables, all relations, the settings and the role must be what they were before.

CREATE FUNCTION everything() RETURNS text LANGUAGE plpgsql AS $$
DECLARE
	r record;
	part text;
	whole text := '';
BEGIN
	FOR r IN SELECT c.oid::regclass AS name FROM pg_class c WHERE c.relkind IN ('r', 'm', 'p')
		AND c.relnamespace NOT IN ('pg_catalog'::regnamespace, 'information_schema'::regnamespace, 'pg_toast'::regnamespace)
		ORDER BY c.oid
	LOOP
		EXECUTE format('SELECT md5(string_agg(t::text, '''' ORDER BY t::text)) FROM %s t', r.name) INTO part;
		whole := concat_ws(' ', whole, r.name, part);
	END LOOP;
	RETURN md5(concat_ws(' ', whole, (SELECT string_agg(c.oid::text || c.relname || c.relfilenode, ' ' ORDER BY c.oid) FROM pg_class c),
		(SELECT string_agg(p.oid::text, ' ' ORDER BY p.oid) FROM pg_proc p), current_user, session_user, current_setting('search_path'),
		current_setting('transaction_read_only'), current_setting('max_parallel_workers_per_gather')));
END
$$;

CREATE FUNCTION raises(statement text) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
	state text;
	message text;
	detail text;
	hint text;
	before text := everything();
BEGIN
	BEGIN
		EXECUTE statement;
		RETURN 'no error';
	EXCEPTION WHEN OTHERS THEN
		GET STACKED DIAGNOSTICS state = RETURNED_SQLSTATE, message = MESSAGE_TEXT, detail = PG_EXCEPTION_DETAIL, hint = PG_EXCEPTION_HINT;
	END;
	RETURN concat_ws(E'\n  ', state || ' ' || message, 'DETAIL ' || NULLIF(detail, ''), 'HINT ' || NULLIF(hint, ''),
		CASE WHEN everything() <> before THEN 'SOMETHING IS LEFT BEHIND' END);
END
$$;
