/*-------------------------------------------------------------------------
 *
 * orm.c
 *		Loading a log into the tables of PANDelephant's ORM.
 *
 * The private server decodes the log.  Each table's rows are a query of its
 * foreign tables, in which an id is the number that the log's relations have;
 * it is given the id of the other tables here, on the way.
 *
 *-------------------------------------------------------------------------
 */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "copy.h"
#include "orm.h"
#include "progress.h"

#define MAX_TABLES 32
#define MAX_VALUES (ORM_MAX_COLUMNS + 1)

/* Of binary COPY: the bytes before the first row, 32-bit flags included. */
#define COPY_HEADER 19

/* The name of PANDelephant's own default for what is executed and not recorded. */
#define PLAIN_EXECUTION "Execution"
#define RECORDED_EXECUTION "Recording"

typedef struct OrmLoad
{
	const OrmStore *store;
	PGconn	   *local;
	const Log  *log;
	char	   *schema;			/* of the log, quoted */
	int			generation;
	bool		has_bytes;		/* argtype has BYTES */
	bool		is_recorded;	/* it has a recording, which gets a row */
	/* by a table's place in orm_tables */
	bool		is_new[MAX_TABLES];
	int			place_counts[MAX_TABLES];
	OrmPlace	places[MAX_TABLES][ORM_MAX_COLUMNS];
} OrmLoad;

/* ------------------------------------------------------------------------
 * Tables
 * ------------------------------------------------------------------------ */

static const char *
name_of(const OrmLoad *load, int which)
{
	return orm_name(&orm_tables[which], load->generation);
}

static const char *
key_of(const OrmLoad *load, int which)
{
	return orm_key(&orm_tables[which], load->generation)->name;
}

static int
find_table(const char *name)
{
	for (int i = 0; i < orm_table_count; i++)
	{
		if (strcmp(orm_tables[i].names[1], name) == 0)
			return i;
	}
	die(FAILED, "PANDelephant's ORM has no table %s", name);
}

/*
 * Whether the classes that create_all() is called of have a column.  The
 * names of a thread were an array until February 2021.
 */
static bool
is_made(const OrmLoad *load, const OrmColumn *column)
{
	return orm_has(column, load->generation) && strcmp(column->name, "names") != 0;
}

static void
add_column(const OrmLoad *load, Text *sql, const OrmTable *table, const OrmColumn *column)
{
	const OrmDeclaration *declared = orm_declaration(table, column);
	bool		is_key = column == orm_key(table, load->generation);
	bool		in_postgres = load->store->in_postgres;
	bool		is_integer = load->generation == 1 || (column->expression != NULL && *column->expression == '#');

	text_format(sql, "\"%s\" ", column->name);
	if (is_key || orm_reference(table, column, load->generation) != NO_TABLE)
		text_format(sql, "%s NOT NULL", !is_integer ? (in_postgres ? "UUID" : "CHAR(32)") :
					is_key && in_postgres ? "SERIAL" : "INTEGER");
	else if (declared->type == ORM_LABEL && in_postgres)
		text_format(sql, "%s%s", load->store->prefix, declared->in_postgres);
	else
		text_add(sql, in_postgres ? declared->in_postgres : declared->in_sqlite);
}

/*
 * Call a function with each key, unique column and reference of a table, in
 * SQL.
 */
