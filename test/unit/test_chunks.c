/*-------------------------------------------------------------------------
 *
 * test_chunks.c
 *		Tests of inflating chunks and of checking what is in them.
 *
 * Chunks of up to 64 MiB go through libdeflate, larger ones through zlib:
 * either has to give the same answers.
 *
 *-------------------------------------------------------------------------
 */
#define _GNU_SOURCE

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <zlib.h>

#include "image.h"
#include "plog/directory.h"
#include "plog_test.h"
#include "tap.h"
#include "temporary.h"

#define MIB				((size_t) 1024 * 1024)

/* The largest chunk that goes through libdeflate. */
#define WHOLE_BYTES		(64 * MIB)

/* A chunk for zlib, and one for libdeflate. */
#define LARGE_BYTES		(100 * MIB)
#define SMALL_BYTES		((size_t) 300000)

/* What a call of poll may stand for, and zlib has to do. */
#define POLL_BYTES		(2 * MIB)

/*
 * A chunk's content: so many bytes in all, in entries of up to 1 MB, each of
 * them zeros behind its number.
 */
static Bytes
make_content(size_t length, uint64_t *entries)
{
	Bytes		content = {0};

	put_fill(&content, 0, length);
	content.length = 0;
	for (*entries = 0; content.length < length; ++*entries)
	{
		size_t		left = length - content.length;
		size_t		size = left < 1000000 ? left : left < 2000000 ? 1000 : 1000000;

		put_32(&content, (uint32_t) (size - 4));
		if (size >= 12)
		{
			put_64(&content, *entries);
			put_fill(&content, 0, size - 12);
		}
		else
			put_fill(&content, 0, size - 4);
	}
	return content;
}

/*
 * The content of a large chunk, and the stream that it makes.  Both are made
 * once: it takes a while.
 */
static Bytes large_content;
static Bytes large_stream;
static uint64_t large_entries;

static void
make_large(void)
{
	large_content = make_content(LARGE_BYTES, &large_entries);
	large_stream = deflated(&large_content, 1);
}

static void
free_large(void)
{
	bytes_free(&large_content);
	bytes_free(&large_stream);
}

/*
 * A log of one chunk.
 */
static Image
image_of_stream(const Bytes *stream, uint64_t entries, uint32_t chunk_size)
{
	Image		image = {0};

	image_add_stream(&image, stream, entries);
	image_finish(&image, chunk_size);
	return image;
}

static Image
image_of_content(const Bytes *content, uint64_t entries, int level, uint32_t chunk_size)
{
	Bytes		stream = deflated(content, level);
	Image		image = image_of_stream(&stream, entries, chunk_size);

	bytes_free(&stream);
	return image;
}

/*
 * Read the only chunk of a file that lies under the name of images.
 */
static PlogStatus
read_only_chunk(uint64_t max_chunk, PlogBuffer *inflated, PlogError *error)
{
	PlogReaderOptions options = {max_chunk, poll_hook};
	PlogReader	reader = {0};
	PlogStatus	status;

	EXPECT_NUMBER(plog_reader_open(&reader, temporary_path("image.plog"), &options, error), PLOG_OK);
	status = plog_read_directory(&reader, error);
	if (EXPECT_NUMBER(status, PLOG_OK))
		status = plog_read_chunk(&reader, &reader.chunks[0], inflated, error);
	plog_reader_close(&reader);
	return status;
}

/*
 * The file's chunk inflates to the content.
 */
static void
expect_content(const Bytes *content, uint64_t max_chunk, PlogBuffer *inflated)
{
	PlogError	error;

	if (!EXPECT_NUMBER(read_only_chunk(max_chunk, inflated, &error), PLOG_OK))
		tap_fail("%s", error.message);
	else if (EXPECT_NUMBER(inflated->length, content->length) && content->length > 0)
		EXPECT(memcmp(inflated->data, content->data, content->length) == 0);
}

/*
 * A stream that stands as the only chunk is refused, in a position of the file
 * and with a message that has the words.
 */
static void
expect_stream_refused(const Bytes *stream, uint64_t entries, PlogStatus status, uint64_t offset,
					  const char *words)
{
	Image		image = image_of_stream(stream, entries, 1 << 24);
	PlogBuffer	inflated = {0};
	PlogError	error = {0};

	temporary_file("image.plog", &image.file);
	image_free(&image);
	EXPECT_NUMBER(read_only_chunk(UINT32_MAX, &inflated, &error), status);
	EXPECT_NUMBER(error.status, status);
	EXPECT_NUMBER(error.offset, offset);
	if (!EXPECT(strstr(error.message, words) != NULL))
		tap_fail("the message is: %s", error.message);
	plog_buffer_free(&inflated);
}

