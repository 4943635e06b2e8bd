/*-------------------------------------------------------------------------
 *
 * load.c
 *		Loading an execution's partitions in one pass over its log.
 *
 * Every chunk is inflated once and read by each relation that has rows in it.
 * Rows are inserted into the partitions in batches, by table_multi_insert(), which
 * fires no triggers, checks no constraints and feeds no indexes; can_load() tells
 * whether a table can do without.  The indexes of a new partition are built later,
 * those of one that is shared with other executions get the entries of each batch.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "access/genam.h"
#include "access/heapam.h"
#include "access/htup_details.h"
#include "access/table.h"
#include "access/tableam.h"
#include "access/xact.h"
#include "catalog/pg_am.h"
#include "catalog/pg_inherits.h"
#include "commands/trigger.h"
#include "executor/tuptable.h"
#include "miscadmin.h"
#include "utils/memutils.h"
#include "utils/rel.h"

#include "compat/index_insert.h"
#include "compat/progress.h"
#include "compat/varlena.h"
#include "materialize/load.h"
#include "log/chunk.h"
#include "relations/chunks.h"
#include "relations/relation_read.h"

/* A batch is inserted when it has so many rows or bytes, as in COPY. */
#define BATCH_ROWS		1000
#define BATCH_BYTES		65536

/* A partition while it is loaded. */
typedef struct PartitionLoad
{
	LoadedPartition *loaded;
	Relation	table;
	RelationScan *scan;
	BulkInsertState bulk_insert;
	ResultRelInfo *indexed;		/* the table and its indexes, if these get entries now; or NULL */
	int			columns[MAX_COLUMNS];	/* of the relation, by the table's attributes */
	bool		is_in_order;	/* they are the same */
	int			text_column;	/* with the text_index, or -1 */

	/* the batch: rows to be inserted */
	TupleTableSlot *slots[BATCH_ROWS];	/* made when first needed */
	int			row_count;
	Size		bytes;
} PartitionLoad;

typedef struct Load
{
	PlogFile   *file;
	PlogBuffer *inflated;		/* the current chunk */
	CommandId	command;
	MemoryContext batch_context;	/* reset after every batch */
	EState	   *state;			/* that index entries are formed with */
	uint64		rows;			/* inserted */
	PartitionLoad *partitions;
	int			count;
} Load;

static bool
attribute_is_plain(FormData_pg_attribute *attribute, const PlogRelation *relation)
{
	int			column = find_column(relation, NameStr(attribute->attname));

	return !attribute->attisdropped && column >= 0 &&
		attribute->atttypid == column_type_oid(relation->columns[column].type) &&
		attribute->atttypmod == -1 &&
		!attribute->atthasdef && attribute->attidentity == '\0' &&
		attribute->attgenerated == '\0' &&
		(!attribute->attnotnull || relation->columns[column].is_never_null);
}

/*
 * Are a table's triggers only those of foreign keys, and does it refer to none but some
 * tables?  Then rows of the log meet them.
 */
static bool
has_only_foreign_key_triggers(Relation table, const List *referenced)
{
	for (int i = 0; table->trigdesc != NULL && i < table->trigdesc->numtriggers; i++)
	{
		const Trigger *trigger = &table->trigdesc->triggers[i];
		int			kind = RI_FKey_trigger_type(trigger->tgfoid);

		if (kind == RI_TRIGGER_NONE ||
			(kind == RI_TRIGGER_FK && !list_member_oid(referenced, trigger->tgconstrrelid)))
			return false;
	}
	return true;
}

/*
 * Are a table's indexes such that an entry can be made with each row: whole, and none
 * that checks its keys later?
 */
static bool
has_only_immediate_indexes(Relation table)
{
	List	   *indexes = RelationGetIndexList(table);
	ListCell   *cell;
	bool		is_plain = true;

	foreach(cell, indexes)
	{
		Relation	index = index_open(lfirst_oid(cell), AccessShareLock);

		is_plain &= index->rd_index->indimmediate && !index->rd_index->indisexclusion &&
			index->rd_index->indisready;
		index_close(index, NoLock);
	}
	return is_plain;
}

/*
 * Has a table just the relation's columns, in any order, and is it otherwise what
 * create_partition() makes?  All rows meet the one check constraint of a new one.
 */
static bool
table_is_plain(Relation table, const PlogRelation *relation, bool is_new, const List *referenced)
{
	TupleDesc	descriptor = RelationGetDescr(table);
	Form_pg_class form = table->rd_rel;

	if (form->relkind != RELKIND_RELATION || form->relam != HEAP_TABLE_AM_OID ||
		(is_new && (form->relhasindex || form->relhastriggers)) ||
		!has_only_foreign_key_triggers(table, referenced) || !has_only_immediate_indexes(table) ||
		form->relhasrules || form->relrowsecurity ||
		descriptor->constr == NULL || descriptor->constr->num_check != (is_new ? 1 : 0) ||
		descriptor->natts != relation->column_count)
		return false;
	for (int i = 0; i < descriptor->natts; i++)
	{
		if (!attribute_is_plain(TupleDescAttr(descriptor, i), relation))
			return false;
	}
	return true;
}

