/*-------------------------------------------------------------------------
 *
 * file_parameter.c
 *		Parameters of functions that name files of the server.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "utils/builtins.h"

#include "materialize/file_parameter.h"

char *
file_parameter(FunctionCallInfo fcinfo, int parameter, const char *option)
{
	char	   *name;

	if (PG_ARGISNULL(parameter))
		return NULL;
	name = text_to_cstring(PG_GETARG_TEXT_PP(parameter));
	if (name[0] == '\0')
		ereport(ERROR,
				(errcode(ERRCODE_FDW_INVALID_ATTRIBUTE_VALUE),
				 errmsg("option \"%s\" must not be empty", option)));
	if (!is_absolute_path(name))
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_NAME),
				 errmsg("path \"%s\" of option \"%s\" must be absolute", name, option),
				 errhint("The file is read by the server, which does not know your working directory.")));
	return name;
}
