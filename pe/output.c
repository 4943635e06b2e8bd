/*-------------------------------------------------------------------------
 *
 * output.c
 *		Where results go: standard output, or a file.
 *
 * A terminal gets no control characters but ends of lines and tabs: what is
 * in a log was chosen by the recorded guest.
 *
 *-------------------------------------------------------------------------
 */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "characters.h"
#include "output.h"
#include "partial_file.h"
#include "progress.h"

static int	file = STDOUT_FILENO;
static const char *file_name = "standard output";
static bool is_terminal = false;
static bool can_block = true;	/* not a regular file */
static char buffer[65536];
static size_t used = 0;

void
output_open(const char *path)
{
	struct stat state;

	if (path != NULL)
	{
		file = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOCTTY, 0666);
		if (file < 0)
			die(FAILED, "cannot write \"%s\": %s", path, strerror(errno));
		file_name = path;
	}
	is_terminal = isatty(file);
	can_block = fstat(file, &state) != 0 || !S_ISREG(state.st_mode);
}

static void
output_failed(int error)
{
	used = 0;
	if (error == EPIPE)
		finish(AFTER_SIGNAL + SIGPIPE);
	die(FAILED, "could not write %s: %s", file_name, strerror(error));
}

/*
 * A write that could block is of as many bytes as a pipe that is ready takes
 * at once, so that signals are seen.
 */
void
output_flush(void)
{
	size_t		done = 0;

	if (used > 0 && is_terminal)
		progress_hide();
	while (done < used)
	{
		size_t		length = used - done;
		ssize_t		written;

		if (can_block)
		{
			wait_for(file, POLLOUT, -1);
			length = length < PIPE_BUF ? length : PIPE_BUF;
		}
		else
			check_stop();
		written = write(file, buffer + done, length);
		if (written < 0 && errno != EINTR && errno != EAGAIN)
			output_failed(errno);
		done += written > 0 ? (size_t) written : 0;
	}
	used = 0;
}

void
output_while_waiting(void)
{
	output_flush();
	progress_waiting();
}

static void
put(const char *data, size_t length)
{
	while (length > 0)
	{
		size_t		part = sizeof(buffer) - used < length ? sizeof(buffer) - used : length;

		memcpy(buffer + used, data, part);
		used += part;
		data += part;
		length -= part;
		if (used == sizeof(buffer))
			output_flush();
	}
}

void
output_bytes(const char *data, size_t length)
{
	const char *end = data + length;
	const char *from = data;

	for (const char *c = data; is_terminal && c < end; c++)
	{
		char		escaped[8];
		/* data is ended by a byte that may be looked at, or by NUL */
		bool		wide = (unsigned char) *c == 0xc2 && c + 1 < end;

		if (*c == '\n' || *c == '\t' || ((unsigned char) *c == 0xc2 && !wide) || !is_control(c))
			continue;
		put(from, (size_t) (c - from));
		snprintf(escaped, sizeof(escaped), "\\x%02x", (unsigned char) *c);
		put(escaped, strlen(escaped));
		if (wide)
		{
			c++;
			snprintf(escaped, sizeof(escaped), "\\x%02x", (unsigned char) *c);
			put(escaped, strlen(escaped));
		}
		from = c + 1;
	}
	put(from, (size_t) (end - from));
}

void
output_text(const char *text)
{
	output_bytes(text, strlen(text));
}

void
output_format(const char *format, ...)
{
	va_list		arguments;
	char	   *text;

	va_start(arguments, format);
	if (vasprintf(&text, format, arguments) < 0)
		die(FAILED, "out of memory");
	va_end(arguments);
	output_text(text);
	free(text);
}

void
output_spaces(size_t count)
{
	static const char spaces[] = "                                ";

	for (; count > 0; count -= count < 32 ? count : 32)
		put(spaces, count < 32 ? count : 32);
}

void
output_close(void)
{
	output_flush();
	/* some file systems tell only now that there was no room */
	if (close(file) != 0 && errno != EINTR)
		output_failed(errno);
}

void
output_begin_file(const char *path, bool overwrite)
{
	file = partial_begin(path, overwrite);
	file_name = partial_final_path();
	is_terminal = can_block = false;
}

void
output_end_file(void)
{
	output_close();
	partial_end();
}

void
output_copy(PGconn *connection, const char *name)
{
	char	   *data;
	int			length;
	int64_t		rows = 0;

	while ((length = PQgetCopyData(connection, &data, 1)) >= 0)
	{
		if (length > 0)
		{
			output_bytes(data, (size_t) length);
			PQfreemem(data);
			if (++rows % 256 == 0)
				progress_show(name, "rows", rows, 0);
			continue;
		}
		output_flush();
		wait_for(PQsocket(connection), POLLIN, -1);
		if (!PQconsumeInput(connection))
			break;
	}
}
