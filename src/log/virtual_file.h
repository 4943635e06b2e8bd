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
 * A query may have more logs open than a process may have files: what was not
 * read for longest is closed, and opened again, by its name, when it is wanted.
 * That may be another file by then, as fstat tells, or none: ENOENT.  Memory is
 * all that an open file costs.
 */
extern const PlogSource virtual_files;

#endif							/* PANDELEPHANT_VIRTUAL_FILE_H */
