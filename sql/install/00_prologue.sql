-- clusterseg: customer segmentation and recommendation inside PostgreSQL.
-- The parts in sql/install are joined in the order of their numbers.

-- complain if the script is sourced in psql rather than via CREATE EXTENSION
\echo Use "CREATE EXTENSION clusterseg" to load this file. \quit
