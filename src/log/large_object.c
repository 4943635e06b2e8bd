/*-------------------------------------------------------------------------
 *
 * large_object.c
 *		Logs in large objects of the database.
 *
 * pg_largeobject is read here directly, and not by inv_read(): what that has open is
 * closed at the end of a transaction only if large objects were used by SQL.
 *
 * A page of a large object is a row, and writing to a page makes a new version of the
 * row.  No two versions have the same xmin at the same place in the table, so these two
 * numbers of all pages tell one state of a large object from another.  To know them
 * takes a walk over the rows, which costs about a microsecond for each 2 kB; so a
 * backend remembers what it found, as long as its snapshots see the same.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include <errno.h>

#include "access/detoast.h"
#include "access/genam.h"
#include "access/htup_details.h"
#include "access/table.h"
#include "access/xact.h"
#include "catalog/indexing.h"
#include "catalog/pg_largeobject.h"
#include "catalog/pg_largeobject_metadata.h"
#include "common/hashfn.h"
#include "miscadmin.h"
#include "storage/large_object.h"
#include "storage/lmgr.h"
#include "utils/acl.h"
#include "utils/fmgroids.h"
#include "utils/memutils.h"
#include "utils/rel.h"
#include "utils/snapmgr.h"

#include "compat/varlena.h"
#include "log/large_object.h"
#include "log/snapshot_key.h"

/* What names of logs in large objects begin with. */
#define NAME_BEGINNING		"large object "

/* Set in the device of their identities; no file system has such a number. */
#define LARGE_OBJECT_DEVICE	(UINT64CONST(1) << 63)

/* How many rows are read between two checks for interrupts. */
#define ROWS_PER_CHECK		1024

/* A backend remembers the states of so many large objects. */
#define MAX_KNOWN_STATES	256

/* The state of a large object that snapshots with that key see. */
typedef struct KnownState
{
	SnapshotKey snapshot;
	PlogIdentity identity;
} KnownState;

/* A large object that is open. */
typedef struct OpenObject
{
	bool		is_open;
	Oid			object;
	Snapshot	snapshot;		/* of the query that has it open */
	PlogIdentity identity;
} OpenObject;

/* A scan over pages of a large object, in their order. */
typedef struct PageScan
{
	Relation	table;
	Relation	index;
	SysScanDesc scan;
	uint64		rows;
} PageScan;

static KnownState known_states[MAX_KNOWN_STATES];
static int	known_count = 0;

/* Handles are indexes of this array, which grows. */
static OpenObject *open_objects = NULL;
static int	open_capacity = 0;

char *
large_object_name(Oid object)
{
	return psprintf(NAME_BEGINNING "%u", object);
}

bool
parse_large_object(const char *text, Oid *object)
{
	uint64		number = 0;

	/* only as a number is printed, so that each object has one name */
	if (text[0] < '1' || text[0] > '9')
		return false;
	for (const char *at = text; *at != '\0'; at++)
	{
		if (*at < '0' || *at > '9')
			return false;
		number = number * 10 + (uint64) (*at - '0');
		if (number > OID_MAX)
			return false;
	}
	*object = (Oid) number;
	return true;
}

bool
is_large_object_name(const char *name, Oid *object)
{
	return strncmp(name, NAME_BEGINNING, strlen(NAME_BEGINNING)) == 0 &&
		parse_large_object(name + strlen(NAME_BEGINNING), object);
}

bool
is_large_object_identity(const PlogIdentity *identity)
{
	return (identity->device & LARGE_OBJECT_DEVICE) != 0;
}

/*
 * Report a large object that is not as PostgreSQL writes them.
 */
static void
report_bad_page(Oid object, int32 page)
{
	ereport(ERROR,
			(errcode(ERRCODE_DATA_CORRUPTED),
			 errmsg("page %d of large object %u is damaged", page, object)));
}

/*
 * Begin to read the pages from one on.
 */
