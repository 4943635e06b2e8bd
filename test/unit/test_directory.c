/*-------------------------------------------------------------------------
 *
 * test_directory.c
 *		Tests of reading header and directory, sound and hostile.
 *
 *-------------------------------------------------------------------------
 */
#define _GNU_SOURCE

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <zlib.h>

#include "image.h"
#include "plog/directory.h"
#include "plog_test.h"
#include "tap.h"
#include "temporary.h"

/* The reader's limit on the entries of a chunk, for each byte in the file. */
#define MAX_ENTRIES_PER_BYTE	(1032 / 4)

/*
 * A file of the bytes is refused, in header or directory.
 */
static void
expect_bytes_refused(const void *data, size_t length, PlogStatus status, uint64_t offset)
{
	Image		image = {0};

	put(&image.file, data, length);
	expect_refused(&image, status, offset);
	image_free(&image);
}

static void
other_files(void)
{
	static const uint8_t zeros[200];

	expect_bytes_refused("", 0, PLOG_NOT_A_PLOG, 0);
	expect_bytes_refused("\x02", 1, PLOG_NOT_A_PLOG, 1);
	expect_bytes_refused("\x02\0\0\0----\x80\0\0\0\0\0\0\0\0\0\0\x01---", 23, PLOG_NOT_A_PLOG, 23);
	expect_bytes_refused("#!/bin/sh\necho this is no plog at all\n", 38, PLOG_NOT_A_PLOG, 0);
	expect_bytes_refused("\x00\x01\0\0----\x80\0\0\0\0\0\0\0\0\0\0\x01----", 24, PLOG_NOT_A_PLOG, 0);
	expect_bytes_refused("\x02\0\0\x01----\x80\0\0\0\0\0\0\0\0\0\0\x01----", 24, PLOG_NOT_A_PLOG, 0);

	/* a version of 0 with a position is no log that was killed */
	expect_bytes_refused("\0\0\0\0----\x80\0\0\0\0\0\0\0\0\0\0\x01----", 24, PLOG_NOT_A_PLOG, 0);

	/* shorter than a header, zeros are nothing either */
	expect_bytes_refused(zeros, 23, PLOG_NOT_A_PLOG, 23);
}

static void
other_versions(void)
{
	static const uint32_t versions[] = {1, 3, 4, 255};
	Image		image = image_of_chunks(1);

	for (size_t i = 0; i < lengthof(versions); i++)
	{
		set_32(&image.file, IMAGE_VERSION, versions[i]);
		expect_refused(&image, PLOG_OTHER_VERSION, 0);
	}
	image_free(&image);
}

static void
unfinished_files(void)
{
	static const uint8_t zeros[200];
	Image		image = image_of_chunks(2);

	expect_bytes_refused(zeros, 24, PLOG_UNFINISHED, 0);
	expect_bytes_refused(zeros, 128, PLOG_UNFINISHED, 0);
	expect_bytes_refused(zeros, 200, PLOG_UNFINISHED, 0);
	memset(image.file.data, 0, 128);
	expect_refused(&image, PLOG_UNFINISHED, 0);
	image.file.length = image.directory - 5;
	expect_refused(&image, PLOG_UNFINISHED, 0);
	image_free(&image);
}

/*
 * All that header and directory say, of a log with so many chunks.
 */
static void
expect_sound(uint32_t count)
{
	Image		image = image_of_chunks(count);
	uint64_t	chunk_bytes = count > 0 ? (image.directory - 128) / count : 0;
	PlogReader	reader;
	uint32_t	checksum;

	poll_start(0);
	image_open_sound(&image, &reader, UINT32_MAX);
	EXPECT_NUMBER(reader.version, 2);
	EXPECT_NUMBER(reader.chunk_size, 1 << 20);
	EXPECT_NUMBER(reader.directory, image.directory);
	EXPECT_NUMBER(reader.entry_count, UINT64_C(3) * count);
	EXPECT(reader.complete);
	if (EXPECT_NUMBER(reader.chunk_count, count))
	{
		for (uint64_t i = 0; i < count; i++)
		{
			EXPECT_NUMBER(reader.chunks[i].position, 128 + i * chunk_bytes);
			EXPECT_NUMBER(reader.chunks[i].length, chunk_bytes);
			EXPECT_NUMBER(reader.chunks[i].first_entry, 3 * i);
			EXPECT_NUMBER(reader.chunks[i].entries, 3);
			EXPECT_NUMBER(reader.chunks[i].salvaged, 0);
		}
	}
	checksum = (uint32_t) crc32(0, image.file.data, 24);
	checksum = (uint32_t) crc32(checksum, image.file.data + image.directory, 4 + 24 * count);
	EXPECT_NUMBER(reader.checksum, checksum);
	EXPECT(poll_count >= count / 4096);
	plog_reader_close(&reader);
	image_free(&image);
}

