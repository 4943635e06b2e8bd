/*-------------------------------------------------------------------------
 *
 * strace_view.h
 *		The native view strace, of system calls as strace prints them.
 *
 * The view calls pe_strace() for each call of the native table syscalls.
 *
 *-------------------------------------------------------------------------
 */
#ifndef PANDELEPHANT_STRACE_VIEW_H
#define PANDELEPHANT_STRACE_VIEW_H

#include "materialize/native.h"

/*
 * Create the view, or replace it by one that uses all that the tables and the
 * extension have by now.
 */
extern void create_strace_view(const NativeTarget *target);

/*
 * Does the view pass on_entry to pe_strace(), if that function takes it?
 */
extern bool strace_view_is_current(const NativeTarget *target);

#endif							/* PANDELEPHANT_STRACE_VIEW_H */
