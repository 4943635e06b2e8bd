/*-------------------------------------------------------------------------
 *
 * registry_native.h
 *		Which executions of a library a query reads from native tables.
 *
 * The registry says which relations of an execution are in native tables.  A scan of
 * the library's logs leaves those out, as the library's view reads them from there.
 * But a partition that was attached after a query was planned is not in its plan, even
 * if the query's snapshot has the registry's word that the execution was moved; and a
 * partition that was dropped is lost even to an older snapshot that has this word.
 *
 * Therefore a plan notes the partitions of the native tables that the query reads too,
 * and a scan leaves out an execution only if it is in one of these which is as old as
 * the snapshot: such a partition has held the rows, if any did, for that snapshot.  The
 * logs of others are read.  Where the query reads no native table that has partitions,
 * the registry's word holds.
 *
 *-------------------------------------------------------------------------
 */
#ifndef PANDELEPHANT_REGISTRY_NATIVE_H
#define PANDELEPHANT_REGISTRY_NATIVE_H

#include "nodes/pathnodes.h"
#include "utils/relcache.h"
#include "utils/snapshot.h"

#include "relations/relation.h"

/* Native tables that have partitions, and the partitions that a plan knows: lists of Oids. */
typedef struct NativeTables
{
	List	   *tables;
	List	   *partitions;
} NativeTables;

/*
 * Find the native tables of a relation of a library, by its registry, that the query
 * reads which is being planned.
 */
extern NativeTables find_native_tables(PlannerInfo *root, Oid registry,
									   const PlogRelation *relation);

extern NativeTables join_native_tables(const NativeTables *a, const NativeTables *b);

/* What was found out of the partition that was looked at last. */
typedef struct KnownPartition
{
	Oid			partition;
	bool		is_read;
} KnownPartition;

/*
 * Does a query with these native tables read a relation of an execution from them, which
 * is native by the registry as the snapshot shows it?
 */
extern bool query_reads_native(const NativeTables *native, KnownPartition *known,
							   const PlogRelation *relation, int64 execution_id,
							   Snapshot snapshot);

/*
 * The partition of a table, which is partitioned by lists of execution_id, that holds an
 * execution, or InvalidOid; its number in the table's descriptor, unless that is NULL.
 */
extern Oid	partition_of_execution(Relation table, int64 execution_id, int *number);

/*
 * The table that column execution_id of a table refers to: of a library's tables, the
 * registry.  Invalid if it refers to none.  No lock is kept.
 */
extern Oid	table_of_executions(Oid table);

#endif							/* PANDELEPHANT_REGISTRY_NATIVE_H */
