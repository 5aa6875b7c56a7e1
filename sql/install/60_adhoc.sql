-- ---------------------------------------------------------------------------
-- Ad hoc: segments without a name.  Window functions give ids, aggregates a value
-- of type clusterseg.model.  Each takes arrays of every usual type of number: with
-- two of them only, others would be ambiguous.
-- ---------------------------------------------------------------------------

CREATE FUNCTION clusterseg.kmeans(features float8[], k int, options jsonb = NULL) RETURNS int
	AS 'MODULE_PATHNAME', 'clusterseg_kmeans_over' LANGUAGE C STABLE WINDOW PARALLEL SAFE;
COMMENT ON FUNCTION clusterseg.kmeans(float8[], int, jsonb) IS
	'k centres with the least squared distances, as a window function: segment of each row, 1 is the largest; NULL when a feature is NULL or not finite';
CREATE FUNCTION clusterseg.kmeans(features real[], k int, options jsonb = NULL) RETURNS int
	AS 'MODULE_PATHNAME', 'clusterseg_kmeans_over' LANGUAGE C STABLE WINDOW PARALLEL SAFE;
COMMENT ON FUNCTION clusterseg.kmeans(real[], int, jsonb) IS
	'k centres with the least squared distances, as a window function: segment of each row, 1 is the largest; NULL when a feature is NULL or not finite';
CREATE FUNCTION clusterseg.kmeans(features numeric[], k int, options jsonb = NULL) RETURNS int
	AS 'MODULE_PATHNAME', 'clusterseg_kmeans_over' LANGUAGE C STABLE WINDOW PARALLEL SAFE;
COMMENT ON FUNCTION clusterseg.kmeans(numeric[], int, jsonb) IS
	'k centres with the least squared distances, as a window function: segment of each row, 1 is the largest; NULL when a feature is NULL or not finite';
CREATE FUNCTION clusterseg.kmeans(features bigint[], k int, options jsonb = NULL) RETURNS int
	AS 'MODULE_PATHNAME', 'clusterseg_kmeans_over' LANGUAGE C STABLE WINDOW PARALLEL SAFE;
COMMENT ON FUNCTION clusterseg.kmeans(bigint[], int, jsonb) IS
	'k centres with the least squared distances, as a window function: segment of each row, 1 is the largest; NULL when a feature is NULL or not finite';
CREATE FUNCTION clusterseg.kmeans(features int[], k int, options jsonb = NULL) RETURNS int
	AS 'MODULE_PATHNAME', 'clusterseg_kmeans_over' LANGUAGE C STABLE WINDOW PARALLEL SAFE;
COMMENT ON FUNCTION clusterseg.kmeans(int[], int, jsonb) IS
	'k centres with the least squared distances, as a window function: segment of each row, 1 is the largest; NULL when a feature is NULL or not finite';

CREATE FUNCTION clusterseg.minibatch_kmeans(features float8[], k int, options jsonb = NULL) RETURNS int
	AS 'MODULE_PATHNAME', 'clusterseg_minibatch_kmeans_over' LANGUAGE C STABLE WINDOW PARALLEL SAFE;
COMMENT ON FUNCTION clusterseg.minibatch_kmeans(float8[], int, jsonb) IS
	'k-means from random batches, for quick looks, as a window function: segment of each row, 1 is the largest; NULL when a feature is NULL or not finite';
CREATE FUNCTION clusterseg.minibatch_kmeans(features real[], k int, options jsonb = NULL) RETURNS int
	AS 'MODULE_PATHNAME', 'clusterseg_minibatch_kmeans_over' LANGUAGE C STABLE WINDOW PARALLEL SAFE;
COMMENT ON FUNCTION clusterseg.minibatch_kmeans(real[], int, jsonb) IS
	'k-means from random batches, for quick looks, as a window function: segment of each row, 1 is the largest; NULL when a feature is NULL or not finite';
CREATE FUNCTION clusterseg.minibatch_kmeans(features numeric[], k int, options jsonb = NULL) RETURNS int
	AS 'MODULE_PATHNAME', 'clusterseg_minibatch_kmeans_over' LANGUAGE C STABLE WINDOW PARALLEL SAFE;
COMMENT ON FUNCTION clusterseg.minibatch_kmeans(numeric[], int, jsonb) IS
	'k-means from random batches, for quick looks, as a window function: segment of each row, 1 is the largest; NULL when a feature is NULL or not finite';
