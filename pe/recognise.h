/*-------------------------------------------------------------------------
 *
 * recognise.h
 *		What a file is that was given as a log.
 *
 *-------------------------------------------------------------------------
 */
#ifndef RECOGNISE_H
#define RECOGNISE_H

#include "src/plog/recognise.h"

/* What cannot be read may be a log. */
extern PlogFileKind recognise_file(const char *path);

#endif
