/*-------------------------------------------------------------------------
 *
 * format_text.c
 *		Results as CSV, as Markdown, and as plain rows.
 *
 *-------------------------------------------------------------------------
 */
#include <string.h>

#include "format.h"
#include "output.h"

static void
no_end(int64_t rows)
{
	(void) rows;
}

static void
no_idle(void)
{
}

/* CSV, as psql writes it */

static void
csv_field(const char *value)
{
	if (strpbrk(value, ",\"\r\n") == NULL && strcmp(value, "\\.") != 0)
	{
		output_text(value);
		return;
	}
	output_text("\"");
	for (;;)
	{
		size_t		length = strcspn(value, "\"");

		output_bytes(value, length);
		if (value[length] == '\0')
			break;
		output_text("\"\"");
		value += length + 1;
	}
	output_text("\"");
}

static void
csv_begin(const PGresult *result)
{
	for (int i = 0; i < PQnfields(result); i++)
	{
		if (i > 0)
			output_text(",");
		csv_field(PQfname(result, i));
	}
	output_text("\n");
}

static void
csv_row(const PGresult *result, int row)
{
	for (int i = 0; i < PQnfields(result); i++)
	{
		if (i > 0)
			output_text(",");
		csv_field(PQgetvalue(result, row, i));
	}
	output_text("\n");
}

const Format csv_format = {csv_begin, csv_row, no_end, no_idle, false};

/* rows only */

static void
tuples_begin(const PGresult *result)
{
	(void) result;
}

static void
tuples_row(const PGresult *result, int row)
{
	for (int i = 0; i < PQnfields(result); i++)
	{
		if (i > 0)
			output_text("|");
		output_text(PQgetvalue(result, row, i));
	}
	output_text("\n");
}

const Format tuples_format = {tuples_begin, tuples_row, no_end, no_idle, false};

/* Markdown, as GitHub and others know its tables */

static void
markdown_field(const char *value)
{
	output_text(" ");
	for (; *value != '\0'; value++)
	{
		switch (*value)
		{
			case '|':
			case '\\':
			case '`':
			case '*':
			case '_':
			case '<':
			case '[':
				output_text("\\");
				output_bytes(value, 1);
				break;
			case '\n':
				output_text("<br>");
				break;
			case '\r':
				break;
			default:
				{
					size_t		length = strcspn(value, "|\\`*_<[\n\r");

					output_bytes(value, length);
					value += length - 1;
				}
		}
	}
	output_text(" |");
}

static void
markdown_begin(const PGresult *result)
{
	int			columns = PQnfields(result);

	output_text("|");
	for (int i = 0; i < columns; i++)
		markdown_field(PQfname(result, i));
	output_text("\n|");
	for (int i = 0; i < columns; i++)
		output_text(is_number_type(PQftype(result, i)) ? " ---: |" : " --- |");
	output_text("\n");
}

static void
markdown_row(const PGresult *result, int row)
{
	output_text("|");
	for (int i = 0; i < PQnfields(result); i++)
		markdown_field(PQgetvalue(result, row, i));
	output_text("\n");
}

static void
markdown_end(int64_t rows)
{
	(void) rows;
	output_text("\n");
}

const Format markdown_format = {markdown_begin, markdown_row, markdown_end, no_idle, false};
