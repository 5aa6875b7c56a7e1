-- ---------------------------------------------------------------------------
-- Experiments: who is in which bucket, and what came of it
-- ---------------------------------------------------------------------------

-- The first 13 hexadecimal digits are 52 bits, which a double holds exactly.
CREATE FUNCTION clusterseg._experiment_point(customer text, experiment text, salt text) RETURNS float8
	LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
	BEGIN ATOMIC
		SELECT ('x' || pg_catalog.left(pg_catalog.encode(pg_catalog.sha256(pg_catalog.convert_to(
			pg_catalog.concat_ws(pg_catalog.chr(31), _experiment_point.salt, _experiment_point.experiment, _experiment_point.customer), 'UTF8')), 'hex'), 13))
			::bit(52)::bigint / 4503599627370496.0::float8;
	END;
COMMENT ON FUNCTION clusterseg._experiment_point(text, text, text) IS 'a point from 0 to below 1 that is the same for the same words';

CREATE FUNCTION clusterseg.experiment_bucket(customer text, experiment text, salt text DEFAULT '', buckets int DEFAULT 100) RETURNS int
	LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE
	SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
	IF buckets < 1 THEN
		PERFORM clusterseg._fail('22023', format('invalid number of buckets: %s', buckets), 'It is 1 or more.');
	END IF;
	RETURN floor(clusterseg._experiment_point(customer, experiment, salt) * buckets)::int;
END
$$;
COMMENT ON FUNCTION clusterseg.experiment_bucket(text, text, text, int) IS
	'number of the bucket, 0 to buckets - 1, of a customer in an experiment; by SHA-256, so that any program can tell it';

CREATE FUNCTION clusterseg.experiment_arm(customer text, experiment text, arms text[], shares float8[] DEFAULT NULL, salt text DEFAULT '') RETURNS text
	LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE
	SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
	point float8 := clusterseg._experiment_point(customer, experiment, salt);
	total float8 := 0;
	passed float8 := 0;
BEGIN
	IF array_ndims(arms) IS DISTINCT FROM 1 OR array_position(arms, NULL) IS NOT NULL
		OR (SELECT count(DISTINCT a) FROM unnest(arms) a) < cardinality(arms)
	THEN
		PERFORM clusterseg._fail('22023', 'arms are no list of names', 'It is an array of different names, such as {control,new}.');
	ELSIF shares IS NOT NULL AND (cardinality(shares) <> cardinality(arms) OR EXISTS (SELECT FROM unnest(shares) s
		WHERE NOT COALESCE(s >= 0 AND s < 1e15, false)) OR (SELECT sum(s) FROM unnest(shares) s) = 0)
	THEN
		PERFORM clusterseg._fail('22023', 'shares do not fit the arms', 'There is one for each arm, 0 or more, and not all are 0.');
	END IF;
	SELECT sum(COALESCE(shares[i], 1)) INTO total FROM generate_subscripts(arms, 1) i;
	FOR i IN 1 .. cardinality(arms) LOOP
		passed := passed + COALESCE(shares[i], 1);
		IF point * total < passed THEN
			RETURN arms[i];
		END IF;
	END LOOP;
	RETURN CASE WHEN point IS NOT NULL THEN arms[cardinality(arms)] END;
END
$$;
COMMENT ON FUNCTION clusterseg.experiment_arm(text, text, text[], float8[], text) IS
	'name of the arm of an experiment that a customer is in: the point of experiment_bucket() falls into the arms'' shares, in their order; without shares all are alike';

CREATE FUNCTION clusterseg.in_holdout(customer text, share float8 DEFAULT 0.05, salt text DEFAULT '') RETURNS boolean
	LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE
	SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
	IF NOT (share >= 0 AND share <= 1) THEN
		PERFORM clusterseg._fail('22023', format('invalid share of the holdout: %s', share), 'It is 0 to 1.');
	END IF;
	RETURN clusterseg._experiment_point(customer, 'holdout', salt) < share;
END
$$;
COMMENT ON FUNCTION clusterseg.in_holdout(text, float8, text) IS
	'is the customer one of the share that is never shown anything? who is in a smaller holdout is in each larger one';

-- ---- intervals ----

