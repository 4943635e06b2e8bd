/*-------------------------------------------------------------------------
 *
 * trace_packets.c
 *		The packets that a trace for Perfetto consists of.
 *
 *-------------------------------------------------------------------------
 */
#include <stdlib.h>

#include "output.h"
#include "pe.h"
#include "trace_packets.h"

/* All packets are of one sequence, which begins with the first. */
#define SEQUENCE 1
#define SEQUENCE_BEGINS 1

typedef Perfetto__Protos__Trace Trace;

void
trace_write_packet(Packet *packet)
{
	static bool begun = false;
	Trace		trace = PERFETTO__PROTOS__TRACE__INIT;
	size_t		size;
	uint8_t    *bytes;

	packet->has_trusted_packet_sequence_id = true;
	packet->trusted_packet_sequence_id = SEQUENCE;
	packet->has_sequence_flags = !begun;
	packet->sequence_flags = SEQUENCE_BEGINS;
	begun = true;

	/* traces of a packet each, one behind the other, are a trace */
	trace.packet = &packet;
	trace.n_packet = 1;
	size = perfetto__protos__trace__get_packed_size(&trace);
	bytes = allocate(size);
	perfetto__protos__trace__pack(&trace, bytes);
	output_bytes((const char *) bytes, size);
	free(bytes);
}

void
trace_write_track(Track *track)
{
	Packet		packet = PERFETTO__PROTOS__TRACE_PACKET__INIT;

	packet.track_descriptor = track;
	trace_write_packet(&packet);
}

void
trace_write_event(uint64_t at, Event *event)
{
	Packet		packet = PERFETTO__PROTOS__TRACE_PACKET__INIT;

	packet.has_timestamp = true;
	packet.timestamp = at;
	packet.track_event = event;
	trace_write_packet(&packet);
}
