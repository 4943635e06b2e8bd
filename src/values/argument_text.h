/*-------------------------------------------------------------------------
 *
 * argument_text.h
 *		The value of a system call's argument as text; of a struct, as JSON.
 *
 *-------------------------------------------------------------------------
 */
#ifndef PANDELEPHANT_ARGUMENT_TEXT_H
#define PANDELEPHANT_ARGUMENT_TEXT_H

#include "lib/stringinfo.h"

#include "plog/message.h"

/*
 * Append an argument's value.  A struct is appended as a JSON object of its
 * members, or as a JSON array.  False if a struct is not protobuf.  The current
 * memory context is used for what is needed in between.
 */
extern bool append_argument_value(StringInfo text, const PlogArgument *argument);

#endif							/* PANDELEPHANT_ARGUMENT_TEXT_H */
