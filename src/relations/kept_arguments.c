/*-------------------------------------------------------------------------
 *
 * kept_arguments.c
 *		The arguments of system calls whose columns are kept.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "miscadmin.h"
#include "utils/builtins.h"

#include "compat/varlena.h"
#include "relations/kept_arguments.h"
#include "text/digits.h"
#include "text/guest_text.h"
#include "values/argument_text.h"
#include "values/scalar.h"

/*
 * Bytes as bytea prints them in hex, in the current memory context.
 */
static Datum
digits_of_bytes(PlogBytes bytes)
{
	text	   *digits = palloc(VARHDRSZ + 2 + 2 * bytes.length);

	SET_VARSIZE(digits, VARHDRSZ + 2 + 2 * bytes.length);
	memcpy(VARDATA(digits), "\\x", 2);
	print_hex(VARDATA(digits) + 2, bytes);
	return PointerGetDatum(digits);
}

static bool
meets(const Condition *condition, Datum value)
{
	const text *found = (const text *) DatumGetPointer(value);

	return condition_has_text(condition, VARDATA_ANY(found), VARSIZE_ANY_EXHDR(found));
}

/*
 * Memory for one element each, cleared, that stays as long as the chunk.
 */
static void *
chunk_array(const KeptArguments *kept, uint32 count, Size element_bytes)
{
	return MemoryContextAllocExtended(kept->calls->kept.context, Max(count, 1) * element_bytes,
									  MCXT_ALLOC_HUGE | MCXT_ALLOC_ZERO);
}

static Datum
name_of_parameter(KeptArguments *kept, const Parameter *parameter)
{
	const CallColumns *columns = kept->calls->kept.columns;
	Datum	   *name = &kept->names[parameter - columns->parameters];

	if (*name == (Datum) 0)
	{
		MemoryContext caller = MemoryContextSwitchTo(kept->calls->kept.context);

		*name = kept_text(parameter->name);
		MemoryContextSwitchTo(caller);
	}
	return *name;
}

/*
 * A string as text, or as the digits of its bytes.
 */
static Datum
text_of_string(KeptArguments *kept, uint64 string, bool as_digits)
{
	const CallColumns *columns = kept->calls->kept.columns;
	Datum	  **texts = as_digits ? &kept->digits : &kept->texts;
	MemoryContext caller;

	if (*texts == NULL)
		*texts = chunk_array(kept, columns->string_count, sizeof(Datum));
	if ((*texts)[string] == (Datum) 0)
	{
		caller = MemoryContextSwitchTo(kept->calls->kept.context);
		(*texts)[string] = as_digits ? digits_of_bytes(columns->strings[string]) :
			kept_text(columns->strings[string]);
		MemoryContextSwitchTo(caller);
	}
	return (*texts)[string];
}

/*
 * May arguments of a parameter meet the conditions?
 */
static bool
parameter_passes(KeptArguments *kept, const Parameter *parameter)
{
	const KeptWish *wish = &kept->wish;

	if (parameter->kind == PARAMETER_IS_MESSAGE)
		return true;
	if (wish->name != NULL && !meets(wish->name, name_of_parameter(kept, parameter)))
		return false;
	return !(wish->no_numbers &&
			 plog_is_kind_of(PLOG_INTEGER_KINDS | PLOG_KIND(BYTES), parameter->kind));
}

/*
 * Find out which parameters may meet the conditions, and which forms have one.
 */
static void
filter_parameters(KeptArguments *kept)
{
	KeptCalls  *calls = &kept->calls->kept;
	const CallColumns *columns = calls->columns;
	bool	   *forms_pass = chunk_array(kept, columns->form_count, sizeof(bool));

	kept->parameters_pass = chunk_array(kept, columns->parameter_count, sizeof(bool));
	for (uint32 i = 0; i < columns->form_count; i++)
	{
		const CallForm *form = &columns->forms[i];

		CHECK_FOR_INTERRUPTS();
		for (uint32 j = 0; j < form->parameter_count; j++)
		{
			uint32		number = form->first_parameter + j;

			kept->parameters_pass[number] = parameter_passes(kept, &columns->parameters[number]);
			forms_pass[i] |= kept->parameters_pass[number];
		}
	}
	if (!kept->wish.skips_calls)
		return;

	/* a call has to have rows of all who skip calls without any */
	for (uint32 i = 0; i < columns->form_count && calls->forms_pass != NULL; i++)
		forms_pass[i] &= calls->forms_pass[i];
	calls->forms_pass = forms_pass;
}

