/*-------------------------------------------------------------------------
 *
 * struct.h
 *		The value of an argument that is a struct, as JSON.
 *
 *-------------------------------------------------------------------------
 */
#ifndef PANDELEPHANT_STRUCT_H
#define PANDELEPHANT_STRUCT_H

#include "lib/stringinfo.h"

#include "plog/call.h"

/*
 * Append a struct: an object of its members, or an array.  False where it is
 * not protobuf.  What is needed on the way is allocated in the current memory
 * context.
 */
extern bool append_struct(StringInfo json, const PlogArgument *argument);

#endif							/* PANDELEPHANT_STRUCT_H */