CREATE FUNCTION clusterseg.minibatch_kmeans(features bigint[], k int, options jsonb = NULL) RETURNS int
	AS 'MODULE_PATHNAME', 'clusterseg_minibatch_kmeans_over' LANGUAGE C STABLE WINDOW PARALLEL SAFE;
COMMENT ON FUNCTION clusterseg.minibatch_kmeans(bigint[], int, jsonb) IS
	'k-means from random batches, for quick looks, as a window function: segment of each row, 1 is the largest; NULL when a feature is NULL or not finite';
CREATE FUNCTION clusterseg.minibatch_kmeans(features int[], k int, options jsonb = NULL) RETURNS int
	AS 'MODULE_PATHNAME', 'clusterseg_minibatch_kmeans_over' LANGUAGE C STABLE WINDOW PARALLEL SAFE;
COMMENT ON FUNCTION clusterseg.minibatch_kmeans(int[], int, jsonb) IS
	'k-means from random batches, for quick looks, as a window function: segment of each row, 1 is the largest; NULL when a feature is NULL or not finite';

CREATE FUNCTION clusterseg.bisecting_kmeans(features float8[], k int, options jsonb = NULL) RETURNS int
	AS 'MODULE_PATHNAME', 'clusterseg_bisecting_kmeans_over' LANGUAGE C STABLE WINDOW PARALLEL SAFE;
COMMENT ON FUNCTION clusterseg.bisecting_kmeans(float8[], int, jsonb) IS
	'a tree of segments by repeated halving, as a window function: segment of each row, 1 is the largest; NULL when a feature is NULL or not finite';
CREATE FUNCTION clusterseg.bisecting_kmeans(features real[], k int, options jsonb = NULL) RETURNS int
	AS 'MODULE_PATHNAME', 'clusterseg_bisecting_kmeans_over' LANGUAGE C STABLE WINDOW PARALLEL SAFE;
COMMENT ON FUNCTION clusterseg.bisecting_kmeans(real[], int, jsonb) IS
	'a tree of segments by repeated halving, as a window function: segment of each row, 1 is the largest; NULL when a feature is NULL or not finite';
CREATE FUNCTION clusterseg.bisecting_kmeans(features numeric[], k int, options jsonb = NULL) RETURNS int
	AS 'MODULE_PATHNAME', 'clusterseg_bisecting_kmeans_over' LANGUAGE C STABLE WINDOW PARALLEL SAFE;
COMMENT ON FUNCTION clusterseg.bisecting_kmeans(numeric[], int, jsonb) IS
	'a tree of segments by repeated halving, as a window function: segment of each row, 1 is the largest; NULL when a feature is NULL or not finite';
CREATE FUNCTION clusterseg.bisecting_kmeans(features bigint[], k int, options jsonb = NULL) RETURNS int
	AS 'MODULE_PATHNAME', 'clusterseg_bisecting_kmeans_over' LANGUAGE C STABLE WINDOW PARALLEL SAFE;
COMMENT ON FUNCTION clusterseg.bisecting_kmeans(bigint[], int, jsonb) IS
	'a tree of segments by repeated halving, as a window function: segment of each row, 1 is the largest; NULL when a feature is NULL or not finite';
CREATE FUNCTION clusterseg.bisecting_kmeans(features int[], k int, options jsonb = NULL) RETURNS int
	AS 'MODULE_PATHNAME', 'clusterseg_bisecting_kmeans_over' LANGUAGE C STABLE WINDOW PARALLEL SAFE;
COMMENT ON FUNCTION clusterseg.bisecting_kmeans(int[], int, jsonb) IS
	'a tree of segments by repeated halving, as a window function: segment of each row, 1 is the largest; NULL when a feature is NULL or not finite';

CREATE FUNCTION clusterseg.spherical_kmeans(features float8[], k int, options jsonb = NULL) RETURNS int
	AS 'MODULE_PATHNAME', 'clusterseg_spherical_kmeans_over' LANGUAGE C STABLE WINDOW PARALLEL SAFE;
COMMENT ON FUNCTION clusterseg.spherical_kmeans(float8[], int, jsonb) IS
	'k-means on directions, cosine distance, as a window function: segment of each row, 1 is the largest; NULL when a feature is NULL or not finite';
CREATE FUNCTION clusterseg.spherical_kmeans(features real[], k int, options jsonb = NULL) RETURNS int
	AS 'MODULE_PATHNAME', 'clusterseg_spherical_kmeans_over' LANGUAGE C STABLE WINDOW PARALLEL SAFE;
