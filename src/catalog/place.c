/*-------------------------------------------------------------------------
 *
 * place.c
 *		Which mapping of a process a pc lies in.
 *
 * A log may be made to have many mappings in one place, and many pcs to be looked
 * up there, so that none of them may be gone through one by one.  The mappings of a
 * process are sorted by when they were first seen, and by id.  Over that order stands
 * a binary tree of those that contain a pc; its nodes know when the last of the
 * mappings below them was last seen.  Whatever is asked for is one way down the tree.
 *
 * From one pc to the next at which a mapping begins or ends, the tree stays the
 * same; and one mapping more or less changes only the nodes above it.  So the trees
 * of all pcs share what they have in common: a change makes new nodes for one way
 * down, and leaves the old ones as they are.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "miscadmin.h"
#include "utils/memutils.h"

#include "catalog/place.h"
#include "pandelephant.h"

/* Sorts and loops check for interrupts after so many comparisons or things. */
#define COMPARISONS_PER_CHECK	65536

/* A node of a tree; 0 stands for none, where no mapping below contains the pc. */
typedef struct PlaceNode
{
	uint32		left;
	uint32		right;
	uint64		last;			/* the greatest last offset below */
} PlaceNode;

/* Where the mappings that contain a pc become others. */
typedef struct PlaceChange
{
	uint64		pc;
	uint32		position;		/* of a mapping */
	bool		begins;
} PlaceChange;

/* The tree of all pcs from one on. */
typedef struct PlaceTree
{
	uint64		pc;
	uint32		root;
} PlaceTree;

/* Some mappings of a process, to be searched. */
typedef struct PlaceIndex
{
	uint32		count;
	uint32		unseen;			/* that were never seen at a known offset: the first */
	uint32	   *order;			/* indexes of mappings, by first offset, then by id */
	PlaceTree  *trees;			/* by pc */
	uint32		tree_count;
	PlaceNode  *nodes;
	uint32		node_count;
	uint32		node_capacity;
} PlaceIndex;

/* The mappings of a process. */
typedef struct ProcessPlaces
{
	PlaceIndex	all;
	uint32		asid_count;		/* 0: they all have the same, or none */
	uint64	   *asids;			/* ascending */
	PlaceIndex *of_asids;
} ProcessPlaces;

struct PlaceFinder
{
	const Catalog *catalog;
	MemoryContext context;
	uint32	   *mappings;		/* indexes, process by process */
	uint32	   *first_mappings; /* of each process, and behind the last */
	ProcessPlaces **processes;	/* NULL: not asked for yet */
	Size		bytes;			/* of nodes */
	uint64		steps;
};

static void
check_interrupts_in_sort(void)
{
	static uint32 comparisons = 0;

	if (++comparisons % COMPARISONS_PER_CHECK == 0)
		CHECK_FOR_INTERRUPTS();
}

static inline int
compare_u64(uint64 a, uint64 b)
{
	return a < b ? -1 : a > b ? 1 : 0;
}

/* ------------------------------------------------------------------------
 * Setting up
 * ------------------------------------------------------------------------
 */

PlaceFinder *
place_finder_create(const Catalog *catalog)
{
	PlaceFinder *finder = palloc0(sizeof(PlaceFinder));
	uint32		process_count = catalog->summary.process_count;
	uint32		mapping_count = catalog->summary.mapping_count;
	Size		process_bytes = sizeof(ProcessPlaces *) * ((Size) process_count + 1);
	Size		first_bytes = sizeof(uint32) * ((Size) process_count + 2);
	uint32	   *next;

	finder->catalog = catalog;
	finder->context = CurrentMemoryContext;
	finder->processes = MemoryContextAllocHuge(finder->context, process_bytes);
	memset(finder->processes, 0, process_bytes);
	finder->mappings = MemoryContextAllocHuge(finder->context,
											  sizeof(uint32) * ((Size) mapping_count + 1));

	/* count those of each process two places on, then put them there */
	next = MemoryContextAllocHuge(finder->context, first_bytes);
	memset(next, 0, first_bytes);
	finder->first_mappings = next;
	for (uint32 i = 0; i < mapping_count; i++)
		next[catalog->mappings[i].process + 2]++;
	for (uint32 i = 1; i <= process_count; i++)
		next[i + 1] += next[i];
	for (uint32 i = 0; i < mapping_count; i++)
	{
		if (i % COMPARISONS_PER_CHECK == 0)
			CHECK_FOR_INTERRUPTS();
		finder->mappings[next[catalog->mappings[i].process + 1]++] = i;
	}
	return finder;
}

