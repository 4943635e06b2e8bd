/*-------------------------------------------------------------------------
 *
 * sources.h
 *		The files that a directory or a pattern names.
 *
 *-------------------------------------------------------------------------
 */
#ifndef PANDELEPHANT_LIBRARY_SOURCES_H
#define PANDELEPHANT_LIBRARY_SOURCES_H

#include "nodes/pg_list.h"

/*
 * Does a name stand for the files of a directory?  It does if it is that of a
 * directory, whose files that end in ".plog" are meant, or if its last part has one
 * of *?[.
 */
extern bool names_several_files(const char *name);

/*
 * The files that such a name stands for, as a list of C strings in the order of
 * their names.  Errors are reported.
 */
extern List *files_of_source(const char *name);

#endif							/* PANDELEPHANT_LIBRARY_SOURCES_H */
