/*-------------------------------------------------------------------------
 *
 * seeds.c
 *		Cuts logs into what the fuzz targets start from.
 *
 * usage: seeds CORPUS DESCRIPTOR LOG…
 * CORPUS gets the folders walk, recover, message and json.  Of each log the
 * file itself is taken, if it is small, and a log made of its first entries; of
 * each kind of entry the first few of every log.  DESCRIPTOR is a
 * FileDescriptorSet.
 *
 *-------------------------------------------------------------------------
 */
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <zlib.h>

#include "fuzz.h"
#include "plog/directory.h"
#include "plog/recover.h"

/* A file of at most this is taken as it is, in bytes. */
#define SMALL_FILE		4096

/* Of so many entries of a log a small one is made, in chunks of so many. */
#define CUT_ENTRIES		24
#define CUT_CHUNK		8

/* Of each kind, by its field number, so many entries of a log are taken. */
#define KINDS			128
#define PER_KIND		6
#define LONGEST_ENTRY	2048

static const char *corpus;
static Bytes descriptor;

/*
 * Write a seed of some targets.
 */
static void
write_seed(const char *target, const Bytes *seed)
{
	static int	number = 0;
	char		path[4096];
	FILE	   *file;

	snprintf(path, sizeof(path), "%s/%s/seed-%05d", corpus, target, number++);
	file = fopen(path, "wb");
	if (file == NULL || fwrite(seed->data, 1, seed->length, file) != seed->length ||
		fclose(file) != 0)
	{
		perror(path);
		exit(EXIT_FAILURE);
	}
}

static void
write_log(const Bytes *log)
{
	write_seed("walk", log);
	write_seed("recover", log);
}

static void
read_file(const char *path, Bytes *bytes)
{
	FILE	   *file = fopen(path, "rb");
	uint8_t		piece[65536];
	size_t		got;

	if (file == NULL)
	{
		perror(path);
		exit(EXIT_FAILURE);
	}
	while ((got = fread(piece, 1, sizeof(piece), file)) > 0)
		put(bytes, piece, got);
	fclose(file);
}

/*
 * Make a chunk of entries, and its record of the directory.
 */
static void
cut_chunk(Bytes *log, Bytes *records, Bytes *content, uint64_t entries)
{
	uLongf		length = compressBound(content->length);
	Bytes		stream = {0};

	put_fill(&stream, 0, length);
	if (compress2(stream.data, &length, content->data, content->length, 9) != Z_OK)
		abort();
	put_64(records, 0);
	put_64(records, log->length);
	put_64(records, entries);
	put(log, stream.data, length);
	content->length = 0;
	bytes_free(&stream);
}

/*
 * Make a small log of a chunk's first entries.
 */
static void
write_cut_log(const PlogBuffer *inflated)
{
	WireCursor	cursor = plog_entries(inflated);
	Bytes		log = {0};
	Bytes		records = {0};
	Bytes		content = {0};
	PlogBytes	body;
	uint32_t	chunks = 0;

	put_fill(&log, 0, PLOG_FIRST_CHUNK);
	for (int i = 1; i <= CUT_ENTRIES && plog_next_body(&cursor, &body); i++)
	{
		if (body.length <= LONGEST_ENTRY)
			put_entry(&content, body.data, body.length);
		else
			put_entry(&content, "\x08\x00\x10\x00", 4);
		if (i % CUT_CHUNK == 0)
		{
			cut_chunk(&log, &records, &content, CUT_CHUNK);
			chunks++;
		}
	}
	set_32(&log, PLOG_HEADER_VERSION, PLOG_VERSION);
	set_64(&log, PLOG_HEADER_DIRECTORY, log.length);
	set_32(&log, PLOG_HEADER_CHUNK_SIZE, 65536);
	put_32(&log, chunks);
	put(&log, records.data, records.length);
	write_log(&log);
	bytes_free(&log);
	bytes_free(&records);
	bytes_free(&content);
}

/*
 * Write a message for one of target message's decoders.
 */
static void
write_message(uint8_t decoder, PlogBytes message)
{
	Bytes		seed = {0};

	if (message.data == NULL)
		return;
	put_8(&seed, decoder);
	put(&seed, message.data, message.length);
	write_seed("message", &seed);
	bytes_free(&seed);
}