-- E. B. Wilson, "Probable inference, the law of succession, and statistical inference", JASA 22 (1927).
CREATE FUNCTION clusterseg.wilson_interval(successes bigint, trials bigint, OUT low float8, OUT high float8)
	LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
	BEGIN ATOMIC
		SELECT CASE WHEN x.k = 0 THEN 0 ELSE GREATEST(x.centre - x.half, 0) END, CASE WHEN x.k = x.n THEN 1 ELSE LEAST(x.centre + x.half, 1) END
		FROM (SELECT s.k, s.n, (s.k + s.zz / 2) / (s.n + s.zz) AS centre,
				pg_catalog.sqrt(s.zz) * pg_catalog.sqrt(s.k * (s.n - s.k) / s.n + s.zz / 4) / (s.n + s.zz) AS half
			FROM (SELECT wilson_interval.successes::float8 AS k, wilson_interval.trials::float8 AS n, 3.8414588206941236::float8 AS zz) s
			WHERE s.n > 0 AND s.k >= 0 AND s.k <= s.n) x;
	END;
COMMENT ON FUNCTION clusterseg.wilson_interval(bigint, bigint) IS '95 % interval of a rate, after Wilson; NULL without trials';

-- ---- rates ----

CREATE FUNCTION clusterseg._check_unit(unit text) RETURNS void
	LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE
	SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
	IF unit IS NULL OR unit NOT IN ('customer', 'call', 'impression') THEN
		PERFORM clusterseg._fail('22023', format('invalid unit: %s', COALESCE(unit, 'NULL')), 'It is one of: customer, call, impression.');
	END IF;
END
$$;
COMMENT ON FUNCTION clusterseg._check_unit(text) IS 'is this a unit that rates are of?';

-- One row per unit: where it belongs, whether an outcome came, and what that was worth.
CREATE FUNCTION clusterseg._feedback_units(model text, outcome text, unit text, since timestamptz, until timestamptz,
		by_version boolean, by_segment boolean, by_bucket boolean)
	RETURNS TABLE (version int, segment_id int, experiment text, bucket text, came boolean, value float8)
	LANGUAGE sql STABLE PARALLEL SAFE
	BEGIN ATOMIC
		WITH shown AS (
			SELECT CASE WHEN _feedback_units.by_version THEN c.version END AS version, CASE WHEN _feedback_units.by_segment THEN c.segment_id END AS segment_id,
				CASE WHEN _feedback_units.by_bucket THEN c.experiment END AS experiment, CASE WHEN _feedback_units.by_bucket THEN c.bucket END AS bucket,
				c.customer_id, c.call_id, i.rank, i.item_id
			FROM clusterseg.feedback_calls c LEFT JOIN clusterseg.impressions i ON i.call_id = c.call_id AND _feedback_units.unit = 'impression'
			WHERE c.model = _feedback_units.model AND c.shown_at >= COALESCE(_feedback_units.since, '-infinity')
				AND c.shown_at < COALESCE(_feedback_units.until, 'infinity') AND (_feedback_units.unit <> 'impression' OR i.rank IS NOT NULL))
		SELECT s.version, s.segment_id, s.experiment, s.bucket, pg_catalog.count(o.outcome) > 0, COALESCE(pg_catalog.sum(o.value), 0)
		FROM shown s LEFT JOIN clusterseg.outcomes o ON o.call_id = s.call_id AND (_feedback_units.unit <> 'impression' OR o.item_id = s.item_id)
			AND (_feedback_units.outcome IS NULL OR o.outcome = _feedback_units.outcome)
		GROUP BY s.version, s.segment_id, s.experiment, s.bucket, CASE WHEN _feedback_units.unit = 'customer' THEN s.customer_id END,
			CASE WHEN _feedback_units.unit <> 'customer' THEN s.call_id END, CASE WHEN _feedback_units.unit = 'impression' THEN s.rank END;
	END;
COMMENT ON FUNCTION clusterseg._feedback_units(text, text, text, timestamptz, timestamptz, boolean, boolean, boolean) IS
	'customers, lists or items that were shown, with what came of them';

