-- Groups and aggregates that a scan computes, or that it takes from the catalog,
-- are those that PostgreSQL computes of the same rows.

-- psql has \getenv from version 15 on
\set abs_srcdir `echo "$PG_ABS_SRCDIR"`
\set libs :abs_srcdir '/plogs/real/w1libs.plog'
\set mips :abs_srcdir '/plogs/faults/mips.plog'

-- "near" has ordinary tables with the rows of the foreign tables in "far".
SELECT pe_attach(:'libs', 'far', 'log'), pe_attach(:'mips', 'mips', 'mips', 2);
CREATE SCHEMA near;
DO $$
DECLARE
	relation text;
BEGIN
	FOR relation IN SELECT relname FROM pg_class WHERE relnamespace = 'far'::regnamespace AND relkind = 'f' LOOP
		EXECUTE format('CREATE TABLE near.%I AS SELECT * FROM far.%1$I', relation);
		EXECUTE format('ANALYZE near.%I', relation);
	END LOOP;
END $$;

-- The plan of a query, without what depends on the log's place or PostgreSQL's version.
CREATE FUNCTION plan_of(query text) RETURNS SETOF text LANGUAGE plpgsql AS $$
DECLARE
	line text;
BEGIN
	FOR line IN EXECUTE 'EXPLAIN (COSTS OFF) ' || query LOOP
		line := regexp_replace(line, ' \(returns .*\)', '');
		line := regexp_replace(line, '\$0|\(InitPlan 1\)\.col1', '…', 'g');
		CONTINUE WHEN line ~ '(Plog|Relation|Wire Form|Guest): ';
		RETURN NEXT rtrim(line);
	END LOOP;
END $$;

CREATE FUNCTION analyze_lines(query text) RETURNS SETOF text LANGUAGE plpgsql AS $$
BEGIN
	RETURN QUERY EXECUTE 'EXPLAIN (ANALYZE, COSTS OFF, TIMING OFF, SUMMARY OFF) ' || query;
END $$;

