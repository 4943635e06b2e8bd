/*-------------------------------------------------------------------------
 *
 * plog_file.h
 *		A log that a backend has open.
 *
 * This is how the rest opens logs: the reader of src/plog is closed with its memory
 * context, can be interrupted, and its errors are reported.  A log is named by its file,
 * or as large_object.h says; that it is called a file here means either.
 *
 *-------------------------------------------------------------------------
 */
#ifndef PANDELEPHANT_PLOG_FILE_H
#define PANDELEPHANT_PLOG_FILE_H

#include "plog/reader.h"

/*
 * The setting pandelephant.max_chunk_size: an inflated chunk that is larger is
 * refused, in kB.
 */
extern int	pandelephant_max_chunk_size;

typedef struct PlogFile
{
	char	   *filename;		/* as given */
	bool		recover;		/* read what can be read, and warn */
	PlogReader	reader;
} PlogFile;

/*
 * Open a log and read its header and directory; with "recover" find what can be
 * read of a damaged log, and warn of what is lost.  What is seen of the file is as
 * extent.h says; the query may be NULL.  A file that was changed just now is waited
 * for.  It is closed with the current memory context, or by plog_file_close()
 * before.  Errors are reported.
 */
extern PlogFile *plog_file_open(const char *filename, bool recover, MemoryContext query);
extern void plog_file_close(PlogFile *file);

/*
 * What another process of the same statement needs to know, to open the same file.
 */
typedef struct PlogFileState
{
	PlogIdentity identity;
	uint64		content;		/* see plog_note_content() */
} PlogFileState;

extern PlogFileState plog_file_state(const PlogFile *file);

/*
 * Report an error if the file is not in that state, in which another process of
 * the same statement has it open.
 */
extern void plog_file_must_be(PlogFile *file, const PlogFileState *state);

/*
 * Report an error if the file was not in its state already when the statement
 * began.  If it was, all processes of the statement have seen the same.
 */
extern void plog_file_must_be_older(const PlogFile *file);

/*
 * May the file be in that state?  If not, it was replaced.
 */
extern bool plog_file_may_be(const char *filename, const PlogFileState *state);

/*
 * Stat a log, without opening it.  Errors are reported.
 */
extern PlogIdentity plog_file_identify(const char *filename);

/*
 * The same for the planner, which must not take long: of a large object it may be an
 * identity by which only the catalog on disk is found.  False if the log cannot be
 * looked at; opening it will tell why.
 */
extern bool plog_file_peek(const char *filename, PlogIdentity *identity);

#endif							/* PANDELEPHANT_PLOG_FILE_H */
