/*
 * stop_at.c
 *		Ends a process at one of its file operations, or lets them fail.
 *
 * A library to be preloaded into a server.  The environment's STOP_AT names a
 * file.  As long as there is one, it holds a line
 *
 *		pid number action pattern
 *
 * and the operations of that process on files whose path contains the pattern
 * ("/" is in every one) are counted from when the line was written.  Actions:
 *
 *		count	add a byte to the file STOP_AT.count for every operation
 *		kill	at that number, the process kills itself
 *		halt	at that number it stops, for somebody else to kill
 *		full	from that number on the disk is full: a write stops half-way,
 *				and what follows fails
 *
 * Number 0 is never reached.
 */
#define _GNU_SOURCE

#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#define MAX_LINE	4096

/* What to do with an operation. */
typedef enum Verdict
{
	GO_ON,
	FAIL,						/* with ENOSPC */
	WRITE_HALF
} Verdict;

static char line[MAX_LINE];		/* that counts */
static long counted;			/* operations since it was written */

/*
 * Read a small file, past the functions below.  False if it is not there.
 */
static bool
read_small(const char *path, char *text)
{
	int			fd = (int) syscall(SYS_openat, AT_FDCWD, path, O_RDONLY | O_CLOEXEC, 0);
	ssize_t		length;

	if (fd < 0)
		return false;
	length = syscall(SYS_read, fd, text, MAX_LINE - 1);
	syscall(SYS_close, fd);
	text[length > 0 ? length : 0] = '\0';
	return length > 0;
}

static void
tally(const char *path)
{
	char		name[MAX_LINE];
	int			fd;

	snprintf(name, sizeof(name), "%s.count", path);
	fd = (int) syscall(SYS_openat, AT_FDCWD, name, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0666);
	if (fd >= 0 && syscall(SYS_write, fd, "x", 1) != 1)
		abort();
	syscall(SYS_close, fd);
}

/*
 * Count an operation on a path.
 */
static Verdict
note_operation(const char *path, bool takes_space)
{
	const char *control = getenv("STOP_AT");
	char		now[MAX_LINE];
	char		action[16];
	char		pattern[256];
	long		pid;
	long		number;

	if (control == NULL || !read_small(control, now) ||
		sscanf(now, "%ld %ld %15s %255s", &pid, &number, action, pattern) != 4 ||
		pid != getpid() || strstr(path, pattern) == NULL)
		return GO_ON;
	if (strcmp(now, line) != 0)
	{
		strcpy(line, now);
		counted = 0;
	}
	counted++;
	if (strcmp(action, "count") == 0)
		tally(control);
	if (number == 0 || counted < number)
		return GO_ON;
	if (strcmp(action, "kill") == 0)
		kill(getpid(), SIGKILL);
	if (strcmp(action, "halt") == 0)
		kill(getpid(), SIGSTOP);
	if (strcmp(action, "full") == 0 && takes_space)
		return counted == number ? WRITE_HALF : FAIL;
	return GO_ON;
}

/*
 * The same for an open file.
 */
static Verdict
note_operation_on(int fd, bool takes_space)
{
	int			save_errno = errno;
	char		link[64];
	char		path[MAX_LINE];
	ssize_t		length;
	Verdict		verdict = GO_ON;

	snprintf(link, sizeof(link), "/proc/self/fd/%d", fd);
	length = readlink(link, path, sizeof(path) - 1);
	if (length > 0)
	{
		path[length] = '\0';
		verdict = note_operation(path, takes_space);
	}
	errno = save_errno;
	return verdict;
}

static int
fail(void)
{
	errno = ENOSPC;
	return -1;
}

/* The function of that name behind ours. */
#define NEXT(name) \
	static __typeof__(name) *next; \
	if (next == NULL) \
		next = (__typeof__(name) *) dlsym(RTLD_NEXT, #name)

#define OPEN(name) \
int \
name(const char *path, int flags, ...) \
{ \
	va_list		arguments; \
	mode_t		mode; \
	NEXT(name); \
\
	va_start(arguments, flags); \
	mode = va_arg(arguments, mode_t); \
	va_end(arguments); \
	if (note_operation(path, (flags & O_CREAT) != 0) == FAIL) \
		return fail(); \
	return next(path, flags, mode); \
}

OPEN(open)
OPEN(open64)

ssize_t
write(int fd, const void *data, size_t bytes)
{
	Verdict		verdict = note_operation_on(fd, true);
	NEXT(write);

	if (verdict == FAIL || (verdict == WRITE_HALF && bytes < 2))
		return fail();
	return next(fd, data, verdict == WRITE_HALF ? bytes / 2 : bytes);
}

#define PWRITE(name, offset_type) \
ssize_t \
name(int fd, const void *data, size_t bytes, offset_type offset) \
{ \
	Verdict		verdict = note_operation_on(fd, true); \
	NEXT(name); \
\
	if (verdict == FAIL || (verdict == WRITE_HALF && bytes < 2)) \
		return fail(); \
	return next(fd, data, verdict == WRITE_HALF ? bytes / 2 : bytes, offset); \
}

PWRITE(pwrite, off_t)
PWRITE(pwrite64, off64_t)

#define PREAD(name, offset_type) \
ssize_t \
name(int fd, void *data, size_t bytes, offset_type offset) \
{ \
	NEXT(name); \
\
	(void) note_operation_on(fd, false); \
	return next(fd, data, bytes, offset); \
}

PREAD(pread, off_t)
PREAD(pread64, off64_t)

ssize_t
read(int fd, void *data, size_t bytes)
{
	NEXT(read);

	(void) note_operation_on(fd, false);
	return next(fd, data, bytes);
}

int
rename(const char *from, const char *to)
{
	NEXT(rename);

	if (note_operation(from, true) == FAIL)
		return fail();
	return next(from, to);
}

int
unlink(const char *path)
{
	NEXT(unlink);

	(void) note_operation(path, false);
	return next(path);
}

int
mkdir(const char *path, mode_t mode)
{
	NEXT(mkdir);

	if (note_operation(path, true) == FAIL)
		return fail();
	return next(path, mode);
}

int
close(int fd)
{
	Verdict		verdict = note_operation_on(fd, true);
	int			result;
	NEXT(close);

	/* a disk may tell only now that it is full */
	result = next(fd);
	return verdict == FAIL ? fail() : result;
}

int
fdatasync(int fd)
{
	NEXT(fdatasync);

	if (note_operation_on(fd, true) == FAIL)
		return fail();
	return next(fd);
}
