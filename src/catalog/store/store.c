/*-------------------------------------------------------------------------
 *
 * store.c
 *		Reading and writing catalogs on disk.
 *
 * Each catalog is a file of its own.  It is written under another name and then
 * renamed, so that a file is there completely or not at all; its checksums tell
 * whether that still holds after a crash of the machine.  There are no locks: if
 * two processes write the same catalog, the last one wins.
 *
 * A file is found by a hash of what stat() tells of the log, so that planning
 * finds it without opening the log.  The checksums of the log's header,
 * directory and chunks are in the file's header, and are compared when the
 * catalog is loaded.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

#include "utils/memutils.h"

#include "catalog/store/files.h"
#include "catalog/store/layout.h"
#include "catalog/store/room.h"
#include "catalog/store/soundness.h"
#include "catalog/store/store.h"

typedef enum StoreResult
{
	STORE_GOOD,
	STORE_BAD,					/* the file is useless and can be removed */
	STORE_UNREAD				/* the file could not be read */
} StoreResult;

/* What this process knows of the room for catalogs. */
static StoreRoom room;

/*
 * Read a header, and compare it with the one that is wanted.
 */
static StoreResult
read_header(int fd, const StoreName *name, StoreHeader *header, struct stat *state)
{
	pg_crc32c	unused = 0;

	if (fstat(fd, state) != 0)
		return STORE_UNREAD;
	if (!S_ISREG(state->st_mode) || state->st_size < (off_t) sizeof(StoreHeader) ||
		(uint64) state->st_size > store_limit())
		return STORE_BAD;
	if (!store_read_bytes(fd, header, sizeof(*header), &unused))
		return store_is_interrupted() ? STORE_UNREAD : STORE_BAD;
	return store_header_is_sound(header, name) ? STORE_GOOD : STORE_BAD;
}

/*
 * Read what is behind the header, and make it the catalog's arrays.
 */
static StoreResult
read_body(int fd, const StoreHeader *header, uint64 bytes, Catalog *catalog)
{
	uint64		places[CATALOG_FILE_ARRAYS];
	pg_crc32c	checksum;
	char	   *body;

	if (!store_place_arrays(header, bytes, catalog, places))
		return STORE_BAD;
	body = MemoryContextAllocExtended(catalog->context, Max(bytes, 1),
									  MCXT_ALLOC_HUGE | MCXT_ALLOC_NO_OOM);
	if (body == NULL)
		return STORE_UNREAD;
	INIT_CRC32C(checksum);
	if (!store_read_bytes(fd, body, bytes, &checksum))
		return store_is_interrupted() ? STORE_UNREAD : STORE_BAD;
	FIN_CRC32C(checksum);
	if (!EQ_CRC32C(checksum, header->body_checksum))
		return STORE_BAD;
	for (int i = 0; i < CATALOG_FILE_ARRAYS; i++)
		catalog_set_array_start(catalog, i, body + places[i]);
	return STORE_GOOD;
}

/*
 * Read a file into an empty catalog.
 */
static StoreResult
read_file(const char *path, const StoreName *name, const CatalogKey *key, Catalog *catalog)
{
	/* O_NONBLOCK: if it is a pipe, do not wait for a writer */
	int			fd = store_open_file(path, O_RDONLY | O_NONBLOCK);
	StoreHeader header;
	StoreResult result;
	struct stat state;

	if (fd < 0)
		return STORE_UNREAD;
	result = read_header(fd, name, &header, &state);
	if (result == STORE_GOOD &&
		(header.state != key->identity.mtime || header.checksum != key->checksum ||
		 header.chunks_checksum != key->chunks_checksum))
		result = STORE_BAD;
	if (result == STORE_GOOD)
		result = read_body(fd, &header, state.st_size - sizeof(header), catalog);
	(void) store_close_file(fd);
	if (result == STORE_GOOD)
		store_touch_file(path, &state);
	return result;
}

Catalog *
catalog_load(const PlogFile *file, const CatalogKey *key, MemoryContext parent)
{
	StoreName	name = store_name(&key->identity, key->recover != 0);
	char		path[MAXPGPATH];
	MemoryContext context;
	Catalog    *catalog;
	StoreResult result;

	if (store_limit() == 0)
		return NULL;
	store_make_path(path, &name, CATALOG_SUFFIX);
	context = AllocSetContextCreate(CurrentMemoryContext, "pandelephant catalog",
									ALLOCSET_DEFAULT_SIZES);
	catalog = MemoryContextAllocZero(context, sizeof(Catalog));
	catalog->context = context;
	result = read_file(path, &name, key, catalog);
	if (result == STORE_GOOD &&
		!(catalog_is_sound(catalog, file) && catalog_hash_threads(catalog)))
		result = STORE_BAD;
	if (result != STORE_GOOD)
	{
		MemoryContextDelete(context);
		if (result == STORE_BAD)
		{
			ereport(DEBUG1,
					(errmsg_internal("removing damaged or stale catalog file \"%s\"", path)));
			(void) unlink(path);
		}
		return NULL;
	}
	MemoryContextSetParent(context, parent);
	return catalog;
}

