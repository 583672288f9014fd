# forge.py ADDRESS PORT SOURCE...: sends a datagram from port 9999 of each source to ADDRESS, in ADDRESS's
# family. Its text is the source, which need not be this host's.
import socket
import struct
import sys

targets, port = sys.argv[1].split(","), int(sys.argv[2])


def checksum(data):
    total = sum(struct.unpack("!%dH" % (len(data) // 2), data))
    while total >> 16:
        total = (total & 0xFFFF) + (total >> 16)
    return ~total & 0xFFFF or 0xFFFF


for source in sys.argv[3:]:
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
    s = socket.socket(family, socket.SOCK_RAW, socket.IPPROTO_RAW)
    s.sendto(header + pair + udp, (target, 0))
