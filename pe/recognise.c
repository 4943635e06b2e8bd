/*-------------------------------------------------------------------------
 *
 * recognise.c
 *		What a file is that was given as a log.
 *
 * A log that PANDA did not close has zeros where its header would be, and one
 * that was damaged may have anything there: what is not known for something
 * else is taken for a log.
 *
 *-------------------------------------------------------------------------
 */
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "recognise.h"

/* How many bytes are looked at. */
#define LOOKED_AT 512

/* Instructions of a recording: more than any field there of a plog, and less
 * than any machine has run. */
#define LEAST_INSTRUCTIONS (UINT64_C(1) << 16)
#define MOST_INSTRUCTIONS (UINT64_C(1) << 48)

static const struct
{
	FileKind	kind;
	size_t		length;
	const char *bytes;
}			beginnings[] = {
	{FILE_GZIP, 2, "\x1f\x8b"},
	{FILE_ZSTD, 4, "\x28\xb5\x2f\xfd"},
	{FILE_XZ, 6, "\xfd" "7zXZ\0"},
	{FILE_ELF, 4, "\x7f" "ELF"},
	{FILE_SQLITE, 16, "SQLite format 3\0"},
};

static uint64_t
number_at(const unsigned char *bytes)
{
	uint64_t	number = 0;

	for (int i = 7; i >= 0; i--)
		number = number << 8 | bytes[i];
	return number;
}

/*
 * A recording's log of inputs begins with the number of its instructions, and
 * an entry of instruction 0, whose kind and place are small numbers.
 */
static bool
is_recording(const unsigned char *bytes, size_t length)
{
	return length >= 18 && number_at(bytes) >= LEAST_INSTRUCTIONS &&
		number_at(bytes) < MOST_INSTRUCTIONS && number_at(bytes + 8) == 0 &&
		bytes[16] < 32 && bytes[17] < 32;
}

static bool
is_text(const unsigned char *bytes, size_t length)
{
	for (size_t i = 0; i < length; i++)
	{
		if ((bytes[i] < ' ' && strchr("\t\r\n\f", bytes[i]) == NULL) || bytes[i] == 0x7f ||
			bytes[i] == '\0')
			return false;
	}
	return length > 0;
}

FileKind
recognise_file(const char *path)
{
	unsigned char bytes[LOOKED_AT];
	int			file = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	ssize_t		length = file >= 0 ? read(file, bytes, sizeof(bytes)) : 0;
	size_t		blanks = 0;

	if (file >= 0)
		close(file);
	if (length <= 0)
		return FILE_MAY_BE_LOG;
	for (size_t i = 0; i < sizeof(beginnings) / sizeof(beginnings[0]); i++)
	{
		if ((size_t) length >= beginnings[i].length &&
			memcmp(bytes, beginnings[i].bytes, beginnings[i].length) == 0)
			return beginnings[i].kind;
	}
	if (is_recording(bytes, (size_t) length))
		return FILE_RECORDING;
	if (!is_text(bytes, (size_t) length))
		return FILE_MAY_BE_LOG;
	while (blanks < (size_t) length && strchr(" \t\r\n", bytes[blanks]) != NULL)
		blanks++;
	return blanks < (size_t) length && (bytes[blanks] == '{' || bytes[blanks] == '[') ?
		FILE_JSON : FILE_TEXT;
}

const char *
advice_for(FileKind kind)
{
	switch (kind)
	{
		case FILE_GZIP:
			return "it is compressed by gzip; gunzip unpacks it";
		case FILE_ZSTD:
			return "it is compressed by zstd; unzstd unpacks it";
		case FILE_XZ:
			return "it is compressed by xz; unxz unpacks it";
		case FILE_RECORDING:
			return "it is the log of inputs of a recording; replay that with PANDA and -pandalog";
		case FILE_JSON:
			return "it is JSON, such as PANDA's plog_reader prints; the log itself is wanted";
		case FILE_ELF:
			return "it is a program (ELF); a log is what PANDA's -pandalog writes";
		case FILE_SQLITE:
			return "it is a SQLite database; sqlite3 opens it";
		case FILE_TEXT:
			return "it is text";
		case FILE_MAY_BE_LOG:
			break;
	}
	return "it is something else";
}
