/*-------------------------------------------------------------------------
 *
 * shape.h
 *		The tables that pe_materialize() makes, without rows.
 *
 *-------------------------------------------------------------------------
 */
#ifndef SHAPE_H
#define SHAPE_H

#include "database.h"

/* Make them in a schema of the private database, for an execution 1. */
extern void shape_make(PGconn *connection, const char *target);
/* Make their partitions those of an execution of another number. */
extern void shape_renumber(PGconn *connection, const char *target, const char *execution_id);

#endif
