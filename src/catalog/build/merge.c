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

#include "catalog/build/pieces.h"
#include "pandelephant.h"

/* From the indexes of a piece's things to those of the catalog's. */
typedef struct Merge
{
	Builder    *builder;
	const Piece *piece;
	uint32	   *texts;
	uint32	   *threads;
	bool	   *has_other_pid;	/* by thread: its pid was first another */
} Merge;

static const void *
array_of(const Piece *piece, PieceArray array)
{
	return (const char *) piece + piece->places[array];
}

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
 * Can the piece be added?  It was built without knowing what the chunks before
 * show of the log's form.
 */
static bool
piece_fits(const Builder *builder, const Piece *piece)
{
	bool		form_2018 = builder->catalog->summary.form.asid_info_2018;

	if (piece->wants_earlier_pieces)
		return false;
	if (piece->knows_asid_info_form && builder->knows_asid_info_form)
		return piece->summary.form.asid_info_2018 == form_2018;
	return !(piece->guessed_asid_info_form && form_2018);
}

static void
merge_texts(Merge *merge)
{
	const CatalogText *texts = array_of(merge->piece, PIECE_TEXTS);
	const char *pool = array_of(merge->piece, PIECE_POOL);

	for (uint64 i = 0; i < merge->piece->counts[PIECE_TEXTS]; i++)
	{
		CHECK_FOR_INTERRUPTS();
		merge->texts[i] = intern_converted_text(merge->builder, pool + texts[i].offset,
												texts[i].length);
		merge->builder->catalog->texts[merge->texts[i]].syscalls += texts[i].syscalls;
	}
}

static void
merge_threads(Merge *merge)
{
	const CatalogThread *threads = array_of(merge->piece, PIECE_THREADS);

	for (uint64 i = 0; i < merge->piece->counts[PIECE_THREADS]; i++)
	{
		const CatalogThread *from = &threads[i];
		CatalogThread *to;

		CHECK_FOR_INTERRUPTS();
		merge->threads[i] = intern_thread(merge->builder, &from->key, from->first_entry);
		to = &merge->builder->catalog->threads[merge->threads[i]];
		keep_first(&to->pid, true, from->pid.value, from->pid.place);
		keep_first(&to->ppid, true, from->ppid.value, from->ppid.place);
		if (from->asid.place != CATALOG_NOWHERE)
			to->asid = from->asid;
		to->first_listed = Min(to->first_listed, from->first_listed);
		merge_span(&to->span, &from->span);
		to->syscalls += from->syscalls;
		merge->has_other_pid[i] = from->pid.place != CATALOG_NOWHERE &&
			from->pid.value != to->pid.value;
	}
}

static void
merge_names(Merge *merge)
{
	const CatalogName *names = array_of(merge->piece, PIECE_NAMES);

	for (uint64 i = 0; i < merge->piece->counts[PIECE_NAMES]; i++)
	{
		uint32		name = intern_name(merge->builder, merge->threads[names[i].thread],
									   merge->texts[names[i].text]);

		CHECK_FOR_INTERRUPTS();
		merge_span(&merge->builder->catalog->names[name].span, &names[i].span);
	}
}

static void
merge_mappings(Merge *merge)
{
	const CatalogMapping *mappings = array_of(merge->piece, PIECE_MAPPINGS);

	for (uint64 i = 0; i < merge->piece->counts[PIECE_MAPPINGS]; i++)
	{
		CatalogMapping mapping = mappings[i];
		uint32		index;

		CHECK_FOR_INTERRUPTS();
		mapping.process = merge->threads[mapping.process];
		mapping.name = text_or_none(merge, mapping.name);
		mapping.path = text_or_none(merge, mapping.path);
		index = intern_mapping(merge->builder, &mapping);
		merge_span(&merge->builder->catalog->mappings[index].span, &mappings[i].span);
	}
}

/*
 * Add a chunk's list of threads.
 */
static void
merge_threads_of_chunk(Merge *merge, CatalogRun *run)
{
	const uint32 *threads = (const uint32 *) array_of(merge->piece, PIECE_THREADS_OF_CHUNKS) +
		run->first;

	run->first = merge->builder->catalog->threads_of_chunks_count;
	for (uint64 i = 0; i < run->count; i++)
	{
		CHECK_FOR_INTERRUPTS();
		add_to_threads_of_chunks(merge->builder, merge->threads[threads[i]]);
	}
}

/*
 * Has one of the threads with system calls another pid than the calls say?
 */
static bool
has_odd_thread(const Merge *merge, const CatalogRun *run)
{
	const uint32 *threads = (const uint32 *) array_of(merge->piece, PIECE_THREADS_OF_CHUNKS) +
		run->first;

	for (uint64 i = 0; i < run->count; i++)
	{
		if (merge->has_other_pid[threads[i]])
			return true;
	}
	return false;
}

