/*-------------------------------------------------------------------------
 *
 * shape.c
 *		The tables that pe_materialize() makes, without rows.
 *
 * What they look like is said in the extension alone: here it makes those of
 * an empty log.
 *
 *-------------------------------------------------------------------------
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "log.h"
#include "options.h"
#include "server.h"
#include "shape.h"

/* The empty log's schema; another if the target is called so. */
#define EMPTY_SCHEMA "pe_empty"

/* A log with nothing but the writer's first entry. */
static const unsigned char empty_log[] = {
	0x02, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x93, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00,
	0x00, 0x00, 0x00, 0x01,
	[120] = 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x78, 0xda, 0x13, 0x63,
	0x60, 0x60, 0xe0, 0xf8, 0x0f, 0x03, 0x8c, 0x02, 0x08, 0x26, 0x00, 0xd1,
	0xf4, 0x12, 0x1f, 0x01, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00,
	0x00, 0x00, 0x00, 0x80, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x01,
	0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00
};

static Log empty;

/*
 * Write the empty log where the private server reads it.
 */
static char *
write_empty_log(void)
{
	char	   *path = format_text("%s/empty.plog", cache_directory());
	char	   *unfinished = format_text("%s/empty.XXXXXX", cache_directory());
	int			file = mkstemp(unfinished);

	if (file < 0 || write(file, empty_log, sizeof(empty_log)) != (ssize_t) sizeof(empty_log) ||
		fchmod(file, 0644) != 0 || close(file) != 0 || rename(unfinished, path) != 0)
		die(FAILED, "cannot write in \"%s\": %s", cache_directory(), strerror(errno));
	free(unfinished);
	return path;
}

static void
materialize(PGconn *connection, const char *target)
{
	const char *const values[] = {empty.schema, target, option(OPTION_RELATIONS)};

	/* a list of no other name than strace is none of tables */
	PQclear(database_must(connection, FAILED,
						  "SELECT public.pe_materialize($1, $2, relations => (SELECT array_agg(name) FROM "
						  "	regexp_split_to_table($3, '[ ,]+') AS name WHERE name NOT IN ('', 'strace')))",
						  3, values));
}

void
shape_make(PGconn *connection, const char *target)
{
	PGresult   *result;

	log_name(&empty, write_empty_log());
	empty.schema = copy_text(strcmp(target, EMPTY_SCHEMA) == 0 ? EMPTY_SCHEMA "_" : EMPTY_SCHEMA);
	empty.name = copy_text("empty");
	empty.is_shape = true;
	empty.recover = false;
	result = log_attach(connection, &empty, 1);
	if (result_is_error(result))
		fail_with_result(connection, result, FAILED);
	PQclear(result);
	materialize(connection, target);
}

void
shape_renumber(PGconn *connection, const char *target, const char *execution_id)
{
	const char *const values[] = {empty.name, target};
	char	   *quoted = quote_name(connection, target);
	char	   *sql = format_text("ALTER TABLE %s.executions ALTER execution_id RESTART WITH %s", quoted,
								  execution_id);

	PQclear(database_must(connection, FAILED, "SELECT public.pe_drop_execution($1, $2)", 2, values));
	PQclear(database_must(connection, FAILED, sql, 0, NULL));
	materialize(connection, target);
	free(sql);
	PQfreemem(quoted);
}
