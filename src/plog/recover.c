/*-------------------------------------------------------------------------
 *
 * recover.c
 *		Finding the chunks of a damaged or unfinished log.
 *
 *-------------------------------------------------------------------------
 */
#include <stdio.h>
#include <stdlib.h>

#include "plog/inflate.h"
#include "plog/recover.h"

/* A stream is tried first for so many inflated bytes. */
#define TRIAL_BYTES		4096

/* The file is searched for the next stream in pieces of so many bytes. */
#define SEARCH_BYTES	(64 * 1024)

/* Entries are counted between two polls. */
#define ENTRIES_PER_POLL	65536

typedef struct Walk
{
	PlogReader *reader;
	PlogRecovery *recovery;
	PlogChunk  *hints;			/* the directory's chunks, in order */
	uint64_t	hint_count;
	uint64_t	next_hint;		/* the first that does not lie before "at" */
	uint64_t	used_hints;		/* where a chunk was looked for */
	bool		hints_are_wrong;	/* about a whole chunk */
	uint64_t	end;			/* of the bytes to walk */
	uint64_t	capacity;		/* of reader->chunks */
	PlogBuffer *inflated;
	PlogBuffer *searched;
} Walk;

static uint64_t
min_u64(uint64_t a, uint64_t b)
{
	return a < b ? a : b;
}

static void
poll_caller(PlogReader *reader)
{
	if (reader->options.poll != NULL)
		reader->options.poll();
}

/*
 * Could these two bytes start a zlib stream: deflate, a window that exists, no
 * preset dictionary, and a right check?
 */
static bool
starts_stream(const uint8_t *at)
{
	return (at[0] & 0x0f) == 8 && at[0] >> 4 <= 7 && (at[1] & 0x20) == 0 &&
		(at[0] * 256 + at[1]) % 31 == 0;
}

/*
 * Do inflated bytes begin as a chunk does: with an entry that starts with pc
 * and instr?  Random bytes that happen to inflate do so once in 2^24 times.
 */
static bool
starts_chunk(const PlogBuffer *inflated)
{
	WireCursor	cursor;
	uint32_t	size;
	uint64_t	pc;

	if (inflated->length <= PLOG_ENTRY_SIZE_BYTES)
		return false;
	size = wire_load32(inflated->data);
	cursor.at = inflated->data + PLOG_ENTRY_SIZE_BYTES;
	cursor.end = inflated->data + inflated->length;
	if (size < cursor.end - cursor.at)
		cursor.end = cursor.at + size;
	return size > 0 && *cursor.at++ == (PLOG_ENTRY_PC << 3 | WIRE_VARINT) &&
		wire_varint(&cursor, &pc) && cursor.at < cursor.end &&
		*cursor.at == (PLOG_ENTRY_INSTR << 3 | WIRE_VARINT);
}

/*
 * Count the whole entries of inflated bytes, and those of them that are no
 * protobuf.  Gives how many bytes they take.
 */
static size_t
count_entries(PlogReader *reader, const PlogBuffer *inflated,
			  uint64_t *entries, uint64_t *malformed)
{
	WireCursor	cursor;
	PlogBytes	body;

	*entries = *malformed = 0;
	cursor.at = inflated->data;
	cursor.end = inflated->data + inflated->length;
	while (inflated->length > 0 && plog_next_body(&cursor, &body))
	{
		PlogEntry	entry;

		if (!plog_decode_entry(body, &entry))
			(*malformed)++;
		if (++*entries % ENTRIES_PER_POLL == 0)
			poll_caller(reader);
	}
	return (size_t) (cursor.at - inflated->data);
}

/*
 * Add a chunk.  Its number is the directory's where that has it, unless the
 * chunks before hold more entries than the directory thinks.
 */
static PlogStatus
add_chunk(Walk *walk, PlogChunk chunk, const PlogChunk *hint, PlogError *error)
{
	PlogReader *reader = walk->reader;

	if (reader->chunk_count == walk->capacity)
	{
		uint64_t	capacity = walk->capacity == 0 ? 64 : walk->capacity * 2;
		PlogChunk  *chunks = realloc(reader->chunks, capacity * sizeof(PlogChunk));

		if (chunks == NULL)
			return plog_fail(error, PLOG_OUT_OF_MEMORY, chunk.position, "out of memory");
		reader->chunks = chunks;
		walk->capacity = capacity;
	}
	chunk.first_entry = reader->entry_count;
	if (hint != NULL && hint->first_entry > chunk.first_entry)
		chunk.first_entry = hint->first_entry;
	if (hint != NULL && hint->entries > chunk.entries)
		walk->recovery->lost_entries += hint->entries - chunk.entries;
	reader->entry_count = chunk.first_entry + chunk.entries;
	reader->chunks[reader->chunk_count++] = chunk;
	walk->recovery->entries += chunk.entries;
	return PLOG_OK;
}

