/* Replaces libFuzzer: feeds the files in its arguments to a target, and names the one at which it failed. */
#include "fuzz.h"

#include <signal.h>
#include <stdio.h>
#include <unistd.h>

static const char *current;

/* assert() and the sanitizers print what is wrong; this prints the input. */
static void name_it(int sig)
{
	(void)!write(STDERR_FILENO, current, strlen(current));
	(void)!write(STDERR_FILENO, ": failed\n", 9);
	(void)signal(sig, SIG_DFL);
}

static void replay(const char *path)
{
	FILE *file = fopen(path, "rb");
	uint8_t *data;
	long size;

	if (!file || fseek(file, 0, SEEK_END) != 0 || (size = ftell(file)) < 0) {
		perror(path);
		exit(2);
	}
	rewind(file);
	/* No byte more, so that a read beyond the end is seen. */
	data = malloc((size_t)size);
	if ((size && !data) || fread(data, 1, (size_t)size, file) != (size_t)size) {
		perror(path);
		exit(2);
	}
	(void)fclose(file);
	current = path;
	(void)LLVMFuzzerTestOneInput(data, (size_t)size);
	free(data);
}

int main(int argc, char **argv)
{
	(void)signal(SIGABRT, name_it);
	for (int i = 1; i < argc; i++)
		replay(argv[i]);
	printf("%d inputs\n", argc - 1);
	return argc > 1 ? 0 : 2;
}
