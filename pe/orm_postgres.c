/*-------------------------------------------------------------------------
 *
 * orm_postgres.c
 *		Tables of PANDelephant's ORM in any PostgreSQL.
 *
 * They are in the schema that comes first in the connection's search path,
 * where the classes look for them.  All names are qualified: other schemas may
 * have what others made.
 *
 *-------------------------------------------------------------------------
 */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "copy.h"
#include "orm.h"
#include "progress.h"

#define COPY_SIGNATURE "PGCOPY\n\377\r\n\0\0\0\0\0\0\0\0\0"
#define COPY_SIGNATURE_LENGTH 19

static PGconn *connection = NULL;
static char *schema = NULL;
static char *prefix = NULL;

/* References that are made anew in the end. */
static char **references = NULL;
static int	reference_count = 0;

static void
run(const char *sql, int count, const char *const *values)
{
	PQclear(database_must(connection, FAILED, sql, count, values));
}

static char *
ask(const char *sql, int count, const char *const *values)
{
	PGresult   *result = database_must(connection, FAILED, sql, count, values);
	char	   *value = NULL;

	if (PQntuples(result) > 0 && !PQgetisnull(result, 0, 0))
		value = copy_text(PQgetvalue(result, 0, 0));
	PQclear(result);
	return value;
}

static void
begin(void)
{
	run("BEGIN", 0, NULL);
	run("SET LOCAL search_path = pg_catalog", 0, NULL);
}

/*
 * A column of the classes by its name.
 */
static const OrmColumn *
find_column(const OrmTable *table, int generation, const char *name)
{
	for (const OrmColumn *column = table->columns; column->name != NULL; column++)
	{
		if (orm_has(column, generation) && strcmp(column->name, name) == 0)
			return column;
	}
	return NULL;
}

static void
set_type(OrmPlace *place, const char *type)
{
	place->type = strcmp(type, "uuid") == 0 ? ORM_UUID : ORM_INTEGER;
	place->bytes = strcmp(type, "int2") == 0 ? 2 : strcmp(type, "int4") == 0 ? 4 : 8;
}

static int
look_at(const OrmTable *table, int generation, OrmPlace *places)
{
	const char *const values[] = {schema, orm_name(table, generation)};
	PGresult   *found = database_must(connection, FAILED,
									  "SELECT attname, typname, "
									  "	attnotnull AND NOT atthasdef AND attidentity = '', "
									  "	relkind IN ('r', 'p') "
									  "FROM pg_class c JOIN pg_namespace n ON n.oid = relnamespace "
									  "JOIN pg_attribute ON attrelid = c.oid JOIN pg_type t ON t.oid = atttypid "
									  "WHERE nspname = $1 AND relname = $2 AND attnum > 0 AND NOT attisdropped "
									  "ORDER BY attnum", 2, values);
	int			count = 0;

	for (int i = 0; i < PQntuples(found); i++)
	{
		const char *name = PQgetvalue(found, i, 0);
		const OrmColumn *column = find_column(table, generation, name);

		if (*PQgetvalue(found, i, 3) != 't')
			die(IN_THE_WAY, "schema \"%s\" already has \"%s\", which is no table", schema, values[1]);
		if (column == NULL && *PQgetvalue(found, i, 2) == 't')
			die(IN_THE_WAY, "column \"%s\" of table \"%s\" needs a value, and a log has none for it", name,
				values[1]);
		if (column == NULL)
			continue;
		memset(&places[count], 0, sizeof(places[count]));
		places[count].column = column;
		set_type(&places[count], PQgetvalue(found, i, 1));
		count++;
	}
	if (PQntuples(found) > 0 && count == 0)
		die(IN_THE_WAY, "table \"%s\" of schema \"%s\" is not of PANDelephant's ORM", values[1], schema);
	PQclear(found);
	return count;
}

static bool
has_label(const char *label)
{
	const char *const values[] = {schema, label};
	char	   *found = ask("SELECT 1 FROM pg_enum JOIN pg_type t ON t.oid = enumtypid "
							"JOIN pg_namespace n ON n.oid = typnamespace "
							"WHERE nspname = $1 AND typname = '" ORM_ARGUMENT_TYPE "' AND enumlabel = $2", 2, values);
	bool		has = found != NULL;

	free(found);
	return has;
}

static void
lock(const char *tables)
{
	char	   *sql = format_text("LOCK TABLE %s IN SHARE ROW EXCLUSIVE MODE", tables);

	run(sql, 0, NULL);
	free(sql);
}

/*
 * Drop the references among the tables, until the end.  There is no index by
 * which a row would be found that refers to one that is removed.
 */
