/*-------------------------------------------------------------------------
 *
 * trace_sql.c
 *		What pe trace asks of a log, in SQL.
 *
 *-------------------------------------------------------------------------
 */
#include "trace_sql.h"

#define EXEC_CALLS "'sys_execve', 'sys_execveat'"
#define FORK_CALLS "'sys_clone', 'sys_clone3', 'sys_fork', 'sys_vfork'"

const char trace_facts_sql[] =
"SELECT name, regexp_replace(plog, '^.*/', ''), guest, complete::int, (SELECT count(*) FROM processes), (SELECT count(*) FROM threads), "
"	calls, without FROM executions, (SELECT count(*) AS calls, count(*) FILTER (WHERE at IS NULL) AS without FROM trace_calls) c";

/* What each call is: a moment, or the beginning or the end of one that takes time. */
const char trace_calls_sql[] =
"CREATE TEMP TABLE trace_calls AS "
"WITH neighbours AS ("
"	SELECT syscall_id, thread_id, process_id, name, retval, on_entry, execution_offset AS at, "
"		CASE WHEN left(name, 2) IN ('Nt', 'Zw') THEN retval & 3221225472 = 3221225472 ELSE retval BETWEEN -4095 AND -1 END AS failed, "
"		max(execution_offset) OVER (w ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING) AS before, "
"		min(execution_offset) OVER (w ROWS BETWEEN 2 FOLLOWING AND UNBOUNDED FOLLOWING) AS after, "
"		lead(name) OVER w AS next_name, lead(on_entry) OVER w AS next_on_entry, lead(execution_offset) OVER w AS next_at "
"	FROM syscalls WINDOW w AS (PARTITION BY thread_id ORDER BY syscall_id)), "
"pairs AS ("
"	SELECT *, coalesce(on_entry AND NOT next_on_entry AND next_name = name AND next_at > at AND thread_id IS NOT NULL "
"		AND (before IS NULL OR before <= at) AND (after IS NULL OR after >= next_at), false) AS returns FROM neighbours) "
"SELECT syscall_id, thread_id, process_id, name, retval, on_entry, at, coalesce(failed, false) AS failed, returns, "
"	lag(returns, 1, false) OVER (PARTITION BY thread_id ORDER BY syscall_id) AS is_return FROM pairs";

/*
 * What each thread ran: a program begins with an exec that succeeds, of which
 * the last one counts where several have one offset.
 */
const char trace_programs_sql[] =
"CREATE TEMP TABLE trace_programs AS "
"WITH execs AS ("
"	SELECT syscall_id, thread_id, at, retval, on_entry, lead(retval) OVER (PARTITION BY thread_id ORDER BY syscall_id) AS next "
"	FROM trace_calls WHERE name IN (" EXEC_CALLS ") AND thread_id IS NOT NULL), "
"begun AS ("
"	SELECT DISTINCT ON (thread_id, at) syscall_id, thread_id, at FROM execs "
"	WHERE at IS NOT NULL AND CASE WHEN on_entry THEN next IS NULL OR next >= 0 ELSE retval = 0 END "
"	ORDER BY thread_id, at, syscall_id DESC), "
"named AS ("
"	SELECT b.thread_id, b.at, regexp_replace((array_agg(value ORDER BY position) FILTER (WHERE argument_type = 'STRING'))[1], '^.*/(?=.)', '') AS name, "
"		(array_agg(value ORDER BY position) FILTER (WHERE a.name = 'args'))[1] AS command "
"	FROM begun b LEFT JOIN syscall_arguments a USING (syscall_id) GROUP BY b.thread_id, b.syscall_id, b.at), "
"starts AS ("
"	SELECT thread_id, at, name, command FROM named "
"	UNION ALL "
"	SELECT thread_id, first_seen_execution_offset, (SELECT n.name FROM thread_names n WHERE n.thread_id = t.thread_id "
"		ORDER BY first_seen_execution_offset, thread_name_id LIMIT 1), NULL FROM threads t "
"	WHERE first_seen_execution_offset IS NOT NULL AND NOT EXISTS ("
"		SELECT FROM named n WHERE n.thread_id = t.thread_id AND n.at <= first_seen_execution_offset)) "
"SELECT thread_id, process_id, at, coalesce(s.name, t.names[cardinality(t.names)], 'thread ' || t.tid) AS name, command, "
"	row_number() OVER w = 1 AS is_first, "
"	coalesce(lead(at) OVER w, last_seen_execution_offset) AS until "
"FROM starts s JOIN threads t USING (thread_id) WINDOW w AS (PARTITION BY thread_id ORDER BY at < 0, at)";

