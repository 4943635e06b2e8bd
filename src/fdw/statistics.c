/*-------------------------------------------------------------------------
 *
 * statistics.c
 *		Statistics of columns for the planner, from the catalog.
 *
 * The planner takes every column of a table that has not been analyzed to have 200
 * different values.  It would then estimate that a join by execution_id and
 * thread_id finds next to nothing.  The catalog knows how many executions, threads
 * and processes there are, and which of them, and which names, most system calls
 * have.
 *
 * The planner's hook for statistics returns this as a row of pg_statistic that is
 * stored nowhere.  A table that was analyzed keeps the statistics it has.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "access/htup_details.h"
#include "access/table.h"
#include "catalog/pg_class.h"
#include "catalog/pg_collation.h"
#include "catalog/pg_statistic.h"
#include "catalog/pg_type.h"
#include "foreign/fdwapi.h"
#include "nodes/pathnodes.h"
#include "utils/array.h"
#include "utils/builtins.h"
#include "utils/selfuncs.h"
#include "utils/syscache.h"
#include "utils/typcache.h"

#include "fdw/estimate.h"
#include "fdw/fdw.h"
#include "fdw/statistics.h"

static get_relation_stats_hook_type next_hook = NULL;

/*
 * What planning has found out about the table of a range table entry, or NULL
 * if it is not one of ours.
 */
static const TablePlan *
plan_of_entry(PlannerInfo *root, const RangeTblEntry *entry)
{
	for (int i = 1; i < root->simple_rel_array_size; i++)
	{
		const RelOptInfo *rel = root->simple_rel_array[i];

		if (root->simple_rte_array[i] == entry)
			return rel != NULL && rel->fdwroutine != NULL &&
				rel->fdwroutine->GetForeignRelSize == pandelephantGetForeignRelSize ?
				rel->fdw_private : NULL;
	}
	return NULL;
}

static bool
is_analyzed(Oid table, AttrNumber attribute)
{
	return SearchSysCacheExists3(STATRELATTINH, ObjectIdGetDatum(table),
								 Int16GetDatum(attribute), BoolGetDatum(false));
}

/*
 * Put the common values into the row's first slot.
 */
static void
fill_common_values(CommonValues *common, Datum *values, bool *nulls)
{
	bool		is_text = common->type == TEXTOID;
	Datum		shares[CATALOG_COMMON];
	ArrayType  *array = is_text ?
		construct_array(common->values, common->count, TEXTOID, -1, false, TYPALIGN_INT) :
		construct_array(common->values, common->count, INT8OID, sizeof(int64),
						FLOAT8PASSBYVAL, TYPALIGN_DOUBLE);

	for (int i = 0; i < common->count; i++)
		shares[i] = Float4GetDatum(common->shares[i]);
	values[Anum_pg_statistic_stakind1 - 1] = Int16GetDatum(STATISTIC_KIND_MCV);
	values[Anum_pg_statistic_staop1 - 1] =
		ObjectIdGetDatum(lookup_type_cache(common->type, TYPECACHE_EQ_OPR)->eq_opr);
	values[Anum_pg_statistic_stacoll1 - 1] =
		ObjectIdGetDatum(is_text ? DEFAULT_COLLATION_OID : InvalidOid);
	values[Anum_pg_statistic_stanumbers1 - 1] =
		PointerGetDatum(construct_array(shares, common->count, FLOAT4OID, sizeof(float4), true,
										TYPALIGN_INT));
	values[Anum_pg_statistic_stavalues1 - 1] = PointerGetDatum(array);
	nulls[Anum_pg_statistic_stanumbers1 - 1] = false;
	nulls[Anum_pg_statistic_stavalues1 - 1] = false;
}

/*
 * A row of pg_statistic for a column.
 */
static HeapTuple
form_statistics(Oid table, AttrNumber attribute, double distinct, int width,
				CommonValues *common)
{
	Relation	catalog = table_open(StatisticRelationId, AccessShareLock);
	Datum		values[Natts_pg_statistic] = {0};
	bool		nulls[Natts_pg_statistic] = {0};
	HeapTuple	tuple;

	values[Anum_pg_statistic_starelid - 1] = ObjectIdGetDatum(table);
	values[Anum_pg_statistic_staattnum - 1] = Int16GetDatum(attribute);
	values[Anum_pg_statistic_stainherit - 1] = BoolGetDatum(false);
	values[Anum_pg_statistic_stanullfrac - 1] = Float4GetDatum(0);
	values[Anum_pg_statistic_stawidth - 1] = Int32GetDatum(width);
	values[Anum_pg_statistic_stadistinct - 1] = Float4GetDatum((float4) distinct);
	for (int i = 0; i < STATISTIC_NUM_SLOTS; i++)
	{
		nulls[Anum_pg_statistic_stanumbers1 - 1 + i] = true;
		nulls[Anum_pg_statistic_stavalues1 - 1 + i] = true;
	}
	if (common->count > 0)
		fill_common_values(common, values, nulls);
	tuple = heap_form_tuple(RelationGetDescr(catalog), values, nulls);
	table_close(catalog, AccessShareLock);
	return tuple;
}

/*
 * The planner's hook for statistics of a column.
 */
static bool
give_statistics(PlannerInfo *root, RangeTblEntry *entry, AttrNumber attribute,
				VariableStatData *variable)
{
	const TablePlan *plan = NULL;

	if (entry->rtekind == RTE_RELATION && entry->relkind == RELKIND_FOREIGN_TABLE && attribute > 0)
		plan = plan_of_entry(root, entry);
	if (plan != NULL && plan->mappings[attribute - 1].column >= 0 &&
		!is_analyzed(entry->relid, attribute))
	{
		const PlogRelation *relation = plan->options.relation;
		const AttributeMapping *mapping = &plan->mappings[attribute - 1];
		double		distinct = distinct_values(relation, mapping->column, &plan->log);
		CommonValues common = {0};

		if (distinct > 0)
		{
			/* an attribute that is declared with another type has other values */
			if (shows_column_unchanged(mapping, relation))
				find_common_values(relation, mapping->column, &plan->log, &common);
			variable->statsTuple = form_statistics(entry->relid, attribute, distinct,
												   value_width(relation, mapping->column),
												   &common);
			variable->freefunc = heap_freetuple;

			/* keeps the values from leaky functions of users who may not read the table */
			variable->acl_ok = false;
			return true;
		}
	}
	return next_hook != NULL && next_hook(root, entry, attribute, variable);
}

void
install_statistics_hook(void)
{
	next_hook = get_relation_stats_hook;
	get_relation_stats_hook = give_statistics;
}
