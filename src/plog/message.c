/*-------------------------------------------------------------------------
 *
 * message.c
 *		The messages that tell of processes, threads and libraries, as structs.
 *
 *-------------------------------------------------------------------------
 */
#include "plog/fields.h"
#include "plog/message.h"

static const PlogPlace entry_2016_places[] = {
	PLOG_PLACE(PLOG_ENTRY_2016_PROCESS_NAME, BYTES, PlogEntry2016, process_name),
	PLOG_PLACE(PLOG_ENTRY_2016_PROCESS_ID, UINT32, PlogEntry2016, process_id)
};
static const PlogPlaces entry_2016 = PLOG_PLACES(entry_2016_places);

static const PlogPlace asid_info_places[] = {
	PLOG_PLACE(PLOG_ASID_INFO_PID, UINT32, PlogAsidInfo, pid),
	PLOG_PLACE(PLOG_ASID_INFO_CREATE_TIME, UINT64, PlogAsidInfo, create_time),
	PLOG_PLACE(PLOG_ASID_INFO_PPID, UINT32, PlogAsidInfo, ppid),
	PLOG_PLACE(PLOG_ASID_INFO_ASID, UINT64, PlogAsidInfo, asid),
	PLOG_PLACE(PLOG_ASID_INFO_NAMES, MANY, PlogAsidInfo, names),
	PLOG_PLACE(PLOG_ASID_INFO_TIDS, MANY_NUMBERS, PlogAsidInfo, tids),
	PLOG_PLACE(PLOG_ASID_INFO_START_INSTR, UINT64, PlogAsidInfo, start_instr),
	PLOG_PLACE(PLOG_ASID_INFO_END_INSTR, UINT64, PlogAsidInfo, end_instr),
	PLOG_PLACE(PLOG_ASID_INFO_COUNT, UINT64, PlogAsidInfo, count)
};
static const PlogPlaces asid_info = PLOG_PLACES(asid_info_places);

static const PlogPlace asid_info_2018_places[] = {
	PLOG_PLACE_AS(PLOG_ASID_INFO_2018_ASID, PLOG_ASID_INFO_ASID, UINT64, PlogAsidInfo, asid),
	PLOG_PLACE_AS(PLOG_ASID_INFO_2018_NAME, PLOG_ASID_INFO_NAMES, LAST, PlogAsidInfo, names),
	PLOG_PLACE_AS(PLOG_ASID_INFO_2018_PID, PLOG_ASID_INFO_PID, UINT32, PlogAsidInfo, pid),
	PLOG_PLACE_AS(PLOG_ASID_INFO_2018_START_INSTR, PLOG_ASID_INFO_START_INSTR, UINT64,
				  PlogAsidInfo, start_instr),
	PLOG_PLACE_AS(PLOG_ASID_INFO_2018_END_INSTR, PLOG_ASID_INFO_END_INSTR, UINT64,
				  PlogAsidInfo, end_instr),
	PLOG_PLACE_AS(PLOG_ASID_INFO_2018_COUNT, PLOG_ASID_INFO_COUNT, UINT64, PlogAsidInfo, count)
};
static const PlogPlaces asid_info_2018 = PLOG_PLACES(asid_info_2018_places);

static const PlogPlace loaded_libs_places[] = {
	PLOG_PLACE(PLOG_LOADED_LIBS_PROC_NAME, BYTES, PlogLoadedLibs, proc_name),
	PLOG_PLACE(PLOG_LOADED_LIBS_PID, UINT32, PlogLoadedLibs, pid),
	PLOG_PLACE(PLOG_LOADED_LIBS_PPID, UINT32, PlogLoadedLibs, ppid),
	PLOG_PLACE(PLOG_LOADED_LIBS_CREATE_TIME, UINT64, PlogLoadedLibs, create_time),
	PLOG_PLACE(PLOG_LOADED_LIBS_TID, UINT32, PlogLoadedLibs, tid),
	PLOG_PLACE(PLOG_LOADED_LIBS_MODULES, MANY, PlogLoadedLibs, modules)
};
static const PlogPlaces loaded_libs = PLOG_PLACES(loaded_libs_places);

