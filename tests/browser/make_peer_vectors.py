"""Rewrites tests/vectors/blindrsa-ts.json: `python -m tests.browser.make_peer_vectors`.

An independent implementation, the npm package `@cloudflare/blindrsa-ts`, and the panel's exchange
requests and signatures in Chromium. The tests replay the recorded vectors without npm.
"""

import json
import secrets
import subprocess
import tarfile
import tempfile
from pathlib import Path

from joserfc.jwk import RSAKey
from playwright.sync_api import sync_playwright

from services.runtime.crypto.blind_rsa import PrivateKey
from tests.browser.chromium import FLAGS, find_or_install, site

HERE = Path(__file__).parent
TARGET = HERE.parent / "vectors" / "blindrsa-ts.json"
CREDENTIAL = HERE.parents[1] / "services/responses/submissions/static/credential.js"
PEER = "@cloudflare/blindrsa-ts@0.4.4"


def main() -> None:
    signer = PrivateKey.generate()
    private_jwk = RSAKey.import_key(signer.der()).as_dict(private=True)
    private_jwk.pop("kid", None)
    with tempfile.TemporaryDirectory() as folder:
        subprocess.run(["npm", "pack", "--silent", PEER], cwd=folder, check=True)
        with tarfile.open(next(Path(folder).glob("*.tgz"))) as archive:
            archive.extractall(folder, filter="data")
        files = {
            "/credential.js": CREDENTIAL,
            "/talk.js": HERE / "credential_peer.js",
            "/peer/": Path(folder) / "package/lib/src",
        }
        executable = find_or_install()
        with site(files) as url, sync_playwright() as playwright:
            browser = playwright.chromium.launch(executable_path=executable, args=FLAGS)
            page = browser.new_page()
            page.goto(url)
            talk = "async ([name, key, data]) => (await import('/talk.js'))[name](key, data)"
            peer_requests, own_requests = (
                [page.evaluate(talk, [name, private_jwk, secrets.token_hex(32)]) for _ in range(3)]
                for name in ("requestOfThePeer", "requestOfOurs")
            )
            browser.close()
    vectors = {
        "source": f"npm package {PEER}, by tests/browser/make_peer_vectors.py; hexadecimal",
        "jwk": signer.public.jwk,
        "key_pkcs8": signer.der().hex(),
        "requests_of_the_peer": peer_requests,
        "requests_of_ours_signed_by_the_peer": own_requests,
    }
    TARGET.write_text(json.dumps(vectors, indent=1) + "\n")


if __name__ == "__main__":
    main()
