/*-------------------------------------------------------------------------
 *
 * sqlite_tables.c
 *		The tables of a SQLite file, as PANDelephant's ORM would make them.
 *
 *-------------------------------------------------------------------------
 */
#include "sqlite_tables.h"

const char	orm1_tables[] =
"CREATE TABLE executions ("
"	execution_id INTEGER NOT NULL PRIMARY KEY, name VARCHAR NOT NULL UNIQUE, description VARCHAR,"
"	start_time DATETIME, end_time DATETIME);"
"CREATE TABLE recordings ("
"	recording_id INTEGER NOT NULL PRIMARY KEY,"
"	execution_id INTEGER NOT NULL REFERENCES executions (execution_id),"
"	file_name VARCHAR NOT NULL, log_hash BLOB NOT NULL UNIQUE, snapshot_hash BLOB NOT NULL UNIQUE,"
"	qcow_hash BLOB);"
"CREATE TABLE processes ("
"	process_id INTEGER NOT NULL PRIMARY KEY,"
"	execution_id INTEGER NOT NULL REFERENCES executions (execution_id),"
"	pid BIGINT NOT NULL, ppid BIGINT);"
"CREATE TABLE threads ("
"	thread_id INTEGER NOT NULL PRIMARY KEY,"
"	process_id INTEGER NOT NULL REFERENCES processes (process_id),"
"	names VARCHAR, tid BIGINT, create_time BIGINT NOT NULL, end_time DATETIME);"
"CREATE TABLE thread_names ("
"	id INTEGER NOT NULL PRIMARY KEY,"
"	thread_id INTEGER NOT NULL REFERENCES threads (thread_id),"
"	name VARCHAR);"
"CREATE TABLE virtual_addresses ("
"	address_id INTEGER NOT NULL PRIMARY KEY,"
"	execution_id INTEGER NOT NULL REFERENCES executions (execution_id),"
"	asid BIGINT NOT NULL, execution_offset BIGINT NOT NULL, address BIGINT NOT NULL);"
"CREATE TABLE mappings ("
"	mapping_id INTEGER NOT NULL PRIMARY KEY,"
"	process_id INTEGER NOT NULL REFERENCES processes (process_id),"
"	name VARCHAR, path VARCHAR,"
"	base_id INTEGER NOT NULL REFERENCES virtual_addresses (address_id),"
"	size BIGINT NOT NULL);"
"CREATE TABLE codepoints ("
"	code_point_id INTEGER NOT NULL PRIMARY KEY,"
"	mapping_id INTEGER NOT NULL REFERENCES mappings (mapping_id),"
"	\"offset\" BIGINT NOT NULL);"
"CREATE TABLE taint_flows ("
"	taint_flow_id INTEGER NOT NULL PRIMARY KEY, source_is_store BOOLEAN NOT NULL,"
"	source_id INTEGER NOT NULL REFERENCES codepoints (code_point_id),"
"	sink_id INTEGER NOT NULL REFERENCES codepoints (code_point_id),"
"	source_thread_id INTEGER NOT NULL REFERENCES threads (thread_id),"
"	sink_thread_id INTEGER NOT NULL REFERENCES threads (thread_id),"
"	source_execution_offset BIGINT NOT NULL, sink_execution_offset BIGINT NOT NULL);"
"CREATE TABLE threadslice ("
"	threadslice_id INTEGER NOT NULL PRIMARY KEY,"
"	thread_id INTEGER NOT NULL REFERENCES threads (thread_id),"
"	start_execution_offset BIGINT NOT NULL, end_execution_offset BIGINT NOT NULL);"
"CREATE TABLE syscalls ("
"	syscall_id INTEGER NOT NULL PRIMARY KEY, name VARCHAR,"
"	thread_id INTEGER NOT NULL REFERENCES threads (thread_id),"
"	execution_offset BIGINT NOT NULL);"
"CREATE TABLE syscall_arguments ("
"	syscall_argument_id INTEGER NOT NULL PRIMARY KEY,"
"	syscall_id INTEGER NOT NULL REFERENCES syscalls (syscall_id),"
"	name VARCHAR, position INTEGER NOT NULL, argument_type VARCHAR(11), value VARCHAR);";

/* for the joins along the keys */
const char	orm_indexes[] =
"CREATE INDEX ix_processes_execution_id ON processes (execution_id);"
"CREATE INDEX ix_threads_process_id ON threads (process_id);"
"CREATE INDEX ix_thread_names_thread_id ON thread_names (thread_id);"
"CREATE INDEX ix_mappings_process_id ON mappings (process_id);"
"CREATE INDEX ix_threadslice_thread_id ON threadslice (thread_id);"
"CREATE INDEX ix_syscalls_thread_id ON syscalls (thread_id);"
"CREATE INDEX ix_syscall_arguments_syscall_id ON syscall_arguments (syscall_id);";

/* for the joins and the questions that native tables have indexes for */
const char	native_indexes[] =
"CREATE INDEX threads_process_id ON threads (execution_id, process_id);"
"CREATE INDEX thread_names_thread_id ON thread_names (execution_id, thread_id);"
"CREATE INDEX threadslices_thread_id ON threadslices (execution_id, thread_id);"
"CREATE INDEX mappings_process_id ON mappings (execution_id, process_id);"
"CREATE INDEX syscalls_thread_id ON syscalls (execution_id, thread_id);"
"CREATE INDEX syscalls_process_id ON syscalls (execution_id, process_id);"
"CREATE INDEX syscalls_name ON syscalls (execution_id, name);"
"CREATE INDEX syscalls_execution_offset ON syscalls (execution_id, execution_offset);";
