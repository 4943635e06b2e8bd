-- complain if the script is sourced in psql, rather than via ALTER EXTENSION
\echo Use "ALTER EXTENSION pandelephant UPDATE TO '0.3.0'" to load this file. \quit

-- the guest, the large object and keep_columns are new; calls without them mean the
-- same as before.  No command adds a parameter, and to drop the function would lose grants on
-- it, or fail because of a view or function that calls it; so it is replaced after a
-- change of its signature in the catalog.  Operators are qualified, since those of the
-- extension's schema could fit better.

UPDATE pg_catalog.pg_proc
	SET pronargs = 12,
		proargtypes = pg_catalog.concat(proargtypes::pg_catalog.text, ' ',
			'pg_catalog.text'::pg_catalog.regtype::pg_catalog.oid, ' ',
			'pg_catalog.oid'::pg_catalog.regtype::pg_catalog.oid, ' ',
			'pg_catalog.text'::pg_catalog.regtype::pg_catalog.oid)::pg_catalog.oidvector,
		proargnames = NULL,
		pronargdefaults = 0,
		proargdefaults = NULL
	WHERE oid OPERATOR(pg_catalog.=) 'pe_attach(pg_catalog.text, pg_catalog.name,
		pg_catalog.text, pg_catalog.int8, pg_catalog.text, pg_catalog.bool,
		pg_catalog.text, pg_catalog.text, pg_catalog.text)'::pg_catalog.regprocedure::pg_catalog.oid;

CREATE OR REPLACE FUNCTION pe_attach(
		filename text DEFAULT NULL,
		schema name DEFAULT NULL,
		execution text DEFAULT NULL,
		execution_id bigint DEFAULT 1,
		description text DEFAULT NULL,
		recover boolean DEFAULT false,
		descriptor text DEFAULT NULL,
		recording text DEFAULT NULL,
		qcow text DEFAULT NULL,
		guest text DEFAULT NULL,
		large_object oid DEFAULT NULL,
		keep_columns text DEFAULT NULL)
	RETURNS name
	AS 'MODULE_PATHNAME' LANGUAGE C
	SET search_path = pg_catalog, pg_temp;

-- a file of the server into a large object, which pe_attach() takes

CREATE FUNCTION pe_store(filename text) RETURNS oid
	AS 'MODULE_PATHNAME' LANGUAGE C STRICT
	SET search_path = pg_catalog, pg_temp;

-- native tables without rows, of either layout

CREATE FUNCTION pe_native_tables(schema name, layout text DEFAULT 'partitioned')
	RETURNS name
	AS 'MODULE_PATHNAME' LANGUAGE C STRICT
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

-- the columns of calls that are kept of logs: making them, what there is, and
-- removing them

CREATE FUNCTION pe_cache(
		schema name,
		kind text DEFAULT 'all')
	RETURNS TABLE (log text, chunks bigint, bytes bigint)
	AS 'MODULE_PATHNAME' LANGUAGE C STRICT;

CREATE FUNCTION pe_cached_columns()
	RETURNS TABLE (log text, kind text, bytes bigint, made timestamptz, hits bigint)
	AS 'MODULE_PATHNAME' LANGUAGE C STRICT;

CREATE VIEW pe_cached AS
	SELECT log, kind, bytes AS size, pg_catalog.date_trunc('second', pg_catalog.now() OPERATOR(pg_catalog.-) made) AS age, hits
	FROM pe_cached_columns();
GRANT SELECT ON pe_cached TO PUBLIC;

CREATE FUNCTION pe_cache_empty() RETURNS bigint
	AS 'MODULE_PATHNAME' LANGUAGE C STRICT;
REVOKE ALL ON FUNCTION pe_cache_empty() FROM PUBLIC;

-- the trigger of the views that pe_orm_views() makes

CREATE FUNCTION pe_orm_refuse() RETURNS trigger
	AS 'MODULE_PATHNAME' LANGUAGE C;

-- many logs: a library, its logs, and what has become of their files

CREATE FUNCTION pe_library(
		schema name,
		first_execution_id bigint DEFAULT 1,
		last_execution_id bigint DEFAULT NULL)
	RETURNS name
	AS 'MODULE_PATHNAME' LANGUAGE C
	SET search_path = pg_catalog, pg_temp;

