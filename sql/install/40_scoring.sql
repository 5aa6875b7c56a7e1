-- ---------------------------------------------------------------------------
-- Scoring: by the name of a model (STABLE) or by its value (IMMUTABLE, reads no
-- table); features as a row, bound by column name, or as an array in training order
-- ---------------------------------------------------------------------------

CREATE FUNCTION clusterseg.segment(model text, "row" record) RETURNS int
	AS 'MODULE_PATHNAME', 'clusterseg_segment_name_row' LANGUAGE C STABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION clusterseg.segment(text, record) IS
	'id of the segment; NULL when the row is not assignable, by the published version of the named model';

CREATE FUNCTION clusterseg.segment(model text, features float8[]) RETURNS int
	AS 'MODULE_PATHNAME', 'clusterseg_segment_name_array' LANGUAGE C STABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION clusterseg.segment(text, float8[]) IS
	'id of the segment; NULL when the row is not assignable, by the published version of the named model';

CREATE FUNCTION clusterseg.segment(model text, features real[]) RETURNS int
	AS 'MODULE_PATHNAME', 'clusterseg_segment_name_array' LANGUAGE C STABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION clusterseg.segment(text, real[]) IS
	'id of the segment; NULL when the row is not assignable, by the published version of the named model';

CREATE FUNCTION clusterseg.segment(model clusterseg.model, "row" record) RETURNS int
	AS 'MODULE_PATHNAME', 'clusterseg_segment_value_row' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION clusterseg.segment(clusterseg.model, record) IS
	'id of the segment; NULL when the row is not assignable, by a model value';

CREATE FUNCTION clusterseg.segment(model clusterseg.model, features float8[]) RETURNS int
	AS 'MODULE_PATHNAME', 'clusterseg_segment_value_array' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION clusterseg.segment(clusterseg.model, float8[]) IS
	'id of the segment; NULL when the row is not assignable, by a model value';

CREATE FUNCTION clusterseg.segment(model clusterseg.model, features real[]) RETURNS int
	AS 'MODULE_PATHNAME', 'clusterseg_segment_value_array' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION clusterseg.segment(clusterseg.model, real[]) IS
	'id of the segment; NULL when the row is not assignable, by a model value';

CREATE FUNCTION clusterseg.segment_label(model text, "row" record) RETURNS text
	AS 'MODULE_PATHNAME', 'clusterseg_segment_label_name_row' LANGUAGE C STABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION clusterseg.segment_label(text, record) IS
	'label of the segment, by the published version of the named model';

CREATE FUNCTION clusterseg.segment_label(model text, features float8[]) RETURNS text
	AS 'MODULE_PATHNAME', 'clusterseg_segment_label_name_array' LANGUAGE C STABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION clusterseg.segment_label(text, float8[]) IS
	'label of the segment, by the published version of the named model';

CREATE FUNCTION clusterseg.segment_label(model text, features real[]) RETURNS text
	AS 'MODULE_PATHNAME', 'clusterseg_segment_label_name_array' LANGUAGE C STABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION clusterseg.segment_label(text, real[]) IS
	'label of the segment, by the published version of the named model';

CREATE FUNCTION clusterseg.segment_label(model clusterseg.model, "row" record) RETURNS text
	AS 'MODULE_PATHNAME', 'clusterseg_segment_label_value_row' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION clusterseg.segment_label(clusterseg.model, record) IS
	'label of the segment, by a model value';

CREATE FUNCTION clusterseg.segment_label(model clusterseg.model, features float8[]) RETURNS text
	AS 'MODULE_PATHNAME', 'clusterseg_segment_label_value_array' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION clusterseg.segment_label(clusterseg.model, float8[]) IS
	'label of the segment, by a model value';

CREATE FUNCTION clusterseg.segment_label(model clusterseg.model, features real[]) RETURNS text
	AS 'MODULE_PATHNAME', 'clusterseg_segment_label_value_array' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION clusterseg.segment_label(clusterseg.model, real[]) IS
	'label of the segment, by a model value';

CREATE FUNCTION clusterseg.segment_distance(model text, "row" record) RETURNS float8
	AS 'MODULE_PATHNAME', 'clusterseg_segment_distance_name_row' LANGUAGE C STABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION clusterseg.segment_distance(text, record) IS
	'distance to the centre of the own segment in scaled units; cosine distance for spherical_kmeans, by the published version of the named model';

