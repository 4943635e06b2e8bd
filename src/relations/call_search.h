/*-------------------------------------------------------------------------
 *
 * call_search.h
 *		Leaving out calls whose line cannot have what conditions demand of it.
 *
 *-------------------------------------------------------------------------
 */
#ifndef PANDELEPHANT_CALL_SEARCH_H
#define PANDELEPHANT_CALL_SEARCH_H

#include "relations/relation_scan.h"

/* What the scan's conditions demand of lines.  The conditions keep the words. */
extern void call_search_restrict(RelationScan *scan);

/* Do they demand anything that is searched for? */
static inline bool
call_search_is_on(const RelationScan *scan)
{
	const CallSearch *search = &scan->search;

	return search->is_never || search->name != NULL || search->word_count > 0;
}

/*
 * Can the line of a call have it, by the bytes of its message, which was read from the
 * current chunk?
 */
extern bool message_may_be_found(RelationScan *scan, PlogBytes message);

/*
 * Can a call be left out even before it is decoded?  Only where the catalog has made sure
 * that it is well-formed: else that has to be reported.
 */
static inline bool
message_is_skipped(RelationScan *scan, PlogBytes message)
{
	return scan->search.word_count > 0 && scan->call.checked == 0 &&
		!message_may_be_found(scan, message);
}

/* The same for the current call, when it is decoded. */
extern bool call_may_be_found(RelationScan *scan, const PlogSyscall *syscall);

/* The blocks of kept columns that words are searched for in. */
#define COLUMNS_TO_SEARCH \
	(COLUMNS_BIT(COLUMNS_CALLS) | COLUMNS_BIT(COLUMNS_ARGUMENTS) | COLUMNS_BIT(COLUMNS_STRINGS))

/*
 * Search the current chunk, whose blocks to search are decoded.  False if no call of it
 * can be found.
 */
extern bool call_search_chunk(RelationScan *scan);

/* The same for a call of that chunk. */
extern bool kept_call_may_be_found(const RelationScan *scan, uint32 call);

#endif							/* PANDELEPHANT_CALL_SEARCH_H */
