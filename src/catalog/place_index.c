/*-------------------------------------------------------------------------
 *
 * place_index.c
 *		Searching some mappings for the one that contains a pc at a time.
 *
 * A log may be made to have many mappings at one address, and to ask for many pcs
 * there, so a search must not look at them one by one.  The mappings are sorted
 * by the time when they were first seen, and by id.  A mapping's position is its
 * place in that order.  A binary tree over the positions has those mappings that
 * contain a certain pc; each of its nodes has the time when the last of the
 * mappings below it was last seen.  Every question is answered by going down the
 * tree once or twice.
 *
 * The tree is the same for all pcs between two addresses at which mappings begin
 * or end.  At such an address one mapping is added or removed, which changes only
 * the nodes above it.  So the trees of all pcs share most of their nodes: each
 * change makes new nodes for one path from the root to a leaf, and does not touch
 * the old ones.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "utils/memutils.h"

#include "catalog/place_index.h"
#include "catalog/sorting.h"

/* A node of a tree.  Node 0 is the empty tree: no mapping contains the pc. */
typedef struct PlaceNode
{
	uint32		left;
	uint32		right;
	uint64		last;			/* the greatest last offset of the mappings below */
} PlaceNode;

/* An address at which a mapping begins, or the first one behind a mapping. */
typedef struct PlaceChange
{
	uint64		pc;
	uint32		position;		/* of the mapping */
	bool		begins;
} PlaceChange;

/* The tree for the pcs from this one to that of the next tree. */
typedef struct PlaceTree
{
	uint64		pc;
	uint32		root;
} PlaceTree;

/* ------------------------------------------------------------------------
 * Building
 * ------------------------------------------------------------------------
 */

/*
 * By the time when they were first seen, those that never were first, then by id.
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

/*
 * By pc; if one mapping begins where another ends, the end comes first.
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
 * Add a node.  The limit for catalogs holds for the nodes of all indexes, too.
 */
static uint32
add_node(PlaceIndex *index, uint32 left, uint32 right, uint64 last)
{
	PlaceWork  *work = index->work;
	PlaceNode  *node;

	if (index->node_count == index->node_capacity)
	{
		Size		wanted = Max((Size) index->node_capacity * 2, 64);

		work->bytes += (wanted - index->node_capacity) * sizeof(PlaceNode);
		if (wanted > PG_INT32_MAX ||
			work->bytes > (Size) pandelephant_max_catalog_size * 1024)
			ereport(ERROR,
					(errcode(ERRCODE_PROGRAM_LIMIT_EXCEEDED),
					 errmsg("cannot find what lies in the mappings of a plog: that takes more than the allowed %d kB",
							pandelephant_max_catalog_size),
					 errhint("Raise \"pandelephant.max_catalog_size\" if you trust the log.")));
		index->nodes = index->nodes == NULL ?
			MemoryContextAllocHuge(work->context, wanted * sizeof(PlaceNode)) :
			repalloc_huge(index->nodes, wanted * sizeof(PlaceNode));
		index->node_capacity = (uint32) wanted;
	}
	work->steps++;
	node = &index->nodes[index->node_count];
	node->left = left;
	node->right = right;
	node->last = last;
	return index->node_count++;
}

/*
 * Make a tree that has one mapping more or less than the tree below root, and
 * shares with it all nodes that are not above that mapping.  The tree has the
 * positions from low to high - 1.
 */
static uint32
change_tree(PlaceIndex *index, uint32 root, uint32 low, uint32 high,
			const PlaceChange *change)
{
	uint32		middle = low + (high - low) / 2;
	uint32		left = index->nodes[root].left;
	uint32		right = index->nodes[root].right;

	if (high - low == 1)
		return !change->begins ? 0 :
			add_node(index, 0, 0,
					 index->work->mappings[index->order[low]].span.last);
	if (change->position < middle)
		left = change_tree(index, left, low, middle, change);
	else
		right = change_tree(index, right, middle, high, change);
	if (left == 0 && right == 0)
		return 0;

	/* the last offset of node 0 does not count */
	return add_node(index, left, right,
					left == 0 ? index->nodes[right].last :
					right == 0 ? index->nodes[left].last :
					Max(index->nodes[left].last, index->nodes[right].last));
}

/*
 * List the addresses at which mappings begin and end, in ascending order.
 */
static PlaceChange *
list_changes(const PlaceIndex *index, uint32 *count)
{
	Size		bytes = sizeof(PlaceChange) * ((Size) index->count * 2 + 1);
	PlaceChange *changes = MemoryContextAllocHuge(index->work->context, bytes);

	*count = 0;
	for (uint32 i = 0; i < index->count; i++)
	{
		const CatalogMapping *mapping = &index->work->mappings[index->order[i]];
		PlaceChange change;

		if (!mapping->has_base_address || !mapping->has_size || mapping->size == 0)
			continue;
		change.pc = mapping->base_address;
		change.position = i;
		change.begins = true;
		changes[(*count)++] = change;

		/* a mapping that reaches beyond 2^64 has no end */
		if (mapping->size > PG_UINT64_MAX - mapping->base_address)
			continue;
		change.pc = mapping->base_address + mapping->size;
		change.begins = false;
		changes[(*count)++] = change;
	}
	qsort(changes, *count, sizeof(PlaceChange), compare_changes);
	return changes;
}