CREATE FUNCTION pe_library_add(
		schema name,
		filename text DEFAULT NULL,
		execution text DEFAULT NULL,
		execution_id bigint DEFAULT NULL,
		description text DEFAULT NULL,
		recover boolean DEFAULT false,
		descriptor text DEFAULT NULL,
		recording text DEFAULT NULL,
		qcow text DEFAULT NULL,
		guest text DEFAULT NULL,
		large_object oid DEFAULT NULL)
	RETURNS TABLE (execution_id bigint, name text, filename text, entry_count bigint, complete boolean)
	AS 'MODULE_PATHNAME' LANGUAGE C
	SET search_path = pg_catalog, pg_temp;

CREATE FUNCTION pe_library_remove(schema name, execution text, unlink boolean DEFAULT false)
	RETURNS boolean
	AS 'MODULE_PATHNAME' LANGUAGE C STRICT
	SET search_path = pg_catalog, pg_temp;

CREATE FUNCTION pe_library_remove(schema name, execution_id bigint, unlink boolean DEFAULT false)
	RETURNS boolean
	AS 'MODULE_PATHNAME', 'pe_library_remove_id' LANGUAGE C STRICT
	SET search_path = pg_catalog, pg_temp;

CREATE FUNCTION pe_library_refresh(schema name)
	RETURNS TABLE (execution_id bigint, name text, filename text, action text, error text)
	AS 'MODULE_PATHNAME' LANGUAGE C STRICT
	SET search_path = pg_catalog, pg_temp;

CREATE FUNCTION pe_materialize(
		library name,
		executions text[],
		relations text[] DEFAULT NULL)
	RETURNS TABLE (execution text, relation text, row_count bigint)
	AS 'MODULE_PATHNAME', 'pe_materialize_library' LANGUAGE C
	SET search_path = pg_catalog, pg_temp;

CREATE FUNCTION pe_library_store(schema name, executions text[])
	RETURNS TABLE (execution text, large_object oid, bytes bigint)
	AS 'MODULE_PATHNAME' LANGUAGE C
	SET search_path = pg_catalog, pg_temp;

CREATE FUNCTION pe_library_freeze(schema name, execution text) RETURNS boolean
	AS 'MODULE_PATHNAME' LANGUAGE C STRICT
	SET search_path = pg_catalog, pg_temp;

CREATE FUNCTION pe_library_server(
		schema name,
		server name,
		remote_schema name,
		first_execution_id bigint,
		last_execution_id bigint)
	RETURNS name
	AS 'MODULE_PATHNAME' LANGUAGE C STRICT
	SET search_path = pg_catalog, pg_temp;

-- the trigger of a library's tables that name files

CREATE FUNCTION pe_library_check_file() RETURNS trigger
	AS 'MODULE_PATHNAME' LANGUAGE C;

-- the search path of who asks tells which executions are meant

CREATE FUNCTION pe_execution(execution text, schema name DEFAULT NULL) RETURNS bigint
	AS 'MODULE_PATHNAME' LANGUAGE C STABLE PARALLEL SAFE;

-- what tools and \dx+ say of all of it

COMMENT ON FOREIGN DATA WRAPPER pandelephant IS 'PANDA logs (plogs), read where they lie';
COMMENT ON SERVER pandelephant IS 'the server of all foreign tables of plogs';
COMMENT ON FUNCTION pandelephant_fdw_handler() IS 'handler of the foreign data wrapper';
COMMENT ON FUNCTION pandelephant_fdw_validator(text[], oid) IS 'checks options of foreign tables of plogs';
COMMENT ON FUNCTION pe_store(text) IS 'copies a log, a file of the server, into a large object';
COMMENT ON FUNCTION pe_attach(text, name, text, bigint, text, boolean, text, text, text, text, oid, text)
	IS 'makes a schema with the foreign tables of a log';
COMMENT ON FUNCTION pe_materialize(name, name, text, text[])
	IS 'copies an execution from a schema of foreign tables into native tables';
COMMENT ON FUNCTION pe_native_tables(name, text)
	IS 'makes native tables without rows: partitioned, or plain, which Citus can distribute';
COMMENT ON FUNCTION pe_drop_execution(text, name) IS 'removes an execution from native tables';
COMMENT ON FUNCTION pe_strace(text, bigint, bigint, text[], text[], text[])
	IS 'a system call of an x86-64 Linux guest as strace prints it';
COMMENT ON FUNCTION pe_strace(text, bigint, boolean, text[], text[], text[], text)
	IS 'a system call as strace prints it, of any guest';
