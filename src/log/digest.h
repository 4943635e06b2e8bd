/*-------------------------------------------------------------------------
 *
 * digest.h
 *		What is known of a recording's files.
 *
 *-------------------------------------------------------------------------
 */
#ifndef PANDELEPHANT_DIGEST_H
#define PANDELEPHANT_DIGEST_H

/*
 * The SHA-256 of a file, in the current memory context.  NULL where there is
 * no such file and that is allowed.  Other errors are reported.  "what" it is,
 * messages say.
 */
extern bytea *hash_file(const char *what, const char *filename, bool missing_ok);

/*
 * The number that a file's first eight bytes are, little-endian.  Errors are
 * reported.
 */
extern uint64 read_first_number(const char *what, const char *filename);

#endif							/* PANDELEPHANT_DIGEST_H */