static void
sound_chunks(void)
{
	static const size_t lengths[] = {0, 4, 5, 100, 65536, SMALL_BYTES, 5 * MIB};
	PlogBuffer	inflated = {0};

	poll_start(0);
	for (size_t i = 0; i < lengthof(lengths); i++)
	{
		uint64_t	entries;
		Bytes		content = make_content(lengths[i], &entries);
		Image		image = image_of_content(&content, entries, 9, 1 << 24);

		temporary_file("image.plog", &image.file);
		expect_content(&content, UINT32_MAX, &inflated);
		image_free(&image);
		bytes_free(&content);
	}
	plog_buffer_free(&inflated);
}

/*
 * The chunk size of the header is a hint: it may be far too small, or so large
 * that memory must not follow it.
 */
static void
chunk_size_hints(void)
{
	static const uint32_t hints[] = {0, 1, 65536, 1 << 24, UINT32_MAX};
	uint64_t	entries;
	Bytes		content = make_content(20 * MIB, &entries);
	Bytes		few = {0};

	put_entry(&few, "abc", 3);
	for (size_t i = 0; i < lengthof(hints); i++)
	{
		PlogBuffer	inflated = {0};
		Image		image = image_of_content(&content, entries, 9, hints[i]);

		temporary_file("image.plog", &image.file);
		expect_content(&content, UINT32_MAX, &inflated);
		image_free(&image);
		plog_buffer_free(&inflated);

		image = image_of_content(&few, 1, 9, hints[i]);
		temporary_file("image.plog", &image.file);
		expect_content(&few, UINT32_MAX, &inflated);
		EXPECT(inflated.capacity <= MIB);
		image_free(&image);
		plog_buffer_free(&inflated);
	}
	bytes_free(&content);
	bytes_free(&few);
}

/*
 * The content of a stream, under limits around it.  A buffer that could hold
 * more makes no difference.
 */
static void
expect_limit(const Bytes *content, const Bytes *stream, uint64_t entries)
{
	size_t		length = content->length;
	const uint64_t too_small[] = {length - 1, length - 70000, 100000, 0};
	Image		image = image_of_stream(stream, entries, 1 << 16);
	PlogBuffer	fresh = {0};
	PlogBuffer	large = {0};
	PlogError	error;

	poll_start(0);
	EXPECT(plog_buffer_reserve(&large, length + 5 * MIB));
	temporary_file("image.plog", &image.file);
	image_free(&image);
	expect_content(content, length, &fresh);
	EXPECT(fresh.capacity <= length + 1);
	expect_content(content, length + 1, &fresh);
	expect_content(content, length, &large);
	plog_buffer_free(&fresh);
	for (size_t i = 0; i < lengthof(too_small); i++)
	{
		EXPECT_NUMBER(read_only_chunk(too_small[i], &fresh, &error), PLOG_LIMIT);
		EXPECT_NUMBER(error.offset, 128);
		EXPECT(fresh.capacity <= too_small[i] + 1);
		plog_buffer_free(&fresh);
		EXPECT_NUMBER(read_only_chunk(too_small[i], &large, &error), PLOG_LIMIT);
	}
	plog_buffer_free(&large);
}

/*
 * The same of a content of the length.
 */
static void
expect_limit_of_length(size_t length)
{
	uint64_t	entries;
	Bytes		content = make_content(length, &entries);
	Bytes		stream = deflated(&content, 1);

	expect_limit(&content, &stream, entries);
	bytes_free(&content);
	bytes_free(&stream);
}

static void
limits_by_libdeflate(void)
{
	expect_limit_of_length(SMALL_BYTES);
	expect_limit_of_length(10 * MIB);
}

static void
limits_by_zlib(void)
{
	expect_limit(&large_content, &large_stream, large_entries);
}

static void
limits_in_between(void)
{
	expect_limit_of_length(WHOLE_BYTES);
	expect_limit_of_length(WHOLE_BYTES + 4);
}

/*
 * A limit of 2^64 - 1 is none.  Whoever loops for ever polls for ever.
 */
