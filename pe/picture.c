/*-------------------------------------------------------------------------
 *
 * picture.c
 *		Which process of a log ran when, in text.
 *
 * A column is a bin of execution offsets.  A cell shows what part of the bin the
 * process ran for, by its threadslices; in a log that has none, how many calls
 * it made there, beside the cell with the most.  A line goes from where the
 * process was first seen to where it was last seen.
 *
 *-------------------------------------------------------------------------
 */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "answers.h"
#include "characters.h"
#include "forest.h"
#include "output.h"
#include "picture.h"
#include "terminal.h"

/* So many processes have a row: those that ran most. */
#define MOST_ROWS 100
/* So many are named. */
#define BUSIEST 5
/* A name has so many columns at most, and indents it by so many. */
#define NAME_COLUMNS 24
#define INDENTS 6
/* Calls are counted only where that takes no time that is felt. */
#define MOST_CALLS "200000"

/* How full a cell is, from the least to the most. */
static const char *const blocks[] = {"▁", "▂", "▃", "▄", "▅", "▆", "▇", "█"};
static const char *const letters[] = {"-", "+", "#"};

typedef struct Levels
{
	const char *const *signs;
	int			count;
	const char *line;			/* where it was seen, but did not run */
} Levels;

static const Levels block_levels = {blocks, 8, "·"};
static const Levels letter_levels = {letters, 3, "."};

static const char processes_sql[] =
"SELECT process_id, parent_process_id, pid, names[cardinality(names)], first_seen_execution_offset, "
"	last_seen_execution_offset FROM processes ORDER BY process_id";

/* Offsets from 2^63 on, which are negative, are not drawn. */
static const char range_sql[] =
"SELECT greatest(first_execution_offset, 0), last_execution_offset, slices, calls <= " MOST_CALLS " FROM executions, "
"	(SELECT count(*) AS slices FROM threadslices OFFSET 0) t, (SELECT count(*) AS calls FROM syscalls OFFSET 0) c";

/*
 * Slices of a process by the bins that they begin and end in: how many, and what
 * they take of the two.  $1: where the first bin begins, $2: how wide bins are.
 */
static const char slices_sql[] =
"SELECT process_id, first_bin, last_bin, count(*), sum(of_first), sum(of_last) FROM ("
"	SELECT process_id, (start_execution_offset - $1::bigint) / $2::bigint AS first_bin, "
"		(end_execution_offset - $1::bigint) / $2::bigint AS last_bin, "
"		($2::bigint - (start_execution_offset - $1::bigint) % $2::bigint)::float8 AS of_first, "
"		((end_execution_offset - $1::bigint) % $2::bigint + 1)::float8 AS of_last "
"	FROM threadslices WHERE start_execution_offset >= $1::bigint AND end_execution_offset >= start_execution_offset) s "
"GROUP BY process_id, first_bin, last_bin";

/* The same of calls, each of which takes one. */
static const char calls_sql[] =
"SELECT process_id, (execution_offset - $1::bigint) / $2::bigint, NULL, count(*) FROM syscalls "
"WHERE process_id IS NOT NULL AND execution_offset >= $1::bigint GROUP BY 1, 2";

/* What the picture is made of. */
typedef struct Picture
{
	Forest		forest;
	int64_t		first,			/* the range of offsets */
				last;
	int64_t		width;			/* of a bin */
	int			bins;
	bool		of_calls;		/* and not of slices */
	double	   *sums;			/* what each process has; [0] all of them */
	int		   *busiest;		/* processes by sums */
	int			row_count;
	int		   *rows;			/* the row of each process that has one, or -1 */
	double	   *cells;			/* what of each row is in each bin */
	double		most;			/* that a cell holds, or could hold */
	bool		ascii;
} Picture;

/* Slices, or calls, of a process that begin and end in the same bins. */
typedef struct Stretch
{
	int			process;
	int			first_bin,
				last_bin;
	double		count;
	double		of_first,		/* what they take of these bins */
				of_last;
} Stretch;

