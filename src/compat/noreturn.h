/*-------------------------------------------------------------------------
 *
 * noreturn.h
 *		pg_noreturn, which version 18 introduced.
 *
 *-------------------------------------------------------------------------
 */
#ifndef PANDELEPHANT_COMPAT_NORETURN_H
#define PANDELEPHANT_COMPAT_NORETURN_H

#if PG_VERSION_NUM < 180000
#define pg_noreturn	pg_attribute_noreturn()
#endif

#endif							/* PANDELEPHANT_COMPAT_NORETURN_H */
