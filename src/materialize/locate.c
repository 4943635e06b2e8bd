/*-------------------------------------------------------------------------
 *
 * locate.c
 *		pe_locate(): the mapping that a pc lies in, by the rows of a table.
 *
 * The rule is place.c's, which wants a catalog; here it gets one that has nothing
 * but the mappings of one execution, as the table mappings shows them, foreign or
 * native.  They are read when an execution is first asked for, with the rights of
 * the current user, and kept as long as the function is called with the same table,
 * user and snapshot.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "catalog/pg_type.h"
#include "executor/spi.h"
#include "fmgr.h"
#include "lib/stringinfo.h"
#include "miscadmin.h"
#include "utils/builtins.h"
#include "utils/hsearch.h"
#include "utils/lsyscache.h"
#include "utils/memutils.h"
#include "utils/snapmgr.h"

#include "catalog/place.h"
#include "log/snapshot_key.h"
#include "materialize/sql.h"
#include "relations/relation.h"

/* The parameters of pe_locate(). */
enum
{
	MAPPINGS,
	EXECUTION_ID,
	PROCESS_ID,
	PC,
	EXECUTION_OFFSET,
	ASID
};

/* What is read of each mapping, in the order of the query. */
enum
{
	MAPPING_ID,
	MAPPING_PROCESS_ID,
	MAPPING_ASID,
	MAPPING_BASE_ADDRESS,
	MAPPING_SIZE,
	MAPPING_FIRST_SEEN,
	MAPPING_LAST_SEEN,
	MAPPING_COLUMNS
};

static const char *const mapping_columns[MAPPING_COLUMNS] = {
	"mapping_id", "process_id", "asid", "base_address", "size",
	"first_seen_execution_offset", "last_seen_execution_offset"
};

/* So many mappings are read at a time. */
#define MAPPINGS_PER_FETCH	10000

/* From a process_id to the index that the finder knows it by. */
typedef struct ProcessEntry
{
	int64		process_id;
	uint32		index;
} ProcessEntry;

/* The mappings of an execution. */
typedef struct ExecutionPlaces
{
	int64		execution_id;	/* the key */
	Catalog    *catalog;
	int64	   *mapping_ids;	/* by the mapping's index, ascending */
	uint32		capacity;		/* of the arrays */
	HTAB	   *processes;		/* of ProcessEntry */
	PlaceFinder *finder;
} ExecutionPlaces;

/* What the function keeps from call to call. */
typedef struct Locator
{
	MemoryContext context;		/* of all of it */
	Oid			mappings;
	Oid			user;			/* whose rights, and row-level security, held */
	SnapshotKey snapshot;
	HTAB	   *executions;		/* of ExecutionPlaces */
	ExecutionPlaces *last;		/* that was asked for, or NULL */
} Locator;

PG_FUNCTION_INFO_V1(pe_locate);

static HTAB *
create_hash(MemoryContext context, const char *name, Size entry_size)
{
	HASHCTL		control = {0};

	control.keysize = sizeof(int64);
	control.entrysize = entry_size;
	control.hcxt = context;
	return hash_create(name, 64, &control, HASH_ELEM | HASH_BLOBS | HASH_CONTEXT);
}

/*
 * A table's name, qualified and quoted.  One that is not there is reported: nothing
 * keeps other sessions from dropping it before it is first read.
 */
static const char *
name_of_table(Oid table)
{
	char	   *name = get_rel_name(table);
	char	   *schema = name == NULL ? NULL : get_namespace_name(get_rel_namespace(table));

	if (schema == NULL)
		ereport(ERROR,
				(errcode(ERRCODE_UNDEFINED_TABLE),
				 errmsg("relation with OID %u does not exist", table)));
	return quote_qualified_identifier(schema, name);
}

/*
 * Report a table that does not have a column of mappings.
 */
static void
check_column(Oid mappings, const char *column)
{
	AttrNumber	attribute = get_attnum(mappings, column);

	if (attribute == InvalidAttrNumber || get_atttype(mappings, attribute) != INT8OID)
		ereport(ERROR,
				(errcode(ERRCODE_WRONG_OBJECT_TYPE),
				 errmsg("\"%s\" has no column \"%s\" of type bigint", get_rel_name(mappings), column),
				 errhint("The first argument of pe_locate() is a table of the relation \"mappings\".")));
}

/*
 * Report what is not a table of mappings.
 */
static void
check_columns(Oid mappings)
{
	check_column(mappings, "execution_id");
	for (int i = 0; i < MAPPING_COLUMNS; i++)
		check_column(mappings, mapping_columns[i]);
}