static void
no_limit(void)
{
	static PlogBuffer inflated;
	static PlogReader reader;
	Image		image = image_of_stream(&large_stream, large_entries, 1 << 24);
	PlogError	error;

	image_open_sound(&image, &reader, UINT64_MAX);
	image_free(&image);
	poll_start(100000);
	if (setjmp(poll_left) != 0)
		tap_fail("it does not come to an end");
	else if (EXPECT_NUMBER(plog_read_chunk(&reader, &reader.chunks[0], &inflated, &error), PLOG_OK))
	{
		EXPECT_NUMBER(inflated.length, large_content.length);
		EXPECT(memcmp(inflated.data, large_content.data, large_content.length) == 0);
	}
	poll_start(0);
	plog_reader_close(&reader);
	plog_buffer_free(&inflated);
}

/*
 * A large chunk can be interrupted at least so often.
 */
static void
large_chunks_poll(void)
{
	Image		image = image_of_stream(&large_stream, large_entries, 1 << 24);
	PlogBuffer	inflated = {0};

	temporary_file("image.plog", &image.file);
	image_free(&image);
	poll_start(0);
	expect_content(&large_content, UINT32_MAX, &inflated);
	EXPECT(poll_count >= LARGE_BYTES / POLL_BYTES);
	plog_buffer_free(&inflated);
}

/*
 * A stream that does not compress: more than 64 MiB in the file, too.
 */
static Bytes
make_noise(uint64_t *entries)
{
	Bytes		content = make_content(WHOLE_BYTES + 3 * MIB, entries);
	uint64_t	state = 1;
	size_t		at = 0;

	for (uint64_t i = 0; i < *entries; i++)
	{
		size_t		size = wire_load32(content.data + at);

		for (size_t j = 4; j + 8 <= size; j += 8)
		{
			state = state * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
			set_64(&content, at + j, state);
		}
		at += 4 + size;
	}
	return content;
}

static void
large_chunks_in_the_file(void)
{
	uint64_t	entries;
	Bytes		content = make_noise(&entries);
	Bytes		stream = deflated(&content, 0);
	Image		image = image_of_stream(&stream, entries, 1 << 24);
	PlogBuffer	inflated = {0};

	EXPECT(image.directory - 128 > WHOLE_BYTES);
	temporary_file("image.plog", &image.file);
	poll_start(0);
	expect_content(&content, UINT32_MAX, &inflated);
	EXPECT(poll_count >= WHOLE_BYTES / POLL_BYTES);
	plog_buffer_free(&inflated);
	image_free(&image);

	put_8(&stream, 0);
	expect_stream_refused(&stream, entries, PLOG_CORRUPT, 128 + stream.length - 1, "junk");
	bytes_free(&stream);
	bytes_free(&content);
}

/*
 * Chunks one after another in one buffer, larger and smaller.
 */
static void
buffers_are_reused(void)
{
	static const size_t lengths[] = {1000, SMALL_BYTES, 10, 2 * MIB, 0, 500};
	Image		image = {0};
	Bytes		contents[lengthof(lengths)];
	PlogReader	reader;
	PlogBuffer	inflated = {0};
	PlogError	error;
	size_t		capacity = 0;

	for (size_t i = 0; i < lengthof(lengths); i++)
	{
		uint64_t	entries;

		contents[i] = make_content(lengths[i], &entries);
		image_add_chunk(&image, &contents[i], entries, 6);
	}
	image_finish(&image, 1000);
	image_open_sound(&image, &reader, UINT32_MAX);
	for (int round = 0; round < 2; round++)
	{
		for (size_t i = 0; i < lengthof(lengths); i++)
		{
			EXPECT_NUMBER(plog_read_chunk(&reader, &reader.chunks[i], &inflated, &error), PLOG_OK);
			EXPECT_NUMBER(inflated.length, lengths[i]);
			EXPECT(lengths[i] == 0 || memcmp(inflated.data, contents[i].data, lengths[i]) == 0);
			EXPECT(inflated.capacity >= capacity);
			capacity = inflated.capacity;
		}
	}
	plog_buffer_free(&inflated);
	plog_reader_close(&reader);
	for (size_t i = 0; i < lengthof(lengths); i++)
		bytes_free(&contents[i]);
	image_free(&image);
}

/*
 * Ways to damage a stream.
 */
