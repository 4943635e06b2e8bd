/*-------------------------------------------------------------------------
 *
 * walk.c
 *		Walking the entries of a log, and its system calls.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "miscadmin.h"

#include "relations/call_search.h"
#include "relations/calls.h"
#include "relations/chunks.h"
#include "relations/kept_calls.h"
#include "relations/walk.h"

static inline void
drop_entries(ChunkWalk *walk)
{
	walk->entries.at = walk->entries.end = NULL;
}

/*
 * Leave the current chunk, if there is one, after its last entry.
 */
static inline void
leave_chunk(RelationScan *scan)
{
	ChunkWalk  *walk = &scan->walk;

	if (walk->entries.at != NULL)
		plog_file_check_walk(scan->file, walk->chunk, &walk->entries,
							 scan->entry_id + 1 - scan->file->reader.chunks[walk->chunk].first_entry);
	drop_entries(walk);
}

/*
 * Go to the next entry.  This is inlined into both of the functions below, as
 * they are called for every row.  False at the end, and before a chunk whose calls
 * come from columns.
 */
static pg_attribute_always_inline bool
next_entry(RelationScan *scan)
{
	PlogBytes	body;

	for (;;)
	{
		while (!plog_next_body(&scan->walk.entries, &body))
		{
			leave_chunk(scan);
			if (!relation_read_chunk(scan) || scan->kept.is_current)
				return false;
		}
		scan->entry_id++;
		CHECK_FOR_INTERRUPTS();
		if (scan->entry_id < scan->restriction.lowest_entry)
			continue;
		if (scan->entry_id > scan->restriction.highest_entry)
		{
			/* nor can any later entry of this chunk match */
			drop_entries(&scan->walk);
			continue;
		}
		if (plog_decode_entry_numbers(body, scan->entry_numbers, &scan->entry))
			return true;
		report_malformed_entry(scan->file, scan->entry_id);
	}
}

bool
relation_next_entry(RelationScan *scan)
{
	return next_entry(scan);
}

/*
 * The next call of the chunks that are read, up to one whose calls come from columns.
 */
static inline bool
next_read_syscall(RelationScan *scan, PlogSyscall *syscall)
{
	while (next_entry(scan))
	{
		PlogBytes	message = entry_payload(&scan->entry, PLOG_ENTRY_SYSCALL, scan->merged);

		if (message.data == NULL || message_is_skipped(scan, message))
			continue;
		if (call_decode(scan, message, syscall))
			return true;
		report_malformed_entry(scan->file, scan->entry_id);
	}
	return false;
}

bool
relation_next_syscall(RelationScan *scan, PlogSyscall *syscall)
{
	for (;;)
	{
		if (scan->kept.is_current && kept_calls_next(scan, syscall))
			return true;
		if (next_read_syscall(scan, syscall))
			return true;
		if (!scan->kept.is_current)
			return false;
	}
}