COMMENT ON FUNCTION clusterseg.spherical_kmeans(real[], int, jsonb) IS
	'k-means on directions, cosine distance, as a window function: segment of each row, 1 is the largest; NULL when a feature is NULL or not finite';
CREATE FUNCTION clusterseg.spherical_kmeans(features numeric[], k int, options jsonb = NULL) RETURNS int
	AS 'MODULE_PATHNAME', 'clusterseg_spherical_kmeans_over' LANGUAGE C STABLE WINDOW PARALLEL SAFE;
COMMENT ON FUNCTION clusterseg.spherical_kmeans(numeric[], int, jsonb) IS
	'k-means on directions, cosine distance, as a window function: segment of each row, 1 is the largest; NULL when a feature is NULL or not finite';
CREATE FUNCTION clusterseg.spherical_kmeans(features bigint[], k int, options jsonb = NULL) RETURNS int
	AS 'MODULE_PATHNAME', 'clusterseg_spherical_kmeans_over' LANGUAGE C STABLE WINDOW PARALLEL SAFE;
COMMENT ON FUNCTION clusterseg.spherical_kmeans(bigint[], int, jsonb) IS
	'k-means on directions, cosine distance, as a window function: segment of each row, 1 is the largest; NULL when a feature is NULL or not finite';
CREATE FUNCTION clusterseg.spherical_kmeans(features int[], k int, options jsonb = NULL) RETURNS int
	AS 'MODULE_PATHNAME', 'clusterseg_spherical_kmeans_over' LANGUAGE C STABLE WINDOW PARALLEL SAFE;
COMMENT ON FUNCTION clusterseg.spherical_kmeans(int[], int, jsonb) IS
	'k-means on directions, cosine distance, as a window function: segment of each row, 1 is the largest; NULL when a feature is NULL or not finite';

CREATE FUNCTION clusterseg.kmedoids(features float8[], k int, options jsonb = NULL) RETURNS int
	AS 'MODULE_PATHNAME', 'clusterseg_kmedoids_over' LANGUAGE C STABLE WINDOW PARALLEL SAFE;
COMMENT ON FUNCTION clusterseg.kmedoids(float8[], int, jsonb) IS
	'k rows as centres, in a metric of choice, as a window function: segment of each row, 1 is the largest; NULL when a feature is NULL or not finite';
CREATE FUNCTION clusterseg.kmedoids(features real[], k int, options jsonb = NULL) RETURNS int
	AS 'MODULE_PATHNAME', 'clusterseg_kmedoids_over' LANGUAGE C STABLE WINDOW PARALLEL SAFE;
COMMENT ON FUNCTION clusterseg.kmedoids(real[], int, jsonb) IS
	'k rows as centres, in a metric of choice, as a window function: segment of each row, 1 is the largest; NULL when a feature is NULL or not finite';
CREATE FUNCTION clusterseg.kmedoids(features numeric[], k int, options jsonb = NULL) RETURNS int
	AS 'MODULE_PATHNAME', 'clusterseg_kmedoids_over' LANGUAGE C STABLE WINDOW PARALLEL SAFE;
COMMENT ON FUNCTION clusterseg.kmedoids(numeric[], int, jsonb) IS
	'k rows as centres, in a metric of choice, as a window function: segment of each row, 1 is the largest; NULL when a feature is NULL or not finite';
CREATE FUNCTION clusterseg.kmedoids(features bigint[], k int, options jsonb = NULL) RETURNS int
	AS 'MODULE_PATHNAME', 'clusterseg_kmedoids_over' LANGUAGE C STABLE WINDOW PARALLEL SAFE;
COMMENT ON FUNCTION clusterseg.kmedoids(bigint[], int, jsonb) IS
	'k rows as centres, in a metric of choice, as a window function: segment of each row, 1 is the largest; NULL when a feature is NULL or not finite';
CREATE FUNCTION clusterseg.kmedoids(features int[], k int, options jsonb = NULL) RETURNS int
	AS 'MODULE_PATHNAME', 'clusterseg_kmedoids_over' LANGUAGE C STABLE WINDOW PARALLEL SAFE;
COMMENT ON FUNCTION clusterseg.kmedoids(int[], int, jsonb) IS
	'k rows as centres, in a metric of choice, as a window function: segment of each row, 1 is the largest; NULL when a feature is NULL or not finite';

CREATE FUNCTION clusterseg.gmm(features float8[], k int, options jsonb = NULL) RETURNS int
	AS 'MODULE_PATHNAME', 'clusterseg_gmm_over' LANGUAGE C STABLE WINDOW PARALLEL SAFE;
