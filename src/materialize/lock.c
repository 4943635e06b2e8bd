/*-------------------------------------------------------------------------
 *
 * lock.c
 *		What sessions that change a target schema wait for.
 *
 * There are two kinds of locks, all of them in PostgreSQL's lock queues, so that
 * waiting can be cancelled, shows in pg_locks and costs no transaction ids.
 *
 * Locks of the target: a session that loads, replaces, drops or changes tables
 * holds some of these to the end of its transaction.  They are heavyweight locks
 * on the schema with a subobject number that PostgreSQL never uses for a schema.
 * Advisory locks would not do, because any user can take them and block us.
 *
 * Locks of tables: to detach and drop partitions takes AccessExclusiveLock on many
 * tables.  A query that reads several of them locks them one after the other, in
 * any order, so waiting for one table while holding another could deadlock.
 * Therefore all are tried without waiting; if one is not available, the others are
 * released, that one is waited for with no other held, and all are tried again.
 * PostgreSQL has no lock request for several objects that would do this.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "access/genam.h"
#include "access/htup_details.h"
#include "access/table.h"
#include "catalog/namespace.h"
#include "catalog/pg_constraint.h"
#include "catalog/pg_inherits.h"
#include "catalog/pg_namespace.h"
#include "miscadmin.h"
#include "storage/lock.h"
#include "utils/inval.h"
#include "utils/lsyscache.h"

#include "compat/partition.h"
#include "materialize/lock.h"
#include "relations/list.h"

/* The locks of a target, as numbers of parts of the schema, which has no parts. */
enum TargetLock
{
	LOCK_LOADS = 1,				/* shared by those that load; a change excludes them */
	LOCK_REPLACEMENTS,			/* held by those that replace or drop an execution */
	LOCK_SOURCE					/* with the source: held by those that load from it */
};

/*
 * The tag of a lock of the target schema, which exists.
 */
static LOCKTAG
tag_of_target(const NativeTarget *target, enum TargetLock lock)
{
	LOCKTAG		tag;

	SET_LOCKTAG_OBJECT(tag, MyDatabaseId, NamespaceRelationId, get_namespace_oid(target->schema, false), lock);
	return tag;
}

/*
 * Wait for a lock, which is held until the end of the transaction, and see what
 * its previous holder changed in the catalogs.
 */
static void
wait_for_lock(const LOCKTAG *tag, LOCKMODE mode)
{
	(void) LockAcquire(tag, mode, false, false);
	AcceptInvalidationMessages();
}

void
wait_for_source(const NativeTarget *target, const char *source)
{
	LOCKTAG		tag;

	/* the class and the object of the tag are the two schemas */
	SET_LOCKTAG_OBJECT(tag, MyDatabaseId, get_namespace_oid(target->schema, false),
					   get_namespace_oid(source, false), LOCK_SOURCE);
	wait_for_lock(&tag, ExclusiveLock);
}

void
wait_for_replacements(const NativeTarget *target)
{
	LOCKTAG		tag = tag_of_target(target, LOCK_REPLACEMENTS);

	wait_for_lock(&tag, ExclusiveLock);
}

void
wait_for_changes(const NativeTarget *target)
{
	LOCKTAG		tag = tag_of_target(target, LOCK_LOADS);

	wait_for_lock(&tag, ShareLock);
}

/*
 * Other tables that refer to one of the tables by a foreign key, in the order of
 * their Oids.
 */
static List *
referring_tables(const List *tables)
{
	Relation	catalog = table_open(ConstraintRelationId, AccessShareLock);
	SysScanDesc scan = systable_beginscan(catalog, InvalidOid, false, NULL, 0, NULL);
	List	   *referring = NIL;
	HeapTuple	tuple;

	while (HeapTupleIsValid(tuple = systable_getnext(scan)))
	{
		Form_pg_constraint constraint = (Form_pg_constraint) GETSTRUCT(tuple);

		CHECK_FOR_INTERRUPTS();
		if (constraint->contype == CONSTRAINT_FOREIGN &&
			list_member_oid(tables, constraint->confrelid) &&
			!list_member_oid(tables, constraint->conrelid) &&
			!(get_rel_relispartition(constraint->conrelid) &&
			  list_member_oid(tables, partition_parent(constraint->conrelid))))
			referring = list_append_unique_oid(referring, constraint->conrelid);
	}
	systable_endscan(scan);
	table_close(catalog, AccessShareLock);
	list_sort(referring, list_oid_cmp);
	return referring;
}

