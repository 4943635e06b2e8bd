/*-------------------------------------------------------------------------
 *
 * statistics.c
 *		What the planner wants to know of columns, from the catalog.
 *
 * Of a table that has not been analyzed the planner takes every column to have
 * 200 different values.  It would then believe that a join by execution_id and
 * thread_id finds next to nothing, and choose accordingly.  The catalog knows
 * better: how many executions, threads and processes there are, and which of
 * them, and which names, most system calls have.
 *
 * The planner's hook for statistics gives it that in the form of a row of
 * pg_statistic that is nowhere stored.  A table that was analyzed keeps the
 * statistics that it has.
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

#include "fdw/fdw.h"
#include "fdw/plan.h"

/* Without a catalog: about so many different names do system calls have. */
#define GUESSED_NAMES		100

/* Values of a column that are more common than others, and their shares. */
typedef struct CommonValues
{
	int			count;
	Datum		values[CATALOG_COMMON];
	Datum		shares[CATALOG_COMMON]; /* float4, of all rows */
	Oid			type;
} CommonValues;

static get_relation_stats_hook_type next_hook = NULL;

/*
 * What planning has found out about the table of a range table entry, or NULL
 * if it is not one of ours.
 */
static const PlogPlan *
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
 * How many different values a column has; 0: nothing is known of it.  Columns
 * of the same name say the same of a thing in every relation.
 */
static double
count_distinct(const PlogPlan *plan, int number)
{
	const PlogRelation *relation = plan->options.relation;
	const char *column = relation->columns[number].name;

	if (relation == &executions_relation || number == COLUMN_EXECUTION_ID)
		return 1;
	if (number == relation->key[0] && relation->key[1] == 0)
		return count_rows(plan, relation);
	if (strcmp(column, "thread_id") == 0 || strcmp(column, "tid") == 0)
		return count_rows(plan, &threads_relation);
	if (strcmp(column, "source_thread_id") == 0 || strcmp(column, "sink_thread_id") == 0)
		return count_rows(plan, &threads_relation);
	if (strcmp(column, "source_code_point_id") == 0 || strcmp(column, "sink_code_point_id") == 0)
		return count_rows(plan, &code_points_relation);
	if (strcmp(column, "mapping_id") == 0)
		return count_rows(plan, &mappings_relation);
	if (strcmp(column, "process_id") == 0 || strcmp(column, "parent_process_id") == 0 ||
		strcmp(column, "pid") == 0)
		return count_rows(plan, &processes_relation);
	if (strcmp(column, "syscall_id") == 0)
		return count_rows(plan, &syscalls_relation);
	if (relation == &syscalls_relation && strcmp(column, "name") == 0)
		return plan->has_catalog ? plan->summary.spread.name_count : GUESSED_NAMES;
	return 0;
}

/*
 * A share of all system calls, as statistics have it.
 */
static Datum
share_of(const PlogPlan *plan, uint64 syscalls)
{
	double		all = Max((double) plan->summary.messages[CATALOG_SYSCALL], 1);

	return Float4GetDatum((float4) ((double) syscalls / all));
}

static void
take_common_numbers(const PlogPlan *plan, CommonValues *common, const CatalogCommonNumber *numbers,
					uint32 count, int64 added)
{
	common->type = INT8OID;
	common->count = (int) count;
	for (uint32 i = 0; i < count; i++)
	{
		common->values[i] = Int64GetDatum((int64) numbers[i].value + added);
		common->shares[i] = share_of(plan, numbers[i].syscalls);
	}
}

static void
take_common_names(const PlogPlan *plan, CommonValues *common)
{
	const CatalogSpread *spread = &plan->summary.spread;

	common->type = TEXTOID;
	common->count = (int) spread->common_name_count;
	for (uint32 i = 0; i < spread->common_name_count; i++)
	{
		common->values[i] = CStringGetTextDatum(spread->common_names[i].text);
		common->shares[i] = share_of(plan, spread->common_names[i].syscalls);
	}
}

/*
 * The most common values of a column of system calls, where the catalog has
 * them.  Ids are indexes plus one.
 */
