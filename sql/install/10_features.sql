-- ---------------------------------------------------------------------------
-- Features from events: one row per customer
-- ---------------------------------------------------------------------------

-- A source as something that can stand behind FROM, names resolved now.
CREATE FUNCTION clusterseg._source_from(source text, path text, owner text DEFAULT NULL) RETURNS text
	AS 'MODULE_PATHNAME', 'clusterseg_source_from' LANGUAGE C STABLE PARALLEL UNSAFE;
COMMENT ON FUNCTION clusterseg._source_from(text, text, text) IS 'the FROM item, alias q, of a source; checks that it is one reading query';

CREATE FUNCTION clusterseg._create_view(name text, path text, body text, what text) RETURNS regclass
	LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
	SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
	part text[];
BEGIN
	BEGIN
		part := parse_ident(name);
	EXCEPTION WHEN invalid_parameter_value THEN
		PERFORM clusterseg._fail('42602', format('invalid name of a view: %s', name), NULL,
			'Put parts with spaces or capital letters into double quotes: shop."My view".');
	END;
	-- the view is made where the caller's search path says
	PERFORM set_config('search_path', path, true);
	IF to_regclass(name) IS NOT NULL THEN
		PERFORM clusterseg._fail('42P07', format('relation "%s" already exists', name), NULL, 'Drop it first, or choose another name.');
	END IF;
	EXECUTE format('CREATE VIEW %s AS %s',
		(SELECT string_agg(quote_ident(p), '.' ORDER BY o) FROM unnest(part) WITH ORDINALITY u(p, o)), body);
	EXECUTE format('COMMENT ON VIEW %s IS %L', name::regclass, what);
	RETURN name::regclass;
END
$$;
COMMENT ON FUNCTION clusterseg._create_view(text, text, text, text) IS 'creates a view under the caller''s search path';

CREATE FUNCTION clusterseg._check_column(q text, columns text[], VARIADIC wanted text[]) RETURNS void
	LANGUAGE plpgsql STABLE PARALLEL SAFE
	SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
	w text;
BEGIN
	FOREACH w IN ARRAY wanted LOOP
		IF w IS NOT NULL AND NOT w = ANY (columns) THEN
			PERFORM clusterseg._fail('42703', format('column "%s" does not exist in the source', w),
				format('The source has: %s.', array_to_string(columns, ', ')), 'Names are matched exactly: upper and lower case differ.');
		END IF;
	END LOOP;
END
$$;
COMMENT ON FUNCTION clusterseg._check_column(text, text[], text[]) IS 'error when a source lacks a column';

CREATE FUNCTION clusterseg._source_columns(source text, path text) RETURNS text[]
	AS 'MODULE_PATHNAME', 'clusterseg_source_columns' LANGUAGE C STABLE STRICT PARALLEL UNSAFE;
COMMENT ON FUNCTION clusterseg._source_columns(text, text) IS 'column names of a source';

CREATE FUNCTION clusterseg._check_events(name text, source text, path text, customer text, at text, amount text, order_id text,
		made text[]) RETURNS void
	LANGUAGE plpgsql STABLE PARALLEL UNSAFE
	SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
	missing text := CASE WHEN name IS NULL THEN 'name' WHEN source IS NULL THEN 'source' WHEN customer IS NULL THEN 'customer'
		WHEN at IS NULL THEN 'at' WHEN amount IS NULL THEN 'amount' END;
BEGIN
	IF missing IS NOT NULL THEN
		PERFORM clusterseg._fail('22004', format('argument "%s" must not be NULL', missing));
	END IF;
	PERFORM clusterseg._check_column(source, clusterseg._source_columns(source, path), customer, at, amount, order_id);
	IF customer = ANY (made) THEN
		PERFORM clusterseg._fail('42701', format('the customer column cannot be called "%s"', customer),
			'The view has a column of that name.', 'Rename it in a query: SELECT ... AS customer_id.');
	END IF;
END
$$;
COMMENT ON FUNCTION clusterseg._check_events(text, text, text, text, text, text, text, text[]) IS 'arguments that all views of events have in common';

-- The type of a column of a source, a domain as what it is made of.
CREATE FUNCTION clusterseg._column_type(q text, path text, name text) RETURNS regtype
	LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
	SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
	type regtype;
BEGIN
	PERFORM set_config('search_path', path, true);
	EXECUTE format('SELECT pg_catalog.pg_typeof((SELECT q.%I FROM %s LIMIT 0))', name, q) INTO type;
	PERFORM set_config('search_path', 'pg_catalog, pg_temp', true);
	RETURN (SELECT COALESCE(NULLIF(y.typbasetype, 0), y.oid) FROM pg_type y WHERE y.oid = type);
END
$$;
COMMENT ON FUNCTION clusterseg._column_type(text, text, text) IS 'type of a column of a source';

