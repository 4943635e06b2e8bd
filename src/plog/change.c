/*-------------------------------------------------------------------------
 *
 * change.c
 *		Whether a file is still what it was when it was opened.
 *
 *-------------------------------------------------------------------------
 */
#include <libdeflate.h>

#include "plog/change.h"
#include "plog/directory.h"

/* How many bytes of a chunk's end are compared: zlib's checksum, and more. */
#define CHUNK_ENDING_BYTES	8

/* How many chunks' ends are read between two polls. */
#define CHUNKS_PER_POLL		1024

/* The ends of so many chunks are part of what counts as the content. */
#define CONTENT_CHUNKS		1024

/*
 * Read a chunk's last bytes, as a number.
 */
static PlogStatus
read_ending(PlogReader *reader, const PlogChunk *chunk, uint64_t *ending, PlogError *error)
{
	uint8_t		bytes[CHUNK_ENDING_BYTES] = {0};
	size_t		length = (size_t) plog_min(chunk->length, sizeof(bytes));
	PlogStatus	status = plog_read_at(&reader->input, chunk->position + chunk->length - length, bytes,
									  length, error);

	*ending = wire_load64(bytes);
	return status;
}

/*
 * The content that the file has now, given the checksum of its header and
 * directory.  If there are more chunks than are looked at, those that are looked
 * at are spread evenly.
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
		plog_poll(&reader->input);
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
	PlogStatus	status = plog_input_identify(&reader->input, &now, error);

	if (status != PLOG_OK)
		return status;
	if (now.device != reader->identity.device || now.inode != reader->identity.inode ||
		now.size != reader->identity.size || now.mtime != reader->identity.mtime)
		return plog_has_changed(error);
	if (now.ctime == reader->verified_ctime)
		return PLOG_OK;
	if (!reader->knows_content)
		return plog_has_changed(error);

	/* mtime may have been set back after the file was written to */
	status = plog_directory_checksum(reader, &checksum, error);
	if (status == PLOG_OK)
		status = read_content(reader, checksum, &content, error);
	if (status == PLOG_CORRUPT || (status == PLOG_OK && content != reader->content))
		return plog_has_changed(error);
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

		if (i % CHUNKS_PER_POLL == 0)
			plog_poll(&reader->input);
		status = read_ending(reader, chunk, &chunk->ending, error);
		if (status != PLOG_OK)
			return status;
	}
	return PLOG_OK;
}

/*
 * While a file is written to, its times change all the time, so only the chunk's
 * last bytes are compared.
 */
PlogStatus
plog_check_chunk_unchanged(PlogReader *reader, const PlogChunk *chunk, PlogError *error)
{
	PlogIdentity now = {0};
	uint64_t	ending;
	PlogStatus	status = plog_input_identify(&reader->input, &now, error);

	if (status != PLOG_OK)
		return status;
	if (now.device != reader->identity.device || now.inode != reader->identity.inode)
		return plog_has_changed(error);
	status = read_ending(reader, chunk, &ending, error);
	if (status == PLOG_OK && ending != chunk->ending)
		return plog_has_changed(error);
	return status;
}
