# dualstack: the library, its launcher, their tests and their manual pages.
#   make            build/libdualstack.so, build/dualstack-run and build/dualstack-tool, which work in place
#   make demo       shows what they do
#   make check      installs what the tests need (NO_INSTALL=1: uses what is there), runs every test
#   make bench      datagrams per second, beside native servers; time to connect
#   make lint       format, clang-tidy, cppcheck, shellcheck, manual pages
#   make install    PREFIX, DESTDIR and the GNU directory variables are respected

VERSION = 0.1.0

PREFIX ?= /usr/local
prefix ?= $(PREFIX)
exec_prefix ?= $(prefix)
bindir ?= $(exec_prefix)/bin
libdir ?= $(exec_prefix)/lib
datarootdir ?= $(prefix)/share
mandir ?= $(datarootdir)/man
INSTALL ?= install

CFLAGS ?= -O2 -g
# gcc brings the race detector's library with it; clang's is another package.
TSAN_CC ?= gcc
WERROR ?= -Werror
WARNINGS = -Wall -Wextra -Wshadow -Wconversion -Wstrict-prototypes -Wmissing-prototypes -Wpointer-arith \
	-Wcast-qual -Wno-cast-qual -Wundef $(WERROR)
ALL_CFLAGS = -std=gnu11 $(WARNINGS) -fPIC -fvisibility=hidden -DDUALSTACK_VERSION='"$(VERSION)"' -MMD -MP $(CFLAGS)
# now: a function that is looked up when first called, in a signal handler, would take the loader's lock.
LIBRARY_LDFLAGS = -shared -Wl,-soname,libdualstack.so -Wl,-z,now -Wl,-z,relro -Wl,-z,defs -Wl,-z,text \
	-Wl,--version-script,build/libdualstack.map -Wl,--as-needed

ifeq ($(V),1)
Q =
say =
else
Q = @
say = @printf '  %-7s %s\n' '$(1)' '$(2)';
endif

