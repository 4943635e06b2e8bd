-- Joins that one pass over a log makes, and those that are left to PostgreSQL.

-- psql has \getenv from version 15 on
\set abs_srcdir `echo "$PG_ABS_SRCDIR"`
\set log :abs_srcdir '/plogs/real/w1struct.plog'
\set other :abs_srcdir '/plogs/real/w1sum.plog'
SELECT pe_attach(:'log', 'j', 'log'), pe_attach(:'other', 'k', 'other', 2);
SET search_path = j, public;
SET enable_incremental_sort = off;	-- version 16 takes it where 15 does not
SELECT count(*) > 0 AS has_catalog FROM threads;

-- A query's plan, without what the log's name and the estimates change.
CREATE FUNCTION plan(query text) RETURNS SETOF text LANGUAGE plpgsql AS $$
DECLARE
	line text;
BEGIN
	FOR line IN EXECUTE 'EXPLAIN (COSTS OFF) ' || query LOOP
		CONTINUE WHEN line ~ '^ *(Plog|Wire Form|Guest): ';
		line := regexp_replace(line, ' \(returns .*\)', '');
		RETURN NEXT regexp_replace(line, '\$0|\(InitPlan 1\)\.col1', '…', 'g');
	END LOOP;
END $$;

-- How many rows a query has, whether they are the same without scans that join, and
-- whether there was one.
CREATE FUNCTION compare(query text, OUT rows bigint, OUT same bool, OUT joined bool) LANGUAGE plpgsql AS $$
DECLARE
	digest text := 'SELECT count(*), md5(coalesce(string_agg(q::text, E''\n'' ORDER BY q::text COLLATE "C"), '''')) FROM (' || query || ') q';
	apart_rows bigint;
	apart_digest text;
	joined_digest text;
	line text;
BEGIN
	SET LOCAL pandelephant.enable_join_pushdown = off;
	EXECUTE digest INTO apart_rows, apart_digest;
	SET LOCAL pandelephant.enable_join_pushdown = on;
	EXECUTE digest INTO rows, joined_digest;
	same := rows = apart_rows AND joined_digest = apart_digest;
	joined := false;
	FOR line IN EXECUTE 'EXPLAIN (COSTS OFF) ' || digest LOOP
		joined := joined OR line ~ 'Relations:';
	END LOOP;
END $$;

--
-- Analysts' questions
--

SELECT plan('SELECT a.value, count(*) FROM syscalls s JOIN syscall_arguments a USING (execution_id, syscall_id) WHERE s.name = ''sys_openat'' AND a.name = ''filename'' GROUP BY 1 ORDER BY 2 DESC, 1 LIMIT 10');
SELECT plan('SELECT a.value, s.retval, s.execution_offset FROM processes p JOIN syscalls s USING (execution_id, process_id) JOIN syscall_arguments a USING (execution_id, syscall_id) WHERE p.process_id = 7 AND s.name = ''sys_openat'' AND a.name = ''filename'' ORDER BY s.execution_offset, s.syscall_id LIMIT 100');
SELECT plan('SELECT a.value, sum(s.retval) FROM syscalls s JOIN syscall_arguments a USING (execution_id, syscall_id) WHERE s.name = ''sys_read'' AND s.retval > 0 AND a.name = ''filename(from fd)'' GROUP BY 1 ORDER BY 2 DESC, 1 LIMIT 10');
SELECT plan('SELECT s.execution_offset, a.value FROM syscalls s JOIN syscall_arguments a USING (execution_id, syscall_id) WHERE s.name = ''sys_execve'' AND a.name = ''filename'' ORDER BY 1, 2 LIMIT 20');
SELECT plan('SELECT p.pid, s.name, count(*) FROM processes p JOIN syscalls s USING (execution_id, process_id) JOIN syscall_arguments a USING (execution_id, syscall_id) WHERE a.value = ''/etc/passwd'' GROUP BY 1, 2 ORDER BY 3 DESC, 1, 2 LIMIT 10');
SELECT plan('SELECT s.name, a.position, a.value FROM syscalls s JOIN syscall_arguments a USING (execution_id, syscall_id) WHERE s.syscall_id = (SELECT max(syscall_id) - 1000 FROM syscalls) ORDER BY 2');
SELECT plan('SELECT count(*), count(a.value) FROM syscalls s JOIN syscall_arguments a USING (execution_id, syscall_id) WHERE s.execution_offset BETWEEN 500000000 AND 510000000');

--
-- What is joined, and right
--

SELECT * FROM compare('SELECT s.*, a.* FROM syscalls s JOIN syscall_arguments a USING (execution_id, syscall_id)');
SELECT * FROM compare('SELECT s.syscall_id, s.name, a.value FROM syscalls s JOIN syscall_arguments a ON a.syscall_id = s.syscall_id WHERE s.name LIKE ''sys_%'' AND a.value <> ''0''');
SELECT * FROM compare('SELECT s.syscall_id, a.value AS path, f.value AS flags FROM syscalls s JOIN syscall_arguments a USING (syscall_id) JOIN syscall_arguments f USING (syscall_id) WHERE a.name = ''filename'' AND f.name = ''flags''');
SELECT * FROM compare('SELECT s.syscall_id, a.value AS path, f.value AS mode FROM syscalls s LEFT JOIN syscall_arguments a ON a.syscall_id = s.syscall_id AND a.name = ''filename'' LEFT JOIN syscall_arguments f ON f.syscall_id = s.syscall_id AND f.position = 3');
SELECT * FROM compare('SELECT s.syscall_id, a.value FROM syscalls s LEFT JOIN syscall_arguments a ON a.syscall_id = s.syscall_id WHERE s.syscall_id = 500');
SELECT * FROM compare('SELECT s.syscall_id, t.tid, t.names, p.pid, q.pid AS parent FROM syscalls s JOIN threads t USING (thread_id) JOIN processes p ON p.process_id = t.process_id LEFT JOIN processes q ON q.process_id = p.parent_process_id WHERE p.pid > 70');
SELECT * FROM compare('SELECT e.name, s.syscall_id FROM executions e JOIN syscalls s USING (execution_id)');
SELECT * FROM compare('SELECT l.*, t.tid, p.pid FROM threadslices l LEFT JOIN threads t USING (thread_id) JOIN processes p ON p.process_id = l.process_id');
SELECT * FROM compare('SELECT n.name, t.tid, p.pid FROM thread_names n JOIN threads t USING (thread_id) JOIN processes p USING (process_id)');
SELECT * FROM compare('SELECT syscall_id FROM syscalls s WHERE EXISTS (SELECT FROM syscall_arguments a WHERE a.syscall_id = s.syscall_id AND a.name = ''filename'')');
SELECT * FROM compare('SELECT syscall_id FROM syscalls s WHERE EXISTS (SELECT FROM syscall_arguments a WHERE a.syscall_id = s.syscall_id AND a.position >= 1)');
SELECT * FROM compare('SELECT syscall_id FROM syscalls s WHERE NOT EXISTS (SELECT FROM syscall_arguments a WHERE a.syscall_id = s.syscall_id AND a.name = ''filename'')');
SELECT * FROM compare('SELECT s.syscall_id FROM syscalls s LEFT JOIN syscall_arguments a ON a.syscall_id = s.syscall_id AND a.name = ''fd'' WHERE a.syscall_id IS NULL');
SELECT * FROM compare('SELECT syscall_id FROM syscalls WHERE process_id IN (SELECT process_id FROM processes WHERE pid BETWEEN 70 AND 80)');
SELECT * FROM compare('SELECT s.syscall_id FROM syscalls s JOIN processes p USING (process_id) WHERE p.pid = 77 AND s.retval < 0');
-- nothing can be found
SELECT * FROM compare('SELECT s.syscall_id FROM syscalls s JOIN processes p USING (process_id) WHERE p.pid = NULL');
SELECT * FROM compare('SELECT s.syscall_id FROM syscalls s JOIN processes p USING (process_id) WHERE p.pid = ANY (''{}''::bigint[])');
-- each argument of a call with each other one
SELECT * FROM compare('SELECT s.syscall_id, a.position, b.position AS other FROM syscalls s JOIN syscall_arguments a USING (syscall_id) JOIN syscall_arguments b USING (syscall_id) WHERE a.position < b.position');
-- the order is kept, so that nothing is sorted
SELECT plan('SELECT s.syscall_id, a.position, a.value FROM syscalls s JOIN syscall_arguments a USING (syscall_id) ORDER BY s.syscall_id, a.position LIMIT 5');
SELECT array_agg((syscall_id, position)::text) = array_agg((syscall_id, position)::text ORDER BY syscall_id, position) AS is_ordered
FROM (SELECT s.syscall_id, a.position FROM syscalls s JOIN syscall_arguments a USING (syscall_id) ORDER BY s.syscall_id, a.position OFFSET 0) q;

