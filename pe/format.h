/*-------------------------------------------------------------------------
 *
 * format.h
 *		How results are printed.
 *
 * Rows are printed as they come; nothing is kept but what a table needs to
 * find the width of its columns.
 *
 *-------------------------------------------------------------------------
 */
#ifndef FORMAT_H
#define FORMAT_H

#include <libpq-fe.h>

#include "pe.h"

typedef struct Format
{
	/* A result begins; of these columns. */
	void		(*begin) (const PGresult *result);
	void		(*row) (const PGresult *result, int row);
	/* It has ended, after some rows. */
	void		(*end) (int64_t rows);
	/* Nothing more may come for a while: print what is kept, if it is time. */
	void		(*idle) (void);
	/* Each row is one column, a JSON object. */
	bool		wants_json;
} Format;

extern const Format table_format;
extern const Format csv_format;
extern const Format json_format;
extern const Format jsonl_format;
extern const Format markdown_format;
extern const Format tuples_format;

/* Whether columns of a type are numbers, which stand to the right. */
extern bool is_number_type(Oid type);
/* Numbers in JSON that others would round become strings. */
extern void json_numbers_as_strings(void);

#endif
