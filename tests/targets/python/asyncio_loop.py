"""CPython's asyncio: a loop of epoll with timers, an echo over a socket pair and pipes, an executor, files and signals handled by the loop."""
import asyncio
import os
import signal
import socket
import threading
import zlib

from target import directory, eventually, expect, run

counts = {"ticks": 0, "echoes": 0, "computed": 0, "signals": 0}
seen = dict(counts)
loop = asyncio.new_event_loop()
lines = open(os.path.join(directory, "lines"), "w+", encoding="utf-8")


async def tick():
    while True:
        start = loop.time()
        await asyncio.sleep(0.05)
        expect(loop.time() - start >= 0.049, "a sleep of the loop was too short")
        counts["ticks"] += 1


async def echo(stream):
    while True:
        stream.setblocking(False)
        data = await loop.sock_recv(stream, 100)
        await loop.sock_sendall(stream, data)


async def ask(stream):
    stream.setblocking(False)
    while True:
        question = f"question {counts['echoes']}".encode()
        await loop.sock_sendall(stream, question)
        answer = await loop.sock_recv(stream, 100)
        expect(answer == question, f"{question!r} came back as {answer!r}")
        counts["echoes"] += 1
        lines.write(f"{counts['echoes']}\n")
        await asyncio.sleep(0.002)


def compute(data):
    return zlib.crc32(data)


async def offload():
    data = bytes(range(256)) * 4096
    right = zlib.crc32(data)
    while True:
        expect(await loop.run_in_executor(None, compute, data) == right, "a checksum is wrong")
        counts["computed"] += 1


def set_up():
    def forever():
        asyncio.set_event_loop(loop)
        one, other = socket.socketpair()
        for task in (tick(), echo(one), ask(other), offload()):
            loop.create_task(task)
        loop.run_forever()

    signal.signal(signal.SIGUSR1, lambda *_: counts.update(signals=counts["signals"] + 1))
    threading.Thread(target=forever, daemon=True).start()


def verify():
    os.kill(os.getpid(), signal.SIGUSR1)
    for name in counts:
        expect(eventually(lambda: counts[name] > seen[name]), f"{name} stand still at {counts[name]}")
    seen.update(counts)
    expect(counts["signals"] <= seen["signals"], "a signal was handled twice")
    lines.flush()
    with open(os.path.join(directory, "lines"), encoding="utf-8") as written:
        numbers = [int(line) for line in written.read().split("\n")[:-1]]
    expect(numbers == list(range(1, len(numbers) + 1)), "lines of the file are lost or doubled")


run(set_up, verify)
