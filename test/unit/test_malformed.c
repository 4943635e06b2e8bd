/*-------------------------------------------------------------------------
 *
 * test_malformed.c
 *		Tests of all decoders with messages that are cut off or malformed.
 *
 * Field numbers are written out, not taken from format.h, so that a wrong one
 * there is found.
 *
 *-------------------------------------------------------------------------
 */
#include "messages.h"
#include "plog/message.h"
#include "plog_test.h"

/*
 * Each decoder accepts what was cut off between two fields, and nothing else.
 */
typedef bool (*Decoder) (PlogBytes message);

static bool
accepts_entry(PlogBytes message)
{
	PlogEntry	entry;

	return plog_decode_entry(message, &entry);
}

static bool
accepts_asid_info(PlogBytes message)
{
	PlogAsidInfo info;

	return plog_decode_asid_info(message, false, &info);
}

static bool
accepts_asid_info_2018(PlogBytes message)
{
	PlogAsidInfo info;

	return plog_decode_asid_info(message, true, &info);
}

static bool
accepts_syscall(PlogBytes message)
{
	PlogSyscall syscall;

	return plog_decode_syscall(message, &syscall);
}

static bool
accepts_argument(PlogBytes message)
{
	PlogArgument argument;

	return plog_decode_argument(message, false, &argument);
}

static bool
accepts_argument_2020(PlogBytes message)
{
	PlogArgument argument;

	return plog_decode_argument(message, true, &argument);
}

static bool
accepts_struct(PlogBytes message)
{
	PlogRepeated members;

	return plog_decode_struct(message, &members);
}

static bool
accepts_loaded_libs(PlogBytes message)
{
	PlogLoadedLibs libs;

	return plog_decode_loaded_libs(message, &libs);
}

static bool
accepts_module(PlogBytes message)
{
	PlogModule	module;

	return plog_decode_module(message, &module);
}

static bool
accepts_proc_trace(PlogBytes message)
{
	PlogProcTrace trace;

	return plog_decode_proc_trace(message, &trace);
}

static const Decoder decoders[] = {
	accepts_entry, accepts_asid_info, accepts_asid_info_2018, accepts_syscall, accepts_argument,
	accepts_argument_2020, accepts_struct, accepts_loaded_libs, accepts_module, accepts_proc_trace
};

/*
 * Fields 1 to 20, of the type that changes with each; where each of them ends
 * is marked in an array of flags.
 */
static PlogBytes
build_fields(unsigned first_type, bool *is_end)
{
	Bytes		message = {0};

	is_end[0] = true;
	for (uint32_t number = 1; number <= 20; number++)
	{
		switch ((number + first_type) % 5)
		{
			case 0:
				put_number(&message, number, UINT64_MAX >> 3 * number);
				break;
			case 1:
				put_string(&message, number, "\x01\x02\x03");
				break;
			case 2:
				put_tag(&message, number, WIRE_FIXED32);
				put_32(&message, number);
				break;
			case 3:
				put_tag(&message, number, WIRE_FIXED64);
				put_64(&message, number);
				break;
			case 4:
				put_tag(&message, number, WIRE_GROUP_START);
				put_number(&message, 1, 200);
				put_tag(&message, number, WIRE_GROUP_END);
				break;
		}
		is_end[message.length] = true;
	}
	return take(&message);
}

static void
decoders_on_cut_messages(void)
{
	for (unsigned first_type = 0; first_type < 5; first_type++)
	{
		bool		is_end[300] = {0};
		PlogBytes	message = build_fields(first_type, is_end);

		for (size_t length = 0; length <= message.length; length++)
		{
			PlogBytes	exact = tap_copy(message.data, length);
			PlogBytes	followed = {message.data, length};

			for (size_t i = 0; i < lengthof(decoders); i++)
			{
				EXPECT(decoders[i] (exact) == is_end[length]);
				EXPECT(decoders[i] (followed) == is_end[length]);
			}
		}
	}
}

/*
 * A field that is malformed behind good ones.
 */
static void
decoders_on_malformed_messages(void)
{
	const PlogBytes cases[] = {
		COPY("\x08\x01\x00\x01"),
		COPY("\x08\x01\x0e\x01"),
		COPY("\x08\x01\x0c"),
		COPY("\x08\x01\x0b\x14"),
		COPY("\x08\x01\xc2\x3e\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01"),
		COPY("\x08\x01\x08\x80\x80\x80\x80\x80\x80\x80\x80\x80\x80\x00"),
	};

	for (size_t i = 0; i < lengthof(cases); i++)
	{
		for (size_t j = 0; j < lengthof(decoders); j++)
			EXPECT(!decoders[j] (cases[i]));
	}
}

void
test_malformed(void)
{
	tap_run("decoders: messages cut off anywhere", decoders_on_cut_messages);
	tap_run("decoders: malformed messages", decoders_on_malformed_messages);
}