-- Where a query is computed: in the catalog, in the scan, or above it; and whether
-- it gives what it gives without that, and of ordinary tables.
CREATE FUNCTION check_query(query text, OUT place text, OUT rows bigint, OUT same bool) LANGUAGE plpgsql AS $$
DECLARE
	digest text := 'SELECT count(*), md5(coalesce(string_agg(q::text, E''\n'' ORDER BY q::text COLLATE "C"), '''')) FROM (' || query || ') q';
	near_rows bigint;
	near_digest text;
	far_digest text;
	plain_digest text;
	line text;
BEGIN
	place := 'above';
	PERFORM set_config('search_path', 'near, public', true);
	EXECUTE digest INTO near_rows, near_digest;
	PERFORM set_config('search_path', 'far, public', true);
	EXECUTE digest INTO rows, far_digest;
	FOR line IN EXECUTE 'EXPLAIN ' || query LOOP
		place := CASE WHEN line ~ 'From Catalog: true' THEN 'catalog'
			WHEN line ~ 'Foreign Scan' AND place = 'above' THEN 'rows'
			WHEN line ~ '(Aggregate|Group)  \(cost' AND line !~ 'Finalize' THEN 'PostgreSQL'
			ELSE place END;
	END LOOP;
	PERFORM set_config('pandelephant.enable_aggregate_pushdown', 'off', true);
	EXECUTE digest INTO rows, plain_digest;
	PERFORM set_config('pandelephant.enable_aggregate_pushdown', 'on', true);
	same := rows = near_rows AND far_digest = near_digest AND plain_digest = near_digest;
END $$;

-- a catalog, so that plans know one
SELECT count(*) FROM far.threads;

--
-- Questions
--

SET search_path = far, public;
SELECT plan_of('SELECT name, count(*) FROM syscalls GROUP BY name ORDER BY 2 DESC LIMIT 10');
SELECT plan_of('SELECT name, count(*) FROM syscalls WHERE retval < 0 GROUP BY name ORDER BY 2 DESC LIMIT 10');
SELECT plan_of('SELECT p.process_id, p.pid, s.name, count(*) FROM processes p JOIN syscalls s USING (execution_id, process_id) GROUP BY 1, 2, 3 ORDER BY 4 DESC LIMIT 10');
SELECT plan_of('SELECT a.value, count(*) FROM syscalls s JOIN syscall_arguments a USING (execution_id, syscall_id) WHERE s.name = ''sys_openat'' AND a.name = ''filename'' GROUP BY 1 ORDER BY 2 DESC, 1 LIMIT 10');
SELECT plan_of('SELECT p.process_id, sum(l.end_execution_offset - l.start_execution_offset) FROM processes p JOIN threads t USING (execution_id, process_id) JOIN threadslices l USING (execution_id, thread_id) GROUP BY 1 ORDER BY 2 DESC LIMIT 10');
SELECT plan_of('SELECT s.name, a.position, a.value FROM syscalls s JOIN syscall_arguments a USING (execution_id, syscall_id) WHERE s.syscall_id = (SELECT max(syscall_id) - 1000 FROM syscalls) ORDER BY 2');
SELECT plan_of('SELECT s.process_id, s.execution_offset / 10000000, count(*) FROM syscalls s GROUP BY 1, 2 ORDER BY 3 DESC LIMIT 10');
SELECT plan_of('SELECT thread_id, sum(end_execution_offset - start_execution_offset) FROM threadslices GROUP BY 1');
SELECT plan_of('SELECT count(*) FILTER (WHERE retval > 0), max(pc) FROM syscalls WHERE name LIKE ''sys_%'' AND thread_id > 3 GROUP BY upper(name) HAVING count(*) > 10 ORDER BY 1');
RESET search_path;

--
-- From the catalog
--

CREATE TABLE queries (number int GENERATED ALWAYS AS IDENTITY, query text);
CREATE FUNCTION check_queries() RETURNS TABLE (query text, place text, rows bigint, same bool) LANGUAGE sql AS $$
	SELECT q.query, c.* FROM public.queries q, check_query(q.query) c ORDER BY q.number
$$;
INSERT INTO queries (query) VALUES
	('SELECT count(*), min(syscall_id), max(syscall_id), min(execution_offset) FROM syscalls'),
	('SELECT max(syscall_id) - 1000, count(*) * 1.0, count(*) + max(execution_offset), ''x'' FROM syscalls'),
	('SELECT count(syscall_id), count(execution_id) FROM syscalls HAVING count(*) > 3'),
	('SELECT count(*) FROM syscalls HAVING count(*) < 3'),
	('SELECT max(thread_id) % 10 FROM threads'),
	('SELECT name, count(*) FROM syscalls GROUP BY name'),
	('SELECT count(*) FROM syscalls GROUP BY name'),
	('SELECT name FROM syscalls GROUP BY name'),
	('SELECT upper(name) || ''!'', count(*) + 1 FROM syscalls GROUP BY name'),
	('SELECT thread_id, process_id, pid, tid, execution_id, name, count(*), count(DISTINCT syscall_id) FROM syscalls GROUP BY 1, 2, 3, 4, 5, 6'),
	('SELECT pid, count(*), count(name), count(thread_id), sum(tid), avg(tid), min(tid), max(process_id) FROM syscalls GROUP BY pid'),
	('SELECT thread_id % 3, lower(name), count(*) FROM syscalls GROUP BY 1, 2'),
	('SELECT name, count(*) FROM syscalls WHERE retval < 0 GROUP BY name'),
	('SELECT name, count(*) FROM syscalls WHERE retval >= 0 AND pid > 70 GROUP BY name'),
	('SELECT name, count(*) FROM syscalls WHERE retval BETWEEN -4095 AND -1 GROUP BY name'),
	('SELECT name, count(*) FROM syscalls WHERE retval < -4095 OR retval > 0 GROUP BY name'),
	('SELECT name, count(*) FROM syscalls WHERE retval IS NULL GROUP BY name'),
	('SELECT on_entry, count(*), count(retval) FROM syscalls GROUP BY 1'),
	('SELECT name, bool_or(on_entry), bool_and(on_entry), every(retval < 0), count(*) FILTER (WHERE on_entry) FROM syscalls GROUP BY 1'),
	('SELECT name, count(*) FILTER (WHERE retval < 0), sum(CASE WHEN retval < 0 THEN 1 ELSE 0 END), count(retval) FROM syscalls GROUP BY name'),
	('SELECT retval < 0, retval IS NULL, count(*) FROM syscalls GROUP BY 1, 2'),
	('SELECT name, count(*) FROM syscalls WHERE name LIKE ''sys_%e%'' GROUP BY 1 HAVING count(*) > 10'),
	('SELECT name, count(*) FROM syscalls WHERE name IN (''sys_read'', ''sys_write'', ''no'') AND thread_id = ANY (''{1,2,3,NULL}'') GROUP BY 1'),
	('SELECT count(*) FROM syscalls WHERE thread_id IS NULL'),
	('SELECT count(*), sum(thread_id) FROM syscalls WHERE thread_id = -1'),
	('SELECT name, count(*) FROM syscalls WHERE thread_id = -1 GROUP BY 1'),
	('SELECT count(*) FROM syscalls WHERE name = ''sys_read'''),
	('SELECT count(*) FROM syscalls WHERE execution_id = 1'),
	('SELECT count(*) FROM syscalls WHERE execution_id = 2'),
	('SELECT kind, count(*) FROM entries WHERE kind <> ''syscall'' GROUP BY kind HAVING count(*) > 1'),
	('SELECT min(retval), max(retval), count(retval) FROM syscalls'),
	('SELECT name, min(retval), max(retval) FROM syscalls GROUP BY name'),
	('SELECT process_id, min(retval), max(retval), count(*) FROM syscalls WHERE retval < 0 AND name LIKE ''sys_%'' GROUP BY 1'),
	('SELECT max(retval) FILTER (WHERE retval < 1), min(retval) FILTER (WHERE NOT on_entry) FROM syscalls'),
	('SELECT count(*), sum(start_execution_offset), sum(end_execution_offset), avg(end_execution_offset), count(end_execution_offset) FROM threadslices'),
	('SELECT thread_id, sum(end_execution_offset - start_execution_offset) FROM threadslices GROUP BY 1'),
	('SELECT thread_id, process_id, count(*), sum(end_execution_offset - start_execution_offset + 1) / 10 FROM threadslices GROUP BY 1, 2'),
	('SELECT process_id, avg(start_execution_offset - 7), sum(3 - end_execution_offset) FROM threadslices WHERE thread_id > 2 GROUP BY 1'),
	('SELECT thread_id IS NULL, sum(end_execution_offset) FILTER (WHERE process_id > 3) FROM threadslices GROUP BY 1'),
	('SELECT t.tid, p.pid, sum(l.end_execution_offset - l.start_execution_offset) FROM threadslices l LEFT JOIN threads t USING (thread_id) JOIN processes p ON p.process_id = l.process_id GROUP BY 1, 2');
