/*-------------------------------------------------------------------------
 *
 * chunk.c
 *		Reading the chunks of a log, or of a piece of it.
 *
 * Entries are read in the order of the file, and the messages of an entry in the
 * order of their field numbers.  So things are added in the order in which they
 * first appear.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "miscadmin.h"
#include "utils/memutils.h"

#include "catalog/build/call_groups.h"
#include "catalog/build/chunk.h"
#include "catalog/build/messages.h"
#include "catalog/build/taker.h"
#include "plog/form.h"

/* The numbers of an entry that are needed. */
#define ENTRY_NUMBERS \
	(1u << PLOG_ENTRY_PC | 1u << PLOG_ENTRY_INSTR | 1u << PLOG_ENTRY_ASID)

/*
 * Note what an entry says itself.
 */
static inline void
note_entry(Builder *builder, const PlogEntry *entry)
{
	bool		has_offset = PLOG_HAS(entry, PLOG_ENTRY_INSTR);
	CatalogChunk *chunk = builder->at.chunk;
	CatalogSummary *summary = &builder->catalog->summary;
	PassFacts  *facts = &builder->facts;

	summary->entries_read++;
	extend_span(&summary->entries.span, true, builder->at.entry_id);
	note_offset(&chunk->entry_offsets, has_offset, entry->instr);
	note_row_offset(&facts->entries, has_offset, entry->instr);
	note_pc(&facts->guest, PLOG_HAS(entry, PLOG_ENTRY_PC), entry->pc);
	note_asid(&facts->guest, PLOG_HAS(entry, PLOG_ENTRY_ASID), entry->asid);
	if (entry->kind < CATALOG_LISTED_KINDS)
	{
		chunk->kinds[entry->kind / 64] |= UINT64CONST(1) << (entry->kind % 64);
		summary->kinds.listed[entry->kind]++;
	}
	else
	{
		chunk->has_other_kinds = true;
		summary->kinds.others++;
	}
	summary->kinds.uncertain += plog_payload_has_forms(entry->kind) ||
		plog_kind_depends_on_form(entry);
}

static void
build_from_entry(Builder *builder, const PlogEntry *entry)
{
	PlogBuffer *merged = builder->at.merged;
	PlogBytes	message;

	builder->at.entry = entry;
	note_entry(builder, entry);
	if (!builder->facts.forms.has_asid_info)
		build_from_entry_2016(builder, entry);
	if ((message = entry_payload(entry, PLOG_ENTRY_ASID_LIBRARIES, merged)).data != NULL)
		build_from_loaded_libs(builder, message);
	if ((message = entry_payload(entry, PLOG_ENTRY_ASID_INFO, merged)).data != NULL)
		build_from_asid_info(builder, message);
	if (plog_has_payload(entry, PLOG_ENTRY_TAINT_FLOW))
		build_from_taint_flow(builder);
	if ((message = entry_payload(entry, PLOG_ENTRY_SYSCALL, merged)).data != NULL)
		build_from_syscall(builder, message);
	if ((message = entry_payload(entry, PLOG_ENTRY_PROC_TRACE, merged)).data != NULL)
		build_from_proc_trace(builder, message);
}

static void
start_chunk(Builder *builder, uint64 chunk_number)
{
	const Catalog *catalog = builder->catalog;
	PassPosition *at = &builder->at;
	CatalogChunk *chunk = &catalog->chunks[chunk_number - at->first_chunk];

	at->chunk_number = chunk_number + 1;
	at->chunk = chunk;
	at->first_trace = &catalog->unfinished.first_traces[chunk_number - at->first_chunk];
	at->slice_threads.count = 0;
	clear_span(&chunk->entry_offsets.span);
	clear_span(&chunk->syscall_offsets.span);
	clear_span(&chunk->slice_starts.span);
	clear_span(&chunk->slice_ends.span);
	chunk->syscall_threads.first = catalog->threads_of_chunks_count;
	chunk->syscall_names.first = catalog->names_of_chunks_count;
}

