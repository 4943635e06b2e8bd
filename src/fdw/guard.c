/*-------------------------------------------------------------------------
 *
 * guard.c
 *		Reading a log that is skipped if it turns out to be damaged.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "access/xact.h"

#include "fdw/guard.h"

Guard
begin_guard(ResourceOwner *owner)
{
	Guard		guard = {CurrentMemoryContext, CurrentResourceOwner, IsInParallelMode()};

	if (*owner == NULL)
		*owner = ResourceOwnerCreate(CurrentResourceOwner, "pandelephant log");
	CurrentResourceOwner = *owner;
	return guard;
}

void
end_guard(const Guard *guard)
{
	CurrentResourceOwner = guard->owner;
}

static void
release_owner(ResourceOwner *owner, bool is_success)
{
	ResourceOwnerRelease(*owner, RESOURCE_RELEASE_BEFORE_LOCKS, is_success, false);
	ResourceOwnerRelease(*owner, RESOURCE_RELEASE_LOCKS, is_success, false);
	ResourceOwnerRelease(*owner, RESOURCE_RELEASE_AFTER_LOCKS, is_success, false);
	ResourceOwnerDelete(*owner);
	*owner = NULL;
}

void
catch_skipped(const Guard *guard, ResourceOwner *owner, const RegisteredLog *log,
			  SharedLog *shared)
{
	ErrorData  *error;

	end_guard(guard);
	MemoryContextSwitchTo(guard->context);
	error = CopyErrorData();
	FlushErrorState();
	if (IsInParallelMode() != guard->was_parallel || !can_skip_log(error, log))
		ReThrowError(error);
	if (shared == NULL || is_first_to_warn(shared))
		warn_of_skipped_log(error, log);
	FreeErrorData(error);
	release_owner(owner, false);
}

void
release_guard(ResourceOwner *owner)
{
	if (*owner != NULL)
		release_owner(owner, true);
}