/*
 * By when they were first seen, those that never were before all, then by id.
 */
static int
compare_first_seen(const void *a, const void *b, void *mappings)
{
	uint32		index_a = *(const uint32 *) a;
	uint32		index_b = *(const uint32 *) b;
	const CatalogSpan *span_a = &((const CatalogMapping *) mappings)[index_a].span;
	const CatalogSpan *span_b = &((const CatalogMapping *) mappings)[index_b].span;
	int			order;

	check_interrupts_in_sort();
	if (catalog_span_is_empty(span_a) != catalog_span_is_empty(span_b))
		return catalog_span_is_empty(span_a) ? -1 : 1;
	order = catalog_span_is_empty(span_a) ? 0 : compare_u64(span_a->first, span_b->first);
	return order != 0 ? order : compare_u64(index_a, index_b);
}

static int
compare_asids(const void *a, const void *b, void *mappings)
{
	const CatalogMapping *mapping_a = (const CatalogMapping *) mappings + *(const uint32 *) a;
	const CatalogMapping *mapping_b = (const CatalogMapping *) mappings + *(const uint32 *) b;

	check_interrupts_in_sort();
	if (mapping_a->has_asid != mapping_b->has_asid)
		return mapping_a->has_asid ? 1 : -1;
	return compare_u64(mapping_a->asid, mapping_b->asid);
}

/*
 * By pc; at each, what ends comes first.
 */
static int
compare_changes(const void *a, const void *b)
{
	const PlaceChange *change_a = a;
	const PlaceChange *change_b = b;
	int			order = compare_u64(change_a->pc, change_b->pc);

	check_interrupts_in_sort();
	return order != 0 ? order : (int) change_a->begins - (int) change_b->begins;
}

/*
 * Add a node.  What all of them take is limited as what a log names is.
 */
static uint32
add_node(PlaceFinder *finder, PlaceIndex *index, uint32 left, uint32 right, uint64 last)
{
	PlaceNode  *node;

	if (index->node_count == index->node_capacity)
	{
		Size		wanted = Max((Size) index->node_capacity * 2, 64);

		finder->bytes += (wanted - index->node_capacity) * sizeof(PlaceNode);
		if (wanted > PG_INT32_MAX ||
			finder->bytes > (Size) pandelephant_max_catalog_size * 1024)
			ereport(ERROR,
					(errcode(ERRCODE_PROGRAM_LIMIT_EXCEEDED),
					 errmsg("cannot find what lies in the mappings of a plog: that takes more than the allowed %d kB",
							pandelephant_max_catalog_size),
					 errhint("Raise \"pandelephant.max_catalog_size\" if you trust the log.")));
		index->nodes = index->nodes == NULL ?
			MemoryContextAllocHuge(finder->context, wanted * sizeof(PlaceNode)) :
			repalloc_huge(index->nodes, wanted * sizeof(PlaceNode));
		index->node_capacity = (uint32) wanted;
	}
	finder->steps++;
	node = &index->nodes[index->node_count];
	node->left = left;
	node->right = right;
	node->last = last;
	return index->node_count++;
}

/*
 * The tree with a mapping more or less: a new one, which shares with the old one
 * all that is not above the mapping.  It spans positions from low to below high.
 */
static uint32
change_tree(PlaceFinder *finder, PlaceIndex *index, uint32 root, uint32 low, uint32 high,
			const PlaceChange *change)
{
	uint32		middle = low + (high - low) / 2;
	uint32		left = index->nodes[root].left;
	uint32		right = index->nodes[root].right;

	if (high - low == 1)
		return !change->begins ? 0 :
			add_node(finder, index, 0, 0,
					 finder->catalog->mappings[index->order[low]].span.last);
	if (change->position < middle)
		left = change_tree(finder, index, left, low, middle, change);
	else
		right = change_tree(finder, index, right, middle, high, change);
	if (left == 0 && right == 0)
		return 0;

	/* what is not there is never later than the other */
	return add_node(finder, index, left, right,
					left == 0 ? index->nodes[right].last :
					right == 0 ? index->nodes[left].last :
					Max(index->nodes[left].last, index->nodes[right].last));
}

