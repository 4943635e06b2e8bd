/*-------------------------------------------------------------------------
 *
 * call.h
 *		Entries, system calls and their arguments: the messages that a log has by
 *		the million, and the fast way to decode them.
 *
 * Invariant: the fast way gives exactly what walking all fields with wire_next() gives.
 * It takes what PANDA writes: fields in ascending order, tags of one byte, numbers that
 * fit into a window, short names and values.  Where a message is otherwise, or is
 * malformed, it takes nothing from there on and leaves the rest to the general way.  It
 * reads no byte outside of the message; for an argument, outside of its call.
 *
 * Gain: on a log of 230,014 entries, 229,179 calls and 767,382 arguments, inflated
 * already, with gcc 12 -O2 on one core, against wire_next() and a switch:
 *
 *		entries						 4 ms instead of  7 ms
 *		entries and calls			12 ms instead of 26 ms
 *		entries, calls, arguments	19 ms instead of 59 ms
 *-------------------------------------------------------------------------
 */
#ifndef PLOG_CALL_H
#define PLOG_CALL_H

#include "plog/form.h"
#include "plog/repeated.h"

/* Is the field, by its PLOG_… number, present in the message? */
#define PLOG_HAS(message, field)	(((message)->present >> (field) & 1) != 0)

typedef struct PlogEntry
{
	uint32_t	present;		/* by PLOG_ENTRY_…: pc, instr, asid */
	uint32_t	kind;			/* the lowest field number of a payload; 0: there is none */
	uint64_t	pc;
	uint64_t	instr;
	uint64_t	asid;
	PlogBytes	body;			/* the whole LogEntry */
	PlogBytes	payload;		/* of that kind; data is NULL where it is not a message */
	bool		has_more_payloads;	/* of other kinds, or another one of that kind */
} PlogEntry;

typedef struct PlogSyscall
{
	uint32_t	present;		/* by PLOG_SYSCALL_… */
	uint32_t	pid;
	uint32_t	ppid;
	uint32_t	tid;
	uint64_t	create_time;
	int64_t		retcode;
	PlogBytes	call_name;
	uint64_t	argument_count;
	bool		arguments_are_last; /* only arguments follow the name, or the
								 * first argument */
	PlogRepeated arguments;
} PlogSyscall;

/* An argument's kind is the number of its field in NamedData. */
typedef struct PlogArgument
{
	uint32_t	kind;			/* PLOG_ARGUMENT_STR … _STRUCT_TYPE, 0: no value */
	uint64_t	number;			/* an integer, extended by its sign or by zeros; or
								 * the bits of an IEEE float or double */
	PlogBytes	name;			/* data is NULL where absent */
	PlogBytes	bytes;			/* of STR and BYTES */
	PlogBytes	struct_type;	/* data is NULL where absent */
	PlogBytes	struct_data;	/* the last one; data is NULL where absent */
	PlogBytes	message;		/* the whole argument, if it has a struct_data */
} PlogArgument;

/*
 * The fast decoders can leave out numbers: for the fields whose bits, by their
 * PLOG_… numbers, are not in "wanted", only the presence is told.  Putting the
 * numbers together is most of the work.
 *
 * Without PLOG_SYSCALL_ARGS in wanted, decoding stops at a call's first argument,
 * and without PLOG_SYSCALL_CALL_NAME as well it stops at the name.  That is for
 * callers that know already that arguments_are_last and that the whole call is
 * well-formed.  The arguments are not counted then, and without the name they
 * cannot be walked, either.
 */
extern bool plog_decode_entry_numbers(PlogBytes body, uint32_t wanted, PlogEntry *entry);
extern bool plog_decode_syscall_numbers(PlogBytes message, uint32_t wanted, PlogSyscall *syscall);

#define PLOG_ALL_NUMBERS	UINT32_MAX

/* With any of these in wanted, a call's name is decoded. */
#define PLOG_CALL_NAME_NUMBERS	(1u << PLOG_SYSCALL_CALL_NAME | 1u << PLOG_SYSCALL_ARGS)

static inline bool
plog_decode_entry(PlogBytes body, PlogEntry *entry)
{
	return plog_decode_entry_numbers(body, PLOG_ALL_NUMBERS, entry);
}

