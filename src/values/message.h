/*-------------------------------------------------------------------------
 *
 * message.h
 *		Any message of a log, as jsonb.
 *
 *-------------------------------------------------------------------------
 */
#ifndef PANDELEPHANT_MESSAGE_H
#define PANDELEPHANT_MESSAGE_H

#include "utils/jsonb.h"

#include "plog/schema.h"

/*
 * A LogEntry as jsonb, without pc, instr and asid.  NULL where a message in it
 * is not protobuf.  What is needed on the way is allocated in the current
 * memory context, too, and points into body.
 */
extern Jsonb *entry_to_jsonb(const PlogSchema *schema, PlogBytes body);

#endif							/* PANDELEPHANT_MESSAGE_H */
