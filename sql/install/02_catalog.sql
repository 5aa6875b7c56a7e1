-- ---------------------------------------------------------------------------
-- Catalog: models, versions, segments.  Row security decides who sees what: a
-- model belongs to the role that trained it, others see it by grant_model().
-- ---------------------------------------------------------------------------

CREATE TABLE clusterseg.models (
	model text PRIMARY KEY,
	kind text NOT NULL CHECK (kind IN ('segmentation', 'recommender')),
	algorithm text NOT NULL,
	owner name NOT NULL DEFAULT current_user,
	published_version int,
	source text,
	key text,
	rows bigint,
	trained_at timestamptz,
	published_id bigint,
	source_path text,
	key_type text,
	output_schema name,
	created_at timestamptz NOT NULL DEFAULT now(),
	last_run_at timestamptz,
	stale_after interval NOT NULL DEFAULT '7 days'
);
COMMENT ON TABLE clusterseg.models IS 'one row per named model: a segmentation or a recommender';
COMMENT ON COLUMN clusterseg.models.model IS 'name, unique in the database';
COMMENT ON COLUMN clusterseg.models.kind IS 'segmentation or recommender';
COMMENT ON COLUMN clusterseg.models.algorithm IS 'algorithm of the published version, or of the last trained one';
COMMENT ON COLUMN clusterseg.models.owner IS 'role that trained it first; it may change, grant and drop it';
COMMENT ON COLUMN clusterseg.models.published_version IS 'version that scoring by name uses; NULL: none yet';
COMMENT ON COLUMN clusterseg.models.source IS 'relation or query the rows come from: that of the published version; NULL: imported';
COMMENT ON COLUMN clusterseg.models.key IS 'column that tells the customers apart';
COMMENT ON COLUMN clusterseg.models.rows IS 'customers of the published version';
COMMENT ON COLUMN clusterseg.models.trained_at IS 'when the last version was trained';
COMMENT ON COLUMN clusterseg.models.published_id IS 'id of the published version';
COMMENT ON COLUMN clusterseg.models.source_path IS 'search path under which the source is read';
COMMENT ON COLUMN clusterseg.models.key_type IS 'SQL type of the key';
COMMENT ON COLUMN clusterseg.models.output_schema IS 'schema of the members, history and recommendations';
COMMENT ON COLUMN clusterseg.models.created_at IS 'when the name was first trained';
COMMENT ON COLUMN clusterseg.models.last_run_at IS 'when members or recommendations were last brought up to date; later than each such moment before';
COMMENT ON COLUMN clusterseg.models.stale_after IS 'age of the last run from which the model counts as stale';

CREATE SEQUENCE clusterseg.version_id_seq;

CREATE TABLE clusterseg.versions (
	model text NOT NULL,
	version int NOT NULL CHECK (version > 0),
	state text NOT NULL CHECK (state IN ('draft', 'published', 'retired')),
	options jsonb NOT NULL,
	metrics jsonb NOT NULL,
	trained_at timestamptz NOT NULL DEFAULT now(),
	seconds float8,
	id bigint NOT NULL UNIQUE DEFAULT nextval('clusterseg.version_id_seq'),
	algorithm text NOT NULL,
	k int,
	rows bigint,
	skipped bigint,
	iterations int,
	converged boolean,
	objective float8,
	silhouette float8,
	trained_by name NOT NULL DEFAULT current_user,
	value clusterseg.model,
	source text,
	source_path text,
	key text,
	key_type text,
	PRIMARY KEY (model, version)
);
ALTER SEQUENCE clusterseg.version_id_seq OWNED BY clusterseg.versions.id;
COMMENT ON TABLE clusterseg.versions IS 'one row per fit of a model; never changed but for its state';
COMMENT ON COLUMN clusterseg.versions.model IS 'name of the model';
COMMENT ON COLUMN clusterseg.versions.version IS 'number, from 1';
COMMENT ON COLUMN clusterseg.versions.state IS 'draft (never published), published, or retired';
COMMENT ON COLUMN clusterseg.versions.options IS 'arguments of the training, options of the algorithm in force';
COMMENT ON COLUMN clusterseg.versions.metrics IS 'what training measured: seconds per phase, candidates for k, shares of features, sample';
COMMENT ON COLUMN clusterseg.versions.trained_at IS 'start of the transaction that trained it';
COMMENT ON COLUMN clusterseg.versions.seconds IS 'duration of the training';
COMMENT ON COLUMN clusterseg.versions.id IS 'number unique over all models and never used again';
COMMENT ON COLUMN clusterseg.versions.algorithm IS 'algorithm';
COMMENT ON COLUMN clusterseg.versions.k IS 'number of segments';
COMMENT ON COLUMN clusterseg.versions.rows IS 'customers, or events of a recommender, that training used';
COMMENT ON COLUMN clusterseg.versions.skipped IS 'rows left out';
COMMENT ON COLUMN clusterseg.versions.iterations IS 'passes of the run that won';
COMMENT ON COLUMN clusterseg.versions.converged IS 'false when the passes ran out first';
COMMENT ON COLUMN clusterseg.versions.objective IS 'what the algorithm minimises, e.g. the sum of squared distances';
COMMENT ON COLUMN clusterseg.versions.silhouette IS 'mean silhouette: exact up to 10000 rows, of an even sample of 10000 above';
COMMENT ON COLUMN clusterseg.versions.trained_by IS 'role that trained this version';
COMMENT ON COLUMN clusterseg.versions.value IS 'the model as a value; NULL for recommenders, which live in tables';
COMMENT ON COLUMN clusterseg.versions.source IS 'relation or query it was trained on, and will read when it is published; NULL: imported';
COMMENT ON COLUMN clusterseg.versions.source_path IS 'search path under which the source is read';
COMMENT ON COLUMN clusterseg.versions.key IS 'column that tells the customers apart';
COMMENT ON COLUMN clusterseg.versions.key_type IS 'SQL type of the key';