/*
 * Which blocks have the values that are needed?
 */
static ColumnBlocks
needed_blocks(const KeptArguments *kept)
{
	const CallColumns *columns = kept->calls->kept.columns;
	ColumnBlocks blocks = 0;

	if (!kept->wish.decoded)
		return 0;
	for (uint32 i = 0; i < columns->parameter_count; i++)
	{
		const Parameter *parameter = &columns->parameters[i];

		if (!kept->parameters_pass[i])
			continue;
		if (parameter->kind == PARAMETER_IS_MESSAGE)
			blocks |= COLUMNS_BIT(COLUMNS_STRINGS);
		else if (kept->wish.values || kept->wish.value != NULL)
			blocks |= COLUMNS_BIT(parameter_is_number(parameter) ? COLUMNS_NUMBERS : COLUMNS_STRINGS);
	}
	return blocks;
}

static inline StringUse
use_of_strings(const Parameter *parameter)
{
	return parameter->kind == PARAMETER_IS_MESSAGE ? STRING_AS_MESSAGE :
		parameter->kind == PLOG_ARGUMENT_STR ? STRING_AS_TEXT : STRING_AS_BYTES;
}

/*
 * May an argument whose value is the whole of it meet the condition on values?  One that
 * is malformed may: it is reported where its row is made.
 */
static bool
message_may_meet(const KeptArguments *kept, PlogBytes message)
{
	RelationRow *row = kept->row;
	MemoryContext caller;
	PlogArgument argument;
	bool		is_valid;

	if (!plog_decode_call_argument(message, false, &argument))
		return true;
	if (!argument_has_value(&argument))
		return false;
	row_reset(row);
	resetStringInfo(&row->converted);
	caller = MemoryContextSwitchTo(row->context);
	is_valid = append_argument_value(&row->converted, &argument);
	MemoryContextSwitchTo(caller);
	return !is_valid ||
		condition_has_text(kept->wish.value, row->converted.data, row->converted.len);
}

/*
 * May a value that is a string meet the condition on values?
 */
static bool
find_out_about_string(KeptArguments *kept, StringUse use, uint64 string)
{
	PlogBytes	bytes = kept->calls->kept.columns->strings[string];

	CHECK_FOR_INTERRUPTS();
	if (use == STRING_AS_MESSAGE)
		return message_may_meet(kept, bytes);
	if (use == STRING_AS_TEXT && guest_text_is_plain(bytes))
		return condition_has_text(kept->wish.value, (const char *) bytes.data, bytes.length);
	return meets(kept->wish.value, text_of_string(kept, string, use == STRING_AS_BYTES));
}

/*
 * Likewise; of each string that is found out once.
 */
static inline bool
string_may_meet(KeptArguments *kept, StringUse use, uint64 string)
{
	enum {UNKNOWN, MEETS, FAILS};
	uint8	  **pass = &kept->strings_pass[use];

	if (*pass == NULL)
		*pass = chunk_array(kept, kept->calls->kept.columns->string_count, sizeof(uint8));
	if ((*pass)[string] == UNKNOWN)
		(*pass)[string] = find_out_about_string(kept, use, string) ? MEETS : FAILS;
	return (*pass)[string] == MEETS;
}

/*
 * Find out which calls of a form have an argument that may meet the condition on values.
 * NULL if numbers may meet it, too, or messages: those of calls that the scan does not
 * come to are not looked at, as they may be malformed or long.
 */
static bool *
filter_form(KeptArguments *kept, const CallForm *form)
{
	const Parameter *parameters = kept->calls->kept.columns->parameters + form->first_parameter;
	const bool *parameters_pass = kept->parameters_pass + form->first_parameter;
	bool	   *calls_pass;

	for (uint32 i = 0; i < form->parameter_count; i++)
	{
		if (parameters_pass[i] && (parameter_is_number(&parameters[i]) ||
								   use_of_strings(&parameters[i]) == STRING_AS_MESSAGE))
			return NULL;
	}
	calls_pass = chunk_array(kept, form->calls, sizeof(bool));
	for (uint32 i = 0; i < form->parameter_count; i++)
	{
		StringUse	use = use_of_strings(&parameters[i]);

		CHECK_FOR_INTERRUPTS();
		for (uint32 j = 0; parameters_pass[i] && j < form->calls; j++)
			calls_pass[j] |= string_may_meet(kept, use, parameters[i].values[j]);
	}
	return calls_pass;
}

