/*-------------------------------------------------------------------------
 *
 * main.c
 *		pe: PANDA logs with SQL, for people who run no PostgreSQL server, and
 *		loading them into the server of those who do.  pe(1) is its manual.
 *
 *-------------------------------------------------------------------------
 */
#include <locale.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "options.h"
#include "process.h"

#ifdef __SANITIZE_ADDRESS__
/* pe ends wherever it is, with all that it has. */
extern const char *__asan_default_options(void);

const char *
__asan_default_options(void)
{
	return "detect_leaks=0";
}
#endif

static const char usage[] =
"usage: pe shell  LOG...                psql, with the logs attached\n"
"       pe query  LOG... SQL            the result of a query\n"
"       pe info   LOG...                what is in the logs\n"
"       pe serve  LOG...                a URL for other programs, until Ctrl-C\n"
"       pe ingest LOG DB_URL            load the log into a database\n"
"       pe export LOG... FILE           write them as SQLite, JSON or CSV\n"
"       pe report LOG...                a page that shows them\n"
"       pe trace  LOG                   a trace for Perfetto\n"
"       pe tree   LOG                   its processes as a tree\n"
"       pe strace LOG                   its calls, as strace prints them\n"
"       pe follow LOG PID FD            what went through a descriptor\n"
"       pe flame  LOG                   calls by process, for a flame graph\n"
"       pe coverage LOG                 the code that ran, for Lighthouse\n"
"       pe LOG...                       as pe shell\n"
"       pe help [COMMAND] | --version\n"
"\n"
"Only ingest needs a server: the others run one of their own while they work.\n"
"A directory stands for the logs in it. Of several, each is an execution.\n"
"\n"
"exit codes: 0 done, 1 the SQL failed, 2 wrong usage, 3 the log cannot be read,\n"
"            4 a server or program is missing, 5 the result is there already\n";

static const char log_usage[] =
"\n"
"of the log:\n"
"  --recover             read an unfinished or damaged log as far as it goes\n";

static const char name_usage[] =
"  --name NAME           the execution's name (the file's, without .plog)\n";

static const char more_log_usage[] =
"  --description TEXT    the execution's description\n"
"  --descriptor FILE     decode entries by this FileDescriptorSet\n"
"  --recording PREFIX    the recording that was replayed, for \"recordings\"\n"
"  --qcow FILE           its disk image\n"
"  --guest MACHINE       the recorded machine, such as i386 (told by the log)\n";