CREATE TABLE clusterseg._segments (
	model text NOT NULL,
	segment_id int NOT NULL,
	label text NOT NULL,
	description text,
	named boolean NOT NULL DEFAULT false,
	since_version int NOT NULL,
	described boolean NOT NULL DEFAULT false,
	PRIMARY KEY (model, segment_id)
);
COMMENT ON TABLE clusterseg._segments IS 'segments of all versions: identity and label, which outlive versions';

CREATE TABLE clusterseg._version_segments (
	model text NOT NULL,
	version int NOT NULL,
	segment_id int NOT NULL,
	cluster int NOT NULL,
	size bigint NOT NULL,
	share float8 NOT NULL,
	radius float8,
	reach float8,
	PRIMARY KEY (model, version, segment_id)
);
COMMENT ON TABLE clusterseg._version_segments IS 'segments of one version as training found them';

CREATE TABLE clusterseg.centroids (
	model text NOT NULL,
	version int NOT NULL,
	segment_id int NOT NULL,
	feature text NOT NULL,
	value float8,
	scaled float8 NOT NULL,
	PRIMARY KEY (model, version, segment_id, feature)
);
COMMENT ON TABLE clusterseg.centroids IS 'centres of all versions, one row per segment and coordinate';
COMMENT ON COLUMN clusterseg.centroids.model IS 'name of the model';
COMMENT ON COLUMN clusterseg.centroids.version IS 'version';
COMMENT ON COLUMN clusterseg.centroids.segment_id IS 'segment';
COMMENT ON COLUMN clusterseg.centroids.feature IS 'feature; for a level of a category: feature=level';
COMMENT ON COLUMN clusterseg.centroids.value IS 'centre in the units of the feature; the share of the level for categories';
COMMENT ON COLUMN clusterseg.centroids.scaled IS 'centre in the space of distances, after transforms';

CREATE TABLE clusterseg._profiles (
	model text NOT NULL,
	version int NOT NULL,
	segment_id int NOT NULL,
	feature text NOT NULL,
	category text NOT NULL,
	n bigint NOT NULL,
	mean float8,
	median float8,
	p5 float8,
	p95 float8,
	overall_mean float8,
	overall_sd float8,
	effect float8,
	lift float8,
	v_test float8,
	PRIMARY KEY (model, version, segment_id, feature, category)
);
COMMENT ON TABLE clusterseg._profiles IS 'profiles of all versions; the view segment_profiles shows the published ones';

CREATE TABLE clusterseg._transitions (
	model text NOT NULL,
	version int NOT NULL,
	from_segment_id int NOT NULL,
	to_segment_id int NOT NULL,
	customers bigint NOT NULL,
	from_size bigint NOT NULL,
	to_size bigint NOT NULL,
	PRIMARY KEY (model, version, from_segment_id, to_segment_id)
);
COMMENT ON TABLE clusterseg._transitions IS 'customers in common between the segments published before and those of this version';

