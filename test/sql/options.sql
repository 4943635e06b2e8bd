-- Foreign tables: their options, columns and types, and what EXPLAIN and
-- ANALYZE say of them.

-- psql has \getenv from version 15 on
\set abs_srcdir `echo "$PG_ABS_SRCDIR"`
\set kernel :abs_srcdir '/plogs/edges/pc_kernel.plog'
\set reuse :abs_srcdir '/plogs/edges/pid_reuse.plog'
\set all_kinds :abs_srcdir '/plogs/made/all_kinds.plog'

CREATE SCHEMA options;
SET search_path = options, public;

-- What EXPLAIN says of the log, without the directory that it is in.
CREATE FUNCTION plan_of(query text) RETURNS SETOF text LANGUAGE plpgsql AS $$
DECLARE
	line text;
BEGIN
	FOR line IN EXECUTE 'EXPLAIN (COSTS OFF) ' || query LOOP
		IF line ~ '(Plog|Relation): ' THEN
			RETURN NEXT regexp_replace(trim(line), 'Plog: .*/plogs/', 'Plog: ');
		END IF;
	END LOOP;
END $$;

--
-- Options
--

-- wrapper, server and user mapping have none
ALTER FOREIGN DATA WRAPPER pandelephant OPTIONS (filename '/x.plog');
\echo :SQLSTATE
CREATE SERVER other FOREIGN DATA WRAPPER pandelephant OPTIONS (filename '/x.plog');
\echo :SQLSTATE
CREATE USER MAPPING FOR CURRENT_USER SERVER pandelephant OPTIONS (password 'secret');
\echo :SQLSTATE

-- a table needs a file
CREATE FOREIGN TABLE syscalls (pid bigint) SERVER pandelephant;
\echo :SQLSTATE
CREATE FOREIGN TABLE syscalls (pid bigint) SERVER pandelephant OPTIONS (relation 'syscalls');
CREATE FOREIGN TABLE syscalls (pid bigint) SERVER pandelephant OPTIONS (filename '');
\echo :SQLSTATE

-- or a large object, which has a number
CREATE FOREIGN TABLE syscalls (pid bigint) SERVER pandelephant OPTIONS (large_object '16384x');
\echo :SQLSTATE
CREATE FOREIGN TABLE syscalls (pid bigint) SERVER pandelephant OPTIONS (large_object '0');
CREATE FOREIGN TABLE syscalls (pid bigint) SERVER pandelephant OPTIONS (large_object '4294967296');
CREATE FOREIGN TABLE syscalls (pid bigint) SERVER pandelephant OPTIONS (large_object '016384');
CREATE FOREIGN TABLE syscalls (pid bigint) SERVER pandelephant OPTIONS (large_object '1', filename '/x.plog');
\echo :SQLSTATE
CREATE FOREIGN TABLE syscalls (pid bigint) SERVER pandelephant OPTIONS (filename 'large object 1');
\echo :SQLSTATE
CREATE FOREIGN TABLE syscalls (pid bigint) SERVER pandelephant OPTIONS (large_objec '1');
CREATE FOREIGN TABLE of_none (pid bigint) SERVER pandelephant OPTIONS (large_object '4294967295', relation 'syscalls');
SELECT plan_of('SELECT * FROM of_none');
SELECT * FROM of_none;
\echo :SQLSTATE
DROP FOREIGN TABLE of_none;
SELECT pe_attach();
\echo :SQLSTATE
SELECT pe_attach('/x.plog', large_object => 1);
\echo :SQLSTATE
SELECT pe_attach(large_object => 0);
\echo :SQLSTATE

