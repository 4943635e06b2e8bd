-- entries: one row per entry of any plugin, known or not
-- psql has \getenv from version 15 on
\set abs_srcdir `echo "$PG_ABS_SRCDIR"`
\set edges :abs_srcdir '/plogs/edges/'
\set made :abs_srcdir '/plogs/made/'
SET client_min_messages = warning;
CREATE SCHEMA entries_test;
SET search_path = entries_test, public;
\a

-- what a log's entries are
\set filename :edges 'arg_struct.plog'
CREATE FOREIGN TABLE arg_struct (
	execution_id bigint, entry_id bigint, chunk int, pc numeric, execution_offset bigint,
	asid text, kind text, message jsonb
) SERVER pandelephant OPTIONS (relation 'entries', filename :'filename', execution_id '7');
SELECT * FROM arg_struct ORDER BY entry_id;

-- what a query does not need may be declared otherwise, or be no more
SELECT count(kind), max(kind) FROM arg_struct;
CREATE FOREIGN TABLE less (
	execution_id bigint, entry_id bigint, chunk int, pc text, execution_offset bigint,
	asid bigint, kind text, message jsonb
) SERVER pandelephant OPTIONS (relation 'entries', filename :'filename');
ALTER FOREIGN TABLE less DROP COLUMN pc;
SELECT count(l), count(DISTINCT l) FROM less l;
SELECT max(kind) FROM less;
DROP FOREIGN TABLE less;

-- the parts of a message
SELECT message->'syscall'->>'call_name' AS call, jsonb_array_length(message->'syscall'->'args') AS arguments
FROM arg_struct WHERE kind = 'syscall';

-- broken UTF-8, NUL, numbers beyond 2^63
\set filename :edges 'bad_utf8.plog'
IMPORT FOREIGN SCHEMA plog LIMIT TO (entries) FROM SERVER pandelephant INTO entries_test
	OPTIONS (filename :'filename');
SELECT entry_id, kind, message FROM entries ORDER BY 1;
\set filename :edges 'nul_in_str.plog'
ALTER FOREIGN TABLE entries OPTIONS (SET filename :'filename');
SELECT entry_id, kind, message FROM entries ORDER BY 1;
\set filename :edges 'arg_float_val.plog'
ALTER FOREIGN TABLE entries OPTIONS (SET filename :'filename');
SELECT entry_id, kind, message FROM entries ORDER BY 1;
\set filename :edges 'arg_bytes_val.plog'
ALTER FOREIGN TABLE entries OPTIONS (SET filename :'filename');
SELECT entry_id, kind, message FROM entries ORDER BY 1;
\set filename :edges 'pc_kernel.plog'
ALTER FOREIGN TABLE entries OPTIONS (SET filename :'filename');
SELECT entry_id, to_hex(pc), execution_offset FROM entries ORDER BY 1;
\set filename :edges 'instr_minus1.plog'
ALTER FOREIGN TABLE entries OPTIONS (SET filename :'filename');
SELECT entry_id, pc, execution_offset, kind FROM entries ORDER BY 1;

-- a log of thousands of entries
\set filename :made 'small.plog'
ALTER FOREIGN TABLE entries OPTIONS (SET filename :'filename');
SELECT kind, count(*), min(entry_id), max(entry_id), min(chunk), max(chunk), count(message)
FROM entries GROUP BY kind ORDER BY kind;
SELECT count(*), sum((message->'syscall'->>'retcode')::numeric) AS retcodes,
	sum(jsonb_array_length(message->'syscall'->'args')) AS arguments
FROM entries WHERE kind = 'syscall';
SELECT count(*) FROM entries WHERE message @> '{"syscall": {"call_name": "sys_openat"}}';

-- entries of a kind: what is pushed down
CREATE FUNCTION pushed_filter(query text) RETURNS SETOF text LANGUAGE plpgsql AS $$
DECLARE
	line text;
BEGIN
	FOR line IN EXECUTE 'EXPLAIN (COSTS OFF) ' || query LOOP
		CONTINUE WHEN line !~ 'Pushed Filter';
		RETURN NEXT btrim(line);
	END LOOP;
END $$;
SELECT pushed_filter($$SELECT * FROM entries WHERE kind = 'syscall'$$);
SELECT pushed_filter($$SELECT * FROM entries WHERE 'syscall' = kind AND 3 < entry_id$$);
SELECT pushed_filter($$SELECT * FROM entries WHERE kind IN ('asid_info', 'field 110')$$);
SELECT count(*) FROM pushed_filter($$SELECT * FROM entries WHERE kind = (SELECT max(oprname::text) FROM pg_operator)$$);
SELECT pushed_filter($$SELECT * FROM entries WHERE kind = random()::text$$);
SELECT pushed_filter($$SELECT * FROM entries WHERE kind = message->>'kind'$$);
SELECT pushed_filter($$SELECT * FROM entries WHERE kind <> 'syscall' OR kind > 'a'$$);
SELECT pushed_filter($$SELECT * FROM arg_struct WHERE kind = 'syscall' AND kind = 'syscall' COLLATE "C"$$);

SELECT kind, count(message) FROM entries WHERE kind IN ('asid_info', 'field 110', NULL) GROUP BY 1;
SELECT count(*) FROM entries WHERE kind = 'field 58' OR kind = '';
SELECT count(*) FROM entries WHERE kind = ANY ('{}');
SELECT count(*) FROM entries WHERE kind IS NULL;
SELECT count(*) FROM entries WHERE kind = 'syscall' AND kind = 'asid_info';
SELECT count(*) FROM entries WHERE kind IN ('syscall', 'asid_info') AND kind IN ('asid_info', 'call_stack');

PREPARE of_kind (text) AS SELECT count(*), count(message) FROM entries WHERE kind = $1;
SET plan_cache_mode = force_generic_plan;
EXECUTE of_kind ('asid_info');
EXECUTE of_kind ('syscall');
EXECUTE of_kind (NULL);
RESET plan_cache_mode;

-- scanned again with other parameters
SELECT k, n FROM (VALUES ('asid_info'), (NULL), ('syscall'), ('asid_info')) AS v (k),
	LATERAL (SELECT count(message) AS n FROM entries WHERE kind = k OFFSET 0) AS s;
SELECT k, (SELECT min(entry_id) FROM entries e WHERE e.kind = k) AS first
FROM (VALUES ('syscall'), ('trace'), ('asid_info')) AS v (k);

-- a column of another name, and one whose declared type compares otherwise
CREATE FOREIGN TABLE renamed (what text OPTIONS (column_name 'kind'), asid numeric)
	SERVER pandelephant OPTIONS (relation 'entries', filename :'filename');
SELECT pushed_filter($$SELECT * FROM renamed WHERE what = 'asid_info' AND asid = 5$$);
SELECT count(*) FROM renamed WHERE what = 'asid_info';
CREATE FOREIGN TABLE wrong (message text) SERVER pandelephant
	OPTIONS (relation 'entries', filename :'filename');
SELECT * FROM wrong;

-- the option descriptor
ALTER FOREIGN TABLE entries OPTIONS (ADD descriptor '');
ALTER FOREIGN TABLE entries OPTIONS (ADD descriptor '/nonexistent/x.pb');
SELECT count(*) FROM entries;

\a
DROP SCHEMA entries_test CASCADE;