static void
let_remove(int generation)
{
	const char *const values[] = {schema};
	PGresult   *found;
	Text		tables = {0};
	Text		sql = {0};

	for (int i = 0; i < orm_table_count; i++)
		text_format(&tables, "%s'%s'", i > 0 ? ", " : "", orm_name(&orm_tables[i], generation));
	text_format(&sql, "WITH tables AS (SELECT c.oid FROM pg_class c JOIN pg_namespace n ON n.oid = relnamespace "
				"	WHERE nspname = $1 AND relname IN (%s)) "
				"SELECT format('ALTER TABLE %%s DROP CONSTRAINT %%I', conrelid::regclass, conname), "
				"format('ALTER TABLE %%s ADD CONSTRAINT %%I %%s', conrelid::regclass, conname, "
				"	pg_get_constraintdef(oid)) "
				"FROM pg_constraint WHERE contype = 'f' AND conrelid IN (SELECT oid FROM tables) "
				"	AND confrelid IN (SELECT oid FROM tables) ORDER BY oid", tables.data);
	found = database_must(connection, FAILED, sql.data, 1, values);
	for (int i = 0; i < PQntuples(found); i++)
	{
		run(PQgetvalue(found, i, 0), 0, NULL);
		references = enlarge(references, sizeof(char *) * (size_t) (reference_count + 1));
		references[reference_count++] = copy_text(PQgetvalue(found, i, 1));
	}
	PQclear(found);
	free(sql.data);
	free(tables.data);
}

static void
begin_rows(const char *table, const OrmPlace *places, int count)
{
	Text		sql = {0};

	text_format(&sql, "COPY %s\"%s\" (", prefix, table);
	for (int i = 0; i < count; i++)
		text_format(&sql, "%s\"%s\"", i > 0 ? ", " : "", places[i].column->name);
	text_add(&sql, ") FROM STDIN (FORMAT binary)");
	copy_in_begin(connection, sql.data);
	copy_in_put(connection, COPY_SIGNATURE, COPY_SIGNATURE_LENGTH);
	free(sql.data);
}

static void
add_number(Text *row, int64_t number, int bytes)
{
	char		data[8];

	for (int i = bytes - 1; i >= 0; i--, number >>= 8)
		data[i] = (char) (number & 0xff);
	text_append(row, data, (size_t) bytes);
}

static void
row(const OrmPlace *places, const OrmValue *values, int count)
{
	static Text row = {0};

	text_clear(&row);
	add_number(&row, count, 2);
	for (int i = 0; i < count; i++)
	{
		bool		is_number = places[i].type == ORM_INTEGER || places[i].type == ORM_BOOLEAN;
		int			length = !is_number ? values[i].length : places[i].type == ORM_BOOLEAN ? 1 : places[i].bytes;

		add_number(&row, values[i].is_null ? -1 : length, 4);
		if (values[i].is_null)
			continue;
		if (is_number)
			add_number(&row, values[i].number, length);
		else
			text_append(&row, values[i].data, (size_t) length);
	}
	copy_in_put(connection, row.data, row.length);
}

static void
end_rows(void)
{
	copy_in_put(connection, "\377\377", 2);
	free(copy_in_end(connection));
}

/*
 * A sequence may be ahead of the ids already.
 */
static void
set_next(const char *table, const char *key, int64_t last)
{
	char	   *name = format_text("%s\"%s\"", prefix, table);
	const char *const values[] = {name, key};
	char	   *sequence = ask("SELECT pg_get_serial_sequence($1, $2)", 2, values);

	if (sequence != NULL)
	{
		char	   *literal = PQescapeLiteral(connection, sequence, strlen(sequence));
		char	   *sql = format_text("SELECT setval(%s, greatest(last_value, %" PRId64 ")) FROM %s", literal,
									  last, sequence);

		run(sql, 0, NULL);
		free(sql);
		PQfreemem(literal);
	}
	free(sequence);
	free(name);
}

static void
commit(void)
{
	for (int i = 0; i < reference_count; i++)
	{
		progress_show("indexing", "references", i, reference_count);
		run(references[i], 0, NULL);
	}
	run("COMMIT", 0, NULL);
}

static OrmStore store = {
	.in_postgres = true,
	.begin = begin,
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
	.commit = commit
};

const OrmStore *
orm_postgres_open(PGconn *to)
{
	char	   *quoted;

	connection = to;
	schema = ask("SELECT pg_catalog.current_schema()", 0, NULL);
	if (schema == NULL)
		die(FAILED, "the search path of this database has no schema to make tables in");
	quoted = quote_name(connection, schema);
	prefix = format_text("%s.", quoted);
	store.prefix = prefix;
	store.name = format_text("schema \"%s\"", schema);
	PQfreemem(quoted);
	return &store;
}

bool
orm_postgres_has_tables(void)
{
	const char *const values[] = {schema};
	char	   *found = ask("SELECT 1 FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = relnamespace "
							"WHERE nspname = $1 AND relname = 'executions' AND relkind IN ('r', 'p')", 1, values);
	bool		has = found != NULL;

	free(found);
	return has;
}
