/*-------------------------------------------------------------------------
 *
 * statistics.h
 *		Statistics of columns for the planner, from the catalog.
 *
 *-------------------------------------------------------------------------
 */
#ifndef PANDELEPHANT_STATISTICS_H
#define PANDELEPHANT_STATISTICS_H

/*
 * Let the planner ask us for statistics of foreign tables that have not been
 * analyzed.
 */
extern void install_statistics_hook(void);

#endif							/* PANDELEPHANT_STATISTICS_H */
