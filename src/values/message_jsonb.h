/*-------------------------------------------------------------------------
 *
 * message_jsonb.h
 *		Any message of a log, as jsonb.
 *
 *-------------------------------------------------------------------------
 */
#ifndef PANDELEPHANT_MESSAGE_JSONB_H
#define PANDELEPHANT_MESSAGE_JSONB_H

#include "utils/jsonb.h"

#include "plog/schema.h"

/*
 * A LogEntry as jsonb, without pc, instr and asid.  NULL if a message in it is not
 * protobuf.  The current memory context is used for the result, and for what is
 * needed in between.
 */
extern Jsonb *entry_to_jsonb(const PlogSchema *schema, PlogBytes body);

#endif							/* PANDELEPHANT_MESSAGE_JSONB_H */
