# SPDX-License-Identifier: GPL-2.0-or-later
# ftrace-tools: `make help` lists the targets and variables.

VERSION  := 0.1.0
SOVERSION := 0
O	 ?= build
PREFIX	 ?= /usr/local
DESTDIR	 ?=
STATIC	 ?=
SAN	 ?=
WERROR	 ?=
V	 ?=
KERNEL	 ?= 5.10 6.1 6.12
T	 ?= *

ifeq ($(origin CC),default)
CC	 := gcc
endif
AR	 ?= ar
PKGCONFIG ?= pkg-config
OBJCOPY	 ?= objcopy

bindir	 := $(PREFIX)/sbin
libdir	 := $(PREFIX)/lib
incdir	 := $(PREFIX)/include
mandir	 := $(PREFIX)/share/man

Q	 := $(if $(V),,@)
say	  = $(if $(V),,@printf '  %-7s %s\n' '$(1)' '$(2)';)

WARN	 := -Wall -Wextra -Wshadow -Wmissing-prototypes -Wstrict-prototypes -Wvla
HARDEN	 := $(if $(SAN),,-D_FORTIFY_SOURCE=2) -fstack-protector-strong
SANFLAGS := $(if $(SAN),-fsanitize=$(SAN) -fno-sanitize-recover=all -fno-omit-frame-pointer)
LIBFLAGS := $(shell $(PKGCONFIG) --cflags libtracefs libtraceevent 2>/dev/null)

CPPFLAGS_ALL := -Iinclude -Ilibftrace -D_GNU_SOURCE -DFT_VERSION='"$(VERSION)"' $(LIBFLAGS) $(CPPFLAGS)
CFLAGS_ALL   := -std=gnu11 $(if $(SAN),-O1,-O2) -g -fPIC $(WARN) $(if $(WERROR),-Werror) $(HARDEN) \
		$(SANFLAGS) $(CFLAGS)
LDFLAGS_ALL  := -Wl,-z,relro,-z,now,-z,noexecstack $(SANFLAGS) $(LDFLAGS)
ifneq ($(STATIC),)
LINK	 := -static -Wl,--gc-sections
LIBS	 := $(shell $(PKGCONFIG) --libs --static libtracefs libtraceevent 2>/dev/null)
else
LINK	 := -pie
LIBS	 := $(shell $(PKGCONFIG) --libs libtracefs libtraceevent 2>/dev/null)
endif

