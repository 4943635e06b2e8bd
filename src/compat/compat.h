/*-------------------------------------------------------------------------
 *
 * compat.h
 *		What differs between PostgreSQL 13 and 18.
 *
 * The only place with PG_VERSION_NUM.
 *
 *-------------------------------------------------------------------------
 */
#ifndef PANDELEPHANT_COMPAT_H
#define PANDELEPHANT_COMPAT_H

#include "catalog/namespace.h"
#include "catalog/partition.h"
#include "commands/explain.h"
#include "common/jsonapi.h"
#include "fmgr.h"
#include "mb/pg_wchar.h"
#include "miscadmin.h"
#include "nodes/nodeFuncs.h"
#include "optimizer/pathnode.h"
#include "optimizer/paths.h"
#include "partitioning/partdesc.h"
#include "storage/proc.h"
#include "utils/builtins.h"
#include "utils/memutils.h"
#include "utils/tuplesort.h"
#include "utils/typcache.h"

#if PG_VERSION_NUM < 130000 || PG_VERSION_NUM >= 190000
#error "pandelephant needs PostgreSQL 13 to 18"
#endif

/* The parts of postgres.h that went elsewhere. */
#if PG_VERSION_NUM >= 160000
#include "varatt.h"
#endif

/* The parts of explain.h that went elsewhere. */
#if PG_VERSION_NUM >= 180000
#include "commands/explain_format.h"
#include "commands/explain_state.h"
#endif

#include "common/sha2.h"

#if PG_VERSION_NUM >= 140000
#include "commands/progress.h"
#include "common/cryptohash.h"
#include "utils/backend_progress.h"
#endif

/* The plans that a ModifyTable has besides the outer one. */
#if PG_VERSION_NUM >= 140000
#define modified_plans(modify)	NIL
#else
#define modified_plans(modify)	((modify)->plans)
#endif

#if PG_VERSION_NUM < 180000
#define pg_noreturn	pg_attribute_noreturn()
#endif

#if PG_VERSION_NUM < 140000
#define ROLE_PG_READ_SERVER_FILES	DEFAULT_ROLE_READ_SERVER_FILES
#define ROLE_PG_DATABASE_OWNER		InvalidOid
#define list_make5(x1, x2, x3, x4, x5)	lappend(list_make4(x1, x2, x3, x4), x5)
#endif

/* What tells a backend's transactions apart. */
#if PG_VERSION_NUM >= 170000
#define my_local_transaction_id()	(MyProc->vxid.lxid)
#else
#define my_local_transaction_id()	(MyProc->lxid)
#endif

/* A table's partitions, and the table that one belongs to. */
#if PG_VERSION_NUM >= 140000
#define get_partitions(table)		RelationGetPartitionDesc(table, true)
#define partition_parent(partition) get_partition_parent(partition, true)
#else
#define get_partitions(table)		RelationGetPartitionDesc(table)
#define partition_parent(partition) get_partition_parent(partition)
#endif

/* The settings' prefix is ours alone. */
#if PG_VERSION_NUM < 150000
#define MarkGUCPrefixReserved(prefix) EmitWarningsOnPlaceholders(prefix)
#endif

/*
 * create_foreignscan_path() for a base relation.
 */
static inline ForeignPath *
create_foreign_scan_path(PlannerInfo *root, RelOptInfo *baserel, double rows,
						 Cost startup_cost, Cost total_cost, List *pathkeys,
						 Relids required_outer, List *private)
{
#if PG_VERSION_NUM >= 180000
	return create_foreignscan_path(root, baserel, NULL, rows, 0, startup_cost, total_cost,
								   pathkeys, required_outer, NULL, NIL, private);
#elif PG_VERSION_NUM >= 170000
	return create_foreignscan_path(root, baserel, NULL, rows, startup_cost, total_cost,
								   pathkeys, required_outer, NULL, NIL, private);
#else
	return create_foreignscan_path(root, baserel, NULL, rows, startup_cost, total_cost,
								   pathkeys, required_outer, NULL, private);
#endif
}

/*
 * create_foreign_upper_path() for one row of aggregates.
 */
