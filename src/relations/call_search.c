/*-------------------------------------------------------------------------
 *
 * call_search.c
 *		Leaving out calls whose line cannot have what conditions demand of it.
 *
 * What strace/search.c has found out is looked for in the bytes of the calls, before
 * anything is printed: in a chunk of the log as it is, and in a chunk whose columns are
 * kept once in each of its names and strings, of which calls have the numbers.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "miscadmin.h"
#include "utils/memutils.h"

#include "relations/call_search.h"
#include "strace/strace.h"

/* Bytes are searched with a check for interrupts after so many. */
#define BYTES_PER_CHECK		((size_t) 16 * 1024 * 1024)

StaticAssertDecl(MAX_SEARCH_WORDS <= 8, "words are bits of a byte");

static void
add_search(CallSearch *search, const Condition *condition)
{
	const StraceSearch *demanded = condition->search;

	search->is_never |= demanded->is_never;
	if (search->name == NULL)
		search->name = condition->name;
	for (int i = 0; i < demanded->word_count && search->word_count < MAX_SEARCH_WORDS; i++)
		search->words[search->word_count++] = demanded->words[i];
}

void
call_search_restrict(RelationScan *scan)
{
	const ScanRestriction *restriction = &scan->restriction;

	memset(&scan->search, 0, sizeof(scan->search));
	for (int i = 0; i < restriction->condition_count && pandelephant_enable_skipping; i++)
	{
		if (restriction->conditions[i].search != NULL)
			add_search(&scan->search, &restriction->conditions[i]);
	}
}

/*
 * The first place of a word in some bytes, or their end.
 */
static const uint8_t *
find_word(PlogBytes bytes, PlogBytes word)
{
	const uint8_t *at = bytes.data;
	const uint8_t *end = at + bytes.length;

	while ((size_t) (end - at) >= word.length)
	{
		size_t		piece = Min((size_t) (end - at), BYTES_PER_CHECK + word.length);
		const uint8_t *place = memmem(at, piece, word.data, word.length);

		if (place != NULL)
			return place;

		/* a word may begin in the last bytes of the piece */
		at += piece - word.length + 1;
		CHECK_FOR_INTERRUPTS();
	}
	return end;
}

/*
 * Is the first word in a message?  It is searched for in all of the rest of the chunk,
 * so that a message in front of its next place costs a comparison.
 */
static inline bool
has_first_word(RelationScan *scan, PlogBytes message)
{
	CallSearch *search = &scan->search;
	PlogBytes	word = search->words[0];
	const uint8_t *end = scan->walk.entries.end;

	/* a message in several parts was put together elsewhere */
	if (message.data < scan->walk.chunk_start || message.data >= end)
		return bytes_contain(message, word);
	if (search->place == NULL || search->place < message.data)
	{
		PlogBytes	rest = {message.data, (size_t) (end - message.data)};

		search->place = find_word(rest, word);
	}
	return message.length >= word.length &&
		search->place <= message.data + message.length - word.length;
}

bool
message_may_be_found(RelationScan *scan, PlogBytes message)
{
	const CallSearch *search = &scan->search;

	if (search->is_never || (search->word_count > 0 && !has_first_word(scan, message)))
		return false;
	for (int i = 1; i < search->word_count; i++)
	{
		if (!bytes_contain(message, search->words[i]))
			return false;
	}
	return true;
}

bool
call_may_be_found(RelationScan *scan, const PlogSyscall *syscall)
{
	const Condition *name = scan->search.name;

	return message_may_be_found(scan, scan->call.message) &&
		(name == NULL || relation_guest_text_meets(scan, name, syscall->call_name));
}

/*
 * Which of the words does a string have?  As bits.
 */
static inline uint8
words_in(const CallSearch *search, PlogBytes string)
{
	uint8		words = 0;

	for (int i = 0; i < search->word_count; i++)
	{
		if (bytes_contain(string, search->words[i]))
			words |= 1 << i;
	}
	return words;
}

/*
 * Memory for a byte each that stays as long as the chunk.
 */
static uint8 *
bytes_of_chunk(const RelationScan *scan, uint32 count)
{
	return MemoryContextAllocExtended(scan->kept.context, Max(count, 1),
									  MCXT_ALLOC_HUGE | MCXT_ALLOC_ZERO);
}

bool
call_search_chunk(RelationScan *scan)
{
	const CallColumns *columns = scan->kept.columns;
	CallSearch *search = &scan->search;
	uint8		found = 0;

	if (search->is_never)
		return false;
	search->all_words = (uint8) ((1 << search->word_count) - 1);
	if (search->word_count == 0)
		return true;
	search->kind_words = bytes_of_chunk(scan, columns->kind_count);
	search->string_words = bytes_of_chunk(scan, columns->string_count);
	for (uint32 i = 0; i < columns->kind_count; i++)
	{
		CHECK_FOR_INTERRUPTS();
		search->kind_words[i] = words_in(search, columns->kinds[i].name);
		found |= search->kind_words[i];
	}
	for (uint32 i = 0; i < columns->string_count; i++)
	{
		CHECK_FOR_INTERRUPTS();
		search->string_words[i] = words_in(search, columns->strings[i]);
		found |= search->string_words[i];
	}
	return found == search->all_words;
}

bool
kept_call_may_be_found(const RelationScan *scan, uint32 call)
{
	const CallColumns *columns = scan->kept.columns;
	const CallSearch *search = &scan->search;
	const CallForm *form = &columns->forms[columns->form_of[call]];
	const Parameter *parameter = &columns->parameters[form->first_parameter];
	uint64		number = columns->number_in_form[call];
	uint8		found = search->kind_words[columns->kind_of[call]];

	for (uint32 i = 0; i < form->parameter_count; i++, parameter++)
	{
		if (!parameter_is_number(parameter))
			found |= search->string_words[parameter->values[number]];
	}
	return found == search->all_words;
}
