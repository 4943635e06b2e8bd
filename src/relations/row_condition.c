/*-------------------------------------------------------------------------
 *
 * row_condition.c
 *		Looking up a text among the values of a condition.
 *
 * A query may list many thousands of texts, and every row's text is looked up
 * among them, so they are hashed.  As both may come from a log that somebody
 * made to be slow, the hash starts from a random seed.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "common/hashfn.h"
#include "miscadmin.h"

#include "catalog/catalog.h"
#include "compat/varlena.h"
#include "relations/row_condition.h"

/* Up to so many texts are compared one by one. */
#define MAX_UNHASHED		4

static uint32
hash_text(const char *data, Size length)
{
	return (uint32) hash_bytes_extended((const unsigned char *) data, (int) length, catalog_seed());
}

/*
 * Is the text of that number equal to these bytes?
 */
static bool
is_value(const Condition *condition, uint32 number, const char *data, Size length)
{
	const struct varlena *value = (const struct varlena *) DatumGetPointer(condition->texts[number]);
	Size		value_length = VARSIZE_ANY_EXHDR(value);

	condition->text_set->compared++;
	return value_length == length && memcmp(VARDATA_ANY(value), data, length) == 0;
}

/*
 * The slot of a text with that hash, or else the free slot where it would be put.
 */
static uint32
find_slot(const Condition *condition, const char *data, Size length, uint32 hash)
{
	const TextSet *set = condition->text_set;
	uint32		slot = hash & set->mask;

	while (set->slots[slot] != 0 &&
		   !(set->hashes[slot] == hash && is_value(condition, set->slots[slot] - 1, data, length)))
		slot = (slot + 1) & set->mask;
	return slot;
}

void
condition_index_texts(Condition *condition)
{
	TextSet    *set = palloc0(sizeof(TextSet));
	uint32		size = 8;

	condition->text_set = set;
	set->shortest = SIZE_MAX;
	for (int i = 0; i < condition->value_count; i++)
	{
		const struct varlena *value = (const struct varlena *) DatumGetPointer(condition->texts[i]);
		Size		length = VARSIZE_ANY_EXHDR(value);

		set->shortest = Min(set->shortest, length);
		set->longest = Max(set->longest, length);
	}
	if (condition->value_count <= MAX_UNHASHED)
		return;

	/* at most half of the slots are taken */
	while (size < 2 * (uint32) condition->value_count)
		size *= 2;
	set->mask = size - 1;
	set->slots = MemoryContextAllocHuge(CurrentMemoryContext, sizeof(uint32) * (Size) size);
	set->hashes = MemoryContextAllocHuge(CurrentMemoryContext, sizeof(uint32) * (Size) size);
	memset(set->slots, 0, sizeof(uint32) * (Size) size);
	for (int i = 0; i < condition->value_count; i++)
	{
		const struct varlena *value = (const struct varlena *) DatumGetPointer(condition->texts[i]);
		Size		length = VARSIZE_ANY_EXHDR(value);
		uint32		hash = hash_text(VARDATA_ANY(value), length);
		uint32		slot = find_slot(condition, VARDATA_ANY(value), length, hash);

		CHECK_FOR_INTERRUPTS();
		set->slots[slot] = (uint32) i + 1;
		set->hashes[slot] = hash;
	}
}

bool
condition_find_text(const Condition *condition, const char *data, Size length)
{
	const TextSet *set = condition->text_set;
	uint32		slot;

	if (set->slots != NULL)
	{
		slot = find_slot(condition, data, length, hash_text(data, length));
		return set->slots[slot] != 0;
	}
	for (int i = 0; i < condition->value_count; i++)
	{
		if (is_value(condition, (uint32) i, data, length))
			return true;
	}
	return false;
}