static inline ForeignPath *
create_foreign_aggregate_path(PlannerInfo *root, RelOptInfo *rel, PathTarget *target, Cost cost,
							  List *private)
{
#if PG_VERSION_NUM >= 180000
	return create_foreign_upper_path(root, rel, target, 1, 0, cost, cost, NIL, NULL, NIL, private);
#elif PG_VERSION_NUM >= 170000
	return create_foreign_upper_path(root, rel, target, 1, cost, cost, NIL, NULL, NIL, private);
#else
	return create_foreign_upper_path(root, rel, target, 1, cost, cost, NIL, NULL, private);
#endif
}

/*
 * tuplesort_begin_heap() for rows that are read once.
 */
static inline Tuplesortstate *
begin_heap_sort(TupleDesc descriptor, int key_count, AttrNumber *attributes, Oid *operators,
				Oid *collations, bool *nulls_first)
{
#if PG_VERSION_NUM >= 150000
	return tuplesort_begin_heap(descriptor, key_count, attributes, operators, collations,
								nulls_first, work_mem, NULL, TUPLESORT_NONE);
#else
	return tuplesort_begin_heap(descriptor, key_count, attributes, operators, collations,
								nulls_first, work_mem, NULL, false);
#endif
}

/*
 * Ascending order of an expression, by its type's "less than", as pathkeys of
 * one; NIL where nobody asks for it.
 */
static inline List *
order_by_expression(PlannerInfo *root, RelOptInfo *baserel, Expr *expression)
{
	TypeCacheEntry *type = lookup_type_cache(exprType((Node *) expression), TYPECACHE_LT_OPR);

#if PG_VERSION_NUM >= 160000
	return build_expression_pathkey(root, expression, type->lt_opr, baserel->relids, false);
#else
	return build_expression_pathkey(root, expression, NULL, type->lt_opr, baserel->relids, false);
#endif
}

/*
 * A random number between 0 and 1 from a reservoir's state.
 */
#if PG_VERSION_NUM >= 150000
#define sample_random_fraction(reservoir)	sampler_random_fract(&(reservoir)->randstate)
#else
#define sample_random_fraction(reservoir)	sampler_random_fract((reservoir)->randstate)
#endif

/*
 * Convert one character from UTF-8 to the database encoding, with a NUL behind
 * it.  False where the encoding lacks it, or there is no conversion.  The
 * converted bytes of a character stay below size.
 */
#if PG_VERSION_NUM >= 140000

static inline bool
convert_utf8_character(const unsigned char *character, int length,
					   unsigned char *converted, int size)
{
	Oid			conversion = FindDefaultConversionProc(PG_UTF8, GetDatabaseEncoding());

	if (!OidIsValid(conversion))
		return false;
	return pg_do_encoding_conversion_buf(conversion, PG_UTF8, GetDatabaseEncoding(),
										 unconstify(unsigned char *, character), length,
										 converted, size, true) == length;
}

#else

static inline bool
convert_utf8_character(const unsigned char *character, int length,
					   unsigned char *converted, int size pg_attribute_unused())
{
	MemoryContext context = CurrentMemoryContext;
	Oid			conversion = FindDefaultConversionProc(PG_UTF8, GetDatabaseEncoding());
	volatile bool done = false;

	if (!OidIsValid(conversion))
		return false;

	/* a conversion procedure holds nothing that an error would leave behind */
	PG_TRY();
	{
		OidFunctionCall5(conversion, Int32GetDatum(PG_UTF8), Int32GetDatum(GetDatabaseEncoding()),
						 CStringGetDatum(character), CStringGetDatum(converted),
						 Int32GetDatum(length));
		done = true;
	}
	PG_CATCH();
	{
		ErrorData  *error;

		MemoryContextSwitchTo(context);
		error = CopyErrorData();
		if (error->sqlerrcode != ERRCODE_UNTRANSLATABLE_CHARACTER &&
			error->sqlerrcode != ERRCODE_CHARACTER_NOT_IN_REPERTOIRE)
			PG_RE_THROW();
		FlushErrorState();
		FreeErrorData(error);
	}
	PG_END_TRY();
	Assert(!done || strlen((char *) converted) < (size_t) size);
	return done;
}

