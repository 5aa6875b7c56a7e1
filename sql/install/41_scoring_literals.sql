-- ---------------------------------------------------------------------------
-- The same for literals and counts: ARRAY[3, 1.5] is numeric[], ARRAY[3, 1] is int[],
-- ARRAY[count(*), 1] is bigint[]; without these, float8[] and real[] would tie
-- ---------------------------------------------------------------------------

CREATE FUNCTION clusterseg.segment(model text, features numeric[]) RETURNS int
	LANGUAGE sql STABLE STRICT PARALLEL SAFE
	BEGIN ATOMIC SELECT clusterseg.segment(segment.model, segment.features::float8[]); END;
COMMENT ON FUNCTION clusterseg.segment(text, numeric[]) IS
	'id of the segment; NULL when the row is not assignable, by the published version of the named model';

CREATE FUNCTION clusterseg.segment(model text, features int[]) RETURNS int
	LANGUAGE sql STABLE STRICT PARALLEL SAFE
	BEGIN ATOMIC SELECT clusterseg.segment(segment.model, segment.features::float8[]); END;
COMMENT ON FUNCTION clusterseg.segment(text, int[]) IS
	'id of the segment; NULL when the row is not assignable, by the published version of the named model';

CREATE FUNCTION clusterseg.segment(model text, features bigint[]) RETURNS int
	LANGUAGE sql STABLE STRICT PARALLEL SAFE
	BEGIN ATOMIC SELECT clusterseg.segment(segment.model, segment.features::float8[]); END;
COMMENT ON FUNCTION clusterseg.segment(text, bigint[]) IS
	'id of the segment; NULL when the row is not assignable, by the published version of the named model';

CREATE FUNCTION clusterseg.segment(model text, features smallint[]) RETURNS int
	LANGUAGE sql STABLE STRICT PARALLEL SAFE
	BEGIN ATOMIC SELECT clusterseg.segment(segment.model, segment.features::float8[]); END;
COMMENT ON FUNCTION clusterseg.segment(text, smallint[]) IS
	'id of the segment; NULL when the row is not assignable, by the published version of the named model';

CREATE FUNCTION clusterseg.segment(model clusterseg.model, features numeric[]) RETURNS int
	LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
	BEGIN ATOMIC SELECT clusterseg.segment(segment.model, segment.features::float8[]); END;
COMMENT ON FUNCTION clusterseg.segment(clusterseg.model, numeric[]) IS
	'id of the segment; NULL when the row is not assignable, by a model value';

CREATE FUNCTION clusterseg.segment(model clusterseg.model, features int[]) RETURNS int
	LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
	BEGIN ATOMIC SELECT clusterseg.segment(segment.model, segment.features::float8[]); END;
COMMENT ON FUNCTION clusterseg.segment(clusterseg.model, int[]) IS
	'id of the segment; NULL when the row is not assignable, by a model value';

CREATE FUNCTION clusterseg.segment(model clusterseg.model, features bigint[]) RETURNS int
	LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
	BEGIN ATOMIC SELECT clusterseg.segment(segment.model, segment.features::float8[]); END;
COMMENT ON FUNCTION clusterseg.segment(clusterseg.model, bigint[]) IS
	'id of the segment; NULL when the row is not assignable, by a model value';

CREATE FUNCTION clusterseg.segment(model clusterseg.model, features smallint[]) RETURNS int
	LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
	BEGIN ATOMIC SELECT clusterseg.segment(segment.model, segment.features::float8[]); END;
COMMENT ON FUNCTION clusterseg.segment(clusterseg.model, smallint[]) IS
	'id of the segment; NULL when the row is not assignable, by a model value';

CREATE FUNCTION clusterseg.segment_label(model text, features numeric[]) RETURNS text
	LANGUAGE sql STABLE STRICT PARALLEL SAFE
	BEGIN ATOMIC SELECT clusterseg.segment_label(segment_label.model, segment_label.features::float8[]); END;
