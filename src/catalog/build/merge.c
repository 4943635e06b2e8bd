/*-------------------------------------------------------------------------
 *
 * merge.c
 *		Adding a piece of a log to the catalog of what is before it.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "miscadmin.h"
#include "utils/memutils.h"

#include "catalog/build/call_groups.h"
#include "catalog/build/merge.h"
#include "catalog/build/messages.h"
#include "catalog/build/slice_sums.h"

/* The indexes that a piece's things have in the catalog. */
typedef struct Merge
{
	Builder    *builder;
	const Piece *piece;
	uint32	   *texts;
	uint32	   *threads;
	bool	   *has_other_pid;	/* by thread: was another pid given for it before? */
} Merge;

static void *
allocate_map(uint64 count, Size element_bytes)
{
	return MemoryContextAllocHuge(CurrentMemoryContext, (count + 1) * element_bytes);
}

static uint32
text_or_none(const Merge *merge, uint32 text)
{
	return text == CATALOG_NONE ? CATALOG_NONE : merge->texts[text];
}

/*
 * Can the piece be added?  It was built without knowing what the chunks before it
 * show of the log's form.
 */
static bool
piece_fits(const Builder *builder, const Piece *piece)
{
	const FormEvidence *forms = &piece->facts.forms;
	bool		form_2018 = builder->catalog->summary.form.asid_info_2018;

	if (piece->facts.wants_earlier_pieces)
		return false;
	if (forms->knows_asid_info_form && builder->facts.forms.knows_asid_info_form)
		return piece->summary.form.asid_info_2018 == form_2018;
	return !(forms->guessed_asid_info_form && form_2018);
}

static void
merge_texts(Merge *merge)
{
	const CatalogText *texts = piece_array(merge->piece, CATALOG_TEXTS);
	const char *pool = piece_array(merge->piece, CATALOG_POOL);

	for (uint64 i = 0; i < merge->piece->counts[CATALOG_TEXTS]; i++)
	{
		CHECK_FOR_INTERRUPTS();
		merge->texts[i] = intern_text(&merge->builder->things, pool + texts[i].offset,
									  texts[i].length);
		merge->builder->catalog->texts[merge->texts[i]].syscalls += texts[i].syscalls;
	}
}

static void
merge_threads(Merge *merge)
{
	const CatalogThread *threads = piece_array(merge->piece, CATALOG_THREADS);

	for (uint64 i = 0; i < merge->piece->counts[CATALOG_THREADS]; i++)
	{
		const CatalogThread *from = &threads[i];
		CatalogThread *to;

		CHECK_FOR_INTERRUPTS();
		merge->threads[i] = intern_thread(&merge->builder->things, &from->key, from->first_entry);
		to = &merge->builder->catalog->threads[merge->threads[i]];
		keep_first(&to->pid, true, from->pid.value, from->pid.place);
		keep_first(&to->ppid, true, from->ppid.value, from->ppid.place);
		if (from->asid.place != CATALOG_NOWHERE)
			to->asid = from->asid;
		to->first_listed = Min(to->first_listed, from->first_listed);
		merge_span(&to->span, &from->span);
		to->syscalls += from->syscalls;
		merge_slice_sums(merge->builder, &to->ran, &from->ran);
		merge_slice_sums(merge->builder, &to->listed, &from->listed);
		merge->has_other_pid[i] = from->pid.place != CATALOG_NOWHERE &&
			from->pid.value != to->pid.value;
	}
}

static void
merge_names(Merge *merge)
{
	const CatalogName *names = piece_array(merge->piece, CATALOG_NAMES);

	for (uint64 i = 0; i < merge->piece->counts[CATALOG_NAMES]; i++)
	{
		uint32		name = intern_name(&merge->builder->things, merge->threads[names[i].thread],
									   merge->texts[names[i].text]);

		CHECK_FOR_INTERRUPTS();
		merge_span(&merge->builder->catalog->names[name].span, &names[i].span);
	}
}

