/*-------------------------------------------------------------------------
 *
 * mutate_message.c
 *		Changing messages by their fields.
 *
 *-------------------------------------------------------------------------
 */
#include "mutate.h"

/* How many fields of a message are told apart, and how deep it is gone into. */
#define MAX_PARTS	256
#define MAX_DEPTH	24

/* What mutate_bytes may add. */
#define MORE_BYTES	32

/* A field, as it stands in its message. */
typedef struct Part
{
	const uint8_t *start;
	const uint8_t *end;
	WireField	field;
} Part;

static uint64_t random_state;

static void mutate_at_depth(Bytes *message, int depth);

void
random_start(unsigned int seed)
{
	random_state = seed * UINT64_C(0x9E3779B97F4A7C15) + 1;
}

uint64_t
random_below(uint64_t bound)
{
	/* xorshift64* */
	random_state ^= random_state >> 12;
	random_state ^= random_state << 25;
	random_state ^= random_state >> 27;
	return (random_state * UINT64_C(0x2545F4914F6CDD1D) >> 16) % bound;
}

uint64_t
random_number(void)
{
	static const uint64_t edges[] = {0, 1, 0x7f, 0x80, 0xff, 0x7fff, 0xffff, 0x7fffffff,
		0x80000000, 0xffffffff, 0x100000000, INT64_MAX, (uint64_t) INT64_MAX + 1, UINT64_MAX
	};

	switch (random_below(3))
	{
		case 0:
			return edges[random_below(sizeof(edges) / sizeof(edges[0]))];
		case 1:
			return random_below(130);
		default:
			return UINT64_MAX >> random_below(64);
	}
}

WireCursor
cursor_over(const Bytes *bytes)
{
	PlogBytes	view = {bytes->data != NULL ? bytes->data : (const uint8_t *) "", bytes->length};

	return wire_cursor(view);
}

void
mutate_bytes(Bytes *bytes)
{
	size_t		length = bytes->length;

	put_fill(bytes, 0, MORE_BYTES);
	bytes->length = LLVMFuzzerMutate(bytes->data, length, length + MORE_BYTES);
}

/*
 * Take a message apart; as far as it goes, if it is not one.
 */
static size_t
find_parts(const Bytes *message, Part *parts)
{
	WireCursor	cursor = cursor_over(message);
	size_t		count = 0;

	while (count < MAX_PARTS)
	{
		Part	   *part = &parts[count];

		part->start = cursor.at;
		if (wire_next(&cursor, &part->field) != WIRE_FIELD)
			break;
		part->end = cursor.at;
		count++;
	}
	return count;
}

static void
put_part(Bytes *to, const Part *part)
{
	put(to, part->start, (size_t) (part->end - part->start));
}

/*
 * A varint that is longer than it need be, or than it may be.
 */
static void
put_long_varint(Bytes *to)
{
	put_fill(to, 0x80, random_below(11));
	put_8(to, (uint8_t) random_below(256));
}

/*
 * The number of a field that some message has, or any.
 */
static uint32_t
random_field_number(void)
{
	static const uint32_t kinds[] = {5, 40, 58, 103, 104, 536870911};

	switch (random_below(4))
	{
		case 0:
			return kinds[random_below(sizeof(kinds) / sizeof(kinds[0]))];
		case 1:
			return (uint32_t) random_below(UINT64_C(1) << 29) + 1;
		default:
			return (uint32_t) random_below(16) + 1;
	}
}

/*
 * Put a field's content, changed, under its number.
 */
