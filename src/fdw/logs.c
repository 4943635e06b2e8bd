/*-------------------------------------------------------------------------
 *
 * logs.c
 *		Which logs a scan reads.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "fdw/logs.h"
#include "log/large_object.h"
#include "relations/relation_scan.h"

bool		pandelephant_skip_damaged_logs = false;

ScanLogs
logs_of_file(const TableOptions *options)
{
	ScanLogs	logs;

	logs.are_registered = false;
	logs.list.count = 1;
	logs.list.logs = palloc0(sizeof(RegisteredLog));
	logs.list.logs[0].execution = options->execution;
	return logs;
}

ScanLogs
logs_of_library(Oid table, const TableOptions *options, Snapshot snapshot,
				const RegistryWish *wish, const Condition *conditions, int condition_count)
{
	Registry	registry = find_registry(table, options->library);
	ScanLogs	logs;

	logs.are_registered = true;
	logs.list = read_registry(&registry, snapshot, conditions, condition_count, wish);
	return logs;
}

/*
 * Are the column's numbers execution offsets, all of which a log's span includes?
 */
static bool
is_within_offsets(ColumnSkip skip)
{
	return skip == SKIP_ENTRY_OFFSET || skip == SKIP_SYSCALL_OFFSET ||
		skip == SKIP_SLICE_START;
}

bool
log_may_match(const RegisteredLog *log, const PlogRelation *relation,
			  const Condition *conditions, int condition_count)
{
	int64		execution_id = log->execution.execution_id;

	for (int i = 0; i < condition_count; i++)
	{
		const Condition *condition = &conditions[i];

		if (condition->column == COLUMN_EXECUTION_ID &&
			!condition_overlaps(condition, execution_id, execution_id))
			return false;
		if (pandelephant_enable_skipping && log->noted.has_offsets &&
			is_within_offsets(relation->columns[condition->column].skip) &&
			!condition_overlaps(condition, log->noted.first_offset, log->noted.last_offset))
			return false;
	}
	return true;
}

static const char *
copy_text(const char *text)
{
	return text == NULL ? NULL : pstrdup(text);
}

ExecutionOptions *
copy_execution(const ExecutionOptions *execution)
{
	ExecutionOptions *copy = palloc(sizeof(ExecutionOptions));

	*copy = *execution;
	copy->filename = copy_text(execution->filename);
	copy->name = copy_text(execution->name);
	copy->description = copy_text(execution->description);
	copy->descriptor = copy_text(execution->descriptor);
	copy->recording = copy_text(execution->recording);
	copy->qcow = copy_text(execution->qcow);
	return copy;
}

void
check_registered(const PlogFile *file, const RegisteredLog *log)
{
	const PlogReader *reader = &file->reader;

	if (reader->identity.size == log->noted.bytes && reader->checksum == log->noted.checksum)
		return;
	ereport(ERROR,
			(errcode(ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE),
			 errmsg("plog \"%s\" of execution \"%s\" has changed since it was registered",
					file->filename, log->execution.name),
			 errhint("Use pe_library_refresh() to register it as it is now.  An execution that is in native tables has to be removed and added again.")));
}

/*
 * Is this what is reported of a large object that is not there?
 */
static bool
is_missing_object(const ErrorData *error, const RegisteredLog *log)
{
	Oid			object;

	return error->sqlerrcode == ERRCODE_UNDEFINED_OBJECT && log->execution.filename != NULL &&
		is_large_object_name(log->execution.filename, &object);
}

bool
can_skip_log(const ErrorData *error, const RegisteredLog *log)
{
	switch (error->sqlerrcode)
	{
			/* as report_plog_error() and check_registered() report what is wrong with a log */
		case ERRCODE_DATA_CORRUPTED:
		case ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE:
		case ERRCODE_PROGRAM_LIMIT_EXCEEDED:
		case ERRCODE_WRONG_OBJECT_TYPE:
		case ERRCODE_UNDEFINED_FILE:
		case ERRCODE_INSUFFICIENT_PRIVILEGE:
		case ERRCODE_IO_ERROR:
			break;
		default:
			return is_missing_object(error, log);
	}
	return true;
}

void
warn_of_skipped_log(const ErrorData *error, const RegisteredLog *log)
{
	ereport(WARNING,
			(errcode(error->sqlerrcode),
			 errmsg("execution \"%s\" is skipped: %s", log->execution.name, error->message)));
}
