/*-------------------------------------------------------------------------
 *
 * upload.h
 *		A log into a large object of the database.
 *
 *-------------------------------------------------------------------------
 */
#ifndef UPLOAD_H
#define UPLOAD_H

#include "log.h"

/*
 * Copy the log, which can be read here, into a new large object, in the transaction
 * that is open; log->large_object names it then.  What fails ends pe.
 */
extern void upload_log(PGconn *connection, Log *log);

/* Remove the large object again. */
extern void upload_remove(PGconn *connection, const Log *log);

#endif
