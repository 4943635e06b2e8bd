/*-------------------------------------------------------------------------
 *
 * question_views.c
 *		What the views beside the relations are made of.
 *
 * All sums are numeric, and differences are taken of offsets from 0 on only: a log
 * may hold any 64 bits, and no view may fail on them.
 *
 * A literal with a backslash is E'...', since the session may have set
 * standard_conforming_strings to off.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "materialize/question_views.h"

/* ------------------------------------------------------------------------
 * Names of calls and arguments
 * ------------------------------------------------------------------------
 */

/* Calls that return a descriptor of a path. */
#define OPEN_CALLS \
	"'sys_open', 'sys_openat', 'sys_openat2', 'sys_creat'"

/* Calls that return a descriptor of something else, or of what is not told. */
#define DESCRIPTOR_MAKERS \
	"'sys_dup', 'sys_dup2', 'sys_dup3', 'sys_socket', 'sys_accept', 'sys_accept4', " \
	"'sys_epoll_create', 'sys_epoll_create1', 'sys_eventfd', 'sys_eventfd2', " \
	"'sys_timerfd_create', 'sys_signalfd', 'sys_signalfd4', 'sys_inotify_init', " \
	"'sys_inotify_init1', 'sys_memfd_create', 'sys_fanotify_init', 'sys_pidfd_open', " \
	"'sys_perf_event_open', 'sys_userfaultfd'"

/* Calls whose first argument is a descriptor, for logs whose arguments have no names. */
#define DESCRIPTOR_CALLS \
	"'sys_read', 'sys_write', 'sys_pread64', 'sys_pwrite64', 'sys_readv', 'sys_writev', " \
	"'sys_preadv', 'sys_pwritev', 'sys_close', 'sys_newfstat', 'sys_fstat', " \
	"'sys_fstat64', 'sys_lseek', 'sys_llseek', 'sys_fcntl', 'sys_fcntl64', 'sys_ioctl', " \
	"'sys_getdents', 'sys_getdents64', 'sys_fsync', 'sys_fdatasync', 'sys_ftruncate', " \
	"'sys_fchmod', 'sys_fchown', 'sys_fchdir', 'sys_flock', 'sys_fstatfs'"

/* Calls whose first argument is a directory's descriptor, and whose second is a path. */
#define AT_CALLS \
	"'sys_openat', 'sys_openat2', 'sys_mkdirat', 'sys_mknodat', 'sys_fchownat', " \
	"'sys_futimesat', 'sys_newfstatat', 'sys_fstatat64', 'sys_unlinkat', 'sys_renameat', " \
	"'sys_renameat2', 'sys_linkat', 'sys_readlinkat', 'sys_fchmodat', 'sys_faccessat', " \
	"'sys_faccessat2', 'sys_utimensat', 'sys_execveat', 'sys_statx', " \
	"'sys_name_to_handle_at'"

/* Arguments that are paths. */
#define PATH_ARGUMENTS \
	"'filename', 'pathname', 'path', 'oldname', 'newname', 'oldpath', 'newpath', " \
	"'dir_name', 'specialfile'"

/* Calls that return a socket. */
#define SOCKET_MAKERS \
	"'sys_socket', 'sys_accept', 'sys_accept4', 'sys_socketcall'"

/* Calls on a socket, and on nothing else. */
#define SOCKET_USERS \
	"'sys_bind', 'sys_connect', 'sys_listen', 'sys_shutdown', 'sys_getsockname', " \
	"'sys_getpeername', 'sys_setsockopt', 'sys_getsockopt', 'sys_sendto', 'sys_send', " \
	"'sys_sendmsg', 'sys_sendmmsg', 'sys_recvfrom', 'sys_recv', 'sys_recvmsg', " \
	"'sys_recvmmsg'"

/* Calls that read from any descriptor, or write to one: they return how many bytes. */
#define READERS \
	"'sys_read', 'sys_pread64', 'sys_readv', 'sys_preadv', 'sys_preadv2'"
#define WRITERS \
	"'sys_write', 'sys_pwrite64', 'sys_writev', 'sys_pwritev', 'sys_pwritev2'"

/* The same with those of sockets alone. */
#define SENDERS \
	WRITERS ", 'sys_sendto', 'sys_send', 'sys_sendmsg'"
#define RECEIVERS \
	READERS ", 'sys_recvfrom', 'sys_recv', 'sys_recvmsg'"

/* ------------------------------------------------------------------------
 * Parts of queries
 * ------------------------------------------------------------------------
 */

/* Did the call s fail?  NULL or false: it did not. */
#define FAILED \
	"CASE WHEN left(s.name, 2) IN ('Nt', 'Zw') THEN s.retval & 3221225472 = 3221225472 " \
	"ELSE s.retval BETWEEN -4095 AND -1 END"

/*
 * The argument fd of each call that has one, and the path behind it: there is none
 * of a descriptor that is negative or above 255, see the format's description.
 */
