-- The views beside the relations, and pe_locate().

-- psql has \getenv from version 15 on
\set abs_srcdir `echo "$PG_ABS_SRCDIR"`
\set w1libs :abs_srcdir '/plogs/real/w1libs.plog'
\set w1struct :abs_srcdir '/plogs/real/w1struct.plog'
\set small :abs_srcdir '/plogs/made/small.plog'
\set mips :abs_srcdir '/plogs/faults/mips.plog'
\set flows :abs_srcdir '/plogs/rules/flows.plog'
\set modules :abs_srcdir '/plogs/rules/modules.plog'
\pset format unaligned
\pset null '-'
SET client_min_messages = warning;

-- What is not the same in two schemas: rows that one of them lacks, by view.  Their
-- execution_id need not be the same.
CREATE FUNCTION pg_temp.difference(one name, other name, execution bigint, OUT view name, OUT rows bigint, OUT lacking bigint) RETURNS SETOF record LANGUAGE plpgsql AS $$
DECLARE
	columns text;
BEGIN
	FOR view IN SELECT relname FROM pg_class WHERE relnamespace = quote_ident(one)::regnamespace AND relkind = 'v' AND relname <> 'strace' ORDER BY relname COLLATE "C" LOOP
		SELECT string_agg(quote_ident(attname), ', ' ORDER BY attnum) INTO columns
		FROM pg_attribute WHERE attrelid = format('%I.%I', one, view)::regclass AND attnum > 1;
		EXECUTE format('SELECT count(*) FROM %I.%I', one, view) INTO rows;
		EXECUTE format('WITH a AS (SELECT %3$s FROM %1$I.%4$I), b AS (SELECT %3$s FROM %2$I.%4$I WHERE execution_id = $1)
			SELECT count(*) FROM ((TABLE a EXCEPT ALL TABLE b) UNION ALL (TABLE b EXCEPT ALL TABLE a)) d',
			one, other, columns, view) INTO lacking USING execution;
		RETURN NEXT;
	END LOOP;
END $$;

-- each is documented, and so are its columns that are not those of a relation
SELECT pe_attach(:'w1libs');
SELECT relname, obj_description(c.oid, 'pg_class') AS comment, count(col_description(c.oid, attnum)) AS commented, count(*) AS columns
FROM pg_class c JOIN pg_attribute a ON attrelid = c.oid AND attnum > 0
WHERE relnamespace = 'w1libs'::regnamespace AND relkind = 'v' GROUP BY c.oid, relname ORDER BY relname COLLATE "C";

-- process_tree
SELECT repeat('  ', depth) || coalesce(command_line, name) AS process, pid, instructions, calls, failed_calls AS failed, exit_code, ended
FROM w1libs.process_tree ORDER BY execution_id, path;

-- calls
SELECT thread_name, call, max_duration, path FROM w1libs.calls WHERE process_name = 'wc' AND failed ORDER BY syscall_id;
SELECT name, count(*), sum(max_duration) AS at_most FROM w1libs.calls WHERE NOT on_entry GROUP BY name ORDER BY at_most DESC LIMIT 4;
SELECT call, on_entry, max_duration FROM w1libs.calls WHERE name = 'sys_clock_nanosleep' AND tid = 88 ORDER BY syscall_id LIMIT 4;

-- files
SELECT process_name, path, opened, read_bytes, written_bytes, calls, failed_calls FROM w1libs.files
WHERE read_bytes + written_bytes > 300 ORDER BY read_bytes + written_bytes DESC, path;

-- network, and network_calls
SET search_path = w1struct, public, pg_temp;
SELECT public.pe_attach(:'w1struct');
SELECT process_name, descriptor, family, type, bound, port, connected, accepts, sent_bytes, received_bytes, closed FROM network ORDER BY socket_id;
SELECT descriptor, name, retval, direction, bytes FROM network_calls WHERE process_id = 9 AND descriptor IN (5, 6) ORDER BY socket_id, syscall_id;
RESET search_path;

-- modules
SELECT process_id, name, path, pe_hex(base_address) AS base_address, size FROM w1libs.modules WHERE process_id = 8 ORDER BY base_address LIMIT 3;
SELECT count(*) FROM w1libs.modules;

-- errors, by the guest's own names
SELECT process_name, name, error, calls FROM w1libs.errors ORDER BY calls DESC, first_execution_offset LIMIT 4;
SELECT pe_attach(:'mips');
SELECT name, error, retval, calls FROM mips.errors ORDER BY retval;

