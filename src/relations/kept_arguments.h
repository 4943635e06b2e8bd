/*-------------------------------------------------------------------------
 *
 * kept_arguments.h
 *		The arguments of system calls whose columns are kept.
 *
 * What many arguments of a chunk have in common, their names, and values that are
 * strings, is made into text once.
 *
 *-------------------------------------------------------------------------
 */
#ifndef PANDELEPHANT_KEPT_ARGUMENTS_H
#define PANDELEPHANT_KEPT_ARGUMENTS_H

#include "relations/kept_calls.h"

/*
 * What is wanted of arguments.  One that does not meet a condition may be given all the
 * same if its value is a number, or if it is a message that is malformed or has another
 * name.
 */
typedef struct KeptWish
{
	bool		decoded;		/* their names, kinds or values */
	bool		values;
	const Condition *name;		/* on the name; NULL: there is none */
	const Condition *value;		/* on the value, unless it is a number; likewise */
	bool		no_numbers;		/* no integer, pointer or bytes can meet the one on the value */
	bool		skips_calls;	/* calls without such arguments can be left out */
} KeptWish;

/* An argument, whose texts stay as long as the chunk. */
typedef struct KeptArgument
{
	int32		position;
	uint32		kind;			/* PLOG_ARGUMENT_… */
	bool		is_message;		/* if set: only the position, and … */
	PlogBytes	message;		/* … the whole argument */
	Datum		name;
	bool		has_text;		/* if set: the value is … */
	Datum		text;			/* … this text, else … */
	uint64		number;			/* … this number */
} KeptArgument;

/* What a parameter's strings are. */
typedef enum StringUse
{
	STRING_AS_TEXT,
	STRING_AS_BYTES,
	STRING_AS_MESSAGE,
	STRING_USES
} StringUse;

/* Of one who reads arguments of a scan's calls. */
typedef struct KeptArguments
{
	RelationScan *calls;
	RelationRow *row;			/* that is made next; reset for each message that is checked */
	KeptWish	wish;
	Datum	   *names;			/* by parameter: as text; 0 before it is made */
	bool	   *parameters_pass;	/* by parameter: may it meet the conditions? */
	uint8	   *strings_pass[STRING_USES];	/* by string: may it meet the one on values?
											 * NULL before that is asked */
	Datum	   *texts;			/* by string: as text of the guest; 0 before */
	Datum	   *digits;			/* by string: as bytea prints it; 0 before */

	/* the current call */
	const Parameter *parameter; /* of the next argument */
	uint64		number_in_form;
	int32		position;
	int32		count;
} KeptArguments;

/*
 * Prepare for a chunk.  False where its columns cannot be decoded.
 */
extern bool kept_arguments_prepare(KeptArguments *kept, RelationScan *calls, RelationRow *row,
								   const KeptWish *wish);

/* Go before the first argument of the current call. */
extern void kept_arguments_start(KeptArguments *kept);

/*
 * The next argument that may meet the conditions.  False at the end of the call.
 */
extern bool kept_arguments_next(KeptArguments *kept, KeptArgument *argument);

#endif							/* PANDELEPHANT_KEPT_ARGUMENTS_H */
