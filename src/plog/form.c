/*-------------------------------------------------------------------------
 *
 * form.c
 *		Which of its earlier forms a message is written in.
 *
 *-------------------------------------------------------------------------
 */
#include "plog/form.h"

/*
 * What the wire type of a field shows, if it is bytes in the earlier form (the name
 * of AsidInfo, the modules of LoadedLibs) and a varint in today's.
 */
static PlogEvidence
bytes_are_earlier(PlogBytes message, uint32_t number)
{
	WireCursor	cursor = wire_cursor(message);
	WireField	field;
	WireResult	result;
	PlogEvidence evidence = PLOG_EVIDENCE_NONE;

	while ((result = wire_next(&cursor, &field)) == WIRE_FIELD)
	{
		if (field.number != number || evidence != PLOG_EVIDENCE_NONE)
			continue;
		if (field.type == WIRE_BYTES)
			evidence = PLOG_EVIDENCE_EARLIER;
		else if (field.type == WIRE_VARINT)
			evidence = PLOG_EVIDENCE_TODAY;
	}
	return result == WIRE_END ? evidence : PLOG_EVIDENCE_NONE;
}

PlogEvidence
plog_asid_info_evidence(PlogBytes message)
{
	return bytes_are_earlier(message, PLOG_ASID_INFO_2018_NAME);
}

PlogEvidence
plog_loaded_libs_evidence(PlogBytes message)
{
	return bytes_are_earlier(message, PLOG_LOADED_LIBS_2020_MODULES);
}

/*
 * Field 2 is a varint, ptr, in SyscallArg alone: in NamedData it is a string.
 */
bool
plog_argument_is_2020(PlogBytes argument)
{
	WireCursor	cursor = wire_cursor(argument);
	WireField	field;
	WireResult	result;
	bool		has_pointer = false;

	while ((result = wire_next(&cursor, &field)) == WIRE_FIELD)
		has_pointer |= field.number == PLOG_ARGUMENT_2020_POINTER && field.type == WIRE_VARINT;
	return result == WIRE_END && has_pointer;
}

/*
 * What the fields of a taint_flow show of its form.
 */
typedef struct FormSigns
{
	bool		has_flow_thread;	/* there is a thread in a FlowPoint of an end */
	bool		has_thread_number;	/* the first field of an end holds a number */
	bool		has_asid;		/* the first field of an end is a number itself */
	bool		has_end;		/* the field of an end holds bytes */
	bool		is_no_flow;		/* an end, or its point, is malformed */
	bool		has_bir_field;	/* there is a field that only Bir has */
} FormSigns;

/*
 * Look into the first field of a taint flow's end: it is a FlowPoint today, and
 * was a thread before.
 */
static void
look_at_flow_point(PlogBytes message, FormSigns *signs)
{
	WireCursor	cursor = wire_cursor(message);
	WireField	field;
	WireResult	result;

	while ((result = wire_next(&cursor, &field)) == WIRE_FIELD)
	{
		if (WIRE_KEY_OF(field) == WIRE_KEY(PLOG_FLOW_POINT_THREAD, WIRE_BYTES))
			signs->has_flow_thread = true;
		if (WIRE_KEY_OF(field) == WIRE_KEY(PLOG_FLOW_THREAD_PID, WIRE_VARINT))
			signs->has_thread_number = true;
	}
	signs->is_no_flow |= result == WIRE_MALFORMED;
}

/*
 * Look into an end of a taint flow.
 */
static void
look_at_flow_end(PlogBytes message, FormSigns *signs)
{
	WireCursor	cursor = wire_cursor(message);
	WireField	field;
	WireResult	result;

	signs->has_end = true;
	while ((result = wire_next(&cursor, &field)) == WIRE_FIELD)
	{
		if (WIRE_KEY_OF(field) == WIRE_KEY(PLOG_FLOW_END_POINT, WIRE_BYTES))
			look_at_flow_point(field.bytes, signs);
		if (WIRE_KEY_OF(field) == WIRE_KEY(PLOG_FLOW_END_POINT, WIRE_VARINT))
			signs->has_asid = true;
	}
	signs->is_no_flow |= result == WIRE_MALFORMED;
}

