/*-------------------------------------------------------------------------
 *
 * strace.c
 *		pe strace: the calls of a log, one a line, chosen as strace's users do.
 *
 *-------------------------------------------------------------------------
 */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "call_classes.h"
#include "choice.h"
#include "logs.h"
#include "options.h"
#include "output.h"
#include "progress.h"
#include "server.h"

#define NAME_PREFIX "sys_"

/* Calls of a batch. */
#define FIRST_BATCH 100
#define LARGEST_BATCH 50000

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

/* A query, and its parameters. */
typedef struct Query
{
	Text		sql;
	const char *values[5];
	int			count;
} Query;

/* Add a parameter, and return its number. */
static int
add_value(Query *query, const char *value)
{
	query->values[query->count++] = value;
	return query->count;
}

/*
 * Calls by their names.  To print one takes longer than to read it, so that those
 * that are not wanted must not be printed: the ids of a batch of wanted ones are
 * asked first.
 */
static void
begin_batch(Query *query, const Wanted *wanted, const char *threads, const char *after, const char *limit)
{
	text_format(&query->sql, "SELECT array_agg(syscall_id), count(*), min(syscall_id), max(syscall_id) FROM ("
				"SELECT syscall_id FROM syscalls WHERE syscall_id > $%d", add_value(query, after));
	if (threads != NULL)
		text_format(&query->sql, " AND thread_id = ANY ($%d::bigint[])", add_value(query, threads));
	text_format(&query->sql, " AND (name = ANY ($%d::text[])", add_value(query, wanted->names.data));
	if (wanted->pattern.length > 0)
		text_format(&query->sql, " OR regexp_replace(name, '^" NAME_PREFIX "', '') ~ $%d", add_value(query, wanted->pattern.data));
	text_add(&query->sql, wanted->others ? ") IS NOT TRUE" : ")");
	text_format(&query->sql, " ORDER BY syscall_id LIMIT $%d) s", add_value(query, limit));
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

/*
 * Print the calls of a query.
 */
static void
print_query(PGconn *connection, const Query *query, bool with_number)
{
	static int64_t lines = 0;
	PGresult   *result;

	database_while_waiting(output_while_waiting);
	database_send(connection, query->sql.data, query->count, query->values);
	PQsetSingleRowMode(connection);
	while ((result = database_next(connection)) != NULL)
	{
		if (result_is_error(result))
		{
			output_flush();
			fail_with_result(connection, result, BAD_LOG);
		}
		print_calls(result, with_number);
		lines += PQntuples(result);
		if (lines % 256 == 0)
			progress_show("", "calls", lines, 0);
		PQclear(result);
	}
}

/*
 * Print the calls that have wanted names, in batches that grow, so that the first
 * comes at once.
 */
static void
print_batches(PGconn *connection, const Wanted *wanted, const char *threads, bool with_number)
{
	char	   *after = copy_text("-1");
	int64_t		size = FIRST_BATCH;
	bool		is_last = false;

	while (!is_last)
	{
		char	   *limit = format_text("%" PRId64, size);
		Query		ids = {0};
		PGresult   *batch;

		begin_batch(&ids, wanted, threads, after, limit);
		batch = database_run(connection, ids.sql.data, ids.count, ids.values);
		if (result_is_error(batch))
		{
			output_flush();
			fail_with_result(connection, batch, strcmp(result_state(batch), "2201B") == 0 ? WRONG_USAGE : BAD_LOG);
		}
		is_last = strtoll(PQgetvalue(batch, 0, 1), NULL, 10) < size;
		if (!PQgetisnull(batch, 0, 0))
		{
			Query		query = {.values = {PQgetvalue(batch, 0, 0), PQgetvalue(batch, 0, 2), PQgetvalue(batch, 0, 3)}, .count = 3};

			text_add(&query.sql, "SELECT pid, tid, call FROM strace WHERE syscall_id BETWEEN $2 AND $3 "
					 "AND syscall_id = ANY ($1::bigint[]) ORDER BY syscall_id");
			print_query(connection, &query, with_number);
			free(query.sql.data);
			free(after);
			after = copy_text(PQgetvalue(batch, 0, 3));
		}
		PQclear(batch);
		free(ids.sql.data);
		free(limit);
		size = size * 8 < LARGEST_BATCH ? size * 8 : LARGEST_BATCH;
	}
	free(after);
}

static void
print_log(PGconn *connection, const Wanted *wanted)
{
	bool		one = has(OPTION_PID) && !has(OPTION_FOLLOW) && !has(OPTION_TID) && strchr(option(OPTION_PID), ',') == NULL;
	char	   *processes = has(OPTION_PID) ? choose_processes(connection, option(OPTION_PID), has(OPTION_FOLLOW)) : NULL;
	char	   *threads = processes != NULL ? threads_of_processes(connection, processes) : NULL;

	if (wanted->by_name)
		print_batches(connection, wanted, threads, !one);
	else
	{
		Query		query = {0};

		text_add(&query.sql, "SELECT pid, tid, call FROM strace");
		if (threads != NULL)
			text_format(&query.sql, " WHERE thread_id = ANY ($%d::bigint[])", add_value(&query, threads));
		text_add(&query.sql, " ORDER BY syscall_id");
		print_query(connection, &query, !one);
		free(query.sql.data);
	}
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
	log_leave(connection, &log);
	finish(DONE);
}