static void *
allocate_zeros(size_t size)
{
	return memset(allocate(size), 0, size);
}

/*
 * A number of a row that is to be at least 0, and below a limit.
 */
static int
place_of(const PGresult *result, int row, int column, int limit)
{
	int64_t		place = strtoll(PQgetvalue(result, row, column), NULL, 10);

	if (place < 0 || place >= limit)
		die(FAILED, "a bin or process is not where it can be");
	return (int) place;
}

static Stretch
stretch_of(const Picture *picture, const PGresult *result, int row)
{
	Stretch		stretch;

	stretch.process = place_of(result, row, 0, picture->forest.count + 1);
	stretch.first_bin = stretch.last_bin = place_of(result, row, 1, picture->bins);
	stretch.count = stretch.of_first = strtod(PQgetvalue(result, row, 3), NULL);
	stretch.of_last = 0;
	if (picture->of_calls)
		return stretch;
	stretch.last_bin = place_of(result, row, 2, picture->bins);
	stretch.of_first = strtod(PQgetvalue(result, row, 4), NULL);
	stretch.of_last = strtod(PQgetvalue(result, row, 5), NULL);
	/* both count from the bin's other end, so that they count it twice together */
	if (stretch.first_bin == stretch.last_bin)
		stretch.of_first -= stretch.count * (double) picture->width;
	return stretch;
}

static void
add_up(Picture *picture, const PGresult *result)
{
	for (int i = 0; i < PQntuples(result); i++)
	{
		Stretch		stretch = stretch_of(picture, result, i);
		int			between = stretch.last_bin - stretch.first_bin - 1;
		double		sum = stretch.of_first + stretch.of_last;

		if (between > 0)
			sum += stretch.count * (double) between * (double) picture->width;
		picture->sums[stretch.process] += sum;
		picture->sums[0] += sum;
	}
}

static double *
cells_of(const Picture *picture, int row)
{
	return &picture->cells[(size_t) row * (size_t) picture->bins];
}

/*
 * Fill the cells of the rows.  What fills a cell from one end to the other is
 * noted where that begins and ends, and summed up later.
 */
static void
fill_cells(Picture *picture, const PGresult *result)
{
	size_t		size = sizeof(double) * (size_t) picture->row_count * (size_t) picture->bins;
	double	   *changes = allocate_zeros(size);

	picture->cells = allocate_zeros(size);
	for (int i = 0; i < PQntuples(result); i++)
	{
		Stretch		stretch = stretch_of(picture, result, i);
		int			row = picture->rows[stretch.process];
		double	   *cells,
				   *change;

		if (row < 0)
			continue;
		cells = cells_of(picture, row);
		change = &changes[cells - picture->cells];
		cells[stretch.first_bin] += stretch.of_first;
		cells[stretch.last_bin] += stretch.of_last;
		if (stretch.last_bin > stretch.first_bin + 1)
		{
			change[stretch.first_bin + 1] += stretch.count;
			change[stretch.last_bin] -= stretch.count;
		}
	}
	for (int row = 0; row < picture->row_count; row++)
	{
		double	   *cells = cells_of(picture, row);
		double		full = 0;

		for (int bin = 0; bin < picture->bins; bin++)
		{
			full += changes[&cells[bin] - picture->cells];
			cells[bin] += full * (double) picture->width;
			if (picture->of_calls && cells[bin] > picture->most)
				picture->most = cells[bin];
		}
	}
	free(changes);
}

static const double *compared_sums;

/* Those with more come first, of equal ones those that appeared first. */
static int
compare_processes(const void *left, const void *right)
{
	int			a = *(const int *) left,
				b = *(const int *) right;

	if (compared_sums[a] != compared_sums[b])
		return compared_sums[a] > compared_sums[b] ? -1 : 1;
	return a < b ? -1 : a > b;
}

/*
 * Choose which processes have a row: those that have most.
 */
