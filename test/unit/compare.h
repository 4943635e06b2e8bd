/*-------------------------------------------------------------------------
 *
 * compare.h
 *		Comparing what src/plog decodes with what protobuf-c does.
 *
 *-------------------------------------------------------------------------
 */
#ifndef COMPARE_H
#define COMPARE_H

#include <protobuf-c/protobuf-c.h>

#include "plog/flow.h"
#include "plog/message.h"

typedef struct Comparison
{
	/* of the log */
	const ProtobufCMessageDescriptor *log_entry;
	bool		has_odd_fields; /* for which protobuf-c refuses whole entries */
	PlogForm	form;

	/* what its messages have shown of their form */
	bool		shows_earlier_asid_info;
	bool		shows_earlier_loaded_libs;
	bool		shows_earlier_arguments;

	bool		shows_flow_thread;	/* the taint flow at hand */

	uint64_t	entries;		/* compared so far */
	uint64_t	fields;			/* likewise, those present */
} Comparison;

/*
 * Decode an entry either way and compare all that src/plog knows.  A
 * difference fails the test that runs.
 */
extern void compare_entry(Comparison *comparison, PlogBytes body);

#endif							/* COMPARE_H */
