/*-------------------------------------------------------------------------
 *
 * plog_file.c
 *		A plog as a backend has it open.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include <errno.h>

#include "access/parallel.h"
#include "access/xact.h"
#include "lib/ilist.h"
#include "lib/stringinfo.h"
#include "miscadmin.h"
#include "storage/fd.h"
#include "utils/memutils.h"
#include "utils/timestamp.h"

#include "compat.h"
#include "pandelephant.h"
#include "plog/recover.h"
#include "plog_file.h"

/* A backend remembers the extents of this many files besides those in use, … */
#define MAX_OLD_EXTENTS		16

/* … and no more than so many bytes of them. */
#define MAX_OLD_BYTES		((uint64) 16 * 1024 * 1024)

/* A client's statement; one that commits, as a procedure may, is several. */
typedef struct Statement
{
	LocalTransactionId transaction;
	TimestampTz start;
} Statement;

/*
 * What a statement sees of a file: whatever becomes of the file meanwhile, all
 * its scans see the same.  With "recover" it saves the next statements the
 * search for chunks, too, as long as the file stays as it is.
 */
typedef struct Extent
{
	dlist_node	node;			/* in extents, the last used first */
	char	   *filename;
	bool		recover;
	bool		is_known;		/* what the file holds */
	Statement	statement;		/* the last that used it */
	Statement	warned;			/* the last that was warned */
	PlogIdentity identity;

	/* with "recover", what was found in the file */
	PlogRecovery recovery;
	bool		complete;
	uint64		entry_count;
	uint64		chunk_count;
	PlogChunk  *chunks;
} Extent;

static Statement
current_statement(void)
{
	Statement	statement;

	statement.transaction = my_local_transaction_id();
	statement.start = GetCurrentStatementStartTimestamp();
	return statement;
}

static bool
is_current_statement(const Statement *statement)
{
	return statement->transaction == my_local_transaction_id() &&
		statement->start == GetCurrentStatementStartTimestamp();
}

static dlist_head extents = DLIST_STATIC_INIT(extents);

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
		case PLOG_CHANGED:
			return errhint("Run the query again.");
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

/*
 * Forget the extents that were not used for longest.
 */
static void
forget_old_extents(void)
{
	dlist_mutable_iter iter;
	int			old = 0;
	uint64		old_bytes = 0;

	dlist_foreach_modify(iter, &extents)
	{
		Extent	   *extent = dlist_container(Extent, node, iter.cur);

		if (is_current_statement(&extent->statement))
			continue;
		old_bytes += extent->chunk_count * sizeof(PlogChunk);
		if (++old <= MAX_OLD_EXTENTS && old_bytes <= MAX_OLD_BYTES)
			continue;
		dlist_delete(&extent->node);
		if (extent->chunks != NULL)
			pfree(extent->chunks);
		pfree(extent->filename);
		pfree(extent);
	}
}

static Extent *
find_extent(const char *filename, bool recover)
{
	dlist_iter	iter;

	dlist_foreach(iter, &extents)
	{
		Extent	   *extent = dlist_container(Extent, node, iter.cur);

		if (extent->recover == recover && strcmp(extent->filename, filename) == 0)
		{
			dlist_move_head(&extents, &extent->node);
			return extent;
		}
	}
	return NULL;
}

static Extent *
add_extent(const char *filename, bool recover)
{
	Extent	   *extent;

	forget_old_extents();
	extent = MemoryContextAllocZero(TopMemoryContext, sizeof(Extent));
	extent->filename = MemoryContextStrdup(TopMemoryContext, filename);
	extent->recover = recover;
	dlist_push_head(&extents, &extent->node);
	return extent;
}

/*
 * Let the file be what the statement's other scans see of it.
 */
static PlogStatus
use_extent(PlogFile *file, const Extent *extent, PlogError *error)
{
	PlogReader *reader = &file->reader;
	const PlogIdentity *now = &reader->identity;
	const PlogIdentity *then = &extent->identity;

	if (now->device != then->device || now->inode != then->inode || now->size < then->size ||
		(!file->recover && memcmp(now, then, sizeof(*now)) != 0))
		return plog_fail(error, PLOG_CHANGED, 0, "file has changed while it was read");
	if (!file->recover)
		return plog_read_directory(reader, error);

	/* what the header says is shown, if it is there */
	(void) plog_read_directory(reader, error);
	free(reader->chunks);
	reader->chunks = malloc(sizeof(PlogChunk) * (extent->chunk_count + 1));
	if (reader->chunks == NULL)
		return plog_fail(error, PLOG_OUT_OF_MEMORY, 0, "out of memory");
	memcpy(reader->chunks, extent->chunks, sizeof(PlogChunk) * extent->chunk_count);
	reader->chunk_count = extent->chunk_count;
	reader->entry_count = extent->entry_count;
	reader->complete = extent->complete;
	reader->identity = extent->identity;
	return PLOG_OK;
}

