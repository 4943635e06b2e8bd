/*-------------------------------------------------------------------------
 *
 * recover.c
 *		Fuzz target: recovering what a log holds.
 *
 *-------------------------------------------------------------------------
 */
#include "mutate.h"
#include "plog/change.h"
#include "plog/directory.h"
#include "plog/recover.h"

static PlogBuffer inflated;		/* of the chunk that is read */

/*
 * What recovery says of the chunks that it found.
 */
static void
check_recovery(const PlogReader *reader, const PlogRecovery *recovery)
{
	uint64_t	at = PLOG_FIRST_CHUNK;
	uint64_t	next_entry = 0;
	uint64_t	entries = 0;

	for (uint64_t i = 0; i < reader->chunk_count; i++)
	{
		const PlogChunk *chunk = &reader->chunks[i];

		FUZZ_CHECK(chunk->position >= at && chunk->length > 0);
		at = chunk->position + chunk->length;
		FUZZ_CHECK(at <= reader->identity.size);
		FUZZ_CHECK(chunk->first_entry >= next_entry);
		next_entry = chunk->first_entry + chunk->entries;
		entries += chunk->entries;
	}
	FUZZ_CHECK(next_entry == reader->entry_count && entries == recovery->entries);
	FUZZ_CHECK(recovery->whole_chunks + recovery->torn_chunks == reader->chunk_count);
	FUZZ_CHECK(recovery->malformed_entries <= entries);
	FUZZ_CHECK(recovery->lost_bytes <= reader->identity.size);
}

/*
 * Every chunk that was found can be read, and holds what recovery says.
 */
static void
check_chunks(PlogReader *reader)
{
	for (uint64_t i = 0; i < reader->chunk_count; i++)
	{
		const PlogChunk *chunk = &reader->chunks[i];
		WireCursor	cursor;
		PlogBytes	body;
		uint64_t	entries = 0;
		PlogError	error;

		FUZZ_CHECK(plog_read_chunk(reader, chunk, &inflated, &error) == PLOG_OK);
		cursor = plog_entries(&inflated);
		while (plog_next_body(&cursor, &body))
			entries++;
		FUZZ_CHECK(entries == chunk->entries && cursor.at == cursor.end);
	}
}

/*
 * Is all well by the directory, so that nothing is left to recover?
 */
static bool
is_sound(PlogReader *reader)
{
	PlogError	error;

	if (plog_read_directory(reader, &error) != PLOG_OK)
		return false;
	for (uint64_t i = 0; i < reader->chunk_count; i++)
	{
		if (plog_read_chunk(reader, &reader->chunks[i], &inflated, &error) != PLOG_OK)
			return false;
	}
	return true;
}

static void
recover(PlogReader *reader)
{
	PlogRecovery recovery;
	PlogError	error;
	bool		was_sound = is_sound(reader);
	uint64_t	chunks = reader->chunk_count;
	PlogStatus	status = plog_recover(reader, &recovery, &error);

	if (was_sound)
	{
		FUZZ_CHECK(status == PLOG_OK && reader->chunk_count == chunks);
		FUZZ_CHECK(reader->complete == (recovery.malformed_entries == 0));
	}
	if (status != PLOG_OK)
		return;
	check_recovery(reader, &recovery);
	FUZZ_CHECK(plog_note_endings(reader, &error) == PLOG_OK);
	check_chunks(reader);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	PlogReader	reader = {0};
	PlogReaderOptions options = fuzz_options(data, size);
	PlogError	error;

	FUZZ_CHECK(plog_reader_open(&reader, fuzz_file(data, size), &options, &error) == PLOG_OK);
	(void) fuzz_run(recover, &reader);
	plog_reader_close(&reader);
	plog_buffer_free(&inflated);
	return 0;
}

size_t
LLVMFuzzerCustomMutator(uint8_t *data, size_t size, size_t max_size, unsigned int seed)
{
	return mutate_input(data, size, max_size, seed, mutate_log);
}