const Command commands[] = {
	{"shell", SHELL, run_shell,
		"usage: pe shell [OPTION]... LOG...\n"
		"\n"
		"Runs psql with the log's relations in the search path. What is made in its\n"
		"database is gone when psql ends.\n"},
	{"query", QUERY, run_query,
		"usage: pe query [OPTION]... LOG... SQL\n"
		"       pe query [OPTION]... LOG... -f FILE\n"
		"\n"
		"Prints the result of SQL, or of what standard input has if SQL is \"-\".\n"
		"\n"
		"  -f, --file FILE       the SQL is in a file\n"
		"  -o, --output FILE     write the result into a file\n"
		"  --csv                 as CSV with a header\n"
		"  --json                as a JSON array with an object for each row\n"
		"  --jsonl               as a line of JSON for each row\n"
		"  --markdown            as a table in Markdown\n"
		"  --tuples-only         rows only, columns separated by \"|\"\n"
		"  --numbers-as-strings  in JSON, integers beyond 2^53 become strings\n"},
	{"info", INFO, run_info,
		"usage: pe info [OPTION]... LOG...\n"
		"\n"
		"Says what is in the log: processes, calls, time span, plugins seen, what is\n"
		"missing, and whether it is complete; then which process ran when: a row for\n"
		"each, as wide as the terminal.\n"
		"\n"
		"  --ascii               draw with ASCII alone (as the locale says)\n"},
	{"ingest", INGEST, run_ingest,
		"usage: pe ingest [OPTION]... LOG DB_URL\n"
		"\n"
		"Loads the log into the database postgresql://[USER[:PASSWORD]@][HOST][/NAME],\n"
		"as native tables. If its server has the extension and can read the log, it\n"
		"does the work; else the log is decoded here and its rows are sent, and the\n"
		"role needs no right but CREATE on a schema.\n"
		"\n"
		"  --orm GENERATION      PANDelephant's own tables, of generation 1 or 2, and\n"
		"                        no native ones; in sqlite:///FILE, too\n"
		"  --replace             load it again where the execution is there already\n"
		"  -s, --skip            leave an execution alone that is there already\n"
		"  --relations LIST      only these relations, such as syscalls,entries\n"
		"  --schema SCHEMA       the schema of the native tables (pandelephant)\n"
		"  --views SCHEMA        with --orm, views of native tables, in this schema\n"
		"  --plain               tables without partitions, sent from here\n"
		"  --keep                keep the log in the database, in a large object\n"
		"\n"
		"plog_to_pandelephant.py's options are taken: -pandalog, -db_url, -exec_name,\n"
		"-exec_start and -exec_end.\n"},
	{"export", EXPORT, run_export,
		"usage: pe export [OPTION]... LOG... FILE\n"
		"\n"
		"Writes a file for other programs. What it becomes, an option says, or the\n"
		"file's ending: .db, .sqlite and .sqlite3 are as --orm 1, .json is as --json.\n"
		"\n"
		"  --orm GENERATION      SQLite, with the tables of PANDelephant's ORM, 1 or 2\n"
		"  --tables native       SQLite, with all relations of the log\n"
		"  --json                every entry, as PANDA's own reader prints it\n"
		"  --csv                 a directory with a file for each relation\n"
		"  --force               overwrite the file\n"},
	{"serve", SERVE, run_serve,
		"usage: pe serve [OPTION]... LOG...\n"
		"\n"
		"Attaches the logs and prints a URL by which pandas, SQLAlchemy, DBeaver and\n"
		"others of this user's programs find them, until Ctrl-C. What is made in the\n"
		"database is gone then.\n"},
	{"report", REPORT, run_report,
		"usage: pe report [OPTION]... LOG... [-o FILE.html]\n"
		"\n"
		"Writes one page of HTML that shows the logs: a timeline of processes and their\n"
		"calls, and tables of what they did. It needs no network and no other file.\n"
		"\n"
		"  -o, --output FILE     the page (the first log's name with .html, here)\n"
		"  --force               overwrite the file\n"},
	{"trace", TRACE, run_trace,
		"usage: pe trace [OPTION]... LOG [-o FILE.perfetto-trace]\n"
		"\n"
		"Writes a trace for Perfetto, https://ui.perfetto.dev, in which instructions\n"
		"stand for nanoseconds.\n"
		"\n"
		"  -o, --output FILE     the trace (the log's name with .perfetto-trace, here)\n"
		"  --force               overwrite the file\n"},
	{"tree", TREE, run_tree,
		"usage: pe tree [OPTION]... LOG\n"
		"\n"
		"Prints the processes as a tree, each with its calls, its end and its command\n"
		"line.\n"
		"\n"
		"  --dot                 for Graphviz\n"
		"  --jsonl               a line of JSON for each process, as in process_tree\n"
		"  --ascii               draw with ASCII alone (as the locale says)\n"},
	{"strace", STRACE, run_strace,
		"usage: pe strace [OPTION]... LOG\n"
		"\n"
		"Prints the calls of a log, one a line, in the order in which they were logged.\n"
		"\n"
		"  -p, --pid PID[,PID]   calls of these processes\n"
		"  -f, --follow          and of all that descend from them\n"
		"  --name NAME[,NAME]    calls of these names, with or without sys_\n"
		"  --class CLASS[,CLASS] and of these classes: file, process, network, signal,\n"
		"                        ipc, descriptor, memory, credentials, clock\n"
		"  -e, --trace [trace=]SET\n"
		"                        as strace's: names, %class, /regex, ! for all others\n"
		"  --tid                 the thread's number instead of the process's\n"
		"  -o, --output FILE     write into a file\n"},
	{"follow", FOLLOW, run_follow,
		"usage: pe follow [OPTION]... LOG PID FD\n"
		"\n"
		"Prints what a process sent (>) and received (<) by a socket, or wrote and read\n"
		"by another descriptor, as far as the log holds it.\n"
		"\n"
		"  --text                as text, not in hexadecimal\n"},
	{"flame", FLAME, run_flame,
		"usage: pe flame [OPTION]... LOG\n"
		"\n"
		"Prints how many calls of each name each process made, as folded stacks, which\n"
		"flamegraph.pl, speedscope and others draw: ancestors, process, call, count.\n"},
	{"coverage", COVERAGE, run_coverage,
		"usage: pe coverage [OPTION]... LOG [-o FILE]\n"
		"\n"
		"Writes which blocks of code ran, by collect_code and edge_coverage, in drcov's\n"
		"format of version 2, for Lighthouse.\n"
		"\n"
		"  -p, --pid PID[,PID]   of these processes\n"
		"  -o, --output FILE     the file (the log's name with .drcov, here)\n"
		"  --force               overwrite the file\n"},
	{NULL, 0, NULL, NULL}
};

static const Command *
find_command(const char *name)
{
	for (const Command *found = commands; found->name != NULL; found++)
	{
		if (strcmp(found->name, name) == 0)
			return found;
	}
	return NULL;
}

static void
print_version(void)
{
	char	   *psql = find_program("psql");
	const char *const words[] = {psql, "-V", NULL};
	Program		program = {.words = words, .input = -1, .output = STDOUT_FILENO, .error = -1,
	.inherited = -1};

	if (psql == NULL)
		die(NO_SERVER, "no psql found in \"%s\"", program_directory());
	printf("pe %s, ", PE_VERSION);
	fflush(stdout);
	finish(run_program(&program) == 0 ? DONE : FAILED);
}

void
print_usage(const Command *of)
{
	printf("%s", of != NULL ? of->usage : usage);
	if (of != NULL)
		printf("%s%s%s", log_usage, of->bit != STRACE ? name_usage : "", more_log_usage);
}

static void
print_help(const char *name)
{
	const Command *found = name != NULL ? find_command(name) : NULL;

	if (name != NULL && found == NULL)
		misused("no command %s", name);
	print_usage(found);
	finish(DONE);
}

/*
 * Whether a word that is no command names a log.
 */
static bool
is_log(const char *word)
{
	struct stat state;

	return stat(word, &state) == 0 || strchr(word, '/') != NULL;
}

int
main(int count, char **arguments)
{
	const char *word = count > 1 ? arguments[1] : "";

	setlocale(LC_ALL, "");
	setlocale(LC_NUMERIC, "C");
	watch_signals();
	if (strcmp(word, "--help") == 0 || strcmp(word, "-h") == 0)
		print_help(NULL);
	if (strcmp(word, "help") == 0)
		print_help(count > 2 ? arguments[2] : NULL);
	if (strcmp(word, "--version") == 0 || strcmp(word, "-V") == 0)
		print_version();
	if (*word == '\0')
		misused("no command given");
	command = find_command(word);
	if (command == NULL)
	{
		if (!is_log(word))
			misused("no command %s", word);
		command = find_command("shell");
		parse_arguments(count - 1, arguments + 1);
	}
	else
		parse_arguments(count - 2, arguments + 2);
	command->run();
	finish(DONE);
}
