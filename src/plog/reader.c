/*-------------------------------------------------------------------------
 *
 * reader.c
 *		Reading a plog: the file, its header and directory, its chunks.
 *
 * The file is read with pread, never mapped: a file that shrinks under us is
 * an error then, not a signal.
 *
 *-------------------------------------------------------------------------
 */
#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include <libdeflate.h>

#include "plog/inflate.h"
#include "plog/recognise.h"

/* The directory is read in pieces of this many records. */
#define DIRECTORY_PIECE		4096

/* How much of a chunk's end tells it from others: zlib's checksum, and more. */
#define CHUNK_ENDING_BYTES	8

/* How many chunks' ends are read between two polls. */
#define CHUNKS_PER_POLL		1024

/* The ends of so many chunks tell one content from another. */
#define CONTENT_CHUNKS		1024

/* One pread reads at most this many bytes, so that it can be interrupted. */
#define READ_PIECE			((size_t) 8 * 1024 * 1024)

/* Entries are counted between two polls. */
#define ENTRIES_PER_POLL	65536

/*
 * How many entries could fit into a chunk of so many bytes: deflate does not
 * compress better than 1032:1, and an entry takes at least its size's bytes.
 */
#define MAX_ENTRIES(chunk_bytes)	((chunk_bytes) * (1032 / PLOG_ENTRY_SIZE_BYTES))

bool
plog_buffer_reserve(PlogBuffer *buffer, size_t capacity)
{
	uint8_t    *data;

	if (capacity <= buffer->capacity)
		return true;
	if (capacity > SIZE_MAX - PLOG_BUFFER_SLACK)
		return false;
	data = realloc(buffer->data, capacity + PLOG_BUFFER_SLACK);
	if (data == NULL)
		return false;
	buffer->data = data;
	buffer->capacity = capacity;
	return true;
}

void
plog_buffer_free(PlogBuffer *buffer)
{
	free(buffer->data);
	memset(buffer, 0, sizeof(*buffer));
}

/*
 * Nanoseconds since 1970.  A file may have any time; far enough away it wraps.
 */
static int64_t
nanoseconds(struct timespec time)
{
	return (int64_t) ((uint64_t) time.tv_sec * 1000000000 + (uint64_t) time.tv_nsec);
}

static int
open_file(const char *path)
{
	/* O_NONBLOCK: opening a FIFO must not wait for a writer */
	return open(path, O_RDONLY | O_NONBLOCK | O_CLOEXEC);
}

static ssize_t
read_file(int file, void *data, size_t length, uint64_t position)
{
	return pread(file, data, length, (off_t) position);
}

static void
close_file(int file)
{
	close(file);
}

static const PlogSource system_files = {open_file, fstat, read_file, close_file};

static PlogStatus
has_changed(PlogError *error)
{
	return plog_fail(error, PLOG_CHANGED, 0, "file has changed while it was read");
}

/*
 * What tells this state of the file from another; only regular files have one.
 */
static PlogStatus
identity_of(const struct stat *state, PlogIdentity *identity, PlogError *error)
{
	if (!S_ISREG(state->st_mode))
		return plog_fail(error, PLOG_WRONG_FILE_TYPE, 0, "%s",
						 S_ISDIR(state->st_mode) ? "it is a directory" :
						 S_ISFIFO(state->st_mode) ? "it is a FIFO" :
						 "it is not a regular file");
	identity->device = (uint64_t) state->st_dev;
	identity->inode = (uint64_t) state->st_ino;
	identity->size = (uint64_t) state->st_size;
	identity->mtime = nanoseconds(state->st_mtim);
	identity->ctime = nanoseconds(state->st_ctim);
	identity->look = 0;
	return PLOG_OK;
}

PlogStatus
plog_identify(const char *path, PlogIdentity *identity, PlogError *error)
{
	struct stat state;

	if (stat(path, &state) != 0)
		return plog_fail(error, PLOG_SYSTEM_ERROR, 0, "could not stat file");
	return identity_of(&state, identity, error);
}

PlogStatus
plog_reader_open(PlogReader *reader, const char *path,
				 const PlogReaderOptions *options, PlogError *error)
{
	struct stat state;

	if (reader->source == NULL)
		reader->source = &system_files;
	reader->fd = reader->source->open(path);

	/* a socket cannot be opened at all; say that it is one */
	if (reader->fd < 0 && errno == ENXIO && stat(path, &state) == 0 && !S_ISREG(state.st_mode))
		return identity_of(&state, &reader->identity, error);
	if (reader->fd < 0)
		return plog_fail(error, PLOG_SYSTEM_ERROR, 0, "could not open file");
	reader->is_open = true;
	reader->options = *options;
	return plog_look_again(reader, error);
}