CREATE TABLE clusterseg.model_grants (
	model text NOT NULL,
	grantee name NOT NULL,
	owner name NOT NULL,
	granted_at timestamptz NOT NULL DEFAULT now(),
	PRIMARY KEY (model, grantee)
);
COMMENT ON TABLE clusterseg.model_grants IS 'roles that may use a model of another role by name';
COMMENT ON COLUMN clusterseg.model_grants.model IS 'name of the model';
COMMENT ON COLUMN clusterseg.model_grants.grantee IS 'role that may use it; public for all';
COMMENT ON COLUMN clusterseg.model_grants.owner IS 'owner of the model';
COMMENT ON COLUMN clusterseg.model_grants.granted_at IS 'when';

CREATE TABLE clusterseg.label_words (
	"position" int PRIMARY KEY,
	pattern text NOT NULL CHECK (('' ~* pattern) IS NOT NULL),
	high text NOT NULL,
	low text NOT NULL,
	very_high text,
	very_low text,
	builtin boolean NOT NULL DEFAULT false
);
COMMENT ON TABLE clusterseg.label_words IS 'words that label proposals use for high and low values of features; add rows to speak your own language';
COMMENT ON COLUMN clusterseg.label_words."position" IS 'the first pattern in this order that matches is used';
COMMENT ON COLUMN clusterseg.label_words.pattern IS 'regular expression over the name of the feature, case ignored';
COMMENT ON COLUMN clusterseg.label_words.high IS 'word for values above the average';
COMMENT ON COLUMN clusterseg.label_words.low IS 'word for values below the average';
COMMENT ON COLUMN clusterseg.label_words.very_high IS 'word for values far above it; NULL: very, and the word for high ones';
COMMENT ON COLUMN clusterseg.label_words.very_low IS 'word for values far below it; NULL: very, and the word for low ones';
COMMENT ON COLUMN clusterseg.label_words.builtin IS 'shipped with the extension: not dumped, may change with it';

INSERT INTO clusterseg.label_words VALUES
	(90, '\[rating\]$', 'good reviews', 'bad reviews', NULL, NULL, true),
	(100, 'recency|days_since|last_(order|purchase|visit|seen)', 'lapsed', 'recent', 'long lapsed', NULL, true),
	(110, 'between_orders|interval|gap', 'slow rhythm', 'quick rhythm', NULL, NULL, true),
	(120, 'average_order|aov|basket|order_value', 'big baskets', 'small baskets', NULL, NULL, true),
	(130, '^(n_?)?orders?$|frequency|order_count|orders_|transactions|purchases_count|n_purchases|visits', 'frequent', 'infrequent', NULL, NULL, true),
	(140, 'monetary|revenue|spend|spent|sales|turnover|amount', 'high spend', 'low spend', NULL, NULL, true),
	(150, 'tenure|customer_since|member_since|relationship', 'long-standing', 'new', NULL, 'brand new', true),
	(160, 'discount|coupon|promo', 'bargain hunting', 'full price', 'keen bargain hunting', 'full price only', true),
	(170, 'return|refund', 'many returns', 'few returns', NULL, 'hardly any returns', true),
	(180, '^age$|_age$|^age_', 'older', 'younger', 'much older', 'much younger', true),
	(190, 'income|salary', 'high income', 'low income', NULL, NULL, true);

-- ---- what goes with a model, and with a version ----
--
-- Triggers, not foreign keys: those between the tables of an extension break pg_restore --jobs, which does not know
-- in what order to fill them.

CREATE FUNCTION clusterseg._forget_model() RETURNS trigger
	LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
	SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
	DELETE FROM clusterseg.versions x WHERE x.model = OLD.model;
	DELETE FROM clusterseg._segments x WHERE x.model = OLD.model;
	DELETE FROM clusterseg.model_grants x WHERE x.model = OLD.model;
	RETURN OLD;
END
$$;
COMMENT ON FUNCTION clusterseg._forget_model() IS 'removes what belongs to a model';
CREATE TRIGGER forget_model BEFORE DELETE ON clusterseg.models FOR EACH ROW EXECUTE FUNCTION clusterseg._forget_model();

