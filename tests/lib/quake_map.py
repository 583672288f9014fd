"""quake_map.py FILE: writes a map for ioquake3's server, a single empty leaf, which is all that CM_LoadMap() requires."""
import struct
import sys

entities = b'{\n"classname" "worldspawn"\n}\n{\n"classname" "info_player_deathmatch"\n"origin" "0 0 0"\n}\n\0'
shader = struct.pack("<64sii", b"none", 0, 0)
planes = struct.pack("<8f", 1, 0, 0, 0, -1, 0, 0, 0)
node = struct.pack("<9i", 0, -1, -1, -64, -64, -64, 64, 64, 64)
leaf = struct.pack("<12i", 0, 0, -64, -64, -64, 64, 64, 64, 0, 0, 0, 0)
model = struct.pack("<6f4i", -64, -64, -64, 64, 64, 64, 0, 0, 0, 0)
lumps = [entities, shader, planes, node, leaf, b"", b"", model] + [b""] * 9
head, body = b"IBSP" + struct.pack("<i", 46), b""
for lump in lumps:
    head += struct.pack("<2i", 8 + 8 * len(lumps) + len(body), len(lump))
    body += lump + bytes(-len(lump) % 4)
with open(sys.argv[1], "wb") as file:
    file.write(head + body)
