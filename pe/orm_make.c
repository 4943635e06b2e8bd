/*-------------------------------------------------------------------------
 *
 * orm_make.c
 *		The tables of PANDelephant's ORM: found as they are, or made.
 *
 *-------------------------------------------------------------------------
 */
#include <stdlib.h>
#include <string.h>

#include "orm_load.h"
#include "progress.h"

int
orm_find_table(const char *name)
{
	for (int i = 0; i < orm_table_count; i++)
	{
		if (strcmp(orm_tables[i].names[1], name) == 0)
			return i;
	}
	die(FAILED, "PANDelephant's ORM has no table %s", name);
}

/*
 * Whether the classes that create_all() is called of have a column.  The
 * names of a thread were an array until February 2021.
 */
static bool
is_made(const OrmLoad *load, const OrmColumn *column)
{
	return orm_has(column, load->generation) && strcmp(column->name, "names") != 0;
}

static void
add_column(const OrmLoad *load, Text *sql, const OrmTable *table, const OrmColumn *column)
{
	const OrmDeclaration *declared = orm_declaration(table, column);
	bool		is_key = column == orm_key(table, load->generation);
	bool		in_postgres = load->store->in_postgres;
	bool		is_integer = load->generation == 1 || (column->expression != NULL && *column->expression == '#');

	text_format(sql, "\"%s\" ", column->name);
	if (is_key || orm_reference(table, column, load->generation) != NO_TABLE)
		text_format(sql, "%s NOT NULL", !is_integer ? (in_postgres ? "UUID" : "CHAR(32)") :
					is_key && in_postgres ? "SERIAL" : "INTEGER");
	else if (declared->type == ORM_LABEL && in_postgres)
		text_format(sql, "%s%s", load->store->prefix, declared->in_postgres);
	else
		text_add(sql, in_postgres ? declared->in_postgres : declared->in_sqlite);
}

/*
 * Call a function with each key, unique column and reference of a table, in
 * SQL.
 */
static void
each_constraint(const OrmLoad *load, int which, void (*take) (const OrmLoad *load, const char *table,
															   const char *constraint, void *with),
				void *with)
{
	const OrmTable *table = &orm_tables[which];
	char	   *sql = format_text("PRIMARY KEY (\"%s\")", orm_key_of(load, which));

	take(load, orm_name_of(load, which), sql, with);
	free(sql);
	for (const OrmColumn *column = table->columns; column->name != NULL; column++)
	{
		int			other = orm_reference(table, column, load->generation);
		bool		is_unique = strcmp(column->name, "log_hash") == 0 || strcmp(column->name, "snapshot_hash") == 0 ||
			(load->generation == 1 && which == orm_find_table("executions") && strcmp(column->name, "name") == 0);

		if (!is_made(load, column))
			continue;
		if (is_unique)
		{
			sql = format_text("UNIQUE (\"%s\")", column->name);
			take(load, orm_name_of(load, which), sql, with);
			free(sql);
		}
		if (other != NO_TABLE)
		{
			sql = format_text("FOREIGN KEY (\"%s\") REFERENCES %s\"%s\" (\"%s\")", column->name,
							  load->store->prefix, orm_name_of(load, other), orm_key_of(load, other));
			take(load, orm_name_of(load, which), sql, with);
			free(sql);
		}
	}
}

static void
add_to_table(const OrmLoad *load, const char *table, const char *constraint, void *sql)
{
	(void) load;
	(void) table;
	text_format(sql, ", %s", constraint);
}

static void
add_constraint(const OrmLoad *load, const char *table, const char *constraint, void *kind)
{
	char	   *sql = format_text("ALTER TABLE %s\"%s\" ADD %s", load->store->prefix, table, constraint);
	bool		is_reference = strncmp(constraint, "FOREIGN", 7) == 0;

	if (is_reference == *(bool *) kind)
		load->store->run(sql, 0, NULL);
	free(sql);
}

/*
 * Make a table.  PostgreSQL gets keys once the rows are there.
 */
static void
make_table(OrmLoad *load, int which)
{
	const OrmTable *table = &orm_tables[which];
	bool		is_first = true;
	Text		sql = {0};

	text_format(&sql, "CREATE TABLE %s\"%s\" (", load->store->prefix, orm_name_of(load, which));
	for (const OrmColumn *column = table->columns; column->name != NULL; column++)
	{
		if (!is_made(load, column))
			continue;
		if (!is_first)
			text_add(&sql, ", ");
		add_column(load, &sql, table, column);
		is_first = false;
	}
	if (!load->store->in_postgres)
		each_constraint(load, which, add_to_table, &sql);
	text_add(&sql, ")");
	load->store->run(sql.data, 0, NULL);
	free(sql.data);
}

