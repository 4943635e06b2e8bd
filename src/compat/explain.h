/*-------------------------------------------------------------------------
 *
 * explain.h
 *		EXPLAIN, whose declarations version 18 moved.
 *
 *-------------------------------------------------------------------------
 */
#ifndef PANDELEPHANT_COMPAT_EXPLAIN_H
#define PANDELEPHANT_COMPAT_EXPLAIN_H

#include "commands/explain.h"

#if PG_VERSION_NUM >= 180000
#include "commands/explain_format.h"
#include "commands/explain_state.h"
#endif

#endif							/* PANDELEPHANT_COMPAT_EXPLAIN_H */
