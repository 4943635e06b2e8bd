/*-------------------------------------------------------------------------
 *
 * layout.c
 *		What a file of columns looks like.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "columns/layout.h"

static pg_crc32c
checksum_of(const void *start, const void *end)
{
	pg_crc32c	checksum;

	INIT_CRC32C(checksum);
	COMP_CRC32C(checksum, start, (const char *) end - (const char *) start);
	FIN_CRC32C(checksum);
	return checksum;
}

pg_crc32c
columns_header_checksum(const ColumnsHeader *header)
{
	return checksum_of(&header->checksum_of_log, header + 1);
}

pg_crc32c
columns_record_checksum(const ColumnsRecord *record)
{
	return checksum_of(&record->chunk, record + 1);
}

bool
columns_record_is_sound(const ColumnsRecord *record, uint64 chunk_count)
{
	uint64		bytes = 0;

	if (record->magic != COLUMNS_RECORD_MAGIC ||
		!EQ_CRC32C(record->checksum, columns_record_checksum(record)) ||
		record->chunk >= chunk_count || record->calls > COLUMNS_MOST_CALLS ||
		record->blocks >= COLUMNS_BIT(COLUMNS_BLOCKS))
		return false;
	for (int block = 0; block < COLUMNS_BLOCKS; block++)
	{
		const ColumnsBlockHeader *header = &record->headers[block];

		if ((record->blocks & COLUMNS_BIT(block)) == 0 && (header->bytes | header->stored) != 0)
			return false;
		if (header->stored > header->bytes || header->bytes > COLUMNS_MOST_BLOCK_BYTES ||
			header->bytes > (uint64) header->stored * COLUMNS_MOST_COMPRESSION)
			return false;
		bytes += header->stored;
	}
	return bytes == record->bytes;
}

StoreName
columns_name(const PlogIdentity *identity, bool recover)
{
	StoreName	name = store_name(identity, recover);

	/* columns are wanted of an open log only, of which all is known */
	name.identity = *identity;

	/* columns have bytes of the log, not texts */
	name.encoding = 0;
	name.format = COLUMNS_FORMAT;
	name.layout = 0;
	return name;
}
