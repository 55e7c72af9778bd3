"""An HTTP function that removes the rows that outlived their retention; see README.md."""  # noqa: INP001 - the source folder of a function, no package

import json
import sys

import flask
import functions_framework

from gapless.function import OK, answer


@functions_framework.http
def clean(request: flask.Request) -> flask.Response:
    """Clean as the request asks: 200 only when everything was done."""
    given = answer(
        request.method, request.get_data(), request.query_string.decode(errors="replace")
    )
    line = {"severity": "INFO" if given.status == OK else "ERROR", "message": given.data}
    sys.stderr.write(json.dumps(line, default=str) + "\n")
    return flask.Response(
        given.text, given.status, dict(given.headers), mimetype="application/json"
    )
