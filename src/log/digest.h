/*-------------------------------------------------------------------------
 *
 * digest.h
 *		What is read from the files of a recording.
 *
 *-------------------------------------------------------------------------
 */
#ifndef PANDELEPHANT_DIGEST_H
#define PANDELEPHANT_DIGEST_H

/*
 * The SHA-256 of a file, in the current memory context.  NULL where there is no such
 * file and missing_ok is set.  Other errors are reported; "what" names the kind of
 * file in them.
 */
extern bytea *hash_file(const char *what, const char *filename, bool missing_ok);

/*
 * The number that a file's first eight bytes are, little-endian.  Errors are
 * reported.
 */
extern uint64 read_first_number(const char *what, const char *filename);

#endif							/* PANDELEPHANT_DIGEST_H */