bool
catalog_load_summary(const PlogIdentity *identity, bool recover, CatalogSummary *summary)
{
	StoreName	name = store_name(identity, recover);
	char		path[MAXPGPATH];
	StoreHeader header;
	StoreResult result;
	struct stat state;
	int			fd;

	if (store_limit() == 0)
		return false;
	store_make_path(path, &name, CATALOG_SUFFIX);
	fd = store_open_file(path, O_RDONLY | O_NONBLOCK);
	if (fd < 0)
		return false;
	result = read_header(fd, &name, &header, &state);
	(void) store_close_file(fd);
	if (result != STORE_GOOD ||
		store_body_bytes(&header) != state.st_size - sizeof(header))
		return false;
	memcpy(summary, &header.summary, sizeof(*summary));
	return true;
}

/*
 * Write the arrays.
 */
static bool
write_body(int fd, const Catalog *catalog, StoreHeader *header)
{
	static const char padding[ARRAY_ALIGNMENT] = {0};
	pg_crc32c	checksum;

	INIT_CRC32C(checksum);
	for (int i = 0; i < CATALOG_FILE_ARRAYS; i++)
	{
		uint64		bytes = header->counts[i] * catalog_arrays[i].element_bytes;

		if (!store_write_bytes(fd, catalog_array_start(catalog, i), bytes, &checksum) ||
			!store_write_bytes(fd, padding, TYPEALIGN64(ARRAY_ALIGNMENT, bytes) - bytes, &checksum))
			return false;
	}
	FIN_CRC32C(checksum);
	header->body_checksum = checksum;
	return true;
}

/*
 * Write a file: the header last, because it has the checksum of the body.
 */
static bool
write_file(const char *path, const Catalog *catalog, StoreHeader *header)
{
	int			fd = store_open_file(path, O_WRONLY | O_CREAT | O_EXCL);
	pg_crc32c	unused = 0;
	bool		is_written;

	if (fd < 0)
		return false;
	is_written = lseek(fd, sizeof(*header), SEEK_SET) >= 0 && write_body(fd, catalog, header);
	if (is_written)
	{
		header->header_checksum = store_header_checksum(header);
		is_written = lseek(fd, 0, SEEK_SET) == 0 &&
			store_write_bytes(fd, header, sizeof(*header), &unused);
	}
	if (!is_written)
	{
		int			save_errno = errno;

		(void) store_close_file(fd);
		errno = save_errno;
		return false;
	}
	return store_close_file(fd);
}

/*
 * Write a file under another name and rename it.
 */
static bool
write_and_rename(const char *path, const Catalog *catalog, StoreHeader *header)
{
	char		temporary[MAXPGPATH];
	int			save_errno;

	if (!store_make_temporary(temporary))
		return false;
	if (write_file(temporary, catalog, header) && rename(temporary, path) == 0)
		return true;
	save_errno = errno;
	(void) unlink(temporary);
	errno = save_errno;
	return false;
}

void
catalog_save(const Catalog *catalog, const PlogFile *file, const CatalogKey *key)
{
	char		path[MAXPGPATH];
	StoreHeader header;
	struct stat state;

	/*
	 * A log with a "look" was changed so recently that another change may leave
	 * its times as they are.  Nobody could see later that the catalog is stale.
	 */
	if (store_limit() == 0 || key->identity.look != 0)
		return;
	store_make_header(&header, catalog, key);

	/* do not write what loading would not accept, or what is there by now */
	if (sizeof(header) + store_body_bytes(&header) > store_limit() ||
		!catalog_is_sound(catalog, file))
		return;
	store_make_path(path, &header.name, CATALOG_SUFFIX);
	if (stat(path, &state) == 0 || !store_has_room(&room, store_limit()))
		return;
	if (write_and_rename(path, catalog, &header))
		store_note_written(&room, CATALOG_SUFFIX, store_limit(),
						   sizeof(header) + store_body_bytes(&header));
	else
		ereport(DEBUG1,
				(errmsg_internal("could not write catalog file \"%s\": %m", path)));
}
