/*-------------------------------------------------------------------------
 *
 * call_groups.c
 *		Counting system calls by thread, name and result.
 *
 * A thread makes calls of a few dozen names, so there are few groups.  But a log
 * may have been made so that there are as many as calls.  A catalog is to be
 * small beside its log, so it has all groups or none: none where they would take
 * more than a part of the log's size.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "utils/memutils.h"

#include "catalog/build/call_groups.h"

/* The most groups that a catalog has: by this part of the log's size, but some. */
#define GROUPS_PART				100
#define GROUPS_ALWAYS_KEPT		2048

/* The least error number, as a result. */
#define LEAST_ERROR				(-4095)

/* What the calls of a group have in common. */
typedef struct CallGroupKey
{
	uint64		things;			/* thread << 32 | name */
	uint32		result;
} CallGroupKey;

/* From a key to the index of its group. */
typedef struct CallGroupEntry
{
	CallGroupKey key;
	uint32		index;
	char		status;
} CallGroupEntry;

static inline uint32
hash_key(CallGroupKey key)
{
	return catalog_hash(key.things) + key.result * 0x9E3779B9;
}

#define SH_PREFIX call_group
#define SH_ELEMENT_TYPE CallGroupEntry
#define SH_KEY_TYPE CallGroupKey
#define SH_KEY key
#define SH_HASH_KEY(table, key) hash_key(key)
#define SH_EQUAL(table, a, b) ((a).things == (b).things && (a).result == (b).result)
#define SH_SCOPE static inline
#define SH_DECLARE
#define SH_DEFINE
#include "lib/simplehash.h"

/*
 * So many groups are found without a look at the hash table: more than the calls of a
 * few seconds have, but few enough for the processor's cache.
 */
#define RECENT_BITS				13
#define RECENT_GROUPS			(1 << RECENT_BITS)

/* A group that calls were added to lately; its index plus one, 0 where there is none. */
typedef struct RecentGroup
{
	uint64		things;
	uint32		result;
	uint32		number;
} RecentGroup;

/*
 * Where a group is looked for first.  Whoever makes a log so that its groups share
 * places makes it as slow as the hash table is, and no slower.
 */
static inline RecentGroup *
recent_group(const CallGroupsPass *pass, CallGroupKey key)
{
	uint64		hash = (key.things ^ (uint64) key.result << 20) * UINT64CONST(0x9E3779B97F4A7C15);

	return &pass->recent[hash >> (64 - RECENT_BITS)];
}

void
start_call_groups(Builder *builder)
{
	CallGroupsPass *pass = &builder->call_groups;
	uint64		bytes = builder->file->reader.identity.size / GROUPS_PART;

	pass->recent = MemoryContextAllocZero(builder->memory.scratch,
										  sizeof(RecentGroup) * RECENT_GROUPS);
	pass->hash = call_group_create(builder->memory.scratch, 256, NULL);
	pass->most = (uint32) Min(Max(bytes / sizeof(CatalogCallGroup), GROUPS_ALWAYS_KEPT),
							  MAX_THINGS);
	builder->catalog->summary.has_call_groups = true;
}

void
drop_call_groups(Builder *builder)
{
	CallGroupsPass *pass = &builder->call_groups;
	Catalog    *catalog = builder->catalog;

	if (pass->hash == NULL)
		return;
	call_group_destroy(pass->hash);
	pass->hash = NULL;
	if (catalog->call_groups != NULL)
		pfree(catalog->call_groups);
	catalog->call_groups = NULL;
	catalog->summary.call_group_count = 0;
	catalog->summary.has_call_groups = false;
}

/*
 * Find the group of a thread, a name and a result, or add it, without calls.  False if
 * there are too many groups, which are dropped then.
 */
static pg_noinline bool
find_group(Builder *builder, CallGroupKey key, uint32 *index)
{
	CallGroupsPass *pass = &builder->call_groups;
	Catalog    *catalog = builder->catalog;
	uint32		count = catalog->summary.call_group_count;
	CallGroupEntry *entry;
	bool		found;

	entry = call_group_insert(pass->hash, key, &found);
	if (!found && count >= pass->most)
	{
		drop_call_groups(builder);
		return false;
	}
	if (!found)
	{
		account_for(&builder->memory, TABLE_BYTES_PER_THING);
		make_room(&builder->things, CATALOG_CALL_GROUPS, count);
		entry->index = count;
		catalog->call_groups[count] = (CatalogCallGroup)
		{
			0, PG_INT64_MAX, PG_INT64_MIN, (uint32) (key.things >> 32), (uint32) key.things,
			key.result, 0
		};
		catalog->summary.call_group_count++;
	}
	*index = entry->index;
	return true;
}

/*
 * Add the calls of a group to those of the same thread, name and result.
 */
static inline void
add_calls(Builder *builder, const CatalogCallGroup *added)
{
	CallGroupsPass *pass = &builder->call_groups;
	CallGroupKey key = {(uint64) added->thread << 32 | added->name, added->result};
	RecentGroup *recent = recent_group(pass, key);
	CatalogCallGroup *group;
	uint32		index;

	if (pass->hash == NULL)
		return;
	if (recent->number == 0 || recent->things != key.things || recent->result != key.result)
	{
		if (!find_group(builder, key, &index))
			return;
		recent->things = key.things;
		recent->result = key.result;
		recent->number = index + 1;
	}
	group = &builder->catalog->call_groups[recent->number - 1];
	group->calls += added->calls;
	group->least = Min(group->least, added->least);
	group->greatest = Max(group->greatest, added->greatest);
}

/*
 * Which of the calls that returned 0 it is, see CatalogResult.
 */
static inline CatalogResult
zero_result(const PlogEntry *entry, PlogBytes name)
{
	if (!PLOG_HAS(entry, PLOG_ENTRY_PC) || entry->pc >= GUEST_LAST_KERNEL_START ||
		!call_is_logged_on_entry(name))
		return CATALOG_RESULT_ZERO;
	for (int i = 0;; i++)
	{
		if (entry->pc < guest_kernel_starts[i])
			return CATALOG_RESULT_ENTERED + i;
	}
}

static inline CatalogResult
result_of(const PlogEntry *entry, const PlogSyscall *syscall)
{
	if (!PLOG_HAS(syscall, PLOG_SYSCALL_RETCODE))
		return CATALOG_RESULT_ABSENT;
	if (syscall->retcode > 0)
		return CATALOG_RESULT_POSITIVE;
	if (syscall->retcode == 0)
		return zero_result(entry, syscall->call_name);
	return syscall->retcode < LEAST_ERROR ? CATALOG_RESULT_NEGATIVE : CATALOG_RESULT_ERROR;
}

void
count_in_group(Builder *builder, uint32 thread, uint32 name, const PlogSyscall *syscall)
{
	int64		retcode = PLOG_HAS(syscall, PLOG_SYSCALL_RETCODE) ? syscall->retcode : 0;
	CatalogCallGroup call = {
		1, retcode, retcode, thread, name, result_of(builder->at.entry, syscall), 0
	};

	add_calls(builder, &call);
}

void
add_call_group(Builder *builder, const CatalogCallGroup *group)
{
	add_calls(builder, group);
}
