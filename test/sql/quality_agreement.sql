-- adjusted_rand_index(), normalized_mutual_information(), purity(), homogeneity(), completeness(),
-- fowlkes_mallows(): how far two labels of the same rows agree.
--
-- Values: scikit-learn 1.9.1 (adjusted_rand_score, normalized_mutual_info_score, homogeneity_score,
-- completeness_score, fowlkes_mallows_score); purity by its formula, which scikit-learn does not have.
\set ECHO none
\i test/data/raises.sql
\i test/data/iris.sql
\set ECHO all
SET search_path = public, clusterseg;

-- species of iris against whole centimetres of sepal length
CREATE VIEW flowers AS SELECT floor(sepal_length)::int AS a, dense_rank() OVER (ORDER BY species)::int AS b FROM iris;
SELECT abs(adjusted_rand_index(a, b) - 0.22461882148167944) < 1e-12 AS ari,
	abs(normalized_mutual_information(a, b) - 0.33730474867725635) < 1e-12 AS nmi, abs(purity(a, b) - 0.62) < 1e-12 AS purity,
	abs(homogeneity(a, b) - 0.35704432775828576) < 1e-12 AS homogeneity, abs(completeness(a, b) - 0.31963346909216267) < 1e-12 AS completeness,
	abs(fowlkes_mallows(a, b) - 0.47596441212610524) < 1e-12 AS fowlkes_mallows
	FROM flowers;
-- sides change places: the symmetric ones stay, homogeneity and completeness change places
SELECT adjusted_rand_index(a, b) = adjusted_rand_index(b, a) AS ari, fowlkes_mallows(a, b) = fowlkes_mallows(b, a) AS fm,
	abs(normalized_mutual_information(a, b) - normalized_mutual_information(b, a)) < 1e-15 AS nmi,
	abs(homogeneity(a, b) - completeness(b, a)) < 1e-15 AS homogeneity FROM flowers;
-- the normalized mutual information is the V-measure
SELECT abs(normalized_mutual_information(a, b) - 2 * homogeneity(a, b) * completeness(a, b) / (homogeneity(a, b) + completeness(a, b))) < 1e-15 AS v
	FROM flowers;

CREATE FUNCTION agree(a int[], b int[]) RETURNS TABLE (ari numeric, nmi numeric, purity numeric, homogeneity numeric, completeness numeric, fm numeric)
	LANGUAGE sql AS $$
	SELECT round(adjusted_rand_index(x, y)::numeric, 9), round(normalized_mutual_information(x, y)::numeric, 9), round(purity(x, y)::numeric, 9),
		round(homogeneity(x, y)::numeric, 9), round(completeness(x, y)::numeric, 9), round(fowlkes_mallows(x, y)::numeric, 9)
	FROM unnest(a, b) u (x, y) $$;
-- the same groups under other names: 1, 1, 1, 1, 1, 1
SELECT * FROM agree('{0,0,1,1}', '{5,5,-7,-7}');
-- scikit-learn: 0, 0.666666667, 0.5, 0.5, 1, 0 (all pairs of a cut)
SELECT * FROM agree('{0,0,1,1}', '{0,1,2,3}');
-- 0, 0.666666667, 1, 1, 0.5, 0
SELECT * FROM agree('{0,1,2,3}', '{0,0,1,1}');
-- 0.571428571, 0.8, 1, 1, 0.666666667, 0.707106781
SELECT * FROM agree('{0,0,1,2}', '{0,0,1,1}');
-- one group on both sides: all 1; on one side: 0, 0, 0.25, 0, 1, 0
SELECT * FROM agree('{0,0,0,0}', '{0,0,0,0}');
SELECT * FROM agree('{0,0,0,0}', '{0,1,2,3}');
-- one row: 1, 1, 1, 1, 1, 0
SELECT * FROM agree('{1}', '{1}');
-- rows in which either label is NULL do not count: as the first case
SELECT * FROM agree('{0,0,1,1,NULL,2,NULL}', '{5,5,-7,-7,5,NULL,NULL}');
-- nothing to compare: NULL
SELECT * FROM agree('{}', '{}');
SELECT * FROM agree('{NULL,1}', '{1,NULL}');

-- in parts: a parallel plan counts in its workers, and says the same to the last bit
CREATE TABLE two AS SELECT i, i % 17 - 8 AS a, (i * 7919) % 23 * 1000003 AS b FROM generate_series(1, 40000) i;
CREATE FUNCTION bits(query text) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
	r text;
BEGIN
	EXECUTE 'SELECT (adjusted_rand_index(a, b), normalized_mutual_information(a, b), purity(a, b), homogeneity(a, b), completeness(a, b),
		fowlkes_mallows(a, b))::text FROM ' || query INTO r;
	RETURN r;
END
$$;
CREATE FUNCTION plan(query text) RETURNS SETOF text LANGUAGE plpgsql AS $$
BEGIN
	RETURN QUERY EXECUTE 'EXPLAIN (COSTS OFF) ' || query;
END
$$;
SET max_parallel_workers_per_gather = 0;
CREATE TABLE serial AS SELECT bits('two') AS value;
SET max_parallel_workers_per_gather = 2;
SET parallel_setup_cost = 0;
SET parallel_tuple_cost = 0;
SET min_parallel_table_scan_size = 0;
SELECT btrim(p, ' ->') AS step FROM plan('SELECT adjusted_rand_index(a, b) FROM two') p WHERE p ~ 'Aggregate|Gather' ORDER BY 1;
SELECT bits('two') = value AS in_parts, bits('(SELECT * FROM two ORDER BY i DESC) t') = value AS backwards FROM serial;
-- workers without a row of theirs
SELECT bits('two WHERE i = 1') = bits('(SELECT 3 AS a, 4 AS b) t') AS one_row, bits('two WHERE i < 0') AS none;
RESET max_parallel_workers_per_gather;

-- a window grows
SELECT i, round(adjusted_rand_index(a, b) OVER (ORDER BY i)::numeric, 6) AS so_far
	FROM (VALUES (1, 1, 1), (2, 1, 1), (3, 2, 1), (4, 2, 2)) v (i, a, b);

-- labels that are row numbers by mistake: memory is checked, not taken
SET maintenance_work_mem = '1MB';
SELECT raises($$SELECT purity(i, i) FROM generate_series(1, 200000) i$$);
SET max_parallel_workers_per_gather = 2;
SELECT split_part(raises($$SELECT purity(i, i) FROM two$$), E'\n', 1) AS in_parts;
RESET max_parallel_workers_per_gather;
RESET maintenance_work_mem;