/*
 * Are calls left out because they have no value that is wanted, and does it pay to go
 * through all of the chunk for that?  Not if few of them come into question anyway.
 */
static bool
filters_calls(const KeptArguments *kept)
{
	const KeptCalls *calls = &kept->calls->kept;

	return kept->wish.value != NULL && kept->wish.skips_calls &&
		calls->kinds_pass == NULL && calls->threads_pass == NULL && calls->filter_count == 0 &&
		calls->end - calls->next > calls->columns->call_count / 4;
}

/*
 * Leave out the calls without an argument that may meet the condition on values.
 */
static void
filter_calls(KeptArguments *kept)
{
	KeptCalls  *calls = &kept->calls->kept;
	const CallColumns *columns = calls->columns;

	if (calls->calls_pass == NULL)
		calls->calls_pass = chunk_array(kept, columns->form_count, sizeof(bool *));
	for (uint32 i = 0; i < columns->form_count; i++)
	{
		const CallForm *form = &columns->forms[i];
		bool	  **pass = &calls->calls_pass[i];
		bool	   *own = calls->forms_pass[i] ? filter_form(kept, form) : NULL;

		CHECK_FOR_INTERRUPTS();
		if (*pass == NULL)
			*pass = own;
		for (uint32 j = 0; own != NULL && j < form->calls; j++)
			(*pass)[j] &= own[j];
	}
}

bool
kept_arguments_prepare(KeptArguments *kept, RelationScan *calls, RelationRow *row,
					   const KeptWish *wish)
{
	kept->calls = calls;
	kept->row = row;
	kept->wish = *wish;
	kept->count = kept->position = 0;
	kept->texts = kept->digits = NULL;
	memset(kept->strings_pass, 0, sizeof(kept->strings_pass));
	Assert(wish->value == NULL || wish->decoded);
	kept->names = chunk_array(kept, calls->kept.columns->parameter_count, sizeof(Datum));
	filter_parameters(kept);
	if (!kept_calls_decode(calls, needed_blocks(kept)))
		return false;
	if (filters_calls(kept))
		filter_calls(kept);
	return true;
}

void
kept_arguments_start(KeptArguments *kept)
{
	const KeptCalls *calls = &kept->calls->kept;
	const CallColumns *columns = calls->columns;
	const CallForm *form = &columns->forms[columns->form_of[calls->call]];

	kept->parameter = columns->parameters + form->first_parameter;
	kept->number_in_form = columns->number_in_form[calls->call];
	kept->position = 0;
	kept->count = (int32) form->parameter_count;
}

/*
 * May the value of a parameter of the current call meet the condition on values?
 */
static inline bool
value_may_meet(KeptArguments *kept, const Parameter *parameter)
{
	return kept->wish.value == NULL || parameter_is_number(parameter) ||
		string_may_meet(kept, use_of_strings(parameter), parameter->values[kept->number_in_form]);
}

/*
 * Take the value of a parameter of the current call.
 */
static inline void
take_value(KeptArguments *kept, const Parameter *parameter, KeptArgument *argument)
{
	uint64		value = parameter->values[kept->number_in_form];

	argument->has_text = !parameter_is_number(parameter);
	if (argument->has_text)
		argument->text = text_of_string(kept, value, parameter->kind == PLOG_ARGUMENT_BYTES);
	else
		argument->number = value;
}

bool
kept_arguments_next(KeptArguments *kept, KeptArgument *argument)
{
	const CallColumns *columns = kept->calls->kept.columns;

	while (kept->position < kept->count)
	{
		const Parameter *parameter = kept->parameter++;

		argument->position = kept->position++;
		if (!kept->parameters_pass[parameter - columns->parameters] ||
			!value_may_meet(kept, parameter))
			continue;
		argument->is_message = parameter->kind == PARAMETER_IS_MESSAGE;
		if (argument->is_message)
		{
			if (kept->wish.decoded)
				argument->message = columns->strings[parameter->values[kept->number_in_form]];
			return true;
		}
		argument->kind = parameter->kind;
		if (kept->wish.values)
			take_value(kept, parameter, argument);
		if (kept->wish.decoded)
			argument->name = name_of_parameter(kept, parameter);
		return true;
	}
	return false;
}
