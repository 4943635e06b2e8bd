-- pe_orm_views(), and the ids of its views.  What the views hold is tested with
-- whole logs in test/t.

-- psql has \getenv from version 15 on
\set abs_srcdir `echo "$PG_ABS_SRCDIR"`
\set small :abs_srcdir '/plogs/made/small.plog'
\set kernel :abs_srcdir '/plogs/edges/pc_kernel.plog'
\set absent :abs_srcdir '/plogs/rules/absent.plog'
\set SHOW_CONTEXT never
SET client_min_messages = warning;

CREATE SCHEMA orm_test;
SET search_path = orm_test, public;

--
-- Ids
--

SELECT pe_orm_id(1, 0), pe_orm_id(1, 42), pe_orm_id(2, 42), pe_orm_id(8388608, 1099511627775);
SELECT pe_orm_id(1, 3, 0), pe_orm_id(1, 3, 2), pe_orm_id(2, 3, 2), pe_orm_id(8388608, 4294967295, 255);
SELECT kind, pe_orm_uuid(kind, 2, 42)
FROM unnest('{executions,processes,threads,mappings,virtual_addresses,code_points,taint_flows,threadslices,syscalls}'::text[]) AS kind;
SELECT pe_orm_uuid('threads', 281474976710655, 4611686018427387903);
SELECT pe_orm_id(NULL, 1), pe_orm_id(1, NULL, 1), pe_orm_uuid('threads', 1, NULL), pe_orm_key(NULL), pe_orm_uuid_key(NULL);

-- and back
SELECT count(*), bool_and(e = key.execution_id AND i = key.id) AS same
FROM unnest('{1,2,4711,8388608}'::bigint[]) AS e, unnest('{0,1,255,4294967296,1099511627775}'::bigint[]) AS i,
	pe_orm_key(pe_orm_id(e, i)) AS key;
SELECT count(*), bool_and(e = key.execution_id AND s = key.id / 256 AND p = key.id % 256) AS same
FROM unnest('{1,2,8388608}'::bigint[]) AS e, unnest('{0,1,4294967295}'::bigint[]) AS s, unnest('{0,1,255}'::int[]) AS p,
	pe_orm_key(pe_orm_id(e, s, p)) AS key;
SELECT count(*), bool_and(key.kind = k AND e = key.execution_id AND i = key.id) AS same
FROM unnest('{executions,threads,syscalls}'::text[]) AS k, unnest('{1,2,281474976710655}'::bigint[]) AS e,
	unnest('{0,1,4294967296,4611686018427387903}'::bigint[]) AS i, pe_orm_uuid_key(pe_orm_uuid(k, e, i)) AS key;
SELECT * FROM pe_orm_key(1099511627818);
SELECT * FROM pe_orm_uuid_key('00000000-0002-8009-8000-00000000002a');

-- what has no id
SELECT pe_orm_id(0, 1);
\echo :SQLSTATE
SELECT pe_orm_id(8388609, 1);
SELECT pe_orm_id(-1, 1);
SELECT pe_orm_id(1, -1);
SELECT pe_orm_id(1, 1099511627776);
SELECT pe_orm_id(1, 4294967296, 0);
SELECT pe_orm_id(1, 1, 256);
SELECT pe_orm_id(1, 1, -1);
SELECT pe_orm_uuid('threads', 281474976710656, 1);
SELECT pe_orm_uuid('threads', 1, 4611686018427387904);
SELECT pe_orm_uuid('thread', 1, 1);
\echo :SQLSTATE
SELECT pe_orm_key(-1);
\echo :SQLSTATE
SELECT pe_orm_uuid_key('00000000-0002-4009-8000-00000000002a');
\echo :SQLSTATE
SELECT pe_orm_uuid_key('00000000-0002-8000-8000-00000000002a');
SELECT pe_orm_uuid_key('00000000-0002-80ff-8000-00000000002a');
SELECT pe_orm_uuid_key('00000000-0002-8009-c000-00000000002a');

--
-- Views
--

-- parameters
SELECT pe_orm_views('nowhere', 'views', 1);
\echo :SQLSTATE
SELECT pe_attach(:'small');
SELECT count(*) FROM pe_materialize('small', 'native');
SELECT pe_orm_views('native', 'views', 3);
\echo :SQLSTATE
SELECT pe_orm_views(NULL, 'views', 1);
\echo :SQLSTATE
SELECT pe_orm_views('native', NULL, 1);
SELECT pe_orm_views('native', 'views', NULL);
SELECT count(*) AS schemas FROM pg_namespace WHERE nspname = 'views';

