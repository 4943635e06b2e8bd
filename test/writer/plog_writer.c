/*-------------------------------------------------------------------------
 *
 * plog_writer.c
 *		Writes plogs as PANDA does, for tests.
 *
 *-------------------------------------------------------------------------
 */
#define _POSIX_C_SOURCE 200809L

#include "plog_writer.h"

#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <zlib.h>

#include "../../src/plog/format.h"

/* What stands in the header's paddings: something that is not zero. */
#define GARBAGE_1	0x5576A1C4u
#define GARBAGE_2	0x00007FC1u

/* A chunk's record in the directory */
typedef struct ChunkRecord
{
	uint64_t	start_instr;
	uint64_t	position;
	uint64_t	entries;
} ChunkRecord;

struct PlogWriter
{
	char	   *path;
	int			fd;
	uint32_t	chunk_size;
	int			level;
	uint64_t	position;		/* where the next chunk goes */

	uint8_t    *chunk;			/* the chunk so far */
	size_t		chunk_bytes;
	size_t		chunk_allocated;
	uint64_t	chunk_entries;
	uint64_t	chunk_instr;	/* of its first entry */
	uint64_t	last_instr;		/* of its last entry */
	bool		last_known;		/* did the last entry have an instr? */

	uint8_t    *deflated;
	size_t		deflated_allocated;

	ChunkRecord *directory;
	size_t		chunk_count;
	size_t		directory_allocated;
};

void
plog_die(const char *format,...)
{
	va_list		arguments;

	va_start(arguments, format);
	fputs("error: ", stderr);
	vfprintf(stderr, format, arguments);
	fputc('\n', stderr);
	va_end(arguments);
	exit(1);
}

void *
plog_realloc(void *memory, size_t bytes)
{
	void	   *result = realloc(memory, bytes);

	if (result == NULL)
		plog_die("out of memory");
	return result;
}

int
plog_hex_digit(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if (c >= 'a' && c <= 'f')
		return c - 'a' + 10;
	if (c >= 'A' && c <= 'F')
		return c - 'A' + 10;
	return -1;
}

uint64_t
plog_parse_option(const char *option, const char *text, uint64_t min, uint64_t max)
{
	char	   *end;
	unsigned long long value;

	errno = 0;
	value = strtoull(text, &end, 0);
	if (errno != 0 || end == text || *end != '\0' || text[0] == '-' || value < min || value > max)
		plog_die("option --%s must be a number from %llu to %llu, not \"%s\"", option,
				 (unsigned long long) min, (unsigned long long) max, text);
	return value;
}

/* Store an integer of the given size, little-endian. */
static void
store(uint8_t *to, uint64_t value, int bytes)
{
	for (int i = 0; i < bytes; i++)
		to[i] = (uint8_t) (value >> (8 * i));
}

/* Write bytes at a position of the file. */
static void
write_at(PlogWriter *writer, const uint8_t *bytes, size_t count, uint64_t position)
{
	while (count > 0)
	{
		ssize_t		written = pwrite(writer->fd, bytes, count, (off_t) position);

		if (written < 0 && errno == EINTR)
			continue;
		if (written <= 0)
			plog_die("could not write file \"%s\": %s", writer->path, strerror(errno));
		bytes += written;
		count -= (size_t) written;
		position += (uint64_t) written;
	}
}

PlogWriter *
plog_writer_open(const char *path, uint32_t chunk_size, int level)
{
	PlogWriter *writer = plog_realloc(NULL, sizeof(PlogWriter));

	memset(writer, 0, sizeof(PlogWriter));
	writer->path = strcpy(plog_realloc(NULL, strlen(path) + 1), path);
	writer->chunk_size = chunk_size;
	writer->level = level;
	writer->position = PLOG_FIRST_CHUNK;
	writer->fd = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0666);
	if (writer->fd < 0)
		plog_die("could not open file \"%s\" for writing: %s", path, strerror(errno));
	return writer;
}