static void
sound_directories(void)
{
	expect_sound(0);
	expect_sound(1);
	expect_sound(2);
	expect_sound(1000);
}

/*
 * The directory is read in pieces of 4096 records.
 */
static void
long_directories(void)
{
	expect_sound(4095);
	expect_sound(4096);
	expect_sound(4097);
	expect_sound(8192);
	expect_sound(8193);
	expect_sound(30000);
}

/*
 * A bad record in a later piece of a long directory.
 */
static void
long_directories_damaged(void)
{
	Image		image = image_of_chunks(10000);
	static const uint32_t places[] = {4095, 4096, 4097, 8191, 8192, 9999};

	for (size_t i = 0; i < lengthof(places); i++)
	{
		size_t		at = IMAGE_RECORD_POSITION(&image, places[i]);
		uint64_t	position = wire_load64(image.file.data + at);

		set_64(&image.file, at, position - 100);
		expect_refused(&image, PLOG_CORRUPT, IMAGE_RECORD(&image, places[i]));
		set_64(&image.file, at, position);
		set_64(&image.file, at + 8, UINT64_MAX);
		expect_refused(&image, PLOG_CORRUPT, at + 8);
		set_64(&image.file, at + 8, 3);
	}
	expect_accepted(&image);
	image_free(&image);
}

/*
 * Each byte of header and directory counts for the checksum.
 */
static void
checksums(void)
{
	Image		image = image_of_chunks(2);
	PlogReader	reader;
	uint32_t	checksum;

	image_open_sound(&image, &reader, UINT32_MAX);
	checksum = reader.checksum;
	EXPECT_NUMBER(plog_read_directory(&reader, &(PlogError) {0}), PLOG_OK);
	EXPECT_NUMBER(reader.checksum, checksum);
	plog_reader_close(&reader);

	/* the padding, and a first instr of the directory, that nobody reads */
	image.file.data[5] ^= 1;
	image_open_sound(&image, &reader, UINT32_MAX);
	EXPECT(reader.checksum != checksum);
	plog_reader_close(&reader);
	image.file.data[5] ^= 1;
	image.file.data[IMAGE_RECORD(&image, 1)] ^= 1;
	image_open_sound(&image, &reader, UINT32_MAX);
	EXPECT(reader.checksum != checksum);
	plog_reader_close(&reader);
	image_free(&image);
}

static void
directory_positions(void)
{
	Image		image = image_of_chunks(2);
	size_t		size = image.file.length;
	const uint64_t positions[] = {
		0, 1, 24, 127, size - 3, size - 1, size, size + 1, UINT32_MAX, (uint64_t) INT64_MAX - 3,
		INT64_MAX, (uint64_t) INT64_MAX + 1, UINT64_MAX - 3, UINT64_MAX
	};

	for (size_t i = 0; i < lengthof(positions); i++)
	{
		set_64(&image.file, IMAGE_DIRECTORY_POSITION, positions[i]);
		expect_refused(&image, PLOG_CORRUPT, IMAGE_DIRECTORY_POSITION);
	}

	/* the file cut at the first chunk, in the header, and within the count */
	set_64(&image.file, IMAGE_DIRECTORY_POSITION, image.directory);
	image.file.length = 128;
	expect_refused(&image, PLOG_CORRUPT, IMAGE_DIRECTORY_POSITION);
	image.file.length = 24;
	expect_refused(&image, PLOG_CORRUPT, IMAGE_DIRECTORY_POSITION);
	image.file.length = image.directory + 3;
	expect_refused(&image, PLOG_CORRUPT, IMAGE_DIRECTORY_POSITION);
	image_free(&image);
}

static void
directory_counts(void)
{
	Image		image = image_of_chunks(3);
	static const uint32_t counts[] = {
		4, 5, 1000, 0x0aaaaaaa, 0x0aaaaaab, 0x7fffffff, 0x80000000, UINT32_MAX - 1, UINT32_MAX
	};

	for (size_t i = 0; i < lengthof(counts); i++)
	{
		set_32(&image.file, image.directory, counts[i]);
		expect_refused(&image, PLOG_CORRUPT, image.directory);
	}

	/* none, though there are bytes of chunks */
	set_32(&image.file, image.directory, 0);
	expect_refused(&image, PLOG_CORRUPT, image.directory);

	/* the directory cut anywhere behind its count */
	set_32(&image.file, image.directory, 3);
	for (image.file.length--; image.file.length >= image.directory + 4; image.file.length--)
		expect_refused(&image, PLOG_CORRUPT, image.directory);
	image_free(&image);
}

