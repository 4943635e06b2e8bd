/*-------------------------------------------------------------------------
 *
 * plog_generate.c
 *		Makes large plogs with the content of a busy machine.
 *
 * Threads take turns.  A turn, or slice, is some system calls of one thread,
 * and ends with asidstory's asid_info.  Processes are made as the log goes on,
 * so that the last one comes near its end; only some are alive at a time.
 *
 *-------------------------------------------------------------------------
 */
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../../src/plog/format.h"
#include "generator.h"

#define LIVE_PROCESSES		32	/* alive at a time */
#define FIRST_PID			300
#define PIDS_IN_TEN			8	/* pids for every ten threads: some come again */
#define MORE_PIDS			64	/* when all are taken */
#define CALLS_PER_SLICE		9	/* at most, at random */
#define SLICE_GAP_INSTR		100 /* from a slice's end to its asid_info */
#define MIN_CALL_INSTR		200
#define MORE_CALL_INSTR		3600

/* Where the kernel returns to a program, and where it switches tasks */
#define KERNEL_RETURN_PC	UINT64_C(0xFFFFFFFF81C000AD)
#define KERNEL_SWITCH_PC	UINT64_C(0xFFFFFFFF810B4A00)
#define SWITCH_PCS			64

/* Nanoseconds at instr 0 */
#define START_TIME			UINT64_C(5000000000)

/* How many slices or calls for one of these */
#define ONE_IN_EXITS		400 /* slices in which a thread ends */
#define ONE_IN_FAILED_EXECS 8
#define ONE_IN_LOADS		4	/* lists of modules with one more */
#define ONE_IN_CHILDREN		2	/* processes whose parent is in the log */

typedef struct Options
{
	const char *output;
	uint64_t	syscalls;
	uint64_t	processes;
	uint64_t	threads;
	uint64_t	asid_libraries;
	uint64_t	seed;
	uint32_t	chunk_size;
	int			level;
} Options;

typedef struct Generator
{
	const Options *options;
	PlogWriter *writer;
	Random		random;
	uint64_t	instr;
	uint64_t	slice_start;

	uint64_t	calls;			/* written so far, as the next three */
	uint64_t	processes;
	uint64_t	threads;
	uint64_t	asid_libraries;

	Process		slots[LIVE_PROCESSES];
	Thread	  **live;			/* threads that are alive */
	size_t		live_count;
	size_t		pending;		/* the last so many have yet to run */

	bool	   *pid_used;		/* by a thread that is alive */
	uint32_t	pid_count;
	uint32_t	next_pid;		/* counted from FIRST_PID */
} Generator;

/* Print how to call the program. */
static void
usage(FILE *to)
{
	fputs("usage: plog_generate [option...] -o FILE\n"
		  "  -o FILE             the plog to write\n"
		  "  --syscalls N        system calls (default 100000)\n"
		  "  --processes N       processes (default: one for 2500 system calls)\n"
		  "  --threads N         threads, the processes' own included (default: 3 for 2 processes)\n"
		  "  --asid-libraries N  lists of modules (default: one for 250 system calls)\n"
		  "  --seed N            the same seed makes the same log (default 1)\n"
		  "  --chunk-size N      inflated bytes at which to cut chunks (default 16777216)\n"
		  "  --level N           zlib level, 0 to 9 (default 6; PANDA's is 9)\n", to);
}

/* Work out what the command line left open. */
static void
complete_options(Options *options)
{
	if (options->processes == 0)
		options->processes = 1 + options->syscalls / 2500;
	if (options->threads == 0)
		options->threads = options->processes + options->processes / 2;
	if (options->asid_libraries == UINT64_MAX)
		options->asid_libraries = options->syscalls / 250;
	if (options->threads < options->processes)
		plog_die("there must be as many threads as processes, at least");
	if (options->threads > options->processes && options->threads > options->syscalls / 10)
		plog_die("there must be 10 system calls for each thread, at least");
	if (options->processes > 1 && options->processes > options->syscalls / 10)
		plog_die("there must be 10 system calls for each process, at least");
	if (options->asid_libraries > options->syscalls)
		plog_die("there cannot be more lists of modules than system calls");
}

