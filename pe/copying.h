/*-------------------------------------------------------------------------
 *
 * copying.h
 *		How far a server is with what it copies for us.
 *
 *-------------------------------------------------------------------------
 */
#ifndef COPYING_H
#define COPYING_H

#include "database.h"

/*
 * Show progress while the session of a connection works.  Another one to the
 * same database asks for it; it is opened by the function once there is
 * something to show.
 */
extern void watch_copying(PGconn *connection, PGconn *(*open_another) (void));
extern void end_watching(void);

#endif
