/*-------------------------------------------------------------------------
 *
 * guest.h
 *		The kinds of machines that logs are recorded from.
 *
 * The meaning of some numbers in a log depends on the machine: where its kernel
 * is, how wide an address is, which error a number stands for.  A log does not
 * say which machine it was.  The option "guest" says it, or it is guessed from
 * the log's contents.
 *
 *-------------------------------------------------------------------------
 */
#ifndef PANDELEPHANT_CATALOG_GUEST_H
#define PANDELEPHANT_CATALOG_GUEST_H

#include "plog/wire.h"

/* Part of a catalog on disk: see CATALOG_FORMAT in catalog/store/layout.h. */
typedef enum Guest
{
	GUEST_AUTO,					/* the one that the catalog has */
	GUEST_X86_64,
	GUEST_I386,
	GUEST_ARM,
	GUEST_AARCH64,
	GUEST_MIPS,
	GUEST_MIPSEL,
	GUEST_MIPS64,
	GUEST_PPC,
	GUEST_WINDOWS_32,
	GUEST_WINDOWS_64,
	GUESTS
} Guest;

/* Which numbering of errors a guest uses. */
typedef enum GuestErrors
{
	GUEST_ERRORS_COMMON,
	GUEST_ERRORS_MIPS,
	GUEST_ERRORS_PPC
} GuestErrors;

typedef struct GuestProperties
{
	const char *name;			/* as in the option */
	uint64_t	kernel_start;	/* the first address of the kernel */
	bool		has_32_bits;
	GuestErrors errors;
} GuestProperties;

/* By Guest.  GUEST_AUTO stands for x86_64. */
extern const GuestProperties guest_properties[GUESTS];

/* Find the guest of that name.  Returns false if there is none. */
extern bool find_guest(const char *name, Guest *guest);

/* Every guest's kernel starts at or below this address. */
#define GUEST_LAST_KERNEL_START		(UINT64_C(1) << 63)

/* Where the kernels of guests start, in ascending order. */
#define GUEST_KERNEL_STARTS			3
extern const uint64_t guest_kernel_starts[GUEST_KERNEL_STARTS];

/*
 * Is it one of the calls that syscalls_logger logs when they are entered as well
 * as when they return?
 */
static inline bool
call_is_logged_on_entry(PlogBytes name)
{
	switch (name.length)
	{
		case 8:
			return memcmp(name.data, "sys_exit", 8) == 0;
		case 10:
			return memcmp(name.data, "sys_execve", 10) == 0;
		case 12:
			return memcmp(name.data, "sys_execveat", 12) == 0;
		case 13:
			return memcmp(name.data, "sys_nanosleep", 13) == 0;
		case 14:
			return memcmp(name.data, "sys_exit_group", 14) == 0;
		case 19:
			return memcmp(name.data, "sys_clock_nanosleep", 19) == 0;
		default:
			return false;
	}
}

/*
 * Is it the name of a system call of Windows?
 */
static inline bool
call_is_of_windows(PlogBytes name)
{
	return name.length >= 2 &&
		(memcmp(name.data, "Nt", 2) == 0 || memcmp(name.data, "Zw", 2) == 0);
}

#endif							/* PANDELEPHANT_CATALOG_GUEST_H */
