/*-------------------------------------------------------------------------
 *
 * orm_rows.c
 *		The rows of PANDelephant's tables, from the relations of a log.
 *
 * Each table's rows are a query of the private server's foreign tables, in which
 * an id is the number that the log's relations have; it is given the id of the
 * other tables here, on the way.
 *
 *-------------------------------------------------------------------------
 */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "copy.h"
#include "orm_load.h"
#include "progress.h"

#define MAX_VALUES (ORM_MAX_COLUMNS + 1)

/* Of binary COPY: the bytes before the first row, 32-bit flags included. */
#define COPY_HEADER 19

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
	if (which == orm_find_table("syscall_arguments"))
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

int64_t
orm_copy_rows(OrmLoad *load, int which)
{
	char	   *sql = query_of(load, which);
	char	   *data;
	int			length,
				skipped = COPY_HEADER;
	int64_t		rows = 0;
	int64_t		total = log_rows(load->local, load->log, orm_tables[which].native);

	load->store->begin_rows(orm_name_of(load, which), load->places[which], load->place_counts[which]);
	copy_out_begin(load->local, sql);
	while ((length = copy_out_next(load->local, &data)) >= 0)
	{
		/* the header comes with the first row; what ends the rows has -1 columns */
		if (length - skipped > 2)
		{
			take_row(load, which, data + skipped, data + length);
			rows++;
			if (rows % 256 == 0)
				progress_show(orm_name_of(load, which), "rows", rows, total);
		}
		skipped = 0;
		PQfreemem(data);
	}
	load->store->end_rows();
	free(sql);
	return rows;
}