SELECT * FROM check_queries();

-- A row is told to be logged on entry by where the guest's kernel starts.
CREATE FOREIGN TABLE as_i386 (name text, retval bigint, on_entry bool) SERVER pandelephant
	OPTIONS (filename :'libs', relation 'syscalls', guest 'i386');
SELECT on_entry, count(*), count(retval) FROM as_i386 GROUP BY 1 ORDER BY 1;
SET pandelephant.enable_aggregate_pushdown = off;
SELECT on_entry, count(*), count(retval) FROM as_i386 GROUP BY 1 ORDER BY 1;
SELECT on_entry, count(*), count(retval) FROM far.syscalls GROUP BY 1 ORDER BY 1;
RESET pandelephant.enable_aggregate_pushdown;
SELECT on_entry, count(*), count(retval) FROM far.syscalls GROUP BY 1 ORDER BY 1;
SELECT name, pid, tid, count(*), count(retval) FROM mips.syscalls GROUP BY 1, 2, 3 ORDER BY 1, 2, 3;

--
-- From rows
--

TRUNCATE queries;
INSERT INTO queries (query) VALUES
	('SELECT count(*), count(retval), sum(retval), avg(retval), min(retval), max(retval) FROM syscalls'),
	('SELECT count(*), sum(retval), avg(retval) FROM syscalls WHERE pc = 0'),
	('SELECT name, sum(retval), avg(retval), min(retval), max(pc) FROM syscalls GROUP BY 1'),
	('SELECT process_id, execution_offset / 10000000, count(*) FROM syscalls GROUP BY 1, 2'),
	('SELECT pc, asid, retval, count(*) FROM syscalls GROUP BY 1, 2, 3'),
	('SELECT thread_id, sum(end_execution_offset - start_execution_offset) FROM threadslices GROUP BY 1'),
	('SELECT thread_id, process_id, count(*), max(end_execution_offset) FROM threadslices GROUP BY 1, 2'),
	('SELECT value, count(*) FROM syscall_arguments WHERE name = ''filename'' GROUP BY 1'),
	('SELECT argument_type, position, count(value), min(position), max(position), sum(position), avg(position) FROM syscall_arguments GROUP BY 1, 2'),
	('SELECT syscall_id, count(*), bool_or(value IS NULL) FROM syscall_arguments GROUP BY 1'),
	('SELECT name, count(*) FILTER (WHERE retval > 100), count(*) FILTER (WHERE pc < 0) FROM syscalls WHERE length(name) > 8 AND retval <> 0 GROUP BY 1 HAVING count(*) > 2'),
	('SELECT retval::int2 + 0, sum(retval::int2), avg(retval::int2), min(retval::int2), max(retval::int2) FROM syscalls WHERE retval BETWEEN -9 AND 9 GROUP BY 1'),
	('SELECT execution_offset % 2 = 0, sum((retval % 1000)::int), avg((retval % 1000)::int) FROM syscalls GROUP BY 1'),
	('SELECT cardinality(names), count(*), sum(pid) FROM processes GROUP BY 1'),
	('SELECT p.process_id, (SELECT count(*) FROM syscalls s WHERE s.process_id = p.process_id AND s.retval > 3) FROM processes p'),
	('SELECT count(DISTINCT syscall_id), count(*) FROM syscalls WHERE pc > 0'),
	('SELECT name, max(syscall_id) FROM syscalls GROUP BY 1 ORDER BY 2 DESC LIMIT 3'),
	('SELECT DISTINCT count(*) FROM syscalls GROUP BY pc'),
	('SELECT name, count(*), sum(count(*)) OVER (ORDER BY name) FROM syscalls WHERE retval > 7 GROUP BY name'),
	('SELECT chunk, kind, count(*) FROM entries GROUP BY 1, 2'),
	('SELECT x.n, count(*) FROM (SELECT name AS n, retval FROM syscalls WHERE pid > 1) x WHERE x.retval > 2 GROUP BY 1 UNION ALL SELECT ''all'', count(*) FROM syscalls'),
	('SELECT pid + 0, sum(retval) FROM syscalls WHERE thread_id IN (SELECT 3) GROUP BY 1'),
	('SELECT process_id, min(retval + 0), max(retval % 7) FROM syscalls GROUP BY 1'),
	('SELECT max(retval) FILTER (WHERE retval < 2) FROM syscalls'),
	('SELECT thread_id, sum(end_execution_offset - start_execution_offset) FROM threadslices WHERE start_execution_offset > 1000000 GROUP BY 1'),
	('SELECT sum(end_execution_offset - start_execution_offset) FILTER (WHERE end_execution_offset > 0) FROM threadslices'),
	('SELECT sum(end_execution_offset / 2), sum(end_execution_offset * 2), max(end_execution_offset - start_execution_offset) FROM threadslices'),
	('SELECT sum(end_execution_offset - start_execution_offset + 4611686018427387904 - 4611686018427387904) FROM threadslices'),
	('SELECT end_execution_offset - start_execution_offset > 1000, count(*) FROM threadslices GROUP BY 1'),
	('SELECT pc / 4096, retval / 10, count(*), sum(retval / 3), min(pc / 7), count(retval / 5::bigint) FROM syscalls GROUP BY 1, 2'),
	('SELECT pc / -4096, retval / NULL, retval / 1, count(*) FILTER (WHERE retval / 10 = 0) FROM syscalls GROUP BY 1, 2, 3'),
	('SELECT position / 2, position / 2::bigint, (syscall_id / 100::int2), count(*) FROM syscall_arguments GROUP BY 1, 2, 3');
