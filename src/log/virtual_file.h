/*-------------------------------------------------------------------------
 *
 * virtual_file.h
 *		Logs read through PostgreSQL's virtual file descriptors.
 *
 *-------------------------------------------------------------------------
 */
#ifndef PANDELEPHANT_VIRTUAL_FILE_H
#define PANDELEPHANT_VIRTUAL_FILE_H

#include "plog/source.h"

/*
 * A query may have more logs open than a process may have files.  So PostgreSQL closes
 * the file that has not been read for the longest time, and opens it again by its name
 * when it is read.  It may be another file by then, which fstat tells, or there may be
 * none: ENOENT.
 */
extern const PlogSource virtual_files;

#endif							/* PANDELEPHANT_VIRTUAL_FILE_H */
