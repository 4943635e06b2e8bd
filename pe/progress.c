/*-------------------------------------------------------------------------
 *
 * progress.c
 *		A line on a terminal that says how far the work has come.
 *
 *-------------------------------------------------------------------------
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "progress.h"

/* Milliseconds before anything is shown, and between two pictures. */
#define DELAY 1000
#define INTERVAL 200

static char *title = NULL;
static bool shown = false;
static int64_t began,
			last_shown;

/* What the time left is told by. */
static char *phase_shown = NULL;
static int64_t phase_began;

void
progress_begin(const char *what)
{
	if (!isatty(STDERR_FILENO))
		return;
	progress_end();
	title = make_plain(copy_text(what));
	began = clock_now();
	last_shown = began + DELAY - INTERVAL;
}

bool
progress_is_seen(void)
{
	return title != NULL;
}

bool
progress_due(void)
{
	return title != NULL && clock_now() >= last_shown + INTERVAL;
}

/*
 * Say how long the rest of a phase takes, if the part that is done is enough
 * to tell by.
 */
static void
add_time_left(Text *line, int64_t done, int64_t total)
{
	int64_t		passed = clock_now() - phase_began;
	int64_t		left;

	if (passed < 1000 || done <= 0 || done > total)
		return;
	left = (int64_t) ((double) passed * (double) (total - done) / (double) done / 1000);
	text_format(line, ", %" PRId64 ":%02d left", left / 60, (int) (left % 60));
}

void
progress_show(const char *phase, const char *unit, int64_t done, int64_t total)
{
	Text		line = {0};

	if (title == NULL)
		return;
	if (phase_shown == NULL || strcmp(phase, phase_shown) != 0)
	{
		free(phase_shown);
		phase_shown = copy_text(phase);
		phase_began = clock_now();
	}
	if (!progress_due())
		return;
	text_format(&line, "%s ", title);
	if (*phase != '\0')
		text_format(&line, "%s: ", phase);
	text_format(&line, "%" PRId64 " %s", done, unit);
	if (total > 0)
	{
		text_format(&line, ", %d%%", (int) ((double) done * 100 / (double) total));
		add_time_left(&line, done, total);
	}
	fprintf(stderr, "\r%s\033[K", make_plain(line.data));
	fflush(stderr);
	free(line.data);
	shown = true;
	last_shown = clock_now();
}

void
progress_waiting(void)
{
	if (title != NULL)
		progress_show("working", "s", (clock_now() - began) / 1000, 0);
}

void
progress_hide(void)
{
	if (!shown)
		return;
	fprintf(stderr, "\r\033[K");
	fflush(stderr);
	shown = false;
}

void
progress_end(void)
{
	progress_hide();
	free(title);
	free(phase_shown);
	title = phase_shown = NULL;
}