-- misspelt names
CREATE FOREIGN TABLE syscalls (pid bigint) SERVER pandelephant OPTIONS (filenam '/x.plog');
\echo :SQLSTATE
CREATE FOREIGN TABLE syscalls (pid bigint) SERVER pandelephant OPTIONS ("Filename" '/x.plog');
CREATE FOREIGN TABLE syscalls (pid bigint) SERVER pandelephant OPTIONS (filename '/x.plog', reltion 'syscalls');
CREATE FOREIGN TABLE syscalls (pid bigint) SERVER pandelephant OPTIONS (filename '/x.plog', excution 'x');
CREATE FOREIGN TABLE syscalls (pid bigint) SERVER pandelephant OPTIONS (filename '/x.plog', execution_i '1');
CREATE FOREIGN TABLE syscalls (pid bigint) SERVER pandelephant OPTIONS (filename '/x.plog', descripton 'x');
CREATE FOREIGN TABLE syscalls (pid bigint) SERVER pandelephant OPTIONS (filename '/x.plog', descripter '/x');
CREATE FOREIGN TABLE syscalls (pid bigint) SERVER pandelephant OPTIONS (filename '/x.plog', recovery 'true');
CREATE FOREIGN TABLE syscalls (pid bigint) SERVER pandelephant OPTIONS (filename '/x.plog', relation 'syscall');
\echo :SQLSTATE
CREATE FOREIGN TABLE syscalls (pid bigint) SERVER pandelephant OPTIONS (filename '/x.plog', relation 'Process');
\set VERBOSITY terse
CREATE FOREIGN TABLE syscalls (pid bigint) SERVER pandelephant OPTIONS (filename '/x.plog', relation '');
SELECT format('CREATE FOREIGN TABLE syscalls (pid bigint) SERVER pandelephant OPTIONS (filename ''/x.plog'', %s ''x'')', repeat('option', 10)) \gexec
\set VERBOSITY default

-- an option of tables is none of columns, and the other way round
CREATE FOREIGN TABLE syscalls (pid bigint) SERVER pandelephant OPTIONS (filename '/x.plog', column_name 'pid');
CREATE FOREIGN TABLE syscalls (pid bigint OPTIONS (filename '/x.plog')) SERVER pandelephant OPTIONS (filename '/x.plog');
CREATE FOREIGN TABLE syscalls (pid bigint OPTIONS (colum_name 'tid')) SERVER pandelephant OPTIONS (filename '/x.plog');
\echo :SQLSTATE
CREATE FOREIGN TABLE syscalls (pid bigint OPTIONS (column_name 'thread_idd')) SERVER pandelephant OPTIONS (filename '/x.plog');
\echo :SQLSTATE

-- values
CREATE FOREIGN TABLE syscalls (pid bigint) SERVER pandelephant OPTIONS (filename '/x.plog', execution_id 'one');
\echo :SQLSTATE
CREATE FOREIGN TABLE syscalls (pid bigint) SERVER pandelephant OPTIONS (filename '/x.plog', execution_id '9223372036854775808');
CREATE FOREIGN TABLE syscalls (pid bigint) SERVER pandelephant OPTIONS (filename '/x.plog', recover 'perhaps');
CREATE FOREIGN TABLE syscalls (pid bigint) SERVER pandelephant OPTIONS (filename '/x.plog', descriptor '');
CREATE FOREIGN TABLE syscalls (pid bigint) SERVER pandelephant OPTIONS (filename '/x.plog', recording '');
CREATE FOREIGN TABLE syscalls (pid bigint) SERVER pandelephant OPTIONS (filename '/x.plog', qcow '');
SELECT count(*) AS tables_made FROM pg_class WHERE relnamespace = 'options'::regnamespace AND relkind = 'f';

-- the relation is the table's name, or an option
CREATE FOREIGN TABLE syscalls (execution_id bigint, syscall_id bigint, name text) SERVER pandelephant OPTIONS (filename :'kernel');
SELECT * FROM syscalls;
ALTER FOREIGN TABLE syscalls RENAME TO calls;
SELECT * FROM calls;
\echo :SQLSTATE
ALTER FOREIGN TABLE calls OPTIONS (ADD relation 'sycalls');
ALTER FOREIGN TABLE calls OPTIONS (ADD relation 'syscalls');
SELECT * FROM calls;
ALTER FOREIGN TABLE calls OPTIONS (SET relation 'thread_names');
SELECT * FROM calls;
\echo :SQLSTATE
ALTER FOREIGN TABLE calls OPTIONS (SET relation 'syscalls');

