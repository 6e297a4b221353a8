"""The protocol of a self-checking target, see ../README.md: run(set_up, verify)."""
import os
import sys
import threading
import time

directory = sys.argv[1] if len(sys.argv) > 1 else "."
_failure = []
_lock = threading.Lock()


def _write(name, text):
    temporary = os.path.join(directory, f".{name}.{threading.get_ident()}")
    with open(temporary, "w", encoding="utf-8") as file:
        file.write(text)
    os.rename(temporary, os.path.join(directory, name))


def _exists(name):
    return os.path.exists(os.path.join(directory, name))


def fail(reason):
    """Reports the first thing that is wrong, from any thread."""
    with _lock:
        if not _failure:
            _failure.append(reason)
            _write("failed", reason)


def expect(condition, reason):
    if not condition:
        fail(reason)


def eventually(condition, seconds=15):
    deadline = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > deadline:
            return False
        time.sleep(0.01)
    return True


def thread(body, *arguments):
    def guarded():
        try:
            body(*arguments)
        except Exception as error:  # a thread that dies silently would pass
            fail(f"{body.__name__}: {error!r}")

    started = threading.Thread(target=guarded, daemon=True)
    started.start()
    return started


def run(set_up, verify):
    pid = os.getpid()
    set_up()
    _write("ready", str(pid))
    while not _exists("stop"):
        if _exists("check") and not _exists("result"):
            try:
                expect(os.getpid() == pid, f"pid {pid} became {os.getpid()}")
                verify()
            except Exception as error:
                fail(f"verify: {error!r}")
            _write("result", f"FAIL: {_failure[0]}" if _failure else "ok")
        time.sleep(0.02)
    os._exit(42)