static void
each_constraint(const OrmLoad *load, int which, void (*take) (const OrmLoad *load, const char *table,
															   const char *constraint, void *with),
				void *with)
{
	const OrmTable *table = &orm_tables[which];
	char	   *sql = format_text("PRIMARY KEY (\"%s\")", key_of(load, which));

	take(load, name_of(load, which), sql, with);
	free(sql);
	for (const OrmColumn *column = table->columns; column->name != NULL; column++)
	{
		int			other = orm_reference(table, column, load->generation);
		bool		is_unique = strcmp(column->name, "log_hash") == 0 || strcmp(column->name, "snapshot_hash") == 0 ||
			(load->generation == 1 && which == find_table("executions") && strcmp(column->name, "name") == 0);

		if (!is_made(load, column))
			continue;
		if (is_unique)
		{
			sql = format_text("UNIQUE (\"%s\")", column->name);
			take(load, name_of(load, which), sql, with);
			free(sql);
		}
		if (other != NO_TABLE)
		{
			sql = format_text("FOREIGN KEY (\"%s\") REFERENCES %s\"%s\" (\"%s\")", column->name,
							  load->store->prefix, name_of(load, other), key_of(load, other));
			take(load, name_of(load, which), sql, with);
			free(sql);
		}
	}
}

static void
add_to_table(const OrmLoad *load, const char *table, const char *constraint, void *sql)
{
	(void) load;
	(void) table;
	text_format(sql, ", %s", constraint);
}

static void
add_constraint(const OrmLoad *load, const char *table, const char *constraint, void *kind)
{
	char	   *sql = format_text("ALTER TABLE %s\"%s\" ADD %s", load->store->prefix, table, constraint);
	bool		is_reference = strncmp(constraint, "FOREIGN", 7) == 0;

	if (is_reference == *(bool *) kind)
		load->store->run(sql, 0, NULL);
	free(sql);
}

/*
 * Make a table.  PostgreSQL gets keys once the rows are there.
 */
static void
make_table(OrmLoad *load, int which)
{
	const OrmTable *table = &orm_tables[which];
	bool		is_first = true;
	Text		sql = {0};

	text_format(&sql, "CREATE TABLE %s\"%s\" (", load->store->prefix, name_of(load, which));
	for (const OrmColumn *column = table->columns; column->name != NULL; column++)
	{
		if (!is_made(load, column))
			continue;
		if (!is_first)
			text_add(&sql, ", ");
		add_column(load, &sql, table, column);
		is_first = false;
	}
	if (!load->store->in_postgres)
		each_constraint(load, which, add_to_table, &sql);
	text_add(&sql, ")");
	load->store->run(sql.data, 0, NULL);
	free(sql.data);
}

/*
 * Look at the table that is there, or make it.
 */
static void
take_table(OrmLoad *load, int which)
{
	const OrmTable *table = &orm_tables[which];
	OrmPlace   *places = load->places[which];
	int			count = load->store->look_at(table, load->generation, places);

	if (count == 0)
	{
		load->is_new[which] = true;
		make_table(load, which);
		count = load->store->look_at(table, load->generation, places);
	}
	for (int i = 0; i < count; i++)
	{
		const OrmColumn *column = places[i].column;
		bool		is_key = column == orm_key(table, load->generation);
		int			other = orm_reference(table, column, load->generation);
		const OrmDeclaration *declared = orm_declaration(table, column);

		places[i].refers_to = other;
		places[i].key_of = is_key && other == NO_TABLE ? which : NO_TABLE;
		if (is_key || other != NO_TABLE)
		{
			bool		is_integer = load->generation == 1 || (column->expression != NULL && *column->expression == '#');

			if ((places[i].type == ORM_UUID) == is_integer)
				die(IN_THE_WAY, "%s has tables of PANDelephant's ORM of another generation than %d",
					load->store->name, load->generation);
		}
		else
			places[i].type = declared->type;
	}
	load->place_counts[which] = count;
}

static void
make_labels(OrmLoad *load)
{
	Text		sql = {0};

	if (!load->store->in_postgres)
	{
		load->has_bytes = load->generation == 2;
		return;
	}
	if (!load->store->has_label(orm_argument_types[0]))
	{
		text_format(&sql, "CREATE TYPE %s%s AS ENUM (", load->store->prefix, ORM_ARGUMENT_TYPE);
		for (int i = 0; orm_argument_types[i + (load->generation == 1 ? 1 : 0)] != NULL; i++)
			text_format(&sql, "%s'%s'", i > 0 ? ", " : "", orm_argument_types[i]);
		text_add(&sql, ")");
		load->store->run(sql.data, 0, NULL);
		free(sql.data);
	}
	load->has_bytes = load->store->has_label("BYTES");
}

