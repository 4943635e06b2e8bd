/*-------------------------------------------------------------------------
 *
 * sources.c
 *		The files that a directory or a pattern names.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include <fnmatch.h>
#include <sys/stat.h>

#include "mb/pg_wchar.h"
#include "miscadmin.h"
#include "storage/fd.h"

#include "library/sources.h"

#define PATTERN_OF_LOGS		"*.plog"

static const char *
last_part(const char *name)
{
	const char *slash = strrchr(name, '/');

	return slash == NULL ? name : slash + 1;
}

static bool
is_directory(const char *name)
{
	struct stat state;

	return stat(name, &state) == 0 && S_ISDIR(state.st_mode);
}

bool
names_several_files(const char *name)
{
	return strpbrk(last_part(name), "*?[") != NULL || is_directory(name);
}

static int
compare_names(const ListCell *a, const ListCell *b)
{
	return strcmp(lfirst(a), lfirst(b));
}

/*
 * Is a file's name a text of the database?  The server's tables could not be dumped with
 * one that is not.
 */
static bool
is_valid_name(const char *directory, const char *name)
{
	if (pg_verifymbstr(name, (int) strlen(name), true))
		return true;
	ereport(WARNING,
			(errcode(ERRCODE_CHARACTER_NOT_IN_REPERTOIRE),
			 errmsg("a file in directory \"%s\" is left out: its name is not valid in encoding \"%s\"",
					directory, GetDatabaseEncodingName())));
	return false;
}

/*
 * The regular files of a directory whose names match a pattern.  A name that begins
 * with a period is matched by one that does, only.
 */
static List *
list_directory(const char *directory, const char *pattern)
{
	DIR		   *open = AllocateDir(directory);
	const char *separator = directory[strlen(directory) - 1] == '/' ? "" : "/";
	struct dirent *entry;
	List	   *files = NIL;

	while ((entry = ReadDir(open, directory)) != NULL)
	{
		char	   *path;
		struct stat state;

		CHECK_FOR_INTERRUPTS();
		if (fnmatch(pattern, entry->d_name, FNM_PERIOD) != 0 ||
			!is_valid_name(directory, entry->d_name))
			continue;
		path = psprintf("%s%s%s", directory, separator, entry->d_name);
		if (stat(path, &state) == 0 && S_ISREG(state.st_mode))
			files = lappend(files, path);
	}
	FreeDir(open);
	list_sort(files, compare_names);
	return files;
}

List *
files_of_source(const char *name)
{
	const char *pattern = last_part(name);

	if (strpbrk(pattern, "*?[") == NULL)
		return list_directory(name, PATTERN_OF_LOGS);

	/* the root directory keeps its slash */
	return list_directory(pattern - name > 1 ? pnstrdup(name, pattern - name - 1) : "/", pattern);
}
