/*-------------------------------------------------------------------------
 *
 * test_reader.c
 *		Tests of opening and closing files, and of errors.
 *
 *-------------------------------------------------------------------------
 */
#define _GNU_SOURCE

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "image.h"
#include "plog/change.h"
#include "plog/directory.h"
#include "plog_test.h"
#include "tap.h"
#include "temporary.h"

/*
 * Identify and open a path: the same comes of both, and the message names no
 * path and no errno.
 */
static void
expect_not_opened(const char *path, PlogStatus status, int system_errno, const char *message)
{
	PlogReaderOptions options = {UINT32_MAX, NULL};
	PlogReader	reader = {0};
	PlogIdentity identity;
	PlogError	error;

	EXPECT_NUMBER(plog_identify(path, &identity, &error), status);
	EXPECT_NUMBER(error.status, status);
	EXPECT_NUMBER(error.system_errno, system_errno);

	memset(&error, 0, sizeof(error));
	EXPECT_NUMBER(plog_reader_open(&reader, path, &options, &error), status);
	EXPECT_NUMBER(error.status, status);
	EXPECT_NUMBER(error.system_errno, system_errno);
	if (message != NULL)
		EXPECT(strcmp(error.message, message) == 0);
	plog_reader_close(&reader);
}

/* Files that are read as always, and how often. */
static int	read_calls;

static ssize_t
counting_read(int file, void *data, size_t length, uint64_t position)
{
	read_calls++;
	return pread(file, data, length, (off_t) position);
}

static void
close_counted(int file)
{
	close(file);
}

static PlogStatus
identify_counted(int file, PlogIdentity *identity, PlogError *error)
{
	struct stat state;

	return plog_identity_of(fstat(file, &state), &state, identity, error);
}

static const PlogSource counting_files = {NULL, identify_counted, counting_read, close_counted};

static void
missing_files(void)
{
	Bytes		empty = {0};
	char		path[5000];

	expect_not_opened(temporary_path("missing"), PLOG_SYSTEM_ERROR, ENOENT, NULL);
	temporary_file("file", &empty);
	expect_not_opened(temporary_path("file/below"), PLOG_SYSTEM_ERROR, ENOTDIR, NULL);
	if (symlink("loop", temporary_path("loop")) == 0)
		expect_not_opened(temporary_path("loop"), PLOG_SYSTEM_ERROR, ELOOP, NULL);
	memset(path, 'x', sizeof(path) - 1);
	path[sizeof(path) - 1] = '\0';
	expect_not_opened(path, PLOG_SYSTEM_ERROR, ENAMETOOLONG, NULL);
}

static void
directories(void)
{
	expect_not_opened(temporary_path("."), PLOG_WRONG_FILE_TYPE, 0, "it is a directory");
}

static void
fifos(void)
{
	const char *path = temporary_path("fifo");

	EXPECT(mkfifo(path, 0600) == 0);
	expect_not_opened(path, PLOG_WRONG_FILE_TYPE, 0, "it is a FIFO");
}

static void
devices(void)
{
	expect_not_opened("/dev/null", PLOG_WRONG_FILE_TYPE, 0, "it is not a regular file");
}

/*
 * A socket cannot be opened, yet the answer is the same as by its type.
 */
static void
sockets(void)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	const char *path = temporary_path("socket");
	int			fd = socket(AF_UNIX, SOCK_STREAM, 0);

	if (strlen(path) < sizeof(address.sun_path) && EXPECT(fd >= 0))
	{
		strcpy(address.sun_path, path);
		EXPECT(bind(fd, (struct sockaddr *) &address, sizeof(address)) == 0);
		expect_not_opened(path, PLOG_WRONG_FILE_TYPE, 0, "it is not a regular file");
	}
	close(fd);
}

/*
 * The identity is that of stat; a symbolic link has its target's.
 */
