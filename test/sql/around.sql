-- What is done to foreign tables besides reading them, and to native ones: they
-- behave as those of file_fdw do, and as ordinary tables.

-- psql has \getenv from version 15 on
\set abs_srcdir `echo "$PG_ABS_SRCDIR"`
\set small :abs_srcdir '/plogs/made/small.plog'
\set sum :abs_srcdir '/plogs/real/w1sum.plog'
\set VERBOSITY sqlstate
SET client_min_messages = warning;
SELECT pe_attach(:'small', 'f', 'log');

-- nothing is written
INSERT INTO f.threads (tid) VALUES (1);
INSERT INTO f.threads SELECT * FROM f.threads;
UPDATE f.threads SET tid = 1;
DELETE FROM f.threads;
-- to version 13 a foreign table is the wrong kind of object
DO $$ BEGIN TRUNCATE f.threads; EXCEPTION WHEN wrong_object_type THEN RAISE SQLSTATE '0A000'; END $$;
COPY f.threads FROM stdin;
\.
COPY f.threads TO stdout;
COPY (SELECT name, entry_count FROM f.executions) TO stdout;
CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NULL; END';
CREATE TRIGGER refuse BEFORE INSERT ON f.threads FOR EACH ROW EXECUTE FUNCTION refuse();
INSERT INTO f.threads (tid) VALUES (1);
DROP TRIGGER refuse ON f.threads;

-- nor locked
LOCK TABLE f.threads;
SELECT count(*) FROM (SELECT tid FROM f.threads FOR UPDATE) t;
SELECT count(*) FROM (SELECT tid FROM f.threads FOR KEY SHARE NOWAIT) t;
SELECT count(*) FROM f.threads TABLESAMPLE SYSTEM (50);
ALTER TABLE f.threads ENABLE ROW LEVEL SECURITY;

-- whole rows and system columns
SELECT t.tableoid::regclass, t IS NOT NULL AS has_row, (t).tid FROM f.threads t ORDER BY thread_id LIMIT 1;
SELECT tableoid::regclass, count(*) FROM f.threads GROUP BY 1;
SELECT t = u FROM f.executions t JOIN f.executions u USING (execution_id);
SELECT count(*) FROM f.threads WHERE ctid = '(0,1)';
SELECT xmin FROM f.threads;

-- cursors
BEGIN;
DECLARE forward CURSOR FOR SELECT syscall_id FROM f.syscalls;
FETCH 2 FROM forward;
FETCH BACKWARD 1 FROM forward;
ROLLBACK;
BEGIN;
DECLARE backward SCROLL CURSOR FOR SELECT syscall_id FROM f.syscalls;
FETCH 3 FROM backward;
FETCH BACKWARD 2 FROM backward;
FETCH LAST FROM backward;
FETCH PRIOR FROM backward;
FETCH ABSOLUTE 3 FROM backward;
FETCH RELATIVE -3 FROM backward;
DECLARE updated CURSOR FOR SELECT tid FROM f.threads FOR UPDATE;
FETCH 1 FROM updated;
UPDATE f.threads SET tid = 1 WHERE CURRENT OF updated;
ROLLBACK;
BEGIN;
DECLARE held SCROLL CURSOR WITH HOLD FOR SELECT syscall_id FROM f.syscalls;
FETCH 2 FROM held;
COMMIT;
FETCH 1 FROM held;
FETCH BACKWARD 2 FROM held;
CLOSE held;

-- prepared statements, whose tables change under them
PREPARE calls (bigint) AS SELECT count(*) FROM f.syscalls WHERE tid = $1;
EXECUTE calls (350);
ALTER FOREIGN TABLE f.syscalls OPTIONS (SET filename :'sum');
SELECT count(*) > 0 AS has_calls FROM f.syscalls;
EXECUTE calls (350);
ALTER FOREIGN TABLE f.syscalls OPTIONS (SET filename :'small');
EXECUTE calls (350);
ALTER FOREIGN TABLE f.syscalls RENAME tid TO pid_or_tid;
SELECT count(*) FROM f.syscalls;
ALTER FOREIGN TABLE f.syscalls ALTER pid_or_tid OPTIONS (ADD column_name 'tid');
EXECUTE calls (350);
ALTER FOREIGN TABLE f.syscalls ALTER pid_or_tid OPTIONS (DROP column_name);
ALTER FOREIGN TABLE f.syscalls RENAME pid_or_tid TO tid;
DEALLOCATE calls;

-- columns come and go, but only those of the relation
ALTER FOREIGN TABLE f.threads ADD extra bigint;
SELECT count(extra) FROM f.threads;
ALTER FOREIGN TABLE f.threads DROP extra, ADD again bigint OPTIONS (column_name 'tid');
SELECT count(*) FROM f.threads WHERE again = tid;
ALTER FOREIGN TABLE f.threads DROP tid;
SELECT thread_id, again FROM f.threads ORDER BY thread_id LIMIT 1;
SELECT count(*) FROM pe_materialize('f', 'kept', relations => '{threads}');
ALTER FOREIGN TABLE f.threads ALTER again TYPE text;
SELECT again FROM f.threads LIMIT 1;
ALTER FOREIGN TABLE f.threads ALTER again TYPE bigint;

