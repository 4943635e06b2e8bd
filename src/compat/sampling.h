/*-------------------------------------------------------------------------
 *
 * sampling.h
 *		Random numbers for sampling.
 *
 *-------------------------------------------------------------------------
 */
#ifndef PANDELEPHANT_COMPAT_SAMPLING_H
#define PANDELEPHANT_COMPAT_SAMPLING_H

#include "utils/sampling.h"

/*
 * A random number between 0 and 1 from a reservoir's state.
 */
#if PG_VERSION_NUM >= 150000
#define sample_random_fraction(reservoir)	sampler_random_fract(&(reservoir)->randstate)
#else
#define sample_random_fraction(reservoir)	sampler_random_fract((reservoir)->randstate)
#endif

#endif							/* PANDELEPHANT_COMPAT_SAMPLING_H */