CREATE FUNCTION clusterseg.feedback_rates(model text, by text[] DEFAULT '{}', outcome text DEFAULT NULL, unit text DEFAULT 'customer',
		since timestamptz DEFAULT NULL, until timestamptz DEFAULT NULL)
	RETURNS TABLE (version int, segment_id int, experiment text, bucket text, units bigint, successes bigint, rate float8, low float8, high float8,
		value float8)
	LANGUAGE plpgsql STABLE PARALLEL UNSAFE ROWS 10
	SET search_path = pg_catalog, pg_temp
AS $$
#variable_conflict use_column
DECLARE
	m clusterseg.models := clusterseg._model(feedback_rates.model, 'recommender');
BEGIN
	PERFORM clusterseg._check_unit(unit);
	IF NOT COALESCE(feedback_rates.by <@ '{version,segment,bucket}', false) THEN
		PERFORM clusterseg._fail('22023', 'invalid list of what rates are by', 'It has some of: version, segment, bucket.');
	END IF;
	RETURN QUERY SELECT u.version, u.segment_id, u.experiment, u.bucket, u.units, u.successes, u.successes / u.units::float8, w.low, w.high, u.value
	FROM (SELECT f.version, f.segment_id, f.experiment, f.bucket, count(*) AS units, count(*) FILTER (WHERE f.came) AS successes, sum(f.value) AS value
			FROM clusterseg._feedback_units(m.model, feedback_rates.outcome, feedback_rates.unit, feedback_rates.since, feedback_rates.until,
				'version' = ANY (feedback_rates.by), 'segment' = ANY (feedback_rates.by), 'bucket' = ANY (feedback_rates.by)) f
			GROUP BY 1, 2, 3, 4) u, clusterseg.wilson_interval(u.successes, u.units) w
	ORDER BY 1, 2, 3, 4;
END
$$;
COMMENT ON FUNCTION clusterseg.feedback_rates(text, text[], text, text, timestamptz, timestamptz) IS
	'share of customers (or calls, or impressions) with an outcome, with 95 % intervals, by version, segment and bucket';

-- Difference: R. G. Newcombe, "Interval estimation for the difference between independent proportions: comparison of eleven methods",
-- Statistics in Medicine 17 (1998), method 10.  Ratio: D. Katz et al., "Obtaining confidence intervals for the risk ratio in
-- cohort studies", Biometrics 34 (1978).
CREATE FUNCTION clusterseg._compare_rates(x1 bigint, n1 bigint, x0 bigint, n0 bigint, OUT difference float8, OUT difference_low float8,
		OUT difference_high float8, OUT lift float8, OUT lift_low float8, OUT lift_high float8)
	LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
	BEGIN ATOMIC
		SELECT r.p1 - r.p0, r.p1 - r.p0 - pg_catalog.sqrt(pg_catalog.power(r.p1 - w1.low, 2) + pg_catalog.power(w0.high - r.p0, 2)),
			r.p1 - r.p0 + pg_catalog.sqrt(pg_catalog.power(w1.high - r.p1, 2) + pg_catalog.power(r.p0 - w0.low, 2)),
			r.p1 / NULLIF(r.p0, 0) - 1, r.p1 / NULLIF(r.p0, 0) * pg_catalog.exp(-1.959963984540054 * NULLIF(r.se, 0)) - 1,
			r.p1 / NULLIF(r.p0, 0) * pg_catalog.exp(1.959963984540054 * NULLIF(r.se, 0)) - 1
		FROM (SELECT x1 / n1::float8 AS p1, x0 / n0::float8 AS p0, pg_catalog.sqrt(1 / NULLIF(x1, 0)::float8 - 1 / n1::float8 + 1 / NULLIF(x0, 0)::float8 - 1 / n0::float8) AS se
				WHERE n1 > 0 AND n0 > 0) r,
			clusterseg.wilson_interval(x1, n1) w1, clusterseg.wilson_interval(x0, n0) w0;
	END;
COMMENT ON FUNCTION clusterseg._compare_rates(bigint, bigint, bigint, bigint) IS 'difference and ratio of two rates with 95 % intervals';

