/*-------------------------------------------------------------------------
 *
 * flame.c
 *		pe flame: calls by process, as folded stacks.
 *
 * A line is the names of a process's ancestors, its own and that of a call,
 * separated by semicolons, then a blank and how many calls there were.  Processes
 * whose names and ancestors' names are the same are one stack.
 *
 *-------------------------------------------------------------------------
 */
#include <inttypes.h>
#include <search.h>
#include <stdlib.h>
#include <string.h>

#include "characters.h"
#include "choice.h"
#include "forest.h"
#include "logs.h"
#include "options.h"
#include "output.h"
#include "progress.h"
#include "server.h"

#define NAME_PREFIX "sys_"

static const char processes_sql[] =
"SELECT process_id, parent_process_id, names[cardinality(names)] FROM processes ORDER BY process_id";

/* $1: the stack of each process. */
static const char calls_sql[] =
"SELECT stack, name, sum(calls) FROM ("
"	SELECT process_id, name, count(*) AS calls FROM syscalls GROUP BY process_id, name) c "
"LEFT JOIN unnest($1::bigint[]) WITH ORDINALITY AS p (stack, process_id) USING (process_id) "
"GROUP BY stack, name ORDER BY stack, name COLLATE \"C\"";

/* A name below those of ancestors; 0 is what the topmost are below. */
typedef struct Stack
{
	int			number;			/* from 1 on */
	int			below;
	const char *name;
} Stack;

static int
compare_stacks(const void *left, const void *right)
{
	const Stack *a = left,
			   *b = right;

	return a->below != b->below ? (a->below < b->below ? -1 : 1) : strcmp(a->name, b->name);
}

/*
 * Give each process its stack; there are at most as many as processes.
 */
static int *
number_stacks(const Forest *forest, Stack *stacks)
{
	int		   *stack_of = allocate(sizeof(int) * (size_t) (forest->count + 1));
	void	   *known = NULL;
	int			count = 0;

	stack_of[0] = 0;
	for (int i = 0; i < forest->count; i++)
	{
		int			process = forest->order[i];
		const char *name = forest_value(forest, process, 2);
		Stack	   *stack = &stacks[count + 1];
		Stack	  **found;

		*stack = (Stack) {count + 1, stack_of[forest->processes[process].parent], name != NULL ? name : "?"};
		found = tsearch(stack, &known, compare_stacks);
		if (found == NULL)
			die(FAILED, "out of memory");
		if (*found == stack)
			count++;
		stack_of[process] = (*found)->number;
	}
	return stack_of;
}

/*
 * Add a name, in which no semicolon separates anything.
 */
static void
add_name(Text *line, const char *name)
{
	Text		plain = {0};

	text_add(&plain, "");
	text_add_line(&plain, name, false);
	for (const char *c = plain.data; *c != '\0'; c++)
	{
		if (*c == ';')
			text_add(line, "\\x3b");
		else
			text_append(line, c, 1);
	}
	free(plain.data);
}

/*
 * The names of a stack, each with its semicolon.
 */
static void
add_stack(Text *line, const Stack *stacks, int number)
{
	int			depth = 0;
	int		   *numbers;

	for (int i = number; i != 0; i = stacks[i].below)
		depth++;
	numbers = allocate(sizeof(int) * (size_t) (depth + 1));
	for (int i = number, place = depth; i != 0; i = stacks[i].below)
		numbers[--place] = i;
	for (int i = 0; i < depth; i++)
	{
		add_name(line, stacks[numbers[i]].name);
		text_add(line, ";");
	}
	free(numbers);
}

static void
print_stacks(const PGresult *result, const Stack *stacks)
{
	for (int i = 0; i < PQntuples(result); i++)
	{
		const char *name = PQgetisnull(result, i, 1) ? "?" : PQgetvalue(result, i, 1);
		Text		line = {0};

		if (PQgetisnull(result, i, 0))
			text_add(&line, "[unknown process];");
		else
			add_stack(&line, stacks, atoi(PQgetvalue(result, i, 0)));
		if (strncmp(name, NAME_PREFIX, strlen(NAME_PREFIX)) == 0)
			name += strlen(NAME_PREFIX);
		add_name(&line, name);
		text_format(&line, " %s\n", PQgetvalue(result, i, 2));
		output_text(line.data);
		free(line.data);
	}
}

void
run_flame(void)
{
	Log			log;
	PGconn	   *connection;
	Forest		forest;
	Stack	   *stacks;
	int		   *stack_of;
	Text		array = {0};
	PGresult   *result;

	log_take(&log);
	no_more_operands();
	output_open(NULL);
	progress_begin(base_name(log.given));
	connection = server_enter();
	log_open_relations(connection, &log);
	PQclear(database_must(connection, FAILED, "RESET enable_hashjoin; RESET max_parallel_workers_per_gather", -1, NULL));
	forest_read(connection, processes_sql, &forest);
	stacks = allocate(sizeof(Stack) * (size_t) (forest.count + 2));
	stack_of = number_stacks(&forest, stacks);
	array_begin(&array);
	for (int process = 1; process <= forest.count; process++)
		text_format(&array, "%s%d", process > 1 ? "," : "", stack_of[process]);
	array_end(&array);
	database_send(connection, calls_sql, 1, (const char *const[]) {array.data});
	PQsetSingleRowMode(connection);
	while ((result = database_next(connection)) != NULL)
	{
		if (result_is_error(result))
			fail_with_result(connection, result, BAD_LOG);
		print_stacks(result, stacks);
		PQclear(result);
	}
	progress_end();
	output_close();
	log_leave(connection, &log);
	finish(DONE);
}
