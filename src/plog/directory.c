/*-------------------------------------------------------------------------
 *
 * directory.c
 *		The header and the directory of a log that PANDA has closed.
 *
 *-------------------------------------------------------------------------
 */
#include <stdlib.h>

#include <libdeflate.h>

#include "plog/directory.h"
#include "plog/recognise.h"

/* The directory is read in pieces of this many records. */
#define DIRECTORY_PIECE		4096

/*
 * How many entries fit into a chunk of so many bytes: deflate does not compress
 * better than 1032:1, and an entry takes at least the bytes of its size.
 */
#define MAX_ENTRIES(chunk_bytes)	((chunk_bytes) * (1032 / PLOG_ENTRY_SIZE_BYTES))

/*
 * Say what the file is instead of a log, as far as that is known.
 */
static PlogStatus
not_a_plog(const uint8_t *bytes, size_t length, PlogError *error)
{
	PlogFileKind kind = plog_recognise(bytes, length);
	const char *advice = plog_advice(kind);

	plog_fill_error(error, PLOG_NOT_A_PLOG, PLOG_HEADER_VERSION,
					"file does not start with a plog header%s%s", advice != NULL ? ": " : "",
					advice != NULL ? advice : "");
	error->is_packed = plog_is_packed(kind);
	return PLOG_NOT_A_PLOG;
}

/*
 * Read the header, and check what can be checked without the directory.
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
	status = plog_read_at(&reader->input, 0, header, sizeof(header), error);
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
		/* versions are small numbers; what has another number is not a plog */
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
 * Take one record of the directory.  The chunk before it ends where this one starts.
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
 * Give the chunks' entries their numbers, once each chunk's length is known.
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

/*
 * Make room for some more of the directory's chunks.  Memory grows with what was
 * read and found good, not with the number that the directory claims.
 */
static bool
reserve_chunks(PlogReader *reader, uint64_t done, size_t more, uint64_t count, uint64_t *capacity)
{
	PlogChunk  *chunks;

	if (done + more <= *capacity)
		return true;
	*capacity = *capacity == 0 ? more : plog_min(*capacity * 2, count);
	chunks = realloc(reader->chunks, *capacity * sizeof(PlogChunk));
	if (chunks == NULL)
		return false;
	memset(chunks + done, 0, (*capacity - done) * sizeof(PlogChunk));
	reader->chunks = chunks;
	return true;
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
	status = plog_read_at(&reader->input, reader->directory, piece, PLOG_DIRECTORY_COUNT_BYTES, error);
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
		size_t		records = (size_t) plog_min(count - done, DIRECTORY_PIECE);
		size_t		bytes = records * PLOG_DIRECTORY_RECORD_BYTES;

		plog_poll(&reader->input);
		if (!reserve_chunks(reader, done, records, count, &capacity))
			return plog_fail(error, PLOG_OUT_OF_MEMORY, at, "out of memory");
		status = plog_read_at(&reader->input, at, piece, bytes, error);
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
plog_directory_checksum(PlogReader *reader, uint32_t *checksum, PlogError *error)
{
	uint8_t		piece[DIRECTORY_PIECE * PLOG_DIRECTORY_RECORD_BYTES];
	uint64_t	at = reader->directory;
	uint64_t	left = PLOG_DIRECTORY_COUNT_BYTES +
		reader->chunk_count * PLOG_DIRECTORY_RECORD_BYTES;
	PlogStatus	status = plog_read_at(&reader->input, 0, piece, PLOG_HEADER_BYTES, error);

	*checksum = libdeflate_crc32(0, piece, PLOG_HEADER_BYTES);
	while (status == PLOG_OK && left > 0)
	{
		size_t		bytes = (size_t) plog_min(left, sizeof(piece));

		plog_poll(&reader->input);
		status = plog_read_at(&reader->input, at, piece, bytes, error);
		*checksum = libdeflate_crc32(*checksum, piece, bytes);
		at += bytes;
		left -= bytes;
	}
	return status;
}
