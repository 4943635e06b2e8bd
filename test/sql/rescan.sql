-- Scans that start again, stop early or run beside each other give the rows
-- that an ordinary table with the same rows would.

-- psql has \getenv from version 15 on
\set abs_srcdir `echo "$PG_ABS_SRCDIR"`
\set small :abs_srcdir '/plogs/made/small.plog'
\set chunks :abs_srcdir '/plogs/made/outgrown_chunks_64k.plog'
\set kinds :abs_srcdir '/plogs/made/all_kinds.plog'

-- these are about scans that start again in joins of PostgreSQL's
SET pandelephant.enable_join_pushdown = off;
-- The log in "far" has several chunks.  "near" has ordinary tables with the
-- rows of its foreign tables.
SELECT pe_attach(:'chunks', 'far', 'log'), pe_attach(:'small', 'small', 'log', 2), pe_attach(:'kinds', 'kinds', 'log', 3);
CREATE SCHEMA near;
DO $$
DECLARE
	relation text;
BEGIN
	FOR relation IN SELECT relname FROM pg_class WHERE relnamespace = 'far'::regnamespace AND relkind = 'f' LOOP
		EXECUTE format('CREATE TABLE near.%I AS SELECT * FROM far.%1$I', relation);
		EXECUTE format('ANALYZE near.%I', relation);
		EXECUTE format('ANALYZE far.%I', relation);
	END LOOP;
END $$;
SELECT chunk_count > 1 AS has_chunks FROM far.executions;