/*
 * The directory's chunk that starts at a position, or NULL.
 */
static const PlogChunk *
hint_at(Walk *walk, uint64_t position)
{
	while (walk->next_hint < walk->hint_count && walk->hints[walk->next_hint].position < position)
		walk->next_hint++;
	if (walk->next_hint < walk->hint_count && walk->hints[walk->next_hint].position == position)
		return &walk->hints[walk->next_hint];
	return NULL;
}

/*
 * Where the directory's next chunk behind a position starts, or the end.
 */
static uint64_t
next_known_position(Walk *walk, uint64_t position)
{
	(void) hint_at(walk, position + 1);
	return walk->next_hint < walk->hint_count ? walk->hints[walk->next_hint].position : walk->end;
}

/*
 * Inflate what starts at a position, as far as it goes.  What the directory
 * knows goes the fast way, if it is sound.  A whole stream says itself where
 * it ends; a damaged one does not go on into the chunk that the directory has
 * next.
 */
static PlogStatus
inflate_at(Walk *walk, uint64_t position, const PlogChunk *hint, PlogStreamEnd *end, PlogError *error)
{
	PlogStatus	status;
	uint64_t	limit;

	if (hint != NULL)
	{
		status = plog_inflate_chunk(walk->reader, position, hint->length, walk->inflated, error);
		end->whole = status == PLOG_OK;
		end->length = hint->length;
		if (status != PLOG_CORRUPT)
			return status;
	}
	status = plog_inflate_stream(walk->reader, position, walk->end, UINT64_MAX,
								 walk->inflated, end, error);
	if (status != PLOG_OK || end->whole)
		return status;
	limit = next_known_position(walk, position);
	if (position + end->length <= limit)
		return PLOG_OK;
	return plog_inflate_stream(walk->reader, position, limit, UINT64_MAX,
							   walk->inflated, end, error);
}

/*
 * Does a chunk seem to start at a position?
 */
static PlogStatus
try_position(Walk *walk, uint64_t position, bool *is_chunk, PlogError *error)
{
	PlogStreamEnd end;
	PlogStatus	status = plog_inflate_stream(walk->reader, position, walk->end, TRIAL_BYTES,
											 walk->inflated, &end, error);

	*is_chunk = status == PLOG_OK && starts_chunk(walk->inflated);
	return status;
}

/*
 * Search for the next chunk from a position on, as far as where the directory
 * knows one, or the end.
 */
static PlogStatus
find_next_chunk(Walk *walk, uint64_t position, uint64_t *found, PlogError *error)
{
	PlogReader *reader = walk->reader;
	uint64_t	limit = next_known_position(walk, position - 1);
	bool		is_chunk = false;
	PlogStatus	status;

	*found = limit;
	for (uint64_t at = position; at + PLOG_CHUNK_MIN_BYTES <= limit;)
	{
		size_t		length = (size_t) min_u64(limit - at, SEARCH_BYTES);

		poll_caller(reader);
		if (!plog_buffer_reserve(walk->searched, SEARCH_BYTES))
			return plog_fail(error, PLOG_OUT_OF_MEMORY, at, "out of memory");
		status = plog_read_at(reader, at, walk->searched->data, length, error);
		if (status != PLOG_OK)
			return status;
		for (size_t i = 0; i + 1 < length; i++)
		{
			if (!starts_stream(walk->searched->data + i))
				continue;
			status = try_position(walk, at + i, &is_chunk, error);
			if (status != PLOG_OK)
				return status;
			if (is_chunk)
			{
				*found = at + i;
				return PLOG_OK;
			}
		}
		at += length - 1;
	}
	return PLOG_OK;
}

/*
 * Take what starts at *position, and move it to what comes next.
 */
static PlogStatus
take_chunk(Walk *walk, uint64_t *position, PlogError *error)
{
	PlogRecovery *recovery = walk->recovery;
	const PlogChunk *hint = hint_at(walk, *position);
	PlogStreamEnd end;
	PlogChunk	chunk;
	uint64_t	malformed;
	size_t		whole_bytes;
	PlogStatus	status = inflate_at(walk, *position, hint, &end, error);

	if (status != PLOG_OK)
		return status;
	memset(&chunk, 0, sizeof(chunk));
	chunk.position = *position;
	chunk.length = end.length;
	whole_bytes = count_entries(walk->reader, walk->inflated, &chunk.entries, &malformed);
	walk->used_hints += hint != NULL;
	if (end.whole && whole_bytes == walk->inflated->length &&
		(hint != NULL || chunk.entries > 0))
	{
		if (walk->hint_count > 0 &&
			(hint == NULL || hint->entries != chunk.entries || hint->length != end.length))
			walk->hints_are_wrong = true;
		recovery->whole_chunks++;
		recovery->malformed_entries += malformed;
		*position += end.length;
		return add_chunk(walk, chunk, hint, error);
	}

	/* damaged: keep the whole entries at its beginning, and look for the next */
	chunk.salvaged = whole_bytes;
	if (!starts_chunk(walk->inflated))
		chunk.entries = 0;
	if (end.whole)
		*position += end.length;
	else
	{
		status = find_next_chunk(walk, chunk.position + 1, position, error);
		if (status != PLOG_OK)
			return status;
	}
	chunk.length = *position - chunk.position;
	if (chunk.entries == 0)
	{
		recovery->lost_bytes += chunk.length;
		recovery->lost_entries += hint != NULL ? hint->entries : 0;
		return PLOG_OK;
	}
	recovery->torn_chunks++;
	recovery->malformed_entries += malformed;
	recovery->lost_bytes += end.length < chunk.length ? chunk.length - end.length : 0;
	return add_chunk(walk, chunk, hint, error);
}

