/*-------------------------------------------------------------------------
 *
 * views.h
 *		What differs between versions in making views.
 *
 *-------------------------------------------------------------------------
 */
#ifndef PANDELEPHANT_COMPAT_VIEWS_H
#define PANDELEPHANT_COMPAT_VIEWS_H

/* What has a view read its tables with the rights of who asks, if anything can. */
#if PG_VERSION_NUM >= 150000
#define VIEW_OF_INVOKER " WITH (security_invoker = true)"
#else
#define VIEW_OF_INVOKER ""
#endif

#endif							/* PANDELEPHANT_COMPAT_VIEWS_H */
