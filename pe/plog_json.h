/*-------------------------------------------------------------------------
 *
 * plog_json.h
 *		Entries as PANDA's own reader prints them.
 *
 *-------------------------------------------------------------------------
 */
#ifndef PLOG_JSON_H
#define PLOG_JSON_H

/*
 * Print an entry as a JSON object: pc, instr and asid in decimal, asid NULL if
 * it has none, and the message as the relation entries has it.
 */
extern void print_entry(const char *pc, const char *instr, const char *asid, const char *message);

#endif
