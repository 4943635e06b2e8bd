/*-------------------------------------------------------------------------
 *
 * attempt.c
 *		Work on one log of several, which may turn out to be damaged.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "utils/memutils.h"

#include "library/attempt.h"
#include "materialize/subtransaction.h"

typedef struct Attempt
{
	void		(*work) (void *argument);
	void	   *argument;
	MemoryContext context;
} Attempt;

static void
work_in_context(void *argument)
{
	const Attempt *work = argument;

	MemoryContextSwitchTo(work->context);
	work->work(work->argument);
}

/*
 * Would the command meet the error whatever is in the log?
 */
static bool
is_of_command(const ErrorData *error)
{
	int			class = ERRCODE_TO_CATEGORY(error->sqlerrcode);

	return class == ERRCODE_OPERATOR_INTERVENTION || class == ERRCODE_INSUFFICIENT_RESOURCES ||
		class == ERRCODE_TRANSACTION_ROLLBACK || error->sqlerrcode == ERRCODE_LOCK_NOT_AVAILABLE ||
		error->sqlerrcode == ERRCODE_READ_ONLY_SQL_TRANSACTION;
}

ErrorData *
attempt(void (*work) (void *argument), void *argument)
{
	Attempt		in_context = {work, argument, NULL};
	ErrorData  *error;

	/* a log that failed is closed with the context */
	in_context.context = AllocSetContextCreate(CurrentMemoryContext, "pandelephant attempt",
											   ALLOCSET_DEFAULT_SIZES);
	error = run_in_subtransaction(work_in_context, &in_context, false);
	MemoryContextDelete(in_context.context);
	if (error != NULL && is_of_command(error))
		ReThrowError(error);
	return error;
}
