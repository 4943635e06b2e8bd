/*-------------------------------------------------------------------------
 *
 * plog_file.c
 *		A plog as a backend has it open.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include <errno.h>

#include "miscadmin.h"
#include "storage/fd.h"
#include "utils/memutils.h"

#include "pandelephant.h"
#include "plog_file.h"

/* What a memory context releases when it is reset. */
typedef struct CloseCallback
{
	MemoryContextCallback callback;
	PlogFile	file;
} CloseCallback;

typedef struct FreeCallback
{
	MemoryContextCallback callback;
	PlogBuffer	buffer;
} FreeCallback;

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
 * What the user can do about it.
 */
static int
hint_of(const PlogError *error)
{
	switch (error->status)
	{
		case PLOG_UNFINISHED:
		case PLOG_CORRUPT:
			return errhint("Set option \"recover\" to read the log as far as it goes.");
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

/*
 * Report what src/plog found wrong with a file.
 */
static void
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
	if (error->status == PLOG_WRONG_FILE_TYPE)
		ereport(ERROR,
				(sqlstate_of(error),
				 errmsg("cannot read plog \"%s\": %s", filename, error->message)));
	ereport(ERROR,
			(sqlstate_of(error),
			 errmsg("cannot read plog \"%s\": %s", filename, error->message),
			 errdetail("This was noticed at byte offset %llu of the file.",
					   (unsigned long long) error->offset),
			 hint_of(error)));
}

void
report_malformed_entry(const PlogFile *file, uint64 entry_id)
{
	ereport(ERROR,
			(errcode(ERRCODE_DATA_CORRUPTED),
			 errmsg("cannot read plog \"%s\": entry %llu holds a malformed message",
					file->filename, (unsigned long long) entry_id),
			 errhint("Set option \"recover\" to read the log as far as it goes.")));
	pg_unreachable();
}

/*
 * Let a long read be cancelled.
 */
static void
poll_interrupts(void)
{
	CHECK_FOR_INTERRUPTS();
}

void
plog_file_close(PlogFile *file)
{
	if (file->reader.is_open)
		ReleaseExternalFD();
	plog_reader_close(&file->reader);
}

static void
close_with_context(void *file)
{
	plog_file_close(file);
}

PlogFile *
plog_file_open(const char *filename)
{
	CloseCallback *close_callback = palloc0(sizeof(CloseCallback));
	PlogFile   *file = &close_callback->file;
	PlogReaderOptions options;
	PlogStatus	status;
	PlogError	error;

	close_callback->callback.func = close_with_context;
	close_callback->callback.arg = file;
	MemoryContextRegisterResetCallback(CurrentMemoryContext, &close_callback->callback);
	file->context = CurrentMemoryContext;
	file->filename = pstrdup(filename);
	options.max_chunk = (uint64) pandelephant_max_chunk_size * 1024;
	options.poll = poll_interrupts;

	if (!AcquireExternalFD())
		ereport(ERROR,
				(errcode(ERRCODE_INSUFFICIENT_RESOURCES),
				 errmsg("cannot open plog \"%s\": too many open files", filename)));
	status = plog_reader_open(&file->reader, filename, &options, &error);
	if (!file->reader.is_open)
		ReleaseExternalFD();
	if (status == PLOG_OK)
		status = plog_read_directory(&file->reader, &error);
	if (status != PLOG_OK)
		report_plog_error(filename, &error);
	return file;
}

PlogIdentity
plog_file_identify(const char *filename)
{
	PlogIdentity identity;
	PlogError	error;

	if (plog_identify(filename, &identity, &error) != PLOG_OK)
		report_plog_error(filename, &error);
	return identity;
}

void
plog_file_read_chunk(PlogFile *file, uint64 chunk, PlogBuffer *inflated)
{
	PlogError	error;

	Assert(chunk < file->reader.chunk_count);
	CHECK_FOR_INTERRUPTS();
	if (plog_read_chunk(&file->reader, &file->reader.chunks[chunk], inflated, &error) != PLOG_OK)
		report_plog_error(file->filename, &error);
}

static void
free_with_context(void *buffer)
{
	plog_buffer_free(buffer);
}

PlogBuffer *
plog_buffer_create(void)
{
	FreeCallback *free_callback = palloc0(sizeof(FreeCallback));

	free_callback->callback.func = free_with_context;
	free_callback->callback.arg = &free_callback->buffer;
	MemoryContextRegisterResetCallback(CurrentMemoryContext, &free_callback->callback);
	return &free_callback->buffer;
}