static void
identities(void)
{
	Image		image = image_of_chunks(2);
	PlogReader	reader;
	PlogIdentity identity;
	PlogError	error;
	struct stat state;

	image_open_sound(&image, &reader, UINT32_MAX);
	EXPECT_NUMBER(stat(temporary_path("image.plog"), &state), 0);
	EXPECT_NUMBER(reader.identity.device, state.st_dev);
	EXPECT_NUMBER(reader.identity.inode, state.st_ino);
	EXPECT_NUMBER(reader.identity.size, image.file.length);
	EXPECT_NUMBER(reader.identity.mtime,
				  state.st_mtim.tv_sec * INT64_C(1000000000) + state.st_mtim.tv_nsec);
	EXPECT_NUMBER(reader.identity.ctime,
				  state.st_ctim.tv_sec * INT64_C(1000000000) + state.st_ctim.tv_nsec);

	EXPECT(symlink("image.plog", temporary_path("link.plog")) == 0);
	EXPECT_NUMBER(plog_identify(temporary_path("link.plog"), &identity, &error), PLOG_OK);
	EXPECT(memcmp(&identity, &reader.identity, sizeof(identity)) == 0);

	EXPECT_NUMBER(truncate(temporary_path("image.plog"), 10), 0);
	EXPECT_NUMBER(plog_identify(temporary_path("image.plog"), &identity, &error), PLOG_OK);
	EXPECT_NUMBER(identity.size, 10);
	plog_reader_close(&reader);
	image_free(&image);
}

/*
 * Times that no count of nanoseconds reaches, which a file in memory can have.
 */
static void
times_far_away(void)
{
	struct timespec times[2] = {{0, 0}, {INT64_MAX / 1000000000 + 1, 5}};
	int			fd = memfd_create("plog", MFD_CLOEXEC);
	char		path[64];
	PlogIdentity before;
	PlogIdentity after;
	PlogError	error;

	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	if (!EXPECT(fd >= 0 && futimens(fd, times) == 0))
		return;
	EXPECT_NUMBER(plog_identify(path, &before, &error), PLOG_OK);
	times[1].tv_sec++;
	EXPECT(futimens(fd, times) == 0);
	EXPECT_NUMBER(plog_identify(path, &after, &error), PLOG_OK);
	EXPECT_NUMBER((uint64_t) after.mtime - (uint64_t) before.mtime, 1000000000);
	close(fd);
}

/*
 * A file that grew or was written has changed; one that was removed or
 * replaced is still the same to who has it open.
 */
static void
changes(void)
{
	Image		image = image_of_chunks(2);
	const struct timespec times[2] = {{.tv_nsec = UTIME_OMIT}, {1000000000, 1}};
	struct timespec before[2] = {{.tv_nsec = UTIME_OMIT}};
	struct stat state;
	PlogReader	reader;
	PlogError	error;

	image_open_sound(&image, &reader, UINT32_MAX);
	EXPECT_NUMBER(plog_check_unchanged(&reader, &error), PLOG_OK);
	EXPECT_NUMBER(stat(temporary_path("image.plog"), &state), 0);
	before[1] = state.st_mtim;
	EXPECT_NUMBER(truncate(temporary_path("image.plog"), (off_t) image.file.length - 1), 0);
	EXPECT_NUMBER(utimensat(AT_FDCWD, temporary_path("image.plog"), before, 0), 0);
	EXPECT_NUMBER(plog_check_unchanged(&reader, &error), PLOG_CHANGED);
	plog_reader_close(&reader);

	image_open_sound(&image, &reader, UINT32_MAX);
	EXPECT_NUMBER(utimensat(AT_FDCWD, temporary_path("image.plog"), times, 0), 0);
	EXPECT_NUMBER(plog_check_unchanged(&reader, &error), PLOG_CHANGED);
	EXPECT_NUMBER(error.status, PLOG_CHANGED);
	plog_reader_close(&reader);

	/* its size and mtime are as they were, its ctime, after a tick, is not */
	image_open_sound(&image, &reader, UINT32_MAX);
	EXPECT_NUMBER(usleep(20000), 0);
	EXPECT_NUMBER(stat(temporary_path("image.plog"), &state), 0);
	before[1] = state.st_mtim;
	EXPECT_NUMBER(utimensat(AT_FDCWD, temporary_path("image.plog"), before, 0), 0);
	EXPECT_NUMBER(plog_check_unchanged(&reader, &error), PLOG_CHANGED);
	plog_reader_close(&reader);

	image_open_sound(&image, &reader, UINT32_MAX);
	EXPECT_NUMBER(plog_note_content(&reader, &error), PLOG_OK);
	EXPECT_NUMBER(unlink(temporary_path("image.plog")), 0);
	EXPECT_NUMBER(plog_check_unchanged(&reader, &error), PLOG_OK);
	temporary_file("image.plog", &(Bytes) {0});
	EXPECT_NUMBER(plog_check_unchanged(&reader, &error), PLOG_OK);
	plog_reader_close(&reader);
	image_free(&image);
}

