/*-------------------------------------------------------------------------
 *
 * guest_facts.h
 *		What a log shows of the machine that it was recorded from.
 *
 *-------------------------------------------------------------------------
 */
#ifndef PANDELEPHANT_CATALOG_GUEST_FACTS_H
#define PANDELEPHANT_CATALOG_GUEST_FACTS_H

#include "catalog/catalog.h"

/* A wide number has more than 32 bits. */
typedef struct GuestFacts
{
	bool		has_wide_pc;
	bool		has_wide_pointer;	/* if arguments have today's form */
	bool		has_wide_pointer_2020;	/* if they have the form before December 2020 */
	bool		has_asid;
	bool		has_wide_asid;	/* see LEAST_ADDRESS_SPACE */
} GuestFacts;

/*
 * A smaller asid is not the address of a page table: MIPS numbers its address
 * spaces.
 */
#define LEAST_ADDRESS_SPACE		4096

static inline void
note_asid(GuestFacts *facts, bool is_present, uint64 asid)
{
	facts->has_asid |= is_present;
	facts->has_wide_asid |= is_present && asid >= LEAST_ADDRESS_SPACE;
}

static inline void
note_pc(GuestFacts *facts, bool is_present, uint64 pc)
{
	facts->has_wide_pc |= is_present && pc != PLOG_UNKNOWN && pc > PG_UINT32_MAX;
}

/*
 * Note the pointers among a call's arguments.  This is needed only as long as no
 * pc has shown that the machine has 64 bits.
 */
extern void note_pointers(GuestFacts *facts, const PlogSyscall *syscall, PlogForm form);

/*
 * Note a call's pc.  Few pcs are less than all before, so the call's name is
 * seldom looked at.
 */
static inline void
note_call_pc(CatalogSummary *summary, const PlogSyscall *syscall, bool is_present, uint64 pc)
{
	if (is_present && pc < summary->least_return_pc && !call_is_logged_on_entry(syscall->call_name))
		summary->least_return_pc = pc;
}

extern void merge_guest_facts(GuestFacts *facts, const GuestFacts *other);

/* Which guest a log is from, when all of it has been read. */
extern Guest decide_guest(const GuestFacts *facts, const Catalog *catalog);

#endif							/* PANDELEPHANT_CATALOG_GUEST_FACTS_H */