/* Read the command line. */
static Options
parse_options(int argc, char **argv)
{
	static const struct option known[] = {
		{"asid-libraries", required_argument, NULL, 'a'},
		{"chunk-size", required_argument, NULL, 'c'},
		{"help", no_argument, NULL, 'h'},
		{"level", required_argument, NULL, 'l'},
		{"processes", required_argument, NULL, 'p'},
		{"seed", required_argument, NULL, 's'},
		{"syscalls", required_argument, NULL, 'n'},
		{"threads", required_argument, NULL, 't'},
		{NULL, 0, NULL, 0}
	};
	Options		options = {NULL, 100000, 0, 0, UINT64_MAX, 1, PLOG_DEFAULT_CHUNK_SIZE, 6};
	int			option;

	while ((option = getopt_long(argc, argv, "o:", known, NULL)) != -1)
	{
		if (option == 'o')
			options.output = optarg;
		else if (option == 'a')
			options.asid_libraries = plog_parse_option("asid-libraries", optarg, 0, UINT32_MAX);
		else if (option == 'c')
			options.chunk_size = (uint32_t) plog_parse_option("chunk-size", optarg, 1, UINT32_MAX);
		else if (option == 'l')
			options.level = (int) plog_parse_option("level", optarg, 0, 9);
		else if (option == 'p')
			options.processes = plog_parse_option("processes", optarg, 1, UINT32_MAX / 2);
		else if (option == 's')
			options.seed = plog_parse_option("seed", optarg, 0, UINT64_MAX);
		else if (option == 'n')
			options.syscalls = plog_parse_option("syscalls", optarg, 1, UINT32_MAX);
		else if (option == 't')
			options.threads = plog_parse_option("threads", optarg, 1, UINT32_MAX / 2);
		else
		{
			usage(option == 'h' ? stdout : stderr);
			exit(option == 'h' ? 0 : 1);
		}
	}
	if (options.output == NULL || optind < argc)
	{
		usage(stderr);
		exit(1);
	}
	complete_options(&options);
	return options;
}

/* Start an entry where the guest is now. */
static Panda__LogEntry
new_entry(const Generator *generator, uint64_t pc)
{
	Panda__LogEntry entry = PANDA__LOG_ENTRY__INIT;

	entry.has_pc = entry.has_instr = true;
	entry.pc = pc;
	entry.instr = generator->instr;
	return entry;
}

/* A pc in a process's program. */
static uint64_t
user_pc(Generator *generator, const Process *process)
{
	return process->libraries + 0x20000 + 16 * random_below(&generator->random, 4096);
}

/* Have more pids. */
static void
add_pids(Generator *generator, uint32_t count)
{
	generator->pid_used = plog_realloc(generator->pid_used, (generator->pid_count + count) * sizeof(bool));
	memset(generator->pid_used + generator->pid_count, 0, count * sizeof(bool));
	generator->pid_count += count;
}

/* The next free pid or tid; after the last, the first ones come again. */
static uint32_t
take_pid(Generator *generator)
{
	uint32_t	pid;

	if (generator->live_count == generator->pid_count)
		add_pids(generator, MORE_PIDS);
	while (generator->pid_used[generator->next_pid])
		generator->next_pid = (generator->next_pid + 1) % generator->pid_count;
	pid = generator->next_pid;
	generator->pid_used[pid] = true;
	generator->next_pid = (pid + 1) % generator->pid_count;
	return FIRST_PID + pid;
}

/* Give a thread one more name, in the order in which asidstory writes them. */
static void
add_name(Thread *thread, const char *name)
{
	uint32_t	at = thread->name_count;

	if (at == MAX_NAMES || (at > 0 && strcmp(thread->names[0], name) == 0))
		return;
	if (at > 0 && strcmp(thread->names[0], name) > 0)
	{
		memcpy(thread->names[1], thread->names[0], NAME_BYTES);
		at = 0;
	}
	snprintf(thread->names[at], NAME_BYTES, "%s", name);
	thread->name_count++;
}