COMMENT ON FUNCTION clusterseg.gmm(float8[], int, jsonb) IS
	'a mixture of k normal distributions, as a window function: segment of each row, 1 is the largest; NULL when a feature is NULL or not finite';
CREATE FUNCTION clusterseg.gmm(features real[], k int, options jsonb = NULL) RETURNS int
	AS 'MODULE_PATHNAME', 'clusterseg_gmm_over' LANGUAGE C STABLE WINDOW PARALLEL SAFE;
COMMENT ON FUNCTION clusterseg.gmm(real[], int, jsonb) IS
	'a mixture of k normal distributions, as a window function: segment of each row, 1 is the largest; NULL when a feature is NULL or not finite';
CREATE FUNCTION clusterseg.gmm(features numeric[], k int, options jsonb = NULL) RETURNS int
	AS 'MODULE_PATHNAME', 'clusterseg_gmm_over' LANGUAGE C STABLE WINDOW PARALLEL SAFE;
COMMENT ON FUNCTION clusterseg.gmm(numeric[], int, jsonb) IS
	'a mixture of k normal distributions, as a window function: segment of each row, 1 is the largest; NULL when a feature is NULL or not finite';
CREATE FUNCTION clusterseg.gmm(features bigint[], k int, options jsonb = NULL) RETURNS int
	AS 'MODULE_PATHNAME', 'clusterseg_gmm_over' LANGUAGE C STABLE WINDOW PARALLEL SAFE;
COMMENT ON FUNCTION clusterseg.gmm(bigint[], int, jsonb) IS
	'a mixture of k normal distributions, as a window function: segment of each row, 1 is the largest; NULL when a feature is NULL or not finite';
CREATE FUNCTION clusterseg.gmm(features int[], k int, options jsonb = NULL) RETURNS int
	AS 'MODULE_PATHNAME', 'clusterseg_gmm_over' LANGUAGE C STABLE WINDOW PARALLEL SAFE;
COMMENT ON FUNCTION clusterseg.gmm(int[], int, jsonb) IS
	'a mixture of k normal distributions, as a window function: segment of each row, 1 is the largest; NULL when a feature is NULL or not finite';

CREATE FUNCTION clusterseg.hierarchical(features float8[], k int, linkage text = NULL) RETURNS int
	AS 'MODULE_PATHNAME', 'clusterseg_hierarchical_over' LANGUAGE C STABLE WINDOW PARALLEL SAFE;
COMMENT ON FUNCTION clusterseg.hierarchical(float8[], int, text) IS
	'a tree of merges, cut at k, as a window function: segment of each row, 1 is the largest; NULL when a feature is NULL or not finite';
CREATE FUNCTION clusterseg.hierarchical(features real[], k int, linkage text = NULL) RETURNS int
	AS 'MODULE_PATHNAME', 'clusterseg_hierarchical_over' LANGUAGE C STABLE WINDOW PARALLEL SAFE;
COMMENT ON FUNCTION clusterseg.hierarchical(real[], int, text) IS
	'a tree of merges, cut at k, as a window function: segment of each row, 1 is the largest; NULL when a feature is NULL or not finite';
CREATE FUNCTION clusterseg.hierarchical(features numeric[], k int, linkage text = NULL) RETURNS int
	AS 'MODULE_PATHNAME', 'clusterseg_hierarchical_over' LANGUAGE C STABLE WINDOW PARALLEL SAFE;
COMMENT ON FUNCTION clusterseg.hierarchical(numeric[], int, text) IS
	'a tree of merges, cut at k, as a window function: segment of each row, 1 is the largest; NULL when a feature is NULL or not finite';
CREATE FUNCTION clusterseg.hierarchical(features bigint[], k int, linkage text = NULL) RETURNS int
	AS 'MODULE_PATHNAME', 'clusterseg_hierarchical_over' LANGUAGE C STABLE WINDOW PARALLEL SAFE;
COMMENT ON FUNCTION clusterseg.hierarchical(bigint[], int, text) IS
	'a tree of merges, cut at k, as a window function: segment of each row, 1 is the largest; NULL when a feature is NULL or not finite';
CREATE FUNCTION clusterseg.hierarchical(features int[], k int, linkage text = NULL) RETURNS int
	AS 'MODULE_PATHNAME', 'clusterseg_hierarchical_over' LANGUAGE C STABLE WINDOW PARALLEL SAFE;
