/*-------------------------------------------------------------------------
 *
 * encode.c
 *		Making the columns of a chunk from its entries.
 *
 * The entries are walked once.  What is not as PANDA writes it is left to the log:
 * the chunk has no columns then.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "miscadmin.h"

#include "catalog/catalog.h"
#include "columns/call_columns.h"
#include "columns/compress.h"
#include "columns/encode.h"
#include "columns/numbers.h"
#include "columns/space.h"

/*
 * Chunks that are larger, in bytes, have no columns: they would take too much memory.
 * PANDA makes them of 16 MB, but for a burst of entries at one instruction.
 */
#define MOST_CHUNK_BYTES		((Size) 64 * 1024 * 1024)

/* Nor has a chunk whose calls have more arguments, or more forms of one kind. */
#define MOST_ARGUMENTS			1024
#define MOST_FORMS_OF_KIND		64

/* The bits of an entry and a call that are said of a kind, and of a thread. */
#define ENTRY_BITS_OF_KIND		(1u << PLOG_ENTRY_PC | 1u << PLOG_ENTRY_INSTR)
#define BITS_OF_KIND			(1u << PLOG_SYSCALL_RETCODE | 1u << PLOG_SYSCALL_CALL_NAME)
#define ENTRY_BITS_OF_THREAD	(1u << PLOG_ENTRY_ASID)
#define BITS_OF_THREAD \
	(1u << PLOG_SYSCALL_PID | 1u << PLOG_SYSCALL_TID | 1u << PLOG_SYSCALL_CREATE_TIME)

/* An index that is looked up by bytes. */
typedef struct BytesEntry
{
	PlogBytes	key;
	uint64		more;			/* part of the key */
	uint32		index;
	uint32		hash;
	char		status;
} BytesEntry;

/* Part of the key of a kind beside its name: there are two PCs and four bits. */
typedef struct ThreadEntry
{
	CallThread	key;
	uint32		index;
	char		status;
} ThreadEntry;

/*
 * Eight bytes at a time, the last of them perhaps twice: most strings are short.
 */
static inline uint32
hash_of_bytes(PlogBytes bytes)
{
	const uint8_t *at = bytes.data;
	size_t		left = bytes.length;
	uint64		hash = catalog_seed() ^ bytes.length;

	for (; left > 8; left -= 8, at += 8)
		hash = catalog_mix(hash ^ wire_load64(at));
	if (bytes.length >= 8)
		return (uint32) catalog_mix(hash ^ wire_load64(at + left - 8));
	for (; left > 0; left--)
		hash = hash << 8 ^ hash >> 56 ^ *at++;
	return (uint32) catalog_mix(hash);
}

/*
 * Most are short, and are compared by words.  Behind strings of an inflated chunk a
 * word can be read.
 */
static inline bool
bytes_are_equal(PlogBytes a, PlogBytes b)
{
	size_t		length = a.length;

	if (length != b.length)
		return false;
	if (length == 0)
		return true;
	if (length <= 8)
		return (wire_load64(a.data) ^ wire_load64(b.data)) << (64 - 8 * length) == 0;
	if (length <= 16)
		return wire_load64(a.data) == wire_load64(b.data) &&
			wire_load64(a.data + length - 8) == wire_load64(b.data + length - 8);
	return memcmp(a.data, b.data, length) == 0;
}

static inline uint32
hash_of_thread(const CallThread *thread)
{
	uint64		numbers = (uint64) thread->tid << 32 | thread->pid;

	return (uint32) catalog_mix(catalog_mix(catalog_mix(numbers ^ catalog_seed()) ^
											thread->create_time) ^ thread->asid);
}

#define SH_PREFIX strings
#define SH_ELEMENT_TYPE BytesEntry
#define SH_KEY_TYPE PlogBytes
#define SH_KEY key
#define SH_HASH_KEY(table, key) hash_of_bytes(key)
#define SH_EQUAL(table, a, b) bytes_are_equal(a, b)
#define SH_STORE_HASH
#define SH_GET_HASH(table, entry) (entry)->hash
#define SH_SCOPE static inline
#define SH_DECLARE
#define SH_DEFINE
#include "lib/simplehash.h"