/* Make a thread, which runs next. */
static Thread *
create_thread(Generator *generator, Process *process)
{
	Thread	   *thread = plog_realloc(NULL, sizeof(Thread));

	memset(thread, 0, sizeof(Thread));
	thread->process = process;
	thread->tid = take_pid(generator);
	thread->create_time = START_TIME + generator->instr + generator->threads;
	generator->live[generator->live_count++] = thread;
	generator->pending++;
	generator->threads++;
	return thread;
}

/* Make the threads that are due besides the processes' own. */
static void
create_more_threads(Generator *generator, Process *process)
{
	const Options *options = generator->options;
	uint64_t	extra = options->threads - options->processes;
	uint64_t	due = generator->processes + extra * generator->processes / options->processes;
	bool		last = generator->processes == options->processes;

	if (!last && !random_one_in(&generator->random, 4))
		return;
	for (int i = 1; generator->threads < due; i++)
	{
		Thread	   *thread = create_thread(generator, process);
		char		name[NAME_BYTES];

		add_name(thread, process->program->name);
		snprintf(name, sizeof(name), "worker-%d", i % 1000);
		add_name(thread, name);
	}
}

/* A new address space's number: that of a page of the machine's 1 GB. */
static uint64_t
new_asid(Random *random)
{
	return (uint64_t) random_below(random, 0x40000) * PAGE_BYTES;
}

/* Make a process in a slot that is free. */
static void
create_process(Generator *generator, Process *process)
{
	Random	   *random = &generator->random;
	Process    *parent = &generator->slots[random_below(random, LIVE_PROCESSES)];

	memset(process, 0, sizeof(Process));
	process->live = true;
	process->program = pick_program(random);
	process->asid = new_asid(random);
	process->heap = UINT64_C(0x550000000000) + (uint64_t) random_below(random, 0xF000000) * PAGE_BYTES;
	process->stack = UINT64_C(0x7FFC00000000) + (uint64_t) random_below(random, 0x100000) * PAGE_BYTES;
	process->libraries = UINT64_C(0x7F0000000000) + (uint64_t) random_below(random, 0x8000000) * PAGE_BYTES;
	if (parent != process && parent->live && random_one_in(random, ONE_IN_CHILDREN))
		process->parent = parent;
	process->ppid = process->parent != NULL ? parent->pid : 1;
	make_modules(process, random);
	generator->processes++;
	process->leader = create_thread(generator, process);
	process->pid = process->leader->tid;
	process->leader->exec_pending = true;
	add_name(process->leader, process->parent != NULL ? "sh" : "systemd");
	create_more_threads(generator, process);
}

/* Take a thread off those that are alive. */
static void
end_thread(Generator *generator, size_t at)
{
	Thread	   *thread = generator->live[at];

	generator->pid_used[thread->tid - FIRST_PID] = false;
	generator->live[at] = generator->live[--generator->live_count];
	free(thread);
}

/* End a process with all of its threads; its children are init's now. */
static void
end_process(Generator *generator, Process *process)
{
	for (size_t i = generator->live_count; i-- > 0;)
		if (generator->live[i]->process == process)
			end_thread(generator, i);
	for (int i = 0; i < LIVE_PROCESSES; i++)
	{
		if (generator->slots[i].parent != process)
			continue;
		generator->slots[i].parent = NULL;
		generator->slots[i].ppid = 1;
	}
	process->live = false;
}

/* Write asid_info of the slice that ends here. */
static void
write_asid_info(Generator *generator, const Thread *thread, uint64_t slice_end, bool at_exit)
{
	Panda__LogEntry entry = new_entry(generator, KERNEL_SWITCH_PC + 16 * random_below(&generator->random, SWITCH_PCS));
	Panda__AsidInfo info = PANDA__ASID_INFO__INIT;
	const Process *process = thread->process;
	char	   *names[MAX_NAMES];
	uint32_t	tids[1] = {thread->tid};

	for (uint32_t i = 0; i < thread->name_count; i++)
		names[i] = (char *) thread->names[i];
	info.has_pid = info.has_create_time = info.has_ppid = info.has_asid = true;
	info.pid = process->pid;
	info.create_time = thread->create_time;
	info.ppid = process->ppid;
	info.asid = process->asid;
	info.n_names = thread->name_count;
	info.names = names;
	info.n_tids = 1;
	info.tids = tids;
	info.has_start_instr = info.has_end_instr = true;
	info.start_instr = generator->slice_start;
	info.end_instr = slice_end;
	if (at_exit)
		entry.pc = entry.instr = PLOG_UNKNOWN;
	entry.asid_info = &info;
	plog_writer_add_message(generator->writer, &entry.base);
}