static void
expect_damage_found(const Bytes *sound, uint64_t entries)
{
	static const size_t junk[] = {1, 4, 1000};
	size_t		whole = sound->length;
	Bytes		stream = {0};

	poll_start(0);
	put(&stream, sound->data, whole);
	for (size_t i = 0; i < lengthof(junk); i++)
	{
		put_fill(&stream, 0, junk[i]);
		expect_stream_refused(&stream, entries, PLOG_CORRUPT, 128 + whole, "junk");
		stream.length = whole;
	}

	/* its checksum, its header, the type of its first block */
	stream.data[whole - 1] ^= 1;
	expect_stream_refused(&stream, entries, PLOG_CORRUPT, 128, "chunk");
	stream.data[whole - 1] ^= 1;
	stream.data[0] ^= 1;
	expect_stream_refused(&stream, entries, PLOG_CORRUPT, 128, "chunk");
	stream.data[0] ^= 1;
	stream.data[2] |= 6;
	expect_stream_refused(&stream, entries, PLOG_CORRUPT, 128, "chunk");
	bytes_free(&stream);
}

static void
damaged_chunks_by_libdeflate(void)
{
	static const size_t lengths[] = {8, SMALL_BYTES};

	for (size_t i = 0; i < lengthof(lengths); i++)
	{
		uint64_t	entries;
		Bytes		content = make_content(lengths[i], &entries);
		Bytes		stream = deflated(&content, 9);

		expect_damage_found(&stream, entries);
		bytes_free(&content);
		bytes_free(&stream);
	}
}

static void
damaged_chunks_by_zlib(void)
{
	expect_damage_found(&large_stream, large_entries);
}

/*
 * A stream cut off anywhere.
 */
static void
cut_chunks(void)
{
	const size_t off[] = {1, 4, 5, large_stream.length / 5};
	uint64_t	entries;
	Bytes		content = make_content(SMALL_BYTES, &entries);
	Bytes		stream = deflated(&content, 9);

	bytes_free(&content);
	for (stream.length--; stream.length >= 8; stream.length -= stream.length > 200 ? 97 : 1)
		expect_stream_refused(&stream, entries, PLOG_CORRUPT, 128, "chunk");
	bytes_free(&stream);

	for (size_t i = 0; i < lengthof(off); i++)
	{
		stream = large_stream;
		stream.length -= off[i];
		expect_stream_refused(&stream, large_entries, PLOG_CORRUPT, 128, "chunk is cut off");
	}
}

/*
 * A stream that wants a preset dictionary, and other things than zlib streams.
 */
static void
other_streams(void)
{
	Bytes		stream = {0};

	put(&stream, "\x78\xf9\x00\x00\x00\x01\x03\x00\x00\x00\x00\x01", 12);
	expect_stream_refused(&stream, 0, PLOG_CORRUPT, 128, "chunk");
	stream.length = 0;
	put(&stream, "\x1f\x8b\x08\x00\x00\x00\x00\x00\x00\x03\x03\x00\x00\x00\x00\x00\x00\x00\x00\x00",
		20);
	expect_stream_refused(&stream, 0, PLOG_CORRUPT, 128, "chunk");
	stream.length = 0;
	put_fill(&stream, 0, 100);
	expect_stream_refused(&stream, 0, PLOG_CORRUPT, 128, "chunk");
	stream.length = 0;
	put_fill(&stream, 0xff, 100);
	expect_stream_refused(&stream, 0, PLOG_CORRUPT, 128, "chunk");

	/* the shortest stream that there is, of nothing */
	stream.length = 0;
	put(&stream, "\x78\x9c\x03\x00\x00\x00\x00\x01", 8);
	expect_stream_refused(&stream, 1, PLOG_CORRUPT, 128, "chunk holds 0 entries");
	bytes_free(&stream);
}

/*
 * In two steps, inflating and walking, the same is found.
 */
static void
expect_walk_refused(PlogReader *reader, const PlogChunk *chunk, const PlogError *wanted)
{
	PlogBuffer	inflated = {0};
	PlogError	error = {0};
	WireCursor	cursor;
	PlogBytes	body;
	uint64_t	entries = 0;

	EXPECT_NUMBER(plog_inflate(reader, chunk, &inflated, &error), PLOG_OK);
	cursor = plog_entries(&inflated);
	while (plog_next_body(&cursor, &body))
		entries++;
	EXPECT_NUMBER(plog_check_walk(chunk, &cursor, entries, &error), PLOG_CORRUPT);
	EXPECT_NUMBER(error.offset, wanted->offset);
	EXPECT(strcmp(error.message, wanted->message) == 0);
	plog_buffer_free(&inflated);
}

/*
 * A log of three chunks whose second has the content, read chunk by chunk: the
 * first and last stay readable.
 */
