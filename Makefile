# make | make check (= test) | make demo | make asan | make fuzz | make bench
# make check-cassandra | make format | make install PREFIX=/usr DESTDIR=pkg
PREFIX  = /usr/local
MODE    = release
CFLAGS  = -O2 -g
CXXFLAGS = -O2 -g
VERSION = 0.1
flags_asan = -O1 -fno-omit-frame-pointer -fsanitize=address,undefined -fno-sanitize-recover=all
# clang links C programs without the part of UBSan that knows C++ classes
flags_fuzz = $(flags_asan) -fsanitize=fuzzer-no-link -fno-sanitize=vptr
flags_tsan = -O1 -fno-omit-frame-pointer -fsanitize=thread
flags_cov  = -O0 --coverage
DEFS    = -D_DEFAULT_SOURCE -D_FILE_OFFSET_BITS=64 -DSST_VERSION='"$(VERSION)"' -Ilibsst -Icmd
WARN    = -Wall -Wextra -Wshadow -Wconversion -Wvla
# Two pointers side by side are not loaded as one: that waits where they were stored one by one, as in cursors.
TUNE    = -fno-tree-slp-vectorize
FLAGS   = -std=c11 $(DEFS) $(WARN) -Wstrict-prototypes -Wmissing-prototypes $(TUNE) $(CFLAGS) $(flags_$(MODE))
XFLAGS  = -std=c++17 $(DEFS) -Wall -Wextra $(CXXFLAGS) $(flags_$(MODE))
LDLIBS  = -lzstd -llz4 -ldeflate -lsnappy -lsimdjson -lzip -lstdc++ -lm -lpthread
O       = build/$(MODE)
L       = $O/libsst.a
T       = $O/tool.a
objs    = $(patsubst %.c,$O/%.o,$(wildcard $(1)))
ROOMS   = $(shell cut -d' ' -f1 tests/layers)	# a room not named there is not built
BINS    = $(patsubst cmd/%/main.c,$O/bin/%,$(wildcard cmd/*/main.c))
SUITES  = $(patsubst tests/unit/%.c,%,$(filter-out tests/unit/main.c,$(wildcard tests/unit/*.c)))
FUZZERS = $(patsubst tests/fuzz/%.c,%,$(filter-out tests/fuzz/replay.c,$(wildcard tests/fuzz/*.c)))
FUZZ    = $(FUZZERS:%=$O/fuzz/%)
REPLAY  = $(FUZZERS:%=$O/replay/%)
PUBLIC  = $(shell cat libsst/public)	# headers that are installed
# A program over a file system whose calls fail: tests/faults/PROGRAM.c and the harness beside it.
FAULTED = $(filter $(BINS:$O/bin/%=$O/faults/%),$(patsubst tests/faults/%.c,$O/faults/%,$(wildcard tests/faults/*.c)))
HARNESS = $(filter-out $(FAULTED:$O/faults/%=$O/tests/faults/%.o),$(call objs,tests/faults/*.c)) \
	$(patsubst %,$O/tests/support/%.o,faultio memfs nomem)
WRAPPED = main exit open read write poll statvfs64 sst_store_open sst_io_posix
PROGS   = $(patsubst tests/prog/%.c,$O/prog/%,$(wildcard tests/prog/*.c))

all: $(BINS) $L
# Packages that are missing are a line to paste, not a compiler's screenful.
$O/.packages: tests/packages ; @tests/packages && mkdir -p $O && touch $@
$L: $(call objs,$(ROOMS:%=libsst/%/*.c)) $(patsubst %.cc,$O/%.o,$(wildcard libsst/*/*.cc)) ; rm -f $@ && $(AR) rcs $@ $^
.SECONDEXPANSION:
# An archive, so that a program holds only what it uses of it.
$T: $(call objs,cmd/tool/*.c) ; rm -f $@ && $(AR) rcs $@ $^
$(BINS): $O/bin/%: $$(call objs,cmd/$$*/*.c) $T $L
$O/unit: $(call objs,cmd/tool/*.c) $(filter-out %/main.o,$(call objs,cmd/msgd/*.c)) $(call objs,tests/unit/*.c) $(call objs,tests/support/*.c) $L
$O/tests/unit/main.o: $O/suites.h
$O/suites.h: $(wildcard tests/unit/*.c) Makefile
	@mkdir -p $(@D) && for s in $(SUITES); do echo "SUITE($$s)"; done >$@
$O/unit: LDLIBS += $(shell pkg-config --libs check)
$O/tests/unit/main.o: DEFS += -I$O
# The settings of msgd are the one input that is read outside of libsst.
$O/bin/msgd $O/unit $O/fuzz/config $O/replay/config: LDLIBS += -lyaml
$O/fuzz/config $O/replay/config: $O/cmd/msgd/config.o $O/cmd/msgd/yaml.o $T
$(FUZZ): $O/fuzz/%: $O/tests/fuzz/%.o $L
$(FUZZ): LDLIBS += -fsanitize=fuzzer
$(REPLAY): $O/replay/%: $O/tests/fuzz/%.o $O/tests/fuzz/replay.o $L
$O/prog/served $O/prog/activated $O/prog/emptied: $O/tests/support/cqlclient.o $O/tests/support/tally.o
$(PROGS): $O/prog/%: $O/tests/prog/%.o $L
$O/prog/starting $O/prog/msgdreads: $(patsubst %,$O/tests/served/%.o,cqlconn child)
$O/prog/msgdfaults $O/prog/msgdclients: $(patsubst %,$O/tests/served/%.o,cqlconn child trial) $O/tests/support/tally.o
$O/prog/msgdkill: $(patsubst %,$O/tests/served/%.o,cqlconn child load judge wild)
$(FAULTED): $O/faults/%: $O/tests/faults/%.o $$(call objs,cmd/$$*/*.c) $(call objs,cmd/tool/*.c) $(HARNESS) $L
$(FAULTED): LDFLAGS += $(WRAPPED:%=-Wl,--wrap=%) -rdynamic
# msgd with faults that its tests must find; one whose shards are slow, and one whose system calls fail
# when a test says so: in these they must find none.
planted_slow = msgd_loop_turn
planted_faulty = open64 write fdatasync accept4 epoll_wait sst_now_us sst_steady_us
planted_drops = sst_modify_make
planted_early = msgd_settle_wait
planted_stale = msgd_coalesce_written
comma = ,
PLANTED = $(patsubst %,$O/planted/msgd-%,drops early stale slow faulty)
$(PLANTED): $O/planted/msgd-%: $O/tests/served/planted-%.o $(call objs,cmd/msgd/*.c) $T $L
$(PLANTED): LDLIBS += -lyaml
$(PLANTED): LDFLAGS += $(patsubst %,-Wl$(comma)--wrap=%,$(planted_$(@F:msgd-%=%)))
# Linked with what it needs only: libzip brings a cryptography library along, and start-up counts.
$(BINS) $O/unit $(FUZZ) $(REPLAY) $(PROGS) $(FAULTED) $(PLANTED): ; @mkdir -p $(@D) && $(CC) $(FLAGS) -Wl,--as-needed $(LDFLAGS) -o $@ $^ $(LDLIBS)
$O/%.o: %.c Makefile | $O/.packages ; @mkdir -p $(@D) && $(CC) $(FLAGS) -MMD -MP -c -o $@ $<
$O/%.o: %.cc Makefile | $O/.packages ; @mkdir -p $(@D) && $(CXX) $(XFLAGS) -MMD -MP -c -o $@ $<

check test: $(BINS) $O/unit $(REPLAY) $(PROGS) $(FAULTED) $O/planted/msgd-slow $O/planted/msgd-faulty
	@tests/check $O
asan: ; $(MAKE) MODE=asan check
# Races between threads; clang, as gcc's does not know fences.
tsan: ; $(MAKE) MODE=tsan CC=clang CXX=clang++ tsan-check
tsan-check: $(BINS) $O/unit $(PROGS) $O/planted/msgd-slow $O/planted/msgd-faulty ; @tests/threads $O
fuzz: ; $(MAKE) MODE=fuzz CC=clang CXX=clang++ fuzzers
fuzzers: $(FUZZ)
fuzz-replay: $(REPLAY)
# Lists what is missing with the line that installs it, and runs that line when it may.
demo:
	@tests/packages --install
	@$(MAKE) -s -j2 all
	@tests/demo
# Every fault in every program, crashes upon crashes; then each sync left out, which must be seen.
check-crash: $(FAULTED)
	@tests/faults/run $(FAULTED)
# 200 kills of msgput at random moments: two minutes.
check-kill: all progs ; @tests/kill/run $O
# Compactions of tables with a million partitions against the model; kills at every system call; two
# compactions, a writer and a reader for a minute under sanitizers.  A quarter of an hour.
check-compaction: all $O/unit
	COMPACTION_PARTITIONS=20000 CK_RUN_SUITE=compaction $O/unit
	@tests/kill/compact $O
	@$(MAKE) -s MODE=asan all
	@tests/kill/crons build/asan
.PHONY: check-crash check-kill check-compaction
# 100 kills of msgd under load, readers that share executions, faults that are planted; and for a night.
check-msgd-kill: all progs $(PLANTED) ; @tests/kill/msgd $O
check-msgd-kill-long: all progs $(PLANTED) ; @tests/kill/msgd $O 10000
.PHONY: check-msgd-kill check-msgd-kill-long
progs: $(PROGS)
check-cassandra: all progs ; @tests/cassandra/run
# Every change that a disk could make to small SSTables: minutes.
check-damage: all progs ; @tests/damage $O
bench: all progs ; @tests/bench/run && tests/bench/sstables && tests/bench/compact
# msgd beside a real Cassandra, under one stock client.
bench-cql: all progs ; @tests/bench/cql
# Stock clients in other languages on msgd, fetched by their package managers.
check-clients: all ; @tests/clients/run
.PHONY: bench-cql check-clients
coverage: ; @tests/fuzz/coverage
install: all
	install -Dm755 -t $(DESTDIR)$(PREFIX)/bin $(BINS)
	ln -sf sstdump $(DESTDIR)$(PREFIX)/bin/sstabledump
	install -Dm644 -t $(DESTDIR)$(PREFIX)/share/man/man1 $(wildcard man/*.1)
	install -Dm644 -t $(DESTDIR)$(PREFIX)/share/man/man3 $(wildcard man/*.3)
	install -Dm644 -t $(DESTDIR)$(PREFIX)/share/man/man5 $(wildcard man/*.5)
	install -Dm644 -t $(DESTDIR)$(PREFIX)/share/man/man7 $(wildcard man/*.7)
	install -Dm644 -t $(DESTDIR)$(PREFIX)/lib $L
	for h in $(PUBLIC); do \
		install -Dm644 libsst/$$h $(DESTDIR)$(PREFIX)/include/libsst/$$h || exit 1; \
	done
	install -d $(DESTDIR)$(PREFIX)/lib/pkgconfig
	sed -e 's|@PREFIX@|$(PREFIX)|' -e 's|@VERSION@|$(VERSION)|' -e 's|@LIBS@|$(LDLIBS)|' libsst/libsst.pc.in \
		>$(DESTDIR)$(PREFIX)/lib/pkgconfig/libsst.pc
	chmod 644 $(DESTDIR)$(PREFIX)/lib/pkgconfig/libsst.pc
	for f in $(notdir $(BINS)); do \
		install -Dm644 completions/$$f.bash $(DESTDIR)$(PREFIX)/share/bash-completion/completions/$$f && \
		install -Dm644 -t $(DESTDIR)$(PREFIX)/share/zsh/site-functions completions/_$$f && \
		install -Dm644 -t $(DESTDIR)$(PREFIX)/share/fish/vendor_completions.d completions/$$f.fish || exit 1; \
	done
uninstall:
	for f in $(notdir $(BINS)); do \
		rm -f $(DESTDIR)$(PREFIX)/bin/$$f $(DESTDIR)$(PREFIX)/share/bash-completion/completions/$$f \
			$(DESTDIR)$(PREFIX)/share/zsh/site-functions/_$$f \
			$(DESTDIR)$(PREFIX)/share/fish/vendor_completions.d/$$f.fish; \
	done
	rm -f $(DESTDIR)$(PREFIX)/bin/sstabledump
	for f in $(notdir $(wildcard man/*.1)); do rm -f $(DESTDIR)$(PREFIX)/share/man/man1/$$f; done
	for f in $(notdir $(wildcard man/*.3)); do rm -f $(DESTDIR)$(PREFIX)/share/man/man3/$$f; done
	for f in $(notdir $(wildcard man/*.5)); do rm -f $(DESTDIR)$(PREFIX)/share/man/man5/$$f; done
	for f in $(notdir $(wildcard man/*.7)); do rm -f $(DESTDIR)$(PREFIX)/share/man/man7/$$f; done
	for h in $(PUBLIC); do rm -f $(DESTDIR)$(PREFIX)/include/libsst/$$h; done
	[ ! -d $(DESTDIR)$(PREFIX)/include/libsst ] || find $(DESTDIR)$(PREFIX)/include/libsst -depth -type d -empty -delete
	rm -f $(DESTDIR)$(PREFIX)/lib/libsst.a $(DESTDIR)$(PREFIX)/lib/pkgconfig/libsst.pc
format: ; clang-format -i $(SOURCES)
SOURCES = $(wildcard libsst/*/*.[ch] libsst/*/*.cc cmd/*/*.[ch] tests/*/*.[ch])
format-check: ; clang-format --dry-run -Werror $(SOURCES)
clean: ; rm -rf build
.PHONY: all progs check test demo tsan tsan-check check-cassandra check-damage bench coverage asan fuzz fuzzers fuzz-replay install uninstall format format-check clean
.SECONDARY:
-include $(shell find $O -name '*.d' 2>/dev/null)
