"""Dialects against the lines that public documentation shows, so that positions and order are the vendor's own."""

import pytest

from drivers.at import load_dialect
from tests.drivers.scripted import Prompt, Scripted, open_modem

#: A dialect, a protocol, and what its module says, in this order, while a socket is opened, sends b"Hello", gets
#: b"t oc" and is closed.
EXCHANGES: dict[str, tuple[str, str, dict[str, str | Prompt | list[str | Prompt]]]] = {
    # LE910 V2 AT reference, #SSENDEXT; ME910G1, #SCFGEXT
    "Telit": (
        "telit",
        "tcp",
        {
            "AT#SCFG=1,3,300,90,600,50": "OK",
            "AT#SCFGEXT=1,0,1,0": "OK",
            "AT#SCFGEXT2=1,0,0,0,0,1": "ERROR",
            "AT#SGACT=3,1": "#SGACT: 10.0.0.5\nOK",
            'AT#SD=1,0,7,"192.0.2.1",0,0,1': "OK",
            "AT#SSENDEXT=1,5": Prompt("OK", length=5),
            "AT#SRECV=1,1024": ["+CME ERROR: 4\nSRING: 1", "#SRECV: 1,4\n74206F63\nOK", "+CME ERROR: 4"],
            "AT#SH=1": "OK",
        },
    ),
    # Nordic Serial Modem, socket AT commands: #XSOCKET, #XCONNECT, #XSEND, #XRECV, #XAPOLL, #XCLOSE
    "Nordic": (
        "nordic",
        "tcp",
        {
            "AT#XSOCKET=1,1,0": "#XSOCKET: 1,1,6\nOK",
            "AT#XAPOLL=1,1,1": "OK",
            'AT#XCONNECT=1,"192.0.2.1",7': "#XCONNECT: 1,1\nOK",
            'AT#XSEND=1,1,0,"48656C6C6F"': "#XSEND: 1,0,5\nOK",
            # data and the far end's close in one code
            "AT#XRECV=1,1,64,0,512": ["ERROR\n#XAPOLL: 1,17", "#XRECV: 1,1,4\n74206F63\nOK", "ERROR"],
            "AT#XCLOSE=1": "#XCLOSE: 1,0\nOK",
        },
    ),
    # OneMO TCP/IP AT command manual: +MIPCFG, +MIPOPEN, +MIPSEND, +MIPRD, +MIPCLOSE
    "ML307": (
        "ml307",
        "udp",
        {
            "AT+CGACT=1,3": "ERROR",
            'AT+MIPCFG="cid",0,3': "+CME ERROR: 50",
            'AT+MIPCFG="encoding",0,1,1': "OK",
            'AT+MIPOPEN=0,"UDP","192.0.2.1",7,60,3': "OK\n+MIPOPEN: 0,0",
            'AT+MIPSEND=0,5,"48656C6C6F"': "+MIPSEND: 0,5\nOK",
            "AT+MIPRD=0,1": ['OK\n+MIPURC: "rudp",0,4,4', "+MIPRD: 0,0,4,74206F63\nOK", "OK"],
            "AT+MIPCLOSE=0": "OK\n+MIPCLOSE: 0",
        },
    ),
    # openLuat's guide to TCP and UDP on Air724
    "Air72x": (
        "air72x",
        "tcp",
        {
            "AT+CIPSHUT": "SHUT OK",
            "AT+CIPMUX=0": "OK",
            "AT+CIPRXGET=1": "OK",
            'AT+CSTT="iot.example"': "OK",
            "AT+CIICR": "OK",
            "AT+CIFSR": "10.0.0.5",
            'AT+CIPSTART="TCP","192.0.2.1",7': "OK\n\nCONNECT OK",
            "AT+CIPSEND=5": Prompt("SEND OK", length=5),
            "AT+CIPRXGET=3,730": ["+CIPRXGET: 3,0,0\nOK\n+CIPRXGET: 1", "+CIPRXGET: 3,4,0\n74206F63\nOK", "ERROR"],
            "AT+CIPCLOSE": "CLOSE OK",
        },
    ),
}


@pytest.mark.parametrize("vendor", EXCHANGES)
def test_a_socket_as_documented(vendor: str) -> None:
    name, protocol, exchange = EXCHANGES[vendor]
    context = {"AT+CGDCONT?": '+CGDCONT: 3,"IP","iot.example"\nOK'}
    with (
        Scripted(context | exchange) as peer,
        open_modem(peer, load_dialect(name)) as modem,
        modem.open_socket(3, protocol, "192.0.2.1", 7, 60) as socket,
    ):
        socket.send(b"Hello")
        assert socket.receive(60) == b"t oc"
    assert list(dict.fromkeys(peer.heard)) == [*context, *exchange]
    assert peer.payloads in ([], [b"Hello"])
