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
#include "format.h"
#include "log.h"
#include "options.h"
#include "output.h"
#include "progress.h"

static char *url = NULL;

/*
 * A URL as libpq takes it: SQLAlchemy's has the name of a driver.
 */
static char *
url_for_libpq(const char *given)
{
	const char *scheme_end = strstr(given, "://");
	const char *plus = strchr(given, '+');
	size_t		length;

	if (scheme_end == NULL)
		misused("not a database that is named by postgresql://: %s", given);
	length = (size_t) ((plus != NULL && plus < scheme_end ? plus : scheme_end) - given);
	if (!(length == 8 && memcmp(given, "postgres", 8) == 0) &&
		!(length == 10 && memcmp(given, "postgresql", 10) == 0))
		misused("not a database that is named by postgresql://: %s", given);
	return format_text("postgresql%s", scheme_end);
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
 * See to it that the database has the extension, and that its functions are
 * found.
 */
static void
prepare_database(PGconn *connection)
{
	PGresult   *result;

	result = database_must(connection, NO_SERVER,
						   "SELECT FROM pg_catalog.pg_available_extensions WHERE name = 'pandelephant'",
						   0, NULL);
	if (PQntuples(result) == 0)
		die(NO_SERVER, "the extension pandelephant is not installed on the server of that database");
	PQclear(result);
	run_and_forget(connection, NO_SERVER, "SET client_min_messages = warning");
	run_and_forget(connection, NO_SERVER, "CREATE EXTENSION IF NOT EXISTS pandelephant");
	run_and_forget(connection, NO_SERVER, "RESET client_min_messages");
	run_and_forget(connection, NO_SERVER,
				   "SELECT pg_catalog.set_config('search_path', pg_catalog.quote_ident(nspname), false) "
				   "FROM pg_catalog.pg_extension "
				   "JOIN pg_catalog.pg_namespace n ON n.oid = extnamespace "
				   "WHERE extname = 'pandelephant'");
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

	if (strcmp(state, "58P01") == 0 && access(log->path, F_OK) == 0)
		die(BAD_LOG, "the server of that database does not find %s: it reads logs on its own machine",
			log->path);
	/* no file, no right, not a file */
	if (strcmp(state, "58P01") == 0 || strcmp(state, "42501") == 0 || strcmp(state, "42809") == 0)
	{
		complain_of_result(connection, result, NULL);
		finish(BAD_LOG);
	}
	if (strcmp(state, "42710") == 0)
	{
		complain_of_result(connection, result, hint);
		finish(IN_THE_WAY);
	}
	fail_with_result(connection, result, FAILED);
}

static PGresult *
load(PGconn *connection, Log *log, const char *target)
{
	const char *const values[] = {log->schema, target, has(OPTION_REPLACE) ? "replace" : "error"};
	PGresult   *result = database_run(connection,
									  "SELECT * FROM pe_materialize($1, $2, if_exists => $3)",
									  3, values);

	if (result_is_error(result))
		fail(connection, result, log, "Use --replace to load it again, or --name.");
	return result;
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
make_views(PGconn *connection, const Log *log, const char *target)
{
	const char *const values[] = {target, has(OPTION_VIEWS) ? option(OPTION_VIEWS) : "public",
	option(OPTION_ORM)};
	PGresult   *result = database_run(connection, "SELECT pe_orm_views($1, $2, $3::int)", 3, values);

	if (result_is_error(result))
		fail(connection, result, log, NULL);
	PQclear(result);
}

static void
print_counts(const PGresult *counts)
{
	int			first = 0,
				second = 0;

	for (int i = 0; i < PQntuples(counts); i++)
	{
		first = PQgetlength(counts, i, 0) > first ? PQgetlength(counts, i, 0) : first;
		second = PQgetlength(counts, i, 1) > second ? PQgetlength(counts, i, 1) : second;
	}
	second = second > 9 ? second : 9;
	output_format(" %-*s | %*s \n-", first, "relation", second, "row_count");
	for (int i = 0; i <= first; i++)
		output_text("-");
	output_text("+");
	for (int i = 0; i < second + 2; i++)
		output_text("-");
	output_text("\n");
	for (int i = 0; i < PQntuples(counts); i++)
		output_format(" %-*s | %*s\n", first, PQgetvalue(counts, i, 0), second,
					  PQgetvalue(counts, i, 1));
}

/*
 * Everything in one transaction, so that what fails or is cancelled leaves
 * nothing.
 */
void
run_ingest(void)
{
	PGconn	   *connection;
	PGresult   *result,
			   *counts;
	Log			log;
	const char *given;
	const char *target = has(OPTION_SCHEMA) ? option(OPTION_SCHEMA) : "pandelephant";

	log_name(&log, has(OPTION_LOG) ? option(OPTION_LOG) : take_operand("LOG"));
	given = has(OPTION_URL) ? option(OPTION_URL) : take_operand("DB_URL");
	no_more_operands();
	url = url_for_libpq(given);
	hide_password((char *) given);
	if (has(OPTION_ORM) && strcmp(option(OPTION_ORM), "1") != 0 && strcmp(option(OPTION_ORM), "2") != 0)
		misused("no generation %s of the ORM", option(OPTION_ORM));
	log_refuse_others(&log);
	output_open(NULL);

	connection = connect_to_url();
	if (PQstatus(connection) != CONNECTION_OK)
		fail_with_result(connection, NULL, NO_SERVER);
	prepare_database(connection);
	progress_begin(base_name(log.path));
	watch_copying(connection, connect_to_url);
	run_and_forget(connection, FAILED, "BEGIN");
	log.schema = format_text("pe_%d", PQbackendPID(connection));
	result = log_attach(connection, &log, 1);
	if (result_is_error(result))
		fail(connection, result, &log, NULL);
	PQclear(result);
	counts = load(connection, &log, target);
	detach(connection, &log);
	if (has(OPTION_ORM))
		make_views(connection, &log, target);
	run_and_forget(connection, FAILED, "COMMIT");
	end_watching();
	database_close(connection);
	print_counts(counts);
	output_close();
	finish(DONE);
}
