/*
 * other_name.c
 *		Gives the user of the system another name.
 *
 * A library to be preloaded into programs, which are then run by "somebody".  A
 * cluster's superuser is called after who makes it, and so is who connects,
 * unless they are told another name.
 */
#define _GNU_SOURCE

#include <dlfcn.h>
#include <pwd.h>
#include <stddef.h>

static char name[] = "somebody";

struct passwd *
getpwuid(uid_t uid)
{
	struct passwd *(*real) (uid_t) = dlsym(RTLD_NEXT, "getpwuid");
	struct passwd *found = real(uid);

	if (found != NULL)
		found->pw_name = name;
	return found;
}

int
getpwuid_r(uid_t uid, struct passwd *entry, char *buffer, size_t size, struct passwd **found)
{
	int			(*real) (uid_t, struct passwd *, char *, size_t, struct passwd **) = dlsym(RTLD_NEXT, "getpwuid_r");
	int			error = real(uid, entry, buffer, size, found);

	if (error == 0 && *found != NULL)
		entry->pw_name = name;
	return error;
}
