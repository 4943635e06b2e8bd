/*-------------------------------------------------------------------------
 *
 * server.c
 *		As much of a PostgreSQL server as printing messages needs.
 *
 * Every palloc() is a malloc() of its own, so that AddressSanitizer sees a step
 * beyond it.  A jsonb is checked instead of made.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "mb/pg_wchar.h"
#include "miscadmin.h"
#include "utils/jsonb.h"

#include "fuzz.h"
#include "server.h"

/* How much stack a query may use, in bytes. */
#define MAX_STACK_BYTES		((intptr_t) 2 * 1024 * 1024)

/* What stands before each allocation; as large as malloc() aligns. */
typedef struct Allocation
{
	struct Allocation *previous;
	struct Allocation *next;
} Allocation;

sigjmp_buf	server_error;
volatile sig_atomic_t InterruptPending = false;

static Allocation allocations = {&allocations, &allocations};
static int	database_encoding;
static const char *stack_base;

void
server_begin(int encoding)
{
	database_encoding = encoding;
	stack_base = __builtin_frame_address(0);
}

void
server_end(void)
{
	while (allocations.next != &allocations)
		pfree(allocations.next + 1);
}

/*
 * Memory
 */

void *
palloc(Size size)
{
	Allocation *allocation = malloc(sizeof(Allocation) + size);

	FUZZ_CHECK(allocation != NULL);
	allocation->previous = &allocations;
	allocation->next = allocations.next;
	allocation->next->previous = allocation;
	allocations.next = allocation;
	return allocation + 1;
}

void *
repalloc(void *pointer, Size size)
{
	Allocation *allocation = realloc((Allocation *) pointer - 1, sizeof(Allocation) + size);

	FUZZ_CHECK(allocation != NULL);
	allocation->previous->next = allocation;
	allocation->next->previous = allocation;
	return allocation + 1;
}

void
pfree(void *pointer)
{
	Allocation *allocation = (Allocation *) pointer - 1;

	allocation->previous->next = allocation->next;
	allocation->next->previous = allocation->previous;
	free(allocation);
}

char *
pnstrdup(const char *text, Size length)
{
	char	   *copy;

	length = strnlen(text, length);
	copy = palloc(length + 1);
	memcpy(copy, text, length);
	copy[length] = '\0';
	return copy;
}

char *
pstrdup(const char *text)
{
	return pnstrdup(text, strlen(text));
}

/*
 * Errors and interrupts
 */

bool
errstart(int elevel, const char *domain pg_attribute_unused())
{
	FUZZ_CHECK(elevel == ERROR);
	return true;
}

bool
errstart_cold(int elevel, const char *domain)
{
	return errstart(elevel, domain);
}

int
errcode(int sqlerrcode)
{
	/* nothing but limits may be reported */
	FUZZ_CHECK(sqlerrcode == ERRCODE_PROGRAM_LIMIT_EXCEEDED);
	return 0;
}

int
errmsg(const char *format pg_attribute_unused(),...)
{
	return 0;
}

void
errfinish(const char *filename pg_attribute_unused(), int lineno pg_attribute_unused(),
		  const char *funcname pg_attribute_unused())
{
	siglongjmp(server_error, 1);
}

void
check_stack_depth(void)
{
	if (stack_base - (const char *) __builtin_frame_address(0) > MAX_STACK_BYTES)
		siglongjmp(server_error, 1);
}

void
ProcessInterrupts(void)
{
}

/*
 * Encodings: none has a conversion, so that what it lacks is escaped.
 */

int
GetDatabaseEncoding(void)
{
	return database_encoding;
}

Oid
FindDefaultConversionProc(int32 from pg_attribute_unused(), int32 to pg_attribute_unused())
{
	return InvalidOid;
}

int
pg_do_encoding_conversion_buf(Oid conversion pg_attribute_unused(), int from pg_attribute_unused(),
							  int to pg_attribute_unused(), unsigned char *source pg_attribute_unused(),
							  int length pg_attribute_unused(), unsigned char *result pg_attribute_unused(),
							  int room pg_attribute_unused(), bool no_error pg_attribute_unused())
{
	FUZZ_CHECK(!"there is no conversion");
	return 0;
}

/*
 * Nothing is stored, so nothing is toasted.
 */
struct varlena *
pg_detoast_datum(struct varlena *datum)
{
	return datum;
}

/*
 * Numbers as text, hex and JSON strings, as the server writes them
 */

