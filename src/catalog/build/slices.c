/*-------------------------------------------------------------------------
 *
 * slices.c
 *		What asid_info and proc_trace entries add to a catalog: threads, their
 *		names, and when they ran.
 *
 * asidstory writes a message each time that a process has run, and most say of
 * it what the last one said.  What messages begin with, all but when it ran, is
 * kept, and one that begins the same costs a comparison.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "miscadmin.h"
#include "utils/memutils.h"

#include "catalog/build/builder.h"
#include "plog/format.h"

/* So many beginnings of messages are kept; a power of two. */
#define KEPT_INFOS				1024

/* Messages are told apart by a hash of so many bytes; shorter ones are not kept. */
#define HASHED_BYTES			16

/* Only messages of one thread, with few names, are kept. */
#define KEPT_HEAD_BYTES			160
#define KEPT_NAMES				4

/*
 * Pairs of a thread and a name that asid_infos may mention, and how many more
 * for each inflated byte.  A real log has one for some dozen bytes; a list of
 * names and one of tids make many more pairs than they have bytes.
 */
#define FREE_PAIRS				UINT64CONST(1000000)
#define PAIRS_PER_BYTE			8

/* The beginning of an asid_info of one thread, and what it mentions. */
typedef struct KeptInfo
{
	Size		head_length;	/* 0: none is kept */
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
	Size		bytes = sizeof(KeptInfo) * KEPT_INFOS;

	builder->recent_infos = MemoryContextAlloc(builder->scratch, bytes);
	memset(builder->recent_infos, 0, bytes);
}

/*
 * Note a thread in the chunk's list of those with slices.
 */
static void
list_slice_thread(Builder *builder, uint32 thread)
{
	if (builder->build_threads[thread].slice_chunk == builder->chunk_number)
		return;
	builder->build_threads[thread].slice_chunk = builder->chunk_number;
	builder->slice_threads = grow_array(builder, builder->scratch, builder->slice_threads,
										builder->slice_thread_count,
										&builder->slice_threads_capacity, sizeof(uint32));
	builder->slice_threads[builder->slice_thread_count++] = thread;
}

/*
 * Does an asid_info end before it starts, as the numbers are shown?  asidstory
 * ends a stretch 100 instructions back, below 0 near the beginning of a log.
 */
static bool
range_is_inverted(const PlogAsidInfo *info)
{
	return PLOG_HAS(info, PLOG_ASID_INFO_START_INSTR) && info->start_instr != PLOG_UNKNOWN &&
		PLOG_HAS(info, PLOG_ASID_INFO_END_INSTR) && info->end_instr != PLOG_UNKNOWN &&
		(int64) info->end_instr < (int64) info->start_instr;
}

/*
 * Let a span cover the range that an asid_info tells.
 */
static void
extend_span_by_range(CatalogSpan *span, const PlogAsidInfo *info)
{
	extend_span(span, PLOG_HAS(info, PLOG_ASID_INFO_START_INSTR), info->start_instr);
	if (!range_is_inverted(info))
		extend_span(span, PLOG_HAS(info, PLOG_ASID_INFO_END_INSTR), info->end_instr);
}

/*
 * A slice: something ran over the message's range.
 */
static void
add_slice(Builder *builder, const PlogAsidInfo *info)
{
	builder->chunk->slices++;
	note_offset(&builder->chunk->slice_starts,
				PLOG_HAS(info, PLOG_ASID_INFO_START_INSTR), info->start_instr);
	note_offset(&builder->chunk->slice_ends,
				PLOG_HAS(info, PLOG_ASID_INFO_END_INSTR), info->end_instr);
}

/*
 * A thread that the message lists, as its first or not.  The slice is the first
 * one's, or that of one which no asid_info listed before; in a piece of a log
 * there may have been one before, all the same, and both are noted.
 */
static void
list_thread(Builder *builder, const PlogAsidInfo *info, uint32 index, bool is_first)
{
	CatalogThread *thread = &builder->catalog->threads[index];

	if (is_first || thread->first_listed == CATALOG_NOWHERE)
		list_slice_thread(builder, index);
	thread->first_listed = Min(thread->first_listed, builder->entry_id);
	extend_span_by_range(&thread->span, info);
	if (PLOG_HAS(info, PLOG_ASID_INFO_ASID))
	{
		thread->asid.value = info->asid;
		thread->asid.place = catalog_place(builder->entry_id, CATALOG_ASID_INFO);
	}
}