/*
 * The state that the open file has now.
 */
static PlogStatus
identify_open_file(PlogReader *reader, PlogIdentity *identity, PlogError *error)
{
	struct stat state;

	if (reader->source->fstat(reader->fd, &state) == 0)
		return identity_of(&state, identity, error);

	/* a source that has closed the file meanwhile no longer finds it */
	if (errno == ENOENT)
		return has_changed(error);
	return plog_fail(error, PLOG_SYSTEM_ERROR, 0, "could not stat file");
}

PlogStatus
plog_look_again(PlogReader *reader, PlogError *error)
{
	PlogStatus	status = identify_open_file(reader, &reader->identity, error);

	reader->verified_ctime = reader->identity.ctime;
	return status;
}

/*
 * Read a chunk's last bytes, as a number.
 */
static PlogStatus
read_ending(PlogReader *reader, const PlogChunk *chunk, uint64_t *ending, PlogError *error)
{
	uint8_t		bytes[CHUNK_ENDING_BYTES] = {0};
	size_t		length = chunk->length < sizeof(bytes) ? (size_t) chunk->length : sizeof(bytes);
	PlogStatus	status = plog_read_at(reader, chunk->position + chunk->length - length, bytes,
									  length, error);

	*ending = wire_load64(bytes);
	return status;
}

/*
 * The checksum of header and directory as they are in the file now.
 */
static PlogStatus
read_checksum(PlogReader *reader, uint32_t *checksum, PlogError *error)
{
	uint8_t		piece[DIRECTORY_PIECE * PLOG_DIRECTORY_RECORD_BYTES];
	uint64_t	at = reader->directory;
	uint64_t	left = PLOG_DIRECTORY_COUNT_BYTES +
		reader->chunk_count * PLOG_DIRECTORY_RECORD_BYTES;
	PlogStatus	status = plog_read_at(reader, 0, piece, PLOG_HEADER_BYTES, error);

	*checksum = libdeflate_crc32(0, piece, PLOG_HEADER_BYTES);
	while (status == PLOG_OK && left > 0)
	{
		size_t		bytes = left < sizeof(piece) ? (size_t) left : sizeof(piece);

		if (reader->options.poll != NULL)
			reader->options.poll();
		status = plog_read_at(reader, at, piece, bytes, error);
		*checksum = libdeflate_crc32(*checksum, piece, bytes);
		at += bytes;
		left -= bytes;
	}
	return status;
}

/*
 * What is in the file now, given the checksum of its header and directory.
 * Where it has more chunks than are looked at, those are spread evenly.
 */
static PlogStatus
read_content(PlogReader *reader, uint32_t checksum, uint64_t *content, PlogError *error)
{
	uint64_t	step = reader->chunk_count / CONTENT_CHUNKS + 1;
	uint32_t	endings = 0;

	for (uint64_t i = 0; i < reader->chunk_count; i += step)
	{
		uint64_t	ending;
		PlogStatus	status = read_ending(reader, &reader->chunks[i], &ending, error);

		if (status != PLOG_OK)
			return status;
		endings = libdeflate_crc32(endings, &ending, sizeof(ending));
		if (reader->options.poll != NULL)
			reader->options.poll();
	}
	*content = (uint64_t) endings << 32 | checksum;
	return PLOG_OK;
}

PlogStatus
plog_note_content(PlogReader *reader, PlogError *error)
{
	PlogStatus	status = read_content(reader, reader->checksum, &reader->content, error);

	reader->knows_content = status == PLOG_OK;
	return status;
}

PlogStatus
plog_check_unchanged(PlogReader *reader, PlogError *error)
{
	PlogIdentity now = {0};
	uint32_t	checksum = 0;
	uint64_t	content = 0;
	PlogStatus	status = identify_open_file(reader, &now, error);

	if (status != PLOG_OK)
		return status;
	if (now.device != reader->identity.device || now.inode != reader->identity.inode ||
		now.size != reader->identity.size || now.mtime != reader->identity.mtime)
		return has_changed(error);
	if (now.ctime == reader->verified_ctime)
		return PLOG_OK;
	if (!reader->knows_content)
		return has_changed(error);

	/* who is writing changes mtime; who has written may have set it back */
	status = read_checksum(reader, &checksum, error);
	if (status == PLOG_OK)
		status = read_content(reader, checksum, &content, error);
	if (status == PLOG_CORRUPT || (status == PLOG_OK && content != reader->content))
		return has_changed(error);
	if (status == PLOG_OK)
		reader->verified_ctime = now.ctime;
	return status;
}