/* Read a varint; false if it does not end within the bytes, or in time. */
static bool
read_varint(const uint8_t **cursor, const uint8_t *end, uint64_t *value)
{
	*value = 0;
	for (int shift = 0; *cursor < end && shift < 70; shift += 7)
	{
		uint8_t		byte = *(*cursor)++;

		*value |= (uint64_t) (byte & 0x7F) << shift;
		if (byte < 0x80)
			return true;
	}
	return false;
}

/* Step over a field's value; false if the bytes do not hold it. */
static bool
skip_value(const uint8_t **cursor, const uint8_t *end, int wire_type)
{
	uint64_t	bytes;

	if (wire_type == 0)
		return read_varint(cursor, end, &bytes);
	if (wire_type == 2)
	{
		if (!read_varint(cursor, end, &bytes))
			return false;
	}
	else if (wire_type == 1 || wire_type == 5)
		bytes = wire_type == 1 ? 8 : 4;
	else
		return false;
	if (bytes > (uint64_t) (end - *cursor))
		return false;
	*cursor += bytes;
	return true;
}

/* Find the instr of an entry, as far as its bytes make sense. */
static bool
find_instr(const uint8_t *entry, size_t bytes, uint64_t *instr)
{
	const uint8_t *cursor = entry;
	const uint8_t *end = entry + bytes;
	uint64_t	tag;

	while (cursor < end && read_varint(&cursor, end, &tag))
	{
		if (tag == PLOG_ENTRY_INSTR << 3)
			return read_varint(&cursor, end, instr);
		if (!skip_value(&cursor, end, (int) (tag & 7)))
			break;
	}
	return false;
}

/* Make room for an entry behind the chunk; where its bytes go. */
static uint8_t *
prepare_entry(PlogWriter *writer, size_t bytes)
{
	size_t		needed = writer->chunk_bytes + PLOG_ENTRY_SIZE_BYTES + bytes;

	if (bytes > UINT32_MAX)
		plog_die("an entry cannot have %zu bytes", bytes);
	if (needed > writer->chunk_allocated)
	{
		writer->chunk_allocated = needed + needed / 2;
		writer->chunk = plog_realloc(writer->chunk, writer->chunk_allocated);
	}
	return writer->chunk + writer->chunk_bytes + PLOG_ENTRY_SIZE_BYTES;
}

/*
 * Take in the entry that stands behind the chunk.  Where PANDA would cut before
 * it, the chunk is cut, and the entry becomes the first of the next one.
 */
static void
finish_entry(PlogWriter *writer, size_t bytes)
{
	uint8_t    *entry = writer->chunk + writer->chunk_bytes + PLOG_ENTRY_SIZE_BYTES;
	uint64_t	instr = 0;
	bool		known = find_instr(entry, bytes, &instr);
	bool		same_instr = known && writer->last_known && instr == writer->last_instr;

	if (writer->chunk_entries > 0 && !same_instr && writer->chunk_bytes + bytes >= writer->chunk_size)
	{
		plog_writer_cut(writer);
		memmove(writer->chunk + PLOG_ENTRY_SIZE_BYTES, entry, bytes);
	}
	if (writer->chunk_entries == 0)
		writer->chunk_instr = instr;
	store(writer->chunk + writer->chunk_bytes, bytes, PLOG_ENTRY_SIZE_BYTES);
	writer->chunk_bytes += PLOG_ENTRY_SIZE_BYTES + bytes;
	writer->chunk_entries++;
	writer->last_instr = instr;
	writer->last_known = known;
}

void
plog_writer_add(PlogWriter *writer, const void *entry, size_t bytes)
{
	uint8_t    *to = prepare_entry(writer, bytes);

	if (bytes > 0)
		memcpy(to, entry, bytes);
	finish_entry(writer, bytes);
}

void
plog_writer_add_message(PlogWriter *writer, const ProtobufCMessage *message)
{
	size_t		bytes = protobuf_c_message_get_packed_size(message);

	protobuf_c_message_pack(message, prepare_entry(writer, bytes));
	finish_entry(writer, bytes);
}

