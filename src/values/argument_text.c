/*-------------------------------------------------------------------------
 *
 * argument_text.c
 *		The value of a system call's argument as text; of a struct, as JSON.
 *
 * Members of a struct that have the same name are printed together, as an array.
 * So all of a struct's members are collected before the first one is printed, and
 * kept until the last one is.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include <ctype.h>

#include "miscadmin.h"

#include "text/guest_text.h"
#include "values/argument_text.h"
#include "values/nesting.h"
#include "values/scalar.h"

/*
 * The memory that the members of a struct and of those around it may take, in
 * bytes: enough for four to five million members.
 */
#define MAX_MEMBER_BYTES	((Size) 512 * 1024 * 1024)

/* The first size of a list, in members. */
#define FIRST_MEMBERS		8

/* Strings are escaped a block at a time. */
#define BLOCK_BYTES			1024
#define LONGEST_ESCAPE		6

typedef struct StructMember
{
	PlogArgument argument;
	int			name;			/* where its name starts in the list's names */
	int			next;			/* the next member of the same name, or -1 */
	bool		is_repeated;	/* an earlier member has the same name */
} StructMember;

typedef struct MemberList
{
	StructMember *members;
	int			count;
	int			capacity;
	StringInfoData names;		/* as text, with a NUL after each */
} MemberList;

typedef struct StructPrinter
{
	StringInfo	json;
	int			nesting;		/* how many structs the current one is in */
	Size		member_bytes;	/* memory of all lists that are in use */
} StructPrinter;

static bool append_value(StructPrinter *printer, const PlogArgument *argument);

/*
 * Count so many bytes as taken by a list.
 */
static void
take_bytes(StructPrinter *printer, Size bytes)
{
	if (bytes > MAX_MEMBER_BYTES - printer->member_bytes)
		ereport(ERROR,
				(errcode(ERRCODE_PROGRAM_LIMIT_EXCEEDED),
				 errmsg("a struct of a plog has too many members")));
	printer->member_bytes += bytes;
}

/*
 * Write a character as JSON escapes it.
 */
static char *
write_escape(char *to, uint8 character)
{
	static const char digits[] = "0123456789abcdef";
	static const char letters[] = "btn_fr"; /* for characters 8 to 13 */

	*to++ = '\\';
	if (character == '"' || character == '\\')
		*to++ = character;
	else if (character >= '\b' && character <= '\r' && character != '\v')
		*to++ = letters[character - '\b'];
	else
	{
		memcpy(to, "u00", 3);
		to += 3;
		*to++ = digits[character >> 4];
		*to++ = digits[character & 15];
	}
	return to;
}

/*
 * Append text as a JSON string.
 */
static void
append_quoted(StringInfo json, const char *text, Size length)
{
	const char *at = text;
	const char *end = text + length;

	appendStringInfoChar(json, '"');
	while (at < end)
	{
		const char *block_end = at + Min(end - at, BLOCK_BYTES);
		char	   *to;

		CHECK_FOR_INTERRUPTS();
		reserve_text(json, BLOCK_BYTES * LONGEST_ESCAPE);
		to = json->data + json->len;
		for (; at < block_end; at++)
		{
			if ((uint8) *at < ' ' || *at == '"' || *at == '\\')
				to = write_escape(to, (uint8) *at);
			else
				*to++ = *at;
		}
		*to = '\0';
		json->len = (int) (to - json->data);
	}
	appendStringInfoChar(json, '"');
}

/*
 * Append a guest string as a JSON string.
 */
static void
append_guest_quoted(StringInfo json, PlogBytes guest)
{
	StringInfoData text;

	if (guest_text_is_plain(guest))
	{
		append_quoted(json, (const char *) guest.data, guest.length);
		return;
	}
	initStringInfo(&text);
	append_guest_text(&text, guest);
	append_quoted(json, text.data, text.len);
	pfree(text.data);
}

/*
 * Lists of members
 */

static const char *
name_of(const MemberList *list, int index)
{
	return list->names.data + list->members[index].name;
}

