/*-------------------------------------------------------------------------
 *
 * trace_sql.h
 *		What pe trace asks of a log.
 *
 *-------------------------------------------------------------------------
 */
#ifndef TRACE_SQL_H
#define TRACE_SQL_H

extern const char trace_facts_sql[];
extern const char trace_calls_sql[];
extern const char trace_programs_sql[];
extern const char trace_forks_sql[];
extern const char trace_processes_sql[];
extern const char trace_threads_sql[];
extern const char trace_events_sql[];

/* Columns of trace_events_sql. */
enum
{
	AT, STEP, SYSCALL_ID, THREAD_ID, PROCESS_ID, NAME, RETVAL, HAS_FAILED, COMMAND, FLOWS, FLOW_HERE,
	ARGUMENT_POSITION, ARGUMENT_NAME, ARGUMENT_TYPE, ARGUMENT_VALUE
};

/* What happens at one offset, in this order. */
enum
{
	FIRST_PROGRAM_BEGINS, CALL_ENDS, CALL, PROGRAM_ENDS, PROGRAM_BEGINS, CALL_BEGINS, SHORT_PROGRAM_ENDS
};

#endif							/* TRACE_SQL_H */
