/*-------------------------------------------------------------------------
 *
 * flow.h
 *		Taint flows, in the form of today.
 *
 *-------------------------------------------------------------------------
 */
#ifndef PLOG_FLOW_H
#define PLOG_FLOW_H

#include "plog/format.h"
#include "plog/wire.h"

/* The thread at an end of a taint flow. */
typedef struct PlogFlowThread
{
	uint32_t	present;		/* by PLOG_FLOW_THREAD_… */
	uint32_t	pid;
	uint32_t	ppid;
	uint32_t	tid;
	uint64_t	create_time;
} PlogFlowThread;

typedef struct PlogFlowPoint
{
	uint32_t	present;		/* by PLOG_FLOW_POINT_… */
	uint64_t	pc;
	PlogFlowThread thread;
} PlogFlowPoint;

/* An end of a taint flow: its TaintSource or TaintSink. */
typedef struct PlogFlowEnd
{
	uint32_t	present;		/* by PLOG_FLOW_END_… */
	uint32_t	size;
	uint32_t	label;			/* of a source */
	uint64_t	value;
	uint64_t	instr;
	bool		is_store;
	PlogFlowPoint point;
} PlogFlowEnd;

typedef struct PlogTaintFlow
{
	uint32_t	present;		/* by PLOG_FLOW_… */
	PlogFlowEnd source;
	PlogFlowEnd sink;
	bool		copy;
	uint32_t	offset;
	uint32_t	card;
	uint32_t	tcn;
	uint32_t	cb;
} PlogTaintFlow;

/*
 * Decode the taint flow of an entry, whose form must be PLOG_FORM_TAINT_FLOW.  If
 * the payload, or a message in it, is there more than once, the parts are merged.
 * False where one is malformed.
 */
extern bool plog_decode_taint_flow(PlogBytes entry, PlogTaintFlow *flow);

#endif							/* PLOG_FLOW_H */
