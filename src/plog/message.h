/*-------------------------------------------------------------------------
 *
 * message.h
 *		The messages that tell of processes, threads and libraries, as structs.
 *
 * What holds for all decoders, here and in call.h and flow.h: a decoder reads one
 * message from bytes that the caller keeps, and what it fills in points into those
 * bytes.  It returns false where they are not protobuf: a field that runs past the
 * end, an endless varint.  The struct begins with a word "present" that has a bit
 * for each field that is there; a field that is not there is 0 or empty.  Fields that
 * the schema does not know, or that have another wire type than there, are skipped.
 * Of a field that should be there once and is there twice, the last one counts;
 * messages are merged instead, as protobuf does.
 *
 *-------------------------------------------------------------------------
 */
#ifndef PLOG_MESSAGE_H
#define PLOG_MESSAGE_H

#include "plog/call.h"

/* What asidstory wrote into an entry itself, until June 2018. */
typedef struct PlogEntry2016
{
	uint32_t	present;		/* by PLOG_ENTRY_2016_PROCESS_… */
	uint32_t	process_id;
	PlogBytes	process_name;
} PlogEntry2016;

typedef struct PlogAsidInfo
{
	uint32_t	present;		/* by PLOG_ASID_INFO_…, in both forms */
	uint32_t	pid;
	uint32_t	ppid;
	uint64_t	create_time;
	uint64_t	asid;
	uint64_t	start_instr;
	uint64_t	end_instr;
	uint64_t	count;
	PlogRepeated names;			/* of the form of 2018: its one name */
	bool		has_tids;		/* not in the form of 2018 */
	PlogRepeated tids;
} PlogAsidInfo;

typedef struct PlogLoadedLibs
{
	uint32_t	present;		/* by PLOG_LOADED_LIBS_… */
	uint32_t	pid;
	uint32_t	ppid;
	uint32_t	tid;
	uint64_t	create_time;
	PlogBytes	proc_name;
	PlogRepeated modules;
} PlogLoadedLibs;

typedef struct PlogModule
{
	uint32_t	present;		/* by PLOG_MODULE_… */
	PlogBytes	name;
	PlogBytes	file;
	uint64_t	base_addr;
	uint64_t	size;
} PlogModule;

typedef struct PlogProcTrace
{
	uint32_t	present;		/* by PLOG_PROC_TRACE_… */
	uint32_t	pid;
	uint32_t	ppid;
	uint32_t	tid;
	uint64_t	create_time;
	uint64_t	asid;
	uint64_t	start_instr;
	PlogBytes	name;
} PlogProcTrace;

/*
 * What a well-formed entry says of a process in the form of 2016.  False where it
 * says nothing.
 */
extern bool plog_decode_entry_2016(const PlogEntry *entry, PlogEntry2016 *entry_2016);

/*
 * The form of 2018 is given in the fields of today's: its one name as names, and
 * no tids.
 */
extern bool plog_decode_asid_info(PlogBytes message, bool form_2018, PlogAsidInfo *info);

/*
 * A LoadedLibs of the form before April 2021, whose field 2 holds the modules, has
 * no process and no modules.
 */
extern bool plog_decode_loaded_libs(PlogBytes message, PlogLoadedLibs *libs);
extern bool plog_decode_module(PlogBytes message, PlogModule *module);
extern bool plog_decode_proc_trace(PlogBytes message, PlogProcTrace *trace);

/*
 * Walks the threads of an asid_info: one for each tid.  In the form of 2018, which
 * has no tids, it is one thread, whose tid is not known.
 */
typedef struct PlogListedThreads
{
	PlogRepeated tids;
	bool		has_tid;		/* of the thread that was found last */
	uint32_t	tid;			/* likewise; 0 if it is not known */
	bool		is_at_end;
} PlogListedThreads;

static inline PlogListedThreads
plog_listed_threads(const PlogAsidInfo *info)
{
	PlogListedThreads threads = {.tids = info->tids, .has_tid = info->has_tids};

	return threads;
}

/*
 * Go to the next thread, or the first.  False at the end.
 */
extern bool plog_next_listed_thread(PlogListedThreads *threads);

#endif							/* PLOG_MESSAGE_H */