-- options can change, and filename cannot go
ALTER FOREIGN TABLE calls OPTIONS (DROP filename);
ALTER FOREIGN TABLE calls OPTIONS (ADD execution_id '-9223372036854775808');
SELECT * FROM calls;
ALTER FOREIGN TABLE calls OPTIONS (SET execution_id '42');
SELECT * FROM calls;
ALTER FOREIGN TABLE calls OPTIONS (SET filename :'all_kinds');
SELECT count(*), min(execution_id), max(execution_id) FROM calls;
SET client_min_messages = warning;
CREATE FOREIGN TABLE executions (
	execution_id bigint, name text, description text, plog text, entry_count bigint, complete boolean
) SERVER pandelephant OPTIONS (
	filename :'reuse', execution 'a ''run''', execution_id '7', description 'pid\1373 twice', recover 'on');
SELECT execution_id, name, description, plog = :'reuse' AS plog, entry_count, complete FROM executions;
ALTER FOREIGN TABLE executions OPTIONS (DROP execution, DROP description, DROP execution_id, SET recover 'off');
SELECT execution_id, name, description, complete FROM executions;
DROP FOREIGN TABLE executions;
RESET client_min_messages;

--
-- Columns
--

-- of other names and types
CREATE FOREIGN TABLE wrong (retvl bigint) SERVER pandelephant OPTIONS (filename :'kernel', relation 'syscalls');
SELECT * FROM wrong;
\echo :SQLSTATE
SELECT count(*) FROM wrong;
EXPLAIN SELECT * FROM wrong;
DROP FOREIGN TABLE wrong;
CREATE FOREIGN TABLE wrong (value text, namee text) SERVER pandelephant OPTIONS (filename :'kernel', relation 'syscall_arguments');
SELECT * FROM wrong;
DROP FOREIGN TABLE wrong;
CREATE FOREIGN TABLE wrong (name text, tid int) SERVER pandelephant OPTIONS (filename :'kernel', relation 'syscalls');
SELECT * FROM wrong;
\echo :SQLSTATE
SELECT name FROM wrong;
ANALYZE wrong;
DROP FOREIGN TABLE wrong;
CREATE FOREIGN TABLE wrong (pid numeric) SERVER pandelephant OPTIONS (filename :'kernel', relation 'syscalls');
SELECT * FROM wrong;
DROP FOREIGN TABLE wrong;
CREATE FOREIGN TABLE wrong (pc oid) SERVER pandelephant OPTIONS (filename :'kernel', relation 'syscalls');
SELECT * FROM wrong;
DROP FOREIGN TABLE wrong;
CREATE FOREIGN TABLE wrong (pc numeric(20, 2)) SERVER pandelephant OPTIONS (filename :'kernel', relation 'syscalls');
SELECT * FROM wrong;
DROP FOREIGN TABLE wrong;
CREATE FOREIGN TABLE wrong (name varchar(20)) SERVER pandelephant OPTIONS (filename :'kernel', relation 'syscalls');
SELECT * FROM wrong;
DROP FOREIGN TABLE wrong;
CREATE FOREIGN TABLE wrong (names text) SERVER pandelephant OPTIONS (filename :'kernel', relation 'processes');
SELECT * FROM wrong;
DROP FOREIGN TABLE wrong;
CREATE FOREIGN TABLE wrong (chunk_count bigint) SERVER pandelephant OPTIONS (filename :'kernel', relation 'executions');
SELECT * FROM wrong;
DROP FOREIGN TABLE wrong;
CREATE FOREIGN TABLE wrong (complete int) SERVER pandelephant OPTIONS (filename :'kernel', relation 'executions');
SELECT * FROM wrong;
DROP FOREIGN TABLE wrong;
CREATE FOREIGN TABLE wrong (message json) SERVER pandelephant OPTIONS (filename :'kernel', relation 'entries');
SELECT * FROM wrong;
DROP FOREIGN TABLE wrong;
CREATE FOREIGN TABLE wrong (names text OPTIONS (column_name 'name')) SERVER pandelephant OPTIONS (filename :'kernel', relation 'processes');
SELECT * FROM wrong;
DROP FOREIGN TABLE wrong;