SELECT * FROM check_queries();

-- of joins
INSERT INTO queries (query) VALUES
	('SELECT p.process_id, p.pid, s.name, count(*) FROM processes p JOIN syscalls s USING (execution_id, process_id) GROUP BY 1, 2, 3'),
	('SELECT t.names, s.name, count(*) FROM threads t JOIN syscalls s USING (execution_id, thread_id) GROUP BY 1, 2'),
	('SELECT t.tid, count(*) FILTER (WHERE s.retval < 0), count(DISTINCT t.thread_id) FROM threads t JOIN syscalls s USING (execution_id, thread_id) WHERE t.tid > 70 GROUP BY 1'),
	('SELECT p.ppid, t.tid, count(*) FROM processes p JOIN threads t USING (execution_id, process_id) JOIN syscalls s USING (execution_id, thread_id) WHERE s.retval IS NOT NULL AND p.ppid <> t.tid GROUP BY 1, 2'),
	('SELECT s.name, count(p.process_id), count(*) FROM syscalls s LEFT JOIN processes p ON p.process_id = s.process_id AND p.pid > 75 GROUP BY 1'),
	('SELECT s.name, count(*) FROM syscalls s WHERE EXISTS (SELECT FROM threads t WHERE t.thread_id = s.thread_id AND t.tid > 75) GROUP BY 1'),
	('SELECT s.name, count(*) FROM syscalls s WHERE NOT EXISTS (SELECT FROM threads t WHERE t.thread_id = s.thread_id AND t.tid > 75) GROUP BY 1'),
	('SELECT a.value, count(*) FROM syscalls s JOIN syscall_arguments a USING (execution_id, syscall_id) WHERE s.name = ''sys_openat'' AND a.name = ''filename'' GROUP BY 1'),
	('SELECT a.value, sum(s.retval) FROM syscalls s JOIN syscall_arguments a USING (execution_id, syscall_id) WHERE s.name = ''sys_read'' AND s.retval > 0 AND a.name = ''filename(from fd)'' GROUP BY 1'),
	('SELECT p.pid, s.name, count(*) FROM processes p JOIN syscalls s USING (execution_id, process_id) JOIN syscall_arguments a USING (execution_id, syscall_id) WHERE a.value = ''/etc/passwd'' GROUP BY 1, 2'),
	('SELECT count(*), count(a.value), count(DISTINCT s.syscall_id) FROM syscalls s JOIN syscall_arguments a USING (execution_id, syscall_id) WHERE s.execution_offset BETWEEN 20000000 AND 40000000'),
	('SELECT count(*), count(a.value), count(s.retval) FROM syscalls s JOIN syscall_arguments a USING (execution_id, syscall_id) WHERE s.execution_offset BETWEEN 20000000 AND 40000000'),
	('SELECT s.name, count(*), count(a.syscall_id), max(a.position) FROM syscalls s LEFT JOIN syscall_arguments a ON a.syscall_id = s.syscall_id AND a.name = ''filename'' GROUP BY 1'),
	('SELECT p.process_id, sum(l.end_execution_offset - l.start_execution_offset) FROM processes p JOIN threads t USING (execution_id, process_id) JOIN threadslices l USING (execution_id, thread_id) GROUP BY 1'),
	('SELECT a.name || ''-'' || s.name, length(a.value) > 10, bool_and(s.retval > a.position), avg(s.retval + a.position) FROM syscalls s JOIN syscall_arguments a USING (execution_id, syscall_id) WHERE a.argument_type LIKE ''S%'' GROUP BY 1, 2 HAVING count(*) > 1');
