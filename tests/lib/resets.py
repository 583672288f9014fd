# resets.py serve PORT: an IPv4-only server whose peer, resets.py reset ADDRESS PORT, resets its connections at
# each stage, and another that takes no datagrams. Prints what each call gave, addresses as "peer".
import errno
import select
import socket
import struct
import sys


def attempt(what, call):
    try:
        result = call()
    except OSError as e:
        result = errno.errorcode[e.errno]
    if isinstance(result, tuple):
        result = "peer"
    print(what, result, flush=True)


def wait_for_reset(c, again=lambda: None):
    # POLLERR and POLLHUP need not be asked for.
    p = select.poll()
    p.register(c, 0)
    for _ in range(90):
        if p.poll(100):
            return
        again()
    sys.exit("no reset")


def send_all(c):
    while True:
        c.send(b"x" * 65536)


def serve(port):
    s = socket.socket()
    s.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    s.bind(("", port))
    s.listen(10)
    u = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    u.bind(("", port))
    u.settimeout(9)
    # Before accept(): the peer sends a datagram when it is done.
    u.recvfrom(9)
    c, peer = s.accept()
    print("before accept:", len(peer))
    attempt("getpeername", c.getpeername)
    attempt("recv", lambda: c.recv(9))
    attempt("send", lambda: c.send(b"x"))
    # After it.
    c, peer = s.accept()
    c.send(b"go")
    wait_for_reset(c)
    print("behind accept:", len(peer))
    attempt("getpeername", c.getpeername)
    attempt("getsockname", c.getsockname)
    attempt("SO_ERROR", lambda: errno.errorcode.get(c.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR)))
    attempt("recv", lambda: c.recv(9))
    # While data is in flight.
    c, peer = s.accept()
    c.settimeout(9)
    print("in a transfer:", len(peer))
    attempt("send", lambda: send_all(c))
    attempt("send", lambda: c.send(b"x"))
    attempt("getpeername", c.getpeername)
    # Datagrams that nobody takes: a connected socket is told, an unconnected one is not (udp(7)).
    data, peer = u.recvfrom(9)
    attempt("sendto", lambda: u.sendto(b"x", peer))
    data, peer = u.recvfrom(9)
    print("datagram", data)
    attempt("connect", lambda: u.connect(peer))
    attempt("send", lambda: u.send(b"x"))
    # The peer may not have closed its socket when the first one comes.
    wait_for_reset(u, lambda: u.send(b"x"))
    attempt("send", lambda: u.send(b"x"))
    attempt("send", lambda: u.send(b"x"))


def reset(address, port):
    family = socket.AF_INET6 if ":" in address else socket.AF_INET

    def connect():
        c = socket.socket(family)
        c.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        c.settimeout(9)
        c.connect((address, port))
        return c

    def tell(text):
        u = socket.socket(family, socket.SOCK_DGRAM)
        u.sendto(text, (address, port))
        u.close()

    connect().close()
    tell(b"reset")
    c = connect()
    c.recv(9)
    c.close()
    c = connect()
    c.recv(9)
    c.close()
    tell(b"one")
    tell(b"two")


serve(int(sys.argv[2])) if sys.argv[1] == "serve" else reset(sys.argv[2], int(sys.argv[3]))
