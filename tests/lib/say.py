"""say.py ADDR PORT UNTIL LINE...    sends the lines over TCP, prints what comes until a line has UNTIL in it, says QUIT
say.py --udp ADDR PORT HEX          sends these bytes as a datagram, prints the answer in hexadecimal digits"""
import socket
import sys


def to(kind, address, port):
    family, kind, proto, _, target = socket.getaddrinfo(address, port, type=kind, flags=socket.AI_NUMERICHOST)[0]
    s = socket.socket(family, kind, proto)
    s.settimeout(10)
    s.connect(target)
    return s


if sys.argv[1] == "--udp":
    with to(socket.SOCK_DGRAM, sys.argv[2], sys.argv[3]) as s:
        s.send(bytes.fromhex(sys.argv[4]))
        print(s.recv(2048).hex())
else:
    with to(socket.SOCK_STREAM, sys.argv[1], sys.argv[2]) as s, s.makefile("rw", newline="\r\n") as stream:
        for line in sys.argv[4:]:
            print(line, file=stream, flush=True)
        for line in stream:
            print(line.rstrip())
            if sys.argv[3] in line:
                break
        print("QUIT", file=stream, flush=True)
        # It goes when the other end has let go.
        for line in stream:
            pass
