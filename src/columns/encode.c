/*-------------------------------------------------------------------------
 *
 * encode.c
 *		Making the record of a chunk from its entries.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "miscadmin.h"

#include "catalog/hash.h"
#include "columns/collect.h"
#include "columns/compress.h"
#include "columns/encode.h"
#include "columns/numbers.h"
#include "columns/space.h"

struct ChunkEncoder
{
	MemoryContext context;		/* of everything */
	CallCollector *collector;
	const CallColumns *columns; /* of the chunk at hand */
	NumberCodes codes;
	Space		lengths;		/* of strings */
	Space		block;			/* that is being made */
	Space		record;
};

ChunkEncoder *
chunk_encoder_create(void)
{
	MemoryContext context = AllocSetContextCreate(CurrentMemoryContext, "pandelephant encoder",
												  ALLOCSET_DEFAULT_SIZES);
	MemoryContext caller = MemoryContextSwitchTo(context);
	ChunkEncoder *encoder = palloc0(sizeof(ChunkEncoder));

	encoder->context = context;
	encoder->collector = call_collector_create();
	encoder->codes.seed = catalog_seed();
	MemoryContextSwitchTo(caller);
	return encoder;
}

void
chunk_encoder_free(ChunkEncoder *encoder)
{
	MemoryContextDelete(encoder->context);
}

/*
 * Begin a block that has at most so many bytes.
 */
static uint8_t *
begin_block(ChunkEncoder *encoder, Size most)
{
	return space_for(&encoder->block, encoder->context, most, 1);
}

static uint8_t *
write_bytes(uint8_t *to, const void *from, Size bytes)
{
	if (bytes > 0)
		memcpy(to, from, bytes);
	return to + bytes;
}

/*
 * Write a list of a number for each call.
 */
static uint8_t *
write_numbers(ChunkEncoder *encoder, uint8_t *to, const uint64 *numbers, bool has_few_values)
{
	return to + pack_numbers(to, numbers, encoder->columns->call_count,
							 has_few_values ? &encoder->codes : NULL);
}

static uint8_t *
write_calls(ChunkEncoder *encoder)
{
	const CallColumns *columns = encoder->columns;
	StoredCalls stored = {columns->kind_count, 0};
	uint8_t    *at;

	for (uint32 i = 0; i < columns->kind_count; i++)
		stored.names_bytes += (uint32) columns->kinds[i].name.length;
	at = begin_block(encoder, sizeof(stored) + sizeof(StoredKind) * (Size) columns->kind_count +
					 stored.names_bytes + 2 * PACKED_MOST_BYTES((Size) columns->call_count));
	at = write_bytes(at, &stored, sizeof(stored));
	for (uint32 i = 0; i < columns->kind_count; i++)
	{
		const CallKind *kind = &columns->kinds[i];
		StoredKind	stored_kind = {kind->pc, kind->entry_present, kind->present,
		(uint32) kind->name.length, 0};

		at = write_bytes(at, &stored_kind, sizeof(stored_kind));
	}
	for (uint32 i = 0; i < columns->kind_count; i++)
		at = write_bytes(at, columns->kinds[i].name.data, columns->kinds[i].name.length);
	at = write_numbers(encoder, at, columns->kind_of, false);
	return write_numbers(encoder, at, columns->entries, false);
}

static uint8_t *
write_threads(ChunkEncoder *encoder)
{
	const CallColumns *columns = encoder->columns;
	StoredThreads stored = {columns->thread_count, 0};
	uint8_t    *at;

	at = begin_block(encoder, sizeof(stored) + sizeof(StoredThread) * (Size) columns->thread_count +
					 PACKED_MOST_BYTES((Size) columns->call_count));
	at = write_bytes(at, &stored, sizeof(stored));
	for (uint32 i = 0; i < columns->thread_count; i++)
	{
		const CallThread *thread = &columns->threads[i];
		StoredThread stored_thread = {thread->create_time, thread->asid, thread->pid, thread->tid,
		thread->present, thread->entry_present};

		at = write_bytes(at, &stored_thread, sizeof(stored_thread));
	}
	return write_numbers(encoder, at, columns->thread_of, false);
}

