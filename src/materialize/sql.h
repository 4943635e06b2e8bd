/*-------------------------------------------------------------------------
 *
 * sql.h
 *		Running the SQL that pe_attach() and pe_materialize() generate.
 *
 * The functions that use it are declared with a safe search_path.  Every name
 * and literal in the text must be quoted by the caller.
 *
 *-------------------------------------------------------------------------
 */
#ifndef PANDELEPHANT_SQL_H
#define PANDELEPHANT_SQL_H

extern void sql_connect(void);
extern void sql_finish(void);

/*
 * Run a command; returns how many rows it processed.
 */
extern uint64 sql_run(const char *format,...) pg_attribute_printf(1, 2);

/*
 * Run a query for one bigint.  False where it has no row or is NULL.
 */
extern bool sql_get_bigint(int64 *value, const char *format,...) pg_attribute_printf(2, 3);

/*
 * The same by what is committed now, though the transaction's snapshot may be
 * older.
 */
extern bool sql_get_bigint_of_now(int64 *value, const char *format,...) pg_attribute_printf(2, 3);

#endif							/* PANDELEPHANT_SQL_H */
