/*-------------------------------------------------------------------------
 *
 * export.c
 *		pe export: logs as files of other programs.
 *
 *-------------------------------------------------------------------------
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "copying.h"
#include "logs.h"
#include "options.h"
#include "orm.h"
#include "output.h"
#include "plog_json.h"
#include "progress.h"
#include "server.h"
#include "shape.h"
#include "sqlite_file.h"
#include "sqlite_tables.h"

/* Schemas of the private database that no log's is called. */
#define NATIVE "pe native"
#define ORM "pe orm"
#define SHAPE "pe shape"

static PGconn *connection;
static LogSet logs;
static const char *file;

/* ------------------------------------------------------------------------
 * SQLite
 * ------------------------------------------------------------------------ */

/* Each view, and a query for its rows in types that SQLite has. */
static const char orm_tables_sql[] =
"SELECT relname, format('SELECT %s FROM %I.%I', string_agg(CASE format_type(atttypid, NULL) "
"	WHEN 'timestamp with time zone' "
"	THEN format('to_char(%I AT TIME ZONE ''UTC'', ''YYYY-MM-DD HH24:MI:SS.US'') AS %1$I', attname) "
"	ELSE quote_ident(attname) END, ', ' ORDER BY attnum), '" ORM "', relname) "
"FROM pg_class JOIN pg_attribute ON attrelid = pg_class.oid "
"WHERE relnamespace = quote_ident('" ORM "')::regnamespace AND relkind = 'v' AND attnum > 0 "
"GROUP BY relname ORDER BY relname";

/*
 * Each relation of schema $1, a query for its rows, and a table for them; of
 * keys, the native tables know: primary ones, and of partitions references.
 */
static const char native_tables_sql[] =
"SELECT c.relname, "
"	format('SELECT %s FROM %I.%I', string_agg(CASE WHEN typelem <> 0 AND typlen = -1 "
"		THEN format('to_json(%I)::text AS %1$I', attname) ELSE quote_ident(attname) END, ', ' "
"			ORDER BY attnum), "
"		$1::text, c.relname), "
"	format('CREATE TABLE \"%s\" (%s%s%s)', c.relname, string_agg(format('\"%s\" %s', attname, "
"		CASE typname "
"		WHEN 'int8' THEN 'BIGINT' WHEN 'int4' THEN 'INTEGER' WHEN 'bool' THEN 'BOOLEAN' "
"		WHEN 'bytea' THEN 'BLOB' ELSE 'TEXT' END), ', ' ORDER BY attnum), "
"		coalesce((SELECT ', ' || pg_get_constraintdef(k.oid) FROM pg_constraint k JOIN pg_class "
"			n ON n.oid = conrelid "
"			WHERE contype = 'p' AND n.relnamespace = quote_ident('" SHAPE "')::regnamespace "
"			AND n.relname = c.relname), ''), "
"		(SELECT string_agg(format(', FOREIGN KEY (%s) REFERENCES \"%s\"', (SELECT "
"			string_agg(quote_ident(a.attname), ', ' ORDER BY i) "
"				FROM unnest(conkey) WITH ORDINALITY u (m, i) JOIN pg_attribute a ON a.attrelid = "
"				conrelid AND a.attnum = m), "
"				coalesce(rp.relname, r.relname)), '') "
"			FROM pg_constraint JOIN pg_inherits h ON h.inhrelid = conrelid JOIN pg_class p ON "
"				p.oid = h.inhparent "
"			JOIN pg_class r ON r.oid = confrelid LEFT JOIN pg_inherits rh ON rh.inhrelid = r.oid "
"			LEFT JOIN pg_class rp ON rp.oid = rh.inhparent "
"			WHERE contype = 'f' AND p.relnamespace = quote_ident('" SHAPE "')::regnamespace AND "
"				p.relname = c.relname)) "
"FROM pg_class c JOIN pg_attribute ON attrelid = c.oid JOIN pg_type t ON t.oid = atttypid "
"WHERE c.relnamespace = quote_ident($1::text)::regnamespace AND c.relkind IN ('f', 'v') AND "
"	attnum > 0 "
"GROUP BY c.oid, c.relname ORDER BY c.oid";

