/*-------------------------------------------------------------------------
 *
 * walk.c
 *		Fuzz target: opening a log, and walking its chunks and entries.
 *
 *-------------------------------------------------------------------------
 */
#include "mutate.h"
#include "plog/change.h"
#include "plog/directory.h"

static PlogBuffer inflated;		/* of the chunk that is read */

/*
 * Walk a chunk's entries, and their fields.
 */
static void
walk_entries(const PlogChunk *chunk)
{
	PlogBytes	all = {inflated.data, inflated.length};
	WireCursor	cursor = wire_cursor(all);
	PlogBytes	body;
	uint64_t	entries = 0;
	PlogError	error;

	while (plog_next_body(&cursor, &body))
	{
		PlogEntry	entry;

		FUZZ_CHECK(fuzz_lies_in(body, all));
		if (plog_decode_entry(body, &entry) && !entry.has_more_payloads)
			FUZZ_CHECK(fuzz_lies_in(fuzz_payload(&entry, PLOG_ENTRY_SYSCALL), body) &&
					   fuzz_lies_in(fuzz_payload(&entry, PLOG_ENTRY_ASID_INFO), body));
		entries++;
	}
	FUZZ_CHECK(plog_check_walk(chunk, &cursor, entries, &error) == PLOG_OK);
}

/*
 * What a directory says that was accepted.
 */
static void
check_directory(const PlogReader *reader)
{
	uint64_t	entries = 0;

	for (uint64_t i = 0; i < reader->chunk_count; i++)
	{
		const PlogChunk *chunk = &reader->chunks[i];

		FUZZ_CHECK(chunk->position == (i == 0 ? PLOG_FIRST_CHUNK : chunk[-1].position + chunk[-1].length));
		FUZZ_CHECK(chunk->position + chunk->length <= reader->directory);
		FUZZ_CHECK(chunk->first_entry == entries && chunk->salvaged == 0);
		entries += chunk->entries;
	}
	FUZZ_CHECK(reader->directory <= reader->identity.size && reader->entry_count == entries);
	FUZZ_CHECK(reader->complete);
}

static void
walk(PlogReader *reader)
{
	PlogError	error;

	if (plog_read_directory(reader, &error) != PLOG_OK)
		return;
	check_directory(reader);
	FUZZ_CHECK(plog_note_endings(reader, &error) == PLOG_OK);
	for (uint64_t i = 0; i < reader->chunk_count; i++)
	{
		if (plog_read_chunk(reader, &reader->chunks[i], &inflated, &error) != PLOG_OK)
			continue;
		FUZZ_CHECK(inflated.length <= reader->inflater.max_chunk);

		/* what is behind may be read, and written */
		memset(inflated.data + inflated.length, 0xff, PLOG_BUFFER_SLACK);
		walk_entries(&reader->chunks[i]);
		FUZZ_CHECK(plog_check_chunk_unchanged(reader, &reader->chunks[i], &error) == PLOG_OK);
	}
	FUZZ_CHECK(plog_check_unchanged(reader, &error) == PLOG_OK);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	PlogReader	reader = {0};
	PlogReaderOptions options = fuzz_options(data, size);
	PlogError	error;

	FUZZ_CHECK(plog_reader_open(&reader, fuzz_file(data, size), &options, &error) == PLOG_OK);
	(void) fuzz_run(walk, &reader);
	plog_reader_close(&reader);
	plog_buffer_free(&inflated);
	return 0;
}

size_t
LLVMFuzzerCustomMutator(uint8_t *data, size_t size, size_t max_size, unsigned int seed)
{
	return mutate_input(data, size, max_size, seed, mutate_log);
}