/*
 * A count of 2^32 - 1 in a file that has room for it, a sparse one of 103 GB:
 * the first bad record ends it, before memory is spent on the rest.  Whoever
 * reads on is stopped, or memory would run out.
 */
static void
directory_count_in_sparse_file(void)
{
	static PlogReader reader;
	Image		image = image_of_chunks(1);
	uint64_t	bad_record = IMAGE_RECORD(&image, 1);
	PlogReaderOptions options = {UINT32_MAX, poll_hook};
	PlogError	error;
	const char *path;

	set_32(&image.file, image.directory, UINT32_MAX);
	path = temporary_file("sparse.plog", &image.file);
	image_free(&image);
	if (truncate(path, (off_t) image.directory + 4 + INT64_C(24) * UINT32_MAX) != 0)
		return;
	EXPECT_NUMBER(plog_reader_open(&reader, path, &options, &error), PLOG_OK);
	poll_start(100);
	if (setjmp(poll_left) != 0)
		tap_fail("it reads on");
	else
	{
		EXPECT_NUMBER(plog_read_directory(&reader, &error), PLOG_CORRUPT);
		EXPECT_NUMBER(error.offset, bad_record);
	}
	poll_start(0);
	plog_reader_close(&reader);
	unlink(temporary_path("sparse.plog"));
}

/*
 * The record's position is changed, and refused there.
 */
static void
expect_position_refused(Image *image, uint32_t number, uint64_t position)
{
	size_t		at = IMAGE_RECORD_POSITION(image, number);
	uint64_t	before = wire_load64(image->file.data + at);

	set_64(&image->file, at, position);
	expect_refused(image, PLOG_CORRUPT, IMAGE_RECORD(image, number));
	set_64(&image->file, at, before);
}

static void
chunk_positions(void)
{
	Image		image = image_of_chunks(4);
	uint64_t	length = (image.directory - 128) / 4;

	/* the first chunk anywhere but at its place */
	expect_position_refused(&image, 0, 0);
	expect_position_refused(&image, 0, 127);
	expect_position_refused(&image, 0, 129);
	expect_position_refused(&image, 0, UINT64_MAX);

	/* equal, decreasing, and so near that no stream fits between */
	for (uint64_t distance = 0; distance < 8; distance++)
		expect_position_refused(&image, 2, 128 + length + distance);
	expect_position_refused(&image, 2, 128 + length - 1);
	expect_position_refused(&image, 2, 128);
	expect_position_refused(&image, 2, 0);

	/* beyond the directory, and so near that no stream fits before it */
	for (uint64_t distance = 0; distance < 8; distance++)
		expect_position_refused(&image, 3, image.directory - distance);
	expect_position_refused(&image, 3, image.directory + 1);
	expect_position_refused(&image, 3, image.file.length);
	expect_position_refused(&image, 3, INT64_MAX);
	expect_position_refused(&image, 3, (uint64_t) INT64_MAX + 1);
	for (uint64_t i = 0; i < 16; i++)
		expect_position_refused(&image, 3, UINT64_MAX - i);
	expect_accepted(&image);
	image_free(&image);
}

/*
 * The room that is just enough for a stream is no fault of the directory.
 */
static void
chunk_positions_at_the_limit(void)
{
	Image		image = image_of_chunks(4);
	uint64_t	second = wire_load64(image.file.data + IMAGE_RECORD_POSITION(&image, 1));
	PlogReader	reader;

	set_64(&image.file, IMAGE_RECORD_POSITION(&image, 2), second + 8);
	set_64(&image.file, IMAGE_RECORD_POSITION(&image, 3), image.directory - 8);
	image_open_sound(&image, &reader, UINT32_MAX);
	EXPECT_NUMBER(reader.chunks[1].length, 8);
	EXPECT_NUMBER(reader.chunks[3].length, 8);
	EXPECT_NUMBER(reader.chunks[2].length, image.directory - 8 - (second + 8));
	plog_reader_close(&reader);
	image_free(&image);
}