-- running: where a call says its thread, the slice is that thread's
SELECT count(*) AS calls, count(r.threadslice_id) AS in_slice, count(*) FILTER (WHERE r.thread_id = s.thread_id) AS same_thread, count(*) FILTER (WHERE r.thread_id <> s.thread_id) AS other
FROM w1libs.syscalls s JOIN w1libs.running r USING (execution_id, syscall_id);

-- conditions on a process reach the scans below
CREATE FUNCTION pg_temp.filters_of(query text) RETURNS SETOF text LANGUAGE plpgsql AS $$
DECLARE
	line text;
BEGIN
	FOR line IN EXECUTE 'EXPLAIN (COSTS OFF) ' || query LOOP
		IF line ~ 'Pushed Filter' THEN
			RETURN NEXT btrim(line);
		END IF;
	END LOOP;
END $$;
SELECT * FROM pg_temp.filters_of('SELECT max_duration FROM w1libs.calls WHERE process_id = 9');

-- over native tables they show the same, of many executions
SELECT count(*) FROM pe_materialize('w1struct', 'native');
SELECT count(*) FROM pe_materialize('w1libs', 'native');
SELECT * FROM pg_temp.difference('w1libs', 'native', 2);
SELECT * FROM pg_temp.difference('w1struct', 'native', 1);
SELECT count(*) FROM pe_materialize('w1libs', 'native', 'replace');
SELECT * FROM pg_temp.difference('w1libs', 'native', 2) WHERE lacking <> 0;
SELECT pe_orm_views('native', 'orm', 2);
SELECT pe_drop_execution('w1struct', 'native');
SELECT execution_id, count(*) FROM native.process_tree GROUP BY 1;

-- names that want to be quoted
SELECT pe_attach(:'w1libs', 'a"b;c');
SELECT pe_attach(:'w1libs', '$syscalls @pe_hex %s');
SELECT count(*) FROM "a""b;c".process_tree;
SELECT count(*) FROM "$syscalls @pe_hex %s".files;
SELECT count(*) FROM pe_materialize('a"b;c', 'na"t;ive');
SELECT count(*) FROM "na""t;ive".network;
DROP SCHEMA "a""b;c", "$syscalls @pe_hex %s", "na""t;ive" CASCADE;

-- what others have made stays, and does not count
CREATE SCHEMA shadow
	CREATE TABLE pg_class (oid oid)
	CREATE TABLE network_calls (x int);
CREATE FUNCTION shadow.left(text, int) RETURNS text LANGUAGE sql AS $$ SELECT 'not pg_catalog''s' $$;
CREATE FUNCTION shadow.pe_bigint(text) RETURNS bigint LANGUAGE sql AS $$ SELECT 1 / 0 $$;
SET search_path = shadow, public, pg_temp;
SET client_min_messages = notice;
SELECT public.pe_attach(:'small', 'shadow');
SET client_min_messages = warning;
SELECT relname FROM pg_catalog.pg_class WHERE relnamespace = 'shadow'::regnamespace AND relkind IN ('v', 'r') ORDER BY relname COLLATE "C";
SELECT count(*) FROM files;
DROP TABLE network_calls;
SELECT public.pe_question_views('shadow');
SELECT public.pe_question_views('shadow');
RESET search_path;
DROP SCHEMA shadow CASCADE;

-- a view is not made where a relation that it needs is not there, nor if it is not wanted
CREATE SCHEMA partly;
IMPORT FOREIGN SCHEMA plog LIMIT TO (executions, processes, syscalls, mappings) FROM SERVER pandelephant INTO partly OPTIONS (filename :'small');
SELECT pe_question_views('partly');
DROP VIEW partly.errors, partly.modules;
ALTER FOREIGN TABLE partly.mappings RENAME asid TO asid_or_not;
ALTER FOREIGN TABLE partly.syscalls ALTER execution_offset TYPE numeric;
SELECT pe_question_views('partly');
DROP SCHEMA partly CASCADE;
SELECT pe_question_views('nonexistent');
SET pandelephant.question_views = off;
SELECT pe_attach(:'small', 'bare');
SELECT count(*) AS views FROM pg_class WHERE relnamespace = 'bare'::regnamespace AND relkind = 'v';
SELECT count(*) FROM pe_materialize('bare', 'bare_native');
RESET pandelephant.question_views;
SELECT count(*) FROM pe_materialize('bare', 'bare_native', 'replace');
SELECT count(*) AS views FROM pg_class WHERE relnamespace = 'bare_native'::regnamespace AND relkind = 'v';
SELECT pe_question_views('bare_native');
SELECT pe_question_views('bare');
DROP SCHEMA bare, bare_native CASCADE;

