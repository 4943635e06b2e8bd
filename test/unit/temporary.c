/*-------------------------------------------------------------------------
 *
 * temporary.c
 *		A folder for the files that tests make, and those files.
 *
 *-------------------------------------------------------------------------
 */
#define _GNU_SOURCE

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "temporary.h"

static char folder[4000];

/*
 * End the program: without its files a test says nothing.
 */
static void
give_up(const char *what, const char *path)
{
	printf("Bail out! could not %s \"%s\"\n", what, path);
	exit(EXIT_FAILURE);
}

void
temporary_make(void)
{
	const char *parent = getenv("TMPDIR");

	if (parent == NULL || *parent == '\0')
		parent = P_tmpdir;
	snprintf(folder, sizeof(folder), "%s/plog_test.XXXXXX", parent);
	if (mkdtemp(folder) == NULL)
		give_up("make folder", folder);
}

void
temporary_remove(void)
{
	DIR		   *stream = opendir(folder);
	struct dirent *entry;

	if (stream == NULL)
		give_up("read folder", folder);
	while ((entry = readdir(stream)) != NULL)
	{
		if (entry->d_name[0] != '.')
			remove(temporary_path(entry->d_name));
	}
	closedir(stream);
	if (rmdir(folder) != 0)
		give_up("remove folder", folder);
}

const char *
temporary_path(const char *name)
{
	/* some calls want two of them at once */
	static char paths[2][sizeof(folder) + 300];
	static int	last;
	char	   *path = paths[last ^= 1];

	snprintf(path, sizeof(paths[0]), "%s/%s", folder, name);
	return path;
}

const char *
temporary_file(const char *name, const Bytes *bytes)
{
	const char *path = temporary_path(name);
	FILE	   *file = fopen(path, "wb");

	if (file == NULL ||
		(bytes->length > 0 && fwrite(bytes->data, 1, bytes->length, file) != bytes->length) ||
		fclose(file) != 0)
		give_up("write file", path);
	return path;
}
