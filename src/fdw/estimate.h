/*-------------------------------------------------------------------------
 *
 * estimate.h
 *		What planning finds out about a foreign table, and estimates from it.
 *
 * Planning looks at the file's size and at the summary of a catalog that is at
 * hand, never into the file.
 *
 *-------------------------------------------------------------------------
 */
#ifndef PANDELEPHANT_ESTIMATE_H
#define PANDELEPHANT_ESTIMATE_H

#include "nodes/pathnodes.h"

#include "fdw/columns.h"
#include "fdw/options.h"
#include "fdw/registry_native.h"

/* What is known of a foreign table: the fdw_private of a base relation. */
typedef struct TablePlan
{
	Oid			table;
	TableOptions options;
	AttributeMapping *mappings; /* of the table's attributes */
	List	   *attributes;		/* numbers of those that the query needs; 0: all */
	KnownLog	log;			/* its summary is the one below, or NULL */
	CatalogSummary summary;
	double		file_pages;		/* of all logs */
	double		logs_left;		/* how many logs conditions on execution_id leave */
	NativeTables native;		/* of a library, that the query reads, too */
	int			sorted_column;	/* whose order the catalog proves, besides the key; or 0 */
	double		scanned;		/* share of the chunks that conditions leave */
} TablePlan;

/*
 * Find out what is known of the table's log, or logs, without reading any.
 */
extern void look_at_log(TablePlan *plan);

/*
 * Estimate the share of rows that a base relation's clauses leave, and the share
 * of chunks, which goes into the plan.
 */
extern double estimate_clauses(PlannerInfo *root, RelOptInfo *baserel, TablePlan *plan);

/* About how many chunks a log has. */
extern double estimate_chunks(const TablePlan *plan);

/* What a scan of the base relation costs. */
extern Cost estimate_scan(const TablePlan *plan, const RelOptInfo *baserel);

/* The same, where another share of the chunks is read than the plan's. */
extern Cost estimate_scan_of_share(const TablePlan *plan, const RelOptInfo *baserel,
								   double scanned);

/* How many workers may read that share of the log's chunks; 0: it is too small. */
extern int	estimate_workers(const TablePlan *plan, RelOptInfo *baserel, double scanned);

/* The number of processes that the rows are shared by, as PostgreSQL counts them. */
extern double processes_of_workers(int workers);

#endif							/* PANDELEPHANT_ESTIMATE_H */
