/*-------------------------------------------------------------------------
 *
 * group_table.c
 *		Groups of rows by their keys, each with the states of some aggregates.
 *
 * Groups are in a hash table.  When that takes too much memory, its groups go into
 * a sort by their keys, which PostgreSQL keeps on disk, and the table starts anew.
 * At the end, groups of the sort that have the same key are combined.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "access/tupdesc.h"
#include "catalog/pg_type.h"
#include "executor/executor.h"
#include "miscadmin.h"
#include "utils/memutils.h"
#include "utils/typcache.h"

#include "catalog/hash.h"
#include "compat/sort.h"
#include "compat/varlena.h"
#include "fdw/group_table.h"

/* The number of slots to start with, a power of two. */
#define FIRST_SLOTS			256

/* A group; its states and then its key stand behind it. */
typedef struct RowGroup
{
	struct RowGroup *next;		/* in the order in which they were added */
	uint32		hash;
	Size		key_bytes;
} RowGroup;

/* The columns of a sorted row. */
enum
{
	SORTED_KEY,
	SORTED_STATES,
	SORTED_COLUMNS
};

struct GroupTable
{
	MemoryContext context;		/* of the table */
	MemoryContext groups;		/* of the groups and the slots */
	const AggregateForm *forms;
	int			form_count;
	Size		most_bytes;

	RowGroup	  **slots;			/* NULL: free */
	uint32		mask;			/* of a slot's number */
	uint32		count;
	Size		bytes;			/* of the groups and the slots */
	RowGroup   *first;
	RowGroup   *last;			/* added */
	RowGroup   *recent;			/* found */
	RowGroup   *given;			/* the last one that was given */

	Tuplesortstate *sort;		/* NULL: the groups are all in memory */
	TupleTableSlot *row;		/* to write and read sorted rows */
	bool		has_row;		/* one that was read and not given yet */
	char	   *sorted_key;		/* of the group that is given */
	AggregateState *sorted_states;
};

static inline Size
states_bytes(const GroupTable *table)
{
	return sizeof(AggregateState) * table->form_count;
}

static inline AggregateState *
states_of(RowGroup *group)
{
	return (AggregateState *) ((char *) group + MAXALIGN(sizeof(RowGroup)));
}

static inline char *
key_of(const GroupTable *table, RowGroup *group)
{
	return (char *) states_of(group) + states_bytes(table);
}

/*
 * Forget all groups in memory.
 */
static void
start_groups(GroupTable *table)
{
	MemoryContextReset(table->groups);
	table->slots = MemoryContextAllocZero(table->groups, sizeof(RowGroup *) * FIRST_SLOTS);
	table->mask = FIRST_SLOTS - 1;
	table->count = 0;
	table->bytes = sizeof(RowGroup *) * FIRST_SLOTS;
	table->first = table->last = table->recent = table->given = NULL;
}

GroupTable *
group_table_create(const AggregateForm *forms, int form_count, Size most_bytes)
{
	MemoryContext context = AllocSetContextCreate(CurrentMemoryContext, "pandelephant group table",
												  ALLOCSET_DEFAULT_SIZES);
	GroupTable *table = MemoryContextAllocZero(context, sizeof(GroupTable));

	table->context = context;
	table->groups = AllocSetContextCreate(context, "pandelephant groups", ALLOCSET_DEFAULT_SIZES);
	table->forms = forms;
	table->form_count = form_count;
	table->most_bytes = most_bytes;
	start_groups(table);
	return table;
}

void
group_table_free(GroupTable *table)
{
	if (table->sort != NULL)
	{
		ExecDropSingleTupleTableSlot(table->row);
		tuplesort_end(table->sort);
	}
	MemoryContextDelete(table->context);
}

bool
group_table_is_sorted(const GroupTable *table)
{
	return table->sort != NULL;
}

/*
 * Begin the sort.
 */
