/*-------------------------------------------------------------------------
 *
 * coverage.c
 *		pe coverage: the code that ran, in drcov's format, version 2.
 *
 * Blocks are those of collect_code, and those at both ends of the edges, and in the
 * traces, of edge_coverage, which say where a block begins but not how long it is:
 * it stands for one byte then.
 *
 * A module of the file is an image, which may be mapped in several pieces, one
 * after the other; offsets count from where the first piece begins.  Images of
 * one path are one module, wherever they were mapped.
 *
 *-------------------------------------------------------------------------
 */
#include <stdlib.h>
#include <string.h>

#include "characters.h"
#include "choice.h"
#include "logs.h"
#include "options.h"
#include "output.h"
#include "progress.h"
#include "server.h"

/* How many modules a block can tell apart, with 16 bits. */
#define MOST_MODULES 65536

/* The catalog answers it. */
static const char has_blocks_sql[] =
"SELECT FROM (SELECT kind, count(*) FROM entries GROUP BY kind) k WHERE kind IN ('basic_block', 'edge_coverage', 'trace')";

/*
 * Blocks, once each, by what the log says of whose they are.  Those of threads
 * are of the PANDA that tsm is of.
 */
static const char blocks_sql[] =
"CREATE TEMP TABLE coverage_blocks AS "
"SELECT asid, process_id, pc, least(size, 65535) AS size, min(execution_offset) AS at FROM ("
"	SELECT coalesce(pe_bigint(message->'basic_block'->'asid'), asid) AS asid, NULL::bigint AS process_id, pc, "
"		pe_bigint(message->'basic_block'->'size') AS size, execution_offset FROM entries WHERE kind = 'basic_block' "
"	UNION ALL "
"	SELECT asid, NULL, pe_bigint(jsonb_path_query(message, 'lax $.edge_coverage.edges[*].pc[*]')), 1, execution_offset "
"	FROM entries WHERE kind = 'edge_coverage' "
"	UNION ALL "
"	SELECT e.asid, t.process_id, pe_bigint(b->'pc'), pe_bigint(b->'size'), execution_offset FROM entries e "
"	CROSS JOIN LATERAL jsonb_path_query(message, 'lax $.edge_coverage.edges[*].block[*]') b "
"	LEFT JOIN threads t ON t.tid = pe_bigint(message->'edge_coverage'->'tid') "
"		AND t.create_time = pe_bigint(message->'edge_coverage'->'create_time') WHERE kind = 'edge_coverage' "
"	UNION ALL "
"	SELECT asid, NULL, pe_bigint(jsonb_path_query(message, 'lax $.trace.pcs[*]')), 1, execution_offset "
"	FROM entries WHERE kind = 'trace') b "
"WHERE pc IS NOT NULL AND size > 0 GROUP BY asid, process_id, pc, least(size, 65535)";

/* The image that each mapping is a piece of.  A file called none is no file. */
static const char images_sql[] =
"CREATE TEMP TABLE coverage_images AS "
"SELECT mapping_id, path, min(base_address) OVER image AS base, max(base_address + size) OVER image AS until FROM ("
"	SELECT *, count(*) FILTER (WHERE before IS NULL OR base_address > before) OVER (PARTITION BY process_id, asid, path "
"		ORDER BY base_address, mapping_id ROWS UNBOUNDED PRECEDING) AS number FROM ("
"		SELECT *, max(base_address + size) OVER (PARTITION BY process_id, asid, path ORDER BY base_address, mapping_id "
"			ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING) AS before FROM ("
"			SELECT mapping_id, process_id, asid, coalesce(nullif(nullif(path, 'none'), ''), name, '?') AS path, base_address, size "
"			FROM mappings WHERE size > 0 AND base_address <= 9223372036854775807 - size) m) m) m "
"WINDOW image AS (PARTITION BY process_id, asid, path, number)";

/*
 * Where each block is: in a module, at an offset.  $1: the processes that were
 * chosen, or NULL; they have the blocks of which the log does not say whose they
 * are.
 */
static const char places_sql[] =
"CREATE TEMP TABLE coverage_places AS "
"WITH spaces AS ("
"	SELECT asid, process_id FROM processes WHERE asid IS NOT NULL "
"	UNION SELECT asid, process_id FROM mappings WHERE asid IS NOT NULL), "
"owned AS ("
"	SELECT process_id, pc, size, at, asid FROM coverage_blocks WHERE process_id IS NOT NULL "
"	UNION ALL "
"	SELECT s.process_id, pc, size, at, asid FROM coverage_blocks b JOIN spaces s USING (asid) WHERE b.process_id IS NULL "
"	UNION ALL "
"	SELECT chosen, pc, size, at, asid FROM coverage_blocks b CROSS JOIN unnest($1::bigint[]) AS chosen "
"	WHERE process_id IS NULL AND (asid IS NULL OR asid NOT IN (SELECT asid FROM spaces))) "
"SELECT path, pc - base AS \"offset\", size, pc FROM ("
"	SELECT pc, size, pe_locate('mappings', 1, process_id, pc, at, asid) AS mapping_id FROM owned "
"	WHERE $1::bigint[] IS NULL OR process_id = ANY ($1::bigint[])) o "
"JOIN coverage_images USING (mapping_id) WHERE pc - base < 4294967296";

static const char modules_sql[] =
"CREATE TEMP TABLE coverage_modules AS "
"SELECT row_number() OVER (ORDER BY path COLLATE \"C\") - 1 AS id, path, base, base + length AS until "
"FROM (SELECT path, min(base) AS base, max(until - base) AS length FROM coverage_images GROUP BY path) m "
"WHERE path IN (SELECT path FROM coverage_places)";

