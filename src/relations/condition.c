/*-------------------------------------------------------------------------
 *
 * condition.c
 *		Looking for a text among those that a query wants.
 *
 * A list may have many thousands of texts, and every row is looked for in it: so
 * they are hashed.  The list can come from a log, as the rows do, so that the
 * hash begins with a number that nobody outside knows.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "common/hashfn.h"
#include "miscadmin.h"

#include "catalog/catalog.h"
#include "compat/varlena.h"
#include "relations/condition.h"

/* So few texts are compared one by one. */
#define MAX_UNHASHED		4

static uint32
hash_text(const char *data, Size length)
{
	return (uint32) hash_bytes_extended((const unsigned char *) data, (int) length, catalog_seed());
}

/*
 * Is one of the values just these bytes?
 */
static bool
is_value(const Condition *condition, uint32 place, const char *data, Size length)
{
	const struct varlena *value = (const struct varlena *) DatumGetPointer(condition->texts[place]);
	Size		value_length = VARSIZE_ANY_EXHDR(value);

	condition->text_set->compared++;
	return value_length == length && memcmp(VARDATA_ANY(value), data, length) == 0;
}

/*
 * Where in the slots a text of that hash is, or else the free one where it would
 * be.
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
	for (int i = 0; i < condition->value_count; i++)
	{
		const struct varlena *value = (const struct varlena *) DatumGetPointer(condition->texts[i]);
		Size		length = VARSIZE_ANY_EXHDR(value);

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
condition_has_text(const Condition *condition, const char *data, Size length)
{
	const TextSet *set = condition->text_set;
	uint32		slot;

	if (set == NULL || length > set->longest)
		return false;
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
