# The weather between two processes' networks: `weather.py PID PID`, in a network of its own. It makes a pair of
# interfaces with each (10.66.0.1 for the first, 10.66.0.2 for the second), says that it is ready, and passes frames from
# one pair to the other. Each line that comes sets what happens to them, `LOSS DELAY REORDER`: probabilities of 0 to 1, and
# a delay in seconds. It ends with its input.
import array
import fcntl
import heapq
import random
import select
import socket
import struct
import subprocess
import sys
import time

ETH_P_ALL = 3
SIOCETHTOOL = 0x8946
ETHTOOL_STXCSUM = 0x17
BUFFER = 1 << 22


# Has an interface make the checksums of what it sends: a frame that is carried by hand must have them.
def sum_up(name):
    value = array.array("I", [ETHTOOL_STXCSUM, 0])
    request = struct.pack("16sP", name.encode(), value.buffer_info()[0])
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as s:
        fcntl.ioctl(s, SIOCETHTOOL, request)


def joined(pid, number):
    far, near = f"far{number}", f"near{number}"
    inside = ["nsenter", "-t", pid, "-n"]
    for command in [
        ["ip", "link", "add", far, "type", "veth", "peer", "name", near],
        ["ip", "link", "set", near, "up"],
    ]:
        subprocess.run(command, check=True)
    sum_up(far)
    for command in [
        ["ip", "link", "set", far, "netns", pid],
        inside + ["ip", "link", "set", "lo", "up"],
        inside + ["ip", "addr", "add", f"10.66.0.{number}/24", "dev", far],
        inside + ["ip", "link", "set", far, "up"],
    ]:
        subprocess.run(command, check=True)
    s = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(ETH_P_ALL))
    s.bind((near, 0))
    s.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, BUFFER)
    s.setblocking(False)
    return s


a, b = (joined(pid, i + 1) for i, pid in enumerate(sys.argv[1:]))
other = {a: b, b: a}
dice = random.Random(1)
loss = delay = reorder = 0.0
waiting = []  # (when, number, socket, frame): the number keeps the order of what is due at once
number = 0
print("ready", flush=True)
while True:
    pause = max(waiting[0][0] - time.monotonic(), 0) if waiting else None
    for s in select.select([a, b, sys.stdin], [], [], pause)[0]:
        if s is sys.stdin:
            line = sys.stdin.readline()
            if not line:
                sys.exit()
            loss, delay, reorder = map(float, line.split())
            print("ready", flush=True)
            continue
        frame, (_, _, kind, _, _) = s.recvfrom(1 << 16)
        if kind == socket.PACKET_OUTGOING or dice.random() < loss:
            continue
        # One that is reordered overtakes all that wait.
        when = time.monotonic() + (0 if dice.random() < reorder else delay)
        number += 1
        heapq.heappush(waiting, (when, number, other[s], frame))
    while waiting and waiting[0][0] <= time.monotonic():
        _, _, to, frame = heapq.heappop(waiting)
        try:
            to.send(frame)
        except BlockingIOError:
            pass  # The queue is full, and one more is lost.