static void
begin_sort(GroupTable *table)
{
	MemoryContext caller = MemoryContextSwitchTo(table->context);
	TupleDesc	descriptor = CreateTemplateTupleDesc(SORTED_COLUMNS);
	AttrNumber	attribute = SORTED_KEY + 1;
	Oid			operator = lookup_type_cache(BYTEAOID, TYPECACHE_LT_OPR)->lt_opr;
	Oid			collation = InvalidOid;
	bool		nulls_first = false;

	TupleDescInitEntry(descriptor, SORTED_KEY + 1, "key", BYTEAOID, -1, 0);
	TupleDescInitEntry(descriptor, SORTED_STATES + 1, "states", BYTEAOID, -1, 0);
	table->sort = begin_heap_sort(descriptor, 1, &attribute, &operator, &collation, &nulls_first);
	table->row = MakeSingleTupleTableSlot(descriptor, &TTSOpsMinimalTuple);
	table->sorted_states = palloc(states_bytes(table) + 1);
	MemoryContextSwitchTo(caller);
}

static bytea *
make_bytea(const char *data, Size bytes)
{
	bytea	   *made = palloc(VARHDRSZ + bytes);

	SET_VARSIZE(made, VARHDRSZ + bytes);
	memcpy(VARDATA(made), data, bytes);
	return made;
}

/*
 * Put all groups in memory into the sort.
 */
static void
sort_groups(GroupTable *table)
{
	TupleTableSlot *row;

	if (table->sort == NULL)
		begin_sort(table);
	row = MakeSingleTupleTableSlot(table->row->tts_tupleDescriptor, &TTSOpsVirtual);
	for (RowGroup *group = table->first; group != NULL; group = group->next)
	{
		bytea	   *key = make_bytea(key_of(table, group), group->key_bytes);
		bytea	   *states = make_bytea((char *) states_of(group), states_bytes(table));

		CHECK_FOR_INTERRUPTS();
		ExecClearTuple(row);
		row->tts_values[SORTED_KEY] = PointerGetDatum(key);
		row->tts_values[SORTED_STATES] = PointerGetDatum(states);
		row->tts_isnull[SORTED_KEY] = row->tts_isnull[SORTED_STATES] = false;
		ExecStoreVirtualTuple(row);
		tuplesort_puttupleslot(table->sort, row);
		pfree(key);
		pfree(states);
	}
	ExecDropSingleTupleTableSlot(row);
	start_groups(table);
}

/*
 * Double the number of slots.
 */
static void
grow_slots(GroupTable *table)
{
	Size		count = ((Size) table->mask + 1) * 2;

	pfree(table->slots);
	table->slots = MemoryContextAllocExtended(table->groups, sizeof(RowGroup *) * count,
											  MCXT_ALLOC_HUGE | MCXT_ALLOC_ZERO);
	table->bytes += sizeof(RowGroup *) * count / 2;
	table->mask = (uint32) (count - 1);
	for (RowGroup *group = table->first; group != NULL; group = group->next)
	{
		uint32		slot = group->hash & table->mask;

		while (table->slots[slot] != NULL)
			slot = (slot + 1) & table->mask;
		table->slots[slot] = group;
	}
}

/*
 * Add a group whose key is new.
 */
static RowGroup *
add_group(GroupTable *table, const char *key, Size key_bytes, uint32 hash)
{
	Size		bytes = MAXALIGN(sizeof(RowGroup)) + states_bytes(table) + key_bytes;
	RowGroup   *group;
	uint32		slot;

	if (table->bytes + bytes > table->most_bytes && table->count > 0)
		sort_groups(table);
	if (table->count > table->mask / 2)
		grow_slots(table);
	group = MemoryContextAllocHuge(table->groups, bytes);
	group->next = NULL;
	group->hash = hash;
	group->key_bytes = key_bytes;
	memset(states_of(group), 0, states_bytes(table));
	memcpy(key_of(table, group), key, key_bytes);
	for (slot = hash & table->mask; table->slots[slot] != NULL;)
		slot = (slot + 1) & table->mask;
	table->slots[slot] = group;
	if (table->last == NULL)
		table->first = group;
	else
		table->last->next = group;
	table->last = group;
	table->count++;
	table->bytes += bytes + sizeof(void *) * 2; /* with what palloc() adds */
	return group;
}

static inline bool
group_has_key(const GroupTable *table, RowGroup *group, const char *key, Size key_bytes)
{
	const char *other = key_of(table, group);
	uint64		word,
				other_word;

	if (group->key_bytes != key_bytes)
		return false;
	for (; key_bytes >= sizeof(word); key_bytes -= sizeof(word))
	{
		memcpy(&word, key, sizeof(word));
		memcpy(&other_word, other, sizeof(word));
		if (word != other_word)
			return false;
		key += sizeof(word);
		other += sizeof(word);
	}
	return key_bytes == 0 || memcmp(other, key, key_bytes) == 0;
}

