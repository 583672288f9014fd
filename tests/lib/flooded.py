# flooded.py STARTS: STARTS times, a server's UDP socket on port 5000, the next one's beside it, as in a reload, a client's,
# which first sends to an IPv6 peer, and one that is narrowed, while forged datagrams arrive. Prints how many datagrams of
# others were received, and each source that is shown and is not one of the pool.
import socket
import sys

received, outside = 0, set()


def datagram_socket(family=socket.AF_INET):
    return socket.socket(family, socket.SOCK_DGRAM)


def server(port):
    s = datagram_socket()
    s.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    s.bind(("", port))
    return s


def empty(s):
    global received
    s.setblocking(False)
    try:
        while True:
            source = s.recvfrom(100)[1][0]
            received += 1
            if int(source.split(".")[0]) < 240:
                outside.add(source)
    except BlockingIOError:
        s.close()


# Whom the clients send to: a peer of another socket.
far, near = datagram_socket(socket.AF_INET6), server(4999)
far.sendto(b"x", ("::1", 4999))
peer = near.recvfrom(9)[1]
for _ in range(int(sys.argv[1])):
    first, second, client = server(5000), server(5000), datagram_socket()
    client.sendto(b"x", peer)
    for s in first, second, client:
        empty(s)
    narrowed, six = server(5000), datagram_socket(socket.AF_INET6)
    six.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
    six.bind(("::", 5000))
    empty(narrowed)
    six.close()
print(received, *outside)