/*
 * Let the file's times be old, but for ctime, which is another then.
 */
static void
set_time_back(void)
{
	const struct timespec times[2] = {{.tv_nsec = UTIME_OMIT}, {1000000000, 1}};

	EXPECT_NUMBER(usleep(20000), 0);
	EXPECT_NUMBER(utimensat(AT_FDCWD, temporary_path("image.plog"), times, 0), 0);
}

/*
 * What changes ctime alone is no change of the file, unless another content
 * stands behind it: in header, directory or the end of a chunk.
 */
static void
changes_of_content(void)
{
	Image		image = image_of_chunks(3);
	PlogReader	reader;
	PlogError	error;
	uint64_t	places[4] = {PLOG_HEADER_CHUNK_SIZE};

	image_open_sound(&image, &reader, UINT32_MAX);
	places[1] = reader.chunks[1].position - 1;
	places[2] = reader.directory - 8;
	places[3] = image.file.length - 1;
	plog_reader_close(&reader);
	for (int i = 0; i < 4; i++)
	{
		uint8_t		byte = image.file.data[places[i]] ^ 1;
		int			fd;

		image_open_sound(&image, &reader, UINT32_MAX);
		set_time_back();
		EXPECT_NUMBER(plog_look_again(&reader, &error), PLOG_OK);
		EXPECT_NUMBER(plog_note_content(&reader, &error), PLOG_OK);

		EXPECT_NUMBER(chmod(temporary_path("image.plog"), 0640), 0);
		EXPECT_NUMBER(link(temporary_path("image.plog"), temporary_path("name.plog")), 0);
		EXPECT_NUMBER(unlink(temporary_path("name.plog")), 0);
		set_time_back();
		EXPECT_NUMBER(plog_check_unchanged(&reader, &error), PLOG_OK);
		EXPECT(reader.verified_ctime != reader.identity.ctime);

		fd = open(temporary_path("image.plog"), O_WRONLY);
		EXPECT_NUMBER(pwrite(fd, &byte, 1, (off_t) places[i]), 1);
		EXPECT_NUMBER(close(fd), 0);
		set_time_back();
		EXPECT_NUMBER(plog_check_unchanged(&reader, &error), PLOG_CHANGED);
		plog_reader_close(&reader);
	}
	image_free(&image);
}

/*
 * Of a log of many chunks, some are looked at, from one end to the other.
 */
static void
content_of_many_chunks(void)
{
	Image		image = image_of_chunks(5000);
	PlogReader	reader;
	PlogError	error;
	uint64_t	content;

	image_open_sound(&image, &reader, UINT32_MAX);
	EXPECT_NUMBER(plog_note_content(&reader, &error), PLOG_OK);
	content = reader.content;
	read_calls = 0;
	reader.input.source = &counting_files;
	EXPECT_NUMBER(plog_note_content(&reader, &error), PLOG_OK);
	EXPECT_NUMBER(reader.content, content);
	EXPECT(read_calls > 512 && read_calls <= 1024);
	plog_reader_close(&reader);
	image_free(&image);
}

/*
 * Chunks of a file that grows stay as they are, until one is overwritten.
 */
