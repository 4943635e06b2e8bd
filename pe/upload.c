/*-------------------------------------------------------------------------
 *
 * upload.c
 *		A log into a large object of the database.
 *
 *-------------------------------------------------------------------------
 */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <libpq/libpq-fs.h>

#include "progress.h"
#include "upload.h"

/* How much is sent at once; between two pieces signals are seen. */
#define PIECE_SIZE 262144

static char piece[PIECE_SIZE];

static ssize_t
read_piece(int file, const Log *log)
{
	ssize_t		length;

	check_stop();
	do
		length = read(file, piece, sizeof(piece));
	while (length < 0 && errno == EINTR);
	if (length < 0)
		die(BAD_LOG, "cannot read %s: %s", log->given, strerror(errno));
	return length;
}

static void
send_piece(PGconn *connection, int descriptor, size_t length)
{
	for (size_t done = 0; done < length;)
	{
		int			written = lo_write(connection, descriptor, piece + done, length - done);

		if (written <= 0)
			die(FAILED, "cannot send the log: %s", PQerrorMessage(connection));
		done += (size_t) written;
	}
}

void
upload_log(PGconn *connection, Log *log)
{
	PGresult   *made = database_must(connection, FAILED, "SELECT pg_catalog.lo_create(0)", 0, NULL);
	int			file = open(log->path, O_RDONLY | O_CLOEXEC);
	struct stat state;
	int			descriptor;
	ssize_t		length;
	int64_t		sent = 0;

	log->large_object = copy_text(PQgetvalue(made, 0, 0));
	PQclear(made);
	if (file < 0 || fstat(file, &state) != 0)
		die(BAD_LOG, "cannot read %s: %s", log->given, strerror(errno));
	descriptor = lo_open(connection, (Oid) strtoul(log->large_object, NULL, 10), INV_WRITE);
	if (descriptor < 0)
		die(FAILED, "cannot send the log: %s", PQerrorMessage(connection));
	while ((length = read_piece(file, log)) > 0)
	{
		send_piece(connection, descriptor, (size_t) length);
		sent += length;
		progress_show("sending the log", "bytes", sent, (int64_t) state.st_size);
	}
	if (lo_close(connection, descriptor) != 0)
		die(FAILED, "cannot send the log: %s", PQerrorMessage(connection));
	close(file);
}

void
upload_remove(PGconn *connection, const Log *log)
{
	const char *const values[] = {log->large_object};

	PQclear(database_must(connection, FAILED, "SELECT pg_catalog.lo_unlink($1)", 1, values));
}
