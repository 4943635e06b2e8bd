/*-------------------------------------------------------------------------
 *
 * list.c
 *		The list of all relations.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "relations/list.h"

const PlogRelation *const relations[] = {
	&executions_relation,
	&processes_relation,
	&threads_relation,
	&thread_names_relation,
	&threadslices_relation,
	&mappings_relation,
	&code_points_relation,
	&syscalls_relation,
	&syscall_arguments_relation,
	&taint_flows_relation,
	&strace_relation,
	&entries_relation,
	&recordings_relation
};

const int	relation_count = lengthof(relations);

const PlogRelation *
find_relation(const char *name)
{
	for (int i = 0; i < relation_count; i++)
	{
		if (strcmp(relations[i]->name, name) == 0)
			return relations[i];
	}
	return NULL;
}
