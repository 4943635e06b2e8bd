/*-------------------------------------------------------------------------
 *
 * registry_size.h
 *		How much there is in a library, for the planner.
 *
 *-------------------------------------------------------------------------
 */
#ifndef PANDELEPHANT_REGISTRY_SIZE_H
#define PANDELEPHANT_REGISTRY_SIZE_H

#include "fdw/registry.h"

/* What planning may believe of a library without reading all of its tables. */
typedef struct RegistrySize
{
	double		logs;
	double		file_bytes;		/* of all logs */
	CatalogSummary average;		/* of a log: its counts */
} RegistrySize;

/*
 * Estimate how much there is.  It takes the same time for any number of logs.
 */
extern void estimate_registry(const Registry *registry, RegistrySize *size);

/*
 * What a library notes of how much is in a log, for estimate_registry().
 */
#define REGISTRY_COUNTS		12

extern void counts_of_summary(const CatalogSummary *summary, int64 counts[REGISTRY_COUNTS]);

#endif							/* PANDELEPHANT_REGISTRY_SIZE_H */
