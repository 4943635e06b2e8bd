/*-------------------------------------------------------------------------
 *
 * log.c
 *		The logs that a command is about.
 *
 *-------------------------------------------------------------------------
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "characters.h"
#include "log.h"
#include "options.h"
#include "progress.h"
#include "recognise.h"
#include "unpack.h"

const char *
base_name(const char *path)
{
	const char *slash = strrchr(path, '/');

	return slash != NULL ? slash + 1 : path;
}

char *
file_beside(const char *log, const char *ending)
{
	static const char *const others[] = {".gz", ".zst", ".xz", ".plog", NULL};
	const char *name = base_name(log);
	size_t		length = strlen(name);

	for (const char *const *other = others; *other != NULL; other++)
	{
		size_t		size = strlen(*other);

		if (length > size && strncmp(name + length - size, *other, size) == 0)
			length -= size;
	}
	return format_text("%.*s%s", (int) length, name, ending);
}

/*
 * The working directory as the user's shell calls it, if it is right.
 */
static char *
working_directory(void)
{
	const char *called = getenv("PWD");
	struct stat state,
				called_state;
	char	   *found;

	if (called != NULL && *called == '/' && stat(called, &called_state) == 0 &&
		stat(".", &state) == 0 && state.st_dev == called_state.st_dev &&
		state.st_ino == called_state.st_ino)
		return copy_text(called);
	found = getcwd(NULL, 0);
	if (found == NULL)
		die(FAILED, "there is no working directory: %s", strerror(errno));
	return found;
}

char *
absolute_path(const char *path)
{
	return *path == '/' ? copy_text(path) : format_text("%s/%s", working_directory(), path);
}

void
log_name(Log *log, const char *given)
{
	memset(log, 0, sizeof(*log));
	log->given = given;
	log->path = absolute_path(given);
	log->recover = has(OPTION_RECOVER);
}

static bool
is_utf8(const char *text)
{
	for (; *text != '\0'; text += character_length(text))
	{
		if ((unsigned char) *text >= 0x80 && character_length(text) == 1)
			return false;
	}
	return true;
}

/*
 * The execution's name of a file: its own, without .plog, and without that of
 * a compression.  A byte that is no text is \xHH, as in all texts of a log.
 */
static char *
execution_name(const char *path, bool packed)
{
	const char *name = base_name(path);
	size_t		length = strlen(name);
	Text		text = {0};

	if (packed && strrchr(name, '.') != NULL)
		length = (size_t) (strrchr(name, '.') - name);
	if (length >= 5 && memcmp(name + length - 5, ".plog", 5) == 0)
		length -= 5;
	text_add(&text, "");
	for (const char *c = name; c < name + length;)
	{
		size_t		bytes = character_length(c);

		if (bytes == 1 && (unsigned char) *c >= 0x80)
			text_format(&text, "\\x%02x", (unsigned char) *c);
		else
			text_append(&text, c, bytes);
		c += bytes;
	}
	return text.data;
}

static char *link_directory = NULL;
static char *link_path = NULL;

static void
remove_link(void)
{
	unlink(link_path);
	rmdir(link_directory);
}

/*
 * Let the private server, which takes names of files in UTF-8 alone, have the
 * log under another name.
 */
static void
link_log(Log *log)
{
	link_directory = copy_text("/tmp/pe-log.XXXXXX");
	if (mkdtemp(link_directory) == NULL || chmod(link_directory, 0711) != 0)
		die(FAILED, "cannot make a directory in /tmp: %s", strerror(errno));
	link_path = format_text("%s/log.plog", link_directory);
	atexit(remove_link);
	if (symlink(log->path, link_path) != 0)
		die(FAILED, "cannot make a link in /tmp: %s", strerror(errno));
	log->path = link_path;
}

void
log_refuse_others(const Log *log)
{
	PlogFileKind kind = recognise_file(log->path);

	if (kind != PLOG_FILE_MAY_BE_LOG)
		die(BAD_LOG, "cannot read plog \"%s\": file does not start with a plog header: %s", log->given,
			plog_advice(kind));
}

void
log_check(Log *log)
{
	PlogFileKind kind;
	struct stat state;

	if (stat(log->path, &state) != 0)
	{
		if (errno == ENOENT || errno == ENOTDIR)
			die(BAD_LOG, "no such log: %s", log->given);
		die(BAD_LOG, "cannot read %s: %s", log->given, strerror(errno));
	}
	if (!S_ISREG(state.st_mode))
		die(BAD_LOG, "not a file: %s", log->given);
	if (access(log->path, R_OK) != 0)
		die(BAD_LOG, "no right to read: %s", log->given);
	if (strncmp(log->path, "/proc/self/", 11) == 0 || strncmp(log->path, "/dev/", 5) == 0)
	{
		/* what is ours there is another's for the server */
		char	   *resolved = realpath(log->path, NULL);

		log->name = execution_name(log->path, false);
		log->path = resolved != NULL ? resolved : log->path;
	}
	kind = recognise_file(log->path);
	if (kind == PLOG_FILE_GZIP || kind == PLOG_FILE_ZSTD || kind == PLOG_FILE_XZ)
	{
		if (log->name == NULL)
			log->name = execution_name(log->path, true);
		log->path = unpack_log(log->path, kind);
	}
	log_refuse_others(log);
	if (!is_utf8(log->path))
	{
		if (log->name == NULL)
			log->name = execution_name(log->path, false);
		link_log(log);
	}
}

void
log_take(Log *log)
{
	log_name(log, take_operand("LOG"));
	log_check(log);
}

static const char *schema_instead(const Log *log);

/* How long a name is in PostgreSQL. */
#define NAME_BYTES 63

/*
 * Cut a text to so many bytes, between characters.
 */