/*
 * Does a directory stand at a position?  It may be cut off, so that it cannot
 * be read, or stand there though the header does not say so.
 */
static bool
is_directory(PlogReader *reader, uint64_t position)
{
	uint64_t	length = reader->identity.size - position;
	uint8_t		start[PLOG_DIRECTORY_COUNT_BYTES + PLOG_DIRECTORY_RECORD_BYTES];
	PlogError	error;

	if (length > sizeof(start))
		length = sizeof(start);
	if (length < PLOG_DIRECTORY_COUNT_BYTES ||
		plog_read_at(reader, position, start, (size_t) length, &error) != PLOG_OK)
		return false;
	if (length < sizeof(start))
		return position == reader->directory;
	return wire_load32(start) > 0 &&
		wire_load64(start + PLOG_DIRECTORY_COUNT_BYTES + PLOG_DIRECTORY_RECORD_POSITION) == PLOG_FIRST_CHUNK;
}

/*
 * Walk the file.
 */
static PlogStatus
walk_file(Walk *walk, PlogError *error)
{
	uint64_t	position = PLOG_FIRST_CHUNK;

	while (position < walk->end)
	{
		PlogStatus	status;

		if (walk->hint_count == 0 && is_directory(walk->reader, position))
			break;
		status = take_chunk(walk, &position, error);
		if (status != PLOG_OK)
			return status;
	}
	return PLOG_OK;
}

/*
 * Nothing was read from a file without a good header: is it a log at all?
 */
static bool
may_be_new_log(const PlogReader *reader, PlogStatus directory_status)
{
	return reader->identity.size == 0 || directory_status == PLOG_UNFINISHED ||
		directory_status == PLOG_CORRUPT;
}

PlogStatus
plog_recover(PlogReader *reader, PlogRecovery *recovery, PlogError *error)
{
	PlogError	damage;
	PlogStatus	directory_status = plog_read_directory(reader, &damage);
	PlogStatus	status;
	Walk		walk;

	memset(recovery, 0, sizeof(*recovery));
	if (directory_status == PLOG_SYSTEM_ERROR || directory_status == PLOG_OUT_OF_MEMORY ||
		directory_status == PLOG_OTHER_VERSION)
	{
		*error = damage;
		return directory_status;
	}

	memset(&walk, 0, sizeof(walk));
	walk.reader = reader;
	walk.recovery = recovery;
	walk.end = reader->identity.size;
	walk.inflated = &reader->recovery_inflated;
	walk.searched = &reader->recovery_searched;
	if (directory_status == PLOG_OK)
	{
		walk.hints = reader->hints = reader->chunks;
		walk.hint_count = reader->chunk_count;
		walk.end = reader->directory;
	}
	else
	{
		memcpy(recovery->damage, damage.message, sizeof(recovery->damage));
		free(reader->chunks);
	}
	reader->chunks = NULL;
	reader->chunk_count = 0;
	reader->entry_count = 0;

	status = walk_file(&walk, error);
	if (status != PLOG_OK)
		return status;
	plog_buffer_free(&reader->recovery_inflated);
	plog_buffer_free(&reader->recovery_searched);
	free(reader->hints);
	reader->hints = NULL;
	if (reader->chunk_count == 0 && directory_status != PLOG_OK &&
		!may_be_new_log(reader, directory_status))
	{
		*error = damage;
		return directory_status;
	}
	if (walk.hints_are_wrong || walk.used_hints != walk.hint_count)
		snprintf(recovery->damage, sizeof(recovery->damage),
				 "directory is not that of the chunks");
	reader->complete = recovery->damage[0] == '\0' && recovery->torn_chunks == 0 &&
		recovery->malformed_entries == 0 && recovery->lost_bytes == 0 &&
		recovery->lost_entries == 0;
	return PLOG_OK;
}
