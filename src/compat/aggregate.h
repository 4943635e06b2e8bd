/*-------------------------------------------------------------------------
 *
 * aggregate.h
 *		States of PostgreSQL's aggregates, as partial aggregates hand them on.
 *
 *-------------------------------------------------------------------------
 */
#ifndef PANDELEPHANT_COMPAT_AGGREGATE_H
#define PANDELEPHANT_COMPAT_AGGREGATE_H

#include "libpq/pqformat.h"
#include "optimizer/cost.h"
#include "utils/fmgrprotos.h"
#include "utils/numeric.h"
#include "utils/selfuncs.h"
#include "compat/varlena.h"

/*
 * The state of sum(bigint) and avg(bigint), as int8_avg_serialize() writes it: the
 * number of values and their sum.  Up to PostgreSQL 13 the sum is in numeric's
 * binary format, later each of its first four numbers takes 32 bits.
 */
static inline bytea *
serialize_bigint_sum(int64 count, Datum sum)
{
	bytea	   *sent = DatumGetByteaPP(DirectFunctionCall1(numeric_send, sum));
	StringInfoData buffer;

	pq_begintypsend(&buffer);
	pq_sendint64(&buffer, count);
#if PG_VERSION_NUM >= 140000
	{
		StringInfoData numeric;
		uint16		digits;

		numeric.data = VARDATA_ANY(sent);
		numeric.len = numeric.maxlen = (int) VARSIZE_ANY_EXHDR(sent);
		numeric.cursor = 0;
		digits = (uint16) pq_getmsgint(&numeric, 2);
		pq_sendint32(&buffer, digits);
		pq_sendint32(&buffer, (uint32) (int16) pq_getmsgint(&numeric, 2));	/* weight */
		pq_sendint32(&buffer, pq_getmsgint(&numeric, 2));	/* sign */
		pq_sendint32(&buffer, pq_getmsgint(&numeric, 2));	/* scale */
		pq_sendbytes(&buffer, numeric.data + numeric.cursor, digits * 2);
	}
#else
	pq_sendbytes(&buffer, VARDATA_ANY(sent), VARSIZE_ANY_EXHDR(sent));
#endif
	return pq_endtypsend(&buffer);
}

/*
 * estimate_num_groups() of a query without grouping sets.
 */
static inline double
estimate_groups_of(PlannerInfo *root, List *expressions, double rows)
{
#if PG_VERSION_NUM >= 140000
	return estimate_num_groups(root, expressions, rows, NULL, NULL);
#else
	return estimate_num_groups(root, expressions, rows, NULL);
#endif
}

#endif							/* PANDELEPHANT_COMPAT_AGGREGATE_H */
