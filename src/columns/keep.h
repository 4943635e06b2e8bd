/*-------------------------------------------------------------------------
 *
 * keep.h
 *		Which columns of system calls a scan leaves behind that inflates chunks anyway.
 *
 *-------------------------------------------------------------------------
 */
#ifndef PANDELEPHANT_KEEP_H
#define PANDELEPHANT_KEEP_H

#include "utils/guc.h"

typedef enum KeepColumns
{
	KEEP_COLUMNS_BY_SETTING,	/* of an option that is not given */
	KEEP_COLUMNS_OFF,
	KEEP_COLUMNS_OF_CALLS,
	KEEP_ALL_COLUMNS
} KeepColumns;

/* The values of the setting and of the option, by name. */
extern const struct config_enum_entry keep_columns_values[];

/* Setting pandelephant.keep_columns. */
extern int	pandelephant_keep_columns;

/* Setting pandelephant.min_column_log_size: not of logs that are smaller, in kB. */
extern int	pandelephant_min_column_log_size;

#endif							/* PANDELEPHANT_KEEP_H */
