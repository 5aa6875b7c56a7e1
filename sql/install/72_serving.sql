-- ---------------------------------------------------------------------------
-- What serving knows of items beyond the model: a relation or query that says
-- which items there are now, their category, and when they came
-- ---------------------------------------------------------------------------

CREATE TABLE clusterseg._reco_item_sources (
	version_id bigint PRIMARY KEY,
	source_from text NOT NULL,
	source_path text,
	key text NOT NULL,
	key_type text NOT NULL,
	category text,
	at text
);
COMMENT ON TABLE clusterseg._reco_item_sources IS 'item sources of versions of recommenders, and which of their columns have the category and the time';

SELECT clusterseg._secure_version_table('_reco_item_sources');

CREATE FUNCTION clusterseg._item_source(item_source text, path text, item_key text, item_type oid, category text, item_time text, run_as text,
		OUT source_from text, OUT key_type text, OUT found_category text)
	AS 'MODULE_PATHNAME', 'clusterseg_item_source' LANGUAGE C STABLE PARALLEL UNSAFE;
COMMENT ON FUNCTION clusterseg._item_source(text, text, text, oid, text, text, text) IS
	'checks an item source and its columns; what stands behind FROM, the type of the key, the column of the category';

-- Names of columns in the options of a training: serving's, not the algorithm's.
CREATE FUNCTION clusterseg._item_column(options jsonb, name text, item_source text) RETURNS text
	LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE
	SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
	IF COALESCE(jsonb_typeof(options->name), 'null') = 'null' THEN
		RETURN NULL;
	ELSIF jsonb_typeof(options->name) <> 'string' THEN
		PERFORM clusterseg._fail('22023', format('invalid value for option "%s"', name), 'It takes the name of a column of the item source.');
	ELSIF item_source IS NULL THEN
		PERFORM clusterseg._fail('22023', format('option "%s" needs an item source', name), 'It names a column of it.',
			'Name the source with the arguments "item_source" and "item_key".');
	END IF;
	RETURN options->>name;
END
$$;
COMMENT ON FUNCTION clusterseg._item_column(jsonb, text, text) IS 'column of the item source that an option of a training names, or NULL';

CREATE FUNCTION clusterseg._keep_item_source(version_id bigint, item_source text, path text, item_key text, item_type text, options jsonb,
		run_as text) RETURNS void
	LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
	SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
	category text := clusterseg._item_column(options, 'category', item_source);
	item_time text := clusterseg._item_column(options, 'item_time', item_source);
	s record;
BEGIN
	IF item_source IS NOT NULL THEN
		s := clusterseg._item_source(item_source, path, item_key, to_regtype(item_type), category, item_time, run_as);
		INSERT INTO clusterseg._reco_item_sources (version_id, source_from, source_path, key, key_type, category, at)
		VALUES (version_id, s.source_from, path, item_key, s.key_type, s.found_category, item_time);
	END IF;
END
$$;
COMMENT ON FUNCTION clusterseg._keep_item_source(bigint, text, text, text, text, jsonb, text) IS 'keeps the item source of a version';

CREATE FUNCTION clusterseg._serving_options()
	RETURNS TABLE (algorithm text, summary text, option text, type text, "default" text, range text, choices text, meaning text, kind text)
	AS 'MODULE_PATHNAME', 'clusterseg_serving_options' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION clusterseg._serving_options() IS 'the parameter table of serving';

CREATE VIEW clusterseg.serving_options AS
	SELECT s.option, s.type, s."default", s.range, s.choices, s.meaning FROM clusterseg._serving_options() s;
COMMENT ON VIEW clusterseg.serving_options IS 'what the argument options of recommend() and its sisters takes';
COMMENT ON COLUMN clusterseg.serving_options.option IS 'key in options';
COMMENT ON COLUMN clusterseg.serving_options.type IS 'type of its value';
COMMENT ON COLUMN clusterseg.serving_options."default" IS 'default';
COMMENT ON COLUMN clusterseg.serving_options.range IS 'range of numbers';
COMMENT ON COLUMN clusterseg.serving_options.choices IS 'choices';
COMMENT ON COLUMN clusterseg.serving_options.meaning IS 'what it does';
