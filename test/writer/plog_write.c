/*-------------------------------------------------------------------------
 *
 * plog_write.c
 *		Makes a plog of JSON lines.
 *
 * Each line of the input is an entry, as PANDA's Python reader dumps it.  Some
 * lines say something to the program instead:
 *
 *		{"raw": "0a1B"}		an entry of just these bytes
 *		{"flush": true}		cut the chunk and write it to the file
 *		{"sleep_ms": 100}	wait, once what was cut is on disk
 *
 *-------------------------------------------------------------------------
 */
#define _POSIX_C_SOURCE 200809L

#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/types.h>
#include <time.h>

#include "../../src/plog/format.h"
#include "json_parse.h"
#include "json_to_wire.h"
#include "plog_writer.h"
#include "proto/plog.pb-c.h"

/* An era of PANDA, and the message that its logs are made of */
typedef struct Era
{
	const char *name;
	const ProtobufCMessageDescriptor *entry;
} Era;

static const Era eras[] = {
	{"today", &panda__log_entry__descriptor},
	{"december2020", &panda__log_entry_december2020__descriptor},
	{"september2020", &panda__log_entry_september2020__descriptor},
	{"2018", &panda__log_entry2018__descriptor},
	{"2016", &panda__log_entry2016__descriptor},
	{NULL, NULL}
};

/* What some fields of an entry are elsewhere: for lines that are of no era. */
static const ProtobufCMessageDescriptor *const elsewhere[] = {
	&panda__log_entry_elsewhere__descriptor,
	&panda__log_entry_tsm_august2020__descriptor,
	&panda__log_entry_tsm_earlier__descriptor
};

#define ELSEWHERE	(sizeof(elsewhere) / sizeof(elsewhere[0]))

typedef struct Options
{
	const char *output;
	const Era  *era;
	uint32_t	chunk_size;
	int			level;
	bool		unfinished;
} Options;

/* Print how to call the program. */
static void
usage(FILE *to)
{
	fputs("usage: plog_write [option...] -o FILE < LINES\n"
		  "  -o FILE         the plog to write\n"
		  "  --chunk-size N  inflated bytes at which to cut chunks (default 16777216)\n"
		  "  --era ERA       today (default), december2020, september2020, 2018 or 2016\n"
		  "  --level N       zlib level, 0 to 9 (default 9)\n"
		  "  --unfinished    write no header and no directory\n", to);
}

/* The era of that name. */
static const Era *
find_era(const char *name)
{
	for (const Era *era = eras; era->name != NULL; era++)
		if (strcmp(era->name, name) == 0)
			return era;
	plog_die("there is no era \"%s\"", name);
}

