/*-------------------------------------------------------------------------
 *
 * sql.c
 *		Running the SQL that pe_attach() and pe_materialize() generate.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "executor/spi.h"
#include "lib/stringinfo.h"

#include "materialize/sql.h"

void
sql_connect(void)
{
	if (SPI_connect() != SPI_OK_CONNECT)
		elog(ERROR, "SPI_connect failed");
}

void
sql_finish(void)
{
	if (SPI_finish() != SPI_OK_FINISH)
		elog(ERROR, "SPI_finish failed");
}

static void execute(const char *format, va_list arguments) pg_attribute_printf(1, 0);

/*
 * Format and execute a command.
 */
static void
execute(const char *format, va_list arguments)
{
	StringInfoData command;
	int			needed;
	int			result;

	initStringInfo(&command);
	for (;;)
	{
		va_list		copy;

		va_copy(copy, arguments);
		needed = appendStringInfoVA(&command, format, copy);
		va_end(copy);
		if (needed == 0)
			break;
		enlargeStringInfo(&command, needed);
	}
	result = SPI_execute(command.data, false, 0);
	if (result < 0)
		elog(ERROR, "SPI_execute failed: %s", SPI_result_code_string(result));
	pfree(command.data);
}

uint64
sql_run(const char *format,...)
{
	va_list		arguments;

	va_start(arguments, format);
	execute(format, arguments);
	va_end(arguments);
	return SPI_processed;
}

bool
sql_get_bigint(int64 *value, const char *format,...)
{
	va_list		arguments;
	bool		is_null;

	va_start(arguments, format);
	execute(format, arguments);
	va_end(arguments);
	if (SPI_processed == 0)
		return false;
	*value = DatumGetInt64(SPI_getbinval(SPI_tuptable->vals[0], SPI_tuptable->tupdesc, 1, &is_null));
	return !is_null;
}
