/*-------------------------------------------------------------------------
 *
 * partition.h
 *		The partitions of a table.
 *
 *-------------------------------------------------------------------------
 */
#ifndef PANDELEPHANT_COMPAT_PARTITION_H
#define PANDELEPHANT_COMPAT_PARTITION_H

#include "catalog/partition.h"
#include "partitioning/partdesc.h"

/*
 * A table's partitions, and the table that one belongs to.  One that is being
 * detached counts as detached for the first, and still has a parent for the
 * second; before version 14 nothing is in between.
 */
#if PG_VERSION_NUM >= 140000
#define get_partitions(table)		RelationGetPartitionDesc(table, true)
#define partition_parent(partition) get_partition_parent(partition, true)
#else
#define get_partitions(table)		RelationGetPartitionDesc(table)
#define partition_parent(partition) get_partition_parent(partition)
#endif

#endif							/* PANDELEPHANT_COMPAT_PARTITION_H */
