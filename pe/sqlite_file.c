/*-------------------------------------------------------------------------
 *
 * sqlite_file.c
 *		The SQLite file that pe writes.
 *
 *-------------------------------------------------------------------------
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "log.h"
#include "partial_file.h"
#include "sqlite_file.h"

/* Instructions of SQLite's machine between two looks for a signal. */
#define INSTRUCTIONS 100000

/* Types of columns. */
enum
{
	TYPE_BOOL = 16,
	TYPE_BYTEA = 17,
	TYPE_INT8 = 20,
	TYPE_INT2 = 21,
	TYPE_INT4 = 23
};

static sqlite3 *file = NULL;
static sqlite3_stmt *insert = NULL;
/* Where a table of arguments has type and value; -1: it is none. */
static int	type_column = -1;
static int	value_column = -1;

static const char *final_path = NULL;
static const char *made_path = NULL;
static bool is_new = true;		/* it gets its name in the end */

/* Milliseconds to wait for another program's transaction. */
#define PATIENCE 10000

static void
remove_made(void)
{
	if (made_path != NULL)
		unlink(made_path);
}

void
sqlite_check(int code)
{
	check_stop();
	if (code != SQLITE_OK && code != SQLITE_DONE && code != SQLITE_ROW)
		die(FAILED, "could not write %s: %s", final_path, sqlite3_errmsg(file));
}

/*
 * SQLite ends what it does with SQLITE_INTERRUPT then.
 */
static int
look_for_signal(void *unused)
{
	(void) unused;
	return stop_is_wanted();
}

void
sqlite_begin(const char *path, bool overwrite)
{
	close(partial_begin(path, overwrite));
	final_path = partial_final_path();
	if (sqlite3_open(partial_path(), &file) != SQLITE_OK)
		die(FAILED, "could not write %s: %s", final_path, sqlite3_errmsg(file));
	sqlite3_progress_handler(file, INSTRUCTIONS, look_for_signal, NULL);
	sqlite_run("PRAGMA journal_mode = off; PRAGMA synchronous = off; BEGIN");
}

/*
 * A journal that is left would be taken for that of the next file of the name.
 */
static void
roll_back(void)
{
	sqlite3_stmt *statement;

	if (file == NULL || is_new)
		return;
	sqlite3_progress_handler(file, 0, NULL, NULL);
	while ((statement = sqlite3_next_stmt(file, NULL)) != NULL)
		sqlite3_finalize(statement);
	sqlite3_exec(file, "ROLLBACK", NULL, NULL, NULL);
	sqlite3_close(file);
	file = NULL;
}

void
sqlite_change(const char *path)
{
	struct stat state;
	int			made;

	final_path = absolute_path(path);
	is_new = false;
	made = open(final_path, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
	if (made >= 0)
	{
		/* what is made here goes, unless it becomes whole */
		close(made);
		made_path = final_path;
		atexit(remove_made);
	}
	else if (errno != EEXIST || stat(final_path, &state) != 0)
		die(FAILED, "cannot open %s: %s", final_path, strerror(errno));
	else if (!S_ISREG(state.st_mode))
		die(FAILED, "not a file: %s", final_path);
	atexit(roll_back);
	if (sqlite3_open(final_path, &file) != SQLITE_OK)
		die(FAILED, "cannot open %s: %s", final_path, sqlite3_errmsg(file));
	sqlite3_busy_timeout(file, PATIENCE);
	sqlite3_progress_handler(file, INSTRUCTIONS, look_for_signal, NULL);
	sqlite_run("BEGIN IMMEDIATE");
}

const char *
sqlite_name(void)
{
	return final_path;
}

sqlite3_stmt *
sqlite_prepare(const char *sql)
{
	sqlite3_stmt *statement = NULL;

	sqlite_check(sqlite3_prepare_v2(file, sql, -1, &statement, NULL));
	return statement;
}

void
sqlite_run(const char *sql)
{
	sqlite_check(sqlite3_exec(file, sql, NULL, NULL, NULL));
}

void
sqlite_table(const char *table, const PGresult *result, bool bytes_are_blobs)
{
	Text		sql = {0};
	char	   *start = sqlite3_mprintf("INSERT INTO \"%w\" (", table);

	text_add(&sql, start);
	sqlite3_free(start);
	for (int i = 0; i < PQnfields(result); i++)
	{
		char	   *column = sqlite3_mprintf("%s\"%w\"", i > 0 ? ", " : "", PQfname(result, i));

		text_add(&sql, column);
		sqlite3_free(column);
	}
	text_add(&sql, ") VALUES (");
	for (int i = 0; i < PQnfields(result); i++)
		text_add(&sql, i > 0 ? ", ?" : "?");
	text_add(&sql, ")");
	insert = sqlite_prepare(sql.data);
	type_column = bytes_are_blobs ? PQfnumber(result, "argument_type") : -1;
	value_column = type_column >= 0 ? PQfnumber(result, "value") : -1;
	free(sql.data);
}

/*
 * A value in the text form of bytea.
 */
static void
bind_bytes(int column, const char *value)
{
	size_t		length;
	unsigned char *bytes = PQunescapeBytea((const unsigned char *) value, &length);

	if (bytes == NULL)
		die(FAILED, "out of memory");
	sqlite_check(sqlite3_bind_blob64(insert, column + 1, bytes, length, SQLITE_TRANSIENT));
	PQfreemem(bytes);
}

static void
bind(const PGresult *result, int row, int column)
{
	const char *value = PQgetvalue(result, row, column);

	if (PQgetisnull(result, row, column))
	{
		sqlite_check(sqlite3_bind_null(insert, column + 1));
		return;
	}
	if (column == value_column && strcmp(PQgetvalue(result, row, type_column), "BYTES") == 0)
	{
		bind_bytes(column, value);
		return;
	}
	switch (PQftype(result, column))
	{
		case TYPE_INT8:
		case TYPE_INT4:
		case TYPE_INT2:
			sqlite_check(sqlite3_bind_int64(insert, column + 1, strtoll(value, NULL, 10)));
			break;
		case TYPE_BOOL:
			sqlite_check(sqlite3_bind_int64(insert, column + 1, *value == 't'));
			break;
		case TYPE_BYTEA:
			bind_bytes(column, value);
			break;
		default:
			sqlite_check(sqlite3_bind_text(insert, column + 1, value, PQgetlength(result, row, column),
									SQLITE_STATIC));
	}
}

void
sqlite_row(const PGresult *result, int row)
{
	for (int i = 0; i < PQnfields(result); i++)
		bind(result, row, i);
	sqlite_check(sqlite3_step(insert));
	sqlite_check(sqlite3_reset(insert));
}

void
sqlite_table_end(void)
{
	sqlite_check(sqlite3_finalize(insert));
	insert = NULL;
}

void
sqlite_end(void)
{
	sqlite_run("COMMIT");
	sqlite_check(sqlite3_close(file));
	file = NULL;
	made_path = NULL;
	if (is_new)
		partial_end();
}
