/*-------------------------------------------------------------------------
 *
 * roles.h
 *		Predefined roles, which version 14 renamed.
 *
 *-------------------------------------------------------------------------
 */
#ifndef PANDELEPHANT_COMPAT_ROLES_H
#define PANDELEPHANT_COMPAT_ROLES_H

#include "catalog/pg_authid.h"

#if PG_VERSION_NUM < 140000
#define ROLE_PG_READ_SERVER_FILES	DEFAULT_ROLE_READ_SERVER_FILES
#define ROLE_PG_DATABASE_OWNER		InvalidOid	/* there is no such role */
#endif

#endif							/* PANDELEPHANT_COMPAT_ROLES_H */
