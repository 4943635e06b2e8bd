/*-------------------------------------------------------------------------
 *
 * picture.h
 *		Which process of a log ran when, in text.
 *
 *-------------------------------------------------------------------------
 */
#ifndef PICTURE_H
#define PICTURE_H

#include "log.h"

/*
 * Print a row for each process of the log in the search path, whose columns are
 * equal parts of the replay, and before them the processes that ran most.
 */
extern void print_picture(PGconn *connection, const Log *log);

#endif
