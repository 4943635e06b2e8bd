/*-------------------------------------------------------------------------
 *
 * generator.h
 *		What the parts of plog_generate share.
 *
 * All that is random comes from one Random and from integers alone, so a seed
 * gives the same log on any machine.
 *
 *-------------------------------------------------------------------------
 */
#ifndef GENERATOR_H
#define GENERATOR_H

#include <stdbool.h>
#include <stdint.h>

#include "plog_writer.h"
#include "proto/plog.pb-c.h"

#define PAGE_BYTES			4096
#define PATH_BYTES			96
#define NAME_BYTES			16	/* a task's name in Linux, with its NUL */
#define OPEN_FILES			16	/* file descriptors of a process */
#define MAX_MODULES			80	/* modules of a process */
#define MAX_NAMES			2	/* names of a thread */

#define lengthof(array)		(sizeof(array) / sizeof((array)[0]))

/* A stream of random numbers */
typedef struct Random
{
	uint64_t	state;
} Random;

/* A program that processes run */
typedef struct Program
{
	const char *name;
	const char *path;
	const char *arguments;
} Program;

typedef struct Process
{
	bool		live;
	uint32_t	pid;
	uint32_t	ppid;
	struct Process *parent;		/* NULL where it is init, or not in the log */
	uint64_t	asid;
	const Program *program;
	struct Thread *leader;
	uint64_t	heap;
	uint64_t	stack;
	uint64_t	libraries;		/* address of the first one */
	char		files[OPEN_FILES][PATH_BYTES];	/* empty where not open */

	Panda__Module modules[MAX_MODULES];
	Panda__Module *module_list[MAX_MODULES];
	uint32_t	module_count;
	uint32_t	modules_loaded; /* of them, the first ones are loaded */
} Process;

typedef struct Thread
{
	Process    *process;
	uint32_t	tid;
	uint64_t	create_time;
	char		names[MAX_NAMES][NAME_BYTES];
	uint32_t	name_count;
	bool		exec_pending;	/* has yet to become its program */
	bool		sleeping;		/* its next call is the return of a sleep, */
	Random		sleep_random;	/* which was made up of this */
} Thread;

/* A system call that is being made up */
typedef struct Call
{
	Panda__Syscall message;
	Panda__NamedData args[8];
	Panda__NamedData *arg_list[8];
	Panda__StructData structure;
	Panda__NamedData members[2];
	Panda__NamedData *member_list[2];
	char		text[512];		/* of the argument that is a string */
	uint64_t	buffer_bytes;	/* length of the bytes_val, for count and result */
	int			fd;				/* the argument fd, or -1 */
	bool		on_entry;		/* logged when it is entered */
} Call;

/* The next number of a stream. */
static inline uint64_t
random_next(Random *random)
{
	uint64_t	x = (random->state += UINT64_C(0x9E3779B97F4A7C15));

	x = (x ^ (x >> 30)) * UINT64_C(0xBF58476D1CE4E5B9);
	x = (x ^ (x >> 27)) * UINT64_C(0x94D049BB133111EB);
	return x ^ (x >> 31);
}

/* A number from 0 to below count; count is less than 2^32. */
static inline uint32_t
random_below(Random *random, uint32_t count)
{
	return (uint32_t) (((random_next(random) >> 32) * count) >> 32);
}

/* True in one of so many cases. */
static inline bool
random_one_in(Random *random, uint32_t count)
{
	return random_below(random, count) == 0;
}

/* generate_calls.c */
extern void calls_init(Random *random);
extern void make_call(Call *call, Thread *thread, Random *random);
extern void make_execve(Call *call, Thread *thread, bool fails, Random *random);
extern void make_exit(Call *call, Thread *thread, bool group);

/* generate_programs.c */
extern const Program *pick_program(Random *random);
extern void make_modules(Process *process, Random *random);

#endif							/* GENERATOR_H */
