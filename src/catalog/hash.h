/*-------------------------------------------------------------------------
 *
 * hash.h
 *		Hashing what a log holds.
 *
 * Somebody may make a log whose things all fall into one bucket of a hash
 * table.  So every hash starts from a seed that is chosen at random once in a
 * backend's life.
 *
 *-------------------------------------------------------------------------
 */
#ifndef PANDELEPHANT_CATALOG_HASH_H
#define PANDELEPHANT_CATALOG_HASH_H

/* The seed; 0 as long as none was chosen.  Use catalog_seed(). */
extern uint64 catalog_seed_value;
extern void catalog_make_seed(void);

static inline uint64
catalog_seed(void)
{
	if (unlikely(catalog_seed_value == 0))
		catalog_make_seed();
	return catalog_seed_value;
}

/*
 * Mix 64 bits so that each depends on all: the finalizer of MurmurHash3.
 */
static inline uint64
catalog_mix(uint64 value)
{
	value ^= value >> 33;
	value *= UINT64CONST(0xff51afd7ed558ccd);
	value ^= value >> 33;
	value *= UINT64CONST(0xc4ceb9fe1a85ec53);
	return value ^ value >> 33;
}

static inline uint32
catalog_hash(uint64 value)
{
	return (uint32) catalog_mix(value ^ catalog_seed());
}

#endif							/* PANDELEPHANT_CATALOG_HASH_H */