CREATE FUNCTION clusterseg.segment_distance(model text, features float8[]) RETURNS float8
	AS 'MODULE_PATHNAME', 'clusterseg_segment_distance_name_array' LANGUAGE C STABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION clusterseg.segment_distance(text, float8[]) IS
	'distance to the centre of the own segment in scaled units; cosine distance for spherical_kmeans, by the published version of the named model';

CREATE FUNCTION clusterseg.segment_distance(model text, features real[]) RETURNS float8
	AS 'MODULE_PATHNAME', 'clusterseg_segment_distance_name_array' LANGUAGE C STABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION clusterseg.segment_distance(text, real[]) IS
	'distance to the centre of the own segment in scaled units; cosine distance for spherical_kmeans, by the published version of the named model';

CREATE FUNCTION clusterseg.segment_distance(model clusterseg.model, "row" record) RETURNS float8
	AS 'MODULE_PATHNAME', 'clusterseg_segment_distance_value_row' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION clusterseg.segment_distance(clusterseg.model, record) IS
	'distance to the centre of the own segment in scaled units; cosine distance for spherical_kmeans, by a model value';

CREATE FUNCTION clusterseg.segment_distance(model clusterseg.model, features float8[]) RETURNS float8
	AS 'MODULE_PATHNAME', 'clusterseg_segment_distance_value_array' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION clusterseg.segment_distance(clusterseg.model, float8[]) IS
	'distance to the centre of the own segment in scaled units; cosine distance for spherical_kmeans, by a model value';

CREATE FUNCTION clusterseg.segment_distance(model clusterseg.model, features real[]) RETURNS float8
	AS 'MODULE_PATHNAME', 'clusterseg_segment_distance_value_array' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION clusterseg.segment_distance(clusterseg.model, real[]) IS
	'distance to the centre of the own segment in scaled units; cosine distance for spherical_kmeans, by a model value';

CREATE FUNCTION clusterseg.segment_distance(model text, "row" record, segment_id int) RETURNS float8
	AS 'MODULE_PATHNAME', 'clusterseg_segment_distance_name_row' LANGUAGE C STABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION clusterseg.segment_distance(text, record, int) IS
	'distance to the centre of a segment, by the published version of the named model';

CREATE FUNCTION clusterseg.segment_distance(model text, features float8[], segment_id int) RETURNS float8
	AS 'MODULE_PATHNAME', 'clusterseg_segment_distance_name_array' LANGUAGE C STABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION clusterseg.segment_distance(text, float8[], int) IS
	'distance to the centre of a segment, by the published version of the named model';

CREATE FUNCTION clusterseg.segment_distance(model text, features real[], segment_id int) RETURNS float8
	AS 'MODULE_PATHNAME', 'clusterseg_segment_distance_name_array' LANGUAGE C STABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION clusterseg.segment_distance(text, real[], int) IS
	'distance to the centre of a segment, by the published version of the named model';

CREATE FUNCTION clusterseg.segment_distance(model clusterseg.model, "row" record, segment_id int) RETURNS float8
	AS 'MODULE_PATHNAME', 'clusterseg_segment_distance_value_row' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION clusterseg.segment_distance(clusterseg.model, record, int) IS
	'distance to the centre of a segment, by a model value';

CREATE FUNCTION clusterseg.segment_distance(model clusterseg.model, features float8[], segment_id int) RETURNS float8
	AS 'MODULE_PATHNAME', 'clusterseg_segment_distance_value_array' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION clusterseg.segment_distance(clusterseg.model, float8[], int) IS
	'distance to the centre of a segment, by a model value';

CREATE FUNCTION clusterseg.segment_distance(model clusterseg.model, features real[], segment_id int) RETURNS float8
	AS 'MODULE_PATHNAME', 'clusterseg_segment_distance_value_array' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION clusterseg.segment_distance(clusterseg.model, real[], int) IS
	'distance to the centre of a segment, by a model value';

CREATE FUNCTION clusterseg.segment_probability(model text, "row" record, segment_id int) RETURNS float8
	AS 'MODULE_PATHNAME', 'clusterseg_segment_probability_name_row' LANGUAGE C STABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION clusterseg.segment_probability(text, record, int) IS
	'probability of a segment; over all segments they add up to 1, by the published version of the named model';

CREATE FUNCTION clusterseg.segment_probability(model text, features float8[], segment_id int) RETURNS float8
	AS 'MODULE_PATHNAME', 'clusterseg_segment_probability_name_array' LANGUAGE C STABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION clusterseg.segment_probability(text, float8[], int) IS
	'probability of a segment; over all segments they add up to 1, by the published version of the named model';

