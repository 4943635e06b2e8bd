/*-------------------------------------------------------------------------
 *
 * execution.h
 *		Adding, replacing and dropping an execution of the native tables.
 *
 *-------------------------------------------------------------------------
 */
#ifndef PANDELEPHANT_MATERIALIZE_EXECUTION_H
#define PANDELEPHANT_MATERIALIZE_EXECUTION_H

#include "materialize/build.h"

/* What to do if the target has an execution of that name already. */
typedef enum IfExists
{
	IF_EXISTS_ERROR,
	IF_EXISTS_SKIP,
	IF_EXISTS_REPLACE
} IfExists;

/*
 * Copy the source into the target.  False if there was nothing to do.
 */
extern bool materialize(Materialization *copy, IfExists if_exists);

/*
 * Drop the execution of that name.  False if there is none.
 */
extern bool drop_execution(NativeTarget *target, const char *name);

#endif							/* PANDELEPHANT_MATERIALIZE_EXECUTION_H */
