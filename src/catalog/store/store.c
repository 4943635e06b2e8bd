/*-------------------------------------------------------------------------
 *
 * store.c
 *		The catalogs kept on disk.
 *
 * Each is a file of its own in a directory of the data directory: a header,
 * and behind it the catalog's arrays as they stand in memory.  It is written
 * under another name and renamed, so a file is there as a whole or not at all;
 * after a crash of the machine its checksums tell.  There are no locks: of two
 * that write the same catalog, the last wins.
 *
 * A file is found by a hash of what stat() tells of the log, so that planning
 * finds it without opening the log.  What the log's bytes tell stands in the
 * header, and is compared when the catalog is loaded.
 *
 * Nothing in a file is trusted.  Checksums find what was damaged; but a file
 * may also be made to look right, so all that the backend relies on is checked
 * one by one, too.
 *
 * Between opening and closing a file nothing here may raise an error, for
 * nobody else would close it.  So instead of checking for interrupts, reading
 * and writing give up when one waits, and the caller's next check sees to it.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>
#include <utime.h>

#include "common/file_perm.h"
#include "common/hashfn.h"
#include "mb/pg_wchar.h"
#include "miscadmin.h"
#include "port/pg_crc32c.h"
#include "storage/fd.h"
#include "storage/proc.h"
#include "storage/procarray.h"
#include "utils/memutils.h"

#include "catalog/store/store.h"
#include "pandelephant.h"

/*
 * To be counted up with every change of what a catalog holds or of what it
 * means: a repair of how a log is understood is one, too.
 */
#define CATALOG_FORMAT			11

/* The first bytes of a file; read the other way round they are no other's. */
#define STORE_MAGIC				UINT64CONST(0x474C5441434E4150)

/* Below the data directory, which is the server's working directory. */
#define STORE_DIRECTORY			"pandelephant_cache"

/* Names: of a catalog a hash, of one that is being written its process. */
#define CATALOG_SUFFIX			".catalog"
#define TEMPORARY_SUFFIX		".tmp"
#define MAX_NAME				32

/* Arrays in a file begin at multiples of it. */
#define ARRAY_ALIGNMENT			8

/* Bytes that are read or written at once, between looks at interrupts. */
#define PIECE_BYTES				((Size) 1024 * 1024)

/* A file that is used is touched when its time is off by so many seconds. */
#define SECONDS_PER_TOUCH		60

/* The arrays, in the order in which they stand in a file. */
typedef enum StoreArray
{
	STORE_THREADS,
	STORE_PROCESSES,
	STORE_NAMES,
	STORE_MAPPINGS,
	STORE_CODE_POINTS,
	STORE_CODE_POINTS_BY_PLACE,
	STORE_TEXTS,
	STORE_NAMES_OF_THREADS,
	STORE_NAMES_OF_PROCESSES,
	STORE_CHUNKS,
	STORE_THREADS_OF_CHUNKS,
	STORE_NAMES_OF_CHUNKS,
	STORE_POOL,
	STORE_ARRAYS
} StoreArray;

typedef struct ArrayShape
{
	Size		pointer;		/* where in Catalog the pointer to it is */
	uint32		element_bytes;
} ArrayShape;

static const ArrayShape arrays[STORE_ARRAYS] = {
	[STORE_THREADS] = {offsetof(Catalog, threads), sizeof(CatalogThread)},
	[STORE_PROCESSES] = {offsetof(Catalog, processes), sizeof(CatalogProcess)},
	[STORE_NAMES] = {offsetof(Catalog, names), sizeof(CatalogName)},
	[STORE_MAPPINGS] = {offsetof(Catalog, mappings), sizeof(CatalogMapping)},
	[STORE_CODE_POINTS] = {offsetof(Catalog, code_points), sizeof(CatalogCodePoint)},
	[STORE_CODE_POINTS_BY_PLACE] = {offsetof(Catalog, code_points_by_place), sizeof(uint32)},
	[STORE_TEXTS] = {offsetof(Catalog, texts), sizeof(CatalogText)},
	[STORE_NAMES_OF_THREADS] = {offsetof(Catalog, names_of_threads), sizeof(uint32)},
	[STORE_NAMES_OF_PROCESSES] = {offsetof(Catalog, names_of_processes), sizeof(uint32)},
	[STORE_CHUNKS] = {offsetof(Catalog, chunks), sizeof(CatalogChunk)},
	[STORE_THREADS_OF_CHUNKS] = {offsetof(Catalog, threads_of_chunks), sizeof(uint32)},
	[STORE_NAMES_OF_CHUNKS] = {offsetof(Catalog, names_of_chunks), sizeof(uint32)},
	[STORE_POOL] = {offsetof(Catalog, pool), sizeof(char)}
};

