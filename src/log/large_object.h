/*-------------------------------------------------------------------------
 *
 * large_object.h
 *		Logs in large objects of the database.
 *
 * Wherever a log is named by its file, one in a large object is named by a text such
 * as "large object 16453", which is what messages call it.  Option "filename" does not
 * take such a name.
 *
 * A query sees the large object as its snapshot shows it, so that it never changes
 * while it is read.  Who reads it must have the right to: the current user, as with
 * lo_get().
 *
 *-------------------------------------------------------------------------
 */
#ifndef PANDELEPHANT_LARGE_OBJECT_H
#define PANDELEPHANT_LARGE_OBJECT_H

#include "plog/source.h"

/* The name of a log in a large object, in the current memory context. */
extern char *large_object_name(Oid object);

/* Is it such a name?  Then *object is set. */
extern bool is_large_object_name(const char *name, Oid *object);

/*
 * The large object that a text names by its number alone.  False if it names none.
 */
extern bool parse_large_object(const char *text, Oid *object);

/*
 * How large objects are opened and read, by the names above.  What is open keeps the
 * active snapshot, so it must be closed before the query ends whose snapshot that is.
 * Opening reports a large object that does not exist, or that the user may not read.
 *
 * An open one has an identity in which the times have another meaning: mtime is a
 * digest of which versions of its pages the snapshot sees, and ctime is 0.  If one of
 * them was written by the transaction itself, "look" is set to the transaction's id, so
 * that nothing about the large object is kept on disk.
 */
extern const PlogSource large_objects;

/*
 * The identity of a large object, without a look at all of its pages: the digest is 0 if
 * it would take one.  False if the object does not exist, or the user may not read it.
 */
extern bool large_object_peek(Oid object, PlogIdentity *identity);

/*
 * The same with all of the identity.  Errors are reported.
 */
extern PlogIdentity large_object_identify(Oid object);

/*
 * A number that is another one after the large object was written anew: it tells which
 * versions of its first and last page the active snapshot sees, and takes a look at those
 * two only.  A restored dump, or VACUUM FULL, gives the same bytes another number.  There
 * is a large object.
 */
extern int64 large_object_version(Oid object);

/*
 * See to it that a large object is not removed before the transaction ends.  Reports one
 * that does not exist by now.
 */
extern void large_object_keep(Oid object);

/*
 * Believe that the active snapshot sees the large object in that state, as another
 * process with the same snapshot has found out.
 */
extern void large_object_believe(const PlogIdentity *identity);

/* Is it the identity of a large object? */
extern bool is_large_object_identity(const PlogIdentity *identity);

#endif							/* PANDELEPHANT_LARGE_OBJECT_H */
