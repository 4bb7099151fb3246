"""A mail server that misbehaves as it is told.

The only argument is a JSON object; `events` names a file to which one JSON line is written for
each thing that happened. The first line of standard output is the port; each further one says that
a mail was taken.
"""
import json, os, socket, ssl, struct, sys, threading, time

script = json.loads(sys.argv[1])
events = open(script["events"], "a", buffering=1)
lock = threading.Lock()


def note(**event):
    with lock:
        events.write(json.dumps(event) + "\n")


def context():
    made = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    made.load_cert_chain(script["certificate"], script["key"])
    if script.get("oldTLS"):
        made.set_ciphers("ALL:@SECLEVEL=0")
        made.minimum_version = ssl.TLSVersion.TLSv1
        made.maximum_version = ssl.TLSVersion.TLSv1_1
    return made


def reset(peer):
    peer.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    peer.close()


class Session:
    def __init__(self, peer):
        self.raw = self.peer = peer
        self.pending = b""
        self.authenticated = False
        self.finals = list(script.get("final", []))
        self.forget()

    def forget(self):
        self.sender, self.recipients = None, []

    def say(self, text):
        self.peer.sendall(text.encode() + b"\r\n")

    def line(self):
        while b"\n" not in self.pending:
            piece = self.peer.recv(65536)
            if not piece:
                raise EOFError
            self.pending += piece
        line, self.pending = self.pending.split(b"\n", 1)
        return line.rstrip(b"\r")

    def secure(self):
        self.peer = context().wrap_socket(self.raw, server_side=True)

    def ehlo(self):
        offers = list(script.get("offers", ["PIPELINING", "8BITMIME", "SMTPUTF8", "SIZE 1000000"]))
        if script.get("serial"):
            offers = [offer for offer in offers if offer != "PIPELINING"]
        is_secure = self.peer is not self.raw or script["tls"] == "none"
        if script["tls"] == "starttls" and not is_secure and not script.get("stripped"):
            offers.append("STARTTLS")
        if script.get("auth") and is_secure:
            offers.append(script.get("mechanisms", "AUTH PLAIN LOGIN"))
        lines = ["scripted"] + offers
        for number, text in enumerate(lines):
            self.say("250" + ("-" if number + 1 < len(lines) else " ") + text)

    def auth(self, line):
        if len(line.split()) < 3:
            self.say("334 ")
            self.line()
        self.say(script["auth"])
        self.authenticated = script["auth"].startswith("235")

    def body(self):
        if script.get("resetInBody"):
            return reset(self.peer)
        # Like a server that takes a lone LF for a line end, so that smuggling would show.
        lines, raw = [], b""
        while True:
            line = self.line()
            if line == b".":
                break
            lines.append(line[1:] if line.startswith(b".") else line)
        note(event="mail", sender=self.sender, recipients=self.recipients,
             authenticated=self.authenticated, body=(b"\r\n".join(lines) + b"\r\n").hex())
        print("mail", flush=True)
        final = self.finals.pop(0) if self.finals else "250 2.0.0 Ok: queued"
        self.forget()
        if final == "RST":
            return reset(self.peer)
        if final == "SILENT":
            time.sleep(60)
        if final.startswith("LATE "):
            time.sleep(float(final.split()[1]))
            final = "250 2.0.0 Ok: late"
        self.say(final)

    def command(self, line):
        verb = line.split(b" ")[0].split(b":")[0].upper().decode()
        text = line.decode()
        note(event="command", line="AUTH" if verb == "AUTH" else text)
        if verb == "EHLO":
            self.ehlo()
        elif verb == "STARTTLS":
            self.say("220 go ahead")
            if script.get("silentTLS"):
                time.sleep(60)
            self.secure()
        elif verb == "AUTH":
            self.auth(text)
        elif verb == "MAIL":
            reply = script.get("mail", "250 2.1.0 Ok")
            if reply.startswith("250"):
                self.sender = text
            self.say(reply)
        elif verb == "RCPT":
            address = text[text.index("<") + 1:text.index(">")]
            reply = script.get("rcpt", {}).get(address, "250 2.1.5 Ok")
            if self.sender is None:
                reply = "503 5.5.1 no MAIL"
            if reply.startswith("250"):
                self.recipients.append(address)
            self.say(reply)
        elif verb == "DATA":
            if not self.recipients and not script.get("alwaysData"):
                self.say("554 5.5.1 no valid recipients")
            else:
                self.say(script.get("data", "354 go on"))
                if script.get("data", "354").startswith("354"):
                    self.body()
        elif verb == "RSET":
            self.forget()
            self.say("250 2.0.0 Ok")
        elif verb == "QUIT":
            self.say("221 2.0.0 Bye")
            raise EOFError
        else:
            self.say("502 5.5.2 unknown")

    def run(self):
        try:
            if script["tls"] == "implicit":
                self.secure()
            if script.get("silent"):
                time.sleep(60)
            self.say(script.get("greeting", "220 scripted ESMTP"))
            while True:
                self.command(self.line())
                if script.get("idle421") and self.authenticated:
                    self.say("421 4.4.2 idle for too long")
                    break
        except (EOFError, OSError, ValueError):
            pass
        finally:
            self.peer.close()


listener = socket.socket()
listener.bind(("127.0.0.1", 0))
if script.get("dropped"):
    # One connection fills the queue, and the kernel then drops what follows without a word.
    listener.listen(0)
    filler = socket.create_connection(listener.getsockname())
    print(listener.getsockname()[1], flush=True)
    time.sleep(600)
listener.listen(50)
print(listener.getsockname()[1], flush=True)
while True:
    peer, _ = listener.accept()
    peer.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    threading.Thread(target=Session(peer).run, daemon=True).start()