static inline bool
plog_decode_syscall(PlogBytes message, PlogSyscall *syscall)
{
	return plog_decode_syscall_numbers(message, PLOG_ALL_NUMBERS, syscall);
}

/*
 * Do what plog_decode_syscall_numbers() does with PLOG_SYSCALL_ARGS wanted, and
 * find out whether the call's arguments show the form of 2020.  They are not found
 * to show today's.
 */
extern bool plog_decode_syscall_and_form(PlogBytes message, uint32_t wanted, PlogSyscall *syscall,
										 PlogEvidence *evidence);

/*
 * What a call's arguments show, both ways.  Only one field of a SyscallArg is ever
 * set, so a well-formed argument with a name and a value is a NamedData.
 */
extern PlogEvidence plog_arguments_evidence(const PlogSyscall *syscall);

/*
 * Decode an argument or a member of a struct.  If it has several values, the one
 * with the lowest field number counts.
 */
extern bool plog_decode_argument(PlogBytes message, bool form_2020, PlogArgument *argument);

/*
 * The struct_data of an argument that has any.  There is mostly one; if there are
 * more, all together are one struct.
 */
extern PlogRepeated plog_struct_parts(const PlogArgument *argument);

/*
 * Check a struct_data, and start to walk its members, which are messages for
 * plog_decode_argument().
 */
extern bool plog_decode_struct(PlogBytes message, PlogRepeated *members);

/* Sets of an argument's kinds, as bits. */
#define PLOG_KIND(kind)			(1u << PLOG_ARGUMENT_##kind)
#define PLOG_KINDS_OF_32_BITS	(PLOG_KIND(U32) | PLOG_KIND(U16) | PLOG_KIND(I32) | PLOG_KIND(I16))
#define PLOG_SIGNED_KINDS		(PLOG_KIND(I64) | PLOG_KIND(I32) | PLOG_KIND(I16))
#define PLOG_INTEGER_KINDS \
	(PLOG_KINDS_OF_32_BITS | PLOG_SIGNED_KINDS | PLOG_KIND(U64) | PLOG_KIND(PTR))
#define PLOG_VARINT_KINDS		(PLOG_INTEGER_KINDS | PLOG_KIND(BOOL))
#define PLOG_BYTES_KINDS		(PLOG_KIND(STR) | PLOG_KIND(BYTES))

/* Is a kind, below 32, in a set? */
WIRE_INLINE bool
plog_is_kind_of(uint32_t kinds, uint32_t kind)
{
	return (kinds >> kind & 1) != 0;
}

/*
 * The bits of a number argument as its field's type reads them.
 */
WIRE_INLINE uint64_t
plog_argument_number(uint32_t kind, uint64_t value)
{
	uint32_t	unused = plog_is_kind_of(PLOG_KINDS_OF_32_BITS, kind) ? 32 : 0;

	if (kind == PLOG_ARGUMENT_BOOL)
		return value != 0;
	return plog_is_kind_of(PLOG_SIGNED_KINDS, kind) ?
		(uint64_t) ((int64_t) (value << unused) >> unused) : value << unused >> unused;
}

/*
 * The kind of a call's argument with that name and a value of BYTES: it counts as
 * a string if it is a path that syscalls_logger added.  Not for members of structs.
 */
WIRE_INLINE uint32_t
plog_bytes_kind(PlogBytes name)
{
	return name.length == sizeof(PLOG_ARGUMENT_PATH_NAME) - 1 &&
		memcmp(name.data, PLOG_ARGUMENT_PATH_NAME, name.length) == 0 ?
		PLOG_ARGUMENT_STR : PLOG_ARGUMENT_BYTES;
}

/*
 * Decode a call's argument.  Members of structs are for plog_decode_argument().
 */
WIRE_INLINE bool
plog_decode_call_argument(PlogBytes message, bool form_2020, PlogArgument *argument)
{
	if (!plog_decode_argument(message, form_2020, argument))
		return false;
	if (argument->kind == PLOG_ARGUMENT_BYTES)
		argument->kind = plog_bytes_kind(argument->name);
	return true;
}

/*
 * An argument as most are: it begins with a name of less than 128 bytes, and a value
 * follows.
 */
