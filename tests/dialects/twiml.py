"""TwiML against the builder of Twilio's own library: each element must be a method of the class of the element around it, each attribute an
argument of that method."""

import inspect
import re
import xml.etree.ElementTree as ET

from said import check
from twilio.twiml import voice_response

CLASSES = dict(inspect.getmembers(voice_response, inspect.isclass))


def snake(name):
    return re.sub(r"(?<!^)(?=[A-Z])", "_", name).lower()


def inside(element, builder, path, faults):
    for child in element:
        here = f"{path}/{child.tag}"
        method = getattr(builder, snake(child.tag), None)
        if child.tag[:1].islower() or not inspect.isfunction(method) or snake(child.tag) in ("append", "nest", "to_xml"):
            faults.append(f"{here} cannot stand in <{element.tag}>")
            continue
        known = inspect.signature(method).parameters
        for name in child.attrib:
            if snake(name) not in known and snake(name) + "_" not in known:
                faults.append(f"{here} has no attribute {name}")
        made = re.search(r"self\.nest\(\s*(\w+)\(", inspect.getsource(method))
        inside(child, CLASSES[made.group(1)] if made else voice_response.TwiML, here, faults)


def faults(body):
    try:
        root = ET.fromstring(body)
    except ET.ParseError as error:
        return [f"no XML: {error}"]
    found = [] if root.tag == "Response" else ["the root is no <Response>"]
    inside(root, voice_response.VoiceResponse, "/Response", found)
    return found


check(
    "twiml",
    faults,
    good=[
        '<Response><Gather numDigits="1" action="/m" timeout="5"><Say voice="alice">Press 1</Say></Gather><Dial timeout="20"><Sip>sip:a@b</Sip>'
        '<Number url="/w">+15551234</Number></Dial><Enqueue workflowSid="WW1"><Task priority="3">{}</Task></Enqueue></Response>',
    ],
    broken={
        "no such verb": "<Response><Teleport/></Response>",
        "a dial in a gather": "<Response><Gather><Dial/></Gather></Response>",
        "no such noun": "<Response><Dial><Pigeon/></Dial></Response>",
        "an attribute of another verb": '<Response><Say numDigits="1">x</Say></Response>',
        "another root": "<Answer><Say>x</Say></Answer>",
        "no XML": "<Response><Say>x</Response>",
    },
)
