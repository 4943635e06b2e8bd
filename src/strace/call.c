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

/* The arguments that syscalls_logger adds to those of the call. */
#define EXTRA_PATH			PLOG_ARGUMENT_PATH_NAME
#define EXTRA_ARGUMENTS		"args"
#define EXTRA_PORT			"port"

/* The value of such a path if syscalls_logger found none, as text and as bytes. */
#define NO_PATH				"[unknown filename]"
#define NO_PATH_BYTES		"\\x5b756e6b6e6f776e2066696c656e616d655d"

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
 * The call's name as it is in the manual.
 */
static PlogBytes
name_without_prefix(PlogBytes name)
{
	size_t		length = strlen(STRACE_NAME_PREFIX);

	if (name.length >= length && memcmp(name.data, STRACE_NAME_PREFIX, length) == 0)
	{
		name.data += length;
		name.length -= length;
	}
	return name;
}

/*
 * Does the call return an address?
 */
static bool
result_is_address(PlogBytes name)
{
	static const char *const names[] = {
		"mmap", "mmap2", "old_mmap", "do_mmap2", "mmap_pgoff", "mremap", "brk", "shmat"
	};

	return name_is_one_of(name, names, lengthof(names));
}

/*
 * Append an error.  For the errors that make the kernel restart the call, which
 * programs never see, strace shows "?" as the result.
 */
static void
append_error(StringInfo text, GuestErrors errors, int number)
{
	const char *name = linux_error_name(errors, number);
	const char *description = linux_error_text(errors, number);

	if (name == NULL)
		appendStringInfo(text, "-1 (errno %d)", number);
	else if (description == NULL)
		appendStringInfo(text, "-1 %s (Unknown error %d)", name, number);
	else
		appendStringInfo(text, "%s %s (%s)",
						 strncmp(name, "ERESTART", 8) == 0 && number >= 512 ? "?" : "-1",
						 name, description);
}

/*
 * Append an address.  PANDA has extended the sign of a 32-bit address.
 */
static void
append_address(StringInfo text, const GuestProperties *guest, uint64 address)
{
	if (guest->has_32_bits)
		address = (uint32) address;
	appendStringInfo(text, address == 0 ? "0" : "0x%llx", (unsigned long long) address);
}

static void
append_result(StringInfo text, const StraceCall *call, PlogBytes name)
{
	const GuestProperties *guest = &guest_properties[call->guest];

	if (!call->has_retval)
		appendStringInfoChar(text, '?');
	else if (call_is_of_windows(call->name))
		appendStringInfo(text, "0x%08x", (uint32) call->retval);
	else if (call->retval < 0 && call->retval >= -STRACE_LAST_ERROR)
		append_error(text, guest->errors, (int) -call->retval);
	else if (result_is_address(name))
		append_address(text, guest, (uint64) call->retval);
	else
		appendStringInfo(text, "%lld", (long long) call->retval);
}

/*
 * The extra argument with the path of the file that the call's argument "fd" refers
 * to, or NULL.
 */
static const StraceArgument *
find_path(const StraceCall *call)
{
	/* it comes after the call's own arguments */
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
 * Did syscalls_logger add this argument?
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

/*
 * The argument "fd" that a path belongs to: the first one before the path, or NULL.
 */
static const StraceArgument *
find_descriptor(const StraceCall *call, const StraceArgument *path)
{
	for (int i = 0; path != NULL && &call->arguments[i] != path; i++)
	{
		if (bytes_equal(call->arguments[i].name, "fd"))
			return &call->arguments[i];
	}
	return NULL;
}

/*
 * Does an argument say that syscalls_logger found no path?
 */
static bool
path_is_unknown(const StraceArgument *argument)
{
	return bytes_equal(argument->name, EXTRA_PATH) && argument->value.data != NULL &&
		bytes_equal(argument->value, argument->kind == PLOG_ARGUMENT_BYTES ? NO_PATH_BYTES : NO_PATH);
}

/*
 * Can a path belong to a descriptor?  syscalls_logger looks up only the low byte of
 * a descriptor, so with any greater one the path is that of another file.
 */
static bool
descriptor_has_path(const StraceArgument *descriptor)
{
	int32		number;

	return descriptor == NULL || !strace_descriptor(descriptor, &number) ||
		(number >= 0 && number <= PG_UINT8_MAX);
}

static void
append_arguments(StringInfo text, const StraceCall *call, PlogBytes call_name)
{
	const StraceArgument *path = find_path(call);
	const StraceArgument *descriptor = find_descriptor(call, path);
	bool		has_path = descriptor_has_path(descriptor);
	bool		is_first = true;

	for (int i = 0; i < call->argument_count; i++)
	{
		const StraceArgument *argument = &call->arguments[i];

		CHECK_FOR_INTERRUPTS();
		if (path_is_unknown(argument) || (argument == path && descriptor != NULL))
			continue;
		if (!is_first)
			appendBinaryStringInfo(text, ", ", 2);
		is_first = false;
		if (argument_is_extra(call_name, argument))
		{
			appendBinaryStringInfo(text, (const char *) argument->name.data, (int) argument->name.length);
			appendStringInfoChar(text, '=');
		}
		append_strace_value(text, argument, strace_number_style(call_name, i, argument));
		if (argument == descriptor && has_path && !path_is_unknown(path))
			append_strace_path(text, path);
	}
}

void
append_strace(StringInfo text, const StraceCall *call)
{
	PlogBytes	name = name_without_prefix(call->name);

	if (call->name.data == NULL)
		appendStringInfoChar(text, '?');
	else
		append_strace_name(text, name);
	appendStringInfoChar(text, '(');
	append_arguments(text, call, name);
	appendBinaryStringInfo(text, ") = ", 4);
	append_result(text, call, name);
}
