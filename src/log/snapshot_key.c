/*-------------------------------------------------------------------------
 *
 * snapshot_key.c
 *		What a snapshot sees, as far as it tells one from another.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "access/xact.h"
#include "common/hashfn.h"

#include "log/snapshot_key.h"

static uint64 undone_subtransactions = 0;

/*
 * What a subtransaction has written is gone when it is rolled back, and no snapshot
 * shows that: the number of the command stays.
 */
static void
count_undone(SubXactEvent event, SubTransactionId id pg_attribute_unused(),
			 SubTransactionId parent pg_attribute_unused(), void *unused pg_attribute_unused())
{
	if (event == SUBXACT_EVENT_ABORT_SUB)
		undone_subtransactions++;
}

SnapshotKey
key_of_snapshot(Snapshot snapshot)
{
	static bool is_counting = false;
	uint64		flags = (snapshot->suboverflowed ? 1 : 0) | (snapshot->takenDuringRecovery ? 2 : 0);
	SnapshotKey key;

	if (!is_counting)
		RegisterSubXactCallback(count_undone, NULL);
	is_counting = true;
	memset(&key, 0, sizeof(key));
	key.own = GetTopTransactionIdIfAny();
	key.xmin = snapshot->xmin;
	key.xmax = snapshot->xmax;
	key.command = TransactionIdIsValid(key.own) ? snapshot->curcid : 0;
	key.running = hash_bytes_extended((const unsigned char *) snapshot->xip,
									  (int) (snapshot->xcnt * sizeof(TransactionId)), flags);
	key.running = hash_bytes_extended((const unsigned char *) snapshot->subxip,
									  (int) (Max(snapshot->subxcnt, 0) * sizeof(TransactionId)),
									  key.running);
	key.undone = undone_subtransactions;
	return key;
}

bool
is_same_key(const SnapshotKey *a, const SnapshotKey *b)
{
	return memcmp(a, b, sizeof(*a)) == 0;
}