/* Read the command line. */
static Options
parse_options(int argc, char **argv)
{
	static const struct option known[] = {
		{"chunk-size", required_argument, NULL, 'c'},
		{"era", required_argument, NULL, 'e'},
		{"help", no_argument, NULL, 'h'},
		{"level", required_argument, NULL, 'l'},
		{"unfinished", no_argument, NULL, 'u'},
		{NULL, 0, NULL, 0}
	};
	Options		options = {NULL, eras, PLOG_DEFAULT_CHUNK_SIZE, PLOG_WRITER_DEFAULT_LEVEL, false};
	int			option;

	while ((option = getopt_long(argc, argv, "o:", known, NULL)) != -1)
	{
		if (option == 'o')
			options.output = optarg;
		else if (option == 'c')
			options.chunk_size = (uint32_t) plog_parse_option("chunk-size", optarg, 1, UINT32_MAX);
		else if (option == 'e')
			options.era = find_era(optarg);
		else if (option == 'l')
			options.level = (int) plog_parse_option("level", optarg, 0, 9);
		else if (option == 'u')
			options.unfinished = true;
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
	return options;
}

/* Decode the hexadecimal bytes of a "raw" line. */
static void
put_hex(WireBuffer *wire, const JsonNode *node, unsigned long line_number)
{
	if (node->type != JSON_STRING || node->text_bytes % 2 != 0)
		plog_die("line %lu: \"raw\" must be a string of pairs of hexadecimal digits", line_number);
	for (size_t i = 0; i < node->text_bytes; i += 2)
	{
		int			high = plog_hex_digit(node->text[i]);
		int			low = plog_hex_digit(node->text[i + 1]);

		if (high < 0 || low < 0)
			plog_die("line %lu: invalid hexadecimal digit in \"raw\"", line_number);
		wire_put_byte(wire, (uint8_t) (high * 16 + low));
	}
}

/* Wait, with all that was cut on disk. */
static void
sleep_ms(PlogWriter *writer, const JsonNode *node, unsigned long line_number)
{
	long		ms = node->type == JSON_NUMBER ? strtol(node->text, NULL, 10) : -1;
	struct timespec rest = {ms / 1000, ms % 1000 * 1000000};

	if (ms < 0)
		plog_die("line %lu: \"sleep_ms\" must be a number of milliseconds", line_number);
	plog_writer_sync(writer);
	while (nanosleep(&rest, &rest) != 0 && errno == EINTR)
		;
}

/* Obey a line that is for the program; false if it is an entry. */
static bool
obey_line(PlogWriter *writer, const JsonNode *object, WireBuffer *wire, unsigned long line_number)
{
	const JsonNode *node = object->first;

	if (node == NULL || node->next != NULL)
		return false;
	if (strcmp(node->name, "raw") == 0)
	{
		put_hex(wire, node, line_number);
		plog_writer_add(writer, wire->data, wire->bytes);
	}
	else if (strcmp(node->name, "flush") == 0)
		plog_writer_cut(writer);
	else if (strcmp(node->name, "sleep_ms") == 0)
		sleep_ms(writer, node, line_number);
	else
		return false;
	return true;
}

/*
 * Turn a line into an entry of its era, or, where it is none, of elsewhere.  On
 * failure the error is that of the era.
 */
static bool
line_to_wire(const Era *era, const JsonNode *object, WireBuffer *wire)
{
	WireBuffer	failed;

	if (json_to_wire(object, era->entry, wire))
		return true;
	failed = *wire;
	for (size_t i = 0; i < ELSEWHERE; i++)
	{
		wire->bytes = 0;
		if (json_to_wire(object, elsewhere[i], wire))
			return true;
	}
	memcpy(wire->error, failed.error, sizeof(wire->error));
	return false;
}

/* Write what a line says. */
static void
write_line(PlogWriter *writer, const Era *era, const JsonNode *object, WireBuffer *wire, unsigned long line_number)
{
	if (object->type != JSON_OBJECT)
		plog_die("line %lu: not an object", line_number);
	wire->bytes = 0;
	if (obey_line(writer, object, wire, line_number))
		return;
	if (!line_to_wire(era, object, wire))
		plog_die("line %lu: %s", line_number, wire->error);
	plog_writer_add(writer, wire->data, wire->bytes);
}

/* Write all lines of the input; empty ones are skipped. */
static void
write_lines(PlogWriter *writer, const Era *era, FILE *input)
{
	JsonParser	parser = {0};
	WireBuffer	wire = {0};
	char	   *line = NULL;
	size_t		allocated = 0;
	ssize_t		bytes;
	unsigned long line_number = 0;

	while ((bytes = getline(&line, &allocated, input)) >= 0)
	{
		JsonNode   *object;

		line_number++;
		if (strspn(line, " \t\r\n") == (size_t) bytes)
			continue;
		object = json_parse(&parser, line, (size_t) bytes);
		if (object == NULL)
			plog_die("line %lu, byte %ld: %s", line_number, (long) (parser.cursor - line), parser.error);
		write_line(writer, era, object, &wire, line_number);
	}
	if (ferror(input))
		plog_die("could not read the input: %s", strerror(errno));
	json_parser_free(&parser);
	free(wire.data);
	free(line);
}

int
main(int argc, char **argv)
{
	Options		options = parse_options(argc, argv);
	PlogWriter *writer = plog_writer_open(options.output, options.chunk_size, options.level);

	write_lines(writer, options.era, stdin);
	if (options.unfinished)
		plog_writer_abandon(writer);
	else
		plog_writer_close(writer);
	return 0;
}
