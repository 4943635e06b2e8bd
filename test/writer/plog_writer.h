/*-------------------------------------------------------------------------
 *
 * plog_writer.h
 *		Writes plogs as PANDA does, for tests.
 *
 * A chunk is cut before an entry that does not fit in chunk_size bytes any
 * more, but never between entries of one instruction.  Header and directory
 * come last, at plog_writer_close(), so until then the file looks like the log
 * of a running, or killed, PANDA.
 *
 * Every function ends the program with a message when something fails.
 *
 *-------------------------------------------------------------------------
 */
#ifndef PLOG_WRITER_H
#define PLOG_WRITER_H

#include <protobuf-c/protobuf-c.h>
#include <stddef.h>
#include <stdint.h>

/* zlib's level in PANDA */
#define PLOG_WRITER_DEFAULT_LEVEL	9

typedef struct PlogWriter PlogWriter;

/* Make or truncate a file, and open it for writing. */
extern PlogWriter *plog_writer_open(const char *path, uint32_t chunk_size, int level);

/*
 * Add an entry: bytes that need not be a LogEntry, or a message.  The bytes
 * are copied.
 */
extern void plog_writer_add(PlogWriter *writer, const void *entry, size_t bytes);
extern void plog_writer_add_message(PlogWriter *writer, const ProtobufCMessage *message);

/*
 * Cut the chunk here, whatever its size: all entries added so far are in the
 * file.  Twice in a row makes a chunk without entries.
 */
extern void plog_writer_cut(PlogWriter *writer);

/* Wait until what was cut is on disk. */
extern void plog_writer_sync(PlogWriter *writer);

/*
 * Cut the last chunk unless it is empty, and close the file: with directory
 * and header, or without, as a PANDA that was killed leaves it.  The writer is
 * gone after either.
 */
extern void plog_writer_close(PlogWriter *writer);
extern void plog_writer_abandon(PlogWriter *writer);

/* For the programs around it: print a message to stderr and exit with 1. */
extern void plog_die(const char *format,...) __attribute__((noreturn, format(printf, 1, 2)));

/* realloc() that does not return NULL */
extern void *plog_realloc(void *memory, size_t bytes);

/* The value of a hexadecimal digit, or -1. */
extern int	plog_hex_digit(char c);

/* A number from the command line, min to max; dies on anything else. */
extern uint64_t plog_parse_option(const char *option, const char *text, uint64_t min, uint64_t max);

#endif							/* PLOG_WRITER_H */
