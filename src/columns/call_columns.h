/*-------------------------------------------------------------------------
 *
 * call_columns.h
 *		The calls of a chunk, by columns.
 *
 * Of a chunk's calls many are alike.  Their names, and which of their fields are
 * absent, make few kinds; the names and kinds of their arguments make few forms; few
 * threads make them, with few strings.  A call has the numbers of those.
 *
 *-------------------------------------------------------------------------
 */
#ifndef PANDELEPHANT_CALL_COLUMNS_H
#define PANDELEPHANT_CALL_COLUMNS_H

#include "plog/call.h"

/* The bits of an entry and a call that are said of a kind, and of a thread. */
#define ENTRY_BITS_OF_KIND		(1u << PLOG_ENTRY_PC | 1u << PLOG_ENTRY_INSTR)
#define BITS_OF_KIND			(1u << PLOG_SYSCALL_RETCODE | 1u << PLOG_SYSCALL_CALL_NAME)
#define ENTRY_BITS_OF_THREAD	(1u << PLOG_ENTRY_ASID)
#define BITS_OF_THREAD \
	(1u << PLOG_SYSCALL_PID | 1u << PLOG_SYSCALL_TID | 1u << PLOG_SYSCALL_CREATE_TIME)

/*
 * What calls of a kind have in common.  A call's pc matters for its result if it may
 * have been logged when it was entered: which guest's kernel starts at or below it.
 * "pc" is one with the same answer, or PLOG_UNKNOWN if it does not matter.
 */
typedef struct CallKind
{
	uint32		entry_present;	/* the entry's bits of pc and instr */
	uint32		present;		/* the call's bits of retcode and name */
	uint64		pc;
	PlogBytes	name;			/* data is NULL where it is absent */
} CallKind;

typedef struct CallThread
{
	uint32		entry_present;	/* the entry's bit of asid */
	uint32		present;		/* the call's bits of pid, tid and create_time */
	uint32		pid;
	uint32		tid;
	uint64		create_time;
	uint64		asid;
} CallThread;

/*
 * In place of a parameter's kind: the value is the whole argument, as bytes of the
 * log, because it is not a name and a short simple value.
 */
#define PARAMETER_IS_MESSAGE	0

/* What the arguments at one position of all calls of a form have in common. */
typedef struct Parameter
{
	uint32		kind;			/* PLOG_ARGUMENT_…, or PARAMETER_IS_MESSAGE */
	PlogBytes	name;			/* data is NULL if the value is the whole argument */
	const uint64 *values;		/* of its calls, in their order: numbers or strings' numbers */
} Parameter;

static inline bool
parameter_is_number(const Parameter *parameter)
{
	return plog_is_kind_of(PLOG_VARINT_KINDS, parameter->kind);
}

typedef struct CallForm
{
	uint32		first_parameter;
	uint32		parameter_count;
	uint32		calls;
} CallForm;

typedef struct CallColumns
{
	uint32		call_count;
	uint32		kind_count;
	uint32		thread_count;
	uint32		form_count;
	uint32		parameter_count;
	uint32		string_count;
	CallKind   *kinds;
	CallThread *threads;
	CallForm   *forms;
	Parameter  *parameters;
	PlogBytes  *strings;		/* PLOG_BUFFER_SLACK bytes can be read behind each */

	/* by call */
	uint64	   *entries;		/* from the chunk's first on */
	uint64	   *kind_of;
	uint64	   *thread_of;
	uint64	   *retvals;		/* 0 where absent; likewise below */
	uint64	   *offsets;
	uint64	   *pcs;
	uint64	   *form_of;
	uint64	   *number_in_form; /* its place among the calls of its form */
} CallColumns;

#endif							/* PANDELEPHANT_CALL_COLUMNS_H */
