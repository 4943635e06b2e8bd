/*-------------------------------------------------------------------------
 *
 * files.h
 *		The directory of catalog files.
 *
 *-------------------------------------------------------------------------
 */
#ifndef PANDELEPHANT_CATALOG_FILES_H
#define PANDELEPHANT_CATALOG_FILES_H

#include <sys/stat.h>

#include "port/pg_crc32c.h"

#include "catalog/store/layout.h"

/*
 * Settings pandelephant.catalog_cache and pandelephant.catalog_cache_size: are
 * catalogs kept on disk, and how many kB may all files have together?
 */
extern bool pandelephant_catalog_cache;
extern int	pandelephant_catalog_cache_size;

/* The settings as a number of bytes; 0: no catalogs are kept on disk. */
extern uint64 store_limit(void);

/* Is an interrupt pending?  Then reading and writing fail. */
extern bool store_is_interrupted(void);

/* How the names of catalogs' files end. */
#define CATALOG_SUFFIX			".catalog"

/* The path of the file of that name and kind, in MAXPGPATH bytes. */
extern void store_make_path(char *path, const StoreName *name, const char *suffix);

/*
 * The path of a file to be written by this process, in MAXPGPATH bytes.  There is
 * no such file, but its directory is there.  Returns false, and sets errno, if the
 * directory cannot be made.
 */
extern bool store_make_temporary(char *path);

/* Open a file.  Returns -1, and sets errno, if that fails. */
extern int	store_open_file(const char *path, int flags);

/* Close a file.  Returns false, and sets errno, if that fails. */
extern bool store_close_file(int fd);

/*
 * Read or write exactly so many bytes, and add them to a checksum.  Returns false
 * if that fails; only writing sets errno.
 */
extern bool store_read_bytes(int fd, void *data, uint64 bytes, pg_crc32c *checksum);
extern bool store_write_bytes(int fd, const void *data, uint64 bytes, pg_crc32c *checksum);

/* Set the time of a file that was used, which eviction goes by. */
extern void store_touch_file(const char *path, const struct stat *state);

/* A file of the store. */
#define STORE_MAX_NAME			32

typedef struct StoreFile
{
	char		name[STORE_MAX_NAME];
	int64		used;			/* nanoseconds since 1970 */
	uint64		bytes;
} StoreFile;

/*
 * List the files of a kind, and remove the unfinished files of processes that are
 * gone.
 */
extern StoreFile *store_list_files(const char *suffix, int *count);

/* The path of a file of the store, in MAXPGPATH bytes. */
extern void store_file_path(char *path, const StoreFile *file);

#endif							/* PANDELEPHANT_CATALOG_FILES_H */
