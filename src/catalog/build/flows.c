/*-------------------------------------------------------------------------
 *
 * flows.c
 *		What taint_flow entries add to a catalog: threads.
 *
 * Their code points are found in a second pass, see code_points.c.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "catalog/build/messages.h"

/*
 * Mention the thread at an end of a flow, if it has one, at the end's own time.
 */
static void
mention_flow_thread(Builder *builder, const PlogFlowEnd *end, bool is_sink)
{
	const PlogFlowThread *said = &end->point.thread;
	CatalogThreadKey key;
	uint32		thread;

	if (!PLOG_HAS(said, PLOG_FLOW_THREAD_PID))
		return;
	key = catalog_key_of_flow_thread(said);
	thread = mention_thread_in(builder, &key, CATALOG_TAINT_FLOW, is_sink, true, said->pid,
							   PLOG_HAS(said, PLOG_FLOW_THREAD_PPID), said->ppid);
	extend_span(&builder->catalog->threads[thread].span,
				PLOG_HAS(end, PLOG_FLOW_END_INSTR), end->instr);
}

/*
 * The field of taint flows had another use before, and then adds nothing.
 */
void
build_from_taint_flow(Builder *builder)
{
	PlogBytes	entry = builder->at.entry->body;
	PlogTaintFlow flow;

	if (plog_payload_form(entry, PLOG_ENTRY_TAINT_FLOW) != PLOG_FORM_TAINT_FLOW)
		return;
	if (!plog_decode_taint_flow(entry, &flow))
	{
		report_malformed(builder);
		return;
	}
	builder->at.chunk->messages[CATALOG_TAINT_FLOW]++;
	extend_span(&builder->catalog->summary.flow_entries, true, builder->at.entry_id);
	mention_flow_thread(builder, &flow.source, false);
	mention_flow_thread(builder, &flow.sink, true);
}