PlogStatus
plog_note_endings(PlogReader *reader, PlogError *error)
{
	for (uint64_t i = 0; i < reader->chunk_count; i++)
	{
		PlogChunk  *chunk = &reader->chunks[i];
		PlogStatus	status;

		if (i % CHUNKS_PER_POLL == 0 && reader->options.poll != NULL)
			reader->options.poll();
		status = read_ending(reader, chunk, &chunk->ending, error);
		if (status != PLOG_OK)
			return status;
	}
	return PLOG_OK;
}

/*
 * The times say little of a file that is being written: what is compared is how
 * the chunk ends.
 */
PlogStatus
plog_check_chunk_unchanged(PlogReader *reader, const PlogChunk *chunk, PlogError *error)
{
	PlogIdentity now = {0};
	uint64_t	ending;
	PlogStatus	status = identify_open_file(reader, &now, error);

	if (status != PLOG_OK)
		return status;
	if (now.device != reader->identity.device || now.inode != reader->identity.inode)
		return has_changed(error);
	status = read_ending(reader, chunk, &ending, error);
	if (status == PLOG_OK && ending != chunk->ending)
		return has_changed(error);
	return status;
}

void
plog_reader_rest(PlogReader *reader)
{
	plog_inflate_reset(reader);
	if (reader->decompressor != NULL)
		libdeflate_free_decompressor(reader->decompressor);
	reader->decompressor = NULL;
	plog_buffer_free(&reader->compressed);
}

void
plog_reader_close(PlogReader *reader)
{
	plog_reader_rest(reader);
	plog_buffer_free(&reader->recovery_inflated);
	plog_buffer_free(&reader->recovery_searched);
	free(reader->hints);
	free(reader->chunks);
	if (reader->is_open)
		reader->source->close(reader->fd);
	memset(reader, 0, sizeof(*reader));
}

PlogStatus
plog_read_at(PlogReader *reader, uint64_t position, void *data, size_t length, PlogError *error)
{
	size_t		done = 0;

	while (done < length)
	{
		size_t		piece = length - done < READ_PIECE ? length - done : READ_PIECE;
		ssize_t		got;

		if (done > 0 && reader->options.poll != NULL)
			reader->options.poll();
		got = reader->source->pread(reader->fd, (char *) data + done, piece, position + done);
		if (got < 0 && errno == EINTR)
			continue;
		if (got < 0 && errno == ENOENT)
			/* as in identify_open_file() */
			return has_changed(error);
		if (got < 0)
			return plog_fail(error, PLOG_SYSTEM_ERROR, position + done, "could not read file");
		if (got == 0)
			return plog_fail(error, PLOG_CORRUPT, position + done, "file ends too early");
		done += (size_t) got;
	}
	return PLOG_OK;
}

/*
 * Say what a file is instead, as far as that is known.
 */
static PlogStatus
not_a_plog(const uint8_t *bytes, size_t length, PlogError *error)
{
	const char *advice = plog_advice(plog_recognise(bytes, length));

	return plog_fail(error, PLOG_NOT_A_PLOG, PLOG_HEADER_VERSION,
					 "file does not start with a plog header%s%s", advice != NULL ? ": " : "",
					 advice != NULL ? advice : "");
}

/*
 * Read the header, and check what it says by itself.
 */