/*
 * What a file is found by.  It is compared as bytes, so there is no padding.
 */
typedef struct StoreName
{
	uint32		format;
	uint32		layout;			/* of the arrays' elements: see layout() */
	uint32		encoding;		/* of the texts */
	uint32		recover;
	PlogIdentity identity;
} StoreName;

typedef struct StoreHeader
{
	uint64		magic;
	pg_crc32c	header_checksum;	/* of the header from body_checksum on */
	pg_crc32c	body_checksum;	/* of all that is behind the header */
	StoreName	name;
	uint32		checksum;		/* as in CatalogKey */
	uint32		chunks_checksum;
	CatalogSummary summary;
	uint64		counts[STORE_ARRAYS];	/* elements of the arrays */
} StoreHeader;

typedef enum StoreResult
{
	STORE_GOOD,
	STORE_BAD,					/* the file is of no use to anybody */
	STORE_UNREAD				/* nothing is known of it */
} StoreResult;

/* A file, as eviction sees it. */
typedef struct StoreFile
{
	char		name[MAX_NAME];
	int64		used;			/* nanoseconds since 1970 */
	uint64		bytes;
} StoreFile;

/*
 * How many bytes all files may have together; 0: there shall be none.
 */
static uint64
store_limit(void)
{
	return pandelephant_catalog_cache ? (uint64) pandelephant_catalog_cache_size * 1024 : 0;
}

static inline bool
has_interrupt(void)
{
	return QueryCancelPending || ProcDiePending;
}

static int64
nanoseconds(struct timespec time)
{
	return (int64) time.tv_sec * 1000000000 + time.tv_nsec;
}

/*
 * A hash of what structs look like, for whoever changes one and forgets
 * CATALOG_FORMAT.
 */
static uint32
layout(void)
{
	uint32		bytes[STORE_ARRAYS + 1];

	for (int i = 0; i < STORE_ARRAYS; i++)
		bytes[i] = arrays[i].element_bytes;
	bytes[STORE_ARRAYS] = sizeof(StoreHeader);
	return hash_bytes((const unsigned char *) bytes, sizeof(bytes));
}

static StoreName
make_name(const PlogIdentity *identity, bool recover)
{
	StoreName	name;

	memset(&name, 0, sizeof(name));
	name.format = CATALOG_FORMAT;
	name.layout = layout();
	name.encoding = (uint32) GetDatabaseEncoding();
	name.recover = recover ? 1 : 0;
	name.identity = *identity;
	return name;
}

static void
make_path(char *path, const StoreName *name)
{
	uint64		hash = hash_bytes_extended((const unsigned char *) name, sizeof(*name), 0);

	snprintf(path, MAXPGPATH, "%s/%016llx%s",
			 STORE_DIRECTORY, (unsigned long long) hash, CATALOG_SUFFIX);
}

static void *
get_array(const Catalog *catalog, StoreArray array)
{
	void	   *start;

	memcpy(&start, (const char *) catalog + arrays[array].pointer, sizeof(start));
	return start;
}

static void
set_array(Catalog *catalog, StoreArray array, void *start)
{
	memcpy((char *) catalog + arrays[array].pointer, &start, sizeof(start));
}

/*
 * How many elements the arrays have, by the catalog.
 */
static void
get_counts(const Catalog *catalog, uint64 *counts)
{
	counts[STORE_THREADS] = catalog->summary.thread_count;
	counts[STORE_PROCESSES] = catalog->summary.process_count;
	counts[STORE_NAMES] = catalog->summary.name_count;
	counts[STORE_MAPPINGS] = catalog->summary.mapping_count;
	counts[STORE_CODE_POINTS] = catalog->summary.code_point_count;
	counts[STORE_CODE_POINTS_BY_PLACE] = catalog->summary.code_point_count;
	counts[STORE_TEXTS] = catalog->text_count;
	counts[STORE_NAMES_OF_THREADS] = catalog->summary.name_count;
	counts[STORE_NAMES_OF_PROCESSES] = catalog->names_of_processes_count;
	counts[STORE_CHUNKS] = catalog->summary.chunk_count;
	counts[STORE_THREADS_OF_CHUNKS] = catalog->threads_of_chunks_count;
	counts[STORE_NAMES_OF_CHUNKS] = catalog->names_of_chunks_count;
	counts[STORE_POOL] = catalog->pool_bytes;
}