static void
begin_pages(PageScan *scan, Oid object, int32 first_page, Snapshot snapshot)
{
	ScanKeyData keys[2];

	ScanKeyInit(&keys[0], Anum_pg_largeobject_loid, BTEqualStrategyNumber, F_OIDEQ,
				ObjectIdGetDatum(object));
	ScanKeyInit(&keys[1], Anum_pg_largeobject_pageno, BTGreaterEqualStrategyNumber, F_INT4GE,
				Int32GetDatum(first_page));
	scan->table = table_open(LargeObjectRelationId, AccessShareLock);
	scan->index = index_open(LargeObjectLOidPNIndexId, AccessShareLock);
	scan->scan = systable_beginscan_ordered(scan->table, scan->index, snapshot, lengthof(keys),
											keys);
	scan->rows = 0;
}

static HeapTuple
next_page(PageScan *scan, ScanDirection direction)
{
	if (++scan->rows % ROWS_PER_CHECK == 0)
		CHECK_FOR_INTERRUPTS();
	return systable_getnext_ordered(scan->scan, direction);
}

static void
end_pages(PageScan *scan)
{
	systable_endscan_ordered(scan->scan);
	index_close(scan->index, AccessShareLock);
	table_close(scan->table, AccessShareLock);
}

/*
 * The bytes of a page.  They are to be freed if they are not the tuple's own.
 */
static struct varlena *
bytes_of_page(HeapTuple tuple, bool *is_copy)
{
	Form_pg_largeobject page = (Form_pg_largeobject) GETSTRUCT(tuple);
	struct varlena *bytes = (struct varlena *) &page->data;

	if (HeapTupleHasNulls(tuple))
		report_bad_page(page->loid, page->pageno);
	*is_copy = VARATT_IS_EXTENDED(bytes) && !VARATT_IS_SHORT(bytes);
	if (*is_copy)
		bytes = detoast_attr(bytes);
	if (VARSIZE_ANY_EXHDR(bytes) > LOBLKSIZE)
		report_bad_page(page->loid, page->pageno);
	return bytes;
}

/*
 * Where the last bytes of a page end in the large object.
 */
static uint64
end_of_page(HeapTuple tuple)
{
	Form_pg_largeobject page = (Form_pg_largeobject) GETSTRUCT(tuple);
	Size		bytes;

	if (HeapTupleHasNulls(tuple))
		report_bad_page(page->loid, page->pageno);
	bytes = toast_raw_datum_size(PointerGetDatum(&page->data)) - VARHDRSZ;
	if (bytes > LOBLKSIZE)
		report_bad_page(page->loid, page->pageno);
	return (uint64) page->pageno * LOBLKSIZE + bytes;
}

/*
 * Is there a large object, by the snapshot?
 */
static bool
object_exists(Oid object, Snapshot snapshot)
{
	Relation	table = table_open(LargeObjectMetadataRelationId, AccessShareLock);
	ScanKeyData key;
	SysScanDesc scan;
	bool		exists;

	ScanKeyInit(&key, Anum_pg_largeobject_metadata_oid, BTEqualStrategyNumber, F_OIDEQ,
				ObjectIdGetDatum(object));
	scan = systable_beginscan(table, LargeObjectMetadataOidIndexId, true, snapshot, 1, &key);
	exists = HeapTupleIsValid(systable_getnext(scan));
	systable_endscan(scan);
	table_close(table, AccessShareLock);
	return exists;
}

/*
 * May the current user read the large object, which exists?
 */
static bool
may_read(Oid object, Snapshot snapshot)
{
	return lo_compat_privileges ||
		pg_largeobject_aclcheck_snapshot(object, GetUserId(), ACL_SELECT, snapshot) == ACLCHECK_OK;
}

/*
 * An identity without size and digest.
 */
static PlogIdentity
empty_identity(Oid object)
{
	PlogIdentity identity;

	memset(&identity, 0, sizeof(identity));
	identity.device = LARGE_OBJECT_DEVICE | MyDatabaseId;
	identity.inode = object;
	return identity;
}

/*
 * The state of a large object, if it is known what the snapshot sees, or NULL.
 */
static KnownState *
find_known_state(Oid object, const SnapshotKey *key)
{
	PlogIdentity wanted = empty_identity(object);

	for (int i = 0; i < Min(known_count, MAX_KNOWN_STATES); i++)
	{
		if (known_states[i].identity.inode == wanted.inode &&
			known_states[i].identity.device == wanted.device &&
			is_same_key(&known_states[i].snapshot, key))
			return &known_states[i];
	}
	return NULL;
}

