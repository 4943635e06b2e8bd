/*-------------------------------------------------------------------------
 *
 * utility.h
 *		Running utility commands.
 *
 *-------------------------------------------------------------------------
 */
#ifndef PANDELEPHANT_COMPAT_UTILITY_H
#define PANDELEPHANT_COMPAT_UTILITY_H

#include "tcop/dest.h"
#include "tcop/utility.h"

/*
 * ProcessUtility() for a command in a function, without parameters or results.
 */
static inline void
process_utility(PlannedStmt *statement, const char *command)
{
#if PG_VERSION_NUM >= 140000
	ProcessUtility(statement, command, false, PROCESS_UTILITY_QUERY, NULL, NULL, None_Receiver,
				   NULL);
#else
	ProcessUtility(statement, command, PROCESS_UTILITY_QUERY, NULL, NULL, None_Receiver, NULL);
#endif
}

#endif							/* PANDELEPHANT_COMPAT_UTILITY_H */
