/*-------------------------------------------------------------------------
 *
 * slices.c
 *		What asid_info and proc_trace entries add to a catalog: threads, their
 *		names, and when they ran.
 *
 * asidstory writes an asid_info whenever a process has run for a while, and most of
 * them differ from an earlier one of that process only in the range at the end.
 * So the heads of messages are kept: all that is before the range.  If a message
 * begins with a kept head, only its range is decoded.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "miscadmin.h"
#include "utils/memutils.h"

#include "catalog/build/messages.h"
#include "catalog/build/slice_sums.h"
#include "plog/format.h"

/* Heads are found by a hash of so many bytes; shorter ones are not kept. */
#define HASHED_BYTES			16

/* Only heads of messages with one thread and few names are kept. */
#define KEPT_HEAD_BYTES			160
#define KEPT_NAMES				4

/*
 * How many pairs of a thread and a name asid_infos may have, and how many more
 * for each inflated byte.  A real log has one pair in a few dozen bytes; but a
 * message with a long list of names and one of tids has the product of both.
 */
#define FREE_PAIRS				UINT64CONST(1000000)
#define PAIRS_PER_BYTE			8

/* The head of an asid_info with one thread, and what it mentions. */
typedef struct KeptInfo
{
	Size		head_length;	/* 0 if none is kept */
	uint8		head[KEPT_HEAD_BYTES];
	bool		has_asid;
	uint64		asid;
	uint32		thread;
	uint32		name_count;
	uint32		names[KEPT_NAMES];	/* indexes */
} KeptInfo;

void
start_slices(Builder *builder)
{
	Size		bytes = sizeof(KeptInfo) * RECENT_SLOTS;

	builder->asid_infos.recent = MemoryContextAllocZero(builder->memory.scratch, bytes);
}

/*
 * Note a thread in the chunk's list of those with slices.
 */
static void
list_slice_thread(Builder *builder, uint32 thread)
{
	BuildThread *build_thread = &builder->things.threads[thread];

	if (build_thread->slice_chunk == builder->at.chunk_number)
		return;
	build_thread->slice_chunk = builder->at.chunk_number;
	append_index(&builder->memory, &builder->at.slice_threads, thread);
}

/*
 * Does an asid_info end before it starts, as signed numbers?  asidstory subtracts
 * 100 instructions from the end, which gives less than 0 near the beginning of a
 * log.
 */
static bool
range_is_inverted(const PlogAsidInfo *info)
{
	return PLOG_HAS(info, PLOG_ASID_INFO_START_INSTR) && info->start_instr != PLOG_UNKNOWN &&
		PLOG_HAS(info, PLOG_ASID_INFO_END_INSTR) && info->end_instr != PLOG_UNKNOWN &&
		(int64) info->end_instr < (int64) info->start_instr;
}

/*
 * Extend a span to cover the range of an asid_info.
 */
static void
extend_span_by_range(CatalogSpan *span, const PlogAsidInfo *info)
{
	extend_span(span, PLOG_HAS(info, PLOG_ASID_INFO_START_INSTR), info->start_instr);
	if (!range_is_inverted(info))
		extend_span(span, PLOG_HAS(info, PLOG_ASID_INFO_END_INSTR), info->end_instr);
}

/*
 * Count the slice of a message, which is its range.
 */
static void
add_slice(Builder *builder, const PlogAsidInfo *info)
{
	builder->at.chunk->slices++;
	note_offset(&builder->at.chunk->slice_starts,
				PLOG_HAS(info, PLOG_ASID_INFO_START_INSTR), info->start_instr);
	note_offset(&builder->at.chunk->slice_ends,
				PLOG_HAS(info, PLOG_ASID_INFO_END_INSTR), info->end_instr);
}

/*
 * Note a thread that the message lists.  The slice belongs to the first thread, or
 * to one that no asid_info has listed before.  In a piece, an earlier piece may
 * have listed it, so both threads are noted for the chunk.
 */
static void
list_thread(Builder *builder, const PlogAsidInfo *info, uint32 index, bool is_first)
{
	CatalogThread *thread = &builder->catalog->threads[index];
	bool		is_new = thread->first_listed == CATALOG_NOWHERE;

	if (is_new)
		append_index(&builder->memory, &builder->asid_infos.new_threads, index);
	if (is_first || is_new)
		list_slice_thread(builder, index);
	thread->first_listed = Min(thread->first_listed, builder->at.entry_id);
	extend_span_by_range(&thread->span, info);
	if (PLOG_HAS(info, PLOG_ASID_INFO_ASID))
	{
		thread->asid.value = info->asid;
		thread->asid.place = catalog_place(builder->at.entry_id, CATALOG_ASID_INFO);
	}
}

