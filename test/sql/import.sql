-- IMPORT FOREIGN SCHEMA

-- psql has \getenv from version 15 on
\set abs_srcdir `echo "$PG_ABS_SRCDIR"`
\set small :abs_srcdir '/plogs/made/small.plog'
\set killed :abs_srcdir '/plogs/made/killed_64k.plog'

CREATE SCHEMA imported;
SET search_path = imported;

-- The tables that there are, and their options without the file's directory.
CREATE VIEW made AS
	SELECT relname AS table, regexp_replace(array_to_string(ftoptions, ', '), 'filename=[^,]*/', 'filename=') AS options
	FROM pg_foreign_table JOIN pg_class ON oid = ftrelid
	WHERE relnamespace = 'imported'::regnamespace ORDER BY 1;
CREATE FUNCTION drop_all() RETURNS void LANGUAGE plpgsql AS $$
DECLARE
	command text;
BEGIN
	FOR command IN SELECT format('DROP FOREIGN TABLE imported.%I', "table") FROM made LOOP
		EXECUTE command;
	END LOOP;
END $$;

-- all of them
IMPORT FOREIGN SCHEMA plog FROM SERVER pandelephant INTO imported OPTIONS (filename :'small');
TABLE made;
SELECT relname AS table, attname AS column, format_type(atttypid, atttypmod) AS type
FROM pg_attribute JOIN pg_class ON oid = attrelid
WHERE relnamespace = 'imported'::regnamespace AND relkind = 'f' AND attnum > 0
ORDER BY relname, attnum;
SELECT name, entry_count, complete FROM executions;
SELECT count(*) FROM syscalls;

-- a table may be renamed
ALTER FOREIGN TABLE syscalls RENAME TO "the ""calls""";
SELECT count(*) FROM "the ""calls""";

-- twice is an error, and nothing is half done
SELECT drop_all();
CREATE TABLE mappings ();
IMPORT FOREIGN SCHEMA plog FROM SERVER pandelephant INTO imported OPTIONS (filename :'small');
\echo :SQLSTATE
TABLE made;
DROP TABLE mappings;

-- some of them
IMPORT FOREIGN SCHEMA plog LIMIT TO (threads, syscalls) FROM SERVER pandelephant INTO imported OPTIONS (filename :'small');
TABLE made;
SELECT count(*) FROM threads;
SELECT drop_all();
IMPORT FOREIGN SCHEMA plog EXCEPT (executions, processes, threads, thread_names, threadslices, strace, entries, recordings) FROM SERVER pandelephant INTO imported OPTIONS (filename :'small');
TABLE made;
SELECT drop_all();

-- misspelt names
IMPORT FOREIGN SCHEMA plog LIMIT TO (syscalls, thread) FROM SERVER pandelephant INTO imported OPTIONS (filename :'small');
\echo :SQLSTATE
IMPORT FOREIGN SCHEMA plog EXCEPT (entry) FROM SERVER pandelephant INTO imported OPTIONS (filename :'small');
\echo :SQLSTATE
IMPORT FOREIGN SCHEMA plog LIMIT TO ("Threads") FROM SERVER pandelephant INTO imported OPTIONS (filename :'small');
IMPORT FOREIGN SCHEMA plogs FROM SERVER pandelephant INTO imported OPTIONS (filename :'small');
\echo :SQLSTATE
IMPORT FOREIGN SCHEMA public FROM SERVER pandelephant INTO imported OPTIONS (filename :'small');
TABLE made;

-- options, all of which are passed on
IMPORT FOREIGN SCHEMA plog LIMIT TO (executions, entries) FROM SERVER pandelephant INTO imported OPTIONS (
	filename :'small', execution 'it''s', execution_id '12', description 'a \backslash, "quotes" and é', recover 'off', recording '/w1', qcow '/x.qcow');
TABLE made;
SELECT execution_id, name, description FROM executions;
SELECT DISTINCT execution_id FROM entries;
SELECT drop_all();
IMPORT FOREIGN SCHEMA plog LIMIT TO (executions) FROM SERVER pandelephant INTO imported OPTIONS (execution_id '3');
\echo :SQLSTATE
IMPORT FOREIGN SCHEMA plog FROM SERVER pandelephant INTO imported;
IMPORT FOREIGN SCHEMA plog FROM SERVER pandelephant INTO imported OPTIONS (filename :'small', executon 'x');
\echo :SQLSTATE
IMPORT FOREIGN SCHEMA plog FROM SERVER pandelephant INTO imported OPTIONS (filename :'small', execution_id 'x');
IMPORT FOREIGN SCHEMA plog FROM SERVER pandelephant INTO imported OPTIONS (filename :'small', relation 'threads');
\echo :SQLSTATE
IMPORT FOREIGN SCHEMA plog FROM SERVER pandelephant INTO imported OPTIONS (filename :'small', column_name 'pid');
\echo :SQLSTATE
TABLE made;

-- a log that cannot be read is noticed now
IMPORT FOREIGN SCHEMA plog FROM SERVER pandelephant INTO imported OPTIONS (filename '/nonexistent/missing.plog');
\echo :SQLSTATE
IMPORT FOREIGN SCHEMA plog FROM SERVER pandelephant INTO imported OPTIONS (filename '/');
\echo :SQLSTATE
\set VERBOSITY sqlstate
IMPORT FOREIGN SCHEMA plog FROM SERVER pandelephant INTO imported OPTIONS (filename :'killed');
\set VERBOSITY default
TABLE made;
SET client_min_messages = error;
IMPORT FOREIGN SCHEMA plog LIMIT TO (executions) FROM SERVER pandelephant INTO imported OPTIONS (filename :'killed', recover 'on');
TABLE made;
SELECT name, complete FROM executions;

DROP SCHEMA imported CASCADE;
