EXTENSION = pandelephant
MODULE_big = pandelephant
DATA = $(patsubst $(srcdir)/%,%,$(wildcard $(srcdir)/sql/pandelephant--*.sql))

OBJS = \
	src/pandelephant.o \
	src/catalog/arrays.o \
	src/catalog/catalog.o \
	src/catalog/guest.o \
	src/catalog/hash.o \
	src/catalog/kept.o \
	src/catalog/place.o \
	src/catalog/place_index.o \
	src/catalog/build/build.o \
	src/catalog/build/call_groups.o \
	src/catalog/build/chunk.o \
	src/catalog/build/code_points.o \
	src/catalog/build/finish.o \
	src/catalog/build/flows.o \
	src/catalog/build/guest_facts.o \
	src/catalog/build/libraries.o \
	src/catalog/build/memory.o \
	src/catalog/build/merge.o \
	src/catalog/build/offsets.o \
	src/catalog/build/parallel.o \
	src/catalog/build/parents.o \
	src/catalog/build/piece.o \
	src/catalog/build/processes.o \
	src/catalog/build/slice_sums.o \
	src/catalog/build/slices.o \
	src/catalog/build/spread.o \
	src/catalog/build/syscalls.o \
	src/catalog/build/taker.o \
	src/catalog/build/things.o \
	src/catalog/store/files.o \
	src/catalog/store/layout.o \
	src/catalog/store/room.o \
	src/catalog/store/soundness.o \
	src/catalog/store/store.o \
	src/columns/collect.o \
	src/columns/compress.o \
	src/columns/decode.o \
	src/columns/encode.o \
	src/columns/file.o \
	src/columns/layout.o \
	src/columns/log_columns.o \
	src/columns/numbers.o \
	src/fdw/aggregate.o \
	src/fdw/aggregate_paths.o \
	src/fdw/aggregate_scan.o \
	src/fdw/aggregate_state.o \
	src/fdw/analyze.o \
	src/fdw/ancestors.o \
	src/fdw/columns.o \
	src/fdw/condition.o \
	src/fdw/estimate.o \
	src/fdw/evaluate.o \
	src/fdw/explain.o \
	src/fdw/group_table.o \
	src/fdw/guard.o \
	src/fdw/handler.o \
	src/fdw/import.o \
	src/fdw/logs.o \
	src/fdw/join.o \
	src/fdw/join_paths.o \
	src/fdw/joined_scan.o \
	src/fdw/names.o \
	src/fdw/options.o \
	src/fdw/order.o \
	src/fdw/parallel.o \
	src/fdw/paths.o \
	src/fdw/plan.o \
	src/fdw/registry.o \
	src/fdw/registry_native.o \
	src/fdw/registry_size.o \
	src/fdw/registry_table.o \
	src/fdw/row.o \
	src/fdw/scan.o \
	src/fdw/scan_logs.o \
	src/fdw/scan_plan.o \
	src/fdw/shared_logs.o \
	src/fdw/sort.o \
	src/fdw/statistics.o \
	src/library/add.o \
	src/library/attempt.o \
	src/library/library.o \
	src/library/make.o \
	src/library/move.o \
	src/library/name.o \
	src/library/query.o \
	src/library/refresh.o \
	src/library/register.o \
	src/library/remove.o \
	src/library/server.o \
	src/library/sources.o \
	src/library/store.o \
	src/library/views.o \
	src/log/cache_directory.o \
	src/log/chunk.o \
	src/log/chunk_cache.o \
	src/log/digest.o \
	src/log/extent.o \
	src/log/identity.o \
	src/log/large_object.o \
	src/log/log_source.o \
	src/log/plog_file.o \
	src/log/report.o \
	src/log/server_file.o \
	src/log/snapshot_key.o \
	src/log/unpacked.o \
	src/log/virtual_file.o \
	src/materialize/attach.o \
	src/materialize/build.o \
	src/materialize/choice.o \
	src/materialize/column_cache.o \
	src/materialize/comments.o \
	src/materialize/execution.o \
	src/materialize/file_parameter.o \
	src/materialize/leftover.o \
	src/materialize/load.o \
	src/materialize/locate.o \
	src/materialize/lock.o \
	src/materialize/materialize.o \
	src/materialize/native.o \
	src/materialize/orm.o \
	src/materialize/orm_id.o \
	src/materialize/orm_tables.o \
	src/materialize/partition.o \
	src/materialize/place.o \
	src/materialize/question_views.o \
	src/materialize/plain.o \
	src/materialize/questions.o \
	src/materialize/result_rows.o \
	src/materialize/shared.o \
	src/materialize/source.o \
	src/materialize/sql.o \
	src/materialize/store.o \
	src/materialize/strace_view.o \
	src/materialize/subtransaction.o \
	src/materialize/tables.o \
	src/materialize/trust.o \
	src/plog/buffer.o \
	src/plog/builtin.o \
	src/plog/call.o \
	src/plog/change.o \
	src/plog/descriptor.o \
	src/plog/directory.o \
	src/plog/error.o \
	src/plog/fields.o \
	src/plog/flow.o \
	src/plog/form.o \
	src/plog/inflate.o \
	src/plog/message.o \
	src/plog/payload.o \
	src/plog/reader.o \
	src/plog/recognise.o \
	src/plog/recover.o \
	src/plog/repeated.o \
	src/plog/schema.o \
	src/plog/source.o \
	src/plog/wire.o \
	src/relations/call_search.o \
	src/relations/calls.o \
	src/relations/chunk_form.o \
	src/relations/chunks.o \
	src/relations/code_points.o \
	src/relations/entries.o \
	src/relations/executions.o \
	src/relations/extremes.o \
	src/relations/groups.o \
	src/relations/kept_arguments.o \
	src/relations/kept_calls.o \
	src/relations/list.o \
	src/relations/mappings.o \
	src/relations/pass.o \
	src/relations/planner.o \
	src/relations/processes.o \
	src/relations/recordings.o \
	src/relations/relation.o \
	src/relations/relation_read.o \
	src/relations/relation_row.o \
	src/relations/relation_scan.o \
	src/relations/row_condition.o \
	src/relations/strace.o \
	src/relations/syscall_arguments.o \
	src/relations/syscalls.o \
	src/relations/taint_flows.o \
	src/relations/thread_names.o \
	src/relations/threads.o \
	src/relations/threadslices.o \
	src/relations/walk.o \
	src/strace/call.o \
	src/strace/errno.o \
	src/strace/function.o \
	src/strace/ntstatus.o \
	src/strace/search.o \
	src/strace/style.o \
	src/strace/value.o \
	src/text/digits.o \
	src/text/guest_text.o \
	src/unpack/unpack.o \
	src/values/argument_text.o \
	src/values/bytea_text.o \
	src/values/convert.o \
	src/values/jsonb.o \
	src/values/jsonb_scalar.o \
	src/values/message_fields.o \
	src/values/message_jsonb.o \
	src/values/scalar.o \
	src/values/schema_source.o \
	proto/plog.pb-c.o

