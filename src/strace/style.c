/*-------------------------------------------------------------------------
 *
 * style.c
 *		Which arguments strace prints in hex, in octal, or signed.
 *
 * A log has an argument's C type, but not its meaning, which is taken from its name.
 * In PANDA's prototypes some arguments have no name of their own (arg0, arg1, …), and
 * logs from September to December 2020 have no names at all.  So the names that the
 * arguments of common calls have are listed here.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include <ctype.h>

#include "strace/strace.h"

#define MOST_ARGUMENTS	6

typedef struct CallNames
{
	const char *call;
	const char *names[MOST_ARGUMENTS];
} CallNames;

/* The last arguments are left out where they are printed as plain decimal numbers. */
static const CallNames call_names[] = {
	{"accept4", {"fd", "addr", "addr_len", "flags"}},
	{"access", {"filename", "mode"}},
	{"arch_prctl", {"cmd", "addr"}},
	{"brk", {"brk"}},
	{"chmod", {"filename", "mode"}},
	{"clock_nanosleep", {"which_clock", "flags"}},
	{"clone", {"flags", "addr", "parent_tid", "child_tid", "addr"}},
	{"close", {"fd"}},
	{"creat", {"pathname", "mode"}},
	{"dup3", {"oldfd", "newfd", "flags"}},
	{"epoll_create1", {"flags"}},
	{"eventfd2", {"count", "flags"}},
	{"faccessat", {"dfd", "filename", "mode"}},
	{"fchmod", {"fd", "mode"}},
	{"fchmodat", {"dfd", "filename", "mode"}},
	{"fcntl", {"fd", "cmd", "arg"}},
	{"futex", {"uaddr", "op"}},
	{"getrandom", {"buf", "count", "flags"}},
	{"ioctl", {"fd", "cmd", "arg"}},
	{"lseek", {"fd", "offset", "whence"}},
	{"madvise", {"start", "len", "behavior"}},
	{"memfd_create", {"name", "flags"}},
	{"mkdir", {"pathname", "mode"}},
	{"mkdirat", {"dfd", "pathname", "mode"}},
	{"mmap", {"addr", "len", "prot", "flags", "fd", "mapped_offset"}},
	{"mprotect", {"start", "len", "prot"}},
	{"mremap", {"addr", "old_len", "new_len", "flags", "new_addr"}},
	{"msync", {"start", "len", "flags"}},
	{"munmap", {"addr", "len"}},
	{"newfstatat", {"dfd", "filename", "statbuf", "flag"}},
	{"open", {"filename", "flags", "mode"}},
	{"openat", {"dfd", "filename", "flags", "mode"}},
	{"pipe2", {"fildes", "flags"}},
	{"prctl", {"option", "arg", "arg", "arg", "arg"}},
	{"pread64", {"fd", "buf", "count", "pos"}},
	{"pwrite64", {"fd", "buf", "count", "pos"}},
	{"recvfrom", {"fd", "buf", "len", "flags", "addr", "addr_len"}},
	{"recvmsg", {"fd", "msg", "flags"}},
	{"sendmsg", {"fd", "msg", "flags"}},
	{"sendto", {"fd", "buf", "len", "flags", "addr", "addr_len"}},
	{"socket", {"family", "type", "protocol"}},
	{"socketpair", {"family", "type", "protocol"}},
	{"statx", {"dfd", "path", "flags", "mask"}},
	{"umask", {"mask"}},
	{"unlinkat", {"dfd", "pathname", "flag"}},
	{"wait4", {"pid", "stat_addr", "options"}}
};

typedef struct NamedStyle
{
	const char *name;
	NumberStyle style;
} NamedStyle;

static const NamedStyle styles[] = {
	{"addr", STYLE_ADDRESS},
	{"brk", STYLE_ADDRESS},
	{"new_addr", STYLE_ADDRESS},
	{"start", STYLE_ADDRESS},
	{"arg", STYLE_HEX},
	{"cmd", STYLE_HEX},
	{"mapped_offset", STYLE_HEX},
	{"mask", STYLE_HEX},
	{"op", STYLE_HEX},
	{"options", STYLE_HEX},
	{"prot", STYLE_HEX},
	{"type", STYLE_HEX},
	{"fildes", STYLE_DESCRIPTOR},
	{"offset", STYLE_SIGNED},
	{"pos", STYLE_SIGNED}
};

/* Names that end with these. */
static const NamedStyle suffix_styles[] = {
	{"fd", STYLE_DESCRIPTOR},
	{"flag", STYLE_HEX},
	{"flags", STYLE_HEX},
	{"flg", STYLE_HEX}
};

static PlogBytes
bytes_of(const char *string)
{
	PlogBytes	bytes = {(const uint8_t *) string, string == NULL ? 0 : strlen(string)};

	return bytes;
}

/*
 * Is there no name, or one that PANDA made up (arg0, arg1, …)?
 */
static bool
name_is_made_up(PlogBytes name)
{
	if (name.data == NULL || name.length == 0)
		return true;
	return name.length == 4 && memcmp(name.data, "arg", 3) == 0 && isdigit(name.data[3]);
}

/*
 * The name of an argument that has none in the log; empty if it is not known.
 */
static PlogBytes
known_name(PlogBytes call, int position)
{
	for (int i = 0; i < (int) lengthof(call_names) && position < MOST_ARGUMENTS; i++)
	{
		if (bytes_equal(call, call_names[i].call))
			return bytes_of(call_names[i].names[position]);
	}
	return bytes_of(NULL);
}

static bool
ends_with(PlogBytes name, const char *suffix)
{
	size_t		length = strlen(suffix);

	return name.length >= length && memcmp(name.data + name.length - length, suffix, length) == 0;
}

/*
 * "mode" is octal where it is a umode_t, the permissions of a file.  access() and
 * faccessat() have an int of that name, a set of bits.
 */
static NumberStyle
style_of_mode(uint32 kind)
{
	return kind == PLOG_ARGUMENT_U32 || kind == PLOG_ARGUMENT_U16 ? STYLE_OCTAL : STYLE_HEX;
}

NumberStyle
strace_number_style(PlogBytes call, int position, const StraceArgument *argument)
{
	PlogBytes	name = argument->name;

	if (argument->kind < PLOG_ARGUMENT_U64 || argument->kind > PLOG_ARGUMENT_I16)
		return STYLE_DECIMAL;
	if (name_is_made_up(name))
		name = known_name(call, position);
	if (name.length == 0)
		return STYLE_DECIMAL;
	if (bytes_equal(name, "mode"))
		return style_of_mode(argument->kind);
	if (bytes_equal(call, "umask"))
		return STYLE_OCTAL;
	for (int i = 0; i < (int) lengthof(styles); i++)
	{
		if (bytes_equal(name, styles[i].name))
			return styles[i].style;
	}
	for (int i = 0; i < (int) lengthof(suffix_styles); i++)
	{
		if (ends_with(name, suffix_styles[i].name))
			return suffix_styles[i].style;
	}
	return STYLE_DECIMAL;
}