COMMENT ON FUNCTION clusterseg.segment_label(text, numeric[]) IS
	'label of the segment, by the published version of the named model';

CREATE FUNCTION clusterseg.segment_label(model text, features int[]) RETURNS text
	LANGUAGE sql STABLE STRICT PARALLEL SAFE
	BEGIN ATOMIC SELECT clusterseg.segment_label(segment_label.model, segment_label.features::float8[]); END;
COMMENT ON FUNCTION clusterseg.segment_label(text, int[]) IS
	'label of the segment, by the published version of the named model';

CREATE FUNCTION clusterseg.segment_label(model text, features bigint[]) RETURNS text
	LANGUAGE sql STABLE STRICT PARALLEL SAFE
	BEGIN ATOMIC SELECT clusterseg.segment_label(segment_label.model, segment_label.features::float8[]); END;
COMMENT ON FUNCTION clusterseg.segment_label(text, bigint[]) IS
	'label of the segment, by the published version of the named model';

CREATE FUNCTION clusterseg.segment_label(model text, features smallint[]) RETURNS text
	LANGUAGE sql STABLE STRICT PARALLEL SAFE
	BEGIN ATOMIC SELECT clusterseg.segment_label(segment_label.model, segment_label.features::float8[]); END;
COMMENT ON FUNCTION clusterseg.segment_label(text, smallint[]) IS
	'label of the segment, by the published version of the named model';

CREATE FUNCTION clusterseg.segment_label(model clusterseg.model, features numeric[]) RETURNS text
	LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
	BEGIN ATOMIC SELECT clusterseg.segment_label(segment_label.model, segment_label.features::float8[]); END;
COMMENT ON FUNCTION clusterseg.segment_label(clusterseg.model, numeric[]) IS
	'label of the segment, by a model value';

CREATE FUNCTION clusterseg.segment_label(model clusterseg.model, features int[]) RETURNS text
	LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
	BEGIN ATOMIC SELECT clusterseg.segment_label(segment_label.model, segment_label.features::float8[]); END;
COMMENT ON FUNCTION clusterseg.segment_label(clusterseg.model, int[]) IS
	'label of the segment, by a model value';

CREATE FUNCTION clusterseg.segment_label(model clusterseg.model, features bigint[]) RETURNS text
	LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
	BEGIN ATOMIC SELECT clusterseg.segment_label(segment_label.model, segment_label.features::float8[]); END;
COMMENT ON FUNCTION clusterseg.segment_label(clusterseg.model, bigint[]) IS
	'label of the segment, by a model value';

CREATE FUNCTION clusterseg.segment_label(model clusterseg.model, features smallint[]) RETURNS text
	LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
	BEGIN ATOMIC SELECT clusterseg.segment_label(segment_label.model, segment_label.features::float8[]); END;
COMMENT ON FUNCTION clusterseg.segment_label(clusterseg.model, smallint[]) IS
	'label of the segment, by a model value';

CREATE FUNCTION clusterseg.segment_distance(model text, features numeric[]) RETURNS float8
	LANGUAGE sql STABLE STRICT PARALLEL SAFE
	BEGIN ATOMIC SELECT clusterseg.segment_distance(segment_distance.model, segment_distance.features::float8[]); END;
COMMENT ON FUNCTION clusterseg.segment_distance(text, numeric[]) IS
	'distance to the centre of the own segment in scaled units; cosine distance for spherical_kmeans, by the published version of the named model';

CREATE FUNCTION clusterseg.segment_distance(model text, features int[]) RETURNS float8
	LANGUAGE sql STABLE STRICT PARALLEL SAFE
	BEGIN ATOMIC SELECT clusterseg.segment_distance(segment_distance.model, segment_distance.features::float8[]); END;
COMMENT ON FUNCTION clusterseg.segment_distance(text, int[]) IS
	'distance to the centre of the own segment in scaled units; cosine distance for spherical_kmeans, by the published version of the named model';

