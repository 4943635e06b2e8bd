/*-------------------------------------------------------------------------
 *
 * answers.c
 *		What a log answered once, kept for the next time.
 *
 * A file in the cache has the answer to one query, behind all that it depends
 * on: the file of the log as the system knows it, options, the query.  It is only
 * a cache: a file that is lost, cut or another one's is as good as none, and one
 * that was not used for a week is removed.
 *
 *-------------------------------------------------------------------------
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "answers.h"
#include "options.h"
#include "server.h"

/* Seconds that a log must have been left alone: clocks of files are coarse. */
#define STILL 2
#define KEPT (7 * 24 * 3600)
/* Bytes of an answer that is worth keeping. */
#define MOST_BYTES (16 * 1024 * 1024)

/*
 * All that an answer depends on; NULL if that cannot be told for sure.
 */
static char *
key_of(const Log *log, const char *sql, int count, const char *const *values)
{
	struct stat state;
	Text		key = {0};

	if (has(OPTION_DESCRIPTOR) || stat(log->path, &state) != 0 || time(NULL) < state.st_ctim.tv_sec + STILL)
		return NULL;
	text_format(&key, "pe %s\n%ju %ju %jd %jd.%09ld %jd.%09ld\n%d %s\n%s\n", PE_VERSION, (uintmax_t) state.st_dev,
				(uintmax_t) state.st_ino, (intmax_t) state.st_size, (intmax_t) state.st_mtim.tv_sec, state.st_mtim.tv_nsec,
				(intmax_t) state.st_ctim.tv_sec, state.st_ctim.tv_nsec, log->recover,
				has(OPTION_GUEST) ? option(OPTION_GUEST) : "", sql);
	for (int i = 0; i < count; i++)
		text_format(&key, "%s\n", values[i]);
	return key.data;
}

/* A file's name for a key. */
static char *
path_of(const char *key)
{
	uint64_t	hash = UINT64_C(14695981039346656037);

	for (; *key != '\0'; key++)
		hash = (hash ^ (unsigned char) *key) * UINT64_C(1099511628211);
	return format_text("%s/answers/%016" PRIx64, cache_directory(), hash);
}

/* Numbers and texts, of which each has its length before it; -1 is that of NULL. */

static void
add_value(Text *text, const char *value)
{
	text_format(text, "%d\n", value != NULL ? (int) strlen(value) : -1);
	if (value != NULL)
		text_add(text, value);
}

/*
 * Take a number from a text, which is moved behind it; false if there is none.
 */
static bool
take_number(const char **text, int *number)
{
	char	   *end;
	long		found;

	errno = 0;
	found = strtol(*text, &end, 10);
	if (end == *text || *end != '\n' || errno != 0 || found < -1 || found > MOST_BYTES)
		return false;
	*number = (int) found;
	*text = end + 1;
	return true;
}

static bool
take_value(const char **text, const char *end, PGresult *result, int row, int column)
{
	int			length;

	if (!take_number(text, &length) || length > end - *text)
		return false;
	if (!PQsetvalue(result, row, column, length < 0 ? NULL : (char *) *text, length))
		return false;
	*text += length > 0 ? length : 0;
	return true;
}

static PGresult *
make_result(PGconn *connection, int columns)
{
	PGresult   *result = PQmakeEmptyPGresult(connection, PGRES_TUPLES_OK);
	PGresAttDesc *attributes = allocate(sizeof(PGresAttDesc) * (size_t) (columns + 1));
	static char name[] = "";

	memset(attributes, 0, sizeof(PGresAttDesc) * (size_t) (columns + 1));
	for (int i = 0; i < columns; i++)
		attributes[i].name = name;
	if (result == NULL || !PQsetResultAttrs(result, columns, attributes))
		die(FAILED, "out of memory");
	free(attributes);
	return result;
}

/*
 * The answer in a file; NULL if there is none.
 */
static PGresult *
read_answer(PGconn *connection, const char *path, const char *key)
{
	int			file = open(path, O_RDONLY | O_CLOEXEC);
	Text		text = {0};
	PGresult   *result = NULL;
	int			columns,
				rows;

	if (file < 0)
		return NULL;
	if (text_read(&text, file) && strncmp(text.data, key, strlen(key)) == 0)
	{
		const char *at = text.data + strlen(key);
		const char *end = text.data + text.length;
		bool		sound = take_number(&at, &columns) && take_number(&at, &rows) && columns >= 1 && columns <= 100;

		result = sound ? make_result(connection, columns) : NULL;
		for (int i = 0; sound && i < rows * columns; i++)
			sound = take_value(&at, end, result, i / columns, i % columns);
		if (!sound || at != end)
		{
			PQclear(result);
			result = NULL;
		}
		else
			futimens(file, NULL);
	}
	close(file);
	free(text.data);
	return result;
}

/*
 * Remove what was not used for long.
 */
static void
remove_old(const char *directory)
{
	DIR		   *entries = opendir(directory);
	struct dirent *entry;

	while (entries != NULL && (entry = readdir(entries)) != NULL)
	{
		struct stat state;

		if (entry->d_name[0] != '.' && fstatat(dirfd(entries), entry->d_name, &state, AT_SYMLINK_NOFOLLOW) == 0 &&
			S_ISREG(state.st_mode) && state.st_mtime < time(NULL) - KEPT)
			unlinkat(dirfd(entries), entry->d_name, 0);
	}
	if (entries != NULL)
		closedir(entries);
}

/*
 * Keep an answer; that it cannot be kept is no fault.
 */
static void
write_answer(const char *path, const char *key, const PGresult *result)
{
	char	   *directory = format_text("%s/answers", cache_directory());
	char	   *partial = format_text("%s.%d", path, (int) getpid());
	Text		text = {0};
	int			file;
	ssize_t		written;

	text_add(&text, key);
	text_format(&text, "%d\n%d\n", PQnfields(result), PQntuples(result));
	for (int i = 0; i < PQntuples(result) && text.length < MOST_BYTES; i++)
	{
		for (int j = 0; j < PQnfields(result); j++)
			add_value(&text, PQgetisnull(result, i, j) ? NULL : PQgetvalue(result, i, j));
	}
	mkdir(directory, 0700);
	remove_old(directory);
	file = text.length < MOST_BYTES ? open(partial, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600) : -1;
	if (file >= 0)
	{
		written = write(file, text.data, text.length);
		if (close(file) != 0 || written != (ssize_t) text.length || rename(partial, path) != 0)
			unlink(partial);
	}
	free(directory);
	free(partial);
	free(text.data);
}

PGresult *
ask_once(PGconn *connection, const Log *log, const char *sql, int count, const char *const *values)
{
	char	   *key = key_of(log, sql, count, values);
	char	   *path = key != NULL ? path_of(key) : NULL;
	PGresult   *result = path != NULL ? read_answer(connection, path, key) : NULL;

	if (result == NULL)
	{
		char	   *key_now;

		result = database_run(connection, sql, count, values);
		key_now = key_of(log, sql, count, values);
		if (key != NULL && key_now != NULL && strcmp(key, key_now) == 0 && !result_is_error(result))
			write_answer(path, key, result);
		free(key_now);
	}
	free(key);
	free(path);
	return result;
}
