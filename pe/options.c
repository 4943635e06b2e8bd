/*-------------------------------------------------------------------------
 *
 * options.c
 *		Arguments.
 *
 *-------------------------------------------------------------------------
 */
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "options.h"

typedef struct OptionName
{
	const char *word;			/* as it is given */
	Option		option;
	CommandSet	commands;
	bool		has_value;
} OptionName;

/* Every word that is an option; the first for one is the one to be named. */
static const OptionName option_names[] = {
	{"--recover", OPTION_RECOVER, ALL, false},
	{"--name", OPTION_NAME, ALL & ~STRACE, true},
	{"--description", OPTION_DESCRIPTION, ALL, true},
	{"--descriptor", OPTION_DESCRIPTOR, ALL, true},
	{"--recording", OPTION_RECORDING, ALL, true},
	{"--qcow", OPTION_QCOW, ALL, true},
	{"--guest", OPTION_GUEST, ALL, true},
	{"--file", OPTION_FILE, QUERY, true},
	{"-f", OPTION_FILE, QUERY, true},
	{"--output", OPTION_OUTPUT, QUERY | REPORT | TRACE | STRACE | COVERAGE, true},
	{"-o", OPTION_OUTPUT, QUERY | REPORT | TRACE | STRACE | COVERAGE, true},
	{"--csv", OPTION_CSV, QUERY | EXPORT, false},
	{"--json", OPTION_JSON, QUERY | EXPORT, false},
	{"--jsonl", OPTION_JSONL, QUERY | TREE, false},
	{"--markdown", OPTION_MARKDOWN, QUERY, false},
	{"--tuples-only", OPTION_TUPLES_ONLY, QUERY, false},
	{"--numbers-as-strings", OPTION_NUMBERS_AS_STRINGS, QUERY, false},
	{"--replace", OPTION_REPLACE, INGEST, false},
	{"--skip", OPTION_SKIP, INGEST, false},
	{"-s", OPTION_SKIP, INGEST, false},
	{"--relations", OPTION_RELATIONS, INGEST, true},
	{"--schema", OPTION_SCHEMA, INGEST, true},
	{"--orm", OPTION_ORM, INGEST | EXPORT, true},
	{"--views", OPTION_VIEWS, INGEST, true},
	{"--plain", OPTION_PLAIN, INGEST, false},
	{"--keep", OPTION_KEEP, INGEST, false},
	/* plog_to_pandelephant.py's */
	{"-pandalog", OPTION_LOG, INGEST, true},
	{"--log", OPTION_LOG, INGEST, true},
	{"-db_url", OPTION_URL, INGEST, true},
	{"--url", OPTION_URL, INGEST, true},
	{"-exec_name", OPTION_NAME, INGEST, true},
	{"--exec-name", OPTION_NAME, INGEST, true},
	{"--exec_name", OPTION_NAME, INGEST, true},
	/* which it takes, and does nothing with */
	{"-exec_start", OPTION_TIME, INGEST, true},
	{"--exec-start", OPTION_TIME, INGEST, true},
	{"--exec_start", OPTION_TIME, INGEST, true},
	{"-exec_end", OPTION_TIME, INGEST, true},
	{"--exec-end", OPTION_TIME, INGEST, true},
	{"--exec_end", OPTION_TIME, INGEST, true},
	{"--force", OPTION_FORCE, EXPORT | REPORT | TRACE | COVERAGE, false},
	{"--tables", OPTION_TABLES, EXPORT, true},
	{"--ascii", OPTION_ASCII, INFO | TREE, false},
	{"--dot", OPTION_DOT, TREE, false},
	{"--pid", OPTION_PID, STRACE | COVERAGE, true},
	{"--text", OPTION_TEXT, FOLLOW, false},
	/* strace's */
	{"-p", OPTION_PID, STRACE | COVERAGE, true},
	{"--follow", OPTION_FOLLOW, STRACE, false},
	{"-f", OPTION_FOLLOW, STRACE, false},
	{"--name", OPTION_CALLS, STRACE, true},
	{"--class", OPTION_CLASS, STRACE, true},
	{"--trace", OPTION_EXPRESSION, STRACE, true},
	{"-e", OPTION_EXPRESSION, STRACE, true},
	{"--tid", OPTION_TID, STRACE, false},
};

