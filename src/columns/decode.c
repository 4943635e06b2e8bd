/*-------------------------------------------------------------------------
 *
 * decode.c
 *		The columns of a chunk from the blocks of its records.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "miscadmin.h"

#include "columns/decode.h"
#include "columns/numbers.h"
#include "columns/space.h"
#include "plog/buffer.h"

typedef enum DecoderSpace
{
	SPACE_KINDS,
	SPACE_THREADS,
	SPACE_FORMS,
	SPACE_PARAMETERS,
	SPACE_STRINGS,
	SPACE_ENTRIES,
	SPACE_KIND_OF,
	SPACE_THREAD_OF,
	SPACE_RETVALS,
	SPACE_OFFSETS,
	SPACE_PCS,
	SPACE_FORM_OF,
	SPACE_NUMBER_IN_FORM,
	SPACE_CALLS_OF_FORMS,
	SPACE_NUMBERS,
	SPACE_STRING_NUMBERS,
	SPACE_LENGTHS,
	DECODER_SPACES
} DecoderSpace;

struct ChunkDecoder
{
	MemoryContext context;		/* of what is used again */
	Space		spaces[DECODER_SPACES];
	Space		blocks[COLUMNS_BLOCKS];
	uint64		entries;		/* of the current chunk */
	const CatalogChunk *known;	/* likewise; or NULL */
	CallColumns columns;
};

/* The rest of a block that is being decoded. */
typedef PlogBytes BlockRest;

ChunkDecoder *
chunk_decoder_create(void)
{
	ChunkDecoder *decoder = palloc0(sizeof(ChunkDecoder));

	decoder->context = AllocSetContextCreate(CurrentMemoryContext, "pandelephant columns",
											 ALLOCSET_DEFAULT_SIZES);
	return decoder;
}

void
chunk_decoder_rest(ChunkDecoder *decoder)
{
	MemoryContextReset(decoder->context);
	memset(decoder->spaces, 0, sizeof(decoder->spaces));
	memset(decoder->blocks, 0, sizeof(decoder->blocks));
	memset(&decoder->columns, 0, sizeof(decoder->columns));
}

#define SPACE(decoder, space, elements, type) \
	((type *) space_for(&(decoder)->spaces[space], (decoder)->context, elements, sizeof(type)))

void
decode_chunk(ChunkDecoder *decoder, uint64 entries, uint32 calls, const CatalogChunk *known)
{
	memset(&decoder->columns, 0, sizeof(decoder->columns));
	decoder->entries = entries;
	decoder->known = known;
	decoder->columns.call_count = calls;
}

uint8_t *
room_for_block(ChunkDecoder *decoder, ColumnBlock block, uint32 bytes)
{
	return space_for(&decoder->blocks[block], decoder->context,
					 (Size) bytes + PLOG_BUFFER_SLACK, 1);
}

const CallColumns *
decoded_columns(const ChunkDecoder *decoder)
{
	return &decoder->columns;
}

/*
 * Take so many bytes off the rest of a block; NULL where it has fewer.
 */
static const void *
take_bytes(BlockRest *rest, Size bytes)
{
	const uint8_t *start = rest->data;

	if (bytes > rest->length)
		return NULL;
	rest->data += bytes;
	rest->length -= bytes;
	return start;
}

static bool
take_struct(BlockRest *rest, void *to, Size bytes)
{
	const void *from = take_bytes(rest, bytes);

	if (from == NULL)
		return false;
	memcpy(to, from, bytes);
	return true;
}

/*
 * Take names, which are all strings of the chunk.  Their data is NULL where that fails.
 */
static BlockRest
take_names(BlockRest *rest, uint32 bytes)
{
	BlockRest	names = {NULL, bytes};

	if (bytes <= COLUMNS_MOST_CHUNK_BYTES)
		names.data = take_bytes(rest, bytes);
	return names;
}

/*
 * Take a list of a number for each call, below a limit.
 */
static bool
take_codes(ChunkDecoder *decoder, BlockRest *rest, DecoderSpace space, uint64 limit, uint64 **codes)
{
	Size		calls = decoder->columns.call_count;

	*codes = SPACE(decoder, space, calls, uint64);
	return unpack_numbers(rest, *codes, calls) && numbers_are_below(*codes, calls, limit);
}