libsrc	 := $(wildcard libftrace/*.c)
toolsrc	 := $(filter-out tools/main.c,$(wildcard tools/*.c))
tools	 := $(patsubst tools/%.c,%,$(toolsrc))
# NAME:TOOL, second names as the tools' .alias has them.
aliases	 := perf-stat-hist:tphist
second	 := $(foreach a,$(aliases),$(firstword $(subst :, ,$(a))))
unitsrc	 := $(filter-out tests/unit/unit.c,$(wildcard tests/unit/*.c))
units	 := $(patsubst tests/unit/%.c,$(O)/unit/%,$(unitsrc))
benchsrc := $(wildcard tests/bench/*.c)
fuzzsrc	 := $(wildcard tests/fuzz/*.c)

libobj	 := $(libsrc:%.c=$(O)/%.o)
toolobj	 := $(toolsrc:%.c=$(O)/%.o) $(O)/tools/main.o

.DELETE_ON_ERROR:
.SUFFIXES:
.PHONY: all lib units fuzzers vmtools vm check check-unit check-cli check-vm vm-shell demo \
	bench deps install uninstall clean help

all: $(O)/ftrace-tools lib
lib: $(O)/libftrace.a $(if $(STATIC)$(SAN),,$(O)/libftrace.so)

# libtraceevent can load plugins with dlopen(); nothing here asks it to, and a static program could not:
# only that warning is left out.
quiet_static = $(if $(STATIC),rm -f $@; { $(1) 2>&1 >&3 | grep -vE 'load_plugin|dlopen|event-plugin' >&2; } 3>&1; \
	test -x $@,$(1))

# -- objects ----------------------------------------------------------------------------------

$(O)/%.o: %.c Makefile
	@mkdir -p $(@D)
	$(call say,CC,$@)$(CC) $(CPPFLAGS_ALL) $(CFLAGS_ALL) -MMD -MP -c -o $@ $<

# The applets: one entry for each tools/*.c, made when the list changes.
$(O)/applets.h: $(toolsrc) Makefile
	@mkdir -p $(@D)
	$(call say,GEN,$@)printf 'APPLET(%s)\n' $(subst -,_,$(sort $(tools))) > $@

$(O)/tools/main.o: $(O)/applets.h
$(O)/tools/main.o: CPPFLAGS_ALL += -I$(O)

$(O)/libftrace.a: $(libobj)
	$(call say,AR,$@)rm -f $@ && $(AR) rcs $@ $^

$(O)/libftrace.so: $(libobj) libftrace/libftrace.map
	$(call say,LD,$@)$(CC) $(CFLAGS_ALL) $(LDFLAGS_ALL) -shared -Wl,-soname,libftrace.so.$(SOVERSION) \
		-Wl,--version-script=libftrace/libftrace.map -o $@ $(libobj) $(LIBS)

$(O)/ftrace-tools: $(toolobj) $(O)/libftrace.a
	$(call say,LD,$@)$(call quiet_static,$(CC) $(CFLAGS_ALL) $(LDFLAGS_ALL) $(LINK) -o $@ $^ $(LIBS))

# -- tests ------------------------------------------------------------------------------------

$(O)/unit/%: $(O)/tests/unit/%.o $(O)/tests/unit/unit.o $(O)/libftrace.a
	@mkdir -p $(@D)
	$(call say,LD,$@)$(CC) $(CFLAGS_ALL) $(LDFLAGS_ALL) -o $@ $^ $(LIBS) -lcunit

$(O)/bench/%: $(O)/tests/bench/%.o $(O)/libftrace.a
	@mkdir -p $(@D)
	$(call say,LD,$@)$(call quiet_static,$(CC) $(CFLAGS_ALL) $(LDFLAGS_ALL) $(LINK) -o $@ $^ $(LIBS))

# Fuzz targets with their own main: fixed mutations of real input.  With FUZZER=1 and CC=clang
# they are libFuzzer's.
$(O)/fuzz/%: tests/fuzz/%.c $(O)/libftrace.a
	@mkdir -p $(@D)
	$(call say,LD,$@)$(CC) $(CPPFLAGS_ALL) $(CFLAGS_ALL) $(LDFLAGS_ALL) \
		$(if $(FUZZER),-fsanitize=fuzzer,-DFUZZ_MAIN) -o $@ $^ $(LIBS)

# The static helpers of the test VM.
$(O)/vm/%: tests/vm/%.c
	@mkdir -p $(@D)
	$(call say,LD,$@)$(CC) -std=gnu11 -O2 $(WARN) $(if $(WERROR),-Werror) -static -pthread -o $@ $<

# The one that uses the library.
$(O)/vm/probes: $(O)/tests/vm/probes.o $(O)/libftrace.a
	@mkdir -p $(@D)
	$(call say,LD,$@)$(call quiet_static,$(CC) $(CFLAGS_ALL) $(LDFLAGS_ALL) $(LINK) -o $@ $^ $(LIBS))

# The one that is not static: its calls of libc are calls into a library.
$(O)/vm/%-dynamic: tests/vm/%.c
	@mkdir -p $(@D)
	$(call say,LD,$@)$(CC) -std=gnu11 -O2 $(WARN) $(if $(WERROR),-Werror) -pthread -o $@ $<

.SECONDARY:

units: $(units)
fuzzers: $(patsubst tests/fuzz/%.c,$(O)/fuzz/%,$(fuzzsrc))
vmtools: $(patsubst tests/vm/%.c,$(O)/vm/%,$(wildcard tests/vm/*.c)) $(O)/vm/workload-dynamic

# What the test VM runs: static but for one, in a build directory of its own.
vm:
	$(Q)+$(MAKE) --no-print-directory STATIC=1 O=$(O)/static CC=gcc SAN= all vmtools

check-unit: units
	$(Q)sh tests/run-units $(units)

check-cli: all
	$(Q)sh tests/cli/run $(O)/ftrace-tools

check-vm: vm
	$(Q)O=$(O)/static tests/vm/run $(foreach k,$(KERNEL),-k $(k)) -t '$(T)'

vm-shell: vm
	$(Q)O=$(O)/static tests/vm/run --shell -k $(firstword $(KERNEL))

# deps first: what pkg-config tells is read when make starts.
check: deps
	$(Q)+O=$(O) MAKE="$(MAKE)" sh tests/check

demo: deps
	$(Q)+$(MAKE) --no-print-directory all && O=$(O) MAKE="$(MAKE)" sh tests/demo

bench: deps
	$(Q)+O=$(O) MAKE="$(MAKE)" sh tests/bench/run $(B)

deps:
	$(Q)sh tests/deps

# -- installation -----------------------------------------------------------------------------

.PHONY: FORCE
$(O)/libftrace.pc: FORCE
	@mkdir -p $(@D)
	$(Q)printf '%s\n' 'prefix=$(PREFIX)' 'libdir=$(libdir)' 'includedir=$(incdir)' '' \
		'Name: libftrace' 'Description: kernel tracing through tracefs, for tools' \
		'Version: $(VERSION)' 'Requires.private: libtracefs libtraceevent' \
		'Libs: -L$${libdir} -lftrace' 'Libs.private: -ltracefs -ltraceevent' \
		'Cflags: -I$${includedir}' > $@

install: all $(O)/libftrace.pc
	install -d $(DESTDIR)$(bindir) $(DESTDIR)$(libdir)/pkgconfig $(DESTDIR)$(incdir)/ftrace
	install -d $(DESTDIR)$(mandir)/man3 $(DESTDIR)$(mandir)/man7 $(DESTDIR)$(mandir)/man8
	install -m 755 $(O)/ftrace-tools $(DESTDIR)$(bindir)
	for t in $(tools) $(second); do ln -sf ftrace-tools $(DESTDIR)$(bindir)/$$t || exit 1; done
	install -m 644 $(O)/libftrace.a $(DESTDIR)$(libdir)
	$(if $(STATIC)$(SAN),,install -m 755 $(O)/libftrace.so $(DESTDIR)$(libdir)/libftrace.so.$(SOVERSION))
	$(if $(STATIC)$(SAN),,ln -sf libftrace.so.$(SOVERSION) $(DESTDIR)$(libdir)/libftrace.so)
	install -m 644 $(O)/libftrace.pc $(DESTDIR)$(libdir)/pkgconfig
	install -m 644 $(wildcard include/ftrace/*.h) $(DESTDIR)$(incdir)/ftrace
	for n in 3 7 8; do install -m 644 man/*.$$n $(DESTDIR)$(mandir)/man$$n || exit 1; done
	for a in $(aliases); do ln -sf $${a#*:}.8 $(DESTDIR)$(mandir)/man8/$${a%:*}.8 || exit 1; done

uninstall:
	rm -f $(addprefix $(DESTDIR)$(bindir)/,ftrace-tools $(tools) $(second))
	rm -f $(addprefix $(DESTDIR)$(libdir)/,libftrace.a libftrace.so libftrace.so.$(SOVERSION) pkgconfig/libftrace.pc)
	rm -f $(addprefix $(DESTDIR)$(incdir)/ftrace/,$(notdir $(wildcard include/ftrace/*.h)))
	rm -f $(foreach n,3 7 8,$(addprefix $(DESTDIR)$(mandir)/man$(n)/,$(notdir $(wildcard man/*.$(n)))))
	rm -f $(addprefix $(DESTDIR)$(mandir)/man8/,$(addsuffix .8,$(second)))
	-rmdir $(DESTDIR)$(incdir)/ftrace

clean:
	rm -rf $(O)

help:
	@echo 'Targets:'
	@echo '  all (default)  $$(O)/ftrace-tools, libftrace.a, libftrace.so'
	@echo '  check          everything: both compilers, sanitizers, lint, unit, cli and VM tests'
	@echo '  check-unit     unit tests of the library'
	@echo '  check-cli      messages, exit statuses, -h against the man pages'
	@echo '  check-vm       the tools on real kernels under QEMU  [KERNEL="5.10 6.1 6.12"] [T=funcgraph]'
	@echo '  vm-shell       a shell in the test VM  [KERNEL=6.1]'
	@echo '  demo           install what is needed, build, show funcgraph at work'
	@echo '  bench          measurements, against perf-tools and others  [B="decode functrace"]'
	@echo '  deps           install what building and testing needs'
	@echo '  install, uninstall, clean'
	@echo 'Variables: O=build PREFIX=/usr/local DESTDIR= STATIC=1 SAN=address,undefined V=1 WERROR=1 CC= CFLAGS='

-include $(shell find $(O) -type f -name '*.d' 2>/dev/null)