static void
lock_tables(OrmLoad *load)
{
	Text		tables = {0};

	for (int i = 0; i < orm_table_count; i++)
		text_format(&tables, "%s%s\"%s\"", i > 0 ? ", " : "", load->store->prefix, name_of(load, orm_order()[i]));
	load->store->lock(tables.data);
	free(tables.data);
}

/*
 * Go on after the largest integers.
 */
static void
begin_ids(OrmLoad *load)
{
	orm_ids_begin(load->generation);
	for (int i = 0; i < orm_table_count; i++)
	{
		const OrmColumn *key = orm_key(&orm_tables[i], load->generation);
		bool		is_integer = load->generation == 1 || *key->expression == '#';
		char	   *sql = format_text("SELECT max(\"%s\") FROM %s\"%s\"", key->name, load->store->prefix,
									  name_of(load, i));
		char	   *largest = is_integer && !load->is_new[i] ? load->store->ask(sql, 0, NULL) : NULL;

		orm_ids_after(i, largest != NULL ? strtoll(largest, NULL, 10) : 0);
		free(largest);
		free(sql);
	}
}

static void
finish_tables(OrmLoad *load)
{
	for (int kind = 0; load->store->in_postgres && kind < 2; kind++)
	{
		bool		is_reference = kind == 1;

		progress_show("indexing", "tables", 0, 0);
		for (int i = 0; i < orm_table_count; i++)
		{
			if (load->is_new[orm_order()[i]])
				each_constraint(load, orm_order()[i], add_constraint, &is_reference);
		}
	}
	for (int i = 0; i < orm_table_count; i++)
	{
		const OrmColumn *key = orm_key(&orm_tables[i], load->generation);
		bool		is_integer = load->generation == 1 || *key->expression == '#';

		if (is_integer && orm_last_id(i) > 0)
			load->store->set_next(name_of(load, i), key->name, orm_last_id(i));
	}
}

/* ------------------------------------------------------------------------
 * The execution
 * ------------------------------------------------------------------------ */

/*
 * Append a condition: rows of a table that are of an execution, $1.
 */
static void
add_condition(OrmLoad *load, Text *sql, int which)
{
	const OrmTable *table = &orm_tables[which];

	for (const OrmColumn *column = table->columns; column->name != NULL; column++)
	{
		int			other = orm_reference(table, column, load->generation);

		if (!orm_has(column, load->generation) || other == NO_TABLE)
			continue;
		if (other == find_table("executions"))
		{
			text_format(sql, "\"%s\" = $1", column->name);
			return;
		}
		text_format(sql, "\"%s\" IN (SELECT \"%s\" FROM %s\"%s\" WHERE ", column->name, key_of(load, other),
					load->store->prefix, name_of(load, other));
		add_condition(load, sql, other);
		text_add(sql, ")");
		return;
	}
}

static void
remove_rows(OrmLoad *load, const char *execution)
{
	const char *const values[] = {execution};

	load->store->let_remove(load->generation);
	for (int i = orm_table_count - 1; i >= 0; i--)
	{
		int			which = orm_order()[i];
		Text		sql = {0};

		if (which == find_table("executions"))
			continue;
		progress_show("removing", name_of(load, which), 0, 0);
		text_format(&sql, "DELETE FROM %s\"%s\" WHERE ", load->store->prefix, name_of(load, which));
		add_condition(load, &sql, which);
		load->store->run(sql.data, 1, values);
		free(sql.data);
	}
}

/*
 * The time of loading, as the classes write it: with a zone in PostgreSQL, of
 * the clock on the wall in SQLite.
 */
