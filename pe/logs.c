/*-------------------------------------------------------------------------
 *
 * logs.c
 *		Several logs at once.
 *
 * Each is an execution in a schema of its own.  What shows all of them is a
 * schema with a view for each relation.
 *
 *-------------------------------------------------------------------------
 */
#include <dirent.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "logs.h"
#include "options.h"
#include "server.h"

/* The schema of the views; no log's is called so where there are several. */
#define ALL_LOGS "logs"

static void
add_log(LogSet *set, const char *path)
{
	set->logs = enlarge(set->logs, sizeof(Log) * (size_t) (set->count + 1));
	log_name(&set->logs[set->count], path);
	set->count++;
}

static bool
ends_with(const char *name, const char *ending)
{
	size_t		length = strlen(name);

	return length > strlen(ending) && strcmp(name + length - strlen(ending), ending) == 0;
}

static int
is_log_name(const struct dirent *entry)
{
	const char *name = entry->d_name;

	return ends_with(name, ".plog") || ends_with(name, ".plog.gz") || ends_with(name, ".plog.zst") ||
		ends_with(name, ".plog.xz");
}

static void
add_directory(LogSet *set, const char *path)
{
	struct dirent **entries;
	int			count = scandir(path, &entries, is_log_name, alphasort);

	if (count < 0)
		die(BAD_LOG, "cannot read the directory %s", path);
	if (count == 0)
		die(BAD_LOG, "no log in the directory %s", path);
	for (int i = 0; i < count; i++)
	{
		add_log(set, format_text("%s/%s", path, entries[i]->d_name));
		free(entries[i]);
	}
	free(entries);
}

/*
 * Add what an operand names.
 */
static void
add_operand(LogSet *set)
{
	const char *path = take_operand("LOG");
	struct stat state;

	if (stat(path, &state) == 0 && S_ISDIR(state.st_mode))
		add_directory(set, path);
	else
		add_log(set, path);
}

void
logs_take(LogSet *set)
{
	memset(set, 0, sizeof(*set));
	add_operand(set);
	while (operand_count > 0)
	{
		struct stat state;

		/* a word that names nothing is no log that is missing */
		if (stat(operands[0], &state) != 0 && strpbrk(operands[0], "/.") == NULL)
			no_more_operands();
		add_operand(set);
	}
	if (set->count > 1 && has(OPTION_NAME))
		misused("--name is for one log");
	for (int i = 0; i < set->count; i++)
		log_check(&set->logs[i]);
}

/*
 * Has one of the first logs a schema of that name, or the views?
 */
static bool
is_taken(const LogSet *set, int count, const char *name)
{
	bool		is_taken = strcmp(name, ALL_LOGS) == 0;

	for (int i = 0; i < count; i++)
		is_taken |= strcmp(name, set->logs[i].schema) == 0;
	return is_taken;
}

/*
 * Attach a log in a schema that no other has.
 */
static void
attach_one(PGconn *connection, LogSet *set, int which)
{
	Log		   *log = &set->logs[which];
	PGresult   *result;
	char	   *name = log_schema(log, 0);

	for (int number = which + 1; is_taken(set, which, name); number += set->count)
	{
		free(name);
		name = log_schema(log, number);
	}
	log->schema = name;
	result = log_attach(connection, log, which + 1);
	if (result_is_error(result))
		fail_with_result(connection, result, BAD_LOG);
	PQclear(result);
}

/*
 * Make a view of each relation, with the rows of all logs.
 */
static void
make_views(PGconn *connection, LogSet *set)
{
	const char *const first[] = {set->logs[0].schema};
	PGresult   *relations = database_must(connection, FAILED,
										  "SELECT quote_ident(relname) FROM pg_class "
										  "WHERE relnamespace = quote_ident($1)::regnamespace AND relkind = 'f'",
										  1, first);

	PQclear(database_must(connection, FAILED, "CREATE SCHEMA " ALL_LOGS, 0, NULL));
	for (int i = 0; i < PQntuples(relations); i++)
	{
		const char *relation = PQgetvalue(relations, i, 0);
		Text		sql = {0};

		text_format(&sql, "CREATE VIEW " ALL_LOGS ".%s AS ", relation);
		for (int j = 0; j < set->count; j++)
		{
			char	   *schema = quote_name(connection, set->logs[j].schema);

			text_format(&sql, "%sSELECT * FROM %s.%s", j > 0 ? " UNION ALL " : "", schema, relation);
			PQfreemem(schema);
		}
		PQclear(database_must(connection, FAILED, sql.data, 0, NULL));
		free(sql.data);
	}
	PQclear(relations);
	set->schema = copy_text(ALL_LOGS);
}

void
logs_open(PGconn *connection, LogSet *set)
{
	if (set->count == 1)
	{
		log_open(connection, &set->logs[0]);
		set->schema = copy_text(set->logs[0].schema);
		return;
	}
	for (int i = 0; i < set->count; i++)
		attach_one(connection, set, i);
	make_views(connection, set);
	set_search_path(connection, set->schema);
}

static void
add_drop(PGconn *connection, Text *sql, const char *schema)
{
	char	   *quoted = quote_name(connection, schema);

	text_format(sql, "; DROP SCHEMA %s CASCADE", quoted);
	PQfreemem(quoted);
}

/*
 * Undo logs_open(); false if it cannot be.
 */
static bool
logs_close(PGconn *connection, const LogSet *set)
{
	Text		sql = {0};
	PGresult   *result;
	bool		done;

	text_add(&sql, "SET client_min_messages = warning");
	for (int i = 0; i < set->count; i++)
	{
		if (strcmp(set->logs[i].schema, "public") == 0)
			return false;
		add_drop(connection, &sql, set->logs[i].schema);
	}
	if (set->count > 1)
		add_drop(connection, &sql, set->schema);
	result = database_run(connection, sql.data, -1, NULL);
	done = !result_is_error(result);
	PQclear(result);
	free(sql.data);
	return done;
}

void
logs_leave(PGconn *connection, const LogSet *set)
{
	if (logs_close(connection, set))
		server_leave_clean(connection);
}

void
log_leave(PGconn *connection, const Log *log)
{
	logs_leave(connection, &(LogSet) {.logs = (Log *) log, .count = 1});
}