/*
 * Write a block that is one list of a number for each call.
 */
static uint8_t *
write_column(ChunkEncoder *encoder, const uint64 *numbers, bool has_few_values)
{
	uint8_t    *at = begin_block(encoder, PACKED_MOST_BYTES((Size) encoder->columns->call_count));

	return write_numbers(encoder, at, numbers, has_few_values);
}

static uint8_t *
write_arguments(ChunkEncoder *encoder)
{
	const CallColumns *columns = encoder->columns;
	StoredArguments stored = {columns->form_count, columns->parameter_count, 0, columns->string_count};
	uint8_t    *at;

	for (uint32 i = 0; i < columns->parameter_count; i++)
		stored.names_bytes += (uint32) columns->parameters[i].name.length;
	at = begin_block(encoder, sizeof(stored) + sizeof(StoredForm) * (Size) columns->form_count +
					 sizeof(StoredParameter) * (Size) columns->parameter_count + stored.names_bytes +
					 PACKED_MOST_BYTES((Size) columns->call_count));
	at = write_bytes(at, &stored, sizeof(stored));
	for (uint32 i = 0; i < columns->form_count; i++)
	{
		StoredForm	form = {columns->forms[i].parameter_count, columns->forms[i].calls};

		at = write_bytes(at, &form, sizeof(form));
	}
	for (uint32 i = 0; i < columns->parameter_count; i++)
	{
		StoredParameter parameter = {columns->parameters[i].kind,
		(uint32) columns->parameters[i].name.length};

		at = write_bytes(at, &parameter, sizeof(parameter));
	}
	for (uint32 i = 0; i < columns->parameter_count; i++)
		at = write_bytes(at, columns->parameters[i].name.data, columns->parameters[i].name.length);
	return write_numbers(encoder, at, columns->form_of, false);
}


/*
 * Write the values of those parameters that are numbers, or of those that are not.
 */
static uint8_t *
write_values(ChunkEncoder *encoder, uint8_t *at, bool are_numbers)
{
	const CallColumns *columns = encoder->columns;

	for (uint32 i = 0; i < columns->form_count; i++)
	{
		const CallForm *form = &columns->forms[i];

		CHECK_FOR_INTERRUPTS();
		for (uint32 j = 0; j < form->parameter_count; j++)
		{
			const Parameter *parameter = &columns->parameters[form->first_parameter + j];

			if (parameter_is_number(parameter) == are_numbers)
				at += pack_numbers(at, parameter->values, form->calls, NULL);
		}
	}
	return at;
}

/*
 * The most bytes that write_values() writes.
 */
static Size
most_bytes_of_values(const ChunkEncoder *encoder)
{
	const CallColumns *columns = encoder->columns;
	Size		values = 0;

	for (uint32 i = 0; i < columns->form_count; i++)
		values += (Size) columns->forms[i].calls * columns->forms[i].parameter_count;
	return (Size) columns->parameter_count * PACKED_HEADER_BYTES + values * sizeof(uint64);
}

static uint8_t *
write_argument_numbers(ChunkEncoder *encoder)
{
	return write_values(encoder, begin_block(encoder, most_bytes_of_values(encoder)), true);
}