CREATE FUNCTION clusterseg.segment_distance(model text, features bigint[]) RETURNS float8
	LANGUAGE sql STABLE STRICT PARALLEL SAFE
	BEGIN ATOMIC SELECT clusterseg.segment_distance(segment_distance.model, segment_distance.features::float8[]); END;
COMMENT ON FUNCTION clusterseg.segment_distance(text, bigint[]) IS
	'distance to the centre of the own segment in scaled units; cosine distance for spherical_kmeans, by the published version of the named model';

CREATE FUNCTION clusterseg.segment_distance(model text, features smallint[]) RETURNS float8
	LANGUAGE sql STABLE STRICT PARALLEL SAFE
	BEGIN ATOMIC SELECT clusterseg.segment_distance(segment_distance.model, segment_distance.features::float8[]); END;
COMMENT ON FUNCTION clusterseg.segment_distance(text, smallint[]) IS
	'distance to the centre of the own segment in scaled units; cosine distance for spherical_kmeans, by the published version of the named model';

CREATE FUNCTION clusterseg.segment_distance(model clusterseg.model, features numeric[]) RETURNS float8
	LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
	BEGIN ATOMIC SELECT clusterseg.segment_distance(segment_distance.model, segment_distance.features::float8[]); END;
COMMENT ON FUNCTION clusterseg.segment_distance(clusterseg.model, numeric[]) IS
	'distance to the centre of the own segment in scaled units; cosine distance for spherical_kmeans, by a model value';

CREATE FUNCTION clusterseg.segment_distance(model clusterseg.model, features int[]) RETURNS float8
	LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
	BEGIN ATOMIC SELECT clusterseg.segment_distance(segment_distance.model, segment_distance.features::float8[]); END;
COMMENT ON FUNCTION clusterseg.segment_distance(clusterseg.model, int[]) IS
	'distance to the centre of the own segment in scaled units; cosine distance for spherical_kmeans, by a model value';

CREATE FUNCTION clusterseg.segment_distance(model clusterseg.model, features bigint[]) RETURNS float8
	LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
	BEGIN ATOMIC SELECT clusterseg.segment_distance(segment_distance.model, segment_distance.features::float8[]); END;
COMMENT ON FUNCTION clusterseg.segment_distance(clusterseg.model, bigint[]) IS
	'distance to the centre of the own segment in scaled units; cosine distance for spherical_kmeans, by a model value';

CREATE FUNCTION clusterseg.segment_distance(model clusterseg.model, features smallint[]) RETURNS float8
	LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
	BEGIN ATOMIC SELECT clusterseg.segment_distance(segment_distance.model, segment_distance.features::float8[]); END;
COMMENT ON FUNCTION clusterseg.segment_distance(clusterseg.model, smallint[]) IS
	'distance to the centre of the own segment in scaled units; cosine distance for spherical_kmeans, by a model value';

CREATE FUNCTION clusterseg.segment_distance(model text, features numeric[], segment_id int) RETURNS float8
	LANGUAGE sql STABLE STRICT PARALLEL SAFE
	BEGIN ATOMIC SELECT clusterseg.segment_distance(segment_distance.model, segment_distance.features::float8[], segment_distance.segment_id); END;
COMMENT ON FUNCTION clusterseg.segment_distance(text, numeric[], int) IS
	'distance to the centre of a segment, by the published version of the named model';

CREATE FUNCTION clusterseg.segment_distance(model text, features int[], segment_id int) RETURNS float8
	LANGUAGE sql STABLE STRICT PARALLEL SAFE
	BEGIN ATOMIC SELECT clusterseg.segment_distance(segment_distance.model, segment_distance.features::float8[], segment_distance.segment_id); END;
COMMENT ON FUNCTION clusterseg.segment_distance(text, int[], int) IS
	'distance to the centre of a segment, by the published version of the named model';