#define SH_PREFIX call_threads
#define SH_ELEMENT_TYPE ThreadEntry
#define SH_KEY_TYPE CallThread
#define SH_KEY key
#define SH_HASH_KEY(table, key) hash_of_thread(&(key))
#define SH_EQUAL(table, a, b) (memcmp(&(a), &(b), sizeof(CallThread)) == 0)
#define SH_SCOPE static inline
#define SH_DECLARE
#define SH_DEFINE
#include "lib/simplehash.h"

/* What the encoder has of a kind beside what is stored. */
typedef struct KindForms
{
	uint32		next_kind;		/* of the same name, plus one; 0: there is none */
	uint32		first_form;		/* likewise: the first of its forms */
	uint32		form_count;
} KindForms;

/* An argument of the call at hand. */
typedef struct TakenArgument
{
	uint32		kind;			/* as in Parameter */
	PlogBytes	name;
	PlogBytes	bytes;			/* if the kind is not a number's */
	uint64		number;
} TakenArgument;

/* The arrays, which grow as needed. */
typedef enum EncoderSpace
{
	SPACE_KINDS,
	SPACE_KIND_FORMS,
	SPACE_THREADS,
	SPACE_FORMS,
	SPACE_NEXT_FORMS,			/* by form: the next of its kind, plus one */
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
	SPACE_VALUES,				/* of all arguments, in their order */
	SPACE_SORTED_VALUES,		/* likewise, parameter by parameter */
	SPACE_LENGTHS,				/* of strings */
	SPACE_TAKEN,
	SPACE_BLOCK,				/* a block that is being made */
	SPACE_RECORD,
	ENCODER_SPACES
} EncoderSpace;

struct ChunkEncoder
{
	MemoryContext context;		/* of everything */
	Space		spaces[ENCODER_SPACES];
	bool		wants_arguments;
	uint32		numbers;		/* the fields of calls that are decoded */
	CallColumns columns;
	Size		value_count;
	KindForms  *kind_forms;
	uint32	   *next_forms;
	uint64	   *values;
	strings_hash *kind_hash;	/* the first kind of each name */
	strings_hash *string_hash;
	call_threads_hash *thread_hash;
	NumberCodes codes;
};

ChunkEncoder *
chunk_encoder_create(void)
{
	MemoryContext context = AllocSetContextCreate(CurrentMemoryContext, "pandelephant encoder",
												  ALLOCSET_DEFAULT_SIZES);
	ChunkEncoder *encoder = MemoryContextAllocZero(context, sizeof(ChunkEncoder));

	encoder->context = context;
	encoder->codes.seed = catalog_seed();
	encoder->kind_hash = strings_create(context, 256, NULL);
	encoder->string_hash = strings_create(context, 4096, NULL);
	encoder->thread_hash = call_threads_create(context, 256, NULL);
	return encoder;
}

static void *
encoder_space(ChunkEncoder *encoder, EncoderSpace space, Size elements, Size element_bytes)
{
	return space_for(&encoder->spaces[space], encoder->context, elements, element_bytes);
}

#define SPACE(encoder, space, elements, type) \
	((type *) encoder_space(encoder, space, elements, sizeof(type)))

/*
 * Begin with an empty chunk of so many entries.
 */
static void
clear_columns(ChunkEncoder *encoder, uint64 entries)
{
	CallColumns *columns = &encoder->columns;

	memset(columns, 0, sizeof(*columns));
	encoder->value_count = 0;
	strings_reset(encoder->kind_hash);
	strings_reset(encoder->string_hash);
	call_threads_reset(encoder->thread_hash);
	columns->entries = SPACE(encoder, SPACE_ENTRIES, entries, uint64);
	columns->kind_of = SPACE(encoder, SPACE_KIND_OF, entries, uint64);
	columns->thread_of = SPACE(encoder, SPACE_THREAD_OF, entries, uint64);
	columns->retvals = SPACE(encoder, SPACE_RETVALS, entries, uint64);
	columns->offsets = SPACE(encoder, SPACE_OFFSETS, entries, uint64);
	columns->pcs = SPACE(encoder, SPACE_PCS, entries, uint64);
	columns->form_of = SPACE(encoder, SPACE_FORM_OF, entries, uint64);
	columns->number_in_form = SPACE(encoder, SPACE_NUMBER_IN_FORM, entries, uint64);
}

