# The text of an address, there and back, by the C library's functions: what a program in C calls, and Python does not.
import ctypes, os, socket, struct, sys

libc = ctypes.CDLL(None, use_errno=True)
libc.inet_ntop.restype = ctypes.c_char_p
libc.inet_addr.restype = ctypes.c_uint32
INET6_ADDRSTRLEN, NI_MAXHOST, NI_NUMERICHOST, AI_NUMERICHOST = 46, 1025, 1, 4


def sockaddr(address, port=0):
    """A struct sockaddr_in of four bytes, or sockaddr_in6 of sixteen."""
    if len(address) == 4:
        return struct.pack("=HH", socket.AF_INET, socket.htons(port)) + address + bytes(8)
    return struct.pack("=HHI", socket.AF_INET6, socket.htons(port), 0) + address + bytes(4)


def ntop(address, size):
    buffer = ctypes.create_string_buffer(2000)
    family = socket.AF_INET if len(address) == 4 else socket.AF_INET6
    return libc.inet_ntop(family, address, buffer, size).decode()


def nameinfo(address, size, flags=NI_NUMERICHOST):
    buffer = ctypes.create_string_buffer(2000)
    name = sockaddr(address)
    error = libc.getnameinfo(name, len(name), buffer, size, None, 0, flags)
    return "error %d" % error if error else buffer.value.decode()


def pton(family, text):
    buffer = ctypes.create_string_buffer(16)
    if libc.inet_pton(family, text.encode(), buffer) != 1:
        return None
    return buffer.raw[: 4 if family == socket.AF_INET else 16]


def numeric(text, flags):
    try:
        return socket.inet_aton(socket.getaddrinfo(text, None, socket.AF_INET, 0, 0, flags)[0][4][0])
    except OSError:
        return None


class Host(ctypes.Structure):
    _fields_ = [("name", ctypes.c_char_p), ("aliases", ctypes.c_void_p), ("family", ctypes.c_int), ("length", ctypes.c_int),
                ("addresses", ctypes.POINTER(ctypes.POINTER(ctypes.c_char)))]


libc.gethostbyname.restype = ctypes.POINTER(Host)


def hosts(text):
    found = libc.gethostbyname(text.encode())
    return found.contents.addresses[0][:4] if found else None


def readers(text):
    """What each function that reads an IPv4 address makes of the text."""
    aton = ctypes.create_string_buffer(4)
    found = libc.inet_aton(text.encode(), aton)
    addr = libc.inet_addr(text.encode())
    return {
        "inet_pton": pton(socket.AF_INET, text),
        "inet_aton": aton.raw if found else None,
        "inet_addr": None if addr == 0xFFFFFFFF else struct.pack("=I", addr),
        "getaddrinfo": numeric(text, AI_NUMERICHOST),
        "gethostbyname": hosts(text),
    }


def shown(address):
    return "nobody" if address is None else "the peer" if address == peer else socket.inet_ntoa(address)


def back(text):
    print(text, *["%s=%s" % (name, shown(a)) for name, a in readers(text).items()], flush=True)


def connection(port):
    s = socket.socket()
    s.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    s.bind(("0.0.0.0", port))
    s.listen()
    print("listening", flush=True)
    return s.accept()


if __name__ == "__main__":
    c, name = connection(int(sys.argv[1]))
    peer, mapped = socket.inet_aton(name[0]), bytes(10) + b"\xff\xff" + socket.inet_aton(name[0])
    for what in sys.argv[2:]:
        print(what, end=" ")
        if what == "ntop":
            print(*[ntop(peer, size) for size in (16, 40, 45, 46, 47, 64, 1025)], flush=True)
        elif what == "nameinfo":
            print(*[nameinfo(peer, size) for size in (16, 46, 64, 256, 1024, 1025, 2000)], flush=True)
        elif what == "mapped":
            print(ntop(mapped, 46), nameinfo(mapped, 1025), ntop(mapped, 24), flush=True)
            print("mapped again", pton(socket.AF_INET6, ntop(mapped, 46)) == mapped, flush=True)
        elif what == "unmapped":
            print(pton(socket.AF_INET6, nameinfo(peer, 1025)) == mapped, flush=True)
        elif what == "in6":
            # connect() to the peer's port 6000, bind() to the address of ours, and sendto(), by a sockaddr_in6.
            real, local = (socket.inet_pton(socket.AF_INET6, ntop(socket.inet_aton(n[0]), 46).split("%")[0]) for n in (name, c.getsockname()))
            results = []
            for kind in socket.SOCK_STREAM, socket.SOCK_DGRAM:
                s = socket.socket(socket.AF_INET, kind)
                results.append(libc.bind(s.fileno(), sockaddr(local), 28))
                results.append(libc.connect(s.fileno(), sockaddr(real, 6000), 28))
                results.append(s.getpeername() == (name[0], 6000))
            s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
            results.append(libc.sendto(s.fileno(), b"hello", 5, 0, sockaddr(real, 6000), 28))
            s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
            stranger = socket.inet_pton(socket.AF_INET6, "2001:db8:1::77")
            results.append(libc.sendto(s.fileno(), b"hello", 5, 0, sockaddr(stranger, 6000), 28))
            results.append(libc.connect(s.fileno(), sockaddr(stranger, 6000), 28))
            print(*results, flush=True)
        elif what == "mapped-in6":
            # The same on AF_INET6 sockets, of addresses that the program keeps V4MAPPED; the last two are nobody's.
            def v4mapped(text, port=0):
                return sockaddr(bytes(10) + b"\xff\xff" + socket.inet_aton(text), port)
            results = []
            for kind in socket.SOCK_STREAM, socket.SOCK_DGRAM:
                s = socket.socket(socket.AF_INET6, kind)
                results.append(libc.bind(s.fileno(), v4mapped(c.getsockname()[0]), 28))
                results.append(libc.connect(s.fileno(), v4mapped(name[0], 6000), 28))
                results.append(s.getpeername()[:2] == (ntop(peer, 46), 6000))
            for to in name[0], "240.0.0.9":
                s = socket.socket(socket.AF_INET6, socket.SOCK_DGRAM)
                results.append(libc.sendto(s.fileno(), b"hello", 5, 0, v4mapped(to, 6000), 28))
            results.append(libc.connect(socket.socket(socket.AF_INET6).fileno(), v4mapped("240.0.0.9", 6000), 28))
            print(*results, flush=True)
        elif what == "self":
            back(nameinfo(peer, 1025))
        else:
            back(what)
