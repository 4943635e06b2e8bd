/*-------------------------------------------------------------------------
 *
 * row.c
 *		A relation's row as a foreign table shows it.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "catalog/pg_type.h"
#include "utils/builtins.h"
#include "utils/numeric.h"

#include "fdw/row.h"

/*
 * Has the table exactly the relation's columns, unchanged and in the same order?
 * Columns that the query does not need count, too, since the relation may put a
 * value into any of them.
 */
static bool
has_shape_of(int attribute_count, const AttributeMapping *mappings, const PlogRelation *relation)
{
	if (attribute_count != relation->column_count)
		return false;
	for (int i = 0; i < attribute_count; i++)
	{
		if (mappings[i].column != i || !shows_column_unchanged(&mappings[i], relation))
			return false;
	}
	return true;
}

RowShape *
make_row_shape(Relation table, const PlogRelation *relation, List *attributes)
{
	AttributeMapping *mappings = map_attributes(table, relation);
	RowShape   *shape = palloc0(sizeof(RowShape));
	bool		all = list_member_int(attributes, 0);

	shape->attribute_count = RelationGetDescr(table)->natts;
	shape->filled = palloc(sizeof(FilledAttribute) * (shape->attribute_count + 1));
	for (int i = 0; i < shape->attribute_count; i++)
	{
		FilledAttribute *filled = &shape->filled[shape->filled_count];

		if (mappings[i].column < 0 || !(all || list_member_int(attributes, i + 1)))
			continue;
		filled->index = i;
		filled->part = 0;
		filled->column = mappings[i].column;
		filled->type = mappings[i].type;
		filled->is_converted = !shows_column_unchanged(&mappings[i], relation);
		shape->wanted |= COLUMN_BIT(filled->column);
		shape->filled_count++;
	}
	shape->is_direct = has_shape_of(shape->attribute_count, mappings, relation);
	return shape;
}

RowShape *
make_joined_shape(const List *fields)
{
	RowShape   *shape = palloc0(sizeof(RowShape));

	shape->attribute_count = shape->filled_count = list_length(fields);
	shape->filled = palloc(sizeof(FilledAttribute) * (shape->filled_count + 1));
	for (int i = 0; i < shape->filled_count; i++)
	{
		FieldShape	field = unpack_field(list_nth(fields, i));
		FilledAttribute *filled = &shape->filled[i];

		filled->index = i;
		filled->part = field.part;
		filled->column = field.column;
		filled->type = field.type;
		filled->is_converted = field.is_converted;
	}
	return shape;
}

void
share_row(const RowShape *shape, RelationScan *scan, Datum *values, bool *nulls)
{
	if (!shape->is_direct || scan->row.values == values)
		return;
	scan->row.values = values;
	scan->row.nulls = nulls;
	memset(nulls, true, shape->attribute_count);
}

/*
 * An unsigned number as numeric, exactly, or as text, 0x and hex.
 */
static Datum
convert_unsigned(Datum value, Oid type)
{
	char		digits[32];

	if (type == TEXTOID)
	{
		snprintf(digits, sizeof(digits), "0x%llx",
				 (unsigned long long) DatumGetInt64(value));
		return CStringGetTextDatum(digits);
	}
	if (DatumGetInt64(value) >= 0)
		return DirectFunctionCall1(int8_numeric, value);
	snprintf(digits, sizeof(digits), UINT64_FORMAT, (uint64) DatumGetInt64(value));
	return DirectFunctionCall3(numeric_in, CStringGetDatum(digits),
							   ObjectIdGetDatum(InvalidOid), Int32GetDatum(-1));
}

void
fill_row(const RowShape *shape, RelationRow *const *rows, Datum *values, bool *nulls)
{
	if (rows[0]->values == values)
		return;
	memset(nulls, true, shape->attribute_count);
	for (int i = 0; i < shape->filled_count; i++)
	{
		const FilledAttribute *filled = &shape->filled[i];
		const RelationRow *row = rows[filled->part];

		if (row->nulls[filled->column])
			continue;
		nulls[filled->index] = false;
		values[filled->index] = filled->is_converted ?
			convert_unsigned(row->values[filled->column], filled->type) :
			row->values[filled->column];
	}
}