SELECT * FROM check_queries() OFFSET 32;

-- the same where memory is short, and in parallel
SET work_mem = '64kB';
SELECT * FROM check_queries() WHERE NOT same;
SELECT place, rows, same FROM check_query('SELECT syscall_id / 2, pc, name, count(*), sum(retval), min(retval), max(retval), bool_or(on_entry) FROM syscalls GROUP BY 1, 2, 3');
SELECT place, rows, same FROM check_query('SELECT value, name, count(*), avg(position) FROM syscall_arguments GROUP BY 1, 2');
SET search_path = far, public;
SELECT regexp_replace(line, ' \(actual.*', '') FROM analyze_lines('SELECT syscall_id / 2, sum(retval) FROM syscalls GROUP BY 1') line WHERE line ~ 'Scan|Group|Chunks Read';
SELECT regexp_replace(line, ' \(actual.*', '') FROM analyze_lines('SELECT process_id, sum(retval) FROM syscalls GROUP BY 1') line WHERE line ~ 'Scan|Group|Chunks Read';
RESET search_path;
RESET work_mem;
SET min_parallel_table_scan_size = 0;
SET parallel_setup_cost = 0;
SET parallel_tuple_cost = 0;
SET max_parallel_workers_per_gather = 2;
SET search_path = far, public;
SELECT plan_of('SELECT name, count(*), sum(retval), avg(retval) FROM syscalls GROUP BY 1 HAVING max(retval) > 0');
SELECT plan_of('SELECT avg(position), sum(position) + 1 FROM syscall_arguments');
RESET search_path;
SELECT * FROM check_queries() WHERE NOT same;
SET parallel_leader_participation = off;
SET work_mem = '64kB';
SELECT rows, same FROM check_query('SELECT syscall_id / 2, pc, name, count(*), sum(retval), avg(retval), avg(length(name)), bool_or(on_entry) FROM syscalls GROUP BY 1, 2, 3');
RESET ALL;