static bool
numbers_ascend(const uint64 *numbers, Size count)
{
	bool		ascend = true;

	for (Size i = 1; i < count; i++)
		ascend &= numbers[i - 1] < numbers[i];
	return ascend;
}

/*
 * Take a kind apart.  False where it says more than a kind does, or has a name where
 * that is absent.
 */
static bool
restore_kind(CallKind *kind, const StoredKind *stored, BlockRest *names)
{
	kind->entry_present = stored->entry_present;
	kind->present = stored->present;
	kind->pc = stored->pc;
	kind->name.length = stored->name_length;
	kind->name.data = take_bytes(names, kind->name.length);
	if (kind->name.data == NULL || (kind->entry_present & ~ENTRY_BITS_OF_KIND) != 0 ||
		(kind->present & ~BITS_OF_KIND) != 0)
		return false;
	if (PLOG_HAS(kind, PLOG_SYSCALL_CALL_NAME))
		return true;
	kind->name.data = NULL;
	return kind->name.length == 0;
}

static bool
decode_calls(ChunkDecoder *decoder, BlockRest rest)
{
	CallColumns *columns = &decoder->columns;
	StoredCalls stored;
	const uint8_t *kinds;
	BlockRest	names;

	if (!take_struct(&rest, &stored, sizeof(stored)) ||
		stored.kind_count > columns->call_count ||
		(kinds = take_bytes(&rest, sizeof(StoredKind) * (Size) stored.kind_count)) == NULL)
		return false;
	names = take_names(&rest, stored.names_bytes);
	if (names.data == NULL)
		return false;
	columns->kind_count = stored.kind_count;
	columns->kinds = SPACE(decoder, SPACE_KINDS, stored.kind_count, CallKind);
	for (uint32 i = 0; i < stored.kind_count; i++)
	{
		StoredKind	stored_kind;

		CHECK_FOR_INTERRUPTS();
		memcpy(&stored_kind, kinds + i * sizeof(stored_kind), sizeof(stored_kind));
		if (!restore_kind(&columns->kinds[i], &stored_kind, &names))
			return false;
	}
	return names.length == 0 &&
		take_codes(decoder, &rest, SPACE_KIND_OF, columns->kind_count, &columns->kind_of) &&
		take_codes(decoder, &rest, SPACE_ENTRIES, decoder->entries, &columns->entries) &&
		numbers_ascend(columns->entries, columns->call_count) && rest.length == 0;
}

static bool
decode_threads(ChunkDecoder *decoder, BlockRest rest)
{
	CallColumns *columns = &decoder->columns;
	StoredThreads stored;
	const uint8_t *threads;

	if (!take_struct(&rest, &stored, sizeof(stored)) ||
		stored.thread_count > columns->call_count ||
		(threads = take_bytes(&rest, sizeof(StoredThread) * (Size) stored.thread_count)) == NULL)
		return false;
	columns->thread_count = stored.thread_count;
	columns->threads = SPACE(decoder, SPACE_THREADS, stored.thread_count, CallThread);
	for (uint32 i = 0; i < stored.thread_count; i++)
	{
		CallThread *thread = &columns->threads[i];
		StoredThread stored_thread;

		CHECK_FOR_INTERRUPTS();
		memcpy(&stored_thread, threads + i * sizeof(stored_thread), sizeof(stored_thread));
		thread->entry_present = stored_thread.entry_present;
		thread->present = stored_thread.present;
		thread->pid = stored_thread.pid;
		thread->tid = stored_thread.tid;
		thread->create_time = stored_thread.create_time;
		thread->asid = stored_thread.asid;
		if ((thread->entry_present & ~ENTRY_BITS_OF_THREAD) != 0 ||
			(thread->present & ~BITS_OF_THREAD) != 0)
			return false;
	}
	return take_codes(decoder, &rest, SPACE_THREAD_OF, columns->thread_count, &columns->thread_of) &&
		rest.length == 0;
}

/*
 * Decode a block that is one list of a number for each call.
 */
static bool
decode_column(ChunkDecoder *decoder, BlockRest rest, DecoderSpace space, uint64 **numbers)
{
	*numbers = SPACE(decoder, space, decoder->columns.call_count, uint64);
	return unpack_numbers(&rest, *numbers, decoder->columns.call_count) && rest.length == 0;
}

