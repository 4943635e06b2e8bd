/*-------------------------------------------------------------------------
 *
 * trace.c
 *		pe trace: a log as a trace for Perfetto.
 *
 * A trace has a track for each thread, known by our thread_id: as a process's
 * number stands the thread_id of its first thread, for numbers of the guest are
 * reused, and may be larger than Perfetto allows.  The guest's own are in the
 * names.  An execution offset is a timestamp, so that an instruction takes a
 * nanosecond.
 *
 * Slices of a thread nest: programs do not overlap, and a call that was logged
 * when it was entered and when it returned is a slice only if no other call of
 * its thread has an offset between the two.  At one offset first calls end, then
 * calls happen, then a program ends, then the next begins, then calls begin.
 *
 *-------------------------------------------------------------------------
 */
#include <stdlib.h>
#include <string.h>

#include "logs.h"
#include "options.h"
#include "output.h"
#include "progress.h"
#include "server.h"
#include "trace_packets.h"
#include "trace_sql.h"

typedef Perfetto__Protos__DebugAnnotation Annotation;
typedef Perfetto__Protos__TraceAttributes__Attribute Attribute;

/* Tracks: those of threads have their thread_id, the others begin here. */
#define PROCESS_TRACKS (UINT64_C(1) << 40)
#define CALL_COUNTERS (UINT64_C(2) << 40)
#define FAILURE_COUNTERS (UINT64_C(3) << 40)
/* for calls whose thread the log does not tell */
#define NOBODYS_TRACK (UINT64_C(4) << 40)
/* in the place of a process, for the counters of the log as a whole */
#define WHOLE_LOG 0

/* Ranks of tracks, for the order in which they are shown. */
static int32_t next_rank = 1;

static PGconn *connection;

static PGresult *
ask(const char *sql)
{
	return database_must(connection, BAD_LOG, sql, 0, NULL);
}

/* A value of a row, or NULL. */
static char *
value_of(const PGresult *result, int row, int column)
{
	return PQgetisnull(result, row, column) ? NULL : PQgetvalue(result, row, column);
}

/* A number of a row, 0 if it is NULL. */
static uint64_t
number_of(const PGresult *result, int row, int column)
{
	return (uint64_t) strtoll(PQgetvalue(result, row, column), NULL, 10);
}

/* ------------------------------------------------------------------------
 * What the trace says of itself
 * ------------------------------------------------------------------------ */

static void
write_attributes(void)
{
	static const char *const keys[] = {"log", "file", "guest", "complete", "processes", "threads", "calls", "calls_without_offset"};
	enum
	{
		TEXTS = 3, FACTS = 8
	};
	Packet		packet = PERFETTO__PROTOS__TRACE_PACKET__INIT;
	Perfetto__Protos__TraceAttributes attributes = PERFETTO__PROTOS__TRACE_ATTRIBUTES__INIT;
	Attribute	attribute[FACTS + 2];
	Attribute  *pointers[FACTS + 2];
	PGresult   *facts = ask(trace_facts_sql);

	for (int i = 0; i < FACTS + 2; i++)
	{
		perfetto__protos__trace_attributes__attribute__init(&attribute[i]);
		pointers[i] = &attribute[i];
	}
	for (int i = 0; i < FACTS; i++)
	{
		attribute[i].key = (char *) keys[i];
		attribute[i].has_long_value = i >= TEXTS;
		if (i < TEXTS)
			attribute[i].string_value = PQgetvalue(facts, 0, i);
		else
			attribute[i].long_value = (int64_t) number_of(facts, 0, i);
	}
	attribute[FACTS].key = "unit_of_time";
	attribute[FACTS].string_value = "a nanosecond stands for an instruction of the guest";
	attribute[FACTS + 1].key = "made_by";
	attribute[FACTS + 1].string_value = "pe " PE_VERSION;
	attributes.attribute = pointers;
	attributes.n_attribute = FACTS + 2;
	packet.trace_attributes = &attributes;
	trace_write_packet(&packet);
	PQclear(facts);
}

/* ------------------------------------------------------------------------
 * Tracks
 * ------------------------------------------------------------------------ */

