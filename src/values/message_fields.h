/*-------------------------------------------------------------------------
 *
 * message_fields.h
 *		The fields of a message, collected and sorted for jsonb.
 *
 *-------------------------------------------------------------------------
 */
#ifndef PANDELEPHANT_MESSAGE_FIELDS_H
#define PANDELEPHANT_MESSAGE_FIELDS_H

#include "plog/schema.h"

/* A message's field, as it was found. */
typedef struct CollectedField
{
	const PlogSchemaField *known;	/* NULL: unknown */
	uint32		message;		/* of a known field: the message that it is, if any */
	WireField	wire;
	int			order;			/* in the message */
} CollectedField;

typedef struct FieldList
{
	CollectedField *fields;
	int			count;
	int			capacity;
} FieldList;

/* The form of all of an entry's payloads of one number. */
typedef struct KnownForm
{
	bool		is_known;
	PlogPayloadForm form;
} KnownForm;

/* What collects the fields of the messages of one entry. */
typedef struct FieldCollector
{
	const PlogSchema *schema;
	PlogBytes	entry;
	KnownForm	taint_flow;
	KnownForm	edge_coverage;
	int			capacity;		/* of all lists that are in use, in fields */
} FieldCollector;

/* Make an empty list, in the current memory context. */
extern void start_fields(FieldCollector *collector, FieldList *list);

/*
 * Append the fields of a message to a list: of the entry, without those that are
 * columns, or of the schema's message of that number.  Of PLOG_SCHEMA_NONE all
 * fields are unknown.  False if the message is not protobuf.
 */
extern bool collect_fields(FieldCollector *collector, uint32 message, bool is_entry,
						   PlogBytes body, FieldList *list);

/* Sort fields by name, in the order of jsonb's keys, and then as they stand. */
extern void sort_fields(FieldList *list);

/* How many fields of a sorted list, from one on, have the same name as this one. */
extern int	count_same_name(const FieldList *list, int first);

extern void free_fields(FieldCollector *collector, FieldList *list);

#endif							/* PANDELEPHANT_MESSAGE_FIELDS_H */
