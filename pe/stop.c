/*-------------------------------------------------------------------------
 *
 * stop.c
 *		Signals, and waiting.
 *
 * A handler only notes its signal, and writes a byte into a pipe, so that no
 * wait misses it.  Whoever waits finds the byte and ends pe in good order.
 *
 *-------------------------------------------------------------------------
 */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#include "pe.h"
#include "progress.h"

static const int stopping_signals[] = {SIGHUP, SIGINT, SIGTERM, SIGQUIT};

static volatile sig_atomic_t stopped_by = 0;
static bool ignoring = false;
static int	alarm_pipe[2] = {-1, -1};

static void
note_signal(int signal_number)
{
	int			saved_errno = errno;
	ssize_t		written;

	stopped_by = signal_number;
	written = write(alarm_pipe[1], "", 1);
	(void) written;
	errno = saved_errno;
}

void
watch_signals(void)
{
	struct sigaction action = {.sa_handler = note_signal};

	if (pipe2(alarm_pipe, O_CLOEXEC | O_NONBLOCK) != 0)
		die(FAILED, "could not make a pipe");
	sigemptyset(&action.sa_mask);
	for (size_t i = 0; i < sizeof(stopping_signals) / sizeof(int); i++)
	{
		struct sigaction before;

		/* what our caller has us ignore, as nohup does, stays so */
		sigaction(stopping_signals[i], NULL, &before);
		if (before.sa_handler != SIG_IGN)
			sigaction(stopping_signals[i], &action, NULL);
	}
	/* a reader that went away is an error of write() */
	signal(SIGPIPE, SIG_IGN);
}

void
ignore_signals(void)
{
	ignoring = true;
	for (size_t i = 0; i < sizeof(stopping_signals) / sizeof(int); i++)
		signal(stopping_signals[i], SIG_IGN);
}

bool
stop_is_wanted(void)
{
	return stopped_by != 0 && !ignoring;
}

void
check_stop(void)
{
	if (stop_is_wanted())
		finish(AFTER_SIGNAL + stopped_by);
}

bool
wait_for(int descriptor, short events, int milliseconds)
{
	int64_t		end = clock_now() + milliseconds;

	for (;;)
	{
		struct pollfd polled[2] = {
			{.fd = descriptor, .events = events},
			{.fd = ignoring ? -1 : alarm_pipe[0], .events = POLLIN}
		};
		int64_t		left = end - clock_now();
		int			found;

		check_stop();
		found = poll(polled, 2, milliseconds < 0 ? -1 : left > 0 ? (int) left : 0);
		check_stop();
		if (polled[0].revents != 0 && found > 0)
			return true;
		if (milliseconds >= 0 && clock_now() >= end)
			return false;
	}
}

int64_t
clock_now(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (int64_t) now.tv_sec * 1000 + now.tv_nsec / 1000000;
}
