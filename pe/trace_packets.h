/*-------------------------------------------------------------------------
 *
 * trace_packets.h
 *		The packets that a trace for Perfetto consists of.
 *
 *-------------------------------------------------------------------------
 */
#ifndef TRACE_PACKETS_H
#define TRACE_PACKETS_H

#include "proto/trace.pb-c.h"

typedef Perfetto__Protos__TracePacket Packet;
typedef Perfetto__Protos__TrackDescriptor Track;
typedef Perfetto__Protos__TrackEvent Event;

/* Each writes one packet to the output. */
extern void trace_write_packet(Packet *packet);
extern void trace_write_track(Track *track);
extern void trace_write_event(uint64_t at, Event *event);

#endif							/* TRACE_PACKETS_H */