--
-- What is left to PostgreSQL
--

TRUNCATE queries;
INSERT INTO queries (query) VALUES
	('SELECT name, count(*) FROM syscalls GROUP BY ROLLUP (name)'),
	('SELECT count(*) FROM syscalls GROUP BY ()'),
	('SELECT count(DISTINCT retval) FROM syscalls'),
	('SELECT count(DISTINCT position) FROM syscall_arguments'),
	('SELECT string_agg(name, '','' ORDER BY syscall_id) FROM syscalls'),
	('SELECT min(name) FROM syscalls'),
	('SELECT sum(retval / 2.0) FROM syscalls'),
	('SELECT percentile_disc(0.5) WITHIN GROUP (ORDER BY retval) FROM syscalls'),
	('SELECT retval / 2.0, count(*) FROM syscalls GROUP BY 1'),
	('SELECT names, count(*) FROM processes GROUP BY 1'),
	('SELECT count(*) FROM syscalls WHERE random() >= 0'),
	('SELECT count(*) FROM syscalls s WHERE retval > (SELECT max(tid) FROM threads t WHERE t.thread_id = s.thread_id)'),
	('SELECT count(s) FROM syscalls s'),
	('SELECT name, generate_series(1, 2), count(*) FROM syscalls GROUP BY 1, 2'),
	('SELECT name, sum(retval ORDER BY retval) FROM syscalls GROUP BY 1');
SELECT * FROM check_queries();
SELECT tableoid = 'far.syscalls'::regclass, count(*) FROM far.syscalls GROUP BY tableoid;

-- a nondeterministic collation, a domain, and other declared types
CREATE COLLATION whatever (provider = icu, locale = 'und-u-ks-level2', deterministic = false);
CREATE DOMAIN call_id AS bigint;
CREATE FOREIGN TABLE odd (name text COLLATE whatever, syscall_id call_id, pc numeric, asid text, thread_id bigint) SERVER pandelephant
	OPTIONS (filename :'libs', relation 'syscalls');
SET search_path = public;
SELECT plan_of('SELECT name, count(*) FROM odd GROUP BY 1');
SELECT plan_of('SELECT pc, count(*) FROM odd GROUP BY 1');
SELECT plan_of('SELECT asid, count(*), max(syscall_id), count(DISTINCT syscall_id) FROM odd GROUP BY 1');
SELECT count(*) FROM (SELECT pc, count(*), sum(syscall_id) FROM odd GROUP BY 1) q, (SELECT pc, count(*), sum(syscall_id) FROM near.syscalls GROUP BY 1) n
	WHERE q.count = n.count AND q.sum = n.sum AND q.pc = CASE WHEN n.pc < 0 THEN n.pc + 18446744073709551616 ELSE n.pc END;
SELECT count(DISTINCT pc) FROM near.syscalls;
SELECT asid = '0x' || to_hex(n.a), q.count = n.count FROM (SELECT asid, count(*) FROM odd GROUP BY 1) q JOIN (SELECT asid a, count(*) FROM near.syscalls GROUP BY 1) n ON asid = '0x' || to_hex(n.a) GROUP BY 1, 2;
RESET search_path;

-- a barrier keeps what it hides from functions that tell
CREATE FUNCTION tell(text) RETURNS bool LANGUAGE plpgsql COST 0.0000001 STABLE AS $$
BEGIN
	RAISE NOTICE 'told %', $1;
	RETURN true;
