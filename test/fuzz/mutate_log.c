/*-------------------------------------------------------------------------
 *
 * mutate_log.c
 *		Changing logs by their chunks, entries and directory.
 *
 *-------------------------------------------------------------------------
 */
#include <stdlib.h>
#include <zlib.h>

#include "mutate.h"
#include "plog/format.h"

#define MAX_CHUNKS		64

/* What is not inflated beyond this stays as it is, in bytes. */
#define MAX_INFLATED	((size_t) 256 * 1024)

typedef struct Chunk
{
	Bytes		content;		/* inflated, unless is_raw */
	bool		is_raw;			/* goes to the file as it is */
	uint64_t	claimed;		/* entries that the directory tells */
} Chunk;

typedef struct Log
{
	uint8_t		header[PLOG_FIRST_CHUNK];
	bool		is_unfinished;	/* no directory, and a header of zeros */
	Chunk		chunks[MAX_CHUNKS];
	size_t		chunk_count;
} Log;

/*
 * Inflate a stream.  Gives how many bytes of it were taken, 0 where it is none.
 */
static size_t
inflate_stream(const uint8_t *data, size_t length, Bytes *inflated)
{
	static uint8_t output[MAX_INFLATED];
	z_stream	stream = {0};
	int			code;

	if (inflateInit(&stream) != Z_OK)
		abort();
	stream.next_in = (uint8_t *) data;
	stream.avail_in = (uInt) length;
	stream.next_out = output;
	stream.avail_out = MAX_INFLATED;
	code = inflate(&stream, Z_FINISH);
	inflateEnd(&stream);
	put(inflated, output, MAX_INFLATED - stream.avail_out);
	return code == Z_STREAM_END ? length - stream.avail_in : 0;
}

static uint64_t
count_entries(const Bytes *content)
{
	WireCursor	cursor = cursor_over(content);
	PlogBytes	body;
	uint64_t	count = 0;

	while (plog_next_body(&cursor, &body))
		count++;
	return count;
}

/*
 * Take a log apart.
 */
static void
parse_log(const Bytes *bytes, Log *log)
{
	size_t		at = PLOG_FIRST_CHUNK;
	uint64_t	end = bytes->length;

	memset(log, 0, sizeof(*log));
	if (bytes->length < PLOG_FIRST_CHUNK)
		return;
	memcpy(log->header, bytes->data, PLOG_FIRST_CHUNK);
	log->is_unfinished = wire_load32(log->header) == 0;
	if (!log->is_unfinished && wire_load64(log->header + PLOG_HEADER_DIRECTORY) <= end)
		end = wire_load64(log->header + PLOG_HEADER_DIRECTORY);
	while (at < end && log->chunk_count < MAX_CHUNKS)
	{
		Chunk	   *chunk = &log->chunks[log->chunk_count++];
		size_t		taken = inflate_stream(bytes->data + at, end - at, &chunk->content);

		if (taken == 0)
		{
			chunk->is_raw = true;
			chunk->content.length = 0;
			taken = end - at;
			put(&chunk->content, bytes->data + at, taken);
		}
		chunk->claimed = count_entries(&chunk->content);
		at += taken;
	}
}

static void
free_log(Log *log)
{
	for (size_t i = 0; i < log->chunk_count; i++)
		bytes_free(&log->chunks[i].content);
	free(log);
}

/*
 * A log of one chunk with one entry, to start from.
 */
static void
make_log(Log *log)
{
	static const uint8_t entry[] = {PLOG_ENTRY_PC << 3, 0, PLOG_ENTRY_INSTR << 3, 0};
	Chunk	   *chunk = &log->chunks[log->chunk_count++];

	put_entry(&chunk->content, entry, sizeof(entry));
	chunk->claimed = 1;
}

/*
 * Put a chunk, as the writer would or another might.
 */
