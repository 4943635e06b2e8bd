/*-------------------------------------------------------------------------
 *
 * server.c
 *		As much of a PostgreSQL server as printing messages needs.
 *
 * Every palloc() is a malloc() of its own, so that AddressSanitizer sees a step
 * beyond it.
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

#if PG_VERSION_NUM < 140000

/* A conversion of one character catches errors there; there is no conversion. */

MemoryContext CurrentMemoryContext = NULL;
sigjmp_buf *PG_exception_stack = NULL;
ErrorContextCallback *error_context_stack = NULL;

Datum
OidFunctionCall5Coll(Oid function pg_attribute_unused(), Oid collation pg_attribute_unused(),
					 Datum arg1 pg_attribute_unused(), Datum arg2 pg_attribute_unused(),
					 Datum arg3 pg_attribute_unused(), Datum arg4 pg_attribute_unused(),
					 Datum arg5 pg_attribute_unused())
{
	FUZZ_CHECK(!"there is no conversion");
	return 0;
}

ErrorData *
CopyErrorData(void)
{
	FUZZ_CHECK(!"there is no conversion");
	return NULL;
}

void
FlushErrorState(void)
{
	FUZZ_CHECK(!"there is no conversion");
}

void
FreeErrorData(ErrorData *error pg_attribute_unused())
{
	FUZZ_CHECK(!"there is no conversion");
}

void
pg_re_throw(void)
{
	FUZZ_CHECK(!"there is no conversion");
	abort();
}

#endif

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
 * Numerics: here they are their digits
 */

static Numeric
numeric_of_digits(const char *digits)
{
	Size		length = strlen(digits);
	char	   *numeric = palloc(VARHDRSZ + length);

	SET_VARSIZE(numeric, VARHDRSZ + length);
	memcpy(numeric + VARHDRSZ, digits, length);
	return (Numeric) numeric;
}

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
	return PointerGetDatum(numeric_of_digits(DatumGetCString(digits)));
}

#if PG_VERSION_NUM < 140000
static
#endif
Numeric
int64_to_numeric(int64 value)
{
	char		digits[32];

	(void) pg_lltoa(value, digits);
	return numeric_of_digits(digits);
}

#if PG_VERSION_NUM < 140000

extern Datum int8_numeric(PG_FUNCTION_ARGS);

Datum
int8_numeric(PG_FUNCTION_ARGS)
{
	return PG_GETARG_DATUM(0);
}

Datum
DirectFunctionCall1Coll(PGFunction function, Oid collation pg_attribute_unused(), Datum value)
{
	FUZZ_CHECK(function == int8_numeric);
	return NumericGetDatum(int64_to_numeric(DatumGetInt64(value)));
}

#endif

/*
 * jsonb, as utils/jsonb.h describes its bytes
 */

/* A value within a jsonb, and what its JEntry says of it. */
typedef struct Child
{
	JEntry		entry;
	const char *start;
	const char *end;
} Child;

static void check_container(const char *jsonb, const char *start, const char *end, bool is_root);

/*
 * Numbers in a jsonb stand at a multiple of four, with zeros before them.
 */
static const char *
skip_padding(const char *jsonb, const char *at, const char *end)
{
	while ((at - jsonb) % sizeof(uint32) != 0)
		FUZZ_CHECK(at < end && *at++ == 0);
	return at;
}

static void
check_string(const Child *string)
{
	const uint8 *at = (const uint8 *) string->start;
	const uint8 *end = (const uint8 *) string->end;

	FUZZ_CHECK(JBE_ISSTRING(string->entry));
	while (at < end)
	{
		int			length = database_encoding == PG_UTF8 ? pg_utf_mblen(at) : 1;

		FUZZ_CHECK(*at != '\0' && length <= end - at);
		FUZZ_CHECK(database_encoding != PG_UTF8 || pg_utf8_islegal(at, length));
		FUZZ_CHECK(database_encoding != PG_LATIN1 || *at < 0x80);
		at += length;
	}
}

static void
check_numeric(const char *jsonb, const Child *numeric)
{
	const char *start = skip_padding(jsonb, numeric->start, numeric->end);
	const char *at = start + VARHDRSZ;

	FUZZ_CHECK(numeric->end - start > VARHDRSZ);
	FUZZ_CHECK(VARSIZE(start) == (Size) (numeric->end - start));
	for (; at < numeric->end; at++)
		FUZZ_CHECK(strchr("0123456789-+.e", *at) != NULL && *at != '\0');
}

static void
check_value(const char *jsonb, const Child *value)
{
	if (JBE_ISSTRING(value->entry))
		check_string(value);
	else if (JBE_ISNUMERIC(value->entry))
		check_numeric(jsonb, value);
	else if (JBE_ISCONTAINER(value->entry))
		check_container(jsonb, value->start, value->end, false);
	else
		FUZZ_CHECK(JBE_ISBOOL(value->entry) && value->start == value->end);
}

/*
 * Keys are sorted: shorter ones first, then by their bytes.
 */
static void
check_keys(const Child *a, const Child *b)
{
	Size		length_a = a->end - a->start;
	Size		length_b = b->end - b->start;

	FUZZ_CHECK(length_a <= length_b);
	FUZZ_CHECK(length_a < length_b || memcmp(a->start, b->start, length_a) < 0);
}

/*
 * Read the JEntries of a container; what they are of fills it.
 */
static Child *
read_children(const char *entries, uint32 count, const char *end)
{
	const char *first = entries + sizeof(JEntry) * count;
	const char *at = first;
	Child	   *children;

	FUZZ_CHECK(sizeof(JEntry) * count <= (Size) (end - entries));
	children = palloc(sizeof(Child) * count + 1);
	for (uint32 i = 0; i < count; i++)
	{
		JEntry		entry;

		memcpy(&entry, entries + sizeof(JEntry) * i, sizeof(JEntry));
		FUZZ_CHECK(JBE_HAS_OFF(entry) == (i % JB_OFFSET_STRIDE == 0));
		children[i].entry = entry;
		children[i].start = at;
		at = JBE_HAS_OFF(entry) ? first + JBE_OFFLENFLD(entry) : at + JBE_OFFLENFLD(entry);
		FUZZ_CHECK(at >= children[i].start && at <= end);
		children[i].end = at;
	}
	FUZZ_CHECK(at == end);
	return children;
}

static void
check_container(const char *jsonb, const char *start, const char *end, bool is_root)
{
	uint32		header;
	uint32		count;
	Child	   *children;

	start = skip_padding(jsonb, start, end);
	FUZZ_CHECK(end - start >= (ptrdiff_t) sizeof(header));
	memcpy(&header, start, sizeof(header));
	FUZZ_CHECK((header & ~JB_CMASK) == JB_FOBJECT || (!is_root && (header & ~JB_CMASK) == JB_FARRAY));
	count = header & JB_CMASK;
	if ((header & JB_FOBJECT) == 0)
	{
		children = read_children(start + sizeof(header), count, end);
		for (uint32 i = 0; i < count; i++)
			check_value(jsonb, &children[i]);
	}
	else
	{
		children = read_children(start + sizeof(header), count * 2, end);
		for (uint32 i = 0; i < count; i++)
		{
			check_string(&children[i]);
			if (i > 0)
				check_keys(&children[i - 1], &children[i]);
			check_value(jsonb, &children[count + i]);
		}
	}
	pfree(children);
}

void
server_check_jsonb(const Jsonb *jsonb)
{
	const char *start = (const char *) jsonb;

	check_container(start, start + VARHDRSZ, start + VARSIZE(jsonb), true);
}