COMMENT ON FUNCTION clusterseg.hierarchical(int[], int, text) IS
	'a tree of merges, cut at k, as a window function: segment of each row, 1 is the largest; NULL when a feature is NULL or not finite';

CREATE TYPE clusterseg.model_state;

CREATE FUNCTION clusterseg.model_state_in(cstring) RETURNS clusterseg.model_state
	AS 'MODULE_PATHNAME', 'clusterseg_model_state_in' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION clusterseg.model_state_in(cstring) IS 'input: as for bytea, checked byte by byte';

CREATE FUNCTION clusterseg.model_state_out(clusterseg.model_state) RETURNS cstring
	AS 'MODULE_PATHNAME', 'clusterseg_model_state_out' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION clusterseg.model_state_out(clusterseg.model_state) IS 'output: hexadecimal digits, the same for the same rows';

CREATE FUNCTION clusterseg.model_state_recv(internal) RETURNS clusterseg.model_state
	AS 'MODULE_PATHNAME', 'clusterseg_model_state_recv' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION clusterseg.model_state_recv(internal) IS 'binary input, checked like text';

CREATE FUNCTION clusterseg.model_state_send(clusterseg.model_state) RETURNS bytea
	AS 'MODULE_PATHNAME', 'clusterseg_model_state_send' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION clusterseg.model_state_send(clusterseg.model_state) IS 'binary output';

CREATE TYPE clusterseg.model_state (
	INPUT = clusterseg.model_state_in,
	OUTPUT = clusterseg.model_state_out,
	RECEIVE = clusterseg.model_state_recv,
	SEND = clusterseg.model_state_send,
	INTERNALLENGTH = VARIABLE,
	ALIGNMENT = int4,
	STORAGE = extended
);
COMMENT ON TYPE clusterseg.model_state IS
	'rows that a model is to be learned from, as distinct points with counts: the state of the aggregate kmeans_model';

CREATE FUNCTION clusterseg._kmeans_model_step(state clusterseg.model_state, features anyarray, k int)
	RETURNS clusterseg.model_state
	AS 'MODULE_PATHNAME', 'clusterseg_kmeans_model_step' LANGUAGE C IMMUTABLE PARALLEL SAFE;
COMMENT ON FUNCTION clusterseg._kmeans_model_step(clusterseg.model_state, anyarray, int) IS
	'adds a row to a state; NULL is the empty one';

CREATE FUNCTION clusterseg._kmeans_model_step(state clusterseg.model_state, features anyarray, k int, options jsonb)
	RETURNS clusterseg.model_state
	AS 'MODULE_PATHNAME', 'clusterseg_kmeans_model_step' LANGUAGE C IMMUTABLE PARALLEL SAFE;
COMMENT ON FUNCTION clusterseg._kmeans_model_step(clusterseg.model_state, anyarray, int, jsonb) IS
	'adds a row to a state; NULL is the empty one';

CREATE FUNCTION clusterseg._model_state_merge(clusterseg.model_state, clusterseg.model_state) RETURNS clusterseg.model_state
	AS 'MODULE_PATHNAME', 'clusterseg_model_state_merge' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION clusterseg._model_state_merge(clusterseg.model_state, clusterseg.model_state) IS
	'the rows of two states in one, whatever their order';

CREATE FUNCTION clusterseg._model_state_model(clusterseg.model_state) RETURNS clusterseg.model
	AS 'MODULE_PATHNAME', 'clusterseg_model_state_model' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION clusterseg._model_state_model(clusterseg.model_state) IS 'the model of the rows of a state; NULL when there are none';

CREATE AGGREGATE clusterseg.kmeans_model(features float8[], k int) (
	SFUNC = clusterseg._kmeans_model_step, STYPE = clusterseg.model_state, SSPACE = 100000,
	COMBINEFUNC = clusterseg._model_state_merge, FINALFUNC = clusterseg._model_state_model, PARALLEL = SAFE
);
COMMENT ON AGGREGATE clusterseg.kmeans_model(float8[], int) IS
	'a k-means model of the rows as a value, for segment() and its like; the same whatever the order of the rows';
CREATE AGGREGATE clusterseg.kmeans_model(features float8[], k int, options jsonb) (
	SFUNC = clusterseg._kmeans_model_step, STYPE = clusterseg.model_state, SSPACE = 100000,
	COMBINEFUNC = clusterseg._model_state_merge, FINALFUNC = clusterseg._model_state_model, PARALLEL = SAFE
);
COMMENT ON AGGREGATE clusterseg.kmeans_model(float8[], int, jsonb) IS
	'a k-means model of the rows as a value, for segment() and its like; the same whatever the order of the rows';