CREATE FUNCTION clusterseg._forget_fit() RETURNS trigger
	LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
	SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
	DELETE FROM clusterseg._version_segments x WHERE (x.model, x.version) = (OLD.model, OLD.version);
	DELETE FROM clusterseg.centroids x WHERE (x.model, x.version) = (OLD.model, OLD.version);
	DELETE FROM clusterseg._profiles x WHERE (x.model, x.version) = (OLD.model, OLD.version);
	DELETE FROM clusterseg._transitions x WHERE (x.model, x.version) = (OLD.model, OLD.version);
	RETURN OLD;
END
$$;
COMMENT ON FUNCTION clusterseg._forget_fit() IS 'removes what the version of a segmentation found';
CREATE TRIGGER forget_fit BEFORE DELETE ON clusterseg.versions FOR EACH ROW EXECUTE FUNCTION clusterseg._forget_fit();

-- ---- who sees and changes what ----

-- In a policy of model_grants a query of models would go round in a circle: that one asks model_grants.
CREATE FUNCTION clusterseg._is_owner(model text, owner name) RETURNS boolean
	LANGUAGE sql STABLE PARALLEL SAFE
	BEGIN ATOMIC
		SELECT clusterseg._is_role(_is_owner.owner)
			AND EXISTS (SELECT FROM clusterseg.models m WHERE m.model = _is_owner.model AND m.owner = _is_owner.owner);
	END;
COMMENT ON FUNCTION clusterseg._is_owner(text, name) IS 'is that the owner of the model, and has the current role the rights of this owner?';

DO $do$
DECLARE
	child name;
BEGIN
	ALTER TABLE clusterseg.models ENABLE ROW LEVEL SECURITY;
	CREATE POLICY usable ON clusterseg.models FOR SELECT
		USING (clusterseg._is_role(owner) OR EXISTS (
			SELECT FROM clusterseg.model_grants g
			WHERE g.model = models.model AND (g.grantee = 'public' OR clusterseg._is_role(g.grantee))));
	CREATE POLICY owned ON clusterseg.models
		USING (clusterseg._is_role(owner)) WITH CHECK (clusterseg._is_role(owner));

	ALTER TABLE clusterseg.model_grants ENABLE ROW LEVEL SECURITY;
	CREATE POLICY usable ON clusterseg.model_grants FOR SELECT
		USING (clusterseg._is_role(owner) OR grantee = 'public' OR clusterseg._is_role(grantee));
	CREATE POLICY owned ON clusterseg.model_grants
		USING (clusterseg._is_role(owner)) WITH CHECK (clusterseg._is_owner(model, owner));

	FOREACH child IN ARRAY ARRAY['versions', '_segments', '_version_segments', 'centroids', '_profiles', '_transitions']
	LOOP
		EXECUTE format('ALTER TABLE clusterseg.%I ENABLE ROW LEVEL SECURITY', child);
		EXECUTE format('CREATE POLICY usable ON clusterseg.%1$I FOR SELECT USING (EXISTS (
			SELECT FROM clusterseg.models m WHERE m.model = %1$I.model))', child);
		EXECUTE format('CREATE POLICY owned ON clusterseg.%1$I
			USING (EXISTS (SELECT FROM clusterseg.models m WHERE m.model = %1$I.model AND clusterseg._is_role(m.owner)))
			WITH CHECK (EXISTS (SELECT FROM clusterseg.models m WHERE m.model = %1$I.model AND clusterseg._is_role(m.owner)))', child);
	END LOOP;
END
$do$;

-- ---- a dump takes it all along, the sequence included ----

SELECT pg_catalog.pg_extension_config_dump('clusterseg.models', '');
SELECT pg_catalog.pg_extension_config_dump('clusterseg.versions', '');
SELECT pg_catalog.pg_extension_config_dump('clusterseg.version_id_seq', '');
SELECT pg_catalog.pg_extension_config_dump('clusterseg._segments', '');
SELECT pg_catalog.pg_extension_config_dump('clusterseg._version_segments', '');
SELECT pg_catalog.pg_extension_config_dump('clusterseg.centroids', '');
SELECT pg_catalog.pg_extension_config_dump('clusterseg._profiles', '');
SELECT pg_catalog.pg_extension_config_dump('clusterseg._transitions', '');
SELECT pg_catalog.pg_extension_config_dump('clusterseg.model_grants', '');
SELECT pg_catalog.pg_extension_config_dump('clusterseg.label_words', 'WHERE NOT builtin');
