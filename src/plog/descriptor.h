/*-------------------------------------------------------------------------
 *
 * descriptor.h
 *		The schema of another PANDA's messages, from a FileDescriptorSet.
 *
 *-------------------------------------------------------------------------
 */
#ifndef PLOG_DESCRIPTOR_H
#define PLOG_DESCRIPTOR_H

#include "plog/schema.h"

/*
 * Fill a schema, cleared to zero before, from a FileDescriptorSet, which protoc
 * writes with --descriptor_set_out and --include_imports, or from one
 * FileDescriptorProto, which the classes have that protoc makes for Python.  The
 * schema points into it.  wire_poll is called all the time.  plog_schema_free() frees
 * the schema, also after an error, and after wire_poll has left by longjmp.
 *
 * LogEntry is found by its name, in any package or message.  If there are several,
 * panda.LogEntry is taken, or else the least nested one.  If none or several are left
 * then, schema->entry is PLOG_SCHEMA_NONE, and schema->entry_candidates says how many.
 *
 * PLOG_CORRUPT, with the offset, where it is neither of the two, or names a message
 * that it does not describe; PLOG_LIMIT; PLOG_OUT_OF_MEMORY.
 */
extern PlogStatus plog_schema_parse(PlogBytes set, PlogSchema *schema, PlogError *error);

#endif							/* PLOG_DESCRIPTOR_H */
