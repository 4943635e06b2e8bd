/*-------------------------------------------------------------------------
 *
 * options.h
 *		What pe was asked for.
 *
 *-------------------------------------------------------------------------
 */
#ifndef OPTIONS_H
#define OPTIONS_H

#include "pe.h"

/* Commands, as a set. */
typedef enum CommandSet
{
	SHELL = 1,
	QUERY = 2,
	INFO = 4,
	INGEST = 8,
	EXPORT = 16,
	SERVE = 32,
	REPORT = 64,
	TRACE = 128,
	TREE = 256,
	STRACE = 512,
	FOLLOW = 1024,
	FLAME = 2048,
	COVERAGE = 4096,
	ALL = 8191
} CommandSet;

typedef enum Option
{
	OPTION_RECOVER,
	OPTION_NAME,
	OPTION_DESCRIPTION,
	OPTION_DESCRIPTOR,
	OPTION_RECORDING,
	OPTION_QCOW,
	OPTION_GUEST,
	OPTION_FILE,
	OPTION_OUTPUT,
	OPTION_CSV,
	OPTION_JSON,
	OPTION_JSONL,
	OPTION_MARKDOWN,
	OPTION_TUPLES_ONLY,
	OPTION_NUMBERS_AS_STRINGS,
	OPTION_REPLACE,
	OPTION_SKIP,
	OPTION_RELATIONS,
	OPTION_SCHEMA,
	OPTION_ORM,
	OPTION_VIEWS,
	OPTION_PLAIN,
	OPTION_KEEP,
	OPTION_LOG,
	OPTION_URL,
	OPTION_TIME,
	OPTION_FORCE,
	OPTION_TABLES,
	OPTION_ASCII,
	OPTION_DOT,
	OPTION_PID,
	OPTION_FOLLOW,
	OPTION_CALLS,
	OPTION_CLASS,
	OPTION_EXPRESSION,
	OPTION_TID,
	OPTION_TEXT,
	OPTION_COUNT
} Option;

typedef struct Command
{
	const char *name;
	CommandSet	bit;
	void		(*run) (void);
	const char *usage;
} Command;

extern const Command commands[];
extern const Command *command;

/* An option's value, "" for one without, or NULL if it was not given. */
extern const char *option(Option which);
extern bool has(Option which);

/* What is no option. */
extern const char **operands;
extern int	operand_count;

/* Read the arguments of a command. */
extern void parse_arguments(int count, char **arguments);
/* The next operand, which must be there, by its name in the usage. */
extern const char *take_operand(const char *name);
/* The last one. */
extern const char *take_last_operand(const char *name);
/* There must be no more. */
extern void no_more_operands(void);
extern void misused(const char *format, ...) PRINTF(1, 2) NORETURN;
/* At most one of some options, ended by OPTION_COUNT, may be given. */
extern void only_one_of(const Option *which);

/* Print what a command, or pe, is for, and the options of the log. */
extern void print_usage(const Command *of);

extern void run_shell(void);
extern void run_query(void);
extern void run_info(void);
extern void run_ingest(void);
extern void run_export(void);
extern void run_serve(void);
extern void run_report(void);
extern void run_trace(void);
extern void run_tree(void);
extern void run_strace(void);
extern void run_follow(void);
extern void run_flame(void);
extern void run_coverage(void);

#endif
