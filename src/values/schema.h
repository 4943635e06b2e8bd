/*-------------------------------------------------------------------------
 *
 * schema.h
 *		The schema that a scan decodes messages by.
 *
 *-------------------------------------------------------------------------
 */
#ifndef PANDELEPHANT_SCHEMA_H
#define PANDELEPHANT_SCHEMA_H

#include "plog/schema.h"

/*
 * The schema of the messages that we know, in the form that a log has them; it
 * is released with the current memory context.
 */
extern const PlogSchema *builtin_schema(PlogForm form);

/*
 * The schema of a FileDescriptorSet or FileDescriptorProto, likewise.  It has a LogEntry.  Errors are
 * reported: those of the file, one that is neither, and one
 * without LogEntry.
 */
extern const PlogSchema *descriptor_schema(const char *filename);

/* Report what is wrong with a descriptor, if anything is. */
extern void check_descriptor(const char *filename);

#endif							/* PANDELEPHANT_SCHEMA_H */
