/*-------------------------------------------------------------------------
 *
 * recordings.c
 *		The recording that a log was replayed from, where the user names it.
 *
 * A recording named "prefix" has two files.  "prefix-rr-nondet.log" has the inputs
 * of the run, and begins with the number of its instructions.  "prefix-rr-snp" is
 * a snapshot of the machine at its start.  The snapshot has hundreds of megabytes
 * and is often kept elsewhere, so it may be missing; the inputs may not.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "log/digest.h"
#include "relations/relation_scan.h"

enum
{
	RECORDING_ID = COLUMN_EXECUTION_ID + 1,
	FILE_NAME,
	INSTRUCTION_COUNT,
	LOG_HASH,
	SNAPSHOT_HASH,
	QCOW_HASH
};

static const RelationColumn columns[] = {
	{"execution_id", COLUMN_BIGINT, SKIP_NONE, .is_never_null = true,
		.comment = "the execution"},
	{"recording_id", COLUMN_BIGINT, SKIP_NONE, .is_never_null = true,
		.comment = "key"},
	{"file_name", COLUMN_TEXT, SKIP_NONE,
		.comment = "option recording"},
	{"instruction_count", COLUMN_UNSIGNED, SKIP_NONE,
		.comment = "the length of the recording; unsigned"},
	{"log_hash", COLUMN_BYTEA, SKIP_NONE,
		.comment = "SHA-256 of its log of events"},
	{"snapshot_hash", COLUMN_BYTEA, SKIP_NONE,
		.comment = "SHA-256 of its snapshot"},
	{"qcow_hash", COLUMN_BYTEA, SKIP_NONE,
		.comment = "SHA-256 of the disk image"}
};

/* The hashes of files, which a scan computes once, however often it starts. */
typedef struct RecordingState
{
	Datum		hashes[QCOW_HASH + 1];	/* by column */
	bool		is_null[QCOW_HASH + 1];
	bool		is_known[QCOW_HASH + 1];
} RecordingState;

static void
begin_recordings(RelationScan *scan)
{
	if (scan->state == NULL)
		scan->state = MemoryContextAllocZero(scan->context, sizeof(RecordingState));
}

/*
 * Set a column to a file's hash, if it is wanted and there is such a file.
 */
static void
set_hash(RelationScan *scan, int column, const char *what, const char *filename,
		 bool missing_ok)
{
	RelationRow *row = &scan->row;
	RecordingState *state = scan->state;

	if (!column_is_wanted(scan, column) || filename == NULL)
		return;
	if (!state->is_known[column])
	{
		MemoryContext caller = MemoryContextSwitchTo(scan->context);
		bytea	   *hash = hash_file(what, filename, missing_ok);

		MemoryContextSwitchTo(caller);
		state->hashes[column] = PointerGetDatum(hash);
		state->is_null[column] = hash == NULL;
		state->is_known[column] = true;
	}
	row->values[column] = state->hashes[column];
	row->nulls[column] = state->is_null[column];
}

static bool
next_recording(RelationScan *scan)
{
	RelationRow *row = &scan->row;
	const ExecutionOptions *execution = scan->execution;
	char	   *inputs;

	if (execution->recording == NULL || scan->position++ > 0)
		return false;
	set_bigint(row, RECORDING_ID, true, 1);
	set_text(row, FILE_NAME, execution->recording, strlen(execution->recording));
	inputs = psprintf("%s-rr-nondet.log", execution->recording);
	if (column_is_wanted(scan, INSTRUCTION_COUNT))
		set_bigint(row, INSTRUCTION_COUNT, true, (int64) read_first_number("recording", inputs));
	set_hash(scan, LOG_HASH, "recording", inputs, false);
	set_hash(scan, SNAPSHOT_HASH, "snapshot", psprintf("%s-rr-snp", execution->recording), true);
	set_hash(scan, QCOW_HASH, "disk image", execution->qcow, false);
	return true;
}

const PlogRelation recordings_relation = {
	.name = "recordings",
	.comment = "One row per recording, if one is named.",
	.columns = columns,
	.column_count = lengthof(columns),
	.key = {RECORDING_ID},
	.native = {
		.needs_recording = true,
		.key = "recording_id"
	},
	.beliefs.rows = {.rows = 1},
	.begin = begin_recordings,
	.next = next_recording
};
