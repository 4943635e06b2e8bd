/*-------------------------------------------------------------------------
 *
 * partition.h
 *		The partitions of an execution: making, completing, attaching, dropping them.
 *
 *-------------------------------------------------------------------------
 */
#ifndef PANDELEPHANT_PARTITION_H
#define PANDELEPHANT_PARTITION_H

#include "materialize/load.h"
#include "materialize/native.h"

/*
 * Create an empty partition for the execution, with all columns but without keys
 * and indexes, and not attached.
 */
extern Oid	create_partition(const NativeTarget *target, const PlogRelation *relation);

/*
 * Likewise for several executions; the condition says which.
 */
extern Oid	create_partition_for(const NativeTarget *target, const PlogRelation *relation,
								 const char *name, const char *condition);

/*
 * Give a partition its primary key, and its foreign keys to others of these
 * partitions of the execution.
 */
extern void add_primary_key(const LoadedPartition *partition);
extern void add_foreign_keys(const LoadedPartition *partition,
							 const LoadedPartition *partitions, int count);

/*
 * Rebuild the indexes of a table that load_partitions() loaded.
 */
extern void rebuild_indexes(Oid table);

/*
 * Find the longest text of a partition that was not loaded by load_partitions().
 */
extern void find_longest_text(LoadedPartition *partition);

/*
 * Give a loaded partition its indexes.
 */
extern void index_partition(const NativeTarget *target, const LoadedPartition *loaded);

/*
 * Index only the beginning of the texts that a partition has an index of.
 */
extern void add_short_text_index(const LoadedPartition *partition);

/*
 * Make a complete partition part of its relation's table: one for the execution, or
 * one for several, which are listed.
 */
extern void attach_partition(const NativeTarget *target, const LoadedPartition *loaded);
extern void attach_partition_for(const NativeTarget *target, const LoadedPartition *loaded,
								 const char *execution_ids);

/*
 * Detach and drop all partitions of the execution, which are its own, but leave its
 * row in executions.  Never cascades.
 */
extern void drop_partitions(const NativeTarget *target);

#endif							/* PANDELEPHANT_PARTITION_H */
