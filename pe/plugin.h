/*-------------------------------------------------------------------------
 *
 * plugin.h
 *		Which plugin of PANDA writes entries of a kind.
 *
 *-------------------------------------------------------------------------
 */
#ifndef PLUGIN_H
#define PLUGIN_H

/* NULL if it is not known. */
extern const char *plugin_of_kind(const char *kind);

#endif
