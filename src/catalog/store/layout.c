/*-------------------------------------------------------------------------
 *
 * layout.c
 *		What a catalog file looks like.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "common/hashfn.h"
#include "mb/pg_wchar.h"

#include "catalog/store/layout.h"
#include "catalog/store/soundness.h"
#include "log/large_object.h"

/* The first bytes of a file.  They differ from those of another byte order. */
#define STORE_MAGIC				UINT64CONST(0x474C5441434E4150)

/*
 * A hash of the sizes of structs, in case somebody changes one and forgets
 * CATALOG_FORMAT.
 */
static uint32
hash_layout(void)
{
	uint32		bytes[CATALOG_FILE_ARRAYS + 1];

	for (int i = 0; i < CATALOG_FILE_ARRAYS; i++)
		bytes[i] = (uint32) catalog_arrays[i].element_bytes;
	bytes[CATALOG_FILE_ARRAYS] = sizeof(StoreHeader);
	return hash_bytes((const unsigned char *) bytes, sizeof(bytes));
}

StoreName
store_name(const PlogIdentity *identity, bool recover)
{
	StoreName	name;

	memset(&name, 0, sizeof(name));
	name.format = CATALOG_FORMAT;
	name.layout = hash_layout();
	name.encoding = (uint32) GetDatabaseEncoding();
	name.recover = recover ? 1 : 0;
	name.identity = *identity;

	/* the planner must find the catalog, and does not know which state this is */
	if (is_large_object_identity(identity))
		name.identity.mtime = 0;
	return name;
}

void
store_make_header(StoreHeader *header, const Catalog *catalog, const CatalogKey *key)
{
	memset(header, 0, sizeof(*header));
	header->magic = STORE_MAGIC;
	header->name = store_name(&key->identity, key->recover != 0);
	header->state = key->identity.mtime;
	header->checksum = key->checksum;
	header->chunks_checksum = key->chunks_checksum;

	/* memcpy() copies the padding too, which is part of the checksum */
	memcpy(&header->summary, &catalog->summary, sizeof(CatalogSummary));
	for (int i = 0; i < CATALOG_FILE_ARRAYS; i++)
		header->counts[i] = catalog_array_count(catalog, i);
}

pg_crc32c
store_header_checksum(const StoreHeader *header)
{
	Size		start = offsetof(StoreHeader, body_checksum);
	pg_crc32c	checksum;

	INIT_CRC32C(checksum);
	COMP_CRC32C(checksum, (const char *) header + start, sizeof(StoreHeader) - start);
	FIN_CRC32C(checksum);
	return checksum;
}

bool
store_header_is_sound(const StoreHeader *header, const StoreName *name)
{
	return header->magic == STORE_MAGIC &&
		EQ_CRC32C(header->header_checksum, store_header_checksum(header)) &&
		memcmp(&header->name, name, sizeof(*name)) == 0 &&
		catalog_summary_is_sound(&header->summary);
}

uint64
store_body_bytes(const StoreHeader *header)
{
	uint64		bytes = 0;

	for (int i = 0; i < CATALOG_FILE_ARRAYS; i++)
		bytes += TYPEALIGN64(ARRAY_ALIGNMENT, header->counts[i] * catalog_arrays[i].element_bytes);
	return bytes;
}

/*
 * Give the catalog the summary and the counts of a header.  Returns false if a
 * count is not what the summary says, or too large for the catalog.
 */
static bool
set_counts(Catalog *catalog, const StoreHeader *header)
{
	const CatalogSummary *summary = &header->summary;

	memcpy(&catalog->summary, summary, sizeof(*summary));
	for (int i = 0; i < CATALOG_FILE_ARRAYS; i++)
		catalog_set_array_count(catalog, i, header->counts[i]);
	for (int i = 0; i < CATALOG_FILE_ARRAYS; i++)
	{
		if (catalog_array_count(catalog, i) != header->counts[i])
			return false;
	}
	return memcmp(&catalog->summary, summary, sizeof(*summary)) == 0;
}

bool
store_place_arrays(const StoreHeader *header, uint64 body_bytes, Catalog *catalog,
				   uint64 places[CATALOG_FILE_ARRAYS])
{
	uint64		at = 0;

	/* a body is far smaller than 2^63 bytes, so that aligning does not wrap */
	for (int i = 0; i < CATALOG_FILE_ARRAYS; i++)
	{
		uint64		element_bytes = catalog_arrays[i].element_bytes;

		places[i] = at;
		if (header->counts[i] > (body_bytes - at) / element_bytes)
			return false;
		at = TYPEALIGN64(ARRAY_ALIGNMENT, at + header->counts[i] * element_bytes);
		if (at > body_bytes)
			return false;
	}
	return at == body_bytes && set_counts(catalog, header);
}
