/*-------------------------------------------------------------------------
 *
 * ingest.c
 *		pe ingest: a log into a database of the user's.
 *
 *-------------------------------------------------------------------------
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "copying.h"
#include "log.h"
#include "options.h"
#include "orm.h"
#include "output.h"
#include "progress.h"
#include "recognise.h"
#include "server.h"
#include "sqlite_file.h"
#include "stream.h"
#include "upload.h"

/* SQLSTATEs that a load can meet. */
#define STATE_NO_FILE "58P01"
#define STATE_NO_RIGHT "42501"
#define STATE_WRONG_TYPE "42809"
#define STATE_EXISTS "42710"
#define STATE_NO_FUNCTION "42883"

static char *url = NULL;
static const char *target = NULL;

/* What was loaded: names of relations and their rows, by turns. */
static char **counts = NULL;
static int	count_count = 0;

/*
 * Whether a URL is of some kind of database, with the name of a driver or
 * without, as SQLAlchemy's can be.
 */
static bool
is_url_of(const char *given, const char *kind)
{
	size_t		length = strlen(kind);

	return strncmp(given, kind, length) == 0 && strstr(given, "://") != NULL &&
		(given[length] == '+' || strncmp(given + length, "://", 3) == 0);
}

/*
 * A URL as libpq takes it.
 */
static char *
url_for_libpq(const char *given)
{
	if (!is_url_of(given, "postgres") && !is_url_of(given, "postgresql"))
		misused("not a database that is named by postgresql:// or sqlite://: %s", given);
	return format_text("postgresql%s", strstr(given, "://"));
}

/*
 * The file that a URL of SQLite names, as SQLAlchemy takes it: what follows
 * three slashes.
 */
static char *
file_of_url(const char *given)
{
	const char *after = strstr(given, "://") + strlen("://");
	char	   *path;

	if (*after != '/' || after[1] == '\0' || strcmp(after + 1, ":memory:") == 0)
		misused("not a file that is named by sqlite:///FILE: %s", given);
	path = copy_text(after + 1);
	path[strcspn(path, "?")] = '\0';
	return path;
}

/*
 * Take the password out of our arguments, which everybody on the machine may
 * read.
 */
static void
hide_password(char *given)
{
	char	   *user = strstr(given, "://");
	char	   *at = user != NULL ? strrchr(user, '@') : NULL;
	char	   *colon = user != NULL ? strchr(user + 3, ':') : NULL;
	char	   *parameter = strstr(given, "password=");

	if (at != NULL && colon != NULL && colon < at)
		memset(colon + 1, 'x', (size_t) (at - colon - 1));
	if (parameter != NULL)
	{
		parameter += strlen("password=");
		memset(parameter, 'x', strcspn(parameter, "&"));
	}
}

static PGconn *
connect_to_url(void)
{
	const char *const keywords[] = {"dbname", "client_encoding", "fallback_application_name", NULL};
	const char *const values[] = {url, "UTF8", "pe", NULL};

	return database_open(keywords, values);
}

static void
run_and_forget(PGconn *connection, int otherwise, const char *sql)
{
	PQclear(database_must(connection, otherwise, sql, 0, NULL));
}

/*
 * Whether a log that the server does not read can be decoded here and sent to
 * it.
 */
static bool
can_send(PGconn *connection, const Log *log)
{
	return access(log->path, R_OK) == 0 && can_stream(connection, target);
}

/*
 * See to it that the database has the extension, and that its functions are
 * found.  False if it cannot have it, and need not.
 */
