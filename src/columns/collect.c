/*-------------------------------------------------------------------------
 *
 * collect.c
 *		The calls of a chunk by columns, from its entries.
 *
 * The entries are walked once.  What is not as PANDA writes it is left to the log:
 * the chunk has no columns then.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "miscadmin.h"

#include "columns/collect.h"
#include "columns/layout.h"
#include "columns/space.h"

/* A chunk has no columns if a call has more arguments, or a kind more forms of them. */
#define MOST_ARGUMENTS			1024
#define MOST_FORMS_OF_KIND		64

/* An index that is looked up by bytes. */
typedef struct BytesEntry
{
	PlogBytes	key;
	uint32		index;
	uint32		hash;
	char		status;
} BytesEntry;

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

/* What the collector has of a kind beside what is stored. */
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
typedef enum CollectorSpace
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
	SPACE_TAKEN,
	COLLECTOR_SPACES
} CollectorSpace;

struct CallCollector
{
	MemoryContext context;		/* of everything */
	Space		spaces[COLLECTOR_SPACES];
	bool		wants_arguments;
	uint32		numbers;		/* the fields of calls that are decoded */
	CallColumns columns;
	uint64		most_calls;		/* what there is room for */
	uint64		most_values;
	uint64		value_count;
	KindForms  *kind_forms;
	uint32	   *next_forms;
	uint64	   *values;
	strings_hash *kind_hash;	/* the first kind of each name */
	strings_hash *string_hash;
	call_threads_hash *thread_hash;
};

CallCollector *
call_collector_create(void)
{
	MemoryContext context = AllocSetContextCreate(CurrentMemoryContext, "pandelephant collected calls",
												  ALLOCSET_DEFAULT_SIZES);
	CallCollector *collector = MemoryContextAllocZero(context, sizeof(CallCollector));

	collector->context = context;
	collector->kind_hash = strings_create(context, 256, NULL);
	collector->string_hash = strings_create(context, 4096, NULL);
	collector->thread_hash = call_threads_create(context, 256, NULL);
	return collector;
}

static void *
collector_space(CallCollector *collector, CollectorSpace space, Size elements, Size element_bytes)
{
	return space_for(&collector->spaces[space], collector->context, elements, element_bytes);
}

#define SPACE(collector, space, elements, type) \
	((type *) collector_space(collector, space, elements, sizeof(type)))

/*
 * Begin with a chunk of so many calls and arguments, none of which is there yet.
 */
static void
clear_columns(CallCollector *collector, uint64 calls, uint64 arguments)
{
	CallColumns *columns = &collector->columns;

	memset(columns, 0, sizeof(*columns));
	collector->most_calls = calls;
	collector->most_values = arguments;
	collector->value_count = 0;
	strings_reset(collector->kind_hash);
	strings_reset(collector->string_hash);
	call_threads_reset(collector->thread_hash);
	columns->entries = SPACE(collector, SPACE_ENTRIES, calls, uint64);
	columns->kind_of = SPACE(collector, SPACE_KIND_OF, calls, uint64);
	columns->thread_of = SPACE(collector, SPACE_THREAD_OF, calls, uint64);
	columns->retvals = SPACE(collector, SPACE_RETVALS, calls, uint64);
	columns->offsets = SPACE(collector, SPACE_OFFSETS, calls, uint64);
	columns->pcs = SPACE(collector, SPACE_PCS, calls, uint64);
	columns->form_of = SPACE(collector, SPACE_FORM_OF, calls, uint64);
	columns->number_in_form = SPACE(collector, SPACE_NUMBER_IN_FORM, calls, uint64);
	collector->values = SPACE(collector, SPACE_VALUES, arguments, uint64);
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
add_kind(CallCollector *collector, const CallKind *kind)
{
	CallColumns *columns = &collector->columns;
	uint32		index = columns->kind_count++;

	columns->kinds = SPACE(collector, SPACE_KINDS, index + 1, CallKind);
	collector->kind_forms = SPACE(collector, SPACE_KIND_FORMS, index + 1, KindForms);
	columns->kinds[index] = *kind;
	memset(&collector->kind_forms[index], 0, sizeof(KindForms));
	return index;
}

/*
 * The number of a call's kind.  Those of one name are few, and are compared.
 */
static uint32
find_kind(CallCollector *collector, const PlogEntry *entry, const PlogSyscall *syscall)
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
	first = strings_insert(collector->kind_hash, name, &is_found);
	if (!is_found)
		return first->index = add_kind(collector, &kind);
	for (index = first->index;; index = collector->kind_forms[index].next_kind - 1)
	{
		const CallKind *known = &collector->columns.kinds[index];

		if (known->entry_present == kind.entry_present && known->present == kind.present &&
			known->pc == kind.pc)
			return index;
		if (collector->kind_forms[index].next_kind == 0)
			break;
	}
	collector->kind_forms[index].next_kind = collector->columns.kind_count + 1;
	return add_kind(collector, &kind);
}

/*
 * The number of a call's thread, which is often that of the call before.
 */
static uint32
find_call_thread(CallCollector *collector, const PlogEntry *entry, const PlogSyscall *syscall)
{
	CallColumns *columns = &collector->columns;
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
	found = call_threads_insert(collector->thread_hash, thread, &is_found);
	if (!is_found)
	{
		found->index = columns->thread_count++;
		columns->threads = SPACE(collector, SPACE_THREADS, columns->thread_count, CallThread);
		columns->threads[found->index] = thread;
	}
	return found->index;
}

