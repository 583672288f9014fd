# visits.py PORT ROUNDS COUNT NETWORK: in each round COUNT peers ask the HTTP server at 2001:db8:1::1 for a page with the
# name of their address, one after the other, in another order each time. They are of NETWORK, which must be local here:
# one of each /64 of a /48, or all of one /64.
import ipaddress
import random
import socket
import sys

IPV6_FREEBIND = 78
port, rounds, count = map(int, sys.argv[1:4])
network = ipaddress.ip_network(sys.argv[4])
random.seed(6)
step = 1 << 64 if network.prefixlen < 64 else 1
peers = [str(network[n * step + 1]) for n in random.sample(range(65536), count)]
for _ in range(rounds):
    random.shuffle(peers)
    for peer in peers:
        with socket.socket(socket.AF_INET6) as s:
            s.setsockopt(socket.IPPROTO_IPV6, IPV6_FREEBIND, 1)
            s.settimeout(20)
            s.bind((peer, 0))
            s.connect(("2001:db8:1::1", port))
            s.sendall(b"GET /%s HTTP/1.0\r\n\r\n" % peer.encode())
            while s.recv(1000):
                pass
