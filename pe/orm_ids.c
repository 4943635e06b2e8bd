/*-------------------------------------------------------------------------
 *
 * orm_ids.c
 *		New ids for rows of PANDelephant's ORM.
 *
 * Integers count on from the largest that is there.  Rows that others refer to
 * come in the order of their numbers in the log, which may have gaps; a bit
 * for each number, and a count for each 64 of them, tell which id a number
 * got.  So a call takes a quarter of a byte for each entry of the log.
 *
 * A uuid is random: of a row that is referred to it is a function of its table
 * and number that has a random key, SipHash-2-4 with 128 bits (Aumasson and
 * Bernstein, 2012), so that none has to be kept.
 *
 *-------------------------------------------------------------------------
 */
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

#include "orm.h"

#define MAX_TABLES 32

/* No log has as many entries. */
#define MAX_NUMBER (INT64_C(1) << 40)

typedef struct Word
{
	uint64_t	bits;
	int64_t		before;			/* ids of the numbers before these 64 */
} Word;

typedef struct Ids
{
	int64_t		after,
				count;
	int64_t		last_number;
	Word	   *words;
	int64_t		word_count,
				word_size;
	bool		is_fixed;		/* for all rows the same one */
	int64_t		fixed_number;
	unsigned char fixed_uuid[16];
} Ids;

static Ids	ids[MAX_TABLES];
static bool are_uuids;
static uint64_t random_key[2];
static unsigned char made[8][16];
static unsigned int next_made = 0;

void
orm_ids_begin(int generation)
{
	are_uuids = generation == 2;
	for (int i = 0; i < MAX_TABLES; i++)
	{
		free(ids[i].words);
		memset(&ids[i], 0, sizeof(ids[i]));
		ids[i].last_number = -1;
	}
	if (getrandom(random_key, sizeof(random_key), 0) != (ssize_t) sizeof(random_key))
		die(FAILED, "no random numbers");
}

void
orm_ids_after(int table, int64_t last)
{
	ids[table].after = last;
}

/* ------------------------------------------------------------------------
 * Uuids
 * ------------------------------------------------------------------------ */

#define ROTATE(x, bits) ((x) << (bits) | (x) >> (64 - (bits)))

static void
mix(uint64_t *v)
{
	v[0] += v[1];
	v[1] = ROTATE(v[1], 13) ^ v[0];
	v[0] = ROTATE(v[0], 32);
	v[2] += v[3];
	v[3] = ROTATE(v[3], 16) ^ v[2];
	v[0] += v[3];
	v[3] = ROTATE(v[3], 21) ^ v[0];
	v[2] += v[1];
	v[1] = ROTATE(v[1], 17) ^ v[2];
	v[2] = ROTATE(v[2], 32);
}

static void
compress(uint64_t *v, uint64_t word)
{
	v[3] ^= word;
	mix(v);
	mix(v);
	v[0] ^= word;
}

static uint64_t
finish_hash(uint64_t *v)
{
	for (int i = 0; i < 4; i++)
		mix(v);
	return v[0] ^ v[1] ^ v[2] ^ v[3];
}

/*
 * A uuid of version 4.
 */
static void
make_uuid(unsigned char *uuid, int table, int64_t number)
{
	uint64_t	v[4] = {
		random_key[0] ^ UINT64_C(0x736f6d6570736575),
		random_key[1] ^ UINT64_C(0x646f72616e646f6d) ^ 0xee,
		random_key[0] ^ UINT64_C(0x6c7967656e657261),
		random_key[1] ^ UINT64_C(0x7465646279746573)
	};
	uint64_t	parts[2];

	compress(v, (uint64_t) table);
	compress(v, (uint64_t) number);
	compress(v, UINT64_C(16) << 56);
	v[2] ^= 0xee;
	parts[0] = finish_hash(v);
	v[1] ^= 0xdd;
	parts[1] = finish_hash(v);
	memcpy(uuid, parts, 16);
	uuid[6] = (unsigned char) ((uuid[6] & 0x0f) | 0x40);
	uuid[8] = (unsigned char) ((uuid[8] & 0x3f) | 0x80);
}

static OrmValue
uuid_value(const unsigned char *uuid)
{
	return (OrmValue) {.data = (const char *) uuid, .length = 16};
}

/* ------------------------------------------------------------------------
 * Integers
 * ------------------------------------------------------------------------ */

/*
 * Note a number, which must be above all before it.
 */
static void
note(Ids *of, int64_t number)
{
	int64_t		word = number / 64;

	if (number <= of->last_number || number > MAX_NUMBER)
		die(FAILED, "rows of the log come in no order");
	if (word >= of->word_size)
	{
		of->word_size = word + 1 + word / 2;
		of->words = enlarge(of->words, sizeof(Word) * (size_t) of->word_size);
	}
	while (of->word_count <= word)
	{
		of->words[of->word_count].bits = 0;
		of->words[of->word_count++].before = of->count;
	}
	of->words[word].bits |= UINT64_C(1) << (number % 64);
	of->last_number = number;
	of->count++;
}

OrmValue
orm_id_make(int table, int64_t number)
{
	if (!are_uuids && !ids[table].is_fixed)
		note(&ids[table], number);
	return orm_id_of(table, number);
}

OrmValue
orm_id_next(int table)
{
	return (OrmValue) {.number = ids[table].after + ++ids[table].count};
}

OrmValue
orm_id_of(int table, int64_t number)
{
	const Ids  *of = &ids[table];
	int64_t		word = number / 64;
	uint64_t	bit = UINT64_C(1) << (number % 64);

	if (are_uuids)
	{
		unsigned char *uuid = made[next_made++ % 8];

		if (of->is_fixed)
			return uuid_value(of->fixed_uuid);
		make_uuid(uuid, table, number);
		return uuid_value(uuid);
	}
	if (of->is_fixed)
		return (OrmValue) {.number = of->fixed_number};
	if (number < 0 || word >= of->word_count || (of->words[word].bits & bit) == 0)
		die(FAILED, "a row of the log refers to one that is not there");
	return (OrmValue) {.number = of->after + of->words[word].before + 1 +
		__builtin_popcountll(of->words[word].bits & (bit - 1))};
}

int64_t
orm_last_id(int table)
{
	return ids[table].is_fixed ? 0 : ids[table].after + ids[table].count;
}

/*
 * The digits of a uuid as numbers.
 */
static void
read_uuid(unsigned char *uuid, const char *text)
{
	int			digits = 0;

	memset(uuid, 0, 16);
	for (; *text != '\0' && digits < 32; text++)
	{
		static const char hex[] = "0123456789abcdef";
		const char *found = strchr(hex, *text | 0x20);

		if (*text == '-' || found == NULL)
			continue;
		uuid[digits / 2] = (unsigned char) (uuid[digits / 2] << 4 | (found - hex));
		digits++;
	}
}

void
orm_id_fix(int table, const char *text)
{
	ids[table].is_fixed = true;
	if (are_uuids)
		read_uuid(ids[table].fixed_uuid, text);
	else
		ids[table].fixed_number = strtoll(text, NULL, 10);
}