/*
 * Look at the table that is there, or make it.
 */
void
orm_take_table(OrmLoad *load, int which)
{
	const OrmTable *table = &orm_tables[which];
	OrmPlace   *places = load->places[which];
	int			count = load->store->look_at(table, load->generation, places);

	if (count == 0)
	{
		load->is_new[which] = true;
		make_table(load, which);
		count = load->store->look_at(table, load->generation, places);
	}
	for (int i = 0; i < count; i++)
	{
		const OrmColumn *column = places[i].column;
		bool		is_key = column == orm_key(table, load->generation);
		int			other = orm_reference(table, column, load->generation);
		const OrmDeclaration *declared = orm_declaration(table, column);

		places[i].refers_to = other;
		places[i].key_of = is_key && other == NO_TABLE ? which : NO_TABLE;
		if (is_key || other != NO_TABLE)
		{
			bool		is_integer = load->generation == 1 || (column->expression != NULL && *column->expression == '#');

			if ((places[i].type == ORM_UUID) == is_integer)
				die(IN_THE_WAY, "%s has tables of PANDelephant's ORM of another generation than %d",
					load->store->name, load->generation);
		}
		else
			places[i].type = declared->type;
	}
	load->place_counts[which] = count;
}

void
orm_make_labels(OrmLoad *load)
{
	Text		sql = {0};

	if (!load->store->in_postgres)
	{
		load->has_bytes = load->generation == 2;
		return;
	}
	if (!load->store->has_label(orm_argument_types[0]))
	{
		text_format(&sql, "CREATE TYPE %s%s AS ENUM (", load->store->prefix, ORM_ARGUMENT_TYPE);
		for (int i = 0; orm_argument_types[i + (load->generation == 1 ? 1 : 0)] != NULL; i++)
			text_format(&sql, "%s'%s'", i > 0 ? ", " : "", orm_argument_types[i]);
		text_add(&sql, ")");
		load->store->run(sql.data, 0, NULL);
		free(sql.data);
	}
	load->has_bytes = load->store->has_label("BYTES");
}

void
orm_lock_tables(OrmLoad *load)
{
	Text		tables = {0};

	for (int i = 0; i < orm_table_count; i++)
		text_format(&tables, "%s%s\"%s\"", i > 0 ? ", " : "", load->store->prefix, orm_name_of(load, orm_order()[i]));
	load->store->lock(tables.data);
	free(tables.data);
}

/*
 * Go on after the largest integers.
 */
void
orm_begin_ids(OrmLoad *load)
{
	orm_ids_begin(load->generation);
	for (int i = 0; i < orm_table_count; i++)
	{
		const OrmColumn *key = orm_key(&orm_tables[i], load->generation);
		bool		is_integer = load->generation == 1 || *key->expression == '#';
		char	   *sql = format_text("SELECT max(\"%s\") FROM %s\"%s\"", key->name, load->store->prefix,
									  orm_name_of(load, i));
		char	   *largest = is_integer && !load->is_new[i] ? load->store->ask(sql, 0, NULL) : NULL;

		orm_ids_after(i, largest != NULL ? strtoll(largest, NULL, 10) : 0);
		free(largest);
		free(sql);
	}
}

void
orm_finish_tables(OrmLoad *load)
{
	for (int kind = 0; load->store->in_postgres && kind < 2; kind++)
	{
		bool		is_reference = kind == 1;

		progress_show("indexing", "tables", 0, 0);
		for (int i = 0; i < orm_table_count; i++)
		{
			if (load->is_new[orm_order()[i]])
				each_constraint(load, orm_order()[i], add_constraint, &is_reference);
		}
	}
	for (int i = 0; i < orm_table_count; i++)
	{
		const OrmColumn *key = orm_key(&orm_tables[i], load->generation);
		bool		is_integer = load->generation == 1 || *key->expression == '#';

		if (is_integer && orm_last_id(i) > 0)
			load->store->set_next(orm_name_of(load, i), key->name, orm_last_id(i));
	}
}