static void
write_root(void)
{
	Track		root = PERFETTO__PROTOS__TRACK_DESCRIPTOR__INIT;

	root.has_uuid = true;
	root.has_child_ordering = root.has_process_ordering = root.has_thread_ordering = true;
	root.child_ordering = PERFETTO__PROTOS__TRACK_DESCRIPTOR__CHILD_TRACKS_ORDERING__EXPLICIT;
	root.process_ordering = PERFETTO__PROTOS__TRACK_DESCRIPTOR__PROCESS_ORDERING__PROCESS_ORDERING_EXPLICIT;
	root.thread_ordering = PERFETTO__PROTOS__TRACK_DESCRIPTOR__THREAD_ORDERING__THREAD_ORDERING_EXPLICIT;
	root.description = "A nanosecond stands for an instruction of the guest.";
	trace_write_track(&root);
}

static void
write_counters(uint64_t process, uint64_t parent)
{
	static const struct
	{
		uint64_t	tracks;
		const char *name;
	}			counters[] = {{CALL_COUNTERS, "calls"}, {FAILURE_COUNTERS, "failed calls"}};

	for (int i = 0; i < 2; i++)
	{
		Track		track = PERFETTO__PROTOS__TRACK_DESCRIPTOR__INIT;
		Perfetto__Protos__CounterDescriptor counter = PERFETTO__PROTOS__COUNTER_DESCRIPTOR__INIT;

		counter.has_unit = true;
		counter.unit = PERFETTO__PROTOS__COUNTER_DESCRIPTOR__UNIT__UNIT_COUNT;
		track.has_uuid = track.has_parent_uuid = track.has_sibling_order_rank = true;
		track.uuid = counters[i].tracks + process;
		track.parent_uuid = parent;
		track.sibling_order_rank = next_rank++;
		track.name = (char *) counters[i].name;
		track.counter = &counter;
		trace_write_track(&track);
	}
}

/* A process, with its threads, which follow each other in a result. */
typedef struct Process
{
	int			row;
	int			first_thread;
	int			thread_count;
	int			child;			/* the first, or -1 */
	int			sibling;		/* the next of the parent's, or -1 */
	bool		written;
} Process;

static PGresult *process_rows;
static PGresult *thread_rows;
static Process *processes;
static int	process_count;

/* The running totals of each process, and of the log. */
typedef struct Totals
{
	int64_t		calls;
	int64_t		failures;
} Totals;

static Totals *totals;

/*
 * A name with the guest's number of what it is of.
 */
static char *
numbered_name(const PGresult *result, int row, int number, int name)
{
	return format_text("%s%s%s", PQgetvalue(result, row, number),
					   PQgetisnull(result, row, number) || PQgetisnull(result, row, name) ? "" : " ",
					   PQgetvalue(result, row, name));
}

static void
write_process(Process *process)
{
	Track		track = PERFETTO__PROTOS__TRACK_DESCRIPTOR__INIT;
	Perfetto__Protos__ProcessDescriptor descriptor = PERFETTO__PROTOS__PROCESS_DESCRIPTOR__INIT;
	int			row = process->row;
	uint64_t	process_id = number_of(process_rows, row, 0);
	int32_t		number = (int32_t) number_of(process_rows, row, 4);
	char	   *name = numbered_name(process_rows, row, 2, 3);
	char	   *command = value_of(process_rows, row, 5);

	descriptor.has_pid = true;
	descriptor.pid = number;
	descriptor.process_name = name;
	descriptor.cmdline = &command;
	descriptor.n_cmdline = command != NULL;
	track.has_uuid = track.has_sibling_order_rank = true;
	track.uuid = PROCESS_TRACKS + process_id;
	track.sibling_order_rank = next_rank++;
	track.process = &descriptor;
	trace_write_track(&track);
	free(name);
	for (int i = 0; i < process->thread_count; i++)
	{
		Track		thread = PERFETTO__PROTOS__TRACK_DESCRIPTOR__INIT;
		Perfetto__Protos__ThreadDescriptor of = PERFETTO__PROTOS__THREAD_DESCRIPTOR__INIT;
		int			thread_row = process->first_thread + i;

		name = numbered_name(thread_rows, thread_row, 2, 3);
		of.has_pid = of.has_tid = true;
		of.pid = number;
		of.tid = (int64_t) number_of(thread_rows, thread_row, 0);
		of.thread_name = name;
		thread.has_uuid = thread.has_parent_uuid = thread.has_sibling_order_rank = true;
		thread.uuid = number_of(thread_rows, thread_row, 0);
		thread.parent_uuid = track.uuid;
		thread.sibling_order_rank = next_rank++;
		thread.thread = &of;
		trace_write_track(&thread);
		free(name);
	}
	write_counters(process_id, track.uuid);
}