static void
expect_content_refused(const void *content, size_t length, uint64_t entries, const char *words)
{
	Image		image = {0};
	Bytes		good = {0};
	Bytes		bad = {0};
	PlogReader	reader;
	PlogBuffer	inflated = {0};
	PlogError	error = {0};

	put_entry(&good, "x", 1);
	put(&bad, content, length);
	image_add_chunk(&image, &good, 1, 9);
	image_add_chunk(&image, &bad, entries, 9);
	image_add_chunk(&image, &good, 1, 9);
	image_finish(&image, 1 << 24);
	image_open_sound(&image, &reader, UINT32_MAX);
	EXPECT_NUMBER(plog_read_chunk(&reader, &reader.chunks[0], &inflated, &error), PLOG_OK);
	EXPECT_NUMBER(plog_read_chunk(&reader, &reader.chunks[1], &inflated, &error), PLOG_CORRUPT);
	EXPECT_NUMBER(error.offset, reader.chunks[1].position);
	if (!EXPECT(strstr(error.message, words) != NULL))
		tap_fail("the message is: %s", error.message);
	expect_walk_refused(&reader, &reader.chunks[1], &error);
	EXPECT_NUMBER(plog_read_chunk(&reader, &reader.chunks[2], &inflated, &error), PLOG_OK);
	EXPECT_NUMBER(inflated.length, 5);
	plog_buffer_free(&inflated);
	plog_reader_close(&reader);
	bytes_free(&good);
	bytes_free(&bad);
	image_free(&image);
}

static void
wrong_entry_counts(void)
{
	static const char content[] = "\x01\0\0\0" "a\x01\0\0\0" "b";
	const size_t length = sizeof(content) - 1;

	expect_content_refused(content, length, 0, "chunk holds 2 entries where the directory says 0");
	expect_content_refused(content, length, 1, "chunk holds 2 entries where the directory says 1");
	expect_content_refused(content, length, 3, "chunk holds 2 entries where the directory says 3");
	expect_content_refused("", 0, 1, "chunk holds 0 entries");
}

/*
 * Entries that run past the end: the message names the entry by its number in
 * the log, of which the first chunk has one.
 */
static void
overrunning_entries(void)
{
	expect_content_refused("\x02\0\0\0a", 5, 1, "entry 1 runs past the end");
	expect_content_refused("\x01\0\0\0a\x02\0\0\0b", 10, 2, "entry 2 runs past the end");
	expect_content_refused("\0\0\0\0\xff\xff\xff\xff" "abcd", 12, 2, "entry 2 runs past the end");
	expect_content_refused("\xfc\xff\xff\xff" "abcd", 8, 1, "entry 1 runs past the end");
	expect_content_refused("\0\0\0\x80" "abcd", 8, 1, "entry 1 runs past the end");

	/* behind as many as there should be: one to three bytes */
	expect_content_refused("\x01\0\0\0a\0", 6, 1, "entry 2 runs past the end");
	expect_content_refused("\x01\0\0\0a\0\0", 7, 1, "entry 2 runs past the end");
	expect_content_refused("\x01\0\0\0a\0\0\0", 8, 1, "entry 2 runs past the end");
}

/*
 * The file shrinks after its directory was read.
 */
static void
expect_shrinking_found(const Bytes *content, uint64_t entries, int level)
{
	Image		image = image_of_content(content, entries, level, 1 << 16);
	const size_t lengths[] = {128 + (image.directory - 128) * 9 / 10, 128, 50, 0};
	PlogReader	reader;
	PlogBuffer	inflated = {0};
	PlogError	error;

	image_open_sound(&image, &reader, UINT32_MAX);
	for (size_t i = 0; i < lengthof(lengths); i++)
	{
		EXPECT_NUMBER(truncate(temporary_path("image.plog"), (off_t) lengths[i]), 0);
		EXPECT_NUMBER(plog_read_chunk(&reader, &reader.chunks[0], &inflated, &error), PLOG_CORRUPT);
		EXPECT_NUMBER(error.offset, lengths[i] < 128 ? 128 : lengths[i]);
	}
	plog_buffer_free(&inflated);
	plog_reader_close(&reader);
	image_free(&image);
}

static void
chunks_that_shrink(void)
{
	uint64_t	entries;
	Bytes		content = make_content(SMALL_BYTES, &entries);

	expect_shrinking_found(&content, entries, 9);
	expect_shrinking_found(&large_content, large_entries, 0);
	bytes_free(&content);
}

/*
 * The poll function leaves everywhere it is called, or every so often, until
 * the chunk is read to its end.  Nothing may be left over, which is for
 * AddressSanitizer to see.
 */
