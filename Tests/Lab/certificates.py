"""A certificate authority of the lab's own, and server certificates signed by it."""

from pathlib import Path

from commands import run

DAYS = "2"


class Authority:
    """Makes certificates below one folder; they expire in two days."""

    def __init__(self, folder):
        self.folder = Path(folder)
        self.folder.mkdir(parents=True, exist_ok=True)
        self.certificate = self.folder / "authority.pem"
        self._key = self.folder / "authority.key"
        run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256",
             "-nodes", "-keyout", self._key, "-out", self.certificate, "-days", DAYS,
             "-subj", "/CN=syncmail lab authority",
             "-addext", "basicConstraints=critical,CA:TRUE",
             "-addext", "keyUsage=critical,keyCertSign,cRLSign"])

    def issue(self, name, subjects):
        """Returns the paths of a certificate and its key, for names like `DNS:x` or `IP:y`."""
        key = self.folder / f"{name}.key"
        request = self.folder / f"{name}.csr"
        certificate = self.folder / f"{name}.pem"
        extensions = self.folder / f"{name}.ext"
        extensions.write_text(
            f"subjectAltName={','.join(subjects)}\nextendedKeyUsage=serverAuth\n")
        run(["openssl", "req", "-new", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256",
             "-nodes", "-keyout", key, "-out", request, "-subj", f"/CN={name}"])
        run(["openssl", "x509", "-req", "-in", request, "-CA", self.certificate, "-CAkey",
             self._key, "-CAcreateserial", "-out", certificate, "-days", DAYS,
             "-extfile", extensions])
        return certificate, key
