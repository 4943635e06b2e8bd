/*-------------------------------------------------------------------------
 *
 * store.c
 *		pe_store(): a file of the server into a large object.
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
#include "log/server_file.h"
#include "materialize/store.h"

/* So many bytes are copied at a time. */
#define PIECE_BYTES		((Size) 256 * 1024)

PG_FUNCTION_INFO_V1(pe_store);

/*
 * Write to a large object that is open.
 */
static void
write_piece(int descriptor, const uint8 *piece, Size bytes)
{
	for (Size done = 0; done < bytes;)
	{
		int			written = lo_write(descriptor, (const char *) piece + done, (int) (bytes - done));

		if (written <= 0)
			elog(ERROR, "could not write to a large object");
		done += (Size) written;
	}
}

Oid
store_file(const char *filename)
{
	ServerFile *file;
	uint8	   *piece = palloc(PIECE_BYTES);
	uint64		total = 0;
	Oid			object;
	int			descriptor;
	Size		got;

	check_file_privilege("filename");
	file = server_file_open("plog", filename, false);
	object = DatumGetObjectId(DirectFunctionCall1(be_lo_create, ObjectIdGetDatum(InvalidOid)));
	descriptor = DatumGetInt32(DirectFunctionCall2(be_lo_open, ObjectIdGetDatum(object),
												   Int32GetDatum(INV_WRITE)));
	while ((got = server_file_read(file, piece, PIECE_BYTES)) > 0)
	{
		write_piece(descriptor, piece, got);
		total += got;
	}
	(void) DirectFunctionCall1(be_lo_close, Int32GetDatum(descriptor));
	if (total != file->size || server_file_has_changed(file))
		ereport(ERROR,
				(errcode(ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE),
				 errmsg("plog \"%s\" has changed while it was read", filename),
				 errhint("Store it again when it is finished.")));
	server_file_close(file);
	pfree(piece);
	return object;
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
