/*-------------------------------------------------------------------------
 *
 * orm_sqlite.c
 *		Tables of PANDelephant's ORM in a SQLite file.
 *
 *-------------------------------------------------------------------------
 */
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "orm.h"
#include "sqlite_file.h"

static sqlite3_stmt *insert = NULL;

static sqlite3_stmt *
prepare(const char *sql, int count, const char *const *values)
{
	sqlite3_stmt *statement = sqlite_prepare(sql);

	for (int i = 0; i < count; i++)
	{
		char	   *name = format_text("$%d", i + 1);
		int			index = sqlite3_bind_parameter_index(statement, name);

		if (index > 0 && values[i] != NULL)
			sqlite_check(sqlite3_bind_text(statement, index, values[i], -1, SQLITE_TRANSIENT));
		free(name);
	}
	return statement;
}

static void
run(const char *sql, int count, const char *const *values)
{
	sqlite3_stmt *statement = prepare(sql, count, values);

	sqlite_check(sqlite3_step(statement));
	sqlite_check(sqlite3_finalize(statement));
}

static char *
ask(const char *sql, int count, const char *const *values)
{
	sqlite3_stmt *statement = prepare(sql, count, values);
	char	   *value = NULL;
	int			code = sqlite3_step(statement);

	sqlite_check(code);
	if (code == SQLITE_ROW && sqlite3_column_type(statement, 0) != SQLITE_NULL)
		value = copy_text((const char *) sqlite3_column_text(statement, 0));
	sqlite_check(sqlite3_finalize(statement));
	return value;
}

static void
nothing(void)
{
}

static int
look_at(const OrmTable *table, int generation, OrmPlace *places)
{
	const char *name = orm_name(table, generation);
	const char *const values[] = {name};
	sqlite3_stmt *statement = prepare("SELECT c.name, c.type, c.\"notnull\" AND c.dflt_value IS NULL AND c.pk = 0, "
									  "m.type = 'table' "
									  "FROM sqlite_master m, pragma_table_info(m.name) c "
									  "WHERE m.name = $1 AND m.type IN ('table', 'view') ORDER BY c.cid", 1, values);
	int			count = 0;
	bool		there = false;

	while (sqlite3_step(statement) == SQLITE_ROW)
	{
		const char *column_name = (const char *) sqlite3_column_text(statement, 0);
		const char *type = (const char *) sqlite3_column_text(statement, 1);
		const OrmColumn *column = table->columns;

		there = true;
		if (!sqlite3_column_int(statement, 3))
			die(IN_THE_WAY, "%s already has \"%s\", which is no table", sqlite_name(), name);
		while (column->name != NULL && (!orm_has(column, generation) || strcmp(column->name, column_name) != 0))
			column++;
		if (column->name == NULL && sqlite3_column_int(statement, 2))
			die(IN_THE_WAY, "column \"%s\" of table \"%s\" needs a value, and a log has none for it",
				column_name, name);
		if (column->name == NULL)
			continue;
		memset(&places[count], 0, sizeof(places[count]));
		places[count].column = column;
		places[count].type = strncasecmp(type, "CHAR", 4) == 0 ? ORM_UUID : ORM_INTEGER;
		places[count].bytes = 8;
		count++;
	}
	sqlite_check(sqlite3_finalize(statement));
	if (there && count == 0)
		die(IN_THE_WAY, "table \"%s\" of %s is not of PANDelephant's ORM", name, sqlite_name());
	return count;
}

static bool
has_label(const char *label)
{
	(void) label;
	return true;
}

/*
 * The transaction has the file for itself.
 */
static void
lock(const char *tables)
{
	(void) tables;
}

static void
let_remove(int generation)
{
	(void) generation;
}

static void
begin_rows(const char *table, const OrmPlace *places, int count)
{
	Text		sql = {0};

	text_format(&sql, "INSERT INTO \"%s\" (", table);
	for (int i = 0; i < count; i++)
		text_format(&sql, "%s\"%s\"", i > 0 ? ", " : "", places[i].column->name);
	text_add(&sql, ") VALUES (");
	for (int i = 0; i < count; i++)
		text_add(&sql, i > 0 ? ", ?" : "?");
	text_add(&sql, ")");
	insert = sqlite_prepare(sql.data);
	free(sql.data);
}

/*
 * A uuid is 32 hexadecimal digits here.
 */
static void
bind_uuid(int place, const char *uuid)
{
	char		digits[33];

	for (int i = 0; i < 16; i++)
	{
		digits[2 * i] = "0123456789abcdef"[(unsigned char) uuid[i] >> 4];
		digits[2 * i + 1] = "0123456789abcdef"[(unsigned char) uuid[i] & 15];
	}
	sqlite_check(sqlite3_bind_text(insert, place, digits, 32, SQLITE_TRANSIENT));
}

static void
row(const OrmPlace *places, const OrmValue *values, int count)
{
	for (int i = 0; i < count; i++)
	{
		if (values[i].is_null)
			sqlite_check(sqlite3_bind_null(insert, i + 1));
		else if (places[i].type == ORM_INTEGER || places[i].type == ORM_BOOLEAN)
			sqlite_check(sqlite3_bind_int64(insert, i + 1, values[i].number));
		else if (places[i].type == ORM_UUID)
			bind_uuid(i + 1, values[i].data);
		else if (places[i].type == ORM_BYTES)
			sqlite_check(sqlite3_bind_blob(insert, i + 1, values[i].data, values[i].length, SQLITE_STATIC));
		else
			sqlite_check(sqlite3_bind_text(insert, i + 1, values[i].data, values[i].length, SQLITE_STATIC));
	}
	sqlite_check(sqlite3_step(insert));
	sqlite_check(sqlite3_reset(insert));
}

static void
end_rows(void)
{
	sqlite_check(sqlite3_finalize(insert));
	insert = NULL;
}

/*
 * SQLite goes on after the largest id by itself.
 */
static void
set_next(const char *table, const char *key, int64_t last)
{
	(void) table;
	(void) key;
	(void) last;
}

static OrmStore store = {
	.prefix = "",
	.begin = nothing,
	.look_at = look_at,
	.has_label = has_label,
	.run = run,
	.ask = ask,
	.lock = lock,
	.let_remove = let_remove,
	.begin_rows = begin_rows,
	.row = row,
	.end_rows = end_rows,
	.set_next = set_next,
	.commit = nothing
};

const OrmStore *
orm_sqlite_open(void)
{
	store.name = sqlite_name();
	return &store;
}
