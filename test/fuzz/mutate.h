/*-------------------------------------------------------------------------
 *
 * mutate.h
 *		Changing inputs by their structure.
 *
 * Flipped bytes of a log break its zlib streams and of a message its lengths,
 * and little more.  So a log is taken apart and its chunks are inflated; an
 * entry, a field, the order or the directory is changed; and all is put
 * together again with lengths, checksums and directory that are right, or
 * wrong in one place.
 *
 *-------------------------------------------------------------------------
 */
#ifndef MUTATE_H
#define MUTATE_H

#include "fuzz.h"

/* Random numbers below a bound, from the seed that libFuzzer gives. */
extern void random_start(unsigned int seed);
extern uint64_t random_below(uint64_t bound);

/* A number that often breaks something. */
extern uint64_t random_number(void);

/* A cursor over bytes, of which there may be none. */
extern WireCursor cursor_over(const Bytes *bytes);

/* Replace bytes by what libFuzzer makes of them, a little longer at most. */
extern void mutate_bytes(Bytes *bytes);

/* Replace a message by one with a field, at any depth, changed. */
extern void mutate_message(Bytes *message);

/* Replace a log. */
extern void mutate_log(Bytes *log);

/*
 * What LLVMFuzzerCustomMutator does: changes the input by its structure, now
 * and then, or where that makes it too long, its bytes alone.
 */
extern size_t mutate_input(uint8_t *data, size_t size, size_t max_size, unsigned int seed,
						   void (*mutate) (Bytes *input));

#endif							/* MUTATE_H */
