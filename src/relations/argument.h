/*-------------------------------------------------------------------------
 *
 * argument.h
 *		The value of a system call's argument, as text.
 *
 *-------------------------------------------------------------------------
 */
#ifndef PANDELEPHANT_ARGUMENT_H
#define PANDELEPHANT_ARGUMENT_H

#include "lib/stringinfo.h"

#include "plog/message.h"

/* Structs, and messages, that are nested deeper are refused. */
#define MAX_NESTING		1000

/* STRING, POINTER, … by an argument's kind; NULL for one without a value. */
extern const char *argument_type_name(uint32 kind);

/* Has the argument a value that is not NULL? */
static inline bool
argument_has_value(const PlogArgument *argument)
{
	return argument->kind != 0 &&
		(argument->kind != PLOG_ARGUMENT_STRUCT_TYPE || argument->struct_data.data != NULL);
}

/* So many bytes print_argument_number() may write to. */
#define ARGUMENT_NUMBER_BYTES	32

/*
 * Print an argument's value if it is an integer or a pointer, without NUL.
 * Returns its length; 0: it is something else.
 */
extern int	print_argument_number(char *digits, const PlogArgument *argument);

/*
 * Append an argument's value.  False where a struct in it is not protobuf.
 * What is needed on the way is allocated in the current memory context.
 */
extern bool append_argument_value(StringInfo text, const PlogArgument *argument);

/* The text of a float: the shortest that reads back the same. */
extern void append_float(StringInfo text, uint32 bits);
extern void append_double(StringInfo text, uint64 bits);

/* Bytes as lower-case hex digits, of which there are twice as many. */
extern void print_hex(char *digits, PlogBytes bytes);
extern void append_hex(StringInfo text, PlogBytes bytes);

/* A number, as it is in JSON, too. */
extern void append_unsigned(StringInfo text, uint64 value);

#endif							/* PANDELEPHANT_ARGUMENT_H */
