/*-------------------------------------------------------------------------
 *
 * function.c
 *		pe_strace(): a call of the native tables as strace prints it.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "catalog/pg_type.h"
#include "fmgr.h"
#include "utils/array.h"
#include "utils/builtins.h"

#include "relations/argument.h"
#include "strace/strace.h"

PG_FUNCTION_INFO_V1(pe_strace);

enum
{
	NAME,
	RETVAL,
	PC,
	ARGUMENT_NAMES,
	ARGUMENT_TYPES,
	ARGUMENT_VALUES
};

/* The elements of an array of texts. */
typedef struct Texts
{
	Datum	   *values;
	bool	   *nulls;
	int			count;
} Texts;

static Texts
get_texts(FunctionCallInfo fcinfo, int argument)
{
	Texts		texts = {NULL, NULL, 0};

	if (!PG_ARGISNULL(argument))
		deconstruct_array(PG_GETARG_ARRAYTYPE_P(argument), TEXTOID, -1, false, TYPALIGN_INT,
						  &texts.values, &texts.nulls, &texts.count);
	return texts;
}

static PlogBytes
bytes_of_text(const text *value)
{
	PlogBytes	bytes = {(const uint8_t *) VARDATA_ANY(value), VARSIZE_ANY_EXHDR(value)};

	return bytes;
}

/*
 * An element of an array; data is NULL where it is NULL.
 */
static PlogBytes
get_text(const Texts *texts, int index)
{
	PlogBytes	absent = {NULL, 0};

	if (texts->nulls[index])
		return absent;
	return bytes_of_text((const text *) DatumGetPointer(texts->values[index]));
}

/*
 * The kind of argument that an argument_type names; 0 for NULL.
 */
static uint32
kind_of_type(PlogBytes type)
{
	if (type.data == NULL)
		return 0;
	for (uint32 kind = PLOG_ARGUMENT_STR; kind <= PLOG_ARGUMENT_STRUCT_TYPE; kind++)
	{
		if (bytes_equal(type, argument_type_name(kind)))
			return kind;
	}
	ereport(ERROR,
			(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
			 errmsg("unrecognized argument type \"%s\"",
					pnstrdup((const char *) type.data, type.length))));
}

/*
 * The call's arguments from its arrays, which are in the order of position.
 */
static StraceArgument *
get_arguments(FunctionCallInfo fcinfo, int *count)
{
	Texts		names = get_texts(fcinfo, ARGUMENT_NAMES);
	Texts		types = get_texts(fcinfo, ARGUMENT_TYPES);
	Texts		values = get_texts(fcinfo, ARGUMENT_VALUES);
	StraceArgument *arguments;

	if (names.count != types.count || names.count != values.count)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("the arrays of a system call's arguments must be of the same length"),
				 errdetail("There are %d names, %d types and %d values.",
						   names.count, types.count, values.count)));
	arguments = palloc_extended(sizeof(StraceArgument) * ((Size) names.count + 1), MCXT_ALLOC_HUGE);
	for (int i = 0; i < names.count; i++)
	{
		arguments[i].kind = kind_of_type(get_text(&types, i));
		arguments[i].name = get_text(&names, i);
		arguments[i].value = get_text(&values, i);
	}
	*count = names.count;
	return arguments;
}

/*
 * pe_strace(name text, retval bigint, pc bigint, argument_names text[],
 * argument_types text[], argument_values text[]) returns text
 */
Datum
pe_strace(PG_FUNCTION_ARGS)
{
	StraceCall	call = {0};
	StringInfoData printed;

	if (!PG_ARGISNULL(NAME))
		call.name = bytes_of_text(PG_GETARG_TEXT_PP(NAME));
	call.has_retval = !PG_ARGISNULL(RETVAL);
	if (call.has_retval)
		call.retval = PG_GETARG_INT64(RETVAL);
	call.has_user_pc = !PG_ARGISNULL(PC) && PG_GETARG_INT64(PC) >= 0;
	call.arguments = get_arguments(fcinfo, &call.argument_count);
	initStringInfo(&printed);
	append_strace(&printed, &call);
	PG_RETURN_TEXT_P(cstring_to_text_with_len(printed.data, printed.len));
}
