/*-------------------------------------------------------------------------
 *
 * unpacked.c
 *		The cache of logs that the server has unpacked.
 *
 * A copy is named after all that fstat() tells of the compressed file.  It is written
 * under another name, forced to disk and renamed, so that it is there completely or not
 * at all, and it does not change.  If several sessions want it at once, the others wait
 * for the first.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>
#include <utime.h>

#include "common/hashfn.h"
#include "miscadmin.h"
#include "pgstat.h"
#include "storage/fd.h"
#include "storage/lock.h"
#include "storage/procarray.h"
#include "utils/memutils.h"

#include "log/cache_directory.h"
#include "log/identity.h"
#include "log/unpacked.h"
#include "log/virtual_file.h"
#include "unpack/unpack.h"

/* A copy's name ends so; that of one that is being written begins with the process. */
#define UNPACKED_SUFFIX		".unpacked"
#define TEMPORARY_SUFFIX	".tmp"

/* Set in the device of their identities; no file system has such a number. */
#define UNPACKED_DEVICE		(UINT64CONST(1) << 62)

/*
 * The number that tells our locks from other advisory locks, of which SQL can take those
 * with the numbers 1 and 2.
 */
#define LOCK_OF_UNPACKING	3

/* How many bytes of a file are looked at to tell what it is. */
#define BYTES_TO_RECOGNISE	512

/* The time of a copy that is used is set anew after this many seconds. */
#define SECONDS_PER_TOUCH	60

int			pandelephant_unpacked_cache_size = 0;

/* A copy that is open. */
typedef struct OpenCopy
{
	bool		is_open;
	File		file;
	PlogIdentity identity;
} OpenCopy;

/* A file that is being unpacked. */
typedef struct Unpacking
{
	const char *path;			/* of the compressed file */
	int			packed;			/* descriptors */
	int			copy;
	char		temporary[MAXPGPATH];
	uint64		bytes;			/* written so far */
	Unpacker	unpacker;
} Unpacking;

/* A copy, as eviction sees it. */
typedef struct CachedCopy
{
	char	   *path;
	time_t		used;
	uint64		bytes;
} CachedCopy;

/* Handles are indexes of this array, which grows. */
static OpenCopy *open_copies = NULL;
static int	open_capacity = 0;

static uint64
cache_limit(void)
{
	return (uint64) pandelephant_unpacked_cache_size * 1024;
}

/*
 * What a file is, by its first bytes.  What cannot be read may be a log.
 */
static PlogFileKind
kind_of_file(int file)
{
	uint8		bytes[BYTES_TO_RECOGNISE];
	ssize_t		length = pread(file, bytes, sizeof(bytes), 0);

	return length > 0 ? plog_recognise(bytes, (size_t) length) : PLOG_FILE_MAY_BE_LOG;
}

/*
 * Open a file for a moment.  -1, with errno, if it cannot be opened.
 */
static int
open_briefly(const char *path)
{
	/* O_NONBLOCK: opening a FIFO must not wait for a writer */
	return OpenTransientFile(path, O_RDONLY | O_NONBLOCK | PG_BINARY);
}

bool
is_to_be_unpacked(const char *path)
{
	int			file;
	PlogFileKind kind;

	if (pandelephant_unpacked_cache_size == 0)
		return false;
	file = open_briefly(path);
	if (file < 0)
		return false;
	kind = kind_of_file(file);
	(void) CloseTransientFile(file);
	return plog_is_packed(kind);
}

static char *
unpacked_directory(void)
{
	return psprintf("%s/unpacked", pandelephant_cache_directory);
}

/*
 * The path of the copy of a compressed file in that state.  If another change of the
 * file may not show, nobody else finds it.
 */
static char *
copy_path(const PlogIdentity *packed)
{
	char	   *look = packed->look == 0 ? "" :
		psprintf("-%d-%llx", MyProcPid, (unsigned long long) packed->look);

	return psprintf("%s/%llx-%llx-%llx-%llx-%llx%s%s", unpacked_directory(),
					(unsigned long long) packed->device, (unsigned long long) packed->inode,
					(unsigned long long) packed->size, (unsigned long long) packed->mtime,
					(unsigned long long) packed->ctime, look, UNPACKED_SUFFIX);
}

