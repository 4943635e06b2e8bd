/*-------------------------------------------------------------------------
 *
 * groups.c
 *		How many rows have each value of a column, from the catalog.
 *
 * The planner goes by a catalog's summary, but a plan may outlive the file that it
 * was made for.  So where the catalog of today's file does not know the groups,
 * the rows are read and counted.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "utils/builtins.h"
#include "utils/hsearch.h"

#include "compat/varlena.h"
#include "relations/groups.h"
#include "relations/relation_read.h"

/* The longest value, in bytes, with a NUL behind it. */
#define MAX_VALUE_BYTES		64

/* A value that was met in the rows, and how many have it. */
typedef struct CountedValue
{
	char		value[MAX_VALUE_BYTES];
	uint64		count;
} CountedValue;

struct RelationGroups
{
	RelationScan *scan;
	bool		from_catalog;
	HTAB	   *values;			/* else: of CountedValue … */
	HASH_SEQ_STATUS next;		/* … and which is the next one */
	uint64		nulls;			/* rows that have NULL and were not given yet */
};

bool
relation_knows_groups(const PlogRelation *relation, const CatalogSummary *summary)
{
	return relation->grouped.column != 0 && relation->grouped.is_known(summary);
}

/*
 * Count the rows by reading them.
 */
static void
count_rows(RelationGroups *groups)
{
	RelationScan *scan = groups->scan;
	int			column = scan->relation->grouped.column;
	HASHCTL		control = {0};

	control.keysize = MAX_VALUE_BYTES;
	control.entrysize = sizeof(CountedValue);
	control.hcxt = CurrentMemoryContext;
	groups->values = hash_create("pandelephant groups", 128, &control,
								 HASH_ELEM | HASH_STRINGS | HASH_CONTEXT);
	relation_rewind(scan);
	while (relation_next(scan))
	{
		char	   *value;
		CountedValue *counted;
		bool		found;

		if (scan->row.nulls[column])
		{
			groups->nulls++;
			continue;
		}
		value = TextDatumGetCString(scan->row.values[column]);
		if (strlen(value) >= MAX_VALUE_BYTES)
			elog(ERROR, "value \"%s\" of a grouped column is too long", value);
		counted = hash_search(groups->values, value, HASH_ENTER, &found);
		counted->count = found ? counted->count + 1 : 1;
		pfree(value);
	}
	hash_seq_init(&groups->next, groups->values);
}

RelationGroups *
relation_begin_groups(RelationScan *scan)
{
	RelationGroups *groups = palloc0(sizeof(RelationGroups));

	groups->scan = scan;
	groups->from_catalog = relation_has_catalog(scan->relation, scan->execution) &&
		relation_knows_groups(scan->relation, &relation_catalog(scan)->summary);
	if (groups->from_catalog)
		scan->position = 0;
	else
		count_rows(groups);
	return groups;
}

/*
 * The next group of those that were counted.
 */
static bool
next_counted_group(RelationGroups *groups, Datum *value, bool *is_null, uint64 *count)
{
	CountedValue *counted;

	*is_null = groups->nulls > 0;
	if (*is_null)
	{
		*count = groups->nulls;
		groups->nulls = 0;
		return true;
	}
	counted = hash_seq_search(&groups->next);
	if (counted == NULL)
		return false;
	*value = CStringGetTextDatum(counted->value);
	*count = counted->count;
	return true;
}

bool
relation_next_group(RelationGroups *groups, Datum *value, bool *is_null, uint64 *count)
{
	RelationScan *scan = groups->scan;
	int			column = scan->relation->grouped.column;

	if (!groups->from_catalog)
		return next_counted_group(groups, value, is_null, count);
	if (!scan->relation->grouped.next(scan, count))
		return false;
	*is_null = scan->row.nulls[column];
	*value = scan->row.values[column];
	return true;
}