/*
 * Read processes and threads; ids are counted from 1, so they are places.
 */
static void
read_processes(void)
{
	process_rows = ask(trace_processes_sql);
	thread_rows = ask(trace_threads_sql);
	process_count = PQntuples(process_rows);
	processes = allocate(sizeof(Process) * (size_t) (process_count + 1));
	totals = allocate(sizeof(Totals) * (size_t) (process_count + 1));
	memset(totals, 0, sizeof(Totals) * (size_t) (process_count + 1));
	for (int i = 0; i <= process_count; i++)
		processes[i] = (Process) {.row = i - 1, .child = -1, .sibling = -1};
	for (int i = 0; i < PQntuples(thread_rows); i++)
	{
		Process    *process = &processes[number_of(thread_rows, i, 1)];

		if (process->thread_count++ == 0)
			process->first_thread = i;
	}
	/* from the last, for children come in front of those that are there */
	for (int i = process_count; i > 0; i--)
	{
		int			parent = (int) number_of(process_rows, i - 1, 1);

		processes[i].sibling = processes[parent].child;
		processes[parent].child = i;
	}
}

/*
 * Write the tracks of a process and of all below it, each parent before its
 * children.
 */
static void
write_tree(int root)
{
	int		   *waiting = allocate(sizeof(int) * (size_t) (process_count + 2));
	int			count = 0;

	waiting[count++] = root;
	while (count > 0)
	{
		int			next = waiting[--count];
		int			first = count;

		if (next != WHOLE_LOG)
		{
			if (processes[next].written)
				continue;
			processes[next].written = true;
			write_process(&processes[next]);
		}
		for (int child = processes[next].child; child >= 0; child = processes[child].sibling)
			waiting[count++] = child;
		for (int i = first, j = count - 1; i < j; i++, j--)
		{
			int			other = waiting[i];

			waiting[i] = waiting[j];
			waiting[j] = other;
		}
	}
	free(waiting);
}

static void
write_tracks(void)
{
	Track		nobody = PERFETTO__PROTOS__TRACK_DESCRIPTOR__INIT;

	write_root();
	write_counters(WHOLE_LOG, 0);
	nobody.has_uuid = nobody.has_parent_uuid = nobody.has_sibling_order_rank = true;
	nobody.uuid = NOBODYS_TRACK;
	nobody.sibling_order_rank = next_rank++;
	nobody.name = "calls of unknown threads";
	trace_write_track(&nobody);
	read_processes();
	write_tree(WHOLE_LOG);
	/* those that are their own ancestors */
	for (int i = 1; i <= process_count; i++)
		write_tree(i);
}

/* ------------------------------------------------------------------------
 * Events
 * ------------------------------------------------------------------------ */

/* An event that is being put together of its rows. */
typedef struct Draft
{
	Event		event;
	uint64_t	at;
	int			step;
	uint64_t	process_id;
	bool		has_failed;
	bool		is_call;
	Annotation *annotations;
	size_t		room;
	uint64_t	flow_here;
	uint64_t   *flows;
} Draft;

/*
 * Add an annotation, which has a copy of its name.
 */
static Annotation *
add_annotation(Draft *draft, const char *name)
{
	Annotation *added;

	if (draft->event.n_debug_annotations == draft->room)
	{
		draft->room = draft->room > 0 ? draft->room * 2 : 16;
		draft->annotations = enlarge(draft->annotations, sizeof(Annotation) * draft->room);
	}
	added = &draft->annotations[draft->event.n_debug_annotations++];
	perfetto__protos__debug_annotation__init(added);
	added->name = copy_text(name);
	return added;
}

