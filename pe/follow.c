/*-------------------------------------------------------------------------
 *
 * follow.c
 *		pe follow: what went through a descriptor of a process.
 *
 * The calls come in the order in which they were logged, each with a row for each
 * of its arguments, so that a conversation of any length is printed as it is read.
 *
 *-------------------------------------------------------------------------
 */
#include <ctype.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "characters.h"
#include "choice.h"
#include "logs.h"
#include "options.h"
#include "output.h"
#include "progress.h"
#include "server.h"

/* Bytes on a line of hexadecimal. */
#define LINE_BYTES 16

/* What a call does to a descriptor. */
typedef enum Deed
{
	MAKES,						/* returns one */
	PASSES_ON,					/* returns one, of that in its first argument */
	SENDS,
	RECEIVES,
	OTHER						/* what tells what it is, or ends it */
} Deed;

static const struct
{
	const char *name;
	Deed		deed;
}			deeds[] = {
	{"sys_accept", PASSES_ON},
	{"sys_accept4", PASSES_ON},
	{"sys_creat", MAKES},
	{"sys_dup", PASSES_ON},
	{"sys_dup2", PASSES_ON},
	{"sys_dup3", PASSES_ON},
	{"sys_memfd_create", MAKES},
	{"sys_open", MAKES},
	{"sys_openat", MAKES},
	{"sys_openat2", MAKES},
	{"sys_socket", MAKES},
	{"sys_write", SENDS},
	{"sys_pwrite64", SENDS},
	{"sys_writev", SENDS},
	{"sys_pwritev", SENDS},
	{"sys_pwritev2", SENDS},
	{"sys_send", SENDS},
	{"sys_sendto", SENDS},
	{"sys_sendmsg", SENDS},
	{"sys_read", RECEIVES},
	{"sys_pread64", RECEIVES},
	{"sys_readv", RECEIVES},
	{"sys_preadv", RECEIVES},
	{"sys_preadv2", RECEIVES},
	{"sys_recv", RECEIVES},
	{"sys_recvfrom", RECEIVES},
	{"sys_recvmsg", RECEIVES},
	{"sys_bind", OTHER},
	{"sys_close", OTHER},
	{"sys_connect", OTHER},
	{"sys_listen", OTHER},
	{"sys_shutdown", OTHER},
};

#define DEEDS ((int) (sizeof(deeds) / sizeof(deeds[0])))

/* Columns of the query. */
enum
{
	SYSCALL_ID,
	PROCESS_ID,
	NAME,
	RETVAL,
	OFFSET,
	POSITION,
	ARGUMENT,
	TYPE,
	VALUE
};

/* $1: processes, $2: names of calls. */
static const char calls_sql[] =
"SELECT s.syscall_id, s.process_id, s.name, s.retval, s.execution_offset, a.position, a.name, a.argument_type, a.value "
"FROM syscalls s JOIN syscall_arguments a USING (syscall_id) "
"WHERE s.process_id = ANY ($1::bigint[]) AND s.name = ANY ($2::text[]) AND s.retval IS NOT NULL "
"ORDER BY s.syscall_id, a.position";

/* A call that is being put together of its rows. */
typedef struct Call
{
	char	   *id;				/* NULL: there is none */
	int			process_id;
	const char *name;
	Deed		deed;
	int64_t		retval;
	char	   *offset;			/* NULL if it is not known */
	int64_t		descriptor;		/* its first argument, or -1 */
	char	   *what;			/* a path, an address or a port */
	char	   *data;			/* bytes in hexadecimal, or text, or NULL */
	bool		is_text;
} Call;

static int64_t descriptor;		/* that is asked for */
static bool found = false;		/* a call on it */

/* Bytes of a conversation so far, by direction. */
static uint64_t sent = 0;
static uint64_t received = 0;

static int
hex_digit(char c)
{
	return c >= '0' && c <= '9' ? c - '0' : tolower((unsigned char) c) - 'a' + 10;
}

/*
 * The bytes of a call, of which there are at most as many as it returned.
 */
