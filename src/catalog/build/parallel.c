/*-------------------------------------------------------------------------
 *
 * parallel.c
 *		Building the pieces of a log by parallel workers.
 *
 * The leader and its workers claim one piece after the other.  Workers put what
 * they have built into shared memory, from which the leader copies it.  The size
 * of that memory is fixed at the beginning; if a piece does not fit, the leader
 * reads its chunks once more.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "access/parallel.h"
#include "access/xact.h"
#include "miscadmin.h"
#include "optimizer/optimizer.h"
#include "optimizer/paths.h"
#include "storage/lwlock.h"
#include "utils/dsa.h"
#include "utils/memutils.h"
#include "utils/snapmgr.h"

#include "catalog/build/parallel.h"
#include "catalog/build/taker.h"

/* Pieces for each process: several, so that none has to wait long for another. */
#define PIECES_PER_PROCESS		4

/*
 * Shared memory for what workers build: this part of the log's size, but within
 * these bounds.  A small log may have as many things as a large one; and a
 * container may have no more than 64 MB of shared memory for all its processes.
 */
#define AREA_PART				8
#define AREA_LEAST_BYTES		((Size) 1024 * 1024)
#define AREA_MOST_BYTES			((Size) 32 * 1024 * 1024)

/* Keys of what is in shared memory. */
enum SharedKey
{
	KEY_BUILD,
	KEY_FILENAME,
	KEY_RESULTS,
	KEY_AREA
};

/* What the processes are told. */
typedef struct SharedBuild
{
	PlogFileState state;		/* of the file that the leader opened */
	KnownForm	known;
	uint32		wish;			/* see taker.h */
	uint64		piece_chunks;
	uint64		piece_count;
	pg_atomic_uint64 next_piece;	/* to be claimed */
	pg_atomic_uint64 bytes;		/* that all pieces take, also while they are built */
} SharedBuild;

extern PGDLLEXPORT void pandelephant_build_pieces(dsm_segment *segment, shm_toc *toc);

/*
 * Build a piece, and put it into shared memory if there is an area, or else into
 * the current memory context.  Returns NULL, and leaves *result as it is or invalid,
 * if it does not fit there or cannot be used.
 */
static Piece *
make_piece(PlogFile *file, SharedBuild *shared, uint64 number, void *taker, dsa_area *area,
		   dsa_pointer *result)
{
	MemoryContext caller = CurrentMemoryContext;
	MemoryContext context = AllocSetContextCreate(caller, "pandelephant catalog piece",
												  ALLOCSET_DEFAULT_SIZES);
	Piece	   *packed = NULL;
	Piece		piece;
	uint64		first_chunk = number * shared->piece_chunks;
	Builder		builder;
	bool		is_built;

	MemoryContextSwitchTo(context);
	is_built = build_piece(&builder, file, first_chunk,
						   Min(shared->piece_chunks, file->reader.chunk_count - first_chunk),
						   &shared->known, taker, &shared->bytes);
	MemoryContextSwitchTo(caller);
	if (is_built)
	{
		piece = measure_piece(&builder);
		if (area == NULL)
			packed = MemoryContextAllocHuge(caller, piece.bytes);
		else
		{
			*result = dsa_allocate_extended(area, piece.bytes, DSA_ALLOC_HUGE | DSA_ALLOC_NO_OOM);
			if (DsaPointerIsValid(*result))
				packed = dsa_get_address(area, *result);
		}
	}
	if (packed != NULL)
	{
		pack_piece(packed, &piece, builder.catalog);
		pg_atomic_fetch_add_u64(&shared->bytes, piece.bytes);
	}
	MemoryContextDelete(context);
	pg_atomic_fetch_sub_u64(&shared->bytes, builder.memory.bytes);
	return packed;
}

void
pandelephant_build_pieces(dsm_segment *segment, shm_toc *toc)
{
	SharedBuild *shared = shm_toc_lookup(toc, KEY_BUILD, false);
	const char *filename = shm_toc_lookup(toc, KEY_FILENAME, false);
	dsa_pointer *results = shm_toc_lookup(toc, KEY_RESULTS, false);
	dsa_area   *area = dsa_attach_in_place(shm_toc_lookup(toc, KEY_AREA, false), segment);
	PlogFile   *file;
	void	   *taker;
	uint64		number;

	/* if the file was replaced, the leader still has the old one open, and reads it alone */
	if (!plog_file_may_be(filename, &shared->state))
	{
		dsa_detach(area);
		return;
	}
	file = plog_file_open(filename, false, NULL);
	plog_file_must_be(file, &shared->state);
	taker = shared->wish == 0 ? NULL : catalog_chunk_taker->start(file, shared->wish);
	while ((number = pg_atomic_fetch_add_u64(&shared->next_piece, 1)) < shared->piece_count)
		(void) make_piece(file, shared, number, taker, area, &results[number]);
	plog_file_close(file);
	dsa_detach(area);
}

/*
 * How many workers to ask for: as many as for a CREATE INDEX, which is done once
 * for a table as this is done once for a log.
 */
static int
count_workers(const PlogFile *file)
{
	double		pages = (double) file->reader.identity.size / BLCKSZ;

	if (file->recover || IsParallelWorker() || !IsUnderPostmaster || !ActiveSnapshotSet() ||
		pages < min_parallel_table_scan_size || file->reader.chunk_count < 2)
		return 0;
	return (int) Min((uint64) max_parallel_maintenance_workers, file->reader.chunk_count - 1);
}

