/*-------------------------------------------------------------------------
 *
 * report.h
 *		Reporting what src/plog found wrong with a log.
 *
 *-------------------------------------------------------------------------
 */
#ifndef PANDELEPHANT_REPORT_H
#define PANDELEPHANT_REPORT_H

#include "plog/recover.h"

/*
 * Report an error, with its SQLSTATE, the place in the file, and a hint.
 */
extern void report_plog_error(const char *filename, const PlogError *error);

/*
 * Warn of what was lost of a log that was read with "recover".
 */
extern void warn_of_loss(const char *filename, const PlogRecovery *recovery);

#endif							/* PANDELEPHANT_REPORT_H */