static int
compare_members(const void *a, const void *b, void *list)
{
	int			index_a = *(const int *) a;
	int			index_b = *(const int *) b;
	int			order;

	CHECK_FOR_INTERRUPTS();
	order = strcmp(name_of(list, index_a), name_of(list, index_b));
	return order != 0 ? order : index_a - index_b;
}

/*
 * Link members of the same name, in their order.
 */
static void
chain_repeated_members(MemberList *list)
{
	int		   *sorted = palloc(sizeof(int) * (list->count + 1));

	for (int i = 0; i < list->count; i++)
		sorted[i] = i;
	qsort_arg(sorted, list->count, sizeof(int), compare_members, list);
	for (int i = 1; i < list->count; i++)
	{
		if (strcmp(name_of(list, sorted[i - 1]), name_of(list, sorted[i])) == 0)
		{
			list->members[sorted[i - 1]].next = sorted[i];
			list->members[sorted[i]].is_repeated = true;
		}
	}
	pfree(sorted);
}

/*
 * Give every member its name as text.
 */
static void
name_members(StructPrinter *printer, MemberList *list)
{
	for (int i = 0; i < list->count; i++)
	{
		StructMember *member = &list->members[i];

		CHECK_FOR_INTERRUPTS();
		member->name = list->names.len;
		append_guest_text(&list->names, member->argument.name);
		reserve_text(&list->names, 1);
		appendStringInfoChar(&list->names, '\0');
		take_bytes(printer, list->names.len - member->name);
	}
}

/*
 * Add a member to a list.  False if it is not protobuf.
 */
static bool
add_member(StructPrinter *printer, MemberList *list, PlogBytes message)
{
	StructMember *member;

	if (list->count == list->capacity)
	{
		take_bytes(printer, sizeof(StructMember) * list->capacity);
		list->capacity *= 2;
		list->members = repalloc(list->members, sizeof(StructMember) * list->capacity);
	}
	member = &list->members[list->count++];
	member->name = 0;
	member->next = -1;
	member->is_repeated = false;
	return plog_decode_argument(message, false, &member->argument);
}

/*
 * Collect the members of one struct_data.  False if it is not protobuf.
 */
static bool
collect_members_of_part(StructPrinter *printer, PlogBytes part, MemberList *list)
{
	PlogRepeated members;
	PlogBytes	message;

	if (!plog_decode_struct(part, &members))
		return false;
	while (plog_next_bytes(&members, &message))
	{
		CHECK_FOR_INTERRUPTS();
		if (!add_member(printer, list, message))
			return false;
	}
	return true;
}

/*
 * Collect the members of a struct.  False if one is not protobuf.
 */
static bool
collect_members(StructPrinter *printer, const PlogArgument *argument, MemberList *list)
{
	PlogRepeated parts = plog_struct_parts(argument);
	PlogBytes	part;

	take_bytes(printer, sizeof(StructMember) * FIRST_MEMBERS);
	list->count = 0;
	list->capacity = FIRST_MEMBERS;
	list->members = palloc(sizeof(StructMember) * FIRST_MEMBERS);
	initStringInfo(&list->names);
	while (plog_next_bytes(&parts, &part))
	{
		if (!collect_members_of_part(printer, part, list))
			return false;
	}
	return true;
}

static void
free_members(StructPrinter *printer, MemberList *list)
{
	printer->member_bytes -= sizeof(StructMember) * list->capacity + list->names.len;
	pfree(list->members);
	pfree(list->names.data);
}

/*
 * Printing
 */

/*
 * An array of primitives: its members' values, in order.
 */
static bool
append_array(StructPrinter *printer, const MemberList *list)
{
	appendStringInfoChar(printer->json, '[');
	for (int i = 0; i < list->count; i++)
	{
		if (i > 0)
			appendStringInfoString(printer->json, ", ");
		if (!append_value(printer, &list->members[i].argument))
			return false;
	}
	appendStringInfoChar(printer->json, ']');
	return true;
}

/*
 * The value of a member, or an array of the values of all members of its name.
 */
