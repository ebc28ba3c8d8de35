"""Runs a program and tells on standard error, as one line of JSON after its own output, what it cost: wall and processor
time in seconds, and the most memory it held in KiB. Arguments: the longest it may take in seconds, then the program.
"""
import json
import resource
import signal
import subprocess
import sys
import time

limit_s, argv = float(sys.argv[1]), sys.argv[2:]
started = time.monotonic()
child = subprocess.Popen(argv, stdin=subprocess.DEVNULL)
try:
    exit_code = child.wait(limit_s)
    finished = True
except subprocess.TimeoutExpired:
    child.send_signal(signal.SIGKILL)
    exit_code = child.wait()
    finished = False
wall_s = time.monotonic() - started
used = resource.getrusage(resource.RUSAGE_CHILDREN)
print(
    json.dumps(
        {
            "wallS": wall_s,
            "cpuS": used.ru_utime + used.ru_stime,
            "memoryKib": used.ru_maxrss,
            "exitCode": exit_code,
            "finished": finished,
        }
    ),
    file=sys.stderr,
)
