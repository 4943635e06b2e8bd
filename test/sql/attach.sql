-- pe_attach()

-- psql has \getenv from version 15 on
\set abs_srcdir `echo "$PG_ABS_SRCDIR"`
\set small :abs_srcdir '/plogs/made/small.plog'
\set kinds :abs_srcdir '/plogs/made/all_kinds.plog'
\set killed :abs_srcdir '/plogs/made/killed_64k.plog'
\set no_log :abs_srcdir '/plogs/real/w1-rr-nondet.log'

-- Attach under a name and drop it again; what the schema was called, and how
-- many tables it had.
CREATE FUNCTION pg_temp.try_schema(file text, schema name, OUT returned name, OUT tables bigint) LANGUAGE plpgsql AS $$
BEGIN
	returned := pe_attach(file, schema);
	SELECT count(*) INTO tables FROM pg_class JOIN pg_foreign_table ON ftrelid = oid WHERE relnamespace = (SELECT oid FROM pg_namespace WHERE nspname = returned);
	EXECUTE format('DROP SCHEMA %I CASCADE', returned);
END $$;
SET client_min_messages = warning;
\set SHOW_CONTEXT never

-- a schema of the file's name, with every relation
SELECT pe_attach(:'small');
SELECT relname FROM pg_class WHERE relnamespace = 'small'::regnamespace ORDER BY 1;
SELECT execution_id, name, description, plog = :'small' AS plog FROM small.executions;
SELECT count(*) FROM small.syscalls;
SELECT count(*) FROM small.processes;

-- whatever the caller's search_path has
SET search_path = small;
SELECT public.pe_attach(:'kinds', 'second');
SELECT relnamespace::regnamespace, count(*) FROM pg_class WHERE relkind = 'f' AND relnamespace IN ('small'::regnamespace, 'second'::regnamespace) GROUP BY 1 ORDER BY 1;
DROP SCHEMA second CASCADE;
SET search_path = '';
SELECT public.pe_attach(:'kinds', 'second');
DROP SCHEMA second CASCADE;
RESET search_path;

-- what is there already is not touched
SELECT pe_attach(:'small');
\echo :SQLSTATE
SELECT pe_attach(:'kinds', schema => 'small');
SELECT count(*) FROM small.syscalls;
DROP FOREIGN TABLE small.executions, small.processes, small.threads, small.thread_names, small.threadslices, small.syscall_arguments, small.mappings, small.strace CASCADE;
SELECT pe_attach(:'kinds', 'small');
SELECT relname FROM pg_class WHERE relnamespace = 'small'::regnamespace ORDER BY 1;
DROP SCHEMA small CASCADE;

-- an existing schema is good if it has nothing of those names, of any kind
CREATE SCHEMA mine
	CREATE TABLE calls (x int)
	CREATE VIEW notes AS SELECT * FROM calls;
SELECT pe_attach(:'small', 'mine');
SELECT relname FROM pg_class WHERE relnamespace = 'mine'::regnamespace ORDER BY 1;
SELECT count(*) FROM mine.threads;
DROP SCHEMA mine CASCADE;
CREATE SCHEMA mine;
SELECT pe_attach(:'small', 'mine');
DROP SCHEMA mine CASCADE;
CREATE SCHEMA mine
	CREATE VIEW mappings AS SELECT 1 AS one
	CREATE SEQUENCE threads
	CREATE TABLE other (processes int);
SELECT pe_attach(:'small', 'mine');
\echo :SQLSTATE
SELECT relname FROM pg_class WHERE relnamespace = 'mine'::regnamespace ORDER BY 1;
DROP SCHEMA mine CASCADE;
CREATE SCHEMA mine;
CREATE TYPE mine.syscalls AS ENUM ('one');
SELECT pe_attach(:'small', 'mine');
SELECT relname FROM pg_class WHERE relnamespace = 'mine'::regnamespace ORDER BY 1;
DROP SCHEMA mine CASCADE;

-- an error leaves no schema behind
SELECT pe_attach('/nonexistent/missing.plog');
\echo :SQLSTATE
SELECT pe_attach('/nonexistent/missing.plog', 'gone');
SELECT pe_attach('', 'gone');
\echo :SQLSTATE
SELECT pe_attach('/', 'gone');
\echo :SQLSTATE
\set VERBOSITY sqlstate
SELECT pe_attach(:'no_log', 'gone');
SELECT pe_attach(:'killed', 'gone');
SELECT pe_attach(:'small', 'pg_gone');
\set VERBOSITY default
SELECT count(*) AS schemas FROM pg_namespace WHERE nspname LIKE '%missing%' OR nspname LIKE '%gone%' OR nspname LIKE '%w1%' OR nspname = '';

-- parameters
SELECT pe_attach(NULL);
\echo :SQLSTATE
SELECT pe_attach(:'small', NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL);
SELECT execution_id, name, description, complete FROM small.executions;
DROP SCHEMA small CASCADE;
SELECT pe_attach(:'small', 'mine', 'it''s the "first"', 4711, E'two\nlines, and a \\', false, NULL, NULL, NULL);
SELECT execution_id, name, description, plog = :'small' AS plog, complete FROM mine.executions;
SELECT DISTINCT execution_id FROM mine.syscalls;
SELECT DISTINCT execution_id FROM mine.threads;
DROP SCHEMA mine CASCADE;
SELECT pe_attach(execution_id => -1, description => '', schema => 'mine', filename => :'small', execution => '');
SELECT execution_id, name, description FROM mine.executions;
SELECT ftoptions[3:] FROM pg_foreign_table WHERE ftrelid = 'mine.threads'::regclass;
DROP SCHEMA mine CASCADE;