/*
 * The cursor over an execution's mappings.
 */
static Portal
open_mappings(Oid mappings, int64 execution_id)
{
	StringInfoData query;
	Oid			types[1] = {INT8OID};
	Datum		values[1] = {Int64GetDatum(execution_id)};

	initStringInfo(&query);
	appendStringInfoString(&query, "SELECT ");
	for (int i = 0; i < MAPPING_COLUMNS; i++)
		appendStringInfo(&query, "%s%s", i > 0 ? ", " : "", mapping_columns[i]);
	appendStringInfo(&query, " FROM %s WHERE execution_id OPERATOR(pg_catalog.=) $1 "
					 "ORDER BY mapping_id", name_of_table(mappings));
	return SPI_cursor_open_with_args(NULL, query.data, 1, types, values, NULL, true, 0);
}

/*
 * The index of a process.
 */
static uint32
index_of_process(ExecutionPlaces *places, int64 process_id)
{
	bool		found;
	ProcessEntry *entry = hash_search(places->processes, &process_id, HASH_ENTER, &found);

	if (!found)
		entry->index = places->catalog->summary.process_count++;
	return entry->index;
}

/*
 * Make room for one mapping more.
 */
static void
ensure_room(ExecutionPlaces *places)
{
	Catalog    *catalog = places->catalog;

	if (catalog->summary.mapping_count < places->capacity)
		return;
	if (places->capacity >= CATALOG_NONE / 2)
		ereport(ERROR,
				(errcode(ERRCODE_PROGRAM_LIMIT_EXCEEDED),
				 errmsg("execution " INT64_FORMAT " has too many mappings",
						places->execution_id)));
	places->capacity *= 2;
	catalog->mappings = repalloc_huge(catalog->mappings,
									  sizeof(CatalogMapping) * (Size) places->capacity);
	places->mapping_ids = repalloc_huge(places->mapping_ids,
										sizeof(int64) * (Size) places->capacity);
}

/*
 * Add a row.  What is of no process, or has no id, is the place of nothing.
 */
static void
add_mapping(ExecutionPlaces *places, HeapTuple row, TupleDesc descriptor)
{
	Catalog    *catalog = places->catalog;
	uint64		values[MAPPING_COLUMNS];
	bool		nulls[MAPPING_COLUMNS];
	CatalogMapping *mapping;

	for (int i = 0; i < MAPPING_COLUMNS; i++)
	{
		Datum		value = SPI_getbinval(row, descriptor, i + 1, &nulls[i]);

		values[i] = nulls[i] ? 0 : (uint64) DatumGetInt64(value);
	}
	if (nulls[MAPPING_ID] || nulls[MAPPING_PROCESS_ID])
		return;
	ensure_room(places);
	mapping = &catalog->mappings[catalog->summary.mapping_count];
	memset(mapping, 0, sizeof(*mapping));
	mapping->process = index_of_process(places, (int64) values[MAPPING_PROCESS_ID]);
	mapping->has_asid = !nulls[MAPPING_ASID];
	mapping->asid = values[MAPPING_ASID];
	mapping->has_base_address = !nulls[MAPPING_BASE_ADDRESS];
	mapping->base_address = values[MAPPING_BASE_ADDRESS];
	mapping->has_size = !nulls[MAPPING_SIZE];
	mapping->size = values[MAPPING_SIZE];

	/* empty where it was never seen at a known offset */
	mapping->span.first = nulls[MAPPING_FIRST_SEEN] ? PLOG_UNKNOWN : values[MAPPING_FIRST_SEEN];
	mapping->span.last = nulls[MAPPING_LAST_SEEN] ? 0 : values[MAPPING_LAST_SEEN];
	places->mapping_ids[catalog->summary.mapping_count++] = (int64) values[MAPPING_ID];
}

/*
 * Read an execution's mappings into memory of the context.
 */
static void
read_mappings(ExecutionPlaces *places, Oid mappings, MemoryContext context)
{
	Portal		cursor;

	sql_connect();
	cursor = open_mappings(mappings, places->execution_id);
	for (;;)
	{
		MemoryContext caller;

		SPI_cursor_fetch(cursor, true, MAPPINGS_PER_FETCH);
		if (SPI_processed == 0)
			break;
		caller = MemoryContextSwitchTo(context);
		for (uint64 i = 0; i < SPI_processed; i++)
			add_mapping(places, SPI_tuptable->vals[i], SPI_tuptable->tupdesc);
		MemoryContextSwitchTo(caller);
		SPI_freetuptable(SPI_tuptable);
	}
	SPI_cursor_close(cursor);
	sql_finish();
}

/*
 * The mappings of an execution, ready to be searched.
 */
