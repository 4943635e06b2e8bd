# A PostgreSQL image with the extension, and pe:
#
#   docker build -t pandelephant .
#   docker run --rm -v "$PWD:/logs:ro" pandelephant pe info /logs/boot.plog
#
# BASE is any Debian image with PostgreSQL that sets PG_MAJOR, as the official
# ones do.
ARG BASE=postgres:17-trixie

FROM ${BASE} AS build
RUN apt-get update && apt-get install -y --no-install-recommends \
	gcc libc6-dev make libdeflate-dev liblz4-dev libprotobuf-c-dev protobuf-c-compiler zlib1g-dev \
	libpq-dev libsqlite3-dev libzstd-dev liblzma-dev \
	"postgresql-server-dev-$PG_MAJOR"
COPY . /src
RUN make -C /src with_llvm=no PG_CONFIG="/usr/lib/postgresql/$PG_MAJOR/bin/pg_config" \
		DESTDIR=/installed all install

# Only what runs: the packages that built it stay behind.
FROM ${BASE}
RUN apt-get update && apt-get install -y --no-install-recommends \
	libdeflate0 liblz4-1 liblzma5 libpq5 libprotobuf-c1 libsqlite3-0 libzstd1 zlib1g && rm -rf /var/lib/apt/lists/*
COPY --from=build /installed /
RUN mkdir -p /docker-entrypoint-initdb.d && \
	echo 'CREATE EXTENSION pandelephant;' >/docker-entrypoint-initdb.d/pandelephant.sql