CREATE FUNCTION clusterseg.segment_distance(model text, features bigint[], segment_id int) RETURNS float8
	LANGUAGE sql STABLE STRICT PARALLEL SAFE
	BEGIN ATOMIC SELECT clusterseg.segment_distance(segment_distance.model, segment_distance.features::float8[], segment_distance.segment_id); END;
COMMENT ON FUNCTION clusterseg.segment_distance(text, bigint[], int) IS
	'distance to the centre of a segment, by the published version of the named model';

CREATE FUNCTION clusterseg.segment_distance(model text, features smallint[], segment_id int) RETURNS float8
	LANGUAGE sql STABLE STRICT PARALLEL SAFE
	BEGIN ATOMIC SELECT clusterseg.segment_distance(segment_distance.model, segment_distance.features::float8[], segment_distance.segment_id); END;
COMMENT ON FUNCTION clusterseg.segment_distance(text, smallint[], int) IS
	'distance to the centre of a segment, by the published version of the named model';

CREATE FUNCTION clusterseg.segment_distance(model clusterseg.model, features numeric[], segment_id int) RETURNS float8
	LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
	BEGIN ATOMIC SELECT clusterseg.segment_distance(segment_distance.model, segment_distance.features::float8[], segment_distance.segment_id); END;
COMMENT ON FUNCTION clusterseg.segment_distance(clusterseg.model, numeric[], int) IS
	'distance to the centre of a segment, by a model value';

CREATE FUNCTION clusterseg.segment_distance(model clusterseg.model, features int[], segment_id int) RETURNS float8
	LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
	BEGIN ATOMIC SELECT clusterseg.segment_distance(segment_distance.model, segment_distance.features::float8[], segment_distance.segment_id); END;
COMMENT ON FUNCTION clusterseg.segment_distance(clusterseg.model, int[], int) IS
	'distance to the centre of a segment, by a model value';

CREATE FUNCTION clusterseg.segment_distance(model clusterseg.model, features bigint[], segment_id int) RETURNS float8
	LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
	BEGIN ATOMIC SELECT clusterseg.segment_distance(segment_distance.model, segment_distance.features::float8[], segment_distance.segment_id); END;
COMMENT ON FUNCTION clusterseg.segment_distance(clusterseg.model, bigint[], int) IS
	'distance to the centre of a segment, by a model value';

CREATE FUNCTION clusterseg.segment_distance(model clusterseg.model, features smallint[], segment_id int) RETURNS float8
	LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
	BEGIN ATOMIC SELECT clusterseg.segment_distance(segment_distance.model, segment_distance.features::float8[], segment_distance.segment_id); END;
COMMENT ON FUNCTION clusterseg.segment_distance(clusterseg.model, smallint[], int) IS
	'distance to the centre of a segment, by a model value';

CREATE FUNCTION clusterseg.segment_probability(model text, features numeric[], segment_id int) RETURNS float8
	LANGUAGE sql STABLE STRICT PARALLEL SAFE
	BEGIN ATOMIC SELECT clusterseg.segment_probability(segment_probability.model, segment_probability.features::float8[], segment_probability.segment_id); END;
COMMENT ON FUNCTION clusterseg.segment_probability(text, numeric[], int) IS
	'probability of a segment; over all segments they add up to 1, by the published version of the named model';

CREATE FUNCTION clusterseg.segment_probability(model text, features int[], segment_id int) RETURNS float8
	LANGUAGE sql STABLE STRICT PARALLEL SAFE
	BEGIN ATOMIC SELECT clusterseg.segment_probability(segment_probability.model, segment_probability.features::float8[], segment_probability.segment_id); END;
COMMENT ON FUNCTION clusterseg.segment_probability(text, int[], int) IS
	'probability of a segment; over all segments they add up to 1, by the published version of the named model';

