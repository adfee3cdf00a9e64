"""A mail server (aiosmtpd) and a webhook's other end, on loopback, for test/cli/notify.sh.

    servers.py DIRECTORY CERTIFICATE KEY

Writes the ports to DIRECTORY/ports ("smtp starttls hook"), each mail to DIRECTORY/mail-N and each call to DIRECTORY/hook-N (headers, blank line, body).
smtp takes anything; starttls wants TLS and user assay, password secret; a mail to refused@example.org is refused. Ends when its input ends.
"""
import http.server
import os
import ssl
import sys
import threading

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import AuthResult

directory, certificate, key = sys.argv[1:4]
count = {"mail": 0, "hook": 0}
lock = threading.Lock()


def keep(kind, data):
    with lock:
        count[kind] += 1
        part = os.path.join(directory, f"{kind}-{count[kind]}.part")
        with open(part, "wb") as f:
            f.write(data)
        os.rename(part, part[:-5])


class Mail:
    async def handle_RCPT(self, server, session, envelope, address, options):
        if address == "refused@example.org":
            return "550 5.1.1 nobody here"
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server, session, envelope):
        keep("mail", f"envelope: {envelope.mail_from} {','.join(envelope.rcpt_tos)}\r\n".encode() + envelope.content)
        return "250 OK"


def authenticate(server, session, envelope, mechanism, data):
    return AuthResult(success=(data.login, data.password) == (b"assay", b"secret"))


class Hook(http.server.BaseHTTPRequestHandler):
    def do_POST(self):
        body = self.rfile.read(int(self.headers["Content-Length"]))
        keep("hook", str(self.headers).encode() + body)
        self.send_response(204 if self.path == "/hook" else 403)
        self.end_headers()

    def log_message(self, *_):
        pass


def port_free():
    import socket
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
context.load_cert_chain(certificate, key)
plain = Controller(Mail(), hostname="127.0.0.1", port=port_free())
strict = Controller(Mail(), hostname="127.0.0.1", port=port_free(), tls_context=context, require_starttls=True, authenticator=authenticate, auth_required=True)
hook = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Hook)
plain.start()
strict.start()
threading.Thread(target=hook.serve_forever, daemon=True).start()
with open(os.path.join(directory, "ports.part"), "w") as f:
    f.write(f"{plain.port} {strict.port} {hook.server_port}\n")
os.rename(os.path.join(directory, "ports.part"), os.path.join(directory, "ports"))
sys.stdin.read()
os._exit(0)
