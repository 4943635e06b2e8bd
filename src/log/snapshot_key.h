/*-------------------------------------------------------------------------
 *
 * snapshot_key.h
 *		What a snapshot sees, as far as it tells one from another.
 *
 *-------------------------------------------------------------------------
 */
#ifndef PANDELEPHANT_SNAPSHOT_KEY_H
#define PANDELEPHANT_SNAPSHOT_KEY_H

#include "utils/snapshot.h"

/* Two snapshots of a backend with the same key see the same.  Keys have no padding. */
typedef struct SnapshotKey
{
	TransactionId own;			/* or invalid, if the transaction has written nothing */
	TransactionId xmin;
	TransactionId xmax;
	CommandId	command;
	uint64		running;		/* a hash of the transactions that were running */
	uint64		undone;			/* subtransactions that were rolled back before */
} SnapshotKey;

extern SnapshotKey key_of_snapshot(Snapshot snapshot);

extern bool is_same_key(const SnapshotKey *a, const SnapshotKey *b);

#endif							/* PANDELEPHANT_SNAPSHOT_KEY_H */