/*
 * The identity of a log, given the state of the compressed file and how large the copy is.
 */
static PlogIdentity
identity_of_copy(const PlogIdentity *packed, uint64 bytes)
{
	PlogIdentity identity = *packed;

	identity.device |= UNPACKED_DEVICE;
	identity.size = bytes;
	return identity;
}

bool
unpacked_file_peek(const char *path, PlogIdentity *identity)
{
	PlogIdentity packed;
	PlogError	error;
	struct stat state;

	if (plog_identify(path, &packed, &error) != PLOG_OK || stat(copy_path(&packed), &state) != 0)
		return false;
	*identity = identity_of_copy(&packed, (uint64) state.st_size);
	return true;
}

/*
 * Report that the compressed file, or what it holds, cannot be had.
 */
static void
report_file_error(const char *message, const char *path)
{
	ereport(ERROR,
			(errcode_for_file_access(),
			 errmsg("%s \"%s\": %m", message, path)));
}

static size_t
read_packed(void *context, uint8_t *bytes, size_t size)
{
	Unpacking  *unpacking = context;
	ssize_t		length;

	do
	{
		CHECK_FOR_INTERRUPTS();
		length = read(unpacking->packed, bytes, size);
	} while (length < 0 && errno == EINTR);
	if (length < 0)
		report_file_error("could not read file", unpacking->path);
	return (size_t) length;
}

static void
write_copy(void *context, const uint8_t *bytes, size_t length)
{
	Unpacking  *unpacking = context;

	CHECK_FOR_INTERRUPTS();
	unpacking->bytes += length;
	if (unpacking->bytes > cache_limit())
		ereport(ERROR,
				(errcode(ERRCODE_PROGRAM_LIMIT_EXCEEDED),
				 errmsg("unpacked, plog \"%s\" takes more than %d kB", unpacking->path,
						pandelephant_unpacked_cache_size),
				 errhint("Raise \"pandelephant.unpacked_cache_size\", or unpack the log yourself.")));
	while (length > 0)
	{
		ssize_t		written;

		errno = 0;
		written = write(unpacking->copy, bytes, length);
		if (written < 0 && errno == EINTR)
			continue;
		if (written <= 0)
		{
			errno = errno == 0 ? ENOSPC : errno;
			report_file_error("could not write file", unpacking->temporary);
		}
		bytes += written;
		length -= (size_t) written;
	}
}

/*
 * The state of an open file.  Errors are reported.
 */
static PlogIdentity
identify_packed(int file, const char *path)
{
	struct stat state;
	PlogIdentity identity;
	PlogError	error;

	if (plog_identity_of(fstat(file, &state), &state, &identity, &error) != PLOG_OK)
		ereport(ERROR,
				(errcode(ERRCODE_WRONG_OBJECT_TYPE),
				 errmsg("cannot read plog \"%s\": %s", path, error.message)));
	return identity;
}

/*
 * Unpack what is open, and put it into its place.
 */
static void
unpack_to_place(Unpacking *unpacking, const PlogIdentity *packed, const char *place)
{
	PlogIdentity now;
	const char *wrong;

	if (lseek(unpacking->packed, 0, SEEK_SET) < 0)
		report_file_error("could not read file", unpacking->path);
	unpacking->unpacker.read = read_packed;
	unpacking->unpacker.write = write_copy;
	unpacking->unpacker.context = unpacking;
	wrong = unpack(&unpacking->unpacker, kind_of_file(unpacking->packed));
	now = identify_packed(unpacking->packed, unpacking->path);
	now.look = packed->look;
	if (memcmp(&now, packed, sizeof(now)) != 0)
		ereport(ERROR,
				(errcode(ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE),
				 errmsg("cannot unpack plog \"%s\": file has changed while it was read",
						unpacking->path),
				 errhint("Run the query again.")));
	if (wrong != NULL)
		ereport(ERROR,
				(errcode(wrong == unpack_out_of_memory ? ERRCODE_OUT_OF_MEMORY :
						 ERRCODE_DATA_CORRUPTED),
				 errmsg("cannot unpack plog \"%s\": %s", unpacking->path, wrong)));
	if (pg_fsync(unpacking->copy) != 0)
		report_file_error("could not fsync file", unpacking->temporary);
	if (rename(unpacking->temporary, place) != 0)
		report_file_error("could not rename file", unpacking->temporary);
}

