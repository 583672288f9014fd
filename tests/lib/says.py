# says.py PORT ADDRESS...: answers datagrams to each address with the family that they came over.
import select
import socket
import sys

sockets = []
for address in sys.argv[2:]:
    s = socket.socket(socket.AF_INET6 if ":" in address else socket.AF_INET, socket.SOCK_DGRAM)
    s.bind((address, int(sys.argv[1])))
    sockets.append(s)
while True:
    for s in select.select(sockets, [], [])[0]:
        _, peer = s.recvfrom(4096)
        s.sendto(b"over IPv6\n" if s.family == socket.AF_INET6 else b"over IPv4\n", peer)
