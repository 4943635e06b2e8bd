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
 * Therefore a plan notes the partitions that there are when it is made, and a scan leaves
 * out only the executions whose partitions are among them.  The logs of others are read.
 *
 *-------------------------------------------------------------------------
 */
#ifndef PANDELEPHANT_REGISTRY_NATIVE_H
#define PANDELEPHANT_REGISTRY_NATIVE_H

#include "nodes/pathnodes.h"
#include "utils/relcache.h"

#include "relations/relation.h"

/*
 * The native tables, a list of Oids, of a relation of the library whose registry is given,
 * as far as they have partitions.
 */
extern List *find_native_tables(Oid registry, const PlogRelation *relation);

/*
 * The partitions of native tables, a list of Oids, as a plan that is being made knows them.
 */
extern List *find_native_partitions(PlannerInfo *root, const List *tables);

/*
 * Does a plan that noted these partitions read an execution, which is native, from the
 * tables?  It does where they have no partitions.
 */
extern bool plan_reads_native(const List *tables, const List *noted, int64 execution_id);

/*
 * The partition of a table, which is partitioned by lists of execution_id, that holds an
 * execution, or InvalidOid; its number in the table's descriptor, unless that is NULL.
 */
extern Oid	partition_of_execution(Relation table, int64 execution_id, int *number);

#endif							/* PANDELEPHANT_REGISTRY_NATIVE_H */
