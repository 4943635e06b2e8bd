/*-------------------------------------------------------------------------
 *
 * trust.h
 *		Whose tables pe_materialize() and pe_drop_execution() work on.
 *
 *-------------------------------------------------------------------------
 */
#ifndef PANDELEPHANT_TRUST_H
#define PANDELEPHANT_TRUST_H

/*
 * Report a schema, a table or view, or a type whose owner the current user cannot
 * trust.
 */
extern void check_schema_owner(Oid schema);
extern void check_table_owner(Oid table);
extern void check_type_owner(Oid type);

extern Oid	table_owner(Oid table);

#endif							/* PANDELEPHANT_TRUST_H */