-- what there is, in both generations
CREATE VIEW shape AS
	SELECT relname AS view, string_agg(attname || ' ' || format_type(atttypid, atttypmod), ', ' ORDER BY attnum) AS columns
	FROM pg_attribute JOIN pg_class ON oid = attrelid
	WHERE relnamespace = to_regnamespace('views') AND relkind = 'v' AND attnum > 0
	GROUP BY relname ORDER BY relname;
CREATE VIEW labels AS
	SELECT string_agg(enumlabel, ', ' ORDER BY enumsortorder) AS labels
	FROM pg_enum JOIN pg_type t ON t.oid = enumtypid WHERE typname = 'argtype' AND typnamespace = to_regnamespace('views');
\t \a
SELECT pe_orm_views('native', 'views', 1);
TABLE shape;
TABLE labels;

-- made again, they stay what they are; those of the other generation go
GRANT SELECT ON views.threads TO PUBLIC;
CREATE VIEW mine AS SELECT * FROM views.threads;
SELECT pe_orm_views('native', 'views', 1);
SELECT relacl IS NOT NULL AS still_granted FROM pg_class WHERE oid = 'views.threads'::regclass;
SELECT count(*) > 0 AS some FROM mine;
SELECT pe_orm_views('native', 'views', 2);
\echo :SQLSTATE
DROP VIEW mine;
SELECT pe_orm_views('native', 'views', 2);
TABLE shape;
TABLE labels;
SELECT pe_orm_views('native', 'views', 2);
\t \a

-- nothing of others is touched
SELECT pe_orm_views('native', 'native', 1);
\echo :SQLSTATE
CREATE SCHEMA "other's";
CREATE VIEW "other's".codepoints AS SELECT 1 AS one;
SELECT pe_orm_views('native', 'other''s', 2);
DROP VIEW "other's".codepoints;
CREATE TYPE "other's".argtype AS ENUM ('STRING');
SELECT pe_orm_views('native', 'other''s', 1);
DROP TYPE "other's".argtype;
CREATE MATERIALIZED VIEW "other's".threads AS SELECT 1 AS one;
COMMENT ON MATERIALIZED VIEW "other's".threads IS 'PANDelephant''s ORM, generation 1 (made by pe_orm_views)';
SELECT pe_orm_views('native', 'other''s', 1);
DROP MATERIALIZED VIEW "other's".threads;
CREATE TABLE "other's".notes (note text);
SELECT pe_orm_views('native', 'other''s', 1);
SELECT count(*) FROM "other's".threads;
DROP SCHEMA "other's" CASCADE;

-- names that want to be quoted, and a hostile search_path
SELECT pe_attach(:'kernel');
SELECT count(*) FROM pe_materialize('pc_kernel', 'it''s "$threads" @threads(1)');
SELECT pe_orm_views('it''s "$threads" @threads(1)', '$1'', "#(x)', 2);
SELECT thread_id, pc FROM "$1', ""#(x)".syscalls;
CREATE FUNCTION orm_test.pe_orm_id(bigint, bigint) RETURNS bigint LANGUAGE sql AS 'SELECT 0::bigint';
SELECT pe_orm_views('it''s "$threads" @threads(1)', '$1'', "#(x)', 1);
SELECT thread_id, pe_orm_id(1, 1) AS hostile FROM "$1', ""#(x)".syscalls;
DROP FUNCTION orm_test.pe_orm_id(bigint, bigint);
DROP SCHEMA "$1', ""#(x)", "it's ""$threads"" @threads(1)", pc_kernel CASCADE;

-- NOT NULL where the log lacks everything; a call of an unknown thread has one
SELECT pe_attach(:'absent');
SELECT count(*) FROM pe_materialize('absent', 'native');
SELECT pe_orm_views('native', 'views1', 1);
SELECT name, thread_id, execution_offset FROM views1.syscalls WHERE thread_id = pe_orm_id(2, 0);
SELECT t.*, p.pid, p.ppid FROM views1.threads t JOIN views1.processes p USING (process_id) WHERE thread_id = pe_orm_id(2, 0);
SELECT type, create_time, pid, ppid FROM views.processes WHERE process_id = pe_orm_uuid('processes', 2, 0);
SELECT type, create_time, tid FROM views.threads WHERE thread_id = pe_orm_uuid('threads', 2, 0);
SELECT count(*) FROM views.threads WHERE thread_id = pe_orm_uuid('threads', 1, 0);
SELECT name, pc, execution_offset FROM views.syscalls ORDER BY syscall_id DESC LIMIT 3;

--
-- Indexes
--

