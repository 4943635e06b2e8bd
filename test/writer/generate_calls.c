/*-------------------------------------------------------------------------
 *
 * generate_calls.c
 *		The system calls in the logs of plog_generate.
 *
 * Names, arguments and their types are those that syscalls_logger writes, and
 * the frequencies like those of a machine on which programs are started, read
 * files and wait for each other.
 *
 *-------------------------------------------------------------------------
 */
#include "generator.h"

#include <stdio.h>
#include <string.h>

#define MAX_ARGUMENTS		6
#define CONTENT_BYTES		65536	/* what files hold */
#define CONTENT_MAX_READ	1024
#define WEIGHTS				1000	/* sum of the weights of all calls */

#define FIRST_FD			3	/* those below are the terminal */
#define AT_FDCWD			(-100)

/* What an argument holds; those with a range use low and high. */
typedef enum ArgumentKind
{
	ARG_END,
	ARG_U32,					/* range */
	ARG_I32,					/* range */
	ARG_U64,					/* range */
	ARG_FD,						/* u32, and the file's name is added */
	ARG_DFD,					/* i32 */
	ARG_PATH,
	ARG_UNREADABLE,				/* a string that could not be read */
	ARG_STACK,					/* pointer to the stack */
	ARG_HEAP,					/* pointer to the heap */
	ARG_NULLABLE,				/* NULL, or pointer to the stack */
	ARG_LIBRARY,				/* u64 address where libraries are */
	ARG_PAGES,					/* u64 size, high pages at most */
	ARG_BUFFER,					/* bytes that were read or written */
	ARG_COUNT,					/* u32 size of the buffer */
	ARG_TIMESPEC				/* struct */
} ArgumentKind;

/* What a call returns */
typedef enum ResultKind
{
	RESULT_ZERO,
	RESULT_FD,
	RESULT_BYTES,				/* of the buffer */
	RESULT_PID,
	RESULT_ADDRESS,
	RESULT_SMALL				/* 0 to 3 */
} ResultKind;

typedef struct ArgumentTemplate
{
	const char *name;
	ArgumentKind kind;
	int64_t		low;
	int64_t		high;
} ArgumentTemplate;

typedef struct CallTemplate
{
	const char *name;
	uint32_t	weight;			/* of WEIGHTS */
	ResultKind	result;
	uint32_t	error_percent;
	int			error;
	ArgumentTemplate arguments[MAX_ARGUMENTS];
} CallTemplate;

