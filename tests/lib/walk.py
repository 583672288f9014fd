# walk.py tcp|udp ADDRESS PORT NETWORK COUNT: COUNT peers of a server, each from an address of NETWORK, which
# must be local here, and which it sends. Every tenth over TCP asks to be connected back to. Prints how many
# answers came to the address that they name, and how many to another; over UDP until no more come.
import ipaddress
import socket
import struct
import sys
import threading

kind, server, port, network, count = sys.argv[1], sys.argv[2], int(sys.argv[3]), int(ipaddress.ip_address(sys.argv[4])), int(sys.argv[5])
SO_RCVBUFFORCE, IPV6_FREEBIND = 33, 78
right = wrong = 0


def hear(text, address):
    global right, wrong
    if text == address:
        right += 1
    else:
        wrong += 1
        print("to %s: %s" % (address, text))


def address(number):
    return str(ipaddress.ip_address(network + 1 + number))


def over_udp():
    s = socket.socket(socket.AF_INET6, socket.SOCK_DGRAM)
    s.setsockopt(socket.SOL_SOCKET, SO_RCVBUFFORCE, 1 << 24)
    s.setsockopt(socket.IPPROTO_IPV6, IPV6_FREEBIND, 1)
    s.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_RECVPKTINFO, 1)
    s.settimeout(5)

    def take():
        text, control, _, _ = s.recvmsg(200, 200)
        hear(text.decode(), socket.inet_ntop(socket.AF_INET6, control[0][2][:16]))

    for i in range(count):
        source = socket.inet_pton(socket.AF_INET6, address(i)) + struct.pack("I", 0)
        s.sendmsg([address(i).encode()], [(socket.IPPROTO_IPV6, socket.IPV6_PKTINFO, source)], 0, (server, port))
        take()
    try:
        s.sendto(b"late", (server, port))
        while True:
            take()
            s.settimeout(1)
    except TimeoutError:
        pass


def listen():
    s = socket.socket(socket.AF_INET6)
    s.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    s.bind(("::", port + 1))
    s.listen(1000)

    def serve():
        while True:
            connection, _ = s.accept()
            connection.sendall(connection.getsockname()[0].encode())
            connection.close()

    threading.Thread(target=serve, daemon=True).start()


def over_tcp():
    listen()
    for i in range(count):
        s = socket.socket(socket.AF_INET6)
        s.setsockopt(socket.IPPROTO_IPV6, IPV6_FREEBIND, 1)
        s.settimeout(9)
        s.bind((address(i), 0))
        s.connect((server, port))
        s.sendall((b"back" if i % 10 == 0 else b"here") + b"\n")
        hear(s.recv(200).decode() if i % 10 == 0 else s.recv(200) and address(i), address(i))
        s.close()


over_udp() if kind == "udp" else over_tcp()
print("%d right, %d wrong" % (right, wrong))