/*
 * The threads of slices were listed apart.  Now they come behind those of calls.
 */
static void
end_chunk(Builder *builder)
{
	CatalogChunk *chunk = builder->at.chunk;
	const IndexList *threads = &builder->at.slice_threads;

	chunk->slice_threads.first = builder->catalog->threads_of_chunks_count;
	chunk->slice_threads.count = threads->count;
	for (uint32 i = 0; i < threads->count; i++)
		add_to_threads_of_chunks(&builder->things, threads->indexes[i]);
}

void
build_from_chunk(Builder *builder, uint64 chunk_number)
{
	const PlogChunk *chunk = &builder->file->reader.chunks[chunk_number];
	WireCursor	cursor;
	PlogBytes	body;
	PlogEntry	entry;

	plog_file_read_chunk(builder->file, chunk_number, builder->at.inflated);
	builder->facts.inflated_bytes += builder->at.inflated->length;
	start_chunk(builder, chunk_number);
	builder->at.entry_id = chunk->first_entry;
	cursor = plog_entries(builder->at.inflated);
	while (plog_next_body(&cursor, &body))
	{
		if (plog_decode_entry_numbers(body, ENTRY_NUMBERS, &entry))
			build_from_entry(builder, &entry);
		else
			report_malformed(builder);
		builder->at.entry_id++;
		CHECK_FOR_INTERRUPTS();
	}
	plog_file_check_walk(builder->file, chunk_number, &cursor,
						 builder->at.entry_id - chunk->first_entry);
	end_chunk(builder);
	if (builder->taker != NULL)
		catalog_chunk_taker->take(builder->taker, chunk_number, builder->at.chunk,
								  builder->catalog->summary.form, builder->at.inflated);
}

/*
 * Make an empty catalog.
 */
static Catalog *
start_catalog(Builder *builder, MemoryContext context, uint64 chunk_count, PlogForm form)
{
	Catalog    *catalog = MemoryContextAllocZero(context, sizeof(Catalog));
	CatalogSummary *summary = &catalog->summary;
	Size		chunk_bytes = sizeof(CatalogChunk) * (chunk_count + 1);
	Size		trace_bytes = sizeof(CatalogTrace) * (chunk_count + 1);

	catalog->context = context;
	summary->form = form;
	clear_span(&summary->span);
	clear_span(&summary->entries.span);
	clear_span(&summary->syscalls.span);
	clear_span(&summary->flow_entries);
	summary->least_return_pc = PLOG_UNKNOWN;
	summary->has_slice_sums = true;
	summary->entry_count = builder->file->reader.entry_count;
	summary->chunk_count = chunk_count;
	account_for(&builder->memory, chunk_bytes + trace_bytes);
	catalog->chunks = MemoryContextAllocHuge(context, chunk_bytes);
	memset(catalog->chunks, 0, chunk_bytes);
	catalog->unfinished.first_traces = MemoryContextAllocHuge(context, trace_bytes);
	memset(catalog->unfinished.first_traces, 0, trace_bytes);
	return catalog;
}

void
start_builder(Builder *builder, PlogFile *file, MemoryContext context,
			  uint64 first_chunk, uint64 chunk_count, const KnownForm *known, void *taker)
{
	builder->file = file;
	builder->taker = taker;
	builder->memory.filename = file->filename;
	builder->memory.scratch = CurrentMemoryContext;
	builder->catalog = start_catalog(builder, context, chunk_count, known->form);
	builder->at.inflated = plog_buffer_create();
	builder->at.merged = plog_buffer_create();
	builder->at.first_chunk = first_chunk;
	builder->facts.forms.knows_asid_info_form = known->knows_asid_info_form;
	builder->facts.forms.has_asid_info = known->has_asid_info;
	start_row_offsets(&builder->facts.entries);
	start_row_offsets(&builder->facts.syscalls);
	start_things(&builder->things, builder->catalog, &builder->memory);
	start_call_groups(builder);
	start_libraries(builder);
	start_slices(builder);
}
