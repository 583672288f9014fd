# Shows what Jamulus shows in its windows. It speaks Jamulus's protocol: a frame is 0, a message number, a counter, a
# length, data, and a CRC; numbers are little-endian.
#
# jamulus.py list ADDRESS PORT: asks a directory for its servers, and prints a line for each: address, port, name. The
#   first one is the directory, at 0.0.0.0.
# jamulus.py register: prints, in hexadecimal digits, a message that registers a server called "Stray".
import socket
import struct
import sys

REGISTER, LIST, ASK_FOR_LIST = 1004, 1006, 1007


def crc(data):
    state = 0xFFFFFFFF
    for byte in data:
        for bit in range(7, -1, -1):
            state = (state << 1) & 0xFFFFFFFF
            state |= state >> 16 & 1
            state ^= byte >> bit & 1
            if state & 1:
                state ^= 1 << 5 | 1 << 12
    return ~state & 0xFFFF


def frame(number, data=b""):
    head = struct.pack("<HHBH", 0, number, 0, len(data)) + data
    return head + struct.pack("<H", crc(head))


def text(data, at):
    (size,) = struct.unpack_from("<H", data, at)
    return data[at + 2 : at + 2 + size].decode(), at + 2 + size


def servers(data):
    at = 0
    while at < len(data):
        ip, port = struct.unpack_from("<IH", data, at)
        name, at = text(data, at + 10)
        _, at = text(data, at)
        _, at = text(data, at)
        yield socket.inet_ntoa(struct.pack(">I", ip)), port, name


def show_list(address, port):
    s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    s.settimeout(3)
    s.connect((address, port))
    s.send(frame(ASK_FOR_LIST))
    while True:
        answer = s.recv(65536)
        if struct.unpack_from("<H", answer, 2)[0] == LIST:
            break
    for server in servers(answer[7:-2]):
        print(*server)


def registration():
    name = b"Stray"
    info = struct.pack("<HHBB", 22124, 82, 10, 0) + struct.pack("<H", len(name)) + name
    return frame(REGISTER, info + struct.pack("<HH", 0, 0))


if sys.argv[1] == "list":
    show_list(sys.argv[2], int(sys.argv[3]))
else:
    print(registration().hex())