-- 64-bit unsigned ones, in each of three types
CREATE FOREIGN TABLE unsigned (
	pc bigint,
	exact numeric OPTIONS (column_name 'pc'),
	hex text OPTIONS (column_name 'pc'),
	asid text,
	execution_offset bigint
) SERVER pandelephant OPTIONS (filename :'kernel', relation 'entries');
SELECT pc, exact, hex, asid, execution_offset FROM unsigned;
SELECT to_hex(pc) AS pc, pg_typeof(pc), pg_typeof(exact) FROM unsigned WHERE exact = 18446744071578845184 AND hex = '0xffffffff81000000';
SELECT sum(exact) AS sum FROM unsigned;
DROP FOREIGN TABLE unsigned;
CREATE FOREIGN TABLE unsigned (create_time numeric, asid text) SERVER pandelephant OPTIONS (filename :'reuse', relation 'processes');
SELECT * FROM unsigned;
DROP FOREIGN TABLE unsigned;

-- a domain over one of the types, whose constraints are not checked
CREATE DOMAIN address AS bigint CHECK (VALUE > 0);
CREATE DOMAIN hex_address AS text;
CREATE DOMAIN pid AS bigint;
CREATE DOMAIN kernel_pid AS pid;
CREATE DOMAIN small_number AS numeric(20, 0);
CREATE FOREIGN TABLE domains (
	pc address,
	hex hex_address OPTIONS (column_name 'pc'),
	pid kernel_pid,
	tid pid,
	name text,
	execution_offset pid
) SERVER pandelephant OPTIONS (filename :'kernel', relation 'syscalls');
SELECT pc, hex, pid, tid, name, pg_typeof(pc) FROM domains;
SELECT name FROM domains WHERE tid = 864 AND pid > 0 AND hex LIKE '0x%' ORDER BY execution_offset;
SELECT max(pid), min(execution_offset), count(*) FROM domains;
SELECT count(*) FROM domains a JOIN domains b USING (execution_offset, tid);
ANALYZE domains;
ALTER FOREIGN TABLE domains ALTER COLUMN hex TYPE small_number;
SELECT * FROM domains;
\echo :SQLSTATE
DROP FOREIGN TABLE domains;
DROP DOMAIN address, hex_address, kernel_pid, pid, small_number;

-- nothing computes a stored generated column, even of a relation's column
CREATE FOREIGN TABLE generated (pid bigint, tid bigint GENERATED ALWAYS AS (pid + 1) STORED) SERVER pandelephant OPTIONS (filename :'kernel', relation 'syscalls');
SELECT pid FROM generated;
\echo :SQLSTATE
ANALYZE generated;
ALTER FOREIGN TABLE generated ALTER COLUMN tid DROP EXPRESSION;
SELECT pid, tid FROM generated;
DROP FOREIGN TABLE generated;

-- the same, against bigint, in every column that may be declared so
CREATE FOREIGN TABLE as_bigint (mapping_id bigint, asid bigint, base_address bigint, size bigint) SERVER pandelephant OPTIONS (filename :'all_kinds', relation 'mappings');
CREATE FOREIGN TABLE as_numeric (mapping_id bigint, asid numeric, base_address numeric, size numeric) SERVER pandelephant OPTIONS (filename :'all_kinds', relation 'mappings');
CREATE FOREIGN TABLE as_text (mapping_id bigint, asid text, base_address text, size text) SERVER pandelephant OPTIONS (filename :'all_kinds', relation 'mappings');
SELECT count(*) > 0 AS some,
	bool_and(t.base_address = '0x' || to_hex(b.base_address) AND t.asid = '0x' || to_hex(b.asid) AND t.size = '0x' || to_hex(b.size)) AS hex,
	bool_and(n.base_address = b.base_address + CASE WHEN b.base_address < 0 THEN 2::numeric ^ 64 ELSE 0 END AND n.size = b.size) AS exact
