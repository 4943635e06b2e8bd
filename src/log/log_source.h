/*-------------------------------------------------------------------------
 *
 * log_source.h
 *		Where a log is read from, by its name.
 *
 *-------------------------------------------------------------------------
 */
#ifndef PANDELEPHANT_LOG_SOURCE_H
#define PANDELEPHANT_LOG_SOURCE_H

#include "plog/source.h"

/*
 * How a log of that name is read: a large object, an unpacked copy of a compressed
 * file, or the file.
 */
extern const PlogSource *log_source(const char *name);

/*
 * The identity that the open log will have, without opening it; of a large object
 * perhaps without its digest.  False if the log cannot be looked at, or would have to
 * be unpacked; opening it will tell.
 */
extern bool log_peek(const char *name, PlogIdentity *identity);

#endif							/* PANDELEPHANT_LOG_SOURCE_H */
