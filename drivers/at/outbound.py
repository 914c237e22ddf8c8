"""Who an AT command line would reach: what the dial guard is asked before the bytes leave.

Pure. A line is read as a module reads it (ITU-T V.250 5.2 and 5.4: blanks mean nothing outside quotes, case means
nothing in names, basic commands follow each other without a separator, ``;`` follows an extended one). Whatever
could dial or send but cannot be read is reported as :attr:`Reach.FROM_MEMORY`, which no guard lets pass.
"""

import re
from collections.abc import Callable

from drivers.api import Outbound, ProtocolError
from drivers.api.guard import Reach
from drivers.sms import Submit, decode_tpdu, split_smsc

#: An empty line, or one extended command with nothing behind it: nearly all traffic.
_PLAIN = re.compile(r"AT(?:\+(\w+)(?:\?|=[ -:<-~]*)?)?", re.IGNORECASE | re.ASCII)

#: Names that send, dial or redirect, vendors' variants included (``+QCMGS``, ``+CMGSEX``, ``+UECALL``).
_SENDS = re.compile(
    r"CMGS|CMSS|CMGC|CMGW|CUSD|CCFC|CTFR|CHLD|CSCA|CRSM|CSIM|CGLA|CUSAT|STGR|STKRSP|STKTR|CDU|CDV|CKPD|CTSA|DIAL|ECALL"
    r"|[MS]MS\w*SEND",
    re.IGNORECASE,
)
_COULD_DIAL = re.compile(rf"D|{_SENDS.pattern}", re.IGNORECASE)

#: Instructions (102 221 table 10.5): UPDATE BINARY and RECORD, ENVELOPE, FETCH, TERMINAL RESPONSE, PUT DATA,
#: INCREASE.
_ACTING = frozenset({"D6", "D7", "DC", "DD", "C2", "12", "14", "DA", "DB", "32"})

#: Body of a command line without blanks, V.250 5.4.1 (basic), 6.3.1 (dial) and 5.4.3 (extended).
_TOKEN = re.compile(
    r"""
      ;
    | (?P<basic> [&\\][A-Z]\d* | S\d*(?:[=?]\d*)? | [A-CE-RT-Z]\d*(?:[=?]\d*)? )
    | D(?P<dial> (?:"[^"]*"|[^;"])* ) (?P<voice> ;? )
    | [-+*^$\#%!@_~](?P<name> [\w./:!%-]+ ) (?: (?P<query> =?\? ) | =(?P<value> (?:"[^"]*"|[^;"])* ) )? (?= ; | $ )
    """,
    re.IGNORECASE | re.ASCII | re.VERBOSE,
)

#: S3 ends a command line and S5 edits it (V.250 6.2.1, 6.2.3): with others nobody knows what a line says.
_LINE_EDITING = re.compile(r"S0*[35]=", re.IGNORECASE)

#: Dial strings that open a packet data connection (27.007 10.2.1.1 and 10.2.1.2): they call nobody.
_PACKET_DATA = re.compile(r"\*99(?:\*(?:\*[^*#]*(?:\*[\d,]*)?)?)?#|\*98(?:\*[\d,]*)?#")
#: Call forwarding by MMI (22.030 6.5.2 and annex B): activation or registration, with or without a number.
_FORWARDING = re.compile(r"\*\*?(?:21|61|62|67|002|004)(?:\*([^*#]*)[^#]*)?#")
#: A call with its own CLIR setting (22.030 6.5.2, 22.081).
_CLIR_CALL = re.compile(r"[*#]31#\+?\d+")
#: Everything that may stand in a dial string (27.007 6.2, V.250 6.3.1), plus the separators people write.
_DIAL_STRING = re.compile(r"[0-9*#+A-D,TPW@!$(). -]+")

_PDU = re.compile(rb"([0-9A-Fa-f]+)\x1a?")
_TEXT = re.compile(rb"[^\x1a\x1b]*\x1a?")


