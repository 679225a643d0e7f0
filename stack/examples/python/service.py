"""A service of another stack, observed by this one. Needs nothing but Python 3.9.

Every request leaves one span (OTLP/HTTP JSON to Tempo), one log line (JSON in the log folder, read by
Promtail) and one observation in a histogram (OTLP/HTTP JSON to Prometheus), all with the same trace id.

    python3 service.py --log-folder ../../../artifacts/run/logs              serve on 127.0.0.1:8000
    python3 service.py --log-folder ../../../artifacts/run/logs --requests 20  answer 20 requests of its own and end
"""

import argparse
import json
import os
import queue
import random
import re
import secrets
import signal
import sys
import threading
import time
import urllib.error
import urllib.request
from datetime import datetime, timezone
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

NAME = os.environ.get("OTEL_SERVICE_NAME", "python-client")
BASE = os.environ.get("OTEL_EXPORTER_OTLP_ENDPOINT", "http://localhost:4318").rstrip("/")
TRACES = os.environ.get("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT", BASE + "/v1/traces")
METRICS = os.environ.get("OTEL_EXPORTER_OTLP_METRICS_ENDPOINT", BASE + "/v1/metrics")
BOUNDS = [0.005, 0.01, 0.025, 0.05, 0.075, 0.1, 0.25, 0.5, 0.75, 1, 2.5, 5, 7.5, 10]
RESOURCE = {"attributes": [{"key": "service.name", "value": {"stringValue": NAME}},
                           {"key": "service.instance.id", "value": {"stringValue": "%s:%d" % (os.uname().nodename, os.getpid())}}]}
SCOPE = {"name": "service.py", "version": "1.0"}
TRACEPARENT = re.compile(r"00-([0-9a-f]{32})-([0-9a-f]{16})-([0-9a-f]{2})")


def attributes(**values):
    return [{"key": key.replace("__", "."), "value": {"intValue": str(value)} if isinstance(value, int) else {"stringValue": value}}
            for key, value in values.items()]


class Log:
    """One JSON object per line; the file's name is the service's."""

    def __init__(self, folder):
        os.makedirs(folder, exist_ok=True)
        self.file = open(os.path.join(folder, NAME + ".log"), "a", encoding="utf-8", buffering=1)
        self.lock = threading.Lock()

    def write(self, level, message, trace_id, span_id, **fields):
        line = json.dumps({"timestamp": datetime.now(timezone.utc).isoformat(timespec="microseconds").replace("+00:00", "Z"),
                           "level": level, "service": NAME, "message": message,
                           "trace_id": trace_id, "span_id": span_id, **fields}, ensure_ascii=False)
        with self.lock:
            self.file.write(line + "\n")


