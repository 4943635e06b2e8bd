-- complain if the script is sourced in psql, rather than via ALTER EXTENSION
\echo Use "ALTER EXTENSION pandelephant UPDATE TO '0.3.0'" to load this file. \quit

-- the guest is new; calls without it mean the same as before

DROP FUNCTION pe_attach(text, name, text, bigint, text, boolean, text, text, text);

CREATE FUNCTION pe_attach(
		filename text,
		schema name DEFAULT NULL,
		execution text DEFAULT NULL,
		execution_id bigint DEFAULT 1,
		description text DEFAULT NULL,
		recover boolean DEFAULT false,
		descriptor text DEFAULT NULL,
		recording text DEFAULT NULL,
		qcow text DEFAULT NULL,
		guest text DEFAULT NULL)
	RETURNS name
	AS 'MODULE_PATHNAME' LANGUAGE C
	SET search_path = pg_catalog, pg_temp;

-- a row of syscalls and its arguments, in the order of position, as strace
-- prints the call; the function without guest stays for views made before

CREATE FUNCTION pe_strace(
		name text,
		retval bigint,
		on_entry boolean,
		argument_names text[],
		argument_types text[],
		argument_values text[],
		guest text)
	RETURNS text
	AS 'MODULE_PATHNAME', 'pe_strace_of_guest' LANGUAGE C IMMUTABLE PARALLEL SAFE;

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

CREATE FUNCTION pe_hex(number integer) RETURNS text
	AS 'MODULE_PATHNAME', 'pe_hex_integer' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;

CREATE FUNCTION pe_hex(number numeric) RETURNS text
	AS 'MODULE_PATHNAME', 'pe_hex_numeric' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;

CREATE FUNCTION pe_error_name(error bigint, guest text DEFAULT NULL) RETURNS text
	AS 'MODULE_PATHNAME' LANGUAGE C IMMUTABLE PARALLEL SAFE;

-- the views of pe_attach() and pe_materialize() that a schema does not have; which
-- of them were made

CREATE FUNCTION pe_question_views(schema name) RETURNS name[]
	AS 'MODULE_PATHNAME' LANGUAGE C STRICT
	SET search_path = pg_catalog, pg_temp;

-- the mapping_id of the mapping that a pc lies in; the first argument is the table of
-- mappings, foreign or native

CREATE FUNCTION pe_locate(
		mappings regclass,
		execution_id bigint,
		process_id bigint,
		pc bigint,
		execution_offset bigint DEFAULT NULL,
		asid bigint DEFAULT NULL)
	RETURNS bigint
	AS 'MODULE_PATHNAME' LANGUAGE C STABLE PARALLEL RESTRICTED;

-- the trigger of the views that pe_orm_views() makes

CREATE FUNCTION pe_orm_refuse() RETURNS trigger
	AS 'MODULE_PATHNAME' LANGUAGE C;
