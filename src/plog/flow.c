/*-------------------------------------------------------------------------
 *
 * flow.c
 *		Taint flows, in the form of today.
 *
 *-------------------------------------------------------------------------
 */
#include "plog/fields.h"
#include "plog/flow.h"

static const PlogPlace flow_thread_places[] = {
	[PLOG_FLOW_THREAD_PID] = {PLOG_PLACE_UINT32, PLOG_FLOW_THREAD_PID, offsetof(PlogFlowThread, pid), NULL},
	[PLOG_FLOW_THREAD_PPID] = {PLOG_PLACE_UINT32, PLOG_FLOW_THREAD_PPID, offsetof(PlogFlowThread, ppid), NULL},
	[PLOG_FLOW_THREAD_TID] = {PLOG_PLACE_UINT32, PLOG_FLOW_THREAD_TID, offsetof(PlogFlowThread, tid), NULL},
	[PLOG_FLOW_THREAD_CREATE_TIME] = {PLOG_PLACE_UINT64, PLOG_FLOW_THREAD_CREATE_TIME, offsetof(PlogFlowThread, create_time), NULL}
};
static const PlogPlaces flow_thread = {sizeof(flow_thread_places) / sizeof(PlogPlace), flow_thread_places};

static const PlogPlace flow_point_places[] = {
	[PLOG_FLOW_POINT_THREAD] = {PLOG_PLACE_MESSAGE, PLOG_FLOW_POINT_THREAD, offsetof(PlogFlowPoint, thread), &flow_thread},
	[PLOG_FLOW_POINT_PC] = {PLOG_PLACE_UINT64, PLOG_FLOW_POINT_PC, offsetof(PlogFlowPoint, pc), NULL}
};
static const PlogPlaces flow_point = {sizeof(flow_point_places) / sizeof(PlogPlace), flow_point_places};

static const PlogPlace flow_end_places[] = {
	[PLOG_FLOW_END_POINT] = {PLOG_PLACE_MESSAGE, PLOG_FLOW_END_POINT, offsetof(PlogFlowEnd, point), &flow_point},
	[PLOG_FLOW_END_SIZE] = {PLOG_PLACE_UINT32, PLOG_FLOW_END_SIZE, offsetof(PlogFlowEnd, size), NULL},
	[PLOG_FLOW_END_VALUE] = {PLOG_PLACE_UINT64, PLOG_FLOW_END_VALUE, offsetof(PlogFlowEnd, value), NULL},
	[PLOG_FLOW_END_INSTR] = {PLOG_PLACE_UINT64, PLOG_FLOW_END_INSTR, offsetof(PlogFlowEnd, instr), NULL},
	[PLOG_FLOW_END_IS_STORE] = {PLOG_PLACE_BOOL, PLOG_FLOW_END_IS_STORE, offsetof(PlogFlowEnd, is_store), NULL},
	[PLOG_FLOW_END_LABEL] = {PLOG_PLACE_UINT32, PLOG_FLOW_END_LABEL, offsetof(PlogFlowEnd, label), NULL}
};
static const PlogPlaces flow_end = {sizeof(flow_end_places) / sizeof(PlogPlace), flow_end_places};

static const PlogPlace taint_flow_places[] = {
	[PLOG_FLOW_SOURCE] = {PLOG_PLACE_MESSAGE, PLOG_FLOW_SOURCE, offsetof(PlogTaintFlow, source), &flow_end},
	[PLOG_FLOW_SINK] = {PLOG_PLACE_MESSAGE, PLOG_FLOW_SINK, offsetof(PlogTaintFlow, sink), &flow_end},
	[PLOG_FLOW_COPY] = {PLOG_PLACE_BOOL, PLOG_FLOW_COPY, offsetof(PlogTaintFlow, copy), NULL},
	[PLOG_FLOW_OFFSET] = {PLOG_PLACE_UINT32, PLOG_FLOW_OFFSET, offsetof(PlogTaintFlow, offset), NULL},
	[PLOG_FLOW_CARD] = {PLOG_PLACE_UINT32, PLOG_FLOW_CARD, offsetof(PlogTaintFlow, card), NULL},
	[PLOG_FLOW_TCN] = {PLOG_PLACE_UINT32, PLOG_FLOW_TCN, offsetof(PlogTaintFlow, tcn), NULL},
	[PLOG_FLOW_CB] = {PLOG_PLACE_UINT32, PLOG_FLOW_CB, offsetof(PlogTaintFlow, cb), NULL}
};
static const PlogPlaces taint_flow = {sizeof(taint_flow_places) / sizeof(PlogPlace), taint_flow_places};

bool
plog_decode_taint_flow(PlogBytes entry, PlogTaintFlow *flow)
{
	WireCursor	cursor = wire_cursor(entry);
	WireField	field;

	memset(flow, 0, sizeof(*flow));
	while (wire_next(&cursor, &field) == WIRE_FIELD)
	{
		if (field.number == PLOG_ENTRY_TAINT_FLOW && field.type == WIRE_BYTES &&
			!plog_decode_fields(field.bytes, &taint_flow, flow))
			return false;
	}
	return true;
}
