# SPDX-License-Identifier: Apache-2.0
#
# Loads a server through http.client, one keep-alive connection a thread, until
# standard input ends. Nothing is repeated except a connect that was refused.

import http.client
import json
import random
import ssl
import sys
import threading
import time

host, port, size, roots = sys.argv[1], int(sys.argv[2]), int(sys.argv[3]), sys.argv[4]
context = ssl.create_default_context(cafile=roots) if roots else None
over = threading.Event()
lock = threading.Lock()
tally = dict(Sent=0, Lost=0, Refused=0, Opened=0, Slowest=0.0)


def add(name):
    with lock:
        tally[name] += 1


def connection():
    if roots:
        return http.client.HTTPSConnection(host, port, timeout=20, context=context)
    return http.client.HTTPConnection(host, port, timeout=20)


def lost(method, e):
    add("Lost")
    print("lost", method, type(e).__name__, e, flush=True)


def connect(conn):
    try:
        conn.connect()
    except ConnectionRefusedError:
        add("Refused")
        time.sleep(0.01)
        return False
    except OSError as e:  # ssl.SSLError is one
        add("Sent")
        lost("connect", e)
        conn.close()
        return False
    add("Opened")
    return True


def once(conn, method):
    conn.request(method, "/", body=b"order" if method == "POST" else None)
    answer = conn.getresponse()
    body = answer.read()
    if answer.status != 200 or len(body) != size:
        raise OSError(f"status {answer.status}, {len(body)} bytes")


def work(i):
    conn = connection()
    while not over.is_set():
        began = time.monotonic()
        if conn.sock is None and not connect(conn):
            continue
        method = random.choice(["GET", "POST"])
        add("Sent")
        try:
            once(conn, method)
        except (OSError, http.client.HTTPException) as e:
            lost(method, e)
            conn.close()
        with lock:
            tally["Slowest"] = max(tally["Slowest"], (time.monotonic() - began) * 1000)
        if i % 2:
            time.sleep(random.uniform(0, 0.05))


threads = [threading.Thread(target=work, args=(i,)) for i in range(16)]
for t in threads:
    t.start()
sys.stdin.read()
over.set()
for t in threads:
    t.join()
print(json.dumps(tally))