static uint8_t *
write_strings(ChunkEncoder *encoder)
{
	const CallColumns *columns = encoder->columns;
	uint64	   *lengths = space_for(&encoder->lengths, encoder->context, columns->string_count,
									   sizeof(uint64));
	StoredStrings stored = {0};
	uint8_t    *at;

	for (uint32 i = 0; i < columns->string_count; i++)
	{
		lengths[i] = columns->strings[i].length;
		stored.bytes += lengths[i];
	}
	at = begin_block(encoder, sizeof(stored) + PACKED_MOST_BYTES((Size) columns->string_count) +
					 stored.bytes + most_bytes_of_values(encoder));
	at = write_bytes(at, &stored, sizeof(stored));
	at += pack_numbers(at, lengths, columns->string_count, NULL);
	for (uint32 i = 0; i < columns->string_count; i++)
		at = write_bytes(at, columns->strings[i].data, columns->strings[i].length);
	return write_values(encoder, at, false);
}

/*
 * Write a block into the encoder's memory.  Returns its end.
 */
static uint8_t *
write_block(ChunkEncoder *encoder, ColumnBlock block)
{
	const CallColumns *columns = encoder->columns;

	switch (block)
	{
		case COLUMNS_CALLS:
			return write_calls(encoder);
		case COLUMNS_THREADS:
			return write_threads(encoder);
		case COLUMNS_RETVALS:
			return write_column(encoder, columns->retvals, false);
		case COLUMNS_OFFSETS:
			return write_column(encoder, columns->offsets, false);
		case COLUMNS_PCS:
			return write_column(encoder, columns->pcs, true);
		case COLUMNS_ARGUMENTS:
			return write_arguments(encoder);
		case COLUMNS_NUMBERS:
			return write_argument_numbers(encoder);
		case COLUMNS_STRINGS:
			return write_strings(encoder);
		case COLUMNS_BLOCKS:
			break;
	}
	pg_unreachable();
}

/*
 * Append a block to the record, compressed if that makes it smaller.  False where it is
 * too large.
 */
static bool
append_block(ChunkEncoder *encoder, ColumnBlock block)
{
	const uint8_t *written_end = write_block(encoder, block);
	const uint8_t *written = encoder->block.data;
	Size		bytes = (Size) (written_end - written);
	ColumnsRecord *record = encoder->record.data;
	Size		end = sizeof(*record) + record->bytes;
	ColumnsBlockHeader *header;
	uint8_t    *to;

	CHECK_FOR_INTERRUPTS();
	if (bytes > COLUMNS_MOST_BLOCK_BYTES)
		return false;
	to = (uint8_t *) space_for(&encoder->record, encoder->context, end + bytes, 1) + end;
	record = encoder->record.data;
	header = &record->headers[block];
	header->bytes = (uint32) bytes;
	header->stored = compress_block(to, written, header->bytes);
	if (header->stored == 0)
	{
		memcpy(to, written, bytes);
		header->stored = header->bytes;
	}
	INIT_CRC32C(header->checksum);
	COMP_CRC32C(header->checksum, to, header->stored);
	FIN_CRC32C(header->checksum);
	record->bytes += header->stored;
	return true;
}

const ColumnsRecord *
encode_chunk(ChunkEncoder *encoder, uint64 number, const PlogChunk *chunk,
			 const CatalogChunk *known, const PlogBuffer *inflated, ColumnBlocks blocks)
{
	ColumnsRecord *record;

	encoder->columns = collect_calls(encoder->collector, chunk, known, inflated,
									 (blocks & COLUMNS_OF_ARGUMENTS) != 0);
	if (encoder->columns == NULL)
		return NULL;

	/* calls are needed to say which entries the arguments are of */
	blocks |= COLUMNS_BIT(COLUMNS_CALLS);
	record = space_for(&encoder->record, encoder->context, 1, sizeof(ColumnsRecord));
	memset(record, 0, sizeof(*record));
	record->magic = COLUMNS_RECORD_MAGIC;
	record->chunk = number;
	record->blocks = blocks;
	record->calls = encoder->columns->call_count;
	for (int block = 0; block < COLUMNS_BLOCKS; block++)
	{
		if ((blocks & COLUMNS_BIT(block)) != 0 && !append_block(encoder, block))
			return NULL;
	}
	record = encoder->record.data;
	record->checksum = columns_record_checksum(record);
	return record;
}
