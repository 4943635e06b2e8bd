/*-------------------------------------------------------------------------
 *
 * function.c
 *		pe_strace(): a call of the native tables as strace prints it.
 *		pe_error_name(): the name of an error.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "catalog/pg_type.h"
#include "fmgr.h"
#include "utils/array.h"
#include "utils/builtins.h"

#include "compat/varlena.h"
#include "strace/strace.h"
#include "values/bytea_text.h"
#include "values/scalar.h"

PG_FUNCTION_INFO_V1(pe_strace);
PG_FUNCTION_INFO_V1(pe_strace_of_guest);
PG_FUNCTION_INFO_V1(pe_error_name);

/*
 * The parameters of pe_strace().  Before 0.3.0 it had no guest, and a pc instead of
 * on_entry.
 */
enum
{
	NAME,
	RETVAL,
	PC,
	ON_ENTRY = PC,
	ARGUMENT_NAMES,
	ARGUMENT_TYPES,
	ARGUMENT_VALUES,
	GUEST
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

/*
 * An element of an array; data is NULL for NULL.
 */
static PlogBytes
get_text(const Texts *texts, int index)
{
	PlogBytes	absent = {NULL, 0};

	if (texts->nulls[index])
		return absent;
	return bytes_of_varlena(DatumGetPointer(texts->values[index]));
}

/*
 * The kind of an argument, by its argument_type; 0 for NULL.
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
 * The call's arguments, from the arrays, which are in the order of position.
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
 * The call, from the parameters that both functions have.
 */
static StraceCall
get_call(FunctionCallInfo fcinfo)
{
	StraceCall	call = {0};

	if (!PG_ARGISNULL(NAME))
		call.name = bytes_of_varlena(PG_GETARG_TEXT_PP(NAME));
	call.has_retval = !PG_ARGISNULL(RETVAL);
	if (call.has_retval)
		call.retval = PG_GETARG_INT64(RETVAL);
	call.arguments = get_arguments(fcinfo, &call.argument_count);
	return call;
}

static Datum
print_call(const StraceCall *call)
{
	StringInfoData printed;

	initStringInfo(&printed);
	append_strace(&printed, call);
	return PointerGetDatum(cstring_to_text_with_len(printed.data, printed.len));
}

/*
 * pe_strace(name text, retval bigint, pc bigint, argument_names text[],
 * argument_types text[], argument_values text[]) returns text
 *
 * For the views and tables of versions before 0.3.0, which have no on_entry and no
 * guest.  A call is taken for one that was logged when it was entered if its pc is
 * below 2^63, where the kernel of x86_64 is not.
 */
Datum
pe_strace(PG_FUNCTION_ARGS)
{
	StraceCall	call = get_call(fcinfo);

	if (call.has_retval && call.retval == 0 && !PG_ARGISNULL(PC) && PG_GETARG_INT64(PC) >= 0 &&
		call_is_logged_on_entry(call.name))
		call.has_retval = false;
	PG_RETURN_DATUM(print_call(&call));
}

/*
 * The guest of that name.  A table from before 0.3.0 has NULL there.
 */
static Guest
get_guest(FunctionCallInfo fcinfo, int argument)
{
	Guest		guest = GUEST_AUTO;
	char	   *name;

	if (PG_ARGISNULL(argument))
		return guest;
	name = text_to_cstring(PG_GETARG_TEXT_PP(argument));
	if (!find_guest(name, &guest))
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("unrecognized guest \"%s\"", name)));
	return guest;
}

/*
 * pe_strace(name text, retval bigint, on_entry boolean, argument_names text[],
 * argument_types text[], argument_values text[], guest text) returns text
 */
Datum
pe_strace_of_guest(PG_FUNCTION_ARGS)
{
	StraceCall	call = get_call(fcinfo);

	if (!PG_ARGISNULL(ON_ENTRY) && PG_GETARG_BOOL(ON_ENTRY))
		call.has_retval = false;
	call.guest = get_guest(fcinfo, GUEST);
	PG_RETURN_DATUM(print_call(&call));
}

/*
 * The name of an error of Linux, by its number or the negative of it.
 */
static const char *
name_of_errno(GuestErrors errors, int64 number)
{
	if (number < -STRACE_LAST_ERROR || number > STRACE_LAST_ERROR)
		return NULL;
	return linux_error_name(errors, (int) (number < 0 ? -number : number));
}

/*
 * The name of a status of Windows, whose sign may have been extended.
 */
static const char *
name_of_status(int64 number)
{
	if (number < PG_INT32_MIN || number > (int64) PG_UINT32_MAX)
		return NULL;
	return windows_error_name((uint32) number);
}

/*
 * pe_error_name(error bigint, guest text) returns text: the name of an error by
 * its number, or by the result of a call that failed with it: on Linux the
 * number's negative.  NULL where there is no such error, or no such guest.
 */
Datum
pe_error_name(PG_FUNCTION_ARGS)
{
	Guest		guest = GUEST_AUTO;
	const char *name;

	if (PG_ARGISNULL(0) ||
		(!PG_ARGISNULL(1) && !find_guest(text_to_cstring(PG_GETARG_TEXT_PP(1)), &guest)))
		PG_RETURN_NULL();
	if (guest == GUEST_WINDOWS_32 || guest == GUEST_WINDOWS_64)
		name = name_of_status(PG_GETARG_INT64(0));
	else
		name = name_of_errno(guest_properties[guest].errors, PG_GETARG_INT64(0));
	if (name == NULL)
		PG_RETURN_NULL();
	PG_RETURN_TEXT_P(cstring_to_text(name));
}
