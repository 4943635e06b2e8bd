/*-------------------------------------------------------------------------
 *
 * reader.c
 *		A log that is open: what is known of the file, and reading its chunks.
 *
 *-------------------------------------------------------------------------
 */
#include <stdlib.h>

#include "plog/reader.h"

/* Entries are counted between two polls. */
#define ENTRIES_PER_POLL	65536

PlogStatus
plog_reader_open(PlogReader *reader, const char *path,
				 const PlogReaderOptions *options, PlogError *error)
{
	PlogStatus	status;

	reader->input.poll = options->poll;
	reader->inflater.input = &reader->input;
	reader->inflater.max_chunk = options->max_chunk;
	status = plog_input_open(&reader->input, path, error);
	return status == PLOG_OK ? plog_look_again(reader, error) : status;
}

PlogStatus
plog_look_again(PlogReader *reader, PlogError *error)
{
	PlogStatus	status = plog_input_identify(&reader->input, &reader->identity, error);

	reader->verified_ctime = reader->identity.ctime;
	return status;
}

void
plog_reader_rest(PlogReader *reader)
{
	plog_inflate_rest(&reader->inflater);
}

void
plog_reader_close(PlogReader *reader)
{
	plog_reader_rest(reader);
	plog_buffer_free(&reader->recovery_inflated);
	plog_buffer_free(&reader->recovery_searched);
	free(reader->hints);
	free(reader->chunks);
	plog_input_close(&reader->input);
	memset(reader, 0, sizeof(*reader));
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
		return plog_inflate_chunk(&reader->inflater, chunk->position, chunk->length,
								  reader->chunk_size, inflated, error);
	status = plog_inflate_stream(&reader->inflater, chunk->position,
								 chunk->position + chunk->length, chunk->salvaged, inflated, &end,
								 error);
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
		if (entries % ENTRIES_PER_POLL == 0)
			plog_poll(&reader->input);
	}
	return plog_check_walk(chunk, &cursor, entries, error);
}
