/*-------------------------------------------------------------------------
 *
 * guest_facts.c
 *		What a log shows of the machine that it was recorded from.
 *
 * The first pc of most logs already shows whether the machine has 64 bits.
 * Pointers among the arguments of calls are looked at only until one is found
 * that does.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "miscadmin.h"

#include "catalog/build/guest_facts.h"
#include "plog/call.h"

/*
 * Has a pointer more than 32 bits?  PANDA extends the sign of some 32-bit ones.
 */
static inline bool
is_wide_pointer(uint64 value)
{
	return value > PG_UINT32_MAX && value != (uint64) (int64) (int32) value;
}

/*
 * Is one of a call's arguments a pointer of more than 32 bits?
 */
static bool
has_wide_pointer(PlogRepeated arguments, bool form_2020)
{
	PlogBytes	message;

	while (plog_next_bytes(&arguments, &message))
	{
		PlogArgument argument;

		CHECK_FOR_INTERRUPTS();
		if (plog_decode_argument(message, form_2020, &argument) &&
			argument.kind == PLOG_ARGUMENT_PTR && is_wide_pointer(argument.number))
			return true;
	}
	return false;
}

/*
 * Which form arguments have is known only when one of the earlier form has come,
 * so what both forms would mean is kept apart.
 */
void
note_pointers(GuestFacts *facts, const PlogSyscall *syscall, PlogForm form)
{
	bool	   *is_known = form.arguments_2020 ?
		&facts->has_wide_pointer_2020 : &facts->has_wide_pointer;

	if (!*is_known)
		*is_known = has_wide_pointer(syscall->arguments, form.arguments_2020);
}

void
merge_guest_facts(GuestFacts *facts, const GuestFacts *other)
{
	facts->has_wide_pc |= other->has_wide_pc;
	facts->has_wide_pointer |= other->has_wide_pointer;
	facts->has_wide_pointer_2020 |= other->has_wide_pointer_2020;
	facts->has_asid |= other->has_asid;
	facts->has_wide_asid |= other->has_wide_asid;
}

Guest
decide_guest(const GuestFacts *facts, const Catalog *catalog)
{
	bool		has_64_bits = facts->has_wide_pc ||
		(catalog->summary.form.arguments_2020 ?
		 facts->has_wide_pointer_2020 : facts->has_wide_pointer);

	if (catalog_has_windows_calls(catalog))
		return has_64_bits ? GUEST_WINDOWS_64 : GUEST_WINDOWS_32;
	if (has_64_bits)
		return GUEST_X86_64;
	return facts->has_asid && !facts->has_wide_asid ? GUEST_MIPS : GUEST_I386;
}
