/*-------------------------------------------------------------------------
 *
 * unpack.h
 *		Logs that are compressed.
 *
 *-------------------------------------------------------------------------
 */
#ifndef UNPACK_H
#define UNPACK_H

#include "pe.h"
#include "recognise.h"

/*
 * The path of the log that a compressed file holds, unpacked into the cache;
 * it is kept there for the next time.
 */
extern char *unpack_log(const char *path, PlogFileKind kind);

#endif