static bool
prepare_database(PGconn *connection, const Log *log)
{
	PGresult   *result;
	bool		available;

	result = database_must(connection, NO_SERVER,
						   "SELECT FROM pg_catalog.pg_available_extensions WHERE name = 'pandelephant'",
						   0, NULL);
	available = PQntuples(result) > 0;
	PQclear(result);
	if (!available)
		return false;
	run_and_forget(connection, NO_SERVER, "SET client_min_messages = warning");
	result = database_run(connection, "CREATE EXTENSION IF NOT EXISTS pandelephant", 0, NULL);
	if (result_is_error(result))
	{
		if (strcmp(result_state(result), STATE_NO_RIGHT) != 0 || !can_send(connection, log))
			fail_with_result(connection, result, NO_SERVER);
		PQclear(result);
		return false;
	}
	PQclear(result);
	run_and_forget(connection, NO_SERVER, "RESET client_min_messages");
	run_and_forget(connection, NO_SERVER,
				   "SELECT pg_catalog.set_config('search_path', pg_catalog.quote_ident(nspname), false) "
				   "FROM pg_catalog.pg_extension "
				   "JOIN pg_catalog.pg_namespace n ON n.oid = extnamespace "
				   "WHERE extname = 'pandelephant'");
	return true;
}

/*
 * End because of an error of a load, which has codes of its own.
 */
static void
fail(PGconn *connection, const PGresult *result, const Log *log, const char *hint) NORETURN;

static void
fail(PGconn *connection, const PGresult *result, const Log *log, const char *hint)
{
	const char *state = result_state(result);

	if (strcmp(state, STATE_NO_FILE) == 0 && access(log->path, F_OK) == 0)
		die(BAD_LOG, "the server of that database does not find %s: it reads logs on its own machine",
			log->path);
	if (strcmp(state, STATE_NO_FILE) == 0 || strcmp(state, STATE_NO_RIGHT) == 0 ||
		strcmp(state, STATE_WRONG_TYPE) == 0)
	{
		complain_of_result(connection, result, NULL);
		finish(BAD_LOG);
	}
	if (strcmp(state, STATE_EXISTS) == 0)
	{
		complain_of_result(connection, result, hint);
		finish(IN_THE_WAY);
	}
	fail_with_result(connection, result, FAILED);
}

static void
add_count(const char *relation, const char *rows)
{
	counts = enlarge(counts, sizeof(char *) * (size_t) (count_count + 1) * 2);
	counts[2 * count_count] = copy_text(relation);
	counts[2 * count_count + 1] = copy_text(rows);
	count_count++;
}

static void
load(PGconn *connection, Log *log)
{
	const char *const values[] = {log->schema, target,
		has(OPTION_REPLACE) ? "replace" : has(OPTION_SKIP) ? "skip" : "error", option(OPTION_RELATIONS)};
	PGresult   *result = database_run(connection,
									  "SELECT * FROM pe_materialize($1, $2, if_exists => $3, "
									  "relations => pg_catalog.regexp_split_to_array($4, '[ ,]+'))",
									  4, values);

	if (result_is_error(result))
		fail(connection, result, log, "Use --replace to load it again, or --name.");
	for (int i = 0; i < PQntuples(result); i++)
		add_count(PQgetvalue(result, i, 0), PQgetvalue(result, i, 1));
	PQclear(result);
}

/*
 * Drop the foreign tables, which were made for the load alone.
 */
static void
detach(PGconn *connection, const Log *log)
{
	char	   *quoted = quote_name(connection, log->schema);
	char	   *sql = format_text("DROP SCHEMA %s CASCADE", quoted);

	run_and_forget(connection, FAILED, "SET LOCAL client_min_messages = warning");
	run_and_forget(connection, FAILED, sql);
	free(sql);
	PQfreemem(quoted);
}

static void
make_views(PGconn *connection, const Log *log)
{
	const char *const values[] = {target, has(OPTION_VIEWS) ? option(OPTION_VIEWS) : "public",
	option(OPTION_ORM)};
	PGresult   *result = database_run(connection, "SELECT pe_orm_views($1, $2, $3::int)", 3, values);

	if (result_is_error(result))
		fail(connection, result, log, NULL);
	PQclear(result);
}

static void
print_counts(void)
{
	int			first = 8,
				second = 9;

	for (int i = 0; i < count_count; i++)
	{
		int			widths[] = {(int) strlen(counts[2 * i]), (int) strlen(counts[2 * i + 1])};

		first = widths[0] > first ? widths[0] : first;
		second = widths[1] > second ? widths[1] : second;
	}
	output_format(" %-*s | %*s \n-", first, "relation", second, "row_count");
	for (int i = 0; i <= first; i++)
		output_text("-");
	output_text("+");
	for (int i = 0; i < second + 2; i++)
		output_text("-");
	output_text("\n");
	for (int i = 0; i < count_count; i++)
		output_format(" %-*s | %*s\n", first, counts[2 * i], second, counts[2 * i + 1]);
}

