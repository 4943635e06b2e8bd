/*-------------------------------------------------------------------------
 *
 * file_parameter.h
 *		Parameters of functions that name files of the server.
 *
 *-------------------------------------------------------------------------
 */
#ifndef PANDELEPHANT_FILE_PARAMETER_H
#define PANDELEPHANT_FILE_PARAMETER_H

#include "fmgr.h"

/*
 * The file that a parameter names, or NULL.  A relative path is reported: the
 * server would read it as below the data directory, which nobody means.
 */
extern char *file_parameter(FunctionCallInfo fcinfo, int parameter, const char *option);

#endif							/* PANDELEPHANT_FILE_PARAMETER_H */
