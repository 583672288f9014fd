# dualstack: the library, its launcher, their tests and their manual pages.
#   make            build/libdualstack.so, build/dualstack-run and build/dualstack-tool, which work in place
#   make demo       shows what they do
#   make check      runs every test; installs what they need first (NO_INSTALL=1: uses what is there)
#   make check-unit only the unit tests: no network, no root, nothing installed; needs cmocka
#   make fuzz       looks for inputs that break the parsers and tables, a minute for each (tests/fuzz/run)
#   make soak       the long form of the storms: a hundred thousand connections and so on, once or for SOAK_MINUTES=N
#   make bench      cost, compared with native servers and forwarders; instructions per call; time to connect, and its price
#   make lint       arrows between rooms, format, clang-tidy, cppcheck, shellcheck, manual pages
#   make install    respects PREFIX, DESTDIR and the GNU directory variables
#   make install-library, install-tool, install-launcher    its parts, for packages that are split
#   make BUILD=build32 CC='gcc -m32' install-library    adds the library for programs of another word size
#   make dist       build/dualstack-VERSION.tar.gz, of the last commit

# No other file names the version.
VERSION = 0.1.0

PREFIX ?= /usr/local
prefix ?= $(PREFIX)
exec_prefix ?= $(prefix)
bindir ?= $(exec_prefix)/bin
libdir ?= $(exec_prefix)/lib
datarootdir ?= $(prefix)/share
mandir ?= $(datarootdir)/man
docdir ?= $(datarootdir)/doc/dualstack
completionsdir ?= $(datarootdir)/bash-completion/completions
zshcompletionsdir ?= $(datarootdir)/zsh/site-functions
fishcompletionsdir ?= $(datarootdir)/fish/vendor_completions.d
sysconfdir ?= /etc
INSTALL ?= install

# A directory for each compiler.
BUILD ?= build
# What runs the unit tests of a cross build, such as qemu-aarch64 -L /usr/aarch64-linux-gnu.
EMULATOR ?=
# What ld.so(8) expands $LIB to in the programs of $(CC). auto: ask ld.so, or where it is that of another machine, the
# compiler; empty: nothing (musl).
LIB = auto

CFLAGS ?= -O2 -g
# How the launcher is linked, where there is a static C library; empty: like any other program.
STATIC ?= -static
# gcc brings the race detector's library; clang's is another package.
TSAN_CC ?= gcc
# -Werror: a warning of a compiler that we do not know yet is an error (CI asks for that).
WERROR ?=
WARNINGS = -Wall -Wextra -Wshadow -Wconversion -Wstrict-prototypes -Wmissing-prototypes -Wpointer-arith \
	-Wcast-qual -Wno-cast-qual -Wundef -Wno-psabi $(WERROR)
# Interposed functions are those of the C library's own time_t and off_t; some compilers (Debian's for armhf) think
# that headers are to name others (shim/hooks/time64.c).
OLD_TIME = -U_TIME_BITS -U_FILE_OFFSET_BITS
ALL_CFLAGS = -std=gnu11 $(WARNINGS) -fPIC -fvisibility=hidden -DSYSCONFDIR='"$(sysconfdir)"' \
	-Ishim -MMD -MP $(CFLAGS) $(OLD_TIME) -idirafter $(BUILD)/kernel
# now: else a function called first in a signal handler would be looked up there, under the loader's lock.
# noseparate-code, sort-section: fewer segments, and fewer pages of memory for each process (shim/base/large.h).
LIBRARY_LDFLAGS = -shared -Wl,-z,noseparate-code -Wl,--sort-section=name \
	-Wl,-soname,libdualstack.so -Wl,-z,now -Wl,-z,relro -Wl,-z,defs -Wl,-z,text \
	-Wl,--version-script,$(BUILD)/libdualstack.map -Wl,--as-needed

ifeq ($(V),1)
Q =
say =
else
Q = @
say = @printf '  %-7s %s\n' '$(1)' '$(2)';
endif

