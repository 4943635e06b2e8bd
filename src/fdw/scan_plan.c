/*-------------------------------------------------------------------------
 *
 * scan_plan.c
 *		What the planner leaves in a ForeignScan's fdw_private for the executor.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "nodes/value.h"

#include "fdw/scan_plan.h"

/* The places of a packed ScanPlan.  A number is a list of one. */
enum
{
	PLAN_TABLE,
	PLAN_ATTRIBUTES,
	PLAN_CONDITIONS,
	PLAN_GROUP_SOURCE,
	PLAN_OUTPUTS,
	PLAN_ORDERED_ATTRIBUTE,
	PLAN_WANTS_FIRST_ROWS,
	PLAN_NATIVE_TABLES,
	PLAN_NATIVE_PARTITIONS,
	PLAN_PARTS,
	PLAN_FIELDS,
	PLAN_PLACES
};

/* The places of a packed ConditionShape, a list of integers. */
enum
{
	CONDITION_ATTRIBUTE,
	CONDITION_COLUMN,
	CONDITION_STRATEGY,
	CONDITION_TYPE,
	CONDITION_IS_ARRAY,
	CONDITION_PART,
	CONDITION_PLACES
};

/* The places of a packed PartShape's numbers, a list of integers; its alias follows. */
enum
{
	PART_TABLE,
	PART_KIND,
	PART_JOIN,
	PART_ID_PART,
	PART_ID_COLUMN,
	PART_PLACES
};

/* The places of a packed FieldShape, a list of integers. */
enum
{
	FIELD_PART,
	FIELD_COLUMN,
	FIELD_TYPE,
	FIELD_IS_CONVERTED,
	FIELD_PLACES
};

/* The places of a packed OutputShape, a list of integers. */
enum
{
	OUTPUT_KIND,
	OUTPUT_TYPE,
	OUTPUT_PART,
	OUTPUT_COLUMN,
	OUTPUT_PLACES
};

/*
 * Make a list of the elements of an array.
 */
static List *
list_of_integers(const int *numbers, int count)
{
	List	   *list = NIL;

	for (int i = 0; i < count; i++)
		list = lappend_int(list, numbers[i]);
	return list;
}

List *
pack_scan_plan(const ScanPlan *plan)
{
	List	   *places[PLAN_PLACES];
	List	   *packed = NIL;

	places[PLAN_TABLE] = list_make1_oid(plan->table);
	places[PLAN_ATTRIBUTES] = plan->attributes;
	places[PLAN_CONDITIONS] = plan->conditions;
	places[PLAN_GROUP_SOURCE] = list_make1_int(plan->group_source);
	places[PLAN_OUTPUTS] = plan->outputs;
	places[PLAN_ORDERED_ATTRIBUTE] = list_make1_int(plan->ordered_attribute);
	places[PLAN_WANTS_FIRST_ROWS] = list_make1_int(plan->wants_first_rows);
	places[PLAN_NATIVE_TABLES] = plan->native.tables;
	places[PLAN_NATIVE_PARTITIONS] = plan->native.partitions;
	places[PLAN_PARTS] = plan->parts;
	places[PLAN_FIELDS] = plan->fields;
	for (int i = 0; i < PLAN_PLACES; i++)
		packed = lappend(packed, places[i]);
	return packed;
}

ScanPlan
unpack_scan_plan(const List *packed)
{
	ScanPlan	plan = {0};

	if (packed == NIL)
		return plan;
	plan.table = linitial_oid(list_nth(packed, PLAN_TABLE));
	plan.attributes = list_nth(packed, PLAN_ATTRIBUTES);
	plan.conditions = list_nth(packed, PLAN_CONDITIONS);
	plan.group_source = (GroupSource) linitial_int(list_nth(packed, PLAN_GROUP_SOURCE));
	plan.outputs = list_nth(packed, PLAN_OUTPUTS);
	plan.ordered_attribute = (AttrNumber) linitial_int(list_nth(packed, PLAN_ORDERED_ATTRIBUTE));
	plan.wants_first_rows = linitial_int(list_nth(packed, PLAN_WANTS_FIRST_ROWS)) != 0;
	plan.native.tables = list_nth(packed, PLAN_NATIVE_TABLES);
	plan.native.partitions = list_nth(packed, PLAN_NATIVE_PARTITIONS);
	plan.parts = list_nth(packed, PLAN_PARTS);
	plan.fields = list_nth(packed, PLAN_FIELDS);
	return plan;
}

