/*-------------------------------------------------------------------------
 *
 * scalar.h
 *		Values of system calls' arguments that are not structs, as text.
 *
 *-------------------------------------------------------------------------
 */
#ifndef PANDELEPHANT_SCALAR_H
#define PANDELEPHANT_SCALAR_H

#include "lib/stringinfo.h"

#include "plog/call.h"
#include "text/digits.h"

/* STRING, POINTER, … by an argument's kind; NULL for a kind that has no name. */
extern const char *argument_type_name(uint32 kind);

/* Has the argument a value that is not NULL? */
static inline bool
argument_has_value(const PlogArgument *argument)
{
	return argument->kind != 0 &&
		(argument->kind != PLOG_ARGUMENT_STRUCT_TYPE || argument->struct_data.data != NULL);
}

/*
 * Print a number whose kind is an integer or a pointer, without a NUL; digits has
 * room for DIGITS_BYTES.  Returns its length, or 0 for any other kind.
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

/* Append the value of an argument that is not a struct. */
extern void append_scalar_value(StringInfo text, const PlogArgument *argument);

/* Append a float or double: the shortest text that reads back as the same value. */
extern void append_float(StringInfo text, uint32 bits);
extern void append_double(StringInfo text, uint64 bits);

/* Append bytes as lower-case hex digits, two for each byte. */
extern void append_hex(StringInfo text, PlogBytes bytes);

/* Append a decimal number. */
extern void append_unsigned(StringInfo text, uint64 value);

#endif							/* PANDELEPHANT_SCALAR_H */
