/*-------------------------------------------------------------------------
 *
 * plog_file.c
 *		A plog as a backend has it open.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include <errno.h>
#include <time.h>

#include "access/parallel.h"
#include "access/xact.h"
#include "common/hashfn.h"
#include "lib/ilist.h"
#include "lib/stringinfo.h"
#include "miscadmin.h"
#include "pgstat.h"
#include "storage/latch.h"
#include "utils/memutils.h"
#include "utils/timestamp.h"

#include "compat/transaction.h"
#include "pandelephant.h"
#include "plog/recover.h"
#include "log/plog_file.h"
#include "log/virtual_file.h"

/* A backend remembers the extents of this many files besides those in use, … */
#define MAX_OLD_EXTENTS		16

/* … and no more than so many bytes of them. */
#define MAX_OLD_BYTES		((uint64) 16 * 1024 * 1024)

/* Extents are found by the names of their files. */
#define EXTENT_BUCKETS		1024

/*
 * A file's times may be those of a clock that ticks every 10 ms, and a writer
 * sets them before it copies its bytes: only when they are so old, in
 * nanoseconds, will a change show in them.  Where they are whole seconds, they
 * may be those of a file system that has no others.
 */
#define SETTLED_AGE			INT64CONST(20000000)
#define SETTLED_AGE_SECONDS	INT64CONST(2000000000)
#define NANOSECONDS			INT64CONST(1000000000)

/* A client's statement; one that commits, as a procedure may, is several. */
typedef struct Statement
{
	LocalTransactionId transaction;
	TimestampTz start;
} Statement;

/*
 * What a statement sees of a file: whatever becomes of the file meanwhile, all
 * its scans see the same.  So does a query that is fetched from in several
 * statements.  With "recover" it saves the next statements the search for
 * chunks, too, as long as the file stays as it is.
 */
typedef struct Extent
{
	dlist_node	node;			/* in extents, the last used first */
	dlist_node	bucket_node;	/* in its bucket */
	char	   *filename;
	bool		recover;
	dlist_head	queries;		/* QueryExtents: the queries that see this */
	Statement	statement;		/* the last that used it */
	Statement	warned;			/* the last that was warned */
	PlogIdentity identity;
	bool		is_known;		/* what the file holds: what follows */
	uint64		content;		/* see plog_note_content(); not with "recover" */

	/* with "recover", what was found in the file */
	PlogRecovery recovery;
	bool		complete;
	uint64		entry_count;
	uint64		chunk_count;
	PlogChunk  *chunks;
} Extent;

/* That a query sees an extent.  It goes with the query's memory context. */
typedef struct QueryExtent
{
	dlist_node	node;			/* in the extent's queries */
	MemoryContextCallback callback;
	MemoryContext query;
} QueryExtent;

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
static dlist_head extent_buckets[EXTENT_BUCKETS];

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
	plog_reader_close(&file->reader);
}

static void
close_with_context(void *file)
{
	plog_file_close(file);
}

static dlist_head *
bucket_of(const char *filename)
{
	return &extent_buckets[string_hash(filename, strlen(filename) + 1) % EXTENT_BUCKETS];
}

static void
forget_extent(Extent *extent)
{
	dlist_delete(&extent->node);
	dlist_delete(&extent->bucket_node);
	if (extent->chunks != NULL)
		pfree(extent->chunks);
	pfree(extent->filename);
	pfree(extent);
}

/*
 * Forget the extents that were not used for longest; once in a statement, for
 * it may use many.
 */
static void
forget_old_extents(void)
{
	static Statement last;
	dlist_mutable_iter iter;
	int			old = 0;
	uint64		old_bytes = 0;

	if (is_current_statement(&last))
		return;
	last = current_statement();
	dlist_foreach_modify(iter, &extents)
	{
		Extent	   *extent = dlist_container(Extent, node, iter.cur);

		if (is_current_statement(&extent->statement) || !dlist_is_empty(&extent->queries))
			continue;
		old_bytes += extent->chunk_count * sizeof(PlogChunk);
		if (++old > MAX_OLD_EXTENTS || old_bytes > MAX_OLD_BYTES)
			forget_extent(extent);
	}
}

static bool
query_sees(const Extent *extent, MemoryContext query)
{
	dlist_iter	iter;

	dlist_foreach(iter, (dlist_head *) &extent->queries)
	{
		if (dlist_container(QueryExtent, node, iter.cur)->query == query)
			return true;
	}
	return false;
}

/*
 * What the query sees of a file already, or else the statement.  NULL: neither
 * has looked at it.
 */
static Extent *
find_extent(const char *filename, bool recover, MemoryContext query)
{
	Extent	   *of_statement = NULL;
	dlist_head *bucket = bucket_of(filename);
	dlist_iter	iter;

	dlist_foreach(iter, bucket)
	{
		Extent	   *extent = dlist_container(Extent, bucket_node, iter.cur);

		if (extent->recover != recover || strcmp(extent->filename, filename) != 0)
			continue;
		if (query != NULL && query_sees(extent, query))
			return extent;
		if (is_current_statement(&extent->statement))
			of_statement = extent;
	}
	return of_statement;
}

