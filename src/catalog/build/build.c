/*-------------------------------------------------------------------------
 *
 * build.c
 *		Building the catalog of a log: one pass over it.
 *
 * Entries come in file order, so the order of first appearance is the order in
 * which things are added, and "the first said" is kept when something is there
 * already.  What only the whole file can tell is settled in finish.c.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "miscadmin.h"
#include "utils/memutils.h"

#include "catalog/build/builder.h"
#include "catalog/build/pieces.h"

/* What the catalog wants to know of an entry, and of a system call. */
#define ENTRY_NUMBERS \
	(1u << PLOG_ENTRY_PC | 1u << PLOG_ENTRY_INSTR | 1u << PLOG_ENTRY_ASID)
#define SYSCALL_NUMBERS \
	(1u << PLOG_SYSCALL_PID | 1u << PLOG_SYSCALL_PPID | 1u << PLOG_SYSCALL_TID | \
	 1u << PLOG_SYSCALL_CREATE_TIME | 1u << PLOG_SYSCALL_ARGS)

/*
 * Note whether the offsets of rows never decrease, as bigints: those beyond 2^63
 * are negative there, and no order of them is promised.
 */
static inline void
note_order(bool *are_sorted, CatalogSpan *order, uint64 offset)
{
	if (offset < order->last || offset > (uint64) PG_INT64_MAX)
		*are_sorted = false;
	order->first = Min(order->first, offset);
	order->last = offset;
}

/*
 * Decode a call, and learn the form of arguments, unless it is known.
 */
static inline bool
decode_syscall(PlogBytes message, PlogForm *form, PlogSyscall *syscall)
{
	PlogEvidence evidence;

	if (form->arguments_2020)
		return plog_decode_syscall_numbers(message, SYSCALL_NUMBERS, syscall);
	if (!plog_decode_syscall_and_form(message, SYSCALL_NUMBERS, syscall, &evidence))
		return false;
	form->arguments_2020 = evidence == PLOG_EVIDENCE_EARLIER;
	return true;
}

static void
build_from_syscall(Builder *builder, PlogBytes message)
{
	Catalog    *catalog = builder->catalog;
	CatalogChunk *chunk = builder->chunk;
	PlogSyscall syscall;
	CatalogThreadKey key;
	uint32		thread;

	if (!decode_syscall(message, &catalog->summary.form, &syscall))
	{
		report_malformed(builder);
		chunk->has_mixed_syscalls = true;
		return;
	}
	chunk->messages[CATALOG_SYSCALL]++;
	chunk->has_mixed_syscalls |= !syscall.arguments_are_last;
	chunk->arguments += syscall.argument_count;
	extend_span(&catalog->summary.syscall_entries, true, builder->entry_id);
	note_offset(&chunk->syscall_offsets,
				PLOG_HAS(builder->entry, PLOG_ENTRY_INSTR), builder->entry->instr);
	note_order(&catalog->summary.syscalls_are_sorted, &builder->syscall_order,
			   builder->entry->instr);
	note_in_sample(&builder->syscall_sample,
				   PLOG_HAS(builder->entry, PLOG_ENTRY_INSTR), builder->entry->instr);
	if (!builder->guest_facts.has_wide_pc)
		note_pointers(&builder->guest_facts, &syscall, catalog->summary.form);
	note_call_pc(&catalog->summary, &syscall,
				 PLOG_HAS(builder->entry, PLOG_ENTRY_PC), builder->entry->pc);
	if (PLOG_HAS(&syscall, PLOG_SYSCALL_CALL_NAME))
		list_syscall_name(builder, syscall.call_name);
	if (!PLOG_HAS(&syscall, PLOG_SYSCALL_PID))
	{
		chunk->has_odd_syscalls = true;
		return;
	}
	key = catalog_key_of_syscall(&syscall);
	thread = mention_thread(builder, &key, CATALOG_SYSCALL, true, syscall.pid,
							PLOG_HAS(&syscall, PLOG_SYSCALL_PPID), syscall.ppid);
	extend_span_by_entry(builder, &catalog->threads[thread].span);
	catalog->threads[thread].syscalls++;
	if (syscall.pid != catalog->threads[thread].pid.value)
		chunk->has_odd_syscalls = true;
	list_syscall_thread(builder, thread);
}

/*
 * Take one entry: its payloads in ascending field number.
 */