static const CallTemplate templates[] = {
	{"sys_read", 150, RESULT_BYTES, 2, 11,
	{{"fd", ARG_FD, 0, 0}, {"buf", ARG_BUFFER, 0, 0}, {"count", ARG_COUNT, 0, 0}}},
	{"sys_write", 100, RESULT_BYTES, 1, 32,
	{{"fd", ARG_FD, 0, 0}, {"buf", ARG_BUFFER, 0, 0}, {"count", ARG_COUNT, 0, 0}}},
	{"sys_openat", 95, RESULT_FD, 35, 2,
	{{"dfd", ARG_DFD, 0, 0}, {"filename", ARG_PATH, 0, 0}, {"flags", ARG_I32, 524288, 524289}, {"mode", ARG_U32, 0, 0}}},
	{"sys_close", 65, RESULT_ZERO, 2, 9,
	{{"fd", ARG_FD, 0, 0}}},
	{"sys_newfstatat", 95, RESULT_ZERO, 40, 2,
	{{"dfd", ARG_DFD, 0, 0}, {"filename", ARG_PATH, 0, 0}, {"statbuf", ARG_STACK, 0, 0}, {"flag", ARG_I32, 0, 0}}},
	{"sys_futex", 110, RESULT_SMALL, 20, 11,
	{{"uaddr", ARG_HEAP, 0, 0}, {"op", ARG_I32, 128, 129}, {"val", ARG_U32, 0, 2}, {"utime", ARG_NULLABLE, 0, 0},
	{"uaddr2", ARG_NULLABLE, 0, 0}, {"val3", ARG_U32, 0, 0}}},
	{"sys_mmap", 105, RESULT_ADDRESS, 1, 12,
	{{"arg0", ARG_LIBRARY, 0, 0}, {"arg1", ARG_PAGES, 0, 64}, {"arg2", ARG_U64, 1, 5}, {"arg3", ARG_U64, 2050, 2066},
	{"arg4", ARG_U64, 3, 15}, {"arg5", ARG_PAGES, 0, 32}}},
	{"sys_rt_sigaction", 45, RESULT_ZERO, 0, 0,
	{{"arg0", ARG_I32, 1, 31}, {"arg1", ARG_STACK, 0, 0}, {"arg2", ARG_NULLABLE, 0, 0}, {"arg3", ARG_U32, 8, 8}}},
	{"sys_rt_sigprocmask", 40, RESULT_ZERO, 0, 0,
	{{"how", ARG_I32, 0, 2}, {"set", ARG_STACK, 0, 0}, {"oset", ARG_NULLABLE, 0, 0}, {"sigsetsize", ARG_U32, 8, 8}}},
	{"sys_lseek", 30, RESULT_ZERO, 5, 29,
	{{"fd", ARG_FD, 0, 0}, {"offset", ARG_U64, 0, 4095}, {"whence", ARG_U32, 0, 2}}},
	{"sys_newfstat", 15, RESULT_ZERO, 0, 0,
	{{"fd", ARG_FD, 0, 0}, {"statbuf", ARG_STACK, 0, 0}}},
	{"sys_clock_nanosleep", 10, RESULT_ZERO, 0, 0,
	{{"which_clock", ARG_U32, 0, 1}, {"flags", ARG_I32, 0, 1}, {"rqtp", ARG_TIMESPEC, 0, 0}, {"rmtp", ARG_NULLABLE, 0, 0}}},
	{"sys_nanosleep", 4, RESULT_ZERO, 0, 0,
	{{"rqtp", ARG_TIMESPEC, 0, 0}, {"rmtp", ARG_NULLABLE, 0, 0}}},
	{"sys_ioctl", 18, RESULT_ZERO, 50, 25,
	{{"fd", ARG_FD, 0, 0}, {"cmd", ARG_U32, 21505, 21523}, {"arg", ARG_U64, 0, 0}}},
	{"sys_fcntl", 14, RESULT_SMALL, 0, 0,
	{{"fd", ARG_FD, 0, 0}, {"cmd", ARG_U32, 1, 4}, {"arg", ARG_U64, 0, 2048}}},
	{"sys_mprotect", 14, RESULT_ZERO, 0, 0,
	{{"start", ARG_LIBRARY, 0, 0}, {"len", ARG_U32, 4096, 4096}, {"prot", ARG_U64, 0, 3}}},
	{"sys_pread64", 10, RESULT_BYTES, 0, 0,
	{{"fd", ARG_FD, 0, 0}, {"buf", ARG_BUFFER, 0, 0}, {"count", ARG_COUNT, 0, 0}, {"pos", ARG_U64, 0, 65535}}},
	{"sys_pselect6", 25, RESULT_SMALL, 2, 4,
	{{"arg0", ARG_I32, 1, 16}, {"arg1", ARG_STACK, 0, 0}, {"arg2", ARG_NULLABLE, 0, 0}, {"arg3", ARG_NULLABLE, 0, 0},
	{"arg4", ARG_NULLABLE, 0, 0}, {"arg5", ARG_STACK, 0, 0}}},
	{"sys_statx", 8, RESULT_ZERO, 20, 2,
	{{"dfd", ARG_DFD, 0, 0}, {"path", ARG_PATH, 0, 0}, {"flags", ARG_U32, 256, 256}, {"mask", ARG_U32, 606, 606},
	{"buffer", ARG_STACK, 0, 0}}},
	{"sys_access", 8, RESULT_ZERO, 60, 2,
	{{"filename", ARG_PATH, 0, 0}, {"mode", ARG_I32, 0, 4}}},
	{"sys_brk", 6, RESULT_ADDRESS, 0, 0,
	{{"brk", ARG_U64, 0, 0}}},
	{"sys_getdents64", 6, RESULT_SMALL, 0, 0,
	{{"fd", ARG_FD, 0, 0}, {"dirent", ARG_HEAP, 0, 0}, {"count", ARG_U32, 32768, 32768}}},
	{"sys_wait4", 5, RESULT_PID, 30, 10,
	{{"pid", ARG_I32, -1, -1}, {"stat_addr", ARG_STACK, 0, 0}, {"options", ARG_I32, 0, 1}, {"ru", ARG_NULLABLE, 0, 0}}},
	{"sys_clone", 4, RESULT_PID, 0, 0,
	{{"arg0", ARG_U64, 18874385, 18874385}, {"arg1", ARG_U64, 0, 0}, {"arg2", ARG_NULLABLE, 0, 0},
	{"arg3", ARG_HEAP, 0, 0}, {"arg4", ARG_U64, 0, 0}}},
	{"sys_munmap", 4, RESULT_ZERO, 0, 0,
	{{"addr", ARG_LIBRARY, 0, 0}, {"len", ARG_U32, 4096, 86224}}},
	{"sys_getpid", 4, RESULT_PID, 0, 0, {{NULL, ARG_END, 0, 0}}},
	{"sys_getuid", 3, RESULT_ZERO, 0, 0, {{NULL, ARG_END, 0, 0}}},
	{"sys_getrandom", 2, RESULT_BYTES, 0, 0,
	{{"buf", ARG_BUFFER, 0, 0}, {"count", ARG_COUNT, 0, 0}, {"flags", ARG_U32, 0, 1}}},
	{"sys_unlink", 2, RESULT_ZERO, 10, 2,
	{{"pathname", ARG_PATH, 0, 0}}},
	{"sys_readlink", 2, RESULT_ZERO, 30, 22,
	{{"path", ARG_UNREADABLE, 0, 0}, {"buf", ARG_STACK, 0, 0}, {"bufsiz", ARG_I32, 1023, 4096}}},
	{"sys_connect", 1, RESULT_ZERO, 70, 115,
	{{"arg0", ARG_I32, 3, 15}, {"arg1", ARG_STACK, 0, 0}, {"arg2", ARG_I32, 16, 110}}}
};