void
check_pairs(Builder *builder)
{
	if (builder->pairs <= FREE_PAIRS + builder->inflated_bytes * PAIRS_PER_BYTE)
		return;

	/* the bytes before a piece count, too */
	if (builder->is_piece)
		builder->wants_earlier_pieces = true;
	else
		ereport(ERROR,
				(errcode(ERRCODE_PROGRAM_LIMIT_EXCEEDED),
				 errmsg("cannot read plog \"%s\": entry %llu names too many threads by too many names",
						builder->file->filename, (unsigned long long) builder->entry_id)));
}

/*
 * List the names of a message.  Every one of its threads has them all, so they are
 * looked for and converted once, not once for each thread.
 */
static void
list_info_names(Builder *builder, PlogRepeated names)
{
	PlogBytes	name;

	builder->info_name_count = 0;
	while (plog_next_bytes(&names, &name))
	{
		builder->info_names = grow_array(builder, builder->scratch, builder->info_names,
										 builder->info_name_count, &builder->info_name_capacity,
										 sizeof(uint32));
		builder->info_names[builder->info_name_count++] = intern_text(builder, name);
		CHECK_FOR_INTERRUPTS();
	}
}

/*
 * One thread of an asid_info, whose names are listed.  False if the message had
 * the thread before.
 */
static bool
build_from_asid_info_thread(Builder *builder, const PlogAsidInfo *info, uint32 thread, bool is_first)
{
	if (builder->build_threads[thread].visit == builder->visit)
		return false;
	builder->build_threads[thread].visit = builder->visit;
	list_thread(builder, info, thread, is_first);
	for (uint32 i = 0; i < builder->info_name_count && !builder->wants_earlier_pieces; i++)
	{
		uint32		index = intern_name(builder, thread, builder->info_names[i]);

		extend_span_by_range(&builder->catalog->names[index].span, info);
		builder->pairs++;
		check_pairs(builder);
		CHECK_FOR_INTERRUPTS();
	}
	return true;
}

/*
 * Take that a message is malformed.  In the form of 2018 it may be well: that is
 * settled when the form is known, which in a piece it never is for certain.
 */
static void
note_malformed_info(Builder *builder, PlogBytes message)
{
	PlogAsidInfo info;

	if (builder->is_piece)
		builder->wants_earlier_pieces = true;
	else if (builder->knows_asid_info_form || !plog_decode_asid_info(message, true, &info))
		report_malformed(builder);
	else if (!builder->has_malformed_guess)
	{
		builder->has_malformed_guess = true;
		builder->malformed_guess = builder->entry_id;
	}
}

void
settle_malformed_guess(Builder *builder)
{
	if (builder->has_malformed_guess && !builder->catalog->summary.form.asid_info_2018)
		report_malformed_entry(builder->file, builder->malformed_guess);
	builder->has_malformed_guess = false;
}

/*
 * Decode a message, and learn the form of AsidInfo unless it is known: it is the
 * one that the first message with a field 2 shows.  A malformed one shows nothing.
 */
static bool
decode_asid_info(Builder *builder, PlogBytes message, PlogAsidInfo *info)
{
	PlogForm   *form = &builder->catalog->summary.form;
	PlogEvidence evidence;

	if (builder->knows_asid_info_form)
	{
		if (!plog_decode_asid_info(message, form->asid_info_2018, info))
			return false;
		builder->has_asid_info = true;
		return true;
	}
	evidence = plog_asid_info_evidence(message);
	if (!plog_decode_asid_info(message, evidence == PLOG_EVIDENCE_EARLIER, info))
		return false;
	builder->has_asid_info = true;
	if (evidence == PLOG_EVIDENCE_NONE)
		builder->guessed_asid_info_form = true;
	else
	{
		builder->knows_asid_info_form = true;
		form->asid_info_2018 = evidence == PLOG_EVIDENCE_EARLIER;
		settle_malformed_guess(builder);
	}
	return true;
}

/*
 * Where a message begins that may be kept, or NULL.
 */
static KeptInfo *
place_of_info(Builder *builder, PlogBytes message)
{
	uint64		words[HASHED_BYTES / sizeof(uint64)];

	if (message.length < HASHED_BYTES || builder->catalog->summary.form.asid_info_2018)
		return NULL;
	memcpy(words, message.data, sizeof(words));
	return &builder->recent_infos[catalog_hash(words[0] ^ words[1] * 31) % KEPT_INFOS];
}

