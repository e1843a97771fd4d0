"""What the dialect `swml` says, against SignalWire's own JSON Schema, which its package for agents brings along."""

import importlib.util
import json
import pathlib

import jsonschema

from said import check

# The package itself is not loaded: it would start things that are of no use here.
package = pathlib.Path(importlib.util.find_spec("signalwire_agents").origin).parent
schema = json.loads((package / "schema.json").read_text(encoding="utf-8"))
validator = jsonschema.validators.validator_for(schema)(schema)


def faults(body):
    try:
        document = json.loads(body)
    except ValueError as error:
        return [f"no JSON: {error}"]
    return [f"{'/'.join(map(str, error.absolute_path))}: {error.message[:300]}" for error in validator.iter_errors(document)]


def said(*steps):
    return json.dumps({"version": "1.0.0", "sections": {"main": list(steps)}})


check(
    "swml",
    faults,
    good=[said({"answer": {}}, {"play": {"url": "say:Hello"}}, {"connect": {"to": "sip:a@127.0.0.1", "timeout": 20}}, {"hangup": {}})],
    broken={
        "no JSON": "{",
        "an unknown step": said({"teleport": {}}),
        "no section main": json.dumps({"version": "1.0.0", "sections": {}}),
        "a misspelt field": said({"connect": {"too": "sip:a@127.0.0.1"}}),
        "a number for a text": said({"play": {"url": 5}}),
        "a reason that is none": said({"hangup": {"reason": "bored"}}),
    },
)
