/*-------------------------------------------------------------------------
 *
 * sqlite_tables.h
 *		The tables of a SQLite file, as PANDelephant's ORM would make them.
 *
 *-------------------------------------------------------------------------
 */
#ifndef SQLITE_TABLES_H
#define SQLITE_TABLES_H

extern const char orm1_tables[];
extern const char orm_indexes[];
extern const char native_indexes[];

#endif