static void
merge_mappings(Merge *merge)
{
	const CatalogMapping *mappings = piece_array(merge->piece, CATALOG_MAPPINGS);
	const uint32 *threads = piece_array(merge->piece, CATALOG_THREADS_OF_MAPPINGS);

	for (uint64 i = 0; i < merge->piece->counts[CATALOG_MAPPINGS]; i++)
	{
		CatalogMapping mapping = mappings[i];
		uint32		index;

		CHECK_FOR_INTERRUPTS();
		mapping.name = text_or_none(merge, mapping.name);
		mapping.path = text_or_none(merge, mapping.path);
		index = intern_mapping(&merge->builder->things, merge->threads[threads[i]], &mapping);
		merge_span(&merge->builder->catalog->mappings[index].span, &mappings[i].span);
	}
}

static void
merge_call_groups(Merge *merge)
{
	const CatalogCallGroup *groups = piece_array(merge->piece, CATALOG_CALL_GROUPS);

	if (!merge->piece->summary.has_call_groups)
		drop_call_groups(merge->builder);
	for (uint64 i = 0; i < merge->piece->counts[CATALOG_CALL_GROUPS]; i++)
	{
		CatalogCallGroup group = groups[i];

		CHECK_FOR_INTERRUPTS();
		if (group.thread != CATALOG_NONE)
			group.thread = merge->threads[group.thread];
		group.name = text_or_none(merge, group.name);
		add_call_group(merge->builder, &group);
	}
}

/*
 * Add a chunk's list of threads.
 */
static void
merge_threads_of_chunk(Merge *merge, CatalogRun *run)
{
	const uint32 *threads = (const uint32 *) piece_array(merge->piece, CATALOG_THREADS_OF_CHUNKS) +
		run->first;

	run->first = merge->builder->catalog->threads_of_chunks_count;
	for (uint64 i = 0; i < run->count; i++)
	{
		CHECK_FOR_INTERRUPTS();
		add_to_threads_of_chunks(&merge->builder->things, merge->threads[threads[i]]);
	}
}

/*
 * Does one of the threads of a run have another pid in the catalog than in the
 * piece?
 */
static bool
has_odd_thread(const Merge *merge, const CatalogRun *run)
{
	const uint32 *threads = (const uint32 *) piece_array(merge->piece, CATALOG_THREADS_OF_CHUNKS) +
		run->first;

	for (uint64 i = 0; i < run->count; i++)
	{
		if (merge->has_other_pid[threads[i]])
			return true;
	}
	return false;
}

/*
 * Add a chunk.  A call is odd if its pid is not that of its thread, which the
 * pieces before may have given differently.
 */
static void
merge_chunk(Merge *merge, const CatalogChunk *from, CatalogChunk *to)
{
	const uint32 *names = (const uint32 *) piece_array(merge->piece, CATALOG_NAMES_OF_CHUNKS) +
		from->syscall_names.first;

	*to = *from;
	to->has_odd_syscalls |= has_odd_thread(merge, &from->syscall_threads);
	merge_threads_of_chunk(merge, &to->syscall_threads);
	merge_threads_of_chunk(merge, &to->slice_threads);
	to->syscall_names.first = merge->builder->catalog->names_of_chunks_count;
	for (uint64 i = 0; i < from->syscall_names.count; i++)
	{
		CHECK_FOR_INTERRUPTS();
		add_to_names_of_chunks(&merge->builder->things, merge->texts[names[i]]);
	}
}

static void
merge_chunks(Merge *merge, uint64 first_chunk)
{
	const CatalogChunk *chunks = piece_array(merge->piece, CATALOG_CHUNKS);
	const CatalogTrace *traces = piece_array(merge->piece, CATALOG_FIRST_TRACES);
	Catalog    *catalog = merge->builder->catalog;

	for (uint64 i = 0; i < merge->piece->counts[CATALOG_CHUNKS]; i++)
	{
		CHECK_FOR_INTERRUPTS();
		merge_chunk(merge, &chunks[i], &catalog->chunks[first_chunk + i]);
		catalog->unfinished.first_traces[first_chunk + i] = traces[i];
	}
}

/*
 * Add what the piece has shown of the log's form.
 */