--
-- Parameters and scans that start again
--

PREPARE by_name(text, text) AS SELECT count(*), count(a.value), min(s.syscall_id) FROM syscalls s JOIN syscall_arguments a USING (execution_id, syscall_id) WHERE s.name = $1 AND a.name = $2;
EXECUTE by_name('sys_openat', 'filename');
EXECUTE by_name('sys_openat', 'flags');
EXECUTE by_name('sys_read', 'fd');
EXECUTE by_name('sys_read', NULL);
EXECUTE by_name('sys_close', 'fd');
EXECUTE by_name('sys_openat', 'filename');
EXECUTE by_name('sys_read', 'filename');
SET plan_cache_mode = force_generic_plan;
EXECUTE by_name('sys_openat', 'filename');
EXECUTE by_name(NULL, 'filename');
SELECT * FROM compare('SELECT p.pid, (SELECT count(*) FROM syscalls s JOIN syscall_arguments a USING (syscall_id) WHERE s.process_id = p.process_id AND a.name = ''filename'') FROM processes p');
SELECT * FROM compare('SELECT t.tid, (SELECT min(a.value) FROM syscalls s JOIN processes q USING (process_id) JOIN syscall_arguments a USING (syscall_id) WHERE q.pid = t.tid AND a.name = ''filename'') FROM threads t');
SELECT * FROM compare('SELECT p.pid, l.value FROM processes p CROSS JOIN LATERAL (SELECT a.value FROM syscalls s JOIN syscall_arguments a USING (syscall_id) WHERE s.process_id = p.process_id AND a.name = ''filename'' ORDER BY s.syscall_id, a.position LIMIT 3) l');
SET enable_hashjoin = off;
SET enable_mergejoin = off;
SET enable_material = off;
SELECT * FROM compare('SELECT x.n, s.syscall_id, a.value FROM generate_series(1, 3) x(n) JOIN syscalls s ON s.syscall_id % 3 = x.n % 3 JOIN syscall_arguments a USING (syscall_id) WHERE a.name = ''fd''');
RESET enable_hashjoin;
RESET enable_mergejoin;
RESET enable_material;

