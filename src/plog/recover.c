/*-------------------------------------------------------------------------
 *
 * recover.c
 *		Finding the chunks of a damaged or unfinished log.
 *
 *-------------------------------------------------------------------------
 */
#include <stdio.h>
#include <stdlib.h>

#include "plog/call.h"
#include "plog/directory.h"
#include "plog/recover.h"

/*
 * What may be a chunk is tried by inflating so many bytes, enough for an entry's size,
 * its pc and the tag of instr, from at most so many bytes of the file, enough for the
 * tables of a deflated block and those.
 */
#define TRIAL_INFLATED	32
#define TRIAL_BYTES		1024

/*
 * The next stream is searched for in pieces of so many bytes.  The first piece is
 * smaller, because the stream may be near.
 */
#define SEARCH_BYTES		(64 * 1024)
#define FIRST_SEARCH_BYTES	1024

/*
 * The work must grow with the file, not with its square.  When damaged streams have
 * taken so many times the bytes of the file, the file was made so that they overlap.
 * From then on the next chunk is searched for after a damaged one, no longer inside
 * it, and no chunk is inflated beyond where the directory has the next.
 */
#define MAX_RESCANS		16

/* Entries are counted between two polls. */
#define ENTRIES_PER_POLL	65536

typedef struct Walk
{
	PlogReader *reader;
	PlogRecovery *recovery;
	PlogChunk  *hints;			/* the directory's chunks, in order */
	uint64_t	hint_count;
	uint64_t	next_hint;		/* the first one not before the current position */
	uint64_t	used_hints;		/* how many chunks were looked for by a hint */
	bool		hints_are_wrong;	/* about a whole chunk */
	uint64_t	end;			/* of the bytes to walk */
	uint64_t	damaged_bytes;	/* of all damaged streams, when each was read for
								 * the first time */
	uint64_t	capacity;		/* of reader->chunks */
	PlogBuffer *inflated;
	PlogBuffer *searched;
} Walk;

/* What was inflated from a position, into walk->inflated. */
typedef struct Inflated
{
	PlogStreamEnd end;
	bool		is_chunk;		/* does it begin as a chunk does? */
	uint64_t	entries;		/* the whole ones */
	uint64_t	malformed;		/* of those */
	size_t		whole_bytes;	/* of the whole entries */
} Inflated;

/*
 * Can these two bytes start a zlib stream?  The method must be deflate, the window's
 * size valid, the check bits right, and there must be no preset dictionary.
 */
static bool
starts_stream(const uint8_t *at)
{
	return (at[0] & 0x0f) == 8 && at[0] >> 4 <= 7 && (at[1] & 0x20) == 0 &&
		(at[0] * 256 + at[1]) % 31 == 0;
}

/*
 * Do inflated bytes begin as a chunk does, with an entry that starts with pc and
 * instr?  Random bytes that happen to inflate do so once in 2^24 times.
 */
static bool
starts_chunk(const uint8_t *inflated, size_t length)
{
	PlogBytes	entry;
	WireCursor	cursor;
	uint64_t	pc;

	if (length <= PLOG_ENTRY_SIZE_BYTES)
		return false;
	entry.data = inflated + PLOG_ENTRY_SIZE_BYTES;
	entry.length = (size_t) plog_min(wire_load32(inflated), length - PLOG_ENTRY_SIZE_BYTES);
	cursor = wire_cursor(entry);
	return entry.length > 0 && *cursor.at++ == (PLOG_ENTRY_PC << 3 | WIRE_VARINT) &&
		wire_varint(&cursor, &pc) && cursor.at < cursor.end &&
		*cursor.at == (PLOG_ENTRY_INSTR << 3 | WIRE_VARINT);
}

/*
 * Count the whole entries in walk->inflated, up to so many, and the malformed ones
 * among them.
 */
static void
count_entries(Walk *walk, uint64_t most, Inflated *found)
{
	const PlogBuffer *inflated = walk->inflated;
	WireCursor	cursor = plog_entries(inflated);
	PlogBytes	body;

	found->entries = found->malformed = 0;
	found->is_chunk = starts_chunk(inflated->data, inflated->length);
	while (found->entries < most && plog_next_body(&cursor, &body))
	{
		PlogEntry	entry;

		if (!plog_decode_entry(body, &entry))
			found->malformed++;
		if (++found->entries % ENTRIES_PER_POLL == 0)
			plog_poll(&walk->reader->input);
	}
	found->whole_bytes = (size_t) (cursor.at - inflated->data);
}