-- How many rows of a view an id finds, and whether every partition is searched
-- by an index on the id.
CREATE FUNCTION lookup(view text, "column" text, id text, OUT rows bigint, OUT by_index boolean) LANGUAGE plpgsql AS $$
DECLARE
	line text;
	scans int := 0;
	indexed int := 0;
BEGIN
	EXECUTE format('SELECT count(*) FROM %s WHERE %I = %L', view, "column", id) INTO rows;
	FOR line IN EXECUTE format('EXPLAIN (COSTS OFF) SELECT * FROM %s WHERE %I = %L', view, "column", id) LOOP
		scans := scans + (line ~ 'Scan.* on \w+_[0-9]+\M' AND line !~ 'syscalls_\d+ s_\d+$')::int;
		indexed := indexed + (line ~ 'Index Cond: \(pe_orm_(id|uuid)\(')::int;
	END LOOP;
	by_index := scans = indexed AND scans = 2;
END $$;
SET enable_seqscan = off;
SET enable_bitmapscan = off;
SELECT view, "column", (lookup(view, "column", pe_orm_id(1, CASE "column" WHEN 'syscall_argument_id' THEN 5 * 256 ELSE 5 END)::text)).*
FROM (VALUES ('views1.processes', 'process_id'), ('views1.threads', 'thread_id'), ('views1.threads', 'process_id'),
	('views1.thread_names', 'id'), ('views1.thread_names', 'thread_id'),
	('views1.threadslice', 'threadslice_id'), ('views1.threadslice', 'thread_id'),
	('views1.mappings', 'mapping_id'), ('views1.mappings', 'process_id'), ('views1.mappings', 'base_id'),
	('views1.codepoints', 'code_point_id'), ('views1.codepoints', 'mapping_id'), ('views1.taint_flows', 'taint_flow_id'),
	('views1.virtual_addresses', 'address_id'), ('views1.syscalls', 'syscall_id'), ('views1.syscalls', 'thread_id'),
	('views1.syscall_arguments', 'syscall_id'), ('views1.syscall_arguments', 'syscall_argument_id'),
	('views.thread_names', 'id')) AS ids (view, "column");
SELECT view, "column", (lookup(view, "column", pe_orm_uuid(kind, 1, 5)::text)).*
FROM (VALUES ('views.processes', 'process_id', 'processes'), ('views.threads', 'thread_id', 'threads'),
	('views.threads', 'process_id', 'processes'), ('views.thread_names', 'thread_id', 'threads'),
	('views.threadslice', 'threadslice_id', 'threadslices'), ('views.threadslice', 'thread_id', 'threads'),
	('views.mappings', 'mapping_id', 'mappings'), ('views.mappings', 'process_id', 'processes'),
	('views.mappings', 'base_id', 'virtual_addresses'), ('views.virtual_addresses', 'address_id', 'virtual_addresses'),
	('views.code_points', 'code_point_id', 'code_points'), ('views.code_points', 'mapping_id', 'mappings'),
	('views.taint_flows', 'taint_flow_id', 'taint_flows'),
	('views.syscalls', 'syscall_id', 'syscalls'), ('views.syscalls', 'thread_id', 'threads'),
	('views.syscall_arguments', 'syscall_id', 'syscalls')) AS ids (view, "column", kind);
EXPLAIN (COSTS OFF) SELECT name FROM views.executions WHERE execution_id = pe_orm_uuid('executions', 1, 1);
EXPLAIN (COSTS OFF) SELECT name FROM views1.executions WHERE execution_id = 1;

-- joins, too
SET enable_hashjoin = off;
SET enable_mergejoin = off;
EXPLAIN (COSTS OFF)
SELECT a.value FROM views1.syscalls s JOIN views1.syscall_arguments a USING (syscall_id)
WHERE s.thread_id = 5;
RESET enable_hashjoin;
RESET enable_mergejoin;

-- executions come and go under the views; new ones are indexed as well
SELECT pe_drop_execution('absent', 'native');
SELECT pe_attach(:'kernel');
SELECT count(*) FROM pe_materialize('pc_kernel', 'native');
SELECT count(*) FROM pe_materialize('small', 'native', 'replace');
SELECT name FROM views.executions ORDER BY name;
SELECT partition.relname, count(*) FILTER (WHERE indexdef.text ~ 'pe_orm') AS indexes, bool_and(inh.inhparent IS NOT NULL) FILTER (WHERE indexdef.text ~ 'pe_orm') AS attached
FROM pg_class partition JOIN pg_index i ON i.indrelid = partition.oid
	LEFT JOIN pg_inherits inh ON inh.inhrelid = i.indexrelid, pg_get_indexdef(i.indexrelid) AS indexdef (text)
