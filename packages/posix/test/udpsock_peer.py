# A UDP peer that is not ours: it joins a group on the loopback interface, tells what packets it gets, and answers each of them.
import json, socket, struct, sys

IP_RECVTOS, IP_TOS = 13, 1
s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
s.bind(('0.0.0.0', 0))
s.settimeout(20)
s.setsockopt(socket.IPPROTO_IP, IP_RECVTOS, 1)
s.setsockopt(socket.IPPROTO_IP, socket.IP_ADD_MEMBERSHIP,
             struct.pack('4s4s', socket.inet_aton('239.255.77.9'), socket.inet_aton('127.0.0.1')))
print(s.getsockname()[1], flush=True)
packets = []
for _ in range(int(sys.argv[1])):
    data, control, _, sender = s.recvmsg(65535, 256)
    tos = [c[2][0] for c in control if c[1] == IP_TOS]
    packets.append([len(data), tos[0] if tos else None])
    s.sendmsg([data[:4]], [(socket.IPPROTO_IP, IP_TOS, struct.pack('i', 2))], 0, sender)
print(json.dumps(packets), flush=True)