def outbound(line: str, payload: bytes | None) -> tuple[Outbound, ...]:
    """Return every party that this command line and the bytes for its prompt would reach.

    ``line`` is the command line without its end, ``payload`` what would follow a prompt, CTRL-Z included.
    Targets stay as written, except that a type of address of 145 adds the ``+`` that it means.
    """
    plain = _PLAIN.fullmatch(line)
    if plain and (plain[1] is None or not _SENDS.search(plain[1])):
        return ()
    line = line.rstrip("\r\n").lstrip(" ")
    if not line.isascii() or not line.isprintable():
        return (_unreadable(line),)
    if line[:2].upper() != "AT":
        # A/ repeats the last line (V.250 5.2.1); modules skip what stands before AT
        return (_unreadable(line),) if re.search(r"A[T/]", line, re.IGNORECASE) else ()
    return tuple(_read_body(_without_blanks(line[2:]), payload))


def _read_body(body: str, payload: bytes | None) -> list[Outbound]:
    found: list[Outbound] = []
    position = 0
    while position < len(body):
        token = _TOKEN.match(body, position)
        if token is None:
            rest = body[position:]
            return [*found, _unreadable(rest)] if _COULD_DIAL.search(rest) else found
        position = token.end()
        if token["basic"]:
            if _LINE_EDITING.match(token["basic"]):
                found.append(_unreadable(token["basic"]))
        elif token["dial"] is not None:
            found += _dial(token["dial"], voice=bool(token["voice"]))
        elif token["name"] and not token["query"] and _SENDS.search(token["name"]):
            read = _COMMANDS.get(token["name"].upper())
            reached = read(_fields(token["value"] or ""), payload) if read else None
            found += (_unreadable(token[0]),) if reached is None else reached
    return found


def _without_blanks(body: str) -> str:
    parts = body.split('"')
    parts[::2] = [part.replace(" ", "") for part in parts[::2]]
    return '"'.join(parts)


def _fields(value: str) -> list[str]:
    """Split parameters at commas outside quotes; quotes stay, since they tell a number from a length."""
    return re.findall(r'((?:"[^"]*"|[^,"])*)(?:,|$)', value)[:-1] if value else []


def _unreadable(text: str) -> Outbound:
    return Outbound(Reach.FROM_MEMORY, text)


def _dial(text: str, *, voice: bool) -> tuple[Outbound, ...]:
    """V.250 6.3.1 and 27.007 6.2; ``>`` (phonebook), ``L`` (last number) and ``S=`` (stored) name no number."""
    number = text.replace('"', "").upper().strip().lstrip("TP").rstrip("IG")
    if not voice and _PACKET_DATA.fullmatch(number):
        return ()
    if not _DIAL_STRING.fullmatch(number):
        return (_unreadable(f"D{text}"),)
    if forwarding := _FORWARDING.fullmatch(number):
        return (Outbound(Reach.FORWARDING, forwarding[1]) if forwarding[1] else _unreadable(f"D{text}"),)
    if number[0] in "*#" and not _CLIR_CALL.fullmatch(number):
        return (Outbound(Reach.USSD, number),)
    return (Outbound(Reach.USSD if number.endswith("#") else Reach.VOICE, number),)


# Readers of single commands: parameters and payload in, parties out; None when they cannot be read.
_Reached = tuple[Outbound, ...] | None


def _address(fields: list[str], position: int) -> str:
    """Return the number at ``position`` with the type of address behind it (27.007 6.1, 24.011), or ``""``."""
    number = fields[position].strip('" ') if len(fields) > position else ""
    kind = fields[position + 1].strip('" ') if len(fields) > position + 1 else ""
    international = kind.isdecimal() and int(kind) >> 4 & 7 == 1
    return f"+{number}" if number and international and not number.startswith("+") else number


def _to(reach: Reach, position: int) -> Callable[[list[str], bytes | None], _Reached]:
    """Read a command whose parameter at ``position`` is the party."""

    def read(fields: list[str], _payload: bytes | None) -> _Reached:
        target = _address(fields, position)
        return (Outbound(reach, target),) if target else None

    return read


