/*-------------------------------------------------------------------------
 *
 * tap.c
 *		Tests that report by the Test Anything Protocol.
 *
 *-------------------------------------------------------------------------
 */
#define _GNU_SOURCE

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "tap.h"

/* A test that takes longer waits, or loops, forever: a signal ends the program. */
#define PATIENCE_SECONDS	600

/* A test says so often why it fails, then no more. */
#define MAX_REASONS		10

/* A copy that tap_copy() made; its bytes have memory of their own. */
typedef struct Copy
{
	struct Copy *next;
	void	   *data;
} Copy;

static int	tests;
static int	tests_failed;
static int	reasons;			/* of the test that runs, why it fails */
static Copy *copies;			/* likewise */

void
tap_begin(void)
{
	reasons = 0;
	alarm(PATIENCE_SECONDS);
}

/*
 * Give back what tap_copy() took.
 */
static void
free_copies(void)
{
	while (copies != NULL)
	{
		Copy	   *copy = copies;

		copies = copy->next;
		free(copy->data);
		free(copy);
	}
}

void
tap_end(const char *format,...)
{
	va_list		arguments;

	alarm(0);
	tests++;
	if (reasons > 0)
		tests_failed++;
	if (reasons > MAX_REASONS)
		printf("# … %d times in all\n", reasons);
	printf("%s %d - ", reasons > 0 ? "not ok" : "ok", tests);
	va_start(arguments, format);
	vprintf(format, arguments);
	va_end(arguments);
	putchar('\n');
	fflush(stdout);
	free_copies();
}

void
tap_run(const char *name, void (*test) (void))
{
	tap_begin();
	test();
	tap_end("%s", name);
}

int
tap_finish(void)
{
	if (tests_failed > 0)
		printf("# %d of %d tests failed\n", tests_failed, tests);
	printf("1..%d\n", tests);
	return tests_failed > 0 || tests == 0 ? EXIT_FAILURE : EXIT_SUCCESS;
}

void
tap_fail(const char *format,...)
{
	va_list		arguments;

	if (reasons++ >= MAX_REASONS)
		return;
	fputs("# ", stdout);
	va_start(arguments, format);
	vprintf(format, arguments);
	va_end(arguments);
	putchar('\n');
	fflush(stdout);
}

bool
tap_expect(const char *file, int line, const char *text, bool holds)
{
	if (!holds)
		tap_fail("%s:%d: not so: %s", file, line, text);
	return holds;
}

bool
tap_expect_number(const char *file, int line, const char *text, uint64_t got, uint64_t wanted)
{
	if (got != wanted)
		tap_fail("%s:%d: %s is %llu (0x%llx), not %llu (0x%llx)", file, line, text,
				 (unsigned long long) got, (unsigned long long) got,
				 (unsigned long long) wanted, (unsigned long long) wanted);
	return got == wanted;
}

bool
tap_expect_bytes(const char *file, int line, const char *text,
				 PlogBytes got, const void *wanted, size_t length)
{
	if (got.data == NULL)
	{
		tap_fail("%s:%d: %s is absent", file, line, text);
		return false;
	}
	if (got.length != length || memcmp(got.data, wanted, length) != 0)
	{
		tap_fail("%s:%d: %s has other bytes: %zu of them, not %zu", file, line, text,
				 got.length, length);
		return false;
	}
	return true;
}

PlogBytes
tap_copy(const void *data, size_t length)
{
	Copy	   *copy = malloc(sizeof(Copy));
	PlogBytes	bytes;

	if (copy == NULL || (copy->data = malloc(length)) == NULL)
		abort();
	if (length > 0)
		memcpy(copy->data, data, length);
	copy->next = copies;
	copies = copy;
	bytes.data = copy->data;
	bytes.length = length;
	return bytes;
}
