/*-------------------------------------------------------------------------
 *
 * errors.c
 *		What servers complain of, as pe says it.
 *
 *-------------------------------------------------------------------------
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "database.h"
#include "characters.h"

/* data corrupted, undefined file: of a log */
#define STATE_CORRUPT "XX001"
#define STATE_NO_FILE "58P01"

static const char *log_hint = NULL;

void
database_hint_for_logs(const char *hint)
{
	log_hint = hint;
}

bool
result_is_error(const PGresult *result)
{
	switch (PQresultStatus(result))
	{
		case PGRES_BAD_RESPONSE:
		case PGRES_FATAL_ERROR:
			return true;
		default:
			return result == NULL;
	}
}

const char *
result_state(const PGresult *result)
{
	const char *state = PQresultErrorField(result, PG_DIAG_SQLSTATE);

	return state != NULL ? state : "";
}

int
code_of_result(PGconn *connection, const PGresult *result, int otherwise)
{
	const char *state = result_state(result);

	if (strcmp(state, STATE_CORRUPT) == 0 || strcmp(state, STATE_NO_FILE) == 0)
		return BAD_LOG;
	/* connection exceptions, and a server that shuts down */
	if (*state == '\0' || strncmp(state, "08", 2) == 0 || strncmp(state, "57P", 3) == 0)
		return NO_SERVER;
	if (connection != NULL && PQstatus(connection) == CONNECTION_BAD)
		return NO_SERVER;
	return otherwise;
}

/*
 * Add a further sentence to a line.
 */
static void
add_sentence(Text *line, const char *sentence)
{
	if (sentence == NULL || *sentence == '\0')
		return;
	if (line->length > 0)
		text_add(line, line->data[line->length - 1] == '.' ? " " : ". ");
	text_add(line, sentence);
}

/*
 * What came without fields is libpq's own, such as that a connection was lost;
 * libpq of version 13 breaks it into lines, with tabs before the further ones.
 */
static void
add_words_of_libpq(Text *line, PGconn *connection, const PGresult *result)
{
	const char *message = result != NULL ? PQresultErrorMessage(result) : "";

	if (*message == '\0' && connection != NULL)
		message = PQerrorMessage(connection);
	while (*message != '\0')
	{
		size_t		breaks = strspn(message, "\n\t");
		size_t		length = strcspn(message + breaks, "\n\t");

		if (breaks > 0 && length > 0)
			text_add(line, " ");
		text_append(line, message + breaks, length);
		message += breaks + length;
	}
}

/*
 * What precedes the message of a notice; an error has nothing.
 */
static const char *
prefix_of(const PGresult *result)
{
	const char *severity = PQresultErrorField(result, PG_DIAG_SEVERITY_NONLOCALIZED);

	if (severity == NULL || strcmp(severity, "ERROR") == 0 || strcmp(severity, "FATAL") == 0 ||
		strcmp(severity, "PANIC") == 0)
		return "";
	if (strcmp(severity, "WARNING") == 0)
		return "warning: ";
	if (strcmp(severity, "NOTICE") == 0)
		return "notice: ";
	return "info: ";
}

static char *
line_of_result(PGconn *connection, const PGresult *result, const char *hint)
{
	const char *message = PQresultErrorField(result, PG_DIAG_MESSAGE_PRIMARY);
	const char *hinted = PQresultErrorField(result, PG_DIAG_MESSAGE_HINT);
	Text		line = {0};

	if (message == NULL)
		add_words_of_libpq(&line, connection, result);
	else
	{
		text_add(&line, prefix_of(result));
		text_add(&line, message);
		add_sentence(&line, PQresultErrorField(result, PG_DIAG_MESSAGE_DETAIL));
		if (hint == NULL && hinted != NULL && log_hint != NULL &&
			strcmp(result_state(result), STATE_CORRUPT) == 0)
			hint = log_hint;
		add_sentence(&line, hint != NULL ? hint : hinted);
	}
	return line.data;
}

void
complain_of_result(PGconn *connection, const PGresult *result, const char *hint)
{
	char	   *line = line_of_result(connection, result, hint);

	complain("%s", line);
	free(line);
}

/*
 * A warning of a log comes with each query of it; once is enough.
 */
void
complain_of_notice(const PGresult *result)
{
	static char *last = NULL;
	char	   *line = line_of_result(NULL, result, NULL);

	if (last == NULL || strcmp(line, last) != 0)
		complain("%s", line);
	free(last);
	last = line;
}

void
fail_with_result(PGconn *connection, const PGresult *result, int otherwise)
{
	complain_of_result(connection, result, NULL);
	finish(code_of_result(connection, result, otherwise));
}

/*
 * Where a character of a text is: its line, and in the line the number of
 * characters before it.  Characters are counted as the server does.
 */
static const char *
find_line(const char *sql, int position, int *number, int *before)
{
	const char *line = sql;

	*number = 1;
	*before = 0;
	for (const char *c = sql; *c != '\0' && position > 1; position--)
	{
		c += character_length(c);
		(*before)++;
		if (c[-1] == '\n')
		{
			line = c;
			*before = 0;
			(*number)++;
		}
	}
	return line;
}

void
complain_of_sql(PGconn *connection, const PGresult *result, const char *sql,
				int position_before, bool with_caret)
{
	const char *field = PQresultErrorField(result, PG_DIAG_STATEMENT_POSITION);
	int			position = field != NULL ? atoi(field) - position_before : 0;
	char	   *message = line_of_result(connection, result, NULL);
	const char *line;
	int			number,
				before;

	if (position <= 0)
		complain("%s", message);
	else
	{
		int			length;

		line = find_line(sql, position, &number, &before);
		length = (int) strcspn(line, "\r\n");
		if (!with_caret)
			complain("%s%s (LINE %d, at character %d: %.*s)", message,
					 message[strlen(message) - 1] == '.' ? "" : ".", number, before + 1,
					 length > 200 ? 200 : length, line);
		else
		{
			char	   *shown = format_text("LINE %d: %.*s", number, length, line);
			int			column = snprintf(NULL, 0, "LINE %d: ", number);

			for (const char *c = line; before > 0; before--)
			{
				column += character_width(c);
				c += character_length(c);
			}
			complain("%s", message);
			fprintf(stderr, "%s\n%*s^\n", make_plain(shown), column, "");
			free(shown);
		}
	}
	free(message);
}