-- who may read the relations may read the views; before version 15, the view's own privileges suffice
CREATE ROLE regress_reader;
GRANT USAGE ON SCHEMA native TO regress_reader;
GRANT SELECT ON ALL TABLES IN SCHEMA native TO regress_reader;
SET ROLE regress_reader;
SELECT count(*) FROM native.errors;
RESET ROLE;
SELECT current_setting('server_version_num')::int >= 150000 AS is_invoker, reloptions = '{security_invoker=true}' AS option FROM pg_class WHERE oid = 'native.errors'::regclass;

-- they belong to who owns the tables, and an ordinary role can make and drop all of it
CREATE ROLE regress_owner;
GRANT CREATE ON DATABASE :"DBNAME" TO regress_owner;
GRANT pg_read_server_files TO regress_owner;
SET ROLE regress_owner;
SELECT pe_attach(:'small', 'owned');
SELECT count(*) FROM pe_materialize('owned', 'owned_native');
SELECT count(*) FROM owned.calls JOIN owned_native.calls USING (syscall_id);
SELECT DISTINCT relowner::regrole FROM pg_class WHERE relnamespace IN ('owned'::regnamespace, 'owned_native'::regnamespace) AND relkind = 'v';
SELECT pe_drop_execution('small', 'owned_native');
DROP SCHEMA owned, owned_native CASCADE;
RESET ROLE;
DROP OWNED BY regress_owner, regress_reader;
DROP ROLE regress_owner, regress_reader;

-- pe_locate: the ends of taint flows have the places that code_points has
SELECT pe_attach(:'flows');
SELECT count(*) AS ends, count(c.mapping_id) AS placed, count(*) FILTER (WHERE l.mapping_id IS DISTINCT FROM c.mapping_id) AS differ
FROM (
	SELECT f.execution_id, f.taint_flow_id, source_thread_id AS thread_id, source_pc AS pc, source_execution_offset AS at, source_code_point_id AS code_point_id FROM flows.taint_flows f
	UNION ALL
	SELECT f.execution_id, f.taint_flow_id, sink_thread_id, sink_pc, sink_execution_offset, sink_code_point_id FROM flows.taint_flows f) f
JOIN flows.entries e ON e.execution_id = f.execution_id AND e.entry_id = f.taint_flow_id
LEFT JOIN flows.threads t ON t.execution_id = f.execution_id AND t.thread_id = f.thread_id
LEFT JOIN flows.code_points c ON c.execution_id = f.execution_id AND c.code_point_id = f.code_point_id
CROSS JOIN LATERAL (SELECT pe_locate('flows.mappings', f.execution_id, t.process_id, f.pc, f.at, e.asid) AS mapping_id) l;

-- and those of any pc are what the rule, written in SQL, says
SELECT pe_attach(:'modules');
SELECT count(*) FROM pe_materialize('modules', 'native');
CREATE FUNCTION pg_temp.place(execution bigint, process bigint, pc bigint, at bigint, its_asid bigint) RETURNS bigint LANGUAGE sql AS $$
	SELECT mapping_id FROM native.mappings
	WHERE execution_id = execution AND process_id = process AND pc >= base_address AND pc < base_address + size
	ORDER BY first_seen_execution_offset IS NULL,
		CASE WHEN at < first_seen_execution_offset THEN first_seen_execution_offset - at WHEN at > last_seen_execution_offset THEN at - last_seen_execution_offset ELSE 0 END,
		asid IS NOT DISTINCT FROM its_asid AND asid IS NOT NULL DESC, first_seen_execution_offset DESC, mapping_id DESC
	LIMIT 1
