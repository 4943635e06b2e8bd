/*-------------------------------------------------------------------------
 *
 * log_columns.c
 *		The columns of the log that a scan reads.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "access/parallel.h"
#include "utils/memutils.h"

#include "catalog/kept.h"
#include "columns/log_columns.h"

bool		pandelephant_enable_columns = true;

const struct config_enum_entry keep_columns_values[] = {
	{"off", KEEP_COLUMNS_OFF, false},
	{"calls", KEEP_COLUMNS_OF_CALLS, false},
	{"all", KEEP_ALL_COLUMNS, false},
	{NULL, 0, false}
};

int			pandelephant_keep_columns = KEEP_ALL_COLUMNS;
int			pandelephant_min_column_log_size = 8 * 1024;

LogColumns
log_columns_start(MemoryContext context)
{
	LogColumns	columns = {.context = context};

	return columns;
}

/*
 * Look for the log's file; with "make", make it if it is not there.
 */
static void
open_columns(LogColumns *columns, PlogFile *file, bool make)
{
	MemoryContext caller;
	CatalogKey	key;

	if (columns->file != NULL || (columns->is_opened && !make))
		return;
	caller = MemoryContextSwitchTo(columns->context);
	key = catalog_key(file);
	columns->file = columns_file_open(file, &key, make);
	columns->is_opened = true;
	MemoryContextSwitchTo(caller);
}

bool
log_columns_begin(LogColumns *columns, PlogFile *file, const Catalog *catalog, uint64 chunk,
				  ColumnBlocks blocks)
{
	if (!pandelephant_enable_columns)
		return false;
	if (columns->has_chunk && columns->chunk == chunk && (blocks & ~columns->decoded) == 0)
		return true;
	if (!log_columns_are_kept(columns, file, chunk, blocks))
		return false;
	if (columns->has_chunk && columns->chunk == chunk)
		return true;
	if (columns->decoder == NULL)
	{
		MemoryContext caller = MemoryContextSwitchTo(columns->context);

		columns->decoder = chunk_decoder_create();
		MemoryContextSwitchTo(caller);
	}
	decode_chunk(columns->decoder, file->reader.chunks[chunk].entries,
				 columns_file_calls(columns->file, chunk),
				 catalog == NULL ? NULL : &catalog->chunks[chunk]);
	columns->has_chunk = true;
	columns->chunk = chunk;
	columns->decoded = 0;
	if (!columns->is_hit)
		columns_file_hit(columns->file, !IsParallelWorker());
	columns->is_hit = true;
	return true;
}

bool
log_columns_decode(LogColumns *columns, ColumnBlocks blocks)
{
	for (int block = 0; block < COLUMNS_BLOCKS; block++)
	{
		if ((blocks & ~columns->decoded & COLUMNS_BIT(block)) == 0)
			continue;
		if (columns->file == NULL ||
			!columns_file_read(columns->file, columns->chunk, (ColumnBlock) block, columns->decoder))
		{
			columns->has_chunk = false;
			return false;
		}
		columns->decoded |= COLUMNS_BIT(block);
	}
	return true;
}

void
log_columns_rest(LogColumns *columns)
{
	if (columns->decoder != NULL)
		chunk_decoder_rest(columns->decoder);
	if (columns->encoder != NULL)
		chunk_encoder_free(columns->encoder);
	if (columns->file != NULL)
		columns_file_rest(columns->file);
	columns->encoder = NULL;
	columns->has_chunk = false;
}

ColumnBlocks
log_columns_to_keep(const PlogFile *file, KeepColumns asked, PlogForm form, ColumnBlocks read)
{
	bool		is_large = file->reader.identity.size >=
		(uint64) pandelephant_min_column_log_size * 1024;
	KeepColumns keep = asked;
	ColumnBlocks blocks = 0;

	if (asked == KEEP_COLUMNS_BY_SETTING)
		keep = is_large ? (KeepColumns) pandelephant_keep_columns : KEEP_COLUMNS_OFF;
	if (keep == KEEP_COLUMNS_OFF || !pandelephant_enable_columns)
		return 0;
	if ((read & COLUMNS_OF_CALLS & ~COLUMNS_BIT(COLUMNS_CALLS)) != 0)
		blocks |= COLUMNS_OF_CALLS;

	/* arguments of the form of 2020 are seldom, and have no names */
	if ((read & COLUMNS_OF_ARGUMENTS) != 0 && keep == KEEP_ALL_COLUMNS &&
		!form.arguments_2020)
		blocks |= COLUMNS_OF_ARGUMENTS;
	return blocks;
}

bool
log_columns_keep(LogColumns *columns, PlogFile *file, uint64 number, const CatalogChunk *chunk,
				 const PlogBuffer *inflated, ColumnBlocks blocks)
{
	const ColumnsRecord *record;

	if (columns->gave_up || blocks == 0 || chunk->messages[CATALOG_SYSCALL] == 0)
		return !columns->gave_up;
	open_columns(columns, file, true);
	if (columns->file == NULL)
	{
		columns->gave_up = true;
		return false;
	}
	blocks &= ~columns_file_has(columns->file, number);
	if (blocks == 0)
		return true;
	if (columns->encoder == NULL)
	{
		MemoryContext caller = MemoryContextSwitchTo(columns->context);

		columns->encoder = chunk_encoder_create();
		MemoryContextSwitchTo(caller);
	}
	record = encode_chunk(columns->encoder, number, &file->reader.chunks[number], chunk,
						  inflated, blocks);
	if (record == NULL)
		return true;
	columns->gave_up = !columns_file_append(columns->file, record);
	if (!columns->gave_up)
		columns->kept_bytes += columns_record_bytes(record);
	return !columns->gave_up;
}

bool
log_columns_are_kept(LogColumns *columns, PlogFile *file, uint64 chunk, ColumnBlocks blocks)
{
	open_columns(columns, file, false);
	return columns->file != NULL && (blocks & ~columns_file_has(columns->file, chunk)) == 0;
}

/* What the taker of chunks has while a catalog is built. */
typedef struct TakenChunks
{
	PlogFile   *file;
	LogColumns	columns;
	ColumnBlocks blocks;
} TakenChunks;

static void *
start_taking(PlogFile *file, uint32 wish)
{
	TakenChunks *taken = palloc(sizeof(TakenChunks));

	taken->file = file;
	taken->columns = log_columns_start(CurrentMemoryContext);
	taken->blocks = wish;
	return taken;
}

/*
 * Arguments of the form of 2020 may have been taken for today's before the log showed
 * that form.  So who reads columns of arguments asks the finished catalog for the form.
 */
static void
take_chunk(void *state, uint64 chunk_number, const CatalogChunk *chunk, PlogForm form,
		   const PlogBuffer *inflated)
{
	TakenChunks *taken = state;

	(void) log_columns_keep(&taken->columns, taken->file, chunk_number, chunk, inflated,
							form.arguments_2020 ? taken->blocks & ~COLUMNS_OF_ARGUMENTS :
							taken->blocks);
}

const ChunkTaker columns_chunk_taker = {start_taking, take_chunk};
