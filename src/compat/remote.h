/*-------------------------------------------------------------------------
 *
 * remote.h
 *		What differs between versions in foreign tables of postgres_fdw.
 *
 *-------------------------------------------------------------------------
 */
#ifndef PANDELEPHANT_COMPAT_REMOTE_H
#define PANDELEPHANT_COMPAT_REMOTE_H

/* The options that have many rows fetched, and several servers asked at a time. */
#if PG_VERSION_NUM >= 140000
#define OPTIONS_OF_REMOTE_TABLE		"fetch_size '10000', async_capable 'true'"
#else
#define OPTIONS_OF_REMOTE_TABLE		"fetch_size '10000'"
#endif

#endif							/* PANDELEPHANT_COMPAT_REMOTE_H */