#define DESCRIPTORS \
	"SELECT execution_id, syscall_id, descriptor, " \
			"CASE WHEN path <> '[unknown filename]' AND coalesce(descriptor BETWEEN 0 AND 255, true) THEN path END AS path, " \
			"path IS NOT NULL AND coalesce(descriptor BETWEEN 0 AND 255, true) AS path_is_said " \
		"FROM ( " \
			"SELECT execution_id, syscall_id, @pe_bigint(max(value) FILTER (WHERE name = 'fd')) AS descriptor, " \
				"max(value) FILTER (WHERE name = 'filename(from fd)') AS path " \
			"FROM $syscall_arguments WHERE name IN ('fd', 'filename(from fd)') " \
			"GROUP BY execution_id, syscall_id) d "

/* ------------------------------------------------------------------------
 * The views
 * ------------------------------------------------------------------------
 */

const QuestionView question_views[] = {
	{
		"process_tree",
		"Processes as a tree: ORDER BY execution_id, path shows each below its parent",
		"WITH RECURSIVE parents AS ( "
			"SELECT p.execution_id, p.process_id, q.process_id AS parent_process_id "
			"FROM $processes p LEFT JOIN $processes q "
				"ON q.execution_id = p.execution_id AND q.process_id = p.parent_process_id), "
		"reached AS ( "
			"SELECT execution_id, process_id FROM parents WHERE parent_process_id IS NULL "
			"UNION ALL "
			"SELECT p.execution_id, p.process_id FROM reached r JOIN parents p "
				"ON p.execution_id = r.execution_id AND p.parent_process_id = r.process_id), "
		"climbed AS ( "
			"SELECT p.execution_id, p.process_id, p.parent_process_id, ARRAY[p.process_id] AS climb "
			"FROM parents p LEFT JOIN reached r USING (execution_id, process_id) "
			"WHERE r.process_id IS NULL "
			"UNION ALL "
			"SELECT c.execution_id, c.process_id, p.parent_process_id, c.climb || p.process_id "
			"FROM climbed c JOIN parents p "
				"ON p.execution_id = c.execution_id AND p.process_id = c.parent_process_id "
			"WHERE p.process_id <> ALL (c.climb)), "
		"tops AS ( "
			"SELECT execution_id, process_id FROM parents WHERE parent_process_id IS NULL "
			"UNION ALL "
			"SELECT execution_id, process_id FROM climbed c "
			"WHERE parent_process_id = process_id AND process_id <= ALL (climb)), "
		"tree AS ( "
			"SELECT execution_id, process_id, 0 AS depth, ARRAY[process_id] AS path FROM tops "
			"UNION ALL "
			"SELECT p.execution_id, p.process_id, t.depth + 1, t.path || p.process_id "
			"FROM tree t JOIN parents p "
				"ON p.execution_id = t.execution_id AND p.parent_process_id = t.process_id "
			"WHERE p.process_id <> t.path[1]), "
		/* one pass over the arguments of the calls that matter serves all that follows */
		"said AS MATERIALIZED ( "
			"SELECT execution_id, syscall_id, "
				"max(value) FILTER (WHERE name = 'args' AND is_text) AS arguments, "
				"max(value) FILTER (WHERE position = 0 AND is_text) AS text0, "
				"max(value) FILTER (WHERE position = 1 AND is_text) AS text1, "
				"max(value) FILTER (WHERE position = 0) AS value0, "
				"max(value) FILTER (WHERE position = 1) AS value1, "
				"max(value) FILTER (WHERE position = 2) AS value2, "
				"max(value) FILTER (WHERE position = 0 AND argument_type = 'POINTER') AS handle "
			"FROM ( "
				"SELECT a.execution_id, a.syscall_id, a.position, a.name, a.argument_type, a.value, "
					"a.argument_type = 'STRING' AND btrim(a.value) NOT IN ('', 'n/a') AS is_text "
				"FROM $syscalls s "
				"JOIN $syscall_arguments a ON a.execution_id = s.execution_id AND a.syscall_id = s.syscall_id "
				"WHERE s.name IN ('sys_execve', 'sys_execveat', 'sys_exit_group', 'sys_exit', 'NtTerminateProcess', "
					"'ZwTerminateProcess', 'sys_kill', 'sys_tgkill') "
					"AND (a.name IS NULL AND a.position <= 2 OR a.name IN ('args', 'filename', 'pathname', 'error_code', "
						"'exit_code', 'status', 'pid', 'tgid', 'sig', 'arg0', 'arg1', 'arg2', 'ExitStatus', 'ProcessHandle'))) a "
			"GROUP BY execution_id, syscall_id), "
		"executed AS ( "
			"SELECT e.execution_id, e.process_id, "
				"coalesce(a.arguments, CASE e.name WHEN 'sys_execveat' THEN a.text1 ELSE a.text0 END) AS command_line "
			"FROM ( "
				"SELECT DISTINCT ON (execution_id, process_id) execution_id, process_id, syscall_id, name "
				"FROM ( "
					"SELECT execution_id, process_id, syscall_id, name, retval, on_entry, "
						"lead(retval) OVER (PARTITION BY execution_id, thread_id ORDER BY syscall_id) AS next_retval "
					"FROM $syscalls WHERE name IN ('sys_execve', 'sys_execveat')) s "
				"WHERE CASE WHEN on_entry THEN next_retval IS NULL OR next_retval >= 0 ELSE retval = 0 END "
				"ORDER BY execution_id, process_id, syscall_id DESC) e "
			"JOIN said a ON a.execution_id = e.execution_id AND a.syscall_id = e.syscall_id), "
		"ran AS ( "
			"SELECT execution_id, process_id, sum(end_execution_offset - start_execution_offset) + count(*) AS instructions "
			"FROM $threadslices WHERE start_execution_offset >= 0 AND end_execution_offset >= start_execution_offset "
			"GROUP BY execution_id, process_id), "
		"called AS ( "
			"SELECT execution_id, process_id, count(*) AS calls, count(*) FILTER (WHERE " FAILED ") AS failed_calls "
			"FROM $syscalls s GROUP BY execution_id, process_id), "
		"exited AS ( "
			"SELECT DISTINCT ON (s.execution_id, s.process_id) s.execution_id, s.process_id, 'exited'::text AS ended, "
				"@pe_bigint(CASE WHEN s.name LIKE 'sys%' THEN a.value0 ELSE a.value1 END) AS exit_code "
			"FROM $syscalls s "
			"LEFT JOIN said a ON a.execution_id = s.execution_id AND a.syscall_id = s.syscall_id "
			"WHERE s.name IN ('sys_exit_group', 'sys_exit', 'NtTerminateProcess', 'ZwTerminateProcess') "
				"AND CASE WHEN s.name = 'sys_exit' THEN s.tid = s.pid "
					"WHEN s.name = 'sys_exit_group' THEN true "
					"ELSE a.handle IN ('0xffffffff', '0xffffffffffffffff') END "
			"ORDER BY s.execution_id, s.process_id, s.name = 'sys_exit', s.syscall_id DESC), "
		"signs AS ( "
			"SELECT s.execution_id, @pe_bigint(a.value0) AS pid, s.execution_offset, 'killed'::text AS ended "
			"FROM $syscalls s "
			"JOIN said a ON a.execution_id = s.execution_id AND a.syscall_id = s.syscall_id "
			"WHERE s.name IN ('sys_kill', 'sys_tgkill') AND s.retval = 0 "
				"AND CASE s.name WHEN 'sys_kill' THEN a.value1 ELSE a.value2 END = '9' "
			"UNION ALL "
			"SELECT execution_id, retval, execution_offset, 'reaped' FROM $syscalls "
			"WHERE name IN ('sys_wait4', 'sys_waitpid') AND retval > 0), "
		"lives AS ( "
			"SELECT execution_id, process_id, pid, first_seen_execution_offset AS first_offset, "
				"lead(first_seen_execution_offset) OVER (PARTITION BY execution_id, pid "
					"ORDER BY first_seen_execution_offset, process_id) AS next_offset "
			"FROM $processes WHERE first_seen_execution_offset IS NOT NULL), "
		"others AS ( "
			"SELECT l.execution_id, l.process_id, min(s.ended) AS ended "
			"FROM lives l JOIN signs s ON s.execution_id = l.execution_id AND s.pid = l.pid "
				"AND s.execution_offset >= l.first_offset "
				"AND (l.next_offset IS NULL OR s.execution_offset < l.next_offset) "
			"GROUP BY l.execution_id, l.process_id) "
		"SELECT p.execution_id, p.process_id, p.parent_process_id, p.pid, p.ppid, t.depth, t.path, "
			"p.names[cardinality(p.names)] AS name, e.command_line, "
			"p.first_seen_execution_offset, p.last_seen_execution_offset, "
			"coalesce(r.instructions, 0) AS instructions, "
			"coalesce(c.calls, 0) AS calls, coalesce(c.failed_calls, 0) AS failed_calls, "
			"x.exit_code, coalesce(x.ended, o.ended) AS ended "
		"FROM $processes p "
		"LEFT JOIN tree t USING (execution_id, process_id) "
		"LEFT JOIN executed e USING (execution_id, process_id) "
		"LEFT JOIN ran r USING (execution_id, process_id) "
		"LEFT JOIN called c USING (execution_id, process_id) "
		"LEFT JOIN exited x USING (execution_id, process_id) "
		"LEFT JOIN others o USING (execution_id, process_id) "
		,
		{
			{"depth", "how many ancestors the log knows; 0 for a process without a parent"},
			{"path", "process_ids from the topmost ancestor down to the process"},
			{"name", "the last name that the process was seen to have"},
			{"command_line", "the arguments of the last successful execve, or the program where the log has none; NULL for a process that was forked, or began before the log, and executed nothing since"},
			{"instructions", "guest instructions that its threadslices span"},
			{"calls", "rows of syscalls; a call logged on entry and on return counts twice"},
			{"failed_calls", "calls whose result is an error"},
			{"exit_code", "the argument of exit_group, or of exit of the leading thread, or of NtTerminateProcess"},
			{"ended", "exited: it called exit; killed: it was sent SIGKILL; reaped: a wait returned its pid; NULL: its end is not in the log"}
		}
	},
	{
		"calls",
		"System calls as strace prints them, with process, thread, time taken and path",
		"SELECT s.execution_id, s.syscall_id, s.process_id, s.thread_id, s.pid, s.tid, "
			"p.names[cardinality(p.names)] AS process_name, t.names[cardinality(t.names)] AS thread_name, "
			"s.name, c.call, s.retval, s.on_entry, coalesce(" FAILED ", false) AS failed, "
			"s.execution_offset, "
			"CASE WHEN NOT s.on_entry AND s.thread_id IS NOT NULL AND s.before >= 0 AND s.execution_offset >= s.before "
				"THEN s.execution_offset - s.before END AS max_duration, "
			"d.path AS path "
		"FROM ( "
			"SELECT execution_id, syscall_id, process_id, thread_id, pid, tid, name, retval, on_entry, execution_offset, "
				"max(execution_offset) OVER (PARTITION BY execution_id, process_id, thread_id ORDER BY syscall_id "
					"ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING) AS before "
			"FROM $syscalls) s "
		"JOIN $strace c ON c.execution_id = s.execution_id AND c.syscall_id = s.syscall_id "
		"LEFT JOIN (" DESCRIPTORS ") d ON d.execution_id = s.execution_id AND d.syscall_id = s.syscall_id "
		"LEFT JOIN $processes p ON p.execution_id = s.execution_id AND p.process_id = s.process_id "
		"LEFT JOIN $threads t ON t.execution_id = s.execution_id AND t.thread_id = s.thread_id "
		,
		{
			{"process_name", "the last name of the process"},
			{"thread_name", "the last name of the thread"},
			{"name", "the name as in syscalls, sys_ included"},
			{"call", "the call as strace prints it"},
			{"failed", "the result is an error"},
			{"max_duration", "an upper bound of how long the call took, in instructions: since the last row of its thread; NULL on entry"},
			{"path", "the path behind the argument fd"}
		}
	},
	{
		"files",
		"What each process did with each path: named in a call, or behind its descriptor",
		"WITH RECURSIVE named AS ( "
			"SELECT s.execution_id, s.process_id, s.syscall_id, s.execution_offset, s.name AS call, s.retval, "
				FAILED " AS failed, a.value AS path, "
				"CASE WHEN d.number IS NULL OR d.number = 4294967196 THEN -100 ELSE d.number END AS place "
			"FROM $syscalls s "
			"JOIN ( "
				"SELECT execution_id, syscall_id, position, name, value FROM $syscall_arguments "
				"WHERE argument_type = 'STRING' AND value NOT IN ('', 'n/a') AND (name IS NULL OR name IN (" PATH_ARGUMENTS "))) a "
				"ON a.execution_id = s.execution_id AND a.syscall_id = s.syscall_id "
			"LEFT JOIN ( "
				"SELECT execution_id, syscall_id, position, @pe_bigint(value) AS number FROM $syscall_arguments "
				"WHERE argument_type IN ('SIGNED_32', 'UNSIGNED_32') "
					"AND (name IS NULL OR name IN ('dfd', 'olddfd', 'newdfd', 'dirfd'))) d "
				"ON d.execution_id = a.execution_id AND d.syscall_id = a.syscall_id AND d.position = a.position - 1 "
			"WHERE a.name IS NOT NULL OR a.position = CASE WHEN s.name IN (" AT_CALLS ") THEN 1 ELSE 0 END), "
		"described AS ( "
			"SELECT s.execution_id, s.process_id, s.syscall_id, s.execution_offset, s.name AS call, s.retval, "
				FAILED " AS failed, d.descriptor, d.path, d.path_is_said "
			"FROM $syscalls s JOIN (" DESCRIPTORS ") d ON d.execution_id = s.execution_id AND d.syscall_id = s.syscall_id "
			"WHERE d.descriptor IS NOT NULL "
			"UNION ALL "
			"SELECT s.execution_id, s.process_id, s.syscall_id, s.execution_offset, s.name, s.retval, "
				FAILED ", @pe_bigint(d.value), NULL, false "
			"FROM $syscalls s JOIN $syscall_arguments d ON d.execution_id = s.execution_id AND d.syscall_id = s.syscall_id "
			"WHERE d.position = 0 AND d.name IS NULL AND s.name IN (" DESCRIPTOR_CALLS ")), "
		"asked AS ( "
			"SELECT execution_id, process_id, syscall_id, execution_offset, call, retval, failed, place, path AS relative_path, "
				"NULL::bigint AS child_process_id "
			"FROM named WHERE left(path, 1) <> '/' "
			"UNION ALL "
			"SELECT execution_id, process_id, syscall_id, execution_offset, call, retval, failed, descriptor, NULL, NULL "
			"FROM described WHERE NOT path_is_said "
			"UNION ALL "
			"SELECT execution_id, parent_process_id, NULL, first_seen_execution_offset, NULL, NULL, NULL, -100, NULL, process_id "
			"FROM $processes WHERE parent_process_id IS NOT NULL), "
		"told AS ( "
			"SELECT execution_id, process_id, syscall_id, execution_offset, descriptor AS place, path, 0 AS step "
			"FROM described WHERE path_is_said "
			"UNION ALL "
			"SELECT execution_id, process_id, syscall_id, execution_offset, descriptor, NULL, 2 "
			"FROM described WHERE call = 'sys_close' AND retval = 0 "
			"UNION ALL "
			"SELECT execution_id, process_id, syscall_id, execution_offset, retval, CASE WHEN left(path, 1) = '/' THEN path END, 2 "
			"FROM named WHERE call IN (" OPEN_CALLS ") AND retval >= 0 "
			"UNION ALL "
			"SELECT execution_id, process_id, syscall_id, execution_offset, retval, NULL, 2 "
			"FROM $syscalls WHERE name IN (" DESCRIPTOR_MAKERS ") AND retval >= 0 "
			"UNION ALL "
			"SELECT execution_id, process_id, syscall_id, execution_offset, -100, CASE WHEN left(path, 1) = '/' THEN path END, 2 "
			"FROM named WHERE call = 'sys_chdir' AND retval = 0 "
			"UNION ALL "
			"SELECT execution_id, process_id, syscall_id, execution_offset, -100, path, 2 "
			"FROM described WHERE call = 'sys_fchdir' AND retval = 0 "
			"UNION ALL "
			"SELECT s.execution_id, s.process_id, s.syscall_id, s.execution_offset, -100, "
				"split_part(@pe_readable(a.value), E'\\\\x00', 1), 2 "
			"FROM $syscalls s "
			"JOIN $syscall_arguments a ON a.execution_id = s.execution_id AND a.syscall_id = s.syscall_id "
			"WHERE s.name = 'sys_getcwd' AND s.retval > 0 AND a.position = 0 "
				"AND (a.argument_type = 'STRING' AND left(a.value, 1) = '/' "
					"OR a.argument_type = 'BYTES' AND left(a.value, 4) = E'\\\\x2f')), "
		"answered AS ( "
			"SELECT *, stretch > 0 AS is_told, "
				"max(told_path) OVER (PARTITION BY execution_id, process_id, place, stretch) AS directory "
			"FROM ( "
				"SELECT *, count(*) FILTER (WHERE step <> 1) OVER (PARTITION BY execution_id, process_id, place "
					"ORDER BY execution_offset, syscall_id, step ROWS UNBOUNDED PRECEDING) AS stretch "
				"FROM ( "
					"SELECT *, NULL::text AS told_path, 1 AS step FROM asked "
					"UNION ALL "
					"SELECT execution_id, process_id, syscall_id, execution_offset, NULL, NULL, NULL, place, NULL, NULL, path, step "
					"FROM told t "
					"WHERE EXISTS ( "
						"SELECT FROM asked a WHERE a.execution_id = t.execution_id "
							"AND coalesce(a.process_id, 0) = coalesce(t.process_id, 0) AND a.place = t.place)) u) u), "
		"born AS ( "
			"SELECT execution_id, process_id, NULL::text AS directory FROM $processes WHERE parent_process_id IS NULL "
			"UNION ALL "
			"SELECT a.execution_id, a.child_process_id, CASE WHEN a.is_told THEN a.directory ELSE b.directory END "
			"FROM born b JOIN answered a ON a.execution_id = b.execution_id AND a.process_id = b.process_id "
			"WHERE a.child_process_id IS NOT NULL), "
		"used AS ( "
			"SELECT execution_id, process_id, syscall_id, execution_offset, call, retval, failed, path, true AS by_name "
			"FROM named WHERE left(path, 1) = '/' "
			"UNION ALL "
			"SELECT execution_id, process_id, syscall_id, execution_offset, call, retval, failed, path, false "
			"FROM described WHERE path IS NOT NULL "
			"UNION ALL "
			"SELECT execution_id, process_id, syscall_id, execution_offset, call, retval, failed, "
				"CASE WHEN relative_path IS NULL OR relative_path = '.' AND directory IS NOT NULL THEN directory "
					"WHEN directory IS NULL THEN relative_path "
					"ELSE rtrim(directory, '/') || '/' || CASE WHEN left(relative_path, 2) = './' THEN substr(relative_path, 3) ELSE relative_path END "
				"END, relative_path IS NOT NULL "
			"FROM ( "
				"SELECT a.execution_id, a.process_id, a.syscall_id, a.execution_offset, a.call, a.retval, a.failed, a.relative_path, "
					"CASE WHEN a.is_told THEN a.directory WHEN a.place = -100 THEN b.directory END AS directory "
				"FROM answered a "
				"LEFT JOIN born b ON b.execution_id = a.execution_id AND b.process_id = a.process_id "
				"WHERE a.step = 1 AND a.child_process_id IS NULL) a) "
		"SELECT u.execution_id, u.process_id, p.pid, p.names[cardinality(p.names)] AS process_name, u.path, "
			"u.opened, u.read_bytes, u.written_bytes, u.calls, u.failed_calls, u.first_execution_offset, u.last_execution_offset "
		"FROM ( "
			"SELECT execution_id, process_id, path, "
				"count(*) FILTER (WHERE by_name AND call IN (" OPEN_CALLS ") AND retval >= 0) AS opened, "
				"coalesce(sum(retval) FILTER (WHERE NOT by_name AND call IN (" READERS ") AND retval > 0), 0) AS read_bytes, "
				"coalesce(sum(retval) FILTER (WHERE NOT by_name AND call IN (" WRITERS ") AND retval > 0), 0) AS written_bytes, "
				"count(*) AS calls, count(*) FILTER (WHERE failed) AS failed_calls, "
				"min(execution_offset) AS first_execution_offset, max(execution_offset) AS last_execution_offset "
			"FROM used WHERE path IS NOT NULL "
			"GROUP BY execution_id, process_id, path) u "
		"LEFT JOIN $processes p ON p.execution_id = u.execution_id AND p.process_id = u.process_id "
		,
		{
			{"path", "as the log has it; a relative one is completed where the log tells the directory"},
			{"opened", "successful calls of open, openat, openat2 and creat that name it"},
			{"read_bytes", "sum of the results of read and its kin on its descriptors"},
			{"written_bytes", "sum of the results of write and its kin on its descriptors"},
			{"calls", "calls that name it or act on a descriptor of it"},
			{"failed_calls", "those whose result is an error"}
		}
	},
	{
		"network_calls",
		"Calls on sockets, in the order of syscall_id",
		"WITH acts AS ( "
			"SELECT s.execution_id, s.process_id, s.thread_id, s.syscall_id, s.execution_offset, s.name, s.retval, s.on_entry, "
				"@pe_bigint(a.value) AS argument "
			"FROM $syscalls s "
			"LEFT JOIN $syscall_arguments a ON a.execution_id = s.execution_id AND a.syscall_id = s.syscall_id AND a.position = 0 "
			"WHERE s.name IN (" SOCKET_MAKERS ", " SOCKET_USERS ")), "
		"marks AS ( "
			"SELECT *, retval AS descriptor, true AS makes FROM acts "
			"WHERE name IN (" SOCKET_MAKERS ") AND retval >= 0 AND (name <> 'sys_socketcall' OR argument IN (1, 5, 18)) "
			"UNION ALL "
			"SELECT *, argument, false FROM acts "
			"WHERE name NOT IN ('sys_socket', 'sys_socketcall') AND argument >= 0), "
		"sockets AS ( "
			"SELECT DISTINCT execution_id, coalesce(process_id, 0) AS process_id, descriptor FROM marks), "
		"events AS ( "
			"SELECT *, true AS is_of_socket FROM marks "
			"UNION ALL "
			"SELECT s.execution_id, s.process_id, s.thread_id, s.syscall_id, s.execution_offset, s.name, s.retval, s.on_entry, "
				"NULL, s.retval, true, false "
			"FROM $syscalls s "
			"JOIN sockets k ON k.execution_id = s.execution_id AND k.process_id = coalesce(s.process_id, 0) AND k.descriptor = s.retval "
			"WHERE s.name IN (" OPEN_CALLS ", " DESCRIPTOR_MAKERS ") AND s.name NOT IN (" SOCKET_MAKERS ") "
			"UNION ALL "
			"SELECT s.execution_id, s.process_id, s.thread_id, s.syscall_id, s.execution_offset, s.name, s.retval, s.on_entry, "
				"NULL, k.descriptor, false, false "
			"FROM $syscalls s "
			"JOIN (SELECT execution_id, syscall_id, @pe_bigint(value) AS descriptor FROM $syscall_arguments WHERE position = 0) a "
				"ON a.execution_id = s.execution_id AND a.syscall_id = s.syscall_id "
			"JOIN sockets k ON k.execution_id = s.execution_id AND k.process_id = coalesce(s.process_id, 0) AND k.descriptor = a.descriptor "
			"WHERE s.name IN (" READERS ", " WRITERS ", 'sys_close')), "
		"counted AS ( "
			"SELECT *, count(*) FILTER (WHERE makes OR follows_close) OVER w AS stretch "
			"FROM ( "
				"SELECT *, lag(name = 'sys_close' AND retval = 0, 1, true) OVER w AS follows_close FROM events "
				"WINDOW w AS (PARTITION BY execution_id, process_id, descriptor ORDER BY syscall_id)) e "
			"WINDOW w AS (PARTITION BY execution_id, process_id, descriptor ORDER BY syscall_id)), "
		"used AS ( "
			"SELECT * FROM ( "
				"SELECT *, min(syscall_id) OVER w AS socket_id, bool_or(is_of_socket) OVER w AS is_socket FROM counted "
				"WINDOW w AS (PARTITION BY execution_id, process_id, descriptor, stretch)) c "
			"WHERE is_socket) "
		"SELECT u.execution_id, u.process_id, u.descriptor, u.socket_id, u.syscall_id, u.thread_id, u.execution_offset, "
			"u.name, u.retval, u.on_entry, "
			"CASE WHEN u.name IN (" SENDERS ") THEN 'sent' WHEN u.name IN (" RECEIVERS ") THEN 'received' END AS direction, "
			"CASE WHEN u.name IN (" SENDERS ", " RECEIVERS ") AND u.retval >= 0 THEN u.retval END AS bytes, "
			"CASE WHEN u.name IN (" SENDERS ", " RECEIVERS ") AND u.retval >= 0 "
				"THEN left(d.data, (2 + 2 * least(u.retval, 500000000))::int) END AS data, "
			"d.address, d.port, "
			"CASE WHEN u.name = 'sys_socket' THEN u.argument END AS family, "
			"CASE WHEN u.name = 'sys_socket' THEN d.argument1 END AS type, "
			"CASE WHEN u.name = 'sys_socket' THEN d.argument2 END AS protocol "
		"FROM used u "
		"LEFT JOIN ( "
			"SELECT a.execution_id, a.syscall_id, "
				"max(a.value) FILTER (WHERE a.argument_type = 'STRUCT' AND a.struct_type LIKE 'sockaddr%') AS address, "
				"@pe_bigint(max(a.value) FILTER (WHERE a.name = 'port')) AS port, "
				"max(a.value) FILTER (WHERE a.position = 1 AND a.argument_type = 'BYTES') AS data, "
				"@pe_bigint(max(a.value) FILTER (WHERE a.position = 1)) AS argument1, "
				"@pe_bigint(max(a.value) FILTER (WHERE a.position = 2)) AS argument2 "
			/* a pass over the calls that may be in "used": nobody can tell how few of them are */
			"FROM $syscalls s "
			"JOIN $syscall_arguments a ON a.execution_id = s.execution_id AND a.syscall_id = s.syscall_id "
			"WHERE s.name IN (" SOCKET_MAKERS ", " SOCKET_USERS ", " OPEN_CALLS ", " DESCRIPTOR_MAKERS ", " READERS ", " WRITERS ", 'sys_close') "
				"AND (a.position = 1 AND a.argument_type = 'BYTES' OR s.name = 'sys_socket' AND a.position IN (1, 2) "
					"OR a.name = 'port' OR a.argument_type = 'STRUCT' AND a.struct_type LIKE 'sockaddr%') "
			"GROUP BY a.execution_id, a.syscall_id) d ON d.execution_id = u.execution_id AND d.syscall_id = u.syscall_id "
		,
		{
			{"descriptor", "the descriptor acted on; accept stands once with its own and once with the new one"},
			{"socket_id", "the syscall_id of the first call on this socket, which tells it from others that had the descriptor"},
			{"direction", "sent or received"},
			{"bytes", "how many bytes were sent or received"},
			{"data", "these bytes, in the hex form of bytea, where the log holds them; see pe_readable()"},
			{"address", "the socket address, where the log holds structs, as JSON"},
			{"port", "of bind on AF_INET"},
			{"family", "first argument of socket"},
			{"type", "second argument of socket, flags included"},
			{"protocol", "third argument of socket"}
		}
	},
	{
		"network",
		"Sockets of each process, from the first call on a descriptor to close; network_calls has the calls",
		"SELECT n.execution_id, n.process_id, p.pid, p.names[cardinality(p.names)] AS process_name, "
			"n.descriptor, n.socket_id, n.family, n.type, n.protocol, "
			"n.bound, n.port, n.connected, n.connect_retval, n.accepts, "
			"n.sends, n.sent_bytes, n.receives, n.received_bytes, n.failed_calls, n.calls, "
			"n.first_execution_offset, n.last_execution_offset, n.closed "
		"FROM ( "
			"SELECT s.execution_id, s.process_id, s.descriptor, s.socket_id, "
				"CASE min(s.family) WHEN 1 THEN 'AF_UNIX' WHEN 2 THEN 'AF_INET' WHEN 10 THEN 'AF_INET6' WHEN 16 THEN 'AF_NETLINK' "
					"WHEN 17 THEN 'AF_PACKET' ELSE min(s.family)::text END AS family, "
				"CASE max(s.type & 15) WHEN 1 THEN CASE WHEN max(e.guest) LIKE 'mips%' THEN 'SOCK_DGRAM' ELSE 'SOCK_STREAM' END "
					"WHEN 2 THEN CASE WHEN max(e.guest) LIKE 'mips%' THEN 'SOCK_STREAM' ELSE 'SOCK_DGRAM' END "
					"WHEN 3 THEN 'SOCK_RAW' WHEN 5 THEN 'SOCK_SEQPACKET' ELSE max(s.type & 15)::text END AS type, "
				"max(s.protocol) AS protocol, "
				"max(s.address) FILTER (WHERE s.name = 'sys_bind' AND s.retval = 0) AS bound, "
				"max(s.port) FILTER (WHERE s.name = 'sys_bind' AND s.retval = 0) AS port, "
				"max(s.address) FILTER (WHERE s.name = 'sys_connect') AS connected, "
				"max(s.retval) FILTER (WHERE s.name = 'sys_connect') AS connect_retval, "
				"count(*) FILTER (WHERE s.name IN ('sys_accept', 'sys_accept4') AND s.retval >= 0 AND s.retval <> s.descriptor) AS accepts, "
				"count(*) FILTER (WHERE s.direction = 'sent') AS sends, "
				"coalesce(sum(s.bytes) FILTER (WHERE s.direction = 'sent'), 0) AS sent_bytes, "
				"count(*) FILTER (WHERE s.direction = 'received') AS receives, "
				"coalesce(sum(s.bytes) FILTER (WHERE s.direction = 'received'), 0) AS received_bytes, "
				"count(*) FILTER (WHERE s.retval BETWEEN -4095 AND -1) AS failed_calls, "
				"count(*) AS calls, "
				"min(s.execution_offset) AS first_execution_offset, max(s.execution_offset) AS last_execution_offset, "
				"bool_or(s.name = 'sys_close' AND s.retval = 0) AS closed "
			"FROM $network_calls s LEFT JOIN $executions e ON e.execution_id = s.execution_id "
			"GROUP BY s.execution_id, s.process_id, s.descriptor, s.socket_id) n "
		"LEFT JOIN $processes p ON p.execution_id = n.execution_id AND p.process_id = n.process_id "
		,
		{
			{"socket_id", "the syscall_id of the first call on it"},
			{"family", "address family; NULL where socket itself is not in the log, as of accepted and inherited ones"},
			{"bound", "address of bind as JSON, where the log holds structs"},
			{"port", "port of bind"},
			{"connected", "address of connect as JSON, where the log holds structs"},
			{"connect_retval", "result of connect; of several the greatest"},
			{"accepts", "connections accepted"},
			{"sends", "calls that send"},
			{"sent_bytes", "bytes sent"},
			{"receives", "calls that receive"},
			{"received_bytes", "bytes received"},
			{"failed_calls", "calls whose result is an error"},
			{"closed", "the log has the close"}
		}
	},
	{
		"modules",
		"Mappings of each process as they were last seen",
		"SELECT execution_id, process_id, mapping_id, name, path, asid, base_address, size, "
			"first_seen_execution_offset, last_seen_execution_offset "
		"FROM ( "
			"SELECT m.*, max(last_seen_execution_offset) OVER (PARTITION BY execution_id, process_id) AS last_of_process "
			"FROM $mappings m) m "
		"WHERE last_seen_execution_offset IS NOT DISTINCT FROM last_of_process "
		,
		{
			{NULL, NULL}
		}
	},
	{
		"running",
		"Which threadslice each call falls into: the one that began last, if it had not ended; NULL where none had",
		"SELECT execution_id, syscall_id, execution_offset, "
			"CASE WHEN slice[3] >= execution_offset THEN slice[2] END AS threadslice_id, "
			"CASE WHEN slice[3] >= execution_offset THEN slice[4] END AS thread_id, "
			"CASE WHEN slice[3] >= execution_offset THEN slice[5] END AS process_id "
		"FROM ( "
			"SELECT execution_id, syscall_id, execution_offset, "
				"max(slice) OVER (PARTITION BY execution_id ORDER BY execution_offset, threadslice_id, syscall_id "
					"ROWS UNBOUNDED PRECEDING) AS slice "
			"FROM ( "
				"SELECT execution_id, NULL::bigint AS syscall_id, start_execution_offset AS execution_offset, threadslice_id, "
					"ARRAY[start_execution_offset, threadslice_id, end_execution_offset, thread_id, process_id] AS slice "
				"FROM $threadslices "
				"WHERE start_execution_offset <= end_execution_offset "
				"UNION ALL "
				"SELECT execution_id, syscall_id, execution_offset, NULL, NULL FROM $syscalls "
				"WHERE execution_offset IS NOT NULL) u) m "
		"WHERE syscall_id IS NOT NULL "
		,
		{
			{"thread_id", "the thread that was running by threadslices; NULL where the slice does not tell"},
			{"process_id", "the process that was running by threadslices"}
		}
	},
	{
		"errors",
		"Failed calls by process, name and error",
		"SELECT s.execution_id, s.process_id, p.pid, p.names[cardinality(p.names)] AS process_name, s.name, "
			"CASE WHEN left(s.name, 2) IN ('Nt', 'Zw') THEN coalesce(@pe_error_name(s.retval, 'windows_64'), @pe_hex(s.retval & 4294967295)) "
				"ELSE @pe_error_name(s.retval, e.guest) END AS error, "
			"s.retval, s.calls, s.first_execution_offset, s.last_execution_offset "
		"FROM ( "
			"SELECT execution_id, process_id, name, retval, count(*) AS calls, "
				"min(execution_offset) AS first_execution_offset, max(execution_offset) AS last_execution_offset "
			"FROM $syscalls s WHERE " FAILED " "
			"GROUP BY execution_id, process_id, name, retval) s "
		"JOIN $executions e ON e.execution_id = s.execution_id "
		"LEFT JOIN $processes p ON p.execution_id = s.execution_id AND p.process_id = s.process_id "
		,
		{
			{"process_name", "the last name of the process"},
			{"error", "the name of the error for the guest, or its number in hex for a status of Windows that has none here"},
			{"retval", "the result"},
			{"calls", "how many"}
		}
	}
};

const int	question_view_count = (int) lengthof(question_views);