/* Note the chunk in the directory. */
static void
add_directory_record(PlogWriter *writer)
{
	ChunkRecord *record;

	if (writer->chunk_count == writer->directory_allocated)
	{
		writer->directory_allocated = writer->directory_allocated * 2 + 16;
		writer->directory = plog_realloc(writer->directory, writer->directory_allocated * sizeof(ChunkRecord));
	}
	record = &writer->directory[writer->chunk_count];
	record->start_instr = writer->chunk_count == 0 ? 0 : writer->chunk_instr & UINT32_MAX;
	record->position = writer->position;
	record->entries = writer->chunk_entries;
	writer->chunk_count++;
}

void
plog_writer_cut(PlogWriter *writer)
{
	uLongf		deflated_bytes = compressBound(writer->chunk_bytes);
	static const Bytef nothing[1];

	if (deflated_bytes > writer->deflated_allocated)
	{
		writer->deflated_allocated = deflated_bytes;
		writer->deflated = plog_realloc(writer->deflated, deflated_bytes);
	}
	if (compress2(writer->deflated, &deflated_bytes, writer->chunk_bytes > 0 ? writer->chunk : nothing,
				  writer->chunk_bytes, writer->level) != Z_OK)
		plog_die("could not compress a chunk of %zu bytes", writer->chunk_bytes);
	write_at(writer, writer->deflated, deflated_bytes, writer->position);
	add_directory_record(writer);
	writer->position += deflated_bytes;
	writer->chunk_bytes = 0;
	writer->chunk_entries = 0;
	writer->last_known = false;
}

void
plog_writer_sync(PlogWriter *writer)
{
	if (fsync(writer->fd) != 0)
		plog_die("could not fsync file \"%s\": %s", writer->path, strerror(errno));
}

/* Write the directory behind the last chunk. */
static void
write_directory(PlogWriter *writer)
{
	size_t		bytes = PLOG_DIRECTORY_COUNT_BYTES + writer->chunk_count * PLOG_DIRECTORY_RECORD_BYTES;
	uint8_t    *directory = plog_realloc(NULL, bytes);
	uint8_t    *to = directory + PLOG_DIRECTORY_COUNT_BYTES;

	store(directory, writer->chunk_count, PLOG_DIRECTORY_COUNT_BYTES);
	for (size_t i = 0; i < writer->chunk_count; i++, to += PLOG_DIRECTORY_RECORD_BYTES)
	{
		store(to + PLOG_DIRECTORY_RECORD_INSTR, writer->directory[i].start_instr, 8);
		store(to + PLOG_DIRECTORY_RECORD_POSITION, writer->directory[i].position, 8);
		store(to + PLOG_DIRECTORY_RECORD_ENTRIES, writer->directory[i].entries, 8);
	}
	write_at(writer, directory, bytes, writer->position);
	free(directory);
}

/* Write the header; the bytes from it to the first chunk stay zero. */
static void
write_header(PlogWriter *writer)
{
	uint8_t		header[PLOG_HEADER_BYTES];

	store(header + PLOG_HEADER_VERSION, PLOG_VERSION, 4);
	store(header + PLOG_HEADER_VERSION + 4, GARBAGE_1, 4);
	store(header + PLOG_HEADER_DIRECTORY, writer->position, 8);
	store(header + PLOG_HEADER_CHUNK_SIZE, writer->chunk_size, 4);
	store(header + PLOG_HEADER_CHUNK_SIZE + 4, GARBAGE_2, 4);
	write_at(writer, header, sizeof(header), 0);
}

/* Close the file and free the writer. */
static void
release(PlogWriter *writer)
{
	if (close(writer->fd) != 0)
		plog_die("could not close file \"%s\": %s", writer->path, strerror(errno));
	free(writer->path);
	free(writer->chunk);
	free(writer->deflated);
	free(writer->directory);
	free(writer);
}

void
plog_writer_close(PlogWriter *writer)
{
	if (writer->chunk_entries > 0)
		plog_writer_cut(writer);
	write_directory(writer);
	write_header(writer);
	release(writer);
}

void
plog_writer_abandon(PlogWriter *writer)
{
	if (writer->chunk_entries > 0)
		plog_writer_cut(writer);
	release(writer);
}