# -isystem: with all warnings on, those of the server's headers are not ours.
PG_CPPFLAGS = -D_FILE_OFFSET_BITS=64 -I$(srcdir)/src -isystem $(includedir_server) -isystem $(includedir_internal)
# Calls of our own functions go straight to them, not by way of a table that
# another library could have put its own of that name into.
direct_calls = $(if $(filter linux,$(PORTNAME)),-Wl$(comma)-Bsymbolic-functions)
comma = ,
SHLIB_LINK = $(direct_calls) -ldeflate -lz -llz4 -lzstd -llzma -lprotobuf-c

# The program pe, of pe/; its libraries are not the extension's.
PE = pe/pe
PE_OBJS = \
	pe/answers.o \
	pe/call_classes.o \
	pe/characters.o \
	pe/choice.o \
	pe/complain.o \
	pe/copy.o \
	pe/copying.o \
	pe/coverage.o \
	pe/database.o \
	pe/errors.o \
	pe/export.o \
	pe/flame.o \
	pe/follow.o \
	pe/forest.o \
	pe/format_json.o \
	pe/format_table.o \
	pe/format_text.o \
	pe/info.o \
	pe/ingest.o \
	pe/log.o \
	pe/logs.o \
	pe/main.o \
	pe/memory.o \
	pe/options.o \
	pe/orm.o \
	pe/orm_classes.o \
	pe/orm_ids.o \
	pe/orm_make.o \
	pe/orm_postgres.o \
	pe/orm_rows.o \
	pe/orm_sqlite.o \
	pe/output.o \
	pe/partial_file.o \
	pe/picture.o \
	pe/plog_json.o \
	pe/process.o \
	pe/progress.o \
	pe/query.o \
	pe/recognise.o \
	pe/report.o \
	pe/server.o \
	pe/shape.o \
	pe/shell.o \
	pe/sql.o \
	pe/sqlite_file.o \
	pe/sqlite_tables.o \
	pe/stop.o \
	pe/strace.o \
	pe/stream.o \
	pe/terminal.o \
	pe/trace.o \
	pe/trace_packets.o \
	pe/trace_sql.o \
	pe/tree.o \
	pe/unpack.o \
	pe/upload.o
