/*-------------------------------------------------------------------------
 *
 * code_points.c
 *		The code points of a log: where in mappings its taint flows begin and end.
 *
 * Which mapping contains a pc is known only when all mappings are known, and over
 * which spans they were seen.  To remember the pcs until then would take memory
 * in proportion to the number of flows.  So the chunks that have flows are read a
 * second time.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "miscadmin.h"
#include "utils/memutils.h"

#include "catalog/build/code_points.h"
#include "catalog/place.h"
#include "catalog/sorting.h"

/* From a code point to its index. */
typedef struct PointEntry
{
	CatalogCodePoint key;
	uint32		index;
	char		status;
} PointEntry;

#define SH_PREFIX point
#define SH_ELEMENT_TYPE PointEntry
#define SH_KEY_TYPE CatalogCodePoint
#define SH_KEY key
#define SH_HASH_KEY(table, key) \
	catalog_hash(catalog_mix((key).offset ^ catalog_seed()) ^ (key).mapping)
#define SH_EQUAL(table, a, b) (catalog_compare_code_points(&(a), &(b)) == 0)
#define SH_SCOPE static inline
#define SH_DECLARE
#define SH_DEFINE
#include "lib/simplehash.h"

/* The second pass. */
typedef struct CodePointSearch
{
	Builder    *builder;
	PlaceFinder *finder;
	struct point_hash *hash;
	uint64		ends;			/* of flows that were looked at */
} CodePointSearch;

/*
 * Add the code point of an end, if it has one and that is new.
 */
static void
add_code_point(CodePointSearch *search, const PlogEntry *entry, const PlogFlowEnd *end)
{
	Builder    *builder = search->builder;
	Catalog    *catalog = builder->catalog;
	CatalogCodePoint point = {0, 0, 0};
	PointEntry *found_entry;
	bool		found;

	search->ends++;
	point.mapping = place_find_flow_end(search->finder, entry, end, &point.offset);
	if (point.mapping == CATALOG_NONE)
		return;
	found_entry = point_insert(search->hash, point, &found);
	if (found)
		return;
	account_for(&builder->memory, TABLE_BYTES_PER_THING);
	found_entry->index = catalog->summary.code_point_count;
	make_room(&builder->things, CATALOG_CODE_POINTS, catalog->summary.code_point_count);
	catalog->code_points[catalog->summary.code_point_count++] = point;
}

/*
 * Read a chunk a second time.  What is wrong with it was reported the first time.
 */
static void
find_code_points_in_chunk(CodePointSearch *search, uint64 chunk)
{
	Builder    *builder = search->builder;
	WireCursor	cursor;
	PlogBytes	body;
	PlogEntry	entry;
	PlogTaintFlow flow;

	plog_file_read_chunk(builder->file, chunk, builder->at.inflated);
	cursor = plog_entries(builder->at.inflated);
	while (plog_next_body(&cursor, &body))
	{
		CHECK_FOR_INTERRUPTS();
		if (!plog_decode_entry_numbers(body, 1u << PLOG_ENTRY_ASID, &entry) ||
			!plog_has_payload(&entry, PLOG_ENTRY_TAINT_FLOW) ||
			plog_payload_form(body, PLOG_ENTRY_TAINT_FLOW) != PLOG_FORM_TAINT_FLOW ||
			!plog_decode_taint_flow(body, &flow))
			continue;
		add_code_point(search, &entry, &flow.source);
		add_code_point(search, &entry, &flow.sink);
	}
}

static int
compare_points(const void *a, const void *b, void *points)
{
	check_interrupts_in_sort();
	return catalog_compare_code_points((const CatalogCodePoint *) points + *(const uint32 *) a,
									   (const CatalogCodePoint *) points + *(const uint32 *) b);
}

/*
 * Sort the code points by mapping and offset, for lookups.
 */
static void
sort_code_points(Builder *builder)
{
	Catalog    *catalog = builder->catalog;
	uint32		count = catalog->summary.code_point_count;

	account_for(&builder->memory, sizeof(uint32) * (Size) count);
	catalog->code_points_by_place = MemoryContextAllocHuge(catalog->context,
														   sizeof(uint32) * ((Size) count + 1));
	for (uint32 i = 0; i < count; i++)
		catalog->code_points_by_place[i] = i;
	qsort_arg(catalog->code_points_by_place, count, sizeof(uint32), compare_points,
			  catalog->code_points);
}

void
find_code_points(Builder *builder)
{
	Catalog    *catalog = builder->catalog;
	CodePointSearch search;

	if (catalog->summary.messages[CATALOG_TAINT_FLOW] == 0)
		return;
	search.builder = builder;
	search.finder = place_finder_create(catalog);
	search.hash = point_create(builder->memory.scratch, 1024, NULL);
	search.ends = 0;
	for (uint64 i = 0; i < catalog->summary.chunk_count; i++)
	{
		if (catalog->chunks[i].messages[CATALOG_TAINT_FLOW] > 0)
			find_code_points_in_chunk(&search, i);
	}
	sort_code_points(builder);
	ereport(DEBUG1,
			(errmsg_internal("places of %llu ends of taint flows among %u mappings found in %llu steps",
							 (unsigned long long) search.ends, catalog->summary.mapping_count,
							 (unsigned long long) place_steps(search.finder))));
}