/*
 * List where mappings begin and end.
 */
static PlaceChange *
list_changes(const PlaceFinder *finder, const PlaceIndex *index, uint32 *count)
{
	PlaceChange *changes = MemoryContextAllocHuge(finder->context,
												  sizeof(PlaceChange) * ((Size) index->count * 2 + 1));

	*count = 0;
	for (uint32 i = 0; i < index->count; i++)
	{
		const CatalogMapping *mapping = &finder->catalog->mappings[index->order[i]];
		PlaceChange change;

		if (!mapping->has_base_address || !mapping->has_size || mapping->size == 0)
			continue;
		change.pc = mapping->base_address;
		change.position = i;
		change.begins = true;
		changes[(*count)++] = change;

		/* one that reaches beyond 2^64 does not end */
		if (mapping->size > PG_UINT64_MAX - mapping->base_address)
			continue;
		change.pc = mapping->base_address + mapping->size;
		change.begins = false;
		changes[(*count)++] = change;
	}
	qsort(changes, *count, sizeof(PlaceChange), compare_changes);
	return changes;
}

/*
 * Set up the search among some mappings.
 */
static void
build_index(PlaceFinder *finder, PlaceIndex *index, const uint32 *mappings, uint32 count)
{
	Size		order_bytes = sizeof(uint32) * ((Size) count + 1);
	PlaceChange *changes;
	uint32		change_count;
	uint32		root;

	memset(index, 0, sizeof(*index));
	index->count = count;
	index->order = MemoryContextAllocHuge(finder->context, order_bytes);
	memcpy(index->order, mappings, sizeof(uint32) * (Size) count);
	qsort_arg(index->order, count, sizeof(uint32), compare_first_seen, finder->catalog->mappings);
	while (index->unseen < count &&
		   catalog_span_is_empty(&finder->catalog->mappings[index->order[index->unseen]].span))
		index->unseen++;

	changes = list_changes(finder, index, &change_count);
	index->trees = MemoryContextAllocHuge(finder->context,
										  sizeof(PlaceTree) * ((Size) change_count + 1));
	root = add_node(finder, index, 0, 0, 0);	/* that for none */
	for (uint32 i = 0; i < change_count; i++)
	{
		CHECK_FOR_INTERRUPTS();
		root = change_tree(finder, index, root, 0, count, &changes[i]);
		if (index->tree_count == 0 || index->trees[index->tree_count - 1].pc != changes[i].pc)
			index->tree_count++;
		index->trees[index->tree_count - 1].pc = changes[i].pc;
		index->trees[index->tree_count - 1].root = root;
	}
	pfree(changes);
}

/*
 * Set up the search by asid, if the mappings have several.
 */
static void
build_asids(PlaceFinder *finder, ProcessPlaces *places, uint32 *mappings, uint32 count)
{
	CatalogMapping *all = finder->catalog->mappings;
	uint32		runs = 1;

	qsort_arg(mappings, count, sizeof(uint32), compare_asids, all);
	for (uint32 i = 1; i < count; i++)
		runs += compare_asids(&mappings[i - 1], &mappings[i], all) != 0;
	if (runs == 1)
		return;
	places->asids = MemoryContextAllocHuge(finder->context, sizeof(uint64) * (Size) runs);
	places->of_asids = MemoryContextAllocHuge(finder->context, sizeof(PlaceIndex) * (Size) runs);
	for (uint32 start = 0, end; start < count; start = end)
	{
		for (end = start + 1; end < count; end++)
		{
			if (compare_asids(&mappings[start], &mappings[end], all) != 0)
				break;
		}
		if (!all[mappings[start]].has_asid)
			continue;
		places->asids[places->asid_count] = all[mappings[start]].asid;
		build_index(finder, &places->of_asids[places->asid_count++], mappings + start, end - start);
	}
}

/*
 * The places of a process, or NULL where nothing is mapped into it.
 */
static const ProcessPlaces *
places_of_process(PlaceFinder *finder, uint32 process)
{
	uint32	   *mappings = finder->mappings + finder->first_mappings[process];
	uint32		count = finder->first_mappings[process + 1] - finder->first_mappings[process];
	MemoryContext caller;
	ProcessPlaces *places;

	if (count == 0 || finder->processes[process] != NULL)
		return finder->processes[process];
	caller = MemoryContextSwitchTo(finder->context);
	places = palloc0(sizeof(ProcessPlaces));
	build_index(finder, &places->all, mappings, count);
	build_asids(finder, places, mappings, count);
	MemoryContextSwitchTo(caller);
	finder->processes[process] = places;
	return places;
}

