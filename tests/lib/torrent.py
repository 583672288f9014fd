"""BEP 3: bencode, the form of torrents and of a tracker's answers.

torrent.py make DATA ANNOUNCE TORRENT   writes TORRENT for the file DATA, announced at ANNOUNCE; prints its info hash
torrent.py answer                       prints the tracker's answer from standard input
"""
import hashlib
import os
import socket
import struct
import sys


def encode(value):
    if isinstance(value, int):
        return b"i%de" % value
    if isinstance(value, str):
        value = value.encode()
    if isinstance(value, bytes):
        return b"%d:%s" % (len(value), value)
    return b"d" + b"".join(encode(key) + encode(value[key]) for key in sorted(value)) + b"e"


def decode(text, at=0):
    """Returns the value at this place, and the place behind it."""
    if text[at:at + 1] == b"i":
        end = text.index(b"e", at)
        return int(text[at + 1:end]), end + 1
    if text[at:at + 1] in (b"d", b"l"):
        items, kind, at = [], text[at:at + 1], at + 1
        while text[at:at + 1] != b"e":
            item, at = decode(text, at)
            items.append(item)
        return (dict(zip(items[::2], items[1::2])) if kind == b"d" else items), at + 1
    colon = text.index(b":", at)
    end = colon + 1 + int(text[at:colon])
    return text[colon + 1:end], end


def compact(text, family=socket.AF_INET):
    """BEP 23: an address, of four bytes or of sixteen (BEP 7), and a port to each peer."""
    form, size = ("{}:{}", 4) if family == socket.AF_INET else ("[{}]:{}", 16)
    return sorted(form.format(socket.inet_ntop(family, text[i:i + size]), *struct.unpack_from(">H", text, i + size))
                  for i in range(0, len(text), size + 2))


def told(leechers, seeders, peers):
    return " ".join([f"announce: {leechers} leechers, {seeders} seeders, peers", *peers])


def answer(text):
    """An answer to an announce by HTTP, in the words of announce.py."""
    said = decode(text)[0]
    if b"failure reason" in said:
        return "failure: " + said[b"failure reason"].decode()
    peers = compact(said[b"peers"]) + compact(said.get(b"peers6", b""), socket.AF_INET6)
    return told(said[b"incomplete"], said[b"complete"], peers)


def make(path, announce, torrent):
    with open(path, "rb") as file:
        data = file.read()
    piece = 1 << 16
    pieces = b"".join(hashlib.sha1(data[i:i + piece]).digest() for i in range(0, len(data), piece))
    info = {"length": len(data), "name": os.path.basename(path), "piece length": piece, "pieces": pieces}
    with open(torrent, "wb") as file:
        file.write(encode({"announce": announce, "info": info}))
    return hashlib.sha1(encode(info)).hexdigest()


if __name__ == "__main__":
    print(make(*sys.argv[2:]) if sys.argv[1] == "make" else answer(sys.stdin.buffer.read()))