static const char *const directories[] = {
	"/etc/", "/usr/lib/x86_64-linux-gnu/", "/usr/share/locale/en_US/LC_MESSAGES/", "/usr/share/zoneinfo/",
	"/tmp/", "/var/log/", "/home/user/", "/home/user/src/include/", "/proc/self/", "/sys/class/net/",
	"/usr/include/x86_64-linux-gnu/bits/", "/usr/lib/python3/dist-packages/", "/var/lib/dpkg/info/",
	"/usr/bin/", "/root/", "/dev/shm/"
};

static const char *const file_names[] = {
	"passwd", "ld.so.cache", "libc.so.6", "locale.alias", "localtime", "syslog", "main.c", "Makefile", "status",
	"config.h", "index.html", "types.h", "nsswitch.conf", "libpthread.so.0", "README", "core", "module.py", "data.db",
	"package.list", "maps", "cmdline", "group", "hosts", "stat", "mounts", "__init__.pyc", "test.log", "lock"
};

static const char *const words[] = {
	"the", "of", "root:x:0:0:", "include", "struct", "return", "static", "int", "error:", "/usr/bin", "=", "{", "}",
	"0x00", "127.0.0.1", "GET", "HTTP/1.1", "localhost", "main", "char", "libc", "version", "void", "#define", "if"
};

static uint8_t content[CONTENT_BYTES];
static uint8_t by_weight[WEIGHTS];	/* index of a template */

/* Make what files hold: lines of words, with some binary pages. */
static void
make_content(Random *random)
{
	uint32_t	i = 0;

	while (i < CONTENT_BYTES)
	{
		const char *word = words[random_below(random, lengthof(words))];

		for (; *word != '\0' && i < CONTENT_BYTES; word++)
			content[i++] = (uint8_t) *word;
		if (i < CONTENT_BYTES)
			content[i++] = random_one_in(random, 8) ? '\n' : ' ';
	}
	for (i = 0; i < CONTENT_BYTES; i += 8 * PAGE_BYTES)
		for (uint32_t j = 0; j < PAGE_BYTES; j++)
			content[i + j] = random_one_in(random, 2) ? 0 : (uint8_t) random_next(random);
}

/* Prepare what all calls share. */
void
calls_init(Random *random)
{
	uint32_t	filled = 0;

	make_content(random);
	for (uint32_t i = 0; i < lengthof(templates); i++)
		for (uint32_t j = 0; j < templates[i].weight; j++)
		{
			if (filled == WEIGHTS)
				plog_die("the weights of all calls are more than %d", WEIGHTS);
			by_weight[filled++] = (uint8_t) i;
		}
	if (filled != WEIGHTS)
		plog_die("the weights of all calls are %u, not %d", filled, WEIGHTS);
}

/* Start a call without arguments. */
static void
start_call(Call *call, Thread *thread, const char *name)
{
	Panda__Syscall *message = &call->message;

	panda__syscall__init(message);
	message->has_pid = message->has_ppid = message->has_tid = true;
	message->pid = thread->process->pid;
	message->ppid = thread->process->ppid;
	message->tid = thread->tid;
	message->has_create_time = true;
	message->create_time = thread->create_time;
	message->has_retcode = true;
	message->retcode = 0;
	message->call_name = (char *) name;
	message->args = call->arg_list;
	call->buffer_bytes = 0;
	call->fd = -1;
	call->on_entry = false;
}

