"""CPython's extensions: a sqlite database on disk, a mapped file, an idle HTTP server that answers, compressors
in the middle of their streams, a random generator and a hash that must go on as in an undisturbed run."""
import hashlib
import http.client
import http.server
import mmap
import os
import queue
import random
import sqlite3
import threading
import zlib

from target import directory, eventually, expect, run, thread

counts = {"rows": 0, "pages": 0, "items": 0, "steps": 0}
seen = dict(counts)
items = queue.Queue(8)
lock = threading.Lock()
state = {}


class Answer(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        body = f"{self.path} after {state['asked']}".encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_):
        pass


def pages():
    turn = 0
    while True:
        turn += 1
        for page in range(16):
            text = hashlib.sha256(f"{turn} {page}".encode()).digest()
            state["map"][page * 4096:page * 4096 + 32] = text
            expect(state["map"][page * 4096:page * 4096 + 32] == text, f"page {page} of the mapped file changed")
        counts["pages"] += 1
        threading.Event().wait(0.002)


def produce():
    number = 0
    while True:
        items.put(number)
        number += 1
        threading.Event().wait(0.001)


def consume():
    number = 0
    while True:
        expect(items.get() == number, "an item of the queue is lost")
        number += 1
        counts["items"] += 1


def step(generator, running, packer):
    value = generator.getrandbits(64).to_bytes(8, "little")
    running.update(value)
    return packer.compress(value)


def steps():
    while True:
        with lock:
            state["packed"] += step(state["generator"], state["running"], state["packer"])
            counts["steps"] += 1
        threading.Event().wait(0.001)


def set_up():
    with open(os.path.join(directory, "mapped"), "w+b") as file:
        file.truncate(65536)
        state["map"] = mmap.mmap(file.fileno(), 65536)
    state["database"] = sqlite3.connect(os.path.join(directory, "rows.db"), check_same_thread=False)
    state["database"].execute("create table numbers (number integer primary key, sum text)")
    state["database"].commit()
    state["asked"] = 0
    state["server"] = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Answer)
    state["generator"], state["running"], state["packer"] = random.Random(7), hashlib.sha512(), zlib.compressobj()
    state["packed"] = b""
    for body in (state["server"].serve_forever, pages, produce, consume, steps):
        thread(body)


def check_rows():
    database = state["database"]
    for _ in range(100):
        counts["rows"] += 1
        database.execute("insert into numbers values (?, ?)", (counts["rows"], hashlib.sha1(str(counts["rows"]).encode()).hexdigest()))
    database.commit()
    rows = database.execute("select number, sum from numbers order by number").fetchall()
    right = [(n, hashlib.sha1(str(n).encode()).hexdigest()) for n in range(1, counts["rows"] + 1)]
    expect(rows == right, f"the database holds {len(rows)} rows, {len(right)} were written, or others")
    expect(database.execute("pragma integrity_check").fetchone() == ("ok",), "the database is damaged")


def check_steps():
    generator, running, packer = random.Random(7), hashlib.sha512(), zlib.compressobj()
    with lock:
        packed = b"".join(step(generator, running, packer) for _ in range(counts["steps"]))
        expect(state["running"].copy().digest() == running.digest(), "the hash differs from an undisturbed one")
        expect(state["packed"] + state["packer"].copy().flush() == packed + packer.flush(), "the compressed stream differs from an undisturbed one")


def check_server():
    state["asked"] += 1
    connection = http.client.HTTPConnection("127.0.0.1", state["server"].server_port, timeout=15)
    connection.request("GET", "/question")
    answer = connection.getresponse().read().decode()
    connection.close()
    expect(answer == f"/question after {state['asked']}", f"the server answers {answer!r}")
    # No connection may be left when the next checkpoint comes.
    expect(eventually(lambda: threading.active_count() == state["threads"]), "the server's thread does not end")


def verify():
    state.setdefault("threads", threading.active_count())
    check_rows()
    check_steps()
    check_server()
    for name in counts:
        expect(eventually(lambda: counts[name] > seen[name]), f"{name} stand still at {counts[name]}")
    seen.update(counts)


run(set_up, verify)
