/*-------------------------------------------------------------------------
 *
 * store.h
 *		A file of the server into a large object.
 *
 *-------------------------------------------------------------------------
 */
#ifndef PANDELEPHANT_STORE_FILE_H
#define PANDELEPHANT_STORE_FILE_H

/*
 * Copy a file into a new large object, which belongs to the current user and is gone if
 * the transaction is rolled back.  The user must be one who may name files of the
 * server.  A file that changes meanwhile is reported.
 */
extern Oid	store_file(const char *filename);

#endif							/* PANDELEPHANT_STORE_FILE_H */