static void
make_directory(const char *path)
{
	if (MakePGDirectory(path) != 0 && errno != EEXIST)
		report_file_error("could not create directory", path);
}

/*
 * Unpack a compressed file, which is open and in that state, to its place in the cache.
 */
static void
unpack_file(int packed, const char *path, const PlogIdentity *identity, const char *place)
{
	Unpacking  *unpacking = palloc0(sizeof(Unpacking));

	make_directory(pandelephant_cache_directory);
	make_directory(unpacked_directory());
	unpacking->path = path;
	unpacking->packed = packed;
	snprintf(unpacking->temporary, MAXPGPATH, "%s/%d%s", unpacked_directory(), MyProcPid,
			 TEMPORARY_SUFFIX);

	/* an earlier process with our number may have died and left a file */
	(void) unlink(unpacking->temporary);
	unpacking->copy = OpenTransientFile(unpacking->temporary,
										O_WRONLY | O_CREAT | O_EXCL | PG_BINARY);
	if (unpacking->copy < 0)
		report_file_error("could not create file", unpacking->temporary);
	PG_TRY();
	{
		unpack_to_place(unpacking, identity, place);
	}
	PG_CATCH();
	{
		(void) CloseTransientFile(unpacking->copy);
		(void) unlink(unpacking->temporary);
		unpack_end(&unpacking->unpacker);
		PG_RE_THROW();
	}
	PG_END_TRY();
	unpack_end(&unpacking->unpacker);
	if (CloseTransientFile(unpacking->copy) != 0)
		report_file_error("could not close file", place);
	ereport(DEBUG1,
			(errmsg_internal("plog \"%s\" unpacked", path)));
	pfree(unpacking);
}

static bool
has_suffix(const char *name, const char *suffix)
{
	size_t		length = strlen(name);

	return length > strlen(suffix) && strcmp(name + length - strlen(suffix), suffix) == 0;
}

/*
 * List the copies, and remove the unfinished files of processes that are gone.
 */
static CachedCopy *
list_copies(int *count)
{
	int			capacity = 16;
	CachedCopy *copies = palloc(sizeof(CachedCopy) * capacity);
	const char *name = unpacked_directory();
	DIR		   *directory = AllocateDir(name);
	struct dirent *entry;

	*count = 0;
	while (directory != NULL &&
		   (entry = ReadDirExtended(directory, name, DEBUG1)) != NULL)
	{
		char	   *path = psprintf("%s/%s", name, entry->d_name);
		struct stat state;

		CHECK_FOR_INTERRUPTS();
		if (has_suffix(path, TEMPORARY_SUFFIX) && BackendPidGetProc(atoi(entry->d_name)) == NULL)
			(void) unlink(path);
		if (!has_suffix(path, UNPACKED_SUFFIX) || lstat(path, &state) != 0)
			continue;
		if (*count == capacity)
			copies = repalloc_huge(copies, sizeof(CachedCopy) * (capacity *= 2));
		copies[*count].path = path;
		copies[*count].used = state.st_mtime;
		copies[(*count)++].bytes = (uint64) state.st_size;
	}
	if (directory != NULL)
		FreeDir(directory);
	return copies;
}

static int
compare_use(const void *a, const void *b)
{
	time_t		used_a = ((const CachedCopy *) a)->used;
	time_t		used_b = ((const CachedCopy *) b)->used;

	return used_a < used_b ? -1 : used_a > used_b ? 1 : 0;
}

/*
 * Remove the copies that were not used for the longest time, but for one, until the rest
 * is within the limit.
 */
static void
evict_copies(const char *kept)
{
	int			count;
	CachedCopy *copies = list_copies(&count);
	uint64		bytes = 0;

	for (int i = 0; i < count; i++)
		bytes += copies[i].bytes;
	qsort(copies, count, sizeof(CachedCopy), compare_use);
	for (int i = 0; i < count && bytes > cache_limit(); i++)
	{
		if (strcmp(copies[i].path, kept) == 0)
			continue;
		ereport(DEBUG1,
				(errmsg_internal("evicting unpacked log \"%s\"", copies[i].path)));
		(void) unlink(copies[i].path);
		bytes -= copies[i].bytes;
	}
}

