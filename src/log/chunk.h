/*-------------------------------------------------------------------------
 *
 * chunk.h
 *		Reading and checking the chunks and entries of a log.
 *
 *-------------------------------------------------------------------------
 */
#ifndef PANDELEPHANT_CHUNK_H
#define PANDELEPHANT_CHUNK_H

#include "log/plog_file.h"
#include "plog/payload.h"

/*
 * Read and inflate a chunk; see plog_inflate().  The buffer must be freed by its
 * owner, also after an error: see plog_buffer_create().
 */
extern void plog_file_read_chunk(PlogFile *file, uint64 chunk, PlogBuffer *inflated);

/*
 * Report an error if the file has changed since it was opened, as far as that matters
 * to a chunk.  Reading a chunk does that.
 */
extern void plog_file_check_unchanged(PlogFile *file, uint64 chunk);

/*
 * Report an error if a chunk that was read has another number of entries than the
 * directory says, or if the last one is cut off: for callers that may not walk all
 * entries.
 */
extern void plog_file_check_entries(PlogFile *file, uint64 chunk, const PlogBuffer *inflated);

/*
 * The same after all of a chunk's entries were walked.
 */
extern void plog_file_check_walk(const PlogFile *file, uint64 chunk, const WireCursor *cursor,
								 uint64 entries);

/*
 * An entry's payload of a kind; data is NULL where there is none.  If it is there
 * several times, the parts are merged in the buffer: see plog_payload().
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
 * Report that an entry's message is malformed.  With "recover" this does nothing:
 * the caller goes on without the message.
 */
extern void report_malformed_entry(const PlogFile *file, uint64 entry_id);

#endif							/* PANDELEPHANT_CHUNK_H */
