"""An application's own server, as far as it hears of logouts."""

import queue
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

# The server is told at once, and goes out off the way of the request that ended the session.
WITHIN = 10


class Listener:
    def __enter__(self):
        self.heard = heard = queue.Queue()

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self):
                body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
                heard.put((self.command, self.path, body.decode()))
                self.send_response(200)
                self.send_header("Cache-Control", "no-store")
                self.send_header("Content-Length", "0")
                self.end_headers()

            do_POST = do_GET

            def log_message(self, *_):
                """What it heard, it says to who asks."""

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        threading.Thread(target=self.server.serve_forever, daemon=True).start()
        return self

    def __exit__(self, *_):
        self.server.shutdown()
        self.server.server_close()

    def url(self, path):
        return f"http://127.0.0.1:{self.server.server_port}{path}"

    def next(self):
        """The next request that arrives or has arrived: method, path, body."""
        return self.heard.get(timeout=WITHIN)
