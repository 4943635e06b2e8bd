/*-------------------------------------------------------------------------
 *
 * sql.h
 *		Running the SQL that pe_materialize() and its like generate.
 *
 * The SQL functions that use this are declared with a safe search_path.  Callers
 * must quote every name and literal in the text.
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
 * The same, but the query sees what is committed by now, even if the transaction's
 * snapshot is older.
 */
extern bool sql_get_bigint_of_now(int64 *value, const char *format,...) pg_attribute_printf(2, 3);

#endif							/* PANDELEPHANT_SQL_H */