END $$;
CREATE VIEW some_names WITH (security_barrier) AS SELECT * FROM far.thread_names WHERE thread_name_id % 1000 = 2;
SELECT count(*), max(thread_id) FROM some_names WHERE tell(name);
SELECT thread_id > 0, count(*) FROM some_names WHERE thread_id > 0 GROUP BY 1;

--
-- Errors
--

\set VERBOSITY terse
SELECT count(*) FROM far.syscalls GROUP BY 1 / (execution_id - 1);
SELECT sum(execution_offset / (retval - retval)) FROM far.syscalls;
SELECT retval + 9223372036854775807, count(*) FROM far.syscalls WHERE retval > 0 GROUP BY 1;
SELECT sum((execution_offset * 1000)::int) FROM far.syscalls;
SELECT sum(retval::int2) FROM far.syscalls;
SELECT count(*) FILTER (WHERE 1 / retval = 0) FROM far.syscalls WHERE retval IS NOT NULL;
SELECT sum(9223372036854775807 + 0 * retval) = count(*) * 9223372036854775807::numeric, sum(-9223372036854775808 + 0 * retval) FROM far.syscalls WHERE retval IS NOT NULL AND thread_id < 3;
SELECT avg(9223372036854775807 + 0 * retval), avg(-9223372036854775808 + 0 * retval) FROM far.syscalls WHERE retval IS NOT NULL;
\set VERBOSITY default

--
-- Parameters, and scans that start again
--

SET search_path = far, public;
PREPARE failed (bigint, text) AS SELECT count(*), sum(calls), sum(failed), min(name) FROM (
	SELECT name, count(*) AS calls, count(*) FILTER (WHERE retval < 0) AS failed FROM syscalls WHERE thread_id = $1 OR name = $2 GROUP BY name) s;
EXECUTE failed (1, 'sys_fork');
EXECUTE failed (1, 'sys_fork');
EXECUTE failed (2, 'sys_execve');
EXECUTE failed (2, NULL);
EXECUTE failed (NULL, 'sys_execve');
EXECUTE failed (2, 'sys_execve');
EXECUTE failed (3, 'sys_execve');
PREPARE sums (bigint, bigint) AS SELECT process_id, execution_offset / $2 > 10, sum(retval + $1) FROM syscalls WHERE retval > $1 AND tid <> $1 GROUP BY 1, 2 ORDER BY 1, 2 LIMIT 2;
EXECUTE sums (1, 10000000);
EXECUTE sums (1, 10000000);
EXECUTE sums (100, 20000000);
EXECUTE sums (100, 20000000);
EXECUTE sums (0, 10000000);
EXECUTE sums (1, 10000000);
EXECUTE sums (1, 0);
DEALLOCATE ALL;
RESET search_path;
SET enable_hashjoin = off;
SET enable_mergejoin = off;
SET enable_material = off;
SELECT rows, same FROM check_query('SELECT t.thread_id, l.* FROM threads t LEFT JOIN LATERAL (SELECT count(*), sum(retval + t.tid) FROM syscalls s WHERE s.thread_id = t.thread_id AND s.retval > t.process_id) l ON true WHERE t.thread_id % 5 = 1');
SELECT rows, same FROM check_query('SELECT t.thread_id, l.* FROM threads t CROSS JOIN LATERAL (SELECT name, count(*) FROM syscalls s WHERE s.thread_id = t.thread_id GROUP BY 1 HAVING count(*) > t.thread_id) l WHERE t.thread_id % 5 = 1');
SELECT rows, same FROM check_query('SELECT n, l.* FROM generate_series(1, 3) n, LATERAL (SELECT n + max(syscall_id) AS m, count(*) FROM syscalls OFFSET 0) l');
RESET ALL;

-- a cursor reads groups when it wants them
BEGIN;
DECLARE groups CURSOR FOR SELECT name, sum(retval) FROM far.syscalls GROUP BY 1;
MOVE 5 IN groups;
MOVE ALL IN groups;
FETCH 1 FROM groups;
CLOSE groups;
COMMIT;

SET client_min_messages = warning;
DROP FOREIGN TABLE as_i386, odd;
DROP VIEW some_names;
DROP SCHEMA near, far, mips CASCADE;
DROP TABLE queries;
DROP FUNCTION check_queries, check_query, plan_of, analyze_lines, tell;
DROP DOMAIN call_id;
DROP COLLATION whatever;