static bool
append_values(StructPrinter *printer, const MemberList *list, int index)
{
	if (list->members[index].next < 0)
		return append_value(printer, &list->members[index].argument);
	appendStringInfoChar(printer->json, '[');
	for (int i = index; i >= 0; i = list->members[i].next)
	{
		if (i != index)
			appendStringInfoString(printer->json, ", ");
		if (!append_value(printer, &list->members[i].argument))
			return false;
	}
	appendStringInfoChar(printer->json, ']');
	return true;
}

static bool
append_object(StructPrinter *printer, MemberList *list)
{
	bool		is_first = true;

	name_members(printer, list);
	chain_repeated_members(list);
	appendStringInfoChar(printer->json, '{');
	for (int i = 0; i < list->count; i++)
	{
		const char *name = name_of(list, i);

		if (list->members[i].is_repeated)
			continue;
		if (!is_first)
			appendStringInfoString(printer->json, ", ");
		is_first = false;
		append_quoted(printer->json, name, strlen(name));
		appendStringInfoString(printer->json, ": ");
		if (!append_values(printer, list, i))
			return false;
	}
	appendStringInfoChar(printer->json, '}');
	return true;
}

static bool
is_array(const PlogArgument *argument)
{
	return argument->struct_type.length == strlen(PLOG_STRUCT_TYPE_ARRAY) &&
		memcmp(argument->struct_type.data, PLOG_STRUCT_TYPE_ARRAY, argument->struct_type.length) == 0;
}

/*
 * A struct with its members.
 */
static bool
append_members(StructPrinter *printer, const PlogArgument *argument)
{
	MemberList	list;
	bool		is_valid;

	check_stack_depth();
	if (++printer->nesting > MAX_NESTING)
		ereport(ERROR,
				(errcode(ERRCODE_PROGRAM_LIMIT_EXCEEDED),
				 errmsg("a struct of a plog is nested too deep")));
	is_valid = collect_members(printer, argument, &list) &&
		(is_array(argument) ? append_array(printer, &list) : append_object(printer, &list));
	free_members(printer, &list);
	printer->nesting--;
	return is_valid;
}

/*
 * A FLOAT or DOUBLE.  NaN and the infinities become strings, as JSON has no such
 * numbers.
 */
static void
append_number(StringInfo json, const PlogArgument *argument)
{
	int			start = json->len;

	append_scalar_value(json, argument);
	if (!isdigit((unsigned char) json->data[json->len - 1]))
	{
		char	   *special = pstrdup(json->data + start);

		json->len = start;
		appendStringInfo(json, "\"%s\"", special);
	}
}

/*
 * A member's value as JSON.
 */
static bool
append_value(StructPrinter *printer, const PlogArgument *argument)
{
	StringInfo	json = printer->json;

	CHECK_FOR_INTERRUPTS();

	/* enough for what is appended below without a check of the text's length */
	reserve_text(json, BLOCK_BYTES);
	if (!argument_has_value(argument))
	{
		appendStringInfoString(json, "null");
		return true;
	}
	switch (argument->kind)
	{
		case PLOG_ARGUMENT_STR:
			append_guest_quoted(json, argument->bytes);
			break;
		case PLOG_ARGUMENT_PTR:
			append_unsigned(json, argument->number);
			break;
		case PLOG_ARGUMENT_BYTES:
			appendStringInfoChar(json, '"');
			append_hex(json, argument->bytes);
			appendStringInfoChar(json, '"');
			break;
		case PLOG_ARGUMENT_FLOAT:
		case PLOG_ARGUMENT_DOUBLE:
			append_number(json, argument);
			break;
		case PLOG_ARGUMENT_STRUCT_TYPE:
			return append_members(printer, argument);
		default:
			append_scalar_value(json, argument);
			break;
	}
	return true;
}

bool
append_argument_value(StringInfo text, const PlogArgument *argument)
{
	StructPrinter printer = {.json = text};

	if (argument->kind == PLOG_ARGUMENT_STRUCT_TYPE)
		return append_members(&printer, argument);
	append_scalar_value(text, argument);
	return true;
}
