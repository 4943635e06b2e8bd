/*-------------------------------------------------------------------------
 *
 * code_points.h
 *		The code points of a log.
 *
 *-------------------------------------------------------------------------
 */
#ifndef PANDELEPHANT_CATALOG_CODE_POINTS_H
#define PANDELEPHANT_CATALOG_CODE_POINTS_H

#include "catalog/build/builder.h"

/* Find the code points of a log, when its catalog is finished but for them. */
extern void find_code_points(Builder *builder);

#endif							/* PANDELEPHANT_CATALOG_CODE_POINTS_H */