static void
find_common_values(const PlogPlan *plan, const char *column, CommonValues *common)
{
	const CatalogSpread *spread = &plan->summary.spread;
	const PlogRelation *relation = plan->options.relation;

	common->count = 0;
	if (!plan->has_catalog || (relation != &syscalls_relation && relation != &strace_relation))
		return;
	if (strcmp(column, "thread_id") == 0)
		take_common_numbers(plan, common, spread->common_threads, spread->common_thread_count, 1);
	else if (strcmp(column, "tid") == 0)
		take_common_numbers(plan, common, spread->common_tids, spread->common_thread_count, 0);
	else if (strcmp(column, "process_id") == 0)
		take_common_numbers(plan, common, spread->common_processes, spread->common_process_count, 1);
	else if (strcmp(column, "pid") == 0)
		take_common_numbers(plan, common, spread->common_pids, spread->common_process_count, 0);
	else if (strcmp(column, "name") == 0)
		take_common_names(plan, common);
}

/*
 * Put the common values into the row's first slot.
 */
static void
fill_common_values(CommonValues *common, Datum *values, bool *nulls)
{
	bool		is_text = common->type == TEXTOID;
	ArrayType  *shares = construct_array(common->shares, common->count, FLOAT4OID,
										 sizeof(float4), true, TYPALIGN_INT);
	ArrayType  *array = is_text ?
		construct_array(common->values, common->count, TEXTOID, -1, false, TYPALIGN_INT) :
		construct_array(common->values, common->count, INT8OID, sizeof(int64),
						FLOAT8PASSBYVAL, TYPALIGN_DOUBLE);

	values[Anum_pg_statistic_stakind1 - 1] = Int16GetDatum(STATISTIC_KIND_MCV);
	values[Anum_pg_statistic_staop1 - 1] =
		ObjectIdGetDatum(lookup_type_cache(common->type, TYPECACHE_EQ_OPR)->eq_opr);
	values[Anum_pg_statistic_stacoll1 - 1] =
		ObjectIdGetDatum(is_text ? DEFAULT_COLLATION_OID : InvalidOid);
	values[Anum_pg_statistic_stanumbers1 - 1] = PointerGetDatum(shares);
	values[Anum_pg_statistic_stavalues1 - 1] = PointerGetDatum(array);
	nulls[Anum_pg_statistic_stanumbers1 - 1] = false;
	nulls[Anum_pg_statistic_stavalues1 - 1] = false;
}

/*
 * A row of pg_statistic for a column.
 */
static HeapTuple
form_statistics(Oid table, AttrNumber attribute, double distinct, CommonValues *common)
{
	Relation	catalog = table_open(StatisticRelationId, AccessShareLock);
	Datum		values[Natts_pg_statistic] = {0};
	bool		nulls[Natts_pg_statistic] = {0};
	HeapTuple	tuple;

	values[Anum_pg_statistic_starelid - 1] = ObjectIdGetDatum(table);
	values[Anum_pg_statistic_staattnum - 1] = Int16GetDatum(attribute);
	values[Anum_pg_statistic_stainherit - 1] = BoolGetDatum(false);
	values[Anum_pg_statistic_stanullfrac - 1] = Float4GetDatum(0);
	values[Anum_pg_statistic_stawidth - 1] = Int32GetDatum(common->type == TEXTOID ? 12 : 8);
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
 * The planner's hook: give the statistics of a column, if it is one of ours.
 */
static bool
give_statistics(PlannerInfo *root, RangeTblEntry *entry, AttrNumber attribute,
				VariableStatData *variable)
{
	const PlogPlan *plan = NULL;
	CommonValues common = {0};
	const char *column;
	double		distinct;

	if (entry->rtekind == RTE_RELATION && entry->relkind == RELKIND_FOREIGN_TABLE && attribute > 0)
		plan = plan_of_entry(root, entry);
	if (plan != NULL && plan->mappings[attribute - 1].column >= 0 &&
		!is_analyzed(entry->relid, attribute))
	{
		const PlogRelation *relation = plan->options.relation;
		const AttributeMapping *mapping = &plan->mappings[attribute - 1];

		column = relation->columns[mapping->column].name;
		distinct = count_distinct(plan, mapping->column);
		if (distinct > 0)
		{
			/* declared otherwise, the column has other values */
			if (mapping->type == column_type_oid(relation->columns[mapping->column].type))
				find_common_values(plan, column, &common);
			variable->statsTuple = form_statistics(entry->relid, attribute, distinct, &common);
			variable->freefunc = heap_freetuple;

			/* who may not read the table learns nothing of it from leaky functions */
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
