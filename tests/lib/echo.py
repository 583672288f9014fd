# echo.py ADDRESS FIRST LAST: a server that echoes, on the TCP ports FIRST to LAST.
import selectors
import socket
import sys

selector = selectors.DefaultSelector()
for port in range(int(sys.argv[2]), int(sys.argv[3]) + 1):
    s = socket.socket(socket.AF_INET6 if ":" in sys.argv[1] else socket.AF_INET)
    s.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    if s.family == socket.AF_INET6:
        s.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
    s.bind((sys.argv[1], port))
    s.listen(100)
    selector.register(s, selectors.EVENT_READ, True)
while True:
    for key, _ in selector.select():
        if key.data:
            selector.register(key.fileobj.accept()[0], selectors.EVENT_READ, False)
            continue
        try:
            data = key.fileobj.recv(4096)
            key.fileobj.sendall(data)
        except OSError:
            data = b""
        if not data:
            selector.unregister(key.fileobj)
            key.fileobj.close()
