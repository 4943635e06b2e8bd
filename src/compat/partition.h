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
 * A table's partitions, the planner's directory of them, and the table that one belongs
 * to.  One that is being detached counts as detached for the first two, and still has a
 * parent for the last; before version 14 nothing is in between.
 */
#if PG_VERSION_NUM >= 140000
#define get_partitions(table)		RelationGetPartitionDesc(table, true)
#define create_partition_directory(context) CreatePartitionDirectory(context, true)
#define partition_parent(partition) get_partition_parent(partition, true)
#else
#define get_partitions(table)		RelationGetPartitionDesc(table)
#define create_partition_directory(context) CreatePartitionDirectory(context)
#define partition_parent(partition) get_partition_parent(partition)
#endif

#endif							/* PANDELEPHANT_COMPAT_PARTITION_H */