static void
merge_chunk(Merge *merge, const CatalogChunk *from, CatalogChunk *to)
{
	const uint32 *names = (const uint32 *) array_of(merge->piece, PIECE_NAMES_OF_CHUNKS) +
		from->syscall_names.first;

	*to = *from;
	to->has_odd_syscalls |= has_odd_thread(merge, &from->syscall_threads);
	merge_threads_of_chunk(merge, &to->syscall_threads);
	merge_threads_of_chunk(merge, &to->slice_threads);
	to->syscall_names.first = merge->builder->catalog->names_of_chunks_count;
	for (uint64 i = 0; i < from->syscall_names.count; i++)
	{
		CHECK_FOR_INTERRUPTS();
		add_to_names_of_chunks(merge->builder, merge->texts[names[i]]);
	}
}

static void
merge_chunks(Merge *merge, uint64 first_chunk)
{
	const CatalogChunk *chunks = array_of(merge->piece, PIECE_CHUNKS);

	for (uint64 i = 0; i < merge->piece->counts[PIECE_CHUNKS]; i++)
	{
		CHECK_FOR_INTERRUPTS();
		merge_chunk(merge, &chunks[i], &merge->builder->catalog->chunks[first_chunk + i]);
	}
}

/*
 * Do the piece's offsets come behind those before, and is each order kept?
 */
static void
merge_order(bool *are_sorted, CatalogSpan *order, bool piece_is_sorted, const CatalogSpan *piece)
{
	if (catalog_span_is_empty(piece) && piece_is_sorted)
		return;
	*are_sorted = *are_sorted && piece_is_sorted && piece->first >= order->last;
	order->last = piece->last;
}

static void
merge_summary(Builder *builder, const Piece *piece)
{
	CatalogSummary *summary = &builder->catalog->summary;

	merge_order(&summary->entries_are_sorted, &builder->entry_order,
				piece->summary.entries_are_sorted, &piece->entry_order);
	merge_order(&summary->syscalls_are_sorted, &builder->syscall_order,
				piece->summary.syscalls_are_sorted, &piece->syscall_order);
	merge_sample(&builder->entry_sample, &piece->entry_sample);
	merge_sample(&builder->syscall_sample, &piece->syscall_sample);
	merge_span(&builder->entry_span, &piece->entry_span);
	merge_span(&builder->syscall_span, &piece->syscall_span);
	merge_span(&summary->span, &piece->summary.span);
	merge_span(&summary->entries, &piece->summary.entries);
	merge_span(&summary->syscall_entries, &piece->summary.syscall_entries);
	merge_guest_facts(&builder->guest_facts, &piece->guest_facts);
	summary->least_return_pc = Min(summary->least_return_pc, piece->summary.least_return_pc);
	merge_span(&summary->flow_entries, &piece->summary.flow_entries);
	summary->entries_read += piece->summary.entries_read;
	summary->form.arguments_2020 |= piece->summary.form.arguments_2020;
	if (!builder->knows_asid_info_form && piece->knows_asid_info_form)
	{
		builder->knows_asid_info_form = true;
		summary->form.asid_info_2018 = piece->summary.form.asid_info_2018;
		settle_malformed_guess(builder);
	}
	if (!builder->knows_loaded_libs_form && piece->knows_loaded_libs_form)
	{
		builder->knows_loaded_libs_form = true;
		summary->form.loaded_libs_2020 = piece->summary.form.loaded_libs_2020;
	}
	builder->guessed_asid_info_form |= piece->guessed_asid_info_form;
	builder->has_asid_info |= piece->has_asid_info;
	builder->has_entries_2016 |= piece->has_entries_2016;
	builder->inflated_bytes += piece->inflated_bytes;
	builder->pairs += piece->pairs;
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
 * See that the pieces that are left, and what is built of those before, are
 * within the limit together.  The last pieces go first: their chunks can be gone
 * through again.
 */
static void
keep_within_limit(const Builder *builder, Pieces *pieces)
{
	for (uint64 i = pieces->count; i-- > 0;)
	{
		if (pieces->bytes + builder->bytes <= (uint64) pandelephant_max_catalog_size * 1024)
			return;
		if (pieces->pieces[i] != NULL)
			forget_piece(pieces, i);
	}
}

uint64
merge_piece(Builder *builder, Pieces *pieces, uint64 chunk)
{
	uint64		number = pieces == NULL ? 0 : chunk / pieces->chunks;
	Piece	   *piece;
	Merge		merge;
	uint64		chunk_count;

	if (pieces == NULL || chunk % pieces->chunks != 0)
		return 0;
	keep_within_limit(builder, pieces);
	if (pieces->pieces[number] == NULL)
		return 0;
	piece = pieces->pieces[number];
	if (!piece_fits(builder, piece))
		return 0;
	merge.builder = builder;
	merge.piece = piece;
	merge.texts = allocate_map(piece->counts[PIECE_TEXTS], sizeof(uint32));
	merge.threads = allocate_map(piece->counts[PIECE_THREADS], sizeof(uint32));
	merge.has_other_pid = allocate_map(piece->counts[PIECE_THREADS], sizeof(bool));
	merge_texts(&merge);
	merge_threads(&merge);
	merge_names(&merge);
	merge_mappings(&merge);
	merge_chunks(&merge, chunk);
	merge_summary(builder, piece);

	pfree(merge.texts);
	pfree(merge.threads);
	pfree(merge.has_other_pid);
	chunk_count = piece->counts[PIECE_CHUNKS];
	forget_piece(pieces, number);
	return chunk_count;
}
