-- ---------------------------------------------------------------------------
-- The type of model values
-- ---------------------------------------------------------------------------

CREATE TYPE clusterseg.model;

CREATE FUNCTION clusterseg.model_in(cstring) RETURNS clusterseg.model
	AS 'MODULE_PATHNAME', 'clusterseg_model_in' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION clusterseg.model_in(cstring) IS 'input: JSON, checked field by field';

CREATE FUNCTION clusterseg.model_out(clusterseg.model) RETURNS cstring
	AS 'MODULE_PATHNAME', 'clusterseg_model_out' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION clusterseg.model_out(clusterseg.model) IS 'output: JSON that reads back to the same bytes';

CREATE FUNCTION clusterseg.model_recv(internal) RETURNS clusterseg.model
	AS 'MODULE_PATHNAME', 'clusterseg_model_recv' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION clusterseg.model_recv(internal) IS 'binary input, checked like text';

CREATE FUNCTION clusterseg.model_send(clusterseg.model) RETURNS bytea
	AS 'MODULE_PATHNAME', 'clusterseg_model_send' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION clusterseg.model_send(clusterseg.model) IS 'binary output';

CREATE TYPE clusterseg.model (
	INPUT = clusterseg.model_in,
	OUTPUT = clusterseg.model_out,
	RECEIVE = clusterseg.model_recv,
	SEND = clusterseg.model_send,
	INTERNALLENGTH = VARIABLE,
	ALIGNMENT = int4,
	STORAGE = extended
);
COMMENT ON TYPE clusterseg.model IS
	'a trained segmentation as a value: features, transforms, clusters, segments, training statistics; its text form is JSON';

CREATE FUNCTION clusterseg._is_role(role name) RETURNS boolean
	AS 'MODULE_PATHNAME', 'clusterseg_is_role' LANGUAGE C STABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION clusterseg._is_role(name) IS 'has the current role the rights of this one? false when it does not exist';

CREATE FUNCTION clusterseg._model_relabel(value clusterseg.model, labels text[]) RETURNS clusterseg.model
	AS 'MODULE_PATHNAME', 'clusterseg_model_relabel' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION clusterseg._model_relabel(clusterseg.model, text[]) IS 'the same model with other labels, in the order of its clusters';

CREATE FUNCTION clusterseg._model_centroids(value clusterseg.model)
	RETURNS TABLE (segment_id int, feature text, value float8, scaled float8)
	AS 'MODULE_PATHNAME', 'clusterseg_model_centroids' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION clusterseg._model_centroids(clusterseg.model) IS 'centres of a model value, one row per segment and coordinate';

CREATE FUNCTION clusterseg._model_segments(value clusterseg.model)
	RETURNS TABLE (cluster int, segment_id int, segment text, size bigint, share float8, radius float8, reach float8)
	AS 'MODULE_PATHNAME', 'clusterseg_model_segments' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION clusterseg._model_segments(clusterseg.model) IS 'segments of a model value';

CREATE FUNCTION clusterseg.model_features(value clusterseg.model)
	RETURNS TABLE ("position" int, feature text, kind text, coordinates int, transforms text,
		n bigint, missing bigint, mean float8, sd float8, min float8, max float8, median float8)
	AS 'MODULE_PATHNAME', 'clusterseg_model_features' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION clusterseg.model_features(clusterseg.model) IS
	'features of a model value in training order, with their transforms and what they looked like in training';

CREATE FUNCTION clusterseg._algorithms()
	RETURNS TABLE (algorithm text, summary text, option text, type text, "default" text, range text, choices text, meaning text, kind text)
	AS 'MODULE_PATHNAME', 'clusterseg_algorithms' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION clusterseg._algorithms() IS 'the parameter tables of all algorithms';

CREATE FUNCTION clusterseg._chooses_k(algorithm text, options jsonb) RETURNS boolean
	AS 'MODULE_PATHNAME', 'clusterseg_chooses_k' LANGUAGE C IMMUTABLE PARALLEL SAFE;
COMMENT ON FUNCTION clusterseg._chooses_k(text, jsonb) IS 'is there a number of segments to choose, for an algorithm with these options?';

CREATE FUNCTION clusterseg._transforms()
	RETURNS TABLE (algorithm text, summary text, option text, type text, "default" text, range text, choices text, meaning text, kind text)
	AS 'MODULE_PATHNAME', 'clusterseg_transforms' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION clusterseg._transforms() IS 'the parameter table of transforms';

CREATE FUNCTION clusterseg._progress()
	RETURNS TABLE (pid int, database_id oid, role_id oid, model text, phase text, done bigint, total bigint, started_at timestamptz)
	AS 'MODULE_PATHNAME', 'clusterseg_progress' LANGUAGE C VOLATILE STRICT PARALLEL RESTRICTED;
COMMENT ON FUNCTION clusterseg._progress() IS 'backends at work on a model, from their status entries';
