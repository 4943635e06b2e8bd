/*-------------------------------------------------------------------------
 *
 * strace.c
 *		pe strace: the calls of a log, one a line, chosen as strace's users do.
 *
 *-------------------------------------------------------------------------
 */
#include <stdlib.h>
#include <string.h>

#include "call_classes.h"
#include "choice.h"
#include "log.h"
#include "options.h"
#include "output.h"
#include "progress.h"
#include "server.h"

#define NAME_PREFIX "sys_"

/* Which calls are wanted, by their names. */
typedef struct Wanted
{
	bool		by_name;		/* else all are */
	bool		others;			/* those that are not named */
	Text		names;			/* an array of SQL */
	Text		pattern;		/* a regular expression, or "" */
} Wanted;

/*
 * Want calls of a name, with and without the prefix that Linux's have in logs.
 */
static void
want_name(Wanted *wanted, const char *name, size_t length)
{
	size_t		prefix = strlen(NAME_PREFIX);
	char	   *prefixed;

	if (length > prefix && memcmp(name, NAME_PREFIX, prefix) == 0)
	{
		name += prefix;
		length -= prefix;
	}
	prefixed = format_text(NAME_PREFIX "%.*s", (int) length, name);
	array_add(&wanted->names, name, length);
	array_add(&wanted->names, prefixed, strlen(prefixed));
	free(prefixed);
}

/* Want the calls that a text names. */
static void
want_names(Wanted *wanted, const char *names)
{
	for (size_t length; *names != '\0'; names += length)
	{
		names += strspn(names, " ");
		length = strcspn(names, " ");
		want_name(wanted, names, length);
	}
}

static void
want_call(Wanted *wanted, const char *name, size_t length)
{
	const char *others = other_names_of_call(name, length);

	if (length == 0)
		misused("a name of a call is missing");
	want_name(wanted, name, length);
	if (others != NULL)
		want_names(wanted, others);
}

static void
want_class(Wanted *wanted, const char *word, size_t length)
{
	const char *calls = calls_of_class(word, length);

	if (calls == NULL)
		misused("there is no class \"%.*s\" of calls", (int) length, word);
	want_names(wanted, calls);
}

/*
 * An element of a set as strace takes it.
 */
static void
want_element(Wanted *wanted, const char *element, size_t length)
{
	if (*element == '?')
		element++, length--;
	if (*element == '%')
		want_class(wanted, element + 1, length - 1);
	else if (*element == '/')
		text_format(&wanted->pattern, "%s%.*s", wanted->pattern.length > 0 ? "|" : "",
					(int) length - 1, element + 1);
	else if (calls_of_class(element, length) != NULL)
		want_class(wanted, element, length);
	else
		want_call(wanted, element, length);
}

static void
want_each(Wanted *wanted, const char *list, void (*want) (Wanted *, const char *, size_t))
{
	wanted->by_name = true;
	for (;;)
	{
		size_t		length = strcspn(list, ",");

		want(wanted, list, length);
		list += length;
		if (*list++ == '\0')
			break;
	}
}

/*
 * What -e says, of which a set of calls is the only kind that makes sense here.
 */
static void
want_expression(Wanted *wanted, const char *expression)
{
	size_t		length = strcspn(expression, "=");

	if (strncmp(expression, "trace=", 6) == 0 || strncmp(expression, "t=", 2) == 0)
		expression += length + 1;
	else if (expression[length] == '=' && *expression != '/')
		misused("no expression %s", expression);
	if (*expression == '!')
	{
		wanted->others = true;
		expression++;
	}
	if (strcmp(expression, "none") == 0 || strcmp(expression, "all") == 0)
	{
		if (wanted->others == (*expression == 'a'))
			wanted->by_name = true;
		wanted->others = false;
	}
	else
		want_each(wanted, expression, want_element);
}

