/*-------------------------------------------------------------------------
 *
 * file.c
 *		A log's file of columns.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/file.h>
#include <time.h>
#include <unistd.h>

#include "miscadmin.h"
#include "utils/memutils.h"

#include "catalog/store/files.h"
#include "catalog/store/room.h"
#include "columns/compress.h"
#include "columns/file.h"
#include "columns/space.h"

/* How often and how long, in microseconds, the lock is waited for. */
#define LOCK_TRIES				200
#define LOCK_WAIT				1000

/* The last time, in seconds since 1970, that a file is believed to be made at. */
#define LATEST_MADE				(INT64CONST(1) << 40)

int			pandelephant_column_cache_size = 256 * 1024;

/* What this process knows of the room for columns. */
static StoreRoom room;

/* Where the records of a chunk begin; 0: there is none. */
typedef struct ChunkPlaces
{
	uint64		with_calls;
	uint64		with_arguments;
	uint32		calls;			/* how many calls the chunk has */
} ChunkPlaces;

struct ColumnsFile
{
	MemoryContextCallback close;	/* closes it with its memory context */
	int			fd;				/* -1: it is not used any more */
	char		path[MAXPGPATH];
	uint64		end;			/* of the records that are known */
	uint64		chunk_count;	/* the log's */
	ChunkPlaces *places;		/* by chunk */
	MemoryContext context;
	Space		stored;			/* a block as it is in the file */
};

static uint64
columns_limit(void)
{
	return pandelephant_catalog_cache ? (uint64) pandelephant_column_cache_size * 1024 : 0;
}

static void
close_file(ColumnsFile *file)
{
	if (file->fd >= 0)
		(void) store_close_file(file->fd);
	file->fd = -1;
}

static void
close_with_context(void *file)
{
	close_file(file);
}

/*
 * Stop using a file that is damaged, and remove it.
 */
static void
discard_file(ColumnsFile *file)
{
	if (file->fd < 0)
		return;
	ereport(DEBUG1,
			(errmsg_internal("removing damaged or stale file of columns \"%s\"", file->path)));
	(void) unlink(file->path);
	close_file(file);
}

/*
 * Read exactly so many bytes.
 */
static bool
read_at(int fd, uint64 position, void *data, Size bytes)
{
	char	   *at = data;

	while (bytes > 0)
	{
		ssize_t		got = pread(fd, at, bytes, (off_t) position);

		if (got == 0 || (got < 0 && errno != EINTR))
			return false;
		if (got < 0)
			continue;
		at += got;
		position += (uint64) got;
		bytes -= (Size) got;
	}
	return true;
}

/*
 * Write exactly so many bytes.  If that fails, errno is set.
 */
static bool
write_at(int fd, uint64 position, const void *data, Size bytes)
{
	const char *at = data;

	while (bytes > 0)
	{
		ssize_t		written = pwrite(fd, at, bytes, (off_t) position);

		if (written == 0)
			errno = ENOSPC;
		if (written == 0 || (written < 0 && errno != EINTR))
			return false;
		if (written < 0)
			continue;
		at += written;
		position += (uint64) written;
		bytes -= (Size) written;
	}
	return true;
}

static bool
header_is_sound(const ColumnsHeader *header, const StoreName *name, const CatalogKey *key)
{
	return header->magic == COLUMNS_MAGIC &&
		EQ_CRC32C(header->checksum, columns_header_checksum(header)) &&
		memcmp(&header->name, name, sizeof(*name)) == 0 &&
		header->checksum_of_log == key->checksum &&
		header->chunks_checksum == key->chunks_checksum;
}

/*
 * Write the header of a new file, under another name, and give it its own unless
 * another process was faster.
 */
