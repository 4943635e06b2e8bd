/*-------------------------------------------------------------------------
 *
 * pass.c
 *		One pass over a log that makes the rows of one relation, or of several
 *		relations joined.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "relations/pass.h"
#include "relations/relation_read.h"

Pass *
pass_begin(PlogFile *file, const ExecutionOptions *execution, const PartPlan *plans,
		   int part_count, bool wants_first_rows)
{
	Pass	   *pass = palloc0(sizeof(Pass));

	Assert(part_count == 1);
	pass->part_count = part_count;
	pass->parts = palloc0(sizeof(PassPart) * part_count);
	pass->parts[0].plan = plans[0];
	pass->parts[0].scan = relation_begin(plans[0].relation, file, execution, plans[0].wanted,
										 wants_first_rows);
	pass->rows[0] = &pass->parts[0].scan->row;
	return pass;
}

void
pass_restrict(Pass *pass, const PartConditions *conditions, bool is_final)
{
	RelationScan *driver = pass_driver(pass);

	driver->restriction.is_final = is_final;
	relation_restrict(driver, conditions[0].conditions, conditions[0].count);
}

bool
pass_next(Pass *pass)
{
	return relation_next(pass_driver(pass));
}

void
pass_rewind(Pass *pass)
{
	relation_rewind(pass_driver(pass));
}
