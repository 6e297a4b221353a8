"""CPython with threads: each fills and checksums a dictionary of its own, timers fire once, a queue between threads loses nothing, a thread sleeps."""
import hashlib
import queue
import threading
import time

from target import eventually, expect, run, thread

THREADS = 4
turns = [0] * THREADS
seen = [0] * THREADS
timers = {"armed": 0, "fired": 0}
messages = queue.Queue(maxsize=50)
received = [0]
slept = [0]


def worker(me):
    table = {}
    checksum = 0
    while True:
        for i in range(300):
            key = f"{me}-{turns[me]}-{i}"
            value = hashlib.sha256(key.encode()).hexdigest()
            table[key] = value
            checksum ^= int(value[:16], 16)
        if len(table) > 6000:
            actual = 0
            for key, value in table.items():
                expect(hashlib.sha256(key.encode()).hexdigest() == value, f"entry {key} of thread {me} changed")
                actual ^= int(value[:16], 16)
            expect(actual == checksum, f"the checksum of thread {me} is wrong")
            table.clear()
            checksum = 0
        turns[me] += 1
        time.sleep(0.001)  # several of these share few processors


def producer():
    number = 0
    while True:
        messages.put(number)
        number += 1
        time.sleep(0.001)


def consumer():
    while True:
        number = messages.get()
        expect(number == received[0], f"message {number} comes instead of {received[0]}")
        received[0] += 1


def sleeper():
    while True:
        start = time.monotonic()
        time.sleep(0.25)
        expect(time.monotonic() - start >= 0.249, "a sleep was too short")
        slept[0] += 1


def arm():
    def fire():
        timers["fired"] += 1

    timers["armed"] += 1
    timer = threading.Timer(0.5, fire)
    timer.daemon = True
    timer.start()


def set_up():
    for me in range(THREADS):
        thread(worker, me)
    for body in (producer, consumer, sleeper):
        thread(body)
    arm()


def verify():
    expect(eventually(lambda: timers["fired"] >= timers["armed"]), "a timer does not fire")
    time.sleep(0.05)
    expect(timers["fired"] == timers["armed"], f"{timers['armed']} timers fired {timers['fired']} times")
    count, sleeps = received[0], slept[0]
    expect(eventually(lambda: received[0] > count + 3), "messages stand still")
    expect(eventually(lambda: slept[0] > sleeps), "the sleeper does not wake up")
    for me in range(THREADS):
        expect(eventually(lambda: turns[me] > seen[me]), f"thread {me} stands still")
        seen[me] = turns[me]
    arm()


run(set_up, verify)