/*
 * The pc of a call's kind: see CallKind.
 */
static uint64
pc_of_kind(const PlogEntry *entry, const PlogSyscall *syscall)
{
	uint64		least = 0;

	if (syscall->retcode != 0 || !PLOG_HAS(syscall, PLOG_SYSCALL_RETCODE) ||
		!PLOG_HAS(entry, PLOG_ENTRY_PC) || entry->pc >= GUEST_LAST_KERNEL_START ||
		!call_is_logged_on_entry(syscall->call_name))
		return PLOG_UNKNOWN;
	for (int guest = 0; guest < GUESTS; guest++)
	{
		uint64		start = guest_properties[guest].kernel_start;

		if (start <= entry->pc)
			least = Max(least, start);
	}
	return least;
}

static uint32
add_kind(ChunkEncoder *encoder, const CallKind *kind)
{
	CallColumns *columns = &encoder->columns;
	uint32		index = columns->kind_count++;

	columns->kinds = SPACE(encoder, SPACE_KINDS, index + 1, CallKind);
	encoder->kind_forms = SPACE(encoder, SPACE_KIND_FORMS, index + 1, KindForms);
	columns->kinds[index] = *kind;
	memset(&encoder->kind_forms[index], 0, sizeof(KindForms));
	return index;
}

/*
 * The number of a call's kind.  Those of one name are few, and are compared.
 */
static uint32
find_kind(ChunkEncoder *encoder, const PlogEntry *entry, const PlogSyscall *syscall)
{
	static const uint8_t no_name = 0;
	CallKind	kind;
	PlogBytes	name = syscall->call_name;
	BytesEntry *first;
	bool		is_found;
	uint32		index;

	kind.entry_present = entry->present & ENTRY_BITS_OF_KIND;
	kind.present = syscall->present & BITS_OF_KIND;
	kind.pc = pc_of_kind(entry, syscall);
	kind.name = name;
	if (name.data == NULL)
		name.data = &no_name;
	first = strings_insert(encoder->kind_hash, name, &is_found);
	if (!is_found)
		return first->index = add_kind(encoder, &kind);
	for (index = first->index;; index = encoder->kind_forms[index].next_kind - 1)
	{
		const CallKind *known = &encoder->columns.kinds[index];

		if (known->entry_present == kind.entry_present && known->present == kind.present &&
			known->pc == kind.pc)
			return index;
		if (encoder->kind_forms[index].next_kind == 0)
			break;
	}
	encoder->kind_forms[index].next_kind = encoder->columns.kind_count + 1;
	return add_kind(encoder, &kind);
}

/*
 * The number of a call's thread, which is often that of the call before.
 */
static uint32
find_call_thread(ChunkEncoder *encoder, const PlogEntry *entry, const PlogSyscall *syscall)
{
	CallColumns *columns = &encoder->columns;
	CallThread	thread;
	ThreadEntry *found;
	bool		is_found;

	thread.entry_present = entry->present & ENTRY_BITS_OF_THREAD;
	thread.present = syscall->present & BITS_OF_THREAD;
	thread.pid = syscall->pid;
	thread.tid = syscall->tid;
	thread.create_time = syscall->create_time;
	thread.asid = entry->asid;
	if (columns->call_count > 0)
	{
		uint32		before = (uint32) columns->thread_of[columns->call_count - 1];

		if (memcmp(&columns->threads[before], &thread, sizeof(thread)) == 0)
			return before;
	}
	found = call_threads_insert(encoder->thread_hash, thread, &is_found);
	if (!is_found)
	{
		found->index = columns->thread_count++;
		columns->threads = SPACE(encoder, SPACE_THREADS, columns->thread_count, CallThread);
		columns->threads[found->index] = thread;
	}
	return found->index;
}

