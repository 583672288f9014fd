/* answers 1|2 [CALL...]: calls every function that the library interposes, or the CALLs, with each boundary
 * value of one argument, or of every two (answers_rows.h). Prints a line for each call: the result, errno if
 * it was touched, and which of the program's bytes were. The lines must be the same with the library and
 * without. A port of the kernel's choice is printed as "pp". Each call is made in a child of its own; if the
 * child dies, the line has the signal. Exits 1 if a function of hooks.def is not called. */
#include "answers.h"

#include <dlfcn.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "answers_rows.h"

enum { UNTOUCHED = 12345, FILL = 0xf5 };

typedef void function(void);

enum result { INT, SIZE, TEXTUAL, HOST, MODULE, NONE };

/* By their names in the object, as in hooks.h: headers declare some with types of their own. A ssize_t is
 * a long, or an int where that has 32 bits. */
#define HOOK(type, name, params) extern function asked_##name __asm__(#name) __attribute__((weak));
#include "../../shim/hooks/hooks.def"

static const struct {
	const char *name;
	function *function;
	enum result result;
} functions[] = {
#define HOOK(type, name, params) \
	{#name, asked_##name, _Generic((type *)NULL, int *: INT, in_addr_t *: INT, long *: SIZE, const char **: TEXTUAL, struct hostent **: HOST, void **: MODULE, void *: NONE)},
#include "../../shim/hooks/hooks.def"
};
enum { FUNCTIONS = sizeof functions / sizeof *functions, ROWS = sizeof rows / sizeof *rows };

/* The memory that is shown, and how. */
enum shown { BYTES, NUMBER, ADDRESS, STRING, PID };
#define SHOWN(field, how)                                                             \
	{                                                                             \
#field, offsetof(struct slots, field), sizeof memory.slots.field, how \
	}
static const struct {
	const char *name;
	size_t offset, size;
	enum shown how;
} parts_shown[] = {
    SHOWN(from, ADDRESS),
    SHOWN(to, ADDRESS),
    SHOWN(after, ADDRESS),
    SHOWN(room, NUMBER),
    SHOWN(data, BYTES),
    SHOWN(control, BYTES),
    SHOWN(message.msg_namelen, NUMBER),
    SHOWN(message.msg_controllen, NUMBER),
    SHOWN(message.msg_flags, NUMBER),
    SHOWN(messages[0].msg_hdr.msg_namelen, NUMBER),
    SHOWN(messages[0].msg_hdr.msg_controllen, NUMBER),
    SHOWN(messages[0].msg_hdr.msg_flags, NUMBER),
    SHOWN(messages[0].msg_len, NUMBER),
    SHOWN(messages[1], BYTES),
    SHOWN(fds, BYTES),
    SHOWN(in, BYTES),
    SHOWN(out, BYTES),
    SHOWN(urgent, BYTES),
    SHOWN(events, BYTES),
    SHOWN(request, BYTES),
    SHOWN(service, STRING),
    SHOWN(error, NUMBER),
    SHOWN(pid, PID),
    {"last16", PAGE - 16, 8, ADDRESS},
    {"last8", PAGE - 8, 8, ADDRESS},
};

static int most_varied;
static char before[PAGE];
static char *line; /* shared with the children */

__attribute__((format(printf, 1, 2))) static void say(const char *format, ...)
{
	va_list args;

	va_start(args, format);
	vsnprintf(line + strlen(line), PAGE - strlen(line), format, args);
	va_end(args);
}

static bool changed(size_t offset, size_t size)
{
	return memcmp(before + offset, memory.bytes + offset, size) != 0;
}

/* Whether byte AT belongs to a port of the kernel's choice, in an address at START. The fill is not the first
 * byte of one (ip_local_port_range); the program's own begin with 0x13. */
static bool of_port(size_t start, size_t at)
{
	unsigned char first = (unsigned char)memory.bytes[start + 2];

	return at - start >= 2 && at - start < 4 && changed(start + 2, 1) && first >= 0x80;
}

static void say_bytes(size_t offset, size_t size, bool address)
{
	size_t last = size;

	while (last && !changed(offset + last - 1, 1))
		last--;
	for (size_t i = 0; i < last; i++)
		if (address && of_port(offset, offset + i))
			say("pp");
		else if (changed(offset + i, 1))
			say("%02x", (unsigned char)memory.bytes[offset + i]);
		else
			say("..");
}

static void say_changes(void)
{
	for (size_t i = 0; i < sizeof parts_shown / sizeof *parts_shown; i++) {
		size_t offset = parts_shown[i].offset, size = parts_shown[i].size;
		int number, status;

		if (!changed(offset, size))
			continue;
		say(" %s=", parts_shown[i].name);
		memcpy(&number, memory.bytes + offset, sizeof number);
		if (parts_shown[i].how == NUMBER)
			say("%d", number);
		else if (parts_shown[i].how == STRING)
			say("\"%.*s\"", (int)size, memory.bytes + offset);
		else if (parts_shown[i].how == PID)
			say(waitpid(number, &status, 0) == number ? "child" : "nobody");
		else
			say_bytes(offset, size, parts_shown[i].how == ADDRESS);
	}
}

static void say_host(const struct hostent *entry)
{
	if (!entry) {
		say(" no entry");
		return;
	}
	say(" %s family %d length %d", entry->h_name, entry->h_addrtype, entry->h_length);
	for (int i = 0; entry->h_aliases[i]; i++)
		say(" alias %s", entry->h_aliases[i]);
	for (int i = 0; entry->h_addr_list[i]; i++)
		for (int j = 0; j < entry->h_length; j++)
			say("%s%d", j ? "." : " ", (unsigned char)entry->h_addr_list[i][j]);
}

static void say_list(const struct addrinfo *entry)
{
	for (; entry; entry = entry->ai_next) {
		const union address *a = (const union address *)entry->ai_addr;

		say(" [%x %d %d %d %u %s/%d%s%s]", (unsigned)entry->ai_flags, entry->ai_family,
		    entry->ai_socktype, entry->ai_protocol, (unsigned)entry->ai_addrlen, address_text(a),
		    address_port(a), entry->ai_canonname ? " " : "",
		    entry->ai_canonname ? entry->ai_canonname : "");
	}
}

static void say_result(enum result kind, long result)
{
	if (kind == INT)
		say(" = %d", (int)result);
	else if (kind == SIZE)
		say(" = %ld", result);
	else if (kind == TEXTUAL)
		say(" = %s", result == SLOT(text) ? memory.slots.text
			     : result == LAST(16) ? (char *)LAST(16)
			     : result             ? "?"
						  : "NULL");
	else if (kind == MODULE)
		say(" = %s", result ? "a module" : "NULL");
	else if (kind == HOST)
		say_host((const struct hostent *)result);
	if (errno != UNTOUCHED)
		say(" %s", error_name(errno));
}

/* A buffer for a host's entry: its contents are the C library's business, the bytes behind it are not. */
static void say_overrun(size_t size)
{
	for (size_t i = size; i < TEXT; i++)
		if (changed(offsetof(struct slots, text) + i, 1)) {
			say(" overrun");
			return;
		}
}

static const struct value *normal_of(const struct param *p)
{
	for (const struct value *v = p->values; v->name; v++)
		if (strcmp(v->name, p->normal) == 0)
			return v;
	die(p->normal);
	return NULL;
}

/* Whether the C library has the function: what it lacks the library may export all the same. */
static bool in_libc(const char *name)
{
	static void *libc;
	Dl_info info;

	if (!libc && dladdr((void *)(uintptr_t)&strtol, &info))
		libc = dlopen(info.dli_fname, RTLD_LAZY | RTLD_NOLOAD);
	return !libc || dlsym(libc, name);
}

/* Fills the memory and ARGUMENTS. */
static void prepare(const struct row *row, const struct value **chosen, long *arguments)
{
	int n = 0;

	for (const struct param *p = row->params; p->at || p->values; p++, chosen++) {
		long value;

		if (!p->values) {
			arguments[n++] = *(int *)p->at;
			continue;
		}
		value = (*chosen)->make ? (*chosen)->make((*chosen)->value) : (*chosen)->value;
		if (p->values == sockets || p->values == widened)
			the_fd = (int)value;
		if (p->at)
			memcpy(p->at, &value, p->size);
		else
			arguments[n++] = value;
	}
}

static void ask(const struct row *row, const struct value **chosen)
{
	/* All arguments are integers and pointers, which every Linux ABI passes as longs. */
	typedef long asked(long, long, long, long, long, long, long, long);
	long a[MOST_ARGUMENTS] = {0}, result;
	socklen_t len = sizeof memory.slots.after;
	size_t f = 0;

	while (f < FUNCTIONS && strcmp(functions[f].name, row->call) != 0)
		f++;
	if (f == FUNCTIONS)
		die(row->call);
	if (!functions[f].function || !in_libc(row->call)) {
		say(" absent");
		return;
	}
	prepare(row, chosen, a);
	memcpy(before, memory.bytes, PAGE);
	errno = UNTOUCHED;
	result = ((asked *)functions[f].function)(a[0], a[1], a[2], a[3], a[4], a[5], a[6], a[7]);
	say_result(functions[f].result, result);
	if (the_fd >= 0)
		(void)getsockname(the_fd, &memory.slots.after.any, &len);
	say_changes();
	if (changed(offsetof(struct slots, entry_result), sizeof memory.slots.entry_result))
		say_host(memory.slots.entry_result);
	if (changed(offsetof(struct slots, list), sizeof memory.slots.list))
		say_list(memory.slots.list);
	for (int i = 0; row->params[i].values; i++)
		if (row->params[i].values == host_sizes)
			say_overrun((size_t)chosen[i]->value);
}

static void ask_in_child(const struct row *row, const struct value **chosen)
{
	int status;
	pid_t child;

	printf("%s(", row->call);
	for (int i = 0, shown = 0; row->params[i].values || row->params[i].at; i++)
		if (row->params[i].values)
			printf("%s%s", shown++ ? ", " : "", chosen[i]->name);
	fflush(stdout);
	*line = '\0';
	child = fork();
	if (child == 0) {
		alarm(2);
		ask(row, chosen);
		_exit(0);
	}
	if (waitpid(child, &status, 0) != child)
		die("waitpid");
	/* A spawned program holds descriptors that would be in the next call's way. */
	while (wait(NULL) > 0)
		continue;
	printf(")%s", line);
	if (WIFSIGNALED(status))
		printf(" signal %d", WTERMSIG(status));
	else if (WEXITSTATUS(status))
		printf(" exit %d", WEXITSTATUS(status));
	putchar('\n');
}

/* Every value of two arguments; those after I have their normal values. LEFT more may differ. */
static void vary(const struct row *row, const struct value **chosen, int i, int left)
{
	const struct param *p = &row->params[i];
	const struct value *normal;

	if (!p->values && !p->at) {
		ask_in_child(row, chosen);
		return;
	}
	normal = chosen[i] = p->values ? normal_of(p) : NULL;
	vary(row, chosen, i + 1, left);
	for (const struct value *v = left ? p->values : NULL; v && v->name; v++) {
		chosen[i] = v;
		if (v != normal && (!v->alone || left == most_varied))
			vary(row, chosen, i + 1, v->alone ? 0 : left - 1);
	}
	chosen[i] = normal;
}

static void *shared(void)
{
	void *page = mmap(NULL, PAGE, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);

	if (page == MAP_FAILED)
		die("mmap");
	return page;
}

static void set_up(void)
{
	const struct rlimit none = {0, 0};
	static char numbers_text[80][12];

	line = shared();
	memset(memory.bytes, FILL, PAGE);
	memory.slots.entry_result = NULL;
	memory.slots.list = NULL;
	memset(&memory.slots.hints, 0, sizeof memory.slots.hints);
	memset(&memory.slots.message, 0, sizeof memory.slots.message);
	memset(memory.slots.messages, 0, sizeof memory.slots.messages);
	for (int i = 0; i < 80; i++) {
		snprintf(numbers_text[i], sizeof numbers_text[i], "%d", i);
		every_option[i] = (struct value){numbers_text[i], i, NULL, false};
	}
	if (mprotect(memory.none, PAGE, PROT_NONE) || mprotect(memory.none_either, PAGE, PROT_NONE) ||
	    mprotect(memory.constant, PAGE, PROT_READ))
		die("mprotect");
	setrlimit(RLIMIT_CORE, &none);
	prctl(PR_SET_CHILD_SUBREAPER, 1);
	signal(SIGPIPE, SIG_IGN);
	if (!freopen("/dev/null", "r", stdin) || !freopen("/dev/null", "w", stderr))
		die("/dev/null");
}

static bool wanted(const char *call, char **calls)
{
	if (!*calls)
		return true;
	while (*calls && strcmp(*calls, call) != 0)
		calls++;
	return *calls;
}

int main(int argc, char **argv)
{
	int missing = 0;

	if (argc < 2)
		die("answers 1|2 [CALL...]");
	most_varied = atoi(argv[1]);
	set_up();
	for (size_t i = 0; i < ROWS; i++) {
		const struct value *chosen[MOST_PARAMS];

		if (wanted(rows[i].call, argv + 2))
			vary(&rows[i], chosen, 0, most_varied);
	}
	for (size_t f = 0; f < FUNCTIONS; f++) {
		size_t i = 0;

		while (i < ROWS && strcmp(rows[i].call, functions[f].name) != 0)
			i++;
		/* The names for a 64-bit time_t are other names of the same (shim/hooks/time64.c). */
		if (i == ROWS && strncmp(functions[f].name, "__", 2) == 0 && strstr(functions[f].name, "64"))
			continue;
		if (i == ROWS) {
			printf("nobody asks %s()\n", functions[f].name);
			missing = 1;
		}
	}
	return missing;
}