/*
 * Attach the log in the transaction that is open.  False, and the transaction is over,
 * if the server or the user cannot do that, and there is another way.
 */
static bool
attach_there(PGconn *connection, Log *log)
{
	PGresult   *result;
	const char *state;

	free(log->schema);
	log->schema = format_text("pe_%d", PQbackendPID(connection));
	result = log_attach(connection, log, 1);
	state = result_state(result);
	if (result_is_error(result) && (strcmp(state, STATE_NO_FILE) == 0 ||
									strcmp(state, STATE_NO_RIGHT) == 0 ||
									(log->large_object != NULL && strcmp(state, STATE_NO_FUNCTION) == 0)))
	{
		PGresult   *ended = database_run(connection, "ROLLBACK", 0, NULL);

		PQclear(ended);
		if (!has(OPTION_KEEP) && can_send(connection, log))
		{
			PQclear(result);
			return false;
		}
	}
	if (result_is_error(result))
		fail(connection, result, log, NULL);
	PQclear(result);
	return true;
}

/*
 * Load the log, which is attached, into native tables.
 */
static void
load_attached(PGconn *connection, Log *log)
{
	load(connection, log);
	detach(connection, log);
	if (has(OPTION_ORM))
		make_views(connection, log);
}

/*
 * Let the server load the log, which it reads itself.  Everything is one
 * transaction, so that what fails or is cancelled leaves nothing.  False if it
 * cannot read it, and need not.
 */
static bool
load_there(PGconn *connection, Log *log)
{
	run_and_forget(connection, FAILED, "BEGIN");
	if (!attach_there(connection, log))
		return false;
	load_attached(connection, log);
	run_and_forget(connection, FAILED, "COMMIT");
	return true;
}

/*
 * Write down where the log was, which the server does not know.
 */
static void
name_file(PGconn *connection, const Log *log)
{
	char	   *object = format_text("large object %s", log->large_object);
	const char *const values[] = {log->path, object};
	char	   *quoted = quote_name(connection, target);
	char	   *sql = format_text("UPDATE %s.executions SET plog = $1 WHERE plog = $2", quoted);

	PQclear(database_must(connection, FAILED, sql, 2, values));
	free(sql);
	free(object);
	PQfreemem(quoted);
}

/*
 * Send the log itself, and let the server load it from a large object.  A log is a
 * tenth of its rows, and the server that decodes it makes the view strace and those of
 * --orm, too.  All is one transaction, so that the large object, unless it is kept, is
 * never seen.  False if the server has a version without, or the user may not make the
 * schema that it is attached in, and there is another way.
 */
static bool
load_sent(PGconn *connection, Log *log)
{
	log_check(log);
	run_and_forget(connection, FAILED, "BEGIN");
	upload_log(connection, log);
	if (!attach_there(connection, log))
	{
		log->large_object = NULL;
		return false;
	}
	load_attached(connection, log);
	if (!has(OPTION_KEEP))
		name_file(connection, log);
	if (!has(OPTION_KEEP) || count_count == 0)
		upload_remove(connection, log);
	run_and_forget(connection, FAILED, "COMMIT");
	return true;
}

/*
 * Decode the log here, and send the server rows.
 */
static void
load_from_here(PGconn *connection, Log *log)
{
	if (has(OPTION_ORM))
		die(NO_SERVER, "views of native tables are for a server that has the extension");
	log_check(log);
	stream_log(connection, log, target, add_count);
}

static void
load_native(PGconn *connection, Log *log, PlogFileKind kind)
{
	bool		is_read_there = kind == PLOG_FILE_MAY_BE_LOG && !has(OPTION_KEEP);

	if (has(OPTION_PLAIN) || !prepare_database(connection, log))
	{
		if (has(OPTION_KEEP))
			die(NO_SERVER, "a server keeps logs only if it has the extension, and not with --plain");
		load_from_here(connection, log);
		return;
	}
	watch_copying(connection, connect_to_url);
	if ((is_read_there && load_there(connection, log)) || load_sent(connection, log))
		return;
	database_while_waiting(NULL);
	load_from_here(connection, log);
}

