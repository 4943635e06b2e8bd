/*-------------------------------------------------------------------------
 *
 * orm.h
 *		A log in the tables of PANDelephant's ORM classes.
 *
 * The classes come in two generations: ids are integers in the first, uuids in
 * the second.  The tables are those that the classes' create_all() makes, in
 * PostgreSQL and in SQLite, and may have rows of others.
 *
 *-------------------------------------------------------------------------
 */
#ifndef ORM_H
#define ORM_H

#include "log.h"
#include "src/materialize/orm_tables.h"

/* What a value is. */
typedef enum OrmType
{
	ORM_INTEGER,
	ORM_BOOLEAN,
	ORM_TEXT,
	ORM_BYTES,
	ORM_TIME,
	ORM_LABEL,					/* of argtype */
	ORM_TEXTS,					/* an array */
	ORM_UUID
} OrmType;

/* A column as the classes declare it. */
typedef struct OrmDeclaration
{
	const char *name;
	OrmType		type;
	const char *in_postgres;	/* the type, and what must hold for a value */
	const char *in_sqlite;
} OrmDeclaration;

/* What an id is of, by the table's place in orm_tables. */
#define NO_TABLE (-1)

/*
 * A column of a table that is there.
 */
typedef struct OrmPlace
{
	const OrmColumn *column;
	OrmType		type;
	int			bytes;			/* of an integer: 2, 4 or 8 */
	int			key_of;			/* the table whose rows have this id */
	int			refers_to;		/* the table that this refers to */
} OrmPlace;

/* A value of a row, in binary. */
typedef struct OrmValue
{
	bool		is_null;
	int64_t		number;			/* integers and booleans */
	const char *data;			/* all others; a uuid's are 16 bytes */
	int			length;
} OrmValue;

/*
 * Where the tables are.  Names in SQL have "prefix" before them, and $1 and so
 * on stand for values.
 */
typedef struct OrmStore
{
	const char *prefix;
	/* What complaints call it. */
	const char *name;
	bool		in_postgres;

	void		(*begin) (void);
	/*
	 * Names and types of a table's columns, as OrmPlaces for those that the
	 * classes have.  0: there is no such table.  It must be fit for new rows.
	 */
	int			(*look_at) (const OrmTable *table, int generation, OrmPlace *places);
	/* Whether argtype has a label. */
	bool		(*has_label) (const char *label);
	void		(*run) (const char *sql, int count, const char *const *values);
	/* The first value of the first row as text, or NULL. */
	char	   *(*ask) (const char *sql, int count, const char *const *values);
	/* Let nobody else write in the meantime. */
	void		(*lock) (const char *tables);
	/* Let rows be removed without a look at what other tables refer to. */
	void		(*let_remove) (int generation);
	/* Rows of a table. */
	void		(*begin_rows) (const char *table, const OrmPlace *places, int count);
	void		(*row) (const OrmPlace *places, const OrmValue *values, int count);
	void		(*end_rows) (void);
	/* Go on with ids after this one. */
	void		(*set_next) (const char *table, const char *key, int64_t last);
	/* What was done holds; of SQLite, once the file is ended. */
	void		(*commit) (void);
} OrmStore;

/* Tables of the schema that comes first in the search path. */
extern const OrmStore *orm_postgres_open(PGconn *connection);
/* Whether such a schema has them. */
extern bool orm_postgres_has_tables(void);

/* Those of the SQLite file that is being written. */
extern const OrmStore *orm_sqlite_open(void);

typedef enum OrmPresence
{
	ORM_REFUSE,					/* if the execution is there */
	ORM_SKIP,
	ORM_REPLACE
} OrmPresence;

/*
 * Load a log that is attached in the private server.  All is one transaction.
 * Calls counted with each table and its rows.  False if it was skipped.
 */
extern bool orm_load(const OrmStore *store, PGconn *local, const Log *log, int generation,
					 OrmPresence presence, void (*counted) (const char *table, const char *rows));

/* the classes: orm_classes.c */

/* The tables by their places in orm_tables, those first that others refer to. */
extern const int *orm_order(void);
extern bool orm_has(const OrmColumn *column, int generation);
extern const OrmDeclaration *orm_declaration(const OrmTable *table, const OrmColumn *column);
/* Whether a column is the table's key, whether it refers to a table. */
extern const OrmColumn *orm_key(const OrmTable *table, int generation);
extern int	orm_reference(const OrmTable *table, const OrmColumn *column, int generation);
extern const char *orm_name(const OrmTable *table, int generation);

/* ids: orm_ids.c */

extern void orm_ids_begin(int generation);
/* Ids of a table's rows, which come in order, begin after one. */
extern void orm_ids_after(int table, int64_t last);
/* Make the id of a row, by its number in the log; the next one without a number. */
extern OrmValue orm_id_make(int table, int64_t number);
extern OrmValue orm_id_next(int table);
/* The id of a row that has one. */
extern OrmValue orm_id_of(int table, int64_t number);
/* Let all rows of a table have an id that is there, given as text. */
extern void orm_id_fix(int table, const char *text);
/* The last one that was made, or 0. */
extern int64_t orm_last_id(int table);

#endif