#define OPTION_NAMES (sizeof(option_names) / sizeof(option_names[0]))

const Command *command = NULL;
const char **operands = NULL;
int			operand_count = 0;

static const char *values[OPTION_COUNT];

void
misused(const char *format, ...)
{
	va_list		arguments;
	char	   *text;

	va_start(arguments, format);
	if (vasprintf(&text, format, arguments) < 0)
		finish(WRONG_USAGE);
	va_end(arguments);
	die(WRONG_USAGE, "%s (see pe %s%s--help)", text, command != NULL ? command->name : "",
		command != NULL ? " " : "");
}

const char *
option(Option which)
{
	return values[which];
}

bool
has(Option which)
{
	return values[which] != NULL;
}

static const OptionName *
find_option(const char *word, size_t length)
{
	for (size_t i = 0; i < OPTION_NAMES; i++)
	{
		const OptionName *name = &option_names[i];

		if ((name->commands & command->bit) != 0 && strlen(name->word) == length &&
			memcmp(name->word, word, length) == 0)
			return name;
	}
	return NULL;
}

/*
 * Take options of one letter that are one word, as strace's users write them:
 * -fp 75, -ofile.  Returns how many arguments that were.
 */
static int
take_letters(int count, char **arguments)
{
	for (const char *letter = arguments[0] + 1; *letter != '\0'; letter++)
	{
		const char	word[] = {'-', *letter, '\0'};
		const OptionName *found = find_option(word, 2);

		if (found == NULL)
			misused("no option %s", arguments[0]);
		if (!found->has_value)
			values[found->option] = "";
		else if (letter[1] != '\0')
		{
			values[found->option] = letter + 1;
			break;
		}
		else if (count < 2)
			misused("%s needs a value", word);
		else
		{
			values[found->option] = arguments[1];
			return 2;
		}
	}
	return 1;
}

/*
 * Take an option, and its value, which may be the argument after it.  Returns
 * how many arguments that were.
 */
static int
take_option(int count, char **arguments)
{
	const char *word = arguments[0];
	size_t		length = strcspn(word, "=");
	const OptionName *found = find_option(word, length);

	if (command->bit == STRACE && found == NULL && word[1] != '-')
		return take_letters(count, arguments);
	if (word[length] == '=')
	{
		if (found == NULL || !found->has_value)
			misused("no option %.*s with a value", (int) length, word);
		values[found->option] = word + length + 1;
		return 1;
	}
	if (found == NULL)
		misused("no option %s", word);
	if (!found->has_value)
	{
		values[found->option] = "";
		return 1;
	}
	if (count < 2)
		misused("%s needs a value", word);
	values[found->option] = arguments[1];
	return 2;
}

void
parse_arguments(int count, char **arguments)
{
	bool		options_ended = false;

	operands = allocate(sizeof(char *) * (size_t) (count + 1));
	for (int i = 0; i < count;)
	{
		const char *word = arguments[i];

		if (options_ended || word[0] != '-' || word[1] == '\0')
		{
			operands[operand_count++] = word;
			i++;
		}
		else if (strcmp(word, "--") == 0)
		{
			options_ended = true;
			i++;
		}
		else if (strcmp(word, "--help") == 0 || strcmp(word, "-h") == 0)
		{
			print_usage(command);
			finish(DONE);
		}
		else
			i += take_option(count - i, arguments + i);
	}
}

const char *
take_operand(const char *name)
{
	const char *first;

	if (operand_count == 0)
		misused("%s needs %s", command->name, name);
	first = operands[0];
	operands++;
	operand_count--;
	return first;
}

const char *
take_last_operand(const char *name)
{
	if (operand_count == 0)
		misused("%s needs %s", command->name, name);
	return operands[--operand_count];
}

void
no_more_operands(void)
{
	if (operand_count > 0)
		misused("one argument too many: %s", operands[0]);
}

void
only_one_of(const Option *which)
{
	const char *first = NULL;

	for (; *which != OPTION_COUNT; which++)
	{
		const char *word = NULL;

		if (!has(*which))
			continue;
		for (size_t i = 0; word == NULL && i < OPTION_NAMES; i++)
		{
			if (option_names[i].option == *which)
				word = option_names[i].word;
		}
		if (first != NULL)
			misused("%s and %s cannot be together", first, word);
		first = word;
	}
}
