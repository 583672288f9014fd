"""announce.py ADDR PORT PEER_PORT [scrape]: one exchange with a UDP tracker (BEP 15): connect, then announce a
peer at PEER_PORT as a leecher, or scrape; prints what the tracker answers."""
import random
import socket
import struct
import sys

address, port, peer_port = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
info_hash = b"dualstack-test-hash!"[:20]

family, kind, proto, _, target = socket.getaddrinfo(
    address, port, type=socket.SOCK_DGRAM, flags=socket.AI_NUMERICHOST)[0]
s = socket.socket(family, kind, proto)
s.settimeout(5)
s.connect(target)


def exchange(connection, action, body):
    transaction = random.getrandbits(32)
    s.send(struct.pack(">QII", connection, action, transaction) + body)
    answer = s.recv(2048)
    assert struct.unpack(">II", answer[:8]) == (action, transaction), answer
    return answer[8:]


(connection,) = struct.unpack(">Q", exchange(0x41727101980, 0, b""))
if sys.argv[4:] == ["scrape"]:
    seeders, completed, leechers = struct.unpack(">III", exchange(connection, 2, info_hash))
    print(f"scrape: {leechers} leechers, {seeders} seeders")
else:
    peer_id = b"-DS0001-" + struct.pack(">I", peer_port) + b"12345678"
    answer = exchange(connection, 1, info_hash + peer_id + struct.pack(
        ">QQQIIIiH", 0, 1000, 0, 2, 0, 46, 50, peer_port))
    _, leechers, seeders = struct.unpack(">III", answer[:12])
    peers = [socket.inet_ntoa(answer[i:i + 4]) + ":" + str(struct.unpack(">H", answer[i + 4:i + 6])[0])
             for i in range(12, len(answer), 6)]
    print(f"announce: {leechers} leechers, {seeders} seeders, peers", *sorted(peers))