static void
remember_state(const SnapshotKey *key, const PlogIdentity *identity)
{
	KnownState *state;

	if (known_count >= 2 * MAX_KNOWN_STATES)
		known_count = MAX_KNOWN_STATES;
	state = &known_states[known_count++ % MAX_KNOWN_STATES];
	state->snapshot = *key;
	state->identity = *identity;
}

/*
 * Add to a digest which version of a page the snapshot sees.
 */
static uint64
add_version(uint64 digest, HeapTuple tuple)
{
	uint32		version[4];

	version[0] = HeapTupleHeaderGetRawXmin(tuple->t_data);
	version[1] = ItemPointerGetBlockNumber(&tuple->t_self);
	version[2] = ItemPointerGetOffsetNumber(&tuple->t_self);
	version[3] = (uint32) ((Form_pg_largeobject) GETSTRUCT(tuple))->pageno;
	return hash_bytes_extended((const unsigned char *) version, sizeof(version), digest);
}

/*
 * Look at all pages: how large the object is, and which versions of them the snapshot
 * sees.
 */
static PlogIdentity
walk_pages(Oid object, Snapshot snapshot)
{
	PlogIdentity identity = empty_identity(object);
	TransactionId last_xmin = InvalidTransactionId;
	uint64		digest = 0;
	PageScan	scan;
	HeapTuple	tuple;

	begin_pages(&scan, object, 0, snapshot);
	while (HeapTupleIsValid(tuple = next_page(&scan, ForwardScanDirection)))
	{
		TransactionId xmin = HeapTupleHeaderGetRawXmin(tuple->t_data);

		digest = add_version(digest, tuple);
		if (xmin != last_xmin && TransactionIdIsCurrentTransactionId(xmin))
			identity.look = GetTopTransactionIdIfAny();
		last_xmin = xmin;
		identity.size = end_of_page(tuple);
	}
	end_pages(&scan);

	/* 0 means that it is not known */
	identity.mtime = digest == 0 ? 1 : (int64) digest;
	return identity;
}

/*
 * The state in which the snapshot sees the large object.
 */
static PlogIdentity
look_at_object(Oid object, Snapshot snapshot)
{
	SnapshotKey key = key_of_snapshot(snapshot);
	const KnownState *known = find_known_state(object, &key);
	PlogIdentity identity;

	if (known != NULL)
		return known->identity;
	identity = walk_pages(object, snapshot);
	remember_state(&key, &identity);
	return identity;
}

void
large_object_believe(const PlogIdentity *identity)
{
	SnapshotKey key = key_of_snapshot(GetActiveSnapshot());

	if (find_known_state((Oid) identity->inode, &key) == NULL)
		remember_state(&key, identity);
}

/*
 * Find the size by the last page.
 */
static void
look_at_last_page(Oid object, Snapshot snapshot, PlogIdentity *identity)
{
	PageScan	scan;
	HeapTuple	tuple;

	begin_pages(&scan, object, 0, snapshot);
	tuple = next_page(&scan, BackwardScanDirection);
	if (HeapTupleIsValid(tuple))
	{
		identity->size = end_of_page(tuple);
		if (TransactionIdIsCurrentTransactionId(HeapTupleHeaderGetRawXmin(tuple->t_data)))
			identity->look = GetTopTransactionIdIfAny();
	}
	end_pages(&scan);
}

bool
large_object_peek(Oid object, PlogIdentity *identity)
{
	Snapshot	snapshot = ActiveSnapshotSet() ? GetActiveSnapshot() : GetTransactionSnapshot();
	SnapshotKey key = key_of_snapshot(snapshot);
	const KnownState *known = find_known_state(object, &key);

	if (!object_exists(object, snapshot) || !may_read(object, snapshot))
		return false;
	*identity = known != NULL ? known->identity : empty_identity(object);
	if (known == NULL)
		look_at_last_page(object, snapshot, identity);
	return true;
}

void
large_object_keep(Oid object)
{
	/* what removes one takes an AccessExclusiveLock */
	LockDatabaseObject(LargeObjectRelationId, object, 0, AccessShareLock);
	if (!LargeObjectExists(object))
		ereport(ERROR,
				(errcode(ERRCODE_UNDEFINED_OBJECT),
				 errmsg("large object %u does not exist", object)));
}

