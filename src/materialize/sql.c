/*-------------------------------------------------------------------------
 *
 * sql.c
 *		Running the SQL that pe_materialize() and its like generate.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "access/xact.h"
#include "executor/spi.h"
#include "lib/stringinfo.h"
#include "utils/snapmgr.h"

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

/*
 * Run a query that sees what is committed by now, whatever the transaction's
 * snapshot shows.
 */
static int
execute_of_now(const char *query)
{
	SPIPlanPtr	plan = SPI_prepare(query, 0, NULL);
	Snapshot	snapshot;
	int			result;

	if (plan == NULL)
		return SPI_result;
	CommandCounterIncrement();
	snapshot = RegisterSnapshot(GetLatestSnapshot());
	result = SPI_execute_snapshot(plan, NULL, NULL, snapshot, InvalidSnapshot, true, false, 0);
	UnregisterSnapshot(snapshot);
	return result;
}

static void execute(bool is_of_now, const char *format, va_list arguments) pg_attribute_printf(2, 0);

/*
 * Format and execute a command.
 */
static void
execute(bool is_of_now, const char *format, va_list arguments)
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
	result = is_of_now ? execute_of_now(command.data) : SPI_execute(command.data, false, 0);
	if (result < 0)
		elog(ERROR, "SPI_execute failed: %s", SPI_result_code_string(result));
	pfree(command.data);
}

uint64
sql_run(const char *format,...)
{
	va_list		arguments;

	va_start(arguments, format);
	execute(false, format, arguments);
	va_end(arguments);
	return SPI_processed;
}

/*
 * The value that a query returned.  False if it is NULL, or there is no row.
 */
static bool
get_bigint(int64 *value)
{
	bool		is_null;

	if (SPI_processed == 0)
		return false;
	*value = DatumGetInt64(SPI_getbinval(SPI_tuptable->vals[0], SPI_tuptable->tupdesc, 1, &is_null));
	return !is_null;
}

bool
sql_get_bigint(int64 *value, const char *format,...)
{
	va_list		arguments;

	va_start(arguments, format);
	execute(false, format, arguments);
	va_end(arguments);
	return get_bigint(value);
}

bool
sql_get_bigint_of_now(int64 *value, const char *format,...)
{
	va_list		arguments;

	va_start(arguments, format);
	execute(true, format, arguments);
	va_end(arguments);
	return get_bigint(value);
}