/*
 * Look at a payload that is a TaintFlow in some form, or a Bir.
 */
static void
look_at_taint_flow(PlogBytes message, FormSigns *signs)
{
	WireCursor	cursor = wire_cursor(message);
	WireField	field;

	while (wire_next(&cursor, &field) == WIRE_FIELD)
	{
		switch (WIRE_KEY_OF(field))
		{
			case WIRE_KEY(PLOG_FLOW_SOURCE, WIRE_BYTES):
			case WIRE_KEY(PLOG_FLOW_SINK, WIRE_BYTES):
				look_at_flow_end(field.bytes, signs);
				break;
			case WIRE_KEY(PLOG_BIR_LEN, WIRE_VARINT):
			case WIRE_KEY(PLOG_BIR_CACHED, WIRE_VARINT):
			case WIRE_KEY(PLOG_BIR_HIGHSCORE, WIRE_FIXED32):
			case WIRE_KEY(PLOG_BIR_FILENAME, WIRE_BYTES):
				signs->has_bir_field = true;
				break;
		}
	}
}

/*
 * The form of a taint_flow.  It counts as an earlier form, or as a Bir, only if
 * the names of its fields would be right.
 */
static PlogPayloadForm
form_of_taint_flow(const FormSigns *signs)
{
	if (signs->has_flow_thread)
		return PLOG_FORM_TAINT_FLOW;
	if (signs->has_end && signs->is_no_flow)
		return PLOG_FORM_FLOW_UNKNOWN;
	if (signs->has_thread_number)
		return PLOG_FORM_FLOW_AUGUST_2020;
	if (signs->has_asid)
		return PLOG_FORM_FLOW_OF_ASIDS;
	return signs->has_bir_field && !signs->has_end ? PLOG_FORM_BIR : PLOG_FORM_USUAL;
}

/*
 * Note whether an edge_coverage has a field that only AsidEdges has, and one that
 * only ThreadEdges has.
 */
static void
look_at_edges(PlogBytes message, bool *is_of_asid, bool *is_of_thread)
{
	WireCursor	cursor = wire_cursor(message);
	WireField	field;

	while (wire_next(&cursor, &field) == WIRE_FIELD)
	{
		switch (WIRE_KEY_OF(field))
		{
			case WIRE_KEY(PLOG_ASID_EDGES_EDGES, WIRE_BYTES):
				*is_of_asid = true;
				break;
			case WIRE_KEY(PLOG_THREAD_EDGES_TID, WIRE_VARINT):
			case WIRE_KEY(PLOG_THREAD_EDGES_CREATE_TIME, WIRE_VARINT):
			case WIRE_KEY(PLOG_THREAD_EDGES_EDGES, WIRE_BYTES):
				*is_of_thread = true;
				break;
		}
	}
}

PlogPayloadForm
plog_payload_form(PlogBytes entry, uint32_t number)
{
	WireCursor	cursor = wire_cursor(entry);
	FormSigns	signs = {0};
	bool		is_of_asid = false;
	bool		is_of_thread = false;
	WireField	field;

	while (wire_next(&cursor, &field) == WIRE_FIELD)
	{
		if (field.number != number || field.type != WIRE_BYTES)
			continue;
		if (number == PLOG_ENTRY_TAINT_FLOW)
			look_at_taint_flow(field.bytes, &signs);
		if (number == PLOG_ENTRY_EDGE_COVERAGE)
			look_at_edges(field.bytes, &is_of_asid, &is_of_thread);
	}
	if (number == PLOG_ENTRY_TAINT_FLOW)
		return form_of_taint_flow(&signs);
	return is_of_thread && !is_of_asid ? PLOG_FORM_THREAD_EDGES : PLOG_FORM_USUAL;
}
