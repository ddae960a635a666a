"""Mounts a tree that is served over 9P2000 on a Unix socket: fuse_mount.py SOCKET DIRECTORY

Every request of the kernel is one or a few 9P messages; nothing is cached. Errors become numbers as 9pfuse has it: by what
their words contain, and ERANGE for all others. The program stays in the foreground until the directory is unmounted.
"""
import errno
import os
import queue
import socket
import stat
import struct
import sys
import threading

import fuse

fuse.fuse_python_api = (0, 2)

NOTAG, NOFID = 0xFFFF, 0xFFFFFFFF
TVERSION, TATTACH, RERROR, TWALK, TOPEN, TREAD, TWRITE, TCLUNK, TSTAT = 100, 104, 107, 110, 112, 116, 118, 120, 124
MSIZE = 8216
WORDS = [
    ('exist', errno.ENOENT),
    ('in use', errno.EBUSY),
    ('permission', errno.EACCES),
    ('timed out', errno.ETIMEDOUT),
    ('interrupt', errno.EINTR),
    ('i/o', errno.EIO),
    ('invalid', errno.EINVAL),
]


def text(s):
    b = s.encode()
    return struct.pack('<H', len(b)) + b


class Session:
    def __init__(self, path):
        self.link = socket.socket(socket.AF_UNIX)
        self.link.connect(path)
        self.lock = threading.Lock()
        self.waiting = {}
        self.tags = list(range(1, 1000))
        self.fids = list(range(1, 10000))
        threading.Thread(target=self.receive, daemon=True).start()
        self.call(TVERSION, struct.pack('<I', MSIZE) + text('9P2000'), NOTAG)
        self.call(TATTACH, struct.pack('<II', 0, NOFID) + text('none') + text(''))

    def exactly(self, n):
        parts = b''
        while len(parts) < n:
            part = self.link.recv(n - len(parts))
            if not part:
                raise EOFError
            parts += part
        return parts

    def receive(self):
        try:
            while True:
                (size,) = struct.unpack('<I', self.exactly(4))
                body = self.exactly(size - 4)
                kind, tag = struct.unpack_from('<BH', body)
                self.waiting.pop(tag).put((kind, body[3:]))
        except (EOFError, OSError):
            with self.lock:
                for reply in self.waiting.values():
                    reply.put((RERROR, text('i/o on hungup channel')))

    def call(self, kind, body, tag=None):
        reply = queue.SimpleQueue()
        with self.lock:
            mine = self.tags.pop() if tag is None else tag
            self.waiting[mine] = reply
            self.link.sendall(struct.pack('<IBH', 7 + len(body), kind, mine) + body)
        got, answer = reply.get()
        if tag is None:
            self.tags.append(mine)
        if got == RERROR:
            words = answer[2:].decode()
            raise OSError(next((n for w, n in WORDS if w in words), errno.ERANGE), words)
        return answer

    def walk(self, path):
        names = [name for name in path.split('/') if name]
        fid = self.fids.pop()
        body = struct.pack('<IIH', 0, fid, len(names)) + b''.join(text(name) for name in names)
        try:
            (found,) = struct.unpack_from('<H', self.call(TWALK, body))
        except OSError:
            self.fids.append(fid)
            raise
        if found < len(names):
            self.fids.append(fid)
            raise OSError(errno.ENOENT, 'file does not exist')
        return fid

    def clunk(self, fid):
        try:
            self.call(TCLUNK, struct.pack('<I', fid))
        except OSError:
            pass  # it is gone either way
        self.fids.append(fid)

    def open(self, path, mode):
        fid = self.walk(path)
        try:
            self.call(TOPEN, struct.pack('<IB', fid, mode))
        except OSError:
            self.clunk(fid)
            raise
        return fid

    def read(self, fid, count, offset):
        body = struct.pack('<IQI', fid, offset, min(count, MSIZE - 24))
        return self.call(TREAD, body)[4:]

    def write(self, fid, data, offset):
        data = data[: MSIZE - 24]
        answer = self.call(TWRITE, struct.pack('<IQI', fid, offset, len(data)) + data)
        return struct.unpack('<I', answer)[0]


def entry(record):
    """The name, mode and length in a stat record."""
    mode, length = struct.unpack_from('<I', record, 21)[0], struct.unpack_from('<Q', record, 33)[0]
    (size,) = struct.unpack_from('<H', record, 41)
    return record[43 : 43 + size].decode(), mode, length


class File:
    direct_io = True
    keep_cache = False

    def __init__(self, path, flags, *_):
        self.fid = session.open(path, flags & os.O_ACCMODE)

    def read(self, count, offset):
        return session.read(self.fid, count, offset)

    def write(self, data, offset):
        return session.write(self.fid, data, offset)

    def release(self, _flags):
        session.clunk(self.fid)


class Mount(fuse.Fuse):
    def __init__(self):
        super().__init__()
        self.file_class = File

    def getattr(self, path):
        fid = session.walk(path)
        try:
            _, mode, length = entry(session.call(TSTAT, struct.pack('<I', fid))[2:])
        finally:
            session.clunk(fid)
        kind = stat.S_IFDIR if mode & 0x80000000 else stat.S_IFREG
        return fuse.Stat(st_mode=kind | mode & 0o777, st_size=length, st_nlink=1)

    def readdir(self, path, _offset):
        fid = session.open(path, 0)
        try:
            offset = 0
            while records := session.read(fid, MSIZE, offset):
                offset += len(records)
                while records:
                    size = struct.unpack_from('<H', records)[0] + 2
                    yield fuse.Direntry(entry(records[:size])[0])
                    records = records[size:]
        finally:
            session.clunk(fid)

    def truncate(self, _path, _length):
        return 0


session = Session(sys.argv[1])
mount = Mount()
mount.parse(['-f', '-o', 'attr_timeout=0,entry_timeout=0', sys.argv[2]])
mount.multithreaded = True
mount.main()