/*
 * Find out what the file holds, and remember it.
 */
static PlogStatus
find_out_extent(PlogFile *file, Extent *extent, PlogError *error)
{
	PlogReader *reader = &file->reader;
	PlogStatus	status;

	extent->is_known = false;
	status = file->recover ? plog_recover(reader, &extent->recovery, error) :
		plog_read_directory(reader, error);
	if (status == PLOG_OK && file->recover)
		status = plog_note_endings(reader, error);
	if (status != PLOG_OK)
		return status;
	extent->identity = reader->identity;
	if (file->recover)
	{
		if (extent->chunks != NULL)
			pfree(extent->chunks);
		extent->chunks = NULL;
		extent->chunks = MemoryContextAllocHuge(TopMemoryContext,
												sizeof(PlogChunk) * (reader->chunk_count + 1));
		if (reader->chunk_count > 0)
			memcpy(extent->chunks, reader->chunks, sizeof(PlogChunk) * reader->chunk_count);
		extent->chunk_count = reader->chunk_count;
		extent->entry_count = reader->entry_count;
		extent->complete = reader->complete;
	}
	return PLOG_OK;
}

/*
 * What is wrong with a log, in words.
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

	/* the last "; " goes, and the first letter becomes a sentence's */
	text.data[Max(text.len - 2, 0)] = '\0';
	text.data[0] = (char) pg_toupper((unsigned char) text.data[0]);
	return text.data;
}

/*
 * Warn of what is lost, once in a statement.
 */
static void
warn_of_loss(PlogFile *file, Extent *extent)
{
	const PlogRecovery *recovery = &extent->recovery;

	if (extent->complete || is_current_statement(&extent->warned) || IsParallelWorker())
		return;
	extent->warned = current_statement();
	ereport(WARNING,
			(errcode(ERRCODE_WARNING),
			 errmsg("plog \"%s\" is not complete: read %llu entries of %llu whole and %llu damaged chunks",
					file->filename, (unsigned long long) recovery->entries,
					(unsigned long long) recovery->whole_chunks,
					(unsigned long long) recovery->torn_chunks),
			 errdetail("%s.", describe_loss(recovery))));
}

/*
 * Read what the file holds, as this statement sees it.
 */
static PlogStatus
read_extent(PlogFile *file, PlogError *error)
{
	Extent	   *extent = find_extent(file->filename, file->recover);
	PlogStatus	status;

	if (extent == NULL)
		extent = add_extent(file->filename, file->recover);
	if (extent->is_known &&
		(is_current_statement(&extent->statement) ||
		 (file->recover && memcmp(&extent->identity, &file->reader.identity, sizeof(PlogIdentity)) == 0)))
		status = use_extent(file, extent, error);
	else
		status = find_out_extent(file, extent, error);
	if (status != PLOG_OK)
		return status;
	extent->is_known = true;
	extent->statement = current_statement();
	if (file->recover)
		warn_of_loss(file, extent);
	return PLOG_OK;
}

PlogFile *
plog_file_open(const char *filename, bool recover)
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
	file->recover = recover;
	options.max_chunk = (uint64) pandelephant_max_chunk_size * 1024;
	options.poll = wire_poll = poll_interrupts;

	if (!AcquireExternalFD())
		ereport(ERROR,
				(errcode(ERRCODE_INSUFFICIENT_RESOURCES),
				 errmsg("cannot open plog \"%s\": too many open files", filename)));
	status = plog_reader_open(&file->reader, filename, &options, &error);
	if (!file->reader.is_open)
		ReleaseExternalFD();
	if (status == PLOG_OK)
		status = read_extent(file, &error);
	if (status != PLOG_OK)
		report_plog_error(filename, &error);
	return file;
}

void
plog_file_must_be(const PlogFile *file, const PlogIdentity *identity)
{
	PlogError	error;

	if (memcmp(&file->reader.identity, identity, sizeof(*identity)) == 0)
		return;
	plog_fill_error(&error, PLOG_CHANGED, 0, "file has changed while it was read");
	report_plog_error(file->filename, &error);
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
	PlogReader *reader = &file->reader;
	PlogStatus	status;
	PlogError	error;
	PlogError	change;

	Assert(chunk < reader->chunk_count);
	CHECK_FOR_INTERRUPTS();
	status = plog_inflate(reader, &reader->chunks[chunk], inflated, &error);

	/* a file that is being written only grows: what was found must stay */
	if ((file->recover ? plog_check_chunk_unchanged(reader, &reader->chunks[chunk], &change) :
		 plog_check_unchanged(reader, &change)) != PLOG_OK)
		report_plog_error(file->filename, &change);
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