CREATE FUNCTION clusterseg.segment_probability(model text, features bigint[], segment_id int) RETURNS float8
	LANGUAGE sql STABLE STRICT PARALLEL SAFE
	BEGIN ATOMIC SELECT clusterseg.segment_probability(segment_probability.model, segment_probability.features::float8[], segment_probability.segment_id); END;
COMMENT ON FUNCTION clusterseg.segment_probability(text, bigint[], int) IS
	'probability of a segment; over all segments they add up to 1, by the published version of the named model';

CREATE FUNCTION clusterseg.segment_probability(model text, features smallint[], segment_id int) RETURNS float8
	LANGUAGE sql STABLE STRICT PARALLEL SAFE
	BEGIN ATOMIC SELECT clusterseg.segment_probability(segment_probability.model, segment_probability.features::float8[], segment_probability.segment_id); END;
COMMENT ON FUNCTION clusterseg.segment_probability(text, smallint[], int) IS
	'probability of a segment; over all segments they add up to 1, by the published version of the named model';

CREATE FUNCTION clusterseg.segment_probability(model clusterseg.model, features numeric[], segment_id int) RETURNS float8
	LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
	BEGIN ATOMIC SELECT clusterseg.segment_probability(segment_probability.model, segment_probability.features::float8[], segment_probability.segment_id); END;
COMMENT ON FUNCTION clusterseg.segment_probability(clusterseg.model, numeric[], int) IS
	'probability of a segment; over all segments they add up to 1, by a model value';

CREATE FUNCTION clusterseg.segment_probability(model clusterseg.model, features int[], segment_id int) RETURNS float8
	LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
	BEGIN ATOMIC SELECT clusterseg.segment_probability(segment_probability.model, segment_probability.features::float8[], segment_probability.segment_id); END;
COMMENT ON FUNCTION clusterseg.segment_probability(clusterseg.model, int[], int) IS
	'probability of a segment; over all segments they add up to 1, by a model value';

CREATE FUNCTION clusterseg.segment_probability(model clusterseg.model, features bigint[], segment_id int) RETURNS float8
	LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
	BEGIN ATOMIC SELECT clusterseg.segment_probability(segment_probability.model, segment_probability.features::float8[], segment_probability.segment_id); END;
COMMENT ON FUNCTION clusterseg.segment_probability(clusterseg.model, bigint[], int) IS
	'probability of a segment; over all segments they add up to 1, by a model value';

CREATE FUNCTION clusterseg.segment_probability(model clusterseg.model, features smallint[], segment_id int) RETURNS float8
	LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
	BEGIN ATOMIC SELECT clusterseg.segment_probability(segment_probability.model, segment_probability.features::float8[], segment_probability.segment_id); END;
COMMENT ON FUNCTION clusterseg.segment_probability(clusterseg.model, smallint[], int) IS
	'probability of a segment; over all segments they add up to 1, by a model value';

CREATE FUNCTION clusterseg.assign(model text, features numeric[],
		OUT segment_id int, OUT segment text, OUT distance float8, OUT margin float8, OUT runner_up_id int, OUT confidence float8, OUT reason text)
	LANGUAGE sql STABLE STRICT PARALLEL SAFE
	BEGIN ATOMIC SELECT * FROM clusterseg.assign(assign.model, assign.features::float8[]); END;
COMMENT ON FUNCTION clusterseg.assign(text, numeric[]) IS
	'segment, distance, margin over the runner-up (explain() takes it apart), confidence; reason says why a row is not assignable, by the published version of the named model';

CREATE FUNCTION clusterseg.assign(model text, features int[],
		OUT segment_id int, OUT segment text, OUT distance float8, OUT margin float8, OUT runner_up_id int, OUT confidence float8, OUT reason text)
	LANGUAGE sql STABLE STRICT PARALLEL SAFE
	BEGIN ATOMIC SELECT * FROM clusterseg.assign(assign.model, assign.features::float8[]); END;
COMMENT ON FUNCTION clusterseg.assign(text, int[]) IS
	'segment, distance, margin over the runner-up (explain() takes it apart), confidence; reason says why a row is not assignable, by the published version of the named model';