#endif

/*
 * Showing work as that of a COPY, in pg_stat_progress_copy.
 */
#if PG_VERSION_NUM >= 140000

static inline void
start_copy_progress(Oid table, uint64 bytes)
{
	const int	parameters[] = {
		PROGRESS_COPY_COMMAND, PROGRESS_COPY_TYPE, PROGRESS_COPY_BYTES_TOTAL
	};
	const int64 values[] = {
		PROGRESS_COPY_COMMAND_FROM, PROGRESS_COPY_TYPE_FILE, (int64) bytes
	};

	pgstat_progress_start_command(PROGRESS_COMMAND_COPY, table);
	pgstat_progress_update_multi_param(lengthof(parameters), parameters, values);
}

#define report_copied_bytes(bytes) \
	pgstat_progress_update_param(PROGRESS_COPY_BYTES_PROCESSED, (int64) (bytes))
#define report_copied_rows(rows) \
	pgstat_progress_update_param(PROGRESS_COPY_TUPLES_PROCESSED, (int64) (rows))
#define end_copy_progress()		pgstat_progress_end_command()

#else

#define start_copy_progress(table, bytes)	((void) (table))
#define report_copied_bytes(bytes)			((void) 0)
#define report_copied_rows(rows)			((void) 0)
#define end_copy_progress()					((void) 0)

#endif

/*
 * SHA-256.  A state that is not ended goes with the transaction.
 */
#define SHA256_BYTES			PG_SHA256_DIGEST_LENGTH

#if PG_VERSION_NUM >= 140000

typedef pg_cryptohash_ctx Sha256;

static inline void
check_sha256(int result)
{
	if (result < 0)
		elog(ERROR, "could not compute SHA-256");
}

static inline Sha256 *
sha256_begin(void)
{
	Sha256	   *sha256 = pg_cryptohash_create(PG_SHA256);

	check_sha256(pg_cryptohash_init(sha256));
	return sha256;
}

static inline void
sha256_add(Sha256 *sha256, const uint8 *bytes, Size length)
{
	check_sha256(pg_cryptohash_update(sha256, bytes, length));
}

static inline void
sha256_end(Sha256 *sha256, uint8 *hash)
{
	check_sha256(pg_cryptohash_final(sha256, hash, SHA256_BYTES));
	pg_cryptohash_free(sha256);
}

#else

typedef pg_sha256_ctx Sha256;

#define sha256_add(sha256, bytes, length)	pg_sha256_update(sha256, bytes, length)

static inline Sha256 *
sha256_begin(void)
{
	Sha256	   *sha256 = palloc(sizeof(Sha256));

	pg_sha256_init(sha256);
	return sha256;
}

static inline void
sha256_end(Sha256 *sha256, uint8 *hash)
{
	pg_sha256_final(sha256, hash);
	pfree(sha256);
}

#endif

/*
 * A number as numeric.
 */
#if PG_VERSION_NUM < 140000
#define int64_to_numeric(value) \
	DatumGetNumeric(DirectFunctionCall1(int8_numeric, Int64GetDatum(value)))
#endif

/*
 * The actions of a JSON parser end with JSON_ACTION_DONE.
 */
#if PG_VERSION_NUM >= 160000
typedef JsonParseErrorType JsonActionResult;
#define JSON_ACTION_DONE	return JSON_SUCCESS
#else
typedef void JsonActionResult;
#define JSON_ACTION_DONE	return
#endif

/*
 * What a JSON parser reads text in the database encoding with.
 */
static inline JsonLexContext *
make_json_lexer(const char *json, size_t length)
{
#if PG_VERSION_NUM >= 170000
	return makeJsonLexContextCstringLen(NULL, json, length, GetDatabaseEncoding(), true);
#else
	return makeJsonLexContextCstringLen(unconstify(char *, json), (int) length,
										GetDatabaseEncoding(), true);
#endif
}

#endif							/* PANDELEPHANT_COMPAT_H */
