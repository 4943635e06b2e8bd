/*-------------------------------------------------------------------------
 *
 * descriptor.h
 *		The schema of somebody else's PANDA, from a FileDescriptorSet.
 *
 *-------------------------------------------------------------------------
 */
#ifndef PLOG_DESCRIPTOR_H
#define PLOG_DESCRIPTOR_H

#include "plog/schema.h"

/*
 * Fill a schema, cleared to zero before, from a FileDescriptorSet, as protoc
 * writes it with --descriptor_set_out and --include_imports, or from one
 * FileDescriptorProto, as the classes that protoc makes for Python have it.  The
 * schema points into it; plog_schema_free() releases it, also after an error, and
 * after wire_poll, which is called all the time, left by longjmp.
 *
 * LogEntry is found by name, in whatever package or message.  Of several,
 * panda.LogEntry wins, then the least nested one; where that leaves none or
 * several, schema->entry is PLOG_SCHEMA_NONE and schema->entry_candidates says
 * how many.
 *
 * PLOG_CORRUPT where it is neither or names a message that it
 * does not hold, with the offset where that was noticed; PLOG_LIMIT;
 * PLOG_OUT_OF_MEMORY.
 */
extern PlogStatus plog_schema_parse(PlogBytes set, PlogSchema *schema, PlogError *error);

#endif							/* PLOG_DESCRIPTOR_H */
