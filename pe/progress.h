/*-------------------------------------------------------------------------
 *
 * progress.h
 *		A line on a terminal that says how far the work has come.
 *
 *-------------------------------------------------------------------------
 */
#ifndef PROGRESS_H
#define PROGRESS_H

#include "pe.h"

/* Name what is worked on; nothing is shown without it. */
extern void progress_begin(const char *title);
/*
 * Say how far a phase is: done of total units (0: not known).  It is shown if
 * something has been going on for long enough, and not too often.
 */
extern void progress_show(const char *phase, const char *unit, int64_t done, int64_t total);
/* Whether somebody looks. */
extern bool progress_is_seen(void);
/* Whether somebody looks, and something new should be shown now. */
extern bool progress_due(void);
/* Say for how long something has been going on that does not tell how far. */
extern void progress_waiting(void);
/* Wipe the line, for something else is to be printed. */
extern void progress_hide(void);
extern void progress_end(void);

#endif
