-- ---------------------------------------------------------------------------
-- Quality of labelled points: aggregates
-- ---------------------------------------------------------------------------

CREATE FUNCTION clusterseg._labelled_add(state internal, features float8[], label int) RETURNS internal
	AS 'MODULE_PATHNAME', 'clusterseg_labelled_add' LANGUAGE C IMMUTABLE PARALLEL SAFE;
COMMENT ON FUNCTION clusterseg._labelled_add(internal, float8[], int) IS 'gathers labelled points for the aggregates below';

CREATE FUNCTION clusterseg._silhouette(state internal) RETURNS float8
	AS 'MODULE_PATHNAME', 'clusterseg_silhouette' LANGUAGE C IMMUTABLE PARALLEL SAFE;
COMMENT ON FUNCTION clusterseg._silhouette(internal) IS 'final function of silhouette()';

CREATE FUNCTION clusterseg._simplified_silhouette(state internal) RETURNS float8
	AS 'MODULE_PATHNAME', 'clusterseg_simplified_silhouette' LANGUAGE C IMMUTABLE PARALLEL SAFE;
COMMENT ON FUNCTION clusterseg._simplified_silhouette(internal) IS 'final function of simplified_silhouette()';

CREATE FUNCTION clusterseg._davies_bouldin(state internal) RETURNS float8
	AS 'MODULE_PATHNAME', 'clusterseg_davies_bouldin' LANGUAGE C IMMUTABLE PARALLEL SAFE;
COMMENT ON FUNCTION clusterseg._davies_bouldin(internal) IS 'final function of davies_bouldin()';

CREATE FUNCTION clusterseg._calinski_harabasz(state internal) RETURNS float8
	AS 'MODULE_PATHNAME', 'clusterseg_calinski_harabasz' LANGUAGE C IMMUTABLE PARALLEL SAFE;
COMMENT ON FUNCTION clusterseg._calinski_harabasz(internal) IS 'final function of calinski_harabasz()';

CREATE AGGREGATE clusterseg.silhouette(float8[], int) (
	SFUNC = clusterseg._labelled_add, STYPE = internal, SSPACE = 1000000,
	FINALFUNC = clusterseg._silhouette, PARALLEL = SAFE);
COMMENT ON AGGREGATE clusterseg.silhouette(float8[], int) IS
	'exact mean silhouette of points by their label, -1 to 1, large is good; NULL features or label: not counted; NULL for fewer than two clusters';

CREATE AGGREGATE clusterseg.simplified_silhouette(float8[], int) (
	SFUNC = clusterseg._labelled_add, STYPE = internal, SSPACE = 1000000,
	FINALFUNC = clusterseg._simplified_silhouette, PARALLEL = SAFE);
COMMENT ON AGGREGATE clusterseg.simplified_silhouette(float8[], int) IS
	'mean silhouette by distances to the means of the clusters: linear in the rows; -1 to 1, large is good';

CREATE AGGREGATE clusterseg.davies_bouldin(float8[], int) (
	SFUNC = clusterseg._labelled_add, STYPE = internal, SSPACE = 1000000,
	FINALFUNC = clusterseg._davies_bouldin, PARALLEL = SAFE);
COMMENT ON AGGREGATE clusterseg.davies_bouldin(float8[], int) IS
	'Davies-Bouldin index of points by their label: widths of clusters over their distances, 0 or more, small is good';

CREATE AGGREGATE clusterseg.calinski_harabasz(float8[], int) (
	SFUNC = clusterseg._labelled_add, STYPE = internal, SSPACE = 1000000,
	FINALFUNC = clusterseg._calinski_harabasz, PARALLEL = SAFE);
COMMENT ON AGGREGATE clusterseg.calinski_harabasz(float8[], int) IS
	'Calinski-Harabasz index (variance ratio) of points by their label: variance between over within clusters, large is good';

-- ---------------------------------------------------------------------------
-- Agreement of two labellings: aggregates
-- ---------------------------------------------------------------------------

CREATE FUNCTION clusterseg._agreement_add(state internal, a int, b int) RETURNS internal
	AS 'MODULE_PATHNAME', 'clusterseg_agreement_add' LANGUAGE C IMMUTABLE PARALLEL SAFE;
COMMENT ON FUNCTION clusterseg._agreement_add(internal, int, int) IS 'counts pairs of labels for the aggregates below';

CREATE FUNCTION clusterseg._agreement_combine(a internal, b internal) RETURNS internal
	AS 'MODULE_PATHNAME', 'clusterseg_agreement_combine' LANGUAGE C IMMUTABLE PARALLEL SAFE;
COMMENT ON FUNCTION clusterseg._agreement_combine(internal, internal) IS 'adds the counts of two workers';

CREATE FUNCTION clusterseg._agreement_serialize(state internal) RETURNS bytea
	AS 'MODULE_PATHNAME', 'clusterseg_agreement_serialize' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION clusterseg._agreement_serialize(internal) IS 'counts of a worker as bytes';

CREATE FUNCTION clusterseg._agreement_deserialize(bytes bytea, state internal) RETURNS internal
	AS 'MODULE_PATHNAME', 'clusterseg_agreement_deserialize' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION clusterseg._agreement_deserialize(bytea, internal) IS 'and back';

CREATE FUNCTION clusterseg._adjusted_rand_index(state internal) RETURNS float8
	AS 'MODULE_PATHNAME', 'clusterseg_adjusted_rand_index' LANGUAGE C IMMUTABLE PARALLEL SAFE;