-- What a view says for the time of an event.  Columns without a time zone are in that of the session which makes
-- the view, and so are days: sessions in other zones then read the same numbers.
CREATE FUNCTION clusterseg._time_column(q text, path text, at text, OUT moment text, OUT day text)
	LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
	SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
	zone text := current_setting('TimeZone');
	type regtype := clusterseg._column_type(q, path, at);
BEGIN
	IF type = 'timestamptz'::regtype THEN
		moment := format('q.%I', at);
		day := format('(q.%I AT TIME ZONE %L)::date', at, zone);
	ELSIF type = ANY ('{timestamp,date}'::regtype[]) THEN
		moment := format('(q.%I::timestamp AT TIME ZONE %L)', at, zone);
		day := format('q.%I::date', at);
	ELSE
		PERFORM clusterseg._fail('42804', format('column "%s" of type %s is not a time', at, type), NULL,
			'Cast it to date, timestamp or timestamptz in a query.');
	END IF;
END
$$;
COMMENT ON FUNCTION clusterseg._time_column(text, text, text) IS 'the moment and the day of an event as expressions';

CREATE FUNCTION clusterseg._check_amount(q text, path text, amount text) RETURNS void
	LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
	SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
	type regtype := clusterseg._column_type(q, path, amount);
BEGIN
	IF type <> ALL ('{int2,int4,int8,numeric,float4,float8}'::regtype[]) THEN
		PERFORM clusterseg._fail('42804', format('column "%s" of type %s is not a number', amount, type), NULL,
			'Cast it to numeric or double precision in a query.');
	END IF;
END
$$;
COMMENT ON FUNCTION clusterseg._check_amount(text, text, text) IS 'error when the amount of an event is not a number';

CREATE FUNCTION clusterseg._create_rfm_view(name text, source text, customer text, at text, amount text, order_id text,
		as_of timestamptz, history interval, path text) RETURNS regclass
	LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
	SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
	q text;
	t record;
	moment text := CASE WHEN as_of IS NULL THEN 'pg_catalog.now()' ELSE format('%L::timestamptz', as_of) END;
	limits text := '';
	view regclass;
	c record;
BEGIN
	PERFORM clusterseg._check_events(name, source, path, customer, at, amount, order_id, ARRAY['recency_days', 'orders', 'monetary',
		'average_order_value', 'first_order_at', 'last_order_at', 'tenure_days', 'mean_days_between_orders']);
	q := clusterseg._source_from(source, path);
	t := clusterseg._time_column(q, path, at);
	PERFORM clusterseg._check_amount(q, path, amount);
	IF history IS NOT NULL THEN
		IF history <= interval '0' THEN
			PERFORM clusterseg._fail('22023', 'history must be positive', NULL, 'history => ''1 year'' counts the events of the last year; NULL counts all.');
		END IF;
		limits := format(' AND e.at >= %s - %L::interval', moment, history);
	END IF;
	view := clusterseg._create_view(name, path, format($q$
WITH e AS (
	SELECT q.%1$I AS customer, %2$s AS at, q.%3$I AS amount, %4$s AS order_id
	FROM %5$s
	WHERE q.%1$I IS NOT NULL
), o AS (
	SELECT e.customer, e.order_id, pg_catalog.min(e.at) AS at, pg_catalog.sum(e.amount) AS amount
	FROM e
	WHERE e.at <= %6$s%7$s
	GROUP BY e.customer, e.order_id
)
SELECT o.customer AS %1$I,
	pg_catalog.floor(EXTRACT(epoch FROM %6$s - pg_catalog.max(o.at)) / 86400::numeric)::int AS recency_days,
	pg_catalog.count(*)::int AS orders,
	pg_catalog.sum(o.amount)::float8 AS monetary,
	pg_catalog.sum(o.amount)::float8 / pg_catalog.count(*)::float8 AS average_order_value,
	pg_catalog.min(o.at) AS first_order_at,
	pg_catalog.max(o.at) AS last_order_at,
	pg_catalog.floor(EXTRACT(epoch FROM %6$s - pg_catalog.min(o.at)) / 86400::numeric)::int AS tenure_days,
	CASE WHEN pg_catalog.count(*) > 1 THEN
		(EXTRACT(epoch FROM pg_catalog.max(o.at) - pg_catalog.min(o.at)) / 86400::numeric / (pg_catalog.count(*) - 1)::numeric)::float8
	END AS mean_days_between_orders
FROM o
GROUP BY o.customer
$q$,
		customer, t.moment, amount,
		CASE WHEN order_id IS NULL THEN format('%s::text', t.day)
			ELSE format('COALESCE(q.%I::text, ''day ''::text || %s::text)', order_id, t.day) END,
		q, moment, limits),
		format('recency, frequency and monetary value per customer, %s',
			CASE WHEN as_of IS NULL THEN 'as of the moment it is read' ELSE 'as of ' || as_of END));
	FOR c IN VALUES
		(customer, 'customer'),
		('recency_days', 'whole days since the last order; small is good'),
		('orders', CASE WHEN order_id IS NULL THEN 'days with an order' ELSE 'number of orders' END),
		('monetary', 'sum of all amounts'),
		('average_order_value', 'monetary / orders'),
		('first_order_at', 'time of the first order'),
		('last_order_at', 'time of the last order'),
		('tenure_days', 'whole days since the first order'),
		('mean_days_between_orders', 'mean distance between consecutive orders; NULL for customers with one order')
	LOOP
		EXECUTE format('COMMENT ON COLUMN %s.%I IS %L', view, c.column1, c.column2);
	END LOOP;
	RETURN view;