extern int	pg_ulltoa_n(uint64 value, char *text);
extern int	pg_lltoa(int64 value, char *text);
extern uint64 hex_encode(const char *from, size_t length, char *to);
extern void escape_json(StringInfo json, const char *text);

/*
 * Without a NUL behind.
 */
int
pg_ulltoa_n(uint64 value, char *text)
{
	char		digits[32];
	int			length = snprintf(digits, sizeof(digits), UINT64_FORMAT, value);

	memcpy(text, digits, length);
	return length;
}

int
pg_lltoa(int64 value, char *text)
{
	return sprintf(text, INT64_FORMAT, value);
}

uint64
hex_encode(const char *from, size_t length, char *to)
{
	for (size_t i = 0; i < length; i++)
	{
		to[2 * i] = "0123456789abcdef"[(uint8) from[i] >> 4];
		to[2 * i + 1] = "0123456789abcdef"[from[i] & 15];
	}
	return length * 2;
}

void
escape_json(StringInfo json, const char *text)
{
	appendStringInfoChar(json, '"');
	for (; *text != '\0'; text++)
	{
		if ((uint8) *text < ' ')
			appendStringInfo(json, "\\u%04x", *text);
		else
		{
			if (*text == '"' || *text == '\\')
				appendStringInfoChar(json, '\\');
			appendStringInfoChar(json, *text);
		}
	}
	appendStringInfoChar(json, '"');
}

/*
 * jsonb: a numeric is its digits here
 */

extern Datum numeric_in(PG_FUNCTION_ARGS);

Datum
numeric_in(PG_FUNCTION_ARGS)
{
	return PG_GETARG_DATUM(0);
}

Datum
DirectFunctionCall3Coll(PGFunction function, Oid collation pg_attribute_unused(), Datum digits,
						Datum type pg_attribute_unused(), Datum modifier pg_attribute_unused())
{
	FUZZ_CHECK(function == numeric_in);
	return PointerGetDatum(pstrdup(DatumGetCString(digits)));
}

Numeric
int64_to_numeric(int64 value)
{
	char		digits[32];

	(void) pg_lltoa(value, digits);
	return (Numeric) pstrdup(digits);
}

static void
check_string(const JsonbValue *json)
{
	const uint8 *at = (const uint8 *) json->val.string.val;
	const uint8 *end = at + json->val.string.len;

	FUZZ_CHECK(json->type == jbvString && json->val.string.len >= 0);
	while (at < end)
	{
		int			length = database_encoding == PG_UTF8 ? pg_utf_mblen(at) : 1;

		FUZZ_CHECK(*at != '\0' && length <= end - at);
		FUZZ_CHECK(database_encoding != PG_UTF8 || pg_utf8_islegal(at, length));
		FUZZ_CHECK(database_encoding != PG_LATIN1 || *at < 0x80);
		at += length;
	}
}

/*
 * Keys are sorted: shorter ones first, then by their bytes.
 */
static void
check_keys(const JsonbValue *a, const JsonbValue *b)
{
	if (a->val.string.len == b->val.string.len)
		FUZZ_CHECK(memcmp(a->val.string.val, b->val.string.val, a->val.string.len) < 0);
	else
		FUZZ_CHECK(a->val.string.len < b->val.string.len);
}

static void
check_jsonb(const JsonbValue *json)
{
	const char *digits;

	switch (json->type)
	{
		case jbvString:
			check_string(json);
			break;
		case jbvNumeric:
			digits = (const char *) json->val.numeric;
			FUZZ_CHECK(digits[strspn(digits, "0123456789-+.e")] == '\0' && digits[0] != '\0');
			break;
		case jbvBool:
			break;
		case jbvArray:
			for (int i = 0; i < json->val.array.nElems; i++)
				check_jsonb(&json->val.array.elems[i]);
			break;
		case jbvObject:
			for (int i = 0; i < json->val.object.nPairs; i++)
			{
				const JsonbPair *pair = &json->val.object.pairs[i];

				check_string(&pair->key);
				if (i > 0)
					check_keys(&pair[-1].key, &pair->key);
				check_jsonb(&pair->value);
			}
			break;
		default:
			FUZZ_CHECK(!"a type that messages have no values of");
	}
}

Jsonb *
JsonbValueToJsonb(JsonbValue *json)
{
	FUZZ_CHECK(json->type == jbvObject);
	check_jsonb(json);
	return (Jsonb *) json;
}