static void
expect_poll_may_leave(const Image *image, uint64_t step, int wanted)
{
	static PlogReader reader;
	static PlogBuffer inflated;
	static volatile uint64_t leave_at;
	static volatile int left;
	static uint64_t saved_step;
	PlogReaderOptions options = {UINT32_MAX, poll_hook};
	PlogError	error;

	temporary_file("image.plog", &image->file);
	saved_step = step;
	leave_at = 1;
	left = 0;
	for (;;)
	{
		poll_start(0);
		EXPECT_NUMBER(plog_reader_open(&reader, temporary_path("image.plog"), &options, &error),
					  PLOG_OK);
		EXPECT_NUMBER(plog_read_directory(&reader, &error), PLOG_OK);
		poll_start(leave_at);
		if (setjmp(poll_left) == 0)
		{
			EXPECT_NUMBER(plog_read_chunk(&reader, &reader.chunks[0], &inflated, &error), PLOG_OK);
			plog_reader_close(&reader);
			break;
		}
		left++;
		leave_at += saved_step;
		plog_reader_close(&reader);
		plog_reader_close(&reader);
		if (left % 2 != 0)
			plog_buffer_free(&inflated);
	}
	plog_buffer_free(&inflated);
	EXPECT(left >= wanted);
	poll_start(0);
}

static void
poll_leaves(void)
{
	uint64_t	entries;
	Bytes		content = make_content(SMALL_BYTES, &entries);
	Image		image = image_of_content(&content, entries, 9, 100);

	expect_poll_may_leave(&image, 1, 2);
	image_free(&image);
	bytes_free(&content);

	/* many entries, that are counted */
	put_fill(&content, 0, MIB);
	image = image_of_content(&content, MIB / 4, 9, MIB);
	expect_poll_may_leave(&image, 1, 5);
	image_free(&image);
	bytes_free(&content);
}

static void
poll_leaves_zlib(void)
{
	Image		image = image_of_stream(&large_stream, large_entries, 1 << 24);

	expect_poll_may_leave(&image, 30, 3);
	image_free(&image);
	image = image_of_content(&large_content, large_entries, 0, 1 << 24);
	expect_poll_may_leave(&image, 150, 3);
	image_free(&image);
}

/*
 * A reader that was left in the middle of a chunk goes on with another.
 */
static void
reading_goes_on(void)
{
	static PlogReader reader;
	static PlogBuffer inflated;
	Image		image = {0};
	Bytes		content = {0};
	PlogError	error;

	image_add_stream(&image, &large_stream, large_entries);
	put_entry(&content, "abc", 3);
	image_add_chunk(&image, &content, 1, 1);
	bytes_free(&content);
	image_finish(&image, 1 << 24);
	image_open_sound(&image, &reader, UINT32_MAX);
	image_free(&image);
	poll_start(20);
	if (setjmp(poll_left) == 0)
	{
		plog_read_chunk(&reader, &reader.chunks[0], &inflated, &error);
		tap_fail("poll was called %d times only", (int) poll_count);
	}
	EXPECT(reader.inflater.stream != NULL);
	EXPECT_NUMBER(plog_read_chunk(&reader, &reader.chunks[1], &inflated, &error), PLOG_OK);
	EXPECT_NUMBER(inflated.length, 7);
	EXPECT_NUMBER(plog_read_chunk(&reader, &reader.chunks[0], &inflated, &error), PLOG_OK);
	EXPECT_NUMBER(inflated.length, LARGE_BYTES);
	EXPECT(reader.inflater.stream == NULL);
	plog_buffer_free(&inflated);
	plog_reader_close(&reader);
}

/*
 * Streams whose end is not known: plog_inflate_stream() says where it is.
 */
typedef struct StreamTest
{
	Bytes		content;
	Bytes		stream;
	PlogReader	reader;
	PlogBuffer	inflated;
	PlogStreamEnd end;
	PlogError	error;
	uint64_t	limit;			/* where the file's streams end */
} StreamTest;

/*
 * A file of a stream and, right behind it, another.
 */
static void
start_stream_test(StreamTest *test, size_t length, uint64_t max_chunk)
{
	uint64_t	entries;
	Image		image = {0};

	memset(test, 0, sizeof(*test));
	test->content = make_content(length, &entries);
	test->stream = deflated(&test->content, 9);
	image_add_stream(&image, &test->stream, entries);
	image_add_stream(&image, &test->stream, entries);
	image_finish(&image, 1 << 16);
	test->limit = image.directory;
	poll_start(0);
	image_open_sound(&image, &test->reader, max_chunk);
	image_free(&image);
}

