/*-------------------------------------------------------------------------
 *
 * store.h
 *		Writing logs into large objects.
 *
 *-------------------------------------------------------------------------
 */
#ifndef PANDELEPHANT_STORE_FILE_H
#define PANDELEPHANT_STORE_FILE_H

#include "log/plog_file.h"

/*
 * Copy a file into a new large object, which belongs to the current user and is gone if
 * the transaction is rolled back.  The user must be one who may name files of the
 * server.  A file that changes meanwhile is reported.
 */
extern Oid	store_file(const char *filename);

/*
 * The same for a log that is open, after all of its chunks were checked.  If the file is
 * compressed, what is stored is unpacked.
 */
extern Oid	store_log(PlogFile *file);

#endif							/* PANDELEPHANT_STORE_FILE_H */