static void
put_changed_content(Bytes *to, const Part *part, int depth)
{
	Bytes		content = {0};

	if (part->field.type != WIRE_BYTES && part->field.type != WIRE_GROUP_START)
	{
		put_number(to, part->field.number, random_number());
		return;
	}
	put(&content, part->field.bytes.data, part->field.bytes.length);
	if (depth < MAX_DEPTH && random_below(4) > 0)
		mutate_at_depth(&content, depth + 1);
	else
		mutate_bytes(&content);
	if (part->field.type == WIRE_BYTES)
		put_message(to, part->field.number, &content);
	else
	{
		put_tag(to, part->field.number, WIRE_GROUP_START);
		put(to, content.data, content.length);
		put_tag(to, part->field.number, WIRE_GROUP_END);
	}
	bytes_free(&content);
}

/*
 * Put a field inside of others like it, as messages or groups.
 */
static void
put_nested(Bytes *to, const Part *part)
{
	int			type = random_below(2) == 0 ? WIRE_BYTES : WIRE_GROUP_START;
	uint64_t	levels = random_below(16) == 0 ? 120 : 1 + random_below(4);
	Bytes		content = {0};

	put_part(&content, part);
	while (levels-- > 0)
	{
		Bytes		outer = {0};

		put_tag(&outer, part->field.number, type);
		if (type == WIRE_BYTES)
			put_varint(&outer, content.length);
		put(&outer, content.data, content.length);
		if (type != WIRE_BYTES)
			put_tag(&outer, part->field.number, WIRE_GROUP_END);
		bytes_free(&content);
		content = outer;
	}
	put(to, content.data, content.length);
	bytes_free(&content);
}

/*
 * Put what one field becomes.
 */
static void
put_changed_part(Bytes *to, const Part *parts, size_t count, size_t index, int depth)
{
	const Part *part = &parts[index];
	Part		other;
	uint64_t	times;

	switch (random_below(11))
	{
		case 0:
			/* gone */
			break;
		case 1:
			times = random_below(8) == 0 ? 100 : 2;
			while (times-- > 0)
				put_part(to, part);
			break;
		case 2:
			put_part(to, &parts[random_below(count)]);
			put_part(to, part);
			break;
		case 3:
			/* another field number; the tag's length is that of its varint */
			other = *part;
			put_tag(to, random_field_number(), (int) part->field.type);
			while (other.start < part->end && *other.start++ >= 0x80)
				;
			put_part(to, &other);
			break;
		case 4:
			put_tag(to, part->field.number, (int) random_below(6));
			put_long_varint(to);
			break;
		case 5:
			put_nested(to, part);
			break;
		case 6:
			/* a length that is not right */
			put_tag(to, part->field.number, WIRE_BYTES);
			put_varint(to, random_number());
			put(to, part->field.bytes.data, part->field.bytes.length);
			break;
		default:
			put_changed_content(to, part, depth);
			break;
	}
}

static void
mutate_at_depth(Bytes *message, int depth)
{
	Part		parts[MAX_PARTS];
	size_t		count = find_parts(message, parts);
	Bytes		result = {0};
	size_t		index;

	if (count == 0 || random_below(16) == 0)
	{
		mutate_bytes(message);
		return;
	}
	index = random_below(count);
	for (size_t i = 0; i < count; i++)
	{
		if (i == index)
			put_changed_part(&result, parts, count, index, depth);
		else
			put_part(&result, &parts[i]);
	}
	put(&result, parts[count - 1].end, (size_t) (message->data + message->length - parts[count - 1].end));
	bytes_free(message);
	*message = result;
}

void
mutate_message(Bytes *message)
{
	mutate_at_depth(message, 0);
}

size_t
mutate_input(uint8_t *data, size_t size, size_t max_size, unsigned int seed,
			 void (*mutate) (Bytes *input))
{
	Bytes		input = {0};

	random_start(seed);
	if (random_below(8) == 0)
		return LLVMFuzzerMutate(data, size, max_size);
	put(&input, data, size);
	mutate(&input);
	if (input.length > 0 && input.length <= max_size)
	{
		size = input.length;
		memcpy(data, input.data, size);
	}
	else
		size = LLVMFuzzerMutate(data, size, max_size);
	bytes_free(&input);
	return size;
}