static void
add_argument(Draft *draft, const PGresult *result, int row)
{
	const char *type = value_of(result, row, ARGUMENT_TYPE);
	const char *value = value_of(result, row, ARGUMENT_VALUE);
	char	   *unnamed = format_text("arg%s", PQgetvalue(result, row, ARGUMENT_POSITION));
	const char *name = value_of(result, row, ARGUMENT_NAME);
	Annotation *added = add_annotation(draft, name != NULL ? name : unnamed);

	free(unnamed);
	if (type == NULL || value == NULL)
		return;
	if (strcmp(type, "POINTER") == 0)
	{
		added->has_pointer_value = true;
		added->pointer_value = strtoull(value, NULL, 16);
	}
	else if (strncmp(type, "UNSIGNED", 8) == 0)
	{
		added->has_uint_value = true;
		added->uint_value = strtoull(value, NULL, 10);
	}
	else if (strncmp(type, "SIGNED", 6) == 0)
	{
		added->has_int_value = true;
		added->int_value = strtoll(value, NULL, 10);
	}
	else if (strcmp(type, "FLOAT") == 0 || strcmp(type, "DOUBLE") == 0)
	{
		added->has_double_value = true;
		added->double_value = strtod(value, NULL);
	}
	else if (strcmp(type, "BOOL") == 0)
	{
		added->has_bool_value = true;
		added->bool_value = strcmp(value, "true") == 0;
	}
	else
		added->string_value = copy_text(value);
}

static void
begin_draft(Draft *draft, const PGresult *result, int row)
{
	static const Perfetto__Protos__TrackEvent__Type types[] = {
		[FIRST_PROGRAM_BEGINS] = PERFETTO__PROTOS__TRACK_EVENT__TYPE__TYPE_SLICE_BEGIN,
		[CALL_ENDS] = PERFETTO__PROTOS__TRACK_EVENT__TYPE__TYPE_SLICE_END,
		[CALL] = PERFETTO__PROTOS__TRACK_EVENT__TYPE__TYPE_INSTANT,
		[PROGRAM_ENDS] = PERFETTO__PROTOS__TRACK_EVENT__TYPE__TYPE_SLICE_END,
		[PROGRAM_BEGINS] = PERFETTO__PROTOS__TRACK_EVENT__TYPE__TYPE_SLICE_BEGIN,
		[CALL_BEGINS] = PERFETTO__PROTOS__TRACK_EVENT__TYPE__TYPE_SLICE_BEGIN,
		[SHORT_PROGRAM_ENDS] = PERFETTO__PROTOS__TRACK_EVENT__TYPE__TYPE_SLICE_END,
	};
	const char *name = value_of(result, row, NAME);
	char	   *flows = value_of(result, row, FLOWS);

	perfetto__protos__track_event__init(&draft->event);
	draft->at = number_of(result, row, AT);
	draft->step = (int) number_of(result, row, STEP);
	draft->process_id = number_of(result, row, PROCESS_ID);
	draft->has_failed = *PQgetvalue(result, row, HAS_FAILED) == 't';
	draft->is_call = !PQgetisnull(result, row, SYSCALL_ID);
	draft->event.has_type = draft->event.has_track_uuid = true;
	draft->event.type = types[draft->step];
	draft->event.track_uuid = PQgetisnull(result, row, THREAD_ID) ? NOBODYS_TRACK : number_of(result, row, THREAD_ID);
	if (draft->event.type != PERFETTO__PROTOS__TRACK_EVENT__TYPE__TYPE_SLICE_END)
		draft->event.name = copy_text(name != NULL ? name : "(no name)");
	if (draft->is_call)
	{
		Annotation *id = add_annotation(draft, "syscall_id");

		id->has_uint_value = true;
		id->uint_value = number_of(result, row, SYSCALL_ID);
	}
	if (!PQgetisnull(result, row, RETVAL))
	{
		Annotation *retval = add_annotation(draft, "retval");

		retval->has_int_value = true;
		retval->int_value = (int64_t) number_of(result, row, RETVAL);
	}
	if (!PQgetisnull(result, row, COMMAND))
		add_annotation(draft, "command line")->string_value = copy_text(PQgetvalue(result, row, COMMAND));
	for (; flows != NULL && *flows != '\0'; flows += *flows == ' ')
	{
		draft->flows = enlarge(draft->flows, sizeof(uint64_t) * (draft->event.n_flow_ids + 1));
		draft->flows[draft->event.n_flow_ids++] = strtoull(flows, &flows, 10);
	}
	draft->flow_here = number_of(result, row, FLOW_HERE);
	draft->event.n_terminating_flow_ids = draft->flow_here != 0;
}

static void
write_counter(uint64_t at, uint64_t track, int64_t value)
{
	Event		event = PERFETTO__PROTOS__TRACK_EVENT__INIT;

	event.has_type = event.has_track_uuid = event.has_counter_value = true;
	event.type = PERFETTO__PROTOS__TRACK_EVENT__TYPE__TYPE_COUNTER;
	event.track_uuid = track;
	event.counter_value = value;
	trace_write_event(at, &event);
}