/*
 * What an earlier statement has found in a file that is still in that state, or
 * a new extent.
 */
static Extent *
extent_of_state(const char *filename, bool recover, const PlogIdentity *identity)
{
	dlist_head *bucket = bucket_of(filename);
	dlist_iter	iter;
	Extent	   *extent;

	dlist_foreach(iter, bucket)
	{
		extent = dlist_container(Extent, bucket_node, iter.cur);
		if (extent->recover == recover && strcmp(extent->filename, filename) == 0 &&
			memcmp(&extent->identity, identity, sizeof(*identity)) == 0)
		{
			dlist_move_head(&extents, &extent->node);
			return extent;
		}
	}
	forget_old_extents();
	extent = MemoryContextAllocZero(TopMemoryContext, sizeof(Extent));
	extent->filename = MemoryContextStrdup(TopMemoryContext, filename);
	extent->recover = recover;
	extent->identity = *identity;
	dlist_init(&extent->queries);
	dlist_push_head(&extents, &extent->node);
	dlist_push_head(bucket, &extent->bucket_node);
	return extent;
}

static void
leave_extent(void *query_extent)
{
	dlist_delete(&((QueryExtent *) query_extent)->node);
}

/*
 * From now on the query sees this of the file.
 */
static void
enter_extent(Extent *extent, MemoryContext query)
{
	QueryExtent *entered;

	if (query == NULL || query_sees(extent, query))
		return;
	entered = MemoryContextAlloc(query, sizeof(QueryExtent));
	entered->query = query;
	entered->callback.func = leave_extent;
	entered->callback.arg = entered;
	dlist_push_head(&extent->queries, &entered->node);
	MemoryContextRegisterResetCallback(query, &entered->callback);
}

/*
 * For how many nanoseconds a file's next change may not yet show in its times.
 */
static int64
unsettled_time(const PlogIdentity *identity, int64 settled_age)
{
	struct timespec now;
	int64		age;

	if (clock_gettime(CLOCK_REALTIME, &now) != 0)
		return 0;
	age = (int64) now.tv_sec * NANOSECONDS + now.tv_nsec - identity->ctime;

	/* times of another machine's clock tell nothing */
	return age >= settled_age || age < -settled_age ? 0 : settled_age - age;
}

/*
 * Wait until changes of the file will show in its times.  False where that is
 * so already; else it has to be looked at again.
 */
static bool
wait_for_settling(const PlogIdentity *identity)
{
	int64		left = unsettled_time(identity, SETTLED_AGE);
	int64		before = left;

	if (left == 0)
		return false;

	/* it never grows, unless the clock was set */
	while (left > 0 && left <= before)
	{
		(void) WaitLatch(MyLatch, WL_LATCH_SET | WL_TIMEOUT | WL_EXIT_ON_PM_DEATH,
						 (long) (left / 1000000 + 1), PG_WAIT_EXTENSION);
		ResetLatch(MyLatch);
		CHECK_FOR_INTERRUPTS();
		before = left;
		left = unsettled_time(identity, SETTLED_AGE);
	}
	return true;
}

/*
 * Give an identity that no later statement will ask for to a file whose changes
 * may still not show.
 */
static void
mark_unsettled(PlogIdentity *identity)
{
	static uint64 looks = 0;
	bool		is_whole_second = identity->ctime % NANOSECONDS == 0;

	if (unsettled_time(identity, is_whole_second ? SETTLED_AGE_SECONDS : SETTLED_AGE) > 0)
		identity->look = ++looks;
}

/*
 * Take the file's state, once it is settled.  It is waited for once: one that
 * is changed all the time can only be read while it grows.
 */
static PlogStatus
take_state(PlogFile *file, PlogError *error)
{
	PlogReader *reader = &file->reader;

	if (wait_for_settling(&reader->identity))
	{
		if (plog_look_again(reader, error) != PLOG_OK)
			return error->status;
		if (!file->recover && unsettled_time(&reader->identity, SETTLED_AGE) > 0)
			return plog_fail(error, PLOG_CHANGED, 0, "file has changed while it was read");
	}
	mark_unsettled(&reader->identity);
	return PLOG_OK;
}

/*
 * Let the file be what the extent says, if it still is.
 */