void
check_pairs(Builder *builder)
{
	if (builder->facts.pairs <= FREE_PAIRS + builder->facts.inflated_bytes * PAIRS_PER_BYTE)
		return;

	/* with the bytes of the pieces before it may not be too many */
	if (is_later_piece(builder))
		builder->facts.wants_earlier_pieces = true;
	else
		ereport(ERROR,
				(errcode(ERRCODE_PROGRAM_LIMIT_EXCEEDED),
				 errmsg("cannot read plog \"%s\": entry %llu names too many threads by too many names",
						builder->file->filename, (unsigned long long) builder->at.entry_id)));
}

/*
 * List the texts of a message's names.  Each of its threads has all names, so they
 * are interned once, not once for each thread.
 */
static void
list_info_names(Builder *builder, PlogRepeated names)
{
	PlogBytes	name;

	builder->asid_infos.names.count = 0;
	while (plog_next_bytes(&names, &name))
	{
		append_index(&builder->memory, &builder->asid_infos.names,
					 intern_guest_text(&builder->things, name));
		CHECK_FOR_INTERRUPTS();
	}
}

/*
 * Take one thread of an asid_info, whose names have been listed.  Returns false if
 * the message lists the thread a second time.
 */
static bool
build_from_asid_info_thread(Builder *builder, const PlogAsidInfo *info, uint32 thread,
							bool is_first)
{
	BuildThread *build_thread = &builder->things.threads[thread];
	const IndexList *names = &builder->asid_infos.names;

	if (build_thread->visit == builder->asid_infos.visit)
		return false;
	build_thread->visit = builder->asid_infos.visit;
	list_thread(builder, info, thread, is_first);
	for (uint32 i = 0; i < names->count && !builder->facts.wants_earlier_pieces; i++)
	{
		uint32		index = intern_name(&builder->things, thread, names->indexes[i]);

		extend_span_by_range(&builder->catalog->names[index].span, info);
		builder->facts.pairs++;
		check_pairs(builder);
		CHECK_FOR_INTERRUPTS();
	}
	return true;
}

/*
 * Note that a message is malformed.  If the form is not known yet, it may still be
 * right in the form of 2018, which is settled when the form is known.  In a piece
 * the form is never certain, as an earlier piece may have shown another one.
 */
static void
note_malformed_info(Builder *builder, PlogBytes message)
{
	FormEvidence *forms = &builder->facts.forms;
	PlogAsidInfo info;

	if (is_later_piece(builder))
		builder->facts.wants_earlier_pieces = true;
	else if (forms->knows_asid_info_form || !plog_decode_asid_info(message, true, &info))
		report_malformed(builder);
	else if (!forms->has_malformed_guess)
	{
		forms->has_malformed_guess = true;
		forms->malformed_guess = builder->at.entry_id;
	}
}

void
settle_malformed_guess(Builder *builder)
{
	FormEvidence *forms = &builder->facts.forms;

	if (forms->has_malformed_guess && !builder->catalog->summary.form.asid_info_2018)
		report_malformed_entry(builder->file, forms->malformed_guess);

	/* if it is right in the form of 2018, it was not counted: the pass starts anew */
	forms->guessed_asid_info_form |= forms->has_malformed_guess;
	forms->has_malformed_guess = false;
}

/*
 * Decode a message.  As long as the form of AsidInfo is not known, look whether
 * this message shows it, as the first one with a field 2 does.  A malformed
 * message shows nothing.
 */
static bool
decode_asid_info(Builder *builder, PlogBytes message, PlogAsidInfo *info)
{
	PlogForm   *form = &builder->catalog->summary.form;
	FormEvidence *forms = &builder->facts.forms;
	PlogEvidence evidence;

	if (forms->knows_asid_info_form)
	{
		if (!plog_decode_asid_info(message, form->asid_info_2018, info))
			return false;
		forms->has_asid_info = true;
		return true;
	}
	evidence = plog_asid_info_evidence(message);
	if (!plog_decode_asid_info(message, evidence == PLOG_EVIDENCE_EARLIER, info))
		return false;
	forms->has_asid_info = true;
	if (evidence == PLOG_EVIDENCE_NONE)
		forms->guessed_asid_info_form = true;
	else
	{
		forms->knows_asid_info_form = true;
		form->asid_info_2018 = evidence == PLOG_EVIDENCE_EARLIER;
		settle_malformed_guess(builder);
	}
	return true;
}

/*
 * Where the head of a message would be kept, or NULL if it may not be.
 */