static PlogStatus
read_header(PlogReader *reader, PlogError *error)
{
	uint8_t		header[PLOG_HEADER_BYTES];
	uint64_t	size = reader->identity.size;
	PlogStatus	status;

	if (size == 0)
		return plog_fail(error, PLOG_NOT_A_PLOG, 0, "file is empty");
	if (size < PLOG_HEADER_BYTES)
		return plog_fail(error, PLOG_NOT_A_PLOG, size, "file is shorter than a plog header");
	status = plog_read_at(reader, 0, header, sizeof(header), error);
	if (status != PLOG_OK)
		return status;

	reader->version = wire_load32(header + PLOG_HEADER_VERSION);
	reader->directory = wire_load64(header + PLOG_HEADER_DIRECTORY);
	reader->chunk_size = wire_load32(header + PLOG_HEADER_CHUNK_SIZE);
	reader->checksum = libdeflate_crc32(0, header, sizeof(header));
	if (reader->version == 0 && reader->directory == 0)
		return plog_fail(error, PLOG_UNFINISHED, 0, "PANDA did not close this log");
	if (reader->version != PLOG_VERSION)
	{
		/* the version is small; anything else is another kind of file */
		if (reader->version == 0 || reader->version > 255)
			return not_a_plog(header, sizeof(header), error);
		return plog_fail(error, PLOG_OTHER_VERSION, PLOG_HEADER_VERSION,
						 "plog version %u is not supported", reader->version);
	}
	if (reader->directory < PLOG_FIRST_CHUNK)
		return plog_fail(error, PLOG_CORRUPT, PLOG_HEADER_DIRECTORY,
						 "directory position %llu lies before the first chunk",
						 (unsigned long long) reader->directory);
	if (reader->directory > size || size - reader->directory < PLOG_DIRECTORY_COUNT_BYTES)
		return plog_fail(error, PLOG_CORRUPT, PLOG_HEADER_DIRECTORY,
						 "directory position %llu lies beyond the end of the file, %llu",
						 (unsigned long long) reader->directory, (unsigned long long) size);
	return PLOG_OK;
}

/*
 * Take one record of the directory.  Each closes the chunk before it.
 */
static PlogStatus
take_record(PlogReader *reader, uint64_t number, const uint8_t *record, PlogError *error)
{
	PlogChunk  *chunk = &reader->chunks[number];
	uint64_t	at = reader->directory + PLOG_DIRECTORY_COUNT_BYTES +
		number * PLOG_DIRECTORY_RECORD_BYTES;
	uint64_t	earliest = number == 0 ? PLOG_FIRST_CHUNK :
		chunk[-1].position + PLOG_CHUNK_MIN_BYTES;

	chunk->position = wire_load64(record + PLOG_DIRECTORY_RECORD_POSITION);
	chunk->entries = wire_load64(record + PLOG_DIRECTORY_RECORD_ENTRIES);
	if (number == 0 && chunk->position != PLOG_FIRST_CHUNK)
		return plog_fail(error, PLOG_CORRUPT, at,
						 "directory places the first chunk at %llu instead of %d",
						 (unsigned long long) chunk->position, PLOG_FIRST_CHUNK);
	if (chunk->position < earliest ||
		chunk->position > reader->directory ||
		reader->directory - chunk->position < PLOG_CHUNK_MIN_BYTES)
		return plog_fail(error, PLOG_CORRUPT, at,
						 "directory places chunk %llu at %llu, outside of its place",
						 (unsigned long long) number, (unsigned long long) chunk->position);
	if (number > 0)
		chunk[-1].length = chunk->position - chunk[-1].position;
	chunk->length = reader->directory - chunk->position;
	return PLOG_OK;
}

/*
 * Number the chunks' entries, once each chunk's length is known.
 */
static PlogStatus
number_entries(PlogReader *reader, PlogError *error)
{
	uint64_t	total = 0;

	for (uint64_t i = 0; i < reader->chunk_count; i++)
	{
		PlogChunk  *chunk = &reader->chunks[i];

		if (chunk->entries > MAX_ENTRIES(chunk->length))
			return plog_fail(error, PLOG_CORRUPT,
							 reader->directory + PLOG_DIRECTORY_COUNT_BYTES +
							 i * PLOG_DIRECTORY_RECORD_BYTES + PLOG_DIRECTORY_RECORD_ENTRIES,
							 "directory claims %llu entries for chunk %llu of %llu bytes",
							 (unsigned long long) chunk->entries, (unsigned long long) i,
							 (unsigned long long) chunk->length);
		chunk->first_entry = total;
		total += chunk->entries;
	}
	reader->entry_count = total;
	return PLOG_OK;
}