COMMENT ON FUNCTION clusterseg._adjusted_rand_index(internal) IS 'final function of adjusted_rand_index()';

CREATE FUNCTION clusterseg._normalized_mutual_information(state internal) RETURNS float8
	AS 'MODULE_PATHNAME', 'clusterseg_normalized_mutual_information' LANGUAGE C IMMUTABLE PARALLEL SAFE;
COMMENT ON FUNCTION clusterseg._normalized_mutual_information(internal) IS 'final function of normalized_mutual_information()';

CREATE FUNCTION clusterseg._purity(state internal) RETURNS float8
	AS 'MODULE_PATHNAME', 'clusterseg_purity' LANGUAGE C IMMUTABLE PARALLEL SAFE;
COMMENT ON FUNCTION clusterseg._purity(internal) IS 'final function of purity()';

CREATE FUNCTION clusterseg._homogeneity(state internal) RETURNS float8
	AS 'MODULE_PATHNAME', 'clusterseg_homogeneity' LANGUAGE C IMMUTABLE PARALLEL SAFE;
COMMENT ON FUNCTION clusterseg._homogeneity(internal) IS 'final function of homogeneity()';

CREATE FUNCTION clusterseg._completeness(state internal) RETURNS float8
	AS 'MODULE_PATHNAME', 'clusterseg_completeness' LANGUAGE C IMMUTABLE PARALLEL SAFE;
COMMENT ON FUNCTION clusterseg._completeness(internal) IS 'final function of completeness()';

CREATE FUNCTION clusterseg._fowlkes_mallows(state internal) RETURNS float8
	AS 'MODULE_PATHNAME', 'clusterseg_fowlkes_mallows' LANGUAGE C IMMUTABLE PARALLEL SAFE;
COMMENT ON FUNCTION clusterseg._fowlkes_mallows(internal) IS 'final function of fowlkes_mallows()';

CREATE AGGREGATE clusterseg.adjusted_rand_index(int, int) (
	SFUNC = clusterseg._agreement_add, STYPE = internal, SSPACE = 4096, FINALFUNC = clusterseg._adjusted_rand_index,
	COMBINEFUNC = clusterseg._agreement_combine, SERIALFUNC = clusterseg._agreement_serialize,
	DESERIALFUNC = clusterseg._agreement_deserialize, PARALLEL = SAFE);
COMMENT ON AGGREGATE clusterseg.adjusted_rand_index(int, int) IS
	'share of pairs of rows that two labellings treat alike, less chance: 1 is the same clusters, 0 is chance; rows with a NULL label are not counted';

CREATE AGGREGATE clusterseg.normalized_mutual_information(int, int) (
	SFUNC = clusterseg._agreement_add, STYPE = internal, SSPACE = 4096, FINALFUNC = clusterseg._normalized_mutual_information,
	COMBINEFUNC = clusterseg._agreement_combine, SERIALFUNC = clusterseg._agreement_serialize,
	DESERIALFUNC = clusterseg._agreement_deserialize, PARALLEL = SAFE);
COMMENT ON AGGREGATE clusterseg.normalized_mutual_information(int, int) IS
	'mutual information of two labellings over the mean of their entropies (the V-measure), 0 to 1';

CREATE AGGREGATE clusterseg.purity(int, int) (
	SFUNC = clusterseg._agreement_add, STYPE = internal, SSPACE = 4096, FINALFUNC = clusterseg._purity,
	COMBINEFUNC = clusterseg._agreement_combine, SERIALFUNC = clusterseg._agreement_serialize,
	DESERIALFUNC = clusterseg._agreement_deserialize, PARALLEL = SAFE);
COMMENT ON AGGREGATE clusterseg.purity(int, int) IS
	'share of rows in the most frequent class (second argument) of their cluster (first argument)';

CREATE AGGREGATE clusterseg.homogeneity(int, int) (
	SFUNC = clusterseg._agreement_add, STYPE = internal, SSPACE = 4096, FINALFUNC = clusterseg._homogeneity,
	COMBINEFUNC = clusterseg._agreement_combine, SERIALFUNC = clusterseg._agreement_serialize,
	DESERIALFUNC = clusterseg._agreement_deserialize, PARALLEL = SAFE);
COMMENT ON AGGREGATE clusterseg.homogeneity(int, int) IS
	'does each cluster (first argument) hold one class (second argument) only? 0 to 1';

CREATE AGGREGATE clusterseg.completeness(int, int) (
	SFUNC = clusterseg._agreement_add, STYPE = internal, SSPACE = 4096, FINALFUNC = clusterseg._completeness,
	COMBINEFUNC = clusterseg._agreement_combine, SERIALFUNC = clusterseg._agreement_serialize,
	DESERIALFUNC = clusterseg._agreement_deserialize, PARALLEL = SAFE);
COMMENT ON AGGREGATE clusterseg.completeness(int, int) IS
	'is each class (second argument) in one cluster (first argument) only? 0 to 1';

CREATE AGGREGATE clusterseg.fowlkes_mallows(int, int) (
	SFUNC = clusterseg._agreement_add, STYPE = internal, SSPACE = 4096, FINALFUNC = clusterseg._fowlkes_mallows,
	COMBINEFUNC = clusterseg._agreement_combine, SERIALFUNC = clusterseg._agreement_serialize,
	DESERIALFUNC = clusterseg._agreement_deserialize, PARALLEL = SAFE);
COMMENT ON AGGREGATE clusterseg.fowlkes_mallows(int, int) IS
	'geometric mean of the shares of pairs together in one labelling that are together in the other, 0 to 1';