static Size
choose_area_bytes(const PlogFile *file)
{
	Size		most = Min((Size) maintenance_work_mem * 1024, AREA_MOST_BYTES);

	return Max(Min((Size) file->reader.identity.size / AREA_PART, most), AREA_LEAST_BYTES);
}

static void *
allocate_shared(ParallelContext *context, enum SharedKey key, Size bytes)
{
	void	   *space = shm_toc_allocate(context->toc, bytes);

	shm_toc_insert(context->toc, key, space);
	return space;
}

/*
 * Divide the log into pieces for so many processes.
 */
static void
divide_log(SharedBuild *shared, const PlogFile *file, int processes)
{
	uint64		chunks = file->reader.chunk_count;
	uint64		wanted = (uint64) processes * PIECES_PER_PROCESS;

	shared->piece_chunks = (chunks + wanted - 1) / wanted;
	shared->piece_count = (chunks + shared->piece_chunks - 1) / shared->piece_chunks;
}

/*
 * Wait for the workers to finish, and copy their pieces.
 */
static void
collect_pieces(ParallelContext *context, dsa_area *area, const dsa_pointer *results,
			   Pieces *pieces)
{
	WaitForParallelWorkersToFinish(context);
	for (uint64 i = 0; i < pieces->count; i++)
	{
		const Piece *piece;

		if (!DsaPointerIsValid(results[i]))
			continue;
		piece = dsa_get_address(area, results[i]);
		pieces->pieces[i] = MemoryContextAllocHuge(CurrentMemoryContext, piece->bytes);
		memcpy(pieces->pieces[i], piece, piece->bytes);
		dsa_free(area, results[i]);
	}
}

/*
 * Build pieces in this process, too, and collect all of them.
 */
static Pieces *
build_with_workers(ParallelContext *context, PlogFile *file, SharedBuild *shared, void *taker,
				   dsa_area *area, const dsa_pointer *results)
{
	Pieces	   *pieces = palloc(sizeof(Pieces));
	dsa_pointer unused;
	uint64		number;

	pieces->chunks = shared->piece_chunks;
	pieces->count = shared->piece_count;
	pieces->pieces = palloc0(sizeof(Piece *) * pieces->count);
	while ((number = pg_atomic_fetch_add_u64(&shared->next_piece, 1)) < pieces->count)
		pieces->pieces[number] = make_piece(file, shared, number, taker, NULL, &unused);
	collect_pieces(context, area, results, pieces);
	pieces->bytes = pg_atomic_read_u64(&shared->bytes);
	return pieces;
}

/*
 * Prepare the shared memory, launch the workers, and build.  NULL if there is no
 * shared memory or no worker.
 */
static Pieces *
launch_and_build(ParallelContext *context, PlogFile *file, const SharedBuild *build, void *taker)
{
	Size		area_bytes = choose_area_bytes(file);
	SharedBuild *shared;
	dsa_pointer *results;
	dsa_area   *area;
	Pieces	   *pieces = NULL;

	shm_toc_estimate_chunk(&context->estimator, sizeof(SharedBuild));
	shm_toc_estimate_chunk(&context->estimator, strlen(file->filename) + 1);
	shm_toc_estimate_chunk(&context->estimator, sizeof(dsa_pointer) * build->piece_count);
	shm_toc_estimate_chunk(&context->estimator, area_bytes);
	shm_toc_estimate_keys(&context->estimator, 4);
	InitializeParallelDSM(context);
	if (context->seg == NULL)
		return NULL;

	shared = allocate_shared(context, KEY_BUILD, sizeof(SharedBuild));
	*shared = *build;
	pg_atomic_init_u64(&shared->next_piece, 0);
	pg_atomic_init_u64(&shared->bytes, 0);
	strcpy(allocate_shared(context, KEY_FILENAME, strlen(file->filename) + 1), file->filename);
	results = allocate_shared(context, KEY_RESULTS, sizeof(dsa_pointer) * build->piece_count);
	for (uint64 i = 0; i < build->piece_count; i++)
		results[i] = InvalidDsaPointer;
	area = dsa_create_in_place(allocate_shared(context, KEY_AREA, area_bytes), area_bytes,
							   LWTRANCHE_PARALLEL_QUERY_DSA, context->seg);
	dsa_set_size_limit(area, area_bytes);

	LaunchParallelWorkers(context);
	if (context->nworkers_launched > 0)
		pieces = build_with_workers(context, file, shared, taker, area, results);
	dsa_detach(area);
	return pieces;
}

Pieces *
build_pieces(PlogFile *file, const KnownForm *known, uint32 wish, void *taker)
{
	int			workers = count_workers(file);
	ParallelContext *context;
	SharedBuild build;
	Pieces	   *volatile pieces = NULL;

	if (workers == 0)
		return NULL;
	memset(&build, 0, sizeof(build));
	build.state = plog_file_state(file);
	build.known = *known;
	build.wish = wish;
	divide_log(&build, file, workers + 1);

	/* the library's scans go on after the error of a damaged log */
	EnterParallelMode();
	context = CreateParallelContext("pandelephant", "pandelephant_build_pieces", workers);
	PG_TRY();
	{
		pieces = launch_and_build(context, file, &build, taker);
	}
	PG_FINALLY();
	{
		DestroyParallelContext(context);
		ExitParallelMode();
	}
	PG_END_TRY();
	if (pieces != NULL)
		ereport(DEBUG1,
				(errmsg_internal("catalog of plog \"%s\" built in %llu pieces", file->filename,
								 (unsigned long long) pieces->count)));
	return pieces;
}
