/*-------------------------------------------------------------------------
 *
 * orm_classes.c
 *		What PANDelephant's ORM classes declare.
 *
 * Which tables and columns there are, and what they are made of, the views of
 * the extension and the tables of pe share: see src/materialize/orm_tables.h.
 * Types are said here.  A key is an integer that counts up, or a uuid; what
 * refers to a key is of its type, and never NULL.
 *
 *-------------------------------------------------------------------------
 */
#include <string.h>

#include "orm.h"

#define COUNT(array) ((int) (sizeof(array) / sizeof((array)[0])))

#define OFFSET(name) {name, ORM_INTEGER, "BIGINT NOT NULL", "BIGINT NOT NULL"}

static const OrmDeclaration declarations[] = {
	{"address", ORM_INTEGER, "BIGINT NOT NULL", "BIGINT NOT NULL"},
	{"argument_type", ORM_LABEL, ORM_ARGUMENT_TYPE, "VARCHAR(11)"},
	{"asid", ORM_INTEGER, "BIGINT NOT NULL", "BIGINT NOT NULL"},
	{"create_time", ORM_INTEGER, "BIGINT NOT NULL", "BIGINT NOT NULL"},
	{"description", ORM_TEXT, "VARCHAR", "VARCHAR"},
	OFFSET("end_execution_offset"),
	{"end_time", ORM_TIME, "TIMESTAMP WITH TIME ZONE", "DATETIME"},
	OFFSET("execution_offset"),
	{"file_name", ORM_TEXT, "VARCHAR NOT NULL", "VARCHAR NOT NULL"},
	OFFSET("first_seen_execution_offset"),
	{"instruction_count", ORM_INTEGER, "BIGINT NOT NULL", "BIGINT NOT NULL"},
	OFFSET("last_seen_execution_offset"),
	{"log_hash", ORM_BYTES, "BYTEA NOT NULL", "BLOB NOT NULL"},
	{"name", ORM_TEXT, "VARCHAR", "VARCHAR"},
	{"names", ORM_TEXTS, "VARCHAR[]", "VARCHAR"},
	{"offset", ORM_INTEGER, "BIGINT NOT NULL", "BIGINT NOT NULL"},
	{"path", ORM_TEXT, "VARCHAR", "VARCHAR"},
	{"pc", ORM_INTEGER, "BIGINT NOT NULL", "BIGINT NOT NULL"},
	{"pid", ORM_INTEGER, "BIGINT NOT NULL", "BIGINT NOT NULL"},
	{"position", ORM_INTEGER, "INTEGER NOT NULL", "INTEGER NOT NULL"},
	{"ppid", ORM_INTEGER, "BIGINT", "BIGINT"},
	{"prefix", ORM_TEXT, "VARCHAR NOT NULL", "VARCHAR NOT NULL"},
	{"qcow_hash", ORM_BYTES, "BYTEA", "BLOB"},
	{"retval", ORM_INTEGER, "INTEGER", "INTEGER"},
	OFFSET("sink_execution_offset"),
	{"size", ORM_INTEGER, "BIGINT NOT NULL", "BIGINT NOT NULL"},
	{"snapshot_hash", ORM_BYTES, "BYTEA NOT NULL", "BLOB NOT NULL"},
	OFFSET("source_execution_offset"),
	{"source_is_store", ORM_BOOLEAN, "BOOLEAN NOT NULL", "BOOLEAN NOT NULL"},
	OFFSET("start_execution_offset"),
	{"start_time", ORM_TIME, "TIMESTAMP WITH TIME ZONE", "DATETIME"},
	{"tid", ORM_INTEGER, "BIGINT", "BIGINT"},
	{"type", ORM_TEXT, "VARCHAR(20)", "VARCHAR(20)"},
	{"value", ORM_TEXT, "VARCHAR", "VARCHAR"}
};

/* of executions alone, in place of the one above */
static const OrmDeclaration execution_name = {
	"name", ORM_TEXT, "VARCHAR NOT NULL", "VARCHAR NOT NULL"
};

/*
 * Of thread_names in the second generation.  The classes of 2021 do not have
 * these columns, and so rows of theirs need a value.
 */
static const OrmDeclaration name_offsets[] = {
	{"first_seen_execution_offset", ORM_INTEGER, "BIGINT NOT NULL DEFAULT -1", "BIGINT NOT NULL DEFAULT -1"},
	{"last_seen_execution_offset", ORM_INTEGER, "BIGINT NOT NULL DEFAULT -1", "BIGINT NOT NULL DEFAULT -1"}
};

const OrmDeclaration *
orm_declaration(const OrmTable *table, const OrmColumn *column)
{
	if (strcmp(table->native, "executions") == 0 && strcmp(column->name, "name") == 0)
		return &execution_name;
	for (int i = 0; strcmp(table->native, "thread_names") == 0 && i < COUNT(name_offsets); i++)
	{
		if (strcmp(name_offsets[i].name, column->name) == 0)
			return &name_offsets[i];
	}
	for (int i = 0; i < COUNT(declarations); i++)
	{
		if (strcmp(declarations[i].name, column->name) == 0)
			return &declarations[i];
	}
	return NULL;
}

const char *
orm_name(const OrmTable *table, int generation)
{
	return table->names[generation - 1];
}

bool
orm_has(const OrmColumn *column, int generation)
{
	return (column->generations & (generation == 1 ? ORM_FIRST : ORM_SECOND)) != 0;
}

const OrmColumn *
orm_key(const OrmTable *table, int generation)
{
	const OrmColumn *column = table->columns;

	while (!orm_has(column, generation))
		column++;
	return column;
}

/*
 * The table whose rows have ids of some kind, which is another word for one
 * table alone.
 */
static int
table_of_kind(const char *kind, size_t length)
{
	for (int i = 0; i < orm_table_count; i++)
	{
		const char *name = orm_tables[i].names[1];

		if (strcmp(name, "threadslice") == 0)
			name = "threadslices";
		if (strlen(name) == length && memcmp(name, kind, length) == 0)
			return i;
	}
	return NO_TABLE;
}

int
orm_reference(const OrmTable *table, const OrmColumn *column, int generation)
{
	const char *expression = column->expression;
	int			found = NO_TABLE;

	if (strcmp(column->name, "execution_id") == 0)
		found = table_of_kind("executions", strlen("executions"));
	else if (expression != NULL && *expression == '@')
		found = table_of_kind(expression + 1, strcspn(expression + 1, "("));
	/* its own key refers to nothing; that of a recording is an execution's */
	if (found != NO_TABLE && &orm_tables[found] == table && column == orm_key(table, generation))
		return NO_TABLE;
	return found;
}

/*
 * Whether all that a table refers to is among those that are placed.
 */
static bool
can_be_placed(int which, const int *order, int count)
{
	const OrmTable *table = &orm_tables[which];

	for (const OrmColumn *column = table->columns; column->name != NULL; column++)
	{
		int			other = orm_reference(table, column, orm_has(column, 1) ? 1 : 2);
		bool		found = other == NO_TABLE;

		for (int i = 0; i < count; i++)
			found |= order[i] == other;
		if (!found)
			return false;
	}
	return true;
}

const int *
orm_order(void)
{
	static int	order[32];
	int			count = 0;

	for (int round = 0; count < orm_table_count && round < orm_table_count; round++)
	{
		for (int i = 0; i < orm_table_count; i++)
		{
			bool		placed = false;

			for (int j = 0; j < count; j++)
				placed |= order[j] == i;
			if (!placed && can_be_placed(i, order, count))
				order[count++] = i;
		}
	}
	return order;
}