static bool
make_file(const PlogFile *file, const CatalogKey *key, const StoreName *name, const char *path)
{
	ColumnsHeader header;
	char		temporary[MAXPGPATH];
	bool		is_written;
	int			fd;

	memset(&header, 0, sizeof(header));
	header.magic = COLUMNS_MAGIC;
	header.checksum_of_log = key->checksum;
	header.chunks_checksum = key->chunks_checksum;
	header.name = *name;
	header.made = (int64) time(NULL);
	header.chunk_count = file->reader.chunk_count;
	strlcpy(header.log, file->filename, sizeof(header.log));
	header.checksum = columns_header_checksum(&header);
	if (!store_make_temporary(temporary) ||
		(fd = store_open_file(temporary, O_WRONLY | O_CREAT | O_EXCL)) < 0)
		return false;
	is_written = write_at(fd, 0, &header, sizeof(header));
	is_written = store_close_file(fd) && is_written;
	if (is_written && link(temporary, path) != 0 && errno != EEXIST)
		is_written = false;
	(void) unlink(temporary);
	return is_written;
}

/* What was found where a record may be. */
typedef enum RecordResult
{
	RECORD_GOOD,
	RECORD_BAD,					/* the file is damaged */
	RECORD_MISSING				/* none, or one that another process is writing */
} RecordResult;

/*
 * Note where a record is.
 */
static void
note_record(ColumnsFile *file, const ColumnsRecord *record, uint64 position)
{
	ChunkPlaces *places = &file->places[record->chunk];

	places->calls = record->calls;
	if ((record->blocks & COLUMNS_OF_CALLS) == COLUMNS_OF_CALLS)
		places->with_calls = position;
	if ((record->blocks & COLUMNS_OF_ARGUMENTS) == COLUMNS_OF_ARGUMENTS)
		places->with_arguments = position;
}

/*
 * Read the header of the record at a place in a file of that size.
 */
static RecordResult
next_record(int fd, uint64 position, uint64 size, uint64 chunk_count, ColumnsRecord *record)
{
	if (size < position)
		return RECORD_BAD;
	if (size - position < sizeof(*record))
		return RECORD_MISSING;
	if (!read_at(fd, position, record, sizeof(*record)) ||
		!columns_record_is_sound(record, chunk_count))
		return RECORD_BAD;
	return record->bytes > size - position - sizeof(*record) ? RECORD_MISSING : RECORD_GOOD;
}

/*
 * Find the records that were appended since the file was looked through last.  False
 * if it is damaged.
 */
static bool
find_records(ColumnsFile *file)
{
	ColumnsRecord record;
	RecordResult result;
	struct stat state;

	if (fstat(file->fd, &state) != 0)
		return false;
	while ((result = next_record(file->fd, file->end, (uint64) state.st_size, file->chunk_count,
								 &record)) == RECORD_GOOD)
	{
		CHECK_FOR_INTERRUPTS();
		note_record(file, &record, file->end);
		file->end += sizeof(record) + record.bytes;
	}
	return result != RECORD_BAD;
}

/*
 * Look through a file that was opened.  False, and it is closed, if it cannot be used.
 */
static bool
start_file(ColumnsFile *file, const StoreName *name, const CatalogKey *key)
{
	ColumnsHeader header;
	struct stat state;

	if (fstat(file->fd, &state) == 0 && S_ISREG(state.st_mode) &&
		read_at(file->fd, 0, &header, sizeof(header)) && header_is_sound(&header, name, key) &&
		find_records(file))
		return true;
	discard_file(file);
	return false;
}

ColumnsFile *
columns_file_open(const PlogFile *log, const CatalogKey *key, bool make)
{
	StoreName	name = columns_name(&key->identity, key->recover != 0);
	ColumnsFile *file;

	/* a log with a "look" may change without a trace: see catalog_save() */
	if (columns_limit() == 0 || key->identity.look != 0)
		return NULL;
	file = palloc0(sizeof(ColumnsFile));
	store_make_path(file->path, &name, COLUMNS_SUFFIX);
	file->context = CurrentMemoryContext;
	file->end = sizeof(ColumnsHeader);
	file->chunk_count = log->reader.chunk_count;

	/* O_NONBLOCK: if it is a pipe, do not wait for anybody */
	file->fd = store_open_file(file->path, O_RDWR | O_NONBLOCK);
	if (file->fd < 0 && make && errno == ENOENT && store_has_room(&room, columns_limit()) &&
		make_file(log, key, &name, file->path))
		file->fd = store_open_file(file->path, O_RDWR | O_NONBLOCK);
	if (file->fd < 0)
	{
		if (make)
			ereport(DEBUG1,
					(errmsg_internal("could not write file of columns \"%s\": %m", file->path)));
		pfree(file);
		return NULL;
	}
	file->close.func = close_with_context;
	file->close.arg = file;
	MemoryContextRegisterResetCallback(CurrentMemoryContext, &file->close);
	file->places = MemoryContextAllocHuge(CurrentMemoryContext,
										  sizeof(ChunkPlaces) * (Size) (file->chunk_count + 1));
	memset(file->places, 0, sizeof(ChunkPlaces) * (Size) (file->chunk_count + 1));
	(void) start_file(file, &name, key);
	return file;
}

