/*-------------------------------------------------------------------------
 *
 * unpack.c
 *		Logs that are compressed.
 *
 * A file says nothing of how large it becomes, and a small one can become very
 * large.  So there is a bound, by what room the cache's file system has.
 *
 *-------------------------------------------------------------------------
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <time.h>
#include <unistd.h>

#include "log.h"
#include "process.h"
#include "progress.h"
#include "server.h"
#include "src/unpack/unpack.h"
#include "unpack.h"

/* Of the file system's room a tenth is left. */
#define ROOM_LEFT 10

/* Unpacked logs that were not used for so long go, in seconds. */
#define KEPT_SECONDS (7 * 24 * 3600)

/* What is being unpacked. */
static const char *packed_path;
static int	packed = -1,
			unpacked = -1;
static int64_t packed_size,
			packed_read,
			unpacked_size,
			room;
static char *partial_path = NULL;

static void
remove_partial(void)
{
	if (partial_path != NULL)
		unlink(partial_path);
}

static void
damaged(const char *why) NORETURN;

static void
damaged(const char *why)
{
	die(BAD_LOG, "cannot unpack %s: %s", packed_path, why);
}

/*
 * Read what is next; 0 at the end.
 */
static size_t
read_packed(void *unused, uint8_t *bytes, size_t size)
{
	ssize_t		length;

	(void) unused;
	check_stop();
	do
		length = read(packed, bytes, size);
	while (length < 0 && errno == EINTR);
	if (length < 0)
		damaged(strerror(errno));
	packed_read += length;
	progress_show("unpacking", "bytes", packed_read, packed_size);
	return (size_t) length;
}

static void
write_unpacked(void *unused, const uint8_t *data, size_t length)
{
	(void) unused;
	unpacked_size += (int64_t) length;
	if (unpacked_size > room)
		die(FAILED, "unpacked, %s takes more room than \"%s\" has", packed_path, cache_directory());
	while (length > 0)
	{
		ssize_t		written = write(unpacked, data, length);

		if (written < 0 && errno != EINTR)
			die(FAILED, "could not write in \"%s\": %s", cache_directory(), strerror(errno));
		data += written > 0 ? written : 0;
		length -= written > 0 ? (size_t) written : 0;
	}
}

static void
unpack_packed(PlogFileKind kind)
{
	Unpacker	unpacker = {.read = read_packed, .write = write_unpacked};
	const char *wrong = unpack(&unpacker, kind);

	unpack_end(&unpacker);
	if (wrong == unpack_out_of_memory)
		die(FAILED, "%s", wrong);
	if (wrong != NULL)
		damaged(wrong);
}

/*
 * Remove what nobody used for long, and what was never finished.
 */
static void
remove_old(const char *directory)
{
	DIR		   *opened = opendir(directory);
	struct dirent *entry;

	while (opened != NULL && (entry = readdir(opened)) != NULL)
	{
		char	   *path = format_text("%s/%s", directory, entry->d_name);
		struct stat state;

		if (lstat(path, &state) == 0 && S_ISREG(state.st_mode) &&
			time(NULL) - state.st_mtime > KEPT_SECONDS)
			unlink(path);
		free(path);
	}
	if (opened != NULL)
		closedir(opened);
}

/*
 * The name under which a file's content is kept: another one once the file is
 * another.
 */
static char *
kept_path(const char *directory, const struct stat *state)
{
	return format_text("%s/%" PRIx64 "-%" PRIx64 "-%" PRIx64 "-%" PRIx64 ".%09ld.plog", directory,
					   (uint64_t) state->st_dev, (uint64_t) state->st_ino, (uint64_t) state->st_size,
					   (uint64_t) state->st_mtim.tv_sec, state->st_mtim.tv_nsec);
}

char *
unpack_log(const char *path, PlogFileKind kind)
{
	char	   *directory = format_text("%s/unpacked", cache_directory());
	struct stat state;
	struct statvfs file_system;
	char	   *kept;

	choose_server_user();
	if (mkdir(directory, 0700) != 0 && errno != EEXIST)
		die(FAILED, "cannot make \"%s\": %s", directory, strerror(errno));
	if (!give_to_server_user(directory))
		die(FAILED, "cannot give \"%s\" to the server's user", directory);
	remove_old(directory);
	packed_path = path;
	packed = open(path, O_RDONLY | O_CLOEXEC);
	if (packed < 0 || fstat(packed, &state) != 0)
		damaged(strerror(errno));
	kept = kept_path(directory, &state);
	/* its time is that of its last use */
	if (utimensat(AT_FDCWD, kept, NULL, AT_SYMLINK_NOFOLLOW) == 0)
	{
		close(packed);
		return kept;
	}

	packed_size = state.st_size;
	packed_read = unpacked_size = 0;
	if (statvfs(directory, &file_system) != 0)
		die(FAILED, "cannot look at \"%s\": %s", directory, strerror(errno));
	room = (int64_t) (file_system.f_bavail / ROOM_LEFT * (ROOM_LEFT - 1) * file_system.f_frsize);
	partial_path = format_text("%s/new.XXXXXX", directory);
	unpacked = mkstemp(partial_path);
	if (unpacked < 0)
		die(FAILED, "cannot write in \"%s\": %s", directory, strerror(errno));
	atexit(remove_partial);
	if (!give_to_server_user(partial_path))
		die(FAILED, "cannot give \"%s\" to the server's user", partial_path);
	progress_begin(base_name(path));
	unpack_packed(kind);
	progress_end();
	close(packed);
	if (close(unpacked) != 0 || rename(partial_path, kept) != 0)
		die(FAILED, "could not write in \"%s\": %s", directory, strerror(errno));
	free(partial_path);
	partial_path = NULL;
	free(directory);
	return kept;
}
