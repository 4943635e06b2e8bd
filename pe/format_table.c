/*-------------------------------------------------------------------------
 *
 * format_table.c
 *		Results as psql's aligned tables.
 *
 * The widths of columns are those of the first rows, as many as fit into some
 * memory or come within some time.  Later rows that are wider stand out.
 *
 *-------------------------------------------------------------------------
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "characters.h"
#include "format.h"
#include "output.h"

/* What is kept at most before the widths are settled. */
#define KEPT_ROWS 1000
#define KEPT_BYTES 4000000
#define KEPT_MILLISECONDS 300

#define NUMBER_TYPES 11

static int	columns = 0;
static bool *is_number = NULL;
static size_t *widths = NULL;
static bool settled = false;

/* The kept cells, row by row; the header is the first. */
static char **kept = NULL;
static int	kept_rows = 0;
static size_t kept_bytes = 0;
static int64_t kept_since = 0;

bool
is_number_type(Oid type)
{
	/* int8, int2, int4, oid, xid, cid, float4, float8, money, numeric, xid8 */
	static const Oid numbers[NUMBER_TYPES] = {20, 21, 23, 26, 28, 29, 700, 701, 790, 1700, 5069};

	for (int i = 0; i < NUMBER_TYPES; i++)
	{
		if (numbers[i] == type)
			return true;
	}
	return false;
}

/*
 * A value as it can be shown: lines, without anything that a terminal would
 * not show as characters.
 */
static char *
showable(const char *value)
{
	Text		text = {0};
	size_t		line_width = 0;

	text_add(&text, "");
	while (*value != '\0')
	{
		size_t		length = character_length(value);
		size_t		before = text.length;

		if (*value == '\n')
		{
			text_add(&text, "\n");
			line_width = 0;
			value++;
			continue;
		}
		if (*value == '\r')
			text_add(&text, "\\r");
		else if (*value == '\t')
		{
			do
				text_add(&text, " ");
			while ((line_width + text.length - before) % 8 != 0);
		}
		else if (length == 1 && (is_control(value) || (unsigned char) *value >= 0x80))
			text_format(&text, "\\x%02X", (unsigned char) *value);
		else if (is_control(value))
			text_format(&text, "\\u%04X", (unsigned char) value[1]);
		else
		{
			text_append(&text, value, length);
			line_width += (size_t) character_width(value);
			value += length;
			continue;
		}
		line_width += text.length - before;
		value += length;
	}
	return text.data;
}

/*
 * The columns that a line takes, up to its end.
 */
static size_t
line_width(const char *line)
{
	size_t		width = 0;

	while (*line != '\0' && *line != '\n')
	{
		width += (size_t) character_width(line);
		line += character_length(line);
	}
	return width;
}

static const char *
next_line(const char *line)
{
	const char *end = strchr(line, '\n');

	return end != NULL ? end + 1 : NULL;
}

static void
widen(char *const *cells)
{
	for (int i = 0; i < columns; i++)
	{
		for (const char *line = cells[i]; line != NULL; line = next_line(line))
		{
			size_t		width = line_width(line);

			if (width > widths[i])
				widths[i] = width;
		}
	}
}

/*
 * Print one line of a cell, NULL being one after its last.
 */
static void
print_line_of_cell(const char *line, int column, bool is_header)
{
	bool		is_last = column == columns - 1;
	size_t		width = line != NULL ? line_width(line) : 0;
	size_t		padding = width < widths[column] ? widths[column] - width : 0;
	bool		more = line != NULL && next_line(line) != NULL;
	size_t		before = is_header ? padding / 2 : is_number[column] ? padding : 0;

	output_text(" ");
	if (line == NULL)
	{
		if (!is_last || is_header)
			output_spaces(widths[column]);
	}
	else
	{
		output_spaces(before);
		output_bytes(line, strcspn(line, "\n"));
		if (!is_last || is_header || more)
			output_spaces(padding - before);
	}
	if (more)
		output_text("+");
	else if (!is_last || is_header)
		output_text(" ");
	if (!is_last)
		output_text("|");
}

static void
print_row(char *const *cells, bool is_header)
{
	const char **lines = allocate(sizeof(char *) * (size_t) (columns + 1));
	bool		more = true;

	for (int i = 0; i < columns; i++)
		lines[i] = cells[i];
	while (more)
	{
		more = false;
		for (int i = 0; i < columns; i++)
		{
			print_line_of_cell(lines[i], i, is_header);
			lines[i] = lines[i] != NULL ? next_line(lines[i]) : NULL;
			more = more || lines[i] != NULL;
		}
		output_text("\n");
	}
	free(lines);
}

static void
print_rule(void)
{
	for (int i = 0; i < columns; i++)
	{
		output_text(i > 0 ? "+-" : "-");
		for (size_t j = 0; j < widths[i]; j++)
			output_text("-");
		output_text("-");
	}
	output_text("\n");
}

static void
free_cells(char **cells)
{
	for (int i = 0; i < columns; i++)
		free(cells[i]);
}

static void
settle(void)
{
	if (settled)
		return;
	for (int i = 0; i < kept_rows; i++)
		widen(kept + (size_t) i * (size_t) columns);
	for (int i = 0; i < kept_rows; i++)
	{
		char	  **cells = kept + (size_t) i * (size_t) columns;

		print_row(cells, i == 0);
		if (i == 0)
			print_rule();
		free_cells(cells);
	}
	free(kept);
	kept = NULL;
	kept_rows = 0;
	kept_bytes = 0;
	settled = true;
}

/*
 * Keep a row of cells, or print it if the widths are settled.
 */
static void
take_cells(char **cells)
{
	if (settled)
	{
		print_row(cells, false);
		free_cells(cells);
		return;
	}
	kept = enlarge(kept, sizeof(char *) * (size_t) columns * (size_t) (kept_rows + 1));
	for (int i = 0; i < columns; i++)
	{
		kept[(size_t) kept_rows * (size_t) columns + (size_t) i] = cells[i];
		kept_bytes += strlen(cells[i]) + 32;
	}
	if (kept_rows++ == 0)
		kept_since = clock_now();
	if (kept_rows > KEPT_ROWS || kept_bytes > KEPT_BYTES)
		settle();
}

static void
table_begin(const PGresult *result)
{
	char	  **cells;

	columns = PQnfields(result);
	is_number = enlarge(is_number, sizeof(bool) * (size_t) columns);
	widths = enlarge(widths, sizeof(size_t) * (size_t) columns);
	cells = allocate(sizeof(char *) * (size_t) columns);
	settled = false;
	for (int i = 0; i < columns; i++)
	{
		is_number[i] = is_number_type(PQftype(result, i));
		widths[i] = 0;
		cells[i] = showable(PQfname(result, i));
	}
	take_cells(cells);
	free(cells);
}

static void
table_row(const PGresult *result, int row)
{
	char	  **cells = allocate(sizeof(char *) * (size_t) columns);

	for (int i = 0; i < columns; i++)
		cells[i] = showable(PQgetvalue(result, row, i));
	take_cells(cells);
	free(cells);
}

static void
table_end(int64_t rows)
{
	settle();
	output_format("(%lld row%s)\n\n", (long long) rows, rows == 1 ? "" : "s");
}

static void
table_idle(void)
{
	if (!settled && kept_rows > 1 && clock_now() >= kept_since + KEPT_MILLISECONDS)
		settle();
}

const Format table_format = {table_begin, table_row, table_end, table_idle, false};