static const char module_list_sql[] =
"SELECT id, to_hex(base), to_hex(until), path FROM coverage_modules ORDER BY id";

/* How many blocks there are in the file, and in the log, and how many of these are in none. */
static const char counts_sql[] =
"SELECT (SELECT count(*) FROM (SELECT DISTINCT path, \"offset\", size FROM coverage_places) p), "
"	(SELECT count(*) FROM (SELECT DISTINCT pc, size FROM coverage_blocks) b), "
"	(SELECT count(*) FROM (SELECT pc, size FROM coverage_blocks EXCEPT SELECT pc, size FROM coverage_places) b)";

static const char block_list_sql[] =
"SELECT DISTINCT \"offset\", size, id FROM coverage_places JOIN coverage_modules USING (path) ORDER BY id, \"offset\", size";

static PGconn *connection;

static void
run(const char *sql)
{
	PQclear(database_must(connection, BAD_LOG, sql, 0, NULL));
}

static void
write_modules(void)
{
	PGresult   *modules = database_must(connection, BAD_LOG, module_list_sql, 0, NULL);
	int			count = PQntuples(modules);

	if (count > MOST_MODULES)
		die(FAILED, "there are %d modules, and drcov's format has room for %d; choose processes by --pid", count, MOST_MODULES);
	output_format("DRCOV VERSION: 2\nDRCOV FLAVOR: drcov\nModule Table: version 2, count %d\n"
				  "Columns: id, base, end, entry, path\n", count);
	for (int i = 0; i < count; i++)
	{
		Text		path = {0};

		text_add_line(&path, PQgetvalue(modules, i, 3), false);
		output_format("%3s, 0x%016llx, 0x%016llx, 0x%016x, %s\n", PQgetvalue(modules, i, 0),
					  strtoull(PQgetvalue(modules, i, 1), NULL, 16), strtoull(PQgetvalue(modules, i, 2), NULL, 16), 0, path.data);
		free(path.data);
	}
	PQclear(modules);
}

/*
 * Write a number of some bytes, the least first.
 */
static void
write_number(uint32_t number, size_t size)
{
	char		bytes[4];

	for (size_t i = 0; i < size; i++)
		bytes[i] = (char) (number >> 8 * i & 0xff);
	output_bytes(bytes, size);
}

static void
write_blocks(const char *count)
{
	PGresult   *result;
	int64_t		rows = 0;

	output_format("BB Table: %s bbs\n", count);
	database_send(connection, block_list_sql, 0, NULL);
	PQsetSingleRowMode(connection);
	while ((result = database_next(connection)) != NULL)
	{
		if (result_is_error(result))
			fail_with_result(connection, result, BAD_LOG);
		for (int i = 0; i < PQntuples(result); i++)
		{
			write_number((uint32_t) strtoul(PQgetvalue(result, i, 0), NULL, 10), 4);
			write_number((uint32_t) strtoul(PQgetvalue(result, i, 1), NULL, 10), 2);
			write_number((uint32_t) strtoul(PQgetvalue(result, i, 2), NULL, 10), 2);
		}
		if (++rows % 256 == 0)
			progress_show("", "blocks", rows, strtoll(count, NULL, 10));
		PQclear(result);
	}
}

/*
 * Whether the catalog has entries that say what ran.
 */
static bool
has_blocks(void)
{
	PGresult   *result = database_must(connection, BAD_LOG, has_blocks_sql, 0, NULL);
	bool		found = PQntuples(result) > 0;

	PQclear(result);
	return found;
}

void
run_coverage(void)
{
	Log			log;
	char	   *processes;
	PGresult   *counts;

	log_take(&log);
	no_more_operands();
	output_begin_file(has(OPTION_OUTPUT) ? option(OPTION_OUTPUT) : file_beside(log.given, ".drcov"), has(OPTION_FORCE));
	progress_begin(base_name(log.given));
	connection = server_enter();
	log_open_relations(connection, &log);
	run("RESET enable_hashjoin");
	run("SET client_min_messages = error");
	if (!has_blocks())
		die(FAILED, "the log has no blocks of code and no edges between them: collect_code and edge_coverage write those");
	processes = has(OPTION_PID) ? choose_processes(connection, option(OPTION_PID), false) : NULL;
	run(blocks_sql);
	run(images_sql);
	PQclear(database_must(connection, BAD_LOG, places_sql, 1, (const char *const[]) {processes}));
	run(modules_sql);
	counts = database_must(connection, BAD_LOG, counts_sql, 0, NULL);
	if (strcmp(PQgetvalue(counts, 0, 0), "0") == 0)
		die(FAILED, "none of the log's %s blocks lies in a module of a process%s", PQgetvalue(counts, 0, 1),
			has(OPTION_PID) ? " that was chosen" : ", as loaded_libs would have written it; --pid says whose blocks they are");
	write_modules();
	write_blocks(PQgetvalue(counts, 0, 0));
	output_end_file();
	if (!has(OPTION_PID) && strcmp(PQgetvalue(counts, 0, 2), "0") != 0)
		complain("%s of the log's %s blocks lie in no module of a process, and are left out", PQgetvalue(counts, 0, 2),
				 PQgetvalue(counts, 0, 1));
	PQclear(counts);
	free(processes);
	log_leave(connection, &log);
	finish(DONE);
}
