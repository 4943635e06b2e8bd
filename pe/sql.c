/*-------------------------------------------------------------------------
 *
 * sql.c
 *		The words of SQL, as far as pe has to know them.
 *
 *-------------------------------------------------------------------------
 */
#include <ctype.h>
#include <string.h>

#include "pe.h"
#include "sql.h"

/*
 * The end of a quoted text that begins here.  A backslash escapes in E'...'.
 */
static const char *
after_quoted(const char *sql, bool with_escapes)
{
	char		quote = *sql++;

	while (*sql != '\0' && (*sql != quote || sql[1] == quote))
		sql += (*sql == quote || (with_escapes && *sql == '\\')) && sql[1] != '\0' ? 2 : 1;
	return *sql != '\0' ? sql + 1 : sql;
}

/*
 * The end of $tag$...$tag$, or of the dollar alone.
 */
static const char *
after_dollar(const char *sql)
{
	size_t		length = 1;
	const char *end;
	char	   *tag;

	while (isalnum((unsigned char) sql[length]) || sql[length] == '_' ||
		   (unsigned char) sql[length] >= 0x80)
		length++;
	if (sql[length] != '$' || isdigit((unsigned char) sql[1]))
		return sql + 1;
	length++;
	tag = format_text("%.*s", (int) length, sql);
	end = strstr(sql + length, tag);
	return end != NULL ? end + length : sql + strlen(sql);
}

/*
 * The end of a comment that begins here; they nest.
 */
static const char *
after_comment(const char *sql)
{
	int			depth = 0;

	if (*sql == '-')
		return sql + strcspn(sql, "\n");
	while (*sql != '\0')
	{
		if (strncmp(sql, "/*", 2) == 0 || strncmp(sql, "*/", 2) == 0)
		{
			depth += *sql == '/' ? 1 : -1;
			sql += 2;
			if (depth == 0)
				break;
		}
		else
			sql++;
	}
	return sql;
}

static bool
is_word(char c)
{
	return isalnum((unsigned char) c) || c == '_' || c == '$' || (unsigned char) c >= 0x80;
}

char *
sql_without_end(const char *sql)
{
	const char *start = sql;
	const char *end = sql;		/* of the last word */

	while (*sql != '\0')
	{
		if (strncmp(sql, "--", 2) == 0 || strncmp(sql, "/*", 2) == 0)
		{
			sql = after_comment(sql);
			continue;
		}
		if (isspace((unsigned char) *sql) || *sql == ';')
		{
			sql++;
			continue;
		}
		if (*sql == '\'' || *sql == '"')
			sql = after_quoted(sql, false);
		else if (*sql == '$')
			sql = after_dollar(sql);
		else if ((*sql == 'e' || *sql == 'E') && sql[1] == '\'')
			sql = after_quoted(sql + 1, true);
		else if (is_word(*sql))
		{
			while (is_word(*sql))
				sql++;
		}
		else
			sql++;
		end = sql;
	}
	return format_text("%.*s", (int) (end - start), start);
}
