/*-------------------------------------------------------------------------
 *
 * sha256.h
 *		SHA-256.
 *
 * What sha256_begin() allocates is freed by sha256_end(), or, after an error, at
 * the end of the transaction.
 *
 *-------------------------------------------------------------------------
 */
#ifndef PANDELEPHANT_COMPAT_SHA256_H
#define PANDELEPHANT_COMPAT_SHA256_H

#include "common/sha2.h"

#if PG_VERSION_NUM >= 140000
#include "common/cryptohash.h"
#endif

#define SHA256_BYTES			PG_SHA256_DIGEST_LENGTH

#if PG_VERSION_NUM >= 140000

typedef pg_cryptohash_ctx Sha256;

static inline void
check_sha256(int result)
{
	if (result < 0)
		elog(ERROR, "could not compute SHA-256");
}

static inline Sha256 *
sha256_begin(void)
{
	Sha256	   *sha256 = pg_cryptohash_create(PG_SHA256);

	check_sha256(pg_cryptohash_init(sha256));
	return sha256;
}

static inline void
sha256_add(Sha256 *sha256, const uint8 *bytes, Size length)
{
	check_sha256(pg_cryptohash_update(sha256, bytes, length));
}

static inline void
sha256_end(Sha256 *sha256, uint8 *hash)
{
	check_sha256(pg_cryptohash_final(sha256, hash, SHA256_BYTES));
	pg_cryptohash_free(sha256);
}

#else

typedef pg_sha256_ctx Sha256;

#define sha256_add(sha256, bytes, length)	pg_sha256_update(sha256, bytes, length)

static inline Sha256 *
sha256_begin(void)
{
	Sha256	   *sha256 = palloc(sizeof(Sha256));

	pg_sha256_init(sha256);
	return sha256;
}

static inline void
sha256_end(Sha256 *sha256, uint8 *hash)
{
	pg_sha256_final(sha256, hash);
	pfree(sha256);
}

#endif

#endif							/* PANDELEPHANT_COMPAT_SHA256_H */