static ExecutionPlaces
make_places(Locator *locator, int64 execution_id)
{
	MemoryContext caller = MemoryContextSwitchTo(locator->context);
	ExecutionPlaces places;

	places.execution_id = execution_id;
	places.capacity = 64;
	places.catalog = palloc0(sizeof(Catalog));
	places.catalog->mappings = palloc(sizeof(CatalogMapping) * places.capacity);
	places.mapping_ids = palloc(sizeof(int64) * places.capacity);
	places.processes = create_hash(locator->context, "processes of pe_locate",
								   sizeof(ProcessEntry));
	read_mappings(&places, locator->mappings, locator->context);
	places.finder = place_finder_create(places.catalog);
	MemoryContextSwitchTo(caller);
	return places;
}

/*
 * The same, made when an execution is first asked for.  It is kept only when it is
 * whole: reading may fail.
 */
static ExecutionPlaces *
places_of_execution(Locator *locator, int64 execution_id)
{
	ExecutionPlaces *places = locator->last;

	if (places != NULL && places->execution_id == execution_id)
		return places;
	places = hash_search(locator->executions, &execution_id, HASH_FIND, NULL);
	if (places == NULL)
	{
		ExecutionPlaces made = make_places(locator, execution_id);

		places = hash_search(locator->executions, &execution_id, HASH_ENTER, NULL);
		*places = made;
	}
	locator->last = places;
	return places;
}

static bool
is_usable(const Locator *locator, Oid mappings, const SnapshotKey *snapshot)
{
	return locator->mappings == mappings && locator->user == GetUserId() &&
		is_same_key(&locator->snapshot, snapshot);
}

/*
 * What is kept for the call, made anew where it is for another table or user, or for
 * a snapshot that may show other rows.
 */
static Locator *
get_locator(FunctionCallInfo fcinfo, Oid mappings)
{
	Locator    *locator = fcinfo->flinfo->fn_extra;
	SnapshotKey snapshot = key_of_snapshot(GetActiveSnapshot());
	MemoryContext context;

	if (locator != NULL && is_usable(locator, mappings, &snapshot))
		return locator;
	(void) name_of_table(mappings);
	check_columns(mappings);
	fcinfo->flinfo->fn_extra = NULL;
	if (locator != NULL)
		MemoryContextDelete(locator->context);
	context = AllocSetContextCreate(fcinfo->flinfo->fn_mcxt, "pe_locate", ALLOCSET_DEFAULT_SIZES);
	locator = MemoryContextAllocZero(context, sizeof(Locator));
	locator->context = context;
	locator->mappings = mappings;
	locator->user = GetUserId();
	locator->snapshot = snapshot;
	locator->executions = create_hash(context, "executions of pe_locate", sizeof(ExecutionPlaces));
	fcinfo->flinfo->fn_extra = locator;
	return locator;
}

/*
 * pe_locate(mappings regclass, execution_id bigint, process_id bigint, pc bigint,
 * execution_offset bigint, asid bigint) returns bigint: the mapping_id.  The last
 * two may be NULL, not known; where another is, or there is no place, so is the
 * result.
 */
Datum
pe_locate(PG_FUNCTION_ARGS)
{
	ExecutionPlaces *places;
	ProcessEntry *process;
	PlaceQuery	query;
	int64		process_id;
	uint32		mapping;

	if (PG_ARGISNULL(MAPPINGS) || PG_ARGISNULL(EXECUTION_ID) || PG_ARGISNULL(PROCESS_ID) ||
		PG_ARGISNULL(PC))
		PG_RETURN_NULL();
	places = places_of_execution(get_locator(fcinfo, PG_GETARG_OID(MAPPINGS)),
								 PG_GETARG_INT64(EXECUTION_ID));
	process_id = PG_GETARG_INT64(PROCESS_ID);
	process = hash_search(places->processes, &process_id, HASH_FIND, NULL);
	if (process == NULL)
		PG_RETURN_NULL();
	query.pc = (uint64) PG_GETARG_INT64(PC);
	query.has_offset = !PG_ARGISNULL(EXECUTION_OFFSET);
	query.offset = query.has_offset ? (uint64) PG_GETARG_INT64(EXECUTION_OFFSET) : 0;
	query.has_asid = !PG_ARGISNULL(ASID);
	query.asid = query.has_asid ? (uint64) PG_GETARG_INT64(ASID) : 0;
	mapping = place_find(places->finder, process->index, &query);
	if (mapping == CATALOG_NONE)
		PG_RETURN_NULL();
	PG_RETURN_INT64(places->mapping_ids[mapping]);
}