/* Write the modules of a thread's process, one more being loaded at times. */
static void
write_asid_libraries(Generator *generator, const Thread *thread)
{
	Process    *process = thread->process;
	Panda__LogEntry entry = new_entry(generator, user_pc(generator, process));
	Panda__LoadedLibs libraries = PANDA__LOADED_LIBS__INIT;

	if (process->modules_loaded < process->module_count && random_one_in(&generator->random, ONE_IN_LOADS))
		process->modules_loaded++;
	libraries.proc_name = (char *) process->program->name;
	libraries.has_pid = libraries.has_ppid = libraries.has_create_time = libraries.has_tid = true;
	libraries.pid = process->pid;
	libraries.ppid = process->ppid;
	libraries.create_time = thread->create_time;
	libraries.tid = thread->tid;
	libraries.n_modules = process->modules_loaded;
	libraries.modules = process->module_list;
	entry.has_asid = true;
	entry.asid = process->asid;
	entry.asid_libraries = &libraries;
	plog_writer_add_message(generator->writer, &entry.base);
	generator->asid_libraries++;
}

/* Write the modules as often as is due after so many calls. */
static void
write_due_asid_libraries(Generator *generator, const Thread *thread)
{
	const Options *options = generator->options;

	while (generator->asid_libraries < options->asid_libraries * generator->calls / options->syscalls)
		write_asid_libraries(generator, thread);
}

/* Write a call, some instructions after what came before. */
static void
write_call(Generator *generator, const Thread *thread, Call *call)
{
	const Process *process = thread->process;
	Panda__LogEntry entry;

	generator->instr += MIN_CALL_INSTR + random_below(&generator->random, MORE_CALL_INSTR);
	entry = new_entry(generator, call->on_entry ? user_pc(generator, process) : KERNEL_RETURN_PC);
	entry.has_asid = true;
	entry.asid = process->asid;
	entry.syscall = &call->message;
	plog_writer_add_message(generator->writer, &entry.base);
	generator->calls++;
	write_due_asid_libraries(generator, thread);
}

/* A new process becomes its program, at the second attempt at times. */
static void
run_execve(Generator *generator, Thread *thread)
{
	Process    *process = thread->process;
	Call		call;

	thread->exec_pending = false;
	if (random_one_in(&generator->random, ONE_IN_FAILED_EXECS) && generator->calls + 2 < generator->options->syscalls)
	{
		make_execve(&call, thread, true, &generator->random);
		write_call(generator, thread, &call);
		call.on_entry = false;
		call.message.retcode = -2;
		write_call(generator, thread, &call);
	}
	make_execve(&call, thread, false, &generator->random);
	write_call(generator, thread, &call);
	process->asid = new_asid(&generator->random);
	add_name(thread, process->program->name);
}

/* One call of a thread; false if it sleeps now. */
static bool
run_call(Generator *generator, Thread *thread)
{
	Call		call;

	if (thread->exec_pending)
	{
		run_execve(generator, thread);
		return true;
	}
	if (thread->sleeping)
	{
		make_call(&call, thread, &thread->sleep_random);
		call.on_entry = false;
		thread->sleeping = false;
	}
	else
	{
		thread->sleep_random = generator->random;
		make_call(&call, thread, &generator->random);
		thread->sleeping = call.on_entry;
	}
	write_call(generator, thread, &call);
	return !thread->sleeping;
}