static uint32
find_string(CallCollector *collector, PlogBytes string)
{
	CallColumns *columns = &collector->columns;
	bool		is_found;
	BytesEntry *found = strings_insert(collector->string_hash, string, &is_found);

	if (!is_found)
	{
		found->index = columns->string_count++;
		columns->strings = SPACE(collector, SPACE_STRINGS, columns->string_count, PlogBytes);
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
add_form(CallCollector *collector, const TakenArgument *taken, uint32 count)
{
	CallColumns *columns = &collector->columns;
	uint32		index = columns->form_count++;
	uint32		first = columns->parameter_count;

	columns->forms = SPACE(collector, SPACE_FORMS, index + 1, CallForm);
	collector->next_forms = SPACE(collector, SPACE_NEXT_FORMS, index + 1, uint32);
	columns->parameter_count += count;
	columns->parameters = SPACE(collector, SPACE_PARAMETERS, columns->parameter_count, Parameter);
	columns->forms[index].first_parameter = first;
	columns->forms[index].parameter_count = count;
	columns->forms[index].calls = 0;
	collector->next_forms[index] = 0;
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
find_form(CallCollector *collector, uint32 kind, const TakenArgument *taken, uint32 count,
		  uint32 *form)
{
	KindForms  *forms = &collector->kind_forms[kind];
	uint32		last = 0;

	for (uint32 next = forms->first_form; next != 0; next = collector->next_forms[next - 1])
	{
		last = next;
		if (has_form(&collector->columns, &collector->columns.forms[next - 1], taken, count))
		{
			*form = next - 1;
			return true;
		}
	}
	if (forms->form_count++ == MOST_FORMS_OF_KIND)
		return false;
	*form = add_form(collector, taken, count);
	if (last == 0)
		forms->first_form = *form + 1;
	else
		collector->next_forms[last - 1] = *form + 1;
	return true;
}

/*
 * Add the arguments of a call.  False where they are unusual.
 */
static bool
add_arguments(CallCollector *collector, uint32 kind, const PlogSyscall *syscall)
{
	CallColumns *columns = &collector->columns;
	TakenArgument *taken = collector->spaces[SPACE_TAKEN].data;
	uint32		count = (uint32) syscall->argument_count;
	uint64	   *values;
	uint32		form;

	if (syscall->argument_count > MOST_ARGUMENTS ||
		syscall->argument_count > collector->most_values - collector->value_count ||
		!take_arguments(syscall, taken) || !find_form(collector, kind, taken, count, &form))
		return false;
	values = collector->values + collector->value_count;
	for (uint32 i = 0; i < count; i++)
		values[i] = plog_is_kind_of(PLOG_VARINT_KINDS, taken[i].kind) ?
			taken[i].number : find_string(collector, taken[i].bytes);
	collector->value_count += count;
	columns->form_of[columns->call_count] = form;
	columns->number_in_form[columns->call_count] = columns->forms[form].calls++;
	return true;
}

/*
 * Add the call of an entry.  False where it is malformed or unusual.
 */
static bool
add_call(CallCollector *collector, uint64 entry_number, const PlogEntry *entry)
{
	CallColumns *columns = &collector->columns;
	uint32		call = columns->call_count;
	PlogSyscall syscall;
	uint32		kind;

	if (call == collector->most_calls ||
		!plog_decode_syscall_numbers(entry->payload, collector->numbers, &syscall))
		return false;
	kind = find_kind(collector, entry, &syscall);
	columns->entries[call] = entry_number;
	columns->kind_of[call] = kind;
	columns->thread_of[call] = find_call_thread(collector, entry, &syscall);
	columns->retvals[call] = (uint64) syscall.retcode;
	columns->offsets[call] = entry->instr;
	columns->pcs[call] = entry->pc;
	if (collector->wants_arguments && !add_arguments(collector, kind, &syscall))
		return false;
	columns->call_count++;
	return true;
}

/*
 * Add the calls of a chunk.  False where something is malformed or unusual.
 */
static bool
add_calls(CallCollector *collector, const PlogChunk *chunk, const PlogBuffer *inflated)
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
			!add_call(collector, number, &entry))
			return false;
		number++;
	}
	return entries.at == entries.end && number == chunk->entries;
}
/*
 * Sort the values of all arguments by their parameters.
 */
static void
sort_values(CallCollector *collector)
{
	CallColumns *columns = &collector->columns;
	const uint64 *value = collector->values;
	uint64	   *sorted = SPACE(collector, SPACE_SORTED_VALUES, collector->value_count, uint64);
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

const CallColumns *
collect_calls(CallCollector *collector, const PlogChunk *chunk, const CatalogChunk *known,
			  const PlogBuffer *inflated, bool wants_arguments)
{
	uint64		calls = known->messages[CATALOG_SYSCALL];
	uint64		arguments = wants_arguments ? known->arguments : 0;

	if (inflated->length > COLUMNS_MOST_CHUNK_BYTES || calls > COLUMNS_MOST_CALLS ||
		arguments > COLUMNS_MOST_ARGUMENTS)
		return NULL;
	collector->wants_arguments = wants_arguments;
	collector->numbers = wants_arguments || known->has_mixed_syscalls ? PLOG_ALL_NUMBERS :
		PLOG_ALL_NUMBERS & ~(1u << PLOG_SYSCALL_ARGS);
	clear_columns(collector, calls, arguments);
	(void) SPACE(collector, SPACE_TAKEN, MOST_ARGUMENTS, TakenArgument);
	if (!add_calls(collector, chunk, inflated) || collector->columns.call_count != calls ||
		collector->value_count != arguments)
		return NULL;
	if (wants_arguments)
		sort_values(collector);
	return &collector->columns;
}
