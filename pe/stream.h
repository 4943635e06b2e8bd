/*-------------------------------------------------------------------------
 *
 * stream.h
 *		Loading a log into a server that cannot read it, or lacks the
 *		extension.
 *
 *-------------------------------------------------------------------------
 */
#ifndef STREAM_H
#define STREAM_H

#include "log.h"

/*
 * Whether the role of a connection may make tables in a schema, or the schema,
 * which is all that it has to have.
 */
extern bool can_stream(PGconn *remote, const char *target);

/*
 * Load a log into tables as pe_materialize() makes them, by the options of
 * ingest.  The log is decoded by the private server.  Calls counted with each
 * relation and its rows.  False if the execution was there, and was skipped.
 */
extern bool stream_log(PGconn *remote, Log *log, const char *target,
					   void (*counted) (const char *relation, const char *rows));

#endif
