# Carries frames between two interfaces, each some milliseconds later: a link with latency where the kernel has no netem.
# PACKET_VNET_HDR keeps the checksums that the kernel leaves to the hardware valid on the way.
import heapq, select, socket, sys, time

SOL_PACKET, PACKET_VNET_HDR, ETH_P_ALL, PACKET_OUTGOING = 263, 15, 3, 4
delay = int(sys.argv[3]) / 1000


def open_interface(name):
    s = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, 0)
    s.setsockopt(SOL_PACKET, PACKET_VNET_HDR, 1)
    s.bind((name, ETH_P_ALL))
    return s


a, b = open_interface(sys.argv[1]), open_interface(sys.argv[2])
other = {a: b, b: a}
queue, count = [], 0
print('ready', flush=True)
while True:
    wait = None if not queue else max(0, queue[0][0] - time.monotonic())
    for s in select.select([a, b], [], [], wait)[0]:
        frame, address = s.recvfrom(65536 + 64)
        if address[2] != PACKET_OUTGOING:
            count += 1
            heapq.heappush(queue, (time.monotonic() + delay, count, other[s], frame))
    while queue and queue[0][0] <= time.monotonic():
        _, _, to, frame = heapq.heappop(queue)
        to.send(frame)
