"""What the dialects `httapi` and `xml_curl` say, against the elements and attributes that FreeSWITCH's modules read. They publish no schema."""

import sys
import xml.etree.ElementTree as ElementTree

from said import check

dialect = sys.argv.pop(1)

BINDING = {"name", "action", "temp-action", "error-file", "digit-timeout", "input-timeout", "terminators", "loops", "asr-engine", "asr-grammar"}
# mod_httapi: what stands in <work>.
VERBS = {
    "playback": BINDING | {"file"},
    "speak": BINDING | {"engine", "voice", "text"},
    "say": BINDING | {"language", "type", "method", "gender", "text"},
    "pause": {"milliseconds"},
    "record": {"file", "name", "error-file", "beep-file", "action", "digit-timeout", "terminators", "limit", "silence-hits", "threshold"},
    "recordCall": {"limit", "name", "action"},
    "dial": {"context", "dialplan", "caller-id-name", "caller-id-number"},
    "execute": {"application", "data", "action"},
    "voicemail": {"check", "auth-only", "profile", "domain", "id"},
    "conference": {"profile", "pin", "flags"},
    "hangup": {"cause"},
    "answer": set(),
    "preAnswer": set(),
    "ringReady": set(),
    "break": set(),
    "continue": set(),
    "log": {"level", "clean"},
    "getVariable": {"name", "permanent"},
    "sms": {"to"},
    "vmName": set(),
}


def httapi(root):
    if root.tag != "document" or root.get("type") != "xml/freeswitch-httapi":
        yield f"the root is <{root.tag} type={root.get('type')!r}>"
    for part in root:
        if part.tag not in ("params", "variables", "work"):
            yield f"<{part.tag}> stands in the document"
        if part.tag != "work":
            continue
        for verb in part:
            if verb.tag not in VERBS:
                yield f"<{verb.tag}> is no verb"
                continue
            # The parser reads these two of every verb.
            for name in set(verb.keys()) - VERBS[verb.tag] - {"action", "temp-action"}:
                yield f"<{verb.tag}> has no attribute {name}"
            for child in verb:
                if child.tag != "bind" or set(child.keys()) - {"action", "temp-action", "strip"}:
                    yield f"<{child.tag}> stands in <{verb.tag}>"


# mod_xml_curl: what a dialplan is made of.
CHILDREN = {"document": {"section"}, "section": {"context", "result"}, "context": {"extension"}, "extension": {"condition"}, "condition": {"action", "anti-action"}}
ATTRIBUTES = {
    "document": {"type"},
    "section": {"name", "description"},
    "context": {"name"},
    "extension": {"name", "continue"},
    "condition": {"field", "expression", "break", "regex"},
    "action": {"application", "data", "inline"},
    "anti-action": {"application", "data", "inline"},
    "result": {"status"},
}


def xml_curl(element):
    if element.tag not in ATTRIBUTES:
        yield f"<{element.tag}> is nothing"
        return
    for name in set(element.keys()) - ATTRIBUTES[element.tag]:
        yield f"<{element.tag}> has no attribute {name}"
    if element.tag == "action" and not element.get("application"):
        yield "an <action> without an application"
    for child in element:
        if child.tag not in CHILDREN.get(element.tag, set()):
            yield f"<{child.tag}> stands in <{element.tag}>"
        yield from xml_curl(child)


def faults(body):
    try:
        root = ElementTree.fromstring(body)
    except ElementTree.ParseError as error:
        return [f"no XML: {error}"]
    return list((httapi if dialect == "httapi" else xml_curl)(root))


GOOD = {
    "httapi": '<document type="xml/freeswitch-httapi"><work><playback file="a.wav"><bind>1</bind></playback><hangup cause="USER_BUSY"/></work></document>',
    "xml_curl": '<document type="freeswitch/xml"><section name="dialplan"><context name="public"><extension name="x"><condition>'
    '<action application="hangup" data="USER_BUSY"/></condition></extension></context></section></document>',
}
BROKEN = {
    "httapi": {
        "no XML": "<document>",
        "an unknown verb": '<document type="xml/freeswitch-httapi"><work><teleport/></work></document>',
        "an unknown attribute": '<document type="xml/freeswitch-httapi"><work><hangup reason="x"/></work></document>',
        "another document": '<document type="freeswitch/xml"><work/></document>',
    },
    "xml_curl": {
        "no XML": '<document type="freeswitch/xml">&',
        "an action that stands alone": '<document type="freeswitch/xml"><section name="dialplan"><action application="hangup"/></section></document>',
        "an unknown attribute": '<document type="freeswitch/xml"><section name="dialplan" kind="x"/></document>',
    },
}
check(dialect, faults, good=[GOOD[dialect]], broken=BROKEN[dialect])
