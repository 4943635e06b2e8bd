-- complain if the script is sourced in psql, rather than via ALTER EXTENSION
\echo Use "ALTER EXTENSION pandelephant UPDATE TO '0.3.0'" to load this file. \quit

-- what a log holds as readable text, as the number of the other columns, and in
-- hex; none of these fails on any value

CREATE FUNCTION pe_readable(bytes text) RETURNS text
	AS 'MODULE_PATHNAME' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;

CREATE FUNCTION pe_readable(bytes bytea) RETURNS text
	AS 'MODULE_PATHNAME', 'pe_readable_bytea' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;

CREATE FUNCTION pe_bigint(number text) RETURNS bigint
	AS 'MODULE_PATHNAME' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;

CREATE FUNCTION pe_bigint(number jsonb) RETURNS bigint
	AS 'MODULE_PATHNAME', 'pe_bigint_jsonb' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;

CREATE FUNCTION pe_bigint(number numeric) RETURNS bigint
	AS 'MODULE_PATHNAME', 'pe_bigint_numeric' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;

CREATE FUNCTION pe_hex(number text) RETURNS text
	AS 'MODULE_PATHNAME' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;

CREATE FUNCTION pe_hex(number jsonb) RETURNS text
	AS 'MODULE_PATHNAME', 'pe_hex_jsonb' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;

CREATE FUNCTION pe_hex(number bigint) RETURNS text
	AS 'MODULE_PATHNAME', 'pe_hex_bigint' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