typedef struct PlogPlainArgument
{
	PlogBytes	name;
	uint32_t	kind;			/* below 16 */
	WireType	type;
	PlogBytes	field;			/* all that follows the value's tag */
} PlogPlainArgument;

/*
 * Split an argument into those.  False where it begins otherwise.
 */
WIRE_INLINE bool
plog_take_plain_argument(PlogBytes message, PlogPlainArgument *plain)
{
	const uint8_t *at = message.data;
	uint32_t	tag;

	/* the name's tag and length, and the value's tag, take three bytes */
	if (message.length < 3 || at[0] != (PLOG_ARGUMENT_NAME << 3 | WIRE_BYTES) ||
		at[1] >= 0x80 || at[1] > message.length - 3)
		return false;
	plain->name.data = at + 2;
	plain->name.length = at[1];
	tag = at[2 + plain->name.length];
	if (tag >= 0x80)
		return false;
	plain->kind = tag >> 3;
	plain->type = (WireType) (tag & 7);
	plain->field.data = at + 3 + plain->name.length;
	plain->field.length = message.length - 3 - plain->name.length;
	return true;
}

/*
 * The number of such an argument, which must be of PLOG_VARINT_KINDS and a varint.
 * False where something follows it, where it is malformed, and where finding that
 * out would take longer; plog_decode_argument() decides then.
 */
WIRE_INLINE bool
plog_take_plain_number(const PlogPlainArgument *plain, uint64_t *number)
{
	const uint8_t *at = plain->field.data;
	size_t		length = plain->field.length;
	size_t		before = plain->name.length + 3;
	uint64_t	word;
	uint64_t	value;

	if (length <= 8 && before + length >= 8)
	{
		if (length == 0)
			return false;

		/* the message's last eight bytes, less those before the number */
		word = wire_load64(at + length - 8) >> (64 - 8 * length);
		if (wire_ends(word) << (64 - 8 * length) != UINT64_C(1) << 63)
			return false;
		value = wire_gather(word);
	}
	else if (length <= 8)
	{
		/* the number is near the start of the message: one of more bytes is rare */
		if (length != 1 || *at >= 0x80)
			return false;
		value = *at;
	}
	else
	{
		word = wire_load64(at);
		if (length > WIRE_VARINT_BYTES || wire_ends(word) != 0 || at[length - 1] >= 0x80 ||
			(length == WIRE_VARINT_BYTES && at[8] < 0x80))
			return false;
		value = wire_long_value(word, at);
	}
	*number = plog_argument_number(plain->kind, value);
	return true;
}

/*
 * The bytes of such an argument, which must be of PLOG_BYTES_KINDS and WIRE_BYTES.
 * False where there are more than 127, something follows them, or they are
 * malformed; plog_decode_argument() decides then.
 */
WIRE_INLINE bool
plog_take_plain_bytes(const PlogPlainArgument *plain, PlogBytes *bytes)
{
	if (plain->field.length == 0 || plain->field.data[0] >= 0x80 ||
		plain->field.data[0] != plain->field.length - 1)
		return false;
	bytes->data = plain->field.data + 1;
	bytes->length = plain->field.length - 1;
	return true;
}

/*
 * The bytes in which the ends of varints are looked for at once.  The numbers of
 * most calls take less: on Windows, whose times of creation take nine bytes, they
 * take up to 32 bytes if pids are below 16384 and the call failed.
 */
#define WIRE_WINDOW_BYTES	32

/* At most so many numbers are looked for in a window.  Their tags take one byte. */
#define WIRE_MAX_NUMBERS	5

/*
 * Which of eight bytes end a varint, as bits: the multiplication moves one bit of
 * each byte to the product's highest byte.
 */
WIRE_INLINE uint32_t
wire_ends_as_bits(uint64_t word)
{
	return (uint32_t) ((wire_ends(word) >> 7) * UINT64_C(0x0102040810204080) >> 56);
}

/*
 * Which bytes of a window end a varint, as bits.
 */