/* End the slice here. */
static void
end_slice(Generator *generator, const Thread *thread)
{
	uint64_t	slice_end = generator->instr + random_below(&generator->random, 200);
	bool		at_exit = generator->calls >= generator->options->syscalls;

	generator->instr = slice_end + SLICE_GAP_INSTR;
	write_asid_info(generator, thread, slice_end, at_exit);
	generator->slice_start = generator->instr;
}

/* Let a thread make its last call, and end with it. */
static void
run_exit(Generator *generator, size_t at)
{
	Thread	   *thread = generator->live[at];
	Process    *process = thread->process;
	bool		group = thread == process->leader;
	Call		call;

	make_exit(&call, thread, group);
	write_call(generator, thread, &call);
	end_slice(generator, thread);
	if (group)
		end_process(generator, process);
	else
		end_thread(generator, at);
}

/* Let a thread run: a new one if there is any. */
static void
run_slice(Generator *generator)
{
	Random	   *random = &generator->random;
	uint32_t	calls = 1 + random_below(random, CALLS_PER_SLICE);
	size_t		at = random_below(random, (uint32_t) generator->live_count);
	Thread	   *thread;

	if (generator->pending > 0)
		at = generator->live_count - generator->pending--;
	thread = generator->live[at];
	if (generator->pending == 0 && thread != thread->process->leader && random_one_in(random, ONE_IN_EXITS))
	{
		run_exit(generator, at);
		return;
	}
	for (uint32_t i = 0; i < calls && generator->calls < generator->options->syscalls; i++)
		if (!run_call(generator, thread))
			break;
	end_slice(generator, thread);
}

/* A slot for one more process; the one that was there comes to its end. */
static Process *
free_slot(Generator *generator)
{
	Process    *process;

	for (int i = 0; i < LIVE_PROCESSES; i++)
		if (!generator->slots[i].live)
			return &generator->slots[i];
	process = &generator->slots[random_below(&generator->random, LIVE_PROCESSES)];
	for (size_t i = 0; i < generator->live_count; i++)
	{
		if (generator->live[i] == process->leader)
		{
			run_exit(generator, i);
			break;
		}
	}
	return process;
}

/* How many processes there should have been by now: the last after 9/10. */
static uint64_t
due_processes(const Generator *generator)
{
	uint64_t	all = generator->options->processes;
	uint64_t	first = all < LIVE_PROCESSES / 2 ? all : LIVE_PROCESSES / 2;
	uint64_t	due = first + (all - first) * generator->calls / (1 + generator->options->syscalls * 9 / 10);

	return due < all ? due : all;
}

/* Prepare a generator. */
static Generator *
create_generator(const Options *options)
{
	Generator  *generator = plog_realloc(NULL, sizeof(Generator));

	memset(generator, 0, sizeof(Generator));
	generator->options = options;
	generator->random.state = options->seed;
	generator->instr = 40000;
	generator->slice_start = generator->instr;
	generator->live = plog_realloc(NULL, options->threads * sizeof(Thread *));
	add_pids(generator, 1 + (uint32_t) (options->threads * PIDS_IN_TEN / 10));
	generator->writer = plog_writer_open(options->output, options->chunk_size, options->level);
	calls_init(&generator->random);
	return generator;
}

/* Write all of the log. */
static void
generate(Generator *generator)
{
	Panda__LogEntry first = PANDA__LOG_ENTRY__INIT;

	first.has_pc = first.has_instr = true;
	first.pc = first.instr = PLOG_UNKNOWN;
	plog_writer_add_message(generator->writer, &first.base);
	while (generator->calls < generator->options->syscalls)
	{
		if (generator->pending == 0 && generator->processes < due_processes(generator))
			create_process(generator, free_slot(generator));
		if (generator->calls < generator->options->syscalls)
			run_slice(generator);
	}
	plog_writer_close(generator->writer);
}

int
main(int argc, char **argv)
{
	Options		options = parse_options(argc, argv);
	Generator  *generator = create_generator(&options);

	generate(generator);
	while (generator->live_count > 0)
		end_thread(generator, generator->live_count - 1);
	free(generator->live);
	free(generator->pid_used);
	free(generator);
	return 0;
}