/* ------------------------------------------------------------------------
 * Searching
 * ------------------------------------------------------------------------
 */

/* A search below a node: positions from "from" to below "to". */
typedef struct PlaceSearch
{
	PlaceFinder *finder;
	const PlaceIndex *index;
	uint32		root;			/* of the pc's tree */
	uint32		from;
	uint32		to;
	uint64		last;			/* at least so late they were last seen */
} PlaceSearch;

/*
 * The greatest or least position below a node that is searched for, or
 * CATALOG_NONE.  Nodes whose positions all are in range are gone down only where
 * one is.
 */
static uint32
find_position(const PlaceSearch *search, uint32 node, uint32 low, uint32 high, bool greatest)
{
	const PlaceNode *at = &search->index->nodes[node];
	uint32		middle = low + (high - low) / 2;
	uint32		found;

	if (node == 0 || high <= search->from || low >= search->to || at->last < search->last)
		return CATALOG_NONE;
	search->finder->steps++;
	if (high - low == 1)
		return low;
	found = greatest ? find_position(search, at->right, middle, high, greatest) :
		find_position(search, at->left, low, middle, greatest);
	if (found != CATALOG_NONE)
		return found;
	return greatest ? find_position(search, at->left, low, middle, greatest) :
		find_position(search, at->right, middle, high, greatest);
}

/*
 * When the one of those searched for that was seen last was seen last; false
 * where there is none.
 */
static bool
find_last(const PlaceSearch *search, uint32 node, uint32 low, uint32 high, uint64 *last)
{
	const PlaceNode *at = &search->index->nodes[node];
	uint32		middle = low + (high - low) / 2;
	uint64		right = 0;
	bool		found;

	if (node == 0 || high <= search->from || low >= search->to)
		return false;
	search->finder->steps++;
	if (low >= search->from && high <= search->to)
	{
		*last = at->last;
		return true;
	}
	found = find_last(search, at->left, low, middle, last);
	if (!find_last(search, at->right, middle, high, &right))
		return found;
	*last = found ? Max(*last, right) : right;
	return true;
}

/*
 * Start to search an index for a pc.
 */
static PlaceSearch
start_search(PlaceFinder *finder, const PlaceIndex *index, uint64 pc)
{
	PlaceSearch search = {finder, index, 0, index->unseen, index->count, 0};
	uint32		low = 0;
	uint32		high = index->tree_count;

	/* the last tree that does not begin later */
	while (low < high)
	{
		uint32		middle = low + (high - low) / 2;

		finder->steps++;
		if (index->trees[middle].pc <= pc)
			low = middle + 1;
		else
			high = middle;
	}
	if (low > 0)
		search.root = index->trees[low - 1].root;
	return search;
}

/*
 * How many positions there are whose mappings were first seen at an offset or
 * before it, or never.
 */