/*
 * Give the catalog the counts of a file.  False where they are not what its
 * summary says, or beyond what the catalog can count.
 */
static bool
set_counts(Catalog *catalog, const uint64 *counts)
{
	uint64		set[STORE_ARRAYS];

	catalog->text_count = (uint32) counts[STORE_TEXTS];
	catalog->names_of_processes_count = (uint32) counts[STORE_NAMES_OF_PROCESSES];
	catalog->threads_of_chunks_count = counts[STORE_THREADS_OF_CHUNKS];
	catalog->names_of_chunks_count = counts[STORE_NAMES_OF_CHUNKS];
	catalog->pool_bytes = counts[STORE_POOL];
	get_counts(catalog, set);
	return memcmp(set, counts, sizeof(set)) == 0;
}

/*
 * Find where the arrays are in a body of so many bytes.  False if they do not
 * just fill it.  Bytes stay far below 2^63, so aligning them does not wrap.
 */
static bool
place_arrays(const uint64 *counts, uint64 body_bytes, uint64 *places)
{
	uint64		at = 0;

	for (int i = 0; i < STORE_ARRAYS; i++)
	{
		places[i] = at;
		if (counts[i] > (body_bytes - at) / arrays[i].element_bytes)
			return false;
		at = TYPEALIGN64(ARRAY_ALIGNMENT, at + counts[i] * arrays[i].element_bytes);
		if (at > body_bytes)
			return false;
	}
	return at == body_bytes;
}

static uint64
count_body_bytes(const uint64 *counts)
{
	uint64		bytes = 0;

	for (int i = 0; i < STORE_ARRAYS; i++)
		bytes += TYPEALIGN64(ARRAY_ALIGNMENT, counts[i] * arrays[i].element_bytes);
	return bytes;
}

static pg_crc32c
checksum_of_header(const StoreHeader *header)
{
	Size		start = offsetof(StoreHeader, body_checksum);
	pg_crc32c	checksum;

	INIT_CRC32C(checksum);
	COMP_CRC32C(checksum, (const char *) header + start, sizeof(StoreHeader) - start);
	FIN_CRC32C(checksum);
	return checksum;
}

/* ------------------------------------------------------------------------
 * Is a catalog what the backend relies on?
 * ------------------------------------------------------------------------
 */

/*
 * Is it a bool?  One that is not may not even be looked at as a bool.
 */
static inline bool
is_bool(const bool *value)
{
	return *(const unsigned char *) value <= 1;
}

static bool
indexes_are_below(const uint32 *indexes, uint64 count, uint32 limit)
{
	for (uint64 i = 0; i < count; i++)
	{
		if (indexes[i] >= limit)
			return false;
	}
	return true;
}

static inline bool
run_is_within(const CatalogRun *run, uint64 count)
{
	return run->first <= count && run->count <= count - run->first;
}

static inline bool
text_or_none_is_below(uint32 text, uint32 limit)
{
	return text == CATALOG_NONE || text < limit;
}

/*
 * Are the lists of common values within their arrays, and the texts ended?
 */
static bool
spread_is_sound(const CatalogSpread *spread)
{
	if (spread->common_name_count > CATALOG_COMMON || spread->common_thread_count > CATALOG_COMMON ||
		spread->common_process_count > CATALOG_COMMON)
		return false;
	for (uint32 i = 0; i < spread->common_name_count; i++)
	{
		const char *text = spread->common_names[i].text;
		Size		length = strnlen(text, CATALOG_COMMON_TEXT);

		if (length == CATALOG_COMMON_TEXT ||
			!pg_verify_mbstr(GetDatabaseEncoding(), text, (int) length, true))
			return false;
	}
	return true;
}

static bool
summary_is_sound(const CatalogSummary *summary)
{
	return spread_is_sound(&summary->spread) &&
		summary->guest > GUEST_AUTO && summary->guest < GUESTS &&
		summary->entry_quantiles.count <= CATALOG_QUANTILES &&
		summary->syscall_quantiles.count <= CATALOG_QUANTILES &&
		is_bool(&summary->form.asid_info_2018) && is_bool(&summary->form.arguments_2020) &&
		is_bool(&summary->form.loaded_libs_2020) && is_bool(&summary->form.entries_2016) &&
		is_bool(&summary->slices_from_proc_trace) &&
		is_bool(&summary->entries_are_sorted) && is_bool(&summary->syscalls_are_sorted);
}

