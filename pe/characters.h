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

/*
 * Add text of a log as a part of one line: what steers a terminal, ends a line
 * or turns the direction of text becomes \xHH or \uHHHH; where only ASCII is
 * to be, so does all else.
 */
extern void text_add_line(Text *text, const char *string, bool ascii);
/* The columns that a line takes. */
extern size_t columns_of_line(const char *line);
/* Add a line cut or filled with blanks to so many columns. */
extern void text_add_columns(Text *text, const char *line, size_t columns);

#endif