static size_t
bytes_of(const Call *call, unsigned char **bytes)
{
	size_t		length = 0;
	size_t		limit = (size_t) call->retval;
	const char *data = call->data != NULL ? call->data : "";

	*bytes = allocate(strlen(data) + 1);
	if (call->is_text)
	{
		length = strlen(data) < limit ? strlen(data) : limit;
		memcpy(*bytes, data, length);
		return length;
	}
	if (data[0] == '\\' && data[1] == 'x')
		data += 2;
	for (; data[0] != '\0' && data[1] != '\0' && length < limit; data += 2)
		(*bytes)[length++] = (unsigned char) (hex_digit(data[0]) << 4 | hex_digit(data[1]));
	return length;
}

static void
print_hex(const char *arrow, uint64_t from, const unsigned char *bytes, size_t length)
{
	for (size_t i = 0; i < length; i += LINE_BYTES)
	{
		size_t		count = length - i < LINE_BYTES ? length - i : LINE_BYTES;

		output_format("%s %08" PRIx64 " ", arrow, from + i);
		for (size_t j = 0; j < LINE_BYTES; j++)
		{
			output_text(j == LINE_BYTES / 2 ? "  " : " ");
			if (j < count)
				output_format("%02x", bytes[i + j]);
			else
				output_text("  ");
		}
		output_text("  |");
		for (size_t j = 0; j < count; j++)
			output_format("%c", isascii(bytes[i + j]) && isprint(bytes[i + j]) ? bytes[i + j] : '.');
		output_text("|\n");
	}
}

/*
 * Print lines of text; a byte that is no text is \xHH, and a backslash two.
 */
static void
print_text(const char *arrow, const unsigned char *bytes, size_t length)
{
	bool		begins = true;

	for (size_t i = 0; i < length; i++)
	{
		if (begins)
			output_format("%s ", arrow);
		begins = bytes[i] == '\n';
		if (bytes[i] == '\n')
			output_text("\n");
		else if (bytes[i] == '\\')
			output_text("\\\\");
		else if (bytes[i] == '\t' || (isascii(bytes[i]) && isprint(bytes[i])))
			output_format("%c", bytes[i]);
		else
			output_format("\\x%02x", bytes[i]);
	}
	if (!begins)
		output_text("\n");
}

/*
 * The beginning of a line about a call.
 */
static void
print_head(const char *mark, const Call *call)
{
	output_format("%s %s", mark, call->name + strlen("sys_"));
	if (call->what != NULL)
	{
		Text		line = {0};

		text_add(&line, "");
		text_add_line(&line, call->what, false);
		output_format(" %s", line.data);
		free(line.data);
	}
	output_format(call->offset != NULL ? " at %s" : "%s", call->offset != NULL ? call->offset : "");
}

static void
print_bytes(const Call *call)
{
	const char *arrow = call->deed == SENDS ? ">" : "<";
	uint64_t   *so_far = call->deed == SENDS ? &sent : &received;
	unsigned char *bytes;
	size_t		length = bytes_of(call, &bytes);

	print_head("#", call);
	output_format(": %" PRId64 " bytes", call->retval);
	if (length < (size_t) call->retval)
		output_format(length > 0 ? ", of which the log holds %zu" : ", which the log does not hold", length);
	output_text("\n");
	if (has(OPTION_TEXT))
		print_text(arrow, bytes, length);
	else
		print_hex(arrow, *so_far, bytes, length);
	*so_far += (uint64_t) call->retval;
	free(bytes);
}

/*
 * Print a call.
 */
static void
print_call(const Call *call, bool is_made)
{
	static int	shown_process = 0;

	found = true;
	if (call->process_id != shown_process)
	{
		shown_process = call->process_id;
		output_format("# process_id %d\n", shown_process);
	}
	if (is_made)
		sent = received = 0;
	if (call->deed == SENDS || call->deed == RECEIVES)
		print_bytes(call);
	else
	{
		print_head("#", call);
		output_format(" = %" PRId64 "\n", call->retval);
	}
}

/*
 * Print a call if it is of the descriptor, and did something, or if it tells what
 * was tried on it.
 */
static void
end_call(Call *call)
{
	bool		makes = call->deed == MAKES || call->deed == PASSES_ON;
	bool		is_made = makes && call->retval == descriptor;

	if (call->id == NULL)
		return;
	if (is_made || (call->descriptor == descriptor && call->deed != MAKES && (call->retval >= 0 || call->deed == OTHER)))
		print_call(call, is_made);
	free(call->id);
	free(call->offset);
	free(call->what);
	free(call->data);
	*call = (Call) {0};
}

