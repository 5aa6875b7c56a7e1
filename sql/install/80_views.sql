-- ---------------------------------------------------------------------------
-- Views for BI tools: plain, flat, commented; row security of the caller applies
-- ---------------------------------------------------------------------------

CREATE VIEW clusterseg.segments WITH (security_invoker = true) AS
	SELECT s.model, s.segment_id, s.label AS segment, s.description, COALESCE(v.size, 0) AS size, COALESCE(v.share, 0) AS share,
		v.radius, s.since_version,
		CASE WHEN v.model IS NOT NULL THEN 'active'
			WHEN EXISTS (SELECT FROM clusterseg._version_segments x JOIN clusterseg.versions y USING (model, version)
				WHERE x.model = s.model AND x.segment_id = s.segment_id AND y.state <> 'draft') THEN 'retired'
			ELSE 'draft' END AS state,
		v.reach, s.named, (p.metrics->'persistence'->>s.segment_id::text)::float8 AS persistence
	FROM clusterseg._segments s
		JOIN clusterseg.models m ON m.model = s.model
		LEFT JOIN clusterseg.versions p ON p.id = m.published_id
		LEFT JOIN clusterseg._version_segments v
			ON v.model = s.model AND v.segment_id = s.segment_id AND v.version = m.published_version
	WHERE m.published_version IS NOT NULL;
COMMENT ON VIEW clusterseg.segments IS 'segments of published models; size and share as training found them';
COMMENT ON COLUMN clusterseg.segments.model IS 'name of the model';
COMMENT ON COLUMN clusterseg.segments.segment_id IS 'id: stays the same over retraining, never used again';
COMMENT ON COLUMN clusterseg.segments.segment IS 'label, proposed or given by rename_segment()';
COMMENT ON COLUMN clusterseg.segments.description IS 'what sets the segment apart';
COMMENT ON COLUMN clusterseg.segments.size IS 'customers in training';
COMMENT ON COLUMN clusterseg.segments.share IS 'share of the customers, 0 to 1';
COMMENT ON COLUMN clusterseg.segments.radius IS 'root mean square distance to the centre, scaled units';
COMMENT ON COLUMN clusterseg.segments.since_version IS 'first version that had it';
COMMENT ON COLUMN clusterseg.segments.state IS 'active, retired (a former segment that the published version does not have) or draft (only versions have it that were never published)';
COMMENT ON COLUMN clusterseg.segments.reach IS 'distance that 99.9 % of the customers stayed within';
COMMENT ON COLUMN clusterseg.segments.named IS 'true: the label was given by a person';
COMMENT ON COLUMN clusterseg.segments.persistence IS 'of hdbscan: how long the segment stays while the density grows, 0 to 1';

CREATE VIEW clusterseg.segment_profiles WITH (security_invoker = true) AS
	SELECT p.model, p.segment_id, p.feature, NULLIF(p.category, '') AS category, p.mean, p.median, p.p5, p.p95, p.overall_mean,
		p.effect, p.lift, p.n, p.overall_sd, p.v_test, s.label AS segment
	FROM clusterseg._profiles p
		JOIN clusterseg.models m ON m.model = p.model AND m.published_version = p.version
		JOIN clusterseg._segments s ON s.model = p.model AND s.segment_id = p.segment_id;
COMMENT ON VIEW clusterseg.segment_profiles IS 'what the segments of published models look like: one row per segment and feature, or level of a category';
COMMENT ON COLUMN clusterseg.segment_profiles.model IS 'name of the model';
COMMENT ON COLUMN clusterseg.segment_profiles.segment_id IS 'segment';
COMMENT ON COLUMN clusterseg.segment_profiles.feature IS 'feature';
COMMENT ON COLUMN clusterseg.segment_profiles.category IS 'level of a category; NULL for numbers';
COMMENT ON COLUMN clusterseg.segment_profiles.mean IS 'mean in the segment, after imputing and clipping; for categories the share of the level';
COMMENT ON COLUMN clusterseg.segment_profiles.median IS 'median; exact up to 200000 customers, of 16384 evenly spread ones per segment above';
COMMENT ON COLUMN clusterseg.segment_profiles.p5 IS '5 % quantile, likewise';
COMMENT ON COLUMN clusterseg.segment_profiles.p95 IS '95 % quantile, likewise';
COMMENT ON COLUMN clusterseg.segment_profiles.overall_mean IS 'mean of all customers; for categories the share of the level';
COMMENT ON COLUMN clusterseg.segment_profiles.effect IS '(mean - overall_mean) / overall_sd: how far the segment stands out';
COMMENT ON COLUMN clusterseg.segment_profiles.lift IS 'mean / overall_mean';
COMMENT ON COLUMN clusterseg.segment_profiles.n IS 'customers; for categories those with the level';
COMMENT ON COLUMN clusterseg.segment_profiles.overall_sd IS 'standard deviation of all customers';
COMMENT ON COLUMN clusterseg.segment_profiles.v_test IS 'difference of the means in units of its standard error; beyond 2 it is hardly chance';
COMMENT ON COLUMN clusterseg.segment_profiles.segment IS 'label of the segment';