List *
pack_condition(const ConditionShape *shape)
{
	int			places[CONDITION_PLACES];

	places[CONDITION_ATTRIBUTE] = shape->attribute;
	places[CONDITION_COLUMN] = shape->column;
	places[CONDITION_STRATEGY] = shape->strategy;
	places[CONDITION_TYPE] = (int) shape->type;
	places[CONDITION_IS_ARRAY] = shape->is_array;
	places[CONDITION_PART] = shape->part;
	return list_of_integers(places, CONDITION_PLACES);
}

ConditionShape
unpack_condition(const List *packed)
{
	ConditionShape shape;

	shape.attribute = (AttrNumber) list_nth_int(packed, CONDITION_ATTRIBUTE);
	shape.column = list_nth_int(packed, CONDITION_COLUMN);
	shape.strategy = (StrategyNumber) list_nth_int(packed, CONDITION_STRATEGY);
	shape.type = (Oid) list_nth_int(packed, CONDITION_TYPE);
	shape.is_array = list_nth_int(packed, CONDITION_IS_ARRAY) != 0;
	shape.part = list_nth_int(packed, CONDITION_PART);
	return shape;
}

List *
pack_part(const PartShape *shape)
{
	int			places[PART_PLACES];

	places[PART_TABLE] = (int) shape->table;
	places[PART_KIND] = shape->kind;
	places[PART_JOIN] = shape->join;
	places[PART_ID_PART] = shape->id_part;
	places[PART_ID_COLUMN] = shape->id_column;
	return list_make2(list_of_integers(places, PART_PLACES), makeString(pstrdup(shape->alias)));
}

PartShape
unpack_part(const List *packed)
{
	const List *places = linitial(packed);
	PartShape	shape;

	shape.table = (Oid) list_nth_int(places, PART_TABLE);
	shape.kind = (PartKind) list_nth_int(places, PART_KIND);
	shape.join = (PartJoin) list_nth_int(places, PART_JOIN);
	shape.id_part = list_nth_int(places, PART_ID_PART);
	shape.id_column = list_nth_int(places, PART_ID_COLUMN);
	shape.alias = strVal(lsecond(packed));
	return shape;
}

List *
pack_field(const FieldShape *shape)
{
	int			places[FIELD_PLACES];

	places[FIELD_PART] = shape->part;
	places[FIELD_COLUMN] = shape->column;
	places[FIELD_TYPE] = (int) shape->type;
	places[FIELD_IS_CONVERTED] = shape->is_converted;
	return list_of_integers(places, FIELD_PLACES);
}

FieldShape
unpack_field(const List *packed)
{
	FieldShape	shape;

	shape.part = list_nth_int(packed, FIELD_PART);
	shape.column = list_nth_int(packed, FIELD_COLUMN);
	shape.type = (Oid) list_nth_int(packed, FIELD_TYPE);
	shape.is_converted = list_nth_int(packed, FIELD_IS_CONVERTED) != 0;
	return shape;
}

List *
pack_output(const OutputShape *shape)
{
	int			places[OUTPUT_PLACES];

	places[OUTPUT_KIND] = shape->kind;
	places[OUTPUT_TYPE] = (int) shape->type;
	places[OUTPUT_PART] = shape->part;
	places[OUTPUT_COLUMN] = shape->column;
	return list_of_integers(places, OUTPUT_PLACES);
}

OutputShape
unpack_output(const List *packed)
{
	OutputShape shape;

	shape.kind = (AggregateKind) list_nth_int(packed, OUTPUT_KIND);
	shape.type = (Oid) list_nth_int(packed, OUTPUT_TYPE);
	shape.part = list_nth_int(packed, OUTPUT_PART);
	shape.column = list_nth_int(packed, OUTPUT_COLUMN);
	return shape;
}
