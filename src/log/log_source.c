/*-------------------------------------------------------------------------
 *
 * log_source.c
 *		Where a log is read from, by its name.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "log/large_object.h"
#include "log/log_source.h"
#include "log/unpacked.h"
#include "log/virtual_file.h"

const PlogSource *
log_source(const char *name)
{
	Oid			object;

	if (is_large_object_name(name, &object))
		return &large_objects;
	return is_to_be_unpacked(name) ? &unpacked_files : &virtual_files;
}

bool
log_peek(const char *name, PlogIdentity *identity)
{
	PlogError	error;
	Oid			object;

	if (is_large_object_name(name, &object))
		return large_object_peek(object, identity);
	if (is_to_be_unpacked(name))
		return unpacked_file_peek(name, identity);
	return plog_identify(name, identity, &error) == PLOG_OK;
}
