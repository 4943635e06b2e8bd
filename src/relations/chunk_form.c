/*-------------------------------------------------------------------------
 *
 * chunk_form.c
 *		The form of a log, as far as one chunk shows it.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "miscadmin.h"

#include "log/chunk.h"
#include "relations/chunk_form.h"

/*
 * Note what a message shows, unless an earlier one has shown something.
 */
static void
note_first(PlogEvidence *evidence, PlogEvidence shown)
{
	if (*evidence == PLOG_EVIDENCE_NONE)
		*evidence = shown;
}

static void
note_call(ShownForms *shown, PlogBytes message)
{
	PlogSyscall syscall;
	PlogEvidence evidence;

	if (shown->arguments == PLOG_EVIDENCE_EARLIER || !plog_decode_syscall(message, &syscall))
		return;
	evidence = plog_arguments_evidence(&syscall);
	if (evidence == PLOG_EVIDENCE_EARLIER)
		shown->arguments = evidence;
	else
		note_first(&shown->arguments, evidence);
}

/*
 * Note what an entry shows.  A malformed message shows nothing.
 */
static void
note_entry(const RelationScan *scan, ShownForms *shown, const PlogEntry *entry, PlogBuffer *merged)
{
	PlogBytes	message;
	PlogAsidInfo info;
	PlogLoadedLibs libs;

	if ((message = entry_payload(entry, PLOG_ENTRY_SYSCALL, merged)).data != NULL)
		note_call(shown, message);
	if (scan->walk.chunk != 0)
		return;
	if ((message = entry_payload(entry, PLOG_ENTRY_ASID_INFO, merged)).data != NULL)
	{
		PlogEvidence evidence = plog_asid_info_evidence(message);

		if (plog_decode_asid_info(message, evidence == PLOG_EVIDENCE_EARLIER, &info))
			note_first(&shown->asid_info, evidence);
	}
	if ((message = entry_payload(entry, PLOG_ENTRY_ASID_LIBRARIES, merged)).data != NULL &&
		plog_decode_loaded_libs(message, &libs))
		note_first(&shown->loaded_libs, plog_loaded_libs_evidence(message));
}

ShownForms
relation_shown_forms(const RelationScan *scan)
{
	ShownForms	shown = {PLOG_EVIDENCE_NONE, PLOG_EVIDENCE_NONE, PLOG_EVIDENCE_NONE};
	PlogBytes	bytes = {scan->walk.chunk_start, (size_t) (scan->walk.entries.end - scan->walk.chunk_start)};
	WireCursor	entries = wire_cursor(bytes);
	PlogBuffer *merged = plog_buffer_create();
	PlogBytes	body;
	PlogEntry	entry;

	while (plog_next_body(&entries, &body))
	{
		CHECK_FOR_INTERRUPTS();
		if (plog_decode_entry(body, &entry))
			note_entry(scan, &shown, &entry, merged);
	}
	return shown;
}
