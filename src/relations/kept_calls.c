/*-------------------------------------------------------------------------
 *
 * kept_calls.c
 *		The system calls of chunks whose columns are kept.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "miscadmin.h"
#include "utils/builtins.h"
#include "utils/memutils.h"

#include "compat/varlena.h"
#include "log/chunk.h"
#include "relations/call_search.h"
#include "relations/kept_calls.h"
#include "text/guest_text.h"

/* Of so many inflated bytes a scan may keep columns in any case. */
#define FREE_BYTES				(UINT64CONST(128) * 1024 * 1024)

/* What a call without a message is decoded from: calls.c may look there for a name. */
static const uint8_t no_message = 0;

void
kept_calls_restrict(RelationScan *scan)
{
	const PlogRelation *relation = scan->relation;
	KeptCalls  *kept = &scan->kept;
	ColumnSet	columns = scan->wanted | scan->restriction.columns;

	if (relation->column_blocks == NULL)
		return;
	kept->blocks |= COLUMNS_BIT(COLUMNS_CALLS);
	for (int column = 0; column < relation->column_count; column++)
	{
		if ((columns & COLUMN_BIT(column)) != 0)
			kept->blocks |= relation->column_blocks[column];
		kept->read |= relation->column_blocks[column];
	}
}

void
kept_calls_add_user(RelationScan *calls, const KeptUser *user)
{
	KeptCalls  *kept = &calls->kept;

	if (kept->user_count == MAX_KEPT_USERS)
		elog(ERROR, "too many users of a scan's columns");
	kept->users[kept->user_count++] = *user;
	kept->blocks |= COLUMNS_BIT(COLUMNS_CALLS) | COLUMNS_BIT(COLUMNS_ARGUMENTS);
	kept->read |= COLUMNS_OF_ARGUMENTS;
	kept->needed |= COLUMNS_OF_ARGUMENTS;
}

bool
kept_calls_decode(RelationScan *scan, ColumnBlocks blocks)
{
	return log_columns_decode(&scan->kept.log, blocks);
}

Datum
kept_text(PlogBytes guest)
{
	StringInfoData bytes;
	text	   *made;

	if (guest_text_is_plain(guest))
		return PointerGetDatum(cstring_to_text_with_len((const char *) guest.data, (int) guest.length));
	initStringInfo(&bytes);
	append_guest_text(&bytes, guest);
	made = cstring_to_text_with_len(bytes.data, bytes.len);
	pfree(bytes.data);
	return PointerGetDatum(made);
}

/*
 * The name of a kind of calls, which it has, as text.
 */
static Datum
name_of_kind(KeptCalls *kept, uint64 kind)
{
	if (kept->names == NULL)
		kept->names = MemoryContextAllocZero(kept->context, sizeof(Datum) * kept->columns->kind_count);
	if (kept->names[kind] == (Datum) 0)
	{
		MemoryContext caller = MemoryContextSwitchTo(kept->context);

		kept->names[kind] = kept_text(kept->columns->kinds[kind].name);
		MemoryContextSwitchTo(caller);
	}
	return kept->names[kind];
}

Datum
kept_call_name(RelationScan *scan)
{
	return name_of_kind(&scan->kept, scan->kept.columns->kind_of[scan->kept.call]);
}

/*
 * The index in the catalog of a thread that has a pid.
 */
static uint32
index_of_thread(RelationScan *scan, uint64 number)
{
	KeptCalls  *kept = &scan->kept;
	const CallThread *thread = &kept->columns->threads[number];

	if (kept->threads == NULL)
		kept->threads = MemoryContextAllocZero(kept->context,
											   sizeof(uint32) * kept->columns->thread_count);
	if (kept->threads[number] == 0)
	{
		PlogSyscall syscall = {.present = thread->present,.pid = thread->pid,.tid = thread->tid,
		.create_time = thread->create_time};
		CatalogThreadKey key = catalog_key_of_syscall(&syscall);

		kept->threads[number] = catalog_find_thread(scan->catalog, &key) + 1;
	}
	return kept->threads[number] - 1;
}

uint32
kept_call_thread(RelationScan *scan, const PlogSyscall *syscall pg_attribute_unused())
{
	return index_of_thread(scan, scan->kept.columns->thread_of[scan->kept.call]);
}

/*
 * The number that a thread's calls have in a column.  False if that is NULL.
 */