static KeptInfo *
recent_info(Builder *builder, PlogBytes message)
{
	uint64		words[HASHED_BYTES / sizeof(uint64)];

	if (message.length < HASHED_BYTES || builder->catalog->summary.form.asid_info_2018)
		return NULL;
	memcpy(words, message.data, sizeof(words));
	return &builder->asid_infos.recent[recent_slot(words[0] ^ words[1] * 31)];
}

/*
 * Decode what is behind the head of a message.  Returns false if that is more than
 * its range.
 */
static bool
decode_range(PlogBytes message, Size head_length, PlogAsidInfo *info)
{
	WireCursor	cursor = wire_cursor(message);
	WireField	field;

	cursor.at += head_length;
	info->present = 0;
	while (cursor.at < cursor.end)
	{
		if (wire_next(&cursor, &field) != WIRE_FIELD || field.type != WIRE_VARINT)
			return false;
		if (field.number == PLOG_ASID_INFO_START_INSTR)
			info->start_instr = field.value;
		else if (field.number == PLOG_ASID_INFO_END_INSTR)
			info->end_instr = field.value;
		else
			return false;
		info->present |= 1u << field.number;
	}
	return true;
}

/*
 * Take a message that begins with a kept head.  Returns false if it does not.
 */
static bool
build_from_kept_info(Builder *builder, const KeptInfo *kept, PlogBytes message)
{
	Catalog    *catalog = builder->catalog;
	PlogAsidInfo info;

	if (kept->head_length == 0 || message.length < kept->head_length ||
		memcmp(message.data, kept->head, kept->head_length) != 0 ||
		!decode_range(message, kept->head_length, &info))
		return false;
	info.present |= (uint32) kept->has_asid << PLOG_ASID_INFO_ASID;
	info.asid = kept->asid;
	builder->at.chunk->messages[CATALOG_ASID_INFO]++;
	extend_span_by_range(&catalog->summary.span, &info);
	add_slice(builder, &info);
	list_thread(builder, &info, kept->thread, true);
	sum_slice(builder, &info, kept->thread);
	for (uint32 i = 0; i < kept->name_count; i++)
		extend_span_by_range(&catalog->names[kept->names[i]].span, &info);
	return true;
}

/*
 * The length of a message's head: all that is before the start of its range.  0 if
 * more than the range is behind it, or if it is too long or too short to be kept.
 */
static Size
length_of_head(PlogBytes message)
{
	WireCursor	cursor = wire_cursor(message);
	const uint8 *end = cursor.at;
	PlogAsidInfo info;
	WireField	field;
	Size		length;

	while (wire_next(&cursor, &field) == WIRE_FIELD && field.number < PLOG_ASID_INFO_START_INSTR)
		end = cursor.at;
	length = (Size) (end - message.data);
	return length >= HASHED_BYTES && length <= KEPT_HEAD_BYTES &&
		decode_range(message, length, &info) ? length : 0;
}

/*
 * Keep the head of a message with one thread.
 */
static void
keep_info(Builder *builder, KeptInfo *kept, PlogBytes message, const PlogAsidInfo *info,
		  uint32 thread)
{
	const IndexList *names = &builder->asid_infos.names;

	kept->head_length = 0;
	if (names->count > KEPT_NAMES)
		return;
	kept->name_count = names->count;
	for (uint32 i = 0; i < names->count; i++)
		kept->names[i] = intern_name(&builder->things, thread, names->indexes[i]);
	kept->has_asid = PLOG_HAS(info, PLOG_ASID_INFO_ASID);
	kept->asid = info->asid;
	kept->thread = thread;
	kept->head_length = length_of_head(message);
	memcpy(kept->head, message.data, kept->head_length);
}

/*
 * Take the threads of a message.  Sets *first to the first one, and returns how
 * many there are.
 */
static uint32
build_from_asid_info_threads(Builder *builder, const PlogAsidInfo *info, uint32 *first)
{
	Catalog    *catalog = builder->catalog;
	PlogListedThreads threads = plog_listed_threads(info);
	bool		is_first = true;
	uint32		count = 0;

	builder->asid_infos.visit++;
	builder->asid_infos.new_threads.count = 0;
	while (!builder->facts.wants_earlier_pieces && plog_next_listed_thread(&threads))
	{
		CatalogThreadKey key = catalog_key_of_asid_info(info, threads.has_tid, threads.tid);
		uint32		thread = catalog_find_thread(catalog, &key);

		if (catalog_tid_counts(catalog, info, is_first, thread, builder->at.entry_id))
		{
			thread = mention_thread(builder, &key, CATALOG_ASID_INFO,
									PLOG_HAS(info, PLOG_ASID_INFO_PID), info->pid,
									PLOG_HAS(info, PLOG_ASID_INFO_PPID), info->ppid);
			if (is_first)
				*first = thread;
			count += build_from_asid_info_thread(builder, info, thread, is_first);
		}
		else if (is_later_piece(builder))
			builder->facts.wants_earlier_pieces = true;
		is_first = false;
		CHECK_FOR_INTERRUPTS();
	}
	return count;
}