static void
changes_of_chunks(void)
{
	Image		image = image_of_chunks(2);
	PlogReader	reader;
	PlogError	error;
	const PlogChunk *last;
	int			fd;

	image_open_sound(&image, &reader, UINT32_MAX);
	EXPECT_NUMBER(plog_note_endings(&reader, &error), PLOG_OK);
	last = &reader.chunks[1];
	EXPECT_NUMBER(truncate(temporary_path("image.plog"), (off_t) image.file.length + 1), 0);
	EXPECT_NUMBER(plog_check_unchanged(&reader, &error), PLOG_CHANGED);
	EXPECT_NUMBER(plog_check_chunk_unchanged(&reader, last, &error), PLOG_OK);

	fd = open(temporary_path("image.plog"), O_WRONLY);
	EXPECT_NUMBER(pwrite(fd, "other", 5, (off_t) (last->position + last->length - 5)), 5);
	EXPECT_NUMBER(close(fd), 0);
	EXPECT_NUMBER(plog_check_chunk_unchanged(&reader, &reader.chunks[0], &error), PLOG_OK);
	EXPECT_NUMBER(plog_check_chunk_unchanged(&reader, last, &error), PLOG_CHANGED);

	EXPECT_NUMBER(truncate(temporary_path("image.plog"), (off_t) last->position), 0);
	EXPECT_NUMBER(plog_check_chunk_unchanged(&reader, last, &error), PLOG_CORRUPT);
	plog_reader_close(&reader);
	image_free(&image);
}

/*
 * Is this file descriptor open?
 */
static bool
is_open(int fd)
{
	return fcntl(fd, F_GETFD) >= 0;
}

/*
 * A reader may be closed at any time, and twice; then it holds nothing.
 */
static void
closing(void)
{
	Image		image = image_of_chunks(3);
	PlogReaderOptions options = {UINT32_MAX, NULL};
	PlogReader	reader = {0};
	PlogBuffer	inflated = {0};
	PlogError	error;
	int			fd;

	plog_reader_close(&reader);
	EXPECT_NUMBER(plog_reader_open(&reader, temporary_path("missing"), &options, &error),
				  PLOG_SYSTEM_ERROR);
	plog_reader_close(&reader);
	EXPECT(is_open(0) || errno == EBADF);

	EXPECT_NUMBER(plog_reader_open(&reader, temporary_path("."), &options, &error),
				  PLOG_WRONG_FILE_TYPE);
	fd = reader.input.fd;
	plog_reader_close(&reader);
	EXPECT(!is_open(fd));

	image_open_sound(&image, &reader, UINT32_MAX);
	fd = reader.input.fd;
	EXPECT((fcntl(fd, F_GETFD) & FD_CLOEXEC) != 0);
	EXPECT_NUMBER(plog_read_chunk(&reader, &reader.chunks[1], &inflated, &error), PLOG_OK);
	plog_reader_close(&reader);
	EXPECT(!is_open(fd));
	EXPECT(!reader.input.is_open && reader.chunks == NULL && reader.inflater.decompressor == NULL &&
		   reader.inflater.stream == NULL && reader.inflater.compressed.data == NULL && reader.chunk_count == 0);

	/* closing again does not close what has got the number since */
	EXPECT_NUMBER(plog_reader_open(&reader, temporary_path("image.plog"), &options, &error), PLOG_OK);
	fd = reader.input.fd;
	plog_reader_close(&reader);
	EXPECT_NUMBER(open(temporary_path("image.plog"), O_RDONLY), fd);
	plog_reader_close(&reader);
	EXPECT(is_open(fd));
	close(fd);

	plog_buffer_free(&inflated);
	plog_buffer_free(&inflated);
	EXPECT(inflated.data == NULL && inflated.capacity == 0 && inflated.length == 0);
	image_free(&image);
}

static void
buffers(void)
{
	PlogBuffer	buffer = {0};
	uint8_t    *data;

	EXPECT(plog_buffer_reserve(&buffer, 0));
	EXPECT(plog_buffer_reserve(&buffer, 10));
	EXPECT(buffer.capacity >= 10);
	memcpy(buffer.data, "0123456789", 10);
	data = buffer.data;
	EXPECT(plog_buffer_reserve(&buffer, 5));
	EXPECT(buffer.data == data && buffer.capacity >= 10);
	EXPECT(plog_buffer_reserve(&buffer, 1000000));
	EXPECT(buffer.capacity >= 1000000);
	EXPECT(memcmp(buffer.data, "0123456789", 10) == 0);
	memset(buffer.data, 0, 1000000);
	plog_buffer_free(&buffer);
}