-- How many rows a query has on the foreign tables, whether they are those that
-- it has on ordinary ones, and whether a foreign scan was started again in a
-- nested loop.
CREATE FUNCTION compare(query text, OUT rows bigint, OUT same bool, OUT rescanned bool) LANGUAGE plpgsql AS $$
DECLARE
	digest text := 'SELECT count(*), md5(coalesce(string_agg(q::text, E''\n'' ORDER BY q::text COLLATE "C"), '''')) FROM (' || query || ') q';
	near_rows bigint;
	near_digest text;
	far_digest text;
	line text;
BEGIN
	rescanned := false;
	PERFORM set_config('search_path', 'near, public', true);
	EXECUTE digest INTO near_rows, near_digest;
	PERFORM set_config('search_path', 'far, public', true);
	EXECUTE digest INTO rows, far_digest;
	same := rows = near_rows AND far_digest = near_digest;
	FOR line IN EXECUTE 'EXPLAIN (ANALYZE, COSTS OFF, TIMING OFF, SUMMARY OFF) ' || query LOOP
		rescanned := rescanned OR coalesce(substring(line FROM 'Foreign Scan.*loops=(\d+)')::int, 0) > 1;
	END LOOP;
END $$;

-- whatever lets the planner do without a rescan
SET pandelephant.enable_join_pushdown = off;
SELECT count(set_config(name, 'off', false)) > 2 AS set FROM pg_settings
WHERE name IN ('enable_hashjoin', 'enable_mergejoin', 'enable_material', 'enable_memoize', 'enable_hashagg');

--
-- Nested loops
--

SELECT * FROM compare('SELECT t.tid, s.syscall_id, s.name FROM threads t JOIN syscalls s USING (execution_id, thread_id) WHERE t.thread_id <= 5');
SELECT * FROM compare('SELECT p.pid, t.tid, n.name FROM processes p JOIN threads t USING (process_id) JOIN thread_names n USING (thread_id)');
SELECT * FROM compare('SELECT p.pid, m.path FROM processes p LEFT JOIN mappings m ON m.process_id = p.process_id AND m.size > 4096');
SELECT * FROM compare('SELECT a.syscall_id, b.syscall_id FROM syscalls a JOIN syscalls b ON b.syscall_id = a.syscall_id + 1 WHERE a.syscall_id < 60');
SELECT * FROM compare('SELECT s.syscall_id, a.position, a.value FROM (SELECT * FROM syscalls ORDER BY syscall_id DESC LIMIT 20) s JOIN syscall_arguments a USING (syscall_id)');
SELECT * FROM compare('SELECT s.syscall_id, e.kind, e.message FROM (SELECT * FROM syscalls ORDER BY syscall_id DESC LIMIT 20) s JOIN entries e ON e.entry_id = s.syscall_id');
SELECT * FROM compare('SELECT e.entry_id, t.threadslice_id FROM entries e JOIN threadslices t ON e.execution_offset BETWEEN t.start_execution_offset AND t.end_execution_offset WHERE e.entry_id % 100 = 0');
SELECT * FROM compare('SELECT t.thread_id, s.call FROM threads t JOIN strace s USING (thread_id) WHERE t.thread_id % 7 = 0');

-- a scan of each relation, all of it or its first rows, again and again
CREATE TABLE relations AS SELECT relname::text AS relation FROM pg_class WHERE relnamespace = 'far'::regnamespace AND relkind = 'f';
SELECT relation, c.* FROM relations, compare(format('SELECT l FROM generate_series(1, 3) n, LATERAL (SELECT n, r.* FROM %s r OFFSET 0) l', relation)) c ORDER BY relation COLLATE "C";
SELECT relation, c.* FROM relations, compare(format('SELECT n, r FROM generate_series(0, 4) n, LATERAL (SELECT * FROM %s LIMIT n * n) r', relation)) c ORDER BY relation COLLATE "C";
SELECT relation, c.* FROM relations, compare(format('SELECT n, r FROM generate_series(1, 4) n LEFT JOIN LATERAL (SELECT * FROM %s OFFSET n * 300 LIMIT 2) r ON true', relation)) c ORDER BY relation COLLATE "C";

--
-- LATERAL, correlated subqueries, EXISTS
--

SELECT * FROM compare('SELECT t.thread_id, l.* FROM threads t, LATERAL (SELECT s.syscall_id, s.name FROM syscalls s WHERE s.thread_id = t.thread_id ORDER BY s.execution_offset DESC LIMIT 2) l WHERE t.thread_id % 5 = 1');
SELECT * FROM compare('SELECT t.thread_id, l.* FROM threads t LEFT JOIN LATERAL (SELECT count(*), sum(retval) FROM syscalls s WHERE s.thread_id = t.thread_id AND s.retval > 0) l ON true WHERE t.thread_id % 5 = 1');
SELECT * FROM compare('SELECT t.thread_id, l.* FROM threads t, LATERAL (SELECT s.syscall_id, a.value FROM syscalls s, LATERAL (SELECT value FROM syscall_arguments a WHERE a.syscall_id = s.syscall_id AND a.position = 0) a WHERE s.thread_id = t.thread_id LIMIT 1) l WHERE t.thread_id < 8');
SELECT * FROM compare('SELECT x, l.* FROM (VALUES (1), (NULL), (3), (1), (-1)) v(x) LEFT JOIN LATERAL (SELECT syscall_id, name FROM syscalls WHERE thread_id = v.x) l ON true');
SELECT * FROM compare('SELECT x, l.* FROM (VALUES (''syscall''), (NULL), (''asid_info''), (''''), (''syscall'')) v(x) LEFT JOIN LATERAL (SELECT count(*), max(entry_id) FROM entries WHERE kind = v.x) l ON true');
SELECT * FROM compare('SELECT x, l.* FROM (VALUES (1.0), (2.5), (3)) v(x) LEFT JOIN LATERAL (SELECT count(*) FROM syscalls WHERE thread_id = v.x) l ON true');
SELECT * FROM compare('SELECT lo, l.* FROM generate_series(0, 400000, 50000) lo LEFT JOIN LATERAL (SELECT count(*), min(syscall_id), max(syscall_id) FROM syscalls WHERE execution_offset >= lo AND execution_offset < lo + 50000) l ON true');
SELECT * FROM compare('SELECT id, l.* FROM unnest(''{0, 5, NULL, 700, 1999, -1, 100000, 5}''::bigint[]) id LEFT JOIN LATERAL (SELECT syscall_id, name FROM syscalls WHERE syscall_id = id) l ON true');
SELECT * FROM compare('SELECT ids, l.* FROM (VALUES (''{3, 4}''::bigint[]), (''{}''), (NULL), (''{4, NULL}'')) v(ids) LEFT JOIN LATERAL (SELECT entry_id FROM entries WHERE entry_id = ANY (ids)) l ON true');
SELECT * FROM compare('SELECT thread_id, (SELECT max(name) FROM syscalls s WHERE s.thread_id = t.thread_id), (SELECT count(*) FROM threadslices s WHERE s.thread_id = t.thread_id) FROM threads t WHERE thread_id % 5 = 1');
SELECT * FROM compare('SELECT thread_id FROM threads t WHERE EXISTS (SELECT FROM syscalls s WHERE s.thread_id = t.thread_id AND s.retval < 0)');
SELECT * FROM compare('SELECT thread_id FROM threads t WHERE NOT EXISTS (SELECT FROM syscalls s WHERE s.thread_id = t.thread_id AND s.name LIKE ''%read%'') AND thread_id % 5 = 1');
SELECT * FROM compare('SELECT thread_id FROM threads t WHERE thread_id + 0 NOT IN (SELECT thread_id FROM syscalls WHERE pid = t.process_id OR thread_id > 3)');
SELECT * FROM compare('SELECT pid, ARRAY(SELECT tid FROM threads t WHERE t.process_id = p.process_id) FROM processes p');
SELECT * FROM compare('SELECT name, count(*) FROM syscalls s WHERE syscall_id IN (SELECT syscall_id FROM syscall_arguments a WHERE a.argument_type = ''STRING'' AND a.syscall_id = s.syscall_id) AND syscall_id < 40 GROUP BY 1');
SELECT * FROM compare('SELECT * FROM syscalls WHERE syscall_id = (SELECT max(syscall_id) FROM syscalls WHERE retval = 0)');
SELECT * FROM compare('WITH RECURSIVE tree AS (SELECT pid, 0 AS depth FROM processes WHERE ppid NOT IN (SELECT pid FROM processes) UNION SELECT p.pid, depth + 1 FROM tree JOIN processes p ON p.ppid = tree.pid WHERE depth < 20) SELECT * FROM tree');