CREATE FUNCTION clusterseg.feedback_lift(model text, experiment text, control text DEFAULT 'control', outcome text DEFAULT NULL,
		unit text DEFAULT 'customer', by_segment boolean DEFAULT false, since timestamptz DEFAULT NULL, until timestamptz DEFAULT NULL)
	RETURNS TABLE (segment_id int, bucket text, units bigint, successes bigint, rate float8, low float8, high float8,
		difference float8, difference_low float8, difference_high float8, lift float8, lift_low float8, lift_high float8)
	LANGUAGE plpgsql STABLE PARALLEL UNSAFE ROWS 10
	SET search_path = pg_catalog, pg_temp
AS $$
#variable_conflict use_column
DECLARE
	m clusterseg.models := clusterseg._model(feedback_lift.model, 'recommender');
BEGIN
	PERFORM clusterseg._check_unit(unit);
	IF feedback_lift.by_segment IS NULL THEN
		PERFORM clusterseg._fail('22004', 'argument "by_segment" must not be NULL');
	ELSIF NOT EXISTS (SELECT FROM clusterseg.feedback_calls c WHERE (c.model, c.experiment, c.bucket) = (m.model, feedback_lift.experiment, feedback_lift.control)) THEN
		PERFORM clusterseg._fail('42704', format('nothing is logged of bucket "%s" of experiment "%s"', feedback_lift.control, feedback_lift.experiment),
			'Others are compared with it.', 'Name the bucket to compare with in the argument "control".');
	END IF;
	RETURN QUERY WITH f AS MATERIALIZED (
		SELECT u.segment_id, u.bucket, count(*) AS units, count(*) FILTER (WHERE u.came) AS successes
		FROM clusterseg._feedback_units(m.model, feedback_lift.outcome, feedback_lift.unit, feedback_lift.since, feedback_lift.until, false,
			feedback_lift.by_segment, true) u
		WHERE u.experiment = feedback_lift.experiment GROUP BY 1, 2)
	SELECT f.segment_id, f.bucket, f.units, f.successes, f.successes / f.units::float8, w.low, w.high, d.difference, d.difference_low, d.difference_high,
		d.lift, d.lift_low, d.lift_high
	FROM f LEFT JOIN f c ON c.segment_id IS NOT DISTINCT FROM f.segment_id AND c.bucket = feedback_lift.control AND f.bucket <> c.bucket
		LEFT JOIN LATERAL clusterseg._compare_rates(f.successes, f.units, c.successes, c.units) d ON true,
		clusterseg.wilson_interval(f.successes, f.units) w
	ORDER BY f.segment_id, f.bucket <> feedback_lift.control, f.bucket;
END
$$;
COMMENT ON FUNCTION clusterseg.feedback_lift(text, text, text, text, text, boolean, timestamptz, timestamptz) IS
	'rates of the buckets of an experiment, and their difference and lift over the control bucket, with 95 % intervals';

-- ---- is the experiment sound? ----

CREATE FUNCTION clusterseg._chi_square_tail(x float8, degrees int) RETURNS float8
	AS 'MODULE_PATHNAME', 'clusterseg_chi_square_tail' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION clusterseg._chi_square_tail(float8, int) IS 'probability that a chi-square variable is at least x';

CREATE FUNCTION clusterseg.sample_ratio(model text, experiment text, buckets text[], shares float8[] DEFAULT NULL)
	RETURNS TABLE (bucket text, customers bigint, expected float8, chi_square float8, p_value float8, mismatch boolean)
	LANGUAGE plpgsql STABLE PARALLEL UNSAFE ROWS 3
	SET search_path = pg_catalog, pg_temp
AS $$
#variable_conflict use_column
DECLARE
	m clusterseg.models := clusterseg._model(sample_ratio.model, 'recommender');
	twice bigint;
