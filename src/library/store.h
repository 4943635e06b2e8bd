/*-------------------------------------------------------------------------
 *
 * store.h
 *		Logs of a library that pe_library_store() has put into large objects.
 *
 *-------------------------------------------------------------------------
 */
#ifndef PANDELEPHANT_LIBRARY_STORE_H
#define PANDELEPHANT_LIBRARY_STORE_H

#include "library/library.h"

/* The comment on such a large object, by which it is known. */
extern char *stored_log_comment(const Library *library);

#endif							/* PANDELEPHANT_LIBRARY_STORE_H */