/*
 * Write an entry for target json, with a descriptor or none.
 */
static void
write_json(const Bytes *set, PlogBytes body)
{
	Bytes		seed = {0};

	put_8(&seed, 0);
	put_8(&seed, (uint8_t) set->length);
	put_8(&seed, (uint8_t) (set->length >> 8));
	put(&seed, set->data, set->length);
	put(&seed, body.data, body.length);
	write_seed("json", &seed);
	bytes_free(&seed);
}

/*
 * An entry's payload, merged where need be in a buffer of its kind.
 */
static PlogBytes
payload_of(const PlogEntry *entry, uint32_t kind)
{
	static PlogBuffer merged[KINDS];
	PlogBytes	payload;

	if (!plog_payload(entry, kind, &merged[kind % KINDS], &payload))
		abort();
	return payload;
}

/*
 * Write an entry, its payloads, and the first argument of its call.
 */
static void
write_entry(PlogBytes body, const PlogEntry *entry)
{
	const Bytes no_descriptor = {0};
	PlogBytes	message = payload_of(entry, PLOG_ENTRY_SYSCALL);
	PlogSyscall syscall;
	PlogBytes	argument;

	write_message(0, body);
	write_message(1, body);
	write_message(2, payload_of(entry, PLOG_ENTRY_ASID_INFO));
	write_message(3, message);
	write_message(5, payload_of(entry, PLOG_ENTRY_ASID_LIBRARIES));
	write_message(7, payload_of(entry, PLOG_ENTRY_PROC_TRACE));
	write_message(8, payload_of(entry, PLOG_ENTRY_TAINT_FLOW));
	if (message.data != NULL && plog_decode_syscall(message, &syscall) &&
		plog_next_bytes(&syscall.arguments, &argument))
		write_message(4, argument);
	write_json(&no_descriptor, body);
	if (message.data != NULL)
		write_json(&descriptor, body);
}

/*
 * Write the first entries of each kind of a log.
 */
static void
write_entries(PlogReader *reader, PlogBuffer *inflated)
{
	int			taken[KINDS] = {0};
	PlogError	error;

	for (uint64_t i = 0; i < reader->chunk_count && i < 16; i++)
	{
		WireCursor	cursor;
		PlogBytes	body;
		PlogEntry	entry;

		if (plog_read_chunk(reader, &reader->chunks[i], inflated, &error) != PLOG_OK ||
			inflated->length == 0)
			continue;
		if (i == 0)
			write_cut_log(inflated);
		cursor = plog_entries(inflated);
		while (plog_next_body(&cursor, &body))
		{
			if (body.length <= LONGEST_ENTRY && plog_decode_entry(body, &entry) &&
				taken[entry.kind % KINDS]++ < PER_KIND)
				write_entry(body, &entry);
		}
	}
}

static void
take_log(const char *path)
{
	PlogReader	reader = {0};
	PlogReaderOptions options = {64 * 1024 * 1024, NULL};
	PlogBuffer	inflated = {0};
	PlogRecovery recovery;
	PlogError	error;
	Bytes		file = {0};

	read_file(path, &file);
	if (file.length <= SMALL_FILE)
		write_log(&file);
	bytes_free(&file);
	if (plog_reader_open(&reader, path, &options, &error) == PLOG_OK &&
		plog_recover(&reader, &recovery, &error) == PLOG_OK)
		write_entries(&reader, &inflated);
	plog_reader_close(&reader);
	plog_buffer_free(&inflated);
}

static void
make_folder(const char *name)
{
	char		path[4096];

	snprintf(path, sizeof(path), "%s/%s", corpus, name);
	if (mkdir(path, 0777) != 0)
	{
		perror(path);
		exit(EXIT_FAILURE);
	}
}

int
main(int count, char **arguments)
{
	if (count < 4)
	{
		fprintf(stderr, "usage: %s CORPUS DESCRIPTOR LOG...\n", arguments[0]);
		return EXIT_FAILURE;
	}
	corpus = arguments[1];
	make_folder("walk");
	make_folder("recover");
	make_folder("message");
	make_folder("json");
	read_file(arguments[2], &descriptor);
	for (int i = 3; i < count; i++)
		take_log(arguments[i]);
	bytes_free(&descriptor);
	return EXIT_SUCCESS;
}
