/*-------------------------------------------------------------------------
 *
 * process.h
 *		Running programs.
 *
 *-------------------------------------------------------------------------
 */
#ifndef PROCESS_H
#define PROCESS_H

#include <sys/types.h>

#include "pe.h"

/* How a program is run. */
typedef struct Program
{
	const char *const *words;	/* its path and arguments, ended by NULL */
	const char *directory;		/* where, or NULL */
	bool		as_server_user; /* as the private server's user */
	bool		lasting;		/* it may outlive us, in a session of its own */
	int			input,			/* descriptors; -1: /dev/null */
				output,
				error;
	int			inherited;		/* one that it keeps, or -1 */
} Program;

/* The path of a program beside pe, or in PostgreSQL's place; NULL if missing. */
extern char *find_program(const char *name);
/* Where PostgreSQL's programs are. */
extern const char *program_directory(void);

extern pid_t start_program(const Program *program);
/* Its exit code, 128 and its signal, or -1 while it runs. */
extern int	program_status(pid_t pid);
/* Run a program to its end, which a signal to us brings about. */
extern int	run_program(const Program *program);

/*
 * PostgreSQL refuses to run as root.  For root, the private server is another
 * user's, who may read what root may, where root can grant that.
 */
extern void choose_server_user(void);
/* Give a file or directory to that user. */
extern bool give_to_server_user(const char *path);
/* Remove a directory and all in it, with that user's rights. */
extern void remove_tree(const char *path);

#endif
