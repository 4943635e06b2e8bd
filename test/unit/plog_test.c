/*-------------------------------------------------------------------------
 *
 * plog_test.c
 *		The unit tests of src/plog.  Output: TAP.
 *
 * usage: plog_test [FOLDER]
 * FOLDER has the logs, in sub-folders.  By default it is ../plogs, seen from
 * the program.
 *
 *-------------------------------------------------------------------------
 */
#include <libgen.h>
#include <stdio.h>
#include <stdlib.h>

#include "plog_test.h"
#include "tap.h"
#include "temporary.h"

/*
 * With AddressSanitizer, too: malloc() of too much returns NULL.
 */
extern const char *__asan_default_options(void);

const char *
__asan_default_options(void)
{
	return "allocator_may_return_null=1";
}

int
main(int count, char **arguments)
{
	char		logs[4096];

	if (count > 2)
	{
		fprintf(stderr, "usage: %s [FOLDER]\n", arguments[0]);
		return EXIT_FAILURE;
	}
	snprintf(logs, sizeof(logs), "%s/../plogs", dirname(arguments[0]));
	temporary_make();

	test_wire();
	test_messages();
	test_calls();
	test_forms();
	test_malformed();
	test_reader();
	test_directory();
	test_chunks();
	test_recover();
	test_descriptor();
	test_numbers();
	test_logs(count == 2 ? arguments[1] : logs);

	temporary_remove();
	return tap_finish();
}
