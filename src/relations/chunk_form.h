/*-------------------------------------------------------------------------
 *
 * chunk_form.h
 *		The form of a log, as far as one chunk shows it.
 *
 * A log has one form throughout, and the catalog finds it out by going through
 * all of the log.  That would be too much for a query that wants a row or two.
 * So if no catalog is at hand, such a query goes by what the first chunk that it
 * reads shows for certain.  The catalog is built only when that is not enough to
 * make a row, or when another chunk is needed.
 *
 * A chunk shows for certain:
 *
 * - the forms of AsidInfo and LoadedLibs, if it is the log's first chunk: the
 *   first message that shows one decides;
 * - the earlier form of arguments: any call that shows it decides;
 * - today's form of arguments, if one has a name and a value.  The earlier form
 *   has no such arguments, and PANDA never mixed the two.
 *
 *-------------------------------------------------------------------------
 */
#ifndef PANDELEPHANT_CHUNK_FORM_H
#define PANDELEPHANT_CHUNK_FORM_H

#include "relations/relation_scan.h"

typedef struct ShownForms
{
	PlogEvidence asid_info;
	PlogEvidence arguments;
	PlogEvidence loaded_libs;
} ShownForms;

/* What the current chunk shows. */
extern ShownForms relation_shown_forms(const RelationScan *scan);

#endif							/* PANDELEPHANT_CHUNK_FORM_H */
