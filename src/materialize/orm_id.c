/*-------------------------------------------------------------------------
 *
 * orm_id.c
 *		Ids of one column for PANDelephant's ORM, unique over all executions, and
 *		the keys that they were made from.
 *
 * Indexes use these functions, so their results must never change.
 *
 * An integer has the execution's id, from 0, in its upper 24 bits and the id
 * in its lower 40: the ids of the first execution stay as they are.  Those of
 * an argument are the id of its call and, in the lowest 8 bits, its position.
 *
 * A uuid is one of version 8, whose bits are ours: 48 of the execution's id,
 * the version, 12 of the kind, the variant, 62 of the id.  So uuids of one
 * execution and kind lie together in an index, in the order of their ids.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "access/htup_details.h"
#include "fmgr.h"
#include "funcapi.h"
#include "utils/builtins.h"
#include "utils/uuid.h"

#include "compat/varlena.h"

#define ID_BITS			40
#define POSITION_BITS	8
#define EXECUTION_BITS	23

#define UUID_EXECUTION_BITS	48
#define UUID_ID_BITS	62
#define UUID_VERSION	UINT64CONST(0x8000)
#define UUID_VARIANT	(UINT64CONST(1) << 63)

#define LOWEST(bits)	((UINT64CONST(1) << (bits)) - 1)

/* The kinds of things that have uuids, by their number in the uuid, from 1. */
static const char *const kinds[] = {
	NULL, "executions", "processes", "threads", "mappings", "virtual_addresses",
	"code_points", "taint_flows", "threadslices", "syscalls"
};

PG_FUNCTION_INFO_V1(pe_orm_id);
PG_FUNCTION_INFO_V1(pe_orm_argument_id);
PG_FUNCTION_INFO_V1(pe_orm_uuid);
PG_FUNCTION_INFO_V1(pe_orm_key);
PG_FUNCTION_INFO_V1(pe_orm_uuid_key);

/*
 * Report a number that does not fit into its part of an id.
 */
static void
check_range(const char *what, int64 number, int64 lowest, uint64 highest)
{
	if (number < lowest || (number > 0 && (uint64) number > highest))
		ereport(ERROR,
				(errcode(ERRCODE_PROGRAM_LIMIT_EXCEEDED),
				 errmsg("%s %lld cannot be part of an id", what, (long long) number),
				 errdetail("It must be from %lld to %llu.", (long long) lowest,
						   (unsigned long long) highest)));
}

/*
 * Pack an execution's id and another into an integer.
 */
static int64
pack_integer(int64 execution_id, uint64 id)
{
	check_range("execution_id", execution_id, 1, LOWEST(EXECUTION_BITS) + 1);
	return (int64) (((uint64) execution_id - 1) << ID_BITS | id);
}

Datum
pe_orm_id(PG_FUNCTION_ARGS)
{
	int64		id = PG_GETARG_INT64(1);

	check_range("id", id, 0, LOWEST(ID_BITS));
	PG_RETURN_INT64(pack_integer(PG_GETARG_INT64(0), (uint64) id));
}

Datum
pe_orm_argument_id(PG_FUNCTION_ARGS)
{
	int64		syscall_id = PG_GETARG_INT64(1);
	int32		position = PG_GETARG_INT32(2);

	check_range("syscall_id", syscall_id, 0, LOWEST(ID_BITS - POSITION_BITS));
	check_range("position", position, 0, LOWEST(POSITION_BITS));
	PG_RETURN_INT64(pack_integer(PG_GETARG_INT64(0),
								 (uint64) syscall_id << POSITION_BITS | (uint64) position));
}

/*
 * The number of a kind, by its name.
 */
static uint64
kind_number(const text *name)
{
	for (int i = 1; i < (int) lengthof(kinds); i++)
	{
		if (VARSIZE_ANY_EXHDR(name) == strlen(kinds[i]) &&
			memcmp(VARDATA_ANY(name), kinds[i], strlen(kinds[i])) == 0)
			return (uint64) i;
	}
	ereport(ERROR,
			(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
			 errmsg("there is no kind of id \"%s\"", text_to_cstring(name))));
	pg_unreachable();
}

/*
 * A uuid's bytes from or as numbers, the first byte highest.
 */
static void
store_number(unsigned char *bytes, uint64 number)
{
	for (int i = 7; i >= 0; i--, number >>= 8)
		bytes[i] = (unsigned char) number;
}

static uint64
load_number(const unsigned char *bytes)
{
	uint64		number = 0;

	for (int i = 0; i < 8; i++)
		number = number << 8 | bytes[i];
	return number;
}

Datum
pe_orm_uuid(PG_FUNCTION_ARGS)
{
	uint64		kind = kind_number(PG_GETARG_TEXT_PP(0));
	int64		execution_id = PG_GETARG_INT64(1);
	int64		id = PG_GETARG_INT64(2);
	pg_uuid_t  *uuid = palloc(sizeof(pg_uuid_t));

	check_range("execution_id", execution_id, 1, LOWEST(UUID_EXECUTION_BITS));
	check_range("id", id, 0, LOWEST(UUID_ID_BITS));
	store_number(uuid->data, (uint64) execution_id << 16 | UUID_VERSION | kind);
	store_number(uuid->data + 8, UUID_VARIANT | (uint64) id);
	PG_RETURN_UUID_P(uuid);
}

/*
 * A row of the function's result.
 */
static Datum
form_row(FunctionCallInfo fcinfo, Datum *values)
{
	bool		nulls[3] = {false, false, false};
	TupleDesc	descriptor;

	if (get_call_result_type(fcinfo, NULL, &descriptor) != TYPEFUNC_COMPOSITE)
		elog(ERROR, "return type must be a row type");
	return HeapTupleGetDatum(heap_form_tuple(BlessTupleDesc(descriptor), values, nulls));
}

Datum
pe_orm_key(PG_FUNCTION_ARGS)
{
	int64		id = PG_GETARG_INT64(0);
	Datum		values[2];

	if (id < 0)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("%lld is not an id of pe_orm_id()", (long long) id)));
	values[0] = Int64GetDatum((id >> ID_BITS) + 1);
	values[1] = Int64GetDatum(id & (int64) LOWEST(ID_BITS));
	PG_RETURN_DATUM(form_row(fcinfo, values));
}

Datum
pe_orm_uuid_key(PG_FUNCTION_ARGS)
{
	pg_uuid_t  *uuid = PG_GETARG_UUID_P(0);
	uint64		upper = load_number(uuid->data);
	uint64		lower = load_number(uuid->data + 8);
	uint64		kind = upper & LOWEST(12);
	Datum		values[3];

	if ((upper & 0xF000) != UUID_VERSION || lower >> UUID_ID_BITS != UUID_VARIANT >> UUID_ID_BITS ||
		kind == 0 || kind >= lengthof(kinds))
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("this is not a uuid of pe_orm_uuid()")));
	values[0] = CStringGetTextDatum(kinds[kind]);
	values[1] = Int64GetDatum((int64) (upper >> 16));
	values[2] = Int64GetDatum((int64) (lower & LOWEST(UUID_ID_BITS)));
	PG_RETURN_DATUM(form_row(fcinfo, values));
}
