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

#include "catalog/guest.h"
#include "plog/form.h"

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
	Guest		guest;			/* whose results and errors they are */
	bool		has_retval;		/* not where it was logged on entry */
	int64		retval;
	const StraceArgument *arguments;
	int			argument_count;
} StraceCall;

/* Results from the negative of this to -1 are errors. */
#define STRACE_LAST_ERROR	4095

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

/*
 * Append a name, or what a table of somebody's own has instead of a number: as it
 * is if it cannot be taken for anything else, else quoted.
 */
extern void append_strace_name(StringInfo text, PlogBytes name);

/* Append an argument's value. */
extern void append_strace_value(StringInfo text, const StraceArgument *argument, NumberStyle style);

/*
 * The descriptor that an argument, which is a number, is.  False if it is none.
 */
extern bool strace_descriptor(const StraceArgument *argument, int32 *descriptor);

/* Append a file name as "strace -y" does behind a descriptor. */
extern void append_strace_path(StringInfo text, const StraceArgument *argument);

/*
 * How to print a call's argument that is a number.  The call's name is without
 * its prefix.
 */
extern NumberStyle strace_number_style(PlogBytes call, int position, const StraceArgument *argument);

/* The name and the text of a guest's error; NULL where there is none. */
extern const char *linux_error_name(GuestErrors errors, int number);
extern const char *linux_error_text(GuestErrors errors, int number);

#endif							/* PANDELEPHANT_STRACE_H */
