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

/* STRING, POINTER, …; NULL for an argument without a value. */
extern const char *argument_type_name(const PlogArgument *argument);

/* Has the argument a value that is not NULL? */
static inline bool
argument_has_value(const PlogArgument *argument)
{
	return argument->kind != 0 &&
		(argument->kind != PLOG_ARGUMENT_STRUCT_TYPE || argument->struct_data.data != NULL);
}

/*
 * Append an argument's value.  False where a struct in it is not protobuf.
 * What is needed on the way is allocated in the current memory context.
 */
extern bool append_argument_value(StringInfo text, const PlogArgument *argument);

/* The text of a float: the shortest that reads back the same. */
extern void append_float(StringInfo text, uint32 bits);
extern void append_double(StringInfo text, uint64 bits);

/* Bytes as lower-case hex digits. */
extern void append_hex(StringInfo text, PlogBytes bytes);

/* A number, as it is in JSON, too. */
extern void append_unsigned(StringInfo text, uint64 value);

#endif							/* PANDELEPHANT_ARGUMENT_H */
