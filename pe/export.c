/*-------------------------------------------------------------------------
 *
 * export.c
 *		pe export: a SQLite file.
 *
 *-------------------------------------------------------------------------
 */
#include <stdlib.h>
#include <string.h>

#include "copying.h"
#include "log.h"
#include "options.h"
#include "progress.h"
#include "server.h"
#include "sqlite_file.h"
#include "sqlite_tables.h"

/* Schemas of the private database. */
#define ATTACHED "log"
#define NATIVE "native"
#define ORM "orm"

/* Each view, and a query for its rows in types that SQLite has. */
static const char tables_sql[] =
"SELECT relname, format('SELECT %s FROM %I.%I', string_agg(CASE format_type(atttypid, NULL) "
"	WHEN 'timestamp with time zone' "
"	THEN format('to_char(%I AT TIME ZONE ''UTC'', ''YYYY-MM-DD HH24:MI:SS.US'') AS %1$I', attname) "
"	ELSE quote_ident(attname) END, ', ' ORDER BY attnum), '" ORM "', relname) "
"FROM pg_class JOIN pg_attribute ON attrelid = pg_class.oid "
"WHERE relnamespace = quote_ident('" ORM "')::regnamespace AND relkind = 'v' AND attnum > 0 "
"GROUP BY relname ORDER BY relname";

static void
make_orm_tables(PGconn *connection, const Log *log)
{
	const char *const values[] = {log->schema};

	PQclear(database_must(connection, FAILED, "SELECT pe_materialize($1, '" NATIVE "')", 1, values));
	PQclear(database_must(connection, FAILED, "SELECT pe_orm_views('" NATIVE "', '" ORM "', 1)", 0,
						  NULL));
}

static void
write_table(PGconn *connection, const char *table, const char *sql)
{
	PGresult   *result;
	int64_t		rows = 0;
	bool		begun = false;

	database_send(connection, sql, 0, NULL);
	PQsetSingleRowMode(connection);
	while ((result = database_next(connection)) != NULL)
	{
		if (result_is_error(result))
			fail_with_result(connection, result, FAILED);
		if (!begun)
			sqlite_table(table, result);
		begun = true;
		for (int i = 0; i < PQntuples(result); i++, rows++)
			sqlite_row(result, i);
		if (rows % 256 == 0)
			progress_show(table, "rows", rows, 0);
		PQclear(result);
	}
	sqlite_table_end();
}

void
run_export(void)
{
	PGconn	   *connection;
	PGresult   *tables;
	Log			log;
	const char *file;

	log_name(&log, take_operand("LOG"));
	file = take_operand("FILE");
	no_more_operands();
	sqlite_begin(file, has(OPTION_FORCE));
	log_check(&log);
	connection = server_enter();
	log.schema = copy_text(ATTACHED);
	log_open(connection, &log);

	progress_begin(base_name(log.path));
	watch_copying(connection, server_connect);
	make_orm_tables(connection, &log);
	database_while_waiting(NULL);
	sqlite_run(orm1_tables);
	tables = database_must(connection, FAILED, tables_sql, 0, NULL);
	for (int i = 0; i < PQntuples(tables); i++)
		write_table(connection, PQgetvalue(tables, i, 0), PQgetvalue(tables, i, 1));
	PQclear(tables);
	sqlite_run(orm1_indexes);
	sqlite_end();
	end_watching();
	finish(DONE);
}
