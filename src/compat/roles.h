/*-------------------------------------------------------------------------
 *
 * roles.h
 *		Predefined roles, which version 14 renamed; who may take a role.
 *
 *-------------------------------------------------------------------------
 */
#ifndef PANDELEPHANT_COMPAT_ROLES_H
#define PANDELEPHANT_COMPAT_ROLES_H

#include "catalog/pg_authid.h"
#include "utils/acl.h"

#if PG_VERSION_NUM < 140000
#define ROLE_PG_READ_SERVER_FILES	DEFAULT_ROLE_READ_SERVER_FILES
#define ROLE_PG_DATABASE_OWNER		InvalidOid	/* there is no such role */
#endif

/* May a member of a role act as it? */
static inline bool
may_set_role(Oid member, Oid role)
{
#if PG_VERSION_NUM >= 160000
	return member_can_set_role(member, role);
#else
	return is_member_of_role(member, role);
#endif
}

#endif							/* PANDELEPHANT_COMPAT_ROLES_H */