static bool
decode_parameters(ChunkDecoder *decoder, const uint8_t *stored, BlockRest names)
{
	CallColumns *columns = &decoder->columns;

	columns->parameters = SPACE(decoder, SPACE_PARAMETERS, columns->parameter_count, Parameter);
	for (uint32 i = 0; i < columns->parameter_count; i++)
	{
		Parameter  *parameter = &columns->parameters[i];
		StoredParameter stored_parameter;

		CHECK_FOR_INTERRUPTS();
		memcpy(&stored_parameter, stored + i * sizeof(stored_parameter), sizeof(stored_parameter));
		parameter->kind = stored_parameter.kind;
		parameter->values = NULL;
		parameter->name.length = stored_parameter.name_length;
		parameter->name.data = take_bytes(&names, parameter->name.length);
		if (parameter->name.data == NULL || parameter->kind >= 32 ||
			!(parameter->kind == PARAMETER_IS_MESSAGE ||
			  plog_is_kind_of(PLOG_VARINT_KINDS | PLOG_BYTES_KINDS, parameter->kind)))
			return false;
		if (parameter->kind == PARAMETER_IS_MESSAGE)
		{
			parameter->name.data = NULL;
			if (parameter->name.length > 0)
				return false;
		}
	}
	return names.length == 0;
}

/*
 * Forms have calls, so there are no more of them than of those, and no more parameters
 * than arguments.
 */
static bool
decode_forms(ChunkDecoder *decoder, const uint8_t *stored)
{
	CallColumns *columns = &decoder->columns;
	uint64		arguments = 0;
	uint32		first = 0;

	columns->forms = SPACE(decoder, SPACE_FORMS, columns->form_count, CallForm);
	for (uint32 i = 0; i < columns->form_count; i++)
	{
		CallForm   *form = &columns->forms[i];
		StoredForm	stored_form;

		CHECK_FOR_INTERRUPTS();
		memcpy(&stored_form, stored + i * sizeof(stored_form), sizeof(stored_form));
		form->first_parameter = first;
		form->parameter_count = stored_form.parameters;
		form->calls = stored_form.calls;
		if (stored_form.parameters > columns->parameter_count - first || stored_form.calls == 0)
			return false;
		first += stored_form.parameters;
		arguments += (uint64) stored_form.parameters * stored_form.calls;
		if (arguments > COLUMNS_MOST_ARGUMENTS)
			return false;
	}
	return first == columns->parameter_count && columns->string_count <= arguments &&
		(decoder->known == NULL || arguments == decoder->known->arguments);
}

/*
 * Find the place of each call among those of its form.  False where a form has not as
 * many calls as it says.
 */
static bool
count_calls_of_forms(ChunkDecoder *decoder)
{
	CallColumns *columns = &decoder->columns;
	uint64	   *counts = SPACE(decoder, SPACE_CALLS_OF_FORMS, columns->form_count, uint64);

	columns->number_in_form = SPACE(decoder, SPACE_NUMBER_IN_FORM, columns->call_count, uint64);
	memset(counts, 0, sizeof(uint64) * columns->form_count);
	for (uint32 i = 0; i < columns->call_count; i++)
		columns->number_in_form[i] = counts[columns->form_of[i]]++;
	for (uint32 i = 0; i < columns->form_count; i++)
	{
		if (counts[i] != columns->forms[i].calls)
			return false;
	}
	return true;
}

static bool
decode_arguments(ChunkDecoder *decoder, BlockRest rest)
{
	CallColumns *columns = &decoder->columns;
	StoredArguments stored;
	const uint8_t *forms;
	const uint8_t *parameters;
	BlockRest	names;

	if (!take_struct(&rest, &stored, sizeof(stored)) ||
		stored.form_count > columns->call_count || stored.parameter_count > COLUMNS_MOST_ARGUMENTS ||
		(forms = take_bytes(&rest, sizeof(StoredForm) * (Size) stored.form_count)) == NULL ||
		(parameters = take_bytes(&rest, sizeof(StoredParameter) * (Size) stored.parameter_count)) == NULL)
		return false;
	names = take_names(&rest, stored.names_bytes);
	if (names.data == NULL)
		return false;
	columns->form_count = stored.form_count;
	columns->parameter_count = stored.parameter_count;
	columns->string_count = stored.string_count;
	return decode_forms(decoder, forms) && decode_parameters(decoder, parameters, names) &&
		take_codes(decoder, &rest, SPACE_FORM_OF, columns->form_count, &columns->form_of) &&
		rest.length == 0 && count_calls_of_forms(decoder);
}

