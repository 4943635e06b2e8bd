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
	PLOG_PLACE(PLOG_FLOW_THREAD_PID, UINT32, PlogFlowThread, pid),
	PLOG_PLACE(PLOG_FLOW_THREAD_PPID, UINT32, PlogFlowThread, ppid),
	PLOG_PLACE(PLOG_FLOW_THREAD_TID, UINT32, PlogFlowThread, tid),
	PLOG_PLACE(PLOG_FLOW_THREAD_CREATE_TIME, UINT64, PlogFlowThread, create_time)
};
static const PlogPlaces flow_thread = PLOG_PLACES(flow_thread_places);

static const PlogPlace flow_point_places[] = {
	PLOG_PLACE_OF(PLOG_FLOW_POINT_THREAD, flow_thread, PlogFlowPoint, thread),
	PLOG_PLACE(PLOG_FLOW_POINT_PC, UINT64, PlogFlowPoint, pc)
};
static const PlogPlaces flow_point = PLOG_PLACES(flow_point_places);

static const PlogPlace flow_end_places[] = {
	PLOG_PLACE_OF(PLOG_FLOW_END_POINT, flow_point, PlogFlowEnd, point),
	PLOG_PLACE(PLOG_FLOW_END_SIZE, UINT32, PlogFlowEnd, size),
	PLOG_PLACE(PLOG_FLOW_END_VALUE, UINT64, PlogFlowEnd, value),
	PLOG_PLACE(PLOG_FLOW_END_INSTR, UINT64, PlogFlowEnd, instr),
	PLOG_PLACE(PLOG_FLOW_END_IS_STORE, BOOL, PlogFlowEnd, is_store),
	PLOG_PLACE(PLOG_FLOW_END_LABEL, UINT32, PlogFlowEnd, label)
};
static const PlogPlaces flow_end = PLOG_PLACES(flow_end_places);

static const PlogPlace taint_flow_places[] = {
	PLOG_PLACE_OF(PLOG_FLOW_SOURCE, flow_end, PlogTaintFlow, source),
	PLOG_PLACE_OF(PLOG_FLOW_SINK, flow_end, PlogTaintFlow, sink),
	PLOG_PLACE(PLOG_FLOW_COPY, BOOL, PlogTaintFlow, copy),
	PLOG_PLACE(PLOG_FLOW_OFFSET, UINT32, PlogTaintFlow, offset),
	PLOG_PLACE(PLOG_FLOW_CARD, UINT32, PlogTaintFlow, card),
	PLOG_PLACE(PLOG_FLOW_TCN, UINT32, PlogTaintFlow, tcn),
	PLOG_PLACE(PLOG_FLOW_CB, UINT32, PlogTaintFlow, cb)
};
static const PlogPlaces taint_flow = PLOG_PLACES(taint_flow_places);

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