static PlogStatus
run_stream_test(StreamTest *test, uint64_t position, uint64_t limit, uint64_t enough)
{
	return plog_inflate_stream(&test->reader.inflater, position, limit, enough, &test->inflated,
							   &test->end, &test->error);
}

static void
end_stream_test(StreamTest *test)
{
	EXPECT(test->reader.inflater.stream == NULL || test->error.status != PLOG_OK);
	plog_reader_close(&test->reader);
	plog_buffer_free(&test->inflated);
	bytes_free(&test->content);
	bytes_free(&test->stream);
}

static void
streams_to_their_end(void)
{
	static const size_t lengths[] = {0, 100, SMALL_BYTES, 3 * MIB};
	StreamTest	test;

	for (size_t i = 0; i < lengthof(lengths); i++)
	{
		start_stream_test(&test, lengths[i], UINT32_MAX);
		for (int n = 0; n < 2; n++)
		{
			EXPECT_NUMBER(run_stream_test(&test, 128 + n * test.stream.length, test.limit,
										  UINT64_MAX), PLOG_OK);
			EXPECT(test.end.whole);
			EXPECT(test.end.reason == NULL);
			EXPECT_NUMBER(test.end.length, test.stream.length);
			EXPECT_NUMBER(test.inflated.length, lengths[i]);
			EXPECT(lengths[i] == 0 || memcmp(test.inflated.data, test.content.data, lengths[i]) == 0);
		}
		end_stream_test(&test);
	}
}

/*
 * How much the first bytes of a stream inflate to, by one call of zlib.
 */
static size_t
inflated_length(const Bytes *stream, size_t length, size_t most)
{
	uint8_t    *output = malloc(most);
	z_stream	zlib = {0};
	size_t		result;

	zlib.next_in = stream->data;
	zlib.avail_in = (uInt) length;
	zlib.next_out = output;
	zlib.avail_out = (uInt) most;
	EXPECT_NUMBER(inflateInit(&zlib), Z_OK);
	inflate(&zlib, Z_SYNC_FLUSH);
	result = most - zlib.avail_out;
	inflateEnd(&zlib);
	free(output);
	return result;
}

/*
 * Streams that are cut, damaged, or none.
 */
static void
streams_that_break(void)
{
	StreamTest	test;

	start_stream_test(&test, SMALL_BYTES, UINT32_MAX);
	for (uint64_t length = 0; length < test.stream.length; length++)
	{
		EXPECT_NUMBER(run_stream_test(&test, 128, 128 + length, UINT64_MAX), PLOG_OK);
		EXPECT(!test.end.whole);
		EXPECT(test.end.reason != NULL && strcmp(test.end.reason, "chunk is cut off") == 0);
		EXPECT_NUMBER(test.end.length, length);
		EXPECT_NUMBER(test.inflated.length, inflated_length(&test.stream, length, SMALL_BYTES + 1000));
		EXPECT(test.inflated.length == 0 ||
			   memcmp(test.inflated.data, test.content.data, test.inflated.length) == 0);
	}
	/* all of it is there but its checksum */
	EXPECT_NUMBER(run_stream_test(&test, 128, 128 + test.stream.length - 1, UINT64_MAX), PLOG_OK);
	EXPECT(!test.end.whole);
	EXPECT_NUMBER(test.inflated.length, SMALL_BYTES);

	/* the directory behind the streams is none */
	EXPECT_NUMBER(run_stream_test(&test, test.limit, test.limit + 52, UINT64_MAX), PLOG_OK);
	EXPECT(!test.end.whole);
	EXPECT(test.end.reason != NULL && strcmp(test.end.reason, "chunk does not inflate") == 0);
	EXPECT_NUMBER(test.inflated.length, 0);

	/* the file is shorter than the caller thinks */
	EXPECT_NUMBER(run_stream_test(&test, test.limit + 52, test.limit + 100, UINT64_MAX), PLOG_CORRUPT);
	EXPECT_NUMBER(test.error.offset, test.limit + 52);
	end_stream_test(&test);
}

/*
 * No more than enough, and no more than allowed.
 */