static Wanted
read_wanted(void)
{
	Wanted		wanted = {0};

	array_begin(&wanted.names);
	text_add(&wanted.pattern, "");
	if (has(OPTION_EXPRESSION))
		want_expression(&wanted, option(OPTION_EXPRESSION));
	if (wanted.others && (has(OPTION_CALLS) || has(OPTION_CLASS)))
		misused("--name and --class cannot be with a set of all others");
	if (has(OPTION_CALLS))
		want_each(&wanted, option(OPTION_CALLS), want_call);
	if (has(OPTION_CLASS))
		want_each(&wanted, option(OPTION_CLASS), want_class);
	array_end(&wanted.names);
	return wanted;
}

/*
 * The query; its parameters are threads, names and the pattern, as far as they
 * are wanted.
 */
static char *
make_query(const Wanted *wanted, const char *threads, const char **values, int *count)
{
	Text		sql = {0};

	text_add(&sql, "SELECT t.pid, t.tid, t.call FROM strace t");
	if (wanted->by_name)
		text_add(&sql, " JOIN syscalls s USING (syscall_id)");
	text_add(&sql, " WHERE true");
	if (threads != NULL)
	{
		values[(*count)++] = threads;
		text_format(&sql, " AND t.thread_id = ANY ($%d::bigint[])", *count);
		if (wanted->by_name)
			text_format(&sql, " AND s.thread_id = ANY ($%d::bigint[])", *count);
	}
	if (wanted->by_name)
	{
		values[(*count)++] = wanted->names.data;
		text_format(&sql, " AND (s.name = ANY ($%d::text[])", *count);
		if (wanted->pattern.length > 0)
		{
			values[(*count)++] = wanted->pattern.data;
			text_format(&sql, " OR regexp_replace(s.name, '^" NAME_PREFIX "', '') ~ $%d", *count);
		}
		text_add(&sql, wanted->others ? ") IS NOT TRUE" : ")");
	}
	text_add(&sql, " ORDER BY syscall_id");
	return sql.data;
}

static void
print_calls(const PGresult *result, bool with_number)
{
	/* as strace writes them to a terminal and to a file */
	const char *form = has(OPTION_OUTPUT) ? "%-5s " : has(OPTION_TID) ? "[tid %5s] " : "[pid %5s] ";
	int			number = has(OPTION_TID) ? 1 : 0;

	for (int i = 0; i < PQntuples(result); i++)
	{
		if (with_number)
			output_format(form, PQgetisnull(result, i, number) ? "?" : PQgetvalue(result, i, number));
		output_text(PQgetvalue(result, i, 2));
		output_text("\n");
	}
}

static void
print_log(PGconn *connection, const Wanted *wanted)
{
	bool		one = has(OPTION_PID) && !has(OPTION_FOLLOW) && !has(OPTION_TID) && strchr(option(OPTION_PID), ',') == NULL;
	char	   *processes = has(OPTION_PID) ? choose_processes(connection, option(OPTION_PID), has(OPTION_FOLLOW)) : NULL;
	char	   *threads = processes != NULL ? threads_of_processes(connection, processes) : NULL;
	const char *values[3];
	int			count = 0;
	char	   *sql = make_query(wanted, threads, values, &count);
	PGresult   *result;
	int64_t		lines = 0;

	database_while_waiting(output_while_waiting);
	database_send(connection, sql, count, values);
	PQsetSingleRowMode(connection);
	while ((result = database_next(connection)) != NULL)
	{
		if (result_is_error(result))
		{
			output_flush();
			fail_with_result(connection, result, strncmp(result_state(result), "2201B", 5) == 0 ? WRONG_USAGE : BAD_LOG);
		}
		print_calls(result, !one);
		lines += PQntuples(result);
		if (lines % 256 == 0)
			progress_show("", "calls", lines, 0);
		PQclear(result);
	}
	free(sql);
	free(threads);
	free(processes);
}

void
run_strace(void)
{
	Log			log;
	Wanted		wanted = read_wanted();
	PGconn	   *connection;

	log_take(&log);
	no_more_operands();
	output_open(option(OPTION_OUTPUT));
	progress_begin(base_name(log.given));
	connection = server_enter();
	log_open_relations(connection, &log);
	print_log(connection, &wanted);
	progress_end();
	output_close();
	finish(DONE);
}
