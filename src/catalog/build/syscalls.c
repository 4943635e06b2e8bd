/*-------------------------------------------------------------------------
 *
 * syscalls.c
 *		What syscall entries add to a catalog: threads, and for each chunk the
 *		threads, names and offsets of its calls.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "utils/memutils.h"

#include "catalog/build/call_groups.h"
#include "catalog/build/messages.h"

/* The numbers of a call that are needed. */
#define SYSCALL_NUMBERS \
	(1u << PLOG_SYSCALL_PID | 1u << PLOG_SYSCALL_PPID | 1u << PLOG_SYSCALL_TID | \
	 1u << PLOG_SYSCALL_CREATE_TIME | 1u << PLOG_SYSCALL_RETCODE | 1u << PLOG_SYSCALL_ARGS)

/*
 * Decode a call.  As long as all arguments have had today's form, look whether
 * this one shows the form before December 2020.
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

/*
 * Grow name_chunks so that it has a text.
 */
static void
grow_name_chunks(Builder *builder, uint32 text)
{
	SyscallPass *pass = &builder->syscalls;

	while (text >= pass->name_chunks_capacity)
	{
		uint32		known = pass->name_chunks_capacity;

		pass->name_chunks = grow_array(&builder->memory, pass->name_chunks, known,
									   &pass->name_chunks_capacity, sizeof(uint64));
		memset(pass->name_chunks + known, 0, sizeof(uint64) * (pass->name_chunks_capacity - known));
	}
}

/*
 * Count a call by its name, which is listed once for each chunk.  Returns the name's
 * index.
 */
static inline uint32
list_name(Builder *builder, PlogBytes name)
{
	uint32		text = intern_guest_text(&builder->things, name);

	builder->catalog->texts[text].syscalls++;
	if (unlikely(text >= builder->syscalls.name_chunks_capacity))
		grow_name_chunks(builder, text);
	if (builder->syscalls.name_chunks[text] == builder->at.chunk_number)
		return text;
	builder->syscalls.name_chunks[text] = builder->at.chunk_number;
	add_to_names_of_chunks(&builder->things, text);
	builder->at.chunk->syscall_names.count++;
	return text;
}

/*
 * Count a call by its thread, which is listed once for each chunk.
 */
static inline void
list_thread(Builder *builder, uint32 thread)
{
	builder->catalog->threads[thread].syscalls++;
	if (builder->things.threads[thread].syscall_chunk == builder->at.chunk_number)
		return;
	builder->things.threads[thread].syscall_chunk = builder->at.chunk_number;
	add_to_threads_of_chunks(&builder->things, thread);
	builder->at.chunk->syscall_threads.count++;
}

/*
 * Note what can be said of a call without its thread and its name.
 */
static inline void
note_syscall(Builder *builder, const PlogSyscall *syscall)
{
	const PlogEntry *entry = builder->at.entry;
	bool		has_offset = PLOG_HAS(entry, PLOG_ENTRY_INSTR);
	CatalogChunk *chunk = builder->at.chunk;
	CatalogSummary *summary = &builder->catalog->summary;
	PassFacts  *facts = &builder->facts;

	chunk->messages[CATALOG_SYSCALL]++;
	chunk->has_mixed_syscalls |= !syscall->arguments_are_last;
	chunk->arguments += syscall->argument_count;
	extend_span(&summary->syscalls.span, true, builder->at.entry_id);
	note_offset(&chunk->syscall_offsets, has_offset, entry->instr);
	note_row_offset(&facts->syscalls, has_offset, entry->instr);
	if (!facts->guest.has_wide_pc)
		note_pointers(&facts->guest, syscall, summary->form);
	note_call_pc(summary, syscall, PLOG_HAS(entry, PLOG_ENTRY_PC), entry->pc);
}

/*
 * The thread of a call, or CATALOG_NONE.
 */
static inline uint32
mention_thread_of_call(Builder *builder, const PlogSyscall *syscall)
{
	Catalog    *catalog = builder->catalog;
	CatalogThreadKey key;
	uint32		thread;

	if (!PLOG_HAS(syscall, PLOG_SYSCALL_PID))
	{
		builder->at.chunk->has_odd_syscalls = true;
		return CATALOG_NONE;
	}
	key = catalog_key_of_syscall(syscall);
	thread = mention_thread(builder, &key, CATALOG_SYSCALL, true, syscall->pid,
							PLOG_HAS(syscall, PLOG_SYSCALL_PPID), syscall->ppid);
	extend_span_by_entry(builder, &catalog->threads[thread].span);
	if (syscall->pid != catalog->threads[thread].pid.value)
		builder->at.chunk->has_odd_syscalls = true;
	list_thread(builder, thread);
	return thread;
}

void
build_from_syscall(Builder *builder, PlogBytes message)
{
	Catalog    *catalog = builder->catalog;
	CatalogChunk *chunk = builder->at.chunk;
	PlogSyscall syscall;
	uint32		name = CATALOG_NONE;
	uint32		thread;

	if (!decode_syscall(message, &catalog->summary.form, &syscall))
	{
		report_malformed(builder);
		chunk->has_mixed_syscalls = true;
		return;
	}
	note_syscall(builder, &syscall);
	if (PLOG_HAS(&syscall, PLOG_SYSCALL_CALL_NAME))
		name = list_name(builder, syscall.call_name);
	thread = mention_thread_of_call(builder, &syscall);
	count_in_group(builder, thread, name, &syscall);
}
