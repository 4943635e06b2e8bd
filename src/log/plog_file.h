/*-------------------------------------------------------------------------
 *
 * plog_file.h
 *		A plog as a backend has it open.
 *
 * Between src/plog, which knows nothing of PostgreSQL, and the rest: it closes
 * the reader with its memory context, makes it interruptible, and reports its
 * errors.
 *
 *-------------------------------------------------------------------------
 */
#ifndef PANDELEPHANT_PLOG_FILE_H
#define PANDELEPHANT_PLOG_FILE_H

#include "nodes/pg_list.h"

#include "plog/reader.h"

typedef struct PlogFile
{
	char	   *filename;		/* as given */
	bool		recover;		/* read what can be read, and warn */
	PlogReader	reader;
	MemoryContext context;		/* closes the file when it is reset */
} PlogFile;

/*
 * Open a log and read its header and directory; with "recover" find what can
 * be read of a damaged one, and warn of what is lost, once in a statement.  All
 * files opened in one statement under one name are the same, or an error is
 * reported.  The same holds for a query, known by the memory context that lives
 * as long, though the statements that fetch from it be several; NULL: there is
 * none.  A file that was changed just now is waited for.  It is closed with the
 * current memory context, or by plog_file_close() before.  Errors are reported.
 */
extern PlogFile *plog_file_open(const char *filename, bool recover, MemoryContext query);
extern void plog_file_close(PlogFile *file);

/*
 * Let the query see the file as it is now, whenever it opens it.  Errors are
 * left to that.
 */
extern void plog_file_settle(const char *filename, MemoryContext query);

/*
 * What another process of the same statement needs to know, to have the same
 * file open.
 */
typedef struct PlogFileState
{
	PlogIdentity identity;
	uint64		content;		/* see plog_note_content() */
} PlogFileState;

extern PlogFileState plog_file_state(const PlogFile *file);

/*
 * Report an error if the file is not in that state, in which another process
 * of the same statement has it open.
 */
extern void plog_file_must_be(PlogFile *file, const PlogFileState *state);

/*
 * Was the file in that state already when the statement began?  Then all of a
 * statement's processes have seen the same.
 */
extern bool plog_file_is_older_than_statement(const PlogIdentity *identity);

/*
 * Report an error if it was not.
 */
extern void plog_file_must_be_older(const PlogFile *file);

/*
 * Stat a log, without opening it.  Errors are reported.
 */
extern PlogIdentity plog_file_identify(const char *filename);

/*
 * Read and inflate a chunk; see plog_inflate().  The buffer must be closed by
 * its owner, also after an error: see plog_buffer_create().
 */
extern void plog_file_read_chunk(PlogFile *file, uint64 chunk, PlogBuffer *inflated);

/*
 * Report an error if a chunk that was read holds another number of entries than
 * it should, or does not end with one: for who may not walk all of them.
 */
extern void plog_file_check_entries(PlogFile *file, uint64 chunk, const PlogBuffer *inflated);

/*
 * After walking all of a chunk's entries: report an error if they were not as
 * many as they should be, or did not end with the chunk.
 */
extern void plog_file_check_walk(const PlogFile *file, uint64 chunk, const WireCursor *cursor,
								 uint64 entries);

/*
 * An entry's payload of a kind; data is NULL where there is none.  One that stands
 * several times is merged in the buffer: see plog_payload().
 */
extern PlogBytes merge_entry_payload(const PlogEntry *entry, uint32 kind, PlogBuffer *merged);

static inline PlogBytes
entry_payload(const PlogEntry *entry, uint32 kind, PlogBuffer *merged)
{
	const PlogBytes absent = {NULL, 0};

	if (unlikely(entry->has_more_payloads))
		return merge_entry_payload(entry, kind, merged);
	return entry->kind == kind ? entry->payload : absent;
}

/*
 * An empty buffer that is freed with the current memory context.
 */
extern PlogBuffer *plog_buffer_create(void);

/*
 * Report that an entry's message is not protobuf.  With "recover" this does
 * nothing: the caller goes on without the message.
 */
extern void report_malformed_entry(const PlogFile *file, uint64 entry_id);

#endif							/* PANDELEPHANT_PLOG_FILE_H */
