"""NCCOs against the models of Vonage's own library, chosen by `action`: each field must be one of the model's, and of its type."""

import json

from pydantic import ValidationError
from said import check
from vonage_voice.models import ncco

MODELS = {
    "record": ncco.Record,
    "conversation": ncco.Conversation,
    "connect": ncco.Connect,
    "talk": ncco.Talk,
    "stream": ncco.Stream,
    "input": ncco.Input,
    "notify": ncco.Notify,
}
ENDPOINTS = {
    "phone": ncco.PhoneEndpoint,
    "app": ncco.AppEndpoint,
    "websocket": ncco.WebsocketEndpoint,
    "sip": ncco.SipEndpoint,
    "vbc": ncco.VbcEndpoint,
}


def model(kind, document, path):
    # The models take Python's name for a field that is a keyword there, and no unknown field is an error to them.
    names = {field.serialization_alias or name: name for name, field in kind.model_fields.items()}
    found = [f"{path} has no field {name}" for name in document if name not in names]
    try:
        kind.model_validate({names.get(name, name): value for name, value in document.items()})
    except (ValidationError, ValueError) as error:
        found.append(f"{path}: {error}")
    except Exception as error:  # The library has errors of its own.
        found.append(f"{path}: {type(error).__name__}: {error}")
    return found


def faults(body):
    try:
        actions = json.loads(body)
    except ValueError as error:
        return [f"no JSON: {error}"]
    if not isinstance(actions, list):
        return ["no list of actions"]
    found = []
    for index, action in enumerate(actions):
        kind = MODELS.get(action.get("action"))
        if kind is None:
            found.append(f"[{index}] has no action that there is: {action.get('action')}")
            continue
        found += model(kind, action, f"[{index}]")
        for endpoint in action.get("endpoint", []):
            of = ENDPOINTS.get(endpoint.get("type"))
            found += model(of, endpoint, f"[{index}].endpoint") if of else [f"[{index}] has no endpoint that there is"]
        if action.get("bargeIn") and not any(later.get("action") == "input" for later in actions[index:]):
            found.append(f"[{index}] may be cut short by a key, and no input reads it")
    return found


check(
    "ncco",
    faults,
    good=[
        '[{"action":"talk","text":"hi","bargeIn":true},{"action":"input","type":["dtmf"],"dtmf":{"maxDigits":1},"eventUrl":["https://x.example/e"]}]',
        '[{"action":"connect","endpoint":[{"type":"sip","uri":"sip:a@b.com"}],"timeout":20,"from":"15551234567"}]',
    ],
    broken={
        "no such action": '[{"action":"teleport"}]',
        "no text": '[{"action":"talk"}]',
        "a text that is too long": json.dumps([{"action": "talk", "text": "x" * 1501}]),
        "no such endpoint": '[{"action":"connect","endpoint":[{"type":"pigeon"}],"from":"15551234567"}]',
        "no such field": '[{"action":"talk","text":"x","words":"y"}]',
        "a number with a plus": '[{"action":"connect","endpoint":[{"type":"phone","number":"+15551234567"}],"from":"15551234567"}]',
        "no caller": '[{"action":"connect","endpoint":[{"type":"phone","number":"15551234567"}]}]',
        "nothing to cut short for": '[{"action":"talk","text":"hi","bargeIn":true}]',
        "no list": "{}",
    },
)