-- the same relation many times in a query
SELECT * FROM compare('SELECT ''a'', name FROM syscalls UNION ALL SELECT ''b'', name FROM syscalls WHERE retval = 0 UNION ALL SELECT ''c'', name FROM thread_names');
SELECT * FROM compare('SELECT name FROM syscalls WHERE retval < 0 EXCEPT SELECT name FROM syscalls WHERE retval > 0');
SELECT * FROM compare('SELECT count(*), (SELECT count(*) FROM syscalls WHERE retval = 0), (SELECT count(*) FROM entries), (SELECT count(*) FROM syscall_arguments WHERE value IS NULL) FROM syscalls');
SELECT * FROM compare('SELECT a.name, count(*) FROM syscalls a JOIN syscalls b ON a.syscall_id = b.syscall_id JOIN syscalls c ON c.syscall_id = b.syscall_id WHERE a.syscall_id < 40 AND b.syscall_id < 40 GROUP BY 1');
SELECT count(*) FROM far.syscalls f JOIN small.syscalls s ON f.syscall_id = s.syscall_id JOIN kinds.syscalls k ON k.syscall_id = s.syscall_id WHERE f.syscall_id < 60;

-- and by other plans
SELECT count(set_config(name, 'on', false)) > 2 AS set FROM pg_settings
WHERE name IN ('enable_hashjoin', 'enable_material', 'enable_memoize', 'enable_hashagg');
SELECT rows, same FROM compare('SELECT t.tid, s.syscall_id, s.name FROM threads t JOIN syscalls s USING (execution_id, thread_id)');
SELECT rows, same FROM compare('SELECT s.syscall_id, a.value FROM syscalls s LEFT JOIN syscall_arguments a USING (execution_id, syscall_id)');
SET enable_hashjoin = off;
SET enable_mergejoin = on;
SELECT rows, same FROM compare('SELECT t.tid, s.syscall_id, s.name FROM threads t JOIN syscalls s USING (execution_id, thread_id)');
SELECT rows, same FROM compare('SELECT a.syscall_id, b.name FROM syscalls a FULL JOIN syscalls b ON a.syscall_id = b.syscall_id');
RESET ALL;
SELECT count(set_config(name, CASE name WHEN 'max_parallel_workers_per_gather' THEN '2' ELSE 'on' END, false)) AS set FROM pg_settings
WHERE name IN ('force_parallel_mode', 'debug_parallel_query', 'max_parallel_workers_per_gather');
SELECT rows, same FROM compare('SELECT name, count(*), sum(retval) FROM syscalls GROUP BY 1');
SELECT rows, same FROM compare('SELECT t.thread_id, l.* FROM threads t LEFT JOIN LATERAL (SELECT count(*), sum(retval) FROM syscalls s WHERE s.thread_id = t.thread_id AND s.retval > 0) l ON true WHERE t.thread_id % 5 = 1');
RESET ALL;

