/*-------------------------------------------------------------------------
 *
 * room.c
 *		Keeping the files of a kind within their limit.
 *
 * Those that were not used for the longest time are removed, but none that is in use.
 * If one in use were removed for a new one, a query over more logs than there is room
 * for would remove each catalog before it comes to that log again, and find none.
 *
 * To list the directory takes time for each file that is there, so it is not done for
 * each that is written.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include <unistd.h>

#include "catalog/store/files.h"
#include "catalog/store/room.h"

/* A file is in use that was used within so many seconds. */
#define SECONDS_IN_USE			600

/* After so many seconds a process looks again how full the directory is. */
#define SECONDS_PER_LOOK		60

/*
 * When there is not enough room, so much of the limit is made free, and so many
 * processes may write at once without a look in between, each its part of what is free.
 */
#define FREED_PART				16
#define WRITING_PROCESSES		8

static bool
has_looked_lately(const StoreRoom *room, uint64 limit)
{
	time_t		now = time(NULL);

	return room->limit == limit && now >= room->looked && now - room->looked < SECONDS_PER_LOOK;
}

bool
store_has_room(const StoreRoom *room, uint64 limit)
{
	return !room->is_full || !has_looked_lately(room, limit);
}

static void
evict_file(const StoreFile *file)
{
	char		path[MAXPGPATH];

	store_file_path(path, file);
	ereport(DEBUG1,
			(errmsg_internal("evicting file \"%s\"", path)));
	(void) unlink(path);
}

static int
compare_use(const void *a, const void *b)
{
	int64		used_a = ((const StoreFile *) a)->used;
	int64		used_b = ((const StoreFile *) b)->used;

	return used_a < used_b ? -1 : used_a > used_b ? 1 : 0;
}

/*
 * Remove files until they are within the limit: the oldest that are not in use, and if
 * that is not enough, the last to come.  Returns how many bytes are left.
 */
static uint64
make_room(StoreRoom *room, StoreFile *files, int count, uint64 bytes, uint64 limit)
{
	uint64		wanted = bytes > limit ? limit - limit / FREED_PART : limit;
	int64		in_use = ((int64) time(NULL) - SECONDS_IN_USE) * 1000000000;
	int			first = 0;

	qsort(files, count, sizeof(StoreFile), compare_use);
	while (first < count && bytes > wanted && files[first].used < in_use)
	{
		evict_file(&files[first]);
		bytes -= files[first++].bytes;
	}
	room->is_full = bytes > limit;
	while (first < count && bytes > limit)
	{
		evict_file(&files[--count]);
		bytes -= files[count].bytes;
	}
	return bytes;
}

/*
 * See how full the directory is, and make room if need be.
 */
static void
look_again(StoreRoom *room, const char *suffix, uint64 limit)
{
	int			count;
	StoreFile  *files = store_list_files(suffix, &count);
	uint64		bytes = 0;

	for (int i = 0; i < count; i++)
		bytes += files[i].bytes;
	bytes = make_room(room, files, count, bytes, limit);
	room->limit = limit;
	room->free = limit > bytes ? limit - bytes : 0;
	room->written = 0;
	room->looked = time(NULL);
	pfree(files);
}

void
store_note_written(StoreRoom *room, const char *suffix, uint64 limit, uint64 bytes)
{
	room->written += bytes;
	if (!has_looked_lately(room, limit) || room->written > room->free / WRITING_PROCESSES)
		look_again(room, suffix, limit);
}