/*
 * Is it one that catalog_thread_key() makes?
 */
static bool
key_is_sound(const CatalogThreadKey *key)
{
	CatalogThreadKey made;

	if (!is_bool(&key->has_tid) || !is_bool(&key->has_create_time) || !is_bool(&key->has_pid))
		return false;
	made = catalog_thread_key(key->has_tid, key->tid, key->has_create_time, key->create_time,
							  key->has_pid, key->pid);
	return memcmp(&made, key, sizeof(made)) == 0;
}

static bool
threads_are_sound(const Catalog *catalog)
{
	const CatalogSummary *summary = &catalog->summary;
	uint64		next_name = 0;

	for (uint32 i = 0; i < summary->thread_count; i++)
	{
		const CatalogThread *thread = &catalog->threads[i];

		CHECK_FOR_INTERRUPTS();
		if (!key_is_sound(&thread->key) || thread->process >= summary->process_count ||
			thread->first_name != next_name ||
			(thread->first_listed != CATALOG_NOWHERE &&
			 (thread->first_listed < thread->first_entry ||
			  thread->first_listed >= summary->entry_count)))
			return false;
		next_name += thread->name_count;
		if (next_name > summary->name_count)
			return false;
	}
	return next_name == summary->name_count &&
		indexes_are_below(catalog->names_of_threads, summary->name_count, summary->name_count);
}

static bool
processes_are_sound(const Catalog *catalog)
{
	uint32		names = catalog->names_of_processes_count;

	for (uint32 i = 0; i < catalog->summary.process_count; i++)
	{
		const CatalogProcess *process = &catalog->processes[i];

		CHECK_FOR_INTERRUPTS();
		if (!is_bool(&process->has_create_time) || process->first_name > names ||
			process->name_count > names - process->first_name ||
			(process->parent != CATALOG_NONE &&
			 (process->parent >= catalog->summary.process_count || process->parent == i)))
			return false;
	}
	return indexes_are_below(catalog->names_of_processes, names, catalog->text_count);
}

static bool
names_are_sound(const Catalog *catalog)
{
	for (uint32 i = 0; i < catalog->summary.name_count; i++)
	{
		const CatalogName *name = &catalog->names[i];

		if (name->thread >= catalog->summary.thread_count || name->text >= catalog->text_count)
			return false;
	}
	return true;
}

static bool
mappings_are_sound(const Catalog *catalog)
{
	for (uint32 i = 0; i < catalog->summary.mapping_count; i++)
	{
		const CatalogMapping *mapping = &catalog->mappings[i];

		if (mapping->process >= catalog->summary.process_count ||
			!text_or_none_is_below(mapping->name, catalog->text_count) ||
			!text_or_none_is_below(mapping->path, catalog->text_count) ||
			!is_bool(&mapping->has_asid) || !is_bool(&mapping->has_base_address) ||
			!is_bool(&mapping->has_size))
			return false;
	}
	return true;
}

/*
 * Is each code point within its mapping, and in the order of places, where none
 * stands twice?
 */
static bool
code_points_are_sound(const Catalog *catalog)
{
	uint32		count = catalog->summary.code_point_count;
	const CatalogCodePoint *before = NULL;

	if (!indexes_are_below(catalog->code_points_by_place, count, count))
		return false;
	for (uint32 i = 0; i < count; i++)
	{
		const CatalogCodePoint *point = &catalog->code_points[catalog->code_points_by_place[i]];
		const CatalogMapping *mapping;

		CHECK_FOR_INTERRUPTS();
		if (point->mapping >= catalog->summary.mapping_count)
			return false;
		mapping = &catalog->mappings[point->mapping];
		if (!mapping->has_base_address || !mapping->has_size || point->offset >= mapping->size ||
			(before != NULL && catalog_compare_code_points(before, point) >= 0))
			return false;
		before = point;
	}
	return true;
}

/*
 * Are the texts within the pool, and valid in the database encoding?
 */
static bool
texts_are_sound(const Catalog *catalog)
{
	int			encoding = GetDatabaseEncoding();

	for (uint32 i = 0; i < catalog->text_count; i++)
	{
		const CatalogText *text = &catalog->texts[i];

		CHECK_FOR_INTERRUPTS();
		if (text->offset > catalog->pool_bytes ||
			text->length > catalog->pool_bytes - text->offset || text->length > PG_INT32_MAX ||
			!pg_verify_mbstr(encoding, catalog->pool + text->offset, (int) text->length, true))
			return false;
	}
	return true;
}

