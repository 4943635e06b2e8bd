/*-------------------------------------------------------------------------
 *
 * fuzz.c
 *		What the fuzz targets share.
 *
 *-------------------------------------------------------------------------
 */
#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif

#include <setjmp.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

#include "fuzz.h"

/* The largest chunk that is allowed unless the log chooses less, in bytes. */
#define MAX_CHUNK	((uint64_t) 1024 * 1024)

static jmp_buf poll_left;
static uint64_t polls_left;		/* until it leaves; 0: never */

void
fuzz_fail(const char *file, int line, const char *text)
{
	fprintf(stderr, "%s:%d: does not hold: %s\n", file, line, text);
	abort();
}

bool
fuzz_lies_in(PlogBytes view, PlogBytes bytes)
{
	if (view.data == NULL)
		return view.length == 0;
	return view.data >= bytes.data && view.length <= bytes.length &&
		(size_t) (view.data - bytes.data) <= bytes.length - view.length;
}

const char *
fuzz_file(const uint8_t *data, size_t size)
{
	static int	fd = -1;
	static char path[64];

	if (fd < 0)
	{
		fd = memfd_create("plog", MFD_CLOEXEC);
		snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	}
	if (fd < 0 || ftruncate(fd, 0) != 0 || pwrite(fd, data, size, 0) != (ssize_t) size)
	{
		perror("file in memory");
		exit(EXIT_FAILURE);
	}
	return path;
}

static void
poll_hook(void)
{
	if (polls_left > 0 && --polls_left == 0)
		longjmp(poll_left, 1);
}

PlogReaderOptions
fuzz_options(const uint8_t *data, size_t size)
{
	PlogReaderOptions options = {MAX_CHUNK, poll_hook};

	polls_left = 0;
	if (size > FUZZ_CHOICE_POLLS)
	{
		if (data[FUZZ_CHOICE_MAX_CHUNK] > 0)
			options.max_chunk = (uint64_t) data[FUZZ_CHOICE_MAX_CHUNK] * 64;
		polls_left = data[FUZZ_CHOICE_POLLS];
	}
	return options;
}

bool
fuzz_run(void (*function) (PlogReader *reader), PlogReader *reader)
{
	if (setjmp(poll_left) != 0)
		return false;
	function(reader);
	return true;
}

PlogBytes
fuzz_payload(const PlogEntry *entry, uint32_t kind)
{
	static PlogBuffer merged;
	PlogBytes	payload;

	FUZZ_CHECK(plog_payload(entry, kind, &merged, &payload));
	return payload;
}