WHERE partition.relnamespace = 'native'::regnamespace AND partition.relname ~ '_[13]$'
GROUP BY 1 ORDER BY 1;
SELECT * FROM lookup('views.syscalls', 'syscall_id', pe_orm_uuid('syscalls', 1, 5)::text);
-- their names tell that they were made when the partitions were still aside
SELECT count(*) AS indexes, count(*) FILTER (WHERE relname ~ '_1_new_') AS made_aside
FROM pg_class WHERE relnamespace = 'native'::regnamespace AND relkind = 'i' AND relname ~ '_1_.*pe_orm';

-- a user's own index is made before others wait for it, too
CREATE UNIQUE INDEX "my ""USING""" ON native.syscalls (execution_id, syscall_id) INCLUDE (name) WHERE retval < 0;
SELECT count(*) FROM pe_materialize('pc_kernel', 'native', 'replace');
SELECT regexp_replace(pg_get_indexdef(inhrelid), ' INDEX \w+ ', ' INDEX ') FROM pg_inherits WHERE inhparent = 'native."my ""USING"""'::regclass ORDER BY 1;

--
-- Rights
--

CREATE ROLE regress_orm_owner;
CREATE ROLE regress_orm_reader;
SELECT current_database() AS database \gset
GRANT CREATE ON DATABASE :"database" TO regress_orm_owner;
GRANT USAGE ON SCHEMA public, small TO regress_orm_owner;
GRANT SELECT ON ALL TABLES IN SCHEMA small TO regress_orm_owner;
SET ROLE regress_orm_owner;
\set VERBOSITY sqlstate
SELECT public.pe_orm_views('native', 'owned_views', 1);
\set VERBOSITY default
SELECT count(*) FROM public.pe_materialize('small', 'owned');
SELECT public.pe_orm_views('owned', 'owned_views', 1);
GRANT USAGE ON SCHEMA owned_views TO regress_orm_reader;
GRANT SELECT ON ALL TABLES IN SCHEMA owned_views TO regress_orm_reader;
SET ROLE regress_orm_reader;
SELECT count(*) > 0 AS some FROM owned_views.syscall_arguments;
SELECT count(*) FROM owned.syscall_arguments;
\set VERBOSITY sqlstate
SELECT public.pe_orm_views('owned', 'owned_views', 1);
\set VERBOSITY default
RESET ROLE;

--
-- For reading
--

-- views that PostgreSQL would write through are refused, and those of no row
SELECT count(*), count(*) FILTER (WHERE is_updatable = 'YES') > 0 AS some_updatable,
	count(*) FILTER (WHERE is_trigger_updatable = 'YES') AS refusing
FROM information_schema.views WHERE table_schema = 'views1';
SELECT count(*) FROM native.syscalls WHERE name = 'changed' OR syscall_id = 100000;
INSERT INTO views1.syscalls (syscall_id, name) VALUES (100000, 'changed');
UPDATE views1.syscalls SET name = 'changed';
UPDATE views1.syscalls SET name = 'changed' WHERE false;
DELETE FROM views1.executions;
CREATE FUNCTION pg_temp.state_of(sql text) RETURNS text LANGUAGE plpgsql AS $$
BEGIN
	EXECUTE sql;
	RETURN '00000';
EXCEPTION WHEN OTHERS THEN
	RETURN sqlstate;
END $$;
SELECT pg_temp.state_of(format(write, table_name, column_name)) AS state, count(DISTINCT table_name) = 12 AS all_views, count(*) / count(DISTINCT table_name) AS writes
FROM (SELECT table_name, min(column_name) AS column_name FROM information_schema.columns WHERE table_schema = 'views' GROUP BY 1) t,
	(VALUES ('INSERT INTO views.%1$I DEFAULT VALUES'), ('UPDATE views.%1$I SET %2$I = NULL'), ('DELETE FROM views.%1$I')) w(write)
GROUP BY 1;
\set VERBOSITY sqlstate
COPY views.executions FROM stdin;
\N
\.
\set VERBOSITY default
SELECT count(*) FROM native.syscalls WHERE name = 'changed' OR syscall_id = 100000;
SELECT pe_orm_refuse();

DROP SCHEMA owned_views, views, views1 CASCADE;
DROP SCHEMA owned, native, small, absent, pc_kernel, orm_test CASCADE;
REVOKE ALL ON DATABASE :"database" FROM regress_orm_owner;
REVOKE ALL ON SCHEMA public FROM regress_orm_owner;
DROP ROLE regress_orm_owner, regress_orm_reader;
