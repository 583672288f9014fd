# forge.py [flood] ADDRESS PORT[,PORT]... SOURCE...: sends a datagram from port 9999 of each source to ADDRESS, in ADDRESS's
# family. Its text is the source, which need not be this host's. A flood is for ever, as fast as it can.
import itertools
import socket
import struct
import sys

flood = sys.argv[1] == "flood"
targets, ports, *sources = sys.argv[1 + flood :]
targets = targets.split(",")


def checksum(data):
    total = sum(struct.unpack("!%dH" % (len(data) // 2), data))
    while total >> 16:
        total = (total & 0xFFFF) + (total >> 16)
    return ~total & 0xFFFF or 0xFFFF


def datagram(source, port):
    family = socket.AF_INET6 if ":" in source else socket.AF_INET
    target = [t for t in targets if (":" in t) == (":" in source)][0]
    text = source.encode() + b" " * (len(source) % 2)
    pair = socket.inet_pton(family, source) + socket.inet_pton(family, target)
    size = 8 + len(text)
    udp = struct.pack("!HHHH", 9999, port, size, 0) + text
    udp = udp[:6] + struct.pack("!H", checksum(pair + struct.pack("!HH", socket.IPPROTO_UDP, size) + udp)) + text
    if family == socket.AF_INET6:
        header = struct.pack("!IHBB", 6 << 28, size, socket.IPPROTO_UDP, 64)
    else:
        header = struct.pack("!BBHHHBBH", 0x45, 0, 20 + size, 0, 0, 64, socket.IPPROTO_UDP, 0)
    return socket.socket(family, socket.SOCK_RAW, socket.IPPROTO_RAW), header + pair + udp, (target, 0)


all = [datagram(source, int(port)) for source in sources for port in ports.split(",")]
for s, packet, to in itertools.cycle(all) if flood else all:
    s.sendto(packet, to)
