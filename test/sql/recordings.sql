-- The relation recordings, and the options recording and qcow.

-- psql has \getenv from version 15 on
\set abs_srcdir `echo "$PG_ABS_SRCDIR"`
\set w1 :abs_srcdir '/plogs/real/w1sum.plog'
\set recording :abs_srcdir '/plogs/real/w1'
\set qcow :abs_srcdir '/plogs/edges/bad_utf8.plog'
\set SHOW_CONTEXT never
SET client_min_messages = warning;

-- Remove files that were made in the data directory.
CREATE FUNCTION pg_temp.remove(name text) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
	EXECUTE format('COPY (SELECT WHERE false) TO PROGRAM %L', format('rm -r %L', current_setting('data_directory') || '/' || name));
END $$;
-- Make such a file.
CREATE FUNCTION pg_temp.make(name text, contents bytea) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
	object oid := lo_from_bytea(0, contents);
	path text := current_setting('data_directory') || '/' || name;
BEGIN
	PERFORM lo_export(object, path), lo_unlink(object);
	RETURN path;
END $$;
-- Make something else by a command.
CREATE FUNCTION pg_temp.make_special(command text, name text) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
	EXECUTE format('COPY (SELECT WHERE false) TO PROGRAM %L', format('%s %L', command, current_setting('data_directory') || '/' || name));
END $$;
-- The error of a query, without the directory.
CREATE FUNCTION pg_temp.error_of(query text) RETURNS SETOF text LANGUAGE plpgsql AS $$
DECLARE
	message text;
	detail text;
	hint text;
BEGIN
	EXECUTE query;
EXCEPTION WHEN OTHERS THEN
	GET STACKED DIAGNOSTICS message = MESSAGE_TEXT, detail = PG_EXCEPTION_DETAIL, hint = PG_EXCEPTION_HINT;
	RETURN NEXT SQLSTATE || ': ' || regexp_replace(message, '"/.*/', '"');
	RETURN QUERY SELECT line FROM unnest(ARRAY[detail, hint]) AS line WHERE line <> '';
END $$;

-- without one there is no row
SELECT pe_attach(:'w1', 'without');
SELECT * FROM without.recordings;
SELECT count(*) FROM without.recordings;
SELECT count(*) FROM without.processes;
SELECT count(*) FROM without.recordings;
SELECT relation FROM pe_materialize('without', 'native');
SELECT * FROM pe_materialize('without', 'native', 'replace', '{recordings}');
DROP SCHEMA without CASCADE;

-- the one that the log is of; its snapshot is not there
SELECT pe_attach(:'w1', 'with', recording => :'recording', qcow => :'qcow');
SELECT execution_id, recording_id, file_name = :'recording' AS file_name, instruction_count FROM "with".recordings;
SELECT log_hash FROM "with".recordings;
SELECT snapshot_hash FROM "with".recordings;
SELECT qcow_hash = sha256(pg_read_binary_file(:'qcow')) AS qcow_hash,
	log_hash = sha256(pg_read_binary_file(:'recording' || '-rr-nondet.log')) AS log_hash FROM "with".recordings;
SELECT count(*) FROM "with".recordings;
SELECT count(*), min(recording_id), max(recording_id) FROM "with".recordings;
SELECT count(DISTINCT log_hash) FROM generate_series(1, 3) AS n, LATERAL (SELECT log_hash FROM "with".recordings WHERE recording_id < n OFFSET 0) r;
SELECT * FROM pe_materialize('with', 'native', 'replace', '{recordings}');
SELECT relation, row_count FROM pe_materialize('with', 'native', 'replace') WHERE relation IN ('executions', 'recordings');
TABLE native.recordings EXCEPT TABLE "with".recordings;
SELECT n.log_hash = w.log_hash AS same FROM native.recordings n, "with".recordings w;
-- NOT NULL is a constraint of its own from version 18 on
SELECT conrelid::regclass, pg_get_constraintdef(oid) FROM pg_constraint WHERE conrelid::regclass::text LIKE 'native.recordings_1' AND contype <> 'n' ORDER BY 2;
SELECT attname FROM pg_attribute WHERE attrelid = 'native.recordings_1'::regclass AND attnotnull AND attnum > 0 ORDER BY attnum;
SET pandelephant.bulk_load = off;
SELECT relation, row_count FROM pe_materialize('with', 'native', 'replace') WHERE relation IN ('executions', 'recordings');
TABLE native.recordings EXCEPT TABLE "with".recordings;
RESET pandelephant.bulk_load;
SELECT pe_drop_execution('w1sum', 'native');
SELECT count(*) FROM native.recordings;
DROP SCHEMA "with", native CASCADE;

