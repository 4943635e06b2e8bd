/*-------------------------------------------------------------------------
 *
 * plain.h
 *		Native tables of the layout "plain": without partitions, for Citus.
 *
 * All that is done to them is SQL that an extension which distributes tables sees:
 * CREATE TABLE, INSERT ... SELECT, DELETE, UPDATE.  Every key has execution_id in it,
 * so that the tables can be distributed by it.  Therefore the names of executions
 * have no unique key; who adds one holds a lock on the table executions.
 *
 *-------------------------------------------------------------------------
 */
#ifndef PANDELEPHANT_PLAIN_H
#define PANDELEPHANT_PLAIN_H

#include "materialize/build.h"

/*
 * Give a plain table, which is empty, its foreign keys and indexes, once all tables
 * are there.
 */
extern void finish_plain_table(const NativeTarget *target, const PlogRelation *relation);

/*
 * Copy the relations into the tables, whose execution has its row in executions by
 * now.
 */
extern void load_plain_tables(Materialization *copy);

/*
 * Update an execution's row to what the source has; returns how many rows that were.
 */
extern uint64 update_plain_execution(const Materialization *copy);

#endif							/* PANDELEPHANT_PLAIN_H */
