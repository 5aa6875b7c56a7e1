-- ---------------------------------------------------------------------------
-- Rights: everybody may train; row security keeps models apart
-- ---------------------------------------------------------------------------

GRANT USAGE ON SCHEMA clusterseg TO PUBLIC;
GRANT SELECT ON ALL TABLES IN SCHEMA clusterseg TO PUBLIC;
GRANT INSERT, UPDATE, DELETE ON clusterseg.models, clusterseg.versions, clusterseg._segments, clusterseg._version_segments,
	clusterseg.centroids, clusterseg._profiles, clusterseg._transitions, clusterseg.model_grants
	TO PUBLIC;
GRANT USAGE, SELECT ON SEQUENCE clusterseg.version_id_seq TO PUBLIC;

DROP FUNCTION clusterseg._secure_version_table(name, text);
