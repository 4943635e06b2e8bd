/*-------------------------------------------------------------------------
 *
 * test_recover.c
 *		Tests of finding the chunks of damaged and unfinished logs.
 *
 *-------------------------------------------------------------------------
 */
#include <stdlib.h>
#include <string.h>

#include "image.h"
#include "plog/recover.h"
#include "plog_test.h"
#include "tap.h"
#include "temporary.h"

#define FIRST_CHUNK		128

/* How the file is searched: in pieces of so many bytes. */
#define SEARCH_BYTES	65536

typedef struct Recovered
{
	PlogReader	reader;
	PlogRecovery recovery;
	PlogError	error;
	PlogStatus	status;
} Recovered;

/*
 * An entry with pc and instr, and so many more bytes.
 */
static void
put_sized_entry(Bytes *content, uint64_t instr, size_t more)
{
	Bytes		entry = {0};
	Bytes		filling = {0};

	put_number(&entry, 1, 0x1000);
	put_number(&entry, 2, instr);
	put_fill(&filling, 'a', more);
	put_message(&entry, 100, &filling);
	put_entry(content, entry.data, entry.length);
	bytes_free(&entry);
	bytes_free(&filling);
}

/*
 * The content of a chunk of so many entries.
 */
static Bytes
content_of(uint64_t entries, size_t more)
{
	Bytes		content = {0};

	for (uint64_t i = 0; i < entries; i++)
		put_sized_entry(&content, i, more);
	return content;
}

/*
 * Add a chunk of so many entries to an image; where it starts.
 */
static size_t
add_entries(Image *image, uint64_t entries)
{
	Bytes		content = content_of(entries, 50);
	size_t		position;

	if (image->file.length == 0)
		put_fill(&image->file, 0, FIRST_CHUNK);
	position = image->file.length;
	image_add_chunk(image, &content, entries, 9);
	bytes_free(&content);
	return position;
}

/*
 * Recover the file of some bytes.
 */
static void
recover_bytes(const Bytes *file, Recovered *recovered)
{
	PlogReaderOptions options = {1 << 24, poll_hook};

	memset(recovered, 0, sizeof(*recovered));
	recovered->status = plog_reader_open(&recovered->reader, temporary_file("recover.plog", file),
										 &options, &recovered->error);
	if (EXPECT_NUMBER(recovered->status, PLOG_OK))
		recovered->status = plog_recover(&recovered->reader, &recovered->recovery,
										 &recovered->error);
}

/*
 * Each chunk that was found can be read, and has the entries that recovery
 * says.
 */
static void
expect_readable(Recovered *recovered)
{
	PlogBuffer	inflated = {0};

	for (uint64_t i = 0; i < recovered->reader.chunk_count; i++)
	{
		const PlogChunk *chunk = &recovered->reader.chunks[i];
		WireCursor	cursor;
		PlogBytes	body;
		uint64_t	entries = 0;

		if (!EXPECT_NUMBER(plog_read_chunk(&recovered->reader, chunk, &inflated, &recovered->error),
						   PLOG_OK))
		{
			tap_fail("%s", recovered->error.message);
			continue;
		}
		cursor = plog_entries(&inflated);
		while (plog_next_body(&cursor, &body))
			entries++;
		EXPECT_NUMBER(entries, chunk->entries);
		EXPECT(cursor.at == cursor.end);
	}
	plog_buffer_free(&inflated);
}

static void
expect_chunk(const Recovered *recovered, uint64_t number, uint64_t position, uint64_t first_entry,
			 uint64_t entries, bool is_torn)
{
	const PlogChunk *chunk = &recovered->reader.chunks[number];

	if (!EXPECT(number < recovered->reader.chunk_count))
		return;
	EXPECT_NUMBER(chunk->position, position);
	EXPECT_NUMBER(chunk->first_entry, first_entry);
	EXPECT_NUMBER(chunk->entries, entries);
	EXPECT((chunk->salvaged > 0) == is_torn);
}

static void
end_recovered(Recovered *recovered)
{
	expect_readable(recovered);
	plog_reader_close(&recovered->reader);
}