static void
merge_forms(Builder *builder, const Piece *piece)
{
	PlogForm   *form = &builder->catalog->summary.form;
	FormEvidence *to = &builder->facts.forms;
	const FormEvidence *from = &piece->facts.forms;

	form->arguments_2020 |= piece->summary.form.arguments_2020;
	if (!to->knows_asid_info_form && from->knows_asid_info_form)
	{
		to->knows_asid_info_form = true;
		form->asid_info_2018 = piece->summary.form.asid_info_2018;
		settle_malformed_guess(builder);
	}
	if (!to->knows_loaded_libs_form && from->knows_loaded_libs_form)
	{
		to->knows_loaded_libs_form = true;
		form->loaded_libs_2020 = piece->summary.form.loaded_libs_2020;
	}
	to->guessed_asid_info_form |= from->guessed_asid_info_form;
	to->has_asid_info |= from->has_asid_info;
	to->has_entries_2016 |= from->has_entries_2016;
}

static void
merge_facts(Builder *builder, const Piece *piece)
{
	CatalogSummary *to = &builder->catalog->summary;
	const CatalogSummary *from = &piece->summary;

	merge_row_offsets(&builder->facts.entries, &piece->facts.entries);
	merge_row_offsets(&builder->facts.syscalls, &piece->facts.syscalls);
	merge_guest_facts(&builder->facts.guest, &piece->facts.guest);
	merge_forms(builder, piece);
	merge_span(&to->span, &from->span);
	merge_span(&to->entries.span, &from->entries.span);
	merge_span(&to->syscalls.span, &from->syscalls.span);
	merge_span(&to->flow_entries, &from->flow_entries);
	to->least_return_pc = Min(to->least_return_pc, from->least_return_pc);
	to->entries_read += from->entries_read;
	to->has_slice_sums &= from->has_slice_sums;
	for (int i = 0; i < CATALOG_LISTED_KINDS; i++)
		to->kinds.listed[i] += from->kinds.listed[i];
	to->kinds.others += from->kinds.others;
	to->kinds.uncertain += from->kinds.uncertain;
	builder->facts.inflated_bytes += piece->facts.inflated_bytes;
	builder->facts.pairs += piece->facts.pairs;
	check_pairs(builder);
}

static void
forget_piece(Pieces *pieces, uint64 number)
{
	pieces->bytes -= pieces->pieces[number]->bytes;
	pfree(pieces->pieces[number]);
	pieces->pieces[number] = NULL;
}

/*
 * Free pieces until those that are left and the catalog so far are within the
 * limit together, beginning with the last one.  The chunks of a piece that was
 * freed are read again.
 */
static void
keep_within_limit(const Builder *builder, Pieces *pieces)
{
	for (uint64 i = pieces->count; i-- > 0;)
	{
		if (pieces->bytes + builder->memory.bytes <= (uint64) pandelephant_max_catalog_size * 1024)
			return;
		if (pieces->pieces[i] != NULL)
			forget_piece(pieces, i);
	}
}

uint64
merge_piece(Builder *builder, Pieces *pieces, uint64 chunk)
{
	uint64		number = chunk / pieces->chunks;
	Piece	   *piece;
	Merge		merge;
	uint64		chunk_count;

	if (chunk % pieces->chunks != 0)
		return 0;
	keep_within_limit(builder, pieces);
	if (pieces->pieces[number] == NULL)
		return 0;
	piece = pieces->pieces[number];
	if (!piece_fits(builder, piece))
		return 0;
	merge.builder = builder;
	merge.piece = piece;
	merge.texts = allocate_map(piece->counts[CATALOG_TEXTS], sizeof(uint32));
	merge.threads = allocate_map(piece->counts[CATALOG_THREADS], sizeof(uint32));
	merge.has_other_pid = allocate_map(piece->counts[CATALOG_THREADS], sizeof(bool));
	merge_texts(&merge);
	merge_threads(&merge);
	merge_open_slices(builder, piece_array(piece, CATALOG_OPEN_SLICES),
					  piece->counts[CATALOG_OPEN_SLICES], merge.threads);
	merge_names(&merge);
	merge_mappings(&merge);
	merge_call_groups(&merge);
	merge_chunks(&merge, chunk);
	merge_facts(builder, piece);

	pfree(merge.texts);
	pfree(merge.threads);
	pfree(merge.has_other_pid);
	chunk_count = piece->counts[CATALOG_CHUNKS];
	forget_piece(pieces, number);
	return chunk_count;
}
