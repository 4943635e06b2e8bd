/*-------------------------------------------------------------------------
 *
 * shared_logs.c
 *		The logs of a parallel scan, which its processes share.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "storage/shmem.h"

#include "fdw/shared_logs.h"

/* The texts of an execution's options: where each stands in the struct. */
static const Size text_offsets[] = {
	offsetof(ExecutionOptions, filename),
	offsetof(ExecutionOptions, name),
	offsetof(ExecutionOptions, description),
	offsetof(ExecutionOptions, descriptor),
	offsetof(ExecutionOptions, recording),
	offsetof(ExecutionOptions, qcow)
};

/*
 * A log of the packed list.  Its pointers mean nothing; instead, the texts follow it,
 * each with a NUL behind it, those that are there.
 */
typedef struct PackedLog
{
	RegisteredLog log;
	bool		has_text[lengthof(text_offsets)];
	Size		bytes;			/* to the next log */
} PackedLog;

static const char **
text_of(RegisteredLog *log, int number)
{
	return (const char **) ((char *) &log->execution + text_offsets[number]);
}

static Size
packed_bytes(const RegisteredLog *log)
{
	Size		bytes = sizeof(PackedLog);

	for (int i = 0; i < (int) lengthof(text_offsets); i++)
	{
		const char *text = *text_of(unconstify(RegisteredLog *, log), i);

		if (text != NULL)
			bytes = add_size(bytes, strlen(text) + 1);
	}
	return MAXALIGN(bytes);
}

static Size
list_offset(int log_count)
{
	return MAXALIGN(add_size(offsetof(ParallelScan, logs),
							 mul_size(sizeof(SharedLog), (Size) log_count)));
}

Size
shared_logs_bytes(const ScanLogs *logs)
{
	Size		bytes = list_offset(logs->list.count);

	for (int i = 0; i < logs->list.count; i++)
		bytes = add_size(bytes, packed_bytes(&logs->list.logs[i]));
	return bytes;
}

static void
pack_log(const RegisteredLog *log, PackedLog *packed)
{
	char	   *text = (char *) (packed + 1);

	packed->log = *log;
	packed->bytes = packed_bytes(log);
	for (int i = 0; i < (int) lengthof(text_offsets); i++)
	{
		const char *source = *text_of(unconstify(RegisteredLog *, log), i);

		packed->has_text[i] = source != NULL;
		if (source == NULL)
			continue;
		strcpy(text, source);
		text += strlen(source) + 1;
	}
}

void
share_logs(const ScanLogs *logs, ParallelScan *parallel)
{
	char	   *packed;

	parallel->are_registered = logs->are_registered;
	parallel->log_count = logs->list.count;
	parallel->list = list_offset(logs->list.count);
	pg_atomic_init_u64(&parallel->next_log, 0);
	pg_atomic_init_u64(&parallel->chunks_read, 0);
	pg_atomic_init_u64(&parallel->chunks_skipped, 0);
	pg_atomic_init_u64(&parallel->chunks_cached, 0);
	pg_atomic_init_u64(&parallel->chunks_kept, 0);
	pg_atomic_init_u64(&parallel->lines_printed, 0);
	pg_atomic_init_u64(&parallel->logs_read, 0);
	packed = (char *) parallel + parallel->list;
	for (int i = 0; i < logs->list.count; i++)
	{
		SharedLog  *shared = &parallel->logs[i];

		memset(shared, 0, sizeof(*shared));
		SpinLockInit(&shared->mutex);
		pg_atomic_init_u64(&shared->next_chunk, 0);
		pack_log(&logs->list.logs[i], (PackedLog *) packed);
		packed += ((PackedLog *) packed)->bytes;
	}
}

ScanLogs
get_shared_logs(const ParallelScan *parallel)
{
	const char *packed = (const char *) parallel + parallel->list;
	ScanLogs	logs;

	logs.are_registered = parallel->are_registered;
	logs.list.count = parallel->log_count;
	logs.list.logs = palloc_extended(sizeof(RegisteredLog) * ((Size) parallel->log_count + 1),
									 MCXT_ALLOC_HUGE);
	for (int i = 0; i < parallel->log_count; i++)
	{
		const PackedLog *source = (const PackedLog *) packed;
		RegisteredLog *log = &logs.list.logs[i];
		const char *text = (const char *) (source + 1);

		*log = source->log;
		for (int j = 0; j < (int) lengthof(text_offsets); j++)
		{
			*text_of(log, j) = source->has_text[j] ? text : NULL;
			if (source->has_text[j])
				text += strlen(text) + 1;
		}
		packed += source->bytes;
	}
	return logs;
}

void
reset_shared_logs(ParallelScan *parallel)
{
	pg_atomic_write_u64(&parallel->next_log, 0);
	for (int i = 0; i < parallel->log_count; i++)
		pg_atomic_write_u64(&parallel->logs[i].next_chunk, 0);
}

/*
 * May a log that somebody has claimed have chunks that nobody has?
 */
static bool
may_have_chunks(SharedLog *shared)
{
	bool		is_known;
	uint64		chunk_count;

	SpinLockAcquire(&shared->mutex);
	is_known = shared->is_known;
	chunk_count = shared->chunk_count;
	SpinLockRelease(&shared->mutex);
	return !is_known || pg_atomic_read_u64(&shared->next_chunk) < chunk_count;
}

int
claim_log(ParallelScan *parallel, LogClaims *claims, bool can_help)
{
	if (!claims->is_helping)
	{
		uint64		claimed = pg_atomic_fetch_add_u64(&parallel->next_log, 1);

		if (claimed < (uint64) parallel->log_count)
			return (int) claimed;
		claims->is_helping = true;
	}
	while (can_help && claims->next < parallel->log_count)
	{
		int			number = claims->next++;

		if (may_have_chunks(&parallel->logs[number]))
			return number;
	}
	return -1;
}

bool
get_shared_log(SharedLog *shared, PlogFileState *state)
{
	bool		is_known;

	SpinLockAcquire(&shared->mutex);
	is_known = shared->is_known;
	*state = shared->state;
	SpinLockRelease(&shared->mutex);
	return is_known;
}

void
enter_shared_log(SharedLog *shared, PlogFile *file)
{
	PlogFileState state = plog_file_state(file);

	SpinLockAcquire(&shared->mutex);
	if (shared->is_known)
		state = shared->state;
	else
	{
		shared->state = state;
		shared->chunk_count = file->reader.chunk_count;
		shared->is_known = true;
	}
	SpinLockRelease(&shared->mutex);
	plog_file_must_be(file, &state);
}

void
skip_shared_log(SharedLog *shared)
{
	SpinLockAcquire(&shared->mutex);
	shared->is_known = true;
	shared->chunk_count = 0;
	SpinLockRelease(&shared->mutex);
}

bool
is_first_to_warn(SharedLog *shared)
{
	bool		is_first;

	SpinLockAcquire(&shared->mutex);
	is_first = !shared->was_warned_of;
	shared->was_warned_of = true;
	SpinLockRelease(&shared->mutex);
	return is_first;
}
