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

#include "text/digits.h"
#include "plog/call.h"

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

/*
 * Print a number if its kind is an integer or a pointer, without NUL, over
 * DIGITS_BYTES.  Returns its length; 0: it is something else.
 */
static inline int
print_argument_number(char *digits, uint32 kind, uint64 number)
{
	bool		is_negative = plog_is_kind_of(PLOG_SIGNED_KINDS, kind) && (int64) number < 0;

	if (!plog_is_kind_of(PLOG_INTEGER_KINDS, kind))
		return 0;
	if (kind == PLOG_ARGUMENT_PTR)
		return print_pointer(digits, number);
	digits[0] = '-';
	return is_negative + print_decimal(digits + is_negative, is_negative ? 0 - number : number);
}

/*
 * Append an argument's value.  False where a struct in it is not protobuf.
 * What is needed on the way is allocated in the current memory context.
 */
extern bool append_argument_value(StringInfo text, const PlogArgument *argument);

/* The text of a float: the shortest that reads back the same. */
extern void append_float(StringInfo text, uint32 bits);
extern void append_double(StringInfo text, uint64 bits);

/* Bytes as lower-case hex digits, of which there are twice as many. */
extern void append_hex(StringInfo text, PlogBytes bytes);

/* A number, as it is in JSON, too. */
extern void append_unsigned(StringInfo text, uint64 value);

#endif							/* PANDELEPHANT_ARGUMENT_H */