bool
can_load(const LoadedPartition *partition, Oid source, const List *referenced)
{
	Relation	opened = table_open(partition->table, AccessShareLock);
	bool		is_plain = table_is_plain(opened, partition->relation, partition->is_new, referenced);

	table_close(opened, NoLock);

	/* a query of the source would also return the rows of tables that inherit from it */
	return is_plain && !has_subclass(source);
}

/*
 * A table that held rows before may have room among them.
 */
static int
insert_options(const PartitionLoad *partition)
{
	return partition->loaded->is_new ? TABLE_INSERT_SKIP_FSM : 0;
}

/*
 * Enter the rows of a partition's batch into the partition's indexes.
 */
static void
insert_batch_into_indexes(Load *load, PartitionLoad *partition)
{
	for (int i = 0; i < partition->row_count; i++)
	{
		insert_index_entries(partition->indexed, partition->slots[i], load->state);
		ResetPerTupleExprContext(load->state);
	}
}

/*
 * Insert the rows of a partition's batch.
 */
static void
insert_batch(Load *load, PartitionLoad *partition)
{
	MemoryContext caller;

	if (partition->row_count == 0)
		return;
	CHECK_FOR_INTERRUPTS();
	caller = MemoryContextSwitchTo(load->batch_context);
	table_multi_insert(partition->table, partition->slots, partition->row_count, load->command,
					   insert_options(partition), partition->bulk_insert);
	if (partition->indexed != NULL)
		insert_batch_into_indexes(load, partition);
	for (int i = 0; i < partition->row_count; i++)
		ExecClearTuple(partition->slots[i]);
	MemoryContextSwitchTo(caller);
	MemoryContextReset(load->batch_context);

	partition->loaded->row_count += partition->row_count;
	load->rows += partition->row_count;
	partition->row_count = 0;
	partition->bytes = 0;
	report_copied_rows(load->rows);
}

/*
 * Find out which of the relation's columns each attribute of the table is.  The
 * order differs in tables of an earlier version, which got some columns later.
 */
static void
map_columns(PartitionLoad *partition)
{
	TupleDesc	descriptor = RelationGetDescr(partition->table);

	partition->is_in_order = true;
	for (int i = 0; i < descriptor->natts; i++)
	{
		partition->columns[i] = find_column(partition->loaded->relation,
											NameStr(TupleDescAttr(descriptor, i)->attname));
		partition->is_in_order &= partition->columns[i] == i;
	}
}

/*
 * The scan's current row as a tuple of the table.
 */
static HeapTuple
form_row(const PartitionLoad *partition)
{
	const RelationScan *scan = partition->scan;
	TupleDesc	descriptor = RelationGetDescr(partition->table);
	Datum		values[MAX_COLUMNS];
	bool		nulls[MAX_COLUMNS];

	if (partition->is_in_order)
		return heap_form_tuple(descriptor, scan->row.values, scan->row.nulls);
	for (int i = 0; i < descriptor->natts; i++)
	{
		values[i] = scan->row.values[partition->columns[i]];
		nulls[i] = scan->row.nulls[partition->columns[i]];
	}
	return heap_form_tuple(descriptor, values, nulls);
}

/*
 * Add the scan's current row to its partition's batch.
 */
static void
add_row(PartitionLoad *partition)
{
	TupleDesc	descriptor = RelationGetDescr(partition->table);
	HeapTuple	tuple = form_row(partition);
	TupleTableSlot **slot = &partition->slots[partition->row_count++];

	if (*slot == NULL)
		*slot = MakeSingleTupleTableSlot(descriptor, &TTSOpsHeapTuple);

	/* the slot owns the tuple, so that the insertion makes no copy */
	ExecStoreHeapTuple(tuple, *slot, true);
	partition->bytes += tuple->t_len;
}

/*
 * Note the length of a text that will be indexed.
 */
static void
note_text(PartitionLoad *partition)
{
	const RelationScan *scan = partition->scan;

	if (partition->text_column >= 0 && !scan->row.nulls[partition->text_column])
	{
		const struct varlena *text =
			(const struct varlena *) DatumGetPointer(scan->row.values[partition->text_column]);

		partition->loaded->longest_text = Max(partition->loaded->longest_text,
											  VARSIZE_ANY_EXHDR(text));
	}
}

/*
 * Load the rows that the partition's scan has left.
 */