CREATE FUNCTION clusterseg.segment_probability(model text, features real[], segment_id int) RETURNS float8
	AS 'MODULE_PATHNAME', 'clusterseg_segment_probability_name_array' LANGUAGE C STABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION clusterseg.segment_probability(text, real[], int) IS
	'probability of a segment; over all segments they add up to 1, by the published version of the named model';

CREATE FUNCTION clusterseg.segment_probability(model clusterseg.model, "row" record, segment_id int) RETURNS float8
	AS 'MODULE_PATHNAME', 'clusterseg_segment_probability_value_row' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION clusterseg.segment_probability(clusterseg.model, record, int) IS
	'probability of a segment; over all segments they add up to 1, by a model value';

CREATE FUNCTION clusterseg.segment_probability(model clusterseg.model, features float8[], segment_id int) RETURNS float8
	AS 'MODULE_PATHNAME', 'clusterseg_segment_probability_value_array' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION clusterseg.segment_probability(clusterseg.model, float8[], int) IS
	'probability of a segment; over all segments they add up to 1, by a model value';

CREATE FUNCTION clusterseg.segment_probability(model clusterseg.model, features real[], segment_id int) RETURNS float8
	AS 'MODULE_PATHNAME', 'clusterseg_segment_probability_value_array' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION clusterseg.segment_probability(clusterseg.model, real[], int) IS
	'probability of a segment; over all segments they add up to 1, by a model value';

CREATE FUNCTION clusterseg.assign(model text, "row" record, OUT segment_id int, OUT segment text, OUT distance float8, OUT margin float8, OUT runner_up_id int, OUT confidence float8, OUT reason text) 
	AS 'MODULE_PATHNAME', 'clusterseg_assign_name_row' LANGUAGE C STABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION clusterseg.assign(text, record) IS
	'segment, distance, margin over the runner-up (explain() takes it apart), confidence; reason says why a row is not assignable, by the published version of the named model';

CREATE FUNCTION clusterseg.assign(model text, features float8[], OUT segment_id int, OUT segment text, OUT distance float8, OUT margin float8, OUT runner_up_id int, OUT confidence float8, OUT reason text) 
	AS 'MODULE_PATHNAME', 'clusterseg_assign_name_array' LANGUAGE C STABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION clusterseg.assign(text, float8[]) IS
	'segment, distance, margin over the runner-up (explain() takes it apart), confidence; reason says why a row is not assignable, by the published version of the named model';

CREATE FUNCTION clusterseg.assign(model text, features real[], OUT segment_id int, OUT segment text, OUT distance float8, OUT margin float8, OUT runner_up_id int, OUT confidence float8, OUT reason text) 
	AS 'MODULE_PATHNAME', 'clusterseg_assign_name_array' LANGUAGE C STABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION clusterseg.assign(text, real[]) IS
	'segment, distance, margin over the runner-up (explain() takes it apart), confidence; reason says why a row is not assignable, by the published version of the named model';

CREATE FUNCTION clusterseg.assign(model clusterseg.model, "row" record, OUT segment_id int, OUT segment text, OUT distance float8, OUT margin float8, OUT runner_up_id int, OUT confidence float8, OUT reason text) 
	AS 'MODULE_PATHNAME', 'clusterseg_assign_value_row' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION clusterseg.assign(clusterseg.model, record) IS
	'segment, distance, margin over the runner-up (explain() takes it apart), confidence; reason says why a row is not assignable, by a model value';

CREATE FUNCTION clusterseg.assign(model clusterseg.model, features float8[], OUT segment_id int, OUT segment text, OUT distance float8, OUT margin float8, OUT runner_up_id int, OUT confidence float8, OUT reason text) 
	AS 'MODULE_PATHNAME', 'clusterseg_assign_value_array' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION clusterseg.assign(clusterseg.model, float8[]) IS
	'segment, distance, margin over the runner-up (explain() takes it apart), confidence; reason says why a row is not assignable, by a model value';

CREATE FUNCTION clusterseg.assign(model clusterseg.model, features real[], OUT segment_id int, OUT segment text, OUT distance float8, OUT margin float8, OUT runner_up_id int, OUT confidence float8, OUT reason text) 
	AS 'MODULE_PATHNAME', 'clusterseg_assign_value_array' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION clusterseg.assign(clusterseg.model, real[]) IS
	'segment, distance, margin over the runner-up (explain() takes it apart), confidence; reason says why a row is not assignable, by a model value';