PlogStatus
plog_read_directory(PlogReader *reader, PlogError *error)
{
	uint8_t		piece[DIRECTORY_PIECE * PLOG_DIRECTORY_RECORD_BYTES];
	uint64_t	room;
	uint64_t	capacity = 0;
	uint64_t	at;
	uint64_t	count;
	PlogStatus	status = read_header(reader, error);

	if (status != PLOG_OK)
		return status;
	status = plog_read_at(reader, reader->directory, piece, PLOG_DIRECTORY_COUNT_BYTES, error);
	if (status != PLOG_OK)
		return status;
	count = wire_load32(piece);
	reader->checksum = libdeflate_crc32(reader->checksum, piece, PLOG_DIRECTORY_COUNT_BYTES);
	at = reader->directory + PLOG_DIRECTORY_COUNT_BYTES;
	room = (reader->identity.size - at) / PLOG_DIRECTORY_RECORD_BYTES;
	if (count > room)
		return plog_fail(error, PLOG_CORRUPT, reader->directory,
						 "directory is cut off: it counts %llu chunks, the file has room for %llu",
						 (unsigned long long) count, (unsigned long long) room);
	if (count == 0 && reader->directory > PLOG_FIRST_CHUNK)
		return plog_fail(error, PLOG_CORRUPT, reader->directory,
						 "directory lists none of the chunks before it");

	free(reader->chunks);
	reader->chunks = NULL;
	for (uint64_t done = 0; done < count;)
	{
		size_t		records = count - done < DIRECTORY_PIECE ? (size_t) (count - done) : DIRECTORY_PIECE;
		size_t		bytes = records * PLOG_DIRECTORY_RECORD_BYTES;

		if (reader->options.poll != NULL)
			reader->options.poll();
		/* memory grows with what was read and found good, not with the claim */
		if (done + records > capacity)
		{
			PlogChunk  *chunks;

			capacity = capacity == 0 ? records : capacity * 2 < count ? capacity * 2 : count;
			chunks = realloc(reader->chunks, capacity * sizeof(PlogChunk));
			if (chunks == NULL)
				return plog_fail(error, PLOG_OUT_OF_MEMORY, at, "out of memory");
			memset(chunks + done, 0, (capacity - done) * sizeof(PlogChunk));
			reader->chunks = chunks;
		}
		status = plog_read_at(reader, at, piece, bytes, error);
		if (status != PLOG_OK)
			return status;
		reader->checksum = libdeflate_crc32(reader->checksum, piece, bytes);
		for (size_t i = 0; i < records; i++)
		{
			status = take_record(reader, done + i, piece + i * PLOG_DIRECTORY_RECORD_BYTES, error);
			if (status != PLOG_OK)
				return status;
		}
		done += records;
		at += bytes;
	}
	reader->chunk_count = count;
	reader->complete = true;
	return number_entries(reader, error);
}

PlogStatus
plog_check_walk(const PlogChunk *chunk, const WireCursor *cursor, uint64_t entries,
				PlogError *error)
{
	if (cursor->at != cursor->end)
		return plog_fail(error, PLOG_CORRUPT, chunk->position,
						 "entry %llu runs past the end of its chunk",
						 (unsigned long long) (chunk->first_entry + entries));
	if (entries != chunk->entries)
		return plog_fail(error, PLOG_CORRUPT, chunk->position,
						 "chunk holds %llu entries where the directory says %llu",
						 (unsigned long long) entries, (unsigned long long) chunk->entries);
	return PLOG_OK;
}

PlogStatus
plog_inflate(PlogReader *reader, const PlogChunk *chunk, PlogBuffer *inflated, PlogError *error)
{
	PlogStatus	status;
	PlogStreamEnd end;

	if (chunk->salvaged == 0)
		return plog_inflate_chunk(reader, chunk->position, chunk->length, inflated, error);
	status = plog_inflate_stream(reader, chunk->position, chunk->position + chunk->length,
								 chunk->salvaged, inflated, &end, error);
	if (status == PLOG_OK && inflated->length < chunk->salvaged)
		return plog_fail(error, PLOG_CORRUPT, chunk->position, "chunk has changed");
	return status;
}

PlogStatus
plog_read_chunk(PlogReader *reader, const PlogChunk *chunk, PlogBuffer *inflated, PlogError *error)
{
	PlogStatus	status = plog_inflate(reader, chunk, inflated, error);

	return status == PLOG_OK ? plog_check_entries(reader, chunk, inflated, error) : status;
}

PlogStatus
plog_check_entries(PlogReader *reader, const PlogChunk *chunk, const PlogBuffer *inflated,
				   PlogError *error)
{
	WireCursor	cursor = plog_entries(inflated);
	PlogBytes	body;
	uint64_t	entries = 0;

	/* recovery has counted the entries of what it salvaged */
	if (chunk->salvaged > 0)
		return PLOG_OK;
	while (plog_next_body(&cursor, &body))
	{
		entries++;
		if (entries % ENTRIES_PER_POLL == 0 && reader->options.poll != NULL)
			reader->options.poll();
	}
	return plog_check_walk(chunk, &cursor, entries, error);
}
