/*-------------------------------------------------------------------------
 *
 * parallel.c
 *		Building the pieces of a catalog by parallel workers.
 *
 * The leader and its workers claim pieces one after the other.  Workers put
 * what they have built into shared memory, from where the leader copies it.
 * That is as much as is set aside at the beginning; whatever does not fit there
 * the leader goes through once more.
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

#include "catalog/build/pieces.h"
#include "pandelephant.h"

/* So many pieces for each process, so that none has to wait long for another. */
#define PIECES_PER_PROCESS		4

/*
 * Shared memory for what workers have built: a part of the log's size, within
 * these bounds, in bytes.  Much smaller logs have as many things as large ones;
 * and a container may have no more than 64 MB for all its processes.
 */
#define AREA_PART				8
#define AREA_LEAST_BYTES		((Size) 1024 * 1024)
#define AREA_MOST_BYTES			((Size) 32 * 1024 * 1024)

/* What the processes find in the shared memory. */
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
	PlogForm	form;
	bool		knows_form;
	bool		has_asid_info;
	uint64		piece_chunks;
	uint64		piece_count;
	pg_atomic_uint64 next_piece;	/* to be claimed */
	pg_atomic_uint64 bytes;		/* that all pieces take, those that are built included */
} SharedBuild;

typedef struct ArrayShape
{
	Size		pointer;		/* where in Catalog the pointer to it is */
	uint32		element_bytes;
} ArrayShape;

static const ArrayShape arrays[PIECE_ARRAYS] = {
	[PIECE_THREADS] = {offsetof(Catalog, threads), sizeof(CatalogThread)},
	[PIECE_NAMES] = {offsetof(Catalog, names), sizeof(CatalogName)},
	[PIECE_MAPPINGS] = {offsetof(Catalog, mappings), sizeof(CatalogMapping)},
	[PIECE_TEXTS] = {offsetof(Catalog, texts), sizeof(CatalogText)},
	[PIECE_CHUNKS] = {offsetof(Catalog, chunks), sizeof(CatalogChunk)},
	[PIECE_THREADS_OF_CHUNKS] = {offsetof(Catalog, threads_of_chunks), sizeof(uint32)},
	[PIECE_NAMES_OF_CHUNKS] = {offsetof(Catalog, names_of_chunks), sizeof(uint32)},
	[PIECE_POOL] = {offsetof(Catalog, pool), sizeof(char)}
};

extern PGDLLEXPORT void pandelephant_build_pieces(dsm_segment *segment, shm_toc *toc);

/*
 * How large a piece is, and where its arrays are.
 */
static Piece
measure_piece(const Builder *builder)
{
	const Catalog *catalog = builder->catalog;
	Piece		piece;

	memset(&piece, 0, sizeof(piece));
	piece.summary = catalog->summary;
	piece.counts[PIECE_THREADS] = catalog->summary.thread_count;
	piece.counts[PIECE_NAMES] = catalog->summary.name_count;
	piece.counts[PIECE_MAPPINGS] = catalog->summary.mapping_count;
	piece.counts[PIECE_TEXTS] = catalog->text_count;
	piece.counts[PIECE_CHUNKS] = catalog->summary.chunk_count;
	piece.counts[PIECE_THREADS_OF_CHUNKS] = catalog->threads_of_chunks_count;
	piece.counts[PIECE_NAMES_OF_CHUNKS] = catalog->names_of_chunks_count;
	piece.counts[PIECE_POOL] = catalog->pool_bytes;
	piece.entry_order = builder->entry_order;
	piece.syscall_order = builder->syscall_order;
	piece.entry_sample = builder->entry_sample;
	piece.syscall_sample = builder->syscall_sample;
	piece.entry_span = builder->entry_span;
	piece.syscall_span = builder->syscall_span;
	piece.inflated_bytes = builder->inflated_bytes;
	piece.pairs = builder->pairs;
	piece.guest_facts = builder->guest_facts;
	piece.knows_asid_info_form = builder->knows_asid_info_form;
	piece.guessed_asid_info_form = builder->guessed_asid_info_form;
	piece.knows_loaded_libs_form = builder->knows_loaded_libs_form;
	piece.has_asid_info = builder->has_asid_info;
	piece.has_entries_2016 = builder->has_entries_2016;
	piece.wants_earlier_pieces = builder->wants_earlier_pieces;

	piece.bytes = MAXALIGN(sizeof(Piece));
	for (int i = 0; i < PIECE_ARRAYS; i++)
	{
		piece.places[i] = piece.bytes;
		piece.bytes += MAXALIGN(piece.counts[i] * arrays[i].element_bytes);
	}
	return piece;
}

/*
 * Put a piece into one run of memory.
 */
static void
pack_piece(Piece *packed, const Piece *piece, const Catalog *catalog)
{
	*packed = *piece;
	for (int i = 0; i < PIECE_ARRAYS; i++)
	{
		const void *start;
		Size		bytes = piece->counts[i] * arrays[i].element_bytes;

		memcpy(&start, (const char *) catalog + arrays[i].pointer, sizeof(start));
		if (bytes > 0)
			memcpy((char *) packed + piece->places[i], start, bytes);
	}
}

/*
 * Has a piece turned out to be of no use by itself?
 */
static bool
cannot_stand_alone(const Builder *builder)
{
	return builder->wants_earlier_pieces || guessed_wrong_form(builder);
}

