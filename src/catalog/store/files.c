/*-------------------------------------------------------------------------
 *
 * files.c
 *		The directory of the files that are kept of logs: names, reading and
 *		writing bytes, eviction.
 *
 * Between opening and closing a file nothing here may raise an error, because
 * nobody else would close it.  So reading and writing do not check for
 * interrupts.  They give up when an interrupt is pending, and the caller's next
 * check handles it.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <time.h>
#include <unistd.h>
#include <utime.h>

#include "common/file_perm.h"
#include "common/hashfn.h"
#include "miscadmin.h"
#include "storage/fd.h"
#include "storage/proc.h"
#include "storage/procarray.h"

#include "catalog/store/files.h"
#include "log/cache_directory.h"

/*
 * A file is named after a hash; one that is being written after the process that
 * writes it.
 */
#define TEMPORARY_SUFFIX		".tmp"

/* How many bytes are read or written between two looks for interrupts. */
#define PIECE_BYTES				((Size) 1024 * 1024)

/* The time of a file that is used is set anew after this many seconds. */
#define SECONDS_PER_TOUCH		60

bool		pandelephant_catalog_cache = true;
int			pandelephant_catalog_cache_size = 256 * 1024;

uint64
store_limit(void)
{
	return pandelephant_catalog_cache ? (uint64) pandelephant_catalog_cache_size * 1024 : 0;
}

bool
store_is_interrupted(void)
{
	return QueryCancelPending || ProcDiePending;
}

static int64
nanoseconds(struct timespec time)
{
	return (int64) time.tv_sec * 1000000000 + time.tv_nsec;
}

void
store_make_path(char *path, const StoreName *name, const char *suffix)
{
	uint64		hash = hash_bytes_extended((const unsigned char *) name, sizeof(*name), 0);

	snprintf(path, MAXPGPATH, "%s/%016llx%s",
			 pandelephant_cache_directory, (unsigned long long) hash, suffix);
}

bool
store_make_temporary(char *path)
{
	if (MakePGDirectory(pandelephant_cache_directory) != 0 && errno != EEXIST)
		return false;
	snprintf(path, MAXPGPATH, "%s/%d%s", pandelephant_cache_directory, MyProcPid, TEMPORARY_SUFFIX);

	/* an earlier process with our number may have died and left a file */
	(void) unlink(path);
	return true;
}

int
store_open_file(const char *path, int flags)
{
	int			fd;

	if (!AcquireExternalFD())
	{
		errno = EMFILE;
		return -1;
	}
	fd = BasicOpenFilePerm(path, flags | PG_BINARY, pg_file_create_mode);
	if (fd < 0)
	{
		int			save_errno = errno;

		ReleaseExternalFD();
		errno = save_errno;
	}
	return fd;
}

bool
store_close_file(int fd)
{
	bool		is_closed = close(fd) == 0;
	int			save_errno = errno;

	ReleaseExternalFD();
	errno = save_errno;
	return is_closed;
}

bool
store_read_bytes(int fd, void *data, uint64 bytes, pg_crc32c *checksum)
{
	char	   *at = data;

	while (bytes > 0)
	{
		ssize_t		got = read(fd, at, Min(bytes, PIECE_BYTES));

		if (store_is_interrupted() || got == 0 || (got < 0 && errno != EINTR))
			return false;
		if (got < 0)
			continue;
		COMP_CRC32C(*checksum, at, got);
		at += got;
		bytes -= got;
	}
	return true;
}

bool
store_write_bytes(int fd, const void *data, uint64 bytes, pg_crc32c *checksum)
{
	const char *at = data;

	while (bytes > 0)
	{
		ssize_t		written = write(fd, at, Min(bytes, PIECE_BYTES));

		if (written == 0)
			errno = ENOSPC;
		if (store_is_interrupted())
			errno = EINTR;
		if (store_is_interrupted() || written == 0 || (written < 0 && errno != EINTR))
			return false;
		if (written < 0)
			continue;
		COMP_CRC32C(*checksum, at, written);
		at += written;
		bytes -= written;
	}
	return true;
}

void
store_touch_file(const char *path, const struct stat *state)
{
	time_t		now = time(NULL);

	if (state->st_mtime > now || now - state->st_mtime >= SECONDS_PER_TOUCH)
		(void) utime(path, NULL);
}

static bool
has_suffix(const char *name, const char *suffix)
{
	Size		length = strlen(name);

	return length > strlen(suffix) && length < STORE_MAX_NAME &&
		strcmp(name + length - strlen(suffix), suffix) == 0;
}

StoreFile *
store_list_files(const char *suffix, int *count)
{
	int			capacity = 64;
	StoreFile  *files = palloc(sizeof(StoreFile) * capacity);
	DIR		   *directory = AllocateDir(pandelephant_cache_directory);
	struct dirent *entry;

	*count = 0;
	ereport(DEBUG2,
			(errmsg_internal("listing the files of the cache")));
	if (directory == NULL)
		return files;
	while ((entry = ReadDirExtended(directory, pandelephant_cache_directory, DEBUG1)) != NULL)
	{
		char		path[MAXPGPATH];
		struct stat state;

		CHECK_FOR_INTERRUPTS();
		snprintf(path, sizeof(path), "%s/%s", pandelephant_cache_directory, entry->d_name);
		if (has_suffix(entry->d_name, TEMPORARY_SUFFIX) &&
			BackendPidGetProc(atoi(entry->d_name)) == NULL)
			(void) unlink(path);
		if (!has_suffix(entry->d_name, suffix) || lstat(path, &state) != 0)
			continue;
		if (*count == capacity)
			files = repalloc_huge(files, sizeof(StoreFile) * (capacity *= 2));
		strlcpy(files[*count].name, entry->d_name, STORE_MAX_NAME);
		files[*count].used = nanoseconds(state.st_mtim);
		files[*count].bytes = (uint64) state.st_size;
		(*count)++;
	}
	FreeDir(directory);
	return files;
}

void
store_file_path(char *path, const StoreFile *file)
{
	snprintf(path, MAXPGPATH, "%s/%s", pandelephant_cache_directory, file->name);
}