PE_LIBS = -lpq -lsqlite3 -lz -lzstd -llzma -lprotobuf-c

REGRESS := $(sort $(patsubst test/sql/%.sql,%,$(wildcard test/sql/*.sql)))
REGRESS_OPTS = --inputdir=test --load-extension=pandelephant
PROVE_TESTS = test/t/*.pl

# The TAP tests need a Perl module that not every machine has.
ifneq ($(filter check installcheck,$(MAKECMDGOALS)),)
ifeq ($(shell perl -MIPC::Run -e 'print 1' 2>/dev/null),1)
TAP_TESTS = 1
else
installcheck: without-tap
.PHONY: without-tap
without-tap:
	@echo 'Perl has no module IPC::Run: the tests of test/t are left out (libipc-run-perl has it)' >&2
endif
endif

EXTRA_CLEAN = proto/plog.pb-c.c proto/plog.pb-c.h proto/trace.pb-c.c proto/trace.pb-c.h $(PE) $(PE_OBJS) \
	pe/report_page.h .made-for .made-into

PG_CONFIG ?= pg_config

# The goals of the README install what they need themselves, PostgreSQL included,
# so they must not ask for pg_config before they have run.
ifneq ($(filter bench deb demo dist fuzz matrix test unit-foreign,$(MAKECMDGOALS)),)

.PHONY: bench deb demo dist fuzz matrix test unit-foreign
bench:
	@bash test/bench/run.sh
demo:
	@bash test/demo.sh
deb:
	@bash test/matrix/deb.sh
dist:
	@bash test/dist.sh
unit-foreign:
	@bash test/matrix/foreign.sh
fuzz:
	@bash test/packages.sh && bash test/fuzz/run.sh $(TIME)
matrix:
	@bash test/matrix.sh
test:
	@bash test/run.sh

else

PGXS := $(shell $(PG_CONFIG) --pgxs 2>/dev/null)
ifeq ($(wildcard $(PGXS)),)
$(error "$(PG_CONFIG)" finds no PostgreSQL to build against: install postgresql-server-dev-NN, or name another with make PG_CONFIG=/path/to/pg_config)
endif
include $(PGXS)

PG_PROVE_FLAGS += -I $(srcdir)/test/t

# pg_regress sets it from version 15 on
export PG_ABS_SRCDIR ?= $(abspath $(srcdir)/test)

PROTOC_C ?= protoc-c

proto/%.pb-c.c proto/%.pb-c.h: proto/%.proto
	$(PROTOC_C) -I'$(srcdir)' --c_out=. '$(srcdir)/proto/$*.proto'

# Its loops are written for vector instructions, as those of PostgreSQL's checksums;
# version 13 has another name for the flags.
src/columns/numbers.o: CFLAGS += $(CFLAGS_UNROLL_LOOPS) $(CFLAGS_VECTORIZE) $(CFLAGS_VECTOR)

# Any header that changed rebuilds everything: it takes seconds.
headers = $(wildcard $(addprefix $(srcdir)/,src/*.h src/*/*.h src/*/*/*.h))
bitcode = $(OBJS:.o=.bc)
$(OBJS) $(bitcode): proto/plog.pb-c.h $(headers) .made-for

# In a directory of its own there is none for what is made.
ifdef VPATH
$(shell $(MKDIR_P) $(sort $(dir $(OBJS) $(PE_OBJS))))
endif

# pe looks for PostgreSQL's programs beside itself, then where they are now, and
# tells by the extension's scripts whether a cluster of its own is of today.
pe_version := $(shell sed -n "s/^default_version = '\(.*\)'/\1/p" '$(srcdir)/pandelephant.control')

# What objects were made for.  What was made for another PostgreSQL, or to lie
# elsewhere, is made again, even by "make install".
made_for := $(shell $(PG_CONFIG) --version), $(includedir_server)
made_into := pe $(pe_version), $(bindir), $(datadir)
ifneq ($(made_for),$(shell cat .made-for 2>/dev/null))
.PHONY: .made-for
endif
ifneq ($(made_into),$(shell cat .made-into 2>/dev/null))
.PHONY: .made-into
endif
.made-for:
	@echo '$(made_for)' >$@
.made-into:
	@echo '$(made_into)' >$@

all: $(PE)

pe/report.o: pe/report_page.h
pe/trace.o pe/trace_packets.o: proto/trace.pb-c.h

# the page of pe report
pe/report_page.h: pe/embed.sh pe/report.html pe/report.css pe/report.js
	@$(MKDIR_P) $(@D)
	sh $< $(filter-out %.sh,$^) >$@.new && mv $@.new $@

pe_headers = $(wildcard $(srcdir)/pe/*.h) $(headers)
$(PE_OBJS): pe/%.o: pe/%.c proto/plog.pb-c.h $(pe_headers) .made-for .made-into
	$(CC) $(filter-out -fPIC,$(CFLAGS)) $(filter -D%,$(CPPFLAGS)) -D_GNU_SOURCE -D_FILE_OFFSET_BITS=64 -I$(srcdir) -I$(srcdir)/src -I. -Ipe \
		-I$(shell $(PG_CONFIG) --includedir) \
		-DPE_VERSION='"$(pe_version)"' -DBINDIR='"$(bindir)"' -DSHAREDIR='"$(datadir)"' -c -o $@ $<

$(PE): $(PE_OBJS) proto/plog.pb-c.o proto/trace.pb-c.o src/plog/recognise.o src/unpack/unpack.o src/materialize/orm_tables.o
	$(CC) $(CFLAGS) $^ $(PG_LDFLAGS) $(filter -Wl%,$(LDFLAGS)) $(LDFLAGS_EX) -L$(shell $(PG_CONFIG) --libdir) $(PE_LIBS) -o $@

install: install-pe
.PHONY: install-pe
install-pe: $(PE)
	$(MKDIR_P) '$(DESTDIR)$(bindir)'
	$(INSTALL_PROGRAM) $(PE) '$(DESTDIR)$(bindir)/pe'

uninstall: uninstall-pe
.PHONY: uninstall-pe
uninstall-pe:
	rm -f '$(DESTDIR)$(bindir)/pe'

# Static analysis; nothing is suppressed.
.PHONY: analyze
analyze: proto/plog.pb-c.h
	cd $(srcdir) && cppcheck -q --std=c11 --enable=warning,performance,portability \
		--error-exitcode=1 -Isrc -I. -Itest/unit -Itest/fuzz src pe test

# The pictures in doc/, by the pe that a shell finds, and Chromium.
.PHONY: pictures
pictures:
	perl $(srcdir)/test/pictures.pl $(srcdir)/doc/pictures

# PostgreSQL's programs may lie where no shell looks for them.  Who may install
# there, but not below PREFIX, has the extension and pe all the same.
PREFIX ?= /usr/local
below = $(DESTDIR)$(PREFIX)
link = $(below)/bin/pe
manual = $(below)/share/man/man1/pe.1
completion = $(below)/share/bash-completion/completions/pe

install: install-link
.PHONY: install-link
install-link:
	{ $(MKDIR_P) '$(below)/bin' '$(below)/share/man/man1' '$(below)/share/bash-completion/completions' && \
		ln -sf '$(bindir)/pe' '$(link)' && $(INSTALL_DATA) '$(srcdir)/doc/pe.1' '$(manual)' && \
		$(INSTALL_DATA) '$(srcdir)/doc/pe.bash' '$(completion)'; } || \
		echo 'pe is in $(bindir); there is no link to it and no manual below $(PREFIX): set PREFIX' >&2

# The link may be that of another version's pe by now; so are the others then.
uninstall: uninstall-link
.PHONY: uninstall-link
uninstall-link:
	if [ "$$(readlink '$(link)')" = '$(bindir)/pe' ]; then \
		rm -f '$(link)' '$(manual)' '$(completion)'; \
	elif [ -L '$(link)' ]; then \
		echo '$(link) leads to another pe: it stays, and its manual' >&2; \
	fi

clean: clean-test
.PHONY: clean-test
clean-test:
	for dir in $(wildcard test/bench test/fuzz test/unit test/writer); do \
		if [ -f $$dir/Makefile ]; then $(MAKE) -C $$dir clean; fi; \
	done

endif
