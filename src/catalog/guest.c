/*-------------------------------------------------------------------------
 *
 * guest.c
 *		The kinds of machines that logs are recorded from.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "catalog/guest.h"

/* The first address of kernels: of 32 bits, of 32 bits on MIPS, of 64 bits. */
#define START_32		UINT64CONST(0xc0000000)
#define START_MIPS		UINT64CONST(0x80000000)
#define START_64		GUEST_LAST_KERNEL_START

const GuestProperties guest_properties[GUESTS] = {
	[GUEST_AUTO] = {"auto", START_64, false, GUEST_ERRORS_COMMON},
	[GUEST_X86_64] = {"x86_64", START_64, false, GUEST_ERRORS_COMMON},
	[GUEST_I386] = {"i386", START_32, true, GUEST_ERRORS_COMMON},
	[GUEST_ARM] = {"arm", START_32, true, GUEST_ERRORS_COMMON},
	[GUEST_AARCH64] = {"aarch64", START_64, false, GUEST_ERRORS_COMMON},
	[GUEST_MIPS] = {"mips", START_MIPS, true, GUEST_ERRORS_MIPS},
	[GUEST_MIPSEL] = {"mipsel", START_MIPS, true, GUEST_ERRORS_MIPS},
	[GUEST_MIPS64] = {"mips64", START_64, false, GUEST_ERRORS_MIPS},
	[GUEST_PPC] = {"ppc", START_32, true, GUEST_ERRORS_PPC},
	[GUEST_WINDOWS_32] = {"windows_32", START_32, true, GUEST_ERRORS_COMMON},
	[GUEST_WINDOWS_64] = {"windows_64", START_64, false, GUEST_ERRORS_COMMON}
};

const uint64_t guest_kernel_starts[GUEST_KERNEL_STARTS] = {START_MIPS, START_32, START_64};

bool
find_guest(const char *name, Guest *guest)
{
	for (int i = 0; i < GUESTS; i++)
	{
		if (strcmp(guest_properties[i].name, name) == 0)
		{
			*guest = (Guest) i;
			return true;
		}
	}
	return false;
}
