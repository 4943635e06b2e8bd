-- complain if the script is sourced in psql, rather than via ALTER EXTENSION
\echo Use "ALTER EXTENSION pandelephant UPDATE TO '0.2.0'" to load this file. \quit

-- ids of one column, unique over all executions; what the first three return
-- must never change, since indexes are built on it

CREATE FUNCTION pe_orm_id(execution_id bigint, id bigint) RETURNS bigint
	AS 'MODULE_PATHNAME' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;

CREATE FUNCTION pe_orm_id(execution_id bigint, syscall_id bigint, "position" integer) RETURNS bigint
	AS 'MODULE_PATHNAME', 'pe_orm_argument_id' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;

CREATE FUNCTION pe_orm_uuid(kind text, execution_id bigint, id bigint) RETURNS uuid
	AS 'MODULE_PATHNAME' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;

-- and back again

CREATE FUNCTION pe_orm_key(orm_id bigint, OUT execution_id bigint, OUT id bigint)
	AS 'MODULE_PATHNAME' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;

CREATE FUNCTION pe_orm_uuid_key(orm_id uuid, OUT kind text, OUT execution_id bigint, OUT id bigint)
	AS 'MODULE_PATHNAME' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;

CREATE FUNCTION pe_orm_views(target name, views name, generation integer) RETURNS name
	AS 'MODULE_PATHNAME' LANGUAGE C
	SET search_path = pg_catalog, pg_temp;