static uint32
count_first_seen(const PlaceSearch *search, uint64 offset)
{
	const PlaceIndex *index = search->index;
	uint32		low = index->unseen;
	uint32		high = index->count;

	while (low < high)
	{
		uint32		middle = low + (high - low) / 2;

		search->finder->steps++;
		if (search->finder->catalog->mappings[index->order[middle]].span.first <= offset)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

static uint32
find_greatest(const PlaceSearch *search)
{
	return find_position(search, search->root, 0, search->index->count, true);
}

/*
 * The mapping at a position.
 */
static uint32
mapping_at(const PlaceIndex *index, uint32 position)
{
	return position == CATALOG_NONE ? CATALOG_NONE : index->order[position];
}

/*
 * The mapping seen at the time, or whenever, if that is not known.
 */
static uint32
find_seen(PlaceFinder *finder, const PlaceIndex *index, const PlaceQuery *query)
{
	PlaceSearch search = start_search(finder, index, query->pc);

	if (query->has_offset)
	{
		search.to = count_first_seen(&search, query->offset);
		search.last = query->offset;
	}
	return mapping_at(index, find_greatest(&search));
}

/*
 * The mapping seen nearest to the time, at which none was seen, and how near.
 */
static uint32
find_nearest(PlaceFinder *finder, const PlaceIndex *index, const PlaceQuery *query,
			 uint64 *distance)
{
	PlaceSearch before = start_search(finder, index, query->pc);
	PlaceSearch after = before;
	uint32		next;
	uint32		nearest = CATALOG_NONE;

	/* all that were first seen before were last seen before, too */
	before.to = after.from = count_first_seen(&before, query->offset);
	if (find_last(&before, before.root, 0, index->count, &before.last))
	{
		*distance = query->offset - before.last;
		nearest = find_greatest(&before);
	}

	/* of both equally near, the later one is the one first seen last */
	next = find_position(&after, after.root, 0, index->count, false);
	if (next != CATALOG_NONE)
	{
		uint64		first = finder->catalog->mappings[index->order[next]].span.first;

		if (nearest == CATALOG_NONE || first - query->offset <= *distance)
		{
			*distance = first - query->offset;
			after.to = count_first_seen(&after, first);
			nearest = find_greatest(&after);
		}
	}
	return mapping_at(index, nearest);
}

/*
 * The mapping that was never seen at a known time.
 */
static uint32
find_unseen(PlaceFinder *finder, const PlaceIndex *index, const PlaceQuery *query)
{
	PlaceSearch search = start_search(finder, index, query->pc);

	search.from = 0;
	search.to = index->unseen;
	return mapping_at(index, find_greatest(&search));
}

/*
 * The mappings of a process with an asid, or NULL: where there are none, or it has
 * no other.
 */
static const PlaceIndex *
find_asid(PlaceFinder *finder, const ProcessPlaces *places, const PlaceQuery *query)
{
	uint32		low = 0;
	uint32		high = query->has_asid ? places->asid_count : 0;

	while (low < high)
	{
		uint32		middle = low + (high - low) / 2;

		finder->steps++;
		if (places->asids[middle] == query->asid)
			return &places->of_asids[middle];
		if (places->asids[middle] < query->asid)
			low = middle + 1;
		else
			high = middle;
	}
	return NULL;
}

uint32
place_find(PlaceFinder *finder, uint32 process, const PlaceQuery *query)
{
	const ProcessPlaces *places = places_of_process(finder, process);
	const PlaceIndex *preferred;
	uint32		found = CATALOG_NONE;
	uint32		other;
	uint64		distance = 0;
	uint64		other_distance = 0;

	if (places == NULL)
		return CATALOG_NONE;
	preferred = find_asid(finder, places, query);
	if (preferred != NULL)
		found = find_seen(finder, preferred, query);
	if (found == CATALOG_NONE)
		found = find_seen(finder, &places->all, query);
	if (found != CATALOG_NONE)
		return found;
	if (query->has_offset)
	{
		found = find_nearest(finder, &places->all, query, &distance);
		other = preferred == NULL ? CATALOG_NONE :
			find_nearest(finder, preferred, query, &other_distance);
		if (found != CATALOG_NONE)
			return other != CATALOG_NONE && other_distance == distance ? other : found;
	}
	if (preferred != NULL)
		found = find_unseen(finder, preferred, query);
	return found != CATALOG_NONE ? found : find_unseen(finder, &places->all, query);
}

uint32
place_find_flow_end(PlaceFinder *finder, const PlogEntry *entry, const PlogFlowEnd *end,
					uint64 *offset)
{
	const Catalog *catalog = finder->catalog;
	uint32		thread = catalog_find_flow_thread(catalog, &end->point.thread);
	PlaceQuery	query;
	uint32		mapping;

	if (thread == CATALOG_NONE || !PLOG_HAS(&end->point, PLOG_FLOW_POINT_PC) ||
		end->point.pc == PLOG_UNKNOWN)
		return CATALOG_NONE;
	query.pc = end->point.pc;
	query.has_offset = PLOG_HAS(end, PLOG_FLOW_END_INSTR) && end->instr != PLOG_UNKNOWN;
	query.offset = end->instr;
	query.has_asid = PLOG_HAS(entry, PLOG_ENTRY_ASID);
	query.asid = entry->asid;
	mapping = place_find(finder, catalog->threads[thread].process, &query);
	if (mapping != CATALOG_NONE)
		*offset = end->point.pc - catalog->mappings[mapping].base_address;
	return mapping;
}

uint64
place_steps(const PlaceFinder *finder)
{
	return finder->steps;
}
