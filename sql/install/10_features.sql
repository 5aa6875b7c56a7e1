-- ---------------------------------------------------------------------------
-- Features from events: one row per customer
-- ---------------------------------------------------------------------------

-- A source as something that can stand behind FROM, names resolved now.
CREATE FUNCTION clusterseg._source_from(source text, path text) RETURNS text
	AS 'MODULE_PATHNAME', 'clusterseg_source_from' LANGUAGE C STABLE STRICT PARALLEL UNSAFE;
COMMENT ON FUNCTION clusterseg._source_from(text, text) IS 'the FROM item, alias q, of a source; checks that it is one reading query';

CREATE FUNCTION clusterseg._create_view(name text, path text, body text, what text) RETURNS regclass
	LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
	SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
	part text[] := parse_ident(name);
BEGIN
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

CREATE FUNCTION clusterseg._create_rfm_view(name text, source text, customer text, at text, amount text, order_id text,
		as_of timestamptz, history interval, path text) RETURNS regclass
	LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
	SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
	q text := clusterseg._source_from(source, path);
	moment text := CASE WHEN as_of IS NULL THEN 'pg_catalog.now()' ELSE format('%L::timestamptz', as_of) END;
	limits text := '';
	view regclass;
	c record;
BEGIN
	PERFORM clusterseg._check_column(q, clusterseg._source_columns(source, path), customer, at, amount, order_id);
	IF history IS NOT NULL THEN
		IF history <= interval '0' THEN
			PERFORM clusterseg._fail('22023', 'history must be positive');
		END IF;
		limits := format(' AND e.at >= %s - %L::interval', moment, history);
	END IF;
	view := clusterseg._create_view(name, path, format($q$
WITH e AS (
	SELECT q.%1$I AS customer, q.%2$I::timestamptz AS at, q.%3$I AS amount, %4$s AS order_id
	FROM %5$s
	WHERE q.%1$I IS NOT NULL
), o AS (
	SELECT e.customer, e.order_id, pg_catalog.min(e.at) AS at, pg_catalog.sum(e.amount) AS amount
	FROM e
	WHERE e.at <= %6$s%7$s
	GROUP BY e.customer, e.order_id
)
SELECT o.customer AS %1$I,
	pg_catalog.floor(EXTRACT(epoch FROM %6$s - pg_catalog.max(o.at)) / 86400)::int AS recency_days,
	pg_catalog.count(*)::int AS orders,
	pg_catalog.sum(o.amount)::float8 AS monetary,
	pg_catalog.sum(o.amount)::float8 / pg_catalog.count(*) AS average_order_value,
	pg_catalog.min(o.at) AS first_order_at,
	pg_catalog.max(o.at) AS last_order_at,
	pg_catalog.floor(EXTRACT(epoch FROM %6$s - pg_catalog.min(o.at)) / 86400)::int AS tenure_days,
	CASE WHEN pg_catalog.count(*) > 1 THEN
		(EXTRACT(epoch FROM pg_catalog.max(o.at) - pg_catalog.min(o.at)) / 86400 / (pg_catalog.count(*) - 1))::float8
	END AS mean_days_between_orders
FROM o
GROUP BY o.customer
$q$,
		customer, at, amount,
		CASE WHEN order_id IS NULL THEN format('q.%I::date::text', at)
			ELSE format('COALESCE(q.%I::text, ''day '' || q.%I::date)', order_id, at) END,
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
	'creates a view with recency, frequency and monetary value per customer from a relation or query of purchases; without order_id, purchases of one day are one order (also for rows whose order_id is NULL); events after as_of (default: now, evaluated when read) do not count, nor do those before as_of - history';

CREATE FUNCTION clusterseg._create_lifetime_view(name text, source text, customer text, at text, amount text, as_of timestamptz, path text)
	RETURNS regclass LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
	SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
	q text := clusterseg._source_from(source, path);
	moment text := CASE WHEN as_of IS NULL THEN 'pg_catalog.now()' ELSE format('%L::timestamptz', as_of) END;
	view regclass;
	c record;
BEGIN
	PERFORM clusterseg._check_column(q, clusterseg._source_columns(source, path), customer, at, amount);
	view := clusterseg._create_view(name, path, format($q$
WITH d AS (
	SELECT q.%1$I AS customer, q.%2$I::date AS day, pg_catalog.sum(q.%3$I::float8) AS amount
	FROM %4$s
	WHERE q.%1$I IS NOT NULL AND q.%2$I::timestamptz <= %5$s
	GROUP BY 1, 2
), f AS (
	SELECT d.*, pg_catalog.min(d.day) OVER (PARTITION BY d.customer) AS first_day
	FROM d
)
SELECT f.customer AS %1$I,
	(pg_catalog.count(*) - 1)::int AS x,
	(pg_catalog.max(f.day) - pg_catalog.min(f.day))::float8 / 7 AS t_x,
	((%5$s)::date - pg_catalog.min(f.day))::float8 / 7 AS "T",
	COALESCE(pg_catalog.avg(f.amount) FILTER (WHERE f.day > f.first_day), 0) AS mean_repeat_value
FROM f
GROUP BY f.customer
$q$, customer, at, amount, q, moment),
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