static char *
time_now(const OrmLoad *load)
{
	struct timespec now;
	struct tm	parts;
	char		text[32];

	if (load->store->in_postgres)
		return copy_text("now");
	clock_gettime(CLOCK_REALTIME, &now);
	localtime_r(&now.tv_sec, &parts);
	strftime(text, sizeof(text), "%Y-%m-%d %H:%M:%S", &parts);
	return format_text("%s.%06ld", text, now.tv_nsec / 1000);
}

static PGresult *
ask_log(OrmLoad *load, const char *columns, const char *relation)
{
	char	   *sql = format_text("SELECT %s FROM %s.%s", columns, load->schema, relation);
	PGresult   *result = database_run(load->local, sql, 0, NULL);

	if (result_is_error(result))
		fail_with_result(load->local, result, BAD_LOG);
	free(sql);
	return result;
}

static char *
value_of(const PGresult *result, int column)
{
	return PQgetisnull(result, 0, column) ? NULL : PQgetvalue(result, 0, column);
}

/*
 * Whether the log names a recording that gets a row.  Hashes are unique there:
 * a recording that another execution has is left out.
 */
static void
take_recording(OrmLoad *load)
{
	PGresult   *recording = ask_log(load, load->store->in_postgres ?
									"log_hash, coalesce(snapshot_hash, '')" :
									"upper(encode(log_hash, 'hex')), upper(encode(coalesce(snapshot_hash, ''), 'hex'))",
									"recordings");
	char	   *sql = format_text(load->store->in_postgres ?
								  "SELECT 1 FROM %srecordings WHERE log_hash = $1::bytea OR snapshot_hash = $2::bytea LIMIT 1" :
								  "SELECT 1 FROM %srecordings WHERE hex(log_hash) = $1 OR hex(snapshot_hash) = $2 LIMIT 1",
								  load->store->prefix);

	if (PQntuples(recording) > 0)
	{
		const char *const values[] = {PQgetvalue(recording, 0, 0), PQgetvalue(recording, 0, 1)};
		char	   *found = load->store->ask(sql, 2, values);

		load->is_recorded = found == NULL;
		if (found != NULL)
			complain("warning: another execution has this recording, whose hashes can be there once; "
					 "this one is loaded without it");
		free(found);
	}
	free(sql);
	PQclear(recording);
}

static void
add_assignment(Text *names, Text *marks, Text *assignments, const char *name, int *count)
{
	const char *separator = ++*count > 1 ? ", " : "";

	text_format(names, "%s\"%s\"", separator, name);
	text_format(marks, "%s$%d", separator, *count);
	text_format(assignments, "%s\"%s\" = $%d", separator, name, *count);
}

/*
 * Make the execution's row, or renew it.
 */
static void
write_execution(OrmLoad *load, const PGresult *log, char *present)
{
	int			which = find_table("executions");
	Text		names = {0},
				marks = {0},
				assignments = {0},
				sql = {0};
	char	   *id = present != NULL ? copy_text(present) : NULL;
	char	   *now = time_now(load);
	int64_t		number = strtoll(PQgetvalue(log, 0, 2), NULL, 10);
	const char *values[8];
	int			count = 0;

	if (id == NULL && load->generation == 1)
		id = format_text("%" PRId64, orm_id_make(which, number).number);
	else if (id == NULL)
	{
		const unsigned char *uuid = (const unsigned char *) orm_id_of(which, number).data;
		Text		digits = {0};

		for (int i = 0; i < 16; i++)
			text_format(&digits, "%02x", uuid[i]);
		id = digits.data;
	}
	else
		orm_id_fix(which, id);

	values[count] = id;
	add_assignment(&names, &marks, &assignments, "execution_id", &count);
	values[count] = PQgetvalue(log, 0, 0);
	add_assignment(&names, &marks, &assignments, "name", &count);
	values[count] = value_of(log, 1);
	add_assignment(&names, &marks, &assignments, "description", &count);
	if (load->generation == 1)
	{
		values[count] = now;
		add_assignment(&names, &marks, &assignments, "start_time", &count);
	}
	else
	{
		values[count] = load->is_recorded ? RECORDED_EXECUTION : PLAIN_EXECUTION;
		add_assignment(&names, &marks, &assignments, "type", &count);
	}
	if (present == NULL)
		text_format(&sql, "INSERT INTO %sexecutions (%s) VALUES (%s)", load->store->prefix, names.data, marks.data);
	else
		text_format(&sql, "UPDATE %sexecutions SET %s WHERE execution_id = $1", load->store->prefix,
					assignments.data);
	load->store->run(sql.data, count, values);
	free(sql.data);
	free(assignments.data);
	free(marks.data);
	free(names.data);
	free(now);
	free(id);
}