static void
build_from_entry(Builder *builder, const PlogEntry *entry)
{
	CatalogChunk *chunk = builder->chunk;
	CatalogSummary *summary = &builder->catalog->summary;
	PlogBytes	message;

	builder->entry = entry;
	summary->entries_read++;
	extend_span(&summary->entries, true, builder->entry_id);
	note_offset(&chunk->entry_offsets, PLOG_HAS(entry, PLOG_ENTRY_INSTR), entry->instr);
	note_order(&summary->entries_are_sorted, &builder->entry_order, entry->instr);
	note_in_sample(&builder->entry_sample, PLOG_HAS(entry, PLOG_ENTRY_INSTR), entry->instr);
	note_pc(&builder->guest_facts, PLOG_HAS(entry, PLOG_ENTRY_PC), entry->pc);
	note_asid(&builder->guest_facts, PLOG_HAS(entry, PLOG_ENTRY_ASID), entry->asid);
	if (entry->kind < CATALOG_LISTED_KINDS)
		chunk->kinds[entry->kind / 64] |= UINT64CONST(1) << (entry->kind % 64);
	else
		chunk->has_other_kinds = true;
	if (!builder->has_asid_info)
		build_from_entry_2016(builder, entry);
	if ((message = entry_payload(entry, PLOG_ENTRY_ASID_LIBRARIES, builder->merged)).data != NULL)
		build_from_loaded_libs(builder, message);
	if ((message = entry_payload(entry, PLOG_ENTRY_ASID_INFO, builder->merged)).data != NULL)
		build_from_asid_info(builder, message);
	if (plog_has_payload(entry, PLOG_ENTRY_TAINT_FLOW))
		build_from_taint_flow(builder);
	if ((message = entry_payload(entry, PLOG_ENTRY_SYSCALL, builder->merged)).data != NULL)
		build_from_syscall(builder, message);
	if ((message = entry_payload(entry, PLOG_ENTRY_PROC_TRACE, builder->merged)).data != NULL)
		build_from_proc_trace(builder, message);
}

/*
 * Start with nothing known of a chunk.
 */
static void
start_chunk(Builder *builder, uint64 chunk_number)
{
	const Catalog *catalog = builder->catalog;
	CatalogChunk *chunk = &catalog->chunks[chunk_number - builder->first_chunk];

	builder->chunk = chunk;
	builder->chunk_number = chunk_number + 1;
	builder->slice_thread_count = 0;
	clear_span(&chunk->entry_offsets.span);
	clear_span(&chunk->syscall_offsets.span);
	clear_span(&chunk->slice_starts.span);
	clear_span(&chunk->slice_ends.span);
	chunk->syscall_threads.first = catalog->threads_of_chunks_count;
	chunk->syscall_names.first = catalog->names_of_chunks_count;
}

/*
 * Put the chunk's second list of threads behind its first, and add up what
 * holds for all of it.
 */
static void
end_chunk(Builder *builder)
{
	Catalog    *catalog = builder->catalog;
	CatalogChunk *chunk = builder->chunk;

	chunk->slice_threads.first = catalog->threads_of_chunks_count;
	chunk->slice_threads.count = builder->slice_thread_count;
	for (uint32 i = 0; i < builder->slice_thread_count; i++)
		add_to_threads_of_chunks(builder, builder->slice_threads[i]);

	merge_span(&catalog->summary.span, &chunk->entry_offsets.span);
	merge_span(&builder->entry_span, &chunk->entry_offsets.span);
	merge_span(&builder->syscall_span, &chunk->syscall_offsets.span);
	if (chunk->entry_offsets.unknown > 0)
		catalog->summary.entries_are_sorted = false;
	if (chunk->syscall_offsets.unknown > 0)
		catalog->summary.syscalls_are_sorted = false;
}

void
build_from_chunk(Builder *builder, uint64 chunk_number)
{
	PlogChunk  *chunk = &builder->file->reader.chunks[chunk_number];
	WireCursor	cursor;
	PlogBytes	body;
	PlogEntry	entry;

	plog_file_read_chunk(builder->file, chunk_number, builder->inflated);
	builder->inflated_bytes += builder->inflated->length;
	start_chunk(builder, chunk_number);
	builder->entry_id = chunk->first_entry;
	cursor = plog_entries(builder->inflated);
	while (plog_next_body(&cursor, &body))
	{
		if (plog_decode_entry_numbers(body, ENTRY_NUMBERS, &entry))
			build_from_entry(builder, &entry);
		else
			report_malformed(builder);
		builder->entry_id++;
		CHECK_FOR_INTERRUPTS();
	}
	plog_file_check_walk(builder->file, chunk_number, &cursor, builder->entry_id - chunk->first_entry);
	end_chunk(builder);
}

