/*-------------------------------------------------------------------------
 *
 * strace.h
 *		A system call as strace prints it.
 *
 * Foreign tables and native ones show the same text, for it is made here from
 * what both have: the columns of syscalls and syscall_arguments.
 *
 * The model is "strace -X raw -y", which knows no names of constants either,
 * without its padding before the result and without cutting strings short.
 *
 *-------------------------------------------------------------------------
 */
#ifndef PANDELEPHANT_STRACE_H
#define PANDELEPHANT_STRACE_H

#include "lib/stringinfo.h"

#include "plog/message.h"

/* An argument; all is text in the database encoding. */
typedef struct StraceArgument
{
	uint32		kind;			/* PLOG_ARGUMENT_…, 0: no value */
	PlogBytes	name;			/* data is NULL where absent */
	PlogBytes	value;			/* as in syscall_arguments; likewise */
} StraceArgument;

typedef struct StraceCall
{
	PlogBytes	name;			/* data is NULL where absent */
	bool		has_retval;
	bool		has_user_pc;	/* the pc is known, and not the kernel's */
	int64		retval;
	const StraceArgument *arguments;
	int			argument_count;
} StraceCall;

/* How an argument that is a number is printed. */
typedef enum NumberStyle
{
	STYLE_DECIMAL,
	STYLE_SIGNED,				/* as if it were declared signed */
	STYLE_DESCRIPTOR,			/* of its lower 32 bits, signed */
	STYLE_HEX,
	STYLE_ADDRESS,				/* hex, 0 is NULL */
	STYLE_OCTAL
} NumberStyle;

static inline bool
bytes_equal(PlogBytes bytes, const char *string)
{
	return bytes.length == strlen(string) && memcmp(bytes.data, string, bytes.length) == 0;
}

/*
 * Append a call.  What is needed on the way is allocated in the current memory
 * context.
 */
extern void append_strace(StringInfo text, const StraceCall *call);

/* Append text as it is. */
extern void append_plain(StringInfo text, PlogBytes plain);

/* Append an argument's value. */
extern void append_strace_value(StringInfo text, const StraceArgument *argument, NumberStyle style);

/* Append a file name as "strace -y" does behind a descriptor. */
extern void append_strace_path(StringInfo text, const StraceArgument *argument);

/*
 * How to print a call's argument that is a number.  The call's name is without
 * its prefix.
 */
extern NumberStyle strace_number_style(PlogBytes call, int position, const StraceArgument *argument);

/* The name and the text of a Linux error; NULL where there is none. */
extern const char *linux_error_name(int number);
extern const char *linux_error_text(int number);

#endif							/* PANDELEPHANT_STRACE_H */
