/*-------------------------------------------------------------------------
 *
 * digest.c
 *		What is read from the files of a recording.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "compat/sha256.h"
#include "compat/varlena.h"
#include "log/digest.h"
#include "log/server_file.h"

/* So many bytes are hashed at a time. */
#define PIECE_BYTES		((Size) 256 * 1024)

bytea *
hash_file(const char *what, const char *filename, bool missing_ok)
{
	ServerFile *file = server_file_open(what, filename, missing_ok);
	bytea	   *hash;
	uint8	   *piece;
	Sha256	   *sha256;
	Size		got;

	if (file == NULL)
		return NULL;
	hash = palloc(VARHDRSZ + SHA256_BYTES);
	SET_VARSIZE(hash, VARHDRSZ + SHA256_BYTES);
	piece = palloc(PIECE_BYTES);
	sha256 = sha256_begin();
	while ((got = server_file_read(file, piece, PIECE_BYTES)) > 0)
		sha256_add(sha256, piece, got);
	sha256_end(sha256, (uint8 *) VARDATA(hash));
	pfree(piece);
	server_file_close(file);
	return hash;
}

uint64
read_first_number(const char *what, const char *filename)
{
	ServerFile *file = server_file_open(what, filename, false);
	uint8		bytes[sizeof(uint64)];
	uint64		number = 0;
	Size		length = 0;
	Size		got;

	while (length < sizeof(bytes) &&
		   (got = server_file_read(file, bytes + length, sizeof(bytes) - length)) > 0)
		length += got;
	server_file_close(file);
	if (length < sizeof(bytes))
		ereport(ERROR,
				(errcode(ERRCODE_DATA_CORRUPTED),
				 errmsg("cannot read %s \"%s\": it ends within the number of instructions",
						what, filename),
				 errdetail("This was noticed at byte offset %zu of the file.", length)));
	for (int i = 0; i < (int) sizeof(bytes); i++)
		number |= (uint64) bytes[i] << (8 * i);
	return number;
}
