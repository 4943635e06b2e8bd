/*-------------------------------------------------------------------------
 *
 * orm.c
 *		Loading a log into the tables of PANDelephant's ORM.
 *
 * The tables are made or found (orm_make.c), the execution gets its row here, and
 * the rows of the other tables follow (orm_rows.c).
 *
 *-------------------------------------------------------------------------
 */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "orm_load.h"
#include "progress.h"

/* The name of PANDelephant's own default for what is executed and not recorded. */
#define PLAIN_EXECUTION "Execution"
#define RECORDED_EXECUTION "Recording"

/*
 * Append a condition: rows of a table that are of an execution, $1.
 */
static void
add_condition(OrmLoad *load, Text *sql, int which)
{
	const OrmTable *table = &orm_tables[which];

	for (const OrmColumn *column = table->columns; column->name != NULL; column++)
	{
		int			other = orm_reference(table, column, load->generation);

		if (!orm_has(column, load->generation) || other == NO_TABLE)
			continue;
		if (other == orm_find_table("executions"))
		{
			text_format(sql, "\"%s\" = $1", column->name);
			return;
		}
		text_format(sql, "\"%s\" IN (SELECT \"%s\" FROM %s\"%s\" WHERE ", column->name, orm_key_of(load, other),
					load->store->prefix, orm_name_of(load, other));
		add_condition(load, sql, other);
		text_add(sql, ")");
		return;
	}
}

static void
remove_rows(OrmLoad *load, const char *execution)
{
	const char *const values[] = {execution};

	load->store->let_remove(load->generation);
	for (int i = orm_table_count - 1; i >= 0; i--)
	{
		int			which = orm_order()[i];
		Text		sql = {0};

		if (which == orm_find_table("executions"))
			continue;
		progress_show("removing", orm_name_of(load, which), 0, 0);
		text_format(&sql, "DELETE FROM %s\"%s\" WHERE ", load->store->prefix, orm_name_of(load, which));
		add_condition(load, &sql, which);
		load->store->run(sql.data, 1, values);
		free(sql.data);
	}
}

/*
 * The time of loading, as the classes write it: with a zone in PostgreSQL, of
 * the clock on the wall in SQLite.
 */
static char *
time_now(const OrmLoad *load)
{
	struct timespec now;
	struct tm	parts;
	char		text[32];

	if (load->store->in_postgres)
		return copy_text("now");
	clock_gettime(CLOCK_REALTIME, &now);
	localtime_r(&now.tv_sec, &parts);
	strftime(text, sizeof(text), "%Y-%m-%d %H:%M:%S", &parts);
	return format_text("%s.%06ld", text, now.tv_nsec / 1000);
}

static PGresult *
ask_log(OrmLoad *load, const char *columns, const char *relation)
{
	char	   *sql = format_text("SELECT %s FROM %s.%s", columns, load->schema, relation);
	PGresult   *result = database_run(load->local, sql, 0, NULL);

	if (result_is_error(result))
		fail_with_result(load->local, result, BAD_LOG);
	free(sql);
	return result;
}

static char *
value_of(const PGresult *result, int column)
{
	return PQgetisnull(result, 0, column) ? NULL : PQgetvalue(result, 0, column);
}

/*
 * Whether the log names a recording that gets a row.  Hashes are unique there:
 * a recording that another execution has is left out.
 */
static void
take_recording(OrmLoad *load)
{
	PGresult   *recording = ask_log(load, load->store->in_postgres ?
									"log_hash, coalesce(snapshot_hash, '')" :
									"upper(encode(log_hash, 'hex')), upper(encode(coalesce(snapshot_hash, ''), 'hex'))",
									"recordings");
	char	   *sql = format_text(load->store->in_postgres ?
								  "SELECT 1 FROM %srecordings WHERE log_hash = $1::bytea OR snapshot_hash = $2::bytea LIMIT 1" :
								  "SELECT 1 FROM %srecordings WHERE hex(log_hash) = $1 OR hex(snapshot_hash) = $2 LIMIT 1",
								  load->store->prefix);

	if (PQntuples(recording) > 0)
	{
		const char *const values[] = {PQgetvalue(recording, 0, 0), PQgetvalue(recording, 0, 1)};
		char	   *found = load->store->ask(sql, 2, values);

		load->is_recorded = found == NULL;
		if (found != NULL)
			complain("warning: another execution has this recording, whose hashes can be there once; "
					 "this one is loaded without it");
		free(found);
	}
	free(sql);
	PQclear(recording);
}

static void
add_assignment(Text *names, Text *marks, Text *assignments, const char *name, int *count)
{
	const char *separator = ++*count > 1 ? ", " : "";

	text_format(names, "%s\"%s\"", separator, name);
	text_format(marks, "%s$%d", separator, *count);
	text_format(assignments, "%s\"%s\" = $%d", separator, name, *count);
}