FROM as_bigint b JOIN as_numeric n USING (mapping_id) JOIN as_text t USING (mapping_id);
DROP FOREIGN TABLE as_bigint, as_numeric, as_text;

-- any subset and order, other names, the same column twice, or none at all
CREATE FOREIGN TABLE mixed (
	title text OPTIONS (column_name 'name'),
	tid bigint,
	pid bigint,
	again text OPTIONS (column_name 'name'),
	pid_too bigint OPTIONS (column_name 'pid'),
	execution_id bigint
) SERVER pandelephant OPTIONS (filename :'kernel', relation 'syscalls');
SELECT * FROM mixed;
SELECT pid_too, title FROM mixed WHERE again = 'sys_getpid' AND tid = 864;
SELECT mixed FROM mixed;
SELECT count(*) FROM mixed;
SELECT tableoid::regclass, title FROM mixed;
SELECT tableoid::regclass FROM mixed;
SELECT to_jsonb(mixed) FROM mixed WHERE mixed IS NOT NULL;
ALTER FOREIGN TABLE mixed ALTER COLUMN title OPTIONS (SET column_name 'retval');
SELECT * FROM mixed;
ALTER FOREIGN TABLE mixed ALTER COLUMN title OPTIONS (SET column_name 'nam');
ALTER FOREIGN TABLE mixed ALTER COLUMN title OPTIONS (SET column_name 'name');

-- the order of the columns in the relation does not matter to those behind a
-- dropped one, or added
ALTER FOREIGN TABLE mixed DROP COLUMN tid;
SELECT * FROM mixed;
SELECT mixed FROM mixed;
ALTER FOREIGN TABLE mixed ADD COLUMN execution_offset bigint;
ALTER FOREIGN TABLE mixed ADD COLUMN pc text, DROP COLUMN title;
SELECT * FROM mixed;
ALTER FOREIGN TABLE mixed ADD COLUMN asidd numeric;
SELECT again FROM mixed;
ALTER FOREIGN TABLE mixed DROP COLUMN asidd, ALTER COLUMN pc TYPE numeric;
SELECT * FROM mixed;
ALTER FOREIGN TABLE mixed RENAME COLUMN again TO name;
ALTER FOREIGN TABLE mixed ALTER COLUMN name OPTIONS (DROP column_name);
SELECT name, pc FROM mixed;
ALTER FOREIGN TABLE mixed DROP COLUMN name, DROP COLUMN pc, DROP COLUMN pid, DROP COLUMN pid_too, DROP COLUMN execution_id, DROP COLUMN execution_offset;
SELECT * FROM mixed;
SELECT count(*), count(mixed) FROM mixed;
DROP FOREIGN TABLE mixed;
CREATE FOREIGN TABLE bare () SERVER pandelephant OPTIONS (filename :'all_kinds', relation 'entries');
SELECT count(*) FROM bare;
DROP FOREIGN TABLE bare;

-- a query is planned anew when the table changes under it
CREATE FOREIGN TABLE changing (name text) SERVER pandelephant OPTIONS (filename :'kernel', relation 'syscalls');
PREPARE names AS SELECT name FROM changing;
EXECUTE names;
ALTER FOREIGN TABLE changing OPTIONS (SET relation 'thread_names');
EXECUTE names;
ALTER FOREIGN TABLE changing ALTER COLUMN name OPTIONS (ADD column_name 'nme');
ALTER FOREIGN TABLE changing OPTIONS (SET filename :'reuse');
EXECUTE names;
DEALLOCATE names;
DROP FOREIGN TABLE changing;

