/*-------------------------------------------------------------------------
 *
 * module.h
 *		Which versions of the server are accepted, and naming its settings.
 *
 * PostgreSQL 13 to 18 are known: the tests run on 15, and "make matrix" runs
 * them on the versions of Debian's releases, 13, 15, 17 and 18.  A later version
 * is not refused, but nobody has tried one.
 *
 *-------------------------------------------------------------------------
 */
#ifndef PANDELEPHANT_COMPAT_MODULE_H
#define PANDELEPHANT_COMPAT_MODULE_H

#include "utils/guc.h"

#if PG_VERSION_NUM < 130000
#error "pandelephant needs PostgreSQL 13 or later"
#endif

/* Version 15 not only warns of unknown settings with a prefix, but removes them. */
#if PG_VERSION_NUM < 150000
#define MarkGUCPrefixReserved(prefix) EmitWarningsOnPlaceholders(prefix)
#endif

#endif							/* PANDELEPHANT_COMPAT_MODULE_H */