/* Add an argument without a value yet. */
static Panda__NamedData *
add_argument(Call *call, const char *name)
{
	Panda__NamedData *argument = &call->args[call->message.n_args];

	panda__named_data__init(argument);
	argument->arg_name = (char *) name;
	call->arg_list[call->message.n_args++] = argument;
	return argument;
}

/* Add a string argument. */
static void
add_string(Call *call, const char *name, const char *text)
{
	add_argument(call, name)->str = (char *) text;
}

/* Set a pointer to one of some slots from an address on, 8 bytes apart. */
static void
set_pointer(Panda__NamedData *argument, uint64_t address, uint32_t slots, Random *random)
{
	argument->has_ptr = true;
	argument->ptr = address + 8 * random_below(random, slots);
}

/* Set an unsigned number of 64 bits. */
static void
set_u64(Panda__NamedData *argument, uint64_t value)
{
	argument->has_u64 = true;
	argument->u64 = value;
}

/* Set an unsigned number of 32 bits. */
static void
set_u32(Panda__NamedData *argument, uint64_t value)
{
	argument->has_u32 = true;
	argument->u32 = (uint32_t) value;
}

/* Set a signed number of 32 bits. */
static void
set_i32(Panda__NamedData *argument, int64_t value)
{
	argument->has_i32 = true;
	argument->i32 = (int32_t) value;
}

/* A path, of a file that may exist. */
static char *
make_path(Call *call, Random *random)
{
	const char *directory = directories[random_below(random, lengthof(directories))];
	const char *name = file_names[random_below(random, lengthof(file_names))];

	if (random_one_in(random, 4))
		snprintf(call->text, PATH_BYTES, "%s%s.%u", directory, name, (unsigned) random_below(random, 5000));
	else
	{
		strcpy(call->text, directory);
		strcat(call->text, name);
	}
	return call->text;
}

/* Bytes that were read or written: often few. */
static void
set_buffer(Call *call, Panda__NamedData *argument, Random *random)
{
	uint32_t	kind = random_below(random, 100);
	uint32_t	bytes;

	if (kind < 2)
		bytes = 0;
	else if (kind < 55)
		bytes = 1 + random_below(random, 24);
	else if (kind < 90)
		bytes = 16 + random_below(random, 160);
	else
		bytes = 128 + random_below(random, CONTENT_MAX_READ - 128);
	call->buffer_bytes = bytes;
	argument->has_bytes_val = true;
	argument->bytes_val.data = content + 16 * random_below(random, (CONTENT_BYTES - CONTENT_MAX_READ) / 16);
	argument->bytes_val.len = bytes;
}

/* A struct timespec. */
static void
set_timespec(Call *call, Panda__NamedData *argument, Random *random)
{
	static const char *const names[] = {"tv_sec", "tv_nsec"};

	argument->struct_type = (char *) "timespec";
	argument->struct_data = &call->structure;
	panda__struct_data__init(&call->structure);
	call->structure.n_members = lengthof(names);
	call->structure.members = call->member_list;
	for (uint32_t i = 0; i < lengthof(names); i++)
	{
		panda__named_data__init(&call->members[i]);
		call->members[i].arg_name = (char *) names[i];
		call->members[i].has_i64 = true;
		call->members[i].i64 = i == 0 ? 0 : 1000000 * (int64_t) random_below(random, 1000);
		call->member_list[i] = &call->members[i];
	}
}

/* A number in the template's range. */
static int64_t
range_value(const ArgumentTemplate *template, Random *random)
{
	if (template->low == template->high)
		return template->low;
	return template->low + random_below(random, (uint32_t) (template->high - template->low + 1));
}

