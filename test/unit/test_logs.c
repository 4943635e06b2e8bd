/*-------------------------------------------------------------------------
 *
 * test_logs.c
 *		Every log of test/plogs: each entry decoded by src/plog and by
 *		protobuf-c, and compared field by field.
 *
 *-------------------------------------------------------------------------
 */
#define _GNU_SOURCE

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <zlib.h>

#include "compare.h"
#include "plog/directory.h"
#include "plog_test.h"
#include "proto/plog.pb-c.h"
#include "tap.h"

#define MAX_CHUNK_BYTES		(UINT64_C(1) << 30)

/* The sub-folders that have to be there; others may. */
static const char *const folders[] = {"edges", "made", "real"};

/* Files that are no readable logs, what they are instead, and how that is said. */
typedef struct Unreadable
{
	const char *name;
	PlogStatus	status;
	const char *words;
} Unreadable;

static const Unreadable unreadable[] = {
	{"edges/empty_file.plog", PLOG_NOT_A_PLOG, "file is empty"},
	{"edges/truncated_dir.plog", PLOG_CORRUPT, "directory is cut off"},
	{"edges/unfinished.plog", PLOG_UNFINISHED, "did not close"},
	{"made/killed_64k.plog", PLOG_UNFINISHED, "did not close"},
	{"real/w1killed.plog", PLOG_UNFINISHED, "did not close"},
	{"real/w1-rr-nondet.log", PLOG_NOT_A_PLOG, "does not start with a plog header"},
};

/*
 * Logs that protobuf-c and we do not read alike, by design: it refuses a message
 * for one field of another type, and has no directory to compare with.  Tests of
 * the server read them.
 */
static const char *const unlike[] = {
	"faults/entry_count_wrong.plog",
	"faults/form_seen_late.plog"
};

static bool
is_unlike(const char *name)
{
	for (size_t i = 0; i < lengthof(unlike); i++)
	{
		if (strcmp(name, unlike[i]) == 0)
			return true;
	}
	return false;
}

/*
 * What makes a log unreadable; a status of PLOG_OK where nothing does.
 */
static Unreadable
find_unreadable(const char *name)
{
	const Unreadable readable = {name, PLOG_OK, ""};

	for (size_t i = 0; i < lengthof(unreadable); i++)
	{
		if (strcmp(name, unreadable[i].name) == 0)
			return unreadable[i];
	}
	return readable;
}

/*
 * The schema that a log was written by, which the names of old ones tell.
 */
static void
set_form(Comparison *comparison, const char *name)
{
	bool		before_2020 = strstr(name, "pre2020") != NULL;
	bool		september_2020 = strstr(name, "sep2020") != NULL;
	bool		of_2016 = strstr(name, "2016") != NULL;

	/* its edge_coverage is another message than later */
	comparison->has_odd_fields = strcmp(name, "faults/asidstory_2016.plog") == 0;
	comparison->log_entry = of_2016 ? &panda__log_entry2016__descriptor :
		before_2020 ? &panda__log_entry2018__descriptor :
		september_2020 ? &panda__log_entry_september2020__descriptor : &panda__log_entry__descriptor;
	comparison->form.asid_info_2018 = before_2020;
	comparison->form.arguments_2020 = september_2020;
	comparison->form.loaded_libs_2020 = before_2020 || september_2020;
	comparison->form.entries_2016 = of_2016;
}

/*
 * The messages of a log show its form, and no other.
 */
static void
check_form_shown(const Comparison *comparison)
{
	EXPECT(comparison->shows_earlier_asid_info == comparison->form.asid_info_2018);
	EXPECT(comparison->shows_earlier_arguments == comparison->form.arguments_2020);
	EXPECT(comparison->shows_earlier_loaded_libs == comparison->form.loaded_libs_2020);
}

/*
 * How many entries PANDA's own reader found: the lines of NAME.jsonl.gz.
 * False where there is no such file.
 */
static bool
count_lines(const char *path, uint64_t *lines)
{
	static char buffer[1 << 18];
	char		dump[4096 + 16];
	gzFile		file;
	int			length;

	snprintf(dump, sizeof(dump), "%.*s.jsonl.gz", (int) (strlen(path) - strlen(".plog")), path);
	file = gzopen(dump, "rb");
	if (file == NULL)
		return false;
	*lines = 0;
	while ((length = gzread(file, buffer, sizeof(buffer))) > 0)
	{
		const char *at = buffer;

		while ((at = memchr(at, '\n', (size_t) (buffer + length - at))) != NULL)
		{
			++*lines;
			at++;
		}
	}
	gzclose(file);
	return length == 0;
}

