/*-------------------------------------------------------------------------
 *
 * partial_file.c
 *		A file that appears under its name when it is whole.
 *
 *-------------------------------------------------------------------------
 */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "log.h"
#include "partial_file.h"

static char *final_path = NULL;
static char *path_now = NULL;

static void
remove_partial(void)
{
	if (path_now != NULL)
		unlink(path_now);
	path_now = NULL;
}

/*
 * Where the file is to be: what a link leads to.  What is there and no plain
 * file is nobody's to replace.
 */
static char *
path_to_write(const char *given, bool overwrite)
{
	char	   *path = absolute_path(given);
	char	   *resolved;
	struct stat state;

	if (stat(path, &state) == 0 && S_ISDIR(state.st_mode))
		die(FAILED, "is a directory: %s", path);
	if (lstat(path, &state) != 0)
		return path;
	if (!overwrite)
		die(IN_THE_WAY, "exists already: %s (--force overwrites it)", path);
	resolved = realpath(path, NULL);
	if (resolved == NULL)
		die(FAILED, "leads to no file: %s", path);
	if (stat(resolved, &state) != 0 || !S_ISREG(state.st_mode))
		die(FAILED, "not a file that can be overwritten: %s", path);
	return resolved;
}

int
partial_begin(const char *path, bool overwrite)
{
	static bool registered = false;
	char	   *directory;
	int			descriptor;

	final_path = path_to_write(path, overwrite);
	directory = copy_text(final_path);
	*strrchr(directory, '/') = '\0';
	if (!registered)
		atexit(remove_partial);
	registered = true;
	path_now = format_text("%s/.pe-export.XXXXXX", directory);
	descriptor = mkostemp(path_now, O_CLOEXEC);
	if (descriptor < 0)
	{
		int			error = errno;

		path_now = NULL;
		die(FAILED, "cannot write in %s: %s", *directory != '\0' ? directory : "/", strerror(error));
	}
	free(directory);
	return descriptor;
}

const char *
partial_path(void)
{
	return path_now;
}

const char *
partial_final_path(void)
{
	return final_path;
}

void
partial_end(void)
{
	mode_t		mask = umask(0);

	umask(mask);
	if (chmod(path_now, 0666 & ~mask) != 0 || rename(path_now, final_path) != 0)
		die(FAILED, "could not write %s: %s", final_path, strerror(errno));
	free(path_now);
	path_now = NULL;
}