/*
 * Add a chunk.  Its first entry has the number that the directory gives it, unless
 * the chunks before have more entries than the directory says.
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
 * Where the directory's next chunk after a position starts, or the end.
 */
static uint64_t
next_known_position(Walk *walk, uint64_t position)
{
	(void) hint_at(walk, position + 1);
	return walk->next_hint < walk->hint_count ? walk->hints[walk->next_hint].position : walk->end;
}

/*
 * Inflate what starts at a position, no further than a limit, and count its entries.
 */
static PlogStatus
inflate_up_to(Walk *walk, uint64_t position, uint64_t limit, Inflated *found, PlogError *error)
{
	PlogStatus	status = plog_inflate_stream(&walk->reader->inflater, position, limit, UINT64_MAX,
											 walk->inflated, &found->end, error);

	if (status == PLOG_OK)
		count_entries(walk, UINT64_MAX, found);
	return status;
}

/*
 * Have damaged streams taken too many bytes?  See MAX_RESCANS.
 */
static bool
is_exhausted(const Walk *walk)
{
	return walk->damaged_bytes / walk->reader->identity.size >= MAX_RESCANS;
}

/*
 * Inflate what starts at a position, as far as it can be inflated.  A chunk that the
 * directory knows is inflated the fast way, if it is whole.  A whole stream tells where
 * it ends; a damaged one ends at the latest where the directory has the next chunk.
 */
static PlogStatus
inflate_at(Walk *walk, uint64_t position, const PlogChunk *hint, Inflated *found, PlogError *error)
{
	PlogStatus	status;
	uint64_t	limit;
	uint64_t	end = walk->end;

	if (hint != NULL)
	{
		status = plog_inflate_chunk(&walk->reader->inflater, position, hint->length,
									walk->reader->chunk_size, walk->inflated, error);
		found->end.whole = true;
		found->end.length = hint->length;
		if (status == PLOG_OK)
			count_entries(walk, UINT64_MAX, found);
		if (status != PLOG_CORRUPT)
			return status;
	}
	limit = next_known_position(walk, position);
	if (is_exhausted(walk))
		end = limit;
	status = inflate_up_to(walk, position, end, found, error);
	if (status != PLOG_OK || found->end.whole)
		return status;
	walk->damaged_bytes += found->end.length;
	if (position + found->end.length <= limit)
		return PLOG_OK;
	return inflate_up_to(walk, position, limit, found, error);
}

/*
 * The first place in a piece of the file where a chunk seems to start, or "count".
 */
static size_t
find_chunk_in_piece(PlogReader *reader, const uint8_t *piece, size_t length, size_t count)
{
	for (size_t i = 0; i < count; i++)
	{
		uint8_t		inflated[TRIAL_INFLATED];
		size_t		got;

		if (!starts_stream(piece + i))
			continue;
		plog_poll(&reader->input);
		got = plog_inflate_start(&reader->inflater, piece + i, (size_t) plog_min(length - i, TRIAL_BYTES),
								 inflated, sizeof(inflated));
		if (starts_chunk(inflated, got))
			return i;
	}
	return count;
}

/*
 * Search for the next chunk from a position on, up to where the directory has one, or
 * the end.
 */
static PlogStatus
find_next_chunk(Walk *walk, uint64_t position, uint64_t *found, PlogError *error)
{
	uint64_t	limit = next_known_position(walk, position - 1);
	uint64_t	at = position;
	uint64_t	piece = FIRST_SEARCH_BYTES;

	*found = limit;
	if (!plog_buffer_reserve(walk->searched, SEARCH_BYTES + TRIAL_BYTES))
		return plog_fail(error, PLOG_OUT_OF_MEMORY, position, "out of memory");
	while (at < limit && limit - at >= PLOG_CHUNK_MIN_BYTES)
	{
		/* the last start leaves room for the shortest stream */
		size_t		count = (size_t) plog_min(limit - at - PLOG_CHUNK_MIN_BYTES + 1, piece);
		size_t		length = (size_t) plog_min(limit - at, count + TRIAL_BYTES);
		size_t		first;
		PlogStatus	status;

		plog_poll(&walk->reader->input);
		status = plog_read_at(&walk->reader->input, at, walk->searched->data, length, error);
		if (status != PLOG_OK)
			return status;
		first = find_chunk_in_piece(walk->reader, walk->searched->data, length, count);
		if (first < count)
		{
			*found = at + first;
			return PLOG_OK;
		}
		at += count;
		piece = plog_min(piece * 2, SEARCH_BYTES);
	}
	return PLOG_OK;
}