static void
begin_call(Call *call, const PGresult *result, int row)
{
	call->id = copy_text(PQgetvalue(result, row, SYSCALL_ID));
	call->process_id = atoi(PQgetvalue(result, row, PROCESS_ID));
	call->retval = strtoll(PQgetvalue(result, row, RETVAL), NULL, 10);
	call->offset = PQgetisnull(result, row, OFFSET) ? NULL : copy_text(PQgetvalue(result, row, OFFSET));
	call->descriptor = -1;
	for (int i = 0; i < DEEDS; i++)
	{
		if (strcmp(deeds[i].name, PQgetvalue(result, row, NAME)) == 0)
		{
			call->name = deeds[i].name;
			call->deed = deeds[i].deed;
		}
	}
}

static void
add_argument(Call *call, const PGresult *result, int row)
{
	const char *type = PQgetvalue(result, row, TYPE);
	const char *value = PQgetvalue(result, row, VALUE);
	const char *name = PQgetvalue(result, row, ARGUMENT);
	bool		is_bytes = strcmp(type, "BYTES") == 0;
	bool		is_text = strcmp(type, "STRING") == 0 && strcmp(value, "n/a") != 0;
	int			position = atoi(PQgetvalue(result, row, POSITION));

	if (PQgetisnull(result, row, VALUE))
		return;
	if (position == 0 && (strncmp(type, "UNSIGNED", 8) == 0 || strncmp(type, "SIGNED", 6) == 0))
		call->descriptor = strtoll(value, NULL, 10);
	if (position == 1 && (call->deed == SENDS || call->deed == RECEIVES) && (is_bytes || is_text))
	{
		call->data = copy_text(value);
		call->is_text = is_text;
	}
	else if (call->what == NULL && (is_text || strcmp(type, "STRUCT") == 0 || strcmp(name, "port") == 0))
		call->what = copy_text(value);
}

static void
print_calls(const PGresult *result, Call *call)
{
	for (int i = 0; i < PQntuples(result); i++)
	{
		if (call->id == NULL || strcmp(call->id, PQgetvalue(result, i, SYSCALL_ID)) != 0)
		{
			end_call(call);
			begin_call(call, result, i);
		}
		add_argument(call, result, i);
	}
}

static void
print_conversation(PGconn *connection, const char *processes)
{
	Text		names = {0};
	PGresult   *result;
	Call		call = {0};
	int64_t		rows = 0;

	array_begin(&names);
	for (int i = 0; i < DEEDS; i++)
		array_add(&names, deeds[i].name, strlen(deeds[i].name));
	array_end(&names);
	database_while_waiting(output_while_waiting);
	database_send(connection, calls_sql, 2, (const char *const[]) {processes, names.data});
	PQsetSingleRowMode(connection);
	while ((result = database_next(connection)) != NULL)
	{
		if (result_is_error(result))
		{
			output_flush();
			fail_with_result(connection, result, BAD_LOG);
		}
		print_calls(result, &call);
		if (++rows % 256 == 0)
			progress_show("", "arguments", rows, 0);
		PQclear(result);
	}
	end_call(&call);
	free(names.data);
}

void
run_follow(void)
{
	Log			log;
	PGconn	   *connection;
	const char *pid;
	const char *number;
	char	   *processes;

	log_take(&log);
	pid = take_operand("PID");
	number = take_operand("FD");
	no_more_operands();
	if (*number == '\0' || strspn(number, "0123456789") != strlen(number) || strlen(number) > 18)
		misused("\"%s\" is no descriptor", number);
	descriptor = strtoll(number, NULL, 10);
	output_open(NULL);
	progress_begin(base_name(log.given));
	connection = server_enter();
	log_open_relations(connection, &log);
	processes = choose_processes(connection, pid, false);
	print_conversation(connection, processes);
	progress_end();
	if (!found)
		die(FAILED, "process %s has no call on descriptor %s in this log", pid, number);
	output_close();
	log_leave(connection, &log);
	finish(DONE);
}
