/*-------------------------------------------------------------------------
 *
 * fuzz.h
 *		What the fuzz targets share.
 *
 *-------------------------------------------------------------------------
 */
#ifndef FUZZ_H
#define FUZZ_H

#include "bytes.h"
#include "plog/reader.h"
#include "plog/payload.h"

/* What libFuzzer calls, and what it gives to call. */
extern int	LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
extern size_t LLVMFuzzerCustomMutator(uint8_t *data, size_t size, size_t max_size,
									  unsigned int seed);
extern size_t LLVMFuzzerMutate(uint8_t *data, size_t size, size_t max_size);

/* Ends the program, as a finding, where something does not hold. */
#define FUZZ_CHECK(condition) \
	((condition) ? (void) 0 : fuzz_fail(__FILE__, __LINE__, #condition))

extern void fuzz_fail(const char *file, int line, const char *text);

/* Is the view within the bytes, or absent? */
extern bool fuzz_lies_in(PlogBytes view, PlogBytes bytes);

/* A file in memory that holds the bytes, until the next call; its path. */
extern const char *fuzz_file(const uint8_t *data, size_t size);

/*
 * What a log is read with.  The bytes behind its header, which the format does
 * not use, choose: the largest chunk allowed, and at which call the poll
 * function leaves.
 */
#define FUZZ_CHOICE_MAX_CHUNK	24
#define FUZZ_CHOICE_POLLS		25

extern PlogReaderOptions fuzz_options(const uint8_t *data, size_t size);

/*
 * Run a function that reads, until it returns or the poll function leaves by
 * longjmp.  True where it returned.
 */
extern bool fuzz_run(void (*function) (PlogReader *reader), PlogReader *reader);

/* An entry's payload of a kind, merged where need be: good until the next call. */
extern PlogBytes fuzz_payload(const PlogEntry *entry, uint32_t kind);

#endif							/* FUZZ_H */