int64
large_object_version(Oid object)
{
	const ScanDirection directions[] = {ForwardScanDirection, BackwardScanDirection};
	uint64		digest = 0;

	for (int i = 0; i < (int) lengthof(directions); i++)
	{
		PageScan	scan;
		HeapTuple	tuple;

		begin_pages(&scan, object, 0, GetActiveSnapshot());
		tuple = next_page(&scan, directions[i]);
		if (HeapTupleIsValid(tuple))
			digest = add_version(digest, tuple);
		end_pages(&scan);
	}
	return (int64) digest;
}

/*
 * A handle that is free.
 */
static int
free_handle(void)
{
	Size		bytes;

	for (int i = 0; i < open_capacity; i++)
	{
		if (!open_objects[i].is_open)
			return i;
	}
	bytes = sizeof(OpenObject) * (Size) (open_capacity + 16);
	open_objects = open_objects == NULL ? MemoryContextAlloc(TopMemoryContext, bytes) :
		repalloc(open_objects, bytes);
	memset(open_objects + open_capacity, 0, sizeof(OpenObject) * 16);
	open_capacity += 16;
	return open_capacity - 16;
}

PlogIdentity
large_object_identify(Oid object)
{
	Snapshot	snapshot = GetActiveSnapshot();

	if (!object_exists(object, snapshot))
		ereport(ERROR,
				(errcode(ERRCODE_UNDEFINED_OBJECT),
				 errmsg("large object %u does not exist", object)));
	if (!may_read(object, snapshot))
		ereport(ERROR,
				(errcode(ERRCODE_INSUFFICIENT_PRIVILEGE),
				 errmsg("permission denied for large object %u", object),
				 errdetail("To read the log, one must have the right to read the large object.")));
	return look_at_object(object, snapshot);
}

static int
open_object(const char *name)
{
	Oid			object = InvalidOid;
	PlogIdentity identity;
	int			handle;

	(void) is_large_object_name(name, &object);
	identity = large_object_identify(object);
	handle = free_handle();
	open_objects[handle].is_open = true;
	open_objects[handle].object = object;
	open_objects[handle].snapshot = GetActiveSnapshot();
	open_objects[handle].identity = identity;
	return handle;
}

static PlogStatus
identify_object(int handle, PlogIdentity *identity, PlogError *error pg_attribute_unused())
{
	*identity = open_objects[handle].identity;
	return PLOG_OK;
}

/*
 * Copy the part of a page that lies in the range of bytes from start to end, to where it
 * belongs behind the bytes that are done.  Returns how many are done then.
 */
static Size
copy_page(HeapTuple tuple, uint64 start, uint64 end, char *data, Size done)
{
	uint64		page_start = (uint64) ((Form_pg_largeobject) GETSTRUCT(tuple))->pageno * LOBLKSIZE;
	bool		is_copy;
	struct varlena *bytes = bytes_of_page(tuple, &is_copy);
	uint64		page_end = Min(page_start + VARSIZE_ANY_EXHDR(bytes), end);
	uint64		from = Max(page_start, start);

	if (from < page_end)
	{
		/* what was never written are zeros */
		memset(data + done, 0, from - start - done);
		memcpy(data + (from - start), VARDATA_ANY(bytes) + (from - page_start), page_end - from);
		done = page_end - start;
	}
	if (is_copy)
		pfree(bytes);
	return done;
}

static ssize_t
read_object(int handle, void *data, size_t length, uint64_t position)
{
	const OpenObject *opened = &open_objects[handle];
	uint64		size = opened->identity.size;
	uint64		end = position + Min(length, size - Min(position, size));
	Size		done = 0;
	PageScan	scan;
	HeapTuple	tuple;

	if (position >= end)
		return 0;
	begin_pages(&scan, opened->object, (int32) (position / LOBLKSIZE), opened->snapshot);
	while (position + done < end &&
		   HeapTupleIsValid(tuple = next_page(&scan, ForwardScanDirection)))
	{
		if ((uint64) ((Form_pg_largeobject) GETSTRUCT(tuple))->pageno * LOBLKSIZE >= end)
			break;
		done = copy_page(tuple, position, end, data, done);
	}
	end_pages(&scan);
	memset((char *) data + done, 0, end - position - done);
	return (ssize_t) (end - position);
}

static void
close_object(int handle)
{
	open_objects[handle].is_open = false;
}

const PlogSource large_objects = {open_object, identify_object, read_object, close_object};
