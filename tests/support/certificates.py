"""Certificates for tests, made by the `openssl` command."""

import subprocess
from pathlib import Path

HERE = "subjectAltName=IP:127.0.0.1,DNS:localhost"
SETTINGS = """\
[ca]
default_ca = here
[here]
database = ./index
serial = ./serial
new_certs_dir = .
default_md = sha256
policy = policy
[policy]
commonName = supplied
"""


class Authority:
    """A certificate authority in a folder; certificates are issued by the `openssl` command."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        (folder / "ca.cnf").write_text(SETTINGS)
        (folder / "index").touch()
        (folder / "serial").write_text("01")
        self.itself("ca", HERE)

    def openssl(self, *arguments: str) -> None:
        """Run the command in the folder."""
        subprocess.run(["openssl", *arguments], cwd=self.folder, check=True, capture_output=True)  # noqa: S607  # fixed arguments; the system's own program

    def itself(self, name: str, alternative: str) -> Path:
        """A certificate that is signed by itself."""
        files = ["-keyout", f"{name}.key", "-out", f"{name}.pem", "-subj", f"/CN={name}", "-addext", alternative]
        self.openssl("req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", *files)
        return self.folder / f"{name}.pem"

    def signed(self, name: str, start: str, end: str) -> Path:
        """A certificate for this machine that is signed by the authority."""
        self.itself(name, HERE)
        (self.folder / "names").write_text(HERE)
        self.openssl("x509", "-x509toreq", "-in", f"{name}.pem", "-signkey", f"{name}.key", "-out", f"{name}.csr")
        signing = ["-cert", "ca.pem", "-keyfile", "ca.key", "-startdate", start, "-enddate", end, "-extfile", "names"]
        self.openssl(
            "ca", "-batch", "-notext", "-config", "ca.cnf", "-in", f"{name}.csr", "-out", f"{name}.pem", *signing
        )
        return self.folder / f"{name}.pem"
