/*-------------------------------------------------------------------------
 *
 * output.h
 *		Where results go: standard output, or a file.
 *
 * What cannot be written ends pe; that a reader went away, as head does, ends
 * it without a word.
 *
 *-------------------------------------------------------------------------
 */
#ifndef OUTPUT_H
#define OUTPUT_H

#include <libpq-fe.h>

#include "pe.h"

/* NULL: standard output */
extern void output_open(const char *path);
extern void output_bytes(const char *data, size_t length);
extern void output_text(const char *text);
extern void output_format(const char *format, ...) PRINTF(1, 2);
extern void output_spaces(size_t count);
/* Write what there is. */
extern void output_flush(void);
/* The same, for database_while_waiting(). */
extern void output_while_waiting(void);
/*
 * Write a file that appears under its name when it is whole; it must not be
 * there, unless it may be overwritten.
 */
extern void output_begin_file(const char *path, bool overwrite);
extern void output_end_file(void);
/* Write what a COPY gives, which has begun; its name is for the progress. */
extern void output_copy(PGconn *connection, const char *name);
/* Write all, and see that it has arrived. */
extern void output_close(void);

#endif