/*
 * Add the lock of a table to the list.
 */
static List *
with_table_lock(List *tags, Oid table)
{
	LOCKTAG    *tag = palloc0(sizeof(LOCKTAG));

	SET_LOCKTAG_RELATION(*tag, MyDatabaseId, table);
	return lappend(tags, tag);
}

/*
 * The locks that a change to an execution needs: that of loads, and those of the
 * native tables, of the execution's partitions, and of users' tables that refer
 * to any of these, since PostgreSQL will lock them.  A change of the tables
 * themselves also needs those of the views and of all partitions.
 */
static List *
locks_of_change(const NativeTarget *target, bool changes_tables)
{
	LOCKTAG    *loads = palloc(sizeof(LOCKTAG));
	List	   *tags;
	List	   *tables = NIL;
	ListCell   *cell;

	*loads = tag_of_target(target, LOCK_LOADS);
	tags = list_make1(loads);
	for (int i = 0; i < relation_count; i++)
	{
		Oid			table = native_table_oid(target, relations[i]);
		Oid			partition;
		bool		is_shared;

		if (!OidIsValid(table) || (relations[i]->native.kind == NATIVE_VIEW && !changes_tables))
			continue;
		tables = lappend_oid(tables, table);
		partition = partition_oid(target, relations[i], &is_shared);
		if (changes_tables)
			tables = list_concat(tables, find_inheritance_children(table, NoLock));
		else if (OidIsValid(partition))
			tables = lappend_oid(tables, partition);
	}
	tables = list_concat(tables, referring_tables(tables));
	foreach(cell, tables)
		tags = with_table_lock(tags, lfirst_oid(cell));
	return tags;
}

static void
release_locks(List *tags, int count)
{
	for (int i = 0; i < count; i++)
		LockRelease(list_nth(tags, i), AccessExclusiveLock, false);
}

/*
 * Try to take all locks without waiting.  The lock at the place "held", if it is
 * not -1, is held already.  Returns -1 if all are held now; otherwise the place of
 * the first that was not available, and none is held.
 */
static int
try_locks(List *tags, int held)
{
	for (int i = 0; i < list_length(tags); i++)
	{
		if (i == held ||
			LockAcquire(list_nth(tags, i), AccessExclusiveLock, false, true) != LOCKACQUIRE_NOT_AVAIL)
			continue;
		release_locks(tags, i);
		if (held > i)
			LockRelease(list_nth(tags, held), AccessExclusiveLock, false);
		return i;
	}
	return -1;
}

static bool
are_same_locks(const List *a, const List *b)
{
	if (list_length(a) != list_length(b))
		return false;
	for (int i = 0; i < list_length(a); i++)
	{
		if (memcmp(list_nth(a, i), list_nth(b, i), sizeof(LOCKTAG)) != 0)
			return false;
	}
	return true;
}

/*
 * After a lock that was not available has been waited for, the others are tried
 * again.
 */
void
lock_for_change(const NativeTarget *target, bool changes_tables)
{
	List	   *tags;
	bool		is_locked = false;

	do
	{
		int			missing = -1;

		tags = locks_of_change(target, changes_tables);
		while ((missing = try_locks(tags, missing)) >= 0)
		{
			CHECK_FOR_INTERRUPTS();
			(void) LockAcquire(list_nth(tags, missing), AccessExclusiveLock, false, false);
		}
		AcceptInvalidationMessages();

		/* a table may have been added before the locks were held */
		is_locked = are_same_locks(tags, locks_of_change(target, changes_tables));
		if (!is_locked)
			release_locks(tags, list_length(tags));
	} while (!is_locked);
}

bool
try_to_lock_for_change(const NativeTarget *target)
{
	List	   *tags = locks_of_change(target, false);

	if (try_locks(tags, -1) >= 0)
		return false;
	AcceptInvalidationMessages();
	if (are_same_locks(tags, locks_of_change(target, false)))
		return true;
	release_locks(tags, list_length(tags));
	return false;
}