/*
 * Note that a copy is used.
 */
static void
touch_copy(const char *place)
{
	struct stat state;
	time_t		now = time(NULL);

	if (stat(place, &state) == 0 &&
		(state.st_mtime > now || now - state.st_mtime >= SECONDS_PER_TOUCH))
		(void) utime(place, NULL);
}

/*
 * Open the copy of a compressed file, which is made if it is not there.
 */
static File
open_place(int packed, const char *path, const PlogIdentity *identity, const char *place)
{
	File		file = PathNameOpenFile(place, O_RDONLY | PG_BINARY);
	uint64		hash = hash_bytes_extended((const unsigned char *) place, (int) strlen(place), 0);
	LOCKTAG		tag;
	int			error;

	if (file >= 0 || errno != ENOENT)
		return file;
	SET_LOCKTAG_ADVISORY(tag, InvalidOid, (uint32) (hash >> 32), (uint32) hash, LOCK_OF_UNPACKING);
	(void) LockAcquire(&tag, ExclusiveLock, false, false);
	file = PathNameOpenFile(place, O_RDONLY | PG_BINARY);
	if (file < 0 && errno == ENOENT)
	{
		unpack_file(packed, path, identity, place);

		/* nothing would close the copy if this failed behind its opening */
		evict_copies(place);
		file = PathNameOpenFile(place, O_RDONLY | PG_BINARY);
	}
	error = errno;
	(void) LockRelease(&tag, ExclusiveLock, false);
	errno = error;
	return file;
}

/*
 * A handle that is free.
 */
static int
free_handle(void)
{
	Size		bytes;

	for (int i = 0; i < open_capacity; i++)
	{
		if (!open_copies[i].is_open)
			return i;
	}
	bytes = sizeof(OpenCopy) * (Size) (open_capacity + 16);
	open_copies = open_copies == NULL ? MemoryContextAlloc(TopMemoryContext, bytes) :
		repalloc(open_copies, bytes);
	memset(open_copies + open_capacity, 0, sizeof(OpenCopy) * 16);
	open_capacity += 16;
	return open_capacity - 16;
}

/*
 * Open the copy of a compressed file, which is open itself, and tell what its identity is.
 */
static File
open_copy(int packed, const char *path, PlogIdentity *copy)
{
	PlogIdentity identity = identify_packed(packed, path);
	char	   *place;
	File		file;

	if (wait_for_settling(&identity))
		identity = identify_packed(packed, path);
	mark_unsettled(&identity);
	place = copy_path(&identity);
	file = open_place(packed, path, &identity, place);
	if (file < 0)
		report_file_error("could not open file", place);
	touch_copy(place);
	*copy = identity_of_copy(&identity, (uint64) FileSize(file));
	return file;
}

/*
 * The same by the compressed file's name.  -1, with errno, if it cannot be opened.
 */
static File
open_copy_of(const char *path, PlogIdentity *copy)
{
	int			packed = open_briefly(path);
	volatile File file = -1;

	if (packed < 0)
		return -1;

	/* a scan of a library goes on after an error */
	PG_TRY();
	{
		file = open_copy(packed, path, copy);
	}
	PG_FINALLY();
	{
		(void) CloseTransientFile(packed);
	}
	PG_END_TRY();
	return file;
}

static int
open_unpacked(const char *path)
{
	int			handle = free_handle();
	PlogIdentity identity;
	File		file = open_copy_of(path, &identity);

	if (file < 0)
		return -1;
	open_copies[handle].is_open = true;
	open_copies[handle].file = file;
	open_copies[handle].identity = identity;
	return handle;
}

static PlogStatus
identify_unpacked(int handle, PlogIdentity *identity, PlogError *error pg_attribute_unused())
{
	*identity = open_copies[handle].identity;
	return PLOG_OK;
}

static ssize_t
pread_unpacked(int handle, void *data, size_t length, uint64_t position)
{
	return virtual_files.pread(open_copies[handle].file, data, length, position);
}

static void
close_unpacked(int handle)
{
	FileClose(open_copies[handle].file);
	open_copies[handle].is_open = false;
}

const PlogSource unpacked_files = {open_unpacked, identify_unpacked, pread_unpacked, close_unpacked};