--
-- Parallel scans
--

SET min_parallel_table_scan_size = 0;
SET parallel_setup_cost = 0;
SET parallel_tuple_cost = 0;
SELECT plan('SELECT count(*) FROM syscalls s JOIN syscall_arguments a USING (syscall_id) JOIN processes p USING (process_id) WHERE a.name = ''fd''');
SELECT * FROM compare('SELECT s.syscall_id, a.value, p.pid FROM syscalls s JOIN syscall_arguments a USING (syscall_id) JOIN processes p USING (process_id) WHERE a.name = ''fd''');
RESET min_parallel_table_scan_size;
RESET parallel_setup_cost;
RESET parallel_tuple_cost;

--
-- What is left to PostgreSQL
--

-- other logs, or the same with other options
SELECT joined FROM compare('SELECT s.syscall_id FROM j.syscalls s JOIN k.syscall_arguments a USING (syscall_id)');
-- no reference
SELECT joined FROM compare('SELECT s.syscall_id FROM syscalls s JOIN threads t ON t.tid = s.tid');
SELECT joined FROM compare('SELECT t.tid FROM processes p JOIN threads t ON t.process_id + 0 = p.process_id');
-- whole rows and system columns
SELECT joined FROM compare('SELECT s, a.value FROM syscalls s JOIN syscall_arguments a USING (syscall_id)');
SELECT joined FROM compare('SELECT s.tableoid = ''j.syscalls''::regclass, a.value FROM syscalls s JOIN syscall_arguments a USING (syscall_id)');
-- a condition that decides on a missing row, but is not checked inside
SELECT joined FROM compare('SELECT s.syscall_id, a.value FROM syscalls s LEFT JOIN syscall_arguments a ON a.syscall_id = s.syscall_id AND a.name LIKE ''f%''');
SELECT joined FROM compare('SELECT s.syscall_id, a.value FROM syscalls s LEFT JOIN syscall_arguments a ON a.syscall_id = s.syscall_id AND s.retval > 0');
SELECT joined FROM compare('SELECT s.syscall_id, a.value FROM syscalls s FULL JOIN syscall_arguments a USING (syscall_id)');
-- volatile functions, which are called for each row of their table
SELECT plan('SELECT s.syscall_id FROM syscalls s JOIN syscall_arguments a USING (syscall_id) WHERE s.retval > random()');
-- an expression that is evaluated below an outer join
SELECT joined FROM compare('SELECT p.pid, q.n FROM processes p LEFT JOIN (SELECT t.process_id, coalesce(t.tid, -1) AS n FROM threads t) q USING (process_id)');
-- locked rows
CREATE TABLE names (name text);
INSERT INTO names VALUES ('sys_openat'), ('sys_read');
SELECT plan('SELECT s.syscall_id FROM names n JOIN syscalls s USING (name) JOIN syscall_arguments a USING (syscall_id) FOR UPDATE OF n');
SELECT plan('UPDATE names SET name = a.value FROM syscalls s JOIN syscall_arguments a USING (syscall_id) WHERE s.name = names.name');
-- security barriers
CREATE VIEW barrier WITH (security_barrier) AS SELECT * FROM syscalls WHERE process_id = 2;
SELECT plan('SELECT b.syscall_id FROM barrier b JOIN syscall_arguments a USING (syscall_id) WHERE a.name = ''fd''');
-- a table shown with other types, and domains
CREATE DOMAIN id AS bigint;
CREATE FOREIGN TABLE shown (execution_id bigint, syscall_id id, name text, pc numeric, asid text) SERVER pandelephant OPTIONS (filename :'log', relation 'syscalls', execution 'log');
SELECT joined FROM compare('SELECT c.name, a.value FROM shown c JOIN syscall_arguments a USING (syscall_id)');
ALTER FOREIGN TABLE shown ALTER syscall_id TYPE bigint;
-- the other types are joined
SELECT * FROM compare('SELECT c.name, c.pc, c.asid, a.value FROM shown c JOIN syscall_arguments a USING (syscall_id)');
-- the setting
SET pandelephant.enable_join_pushdown = off;
SELECT count(*) FROM plan('SELECT s.name, a.value FROM syscalls s JOIN syscall_arguments a USING (syscall_id)') p WHERE p ~ 'Relations:';
RESET pandelephant.enable_join_pushdown;

RESET plan_cache_mode;
RESET search_path;
SET client_min_messages = warning;
DROP SCHEMA j, k CASCADE;
