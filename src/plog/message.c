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
	[PLOG_ENTRY_2016_PROCESS_NAME] = {PLOG_PLACE_BYTES, PLOG_ENTRY_2016_PROCESS_NAME, offsetof(PlogEntry2016, process_name), NULL},
	[PLOG_ENTRY_2016_PROCESS_ID] = {PLOG_PLACE_UINT32, PLOG_ENTRY_2016_PROCESS_ID, offsetof(PlogEntry2016, process_id), NULL}
};
static const PlogPlaces entry_2016 = {sizeof(entry_2016_places) / sizeof(PlogPlace), entry_2016_places};

static const PlogPlace asid_info_places[] = {
	[PLOG_ASID_INFO_PID] = {PLOG_PLACE_UINT32, PLOG_ASID_INFO_PID, offsetof(PlogAsidInfo, pid), NULL},
	[PLOG_ASID_INFO_CREATE_TIME] = {PLOG_PLACE_UINT64, PLOG_ASID_INFO_CREATE_TIME, offsetof(PlogAsidInfo, create_time), NULL},
	[PLOG_ASID_INFO_PPID] = {PLOG_PLACE_UINT32, PLOG_ASID_INFO_PPID, offsetof(PlogAsidInfo, ppid), NULL},
	[PLOG_ASID_INFO_ASID] = {PLOG_PLACE_UINT64, PLOG_ASID_INFO_ASID, offsetof(PlogAsidInfo, asid), NULL},
	[PLOG_ASID_INFO_NAMES] = {PLOG_PLACE_MANY, PLOG_ASID_INFO_NAMES, offsetof(PlogAsidInfo, names), NULL},
	[PLOG_ASID_INFO_TIDS] = {PLOG_PLACE_MANY_NUMBERS, PLOG_ASID_INFO_TIDS, offsetof(PlogAsidInfo, tids), NULL},
	[PLOG_ASID_INFO_START_INSTR] = {PLOG_PLACE_UINT64, PLOG_ASID_INFO_START_INSTR, offsetof(PlogAsidInfo, start_instr), NULL},
	[PLOG_ASID_INFO_END_INSTR] = {PLOG_PLACE_UINT64, PLOG_ASID_INFO_END_INSTR, offsetof(PlogAsidInfo, end_instr), NULL},
	[PLOG_ASID_INFO_COUNT] = {PLOG_PLACE_UINT64, PLOG_ASID_INFO_COUNT, offsetof(PlogAsidInfo, count), NULL}
};
static const PlogPlaces asid_info = {sizeof(asid_info_places) / sizeof(PlogPlace), asid_info_places};

static const PlogPlace asid_info_2018_places[] = {
	[PLOG_ASID_INFO_2018_ASID] = {PLOG_PLACE_UINT64, PLOG_ASID_INFO_ASID, offsetof(PlogAsidInfo, asid), NULL},
	[PLOG_ASID_INFO_2018_NAME] = {PLOG_PLACE_LAST, PLOG_ASID_INFO_NAMES, offsetof(PlogAsidInfo, names), NULL},
	[PLOG_ASID_INFO_2018_PID] = {PLOG_PLACE_UINT32, PLOG_ASID_INFO_PID, offsetof(PlogAsidInfo, pid), NULL},
	[PLOG_ASID_INFO_2018_START_INSTR] = {PLOG_PLACE_UINT64, PLOG_ASID_INFO_START_INSTR, offsetof(PlogAsidInfo, start_instr), NULL},
	[PLOG_ASID_INFO_2018_END_INSTR] = {PLOG_PLACE_UINT64, PLOG_ASID_INFO_END_INSTR, offsetof(PlogAsidInfo, end_instr), NULL},
	[PLOG_ASID_INFO_2018_COUNT] = {PLOG_PLACE_UINT64, PLOG_ASID_INFO_COUNT, offsetof(PlogAsidInfo, count), NULL}
};
static const PlogPlaces asid_info_2018 = {sizeof(asid_info_2018_places) / sizeof(PlogPlace), asid_info_2018_places};