static void
cut_text(char *text, size_t bytes)
{
	size_t		length = 0;

	while (text[length] != '\0' && length + character_length(text + length) <= bytes)
		length += character_length(text + length);
	text[length] = '\0';
}

char *
log_schema(const Log *log, int number)
{
	const char *other = schema_instead(log);
	char	   *name = other != NULL ? copy_text(other) : execution_name(log->path, false);
	char	   *numbered;

	/* what a name can hold, as the server cuts it */
	cut_text(name, NAME_BYTES);
	if (number == 0)
		return name;
	cut_text(name, NAME_BYTES - sizeof("_2147483647") + 1);
	numbered = format_text("%s_%d", name, number);
	free(name);
	return numbered;
}

/*
 * A schema for a log that is named so that its own name does not do, or NULL:
 * names that no schema can have, that mean another one in a search path, or
 * that are the server's.
 */
static const char *
schema_instead(const Log *log)
{
	const char *name = log->name != NULL ? log->name : base_name(log->path);
	size_t		length = strlen(name);

	if (log->name == NULL && length >= 5 && strcmp(name + length - 5, ".plog") == 0)
		length -= 5;
	if (length == 0 || strncmp(name, "pg_", 3) == 0 ||
		(length == 5 && memcmp(name, "$user", 5) == 0) ||
		(length == 18 && memcmp(name, "information_schema", 18) == 0))
		return "log";
	/* it may be longer than a name can be, which the server knows */
	return log->name != NULL && length < 64 ? log->name : NULL;
}

/*
 * Arguments of a call of pe_attach(), by name.
 */
typedef struct Call
{
	Text		sql;
	const char *values[12];
	int			count;
} Call;

static void
add_argument(Call *call, const char *name, const char *value)
{
	if (value == NULL || *value == '\0')
		return;
	call->values[call->count++] = value;
	if (call->count == 1)
		text_format(&call->sql, "pe_attach(%s => $%d", name, call->count);
	else
		text_format(&call->sql, ", %s => $%d", name, call->count);
}

static const char *
absolute_option(Option which)
{
	return has(which) ? absolute_path(option(which)) : NULL;
}

PGresult *
log_attach(PGconn *connection, Log *log, int execution_id)
{
	Call		call = {0};
	PGresult   *result;
	char	   *number = format_text("%d", execution_id);

	/* by default the server names an execution after the file, which it does not know */
	if (log->large_object != NULL && log->name == NULL)
		log->name = execution_name(log->path, false);
	text_add(&call.sql, "SELECT ");
	if (log->large_object != NULL)
		add_argument(&call, "large_object", log->large_object);
	else
		add_argument(&call, "filename", log->path);
	add_argument(&call, "schema", log->schema != NULL ? log->schema : schema_instead(log));
	add_argument(&call, "execution", has(OPTION_NAME) && !log->is_shape ?
				 option(OPTION_NAME) : log->name);
	add_argument(&call, "execution_id", number);
	if (!log->is_shape)
	{
		add_argument(&call, "description", option(OPTION_DESCRIPTION));
		add_argument(&call, "recover", log->recover ? "true" : NULL);
		add_argument(&call, "guest", option(OPTION_GUEST));
		add_argument(&call, "descriptor", absolute_option(OPTION_DESCRIPTOR));
	}
	add_argument(&call, "recording", absolute_option(OPTION_RECORDING));
	add_argument(&call, "qcow", absolute_option(OPTION_QCOW));
	text_add(&call.sql, ")");
	if (!log->recover && !has(OPTION_DESCRIPTOR))
		database_hint_for_logs("Use --recover to read the log as far as it goes.");
	result = database_run(connection, call.sql.data, call.count, call.values);
	if (!result_is_error(result))
	{
		free(log->schema);
		log->schema = copy_text(PQgetvalue(result, 0, 0));
	}
	free(call.sql.data);
	free(number);
	return result;
}

char *
quote_name(PGconn *connection, const char *name)
{
	char	   *quoted = PQescapeIdentifier(connection, name, strlen(name));

	if (quoted == NULL)
		die(FAILED, "cannot quote a name: %s", PQerrorMessage(connection));
	return quoted;
}

int64_t
log_rows(PGconn *connection, const Log *log, const char *relation)
{
	char	   *schema,
			   *sql;
	PGresult   *result;
	int64_t		rows;

	if (!progress_is_seen())
		return 0;
	schema = quote_name(connection, log->schema);
	sql = format_text("SELECT count(*) FROM %s.%s", schema, relation);
	result = database_must(connection, BAD_LOG, sql, 0, NULL);
	rows = strtoll(PQgetvalue(result, 0, 0), NULL, 10);
	PQclear(result);
	free(sql);
	PQfreemem(schema);
	return rows;
}

void
set_search_path(PGconn *connection, const char *schema)
{
	char	   *quoted = quote_name(connection, schema);
	char	   *path = format_text("%s, public", quoted);
	const char *const values[] = {path};

	PQclear(database_must(connection, FAILED,
						  "SELECT set_config('search_path', $1, false)", 1, values));
	free(path);
	PQfreemem(quoted);
}

void
log_open(PGconn *connection, Log *log)
{
	PGresult   *result = log_attach(connection, log, 1);

	if (result_is_error(result))
		fail_with_result(connection, result, BAD_LOG);
	PQclear(result);
	set_search_path(connection, log->schema);
}

void
log_open_relations(PGconn *connection, Log *log)
{
	/* two relations of a log are in one order, so that their rows can be joined as they come */
	PQclear(database_must(connection, FAILED,
						  "SET pandelephant.question_views = off; SET jit = off; SET enable_hashjoin = off; "
						  "SET max_parallel_workers_per_gather = 0", -1, NULL));
	log_open(connection, log);
}