-- a log that was not closed
SET client_min_messages = error;
SELECT pe_attach(:'killed', recover => true);
SELECT name, complete FROM killed_64k.executions;
SELECT count(*) > 0 AS some FROM killed_64k.syscalls;
SET client_min_messages = warning;
DROP SCHEMA killed_64k CASCADE;
SELECT pe_attach(:'small', recover => true);
SELECT complete FROM small.executions;
DROP SCHEMA small CASCADE;

-- other files, each of which is read when it is asked for
SELECT pe_attach(:'small', 'mine', recording => '/nonexistent/w1', qcow => '/nonexistent/disk.qcow');
SELECT ftoptions[3:] FROM pg_foreign_table WHERE ftrelid = 'mine.threads'::regclass;
SELECT file_name FROM mine.recordings;
SELECT instruction_count FROM mine.recordings;
\echo :SQLSTATE
DROP SCHEMA mine CASCADE;
SELECT pe_attach(:'small', recording => '');
\echo :SQLSTATE
SELECT pe_attach(:'small', qcow => '');
SELECT pe_attach(:'small', descriptor => '/nonexistent/plog.pb', schema => 'mine');
\echo :SQLSTATE
SELECT pe_attach(:'small', recording => 'here', schema => 'mine');
\echo :SQLSTATE
SELECT pe_attach(:'small', descriptor => '');
\echo :SQLSTATE
SELECT count(*) AS schemas FROM pg_namespace WHERE nspname = 'small';

-- all of a transaction, or nothing
BEGIN;
SELECT pe_attach(:'small');
SELECT count(*) FROM small.threads;
SAVEPOINT before_error;
SELECT pe_attach(:'small');
ROLLBACK TO before_error;
SELECT count(*) FROM small.threads;
ROLLBACK;
SELECT count(*) AS schemas FROM pg_namespace WHERE nspname = 'small';

-- names that want to be quoted
SELECT * FROM pg_temp.try_schema(:'small', 'Two Words');
SELECT * FROM pg_temp.try_schema(:'small', '"');
SELECT * FROM pg_temp.try_schema(:'small', $$'; DROP TABLE x; --$$);
SELECT * FROM pg_temp.try_schema(:'small', 'select');
SELECT * FROM pg_temp.try_schema(:'small', 'a.b');
SELECT * FROM pg_temp.try_schema(:'small', 'a\b%s%n$1');
SELECT * FROM pg_temp.try_schema(:'small', 'größe');
SELECT * FROM pg_temp.try_schema(:'small', repeat('x', 70)::name);
SELECT pe_attach(:'small', 'mine', 'x'', relation ''threads', 5, $$'); DROP SCHEMA public; --$$);
SELECT execution_id, name, description FROM mine.executions;
DROP SCHEMA mine CASCADE;

-- files' names that want to be quoted, or are longer than a name can be; they
-- are made in the data directory, and are what PANDA would have written there
CREATE FUNCTION pg_temp.attach_copy(file text, copy_name text, OUT returned name, OUT bytes int, OUT execution text, OUT file_is_plog bool, OUT calls bigint) LANGUAGE plpgsql AS $$
DECLARE
	path text := current_setting('data_directory') || '/' || copy_name;
	object oid := lo_import(file);
BEGIN
	PERFORM lo_export(object, path), lo_unlink(object);
	returned := pe_attach(path);
	bytes := octet_length(returned);
	EXECUTE format('SELECT name, plog = %L FROM %I.executions', path, returned) INTO execution, file_is_plog;
	EXECUTE format('SELECT count(*) FROM %I.syscalls', returned) INTO calls;
	EXECUTE format('DROP SCHEMA %I CASCADE', returned);
	EXECUTE format('COPY (SELECT WHERE false) TO PROGRAM %L', format('rm %s', '''' || replace(path, '''', '''\''''') || ''''));
END $$;
SELECT * FROM pg_temp.attach_copy(:'small', 'plain.plog');
SELECT * FROM pg_temp.attach_copy(:'small', 'no extension');
SELECT * FROM pg_temp.attach_copy(:'small', '.plog.plog');
SELECT * FROM pg_temp.attach_copy(:'small', 'two.plog.dots.PLOG');
SELECT * FROM pg_temp.attach_copy(:'small', $$it's "quoted"; DROP \ %s.plog$$);
SELECT * FROM pg_temp.attach_copy(:'small', repeat('x', 63) || '.plog');
SELECT * FROM pg_temp.attach_copy(:'small', repeat('x', 64) || '.plog');
SELECT returned, bytes, octet_length(execution) AS execution_bytes, calls FROM pg_temp.attach_copy(:'small', repeat('long', 30));
SELECT returned, bytes, length(execution) AS characters, calls FROM pg_temp.attach_copy(:'small', repeat('é', 40) || '.plog');
SELECT returned, bytes, length(execution) AS characters, calls FROM pg_temp.attach_copy(:'small', 'x' || repeat('é', 40) || '.plog');
SELECT returned, bytes, length(execution) AS characters, calls FROM pg_temp.attach_copy(:'small', repeat('語', 30) || '.plog');
-- this one's name is nothing but the extension
SELECT * FROM pg_temp.attach_copy(:'small', '.plog');

-- a schema that another role has made under the file's name is used only if it is named
CREATE ROLE regress_attach_other;
CREATE SCHEMA small AUTHORIZATION regress_attach_other;
SELECT pe_attach(:'small');
SELECT pe_attach(:'small', 'small');
SET client_min_messages = warning;
DROP SCHEMA small CASCADE;
RESET client_min_messages;
DROP ROLE regress_attach_other;