def _send_message(fields: list[str], payload: bytes | None) -> _Reached:
    """``+CMGS``: a number in text mode (27.005 3.5.1), the length of a TPDU in PDU mode (27.005 4.3)."""
    pdu = _PDU.fullmatch(payload or b"")
    if pdu and len(fields) == 1 and re.fullmatch(r"\d{1,3}", fields[0]):
        return _submit(pdu[1], int(fields[0]))
    target = _address(fields, 0)
    if not target or not _TEXT.fullmatch(payload or b""):
        return None
    return (Outbound(Reach.SMS, target),)


def _submit(digits: bytes, length: int) -> _Reached:
    try:
        smsc, tpdu = split_smsc(bytes.fromhex(digits.decode("ascii")))
        message = decode_tpdu(tpdu, towards="sc")
    except (ProtocolError, ValueError):
        return None
    if len(tpdu) != length or not isinstance(message, Submit):
        return None
    destination = Outbound(Reach.SMS, str(message.destination))
    return (destination,) if smsc is None else (destination, Outbound(Reach.SMSC, str(smsc)))


def _ussd(fields: list[str], _payload: bytes | None) -> _Reached:
    """``+CUSD=<n>[,<str>[,<dcs>]]`` (27.007 7.15): without a string it only sets reporting."""
    return (Outbound(Reach.USSD, fields[1].strip('"')),) if len(fields) > 1 else ()


def _forwarding(number: int) -> Callable[[list[str], bytes | None], _Reached]:
    """``+CCFC=<reason>,<mode>...`` (27.007 7.11): modes 0, 2 and 4 disable, query and erase."""

    def read(fields: list[str], _payload: bytes | None) -> _Reached:
        if len(fields) > 1 and fields[1] in {"0", "2", "4"}:
            return ()
        target = _address(fields, number)
        return (Outbound(Reach.FORWARDING, target),) if target else None

    return read


def _hold(fields: list[str], _payload: bytes | None) -> _Reached:
    """``+CHLD`` (27.007 7.13) handles calls that exist; ``4*<number>`` (22.030 6.5.5.1) deflects one."""
    _, star, number = ",".join(fields).strip('"').partition("*")
    return (Outbound(Reach.FORWARDING, number),) if star else ()


def _card_file(fields: list[str], _payload: bytes | None) -> _Reached:
    """``+CRSM`` (27.007 8.18): writing EF_SMSP (31.102 4.2.27, 6F42 = 28482) sets a service centre unseen."""
    reads = {"176", "178", "192", "203", "242"}
    return () if fields and (fields[0] in reads or fields[1:2] != ["28482"]) else None


def _apdu(position: int) -> Callable[[list[str], bytes | None], _Reached]:
    """Raw APDUs (27.007 8.17, 8.43): writing a file or answering the toolkit could dial or redirect."""

    def read(fields: list[str], _payload: bytes | None) -> _Reached:
        apdu = fields[position].strip('"') if len(fields) > position else ""
        return () if re.fullmatch(r"[0-9A-Fa-f]{8,}", apdu) and apdu[2:4].upper() not in _ACTING else None

    return read


_COMMANDS: dict[str, Callable[[list[str], bytes | None], _Reached]] = {
    "CMGS": _send_message,
    "CMSS": _to(Reach.SMS, 1),  # without <da> it goes to whom the stored message names (27.005 3.5.2)
    "CUSD": _ussd,
    "CCFC": _forwarding(2),
    "CCFCU": _forwarding(4),
    "CTFR": _to(Reach.FORWARDING, 0),
    "CHLD": _hold,
    "CSCA": _to(Reach.SMSC, 0),
    "CRSM": _card_file,
    "CSIM": _apdu(1),
    "CGLA": _apdu(2),
    "CDU": _to(Reach.VOICE, 0),
}