/*
 * Make the execution's row, or renew it.
 */
static void
write_execution(OrmLoad *load, const PGresult *log, char *present)
{
	int			which = orm_find_table("executions");
	Text		names = {0},
				marks = {0},
				assignments = {0},
				sql = {0};
	char	   *id = present != NULL ? copy_text(present) : NULL;
	char	   *now = time_now(load);
	int64_t		number = strtoll(PQgetvalue(log, 0, 2), NULL, 10);
	const char *values[8];
	int			count = 0;

	if (id == NULL && load->generation == 1)
		id = format_text("%" PRId64, orm_id_make(which, number).number);
	else if (id == NULL)
	{
		const unsigned char *uuid = (const unsigned char *) orm_id_of(which, number).data;
		Text		digits = {0};

		for (int i = 0; i < 16; i++)
			text_format(&digits, "%02x", uuid[i]);
		id = digits.data;
	}
	else
		orm_id_fix(which, id);

	values[count] = id;
	add_assignment(&names, &marks, &assignments, "execution_id", &count);
	values[count] = PQgetvalue(log, 0, 0);
	add_assignment(&names, &marks, &assignments, "name", &count);
	values[count] = value_of(log, 1);
	add_assignment(&names, &marks, &assignments, "description", &count);
	if (load->generation == 1)
	{
		values[count] = now;
		add_assignment(&names, &marks, &assignments, "start_time", &count);
	}
	else
	{
		values[count] = load->is_recorded ? RECORDED_EXECUTION : PLAIN_EXECUTION;
		add_assignment(&names, &marks, &assignments, "type", &count);
	}
	if (present == NULL)
		text_format(&sql, "INSERT INTO %sexecutions (%s) VALUES (%s)", load->store->prefix, names.data, marks.data);
	else
		text_format(&sql, "UPDATE %sexecutions SET %s WHERE execution_id = $1", load->store->prefix,
					assignments.data);
	load->store->run(sql.data, count, values);
	free(sql.data);
	free(assignments.data);
	free(marks.data);
	free(names.data);
	free(now);
	free(id);
}

/*
 * Find or make the execution.  False if it is there and to be left alone.
 */
static bool
take_execution(OrmLoad *load, OrmPresence presence)
{
	PGresult   *log = ask_log(load, "name, description, execution_id", "executions");
	const char *const values[] = {PQgetvalue(log, 0, 0)};
	char	   *find = format_text("SELECT execution_id FROM %sexecutions WHERE name = $1", load->store->prefix);
	char	   *count = format_text("SELECT count(*) FROM %sexecutions WHERE name = $1", load->store->prefix);
	char	   *present = load->store->ask(find, 1, values);
	char	   *how_many = load->store->ask(count, 1, values);
	bool		skipped = present != NULL && presence == ORM_SKIP;

	if (present != NULL && presence == ORM_REFUSE)
		die(IN_THE_WAY, "%s already has an execution \"%s\". Use --replace to load it again, or --name.",
			load->store->name, values[0]);
	if (present != NULL && !skipped)
	{
		/* the classes of 2022 allow it */
		if (strcmp(how_many, "1") != 0)
			die(IN_THE_WAY, "%s has %s executions \"%s\"", load->store->name, how_many, values[0]);
		remove_rows(load, present);
	}
	if (!skipped)
	{
		orm_begin_ids(load);
		take_recording(load);
		write_execution(load, log, present);
	}
	free(how_many);
	free(present);
	free(count);
	free(find);
	PQclear(log);
	return !skipped;
}

bool
orm_load(const OrmStore *store, PGconn *local, const Log *log, int generation,
		 OrmPresence presence, void (*counted) (const char *table, const char *rows))
{
	OrmLoad		load = {.store = store, .local = local, .log = log, .generation = generation};
	bool		loaded;

	load.schema = quote_name(local, log->schema);
	store->begin();
	orm_make_labels(&load);
	for (int i = 0; i < orm_table_count; i++)
		orm_take_table(&load, orm_order()[i]);
	orm_lock_tables(&load);
	loaded = take_execution(&load, presence);
	if (loaded)
	{
		counted(orm_name_of(&load, orm_find_table("executions")), "1");
		for (int i = 0; i < orm_table_count; i++)
		{
			int			which = orm_order()[i];
			char	   *rows;

			if (which == orm_find_table("executions") ||
				(which == orm_find_table("recordings") && !load.is_recorded))
				continue;
			rows = format_text("%" PRId64, orm_copy_rows(&load, which));
			counted(orm_name_of(&load, which), rows);
			free(rows);
		}
		orm_finish_tables(&load);
	}
	store->commit();
	PQfreemem(load.schema);
	return loaded;
}