static void
put_chunk(Bytes *to, const Chunk *chunk)
{
	static const int levels[] = {9, 9, 1, 0};
	uLongf		length = compressBound(chunk->content.length);

	if (chunk->is_raw)
	{
		put(to, chunk->content.data, chunk->content.length);
		return;
	}
	put_fill(to, 0, length);
	to->length -= length;
	if (compress2(to->data + to->length, &length,
				  chunk->content.data != NULL ? chunk->content.data : (const uint8_t *) "",
				  chunk->content.length, levels[random_below(4)]) != Z_OK)
		abort();
	to->length += length;
}

/*
 * Put a log together again.
 */
static Bytes
build_log(const Log *log)
{
	Bytes		bytes = {0};
	Bytes		directory = {0};

	put(&bytes, log->header, sizeof(log->header));
	put_32(&directory, (uint32_t) log->chunk_count);
	for (size_t i = 0; i < log->chunk_count; i++)
	{
		put_64(&directory, 0);
		put_64(&directory, bytes.length);
		put_64(&directory, log->chunks[i].claimed);
		put_chunk(&bytes, &log->chunks[i]);
	}
	if (!log->is_unfinished)
	{
		set_32(&bytes, PLOG_HEADER_VERSION, PLOG_VERSION);
		set_64(&bytes, PLOG_HEADER_DIRECTORY, bytes.length);
		put(&bytes, directory.data, directory.length);
	}
	else
		memset(bytes.data, 0, PLOG_HEADER_BYTES);
	bytes_free(&directory);
	return bytes;
}

/*
 * Replace an entry by what a change makes of it, by none, or by several.
 */
static void
mutate_entry(Chunk *chunk)
{
	WireCursor	cursor = cursor_over(&chunk->content);
	uint64_t	index = random_below(count_entries(&chunk->content));
	uint64_t	times = random_below(8) == 0 ? random_below(4) : 1;
	PlogBytes	body;
	Bytes		entry = {0};
	Bytes		result = {0};

	do
	{
		put(&result, chunk->content.data, (size_t) (cursor.at - chunk->content.data) - result.length);
		if (!plog_next_body(&cursor, &body))
			break;
	} while (index-- > 0);
	put(&entry, body.data, body.length);
	for (uint64_t i = 0; i < times; i++)
	{
		mutate_message(&entry);
		put_entry(&result, entry.data, entry.length);
	}
	put(&result, cursor.at, (size_t) (cursor.end - cursor.at));
	bytes_free(&entry);
	bytes_free(&chunk->content);
	chunk->content = result;
}

/*
 * Claim another size for an entry.
 */
static void
mutate_size(Chunk *chunk)
{
	WireCursor	cursor = cursor_over(&chunk->content);
	uint64_t	index = random_below(count_entries(&chunk->content));
	const uint8_t *at = cursor.at;
	PlogBytes	body;

	while (index-- > 0 && plog_next_body(&cursor, &body))
		at = cursor.at;
	set_32(&chunk->content, (size_t) (at - chunk->content.data),
		   wire_load32(at) + (uint32_t) random_number());
}

/*
 * Change what is in a chunk.  The directory counts what is there then, or not.
 */
static void
mutate_chunk(Chunk *chunk)
{
	uint64_t	entries = chunk->is_raw ? 0 : count_entries(&chunk->content);
	uint64_t	how = random_below(16);

	if (entries == 0 || how == 0)
		mutate_bytes(&chunk->content);
	else if (how == 1)
		mutate_size(chunk);
	else
		mutate_entry(chunk);
	chunk->claimed = chunk->is_raw ? 1 : count_entries(&chunk->content);
	if (random_below(16) == 0)
		chunk->claimed = random_number();
}

/*
 * Add a copy of a chunk, or of its first bytes.
 */
static void
copy_chunk(Log *log, size_t index)
{
	Chunk	   *copy;

	if (log->chunk_count == MAX_CHUNKS)
		return;
	copy = &log->chunks[log->chunk_count++];
	*copy = log->chunks[index];
	memset(&copy->content, 0, sizeof(copy->content));
	put(&copy->content, log->chunks[index].content.data, log->chunks[index].content.length);
	if (random_below(4) == 0)
		copy->content.length = random_below(copy->content.length + 1);
}

