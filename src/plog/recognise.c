/*-------------------------------------------------------------------------
 *
 * recognise.c
 *		What a file is instead of a plog, by its first bytes.
 *
 * A log that PANDA did not close has zeros in the place of its header, and a damaged
 * one may have anything there.  So what is not recognised as something else is taken
 * for a log.
 *
 *-------------------------------------------------------------------------
 */
#include "plog/recognise.h"
#include "plog/wire.h"

/*
 * How many instructions a recording may have: more than the fields in that place of
 * a plog's header hold, and less than any machine has run.
 */
#define LEAST_INSTRUCTIONS (UINT64_C(1) << 16)
#define MOST_INSTRUCTIONS (UINT64_C(1) << 48)

static const struct
{
	PlogFileKind kind;
	size_t		length;
	const char *bytes;
}			beginnings[] = {
	{PLOG_FILE_GZIP, 2, "\x1f\x8b"},
	{PLOG_FILE_ZSTD, 4, "\x28\xb5\x2f\xfd"},
	{PLOG_FILE_XZ, 6, "\xfd" "7zXZ\0"},
	{PLOG_FILE_ELF, 4, "\x7f" "ELF"},
	{PLOG_FILE_SQLITE, 16, "SQLite format 3\0"},
};

/*
 * A recording's log of inputs begins with the number of its instructions, and an
 * entry of instruction 0, whose kind and place are small numbers.
 */
static bool
is_recording(const uint8_t *bytes, size_t length)
{
	return length >= 18 && wire_load64(bytes) >= LEAST_INSTRUCTIONS &&
		wire_load64(bytes) < MOST_INSTRUCTIONS && wire_load64(bytes + 8) == 0 &&
		bytes[16] < 32 && bytes[17] < 32;
}

static bool
is_text(const uint8_t *bytes, size_t length)
{
	for (size_t i = 0; i < length; i++)
	{
		if ((bytes[i] < ' ' && strchr("\t\r\n\f", bytes[i]) == NULL) || bytes[i] == 0x7f ||
			bytes[i] == '\0')
			return false;
	}
	return length > 0;
}

PlogFileKind
plog_recognise(const uint8_t *bytes, size_t length)
{
	size_t		blanks = 0;

	for (size_t i = 0; i < sizeof(beginnings) / sizeof(beginnings[0]); i++)
	{
		if (length >= beginnings[i].length &&
			memcmp(bytes, beginnings[i].bytes, beginnings[i].length) == 0)
			return beginnings[i].kind;
	}
	if (is_recording(bytes, length))
		return PLOG_FILE_RECORDING;
	if (!is_text(bytes, length))
		return PLOG_FILE_MAY_BE_LOG;
	while (blanks < length && strchr(" \t\r\n", bytes[blanks]) != NULL)
		blanks++;
	return blanks < length && (bytes[blanks] == '{' || bytes[blanks] == '[') ?
		PLOG_FILE_JSON : PLOG_FILE_TEXT;
}

const char *
plog_advice(PlogFileKind kind)
{
	switch (kind)
	{
		case PLOG_FILE_GZIP:
			return "it is compressed by gzip; gunzip unpacks it";
		case PLOG_FILE_ZSTD:
			return "it is compressed by zstd; unzstd unpacks it";
		case PLOG_FILE_XZ:
			return "it is compressed by xz; unxz unpacks it";
		case PLOG_FILE_RECORDING:
			return "it is the log of inputs of a recording; replay that with PANDA and -pandalog";
		case PLOG_FILE_JSON:
			return "it is JSON, such as PANDA's plog_reader prints; the log itself is wanted";
		case PLOG_FILE_ELF:
			return "it is a program (ELF); a log is what PANDA's -pandalog writes";
		case PLOG_FILE_SQLITE:
			return "it is a SQLite database; sqlite3 opens it";
		case PLOG_FILE_TEXT:
			return "it is text";
		case PLOG_FILE_MAY_BE_LOG:
			break;
	}
	return NULL;
}