static PGresult *
ask(const char *sql, const char *first)
{
	const char *const values[] = {first};

	return database_must(connection, FAILED, sql, first != NULL ? 1 : 0, values);
}

static void
make_orm_tables(void)
{
	for (int i = 0; i < logs.count; i++)
		PQclear(ask("SELECT pe_materialize($1, '" NATIVE "')", logs.logs[i].schema));
	PQclear(ask("SELECT pe_orm_views('" NATIVE "', '" ORM "', 1)", NULL));
}

static void
write_table(const char *table, const char *sql, bool bytes_are_blobs)
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
			sqlite_table(table, result, bytes_are_blobs);
		begun = true;
		for (int i = 0; i < PQntuples(result); i++, rows++)
			sqlite_row(result, i);
		if (rows % 256 == 0)
			progress_show(table, "rows", rows, 0);
		PQclear(result);
	}
	sqlite_table_end();
}

static void
write_tables(const PGresult *tables, bool bytes_are_blobs)
{
	for (int i = 0; i < PQntuples(tables); i++)
		write_table(PQgetvalue(tables, i, 0), PQgetvalue(tables, i, 1), bytes_are_blobs);
}

static void
export_orm(void)
{
	PGresult   *tables;

	watch_copying(connection, server_connect);
	make_orm_tables();
	database_while_waiting(NULL);
	sqlite_run(orm1_tables);
	tables = ask(orm_tables_sql, NULL);
	write_tables(tables, false);
	PQclear(tables);
	sqlite_run(orm_indexes);
}

static void
forget_count(const char *table, const char *rows)
{
	(void) table;
	(void) rows;
}

/*
 * The second generation, whose ids are random, as pe ingest writes it.
 */
static void
export_second_orm(void)
{
	for (int i = 0; i < logs.count; i++)
		orm_load(orm_sqlite_open(), connection, &logs.logs[i], 2, ORM_REFUSE, forget_count);
	sqlite_run(orm_indexes);
}

static void
export_native(void)
{
	PGresult   *tables;

	shape_make(connection, SHAPE);
	tables = ask(native_tables_sql, logs.schema);
	for (int i = 0; i < PQntuples(tables); i++)
		sqlite_run(PQgetvalue(tables, i, 2));
	write_tables(tables, true);
	PQclear(tables);
	sqlite_run(native_indexes);
}

/* ------------------------------------------------------------------------
 * CSV and JSON
 * ------------------------------------------------------------------------ */

/*
 * A file for each relation, in a directory; each appears when it is whole.
 */
static void
export_csv(void)
{
	PGresult   *relations = ask("SELECT relname FROM pg_class WHERE relnamespace = quote_ident($1)::regnamespace "
								"AND relkind IN ('f', 'v') ORDER BY oid", logs.schema);
	char	   *schema = quote_name(connection, logs.schema);

	for (int i = 0; i < PQntuples(relations); i++)
	{
		const char *relation = PQgetvalue(relations, i, 0);
		char	   *path = format_text("%s/%s.csv", file, relation);
		char	   *sql = format_text("COPY (SELECT * FROM %s.%s) TO STDOUT (FORMAT csv, HEADER)", schema, relation);
		PGresult   *result;

		output_begin_file(path, has(OPTION_FORCE));
		database_send(connection, sql, 0, NULL);
		result = database_next(connection);
		if (PQresultStatus(result) != PGRES_COPY_OUT)
			fail_with_result(connection, result, BAD_LOG);
		PQclear(result);
		output_copy(connection, relation);
		result = database_finish(connection);
		if (result_is_error(result))
			fail_with_result(connection, result, BAD_LOG);
		PQclear(result);
		output_end_file();
		free(sql);
		free(path);
	}
	PQfreemem(schema);
	PQclear(relations);
}

/*
 * All entries, as PANDA's own reader prints them.  What is not known there is
 * 2^64-1 in the log.
 */
