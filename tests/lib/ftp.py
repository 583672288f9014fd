# ftp.py HOST WAY...: fetches "file" from the FTP server at HOST, port 2121, with a data connection by each WAY: EPSV, PASV,
# EPRT or PORT. Prints what is in it, or what the server says to that.
import ftplib
import socket
import sys


class Client(ftplib.FTP):
    def makepasv(self):
        answer = self.sendcmd(way)
        if way == "EPSV":
            return ftplib.parse229(answer, self.sock.getpeername())
        # As curl, which does not care for the address.
        return self.host, ftplib.parse227(answer)[1]

    def makeport(self):
        s = socket.create_server(("", 0), family=self.af, backlog=1)
        host, port = self.sock.getsockname()[0], s.getsockname()[1]
        if way == "PORT":
            self.sendport(host, port)
        else:
            self.sendcmd("EPRT |%d|%s|%d|" % (2 if ":" in host else 1, host, port))
        return s


for way in sys.argv[2:]:
    c = Client(timeout=9)
    c.connect(sys.argv[1], 2121)
    c.login("anonymous", "x")
    c.set_pasv(way in ("EPSV", "PASV"))
    got = []
    try:
        c.retrlines("RETR file", got.append)
        print(way, *got)
    except ftplib.all_errors as e:
        print(way, e)
    c.quit()
