/*-------------------------------------------------------------------------
 *
 * subtransaction.c
 *		Work that can fail, or be undone, without ending the transaction.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "access/xact.h"
#include "utils/memutils.h"
#include "utils/resowner.h"

#include "materialize/subtransaction.h"

/*
 * End the current subtransaction, and restore what it replaced.
 */
static void
end_subtransaction(bool is_undone, MemoryContext context, ResourceOwner owner)
{
	if (is_undone)
		RollbackAndReleaseCurrentSubTransaction();
	else
		ReleaseCurrentSubTransaction();
	MemoryContextSwitchTo(context);
	CurrentResourceOwner = owner;
}

ErrorData *
run_in_subtransaction(void (*work) (void *argument), void *argument, bool is_undone)
{
	MemoryContext context = CurrentMemoryContext;
	ResourceOwner owner = CurrentResourceOwner;
	ErrorData  *volatile error = NULL;

	BeginInternalSubTransaction(NULL);
	MemoryContextSwitchTo(context);
	PG_TRY();
	{
		work(argument);
		end_subtransaction(is_undone, context, owner);
	}
	PG_CATCH();
	{
		MemoryContextSwitchTo(context);
		error = CopyErrorData();
		FlushErrorState();
		end_subtransaction(true, context, owner);
	}
	PG_END_TRY();
	return error;
}
