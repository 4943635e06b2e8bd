/*-------------------------------------------------------------------------
 *
 * process.c
 *		Running programs.
 *
 *-------------------------------------------------------------------------
 */
#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <grp.h>
#include <limits.h>
#include <linux/capability.h>
#include <pwd.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "process.h"

extern char **environ;

/* The private server's user, if that is not ours. */
static struct passwd *server_user = NULL;

/* The program that run_program waits for. */
static pid_t running = 0;

const char *
program_directory(void)
{
	static char *directory = NULL;
	char		self[PATH_MAX];
	ssize_t		length;
	char	   *psql;

	if (directory != NULL)
		return directory;
	length = readlink("/proc/self/exe", self, sizeof(self) - 1);
	if (length > 0)
	{
		self[length] = '\0';
		*strrchr(self, '/') = '\0';
		psql = format_text("%s/psql", self);
		if (access(psql, X_OK) == 0)
			directory = copy_text(self);
		free(psql);
	}
	if (directory == NULL)
		directory = copy_text(BINDIR);
	return directory;
}

char *
find_program(const char *name)
{
	char	   *path = format_text("%s/%s", program_directory(), name);

	if (access(path, X_OK) == 0)
		return path;
	free(path);
	return NULL;
}

/*
 * Become the private server's user, with the right to read what root may, if
 * root has it to give.  Async-signal-safe but for initgroups, and we have no
 * threads.
 */
static bool
become_server_user(void)
{
	struct __user_cap_header_struct header = {_LINUX_CAPABILITY_VERSION_3, 0};
	struct __user_cap_data_struct data[2];
	const uint32_t reading = 1U << CAP_DAC_READ_SEARCH;
	bool		may_read;

	if (server_user == NULL)
		return true;
	may_read = syscall(SYS_capget, &header, data) == 0 && (data[0].permitted & reading) != 0 &&
		prctl(PR_SET_KEEPCAPS, 1, 0, 0, 0) == 0;
	if (initgroups(server_user->pw_name, server_user->pw_gid) != 0 ||
		setresgid(server_user->pw_gid, server_user->pw_gid, server_user->pw_gid) != 0 ||
		setresuid(server_user->pw_uid, server_user->pw_uid, server_user->pw_uid) != 0)
		return false;
	if (may_read)
	{
		memset(data, 0, sizeof(data));
		data[0].effective = data[0].permitted = data[0].inheritable = reading;
		if (syscall(SYS_capset, &header, data) == 0)
			prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_RAISE, CAP_DAC_READ_SEARCH, 0, 0);
	}
	return true;
}

void
choose_server_user(void)
{
	pid_t		pid;
	int			status;

	if (geteuid() != 0)
		return;
	server_user = getpwnam("postgres");
	if (server_user == NULL)
		server_user = getpwnam("nobody");
	if (server_user == NULL)
		die(NO_SERVER, "PostgreSQL cannot run as root, and there is no user \"postgres\"");
	pid = fork();
	if (pid == 0)
		_exit(become_server_user() ? 0 : 1);
	if (pid < 0 || waitpid(pid, &status, 0) != pid || status != 0)
		die(NO_SERVER, "PostgreSQL cannot run as root, nor root become user \"%s\"",
			server_user->pw_name);
}

bool
give_to_server_user(const char *path)
{
	return server_user == NULL || lchown(path, server_user->pw_uid, server_user->pw_gid) == 0;
}

static int
remove_one(const char *path, const struct stat *state, int kind, struct FTW *place)
{
	(void) state;
	(void) kind;
	(void) place;
	remove(path);
	return 0;
}

void
remove_tree(const char *path)
{
	pid_t		pid;

	if (server_user == NULL)
	{
		nftw(path, remove_one, 16, FTW_DEPTH | FTW_PHYS);
		return;
	}
	pid = fork();
	if (pid == 0)
	{
		if (become_server_user())
			nftw(path, remove_one, 16, FTW_DEPTH | FTW_PHYS);
		_exit(0);
	}
	if (pid > 0)
		waitpid(pid, NULL, 0);
	/* the directory itself lies in one of ours */
	rmdir(path);
}

/*
 * What a program begins with, in the process that becomes it.  The signal mask
 * is that to go on with.
 */
static void
become_program(const Program *program, const sigset_t *mask)
{
	int			nothing = open("/dev/null", O_RDWR);

	if (program->lasting)
		setsid();
	else
		prctl(PR_SET_PDEATHSIG, SIGTERM);
	for (int i = 1; i < NSIG; i++)
		signal(i, SIG_DFL);
	sigprocmask(SIG_SETMASK, mask, NULL);
	dup2(program->input >= 0 ? program->input : nothing, STDIN_FILENO);
	dup2(program->output >= 0 ? program->output : nothing, STDOUT_FILENO);
	dup2(program->error >= 0 ? program->error : nothing, STDERR_FILENO);
	if (nothing > STDERR_FILENO)
		close(nothing);
	/* nor is what our caller has open for a server that outlives both */
	for (int i = STDERR_FILENO + 1; i < 1024; i++)
	{
		if (i != program->inherited)
			close(i);
	}
	if (program->inherited >= 0)
		fcntl(program->inherited, F_SETFD, 0);
	if (program->directory != NULL && chdir(program->directory) != 0)
		_exit(127);
	if (program->as_server_user && !become_server_user())
		_exit(127);
	execve(program->words[0], (char *const *) program->words, environ);
	_exit(127);
}

pid_t
start_program(const Program *program)
{
	sigset_t	all,
				before;
	pid_t		pid;

	/* a signal to the new process must not be taken by our own handler in it */
	sigfillset(&all);
	sigprocmask(SIG_SETMASK, &all, &before);
	pid = fork();
	if (pid == 0)
		become_program(program, &before);
	sigprocmask(SIG_SETMASK, &before, NULL);
	if (pid < 0)
		die(FAILED, "could not start a process: %s", strerror(errno));
	return pid;
}

int
program_status(pid_t pid)
{
	int			status;

	if (waitpid(pid, &status, WNOHANG) != pid)
		return -1;
	return WIFSIGNALED(status) ? AFTER_SIGNAL + WTERMSIG(status) : WEXITSTATUS(status);
}

static void
end_running(void)
{
	if (running == 0)
		return;
	kill(running, SIGTERM);
	for (int i = 0; i < 100 && program_status(running) < 0; i++)
		wait_for(-1, 0, 20);
	kill(running, SIGKILL);
}

int
run_program(const Program *program)
{
	static bool registered = false;
	int			status;

	if (!registered)
		atexit(end_running);
	registered = true;
	running = start_program(program);
	while ((status = program_status(running)) < 0)
		wait_for(-1, 0, 10);
	running = 0;
	return status;
}