/*
 * Count a call of a process, or of the log.
 */
static void
count_call(const Draft *draft, uint64_t process_id)
{
	write_counter(draft->at, CALL_COUNTERS + process_id, ++totals[process_id].calls);
	if (draft->has_failed)
		write_counter(draft->at, FAILURE_COUNTERS + process_id, ++totals[process_id].failures);
}

static void
end_draft(Draft *draft)
{
	static char *categories[] = {"syscall", "failed"};
	static char *program[] = {"program"};
	Annotation **pointers = allocate(sizeof(Annotation *) * (draft->event.n_debug_annotations + 1));

	for (size_t i = 0; i < draft->event.n_debug_annotations; i++)
		pointers[i] = &draft->annotations[i];
	draft->event.debug_annotations = pointers;
	draft->event.categories = draft->is_call ? categories : program;
	draft->event.n_categories = draft->is_call && draft->has_failed ? 2 : 1;
	draft->event.flow_ids = draft->flows;
	draft->event.terminating_flow_ids = &draft->flow_here;
	trace_write_event(draft->at, &draft->event);
	if (draft->is_call)
	{
		if (draft->process_id != WHOLE_LOG)
			count_call(draft, draft->process_id);
		count_call(draft, WHOLE_LOG);
	}
	for (size_t i = 0; i < draft->event.n_debug_annotations; i++)
	{
		free(draft->annotations[i].name);
		if (draft->annotations[i].string_value != protobuf_c_empty_string)
			free(draft->annotations[i].string_value);
	}
	if (draft->event.name != protobuf_c_empty_string)
		free(draft->event.name);
	free(pointers);
}

/*
 * Rows of one event follow each other: an event of no call has one.
 */
static bool
is_same(const PGresult *result, int row, const char *syscall_id, int step)
{
	return syscall_id != NULL && !PQgetisnull(result, row, SYSCALL_ID) &&
		strcmp(PQgetvalue(result, row, SYSCALL_ID), syscall_id) == 0 && (int) number_of(result, row, STEP) == step;
}

static void
write_events(void)
{
	PGresult   *result;
	Draft		draft = {0};
	char	   *current = NULL;
	bool		begun = false;
	int64_t		count = 0;

	database_send(connection, trace_events_sql, 0, NULL);
	PQsetSingleRowMode(connection);
	while ((result = database_next(connection)) != NULL)
	{
		if (result_is_error(result))
			fail_with_result(connection, result, BAD_LOG);
		for (int i = 0; i < PQntuples(result); i++)
		{
			if (!begun || !is_same(result, i, current, draft.step))
			{
				if (begun)
					end_draft(&draft);
				begin_draft(&draft, result, i);
				free(current);
				current = PQgetisnull(result, i, SYSCALL_ID) ? NULL : copy_text(PQgetvalue(result, i, SYSCALL_ID));
				begun = true;
				if (++count % 256 == 0)
					progress_show("", "events", count, 0);
			}
			if (!PQgetisnull(result, i, ARGUMENT_POSITION))
				add_argument(&draft, result, i);
		}
		PQclear(result);
	}
	if (begun)
		end_draft(&draft);
	free(current);
	free(draft.annotations);
	free(draft.flows);
}

static void
run(const char *sql)
{
	PQclear(ask(sql));
}

void
run_trace(void)
{
	LogSet		logs;

	logs_take(&logs);
	if (logs.count > 1)
		misused("trace is of one log");
	output_begin_file(has(OPTION_OUTPUT) ? option(OPTION_OUTPUT) : file_beside(logs.logs[0].given, ".perfetto-trace"),
					  has(OPTION_FORCE));
	progress_begin(base_name(logs.logs[0].given));
	connection = server_enter();
	logs_open(connection, &logs);
	run("SET jit = off");
	run("SET work_mem = '256MB'");
	run("SET client_min_messages = error");
	run(trace_calls_sql);
	run("ANALYZE trace_calls");
	run(trace_programs_sql);
	run(trace_forks_sql);
	write_attributes();
	write_tracks();
	write_events();
	output_end_file();
	logs_leave(connection, &logs);
	finish(DONE);
}
