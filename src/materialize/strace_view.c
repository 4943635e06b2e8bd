/*-------------------------------------------------------------------------
 *
 * strace_view.c
 *		The native view strace, of system calls as strace prints them.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "access/attnum.h"
#include "catalog/pg_type.h"
#include "nodes/makefuncs.h"
#include "parser/parse_func.h"
#include "utils/builtins.h"
#include "utils/lsyscache.h"

#include "materialize/sql.h"
#include "materialize/strace_view.h"

/*
 * Does the extension have the pe_strace() that takes on_entry and the guest?  It
 * has not if the library is newer than the extension's objects, before ALTER
 * EXTENSION ... UPDATE to 0.3.0.
 */
static bool
has_strace_of_guest(const NativeTarget *target)
{
	static const Oid types[] = {
		TEXTOID, INT8OID, BOOLOID, TEXTARRAYOID, TEXTARRAYOID, TEXTARRAYOID, TEXTOID
	};

	return OidIsValid(LookupFuncName(list_make2(makeString(pstrdup(target->extension_schema)),
												makeString("pe_strace")),
									 lengthof(types), types, true));
}

/*
 * What a call's arguments have in a column, in the order of position; NULL without any.
 */
static char *
arguments_of_call(const char *column)
{
	return psprintf("pg_catalog.array_agg(a.%s ORDER BY a.position) FILTER (WHERE a.position IS NOT NULL)",
					column);
}

/*
 * Create the view of plain tables.  With a subquery for each call, Citus would ask all
 * shards, whatever the execution.
 */
static void
create_plain_strace_view(const NativeTarget *target)
{
	char	   *columns = "s.execution_id, s.syscall_id, s.thread_id, s.pid, s.tid, s.execution_offset";
	char	   *arguments = psprintf("%s, %s, %s", arguments_of_call("name"),
									 arguments_of_call("argument_type"), arguments_of_call("value"));

	sql_run("CREATE OR REPLACE VIEW %s AS SELECT %s, %s.pe_strace(s.name, s.retval, s.on_entry, %s, e.guest) AS call "
			"FROM %s s LEFT JOIN %s e ON e.execution_id = s.execution_id "
			"LEFT JOIN %s a ON a.execution_id = s.execution_id AND a.syscall_id = s.syscall_id "
			"GROUP BY %s, s.name, s.retval, s.on_entry, e.guest",
			native_table(target, &strace_relation), columns,
			quote_identifier(target->extension_schema), arguments,
			native_table(target, &syscalls_relation), native_table(target, &executions_relation),
			native_table(target, &syscall_arguments_relation), columns);
}

void
create_strace_view(const NativeTarget *target)
{
	bool		takes_guest = has_strace_of_guest(target) &&
		get_attnum(native_table_oid(target, &syscalls_relation), "on_entry") != InvalidAttrNumber &&
		get_attnum(native_table_oid(target, &executions_relation), "guest") != InvalidAttrNumber;
	char	   *function = psprintf("%s.pe_strace", quote_identifier(target->extension_schema));
	char	   *old_call = psprintf("%s(s.name, s.retval, s.pc, a.names, a.types, a.values)", function);
	char	   *call = !takes_guest ? old_call :
		psprintf("CASE WHEN s.on_entry IS NULL THEN %s ELSE "
				 "%s(s.name, s.retval, s.on_entry, a.names, a.types, a.values, e.guest) END",
				 old_call, function);

	if (native_layout(target) == LAYOUT_PLAIN)
	{
		create_plain_strace_view(target);
		return;
	}

	/* rows that were loaded before 0.3.0 have no on_entry; their pc is used instead */
	sql_run("CREATE OR REPLACE VIEW %s AS "
			"SELECT s.execution_id, s.syscall_id, s.thread_id, s.pid, s.tid, s.execution_offset, "
			"(SELECT %s FROM (SELECT pg_catalog.array_agg(a.name) AS names, "
			"pg_catalog.array_agg(a.argument_type) AS types, pg_catalog.array_agg(a.value) AS values "
			"FROM (SELECT a.name, a.argument_type, a.value FROM %s a "
			"WHERE a.execution_id = s.execution_id AND a.syscall_id = s.syscall_id "
			"ORDER BY a.position) a) a) AS call "
			"FROM %s s LEFT JOIN %s e ON e.execution_id = s.execution_id",
			native_table(target, &strace_relation), call,
			native_table(target, &syscall_arguments_relation),
			native_table(target, &syscalls_relation), native_table(target, &executions_relation));
}

bool
strace_view_is_current(const NativeTarget *target)
{
	int64		found;

	return !has_strace_of_guest(target) ||
		sql_get_bigint(&found,
					   "SELECT 1::pg_catalog.int8 FROM pg_catalog.pg_depend d "
					   "JOIN pg_catalog.pg_rewrite r ON r.oid = d.objid "
					   "JOIN pg_catalog.pg_attribute a ON a.attrelid = d.refobjid AND a.attnum = d.refobjsubid "
					   "WHERE d.classid = 'pg_catalog.pg_rewrite'::pg_catalog.regclass "
					   "AND d.refclassid = 'pg_catalog.pg_class'::pg_catalog.regclass "
					   "AND a.attname = 'on_entry' AND r.ev_class = %u AND d.refobjid = %u LIMIT 1",
					   native_table_oid(target, &strace_relation),
					   native_table_oid(target, &syscalls_relation));
}
