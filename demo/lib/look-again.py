# look-again.py NAME PORT: a client that knows IPv4 only. For each line that it reads it looks the name up, connects to
# the first address, and prints the answer; with a third argument, "udp", it prints the address.
import socket
import sys

for line in sys.stdin:
    if sys.argv[3:] == ["udp"]:
        print(socket.getaddrinfo(sys.argv[1], int(sys.argv[2]), socket.AF_INET, socket.SOCK_DGRAM)[0][4][0], flush=True)
        continue
    at = socket.getaddrinfo(sys.argv[1], int(sys.argv[2]), socket.AF_INET, socket.SOCK_STREAM)[0][4]
    # create_connection() would ask the resolver for the number, which is nobody's name then.
    with socket.socket(socket.AF_INET) as s:
        s.connect(at)
        print(s.recv(100).decode().strip(), flush=True)
