/*-------------------------------------------------------------------------
 *
 * planner.c
 *		What the planner may believe of a relation before it is read.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "catalog/pg_type.h"
#include "utils/builtins.h"

#include "relations/offsets.h"
#include "relations/planner.h"
#include "relations/relation.h"

/* The size of most values, in bytes. */
#define DEFAULT_WIDTH	8

/*
 * What a descriptor says of a column, or NULL.
 */
static const ColumnStatistics *
statistics_of_column(const PlogRelation *relation, int column)
{
	for (int i = 0; i < relation->beliefs.statistics_count; i++)
	{
		if (relation->beliefs.statistics[i].column == column)
			return &relation->beliefs.statistics[i];
	}
	return NULL;
}

double
expected_rows(const PlogRelation *relation, const KnownLog *log)
{
	const RowGuess *guess = &relation->beliefs.rows;

	if (log->summary != NULL && relation->count != NULL)
		return (double) relation->count(log->summary);
	return guess->entries_per_row == 0 ? guess->rows :
		guess->rows + log->entries / guess->entries_per_row;
}

double
distinct_values(const PlogRelation *relation, int column, const KnownLog *log)
{
	const ColumnStatistics *statistics = statistics_of_column(relation, column);

	if (column == COLUMN_EXECUTION_ID)
		return Max(log->logs, 1);
	if (relation->beliefs.rows.is_exact)
		return relation->beliefs.rows.rows * Max(log->logs, 1);
	if (column == relation->key[0] && relation->key[1] == 0)
		return expected_rows(relation, log);
	if (statistics == NULL)
		return 0;
	if (statistics->rows_of != NULL)
		return expected_rows(statistics->rows_of, log);
	if (statistics->spread == SPREAD_NAMES)
		return log->summary != NULL ? log->summary->spread.name_count : statistics->guessed_values;
	return 0;
}

int
value_width(const PlogRelation *relation, int column)
{
	const ColumnStatistics *statistics = statistics_of_column(relation, column);

	return statistics == NULL || statistics->width == 0 ? DEFAULT_WIDTH : statistics->width;
}

/*
 * A number of system calls as a share of all of them.
 */
static float4
share_of_syscalls(const CatalogSummary *summary, uint64 syscalls)
{
	double		all = Max((double) summary->messages[CATALOG_SYSCALL], 1);

	return (float4) ((double) syscalls / all);
}

static void
take_numbers(CommonValues *common, const CatalogSummary *summary,
			 const CatalogCommonNumber *numbers, uint32 count, int64 added)
{
	common->type = INT8OID;
	common->count = (int) count;
	for (uint32 i = 0; i < count; i++)
	{
		common->values[i] = Int64GetDatum((int64) numbers[i].value + added);
		common->shares[i] = share_of_syscalls(summary, numbers[i].syscalls);
	}
}

static void
take_names(CommonValues *common, const CatalogSummary *summary)
{
	const CatalogSpread *spread = &summary->spread;

	common->type = TEXTOID;
	common->count = (int) spread->common_name_count;
	for (uint32 i = 0; i < spread->common_name_count; i++)
	{
		common->values[i] = CStringGetTextDatum(spread->common_names[i].text);
		common->shares[i] = share_of_syscalls(summary, spread->common_names[i].syscalls);
	}
}

void
find_common_values(const PlogRelation *relation, int column, const KnownLog *log,
				   CommonValues *common)
{
	const ColumnStatistics *statistics = statistics_of_column(relation, column);
	const CatalogSummary *summary = log->summary;
	const CatalogSpread *spread;

	common->count = 0;
	if (statistics == NULL || summary == NULL)
		return;
	spread = &summary->spread;
	switch (statistics->spread)
	{
		case SPREAD_NONE:
			break;

			/* ids are indexes plus one */
		case SPREAD_THREADS:
			take_numbers(common, summary, spread->common_threads, spread->common_thread_count, 1);
			break;
		case SPREAD_PROCESSES:
			take_numbers(common, summary, spread->common_processes, spread->common_process_count, 1);
			break;

		case SPREAD_TIDS:
			take_numbers(common, summary, spread->common_tids, spread->common_thread_count, 0);
			break;
		case SPREAD_PIDS:
			take_numbers(common, summary, spread->common_pids, spread->common_process_count, 0);
			break;
		case SPREAD_NAMES:
			take_names(common, summary);
			break;
	}
}

bool
find_bounds(const PlogRelation *relation, int column, const KnownLog *log,
			double *lowest, double *highest)
{
	const CatalogSummary *summary = log->summary;

	switch (relation->columns[column].skip)
	{
		case SKIP_ENTRY:
			*lowest = 0;
			*highest = log->entries;
			return true;
		case SKIP_ENTRY_OFFSET:
		case SKIP_SYSCALL_OFFSET:
		case SKIP_SLICE_START:
		case SKIP_SLICE_END:
			if (summary == NULL || catalog_span_is_empty(&summary->span) ||
				!span_is_in_order(&summary->span))
				return false;
			*lowest = (double) summary->span.first;
			*highest = (double) summary->span.last;
			return true;
		default:
			*lowest = 1;
			*highest = expected_rows(relation, log);
			return column == relation->key[0];
	}
}

/*
 * How the numbers of a column are spread; NULL where the catalog does not say.
 */
static const CatalogQuantiles *
quantiles_of_column(const PlogRelation *relation, int column, const CatalogSummary *summary)
{
	const CatalogQuantiles *quantiles = NULL;

	if (summary != NULL && relation->columns[column].skip == SKIP_ENTRY_OFFSET)
		quantiles = &summary->entries.quantiles;
	if (summary != NULL && relation->columns[column].skip == SKIP_SYSCALL_OFFSET)
		quantiles = &summary->syscalls.quantiles;
	return quantiles != NULL && quantiles->count > 1 ? quantiles : NULL;
}

/*
 * The share of rows whose number is below a given one.
 */
static double
share_below(const CatalogQuantiles *quantiles, double number)
{
	uint32		above = 0;
	double		before;

	while (above < quantiles->count && (double) quantiles->offsets[above] < number)
		above++;
	if (above == 0)
		return 0;
	if (above == quantiles->count)
		return 1;
	before = (double) quantiles->offsets[above - 1];
	return (above - 1 + (number - before) / ((double) quantiles->offsets[above] - before)) /
		(quantiles->count - 1);
}

double
share_within(const PlogRelation *relation, int column, const KnownLog *log,
			 double lowest, double highest)
{
	const CatalogQuantiles *quantiles = quantiles_of_column(relation, column, log->summary);
	double		full_lowest;
	double		full_highest;
	double		share = 1;

	if (quantiles != NULL)
		share = share_below(quantiles, highest + 1) - share_below(quantiles, lowest);
	else if (find_bounds(relation, column, log, &full_lowest, &full_highest))
		share = (highest - lowest + 1) / (full_highest - full_lowest + 1);
	return Min(Max(share, 0), 1);
}

bool
column_is_sorted(const PlogRelation *relation, int column, const CatalogSummary *summary)
{
	switch (relation->columns[column].skip)
	{
		case SKIP_SYSCALL_OFFSET:
			return summary->syscalls.are_sorted;
		case SKIP_ENTRY_OFFSET:
			return summary->entries.are_sorted;
		default:
			return false;
	}
}
