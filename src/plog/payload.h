/*-------------------------------------------------------------------------
 *
 * payload.h
 *		The payloads of an entry: mostly one, but there may be any number.
 *
 *-------------------------------------------------------------------------
 */
#ifndef PLOG_PAYLOAD_H
#define PLOG_PAYLOAD_H

#include "plog/buffer.h"
#include "plog/call.h"

/*
 * An entry's payload of a kind; data is NULL where there is none that is a message.
 * If it is there several times, the parts are merged in the caller's buffer, and are
 * valid until that is used again.  False where there is no memory for that.
 */
extern bool plog_find_payload(const PlogEntry *entry, uint32_t kind, PlogBuffer *merged,
							  PlogBytes *payload);

static inline bool
plog_payload(const PlogEntry *entry, uint32_t kind, PlogBuffer *merged, PlogBytes *payload)
{
	const PlogBytes absent = {NULL, 0};

	if (entry->has_more_payloads)
		return plog_find_payload(entry, kind, merged, payload);
	*payload = entry->kind == kind ? entry->payload : absent;
	return true;
}

/*
 * The same for any message that should be there once in another.
 */
extern bool plog_merge_field(PlogBytes message, uint32_t number, PlogBuffer *merged,
							 PlogBytes *field);

/* Has an entry a payload of a kind that is a message, once or several times? */
extern bool plog_find_any_payload(const PlogEntry *entry, uint32_t kind);

static inline bool
plog_has_payload(const PlogEntry *entry, uint32_t kind)
{
	if (entry->has_more_payloads)
		return plog_find_any_payload(entry, kind);
	return entry->kind == kind && entry->payload.data != NULL;
}

/*
 * Does the name of an entry's kind depend on the log's form?  The form of 2016 had
 * other fields under the numbers of these messages.
 */
static inline bool
plog_kind_depends_on_form(const PlogEntry *entry)
{
	switch (entry->kind)
	{
		case PLOG_ENTRY_2016_PROCESS_NAME:
		case PLOG_ENTRY_2016_DEAD_DATA:
			return true;
		case PLOG_ENTRY_2016_PROCESS_ID:
		case PLOG_ENTRY_2016_TOTAL_INSTR:
			return entry->payload.data == NULL;
	}
	return false;
}

#endif							/* PLOG_PAYLOAD_H */