/*
 * Whether --orm means PANDelephant's own tables, and not views of native ones:
 * who names a schema of either, or has native tables and none of the ORM, is
 * for views.
 */
static bool
wants_own_tables(PGconn *connection)
{
	const char *const values[] = {target};
	PGresult   *native;
	bool		is_native;

	if (!has(OPTION_ORM) || has(OPTION_SCHEMA) || has(OPTION_VIEWS))
		return false;
	orm_postgres_open(connection);
	if (orm_postgres_has_tables())
		return true;
	native = database_must(connection, FAILED,
						   "SELECT FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = relnamespace "
						   "WHERE nspname = $1 AND relname = 'executions' AND relkind IN ('r', 'p')", 1, values);
	is_native = PQntuples(native) > 0;
	PQclear(native);
	return !is_native;
}

/*
 * Load the log into tables of PANDelephant's ORM, decoded here.
 */
static void
load_own_tables(const OrmStore *store, Log *log)
{
	PGconn	   *local = server_enter();
	OrmPresence presence = has(OPTION_REPLACE) ? ORM_REPLACE : has(OPTION_SKIP) ? ORM_SKIP : ORM_REFUSE;

	log_open(local, log);
	orm_load(store, local, log, atoi(option(OPTION_ORM)), presence, add_count);
}

static void
check_options(void)
{
	static const Option presences[] = {OPTION_REPLACE, OPTION_SKIP, OPTION_COUNT};

	only_one_of(presences);
	if (has(OPTION_RELATIONS) && has(OPTION_ORM))
		misused("--relations is of native tables");
	if (has(OPTION_ORM) && strcmp(option(OPTION_ORM), "1") != 0 && strcmp(option(OPTION_ORM), "2") != 0)
		misused("no generation %s of the ORM", option(OPTION_ORM));
}

static void
ingest_into_sqlite(Log *log, const char *given)
{
	char	   *path = file_of_url(given);

	if (!has(OPTION_ORM) || has(OPTION_SCHEMA) || has(OPTION_VIEWS))
		misused("a SQLite file gets tables of --orm 1 or 2 (pe export writes others)");
	log_check(log);
	progress_begin(base_name(log->given));
	sqlite_change(path);
	load_own_tables(orm_sqlite_open(), log);
	sqlite_end();
}

static void
ingest_into_postgres(Log *log, const char *given)
{
	PlogFileKind kind = recognise_file(log->path);
	PGconn	   *connection;

	url = url_for_libpq(given);
	hide_password((char *) given);
	if (kind != PLOG_FILE_MAY_BE_LOG)
		log_check(log);			/* which unpacks what is compressed */
	connection = connect_to_url();
	if (PQstatus(connection) != CONNECTION_OK)
		fail_with_result(connection, NULL, NO_SERVER);
	progress_begin(base_name(log->given));
	if (wants_own_tables(connection))
	{
		log_check(log);
		load_own_tables(orm_postgres_open(connection), log);
	}
	else
		load_native(connection, log, kind);
	end_watching();
	database_close(connection);
}

void
run_ingest(void)
{
	Log			log;
	const char *given;

	check_options();
	target = has(OPTION_SCHEMA) ? option(OPTION_SCHEMA) : "pandelephant";
	log_name(&log, has(OPTION_LOG) ? option(OPTION_LOG) : take_operand("LOG"));
	given = has(OPTION_URL) ? option(OPTION_URL) : take_operand("DB_URL");
	no_more_operands();
	output_open(NULL);
	if (is_url_of(given, "sqlite"))
		ingest_into_sqlite(&log, given);
	else
		ingest_into_postgres(&log, given);
	end_watching();
	if (count_count > 0)
		print_counts();
	else
		complain("the execution is there already, and was skipped");
	output_close();
	finish(DONE);
}
