/*-------------------------------------------------------------------------
 *
 * identity.h
 *		Telling one state of a file from another by its times.
 *
 * A file's times may come from a clock that ticks every 10 ms only, and a writer sets
 * them before it copies its bytes.  So a file that was changed just now is not
 * settled: if it is changed again, its times may stay as they are.
 *

 *-------------------------------------------------------------------------
 */
#ifndef PANDELEPHANT_IDENTITY_H
#define PANDELEPHANT_IDENTITY_H

#include "plog/source.h"

/*
 * Wait until a change of the file would show in its times.  Returns whether it
 * waited: then the file has to be looked at again.
 */
extern bool wait_for_settling(const PlogIdentity *identity);

/* Was the file changed so recently that another change may not show? */
extern bool is_unsettled(const PlogIdentity *identity);

/*
 * If the file may not be settled, set identity->look, so that no later look at it
 * gives the same identity.
 */
extern void mark_unsettled(PlogIdentity *identity);

/*
 * Is it the same file in the same state, by all but ctime and look?
 */
extern bool may_be_same_state(const PlogIdentity *a, const PlogIdentity *b);

/*
 * Was the file in that state already when the statement began, settled?
 */
extern bool is_older_than_statement(const PlogIdentity *identity);

#endif							/* PANDELEPHANT_IDENTITY_H */
