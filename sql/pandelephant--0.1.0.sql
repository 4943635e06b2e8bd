-- complain if the script is sourced in psql, rather than via CREATE EXTENSION
\echo Use "CREATE EXTENSION pandelephant" to load this file. \quit

CREATE FUNCTION pandelephant_fdw_handler() RETURNS fdw_handler
	AS 'MODULE_PATHNAME' LANGUAGE C STRICT;

CREATE FUNCTION pandelephant_fdw_validator(text[], oid) RETURNS void
	AS 'MODULE_PATHNAME' LANGUAGE C STRICT;

CREATE FOREIGN DATA WRAPPER pandelephant
	HANDLER pandelephant_fdw_handler
	VALIDATOR pandelephant_fdw_validator;

CREATE SERVER pandelephant FOREIGN DATA WRAPPER pandelephant;

-- which files may be read is checked wherever a file is named
GRANT USAGE ON FOREIGN SERVER pandelephant TO PUBLIC;