static bool
chunk_is_sound(const Catalog *catalog, const CatalogChunk *chunk, uint64 entries)
{
	for (int kind = 0; kind < CATALOG_KINDS; kind++)
	{
		if (chunk->messages[kind] > entries)
			return false;
	}
	return is_bool(&chunk->has_other_kinds) && is_bool(&chunk->has_odd_syscalls) &&
		is_bool(&chunk->has_mixed_syscalls) && is_bool(&chunk->has_next_trace) &&
		is_bool(&chunk->knows_next_trace_start) &&
		run_is_within(&chunk->syscall_threads, catalog->threads_of_chunks_count) &&
		run_is_within(&chunk->slice_threads, catalog->threads_of_chunks_count) &&
		run_is_within(&chunk->syscall_names, catalog->names_of_chunks_count);
}

static bool
entries_are_within(const CatalogSpan *entries, uint64 count)
{
	return catalog_span_is_empty(entries) || entries->last < count;
}

/*
 * Are the chunks those of the log, and what the summary sums up?
 */
static bool
chunks_are_sound(const Catalog *catalog, const PlogReader *reader)
{
	const CatalogSummary *summary = &catalog->summary;
	uint64		messages[CATALOG_KINDS] = {0};
	uint64		arguments = 0;
	uint64		slices = 0;

	if (summary->chunk_count != reader->chunk_count || summary->entry_count != reader->entry_count)
		return false;
	for (uint64 i = 0; i < summary->chunk_count; i++)
	{
		const CatalogChunk *chunk = &catalog->chunks[i];

		CHECK_FOR_INTERRUPTS();
		if (!chunk_is_sound(catalog, chunk, reader->chunks[i].entries) ||
			chunk->first_slice != slices ||
			chunk->slices > summary->slice_count - slices ||
			chunk->arguments > summary->argument_count - arguments)
			return false;
		slices += chunk->slices;
		arguments += chunk->arguments;
		for (int kind = 0; kind < CATALOG_KINDS; kind++)
			messages[kind] += chunk->messages[kind];
	}
	return entries_are_within(&summary->entries, summary->entry_count) &&
		entries_are_within(&summary->flow_entries, summary->entry_count) &&
		entries_are_within(&summary->syscall_entries, summary->entry_count) &&
		slices == summary->slice_count && arguments == summary->argument_count &&
		memcmp(messages, summary->messages, sizeof(messages)) == 0 &&
		!(summary->form.entries_2016 && messages[CATALOG_ASID_INFO] > 0) &&
		summary->slices_from_proc_trace ==
		(messages[CATALOG_ASID_INFO] == 0 && !summary->form.entries_2016) &&
		indexes_are_below(catalog->threads_of_chunks, catalog->threads_of_chunks_count,
						  summary->thread_count) &&
		indexes_are_below(catalog->names_of_chunks, catalog->names_of_chunks_count,
						  catalog->text_count);
}

/*
 * Are as many entries counted as there are?  Fewer can only be where "recover"
 * lets malformed ones pass.
 */
static bool
entries_are_sound(const Catalog *catalog, const PlogFile *file)
{
	uint64		entries = 0;

	for (uint64 i = 0; i < file->reader.chunk_count; i++)
		entries += file->reader.chunks[i].entries;
	return file->recover ? catalog->summary.entries_read <= entries :
		catalog->summary.entries_read == entries;
}

/*
 * Is the guest one that a log can show, as far as what is kept tells?
 */
static bool
guest_is_sound(const Catalog *catalog)
{
	switch (catalog->summary.guest)
	{
		case GUEST_X86_64:
		case GUEST_I386:
		case GUEST_MIPS:
			return !catalog_has_windows_calls(catalog);
		case GUEST_WINDOWS_32:
		case GUEST_WINDOWS_64:
			return catalog_has_windows_calls(catalog);
		default:
			return false;
	}
}

bool
catalog_is_sound(const Catalog *catalog, const PlogFile *file)
{
	return summary_is_sound(&catalog->summary) && threads_are_sound(catalog) &&
		processes_are_sound(catalog) && names_are_sound(catalog) &&
		mappings_are_sound(catalog) && code_points_are_sound(catalog) &&
		texts_are_sound(catalog) && guest_is_sound(catalog) &&
		chunks_are_sound(catalog, &file->reader) && entries_are_sound(catalog, file);
}

/* ------------------------------------------------------------------------
 * Reading and writing
 * ------------------------------------------------------------------------
 */