/*
 * Go through the chunks of a piece, in the current memory context.  False where
 * it was left because all pieces together take too much.
 */
static bool
build_piece(Builder *builder, PlogFile *file, SharedBuild *shared, uint64 number)
{
	uint64		first = number * shared->piece_chunks;
	uint64		count = Min(shared->piece_chunks, file->reader.chunk_count - first);
	sigjmp_buf	too_large;

	memset(builder, 0, sizeof(*builder));
	builder->bytes_of_pieces = &shared->bytes;
	builder->leave_piece = &too_large;
	if (sigsetjmp(too_large, 0) != 0)
		return false;
	start_builder(builder, file, CurrentMemoryContext, first, count, shared->form,
				  shared->knows_form, shared->has_asid_info);
	builder->is_piece = first > 0;
	for (uint64 i = 0; i < count && !cannot_stand_alone(builder); i++)
		build_from_chunk(builder, first + i);
	settle_libraries(builder);

	/* what follows is to tell */
	builder->wants_earlier_pieces |= builder->has_malformed_guess;
	return !cannot_stand_alone(builder);
}

/*
 * Build a piece and put it into memory of the caller's, or into shared memory.
 * NULL and no pointer where it has no place there, or cannot stand alone.
 */
static Piece *
make_piece(PlogFile *file, SharedBuild *shared, uint64 number, dsa_area *area,
		   dsa_pointer *result)
{
	MemoryContext caller = CurrentMemoryContext;
	MemoryContext context = AllocSetContextCreate(caller, "pandelephant catalog piece",
												  ALLOCSET_DEFAULT_SIZES);
	Piece	   *packed = NULL;
	Piece		piece;
	Builder		builder;
	bool		is_built;

	MemoryContextSwitchTo(context);
	is_built = build_piece(&builder, file, shared, number);
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
	pg_atomic_fetch_sub_u64(&shared->bytes, builder.bytes);
	return packed;
}

void
pandelephant_build_pieces(dsm_segment *segment, shm_toc *toc)
{
	SharedBuild *shared = shm_toc_lookup(toc, KEY_BUILD, false);
	const char *filename = shm_toc_lookup(toc, KEY_FILENAME, false);
	dsa_pointer *results = shm_toc_lookup(toc, KEY_RESULTS, false);
	dsa_area   *area = dsa_attach_in_place(shm_toc_lookup(toc, KEY_AREA, false), segment);
	PlogIdentity identity;
	PlogError	error;
	PlogFile   *file;
	uint64		number;

	/* the leader still has the file that was there, and does without us */
	if (plog_identify(filename, &identity, &error) != PLOG_OK ||
		memcmp(&identity, &shared->state.identity, sizeof(identity)) != 0)
	{
		dsa_detach(area);
		return;
	}
	file = plog_file_open(filename, false, NULL);
	plog_file_must_be(file, &shared->state);
	while ((number = pg_atomic_fetch_add_u64(&shared->next_piece, 1)) < shared->piece_count)
		(void) make_piece(file, shared, number, area, &results[number]);
	plog_file_close(file);
	dsa_detach(area);
}

/*
 * How many workers to ask for.  They get what a CREATE INDEX would get: this is
 * done once for a log, too.
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
 * Divide the log among so many processes.
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
 * Wait for the workers, and copy what they have built.
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
 * Build pieces together with workers that are ready to be launched.
 */
static Pieces *
build_with_workers(ParallelContext *context, PlogFile *file, SharedBuild *shared,
				   dsa_area *area, const dsa_pointer *results)
{
	Pieces	   *pieces = palloc(sizeof(Pieces));
	dsa_pointer unused;
	uint64		number;

	pieces->chunks = shared->piece_chunks;
	pieces->count = shared->piece_count;
	pieces->pieces = palloc0(sizeof(Piece *) * pieces->count);
	while ((number = pg_atomic_fetch_add_u64(&shared->next_piece, 1)) < pieces->count)
		pieces->pieces[number] = make_piece(file, shared, number, NULL, &unused);
	collect_pieces(context, area, results, pieces);
	pieces->bytes = pg_atomic_read_u64(&shared->bytes);
	return pieces;
}

/*
 * Prepare the memory that the processes share, launch the workers, and build.
 */
static Pieces *
launch_and_build(ParallelContext *context, PlogFile *file, const SharedBuild *build)
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
		pieces = build_with_workers(context, file, shared, area, results);
	dsa_detach(area);
	return pieces;
}

Pieces *
build_pieces(PlogFile *file, PlogForm form, bool knows_form, bool has_asid_info)
{
	int			workers = count_workers(file);
	ParallelContext *context;
	SharedBuild build;
	Pieces	   *pieces;

	if (workers == 0)
		return NULL;
	memset(&build, 0, sizeof(build));
	build.state = plog_file_state(file);
	build.form = form;
	build.knows_form = knows_form;
	build.has_asid_info = has_asid_info;
	divide_log(&build, file, workers + 1);

	EnterParallelMode();
	context = CreateParallelContext("pandelephant", "pandelephant_build_pieces", workers);
	pieces = launch_and_build(context, file, &build);
	DestroyParallelContext(context);
	ExitParallelMode();
	if (pieces != NULL)
		ereport(DEBUG1,
				(errmsg_internal("catalog of plog \"%s\" built in %llu pieces", file->filename,
								 (unsigned long long) pieces->count)));
	return pieces;
}