static const PlogPlace loaded_libs_places[] = {
	[PLOG_LOADED_LIBS_PROC_NAME] = {PLOG_PLACE_BYTES, PLOG_LOADED_LIBS_PROC_NAME, offsetof(PlogLoadedLibs, proc_name), NULL},
	[PLOG_LOADED_LIBS_PID] = {PLOG_PLACE_UINT32, PLOG_LOADED_LIBS_PID, offsetof(PlogLoadedLibs, pid), NULL},
	[PLOG_LOADED_LIBS_PPID] = {PLOG_PLACE_UINT32, PLOG_LOADED_LIBS_PPID, offsetof(PlogLoadedLibs, ppid), NULL},
	[PLOG_LOADED_LIBS_CREATE_TIME] = {PLOG_PLACE_UINT64, PLOG_LOADED_LIBS_CREATE_TIME, offsetof(PlogLoadedLibs, create_time), NULL},
	[PLOG_LOADED_LIBS_TID] = {PLOG_PLACE_UINT32, PLOG_LOADED_LIBS_TID, offsetof(PlogLoadedLibs, tid), NULL},
	[PLOG_LOADED_LIBS_MODULES] = {PLOG_PLACE_MANY, PLOG_LOADED_LIBS_MODULES, offsetof(PlogLoadedLibs, modules), NULL}
};
static const PlogPlaces loaded_libs = {sizeof(loaded_libs_places) / sizeof(PlogPlace), loaded_libs_places};

static const PlogPlace module_places[] = {
	[PLOG_MODULE_NAME] = {PLOG_PLACE_BYTES, PLOG_MODULE_NAME, offsetof(PlogModule, name), NULL},
	[PLOG_MODULE_FILE] = {PLOG_PLACE_BYTES, PLOG_MODULE_FILE, offsetof(PlogModule, file), NULL},
	[PLOG_MODULE_BASE_ADDR] = {PLOG_PLACE_UINT64, PLOG_MODULE_BASE_ADDR, offsetof(PlogModule, base_addr), NULL},
	[PLOG_MODULE_SIZE] = {PLOG_PLACE_UINT64, PLOG_MODULE_SIZE, offsetof(PlogModule, size), NULL}
};
static const PlogPlaces module_table = {sizeof(module_places) / sizeof(PlogPlace), module_places};

static const PlogPlace proc_trace_places[] = {
	[PLOG_PROC_TRACE_PID] = {PLOG_PLACE_UINT32, PLOG_PROC_TRACE_PID, offsetof(PlogProcTrace, pid), NULL},
	[PLOG_PROC_TRACE_CREATE_TIME] = {PLOG_PLACE_UINT64, PLOG_PROC_TRACE_CREATE_TIME, offsetof(PlogProcTrace, create_time), NULL},
	[PLOG_PROC_TRACE_PPID] = {PLOG_PLACE_UINT32, PLOG_PROC_TRACE_PPID, offsetof(PlogProcTrace, ppid), NULL},
	[PLOG_PROC_TRACE_ASID] = {PLOG_PLACE_UINT64, PLOG_PROC_TRACE_ASID, offsetof(PlogProcTrace, asid), NULL},
	[PLOG_PROC_TRACE_NAME] = {PLOG_PLACE_BYTES, PLOG_PROC_TRACE_NAME, offsetof(PlogProcTrace, name), NULL},
	[PLOG_PROC_TRACE_TID] = {PLOG_PLACE_UINT32, PLOG_PROC_TRACE_TID, offsetof(PlogProcTrace, tid), NULL},
	[PLOG_PROC_TRACE_START_INSTR] = {PLOG_PLACE_UINT64, PLOG_PROC_TRACE_START_INSTR, offsetof(PlogProcTrace, start_instr), NULL}
};
static const PlogPlaces proc_trace = {sizeof(proc_trace_places) / sizeof(PlogPlace), proc_trace_places};

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
