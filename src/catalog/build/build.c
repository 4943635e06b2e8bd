/*-------------------------------------------------------------------------
 *
 * build.c
 *		Building the catalog of a log.
 *
 * The log is read once, perhaps in pieces; then what only the whole log can tell
 * is settled.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "utils/memutils.h"

#include "catalog/build/build.h"
#include "catalog/build/chunk.h"
#include "catalog/build/code_points.h"
#include "catalog/build/finish.h"
#include "catalog/build/merge.h"
#include "catalog/build/messages.h"
#include "catalog/build/parallel.h"
#include "catalog/build/taker.h"

/*
 * Read all chunks, or merge the pieces of them that other processes have built.
 * Returns false, with what was learnt in *known, if something was read in a wrong
 * form.
 */
static bool
pass_over_log(Builder *builder, Pieces *pieces, KnownForm *known)
{
	uint64		chunk_count = builder->file->reader.chunk_count;

	for (uint64 chunk = 0; chunk < chunk_count;)
	{
		uint64		merged = pieces == NULL ? 0 : merge_piece(builder, pieces, chunk);

		if (merged == 0)
			build_from_chunk(builder, chunk);
		chunk += Max(merged, 1);
		if (guessed_wrong_form(builder))
		{
			known->has_asid_info = true;
			known->knows_asid_info_form = known->form.asid_info_2018 =
				builder->catalog->summary.form.asid_info_2018;
			return false;
		}
	}
	settle_malformed_guess(builder);
	settle_libraries(builder);
	return true;
}

/*
 * Try to build the catalog with what is known of the log's form.  NULL if that was
 * wrong; then *known is right for the next try.
 */
static Catalog *
try_build(PlogFile *file, MemoryContext context, KnownForm *known, uint32 wish, void *taker)
{
	Pieces	   *pieces = build_pieces(file, known, wish, taker);
	Builder		builder;

	memset(&builder, 0, sizeof(builder));
	start_builder(&builder, file, context, 0, file->reader.chunk_count, known, taker);
	if (!pass_over_log(&builder, pieces, known))
		return NULL;
	finish_catalog(builder.catalog, &builder.facts);
	find_code_points(&builder);
	ereport(DEBUG1,
			(errmsg_internal("plog \"%s\": looked up strings of %llu bytes, %llu names of threads",
							 file->filename, (unsigned long long) builder.things.string_bytes,
							 (unsigned long long) builder.facts.pairs)));
	return builder.catalog;
}

Catalog *
catalog_build(PlogFile *file, MemoryContext parent, uint32 wish)
{
	MemoryContext caller = CurrentMemoryContext;
	MemoryContext taking = AllocSetContextCreate(caller, "pandelephant taken chunks",
												 ALLOCSET_DEFAULT_SIZES);
	MemoryContext scratch = AllocSetContextCreate(caller, "pandelephant catalog build",
												  ALLOCSET_DEFAULT_SIZES);
	MemoryContext context;
	Catalog    *catalog;
	KnownForm	known;
	void	   *taker;

	memset(&known, 0, sizeof(known));
	MemoryContextSwitchTo(taking);
	taker = wish == 0 ? NULL : catalog_chunk_taker->start(file, wish);
	MemoryContextSwitchTo(scratch);

	/* each try that fails learns something, and there are only two things to learn */
	do
	{
		MemoryContextReset(scratch);
		context = AllocSetContextCreate(scratch, "pandelephant catalog", ALLOCSET_DEFAULT_SIZES);
		catalog = try_build(file, context, &known, wish, taker);
	} while (catalog == NULL);
	MemoryContextSetParent(context, parent);
	MemoryContextSwitchTo(caller);
	MemoryContextDelete(scratch);
	MemoryContextDelete(taking);
	return catalog;
}