void
start_builder(Builder *builder, PlogFile *file, MemoryContext context,
			  uint64 first_chunk, uint64 chunk_count, PlogForm form, bool knows_form,
			  bool has_asid_info)
{
	Catalog    *catalog = MemoryContextAllocZero(context, sizeof(Catalog));
	Size		chunk_bytes = sizeof(CatalogChunk) * (chunk_count + 1);

	builder->file = file;
	builder->catalog = catalog;
	builder->scratch = CurrentMemoryContext;
	builder->inflated = plog_buffer_create();
	builder->merged = plog_buffer_create();
	initStringInfo(&builder->converted);
	builder->last_thread = CATALOG_NONE;
	builder->first_chunk = first_chunk;
	builder->knows_asid_info_form = knows_form;
	builder->has_asid_info = has_asid_info;
	clear_span(&builder->entry_order);
	clear_span(&builder->syscall_order);
	clear_span(&builder->entry_span);
	clear_span(&builder->syscall_span);
	start_sample(&builder->entry_sample);
	start_sample(&builder->syscall_sample);

	catalog->context = context;
	catalog->summary.form = form;
	catalog->summary.entries_are_sorted = true;
	catalog->summary.syscalls_are_sorted = true;
	clear_span(&catalog->summary.span);
	clear_span(&catalog->summary.entries);
	clear_span(&catalog->summary.syscall_entries);
	catalog->summary.least_return_pc = PLOG_UNKNOWN;
	clear_span(&catalog->summary.flow_entries);
	catalog->summary.entry_count = file->reader.entry_count;
	catalog->summary.chunk_count = chunk_count;
	account_for(builder, chunk_bytes);
	catalog->chunks = MemoryContextAllocHuge(context, chunk_bytes);
	memset(catalog->chunks, 0, chunk_bytes);
	start_things(builder);
	start_libraries(builder);
	start_slices(builder);
}

/* What is known of a log's form before it is gone through. */
typedef struct KnownForm
{
	PlogForm	form;
	bool		knows_asid_info_form;
	bool		has_asid_info;
} KnownForm;

/*
 * Go through the file once.  NULL if the form of its AsidInfos, or of its
 * entries, turned out to be another than the one that the first of them were
 * read in; then *known is right for the next try.
 */
static Catalog *
try_build(PlogFile *file, MemoryContext context, KnownForm *known)
{
	Pieces	   *pieces = build_pieces(file, known->form, known->knows_asid_info_form,
									  known->has_asid_info);
	Builder		builder;

	memset(&builder, 0, sizeof(builder));
	start_builder(&builder, file, context, 0, file->reader.chunk_count, known->form,
				  known->knows_asid_info_form, known->has_asid_info);
	for (uint64 chunk = 0; chunk < file->reader.chunk_count;)
	{
		uint64		merged = merge_piece(&builder, pieces, chunk);

		if (merged == 0)
			build_from_chunk(&builder, chunk);
		chunk += Max(merged, 1);
		if (guessed_wrong_form(&builder))
		{
			known->has_asid_info = true;
			known->knows_asid_info_form = known->form.asid_info_2018 =
				builder.catalog->summary.form.asid_info_2018;
			return NULL;
		}
	}
	settle_malformed_guess(&builder);
	builder.catalog->summary.form.entries_2016 = builder.has_entries_2016;
	settle_libraries(&builder);
	find_quantiles(&builder.entry_sample, &builder.entry_span,
				   &builder.catalog->summary.entry_quantiles);
	find_quantiles(&builder.syscall_sample, &builder.syscall_span,
				   &builder.catalog->summary.syscall_quantiles);
	builder.catalog->summary.guest = decide_guest(&builder.guest_facts, builder.catalog);
	catalog_finish(builder.catalog);
	find_code_points(&builder);
	ereport(DEBUG1,
			(errmsg_internal("plog \"%s\": looked up strings of %llu bytes, %llu names of threads",
							 file->filename, (unsigned long long) builder.string_bytes,
							 (unsigned long long) builder.pairs)));
	return builder.catalog;
}

Catalog *
catalog_build(PlogFile *file, MemoryContext parent)
{
	MemoryContext caller = CurrentMemoryContext;
	MemoryContext scratch = AllocSetContextCreate(caller, "pandelephant catalog build",
												  ALLOCSET_DEFAULT_SIZES);
	MemoryContext context;
	Catalog    *catalog;
	KnownForm	known;

	memset(&known, 0, sizeof(known));
	MemoryContextSwitchTo(scratch);

	/* each try that fails has learnt something, and there are two things to learn */
	do
	{
		MemoryContextReset(scratch);
		context = AllocSetContextCreate(scratch, "pandelephant catalog", ALLOCSET_DEFAULT_SIZES);
		catalog = try_build(file, context, &known);
	} while (catalog == NULL);
	MemoryContextSetParent(context, parent);
	MemoryContextSwitchTo(caller);
	MemoryContextDelete(scratch);
	return catalog;
}