CREATE FUNCTION clusterseg.segment_at(model text, "row" record, k int) RETURNS int
	AS 'MODULE_PATHNAME', 'clusterseg_segment_at_name_row' LANGUAGE C STABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION clusterseg.segment_at(text, record, int) IS
	'segment at a coarser level of a tree model (hierarchical, bisecting_kmeans): the lowest id among the segments joined there, by the published version of the named model';

CREATE FUNCTION clusterseg.segment_at(model text, features float8[], k int) RETURNS int
	AS 'MODULE_PATHNAME', 'clusterseg_segment_at_name_array' LANGUAGE C STABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION clusterseg.segment_at(text, float8[], int) IS
	'segment at a coarser level of a tree model (hierarchical, bisecting_kmeans): the lowest id among the segments joined there, by the published version of the named model';

CREATE FUNCTION clusterseg.segment_at(model text, features real[], k int) RETURNS int
	AS 'MODULE_PATHNAME', 'clusterseg_segment_at_name_array' LANGUAGE C STABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION clusterseg.segment_at(text, real[], int) IS
	'segment at a coarser level of a tree model (hierarchical, bisecting_kmeans): the lowest id among the segments joined there, by the published version of the named model';

CREATE FUNCTION clusterseg.segment_at(model clusterseg.model, "row" record, k int) RETURNS int
	AS 'MODULE_PATHNAME', 'clusterseg_segment_at_value_row' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION clusterseg.segment_at(clusterseg.model, record, int) IS
	'segment at a coarser level of a tree model (hierarchical, bisecting_kmeans): the lowest id among the segments joined there, by a model value';

CREATE FUNCTION clusterseg.segment_at(model clusterseg.model, features float8[], k int) RETURNS int
	AS 'MODULE_PATHNAME', 'clusterseg_segment_at_value_array' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION clusterseg.segment_at(clusterseg.model, float8[], int) IS
	'segment at a coarser level of a tree model (hierarchical, bisecting_kmeans): the lowest id among the segments joined there, by a model value';

CREATE FUNCTION clusterseg.segment_at(model clusterseg.model, features real[], k int) RETURNS int
	AS 'MODULE_PATHNAME', 'clusterseg_segment_at_value_array' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION clusterseg.segment_at(clusterseg.model, real[], int) IS
	'segment at a coarser level of a tree model (hierarchical, bisecting_kmeans): the lowest id among the segments joined there, by a model value';

CREATE FUNCTION clusterseg.explain(model text, "row" record) RETURNS TABLE (feature text, value text, contribution float8, typical text, runner_up_typical text, reason text)
	AS 'MODULE_PATHNAME', 'clusterseg_explain_name_row' LANGUAGE C STABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION clusterseg.explain(text, record) IS
	'why a row is in its segment: the contributions of the features add up to the margin over the runner-up, by the published version of the named model';

CREATE FUNCTION clusterseg.explain(model clusterseg.model, "row" record) RETURNS TABLE (feature text, value text, contribution float8, typical text, runner_up_typical text, reason text)
	AS 'MODULE_PATHNAME', 'clusterseg_explain_value_row' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION clusterseg.explain(clusterseg.model, record) IS
	'why a row is in its segment: the contributions of the features add up to the margin over the runner-up, by a model value';

CREATE FUNCTION clusterseg.counterfactual(model text, "row" record, segment_id int) RETURNS TABLE (feature text, from_value float8, to_value float8, change float8, sufficient boolean, joint_value float8)
	AS 'MODULE_PATHNAME', 'clusterseg_counterfactual_name_row' LANGUAGE C STABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION clusterseg.counterfactual(text, record, int) IS
	'what would bring a row to the border of another segment: per feature, if it alone changed (sufficient: no third segment is nearer there), and if all moved together (joint_value), by the published version of the named model';

CREATE FUNCTION clusterseg.counterfactual(model clusterseg.model, "row" record, segment_id int) RETURNS TABLE (feature text, from_value float8, to_value float8, change float8, sufficient boolean, joint_value float8)
	AS 'MODULE_PATHNAME', 'clusterseg_counterfactual_value_row' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION clusterseg.counterfactual(clusterseg.model, record, int) IS
	'what would bring a row to the border of another segment: per feature, if it alone changed (sufficient: no third segment is nearer there), and if all moved together (joint_value), by a model value';
