-- :lib is the built floor.c, without suffix
CREATE FUNCTION floor_scan(regclass, int, int) RETURNS float8 AS :'lib' LANGUAGE c STRICT;
CREATE FUNCTION floor_add(float8, real[]) RETURNS float8 AS :'lib' LANGUAGE c STRICT PARALLEL SAFE;
CREATE AGGREGATE floor_sum(real[]) (sfunc = floor_add, stype = float8, initcond = '0');
CREATE FUNCTION floor_nothing(text, real[]) RETURNS int AS :'lib' LANGUAGE c STABLE STRICT;
CREATE FUNCTION floor_clock(OUT cpu float8, OUT wall float8) AS :'lib' LANGUAGE c VOLATILE;