static uint32
find_string(ChunkEncoder *encoder, PlogBytes string)
{
	CallColumns *columns = &encoder->columns;
	bool		is_found;
	BytesEntry *found = strings_insert(encoder->string_hash, string, &is_found);

	if (!is_found)
	{
		found->index = columns->string_count++;
		columns->strings = SPACE(encoder, SPACE_STRINGS, columns->string_count, PlogBytes);
		columns->strings[found->index] = string;
	}
	return found->index;
}

/*
 * Take an argument apart, if it is a name and a short simple value.
 */
static inline void
take_argument(PlogBytes message, TakenArgument *taken)
{
	PlogPlainArgument plain;

	if (plog_take_plain_argument(message, &plain))
	{
		taken->name = plain.name;
		taken->kind = plain.kind;
		if (plain.type == WIRE_VARINT && plog_is_kind_of(PLOG_VARINT_KINDS, plain.kind) &&
			plog_take_plain_number(&plain, &taken->number))
			return;
		if (plain.type == WIRE_BYTES && plog_is_kind_of(PLOG_BYTES_KINDS, plain.kind) &&
			plog_take_plain_bytes(&plain, &taken->bytes))
		{
			if (taken->kind == PLOG_ARGUMENT_BYTES)
				taken->kind = plog_bytes_kind(plain.name);
			return;
		}
	}
	taken->kind = PARAMETER_IS_MESSAGE;
	taken->name.data = NULL;
	taken->name.length = 0;
	taken->bytes = message;
}

/*
 * Take all arguments of a call apart.  False where they are too many or not
 * well-formed.
 */
static bool
take_arguments(const PlogSyscall *syscall, TakenArgument *taken)
{
	PlogRepeated arguments = syscall->arguments;

	for (uint64 i = 0; i < syscall->argument_count; i++)
	{
		PlogBytes	message;

		if (!plog_next_bytes(&arguments, &message))
			return false;
		take_argument(message, &taken[i]);
	}
	return true;
}

/*
 * Do a call's arguments have a form?
 */
static inline bool
has_form(const CallColumns *columns, const CallForm *form, const TakenArgument *taken, uint32 count)
{
	const Parameter *parameters = columns->parameters + form->first_parameter;

	if (form->parameter_count != count)
		return false;
	for (uint32 i = 0; i < count; i++)
	{
		if (parameters[i].kind != taken[i].kind ||
			!bytes_are_equal(parameters[i].name, taken[i].name))
			return false;
	}
	return true;
}

static uint32
add_form(ChunkEncoder *encoder, const TakenArgument *taken, uint32 count)
{
	CallColumns *columns = &encoder->columns;
	uint32		index = columns->form_count++;
	uint32		first = columns->parameter_count;

	columns->forms = SPACE(encoder, SPACE_FORMS, index + 1, CallForm);
	encoder->next_forms = SPACE(encoder, SPACE_NEXT_FORMS, index + 1, uint32);
	columns->parameter_count += count;
	columns->parameters = SPACE(encoder, SPACE_PARAMETERS, columns->parameter_count, Parameter);
	columns->forms[index].first_parameter = first;
	columns->forms[index].parameter_count = count;
	columns->forms[index].calls = 0;
	encoder->next_forms[index] = 0;
	for (uint32 i = 0; i < count; i++)
	{
		columns->parameters[first + i].kind = taken[i].kind;
		columns->parameters[first + i].name = taken[i].name;
		columns->parameters[first + i].values = NULL;
	}
	return index;
}

/*
 * Find the form of a call of a kind.  False where the kind has too many.
 */
static bool
find_form(ChunkEncoder *encoder, uint32 kind, const TakenArgument *taken, uint32 count,
		  uint32 *form)
{
	KindForms  *forms = &encoder->kind_forms[kind];
	uint32		last = 0;

	for (uint32 next = forms->first_form; next != 0; next = encoder->next_forms[next - 1])
	{
		last = next;
		if (has_form(&encoder->columns, &encoder->columns.forms[next - 1], taken, count))
		{
			*form = next - 1;
			return true;
		}
	}
	if (forms->form_count++ == MOST_FORMS_OF_KIND)
		return false;
	*form = add_form(encoder, taken, count);
	if (last == 0)
		forms->first_form = *form + 1;
	else
		encoder->next_forms[last - 1] = *form + 1;
	return true;
}

