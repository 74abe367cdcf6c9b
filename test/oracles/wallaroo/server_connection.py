"""Connects the platform's SDK to the server of argv[1]: with the user and password of the environment where they are
given, else with `test_auth`. argv[2] is the folder of the recordings."""

import logging
import os
import sys
import tempfile
import warnings

url, recordings = sys.argv[1], sys.argv[2]
os.environ["WALLAROO_URL"] = url
os.environ["WALLAROO_AUTH_URL"] = url
os.environ["XDG_CACHE_HOME"] = tempfile.mkdtemp()
# The SDK reads all certificates of the machine for each call; none is needed here.
import certifi  # noqa: E402

with open(certifi.where()) as bundle:
    certificate = bundle.read().split("-----END CERTIFICATE-----")[0] + "-----END CERTIFICATE-----\n"
os.environ["SSL_CERT_FILE"] = os.path.join(os.environ["XDG_CACHE_HOME"], "one.pem")
with open(os.environ["SSL_CERT_FILE"], "w") as one:
    one.write(certificate)
logging.disable(logging.WARNING)
warnings.simplefilter("ignore")

import wallaroo  # noqa: E402
from wallaroo.version import __version__  # noqa: E402

release = tuple(int(part) for part in __version__.split(".")[:2])
auth = "user_password" if "WALLAROO_USER" in os.environ else "test_auth"
endpoints = {"api_endpoint": url} if release > (2023, 4) else {"api_endpoint": url, "auth_endpoint": url}
client = wallaroo.Client(auth_type=auth, **endpoints)


def model_file(name):
    return os.path.join(recordings, "models", name)


def input_file(name):
    return os.path.join(recordings, "inputs", name)