static void
export_json(void)
{
	PGresult   *result;
	int64_t		rows = 0;

	output_begin_file(file, has(OPTION_FORCE));
	output_text("[");
	database_send(connection,
				  "SELECT CASE WHEN pc < 0 THEN pc + 18446744073709551616 ELSE coalesce(pc, 18446744073709551615) END, "
				  "CASE WHEN execution_offset < 0 THEN execution_offset + 18446744073709551616 "
				  "ELSE coalesce(execution_offset, 18446744073709551615) END, "
				  "CASE WHEN asid < 0 THEN asid + 18446744073709551616 ELSE asid END, message FROM entries", 0, NULL);
	PQsetSingleRowMode(connection);
	while ((result = database_next(connection)) != NULL)
	{
		if (result_is_error(result))
			fail_with_result(connection, result, BAD_LOG);
		for (int i = 0; i < PQntuples(result); i++, rows++)
		{
			output_text(rows > 0 ? ",\n" : "\n");
			print_entry(PQgetvalue(result, i, 0), PQgetvalue(result, i, 1),
						PQgetisnull(result, i, 2) ? NULL : PQgetvalue(result, i, 2), PQgetvalue(result, i, 3));
		}
		if (rows % 256 == 0)
			progress_show("", "entries", rows, 0);
		PQclear(result);
	}
	output_text("\n]\n");
	output_end_file();
}

/* ------------------------------------------------------------------------
 * Which of them
 * ------------------------------------------------------------------------ */

static bool
ends_with(const char *ending)
{
	size_t		length = strlen(file);

	return length > strlen(ending) && strcmp(file + length - strlen(ending), ending) == 0;
}

/*
 * What is to be made, by an option or else by the file's ending.
 */
static Option
kind_of_export(void)
{
	static const Option kinds[] = {OPTION_TABLES, OPTION_ORM, OPTION_CSV, OPTION_JSON, OPTION_COUNT};

	only_one_of(kinds);
	if (has(OPTION_TABLES) && strcmp(option(OPTION_TABLES), "native") != 0)
		misused("no tables %s", option(OPTION_TABLES));
	if (has(OPTION_ORM) && strcmp(option(OPTION_ORM), "1") != 0 && strcmp(option(OPTION_ORM), "2") != 0)
		misused("no generation %s of the ORM", option(OPTION_ORM));
	for (const Option *kind = kinds; *kind != OPTION_COUNT; kind++)
	{
		if (has(*kind))
			return *kind;
	}
	if (ends_with(".db") || ends_with(".sqlite") || ends_with(".sqlite3"))
		return OPTION_ORM;
	if (ends_with(".json"))
		return OPTION_JSON;
	misused("what is %s to be: --tables native, --orm 1 or 2, --json or --csv?", file);
}

void
run_export(void)
{
	Option		kind;

	if (operand_count < 2)
	{
		take_operand("LOG");
		take_operand("FILE");
	}
	file = take_last_operand("FILE");
	kind = kind_of_export();
	if (kind == OPTION_TABLES || kind == OPTION_ORM)
		sqlite_begin(file, has(OPTION_FORCE));
	else if (kind == OPTION_CSV && mkdir(file, 0777) != 0 && errno != EEXIST)
		die(FAILED, "cannot make the directory %s: %s", file, strerror(errno));
	logs_take(&logs);
	if (kind == OPTION_JSON && logs.count > 1)
		misused("--json is of one log");
	connection = server_enter();
	if (logs.count == 1)
		logs.logs[0].schema = copy_text("log");
	logs_open(connection, &logs);
	progress_begin(base_name(logs.logs[0].path));
	switch (kind)
	{
		case OPTION_ORM:
			if (has(OPTION_ORM) && *option(OPTION_ORM) == '2')
				export_second_orm();
			else
				export_orm();
			break;
		case OPTION_TABLES:
			export_native();
			break;
		case OPTION_CSV:
			export_csv();
			break;
		default:
			export_json();
	}
	if (kind == OPTION_TABLES || kind == OPTION_ORM)
		sqlite_end();
	end_watching();
	logs_leave(connection, &logs);
	finish(DONE);
}
