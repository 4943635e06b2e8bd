/*
 * coarse_clock.c
 *		Shows the times of files as a kernel does whose clock ticks slowly.
 *
 * A library to be preloaded into a server.  Kernels before 6.13 stamp files by
 * a clock that ticks every 1 to 10 ms; here it ticks every 10.
 */
#define _GNU_SOURCE

#include <dlfcn.h>
#include <sys/stat.h>

#define TICK	10000000		/* nanoseconds */

static int
coarsen(int result, struct stat *state)
{
	if (result == 0)
	{
		state->st_mtim.tv_nsec -= state->st_mtim.tv_nsec % TICK;
		state->st_ctim.tv_nsec -= state->st_ctim.tv_nsec % TICK;
	}
	return result;
}

int
stat(const char *path, struct stat *state)
{
	int			(*real) (const char *, struct stat *) = dlsym(RTLD_NEXT, "stat");

	return coarsen(real(path, state), state);
}

int
fstat(int fd, struct stat *state)
{
	int			(*real) (int, struct stat *) = dlsym(RTLD_NEXT, "fstat");

	return coarsen(real(fd, state), state);
}
