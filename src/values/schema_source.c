/*-------------------------------------------------------------------------
 *
 * schema_source.c
 *		Where the schema comes from that a scan decodes messages by.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "utils/memutils.h"

#include "log/server_file.h"
#include "plog/descriptor.h"
#include "values/schema_source.h"

/*
 * The largest descriptor that is read, in bytes.  The one of a PANDA with all of
 * its plugins has some thousands.
 */
#define MAX_DESCRIPTOR_BYTES	((Size) 64 * 1024 * 1024)

/* A schema that its memory context frees when it is reset. */
typedef struct SchemaCallback
{
	MemoryContextCallback callback;
	PlogSchema	schema;
} SchemaCallback;

static void
free_schema(void *schema)
{
	plog_schema_free(schema);
}

/*
 * An empty schema that is released with the current memory context.
 */
static PlogSchema *
create_schema(void)
{
	SchemaCallback *schema_callback = palloc0(sizeof(SchemaCallback));

	schema_callback->callback.func = free_schema;
	schema_callback->callback.arg = &schema_callback->schema;
	MemoryContextRegisterResetCallback(CurrentMemoryContext, &schema_callback->callback);
	return &schema_callback->schema;
}

const PlogSchema *
builtin_schema(PlogForm form)
{
	PlogSchema *schema = create_schema();
	PlogError	error;

	if (plog_schema_builtin(form, schema, &error) != PLOG_OK)
		ereport(ERROR,
				(errcode(error.status == PLOG_OUT_OF_MEMORY ?
						 ERRCODE_OUT_OF_MEMORY : ERRCODE_INTERNAL_ERROR),
				 errmsg("cannot set up the messages of a plog: %s", error.message)));
	return schema;
}

static int
hint_protoc(void)
{
	return errhint("Make it with \"protoc --include_imports --descriptor_set_out=FILE plog.proto\", "
				   "from the plog.proto of the PANDA that wrote the log.");
}

/*
 * Read a descriptor, at the length that it had when it was opened.
 */
static PlogBytes
read_descriptor(const char *filename)
{
	ServerFile *file = server_file_open("descriptor", filename, false);
	uint8_t    *data;
	Size		got;
	PlogBytes	set;

	if (file->size > MAX_DESCRIPTOR_BYTES)
		ereport(ERROR,
				(errcode(ERRCODE_PROGRAM_LIMIT_EXCEEDED),
				 errmsg("cannot read descriptor \"%s\": it has more than %zu bytes",
						filename, MAX_DESCRIPTOR_BYTES),
				 hint_protoc()));
	data = palloc(file->size + 1);
	set.data = data;
	set.length = 0;
	while (set.length < file->size &&
		   (got = server_file_read(file, data + set.length, file->size - set.length)) > 0)
		set.length += got;
	server_file_close(file);
	return set;
}

/*
 * Report what src/plog found wrong with a descriptor.  A file that is not a
 * descriptor counts as damaged; descriptor_schema() reports a descriptor that does
 * not describe a plog as a wrong value of the option.
 */
static void
report_descriptor_error(const char *filename, const PlogError *error)
{
	ereport(ERROR,
			(errcode(error->status == PLOG_LIMIT ? ERRCODE_PROGRAM_LIMIT_EXCEEDED :
					 error->status == PLOG_OUT_OF_MEMORY ? ERRCODE_OUT_OF_MEMORY :
					 ERRCODE_DATA_CORRUPTED),
			 errmsg("cannot read descriptor \"%s\": %s", filename, error->message),
			 error->status == PLOG_CORRUPT ?
			 errdetail("This was noticed at byte offset %llu of the file.",
					   (unsigned long long) error->offset) : 0,
			 hint_protoc()));
}

const PlogSchema *
descriptor_schema(const char *filename)
{
	PlogSchema *schema = create_schema();
	PlogError	error;

	if (plog_schema_parse(read_descriptor(filename), schema, &error) != PLOG_OK)
		report_descriptor_error(filename, &error);
	if (schema->entry == PLOG_SCHEMA_NONE)
		ereport(ERROR,
				(errcode(ERRCODE_FDW_INVALID_ATTRIBUTE_VALUE),
				 schema->entry_candidates == 0 ?
				 errmsg("descriptor \"%s\" describes no message \"LogEntry\"", filename) :
				 errmsg("descriptor \"%s\" describes %u messages \"LogEntry\"",
						filename, schema->entry_candidates),
				 hint_protoc()));
	return schema;
}

void
check_descriptor(const char *filename)
{
	MemoryContext caller = CurrentMemoryContext;
	MemoryContext context = AllocSetContextCreate(caller, "pandelephant descriptor",
												  ALLOCSET_DEFAULT_SIZES);

	MemoryContextSwitchTo(context);
	(void) descriptor_schema(filename);
	MemoryContextSwitchTo(caller);
	MemoryContextDelete(context);
}
