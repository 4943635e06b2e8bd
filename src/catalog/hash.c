/*-------------------------------------------------------------------------
 *
 * hash.c
 *		The seed of all hashes.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "miscadmin.h"
#include "utils/timestamp.h"

#include "catalog/hash.h"

uint64		catalog_seed_value = 0;

void
catalog_make_seed(void)
{
	/* without a source of randomness, use something that is hard to guess */
	if (!pg_strong_random(&catalog_seed_value, sizeof(catalog_seed_value)))
		catalog_seed_value = catalog_mix((uint64) GetCurrentTimestamp() ^ (uint64) MyProcPid << 48);
	catalog_seed_value |= 1;
}
