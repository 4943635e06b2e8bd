/*-------------------------------------------------------------------------
 *
 * report.c
 *		Reporting what src/plog found wrong with a log.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include <errno.h>

#include "lib/stringinfo.h"

#include "log/report.h"

/*
 * The SQLSTATE of what src/plog found wrong.
 */
static int
sqlstate_of(const PlogError *error)
{
	switch (error->status)
	{
		case PLOG_SYSTEM_ERROR:
			errno = error->system_errno;
			return errcode_for_file_access();
		case PLOG_WRONG_FILE_TYPE:
			return errcode(ERRCODE_WRONG_OBJECT_TYPE);
		case PLOG_LIMIT:
			return errcode(ERRCODE_PROGRAM_LIMIT_EXCEEDED);
		case PLOG_OUT_OF_MEMORY:
			return errcode(ERRCODE_OUT_OF_MEMORY);
		case PLOG_CHANGED:
			return errcode(ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE);
		case PLOG_OK:
		case PLOG_NOT_A_PLOG:
		case PLOG_OTHER_VERSION:
		case PLOG_UNFINISHED:
		case PLOG_CORRUPT:
			break;
	}
	return errcode(ERRCODE_DATA_CORRUPTED);
}

/*
 * A hint at what the user can do about it, if there is anything.
 */
static int
hint_of(const PlogError *error)
{
	switch (error->status)
	{
		case PLOG_UNFINISHED:
		case PLOG_CORRUPT:
			return errhint("Set option \"recover\" to read the log as far as it goes.");
		case PLOG_CHANGED:
			return errhint("Run the query again.");
		case PLOG_NOT_A_PLOG:
			if (error->is_packed)
				return errhint("Unpack it, for instance by zcat, zstdcat or xzcat, or read it with the program pe, "
							   "or set \"pandelephant.unpacked_cache_size\" to let the server unpack such files.");
			break;
		case PLOG_LIMIT:
			return errhint("Raise \"pandelephant.max_chunk_size\" if you trust the log.");
		case PLOG_SYSTEM_ERROR:
			if (error->system_errno == ENOENT || error->system_errno == EACCES)
				return errhint("The file is read by the server, with the rights of its operating system user.");
			break;
		default:
			break;
	}
	return 0;
}

void
report_plog_error(const char *filename, const PlogError *error)
{
	if (error->status == PLOG_SYSTEM_ERROR)
	{
		errno = error->system_errno;
		ereport(ERROR,
				(sqlstate_of(error),
				 errmsg("%s \"%s\": %m", error->message, filename),
				 hint_of(error)));
	}
	if (error->status == PLOG_WRONG_FILE_TYPE || error->status == PLOG_CHANGED)
		ereport(ERROR,
				(sqlstate_of(error),
				 errmsg("cannot read plog \"%s\": %s", filename, error->message),
				 hint_of(error)));
	ereport(ERROR,
			(sqlstate_of(error),
			 errmsg("cannot read plog \"%s\": %s", filename, error->message),
			 errdetail("This was noticed at byte offset %llu of the file.",
					   (unsigned long long) error->offset),
			 hint_of(error)));
}

/*
 * What is lost of a log, as a sentence without its period.
 */
static char *
describe_loss(const PlogRecovery *recovery)
{
	StringInfoData text;

	initStringInfo(&text);
	if (recovery->damage[0] != '\0')
		appendStringInfo(&text, "%s; ", recovery->damage);
	if (recovery->torn_chunks > 0)
		appendStringInfo(&text, "entries of the damaged chunks are lost, or wrong; ");
	if (recovery->lost_bytes > 0)
		appendStringInfo(&text, "%llu bytes of the file belong to no chunk that can be read; ",
						 (unsigned long long) recovery->lost_bytes);
	if (recovery->lost_entries > 0)
		appendStringInfo(&text, "%llu entries are lost, by the directory; ",
						 (unsigned long long) recovery->lost_entries);
	if (recovery->surplus_entries > 0)
		appendStringInfo(&text, "%llu entries are more than the directory counts, and left out; ",
						 (unsigned long long) recovery->surplus_entries);
	if (recovery->malformed_entries > 0)
		appendStringInfo(&text, "%llu entries are malformed; ",
						 (unsigned long long) recovery->malformed_entries);

	/* remove the last "; ", and begin with a capital letter */
	text.data[Max(text.len - 2, 0)] = '\0';
	text.data[0] = (char) pg_toupper((unsigned char) text.data[0]);
	return text.data;
}

void
warn_of_loss(const char *filename, const PlogRecovery *recovery)
{
	ereport(WARNING,
			(errcode(ERRCODE_WARNING),
			 errmsg("plog \"%s\" is not complete: read %llu entries of %llu whole and %llu damaged chunks",
					filename, (unsigned long long) recovery->entries,
					(unsigned long long) recovery->whole_chunks,
					(unsigned long long) recovery->torn_chunks),
			 errdetail("%s.", describe_loss(recovery))));
}
