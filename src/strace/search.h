/*-------------------------------------------------------------------------
 *
 * search.h
 *		What a call must have for its line to match a pattern, or to contain a text.
 *
 *-------------------------------------------------------------------------
 */
#ifndef PANDELEPHANT_STRACE_SEARCH_H
#define PANDELEPHANT_STRACE_SEARCH_H

#include "plog/wire.h"

/* The most words that are searched for.  What else a pattern has is left out. */
#define STRACE_MOST_WORDS	8

/* A line that does not match may meet all of it: it is for leaving out lines only. */
typedef struct StraceSearch
{
	/* no line matches */
	bool		is_never;

	/*
	 * Each of these stands in the call's name, or in a string or bytes of its arguments
	 * or of their members, as the log has them.
	 */
	int			word_count;
	PlogBytes	words[STRACE_MOST_WORDS];

	/* the call's name is one of these two; data is NULL where it may be any */
	PlogBytes	names[2];
} StraceSearch;

/* Find out what a pattern of LIKE demands.  In the current memory context. */
extern StraceSearch *strace_search_pattern(PlogBytes pattern);

/* The same for a text that stands somewhere in a line. */
extern StraceSearch *strace_search_text(PlogBytes text);

#endif							/* PANDELEPHANT_STRACE_SEARCH_H */