/*
 * How many values have the parameters that are numbers, or those that are not?
 */
static Size
count_values(const CallColumns *columns, bool are_numbers)
{
	Size		count = 0;

	for (uint32 i = 0; i < columns->form_count; i++)
	{
		const CallForm *form = &columns->forms[i];

		for (uint32 j = 0; j < form->parameter_count; j++)
		{
			if (parameter_is_number(&columns->parameters[form->first_parameter + j]) == are_numbers)
				count += form->calls;
		}
	}
	return count;
}

/*
 * Take the values of those parameters that are numbers, or of those that are not.
 */
static bool
take_values(ChunkDecoder *decoder, BlockRest *rest, DecoderSpace space, bool are_numbers)
{
	CallColumns *columns = &decoder->columns;
	uint64	   *values = SPACE(decoder, space, count_values(columns, are_numbers), uint64);

	for (uint32 i = 0; i < columns->form_count; i++)
	{
		const CallForm *form = &columns->forms[i];

		CHECK_FOR_INTERRUPTS();
		for (uint32 j = 0; j < form->parameter_count; j++)
		{
			Parameter  *parameter = &columns->parameters[form->first_parameter + j];

			if (parameter_is_number(parameter) != are_numbers)
				continue;
			if (!unpack_numbers(rest, values, form->calls) ||
				(!are_numbers && !numbers_are_below(values, form->calls, columns->string_count)))
				return false;
			parameter->values = values;
			values += form->calls;
		}
	}
	return true;
}

static bool
decode_argument_numbers(ChunkDecoder *decoder, BlockRest rest)
{
	return take_values(decoder, &rest, SPACE_NUMBERS, true) && rest.length == 0;
}

static bool
decode_strings(ChunkDecoder *decoder, BlockRest rest)
{
	CallColumns *columns = &decoder->columns;
	StoredStrings stored;
	uint64	   *lengths;
	BlockRest	bytes;

	if (!take_struct(&rest, &stored, sizeof(stored)) || stored.bytes > COLUMNS_MOST_CHUNK_BYTES)
		return false;
	lengths = SPACE(decoder, SPACE_LENGTHS, columns->string_count, uint64);
	if (!unpack_numbers(&rest, lengths, columns->string_count) || stored.bytes > rest.length)
		return false;
	bytes.length = (Size) stored.bytes;
	bytes.data = take_bytes(&rest, bytes.length);
	columns->strings = SPACE(decoder, SPACE_STRINGS, columns->string_count, PlogBytes);
	for (uint32 i = 0; i < columns->string_count; i++)
	{
		PlogBytes  *string = &columns->strings[i];

		if (lengths[i] > bytes.length)
			return false;
		string->length = (Size) lengths[i];
		string->data = take_bytes(&bytes, string->length);
	}
	return bytes.length == 0 && take_values(decoder, &rest, SPACE_STRING_NUMBERS, false) &&
		rest.length == 0;
}

bool
decode_block(ChunkDecoder *decoder, ColumnBlock block, uint32 bytes)
{
	CallColumns *columns = &decoder->columns;
	BlockRest	rest = {decoder->blocks[block].data, bytes};

	CHECK_FOR_INTERRUPTS();

	/* each call is an entry: memory is taken by their number */
	if (columns->call_count > decoder->entries || columns->call_count > COLUMNS_MOST_CALLS ||
		(decoder->known != NULL &&
		 columns->call_count != decoder->known->messages[CATALOG_SYSCALL]))
		return false;
	switch (block)
	{
		case COLUMNS_CALLS:
			return decode_calls(decoder, rest);
		case COLUMNS_THREADS:
			return decode_threads(decoder, rest);
		case COLUMNS_RETVALS:
			return decode_column(decoder, rest, SPACE_RETVALS, &columns->retvals);
		case COLUMNS_OFFSETS:
			return decode_column(decoder, rest, SPACE_OFFSETS, &columns->offsets);
		case COLUMNS_PCS:
			return decode_column(decoder, rest, SPACE_PCS, &columns->pcs);
		case COLUMNS_ARGUMENTS:
			return decode_arguments(decoder, rest);
		case COLUMNS_NUMBERS:
			return decode_argument_numbers(decoder, rest);
		case COLUMNS_STRINGS:
			return decode_strings(decoder, rest);
		case COLUMNS_BLOCKS:
			break;
	}
	pg_unreachable();
}
