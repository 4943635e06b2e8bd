/*-------------------------------------------------------------------------
 *
 * form.h
 *		Which of its earlier forms a message is written in.
 *
 * PANDA's messages have changed, some of them under the same field numbers.  Only
 * the wire types of a message's own fields tell which form it has, and not every
 * message has a field that tells.
 *
 *-------------------------------------------------------------------------
 */
#ifndef PLOG_FORM_H
#define PLOG_FORM_H

#include "plog/format.h"
#include "plog/wire.h"

/*
 * The forms that differ from today's.  A log has one form throughout; the catalog
 * finds out which.
 */
typedef struct PlogForm
{
	bool		asid_info_2018; /* AsidInfo before September 2020 */
	bool		arguments_2020; /* SyscallArg instead of NamedData */
	bool		loaded_libs_2020;	/* LoadedLibs without its process */
	bool		entries_2016;	/* LogEntry with a process's name and id in it */
} PlogForm;

/*
 * What a message shows of its form: EARLIER or TODAY if it can only be that one.
 * A malformed message shows nothing.
 */
typedef enum PlogEvidence
{
	PLOG_EVIDENCE_NONE,
	PLOG_EVIDENCE_EARLIER,
	PLOG_EVIDENCE_TODAY
} PlogEvidence;

extern PlogEvidence plog_asid_info_evidence(PlogBytes message);
extern PlogEvidence plog_loaded_libs_evidence(PlogBytes message);

/* Is an argument well-formed, and can it only be a SyscallArg? */
extern bool plog_argument_is_2020(PlogBytes argument);

/*
 * Some fields of LogEntry have been messages of several types.  Which of them a
 * payload is, is told by its own fields only.
 */
typedef enum PlogPayloadForm
{
	PLOG_FORM_USUAL,			/* the message that LogEntry names, as far as can be seen */
	PLOG_FORM_TAINT_FLOW,		/* certainly today's TaintFlow */
	PLOG_FORM_FLOW_AUGUST_2020, /* taint_flow: TaintFlowAugust2020 */
	PLOG_FORM_FLOW_OF_ASIDS,	/* likewise: TaintFlowOfAsids */
	PLOG_FORM_FLOW_UNKNOWN,		/* likewise: one whose fields have no names */
	PLOG_FORM_BIR,				/* not taint_flow: Bir */
	PLOG_FORM_THREAD_EDGES,		/* edge_coverage: ThreadEdges */
	PLOG_PAYLOAD_FORMS
} PlogPayloadForm;

/* Has the field of LogEntry of that number several meanings? */
static inline bool
plog_payload_has_forms(uint32_t number)
{
	return number == PLOG_ENTRY_TAINT_FLOW || number == PLOG_ENTRY_EDGE_COVERAGE;
}

/*
 * The form of an entry's payload of that number.  The payload need not be there
 * or be well-formed.
 */
extern PlogPayloadForm plog_payload_form(PlogBytes entry, uint32_t number);

#endif							/* PLOG_FORM_H */