CREATE FUNCTION clusterseg.assign(model text, features bigint[],
		OUT segment_id int, OUT segment text, OUT distance float8, OUT margin float8, OUT runner_up_id int, OUT confidence float8, OUT reason text)
	LANGUAGE sql STABLE STRICT PARALLEL SAFE
	BEGIN ATOMIC SELECT * FROM clusterseg.assign(assign.model, assign.features::float8[]); END;
COMMENT ON FUNCTION clusterseg.assign(text, bigint[]) IS
	'segment, distance, margin over the runner-up (explain() takes it apart), confidence; reason says why a row is not assignable, by the published version of the named model';

CREATE FUNCTION clusterseg.assign(model text, features smallint[],
		OUT segment_id int, OUT segment text, OUT distance float8, OUT margin float8, OUT runner_up_id int, OUT confidence float8, OUT reason text)
	LANGUAGE sql STABLE STRICT PARALLEL SAFE
	BEGIN ATOMIC SELECT * FROM clusterseg.assign(assign.model, assign.features::float8[]); END;
COMMENT ON FUNCTION clusterseg.assign(text, smallint[]) IS
	'segment, distance, margin over the runner-up (explain() takes it apart), confidence; reason says why a row is not assignable, by the published version of the named model';

CREATE FUNCTION clusterseg.assign(model clusterseg.model, features numeric[],
		OUT segment_id int, OUT segment text, OUT distance float8, OUT margin float8, OUT runner_up_id int, OUT confidence float8, OUT reason text)
	LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
	BEGIN ATOMIC SELECT * FROM clusterseg.assign(assign.model, assign.features::float8[]); END;
COMMENT ON FUNCTION clusterseg.assign(clusterseg.model, numeric[]) IS
	'segment, distance, margin over the runner-up (explain() takes it apart), confidence; reason says why a row is not assignable, by a model value';

CREATE FUNCTION clusterseg.assign(model clusterseg.model, features int[],
		OUT segment_id int, OUT segment text, OUT distance float8, OUT margin float8, OUT runner_up_id int, OUT confidence float8, OUT reason text)
	LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
	BEGIN ATOMIC SELECT * FROM clusterseg.assign(assign.model, assign.features::float8[]); END;
COMMENT ON FUNCTION clusterseg.assign(clusterseg.model, int[]) IS
	'segment, distance, margin over the runner-up (explain() takes it apart), confidence; reason says why a row is not assignable, by a model value';

CREATE FUNCTION clusterseg.assign(model clusterseg.model, features bigint[],
		OUT segment_id int, OUT segment text, OUT distance float8, OUT margin float8, OUT runner_up_id int, OUT confidence float8, OUT reason text)
	LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
	BEGIN ATOMIC SELECT * FROM clusterseg.assign(assign.model, assign.features::float8[]); END;
COMMENT ON FUNCTION clusterseg.assign(clusterseg.model, bigint[]) IS
	'segment, distance, margin over the runner-up (explain() takes it apart), confidence; reason says why a row is not assignable, by a model value';

CREATE FUNCTION clusterseg.assign(model clusterseg.model, features smallint[],
		OUT segment_id int, OUT segment text, OUT distance float8, OUT margin float8, OUT runner_up_id int, OUT confidence float8, OUT reason text)
	LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
	BEGIN ATOMIC SELECT * FROM clusterseg.assign(assign.model, assign.features::float8[]); END;
COMMENT ON FUNCTION clusterseg.assign(clusterseg.model, smallint[]) IS
	'segment, distance, margin over the runner-up (explain() takes it apart), confidence; reason says why a row is not assignable, by a model value';

CREATE FUNCTION clusterseg.segment_at(model text, features numeric[], k int) RETURNS int
	LANGUAGE sql STABLE STRICT PARALLEL SAFE
	BEGIN ATOMIC SELECT clusterseg.segment_at(segment_at.model, segment_at.features::float8[], segment_at.k); END;
