/*-------------------------------------------------------------------------
 *
 * image.c
 *		Plogs built byte by byte, sound ones and hostile ones.
 *
 *-------------------------------------------------------------------------
 */
#include <stdlib.h>
#include <string.h>

#include <zlib.h>

#include "image.h"
#include "plog/directory.h"
#include "tap.h"
#include "temporary.h"

#define FIRST_CHUNK		128

Bytes
deflated(const Bytes *content, int level)
{
	Bytes		stream = {0};
	uLongf		length = compressBound(content->length);

	put_fill(&stream, 0, length);
	if (compress2(stream.data, &length, content->length > 0 ? content->data : (const Bytef *) "",
				  content->length, level) != Z_OK)
		abort();
	stream.length = length;
	return stream;
}

void
image_add_stream(Image *image, const Bytes *stream, uint64_t entries)
{
	if (image->file.length == 0)
		put_fill(&image->file, 0, FIRST_CHUNK);
	put_64(&image->records, image->chunk_count * UINT64_C(1000));
	put_64(&image->records, image->file.length);
	put_64(&image->records, entries);
	put(&image->file, stream->data, stream->length);
	image->chunk_count++;
}

void
image_add_chunk(Image *image, const Bytes *content, uint64_t entries, int level)
{
	Bytes		stream = deflated(content, level);

	image_add_stream(image, &stream, entries);
	bytes_free(&stream);
}

void
image_finish(Image *image, uint32_t chunk_size)
{
	if (image->file.length == 0)
		put_fill(&image->file, 0, FIRST_CHUNK);
	image->directory = image->file.length;
	put_32(&image->file, image->chunk_count);
	put(&image->file, image->records.data, image->records.length);
	bytes_free(&image->records);

	/* what is not used holds anything */
	memset(image->file.data, 0xa5, FIRST_CHUNK);
	set_32(&image->file, IMAGE_VERSION, 2);
	set_64(&image->file, IMAGE_DIRECTORY_POSITION, image->directory);
	set_32(&image->file, IMAGE_CHUNK_SIZE, chunk_size);
}

void
image_free(Image *image)
{
	bytes_free(&image->file);
	bytes_free(&image->records);
}

Image
image_of_chunks(uint32_t count)
{
	Image		image = {0};
	Bytes		content = {0};
	Bytes		stream;

	put_entry(&content, "\x08\x01", 2);
	put_entry(&content, "", 0);
	put_entry(&content, "\x10\x02\x18\x03", 4);
	stream = deflated(&content, 9);
	for (uint32_t i = 0; i < count; i++)
		image_add_stream(&image, &stream, 3);
	image_finish(&image, 1 << 20);
	bytes_free(&content);
	bytes_free(&stream);
	return image;
}

PlogStatus
image_open(const Image *image, PlogReader *reader, uint64_t max_chunk, PlogError *error)
{
	PlogReaderOptions options = {max_chunk, poll_hook};
	PlogStatus	status;

	memset(reader, 0, sizeof(*reader));
	memset(error, 0, sizeof(*error));
	status = plog_reader_open(reader, temporary_file("image.plog", &image->file), &options, error);
	if (status != PLOG_OK)
		return status;
	return plog_read_directory(reader, error);
}

void
image_open_sound(const Image *image, PlogReader *reader, uint64_t max_chunk)
{
	PlogError	error;

	if (image_open(image, reader, max_chunk, &error) != PLOG_OK)
		tap_fail("a sound log is refused: %s", error.message);
}

void
expect_accepted(const Image *image)
{
	PlogReader	reader;

	image_open_sound(image, &reader, UINT32_MAX);
	plog_reader_close(&reader);
}

void
expect_refused(const Image *image, PlogStatus status, uint64_t offset)
{
	PlogReader	reader;
	PlogError	error;
	PlogStatus	got;

	poll_start(0);
	got = image_open(image, &reader, UINT32_MAX, &error);
	EXPECT_NUMBER(got, status);
	EXPECT_NUMBER(error.status, status);
	EXPECT_NUMBER(error.offset, offset);
	EXPECT(error.message[0] != '\0');
	EXPECT(error.system_errno == 0);
	plog_reader_close(&reader);
}

jmp_buf		poll_left;
uint64_t	poll_count;
static uint64_t poll_leave_at;

void
poll_start(uint64_t leave_at)
{
	poll_count = 0;
	poll_leave_at = leave_at;
}

void
poll_hook(void)
{
	if (++poll_count == poll_leave_at)
		longjmp(poll_left, 1);
}