/*
 * Open a file.  -1, and errno, if that fails.
 */
static int
open_file(const char *path, int flags)
{
	int			fd;

	if (!AcquireExternalFD())
	{
		errno = EMFILE;
		return -1;
	}
	fd = BasicOpenFilePerm(path, flags | PG_BINARY, pg_file_create_mode);
	if (fd < 0)
	{
		int			save_errno = errno;

		ReleaseExternalFD();
		errno = save_errno;
	}
	return fd;
}

static bool
close_file(int fd)
{
	bool		is_closed = close(fd) == 0;
	int			save_errno = errno;

	ReleaseExternalFD();
	errno = save_errno;
	return is_closed;
}

/*
 * Read just so many bytes, and add them to a checksum.
 */
static bool
read_bytes(int fd, void *data, uint64 bytes, pg_crc32c *checksum)
{
	char	   *at = data;

	while (bytes > 0)
	{
		ssize_t		got = read(fd, at, Min(bytes, PIECE_BYTES));

		if (has_interrupt() || got == 0 || (got < 0 && errno != EINTR))
			return false;
		if (got < 0)
			continue;
		COMP_CRC32C(*checksum, at, got);
		at += got;
		bytes -= got;
	}
	return true;
}

/*
 * Write just so many bytes, and add them to a checksum.
 */
static bool
write_bytes(int fd, const void *data, uint64 bytes, pg_crc32c *checksum)
{
	const char *at = data;

	while (bytes > 0)
	{
		ssize_t		written = write(fd, at, Min(bytes, PIECE_BYTES));

		if (written == 0)
			errno = ENOSPC;
		if (has_interrupt())
			errno = EINTR;
		if (has_interrupt() || written == 0 || (written < 0 && errno != EINTR))
			return false;
		if (written < 0)
			continue;
		COMP_CRC32C(*checksum, at, written);
		at += written;
		bytes -= written;
	}
	return true;
}

/*
 * Read a header, and see whether it is the one looked for.
 */
static StoreResult
read_header(int fd, const StoreName *name, StoreHeader *header, struct stat *state)
{
	pg_crc32c	unused = 0;

	if (fstat(fd, state) != 0)
		return STORE_UNREAD;
	if (!S_ISREG(state->st_mode) || state->st_size < (off_t) sizeof(StoreHeader) ||
		(uint64) state->st_size > store_limit())
		return STORE_BAD;
	if (!read_bytes(fd, header, sizeof(*header), &unused))
		return has_interrupt() ? STORE_UNREAD : STORE_BAD;
	if (header->magic != STORE_MAGIC || header->header_checksum != checksum_of_header(header) ||
		memcmp(&header->name, name, sizeof(*name)) != 0 || !summary_is_sound(&header->summary))
		return STORE_BAD;
	return STORE_GOOD;
}

/*
 * Read what is behind the header, and let the catalog's arrays be in it.
 */
static StoreResult
read_body(int fd, const StoreHeader *header, uint64 bytes, Catalog *catalog)
{
	uint64		places[STORE_ARRAYS];
	pg_crc32c	checksum;
	char	   *body;

	if (!place_arrays(header->counts, bytes, places))
		return STORE_BAD;
	memcpy(&catalog->summary, &header->summary, sizeof(CatalogSummary));
	if (!set_counts(catalog, header->counts))
		return STORE_BAD;
	body = MemoryContextAllocExtended(catalog->context, Max(bytes, 1),
									  MCXT_ALLOC_HUGE | MCXT_ALLOC_NO_OOM);
	if (body == NULL)
		return STORE_UNREAD;
	INIT_CRC32C(checksum);
	if (!read_bytes(fd, body, bytes, &checksum))
		return has_interrupt() ? STORE_UNREAD : STORE_BAD;
	FIN_CRC32C(checksum);
	if (!EQ_CRC32C(checksum, header->body_checksum))
		return STORE_BAD;
	for (int i = 0; i < STORE_ARRAYS; i++)
		set_array(catalog, i, body + places[i]);
	return STORE_GOOD;
}

/*
 * Say that a file was used, for eviction.
 */
static void
touch_file(const char *path, const struct stat *state)
{
	time_t		now = time(NULL);

	if (state->st_mtime > now || now - state->st_mtime >= SECONDS_PER_TOUCH)
		(void) utime(path, NULL);
}

/*
 * Read a file into an empty catalog.
 */