COMMENT ON FUNCTION clusterseg.segment_at(text, numeric[], int) IS
	'segment at a coarser level of a tree model (hierarchical, bisecting_kmeans): the lowest id among the segments joined there, by the published version of the named model';

CREATE FUNCTION clusterseg.segment_at(model text, features int[], k int) RETURNS int
	LANGUAGE sql STABLE STRICT PARALLEL SAFE
	BEGIN ATOMIC SELECT clusterseg.segment_at(segment_at.model, segment_at.features::float8[], segment_at.k); END;
COMMENT ON FUNCTION clusterseg.segment_at(text, int[], int) IS
	'segment at a coarser level of a tree model (hierarchical, bisecting_kmeans): the lowest id among the segments joined there, by the published version of the named model';

CREATE FUNCTION clusterseg.segment_at(model text, features bigint[], k int) RETURNS int
	LANGUAGE sql STABLE STRICT PARALLEL SAFE
	BEGIN ATOMIC SELECT clusterseg.segment_at(segment_at.model, segment_at.features::float8[], segment_at.k); END;
COMMENT ON FUNCTION clusterseg.segment_at(text, bigint[], int) IS
	'segment at a coarser level of a tree model (hierarchical, bisecting_kmeans): the lowest id among the segments joined there, by the published version of the named model';

CREATE FUNCTION clusterseg.segment_at(model text, features smallint[], k int) RETURNS int
	LANGUAGE sql STABLE STRICT PARALLEL SAFE
	BEGIN ATOMIC SELECT clusterseg.segment_at(segment_at.model, segment_at.features::float8[], segment_at.k); END;
COMMENT ON FUNCTION clusterseg.segment_at(text, smallint[], int) IS
	'segment at a coarser level of a tree model (hierarchical, bisecting_kmeans): the lowest id among the segments joined there, by the published version of the named model';

CREATE FUNCTION clusterseg.segment_at(model clusterseg.model, features numeric[], k int) RETURNS int
	LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
	BEGIN ATOMIC SELECT clusterseg.segment_at(segment_at.model, segment_at.features::float8[], segment_at.k); END;
COMMENT ON FUNCTION clusterseg.segment_at(clusterseg.model, numeric[], int) IS
	'segment at a coarser level of a tree model (hierarchical, bisecting_kmeans): the lowest id among the segments joined there, by a model value';

CREATE FUNCTION clusterseg.segment_at(model clusterseg.model, features int[], k int) RETURNS int
	LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
	BEGIN ATOMIC SELECT clusterseg.segment_at(segment_at.model, segment_at.features::float8[], segment_at.k); END;
COMMENT ON FUNCTION clusterseg.segment_at(clusterseg.model, int[], int) IS
	'segment at a coarser level of a tree model (hierarchical, bisecting_kmeans): the lowest id among the segments joined there, by a model value';

CREATE FUNCTION clusterseg.segment_at(model clusterseg.model, features bigint[], k int) RETURNS int
	LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
	BEGIN ATOMIC SELECT clusterseg.segment_at(segment_at.model, segment_at.features::float8[], segment_at.k); END;
COMMENT ON FUNCTION clusterseg.segment_at(clusterseg.model, bigint[], int) IS
	'segment at a coarser level of a tree model (hierarchical, bisecting_kmeans): the lowest id among the segments joined there, by a model value';

CREATE FUNCTION clusterseg.segment_at(model clusterseg.model, features smallint[], k int) RETURNS int
	LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
	BEGIN ATOMIC SELECT clusterseg.segment_at(segment_at.model, segment_at.features::float8[], segment_at.k); END;
COMMENT ON FUNCTION clusterseg.segment_at(clusterseg.model, smallint[], int) IS
	'segment at a coarser level of a tree model (hierarchical, bisecting_kmeans): the lowest id among the segments joined there, by a model value';
