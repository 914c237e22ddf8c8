"""Pure codec of short messages: 3GPP TS 23.040 TPDUs with the alphabets of TS 23.038 (no I/O)."""

from drivers.sms.address import Address, split_smsc, with_smsc
from drivers.sms.coding import (
    Alphabet,
    DataCoding,
    Indication,
    Waiting,
    data_coding,
    dcs_octet,
    gsm7_decode,
    gsm7_encode,
)
from drivers.sms.errors import SmsFormatError
from drivers.sms.octets import pack_septets, unpack_septets
from drivers.sms.tpdu import Command, Deliver, Report, StatusReport, Submit, Tpdu, decode_tpdu
from drivers.sms.userdata import (
    Concat,
    Element,
    Ports,
    UserData,
    decode_header,
    encode_header,
    text_messages,
)

__all__ = [
    "Address",
    "Alphabet",
    "Command",
    "Concat",
    "DataCoding",
    "Deliver",
    "Element",
    "Indication",
    "Ports",
    "Report",
    "SmsFormatError",
    "StatusReport",
    "Submit",
    "Tpdu",
    "UserData",
    "Waiting",
    "data_coding",
    "dcs_octet",
    "decode_header",
    "decode_tpdu",
    "encode_header",
    "gsm7_decode",
    "gsm7_encode",
    "pack_septets",
    "split_smsc",
    "text_messages",
    "unpack_septets",
    "with_smsc",
]
