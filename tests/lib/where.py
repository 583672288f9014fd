# where.py PORT ADDRESS...: a server that tells, in a line, at which address it was reached.
import select
import socket
import sys

sockets = {}
for address in sys.argv[2:]:
    family, _, _, _, at = socket.getaddrinfo(address, int(sys.argv[1]), type=socket.SOCK_STREAM)[0]
    s = socket.socket(family)
    s.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    s.bind(at)
    s.listen(4096)  # the tests connect faster than this accepts
    sockets[s] = address
while True:
    for s in select.select(list(sockets), [], [])[0]:
        try:
            connection, _ = s.accept()
            connection.sendall((sockets[s] + "\n").encode())
            connection.close()
        except OSError:
            pass  # reset by the client