SHIM = $(sort $(wildcard shim/*.c))
OBJECTS = $(SHIM:%.c=build/%.o)
# What can be tested without being preloaded: all but the exported functions.
INNER = $(filter-out build/shim/preload%,$(OBJECTS))
TOOL = $(patsubst %.c,build/%.o,$(sort $(wildcard shim/tool/*.c)))
UNIT = $(patsubst %.c,build/%,$(sort $(wildcard tests/unit/test_*.c)))
PROGRAMS = $(patsubst %.c,build/%,$(sort $(wildcard tests/programs/*.c)))

all: build/libdualstack.so build/dualstack-run build/dualstack-tool

build/libdualstack.so: $(OBJECTS) build/libdualstack.map
	$(call say,LD,$@)$(CC) $(ALL_CFLAGS) $(LDFLAGS) $(LIBRARY_LDFLAGS) -o $@ $(OBJECTS) -ldl

build/dualstack-tool: $(TOOL) $(INNER)
	$(call say,LD,$@)$(CC) $(ALL_CFLAGS) $(LDFLAGS) -o $@ $(TOOL) $(INNER) -ldl -pthread

# Other flags, another build: the file changes only when they do.
build/flags: FORCE
	@mkdir -p $(@D)
	@echo '$(CC) $(CPPFLAGS) $(CFLAGS) $(LDFLAGS)' | cmp -s - $@ || echo '$(CC) $(CPPFLAGS) $(CFLAGS) $(LDFLAGS)' >$@
FORCE:

build/shim/tool/%.o: ALL_CFLAGS += -Ishim

build/%.o: %.c Makefile build/flags
	@mkdir -p $(@D)
	$(call say,CC,$@)$(CC) $(CPPFLAGS) $(ALL_CFLAGS) -c -o $@ $<

# The functions named in hooks.def, and no others.
build/libdualstack.map: shim/hooks.def Makefile
	@mkdir -p $(@D)
	$(call say,GEN,$@){ echo '{ global:'; \
	$(CC) -E -P -x c '-DHOOK(t,n,p)=n;' '-DOPTIONAL(t,n,p)=n;' '-DEXPORTED(t,n,p)=n;' shim/hooks.def; \
	echo 'local: *; };'; } >$@.new && mv $@.new $@

# In place, the launcher finds the library beside itself; installed, where it was installed.
build/dualstack-run: shim/dualstack-run Makefile
	@mkdir -p $(@D)
	$(call say,GEN,$@)sed -e 's|@VERSION@|$(VERSION)|' -e 's|@LIBRARY@||' shim/dualstack-run >$@.new && \
	chmod 755 $@.new && mv $@.new $@

build/tests/unit/%: tests/unit/%.c $(INNER) $(filter-out build/shim/tool/main.o,$(TOOL)) Makefile build/flags
	@mkdir -p $(@D)
	$(call say,LD,$@)$(CC) $(CPPFLAGS) $(ALL_CFLAGS) -Ishim $(LDFLAGS) -o $@ $< $(INNER) $(filter-out build/shim/tool/main.o,$(TOOL)) -lcmocka -ldl -pthread

build/tests/unit/test_heir: LDFLAGS += -Wl,--wrap=access
build/tests/unit/test_names: LDFLAGS += -Wl,--wrap=clock_gettime

# The table of peers once more, for the race detector.
build/tests/unit/threads_peers: tests/unit/threads_peers.c shim/peers.c shim/hash.c Makefile
	@mkdir -p $(@D)
	$(call say,LD,$@)$(TSAN_CC) -std=gnu11 $(WARNINGS) -g -O1 -fsanitize=thread -Ishim -o $@ \
	tests/unit/threads_peers.c shim/peers.c shim/hash.c -pthread

build/tests/programs/%: tests/programs/%.c Makefile build/flags
	@mkdir -p $(@D)
	$(call say,LD,$@)$(CC) $(CPPFLAGS) $(filter-out -fvisibility=hidden,$(ALL_CFLAGS)) $(LDFLAGS) -o $@ $< -pthread

build/tests/bench/%: tests/bench/%.c Makefile build/flags
	@mkdir -p $(@D)
	$(call say,LD,$@)$(CC) $(CPPFLAGS) $(filter-out -fvisibility=hidden,$(ALL_CFLAGS)) $(LDFLAGS) -o $@ $<

build/demo/%: demo/%.c Makefile build/flags
	@mkdir -p $(@D)
	$(call say,LD,$@)$(CC) $(CPPFLAGS) $(filter-out -fvisibility=hidden,$(ALL_CFLAGS)) $(LDFLAGS) -o $@ $<

programs: $(PROGRAMS)

unit: $(UNIT) build/tests/unit/threads_peers

demo: all build/demo/greet build/demo/visit build/demo/ask
	@demo/run

check:
	@tests/run

bench: all build/tests/bench/udp_rate build/tests/programs/blocks
	@tests/bench/udp
	@tests/bench/connect

lint:
	@tests/lint

install: all
	$(INSTALL) -d '$(DESTDIR)$(bindir)' '$(DESTDIR)$(libdir)/dualstack' '$(DESTDIR)$(mandir)/man1' \
		'$(DESTDIR)$(mandir)/man7'
	$(INSTALL) -m 755 build/dualstack-tool '$(DESTDIR)$(libdir)/dualstack/dualstack-tool'
	sed -e 's|@VERSION@|$(VERSION)|' -e 's|@LIBRARY@|$(libdir)/dualstack/libdualstack.so|' \
		shim/dualstack-run >'$(DESTDIR)$(bindir)/dualstack-run'
	chmod 755 '$(DESTDIR)$(bindir)/dualstack-run'
	$(INSTALL) -m 644 build/libdualstack.so '$(DESTDIR)$(libdir)/dualstack/libdualstack.so'
	$(INSTALL) -m 644 man/dualstack-run.1 '$(DESTDIR)$(mandir)/man1/dualstack-run.1'
	$(INSTALL) -m 644 man/dualstack.7 '$(DESTDIR)$(mandir)/man7/dualstack.7'

uninstall:
	rm -f '$(DESTDIR)$(bindir)/dualstack-run' '$(DESTDIR)$(libdir)/dualstack/libdualstack.so' \
		'$(DESTDIR)$(libdir)/dualstack/dualstack-tool' \
		'$(DESTDIR)$(mandir)/man1/dualstack-run.1' '$(DESTDIR)$(mandir)/man7/dualstack.7'
	-rmdir '$(DESTDIR)$(libdir)/dualstack' 2>/dev/null

clean:
	rm -rf build

.PHONY: FORCE all programs unit demo check bench lint install uninstall clean
.SECONDARY:

-include $(wildcard build/shim/*.d build/shim/*/*.d build/tests/*/*.d build/demo/*.d)
