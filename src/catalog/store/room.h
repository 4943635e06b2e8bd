/*-------------------------------------------------------------------------
 *
 * room.h
 *		Keeping the files of a kind within their limit.
 *
 *-------------------------------------------------------------------------
 */
#ifndef PANDELEPHANT_STORE_ROOM_H
#define PANDELEPHANT_STORE_ROOM_H

#include <time.h>

/* What this process knows of the room for files of a kind; at first all zero. */
typedef struct StoreRoom
{
	uint64		limit;			/* when it last looked; 0: it has not looked yet */
	uint64		free;			/* bytes, then */
	uint64		written;		/* bytes, since then */
	time_t		looked;
	bool		is_full;		/* of files that are in use */
} StoreRoom;

/*
 * Is there room for another file, with that limit for all in bytes?  Not where all of
 * those that are there are in use, as far as this process knows.
 */
extern bool store_has_room(const StoreRoom *room, uint64 limit);

/*
 * A file of so many bytes was written, whose name has that ending: see that all are
 * within the limit, as far as one can tell without listing them each time.
 */
extern void store_note_written(StoreRoom *room, const char *suffix, uint64 limit, uint64 bytes);

#endif							/* PANDELEPHANT_STORE_ROOM_H */