/*
 * Keys are short, mostly a few numbers: to mix them word by word takes less than a call
 * of hash_bytes().
 */
static inline uint32
hash_of_key(const char *key, Size key_bytes)
{
	uint64		hash = catalog_seed() ^ key_bytes;
	uint64		word;

	for (; key_bytes >= sizeof(word); key_bytes -= sizeof(word))
	{
		memcpy(&word, key, sizeof(word));
		hash = catalog_mix(hash ^ word);
		key += sizeof(word);
	}
	word = 0;
	memcpy(&word, key, key_bytes);
	return (uint32) catalog_mix(hash ^ word);
}

AggregateState *
group_table_find(GroupTable *table, const char *key, Size key_bytes)
{
	uint32		hash;

	/* many rows are of the same group as the one before */
	if (table->recent != NULL && group_has_key(table, table->recent, key, key_bytes))
		return states_of(table->recent);
	hash = hash_of_key(key, key_bytes);
	for (uint32 slot = hash & table->mask;; slot = (slot + 1) & table->mask)
	{
		RowGroup   *group = table->slots[slot];

		if (group == NULL)
		{
			table->recent = add_group(table, key, key_bytes, hash);
			break;
		}
		if (group->hash == hash && group_has_key(table, group, key, key_bytes))
		{
			table->recent = group;
			break;
		}
	}
	return states_of(table->recent);
}

void
group_table_finish(GroupTable *table)
{
	if (table->sort == NULL)
		return;
	sort_groups(table);
	tuplesort_performsort(table->sort);
	table->has_row = tuplesort_gettupleslot(table->sort, true, false, table->row, NULL);
}

/*
 * Add the states of the sorted row that was read to those that are given.
 */
static void
combine_sorted_states(GroupTable *table)
{
	bool		is_null;
	bytea	   *states = DatumGetByteaPP(slot_getattr(table->row, SORTED_STATES + 1, &is_null));

	for (int i = 0; i < table->form_count; i++)
	{
		AggregateState state;

		memcpy(&state, VARDATA_ANY(states) + sizeof(AggregateState) * i, sizeof(state));
		aggregate_combine(table->forms[i].kind, &table->sorted_states[i], &state);
	}
}

/*
 * The next group of the sort: one or more rows with the same key.
 */
static bool
next_sorted_group(GroupTable *table, const char **key, AggregateState **states)
{
	bool		is_null;
	bytea	   *sorted;
	Size		key_bytes;

	if (!table->has_row)
		return false;
	if (table->sorted_key != NULL)
		pfree(table->sorted_key);
	sorted = DatumGetByteaPP(slot_getattr(table->row, SORTED_KEY + 1, &is_null));
	key_bytes = VARSIZE_ANY_EXHDR(sorted);
	table->sorted_key = MemoryContextAlloc(table->context, key_bytes + 1);
	memcpy(table->sorted_key, VARDATA_ANY(sorted), key_bytes);
	memset(table->sorted_states, 0, states_bytes(table));
	do
	{
		CHECK_FOR_INTERRUPTS();
		combine_sorted_states(table);
		table->has_row = tuplesort_gettupleslot(table->sort, true, false, table->row, NULL);
		if (!table->has_row)
			break;
		sorted = DatumGetByteaPP(slot_getattr(table->row, SORTED_KEY + 1, &is_null));
	} while (VARSIZE_ANY_EXHDR(sorted) == key_bytes &&
			 memcmp(VARDATA_ANY(sorted), table->sorted_key, key_bytes) == 0);
	*key = table->sorted_key;
	*states = table->sorted_states;
	return true;
}

bool
group_table_next(GroupTable *table, const char **key, AggregateState **states)
{
	RowGroup   *group;

	if (table->sort != NULL)
		return next_sorted_group(table, key, states);
	group = table->given == NULL ? table->first : table->given->next;
	if (group == NULL)
		return false;
	table->given = group;
	*key = key_of(table, group);
	*states = states_of(group);
	return true;
}