void
build_from_asid_info(Builder *builder, PlogBytes message)
{
	Catalog    *catalog = builder->catalog;
	KeptInfo   *kept = recent_info(builder, message);
	PlogAsidInfo info;
	uint32		thread = CATALOG_NONE;
	uint32		count;

	if (kept != NULL && build_from_kept_info(builder, kept, message))
		return;
	if (!decode_asid_info(builder, message, &info))
	{
		note_malformed_info(builder, message);
		return;
	}
	builder->at.chunk->messages[CATALOG_ASID_INFO]++;
	note_asid(&builder->facts.guest, PLOG_HAS(&info, PLOG_ASID_INFO_ASID), info.asid);
	extend_span_by_range(&catalog->summary.span, &info);
	list_info_names(builder, info.names);
	count = build_from_asid_info_threads(builder, &info, &thread);
	if (count > 0)
		add_slice(builder, &info);
	if (count == 1 || (count > 1 && PLOG_HAS(&info, PLOG_ASID_INFO_COUNT)))
		sum_slice(builder, &info, thread);
	else if (count > 1)
		sum_slice_of_several(builder, &info, thread, &builder->asid_infos.new_threads);
	if (count == 1 && kept != NULL && !catalog->summary.form.asid_info_2018)
		keep_info(builder, kept, message, &info, thread);
}

void
build_from_entry_2016(Builder *builder, const PlogEntry *entry)
{
	Catalog    *catalog = builder->catalog;
	PlogEntry2016 said;
	CatalogThreadKey key;
	uint32		thread;

	if (!plog_decode_entry_2016(entry, &said))
		return;
	builder->facts.forms.has_entries_2016 = true;
	key = catalog_thread_key(false, 0, false, 0,
							 PLOG_HAS(&said, PLOG_ENTRY_2016_PROCESS_ID), said.process_id);

	/* field process_id had the number that asid_libraries has today */
	thread = mention_thread(builder, &key, CATALOG_ASID_LIBRARIES,
							PLOG_HAS(&said, PLOG_ENTRY_2016_PROCESS_ID), said.process_id, false, 0);
	extend_span_by_entry(builder, &catalog->threads[thread].span);
	if (PLOG_HAS(entry, PLOG_ENTRY_ASID))
	{
		CatalogSaid *asid = &catalog->threads[thread].asid;

		asid->value = entry->asid;
		asid->place = catalog_place(builder->at.entry_id, CATALOG_ASID_LIBRARIES);
	}
	if (PLOG_HAS(&said, PLOG_ENTRY_2016_PROCESS_NAME))
	{
		uint32		name = mention_name(builder, thread, said.process_name);

		extend_span_by_entry(builder, &catalog->names[name].span);
	}
}

void
build_from_proc_trace(Builder *builder, PlogBytes message)
{
	Catalog    *catalog = builder->catalog;
	PlogProcTrace trace;
	CatalogThreadKey key;
	uint32		thread;
	bool		has_start;

	if (!plog_decode_proc_trace(message, &trace))
	{
		report_malformed(builder);
		return;
	}
	builder->at.chunk->messages[CATALOG_PROC_TRACE]++;
	has_start = PLOG_HAS(&trace, PLOG_PROC_TRACE_START_INSTR);
	key = catalog_key_of_proc_trace(&trace);
	thread = mention_thread(builder, &key, CATALOG_PROC_TRACE,
							PLOG_HAS(&trace, PLOG_PROC_TRACE_PID), trace.pid,
							PLOG_HAS(&trace, PLOG_PROC_TRACE_PPID), trace.ppid);
	extend_span(&catalog->threads[thread].span, has_start, trace.start_instr);
	if (PLOG_HAS(&trace, PLOG_PROC_TRACE_NAME))
	{
		uint32		name = mention_name(builder, thread, trace.name);

		extend_span(&catalog->names[name].span, has_start, trace.start_instr);
	}

	if (!builder->at.first_trace->exists)
	{
		builder->at.first_trace->exists = true;
		builder->at.first_trace->has_start = has_start && trace.start_instr != PLOG_UNKNOWN;
		builder->at.first_trace->start = trace.start_instr;
	}
}