static PlogStatus
use_extent(PlogFile *file, const Extent *extent, PlogError *error)
{
	PlogReader *reader = &file->reader;
	PlogStatus	status;
	PlogError	change;

	if (!file->recover)
	{
		status = plog_read_directory(reader, error);
		reader->identity = extent->identity;
		reader->verified_ctime = extent->identity.ctime;
		reader->content = extent->content;
		reader->knows_content = true;
		if (plog_check_unchanged(reader, &change) == PLOG_OK)
			return status;
		*error = change;
		return change.status;
	}
	if (reader->identity.device != extent->identity.device ||
		reader->identity.inode != extent->identity.inode ||
		reader->identity.size < extent->identity.size)
		return plog_fail(error, PLOG_CHANGED, 0, "file has changed while it was read");

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
 * Is it the same file, as far as anything tells that is not about its content?
 */
static bool
may_be_same(const PlogIdentity *a, const PlogIdentity *b)
{
	return a->device == b->device && a->inode == b->inode && a->size == b->size &&
		a->mtime == b->mtime;
}

/*
 * Read header and directory, and note the content.
 */
static PlogStatus
read_log(PlogReader *reader, PlogError *error)
{
	PlogStatus	status = plog_read_directory(reader, error);
	PlogError	change;

	if (status == PLOG_OK)
		status = plog_note_content(reader, error);
	if (plog_check_unchanged(reader, &change) == PLOG_OK)
		return status;
	*error = change;
	return change.status;
}

/*
 * Find out what the file holds, and remember it.
 */
static PlogStatus
find_out_extent(PlogFile *file, Extent *extent, PlogError *error)
{
	PlogReader *reader = &file->reader;
	PlogStatus	status;

	/* when it was looked at first, nothing of it was read yet */
	if (!file->recover && !may_be_same(&reader->identity, &extent->identity))
		return plog_fail(error, PLOG_CHANGED, 0, "file has changed while it was read");
	status = file->recover ? plog_recover(reader, &extent->recovery, error) :
		read_log(reader, error);
	if (status == PLOG_OK && file->recover)
		status = plog_note_endings(reader, error);
	if (status != PLOG_OK)
		return status;
	extent->identity = reader->identity;
	extent->content = reader->content;
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
	extent->is_known = true;
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
 * Read what the file holds, as this query, or else this statement, sees it.
 */
static PlogStatus
read_extent(PlogFile *file, MemoryContext query, PlogError *error)
{
	Extent	   *extent = find_extent(file->filename, file->recover, query);
	bool		is_first = extent == NULL;
	PlogStatus	status = PLOG_OK;

	if (extent == NULL || !extent->is_known)
		status = take_state(file, error);
	if (status != PLOG_OK)
		return status;
	if (extent == NULL)
		extent = extent_of_state(file->filename, file->recover, &file->reader.identity);
	status = extent->is_known ? use_extent(file, extent, error) :
		find_out_extent(file, extent, error);
	if (status != PLOG_OK)
		return status;

	/* what an earlier statement has begun says nothing about this one */
	if (is_first)
		extent->statement = current_statement();
	enter_extent(extent, query);
	if (file->recover)
		warn_of_loss(file, extent);
	return PLOG_OK;
}

PlogFile *
plog_file_open(const char *filename, bool recover, MemoryContext query)
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

	file->reader.source = &virtual_files;
	status = plog_reader_open(&file->reader, filename, &options, &error);
	if (status == PLOG_OK)
		status = read_extent(file, query, &error);
	if (status != PLOG_OK)
		report_plog_error(filename, &error);
	return file;
}

void
plog_file_settle(const char *filename, MemoryContext query)
{
	Extent	   *extent = find_extent(filename, false, query);
	PlogIdentity identity;
	PlogError	error;

	if (extent == NULL)
	{
		if (plog_identify(filename, &identity, &error) != PLOG_OK ||
			(wait_for_settling(&identity) && plog_identify(filename, &identity, &error) != PLOG_OK))
			return;
		mark_unsettled(&identity);
		extent = extent_of_state(filename, false, &identity);
		extent->statement = current_statement();
	}
	enter_extent(extent, query);
}

PlogFileState
plog_file_state(const PlogFile *file)
{
	PlogFileState state;

	state.identity = file->reader.identity;
	state.content = file->reader.content;
	return state;
}

/*
 * Report that the file is not what others have seen.
 */
static void
report_change(const PlogFile *file)
{
	PlogError	error;

	plog_fill_error(&error, PLOG_CHANGED, 0, "file has changed while it was read");
	report_plog_error(file->filename, &error);
}

void
plog_file_must_be(PlogFile *file, const PlogFileState *state)
{
	PlogReader *reader = &file->reader;

	if (!may_be_same(&reader->identity, &state->identity) || reader->content != state->content)
		report_change(file);

	/* what was kept of it goes by the name that the other process has for it */
	reader->identity = state->identity;
}

bool
plog_file_is_older_than_statement(const PlogIdentity *identity)
{
	TimestampTz start = GetCurrentStatementStartTimestamp() +
		(POSTGRES_EPOCH_JDATE - UNIX_EPOCH_JDATE) * USECS_PER_DAY;

	return identity->ctime < start * 1000 - SETTLED_AGE;
}

void
plog_file_must_be_older(const PlogFile *file)
{
	if (!plog_file_is_older_than_statement(&file->reader.identity))
		report_change(file);
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