/*
 * Find or make the execution.  False if it is there and to be left alone.
 */
static bool
take_execution(OrmLoad *load, OrmPresence presence)
{
	PGresult   *log = ask_log(load, "name, description, execution_id", "executions");
	const char *const values[] = {PQgetvalue(log, 0, 0)};
	char	   *find = format_text("SELECT execution_id FROM %sexecutions WHERE name = $1", load->store->prefix);
	char	   *count = format_text("SELECT count(*) FROM %sexecutions WHERE name = $1", load->store->prefix);
	char	   *present = load->store->ask(find, 1, values);
	char	   *how_many = load->store->ask(count, 1, values);
	bool		skipped = present != NULL && presence == ORM_SKIP;

	if (present != NULL && presence == ORM_REFUSE)
		die(IN_THE_WAY, "%s already has an execution \"%s\". Use --replace to load it again, or --name.",
			load->store->name, values[0]);
	if (present != NULL && !skipped)
	{
		/* the classes of 2022 allow it */
		if (strcmp(how_many, "1") != 0)
			die(IN_THE_WAY, "%s has %s executions \"%s\"", load->store->name, how_many, values[0]);
		remove_rows(load, present);
	}
	if (!skipped)
	{
		begin_ids(load);
		take_recording(load);
		write_execution(load, log, present);
	}
	free(how_many);
	free(present);
	free(count);
	free(find);
	PQclear(log);
	return !skipped;
}

/* ------------------------------------------------------------------------
 * Rows
 * ------------------------------------------------------------------------ */

/*
 * Append an expression or a source of orm_tables: $name is a relation of the
 * log, and ids are the log's numbers.
 */
static void
add_template(const OrmLoad *load, Text *sql, const char *template)
{
	while (*template != '\0')
	{
		size_t		plain = strcspn(template, "$@#");

		text_append(sql, template, plain);
		template += plain;
		if (*template == '\0')
			break;
		if (*template == '$')
			text_format(sql, "%s.", load->schema);
		else
			template += strcspn(template, "(") - 1;
		template++;
	}
}

/*
 * What an id is by its number; the parenthesis of what its template has.
 */
static void
add_column_query(const OrmLoad *load, Text *sql, const OrmPlace *place)
{
	const OrmColumn *column = place->column;

	if (column->expression != NULL && *column->expression == '#')
	{
		text_add(sql, "0::bigint");
		return;
	}
	if (column->expression == NULL)
	{
		text_add(sql, "argument_type::text");
		return;
	}
	text_add(sql, "(");
	add_template(load, sql, column->expression);
	text_add(sql, ")");
	if (place->key_of != NO_TABLE || place->refers_to != NO_TABLE || place->type == ORM_INTEGER)
		text_add(sql, "::bigint");
	else if (place->type == ORM_TEXT || (place->type == ORM_TEXTS && !load->store->in_postgres))
		text_add(sql, "::text");
	else if (place->type == ORM_TEXTS)
		text_add(sql, "::varchar[]");
}

