/*-------------------------------------------------------------------------
 *
 * text.h
 *		Guest strings as text in the database encoding.
 *
 *-------------------------------------------------------------------------
 */
#ifndef PANDELEPHANT_TEXT_H
#define PANDELEPHANT_TEXT_H

#include "lib/stringinfo.h"

#include "plog/wire.h"

/*
 * Is the string the same text in every database encoding: ASCII without NUL?
 */
extern bool guest_text_is_plain(PlogBytes guest);

/*
 * Append a guest string as text: UTF-8 converted to the database encoding; a
 * byte that is not part of a valid character, and NUL, as \xHH; a character
 * that the encoding lacks as \uXXXX or \UXXXXXXXX.  SQL_ASCII keeps all bytes
 * but NUL.  Never fails for what the bytes hold.
 */
extern void append_guest_text(StringInfo text, PlogBytes guest);

/*
 * Make room for so many bytes more.  A text beyond what PostgreSQL allows is
 * refused.
 */
extern void reserve_text(StringInfo text, Size bytes);

/* memcpy() that can be interrupted. */
extern void copy_bytes(char *to, const void *from, Size length);

#endif							/* PANDELEPHANT_TEXT_H */