static void
sound_logs(void)
{
	Image		image = {0};
	Recovered	recovered;
	size_t		second;

	add_entries(&image, 3);
	second = add_entries(&image, 4);
	image_finish(&image, 1 << 16);
	recover_bytes(&image.file, &recovered);
	EXPECT_NUMBER(recovered.status, PLOG_OK);
	EXPECT(recovered.reader.complete);
	EXPECT_NUMBER(recovered.reader.chunk_count, 2);
	EXPECT_NUMBER(recovered.recovery.whole_chunks, 2);
	EXPECT_NUMBER(recovered.recovery.entries, 7);
	EXPECT_NUMBER(recovered.recovery.lost_bytes, 0);
	expect_chunk(&recovered, 0, FIRST_CHUNK, 0, 3, false);
	expect_chunk(&recovered, 1, second, 3, 4, false);
	end_recovered(&recovered);
	image_free(&image);
}

/*
 * A log that was cut off in its second chunk, at any byte.
 */
static void
cut_logs(void)
{
	Image		image = {0};
	size_t		second;
	size_t		whole;

	add_entries(&image, 3);
	second = add_entries(&image, 40);
	whole = image.file.length;
	for (size_t length = second; length < whole; length++)
	{
		Recovered	recovered;

		image.file.length = length;
		recover_bytes(&image.file, &recovered);
		EXPECT_NUMBER(recovered.status, PLOG_OK);
		EXPECT(!recovered.reader.complete);
		EXPECT_NUMBER(recovered.recovery.whole_chunks, 1);
		EXPECT(recovered.recovery.entries >= 3 && recovered.recovery.entries <= 43);
		expect_chunk(&recovered, 0, FIRST_CHUNK, 0, 3, false);
		if (recovered.reader.chunk_count > 1)
			expect_chunk(&recovered, 1, second, 3, recovered.recovery.entries - 3, true);
		end_recovered(&recovered);
	}
	image_free(&image);
}

/*
 * The middle one of three chunks is damaged; with and without a directory.
 */
static void
damaged_chunks(void)
{
	for (int finished = 0; finished < 2; finished++)
	{
		Image		image = {0};
		Recovered	recovered;
		size_t		second;
		size_t		third;

		add_entries(&image, 3);
		second = add_entries(&image, 4);
		third = add_entries(&image, 5);
		if (finished)
			image_finish(&image, 1 << 16);
		/* a kind of block that does not exist */
		image.file.data[second + 2] = 0x07;
		recover_bytes(&image.file, &recovered);
		EXPECT_NUMBER(recovered.status, PLOG_OK);
		EXPECT(!recovered.reader.complete);
		EXPECT_NUMBER(recovered.reader.chunk_count, 2);
		EXPECT_NUMBER(recovered.recovery.lost_bytes, third - second);
		EXPECT_NUMBER(recovered.recovery.lost_entries, finished ? 4 : 0);
		expect_chunk(&recovered, 0, FIRST_CHUNK, 0, 3, false);
		expect_chunk(&recovered, 1, third, finished ? 7 : 3, 5, false);
		end_recovered(&recovered);
		image_free(&image);
	}
}

/*
 * A chunk whose stream claims the next one's bytes as its own, and then breaks
 * off.  Its whole entries end with the last one before the next chunk.
 */
static void
chunks_that_run_on(void)
{
	Bytes		next_content = content_of(3, 50);
	Bytes		next = deflated(&next_content, 9);
	Bytes		content = content_of(2, 50);
	Bytes		torn = {0};
	Image		image = {0};
	Recovered	recovered;
	uint32_t	length;

	/* of a third entry only the size and the first bytes */
	put_32(&content, (uint32_t) next.length / 2 + 4);
	put(&content, "\x08\x01\x10\x01", 4);
	length = (uint32_t) (content.length + next.length);

	/* one stored block, without the checksum */
	put(&torn, "\x78\x01\x01", 3);
	put_32(&torn, length | (length ^ 0xffff) << 16);
	put(&torn, content.data, content.length);
	image_add_stream(&image, &torn, 3);
	image_add_stream(&image, &next, 3);

	recover_bytes(&image.file, &recovered);
	EXPECT_NUMBER(recovered.status, PLOG_OK);
	EXPECT_NUMBER(recovered.reader.chunk_count, 2);
	EXPECT_NUMBER(recovered.recovery.torn_chunks, 1);
	EXPECT_NUMBER(recovered.recovery.lost_bytes, 0);
	expect_chunk(&recovered, 0, FIRST_CHUNK, 0, 2, true);
	expect_chunk(&recovered, 1, FIRST_CHUNK + torn.length, 2, 3, false);
	end_recovered(&recovered);
	image_free(&image);
	bytes_free(&next_content);
	bytes_free(&next);
	bytes_free(&content);
	bytes_free(&torn);
}