/*
 * More memory than there is: the buffer stays as it is.
 */
static void
buffers_too_large(void)
{
	PlogBuffer	buffer = {0};

	EXPECT(plog_buffer_reserve(&buffer, 10));
	memcpy(buffer.data, "0123456789", 10);
	EXPECT(!plog_buffer_reserve(&buffer, (size_t) PTRDIFF_MAX + 1));
	EXPECT(buffer.capacity >= 10 && buffer.capacity < 1000);
	EXPECT(memcmp(buffer.data, "0123456789", 10) == 0);
	plog_buffer_free(&buffer);
}

static void
errors(void)
{
	char		long_text[1000];
	PlogError	error;

	errno = EACCES;
	EXPECT_NUMBER(plog_fail(&error, PLOG_CORRUPT, 77, "chunk %d", 5), PLOG_CORRUPT);
	EXPECT_NUMBER(error.status, PLOG_CORRUPT);
	EXPECT_NUMBER(error.system_errno, 0);
	EXPECT_NUMBER(error.offset, 77);
	EXPECT(strcmp(error.message, "chunk 5") == 0);
	EXPECT_NUMBER(plog_fail(&error, PLOG_SYSTEM_ERROR, 0, "could not"), PLOG_SYSTEM_ERROR);
	EXPECT_NUMBER(error.system_errno, EACCES);

	memset(long_text, 'x', sizeof(long_text) - 1);
	long_text[sizeof(long_text) - 1] = '\0';
	plog_fill_error(&error, PLOG_LIMIT, 0, "%s", long_text);
	EXPECT_NUMBER(strlen(error.message), sizeof(error.message) - 1);
}

/*
 * Reads of any length and place, up to the end of the file.
 */
static void
reads(void)
{
	Image		image = image_of_chunks(40);
	PlogReader	reader;
	PlogError	error;
	uint8_t    *data = malloc(image.file.length);

	image_open_sound(&image, &reader, UINT32_MAX);
	for (size_t position = 0; position < image.file.length; position += 97)
	{
		size_t		length = image.file.length - position;

		EXPECT_NUMBER(plog_read_at(&reader.input, position, data, length, &error), PLOG_OK);
		EXPECT(memcmp(data, image.file.data + position, length) == 0);
	}
	EXPECT_NUMBER(plog_read_at(&reader.input, image.file.length, data, 0, &error), PLOG_OK);
	EXPECT_NUMBER(plog_read_at(&reader.input, image.file.length - 3, data, 4, &error), PLOG_CORRUPT);
	EXPECT_NUMBER(error.offset, image.file.length);
	EXPECT_NUMBER(plog_read_at(&reader.input, image.file.length + 5, data, 1, &error), PLOG_CORRUPT);
	EXPECT_NUMBER(error.offset, image.file.length + 5);
	close(reader.input.fd);
	EXPECT_NUMBER(plog_read_at(&reader.input, 0, data, 1, &error), PLOG_SYSTEM_ERROR);
	EXPECT_NUMBER(error.system_errno, EBADF);
	reader.input.is_open = false;
	plog_reader_close(&reader);
	image_free(&image);
	free(data);
}

void
test_reader(void)
{
	tap_run("open: missing files and bad paths", missing_files);
	tap_run("open: a directory", directories);
	tap_run("open: a FIFO, without waiting for a writer", fifos);
	tap_run("open: a device", devices);
	tap_run("open: a socket", sockets);
	tap_run("open: identity", identities);
	tap_run("open: times far away", times_far_away);
	tap_run("open: changes since then", changes);
	tap_run("open: changes of chunks since then", changes_of_chunks);
	tap_run("open: changes of content since then", changes_of_content);
	tap_run("open: content of many chunks", content_of_many_chunks);
	tap_run("close: at any time, and twice", closing);
	tap_run("buffer: grows and keeps what it holds", buffers);
	tap_run("buffer: more than there is memory", buffers_too_large);
	tap_run("error: status, errno, place and message", errors);
	tap_run("read: any place, up to the end of the file", reads);
}
