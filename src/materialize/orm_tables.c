/*-------------------------------------------------------------------------
 *
 * orm_tables.c
 *		The tables that PANDelephant's ORM classes map.
 *
 * A column that is NOT NULL in PANDelephant has a value here even if the log has
 * none: -1 for an offset or a pc, 0 or an empty value for the others.  A call of an
 * unknown thread belongs to thread 0 of process 0; an execution that has such calls
 * has these two.
 *
 * The tables are in the order of the native tables, because indexes are made in
 * this order and the tables are locked meanwhile.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "materialize/orm_tables.h"

/* The executions that have calls of an unknown thread. */
#define STRAY_CALLS \
	"$executions e WHERE (SELECT true FROM $syscalls s " \
	"WHERE s.execution_id = e.execution_id AND s.thread_id IS NULL LIMIT 1)"

const OrmTable orm_tables[] = {
	{
		{"executions", "executions"}, "$executions e", "executions",
		{
			{"execution_id", ORM_FIRST, "execution_id", 0},
			{"execution_id", ORM_SECOND, "@executions(execution_id)", ORM_SECOND},
			{"type", ORM_SECOND,
				"CASE WHEN EXISTS (SELECT FROM $recordings r WHERE r.execution_id = e.execution_id) "
			"THEN 'Recording' ELSE 'Execution' END", 0},
			{"name", ORM_BOTH, "name", 0},
			{"description", ORM_BOTH, "description", 0},
			{"start_time", ORM_FIRST, "NULL::timestamptz", 0},
			{"end_time", ORM_FIRST, "NULL::timestamptz", 0}
		}
	},
	{
		{"processes", "processes"},
		"(SELECT execution_id, process_id, pid, ppid, create_time FROM $processes UNION ALL "
		"SELECT execution_id, 0::bigint, NULL::bigint, NULL::bigint, NULL::bigint FROM " STRAY_CALLS ") p", "processes",
		{
			{"process_id", ORM_BOTH, "@processes(process_id)", ORM_BOTH},
			{"type", ORM_SECOND, "'Process'::text", 0},
			{"execution_id", ORM_FIRST, "execution_id", 0},
			{"execution_id", ORM_SECOND, "@executions(execution_id)", ORM_SECOND},
			{"create_time", ORM_SECOND, "COALESCE(create_time, 0)", 0},
			{"pid", ORM_BOTH, "COALESCE(pid, 0)", 0},
			{"ppid", ORM_BOTH, "ppid", 0}
		}
	},
	{
		{"threads", "threads"},
		"(SELECT execution_id, thread_id, process_id, names, tid, create_time FROM $threads UNION ALL "
		"SELECT execution_id, 0::bigint, 0::bigint, '{}'::text[], NULL::bigint, NULL::bigint FROM "
		STRAY_CALLS ") t", "threads",
		{
			{"thread_id", ORM_BOTH, "@threads(thread_id)", ORM_BOTH},
			{"type", ORM_SECOND, "'Thread'::text", 0},
			{"process_id", ORM_BOTH, "@processes(process_id)", ORM_BOTH},
			/* until thread_names came, in February 2021 */
			{"names", ORM_FIRST, "names", 0},
			{"tid", ORM_BOTH, "tid", 0},
			{"create_time", ORM_BOTH, "COALESCE(create_time, 0)", 0},
			{"end_time", ORM_FIRST, "NULL::timestamptz", 0}
		}
	},
	{
		{"thread_names", "thread_names"}, "$thread_names", "thread_names",
		{
			{"id", ORM_BOTH, "#(thread_name_id)", ORM_BOTH},
			{"thread_id", ORM_BOTH, "@threads(thread_id)", ORM_BOTH},
			{"name", ORM_BOTH, "name", 0},
			{"first_seen_execution_offset", ORM_SECOND,
			"COALESCE(first_seen_execution_offset, -1)", 0},
			{"last_seen_execution_offset", ORM_SECOND,
			"COALESCE(last_seen_execution_offset, -1)", 0}
		}
	},
	{
		/* those of an unknown thread of a process can belong to none here */
		{"threadslice", "threadslice"}, "$threadslices WHERE thread_id IS NOT NULL", "threadslices",
		{
			{"threadslice_id", ORM_BOTH, "@threadslices(threadslice_id)", ORM_BOTH},
			{"type", ORM_SECOND, "'ThreadSlice'::text", 0},
			{"thread_id", ORM_BOTH, "@threads(thread_id)", ORM_BOTH},
			{"start_execution_offset", ORM_BOTH, "COALESCE(start_execution_offset, -1)", 0},
			{"end_execution_offset", ORM_BOTH, "COALESCE(end_execution_offset, -1)", 0}
		}
	},
	{
		{"mappings", "mappings"}, "$mappings", "mappings",
		{
			{"mapping_id", ORM_BOTH, "@mappings(mapping_id)", ORM_BOTH},
			{"type", ORM_SECOND, "'Mapping'::text", 0},
			{"process_id", ORM_BOTH, "@processes(process_id)", ORM_BOTH},
			{"name", ORM_BOTH, "name", 0},
			{"path", ORM_BOTH, "path", 0},
			{"base_id", ORM_BOTH, "@virtual_addresses(mapping_id)", 0},
			{"size", ORM_BOTH, "COALESCE(size, 0)", 0},
			{"first_seen_execution_offset", ORM_SECOND,
			"COALESCE(first_seen_execution_offset, -1)", 0},
			{"last_seen_execution_offset", ORM_SECOND,
			"COALESCE(last_seen_execution_offset, -1)", 0}
		}
	},
	{
		/* where each mapping begins, under the mapping's id */
		{"virtual_addresses", "virtual_addresses"}, "$mappings", "mappings",
		{
			{"address_id", ORM_BOTH, "@virtual_addresses(mapping_id)", ORM_SECOND},
			{"type", ORM_SECOND, "'VirtualAddress'::text", 0},
			{"execution_id", ORM_FIRST, "execution_id", 0},
			{"execution_id", ORM_SECOND, "@executions(execution_id)", 0},
			{"asid", ORM_BOTH, "COALESCE(asid, 0)", 0},
			{"execution_offset", ORM_BOTH, "COALESCE(first_seen_execution_offset, -1)", 0},
			{"address", ORM_BOTH, "COALESCE(base_address, 0)", 0}
		}
	},
	{
		{"codepoints", "code_points"}, "$code_points", "code_points",
		{
			{"code_point_id", ORM_BOTH, "@code_points(code_point_id)", ORM_BOTH},
			{"type", ORM_SECOND, "'CodePoint'::text", 0},
			{"mapping_id", ORM_BOTH, "@mappings(mapping_id)", ORM_BOTH},
			{"offset", ORM_BOTH, "\"offset\"", 0}
		}
	},
	{
		{"syscalls", "syscalls"}, "$syscalls", "syscalls",
		{
			{"syscall_id", ORM_BOTH, "@syscalls(syscall_id)", ORM_BOTH},
			{"type", ORM_SECOND, "'Syscall'::text", 0},
			{"name", ORM_BOTH, "name", 0},
			{"retval", ORM_SECOND, "retval", 0},
			{"thread_id", ORM_BOTH, "@threads(COALESCE(thread_id, 0))", ORM_BOTH},
			{"pc", ORM_SECOND, "COALESCE(pc, -1)", 0},
			{"execution_offset", ORM_BOTH, "COALESCE(execution_offset, -1)", 0}
		}
	},
	{
		{"syscall_arguments", "syscall_arguments"}, "$syscall_arguments", "syscall_arguments",
		{
			{"syscall_argument_id", ORM_BOTH, "#(syscall_id, position)", ORM_BOTH},
			{"syscall_id", ORM_BOTH, "@syscalls(syscall_id)", ORM_BOTH},
			{"name", ORM_BOTH, "name", 0},
			{"position", ORM_FIRST, "position + 1", 0},
			{"position", ORM_SECOND, "position", 0},
			{"argument_type", ORM_BOTH, NULL, 0},
			{"value", ORM_FIRST,
				"COALESCE(CASE argument_type WHEN 'POINTER' THEN substr(value, 3) ELSE value END, "
			"'')", 0},
			{"value", ORM_SECOND, "COALESCE(value, '')", 0}
		}
	},
	{
		/* those that begin or end in no module cannot be there */
		{"taint_flows", "taint_flows"},
		"$taint_flows WHERE source_code_point_id IS NOT NULL AND sink_code_point_id IS NOT NULL",
		"taint_flows",
		{
			{"taint_flow_id", ORM_BOTH, "@taint_flows(taint_flow_id)", ORM_BOTH},
			{"type", ORM_SECOND, "'TaintFlow'::text", 0},
			{"source_is_store", ORM_BOTH, "COALESCE(source_is_store, false)", 0},
			{"source_id", ORM_BOTH, "@code_points(source_code_point_id)", 0},
			{"sink_id", ORM_BOTH, "@code_points(sink_code_point_id)", 0},
			{"source_thread_id", ORM_BOTH, "@threads(source_thread_id)", 0},
			{"sink_thread_id", ORM_BOTH, "@threads(sink_thread_id)", 0},
			{"source_execution_offset", ORM_BOTH, "COALESCE(source_execution_offset, -1)", 0},
			{"sink_execution_offset", ORM_BOTH, "COALESCE(sink_execution_offset, -1)", 0}
		}
	},
	{
		{"recordings", "recordings"}, "$recordings", "recordings",
		{
			{"recording_id", ORM_FIRST, "#(recording_id)", ORM_FIRST},
			{"execution_id", ORM_FIRST, "execution_id", 0},
			{"file_name", ORM_FIRST, "file_name", 0},
			/* a recording is an execution there */
			{"recording_id", ORM_SECOND, "@executions(execution_id)", ORM_SECOND},
			{"prefix", ORM_SECOND, "file_name", 0},
			{"instruction_count", ORM_SECOND, "instruction_count", 0},
			{"log_hash", ORM_BOTH, "log_hash", 0},
			{"snapshot_hash", ORM_BOTH, "COALESCE(snapshot_hash, ''::bytea)", 0},
			{"qcow_hash", ORM_BOTH, "qcow_hash", 0}
		}
	}
};

const int	orm_table_count = lengthof(orm_tables);

const char *const orm_argument_types[] = {
	"STRING", "POINTER", "UNSIGNED_64", "SIGNED_64", "UNSIGNED_32", "SIGNED_32",
	"UNSIGNED_16", "SIGNED_16", "BYTES", NULL
};