ColumnBlocks
columns_file_has(ColumnsFile *file, uint64 chunk)
{
	const ChunkPlaces *places = &file->places[chunk];

	if (file->fd < 0)
		return 0;
	if ((places->with_calls == 0 || places->with_arguments == 0) && !find_records(file))
	{
		discard_file(file);
		return 0;
	}
	return (places->with_calls == 0 ? 0 : COLUMNS_OF_CALLS) |
		(places->with_arguments == 0 ? 0 : COLUMNS_OF_ARGUMENTS | COLUMNS_BIT(COLUMNS_CALLS));
}

uint32
columns_file_calls(const ColumnsFile *file, uint64 chunk)
{
	return file->places[chunk].calls;
}

/*
 * Read the header of the record that has a block.
 */
static bool
read_record(ColumnsFile *file, uint64 chunk, ColumnBlock block, ColumnsRecord *record,
			uint64 *position)
{
	const ChunkPlaces *places = &file->places[chunk];
	bool		is_of_arguments = (COLUMNS_OF_ARGUMENTS & COLUMNS_BIT(block)) != 0;

	*position = is_of_arguments || places->with_calls == 0 ? places->with_arguments :
		places->with_calls;
	return *position != 0 && read_at(file->fd, *position, record, sizeof(*record)) &&
		columns_record_is_sound(record, file->chunk_count) && record->chunk == chunk &&
		(record->blocks & COLUMNS_BIT(block)) != 0 && record->calls == places->calls;
}

/*
 * Read a block to where it is decoded.
 */
static bool
read_block(ColumnsFile *file, const ColumnsBlockHeader *header, uint64 position, uint8_t *to)
{
	bool		is_compressed = header->stored < header->bytes;
	void	   *stored = is_compressed ?
		space_for(&file->stored, file->context, header->stored, 1) : to;
	pg_crc32c	checksum;

	if (!read_at(file->fd, position, stored, header->stored))
		return false;
	INIT_CRC32C(checksum);
	COMP_CRC32C(checksum, stored, header->stored);
	FIN_CRC32C(checksum);
	return EQ_CRC32C(checksum, header->checksum) &&
		(!is_compressed || restore_block(to, header->bytes, stored, header->stored));
}

bool
columns_file_read(ColumnsFile *file, uint64 chunk, ColumnBlock block, ChunkDecoder *decoder)
{
	ColumnsRecord record;
	uint64		position;

	if ((columns_file_has(file, chunk) & COLUMNS_BIT(block)) == 0)
		return false;
	if (read_record(file, chunk, block, &record, &position))
	{
		const ColumnsBlockHeader *header = &record.headers[block];

		position += sizeof(record);
		for (int before = 0; before < (int) block; before++)
			position += record.headers[before].stored;
		if (read_block(file, header, position, room_for_block(decoder, block, header->bytes)) &&
			decode_block(decoder, block, header->bytes))
			return true;
	}
	discard_file(file);
	return false;
}

void
columns_file_rest(ColumnsFile *file)
{
	if (file->stored.data != NULL)
		pfree(file->stored.data);
	memset(&file->stored, 0, sizeof(file->stored));
}

/*
 * Take the lock of a file.  False if another process has it for long.
 */
static bool
lock_file(const ColumnsFile *file)
{
	for (int i = 0; i < LOCK_TRIES; i++)
	{
		if (flock(file->fd, LOCK_EX | LOCK_NB) == 0)
			return true;
		if (errno != EWOULDBLOCK && errno != EINTR)
			return false;
		CHECK_FOR_INTERRUPTS();
		pg_usleep(LOCK_WAIT);
	}
	return false;
}

/*
 * Write a record at the end of a file whose lock is held.  What a process that died
 * has left there is overwritten.
 */
