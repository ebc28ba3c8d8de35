/*
 * What the machine can do: the loop of src/node-dgram-ext/tcp-pool.ts in C, as its yardstick. Asks TCP ports of one IPv4
 * address with sockets that are used again and again, and prints how many were refused, connected and silent, and the
 * processor time of the process in milliseconds.
 *
 * Arguments: the address, the first port, how many ports, and how many sockets.
 */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <linux/errqueue.h>
#include <netinet/in.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#define EVENTS 512
#define SILENT_MS 150

static struct sockaddr_in target = { .sin_family = AF_INET };
static const struct sockaddr nowhere = { .sa_family = AF_UNSPEC };
static int *fds, *asked, *idle, idle_count, opened, limit, poller;
static long refused, connected, failed;

static int open_socket(void)
{
	int on = 1, fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	struct epoll_event event = { .events = EPOLLIN | EPOLLOUT | EPOLLET, .data.u32 = (uint32_t)opened };
	if (fd < 0 || setsockopt(fd, IPPROTO_IP, IP_RECVERR, &on, sizeof on) < 0 ||
	    epoll_ctl(poller, EPOLL_CTL_ADD, fd, &event) < 0) {
		perror("socket");
		exit(1);
	}
	fds[opened] = fd;
	return opened++;
}

/* Reads what the error queue holds, as the pool does with each verdict. */
static void drain(int fd)
{
	char control[512], payload[64];
	struct iovec part = { payload, sizeof payload };
	struct mmsghdr message = { .msg_hdr = { .msg_iov = &part, .msg_iovlen = 1 } };
	do {
		message.msg_hdr.msg_control = control;
		message.msg_hdr.msg_controllen = sizeof control;
	} while (recvmmsg(fd, &message, 1, MSG_ERRQUEUE | MSG_DONTWAIT, NULL) > 0);
}

static int ask(int socket)
{
	target.sin_port = htons((uint16_t)asked[socket]);
	return connect(fds[socket], (struct sockaddr *)&target, sizeof target) == 0 ? 0 : errno;
}

static void conclude(int socket, int result)
{
	if (result == EALREADY || result == EINPROGRESS) {
		drain(fds[socket]);
		return;
	}
	if (result == 0 || result == EISCONN) {
		connect(fds[socket], &nowhere, sizeof nowhere);
		connected++;
	} else {
		drain(fds[socket]);
		if (result == ECONNREFUSED)
			refused++;
		else
			failed++;
	}
	asked[socket] = 0;
	idle[idle_count++] = socket;
}

static int step(int timeout_ms)
{
	struct epoll_event events[EVENTS];
	int count = epoll_wait(poller, events, EVENTS, timeout_ms);
	for (int each = 0; each < count; each++) {
		int socket = (int)events[each].data.u32;
		if (asked[socket] != 0)
			conclude(socket, ask(socket));
	}
	return count;
}

int main(int argc, char **argv)
{
	if (argc != 5 || inet_pton(AF_INET, argv[1], &target.sin_addr) != 1) {
		fprintf(stderr, "usage: connect-loop ADDRESS FIRST COUNT SOCKETS\n");
		return 2;
	}
	int first = atoi(argv[2]), count = atoi(argv[3]);
	limit = atoi(argv[4]);
	fds = calloc((size_t)limit, sizeof *fds);
	asked = calloc((size_t)limit, sizeof *asked);
	idle = calloc((size_t)limit, sizeof *idle);
	poller = epoll_create1(EPOLL_CLOEXEC);
	for (int port = first; port < first + count; port++) {
		while (idle_count == 0 && opened == limit)
			step(10);
		int socket = idle_count > 0 ? idle[--idle_count] : open_socket();
		asked[socket] = port;
		int result = ask(socket);
		if (result != EINPROGRESS)
			conclude(socket, result);
		if (port % 64 == 0)
			step(0);
	}
	while (idle_count < opened && step(SILENT_MS) > 0)
		;
	struct rusage used;
	getrusage(RUSAGE_SELF, &used);
	long cpu_ms = (used.ru_utime.tv_sec + used.ru_stime.tv_sec) * 1000 +
		      (used.ru_utime.tv_usec + used.ru_stime.tv_usec) / 1000;
	printf("%ld refused, %ld connected, %ld failed, %d silent, %ld ms\n", refused, connected, failed,
	       opened - idle_count, cpu_ms);
	return 0;
}
