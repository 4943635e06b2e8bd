/*-------------------------------------------------------------------------
 *
 * store.c
 *		Writing logs into large objects; and pe_store().
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "access/xlog.h"
#include "fmgr.h"
#include "libpq/be-fsstubs.h"
#include "libpq/libpq-fs.h"
#include "miscadmin.h"
#include "utils/builtins.h"

#include "fdw/options.h"
#include "log/chunk.h"
#include "log/report.h"
#include "log/server_file.h"
#include "materialize/sql.h"
#include "materialize/store.h"

/* So many bytes are copied at a time. */
#define PIECE_BYTES		((Size) 256 * 1024)

PG_FUNCTION_INFO_V1(pe_store);

/* A large object that is being written. */
typedef struct NewObject
{
	Oid			object;
	int			descriptor;
} NewObject;

/*
 * Create a large object.  SQL checks that the user may.
 */
static NewObject
create_object(void)
{
	NewObject	created;
	int64		object = 0;

	sql_connect();
	(void) sql_get_bigint(&object, "SELECT pg_catalog.lo_create(0)::pg_catalog.int8");
	sql_finish();
	created.object = (Oid) object;
	created.descriptor = DatumGetInt32(DirectFunctionCall2(be_lo_open,
														   ObjectIdGetDatum(created.object),
														   Int32GetDatum(INV_WRITE)));
	return created;
}

static void
write_piece(const NewObject *created, const uint8 *piece, Size bytes)
{
	for (Size done = 0; done < bytes;)
	{
		int			written = lo_write(created->descriptor, (const char *) piece + done,
									   (int) (bytes - done));

		if (written <= 0)
			elog(ERROR, "could not write to a large object");
		done += (Size) written;
	}
}

static void
finish_object(const NewObject *created)
{
	(void) DirectFunctionCall1(be_lo_close, Int32GetDatum(created->descriptor));
}

Oid
store_file(const char *filename)
{
	ServerFile *file;
	uint8	   *piece = palloc(PIECE_BYTES);
	uint64		total = 0;
	NewObject	created;
	Size		got;

	check_file_privilege("filename");
	file = server_file_open("plog", filename, false);
	created = create_object();
	while ((got = server_file_read(file, piece, PIECE_BYTES)) > 0)
	{
		write_piece(&created, piece, got);
		total += got;
	}
	finish_object(&created);
	if (total != file->size || server_file_has_changed(file))
		ereport(ERROR,
				(errcode(ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE),
				 errmsg("plog \"%s\" has changed while it was read", filename),
				 errhint("Store it again when it is finished.")));
	server_file_close(file);
	pfree(piece);
	return created.object;
}

/*
 * Report an error if a chunk is damaged, or has changed since the log was opened.
 */
static void
check_chunks(PlogFile *file)
{
	PlogBuffer *inflated = plog_buffer_create();

	for (uint64 i = 0; i < file->reader.chunk_count; i++)
	{
		plog_file_read_chunk(file, i, inflated);
		plog_file_check_entries(file, i, inflated);
	}
}

/*
 * The same for the chunks' ends only, which are checksums of the rest.
 */
static void
check_unchanged(PlogFile *file)
{
	/* without "recover", one check is of the whole file */
	uint64		count = file->recover ? file->reader.chunk_count :
		Min(file->reader.chunk_count, 1);

	for (uint64 i = 0; i < count; i++)
	{
		CHECK_FOR_INTERRUPTS();
		plog_file_check_unchanged(file, i);
	}
}

Oid
store_log(PlogFile *file)
{
	uint64		size = file->reader.identity.size;
	uint8	   *piece = palloc(PIECE_BYTES);
	NewObject	created;

	check_file_privilege("filename");
	check_chunks(file);
	created = create_object();
	for (uint64 position = 0; position < size;)
	{
		Size		bytes = (Size) Min(size - position, PIECE_BYTES);
		PlogError	error;

		CHECK_FOR_INTERRUPTS();
		if (plog_read_at(&file->reader.input, position, piece, bytes, &error) != PLOG_OK)
			report_plog_error(file->filename, &error);
		write_piece(&created, piece, bytes);
		position += bytes;
	}
	finish_object(&created);
	check_unchanged(file);
	pfree(piece);
	return created.object;
}

/*
 * pe_store(filename text) returns oid
 */
Datum
pe_store(PG_FUNCTION_ARGS)
{
	char	   *filename = text_to_cstring(PG_GETARG_TEXT_PP(0));

	PreventCommandDuringRecovery("pe_store()");
	PreventCommandIfReadOnly("pe_store()");
	check_file_privilege("filename");
	if (!is_absolute_path(filename))
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_NAME),
				 errmsg("path \"%s\" must be absolute", filename),
				 errhint("The file is read by the server, which does not know your working directory.")));
	PG_RETURN_OID(store_file(filename));
}