END
$$;
COMMENT ON FUNCTION clusterseg._create_rfm_view(text, text, text, text, text, text, timestamptz, interval, text) IS 'create_rfm_view() under a given search path';

CREATE FUNCTION clusterseg.create_rfm_view(name text, source text, customer text, at text, amount text, order_id text DEFAULT NULL,
		as_of timestamptz DEFAULT NULL, history interval DEFAULT NULL) RETURNS regclass
	LANGUAGE sql VOLATILE PARALLEL UNSAFE
	BEGIN ATOMIC
		SELECT clusterseg._create_rfm_view(name, source, customer, at, amount, order_id, as_of, history,
			pg_catalog.current_setting('search_path'));
	END;
COMMENT ON FUNCTION clusterseg.create_rfm_view(text, text, text, text, text, text, timestamptz, interval) IS
	'creates a view with recency, frequency and monetary value per customer from a relation or query of purchases; without order_id, purchases of one day are one order (also for rows whose order_id is NULL); days, and times without a zone, are those of the TimeZone in which the view was made; events after as_of (default: now, evaluated when read) do not count, nor do those before as_of - history';

CREATE FUNCTION clusterseg._create_lifetime_view(name text, source text, customer text, at text, amount text, as_of timestamptz, path text)
	RETURNS regclass LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
	SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
	q text;
	t record;
	moment text := CASE WHEN as_of IS NULL THEN 'pg_catalog.now()' ELSE format('%L::timestamptz', as_of) END;
	view regclass;
	c record;
BEGIN
	PERFORM clusterseg._check_events(name, source, path, customer, at, amount, NULL, ARRAY['x', 't_x', 'T', 'mean_repeat_value']);
	q := clusterseg._source_from(source, path);
	t := clusterseg._time_column(q, path, at);
	PERFORM clusterseg._check_amount(q, path, amount);
	view := clusterseg._create_view(name, path, format($q$
WITH d AS (
	SELECT q.%1$I AS customer, %2$s AS day, pg_catalog.sum(q.%3$I::float8) AS amount
	FROM %4$s
	WHERE q.%1$I IS NOT NULL AND %6$s <= %5$s
	GROUP BY 1, 2
), f AS (
	SELECT d.*, pg_catalog.min(d.day) OVER (PARTITION BY d.customer) AS first_day
	FROM d
)
SELECT f.customer AS %1$I,
	(pg_catalog.count(*) - 1)::int AS x,
	(pg_catalog.max(f.day) - pg_catalog.min(f.day))::float8 / 7::float8 AS t_x,
	((%5$s AT TIME ZONE %7$L)::date - pg_catalog.min(f.day))::float8 / 7::float8 AS "T",
	COALESCE(pg_catalog.avg(f.amount) FILTER (WHERE f.day > f.first_day), 0) AS mean_repeat_value
FROM f
GROUP BY f.customer
$q$, customer, t.day, amount, q, moment, t.moment, current_setting('TimeZone')),
		format('repeat purchases per customer for lifetime models, %s',
			CASE WHEN as_of IS NULL THEN 'as of the moment it is read' ELSE 'as of ' || as_of END));
	FOR c IN VALUES
		(customer, 'customer'),
		('x', 'repeat purchases: days with a purchase after the first one'),
		('t_x', 'weeks from the first to the last purchase; large is good'),
		('T', 'weeks from the first purchase to as_of'),
		('mean_repeat_value', 'mean value of a repeat purchase day; 0 without any')
	LOOP
		EXECUTE format('COMMENT ON COLUMN %s.%I IS %L', view, c.column1, c.column2);
	END LOOP;
	RETURN view;
END
$$;
COMMENT ON FUNCTION clusterseg._create_lifetime_view(text, text, text, text, text, timestamptz, text) IS 'create_lifetime_view() under a given search path';

CREATE FUNCTION clusterseg.create_lifetime_view(name text, source text, customer text, at text, amount text, as_of timestamptz DEFAULT NULL)
	RETURNS regclass LANGUAGE sql VOLATILE PARALLEL UNSAFE
	BEGIN ATOMIC
		SELECT clusterseg._create_lifetime_view(name, source, customer, at, amount, as_of, pg_catalog.current_setting('search_path'));
	END;
COMMENT ON FUNCTION clusterseg.create_lifetime_view(text, text, text, text, text, timestamptz) IS
	'creates a view with what lifetime models (BG/NBD, Gamma-Gamma) need per customer: repeat purchases x, t_x, T in weeks, mean repeat value; not the RFM of scoring, where the first purchase counts and small recency is good';
