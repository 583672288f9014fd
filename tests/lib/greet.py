# greet.py LINE HTTP TLS CERTIFICATE ADDRESS...: a server on three ports of each address. It tells over which
# family it was reached: in a line, as a web page, and in a line over TLS.
import socket
import ssl
import sys
import threading

line, http, tls = map(int, sys.argv[1:4])
context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
context.load_cert_chain(sys.argv[4])


def answer(connection, port, text):
    try:
        if port == tls:
            connection = context.wrap_socket(connection, server_side=True)
        if port == http:
            connection.recv(4096)
            head = "HTTP/1.0 200 OK\r\nContent-Type: text/plain\r\nContent-Length: %d\r\n\r\n" % len(text)
            text = head + text
        connection.sendall(text.encode())
        connection.shutdown(socket.SHUT_WR)
        connection.recv(4096)
    except OSError:
        pass
    connection.close()


def serve(listener, port, text):
    while True:
        connection, _ = listener.accept()
        threading.Thread(target=answer, args=(connection, port, text), daemon=True).start()


for address in sys.argv[5:]:
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    for port in line, http, tls:
        s = socket.socket(family)
        s.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        s.bind((address, port))
        s.listen(100)
        text = "over IPv%d\n" % (6 if ":" in address else 4)
        threading.Thread(target=serve, args=(s, port, text)).start()