-- the type of a column that a view shows cannot change, as of any table
ALTER FOREIGN TABLE f.syscalls ALTER name TYPE text COLLATE "C";
DROP VIEW f.process_tree, f.calls, f.files, f.network, f.network_calls, f.errors;

-- collations, defaults, and constraints, which nobody checks
ALTER FOREIGN TABLE f.syscalls ALTER name TYPE text COLLATE "C", ALTER name SET DEFAULT 'x',
	ADD CONSTRAINT is_negative CHECK (tid < 0);
SELECT name FROM f.syscalls WHERE name > 'sys_w' ORDER BY name, syscall_id LIMIT 1;
SELECT count(*) FROM f.syscalls WHERE tid > 0;
SET constraint_exclusion = on;
SELECT count(*) FROM f.syscalls WHERE tid > 0;
RESET constraint_exclusion;
ALTER FOREIGN TABLE f.syscalls DROP CONSTRAINT is_negative;
CREATE FOREIGN TABLE f.computed (syscall_id bigint, twice bigint GENERATED ALWAYS AS (syscall_id * 2) STORED)
	SERVER pandelephant OPTIONS (filename :'small', relation 'syscalls');
SELECT * FROM f.computed;
DROP FOREIGN TABLE f.computed;

-- inheritance and partitions
SELECT pe_attach(:'sum', 'g', 'sum', 2);
CREATE TABLE parent (LIKE f.mappings);
INSERT INTO parent (execution_id, mapping_id, process_id) VALUES (0, 0, 0);
ALTER FOREIGN TABLE f.mappings INHERIT parent;
ALTER FOREIGN TABLE g.mappings INHERIT parent;
SELECT tableoid::regclass, count(*) FROM parent GROUP BY 1 ORDER BY 2 DESC;
SELECT count(*) FROM ONLY parent;
UPDATE parent SET name = 'x' WHERE execution_id = 1;
CREATE TABLE slices (LIKE f.threadslices) PARTITION BY LIST (execution_id);
ALTER TABLE slices ATTACH PARTITION f.threadslices FOR VALUES IN (1);
ALTER TABLE slices ATTACH PARTITION g.threadslices FOR VALUES IN (2);
SELECT execution_id, count(*) FROM slices GROUP BY 1 ORDER BY 1;
SELECT count(*) FROM slices WHERE execution_id = 2 AND threadslice_id <= 3;
SELECT count(*) FROM slices s JOIN g.threads t USING (execution_id, thread_id);
INSERT INTO slices (execution_id) VALUES (1);
CREATE INDEX ON slices (threadslice_id);
CREATE UNIQUE INDEX ON slices (execution_id, threadslice_id);
ALTER TABLE slices DETACH PARTITION g.threadslices;
SELECT execution_id, count(*) FROM slices GROUP BY 1 ORDER BY 1;

-- row-level security and views on native tables
SELECT count(*) FROM pe_materialize('g', 'kept');
ALTER FOREIGN TABLE f.threads RENAME again TO tid;
ALTER FOREIGN TABLE f.threads ALTER tid OPTIONS (DROP column_name);
SELECT count(*) FROM pe_materialize('f', 'kept', 'replace');
CREATE ROLE pe_around;
GRANT USAGE ON SCHEMA kept TO pe_around;
GRANT SELECT ON kept.executions, kept.syscalls, kept.strace TO pe_around;
ALTER TABLE kept.syscalls ENABLE ROW LEVEL SECURITY;
CREATE POLICY one ON kept.syscalls USING (execution_id IN (SELECT execution_id FROM kept.executions WHERE name = 'log'));
SET ROLE pe_around;
SELECT count(*) FROM kept.syscalls;
RESET ROLE;
SELECT count(*) > 2000 AS has_both FROM kept.syscalls;
SELECT count(*) FROM pe_materialize('f', 'kept', 'replace');
SET ROLE pe_around;
SELECT count(*) FROM kept.syscalls;
RESET ROLE;
SELECT count(*) FROM kept.syscalls TABLESAMPLE BERNOULLI (100) WHERE execution_id = 1;
SELECT count(*) FROM (SELECT syscall_id FROM kept.syscalls WHERE execution_id = 1 FOR UPDATE) s;
SELECT pe_drop_execution('log', 'kept'), pe_drop_execution('sum', 'kept');

DROP SCHEMA f, g, kept CASCADE;
DROP TABLE parent, slices;
DROP FUNCTION refuse;
DROP ROLE pe_around;
