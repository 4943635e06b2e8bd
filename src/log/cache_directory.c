/*-------------------------------------------------------------------------
 *
 * cache_directory.c
 *		Where files are that can be made again from logs.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "log/cache_directory.h"

/* No name of a file there, with that of a folder, is longer. */
#define LONGEST_NAME		256

char	   *pandelephant_cache_directory = NULL;

bool
check_cache_directory(char **path, void **extra pg_attribute_unused(),
					  GucSource source pg_attribute_unused())
{
	canonicalize_path(*path);
	if (**path == '\0')
	{
		GUC_check_errdetail("The path is empty.");
		return false;
	}
	if (strlen(*path) >= MAXPGPATH - LONGEST_NAME)
	{
		GUC_check_errdetail("The path is longer than %d bytes.", MAXPGPATH - LONGEST_NAME - 1);
		return false;
	}
	return true;
}
