/*-------------------------------------------------------------------------
 *
 * reference.h
 *		The plain way to decode the messages that are decoded most often.
 *
 * src/plog takes fields where PANDA writes them, and guesses lengths.  This
 * goes through the fields one by one, as message.h has it, and says whether
 * both agree: on what is protobuf, and then on all that was found.
 *
 *-------------------------------------------------------------------------
 */
#ifndef REFERENCE_H
#define REFERENCE_H

#include "plog/flow.h"
#include "plog/message.h"

extern void reference_entry(PlogBytes body);
extern void reference_syscall(PlogBytes message);
extern void reference_argument(PlogBytes message, bool form_2020);

#endif							/* REFERENCE_H */
