/*-------------------------------------------------------------------------
 *
 * transaction.h
 *		The backend's current transaction.
 *
 *-------------------------------------------------------------------------
 */
#ifndef PANDELEPHANT_COMPAT_TRANSACTION_H
#define PANDELEPHANT_COMPAT_TRANSACTION_H

#include "storage/proc.h"

/* The part of a virtual transaction id that changes within a backend. */
#if PG_VERSION_NUM >= 170000
#define my_local_transaction_id()	(MyProc->vxid.lxid)
#else
#define my_local_transaction_id()	(MyProc->lxid)
#endif

#endif							/* PANDELEPHANT_COMPAT_TRANSACTION_H */