static void
choose_rows(Picture *picture)
{
	int			count = picture->forest.count;

	picture->busiest = allocate(sizeof(int) * (size_t) count);
	picture->rows = allocate(sizeof(int) * (size_t) (count + 1));
	for (int i = 0; i < count; i++)
	{
		picture->busiest[i] = i + 1;
		picture->rows[i + 1] = -1;
	}
	compared_sums = picture->sums;
	qsort(picture->busiest, (size_t) count, sizeof(int), compare_processes);
	picture->row_count = count < MOST_ROWS ? count : MOST_ROWS;
	for (int row = 0; row < picture->row_count; row++)
		picture->rows[picture->busiest[row]] = row;
}

/*
 * A process's name, as a part of a line.
 */
static void
add_name(Text *text, const Picture *picture, int process)
{
	const char *name = forest_value(&picture->forest, process, 3);

	text_add_line(text, name != NULL ? name : "?", picture->ascii);
}

static const char *
pid_of(const Picture *picture, int process)
{
	const char *pid = forest_value(&picture->forest, process, 2);

	return pid != NULL ? pid : "?";
}

static void
print_busiest(const Picture *picture)
{
	Text		line = {0};

	for (int i = 0; i < BUSIEST && i < picture->forest.count; i++)
	{
		int			process = picture->busiest[i];
		double		percent = picture->sums[0] > 0 ? 100 * picture->sums[process] / picture->sums[0] : 0;

		if (picture->sums[process] <= 0)
			break;
		text_add(&line, i > 0 ? ", " : "");
		add_name(&line, picture, process);
		text_format(&line, " (%s) %.0f%%", pid_of(picture, process), percent);
	}
	if (line.length > 0)
		output_format("%-18s%s, of %s\n", "busiest", line.data,
					  picture->of_calls ? "all calls" : "all instructions that ran");
	free(line.data);
}

/*
 * What is printed before the cells of a process, without its pid.
 */
static char *
label_of(const Picture *picture, int process)
{
	Text		label = {0};
	int			depth = picture->forest.processes[process].depth;

	text_add(&label, "");
	for (int i = 0; i < depth && i < INDENTS; i++)
		text_add(&label, " ");
	add_name(&label, picture, process);
	return label.data;
}

/*
 * How wide the widest of some texts is, up to a limit.
 */
static size_t
wider(size_t width, const char *text, size_t limit)
{
	size_t		other = columns_of_line(text);

	other = other < limit ? other : limit;
	return other > width ? other : width;
}

/*
 * The bin of an offset, or that nearest to it.
 */
static int
bin_of(const Picture *picture, const char *offset, int otherwise)
{
	int64_t		number = offset != NULL ? strtoll(offset, NULL, 10) : -1;

	if (number < 0)
		return otherwise;
	if (number < picture->first)
		return 0;
	return number > picture->last ? picture->bins - 1 : (int) ((number - picture->first) / picture->width);
}

static void
add_cells(Text *line, const Picture *picture, int process, const Levels *levels)
{
	int			seen = bin_of(picture, forest_value(&picture->forest, process, 4), picture->bins);
	int			last_seen = bin_of(picture, forest_value(&picture->forest, process, 5), -1);
	const double *cells = cells_of(picture, picture->rows[process]);

	for (int bin = 0; bin < picture->bins; bin++)
	{
		double		filled = cells[bin];
		double		level = filled * levels->count / picture->most;

		if (filled > 0)
			text_add(line, levels->signs[level < levels->count ? (int) level : levels->count - 1]);
		else
			text_add(line, bin >= seen && bin <= last_seen ? levels->line : " ");
	}
}