-- all three files; more than a piece of one
SELECT pg_temp.make('orm_test-rr-nondet.log', '\xffffffffffffffff') || pg_temp.make('orm_test-rr-snp', convert_to(repeat('snapshot', 300000), 'UTF8')) IS NOT NULL AS made;
SELECT pe_attach(:'w1', 'made', recording => current_setting('data_directory') || '/orm_test', qcow => :'qcow');
SELECT instruction_count, log_hash, snapshot_hash = sha256(convert_to(repeat('snapshot', 300000), 'UTF8')) AS snapshot_hash, qcow_hash IS NOT NULL AS qcow_hash FROM made.recordings;
ALTER FOREIGN TABLE made.recordings ALTER instruction_count TYPE numeric;
SELECT instruction_count FROM made.recordings;

-- too short
SELECT pg_temp.make('orm_test-rr-nondet.log', '\x01020304050607') IS NOT NULL AS made;
SELECT file_name IS NOT NULL AS named, log_hash FROM made.recordings;
SELECT pg_temp.error_of('SELECT instruction_count FROM made.recordings');
ALTER FOREIGN TABLE made.recordings ALTER instruction_count TYPE bigint;
SELECT pg_temp.error_of($$SELECT * FROM pe_materialize('made', 'native')$$);
SELECT count(*) AS schemas FROM pg_namespace WHERE nspname = 'native';

-- missing
SELECT pg_temp.remove('orm_test-rr-nondet.log');
SELECT pg_temp.error_of('SELECT instruction_count FROM made.recordings');
SELECT pg_temp.error_of('SELECT log_hash FROM made.recordings');
SELECT count(*), min(recording_id) FROM made.recordings;
SELECT recording_id, snapshot_hash IS NOT NULL AS snapshot FROM made.recordings;
ALTER FOREIGN TABLE made.recordings OPTIONS (SET qcow '/nonexistent/disk.qcow');
SELECT pg_temp.error_of('SELECT qcow_hash FROM made.recordings');

-- not a file
SELECT pg_temp.make_special('mkfifo', 'orm_test-rr-nondet.log'), pg_temp.remove('orm_test-rr-snp'), pg_temp.make_special('mkdir', 'orm_test-rr-snp');
SELECT pg_temp.error_of('SELECT instruction_count FROM made.recordings');
SELECT pg_temp.error_of('SELECT log_hash FROM made.recordings');
SELECT pg_temp.error_of('SELECT snapshot_hash FROM made.recordings');
ALTER FOREIGN TABLE made.recordings OPTIONS (SET qcow '/dev/zero');
SELECT pg_temp.error_of('SELECT qcow_hash FROM made.recordings');
SELECT pg_temp.remove('orm_test-rr-nondet.log'), pg_temp.remove('orm_test-rr-snp');
DROP SCHEMA made CASCADE;

-- hashing can be cancelled
SELECT pg_temp.make_special('truncate -s 100G', 'orm_test-rr-snp');
SELECT pe_attach(:'w1', 'made', recording => current_setting('data_directory') || '/orm_test');
SET statement_timeout = '200ms';
SELECT snapshot_hash FROM made.recordings;
\echo :SQLSTATE
RESET statement_timeout;
SELECT pg_temp.remove('orm_test-rr-snp');
DROP SCHEMA made CASCADE;

-- whoever may not name a file may name none of these
CREATE ROLE regress_recordings_user;
SELECT current_database() AS database \gset
GRANT CREATE ON DATABASE :"database" TO regress_recordings_user;
SELECT pe_attach(:'w1', 'owned', recording => :'recording');
GRANT USAGE, CREATE ON SCHEMA owned TO regress_recordings_user;
ALTER FOREIGN TABLE owned.recordings OWNER TO regress_recordings_user;
SET ROLE regress_recordings_user;
SELECT instruction_count FROM owned.recordings;
ALTER FOREIGN TABLE owned.recordings OPTIONS (SET recording '/etc/passwd');
\echo :SQLSTATE
ALTER FOREIGN TABLE owned.recordings OPTIONS (ADD qcow '/etc/passwd');
\echo :SQLSTATE
ALTER FOREIGN TABLE owned.recordings OPTIONS (DROP recording);
SELECT count(*) FROM owned.recordings;
RESET ROLE;
ALTER FOREIGN TABLE owned.recordings OPTIONS (SET recording '');
\echo :SQLSTATE
DROP SCHEMA owned CASCADE;
REVOKE ALL ON DATABASE :"database" FROM regress_recordings_user;
DROP ROLE regress_recordings_user;