static void
drop_chunk(Log *log, size_t index)
{
	bytes_free(&log->chunks[index].content);
	log->chunk_count--;
	memmove(&log->chunks[index], &log->chunks[index + 1],
			(log->chunk_count - index) * sizeof(Chunk));
}

/*
 * Turn a chunk into the bytes of its stream, one of them changed, cut off or
 * with junk behind.
 */
static void
damage_chunk(Chunk *chunk)
{
	Bytes		stream = {0};

	put_chunk(&stream, chunk);
	switch (random_below(4))
	{
		case 0:
			put_fill(&stream, 0x78, random_below(40));
			break;
		case 1:
			stream.length = random_below(stream.length + 1);
			break;
		case 2:
			put(&stream, "\x78\xda\x78\x9c\x78\x01", 6);
			break;
		default:
			if (stream.length > 0)
				stream.data[random_below(stream.length)] ^= (uint8_t) (1u << random_below(8));
			break;
	}
	bytes_free(&chunk->content);
	chunk->content = stream;
	chunk->is_raw = true;
}

/*
 * Put one wrong value into header or directory, or cut the file off.
 */
static void
damage_file(Bytes *bytes)
{
	uint64_t	directory = wire_load64(bytes->data + PLOG_HEADER_DIRECTORY);
	size_t		records;

	switch (random_below(6))
	{
		case 0:
			set_64(bytes, PLOG_HEADER_DIRECTORY, directory + random_number());
			return;
		case 1:
			set_32(bytes, PLOG_HEADER_CHUNK_SIZE, (uint32_t) random_number());
			return;
		case 2:
			set_32(bytes, PLOG_HEADER_VERSION, (uint32_t) random_number());
			return;
		case 3:
			bytes->length = random_below(bytes->length + 1);
			return;
	}
	if (directory < PLOG_FIRST_CHUNK || bytes->length < directory + PLOG_DIRECTORY_COUNT_BYTES)
		return;
	records = (bytes->length - directory) / PLOG_DIRECTORY_RECORD_BYTES;
	if (records == 0 || random_below(4) == 0)
		set_32(bytes, directory, (uint32_t) random_number());
	else
	{
		size_t		at = directory + PLOG_DIRECTORY_COUNT_BYTES +
			random_below(records) * PLOG_DIRECTORY_RECORD_BYTES + 8 * random_below(3);

		set_64(bytes, at, wire_load64(bytes->data + at) + random_number());
	}
}

/*
 * Change a log that is taken apart.
 */
static void
mutate_parts(Log *log)
{
	size_t		index;

	if (log->chunk_count == 0)
		make_log(log);
	index = random_below(log->chunk_count);
	switch (random_below(16))
	{
		case 0:
			copy_chunk(log, index);
			break;
		case 1:
			drop_chunk(log, index);
			break;
		case 2:
			damage_chunk(&log->chunks[index]);
			break;
		case 3:
			log->is_unfinished = !log->is_unfinished;
			break;
		case 4:
			log->header[FUZZ_CHOICE_MAX_CHUNK] = (uint8_t) random_number();
			break;
		case 5:
			log->header[FUZZ_CHOICE_POLLS] = (uint8_t) random_number();
			break;
		default:
			mutate_chunk(&log->chunks[index]);
			break;
	}
}

void
mutate_log(Bytes *bytes)
{
	Log		   *log = malloc(sizeof(Log));
	uint64_t	changes = 1 + random_below(3);

	if (log == NULL)
		abort();
	parse_log(bytes, log);
	while (changes-- > 0)
		mutate_parts(log);
	bytes_free(bytes);
	*bytes = build_log(log);
	if (random_below(6) == 0)
		damage_file(bytes);
	free_log(log);
}
