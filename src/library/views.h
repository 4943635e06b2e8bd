/*-------------------------------------------------------------------------
 *
 * views.h
 *		The views of a library: a view of each relation over all of its parts.
 *
 *-------------------------------------------------------------------------
 */
#ifndef PANDELEPHANT_LIBRARY_VIEWS_H
#define PANDELEPHANT_LIBRARY_VIEWS_H

#include "library/library.h"

/*
 * Make the views, or replace them when a part has come or gone.
 */
extern void make_library_views(const Library *library);

#endif							/* PANDELEPHANT_LIBRARY_VIEWS_H */
