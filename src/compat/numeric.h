/*-------------------------------------------------------------------------
 *
 * numeric.h
 *		Making numerics.
 *
 *-------------------------------------------------------------------------
 */
#ifndef PANDELEPHANT_COMPAT_NUMERIC_H
#define PANDELEPHANT_COMPAT_NUMERIC_H

#include "fmgr.h"
#include "utils/builtins.h"
#include "utils/numeric.h"

#if PG_VERSION_NUM < 140000
#define int64_to_numeric(value) \
	DatumGetNumeric(DirectFunctionCall1(int8_numeric, Int64GetDatum(value)))
#endif

#endif							/* PANDELEPHANT_COMPAT_NUMERIC_H */
