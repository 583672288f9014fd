# A service whose listener systemd has bound (sd_listen_fds(3)). It tells each client whom it sees, in the
# family that the kernel says the listener has.
import os
import socket

assert os.environ["LISTEN_FDS"] == "1" and os.environ["LISTEN_PID"] == str(os.getpid())
listener = socket.socket(fileno=3)
while True:
    connection, address = listener.accept()
    connection.sendall(("%s sees %s\n" % (listener.family.name, address[0])).encode())
    connection.close()
