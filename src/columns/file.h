/*-------------------------------------------------------------------------
 *
 * file.h
 *		A log's file of columns.
 *
 * The files are a cache beside the catalogs.  If one is damaged or stale, cannot be
 * written, or goes while it is read, that is no error: it is reported at DEBUG1 only,
 * and the log is read instead.  A damaged file is removed.
 *
 * Processes append records one after the other, under a lock that dies with them.
 * Reading takes no lock: a record is taken when all of it is there.
 *
 *-------------------------------------------------------------------------
 */
#ifndef PANDELEPHANT_COLUMNS_FILE_H
#define PANDELEPHANT_COLUMNS_FILE_H

#include "columns/decode.h"
#include "catalog/store/store.h"

/* How the names of such files end. */
#define COLUMNS_SUFFIX			".columns"

/* Setting pandelephant.column_cache_size: how many kB all files may have together. */
extern int	pandelephant_column_cache_size;

typedef struct ColumnsFile ColumnsFile;

/*
 * Open the file of a log, which has that key; with "make", make it if it is not there.
 * It is closed with the current memory context.  NULL if there is none, or may be none.
 */
extern ColumnsFile *columns_file_open(const PlogFile *file, const CatalogKey *key, bool make);

/* Which blocks of a chunk are there now? */
extern ColumnBlocks columns_file_has(ColumnsFile *file, uint64 chunk);

/* How many calls a chunk has, of which some block is there. */
extern uint32 columns_file_calls(const ColumnsFile *file, uint64 chunk);

/*
 * Read and decode a block of a chunk that decode_chunk() has begun with.  False if
 * that cannot be done.
 */
extern bool columns_file_read(ColumnsFile *file, uint64 chunk, ColumnBlock block,
							  ChunkDecoder *decoder);

/*
 * Append a record.  False if that cannot be done, nor will be for a later one.
 */
extern bool columns_file_append(ColumnsFile *file, const ColumnsRecord *record);

/* Free the memory that reading has taken. */
extern void columns_file_rest(ColumnsFile *file);

/* Note that the file was used now, by a scan; "counts" if that is to be counted. */
extern void columns_file_hit(ColumnsFile *file, bool counts);

/* What is said of a file without opening its log. */
typedef struct ColumnsFileState
{
	char		log[MAXPGPATH]; /* as it was named when the file was made, in the
								 * encoding of that database */
	ColumnBlocks blocks;		/* that it has of some chunk */
	uint64		bytes;
	int64		made;			/* seconds since 1970 */
	uint64		hits;
} ColumnsFileState;

/* Look at a file in the store's directory.  False if it is damaged or gone. */
extern bool columns_file_state(const char *path, ColumnsFileState *state);

#endif							/* PANDELEPHANT_COLUMNS_FILE_H */
