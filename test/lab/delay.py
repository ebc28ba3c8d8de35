"""Holds back whatever is routed into a TUN device, both ways alike: the kernel that the lab runs on may have no netem.

Arguments: the name of the device, and the delay in milliseconds.
"""
import collections
import fcntl
import os
import select
import struct
import sys
import time

TUNSETIFF = 0x400454CA
IFF_TUN = 0x0001
IFF_NO_PI = 0x1000
LONGEST_PACKET = 65535
QUEUE_MAX = 10_000

name, delay_s = sys.argv[1], float(sys.argv[2]) / 1000
tun = os.open("/dev/net/tun", os.O_RDWR)
fcntl.ioctl(tun, TUNSETIFF, struct.pack("16sH", name.encode(), IFF_TUN | IFF_NO_PI))

held = collections.deque()
while True:
    wait_s = max(0.0, held[0][0] - time.monotonic()) if held else None
    readable, _, _ = select.select([tun], [], [], wait_s)
    if readable:
        packet = os.read(tun, LONGEST_PACKET)
        if len(held) < QUEUE_MAX:
            held.append((time.monotonic() + delay_s, packet))
    while held and held[0][0] <= time.monotonic():
        os.write(tun, held.popleft()[1])
