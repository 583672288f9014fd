/* The environment of a program that inherits a widened socket. */
#define _GNU_SOURCE
#include "../unit.h"

#include <stdlib.h>
#include <unistd.h>

#include "base/real.h"
#include "config/config.h"
#include "process/inheritance.h"
#include "process/library.h"
#include "server/widen.h"
#include "socket/descriptors.h"

/* Completes the environment, if needed, and compares it with EXPECTED, sorted or not. */
static bool complete(char *const envp[], bool cloexec_too, char ***made)
{
	static char *slots[64], text[8192];
	struct inheritance need;

	if (!inheritance_needs(envp, descriptors_inherit_mark, cloexec_too, &need))
		return false;
	assert_in_range(need.slots, 1, 64);
	assert_in_range(need.size, 1, sizeof text);
	memset(slots, 0x55, sizeof slots);
	memset(text, 0x55, sizeof text);
	inheritance_environment(envp, slots, text);
	/* It fits the size that was asked for. */
	assert_int_equal((unsigned char)text[need.size], 0x55);
	assert_int_equal(((unsigned char *)&slots[need.slots])[0], 0x55);
	*made = slots;
	return true;
}

static const char *value(char **env, const char *name)
{
	const char *found = NULL;
	size_t size = strlen(name);

	for (; *env; env++)
		if (strncmp(*env, name, size) == 0 && (*env)[size] == '=') {
			assert_null(found); /* once */
			found = *env + size + 1;
		}
	return found;
}

static int widened(int flags)
{
	const struct sockaddr_in6 any = {.sin6_family = AF_INET6};
	int fd = socket(AF_INET, SOCK_STREAM | flags, 0);

	need_socket_options();
	assert_int_equal(widen(fd, &any, false), 0);
	return fd;
}

static void inherits_none(void **state)
{
	char *const env[] = {"PATH=/bin", NULL};
	char **made;
	int plain = socket(AF_INET, SOCK_STREAM, 0), closing = widened(SOCK_CLOEXEC);

	(void)state;
	assert_false(complete(env, false, &made));
	assert_false(complete(NULL, false, &made));
	/* posix_spawn()'s file actions may hand it on. */
	assert_true(complete(env, true, &made));
	close(plain);
	close(closing);
}

static void inherits_one(void **state)
{
	static const struct {
		char *const env[4];
		const char *preload;
	} cases[] = {
	    {{"PATH=/bin", NULL}, "/where/libdualstack.so"},
	    {{"LD_PRELOAD=", "PATH=/bin", NULL}, "/where/libdualstack.so"},
	    {{"LD_PRELOAD=/x/libother.so", "PATH=/bin", NULL}, "/where/libdualstack.so:/x/libother.so"},
	    {{"PATH=/bin", "LD_PRELOAD=/x/notlibdualstack.so", NULL},
	     "/where/libdualstack.so:/x/notlibdualstack.so"},
	    {{"PATH=/bin", "LD_PRELOAD=/x/a.so:/y/libdualstack.so", NULL}, "/x/a.so:/y/libdualstack.so"},
	    {{"PATH=/bin", "LD_PRELOAD=libdualstack.so b.so", NULL}, "libdualstack.so b.so"},
	};
	int fd = widened(0);
	char **made;

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		assert_true(complete(cases[i].env, false, &made));
		assert_string_equal(value(made, "LD_PRELOAD"), cases[i].preload);
		assert_string_equal(value(made, "PATH"), "/bin");
		assert_string_equal(value(made, "DUALSTACK_KEY"), "00");
		assert_null(value(made, "DUALSTACK_LOG"));
	}
	assert_true(complete(NULL, false, &made));
	assert_string_equal(value(made, "LD_PRELOAD"), "/where/libdualstack.so");
	close(fd);
}

/* What the program itself sets holds. */
static void keeps(void **state)
{
	char *const env[] = {"DUALSTACK_KEY=ff", "DUALSTACK_SETTINGS=", "LD_PRELOAD=/y/libdualstack.so",
			     NULL};
	char *const own_key[] = {"DUALSTACK_KEY=ff", NULL};
	int fd = widened(0);
	char **made;

	(void)state;
	assert_false(complete(env, false, &made));
	assert_true(complete(own_key, false, &made));
	assert_string_equal(value(made, "DUALSTACK_KEY"), "ff");
	close(fd);
}