/*
 * Where to start searching for the chunk after a damaged stream.  The bytes that such a
 * stream has taken may be part of the next chunk.
 */
static uint64_t
search_from(const Walk *walk, uint64_t position, uint64_t length)
{
	return position + (is_exhausted(walk) && length > 0 ? length : 1);
}

/*
 * Add a chunk that was found, and count it.  What it has beyond the directory's count
 * is left out, unless it is the last chunk: the next one's entries have those numbers.
 */
static PlogStatus
add_found_chunk(Walk *walk, PlogChunk chunk, Inflated *found, const PlogChunk *hint,
				uint64_t *kind, PlogError *error)
{
	PlogRecovery *recovery = walk->recovery;
	uint64_t	entries = found->entries;

	if (hint != NULL && hint != &walk->hints[walk->hint_count - 1] && entries > hint->entries)
	{
		count_entries(walk, hint->entries, found);
		recovery->surplus_entries += entries - found->entries;
		chunk.salvaged = found->whole_bytes;
		if (found->entries == 0)
		{
			/* nothing is left to read */
			recovery->lost_bytes += found->end.length;
			return PLOG_OK;
		}
	}
	(*kind)++;
	chunk.entries = found->entries;
	recovery->malformed_entries += found->malformed;
	return add_chunk(walk, chunk, hint, error);
}

/*
 * Take the whole entries at the beginning of a damaged chunk, and move to what comes
 * next.
 */
static PlogStatus
take_damaged_chunk(Walk *walk, Inflated *found, const PlogChunk *hint, uint64_t *position,
				   PlogError *error)
{
	PlogRecovery *recovery = walk->recovery;
	PlogChunk	chunk = {0};
	PlogStatus	status;

	chunk.position = *position;
	if (found->end.whole)
		*position += found->end.length;
	else
	{
		status = find_next_chunk(walk, search_from(walk, chunk.position, found->end.length),
								 position, error);
		if (status == PLOG_OK && *position - chunk.position < found->end.length)
			/* the damaged stream went on into that chunk */
			status = inflate_up_to(walk, chunk.position, *position, found, error);
		if (status != PLOG_OK)
			return status;
	}
	chunk.length = *position - chunk.position;
	if (!found->is_chunk || found->entries == 0)
	{
		recovery->lost_bytes += chunk.length;
		recovery->lost_entries += hint != NULL ? hint->entries : 0;
		return PLOG_OK;
	}
	chunk.salvaged = found->whole_bytes;
	recovery->lost_bytes += chunk.length - found->end.length;
	return add_found_chunk(walk, chunk, found, hint, &recovery->torn_chunks, error);
}

/*
 * Take what starts at *position, and move *position to what comes next.
 */
static PlogStatus
take_chunk(Walk *walk, uint64_t *position, PlogError *error)
{
	const PlogChunk *hint = hint_at(walk, *position);
	Inflated	found;
	PlogChunk	chunk = {0};
	PlogStatus	status = inflate_at(walk, *position, hint, &found, error);

	if (status != PLOG_OK)
		return status;
	walk->used_hints += hint != NULL;
	if (!found.end.whole || found.whole_bytes != walk->inflated->length ||
		(hint == NULL && found.entries == 0))
		return take_damaged_chunk(walk, &found, hint, position, error);

	if (walk->hint_count > 0 &&
		(hint == NULL || hint->entries != found.entries || hint->length != found.end.length))
		walk->hints_are_wrong = true;
	chunk.position = *position;
	chunk.length = found.end.length;
	*position += chunk.length;
	return add_found_chunk(walk, chunk, &found, hint, &walk->recovery->whole_chunks, error);
}

/*
 * Is there a directory at a position?  It may be cut off, or the header may not tell
 * where it is.
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
		plog_read_at(&reader->input, position, start, (size_t) length, &error) != PLOG_OK)
		return false;
	if (length < sizeof(start))
		return position == reader->directory;
	return wire_load32(start) > 0 &&
		wire_load64(start + PLOG_DIRECTORY_COUNT_BYTES + PLOG_DIRECTORY_RECORD_POSITION) == PLOG_FIRST_CHUNK;
}

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
 * Can a file be a log from which nothing could be read?
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
		/* free those of a call that was interrupted */
		free(reader->hints);
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