/*
 * A table's rows, in the order of their numbers.  Of arguments a further
 * column says whether the value is bytes.
 */
static char *
query_of(const OrmLoad *load, int which)
{
	const OrmTable *table = &orm_tables[which];
	const OrmColumn *key = orm_key(table, load->generation);
	Text		sql = {0};

	text_add(&sql, "COPY (SELECT ");
	for (int i = 0; i < load->place_counts[which]; i++)
	{
		text_add(&sql, i > 0 ? ", " : "");
		add_column_query(load, &sql, &load->places[which][i]);
	}
	if (which == find_table("syscall_arguments"))
		text_add(&sql, ", argument_type IS NOT DISTINCT FROM 'BYTES'");
	text_add(&sql, " FROM ");
	add_template(load, &sql, table->source);
	/* the expression's parenthesis has the numbers */
	text_add(&sql, " ORDER BY ");
	text_append(&sql, strchr(key->expression, '(') + 1, strlen(strchr(key->expression, '(')) - 2);
	text_add(&sql, ") TO STDOUT (FORMAT binary)");
	return sql.data;
}

static int64_t
read_number(const char *data, int length)
{
	uint64_t	number = 0;

	for (int i = 0; i < length; i++)
		number = number << 8 | (unsigned char) data[i];
	return (int64_t) number;
}

/*
 * The type of an argument: what has no label is a STRING.
 */
static OrmValue
label_of(const OrmLoad *load, OrmValue type)
{
	for (int i = 0; !type.is_null && orm_argument_types[i] != NULL; i++)
	{
		if ((int) strlen(orm_argument_types[i]) == type.length &&
			memcmp(orm_argument_types[i], type.data, (size_t) type.length) == 0 &&
			(load->has_bytes || strcmp(orm_argument_types[i], "BYTES") != 0))
			return type;
	}
	return (OrmValue) {.data = orm_argument_types[0], .length = (int) strlen(orm_argument_types[0])};
}

static int
hex_digit(char digit)
{
	return digit <= '9' ? digit - '0' : (digit | 0x20) - 'a' + 10;
}

/*
 * Bytes, given in the hex form of bytea, as Python prints them between quotes:
 * the second generation writes them so.  What is printable and ASCII is as it
 * is, but for the backslash, and for ' if there is " too.
 */
static OrmValue
readable_bytes(OrmValue value)
{
	static Text text = {0};
	bool		has_single = false,
				has_double = false;

	for (int i = 2; i + 1 < value.length; i += 2)
	{
		int			byte = hex_digit(value.data[i]) << 4 | hex_digit(value.data[i + 1]);

		has_single |= byte == '\'';
		has_double |= byte == '"';
	}
	text_clear(&text);
	for (int i = 2; i + 1 < value.length; i += 2)
	{
		int			byte = hex_digit(value.data[i]) << 4 | hex_digit(value.data[i + 1]);
		char		plain = (char) byte;

		if (byte == '\\' || (byte == '\'' && has_single && has_double))
			text_format(&text, "\\%c", byte);
		else if (byte == '\t' || byte == '\n' || byte == '\r')
			text_add(&text, byte == '\t' ? "\\t" : byte == '\n' ? "\\n" : "\\r");
		else if (byte < ' ' || byte >= 0x7f)
			text_format(&text, "\\x%02x", byte);
		else
			text_append(&text, &plain, 1);
	}
	return (OrmValue) {.data = text.data, .length = (int) text.length};
}

/*
 * What an integer of 2 or 4 bytes cannot hold.  PANDelephant declares results
 * of calls so, and fails with those that are addresses.
 */
static bool
fits(int64_t number, int bytes)
{
	return bytes == 8 || (bytes == 4 && number >= INT32_MIN && number <= INT32_MAX) ||
		(bytes == 2 && number >= INT16_MIN && number <= INT16_MAX);
}

