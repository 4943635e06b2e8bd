/*-------------------------------------------------------------------------
 *
 * terminal.h
 *		What the user's terminal can show.
 *
 *-------------------------------------------------------------------------
 */
#ifndef TERMINAL_H
#define TERMINAL_H

#include "pe.h"

/*
 * How wide lines may be: as COLUMNS says, or as the terminal is that standard
 * output is; else 80 columns.
 */
extern size_t terminal_columns(void);
/* Whether only ASCII is to be printed, by --ascii or by the locale. */
extern bool terminal_is_ascii(void);

#endif
