-- A library: one set of tables for all logs that are registered in it.  What its
-- tables hold is tested by test/t/048_library.pl.

-- psql has \getenv from version 15 on
\set abs_srcdir `echo "$PG_ABS_SRCDIR"`
\set small :abs_srcdir '/plogs/made/small.plog'
\set kinds :abs_srcdir '/plogs/made/all_kinds.plog'
\set sum :abs_srcdir '/plogs/real/w1sum.plog'
SET max_parallel_workers_per_gather = 0;

SELECT pe_library('lab');
SELECT execution_id, name, entry_count, complete FROM pe_library_add('lab', :'small');
SELECT execution_id, name, entry_count, complete FROM pe_library_add('lab', :'kinds', execution => 'taint', description => 'all kinds');
SELECT execution_id, name, entry_count, complete FROM pe_library_add('lab', :'sum', execution_id => 70, guest => 'x86_64');
SELECT execution_id, name, description, chunk_count, entry_count, complete, guest FROM lab.executions ORDER BY 1;
SELECT execution_id, count(*) FROM lab.syscalls GROUP BY 1 ORDER BY 1;

-- what there is
SELECT n.nspname, c.relname, c.relkind FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
WHERE n.nspname LIKE 'lab%' AND c.relkind NOT IN ('i', 'S', 't') ORDER BY 1, 2;
SELECT ftoptions FROM pg_foreign_table WHERE ftrelid = 'lab_cold.syscalls'::regclass;

-- shapes of plans
EXPLAIN (COSTS OFF) SELECT * FROM lab.syscalls WHERE execution_id = 1;
EXPLAIN (COSTS OFF) SELECT * FROM lab.threads WHERE execution_id IN (1, 70);
EXPLAIN (COSTS OFF) SELECT * FROM lab.syscalls ORDER BY execution_id, syscall_id;
EXPLAIN (COSTS OFF) SELECT * FROM lab.syscalls WHERE execution_id = 1 ORDER BY syscall_id;
EXPLAIN (COSTS OFF) SELECT * FROM lab.syscalls ORDER BY syscall_id;
EXPLAIN (COSTS OFF) SELECT * FROM lab.syscalls WHERE execution_id = pe_execution('taint', 'lab');

-- which logs are opened
CREATE FUNCTION logs_of(query text) RETURNS TABLE (line text) LANGUAGE plpgsql AS $$
BEGIN
	FOR line IN EXECUTE 'EXPLAIN (ANALYZE, COSTS OFF, TIMING OFF, SUMMARY OFF) ' || query LOOP
		IF line ~ 'Logs' THEN
			line := btrim(line);
			RETURN NEXT;
		END IF;
	END LOOP;
END $$;
SELECT * FROM logs_of('SELECT * FROM lab.syscalls');
SELECT * FROM logs_of('SELECT * FROM lab.syscalls WHERE execution_id = 70');
SELECT * FROM logs_of('SELECT * FROM lab.processes WHERE execution_id > 1 AND execution_id < 70');
SELECT * FROM logs_of('SELECT * FROM lab.syscalls WHERE execution_id > 1 AND execution_id IN (1, 70)');
SELECT * FROM logs_of('SELECT * FROM lab.syscalls WHERE execution_id = (SELECT execution_id FROM lab.executions WHERE name = ''taint'')');
SELECT * FROM logs_of('SELECT * FROM lab.syscalls WHERE name = ''no such call''');
PREPARE calls(bigint) AS SELECT count(*) FROM lab.syscalls WHERE execution_id = $1;
SET plan_cache_mode = force_generic_plan;
EXECUTE calls(1);
EXECUTE calls(2);
EXECUTE calls(3);
EXECUTE calls(NULL);
SELECT * FROM logs_of('EXECUTE calls(70)');
RESET plan_cache_mode;

-- names
SELECT pe_execution('taint', 'lab');
SELECT pe_execution('tain', 'lab');
SET search_path = lab, public;
SELECT pe_execution('taint'), pe_execution(NULL);
RESET search_path;
SELECT pe_execution('taint');

-- native tables
SELECT * FROM pe_materialize('lab', executions => ARRAY['small', 'taint']) WHERE row_count > 0;
SELECT execution_id, name, native FROM lab.logs ORDER BY 1;
SELECT * FROM logs_of('SELECT * FROM lab.syscalls');
SELECT execution_id, count(*) FROM lab.syscalls GROUP BY 1 ORDER BY 1;
SELECT execution_id, count(*) FROM lab.strace GROUP BY 1 ORDER BY 1;
SELECT pe_library_freeze('lab', 'taint'), pe_library_freeze('lab', 'w1sum');
SELECT pe_library_freeze('lab', 'no such');
SELECT pe_library_remove('lab', 'small'), pe_library_remove('lab', 70), pe_library_remove('lab', 71);
SELECT execution_id, count(*) FROM lab.syscalls GROUP BY 1 ORDER BY 1;

-- a range of ids
SELECT pe_library('far', 1000, 1001);
SELECT execution_id FROM pe_library_add('far', :'small');
\set VERBOSITY sqlstate
SELECT execution_id FROM pe_library_add('far', :'sum', execution_id => 5);
\set VERBOSITY default
SELECT pe_library('far');
SELECT pe_library('lab_cold');

SET client_min_messages = warning;
DROP SCHEMA lab, lab_cold, lab_native, far, far_cold CASCADE;
DROP FUNCTION logs_of;