static void
load_rows(Load *load, PartitionLoad *partition)
{
	while (relation_next(partition->scan))
	{
		note_text(partition);
		add_row(partition);
		if (partition->row_count == BATCH_ROWS || partition->bytes >= BATCH_BYTES)
			insert_batch(load, partition);
	}
}

/*
 * May the relation have rows in a chunk?
 */
static bool
may_have_rows_in_chunk(const RelationScan *scan, uint64 chunk)
{
	if (!scan->relation->reads_chunks || scan->file->reader.chunks[chunk].entries == 0)
		return false;
	return scan->catalog == NULL || scan->relation->count_in_chunk == NULL ||
		scan->relation->count_in_chunk(&scan->catalog->chunks[chunk]) > 0;
}

/*
 * Load the rows of all relations in a chunk.
 */
static void
load_chunk(Load *load, uint64 chunk)
{
	bool		is_read = false;

	for (int i = 0; i < load->count; i++)
	{
		PartitionLoad *partition = &load->partitions[i];

		if (!may_have_rows_in_chunk(partition->scan, chunk))
			continue;
		if (!is_read)
			plog_file_read_chunk(load->file, chunk, load->inflated);
		is_read = true;
		relation_enter_chunk(partition->scan, chunk, load->inflated);
		load_rows(load, partition);
	}
}

static void
begin_partition(Load *load, PartitionLoad *partition, LoadedPartition *loaded,
				const ExecutionOptions *execution)
{
	const PlogRelation *relation = loaded->relation;

	partition->loaded = loaded;
	partition->table = table_open(loaded->table, RowExclusiveLock);
	partition->bulk_insert = GetBulkInsertState();
	if (!loaded->is_new)
	{
		partition->indexed = makeNode(ResultRelInfo);
		InitResultRelInfo(partition->indexed, partition->table, 0, NULL, 0);
		ExecOpenIndices(partition->indexed, false);
	}
	map_columns(partition);
	partition->text_column = relation->native.text_index == NULL ? -1 :
		find_column(relation, relation->native.text_index);
	partition->scan = relation_begin(relation, load->file, execution, ~(ColumnSet) 0, false, 0);

	/* load_chunk() leads the scan into its chunks; it must not go to others itself */
	partition->scan->walk.next_chunk = load->file->reader.chunk_count;
	loaded->row_count = 0;
	loaded->longest_text = 0;
}

static void
end_partition(Load *load, PartitionLoad *partition)
{
	insert_batch(load, partition);
	FreeBulkInsertState(partition->bulk_insert);
	table_finish_bulk_insert(partition->table, insert_options(partition));
	if (partition->indexed != NULL)
		ExecCloseIndices(partition->indexed);
	for (int i = 0; i < BATCH_ROWS && partition->slots[i] != NULL; i++)
		ExecDropSingleTupleTableSlot(partition->slots[i]);
	table_close(partition->table, NoLock);
}

/*
 * Load all rows: first those that come from the catalog, then chunk by chunk.
 */
static void
load_all(Load *load)
{
	const PlogReader *reader = &load->file->reader;

	for (int i = 0; i < load->count; i++)
	{
		if (!load->partitions[i].scan->relation->reads_chunks)
			load_rows(load, &load->partitions[i]);
	}
	for (uint64 chunk = 0; chunk < reader->chunk_count; chunk++)
	{
		load_chunk(load, chunk);
		report_copied_bytes(reader->chunks[chunk].position + reader->chunks[chunk].length);
	}
}

void
load_partitions(const ExecutionOptions *execution, Oid shown_table,
				LoadedPartition *partitions, int count)
{
	MemoryContext context = AllocSetContextCreate(CurrentMemoryContext, "pandelephant load",
												  ALLOCSET_DEFAULT_SIZES);
	MemoryContext caller = MemoryContextSwitchTo(context);
	Load		load;

	load.file = plog_file_open(execution->filename, execution->recover, NULL);
	load.inflated = plog_buffer_create();
	load.command = GetCurrentCommandId(true);
	load.batch_context = AllocSetContextCreate(context, "pandelephant batch",
											   ALLOCSET_DEFAULT_SIZES);
	load.state = CreateExecutorState();
	load.rows = 0;
	load.partitions = palloc0(sizeof(PartitionLoad) * (count + 1));
	load.count = count;

	start_copy_progress(shown_table, load.file->reader.identity.size);
	for (int i = 0; i < count; i++)
		begin_partition(&load, &load.partitions[i], &partitions[i], execution);
	load_all(&load);
	for (int i = 0; i < count; i++)
		end_partition(&load, &load.partitions[i]);
	end_copy_progress();
	FreeExecutorState(load.state);

	MemoryContextSwitchTo(caller);
	MemoryContextDelete(context);
	CommandCounterIncrement();
}