/* Add an argument after its template. */
static void
add_templated(Call *call, const Process *process, const ArgumentTemplate *template, Random *random)
{
	Panda__NamedData *argument = add_argument(call, template->name);

	switch (template->kind)
	{
		case ARG_U32:
			set_u32(argument, (uint64_t) range_value(template, random));
			break;
		case ARG_I32:
			set_i32(argument, range_value(template, random));
			break;
		case ARG_U64:
			set_u64(argument, (uint64_t) range_value(template, random));
			break;
		case ARG_FD:
			call->fd = (int) random_below(random, OPEN_FILES);
			set_u32(argument, (uint64_t) call->fd);
			break;
		case ARG_DFD:
			set_i32(argument, random_one_in(random, 10) ? FIRST_FD : AT_FDCWD);
			break;
		case ARG_PATH:
			argument->str = make_path(call, random);
			break;
		case ARG_UNREADABLE:
			argument->str = (char *) "n/a";
			break;
		case ARG_STACK:
			set_pointer(argument, process->stack - 4096, 256, random);
			break;
		case ARG_HEAP:
			set_pointer(argument, process->heap, 8192, random);
			break;
		case ARG_NULLABLE:
			if (random_one_in(random, 3))
				set_pointer(argument, process->stack - 4096, 256, random);
			else
				set_pointer(argument, 0, 1, random);
			break;
		case ARG_LIBRARY:
			if (random_one_in(random, 3))
				set_u64(argument, 0);
			else
				set_u64(argument, process->libraries + PAGE_BYTES * random_below(random, 4096));
			break;
		case ARG_PAGES:
			set_u64(argument, PAGE_BYTES * random_below(random, (uint32_t) template->high + 1));
			break;
		case ARG_BUFFER:
			set_buffer(call, argument, random);
			break;
		case ARG_COUNT:
			set_u32(argument, random_one_in(random, 2) ? 4096 : call->buffer_bytes);
			break;
		case ARG_TIMESPEC:
			set_timespec(call, argument, random);
			break;
		case ARG_END:
			break;
	}
}

/* What a call returns that did not fail. */
static int64_t
make_result(const Call *call, const Process *process, ResultKind kind, Random *random)
{
	switch (kind)
	{
		case RESULT_FD:
			return FIRST_FD + random_below(random, OPEN_FILES - FIRST_FD);
		case RESULT_BYTES:
			return (int64_t) call->buffer_bytes;
		case RESULT_PID:
			return process->pid + random_below(random, 64);
		case RESULT_ADDRESS:
			return (int64_t) (process->libraries + PAGE_BYTES * random_below(random, 4096));
		case RESULT_SMALL:
			return random_below(random, 4);
		case RESULT_ZERO:
			break;
	}
	return 0;
}

/* Add the name of the file whose descriptor was an argument. */
static void
add_file_name(Call *call, Process *process)
{
	Panda__NamedData *argument = add_argument(call, "filename(from fd)");
	const char *name = process->files[call->fd];

	if (call->fd < FIRST_FD)
		name = "/dev/pts/0";
	else if (name[0] == '\0')
		name = "[unknown filename]";
	argument->has_bytes_val = true;
	argument->bytes_val.data = (uint8_t *) name;
	argument->bytes_val.len = strlen(name);
}

/* What a call does to the files of its process; it is logged afterwards. */
static void
apply_to_files(const Call *call, Process *process, const CallTemplate *template)
{
	if (call->message.retcode < 0)
		return;
	if (template->result == RESULT_FD)
		strcpy(process->files[call->message.retcode], call->text);
	else if (strcmp(template->name, "sys_close") == 0 && call->fd >= FIRST_FD)
		process->files[call->fd][0] = '\0';
}

/* Make up any call that is neither execve nor an exit. */
void
make_call(Call *call, Thread *thread, Random *random)
{
	const CallTemplate *template = &templates[by_weight[random_below(random, WEIGHTS)]];
	Process    *process = thread->process;

	start_call(call, thread, template->name);
	for (int i = 0; i < MAX_ARGUMENTS && template->arguments[i].kind != ARG_END; i++)
		add_templated(call, process, &template->arguments[i], random);
	call->on_entry = strstr(template->name, "nanosleep") != NULL;
	if (template->error_percent > 0 && random_below(random, 100) < template->error_percent)
		call->message.retcode = -template->error;
	else
		call->message.retcode = make_result(call, process, template->result, random);
	apply_to_files(call, process, template);
	if (call->fd >= 0)
		add_file_name(call, process);
}

/* Make up the entry into execve; one that fails looks elsewhere first. */
void
make_execve(Call *call, Thread *thread, bool fails, Random *random)
{
	const Program *program = thread->process->program;

	start_call(call, thread, "sys_execve");
	if (fails)
		snprintf(call->text, PATH_BYTES, "/usr/local/bin/%s", program->name);
	add_string(call, "filename", fails ? call->text : program->path);
	add_string(call, "argv", random_one_in(random, 2) ? "n/a" : "@....U");
	add_string(call, "envp", random_one_in(random, 2) ? "n/a" : ".....U");
	add_string(call, "args", program->arguments);
	call->on_entry = true;
}

/* Make up the entry into exit, or exit_group. */
void
make_exit(Call *call, Thread *thread, bool group)
{
	start_call(call, thread, group ? "sys_exit_group" : "sys_exit");
	set_i32(add_argument(call, "error_code"), 0);
	call->on_entry = true;
}
