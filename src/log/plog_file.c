/*-------------------------------------------------------------------------
 *
 * plog_file.c
 *		A log that a backend has open.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "miscadmin.h"
#include "utils/memutils.h"

#include "log/extent.h"
#include "log/identity.h"
#include "log/large_object.h"
#include "log/log_source.h"
#include "log/plog_file.h"
#include "log/report.h"

int			pandelephant_max_chunk_size = 1024 * 1024;

/* What is closed when a memory context is reset. */
typedef struct CloseCallback
{
	MemoryContextCallback callback;
	PlogFile	file;
} CloseCallback;

/*
 * Let a long read be cancelled.
 */
static void
poll_interrupts(void)
{
	CHECK_FOR_INTERRUPTS();
}

void
plog_file_close(PlogFile *file)
{
	plog_reader_close(&file->reader);
}

static void
close_with_context(void *file)
{
	plog_file_close(file);
}

PlogFile *
plog_file_open(const char *filename, bool recover, MemoryContext query)
{
	CloseCallback *close_callback = palloc0(sizeof(CloseCallback));
	PlogFile   *file = &close_callback->file;
	PlogReaderOptions options;
	PlogStatus	status;
	PlogError	error;

	close_callback->callback.func = close_with_context;
	close_callback->callback.arg = file;
	MemoryContextRegisterResetCallback(CurrentMemoryContext, &close_callback->callback);
	file->filename = pstrdup(filename);
	file->recover = recover;
	options.max_chunk = (uint64) pandelephant_max_chunk_size * 1024;
	options.poll = wire_poll = poll_interrupts;

	file->reader.input.source = log_source(filename);
	status = plog_reader_open(&file->reader, filename, &options, &error);
	if (status == PLOG_OK)
		status = read_extent(&file->reader, filename, recover, query, &error);
	if (status != PLOG_OK)
		report_plog_error(filename, &error);
	return file;
}

PlogFileState
plog_file_state(const PlogFile *file)
{
	PlogFileState state;

	state.identity = file->reader.identity;
	state.content = file->reader.content;
	return state;
}

/*
 * Report that the file is not what another process has seen.
 */
static void
report_change(const PlogFile *file)
{
	PlogError	error;

	(void) plog_has_changed(&error);
	report_plog_error(file->filename, &error);
}

void
plog_file_must_be(PlogFile *file, const PlogFileState *state)
{
	PlogReader *reader = &file->reader;

	if (!may_be_same_state(&reader->identity, &state->identity) || reader->content != state->content)
		report_change(file);

	/* what is cached of the file is found by the other process's identity */
	reader->identity = state->identity;
}

void
plog_file_must_be_older(const PlogFile *file)
{
	if (!is_older_than_statement(&file->reader.identity))
		report_change(file);
}

bool
plog_file_may_be(const char *filename, const PlogFileState *state)
{
	PlogIdentity identity;

	if (is_large_object_identity(&state->identity))
	{
		/* the processes of a statement have one snapshot */
		large_object_believe(&state->identity);
		return true;
	}
	return plog_file_peek(filename, &identity) &&
		memcmp(&identity, &state->identity, sizeof(identity)) == 0;
}

bool
plog_file_peek(const char *filename, PlogIdentity *identity)
{
	return log_peek(filename, identity);
}

PlogIdentity
plog_file_identify(const char *filename)
{
	PlogIdentity identity;
	PlogError	error;
	Oid			object;

	if (is_large_object_name(filename, &object))
		identity = large_object_identify(object);
	else if (plog_identify(filename, &identity, &error) != PLOG_OK)
		report_plog_error(filename, &error);
	return identity;
}