static const PlogPlace module_places[] = {
	PLOG_PLACE(PLOG_MODULE_NAME, BYTES, PlogModule, name),
	PLOG_PLACE(PLOG_MODULE_FILE, BYTES, PlogModule, file),
	PLOG_PLACE(PLOG_MODULE_BASE_ADDR, UINT64, PlogModule, base_addr),
	PLOG_PLACE(PLOG_MODULE_SIZE, UINT64, PlogModule, size)
};
static const PlogPlaces module_table = PLOG_PLACES(module_places);

static const PlogPlace proc_trace_places[] = {
	PLOG_PLACE(PLOG_PROC_TRACE_PID, UINT32, PlogProcTrace, pid),
	PLOG_PLACE(PLOG_PROC_TRACE_CREATE_TIME, UINT64, PlogProcTrace, create_time),
	PLOG_PLACE(PLOG_PROC_TRACE_PPID, UINT32, PlogProcTrace, ppid),
	PLOG_PLACE(PLOG_PROC_TRACE_ASID, UINT64, PlogProcTrace, asid),
	PLOG_PLACE(PLOG_PROC_TRACE_NAME, BYTES, PlogProcTrace, name),
	PLOG_PLACE(PLOG_PROC_TRACE_TID, UINT32, PlogProcTrace, tid),
	PLOG_PLACE(PLOG_PROC_TRACE_START_INSTR, UINT64, PlogProcTrace, start_instr)
};
static const PlogPlaces proc_trace = PLOG_PLACES(proc_trace_places);

bool
plog_decode_entry_2016(const PlogEntry *entry, PlogEntry2016 *decoded)
{
	memset(decoded, 0, sizeof(*decoded));

	/* an entry's kind is the lowest of its payloads' numbers, and these two are the lowest */
	if (entry->kind != PLOG_ENTRY_2016_PROCESS_NAME && entry->kind != PLOG_ENTRY_2016_PROCESS_ID)
		return false;
	return plog_decode_fields(entry->body, &entry_2016, decoded) && decoded->present != 0;
}

bool
plog_decode_asid_info(PlogBytes message, bool form_2018, PlogAsidInfo *info)
{
	memset(info, 0, sizeof(*info));
	info->names = plog_repeated(message,
								form_2018 ? PLOG_ASID_INFO_2018_NAME : PLOG_ASID_INFO_NAMES);
	info->tids = plog_repeated(message, form_2018 ? 0 : PLOG_ASID_INFO_TIDS);
	info->has_tids = !form_2018;
	return plog_decode_fields(message, form_2018 ? &asid_info_2018 : &asid_info, info);
}

bool
plog_next_listed_thread(PlogListedThreads *threads)
{
	uint64_t	tid = 0;

	if (threads->is_at_end)
		return false;
	if (threads->has_tid && !plog_next_number(&threads->tids, &tid))
		return false;
	threads->is_at_end = !threads->has_tid;
	threads->tid = (uint32_t) tid;
	return true;
}

bool
plog_decode_loaded_libs(PlogBytes message, PlogLoadedLibs *libs)
{
	memset(libs, 0, sizeof(*libs));
	libs->modules = plog_repeated(message, PLOG_LOADED_LIBS_MODULES);
	return plog_decode_fields(message, &loaded_libs, libs);
}

bool
plog_decode_module(PlogBytes message, PlogModule *module)
{
	memset(module, 0, sizeof(*module));
	return plog_decode_fields(message, &module_table, module);
}

bool
plog_decode_proc_trace(PlogBytes message, PlogProcTrace *trace)
{
	memset(trace, 0, sizeof(*trace));
	return plog_decode_fields(message, &proc_trace, trace);
}