/* Loaders differ in which of two they take, so only one is left, ours. */
static void preload_twice(void **state)
{
	char *const env[] = {"LD_PRELOAD=/y/libdualstack.so", "LD_PRELOAD=/x/other.so", NULL};
	char *const both[] = {"LD_PRELOAD=/y/libdualstack.so", "LD_PRELOAD=libdualstack.so",
			      "DUALSTACK_KEY=ff", "DUALSTACK_SETTINGS=", NULL};
	int fd = widened(0);
	char **made;

	(void)state;
	assert_true(complete(env, false, &made));
	assert_string_equal(value(made, "LD_PRELOAD"), "/where/libdualstack.so:/y/libdualstack.so");
	assert_false(complete(both, false, &made));
	close(fd);
}

static void gives_up(void **state)
{
	char *const env[] = {"PATH=/bin", NULL};
	int fd = widened(0);
	char **made;

	(void)state;
	library.file = "/nonexistent/libdualstack.so";
	assert_false(complete(env, false, &made));
	library.file = "/where/libdualstack.so";
	assert_true(complete(env, false, &made));
	library.entry = "";
	assert_false(complete(env, false, &made));
	config.active = false;
	assert_false(complete(env, false, &made));
	close(fd);
}

/* A program of the other word size has another library, found by $LIB. The one of this word size can be
 * checked. */
static void by_word_size(void **state)
{
	char *const env[] = {"PATH=/bin", "LD_PRELOAD=/x/other.so", NULL};
	int fd = widened(0);
	char **made;

	(void)state;
	library.entry = "/where/$LIB/libdualstack.so";
	assert_true(complete(env, false, &made));
	assert_string_equal(value(made, "LD_PRELOAD"), "/where/$LIB/libdualstack.so:/x/other.so");
	library.file = "/nonexistent/libdualstack.so";
	assert_false(complete(env, false, &made));
	close(fd);
}

static void entries(void **state)
{
	static const char file[] = "/where/lib/x86/libdualstack.so";
	static const struct {
		const char *preload, *entry;
	} cases[] = {
	    {"/where/$LIB/libdualstack.so", "/where/$LIB/libdualstack.so"},
	    {"/where/${LIB}/libdualstack.so", "/where/${LIB}/libdualstack.so"},
	    {"/x/$LIB/a.so:/where/$LIB/libdualstack.so:b.so", "/where/$LIB/libdualstack.so"},
	    {" : b.so  /where/$LIB/libdualstack.so ", "/where/$LIB/libdualstack.so"},
	    {"/$LIB/libdualstack.so", "/$LIB/libdualstack.so"},
	    /* Another copy, which ld.so did not find; an entry without $LIB; none. */
	    {"/elsewhere/$LIB/libdualstack.so", NULL},
	    {"/where/lib/x86/libdualstack.so", NULL},
	    {"where/$LIB/libdualstack.so", NULL},
	    {"/where/$LIBRARY/libdualstack.so", NULL},
	    {"/where/${LIB/libdualstack.so", NULL},
	    {"/where/$PLATFORM/libdualstack.so", NULL},
	    {"/where/$LIB/x86/libdualstack.so.1", NULL},
	    {"/where/lib/x86/$LIB/libdualstack.so", NULL},
	    {"/where/$LIB", NULL},
	    {"/where/$", NULL},
	    {"$LIB", NULL},
	    {"", NULL},
	    {NULL, NULL},
	};
	static char entry[PATH_MAX], endless[2 * PATH_MAX];

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		bool found = library_find_entry(cases[i].preload, file, entry);

		assert_int_equal(found, cases[i].entry != NULL);
		if (found)
			assert_string_equal(entry, cases[i].entry);
	}
	memset(endless, '/', sizeof endless - 1);
	memcpy(endless + PATH_MAX, "$LIB", 4);
	assert_false(library_find_entry(endless, endless, entry));
}

/* access() must find a library there. */
static int with_library(void **state)
{
	(void)state;
	config.active = true;
	config.variables[CONFIG_KEY] = "DUALSTACK_KEY=00";
	config.variables[CONFIG_SETTINGS] = "DUALSTACK_SETTINGS=";
	library.file = "/where/libdualstack.so";
	library.entry = "/where/libdualstack.so";
	return 0;
}

int __wrap_access(const char *path, int mode);
int __wrap_access(const char *path, int mode)
{
	(void)mode;
	return strcmp(path, "/where/libdualstack.so") == 0 ? 0 : -1;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test_setup(inherits_none, with_library),
	    cmocka_unit_test_setup(inherits_one, with_library),
	    cmocka_unit_test_setup(keeps, with_library),
	    cmocka_unit_test_setup(preload_twice, with_library),
	    cmocka_unit_test_setup(gives_up, with_library),
	    cmocka_unit_test_setup(by_word_size, with_library),
	    cmocka_unit_test(entries),
	};

	real_load();
	return cmocka_run_group_tests_name("inheritance", tests, NULL, NULL);
}