BEGIN
	IF array_ndims(sample_ratio.buckets) IS DISTINCT FROM 1 OR cardinality(sample_ratio.buckets) NOT BETWEEN 2 AND 1000 OR array_position(sample_ratio.buckets, NULL) IS NOT NULL
		OR (SELECT count(DISTINCT b) FROM unnest(sample_ratio.buckets) b) < cardinality(sample_ratio.buckets)
	THEN
		PERFORM clusterseg._fail('22023', 'buckets are no list of names', 'It is an array of two or more different names, such as {control,new}.');
	ELSIF sample_ratio.shares IS NOT NULL AND (cardinality(sample_ratio.shares) <> cardinality(sample_ratio.buckets)
		OR EXISTS (SELECT FROM unnest(sample_ratio.shares) s WHERE NOT COALESCE(s > 0 AND s < 1e15, false)))
	THEN
		PERFORM clusterseg._fail('22023', 'shares do not fit the buckets', 'There is one above 0 for each bucket.');
	END IF;
	SELECT count(*) INTO twice FROM (SELECT FROM clusterseg.feedback_calls c
		WHERE (c.model, c.experiment) = (m.model, sample_ratio.experiment) AND c.bucket = ANY (sample_ratio.buckets)
		GROUP BY c.customer_id HAVING count(DISTINCT c.bucket) > 1) x;
	IF twice > 0 THEN
		RAISE NOTICE '% customers are in several buckets of experiment "%"', twice, sample_ratio.experiment
			USING DETAIL = 'They count in each of them. A customer should stay in one.';
	END IF;
	RETURN QUERY WITH f AS (
		SELECT b.bucket, b.place, COALESCE(sample_ratio.shares[b.place], 1) / sum(COALESCE(sample_ratio.shares[b.place], 1)) OVER () AS share,
			(SELECT count(DISTINCT c.customer_id) FROM clusterseg.feedback_calls c
				WHERE (c.model, c.experiment, c.bucket) = (m.model, sample_ratio.experiment, b.bucket)) AS customers
		FROM unnest(sample_ratio.buckets) WITH ORDINALITY b (bucket, place)),
	e AS (SELECT f.*, f.share * sum(f.customers) OVER ()::float8 AS expected FROM f),
	x AS (SELECT sum(power(e.customers - e.expected, 2) / NULLIF(e.expected, 0)) AS chi_square FROM e),
	p AS (SELECT x.chi_square, clusterseg._chi_square_tail(x.chi_square, cardinality(sample_ratio.buckets) - 1) AS p_value FROM x)
	SELECT e.bucket, e.customers, e.expected, p.chi_square, p.p_value, p.p_value < 0.001 FROM e, p ORDER BY e.place;
END
$$;
COMMENT ON FUNCTION clusterseg.sample_ratio(text, text, text[], float8[]) IS
	'are the customers of an experiment spread over its buckets as planned? chi-square test; with a p-value below 0.001 something is wrong with the assignment or the log';

-- ---- what another policy would have brought ----

CREATE FUNCTION clusterseg._policy_rows(policy text, path text) RETURNS TABLE (call_id bigint, item_id text, probability float8)
	AS 'MODULE_PATHNAME', 'clusterseg_policy_rows' LANGUAGE C STABLE STRICT PARALLEL UNSAFE ROWS 100000 COST 100000;
COMMENT ON FUNCTION clusterseg._policy_rows(text, text) IS 'rows of a policy, read under a given search path';

CREATE FUNCTION clusterseg._policy_value(model text, policy text, outcome text, by_value boolean, since timestamptz, until timestamptz, path text)
	RETURNS TABLE (estimator text, value float8, standard_error float8, low float8, high float8, impressions bigint, effective float8)
	LANGUAGE plpgsql STABLE PARALLEL UNSAFE ROWS 3
	SET search_path = pg_catalog, pg_temp
AS $$
#variable_conflict use_column
DECLARE
	m clusterseg.models := clusterseg._model(_policy_value.model, 'recommender');
	found record;