COMMENT ON FUNCTION pe_readable(text) IS 'bytes, as values show them, as readable text; never fails';
COMMENT ON FUNCTION pe_readable(bytea) IS 'bytes as readable text; never fails';
COMMENT ON FUNCTION pe_bigint(text) IS 'a decimal or hexadecimal number as bigint, with the same 64 bits; NULL if it is none';
COMMENT ON FUNCTION pe_bigint(jsonb) IS 'a number of a message as bigint, with the same 64 bits; NULL if it is none';
COMMENT ON FUNCTION pe_bigint(numeric) IS 'a number as bigint, with the same 64 bits; NULL if it does not fit';
COMMENT ON FUNCTION pe_hex(text) IS 'a number in hexadecimal; NULL if it is none';
COMMENT ON FUNCTION pe_hex(jsonb) IS 'a number of a message in hexadecimal; NULL if it is none';
COMMENT ON FUNCTION pe_hex(bigint) IS 'a number, as 64 bits, in hexadecimal';
COMMENT ON FUNCTION pe_hex(integer) IS 'a number in hexadecimal';
COMMENT ON FUNCTION pe_hex(numeric) IS 'a number in hexadecimal; NULL if it does not fit 64 bits';
COMMENT ON FUNCTION pe_error_name(bigint, text) IS 'the name of an error by its number, as the guest counts them';
COMMENT ON FUNCTION pe_question_views(name) IS 'makes the views that answer an analyst''s questions in a schema of relations';
COMMENT ON FUNCTION pe_cache(name, text) IS 'keeps the columns of the calls of a schema''s logs on disk';
COMMENT ON FUNCTION pe_cached_columns() IS 'the columns of logs that are kept on disk';
COMMENT ON VIEW pe_cached IS 'the columns of logs that are kept on disk';
COMMENT ON FUNCTION pe_cache_empty() IS 'removes the columns of logs that are kept on disk; how many bytes they had';
COMMENT ON FUNCTION pe_locate(regclass, bigint, bigint, bigint, bigint, bigint)
	IS 'the mapping_id of the mapping that a program counter lies in';
COMMENT ON FUNCTION pe_orm_id(bigint, bigint) IS 'the key in PANDelephant''s tables of what an execution and an id name';
COMMENT ON FUNCTION pe_orm_id(bigint, bigint, integer) IS 'the key in PANDelephant''s tables of an argument';
COMMENT ON FUNCTION pe_orm_uuid(text, bigint, bigint) IS 'the uuid in PANDelephant''s tables of what an execution and an id name';
COMMENT ON FUNCTION pe_orm_key(bigint) IS 'the execution and the id that a key of PANDelephant''s tables stands for';
COMMENT ON FUNCTION pe_orm_uuid_key(uuid) IS 'the kind, execution and id that a uuid of PANDelephant''s tables stands for';
COMMENT ON FUNCTION pe_orm_views(name, name, integer) IS 'makes views of native tables that are PANDelephant''s tables';
COMMENT ON FUNCTION pe_orm_refuse() IS 'trigger of the views of pe_orm_views(): they are not written to';
COMMENT ON FUNCTION pe_library(name, bigint, bigint) IS 'makes a library, whose tables show all logs that are registered in it';
COMMENT ON FUNCTION pe_library_add(name, text, text, bigint, text, boolean, text, text, text, text, oid)
	IS 'registers a log, or those of a directory or pattern, in a library';
COMMENT ON FUNCTION pe_library_store(name, text[]) IS 'moves the logs of executions of a library into large objects';
COMMENT ON FUNCTION pe_library_remove(name, text, boolean) IS 'removes an execution from a library';
COMMENT ON FUNCTION pe_library_remove(name, bigint, boolean) IS 'removes an execution from a library, by its id';
COMMENT ON FUNCTION pe_library_refresh(name) IS 'notes what has become of the files of a library, and adds new ones';
COMMENT ON FUNCTION pe_library_check_file() IS 'trigger of the tables of a library that name files';
COMMENT ON FUNCTION pe_execution(text, name) IS 'the execution_id of the execution of that name';
COMMENT ON FUNCTION pe_materialize(name, text[], text[]) IS 'moves executions of a library into its native tables';
COMMENT ON FUNCTION pe_library_freeze(name, text) IS 'has an execution of a library read from its log again';
COMMENT ON FUNCTION pe_library_server(name, name, name, bigint, bigint)
	IS 'makes the library of another server, with a range of ids, part of a library';
