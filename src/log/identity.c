/*-------------------------------------------------------------------------
 *
 * identity.c
 *		Telling one state of a file from another by its times.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include <time.h>

#include "access/xact.h"
#include "datatype/timestamp.h"
#include "miscadmin.h"
#include "pgstat.h"
#include "storage/latch.h"

#include "log/identity.h"

/*
 * How old a file's times must be for it to be settled, in nanoseconds; and if they
 * are whole seconds, because there are file systems that have no others.
 */
#define SETTLED_AGE			INT64CONST(20000000)
#define SETTLED_AGE_SECONDS	INT64CONST(2000000000)
#define NANOSECONDS			INT64CONST(1000000000)

/*
 * For how many nanoseconds from now on a change of the file may not show in its
 * times.
 */
static int64
unsettled_time(const PlogIdentity *identity, int64 settled_age)
{
	struct timespec now;
	int64		age;

	if (clock_gettime(CLOCK_REALTIME, &now) != 0)
		return 0;
	age = (int64) now.tv_sec * NANOSECONDS + now.tv_nsec - identity->ctime;

	/* a time far in the future comes from another machine's clock, and tells nothing */
	return age >= settled_age || age < -settled_age ? 0 : settled_age - age;
}

bool
wait_for_settling(const PlogIdentity *identity)
{
	int64		left = unsettled_time(identity, SETTLED_AGE);
	int64		before = left;

	if (left == 0)
		return false;

	/* what is left grows only if the clock was set meanwhile */
	while (left > 0 && left <= before)
	{
		(void) WaitLatch(MyLatch, WL_LATCH_SET | WL_TIMEOUT | WL_EXIT_ON_PM_DEATH,
						 (long) (left / 1000000 + 1), PG_WAIT_EXTENSION);
		ResetLatch(MyLatch);
		CHECK_FOR_INTERRUPTS();
		before = left;
		left = unsettled_time(identity, SETTLED_AGE);
	}
	return true;
}

bool
is_unsettled(const PlogIdentity *identity)
{
	return unsettled_time(identity, SETTLED_AGE) > 0;
}

void
mark_unsettled(PlogIdentity *identity)
{
	static uint64 looks = 0;
	bool		is_whole_second = identity->ctime % NANOSECONDS == 0;

	if (unsettled_time(identity, is_whole_second ? SETTLED_AGE_SECONDS : SETTLED_AGE) > 0)
		identity->look = ++looks;
}

bool
may_be_same_state(const PlogIdentity *a, const PlogIdentity *b)
{
	return a->device == b->device && a->inode == b->inode && a->size == b->size &&
		a->mtime == b->mtime;
}

bool
is_older_than_statement(const PlogIdentity *identity)
{
	TimestampTz start = GetCurrentStatementStartTimestamp() +
		(POSTGRES_EPOCH_JDATE - UNIX_EPOCH_JDATE) * USECS_PER_DAY;

	return identity->ctime < start * 1000 - SETTLED_AGE;
}
