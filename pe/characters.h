/*-------------------------------------------------------------------------
 *
 * characters.h
 *		Characters of UTF-8, which all connections speak.
 *
 *-------------------------------------------------------------------------
 */
#ifndef CHARACTERS_H
#define CHARACTERS_H

#include "pe.h"

/* Bytes of the character that a text, not empty, begins with; a byte that
 * begins none is one itself. */
extern size_t character_length(const char *text);
/* The columns that it takes on a terminal; at least 0. */
extern int	character_width(const char *text);
/* Whether it steers a terminal: C0, DEL and C1. */
extern bool is_control(const char *text);

#endif