/*
 * Add the arguments of a call.  False where they are unusual.
 */
static bool
add_arguments(ChunkEncoder *encoder, uint32 kind, const PlogSyscall *syscall)
{
	CallColumns *columns = &encoder->columns;
	TakenArgument *taken = encoder->spaces[SPACE_TAKEN].data;
	uint32		count = (uint32) syscall->argument_count;
	uint64	   *values;
	uint32		form;

	if (syscall->argument_count > MOST_ARGUMENTS || !take_arguments(syscall, taken) ||
		!find_form(encoder, kind, taken, count, &form))
		return false;
	values = SPACE(encoder, SPACE_VALUES, encoder->value_count + count, uint64);
	for (uint32 i = 0; i < count; i++)
		values[encoder->value_count + i] = plog_is_kind_of(PLOG_VARINT_KINDS, taken[i].kind) ?
			taken[i].number : find_string(encoder, taken[i].bytes);
	encoder->value_count += count;
	columns->form_of[columns->call_count] = form;
	columns->number_in_form[columns->call_count] = columns->forms[form].calls++;
	return true;
}

/*
 * Add the call of an entry.  False where it is malformed or unusual.
 */
static bool
add_call(ChunkEncoder *encoder, uint64 entry_number, const PlogEntry *entry)
{
	CallColumns *columns = &encoder->columns;
	uint32		call = columns->call_count;
	PlogSyscall syscall;
	uint32		kind;

	if (!plog_decode_syscall_numbers(entry->payload, encoder->numbers, &syscall))
		return false;
	kind = find_kind(encoder, entry, &syscall);
	columns->entries[call] = entry_number;
	columns->kind_of[call] = kind;
	columns->thread_of[call] = find_call_thread(encoder, entry, &syscall);
	columns->retvals[call] = (uint64) syscall.retcode;
	columns->offsets[call] = entry->instr;
	columns->pcs[call] = entry->pc;
	if (encoder->wants_arguments && !add_arguments(encoder, kind, &syscall))
		return false;
	columns->call_count++;
	return true;
}

/*
 * Collect the calls of a chunk.  False where something is malformed or unusual.
 */
static bool
collect_calls(ChunkEncoder *encoder, const PlogChunk *chunk, const PlogBuffer *inflated)
{
	WireCursor	entries = plog_entries(inflated);
	uint64		number = 0;
	PlogBytes	body;

	while (plog_next_body(&entries, &body))
	{
		PlogEntry	entry;

		CHECK_FOR_INTERRUPTS();
		if (number == chunk->entries || !plog_decode_entry(body, &entry))
			return false;

		/* a call in several parts, or beside others, is rare */
		if (entry.has_more_payloads && plog_has_payload(&entry, PLOG_ENTRY_SYSCALL))
			return false;
		if (entry.kind == PLOG_ENTRY_SYSCALL && entry.payload.data != NULL &&
			!add_call(encoder, number, &entry))
			return false;
		number++;
	}
	return entries.at == entries.end && number == chunk->entries;
}

/*
 * Begin a block that has at most so many bytes.
 */
static uint8_t *
begin_block(ChunkEncoder *encoder, Size most)
{
	return SPACE(encoder, SPACE_BLOCK, most, uint8_t);
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
	return to + pack_numbers(to, numbers, encoder->columns.call_count,
							 has_few_values ? &encoder->codes : NULL);
}

static uint8_t *
write_calls(ChunkEncoder *encoder)
{
	const CallColumns *columns = &encoder->columns;
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
	const CallColumns *columns = &encoder->columns;
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
	uint8_t    *at = begin_block(encoder, PACKED_MOST_BYTES((Size) encoder->columns.call_count));

	return write_numbers(encoder, at, numbers, has_few_values);
}