static void
print_rows(const Picture *picture, size_t pid_columns, size_t name_columns)
{
	const Levels *levels = picture->ascii ? &letter_levels : &block_levels;
	char	   *first = format_text("%" PRId64, picture->first);
	char	   *last = format_text("%" PRId64, picture->last);

	output_text("\n");
	output_spaces(pid_columns + name_columns + 3);
	output_text(first);
	if (strlen(first) + strlen(last) < (size_t) picture->bins)
	{
		output_spaces((size_t) picture->bins - strlen(first) - strlen(last));
		output_text(last);
	}
	output_text("\n");
	for (int i = 0; i < picture->forest.count; i++)
	{
		int			process = picture->forest.order[i];
		Text		line = {0};
		char	   *label;

		if (picture->rows[process] < 0)
			continue;
		label = label_of(picture, process);
		text_format(&line, "%*s ", (int) pid_columns, pid_of(picture, process));
		text_add_columns(&line, label, name_columns);
		text_add(&line, " |");
		add_cells(&line, picture, process, levels);
		text_add(&line, "|\n");
		output_text(line.data);
		free(line.data);
		free(label);
	}
	if (picture->row_count < picture->forest.count)
		output_format("%d processes that ran less are not shown; pe tree has them\n",
					  picture->forest.count - picture->row_count);
	free(first);
	free(last);
}

/*
 * Choose bins so that they fill the width that is left by labels, of which all are
 * taken into account: which of them are shown is known only when they are filled.
 */
static void
choose_bins(Picture *picture, size_t *pid_columns, size_t *name_columns)
{
	size_t		labels;

	*pid_columns = *name_columns = 1;
	for (int process = 1; process <= picture->forest.count; process++)
	{
		char	   *label = label_of(picture, process);

		*pid_columns = wider(*pid_columns, pid_of(picture, process), 20);
		*name_columns = wider(*name_columns, label, NAME_COLUMNS);
		free(label);
	}
	labels = *pid_columns + *name_columns + strlen("  ||");
	picture->bins = (int) (terminal_columns() > labels + 10 ? terminal_columns() - labels : 10);
	picture->width = (picture->last - picture->first) / picture->bins + 1;
}

/*
 * What of the processes is in which bins; NULL if there is nothing that can be
 * told in no time.
 */
static PGresult *
read_stretches(PGconn *connection, const Log *log, const Picture *picture, bool has_few_calls)
{
	char	   *first = format_text("%" PRId64, picture->first);
	char	   *width = format_text("%" PRId64, picture->width);
	PGresult   *result = NULL;

	if (!picture->of_calls || has_few_calls)
		result = ask_once(connection, log, picture->of_calls ? calls_sql : slices_sql, 2,
						  (const char *const[]) {first, width});
	if (result != NULL && result_is_error(result))
		fail_with_result(connection, result, BAD_LOG);
	free(first);
	free(width);
	return result;
}

void
print_picture(PGconn *connection, const Log *log)
{
	PGresult   *range = database_must(connection, BAD_LOG, range_sql, 0, NULL);
	Picture		picture = {.ascii = terminal_is_ascii()};
	size_t		pid_columns,
				name_columns;

	forest_read(connection, processes_sql, &picture.forest);
	picture.first = strtoll(PQgetvalue(range, 0, 0), NULL, 10);
	picture.last = strtoll(PQgetvalue(range, 0, 1), NULL, 10);
	picture.of_calls = strcmp(PQgetvalue(range, 0, 2), "0") == 0;
	if (picture.forest.count > 0 && !PQgetisnull(range, 0, 1) && picture.last >= picture.first)
	{
		PGresult   *stretches;

		choose_bins(&picture, &pid_columns, &name_columns);
		stretches = read_stretches(connection, log, &picture, *PQgetvalue(range, 0, 3) == 't');
		picture.sums = allocate_zeros(sizeof(double) * (size_t) (picture.forest.count + 1));
		picture.most = picture.of_calls ? 1 : (double) picture.width;
		add_up(&picture, stretches);
		choose_rows(&picture);
		fill_cells(&picture, stretches);
		print_busiest(&picture);
		print_rows(&picture, pid_columns, name_columns);
		PQclear(stretches);
		free(picture.sums);
		free(picture.busiest);
		free(picture.rows);
		free(picture.cells);
	}
	PQclear(range);
	forest_free(&picture.forest);
}
