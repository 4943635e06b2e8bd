/*-------------------------------------------------------------------------
 *
 * execution.h
 *		What the options of a foreign table say about an execution.
 *
 *-------------------------------------------------------------------------
 */
#ifndef PANDELEPHANT_EXECUTION_H
#define PANDELEPHANT_EXECUTION_H

#include "catalog/guest.h"
#include "columns/keep.h"

typedef struct ExecutionOptions
{
	const char *filename;		/* of the log, or the name of a large object, see there */
	const char *name;
	const char *description;	/* may be NULL */
	const char *descriptor;		/* a file's name, or NULL */
	const char *recording;		/* the prefix of its files' names, or NULL */
	const char *qcow;			/* the name of its disk image, or NULL */
	int64		execution_id;
	bool		recover;		/* read as much of a damaged log as possible */
	Guest		guest;			/* the machine that was recorded */
	KeepColumns keep_columns;
} ExecutionOptions;

#endif							/* PANDELEPHANT_EXECUTION_H */
