/*-------------------------------------------------------------------------
 *
 * cache_directory.h
 *		Where files are that can be made again from logs.
 *
 *-------------------------------------------------------------------------
 */
#ifndef PANDELEPHANT_CACHE_DIRECTORY_H
#define PANDELEPHANT_CACHE_DIRECTORY_H

#include "utils/guc.h"

/*
 * Setting pandelephant.cache_directory: a path, from the data directory on if it is
 * relative.  It is short enough to leave room for the name of a file in MAXPGPATH bytes.
 */
extern char *pandelephant_cache_directory;

#define DEFAULT_CACHE_DIRECTORY	"pandelephant_cache"

extern bool check_cache_directory(char **path, void **extra, GucSource source);

#endif							/* PANDELEPHANT_CACHE_DIRECTORY_H */