/*
 * Junk of about as many bytes as are searched at once, and a chunk behind.
 */
static void
chunks_behind_junk(void)
{
	for (size_t junk = SEARCH_BYTES - 10; junk < SEARCH_BYTES + 3; junk++)
	{
		Image		image = {0};
		Bytes		filling = {0};
		Recovered	recovered;
		size_t		position;

		put_fill(&filling, 0xff, junk);
		image_add_stream(&image, &filling, 0);
		position = add_entries(&image, 5);
		recover_bytes(&image.file, &recovered);
		EXPECT_NUMBER(recovered.status, PLOG_OK);
		EXPECT_NUMBER(recovered.recovery.lost_bytes, junk);
		EXPECT_NUMBER(recovered.reader.chunk_count, 1);
		expect_chunk(&recovered, 0, position, 0, 5, false);
		end_recovered(&recovered);
		image_free(&image);
		bytes_free(&filling);
	}
}

/*
 * Many beginnings of chunks, each of which goes on through all that follow:
 * the work must not grow with the square of the file's size.
 */
static void
fakes_within_each_other(void)
{
	static const uint8_t entry[] = {0xff, 0xff, 0xff, 0x7f, 0x08, 0x01, 0x10, 0x01};
	const uint32_t block = 65535;
	Image		image = {0};
	Bytes		fakes = {0};
	Recovered	recovered;

	/* stored blocks; in each but the last, fakes whose blocks end with it */
	for (int i = 0; i < 16; i++)
	{
		size_t		end = fakes.length + 5 + block;

		put_8(&fakes, 0);
		put_32(&fakes, block | (block ^ 0xffff) << 16);
		while (end - fakes.length > 100)
		{
			uint32_t	length = (uint32_t) (end - fakes.length - 7);

			put(&fakes, "\x78\x01\x00", 3);
			put_32(&fakes, length | (length ^ 0xffff) << 16);
			put(&fakes, entry, sizeof(entry));
		}
		put_fill(&fakes, 0, end - fakes.length);
	}
	put_8(&fakes, 0x07);
	image_add_stream(&image, &fakes, 0);

	poll_start(0);
	recover_bytes(&image.file, &recovered);
	EXPECT_NUMBER(recovered.status, PLOG_OK);

	/* each fake that is gone through takes a dozen */
	EXPECT(poll_count < 10000);
	EXPECT(recovered.reader.inflater.inflated_bytes < 40 * image.file.length);
	EXPECT_NUMBER(recovered.recovery.entries, 0);
	end_recovered(&recovered);
	image_free(&image);
	bytes_free(&fakes);
}

/*
 * The same with a directory that knows each of them: none is read further than
 * into the next but a few times.
 */
static void
known_fakes_within_each_other(void)
{
	const size_t slot_bytes = 16;
	const size_t slots = 6000;
	const size_t slots_per_block = 1000;
	const uint32_t block = (uint32_t) (slot_bytes * slots_per_block - 5);
	Image		image = {0};
	Recovered	recovered;

	/* a stored block ends where another slot's begins, and so on to the end */
	for (size_t i = 0; i < slots; i++)
	{
		Bytes		slot = {0};

		put(&slot, "\x78\x01\x00", 3);
		put_32(&slot, block | (block ^ 0xffff) << 16);
		put_fill(&slot, 0, slot_bytes - slot.length);
		image_add_stream(&image, &slot, 1);
		bytes_free(&slot);
	}
	image_finish(&image, 1 << 16);
	recover_bytes(&image.file, &recovered);
	EXPECT_NUMBER(recovered.status, PLOG_OK);
	EXPECT_NUMBER(recovered.recovery.entries, 0);

	/* each to the end would be half of all slots for each */
	EXPECT(recovered.reader.inflater.inflated_bytes >= slot_bytes * slots);
	EXPECT(recovered.reader.inflater.inflated_bytes < 20 * image.file.length);
	end_recovered(&recovered);
	image_free(&image);
}

/*
 * A directory that counts wrong, and entries that are no protobuf.
 */