WIRE_INLINE uint32_t
wire_window_ends(const uint8_t *at)
{
#ifdef __SSE2__
	__m128i		low = _mm_loadu_si128((const __m128i *) at);
	__m128i		high = _mm_loadu_si128((const __m128i *) (at + 16));

	return ~((uint32_t) _mm_movemask_epi8(low) | (uint32_t) _mm_movemask_epi8(high) << 16);
#else
	return wire_ends_as_bits(wire_load64(at)) | wire_ends_as_bits(wire_load64(at + 8)) << 8 |
		wire_ends_as_bits(wire_load64(at + 16)) << 16 |
		wire_ends_as_bits(wire_load64(at + 24)) << 24;
#endif
}

/*
 * The same of a message that is shorter than a window.
 */
extern uint32_t wire_short_window_ends(const uint8_t *at, size_t length);

/*
 * Is there a run of more bytes in a window than a varint can have?
 */
WIRE_INLINE bool
wire_has_long_run(uint32_t ends)
{
	uint32_t	runs = ~ends;	/* where runs of one, two, four, … bytes begin that end no varint */

	runs &= runs >> 1;
	runs &= runs >> 2;
	runs &= runs >> 4;
	runs &= runs >> (WIRE_VARINT_BYTES - 8);
	return runs != 0;
}

/*
 * Are the last so many bytes of a window one varint and nothing else?
 */
WIRE_INLINE bool
wire_is_one_varint(uint32_t ends, size_t length)
{
	return length - 1 < WIRE_VARINT_BYTES &&
		ends >> (WIRE_WINDOW_BYTES - length) == UINT32_C(1) << (length - 1);
}

/*
 * The value of a valid varint of that length.  Ten bytes from its start on must be
 * readable.
 */
WIRE_INLINE uint64_t
wire_varint_of(const uint8_t *at, size_t length)
{
	uint64_t	word = wire_load64(at);

	if (length > 8)
		return wire_long_value(word, at);
	return wire_gather(word << (64 - 8 * length) >> (64 - 8 * length));
}

/*
 * Where a message's fields 1, 2 and so on are, as long as they are varints that
 * end in the window.
 *
 * Writers put fields in ascending order.  So a decoder can look for them one after
 * the other, and the bits of the window alone tell where each begins: there is no
 * load to wait for, and no branch on how long a number is.  A message that begins
 * otherwise is left to wire_next().
 */
typedef struct WireNumbers
{
	PlogBytes	message;
	uint32_t	ends;			/* which bytes from the next field on end a varint, as
								 * bits from the message's start */
	size_t		next[WIRE_MAX_NUMBERS + 1]; /* where each field begins, and what
											 * follows the last */
} WireNumbers;

WIRE_INLINE WireNumbers
wire_numbers(PlogBytes message)
{
	WireNumbers numbers;
	uint32_t	behind = 0;		/* the window's bytes beyond the message, as bits */

	numbers.message = message;
	numbers.next[0] = 0;
	if (message.length >= WIRE_WINDOW_BYTES)
		numbers.ends = wire_window_ends(message.data);
	else
	{
		numbers.ends = wire_short_window_ends(message.data, message.length);
		behind = UINT32_MAX << message.length;
	}

	/* a branch, so that the rest does not wait for the result */
	if (__builtin_expect(wire_has_long_run(numbers.ends | behind), 0))
		numbers.ends = 0;
	return numbers;
}

/*
 * Is this number there, after those before it?
 */
WIRE_INLINE bool
wire_find_number(WireNumbers *numbers, int number)
{
	uint32_t	ends = numbers->ends & (numbers->ends - 1);	/* less the tag's */

	if (ends == 0 || numbers->message.data[numbers->next[number - 1]] != (number << 3 | WIRE_VARINT))
		return false;
	numbers->next[number] = (uint32_t) __builtin_ctz(ends) + 1;
	numbers->ends = ends & (ends - 1);
	return true;
}

/*
 * The value of one of them.  False where the message has less than ten bytes after
 * its tag; then no later number is found, either.
 */
WIRE_INLINE bool
wire_number(WireNumbers *numbers, int number, uint64_t *value)
{
	size_t		at = numbers->next[number - 1] + 1;

	if (numbers->message.length - at < WIRE_VARINT_BYTES)
	{
		numbers->ends = 0;
		return false;
	}
	*value = wire_varint_of(numbers->message.data + at, numbers->next[number] - at);
	return true;
}

#endif							/* PLOG_CALL_H */