static bool
number_of_thread(RelationScan *scan, uint32 number, ColumnSkip skip, int64 *value)
{
	const CallThread *thread = &scan->kept.columns->threads[number];
	uint32		index;

	switch (skip)
	{
		case SKIP_SYSCALL_PID:
			*value = thread->pid;
			return PLOG_HAS(thread, PLOG_SYSCALL_PID);
		case SKIP_SYSCALL_TID:
			*value = thread->tid;
			return PLOG_HAS(thread, PLOG_SYSCALL_TID);
		default:
			if (!PLOG_HAS(thread, PLOG_SYSCALL_PID))
				return false;
			index = index_of_thread(scan, number);
			if (index == CATALOG_NONE)
				return false;
			*value = (int64) (skip == SKIP_SYSCALL_THREAD ? index :
							  scan->catalog->threads[index].process) + 1;
			return true;
	}
}

/*
 * Leave out the threads whose calls do not meet a condition.
 */
static void
filter_threads(RelationScan *scan, const Condition *condition, ColumnSkip skip)
{
	KeptCalls  *kept = &scan->kept;

	if (kept->threads_pass == NULL)
	{
		kept->threads_pass = MemoryContextAlloc(kept->context, kept->columns->thread_count);
		memset(kept->threads_pass, true, kept->columns->thread_count);
	}
	for (uint32 i = 0; i < kept->columns->thread_count; i++)
	{
		int64		value;

		CHECK_FOR_INTERRUPTS();
		kept->threads_pass[i] &= number_of_thread(scan, i, skip, &value) &&
			condition_overlaps(condition, value, value);
	}
}

/*
 * Leave out the kinds whose calls do not meet a condition on names.
 */
static void
filter_kinds(RelationScan *scan, const Condition *condition)
{
	KeptCalls  *kept = &scan->kept;

	if (kept->kinds_pass == NULL)
	{
		kept->kinds_pass = MemoryContextAlloc(kept->context, kept->columns->kind_count);
		memset(kept->kinds_pass, true, kept->columns->kind_count);
	}
	for (uint32 i = 0; i < kept->columns->kind_count; i++)
	{
		const text *name;

		CHECK_FOR_INTERRUPTS();
		if (kept->columns->kinds[i].name.data == NULL)
		{
			kept->kinds_pass[i] = false;
			continue;
		}
		name = (const text *) DatumGetPointer(name_of_kind(kept, i));
		kept->kinds_pass[i] &= condition_has_text(condition, VARDATA_ANY(name), VARSIZE_ANY_EXHDR(name));
	}
}

/*
 * Leave out the calls whose number is below or above all that a condition wants.  One
 * that is absent is 0 here; it is left for those who check again.
 */
static void
filter_numbers(KeptCalls *kept, const Condition *condition, ColumnBlocks block)
{
	KeptFilter *filter = &kept->filters[kept->filter_count];
	const uint64 *values = block == COLUMNS_BIT(COLUMNS_RETVALS) ? kept->columns->retvals :
		block == COLUMNS_BIT(COLUMNS_OFFSETS) ? kept->columns->offsets :
		block == COLUMNS_BIT(COLUMNS_PCS) ? kept->columns->pcs : NULL;

	if (values == NULL || kept->filter_count == MAX_KEPT_FILTERS)
		return;
	filter->values = values;
	filter->lowest = (uint64) condition->ranges[0].lowest;
	filter->width = (uint64) condition->ranges[condition->value_count - 1].highest - filter->lowest;
	kept->filter_count++;
}

/*
 * Find out which of the chunk's calls may meet the conditions.
 */
static void
filter_calls(RelationScan *scan)
{
	const ScanRestriction *restriction = &scan->restriction;
	const PlogRelation *relation = scan->relation;
	KeptCalls  *kept = &scan->kept;

	kept->kinds_pass = kept->threads_pass = NULL;
	kept->filter_count = 0;
	if (scan->search.name != NULL)
		filter_kinds(scan, scan->search.name);
	for (int i = 0; i < restriction->condition_count; i++)
	{
		const Condition *condition = &restriction->conditions[i];
		ColumnSkip	skip = relation->columns[condition->column].skip;

		if (condition->value_count == 0)
			kept->end = kept->next;
		else if (condition->search != NULL)
			continue;
		else if (skip == SKIP_SYSCALL_NAME)
			filter_kinds(scan, condition);
		else if (skip == SKIP_SYSCALL_PID || skip == SKIP_SYSCALL_TID ||
				 ((skip == SKIP_SYSCALL_THREAD || skip == SKIP_SYSCALL_PROCESS) &&
				  scan->catalog != NULL))
			filter_threads(scan, condition, skip);
		else if (condition->ranges != NULL)
			filter_numbers(kept, condition, relation->column_blocks[condition->column]);
	}
}

