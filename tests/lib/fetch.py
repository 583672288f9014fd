# fetch.py PORT NAME...: an IPv4-only program that fetches from names that others choose. Like many such
# programs it refuses addresses of its own host and network (RFC 6890), but not 240.0.0.0/4. "!" before a name:
# the administrator's own. Prints the result for each.
import ipaddress
import socket
import sys

REFUSED = [ipaddress.ip_network(n) for n in ("0.0.0.0/8", "10.0.0.0/8", "127.0.0.0/8", "169.254.0.0/16", "172.16.0.0/12",
                                             "192.168.0.0/16", "224.0.0.0/4")]


def fetch(name, trusted):
    try:
        found = socket.getaddrinfo(name, int(sys.argv[1]), socket.AF_INET, socket.SOCK_STREAM)
    except socket.gaierror:
        return "not found"
    said = []
    for address in dict.fromkeys(a[4] for a in found):
        if not trusted and any(ipaddress.ip_address(address[0]) in n for n in REFUSED):
            said.append("refused")
            continue
        s = socket.socket(socket.AF_INET)
        s.settimeout(9)
        try:
            s.connect(address)
            said.append("reached " + s.recv(100).decode().strip())
        except OSError as e:
            said.append(type(e).__name__)
        s.close()
    return ", ".join(said)


for name in sys.argv[2:]:
    print(name + ":", fetch(name.lstrip("!"), name[0] == "!"))