static StoreResult
read_file(const char *path, const StoreName *name, const CatalogKey *key, Catalog *catalog)
{
	/* should it be a pipe, do not wait for somebody to write to it */
	int			fd = open_file(path, O_RDONLY | O_NONBLOCK);
	StoreHeader header;
	StoreResult result;
	struct stat state;

	if (fd < 0)
		return STORE_UNREAD;
	result = read_header(fd, name, &header, &state);
	if (result == STORE_GOOD &&
		(header.checksum != key->checksum || header.chunks_checksum != key->chunks_checksum))
		result = STORE_BAD;
	if (result == STORE_GOOD)
		result = read_body(fd, &header, state.st_size - sizeof(header), catalog);
	(void) close_file(fd);
	if (result == STORE_GOOD)
		touch_file(path, &state);
	return result;
}

Catalog *
catalog_load(const PlogFile *file, const CatalogKey *key, MemoryContext parent)
{
	StoreName	name = make_name(&key->identity, key->recover != 0);
	char		path[MAXPGPATH];
	MemoryContext context;
	Catalog    *catalog;
	StoreResult result;

	if (store_limit() == 0)
		return NULL;
	make_path(path, &name);
	context = AllocSetContextCreate(CurrentMemoryContext, "pandelephant catalog",
									ALLOCSET_DEFAULT_SIZES);
	catalog = MemoryContextAllocZero(context, sizeof(Catalog));
	catalog->context = context;
	result = read_file(path, &name, key, catalog);
	if (result == STORE_GOOD &&
		!(catalog_is_sound(catalog, file) && catalog_hash_threads(catalog)))
		result = STORE_BAD;
	if (result != STORE_GOOD)
	{
		MemoryContextDelete(context);
		if (result == STORE_BAD)
		{
			ereport(DEBUG1,
					(errmsg_internal("removing damaged or stale catalog file \"%s\"", path)));
			(void) unlink(path);
		}
		return NULL;
	}
	MemoryContextSetParent(context, parent);
	return catalog;
}

bool
catalog_load_summary(const PlogIdentity *identity, bool recover, CatalogSummary *summary)
{
	StoreName	name = make_name(identity, recover);
	char		path[MAXPGPATH];
	StoreHeader header;
	StoreResult result;
	struct stat state;
	int			fd;

	if (store_limit() == 0)
		return false;
	make_path(path, &name);
	fd = open_file(path, O_RDONLY | O_NONBLOCK);
	if (fd < 0)
		return false;
	result = read_header(fd, &name, &header, &state);
	(void) close_file(fd);
	if (result != STORE_GOOD ||
		count_body_bytes(header.counts) != state.st_size - sizeof(header))
		return false;
	memcpy(summary, &header.summary, sizeof(*summary));
	return true;
}

/*
 * Not where a change of the log may have left its times as they are: nobody
 * would see later that the catalog is that of before.
 */
bool
catalog_may_be_saved(const CatalogKey *key)
{
	return store_limit() > 0 && key->identity.look == 0;
}

/*
 * Write the arrays.
 */
static bool
write_body(int fd, const Catalog *catalog, StoreHeader *header)
{
	static const char padding[ARRAY_ALIGNMENT] = {0};
	pg_crc32c	checksum;

	INIT_CRC32C(checksum);
	for (int i = 0; i < STORE_ARRAYS; i++)
	{
		uint64		bytes = header->counts[i] * arrays[i].element_bytes;

		if (!write_bytes(fd, get_array(catalog, i), bytes, &checksum) ||
			!write_bytes(fd, padding, TYPEALIGN64(ARRAY_ALIGNMENT, bytes) - bytes, &checksum))
			return false;
	}
	FIN_CRC32C(checksum);
	header->body_checksum = checksum;
	return true;
}

/*
 * Write a file: the header last, for it has the checksum of all else.
 */
static bool
write_file(const char *path, const Catalog *catalog, StoreHeader *header)
{
	int			fd = open_file(path, O_WRONLY | O_CREAT | O_EXCL);
	pg_crc32c	unused = 0;
	bool		is_written;

	if (fd < 0)
		return false;
	is_written = lseek(fd, sizeof(*header), SEEK_SET) >= 0 && write_body(fd, catalog, header);
	if (is_written)
	{
		header->header_checksum = checksum_of_header(header);
		is_written = lseek(fd, 0, SEEK_SET) == 0 &&
			write_bytes(fd, header, sizeof(*header), &unused);
	}
	if (!is_written)
	{
		int			save_errno = errno;

		(void) close_file(fd);
		errno = save_errno;
		return false;
	}
	return close_file(fd);
}

