# knock.py PORT PORTS GREETED TEXT PEER...: each PEER, an address of this host, knocks at a server, at as many PORTS
# from PORT on: at the same address if it is a loopback one, else at 192.0.2.1 or 2001:db8:1::1. A number stands for as
# many strangers, each from another /64 of 2001:db8:bad::/48, which must be local here. They say TEXT, and it prints for each
# port, in a line, the peers that were let in: GREETED was in the answer. If GREETED is dns or dns-tcp, they ask the DNS
# for the address of TEXT over UDP or TCP, and are let in if it does not refuse. With AT set, that is the port for all.
import concurrent.futures
import os
import random
import socket
import struct
import sys

IPV6_FREEBIND = 78
first, ports = int(sys.argv[1]), int(sys.argv[2])
greeted, text = (arg.encode().decode("unicode_escape").encode("latin-1") for arg in sys.argv[3:5])


def at(peer):
    if peer in ("127.0.0.1", "::1"):
        return peer
    return "2001:db8:1::1" if ":" in peer else "192.0.2.1"


def talk(s, port):
    got = b""
    try:
        s.sendall(text.replace(b"PORT", b"%d" % port))
        while greeted not in got:
            more = s.recv(4096)
            if not more:
                break
            got += more
    except ConnectionError:
        pass
    return greeted in got


def resolve(s, port):
    name = b"".join(struct.pack("B", len(part)) + part for part in text.replace(b"PORT", b"%d" % port).split(b".")) + b"\0"
    message = struct.pack("!HHHHHH", 4711, 0x100, 1, 0, 0, 0) + name + struct.pack("!HH", 1, 1)
    before = b"" if greeted == b"dns" else struct.pack("!H", len(message))
    s.sendall(before + message)
    return s.recv(4096)[len(before) + 3] & 15 != 5


def let_in(peer, port):
    type = socket.SOCK_DGRAM if greeted == b"dns" else socket.SOCK_STREAM
    with socket.socket(socket.AF_INET6 if ":" in peer else socket.AF_INET, type) as s:
        if s.family == socket.AF_INET6:
            s.setsockopt(socket.IPPROTO_IPV6, IPV6_FREEBIND, 1)
        s.settimeout(30)
        s.bind((peer, 0))
        s.connect((at(peer), int(os.environ.get("AT", port))))
        return resolve(s, port) if greeted.startswith(b"dns") else talk(s, port)


def strangers(count):
    random.seed(4)
    return ["2001:db8:bad:%x::%x" % (net, random.randrange(1, 65536)) for net in random.sample(range(1, 65536), count)]


def name_of(peer, inside, count):
    if peer.isdigit():
        return ["strangers" if inside == count else "%d strangers" % inside][:inside]
    return [peer][:inside]


with concurrent.futures.ThreadPoolExecutor(64) as pool:
    knocks = [
        [(peer, [pool.submit(let_in, one, port) for one in (strangers(int(peer)) if peer.isdigit() else [peer])]) for peer in sys.argv[5:]]
        for port in range(first, first + ports)
    ]
    for of_port in knocks:
        print(*sum((name_of(peer, sum(one.result() for one in each), len(each)) for peer, each in of_port), []))