static uint8_t *
write_arguments(ChunkEncoder *encoder)
{
	const CallColumns *columns = &encoder->columns;
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
 * Sort the values of all arguments by their parameters.
 */
static void
sort_values(ChunkEncoder *encoder)
{
	CallColumns *columns = &encoder->columns;
	const uint64 *value = encoder->spaces[SPACE_VALUES].data;
	uint64	   *sorted = SPACE(encoder, SPACE_SORTED_VALUES, encoder->value_count, uint64);
	uint64	   *at = sorted;

	for (uint32 i = 0; i < columns->form_count; i++)
	{
		const CallForm *form = &columns->forms[i];

		for (uint32 j = 0; j < form->parameter_count; j++)
		{
			columns->parameters[form->first_parameter + j].values = at;
			at += form->calls;
		}
	}
	for (uint32 i = 0; i < columns->call_count; i++)
	{
		const CallForm *form = &columns->forms[columns->form_of[i]];
		uint64	   *to = sorted;

		if (form->parameter_count == 0)
			continue;
		to += columns->parameters[form->first_parameter].values - sorted;
		to += columns->number_in_form[i];
		for (uint32 j = 0; j < form->parameter_count; j++, to += form->calls)
			*to = *value++;
	}
}

/*
 * Write the values of those parameters that are numbers, or of those that are not.
 */
static uint8_t *
write_values(ChunkEncoder *encoder, uint8_t *at, bool are_numbers)
{
	const CallColumns *columns = &encoder->columns;

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
	return (Size) encoder->columns.parameter_count * PACKED_HEADER_BYTES +
		encoder->value_count * sizeof(uint64);
}

static uint8_t *
write_argument_numbers(ChunkEncoder *encoder)
{
	return write_values(encoder, begin_block(encoder, most_bytes_of_values(encoder)), true);
}

static uint8_t *
write_strings(ChunkEncoder *encoder)
{
	const CallColumns *columns = &encoder->columns;
	uint64	   *lengths = SPACE(encoder, SPACE_LENGTHS, columns->string_count, uint64);
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
	const CallColumns *columns = &encoder->columns;

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
	const uint8_t *written = encoder->spaces[SPACE_BLOCK].data;
	Size		bytes = (Size) (written_end - written);
	ColumnsRecord *record = encoder->spaces[SPACE_RECORD].data;
	Size		end = sizeof(*record) + record->bytes;
	ColumnsBlockHeader *header;
	uint8_t    *to;

	CHECK_FOR_INTERRUPTS();
	if (bytes > COLUMNS_MOST_BLOCK_BYTES)
		return false;
	to = SPACE(encoder, SPACE_RECORD, end + bytes, uint8_t) + end;
	record = encoder->spaces[SPACE_RECORD].data;
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
			 const PlogBuffer *inflated, bool is_checked, ColumnBlocks blocks)
{
	ColumnsRecord *record;

	if (inflated->length > MOST_CHUNK_BYTES || chunk->entries > inflated->length / PLOG_ENTRY_SIZE_BYTES)
		return NULL;
	encoder->wants_arguments = (blocks & COLUMNS_OF_ARGUMENTS) != 0;
	encoder->numbers = encoder->wants_arguments || !is_checked ? PLOG_ALL_NUMBERS :
		PLOG_ALL_NUMBERS & ~(1u << PLOG_SYSCALL_ARGS);

	/* calls are needed to say which entries the arguments are of */
	blocks |= COLUMNS_BIT(COLUMNS_CALLS);
	clear_columns(encoder, chunk->entries);
	(void) SPACE(encoder, SPACE_TAKEN, MOST_ARGUMENTS, TakenArgument);
	if (!collect_calls(encoder, chunk, inflated))
		return NULL;
	if (encoder->wants_arguments)
		sort_values(encoder);
	record = SPACE(encoder, SPACE_RECORD, 1, ColumnsRecord);
	memset(record, 0, sizeof(*record));
	record->magic = COLUMNS_RECORD_MAGIC;
	record->chunk = number;
	record->blocks = blocks;
	record->calls = encoder->columns.call_count;
	for (int block = 0; block < COLUMNS_BLOCKS; block++)
	{
		if ((blocks & COLUMNS_BIT(block)) != 0 && !append_block(encoder, block))
			return NULL;
	}
	record = encoder->spaces[SPACE_RECORD].data;
	record->checksum = columns_record_checksum(record);
	return record;
}