static bool
has_suffix(const char *name, const char *suffix)
{
	Size		length = strlen(name);

	return length > strlen(suffix) && length < MAX_NAME &&
		strcmp(name + length - strlen(suffix), suffix) == 0;
}

/*
 * List the catalogs on disk, and remove what processes that died have left.
 */
static StoreFile *
list_files(int *count)
{
	int			capacity = 64;
	StoreFile  *files = palloc(sizeof(StoreFile) * capacity);
	DIR		   *directory = AllocateDir(STORE_DIRECTORY);
	struct dirent *entry;

	*count = 0;
	if (directory == NULL)
		return files;
	while ((entry = ReadDirExtended(directory, STORE_DIRECTORY, DEBUG1)) != NULL)
	{
		char		path[MAXPGPATH];
		struct stat state;

		CHECK_FOR_INTERRUPTS();
		snprintf(path, sizeof(path), "%s/%s", STORE_DIRECTORY, entry->d_name);
		if (has_suffix(entry->d_name, TEMPORARY_SUFFIX) &&
			BackendPidGetProc(atoi(entry->d_name)) == NULL)
			(void) unlink(path);
		if (!has_suffix(entry->d_name, CATALOG_SUFFIX) || lstat(path, &state) != 0)
			continue;
		if (*count == capacity)
			files = repalloc_huge(files, sizeof(StoreFile) * (capacity *= 2));
		strlcpy(files[*count].name, entry->d_name, MAX_NAME);
		files[*count].used = nanoseconds(state.st_mtim);
		files[*count].bytes = (uint64) state.st_size;
		(*count)++;
	}
	FreeDir(directory);
	return files;
}

static int
compare_use(const void *a, const void *b)
{
	int64		used_a = ((const StoreFile *) a)->used;
	int64		used_b = ((const StoreFile *) b)->used;

	return used_a < used_b ? -1 : used_a > used_b ? 1 : 0;
}

/*
 * Remove the catalogs that were not used for longest, until the rest is within
 * the limit.
 */
static void
evict_files(void)
{
	int			count;
	StoreFile  *files = list_files(&count);
	uint64		bytes = 0;

	for (int i = 0; i < count; i++)
		bytes += files[i].bytes;
	qsort(files, count, sizeof(StoreFile), compare_use);
	for (int i = 0; i < count && bytes > store_limit(); i++)
	{
		char		path[MAXPGPATH];

		snprintf(path, sizeof(path), "%s/%s", STORE_DIRECTORY, files[i].name);
		ereport(DEBUG1,
				(errmsg_internal("evicting catalog file \"%s\"", path)));
		(void) unlink(path);
		bytes -= files[i].bytes;
	}
	pfree(files);
}

/*
 * Write a file under another name and rename it.
 */
static bool
write_and_rename(const char *path, const Catalog *catalog, StoreHeader *header)
{
	char		temporary[MAXPGPATH];
	int			save_errno;

	if (MakePGDirectory(STORE_DIRECTORY) != 0 && errno != EEXIST)
		return false;
	snprintf(temporary, sizeof(temporary), "%s/%d%s", STORE_DIRECTORY, MyProcPid, TEMPORARY_SUFFIX);

	/* a process that died may have had our number */
	(void) unlink(temporary);
	if (write_file(temporary, catalog, header) && rename(temporary, path) == 0)
		return true;
	save_errno = errno;
	(void) unlink(temporary);
	errno = save_errno;
	return false;
}

void
catalog_save(const Catalog *catalog, const PlogFile *file, const CatalogKey *key)
{
	char		path[MAXPGPATH];
	StoreHeader header;
	struct stat state;

	memset(&header, 0, sizeof(header));
	header.magic = STORE_MAGIC;
	header.name = make_name(&key->identity, key->recover != 0);
	header.checksum = key->checksum;
	header.chunks_checksum = key->chunks_checksum;
	memcpy(&header.summary, &catalog->summary, sizeof(CatalogSummary));
	get_counts(catalog, header.counts);

	/* what would not be accepted, or by now is there, need not be written */
	if (sizeof(header) + count_body_bytes(header.counts) > store_limit() ||
		!catalog_is_sound(catalog, file))
		return;
	make_path(path, &header.name);
	if (stat(path, &state) == 0)
		return;
	if (write_and_rename(path, catalog, &header))
		evict_files();
	else
		ereport(DEBUG1,
				(errmsg_internal("could not write catalog file \"%s\": %m", path)));
}