# The rooms of the library; shim/launcher is dualstack-run, shim/tool its helper, and shim/program is for both.
ROOMS = hooks server client resolver socket address config process base
SHIM = $(sort $(wildcard $(ROOMS:%=shim/%/*.c)))
OBJECTS = $(SHIM:%.c=$(BUILD)/%.o)
# The objects that unit tests and the helper link: all except the exported functions.
INNER = $(filter-out $(BUILD)/shim/hooks/%,$(OBJECTS))
TOOL = $(patsubst %.c,$(BUILD)/%.o,$(sort $(wildcard shim/program/*.c shim/tool/*.c shim/tool/*/*.c)))
TOOL_PARTS = $(filter-out $(BUILD)/shim/tool/main.o,$(TOOL))
LAUNCHER = $(patsubst %.c,$(BUILD)/%.o,$(filter-out shim/launcher/place.c,$(sort $(wildcard shim/launcher/*.c))))
# What the launcher needs of other rooms. It stands in front of every command, and links nothing else.
LAUNCHER_NEEDS = $(addprefix $(BUILD)/shim/,$(addsuffix .o,config/settings config/loader config/rules config/rules_parse \
	config/nat64_prefix base/log base/sockaddr resolver/route tool/fail tool/keep tool/bounded)) \
	$(patsubst %.c,$(BUILD)/%.o,$(sort $(wildcard shim/program/*.c)))
UNIT = $(patsubst %.c,$(BUILD)/%,$(sort $(wildcard tests/unit/*/test_*.c)))
# Test programs may export symbols, and convert: musl's CMSG_NXTHDR() and FD_SET() do.
PROGRAM_CFLAGS = $(filter-out -fvisibility=hidden -Wconversion $(OLD_TIME),$(ALL_CFLAGS))
PROGRAMS = $(patsubst %.c,$(BUILD)/%,$(sort $(wildcard tests/programs/*.c)))

all: $(BUILD)/libdualstack.so $(BUILD)/dualstack-run $(BUILD)/dualstack-tool $(BUILD)/installed/dualstack-run

# A glibc program into which the library brought musl's libc.so would not start. glibc's ld.so refuses a library
# with an ABI version (elf(5), EI_ABIVERSION), which musl ignores, and the program goes on without it.
IS_GLIBC = echo '\#include <features.h>' | $(CC) $(CPPFLAGS) $(CFLAGS) -E -dM -x c - | grep -q __GLIBC__

$(BUILD)/libdualstack.so: $(OBJECTS) $(BUILD)/libdualstack.map
	$(call say,LD,$@)$(CC) $(ALL_CFLAGS) $(LDFLAGS) $(LIBRARY_LDFLAGS) -o $@.new $(OBJECTS) -ldl -pthread
	@$(IS_GLIBC) || printf '\001' | dd of=$@.new bs=1 seek=8 conv=notrunc 2>/dev/null
	@mv $@.new $@

$(BUILD)/dualstack-tool: $(TOOL) $(INNER)
	$(call say,LD,$@)$(CC) $(ALL_CFLAGS) $(LDFLAGS) -o $@ $(TOOL) $(INNER) -ldl -pthread

# Changes only when the flags do, and then everything is built anew.
FLAGS = $(CC) $(CPPFLAGS) $(CFLAGS) $(LDFLAGS) $(sysconfdir)
$(BUILD)/flags: FORCE
	@mkdir -p $(@D)
	@echo '$(FLAGS)' | cmp -s - $@ || echo '$(FLAGS)' >$@
$(BUILD)/lib.given: FORCE
	@mkdir -p $(@D)
	@echo '$(LIB)' | cmp -s - $@ || echo '$(LIB)' >$@
FORCE:

# glibc's loader prints the directories that it searches; the last one is "/nonexistent/$LIB" expanded.
$(BUILD)/lib: Makefile $(BUILD)/flags $(BUILD)/lib.given
ifeq ($(LIB),auto)
	@echo 'int main(void) { return 0; }' >$@.c
	@$(CC) $(CFLAGS) $(LDFLAGS) -o $@.program $@.c
	@loader=$$(LC_ALL=C readelf -l $@.program | sed -n 's/.*program interpreter: \(.*\)\]/\1/p'); \
	LD_DEBUG=libs LD_LIBRARY_PATH='/nonexistent/$$LIB' $${loader:-false} --list $@.program 2>&1 | \
		sed -n 's|.*[:=]/nonexistent/\([^:[:space:]]*\)[[:space:]]*(LD_LIBRARY_PATH)$$|\1|p' | head -n 1 >$@
	@if ! [ -s $@ ] && $(IS_GLIBC); then \
		triplet=$$($(CC) $(CFLAGS) -print-multiarch 2>/dev/null) || triplet=; \
		other=$$($(CC) $(CFLAGS) -print-multi-os-directory 2>/dev/null) || other=; \
		case $$other in ../*) other=$${other#../};; *) other=lib;; esac; \
		echo "$${triplet:+lib/}$${triplet:-$$other}" >$@; \
		echo "make: ld.so of \"$(CC)\" can't be run here; \$$LIB is taken to be $$(cat $@) (else say LIB=)" >&2; \
	fi
	@rm -f $@.c $@.program
else
	@case '$(LIB)' in /* | ..* | */..* | *[!A-Za-z0-9/._-]*) \
		echo 'make: LIB: expected what ld.so expands $$LIB to, such as lib64, not "$(LIB)"' >&2; exit 1;; esac
	@echo '$(LIB)' >$@
endif

# Debian's musl-gcc(1) has no kernel headers, and must get none of glibc's with them. A compiler that has kernel
# headers looks at its own first.
$(BUILD)/kernel:
	@mkdir -p $@.new
	@ln -sfn /usr/include/linux $@.new/linux
	@ln -sfn /usr/include/asm-generic $@.new/asm-generic
	@asm=/usr/include/$$($(CC) -print-multiarch 2>/dev/null)/asm; [ -d "$$asm" ] || asm=/usr/include/asm; \
	ln -sfn "$$asm" $@.new/asm
	@mv $@.new $@

$(BUILD)/%.o: %.c Makefile $(BUILD)/flags | $(BUILD)/kernel
	@mkdir -p $(@D)
	$(call say,CC,$@)$(CC) $(CPPFLAGS) $(ALL_CFLAGS) -c -o $@ $<

# The functions of hooks.def, and no others.
$(BUILD)/libdualstack.map: shim/hooks/hooks.def Makefile
	@mkdir -p $(@D)
	$(call say,GEN,$@){ echo '{ global:'; \
	$(CC) $(CPPFLAGS) -include features.h -E -P -x c '-DHOOK(t,n,p)=n;' shim/hooks/hooks.def; \
	echo 'local: *; };'; } >$@.new && mv $@.new $@

# In place, the launcher finds the library beside itself; installed, in libdir. A static program starts in half
# the time; where there is no static C library, as under sanitizers, it is linked like any other.
define link-launcher
	$(call say,LD,$@)$(CC) $(ALL_CFLAGS) $(LDFLAGS) $(STATIC) -o $@ $^ -pthread 2>/dev/null || $(CC) $(ALL_CFLAGS) $(LDFLAGS) -o $@ $^ -pthread
endef

$(BUILD)/dualstack-run: $(BUILD)/shim/launcher/place.o $(LAUNCHER) $(LAUNCHER_NEEDS)
	$(link-launcher)

$(BUILD)/installed/dualstack-run: $(BUILD)/installed/place.o $(LAUNCHER) $(LAUNCHER_NEEDS)
	$(link-launcher)

$(BUILD)/installed/directory: FORCE
	@mkdir -p $(@D)
	@echo '$(libdir)/dualstack $(STATIC)' | cmp -s - $@ || echo '$(libdir)/dualstack $(STATIC)' >$@

$(BUILD)/installed/place.o: shim/launcher/place.c shim/launcher/launcher.h Makefile $(BUILD)/flags $(BUILD)/lib $(BUILD)/installed/directory | $(BUILD)/kernel
	$(call say,CC,$@)$(CC) $(CPPFLAGS) $(ALL_CFLAGS) -DPLACE_DIRECTORY='"$(libdir)/dualstack"' \
	-DPLACE_LIB="\"$$(cat $(BUILD)/lib)\"" -c -o $@ $<

$(BUILD)/shim/launcher/main.o: private ALL_CFLAGS += -DVERSION='"$(VERSION)"'

$(BUILD)/tests/unit/%: tests/unit/%.c $(INNER) $(TOOL_PARTS) Makefile $(BUILD)/flags | $(BUILD)/kernel
	@mkdir -p $(@D)
	$(call say,LD,$@)$(CC) $(CPPFLAGS) $(ALL_CFLAGS) $(LDFLAGS) $(OWN_LDFLAGS) -o $@ $< $(INNER) $(TOOL_PARTS) -lcmocka -ldl -pthread

# Not LDFLAGS, to which make adds nothing if its command line gives it.
$(BUILD)/tests/unit/process/test_inheritance: private OWN_LDFLAGS = -Wl,--wrap=access
$(BUILD)/tests/unit/address/test_reply_source: private OWN_LDFLAGS = -Wl,--wrap=clock_gettime
$(BUILD)/tests/unit/resolver/test_known_names: private OWN_LDFLAGS = -Wl,--wrap=clock_gettime

# The table of peers, built for the race detector.
$(BUILD)/tests/unit/address/threads_synthetic: tests/unit/address/threads_synthetic.c shim/address/synthetic.c shim/base/hash.c Makefile
	@mkdir -p $(@D)
	$(call say,LD,$@)$(TSAN_CC) -std=gnu11 $(WARNINGS) -g -O1 -fsanitize=thread -Ishim -o $@ \
	tests/unit/address/threads_synthetic.c shim/address/synthetic.c shim/base/hash.c -pthread

# For each fuzz target, the files that it tests, built for the sanitizers (synthetic.c and known_names.c it
# includes). With replay.c as main() it replays the kept inputs; with clang's libFuzzer it makes up others
# (tests/fuzz/run).
FUZZ_CC ?= $(TSAN_CC)
FUZZ_SANITIZE ?= address,undefined
FUZZ_MAIN ?= tests/fuzz/replay.c
FUZZERS = $(patsubst tests/fuzz/%.c,$(BUILD)/tests/fuzz/%,$(sort $(wildcard tests/fuzz/*/*.c)))

FUZZ_address/message = shim/address/message.c shim/base/memory.c shim/base/sockaddr.c shim/address/translate.c shim/address/synthetic.c shim/base/hash.c
FUZZ_tool/elf = shim/program/elf.c shim/program/script.c
FUZZ_process/inheritance = shim/process/inheritance.c shim/process/library.c shim/base/memory.c shim/base/log.c
FUZZ_resolver/known_names = shim/base/hash.c shim/resolver/scope.c shim/resolver/nat64.c shim/config/nat64_prefix.c
FUZZ_resolver/nat64 = shim/resolver/nat64.c shim/config/nat64_prefix.c
FUZZ_address/synthetic = shim/base/hash.c
FUZZ_config/rules = shim/config/settings.c shim/config/loader.c shim/config/rules.c shim/config/rules_parse.c shim/config/nat64_prefix.c \
	shim/base/sockaddr.c shim/base/log.c
FUZZ_tool/unit = $(addprefix shim/tool/,unit_name.c units/unit.c)
FUZZ_address/translate = shim/base/sockaddr.c shim/address/translate.c shim/address/synthetic.c shim/base/hash.c

$(BUILD)/tests/fuzz/%: tests/fuzz/%.c $(FUZZ_MAIN) $(wildcard shim/*/*.[ch] shim/*/*/*.[ch] tests/fuzz/*.h) Makefile
	@mkdir -p $(@D)
	$(call say,LD,$@)$(FUZZ_CC) -std=gnu11 $(WARNINGS) -g -O1 -fsanitize=$(FUZZ_SANITIZE) -fno-sanitize-recover=all \
	-Ishim -o $@ $< $(FUZZ_MAIN) $(FUZZ_$*)

fuzzers: $(FUZZERS)

# Its socket() is to be the library's, too.
$(BUILD)/tests/programs/meanwhile: private OWN_LDFLAGS = -rdynamic

$(BUILD)/tests/programs/%: tests/programs/%.c Makefile $(BUILD)/flags | $(BUILD)/kernel
	@mkdir -p $(@D)
	$(call say,LD,$@)$(CC) $(CPPFLAGS) $(PROGRAM_CFLAGS) $(LDFLAGS) $(OWN_LDFLAGS) -o $@ $< -ldl -pthread

$(BUILD)/tests/bench/%: tests/bench/%.c Makefile $(BUILD)/flags | $(BUILD)/kernel
	@mkdir -p $(@D)
	$(call say,LD,$@)$(CC) $(CPPFLAGS) $(PROGRAM_CFLAGS) $(LDFLAGS) -o $@ $<

# It tells valgrind where a case begins, and is not built without valgrind's header.
CALLS = $(if $(wildcard /usr/include/valgrind/callgrind.h),$(BUILD)/tests/bench/calls)

$(BUILD)/demo/%: demo/%.c Makefile $(BUILD)/flags | $(BUILD)/kernel
	@mkdir -p $(@D)
	$(call say,LD,$@)$(CC) $(CPPFLAGS) $(PROGRAM_CFLAGS) $(LDFLAGS) -o $@ $<

programs: $(PROGRAMS)

# Makes calls of the library fail: the sweep, and what is preloaded after the library. Needs glibc.
FAULTS = $(wildcard tests/faults/*.[ch] tests/faults/*.def)
$(BUILD)/tests/faults/sweep: $(FAULTS) Makefile $(BUILD)/flags | $(BUILD)/kernel
	@mkdir -p $(@D)
	$(call say,LD,$@)$(CC) $(CPPFLAGS) $(PROGRAM_CFLAGS) $(LDFLAGS) -o $@ $(filter-out tests/faults/inject.c,$(filter %.c,$(FAULTS))) -pthread
$(BUILD)/tests/faults/inject.so: $(FAULTS) Makefile $(BUILD)/flags | $(BUILD)/kernel
	@mkdir -p $(@D)
	$(call say,LD,$@)$(CC) $(CPPFLAGS) $(PROGRAM_CFLAGS) $(LDFLAGS) -shared -o $@ tests/faults/inject.c -ldl

faults: $(BUILD)/tests/faults/sweep $(BUILD)/tests/faults/inject.so

# demo/table needs this as well.
programs: $(BUILD)/demo/ask6

# The measuring programs, which make check runs in short. They need glibc.
measures: $(patsubst %,$(BUILD)/tests/bench/%,load server starts delay visit names questions) $(CALLS)

unit: $(UNIT)

demo: all $(BUILD)/demo/greet $(BUILD)/demo/visit $(BUILD)/demo/ask
	@BUILD='$(BUILD)' demo/run

check-unit:
	@BUILD='$(BUILD)' EMULATOR='$(EMULATOR)' tests/run unit

check:
	@BUILD='$(BUILD)' tests/run

soak: all programs faults
	@BUILD='$(BUILD)' tests/soak

bench: all measures
	@BUILD='$(BUILD)' tests/bench/run
	@BUILD='$(BUILD)' tests/bench/instructions
	@BUILD='$(BUILD)' tests/bench/connect
	@BUILD='$(BUILD)' tests/bench/names

fuzz:
	@BUILD='$(BUILD)' tests/fuzz/run

lint:
	@tests/lint

# umask: the modes do not depend on the user's. "set -e": a step that fails ends the recipe.
define install-library
	@set -e; umask 022; lib=$$(cat $(BUILD)/lib); to='$(DESTDIR)$(libdir)/dualstack'"$${lib:+/$$lib}"; \
	case '$(libdir)' in *[:[:space:]]*) \
		echo 'make install: $(libdir): LD_PRELOAD cannot name a path with a space or a colon (ld.so(8))' >&2; exit 1;; \
	esac; \
	$(INSTALL) -d "$$to"; \
	$(INSTALL) -m 644 $(BUILD)/libdualstack.so "$$to/libdualstack.so"
endef

define install-tool
	@set -e; umask 022; $(INSTALL) -d '$(DESTDIR)$(libdir)/dualstack'; \
	$(INSTALL) -m 755 $(BUILD)/dualstack-tool '$(DESTDIR)$(libdir)/dualstack/dualstack-tool'
endef

define install-launcher
	@set -e; umask 022; $(INSTALL) -d '$(DESTDIR)$(bindir)' '$(DESTDIR)$(completionsdir)' \
		'$(DESTDIR)$(zshcompletionsdir)' '$(DESTDIR)$(fishcompletionsdir)'; \
	$(INSTALL) -m 755 $(BUILD)/installed/dualstack-run '$(DESTDIR)$(bindir)/dualstack-run'; \
	$(INSTALL) -m 644 shim/completion.bash '$(DESTDIR)$(completionsdir)/dualstack-run'; \
	$(INSTALL) -m 644 shim/completion.zsh '$(DESTDIR)$(zshcompletionsdir)/_dualstack-run'; \
	$(INSTALL) -m 644 shim/completion.fish '$(DESTDIR)$(fishcompletionsdir)/dualstack-run.fish'
endef

comma = ,
# installed WORDS: what is where; $to is the library's file.
define installed
	@lib=$$(cat $(BUILD)/lib); to='$(DESTDIR)$(libdir)/dualstack'"$${lib:+/$$lib}/libdualstack.so"; echo "installed:$(1)"
endef

install-library: $(BUILD)/lib $(BUILD)/libdualstack.so
	$(install-library)
	$(call installed, $$to)

install-tool: $(BUILD)/dualstack-tool
	$(install-tool)
	$(call installed, $(DESTDIR)$(libdir)/dualstack/dualstack-tool)

install-launcher: $(BUILD)/installed/dualstack-run
	$(install-launcher)
	$(call installed, $(DESTDIR)$(bindir)/dualstack-run)

MANUALS = $(sort $(wildcard man/*.[1-9]))
EXAMPLES = $(sort $(wildcard demo/*.conf))
DOCUMENTS = README.md demo/README.md demo/changes.md demo/programs.md demo/services.md demo/table.md demo/table.svg
# A word of sed's: the right side of s|||.
literally = $(subst |,\|,$(subst &,\&,$(subst \,\\,$(1))))
# Documents name the paths of this installation, and lose their links to files of the repository that it lacks.
define document
document() { rm -f "$$2"; sed -e "s|/usr/local/lib/dualstack/[$$]LIB/|$(call literally,$(libdir)/dualstack)/$${lib:+\$$LIB/}|" \
	-e 's|/usr/local/bin/dualstack-run|$(call literally,$(bindir)/dualstack-run)|' \
	-e 's|/usr/local/lib/dualstack,|$(call literally,$(libdir)/dualstack),|' \
	-e 's|/etc/dualstack\.conf|$(call literally,$(sysconfdir)/dualstack.conf)|' \
	${foreach gone,man/ tests/ shim Makefile,-e 's|!*\[\([^]]*\)\](${gone}[^)]*)|\1|g'} "$$1" >"$$2"; }
endef

install: $(BUILD)/lib all
	$(install-library)
	$(install-tool)
	$(install-launcher)
	@set -e; umask 022; lib=$$(cat $(BUILD)/lib); $(document); \
	$(INSTALL) -d '$(DESTDIR)$(docdir)/demo' '$(DESTDIR)$(docdir)/examples'; \
	for file in $(MANUALS); do \
		$(INSTALL) -d '$(DESTDIR)$(mandir)'/man$${file##*.}; \
		document $$file '$(DESTDIR)$(mandir)'/man$${file##*.}/$${file##*/}; \
	done; \
	for file in $(DOCUMENTS); do document $$file '$(DESTDIR)$(docdir)'/$$file; done; \
	for file in $(EXAMPLES); do document $$file '$(DESTDIR)$(docdir)/examples'/$${file##*/}; done
	$(call installed, $(DESTDIR)$(bindir)/dualstack-run$(comma) $$to)
	$(call installed, pages in $(DESTDIR)$(mandir)$(comma) examples in $(DESTDIR)$(docdir))

# Of the directories, removes only the project's own, when they are empty.
define uninstall-library
	@lib=$$(cat $(BUILD)/lib); own='$(DESTDIR)$(libdir)/dualstack'; \
	rm -f "$$own$${lib:+/$$lib}/libdualstack.so"; \
	[ -z "$$lib" ] || (cd "$$own" && rmdir -p "$$lib") 2>/dev/null; \
	rmdir "$$own" 2>/dev/null || true
endef

uninstall-library: $(BUILD)/lib
	$(uninstall-library)

uninstall: $(BUILD)/lib
	@rm -f '$(DESTDIR)$(bindir)/dualstack-run' '$(DESTDIR)$(libdir)/dualstack/dualstack-tool' \
		'$(DESTDIR)$(completionsdir)/dualstack-run' '$(DESTDIR)$(zshcompletionsdir)/_dualstack-run' \
		'$(DESTDIR)$(fishcompletionsdir)/dualstack-run.fish'; \
	for file in $(DOCUMENTS); do rm -f '$(DESTDIR)$(docdir)'/$$file; done; \
	for file in $(MANUALS); do rm -f '$(DESTDIR)$(mandir)'/man$${file##*.}/$${file##*/}; done; \
	for file in $(EXAMPLES); do rm -f '$(DESTDIR)$(docdir)/examples'/$${file##*/}; done; \
	rmdir '$(DESTDIR)$(docdir)/examples' '$(DESTDIR)$(docdir)/demo' '$(DESTDIR)$(docdir)' 2>/dev/null || true
	$(uninstall-library)

# One commit always gives the same bytes: git-archive(1) takes the commit's time, gzip none.
NAME = dualstack-$(VERSION)
GIT = git -c safe.directory='$(CURDIR)' -c tar.umask=0022 -c core.autocrlf=false
dist:
	@[ -e .git ] && $(GIT) rev-parse -q --verify HEAD >/dev/null 2>&1 || { \
		echo 'make dist: needs git and a clone of the repository: it packs what is committed' >&2; exit 1; }
	@mkdir -p $(BUILD)
	$(call say,DIST,$(BUILD)/$(NAME).tar.gz)$(GIT) archive --format=tar --prefix=$(NAME)/ -o $(BUILD)/$(NAME).tar HEAD && \
	gzip -9nf $(BUILD)/$(NAME).tar

clean:
	rm -rf $(BUILD)

.PHONY: FORCE all programs measures faults unit fuzzers demo check check-unit soak fuzz bench lint install install-library install-tool install-launcher uninstall uninstall-library dist clean
.SECONDARY:

-include $(wildcard $(BUILD)/shim/*/*.d $(BUILD)/shim/*/*/*.d $(BUILD)/tests/*/*.d $(BUILD)/tests/unit/*/*.d $(BUILD)/demo/*.d)
