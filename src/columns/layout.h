/*-------------------------------------------------------------------------
 *
 * layout.h
 *		What a file of columns looks like.
 *
 * A file has the columns of one log: a header, then a record for each chunk, in the
 * order in which they were made.  A record is a header and blocks, one for each group
 * of columns, so that a query reads only what it needs.  A chunk may have two records,
 * one with its calls and one with their arguments.
 *
 *-------------------------------------------------------------------------
 */
#ifndef PANDELEPHANT_COLUMNS_LAYOUT_H
#define PANDELEPHANT_COLUMNS_LAYOUT_H

#include "port/pg_crc32c.h"

#include "catalog/store/layout.h"

/*
 * Increase this with every change of what a file holds or of what it means.  That
 * includes a repair of how calls and arguments are decoded.
 */
#define COLUMNS_FORMAT			1

/* The first bytes of a file and of a record; those of another byte order differ. */
#define COLUMNS_MAGIC			UINT64CONST(0x534C4F43444E4150)
#define COLUMNS_RECORD_MAGIC	0x44524350

typedef enum ColumnBlock
{
	COLUMNS_CALLS,				/* which entries are calls; names; what is absent */
	COLUMNS_THREADS,			/* pid, tid, create_time, asid */
	COLUMNS_RETVALS,
	COLUMNS_OFFSETS,
	COLUMNS_PCS,
	COLUMNS_ARGUMENTS,			/* names and kinds of each call's arguments */
	COLUMNS_NUMBERS,			/* values of arguments */
	COLUMNS_STRINGS,			/* likewise */
	COLUMNS_BLOCKS
} ColumnBlock;

/* A set of blocks, as bits. */
typedef uint32 ColumnBlocks;

#define COLUMNS_BIT(block)		((ColumnBlocks) 1 << (block))
#define COLUMNS_OF_CALLS \
	(COLUMNS_BIT(COLUMNS_CALLS) | COLUMNS_BIT(COLUMNS_THREADS) | COLUMNS_BIT(COLUMNS_RETVALS) | \
	 COLUMNS_BIT(COLUMNS_OFFSETS) | COLUMNS_BIT(COLUMNS_PCS))
#define COLUMNS_OF_ARGUMENTS \
	(COLUMNS_BIT(COLUMNS_ARGUMENTS) | COLUMNS_BIT(COLUMNS_NUMBERS) | COLUMNS_BIT(COLUMNS_STRINGS))

/*
 * In front of a file.  Only "hits" changes after that, and has no checksum.
 */
typedef struct ColumnsHeader
{
	uint64		magic;
	uint64		hits;			/* about how many scans have read the file */
	pg_crc32c	checksum;		/* of what follows */
	uint32		checksum_of_log;	/* as in CatalogKey */
	uint32		chunks_checksum;	/* likewise */
	uint32		unused;
	StoreName	name;			/* what the file is found by */
	uint64		chunk_count;	/* of the log */
	int64		made;			/* seconds since 1970 */
	char		log[MAXPGPATH]; /* the log, as it was named then */
} ColumnsHeader;

/*
 * Chunks that are larger, in bytes, or have more calls or arguments, have no columns:
 * they would take too much memory.  PANDA makes chunks of 16 MB, but for a burst of
 * entries at one instruction; of the chunks of the log in README.md, a call takes some
 * 190 bytes.
 */
#define COLUMNS_MOST_CHUNK_BYTES	((Size) 64 * 1024 * 1024)
#define COLUMNS_MOST_CALLS			(512 * 1024)
#define COLUMNS_MOST_ARGUMENTS		(2 * 1024 * 1024)

/* So no block is larger: at most the strings of a chunk, and 34 bytes an argument. */
#define COLUMNS_MOST_BLOCK_BYTES	((Size) 144 * 1024 * 1024)

/*
 * A block is compressed if it takes fewer bytes in the file than it has.  LZ4 makes a
 * byte of at most 255.
 */
#define COLUMNS_MOST_COMPRESSION	255

typedef struct ColumnsBlockHeader
{
	uint32		bytes;
	uint32		stored;			/* bytes in the file */
	pg_crc32c	checksum;		/* of those */
	uint32		unused;
} ColumnsBlockHeader;

/* In front of a record, whose blocks follow in the order of ColumnBlock. */
typedef struct ColumnsRecord
{
	uint32		magic;
	pg_crc32c	checksum;		/* of what follows here */
	uint64		chunk;
	uint64		bytes;			/* of all blocks, in the file */
	ColumnBlocks blocks;		/* those that it has */
	uint32		calls;			/* how many the chunk has */
	ColumnsBlockHeader headers[COLUMNS_BLOCKS];
} ColumnsRecord;

extern pg_crc32c columns_header_checksum(const ColumnsHeader *header);
extern pg_crc32c columns_record_checksum(const ColumnsRecord *record);

/*
 * Is it an undamaged record of a log of so many chunks, whose blocks have the bytes
 * that it says?
 */
extern bool columns_record_is_sound(const ColumnsRecord *record, uint64 chunk_count);

/* What a log's file is found by. */
extern StoreName columns_name(const PlogIdentity *identity, bool recover);

/*
 * What a block of calls begins with: the names of all kinds follow, then the number
 * of each call's kind, and then the number of each call's entry in the chunk.
 */
typedef struct StoredKind
{
	uint64		pc;				/* see CallKind */
	uint32		entry_present;
	uint32		present;
	uint32		name_length;
	uint32		unused;
} StoredKind;

typedef struct StoredCalls
{
	uint32		kind_count;
	uint32		names_bytes;
} StoredCalls;

/* A block of threads: these, then the number of each call's. */
typedef struct StoredThread
{
	uint64		create_time;
	uint64		asid;
	uint32		pid;
	uint32		tid;
	uint32		present;		/* the bits of pid, tid and create_time */
	uint32		entry_present;	/* the bit of asid */
} StoredThread;

typedef struct StoredThreads
{
	uint32		thread_count;
	uint32		unused;
} StoredThreads;

/*
 * A block of arguments: forms, the parameters of all forms, their names, then the
 * number of each call's form.
 */
typedef struct StoredForm
{
	uint32		parameters;
	uint32		calls;			/* how many calls have it */
} StoredForm;

typedef struct StoredParameter
{
	uint32		kind;			/* see Parameter */
	uint32		name_length;
} StoredParameter;

typedef struct StoredArguments
{
	uint32		form_count;
	uint32		parameter_count;
	uint32		names_bytes;
	uint32		string_count;	/* in the block of strings */
} StoredArguments;

/*
 * A block of numbers: for each parameter whose values are numbers, those of its calls.
 * A block of strings: how many bytes they have in all, the length of each, their bytes,
 * and then for each parameter whose values are strings which of them its calls have.
 */
typedef struct StoredStrings
{
	uint64		bytes;
} StoredStrings;

#endif							/* PANDELEPHANT_COLUMNS_LAYOUT_H */
