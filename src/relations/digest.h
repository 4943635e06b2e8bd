/*-------------------------------------------------------------------------
 *
 * digest.h
 *		What is read of files beside a log.
 *
 *-------------------------------------------------------------------------
 */
#ifndef PANDELEPHANT_DIGEST_H
#define PANDELEPHANT_DIGEST_H

/*
 * The SHA-256 of a file, in the current memory context.  NULL where there is
 * no such file and that is allowed.  Other errors are reported.
 */
extern bytea *hash_file(const char *filename, bool missing_ok);

/*
 * The number that a file's first eight bytes are, little-endian.  Errors are
 * reported.
 */
extern uint64 read_first_number(const char *filename);

#endif							/* PANDELEPHANT_DIGEST_H */