CREATE VIEW clusterseg.freshness WITH (security_invoker = true) AS
	SELECT m.model, m.last_run_at, now() - m.last_run_at AS lag, 0::bigint AS pending,
		CASE WHEN m.last_run_at IS NULL THEN 'never run' WHEN now() - m.last_run_at > m.stale_after THEN 'stale' ELSE 'fresh' END AS status,
		NULL::float8 AS drift,
		m.last_run_at IS NULL OR now() - m.last_run_at > m.stale_after AS needs_refresh,
		m.kind, m.trained_at, m.published_version,
		(SELECT max(v.version) FROM clusterseg.versions v WHERE v.model = m.model AND v.state = 'draft'
			AND v.version > COALESCE(m.published_version, 0)) AS draft_version
	FROM clusterseg.models m;
COMMENT ON VIEW clusterseg.freshness IS 'how up to date the results of each model are; written in the transaction that brings them up to date';
COMMENT ON COLUMN clusterseg.freshness.model IS 'name of the model';
COMMENT ON COLUMN clusterseg.freshness.last_run_at IS 'when members or recommendations were last brought up to date';
COMMENT ON COLUMN clusterseg.freshness.lag IS 'time since then';
COMMENT ON COLUMN clusterseg.freshness.pending IS 'changed customers that wait for assignment';
COMMENT ON COLUMN clusterseg.freshness.status IS 'fresh, stale (older than models.stale_after) or never run';
COMMENT ON COLUMN clusterseg.freshness.drift IS 'largest drift against training; NULL: not measured';
COMMENT ON COLUMN clusterseg.freshness.needs_refresh IS 'time to call refresh()';
COMMENT ON COLUMN clusterseg.freshness.kind IS 'segmentation or recommender';
COMMENT ON COLUMN clusterseg.freshness.trained_at IS 'when the last version was trained';
COMMENT ON COLUMN clusterseg.freshness.published_version IS 'version in use';
COMMENT ON COLUMN clusterseg.freshness.draft_version IS 'newer version that waits for publish(), NULL: none';

CREATE VIEW clusterseg.progress WITH (security_invoker = true) AS
	SELECT p.pid, d.datname AS database, r.rolname AS role, p.model, p.phase, p.done, p.total,
		CASE WHEN p.total > 0 THEN round(100.0 * p.done / p.total, 1) END AS percent, p.started_at, now() - p.started_at AS running
	FROM clusterseg._progress() p
		LEFT JOIN pg_catalog.pg_database d ON d.oid = p.database_id
		LEFT JOIN pg_catalog.pg_roles r ON r.oid = p.role_id;
COMMENT ON VIEW clusterseg.progress IS 'sessions that are training, assigning or recommending right now';
COMMENT ON COLUMN clusterseg.progress.pid IS 'process of the session';
COMMENT ON COLUMN clusterseg.progress.database IS 'its database';
COMMENT ON COLUMN clusterseg.progress.role IS 'its role';
COMMENT ON COLUMN clusterseg.progress.model IS 'model it works on; NULL when you may not see what the session does';
COMMENT ON COLUMN clusterseg.progress.phase IS 'what it is doing';
COMMENT ON COLUMN clusterseg.progress.done IS 'rows, passes or items of this phase done';
COMMENT ON COLUMN clusterseg.progress.total IS 'of so many; NULL: unknown';
COMMENT ON COLUMN clusterseg.progress.percent IS 'done in percent of total';
COMMENT ON COLUMN clusterseg.progress.started_at IS 'start of the work';
COMMENT ON COLUMN clusterseg.progress.running IS 'for so long';

CREATE VIEW clusterseg.transforms AS
	SELECT t.option AS transform, t.type, t."default", t.range, t.choices, t.meaning FROM clusterseg._transforms() t;
COMMENT ON VIEW clusterseg.transforms IS 'steps that a feature can go through, for train(transforms => ...)';
COMMENT ON COLUMN clusterseg.transforms.transform IS 'name of the step';
COMMENT ON COLUMN clusterseg.transforms.type IS 'type of its value';
COMMENT ON COLUMN clusterseg.transforms."default" IS 'default';
COMMENT ON COLUMN clusterseg.transforms.range IS 'range of numbers';
COMMENT ON COLUMN clusterseg.transforms.choices IS 'choices';
COMMENT ON COLUMN clusterseg.transforms.meaning IS 'what it does';

CREATE VIEW clusterseg.algorithms AS
	SELECT a.algorithm, a.kind, a.option, a.type, a."default", a.range, a.choices, a.meaning, a.summary FROM clusterseg._algorithms() a;
COMMENT ON VIEW clusterseg.algorithms IS 'all algorithms with their options, for train() and train_recommender()';
COMMENT ON COLUMN clusterseg.algorithms.algorithm IS 'name';
COMMENT ON COLUMN clusterseg.algorithms.kind IS 'segmentation or recommender';
COMMENT ON COLUMN clusterseg.algorithms.option IS 'key in options';
COMMENT ON COLUMN clusterseg.algorithms.type IS 'type of its value';
COMMENT ON COLUMN clusterseg.algorithms."default" IS 'default';
COMMENT ON COLUMN clusterseg.algorithms.range IS 'range of numbers';
COMMENT ON COLUMN clusterseg.algorithms.choices IS 'choices';
COMMENT ON COLUMN clusterseg.algorithms.meaning IS 'what it does';
COMMENT ON COLUMN clusterseg.algorithms.summary IS 'what the algorithm does';
