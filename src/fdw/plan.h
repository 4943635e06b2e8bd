/*-------------------------------------------------------------------------
 *
 * plan.h
 *		What planning finds out about a foreign table.
 *
 *-------------------------------------------------------------------------
 */
#ifndef PANDELEPHANT_PLAN_H
#define PANDELEPHANT_PLAN_H

#include "nodes/pathnodes.h"

#include "fdw/options.h"

/* Of a base relation, in its fdw_private. */
typedef struct PlogPlan
{
	TableOptions options;
	AttributeMapping *mappings;	/* of the table's attributes */
	double		entries;		/* of the log */
	double		file_pages;
	double		scanned;		/* share of the chunks that conditions leave */
	Oid			table;
	bool		has_catalog;	/* at hand, when the query is planned */
	CatalogSummary summary;		/* of it */
	int			sorted_column;	/* besides the key, that the catalog proves; or 0 */
	List	   *attributes;		/* numbers of those that the query needs */
} PlogPlan;

/*
 * How many rows a relation of the table's log has, as far as is known.
 */
extern double count_rows(const PlogPlan *plan, const PlogRelation *relation);

/*
 * statistics.c: let the planner ask us for statistics of foreign tables that
 * have not been analyzed.
 */
extern void install_statistics_hook(void);

#endif							/* PANDELEPHANT_PLAN_H */