$$;
CREATE TEMPORARY TABLE asked AS
SELECT m.execution_id, m.process_id, m.base_address + step AS pc, at, n.asid
FROM (SELECT * FROM native.mappings WHERE base_address BETWEEN 0 AND 2 ^ 62 AND mapping_id % 7 = 0) m
CROSS JOIN LATERAL unnest(ARRAY[-1, 0, size / 2, size - 1, size]) step
CROSS JOIN LATERAL unnest(ARRAY[NULL, first_seen_execution_offset - 1, first_seen_execution_offset, (first_seen_execution_offset + last_seen_execution_offset) / 2, last_seen_execution_offset + 100]) at
JOIN LATERAL (SELECT m.asid UNION SELECT NULL UNION SELECT 4096) n ON true
LIMIT 30000;
SELECT count(*) > 1000 AS many, count(found) > 1000 AS found, count(*) FILTER (WHERE found IS DISTINCT FROM pg_temp.place(execution_id, process_id, pc, at, asid)) AS differ
FROM (SELECT *, pe_locate('native.mappings', execution_id, process_id, pc, at, asid) AS found FROM asked) a;
SELECT count(*) AS differ FROM asked
WHERE execution_id = 3 AND pe_locate('native.mappings', execution_id, process_id, pc, at, asid) IS DISTINCT FROM pe_locate('modules.mappings', 1, process_id, pc, at, asid);

-- in a join: the modules that calls of a process were made from
SELECT m.name, count(*) FROM w1libs.syscalls s JOIN w1libs.mappings m
	ON m.execution_id = s.execution_id AND m.mapping_id = pe_locate('w1libs.mappings', s.execution_id, s.process_id, s.pc, s.execution_offset, s.asid)
GROUP BY 1 ORDER BY 2 DESC;

-- what is not known has no place
SELECT pe_locate('native.mappings', NULL, 1, 1), pe_locate('native.mappings', 2, NULL, 1), pe_locate('native.mappings', 2, 1, NULL),
	pe_locate(NULL, 2, 1, 1), pe_locate('native.mappings', 77, 1, 1), pe_locate('native.mappings', 2, -1, 1);
SELECT pe_locate('native.threads', 2, 1, 1);
CREATE TEMPORARY TABLE one_log AS SELECT mapping_id, process_id, asid, base_address, size, first_seen_execution_offset, last_seen_execution_offset FROM w1libs.mappings;
SELECT pe_locate('one_log', 1, 1, 1);
SELECT pe_locate(1, 2, 1, 1);

-- a table that changes is read again
BEGIN;
CREATE TEMPORARY TABLE changing ON COMMIT DROP AS SELECT * FROM native.mappings LIMIT 0;
CREATE FUNCTION pg_temp.locate_twice(OUT before bigint, OUT after bigint) LANGUAGE plpgsql AS $$
BEGIN
	FOR i IN 1 .. 2 LOOP
		after := pe_locate('pg_temp.changing', 1, 1, 4100);
		IF i = 1 THEN
			before := after;
			INSERT INTO changing (execution_id, mapping_id, process_id, base_address, size) VALUES (1, 5, 1, 4096, 100);
		END IF;
	END LOOP;
END $$;
SELECT * FROM pg_temp.locate_twice();
ROLLBACK;

-- a session that takes backslashes in strings for escapes makes the same views
SET standard_conforming_strings = off;
SELECT pe_attach(:'small', 'escaping') IS NOT NULL AS attached;
RESET standard_conforming_strings;
SELECT count(*), count(*) FILTER (WHERE replace(pg_get_viewdef(oid), 'escaping.', 'native.') = pg_get_viewdef(format('native.%I', relname)::regclass)) AS same
FROM pg_class WHERE relnamespace = 'escaping'::regnamespace AND relkind = 'v' AND relname <> 'strace';
DROP SCHEMA escaping CASCADE;

-- another user is not shown what was read before
CREATE ROLE regress_pe_locate;
BEGIN;
CREATE TABLE public.guarded AS SELECT * FROM native.mappings LIMIT 0;
INSERT INTO public.guarded (execution_id, mapping_id, process_id, base_address, size) VALUES (1, 5, 1, 4096, 100);
ALTER TABLE public.guarded ENABLE ROW LEVEL SECURITY;
GRANT SELECT ON public.guarded TO regress_pe_locate;
CREATE FUNCTION pg_temp.locate_as_two(OUT owner bigint, OUT other bigint) LANGUAGE plpgsql AS $$
DECLARE
	found bigint;
BEGIN
	FOR i IN 1 .. 2 LOOP
		found := pe_locate('public.guarded', 1, 1, 4100);
		IF i = 1 THEN
			owner := found;
			SET LOCAL ROLE regress_pe_locate;
		END IF;
	END LOOP;
	other := found;
END $$;
SELECT * FROM pg_temp.locate_as_two();
ROLLBACK;
DROP ROLE regress_pe_locate;

DROP SCHEMA w1libs, w1struct, mips, flows, modules, native, orm CASCADE;
