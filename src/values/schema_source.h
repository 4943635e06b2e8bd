/*-------------------------------------------------------------------------
 *
 * schema_source.h
 *		Where the schema comes from that a scan decodes messages by.
 *
 *-------------------------------------------------------------------------
 */
#ifndef PANDELEPHANT_SCHEMA_SOURCE_H
#define PANDELEPHANT_SCHEMA_SOURCE_H

#include "plog/schema.h"

/*
 * The built-in schema, in the form that a log has.  It is freed with the current
 * memory context.
 */
extern const PlogSchema *builtin_schema(PlogForm form);

/*
 * The schema that a file describes, a FileDescriptorSet or FileDescriptorProto; it
 * has a LogEntry.  It is freed with the current memory context.  Errors are
 * reported: those of the file, of its format, and a missing LogEntry.
 */
extern const PlogSchema *descriptor_schema(const char *filename);

/* Report an error if a file cannot be used as a descriptor. */
extern void check_descriptor(const char *filename);

#endif							/* PANDELEPHANT_SCHEMA_SOURCE_H */
