/*-------------------------------------------------------------------------
 *
 * processes.h
 *		Processes, when all threads of a log are known.
 *
 *-------------------------------------------------------------------------
 */
#ifndef PANDELEPHANT_CATALOG_PROCESSES_H
#define PANDELEPHANT_CATALOG_PROCESSES_H

#include "catalog/catalog.h"

/* processes.c: make the processes, in the order of their first threads. */
extern void make_processes(Catalog *catalog);

/* parents.c: find the parent of each process. */
extern void find_parents(Catalog *catalog);

#endif							/* PANDELEPHANT_CATALOG_PROCESSES_H */
