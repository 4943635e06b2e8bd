/*-------------------------------------------------------------------------
 *
 * logs.c
 *		Which logs a scan reads.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "fdw/logs.h"

ScanLogs
find_logs(const TableOptions *options)
{
	ScanLogs	logs;

	logs.count = 1;
	logs.executions = &options->execution;
	return logs;
}