static OrmValue
convert(const OrmLoad *load, const OrmPlace *place, OrmValue value)
{
	if (place->key_of != NO_TABLE && *place->column->expression == '#')
		value = orm_id_next(place->key_of);
	else if (place->key_of != NO_TABLE)
		value = orm_id_make(place->key_of, value.number);
	else if (place->refers_to != NO_TABLE && !value.is_null)
		value = orm_id_of(place->refers_to, value.number);
	else if (place->type == ORM_LABEL)
		value = label_of(load, value);
	if (place->type == ORM_INTEGER && !value.is_null && !fits(value.number, place->bytes))
	{
		if (strcmp(place->column->name, "retval") != 0)
			die(FAILED, "%" PRId64 " does not fit column \"%s\", an integer of %d bytes", value.number,
				place->column->name, place->bytes);
		value.is_null = true;
	}
	return value;
}

/*
 * Take a row of a binary COPY apart, and give it to the store.
 */
static void
take_row(const OrmLoad *load, int which, const char *data, const char *end)
{
	const OrmPlace *places = load->places[which];
	int			count = load->place_counts[which];
	OrmValue	values[MAX_VALUES];
	int			given = (int) read_number(data, 2);

	data += 2;
	for (int i = 0; i < given && i < MAX_VALUES && data + 4 <= end; i++)
	{
		int			length = (int32_t) read_number(data, 4);

		data += 4;
		values[i] = (OrmValue) {.is_null = length < 0, .data = data, .length = length};
		if (length == 1 || length == 8)
			values[i].number = read_number(data, length);
		data += length > 0 ? length : 0;
	}
	for (int i = 0; i < count; i++)
	{
		/* arguments have a further column */
		if (given > count && strcmp(places[i].column->name, "value") == 0 && values[count].number != 0)
			values[i] = readable_bytes(values[i]);
		else
			values[i] = convert(load, &places[i], values[i]);
	}
	load->store->row(places, values, count);
}

static int64_t
copy_rows(OrmLoad *load, int which)
{
	char	   *sql = query_of(load, which);
	char	   *data;
	int			length,
				skipped = COPY_HEADER;
	int64_t		rows = 0;
	int64_t		total = log_rows(load->local, load->log, orm_tables[which].native);

	load->store->begin_rows(name_of(load, which), load->places[which], load->place_counts[which]);
	copy_out_begin(load->local, sql);
	while ((length = copy_out_next(load->local, &data)) >= 0)
	{
		/* the header comes with the first row; what ends the rows has -1 columns */
		if (length - skipped > 2)
		{
			take_row(load, which, data + skipped, data + length);
			rows++;
			if (rows % 256 == 0)
				progress_show(name_of(load, which), "rows", rows, total);
		}
		skipped = 0;
		PQfreemem(data);
	}
	load->store->end_rows();
	free(sql);
	return rows;
}

bool
orm_load(const OrmStore *store, PGconn *local, const Log *log, int generation,
		 OrmPresence presence, void (*counted) (const char *table, const char *rows))
{
	OrmLoad		load = {.store = store, .local = local, .log = log, .generation = generation};
	bool		loaded;

	load.schema = quote_name(local, log->schema);
	store->begin();
	make_labels(&load);
	for (int i = 0; i < orm_table_count; i++)
		take_table(&load, orm_order()[i]);
	lock_tables(&load);
	loaded = take_execution(&load, presence);
	if (loaded)
	{
		counted(name_of(&load, find_table("executions")), "1");
		for (int i = 0; i < orm_table_count; i++)
		{
			int			which = orm_order()[i];
			char	   *rows;

			if (which == find_table("executions") ||
				(which == find_table("recordings") && !load.is_recorded))
				continue;
			rows = format_text("%" PRId64, copy_rows(&load, which));
			counted(name_of(&load, which), rows);
			free(rows);
		}
		finish_tables(&load);
	}
	store->commit();
	PQfreemem(load.schema);
	return loaded;
}