/*
 * Decode what is behind the beginning of a message: just when it ran.
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
 * Take a message that begins as one that is kept.
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
	builder->chunk->messages[CATALOG_ASID_INFO]++;
	extend_span_by_range(&catalog->summary.span, &info);
	add_slice(builder, &info);
	list_thread(builder, &info, kept->thread, true);
	for (uint32 i = 0; i < kept->name_count; i++)
		extend_span_by_range(&catalog->names[kept->names[i]].span, &info);
	return true;
}

/*
 * How long the beginning of a message is: all before the field that tells when
 * the thread started.  0 where more than the range is behind it, or it is too
 * long or too short to be kept.
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
 * Keep the beginning of a message that mentioned one thread.
 */
static void
keep_info(Builder *builder, KeptInfo *kept, PlogBytes message, const PlogAsidInfo *info,
		  uint32 thread)
{
	kept->head_length = 0;
	if (builder->info_name_count > KEPT_NAMES)
		return;
	kept->name_count = builder->info_name_count;
	for (uint32 i = 0; i < builder->info_name_count; i++)
		kept->names[i] = intern_name(builder, thread, builder->info_names[i]);
	kept->has_asid = PLOG_HAS(info, PLOG_ASID_INFO_ASID);
	kept->asid = info->asid;
	kept->thread = thread;
	kept->head_length = length_of_head(message);
	memcpy(kept->head, message.data, kept->head_length);
}

/*
 * Take the threads of a message.  Sets the first one, and returns how many.
 */
static uint32
build_from_asid_info_threads(Builder *builder, const PlogAsidInfo *info, uint32 *first)
{
	Catalog    *catalog = builder->catalog;
	PlogListedThreads threads = plog_listed_threads(info);
	bool		is_first = true;
	uint32		count = 0;

	builder->visit++;
	while (!builder->wants_earlier_pieces && plog_next_listed_thread(&threads))
	{
		CatalogThreadKey key = catalog_key_of_asid_info(info, threads.has_tid, threads.tid);
		uint32		thread = catalog_find_thread(catalog, &key);

		if (catalog_tid_counts(catalog, info, is_first, thread, builder->entry_id))
		{
			thread = mention_thread(builder, &key, CATALOG_ASID_INFO,
									PLOG_HAS(info, PLOG_ASID_INFO_PID), info->pid,
									PLOG_HAS(info, PLOG_ASID_INFO_PPID), info->ppid);
			if (is_first)
				*first = thread;
			count += build_from_asid_info_thread(builder, info, thread, is_first);
		}
		else if (builder->is_piece)
			builder->wants_earlier_pieces = true;
		is_first = false;
		CHECK_FOR_INTERRUPTS();
	}
	return count;
}

void
build_from_asid_info(Builder *builder, PlogBytes message)
{
	Catalog    *catalog = builder->catalog;
	KeptInfo   *kept = place_of_info(builder, message);
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
	builder->chunk->messages[CATALOG_ASID_INFO]++;
	note_asid(&builder->guest_facts, PLOG_HAS(&info, PLOG_ASID_INFO_ASID), info.asid);
	extend_span_by_range(&catalog->summary.span, &info);
	list_info_names(builder, info.names);
	count = build_from_asid_info_threads(builder, &info, &thread);
	if (count > 0)
		add_slice(builder, &info);
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
	builder->has_entries_2016 = true;
	key = catalog_thread_key(false, 0, false, 0,
							 PLOG_HAS(&said, PLOG_ENTRY_2016_PROCESS_ID), said.process_id);

	/* process_id has the number that asid_libraries has later */
	thread = mention_thread(builder, &key, CATALOG_ASID_LIBRARIES,
							PLOG_HAS(&said, PLOG_ENTRY_2016_PROCESS_ID), said.process_id, false, 0);
	extend_span_by_entry(builder, &catalog->threads[thread].span);
	if (PLOG_HAS(entry, PLOG_ENTRY_ASID))
	{
		catalog->threads[thread].asid.value = entry->asid;
		catalog->threads[thread].asid.place = catalog_place(builder->entry_id, CATALOG_ASID_LIBRARIES);
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
	builder->chunk->messages[CATALOG_PROC_TRACE]++;
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

	/* while going forward: where this chunk's first proc_trace starts */
	if (!builder->chunk->has_next_trace)
	{
		builder->chunk->has_next_trace = true;
		builder->chunk->knows_next_trace_start = has_start && trace.start_instr != PLOG_UNKNOWN;
		builder->chunk->next_trace_start = trace.start_instr;
	}
}