/*
 * Compare all entries of a log whose directory was read.
 */
static void
compare_chunks(PlogReader *reader, Comparison *comparison)
{
	PlogBuffer	inflated = {0};
	PlogError	error;

	for (uint64_t i = 0; i < reader->chunk_count; i++)
	{
		WireCursor	cursor;
		PlogBytes	body;

		EXPECT_NUMBER(reader->chunks[i].first_entry, comparison->entries);
		if (plog_inflate(reader, &reader->chunks[i], &inflated, &error) != PLOG_OK)
		{
			tap_fail("chunk %llu: %s", (unsigned long long) i, error.message);
			break;
		}
		cursor.at = inflated.data;
		cursor.end = inflated.data + inflated.length;
		while (plog_next_body(&cursor, &body))
			compare_entry(comparison, body);
		EXPECT_NUMBER(plog_check_walk(&reader->chunks[i], &cursor,
									  comparison->entries - reader->chunks[i].first_entry, &error),
					  PLOG_OK);
	}
	plog_buffer_free(&inflated);
}

static void
test_log(const char *folder, const char *name)
{
	PlogReaderOptions options = {MAX_CHUNK_BYTES, NULL};
	PlogReader	reader = {0};
	PlogError	error = {0};
	Comparison	comparison = {0};
	Unreadable	wanted = find_unreadable(name);
	PlogStatus	status;
	char		path[4096];
	uint64_t	lines;

	tap_begin();
	snprintf(path, sizeof(path), "%s/%s", folder, name);
	set_form(&comparison, name);
	status = plog_reader_open(&reader, path, &options, &error);
	if (status == PLOG_OK)
		status = plog_read_directory(&reader, &error);
	if (!EXPECT_NUMBER(status, wanted.status) ||
		!EXPECT(strstr(error.message, wanted.words) != NULL))
		tap_fail("the message is: %s", error.message);
	if (status == PLOG_OK)
	{
		compare_chunks(&reader, &comparison);
		check_form_shown(&comparison);
		EXPECT_NUMBER(comparison.entries, reader.entry_count);
		if (count_lines(path, &lines))
			EXPECT_NUMBER(comparison.entries, lines);
	}
	plog_reader_close(&reader);
	if (wanted.status == PLOG_OK)
		tap_end("%s: %llu entries with %llu fields read as by protobuf-c", name,
				(unsigned long long) comparison.entries, (unsigned long long) comparison.fields);
	else
		tap_end("%s: %s", name, error.message);
}

/*
 * What a folder lists: the names that a filter lets through, sorted.  -1 where
 * it cannot be read.
 */
static int
list_folder(const char *folder, int (*filter) (const struct dirent *), struct dirent ***entries)
{
	int			count = scandir(folder, entries, filter, alphasort);

	if (count < 0)
		tap_fail("could not read folder \"%s\"", folder);
	return count;
}

static int
is_visible(const struct dirent *entry)
{
	return entry->d_name[0] != '.' && strchr(entry->d_name, '.') == NULL;
}

static int
is_log(const struct dirent *entry)
{
	const char *suffix = strrchr(entry->d_name, '.');

	return suffix != NULL && (strcmp(suffix, ".plog") == 0 || strcmp(suffix, ".log") == 0);
}

/*
 * Every log of one sub-folder.  Returns how many there are.
 */
static int
test_folder(const char *folder, const char *name)
{
	char		path[4096];
	struct dirent **logs;
	int			count;

	snprintf(path, sizeof(path), "%s/%s", folder, name);
	count = list_folder(path, is_log, &logs);
	for (int i = 0; i < count; i++)
	{
		char		log[600];

		snprintf(log, sizeof(log), "%s/%s", name, logs[i]->d_name);
		if (!is_unlike(log))
			test_log(folder, log);
		free(logs[i]);
	}
	if (count >= 0)
		free(logs);
	return count;
}

/*
 * Each log is a test; that there are any is one, too.
 */
void
test_logs(const char *folder)
{
	struct dirent **subfolders;
	size_t		found = 0;
	int			count;

	tap_begin();
	count = list_folder(folder, is_visible, &subfolders);
	for (int i = 0; i < count; i++)
	{
		int			logs = test_folder(folder, subfolders[i]->d_name);

		for (size_t j = 0; j < lengthof(folders) && logs > 0; j++)
			found += strcmp(subfolders[i]->d_name, folders[j]) == 0;
		free(subfolders[i]);
	}
	if (count >= 0)
		free(subfolders);
	tap_begin();
	EXPECT_NUMBER(found, lengthof(folders));
	tap_end("logs were found in edges, made and real");
}