/*
 * Where each child's flow begins: with the call that made it, unless that
 * returned after the child was seen, or is not in the log; then with the parent's
 * last call before.  Of several calls that returned this pid the one counts that
 * is the last before the child was seen, and no older process of the pid's.
 */
const char trace_forks_sql[] =
"CREATE TEMP TABLE trace_forks AS "
"WITH children AS ("
"	SELECT process_id, parent_process_id, pid, first_seen_execution_offset AS seen, "
"		lag(first_seen_execution_offset) OVER (PARTITION BY pid ORDER BY first_seen_execution_offset, process_id) AS older "
"	FROM processes WHERE first_seen_execution_offset IS NOT NULL), "
"made AS ("
"	SELECT DISTINCT ON (c.process_id) c.process_id, s.syscall_id FROM children c "
"	JOIN trace_calls s ON s.process_id = c.parent_process_id AND s.retval = c.pid AND s.name IN (" FORK_CALLS ") AND s.at <= c.seen "
"	WHERE c.older IS NULL OR s.at > c.older ORDER BY c.process_id, s.at DESC, s.syscall_id DESC), "
"missed AS ("
"	SELECT process_id, parent_process_id, seen FROM children WHERE parent_process_id IS NOT NULL AND process_id NOT IN (SELECT process_id FROM made)), "
"steps AS ("
"	SELECT process_id AS parent, at, 1 AS step, syscall_id, NULL::bigint AS child FROM trace_calls "
"	WHERE at IS NOT NULL AND process_id IN (SELECT parent_process_id FROM missed) "
"	UNION ALL "
"	SELECT parent_process_id, seen, 0, NULL, process_id FROM missed), "
"last AS ("
"	SELECT child, max(ARRAY[at, syscall_id]) FILTER (WHERE step = 1) OVER (PARTITION BY parent ORDER BY at, step "
"		ROWS UNBOUNDED PRECEDING) AS call FROM steps) "
"SELECT process_id, syscall_id FROM made UNION ALL SELECT child, call[2] FROM last WHERE child IS NOT NULL AND call IS NOT NULL";

const char trace_processes_sql[] =
"SELECT process_id, parent_process_id, pid, names[cardinality(names)], "
"	(SELECT min(thread_id) FROM threads t WHERE t.process_id = p.process_id), "
"	(SELECT command FROM trace_programs g WHERE g.process_id = p.process_id AND command IS NOT NULL ORDER BY at DESC LIMIT 1) "
"FROM processes p ORDER BY process_id";

const char trace_threads_sql[] =
"SELECT thread_id, process_id, tid, names[cardinality(names)] FROM threads ORDER BY process_id, thread_id";

/*
 * All events in order, each with a row for each of its arguments.  Offsets are
 * unsigned: from 2^63 on they come last.
 */
const char trace_events_sql[] =
"WITH events AS ("
"	SELECT at, CASE WHEN is_first THEN 0 ELSE 4 END AS step, NULL::bigint AS syscall_id, thread_id, process_id, name, NULL::bigint AS retval, "
"		false AS failed, command, NULL::text AS flows, CASE WHEN is_first AND thread_id = (SELECT min(thread_id) FROM threads t "
"			WHERE t.process_id = p.process_id) AND process_id IN (SELECT process_id FROM trace_forks) THEN process_id END AS flow_here "
"	FROM trace_programs p "
"	UNION ALL "
"	SELECT until, CASE WHEN until = at THEN 6 ELSE 3 END, NULL, thread_id, process_id, NULL, NULL, false, NULL, NULL, NULL FROM trace_programs "
"	UNION ALL "
"	SELECT at, CASE WHEN returns THEN 5 WHEN is_return THEN 1 ELSE 2 END, syscall_id, thread_id, process_id, name, retval, failed, NULL, flows, NULL "
"	FROM trace_calls LEFT JOIN (SELECT syscall_id, string_agg(process_id::text, ' ' ORDER BY process_id) AS flows FROM trace_forks "
"		GROUP BY syscall_id) f USING (syscall_id) WHERE at IS NOT NULL) "
"SELECT e.at, e.step, e.syscall_id, e.thread_id, e.process_id, e.name, e.retval, e.failed, e.command, e.flows, e.flow_here, "
"	a.position, a.name, a.argument_type, a.value "
"FROM events e LEFT JOIN syscall_arguments a ON a.syscall_id = e.syscall_id "
"ORDER BY e.at < 0, e.at, e.step, e.syscall_id, e.thread_id, a.position";
