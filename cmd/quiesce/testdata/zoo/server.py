#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""A small server that stops correctly, or is broken in one named way: see FINDS.

    server.py -addr 127.0.0.1:8080 -species correct
    server.py -list
"""

import argparse
import http.server
import json
import os
import random
import signal
import subprocess
import sys
import tempfile
import threading
import time

HTTP = "http://127.0.0.1:{port}/"
DELAYED = ["--ready", HTTP + "readyz", "--live", HTTP + "livez", "--readiness-delay", "200ms"]
WRITING = ["--write", "PUT " + HTTP + "items/{id}", "--read", "GET " + HTTP + "items/{id}"]
SHORT = ["--grace", "1s"]
FEW = ["--connections", "4", "--rate", "100"]  # what it can take beside the probes
SIX = ["--rounds", "6"]  # it is slow to start
LOST = ["requests-keepalive", "requests-new"]
UNCLEAN = ["refusals-clean"]

SPECIES = [
    {"name": "correct", "about": "correct", "flags": DELAYED + SIX},
    {"name": "correct-writes", "about": "correct", "flags": DELAYED + WRITING + SIX},
    {"name": "no-handler", "about": "is ended by the signal itself", "finds": ["exit-code"], "also": LOST + UNCLEAN},
    {"name": "exits-at-once", "about": "sys.exit in the handler, threads are daemons", "finds": LOST, "also": UNCLEAN},
    {"name": "shutdown-only", "about": "stops the accept loop and exits, whatever the threads do", "finds": LOST, "also": UNCLEAN},
    {"name": "ignores-term", "about": "knows Ctrl-C only", "finds": ["exits"], "also": ["exits-in-time"] + LOST + UNCLEAN, "flags": SHORT},
    {"name": "drops-the-last", "about": "closes connections without an answer after the signal", "finds": LOST, "also": UNCLEAN},
    {"name": "leaks-a-child", "about": "leaves a child process", "finds": ["no-process-left"], "flags": DELAYED},
    {"name": "leaves-temp-files", "about": "leaves a temporary file", "finds": ["no-file-left"], "flags": DELAYED},
    {"name": "dies-of-usr1", "about": "is ended by USR1", "finds": ["survives-usr1"], "also": ["exit-code"] + LOST + UNCLEAN,
     "flags": DELAYED + ["--situations", "usr1"] + SIX},
    {"name": "loses-writes", "about": "acknowledges writes that are in a buffer", "finds": ["writes-survive"], "also": LOST + UNCLEAN, "flags": WRITING},
]
for s in SPECIES:
    s["url"] = HTTP
    s["flags"] = FEW + s.get("flags", [])

parser = argparse.ArgumentParser()
parser.add_argument("-addr", default="127.0.0.1:0")
parser.add_argument("-species", default="correct", choices=[s["name"] for s in SPECIES])
parser.add_argument("-dir", default="", help="where to keep items; empty: in memory only")
parser.add_argument("-list", action="store_true")
args = parser.parse_args()
if args.list:
    json.dump(SPECIES, sys.stdout)
    sys.exit()
species = args.species
WORK = 0.1 if species in ("exits-at-once", "shutdown-only") else 0.005  # seconds a request takes at most
DELAY = 0.3  # seconds to serve after readiness is off: more than was promised

lock = threading.Lock()
quiet = threading.Condition(lock)
active = 0  # requests whose first line has come; under lock
looks = 0  # how often we have looked since one came that was not a probe's
fresh = set()  # connections that have said nothing yet; under lock
stopping = threading.Event()
items = {}
log = open(os.path.join(args.dir, "items.log") if args.dir else os.devnull, "a+", buffering=-1 if species == "loses-writes" else 1)
if args.dir:
    log.seek(0)
for line in log if args.dir else ():
    try:
        items.update([json.loads(line)])
    except ValueError:
        pass  # the last line, cut


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    wbufsize = 64 << 10  # one write an answer
    disable_nagle_algorithm = True

    def parse_request(self):
        global active
        with lock:
            active += 1
            fresh.discard(self.connection)
        self.begun = True
        return super().parse_request()

    def handle_one_request(self):
        global active
        self.begun = False
        try:
            super().handle_one_request()
        finally:
            if self.begun:
                with lock:
                    active -= 1
                    quiet.notify_all()

    def answer(self, code, body=b""):
        if stopping.is_set() and species == "drops-the-last":
            self.close_connection = True
            return
        self.send_response(code)
        self.send_header("Content-Length", str(len(body)))
        if stopping.is_set():
            self.send_header("Connection", "close")
            self.close_connection = True
        self.end_headers()
        self.wfile.write(body)
        self.wfile.flush()

    def do_GET(self):
        global looks
        if self.path == "/readyz":
            self.answer(503 if stopping.is_set() else 200)
            return
        if self.path == "/livez":
            self.answer(200)
            return
        looks = 0
        if self.path.startswith("/items/"):
            body = items.get(self.path[len("/items/"):])
            self.answer(404 if body is None else 200, (body or "").encode())
        else:
            time.sleep(random.random() * WORK)
            self.answer(200, b"hello\n")

    def do_PUT(self):
        global looks
        looks = 0
        body = self.rfile.read(int(self.headers.get("Content-Length", 0))).decode()
        name = self.path[len("/items/"):]
        with lock:
            items[name] = body
            log.write(json.dumps([name, body]) + "\n")
        self.answer(201)

    def log_message(self, *_):
        pass


class Server(http.server.ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 512
    allow_reuse_address = True

    def process_request(self, request, client_address):
        with lock:
            fresh.add(request)
        super().process_request(request, client_address)

    def take_waiting(self):
        """Takes who waits in the queue of the listener, and would be reset if it was closed."""
        self.socket.setblocking(False)
        try:
            for _ in range(self.request_queue_size):
                request, client_address = self.get_request()
                request.setblocking(True)
                self.process_request(request, client_address)
        except BlockingIOError:
            pass

    def shutdown_request(self, request):
        with lock:
            fresh.discard(request)
            quiet.notify_all()
        super().shutdown_request(request)


def careful(server):
    """Readiness off, every answer says goodbye, and when nobody comes any more the listener is closed."""
    global looks
    stopping.set()
    end = time.monotonic() + 3
    time.sleep(DELAY)
    while looks < 10 and time.monotonic() < end:
        looks += 1
        time.sleep(0.01)
    server.shutdown()
    server.take_waiting()
    server.server_close()
    with lock:
        quiet.wait_for(lambda: active == 0 and not fresh, timeout=1)


def main():
    host, port = args.addr.rsplit(":", 1)
    server = Server((host, int(port)), Handler)
    stops = {signal.SIGTERM, signal.SIGINT}
    if species == "ignores-term":
        signal.signal(signal.SIGTERM, signal.SIG_IGN)
    elif species != "no-handler":
        # Not a handler that sets an event: another thread may take the signal, and the
        # main one, in which handlers run, does not wake up.
        signal.pthread_sigmask(signal.SIG_BLOCK, stops)
    if species == "leaks-a-child":
        subprocess.Popen(["sleep", "1000"], start_new_session=True)
    if species == "leaves-temp-files":
        tempfile.mkstemp(prefix="upload-")
    threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
    if species in ("ignores-term", "no-handler"):
        signal.pause()
    signal.sigwait(stops)
    if species in ("exits-at-once", "loses-writes"):
        os._exit(0)
    if species == "shutdown-only":
        server.shutdown()
        os._exit(0)
    if species == "drops-the-last":
        stopping.set()
        time.sleep(0.05)
        os._exit(0)
    careful(server)
    log.close()
    os._exit(0)


main()
