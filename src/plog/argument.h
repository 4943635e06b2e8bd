/*-------------------------------------------------------------------------
 *
 * argument.h
 *		An argument of a system call as most are: a name and a simple value.
 *
 * In a header, for whoever decodes arguments by the million to have in line.
 *
 *-------------------------------------------------------------------------
 */
#ifndef PLOG_ARGUMENT_H
#define PLOG_ARGUMENT_H

#include "plog/message.h"

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
 * How a call's argument, which is not a struct's member, of bytes and that name
 * counts: as a string where it is a path that syscalls_logger added.
 */
WIRE_INLINE uint32_t
plog_bytes_kind(PlogBytes name)
{
	return name.length == sizeof(PLOG_ARGUMENT_PATH_NAME) - 1 &&
		memcmp(name.data, PLOG_ARGUMENT_PATH_NAME, name.length) == 0 ?
		PLOG_ARGUMENT_STR : PLOG_ARGUMENT_BYTES;
}

/*
 * Decode a call's argument.
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

/* A message that begins with a name, and what follows that. */
typedef struct PlogPlainArgument
{
	PlogBytes	name;
	uint32_t	kind;			/* below 16 */
	WireType	type;
	PlogBytes	field;			/* all the rest, without the tag */
} PlogPlainArgument;

/*
 * Take an argument apart that begins with a name of less than 128 bytes, and
 * goes on with a value of whatever kind.  False where it does not.
 */
WIRE_INLINE bool
plog_take_plain_argument(PlogBytes message, PlogPlainArgument *plain)
{
	const uint8_t *at = message.data;
	uint32_t	tag;

	/* a name's tag and length, and a value's tag */
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
 * Take such an argument's number, of PLOG_VARINT_KINDS and a varint.  False
 * where something follows it, it is malformed, or that takes longer to tell.
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
		/* short names come with small numbers: more than a byte is not looked at */
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
 * Take such an argument's bytes, of PLOG_BYTES_KINDS and less than 128.  False
 * where they are more, something follows them, or they are malformed.
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

#endif							/* PLOG_ARGUMENT_H */
