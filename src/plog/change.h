/*-------------------------------------------------------------------------
 *
 * change.h
 *		Whether a file is still what it was when it was opened.
 *
 * A file that is removed or replaced by another has not changed: the one that is
 * open stays.  Nor does it count what changes ctime alone: links, names, owners,
 * permissions.  A writer that sets mtime back afterwards changes ctime alone, too,
 * so if ctime has changed, the content is compared.
 *
 *-------------------------------------------------------------------------
 */
#ifndef PLOG_CHANGE_H
#define PLOG_CHANGE_H

#include "plog/reader.h"

/*
 * Note the content of a file whose directory was read: a checksum of that, and
 * of the last bytes of its chunks, of up to 1024 of them.  A chunk's last bytes
 * are a checksum of what it holds.  PLOG_SYSTEM_ERROR, PLOG_CORRUPT.
 */
extern PlogStatus plog_note_content(PlogReader *reader, PlogError *error);

/*
 * Check that the file has not changed.  If its content was not noted, and its
 * ctime has changed, it counts as changed.  PLOG_SYSTEM_ERROR, PLOG_CHANGED.
 */
extern PlogStatus plog_check_unchanged(PlogReader *reader, PlogError *error);

/*
 * The same for a file that may still grow: note the last bytes of each chunk,
 * and check that one still has them.  PLOG_SYSTEM_ERROR, PLOG_CORRUPT,
 * PLOG_CHANGED.
 */
extern PlogStatus plog_note_endings(PlogReader *reader, PlogError *error);
extern PlogStatus plog_check_chunk_unchanged(PlogReader *reader, const PlogChunk *chunk,
											 PlogError *error);

#endif							/* PLOG_CHANGE_H */