/*
 * The first of a chunk's calls whose entry is not below a number.
 */
static uint32
first_call_from(const CallColumns *columns, uint64 entry)
{
	uint32		low = 0;
	uint32		high = columns->call_count;

	while (low < high)
	{
		uint32		middle = low + (high - low) / 2;

		if (columns->entries[middle] < entry)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

/*
 * Find the calls that are within the scan's range of entries.
 */
static void
restrict_calls(RelationScan *scan, uint64 chunk)
{
	KeptCalls  *kept = &scan->kept;
	uint64		first = scan->file->reader.chunks[chunk].first_entry;
	uint64		lowest = scan->restriction.lowest_entry;
	uint64		highest = scan->restriction.highest_entry;

	kept->next = lowest <= first ? 0 : first_call_from(kept->columns, lowest - first);
	kept->end = highest == PG_UINT64_MAX ? kept->columns->call_count :
		highest < first ? 0 : first_call_from(kept->columns, highest - first + 1);
	kept->end = Max(kept->end, kept->next);
}

/*
 * Prepare those who use a chunk's columns.
 */
static bool
prepare_users(RelationScan *scan)
{
	KeptCalls  *kept = &scan->kept;

	kept->forms_pass = NULL;
	kept->calls_pass = NULL;
	for (int i = 0; i < kept->user_count; i++)
	{
		if (!kept->users[i].prepare(kept->users[i].scan, scan))
			return false;
	}
	return true;
}

/*
 * Columns have arguments of today's form; only the catalog tells whether the log's are.
 */
static bool
columns_have_form(const RelationScan *scan)
{
	return ((scan->kept.blocks | scan->kept.needed) & COLUMNS_OF_ARGUMENTS) == 0 ||
		(scan->catalog != NULL && !scan->catalog->summary.form.arguments_2020);
}

bool
kept_calls_enter(RelationScan *scan, uint64 chunk)
{
	KeptCalls  *kept = &scan->kept;
	bool		is_searched;

	kept->is_current = false;
	if (kept->blocks == 0 || !columns_have_form(scan) ||
		!log_columns_begin(&kept->log, scan->file, scan->catalog, chunk,
						   kept->blocks | kept->needed))
		return false;
	plog_file_check_unchanged(scan->file, chunk);
	is_searched = call_search_is_on(scan);
	if (!log_columns_decode(&kept->log, is_searched ? COLUMNS_TO_SEARCH : kept->blocks))
		return false;
	if (kept->context == NULL)
		kept->context = AllocSetContextCreate(scan->context, "pandelephant kept calls",
											  ALLOCSET_DEFAULT_SIZES);
	MemoryContextReset(kept->context);
	kept->names = NULL;
	kept->threads = NULL;
	kept->columns = log_columns_of_chunk(&kept->log);
	restrict_calls(scan, chunk);
	if (is_searched && !call_search_chunk(scan))
		kept->end = kept->next;
	else if (!log_columns_decode(&kept->log, kept->blocks))
		return false;
	else
	{
		filter_calls(scan);
		if (!prepare_users(scan))
			return false;
	}
	scan->call.message.data = &no_message;
	scan->call.message.length = 0;
	kept->is_current = true;
	return true;
}

/*
 * May a call meet the conditions?
 */
static inline bool
call_may_meet(const KeptCalls *kept, uint32 call)
{
	const CallColumns *columns = kept->columns;
	const bool *calls_pass;

	if (kept->kinds_pass != NULL && !kept->kinds_pass[columns->kind_of[call]])
		return false;
	if (kept->threads_pass != NULL && !kept->threads_pass[columns->thread_of[call]])
		return false;
	if (kept->forms_pass != NULL && !kept->forms_pass[columns->form_of[call]])
		return false;
	if (kept->calls_pass != NULL)
	{
		calls_pass = kept->calls_pass[columns->form_of[call]];
		if (calls_pass != NULL && !calls_pass[columns->number_in_form[call]])
			return false;
	}
	for (int i = 0; i < kept->filter_count; i++)
	{
		if (kept->filters[i].values[call] - kept->filters[i].lowest > kept->filters[i].width)
			return false;
	}
	return true;
}

/*
 * Give a call as decoding its entry would.
 */
static inline void
give_call(RelationScan *scan, uint32 call, PlogSyscall *syscall)
{
	const CallColumns *columns = scan->kept.columns;
	const CallKind *kind = &columns->kinds[columns->kind_of[call]];
	PlogEntry  *entry = &scan->entry;

	scan->entry_id = scan->file->reader.chunks[scan->walk.chunk].first_entry + columns->entries[call];
	entry->present = kind->entry_present;
	entry->pc = columns->pcs != NULL ? columns->pcs[call] : kind->pc;
	entry->instr = columns->offsets != NULL ? columns->offsets[call] : 0;
	syscall->present = kind->present;
	syscall->call_name = kind->name;
	syscall->retcode = columns->retvals != NULL ? (int64) columns->retvals[call] : 0;
	syscall->argument_count = columns->form_of != NULL ?
		columns->forms[columns->form_of[call]].parameter_count : 0;
	memset(&syscall->arguments, 0, sizeof(syscall->arguments));
	if (columns->thread_of != NULL)
	{
		const CallThread *thread = &columns->threads[columns->thread_of[call]];

		entry->present |= thread->entry_present;
		entry->asid = thread->asid;
		syscall->present |= thread->present;
		syscall->pid = thread->pid;
		syscall->tid = thread->tid;
		syscall->create_time = thread->create_time;
	}
}

bool
kept_calls_next(RelationScan *scan, PlogSyscall *syscall)
{
	KeptCalls  *kept = &scan->kept;
	bool		has_words = scan->search.word_count > 0;
	uint32		call = kept->next;

	CHECK_FOR_INTERRUPTS();
	while (call < kept->end &&
		   !(call_may_meet(kept, call) && (!has_words || kept_call_may_be_found(scan, call))))
		call++;
	kept->next = call + 1;
	if (call >= kept->end)
	{
		kept->is_current = false;
		return false;
	}
	kept->call = call;
	give_call(scan, call, syscall);
	return true;
}

bool
kept_call_argument(const RelationScan *scan, uint32 position, PlogArgument *argument)
{
	const CallColumns *columns = scan->kept.columns;
	uint32		call = scan->kept.call;
	const CallForm *form = &columns->forms[columns->form_of[call]];
	const Parameter *parameter = &columns->parameters[form->first_parameter + position];
	uint64		value = parameter->values[columns->number_in_form[call]];

	if (parameter->kind == PARAMETER_IS_MESSAGE)
		return plog_decode_call_argument(columns->strings[value], false, argument);
	memset(argument, 0, sizeof(*argument));
	argument->kind = parameter->kind;
	argument->name = parameter->name;
	if (parameter_is_number(parameter))
		argument->number = value;
	else
		argument->bytes = columns->strings[value];
	return true;
}

/*
 * Should the scan leave columns behind?  Not one that somebody may end after a few
 * rows, nor one that looks a few entries up, nor a second time.
 */
static bool
leaves_columns(const RelationScan *scan)
{
	return scan->kept.blocks != 0 && scan->catalog != NULL && !scan->wants_first_rows &&
		scan->walk.starts <= 1 && scan->restriction.lowest_entry == 0 &&
		scan->restriction.highest_entry == PG_UINT64_MAX;
}

/*
 * What it takes to keep blocks of a chunk, in inflated bytes: keeping the calls takes
 * about half as long as inflating them and making rows, keeping arguments as long.
 */
static uint64
work_of_keeping(ColumnBlocks blocks, uint64 inflated)
{
	return ((blocks & COLUMNS_BIT(COLUMNS_THREADS)) != 0 ? inflated / 2 : 0) +
		((blocks & COLUMNS_OF_ARGUMENTS) != 0 ? inflated : 0);
}

/*
 * Keep the columns of a chunk, unless the scan would take much more than one and a half
 * times as long as without.  What it does not come to is left to later scans.  Work is
 * counted, not timed, so that the same scan always leaves the same.
 */
void
kept_calls_keep(RelationScan *scan, uint64 chunk, const PlogBuffer *inflated)
{
	KeptCalls  *kept = &scan->kept;
	ColumnBlocks blocks;
	uint64		before = kept->log.kept_bytes;

	kept->inflated += inflated->length;
	if (!leaves_columns(scan) || kept->keeping > FREE_BYTES + kept->inflated / 2)
		return;
	blocks = log_columns_to_keep(scan->file, scan->execution->keep_columns,
								 scan->catalog->summary.form, kept->read);
	(void) log_columns_keep(&kept->log, scan->file, chunk, &scan->catalog->chunks[chunk], inflated,
							blocks);
	if (kept->log.kept_bytes > before)
		kept->keeping += work_of_keeping(blocks, inflated->length);
}

void
kept_calls_rest(RelationScan *scan)
{
	log_columns_rest(&scan->kept.log);
	if (scan->kept.context != NULL)
		MemoryContextReset(scan->kept.context);
	scan->kept.is_current = false;
}
