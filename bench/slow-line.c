/*
 * A long, lossy line: holds back whatever is routed into a TUN device, both ways alike, and loses some of it. For
 * kernels without netem; test/lab/delay.py does the same for a few packets, this one for 100,000 a second.
 *
 * Arguments: the name of the device, the delay in milliseconds, and how many of 1,000,000 packets are lost.
 */
#define _GNU_SOURCE
#include <fcntl.h>
#include <linux/if.h>
#include <linux/if_tun.h>
#include <poll.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <time.h>
#include <unistd.h>

/* Power of two; what arrives while all of it is held is lost too. */
#define HELD_MAX 65536
#define PACKET_MAX 2048

struct held {
	uint64_t due_ns;
	uint16_t length;
	unsigned char bytes[PACKET_MAX];
};

static uint64_t now_ns(void)
{
	struct timespec now;
	clock_gettime(CLOCK_MONOTONIC, &now);
	return (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec;
}

/* xorshift32 (Marsaglia 2003): the same packets of a run are lost in each run. */
static uint32_t next_random(void)
{
	static uint32_t state = 2463534242u;
	state ^= state << 13;
	state ^= state >> 17;
	state ^= state << 5;
	return state;
}

static int open_device(const char *name)
{
	struct ifreq request;
	int tun = open("/dev/net/tun", O_RDWR | O_NONBLOCK);
	if (tun < 0)
		return -1;
	memset(&request, 0, sizeof request);
	request.ifr_flags = IFF_TUN | IFF_NO_PI;
	strncpy(request.ifr_name, name, IFNAMSIZ - 1);
	return ioctl(tun, TUNSETIFF, &request) < 0 ? -1 : tun;
}

int main(int argc, char **argv)
{
	if (argc != 4) {
		fprintf(stderr, "usage: slow-line DEVICE DELAY_MS LOST_PER_MILLION\n");
		return 2;
	}
	int tun = open_device(argv[1]);
	if (tun < 0) {
		perror(argv[1]);
		return 1;
	}
	uint64_t delay_ns = strtoull(argv[2], NULL, 10) * 1000000u;
	uint32_t lost = (uint32_t)((double)strtoul(argv[3], NULL, 10) / 1e6 * UINT32_MAX);
	struct held *ring = malloc(sizeof *ring * HELD_MAX);
	uint32_t first = 0, end = 0;
	if (ring == NULL)
		return 1;
	for (;;) {
		struct pollfd readable = { .fd = tun, .events = POLLIN };
		uint64_t now = now_ns();
		struct timespec wait = { 0, 0 };
		if (first != end && ring[first % HELD_MAX].due_ns > now)
			wait.tv_nsec = (long)(ring[first % HELD_MAX].due_ns - now);
		ppoll(&readable, 1, first == end ? NULL : &wait, NULL);
		for (int batch = 0; batch < 256; batch++) {
			struct held *slot = &ring[end % HELD_MAX];
			if (end - first == HELD_MAX)
				break;
			ssize_t length = read(tun, slot->bytes, PACKET_MAX);
			if (length <= 0)
				break;
			if (next_random() < lost)
				continue;
			slot->due_ns = now_ns() + delay_ns;
			slot->length = (uint16_t)length;
			end++;
		}
		now = now_ns();
		for (; first != end && ring[first % HELD_MAX].due_ns <= now; first++) {
			struct held *slot = &ring[first % HELD_MAX];
			if (write(tun, slot->bytes, slot->length) < 0)
				continue;
		}
	}
}