BEGIN
	IF policy IS NULL OR by_value IS NULL THEN
		PERFORM clusterseg._fail('22004', format('argument "%s" must not be NULL', CASE WHEN policy IS NULL THEN 'policy' ELSE 'by_value' END));
	END IF;
	WITH p AS MATERIALIZED (SELECT * FROM clusterseg._policy_rows(_policy_value.policy, _policy_value.path)),
	shown AS MATERIALIZED (
		SELECT c.customer_id, CASE WHEN p.probability >= 0 AND p.probability <= 1 THEN p.probability ELSE 0 END / i.propensity AS w, COALESCE(o.reward, 0)::float8 AS r
		FROM clusterseg.feedback_calls c JOIN clusterseg.impressions i ON i.call_id = c.call_id
			LEFT JOIN p ON p.call_id = c.call_id AND p.item_id = i.item_id COLLATE "default"
			LEFT JOIN LATERAL (SELECT CASE WHEN _policy_value.by_value THEN sum(o.value) ELSE least(count(*), 1) END AS reward FROM clusterseg.outcomes o
				WHERE o.call_id = c.call_id AND o.item_id = i.item_id AND (_policy_value.outcome IS NULL OR o.outcome = _policy_value.outcome)) o ON true
		WHERE c.model = m.model AND c.shown_at >= COALESCE(_policy_value.since, '-infinity') AND c.shown_at < COALESCE(_policy_value.until, 'infinity')),
	t AS (SELECT count(*) AS n, sum(s.w) AS w, sum(s.w * s.w) AS ww, sum(s.w * s.r) / NULLIF(count(*), 0) AS ips, sum(s.w * s.r) / NULLIF(sum(s.w), 0) AS snips,
			avg(s.r) AS logged, count(DISTINCT s.customer_id) AS g FROM shown s),
	-- customers are independent, what is shown to one is not
	c AS (SELECT sum(s.w * s.r) - count(*) * t.ips AS ips, sum(s.w * (s.r - t.snips)) AS snips, sum(s.r) - count(*) * t.logged AS logged FROM shown s, t
		GROUP BY s.customer_id, t.ips, t.snips, t.logged),
	v AS (SELECT sqrt(sum(c.ips * c.ips)) AS ips, sqrt(sum(c.snips * c.snips)) AS snips, sqrt(sum(c.logged * c.logged)) AS logged FROM c)
	SELECT t.n, t.w, t.ww, t.logged, t.ips, t.snips, sqrt(t.g / NULLIF(t.g - 1, 0)::float8) AS few, v.logged AS logged_spread, v.ips AS ips_spread,
		v.snips AS snips_spread, (SELECT count(*) FROM p WHERE NOT COALESCE(p.probability >= 0 AND p.probability <= 1, false)) AS bad,
		EXISTS (SELECT FROM p GROUP BY p.call_id, p.item_id HAVING count(*) > 1) AS twice
	INTO found FROM t, v;
	IF found.bad > 0 THEN
		PERFORM clusterseg._fail('22023', format('%s probabilities of the policy are no probabilities', found.bad), 'They are 0 to 1.');
	ELSIF found.twice THEN
		PERFORM clusterseg._fail('22023', 'the policy has an item of a call twice', NULL, 'Make it one row for each call_id and item_id.');
	END IF;
	RETURN QUERY SELECT e.estimator, e.value, e.se, e.value - 1.959963984540054 * e.se, e.value + 1.959963984540054 * e.se, found.n, e.effective
	FROM (VALUES
		('logged', found.logged, found.few * found.logged_spread / NULLIF(found.n, 0), found.n::float8),
		('ips', found.ips, found.few * found.ips_spread / NULLIF(found.n, 0), found.w * found.w / NULLIF(found.ww, 0)),
		('snips', found.snips, found.few * found.snips_spread / NULLIF(found.w, 0), found.w * found.w / NULLIF(found.ww, 0))) e (estimator, value, se, effective);
END
$$;
COMMENT ON FUNCTION clusterseg._policy_value(text, text, text, boolean, timestamptz, timestamptz, text) IS 'policy_value() under a given search path';

CREATE FUNCTION clusterseg.policy_value(model text, policy text, outcome text DEFAULT NULL, by_value boolean DEFAULT false,
		since timestamptz DEFAULT NULL, until timestamptz DEFAULT NULL)
	RETURNS TABLE (estimator text, value float8, standard_error float8, low float8, high float8, impressions bigint, effective float8)
	LANGUAGE sql STABLE PARALLEL UNSAFE ROWS 3
	BEGIN ATOMIC
		SELECT * FROM clusterseg._policy_value(policy_value.model, policy_value.policy, policy_value.outcome, policy_value.by_value,
			policy_value.since, policy_value.until, pg_catalog.current_setting('search_path'));
	END;
COMMENT ON FUNCTION clusterseg.policy_value(text, text, text, boolean, timestamptz, timestamptz) IS
	'what a policy (query of call_id, item_id, probability) would have brought per item shown, from what was logged: weighted by inverse propensities, and self-normalised, with 95 % intervals';