void
place_index_build(PlaceIndex *index, PlaceWork *work, const uint32 *mappings, uint32 count)
{
	Size		order_bytes = sizeof(uint32) * ((Size) count + 1);
	PlaceChange *changes;
	uint32		change_count;
	uint32		root;

	memset(index, 0, sizeof(*index));
	index->work = work;
	index->count = count;
	index->order = MemoryContextAllocHuge(work->context, order_bytes);
	memcpy(index->order, mappings, sizeof(uint32) * (Size) count);
	qsort_arg(index->order, count, sizeof(uint32), compare_first_seen,
			  (void *) work->mappings);
	while (index->unseen < count &&
		   catalog_span_is_empty(&work->mappings[index->order[index->unseen]].span))
		index->unseen++;

	changes = list_changes(index, &change_count);
	index->trees = MemoryContextAllocHuge(work->context,
										  sizeof(PlaceTree) * ((Size) change_count + 1));
	root = add_node(index, 0, 0, 0);	/* node 0 */
	for (uint32 i = 0; i < change_count; i++)
	{
		CHECK_FOR_INTERRUPTS();
		root = change_tree(index, root, 0, count, &changes[i]);
		if (index->tree_count == 0 || index->trees[index->tree_count - 1].pc != changes[i].pc)
			index->tree_count++;
		index->trees[index->tree_count - 1].pc = changes[i].pc;
		index->trees[index->tree_count - 1].root = root;
	}
	pfree(changes);
}

/* ------------------------------------------------------------------------
 * Searching
 * ------------------------------------------------------------------------
 */

/* A search of the positions from "from" to "to" - 1. */
typedef struct PlaceSearch
{
	const PlaceIndex *index;
	uint32		root;			/* of the pc's tree */
	uint32		from;
	uint32		to;
	uint64		last;			/* only mappings that were last seen then or later */
} PlaceSearch;

/*
 * The greatest or the least position below a node that the search is for, or
 * CATALOG_NONE.  If all positions below a node are in the range, its "last" tells
 * whether one of them is searched for; so dead ends are only at the range's ends.
 */
static uint32
find_position(const PlaceSearch *search, uint32 node, uint32 low, uint32 high, bool greatest)
{
	const PlaceNode *at = &search->index->nodes[node];
	uint32		middle = low + (high - low) / 2;
	uint32		found;

	if (node == 0 || high <= search->from || low >= search->to || at->last < search->last)
		return CATALOG_NONE;
	search->index->work->steps++;
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
 * Set *last to the greatest last offset of the mappings below a node in the
 * search's range.  Returns false if there are none.
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
	search->index->work->steps++;
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
 * Start to search an index for a pc, among the mappings with a known time.
 */
static PlaceSearch
start_search(const PlaceIndex *index, uint64 pc)
{
	PlaceSearch search = {index, 0, index->unseen, index->count, 0};
	uint32		low = 0;
	uint32		high = index->tree_count;

	/* the last tree that does not begin behind the pc */
	while (low < high)
	{
		uint32		middle = low + (high - low) / 2;

		index->work->steps++;
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
 * The number of mappings that were first seen at an offset or before it, or never.
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

		index->work->steps++;
		if (index->work->mappings[index->order[middle]].span.first <= offset)
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

uint32
place_index_find_seen(const PlaceIndex *index, uint64 pc, bool has_offset, uint64 offset)
{
	PlaceSearch search = start_search(index, pc);

	if (has_offset)
	{
		search.to = count_first_seen(&search, offset);
		search.last = offset;
	}
	return mapping_at(index, find_greatest(&search));
}

uint32
place_index_find_nearest(const PlaceIndex *index, uint64 pc, uint64 offset, uint64 *distance)
{
	PlaceSearch before = start_search(index, pc);
	PlaceSearch after = before;
	uint32		next;
	uint32		nearest = CATALOG_NONE;

	/* none was seen at the time: those first seen before it were last seen before it */
	before.to = after.from = count_first_seen(&before, offset);
	if (find_last(&before, before.root, 0, index->count, &before.last))
	{
		*distance = offset - before.last;
		nearest = find_greatest(&before);
	}

	/* if both are equally near, the later one was first seen last */
	next = find_position(&after, after.root, 0, index->count, false);
	if (next != CATALOG_NONE)
	{
		uint64		first = index->work->mappings[index->order[next]].span.first;

		if (nearest == CATALOG_NONE || first - offset <= *distance)
		{
			*distance = first - offset;
			after.to = count_first_seen(&after, first);
			nearest = find_greatest(&after);
		}
	}
	return mapping_at(index, nearest);
}

uint32
place_index_find_unseen(const PlaceIndex *index, uint64 pc)
{
	PlaceSearch search = start_search(index, pc);

	search.from = 0;
	search.to = index->unseen;
	return mapping_at(index, find_greatest(&search));
}