-- parameters, planned for once and used with many values
CREATE FOREIGN TABLE entries (entry_id bigint, chunk int, pc numeric, execution_offset bigint, kind text) SERVER pandelephant OPTIONS (filename :'all_kinds');
SET plan_cache_mode = force_generic_plan;
PREPARE of_kind(text) AS SELECT count(*), min(entry_id), max(entry_id) FROM entries WHERE kind = $1;
EXECUTE of_kind('basic_block');
EXECUTE of_kind('asid_info');
EXECUTE of_kind('serial_tx');
EXECUTE of_kind('signal_event');
EXECUTE of_kind('call_stack');
EXECUTE of_kind('bir');
EXECUTE of_kind('no such kind');
EXECUTE of_kind(NULL);
EXECUTE of_kind('basic_block');
PREPARE between_offsets(bigint, bigint) AS SELECT count(*) = (SELECT count(*) FROM entries e WHERE e.execution_offset + 0 >= $1 AND e.execution_offset + 0 < $2) AS all_found FROM entries WHERE execution_offset >= $1 AND execution_offset < $2;
EXECUTE between_offsets(0, 100000);
EXECUTE between_offsets(100000, 150000);
EXECUTE between_offsets(150000, 9223372036854775807);
EXECUTE between_offsets(NULL, NULL);
PREPARE of_id(bigint) AS SELECT entry_id FROM entries WHERE entry_id = $1;
EXECUTE of_id(0);
EXECUTE of_id(17);
EXECUTE of_id(-1);
RESET plan_cache_mode;
EXECUTE of_id(100);
DEALLOCATE ALL;

--
-- EXPLAIN
--

SELECT plan_of('SELECT * FROM entries');
SELECT plan_of('SELECT count(*) FROM calls');

-- it does not look whether there is a file
CREATE FOREIGN TABLE missing (pid bigint) SERVER pandelephant OPTIONS (filename '/nonexistent/missing.plog', relation 'processes');
SELECT plan_of('SELECT * FROM missing');
SELECT * FROM missing;
\echo :SQLSTATE
EXPLAIN (ANALYZE, COSTS OFF) SELECT * FROM missing;
SELECT * FROM missing LIMIT 0;
SELECT * FROM missing WHERE false;
SELECT 1 AS one WHERE EXISTS (SELECT FROM calls) OR EXISTS (SELECT FROM missing);
PREPARE gone AS SELECT * FROM missing;
EXECUTE gone;
EXECUTE gone;
DEALLOCATE gone;

--
-- ANALYZE
--

ANALYZE missing;
\echo :SQLSTATE
ANALYZE entries;
SELECT reltuples = (SELECT count(*) FROM entries) AS counted, relpages > 0 AS measured FROM pg_class WHERE oid = 'entries'::regclass;
SELECT attname, null_frac > 0 AS some_null, n_distinct FROM pg_stats WHERE schemaname = 'options' AND tablename = 'entries' AND attname IN ('chunk', 'kind') ORDER BY 1;
SELECT count(*) FROM pg_stats WHERE schemaname = 'options' AND tablename = 'entries';
ANALYZE entries (kind);
VACUUM ANALYZE entries;

-- more rows than a sample holds: all of them are counted, a part is looked at
SET default_statistics_target = 1;
CREATE FOREIGN TABLE arguments (value text, name text, position int) SERVER pandelephant OPTIONS (filename :'all_kinds', relation 'syscall_arguments');
ANALYZE arguments;
SELECT reltuples = (SELECT count(*) FROM arguments) AS counted, reltuples > 300 AS more_than_the_sample FROM pg_class WHERE oid = 'arguments'::regclass;
RESET default_statistics_target;

-- every relation can be
SET client_min_messages = warning;
IMPORT FOREIGN SCHEMA plog FROM SERVER pandelephant INTO options OPTIONS (filename :'reuse');
DROP FOREIGN TABLE entries;
IMPORT FOREIGN SCHEMA plog FROM SERVER pandelephant INTO options OPTIONS (filename :'reuse', execution 'reuse');
RESET client_min_messages;
ANALYZE executions, processes, threads, thread_names, threadslices, mappings, code_points, syscalls, syscall_arguments, taint_flows, strace, entries, recordings;
SELECT relname, reltuples FROM pg_class JOIN pg_foreign_table ON ftrelid = oid WHERE 'execution=reuse' = ANY (ftoptions) ORDER BY 1;

SET client_min_messages = warning;
DROP SCHEMA options CASCADE;