static void
wrong_directories(void)
{
	Image		image = {0};
	Bytes		content = content_of(2, 10);
	Recovered	recovered;

	put_entry(&content, "\x08\x01\x10\x02\xff", 5);
	image_add_chunk(&image, &content, 7, 9);
	image_finish(&image, 1 << 16);
	recover_bytes(&image.file, &recovered);
	EXPECT_NUMBER(recovered.status, PLOG_OK);
	EXPECT(!recovered.reader.complete);
	EXPECT_NUMBER(recovered.recovery.entries, 3);
	EXPECT_NUMBER(recovered.recovery.malformed_entries, 1);
	EXPECT_NUMBER(recovered.recovery.lost_entries, 4);
	EXPECT(strcmp(recovered.recovery.damage, "directory is not that of the chunks") == 0);
	end_recovered(&recovered);

	/* its position is wrong; the directory itself is found behind the chunks */
	set_64(&image.file, 8, UINT64_MAX);
	recover_bytes(&image.file, &recovered);
	EXPECT_NUMBER(recovered.status, PLOG_OK);
	EXPECT_NUMBER(recovered.recovery.lost_bytes, 0);
	EXPECT_NUMBER(recovered.recovery.entries, 3);
	EXPECT(recovered.recovery.damage[0] != '\0');
	end_recovered(&recovered);
	image_free(&image);
	bytes_free(&content);
}

static void
expect_status(const void *data, size_t length, PlogStatus status)
{
	Bytes		file = {0};
	Recovered	recovered;

	put(&file, data, length);
	recover_bytes(&file, &recovered);
	EXPECT_NUMBER(recovered.status, status);
	EXPECT_NUMBER(recovered.reader.chunk_count, 0);
	plog_reader_close(&recovered.reader);
	bytes_free(&file);
}

static void
other_files(void)
{
	static const uint8_t zeros[300];

	expect_status("", 0, PLOG_OK);
	expect_status(zeros, sizeof(zeros), PLOG_OK);
	expect_status("#!/bin/sh\necho this is no plog at all\n", 38, PLOG_NOT_A_PLOG);
	expect_status("\x03\0\0\0----\x80\0\0\0\0\0\0\0\0\0\0\x01----", 24, PLOG_OTHER_VERSION);
}

/*
 * A chunk that is larger than allowed ends it.
 */
static void
large_chunks(void)
{
	Image		image = {0};
	Bytes		content = content_of(1, (1 << 24) + 1);
	Recovered	recovered;

	image_add_chunk(&image, &content, 1, 1);
	recover_bytes(&image.file, &recovered);
	EXPECT_NUMBER(recovered.status, PLOG_LIMIT);
	EXPECT_NUMBER(recovered.error.offset, FIRST_CHUNK);
	plog_reader_close(&recovered.reader);
	image_free(&image);
	bytes_free(&content);
}

/*
 * The poll function leaves at every call in turn; what is held is released.
 */
static void
poll_leaves(void)
{
	Image		image = {0};
	Bytes		junk = {0};
	static Recovered recovered;
	volatile uint64_t leave_at;

	add_entries(&image, 3);
	put(&junk, "\x78\xda\x07\x78\xda\x07\x78\xda", 8);
	image_add_stream(&image, &junk, 3);
	add_entries(&image, 3);
	image_finish(&image, 1 << 16);
	for (leave_at = 1; leave_at < 1000; leave_at++)
	{
		poll_start(leave_at);
		if (setjmp(poll_left) == 0)
		{
			recover_bytes(&image.file, &recovered);
			break;
		}
		plog_reader_close(&recovered.reader);
	}
	EXPECT(leave_at > 4 && leave_at < 1000);
	poll_start(0);
	EXPECT_NUMBER(recovered.recovery.entries, 6);
	end_recovered(&recovered);
	image_free(&image);
	bytes_free(&junk);
}

void
test_recover(void)
{
	poll_start(0);
	tap_run("recover: sound logs", sound_logs);
	tap_run("recover: a log cut off at any byte", cut_logs);
	tap_run("recover: a damaged chunk between others", damaged_chunks);
	tap_run("recover: a chunk whose stream runs on into the next", chunks_that_run_on);
	tap_run("recover: a chunk behind junk", chunks_behind_junk);
	tap_run("recover: many fakes within each other", fakes_within_each_other);
	tap_run("recover: the same, known to a directory", known_fakes_within_each_other);
	tap_run("recover: a directory that is wrong", wrong_directories);
	tap_run("recover: other files", other_files);
	tap_run("recover: a chunk larger than allowed", large_chunks);
	tap_run("recover: poll leaves by longjmp", poll_leaves);
}
