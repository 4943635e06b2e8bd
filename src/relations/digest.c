/*-------------------------------------------------------------------------
 *
 * digest.c
 *		What is read of files beside a log.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "miscadmin.h"
#include "storage/fd.h"

#include "compat.h"
#include "relations/digest.h"

/* One read takes at most this many bytes, so that it can be interrupted. */
#define READ_PIECE		((Size) 1024 * 1024)

/*
 * Report that the operating system refused something.
 */
static void
report_file_error(const char *doing, const char *filename)
{
	bool		is_explained = errno == ENOENT || errno == EACCES;

	ereport(ERROR,
			(errcode_for_file_access(),
			 errmsg("could not %s file \"%s\": %m", doing, filename),
			 is_explained ?
			 errhint("The file is read by the server, with the rights of its operating system user.") : 0));
}

/*
 * Open a regular file.  -1: there is none, and that is allowed.
 */
static int
open_file(const char *filename, bool missing_ok)
{
	/* O_NONBLOCK: opening a FIFO must not wait for a writer */
	int			fd = OpenTransientFile(filename, O_RDONLY | O_NONBLOCK | PG_BINARY);
	struct stat state;

	if (fd < 0 && errno == ENOENT && missing_ok)
		return -1;
	if (fd < 0)
		report_file_error("open", filename);
	if (fstat(fd, &state) != 0)
		report_file_error("stat", filename);
	if (!S_ISREG(state.st_mode))
		ereport(ERROR,
				(errcode(ERRCODE_WRONG_OBJECT_TYPE),
				 errmsg("cannot read \"%s\": it is not a regular file", filename)));
	return fd;
}

static void
close_file(int fd, const char *filename)
{
	if (CloseTransientFile(fd) != 0)
		report_file_error("close", filename);
}

/*
 * Read up to so many bytes.  0 at the end of the file.
 */
static Size
read_piece(int fd, const char *filename, uint8 *piece, Size size)
{
	ssize_t		got;

	do
	{
		CHECK_FOR_INTERRUPTS();
		got = read(fd, piece, size);
	} while (got < 0 && errno == EINTR);
	if (got < 0)
		report_file_error("read", filename);
	return (Size) got;
}

bytea *
hash_file(const char *filename, bool missing_ok)
{
	int			fd = open_file(filename, missing_ok);
	bytea	   *hash;
	uint8	   *piece;
	Sha256	   *sha256;
	Size		got;

	if (fd < 0)
		return NULL;
	hash = palloc(VARHDRSZ + SHA256_BYTES);
	SET_VARSIZE(hash, VARHDRSZ + SHA256_BYTES);
	piece = palloc(READ_PIECE);
	sha256 = sha256_begin();
	while ((got = read_piece(fd, filename, piece, READ_PIECE)) > 0)
		sha256_add(sha256, piece, got);
	sha256_end(sha256, (uint8 *) VARDATA(hash));
	pfree(piece);
	close_file(fd, filename);
	return hash;
}

uint64
read_first_number(const char *filename)
{
	int			fd = open_file(filename, false);
	uint8		bytes[sizeof(uint64)];
	uint64		number = 0;
	Size		length = 0;
	Size		got;

	while (length < sizeof(bytes) &&
		   (got = read_piece(fd, filename, bytes + length, sizeof(bytes) - length)) > 0)
		length += got;
	close_file(fd, filename);
	if (length < sizeof(bytes))
		ereport(ERROR,
				(errcode(ERRCODE_DATA_CORRUPTED),
				 errmsg("cannot read \"%s\": it ends within the number of instructions", filename),
				 errdetail("This was noticed at byte offset %zu of the file.", length)));
	for (int i = 0; i < (int) sizeof(bytes); i++)
		number |= (uint64) bytes[i] << (8 * i);
	return number;
}
