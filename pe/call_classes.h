/*-------------------------------------------------------------------------
 *
 * call_classes.h
 *		Which calls strace's classes have.
 *
 *-------------------------------------------------------------------------
 */
#ifndef CALL_CLASSES_H
#define CALL_CLASSES_H

#include "pe.h"

/*
 * The calls of a class, by a word for it of so many bytes, as a text of names
 * without sys_ with blanks between; NULL if there is no such class.
 */
extern const char *calls_of_class(const char *word, size_t length);
/*
 * Names that the kernel and syscalls_logger have for what strace and manuals
 * call so, in the same form; NULL if there are none.
 */
extern const char *other_names_of_call(const char *name, size_t length);

#endif
