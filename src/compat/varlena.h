/*-------------------------------------------------------------------------
 *
 * varlena.h
 *		VARDATA() and its kin, which version 16 moved out of postgres.h.
 *
 *-------------------------------------------------------------------------
 */
#ifndef PANDELEPHANT_COMPAT_VARLENA_H
#define PANDELEPHANT_COMPAT_VARLENA_H

#if PG_VERSION_NUM >= 160000
#include "varatt.h"
#endif

#endif							/* PANDELEPHANT_COMPAT_VARLENA_H */
