/*-------------------------------------------------------------------------
 *
 * call.c
 *		A system call as strace prints it: name(arguments) = result.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "miscadmin.h"

#include "strace/strace.h"

#define NAME_PREFIX			"sys_"

/* The arguments that syscalls_logger adds to the call's own. */
#define EXTRA_PATH			"filename(from fd)"
#define EXTRA_ARGUMENTS		"args"
#define EXTRA_PORT			"port"

/* The results between are errors. */
#define LAST_ERROR			4095

static bool
name_is_one_of(PlogBytes name, const char *const *names, int count)
{
	for (int i = 0; i < count; i++)
	{
		if (bytes_equal(name, names[i]))
			return true;
	}
	return false;
}

/*
 * The call's name as the manual has it.
 */
static PlogBytes
name_without_prefix(PlogBytes name)
{
	size_t		length = strlen(NAME_PREFIX);

	if (name.length >= length && memcmp(name.data, NAME_PREFIX, length) == 0)
	{
		name.data += length;
		name.length -= length;
	}
	return name;
}

/*
 * Was the call logged when it was entered, so that it has no result yet?
 */
static bool
call_is_entry(const StraceCall *call, PlogBytes name)
{
	static const char *const names[] = {
		"exit", "exit_group", "execve", "execveat", "nanosleep", "clock_nanosleep"
	};

	return call->retval == 0 && call->has_user_pc && name_is_one_of(name, names, lengthof(names));
}

static bool
result_is_address(PlogBytes name)
{
	static const char *const names[] = {"mmap", "brk", "mremap"};

	return name_is_one_of(name, names, lengthof(names));
}

/*
 * An error.  Of the numbers that are for the kernel's own use, strace shows
 * those that make it restart the call without a result.
 */
static void
append_error(StringInfo text, int number)
{
	const char *name = linux_error_name(number);
	const char *description = linux_error_text(number);

	if (name == NULL)
		appendStringInfo(text, "-1 (errno %d)", number);
	else if (description == NULL)
		appendStringInfo(text, "-1 %s (Unknown error %d)", name, number);
	else
		appendStringInfo(text, "%s %s (%s)",
						 strncmp(name, "ERESTART", 8) == 0 && number >= 512 ? "?" : "-1",
						 name, description);
}

static void
append_result(StringInfo text, const StraceCall *call, PlogBytes name)
{
	if (!call->has_retval || call_is_entry(call, name))
		appendStringInfoChar(text, '?');
	else if (call->retval < 0 && call->retval >= -LAST_ERROR)
		append_error(text, (int) -call->retval);
	else if (call->retval != 0 && result_is_address(name))
		appendStringInfo(text, "0x%llx", (unsigned long long) call->retval);
	else
		appendStringInfo(text, "%lld", (long long) call->retval);
}

/*
 * The argument with the name of the file that the argument "fd" refers to.
 */
static const StraceArgument *
find_path(const StraceCall *call)
{
	/* it follows the call's own arguments */
	for (int i = call->argument_count - 1; i >= 0; i--)
	{
		const StraceArgument *argument = &call->arguments[i];

		if (bytes_equal(argument->name, EXTRA_PATH) && argument->value.data != NULL &&
			(argument->kind == PLOG_ARGUMENT_BYTES || argument->kind == PLOG_ARGUMENT_STR))
			return argument;
	}
	return NULL;
}

/*
 * Did syscalls_logger add the argument to the call's own?
 */
static bool
argument_is_extra(PlogBytes call_name, const StraceArgument *argument)
{
	if (bytes_equal(argument->name, EXTRA_PATH))
		return true;
	if (bytes_equal(argument->name, EXTRA_ARGUMENTS))
		return bytes_equal(call_name, "execve") || bytes_equal(call_name, "execveat");
	if (bytes_equal(argument->name, EXTRA_PORT))
		return bytes_equal(call_name, "bind");
	return false;
}

static void
append_arguments(StringInfo text, const StraceCall *call, PlogBytes call_name)
{
	const StraceArgument *path = find_path(call);
	const StraceArgument *printed_path = NULL;
	bool		is_first = true;

	for (int i = 0; i < call->argument_count; i++)
	{
		const StraceArgument *argument = &call->arguments[i];

		CHECK_FOR_INTERRUPTS();
		if (argument == printed_path)
			continue;
		if (!is_first)
			appendBinaryStringInfo(text, ", ", 2);
		is_first = false;
		if (argument_is_extra(call_name, argument))
		{
			append_plain(text, argument->name);
			appendStringInfoChar(text, '=');
		}
		append_strace_value(text, argument, strace_number_style(call_name, i, argument));
		if (path != NULL && printed_path == NULL && argument < path &&
			bytes_equal(argument->name, "fd"))
		{
			append_strace_path(text, path);
			printed_path = path;
		}
	}
}

void
append_strace(StringInfo text, const StraceCall *call)
{
	PlogBytes	name = name_without_prefix(call->name);

	if (call->name.data == NULL)
		appendStringInfoChar(text, '?');
	else
		append_plain(text, name);
	appendStringInfoChar(text, '(');
	append_arguments(text, call, name);
	appendBinaryStringInfo(text, ") = ", 4);
	append_result(text, call, name);
}
