/*-------------------------------------------------------------------------
 *
 * chunk.c
 *		Reading and checking the chunks and entries of a log.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "miscadmin.h"
#include "utils/memutils.h"

#include "log/chunk.h"
#include "log/report.h"
#include "plog/change.h"

/* A buffer that is freed when a memory context is reset. */
typedef struct FreeCallback
{
	MemoryContextCallback callback;
	PlogBuffer	buffer;
} FreeCallback;

void
report_malformed_entry(const PlogFile *file, uint64 entry_id)
{
	if (file->recover)
		return;
	ereport(ERROR,
			(errcode(ERRCODE_DATA_CORRUPTED),
			 errmsg("cannot read plog \"%s\": entry %llu holds a malformed message",
					file->filename, (unsigned long long) entry_id),
			 errhint("Set option \"recover\" to read the log as far as it goes.")));
}

void
plog_file_check_unchanged(PlogFile *file, uint64 chunk)
{
	PlogReader *reader = &file->reader;
	PlogError	change;

	/* with "recover" the file may grow, but the chunk must stay as it was found */
	if ((file->recover ? plog_check_chunk_unchanged(reader, &reader->chunks[chunk], &change) :
		 plog_check_unchanged(reader, &change)) != PLOG_OK)
		report_plog_error(file->filename, &change);
}

void
plog_file_read_chunk(PlogFile *file, uint64 chunk, PlogBuffer *inflated)
{
	PlogReader *reader = &file->reader;
	PlogStatus	status;
	PlogError	error;

	Assert(chunk < reader->chunk_count);
	CHECK_FOR_INTERRUPTS();
	status = plog_inflate(reader, &reader->chunks[chunk], inflated, &error);
	plog_file_check_unchanged(file, chunk);
	if (status != PLOG_OK)
		report_plog_error(file->filename, &error);
}

void
plog_file_check_entries(PlogFile *file, uint64 chunk, const PlogBuffer *inflated)
{
	PlogReader *reader = &file->reader;
	PlogError	error;

	if (plog_check_entries(reader, &reader->chunks[chunk], inflated, &error) != PLOG_OK)
		report_plog_error(file->filename, &error);
}

void
plog_file_check_walk(const PlogFile *file, uint64 chunk, const WireCursor *cursor, uint64 entries)
{
	PlogError	error;

	if (plog_check_walk(&file->reader.chunks[chunk], cursor, entries, &error) != PLOG_OK)
		report_plog_error(file->filename, &error);
}

PlogBytes
merge_entry_payload(const PlogEntry *entry, uint32 kind, PlogBuffer *merged)
{
	PlogBytes	payload;

	if (!plog_payload(entry, kind, merged, &payload))
		ereport(ERROR,
				(errcode(ERRCODE_OUT_OF_MEMORY),
				 errmsg("out of memory")));
	return payload;
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
