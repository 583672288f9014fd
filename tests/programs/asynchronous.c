/* asynchronous NAME SLOW NOBODY: getaddrinfo_a() and its kin, in each way. NAME has an IPv4 address, SLOW is
 * not answered soon, NOBODY is unknown. Prints what is the same in each run. */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <netdb.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/time.h>

#ifdef __GLIBC__
static const struct addrinfo in = {.ai_family = AF_INET, .ai_socktype = SOCK_STREAM};
static pthread_t main_thread;
static sigset_t awaited;

static void say(const char *what, const struct gaicb *request)
{
	char text[INET_ADDRSTRLEN] = "none";
	const struct addrinfo *a = request->ar_result;

	if (a)
		inet_ntop(AF_INET, &((const struct sockaddr_in *)(const void *)a->ai_addr)->sin_addr, text,
			  sizeof text);
	printf("%s: %d, %s\n", what, gai_error((struct gaicb *)request), text);
}

static void called(union sigval value)
{
	size_t stack = 0;
	pthread_attr_t attributes;
	sigset_t blocked;

	pthread_getattr_np(pthread_self(), &attributes);
	pthread_attr_getstacksize(&attributes, &stack);
	pthread_attr_destroy(&attributes);
	pthread_sigmask(SIG_BLOCK, NULL, &blocked);
	printf("called in another thread: %d, with SIGTERM blocked: %d, its stack is small: %d\n",
	       !pthread_equal(main_thread, pthread_self()), sigismember(&blocked, SIGTERM), stack < 1 << 20);
	say("called with", value.sival_ptr);
	fflush(stdout);
	/* The signals that the main thread waits for must not come to this one. */
	pthread_sigmask(SIG_BLOCK, &awaited, NULL);
	pthread_kill(main_thread, SIGUSR2);
}

static void waited(struct gaicb *const each[3])
{
	struct gaicb *list[] = {each[0], NULL, each[1], each[2]};

	printf("wait: %d\n", getaddrinfo_a(GAI_WAIT, list, 4, NULL));
	say("number", each[0]);
	say("name", each[1]);
	say("nobody", each[2]);
	printf("none: %d\n", getaddrinfo_a(GAI_WAIT, list, 0, NULL));
	printf("all done: %d, %d\n", gai_suspend((const struct gaicb *const *)list, 4, NULL),
	       gai_cancel(each[1]));
}

static void notified(struct gaicb *name, pthread_attr_t *attributes)
{
	struct sigevent event = {.sigev_notify = SIGEV_THREAD, .sigev_value.sival_ptr = name};
	siginfo_t info;
	sigset_t set;
	int result;

	event.sigev_notify_function = called;
	event.sigev_notify_attributes = attributes;
	sigemptyset(&set);
	sigaddset(&set, SIGUSR2);
	result = getaddrinfo_a(GAI_NOWAIT, &name, 1, &event);
	/* The other thread prints first. */
	sigwaitinfo(&set, NULL);
	printf("thread: %d\n", result);
	event = (struct sigevent){
	    .sigev_notify = SIGEV_SIGNAL, .sigev_signo = SIGUSR1, .sigev_value.sival_ptr = name};
	sigaddset(&set, SIGUSR1);
	printf("signal: %d\n", getaddrinfo_a(GAI_NOWAIT, &name, 1, &event));
	if (sigwaitinfo(&set, &info) == SIGUSR1)
		printf("by SI_ASYNCNL: %d, from here: %d\n", info.si_code == SI_ASYNCNL,
		       info.si_pid == getpid());
	say("signalled", info.si_value.sival_ptr);
	event = (struct sigevent){.sigev_notify = SIGEV_SIGNAL, .sigev_signo = SIGUSR1};
	printf("signal for none: %d, ", getaddrinfo_a(GAI_NOWAIT, &name, 0, &event));
	printf("%d\n", sigwaitinfo(&set, &info) == SIGUSR1);
}

static void on_alarm(int number)
{
	(void)number;
}

static void suspended(struct gaicb *slow)
{
	const struct gaicb *const list[] = {slow, NULL};
	const struct sigaction action = {.sa_handler = on_alarm};
	const struct itimerval soon = {.it_value.tv_usec = 50000};
	const struct timespec soon_over = {0, 10000000}, long_time = {60, 0};

	printf("slow: %d\n", getaddrinfo_a(GAI_NOWAIT, &slow, 1, NULL));
	printf("timeout: %d\n", gai_suspend(list, 2, &soon_over));
	sigaction(SIGALRM, &action, NULL);
	setitimer(ITIMER_REAL, &soon, NULL);
	printf("interrupted: %d\n", gai_suspend(list, 2, &long_time));
	printf("in progress: %d, cancel: %d\n", gai_error(slow), gai_cancel(slow));
	printf("suspended: %d\n", gai_suspend(list, 2, NULL));
	say("slow", slow);
}

int main(int argc, char **argv)
{
	struct gaicb number = {.ar_name = "192.0.2.7", .ar_request = &in};
	struct gaicb name = {.ar_name = argv[1], .ar_request = &in},
		     slow = {.ar_name = argv[2], .ar_request = &in};
	struct gaicb nobody = {.ar_name = argv[3], .ar_request = &in}, *none = NULL;
	pthread_attr_t small;
	int result;

	if (argc != 4)
		return 2;
	main_thread = pthread_self();
	sigemptyset(&awaited);
	sigaddset(&awaited, SIGUSR1);
	sigaddset(&awaited, SIGUSR2);
	pthread_sigmask(SIG_BLOCK, &awaited, NULL);
	errno = 0;
	result = getaddrinfo_a(7, &none, 1, NULL);
	printf("no such mode: %d, %s\n", result, strerror(errno));
	waited((struct gaicb *[]){&number, &name, &nobody});
	pthread_attr_init(&small);
	pthread_attr_setdetachstate(&small, PTHREAD_CREATE_DETACHED);
	pthread_attr_setstacksize(&small, 256 << 10);
	notified(&name, NULL);
	notified(&name, &small);
	suspended(&slow);
	return 0;
}
#else
int main(void)
{
	puts("none");
	return 0;
}
#endif
