"""announce.py [--from=LOCAL] [--key=KEY] [--hash=HEX] [--both] TRACKER PORT PEER_PORT [scrape]: one exchange with a UDP tracker (BEP 15):
connect, then announce a peer at PEER_PORT as a leecher, or scrape; prints what the tracker answers.

TRACKER is an address. With --from it may be a name, and the exchange follows BEP 7: the socket has LOCAL's family and
is bound to LOCAL before it connects, and only addresses of that family are looked up. A failure is printed as the
error's name. --both: the tracker knows both families, and tells IPv6 peers, over IPv6, 16 bytes of each address."""
import argparse
import errno
import random
import socket
import struct

import torrent

options = argparse.ArgumentParser()
options.add_argument("--from", dest="local")
options.add_argument("--key", type=int, default=46)
options.add_argument("--hash", dest="info_hash", type=bytes.fromhex, default=b"dualstack-test-hash!")
options.add_argument("--both", action="store_true")
options.add_argument("tracker")
options.add_argument("port", type=int)
options.add_argument("peer_port", type=int)
options.add_argument("what", nargs="?", default="announce")
asked = options.parse_args()


def connected():
    family, flags = socket.AF_UNSPEC, socket.AI_NUMERICHOST
    if asked.local:
        family, flags = socket.AF_INET6 if ":" in asked.local else socket.AF_INET, 0
    family, kind, proto, _, target = socket.getaddrinfo(
        asked.tracker, asked.port, family=family, type=socket.SOCK_DGRAM, flags=flags)[0]
    s = socket.socket(family, kind, proto)
    s.settimeout(5)
    if asked.local:
        s.bind((asked.local, 0))
    s.connect(target)
    return s


def exchange(s, connection, action, body):
    transaction = random.getrandbits(32)
    s.send(struct.pack(">QII", connection, action, transaction) + body)
    answer = s.recv(2048)
    assert struct.unpack(">II", answer[:8]) == (action, transaction), answer
    return answer[8:]


def announce():
    s = connected()
    (connection,) = struct.unpack(">Q", exchange(s, 0x41727101980, 0, b""))
    if asked.what == "scrape":
        seeders, _, leechers = struct.unpack(">III", exchange(s, connection, 2, asked.info_hash))
        return f"scrape: {leechers} leechers, {seeders} seeders"
    peer_id = b"-DS0001-" + struct.pack(">I", asked.peer_port) + b"12345678"
    answer = exchange(s, connection, 1, asked.info_hash + peer_id + struct.pack(
        ">QQQIIIiH", 0, 1000, 0, 2, 0, asked.key, 50, asked.peer_port))
    _, leechers, seeders = struct.unpack(">III", answer[:12])
    return torrent.told(leechers, seeders, torrent.compact(answer[12:], s.family if asked.both else socket.AF_INET))


try:
    print(announce())
except OSError as error:
    if not asked.local:
        raise
    print(errno.errorcode.get(error.errno, error))