--
-- Cursors
--

SET search_path = small, public;
BEGIN;
DECLARE forward CURSOR FOR SELECT entry_id, kind FROM entries;
FETCH 2 FROM forward;
MOVE 2497 IN forward;
FETCH ALL FROM forward;
FETCH forward;
SAVEPOINT before_error;
FETCH BACKWARD 1 FROM forward;
\echo :SQLSTATE
ROLLBACK TO before_error;
CLOSE forward;
DECLARE scrolling SCROLL CURSOR FOR SELECT entry_id, kind FROM entries;
FETCH 2 FROM scrolling;
FETCH BACKWARD 1 FROM scrolling;
FETCH ABSOLUTE 2500 FROM scrolling;
FETCH RELATIVE -3 FROM scrolling;
FETCH LAST FROM scrolling;
FETCH FIRST FROM scrolling;
FETCH ABSOLUTE -6 FROM scrolling;
MOVE ABSOLUTE 0 IN scrolling;
FETCH NEXT FROM scrolling;
CLOSE scrolling;
DECLARE one CURSOR FOR SELECT entry_id FROM entries;
DECLARE two CURSOR FOR SELECT entry_id FROM entries;
FETCH 1 FROM one;
MOVE 10 IN two;
FETCH 1 FROM two;
FETCH 1 FROM one;
DECLARE other CURSOR FOR SELECT entry_id FROM entries;
FETCH 1 FROM other;
SELECT count(*) FROM entries;
FETCH 1 FROM two;
DELETE FROM entries WHERE CURRENT OF one;
\echo :SQLSTATE
ROLLBACK;
BEGIN;
DECLARE held CURSOR WITH HOLD FOR SELECT count(*) OVER (), entry_id FROM entries;
COMMIT;
FETCH 1 FROM held;
CLOSE held;

-- a query inside a scan, and one that is left half way
CREATE FUNCTION public.calls_of(thread bigint) RETURNS bigint LANGUAGE plpgsql AS $$
BEGIN
	RETURN (SELECT count(*) FROM small.syscalls WHERE thread_id = thread);
END $$;
SELECT sum(calls_of(thread_id)) FROM threads;
DO $$
DECLARE
	call record;
BEGIN
	FOR call IN SELECT syscall_id FROM small.syscalls LOOP
		EXIT WHEN call.syscall_id > 20;
	END LOOP;
	BEGIN
		PERFORM 1 / (syscall_id - 20) FROM small.syscalls;
	EXCEPTION WHEN division_by_zero THEN
		RAISE NOTICE 'divided by zero';
	END;
	RAISE NOTICE '% calls', (SELECT count(*) FROM small.syscalls);
END $$;

-- stopping early
SELECT entry_id FROM entries LIMIT 1;
SELECT entry_id FROM entries OFFSET 2504 LIMIT 5;
SELECT entry_id FROM entries OFFSET 5000;
SELECT entry_id FROM entries LIMIT 0;
SELECT EXISTS (SELECT FROM syscalls WHERE retval < 0), EXISTS (SELECT FROM syscalls WHERE pid = -1);

--
-- What can, and cannot, be done with a foreign table
--

