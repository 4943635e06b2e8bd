/*-------------------------------------------------------------------------
 *
 * tree.c
 *		pe tree: the processes of a log as a tree.
 *
 *-------------------------------------------------------------------------
 */
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "characters.h"
#include "forest.h"
#include "logs.h"
#include "options.h"
#include "output.h"
#include "progress.h"
#include "server.h"
#include "terminal.h"

/* No line is indented by more ancestors. */
#define MOST_INDENTS 50

enum
{
	PROCESS_ID,
	PARENT,
	PID,
	NAME,
	COMMAND_LINE,
	CALLS,
	FAILED_CALLS,
	EXIT_CODE,
	ENDED
};

static const char tree_sql[] =
"SELECT process_id, parent_process_id, pid, name, command_line, calls, failed_calls, exit_code, ended "
"FROM process_tree ORDER BY process_id";

static const char jsonl_sql[] =
"SELECT row_to_json(t) FROM (SELECT * FROM process_tree ORDER BY path) t";

/* How the lines of a tree are drawn. */
typedef struct Branches
{
	const char *child,
			   *last_child,
			   *passing,
			   *nothing;
} Branches;

static const Branches drawn = {"├─ ", "└─ ", "│  ", "   "};
static const Branches typed = {"|- ", "`- ", "|  ", "   "};

static Forest forest;
static bool ascii;

/*
 * What a process is called, and what it did.
 */
static void
add_process(Text *line, int process)
{
	const char *pid = forest_value(&forest, process, PID);
	const char *name = forest_value(&forest, process, NAME);
	const char *command = forest_value(&forest, process, COMMAND_LINE);
	const char *ended = forest_value(&forest, process, ENDED);
	const char *code = forest_value(&forest, process, EXIT_CODE);

	text_add_line(line, name != NULL ? name : "?", ascii);
	text_format(line, " (%s)  %s calls", pid != NULL ? pid : "?", forest_value(&forest, process, CALLS));
	if (forest_number(&forest, process, FAILED_CALLS) > 0)
		text_format(line, ", %s failed", forest_value(&forest, process, FAILED_CALLS));
	if (ended != NULL)
		text_format(line, ", %s%s%s", ended, code != NULL ? " " : "", code != NULL ? code : "");
	if (command != NULL)
	{
		text_add(line, "  ");
		text_add_line(line, command, ascii);
	}
}

/*
 * The lines of the tree left of a process: its own branch, and those of
 * ancestors that have more children.
 */
static void
add_branches(Text *line, int process, const Branches *branches)
{
	const char *parts[MOST_INDENTS];
	int			count = 0;
	const Process *node = &forest.processes[process];

	if (node->depth > 0)
		parts[count++] = node->next_sibling != 0 ? branches->child : branches->last_child;
	for (node = &forest.processes[node->parent]; node->depth > 0 && count < MOST_INDENTS;
		 node = &forest.processes[node->parent])
		parts[count++] = node->next_sibling != 0 ? branches->passing : branches->nothing;
	while (count > 0)
		text_add(line, parts[--count]);
}

static void
print_tree(void)
{
	const Branches *branches = ascii ? &typed : &drawn;
	bool		cut = isatty(STDOUT_FILENO);

	for (int i = 0; i < forest.count; i++)
	{
		Text		line = {0};
		Text		shown = {0};

		text_add(&line, "");
		add_branches(&line, forest.order[i], branches);
		add_process(&line, forest.order[i]);
		if (cut && columns_of_line(line.data) > terminal_columns())
			text_add_columns(&shown, line.data, terminal_columns());
		else
			text_add(&shown, line.data);
		output_text(shown.data);
		output_text("\n");
		free(line.data);
		free(shown.data);
	}
}

/*
 * Print a text as a part of a label of Graphviz, in which backslashes and
 * ampersands mean something.
 */
static void
print_label(const char *string)
{
	Text		line = {0};

	text_add(&line, "");
	text_add_line(&line, string, false);
	for (const char *c = line.data; *c != '\0'; c++)
	{
		if (*c == '"' || *c == '\\')
			output_text("\\");
		output_bytes(c, 1);
		if (*c == '&')
			output_text("amp;");
	}
	free(line.data);
}

static void
print_dot(void)
{
	output_text("digraph processes {\n\tnode [shape=box];\n");
	for (int i = 0; i < forest.count; i++)
	{
		int			process = forest.order[i];
		int			parent = forest.processes[process].parent;
		const char *pid = forest_value(&forest, process, PID);
		const char *name = forest_value(&forest, process, NAME);
		const char *command = forest_value(&forest, process, COMMAND_LINE);

		output_format("\tp%d [label=\"", process);
		print_label(name != NULL ? name : "?");
		output_format(" (%s)\\n", pid != NULL ? pid : "?");
		if (command != NULL)
		{
			print_label(command);
			output_text("\\n");
		}
		output_format("%s calls, %s failed\"];\n", forest_value(&forest, process, CALLS),
					  forest_value(&forest, process, FAILED_CALLS));
		if (parent != 0)
			output_format("\tp%d -> p%d;\n", parent, process);
	}
	output_text("}\n");
}

static void
print_jsonl(PGconn *connection)
{
	PGresult   *result;

	database_send(connection, jsonl_sql, 0, NULL);
	PQsetSingleRowMode(connection);
	while ((result = database_next(connection)) != NULL)
	{
		if (result_is_error(result))
			fail_with_result(connection, result, BAD_LOG);
		for (int i = 0; i < PQntuples(result); i++)
		{
			output_text(PQgetvalue(result, i, 0));
			output_text("\n");
		}
		PQclear(result);
	}
}

void
run_tree(void)
{
	static const Option forms[] = {OPTION_DOT, OPTION_JSONL, OPTION_ASCII, OPTION_COUNT};
	PGconn	   *connection;
	Log			log;

	only_one_of(forms);
	log_take(&log);
	no_more_operands();
	output_open(NULL);
	progress_begin(base_name(log.given));
	connection = server_enter();
	log_open(connection, &log);
	PQclear(database_must(connection, FAILED, "SET work_mem = '64MB'", 0, NULL));
	if (has(OPTION_JSONL))
		print_jsonl(connection);
	else
	{
		ascii = terminal_is_ascii() && !has(OPTION_DOT);
		forest_read(connection, tree_sql, &forest);
		if (has(OPTION_DOT))
			print_dot();
		else
			print_tree();
	}
	progress_end();
	output_close();
	log_leave(connection, &log);
	finish(DONE);
}
