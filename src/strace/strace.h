/*-------------------------------------------------------------------------
 *
 * strace.h
 *		A system call as strace prints it.
 *
 * Foreign and native tables show the same text, because it is made here from
 * columns that both have, those of syscalls and syscall_arguments.
 *
 * The model is "strace -X raw -y", which shows constants as numbers, too.  The
 * differences are that there is no padding before the result, and that strings are
 * not cut short.
 *
 *-------------------------------------------------------------------------
 */
#ifndef PANDELEPHANT_STRACE_H
#define PANDELEPHANT_STRACE_H

#include "lib/stringinfo.h"

#include "catalog/guest.h"
#include "plog/form.h"

/* An argument.  Name and value are text in the database encoding. */
typedef struct StraceArgument
{
	uint32		kind;			/* PLOG_ARGUMENT_…, 0: no value */
	PlogBytes	name;			/* data is NULL where absent */
	PlogBytes	value;			/* as in syscall_arguments; data is NULL where absent */
} StraceArgument;

typedef struct StraceCall
{
	PlogBytes	name;			/* data is NULL where absent */
	Guest		guest;			/* decides what results and errors mean */
	bool		has_retval;		/* false if the call was logged when it was entered */
	int64		retval;
	const StraceArgument *arguments;
	int			argument_count;
} StraceCall;

/* What names of Linux's calls begin with in logs, and not in a line. */
#define STRACE_NAME_PREFIX	"sys_"

/* Results from -STRACE_LAST_ERROR to -1 are errors. */
#define STRACE_LAST_ERROR	4095

/* How an argument that is a number is printed. */
typedef enum NumberStyle
{
	STYLE_DECIMAL,
	STYLE_SIGNED,				/* as if it were declared signed */
	STYLE_DESCRIPTOR,			/* the lower 32 bits, signed */
	STYLE_HEX,
	STYLE_ADDRESS,				/* hex, but 0 is NULL */
	STYLE_OCTAL
} NumberStyle;

static inline bool
bytes_equal(PlogBytes bytes, const char *string)
{
	return bytes.length == strlen(string) && memcmp(bytes.data, string, bytes.length) == 0;
}

/* Do bytes contain others, of which there is one at least? */
static inline bool
bytes_contain(PlogBytes bytes, PlogBytes others)
{
	return bytes.length >= others.length &&
		memmem(bytes.data, bytes.length, others.data, others.length) != NULL;
}

/*
 * Append a call.  The current memory context is used for what is needed in between.
 */
extern void append_strace(StringInfo text, const StraceCall *call);

/*
 * Append a name, or what stands instead of a number in a table that somebody else
 * filled: as it is if it looks like a name or a number, else quoted.
 */
extern void append_strace_name(StringInfo text, PlogBytes name);

/* Does a name have no other characters than those of names and numbers? */
extern bool strace_is_word(PlogBytes name);

/* Append an argument's value. */
extern void append_strace_value(StringInfo text, const StraceArgument *argument, NumberStyle style);

/*
 * The file descriptor that is an argument's value.  False if it is not a number.
 */
extern bool strace_descriptor(const StraceArgument *argument, int32 *descriptor);

/* Append a file name, as "strace -y" does after a descriptor. */
extern void append_strace_path(StringInfo text, const StraceArgument *argument);

/*
 * How to print a call's argument that is a number.  "call" is the name of the call
 * without "sys_".
 */
extern NumberStyle strace_number_style(PlogBytes call, int position, const StraceArgument *argument);

/* The name and the text of a guest's error; NULL if it has none. */
extern const char *linux_error_name(GuestErrors errors, int number);
extern const char *linux_error_text(GuestErrors errors, int number);

/* Do these bytes stand in the name or the text of an error of any guest? */
extern bool linux_error_contains(PlogBytes bytes);

/* The name of an error of Windows; NULL where it has none here. */
extern const char *windows_error_name(uint32 status);

#endif							/* PANDELEPHANT_STRACE_H */