CREATE AGGREGATE clusterseg.kmeans_model(features real[], k int) (
	SFUNC = clusterseg._kmeans_model_step, STYPE = clusterseg.model_state, SSPACE = 100000,
	COMBINEFUNC = clusterseg._model_state_merge, FINALFUNC = clusterseg._model_state_model, PARALLEL = SAFE
);
COMMENT ON AGGREGATE clusterseg.kmeans_model(real[], int) IS
	'a k-means model of the rows as a value, for segment() and its like; the same whatever the order of the rows';
CREATE AGGREGATE clusterseg.kmeans_model(features real[], k int, options jsonb) (
	SFUNC = clusterseg._kmeans_model_step, STYPE = clusterseg.model_state, SSPACE = 100000,
	COMBINEFUNC = clusterseg._model_state_merge, FINALFUNC = clusterseg._model_state_model, PARALLEL = SAFE
);
COMMENT ON AGGREGATE clusterseg.kmeans_model(real[], int, jsonb) IS
	'a k-means model of the rows as a value, for segment() and its like; the same whatever the order of the rows';
CREATE AGGREGATE clusterseg.kmeans_model(features numeric[], k int) (
	SFUNC = clusterseg._kmeans_model_step, STYPE = clusterseg.model_state, SSPACE = 100000,
	COMBINEFUNC = clusterseg._model_state_merge, FINALFUNC = clusterseg._model_state_model, PARALLEL = SAFE
);
COMMENT ON AGGREGATE clusterseg.kmeans_model(numeric[], int) IS
	'a k-means model of the rows as a value, for segment() and its like; the same whatever the order of the rows';
CREATE AGGREGATE clusterseg.kmeans_model(features numeric[], k int, options jsonb) (
	SFUNC = clusterseg._kmeans_model_step, STYPE = clusterseg.model_state, SSPACE = 100000,
	COMBINEFUNC = clusterseg._model_state_merge, FINALFUNC = clusterseg._model_state_model, PARALLEL = SAFE
);
COMMENT ON AGGREGATE clusterseg.kmeans_model(numeric[], int, jsonb) IS
	'a k-means model of the rows as a value, for segment() and its like; the same whatever the order of the rows';
CREATE AGGREGATE clusterseg.kmeans_model(features bigint[], k int) (
	SFUNC = clusterseg._kmeans_model_step, STYPE = clusterseg.model_state, SSPACE = 100000,
	COMBINEFUNC = clusterseg._model_state_merge, FINALFUNC = clusterseg._model_state_model, PARALLEL = SAFE
);
COMMENT ON AGGREGATE clusterseg.kmeans_model(bigint[], int) IS
	'a k-means model of the rows as a value, for segment() and its like; the same whatever the order of the rows';
CREATE AGGREGATE clusterseg.kmeans_model(features bigint[], k int, options jsonb) (
	SFUNC = clusterseg._kmeans_model_step, STYPE = clusterseg.model_state, SSPACE = 100000,
	COMBINEFUNC = clusterseg._model_state_merge, FINALFUNC = clusterseg._model_state_model, PARALLEL = SAFE
);
COMMENT ON AGGREGATE clusterseg.kmeans_model(bigint[], int, jsonb) IS
	'a k-means model of the rows as a value, for segment() and its like; the same whatever the order of the rows';
CREATE AGGREGATE clusterseg.kmeans_model(features int[], k int) (
	SFUNC = clusterseg._kmeans_model_step, STYPE = clusterseg.model_state, SSPACE = 100000,
	COMBINEFUNC = clusterseg._model_state_merge, FINALFUNC = clusterseg._model_state_model, PARALLEL = SAFE
);
COMMENT ON AGGREGATE clusterseg.kmeans_model(int[], int) IS
	'a k-means model of the rows as a value, for segment() and its like; the same whatever the order of the rows';
CREATE AGGREGATE clusterseg.kmeans_model(features int[], k int, options jsonb) (
	SFUNC = clusterseg._kmeans_model_step, STYPE = clusterseg.model_state, SSPACE = 100000,
	COMBINEFUNC = clusterseg._model_state_merge, FINALFUNC = clusterseg._model_state_model, PARALLEL = SAFE
);
COMMENT ON AGGREGATE clusterseg.kmeans_model(int[], int, jsonb) IS
	'a k-means model of the rows as a value, for segment() and its like; the same whatever the order of the rows';
