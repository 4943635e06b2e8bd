/*-------------------------------------------------------------------------
 *
 * extent.c
 *		What a statement sees of a file.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "access/parallel.h"
#include "access/xact.h"
#include "common/hashfn.h"
#include "lib/ilist.h"
#include "utils/memutils.h"

#include "compat/transaction.h"
#include "log/extent.h"
#include "log/identity.h"
#include "log/large_object.h"
#include "log/log_source.h"
#include "log/report.h"
#include "plog/change.h"
#include "plog/directory.h"

/*
 * A backend keeps the extents of this many files besides those in use, and no more
 * than so many bytes of them.
 */
#define MAX_OLD_EXTENTS		16
#define MAX_OLD_BYTES		((uint64) 16 * 1024 * 1024)

/* Extents are found by a hash of their files' names. */
#define EXTENT_BUCKETS		1024

/* A client's statement.  One that commits, as a procedure can, counts as several. */
typedef struct Statement
{
	LocalTransactionId transaction;
	TimestampTz start;
} Statement;

/*
 * What was seen of a file, and who has to see the same.  With "recover" the next
 * statements use what was found, too, as long as the file stays as it is.
 */
typedef struct Extent
{
	dlist_node	node;			/* in extents, the last used first */
	dlist_node	bucket_node;	/* in its bucket */
	char	   *filename;
	bool		recover;
	dlist_head	queries;		/* QueryExtents: the queries that see this */
	Statement	statement;		/* the last that used it */
	Statement	warned;			/* the last that was warned of what is lost */
	PlogIdentity identity;
	bool		is_known;		/* has the file been read, and the rest been filled in? */
	uint64		content;		/* see plog_note_content(); not with "recover" */

	/* with "recover", what was found in the file */
	PlogRecovery recovery;
	bool		complete;
	uint64		entry_count;
	uint64		chunk_count;
	PlogChunk  *chunks;
} Extent;

/* A query that sees an extent.  It is removed with the query's memory context. */
typedef struct QueryExtent
{
	dlist_node	node;			/* in the extent's queries */
	MemoryContextCallback callback;
	MemoryContext query;
} QueryExtent;

static dlist_head extents = DLIST_STATIC_INIT(extents);
static dlist_head extent_buckets[EXTENT_BUCKETS];

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
 * Forget the extents that have not been used for the longest time.  That is done
 * once in a statement, because a statement may use many.
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
 * The extent that the query sees already, or else the one that the statement sees.
 * NULL where neither has looked at the file.
 */
static Extent *
find_extent(const char *filename, bool recover, MemoryContext query)
{
	Extent	   *of_statement = NULL;
	dlist_head *bucket = bucket_of(filename);
	dlist_iter	iter;
	Oid			object;

	/* a query sees a large object by its snapshot, which tells what it sees */
	if (is_large_object_name(filename, &object))
		return NULL;
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
 * The extent that an earlier statement has left for a file in that state, or a new
 * one.
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
 * Let the query see this extent of the file from now on.
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
 * Take the file's state, once it is settled.  It is waited for once only: a file
 * that is changed all the time can only be read with "recover", while it grows.
 */
static PlogStatus
take_state(PlogReader *reader, bool recover, PlogError *error)
{
	if (wait_for_settling(&reader->identity))
	{
		if (plog_look_again(reader, error) != PLOG_OK)
			return error->status;
		if (!recover && is_unsettled(&reader->identity))
			return plog_has_changed(error);
	}
	mark_unsettled(&reader->identity);
	return PLOG_OK;
}

/*
 * Read the directory again of a file that must be what the extent says.
 */
static PlogStatus
use_whole_extent(PlogReader *reader, const Extent *extent, PlogError *error)
{
	PlogStatus	status = plog_read_directory(reader, error);
	PlogError	change;

	reader->identity = extent->identity;
	reader->verified_ctime = extent->identity.ctime;
	reader->content = extent->content;
	reader->knows_content = true;
	if (plog_check_unchanged(reader, &change) == PLOG_OK)
		return status;
	*error = change;
	return change.status;
}

/*
 * Take over what was recovered of a file, which may have grown since.
 */
static PlogStatus
use_recovered_extent(PlogReader *reader, const Extent *extent, PlogError *error)
{
	if (reader->identity.device != extent->identity.device ||
		reader->identity.inode != extent->identity.inode ||
		reader->identity.size < extent->identity.size)
		return plog_has_changed(error);

	/* for what the header says, if there is one */
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
 * Read header and directory, and note the content.
 */
static PlogStatus
read_whole_extent(PlogReader *reader, Extent *extent, PlogError *error)
{
	PlogStatus	status;
	PlogError	change;

	/* the file may have changed between the first look at it and its opening */
	if (!may_be_same_state(&reader->identity, &extent->identity))
		return plog_has_changed(error);
	status = plog_read_directory(reader, error);
	if (status == PLOG_OK)
		status = plog_note_content(reader, error);
	if (plog_check_unchanged(reader, &change) != PLOG_OK)
	{
		*error = change;
		return change.status;
	}
	extent->content = reader->content;
	return status;
}

/*
 * Search for the chunks, and keep what was found.
 */
static PlogStatus
recover_extent(PlogReader *reader, Extent *extent, PlogError *error)
{
	PlogStatus	status = plog_recover(reader, &extent->recovery, error);

	if (status == PLOG_OK)
		status = plog_note_endings(reader, error);
	if (status != PLOG_OK)
		return status;
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
	return PLOG_OK;
}

static PlogStatus
fill_reader(PlogReader *reader, Extent *extent, PlogError *error)
{
	PlogStatus	status;

	if (extent->is_known)
		return extent->recover ? use_recovered_extent(reader, extent, error) :
			use_whole_extent(reader, extent, error);
	status = extent->recover ? recover_extent(reader, extent, error) :
		read_whole_extent(reader, extent, error);
	if (status != PLOG_OK)
		return status;
	extent->identity = reader->identity;
	extent->is_known = true;
	return PLOG_OK;
}

/*
 * Warn of what is lost, once in a statement.
 */
static void
warn_once(Extent *extent)
{
	if (extent->complete || is_current_statement(&extent->warned) || IsParallelWorker())
		return;
	extent->warned = current_statement();
	warn_of_loss(extent->filename, &extent->recovery);
}

PlogStatus
read_extent(PlogReader *reader, const char *filename, bool recover, MemoryContext query,
			PlogError *error)
{
	Extent	   *extent = find_extent(filename, recover, query);
	bool		is_first = extent == NULL;
	PlogStatus	status = PLOG_OK;

	if (extent == NULL || !extent->is_known)
		status = take_state(reader, recover, error);
	if (status != PLOG_OK)
		return status;
	if (extent == NULL)
		extent = extent_of_state(filename, recover, &reader->identity);
	status = fill_reader(reader, extent, error);
	if (status != PLOG_OK)
		return status;

	/* one that a query of an earlier statement sees is not what this statement sees */
	if (is_first)
		extent->statement = current_statement();
	enter_extent(extent, query);
	if (recover)
		warn_once(extent);
	return PLOG_OK;
}

void
settle_extent(const char *filename, MemoryContext query)
{
	Extent	   *extent = find_extent(filename, false, query);
	PlogIdentity identity;
	Oid			object;

	if (is_large_object_name(filename, &object))
		return;
	if (extent == NULL)
	{
		if (!log_peek(filename, &identity) ||
			(wait_for_settling(&identity) && !log_peek(filename, &identity)))
			return;
		mark_unsettled(&identity);
		extent = extent_of_state(filename, false, &identity);
		extent->statement = current_statement();
	}
	enter_extent(extent, query);
}
