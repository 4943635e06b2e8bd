/*-------------------------------------------------------------------------
 *
 * pe.h
 *		What all of pe shares: exit codes, complaints, memory, signals.
 *
 * pe ends by finish() or die() alone, wherever it is; what has to be undone
 * then was given to atexit() when it was done.
 *
 *-------------------------------------------------------------------------
 */
#ifndef PE_H
#define PE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Exit codes; FAILED stands for what has none of its own. */
enum
{
	DONE = 0,
	FAILED = 1,
	WRONG_USAGE = 2,
	BAD_LOG = 3,
	NO_SERVER = 4,
	IN_THE_WAY = 5,
	AFTER_SIGNAL = 128
};

#define PRINTF(which, first) __attribute__((format(printf, which, first)))
#define NORETURN __attribute__((noreturn))

/* complaints: complain.c */

/*
 * Print a line on standard error, without control characters, for it may have
 * names of files and of things in logs.
 */
extern void complain(const char *format, ...) PRINTF(1, 2);
extern void die(int status, const char *format, ...) PRINTF(2, 3) NORETURN;
/* End, with everything undone. */
extern void finish(int status) NORETURN;
/* Make a text one line that steers no terminal, in place. */
extern char *make_plain(char *text);

/* memory: memory.c; nobody gets NULL */

extern void *allocate(size_t size);
extern void *enlarge(void *memory, size_t size);
extern char *copy_text(const char *text);
extern char *format_text(const char *format, ...) PRINTF(1, 2);

/* A text that grows; data is ended by NUL. */
typedef struct Text
{
	char	   *data;
	size_t		length;
	size_t		size;
} Text;

extern void text_append(Text *text, const char *data, size_t length);
extern void text_add(Text *text, const char *string);
extern void text_format(Text *text, const char *format, ...) PRINTF(2, 3);
extern void text_clear(Text *text);
/* All that a descriptor has to give; false with errno set. */
extern bool text_read(Text *text, int descriptor);

/* signals: stop.c */

extern void watch_signals(void);
extern void ignore_signals(void);
/* End if a signal asked for it. */
extern void check_stop(void);
/* Whether one did, where it is not the place to end. */
extern bool stop_is_wanted(void);
/*
 * Wait until a descriptor (or none, -1) is ready, a signal came, which ends
 * pe, or milliseconds (-1: no limit) have passed; false then.
 */
extern bool wait_for(int descriptor, short events, int milliseconds);
/* Milliseconds since some time. */
extern int64_t clock_now(void);

#endif