class Telemetry:
    """Sends from a thread of its own: a request never waits for a receiver. A full queue drops spans and counts them."""

    def __init__(self):
        self.spans = queue.Queue(maxsize=2048)
        self.series = {}
        self.lock = threading.Lock()
        self.started = time.time_ns()
        self.dropped = 0
        self.failed = set()
        self.ending = threading.Event()
        self.thread = threading.Thread(target=self.run, daemon=True)
        self.thread.start()

    def span(self, span):
        try:
            self.spans.put_nowait(span)
        except queue.Full:
            self.dropped += 1

    def observe(self, seconds, trace_id, span_id, **labels):
        with self.lock:
            point = self.series.setdefault(tuple(sorted(labels.items())), {"count": 0, "sum": 0.0, "buckets": [0] * (len(BOUNDS) + 1), "exemplar": None})
            point["count"] += 1
            point["sum"] += seconds
            point["buckets"][sum(bound < seconds for bound in BOUNDS)] += 1
            point["exemplar"] = {"timeUnixNano": str(time.time_ns()), "asDouble": seconds, "traceId": trace_id, "spanId": span_id}

    def run(self):
        while not self.ending.wait(1):
            self.flush()
        self.flush()

    def flush(self):
        spans = []
        while not self.spans.empty():
            spans.append(self.spans.get_nowait())
        if spans:
            self.post(TRACES, {"resourceSpans": [{"resource": RESOURCE, "scopeSpans": [{"scope": SCOPE, "spans": spans}]}]})
        with self.lock:
            points = [{"attributes": attributes(**dict(labels)), "startTimeUnixNano": str(self.started), "timeUnixNano": str(time.time_ns()),
                       "count": str(point["count"]), "sum": point["sum"], "bucketCounts": [str(count) for count in point["buckets"]],
                       "explicitBounds": BOUNDS, "exemplars": [point["exemplar"]]} for labels, point in self.series.items()]
        if points:
            metric = {"name": "http.server.request.duration", "unit": "s", "histogram": {"aggregationTemporality": 2, "dataPoints": points}}
            self.post(METRICS, {"resourceMetrics": [{"resource": RESOURCE, "scopeMetrics": [{"scope": SCOPE, "metrics": [metric]}]}]})

    def post(self, url, body):
        request = urllib.request.Request(url, json.dumps(body).encode(), {"Content-Type": "application/json"})
        for delay in (0.2, 0.5, 1, 0):
            try:
                with urllib.request.urlopen(request, timeout=5):
                    self.failed.discard(url)
                    return
            except urllib.error.HTTPError as error:
                fault = "%d %s" % (error.code, error.read(200).decode("utf-8", "replace"))
                if error.code not in (429, 502, 503, 504):
                    break
            except OSError as error:
                fault = str(error)
            time.sleep(delay)
        if url not in self.failed:
            print("%s: %s" % (url, fault), file=sys.stderr)
        self.failed.add(url)

    def close(self):
        self.ending.set()
        self.thread.join(15)


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_GET(self):
        path = self.path.split("?")[0]
        if path == "/health/live":
            return self.answer(200, {"status": "ok"})
        route, status = ("/hello", 200) if path == "/hello" else ("", 404)
        parent = TRACEPARENT.fullmatch(self.headers.get("traceparent", ""))
        trace_id, span_id = parent.group(1) if parent else secrets.token_hex(16), secrets.token_hex(8)
        start = time.time_ns()
        time.sleep(random.expovariate(100))
        self.answer(status, {"hello": "from " + NAME} if status == 200 else {"status": 404})
        end = time.time_ns()

        span = {"traceId": trace_id, "spanId": span_id, "name": ("GET " + route).strip(), "kind": 2,
                "startTimeUnixNano": str(start), "endTimeUnixNano": str(end),
                "attributes": attributes(http__request__method="GET", http__route=route, http__response__status_code=status, url__path=path)}
        if parent:
            span["parentSpanId"] = parent.group(2)
        if not parent or int(parent.group(3), 16) & 1:
            self.server.telemetry.span(span)
        self.server.telemetry.observe((end - start) / 1e9, trace_id, span_id, http__request__method="GET", http__route=route, http__response__status_code=status)
        self.server.log.write("information" if status < 400 else "warning", "GET %s answered %d" % (path, status), trace_id, span_id,
                              status=status, duration_ms=round((end - start) / 1e6, 3))

    def answer(self, status, body):
        text = json.dumps(body).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(text)))
        self.end_headers()
        self.wfile.write(text)

    def log_message(self, *_):
        pass


def main():
    arguments = argparse.ArgumentParser(description="A service of another stack, observed by this one.")
    arguments.add_argument("--log-folder", default="/var/log/microservices", help="where Promtail reads (default: %(default)s)")
    arguments.add_argument("--bind", default="127.0.0.1")
    arguments.add_argument("--port", type=int, default=8000, help="0 for a free one")
    arguments.add_argument("--requests", type=int, default=0, help="send so many requests to itself and end")
    options = arguments.parse_args()

    server = ThreadingHTTPServer((options.bind, options.port), Handler)
    server.telemetry, server.log = Telemetry(), Log(options.log_folder)
    signal.signal(signal.SIGTERM, lambda *_: threading.Thread(target=server.shutdown).start())
    if options.requests:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        for _ in range(options.requests):
            urllib.request.urlopen("http://%s:%d/hello" % server.server_address[:2], timeout=10).read()
        server.shutdown()
    else:
        print("%s on http://%s:%d/hello" % (NAME, *server.server_address[:2]), flush=True)
        try:
            server.serve_forever()
        except KeyboardInterrupt:
            pass
    server.server_close()
    server.telemetry.close()
    print("%d spans dropped" % server.telemetry.dropped)
    return 1 if server.telemetry.failed else 0


if __name__ == "__main__":
    sys.exit(main())