static void
streams_in_part(void)
{
	static const uint64_t enough[] = {0, 1, 1000, 65536, SMALL_BYTES - 1};
	StreamTest	test;

	start_stream_test(&test, SMALL_BYTES, UINT32_MAX);
	for (size_t i = 0; i < lengthof(enough); i++)
	{
		EXPECT_NUMBER(run_stream_test(&test, 128, test.limit, enough[i]), PLOG_OK);
		EXPECT_NUMBER(test.inflated.length, enough[i]);
		EXPECT(test.end.reason == NULL);
		EXPECT(enough[i] == 0 || memcmp(test.inflated.data, test.content.data, enough[i]) == 0);
	}
	end_stream_test(&test);

	start_stream_test(&test, SMALL_BYTES, SMALL_BYTES);
	EXPECT_NUMBER(run_stream_test(&test, 128, test.limit, UINT64_MAX), PLOG_OK);
	EXPECT(test.end.whole);
	end_stream_test(&test);

	start_stream_test(&test, SMALL_BYTES, SMALL_BYTES - 1);
	EXPECT_NUMBER(run_stream_test(&test, 128, test.limit, SMALL_BYTES - 1), PLOG_OK);
	EXPECT_NUMBER(test.inflated.length, SMALL_BYTES - 1);
	EXPECT_NUMBER(run_stream_test(&test, 128, test.limit, UINT64_MAX), PLOG_LIMIT);
	EXPECT_NUMBER(test.error.offset, 128);
	end_stream_test(&test);
}

/*
 * What recovery saved of a torn chunk.
 */
static void
salvaged_chunks(void)
{
	StreamTest	test;
	PlogChunk	chunk = {0};

	start_stream_test(&test, SMALL_BYTES, UINT32_MAX);
	chunk.position = 128;
	chunk.length = test.stream.length * 9 / 10;
	EXPECT_NUMBER(plog_read_chunk(&test.reader, &chunk, &test.inflated, &test.error), PLOG_CORRUPT);

	chunk.salvaged = 1000;
	EXPECT_NUMBER(plog_read_chunk(&test.reader, &chunk, &test.inflated, &test.error), PLOG_OK);
	EXPECT_NUMBER(test.inflated.length, 1000);
	EXPECT(memcmp(test.inflated.data, test.content.data, 1000) == 0);

	/* more than there is any longer */
	chunk.salvaged = SMALL_BYTES;
	EXPECT_NUMBER(plog_read_chunk(&test.reader, &chunk, &test.inflated, &test.error), PLOG_CORRUPT);
	EXPECT_NUMBER(test.error.offset, 128);
	chunk.position = test.limit;
	chunk.length = 52;
	EXPECT_NUMBER(plog_read_chunk(&test.reader, &chunk, &test.inflated, &test.error), PLOG_CORRUPT);
	end_stream_test(&test);
}

void
test_chunks(void)
{
	make_large();
	tap_run("chunk: of 0 bytes to 5 MiB", sound_chunks);
	tap_run("chunk: larger and smaller than the header's chunk size", chunk_size_hints);
	tap_run("chunk: limits, by libdeflate", limits_by_libdeflate);
	tap_run("chunk: limits, by zlib", limits_by_zlib);
	tap_run("chunk: limits, of 64 MiB and a little more", limits_in_between);
	tap_run("chunk: no limit", no_limit);
	tap_run("chunk: a large one polls", large_chunks_poll);
	tap_run("chunk: more than 64 MiB in the file", large_chunks_in_the_file);
	tap_run("chunk: one buffer for all", buffers_are_reused);
	tap_run("chunk: junk behind it and damage in it, by libdeflate", damaged_chunks_by_libdeflate);
	tap_run("chunk: junk behind it and damage in it, by zlib", damaged_chunks_by_zlib);
	tap_run("chunk: cut off", cut_chunks);
	tap_run("chunk: other streams", other_streams);
	tap_run("chunk: wrong number of entries", wrong_entry_counts);
	tap_run("chunk: entries running past its end", overrunning_entries);
	tap_run("chunk: file that shrinks while it is open", chunks_that_shrink);
	tap_run("chunk: poll leaves by longjmp, by libdeflate", poll_leaves);
	tap_run("chunk: poll leaves by longjmp, by zlib", poll_leaves_zlib);
	tap_run("chunk: reading goes on after a longjmp", reading_goes_on);
	tap_run("stream: to its end", streams_to_their_end);
	tap_run("stream: cut off, damaged, or none", streams_that_break);
	tap_run("stream: no more than enough, no more than allowed", streams_in_part);
	tap_run("stream: what was saved of a torn chunk", salvaged_chunks);
	free_large();
}