-- it is a partition
CREATE TABLE public.all_calls (execution_id bigint, syscall_id bigint, name text) PARTITION BY LIST (execution_id);
CREATE FOREIGN TABLE public.small_calls PARTITION OF all_calls FOR VALUES IN (2) SERVER pandelephant OPTIONS (filename :'small', relation 'syscalls', execution_id '2');
CREATE FOREIGN TABLE public.kind_calls (name text, syscall_id bigint, execution_id bigint) SERVER pandelephant OPTIONS (filename :'kinds', relation 'syscalls', execution_id '3');
ALTER TABLE all_calls ATTACH PARTITION kind_calls FOR VALUES IN (3);
CREATE TABLE public.own_calls PARTITION OF all_calls DEFAULT;
INSERT INTO all_calls VALUES (4, 1, 'sys_own');
SELECT execution_id, count(*), min(tableoid::regclass::text) FROM all_calls GROUP BY 1 ORDER BY 1;
SELECT count(*) FROM all_calls WHERE execution_id = 3;
EXPLAIN (COSTS OFF) SELECT FROM all_calls WHERE execution_id = 4;
SELECT execution_id, syscall_id, name FROM all_calls WHERE syscall_id = 1 ORDER BY 1;
SELECT v.x, count(c.syscall_id) FROM (VALUES (2), (3), (4), (5)) v(x) LEFT JOIN LATERAL (SELECT * FROM all_calls c WHERE c.execution_id = v.x) c ON true GROUP BY 1 ORDER BY 1;
INSERT INTO all_calls VALUES (2, 1, 'sys_own');
\echo :SQLSTATE
UPDATE all_calls SET name = 'x' WHERE execution_id = 2;
\echo :SQLSTATE
ANALYZE all_calls;
CREATE TABLE public.parent (execution_id bigint, name text);
ALTER TABLE all_calls DETACH PARTITION small_calls;
ALTER FOREIGN TABLE small_calls INHERIT parent;
SELECT count(*) FROM parent;
SET client_min_messages = warning;
DROP TABLE all_calls, parent CASCADE;
RESET client_min_messages;

-- a view with a barrier keeps what it hides from functions that tell
CREATE FUNCTION public.tell(text) RETURNS bool LANGUAGE plpgsql COST 0.0000001 AS $$
BEGIN
	RAISE NOTICE 'told %', $1;
	RETURN true;
END $$;
CREATE VIEW public.some_names WITH (security_barrier) AS SELECT * FROM thread_names WHERE thread_name_id <= 2;
SELECT thread_name_id FROM some_names WHERE tell(name);
SELECT count(*) FROM some_names WHERE thread_name_id > 1;
DROP VIEW some_names;

-- it is read in a transaction that only reads, locked, and copied
BEGIN READ ONLY;
SELECT count(*) FROM threads;
COMMIT;
SELECT thread_id FROM threads WHERE thread_id < 3 FOR UPDATE;
SELECT t.thread_id, n.name FROM threads t JOIN thread_names n USING (thread_id) WHERE t.thread_id < 3 ORDER BY 1, 2 FOR SHARE OF t;
COPY (SELECT thread_id, tid FROM threads ORDER BY 1 LIMIT 2) TO STDOUT;
CREATE MATERIALIZED VIEW public.kept AS SELECT * FROM threads;
SELECT count(*) FROM kept;
DROP MATERIALIZED VIEW kept;

-- it is not written, sampled or indexed
INSERT INTO threads VALUES (1, 1);
\echo :SQLSTATE
UPDATE threads SET tid = 1;
\echo :SQLSTATE
DELETE FROM threads WHERE tid = 1;
\echo :SQLSTATE
COPY threads FROM STDIN;
\.
\echo :SQLSTATE
SELECT * FROM threads TABLESAMPLE SYSTEM (10);
\echo :SQLSTATE
\set VERBOSITY sqlstate
CREATE INDEX ON threads (tid);
\set VERBOSITY default
SELECT count(*) FROM threads;

RESET search_path;
SET client_min_messages = warning;
DROP SCHEMA far, near, small, kinds CASCADE;
DROP TABLE relations;
DROP FUNCTION compare, calls_of, tell;
