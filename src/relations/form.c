/*-------------------------------------------------------------------------
 *
 * form.c
 *		The form of a log, as far as one chunk shows it.
 *
 * A log has one form throughout, which the catalog finds out from all of it.  To
 * build that for a query that wants a row or two would read the whole log.  So
 * where no catalog is at hand, such a query takes from the first chunk that it
 * reads what this shows for certain; where that is not enough to make a row, or
 * when another chunk is needed, the catalog is built.
 *
 * For certain is: the form of AsidInfo and that of LoadedLibs, if the chunk is the
 * log's first, as the first message that shows one decides; the earlier form of
 * arguments, as any that shows it decides; and today's form of arguments where one
 * has a name and a value.  An earlier log has no such arguments, and PANDA never
 * mixed the two.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "miscadmin.h"

#include "relations/relation.h"

/*
 * Let an evidence be what a message shows, if nothing was shown before.
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
 * Take what an entry shows.  What is malformed shows nothing.
 */
static void
note_entry(const RelationScan *scan, ShownForms *shown, const PlogEntry *entry, PlogBuffer *merged)
{
	PlogBytes	message;
	PlogAsidInfo info;
	PlogLoadedLibs libs;

	if ((message = entry_payload(entry, PLOG_ENTRY_SYSCALL, merged)).data != NULL)
		note_call(shown, message);
	if (scan->chunk != 0)
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
	PlogBytes	bytes = {scan->chunk_start, (size_t) (scan->entries.end - scan->chunk_start)};
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
