/*-------------------------------------------------------------------------
 *
 * trust.c
 *		Whose tables pe_materialize() and pe_drop_execution() work on, and whose schema
 *		pe_attach() uses by default.
 *
 * Writing to a table runs what its owner has attached to it: triggers, rules,
 * defaults, checks, expressions of indexes.  All of that runs with the privileges
 * of the user who writes.  The target schema has a default name, so a user who may
 * create schemas could create one with such tables and wait for a superuser to use
 * it.  Also, the owner of a schema can replace any table in it by another.  That holds
 * for the foreign tables of pe_attach(), whose schema is named after the file by
 * default: a query of what replaced one runs functions with the rights of who asks.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "access/htup_details.h"
#include "catalog/pg_authid.h"
#include "catalog/pg_class.h"
#include "catalog/pg_database.h"
#include "catalog/pg_namespace.h"
#include "catalog/pg_type.h"
#include "miscadmin.h"
#include "utils/acl.h"
#include "utils/builtins.h"
#include "utils/lsyscache.h"
#include "utils/syscache.h"

#include "compat/roles.h"
#include "materialize/trust.h"

/*
 * The owner of an object, from its row in a system cache.
 */
static Oid
owner_of(int cache, Oid object, AttrNumber attribute)
{
	HeapTuple	tuple = SearchSysCache1(cache, ObjectIdGetDatum(object));
	bool		is_null;
	Oid			owner;

	if (!HeapTupleIsValid(tuple))
		elog(ERROR, "cache lookup failed for object %u", object);
	owner = DatumGetObjectId(SysCacheGetAttr(cache, tuple, attribute, &is_null));
	ReleaseSysCache(tuple);
	return owner;
}

/*
 * May the current user trust a role?  A superuser has the privileges of every role,
 * but trusts only superusers and the roles that were granted to him.
 */
static bool
is_trusted(Oid owner)
{
	if (owner == ROLE_PG_DATABASE_OWNER)
		owner = owner_of(DATABASEOID, MyDatabaseId, Anum_pg_database_datdba);
	return owner == GetUserId() || superuser_arg(owner) ||
		(has_privs_of_role(GetUserId(), owner) && is_member_of_role_nosuper(GetUserId(), owner));
}

static void
report_untrusted(const char *name, Oid owner)
{
	ereport(ERROR,
			(errcode(ERRCODE_INSUFFICIENT_PRIVILEGE),
			 errmsg("%s belongs to role \"%s\"", name, GetUserNameFromId(owner, false)),
			 errdetail("Working on it could run code of that role with the rights of yours."),
			 errhint("Name another target schema, or use SET ROLE to do it as that role.")));
}

void
check_schema_owner(Oid schema)
{
	Oid			owner = owner_of(NAMESPACEOID, schema, Anum_pg_namespace_nspowner);

	if (!is_trusted(owner))
		report_untrusted(psprintf("schema \"%s\"", get_namespace_name(schema)), owner);
}

Oid
table_owner(Oid table)
{
	return owner_of(RELOID, table, Anum_pg_class_relowner);
}

void
check_table_owner(Oid table)
{
	Oid			owner = table_owner(table);

	if (!is_trusted(owner))
		report_untrusted(psprintf("table \"%s.%s\"",
								  get_namespace_name(get_rel_namespace(table)),
								  get_rel_name(table)), owner);
}

void
check_type_owner(Oid type)
{
	Oid			owner = owner_of(TYPEOID, type, Anum_pg_type_typowner);

	if (!is_trusted(owner))
		report_untrusted(psprintf("type %s", format_type_be_qualified(type)), owner);
}