static bool
write_record(ColumnsFile *file, const ColumnsRecord *record)
{
	Size		bytes = sizeof(*record) + record->bytes;

	if (ftruncate(file->fd, (off_t) file->end) == 0 &&
		write_at(file->fd, file->end, record, bytes))
	{
		note_record(file, record, file->end);
		file->end += bytes;
		return true;
	}
	ereport(DEBUG1,
			(errmsg_internal("could not write file of columns \"%s\": %m", file->path)));

	/* should that fail, too, the next process that appends does it */
	if (ftruncate(file->fd, (off_t) file->end) != 0)
		ereport(DEBUG1,
				(errmsg_internal("could not shorten file of columns \"%s\": %m", file->path)));
	return false;
}

/*
 * Is the file still there, for others to find what is written?
 */
static bool
is_removed(const ColumnsFile *file)
{
	struct stat state;

	return fstat(file->fd, &state) != 0 || state.st_nlink == 0;
}

bool
columns_file_append(ColumnsFile *file, const ColumnsRecord *record)
{
	Size		bytes = sizeof(*record) + record->bytes;
	uint64		end;
	bool		is_there;

	if (file->fd < 0 || is_removed(file) || !store_has_room(&room, columns_limit()) ||
		!lock_file(file))
		return false;
	if (!find_records(file))
	{
		discard_file(file);
		return false;
	}
	end = file->end;
	is_there = (record->blocks & ~columns_file_has(file, record->chunk)) == 0 ||
		(bytes <= columns_limit() && file->end <= columns_limit() - bytes &&
		 write_record(file, record));

	/* nobody gains by a file without records */
	if (!is_there && file->end == sizeof(ColumnsHeader))
		(void) unlink(file->path);
	if (file->fd >= 0)
		(void) flock(file->fd, LOCK_UN);
	if (file->end > end)
		store_note_written(&room, COLUMNS_SUFFIX, columns_limit(), file->end - end);
	return is_there;
}

void
columns_file_hit(ColumnsFile *file, bool counts)
{
	Size		place = offsetof(ColumnsHeader, hits);
	uint64		hits;

	if (file->fd < 0)
		return;

	/* eviction goes by the file's time; writing to it sets that, too */
	if (!counts)
	{
		(void) futimens(file->fd, NULL);
		return;
	}

	/* two processes at once may count one hit together: it is only for people to see */
	if (!read_at(file->fd, place, &hits, sizeof(hits)))
		return;
	hits++;
	(void) write_at(file->fd, place, &hits, sizeof(hits));
}

/*
 * Can what a header says be shown?
 */
static bool
header_is_presentable(const ColumnsHeader *header)
{
	return header->magic == COLUMNS_MAGIC &&
		EQ_CRC32C(header->checksum, columns_header_checksum(header)) &&
		header->made >= 0 && header->made <= LATEST_MADE &&
		memchr(header->log, '\0', sizeof(header->log)) != NULL;
}

/*
 * Look through an open file.
 */
static bool
read_state(int fd, ColumnsFileState *found)
{
	ColumnsHeader header;
	ColumnsRecord record;
	RecordResult result;
	struct stat state;
	uint64		end = sizeof(header);

	if (fstat(fd, &state) != 0 || !S_ISREG(state.st_mode) ||
		!read_at(fd, 0, &header, sizeof(header)) || !header_is_presentable(&header))
		return false;
	memset(found, 0, sizeof(*found));
	strlcpy(found->log, header.log, sizeof(found->log));
	found->bytes = (uint64) state.st_size;
	found->made = header.made;
	found->hits = header.hits;
	while ((result = next_record(fd, end, found->bytes, header.chunk_count, &record)) == RECORD_GOOD &&
		   !store_is_interrupted())
	{
		found->blocks |= record.blocks;
		end += sizeof(record) + record.bytes;
	}
	return result != RECORD_BAD;
}

bool
columns_file_state(const char *path, ColumnsFileState *state)
{
	int			fd = store_open_file(path, O_RDONLY | O_NONBLOCK);
	bool		is_read;

	if (fd < 0)
		return false;
	is_read = read_state(fd, state);
	(void) store_close_file(fd);
	return is_read;
}
