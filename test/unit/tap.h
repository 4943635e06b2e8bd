/*-------------------------------------------------------------------------
 *
 * tap.h
 *		Tests that report by the Test Anything Protocol.
 *
 * A test is a run of expectations; it passes where all of them hold.  Each
 * one that does not is told in a comment line with its place.
 *
 *-------------------------------------------------------------------------
 */
#ifndef TAP_H
#define TAP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "plog/wire.h"

/* Run a test and report it under a name. */
extern void tap_run(const char *name, void (*test) (void));

/* The same, for a test whose name is known at its end only. */
extern void tap_begin(void);
extern void tap_end(const char *format,...) __attribute__((format(printf, 1, 2)));

/* Print the plan.  Returns the program's exit status. */
extern int	tap_finish(void);

/* Fail the test that runs, and say why.  After ten times it says no more. */
extern void tap_fail(const char *format,...) __attribute__((format(printf, 1, 2)));

/* The halves of the macros below: each returns whether it holds. */
extern bool tap_expect(const char *file, int line, const char *text, bool holds);
extern bool tap_expect_number(const char *file, int line, const char *text,
							  uint64_t got, uint64_t wanted);
extern bool tap_expect_bytes(const char *file, int line, const char *text,
							 PlogBytes got, const void *wanted, size_t length);

#define EXPECT(condition) \
	tap_expect(__FILE__, __LINE__, #condition, (condition))
#define EXPECT_NUMBER(got, wanted) \
	tap_expect_number(__FILE__, __LINE__, #got, (uint64_t) (got), (uint64_t) (wanted))

/* Bytes that are present and equal a string literal's, without its NUL. */
#define EXPECT_BYTES(got, literal) \
	tap_expect_bytes(__FILE__, __LINE__, #got, (got), (literal), sizeof(literal) - 1)

/*
 * A copy that lives until the end of the test.  It has exactly the length of
 * the original, so that AddressSanitizer sees a step beyond its end.
 */
extern PlogBytes tap_copy(const void *data, size_t length);

#define COPY(literal)	tap_copy((literal), sizeof(literal) - 1)

#define lengthof(array)	(sizeof(array) / sizeof((array)[0]))

#endif							/* TAP_H */
