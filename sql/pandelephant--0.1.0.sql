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

-- The functions that run generated SQL do so with a safe search_path.

CREATE FUNCTION pe_attach(
		filename text,
		schema name DEFAULT NULL,
		execution text DEFAULT NULL,
		execution_id bigint DEFAULT 1,
		description text DEFAULT NULL,
		recover boolean DEFAULT false,
		descriptor text DEFAULT NULL,
		recording text DEFAULT NULL,
		qcow text DEFAULT NULL)
	RETURNS name
	AS 'MODULE_PATHNAME' LANGUAGE C
	SET search_path = pg_catalog, pg_temp;

CREATE FUNCTION pe_materialize(
		source name,
		target name DEFAULT 'pandelephant',
		if_exists text DEFAULT 'error',
		relations text[] DEFAULT NULL)
	RETURNS TABLE (relation text, row_count bigint)
	AS 'MODULE_PATHNAME' LANGUAGE C
	SET search_path = pg_catalog, pg_temp;

CREATE FUNCTION pe_drop_execution(
		execution text,
		target name DEFAULT 'pandelephant')
	RETURNS boolean
	AS 'MODULE_PATHNAME' LANGUAGE C STRICT
	SET search_path = pg_catalog, pg_temp;

-- a row of syscalls and its arguments, in the order of position, as strace
-- prints the call
CREATE FUNCTION pe_strace(
		name text,
		retval bigint,
		pc bigint,
		argument_names text[],
		argument_types text[],
		argument_values text[])
	RETURNS text
	AS 'MODULE_PATHNAME' LANGUAGE C IMMUTABLE PARALLEL SAFE;