static void
entry_counts(void)
{
	Image		image = image_of_chunks(3);
	uint64_t	most = (image.directory - 128) / 3 * MAX_ENTRIES_PER_BYTE;
	const uint64_t counts[] = {most + 1, UINT32_MAX, INT64_MAX, (uint64_t) INT64_MAX + 1, UINT64_MAX};
	PlogReader	reader;

	for (uint32_t number = 0; number < 3; number++)
	{
		size_t		at = IMAGE_RECORD_ENTRIES(&image, number);

		for (size_t i = 0; i < lengthof(counts); i++)
		{
			set_64(&image.file, at, counts[i]);
			expect_refused(&image, PLOG_CORRUPT, at);
		}
		set_64(&image.file, at, most);
	}
	image_open_sound(&image, &reader, UINT32_MAX);
	EXPECT_NUMBER(reader.entry_count, 3 * most);
	EXPECT_NUMBER(reader.chunks[2].first_entry, 2 * most);
	plog_reader_close(&reader);
	image_free(&image);
}

/*
 * The most entries that deflate can pack into a chunk are no fault: empty ones.
 */
static void
entry_counts_that_are_true(void)
{
	Image		image = {0};
	Bytes		content = {0};
	PlogReader	reader;
	PlogBuffer	inflated = {0};
	PlogError	error;

	put_fill(&content, 0, 4000000);
	image_add_chunk(&image, &content, 1000000, 9);
	image_finish(&image, 1 << 24);
	image_open_sound(&image, &reader, UINT32_MAX);
	EXPECT_NUMBER(reader.entry_count, 1000000);
	EXPECT_NUMBER(plog_read_chunk(&reader, &reader.chunks[0], &inflated, &error), PLOG_OK);
	EXPECT_NUMBER(inflated.length, 4000000);
	plog_buffer_free(&inflated);
	plog_reader_close(&reader);
	bytes_free(&content);
	image_free(&image);
}

/*
 * The file loses its end, or all of it, after it was opened.
 */
static void
files_that_shrink(void)
{
	Image		image = image_of_chunks(5000);
	PlogReaderOptions options = {UINT32_MAX, NULL};
	const size_t lengths[] = {
		0, 23, 24, 128, image.directory, image.directory + 3, image.directory + 4,
		IMAGE_RECORD(&image, 10) + 5, IMAGE_RECORD(&image, 4096), IMAGE_RECORD(&image, 5000) - 1
	};

	for (size_t i = 0; i < lengthof(lengths); i++)
	{
		const char *path = temporary_file("image.plog", &image.file);
		PlogReader	reader = {0};
		PlogError	error;

		EXPECT_NUMBER(plog_reader_open(&reader, path, &options, &error), PLOG_OK);
		EXPECT_NUMBER(truncate(path, (off_t) lengths[i]), 0);
		EXPECT_NUMBER(plog_read_directory(&reader, &error), PLOG_CORRUPT);
		if (lengths[i] < 24)
			EXPECT_NUMBER(error.offset, lengths[i]);
		else
			EXPECT_NUMBER(error.offset, lengths[i] < image.directory ? image.directory : lengths[i]);
		plog_reader_close(&reader);
	}
	image_free(&image);
}

/*
 * The poll function leaves while the directory is read.
 */
static void
poll_leaves(void)
{
	static Image image;
	static PlogReader reader;
	static volatile int left;
	static uint64_t leave_at;
	PlogError	error;

	image = image_of_chunks(20000);
	left = 0;
	for (leave_at = 1; leave_at <= 5; leave_at++)
	{
		poll_start(leave_at);
		if (setjmp(poll_left) != 0)
			left++;
		else
		{
			image_open(&image, &reader, UINT32_MAX, &error);
			tap_fail("poll was called %d times only", (int) poll_count);
		}
		plog_reader_close(&reader);
		plog_reader_close(&reader);
	}
	EXPECT_NUMBER(left, 5);
	poll_start(0);
	image_free(&image);
}

void
test_directory(void)
{
	tap_run("header: files that are no plogs", other_files);
	tap_run("header: other versions", other_versions);
	tap_run("header: logs that PANDA did not close", unfinished_files);
	tap_run("header: directory outside of the file or before the first chunk", directory_positions);
	tap_run("directory: of 0 to 1000 chunks", sound_directories);
	tap_run("directory: of 4095 to 30000 chunks", long_directories);
	tap_run("directory: of 10000 chunks, with a bad one", long_directories_damaged);
	tap_run("directory: checksum", checksums);
	tap_run("directory: counts up to 2^32 - 1, and cut off", directory_counts);
	tap_run("directory: count of 2^32 - 1 in a sparse file", directory_count_in_sparse_file);
	tap_run("directory: chunks out of order or range", chunk_positions);
	tap_run("directory: chunks of the least length", chunk_positions_at_the_limit);
	tap_run("directory: absurd numbers of entries", entry_counts);
	tap_run("directory: a million empty entries in 4 kB", entry_counts_that_are_true);
	tap_run("directory: files that shrink while they are open", files_that_shrink);
	tap_run("directory: poll leaves by longjmp", poll_leaves);
}
